package prompt_run.sources;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import prompt_run.command.Console;
import prompt_run.place.Patience;
import prompt_run.place.Site;
import prompt_run.run.Broken;
import prompt_run.run.Keeper;
import shared.Texts;

/** Carries the caller's working tree to the agent and the agent's changes back, as git bundles: data only. */
public final class Sources {
    private static final long REPORTED = 20;

    private final Git git;
    private final String runId;
    private final Console console;

    public Sources(Path tree, String runId, Console console) {
        this.git = new Git(tree.toAbsolutePath().normalize(), null);
        this.runId = runId;
        this.console = console;
    }

    private String ref(String name) {
        return "refs/prompt-run/" + runId + "/" + name;
    }

    /** Returns notes for the result. */
    public List<String> upload(Keeper keeper, Site site) throws Broken, InterruptedException {
        String state = site.facts().get("workspace_state");
        if (state.equals("repository") && !keeper.command(Patience.USUAL.slowExec(), "renewable", site.workspace())
            .contains("renewable=yes")) {
            return List.of("--source was not uploaded: " + site.workspace() + " has a working tree already, which is used as it is");
        }
        if (state.equals("files")) {
            return List.of("--source was not uploaded: " + site.workspace() + " holds files already, which are used as they are");
        }
        Path scratch = Disk.temporary("prompt-run-source");
        try {
            uploadTo(keeper, site, scratch);
            return List.of();
        } catch (IOException problem) {
            throw new Broken("--source: " + Texts.oneLine(problem.getMessage()));
        } finally {
            Disk.delete(scratch);
        }
    }

    private void uploadTo(Keeper keeper, Site site, Path scratch) throws Broken, InterruptedException, IOException {
        if (!git.ok("rev-parse", "--verify", "-q", "HEAD")) {
            throw new Broken("--source " + git.tree() + ": has no commit yet");
        }
        String head = git.run("rev-parse", "HEAD");
        String branch = git.ok("symbolic-ref", "-q", "HEAD") ? git.run("symbolic-ref", "-q", "--short", "HEAD") : "-";
        String work = git.run("commit-tree", git.snapshot(scratch), "-p", head, "-m", "working tree");
        Path bundle = scratch.resolve("source.bundle");
        git.run("update-ref", ref("work"), work);
        try {
            List<String> words = new ArrayList<>(List.of("bundle", "create", "-q", bundle.toString(), ref("work")));
            words.addAll(branch.equals("-") ? List.of() : List.of("refs/heads/" + branch));
            words.addAll(git.run("for-each-ref", "--format=%(refname)", "refs/remotes/origin/main", "refs/remotes/origin/master")
                .lines().toList());
            git.run(words.toArray(String[]::new));
        } finally {
            git.run("update-ref", "-d", ref("work"));
        }
        if (git.run("rev-parse", "--is-shallow-repository").equals("true")) {
            keeper.store("shallow", Files.readAllBytes(git.tree().resolve(git.run("rev-parse", "--git-path", "shallow"))));
        }
        console.info("uploading " + git.tree() + " (" + (Files.size(bundle) / 1024 + 1) + " KiB) to " + site.workspace());
        keeper.storeLarge("source.bundle", bundle);
        if (!keeper.command(Patience.USUAL.slowExec(), "unpack", site.workspace(), branch, head, work).contains("unpacked=yes")) {
            throw new Broken("--source: could not be unpacked in " + site.workspace());
        }
    }

    /** Fetches what the agent committed and what it left uncommitted. Either all of it reaches the working tree or nothing does. */
    public Brought bringBack(Keeper keeper, Site site, String usualBranch) throws Broken, InterruptedException {
        Path scratch = Disk.temporary("prompt-run-back");
        try {
            Map<String, String> pack = Keeper.fields(keeper.command(Patience.USUAL.slowExec(), packWords(site)));
            if (!"yes".equals(pack.get("packed"))) {
                return Brought.failed("the agent's workspace " + site.workspace() + " is not a git working tree");
            }
            fetch(keeper, pack, scratch);
            Brought brought = new Homecoming(git, scratch, pack, runId, usualBranch).arrive();
            if (!brought.lacking()) {
                keeper.command(Patience.USUAL.exec(), "brought", site.workspace(), pack.get("tree"), pack.get("head"));
            }
            console.info(brought.told());
            return brought;
        } catch (IOException problem) {
            throw new Broken("--bring-back: " + Texts.oneLine(problem.getMessage()));
        } finally {
            Disk.delete(scratch);
        }
    }

    private String[] packWords(Site site) throws Broken, InterruptedException {
        List<String> words = new ArrayList<>(List.of("pack", site.workspace(), git.run("rev-parse", "HEAD")));
        words.addAll(git.run("for-each-ref", "--format=%(objectname)", "--count=" + REPORTED, "--sort=-committerdate", "refs/heads")
            .lines().toList());
        return words.toArray(String[]::new);
    }

    private void fetch(Keeper keeper, Map<String, String> pack, Path scratch) throws Broken, InterruptedException, IOException {
        Path bundle = scratch.resolve("back.bundle");
        long size = Long.parseLong(pack.get("size"));
        Files.write(bundle, keeper.fetch("back.bundle", size, size));
        if (Files.size(bundle) != size || !Checksums.matches(pack.get("sum"), Files.newInputStream(bundle))) {
            throw new Broken("--bring-back: the bundle arrived with another checksum");
        }
        git.run("fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", bundle.toString(),
            "+refs/prompt-run/" + runId + "/*:refs/prompt-run/" + runId + "/*", "+refs/heads/*:" + ref("heads") + "/*");
    }
}
