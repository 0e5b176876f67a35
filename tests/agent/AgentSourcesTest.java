import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import tools.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The caller's working tree goes to the agent, and what the agent did comes back, exactly, or not at all. */
@Tag("slow")
class AgentSourcesTest {
    @TempDir Path folder;
    private final AgentLab lab = new AgentLab();
    private Path tree;

    @BeforeEach
    void aRepositoryWithTwoCommits() {
        tree = folder.resolve("tree");
        sh(folder, "git init -q -b main tree");
        sh(tree, """
            git config user.name me; git config user.email me@example.org
            echo one >a.txt; printf '\\000\\001\\377' >b.bin; echo gone >c.txt; echo '*.log' >.gitignore
            git add -A; git commit -qm first; echo two >>a.txt; git commit -qam second""");
    }

    @AfterEach
    void theLabIsEmptied() {
        lab.close();
    }

    private JsonNode run(String command, String... more) {
        List<String> args =
            new ArrayList<>(List.of("--source", tree.toString(), "--bring-back",
            "--git-name", "Bot", "--git-email", "bot@example.org", "--agent-command", command));
        args.addAll(List.of(more));
        return lab.run(args.toArray(String[]::new));
    }

    @Test
    void theAgentSeesTheTreeAsItIsWithItsHistoryAndNothingIgnored() {
        sh(tree, "echo changed >a.txt; rm c.txt; echo new >'über neu.txt'; echo noise >x.log; chmod +x b.bin");
        JsonNode result = run("git log --format=%s; git -c core.quotePath=false status --short; git ls-files x.log; ls");
        assertEquals("""
            second
            first
             M a.txt
             M b.bin
             D c.txt
            ?? "über neu.txt"
            a.txt
            b.bin
            über neu.txt""", result.path("finalMessage").asString(""), result + "\n" + lab.err);
    }

    /** git looks into a file again when its index is not newer than the file: a copy of the index must keep its time. */
    @Test
    void aChangeOfTheSameLengthInTheMomentOfTheIndexIsSeen() {
        sh(tree, """
            git config core.trustctime false; touch -d '2026-01-01 00:00:00' a.txt; git update-index --refresh
            echo changed >a.txt; touch -d '2026-01-01 00:00:00' a.txt .git/index""");
        assertEquals("changed", run("cat a.txt").path("finalMessage").asString(""));
    }

    @Test
    void nothingChangesWhenTheAgentChangesNothing() {
        sh(tree, "echo mine >>a.txt; echo new >new.txt; git add new.txt");
        String before = state();
        JsonNode result = run("true");
        assertEquals("unchanged", result.path("broughtBack").path("state").asString(""), result.toString());
        assertEquals(before, state());
    }

    @Test
    void commitsAndUncommittedChangesComeBackExactly() {
        JsonNode result = run("""
            git checkout -q -b codex/issue-7
            printf '\\377\\000\\002' >b.bin; chmod +x a.txt; git rm -q c.txt; mkdir -p d/e; echo deep >d/e/f; ln -s a.txt link; git add \
            -A; git commit -qm 'agent: work'
            echo left >>a.txt; echo untracked >'new file'; rm d/e/f; echo noise >y.log; printf 'no newline' >nn""");
        assertEquals("succeeded", result.path("status").asString(""), result.toString());
        assertEquals("codex/issue-7", sh(tree, "git branch --show-current"));
        assertEquals("agent: work Bot <bot@example.org>", sh(tree, "git log -1 --format='%s %an <%ae>'"));
        assertEquals(" M a.txt\n D d/e/f\n?? \"new file\"\n?? nn", sh(tree, "git status --short"));
        assertEquals("ff0002", sh(tree, "od -An -tx1 b.bin | tr -d ' '"));
        assertEquals("a.txt", sh(tree, "readlink link"));
        assertTrue(Files.isExecutable(tree.resolve("a.txt")));
        assertFalse(Files.exists(tree.resolve("c.txt")) || Files.exists(tree.resolve("y.log")));
        assertEquals("no newline", sh(tree, "cat nn"));
        assertEquals(1, result.path("broughtBack").path("commits").asInt(0));
        assertEquals("", sh(tree, "git for-each-ref refs/prompt-run"));
        assertEquals("", sh(tree, "git fsck 2>&1 | grep -v dangling || true"));
    }

    @Test
    void theWorkOfAnAgentThatFailedComesBackToo() {
        JsonNode result = run("echo half >half.txt; git add -A; git commit -qm half; echo more >more.txt; exit 3");
        assertEquals(20, result.path("exitCode").asInt(0));
        assertEquals("half", sh(tree, "git log -1 --format=%s"));
        assertEquals("?? more.txt", sh(tree, "git status --short"));
    }

    @Test
    void theCallersOwnChangesStayAsTheyAreBesideTheAgents() {
        sh(tree, "echo mine >>a.txt; echo mine >mine.txt");
        JsonNode result = run("git checkout -q -b work; echo agents >agents.txt; git add agents.txt; git commit -qm w; echo x >left.txt");
        assertEquals("brought", result.path("broughtBack").path("state").asString(""), result.toString());
        assertEquals(" M a.txt\n?? left.txt\n?? mine.txt", sh(tree, "git status --short"));
        assertEquals("one\ntwo\nmine", sh(tree, "cat a.txt"));
    }

    @Test
    void aFileThatBothChangedIsAConflictAndNothingIsTouched() {
        sh(tree, "echo mine >>a.txt");
        String before = state();
        JsonNode result = run("echo agents >>a.txt; echo other >other.txt; git add other.txt; git commit -qm other");
        assertEquals("conflict", result.path("broughtBack").path("state").asString(""), result.toString());
        assertEquals(20, result.path("exitCode").asInt(0), "changes that did not come back are no success");
        assertTrue(result.path("reason").asString("").contains("a.txt: you have changed it too"), result.toString());
        assertEquals(before, state());
        String kept = sh(tree, "git for-each-ref --format='%(refname)' 'refs/prompt-run/**/head' 'refs/prompt-run/**/work'");
        assertEquals(2, kept.lines().count(), kept);
        assertEquals("one\ntwo\nmine\nagents",
            sh(tree, "git show $(git for-each-ref --format='%(refname)' 'refs/prompt-run/**/work'):a.txt"));
    }

    @Test
    void aMergeOfTheCallersThatWaitsForAnAnswerIsAConflict() {
        sh(tree, "echo st >>a.txt; git stash -q; echo other >>a.txt; git commit -qam other; git stash pop >/dev/null || true");
        JsonNode result = run("echo x >x");
        assertEquals("conflict", result.path("broughtBack").path("state").asString(""), result.toString());
        assertEquals("UU a.txt", sh(tree, "git status --short"));
    }

    @Test
    void aChangeThatTheCallerMadeMeanwhileIsAConflict() {
        JsonNode result = run("echo agents >a.txt; echo mine >" + tree + "/a.txt");
        assertEquals("conflict", result.path("broughtBack").path("state").asString(""), result.toString());
        assertEquals("mine", sh(tree, "cat a.txt"));
    }

    @Test
    void anIgnoredFileOfTheCallerIsNotReplaced() {
        sh(tree, "echo precious >keep.log");
        JsonNode result = run("echo mine >keep.log; git add -f keep.log; git commit -qm log");
        assertEquals("conflict", result.path("broughtBack").path("state").asString(""), result.toString());
        assertEquals("precious", sh(tree, "cat keep.log"));
        assertEquals("second", sh(tree, "git log -1 --format=%s"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mkdir x.log; echo x >x.log/x", "mkdir -p x.log/d; echo x >x.log/d/x", "ln -s a.txt x.log",
        "git rm -q c.txt; mkdir c.txt; echo x >c.txt/x; mkdir x.log; echo x >x.log/x"})
    void anIgnoredFileOfTheCallerIsNoFolderOfTheAgents(String agent) {
        sh(tree, "echo mine >x.log");
        JsonNode result = run(agent + "; git add -f .; git commit -qm x");
        assertEquals("conflict", result.path("broughtBack").path("state").asString(""), result.toString());
        assertEquals("mine", sh(tree, "cat x.log"));
    }

    @Test
    void aFileOfTheTreeMayBecomeAFolderAndAFolderAFile() {
        sh(tree, "mkdir d; echo d >d/d; git add d; git commit -qm d");
        assertEquals("brought main 1", told(run("""
            rm c.txt; mkdir c.txt; echo x >c.txt/x; rm -r d; echo d >d; git add -A; git commit -qm x""")));
        assertEquals("x d", sh(tree, "echo $(cat c.txt/x d; git status --short)"));
    }

    @Test
    void aBranchThatWentOnMeanwhileIsAConflict() {
        JsonNode result = run("echo x >x; git add x; git commit -qm theirs; cd "
            + tree + "; echo y >y; git add y; git -c user.name=me -c user.email=me@x commit -qm ours");
        assertEquals("conflict", result.path("broughtBack").path("state").asString(""), result.toString());
        assertEquals("ours", sh(tree, "git log -1 --format=%s"));
        assertFalse(Files.exists(tree.resolve("x")));
    }

    @Test
    void aShallowCloneGoesThereAndBack() {
        sh(folder, "git clone -q --depth 1 file://" + tree + " shallow");
        tree = folder.resolve("shallow");
        JsonNode result = run("git log --format=%s; echo x >x; git add x; git commit -qm third");
        assertEquals("second", result.path("finalMessage").asString(""), result + "\n" + lab.err);
        assertEquals("third\nsecond", sh(tree, "git log --format=%s"));
        assertEquals("true", sh(tree, "git rev-parse --is-shallow-repository"));
    }

    @Test
    void aDetachedHeadGetsTheRunsBranchOnceThereAreCommits() {
        sh(tree, "git checkout -q --detach");
        JsonNode result = run("echo x >x; git add x; git commit -qm third");
        assertEquals("codex/issue-7", result.path("broughtBack").path("branch").asString(""), result.toString());
        assertEquals("codex/issue-7", sh(tree, "git branch --show-current"));
    }

    @Test
    void aWorkspaceThatIsAlreadyThereIsUsedAsItIs() {
        sh(lab.home, "git clone -q " + tree + " workspace; cd workspace; echo theirs >theirs.txt");
        JsonNode result = run("cat theirs.txt; git remote; echo more >>theirs.txt");
        assertEquals("theirs\norigin", result.path("finalMessage").asString(""), result.toString());
        assertTrue(result.path("notes").toString().contains("used as it is"), result.toString());
        assertEquals("theirs\nmore", sh(tree, "cat theirs.txt"));
    }

    @Test
    void aWorkspaceOfAnEarlierRunIsRenewedWhenAllOfItIsBack() {
        run("echo one >1; git add 1; git commit -qm one; echo left >left");
        sh(tree, "git add -A; git commit -qm 'the workflow commits what was left'");
        JsonNode second = run("git log --format=%s -1; git status --short; echo two >2");
        assertEquals("the workflow commits what was left", second.path("finalMessage").asString(""), second + "\n" + lab.err);
        assertEquals("?? 2", sh(tree, "git status --short"));
    }

    @Test
    void aWorkspaceWithWorkThatDidNotComeBackIsNotRenewed() {
        lab.run("--source", tree.toString(), "--agent-command", "echo precious >p");
        JsonNode second = run("cat p");
        assertEquals("precious", second.path("finalMessage").asString(""), second + "\n" + lab.err);
        assertEquals("precious", sh(tree, "cat p"));
    }

    @Test
    void theBaseComesAlongAsItsOriginHasIt() {
        sh(tree, "git update-ref refs/remotes/origin/release/2 HEAD~1; git update-ref refs/remotes/origin/other HEAD~1");
        assertEquals(sh(tree, "git rev-parse HEAD~1"),
            run("git rev-parse -q --verify origin/release/2; git rev-parse -q --verify origin/other", "--base", "release/2")
            .path("finalMessage").asString(""));
    }

    @Test
    void hooksAndSettingsOfTheAgentsRepositoryNeverRunHere() {
        Path trace = folder.resolve("trace");
        run("""
            for hook in post-checkout post-merge reference-transaction post-index-change; do printf '#!/bin/sh\\ntouch %1$s\\n' \
            >.git/hooks/$hook; chmod +x .git/hooks/$hook; done
            rm -f %1$s; git config core.fsmonitor 'touch %1$s; false'; git config filter.evil.smudge 'touch %1$s; cat'; git config \
            filter.evil.clean cat
            echo '*.evil filter=evil' >.gitattributes; echo x >x.evil; GIT_CONFIG_GLOBAL=/dev/null git -c core.hooksPath=/dev/null add -A
            git -c core.hooksPath=/dev/null commit -qm evil; rm -f %1$s""".formatted(trace));
        assertEquals("x", sh(tree, "cat x.evil"));
        assertFalse(Files.exists(trace), "something of the agent's repository ran here");
        assertEquals("", sh(tree, "git config --get-regexp 'filter.*' || true"));
    }

    @Test
    void linksThatLeadOutOfTheTreeStayOutside() {
        JsonNode result = run("ln -s /etc/passwd out; mkdir d; ln -s ../../up d/up");
        assertEquals("conflict", result.path("broughtBack").path("state").asString(""), result.toString());
        assertTrue(result.path("reason").asString("").contains("out: a link that leads out")
            && result.path("reason").asString("").contains("d/up: a link"), result.toString());
        assertFalse(Files.isSymbolicLink(tree.resolve("out")));
    }

    @Test
    void aNestedRepositoryIsNoSubmoduleWhateverItIsCalled() {
        JsonNode result = run("""
            for name in other 'другой' 'a "b" ' -x; do
              git init -q -- "$name"; (cd -- "$name"; echo x >x; git add x; git commit -qm x)
            done
            echo y >y""");
        assertEquals("[\"y\"]", result.path("broughtBack").path("uncommitted").toString(), result.toString());
        assertEquals("?? y", sh(tree, "git status --short"));
    }

    @Test
    void otherBranchesOfTheAgentComeAlong() {
        JsonNode result = run("git checkout -q -b side; echo s >s; git add s; git commit -qm side; git checkout -q main; echo m >m");
        assertEquals("main", sh(tree, "git branch --show-current"));
        assertEquals("side", sh(tree, "git log -1 --format=%s side"));
        assertTrue(result.path("broughtBack").path("notes").toString().contains("branch side came along"), result.toString());
    }

    @Test
    void theRunsBranchIsBroughtAlsoWhenTheAgentHasLeftItAgain() {
        JsonNode result = run("git checkout -q -b codex/issue-7; echo s >s; git add s; git commit -qm side; git checkout -q main");
        assertEquals("brought codex/issue-7 1", told(result));
        assertEquals("codex/issue-7 s", sh(tree, "echo $(git branch --show-current; git status --short; ls s)"));
    }

    @Test
    void aBranchWithoutACommitOfItsOwnIsNoChange() {
        assertEquals("unchanged null 0", told(run("git branch codex/issue-7; git branch side HEAD~1")));
        assertEquals("main", sh(tree, "git branch --format='%(refname:short)'"));
    }

    @Test
    void theBranchThatTheCallerIsOnMovesWithItsFilesOrNotAtAll() {
        var left = "h=$(git rev-parse HEAD); echo s >s; git add s; git commit -qm onmain; git checkout -q --detach $h";
        assertEquals("brought main 1", told(run(left)));
        assertEquals("onmain s", sh(tree, "echo $(git log -1 --format=%s; git status --short; ls s)"));
    }

    @Test
    void aBranchThatIsLeftOutIsKeptUnderTheRun() {
        JsonNode result = run("""
            h=$(git rev-parse HEAD); echo s >s; git add s; git commit -qm onmain; git checkout -q --detach $h; echo z >z""");
        assertEquals("second ?? z", sh(tree, "echo $(git log -1 --format=%s; git status --short)"));
        var kept = sh(tree, "git for-each-ref --format='%(refname) %(subject)' refs/prompt-run").split(" ");
        assertEquals("onmain", kept[1]);
        assertTrue(result.path("broughtBack").path("notes").toString().contains("main was left out; it is kept as " + kept[0]),
            result.toString());
    }

    private static String told(JsonNode result) {
        var back = result.path("broughtBack");
        return back.path("state").asString("") + " " + back.path("branch").asString("null") + " " + back.path("commits");
    }

    @Test
    void severalMegabytesArriveInParts() {
        sh(tree, "head -c 3500000 /dev/urandom >big.bin; git add -A; git commit -qm big");
        JsonNode result = run("cksum <big.bin; head -c 2500000 /dev/urandom >back.bin; cksum <back.bin",
            "--artifacts", folder.resolve("art").toString());
        assertEquals(sh(tree, "cksum <big.bin; cksum <back.bin"), result.path("finalMessage").asString(""), result.toString());
        assertTrue(lab.shell.steps.contains("put:source.bundle.000004"), lab.shell.steps.toString());
    }

    @Test
    void aBundleThatArrivesDamagedIsFetchedAgain() {
        lab.shell.on("part", AgentLab.Fault.HALF_ANSWER, AgentLab.Fault.NO_CODE, AgentLab.Fault.HALF_ANSWER);
        assertEquals("brought", run("echo x >x").path("broughtBack").path("state").asString(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree=--output=VICTIM", "head=--output=VICTIM", "tree=", "tree=HEAD", "head=main", "size=x", "size="})
    void anAnswerThatNamesNoObjectReachesNoGitCommand(String field) throws IOException {
        Path victim = Files.writeString(folder.resolve("victim"), "kept");
        lab.shell.on("pack", new AgentLab.Fault(true, false, true, (reply, argv) -> said(reply,
            "(?m)^" + field.replaceFirst("=.*", "=.*"), field.replace("VICTIM", victim.toString()))));
        JsonNode result = run("echo x >x; git add x; git commit -qm x");
        assertEquals("failed", result.path("broughtBack").path("state").asString(""), result.toString());
        assertTrue(result.path("reason").asString("").contains("the keeper's answer"), result.toString());
        assertEquals("kept", Files.readString(victim));
    }

    /** An answer in other words, and whole. */
    private static prompt_run.Reply said(prompt_run.Reply reply, String pattern, String other) {
        String body = prompt_run.Poll.parse(reply).text().replaceFirst(pattern, other);
        return new prompt_run.Reply(0, ("agent-run\nstate=said\nbytes=" + body.length() + "\n\n" + body)
            .getBytes(java.nio.charset.StandardCharsets.UTF_8), "", null, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"unpack", "join", "mark", "size", "pack", "brought"})
    void anAnswerThatIsCutShortIsAskedForAgain(String command) {
        lab.shell.on(command, AgentLab.Fault.HALF_ANSWER, AgentLab.Fault.HALF_ANSWER);
        JsonNode result = run("echo x >x");
        assertEquals("brought", result.path("broughtBack").path("state").asString(""), result + "\n" + lab.err);
        assertEquals(3, lab.shell.steps.stream().filter(command::equals).count());
    }

    @Test
    void filesOfTheWorkTreeCanBeReadByOthersAndTheRunsOwnCannot() {
        JsonNode result = run("umask; mkdir d; touch f; stat -c %a . a.txt d f .git/config; cd "
            + lab.home + "/.agent-runs/run-*/; stat -c %a . events.jsonl stderr.log prompt.md");
        assertEquals("0022\n755\n644\n755\n644\n644\n700\n600\n600\n600", result.path("finalMessage").asString(""), result.toString());
    }

    @Test
    void commitsHaveAnAuthorAlsoWhenNobodyGivesOne() {
        String commit = "git init -q own; cd own; %s git commit -q --allow-empty -m a; git log -1 --format='%%an <%%ae>'";
        assertEquals("prompt-run <prompt-run@localhost>", lab.run("--agent-command", commit.formatted(""))
            .path("finalMessage").asString(""), lab.err.toString());
        assertEquals("me <me@example.org>", lab.run("--agent-command",
            commit.formatted("git config user.name me; git config user.email me@example.org;")).path("finalMessage").asString(""));
        assertEquals("Bot <prompt-run@localhost>", lab.run("--git-name", "Bot", "--agent-command", "rm -rf own; " + commit.formatted(""))
            .path("finalMessage").asString(""));
        sh(lab.home, "printf '[user]\\n\\tname = home\\n\\temail = home@example.org\\n' >.gitconfig");
        assertEquals("home <home@example.org>", lab.run("--agent-command", "rm -rf own; " + commit.formatted(""))
            .path("finalMessage").asString(""));
    }

    /** The agent of a lost run may be alive: its tree is not taken from under it. */
    @Test
    void nothingIsBroughtBackFromUnderAnAgentThatMayStillWork() {
        lab.shell.on("poll", AgentLab.Fault.CUT_BEFORE.always()).on("cancel", AgentLab.Fault.CUT_BEFORE.always());
        JsonNode result = run("echo x >x; sleep 60");
        assertEquals("lost failed", result.path("status").asString("") + " " + result.at("/broughtBack/state")
            .asString(""), result.toString());
        assertTrue(result.at("/broughtBack/problem").asString("").contains("may still be at work"), result.toString());
        assertFalse(lab.shell.steps.contains("pack"), lab.shell.steps.toString());
    }

    @Test
    void withoutABaseTheUsualBranchOfTheOriginComesAlong() {
        sh(tree, "git update-ref refs/remotes/origin/trunk HEAD~1; git symbolic-ref refs/remotes/origin/HEAD refs/remotes/origin/trunk");
        String usual = "git rev-parse -q --verify origin/HEAD";
        assertEquals(sh(tree, "git rev-parse HEAD~1"), run(usual).path("finalMessage").asString(""));
    }

    @Test
    void aLostPodBringsNothingBackAndSaysSo() {
        lab.shell.on("pack", AgentLab.Fault.after(() -> { }), AgentLab.Fault.CUT_BEFORE.always());
        lab.shell.on("part", AgentLab.Fault.CUT_BEFORE.always());
        String before = state();
        JsonNode result = run("echo x >x");
        assertEquals(20, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("not in the working tree"), result.toString());
        assertEquals(before, state());
    }

    @Test
    void pathsOutsideATreeAreRecognised() {
        for (String bad : List.of("../x", "/x", "a/../b", ".git/config", "a/.GIT/hooks/x",
            "a/./b", ".git ./x", "GIT~1/x", "a\\b", "a//b", ".g\u200cit/x")) {
            assertFalse(prompt_run.SafePaths.inside(bad), bad);
        }
        for (String good : List.of("a", "a/b.c", ".github/workflows/x.yml", ".gitignore", "..a/b", "a b/ü")) {
            assertTrue(prompt_run.SafePaths.inside(good), good);
        }
        assertTrue(prompt_run.SafePaths.linkInside("a/b", "../c"));
        assertFalse(prompt_run.SafePaths.linkInside("a", "../c"));
        assertFalse(prompt_run.SafePaths.linkInside("a", ".git/hooks"));
        for (String upAgain : List.of("p/q/up/../..", "./p/..", "../p/../..", "p//..", "...a/..")) {
            assertFalse(prompt_run.SafePaths.linkInside("d/e/f", upAgain), "what p is a link to nobody knows: " + upAgain);
        }
        for (String good : List.of("../../p/q", "./x", ".", "..", "p/..q", "p/q..", "../..a/b")) {
            assertTrue(prompt_run.SafePaths.linkInside("d/e/f", good), good);
        }
    }

    private String state() {
        return sh(tree, "git branch --show-current; git rev-parse HEAD; git status --short; git ls-files -s; ls -la | grep -v '^total' | "
            + "awk '{print $1,$5,$9}'; cat a.txt");
    }

    private static String sh(Path in, String script) {
        var done = Cli.program("sh", "-ec", script).in(in).env("GIT_CONFIG_GLOBAL", "/dev/null").run();
        assertEquals(0, done.exit(), script + "\n" + done);
        return done.out().strip().isEmpty() ? "" : done.out().stripTrailing();
    }

    @ParameterizedTest
    @ValueSource(strings = {"MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply"})
    void nothingComesIntoAWorkingTreeThatIsInTheMiddleOfSomething(String state) {
        sh(tree, state.endsWith("HEAD") ? "git rev-parse HEAD >.git/" + state : "mkdir .git/" + state);
        JsonNode result = run("echo more >>a.txt; git commit -qam 'the agent was here'");
        assertEquals("conflict", result.path("broughtBack").path("state").asString(""), result.toString());
        assertTrue(result.path("broughtBack").path("notes").toString().contains("in the middle of something (" + state + ")"),
            result.toString());
        assertEquals(20, result.path("exitCode").asInt(0));
    }
}
