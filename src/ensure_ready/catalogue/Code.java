package ensure_ready.catalogue;

import java.util.List;
import java.util.stream.Stream;

/**
 * The catalogue of causes. The codes are stable and append-only: other repositories match on them. A row holds a code's whole policy:
 * what every code has in columns, and behind them the commands to look with and whatever {@link Trait} sets it apart.
 * docs/causes.md is written from it. What a message means stands in {@link Messages}.
 */
public enum Code {
    UNKNOWN(Family.OTHER, Role.SYMPTOM, Scope.unknown, "INVESTIGATE",
        "Nothing in the cluster's data explains this: look at the object and its log.",
        Look.OBJECT, Look.LOG, Basis.INFERRED, new Young(120)),
    IMAGE_NOT_FOUND(Family.IMAGE, Scope.repo, "FIX_IMAGE_REFERENCE",
        "The registry has no such image or tag: correct the reference, or build and push it.", Look.POD, Grace.seconds(10), Same.IMAGE),
    IMAGE_NOT_FOUND_OR_AUTH(Family.IMAGE, Scope.either, "CHECK_NAME_THEN_PULL_SECRET",
        "The registry does not distinguish a missing image from a private one: check the name first, then the pull secret.",
        Look.POD, Look.SECRETS, Grace.seconds(30), Rule.MAKEABLE, Same.IMAGE),
    IMAGE_AUTH(Family.IMAGE, Scope.either, "FIX_PULL_SECRET",
        "The registry rejects the credentials: check the pull secret's type, host and permissions.",
        Look.POD, Look.SECRETS, Grace.seconds(30), Rule.MAKEABLE, Same.REGISTRY),
    IMAGE_PULL_SECRET_MISSING(Family.IMAGE, Scope.either, "CREATE_PULL_SECRET",
        "The pull secret that the pod names does not exist: correct the name, or have it provided by whoever owns the credentials.",
        Look.SECRETS, Look.POD, Grace.seconds(30), Rule.MAKEABLE),
    IMAGE_RATE_LIMITED(Family.IMAGE, Scope.platform, "MIRROR_OR_LOGIN",
        "The registry limits the number of pulls: wait, log in, or use a mirror.", Look.POD, Same.REGISTRY),
    IMAGE_REGISTRY_UNREACHABLE(Family.IMAGE, Scope.either, "FIX_REGISTRY_HOST",
        "The node cannot reach the registry: check the host name, its certificate, and that it is up.",
        Look.POD, Grace.seconds(180), Rule.STANDALONE, Same.REGISTRY),
    IMAGE_NAME_INVALID(Family.IMAGE, Scope.repo, "FIX_IMAGE_REFERENCE",
        "The image reference is not valid: correct it (a template variable may be empty).", Look.POD, Grace.seconds(2), Same.IMAGE),
    IMAGE_NEVER_PULL(Family.IMAGE, Scope.repo, "FIX_PULL_POLICY",
        "imagePullPolicy is Never and the node does not have the image: change the policy or load the image.",
        Look.POD, Grace.seconds(5), Same.IMAGE),
    IMAGE_PLATFORM_MISMATCH(Family.IMAGE, Scope.repo, "BUILD_FOR_PLATFORM",
        "The image is not built for the node's architecture: build it for that one, or select nodes by kubernetes.io/arch.",
        Look.POD, Look.NODES, Grace.seconds(10), Same.IMAGE),
    IMAGE_PULL_FAILED(Family.IMAGE, Scope.unknown, "CHECK_IMAGE",
        "The image cannot be pulled and the reason was not recognised: read the message.", Look.POD, Same.IMAGE),
    IMAGE_STILL_PULLING(Family.IMAGE, Role.PROGRESS, Scope.wait, "WAIT", "The image is still being pulled: wait.", Look.POD),
    CONTAINER_COMMAND_NOT_FOUND(Family.CRASH, Scope.repo, "FIX_COMMAND",
        "The command does not exist in the image: correct command, args or the Dockerfile.",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(1), Rule.STANDALONE),
    CONTAINER_COMMAND_PERMISSION(Family.CRASH, Scope.repo, "FIX_COMMAND",
        "The command is not executable: set its mode in the image, or run it through its interpreter.",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(1), Rule.STANDALONE),
    CONTAINER_START_FAILED(Family.CRASH, Scope.either, "FIX_CONTAINER_SPEC",
        "The runtime cannot start the container: read the message, then compare mounts, user and command with the image.",
        Look.POD, Grace.crashes(3)),
    CONTAINER_EXITS_ZERO(Family.CRASH, Scope.repo, "RUN_LONG",
        "The container exits successfully although it should keep running: give it a command that stays in the foreground.",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(3)),
    LIFECYCLE_HOOK_FAILED(Family.CRASH, Scope.repo, "FIX_HOOK",
        "A lifecycle hook fails, so the container is killed: fix the hook.", Look.POD, Look.PREVIOUS_LOG, Grace.crashes(3)),
    CRASH_APP_ERROR(Family.CRASH, Scope.repo, "FIX_APPLICATION",
        "The program exits with an error: read its log.", Look.PREVIOUS_LOG, Look.POD, Grace.crashes(3), Rule.STANDALONE, Rule.LOGGED),
    CRASH_MISSING_ENV(Family.CRASH, Scope.repo, "SET_VARIABLE",
        "The program exits because a required setting is missing: add it to the container's env.",
        Look.PREVIOUS_LOG, Look.POD, Grace.crashes(3)),
    CRASH_AUTH_FAILED(Family.CRASH, Scope.either, "FIX_CREDENTIALS",
        "A service rejects the program's credentials: check that both sides use the same ones (a database keeps "
            + "those it was created with).", Look.PREVIOUS_LOG, Grace.crashes(3), Same.TARGET),
    CRASH_PORT_IN_USE(Family.CRASH, Scope.repo, "FIX_PORT",
        "Two processes in the pod use the same port: give one of them another.", Look.PREVIOUS_LOG, Look.POD, Grace.crashes(3)),
    CRASH_DISK_FULL(Family.CRASH, Scope.either, "ENLARGE_VOLUME",
        "The volume is full: enlarge it; whether data on it may go is its owner's decision.",
            Look.PREVIOUS_LOG, Look.PVCS, Grace.crashes(3)),
    CRASH_DEPENDENCY_UNREACHABLE(Family.CRASH, Role.SYMPTOM, Scope.either, "FOLLOW_DEPENDENCY",
        "The program cannot reach a service it depends on: check that service first.",
        Look.PREVIOUS_LOG, Look.SERVICES, Grace.crashes(3), Rule.STANDALONE),
    OOM_KILLED(Family.CRASH, Scope.repo, "RAISE_MEMORY",
        "The container needs more memory than its limit: raise limits.memory, or reduce the program's heap.",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(2)),
    SECRET_MISSING(Family.CONFIG, Scope.either, "CREATE_OR_RENAME_REFERENCE",
        "The Secret does not exist: correct the reference, or have it provided by whoever owns its value.",
        Look.SECRETS, Look.POD, Grace.seconds(10), Rule.MAKEABLE, Rule.STANDALONE, Also.DELETE_POD),
    CONFIGMAP_MISSING(Family.CONFIG, Scope.repo, "CREATE_OR_RENAME_REFERENCE",
        "The ConfigMap does not exist: correct the name that refers to it, or add it to the manifests.",
        Look.CONFIG_MAPS, Look.POD, Grace.seconds(10), Rule.MAKEABLE, Also.DELETE_POD),
    CONFIG_KEY_MISSING(Family.CONFIG, Scope.repo, "ADD_OR_RENAME_KEY",
        "The object exists but has no such key: correct the reference; add a missing key to a ConfigMap, have one "
            + "of a Secret provided by whoever owns its value.",
        Look.OBJECT_DESCRIBE, Look.POD, Grace.seconds(10), Rule.MAKEABLE, Same.KEY, Also.DELETE_POD),
    CONTAINER_CONFIG_INVALID(Family.CONFIG, Scope.repo, "FIX_CONTAINER_SPEC",
        "The kubelet cannot create the container from its spec: read the message and correct the spec.", Look.POD, Grace.seconds(30)),
    RUN_AS_NON_ROOT(Family.CONFIG, Scope.repo, "SET_USER",
        "The pod must not run as root, but its image does: set runAsUser, or a numeric USER in the image.", Look.POD, Grace.seconds(5)),
    PROBE_LIVENESS_FAILING(Family.PROBE, Scope.repo, "FIX_PROBE",
        "The liveness probe fails, so the kubelet kills the container: correct the probe's port, path or delays "
            + "(a startupProbe allows for a slow start).",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(3), Rule.STANDALONE, Basis.LEANING),
    PROBE_STARTUP_FAILING(Family.PROBE, Scope.repo, "FIX_PROBE",
        "The startup probe runs out of attempts, so the container is killed: correct the probe or raise failureThreshold.",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(3), Rule.STANDALONE, Basis.LEANING),
    PROBE_READINESS_FAILING(Family.PROBE, Role.SYMPTOM, Scope.repo, "FIX_PROBE_OR_APPLICATION",
        "The container runs, but its readiness probe fails: correct the probe, or the fault that the program reports.",
        Look.POD, Look.LOG, Rule.STANDALONE, new Young(120)),
    PROBE_PORT_MISMATCH(Family.PROBE, Scope.repo, "FIX_PROBE",
        "The probe uses a port that the container does not listen on: compare it with containerPort.", Look.POD),
    PROBE_PATH_NOT_FOUND(Family.PROBE, Scope.repo, "FIX_PROBE",
        "The program answers 404 at the probe's path: correct the path.", Look.POD, Look.LOG),
    POD_READINESS_GATE(Family.PROBE, Scope.either, "FOLLOW_CONDITION",
        "The containers are ready, but a readiness gate of the pod is not: whoever sets that condition says why in it.",
        Look.POD, Look.SERVICES, new Young(120)),
    INIT_WAITING(Family.INIT, Role.SYMPTOM, Scope.either, "FOLLOW_DEPENDENCY",
        "An init container waits for a dependency: check that first.", Look.LOG, Look.POD, Rule.STANDALONE, Basis.INFERRED, new Young(600)),
    DEPENDENCY_SERVICE_MISSING(Family.INIT, Scope.repo, "CREATE_SERVICE_OR_FIX_NAME",
        "The pod waits for a Service that does not exist: create it, or correct the name.", Look.SERVICES, Look.LOG, Same.HOST),
    SCHED_INSUFFICIENT_RESOURCES(Family.SCHEDULING, Scope.either, "LOWER_REQUESTS_OR_ADD_NODES",
        "No node has room for what the pod requests: lower the requests, or add bigger nodes.",
        Look.POD, Look.NODES, Grace.seconds(120), Rule.ROOM, Same.OBJECT),
    SCHED_NODE_SELECTOR(Family.SCHEDULING, Scope.repo, "FIX_NODE_SELECTOR",
        "No node has the labels that the pod asks for: correct nodeSelector or nodeAffinity.",
        Look.POD, Look.NODE_LABELS, Grace.seconds(15), Rule.PLACEMENT),
    SCHED_POD_ANTI_AFFINITY(Family.SCHEDULING, Scope.repo, "FIX_AFFINITY",
        "The pod's (anti-)affinity rules leave no node: relax them or reduce the replicas.",
        Look.POD, Look.NODES, Grace.seconds(60), Rule.PLACEMENT),
    SCHED_HOST_PORT(Family.SCHEDULING, Scope.repo, "FIX_HOST_PORT",
        "The host port is taken on every node: use a Service, or fewer replicas.", Look.POD, Grace.seconds(60), Rule.PLACEMENT),
    SCHED_TOPOLOGY(Family.SCHEDULING, Scope.repo, "FIX_TOPOLOGY_SPREAD",
        "The topology spread constraint cannot be satisfied: relax it, or correct its topologyKey.",
        Look.POD, Look.NODE_LABELS, Grace.seconds(60), Rule.PLACEMENT),
    SCHED_TAINT(Family.SCHEDULING, Scope.either, "ADD_TOLERATION",
        "The nodes have a taint that the pod does not tolerate: add the toleration, or remove the taint.",
        Look.POD, Look.NODES, Grace.seconds(30), Rule.PLACEMENT, Same.TAINT),
    SCHED_NODES_UNAVAILABLE(Family.SCHEDULING, Scope.platform, "BRING_NODES_BACK",
        "No node accepts pods: they are cordoned or not ready, or there are none.", Look.NODES, Same.CLUSTER),
    SCHED_PREEMPTED(Family.SCHEDULING, Scope.platform, "RAISE_PRIORITY_OR_ADD_NODES",
        "A pod of higher priority preempted this one: add nodes, or raise the priority.", Look.POD, Look.NODES),
    SCHED_GATED(Family.SCHEDULING, Scope.platform, "REMOVE_GATE",
        "The pod still has a scheduling gate: check the controller that should remove it.", Look.POD),
    SCHED_VOLUME_AFFINITY(Family.STORAGE, Scope.either, "MOVE_VOLUME_OR_POD",
        "The pod's volume is bound to a node or zone where the pod cannot run: align node selection and volume.",
        Look.POD, Look.PVCS, Grace.seconds(120)),
    SCHED_VOLUME_UNBOUND(Family.STORAGE, Role.SYMPTOM, Scope.either, "FOLLOW_CLAIM",
        "The pod waits for a claim that is not bound: check the claim.", Look.PVCS),
    SCHED_NODE_MISSING(Family.SCHEDULING, Scope.repo, "FIX_NODE_NAME",
        "nodeName refers to a node that does not exist: correct it.", Look.POD, Look.NODES, Grace.seconds(60)),
    SCHED_DEVICE_CLAIM(Family.SCHEDULING, Scope.either, "FIX_DEVICE_CLAIM",
        "No node has the device that the pod's ResourceClaim asks for: compare the claim with the nodes' ResourceSlices and DeviceClasses.",
        Look.POD, Look.NODES, Rule.PLACEMENT, Grace.seconds(120)),
    SCHED_SCHEDULER_MISSING(Family.SCHEDULING, Scope.either, "FIX_SCHEDULER_NAME",
        "No scheduler has looked at the pod: correct schedulerName, or start the scheduler of that name.",
        Look.POD, new Young(60), Grace.seconds(120)),
    SCHED_NOT_READY(Family.SCHEDULING, Scope.either, "READ_CONDITION",
        "The pod may not be scheduled yet, because something that it declares to need is not ready: the condition says what.",
        Look.POD, new Young(120)),
    AUTOSCALING_IN_PROGRESS(Family.SCHEDULING, Role.PROGRESS, Scope.wait, "WAIT",
        "The autoscaler is adding a node: wait.", Look.NODES, new Young(900)),
    PVC_MISSING(Family.STORAGE, Scope.repo, "CREATE_CLAIM_OR_FIX_NAME",
        "The PersistentVolumeClaim does not exist: correct claimName; add a new claim only if there was no data yet.",
            Look.PVCS, Look.POD, Grace.seconds(10), Rule.MAKEABLE, Rule.STANDALONE),
    PVC_STORAGECLASS_MISSING(Family.STORAGE, Scope.repo, "FIX_STORAGE_CLASS",
        "The claim names a StorageClass that the cluster does not have: use one that exists.",
        Look.PVC, Look.STORAGE_CLASSES, Grace.seconds(5), Same.CLASS),
    PVC_NO_DEFAULT_CLASS(Family.STORAGE, Scope.either, "SET_STORAGE_CLASS",
        "The claim names no StorageClass and the cluster has no default: set one in the claim.",
        Look.PVC, Look.STORAGE_CLASSES, Grace.seconds(15), Same.CLUSTER),
    PVC_PROVISIONER_MISSING(Family.STORAGE, Scope.platform, "FIX_PROVISIONER",
        "The StorageClass's provisioner does not respond: its driver is not installed or not running.",
        Look.PVC, Look.STORAGE_CLASSES, Same.PROVISIONER, new Young(40)),
    PVC_PROVISION_FAILED(Family.STORAGE, Scope.either, "FIX_PROVISIONER",
        "The volume cannot be provisioned: read the provisioner's message.", Look.PVC, Grace.seconds(60)),
    PVC_PV_RELEASED(Family.STORAGE, Scope.platform, "FREE_VOLUME",
        "The volume is still bound to a deleted claim, or is lost: an administrator must release or replace it.",
        Look.PVC, Grace.seconds(60)),
    PVC_ACCESS_MODE(Family.STORAGE, Scope.repo, "FIX_ACCESS_MODE",
        "The volume can be attached to one node only and another pod holds it: use strategy Recreate, one "
            + "replica, a claim per pod, or ReadWriteMany.", Look.POD, Look.PVCS),
    PVC_UNBOUND(Family.STORAGE, Scope.either, "FIX_CLAIM",
        "No volume matches the claim: compare class, size, access modes, selector and volumeName.",
        Look.PVC, Look.STORAGE_CLASSES, Grace.seconds(60)),
    VOLUME_MOUNT_FAILED(Family.STORAGE, Scope.either, "FIX_VOLUME",
        "A volume cannot be mounted: read the message.", Look.POD, Look.PVCS, Grace.seconds(120), Rule.STANDALONE, new Young(120)),
    SANDBOX_FAILED(Family.NODE, Scope.platform, "FIX_NODE_NETWORK",
        "The node cannot create the pod's sandbox: its network plugin or runtime is broken, or it is out of addresses.",
        Look.POD, Look.NODES, new Young(120)),
    SVC_SELECTOR_MISMATCH(Family.SERVICE, Scope.repo, "FIX_SELECTOR",
        "The Service selects no pod: compare its selector with the labels in the pod template.",
        Look.SERVICE, Look.POD_LABELS, Rule.STATIC),
    SVC_TARGET_PORT_MISMATCH(Family.SERVICE, Scope.repo, "FIX_TARGET_PORT",
        "The Service's targetPort matches no port of its pods: compare it with containerPort.", Look.SERVICE, Look.ENDPOINTS, Rule.STATIC),
    SVC_MISSING(Family.SERVICE, Scope.repo, "CREATE_SERVICE",
        "A workload of that name runs, but it has no Service: create one.",
        Look.SERVICES, Rule.STATIC, Basis.INFERRED, Same.HOST),
    STS_HEADLESS_SVC_MISSING(Family.SERVICE, Scope.repo, "CREATE_SERVICE",
        "The Service in the StatefulSet's serviceName does not exist, so its pods have no DNS names: create the headless Service.",
        Look.SERVICES, Rule.STANDALONE, Basis.LEANING, Same.OBJECT),
    SVC_NO_READY_ENDPOINTS(Family.SERVICE, Role.SYMPTOM, Scope.either, "FOLLOW_PODS",
        "The Service has no ready pod: check the pods.", Look.SERVICE, Look.ENDPOINTS, Rule.STANDALONE),
    SVC_LB_PENDING(Family.SERVICE, Scope.platform, "PROVIDE_LOAD_BALANCER",
        "The load balancer has no address yet: the cluster may lack a controller for it.", Look.SERVICE, Rule.ADVICE),
    ENV_PORT_MISMATCH(Family.SERVICE, Scope.repo, "FIX_PORT",
        "A setting refers to a port that the Service does not expose: compare it with the Service's ports.",
        Look.SERVICES, Look.OWNER, Rule.STATIC, Basis.INFERRED, Same.ADDRESS, Also.ROLLOUT_RESTART),
    DNS_NAME_UNKNOWN(Family.SERVICE, Scope.repo, "FIX_HOST",
        "A setting refers to a host that does not exist: replace it with the Service's name.",
        Look.SERVICES, Look.OWNER, Same.HOST, Also.ROLLOUT_RESTART),
    POD_DNS_POLICY(Family.NETWORK, Scope.repo, "FIX_DNS_POLICY",
        "With its dnsPolicy the pod does not use the cluster's DNS, so Service names do not resolve: use ClusterFirst.",
        Look.OWNER, Rule.STATIC, Basis.INFERRED),
    DNS_CLUSTER_FAILURE(Family.NETWORK, Scope.platform, "FIX_CLUSTER_DNS",
        "Names of existing Services do not resolve: the cluster's DNS is down.", Look.DNS, Basis.INFERRED, Same.CLUSTER),
    NETPOL_BLOCKING(Family.NETWORK, Scope.repo, "ALLOW_TRAFFIC",
        "A NetworkPolicy blocks the connection: add a rule that allows it.", Look.NETPOL, Rule.STATIC, Basis.INFERRED),
    INGRESS_CLASS_MISSING(Family.INGRESS, Scope.repo, "FIX_INGRESS_CLASS",
        "The Ingress names a class that the cluster does not have: use one that exists.",
        Look.INGRESS, Look.INGRESS_CLASSES, Rule.STATIC, Same.CLASS),
    INGRESS_BACKEND_MISSING(Family.INGRESS, Scope.repo, "FIX_BACKEND",
        "The Ingress refers to a Service that does not exist: correct the reference.", Look.INGRESS, Look.SERVICES, Rule.STATIC),
    INGRESS_BACKEND_PORT(Family.INGRESS, Scope.repo, "FIX_BACKEND",
        "The Ingress refers to a port that the Service does not have: correct the port.", Look.INGRESS, Look.SERVICES, Rule.STATIC),
    INGRESS_TLS_SECRET_MISSING(Family.INGRESS, Scope.either, "CREATE_TLS_SECRET",
        "The Ingress names a TLS Secret that does not exist: correct the name, or have the certificate issued.",
        Look.INGRESS, Look.SECRETS, Rule.STATIC, new Young(600)),
    QUOTA_EXCEEDED(Family.ADMISSION, Scope.either, "LOWER_REQUESTS_OR_RAISE_QUOTA",
        "The namespace's quota is exhausted: reduce requests or replicas, or raise the quota.", Look.QUOTA, Grace.seconds(30), Rule.ROOM),
    QUOTA_REQUIRES_LIMITS(Family.ADMISSION, Scope.repo, "SET_RESOURCES",
        "The namespace's quota requires requests and limits on every container: set them.", Look.QUOTA, Look.OWNER, Grace.seconds(5)),
    LIMITRANGE_VIOLATION(Family.ADMISSION, Scope.repo, "FIX_RESOURCES",
        "Requests or limits are outside the namespace's LimitRange: adjust them.", Look.LIMIT_RANGE, Look.OWNER, Grace.seconds(5)),
    POD_SECURITY_DENIED(Family.ADMISSION, Scope.repo, "FIX_SECURITY_CONTEXT",
        "The namespace's Pod Security level forbids the pod: set the securityContext fields that the message lists.",
        Look.NAMESPACE, Look.OWNER, Grace.seconds(5)),
    ADMISSION_WEBHOOK_DENIED(Family.ADMISSION, Scope.repo, "SATISFY_POLICY",
        "A cluster policy rejects the object: change it as the policy's message says.", Look.OWNER, Grace.seconds(5)),
    ADMISSION_WEBHOOK_UNAVAILABLE(Family.ADMISSION, Scope.platform, "RESTORE_WEBHOOK",
        "An admission webhook does not respond, so nothing can be created: restore its pods.", Look.WEBHOOKS),
    CONVERSION_WEBHOOK_UNAVAILABLE(Family.ADMISSION, Scope.platform, "RESTORE_WEBHOOK",
        "The webhook that converts the objects of this kind does not respond, so the API server shows none of them: restore its pods.",
        Look.OBJECT, Rule.STATIC, Same.OBJECT),
    ADMISSION_DENIED(Family.ADMISSION, Scope.repo, "FIX_POD_TEMPLATE",
        "The API server rejects the pods of this workload: read the message and correct the template.", Look.OWNER, Grace.seconds(15)),
    SERVICE_ACCOUNT_MISSING(Family.RBAC, Scope.repo, "CREATE_SERVICE_ACCOUNT",
        "The ServiceAccount does not exist, so no pod can be created: add it to the manifests, or correct the name.",
        Look.SERVICE_ACCOUNTS, Look.OWNER, Grace.seconds(20), Rule.MAKEABLE),
    RBAC_RUNTIME_FORBIDDEN(Family.RBAC, Scope.repo, "GRANT_ROLE",
        "The program lacks the right for its request to the API server: grant its ServiceAccount that verb in a Role.",
        Look.ROLES, Look.PREVIOUS_LOG, Grace.crashes(3)),
    RBAC_ROLE_MISSING(Family.RBAC, Scope.repo, "CREATE_ROLE",
        "The Role, or the RoleBinding that grants it to the ServiceAccount, does not exist: add what is missing to the manifests.",
        Look.ROLES, Look.SERVICE_ACCOUNTS, Rule.STATIC),
    APPLY_FORBIDDEN_RBAC(Family.APPLY, Scope.platform, "GRANT_APPLIER",
        "The account that applies the manifests is not allowed to write this object: it needs that right.", Look.ROLES, Grace.seconds(2)),
    API_KIND_UNKNOWN(Family.APPLY, Scope.either, "INSTALL_CRD_OR_FIX_KIND",
        "The cluster does not know this kind: correct it, or install its CustomResourceDefinition.", Look.API, Grace.seconds(2)),
    API_VERSION_REMOVED(Family.APPLY, Scope.repo, "UPDATE_API_VERSION",
        "The cluster no longer serves this apiVersion: use the one that replaced it.", Look.API, Grace.seconds(2)),
    APPLY_INVALID(Family.APPLY, Scope.repo, "FIX_MANIFEST",
        "The API server rejects the manifest as invalid: correct the fields named in the message.", Grace.seconds(2)),
    APPLY_IMMUTABLE_FIELD(Family.APPLY, Scope.repo, "RENAME_OR_RECREATE",
        "The field is immutable: undo the change, use a new name, or have the object recreated.", Look.OBJECT, Grace.seconds(2)),
    APPLY_CONFLICT(Family.APPLY, Scope.either, "SETTLE_FIELD_OWNER",
        "Another field manager owns a field that the manifest sets: decide who should own it.", Look.OBJECT, Grace.seconds(2)),
    APPLY_FAILED(Family.APPLY, Scope.unknown, "FIX_MANIFEST", "The object could not be applied: read the message.", Grace.seconds(2)),
    OBJECT_MISSING(Family.APPLY, Scope.either, "APPLY_MANIFESTS",
        "The manifests name this object and the namespace does not have it: apply them to the living slot too (--force-apply), "
            + "or find out who deletes it.", Look.OBJECT),
    NAMESPACE_MISSING(Family.APPLY, Scope.either, "CREATE_NAMESPACE",
        "The namespace does not exist: correct the name, or have it created by whoever runs the environment.",
            Look.NAMESPACE, Grace.seconds(2)),
    JOB_FAILED(Family.JOB, Role.WRAPPER, Scope.repo, "FIX_JOB",
        "The Job failed for good. Its template is immutable: the fixed Job needs a new name, or the old one is deleted first; "
            + "a CronJob makes the next one anew.",
        Look.OWNER, Look.JOB_LOG, Grace.seconds(2), Rule.STANDALONE, Also.NEW_JOB_NAME),
    JOB_SUSPENDED(Family.JOB, Scope.either, "RESUME_JOB", "The Job is suspended: set suspend to false if it should run.", Look.OWNER),
    JOB_NEVER_ENDS(Family.ADVICE, Scope.repo, "BOUND_JOB",
        "The CronJob's last Job has been running for several of its periods: see what it waits for, and set activeDeadlineSeconds.",
        Look.OBJECT_DESCRIBE, Rule.ADVICE),
    JOB_SIDECAR_BLOCKS(Family.JOB, Scope.repo, "MAKE_SIDECAR_NATIVE",
        "The Job's main container has finished, but a sidecar keeps the pod running: make it an init container with restartPolicy Always.",
            Look.POD),
    ROLLOUT_STUCK(Family.ROLLOUT, Role.WRAPPER, Scope.repo, "FOLLOW_NEW_PODS",
        "The rollout makes no progress: check the newest pods.", Look.OWNER, Grace.seconds(2)),
    ROLLOUT_PAUSED(Family.ROLLOUT, Scope.either, "RESUME_ROLLOUT", "The rollout is paused: resume it.", Look.OWNER),
    REPLICAS_ZERO(Family.ROLLOUT, Scope.repo, "SCALE_UP",
        "The workload is scaled to zero although others depend on it: set replicas.", Look.OWNER, Rule.STATIC, Basis.INFERRED),
    STS_ORDINAL_BLOCKED(Family.ROLLOUT, Role.WRAPPER, Scope.either, "FOLLOW_FIRST_POD",
        "An earlier pod of the StatefulSet is not ready and blocks the later ones: check that pod.", Look.POD),
    STS_STUCK_REVISION(Family.ROLLOUT, Scope.either, "DELETE_POD",
        "The broken pod belongs to the old revision, and an ordered StatefulSet does not replace it by itself: delete that pod once.",
        Look.OWNER, Look.POD, Grace.seconds(60)),
    NODE_NOT_READY(Family.NODE, Scope.platform, "RESTORE_NODE",
        "The node is not ready: its kubelet, network or machine is down.", Look.NODE, Look.NODES),
    NODE_PRESSURE(Family.NODE, Scope.platform, "FREE_NODE",
        "The node is short of memory, disk or process IDs: free some, or add nodes.", Look.NODE, Look.NODES),
    EVICTED_EPHEMERAL_STORAGE(Family.NODE, Scope.repo, "LIMIT_EPHEMERAL_STORAGE",
        "The pod was evicted for using too much ephemeral storage: write less, or raise its request and limit.", Look.POD),
    NODE_REFUSES_POD(Family.NODE, Scope.either, "READ_MESSAGE",
        "The node's kubelet refuses the pod, and every pod that replaces it: change what the message names, or place it on other nodes.",
        Look.POD, Look.NODES),
    OBJECT_STUCK_TERMINATING(Family.OTHER, Scope.either, "FREE_FINALIZER",
        "The object is being deleted and does not go: check the controller that owns its finalizer, for a pod without one its node.",
        Look.OBJECT, Rule.STANDALONE, new Young(120)),
    HPA_NO_METRICS(Family.ADVICE, Scope.repo, "SET_REQUESTS_OR_METRICS",
        "The autoscaler gets no metrics: set resource requests, or install the metrics API. This does not block readiness.",
        Look.OBJECT_DESCRIBE, Rule.ADVICE, new Young(120)),
    PDB_BLOCKING(Family.ADVICE, Scope.repo, "RELAX_BUDGET",
        "The disruption budget allows no pod to be evicted. This blocks nothing until a node is drained.",
            Look.OBJECT_DESCRIBE, Rule.ADVICE),
    CR_NOT_READY(Family.CUSTOM, Scope.either, "READ_CONDITION",
        "The custom resource is not ready by its own conditions: read them, then its operator's log.",
        Look.OBJECT, Grace.seconds(30), Rule.JUDGED_FAILED, Rule.STANDALONE, Basis.LEANING, new Young(60)),
    CERT_NOT_READY(Family.CUSTOM, Scope.either, "READ_CONDITION",
        "The certificate has not been issued: check its conditions, its issuer and the challenge.",
        Look.OBJECT, Grace.seconds(30), Rule.JUDGED_FAILED, Rule.STANDALONE, Basis.LEANING, new Young(60)),
    STILL_PROGRESSING(Family.OTHER, Role.PROGRESS, Scope.wait, "WAIT",
        "It is still starting, and what it shows fits a slow start: wait, then look again.", Look.OWNER, new Young(120)),
    DIAGNOSIS_UNAVAILABLE(Family.OTHER, Scope.platform, "RESTORE_ACCESS",
        "The cluster could not be queried, so the causes are unknown; this does not mean that all is well."),
    MANIFEST_UNREADABLE(Family.APPLY, Scope.repo, "FIX_MANIFEST",
        "The manifest cannot be read or rendered, or holds no object: correct it at the line that is named."),
    RENDER_FAILED(Family.APPLY, Scope.repo, "FIX_RENDERING",
        "The command that renders the manifests fails: read its last lines, correct what they name."),
    PREPARE_FAILED(Family.IMAGE, Scope.either, "FIX_PREPARATION",
        "What prepares images or sources before an apply fails: read its last lines, correct what they name.");

    /** What a code is about; groups the docs page. */
    public enum Family { IMAGE, CRASH, CONFIG, PROBE, INIT, SCHEDULING, STORAGE, SERVICE,
        NETWORK, INGRESS, ADMISSION, RBAC, APPLY, JOB, ROLLOUT, NODE, CUSTOM,
        ADVICE, OTHER }

    /** A cause stays a root; a symptom is explained by what it needs; a wrapper by what is inside it; progress heals by itself. */
    public enum Role { CAUSE, SYMPTOM, WRAPPER, PROGRESS }

    /** Where the repair lies. */
    public enum Scope { repo, platform, either, wait, unknown }

    /** How bad it is: a workload waits for it, it is wrong though nothing waits for it, or it is only told. */
    public enum Severity { blocking, degraded, info }

    public final Family family;
    public final Role role;
    public final Scope scope;
    public final String action;
    public final String text;
    /** Commands that show more, in this order. */
    public final List<Look> next;
    /** When it is certain never to heal; null when it never ends the wait. */
    public final Grace grace;
    /** Below this age in seconds it is progress. */
    public final int young;
    public final Same same;
    public final Basis basis;
    private final List<Trait> traits;

    Code(Family family, Role role, Scope scope, String action, String text, Trait... traits) {
        this.family = family;
        this.role = role;
        this.scope = scope;
        this.action = action;
        this.text = text;
        this.traits = List.of(traits);
        this.next = all(Look.class).toList();
        this.grace = all(Grace.class).findFirst().orElse(null);
        this.young = all(Young.class).mapToInt(Young::seconds).sum();
        this.same = all(Same.class).findFirst().orElse(Same.PLACE);
        this.basis = all(Basis.class).findFirst().orElse(Basis.OBSERVED);
    }

    /** A cause, as most are. */
    Code(Family family, Scope scope, String action, String text, Trait... traits) {
        this(family, Role.CAUSE, scope, action, text, traits);
    }

    private <T extends Trait> Stream<T> all(Class<T> type) {
        return traits.stream().filter(type::isInstance).map(type::cast);
    }

    public boolean has(Trait trait) {
        return traits.contains(trait);
    }

    /** What a pod lacks that refers to an object of this kind which does not exist. */
    public static Code missing(String kind) {
        return kind.equals("Secret") ? SECRET_MISSING : kind.equals("ConfigMap") ? CONFIGMAP_MISSING : PVC_MISSING;
    }

    /** How often a container must have ended so before that is certain; 0 when crashes do not count. */
    public int crashes() {
        return grace == null ? 0 : grace.crashes();
    }

    public Severity severity(boolean awaited) {
        return role == Role.PROGRESS ? Severity.info : awaited ? Severity.blocking : Severity.degraded;
    }
}
