import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Situations in which ensure_ready is known to be wrong, with what would be right. A test fails as soon as the product
 * is right: whoever mended it moves the situation to the class of its family.
 */
@Tag("cluster")
class RealNodeOpenFaultsTest {

    /** Seconds in which all of it could be certain; most of these never are. */
    private static final int LIMIT = 75;

    @TestFactory
    Stream<DynamicTest> everyOneIsStillOpen() {
        List<Situation> limited = openFaults().stream().map(each -> each.within(Math.min(each.seconds(), LIMIT))).toList();
        return RealNodeLab.tests(limited, (situation, result) -> assertNotEquals(situation.expected(), RealNodeLab.verdict(result),
            "this is right now: move \"" + situation.name() + "\" to the class of its family"));
    }

    private static List<Situation> openFaults() {
        return List.of(
            Situation.late("a sidecar's readiness probe is answered 500", "PROBE_READINESS_FAILING Deployment/api",
                RealNodeProbesTest.sidecar("""
                command: [lab, serve, --listen, ":9090"]
                readinessProbe: {httpGet: {path: /status/500, port: 9090}, periodSeconds: 1}
                """)).within(70),
            Situation.fails("an init container waits for a database that crashes", "CRASH_APP_ERROR Deployment/db",
                RealNodeProbesTest.init("command: [sh, -c, 'until curl -sf http://db/ok; do echo waiting for db; sleep 1; done']")
                + Stacks.service("db", "") + Stacks.app("db", "command: [sh, -c, 'echo Error: corrupt data file; exit 1']", "")),
            Situation.fails("pods are evicted one after the other: a volume is full", "EVICTED_EPHEMERAL_STORAGE Deployment/api",
                Stacks.app("api", """
                command: [sh, -c, 'sleep 2; dd if=/dev/zero of=/data/x bs=1M count=64; exec lab serve']
                readinessProbe: {exec: {command: [test, -e, /ready]}, periodSeconds: 1}
                volumeMounts: [{name: data, mountPath: /data}]
                """, "volumes: [{name: data, emptyDir: {sizeLimit: 8Mi}}]")),
            Situation.fails("pods are evicted one after the other: a container's limit", "EVICTED_EPHEMERAL_STORAGE Deployment/api",
                Stacks.app("""
                command: [sh, -c, 'sleep 2; dd if=/dev/zero of=/tmp/x bs=1M count=64; exec lab serve']
                readinessProbe: {exec: {command: [test, -e, /ready]}, periodSeconds: 1}
                resources: {limits: {ephemeral-storage: 8Mi}}
                """)),
            Situation.fails("a program calls a Service that is another name for what is not there", "DNS_NAME_UNKNOWN Deployment/api",
                Stacks.app("command: [lab, dial, 'db:80']") + RealNodeReleaseTest.named("db", "db.nowhere.example.com")),
            Situation.fails("a Job whose pod is taken away at its limit", "CRASH_AUTH_FAILED Job/migrate", Stacks.job("backoffLimit: 1",
                "command: [sh, -c, 'echo FATAL: password authentication failed for user shop; exit 1']", "restartPolicy: OnFailure")),
            Situation.late("it listens on loopback alone", "PROBE_READINESS_FAILING Deployment/api", Stacks.app("""
                command: [lab, serve, --listen, "127.0.0.1:8080"]
                ports: [{containerPort: 8080}]
                readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}
                """)).within(70));
    }
}
