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

    private static final String PROBE = "readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}";

    @TestFactory
    Stream<DynamicTest> everyOneIsStillOpen() {
        List<Situation> limited = openFaults().stream().map(each -> each.within(Math.min(each.seconds(), LIMIT))).toList();
        return RealNodeLab.tests(limited, (situation, result) -> assertNotEquals(situation.expected(), RealNodeLab.verdict(result),
            "this is right now: move \"" + situation.name() + "\" to the class of its family"));
    }

    private static List<Situation> openFaults() {
        return List.of(
            Situation.fails("a sidecar's startup probe never passes", "PROBE_STARTUP_FAILING Deployment/api", RealNodeProbesTest.sidecar("""
                command: [lab, serve]
                startupProbe: {httpGet: {path: /status/500, port: 8080}, periodSeconds: 1, failureThreshold: 3}
                """)),
            Situation.fails("a sidecar's liveness probe kills it", "PROBE_LIVENESS_FAILING Deployment/api", RealNodeProbesTest.sidecar("""
                command: [lab, serve, --listen, ":9090"]
                livenessProbe: {httpGet: {path: /alive, port: 9090}, periodSeconds: 1, failureThreshold: 2}
                """)),
            Situation.late("a sidecar's readiness probe is answered 500", "PROBE_READINESS_FAILING Deployment/api",
                RealNodeProbesTest.sidecar("""
                command: [lab, serve, --listen, ":9090"]
                readinessProbe: {httpGet: {path: /status/500, port: 9090}, periodSeconds: 1}
                """)).within(70),
            Situation.fails("a StatefulSet goes back to what it was, but its broken pod stays", "STS_STUCK_REVISION StatefulSet/db",
                Stacks.set("db", 1, PROBE)).over(Stacks.set("db", 1, PROBE),
                    Stacks.set("db", 1, "image: registry.test:5000/lab/app:9\n" + PROBE)),
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
            Situation.fails("a script with line ends of Windows", "CONTAINER_COMMAND_NOT_FOUND Deployment/api",
                Stacks.app("command: [/opt/crlf]")),
            Situation.fails("a script's interpreter is not there", "CONTAINER_COMMAND_NOT_FOUND Deployment/api",
                Stacks.app("command: [/opt/no-interpreter]")),
            Situation.fails("a script without a first line that names its shell", "CONTAINER_START_FAILED Deployment/api",
                Stacks.app("command: [/opt/start.sh]")),
            Situation.fails("a Job whose pod is taken away at its limit", "CRASH_AUTH_FAILED Job/migrate", Stacks.job("backoffLimit: 1",
                "command: [sh, -c, 'echo FATAL: password authentication failed for user shop; exit 1']", "restartPolicy: OnFailure")),
            Situation.late("it listens on loopback alone", "PROBE_READINESS_FAILING Deployment/api", Stacks.app("""
                command: [lab, serve, --listen, "127.0.0.1:8080"]
                ports: [{containerPort: 8080}]
                readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}
                """)).within(70),
            Situation.fails("a claim is refused by the quota", "QUOTA_EXCEEDED ResourceQuota/q", """
                ---
                {apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {persistentvolumeclaims: "0"}}}
                ---
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata: {name: data}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
                """ + Stacks.app("api", "volumeMounts: [{name: data, mountPath: /data}]",
                "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]")).by("apply-failed"),
            Situation.fails("a program cannot reach a Service that selects nothing at all", "SVC_SELECTOR_MISMATCH Service/db",
                Stacks.app("command: [lab, dial, 'db:80']") + Stacks.app("database", PROBE, "") + Stacks.service("db", "")),
            Situation.fails("a key below subPath is not there", "CONFIG_KEY_MISSING ConfigMap/settings", """
                ---
                {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {b: b}}
                """ + Stacks.app("api", """
                command: [sh, -c, 'cat /etc/app.conf || exit 1; exec lab serve']
                volumeMounts: [{name: c, mountPath: /etc/app.conf, subPath: app.conf}]
                """, "volumes: [{name: c, configMap: {name: settings}}]")));
    }
}
