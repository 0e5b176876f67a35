import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shared scripts one by one: what the gate refuses, what check.sh finds, and text that somebody else wrote. */
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
        assertTrue(Files.readString(folder.resolve("output")).matches("(?s)comment<<(\\w{32})\n100\n\\1\n"));
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
    void checkSaysOkForASetUpRepositoryAndNamesWhatIsMissing() throws IOException {
        var repository = WorkflowLab.adopt("alimentor", folder.resolve("adopted"));
        var bare = check(repository);
        assertEquals(1, bare.exit(), bare.toString());
        for (var missing : new String[] {"ensure_ready.java: copy it", "secret AI_KUBECONFIG: add it", "secret OPENAI_API_KEY: add it",
            "variable AI_ALLOWED_USERS: the logins", "label [ai-repair]: create it", "workflows may open pull requests: allow it"}) {
            assertTrue(bare.out().contains("missing  " + missing), missing + " in\n" + bare.out());
        }
        setUp(repository);
        var good = check(repository);
        assertEquals(0, good.exit(), good.toString());
        assertTrue(good.out().lines().allMatch(line -> line.startsWith("ok ")), good.out());
    }

    @Test
    void aRunThatWasCancelledInTheQueueAsksForTheLabelAgain() throws IOException {
        assertEquals("🚫 [ai-dev]: cancelled before an agent ran; set the label again · [run](https://github.com/acme/shop/actions/runs/1)\n",
                report("cancelled", "") + "\n");
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
        var report = WorkflowRun.JSON.createObjectNode().put("agent", "failure").put("status", evil).put("reason", evil).put("work", "nothing").put("message", "");
        report.putObject("environment").put("ready", false).put("outcome", "timeout").put("namespace", "shop-dev-3").put("summary", evil)
                .putArray("causes").addObject().put("code", evil).put("object", evil);
        var text = report("failure", report.toString());
        assertEquals(6, text.lines().count(), text);
        assertTrue(text.contains("* environment `shop-dev-3`: not ready (`timeout`) `x'  # [ai-repair] @everybody <!-- $(touch pwned) ${{ secrets.X }}`\n"), text);
        assertFalse(Files.exists(folder.resolve("pwned")));
    }

    /** The status comment that becomes of a job's end. */
    private String report(String result, String report) throws IOException {
        github.comments.clear();
        github.comments.add("waiting");
        WorkflowRun.JSON.writeValue(folder.resolve("event.json").toFile(), WorkflowRun.JSON.createObjectNode().set("issue", github.issue));
        var run = script("report.sh").env("COMMENT", "100").env("RESULT", result).env("REPORT", report).run();
        assertEquals(0, run.exit(), run.toString());
        return github.comments.get(0);
    }

    @Test
    void aCancelledJobsSignalReachesTheScriptInEveryStep() throws IOException {
        var jbang = Files.createDirectories(folder.resolve("bin")).resolve("jbang");
        Files.writeString(jbang, "#!/bin/bash\ntrap 'echo told; exit 130' INT TERM\necho started >\"$STARTED\"\nfor i in {1..30}; do sleep 0.1; done\n");
        jbang.toFile().setExecutable(true);
        var runs = new LinkedHashSet<String>();
        WorkflowLab.yaml().values().forEach(text -> new WorkflowRulesTest.Sample(text).steps().map(WorkflowRulesTest.Step::run)
                .filter(run -> run.contains("jbang ")).forEach(runs::add));
        assertTrue(runs.size() >= 6, runs.toString());
        for (var run : runs) {
            assertEquals("told\n", signalled(run).out(), run);
        }
        assertNotEquals("told\n", signalled("jbang prompt_run.java\necho after").out(), "without exec the shell keeps the signal to itself");
    }

    /** As a runner does it: the step's text in a file for bash -e, and the signal to that one process. */
    private Cli.Result signalled(String run) throws IOException {
        var started = folder.resolve("started");
        Files.deleteIfExists(started);
        var step = Files.writeString(folder.resolve("step.sh"), run);
        var running = Cli.program("bash", "-e", step.toString()).env("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"))
                .env("STARTED", started.toString()).env("ISSUE", "42").env("NAMESPACE", "shop-dev-3").env("RUNNER_TEMP", folder.toString()).start();
        while (!Files.exists(started) && running.process().isAlive()) {
            LockSupport.parkNanos(10_000_000);
        }
        running.signal("TERM");
        return running.await();
    }

    private void setUp(Path repository) throws IOException {
        for (var file : new String[] {"ensure_ready.java", "prompt_run.java", "templates"}) {
            Files.createFile(repository.resolve(file));
        }
        var json = WorkflowRun.JSON;
        github.settings.put("environments/ai/secrets?per_page=100", json.readTree("{\"secrets\": [{\"name\": \"AI_KUBECONFIG\"}]}"));
        github.settings.put("actions/secrets?per_page=100", json.readTree("{\"secrets\": [{\"name\": \"OPENAI_API_KEY\"}]}"));
        github.settings.put("actions/variables?per_page=100", json.readTree("{\"variables\": [{\"name\": \"AI_ALLOWED_USERS\", \"value\": \"alice\"}]}"));
        github.settings.put("actions/organization-secrets?per_page=100", json.readTree("{\"secrets\": []}"));
        github.settings.put("actions/organization-variables?per_page=100", json.readTree("{\"variables\": []}"));
        github.settings.put("actions/permissions/workflow", json.readTree("{\"can_approve_pull_request_reviews\": true}"));
        for (var mode : new String[] {"dev", "plan", "repair"}) {
            github.settings.put("labels/%5Bai-" + mode + "%5D", json.readTree("{\"name\": \"[ai-" + mode + "]\"}"));
        }
    }

    private Cli.Result check(Path repository) {
        return Cli.program("bash", repository.resolve(".github/agent/check.sh").toString(), "acme/shop").in(folder)
                .env("GITHUB_API_URL", github.url()).env("GITHUB_TOKEN", WorkflowRun.TOKEN).run();
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
                .env("GITHUB_EVENT_PATH", folder.resolve("event.json").toString()).env("GITHUB_OUTPUT", folder.resolve("output").toString())
                .env("GITHUB_STEP_SUMMARY", folder.resolve("summary").toString());
    }
}
