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

    private static List<String> waitsFor(String command, String env) {
        var spec = "initContainers: [{name: w, image: a, env: [" + env + "], command: [sh, -c], args: [" + Scene.quoted(command) + "]}]";
        return ensure_ready.Findings.of(new Scene().deploy("web", spec, Scene.initRunning("w")).snapshot()).stream()
            .flatMap(f -> f.wants().waitsFor().stream()).map(ensure_ready.Address::toString).toList();
    }

    @Test
    void whomACommandWaitsForIsReadWithItsVariablesAndOnce() {
        assertEquals(List.of("db:5432"), waitsFor("nslookup db; nc -z db 5432", ""));
        assertEquals(List.of("db"), waitsFor("nslookup db", ""));
        assertEquals(List.of("db:5432", "cache"), waitsFor("nc -z db 5432; nslookup cache", ""));
        assertEquals(List.of("db:1", "db:2"), waitsFor("nc -z db 1; nc -z db 2", ""));
        assertEquals(List.of(), waitsFor("nc -z localhost 5432; nc -z 127.0.0.1 1", ""));
        var env = "{name: H, value: db}, {name: P, value: '5432'}";
        for (var text : List.of("nc -z $H $P", "nc -z ${H} ${P:-1}", "nc -z $(H) $(P)")) {
            assertEquals(List.of("db:5432"), waitsFor(text, env), text);
        }
        assertEquals(List.of(), waitsFor("nc -z $X $Y", env));
    }

    private static ensure_ready.Obj service(String spec) {
        return new Scene().add("kind: Service\nmetadata: {name: s}\nspec: {" + spec + "}").snapshot().all("Service").get(0);
    }

    @Test
    void aServiceServesItsPortsAndAHeadlessOneThoseOfItsPods() {
        var ports = "ports: [{port: 80, targetPort: 8080, nodePort: 30080}, {port: 81}]";
        for (var port : List.of("80", "81", "30080")) {
            assertTrue(ensure_ready.Ports.serves(service(ports), port), port);
        }
        assertFalse(ensure_ready.Ports.serves(service(ports), "8080"));
        assertTrue(ensure_ready.Ports.serves(service("clusterIP: None, " + ports), "8080"));
        assertFalse(ensure_ready.Ports.serves(service("clusterIP: None, " + ports), "82"));
        assertTrue(ensure_ready.Ports.serves(service("type: ExternalName, " + ports), "82"));
        assertTrue(ensure_ready.Ports.serves(service(""), "82"), "cannot be told");
        assertEquals("80,81", ensure_ready.Ports.served(service(ports)));
    }

    @Test
    void aPortIsKnownByItsNumberItsNameAndItsProbe() {
        var spec = new Scene().pod("p", "", "p", "containers: [{name: a, image: a, ports: [{containerPort: 80, name: http}, "
            + "{containerPort: 81}], readinessProbe: {tcpSocket: {port: 82}}}, {name: b, image: a, readinessProbe: {grpc: {port: 83}}}]",
            "phase: Running").snapshot().all("Pod").get(0).at("/spec");
        assertEquals(List.of("80", "http", "81", "82"), List.copyOf(ensure_ready.Ports.open(spec)));
        var service = service("ports: [{port: 1, targetPort: http}, {port: 2, targetPort: 81}, {port: 3, targetPort: 9}]");
        assertEquals(List.of("http", "80"), List.copyOf(ensure_ready.Ports.behind(service, "1", spec)));
        assertEquals(List.of("81"), List.copyOf(ensure_ready.Ports.behind(service, "2", spec)));
        assertEquals(List.of("http", "81", "9", "80"), List.copyOf(ensure_ready.Ports.behind(service, "", spec)));
    }

    @Test
    void whatIsTakenAwayAndStaysIsToldAfterTwoMinutes() {
        var object = "kind: ConfigMap\nmetadata: {name: a, deletionTimestamp: '%s', finalizers: [x/y, z]}";
        assertEquals(List.of(), new Scene().add(object.formatted("2026-01-01T09:58:00Z")).findings());
        assertEquals("""
            OBJECT_STUCK_TERMINATING ConfigMap/a OBSERVED {finalizers=x/y, z}
              spec cm/a/metadata.finalizers : x/y, z
            """, new Scene().add(object.formatted("2026-01-01T09:57:59Z")).told());
        assertEquals(List.of(), new Scene().add(object.formatted("2026-01-01T09:57:59Z").replace("x/y, z", "")).findings());
        var pod = "kind: Pod\nmetadata: {name: a, deletionTimestamp: '2026-01-01T09:57:59Z'}\n"
            + "spec: {nodeName: n}\nstatus: {phase: Running%s}";
        assertEquals("""
            OBJECT_STUCK_TERMINATING Pod/a OBSERVED {finalizers=}
              spec pod/a/metadata.deletionTimestamp : 2026-01-01T09:57:59Z
            """, new Scene().add(pod.formatted("")).told());
        assertEquals("""
            NODE_NOT_READY Node/n OBSERVED {}
              status pod/a/status.reason NodeLost: gone
            """, new Scene().add(pod.formatted(", reason: NodeLost, message: gone")).told());
    }
}
