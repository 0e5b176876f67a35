package prompt_run.run;

import java.time.Duration;
import prompt_run.keeper.Keeper;
import prompt_run.machine.Broken;
import prompt_run.place.Patience;
import prompt_run.remote.Poll;
import prompt_run.verdict.Ending;
import prompt_run.verdict.Usage;

/** Follows a started agent to its end by polls. What it counts as comes from its exit file alone. */
public final class Follower {
    private static final int POLL_BYTES = 1024 * 1024;
    private static final int ABSENT_MOST = 3;
    private static final int STARTING_MOST = 30;
    private static final long SLOWER_BY_MILLIS = 1000;

    private final Keeper keeper;
    private final RunLog log;
    private final Patience patience;
    private int absent;
    private int starting;

    Follower(Keeper keeper, RunLog log, Patience patience) {
        this.keeper = keeper;
        this.log = log;
        this.patience = patience;
    }

    Ending follow(Duration most) throws InterruptedException {
        long deadline = System.nanoTime() + most.toNanos();
        long pause = patience.poll().toMillis();
        while (true) {
            Poll poll;
            try {
                poll = keeper.poll(log.size(), POLL_BYTES);
            } catch (Broken problem) {
                return Ending.broken(problem.getMessage(), true);
            }
            log.accept(poll.data());
            log.story().used(Usage.parse(poll.tokens()));
            if (poll.state().equals("exited") && poll.data().length == 0) {
                return Ending.exited(poll.rc(), poll.reason());
            }
            var trouble = trouble(poll);
            if (trouble != null && !keeper.endedMeanwhile()) {
                return Ending.broken(trouble, true);
            }
            if (poll.state().equals("absent")) {
                keeper.start();
            } else if (System.nanoTime() > deadline) {
                keeper.end(patience.cancelled());
                return Ending.exited(143, "timeout");
            }
            pause = poll.data().length > 0 ? patience.poll().toMillis()
                : Math.min(pause + SLOWER_BY_MILLIS, patience.pollMost().toMillis());
            Thread.sleep(poll.data().length >= POLL_BYTES ? 0 : pause);
        }
    }

    private String trouble(Poll poll) {
        absent += poll.state().equals("absent") ? 1 : 0;
        starting = poll.state().equals("starting") ? starting + 1 : 0;
        if (poll.state().equals("exited")) {
            return null;
        }
        var lost = keeper.lost();
        if (lost != null) {
            return lost;
        }
        if (poll.state().equals("gone")) {
            return "the agent's keeper died without leaving an exit code (killed, or out of memory)";
        }
        return absent > ABSENT_MOST ? "the agent could not be started"
            : starting > STARTING_MOST ? "the start got stuck half-way" : null;
    }
}
