import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Watching and waiting through a server that restarts, forgets, refuses, throttles, or falls silent. */
class WatchTest {
    private static final ensure_ready.WaitSettings NAMESPACE = new ensure_ready.WaitSettings("codex", false, false, true, null);
    private static final String READY = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, generation: 1}
        spec: {replicas: 1, minReadySeconds: 1, progressDeadlineSeconds: 600, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}}}
        status:
          observedGeneration: 1
          replicas: 1
          updatedReplicas: 1
          readyReplicas: 1
          availableReplicas: 1
          conditions:
          - {type: Available, status: "True", reason: MinimumReplicasAvailable}
          - {type: Progressing, status: "True", reason: NewReplicaSetAvailable}
        """;

    @TempDir
    Path folder;
    private EmbeddedApi server;
    private ensure_ready.Api api;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
        api = new ensure_ready.Api(ensure_ready.Api.config(server.kubeconfig(folder), null, Duration.ofSeconds(5)), Duration.ofSeconds(5));
    }

    @AfterEach
    void stop() {
        api.close();
        server.close();
    }

    private ensure_ready.Waiting waiting() {
        return new ensure_ready.Waiting(api, "shop", List.of(), NAMESPACE, judgement -> { });
    }

    private CompletableFuture<ensure_ready.Judgement> inBackground(ensure_ready.Waiting waiting, int seconds) {
        return CompletableFuture.supplyAsync(() -> waiting.run(ensure_ready.Deadline.in(Duration.ofSeconds(seconds))));
    }

    static void until(String what, BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 600 && !condition.getAsBoolean(); i++) {
            Thread.sleep(50);
        }
        assertTrue(condition.getAsBoolean(), what);
    }

    @Test
    void aDeploymentThatIsReadyAndStaysSoEndsTheWait() {
        server.putYaml("shop", READY);
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(30)));
        assertEquals(ensure_ready.Outcome.ready, judgement.outcome());
        assertTrue(judgement.ready());
        assertEquals("deploy/web", judgement.workloads().get(0).ref());
    }

    @Test
    void anEmptyNamespaceProvesNothing() {
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(5)));
        assertEquals(ensure_ready.Outcome.timeout, judgement.outcome());
        assertFalse(judgement.ready());
        assertTrue(judgement.warnings().toString().contains("nothing is proven"), judgement.warnings().toString());
    }

    @Test
    void whatAppearsLaterIsWaitedFor() throws Exception {
        var waiting = waiting();
        var result = inBackground(waiting, 30);
        until("first judgement", () -> !waiting.last().snapshot().objects().isEmpty());
        server.putYaml("shop", READY);
        assertEquals(ensure_ready.Outcome.ready, result.get().outcome());
    }

    @Test
    void eachTypeIsListedAndWatchedOnceAndReadOnceMoreAtTheEnd() {
        server.putYaml("shop", READY);
        waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(30)));
        assertEquals(2, server.requests("list", "deployments"), server.requests().toString());
        assertEquals(1, server.requests("watch", "deployments"), server.requests().toString());
        assertEquals(0, server.requests("get", "*"), server.requests().toString());
    }

    @Test
    void aServerThatComesBackIsFollowedAgain() throws Exception {
        server.putYaml("shop", READY.replace("readyReplicas: 1", "readyReplicas: 0"));
        var waiting = waiting();
        var result = inBackground(waiting, 60);
        until("first judgement", () -> !waiting.last().workloads().isEmpty());
        server.down();
        Thread.sleep(3000);
        assertFalse(result.isDone(), "must go on while the server is away");
        server.up();
        server.putYaml("shop", READY);
        assertEquals(ensure_ready.Outcome.ready, result.get().outcome());
    }

    @Test
    void aServerThatStaysAwayIsToldAsSuchAndTheDeadlineHolds() throws Exception {
        server.down();
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(3)));
        assertEquals(ensure_ready.Outcome.no_cluster, judgement.outcome());
        assertFalse(judgement.ready());
    }

    @Test
    void aForgottenResourceVersionIsListedAnew() throws Exception {
        server.putYaml("shop", READY.replace("readyReplicas: 1", "readyReplicas: 0"));
        var waiting = waiting();
        var result = inBackground(waiting, 60);
        until("first judgement", () -> !waiting.last().workloads().isEmpty());
        server.down();
        server.putYaml("shop", READY);
        server.compact();
        server.up();
        assertEquals(ensure_ready.Outcome.ready, result.get().outcome());
    }
}
