package prompt_run.place;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import prompt_run.command.RunOptions;
import prompt_run.command.UsageError;
import prompt_run.facts.Facts;
import prompt_run.prompt.Renderer;
import prompt_run.prompt.Templates;
import shared.Texts;
import shared.system.TemplateEngine;

/** Codex's settings: a profile that is laid over the config that the place has itself. */
public final class CodexConfig {
    private CodexConfig() {
    }

    public static String profile(String runId) {
        return "prompt-run-" + runId;
    }

    /** What was passed on by name is for the agent's commands, except the keys of the agent itself. */
    private static List<Map<String, String>> commandEnv(Map<String, String> passed) {
        List<Map<String, String>> all = new ArrayList<>();
        passed.forEach((name, value) -> {
            if (!name.matches("(?i).*API_?KEY")) {
                all.add(Map.of("name", name, "value", toml(value)));
            }
        });
        return all;
    }

    static String render(RunOptions options, Facts facts, Map<String, String> passed) {
        Map<String, Object> model = new LinkedHashMap<>();
        model.put("vars", options.vars());
        model.put("model", facts.model() == null ? "" : toml(facts.model()));
        model.put("effort", facts.effort() == null ? "" : toml(facts.effort()));
        model.put("commandEnv", commandEnv(passed));
        try {
            return Renderer.process(TemplateEngine.of(new Templates(options.templates(), null).loader()), "codex_config.toml.ftl", model);
        } catch (IOException problem) {
            throw new UsageError("codex_config.toml.ftl: " + Texts.oneLine(problem.getMessage()), problem);
        }
    }

    private static String toml(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
    }
}
