package prompt_run.sources;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import prompt_run.place.LocalShell;
import prompt_run.place.Reply;
import prompt_run.run.Broken;

/** Git in the caller's working tree, with nothing that a repository could have run: no hooks, no file monitor. */
public record Git(Path tree, Path index) {

    Git with(Path otherIndex) {
        return new Git(tree, otherIndex);
    }

    String run(String... args) throws Broken, InterruptedException {
        return feed("", args);
    }

    /** The output without its last line end; a failure is told with git's own words. */
    String feed(String stdin, String... args) throws Broken, InterruptedException {
        Reply reply = reply(stdin, args);
        if (!reply.ok()) {
            throw new Broken("git " + args[0] + ": " + reply.problem());
        }
        return reply.text().replaceFirst("\\n\\z", "");
    }

    boolean ok(String... args) throws InterruptedException {
        return reply("", args).ok();
    }

    private Reply reply(String stdin, String... args) throws InterruptedException {
        List<String> argv =
            new ArrayList<>(List.of("git", "-c", "core.hooksPath=/dev/null",
            "-c", "core.fsmonitor=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false",
            "-c", "safe.directory=*", "-c", "core.quotePath=false"));
        argv.addAll(List.of(args));
        Map<String, String> environment = new LinkedHashMap<>(System.getenv());
        environment.keySet().removeIf(name -> name.startsWith("GIT_") && !name.startsWith("GIT_CONFIG"));
        environment.putAll(Map.of("GIT_TERMINAL_PROMPT", "0", "GIT_OPTIONAL_LOCKS",
            "0", "LC_ALL", "C", "GIT_AUTHOR_NAME", "prompt-run", "GIT_AUTHOR_EMAIL", "prompt-run@localhost",
            "GIT_COMMITTER_NAME", "prompt-run", "GIT_COMMITTER_EMAIL", "prompt-run@localhost"));
        if (index != null) {
            environment.put("GIT_INDEX_FILE", index.toString());
        }
        return new LocalShell(environment, tree).run(argv, stdin.getBytes(StandardCharsets.UTF_8), Duration.ofMinutes(30));
    }

    /** Everything that is in the working tree and not ignored, as a tree object; the real index is not touched. */
    String snapshot(Path scratch) throws Broken, InterruptedException {
        Path copy = scratch.resolve("index");
        Path real = tree.resolve(run("rev-parse", "--git-path", "index"));
        Disk.copyIfThere(real, copy);
        Git aside = with(copy);
        aside.run("add", "-A");
        return aside.run("write-tree");
    }

    /** path to "mode object" of what differs between two trees, in the second one; "0" where it is not there. */
    Map<String, String> changes(String before, String after) throws Broken, InterruptedException {
        Map<String, String> changes = new TreeMap<>();
        String[] fields = run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", before, after).split("\0");
        for (int at = 0; at + 1 < fields.length; at += 2) {
            String[] raw = fields[at].split(" ");
            changes.put(fields[at + 1], raw[4].equals("D") ? "0" : raw[1] + " " + raw[3]);
        }
        return changes;
    }
}
