import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.NodeBuilder;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What a pod asks for and does not get: configuration, volumes, a place on the node, leave to exist. */
@Tag("cluster")
class RealNodeConfigTest {

    /** Seconds after which what may come by itself counts as missing. */
    private static final int PATIENT = 150;

    @TestFactory
    Stream<DynamicTest> everySituationEndsAsItShould() {
        return RealNodeLab.tests(Stream.of(configuration(), volumes(), places(), admission()).flatMap(List::stream).toList());
    }

    /** The third one ends the wait; how often a kubelet measures is its own matter, so that two may be all that time allows. */
    @TestFactory
    Stream<DynamicTest> evictionsOneAfterTheOtherAreNamed() {
        return RealNodeLab.tests(evictions(), (situation, result) -> assertEquals(situation.expected(),
            RealNodeLab.verdict(result).replaceFirst("^timeout\n", "failed\n"), () -> RealNodeLab.told(result)));
    }

    /** A node of its own: no pod of another test must meet the taint. */
    @Test
    void aTaintThatThePodDoesNotTolerateIsNamed() {
        try (RealNode node = RealNode.start()) {
            node.cluster().client().nodes().withName(RealNode.NAME).edit(it -> new NodeBuilder(it).editSpec()
                .addNewTaint().withKey("dedicated").withValue("db").withEffect("NoSchedule").endTaint().endSpec().build());
            for (Situation each : List.of(
                Situation.fails("no toleration", "SCHED_TAINT Deployment/api", Stacks.app("")),
                Situation.ready("a toleration", Stacks.app("api", "", "tolerations: [{key: dedicated, operator: Exists}]")))) {
                String result = RealNodeLab.play(node, each);
                assertEquals(each.expected(), RealNodeLab.verdict(result), () -> RealNodeLab.told(result));
            }
        }
    }

    private static List<Situation> configuration() {
        return List.of(
            Situation.fails("a key below subPath is not there", "CONFIG_KEY_MISSING ConfigMap/settings", """
                ---
                {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {b: b}}
                """ + Stacks.app("api", """
                command: [sh, -c, 'cat /etc/app.conf || exit 1; exec lab serve']
                volumeMounts: [{name: c, mountPath: /etc/app.conf, subPath: app.conf}]
                """, "volumes: [{name: c, configMap: {name: settings}}]")),
            Situation.fails("a ConfigMap is not there", "CONFIGMAP_MISSING ConfigMap/settings",
                Stacks.app("env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: a}}}]")),
            Situation.fails("a Secret is not there", "SECRET_MISSING Secret/settings",
                Stacks.app("envFrom: [{secretRef: {name: settings}}]")),
            Situation.fails("a mounted ConfigMap is not there", "CONFIGMAP_MISSING ConfigMap/settings", Stacks.app("api",
                "volumeMounts: [{name: c, mountPath: /c}]", "volumes: [{name: c, configMap: {name: settings}}]")),
            Situation.fails("a key is not in the Secret", "CONFIG_KEY_MISSING Secret/settings", """
                ---
                {apiVersion: v1, kind: Secret, metadata: {name: settings}, stringData: {b: b}}
                """ + Stacks.app("env: [{name: A, valueFrom: {secretKeyRef: {name: settings, key: a}}}]")),
            Situation.fails("a key is not in the mounted ConfigMap", "CONFIG_KEY_MISSING ConfigMap/settings", """
                ---
                {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {b: b}}
                """ + Stacks.app("api", "volumeMounts: [{name: c, mountPath: /c}]",
                "volumes: [{name: c, configMap: {name: settings, items: [{key: a, path: a}]}}]")),
            Situation.fails("it must not be root, and is", "RUN_AS_NON_ROOT Deployment/api",
                Stacks.app("securityContext: {runAsNonRoot: true}")),
            Situation.fails("it must not be root, and its user is a name", "RUN_AS_NON_ROOT Deployment/api",
                Stacks.app("image: registry.test:5000/lab/named:1\nsecurityContext: {runAsNonRoot: true}")));
    }

    private static List<Situation> volumes() {
        return List.of(
            Situation.fails("a claim is not there", "PVC_MISSING PersistentVolumeClaim/data", mounts("")),
            Situation.fails("a claim's class is not there", "PVC_STORAGECLASS_MISSING PersistentVolumeClaim/data",
                mounts("storageClassName: fast")),
            Situation.late("nobody serves a claim's class", "PVC_PROVISIONER_MISSING StorageClass/unserved",
                mounts("storageClassName: unserved")).within(PATIENT),
            Situation.ready("a slow provisioner", mounts("storageClassName: unserved")).meanwhile(lab -> {
                Await.sleep(java.time.Duration.ofSeconds(20));
                lab.apply("""
                    apiVersion: v1
                    kind: PersistentVolume
                    metadata: {name: %1$s}
                    spec:
                      storageClassName: unserved
                      accessModes: [ReadWriteOnce]
                      capacity: {storage: 1Gi}
                      claimRef: {namespace: %1$s, name: data}
                      hostPath: {path: /var/lib/volumes/%1$s}
                    """.formatted(lab.namespace()));
            }),
            Situation.late("a folder of the node is not there", "VOLUME_MOUNT_FAILED Deployment/api", Stacks.app("api",
                "volumeMounts: [{name: c, mountPath: /c}]", "volumes: [{name: c, hostPath: {path: /nowhere, type: Directory}}]")));
    }

    private static List<Situation> evictions() {
        return List.of(
            Situation.failsLate("pods are evicted one after the other: a volume is full", "EVICTED_EPHEMERAL_STORAGE Deployment/api",
                Stacks.app("api", """
                command: [sh, -c, 'sleep 2; dd if=/dev/zero of=/data/x bs=1M count=64; exec lab serve']
                readinessProbe: {exec: {command: [test, -e, /ready]}, periodSeconds: 1}
                volumeMounts: [{name: data, mountPath: /data}]
                """, "volumes: [{name: data, emptyDir: {sizeLimit: 8Mi}}]")),
            Situation.failsLate("pods are evicted one after the other: a container's limit", "EVICTED_EPHEMERAL_STORAGE Deployment/api",
                Stacks.app("""
                command: [sh, -c, 'sleep 2; dd if=/dev/zero of=/tmp/x bs=1M count=64; exec lab serve']
                readinessProbe: {exec: {command: [test, -e, /ready]}, periodSeconds: 1}
                resources: {limits: {ephemeral-storage: 8Mi}}
                """)));
    }

    private static String mounts(String claim) {
        return Stacks.app("api", "volumeMounts: [{name: data, mountPath: /data}]",
            "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]")
            + (claim.isEmpty() ? "" : """
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec: {%s, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            """.formatted(claim));
    }

    private static List<Situation> places() {
        return List.of(
            Situation.fails("no node has the label", "SCHED_NODE_SELECTOR Deployment/api",
                Stacks.app("api", "", "nodeSelector: {disk: fast}")),
            Situation.late("no node has so much memory", "SCHED_INSUFFICIENT_RESOURCES Deployment/api",
                Stacks.app("resources: {requests: {memory: 900Gi}}")),
            Situation.fails("two pods want one port of the node", "SCHED_HOST_PORT Deployment/api",
                Stacks.release("replicas: 2", "ports: [{containerPort: 8080, hostPort: 18080}]")),
            Situation.fails("two pods do not want to be neighbours", "SCHED_POD_ANTI_AFFINITY Deployment/api",
                Stacks.app("api", "", """
                    affinity:
                      podAntiAffinity:
                        requiredDuringSchedulingIgnoredDuringExecution:
                        - {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: api}}}
                    """).replace("spec:\n  selector", "spec:\n  replicas: 2\n  selector")));
    }

    private static List<Situation> admission() {
        return List.of(
            Situation.fails("the quota is used up", "QUOTA_EXCEEDED ResourceQuota/q", """
                ---
                {apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: "1"}}}
                """ + Stacks.release("replicas: 2", "")),
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
            Situation.fails("the quota demands requests", "QUOTA_REQUIRES_LIMITS Deployment/api", """
                ---
                {apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {requests.memory: 1Gi}}}
                """ + Stacks.app("")),
            Situation.fails("a limit is too high", "LIMITRANGE_VIOLATION Deployment/api", """
                ---
                {apiVersion: v1, kind: LimitRange, metadata: {name: l}, spec: {limits: [{type: Container, max: {memory: 64Mi}}]}}
                """ + Stacks.app("resources: {limits: {memory: 512Mi}}")),
            Situation.fails("the namespace is restricted", "POD_SECURITY_DENIED Deployment/api",
                Stacks.app("securityContext: {privileged: true}")).over("""
                ---
                {apiVersion: v1, kind: Namespace, metadata: {name: NAMESPACE, labels: {pod-security.kubernetes.io/enforce: restricted}}}
                """),
            Situation.fails("an account is not there", "SERVICE_ACCOUNT_MISSING ServiceAccount/robot",
                Stacks.app("api", "", "serviceAccountName: robot")));
    }
}
