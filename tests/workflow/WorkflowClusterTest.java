import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole of it: the workflows, the two real scripts and a real cluster; only the agent in {@code deploy/codex} is played. */
@Tag("cluster")
class WorkflowClusterTest {
    private final LocalCluster cluster = LocalCluster.shared();
    private final int issue = ThreadLocalRandom.current().nextInt(1_000, 1_000_000);

    @TempDir
    Path folder;
    private WorkflowRun run;

    @BeforeEach
    void aRepositoryThatAdoptedTheWorkflows() throws IOException {
        run = new WorkflowRun("alimentor", folder).secret("AI_KUBECONFIG", Base64.getEncoder()
                .encodeToString(Files.readAllBytes(cluster.kubeconfig())))
                .realScripts();
        run.github.issue.put("number", issue);
    }

    @AfterEach
    void theCleanupWorkflowFreesTheEnvironment() throws IOException {
        run.github.pulls.clear();
        run.github.issue.put("state", "closed");
        var closed = run.run("issues", "ai_cleanup.yml", "alice", "User", WorkflowRun.JSON.createObjectNode().put("action", "closed"));
        run.close();
        assertEquals(0, closed.exit(), closed.log());
        assertEquals(0, cluster.client().configMaps().inNamespace("codex-system").withLabel("ensure-ready/issue", "" + issue).list()
                .getItems().size());
    }

    /** docs/adopt.md, its shell blocks word for word, in a repository that holds nothing; the image, the agent and GitHub are played. */
    @Test
    void aNewcomerWhoFollowsTheDocsWordForWordGetsAnAgentRunningWithTheRunnersOwnRights() throws IOException {
        Tools.remove(run.file(".github"));
        Tools.remove(run.file("deploy"));
        Files.delete(run.file("jbangw"));
        follow("copy", "image", "runner");
        var key = Files.readString(run.file("runner.kubeconfig"));
        Files.delete(run.file("runner.kubeconfig"));
        run.secret("AI_KUBECONFIG", Base64.getEncoder().encodeToString(key.getBytes(UTF_8))).realScripts();
        played(run.file("deploy/codex/codex.yaml"));
        WorkflowRbacTest.kept(cluster);
        var result = run.label("dev");
        assertEquals(0, result.exit(), result.log());
        assertTrue(run.github.comments.get(0).startsWith("✅ [ai-dev]: done"), run.github.comments.get(0));
        assertEquals("tables\n", run.pushed(branch(), "schema.sql"));
        var report = WorkflowRun.JSON.readTree(run.artifacts.resolve("agent-1/ready.json").toFile());
        assertEquals("true shop", report.path("infraReady") + " " + report.path("namespace").asString("").replaceAll("-dev-\\d+", ""));
        // not the project's own
        assertTrue(report.path("limited").valueStream().allMatch(l -> l.asString("").startsWith("custom resources: ")),
                report.path("limited").toString());
        assertEquals("deploy", WorkflowRun.JSON.readTree(run.artifacts.resolve("agent-1/result.json").toFile()).path("agentTarget")
                .asString(""));
        assertTrue(seen("prompt.md").contains("implement"), "the English prompt");
    }

    /** Runs steps of the page as a person does who copies them into a terminal in the repository. */
    private void follow(String... steps) throws IOException {
        var page = Files.readString(Cli.root().resolve("docs/adopt.md"));
        for (var step : steps) {
            var start = page.indexOf("```sh\n", page.indexOf("<!-- step: " + step + " -->")) + 6;
            var result = Cli.program("bash", "-eu", "-c", page.substring(start, page.indexOf("```", start))).in(run.file("."))
                    .env("FROM", Cli.root().toString()).env("KUBECONFIG", cluster.kubeconfig().toString())
                    .env("PATH", cluster.kubectl().toAbsolutePath().getParent() + ":" + System.getenv("PATH")).run();
            assertEquals(0, result.exit(), step + ": " + result);
        }
    }

    /** The played agent in the pod that the page ships: its PATH leads to the stub, and the pod's folders are this machine's. */
    private void played(Path deployment) throws IOException {
        var text = Files.readString(deployment);
        assertTrue(text.contains("          workingDir: /workspace\n"), text);
        Files.writeString(deployment, text.replace("          workingDir: /workspace\n", playedAgent("changes")));
    }

    @Test
    void devOnAReadyEnvironmentBringsBackWhatTheAgentDidInItsPodWhichSawNeitherTokenNorKubeconfig() throws IOException {
        manifests("ready", "changes");
        var result = run.label("dev");
        assertEquals(0, result.exit(), result.log());
        assertEquals("tables\n", run.pushed(branch(), "schema.sql"));
        assertEquals("left\n", run.pushed(branch(), "left.txt"));
        assertTrue(run.github.comments.get(0).contains("готово; после агента: готово\n"), run.github.comments.get(0));
        assertEquals("I was here.", run.github.comments.get(1));
        assertEquals(1, run.github.pulls.size());
        var environment = seen("environment");
        assertTrue(environment.contains("CODEX_API_KEY=sk-agentKey"), environment);
        for (var absent : List.of("INFRA_UNHEALTHY=1", WorkflowRun.TOKEN, "GITHUB_TOKEN=", "KUBECONFIG=" + folder)) {
            assertFalse(environment.contains(absent), absent);
        }
    }

    @Test
    void devOnABrokenEnvironmentTellsTheAgentSoAndWhyAndWorkThatDoesNotMendItIsADraft() throws IOException {
        manifests("image-not-found", "changes");
        var result = run.label("dev");
        assertNotEquals(0, result.exit(), result.log());
        assertTrue(run.github.comments.get(0).contains("результат не доказан"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("раундов: 2"), run.github.comments.get(0));
        assertTrue(run.github.pulls.get(0).path("draft").asBoolean(false));
        assertTrue(run.github.pulls.get(0).path("body").asString("").contains("\n* `IMAGE_NOT_FOUND "), run.github.pulls.get(0).toString());
        assertTrue(seen("environment").contains("INFRA_UNHEALTHY=1"), seen("environment"));
        assertTrue(seen("prompt.md").contains("IMAGE_NOT_FOUND"), seen("prompt.md"));
        assertTrue(run.github.comments.get(0).contains("не готово"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("IMAGE_NOT_FOUND"), run.github.comments.get(0));
        assertEquals("tables\nan index\n", run.pushed(branch(), "schema.sql"), "both rounds came back");
    }

    @Test
    void anAgentThatFailsInItsPodIsRedAndItsWorkIsPushed() throws IOException {
        manifests("ready", "fails");
        var result = run.label("dev");
        assertNotEquals(0, result.exit());
        assertEquals("half\n", run.pushed(branch(), "half.sql"));
        assertTrue(run.github.pulls.isEmpty());
        assertTrue(run.github.comments.get(0).contains("no more quota"), run.github.comments.get(0));
    }

    @Test
    void aReviewReachesTheAgentInItsOwnThreadAndItsCommitsGoOnTopOfTheSameBranch() throws IOException {
        manifests("ready", "changes");
        run.label("dev");
        run.github.review("alice", "User", "CHANGES_REQUESTED").put("body", "The table needs an index.");
        var result = run.dispatch("ai_review.yml", "github-actions[bot]", Map.of("pr", "7", "review", "5"));
        assertEquals(0, result.exit(), result.log());
        assertEquals("tables\nan index\n", run.pushed(branch(), "schema.sql"));
        assertTrue(seen("prompt.md").contains("The table needs an index."), seen("prompt.md"));
        assertTrue(seen("arguments").contains("resume 0199a213-81c0-7800-8aa1-bbab2a035a53"), seen("arguments"));
        assertEquals(1, run.github.pulls.size());
        assertTrue(run.github.pullComments.stream().anyMatch(text -> text.startsWith("✅ ревью: готово")),
            run.github.pullComments.toString());
    }

    @Test
    void planPushesNothing() throws IOException {
        manifests("ready", "nothing");
        var result = run.label("plan");
        assertEquals(0, result.exit(), result.log());
        assertEquals("I was here.", run.github.comments.get(1));
        assertEquals(1, run.branches().size());
    }

    @Test
    void repairGetsABrokenEnvironmentAndIsNotGreenForDoingNothing() throws IOException {
        manifests("image-not-found", "nothing");
        var result = run.label("repair");
        assertNotEquals(0, result.exit());
        assertTrue(seen("environment").contains("INFRA_UNHEALTHY=1"), seen("environment"));
        assertTrue(run.github.comments.get(0).contains("готовность не доказана"), run.github.comments.get(0));
    }

    @Test
    void aRepairWithoutAChangeIsGreenWhereTheEnvironmentIsProvenReady() throws IOException {
        manifests("ready", "nothing");
        var result = run.label("repair");
        assertEquals(0, result.exit(), result.log());
        assertTrue(run.github.comments.get(0).contains("; после агента: готово"), run.github.comments.get(0));
    }

    @Test
    void repairOnAClusterThatIsAwayIsRedAndTheIssueSaysWhy() throws IOException {
        run.secret("AI_KUBECONFIG", Base64.getEncoder()
                .encodeToString(Files.readString(cluster.kubeconfig()).replaceAll("127\\.0\\.0\\.1:\\d+", "127.0.0.1:1")
                .getBytes(UTF_8)));
        manifests("ready", "nothing");
        var result = run.label("repair");
        assertNotEquals(0, result.exit());
        assertTrue(run.github.comments.get(0).startsWith("❌ [ai-repair]: окружение получить не удалось"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("cannot reach the API server"), run.github.comments.get(0));
        run.secret("AI_KUBECONFIG", Base64.getEncoder().encodeToString(Files.readAllBytes(cluster.kubeconfig())));
    }

    private String branch() {
        return "codex/issue-" + issue;
    }

    private String seen(String file) throws IOException {
        return Files.readString(folder.resolve("seen").resolve(file));
    }

    /** One service that becomes what the word says, and the agent's pod with a played Codex on its PATH. */
    private void manifests(String life, String agent) throws IOException {
        Files.writeString(run.file("deploy/web.yaml"), """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  selector: {matchLabels: {app: web}}
                  template:
                    metadata:
                      labels: {app: web}
                      annotations: {life.test/is: "%s"}
                    spec:
                      containers: [{name: web, image: "shop/web:1.4"}]
                """.formatted(life));
        Files.writeString(run.file("deploy/codex.yaml"), """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: codex}
                spec:
                  selector: {matchLabels: {app: codex}}
                  template:
                    metadata: {labels: {app: codex}}
                    spec:
                      containers:
                        - name: codex
                          image: shop/codex:1.0
                """ + playedAgent(agent));
    }

    /** The lines of a container whose codex is the stub. */
    private String playedAgent(String agent) throws IOException {
        var bin = Files.createDirectories(folder.resolve("pod-bin"));
        Files.createDirectories(folder.resolve("seen"));
        Files.copy(Cli.fixture("workflows/codex-stub.sh"), bin.resolve("codex"), StandardCopyOption.REPLACE_EXISTING);
        bin.resolve("codex").toFile().setExecutable(true);
        return """
                          env:
                            - {name: PATH, value: "%s:/usr/local/bin:/usr/bin:/bin"}
                            - {name: SEEN, value: "%s"}
                            - {name: AGENT, value: "%s"}
                """.formatted(bin, folder.resolve("seen"), agent);
    }
}
