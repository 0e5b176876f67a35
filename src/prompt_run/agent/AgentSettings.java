package prompt_run.agent;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Where and how the agent runs, checked; what was not given is null. {@code command} is null for Codex, {@code config} its profile;
 * {@code runnerEnv} is all that an agent on this machine sees of ours; {@code plans}: it changes nothing.
 */
public record AgentSettings(String target, List<String> fallback, String deployment, String container, String image, Duration waitFor,
                            Limits limits, String command, String resume, Path source, boolean bringBack, String workspace,
                            Map<String, String> passed, Map<String, String> git, String threadKey, String config,
                            Path kubeconfig, String context, Map<String, String> runnerEnv, boolean plans) {
    public static final String CODEX = "codex";

    public record Limits(Duration total, Duration idle, Duration lease) {
    }

    public boolean codex() {
        return command == null;
    }

    public String program() {
        return codex() ? CODEX : "sh";
    }

    public boolean allows(String place) {
        return target.equals(place) || target.equals("auto") && (place.equals("deploy") || fallback.contains(place));
    }
}
