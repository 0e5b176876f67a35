package prompt_run.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import shared.Json;

/** JSON with its secrets masked where they are text: in the written form a token may stand right after an escape such as {@code \\n}. */
public final class MaskedJson {
    private MaskedJson() { }

    public static JsonNode of(JsonNode node, Redactor redactor) {
        if (node.isTextual()) {
            return Json.MAPPER.getNodeFactory().textNode(redactor.mask(node.asText()));
        }
        if (node instanceof ObjectNode object) {
            object.fieldNames().forEachRemaining(name -> object.set(name, of(object.get(name), redactor)));
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
        } catch (JsonProcessingException plain) {
            return line;
        }
    }
}
