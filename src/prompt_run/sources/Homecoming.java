package prompt_run.sources;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import prompt_run.run.Broken;
import shared.Texts;

/** The last leg, in the caller's repository: from fetched objects to branch and working tree. The caller's own changes stay as they are. */
public final class Homecoming {
    private final Git git;
    private final Path scratch;
    private final Map<String, String> pack;
    private final String runId;
    private final String usualBranch;

    Homecoming(Git git, Path scratch, Map<String, String> pack, String runId, String usualBranch) {
        this.git = git;
        this.scratch = scratch;
        this.pack = pack;
        this.runId = runId;
        this.usualBranch = usualBranch;
    }

    Brought arrive() throws Broken, InterruptedException, IOException {
        String ourHead = git.run("rev-parse", "HEAD");
        String ours = git.snapshot(scratch);
        String theirs = pack.get("tree");
        String head = pack.get("head").isBlank() ? ourHead : pack.get("head");
        if (head.equals(ourHead) && theirs.equals(ours)) {
            forget();
            return new Brought("unchanged", null, head, 0, List.of(), List.of(), null);
        }
        String branch = branch(head, ourHead);
        List<String> conflicts = new ArrayList<>(branchConflicts(branch, head, ourHead));
        Map<String, String> mine = git.changes(ourHead + "^{tree}", ours);
        Map<String, String> agents = git.changes(ourHead + "^{tree}", theirs);
        mine.forEach((path, entry) -> {
            if (agents.containsKey(path) && !agents.get(path).equals(entry)) {
                conflicts.add(path + ": you have changed it too, and have not committed it");
            }
        });
        conflicts.addAll(staged());
        String wanted = conflicts.isEmpty() ? merged(theirs, mine) : ours;
        conflicts.addAll(unsafe(git.changes(ours, wanted)));
        conflicts.addAll(inTheWay(git.changes(ours, wanted)));
        int commits = Integer.parseInt(git.run("rev-list", "--count", ourHead + ".." + head));
        if (!conflicts.isEmpty()) {
            return new Brought("conflict", branch, head, commits, List.of(),
                conflicts, "the changes are kept as refs/prompt-run/" + runId + "/head and …/work");
        }
        apply(branch, head, ours, wanted);
        List<String> left = List.copyOf(git.changes(head + "^{tree}", wanted).keySet());
        List<String> others = otherBranches(branch);
        forget();
        return new Brought("brought", branch, head, commits, left, others, null);
    }

    /** The agent's branch; commits on no branch get the one that this run is for. */
    private String branch(String head, String ourHead) throws InterruptedException {
        String theirs = pack.get("branch");
        String branch = theirs.isBlank() ? head.equals(ourHead) ? null : usualBranch : theirs;
        return branch != null && git.ok("check-ref-format", "--branch", branch) ? branch : head.equals(ourHead) ? null : usualBranch;
    }

    private List<String> branchConflicts(String branch, String head, String ourHead) throws Broken, InterruptedException {
        List<String> conflicts = new ArrayList<>();
        for (String state : List.of("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")) {
            if (Files.exists(git.tree().resolve(git.run("rev-parse", "--git-path", state)))) {
                conflicts.add("the working tree is in the middle of something (" + state + ")");
            }
        }
        boolean exists = branch != null && git.ok("show-ref", "-q", "--verify", "refs/heads/" + branch);
        String tip = exists ? git.run("rev-parse", "refs/heads/" + branch) : ourHead;
        if (exists && !git.ok("merge-base", "--is-ancestor", tip, head)) {
            conflicts.add("branch " + branch + ": the agent's commits are not based on it");
        }
        return conflicts;
    }

    /** A staged version that is neither the last commit's nor the working tree's would be gone. */
    private List<String> staged() throws Broken, InterruptedException {
        String index = git.ok("diff", "--cached", "--quiet") ? "" : git.run("diff", "--cached", "--name-only", "-z");
        List<String> conflicts = new ArrayList<>();
        Set<String> changed = Set.of(git.run("diff", "--name-only", "-z").split("\0"));
        for (String path : index.split("\0")) {
            if (!path.isEmpty() && changed.contains(path)) {
                conflicts.add(path + ": you have staged one version and have another in the working tree");
            }
        }
        return conflicts;
    }

    /** The agent's tree, with the caller's own changes in it. */
    private String merged(String theirs, Map<String, String> mine) throws Broken, InterruptedException {
        Git aside = git.with(scratch.resolve("merged"));
        aside.run("read-tree", theirs);
        StringBuilder lines = new StringBuilder();
        mine.forEach((path, entry) -> lines.append(entry.equals("0") ? "0 " + "0".repeat(40) : entry)
            .append('\t').append(path).append('\0'));
        aside.feed(lines.toString(), "update-index", "-z", "--index-info");
        return aside.run("write-tree");
    }

    /** Git itself refuses such paths; links that lead out of the tree it does not. */
    private List<String> unsafe(Map<String, String> changes) throws Broken, InterruptedException {
        List<String> conflicts = new ArrayList<>();
        for (Map.Entry<String, String> change : changes.entrySet()) {
            boolean link = change.getValue().startsWith("120000 ");
            if (!SafePaths.inside(change.getKey()) || link
                && !SafePaths.linkInside(change.getKey(), git.run("cat-file", "blob", change.getValue().substring(7)))) {
                conflicts.add(Texts.oneLine(change.getKey())
                    + (link ? ": a link that leads out of the working tree" : ": not a path of a working tree"));
            }
        }
        return conflicts;
    }

    /** Ignored files are the caller's own too: an agent's file of that name does not replace them. */
    private List<String> inTheWay(Map<String, String> changes) throws Broken, InterruptedException {
        List<String> conflicts = new ArrayList<>();
        String ours = git.snapshot(scratch);
        for (Map.Entry<String, String> change : changes.entrySet()) {
            boolean isNew = !change.getValue().equals("0") && git.run("ls-tree", "--name-only", ours, "--", change.getKey()).isEmpty();
            if (isNew && Files.exists(git.tree().resolve(change.getKey()), LinkOption.NOFOLLOW_LINKS)) {
                conflicts.add(change.getKey() + ": an ignored file of yours has this name");
            }
        }
        return conflicts;
    }

    /** The working tree first, by git's own two-tree merge, which refuses what it would destroy; then branch and index. */
    private void apply(String branch, String head, String ours, String wanted) throws Broken, InterruptedException {
        Git aside = git.with(scratch.resolve("index"));
        aside.run("read-tree", ours);
        aside.ok("update-index", "-q", "--refresh");
        aside.run("read-tree", "-m", "-u", ours, wanted);
        if (branch != null) {
            git.run("update-ref", "-m", "prompt-run: brought back", "refs/heads/" + branch, head);
            git.run("symbolic-ref", "HEAD", "refs/heads/" + branch);
        }
        git.run("read-tree", head);
        git.ok("update-index", "-q", "--refresh");
    }

    /** Branches that the agent made besides its own: brought where that loses nothing. */
    private List<String> otherBranches(String branch) throws Broken, InterruptedException {
        List<String> told = new ArrayList<>();
        String prefix = "refs/prompt-run/" + runId + "/heads/";
        for (String ref : git.run("for-each-ref", "--format=%(refname)", prefix).lines().toList()) {
            String name = ref.substring(prefix.length());
            boolean exists = git.ok("show-ref", "-q", "--verify", "refs/heads/" + name);
            if (!name.equals(branch) && (!exists || git.ok("merge-base", "--is-ancestor", "refs/heads/" + name, ref))) {
                git.run("update-ref", "refs/heads/" + name, git.run("rev-parse", ref));
                told.add("branch " + name + " came along");
            } else if (!name.equals(branch)) {
                told.add("branch " + name + " differs from yours and was left out");
            }
        }
        return told;
    }

    private void forget() throws Broken, InterruptedException {
        String refs = git.run("for-each-ref", "--format=delete %(refname)", "refs/prompt-run/" + runId);
        git.feed(refs.isBlank() ? "" : refs + "\n", "update-ref", "--stdin");
    }
}
