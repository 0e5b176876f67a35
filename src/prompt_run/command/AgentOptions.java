package prompt_run.command;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Where and how the agent runs. */
public class AgentOptions {
    @Option(names = "--model", paramLabel = "NAME",
        description = "model; default: the label [ai-model-...], else the agent's own (CODEXCTL_MODEL)")
    public String model;
    @Option(names = "--reasoning-effort", paramLabel = "EFFORT",
        description = "minimal, low, medium, high, xhigh; default: the label [ai-reasoning-...] (CODEXCTL_MODEL_REASONING_EFFORT)")
    public String effort;
    @Option(names = "--resume", paramLabel = "THREAD|auto", description = "continue a session by its id, or the last one of this issue")
    public String resume;
    @Option(names = "--agent-target", paramLabel = "TARGET", description = "auto, deploy, pod or runner; default auto")
    public String target;
    @Option(names = "--fallback", paramLabel = "PLACES",
        description = "none, pod or pod,runner: where the agent runs when deploy/codex cannot; default pod")
    public String fallback;
    @Option(names = "--agent-image", paramLabel = "IMAGE", description = "image of the fallback pod; default: that of deploy/codex")
    public String image;
    @Option(names = "--agent-command", paramLabel = "CMD",
        description = "another agent than Codex: a shell command that reads the prompt on stdin")
    public String command;
    @Option(names = "--agent-deployment", paramLabel = "NAME", defaultValue = "codex",
        description = "the agent's Deployment; default codex")
    public String deployment;
    @Option(names = "--agent-container", paramLabel = "NAME",
        description = "its container; default: kubectl's, the one named like the Deployment, the first")
    public String container;
    @Option(names = "--agent-env", paramLabel = "NAME", split = ",",
        description = "environment variables of the caller that the agent gets, by file; repeatable")
    public List<String> passEnv = new ArrayList<>();
    @Option(names = "--workspace", paramLabel = "DIR",
        description = "the agent's working tree in its place; default: its working directory, /workspace, ~/workspace")
    public String workspace;
    @Option(names = "--git-name", paramLabel = "NAME", description = "author of the agent's commits (CODEXCTL_GIT_NAME)")
    public String gitName;
    @Option(names = "--git-email", paramLabel = "ADDRESS", description = "his address (CODEXCTL_GIT_EMAIL)")
    public String gitEmail;
    @Option(names = "--kubeconfig", paramLabel = "FILE", description = "kubeconfig file")
    public Path kubeconfig;
    @Option(names = "--context", paramLabel = "NAME", description = "context of the kubeconfig")
    public String context;
    @Option(names = "--source", paramLabel = "DIR", description = "working tree to upload where the agent's workspace is empty")
    public Path source;
    @Option(names = "--bring-back", description = "fetch the agent's commits and uncommitted changes back into --source")
    public boolean bringBack;
    @Option(names = "--agent-wait", paramLabel = "DURATION",
        description = "how long to wait for deploy/codex; default 5m, for repair kinds 90s")
    public String wait;
    @Option(names = "--agent-timeout", paramLabel = "DURATION", description = "limit for the whole run; default 60m")
    public String timeout;
    @Option(names = "--idle-timeout", paramLabel = "DURATION", description = "limit without a sign of life; default 15m")
    public String idle;
    @Option(names = "--agent-lease", paramLabel = "DURATION", description = "an agent whose caller is gone for so long ends; default 10m")
    public String lease;
}
