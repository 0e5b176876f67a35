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
                            Path kubeconfig, String context, Map<String, String> runnerEnv, boolean plans, Recheck recheck) {
    public static final String CODEX = "codex";

    /** {@code tokens}: input and output of the run together, 0 for no limit. */
    public record Limits(Duration total, Duration idle, Duration lease, long tokens) {
        /** What is left of them after some work. */
        public Limits minus(Duration worked, long used) {
            return new Limits(total.minus(worked), idle, lease, tokens == 0 ? 0 : Math.max(1, tokens - used));
        }
    }

    /** The caller's own check of the environment: null for none; how often its answer goes back to the agent. */
    public record Recheck(String command, int rounds) { }

    public boolean codex() {
        return command == null;
    }

    /** How often the environment may be checked while the place still has to hold. */
    public int rechecks() {
        return recheck.command() == null || plans ? 0 : recheck.rounds();
    }

    public String program() {
        return codex() ? CODEX : "sh";
    }

    public boolean allows(String place) {
        return target.equals(place) || target.equals("auto") && (place.equals("deploy") || fallback.contains(place));
    }
}
