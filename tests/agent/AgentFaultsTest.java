import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import tools.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever breaks between the caller and the agent: the right state, never a false success, never a second agent. */
@Tag("slow")
class AgentFaultsTest {
    private final AgentLab lab = new AgentLab();
    private final Path count = lab.home.resolve("count");

    /** Reads the prompt, leaves a trace of each start, and ends well. */
    private final String good = "cat; echo started >>" + count + "; echo done";

    @AfterEach
    void theLabIsEmptied() {
        lab.close();
    }

    @Test
    void withoutAFaultTheAgentRunsOnceAndItsLastWordsAreKept() throws IOException {
        JsonNode result = lab.run("--agent-command", good);
        assertEquals("succeeded", result.path("status").asString(""), result.toString());
        assertEquals(0, result.path("exitCode").asInt(0));
        assertEquals("the prompt's text\ndone", result.path("finalMessage").asString(""));
        assertEquals(1, Files.readAllLines(count).size());
    }

    @Test
    void theAgentsOwnExitCodeIsKept() {
        JsonNode result = lab.run("--agent-command", "echo no idea >&2; exit 7");
        assertEquals(20, result.path("exitCode").asInt(0));
        assertEquals("the agent ended with exit code 7: no idea", result.path("reason").asString(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"CUT_BEFORE", "CUT_AFTER", "NO_CODE", "MINUS_ONE", "HALF_UPLOAD", "HALF_ANSWER"})
    void anUploadThatGoesWrongOnceIsRepeated(String fault) throws IOException {
        lab.shell.on("put:prompt.md", fault(fault)).on("put:agent.sh", fault(fault));
        JsonNode result = lab.run("--agent-command", good);
        assertEquals("succeeded", result.path("status").asString(""), result.toString());
        assertEquals(1, Files.readAllLines(count).size());
    }

    @Test
    void anUploadThatNeverArrivesWholeStartsNothing() {
        lab.shell.on("put:prompt.md", AgentLab.Fault.HALF_UPLOAD.always());
        JsonNode result = lab.run("--agent-command", good);
        assertEquals(22, result.path("exitCode").asInt(0));
        assertFalse(lab.shell.steps.contains("start"));
        assertEquals(3, lab.shell.steps.stream().filter("put:prompt.md"::equals).count());
        assertEquals(List.of(), lab.runs(), "a run that never began left something behind");
    }

    @ParameterizedTest
    @ValueSource(strings = {"CUT_BEFORE", "CUT_AFTER", "NO_CODE", "MINUS_ONE", "HALF_ANSWER"})
    void aStartOfWhichNobodyKnowsHowItEndedStartsTheAgentExactlyOnce(String fault) throws IOException {
        lab.shell.on("start", fault(fault), fault(fault));
        JsonNode result = lab.run("--agent-command", good);
        assertEquals("succeeded", result.path("status").asString(""), result.toString());
        assertEquals(1, Files.readAllLines(count).size());
    }

    @Test
    void aStartThatNeverArrivesIsLost() {
        lab.shell.on("start", AgentLab.Fault.CUT_BEFORE.always());
        JsonNode result = lab.run("--agent-command", good);
        assertEquals(22, result.path("exitCode").asInt(0));
        assertEquals("the agent could not be started", result.path("reason").asString(""));
        assertFalse(Files.exists(count));
    }

    @ParameterizedTest
    @ValueSource(strings = {"CUT_BEFORE", "CUT_AFTER", "NO_CODE", "MINUS_ONE", "HALF_ANSWER"})
    void aPollThatBreaksIsRepeatedAndNoLineIsLostOrDoubled(String fault) {
        lab.shell.on("poll", fault(fault), fault(fault), fault(fault));
        JsonNode result = lab.run("--agent-command", "for i in 1 2 3 4 5; do echo line $i; sleep 0.3; done");
        assertEquals("succeeded", result.path("status").asString(""), result.toString());
        assertEquals("line 1\nline 2\nline 3\nline 4\nline 5", result.path("finalMessage").asString(""));
    }

    @Test
    void pollsWithoutAnExitCodeNeverEndAsSuccess() {
        lab.shell.on("poll", AgentLab.Fault.NO_CODE.always());
        assertEquals(22, lab.run("--agent-command", good).path("exitCode").asInt(0));
    }

    @Test
    void pollsWithMinusOneNeverEndAsSuccess() {
        lab.shell.on("poll", AgentLab.Fault.MINUS_ONE.always());
        assertEquals(22, lab.run("--agent-command", good).path("exitCode").asInt(0));
    }

    @Test
    void anExitFileThatIsNotWholeIsNoVerdict() {
        lab.shell.on("poll", AgentLab.Fault.after(() -> write(lab.runs().get(0).resolve("exit"), "rc=0\n")));
        JsonNode result = lab.run("--agent-command", "sleep 2; exit 5");
        assertEquals("the agent ended with exit code 5", result.path("reason").asString(""), result.toString());
    }

    @Test
    void aPodThatIsDeletedMeansLostAndTheReasonIsTold() {
        lab.shell.on("poll", AgentLab.Fault.after(() -> { }), AgentLab.Fault.after(() -> {
            lab.shell.lost = "pod/codex-1 is gone";
            lab.killAll();
        }));
        JsonNode result = lab.run("--agent-command", "sleep 60");
        assertEquals(22, result.path("exitCode").asInt(0));
        assertEquals("pod/codex-1 is gone", result.path("reason").asString(""));
    }

    @Test
    void aKilledKeeperMeansLostNotFailed() {
        lab.shell.on("poll", AgentLab.Fault.after(lab::killAll));
        JsonNode result = lab.run("--agent-command", "sleep 60");
        assertEquals(22, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("keeper died"), result.toString());
    }

    /** PID 1 of many containers, such as {@code sleep}, waits for no child: a keeper that is killed stays as a zombie. */
    @Test
    void aKeeperThatIsAZombieIsNotAlive() throws Exception {
        Path run = Files.createDirectories(lab.home.resolve("zombie"));
        write(run.resolve("keeper.sh"), prompt_run.KeeperScript.KEEPER);
        write(run.resolve("limits"), "total=0 idle=0 lease=0 grace=1 run_id=zombie codex=no\n");
        write(run.resolve("agent.sh"), "echo agent-is-here >here; exec sleep 71\n");
        Process container = new ProcessBuilder("sh", "-c", "sh keeper.sh keep </dev/null >/dev/null 2>&1 & echo $! >pid; exec sleep 72")
            .directory(run.toFile()).redirectErrorStream(true).start();
        try {
            await(() -> Files.exists(run.resolve("here")) && Files.exists(run.resolve("started")));
            sleep(1500); // until the keeper's watch looks
            long keeper = Long.parseLong(Files.readString(run.resolve("pid")).strip());
            ProcessHandle.of(keeper).orElseThrow().destroyForcibly();
            await(() -> Files.exists(run.resolve("reason")));
            assertEquals("keeper-gone\n", Files.readString(run.resolve("reason")));
            assertTrue(Files.readString(Path.of("/proc/" + keeper + "/stat")).contains(") Z "), "the keeper was to be a zombie");
        } finally {
            container.descendants().forEach(ProcessHandle::destroyForcibly);
            container.destroyForcibly();
        }
    }

    @Test
    void anAgentThatEndedBeforeItsContainerDidKeepsItsVerdict() {
        lab.shell.on("poll", AgentLab.Fault.after(() -> {
            await(() -> Files.exists(lab.runs().get(0).resolve("exit")));
            lab.shell.lost = "pod/codex-1: container codex was restarted";
        }));
        assertEquals("succeeded", lab.run("--agent-command", "sleep 2; echo done").path("status").asString(""));
    }

    @Test
    void anAgentThatEndedBadlyBeforeItsContainerDidIsNotLostEither() {
        lab.shell.on("poll", AgentLab.Fault.after(() -> {
            await(() -> Files.exists(lab.runs().get(0).resolve("exit")));
            lab.shell.lost = "pod/codex-1: container codex was restarted";
        }));
        assertEquals("agent-failed", lab.run("--agent-command", "sleep 2; exit 3").path("status").asString(""));
    }

    @Test
    void aLeaseThatCannotBeReadHasRunOut() throws Exception {
        Path run = keeper("total=0 idle=0 lease=600 grace=1 run_id=leaseless codex=no\n", "echo here >here; exec sleep 73\n");
        Process keeper = new ProcessBuilder("sh", "keeper.sh", "keep").directory(run.toFile()).start();
        try {
            assertTrue(keeper.waitFor(60, java.util.concurrent.TimeUnit.SECONDS), "the agent goes on without a lease");
            assertTrue(Files.readString(run.resolve("exit")).contains("reason=caller-gone\n"), Files.readString(run.resolve("exit")));
        } finally {
            keeper.descendants().forEach(ProcessHandle::destroyForcibly);
            keeper.destroyForcibly();
        }
    }

    private Path keeper(String limits, String agent) throws IOException {
        Path run = Files.createDirectories(lab.home.resolve("keeper"));
        write(run.resolve("keeper.sh"), prompt_run.KeeperScript.KEEPER);
        write(run.resolve("limits"), limits);
        write(run.resolve("agent.sh"), agent);
        return run;
    }

    /** Nobody looks on for a while, but the agent works. */
    @Test
    void anAgentWhoseRunIsLostIsEndedBeforeItsWorkIsFetched() {
        var cut = AgentLab.Fault.CUT_BEFORE;
        for (int times = 0; times < 12; times++) {
            lab.shell.on("poll", cut);
        }
        lab.shell.on("size", AgentLab.Fault.after(() -> assertEquals(0, lab.processes(), "it still writes while its work is fetched")));
        JsonNode result = lab.run("--agent-command", "while :; do date; sleep 1; done");
        assertEquals(22, result.path("exitCode").asInt(0), result.toString());
        assertNothingRuns();
    }

    @Test
    void aKeeperThatDiedIsStoodInForWhenTheAgentIsToEnd() throws IOException {
        Path run = keeper("total=0 idle=0 lease=0 grace=1 run_id=orphaned codex=no\n", "");
        write(run.resolve("started"), "999999 1\n");
        assertEquals(0, Cli.program("sh", run.resolve("keeper.sh").toString(), "cancel").run().exit());
        assertEquals("rc=137\nreason=keeper-gone\nend=yes\n", Files.readString(run.resolve("exit")));
    }

    @Test
    void anAnswerThatWasCutIsAskedForAgain() {
        lab.shell.on("size", AgentLab.Fault.HALF_ANSWER, AgentLab.Fault.HALF_ANSWER);
        JsonNode result = lab.run("--agent-command", "echo seen >&2; exit 3");
        assertEquals("the agent ended with exit code 3: seen", result.path("reason").asString(""), result.toString());
        assertEquals(3, lab.shell.steps.stream().filter("size"::equals).count());
    }

    @Test
    void aSignalDuringAWriteIsACancelledRun() {
        Runnable output = () -> await(() -> !read(lab.runs().get(0).resolve("events.jsonl")).isEmpty());
        lab.shell.on("poll", AgentLab.Fault.after(output), AgentLab.Fault.after(() -> Thread.currentThread().interrupt()));
        JsonNode result = lab.run("--agent-command", "while :; do echo some output; sleep 0.05; done");
        assertEquals(130, result.path("exitCode").asInt(0), result.toString());
        assertNothingRuns();
    }

    @Test
    void aSignalWhileItsOutputIsFetchedIsACancelledRunToo() {
        lab.shell.on("size", AgentLab.Fault.after(() -> Thread.currentThread().interrupt()));
        assertEquals(130, lab.run("--agent-command", good).path("exitCode").asInt(0));
    }

    @Test
    void anAgentThatIsKilledFailed() {
        JsonNode result = lab.run("--agent-command", "kill -9 $$");
        assertEquals(20, result.path("exitCode").asInt(0));
        assertEquals("the agent ended with exit code 137", result.path("reason").asString(""));
    }

    @Test
    void theTimeLimitEndsTheAgentAndAllItStartedAndKeepsTheTranscript() {
        JsonNode result = lab.run("--agent-timeout", "2s", "--agent-command",
            "echo working; (setsid sleep 77 &) ; trap '' TERM; while :; do sleep 1; done");
        assertEquals(21, result.path("exitCode").asInt(0), result.toString());
        assertEquals("time-limit", result.path("status").asString(""));
        assertEquals("time", result.path("limit").asString(""));
        assertEquals("working", result.path("finalMessage").asString(""));
        assertNothingRuns();
    }

    @Test
    void theIdleLimitEndsAnAgentThatSaysNothing() {
        JsonNode result = lab.run("--idle-timeout", "2s", "--agent-command", "echo hello; sleep 60");
        assertEquals("idle-limit", result.path("status").asString(""), result.toString());
        assertEquals("idle", result.path("limit").asString(""));
        assertNothingRuns();
    }

    @Test
    void nobodyCountsTheTokensOfAnotherAgent() {
        var done = PromptLab.run(Map.of(), "--kind", "dev_issue", "--max-tokens", "5", "--agent-command", "true", "--dry-run");
        assertEquals("prompt_run: --max-tokens 5: nobody counts the tokens of an --agent-command\n", done.err());
        assertEquals(2, done.exit());
        assertEquals(2, PromptLab.run(Map.of(), "--kind", "dev_issue", "--max-tokens", "0", "--dry-run").exit());
    }

    @Test
    void theIdleLimitSparesAnAgentThatTalks() {
        JsonNode result = lab.run("--idle-timeout", "2s", "--agent-command", "for i in 1 2 3 4 5; do echo $i; sleep 1; done");
        assertEquals("succeeded", result.path("status").asString(""), result.toString());
    }

    @Test
    void aLostCallerIsNoticedByThePod() {
        lab.shell.on("poll", AgentLab.Fault.CUT_BEFORE.always());
        assertEquals(22, lab.run("--agent-lease", "2s", "--agent-command", "sleep 60").path("exitCode").asInt(0));
        assertNothingRuns();
        assertEquals("caller-gone", read(lab.runs().get(0).resolve("reason")).strip());
    }

    @Test
    void anAgentThatLeavesProcessesBehindLeavesNone() {
        assertEquals("succeeded", lab.run("--agent-command", "(setsid sleep 66 &); echo ok").path("status").asString(""));
        assertNothingRuns();
    }

    @Test
    void twoRunsInOnePlaceAreRefused() throws IOException {
        Path refusedOnce = Files.createTempDirectory("two-runs").resolve("refused");
        lab.shell.on("poll", AgentLab.Fault.after(() -> {
            try {
                var refused = org.junit.jupiter.api.Assertions.assertThrows(AssertionError.class, () -> second());
                assertTrue(refused.getMessage().contains("another agent is at work there: run-"), refused.getMessage());
                assertTrue(((prompt_run.NoPlace) refused.getCause()).last(), "a second agent would start elsewhere, on the same branch");
            } finally {
                touch(refusedOnce);
            }
        }));
        assertEquals("succeeded", lab.run("--agent-command", "until [ -e " + refusedOnce + " ]; do sleep 0.1; done")
            .path("status").asString(""));
    }

    private static void touch(Path file) {
        try {
            Files.createFile(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void second() {
        lab.run("--agent-command", "echo second");
    }

    /** Both have looked around before either started. */
    @Test
    void ofTwoRunsThatStartAtOnceOneFindsNoPlace() throws Exception {
        var other = new java.util.concurrent.CompletableFuture<JsonNode>();
        lab.shell.on("put:agent.sh", AgentLab.Fault.after(() -> {
            new Thread(() -> other.complete(lab.run("--agent-command", good + "; sleep 4"))).start();
            await(() -> Files.exists(count));
        }));
        JsonNode late = lab.run("--agent-command", good);
        assertEquals(23, late.path("exitCode").asInt(0), late.toString());
        assertEquals("succeeded", other.get().path("status").asString(""));
        assertEquals(1, Files.readAllLines(count).size());
        assertEquals("succeeded", lab.run("--agent-command", "echo next").path("status").asString(""));
    }

    @Test
    void thePlaceOfAKilledRunIsFreeAgain() {
        lab.shell.on("poll", AgentLab.Fault.after(lab::killAll));
        lab.run("--agent-command", "sleep 60");
        assertEquals("succeeded", lab.run("--agent-command", good).path("status").asString(""));
    }

    @Test
    void theRunFolderIsTheUsersOwnAndOutsideTheWorkspace() throws IOException {
        lab.run("--agent-command", good);
        Path folder = lab.runs().get(0);
        assertEquals("rwx------", java.nio.file.attribute.PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)));
        assertFalse(folder.startsWith(lab.home.resolve("workspace")));
    }

    @Test
    void oldRunsArePrunedAndTheNewestKept() {
        for (int run = 0; run < 3; run++) {
            lab.run("--agent-command", good);
        }
        assertEquals(3, lab.runs().size());
    }

    @Test
    void secretsReachTheAgentByFileAndTheFileIsGoneWhenItRuns() throws IOException {
        lab.caller("DEPLOY_TOKEN", "geheim-geheim-1");
        JsonNode result = lab.run("--agent-env", "DEPLOY_TOKEN", "--artifacts", lab.home.resolve("artifacts").toString(),
            "--agent-command", "echo token $DEPLOY_TOKEN; ls " + lab.home + "/.agent-runs/run-*; echo $DEPLOY_TOKEN | wc -c");
        assertTrue(result.path("finalMessage").asString("").contains("token [REDACTED:DEPLOY_TOKEN]"), result.toString());
        assertFalse(result.path("finalMessage").asString("").contains("env.sh"), result.toString());
        assertTrue(result.path("finalMessage").asString("").endsWith("16"), result.toString());
        assertFalse(Files.readString(lab.home.resolve("artifacts/events.jsonl")).contains("geheim"));
        assertFalse(lab.err.toString().contains("geheim"));
    }

    @Test
    void aRunThatNeverBeganLeavesNoSecretInThePod() {
        lab.caller("DEPLOY_TOKEN", "geheim-geheim-1");
        lab.shell.on("put:agent.sh", AgentLab.Fault.HALF_UPLOAD.always());
        assertEquals(22, lab.run("--agent-env", "DEPLOY_TOKEN", "--agent-command", good).path("exitCode").asInt(0));
        assertEquals(List.of(), lab.runs());
    }

    @Test
    void theAgentCannotIssueWorkflowCommands() {
        lab.run("--agent-command", "printf '::error::x\\n  ::add-mask::y\\r::warning::z\\033[2J\\n##[error]w\\n'");
        List<String> said = lab.err.toString().lines().filter(line -> line.contains("::") || line.contains("##")).toList();
        assertEquals(List.of("agent | ::error::x", "agent |   ::add-mask::y", "agent | ::warning::z[2J", "agent | ## [error]w"), said);
    }

    private void assertNothingRuns() {
        await(() -> lab.processes() == 0);
        assertEquals(0, lab.processes());
    }

    private static AgentLab.Fault fault(String name) {
        return switch (name) {
            case "CUT_BEFORE" -> AgentLab.Fault.CUT_BEFORE;
            case "CUT_AFTER" -> AgentLab.Fault.CUT_AFTER;
            case "NO_CODE" -> AgentLab.Fault.NO_CODE;
            case "MINUS_ONE" -> AgentLab.Fault.MINUS_ONE;
            case "HALF_UPLOAD" -> AgentLab.Fault.HALF_UPLOAD;
            default -> AgentLab.Fault.HALF_ANSWER;
        };
    }

    private static void await(java.util.function.BooleanSupplier condition) {
        for (int tries = 0; tries < 300 && !condition.getAsBoolean(); tries++) {
            sleep(100);
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
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
