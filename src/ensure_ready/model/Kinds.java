package ensure_ready.model;

import java.util.List;
import java.util.Set;

/** Kubernetes' own kinds: which groups are built in, and which of their kinds can be ready or not. */
public final class Kinds {
    /** Groups of the API server itself; "" is the core group. Every other group is a custom resource's. */
    public static final Set<String> BUILT_IN_GROUPS = Set.of("", "apps", "batch", "autoscaling", "policy", "networking.k8s.io",
        "rbac.authorization.k8s.io", "storage.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
        "scheduling.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "node.k8s.io", "certificates.k8s.io", "events.k8s.io",
        "flowcontrol.apiserver.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "resource.k8s.io");
    /** What gates when a whole namespace is judged. */
    public static final Set<String> WORKLOADS = Set.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController",
        "Job", "Pod", "PersistentVolumeClaim");
    /** What gates beside workloads when it was applied. */
    public static final Set<String> ALSO_JUDGED = Set.of("CronJob", "PersistentVolume", "Service", "Ingress", "HorizontalPodAutoscaler",
        "PodDisruptionBudget", "CustomResourceDefinition", "APIService", "Namespace",
        "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration");
    /** What makes pods of a template. */
    public static final List<String> TEMPLATED =
        List.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job");

    /** Whether a kind of a built-in group can be ready or not; of the others it is enough that they exist. */
    static boolean judged(String kind) {
        return WORKLOADS.contains(kind) || ALSO_JUDGED.contains(kind);
    }
}
