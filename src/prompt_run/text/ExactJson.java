package prompt_run.text;

import shared.Json;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;

/** One value, nothing after it, no key twice: else it would be the reader's choice what a text says. */
public final class ExactJson {
    private static final ObjectReader READER = Json.MAPPER.reader()
        .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    /** Throws {@link tools.jackson.core.JacksonException}. */
    public static JsonNode read(String text) {
        return READER.readTree(text);
    }
}
