import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command as a CI step sees it: a process with arguments, an environment, two streams and an exit code. */
@Tag("slow")
class EnsureCommandTest {
    private static final String CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: y}\n";
    private static final String NEVER = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: "nginx:1"}]}
        """;
    @TempDir
    Path folder;
    private EmbeddedApi server;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        --bogus                                | unknown option: '--bogus'
        --isue 42                              | unknown option: '--isue'
        --isue=42                              | unknown option: '--isue=42'
        frobnicate --issue 42                  | but was 'frobnicate'
        frobnicate -n x                        | expected one of [ensure, status, release, attach]
        -n x --output xml                      | expected one of [text, json]
        -n x -f nowhere.yaml                   | --manifests nowhere.yaml: no such file or folder
        -n x --wait-timeout 5x                 | '5x' is not a duration: write 90s, 20m or 1h5m, 1000d at the most
        --slot 0 --project p                   | --slot 0: a slot's number starts at 1
        --slot -3 --project p                  | a slot's number starts at 1
        --issue 1                              | --project is needed
        --project p                            | which environment? give --issue, --pr, --slot or --namespace
        -n Not_A_Name                          | --namespace Not_A_Name: must be lower-case letters
        -n x --context nowhere                 | --context nowhere: no such context; there are embedded
        attach -n x --issue 3                  | attach needs a slot record
        -n x --expired                         | --expired belongs to release
        status -n x --apply                    | status applies nothing
        -n x --env a --env b                   | --env is given twice
        -n x --source .                        | --source needs --code-root-base
        -n x --rules nowhere.yaml              | --rules nowhere.yaml: no such file
        """)
    void badInputIsOneLineAndExitCodeTwo(String args, String sentence) {
        var result = cli().run(args.split(" +"));
        assertAll(() -> assertEquals(2, result.exit(), result.toString()), () -> assertEquals("", result.out()),
            () -> assertEquals(1, result.err().lines().count(), result.err()),
            () -> assertTrue(result.err().startsWith("ensure_ready: ") && result.err().contains(sentence), result.err()));
    }

    @Test
    void aBadVariableIsNamedByItsName() {
        var result = cli().env("CODEXCTL_SLOT", "three").run("--project", "p");
        assertEquals(2, result.exit());
        assertTrue(result.err().contains("'three' is not an int (from CODEXCTL_SLOT)"), result.err());
    }

    @Test
    void anUndefinedVariableInATemplateIsSoftAndToldWithNameAndLine() throws IOException {
        var file = Files.writeString(folder.resolve("web.yaml.ftl"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${colour}}\n");
        for (var soft : List.of("true", "false")) {
            var result = cli().run("-n", "x", "-f", folder.toString(), "--apply", "--wait-timeout", "2s", "--wait-soft-fail=" + soft);
            assertEquals(soft.equals("true") ? 0 : 10, result.exit(), result.toString());
            assertEquals("undefined variable colour", json(result).at("/problems/0/error").asString(""), result.toString());
            assertEquals(file + ":3", json(result).at("/problems/0/file").asString(""), result.toString());
            assertFalse(json(result).path("infraReady").asBoolean(true), result.toString());
        }
    }

    @Test
    void emptyValuesCountAsNotGiven() {
        var result = cli().env("CODEXCTL_ISSUE_NUMBER", "")
            .run("-n", "x", "--pr=", "--slot=", "-f", manifest(CONFIG), "--apply", "--force-apply=", "--output", "json");
        assertEquals(0, result.exit(), result.toString());
    }

    @Test
    void aWordOfTheEnvironmentIsOverruledByTheCommandLine() {
        var json = json(cli().env("CODEXCTL_ENV", "dev").env("CODEXCTL_FORCE_APPLY", "yes")
            .run("-n", "x", "--env", "ai", "-f", manifest(CONFIG)));
        assertEquals("ai", json.path("env").asString(""));
        assertTrue(json.path("applied").asBoolean(false));
    }

    @Test
    void noClusterIsToldInSecondsAndSoftWhenAsked() {
        server.down();
        var hard = cli().run("-n", "x");
        assertEquals(10, hard.exit(), hard.toString());
        var soft = cli().run("-n", "x", "--wait-soft-fail");
        assertEquals(0, soft.exit());
        assertEquals("no-cluster", json(soft).path("outcome").asString(""));
        assertFalse(json(soft).path("infraReady").asBoolean(true));
        assertTrue(json(soft).path("summary").asString("").startsWith("cannot reach the API server " + server.url()));
        assertFalse(soft.err().contains("\tat "));
        server.up();
    }

    @Test
    void slotRecordsThatMayNotBeReadAreForbiddenAndSoft() {
        server.faults.forbid("list", "configmaps");
        var json = json(cli().run("--project", "p", "--issue", "3", "--wait-soft-fail"));
        assertEquals("forbidden", json.path("outcome").asString(""));
        assertTrue(json.path("slot").isMissingNode());
    }

    @Test
    void noFreeSlotIsElevenEvenWhenSoft() {
        cli().run("--project", "p", "--issue", "1", "--max", "1", "--wait-timeout", "1s");
        var result = cli().run("--project", "p", "--issue", "2", "--max", "1", "--slot-timeout", "1s", "--wait-soft-fail");
        assertEquals(11, result.exit(), result.toString());
        assertTrue(json(result).path("summary").asString("").contains("slot 1 is held by issue 1"));
    }

    @Test
    void aManifestThatDoesNotParseIsNamedTheOthersAreAppliedAndTheOutcomeSaysSo() {
        var file = manifest(CONFIG + "---\nkind: {broken\n");
        var json = json(cli().run("-n", "x", "-f", file, "--apply", "--wait-soft-fail"));
        assertEquals("apply-failed", json.path("outcome").asString(""));
        assertTrue(json.at("/problems/0/file").asString("").startsWith(file + ":"), json.toString());
        assertTrue(server.get("configmaps", "x", "a").isPresent());
        assertFalse(json.path("infraReady").asBoolean(true));
    }

    @Test
    void aFailingImageCommandIsAnInfrastructureFailureAndTheApplyGoesOn() {
        var result = cli().run("-n", "x", "-f", manifest(CONFIG), "--apply",
            "--prepare-images", "echo pulling >&2; exit 3", "--wait-soft-fail");
        assertEquals(0, result.exit());
        assertEquals("prepare-failed", json(result).path("outcome").asString(""));
        assertTrue(json(result).path("summary").asString("").contains("exit code 3: pulling"));
        assertFalse(json(result).path("infraReady").asBoolean(true));
        assertTrue(server.get("configmaps", "x", "a").isPresent());
    }

    @Test
    void aRenderersOutputIsTheManifestAndItsFailureIsToldByItsLastWords() {
        var good = json(cli().run("-n", "x", "--issue", "7", "--apply", "--render",
            "printf 'apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: %s}\\n' {namespace}-{issue}-$CODEXCTL_ENV"));
        assertEquals("x-7-ai", good.at("/objects/0/name").asString(""), good.toString());
        var bad = json(cli().run("-n", "x", "--force-apply", "--render", "echo no chart here >&2; exit 1", "--wait-soft-fail"));
        assertEquals("apply-failed", bad.path("outcome").asString(""));
        assertTrue(bad.at("/problems/0/error").asString("").contains("no chart here"), bad.toString());
    }

    @Test
    void noTextReachesTheRunnersLogAsACommand() {
        var result = cli().run("-n", "x", "--force-apply", "--render",
            "echo '##[stop-commands]x' >&2; echo '::error::y' >&2; echo '##[error]z' >&2; exit 1", "--wait-soft-fail", "-v");
        assertFalse((result.out() + result.err()).contains("##["), result.toString());
        assertTrue((result.out() + result.err()).lines().noneMatch(l -> l.strip().startsWith("::")), result.toString());
        assertTrue(json(result).at("/problems/0/error").asString("").endsWith("## [error]z"), result.out());
    }

    @Test
    void anEmptyFolderProvesNothing() throws IOException {
        var json = json(cli().run("-n", "x", "-f", Files.createDirectory(folder.resolve("empty"))
            .toString(), "--apply", "--wait-timeout", "2s", "--wait-soft-fail"));
        assertFalse(json.path("infraReady").asBoolean(true), json.toString());
    }

    @Test
    void manifestsComeFromStdinToo() {
        assertEquals(0, cli().stdin(CONFIG).run("-n", "x", "-f", "-", "--apply").exit());
        assertTrue(server.get("configmaps", "x", "a").isPresent());
    }

    @Test
    void aLivingSlotIsNotAppliedToButJudged() {
        cli().run("-n", "x", "-f", manifest(CONFIG), "--apply");
        var result = cli().run("-n", "x", "-f", manifest(NEVER), "--apply", "--wait-timeout", "2s", "--wait-soft-fail");
        assertTrue(result.err().contains("ns/x was there before: nothing is applied; --force-apply applies to a living slot too"),
            result.err());
        var json = json(result);
        assertEquals("OBJECT_MISSING", json.at("/causes/0/code").asString(""), json.toString());
        assertFalse(json.path("applied").asBoolean(true));
        assertFalse(json.path("infraReady").asBoolean(true));
        assertEquals("web", json.at("/workloads/0/name").asString(""));
        assertTrue(server.get("deployments", "x", "web").isEmpty());
    }

    @Test
    void aRunThatEndedBetweenNamespaceAndApplyIsPickedUpByTheNext() {
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: x, labels: {app.kubernetes.io/managed-by: ensure-ready}}}");
        var json = json(cli().run("-n", "x", "-f", manifest(CONFIG), "--apply"));
        assertTrue(json.path("recreated").asBoolean(false) && json.path("applied").asBoolean(false), json.toString());
        assertFalse(json(cli().run("-n", "x", "-f", manifest(CONFIG), "--apply")).path("applied").asBoolean(true));
    }

    @Test
    void aNamespaceThatIsGoneIsMadeAgainForItsSlot() {
        var args = new String[] {"--project", "p", "--issue", "5", "-f", manifest(CONFIG), "--apply"};
        assertTrue(json(cli().run(args)).path("created").asBoolean(false));
        server.delete("namespaces", "", "p-dev-1");
        var json = json(cli().run(args));
        assertTrue(json.path("recreated").asBoolean(false) && !json.path("created").asBoolean(true), json.toString());
        assertTrue(server.get("configmaps", "p-dev-1", "a").isPresent());
    }

    @Test
    void releaseDeletesOnlyWhatItMadeAndSaysWhatItLeft() {
        cli().run("--project", "p", "--issue", "5", "-f", manifest(CONFIG), "--apply");
        var gone = json(cli().run("release", "--project", "p", "--issue", "5"));
        assertEquals("[\"ns/p-dev-1\",\"slot 1\"]", gone.path("deleted").toString());
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: staging}}");
        cli().run("--env", "ai-repair", "--namespace-pattern", "staging", "--issue", "6", "-f", manifest(CONFIG));
        var left = json(cli().run("release", "--env", "ai-repair", "--namespace-pattern", "staging", "--issue", "6"));
        assertEquals("[\"slot 1\"]", left.path("deleted").toString());
        assertTrue(left.at("/left/0").asString("").startsWith("ns/staging: not made by ensure_ready"), left.toString());
        assertTrue(server.get("namespaces", "", "staging").isPresent());
    }

    @Test
    void releaseOfNothingIsDoneAlready() {
        var result = cli().run("release", "--project", "p", "--issue", "77");
        assertEquals(0, result.exit(), result.toString());
        assertTrue(json(result).path("summary").asString("").contains("there is no slot for env ai, issue 77"));
    }

    @Test
    void releaseOfAllExpiredLeavesTheOthers() {
        cli().run("--project", "p", "--issue", "5", "--ttl", "1ms", "-f", manifest(CONFIG), "--apply");
        cli().run("--project", "p", "--issue", "6", "--ttl", "1h", "-f", manifest(CONFIG), "--apply");
        cli().run("release", "--project", "p", "--expired");
        assertEquals(List.of("codex-env-2"), server.list("configmaps", "codex-system")
            .stream().map(o -> o.at("/metadata/name").asString("")).toList());
    }

    @Test
    void attachSetsThePullRequest() {
        cli().run("--project", "p", "--issue", "5", "-f", manifest(CONFIG), "--apply");
        assertEquals(9, json(cli().run("attach", "--project", "p", "--issue", "5", "--pr", "9")).path("pr").asInt(0));
        assertEquals(1, json(cli().run("status", "--project", "p", "--pr", "9")).path("slot").asInt(0));
    }

    @Test
    void statusOfANamespaceThatIsNotThereSaysSo() {
        var result = cli().run("status", "-n", "nowhere");
        assertEquals(10, result.exit());
        assertEquals("not-ready ns/nowhere does not exist", json(result).path("outcome")
            .asString("") + " " + json(result).path("summary").asString(""));
    }

    @Test
    void theStepsOutputsAndSummaryAreWritten() throws IOException {
        var outputs = folder.resolve("out");
        var summary = folder.resolve("summary.md");
        var report = folder.resolve("deep/ready.json");
        var result = cli().env("GITHUB_OUTPUT", outputs.toString()).env("GITHUB_STEP_SUMMARY", summary.toString())
            .run("-n", "x", "-f", manifest(NEVER), "--apply", "--wait-timeout", "1s", "--wait-soft-fail", "--report", report.toString());
        assertEquals(json(result), new ObjectMapper().readTree(report.toFile()));
        assertEquals(List.of("slot=", "namespace=x", "env=ai", "created=true",
            "recreated=false", "infra_ready=false", "infra_unhealthy=1", "agent_ready=false",
            "outcome=timeout", "report=" + report), Files.readAllLines(outputs));
        assertTrue(Files.readString(summary).contains("| deploy/web | progressing |"), Files.readString(summary));
    }

    @ParameterizedTest
    @CsvSource({"TERM, 143", "INT, 130"})
    void anInterruptPrintsWhatIsKnownAndExitsByItsSignal(String signal, int code) throws InterruptedException {
        var running = cli().start("-n", "x", "-f", manifest(NEVER), "--apply", "--wait-soft-fail");
        while (server.requests("watch", "deployments") == 0) {
            Thread.sleep(50);
        }
        Thread.sleep(1000);
        running.signal(signal);
        var result = running.await();
        assertEquals(code, result.exit(), result.toString());
        assertEquals("interrupted", json(result).path("outcome").asString(""));
        assertEquals("web", json(result).at("/workloads/0/name").asString(""), result.out());
    }

    private Cli cli() {
        return Cli.of("ensure_ready").env("KUBECONFIG", server.kubeconfig(folder).toString()).timeout(Duration.ofSeconds(60));
    }

    private String manifest(String yaml) {
        try {
            return Files.writeString(Files.createDirectories(folder.resolve("deploy"))
                .resolve("m" + Math.abs(yaml.hashCode()) + ".yaml"), yaml).toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    /** stdout must be exactly one JSON object, so anything behind it fails here. */
    private static JsonNode json(Cli.Result result) {
        try (var parser = new ObjectMapper().createParser(result.out())) {
            JsonNode node = parser.readValueAsTree();
            assertTrue(parser.nextToken() == null, result.out());
            return node;
        } catch (JacksonException e) {
            throw new AssertionError(result.toString(), e);
        }
    }
}
