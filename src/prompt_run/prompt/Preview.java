package prompt_run.prompt;

import java.util.Map;
import prompt_run.verdict.Answer;
import shared.Texts;

/** What --dry-run answers. */
public record Preview(Prompt prompt, Map<String, Object> plan) implements Answer {
    @Override
    public String asText() {
        var text = new StringBuilder(prompt.asText()).append("\n----\n");
        plan.forEach((name, value) -> text.append(name).append(": ").append(Texts.lines(String.valueOf(value))).append('\n'));
        return text.toString();
    }

    @Override
    public Map<String, Object> asJson() {
        var json = prompt.asJson();
        json.put("dryRun", plan);
        return json;
    }

    @Override
    public boolean jsonByDefault() {
        return true;
    }
}
