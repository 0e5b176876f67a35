import tools.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Label and field selectors of a list or watch. */
final class EmbeddedSelector {
    static Predicate<JsonNode> of(Map<String, String> query) {
        Predicate<JsonNode> all = object -> true;
        for (var term : query.getOrDefault("fieldSelector", "").split(",")) {
            all = term.isBlank() ? all : all.and(field(term));
        }
        for (var term : query.getOrDefault("labelSelector", "").split(",(?![^(]*\\))")) {
            all = term.isBlank() ? all : all.and(label(term.strip()));
        }
        return all;
    }

    private static Predicate<JsonNode> field(String term) {
        var sides = term.split("!=|==?", 2);
        var path = "/" + sides[0].strip().replace('.', '/');
        return object -> EmbeddedStore.text(object, path).equals(sides[1].strip()) != term.contains("!=");
    }

    private static Predicate<JsonNode> label(String term) {
        if (term.matches("[^=!]+ (not)?in \\(.*\\)")) {
            var values = List.of(term.replaceAll(".*\\(|\\)", "").split("\\s*,\\s*"));
            boolean negated = term.contains(" notin ");
            return object -> values.contains(labelOf(object, term.split(" ")[0])) != negated;
        }
        if (term.contains("=")) {
            var sides = term.split("!=|==?", 2);
            return object -> sides[1].strip().equals(labelOf(object, sides[0].strip())) != term.contains("!=");
        }
        return object -> (labelOf(object, term.replace("!", "").strip()) != null) != term.startsWith("!");
    }

    private static String labelOf(JsonNode object, String key) {
        return object.path("metadata").path("labels").path(key).stringValue(null);
    }
}
