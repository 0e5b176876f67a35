package prompt_run.place;

import freemarker.template.TemplateException;
import java.io.IOException;
import java.io.StringWriter;
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
        try {
            Templates templates = new Templates(options.templates(), null);
            StringWriter out = new StringWriter();
            Map<String, Object> model = new LinkedHashMap<>();
            model.put("vars", options.vars());
            model.put("model", facts.model() == null ? "" : toml(facts.model()));
            model.put("effort", facts.effort() == null ? "" : toml(facts.effort()));
            model.put("commandEnv", commandEnv(passed));
            Renderer.engine(templates.loader()).getTemplate("codex_config.toml.ftl").process(model, out);
            return out.toString();
        } catch (TemplateException | IOException problem) {
            throw new UsageError("codex_config.toml.ftl: " + Texts.oneLine(problem.getMessage()), problem);
        }
    }

    private static String toml(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
    }
}
