package prompt_run.command;

import java.util.LinkedHashMap;
import java.util.Map;
import prompt_run.prompt.Prompt;

/** What --dry-run answers. */
public record Preview(Prompt prompt, Map<String, Object> plan) implements Answer {
    @Override
    public String asText() {
        StringBuilder text = new StringBuilder(prompt.asText()).append("\n----\n");
        plan.forEach((name, value) -> text.append(name).append(": ").append(value).append('\n'));
        return text.toString();
    }

    @Override
    public Object asJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        ((Map<?, ?>) prompt.asJson()).forEach((name, value) -> json.put(String.valueOf(name), value));
        json.put("dryRun", plan);
        return json;
    }

    @Override
    public int exitCode() {
        return Outcome.SUCCEEDED.exitCode();
    }

    @Override
    public boolean jsonByDefault() {
        return true;
    }
}
