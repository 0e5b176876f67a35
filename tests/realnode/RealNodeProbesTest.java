import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** A real kubelet asks, waits and kills: probes, init containers, sidecars, hooks. */
@Tag("cluster")
class RealNodeProbesTest {

    /** Seconds after which what may still be starting counts as failing. */
    private static final int PATIENT = 150;

    @TestFactory
    Stream<DynamicTest> everySituationEndsAsItShould() {
        return RealNodeLab.tests(Stream.of(probes(), beside()).flatMap(List::stream).toList());
    }

    private static List<Situation> probes() {
        return List.of(
            Situation.fails("the startup probe never passes", "PROBE_STARTUP_FAILING Deployment/api", Stacks.app("""
                startupProbe: {httpGet: {path: /status/500, port: 8080}, periodSeconds: 1, failureThreshold: 3}
                """)),
            Situation.fails("the liveness probe asks for a wrong path", "PROBE_LIVENESS_FAILING Deployment/api", Stacks.app("""
                livenessProbe: {httpGet: {path: /alive, port: 8080}, periodSeconds: 1, failureThreshold: 3}
                """)),
            Situation.fails("the liveness probe kills a slow start", "PROBE_LIVENESS_FAILING Deployment/api", Stacks.app("""
                command: [lab, serve, --after, 60s]
                livenessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1, failureThreshold: 3}
                readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}
                """)),
            Situation.late("the readiness probe asks for a wrong path", "PROBE_PATH_NOT_FOUND Deployment/api", Stacks.app("""
                readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
                """)).within(PATIENT),
            Situation.late("a readiness probe is answered 404, thirty times", "PROBE_PATH_NOT_FOUND Deployment/api", Stacks.app("""
                readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
                """)).within(90),
            Situation.fails("a readiness command that is not in the image", "PROBE_READINESS_FAILING Deployment/api",
                Stacks.app("readinessProbe: {exec: {command: [pg_isready]}, periodSeconds: 1}")),
            Situation.late("the readiness probe is answered 500", "PROBE_READINESS_FAILING Deployment/api", Stacks.app("""
                readinessProbe: {httpGet: {path: /status/500, port: 8080}, periodSeconds: 1}
                """)).within(PATIENT),
            Situation.late("the readiness probe asks at a wrong port", "PROBE_PORT_MISMATCH Deployment/api", Stacks.app("""
                ports: [{containerPort: 8080}]
                readinessProbe: {httpGet: {path: /ok, port: 9999}, periodSeconds: 1}
                """)).within(70),
            Situation.late("the readiness command fails", "PROBE_READINESS_FAILING Deployment/api", Stacks.app("""
                readinessProbe: {exec: {command: [sh, -c, 'echo no schema yet; exit 1']}, periodSeconds: 1}
                """)).within(PATIENT),
            Situation.late("it listens on loopback alone", "PROBE_READINESS_FAILING Deployment/api", Stacks.app("""
                command: [lab, serve, --listen, "127.0.0.1:8080"]
                ports: [{containerPort: 8080}]
                readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}
                """)).within(70),
            Situation.ready("a probe that fails now and then", Stacks.app("""
                readinessProbe: {exec: {command: [sh, -c, 'test $(( $(date +%s) % 4 )) -ne 0']}, periodSeconds: 1, failureThreshold: 3}
                """)));
    }

    private static List<Situation> beside() {
        return List.of(
            Situation.fails("an init container fails", "CRASH_APP_ERROR Deployment/api",
                init("command: [sh, -c, 'echo Error: migration 7 failed; exit 1']")),
            Situation.fails("an init container's image is not there", "IMAGE_NOT_FOUND Deployment/api",
                init("image: registry.test:5000/lab/app:9")),
            Situation.late("an init container waits for a Service that is not there", "DEPENDENCY_SERVICE_MISSING Service/db",
                init("command: [sh, -c, 'until curl -sf http://db:5432/; do echo waiting for db; sleep 1; done']")).within(60),
            Situation.failsLate("an init container waits for a database that crashes", "CRASH_APP_ERROR Deployment/db",
                init("command: [sh, -c, 'until curl -sf http://db/ok; do echo waiting for db; sleep 1; done']")
                + Stacks.service("db", "") + Stacks.app("db", "command: [sh, -c, 'echo Error: corrupt data file; exit 1']", "")),
            Situation.fails("a sidecar's startup probe never passes", "PROBE_STARTUP_FAILING Deployment/api", sidecar("""
                command: [lab, serve]
                startupProbe: {httpGet: {path: /status/500, port: 8080}, periodSeconds: 1, failureThreshold: 3}
                """)),
            Situation.late("a sidecar's readiness probe is answered 500", "PROBE_READINESS_FAILING Deployment/api", sidecar("""
                command: [lab, serve, --listen, ":9090"]
                readinessProbe: {httpGet: {path: /status/500, port: 9090}, periodSeconds: 1}
                """)).within(PATIENT),
            Situation.fails("a sidecar's liveness probe kills it", "PROBE_LIVENESS_FAILING Deployment/api", sidecar("""
                command: [lab, serve, --listen, ":9090"]
                livenessProbe: {httpGet: {path: /alive, port: 9090}, periodSeconds: 1, failureThreshold: 2}
                """)),
            Situation.fails("a sidecar crashes", "CRASH_APP_ERROR Deployment/api",
                sidecar("command: [sh, -c, 'echo Error: no upstream; exit 1']")),
            Situation.fails("a sidecar's image is not there", "IMAGE_NOT_FOUND Deployment/api",
                sidecar("image: registry.test:5000/lab/app:9")),
            Situation.fails("a sidecar's command is not there", "CONTAINER_COMMAND_NOT_FOUND Deployment/api", sidecar("command: [envoy]")),
            Situation.fails("a sidecar is killed for its memory", "OOM_KILLED Deployment/api",
                sidecar("command: [sh, -c, 'lab eat 200; code=$?; sleep 1; exit $code']\nresources: {limits: {memory: 32Mi}}")),
            Situation.fails("a start hook fails", "LIFECYCLE_HOOK_FAILED Deployment/api",
                Stacks.app("lifecycle: {postStart: {exec: {command: [sh, -c, 'exit 1']}}}")),
            Situation.fails("a start hook's command is not there", "LIFECYCLE_HOOK_FAILED Deployment/api",
                Stacks.app("lifecycle: {postStart: {exec: {command: [/nope]}}}")));
    }

    static String init(String container) {
        return Stacks.app("api", "", "initContainers:\n- name: first\n" + Stacks.fields(container).indent(2));
    }

    static String sidecar(String container) {
        return init("restartPolicy: Always\n" + container);
    }
}
