package prompt_run.verdict;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import shared.Texts;

/** The result as Markdown, for the summary of a step. */
public final class Summary {
    public static String of(Map<String, Object> json) {
        var text = new StringBuilder("### Agent: " + json.get("status") + "\n\n| | |\n|---|---|\n");
        row(text, "reason", json.get("reason"));
        row(text, "agent says", json.get("agentStatus"));
        row(text, "summary", json.get("summary"));
        row(text, "blocked by", json.get("blockedReason"));
        row(text, "ran in", json.get("where") == null ? json.get("agentTarget") : json.get("where"));
        row(text, "why there", json.get("fallbackReason"));
        row(text, "environment", Boolean.TRUE.equals(json.get("infraUnhealthy")) ? "not ready (INFRA_UNHEALTHY=1)" : "no fault reported");
        row(text, "duration", json.get("durationSeconds") + " s");
        row(text, "tokens", json.get("inputTokens") + " in, " + json.get("outputTokens") + " out");
        row(text, "cost", json.get("cost"));
        row(text, "limit", json.get("limit"));
        if (json.get("infraReadyAfter") != null) {
            ((List<?>) json.get("rounds")).forEach(round -> row(text, "round", told((Map<?, ?>) round)));
        }
        row(text, "thread", json.get("threadId"));
        if (json.get("broughtBack") instanceof Map<?, ?> brought) {
            row(text, "changes", brought.get("state") + (brought.get("branch") == null ? "" : ", branch " + brought.get("branch") + ", "
                + Texts.count(((Number) brought.get("commits")).longValue(), "commit")));
        }
        ((List<?>) json.get("notes")).forEach(note -> text.append("\n").append(fenced(String.valueOf(note))));
        var message = String.valueOf(json.get("finalMessage"));
        return text + (message.isBlank() ? "" : "\nLast message:\n" + fenced(message)) + "\n";
    }

    private static String told(Map<?, ?> round) {
        return round.entrySet().stream().filter(e -> e.getValue() != null && !List.of().equals(e.getValue()))
            .map(e -> e.getKey() + ": " + e.getValue()).collect(Collectors.joining(", "));
    }

    private static void row(StringBuilder text, String name, Object value) {
        if (value != null) {
            text.append("| ").append(name).append(" | ").append(Texts.markdown(Texts.line(String.valueOf(value)))).append(" |\n");
        }
    }

    /** A fence longer than any in the text: nothing in it is Markdown. */
    private static String fenced(String words) {
        var text = Texts.lines(words);
        var fence = "```";
        while (text.contains(fence)) {
            fence += "`";
        }
        return fence + "\n" + text + "\n" + fence + "\n";
    }
}
