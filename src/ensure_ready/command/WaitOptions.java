package ensure_ready.command;

import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Option;

/** How long to wait, and for what. */
public final class WaitOptions {
    @Option(names = "--wait-timeout", paramLabel = "DURATION",
        description = "one deadline for apply and wait together: 20m, 1200s, 1h5m (default: 20m) [CODEXCTL_WAIT_TIMEOUT]")
    public Duration timeout = Duration.ofMinutes(20);
    @Option(names = "--wait-soft-fail", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "whatever goes wrong with the infrastructure, exit 0 and say so in the JSON [CODEXCTL_WAIT_SOFT_FAIL]")
    public boolean soft;
    @Option(names = "--fail-mode", paramLabel = "fast|deadline",
        description = "stop when it is certain that it fails and the others told why they do not start (45 s at most), or at the deadline "
            + "(default: fast)")
    public FailMode failMode = FailMode.fast;
    @Option(names = "--wait-for", paramLabel = "applied|namespace",
        description = "what gates infraReady (default: applied when manifests are given, else namespace)")
    public WaitFor waitFor;
    @Option(names = "--strict", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "what cannot be verified (custom resources without a known status) blocks")
    public boolean strict;
    @Option(names = "--rules", paramLabel = "FILE",
        description = "when custom resources of a kind are ready, failed or idle: YAML, a rule a document [CODEXCTL_RULES]")
    public Path rules;
    @Option(names = "--agent-deployment", paramLabel = "NAME",
        description = "the agent's own Deployment: reported as agentReady, does not gate (default: codex)")
    public String agent = "codex";
}
