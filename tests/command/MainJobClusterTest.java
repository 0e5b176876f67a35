import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * The main job from end to end on a real Kubernetes: a slot is brought up or not, the report says so, and the agent is
 * prompted. Each test has slot records and a project of its own.
 */
@Execution(ExecutionMode.CONCURRENT)
@Tag("cluster")
class MainJobClusterTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final LocalCluster cluster = LocalCluster.any();
    private final KubernetesClient client = cluster.client();
    private final String records = cluster.newNamespace("records");
    private final String project = records.replace("records-", "shop");

    @TempDir
    Path folder;

    @AfterEach
    void freeTheMachine() {
        client.namespaces().list().getItems().stream().filter(it -> it.getMetadata().getName().startsWith(project + "-dev-"))
            .forEach(it -> client.resource(it).delete());
    }

    @Test
    void theWholeShopComesUpInANewSlot() {
        needsPlayedNodes();
        JsonNode report = report(0, ensure("--issue", "42", "-f", shop(), "--apply", "--wait-timeout", "120s"));
        assertAll(
            () -> assertEquals("ready", report.path("outcome").asString(""), report::toPrettyString),
            () -> assertTrue(report.path("infraReady").asBoolean(false)),
            () -> assertTrue(report.path("agentReady").asBoolean(false)),
            () -> assertTrue(report.path("created").asBoolean(false)),
            () -> assertEquals(1, report.path("slot").asInt(0)),
            () -> assertEquals(0, report.path("causes").size()),
            () -> assertEquals(Set.of("ready"), words(report.path("workloads"), "state")));
        Map<String, String> data = client.configMaps().inNamespace(records).withName("codex-env-1").get().getData();
        assertEquals(List.of("1", "ai", project + "-dev-1", "42"),
            List.of(data.get("slot"), data.get("env"), data.get("namespace"), data.get("issue")));
    }

    @Test
    void aDatabaseImageThatDoesNotExistIsTheOneCauseOfAllThatWaits() {
        needsPlayedNodes();
        JsonNode report = report(0, ensure("--issue", "42", "-f", shop(), "--vars", "postgresVersion=16.4-does-not-exist", "--apply",
            "--wait-soft-fail", "--wait-timeout", "120s"));
        assertFalse(report.path("infraReady").asBoolean(false));
        assertTrue(report.path("waitFailed").asBoolean(false));
        assertEquals(Set.of("IMAGE_NOT_FOUND"), words(report.path("causes"), "code"), report::toPrettyString);
        assertTrue(report.path("agentReady").asBoolean(false), "the agent's own pod does not need the database");
    }

    /** `kubectl wait --for=condition=Available` looks at the old pods, which still serve. */
    @Test
    void aBadImageBehindAHealthyReleaseIsNotReadyThoughKubectlWaitSaysSo() {
        needsPlayedNodes();
        report(0, ensure("--issue", "1", "-f", web("1.0"), "--apply", "--wait-timeout", "60s"));
        Cli.Result result = ensure("--issue", "1", "-f", web("1.1-does-not-exist"),
            "--force-apply", "--wait-soft-fail", "--wait-timeout", "60s");
        JsonNode report = report(0, result);
        assertAll(
            () -> assertFalse(report.path("infraReady").asBoolean(false), report::toPrettyString),
            () -> assertEquals(1, client.apps().deployments().inNamespace(slot(1))
                .withName("web").get().getStatus().getAvailableReplicas()),
            () -> assertEquals("IMAGE_NOT_FOUND of web", report.at("/causes/0/code")
                .asString("") + " of " + report.at("/causes/0/owner/name").asString(""), report::toPrettyString),
            () -> assertEquals(0, kubectl("wait", "--for=condition=Available", "deployment", "--all", "-n", slot(1), "--timeout=5s")
                .exit()));
    }

    @Test
    void notReadyIsExitCodeTenWithoutSoftFail() {
        needsPlayedNodes();
        report(10, ensure("--issue", "1", "-f", web("does-not-exist"), "--apply", "--wait-timeout", "60s"));
    }

    @Test
    void aLivingSlotIsOnlyAppliedToWithForce() {
        needsPlayedNodes();
        report(0, ensure("--issue", "1", "-f", web("1.0"), "--apply", "--wait-timeout", "60s"));
        JsonNode left = report(0, ensure("--issue", "1", "-f", web("2.0"), "--apply", "--wait-timeout", "60s"));
        assertEquals("web:1.0", image());
        assertFalse(left.path("applied").asBoolean(false));
        assertTrue(left.path("infraReady").asBoolean(false), "a living slot is judged all the same");
        JsonNode forced = report(0, ensure("--issue", "1", "-f", web("2.0"), "--force-apply", "--wait-timeout", "60s"));
        assertEquals("web:2.0", image());
        assertTrue(forced.path("applied").asBoolean(false));
        assertFalse(forced.path("created").asBoolean(false));
    }

    @Test
    void aNamespaceThatWentIsMadeAgain() {
        needsPlayedNodes();
        report(0, ensure("--issue", "1", "-f", web("1.0"), "--apply", "--wait-timeout", "60s"));
        client.namespaces().withName(slot(1)).delete();
        client.namespaces().withName(slot(1)).waitUntilCondition(it -> it == null, 60, TimeUnit.SECONDS);
        JsonNode report = report(0, ensure("--issue", "1", "-f", web("1.0"), "--apply", "--wait-timeout", "60s"));
        assertEquals("true 1 true", report.path("recreated").asString("") + " " + report.path("slot")
            .asString("") + " " + report.path("infraReady").asString(""));
    }

    @Test
    void aNamespaceThatIsStillGoingIsWaitedForAndMadeAgain() throws Exception {
        needsPlayedNodes();
        report(0, ensure("--issue", "1", "-f", web("1.0"), "--apply", "--wait-timeout", "60s"));
        var holder = client.resource(new ConfigMapBuilder().withNewMetadata().withName("holder").withNamespace(slot(1))
            .withFinalizers("test/hold").endMetadata().build());
        holder.create();
        String before = client.namespaces().withName(slot(1)).get().getMetadata().getUid();
        client.namespaces().withName(slot(1)).delete();
        Future<Cli.Result> run =
            CompletableFuture.supplyAsync(() -> ensure("--issue", "1", "-f", web("1.0"), "--apply", "--wait-timeout", "90s"));
        TimeUnit.SECONDS.sleep(3);
        assertFalse(run.isDone(), "it waits for the old namespace to go");
        holder.edit(it -> new ConfigMapBuilder(it).editMetadata().withFinalizers(List.of()).endMetadata().build());
        JsonNode report = report(0, run.get());
        assertTrue(report.path("recreated").asBoolean(false) && report.path("infraReady").asBoolean(false), report::toPrettyString);
        assertNotEquals(before, client.namespaces().withName(slot(1)).get().getMetadata().getUid());
    }

    @Test
    void twentyRunsAtOnceGetTwentySlots() throws Exception {
        List<JsonNode> reports =
            together(IntStream.rangeClosed(1, 20).mapToObj(issue -> List.of("--issue", String.valueOf(issue))).toList());
        Set<Integer> slots = new TreeSet<>();
        reports.forEach(report -> slots.add(report.path("slot").asInt(0)));
        assertEquals(new TreeSet<>(IntStream.rangeClosed(1, 20).boxed().toList()), slots);
        assertEquals(20, client.configMaps().inNamespace(records).list().getItems().stream()
            .filter(it -> it.getMetadata().getName().startsWith("codex-env-")).count());
    }

    @Test
    void tenRunsOfOneIssueAtOnceGetOneSlot() throws Exception {
        List<JsonNode> reports = together(IntStream.range(0, 10).mapToObj(run -> List.of("--issue", "7")).toList());
        assertEquals(Set.of(1), new TreeSet<>(reports.stream().map(report -> report.path("slot").asInt(0)).toList()));
        assertEquals(1, reports.stream().filter(report -> report.path("created").asBoolean(false))
            .count(), "one run made it, nine found it");
    }

    @Test
    void aReleasedSlotIsGoneAndItsNumberFree() {
        report(0, empty("1"));
        report(0, empty("2"));
        Cli.Result released = ensure("release", "--issue", "1");
        assertEquals(0, released.exit(), released::toString);
        assertNull(client.configMaps().inNamespace(records).withName("codex-env-1").get());
        client.namespaces().withName(slot(1)).waitUntilCondition(it -> it == null, 60, TimeUnit.SECONDS);
        assertEquals(1, report(0, empty("3")).path("slot").asInt(0));
    }

    @Test
    void anAccountOfTheNamespaceAloneBringsAReleaseUp() {
        needsPlayedNodes();
        String namespace = cluster.newNamespace(project);
        Path limited = cluster.kubeconfigFor(namespace,
            LocalCluster.rule("", "pods,services,configmaps,secrets,persistentvolumeclaims,serviceaccounts",
                "get", "list", "watch", "create", "patch"),
            LocalCluster.rule("apps", "deployments,replicasets,statefulsets,daemonsets", "get", "list", "watch", "create", "patch"),
            LocalCluster.rule("batch", "jobs,cronjobs", "get", "list", "watch", "create", "patch"));
        JsonNode report = report(0, as(limited, "-n", namespace, "-f", web("1.0"), "--apply", "--force-apply", "--wait-timeout", "60s"));
        assertTrue(report.path("infraReady").asBoolean(false), report::toPrettyString);
        assertTrue(report.path("limited").toString().contains("events"), report::toPrettyString);
    }

    @Test
    void anAccountThatMayNotApplyIsToldWhatItMayNot() {
        String namespace = cluster.newNamespace(project);
        PolicyRule read = LocalCluster.rule("", "pods,services,configmaps,events", "get", "list", "watch");
        PolicyRule readApps = LocalCluster.rule("apps", "deployments,replicasets,statefulsets,daemonsets", "get", "list", "watch");
        Path limited = cluster.kubeconfigFor(namespace, read, readApps);
        JsonNode report = report(0,
            as(limited, "-n", namespace, "-f", web("1.0"), "--force-apply", "--wait-soft-fail", "--wait-timeout", "30s"));
        assertFalse(report.path("infraReady").asBoolean(false), report::toPrettyString);
        assertTrue(report.toString().contains("patch deployments") || report.toString().contains("forbidden"), report::toPrettyString);
        assertNull(client.apps().deployments().inNamespace(namespace).withName("web").get());
    }

    @Test
    void theAgentIsPromptedInTheSlotAndItsExitCodeIsKept() throws Exception {
        needsPlayedNodes();
        report(0, ensure("--issue", "42", "-f", shop(), "--apply", "--wait-timeout", "120s"));
        Path ready = folder.resolve("ready.json");
        assertEquals("agent-failed", prompt(20, "cat >prompt.txt; exit 5", ready).path("status").asString(""));
        JsonNode result = prompt(0, "cat >prompt.txt; echo \"in $POD_NAMESPACE, unhealthy=${INFRA_UNHEALTHY:-0}\"", ready);
        assertEquals("deploy", result.path("agentTarget").asString(""), result::toPrettyString);
        assertTrue(result.path("finalMessage").asString("").contains("in " + slot(1) + ", unhealthy=0"), result::toPrettyString);
        Path prompt = findInRooms("prompt.txt");
        assertTrue(Files.readString(prompt).contains("42"), "the prompt names the issue");
    }

    @Test
    void theAgentStartsInABrokenSlotAndKnowsWhy() throws Exception {
        needsPlayedNodes();
        report(0, ensure("--issue", "42", "-f", shop(), "--vars", "postgresVersion=16.4-does-not-exist",
            "--apply", "--wait-soft-fail", "--wait-timeout", "120s"));
        JsonNode result = prompt(0, "cat >prompt.txt; echo \"unhealthy=$INFRA_UNHEALTHY\"", folder.resolve("ready.json"));
        assertTrue(result.path("infraUnhealthy").asBoolean(false));
        assertTrue(result.path("finalMessage").asString("").contains("unhealthy=1"), result::toPrettyString);
        String prompt = Files.readString(findInRooms("prompt.txt"));
        assertAll(() -> assertTrue(prompt.contains("INFRA_UNHEALTHY=1")), () -> assertTrue(prompt.contains("IMAGE_NOT_FOUND"), prompt));
    }

    /** Skips the test where TEST_KUBE_CONTEXT names a cluster with real nodes: they would not have the images. */
    private static void needsPlayedNodes() {
        LocalCluster.shared();
    }

    // ---- running the scripts

    private Cli.Result ensure(String... arguments) {
        return as(cluster.kubeconfig(), arguments);
    }

    /** A slot with nothing in it: never ready, as nothing proves it. */
    private Cli.Result empty(String issue) {
        return ensure("--issue", issue, "--wait-timeout", "2s", "--wait-soft-fail");
    }

    private Cli.Result as(Path kubeconfig, String... arguments) {
        List<String> all = new ArrayList<>(Arrays.asList(arguments));
        if (!all.contains("-n")) {
            all.addAll(List.of("--state-namespace", records, "--project", project));
        }
        all.addAll(List.of("--kubeconfig", kubeconfig.toString(), "--output", "json"));
        if (!all.contains("release")) {
            all.addAll(List.of("--report", folder.resolve("ready.json").toString()));
        }
        return Cli.of("ensure_ready").in(folder).run(all.toArray(String[]::new));
    }

    private JsonNode prompt(int exit, String agent, Path ready) {
        Cli.Result result = Cli.of("prompt_run").in(folder).env("CODEXCTL_REPO", "acme/shop")
            .run("--kind", "dev_issue", "--issue", "42", "-n", slot(1),
            "--slot", "1", "--infra-report", ready.toString(), "--agent-command", agent, "--kubeconfig", cluster.kubeconfig()
                .toString(), "--output", "json");
        return report(exit, result);
    }

    /** All at once in this JVM: one JVM each would only measure how much memory the machine has. */
    private List<JsonNode> together(List<List<String>> runs) throws InterruptedException, ExecutionException, IOException {
        List<Callable<Path>> tasks = new ArrayList<>();
        for (int i = 0; i < runs.size(); i++) {
            List<String> arguments = new ArrayList<>(runs.get(i));
            Path report = folder.resolve("run-" + i + ".json");
            arguments.addAll(List.of("--state-namespace", records, "--project", project, "--kubeconfig", cluster.kubeconfig().toString(),
                "--output", "json", "-q", "--report", report.toString(), "--wait-timeout", "PT8S", "--wait-soft-fail"));
            tasks.add(() -> {
                ensure_ready command = new ensure_ready();
                command.options.environment = Map.of();
                Cli.Result result = Cli.inProcess(command, arguments.toArray(String[]::new));
                assertEquals(0, result.exit(), result::toString);
                return report;
            });
        }
        var pool = Executors.newFixedThreadPool(tasks.size());
        try {
            List<JsonNode> reports = new ArrayList<>();
            for (Future<Path> done : pool.invokeAll(tasks)) {
                reports.add(JSON.readTree(Files.readString(done.get())));
            }
            return reports;
        } finally {
            pool.shutdownNow();
        }
    }

    private static JsonNode report(int exit, Cli.Result result) {
        assertEquals(exit, result.exit(), result::toString);
        try {
            return JSON.readTree(result.out());
        } catch (JacksonException e) {
            throw new AssertionError("stdout is not one JSON object\n" + result, e);
        }
    }

    private Cli.Result kubectl(String... arguments) {
        List<String> command = new ArrayList<>(List.of(cluster.kubectl().toString(), "--kubeconfig", cluster.kubeconfig().toString()));
        command.addAll(Arrays.asList(arguments));
        return Cli.program(command.toArray(String[]::new)).run();
    }

    // ---- what they find

    private static String shop() {
        return Cli.fixture("shop").toString();
    }

    private String web(String tag) {
        try {
            return Files.writeString(folder.resolve("web.yaml"), """
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec:
                  replicas: 1
                  selector: {matchLabels: {app: web}}
                  strategy: {rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}
                  template:
                    metadata: {labels: {app: web}}
                    spec:
                      containers: [{name: web, image: "web:%s"}]
                """.formatted(tag)).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String slot(int number) {
        return project + "-dev-" + number;
    }

    private String image() {
        return client.apps().deployments().inNamespace(slot(1)).withName("web")
            .get().getSpec().getTemplate().getSpec().getContainers().get(0).getImage();
    }

    private Path findInRooms(String name) throws IOException {
        HasMetadata codex = client.pods().inNamespace(slot(1)).withLabel("app.kubernetes.io/name", "codex").list().getItems().get(0);
        try (var files = Files.walk(cluster.room(slot(1), codex.getMetadata().getName(), "codex"))) {
            Path found = files.filter(file -> file.getFileName().toString().equals(name)).findFirst().orElse(null);
            assertNotNull(found, "the agent wrote " + name);
            return found;
        }
    }

    private static Set<String> words(JsonNode list, String field) {
        return new TreeSet<>(StreamSupport.stream(list.spliterator(), false).map(it -> it.path(field).asString("")).toList());
    }
}
