package prompt_run.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import picocli.CommandLine.Option;
import prompt_run.options.Env;
import prompt_run.options.UsageError;
import prompt_run.subject.RunOptions;
import prompt_run.templates.Templates;
import shared.Texts;
import shared.system.Variables;

/** What the prompt is made of. */
public class PromptOptions {
    @Option(names = "--kind", paramLabel = "KIND",
        description = "dev_issue, plan_issue, repair_issue, dev_review, plan_review, repair_review, repair_plan (CODEXCTL_KIND)")
    public String kind;
    @Option(names = "--list-kinds", description = "print the kinds with their languages and exit")
    public boolean listKinds;
    @Option(names = "--lang", paramLabel = "LANG",
        description = "language of the prompt: en or ru; default en, also for a language without templates (CODEXCTL_LANG)")
    public String lang;
    @Option(names = "--templates", paramLabel = "DIR", description = "folder with templates that add to or override the built-in ones")
    public Path templates;
    @Option(names = "--template", paramLabel = "FILE", description = "render this template instead of the kind's own")
    public Path template;
    @Option(names = "--vars", paramLabel = "K=V,...", description = "template variables, repeatable (CODEXCTL_VARS)")
    public List<String> vars = new ArrayList<>();
    @Option(names = "--var-file", paramLabel = "FILE",
        description = "template variables as YAML or KEY=VALUE lines, repeatable (CODEXCTL_VAR_FILE)")
    public List<Path> varFiles = new ArrayList<>();
    @Option(names = "--print", description = "print the prompt and stop")
    public boolean print;
    @Option(names = "--dry-run", description = "print the prompt, where the agent would run, its command and permissions; start nothing")
    public boolean dryRun;

    public RunOptions read(Env env) {
        var known = new Templates(templates, template);
        var asked = env.pick(kind, "CODEXCTL_KIND");
        var accepted = String.join(", ", known.kinds().keySet());
        if (asked == null && template == null) {
            throw new UsageError("--kind is missing; accepted: " + accepted);
        }
        if (asked != null && template == null && !known.kinds().containsKey(asked)) {
            throw new UsageError("--kind " + asked + ": no such kind; accepted: " + accepted);
        }
        var language = language(env.pick(lang, "CODEXCTL_LANG"));
        return new RunOptions(asked == null ? "custom" : asked, language, templates, template, variables(env), print, dryRun);
    }

    /** ISO 639 decides what is a language: {@code de} falls back to English later, {@code klingon} is a mistake. */
    private static String language(String asked) {
        if (asked == null) {
            return "en";
        }
        var base = asked.strip().toLowerCase(Locale.ROOT).split("[_.-]", 2)[0];
        if (!Arrays.asList(Locale.getISOLanguages()).contains(base)) {
            throw new UsageError("--lang " + Texts.oneLine(asked)
                + ": not a language; accepted: en, ru, or another ISO 639 code (falls back to en)");
        }
        return base;
    }

    private Map<String, Object> variables(Env env) {
        var file = env.pick(null, "CODEXCTL_VAR_FILE");
        var list = env.get("CODEXCTL_VARS");
        try {
            return new TreeMap<>(Variables.read(varFiles.isEmpty() && file != null ? List.of(Path.of(file)) : varFiles,
                vars.isEmpty() && list != null ? List.of(list) : vars));
        } catch (IllegalArgumentException e) {
            throw new UsageError(vars.isEmpty() ? e.getMessage().replaceFirst("^--vars:", "CODEXCTL_VARS:") : e.getMessage(), e);
        }
    }
}
