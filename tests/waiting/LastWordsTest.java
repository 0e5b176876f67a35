import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

/** What a Job's pod said is known though its controller has taken it away. */
@Execution(ExecutionMode.SAME_THREAD) // who reads logs is known by the name of its thread
class LastWordsTest {
    private static final String JOB = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: migrate}
        spec: {backoffLimit: 1, template: {spec: {restartPolicy: OnFailure, containers: [{name: app, image: a}]}}}
        status: %s
        """;
    private static final String FAILED =
        "{failed: 1, conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded, message: at its limit}]}";

    @TempDir
    Path folder;
    private EmbeddedApi server;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void pod(String name, String policy) {
        var job = server.putYaml("shop", JOB.formatted("{active: 1}")).get(0).at("/metadata/uid").asString("");
        server.putYaml("shop", """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: migrate, uid: %s, controller: true}]}
            spec: {nodeName: n, restartPolicy: %s, containers: [{name: app, image: a}]}
            status:
              phase: Running
              conditions: [{type: Ready, status: "False"}]
              containerStatuses: [{name: app, ready: false, restartCount: 1, state: {waiting: {reason: CrashLoopBackOff}},
                  lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: "2026-01-01T10:00:00Z"}}}]
            """.formatted(name, job, policy));
    }

    /** The causes when the pod goes and the Job fails while the wait looks, each with its lines. */
    private String causes(Runnable end, Map<String, String> secrets) throws Exception {
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(server.kubeconfig(folder), null), Duration.ofSeconds(5))) {
            var waiting = new ensure_ready.SoftWait(api, "shop", ensure_ready.Applying.over(List.of(), false),
                new ensure_ready.WaitSettings("codex", false, false, true, null), j -> { });
            var ended = CompletableFuture.supplyAsync(() -> waiting.run(ensure_ready.Deadline.in(Duration.ofSeconds(30))));
            WatchTest.until("the log is read", () -> server.requests("get", "pods/log") > 0 || !waiting.last().workloads().isEmpty()
                && server.list("pods", "shop").stream().allMatch(p -> p.at("/metadata").has("deletionTimestamp")));
            end.run();
            var judgement = ended.get();
            assertFalse(judgement.ready());
            var full = ensure_ready.Collect.more(api, judgement.snapshot(), judgement.workloads(), secrets, Duration.ofSeconds(5));
            return ensure_ready.Diagnosis.explain(full.snapshot(), judgement.workloads(), "codex").causes().stream()
                .map(c -> c.code() + " " + c.object() + (c.logExcerpt() == null ? "" : " " + c.logExcerpt().lines())).toList().toString();
        }
    }

    private void failsAndTakesAway(String pod) {
        server.delete("pods", "shop", pod);
        server.putYaml("shop", JOB.formatted(FAILED));
    }

    private static void soon(String what, BooleanSupplier condition) {
        try {
            WatchTest.until(what, condition);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Who reads logs has ended. */
    private void heard() {
        soon("a log is asked for", () -> server.requests("get", "pods/log") > 0);
        soon("it is read", () -> Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().equals("last-words")));
    }

    private void hold(String pod) {
        server.edit("pods", "shop", pod, p -> p.withObject("/metadata").putArray("finalizers").add("batch.kubernetes.io/job-tracking"));
    }

    @Test
    void whatItSaidAtItsLimitIsToldMasked() throws Exception {
        pod("migrate-x", "OnFailure");
        server.log("shop", "migrate-x", "app", true, "FATAL: password authentication failed for user shop with plum-tree-77\n");
        assertEquals("[CRASH_AUTH_FAILED Job/migrate [FATAL: password authentication failed for user shop with "
            + "[REDACTED:secret/db#password]]]",
            causes(() -> failsAndTakesAway("migrate-x"), Map.of("db#password", "plum-tree-77")));
    }

    @Test
    void aPodThatIsBeingTakenAwayIsToldToo() throws Exception {
        pod("migrate-z", "OnFailure");
        server.log("shop", "migrate-z", "app", true, "FATAL: password authentication failed for user shop\n");
        hold("migrate-z");
        assertEquals("[CRASH_AUTH_FAILED Job/migrate [FATAL: password authentication failed for user shop]]", causes(() -> {
            server.delete("pods", "shop", "migrate-z");
            server.putYaml("shop", JOB.formatted(FAILED.replace("type: Failed", "type: FailureTarget")));
        }, Map.of()));
    }

    @Test
    void aPodThatIsSeenOnlyWhileItIsTakenAwayIsToldToo() throws Exception {
        pod("migrate-v", "OnFailure");
        server.log("shop", "migrate-v", "app", true, "FATAL: password authentication failed for user shop\n");
        hold("migrate-v");
        server.delete("pods", "shop", "migrate-v");
        assertEquals("[CRASH_AUTH_FAILED Job/migrate [FATAL: password authentication failed for user shop]]", causes(() -> {
            heard();
            server.edit("pods", "shop", "migrate-v", p -> p.withObject("/metadata").remove("finalizers"));
            server.putYaml("shop", JOB.formatted(FAILED));
        }, Map.of()));
    }

    @Test
    void aPodThatRunsAgainWhenItIsTakenAwayIsToldToo() throws Exception {
        pod("migrate-w", "OnFailure");
        server.edit("pods", "shop", "migrate-w", p -> {
            ((ObjectNode) p.at("/status/conditions/0")).put("status", "True");
            ((ObjectNode) p.at("/status/containerStatuses/0")).put("ready", true).putObject("state")
                .putObject("running").put("startedAt", "2026-01-01T10:00:01Z");
        });
        server.log("shop", "migrate-w", "app", true, "FATAL: password authentication failed for user shop\n");
        assertEquals("[CRASH_AUTH_FAILED Job/migrate [FATAL: password authentication failed for user shop]]",
            causes(() -> failsAndTakesAway("migrate-w"), Map.of()));
    }

    @Test
    void whatEndsAPodThatIsTakenAwayIsNoFaultOfIts() throws Exception {
        pod("migrate-u", "OnFailure");
        hold("migrate-u");
        server.edit("pods", "shop", "migrate-u", p -> {
            var container = (ObjectNode) p.at("/status/containerStatuses/0");
            container.set("state", container.remove("lastState"));
        });
        server.log("shop", "migrate-u", "app", false, "FATAL: terminating connection\n");
        server.delete("pods", "shop", "migrate-u");
        assertEquals("[JOB_FAILED Job/migrate]", causes(() -> {
            server.edit("pods", "shop", "migrate-u", p -> p.withObject("/metadata").remove("finalizers"));
            server.putYaml("shop", JOB.formatted(FAILED));
        }, Map.of()));
    }

    @ParameterizedTest
    @CsvSource({"'{activeDeadlineSeconds: 5, ', [JOB_FAILED Job/migrate [waits for the schema]]", "{, [JOB_FAILED Job/migrate]"})
    void whatAPodSaysThatRunsWhenItsJobsTimeIsUpIsToldUntilItIsGone(String spec, String told) throws Exception {
        pod("migrate-s", "Never");
        server.putYaml("shop", JOB.formatted("{active: 1}").replace("spec: {backoff", "spec: " + spec + "backoff"));
        server.edit("pods", "shop", "migrate-s", p -> {
            ((ObjectNode) p.at("/status/conditions/0")).put("status", "True");
            var container = (ObjectNode) p.at("/status/containerStatuses/0");
            container.put("ready", true).put("restartCount", 0).putObject("state").putObject("running");
            container.remove("lastState");
        });
        server.log("shop", "migrate-s", "app", false, "waits for the schema\n");
        server.log("shop", "migrate-s", "app", true, "an earlier run\n");
        hold("migrate-s");
        server.delete("pods", "shop", "migrate-s");
        assertEquals(told, causes(() -> {
            if (told.contains("waits")) {
                heard();
            }
            server.edit("pods", "shop", "migrate-s", p -> p.withObject("/metadata").remove("finalizers"));
            server.putYaml("shop", JOB.formatted(FAILED.replace("BackoffLimitExceeded", "DeadlineExceeded")));
        }, Map.of()));
    }

    @Test
    void aLogThatIsNotThereAtOnceIsAskedForAgain() throws Exception {
        pod("migrate-t", "OnFailure");
        assertEquals("[CRASH_AUTH_FAILED Job/migrate [FATAL: password authentication failed for user shop]]", causes(() -> {
            soon("both logs are asked for", () -> server.requests("get", "pods/log") > 1);
            server.log("shop", "migrate-t", "app", false, "FATAL: password authentication failed for user shop\n");
            heard();
            failsAndTakesAway("migrate-t");
        }, Map.of()));
    }

    @Test
    void withoutAWordTheJobAloneIsTold() throws Exception {
        server.putYaml("shop", JOB.formatted("{active: 1}"));
        assertEquals("[JOB_FAILED Job/migrate]", causes(() -> server.putYaml("shop", JOB.formatted(FAILED)), Map.of()));
    }

    @Test
    void aPodThatStaysIsReadWhereItIs() throws Exception {
        pod("migrate-y", "OnFailure");
        server.log("shop", "migrate-y", "app", true, "FATAL: password authentication failed for user shop\n");
        assertEquals("[CRASH_AUTH_FAILED Job/migrate [FATAL: password authentication failed for user shop]]",
            causes(() -> server.putYaml("shop", JOB.formatted(FAILED)), Map.of()));
    }
}
