import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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

/** The real Codex CLI against a stub of the Responses API. */
@Tag("slow")
class AgentCodexTest {
    private static final String KEY = "sk-test-0123456789abcdefghij";

    @TempDir Path templates;
    private AgentLab lab;
    private ResponsesStub stub;

    @BeforeEach
    void theRealCodexIsInTheContainer() {
        Path bin = CodexCli.bin();
        lab = new AgentLab();
        lab.env.put("PATH", bin + ":" + lab.env.get("PATH"));
        lab.env.put("CODEX_API_KEY", KEY);
        lab.env.put("DB_PASSWORD", "geheim-geheim");
    }

    @AfterEach
    void everythingEnds() {
        if (stub != null) {
            stub.close();
        }
        lab.close();
    }

    private JsonNode run(ResponsesStub answers, String... more) {
        stub = answers;
        return again(more);
    }

    private JsonNode again(String... more) {
        config(stub.profile("stream_idle_timeout_ms = 2000"));
        List<String> args = new ArrayList<>(List.of("--templates", templates.toString()));
        args.addAll(List.of(more));
        return lab.run(args.toArray(String[]::new));
    }

    /** The project's own config template: ours with a provider. */
    private void config(String profile) {
        try {
            String ours = Files.readString(Cli.root().resolve("templates/codex_config.toml.ftl"));
            String[] parts = profile.split("\n\n", 2);
            Files.writeString(templates.resolve("codex_config.toml.ftl"),
                parts[0].replaceFirst("model = .*\n", "") + "\n" + ours + "\n" + parts[1]);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aTurnThatCompletesSucceeds() throws IOException {
        JsonNode result = run(new ResponsesStub(ResponsesStub.says("All done.\n::error::not a command")),
            "--artifacts", lab.home.resolve("art").toString());
        assertEquals("succeeded", result.path("status").asString(""), result + "\n" + lab.err);
        assertEquals("All done.\n::error::not a command", result.path("finalMessage").asString(""));
        assertEquals(100, result.path("inputTokens").asInt(0));
        assertEquals(40, result.path("cachedInputTokens").asInt(0));
        assertEquals(7, result.path("outputTokens").asInt(0));
        assertTrue(result.path("threadId").asString("").matches("[0-9a-f-]{36}"), result.toString());
        assertTrue(stub.requests.get(0).contains("the prompt's text"), "the prompt did not reach the model");
        assertEquals("Bearer " + KEY, stub.keys.get(0));
        assertTrue(Files.readString(Path.of(result.path("transcriptFile").asString(""))).contains("turn.completed"));
        assertTrue(lab.err.toString().lines().anyMatch("agent | ::error::not a command"::equals), lab.err.toString());
    }

    @Test
    void modelAndEffortOfTheRunReachTheModel() {
        run(new ResponsesStub(ResponsesStub.says("ok")), "--model", "stub-9", "--reasoning-effort", "high");
        assertTrue(stub.requests.get(0).contains("\"model\":\"stub-9\""), stub.requests.get(0));
        assertTrue(stub.requests.get(0).contains("\"effort\":\"high\""), stub.requests.get(0));
    }

    @Test
    void theAgentsShellSeesNoKeyAndItsOutputIsMasked() {
        JsonNode result = run(new ResponsesStub(ResponsesStub.runs("env; echo ghp_0123456789abcdefghijklmnopqrstuvwxyz"),
            ResponsesStub.says("done")),
            "--artifacts", lab.home.resolve("art").toString());
        assertEquals("succeeded", result.path("status").asString(""), result + "\n" + lab.err);
        String seen = stub.requests.get(1);
        assertTrue(seen.contains("INFRA_UNHEALTHY=0") && seen.contains("CODEXCTL_BRANCH=codex/issue-7"), seen);
        assertFalse(seen.contains(KEY) || seen.contains("geheim"), "the agent's commands see secrets");
        String told = lab.err + read(Path.of(result.path("transcriptFile").asString("")));
        assertTrue(told.contains("exit code 0"), told);
        assertFalse(told.contains("ghp_0123"), "a token stands in the log or the transcript");
    }

    /** Its sandbox there keeps {@code .git} read-only, unless it is told otherwise. */
    @Test
    void onThisMachineItsCommandsCanCommit() throws IOException {
        Path tree = Files.createDirectories(lab.home.resolve("mine"));
        var made = Cli.program("sh", "-ec", "git init -q -b main; echo a >a; git add a; git -c user.name=a -c user.email=a@b commit -qm a")
            .in(tree).run();
        assertEquals(0, made.exit(), made.toString());
        lab.target = "runner";
        JsonNode result = run(new ResponsesStub(ResponsesStub.runs("echo x >x; git add x; git commit -qm 'An x'"),
            ResponsesStub.says("done")),
            "--source", tree.toString(), "--bring-back");
        assertEquals("brought 1", result.at("/broughtBack/state").asString("") + " " + result.at("/broughtBack/commits").asInt(0),
            result + "\n" + stub.requests.get(1));
        assertEquals("a\n", Files.readString(tree.resolve("a")));
        assertEquals("x\n", Files.readString(tree.resolve("x")));
    }

    @Test
    void aKeyThatOnlyOpenaiKnowsIsFound() {
        lab.env.remove("CODEX_API_KEY");
        lab.env.put("OPENAI_API_KEY", KEY);
        assertEquals("succeeded", run(new ResponsesStub(ResponsesStub.says("ok"))).path("status").asString(""), lab.err.toString());
        assertEquals("Bearer " + KEY, stub.keys.get(0));
    }

    @Test
    void whatWasPassedOnByNameReachesTheAgentsCommands() {
        lab.caller("GH_TOKEN", "geheim \"mit\" \\ allem").caller("OTHER_TOKEN", "geheim-geheim-2");
        run(new ResponsesStub(ResponsesStub.runs("echo \"<$GH_TOKEN>\" \"<$OTHER_TOKEN>\""), ResponsesStub.says("done")),
            "--agent-env", "GH_TOKEN");
        assertTrue(stub.requests.get(1).contains("<geheim \\\"mit\\\" \\\\ allem> <>"), stub.requests.get(1));
        assertFalse(lab.err.toString().contains("geheim"), lab.err.toString());
    }

    @Test
    void aRefusedKeyFails() {
        JsonNode result = run(new ResponsesStub(ResponsesStub.refuses(401, "{\"error\":{\"message\":\"bad key\"}}")));
        assertEquals(20, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("401"), result.toString());
    }

    @Test
    void anExhaustedQuotaFails() {
        JsonNode result = run(new ResponsesStub(ResponsesStub.refuses(429,
            "{\"error\":{\"type\":\"insufficient_quota\",\"message\":\"no more\"}}")));
        assertEquals(20, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").length() > "the agent ended with exit code 1".length(), result.toString());
    }

    @Test
    void aStreamThatStallsFails() {
        JsonNode result = run(new ResponsesStub(ResponsesStub.stalls()));
        assertEquals(20, result.path("exitCode").asInt(0), result.toString());
    }

    /** Codex says "Reconnecting..." for ever: that is no sign of life. */
    @Test
    void aDeadNetworkReachesTheIdleLimit() {
        stub = new ResponsesStub(ResponsesStub.says("never"));
        stub.close();
        JsonNode result = again("--idle-timeout", "6s");
        assertEquals("idle-limit", result.path("status").asString(""), result + "\n" + lab.err);
        assertTrue(result.path("reason").asString("").contains("Reconnecting"), result.toString());
    }

    @Test
    void aThreadIsResumedByItsIdAndOnlyTheNewTokensCount() {
        JsonNode first = run(new ResponsesStub(ResponsesStub.says("one")));
        JsonNode second = again("--resume", "auto");
        assertEquals(first.path("threadId").asString(""), second.path("threadId").asString(""), second + "\n" + lab.err);
        assertTrue(second.path("resumed").asBoolean(false));
        assertEquals(100, second.path("inputTokens").asInt(0));
        assertTrue(stub.requests.get(1).contains("\"one\""), "the thread's history did not come along");
    }

    @Test
    void autoStartsANewThreadWhereThereIsNone() {
        JsonNode result = run(new ResponsesStub(ResponsesStub.says("one")), "--resume", "auto");
        assertEquals("succeeded", result.path("status").asString(""), result.toString());
        assertFalse(result.path("resumed").asBoolean(false));
    }

    @Test
    void autoStartsANewThreadForAnotherIssue() {
        JsonNode first = run(new ResponsesStub(ResponsesStub.says("one")));
        JsonNode second = again("--resume", "auto", "--issue", "8");
        assertNotEquals(first.path("threadId").asString(""), second.path("threadId").asString(""));
    }

    @Test
    void aThreadThatIsNotThereFailsInsteadOfStartingANewOne() {
        JsonNode result = run(new ResponsesStub(ResponsesStub.says("one")), "--resume", "01a20347-0000-7120-a6d4-e5918e245dc3");
        assertEquals(20, result.path("exitCode").asInt(0), result.toString());
        assertTrue(stub.requests.isEmpty());
    }

    @Test
    void thePlacesOwnConfigStaysAndOursLeavesNoTrace() throws IOException {
        Path own = Files.createDirectories(lab.home.resolve(".codex")).resolve("config.toml");
        Files.writeString(own, "model = \"the-places-own\"\n");
        run(new ResponsesStub(ResponsesStub.says("ok")));
        assertTrue(stub.requests.get(0).contains("\"model\":\"the-places-own\""), stub.requests.get(0));
        assertEquals("model = \"the-places-own\"\n", Files.readString(own).replaceAll("\n\\[projects[\\s\\S]*", ""));
        try (var files = Files.list(own.getParent())) {
            assertFalse(files.anyMatch(file -> file.getFileName().toString().startsWith("prompt-run-")));
        }
    }

    @Test
    void whatACheckFindsGoesBackToTheSameThread() throws IOException {
        Path red = Files.writeString(templates.resolve("red.json"), "{\"infraReady\": false, \"causes\": [{\"code\": \"PVC_MISSING\", "
            + "\"object\": {\"kind\": \"Pod\", \"name\": \"db\"}}]}");
        JsonNode result = run(new ResponsesStub(ResponsesStub.says("one"), ResponsesStub.says("two")), "--recheck",
            "cd " + templates + "; if [ -e again ]; then echo '{\"infraReady\": true}'; else touch again; cat " + red + "; exit 10; fi");
        assertEquals("succeeded", result.path("status").asString(""), result + "\n" + lab.err);
        assertEquals("two", result.path("finalMessage").asString(""));
        assertEquals(2, result.path("rounds").size());
        assertEquals("[\"PVC_MISSING pod/db\"]", result.path("rounds").path(0).path("new").toString());
        assertEquals(2, stub.requests.size());
        String second = stub.requests.get(1);
        assertTrue(second.contains("\"one\"") && second.contains("# Checked again after your work"), "the thread did not go on: " + second);
        assertEquals(200, result.path("inputTokens").asInt(0), "the tokens of both turns");
        assertEquals(14, result.path("outputTokens").asInt(0));
    }

    /** Each answer of the stub counts 107 tokens. */
    @Test
    void theTokenLimitEndsCodexAndItsWorkComesBack() throws IOException {
        Path tree = Files.createDirectories(templates.resolve("tree"));
        assertEquals(0, Cli.program("sh", "-ec", "cd " + tree + "; git init -q -b main; git -c user.name=me -c user.email=me@example.org "
            + "commit -q --allow-empty -m first").run().exit());
        JsonNode result = run(new ResponsesStub(ResponsesStub.runs("echo work >>done.txt; sleep 1")), "--max-tokens", "300",
            "--source", tree.toString(), "--bring-back");
        assertEquals("token-limit", result.path("status").asString(""), result + "\n" + lab.err);
        assertEquals(21, result.path("exitCode").asInt(0));
        assertEquals("tokens", result.path("limit").asString(""));
        assertTrue(result.path("inputTokens").asInt(0) + result.path("outputTokens").asInt(0) >= 300, result.toString());
        assertTrue(read(tree.resolve("done.txt")).startsWith("work\n"));
    }

    @Test
    void theTokensOfAnEarlierRunDoNotCountForTheLimit() {
        run(new ResponsesStub(ResponsesStub.says("one")), "--max-tokens", "150");
        stub.close();
        JsonNode second = run(new ResponsesStub(ResponsesStub.runs("sleep 8"), ResponsesStub.says("two")),
            "--resume", "auto", "--max-tokens", "250");
        assertEquals("succeeded", second.path("status").asString(""), second + "\n" + lab.err);
        assertEquals("[]", second.path("notes").toString().replaceAll("\"the agent's last message: [^\"]*\"", ""), second.toString());
        assertEquals(200, second.path("inputTokens").asInt(0));
    }

    @Test
    void theTimeLimitEndsCodexAndItsCommands() {
        JsonNode result = run(new ResponsesStub(ResponsesStub.runs("sleep 88")), "--agent-timeout", "5s");
        assertEquals("time-limit", result.path("status").asString(""), result.toString());
        for (int tries = 0; tries < 100 && lab.processes() > 0; tries++) {
            sleep();
        }
        assertEquals(0, lab.processes());
    }

    private static void sleep() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
