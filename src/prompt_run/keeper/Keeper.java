package prompt_run.keeper;

import java.time.Duration;
import java.util.List;
import prompt_run.machine.Broken;
import prompt_run.remote.Poll;
import prompt_run.remote.Reply;
import prompt_run.remote.Scripts;

/** The agent's life as its keeper there sees it: started once, polled, ended. */
public final class Keeper {
    private static final long END_PAUSE_MILLIS = 300;

    private final Commands commands;
    private boolean started;

    public Keeper(Commands commands) {
        this.commands = commands;
    }

    /** True as soon as the agent may have been started, whether or not anybody said so. */
    public boolean started() {
        return started;
    }

    /** A run that never began leaves no environment behind in its place. */
    public void discardUnlessStarted() throws InterruptedException {
        if (!started) {
            commands.site().shell().run(List.of("sh", "-c", Scripts.DISCARD, "sh", commands.site().folder()), new byte[0],
                commands.patience().exec());
        }
    }

    /** Sends the start; how that ended does not matter: the polls tell whether the agent runs, and a second start does nothing. */
    public void start() throws InterruptedException {
        started = true;
        var reply = commands.once(commands.patience().exec(), "start");
        commands.log().debug("start: " + (reply.ok() ? "sent" : reply.problem()));
    }

    public Poll poll(long offset, int most) throws Broken, InterruptedException {
        return Poll.parse(commands.persist("poll", commands.argv("poll", String.valueOf(offset), String.valueOf(most)),
            new byte[0], commands.patience().exec(), commands.patience().lostAfter(), Poll::whole));
    }

    /** Between two looks an agent may end and its pod go: an exit file that can be read still counts. */
    public boolean endedMeanwhile() throws InterruptedException {
        return exited(commands.once(commands.patience().exec(), "poll", "0", "0"));
    }

    public String lost() {
        return commands.site().shell().lost();
    }

    /** Tells the keeper to end the agent (TERM, then KILL) and waits a little for the end; false: it may still be at work. */
    public boolean end(Duration wait) throws InterruptedException {
        long until = System.nanoTime() + wait.toNanos();
        while (System.nanoTime() < until) {
            var reply = commands.once(wait, "cancel");
            var poll = reply.ok() ? commands.once(wait, "poll", "0", "0") : reply;
            if (exited(poll) || lost() != null) {
                return exited(poll);
            }
            Thread.sleep(Math.min(END_PAUSE_MILLIS, commands.patience().poll().toMillis()));
        }
        return false;
    }

    private static boolean exited(Reply reply) {
        return Poll.whole(reply) && Poll.parse(reply).state().equals("exited");
    }
}
