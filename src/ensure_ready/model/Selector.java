package ensure_ready.model;

import java.util.Map;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** Label selectors as the API means them. */
public final class Selector {
    public static boolean matches(JsonNode selector, Map<String, String> labels) {
        return selector.path("matchLabels").properties().stream().allMatch(e -> e.getValue().asString("").equals(labels.get(e.getKey())))
            && expressions(selector, labels);
    }

    /** A node selector's term has nothing else. */
    public static boolean expressions(JsonNode selector, Map<String, String> labels) {
        return selector.path("matchExpressions").valueStream().allMatch(e -> expression(e, labels));
    }

    private static boolean expression(JsonNode e, Map<String, String> labels) {
        var value = labels.get(Json.text(e, "key"));
        var values = e.path("values").valueStream().map(v -> v.asString("")).toList();
        return switch (Json.text(e, "operator")) {
            case "In" -> value != null && values.contains(value);
            case "NotIn" -> value == null || !values.contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "Gt" -> number(value) > number(values.isEmpty() ? null : values.get(0));
            case "Lt" -> value != null && number(value) < number(values.isEmpty() ? null : values.get(0));
            default -> false;
        };
    }

    private static long number(String text) {
        try {
            return text == null ? Long.MIN_VALUE : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return Long.MIN_VALUE;
        }
    }
}
