package ensure_ready.model;

import java.util.Locale;
import shared.Json;
import tools.jackson.databind.node.ObjectNode;

/** A kind of resource as the API server's discovery names it. */
public record Kind(String apiVersion, String name, String plural, boolean namespaced) {
    public static final Kind POD = of("v1", "Pod");
    public static final Kind NAMESPACE = clusterWide("v1", "Namespace");
    public static final Kind NODE = clusterWide("v1", "Node");
    public static final Kind EVENT = of("v1", "Event");
    public static final Kind CONFIG_MAP = of("v1", "ConfigMap");
    public static final Kind SECRET = of("v1", "Secret");
    public static final Kind SERVICE = of("v1", "Service");
    public static final Kind SERVICE_ACCOUNT = of("v1", "ServiceAccount");
    public static final Kind PVC = of("v1", "PersistentVolumeClaim");
    public static final Kind DEPLOYMENT = of("apps/v1", "Deployment");
    public static final Kind STATEFUL_SET = of("apps/v1", "StatefulSet");
    public static final Kind DAEMON_SET = of("apps/v1", "DaemonSet");
    public static final Kind REPLICA_SET = of("apps/v1", "ReplicaSet");
    public static final Kind JOB = of("batch/v1", "Job");
    public static final Kind ENDPOINT_SLICE = of("discovery.k8s.io/v1", "EndpointSlice");
    public static final Kind STORAGE_CLASS = clusterWide("storage.k8s.io/v1", "StorageClass");
    public static final Kind HPA = of("autoscaling/v2", "HorizontalPodAutoscaler");

    /** One of Kubernetes' own, whose plurals follow the rules; those of others are asked of the server. */
    public static Kind of(String apiVersion, String name) {
        var one = name.toLowerCase(Locale.ROOT);
        var many = one.endsWith("y") ? one.substring(0, one.length() - 1) + "ies" : one + (one.endsWith("s") ? "es" : "s");
        return new Kind(apiVersion, name, many, true);
    }

    public static Kind clusterWide(String apiVersion, String name) {
        return new Kind(apiVersion, name, of(apiVersion, name).plural, false);
    }

    /** The name that its CustomResourceDefinition has. */
    public String definition() {
        return plural + "." + group();
    }

    String group() {
        return Obj.group(apiVersion);
    }

    /** Such an object, of which nothing but its name is said. */
    public ObjectNode named(String object) {
        var body = Json.MAPPER.createObjectNode().put("apiVersion", apiVersion).put("kind", name);
        body.putObject("metadata").put("name", object);
        return body;
    }

    /** Path of the collection ({@code object} null) or of one object; {@code namespace} null means all namespaces. */
    public String path(String namespace, String object) {
        return (group().isEmpty() ? "/api/" : "/apis/") + apiVersion
            + (namespaced && namespace != null ? "/namespaces/" + namespace : "") + "/" + plural + (object == null ? "" : "/" + object);
    }
}
