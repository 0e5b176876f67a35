package prompt_run.text;

import java.util.LinkedHashMap;
import java.util.Map;
import shared.Json;
import tools.jackson.core.type.TypeReference;

/**
 * The words of people, as they go into the prompt: selected, cleaned, redacted, cut and fenced.
 * {@code opening} holds title and description, {@code replies} the rest; the counts say what is missing.
 */
public record Conversation(String title, String opening, String replies, boolean withheld, Gaps gaps,
                    int outsiders, int late, int cut, int hidden, int invisible) {

    public Map<String, Object> model() {
        return Json.MAPPER.convertValue(this, new TypeReference<LinkedHashMap<String, Object>>() { });
    }
}
