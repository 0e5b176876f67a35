import static java.nio.charset.StandardCharsets.UTF_8;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** What the API server itself fills in, and what it refuses to change. */
final class EmbeddedDefaults {
    private static final Map<String, List<String>> IMMUTABLE = Map.of(
            "Deployment", List.of("/spec/selector"),
            "DaemonSet", List.of("/spec/selector"),
            "StatefulSet", List.of("/spec/selector", "/spec/serviceName", "/spec/volumeClaimTemplates", "/spec/podManagementPolicy"),
            "Job", List.of("/spec/selector", "/spec/template", "/spec/completionMode"),
            "PersistentVolumeClaim", List.of("/spec/storageClassName", "/spec/accessModes"),
            "RoleBinding", List.of("/roleRef"),
            "ClusterRoleBinding", List.of("/roleRef"));

    static void onCreate(EmbeddedStore.Kind kind, String namespace, ObjectNode object) {
        var metadata = object.withObject("/metadata");
        List.of("resourceVersion", "generation", "managedFields").forEach(metadata::remove);
        if (kind.namespaced() && !metadata.has("namespace")) {
            metadata.put("namespace", namespace);
        }
        metadata.put("uid", UUID.randomUUID().toString());
        metadata.put("creationTimestamp", EmbeddedStore.now());
        if (kind.generation()) {
            metadata.put("generation", 1);
        }
        fill(kind, object);
    }

    /** Defaults that rules of readiness depend on; the rest of a real server's defaulting is left out. */
    private static void fill(EmbeddedStore.Kind kind, ObjectNode object) {
        switch (kind.name()) {
            case "Namespace" -> phase(object, "Active");
            case "Pod", "PersistentVolumeClaim" -> phase(object, "Pending");
            case "Deployment", "StatefulSet", "ReplicaSet" -> number(object.withObject("/spec"), "replicas", 1);
            case "Job" -> number(object.withObject("/spec"), "backoffLimit", 6);
            case "Secret" -> mergeStringData(object);
            case "Service" -> clusterAddress(object);
            case "CustomResourceDefinition" -> establish(object);
            default -> { }
        }
        if (kind.name().equals("Deployment")) {
            number(object.withObject("/spec"), "progressDeadlineSeconds", 600);
        }
    }

    private static void phase(ObjectNode object, String phase) {
        if (!object.withObject("/status").has("phase")) {
            object.withObject("/status").put("phase", phase);
        }
    }

    private static void number(ObjectNode spec, String field, int value) {
        if (!spec.has(field)) {
            spec.put(field, value);
        }
    }

    private static void clusterAddress(ObjectNode service) {
        var spec = service.withObject("/spec");
        if (!spec.has("type")) {
            spec.put("type", "ClusterIP");
        }
        if (!spec.has("clusterIP") && !spec.path("type").asString("").equals("ExternalName")) {
            int host = Math.floorMod(EmbeddedStore.text(service, "/metadata/uid").hashCode(), 65_000);
            spec.put("clusterIP", "10.96." + host / 256 + "." + (1 + host % 250));
        }
    }

    private static void mergeStringData(ObjectNode secret) {
        if (secret.remove("stringData") instanceof ObjectNode plain) {
            plain.properties().forEach(entry -> secret.withObject("/data")
                    .put(entry.getKey(), Base64.getEncoder().encodeToString(entry.getValue().asString("").getBytes(UTF_8))));
        }
    }

    private static void establish(ObjectNode definition) {
        var conditions = EmbeddedStore.JSON.createArrayNode();
        for (var type : List.of("NamesAccepted", "Established")) {
            conditions.addObject().put("type", type).put("status", "True").put("lastTransitionTime", EmbeddedStore.now());
        }
        definition.withObject("/status").set("conditions", conditions);
    }

    static void onUpdate(EmbeddedStore.Kind kind, String namespace, ObjectNode current, ObjectNode next) {
        if (kind.name().equals("Secret")) {
            mergeStringData(next);
        }
        keepIdentity(kind, current, next);
        refuseImmutable(kind, current, next);
    }

    /** uid, creation time and the counters are the server's; the generation moves with anything but metadata and status. */
    static void keepIdentity(EmbeddedStore.Kind kind, ObjectNode current, ObjectNode next) {
        var metadata = next.withObject("/metadata");
        metadata.remove("managedFields");
        for (var field : List.of("uid", "creationTimestamp", "resourceVersion", "generation", "deletionTimestamp")) {
            if (current.get("metadata").has(field)) {
                metadata.set(field, current.get("metadata").get(field));
            }
        }
        if (kind.generation() && !body(current).equals(body(next))) {
            metadata.put("generation", current.at("/metadata/generation").asLong(0) + 1);
        }
    }

    private static JsonNode body(ObjectNode object) {
        return object.deepCopy().without(Set.of("metadata", "status"));
    }

    private static void refuseImmutable(EmbeddedStore.Kind kind, ObjectNode current, ObjectNode next) {
        for (var path : IMMUTABLE.getOrDefault(kind.name(), List.of())) {
            if (!current.at(path).isMissingNode() && !current.at(path).equals(next.at(path))) {
                throw EmbeddedStore.ApiError.invalid(kind, EmbeddedStore.text(current, "/metadata/name"), path.substring(1)
                    .replace('/', '.'));
            }
        }
        if ((kind.name().equals("Secret") || kind.name().equals("ConfigMap")) && current.path("immutable").asBoolean(false)
                && !current.path("data").equals(next.path("data"))) {
            throw EmbeddedStore.ApiError.invalid(kind, EmbeddedStore.text(current, "/metadata/name"), "data");
        }
    }
}
