//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What logs, commands and probes' events tell: which line counts, what is shown of it, and whom a container waits for. */
class TextFindingsTest {
    private static final String REFUSED = "dial tcp 10.0.0.9:5432: connect: connection refused";

    private static ensure_ready.Log log(String... lines) {
        return new ensure_ready.Log("web", "web", false, List.of(lines));
    }

    /** Numbered lines that say nothing. */
    private static Stream<String> lines(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(i -> "line " + i);
    }

    @Test
    void anErrorOfItsOwnCountsOnlyAfterTheLastLineThatIsKnown() {
        assertTrue(ensure_ready.LogReading.ownErrorLater(log(REFUSED, "TypeError: x is undefined")));
        assertTrue(ensure_ready.LogReading.ownErrorLater(log("panic: nil map", "frame")), "also in the first line");
        assertFalse(ensure_ready.LogReading.ownErrorLater(log("panic: nil map", REFUSED, "bye")));
        assertFalse(ensure_ready.LogReading.ownErrorLater(log("all is well")));
        assertFalse(ensure_ready.LogReading.ownErrorLater(null));
    }

    @Test
    void aroundStandsWhatIsTwoLinesNear() {
        var all = Stream.of(lines(1, 3), Stream.of(REFUSED), lines(4, 6)).flatMap(s -> s).toList();
        assertEquals(List.of("line 5", "line 4", REFUSED, "line 3", "line 2"), ensure_ready.LogReading.around(all));
        assertEquals(List.of(REFUSED), ensure_ready.LogReading.around(List.of(REFUSED)));
        assertEquals(List.of(), ensure_ready.LogReading.around(List.of("DB_URL is required", "line 1")));
    }

    @Test
    void anExcerptShowsTheFirstErrorWithItsNeighboursAndTheEnd() {
        var all = Stream.of(lines(1, 9), Stream.of("ERROR: it broke"), lines(11, 49), Stream.of("ERROR: again"), lines(51, 80))
            .flatMap(s -> s).toList();
        var shown = Stream.of(lines(7, 9), Stream.of("ERROR: it broke"), lines(11, 18), lines(66, 80)).flatMap(s -> s).toList();
        assertEquals(shown, ensure_ready.LogReading.excerpt(all));
        assertEquals(lines(16, 30).toList(), ensure_ready.LogReading.excerpt(lines(1, 30).toList()));
        assertEquals(lines(1, 3).toList(), ensure_ready.LogReading.excerpt(lines(1, 3).toList()));
    }

    @Test
    void anExcerptShowsWhatCausedTheErrorAndStaysBelowFortyLines() {
        var cause = lines(1, 60).map(l -> l.matches("line (2|3|30)") ? "  Caused by: " + l : l.equals("line 5") ? "ERROR" : l).toList();
        var shown = ensure_ready.LogReading.excerpt(cause);
        assertTrue(shown.contains("  Caused by: line 30") && shown.contains("  Caused by: line 2"), shown::toString);
        assertFalse(shown.contains("line 29"), shown::toString);
        var many = Stream.concat(Stream.of("ERROR"), lines(1, 60).map(l -> "Caused by: " + l)).toList();
        assertEquals(40, ensure_ready.LogReading.excerpt(many).size());
        assertEquals("Caused by: line 24", ensure_ready.LogReading.excerpt(many).get(24));
        assertEquals("Caused by: line 46", ensure_ready.LogReading.excerpt(many).get(25));
    }

    @Test
    void equalLinesAreFoldedAndDifferentOnesAreNot() {
        assertEquals(List.of("a (x3)", "b", "a", "c (x2)"), ensure_ready.LogReading.excerpt(List.of("a", "a", "a", "b", "a", "c", "c")));
    }

    private static Scene probed(String probe, int restarts, int exit) {
        var status = Scene.crashed("web", exit, "Error").replace("restartCount: 5", "restartCount: " + restarts);
        return new Scene().deploy("web", "containers: [{name: web, image: a, " + probe + "}]", status);
    }

    @Test
    void aProbeKillsWhenItsThresholdIsReachedThoughNoEventSaysSo() {
        var probe = "%sProbe: {httpGet: {path: /, port: 80}, failureThreshold: 5}";
        for (var kind : List.of("Liveness", "Startup")) {
            var field = probe.formatted(kind.toLowerCase());
            var code = "PROBE_" + kind.toUpperCase() + "_FAILING Deployment/web";
            assertEquals(List.of(code), probed(field, 1, 2).event("Pod/web-1-a", "Unhealthy", 5, kind + " probe failed: x").findings());
            assertEquals(List.of("CRASH_APP_ERROR Deployment/web"),
                probed(field, 1, 2).event("Pod/web-1-a", "Unhealthy", 4, kind + " probe failed: x").findings());
            assertEquals(List.of("CRASH_APP_ERROR Deployment/web"),
                probed(field, 0, 2).event("Pod/web-1-a", "Unhealthy", 5, kind + " probe failed: x").findings());
            assertEquals(List.of(code), probed(field.replace(", failureThreshold: 5", ""), 1, 2)
                .event("Pod/web-1-a", "Unhealthy", 3, "(combined from similar events): " + kind + " probe failed: x").findings());
        }
    }

    @Test
    void onlyTheKillOfThisContainerByAProbeCounts() {
        var probe = "livenessProbe: {httpGet: {path: /, port: 80}}";
        assertEquals(List.of("PROBE_LIVENESS_FAILING Deployment/web"), probed(probe, 3, 2).event("Pod/web-1-a", "Killing", 1,
            "Container web failed liveness probe, will be restarted", "other").findings(), "by its message");
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), probed(probe, 3, 2).event("Pod/web-1-a", "Killing", 1,
            "Container proxy failed liveness probe, will be restarted", "proxy").findings());
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), probed(probe, 3, 2).event("Pod/web-1-a", "Killing", 1,
            "Stopping container web", "web").findings());
        assertEquals(List.of("PROBE_STARTUP_FAILING Deployment/web"), probed(probe, 3, 2)
            .event("Pod/web-1-a", "Killing", 1, "Container web failed liveness probe, will be restarted", "web")
            .event("Pod/web-1-a", "Killing", 1, "Container web failed startup probe, will be restarted", "web").findings(), "the newest");
    }

    private static List<String> asked(String ports, String probe, String message, String service) {
        return new Scene().deploy("web", "containers: [{name: web, image: a, ports: [" + ports + "], readinessProbe: {" + probe + "}}]",
            Scene.unreadyRunning("web")).add("kind: Service\nmetadata: {name: web}\nspec: {" + service + "}")
            .event("Pod/web-1-a", "Unhealthy", 3, "Readiness probe failed: " + message, "web").findings();
    }

    @Test
    void aProbeThatIsRefusedAtAPortThatNobodyNamesIsMistaken() {
        var refused = "dial tcp 10.0.0.7:81: connect: connection refused";
        var wrong = List.of("PROBE_PORT_MISMATCH Deployment/web");
        var right = List.of("PROBE_READINESS_FAILING Deployment/web");
        var none = "selector: {app: other}, ports: [{port: 80}]";
        assertEquals(wrong, asked("{containerPort: 80}", "tcpSocket: {port: 81}", refused, none));
        assertEquals(right, asked("{containerPort: 81}", "tcpSocket: {port: 81}", refused, none));
        assertEquals(right, asked("{containerPort: 80}", "tcpSocket: {port: 81}", "timeout", none));
        assertEquals(right, asked("", "tcpSocket: {port: 81}", refused, none), "nobody says where it listens");
        assertEquals(wrong, asked("", "tcpSocket: {port: 81}", refused, "selector: {app: web}, ports: [{port: 80}]"));
        assertEquals(right, asked("", "tcpSocket: {port: 81}", refused, "selector: {app: web}, ports: [{port: 80, targetPort: 81}]"));
        assertEquals(right, asked("", "tcpSocket: {port: 81}", refused, "ports: [{port: 80}]"), "a Service that selects nothing");
        assertEquals(wrong, asked("{containerPort: 80}", "grpc: {port: 81}", "connection refused", none));
        assertEquals(wrong, asked("{containerPort: 80, name: http}", "httpGet: {port: web}", "", none));
        assertEquals(right, asked("{containerPort: 81, name: http}", "httpGet: {port: http}", refused, none));
        assertEquals(wrong, asked("{containerPort: 80}", "exec: {command: [a]}", refused, none));
        assertEquals(right, asked("{containerPort: 80}", "exec: {command: [a]}", "connection refused", none));
    }

    @Test
    void theNewestAnswerOfAProbeCounts() {
        var scene = new Scene().deploy("web", "containers: [{name: web, image: a, readinessProbe: {httpGet: {path: /, port: 80}}}]",
            Scene.unreadyRunning("web")).event("Pod/web-1-a", "Unhealthy", 3, "Readiness probe failed: statuscode: 404", "web");
        assertEquals(List.of("PROBE_PATH_NOT_FOUND Deployment/web"), scene.findings());
        scene.event("Pod/web-1-a", "Unhealthy", 3, "Readiness probe failed: timeout", "web");
        assertEquals(List.of("PROBE_READINESS_FAILING Deployment/web"), scene.findings());
    }
}
