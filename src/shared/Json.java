package shared;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** JSON as both scripts read and write it. */
public final class Json {
    public static final ObjectMapper MAPPER = new ObjectMapper();

    /** The text of a field, empty where there is none. */
    public static String text(JsonNode node, String field) {
        return node.path(field).asString("");
    }

    /**
     * Indented, for people and files; the text has no line end. GitHub's runner obeys {@code ##[…]} anywhere in a line, so that stands
     * escaped: the same JSON, but no command.
     */
    public static String pretty(Object value) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value).replace("##[", "#\\u0023[");
        } catch (JacksonException e) {
            throw new IllegalStateException(e); // a tree or a map of ours: it can always be written
        }
    }
}
