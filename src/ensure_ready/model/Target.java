package ensure_ready.model;

import java.util.Map;

/** The environment that this run is about; {@code fresh}: its slot was allocated by this run. */
public record Target(String env, int slot, String namespace, int issue, int pr, boolean fresh) {
    public Map<String, String> placeholders() {
        return Map.of("env", env, "slot", "" + slot, "namespace", namespace, "issue", "" + issue, "pr", "" + pr);
    }

    /** For the user's own commands. */
    public Map<String, String> environment() {
        return Map.of("CODEXCTL_ENV", env, "CODEXCTL_SLOT", "" + slot, "CODEXCTL_NAMESPACE",
            namespace, "CODEXCTL_ISSUE_NUMBER", "" + issue, "CODEXCTL_PR_NUMBER", "" + pr);
    }
}
