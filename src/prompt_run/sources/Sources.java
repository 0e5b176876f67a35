package prompt_run.sources;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import prompt_run.keeper.Commands;
import prompt_run.keeper.Transfer;
import prompt_run.machine.Broken;
import prompt_run.machine.Disk;
import prompt_run.machine.Log;
import prompt_run.place.Patience;
import prompt_run.remote.Checksums;
import prompt_run.remote.Fields;
import prompt_run.verdict.Brought;
import shared.Texts;

/** Carries the caller's working tree to the agent and the agent's changes back, as git bundles: data only. */
public final class Sources {
    private static final String ORIGIN = "refs/remotes/origin/";
    private static final long REPORTED = 20;
    private static final String OBJECT = "[0-9a-f]{40,64}";

    private final Git git;
    private final String runId;
    private final Log log;
    private final boolean there;
    private String shared;

    public Sources(Path tree, String runId, Log log) {
        this(new Git(tree.toAbsolutePath().normalize(), null), runId, log, false, null);
    }

    private Sources(Git git, String runId, Log log, boolean there, String shared) {
        this.git = git;
        this.runId = runId;
        this.log = log;
        this.there = there;
        this.shared = shared;
    }

    /** The same for a later round: the agent has its tree, and what came back of it is nobody's own change. */
    public Sources again(String round) {
        return new Sources(git, round, log, true, shared);
    }

    private String ref(String name) {
        return "refs/prompt-run/" + runId + "/" + name;
    }

    /** {@code base}: the branch that the work is for, or ""; it comes along as the agent's origin has it. */
    public List<String> upload(Commands keeper, String base) throws Broken, InterruptedException {
        if (there) {
            return List.of();
        }
        var workspace = keeper.site().workspace();
        var state = keeper.site().facts().get("workspace_state");
        if (state.equals("repository") && !keeper.keeper(Patience.USUAL.slowExec(), "renewable", workspace).contains("renewable=yes")) {
            return List.of("--source was not uploaded: " + workspace + " has a working tree already, which is used as it is");
        }
        if (state.equals("files")) {
            return List.of("--source was not uploaded: " + workspace + " holds files already, which are used as they are");
        }
        var scratch = Disk.temporary("prompt-run-source");
        try {
            uploadTo(keeper, scratch, base);
            return List.of();
        } catch (IOException problem) {
            throw new Broken("--source: " + Texts.oneLine(problem.getMessage()));
        } finally {
            Disk.delete(scratch);
        }
    }

    private void uploadTo(Commands keeper, Path scratch, String base) throws Broken, InterruptedException, IOException {
        if (!git.ok("rev-parse", "--verify", "-q", "HEAD")) {
            throw new Broken("--source " + git.tree() + ": has no commit yet");
        }
        var workspace = keeper.site().workspace();
        var head = git.run("rev-parse", "HEAD");
        var branch = git.ok("symbolic-ref", "-q", "HEAD") ? git.run("symbolic-ref", "-q", "--short", "HEAD") : "-";
        var work = git.run("commit-tree", git.snapshot(scratch), "-p", head, "-m", "working tree");
        var bundle = bundled(scratch, branch, work, base);
        var files = new Transfer(keeper);
        if (git.run("rev-parse", "--is-shallow-repository").equals("true")) {
            files.store("shallow", Files.readAllBytes(git.tree().resolve(git.run("rev-parse", "--git-path", "shallow"))));
        }
        log.info("uploading " + git.tree() + " (" + (Files.size(bundle) / 1024 + 1) + " KiB) to " + workspace);
        files.storeLarge(bundle.getFileName().toString(), bundle);
        if (!keeper.keeper(Patience.USUAL.slowExec(), "unpack", workspace, branch, head, work).contains("unpacked=yes")) {
            throw new Broken("--source: could not be unpacked in " + workspace);
        }
    }

    private Path bundled(Path scratch, String branch, String work, String base) throws Broken, InterruptedException {
        var bundle = scratch.resolve("source.bundle");
        git.run("update-ref", ref("work"), work);
        try {
            var words = new ArrayList<String>(List.of("bundle", "create", "-q", bundle.toString(), ref("work")));
            words.addAll(branch.equals("-") ? List.of() : List.of("refs/heads/" + branch));
            words.addAll(git.run("for-each-ref", "--format=%(refname)", ORIGIN + "main", ORIGIN + "master",
                ORIGIN + (base.isEmpty() ? "HEAD" : base)).lines().toList());
            git.run(words.toArray(String[]::new));
            return bundle;
        } finally {
            git.run("update-ref", "-d", ref("work"));
        }
    }

    /** Fetches what the agent committed and what it left uncommitted. Either all of it reaches the working tree or nothing does. */
    public Brought bringBack(Commands keeper, String usualBranch) throws Broken, InterruptedException {
        var workspace = keeper.site().workspace();
        var scratch = Disk.temporary("prompt-run-back");
        try {
            var pack = Fields.of(keeper.keeper(Patience.USUAL.slowExec(), packWords(workspace)));
            if (!"yes".equals(pack.get("packed"))) {
                return Brought.failed("the agent's workspace " + workspace + " is not a git working tree");
            }
            check(pack);
            fetch(keeper, pack, scratch);
            var brought = new Homecoming(git, scratch, pack, runId, usualBranch, shared).arrive();
            if (!brought.lacking()) {
                shared = pack.get("tree");
                keeper.keeper(Patience.USUAL.exec(), "brought", workspace, pack.get("tree"), pack.get("head"));
            }
            log.info(brought.told());
            return brought;
        } catch (IOException problem) {
            throw new Broken("--bring-back: " + Texts.oneLine(problem.getMessage()));
        } finally {
            Disk.delete(scratch);
        }
    }

    /** What the agent's place answers may be made up: nothing but names of objects reaches a command. */
    private static void check(Map<String, String> pack) throws Broken {
        boolean sound = pack.getOrDefault("tree", "").matches(OBJECT) && pack.getOrDefault("head", "").matches("|" + OBJECT)
            && pack.getOrDefault("size", "").matches("\\d{1,18}") && pack.containsKey("branch") && pack.containsKey("sum");
        if (!sound) {
            throw new Broken("--bring-back: the keeper's answer names no objects");
        }
    }

    private String[] packWords(String workspace) throws Broken, InterruptedException {
        var words = new ArrayList<String>(List.of("pack", workspace, git.run("rev-parse", "HEAD")));
        words.addAll(git.run("for-each-ref", "--format=%(objectname)", "--count=" + REPORTED, "--sort=-committerdate", "refs/heads")
            .lines().toList());
        return words.toArray(String[]::new);
    }

    private void fetch(Commands keeper, Map<String, String> pack, Path scratch) throws Broken, InterruptedException, IOException {
        var bundle = scratch.resolve("back.bundle");
        byte[] content = new Transfer(keeper).fetch("back.bundle", 0);
        if (content.length != Long.parseLong(pack.get("size")) || !Checksums.matches(pack.get("sum"), content)) {
            throw new Broken("--bring-back: the bundle arrived with another checksum");
        }
        Files.write(bundle, content);
        git.run("fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", bundle.toString(),
            "+refs/prompt-run/" + runId + "/*:refs/prompt-run/" + runId + "/*", "+refs/heads/*:" + ref("heads") + "/*");
    }
}
