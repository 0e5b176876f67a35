package prompt_run.sources;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import prompt_run.machine.Broken;
import prompt_run.machine.Disk;
import prompt_run.machine.LocalShell;
import prompt_run.remote.Reply;

/** Git in the caller's working tree, with nothing that a repository could have run; {@code index}: another than its own, or null. */
public record Git(Path tree, Path index) {
    private static final Duration LIMIT = Duration.ofMinutes(30);
    /** Before every value that is not ours: it is no option, whatever it looks like. */
    static final String END = "--end-of-options";
    private static final List<String> HARMLESS = List.of("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
        "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "safe.directory=*", "-c", "core.quotePath=false");

    Git with(Path otherIndex) {
        return new Git(tree, otherIndex);
    }

    String run(String... args) throws Broken, InterruptedException {
        return feed("", args);
    }

    /** The output without its last line end; a failure is told with git's own words. */
    String feed(String stdin, String... args) throws Broken, InterruptedException {
        var reply = reply(stdin, args);
        if (!reply.ok()) {
            throw new Broken("git " + args[0] + ": " + reply.problem());
        }
        return reply.text().replaceFirst("\\n\\z", "");
    }

    boolean ok(String... args) throws InterruptedException {
        return reply("", args).ok();
    }

    private Reply reply(String stdin, String... args) throws InterruptedException {
        var argv = new ArrayList<String>(HARMLESS);
        argv.addAll(List.of(args));
        return new LocalShell(environment(), tree).run(argv, stdin.getBytes(StandardCharsets.UTF_8), LIMIT);
    }

    private Map<String, String> environment() {
        var environment = new LinkedHashMap<String, String>(System.getenv());
        environment.keySet().removeIf(name -> name.startsWith("GIT_") && !name.startsWith("GIT_CONFIG"));
        environment.putAll(Map.of("GIT_TERMINAL_PROMPT", "0", "GIT_OPTIONAL_LOCKS", "0", "LC_ALL", "C"));
        for (var who : List.of("AUTHOR", "COMMITTER")) {
            environment.put("GIT_" + who + "_NAME", "prompt-run");
            environment.put("GIT_" + who + "_EMAIL", "prompt-run@localhost");
        }
        if (index != null) {
            environment.put("GIT_INDEX_FILE", index.toString());
        }
        return environment;
    }

    /** Everything that is in the working tree and not ignored, as a tree object; the real index is not touched. */
    String snapshot(Path scratch) throws Broken, InterruptedException {
        var copy = scratch.resolve("index");
        var real = tree.resolve(run("rev-parse", "--git-path", "index"));
        Disk.copyIfThere(real, copy);
        var aside = with(copy);
        aside.run("add", "-A");
        return aside.run("write-tree");
    }

    /** path to "mode object" of what differs between two trees, in the second one; "0" where it is not there. */
    Map<String, String> changes(String before, String after) throws Broken, InterruptedException {
        var changes = new TreeMap<String, String>();
        var fields = run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", END, before, after).split("\0");
        for (int at = 0; at + 1 < fields.length; at += 2) {
            var raw = fields[at].split(" ");
            changes.put(fields[at + 1], raw[4].equals("D") ? "0" : raw[1] + " " + raw[3]);
        }
        return changes;
    }
}
