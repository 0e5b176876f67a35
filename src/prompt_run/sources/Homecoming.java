package prompt_run.sources;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import prompt_run.machine.Broken;
import prompt_run.remote.SafePaths;
import prompt_run.verdict.Brought;
import shared.Texts;

/**
 * The last leg, in the caller's repository: from fetched objects to branch and working tree. The caller's own changes stay as they are.
 * {@code shared}: the tree that both sides had last, or null for the last commit's.
 */
public record Homecoming(Git git, Path scratch, Map<String, String> pack, String runId, String usualBranch,
                         String shared) {

    Brought arrive() throws Broken, InterruptedException, IOException {
        var ourHead = git.run("rev-parse", "HEAD");
        var ours = git.snapshot(scratch);
        var head = pack.get("head").isBlank() ? ourHead : pack.get("head");
        if (!head.equals(ourHead) || !pack.get("tree").equals(ours)) {
            return bring(branch(head, ourHead), head, pack.get("tree"), ourHead, ours);
        }
        var left = tips(theirs());
        for (var name : List.of(usualBranch, git.run("branch", "--show-current"))) { // it worked there, and went back to where it began
            if (left.containsKey(name)) {
                return bring(name, left.get(name), git.run("rev-parse", left.get(name) + "^{tree}"), ourHead, ours);
            }
        }
        var others = otherBranches(null);
        forget();
        return new Brought(others.isEmpty() ? "unchanged" : "brought", null, head, 0, List.of(), others, null);
    }

    private String theirs() {
        return "refs/prompt-run/" + runId + "/heads/";
    }

    /** Names of branches are read and fed, and never arguments: those have only the letters of this machine's locale. */
    private Map<String, String> tips(String folder) throws Broken, InterruptedException {
        return git.run("for-each-ref", "--format=%(objectname) %(refname)", folder).lines().map(line -> line.split(" ", 2))
            .collect(Collectors.toMap(tip -> tip[1].substring(folder.length()), tip -> tip[0], (a, b) -> a, TreeMap::new));
    }

    private Brought bring(String branch, String head, String theirs, String ourHead, String ours)
            throws Broken, InterruptedException, IOException {
        var before = shared == null ? ourHead + "^{tree}" : shared;
        var mine = git.changes(before, ours);
        var conflicts = new ArrayList<String>(branchConflicts(branch, head));
        conflicts.addAll(changedByBoth(mine, git.changes(before, theirs)));
        conflicts.addAll(staged());
        var wanted = conflicts.isEmpty() ? merged(theirs, mine) : ours;
        conflicts.addAll(unsafe(git.changes(ours, wanted)));
        conflicts.addAll(inTheWay(git.changes(ours, wanted)));
        int commits = Integer.parseInt(git.run("rev-list", "--count", Git.END, ourHead + ".." + head));
        if (!conflicts.isEmpty()) {
            return new Brought("conflict", branch, head, commits, List.of(),
                conflicts, "the changes are kept as refs/prompt-run/" + runId + "/head and …/work");
        }
        apply(branch, head, ours, wanted);
        var left = List.copyOf(git.changes(head + "^{tree}", wanted).keySet());
        var others = otherBranches(branch);
        forget();
        return new Brought("brought", branch, head, commits, left, others, null);
    }

    private static List<String> changedByBoth(Map<String, String> mine, Map<String, String> agents) {
        return mine.entrySet().stream().filter(my -> agents.containsKey(my.getKey()) && !agents.get(my.getKey()).equals(my.getValue()))
            .map(my -> my.getKey() + ": you have changed it too, and have not committed it").toList();
    }

    /** The agent's branch; commits on no branch get the one that this run is for. */
    private String branch(String head, String ourHead) throws InterruptedException {
        var theirs = pack.get("branch");
        return !theirs.isBlank() && git.ok("check-ref-format", "--branch", theirs) ? theirs : head.equals(ourHead) ? null : usualBranch;
    }

    private List<String> branchConflicts(String branch, String head) throws Broken, InterruptedException {
        var conflicts = new ArrayList<String>();
        for (var state : List.of("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")) {
            if (Files.exists(git.tree().resolve(git.run("rev-parse", "--git-path", state)))) {
                conflicts.add("the working tree is in the middle of something (" + state + ")");
            }
        }
        var tip = branch == null ? null : tips("refs/heads/").get(branch);
        if (tip != null && !git.ok("merge-base", "--is-ancestor", tip, head)) {
            conflicts.add("branch " + branch + ": the agent's commits are not based on it");
        }
        return conflicts;
    }

    /** A staged version that is neither the last commit's nor the working tree's would be gone. */
    private List<String> staged() throws Broken, InterruptedException {
        var changed = List.of(git.run("diff", "--name-only", "-z").split("\0"));
        return Stream.of(git.run("diff", "--cached", "--name-only", "-z").split("\0"))
            .filter(path -> !path.isEmpty() && changed.contains(path))
            .map(path -> path + ": you have staged one version and have another in the working tree").toList();
    }

    /** The agent's tree, with the caller's own changes in it. */
    private String merged(String theirs, Map<String, String> mine) throws Broken, InterruptedException {
        var aside = git.with(scratch.resolve("merged"));
        aside.run("read-tree", Git.END, theirs);
        var lines = new StringBuilder();
        mine.forEach((path, entry) -> lines.append(entry.equals("0") ? "0 " + "0".repeat(40) : entry)
            .append('\t').append(path).append('\0'));
        aside.feed(lines.toString(), "update-index", "-z", "--index-info");
        return aside.run("write-tree");
    }

    /** Git itself refuses such paths; links that lead out of the tree it does not. */
    private List<String> unsafe(Map<String, String> changes) throws Broken, InterruptedException {
        var conflicts = new ArrayList<String>();
        for (var change : changes.entrySet()) {
            boolean link = change.getValue().startsWith("120000 ");
            if (!SafePaths.inside(change.getKey()) || link
                && !SafePaths.linkInside(change.getKey(), git.run("cat-file", "blob", change.getValue().substring(7)))) {
                conflicts.add(Texts.oneLine(change.getKey())
                    + (link ? ": a link that leads out of the working tree" : ": not a path of a working tree"));
            }
        }
        return conflicts;
    }

    /** Ignored files are the caller's own too: an agent's file of that name does not replace them, nor its folder, nor one of theirs. */
    private List<String> inTheWay(Map<String, String> changes) throws Broken, InterruptedException {
        var ignored = new TreeSet<String>();
        var files = git.run("ls-files", "-o", "-i", "--exclude-standard", "-z").split("\0");
        Stream.of(files).forEach(file -> ignored.add(file.replaceAll("/$", "")));
        var hit = new TreeSet<String>();
        changes.keySet().stream().filter(path -> !changes.get(path).equals("0")).forEach(path -> {
            Stream.iterate(path, at -> !at.isEmpty(), at -> at.substring(0, Math.max(0, at.lastIndexOf('/'))))
                .filter(ignored::contains).forEach(hit::add);
            Stream.ofNullable(ignored.ceiling(path + "/")).filter(file -> file.startsWith(path + "/")).forEach(hit::add);
        });
        return hit.stream().map(file -> file + ": an ignored file of yours is in the way").toList();
    }

    /** The working tree first, by git's own two-tree merge, which refuses what it would destroy; then branch and index. */
    private void apply(String branch, String head, String ours, String wanted) throws Broken, InterruptedException {
        var aside = git.with(scratch.resolve("index"));
        aside.run("read-tree", Git.END, ours);
        aside.ok("update-index", "-q", "--refresh");
        aside.run("read-tree", "-m", "-u", Git.END, ours, wanted);
        if (branch != null) {
            git.run("update-ref", "-m", "prompt-run: brought back", Git.END, "refs/heads/" + branch, head);
            git.run("symbolic-ref", Git.END, "HEAD", "refs/heads/" + branch);
        }
        git.run("read-tree", Git.END, head);
        git.ok("update-index", "-q", "--refresh");
    }

    /** Branches that the agent made besides its own: brought where that loses nothing, and never from under the caller's files. */
    private List<String> otherBranches(String branch) throws Broken, InterruptedException {
        var told = new ArrayList<String>();
        var lines = new StringBuilder();
        var ours = tips("refs/heads/");
        var here = git.run("branch", "--show-current");
        for (var tip : tips(theirs()).entrySet()) {
            var name = tip.getKey();
            var own = ours.get(name);
            boolean comes = !name.equals(here) && (own == null || git.ok("merge-base", "--is-ancestor", own, tip.getValue()));
            if (comes) {
                lines.append("update refs/heads/").append(name).append(' ').append(tip.getValue()).append('\n');
            }
            if (comes || name.equals(branch)) {
                lines.append("delete ").append(theirs()).append(name).append('\n');
            }
            told.addAll(name.equals(branch) ? List.of() : List.of("branch " + name
                + (comes ? " came along" : " was left out; it is kept as " + theirs() + name)));
        }
        git.feed(lines.toString(), "update-ref", "--stdin");
        return told;
    }

    private void forget() throws Broken, InterruptedException {
        var run = "refs/prompt-run/" + runId;
        var refs = git.run("for-each-ref", "--format=delete %(refname)", run + "/head", run + "/work");
        git.feed(refs.isBlank() ? "" : refs + "\n", "update-ref", "--stdin");
    }
}
