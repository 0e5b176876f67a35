package prompt_run.prompt;

import java.util.LinkedHashMap;
import java.util.Map;
import prompt_run.verdict.Answer;

/** The prompt as it is sent, and what --print answers. */
public record Prompt(String kind, String lang, boolean infraUnhealthy, String text) implements Answer {
    @Override
    public String asText() {
        return text;
    }

    @Override
    public Map<String, Object> asJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("schemaVersion", "prompt-run/v1");
        json.put("kind", kind);
        json.put("lang", lang);
        json.put("infraUnhealthy", infraUnhealthy);
        json.put("prompt", text);
        return json;
    }
}
