package ensure_ready.manifests;

import ensure_ready.model.CustomRule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import shared.Json;
import shared.system.TextFile;
import shared.system.Variables;
import tools.jackson.databind.JsonNode;

/** The user's rules for custom resources: YAML, a document a rule. */
public final class RuleFile {
    private static final Set<String> KEYS = Set.of("kind", "condition", "path", "ready", "failed", "idle", "ignore");

    /** Throws {@link IllegalArgumentException} with file and line of what is wrong. */
    public static List<CustomRule> read(Path file) {
        var label = "--rules " + file;
        var read = Manifests.Yaml.documents(label, Variables.named(label + ": ", () -> TextFile.read(file)));
        read.problems().forEach(p -> {
            throw new IllegalArgumentException(p.source() + ": " + p.message());
        });
        return read.documents().stream().map(RuleFile::rule).toList();
    }

    private static CustomRule rule(Manifests.Yaml.Document document) {
        var json = document.json();
        check(json.isObject(), document, "a rule is a map with kind, condition or path, and ready");
        for (var key : json.propertyNames()) {
            check(KEYS.contains(key), document.source().file() + ":" + document.source().line(key), "unknown key '" + key
                + "'; there are kind, condition, path, ready, failed, idle, ignore");
        }
        var kind = Json.text(json, "kind");
        check(kind.matches("([A-Z]\\w*|\\*)\\.[a-z0-9]([a-z0-9.-]*[a-z0-9])?"), document,
            "kind '" + kind + "': must be Kind.group, as Widget.example.com, or *.group");
        boolean ignore = json.path("ignore").asBoolean(false);
        var condition = Json.text(json, "condition");
        var path = Json.text(json, "path");
        check(ignore || condition.isEmpty() != path.isEmpty(), document, kind + " needs condition or path, one of them");
        check(ignore || !values(json, "ready").isEmpty(), document, kind + " needs ready, the values that mean it");
        return new CustomRule(kind, condition, path.isEmpty() ? "" : "/" + path.replace('.', '/'), values(json, "ready"),
            values(json, "failed"), values(json, "idle"), ignore);
    }

    private static List<String> values(JsonNode json, String key) {
        var values = new ArrayList<String>();
        var node = json.path(key);
        (node.isArray() ? node.values() : List.of(node)).forEach(v -> values.add(v.asString("")));
        values.removeIf(String::isEmpty);
        return values;
    }

    private static void check(boolean right, Manifests.Yaml.Document document, String sentence) {
        check(right, document.source().toString(), sentence);
    }

    private static void check(boolean right, String where, String sentence) {
        if (!right) {
            throw new IllegalArgumentException(where + ": " + sentence);
        }
    }
}
