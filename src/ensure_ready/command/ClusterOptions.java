package ensure_ready.command;

import java.nio.file.Path;
import java.time.Duration;
import picocli.CommandLine.Option;

/** Which cluster. */
public final class ClusterOptions {
    @Option(names = "--kubeconfig", paramLabel = "FILE",
        description = "kubeconfig to use (default: KUBECONFIG, ~/.kube/config, or the pod's own account)")
    public Path kubeconfig;
    @Option(names = "--context", paramLabel = "NAME", description = "context of the kubeconfig")
    public String context;
    @Option(names = "--request-timeout", paramLabel = "DURATION", description = "of one request to the API server (default: 10s)")
    public Duration requestTimeout = Duration.ofSeconds(10);
}
