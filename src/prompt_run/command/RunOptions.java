package prompt_run.command;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import prompt_run.prompt.Templates;
import shared.Texts;
import shared.system.Variables;

/** The options that say what is done, merged with their twins and checked. */
public record RunOptions(String kind, String lang, Path templates, Path template, Map<String, Object> vars,
                  boolean print, boolean dryRun) {

    public static RunOptions read(PromptOptions given, Env env) {
        Templates templates = new Templates(given.templates, given.template);
        String kind = env.pick(given.kind, "CODEXCTL_KIND");
        if (kind == null && given.template == null) {
            throw new UsageError("--kind is missing; accepted: " + String.join(", ", templates.kinds().keySet()));
        }
        if (kind != null && given.template == null && !templates.kinds().containsKey(kind)) {
            throw new UsageError("--kind " + kind + ": no such kind; accepted: " + String.join(", ", templates.kinds().keySet()));
        }
        String lang = language(env.pick(given.lang, "CODEXCTL_LANG"));
        return new RunOptions(kind == null ? "custom" : kind, lang, given.templates, given.template,
            variables(given, env), given.print, given.dryRun);
    }

    private static Map<String, Object> variables(PromptOptions given, Env env) {
        var file = env.get("CODEXCTL_VAR_FILE");
        var list = env.get("CODEXCTL_VARS");
        try {
            return new TreeMap<>(Variables.read(given.varFiles.isEmpty() && file != null ? List.of(Path.of(file)) : given.varFiles,
                given.vars.isEmpty() && list != null ? List.of(list) : given.vars));
        } catch (IllegalArgumentException e) {
            throw new UsageError(e.getMessage(), e);
        }
    }

    /** ISO 639 decides what is a language: {@code de} falls back to English later, {@code klingon} is a mistake. */
    static String language(String asked) {
        if (asked == null) {
            return "en";
        }
        String base = asked.strip().toLowerCase(Locale.ROOT).split("[_.-]", 2)[0];
        if (!Arrays.asList(Locale.getISOLanguages()).contains(base)) {
            throw new UsageError("--lang " + Texts.oneLine(asked)
                + ": not a language; accepted: en, ru, or another ISO 639 code (falls back to en)");
        }
        return base;
    }
}
