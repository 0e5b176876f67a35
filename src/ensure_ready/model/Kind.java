package ensure_ready.model;

/** A kind of resource as the API server's discovery names it. */
public record Kind(String apiVersion, String name, String plural, boolean namespaced) {
    public static final Kind POD = of("v1", "Pod", "pods", true);
    public static final Kind NAMESPACE = of("v1", "Namespace", "namespaces", false);
    public static final Kind NODE = of("v1", "Node", "nodes", false);
    public static final Kind EVENT = of("v1", "Event", "events", true);
    public static final Kind CONFIG_MAP = of("v1", "ConfigMap", "configmaps", true);
    public static final Kind SECRET = of("v1", "Secret", "secrets", true);
    public static final Kind SERVICE = of("v1", "Service", "services", true);
    public static final Kind SERVICE_ACCOUNT = of("v1", "ServiceAccount", "serviceaccounts", true);
    public static final Kind PVC = of("v1", "PersistentVolumeClaim", "persistentvolumeclaims", true);
    static final Kind RESOURCE_QUOTA = of("v1", "ResourceQuota", "resourcequotas", true);
    public static final Kind DEPLOYMENT = of("apps/v1", "Deployment", "deployments", true);
    public static final Kind STATEFUL_SET = of("apps/v1", "StatefulSet", "statefulsets", true);
    public static final Kind DAEMON_SET = of("apps/v1", "DaemonSet", "daemonsets", true);
    public static final Kind REPLICA_SET = of("apps/v1", "ReplicaSet", "replicasets", true);
    public static final Kind JOB = of("batch/v1", "Job", "jobs", true);
    static final Kind CRON_JOB = of("batch/v1", "CronJob", "cronjobs", true);
    public static final Kind ENDPOINT_SLICE = of("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", true);
    static final Kind INGRESS = of("networking.k8s.io/v1", "Ingress", "ingresses", true);
    public static final Kind STORAGE_CLASS = of("storage.k8s.io/v1", "StorageClass", "storageclasses", false);
    public static final Kind HPA = of("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true);

    public static Kind of(String apiVersion, String name, String plural, boolean namespaced) {
        return new Kind(apiVersion, name, plural, namespaced);
    }

    String group() {
        return Obj.group(apiVersion);
    }

    /** Path of the collection ({@code object} null) or of one object; {@code namespace} null means all namespaces. */
    public String path(String namespace, String object) {
        return (group().isEmpty() ? "/api/" : "/apis/") + apiVersion
            + (namespaced && namespace != null ? "/namespaces/" + namespace : "") + "/" + plural + (object == null ? "" : "/" + object);
    }
}
