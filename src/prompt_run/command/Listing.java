package prompt_run.command;

import java.util.Map;
import java.util.Set;
import prompt_run.prompt.Templates;

public record Listing(Map<String, Set<String>> kinds) implements Answer {
    @Override
    public String asText() {
        StringBuilder lines = new StringBuilder();
        kinds.forEach((kind, languages) -> lines.append(String.format("%-14s %-6s %s%n", kind, String.join(" ", languages),
            Templates.BUILT_IN.getOrDefault(kind, "from --templates"))));
        return lines.toString();
    }

    @Override
    public Object asJson() {
        return Map.of("schemaVersion", "prompt-run/v1", "kinds", kinds);
    }

    @Override
    public int exitCode() {
        return Outcome.SUCCEEDED.exitCode();
    }
}
