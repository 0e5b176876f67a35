package ensure_ready.command;

import java.time.Duration;
import picocli.CommandLine.Option;

/** Which environment, and where its record lives. */
public final class SlotOptions {
    @Option(names = "--env", paramLabel = "TYPE", description = "environment type: ai, ai-repair, dev, … (default: ai) [CODEXCTL_ENV]")
    public String env = "ai";
    @Option(names = "--issue", paramLabel = "N", description = "the slot of this issue; allocated if there is none [CODEXCTL_ISSUE_NUMBER]")
    public int issue;
    @Option(names = "--pr", paramLabel = "N", description = "the slot of this pull request [CODEXCTL_PR_NUMBER]")
    public int pr;
    @Option(names = "--slot", paramLabel = "N", description = "this slot [CODEXCTL_SLOT]")
    public Integer number;
    @Option(names = "--max", paramLabel = "N",
        description = "slots there may be at the most, those of other projects with the same records included; "
            + "0: no limit (default: 0) [CODEXCTL_DEV_SLOTS_MAX]")
    public int max;
    @Option(names = {"-n", "--namespace"}, paramLabel = "NAME", description = "an explicit namespace, no slot record [CODEXCTL_NAMESPACE]")
    public String namespace;
    @Option(names = "--project", paramLabel = "NAME",
        description = "project in the namespace's name (default: the repository's name from GITHUB_REPOSITORY)")
    public String project;
    @Option(names = "--namespace-pattern", paramLabel = "PATTERN",
        description = "namespace of a slot, from $${project} $${slot} $${env} $${issue} (default: $${project}-dev-$${slot})")
    public String pattern = "${project}-dev-${slot}";
    @Option(names = "--state-namespace", paramLabel = "NAME", description = "where slot records live (default: codex-system)")
    public String stateNamespace = "codex-system";
    @Option(names = "--state-prefix", paramLabel = "PREFIX", description = "name of a slot record before its number (default: codex-env-)")
    public String statePrefix = "codex-env-";
    @Option(names = "--slot-timeout", paramLabel = "DURATION",
        description = "how long to wait for a slot when --max are taken (default: 10m)")
    public Duration timeout = Duration.ofMinutes(10);
    @Option(names = "--ttl", paramLabel = "DURATION", description = "time after which `release --expired` may free the slot")
    public Duration ttl;
    @Option(names = "--expired", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "release: free every slot whose --ttl has passed")
    public boolean expired;
}
