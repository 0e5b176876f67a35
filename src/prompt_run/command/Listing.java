package prompt_run.command;

import java.util.Map;
import java.util.Set;
import prompt_run.templates.Templates;
import prompt_run.verdict.Answer;

/** What --list-kinds answers: every kind with its languages. */
public record Listing(Map<String, Set<String>> kinds) implements Answer {
    @Override
    public String asText() {
        var lines = new StringBuilder();
        kinds.forEach((kind, languages) -> lines.append(String.format("%-14s %-6s %s%n", kind, String.join(" ", languages),
            Templates.BUILT_IN.getOrDefault(kind, "from --templates"))));
        return lines.toString();
    }

    @Override
    public Map<String, Object> asJson() {
        return Map.of("schemaVersion", "prompt-run/v1", "kinds", kinds);
    }
}
