import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** What is well, or will be in a while, is never told to be broken. */
@Tag("cluster")
class RealNodeHealthyTest {
    private static final String PROBE = "readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}";

    @TestFactory
    Stream<DynamicTest> everySituationEndsAsItShould() {
        return RealNodeLab.tests(List.of(
            Situation.ready("a stack of every kind", Stacks.app(PROBE) + Stacks.service("api", "") + stateful()
                + Stacks.job("backoffLimit: 1",
                "command: [sh, -c, 'until curl -sSf http://api/ok; do sleep 1; done']", "restartPolicy: Never") + """
                ---
                apiVersion: apps/v1
                kind: DaemonSet
                metadata: {name: agent}
                spec:
                  selector: {matchLabels: {app: agent}}
                  template:
                    metadata: {labels: {app: agent}}
                    spec: {terminationGracePeriodSeconds: 1, containers: [{name: app, image: "registry.test:5000/lab/noshell:1"}]}
                ---
                apiVersion: batch/v1
                kind: CronJob
                metadata: {name: nightly}
                spec:
                  schedule: "0 3 * * *"
                  jobTemplate:
                    spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "registry.test:5000/lab/noshell:1"}]}}}
                """),
            Situation.ready("nobody listens for half a minute", Stacks.app("""
                command: [lab, serve, --after, 30s]
                readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 2}
                """)),
            Situation.ready("a startup probe waits for a slow start", Stacks.app("""
                command: [lab, serve, --after, 20s]
                startupProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 2, failureThreshold: 30}
                livenessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 2, failureThreshold: 1}
                """)),
            Situation.ready("it crashes until its database is up", Stacks.app("""
                command: [sh, -c, 'lab dial db:80 && exec lab serve']
                readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}
                """) + Stacks.service("db", "") + Stacks.app("db", """
                command: [lab, serve, --after, 15s]
                readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}
                """, "")),
            Situation.ready("an init container waits for a database that comes late", Stacks.app("api", PROBE, """
                initContainers:
                - name: wait
                  image: ${app}
                  command: [sh, -c, 'until curl -sf http://db/ok; do echo waiting for db; sleep 1; done']
                """) + Stacks.service("db", "") + Stacks.app("db", """
                command: [lab, serve, --after, 20s]
                readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}
                """, "")),
            Situation.ready("one crash, then it is well", Stacks.app("api", """
                command: [sh, -c, 'test -e /data/seen || { touch /data/seen; echo first start; exit 1; }; exec lab serve']
                readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}
                volumeMounts: [{name: data, mountPath: /data}]
                """, "volumes: [{name: data, emptyDir: {}}]")),
            Situation.ready("a native sidecar beside its program", Stacks.app("api", PROBE, """
                initContainers:
                - name: proxy
                  image: ${app}
                  restartPolicy: Always
                  command: [lab, serve, --listen, ":9090", --after, 5s]
                  startupProbe: {httpGet: {path: /ok, port: 9090}, periodSeconds: 1, failureThreshold: 30}
                """)),
            Situation.ready("what is optional is not there", Stacks.app("api", """
                envFrom: [{configMapRef: {name: none, optional: true}}, {secretRef: {name: none, optional: true}}]
                volumeMounts: [{name: c, mountPath: /c}]
                """, "volumes: [{name: c, configMap: {name: none, optional: true}}]")),
            Situation.ready("another user than root, a read-only root and no shell", Stacks.app("api", """
                image: registry.test:5000/lab/nonroot:1
                securityContext: {runAsNonRoot: true, readOnlyRootFilesystem: true}
                """, "") + Stacks.app("tool", "image: registry.test:5000/lab/noshell:1", "")),
            Situation.ready("a good release over a healthy one", Stacks.app(PROBE + "\nenv: [{name: RELEASE, value: '2'}]"))
                .over(Stacks.app(PROBE)),
            Situation.ready("the old pod needs its time to end", Stacks.release("strategy: {type: Recreate}", PROBE + """

                env: [{name: RELEASE, value: '2'}]
                lifecycle: {preStop: {sleep: {seconds: 8}}}
                """).replace("terminationGracePeriodSeconds: 1\n", "terminationGracePeriodSeconds: 20\n"))
                .over(Stacks.release("strategy: {type: Recreate}", PROBE + "\nlifecycle: {preStop: {sleep: {seconds: 8}}}")
                    .replace("terminationGracePeriodSeconds: 1\n", "terminationGracePeriodSeconds: 20\n")),
            Situation.ready("a StatefulSet is repaired after a broken revision",
                Stacks.set("db", 1, PROBE + "\nenv: [{name: RELEASE, value: '3'}]"))
                .over(Stacks.set("db", 1, PROBE)),
            Situation.ready("a policy that nobody enforces denies everything", Stacks.app(PROBE) + """
                ---
                apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {name: deny}
                spec: {podSelector: {}, policyTypes: [Ingress, Egress]}
                """)));
    }

    private static String stateful() {
        return Stacks.set("db", 1, PROBE + "\nvolumeMounts: [{name: data, mountPath: /data}]") + """
              volumeClaimTemplates:
              - metadata: {name: data}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            """;
    }
}
