package prompt_run.agent;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import prompt_run.remote.Scripts;
import prompt_run.subject.Facts;
import prompt_run.subject.Infra;

/** What starts the agent, as text: command, limits, environment. {@code target}: the kind of its place; {@code thread} may be null. */
public record Launch(AgentSettings settings, Facts facts, Infra infra, String runId, String thread, String target,
                     AgentSettings.Limits limits) {

    public static String profile(String runId) {
        return "prompt-run-" + runId;
    }

    public String script(String folder, String workspace) {
        var what = settings.codex() ? "exec " + command(workspace).replace(" -o last.md ", " -o \"$run/last.md\" ")
            : "exec sh -c " + quoted(settings.command());
        return Scripts.LAUNCHER.replace("@RUN@", quoted(folder)).replace("@WORKSPACE@", quoted(workspace))
            .replace("@PROFILE@", profile(runId)).replace("@COMMAND@", what);
    }

    /** What the launcher's shell has ready: that sandbox keeps {@code .git} read-only, and nobody could commit. */
    private static final String GIT_FOLDER = "\"$@\"";

    public String command(String workspace) {
        if (!settings.codex()) {
            return settings.command();
        }
        var words = new ArrayList<String>(List.of(AgentSettings.CODEX, "exec", "-p", profile(runId), "--json", "-o", "last.md",
            "-C", workspace));
        words.addAll(sandbox());
        if (thread != null) {
            words.addAll(List.of("resume", thread));
        }
        words.add("-");
        return words.stream().map(word -> word.equals(GIT_FOLDER) ? word : quotedIfNeeded(word)).collect(Collectors.joining(" "));
    }

    /** A pod is a sandbox of its own; this machine is none, and what runs the agent lies below {@code /tmp} there. */
    private List<String> sandbox() {
        return target.equals("runner")
            ? List.of("-s", "workspace-write", "--skip-git-repo-check", "-c", "sandbox_workspace_write.network_access=true",
                "-c", "sandbox_workspace_write.exclude_slash_tmp=true", GIT_FOLDER)
            : List.of("-s", "danger-full-access", "--skip-git-repo-check");
    }

    public String limitsFile() {
        return "total=%d idle=%d lease=%d grace=5 run_id=%s codex=%s max_tokens=%d thread=%s%n".formatted(limits.total().toSeconds(),
            limits.idle().toSeconds(), limits.lease().toSeconds(), runId, settings.codex() ? "yes" : "no", limits.tokens(),
            thread == null ? "" : quotedIfNeeded(thread));
    }

    /** A file, so that secrets stand on no command line. {@code reportPath}: the report in the agent's place, or null. */
    public String environment(String reportPath) {
        var all = new LinkedHashMap<String, String>(settings.git());
        all.put("INFRA_UNHEALTHY", infra.unhealthy() ? "1" : "0");
        all.put("CODEXCTL_ENV", facts.env());
        put(all, "CODEXCTL_SLOT", facts.slot());
        put(all, "CODEXCTL_NAMESPACE", facts.namespace());
        put(all, "CODEXCTL_ISSUE_NUMBER", facts.issue());
        put(all, "CODEXCTL_PR_NUMBER", facts.pr());
        put(all, "CODEXCTL_REPO", facts.repo());
        put(all, "CODEXCTL_BRANCH", facts.branch());
        put(all, "CODEXCTL_INFRA_REPORT", reportPath);
        all.putAll(settings.passed());
        all.put("AGENT_RUN_ID", runId);
        var lines = new StringBuilder();
        all.forEach((name, value) -> lines.append("export ").append(name).append('=').append(quoted(value)).append('\n'));
        return lines.toString();
    }

    private static void put(Map<String, String> all, String name, Object value) {
        if (value != null) {
            all.put(name, value.toString());
        }
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    private static String quotedIfNeeded(String word) {
        return word.matches("[A-Za-z0-9_./:=@%+-]+") ? word : quoted(word);
    }
}
