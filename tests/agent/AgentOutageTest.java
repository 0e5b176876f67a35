import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import tools.jackson.databind.ObjectMapper;
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

    @TempDir static Path folder;
    private static Cli.Result longRun;
    private static Cli.Result endedMeanwhile;
    private static Cli.Result begunMeanwhile;

    /** One outage for all: one run goes on through it, one ends in it, one begins in it. */
    @BeforeAll
    static void theApiServerGoesAwayAndComesBack() throws Exception {
        cluster = LocalCluster.start();
        String first = codex();
        String second = codex();
        String third = codex();
        var made = Cli.program("sh", "-ec",
            "git init -q -b main tree; cd tree; echo a >a; git add a; git -c user.name=me -c user.email=me@x commit -qm first")
            .in(folder).run();
        assertEquals(0, made.exit(), made.toString());
        var one = start(first, "--agent-command",
            "for i in $(seq 1 %d); do echo line $i; sleep 0.5; done; exit 4".formatted(2 * AWAY + 30), "--artifacts", folder.toString());
        var two = start(second, "--agent-command",
            "echo begun; while [ ! -e %s ]; do sleep 1; done; echo work >work".formatted(folder.resolve("go")),
            "--source", folder.resolve("tree").toString(), "--bring-back");
        await(cluster.dir().resolve("rooms/" + first));
        await(cluster.dir().resolve("rooms/" + second));
        cluster.stopApiServer();
        Files.writeString(folder.resolve("go"), "");
        var three = start(third, "--agent-command", "echo at last");
        Thread.sleep(AWAY * 1000L);
        cluster.startApiServer();
        longRun = one.await();
        endedMeanwhile = two.await();
        begunMeanwhile = three.await();
    }

    @AfterAll
    static void itEnds() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void aRunOutlivesItAndEveryLineArrivesOnce() throws IOException {
        assertEquals(20, longRun.exit(), longRun.toString());
        assertTrue(longRun.out().contains("exit code 4"), longRun.toString());
        List<String> lines = new ArrayList<>();
        for (int i = 1; i <= 2 * AWAY + 30; i++) {
            lines.add("line " + i);
        }
        assertEquals(lines, Files.readAllLines(folder.resolve("events.jsonl")));
    }

    @Test
    void anAgentThatEndedMeanwhileHasItsVerdictAfterwardsAndItsWorkComesBack() throws IOException {
        assertEquals(0, endedMeanwhile.exit(), endedMeanwhile.toString());
        assertEquals("brought", new ObjectMapper().readTree(endedMeanwhile.out())
            .path("broughtBack").path("state").asString(""), endedMeanwhile.toString());
        assertEquals("work\n", Files.readString(folder.resolve("tree/work")));
    }

    @Test
    void aRunThatBeginsWithoutAnApiServerWaitsForIt() {
        assertEquals(0, begunMeanwhile.exit(), begunMeanwhile.toString());
    }

    /** Until the agent of this namespace is at work. */
    private static void await(Path rooms) throws IOException, InterruptedException {
        for (int tries = 0; tries < 600; tries++) {
            try (var files = Files.walk(rooms)) {
                if (files.anyMatch(path -> path.getFileName().toString().equals("started"))) {
                    return;
                }
            } catch (IOException | java.io.UncheckedIOException changing) {
                // a folder is not there yet, or a file went away while it was read
            }
            Thread.sleep(100);
        }
        throw new AssertionError("no agent at work in " + rooms);
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
        cluster.client().apps().deployments().inNamespace(namespace).withName("codex")
            .waitUntilCondition(it -> it.getStatus().getAvailableReplicas() != null, 60, TimeUnit.SECONDS);
        return namespace;
    }

    private static Cli.Running start(String namespace, String... args) {
        List<String> command =
            new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
            .toString(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC",
            "-Xlog:disable", "-cp", System.getProperty("java.class.path"), "prompt_run",
                "--kind", "dev_issue", "--issue", "7", "--output", "json", "-v", "-n", namespace,
            "--kubeconfig", cluster.kubeconfig().toString()));
        command.addAll(List.of(args));
        return Cli.program(command.toArray(String[]::new)).timeout(Duration.ofMinutes(5)).start();
    }
}
