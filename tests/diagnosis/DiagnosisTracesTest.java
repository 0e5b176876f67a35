//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The decisive trace, not the newest: what is at fault is named, and what will not move by itself is never called a slow start. */
class DiagnosisTracesTest {
    private static final String LOST =
        "kind: Node\nmetadata: {name: %s}\nstatus: {conditions: [{type: Ready, status: Unknown, reason: NodeStatusUnknown, "
            + "message: Kubelet stopped posting node status., lastTransitionTime: '2026-01-01T09:40:00Z'}]}";
    private static final String CLAIMED = "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]";
    private static final String BOUND =
        "kind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {accessModes: [%s]}\nstatus: {phase: Bound}";
    private static final String PENDING =
        "kind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: fast}\nstatus: {phase: Pending}";

    private static Scene web(String status) {
        return new Scene().deploy("web", "", status);
    }

    private static Scene claimPending() {
        return new Scene().deploy("web", CLAIMED,
            Scene.unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."))
            .add(PENDING).add("kind: StorageClass\nmetadata: {name: fast}\nprovisioner: csi.example.com");
    }

    private static Scene failed(String reason, String message) {
        return web("phase: Failed\nreason: " + reason + "\nmessage: " + Scene.quoted(message));
    }

    private static Scene oldPod(Scene scene, String node) {
        return scene.add("kind: Pod\nmetadata: {name: web-1-old, owner: ReplicaSet/web-1, deletionTimestamp: '2026-01-01T09:45:00Z', "
            + "labels: {app: web}}\nspec:\n  nodeName: "
            + node + "\n  " + CLAIMED + "\n  containers: [{name: web, image: a}]\nstatus: {phase: Running}");
    }

    @Test
    void aPeriodicNormalEventDoesNotHideAnError() {
        assertEquals(List.of("PVC_PROVISION_FAILED PersistentVolumeClaim/data"), claimPending()
            .event("PersistentVolumeClaim/data", "ProvisioningFailed", 12,
            "failed to provision volume with StorageClass \"fast\": snapshot not found")
            .event("PersistentVolumeClaim/data", "ExternalProvisioning", 30,
                "Waiting for a volume to be created either by the external provisioner 'csi.example.com' or manually").causes());
    }

    @Test
    void aSilentProvisionerIsNamedByItsClass() {
        var scene = claimPending().event("PersistentVolumeClaim/data", "ExternalProvisioning", 30,
            "Waiting for a volume to be created either by the external provisioner 'csi.example.com' or manually");
        assertEquals(List.of("PVC_PROVISIONER_MISSING StorageClass/fast"), scene.causes());
        assertEquals(List.of("kubectl -n shop describe pvc data", "kubectl get storageclasses"), scene.report().causes().get(0).next());
    }

    @Test
    void aTerminatingPodOfALostNodeIsTheNodesFault() {
        var scene = oldPod(new Scene().deploy("web", CLAIMED, Scene.creating("web")), "node-2").add(BOUND.formatted("ReadWriteOnce"))
            .add(LOST.formatted("node-2"))
            .event("Pod/web-1-a", "FailedAttachVolume", 8,
            "Multi-Attach error for volume \"pv\" Volume is already used by pod(s) web-1-old");
        assertEquals(List.of("NODE_NOT_READY Node/node-2"), scene.causes());
    }

    @Test
    void aTerminatingPodOfAHealthyNodeIsNot() {
        var scene = oldPod(new Scene().deploy("web", CLAIMED, Scene.creating("web")), "node-2").add(BOUND.formatted("ReadWriteOnce"))
            .add(LOST.formatted("node-2").replace("Unknown,", "'True',"))
            .event("Pod/web-1-a", "FailedAttachVolume", 8,
            "Multi-Attach error for volume \"pv\" Volume is already used by pod(s) web-1-old");
        assertTrue(scene.causes().contains("PVC_ACCESS_MODE Deployment/web"), scene.causes()::toString);
    }

    @Test
    void aStatefulSetWhosePodHangsOnALostNodeIsTheNodesFault() {
        var scene = new Scene().statefulSet("db", "", Scene.unreadyRunning("db")).add(LOST.formatted("node-1"));
        scene.add("kind: Pod\nmetadata: {name: db-1, owner: StatefulSet/db, deletionTimestamp: '2026-01-01T09:45:00Z', "
            + "labels: {app: db}}\nspec: {nodeName: node-1, containers: [{name: db, image: a}]}\nstatus: {phase: Running}");
        assertEquals(List.of("NODE_NOT_READY Node/node-1"), scene.causes());
    }

    @Test
    void aStuckRolloutOnAClaimForOneNodeIsSeenFromObjectsAlone() {
        var scene = oldHolder("node-2").add(BOUND.formatted("ReadWriteOnce"));
        assertEquals(List.of("PVC_ACCESS_MODE Deployment/web"), scene.causes());
        assertEquals(List.of(), oldHolder("node-2").add(BOUND.formatted("ReadWriteMany")).causes().stream()
            .filter(c -> c.startsWith("PVC")).toList());
        assertEquals(List.of(), oldHolder("node-1").add(BOUND.formatted("ReadWriteOnce")).causes().stream()
            .filter(c -> c.startsWith("PVC")).toList());
    }

    private static Scene oldHolder(String node) {
        return new Scene().deploy("web", CLAIMED, Scene.creating("web"))
            .add("kind: ReplicaSet\nmetadata: {name: web-0, owner: Deployment/web, annotations: {deployment.kubernetes.io/revision: "
                + "'0'}}\nspec: {replicas: 1}")
            .add("kind: Pod\nmetadata: {name: web-0-b, owner: ReplicaSet/web-0, labels: {app: web}}\nspec:\n  nodeName: "
                + node + "\n  " + CLAIMED
                + "\n  containers: [{name: web, image: a}]\nstatus: {phase: Running, conditions: [{type: Ready, status: 'True'}]}");
    }

    @Test
    void aReadinessGateIsNamed() {
        var gate = "phase: Running\nconditions: [{type: 'example.com/healthy', status: 'False', reason: FailedChecks, "
            + "message: target is down}, {type: ContainersReady, status: 'True', lastTransitionTime: '2026-01-01T09:51:00Z'}, "
            + "{type: Ready, status: 'False', reason: ReadinessGatesNotReady}]\n"
            + "containerStatuses: [{name: web, ready: true, restartCount: 0, state: {running: {startedAt: '2026-01-01T09:51:00Z'}}}]";
        var scene = new Scene().deploy("web", "readinessGates: [{conditionType: 'example.com/healthy'}]", gate).service("web", 80)
            .judged("Service", "web", false);
        assertEquals(List.of("POD_READINESS_GATE Deployment/web"), scene.causes());
        assertTrue(scene.report().causes().get(0).evidence().toString().contains("example.com/healthy"));
    }

    @Test
    void aServiceWithoutEndpointsIsNoRootBesideAnUnexplainedWorkload() {
        var quiet = "phase: Running\nconditions: [{type: ContainersReady, status: 'True'}, {type: Ready, status: 'False'}]\n"
            + "containerStatuses: [{name: web, ready: true, restartCount: 0, state: {running: {startedAt: '2026-01-01T09:51:00Z'}}}]";
        var scene = web(quiet.replace("ContainersReady", "Other")).service("web", 80).judged("Service", "web", false);
        assertEquals(List.of(), scene.causes().stream().filter(c -> c.startsWith("SVC")).toList());
    }

    @Test
    void aDeviceThatNobodyHasIsNamed() {
        assertEquals(List.of("SCHED_DEVICE_CLAIM Deployment/web"),
            web(Scene.unscheduled("0/2 nodes are available: 2 cannot allocate all claims. still not schedulable, "
                + "preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.")).causes());
        assertEquals(List.of("SCHED_DEVICE_CLAIM Deployment/web"),
            web(Scene.unscheduled("0/2 nodes are available: waiting for the dynamic resource controller to create the resourceclaim "
                + "\"web-gpu\".")).causes());
    }

    @Test
    void aSchedulerThatDoesNotExistIsNamed() {
        assertEquals(List.of("SCHED_SCHEDULER_MISSING Pod/task"), new Scene().judged("Pod", "task", false)
            .add("kind: Pod\nmetadata: {name: task}\nspec: {schedulerName: volcano, containers: [{name: a, image: a}]}\n"
                + "status: {phase: Pending}").causes());
    }

    @Test
    void aPodThatMayNotBeScheduledYetIsToldAsSuch() {
        assertEquals(List.of("SCHED_NOT_READY Deployment/web"),
            web(Scene.unscheduled("waiting for volume group").replace("Unschedulable", "NotReadyForScheduling")).causes());
    }

    @Test
    void aPodThatTheKubeletRefusedIsNoSlowStart() {
        assertEquals(List.of("NODE_REFUSES_POD Deployment/web"),
            failed("SysctlForbidden", "forbidden sysctl: \"net.core.somaxconn\" not allowlisted").causes());
        assertEquals(List.of("NODE_REFUSES_POD Deployment/web"),
            failed("TopologyAffinityError", "Resources cannot be allocated with Topology locality").causes());
        assertEquals(List.of("NODE_REFUSES_POD Deployment/web"),
            failed("PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS").causes());
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"), failed("OutOfpods", "Node didn't have enough resource: pods")
            .causes());
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"),
            failed("UnexpectedAdmissionError", "Allocate failed due to requested number of devices unavailable for example.com/gpu")
                .causes());
        assertEquals(List.of("NODE_REFUSES_POD Deployment/web"),
            failed("UnexpectedAdmissionError", "Allocate failed due to rpc error: plugin is gone").causes());
        assertEquals(List.of("SCHED_HOST_PORT Deployment/web"), failed("NodePorts", "Predicate NodePorts failed").causes());
        assertEquals(List.of("SCHED_TAINT Deployment/web"), failed("TaintToleration", "Predicate TaintToleration failed").causes());
    }

    @Test
    void evictionsOneAfterTheOtherAreACauseThoughTheNewestPodIsYoung() {
        var evicted = "kind: Pod\nmetadata: {name: web-1-%s, owner: ReplicaSet/web-1, creationTimestamp: '2026-01-01T09:5%s:00Z', "
            + "labels: {app: web}}\nspec: {nodeName: node-1, containers: [{name: web, image: a}]}\n"
            + "status: {phase: Failed, reason: Evicted, message: 'Pod ephemeral local storage usage exceeds the total limit of "
            + "containers 8Mi. '}";
        var scene = web(Scene.unreadyRunning("web").replace("09:51:00", "09:59:55"));
        scene.add(evicted.formatted("x", "1").replace("09:51", "09:45"));
        scene.add(evicted.formatted("y", "2").replace("09:52", "09:47"));
        scene.add("kind: Pod\nmetadata: {name: web-1-z, owner: ReplicaSet/web-1, creationTimestamp: '2026-01-01T09:59:50Z', "
            + "labels: {app: web}}\nspec: {nodeName: node-1, containers: [{name: web, image: a}]}\nstatus:\n"
            + Scene.indent(Scene.unreadyRunning("web").replace("09:51:00", "09:59:55")));
        assertTrue(scene.causes().contains("EVICTED_EPHEMERAL_STORAGE Deployment/web"), scene.causes()::toString);
    }

    @Test
    void karpentersNominationIsAnAutoscalerAtWork() {
        assertEquals(List.of("AUTOSCALING_IN_PROGRESS Deployment/web"),
            web(Scene.unscheduled("0/1 nodes are available: 1 Insufficient cpu."))
            .event("Pod/web-1-a", "Nominated", 1, "Pod should schedule on: nodeclaim/default-x7k2p").causes());
    }

    @Test
    void aNamespaceThatCannotGoHasACause() {
        var stuck = "kind: Namespace\nmetadata: {name: shop, deletionTimestamp: '2026-01-01T09:10:00Z'}\n"
            + "status: {phase: Terminating, conditions: [{type: NamespaceFinalizersRemaining, status: 'True', "
            + "reason: SomeFinalizersRemain, message: 'Some content in the namespace has finalizers remaining: example.com/guard in 1 "
            + "resource instances'}]}";
        assertEquals(List.of("OBJECT_STUCK_TERMINATING Namespace/shop"), new Scene()
            .none("Pod").add(stuck).judged("Namespace", "shop", false).causes());
        assertEquals(List.of("OBJECT_STUCK_TERMINATING ConfigMap/guarded"), new Scene()
            .none("Pod").add(stuck).judged("Namespace", "shop", false)
            .add("kind: ConfigMap\nmetadata: {name: guarded, deletionTimestamp: '2026-01-01T09:10:00Z', finalizers: [example.com/guard]}")
            .causes());
    }

    @Test
    void aRefusedClaimIsOneCauseAndNotAlsoMissing() {
        var scene = new Scene().none("PersistentVolumeClaim")
            .deploy("web", CLAIMED, Scene.unscheduled("persistentvolumeclaim \"data\" not found"))
            .applied("apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: data}", "Forbidden",
                "persistentvolumeclaims \"data\" is forbidden: exceeded quota: q, requested: persistentvolumeclaims=1, "
                    + "used: persistentvolumeclaims=0, limited: persistentvolumeclaims=0");
        assertEquals(List.of("QUOTA_EXCEEDED ResourceQuota/q"), scene.causes());
    }

    private static final String PROXY =
        "initContainers: [{name: proxy, image: envoy, restartPolicy: Always, %s}]\ncontainers: [{name: api, image: a}]";

    private static Scene sidecar(String probe, String status) {
        return new Scene().deploy("api", PROXY.formatted(probe),
            "phase: Running\nconditions: [{type: PodScheduled, status: 'True'}, {type: Ready, status: 'False', "
                + "reason: ContainersNotReady}]\n"
            + "initContainerStatuses: [{name: proxy, " + status
            + "}]\ncontainerStatuses: [{name: api, ready: true, restartCount: 0, state: {running: {startedAt: '2026-01-01T09:51:00Z'}}}]");
    }

    @Test
    void aSidecarThatItsProbesKillIsTheProbesFault() {
        var killed = "ready: false, started: false, restartCount: 4, lastState: {terminated: {exitCode: 0, reason: Completed, "
            + "finishedAt: '2026-01-01T09:59:00Z'}}, state: {running: {startedAt: '2026-01-01T09:59:30Z'}}";
        assertEquals(List.of("PROBE_STARTUP_FAILING Deployment/api"),
            sidecar("startupProbe: {httpGet: {path: /, port: 8080}, failureThreshold: 3}", killed)
            .event("Pod/api-1-a", "Killing", 4, "Init container proxy failed startup probe").causes());
        assertEquals(List.of("PROBE_LIVENESS_FAILING Deployment/api"),
            sidecar("livenessProbe: {httpGet: {path: /, port: 8080}, failureThreshold: 3}", killed)
            .event("Pod/api-1-a", "Killing", 4, "Init container proxy failed liveness probe").causes());
    }

    @Test
    void aSidecarWhoseReadinessProbeFailsIsNamed() {
        var runs = "ready: false, started: true, restartCount: 0, state: {running: {startedAt: '2026-01-01T09:51:00Z'}}";
        assertEquals(List.of("PROBE_READINESS_FAILING Deployment/api"), sidecar("readinessProbe: {httpGet: {path: /, port: 8080}}", runs)
            .event("Pod/api-1-a", "Unhealthy", 50, "Readiness probe failed: HTTP probe failed with statuscode: 500").causes());
    }

    @Test
    void aHealthySidecarIsNoFault() {
        assertEquals(List.of(), sidecar("startupProbe: {httpGet: {path: /, port: 8080}}",
            "ready: true, started: true, restartCount: 0, state: {running: {startedAt: '2026-01-01T09:51:00Z'}}")
            .event("Pod/api-1-a", "Unhealthy", 1, "Startup probe failed: connection refused")
            .causes().stream().filter(c -> c.startsWith("PROBE")).toList());
    }

    private static Scene exits(int code, String log) {
        return new Scene().deploy("api", "", Scene.crashed("api", code, "Error")).log("api-1-a", "api", log);
    }

    @Test
    void whatTheRuntimeCannotExecuteIsToldByTheLog() {
        assertEquals(List.of("CONTAINER_COMMAND_NOT_FOUND Deployment/api"), exits(1, "exec /opt/app/run: no such file or directory")
            .causes());
        assertEquals(List.of("CONTAINER_START_FAILED Deployment/api"), new Scene()
            .deploy("api", "containers: [{name: api, image: a, command: [/opt/start.sh]}]",
            Scene.crashed("api", 1, "Error")).log("api-1-a", "api", "exec /opt/start.sh: exec format error").causes());
        assertEquals(List.of("IMAGE_PLATFORM_MISMATCH Deployment/api"), exits(1, "exec /docker-entrypoint.sh: exec format error").causes());
        assertEquals(List.of("IMAGE_PLATFORM_MISMATCH Deployment/api"), exits(1, "exec /opt/app/server: exec format error").causes());
        assertEquals(List.of("CRASH_APP_ERROR Deployment/api"), exits(1, "Error: open config.yaml: no such file or directory").causes());
    }

    @Test
    void aProbesPortNameThatNoPortHasIsAMistakeOfTheProbe() {
        var spec = "containers: [{name: api, image: a, ports: [{containerPort: 8080%s}], readinessProbe: {httpGet: {path: /, "
            + "port: http}}}]";
        var errored = "Readiness probe errored and resulted in unknown state: strconv.Atoi: parsing \"http\": invalid syntax";
        assertEquals(List.of("PROBE_PORT_MISMATCH Deployment/api"), new Scene()
            .deploy("api", spec.formatted(""), Scene.unreadyRunning("api"))
            .event("Pod/api-1-a", "Unhealthy", 90, errored).causes());
        assertEquals(List.of("PROBE_READINESS_FAILING Deployment/api"), new Scene()
            .deploy("api", spec.formatted(", name: http"), Scene.unreadyRunning("api"))
            .event("Pod/api-1-a", "Unhealthy", 90, "Readiness probe failed: HTTP probe failed with statuscode: 500").causes());
    }

    @Test
    void aProbeAnswered404ManyTimesIsNoSlowStart() {
        var scene = new Scene()
            .deploy("api", "containers: [{name: api, image: a, readinessProbe: {httpGet: {path: /healthz, port: 80}, periodSeconds: 1}}]",
            Scene.unreadyRunning("api").replace("09:51:00", "09:59:30"));
        assertEquals(List.of("PROBE_PATH_NOT_FOUND Deployment/api"), scene
            .event("Pod/api-1-a", "Unhealthy", 30, "Readiness probe failed: HTTP probe failed with statuscode: 404").causes());
    }

    private static Scene refused(String log) {
        return new Scene().deploy("api",
            "containers: [{name: api, image: a, env: [{name: LISTEN, value: '127.0.0.1:8080'}], ports: [{containerPort: 8080}], "
                + "readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}}]",
            Scene.unreadyRunning("api").replace("09:51:00", "09:59:30")).log("api-1-a", "api", log.split("\n"))
            .event("Pod/api-1-a", "Unhealthy", 30,
            "Readiness probe failed: Get \"http://10.88.0.9:8080/ok\": dial tcp 10.88.0.9:8080: connect: connection refused");
    }

    @Test
    void aProgramThatListensOnLoopbackAloneIsToldByItsLog() {
        var scene = refused("starting\nlistening on 127.0.0.1:8080");
        assertEquals(List.of("PROBE_READINESS_FAILING Deployment/api"), scene.causes());
        assertEquals(List.of("127.0.0.1:8080, where alone the program says that it listens; a probe asks at the pod's address",
            "deploy/api spec.template.spec.containers[api].env[LISTEN].value = 127.0.0.1:8080"), scene.report()
                .causes().get(0).candidates());
        for (var other : List.of("listening on :8080", "listening on 127.0.0.1:9901",
            "listening on 0.0.0.0:8080\nlistening on 127.0.0.1:8080",
            "connecting to 127.0.0.1:8080")) {
            assertEquals(List.of("STILL_PROGRESSING Deployment/api"), refused(other).causes(), other);
        }
    }

    @Test
    void aServiceThatIsAnotherNameForWhatDoesNotExistIsTheCause() {
        var service = "kind: Service\nmetadata: {name: db}\nspec: {type: ExternalName, externalName: %s}";
        var missing = exits(1, "dial tcp: lookup db on 10.88.0.1:53: no such host").add(service.formatted("db.nowhere.example.com"));
        assertEquals(List.of("DNS_NAME_UNKNOWN Service/db"), missing.causes());
        assertEquals("db.nowhere.example.com", missing.report().causes().get(0).params().get("host"));
        assertEquals(List.of("CRASH_DEPENDENCY_UNREACHABLE Deployment/api"),
            exits(1, "dial tcp 203.0.113.7:5432: connect: connection refused (db:5432)").add(service.formatted("db.example.com")).causes(),
            "a name that resolves is no unknown one");
    }

    @Test
    void aProbesProgramThatIsNotInTheImageIsTheProbesFaultAtOnce() {
        var scene = new Scene()
            .deploy("api", "containers: [{name: api, image: a, startupProbe: {exec: {command: [sh, -c, 'true']}, failureThreshold: 30}}]",
            Scene.unreadyRunning("api").replace("started: true", "started: false").replace("09:51:00", "09:59:30"));
        assertEquals(List.of("PROBE_STARTUP_FAILING Deployment/api"), scene.event("Pod/api-1-a", "Unhealthy", 8,
            "Startup probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: exec: "
                + "\"sh\": executable file not found in $PATH").causes());
    }

    @Test
    void aMissingKeyBelowSubPathIsNamedAndNotTheCrashItMakes() {
        var spec = "volumes: [{name: c, configMap: {name: settings}}]\ncontainers: [{name: api, image: a, volumeMounts: [{name: c, "
            + "mountPath: /etc/app.conf, subPath: %s}]}]";
        var scene = new Scene().deploy("api", spec.formatted("app.conf"), Scene.crashed("api", 1, "Error"))
            .log("api-1-a", "api", "Error: read /etc/app.conf: is a directory")
            .add("kind: ConfigMap\nmetadata: {name: settings}\ndata: {b: b}");
        assertEquals(List.of("CONFIG_KEY_MISSING ConfigMap/settings"), scene.causes());
        assertEquals(List.of("CRASH_APP_ERROR Deployment/api"), new Scene()
            .deploy("api", spec.formatted("b"), Scene.crashed("api", 1, "Error"))
            .log("api-1-a", "api", "Error: boom").add("kind: ConfigMap\nmetadata: {name: settings}\ndata: {b: b}").causes());
    }

    @Test
    void aPolicyIsNoFaultOfAProgramThatIsReady() {
        var policy = "kind: NetworkPolicy\nmetadata: {name: deny}\nspec: {podSelector: {}, policyTypes: [Ingress]}";
        var env = "containers: [{name: api, image: a, env: [{name: DB_ADDR, value: 'db:5432'}]}]";
        assertEquals(List.of(), new Scene().deploy("db").service("db", 5432).deploy("api", env, Scene.ready("api")).add(policy).causes());
        assertEquals(List.of("NETPOL_BLOCKING NetworkPolicy/deny"), new Scene().deploy("db").service("db", 5432)
            .deploy("api", env, Scene.crashed("api", 1, "Error")).log("api-1-a", "api", "dial tcp db:5432: i/o timeout")
            .add(policy).causes());
    }

    @Test
    void anInitContainerThatWaitsForACrashingDatabaseIsExplainedByIt() {
        var scene = new Scene().deploy("db", "", Scene.crashed("db", 1, "Error"))
            .log("db-1-a", "db", "Error: corrupt data file").service("db", 80)
            .deploy("api", "initContainers: [{name: wait, image: a, command: [sh, -c, 'until curl -sf http://db/ok; do echo waiting for "
                + "db; sleep 1; done']}]", Scene.initRunning("wait"))
            .log("api-1-a", "wait", "waiting for db", "waiting for db");
        assertEquals(List.of("CRASH_APP_ERROR Deployment/db"), scene.causes());
    }

    @Test
    void aRefusedConnectionToAServiceWhosePodsCrashIsLinked() {
        var scene = new Scene().deploy("db", "", Scene.crashed("db", 1, "Error"))
            .log("db-1-a", "db", "Error: corrupt data file").service("db", 80)
            .deploy("api", "", Scene.crashed("api", 1, "Error"))
            .log("api-1-a", "api", "curl: (7) Failed to connect to db port 80 after 1 ms: Could not connect to server");
        assertEquals(List.of("CRASH_APP_ERROR Deployment/db"), scene.causes());
        var python = new Scene().deploy("db", "", Scene.crashed("db", 1, "Error"))
            .log("db-1-a", "db", "Error: corrupt data file").service("db", 80)
            .deploy("api", "containers: [{name: api, image: a, env: [{name: DB_HOST, value: db}]}]", Scene.crashed("api", 1, "Error"))
            .log("api-1-a", "api", "Traceback (most recent call last):", "ConnectionRefusedError: [Errno 111] Connection refused");
        assertEquals(List.of("CRASH_APP_ERROR Deployment/db"), python.causes());
    }

    @Test
    void aNameThatPythonCannotResolveIsOneCause() {
        var env = "containers: [{name: api, image: a, env: [{name: DB_URL, value: 'postgres://user@databse:5432/x'}, {name: CACHE_HOST, "
            + "value: redis}, {name: MAIL_HOST, value: smtp.example.com}]}]";
        var scene = new Scene().deploy("database").service("database", 5432).deploy("redis").service("redis", 6379)
            .deploy("api", env, Scene.crashed("api", 1, "Error")).log("api-1-a", "api", "Traceback (most recent call last):",
                "  File \"/usr/lib/python3.11/socket.py\", line 962, in getaddrinfo",
                    "socket.gaierror: [Errno -2] Name or service not known");
        assertEquals(List.of("DNS_NAME_UNKNOWN Deployment/api"), scene.causes());
    }

    @Test
    void aSecretThatAFailingSyncWouldMakeIsExplainedByIt() {
        var sync = "apiVersion: %1$s\nkind: %2$s\nmetadata: {name: sync, creationTimestamp: '2026-01-01T09:00:00Z'}\nspec: %3$s\n"
            + "status: {conditions: [{type: Ready, status: '%4$s', reason: SyncError, message: denied, "
            + "lastTransitionTime: '2026-01-01T09:10:00Z'}]}";
        for (var kind : List.of(List.of("external-secrets.io/v1", "ExternalSecret", "{target: {name: db}}"),
            List.of("secrets.hashicorp.com/v1beta1", "VaultStaticSecret", "{destination: {name: db, create: true}}"))) {
            for (var ready : List.of("False", "True")) {
                var scene = new Scene().none("Secret")
                    .deploy("api", "", Scene.waiting("api", "CreateContainerConfigError", "secret \"db\" not found"))
                    .add(sync.formatted(kind.get(0), kind.get(1), kind.get(2), ready)).judged(kind.get(1), "sync", ready.equals("True"));
                assertEquals(List.of(ready.equals("False") ? "CR_NOT_READY " + kind.get(1) + "/sync" : "SECRET_MISSING Secret/db"),
                    scene.causes());
            }
        }
    }

    @Test
    void aPodOfARevisionThatWasTakenBackIsStuck() {
        var scene = new Scene().statefulSet("db", "", Scene.waiting("db", "ErrImagePull", "manifest unknown"));
        assertEquals(List.of("IMAGE_NOT_FOUND StatefulSet/db"), scene.causes());
        assertEquals(List.of("STS_STUCK_REVISION StatefulSet/db"), revised("updateRevision: db-1, currentRevision: db-1", "").causes());
        assertEquals(List.of("IMAGE_NOT_FOUND StatefulSet/db"), revised("updateRevision: db-2, currentRevision: db-1", "").causes());
        assertEquals(List.of("IMAGE_NOT_FOUND StatefulSet/db"), revised("updateRevision: db-1, currentRevision: db-1",
            "  updateStrategy: {rollingUpdate: {partition: 3}}\n").causes());
    }

    /** Its only pod is of revision db-2 and cannot be pulled. */
    private static Scene revised(String revisions, String strategy) {
        return new Scene().judged("StatefulSet", "db", false)
            .add("kind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: 1\n" + strategy
            + "  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: a}]}}\nstatus: {replicas: 1, "
            + revisions + "}")
            .add("kind: Pod\nmetadata: {name: db-0, owner: StatefulSet/db, labels: {app: db, controller-revision-hash: db-2}}\n"
                + "spec: {nodeName: n, containers: [{name: db, image: b}]}\nstatus:\n"
                + Scene.indent(Scene.waiting("db", "ErrImagePull", "manifest unknown")));
    }

    @Test
    void aServiceThatSelectsNothingIsTheCauseOfWhoCannotReachIt() {
        var scene = new Scene().deploy("database").service("db", 80)
            .deploy("api", "containers: [{name: api, image: a, args: ['db:80']}]", Scene.crashed("api", 1, "Error"))
            .log("api-1-a", "api", "dial tcp db:80: connect: connection refused");
        assertEquals(List.of("SVC_SELECTOR_MISMATCH Service/db"), scene.causes());
        assertTrue(scene.report().causes().get(0).candidates().contains("deploy/database has labels {app=database}"), scene.report()
            .causes().get(0).candidates()::toString);
        assertEquals(List.of(), new Scene().deploy("database").service("db", 80).causes());
    }

    @Test
    void theRoleThatLacksTheVerbIsNamed() {
        var log = "pods is forbidden: User \"system:serviceaccount:shop:op\" cannot list resource \"pods\" in API group \"\" in the "
            + "namespace \"shop\"";
        var scene = new Scene().deploy("op", "serviceAccountName: op", Scene.crashed("op", 1, "Error")).log("op-1-a", "op", log)
            .add("kind: ServiceAccount\nmetadata: {name: op}")
            .add("kind: Role\nmetadata: {name: op-reader}\nrules: [{apiGroups: [''], resources: [pods], verbs: [get]}]");
        assertEquals(List.of("RBAC_RUNTIME_FORBIDDEN Deployment/op"), scene.causes());
        scene.add("kind: RoleBinding\nmetadata: {name: op}\nroleRef: {kind: Role, name: op-reader}\n"
            + "subjects: [{kind: ServiceAccount, name: op}]");
        assertEquals(List.of("RBAC_RUNTIME_FORBIDDEN Role/op-reader"), scene.causes());
        assertTrue(scene.report().causes().get(0).facts().toString().contains("verbs: [get]"), scene.report()
            .causes().get(0).facts()::toString);
    }

    @Test
    void theConfigMapWhoseValueIsWrongIsNamed() {
        var scene = new Scene().deploy("database").service("database", 5432)
            .deploy("api", "containers: [{name: api, image: a, envFrom: [{configMapRef: {name: app}}]}]", Scene.crashed("api", 1, "Error"))
            .add("kind: ConfigMap\nmetadata: {name: app}\ndata: {DB_ADDR: 'databse:5432'}")
            .log("api-1-a", "api", "dial tcp: lookup databse on 10.96.0.10:53: no such host");
        assertEquals(List.of("DNS_NAME_UNKNOWN ConfigMap/app"), scene.causes());
        assertEquals(new ensure_ready.Fact("cm/app data.DB_ADDR", "databse:5432"), scene.report().causes().get(0).facts().get(0));
    }

    @Test
    void aWebhookIsNamedByItsConfiguration() {
        var refused = new Scene()
            .refused("web", "Internal error occurred: failed calling webhook \"check.policy.io\": failed to call webhook: Post "
                + "\"https://policy.ops.svc:443/v\": connection refused");
        assertEquals(List.of("ADMISSION_WEBHOOK_UNAVAILABLE Webhook/check.policy.io"), refused.causes());
        assertEquals(List.of("ADMISSION_WEBHOOK_UNAVAILABLE ValidatingWebhookConfiguration/policy-guard"),
            refused.add("kind: ValidatingWebhookConfiguration\nmetadata: {name: policy-guard}\nwebhooks: [{name: check.policy.io}]")
                .causes());
    }

    @Test
    void aSymptomThatNothingExplainsIsInferredAndNotObserved() {
        assertEquals("inferred", exits(1, "dial tcp 203.0.113.9:443: i/o timeout").report().causes().get(0).basis());
        assertEquals("observed", exits(1, "Error: boom").report().causes().get(0).basis());
    }
}
