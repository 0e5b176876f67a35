import static java.nio.charset.StandardCharsets.UTF_8;

import tools.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A repository that adopted the workflows of a consumer, its cluster the real node, its agent the real Codex in the real
 * {@code deploy/codex}. Two things alone are played: the model ({@link ShopModel}) and GitHub; and, where a consumer renders with
 * a program of its own, that program.
 */
final class RealShop implements AutoCloseable {
    private static final String PROBE = "readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}";

    final WorkflowRun run;
    final ShopModel model;
    private final int issue = ThreadLocalRandom.current().nextInt(1_000, 1_000_000);
    private final String consumer;
    private final Path folder;
    private final RealNode node;
    private final Path kubeconfig;

    RealShop(RealNode node, String consumer, Path folder) throws IOException {
        this.node = node;
        this.consumer = consumer;
        this.folder = folder;
        model = new ShopModel(InetAddress.getByName(node.hostAddress()));
        run = new WorkflowRun(consumer, folder).realScripts();
        run.github.issue.put("number", issue).put("title", "Users have a table").put("body", "Users need a table.")
            .put("author_association", "OWNER").putObject("user").put("login", "alice").put("type", "User");
        kubeconfig = runner();
        reaches();
        deployCodex();
    }

    /** The shop's services, healthy but for what the fields of web's container say. */
    RealShop with(String web) throws IOException {
        String stack = Stacks.app("db", PROBE, "") + Stacks.service("db", "") + Stacks.service("web", "");
        Files.writeString(run.file(rendered() ? "database.yaml" : "deploy/database.yaml"), stack);
        Files.writeString(run.file(rendered() ? "services.yaml" : "deploy/web.yaml"), Stacks.app("web", web + "\n" + PROBE, ""));
        return this;
    }

    /** What a person does who merges the branch: its manifests into the same slot; ensure_ready's own result. */
    JsonNode applied(String branch) throws IOException {
        WorkflowLab.git(folder, "clone", "--quiet", "--branch", branch, run.remote.toString(), "merged");
        var manifests = rendered() ? List.of("--render", "codexctl render") : List.of("-f", "deploy");
        var ensure = Cli.of("ensure_ready").in(folder.resolve("merged")).env("KUBECONFIG", kubeconfig.toString()).env("PATH", path())
            .timeout(Duration.ofMinutes(3));
        return WorkflowRun.JSON.readTree(ensure.run("--env", "ai", "--project", consumer, "--issue", "" + issue, manifests.get(0),
            manifests.get(1), "--apply", "--force-apply", "--wait-timeout", "2m", "--output", "json", "-q").out());
    }

    /** Where the agent's commits go. */
    String branch() {
        return "codex/issue-" + issue;
    }

    /** A file of the run's artifacts, as JSON. */
    JsonNode artifact(String name) throws IOException {
        return WorkflowRun.JSON.readTree(run.artifacts.resolve("agent-1").resolve(name).toFile());
    }

    @Override
    public void close() throws IOException {
        var slot = Cli.of("ensure_ready").env("KUBECONFIG", kubeconfig.toString())
            .run("release", "--env", "ai", "--project", consumer, "--issue", "" + issue, "--output", "json");
        run.close();
        model.close();
        if (slot.exit() != 0) {
            throw new IOException(slot.toString());
        }
    }

    private boolean rendered() {
        return consumer.equals("project-example");
    }

    /** The account that docs/adopt.md makes for the runner, and no right more. */
    private Path runner() throws IOException {
        WorkflowRbacTest.runner(node.cluster());
        var client = node.cluster().client();
        String token = client.serviceAccounts().inNamespace("codex-system").withName("agent-runner")
            .tokenRequest(new TokenRequestBuilder().withNewSpec().withExpirationSeconds(3600L).endSpec().build()).getStatus().getToken();
        Path file = folder.resolve("runner.kubeconfig");
        Kubeconfig.write(file, client.getConfiguration().getMasterUrl(), Kubeconfig.authority(client.getConfiguration()), token, "default");
        return file;
    }

    /** GitHub's runner gets a secret, a runner in the cluster has its account; that one has codexctl, too. */
    private void reaches() throws IOException {
        if (rendered()) {
            Path codexctl = Files.createDirectories(folder.resolve("bin")).resolve("codexctl");
            Files.copy(Cli.fixture("workflows/codexctl-stub.sh"), codexctl);
            codexctl.toFile().setExecutable(true);
            run.env("KUBECONFIG", kubeconfig.toString()).env("PATH", path())
                .variable("CODEXCTL_CODE_ROOT_BASE", folder.resolve("envs").toString());
            WorkflowLab.copy(Cli.root().resolve("workflows/project-example/deploy/images.sh"), run.file("deploy/images.sh"));
        } else {
            run.secret("AI_KUBECONFIG", Base64.getEncoder().encodeToString(Files.readString(kubeconfig).getBytes(UTF_8)));
        }
    }

    private String path() {
        return folder.resolve("bin") + ":" + System.getenv("PATH");
    }

    /** The files that the samples ship, with this registry's image, and a provider of models in Codex's configuration for the system. */
    private void deployCodex() throws IOException {
        Path codex = run.file("deploy/codex");
        WorkflowLab.copy(Cli.root().resolve("workflows/project-example/deploy/codex"), codex);
        String deployment = Files.readString(codex.resolve("codex.yaml"));
        Files.writeString(codex.resolve("codex.yaml"), replaced(replaced(replaced(deployment,
            "registry.example/codex-agent:1", AgentImage.of(node)),
            "          volumeMounts:\n", "          volumeMounts:\n            - {name: model, mountPath: /etc/codex}\n"),
            "      volumes:\n", "      volumes:\n        - name: model\n          configMap: {name: model}\n"));
        Files.writeString(codex.resolve("model.yaml"), """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: model}
            data:
              config.toml: |
            %s""".formatted(model.config().indent(4)));
    }

    private static String replaced(String text, String what, String by) {
        if (!text.contains(what)) {
            throw new IllegalStateException("the sample has no " + what + " any more: " + text);
        }
        return text.replace(what, by);
    }
}
