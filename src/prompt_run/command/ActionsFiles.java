package prompt_run.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import shared.Texts;
import shared.system.TextFile;

/** GitHub Actions' files: outputs for the next steps, and the step's summary. */
public record ActionsFiles(Env env, Console console) {
    static final Map<String, String> OUTPUTS = outputs();

    private static Map<String, String> outputs() {
        Map<String, String> outputs = new LinkedHashMap<>();
        for (String pair : ("status=status exit_code=exitCode run_id=runId thread_id=threadId agent_target=agentTarget fallback_reason=fallbackReason "
            + "infra_unhealthy=infraUnhealthy duration_seconds=durationSeconds input_tokens=inputTokens output_tokens=outputTokens "
            + "final_message_file=finalMessageFile transcript_file=transcriptFile").split(" ")) {
            outputs.put(pair.split("=")[0], pair.split("=")[1]);
        }
        return outputs;
    }

    void tell(RunResult result) {
        append("GITHUB_OUTPUT", outputText(result.json()));
        append("GITHUB_STEP_SUMMARY", summary(result.json()));
    }

    /** Every value between delimiters that nobody can know beforehand: no text can add an output of its own. */
    static String outputText(Map<String, Object> json) {
        StringBuilder text = new StringBuilder();
        OUTPUTS.forEach((output, field) -> {
            String delimiter = "end-" + UUID.randomUUID();
            Object value = json.get(field);
            text.append(output).append("<<").append(delimiter).append('\n').append(value == null ? "" : value)
                .append('\n').append(delimiter).append('\n');
        });
        return text.toString();
    }

    static String summary(Map<String, Object> json) {
        StringBuilder text = new StringBuilder("### Agent: " + json.get("status") + "\n\n| | |\n|---|---|\n");
        row(text, "reason", json.get("reason"));
        row(text, "ran in", json.get("where") == null ? json.get("agentTarget") : json.get("where"));
        row(text, "why there", json.get("fallbackReason"));
        row(text, "environment", Boolean.TRUE.equals(json.get("infraUnhealthy")) ? "not ready (INFRA_UNHEALTHY=1)" : "ready");
        row(text, "duration", json.get("durationSeconds") + " s");
        row(text, "tokens", json.get("inputTokens") + " in, " + json.get("outputTokens") + " out");
        row(text, "thread", json.get("threadId"));
        if (json.get("broughtBack") instanceof Map<?, ?> brought) {
            row(text, "changes", brought.get("state")
                + (brought.get("branch") == null ? "" : ", branch " + brought.get("branch") + ", " + brought.get("commits") + " commits"));
        }
        ((List<?>) json.get("notes")).forEach(note -> text.append("\n").append(fenced(String.valueOf(note))));
        String message = String.valueOf(json.get("finalMessage"));
        return text + (message.isBlank() ? "" : "\nLast message:\n" + fenced(message)) + "\n";
    }

    private static void row(StringBuilder text, String name, Object value) {
        if (value != null) {
            text.append("| ").append(name).append(" | ")
                .append(Texts.oneLine(String.valueOf(value)).replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
                .replace("`", "\\`").replace("[", "\\[")).append(" |\n");
        }
    }

    /** A fence longer than any in the text: nothing in it is Markdown. */
    private static String fenced(String text) {
        String fence = "```";
        while (text.contains(fence)) {
            fence += "`";
        }
        return fence + "\n" + text + "\n" + fence + "\n";
    }

    private void append(String variable, String text) {
        if (env.get(variable) == null) {
            return;
        }
        try {
            Files.writeString(Path.of(env.get(variable)), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException problem) {
            console.warn(variable + " " + env.get(variable) + ": cannot write it (" + TextFile.reason(problem) + ")");
        }
    }
}
