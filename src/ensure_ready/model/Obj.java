package ensure_ready.model;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import shared.Json;
import shared.Kubectl;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** One Kubernetes object as the API server or a manifest gives it; rules read it by JSON pointers and never see null. */
public record Obj(JsonNode json) {
    /** How an element of a list is written in a path: by what tells it for Kubernetes too, else by its place. */
    public static String element(JsonNode element, int place) {
        return Stream.of("mountPath", "name", "key", "topologyKey").map(k -> element.path(k).asString(""))
            .filter(n -> !n.isEmpty()).findFirst().orElse(String.valueOf(place));
    }

    public String ref() {
        return Kubectl.ref(kind(), name());
    }

    public String apiVersion() {
        return text("/apiVersion");
    }

    public String kind() {
        return text("/kind");
    }

    /** Empty for the core group. */
    public String group() {
        return group(apiVersion());
    }

    public static String group(String apiVersion) {
        return apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
    }

    /** False for custom resources. */
    public boolean builtIn() {
        return Kinds.BUILT_IN_GROUPS.contains(group());
    }

    /** Whether there is more to say of this kind than that it exists. */
    public boolean judged() {
        return !builtIn() || Kinds.judged(kind());
    }

    public String name() {
        return text("/metadata/name");
    }

    public String namespace() {
        return text("/metadata/namespace");
    }

    public String uid() {
        return text("/metadata/uid");
    }

    /** When it was made, as the API writes times: the later one is the greater text. */
    public String created() {
        return text("/metadata/creationTimestamp");
    }

    public long generation() {
        return number("/metadata/generation", 0);
    }

    public JsonNode at(String pointer) {
        return json.at(pointer);
    }

    public boolean has(String pointer) {
        return !json.at(pointer).isMissingNode() && !json.at(pointer).isNull();
    }

    /** The text there, or an empty one. */
    public String text(String pointer) {
        return json.at(pointer).asString("");
    }

    /** The number there; numbers written as text count too, as some operators write observedGeneration so. */
    public long number(String pointer, long otherwise) {
        return json.at(pointer).asLong(otherwise);
    }

    public boolean is(String pointer) {
        return json.at(pointer).asBoolean(false);
    }

    public List<JsonNode> list(String pointer) {
        var items = new ArrayList<JsonNode>();
        json.at(pointer).forEach(items::add);
        return items;
    }

    public Map<String, String> map(String pointer) {
        var map = new LinkedHashMap<String, String>();
        json.at(pointer).properties().forEach(e -> map.put(e.getKey(), e.getValue().asString("")));
        return map;
    }

    /** Of a ConfigMap, and of a Secret as it is kept: of that nothing else is known. */
    public List<String> keys() {
        return Stream.concat(list("/keys").stream().map(k -> k.asString("")), Stream.of("/data", "/binaryData")
            .flatMap(p -> map(p).keySet().stream())).sorted().toList();
    }

    public Map<String, String> labels() {
        return map("/metadata/labels");
    }

    public String annotation(String key) {
        return json.at("/metadata/annotations").path(key).asString("");
    }

    public boolean deleting() {
        return has("/metadata/deletionTimestamp");
    }

    /** The RFC 3339 time there, if it is one. */
    public Optional<Instant> time(String pointer) {
        return instant(text(pointer));
    }

    /** The same of a text. */
    public static Optional<Instant> instant(String text) {
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(text));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** The condition of this type, or a missing node. */
    public JsonNode condition(String type) {
        return list("/status/conditions").stream().filter(c -> Json.text(c, "type").equals(type))
            .findFirst().orElse(MissingNode.getInstance());
    }

    public static boolean isTrue(JsonNode condition) {
        return Json.text(condition, "status").equalsIgnoreCase("True"); // some operators write a boolean
    }

    /** Its opposite; neither holds of a condition that is not there or not known. */
    public static boolean isFalse(JsonNode condition) {
        return Json.text(condition, "status").equalsIgnoreCase("False");
    }

    /** The ownerReference with controller: true, or a missing node. */
    public JsonNode controller() {
        return list("/metadata/ownerReferences").stream().filter(o -> o.path("controller").asBoolean(false))
            .findFirst().orElse(MissingNode.getInstance());
    }

    public boolean ownedBy(Obj owner) {
        return !owner.uid().isEmpty() && list("/metadata/ownerReferences").stream()
            .anyMatch(o -> Json.text(o, "uid").equals(owner.uid()));
    }
}
