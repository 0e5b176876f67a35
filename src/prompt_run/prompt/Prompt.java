package prompt_run.prompt;

import java.util.LinkedHashMap;
import java.util.Map;
import prompt_run.command.Answer;
import prompt_run.command.Outcome;

public record Prompt(String kind, String lang, boolean infraUnhealthy, String text) implements Answer {
    @Override
    public String asText() {
        return text;
    }

    @Override
    public Object asJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schemaVersion", "prompt-run/v1");
        json.put("kind", kind);
        json.put("lang", lang);
        json.put("infraUnhealthy", infraUnhealthy);
        json.put("prompt", text);
        return json;
    }

    @Override
    public int exitCode() {
        return Outcome.SUCCEEDED.exitCode();
    }
}
