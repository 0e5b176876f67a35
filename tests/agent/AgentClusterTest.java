import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent on a real cluster: through exec in deploy/codex, in a pod of its own, and where there is no place at all. */
@Tag("cluster")
class AgentClusterTest {
    private final LocalCluster cluster = LocalCluster.shared();
    private final KubernetesClient client = cluster.client();
    private final String namespace = cluster.newNamespace("agent");
    private final AgentLab lab = new AgentLab();
    @TempDir Path folder;

    @AfterEach
    void nothingOfOursIsLeftBehind() {
        await("pods and accounts of our own are gone", () -> ours().isEmpty());
        lab.close();
    }

    private List<HasMetadata> ours() {
        List<HasMetadata> left = new ArrayList<>();
        var label = Map.of("app.kubernetes.io/managed-by", "prompt-run");
        left.addAll(client.pods().inNamespace(namespace).withLabels(label).list().getItems());
        left.addAll(client.serviceAccounts().inNamespace(namespace).withLabels(label).list().getItems());
        left.addAll(client.rbac().roles().inNamespace(namespace).withLabels(label).list().getItems());
        left.addAll(client.rbac().roleBindings().inNamespace(namespace).withLabels(label).list().getItems());
        return left;
    }

    @Test
    void aProcessRunsTheAgentInDeployCodexAndItsStdoutIsOneJsonObject() throws IOException {
        codex("", "");
        var done = cli("--agent-command", "cat >/dev/null; echo hello from $HOSTNAME").run();
        JsonNode result = new ObjectMapper().readTree(done.out());
        assertEquals(0, done.exit(), done.toString());
        assertEquals("deploy", result.path("agentTarget").asString(""));
        assertTrue(result.path("finalMessage").asString("").startsWith("hello from codex-"), done.toString());
    }

    @Test
    void theReportIsWhereThePromptSaysAndTheAgentKnowsThatItIsUnhealthy() throws IOException {
        codex("", "");
        Path report = Files.writeString(folder.resolve("ready.json"),
            "{\"schemaVersion\":\"ensure-ready/v1\",\"infraReady\":false,\"namespace\":\""
            + namespace + "\",\"summary\":\"one of three\"}");
        var done = cli("--infra-report", report.toString(), "--agent-command",
            "echo unhealthy=$INFRA_UNHEALTHY; cat \"$(grep -o '/[^ `]*/ready.json' | head -1)\"").run();
        String said = new ObjectMapper().readTree(done.out()).path("finalMessage").asString("");
        assertTrue(said.startsWith("unhealthy=1\n") && said.contains("\"summary\":\"one of three\""), done.toString());
    }

    /** fabric8 looks at the pod before each exec; it may do without the right to watch it. */
    @Test
    void theRightsToGetListAndExecAreEnough() {
        codex("", "");
        Path limited = cluster.kubeconfigFor(namespace, LocalCluster.rule("apps", "deployments,replicasets", "get", "list"),
            LocalCluster.rule("", "pods", "get", "list"),
            LocalCluster.rule("", "pods/exec", "create", "get"));
        JsonNode result = climbAs(limited, "--agent-command", "echo ok");
        assertEquals("succeeded", result.path("status").asString(""), result + "\n" + lab.err);
    }

    @Test
    void theAgentsFailureIsTheProcesssExitCode() {
        codex("", "");
        assertEquals(20, cli("--agent-command", "exit 3").run().exit());
    }

    @Test
    void theRealCodexRunsInThePodWithAKeyFromItsSecretAndItsWorkComesBack() throws IOException {
        Path bin = CodexCli.bin();
        client.load(yaml("{apiVersion: v1, kind: Secret, metadata: {name: keys}, stringData: {CODEX_API_KEY: "
            + "sk-test-0123456789abcdefghij}}")).inNamespace(namespace).create();
        codex("", "env: [{name: CODEX_API_KEY, valueFrom: {secretKeyRef: {name: keys, key: CODEX_API_KEY}}}, {name: PATH, value: \""
            + bin + ":" + System.getenv("PATH") + "\"}]");
        Path tree = repository();
        try (ResponsesStub stub =
            new ResponsesStub(ResponsesStub.runs("echo fixed >fix.txt; git add fix.txt; git commit -qm fix; echo ${CODEX_API_KEY:-none}"),
            ResponsesStub.says("fixed it"))) {
            String ours = Files.readString(Cli.root().resolve("templates/codex_config.toml.ftl"));
            String[] parts = stub.profile().split("\n\n", 2);
            Path templates = Files.createDirectories(folder.resolve("templates"));
            Files.writeString(templates.resolve("codex_config.toml.ftl"), parts[0] + "\n" + ours + "\n" + parts[1]);
            var done = cli("--templates", templates.toString(), "--source", tree.toString(),
                "--bring-back", "--git-name", "Bot", "--git-email", "bot@example.org").run();
            assertEquals(0, done.exit(), done.toString());
            assertTrue(done.out().contains("\"finalMessage\" : \"fixed it\""), done.toString());
            assertEquals("Bearer sk-test-0123456789abcdefghij", stub.keys.get(0));
            assertFalse(stub.requests.get(1).contains("sk-test-"), "the agent's commands see the key");
        }
        assertEquals("fixed\n", Files.readString(tree.resolve("fix.txt")));
    }

    @Test
    void aDeletedPodIsLostNotFailed() {
        String pod = codex("", "");
        meanwhile(() -> started(pod), () -> {
            client.pods().inNamespace(namespace).withName(pod).withGracePeriod(0).delete();
            cluster.killProcesses(namespace, pod);
        });
        JsonNode result = climb("--agent-command", "sleep 60");
        assertEquals(22, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains(pod), result.toString());
    }

    @Test
    void aRestartedContainerIsLostNotFailed() {
        String pod = codex("", "");
        meanwhile(() -> started(pod), () -> {
            client.pods().inNamespace(namespace).withName(pod).editStatus(now -> {
                now.getStatus().getContainerStatuses().get(0).setRestartCount(1);
                return now;
            });
            cluster.killProcesses(namespace, pod);
        });
        JsonNode result = climb("--agent-command", "sleep 60");
        assertEquals(22, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("was restarted"), result.toString());
    }

    @Test
    void anInterruptEndsTheAgentInThePodToo() throws IOException {
        cancelled("INT", 130);
    }

    @Test
    void aTerminationEndsTheAgentInThePodToo() throws IOException {
        cancelled("TERM", 143);
    }

    private void cancelled(String signal, int exit) throws IOException {
        String pod = codex("", "");
        var running = cli("--agent-command", "echo at work; sleep 300").start();
        await("the agent is at work", () -> started(pod));
        running.signal(signal);
        var done = running.await();
        assertEquals(exit, done.exit(), done.toString());
        JsonNode result = new ObjectMapper().readTree(done.out());
        assertEquals("cancelled", result.path("status").asString(""), done.toString());
        await("the agent is gone", () -> processes(pod) == 0);
    }

    @Test
    void aDryRunShowsCommandAndPermissionsAndStartsNothing() throws IOException {
        String pod = codex("", "env: [{name: PATH, value: \"" + CodexCli.bin() + ":" + System.getenv("PATH") + "\"}]");
        var done = cli("--dry-run", "--model", "gpt-5").run();
        assertEquals(0, done.exit(), done.toString());
        JsonNode plan = new ObjectMapper().readTree(done.out()).path("dryRun");
        assertEquals("deploy", plan.path("agentTarget").asString(""), done.toString());
        assertTrue(plan.path("command").asString("").startsWith("codex exec -p prompt-run-"), done.toString());
        assertEquals("accepted", plan.path("strictConfig").asString(""), done.toString());
        assertEquals("yes", plan.path("permissions").path("create pods/exec").asString(""), done.toString());
        assertEquals(0, processes(pod));
    }

    @Test
    void aMissingServiceAccountIsNamedAndTheAgentGetsAPodOfItsOwn() {
        codexThatNeverComes("serviceAccountName: codex-agent", "",
            "env: [{name: FROM_TEMPLATE, value: yes-it-is}], envFrom: [{secretRef: {name: absent}}]");
        JsonNode result = climbInPod("--agent-command", "echo $FROM_TEMPLATE");
        assertEquals("succeeded", result.path("status").asString(""), result + "\n" + lab.err);
        assertEquals("pod", result.path("agentTarget").asString(""));
        assertEquals("yes-it-is", result.path("finalMessage").asString(""));
        assertTrue(result.path("fallbackReason").asString("").contains("serviceaccount/codex-agent does not exist"), result.toString());
        assertTrue(result.path("notes").toString().contains("kind: ServiceAccount")
            && result.path("notes").toString().contains("name: codex-agent"), result.toString());
    }

    @Test
    void anUnschedulableDeployCodexLeadsToAPodOfItsOwn() {
        codexThatNeverComes("nodeSelector: {disk: nowhere}", "", "");
        JsonNode result = climbInPod("--agent-command", "echo ok");
        assertEquals("pod", result.path("agentTarget").asString(""), result + "\n" + lab.err);
        assertTrue(result.path("fallbackReason").asString("").contains("cannot be scheduled"), result.toString());
    }

    @Test
    void aBadImageLeadsNowhereUnlessAnotherIsGiven() {
        codexThatNeverComes("", "life.test/is: image-not-found", "");
        JsonNode result = climb("--agent-command", "echo ok");
        assertEquals(23, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("--agent-image"), result.toString());
        assertEquals("succeeded", climbInPod("--agent-command", "echo ok", "--agent-image", "agent:1")
            .path("status").asString(""), lab.err.toString());
    }

    @Test
    void aQuotaThatIsUsedUpLeadsNowhere() {
        client.load(yaml("{apiVersion: v1, kind: ResourceQuota, metadata: {name: none}, spec: {hard: {pods: \"0\"}}}"))
            .inNamespace(namespace).create();
        cluster.untilTheQuotaCounts(client, namespace);
        codexThatNeverComes("", "", "");
        JsonNode result = climb("--agent-command", "echo ok");
        assertEquals(23, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("exceeded quota"), result.toString());
        assertEquals("no-place", result.path("status").asString(""));
    }

    @Test
    void aQuotaThatWantsLimitsGetsThem() {
        client.load(yaml("{apiVersion: v1, kind: ResourceQuota, metadata: {name: some}, spec: {hard: {limits.memory: 2Gi, "
            + "limits.cpu: \"2\"}}}")).inNamespace(namespace).create();
        cluster.untilTheQuotaCounts(client, namespace);
        codexThatNeverComes("", "", "");
        assertEquals("pod", climbInPod("--agent-command", "echo ok").path("agentTarget").asString(""), lab.err.toString());
    }

    @Test
    void aRestrictedNamespaceGetsAPodThatItAdmits() {
        client.namespaces().withName(namespace).edit(ns -> {
            ns.getMetadata().setLabels(Map.of("pod-security.kubernetes.io/enforce", "restricted"));
            return ns;
        });
        codexThatNeverComes("", "", "");
        assertEquals("pod", climbInPod("--agent-command", "echo ok").path("agentTarget").asString(""), lab.err.toString());
    }

    @Test
    void aNamespaceThatIsBeingDeletedIsNoPlace() {
        client.load(yaml("{apiVersion: v1, kind: ConfigMap, metadata: {name: keeps, finalizers: [test/keeps]}}"))
            .inNamespace(namespace).create();
        client.namespaces().withName(namespace).delete();
        JsonNode result = climb("--agent-command", "echo ok");
        client.configMaps().inNamespace(namespace).withName("keeps").edit(map -> {
            map.getMetadata().setFinalizers(List.of());
            return map;
        });
        assertEquals(23, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("is being deleted"), result.toString());
    }

    @Test
    void withoutTheRightToCreatePodsThereIsNoPlaceAndTheReasonIsTold() {
        codexThatNeverComes("serviceAccountName: nobody", "", "");
        Path limited = cluster.kubeconfigFor(namespace, LocalCluster.rule("apps", "deployments,replicasets", "get", "list"),
            LocalCluster.rule("", "pods", "get", "list"));
        JsonNode result = climbAs(limited, "--agent-command", "echo ok");
        assertEquals(23, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("forbidden: cannot create pods"), result.toString());
    }

    @Test
    void withoutTheRightToExecDeployCodexIsNoPlace() {
        codex("", "");
        Path limited = cluster.kubeconfigFor(namespace, LocalCluster.rule("apps", "deployments,replicasets", "get", "list"),
            LocalCluster.rule("", "pods", "get", "list", "watch"));
        JsonNode result = climbAs(limited, "--agent-command", "echo ok");
        assertEquals(23, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("forbidden"), result.toString());
    }

    @Test
    void whoMayGrantNothingGetsAPodWhoseAccountHasNoRights() {
        codexThatNeverComes("serviceAccountName: nobody", "", "");
        Path limited = cluster.kubeconfigFor(namespace, LocalCluster.rule("apps", "deployments,replicasets", "get", "list"),
            LocalCluster.rule("", "pods", "get", "list", "watch", "create", "delete"), LocalCluster.rule("", "pods/exec", "create", "get"),
            LocalCluster.rule("", "serviceaccounts", "create", "delete", "get"));
        patchPodsOfOurs();
        JsonNode result = climbAs(limited, "--agent-command", "echo ok");
        assertEquals("pod", result.path("agentTarget").asString(""), result + "\n" + lab.err);
        assertTrue(result.path("notes").toString().contains("has no rights"), result.toString());
    }

    @Test
    void whoMayGrantALittleGrantsThatAndNotMore() {
        codexThatNeverComes("serviceAccountName: nobody", "", "");
        Path limited = cluster.kubeconfigFor(namespace, LocalCluster.rule("apps", "deployments,replicasets", "get", "list"),
            LocalCluster.rule("", "pods", "get", "list", "watch", "create", "delete"), LocalCluster.rule("", "pods/exec", "create", "get"),
            LocalCluster.rule("", "serviceaccounts", "create", "delete"),
                LocalCluster.rule("rbac.authorization.k8s.io", "roles,rolebindings", "create", "delete"));
        patchPodsOfOurs();
        List<String> seen = new ArrayList<>();
        meanwhile(() -> !client.rbac().roles().inNamespace(namespace).withLabel("app.kubernetes.io/managed-by", "prompt-run")
            .list().getItems().isEmpty(),
            () -> client.rbac().roles().inNamespace(namespace).withLabel("app.kubernetes.io/managed-by", "prompt-run").list().getItems()
                .forEach(role -> role.getRules().forEach(rule -> seen.add(rule.getResources() + " " + rule.getVerbs()))));
        JsonNode result = climbAs(limited, "--agent-command", "sleep 2; echo ok");
        assertEquals("pod", result.path("agentTarget").asString(""), result + "\n" + lab.err);
        assertTrue(seen.contains("[pods] [get, list, watch]") && seen.contains("[deployments] [get, list]"), seen.toString());
        assertTrue(seen.stream().noneMatch(rule -> rule.contains("configmaps") || rule.contains("patch")), seen.toString());
        assertTrue(result.path("notes").toString().contains("fewer rights"), result.toString());
    }

    @Test
    void anInterruptRemovesThePodOfItsOwn() throws IOException {
        codexThatNeverComes("serviceAccountName: nobody", "", "");
        patchPodsOfOurs();
        var running = cli("--agent-target", "pod", "--agent-command", "sleep 300").start();
        await("the agent's pod is at work", () -> client.pods().inNamespace(namespace)
            .withLabel("app.kubernetes.io/managed-by", "prompt-run").list().getItems().stream()
            .anyMatch(pod -> started(pod.getMetadata().getName())));
        running.signal("INT");
        var done = running.await();
        assertEquals(130, done.exit(), done.toString());
        assertEquals("cancelled", new ObjectMapper().readTree(done.out()).path("status").asString(""));
    }

    @Test
    void anInterruptWhileWaitingForAPlaceAnswersToo() throws IOException {
        codexThatNeverComes("", "life.test/is: unready", "");
        var running = cli("--agent-command", "echo ok").start();
        await("it waits", () -> cluster.requests().stream()
            .filter(request -> request.namespace().equals(namespace) && request.resource().equals("replicasets")
            && request.userAgent().contains("fabric8")).count() > 2);
        running.signal("TERM");
        var done = running.await();
        assertEquals(143, done.exit(), done.toString());
        assertEquals("cancelled", new ObjectMapper().readTree(done.out()).path("status").asString(""));
    }

    @Test
    void whereThereIsNoApiServerTheReasonIsToldWithinSeconds() throws IOException {
        Path nowhere = Kubeconfig.plain(folder.resolve("kubeconfig"), "http://127.0.0.1:1", "");
        JsonNode result = climbAs(nowhere, "--agent-command", "echo ok");
        assertEquals(23, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("deploy/codex: cannot reach the API server"), result.toString());
    }

    @Test
    void aRefusedTokenIsToldAsThat() throws IOException {
        Path wrong = Files.writeString(folder.resolve("wrong"), Files.readString(cluster.kubeconfig())
            .replaceAll("(?m)^(\\s*\"?token\"?:).*$", "$1 wrong"));
        JsonNode result = climbAs(wrong, "--agent-command", "echo ok");
        assertEquals(23, result.path("exitCode").asInt(0), result.toString());
        assertTrue(result.path("reason").asString("").contains("Unauthorized"), result.toString());
    }

    @Test
    void thisMachineIsUsedOnlyWhenAskedForAndItsEnvironmentStaysOutside() {
        lab.caller("SECRET_OF_THE_JOB", "geheim-geheim").caller("PATH", System.getenv("PATH"));
        JsonNode without = climb("--agent-command", "env", "--agent-wait", "2s");
        assertEquals(23, without.path("exitCode").asInt(0), without.toString());
        JsonNode with = climb("--agent-command", "env; pwd", "--agent-wait", "2s", "--fallback", "pod,runner", "--source", repository()
            .toString());
        assertEquals("runner", with.path("agentTarget").asString(""), with + "\n" + lab.err);
        assertFalse(with.path("finalMessage").asString("").contains("geheim"), with.toString());
        assertTrue(with.path("fallbackReason").asString("").contains("deploy/codex does not exist")
            && with.path("fallbackReason").asString("").contains("own pod: "), with.toString());
    }

    private Cli cli(String... args) {
        List<String> all = new ArrayList<>(List.of("prompt_run", "--kind", "repair_issue",
            "--issue", "7", "--output", "json", "-n", namespace, "--kubeconfig", cluster.kubeconfig().toString()));
        all.addAll(List.of(args));
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java")
            .toString(), "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xlog:disable",
            "-cp", System.getProperty("java.class.path")));
        command.addAll(all);
        return Cli.program(command.toArray(String[]::new));
    }

    private JsonNode climb(String... more) {
        return climbAs(cluster.kubeconfig(), more);
    }

    private JsonNode climbAs(Path kubeconfig, String... more) {
        List<String> args = new ArrayList<>(List.of("-n", namespace, "--kubeconfig", kubeconfig.toString()));
        args.addAll(List.of(more));
        if (!args.contains("--agent-wait")) {
            args.addAll(List.of("--agent-wait", "30s"));
        }
        return lab.climb(args.toArray(String[]::new));
    }

    private JsonNode climbInPod(String... more) {
        patchPodsOfOurs();
        return climb(more);
    }

    /** Pods that are never restarted end by themselves in this cluster, unless they are told to stay. */
    private void patchPodsOfOurs() {
        client.pods().inNamespace(namespace).withLabel("app.kubernetes.io/managed-by", "prompt-run").watch(new Watcher<Pod>() {
            @Override
            public void eventReceived(Action action, Pod pod) {
                if (action == Action.ADDED) {
                    client.pods().inNamespace(namespace).withName(pod.getMetadata().getName())
                        .patch(new io.fabric8.kubernetes.client.dsl.base.PatchContext.Builder()
                        .withPatchType(io.fabric8.kubernetes.client.dsl.base.PatchType.JSON_MERGE)
                        .build(), "{\"metadata\":{\"annotations\":{\"life.test/is\":\"ready\"}}}");
                }
            }

            @Override
            public void onClose(WatcherException cause) {
            }
        });
    }

    /** A ready deploy/codex; returns its pod's name. */
    private String codex(String pod, String container) {
        deploy(pod, "", container);
        client.apps().deployments().inNamespace(namespace).withName("codex")
            .waitUntilCondition(it -> it.getStatus().getAvailableReplicas() != null, 30, TimeUnit.SECONDS);
        return client.pods().inNamespace(namespace).withLabel("app", "codex").list().getItems().get(0).getMetadata().getName();
    }

    private void codexThatNeverComes(String pod, String annotations, String container) {
        deploy(pod, annotations, container);
    }

    private void deploy(String pod, String annotations, String container) {
        client.load(yaml("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: codex}
            spec:
              selector: {matchLabels: {app: codex}}
              template:
                metadata: {labels: {app: codex}, annotations: {%s}}
                spec: {%s containers: [{name: codex, image: "codex:1"%s}]}
            """.formatted(annotations, pod.isEmpty() ? "" : pod + ",", container.isEmpty() ? "" : ", " + container))).inNamespace(namespace)
                .create();
    }

    private static ByteArrayInputStream yaml(String text) {
        return new ByteArrayInputStream(("---\n" + text).getBytes(StandardCharsets.UTF_8));
    }

    private Path repository() {
        Path tree = folder.resolve("tree");
        if (!Files.exists(tree)) {
            var made = Cli.program("sh", "-ec",
                "git init -q -b main tree; cd tree; echo a >a; git add a; git -c user.name=me -c user.email=me@x commit -qm first")
                .in(folder).run();
            assertEquals(0, made.exit(), made.toString());
        }
        return tree;
    }

    private boolean started(String pod) {
        try (var files = Files.walk(cluster.room(namespace, pod, pod.startsWith("agent-") ? "agent" : "codex"))) {
            return files.anyMatch(file -> file.getFileName().toString().equals("started"));
        } catch (IOException | java.io.UncheckedIOException notYet) {
            return false;
        }
    }

    private long processes(String pod) {
        return ProcessHandle.allProcesses().filter(process -> {
            try {
                return Files.readString(Path.of("/proc/" + process.pid() + "/environ"), StandardCharsets.ISO_8859_1)
                    .contains("POD_NAME=" + pod + "\0");
            } catch (IOException gone) {
                return false;
            }
        }).count();
    }

    private void meanwhile(BooleanSupplier when, Runnable what) {
        Thread thread = new Thread(() -> {
            await("the moment to interfere", when);
            what.run();
        });
        thread.setDaemon(true);
        thread.start();
    }

    private static void await(String what, BooleanSupplier condition) {
        Await.until(what, Duration.ofSeconds(60), condition);
    }
}
