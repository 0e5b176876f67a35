package prompt_run.text;

import java.util.List;
import shared.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** JSON with its secrets masked where they are text: in the written form a token may stand right after an escape such as {@code \\n}. */
public final class MaskedJson {
    public static JsonNode of(JsonNode node, Redactor redactor) {
        if (node.isString()) {
            return Json.MAPPER.getNodeFactory().stringNode(redactor.mask(node.asString("")));
        }
        if (node instanceof ObjectNode object) {
            List.copyOf(object.propertyNames()).forEach(name -> object.set(name, of(object.get(name), redactor)));
        } else if (node instanceof ArrayNode array) {
            for (int at = 0; at < array.size(); at++) {
                array.set(at, of(array.get(at), redactor));
            }
        }
        return node;
    }

    public static String line(String line, Redactor redactor) {
        try {
            return line.startsWith("{") ? of(Json.MAPPER.readTree(line), redactor).toString() : line;
        } catch (JacksonException plain) {
            return line;
        }
    }
}
