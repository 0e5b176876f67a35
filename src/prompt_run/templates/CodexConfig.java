package prompt_run.templates;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import prompt_run.options.UsageError;
import prompt_run.subject.Facts;
import prompt_run.subject.RunOptions;
import shared.Texts;

/** Codex's settings: a profile that is laid over the config that the place has itself. */
public final class CodexConfig {
    public static String render(RunOptions options, Facts facts, Map<String, String> passed) {
        var model = new LinkedHashMap<String, Object>();
        model.put("vars", options.vars());
        model.put("model", facts.model() == null ? "" : toml(facts.model()));
        model.put("effort", facts.effort() == null ? "" : toml(facts.effort()));
        model.put("commandEnv", commandEnv(passed));
        try {
            return Renderer.process(new Templates(options.templates(), null).engine(), "codex_config.toml.ftl", model);
        } catch (IOException problem) {
            throw new UsageError("codex_config.toml.ftl: " + Texts.oneLine(problem.getMessage()), problem);
        }
    }

    /** What was passed on by name is for the agent's commands, except the keys of the agent itself. */
    private static List<Map<String, String>> commandEnv(Map<String, String> passed) {
        var all = new ArrayList<Map<String, String>>();
        passed.forEach((name, value) -> {
            if (!name.matches("(?i).*API_?KEY")) {
                all.add(Map.of("name", name, "value", toml(value)));
            }
        });
        return all;
    }

    private static String toml(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
    }
}
