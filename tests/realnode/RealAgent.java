import tools.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/** A deploy/codex of real containers, in a namespace of its own, and prompt_run with an agent that is a line of shell. */
final class RealAgent implements AutoCloseable {
    /** What {@link #awaitWork()} waits for. */
    private static final String AT_WORK = "touch /tmp/at-work; ";

    private static final String OURS = "app.kubernetes.io/managed-by=prompt-run";

    final String namespace;
    final AgentLab lab = new AgentLab();
    private final RealNode node;
    private final KubernetesClient client;

    private RealAgent(RealNode node, String namespace) {
        this.node = node;
        this.namespace = namespace;
        this.client = node.cluster().client();
        lab.patience = prompt_run.Patience.USUAL; // a kubelet needs its time, on a busy machine more
    }

    /** One whose pod is ready; the fields are the container's, as {@link Stacks#fields} reads them, and the pod's. */
    static RealAgent ready(RealNode node, String container, String pod) {
        RealAgent agent = deployed(node, container, pod);
        Await.until("deploy/codex", Duration.ofSeconds(90), () -> {
            var live = agent.client.apps().deployments().inNamespace(agent.namespace).withName("codex").get();
            return live.getStatus() != null && Integer.valueOf(1).equals(live.getStatus().getAvailableReplicas());
        });
        return agent;
    }

    /** One that may never come. */
    static RealAgent deployed(RealNode node, String container, String pod) {
        RealAgent agent = new RealAgent(node, node.cluster().newNamespace("agent"));
        String waits = container.contains("command:") || container.contains("noshell") ? container : container + "\ncommand: [lab, init]";
        String manifest = Stacks.app("codex", waits, pod).replace("- name: app\n", "- name: codex\n");
        agent.client.load(new ByteArrayInputStream(manifest.getBytes(StandardCharsets.UTF_8))).inNamespace(agent.namespace).create();
        return agent;
    }

    /** prompt_run with that agent to its end. */
    JsonNode run(String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of("-n", namespace, "--kubeconfig", node.cluster().kubeconfig().toString(),
            "--agent-wait", "60s", "--agent-command", AT_WORK + command));
        arguments.addAll(List.of(more));
        return lab.climb(arguments.toArray(String[]::new));
    }

    /** The same while something happens as soon as the agent is at work. */
    JsonNode runWhile(Runnable event, String command, String... more) {
        CompletableFuture<JsonNode> end = CompletableFuture.supplyAsync(() -> run(command, more));
        awaitWork();
        event.run();
        return end.join();
    }

    /** prompt_run as a process of its own. */
    Cli.Running process(String command, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--kind", "dev_issue", "--issue", "7", "--output", "json", "-n", namespace,
            "--kubeconfig", node.cluster().kubeconfig().toString(), "--agent-command", AT_WORK + command));
        arguments.addAll(List.of(more));
        return Cli.of("prompt_run").start(arguments.toArray(String[]::new));
    }

    void awaitWork() {
        Await.until("the agent at work", Duration.ofSeconds(120), () -> sh("test -e /tmp/at-work").ok());
    }

    /** A short command in the container, the way the product runs them. */
    prompt_run.Reply sh(String command) {
        return exec(new byte[0], "sh", "-c", command);
    }

    prompt_run.Reply exec(byte[] stdin, String... command) {
        try {
            return new prompt_run.PodShell(client, prompt_run.Pin.of(pod(), "codex")).run(List.of(command), stdin, Duration.ofSeconds(30));
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    KubernetesClient client() {
        return client;
    }

    Pod pod() {
        return client.pods().inNamespace(namespace).withLabel("app", "codex").list().getItems().get(0);
    }

    void deletePod() {
        client.resource(pod()).withGracePeriod(0).delete();
    }

    /** Pods and accounts of prompt_run's own that are still there. */
    List<String> ours() {
        return Stream.of(client.pods().inNamespace(namespace).withLabel(OURS).list(), client.serviceAccounts().inNamespace(namespace)
            .withLabel(OURS).list(), client.rbac().roles().inNamespace(namespace).withLabel(OURS).list(),
            client.rbac().roleBindings().inNamespace(namespace).withLabel(OURS).list())
            .flatMap(list -> list.getItems().stream()).map(object -> object.getKind() + "/" + object.getMetadata().getName()).toList();
    }

    /** A work tree with one commit. */
    Path repository() {
        try {
            Path tree = Files.createDirectory(lab.home.resolve("tree"));
            WorkflowLab.git(tree, "init", "--quiet", "--initial-branch", "main");
            WorkflowLab.git(tree, "commit", "--quiet", "--allow-empty", "--message", "The shop");
            return tree;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        client.namespaces().withName(namespace).delete();
        lab.close();
    }
}
