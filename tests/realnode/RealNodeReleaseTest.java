import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** Something runs already, or runs to its end: releases, Jobs, Services, namespaces. */
@Tag("cluster")
class RealNodeReleaseTest {
    private static final String PROBE = "readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}";
    private static final String MISSING = "image: registry.test:5000/lab/app:9\n" + PROBE;

    @TestFactory
    Stream<DynamicTest> everySituationEndsAsItShould() {
        return RealNodeLab.tests(Stream.of(releases(), jobs(), services()).flatMap(List::stream).toList());
    }

    private static List<Situation> releases() {
        return List.of(
            Situation.fails("a StatefulSet goes back to what it was, but its broken pod stays", "STS_STUCK_REVISION StatefulSet/db",
                Stacks.set("db", 1, PROBE)).over(Stacks.set("db", 1, PROBE),
                    Stacks.set("db", 1, "image: registry.test:5000/lab/app:9\n" + PROBE)),
            Situation.fails("a missing image over a healthy release", "IMAGE_NOT_FOUND Deployment/api", Stacks.app(MISSING))
                .over(Stacks.app(PROBE)),
            Situation.ready("a hook that fails when the old pod goes holds no release up",
                Stacks.app("image: registry.test:5000/lab/app:2\n" + PROBE))
                .over(Stacks.app(PROBE + "\nlifecycle: {preStop: {exec: {command: [/opt/nothing]}}}")),
            Situation.fails("a crash over a healthy release", "CRASH_APP_ERROR Deployment/api",
                Stacks.app("command: [sh, -c, 'echo Error: no such column; exit 1']\n" + PROBE)).over(Stacks.app(PROBE)),
            Situation.fails("a missing image over a healthy StatefulSet", "IMAGE_NOT_FOUND StatefulSet/db", Stacks.set("db", 2, MISSING))
                .over(Stacks.set("db", 2, PROBE)),
            Situation.fails("a StatefulSet is repaired, but its broken pod stays", "STS_STUCK_REVISION StatefulSet/db",
                Stacks.set("db", 1, PROBE + "\nenv: [{name: RELEASE, value: '3'}]"))
                .over(Stacks.set("db", 1, PROBE), Stacks.set("db", 1, MISSING)),
            Situation.fails("a missing image where the old pod goes first", "IMAGE_NOT_FOUND Deployment/api",
                Stacks.release("strategy: {type: Recreate}", MISSING)).over(Stacks.release("strategy: {type: Recreate}", PROBE)));
    }

    private static List<Situation> jobs() {
        return List.of(
            Situation.fails("a Job fails", "CRASH_APP_ERROR Job/migrate", Stacks.job("backoffLimit: 1",
                "command: [sh, -c, 'echo Error: migration 7 failed; exit 1']", "restartPolicy: Never")),
            Situation.fails("a Job whose pod is taken away at its limit", "CRASH_AUTH_FAILED Job/migrate", Stacks.job("backoffLimit: 1",
                "command: [sh, -c, 'echo FATAL: password authentication failed for user shop; exit 1']", "restartPolicy: OnFailure")),
            Situation.fails("a Job takes too long", "JOB_FAILED Job/migrate",
                Stacks.job("activeDeadlineSeconds: 5", "command: [sleep, '60']", "restartPolicy: Never")),
            Situation.fails("a Job's image is not there", "IMAGE_NOT_FOUND Job/migrate",
                Stacks.job("backoffLimit: 1", MISSING, "restartPolicy: Never")
                .replace(PROBE, "env: []")),
            Situation.ready("a Job succeeds at the second try", Stacks.job("backoffLimit: 3",
                "command: [sh, -c, 'test $(( $(date +%s) / 4 % 2 )) -eq 0']", "restartPolicy: Never")));
    }

    private static List<Situation> services() {
        String denyAll = "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: deny}, "
            + "spec: {podSelector: {}, policyTypes: [Ingress, Egress]}}\n";
        return List.of(
            Situation.late("a namespace that cannot go", "OBJECT_STUCK_TERMINATING ConfigMap/guarded", """
                ---
                {apiVersion: v1, kind: ConfigMap, metadata: {name: guarded, finalizers: [example.com/guard]}}
                """ + Stacks.app("readinessProbe: {exec: {command: [test, -e, /ready]}, periodSeconds: 1}")).within(200)
                .meanwhile(lab -> {
                    lab.client().apps().deployments().inNamespace(lab.namespace())
                        .withName("api").waitUntilCondition(java.util.Objects::nonNull, 60, TimeUnit.SECONDS);
                    lab.client().namespaces().withName(lab.namespace()).delete();
                }),
            Situation.fails("a name that Python cannot resolve and does not tell", "DNS_NAME_UNKNOWN Deployment/api", Stacks.app("""
                command: [sh, -c, 'echo "socket.gaierror: [Errno -2] Name or service not known"; exit 1']
                env: [{name: DB_HOST, value: orders}]
                """)),
            Situation.fails("a wrong port behind a policy that nobody enforces", "SVC_TARGET_PORT_MISMATCH Service/db",
                Stacks.app("command: [lab, dial, 'db:80']") + Stacks.app("db", "ports: [{containerPort: 8080}]\n" + PROBE, "")
                + Stacks.service("db", "").replace("targetPort: 8080", "targetPort: 5432") + denyAll),
            Situation.ready("a Service that nobody needs selects nothing", Stacks.app(PROBE) + Stacks.service("other", "")),
            Situation.ready("a Service that is only another name", Stacks.app(PROBE) + Stacks.service("api", "") + named("other", "api")),
            Situation.fails("a Service that is another name for what is not there", "DNS_NAME_UNKNOWN Service/db",
                Stacks.app("command: [lab, dial, 'db:80']") + named("db", "db.nowhere.example.com")),
            Situation.fails("a program cannot reach a Service that selects nothing at all", "SVC_SELECTOR_MISMATCH Service/db",
                Stacks.app("command: [lab, dial, 'db:80']") + Stacks.app("database", PROBE, "") + Stacks.service("db", "")),
            Situation.fails("a program cannot reach a Service with a wrong port", "SVC_TARGET_PORT_MISMATCH Service/db",
                Stacks.app("command: [lab, dial, 'db:80']") + Stacks.app("db", "ports: [{containerPort: 8080}]\n" + PROBE, "")
                + Stacks.service("db", "").replace("targetPort: 8080", "targetPort: 5432")),
            Situation.fails("a program cannot reach a Service whose selector has a typing error", "SVC_SELECTOR_MISMATCH Service/database",
                Stacks.app("command: [lab, dial, 'database:80']") + Stacks.app("database", PROBE, "")
                + Stacks.service("database", "").replace("{app: database}", "{app: databse}")));
    }

    /** A Service that is another name for a host. */
    private static String named(String name, String host) {
        return "---\n{apiVersion: v1, kind: Service, metadata: {name: " + name
            + "}, spec: {type: ExternalName, externalName: " + host + "}}\n";
    }
}
