import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which run's log is read of a container that was started again. */
class LogChoiceTest {
    @TempDir
    Path folder;

    @Test
    void theLogOfAContainerIsThatOfItsFailedRunUntilItHasRunForLong() {
        try (var server = new EmbeddedApi()) {
            server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
            pod(server, "short", 60);
            pod(server, "long", 660);
            assertEquals(Map.of("short/app", "the run before", "long/app", "this run"), logs(server));
        }
    }

    private static void pod(EmbeddedApi server, String name, long seconds) {
        var started = Instant.now().minusSeconds(seconds);
        server.putYaml("shop", """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s}
            spec: {nodeName: n, containers: [{name: app, image: a}]}
            status:
              phase: Running
              conditions: [{type: Ready, status: "False"}]
              containerStatuses: [{name: app, ready: false, restartCount: 1, state: {running: {startedAt: "%s"}},
                  lastState: {terminated: {exitCode: 1, startedAt: "%s", finishedAt: "%2$s"}}}]
            """.formatted(name, started, started.minusSeconds(5)));
        server.log("shop", name, "app", true, "the run before\n");
        server.log("shop", name, "app", false, "this run\n");
    }

    private Map<String, String> logs(EmbeddedApi server) {
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(server.kubeconfig(folder), null), Duration.ofSeconds(5))) {
            var judgement = new ensure_ready.SoftWait(api, "shop", ensure_ready.Applying.over(List.of(), false),
                new ensure_ready.WaitSettings("codex", false, false, true, null), j -> { }).once();
            var full = ensure_ready.Collect.more(api, judgement.snapshot(), judgement.workloads(), Map.of(), Duration.ofSeconds(5));
            return full.snapshot().logs().values().stream()
                .collect(Collectors.toMap(l -> l.pod() + "/" + l.container(), l -> String.join("", l.lines())));
        }
    }
}
