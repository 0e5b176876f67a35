package prompt_run.keeper;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import prompt_run.machine.Broken;
import prompt_run.machine.Log;
import prompt_run.place.Patience;
import prompt_run.place.Site;
import prompt_run.remote.Poll;
import prompt_run.remote.Reply;

/** Commands in the agent's place, each of which may be repeated; no connection's word counts as a success. */
public record Commands(Site site, Patience patience, Log log) {
    private static final int BAD_ENDS = 3;
    private static final long FIRST_PAUSE_MILLIS = 250;

    public String keeper(Duration limit, String... words) throws Broken, InterruptedException {
        var argv = argv(words);
        argv.add(argv.size() - words.length, "answer");
        return Poll.parse(persist(words[0], argv, new byte[0], limit, patience.uploads(), Poll::whole)).text();
    }

    Reply once(Duration limit, String... words) throws InterruptedException {
        return site.shell().run(argv(words), new byte[0], limit);
    }

    List<String> argv(String... words) {
        var argv = new ArrayList<String>(List.of("sh", site.folder() + "/keeper.sh"));
        argv.addAll(List.of(words));
        return argv;
    }

    /** Repeats a command until it ended well, until three ends were bad, or until {@code most}; {@code limit} is for one try. */
    Reply persist(String what, List<String> argv, byte[] stdin, Duration limit, Duration most, Predicate<Reply> good)
            throws Broken, InterruptedException {
        long until = System.nanoTime() + most.toNanos();
        int bad = 0;
        var first = Math.min(FIRST_PAUSE_MILLIS, patience.poll().toMillis());
        for (long pause = first; ; pause = Math.min(pause * 2, patience.pollMost().toMillis())) {
            var reply = site.shell().run(argv, stdin, limit);
            if (reply.ok() && good.test(reply)) {
                return reply;
            }
            log.debug(what + ": " + reply.problem());
            bad += reply.ended() && !reply.ok() ? 1 : 0;
            var lost = site.shell().lost();
            if (lost != null || reply.hopeless() || bad >= BAD_ENDS || System.nanoTime() > until) {
                throw new Broken(lost != null ? lost : what + ": " + reply.problem());
            }
            Thread.sleep(pause);
        }
    }
}
