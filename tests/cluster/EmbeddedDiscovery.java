import java.util.HashSet;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** What the server says about itself: /version, /api, /apis and the resource lists. */
final class EmbeddedDiscovery {
    static JsonNode answer(String path, List<EmbeddedStore.Kind> kinds) {
        return switch (path) {
            case "/version" -> EmbeddedStore.JSON.createObjectNode().put("major", "1")
                .put("minor", "34").put("gitVersion", "v1.34.0-embedded");
            case "/api" -> EmbeddedStore.JSON.createObjectNode().put("kind", "APIVersions")
                .set("versions", EmbeddedStore.JSON.createArrayNode().add("v1"));
            case "/apis" -> groups(kinds);
            case "/healthz", "/livez", "/readyz" -> EmbeddedStore.JSON.getNodeFactory().stringNode("ok");
            default -> resources(path.replaceFirst("^/apis?/", ""), kinds);
        };
    }

    private static JsonNode groups(List<EmbeddedStore.Kind> kinds) {
        var list = EmbeddedStore.JSON.createObjectNode().put("kind", "APIGroupList").put("apiVersion", "v1");
        var groups = list.putArray("groups");
        for (var group : new HashSet<>(kinds.stream().map(EmbeddedStore.Kind::group).filter(name -> !name.isEmpty()).toList())) {
            var entry = groups.addObject().put("name", group);
            kinds.stream().filter(kind -> kind.group().equals(group)).map(EmbeddedStore.Kind::apiVersion).distinct()
                    .forEach(version -> entry.withArray("versions").addObject()
                    .put("groupVersion", version).put("version", version.replaceFirst(".*/", "")));
            entry.set("preferredVersion", entry.get("versions").get(0));
        }
        return list;
    }

    private static JsonNode resources(String apiVersion, List<EmbeddedStore.Kind> kinds) {
        var own = kinds.stream().filter(kind -> kind.apiVersion().equals(apiVersion)).toList();
        if (own.isEmpty()) {
            throw new EmbeddedStore.ApiError(404, "the server could not find the requested resource");
        }
        var list = EmbeddedStore.JSON.createObjectNode().put("kind", "APIResourceList")
            .put("apiVersion", "v1").put("groupVersion", apiVersion);
        for (var kind : own) {
            var entry = list.withArray("resources").addObject().put("name", kind.plural()).put("singularName", kind.name().toLowerCase())
                    .put("namespaced", kind.namespaced()).put("kind", kind.name());
            List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
                .forEach(entry.withArray("verbs")::add);
            if (kind.status()) {
                list.withArray("resources").addObject().put("name", kind.plural() + "/status").put("singularName", "")
                        .put("namespaced", kind.namespaced()).put("kind", kind.name())
                        .putArray("verbs").add("get").add("patch").add("update");
            }
        }
        return list;
    }
}
