//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every code has a case that shows it and a twin: the same symptom with another cause, or none. */
class DiagnosisCodesTest {
    static final String NOT_FOUND =
        "rpc error: code = NotFound desc = failed to pull and unpack image \"repo/web:1\": repo/web:1: not found";
    private static final String DENIED =
        "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization "
            + "failed";
    private static final String AUTH =
        "failed to authorize: failed to fetch oauth token: unexpected status from POST request: 401 Unauthorized";
    private static final String PENDING = "0/3 nodes are available: ";
    private static final String ENV =
        "containers: [{name: web, image: a, env: [{name: DATABASE_HOST, value: postgres}, {name: DATABASE_PORT, value: '%s'}]}]";
    private static final String PROBED =
        "containers: [{name: web, image: a, ports: [{containerPort: 8080}], readinessProbe: {httpGet: {path: /ready, port: %s}}}]";
    static final String WAIT =
        "initContainers: [{name: wait, image: busybox, command: [sh, -c, 'until nc -z postgres 5432; do sleep 1; done']}]";
    private static final String CLAIM =
        "kind: PersistentVolumeClaim\nmetadata: {name: data}\nspec: {storageClassName: %s}\nstatus: {phase: Pending}";
    private static final String DATA = "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]";
    private static final String INGRESS =
        "kind: Ingress\nmetadata: {name: web}\nspec:\n  ingressClassName: nginx\n  tls: [{secretName: web-tls}]\n"
            + "  rules: [{http: {paths: [{path: /, backend: {service: {name: web, port: {number: %s}}}}]}}]";
    static final String FORBIDDEN =
        "Error from server (Forbidden): pods is forbidden: User \"system:serviceaccount:shop:web\" cannot list resource \"pods\" in API "
            + "group \"\" in the namespace \"shop\"";

    record Case(ensure_ready.Code code, Supplier<Scene> shows, Supplier<Scene> twin) {
        @Override
        public String toString() {
            return code.name();
        }
    }

    static Case c(ensure_ready.Code code, Supplier<Scene> shows, Supplier<Scene> twin) {
        return new Case(code, shows, twin);
    }

    static Scene web(String status) {
        return new Scene().deploy("web", "", status);
    }

    static Scene image(String message) {
        return web(Scene.waiting("web", "ImagePullBackOff", "Back-off pulling image \"repo/web:1\""))
            .event("Pod/web-1-a", "Failed", 4, "Failed to pull image \"repo/web:1\": " + message, "web")
            .event("Pod/web-1-a", "Failed", 9, "Error: ImagePullBackOff", "web");
    }

    static Scene crash(int exit, String... log) {
        return web(Scene.crashed("web", exit, "Error")).log("web-1-a", "web", log);
    }

    private static Scene pending(String reasons) {
        return web(Scene.unscheduled(PENDING + reasons
            + " preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling."));
    }

    static Scene cron(String last) {
        return new Scene().deploy("web").add("kind: CronJob\nmetadata: {name: sync}\nspec: {schedule: '*/5 * * * *'}")
            .add("kind: Job\nmetadata: {name: sync-1, owner: CronJob/sync}\nstatus: " + last);
    }

    private static Scene database() {
        return new Scene().deploy("postgres").service("postgres", 5432);
    }

    private static Scene claim(String type, String event, String message) {
        return new Scene().deploy("web", DATA, Scene.unscheduled(PENDING + "pod has unbound immediate PersistentVolumeClaims."))
            .add(CLAIM.formatted(type))
            .event("PersistentVolumeClaim/data", event, 20, message);
    }

    private static Scene ingress(String port, String... kinds) {
        return new Scene().deploy("web").service("web", 80).add(INGRESS.formatted(port)).add("kind: IngressClass\nmetadata: {name: nginx}")
            .add("kind: Secret\nmetadata: {name: web-tls}");
    }

    static Scene refused(String message) {
        return new Scene().refused("web", message);
    }

    static Scene apply(String reason, String error) {
        return new Scene().none("Pod").applied("apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}", reason, error);
    }

    static Scene broken(String kind, String code) {
        return new Scene().none("Pod")
            .applied("kind: " + kind + "\nmetadata: {name: deploy/web.yaml}", code, "namespaces \"shop\" not found");
    }

    private static Scene probe(String port, String answer) {
        return new Scene().deploy("web", PROBED.formatted(port), Scene.unreadyRunning("web"))
            .event("Pod/web-1-a", "Unhealthy", 30, "Readiness probe failed: "
            + answer, "web");
    }

    private static Scene killed(String probe, String field) {
        return new Scene().deploy("web", "containers: [{name: web, image: a, " + field + ": {httpGet: {path: /h, port: 8080}}}]",
            Scene.crashed("web", 137, "Error"))
            .event("Pod/web-1-a", "Killing", 5, "Container web failed " + probe + " probe, will be restarted", "web")
                .event("Pod/web-1-a", "Unhealthy", 15, (probe.equals("liveness") ? "Liveness" : "Startup")
                + " probe failed: HTTP probe failed with statuscode: 500", "web");
    }

    private static Scene policies(String ingress, String log) {
        return database().deploy("web", ENV.formatted("5432"), Scene.crashed("web", 1, "Error")).log("web-1-a", "web", log)
            .add("kind: NetworkPolicy\nmetadata: {name: db-only-orders}\nspec:\n  podSelector: {matchLabels: {app: postgres}}\n  ingress: "
            + ingress);
    }

    private static Scene node(String status) {
        return web(Scene.unreadyRunning("web"))
            .add("kind: Node\nmetadata: {name: node-1}\nstatus: {conditions: [{type: Ready, status: '" + status
            + "', reason: NodeStatusUnknown, message: Kubelet stopped posting node status.}]}");
    }

    static Scene failed(String reason, String message) {
        return web("phase: Failed\nreason: " + reason + "\nmessage: " + Scene.quoted(message));
    }

    private static Scene unseen(String status) {
        return new Scene().judged("Pod", "task", false)
            .add("kind: Pod\nmetadata: {name: task}\nspec: {containers: [{name: a, image: a}]}\nstatus:\n"
            + Scene.indent(status));
    }

    private static Scene gated(String containersReady) {
        return new Scene().deploy("web", "readinessGates: [{conditionType: 'example.com/up'}]", Scene.unreadyRunning("web")
            .replace("ready: false", "ready: " + containersReady.replace("'", "").toLowerCase())
            .replace("{type: Ready", "{type: ContainersReady, lastTransitionTime: '2026-01-01T09:51:00Z', status: "
            + containersReady + "}, {type: Ready"));
    }

    static Scene job(String status, String pod) {
        return new Scene().job("migrate", "", pod, status).none("Pod");
    }

    static Stream<Case> images() {
        return Stream.of(
            c(ensure_ready.Code.IMAGE_NOT_FOUND, () -> image(NOT_FOUND), () -> image(DENIED)),
            c(ensure_ready.Code.IMAGE_NOT_FOUND_OR_AUTH, () -> image(DENIED), () -> image(NOT_FOUND)),
            c(ensure_ready.Code.IMAGE_AUTH, () -> image(AUTH), () -> image(NOT_FOUND)),
            c(ensure_ready.Code.IMAGE_PULL_SECRET_MISSING, () -> new Scene().none("Secret")
                .deploy("web", "imagePullSecrets: [{name: regcred}]",
                Scene.waiting("web", "ErrImagePull", DENIED)),
                () -> new Scene().add("kind: Secret\nmetadata: {name: regcred}").deploy("web", "imagePullSecrets: [{name: regcred}]",
                    Scene.waiting("web", "ErrImagePull", DENIED))),
            c(ensure_ready.Code.IMAGE_RATE_LIMITED, () -> image("toomanyrequests: You have reached your pull rate limit."), () ->
                image(AUTH)),
            c(ensure_ready.Code.IMAGE_REGISTRY_UNREACHABLE, () ->
                image("dial tcp: lookup registry.exmaple.com on 10.96.0.10:53: no such host"),
                () -> image(NOT_FOUND)),
            c(ensure_ready.Code.IMAGE_NAME_INVALID,
                () -> web(Scene.waiting("web", "InvalidImageName",
                    "Failed to apply default image tag \"Web:\": couldn't parse image name")),
                () -> image(NOT_FOUND)),
            c(ensure_ready.Code.IMAGE_NEVER_PULL,
                () -> web(Scene.waiting("web", "ErrImageNeverPull", "Container image \"web:1\" is not present with pull policy of Never")),
                () -> image(NOT_FOUND)),
            c(ensure_ready.Code.IMAGE_PLATFORM_MISMATCH, () -> image("no match for platform in manifest: not found"), () ->
                image(NOT_FOUND)),
            c(ensure_ready.Code.IMAGE_PULL_FAILED, () ->
                web(Scene.waiting("web", "ImagePullBackOff", "Back-off pulling image \"repo/web:1\"")),
                () -> image(NOT_FOUND)),
            c(ensure_ready.Code.IMAGE_STILL_PULLING, () -> web(Scene.creating("web"))
                .event("Pod/web-1-a", "Pulling", 1, "Pulling image \"repo/web:1\"",
                "web"), () -> image(NOT_FOUND)));
    }

    static Stream<Case> crashes() {
        return Stream.of(
            c(ensure_ready.Code.CONTAINER_COMMAND_NOT_FOUND,
                () -> web(Scene.waiting("web", "RunContainerError", "exec: \"serve\": executable file not found in $PATH: unknown")),
                () -> web(Scene.waiting("web", "RunContainerError", "exec: \"/run.sh\": permission denied: unknown"))),
            c(ensure_ready.Code.CONTAINER_COMMAND_PERMISSION,
                () -> web(Scene.waiting("web", "RunContainerError", "exec: \"/run.sh\": permission denied: unknown")),
                () -> web(Scene.waiting("web", "RunContainerError", "exec: \"serve\": executable file not found in $PATH"))),
            c(ensure_ready.Code.CONTAINER_START_FAILED,
                () -> web(Scene.waiting("web", "RunContainerError",
                "error mounting \"/x\" to rootfs at \"/etc/nginx.conf\": not a directory: unknown: Are you trying to mount a directory "
                    + "onto a file")),
                () -> web(Scene.waiting("web", "RunContainerError", "exec: \"serve\": no such file or directory"))),
            c(ensure_ready.Code.CONTAINER_EXITS_ZERO, () -> web(Scene.crashed("web", 0, "Completed")), () -> crash(1, "boom")),
            c(ensure_ready.Code.LIFECYCLE_HOOK_FAILED, () ->
                web(Scene.waiting("web", "PostStartHookError", "Exec lifecycle hook failed")), () -> crash(1, "boom")),
            c(ensure_ready.Code.CRASH_APP_ERROR, () -> crash(1, "Traceback (most recent call last):", "ValueError: bad literal"),
                () -> crash(1, "Error: APP_MODE is not set")),
            c(ensure_ready.Code.CRASH_MISSING_ENV, () -> crash(1, "Error: APP_MODE is not set"), () -> crash(1, "ValueError: bad literal")),
            c(ensure_ready.Code.CRASH_AUTH_FAILED, () -> crash(1, "FATAL: password authentication failed for user \"app\""),
                () -> crash(1, "Error: PASSWORD_FILE is not set")),
            c(ensure_ready.Code.CRASH_PORT_IN_USE, () -> crash(1, "listen tcp :8080: bind: address already in use"),
                () -> crash(1, "listen tcp :80: bind: permission denied")),
            c(ensure_ready.Code.CRASH_DISK_FULL, () -> crash(1, "write /data/x: no space left on device"), () ->
                crash(1, "write /data/x: input/output error")),
            c(ensure_ready.Code.CRASH_DEPENDENCY_UNREACHABLE, () -> crash(1, "dial tcp 203.0.113.9:443: i/o timeout"), () ->
                crash(1, "assertion failed")),
            c(ensure_ready.Code.OOM_KILLED, () -> web(Scene.crashed("web", 137, "OOMKilled")), () ->
                web(Scene.crashed("web", 137, "Error"))));
    }

    static Stream<Case> configuration() {
        return Stream.of(
            c(ensure_ready.Code.SECRET_MISSING, () -> web(Scene.waiting("web", "CreateContainerConfigError", "secret \"db\" not found")),
                () -> web(Scene.waiting("web", "CreateContainerConfigError", "couldn't find key pw in Secret shop/db"))),
            c(ensure_ready.Code.CONFIGMAP_MISSING, () -> web(Scene.creating("web"))
                .event("Pod/web-1-a", "FailedMount", 9, "MountVolume.SetUp failed for volume \"cfg\" : configmap \"app\" not found"),
                () -> web(Scene.creating("web"))
                    .event("Pod/web-1-a", "FailedMount", 9,
                    "MountVolume.SetUp failed for volume \"cfg\" : references non-existent config key: app.yaml")),
            c(ensure_ready.Code.CONFIG_KEY_MISSING, () ->
                web(Scene.waiting("web", "CreateContainerConfigError", "couldn't find key pw in Secret shop/db")),
                () -> web(Scene.waiting("web", "CreateContainerConfigError", "secret \"db\" not found"))),
            c(ensure_ready.Code.CONTAINER_CONFIG_INVALID,
                () -> web(Scene.waiting("web", "CreateContainerConfigError",
                    "failed to prepare subPath for volumeMount \"x\" of container \"web\"")),
                () -> web(Scene.waiting("web", "CreateContainerConfigError", "secret \"db\" not found"))),
            c(ensure_ready.Code.RUN_AS_NON_ROOT,
                () -> web(Scene.waiting("web", "CreateContainerConfigError", "container has runAsNonRoot and image will run as root")),
                () -> web(Scene.waiting("web", "CreateContainerConfigError", "secret \"db\" not found"))),
            c(ensure_ready.Code.PROBE_LIVENESS_FAILING, () -> killed("liveness", "livenessProbe"), () ->
                web(Scene.crashed("web", 137, "OOMKilled"))),
            c(ensure_ready.Code.PROBE_STARTUP_FAILING, () -> killed("startup", "startupProbe"), () -> killed("liveness", "livenessProbe")),
            c(ensure_ready.Code.PROBE_READINESS_FAILING, () -> probe("8080", "HTTP probe failed with statuscode: 500"),
                () -> probe("8080", "HTTP probe failed with statuscode: 404")),
            c(ensure_ready.Code.PROBE_PORT_MISMATCH,
                () -> probe("9999", "Get \"http://10.1.2.3:9999/ready\": dial tcp 10.1.2.3:9999: connect: connection refused"),
                () -> probe("8080", "Get \"http://10.1.2.3:8080/ready\": dial tcp 10.1.2.3:8080: connect: connection refused")),
            c(ensure_ready.Code.PROBE_PATH_NOT_FOUND, () -> probe("8080", "HTTP probe failed with statuscode: 404"),
                () -> probe("8080", "HTTP probe failed with statuscode: 503")),
            c(ensure_ready.Code.INIT_WAITING, () -> database()
                .deploy("web", WAIT.replace("postgres", "cache.other-team.example"), Scene.initRunning("wait")),
                () -> new Scene().deploy("web", WAIT, Scene.initRunning("wait")).service("orders", 80)),
            c(ensure_ready.Code.DEPENDENCY_SERVICE_MISSING, () -> new Scene()
                .deploy("web", WAIT, Scene.initRunning("wait")).service("orders", 80),
                () -> database().deploy("web", WAIT, Scene.initRunning("wait"))));
    }

    static Stream<Case> scheduling() {
        return Stream.of(
            c(ensure_ready.Code.SCHED_INSUFFICIENT_RESOURCES, () -> pending("3 Insufficient cpu."), () ->
                pending("3 node(s) were unschedulable.")),
            c(ensure_ready.Code.SCHED_NODE_SELECTOR, () -> pending("3 node(s) didn't match Pod's node affinity/selector."),
                () -> pending("2 node(s) didn't match Pod's node affinity/selector, 1 Insufficient memory.")),
            c(ensure_ready.Code.SCHED_POD_ANTI_AFFINITY, () -> pending("3 node(s) didn't match pod anti-affinity rules."),
                () -> pending("3 node(s) didn't match Pod's node affinity/selector.")),
            c(ensure_ready.Code.SCHED_HOST_PORT, () -> pending("3 node(s) didn't have free ports for the requested pod ports."), () ->
                pending("3 Too many pods.")),
            c(ensure_ready.Code.SCHED_TOPOLOGY, () -> pending("3 node(s) didn't match pod topology spread constraints."),
                () -> pending("3 node(s) didn't match pod anti-affinity rules.")),
            c(ensure_ready.Code.SCHED_TAINT, () -> pending("3 node(s) had untolerated taint {dedicated: gpu}."),
                () -> pending("1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu.")),
            c(ensure_ready.Code.SCHED_NODES_UNAVAILABLE, () -> pending("3 node(s) were unschedulable."), () ->
                pending("3 Insufficient cpu.")),
            c(ensure_ready.Code.SCHED_PREEMPTED, () -> failed("Preempting", "Preempted in order to admit critical pod"),
                () -> failed("Evicted", "The node was low on resource: memory.")),
            c(ensure_ready.Code.SCHED_GATED,
                () -> web("phase: Pending\nconditions: [{type: PodScheduled, status: 'False', reason: SchedulingGated, "
                    + "message: Scheduling is blocked due to non-empty scheduling gates}]"), () -> pending("3 Insufficient cpu.")),
            c(ensure_ready.Code.SCHED_NODE_MISSING, () -> web("phase: Pending\nconditions: [{type: PodScheduled, status: 'True'}]")
                .add("kind: Node\nmetadata: {name: other}"), () -> web(Scene.creating("web")).add("kind: Node\nmetadata: {name: node-1}")),
            c(ensure_ready.Code.SCHED_VOLUME_AFFINITY, () -> pending("3 node(s) had volume node affinity conflict."),
                () -> pending("3 node(s) didn't match Pod's node affinity/selector.")),
            c(ensure_ready.Code.SCHED_DEVICE_CLAIM, () -> pending("3 cannot allocate all claims."), () -> pending("3 Insufficient cpu.")),
            c(ensure_ready.Code.SCHED_SCHEDULER_MISSING, () -> unseen("phase: Pending"),
                () -> unseen(Scene.unscheduled(PENDING + "3 Insufficient cpu."))),
            c(ensure_ready.Code.SCHED_NOT_READY, () -> web(Scene.unscheduled("").replace("Unschedulable", "NotReadyForScheduling")),
                () -> pending("3 Insufficient cpu.")),
            c(ensure_ready.Code.NODE_REFUSES_POD, () -> failed("SysctlForbidden", "forbidden sysctl"),
                () -> failed("NodePorts", "Predicate NodePorts failed")),
            c(ensure_ready.Code.POD_READINESS_GATE, () -> gated("'True'"), () -> gated("'False'")),
            c(ensure_ready.Code.AUTOSCALING_IN_PROGRESS, () -> pending("3 Insufficient cpu.")
                .event("Pod/web-1-a", "TriggeredScaleUp", 1, "pod triggered scale-up: [{pool 1->2 (max: 5)}]"), () ->
                pending("3 Insufficient cpu.")
                .event("Pod/web-1-a", "NotTriggerScaleUp", 1, "pod didn't trigger scale-up")),
            c(ensure_ready.Code.NODE_NOT_READY, () -> node("Unknown"), () -> node("True")),
            c(ensure_ready.Code.NODE_PRESSURE, () -> failed("Evicted", "The node was low on resource: memory. Threshold quantity: 100Mi"),
                () -> failed("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi.")),
            c(ensure_ready.Code.EVICTED_EPHEMERAL_STORAGE,
                () -> failed("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 1Gi."),
                () -> failed("Evicted", "The node was low on resource: memory.")),
            c(ensure_ready.Code.SANDBOX_FAILED, () -> web(Scene.creating("web")).event("Pod/web-1-a", "FailedCreatePodSandBox", 9,
                "Failed to create pod sandbox: rpc error: plugin type=\"calico\" failed (add): no IP addresses available"), () ->
                    web(Scene.creating("web"))
                .event("Pod/web-1-a", "FailedMount", 9, "MountVolume.SetUp failed for volume \"c\" : configmap \"c\" not found")));
    }

    static Stream<Case> storage() {
        return Stream.of(
            c(ensure_ready.Code.PVC_MISSING, () -> new Scene().none("PersistentVolumeClaim")
                .deploy("web", DATA, Scene.unscheduled(PENDING + "persistentvolumeclaim \"data\" not found.")), () ->
                claim("fast", "ProvisioningFailed",
                "storageclass.storage.k8s.io \"fast\" not found")),
            c(ensure_ready.Code.PVC_STORAGECLASS_MISSING, () ->
                claim("fast", "ProvisioningFailed", "storageclass.storage.k8s.io \"fast\" not found"),
                () -> claim("fast", "ProvisioningFailed", "failed to provision volume with StorageClass \"fast\": rpc error: disk quota")),
            c(ensure_ready.Code.PVC_NO_DEFAULT_CLASS,
                () -> claim("''", "FailedBinding", "no persistent volumes available for this claim and no storage class is set")
                    .none("PersistentVolume"),
                () -> claim("fast", "ExternalProvisioning",
                    "waiting for a volume to be created, either by external provisioner \"ebs\" or manually")),
            c(ensure_ready.Code.PVC_PROVISIONER_MISSING, () -> claim("fast", "ExternalProvisioning",
                "waiting for a volume to be created, either by external provisioner \"ebs\" or manually"), () ->
                    claim("fast", "ProvisioningFailed",
                "failed to provision volume with StorageClass \"fast\": rpc error: no capacity")),
            c(ensure_ready.Code.PVC_PROVISION_FAILED, () -> claim("fast", "ProvisioningFailed",
                "failed to provision volume with StorageClass \"fast\": rpc error: no capacity"), () ->
                    claim("fast", "ExternalProvisioning",
                "waiting for a volume to be created, either by external provisioner \"ebs\" or manually")),
            c(ensure_ready.Code.PVC_PV_RELEASED,
                () -> claim("''", "FailedBinding", "no persistent volumes available for this claim and no storage class is set")
                .add("kind: PersistentVolume\nmetadata: {name: pv}\nspec: {claimRef: {name: data}}\nstatus: {phase: Released}"),
                () -> claim("''", "FailedBinding", "no persistent volumes available for this claim and no storage class is set")
                    .none("PersistentVolume")),
            c(ensure_ready.Code.PVC_UNBOUND, () ->
                claim("manual", "VolumeMismatch", "Cannot bind to requested volume \"pv\": requested PV is too small"),
                () -> claim("fast", "ProvisioningFailed", "storageclass.storage.k8s.io \"fast\" not found")),
            c(ensure_ready.Code.PVC_ACCESS_MODE, () -> web(Scene.creating("web"))
                .event("Pod/web-1-a", "FailedAttachVolume", 9,
                "Multi-Attach error for volume \"pvc-1\" Volume is already used by pod(s) web-0"),
                () -> web(Scene.creating("web"))
                    .event("Pod/web-1-a", "FailedAttachVolume", 9, "AttachVolume.Attach failed for volume \"pvc-1\" : rpc error")),
            c(ensure_ready.Code.VOLUME_MOUNT_FAILED, () -> web(Scene.creating("web"))
                .event("Pod/web-1-a", "FailedMount", 9, "MountVolume.SetUp failed for volume \"nfs\" : mount failed: exit status 32"),
                () -> web(Scene.creating("web"))
                    .event("Pod/web-1-a", "FailedMount", 9, "MountVolume.SetUp failed for volume \"c\" : secret \"c\" not found")),
            c(ensure_ready.Code.SCHED_VOLUME_UNBOUND, () -> new Scene()
                .deploy("web", DATA, Scene.unscheduled(PENDING + "pod has unbound immediate PersistentVolumeClaims.")), () ->
                pending("3 Insufficient cpu.")));
    }

    static Stream<Case> services() {
        return Stream.of(
            c(ensure_ready.Code.SVC_SELECTOR_MISMATCH, () -> new Scene().deploy("web")
                .service("web", "{app: webb}", "[{port: 80}]"), () -> new Scene()
                .deploy("web").service("web", 80).service("legacy", "{app: gone}", "[{port: 80}]")),
            c(ensure_ready.Code.SVC_TARGET_PORT_MISMATCH, () -> new Scene().deploy("web", PROBED.formatted("8080"), Scene.ready("web"))
                .service("web", "{app: web}", "[{port: 80, targetPort: 9090}]"), () -> new Scene()
                .deploy("web", PROBED.formatted("8080"), Scene.ready("web"))
                .service("web", "{app: web}", "[{port: 80, targetPort: 8080}, {port: 81, targetPort: 9090}]")),
            c(ensure_ready.Code.SVC_MISSING, () -> new Scene().deploy("postgres")
                .service("orders", 80).deploy("web", "", Scene.crashed("web", 1, "Error"))
                .log("web-1-a", "web", "lookup postgres on 10.96.0.10:53: no such host"), () -> new Scene().service("orders", 80)
                .deploy("web", "", Scene.crashed("web", 1, "Error"))
                .log("web-1-a", "web", "lookup postgres on 10.96.0.10:53: no such host")),
            c(ensure_ready.Code.STS_HEADLESS_SVC_MISSING, () -> new Scene().statefulSet("db", "", Scene.unreadyRunning("db"))
                .none("Service"), () -> new Scene()
                .statefulSet("db", "", Scene.unreadyRunning("db")).service("db", 5432)),
            c(ensure_ready.Code.SVC_LB_PENDING, () -> new Scene().deploy("web")
                .add("kind: Service\nmetadata: {name: web}\nspec: {type: LoadBalancer, selector: {app: web}, ports: [{port: 80}]}"), () ->
                new Scene()
                .deploy("web").service("web", 80)),
            c(ensure_ready.Code.ENV_PORT_MISMATCH, () -> database().deploy("web", ENV.formatted("5433"), Scene.crashed("web", 1, "Error"))
                .log("web-1-a", "web", "dial tcp: connect to postgres:5433: connection refused"), () -> database()
                .deploy("web", ENV.formatted("5432"), Scene.crashed("web", 1, "Error"))
                .log("web-1-a", "web", "dial tcp: connect to postgres:5432: connection refused")),
            c(ensure_ready.Code.DNS_NAME_UNKNOWN, () -> database().deploy("web", "", Scene.crashed("web", 1, "Error"))
                .log("web-1-a", "web", "lookup postgress on 10.96.0.10:53: no such host"), () -> database()
                .deploy("web", "", Scene.crashed("web", 1, "Error"))
                .log("web-1-a", "web", "connect to postgres:5432: connection refused")),
            c(ensure_ready.Code.POD_DNS_POLICY, () -> database().deploy("web", "dnsPolicy: Default", Scene.crashed("web", 1, "Error"))
                .log("web-1-a", "web", "lookup postgres on 8.8.8.8:53: no such host"), () -> database()
                .deploy("web", "dnsPolicy: ClusterFirst", Scene.crashed("web", 1, "Error"))
                .log("web-1-a", "web", "lookup postgres on 10.96.0.10:53: no such host")),
            c(ensure_ready.Code.DNS_CLUSTER_FAILURE, () -> database().deploy("web", "", Scene.crashed("web", 1, "Error"))
                .log("web-1-a", "web", "lookup postgres on 10.96.0.10:53: server misbehaving")
                .deploy("api", "", Scene.crashed("api", 1, "Error"))
                .log("api-1-a", "api", "getaddrinfo EAI_AGAIN postgres"),
                () -> database().deploy("web", "", Scene.crashed("web", 1, "Error"))
                    .log("web-1-a", "web", "lookup postgres on 10.96.0.10:53: server misbehaving")),
            c(ensure_ready.Code.NETPOL_BLOCKING, () -> policies("[{from: [{podSelector: {matchLabels: {app: orders}}}]}]",
                "dial tcp: connect to postgres:5432: i/o timeout"), () -> policies("[{from: [{podSelector: {matchLabels: {app: web}}}]}]",
                "dial tcp: connect to postgres:5432: i/o timeout")),
            c(ensure_ready.Code.INGRESS_CLASS_MISSING, () -> new Scene().deploy("web")
                .service("web", 80).add(INGRESS.formatted("80")).none("IngressClass")
                .add("kind: Secret\nmetadata: {name: web-tls}"), () -> ingress("80")),
            c(ensure_ready.Code.INGRESS_BACKEND_MISSING, () -> new Scene().none("Pod")
                .service("webb", 80).add(INGRESS.formatted("80")), () -> ingress("80")),
            c(ensure_ready.Code.INGRESS_BACKEND_PORT, () -> ingress("8080"), () -> ingress("80")),
            c(ensure_ready.Code.INGRESS_TLS_SECRET_MISSING, () -> new Scene()
                .deploy("web").service("web", 80).add(INGRESS.formatted("80")).none("Secret"),
                () -> ingress("80")));
    }



    static Stream<Case> all() {
        return Stream.of(images(), crashes(), configuration(), scheduling(), storage(), services(),
            AdmissionCases.admission(), ControllerCases.controllers()).flatMap(s -> s);
    }

    private static List<ensure_ready.Code> codes(Scene scene) {
        var report = scene.report();
        return Stream.of(report.causes().stream().map(ensure_ready.Cause::code), report.unexplained()
            .stream().map(ensure_ready.Unexplained::code),
            report.warnings().stream().map(ensure_ready.Warning::code)).flatMap(s -> s).toList();
    }

    @ParameterizedTest
    @MethodSource("all")
    void aCaseShowsItsCodeAloneAndItsTwinDoesNot(Case c) {
        assertEquals(List.of(c.code), codes(c.shows.get()).stream().distinct()
            .filter(code -> code == c.code || code != ensure_ready.Code.UNKNOWN).toList());
        assertFalse(codes(c.twin.get()).contains(c.code), () -> codes(c.twin.get()).toString());
    }

    @Test
    void everyCodeOfTheCatalogueHasACase() {
        var without = EnumSet.allOf(ensure_ready.Code.class);
        without.removeAll(all().map(Case::code).collect(Collectors.toSet()));
        assertEquals(EnumSet.noneOf(ensure_ready.Code.class), without);
    }

    @ParameterizedTest
    @MethodSource("all")
    void everyCauseHasTextsAndOnlyReadOnlyCommands(Case c) {
        for (var cause : c.shows.get().report().causes()) {
            assertFalse(cause.fix().text().isEmpty());
            assertFalse(cause.evidence().isEmpty(), cause.toString());
            assertTrue(cause.next().stream()
                .allMatch(n -> n.matches("kubectl (-n (shop|kube-system) )?(get|describe|logs|api-resources)( [\\w./=,:-]+)*")),
                cause.next()::toString);
        }
    }

    /** {@code describe pvc fast} finds nothing where {@code fast} is a StorageClass. */
    @ParameterizedTest
    @MethodSource("all")
    void aCommandNamesAnObjectOfTheKindThatItNames(Case c) {
        for (var cause : c.shows.get().report().causes()) {
            var refs = Stream.of(cause.object(), cause.owner())
                .flatMap(o -> Stream.of(ensure_ready.Kubectl.ref(o.kind(), o.name()), o.kind()
                .toLowerCase(java.util.Locale.ROOT) + "/" + o.name()));
            var told = cause.next().stream().filter(n -> n.matches(".*describe \\S+ \\S+"))
                .map(n -> n.replaceFirst(".*describe (\\S+) (\\S+)", "$1/$2")).filter(ref -> !ref.startsWith("pod/")).toList();
            assertTrue(refs.toList().containsAll(told), cause.next() + " of " + cause.object() + ", " + cause.owner());
        }
    }

    /** A cluster may leave out, or write otherwise, whatever it likes: that makes a diagnosis poorer, never an exception. */
    @ParameterizedTest
    @MethodSource("all")
    @Tag("long")
    void halfTheFieldsMayBeMissing(Case c) {
        for (int seed = 0; seed < 40; seed++) {
            var random = new Random(seed);
            var scene = c.shows.get();
            scene.snapshot().objects().values().stream().flatMap(List::stream).forEach(o -> damage(o.json(), random));
            scene.report();
        }
    }

    private static void damage(JsonNode node, Random random) {
        if (node instanceof ObjectNode object) {
            for (var name : List.copyOf(object.propertyNames())) {
                switch (random.nextInt(12)) {
                    case 0 -> object.remove(name);
                    case 1 -> object.putNull(name);
                    case 2 -> object.put(name, "odd");
                    default -> damage(object.get(name), random);
                }
            }
        }
        node.forEach(child -> damage(child, random));
    }
}
