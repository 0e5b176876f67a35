import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a run tells: verdict, result, GitHub's files, log. */
class AgentReportTest {
    @TempDir Path folder;
    private final AgentLab lab = new AgentLab();

    @AfterEach
    void theLabIsEmptied() {
        lab.close();
    }

    @Test
    void everyOutputOfTheContractIsWrittenAndNoTextAddsOne() throws IOException {
        Path output = folder.resolve("output");
        lab.caller("GITHUB_OUTPUT", output.toString()).caller("RUNNER_TEMP", folder.toString());
        lab.run("--agent-command", "printf 'last\\nstatus=succeeded\\nexit_code<<EOF\\n0\\nEOF\\n'; exit 9");
        Map<String, String> outputs = outputs(Files.readString(output));
        assertEquals(List.of("status", "exit_code", "run_id", "thread_id", "agent_target",
            "fallback_reason", "infra_unhealthy", "agent_status", "summary", "blocked_reason", "duration_seconds", "input_tokens",
            "output_tokens", "cost", "final_message_file", "transcript_file", "infra_ready_after", "rounds", "limit"),
                List.copyOf(outputs.keySet()));
        assertEquals("agent-failed", outputs.get("status"));
        assertEquals("20", outputs.get("exit_code"));
        assertEquals("false", outputs.get("infra_unhealthy"));
        assertTrue(Files.readString(Path.of(outputs.get("final_message_file"))).startsWith("last\n"));
        assertTrue(Files.exists(Path.of(outputs.get("transcript_file"))));
    }

    @Test
    void anAgentOnTheRunnerGetsTheKubeconfigOnlyWhereItIsGivenOne() throws IOException {
        var seen = folder.resolve("seen");
        lab.caller("KUBECONFIG", "/runner/kubeconfig");
        var command = "printf '%s.' \"${KUBECONFIG-none}\" >>" + seen;
        lab.run("--agent-command", command);
        lab.run("--agent-command", command, "--agent-env", "KUBECONFIG");
        assertEquals("none./runner/kubeconfig.", Files.readString(seen));
    }

    @Test
    void anOptionThatIsGivenTwiceIsAMistakeAndNotASilentChange() {
        var done = PromptLab.run(Map.of(), "--kind", "dev_issue", "--agent-target", "runner", "--agent-wait", "5m", "--agent-wait=3m",
            "--print");
        assertEquals(2, done.exit(), done.toString());
        assertEquals("prompt_run: --agent-wait is given twice\n", done.err());
        assertEquals(0, PromptLab.run(Map.of(), "--kind", "dev_issue", "--vars", "a=1", "--vars", "b=2", "--print").exit());
    }

    /** As the runner reads the file. */
    static Map<String, String> outputs(String text) {
        Map<String, String> outputs = new LinkedHashMap<>();
        List<String> lines = text.lines().toList();
        for (int at = 0; at < lines.size(); at++) {
            String[] head = lines.get(at).split("<<", 2);
            assertEquals(2, head.length, lines.get(at));
            StringBuilder value = new StringBuilder();
            for (at++; !lines.get(at).equals(head[1]); at++) {
                value.append(value.length() == 0 ? "" : "\n").append(lines.get(at));
            }
            outputs.put(head[0], value.toString());
        }
        return outputs;
    }

    @Test
    void theSummaryShowsTheAgentsTextAsTextOnly() throws IOException {
        Path summary = folder.resolve("summary");
        lab.caller("GITHUB_STEP_SUMMARY", summary.toString());
        lab.run("--agent-command", "printf '<img src=x>\\n```\\n[click](javascript:x)\\n````\\n'");
        String text = Files.readString(summary);
        assertTrue(text.startsWith("### Agent: succeeded\n"), text);
        assertTrue(text.contains("`````\n<img src=x>\n```\n[click](javascript:x)\n````\n`````\n"), text);
        assertTrue(text.contains("| ran in | the lab |"), text);
    }

    @Test
    void nothingInvisibleOpensAFenceAndNoBackslashACell() {
        Map<String, Object> json = new LinkedHashMap<>(Map.of("status", "lost", "reason", "a\\|b \\[d](e) C:\\x",
            "notes", List.of("``\u200b`\n<img src=x>"), "finalMessage", "`\u0007``\n```\u2066`\n[click](javascript:x)"));
        var text = prompt_run.Summary.of(json);
        assertTrue(text.contains("| reason | a\\\\\\|b \\\\\\[d\\](e) C:\\\\x |\n"), text);
        assertTrue(text.contains("````\n```\n<img src=x>\n````\n")
            && text.contains("`````\n```\n````\n[click](javascript:x)\n`````\n"), text);
    }

    @Test
    void resultAndArtifactsAreFilesWithTheSameContent() throws IOException {
        Path file = folder.resolve("deep/result.json");
        JsonNode result = lab.run("--agent-command", "echo out; echo err >&2",
            "--result", file.toString(), "--artifacts", folder.resolve("art").toString());
        assertEquals(result.toString(), new ObjectMapper().readTree(Files.readString(file)).toString());
        assertEquals("the prompt's text\n", Files.readString(folder.resolve("art/prompt.md")));
        assertEquals("out", Files.readString(folder.resolve("art/events.jsonl")).strip());
        assertEquals("out", Files.readString(folder.resolve("art/last-message.md")).strip());
        assertEquals("err", Files.readString(folder.resolve("art/stderr.log")).strip());
    }

    @Test
    void whatTheCallerNamesIsMaskedInEverythingThatARunTells() throws IOException {
        Path summary = folder.resolve("summary");
        lab.caller("LICENCE", "abc-123-def").caller("GITHUB_STEP_SUMMARY", summary.toString());
        JsonNode result = lab.run("--redact-env", "LICENCE", "--artifacts", folder.resolve("art")
            .toString(), "--result", folder.resolve("result.json").toString(),
            "--agent-command", "echo licence abc-123-def plain; echo abc-123-def >&2; exit 3");
        assertEquals("licence [REDACTED:LICENCE] plain", result.path("finalMessage").asString(""), result.toString());
        StringBuilder told = new StringBuilder(result.toString()).append(lab.err)
            .append(Files.readString(summary)).append(Files.readString(folder.resolve("result.json")));
        for (String file : List.of("events.jsonl", "last-message.md", "stderr.log", "prompt.md")) {
            told.append(Files.readString(folder.resolve("art").resolve(file)));
        }
        assertFalse(told.toString().contains("abc-123"), told.toString());
    }

    @Test
    void whyItRunsElsewhereIsMaskedToo() {
        lab.caller("WORDS", "namespace is known");
        JsonNode result = lab.climb("--redact-env", "WORDS", "--fallback", "none", "--agent-command", "true");
        assertEquals("deploy/codex: no [REDACTED:WORDS]", result.path("fallbackReason")
            .asString("").split(":(?= give)")[0], result.toString());
        assertFalse(lab.err.toString().contains("namespace is known"), lab.err.toString());
    }

    private static final String KEY = "-----BEGIN RSA PRIVATE KEY-----\\nMIIEabcd\\nMIIEefgh==\\n-----END RSA PRIVATE KEY-----\\n";

    @Test
    void aPrivateKeyThatIsPrintedLineByLineIsMasked() {
        JsonNode result = lab.run("--agent-command", "printf 'before\\n%b%b%b' '" + KEY + "' 'between\\n' '" + KEY + "'; echo after");
        assertFalse((lab.err + result.toString()).contains("MIIE"), lab.err.toString());
        List<String> said = lab.err.toString().lines().filter(line -> line.startsWith("agent | ") && !line.contains("REDACTED")).toList();
        assertEquals(List.of("agent | before", "agent | between", "agent | after"), said);
    }

    @Test
    void aKeyThatNeverEndsHidesNotAllThatFollows() {
        lab.run("--agent-command", "echo '-----BEGIN X PRIVATE KEY-----'; i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo line $i; done");
        assertTrue(lab.err.toString().contains("agent | line 300\n")
            && !lab.err.toString().contains("agent | line 50\n"), lab.err.toString());
    }

    @Test
    void aPrivateKeyInAnEventOfCodexIsMaskedBeforeItIsSplitAndCut() {
        List<String> said = new java.util.ArrayList<>();
        var log = new prompt_run.RunLog(true, heard(said), new prompt_run.Redactor(new prompt_run.Env(Map.of()), List.of()), folder);
        String output = KEY.replace("MIIEefgh==", "MIIE" + "\\nMIIE".repeat(20));
        log.accept(("{\"type\":\"item.completed\",\"item\":{\"type\":\"command_execution\",\"aggregated_output\":\""
            + output + "\",\"exit_code\":0}}\n"
            + "{\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"a\\n" + KEY + "b\"}}\n")
            .getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertFalse(said.toString().contains("MIIE") || log.story().message().contains("MIIE"), said.toString());
        assertTrue(said.contains("a") && said.contains("b"), said.toString());
    }

    static prompt_run.Log heard(List<String> said) {
        return heard(said, new java.util.ArrayList<>());
    }

    static prompt_run.Log heard(List<String> said, List<String> debug) {
        return new prompt_run.Log() {
            @Override
            public void warn(String message) {
                said.add(message);
            }

            @Override
            public void info(String message) { }

            @Override
            public void debug(String message) {
                debug.add(message);
            }

            @Override
            public void agent(String text) {
                text.lines().forEach(said::add);
            }
        };
    }

    @Test
    void aFileThatCannotBeWrittenIsAWarningNotAVerdict() {
        JsonNode result = lab.run("--agent-command", "echo ok", "--result", "/proc/nowhere/result.json", "--artifacts", "/proc/nowhere");
        assertEquals("succeeded", result.path("status").asString(""));
        assertTrue(lab.err.toString().contains("/proc/nowhere/result.json: cannot write it"), lab.err.toString());
    }

    @Test
    void outputThatIsNotUtf8AndHugeLinesDoNoHarm() {
        JsonNode result = lab.run("--agent-command", "printf 'a\\377b\\n'; head -c 3000000 /dev/zero | tr '\\\\000' x; echo; echo end");
        assertEquals("succeeded", result.path("status").asString(""), result.toString().substring(0, 300));
        assertTrue(result.path("finalMessage").asString("").endsWith("\nend"));
        assertTrue(result.path("finalMessage").asString("").length() <= 16_000);
    }

    @Test
    void theEventsIssueCountsMoreThanTheReports() {
        var mapper = new ObjectMapper();
        var given = new prompt_run.Facts.Given(null, null, null, null, null, null, null, null, null, false, "codex", null, null);
        var event = new prompt_run.GitHubEvent(mapper.readTree("{\"issue\": {\"number\": 7}}"));
        var infra = prompt_run.Infra.of(false, null, mapper.readTree("{\"infraReady\": true, \"issue\": 9, \"pr\": 4}"));
        assertEquals(7, prompt_run.Facts.gather("dev_issue", given, event, infra, warning -> { }).issue());
        assertEquals(4, prompt_run.Facts.gather("dev_issue", given, event, infra, warning -> { }).pr());
        assertEquals(9, prompt_run.Facts.gather("dev_issue", given, prompt_run.GitHubEvent.NONE, infra, warning -> { }).issue());
    }

    @Test
    void anIssueThatWasEditedIsNotForgottenOverAPullRequestThatWasNot() {
        var mapper = new ObjectMapper();
        var then = mapper.readTree("{\"title\": \"a\", \"body\": \"b\"}");
        var now = mapper.readTree("{\"title\": \"a\", \"body\": \"c\"}");
        var edited = new prompt_run.RawTalk.Subject("issue", 1, then, now);
        var same = new prompt_run.RawTalk.Subject("pull request", 2, then, then);
        for (var pair : List.of(List.of(edited, same), List.of(same, edited), List.of(same, same))) {
            var talk = new prompt_run.RawTalk("o/r", pair.get(0), pair.get(1),
                List.of(), List.of(), List.of(), List.of(), Map.of(), null, false);
            assertEquals(pair.contains(edited), talk.gaps().editedSince());
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"1.25,0.125,10 | 200000 | 0.55", "1.25,0.125,10 | 999999 | 0.44",
        "0,0,0 | 0 | 0.00", "1, 1, 1 | 0 | 0.34", "0.01,0,0 | 0 | 0.01"})
    void aRunCostsWhatItsTokensCostAndCachedInputIsPartOfTheInput(String prices, long cached, String cost) {
        var usage = new prompt_run.Usage(300_000, cached, 40_000, 10_000);
        assertEquals(cost, prompt_run.Prices.of(prices).orElseThrow().cost(usage).toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.25", "1,2", "1,2,3,4", "1,,3", "a,b,c", "-1,0,0", "1e3,0,0", "$1,0,0"})
    void pricesThatAreNoThreeNumbersAreAMistakeThatStartsNoAgent(String prices) {
        var done = PromptLab.run(Map.of(), "--kind", "dev_issue", "--agent-target", "runner", "--agent-command", "true",
            "--token-prices", prices);
        assertEquals(2, done.exit(), done.toString());
        assertTrue(done.err().startsWith("prompt_run: --token-prices " + prices + ": accepted: three numbers"), done.err());
    }

    @Test
    void withoutPricesNoCostIsTold() throws IOException {
        lab.caller("GITHUB_STEP_SUMMARY", folder.resolve("summary").toString());
        lab.run("--agent-command", "true");
        assertFalse(Files.readString(folder.resolve("summary")).contains("cost"));
        lab.run("--agent-command", "true", "--token-prices", "1,1,1");
        assertTrue(Files.readString(folder.resolve("summary")).contains("| cost | 0.00 |"));
    }
}
