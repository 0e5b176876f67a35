package prompt_run.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import prompt_run.machine.Log;
import prompt_run.options.Env;
import prompt_run.verdict.Summary;
import shared.system.TextFile;

/** GitHub Actions' files: outputs for the next steps, and the step's summary. */
public record ActionsFiles(Env env, Log log) {
    /** Output to the result's field that it tells. */
    static final Map<String, String> OUTPUTS = new LinkedHashMap<>();

    static {
        for (var field : List.of("status", "exitCode", "runId", "threadId", "agentTarget", "fallbackReason", "infraUnhealthy",
                "agentStatus", "summary", "blockedReason",
                "durationSeconds", "inputTokens", "outputTokens", "cost", "finalMessageFile", "transcriptFile", "infraReadyAfter", "rounds",
                "limit")) {
            OUTPUTS.put(field.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT), field);
        }
    }

    void tell(Map<String, Object> json) {
        append("GITHUB_OUTPUT", outputText(json));
        append("GITHUB_STEP_SUMMARY", Summary.of(json));
    }

    /** Every value between delimiters that nobody can know beforehand: no text can add an output of its own. */
    static String outputText(Map<String, Object> json) {
        var text = new StringBuilder();
        OUTPUTS.forEach((output, field) -> {
            var delimiter = "end-" + UUID.randomUUID();
            var value = json.get(field);
            text.append(output).append("<<").append(delimiter).append('\n')
                .append(value == null ? "" : value instanceof List<?> all ? all.size() : value)
                .append('\n').append(delimiter).append('\n');
        });
        return text.toString();
    }

    private void append(String variable, String text) {
        if (env.get(variable) == null) {
            return;
        }
        try {
            Files.writeString(Path.of(env.get(variable)), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException problem) {
            log.warn(variable + " " + env.get(variable) + ": cannot write it (" + TextFile.reason(problem) + ")");
        }
    }
}
