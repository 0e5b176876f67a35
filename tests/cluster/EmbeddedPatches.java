import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import io.fabric8.zjsonpatch.JsonPatch;
import io.fabric8.zjsonpatch.JsonPatchException;
import java.util.LinkedHashMap;

/** The four ways to patch. Strategic merge and server-side apply merge lists of named items by name, other lists whole. */
final class EmbeddedPatches {
    static ObjectNode apply(ObjectNode target, String body, String contentType) {
        var type = contentType.replaceFirst(";.*", "").strip();
        return switch (type) {
            case "application/json-patch+json" -> jsonPatch(target, body);
            case "application/merge-patch+json" -> (ObjectNode) merge(target, EmbeddedStore.parse(body), false);
            case "application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/apply-patch+cbor" ->
                    (ObjectNode) merge(target, EmbeddedStore.parse(body), true);
            default -> throw new EmbeddedStore.ApiError(415,
                "the body of the request was in an unknown format - accepted media types include: "
                    + "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, "
                    + "application/apply-patch+yaml");
        };
    }

    private static ObjectNode jsonPatch(ObjectNode target, String body) {
        try {
            return (ObjectNode) JsonPatch.apply(EmbeddedStore.JSON.readTree(body), target);
        } catch (JacksonException | JsonPatchException e) {
            throw new EmbeddedStore.ApiError(422, "the server rejected our request due to an error in our request: " + e.getMessage());
        }
    }

    static JsonNode merge(JsonNode target, JsonNode patch, boolean listsByName) {
        if (patch instanceof ObjectNode fields) {
            var merged = target instanceof ObjectNode object ? object : EmbeddedStore.JSON.createObjectNode();
            fields.properties().forEach(field -> {
                if (field.getValue().isNull()) {
                    merged.remove(field.getKey());
                } else {
                    merged.set(field.getKey(), merge(merged.get(field.getKey()), field.getValue(), listsByName));
                }
            });
            return merged;
        }
        return listsByName && named(patch) && target instanceof ArrayNode
            && named(target) ? mergeByName((ArrayNode) target, patch) : patch;
    }

    private static ArrayNode mergeByName(ArrayNode target, JsonNode patch) {
        var byName = new LinkedHashMap<String, JsonNode>();
        target.forEach(item -> byName.put(item.get("name").asString(""), item));
        patch.forEach(item -> byName.merge(item.get("name").asString(""), item, (old, fresh) -> merge(old, fresh, true)));
        return EmbeddedStore.JSON.createArrayNode().addAll(byName.values());
    }

    private static boolean named(JsonNode list) {
        if (!list.isArray()) {
            return false;
        }
        for (var item : list) {
            if (!item.path("name").isString()) {
                return false;
            }
        }
        return !list.isEmpty();
    }
}
