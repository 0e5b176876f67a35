import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** What one object's failed apply does to the others: nothing is hidden, and nobody waits for what cannot come. */
class BesideTest {
    private static final String WIDGET = "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\n---\n";
    private static final String POD =
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {nodeName: n, containers: [{name: web, image: 'web:nope'}]}\n";
    @TempDir
    Path folder;
    private final EmbeddedApi server = new EmbeddedApi();

    @BeforeEach
    void namespace() {
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: x}}");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aKindThatNobodyKnowsHidesNoOtherCauseAndIsNotWaitedForOnceTheRestIsKnown() throws Exception {
        var running = start(WIDGET + POD, "--wait-timeout", "10m");
        WatchTest.until("the pod is applied though the widget is still tried", () -> server.get("pods", "x", "web").isPresent());
        server.putYaml("x", POD + """
            status:
              phase: Pending
              conditions: [{type: PodScheduled, status: "True"}]
              containerStatuses: [{name: web, image: "web:nope", state: {waiting: {reason: ErrImagePull, message: "web:nope: not found"}}}]
            """);
        var json = json(running);
        assertEquals("[API_KIND_UNKNOWN, IMAGE_NOT_FOUND]", StreamSupport.stream(json.path("causes").spliterator(), false)
            .map(c -> c.path("code").asString("")).sorted().toList().toString(), json.toString());
        assertEquals("apply-failed", json.path("outcome").asString(""));
        assertTrue(json.path("certainAfterSeconds").isNumber(), json.toString());
        assertEquals("failed", json.at("/objects/0/result").asString(""), json.toString());
    }

    @Test
    void whatIsTriedToTheDeadlineIsToldAsFailedAndTheRestWasWatched() throws Exception {
        server.faults.fail("patch", "configmaps", 1000, 500, "failed calling webhook \"w\": no endpoints available");
        var json = json(start("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n" + POD, "--wait-timeout", "7s"));
        assertEquals("apply-failed", json.path("outcome").asString(""));
        assertTrue(json.path("workloads").toString().contains("\"name\":\"web\""), json.toString());
        assertFalse(json.path("infraReady").asBoolean(true));
        assertTrue(json.at("/objects/0/error").asString("").contains("no endpoints"), json.toString());
    }

    private CompletableFuture<Cli.Result> start(String yaml, String... more) throws IOException {
        var file = Files.writeString(folder.resolve("m.yaml"), yaml).toString();
        var args = java.util.stream.Stream.concat(java.util.stream.Stream.of("-n",
            "x", "-f", file, "--force-apply", "--wait-soft-fail", "--output", "json", "-q",
            "--kubeconfig", server.kubeconfig(folder).toString()),
            java.util.Arrays.stream(more)).toArray(String[]::new);
        return CompletableFuture.supplyAsync(() -> Cli.ensureReady(Map.of(), args), task -> new Thread(task).start());
    }

    private static JsonNode json(CompletableFuture<Cli.Result> running) {
        var result = running.orTimeout(2, TimeUnit.MINUTES).join();
        assertEquals(0, result.exit(), result.toString());
        return new ObjectMapper().readTree(result.out());
    }
}
