package ensure_ready.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;

/**
 * What a custom resource names in its spec: an issuer, a store, a cluster, a Secret. Pure.
 *
 * @param path as a person writes it: {@code spec.issuerRef.name}
 * @param kind as the reference says, or as its field is called; empty when neither tells
 */
public record CustomReference(String path, String kind, String name) {
    /** {@code issuerRef}, {@code rabbitmqClusterReference}, {@code dependsOn}, {@code configurationName}; the rest tells the kind. */
    private static final Pattern FIELD = Pattern.compile("(\\w*?)(Refs?|References?|Names?)?");
    private static final Set<String> PARTS = Set.of("name", "kind", "namespace", "group", "apiVersion", "apiGroup", "key", "optional");
    /** Parts of a spec that pods or charts are made of: what they name, their pods tell. */
    private static final Set<String> FOREIGN =
        Set.of("template", "podTemplate", "containers", "initContainers", "values", "env", "volumes");
    /** Where the resource says what it makes. */
    private static final List<String> MADE = List.of("/secretName", "/target/name", "/template/metadata/name", "/destination/name",
        "/managedSecretReference/secretName", "/writeConnectionSecretToRef/name");
    private static final Pattern TOLD = Pattern.compile("\\b([A-Z][A-Za-z]+)[ /][\"'`]?(?:[a-z0-9-]+/)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)");
    private static final Map<String, String> USUAL =
        Map.of("issuer", "Issuer", "backend", "Service", "parent", "Gateway", "scaleTarget", "Deployment");
    private static final int DEPTH = 7;

    /** All of its spec, those of other namespaces left aside, in the order in which they stand there. */
    public static List<CustomReference> of(Snapshot snapshot, Obj o) {
        var found = new ArrayList<CustomReference>();
        new Walk(snapshot, o, found).fields(o.at("/spec"), "spec", 0);
        o.labels().forEach((label, value) -> snapshot.objects().keySet().stream() // its operator's, such as strimzi.io/cluster
            .filter(k -> label.contains("/") && k.endsWith("." + label.substring(0, label.indexOf('/'))) && !k.startsWith(o.kind() + "."))
            .flatMap(k -> snapshot.find(k, value).stream()).findFirst()
            .ifPresent(c -> found.add(new CustomReference("metadata.labels[" + label + "]", c.kind(), c.name()))));
        found.removeIf(r -> r.kind().equals("Secret") && makes(o, r.name()));
        return found;
    }

    /** What a message names: {@code SecretStore "vault" is not ready}. */
    public static Stream<Obj> in(Snapshot snapshot, String message) {
        return TOLD.matcher(message).results().flatMap(m -> new CustomReference("", m.group(1), m.group(2)).target(snapshot).stream());
    }

    /** Whether it is to make the Secret of this name: a certificate, an external or a sealed secret. */
    public static boolean makes(Obj o, String secret) {
        return MADE.stream()
            .anyMatch(p -> o.text("/spec" + p).equals(secret) && (!p.equals("/secretName") || o.kind().equals("Certificate")))
            || o.name().equals(secret) && o.kind().matches(".*Secret|OnePasswordItem");
    }

    public Optional<Obj> target(Snapshot snapshot) {
        return keys(snapshot).flatMap(k -> snapshot.find(k, name).stream()).findFirst();
    }

    /** Its kind was read, and there is no object of that name. */
    public boolean missing(Snapshot snapshot) {
        return keys(snapshot).findAny().isPresent() && target(snapshot).isEmpty();
    }

    private Stream<String> keys(Snapshot snapshot) {
        return kind.isEmpty() ? Stream.empty() : snapshot.objects().keySet().stream()
            .filter(k -> k.equals(kind) || k.startsWith(kind + "."));
    }

    private record Walk(Snapshot snapshot, Obj o, List<CustomReference> found) {
        void fields(JsonNode node, String path, int depth) {
            if (depth < DEPTH) {
                node.properties().stream().filter(e -> !FOREIGN.contains(e.getKey()))
                    .forEach(e -> field(e, path + "." + e.getKey(), depth));
            }
        }

        private void field(Map.Entry<String, JsonNode> e, String path, int depth) {
            if (e.getValue().isArray()) {
                for (int i = 0; i < e.getValue().size(); i++) {
                    value(e.getKey(), e.getValue().get(i), path + "[" + i + "]", depth);
                }
            } else {
                value(e.getKey(), e.getValue(), path, depth);
            }
        }

        private void value(String field, JsonNode value, String path, int depth) {
            if (value.isString() && field.matches("\\w+(Ref|Name)")) {
                add(kind(field, value), path, value.asString(""), value);
            } else if (value.path("name").isString() && (field.matches(".*(Refs?|References?)")
                || value.properties().stream().allMatch(p -> PARTS.contains(p.getKey())))) {
                add(kind(field, value), path + ".name", Json.text(value, "name"), value);
            } else {
                fields(value, path, depth + 1);
            }
        }

        private void add(String kind, String path, String name, JsonNode at) {
            var namespace = Json.text(at, "namespace");
            if (!kind.isEmpty() && !name.isEmpty() && (namespace.isEmpty() || namespace.equals(snapshot.namespace()))) {
                found.add(new CustomReference(path, kind, name));
            }
        }

        private String kind(String field, JsonNode value) {
            if (value.path("kind").isString()) {
                return Json.text(value, "kind");
            }
            var match = FIELD.matcher(field);
            var stem = match.matches() ? match.group(1) : field;
            if (stem.matches("(?i).*secrets?(key)?")) {
                return "Secret";
            }
            return stem.matches("(?i).*configMap(key)?") ? "ConfigMap" : stem.equals("dependsOn") ? o.kind()
                : kinds(k -> k.equalsIgnoreCase(stem)).or(() -> Optional.ofNullable(USUAL.get(stem)))
                .or(() -> stem.length() < 5 ? Optional.empty()
                : kinds(k -> k.endsWith(stem.substring(0, 1).toUpperCase(Locale.ROOT) + stem.substring(1)))).orElse("");
        }

        /** Of the resource's own group rather than of another. */
        private Optional<String> kinds(Predicate<String> wanted) {
            return snapshot.objects().keySet().stream().filter(k -> k.contains("."))
                .sorted(Comparator.comparing((String k) -> !k.endsWith("." + o.group())).thenComparing(k -> k))
                .map(k -> k.substring(0, k.indexOf('.'))).filter(wanted).findFirst();
        }
    }
}
