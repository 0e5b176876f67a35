import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An API server that goes away in the middle of an agent's run, on a cluster of this test's own. */
@Tag("cluster")
class AgentOutageTest {
    /** Seconds; {@code AGENT_OUTAGE=60} tries the full minute. */
    private static final int AWAY = Integer.parseInt(System.getenv().getOrDefault("AGENT_OUTAGE", "12"));
    private static LocalCluster cluster;
    private static final Deque<String> NAMESPACES = new ArrayDeque<>();
    @TempDir Path folder;

    @BeforeAll
    static void aClusterOfItsOwn() {
        cluster = LocalCluster.start();
        for (int test = 0; test < 3; test++) {
            NAMESPACES.add(codex());
        }
    }

    @AfterAll
    static void itEnds() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void aRunOutlivesTheApiServerAndEveryLineArrivesOnce() throws Exception {
        String namespace = NAMESPACES.remove();
        var running = start(namespace, "--agent-command", "for i in $(seq 1 %d); do echo line $i; sleep 0.5; done; exit 4".formatted(2 * AWAY + 20), "--artifacts", folder.toString());
        Thread.sleep(5000);
        cluster.restartApiServer(Duration.ofSeconds(AWAY));
        var done = running.await();
        assertEquals(20, done.exit(), done.toString());
        assertTrue(done.out().contains("exit code 4"), done.toString());
        List<String> lines = new ArrayList<>();
        for (int i = 1; i <= 2 * AWAY + 20; i++) {
            lines.add("line " + i);
        }
        assertEquals(lines, Files.readAllLines(folder.resolve("events.jsonl")));
    }

    @Test
    void anAgentThatEndsWhileTheApiServerIsAwayHasItsVerdictAfterwardsAndItsWorkComesBack() throws Exception {
        String namespace = NAMESPACES.remove();
        var made = Cli.program("sh", "-ec", "git init -q -b main tree; cd tree; echo a >a; git add a; git -c user.name=me -c user.email=me@x commit -qm first").in(folder).run();
        assertEquals(0, made.exit(), made.toString());
        var running = start(namespace, "--agent-command", "echo begun; sleep 7; echo work >work", "--source", folder.resolve("tree").toString(), "--bring-back");
        await(cluster.dir(), "started");
        cluster.restartApiServer(Duration.ofSeconds(AWAY));
        var done = running.await();
        assertEquals(0, done.exit(), done.toString());
        JsonNode result = new ObjectMapper().readTree(done.out());
        assertEquals("brought", result.path("broughtBack").path("state").asText(), done.toString());
        assertEquals("work\n", Files.readString(folder.resolve("tree/work")));
    }

    @Test
    void anApiServerThatIsAwayAtTheBeginningIsWaitedFor() throws Exception {
        String namespace = NAMESPACES.remove();
        cluster.stopApiServer();
        var running = start(namespace, "--agent-command", "echo at last");
        Thread.sleep(AWAY * 1000L);
        cluster.startApiServer();
        var done = running.await();
        assertEquals(0, done.exit(), done.toString());
    }

    private static void await(Path dir, String file) throws IOException, InterruptedException {
        for (int tries = 0; tries < 300; tries++) {
            try (var files = Files.walk(dir.resolve("rooms"))) {
                if (files.anyMatch(path -> path.getFileName().toString().equals(file))) {
                    return;
                }
            } catch (java.io.UncheckedIOException changing) {
                // a file went away while the folder was read
            }
            Thread.sleep(100);
        }
        throw new AssertionError("waited in vain for " + file);
    }

    private static String codex() {
        String namespace = cluster.newNamespace("outage");
        cluster.client().load(new ByteArrayInputStream("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: codex}
            spec:
              selector: {matchLabels: {app: codex}}
              template:
                metadata: {labels: {app: codex}}
                spec: {containers: [{name: codex, image: "codex:1"}]}
            """.getBytes(StandardCharsets.UTF_8))).inNamespace(namespace).create();
        cluster.client().apps().deployments().inNamespace(namespace).withName("codex").waitUntilCondition(it -> it.getStatus().getAvailableReplicas() != null, 60, TimeUnit.SECONDS);
        return namespace;
    }

    private static Cli.Running start(String namespace, String... args) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            "-Xlog:disable", "-cp", System.getProperty("java.class.path"), "prompt_run", "--kind", "dev_issue", "--issue", "7", "--output", "json", "-v", "-n", namespace,
            "--kubeconfig", cluster.kubeconfig().toString()));
        command.addAll(List.of(args));
        return Cli.program(command.toArray(String[]::new)).timeout(Duration.ofMinutes(5)).start();
    }
}
