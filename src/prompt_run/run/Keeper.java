package prompt_run.run;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import prompt_run.command.Console;
import prompt_run.place.Patience;
import prompt_run.place.Reply;
import prompt_run.place.Site;
import prompt_run.sources.Checksums;

/** The caller's side of the keeper in the agent's place. Every step may be repeated, none believes a connection's word for success. */
public final class Keeper {
    private static final int PART = 1024 * 1024;

    private final Site site;
    private final String runId;
    private final Patience patience;
    private final Console console;
    private boolean started;

    Keeper(Site site, String runId, Patience patience, Console console) {
        this.site = site;
        this.runId = runId;
        this.patience = patience;
        this.console = console;
    }

    /** True as soon as the agent may have been started, whether or not anybody said so. */
    boolean started() {
        return started;
    }

    /** A run that never began leaves no environment behind in its place. */
    void discardUnlessStarted() throws InterruptedException {
        if (!started) {
            site.shell().run(List.of("sh", "-c", "rm -rf \"$1\"", "sh", site.folder()), new byte[0], patience.exec());
        }
    }

    public void store(String name, String text) throws Broken, InterruptedException {
        store(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Uploads by length and compares checksums there: a file has its name only when it is whole. */
    public void store(String name, byte[] content) throws Broken, InterruptedException {
        List<String> argv = List.of("sh", "-c", Scripts.PUT, "sh", site.folder(),
            name, String.valueOf(content.length), Checksums.sha256(content),
            Checksums.cksum(content));
        persist(name, argv, content, patience.exec().plusSeconds(content.length / 50_000), patience.uploads(), reply -> reply.text()
            .contains("stored " + name));
    }

    /** A file of any size, in parts; {@code sum} is its SHA-256. */
    public void storeLarge(String name, Path file) throws Broken, InterruptedException, IOException {
        try (InputStream in = Files.newInputStream(file)) {
            int number = 0;
            for (byte[] part = in.readNBytes(PART); part.length > 0; part = in.readNBytes(PART)) {
                store("%s.%06d".formatted(name, ++number), part);
                if (number % 16 == 0) {
                    console.info("%s: %d of %d MiB uploaded".formatted(name, number, Files.size(file) / PART + 1));
                }
            }
        }
        String sum = command(patience.slowExec(), "join", name);
        if (!Checksums.matches(sum, Files.newInputStream(file))) {
            throw new Broken(name + ": arrived with another checksum");
        }
    }

    /** Runs one of the keeper's commands and returns what it printed. */
    public String command(Duration limit, String... words) throws Broken, InterruptedException {
        return persist(words[0], argv(words), new byte[0], limit, patience.uploads(), reply -> true).text();
    }

    private List<String> argv(String... words) {
        List<String> argv = new ArrayList<>(List.of("sh", site.folder() + "/keeper.sh"));
        argv.addAll(List.of(words));
        return argv;
    }

    /** Repeats a command until it ended well, until three ends were bad, or until patience is over. */
    private Reply persist(String what, List<String> argv, byte[] stdin, Duration limit, Duration most, Predicate<Reply> good)
        throws Broken, InterruptedException {
        long until = System.nanoTime() + most.toNanos();
        int bad = 0;
        for (long pause = 250; ; pause = Math.min(pause * 2, patience.pollMost().toMillis())) {
            Reply reply = site.shell().run(argv, stdin, limit);
            if (reply.ok() && good.test(reply)) {
                return reply;
            }
            console.debug(what + ": " + reply.problem());
            bad += reply.ended() && !reply.ok() ? 1 : 0;
            String lost = site.shell().lost();
            if (lost != null || reply.hopeless() || bad >= 3 || System.nanoTime() > until) {
                throw new Broken(lost != null ? lost : what + ": " + reply.problem());
            }
            Thread.sleep(pause);
        }
    }

    /** Sends the start; how that ended does not matter: the polls tell whether the agent runs, and a second start does nothing. */
    void start() throws InterruptedException {
        started = true;
        Reply reply = site.shell().run(argv("start"), new byte[0], patience.exec());
        console.debug("start: " + (reply.ok() ? "sent" : reply.problem()));
    }

    /** Follows the agent to its end. The verdict comes from its exit file alone. */
    Ending follow(RunLog log, Duration most) throws InterruptedException {
        long deadline = System.nanoTime() + most.toNanos();
        long pause = patience.poll().toMillis();
        int absent = 0;
        int starting = 0;
        while (true) {
            Poll poll;
            try {
                poll = poll(log.size());
            } catch (Broken problem) {
                return Ending.broken(problem.getMessage(), true);
            }
            log.accept(poll.data());
            if (poll.state().equals("exited") && poll.data().length == 0) {
                return Ending.exited(poll.rc(), poll.reason());
            }
            absent += poll.state().equals("absent") ? 1 : 0;
            starting = poll.state().equals("starting") ? starting + 1 : 0;
            String trouble = trouble(poll, absent, starting);
            if (trouble != null && !endedMeanwhile()) {
                return Ending.broken(trouble, true);
            }
            if (poll.state().equals("absent")) {
                start();
            } else if (System.nanoTime() > deadline) {
                end(patience.cancelled());
                return Ending.exited(143, "timeout");
            }
            pause = poll.data().length > 0 ? patience.poll().toMillis() : Math.min(pause + 1000, patience.pollMost().toMillis());
            Thread.sleep(poll.data().length >= PART ? 0 : pause);
        }
    }

    /** Between two looks an agent may end and its pod go: an exit file that can be read still counts. */
    private boolean endedMeanwhile() throws InterruptedException {
        Reply reply = site.shell().run(argv("poll", "0", "0"), new byte[0], patience.exec());
        return Poll.whole(reply) && Poll.parse(reply).state().equals("exited");
    }

    private String trouble(Poll poll, int absent, int starting) {
        if (poll.state().equals("exited")) {
            return null;
        }
        String lost = site.shell().lost();
        if (lost != null) {
            return lost;
        }
        if (poll.state().equals("gone")) {
            return "the agent's keeper died without leaving an exit code (killed, or out of memory)";
        }
        return absent > 3 ? "the agent could not be started" : starting > 30 ? "the start got stuck half-way" : null;
    }

    Poll poll(long offset) throws Broken, InterruptedException {
        return Poll.parse(persist("poll", argv("poll", String.valueOf(offset), String.valueOf(PART)),
            new byte[0], patience.exec(), patience.lostAfter(), Poll::whole));
    }

    /** A whole file, or its last {@code most} bytes if it is longer. */
    public byte[] fetch(String file, long size, long most) throws Broken, InterruptedException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (long at = Math.max(0, size - most); ; ) {
            byte[] part = Poll.parse(persist(file, argv("part", file, String.valueOf(at), String.valueOf(PART)),
                new byte[0], patience.exec(), patience.uploads(), Poll::whole)).data();
            if (part.length == 0) {
                return all.toByteArray();
            }
            all.writeBytes(part);
            at += part.length;
        }
    }

    long size(String file) throws Broken, InterruptedException {
        return Long.parseLong(command(patience.exec(), "size", file).strip());
    }

    /** Tells the keeper to end the agent (TERM, then KILL) and waits a little for the end. */
    void end(Duration wait) throws InterruptedException {
        long until = System.nanoTime() + wait.toNanos();
        while (System.nanoTime() < until) {
            Reply reply = site.shell().run(argv("cancel"), new byte[0], wait);
            Reply poll = reply.ok() ? site.shell().run(argv("poll", "0", "0"), new byte[0], wait) : reply;
            if (Poll.whole(poll) && Poll.parse(poll).state().equals("exited") || site.shell().lost() != null) {
                return;
            }
            Thread.sleep(300);
        }
    }

    /** Keeps the thread and its token counts beside the sessions, for {@code --resume auto}. */
    void remember(String key, Story story) throws Broken, InterruptedException {
        byte[] line = (story.thread() + " " + story.usage().line() + "\n").getBytes(StandardCharsets.UTF_8);
        String folder = site.folder().substring(0, site.folder().lastIndexOf('/')) + "/threads";
        persist("thread", List.of("sh", "-c", Scripts.PUT, "sh", folder, key,
            String.valueOf(line.length), Checksums.sha256(line), Checksums.cksum(line)), line,
            patience.exec(), patience.uploads(), reply -> true);
        command(patience.exec(), "prune", "5");
    }

    /** {@code key=value} lines. */
    public static Map<String, String> fields(String text) {
        Map<String, String> fields = new LinkedHashMap<>();
        text.lines().filter(line -> line.indexOf('=') > 0)
            .forEach(line -> fields.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        return fields;
    }
}
