package ensure_ready.diagnosis;

import ensure_ready.model.Obj;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import shared.SecretShapes;
import tools.jackson.databind.JsonNode;

/** The fields of a spec by their paths, as a person writes them: {@code containers[web].env[DB_HOST].value}. Pure. */
public final class Leaves {
    private static final Pattern VARIABLE = Pattern.compile("\\.env\\[([^\\]]*)\\]\\.value$");
    private static final String HIDDEN = "(set; not shown)";

    static Map<String, String> of(JsonNode node) {
        var found = new LinkedHashMap<String, String>();
        walk(node, "", found);
        return found;
    }

    /** The variable, or the kernel's setting, that stands in such a path. */
    static String variable(String path) {
        return path.replaceFirst("^.*?\\b(env|sysctls)\\[", "").replaceFirst("\\].*", "");
    }

    private static void walk(JsonNode node, String path, Map<String, String> found) {
        if (node.isObject() && !node.isEmpty()) {
            node.properties().forEach(e -> walk(e.getValue(), path.isEmpty() ? e.getKey() : path + "." + e.getKey(), found));
        } else if (node.isArray() && node.valueStream().anyMatch(JsonNode::isObject)) {
            for (int i = 0; i < node.size(); i++) {
                var only = node.get(i).size() == 1 && node.get(i).has("name") && !path.endsWith(".env");
                var element = path + "[" + (only ? "" + i : Obj.element(node.get(i), i)) + "]";
                walk(node.get(i), element, found);
                found.remove(only ? "" : element + ".name"); // which its path says already
                found.remove(path.endsWith("items") ? "" : element + ".key");
                if (path.endsWith(".env") && node.get(i).size() == 1) {
                    found.put(element + ".value", "\"\"");
                }
            }
        } else {
            found.put(path, value(path, node));
        }
    }

    private static String value(String path, JsonNode node) {
        var variable = VARIABLE.matcher(path);
        if (variable.find() && SecretShapes.NAME.matcher(variable.group(1)).matches() && !node.asString("").isEmpty()) {
            return HIDDEN;
        }
        return node.isArray() ? node.valueStream().map(n -> n.asString(""))
            .collect(Collectors.joining(", ", "[", "]")) : node.isObject() ? "{}"
            : node.asString("").isEmpty() ? "\"\"" : node.asString("");
    }
}
