package prompt_run.facts;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import prompt_run.command.AgentOptions;
import prompt_run.command.Console;
import prompt_run.command.Env;
import prompt_run.command.Values;

/** Model and effort: an option counts more than a label; what nobody knows is a warning, what cannot be meant is not used. */
public record ModelChoice(String model, String effort) {
    private static final Pattern LABEL = Pattern.compile("\\[?ai-(model|reasoning)-([A-Za-z0-9._:/-]{1,80}?)]?");
    private static final Pattern KNOWN = Pattern.compile("gpt-5(\\.\\d+)?(-codex)?(-(max|mini|nano|pro))?"
        + "|gpt-4\\.1(-mini)?|o3|o4-mini|codex-mini-latest");
    private static final List<String> EFFORTS = List.of("none", "minimal", "low", "medium", "high", "xhigh");

    static ModelChoice of(AgentOptions given, List<String> labels, Env env, Console console) {
        String model = Values.matching("--model", env.pick(given.model, "CODEXCTL_MODEL"), "[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}",
            "letters, digits and . _ : / -");
        String effort = env.pick(given.effort, "CODEXCTL_MODEL_REASONING_EFFORT");
        if (effort != null) {
            effort = Values.oneOf("--reasoning-effort", effort(effort), EFFORTS.toArray(String[]::new));
        }
        String labelled = fromLabels("reasoning", labels, console);
        if (effort == null && labelled != null && !EFFORTS.contains(effort(labelled))) {
            console.warn("label [ai-reasoning-" + labelled + "]: no such effort, ignored; accepted: " + String.join(", ", EFFORTS));
        } else if (effort == null && labelled != null) {
            effort = effort(labelled);
        }
        model = model == null ? fromLabels("model", labels, console) : model;
        if (model != null && !KNOWN.matcher(model).matches()) {
            console.warn("model " + model + ": not known here, passed on as it is");
        }
        return new ModelChoice(model, effort);
    }

    private static String effort(String asked) {
        String plain = asked.strip().toLowerCase(Locale.ROOT);
        return plain.equals("extra-high") ? "xhigh" : plain;
    }

    static String fromLabels(String what, List<String> labels, Console console) {
        List<String> found = labels.stream().map(LABEL::matcher).filter(label -> label.matches() && label.group(1).equals(what))
            .map(label -> label.group(2)).toList();
        if (found.size() > 1) {
            console.warn("more than one [ai-" + what + "-...] label: " + found.get(0) + " is used");
        }
        return found.isEmpty() ? null : found.get(0);
    }
}
