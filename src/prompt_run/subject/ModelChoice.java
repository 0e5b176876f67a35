package prompt_run.subject;

import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import prompt_run.options.Values;

/** Model and effort: an option counts more than a label; what nobody knows is a warning, what cannot be meant is not used. */
public record ModelChoice(String model, String effort) {
    private static final Pattern LABEL = Pattern.compile("\\[?ai-(model|reasoning)-([A-Za-z0-9._:/-]{1,80}?)]?");
    private static final Pattern KNOWN = Pattern.compile("gpt-5(\\.\\d+)?(-codex)?(-(max|mini|nano|pro))?"
        + "|gpt-4\\.1(-mini)?|o3|o4-mini|codex-mini-latest");
    private static final List<String> EFFORTS = List.of("none", "minimal", "low", "medium", "high", "xhigh");

    /** {@code model} and {@code effort} as given, or null; {@code warn} hears what is not used. */
    public static ModelChoice of(String model, String effort, List<String> labels, Consumer<String> warn) {
        var named = Values.matching("--model", model, "[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}", "letters, digits and . _ : / -");
        var chosen = effort == null ? null : Values.oneOf("--reasoning-effort", effort(effort), EFFORTS.toArray(String[]::new));
        var labelled = fromLabels("reasoning", labels, warn);
        if (chosen == null && labelled != null && !EFFORTS.contains(effort(labelled))) {
            warn.accept("label [ai-reasoning-" + labelled + "]: no such effort, ignored; accepted: " + String.join(", ", EFFORTS));
        } else if (chosen == null && labelled != null) {
            chosen = effort(labelled);
        }
        named = named == null ? fromLabels("model", labels, warn) : named;
        if (named != null && !KNOWN.matcher(named).matches()) {
            warn.accept("model " + named + ": not known here, passed on as it is");
        }
        return new ModelChoice(named, chosen);
    }

    private static String effort(String asked) {
        var plain = asked.strip().toLowerCase(Locale.ROOT);
        return plain.equals("extra-high") ? "xhigh" : plain;
    }

    private static String fromLabels(String what, List<String> labels, Consumer<String> warn) {
        var found = labels.stream().map(LABEL::matcher).filter(label -> label.matches() && label.group(1).equals(what))
            .map(label -> label.group(2)).toList();
        if (found.size() > 1) {
            warn.accept("more than one [ai-" + what + "-...] label: " + found.get(0) + " is used");
        }
        return found.isEmpty() ? null : found.get(0);
    }
}
