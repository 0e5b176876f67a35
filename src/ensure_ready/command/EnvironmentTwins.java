package ensure_ready.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import shared.Flags;

/** Environment twins of options, as options put before the caller's own. */
public final class EnvironmentTwins {
    static final Map<String, String> OF = Map.ofEntries(Map.entry("--env", "CODEXCTL_ENV"), Map.entry("--issue", "CODEXCTL_ISSUE_NUMBER"),
        Map.entry("--pr", "CODEXCTL_PR_NUMBER"), Map.entry("--slot", "CODEXCTL_SLOT"), Map.entry("--max", "CODEXCTL_DEV_SLOTS_MAX"),
        Map.entry("--namespace", "CODEXCTL_NAMESPACE"), Map.entry("--vars", "CODEXCTL_VARS"), Map.entry("--var-file", "CODEXCTL_VAR_FILE"),
        Map.entry("--apply", "CODEXCTL_APPLY"), Map.entry("--force-apply", "CODEXCTL_FORCE_APPLY"),
            Map.entry("--prepare-images", "CODEXCTL_PREPARE_IMAGES"),
        Map.entry("--rules", "CODEXCTL_RULES"),
        Map.entry("--wait-timeout", "CODEXCTL_WAIT_TIMEOUT"), Map.entry("--wait-soft-fail", "CODEXCTL_WAIT_SOFT_FAIL"));
    private static final Set<String> FLAGS = Set.of("--apply", "--force-apply", "--wait-soft-fail");

    private EnvironmentTwins() { }

    /**
     * Drops empty values, as JBang loses empty arguments and {@code --pr=} is how a workflow says "none"; adds the twins of what is
     * not given. An option given twice would make picocli start its group anew, so a twin never stands beside the option itself.
     */
    public static List<String> expand(List<String> all, Map<String, String> env) {
        var args = all.stream().filter(a -> !a.matches("--[a-z-]+=")).toList();
        var expanded = new ArrayList<String>();
        OF.entrySet().stream().sorted(Map.Entry.comparingByKey()).filter(e -> !env.getOrDefault(e.getValue(), "").isBlank())
            .filter(e -> e.getKey().equals("--vars") || !given(args, e.getKey()))
            .forEach(e -> expanded
            .add(e.getKey() + "=" + (FLAGS.contains(e.getKey()) ? bool(env.get(e.getValue())) : env.get(e.getValue()))));
        expanded.addAll(args);
        return expanded;
    }

    private static boolean given(List<String> args, String option) {
        return args.stream()
            .anyMatch(a -> a.equals(option) || a.startsWith(option + "=") || option.equals("--namespace") && a.startsWith("-n"));
    }

    private static String bool(String value) {
        return Flags.of(value).map(String::valueOf).orElse(value);
    }
}
