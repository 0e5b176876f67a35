import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The shared scripts one by one: what the gates refuse, what cleanup may free, what the comments say, and text that somebody else wrote.
 */
class WorkflowShellTest {
    private final WorkflowRun.GitHub github = new WorkflowRun.GitHub();

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        github.close();
    }

    @Test
    void theGateOpensForAListedPersonWithWriteAccess() throws IOException {
        var result = gate("alice", "User", "[ai-dev]", "alice");
        assertEquals(0, result.exit(), result.toString());
        assertTrue(Files.readString(folder.resolve("output"))
                .matches("(?s)run<<(\\w{32})\n\\{.*"
                        + "\"branch\":\"codex/issue-42\",\"comment\":100,\"by\":\"alice\",\"attempt\":\"3\"}\n\\1\n"));
        assertEquals(0, gate("BOB", "User", "[ai-dev]", "BOB").exit(), "logins know no case");
    }

    @Test
    void aListedPersonWhoMayOnlyReadIsRefused() throws IOException {
        refused(gate("carol", "User", "[ai-dev]", "carol"), "carol may not start an agent here");
    }

    @Test
    void aPersonWithWriteAccessWhoIsNotListedIsRefused() throws IOException {
        github.permissions.put("dave", "admin");
        refused(gate("dave", "User", "[ai-dev]", "dave"), "dave may not start an agent here");
        github.permissions.put("ali", "admin");
        refused(gate("ali", "User", "[ai-dev]", "ali"), "ali may not start an agent here");
        github.permissions.put("a.*", "admin");
        refused(gate("a.*", "User", "[ai-dev]", "a.*"), "a.* may not start an agent here");
    }

    @Test
    void whoStartsTheRunAgainMustBeTrustedToo() throws IOException {
        refused(gate("alice", "User", "[ai-dev]", "mallory"), "mallory may not start an agent here");
    }

    @Test
    void aBotIsRefusedWithoutAnAnswerSoThatNoTwoBotsTalk() throws IOException {
        var result = gate("alice", "Bot", "[ai-dev]", "alice");
        assertNotEquals(0, result.exit());
        assertTrue(github.requests.isEmpty(), github.requests.toString());
    }

    @Test
    void aClosedIssueAndAPullRequestAreRefusedAsTheyAreNow() throws IOException {
        github.issue.put("state", "closed");
        refused(gate("alice", "User", "[ai-dev]", "alice"), "the issue is closed");
        github.issue.put("state", "open").putObject("pull_request");
        refused(gate("alice", "User", "[ai-dev]", "alice"), "not from a pull request");
    }

    @Test
    void anotherLabelThanItsOwnIsRefused() throws IOException {
        assertNotEquals(0, gate("alice", "User", "[ai-plan]", "alice").exit());
        assertNotEquals(0, gate("alice", "User", "[ai-dev", "alice").exit());
        assertTrue(github.comments.isEmpty());
    }

    @Test
    void anEmptyListTrustsNobody() throws IOException {
        for (var list : new String[] {"", " ", ",", "[]"}) {
            refused(gate(list, "alice"), "alice may not start an agent here");
        }
        for (var list : new String[] {"alice", "bob,alice", "bob alice", "[\"bob\", \"alice\"]", "bob\r\nalice\r\n"}) {
            assertEquals(0, gate(list, "alice").exit(), list);
        }
    }

    @Test
    void whenGitHubDoesNotAnswerNobodyIsTrusted() throws IOException {
        github.permissions.clear();
        github.close();
        assertNotEquals(0, gate("alice", "User", "[ai-dev]", "alice").exit());
    }

    @Test
    void theGateOpensForAReviewThatAsksForChangesOnABranchOfAnAgent() throws IOException {
        github.pull("codex/ai-repair-42", "acme/shop");
        github.review("bob", "User", "CHANGES_REQUESTED");
        var result = reviewGate("github-actions[bot]");
        assertEquals(0, result.exit(), result.toString());
        var outputs = Files.readString(folder.resolve("output"));
        assertTrue(outputs.contains("\nrepair_review\n") && outputs.contains("\n42\n"), outputs);
        assertTrue(outputs.contains("\"branch\":\"codex/ai-repair-42\",\"comment\":500,\"by\":\"bob\","
                + "\"pr\":7,\"review\":5,\"attempt\":\"3\"}"), outputs);
        assertEquals(1, github.pullComments.size());
    }

    @Test
    void aBranchThatWentBesideAnothersBelongsToItsIssueToo() throws IOException {
        github.pull("codex/issue-42-1234567890", "acme/shop");
        github.review("bob", "User", "CHANGES_REQUESTED");
        assertEquals(0, reviewGate("github-actions[bot]").exit());
        assertTrue(Files.readString(folder.resolve("output")).contains("\ndev_review\n"));
    }

    @Test
    void noOtherReviewStartsAnAgentAndNoneOfThemGetsAnAnswer() throws IOException {
        for (var wrong : List.of("APPROVED codex/issue-42 acme/shop User open", "DISMISSED codex/issue-42 acme/shop User open",
                "CHANGES_REQUESTED codex/issue-42 mallory/shop User open", "CHANGES_REQUESTED feature/issue-42 acme/shop User open",
                "CHANGES_REQUESTED codex/issue-42;id acme/shop User open", "CHANGES_REQUESTED codex/issue-42 acme/shop Bot open",
                "CHANGES_REQUESTED codex/issue-42 acme/shop User closed")) {
            var words = wrong.split(" ");
            github.pull(words[1], words[2]).put("state", words[4]);
            github.review("alice", words[3], words[0]);
            var result = reviewGate("github-actions[bot]");
            assertNotEquals(0, result.exit(), wrong);
            assertTrue(result.out().contains("::error title=No agent was started::"), result.toString());
        }
        assertEquals(List.of(), github.pullComments);
    }

    @Test
    void aReviewerWhoMayNotStartAnAgentIsToldSoAndWhoStartsTheRunByHandMustBeTrustedToo() throws IOException {
        github.pull("codex/issue-42", "acme/shop");
        github.review("carol", "User", "CHANGES_REQUESTED");
        assertNotEquals(0, reviewGate("github-actions[bot]").exit());
        assertTrue(github.pullComments.get(0).contains("carol may not start an agent here"), github.pullComments.toString());
        github.review("alice", "User", "CHANGES_REQUESTED");
        assertNotEquals(0, reviewGate("mallory").exit());
        assertEquals(0, reviewGate("bob").exit());
    }

    private Cli.Result reviewGate(String starter) {
        return script("gate_review.sh").env("AI_ALLOWED_USERS", "alice, bob,carol").env("TRIGGERING_ACTOR", starter)
                .env("PULL_NUMBER", "7").env("REVIEW_ID", "5").run();
    }

    @Test
    void onlyWhatTheClosedThingOwnsIsFreed() throws IOException {
        assertEquals("42", freed("", "codex/issue-42"), "a dev pull request owns its issue's environment");
        assertEquals("42", freed("", "codex/issue-42-77"));
        assertEquals("", freed("", "codex/ai-repair-42"), "a repair owns nothing");
        github.issue.put("state", "closed");
        assertEquals("42", freed("", "codex/ai-repair-42"), "but what nobody owns any more may go");
        assertEquals("42", freed("42", null));
        assertEquals("", freed("", "feature/issue-42"));
        github.issue.put("state", "open");
        assertEquals("", freed("42", null), "reopened meanwhile");
    }

    @Test
    void anOpenPullRequestOfAnAgentKeepsTheEnvironment() throws IOException {
        github.issue.put("state", "closed");
        github.pull("codex/issue-42", "acme/shop");
        assertEquals("", freed("42", null));
        assertEquals("", freed("", "codex/ai-repair-42"));
        github.pulls.clear();
        github.pull("codex/issue-421", "acme/shop");
        github.pull("codex/issue-42", "mallory/shop");
        assertEquals("42", freed("42", null), "another issue's and a fork's keep nothing");
    }

    @Test
    void nothingIsFreedWhereGitHubDoesNotAnswer() {
        github.close();
        assertNotEquals(0, which("42", "").exit());
    }

    /** The issue whose environment goes when an issue or, if a branch is given, its pull request closes. */
    private String freed(String issue, String branch) throws IOException {
        var closed = branch == null ? null : github.pull(branch, "acme/shop").put("state", "closed");
        Files.deleteIfExists(folder.resolve("output"));
        var result = which(issue, closed == null ? "" : "7");
        github.pulls.remove(closed);
        assertEquals(0, result.exit(), result.toString());
        var value = Files.readString(folder.resolve("output")).lines().toList();
        return value.get(1);
    }

    private Cli.Result which(String issue, String pull) {
        return script("which.sh").env("CLOSED_ISSUE", issue).env("CLOSED_PULL", pull).run();
    }

    @Test
    void aRunThatWasCancelledInTheQueueAsksForTheLabelAgain() throws IOException {
        assertEquals("""
                🚫 [ai-dev]: cancelled before an agent ran · [run](https://github.com/acme/shop/actions/runs/1)

                * **Asked:** implement #42 (`alice`)
                * **Next:** set the label `[ai-dev]` again""", report("cancelled", ""));
    }

    @Test
    void aReportThatGitHubHeldBackIsNotTakenForAMissingEnvironment() throws IOException {
        var text = report("failure", "");
        assertTrue(text.startsWith("❌ [ai-dev]: failed"), text);
        assertTrue(text.contains("* no details: "), text);
        assertTrue(report("success", "").startsWith("✅ [ai-dev]: done"));
    }

    @Test
    void textFromTheClusterAndTheAgentCannotLeaveItsPlaceInTheComment() throws IOException {
        var evil = "x`\n\n# [ai-repair] @everybody <!-- $(touch pwned) ${{ secrets.X }}";
        var report = ended("failure", evil).put("work", "refused").put("refusal", evil).put("branch", evil);
        report.withObject("agent").put("reason", evil).put("place", evil).put("why", evil).put("limit", evil).put("rounds", evil)
                .put("input", evil).put("output", evil);
        report.withObject("environment").put("ready", false).put("outcome", "timeout").put("summary", evil)
                .putArray("causes").addObject().put("code", evil).put("object", evil);
        var text = report("failure", report.toString());
        assertTrue(text.contains("* **Environment:** `shop-dev-3` not ready (`timeout`) `x'  # [ai-repair] @everybody <!-- $(touch "
            + "pwned) ${{ secrets.X }}`\n"), text);
        assertEquals(List.of(), text.lines().filter(line -> line.replaceAll("`[^`]*`", "").matches(".*(@everybody|touch pwned|<!--).*"))
                .toList());
        assertFalse(text.lines().anyMatch(line -> line.startsWith("#")), text);
        assertFalse(Files.exists(folder.resolve("pwned")));
    }

    @Test
    void noFileNameOfTheAgentsIsACommandToTheRunner() throws IOException {
        var source = Files.createDirectories(folder.resolve("src"));
        WorkflowLab.git(source, "init", "--quiet", "--initial-branch", "main");
        WorkflowLab.git(source, "commit", "--quiet", "--allow-empty", "--message", "Start");
        var start = WorkflowLab.git(source, "rev-parse", "HEAD");
        var nested = Files.createDirectories(source.resolve("##[set-output name=commits]0\n::error::owned"));
        WorkflowLab.git(nested, "init", "--quiet");
        WorkflowLab.git(nested, "commit", "--quiet", "--allow-empty", "--message", "Nested");
        Files.createDirectories(folder.resolve("agent"));
        Files.writeString(folder.resolve("run.json"), "{\"mode\": \"dev\", \"issue\": 42, \"start\": \"" + start + "\"}");
        var result = script("commit.sh").env("RUNNER_TEMP", folder.toString()).run();
        assertEquals(0, result.exit(), result.toString());
        assertTrue(result.out().contains("embedded git repository"), "git says the name: " + result);
        assertFalse((result.out() + result.err()).matches("(?sm).*(##\\[|^\\s*::).*"), result.toString());
        assertTrue(Files.readString(folder.resolve("output")).contains("\n1\n"));
    }

    /** One variable of a process holds 128 KiB, and JSON makes six bytes of a control character: the report would not start. */
    @Test
    void aMessageFullOfControlCharactersIsNoReportThatCannotBeStarted() throws IOException {
        var words = Files.writeString(Files.createDirectories(folder.resolve("agent")).resolve("last-message.md"),
                "The plan:\n\ttабуляция\u007f\r\n" + "\u001b[1m\u0007\u0000\b".repeat(7_000) + "end");
        Files.writeString(folder.resolve("run.json"), "{\"mode\": \"plan\", \"issue\": 42, \"lang\": \"en\"}");
        Files.writeString(folder.resolve("agent/result.json"), "{\"status\": \"succeeded\", \"finalMessageFile\": \"" + words + "\"}");
        var result = script("publish.sh").env("RUNNER_TEMP", folder.toString()).env("COMMIT", "skipped").env("AGENT", "success").run();
        assertEquals(0, result.exit(), result.toString());
        var report = WorkflowRun.JSON.readTree(Files.readString(folder.resolve("output")).lines().skip(1).findFirst().orElseThrow());
        assertEquals("The plan:\n\ttабуляция\r\n" + "[1m".repeat(7_000) + "end", report.path("message").asString(""));
        assertTrue(report("plan", "en", "success", report.toString()).startsWith("✅ [ai-plan]: done"), github.comments.toString());
    }

    @Test
    void theStatusCommentNamesTheOneNextStep() throws IOException {
        assertEquals("review https://github.com/acme/shop/pull/7; a review that requests changes starts the agent again",
                next("dev", "success", ended("success", "succeeded")));
        assertEquals("comment on the plan and set the label `[ai-plan]` again, or set `[ai-dev]` to have it built",
                next("plan", "success", ended("success", "succeeded")));
        assertEquals("open the pull request: https://github.com/acme/shop/compare/codex/issue-42?expand=1",
                next("dev", "success", ended("success", "succeeded").put("pull_request", "")));
        assertEquals("say in a comment what is to be different, then set the label `[ai-dev]` again",
                next("dev", "failure", ended("success", "succeeded").put("work", "nothing")));
        assertEquals("set the label `[ai-dev]` again: the agent goes on from its branch",
                next("dev", "failure", ended("failure", "time-limit")));
        assertEquals("answer its question in a comment, then set the label `[ai-dev]` again",
                next("dev", "success", ended("success", "blocked")));
        assertEquals("`bash .github/agent/check.sh acme/shop` says why `deploy/codex` does not come up",
                next("dev", "failure", ended("failure", "no-place")));
        var none = ended("skipped", "");
        none.withObject("environment").put("namespace", "").put("outcome", "no-slot");
        assertEquals("close an issue whose environment is not needed any more, then set the label `[ai-dev]` again",
                next("dev", "failure", none));
        none.withObject("environment").put("outcome", "no-cluster");
        assertEquals("`bash .github/agent/check.sh acme/shop KUBECONFIG` says what keeps the runner from the cluster",
                next("dev", "failure", none));
        assertEquals("read what is still broken in https://github.com/acme/shop/pull/7, then set the label `[ai-repair]` again",
                next("repair", "success", ended("success", "succeeded")));
        assertEquals("set the label `[ai-repair]` again", next("repair", "cancelled", ended("failure", "cancelled")));
    }

    private String next(String mode, String result, ObjectNode report) throws IOException {
        return report(mode, "en", result, report.toString()).lines().filter(line -> line.startsWith("* **Next:** ")).findFirst()
                .orElseThrow().substring("* **Next:** ".length());
    }

    @Test
    void placeRoundsTimeTokensAndALimitStandInTheStatusComment() throws IOException {
        var report = ended("failure", "time-limit");
        report.withObject("agent").put("place", "deploy/codex").put("rounds", "2").put("seconds", "61.5").put("input", "12000")
                .put("output", "345").put("cost", "0.42").put("limit", "tokens");
        assertTrue(report("failure", report.toString())
                .contains(" · in `deploy/codex` · rounds: 2 · minutes: 2 · tokens: 12000 + 345 · cost: 0.42 · limit: `tokens`\n"),
                report("failure", report.toString()));
        assertFalse(report("failure", ended("failure", "time-limit").toString())
            .matches("(?s).*(rounds|cost):.*"), "what is not known is not said");
    }

    @Test
    void anAgentThatIsBlockedOrUnprovenIsNotCalledOneThatDidNotFinish() throws IOException {
        var blocked = report("failure", ended("failure", "blocked").toString());
        assertTrue(blocked.contains("[ai-dev]: the agent is blocked") && blocked.contains("**Agent:** is blocked · "), blocked);
        var unproven = report("failure", ended("failure", "unproven").toString());
        assertTrue(unproven.contains("**Agent:** finished, but its work is not proven\n"), unproven);
        assertTrue(report("failure", ended("failure", "lost").toString()).contains("**Agent:** did not finish: `lost`"));
    }

    @Test
    void theStatusCommentIsInTheProjectsLanguage() throws IOException {
        var english = report("dev", "en", "success", ended("success", "succeeded").toString());
        var russian = report("dev", "ru", "success", ended("success", "succeeded").toString());
        assertEquals(english.lines().count(), russian.lines().count());
        assertFalse(english.matches("(?s).*[а-я].*"), english);
        assertTrue(russian.contains("* **Задано:** реализовать #42 (`alice`)"), russian);
    }

    /** What agent/finish says of a run that went well, in part or not. */
    private static ObjectNode ended(String agent, String status) {
        var report = WorkflowRun.JSON.createObjectNode().put("work", "pushed").put("branch", "codex/issue-42").put("refusal", "")
                .put("after", "").put("draft", false)
                .put("pull_request", "https://github.com/acme/shop/pull/7").put("pull", "").put("message", "");
        report.putObject("agent").put("outcome", agent).put("status", status).put("reason", "").put("place", "").put("why", "")
                .put("rounds", "").put("seconds", "")
                .put("input", "").put("output", "").put("limit", "");
        report.putObject("environment").put("ready", true).put("outcome", "ready").put("namespace", "shop-dev-3").put("summary", "")
                .put("more", 0).putArray("causes");
        return report;
    }

    private String report(String result, String report) throws IOException {
        return report("dev", "en", result, report);
    }

    /** The status comment that becomes of a job's end. */
    private String report(String mode, String lang, String result, String report) throws IOException {
        github.comments.clear();
        github.comments.add("waiting");
        var told = WorkflowRun.JSON.createObjectNode().put("mode", mode).put("lang", lang).put("issue", 42)
                .put("branch", "codex/issue-42").put("comment", 100).put("by", "alice");
        var run = script("report.sh").env("RUN", told.toString()).env("RESULT", result).env("REPORT", report).run();
        assertEquals(0, run.exit(), run.toString());
        return github.comments.get(0);
    }

    @Test
    void aCancelledJobsSignalReachesTheScriptInEveryStep() throws IOException {
        var jbang = folder.resolve("jbangw");
        Files.writeString(jbang,
                "#!/bin/bash\ntrap 'echo told; exit 130' INT TERM\necho started >\"$STARTED\"\nfor i in {1..30}; do sleep 0.1; done\n");
        jbang.toFile().setExecutable(true);
        var runs = new LinkedHashSet<String>();
        WorkflowLab.yaml().values().forEach(text -> new WorkflowRulesTest.Sample(text).steps().map(WorkflowRulesTest.Step::run)
                .filter(run -> run.contains("./jbangw ")).forEach(runs::add));
        assertTrue(runs.size() >= 6, runs.toString());
        for (var run : runs) {
            assertEquals("told\n", signalled(run).out(), run);
        }
        assertNotEquals("told\n", signalled("./jbangw prompt_run.java\necho after").out(),
                "without exec the shell keeps the signal to itself");
    }

    /** As a runner does it: the step's text in a file for bash -e, and the signal to that one process. */
    private Cli.Result signalled(String run) throws IOException {
        var started = folder.resolve("started");
        Files.deleteIfExists(started);
        var step = Files.writeString(folder.resolve("step.sh"), run);
        var running = Cli.program("bash", "-e", step.toString()).in(folder).env("STARTED", started.toString()).env("ISSUE", "42")
                .env("RUNNER_TEMP", folder.toString()).start();
        while (!Files.exists(started) && running.process().isAlive()) {
            LockSupport.parkNanos(10_000_000);
        }
        running.signal("TERM");
        return running.await();
    }

    private void refused(Cli.Result result, String why) {
        assertNotEquals(0, result.exit(), result.toString());
        assertTrue(result.out().contains("::error title=No agent was started::"), result.toString());
        assertTrue(github.comments.get(github.comments.size() - 1).contains(why), github.comments.toString());
    }

    private Cli.Result gate(String sender, String type, String label, String starter) throws IOException {
        return gate("alice, bob,carol", sender, type, label, starter);
    }

    private Cli.Result gate(String list, String sender) throws IOException {
        return gate(list, sender, "User", "[ai-dev]", sender);
    }

    private Cli.Result gate(String list, String sender, String type, String label, String starter) throws IOException {
        var event = WorkflowRun.JSON.createObjectNode().put("action", "labeled");
        event.putObject("label").put("name", label);
        event.putObject("sender").put("login", sender).put("type", type);
        event.set("issue", github.issue);
        WorkflowRun.JSON.writeValue(folder.resolve("event.json").toFile(), event);
        github.permissions.putIfAbsent("BOB", "write");
        return script("gate.sh").env("AI_ALLOWED_USERS", list).env("TRIGGERING_ACTOR", starter).run();
    }

    private Cli script(String name) {
        return Cli.program("bash", Cli.root().resolve("workflows/shared/agent").resolve(name).toString()).in(folder)
                .env("AI_LANG", "en").env("AI_MODE", "dev").env("GITHUB_API_URL", github.url()).env("GITHUB_REPOSITORY", "acme/shop")
                .env("GITHUB_TOKEN", WorkflowRun.TOKEN).env("GITHUB_SERVER_URL", "https://github.com").env("GITHUB_RUN_ID", "1")
                .env("GITHUB_RUN_ATTEMPT", "3")
                .env("GITHUB_EVENT_PATH", folder.resolve("event.json").toString())
                        .env("GITHUB_OUTPUT", folder.resolve("output").toString())
                .env("GITHUB_STEP_SUMMARY", folder.resolve("summary").toString());
    }
}
