import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import tools.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The agent's work is checked by the caller's command, and what is still wrong goes back to it. */
@Tag("slow")
class AgentRecheckTest {
    private static final String READY = "{\"infraReady\": true, \"outcome\": \"ready\", \"causes\": []}";
    private static final String RED = report(cause("IMAGE_NOT_FOUND", "web"), cause("SECRET_MISSING", "db"));
    private static final String LESS_RED = report(cause("SECRET_MISSING", "db"), cause("CRASH_APP_ERROR", "web"));

    /** Seconds that no other process sleeps. */
    private static final String UNIQUE = String.valueOf(ProcessHandle.current().pid());

    @TempDir Path folder;
    private final AgentLab lab = new AgentLab();

    @AfterEach
    void theLabIsEmptied() {
        lab.close();
    }

    private static String cause(String code, String name) {
        return "{\"code\": \"" + code + "\", \"severity\": \"blocking\", \"object\": {\"kind\": \"Pod\", \"name\": \"" + name + "-x1\"}, "
            + "\"owner\": {\"kind\": \"Deployment\", \"name\": \"" + name + "\"}, \"fix\": {\"scope\": \"repo\", \"text\": \"Mend it\"}}";
    }

    private static String report(String... causes) {
        return "{\"infraReady\": false, \"outcome\": \"timeout\", \"workloads\": [], \"causes\": [" + String.join(", ", causes) + "]}";
    }

    /** A check that prints these reports, one after the other and then the last one for ever, and exits like ensure_ready. */
    private String check(String... reports) {
        try {
            for (int i = 0; i < reports.length; i++) {
                Files.writeString(folder.resolve("report" + (i + 1)), reports[i]);
            }
            return "cd " + folder
                + "; echo x >>checks; n=$(wc -l <checks); while [ ! -e report$((n)) ]; do n=$((n-1)); done; cat report$((n)); "
                + "grep -q 'infraReady\": true' report$((n)) || exit 10";
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private int checks() throws IOException {
        return Files.exists(folder.resolve("checks")) ? Files.readAllLines(folder.resolve("checks")).size() : 0;
    }

    private JsonNode run(String check, String... more) {
        List<String> args = new ArrayList<>(List.of("--recheck", check));
        args.addAll(List.of(more));
        if (!args.contains("--agent-command")) {
            args.addAll(List.of("--agent-command", agent("done")));
        }
        return lab.run(args.toArray(String[]::new));
    }

    private static String agent(String status) {
        return "cat >>prompts; echo; printf '```json\\n{\"status\": \"" + status + "\"}\\n```\\n'";
    }

    private String prompts() {
        try {
            return Files.readString(lab.home.resolve("workspace/prompts"));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void anEnvironmentThatIsReadyAfterwardsIsASuccessWithItsProof() throws IOException {
        Path output = folder.resolve("output");
        lab.caller("GITHUB_OUTPUT", output.toString());
        JsonNode result = run(check(READY));
        assertEquals("succeeded", result.path("status").asString(""), result + "\n" + lab.err);
        assertTrue(result.path("infraReadyAfter").asBoolean(false));
        assertEquals(1, checks());
        assertEquals("[{\"status\":\"succeeded\",\"infraReady\":true,\"outcome\":\"ready\","
            + "\"gone\":[],\"new\":[],\"left\":[],\"problem\":null}]",
            result.path("rounds").toString());
        assertTrue(Files.readString(output).matches("(?s).*infra_ready_after<<(\\S+)\\ntrue\\n\\1\\nrounds<<(\\S+)\\n1\\n\\2\\n.*"),
            Files.readString(output));
    }

    @Test
    void withoutARecheckNobodySaysWhatTheEnvironmentIs() {
        JsonNode result = lab.run("--agent-command", agent("done"));
        assertTrue(result.has("infraReadyAfter") && result.path("infraReadyAfter").isNull(), result.toString());
        assertEquals(1, result.path("rounds").size());
        assertTrue(result.path("rounds").path(0).path("infraReady").isNull());
    }

    @Test
    void whatIsGoneNewAndLeftGoesBackToTheAgentOnce() throws IOException {
        Path before = Files.writeString(folder.resolve("ready.json"), RED);
        JsonNode result = run(check(LESS_RED, READY), "--infra-report", before.toString(), "--artifacts", folder.resolve("art").toString());
        assertEquals("succeeded", result.path("status").asString(""), result + "\n" + lab.err);
        assertEquals(2, result.path("rounds").size());
        var first = result.path("rounds").path(0);
        assertEquals("[\"IMAGE_NOT_FOUND deploy/web\"]", first.path("gone").toString());
        assertEquals("[\"CRASH_APP_ERROR deploy/web\"]", first.path("new").toString());
        assertEquals("[\"SECRET_MISSING deploy/db\"]", first.path("left").toString());
        assertTrue(result.path("infraReadyAfter").asBoolean(false));
        String said = prompts();
        assertTrue(said.contains("- Gone: `IMAGE_NOT_FOUND deploy/web`\n- New since then: `CRASH_APP_ERROR deploy/web`\n"
            + "- Still there: `SECRET_MISSING deploy/db`\n"), said);
        assertTrue(said.contains("**Cause 2: `CRASH_APP_ERROR`**"), said);
        assertTrue(said.indexOf("the prompt's text") != said.lastIndexOf("the prompt's text"), "without a thread all of it is said anew");
        assertTrue(Files.readString(folder.resolve("art/prompt.md")).contains("# Checked again after an agent's work"));
    }

    @Test
    void theAgentIsSentBackInItsLanguage() {
        run(check(RED, READY), "--lang", "ru");
        assertTrue(prompts().contains("# Повторная проверка после работы агента: окружение не готово")
            && prompts().contains("- Появилось: `IMAGE_NOT_FOUND deploy/web`, `SECRET_MISSING deploy/db`\n"), prompts());
    }

    @Test
    void theSecondTurnSeesTheNewReportAndTheFlag() throws IOException {
        JsonNode result = run(check(RED, READY), "--agent-command",
            "echo $INFRA_UNHEALTHY; [ -z \"$CODEXCTL_INFRA_REPORT\" ] || grep -c SECRET_MISSING \"$CODEXCTL_INFRA_REPORT\"");
        assertEquals("1\n1", result.path("finalMessage").asString(""), result + "\n" + lab.err);
    }

    @Test
    void anAgentThatClaimsSuccessInARedEnvironmentIsUnproven() throws IOException {
        JsonNode result = run(check(RED));
        assertEquals("unproven", result.path("status").asString(""), result + "\n" + lab.err);
        assertEquals(20, result.path("exitCode").asInt(0));
        assertEquals("done", result.path("agentStatus").asString(""));
        assertEquals("the environment is not ready after the agent's work: IMAGE_NOT_FOUND deploy/web, SECRET_MISSING deploy/db",
            result.path("reason").asString(""));
        assertEquals(2, checks());
        assertEquals(2, result.path("rounds").size());
        assertFalse(result.path("infraReadyAfter").asBoolean(true));
    }

    @ParameterizedTest
    @CsvSource({"0,1", "2,3"})
    void theRoundsAreCounted(String rounds, int turns) throws IOException {
        JsonNode result = run(check(RED), "--recheck-rounds", rounds);
        assertEquals(turns, result.path("rounds").size(), result + "\n" + lab.err);
        assertEquals(turns, checks());
        assertEquals("unproven", result.path("status").asString(""));
    }

    @Test
    void partialWorkInARedEnvironmentIsUnprovenToo() {
        assertEquals("unproven", run(check(RED), "--recheck-rounds", "0", "--agent-command", agent("partial")).path("status").asString(""));
        assertEquals("partial", run(check(READY), "--agent-command", agent("partial")).path("status").asString(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"echo '" + READY + "'; exit 3", "echo '" + READY + "'; exit 10", "no-such-command", "true", "echo no",
        "echo '" + READY + READY + "'", "echo '[" + READY + "]'", "echo '{\"infraReady\": \"true\"}'",
            "echo '{\"infraReady\": true, \"infraReady\": true}'",
        "echo '" + READY + "'; kill -9 $$", "echo '{\"infraReady\": true, \"namespace\": \"shop-dev-4\"}'"})
    void aCheckThatCannotBeRunOrReadIsNoSuccess(String check) {
        JsonNode result = run(check, "--recheck-rounds", "0", "--namespace", "shop-dev-3");
        assertEquals("unproven", result.path("status").asString(""), result.toString());
        assertFalse(result.path("infraReadyAfter").asBoolean(true), result.toString());
    }

    @Test
    void aCheckOfThisEnvironmentIsAProof() {
        var check = "echo '{\"infraReady\": true, \"namespace\": \"shop-dev-3\"}'";
        assertEquals("succeeded", run(check, "--namespace", "shop-dev-3").path("status").asString(""));
        assertEquals("succeeded", run(check).path("status").asString(""), "nobody said which it is");
    }

    @Test
    void aBrokenCheckDoesNotSendTheAgentBack() {
        JsonNode result = run("echo nothing >&2; exit 4", "--recheck-rounds", "3");
        assertEquals(1, result.path("rounds").size());
        assertEquals("the environment could not be checked after the agent's work: exit code 4: nothing", result.path("reason")
            .asString(""));
        assertEquals("exit code 4: nothing", result.path("rounds").path(0).path("problem").asString(""));
    }

    @Test
    void aCheckThatPrintsWithoutEndIsEndedBeforeItFillsTheMemory() {
        assertEquals("the environment could not be checked after the agent's work: its output is longer than 64 MiB",
            run("yes", "--recheck-rounds", "0").path("reason").asString(""));
    }

    @Test
    void aCheckThatHangsIsEndedWithItsChildren() {
        JsonNode result = run("sleep " + UNIQUE + "1 & sleep " + UNIQUE + "2");
        assertTrue(result.path("reason").asString("").endsWith("no answer within 6 s"), result.toString());
        assertEquals(List.of(), sleeping(UNIQUE + 1, UNIQUE + 2));
    }

    @Test
    void aChildThatKeepsTheChecksOutputOpenHoldsNothing() {
        try {
            assertEquals("succeeded", run("sleep " + UNIQUE + "3 & echo '" + READY + "'").path("status").asString(""), lab.err.toString());
        } finally {
            ProcessHandle.allProcesses().filter(p -> sleeps(p, UNIQUE + 3)).forEach(ProcessHandle::destroyForcibly);
        }
    }

    @Test
    void aSignalEndsTheCheckWithItsChildren() throws Exception {
        Path begun = folder.resolve("begun");
        Thread caller = Thread.currentThread();
        Thread signal = new Thread(() -> {
            while (!Files.exists(begun) || sleeping(UNIQUE + 5).isEmpty()) {
                Thread.yield();
            }
            caller.interrupt(); // what Cancel does for a signal
        });
        signal.start();
        JsonNode result = run("sleep " + UNIQUE + "4 & touch " + begun + "; sleep " + UNIQUE + "5");
        signal.join();
        assertEquals("cancelled", result.path("status").asString(""), result.toString());
        assertEquals(130, result.path("exitCode").asInt(0));
        assertEquals(List.of(), sleeping(UNIQUE + 4, UNIQUE + 5));
    }

    private static List<String> sleeping(String... seconds) {
        return ProcessHandle.allProcesses().filter(p -> List.of(seconds).stream().anyMatch(s -> sleeps(p, s)))
            .map(p -> p.info().toString()).toList();
    }

    private static boolean sleeps(ProcessHandle process, String seconds) {
        var words = process.info().arguments().orElse(new String[0]);
        return words.length == 1 && words[0].equals(seconds);
    }

    @ParameterizedTest
    @ValueSource(strings = {"exit 7", "echo '```json'; echo '{\"status\": \"blocked\"}'; echo '```'"})
    void anAgentThatDidNotEndWellIsNotChecked(String command) throws IOException {
        JsonNode result = run(check(READY), "--agent-command", command);
        assertEquals(20, result.path("exitCode").asInt(0), result.toString());
        assertEquals(0, checks());
        assertFalse(result.path("infraReadyAfter").asBoolean(true), "nobody has proven it");
    }

    @Test
    void aFailureInALaterTurnIsTheRunsResult() {
        JsonNode result = run(check(RED, READY), "--agent-command", "[ -e here ] && exit 7; touch here; echo first");
        assertEquals("agent-failed", result.path("status").asString(""), result.toString());
        assertEquals("first", result.path("finalMessage").asString(""));
        assertEquals("succeeded agent-failed", result.path("rounds").path(0).path("status").asString("") + " "
            + result.path("rounds").path(1).path("status").asString(""));
        assertFalse(result.path("infraReadyAfter").asBoolean(true));
    }

    @Test
    void withoutTimeThereIsNoOtherRound() throws IOException {
        JsonNode result = run(check(RED), "--agent-timeout", "50s");
        assertTrue(result.path("reason").asString("").endsWith("; no time is left for another round"), result.toString());
        assertEquals(1, checks());
    }

    @Test
    void aPlanIsNotChecked() throws IOException {
        lab.kind = "plan_issue";
        JsonNode result = run(check(RED));
        assertEquals("succeeded", result.path("status").asString(""), result.toString());
        assertTrue(result.path("notes").toString().contains("--recheck is not used: a plan changes nothing"), result.toString());
        assertEquals(0, checks());
        assertTrue(result.path("infraReadyAfter").isNull());
    }

    @Test
    void aNumberOfRoundsIsSmall() {
        for (String wrong : List.of("-1", "10", "many")) {
            var done = PromptLab.run(Map.of(), "--kind", "dev_issue", "--recheck", "true", "--recheck-rounds=" + wrong, "--dry-run");
            assertEquals(2, done.exit(), done.toString());
            assertEquals("prompt_run: --recheck-rounds " + wrong + ": accepted: 0 to 9\n", done.err());
        }
    }

    @Test
    void whatTheCheckSaysIsMasked() {
        lab.caller("LICENCE", "abc-123-def");
        JsonNode result = run("echo abc-123-def >&2; exit 4", "--redact-env", "LICENCE");
        assertFalse((result + "" + lab.err).contains("abc-123"), result.toString());
        assertTrue(lab.err.toString().contains("recheck | [REDACTED:LICENCE]"), lab.err.toString());
    }

    @Test
    void theCheckSeesWhatTheAgentBroughtBackAndASecondTurnAddsToIt() throws IOException {
        Path tree = Files.createDirectories(folder.resolve("tree"));
        sh(tree, "git init -q -b main; git config user.name me; git config user.email me@example.org; echo a >a.txt; git add -A; git "
            + "commit -qm first");
        Files.writeString(folder.resolve("red"), RED);
        Files.writeString(folder.resolve("green"), READY);
        String check = "cd " + tree + " && if grep -q two a.txt; then cat ../green; else cat ../red; fi";
        JsonNode result = run(check, "--source", tree.toString(), "--bring-back", "--agent-command",
            "if [ -e loose ]; then echo two >>a.txt; echo more >>loose; else git switch -qc codex/issue-7; echo one >>a.txt; echo l "
                + ">loose; fi; "
                + "git commit -qam turn; echo ok");
        assertEquals("succeeded", result.path("status").asString(""), result + "\n" + lab.err);
        assertEquals("a\none\ntwo\n", Files.readString(tree.resolve("a.txt")));
        assertEquals("l\nmore\n", Files.readString(tree.resolve("loose")));
        assertEquals(2, result.path("broughtBack").path("commits").asInt(0), result.toString());
        assertEquals("codex/issue-7", result.path("broughtBack").path("branch").asString(""));
        assertEquals("[\"loose\"]", result.path("broughtBack").path("uncommitted").toString());
    }

    private static void sh(Path where, String script) {
        var done = Cli.program("sh", "-ec", "cd " + where + "; " + script).run();
        assertEquals(0, done.exit(), done.toString());
    }
}
