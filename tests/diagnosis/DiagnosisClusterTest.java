//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** What a real control plane writes is understood: admission, quotas, accounts, the scheduler, claims; and collecting keeps its limits. */
@Execution(ExecutionMode.CONCURRENT)
@Tag("cluster")
class DiagnosisClusterTest {
    private final LocalCluster cluster = LocalCluster.shared();
    private final String namespace = cluster.newNamespace("diagnosis");

    private static String deploy(String name, String annotations, String spec) {
        return """
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: %1$s}
            spec:
              selector: {matchLabels: {app: %1$s}}
              template:
                metadata: {labels: {app: %1$s}, annotations: {%2$s}}
                spec:
            %3$s
            """.formatted(name, annotations, (spec.contains("\ncontainers:") || spec.startsWith("containers:") ? spec
                : spec + "\ncontainers: [{name: app, image: repo/app}]").strip().indent(8));
    }

    private void apply(String yaml) {
        cluster.client().load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
            .items().forEach(o -> cluster.client().resource(o).inNamespace(namespace).serverSideApply());
    }

    private ensure_ready.DiagnosisReport diagnose() {
        return diagnose(cluster.kubeconfig());
    }

    private ensure_ready.DiagnosisReport diagnose(java.nio.file.Path kubeconfig) {
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(kubeconfig, null), Duration.ofSeconds(10))) {
            var judgement = new ensure_ready.SoftWait(api, namespace, ensure_ready.Applying.over(List.of(), false),
                new ensure_ready.WaitSettings("codex", false, false, true, null), j -> { }).once();
            var full = ensure_ready.Collect.more(api, judgement.snapshot(), judgement.workloads(), Map.of(), Duration.ofSeconds(5));
            return ensure_ready.Diagnosis.explain(full.snapshot(), judgement.workloads(), "codex");
        }
    }

    private static String causes(ensure_ready.DiagnosisReport report) {
        return report.causes().stream().map(c -> c.code() + " " + c.object()).sorted().collect(Collectors.joining("\n"));
    }

    private void eventually(String expected) {
        var last = new String[1];
        for (int i = 0; i < 60; i++) {
            last[0] = causes(diagnose());
            if (last[0].equals(expected.strip())) {
                return;
            }
            try {
                Thread.sleep(1000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
        assertEquals(expected.strip(), last[0]);
    }

    @Test
    void whatAdmissionAndSchedulerRefuseIsNamed() {
        apply("""
            apiVersion: v1
            kind: LimitRange
            metadata: {name: limits}
            spec: {limits: [{type: Container, max: {memory: 512Mi}}]}
            """ + deploy("account", "", "serviceAccountName: nobody") + deploy("big", "",
                "containers: [{name: app, image: a, resources: {limits: {memory: 1Gi}}}]") + deploy("priority", "",
                    "priorityClassName: none-such")
            + deploy("nowhere", "", "nodeSelector: {disk: none-such}")
            + deploy("huge", "", "containers: [{name: app, image: a, resources: {requests: {cpu: '4000'}}}]")
            + deploy("claimless", "", "volumes: [{name: d, persistentVolumeClaim: {claimName: none-such}}]")
            + deploy("classless", "", "volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]") + """
            ---
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec: {storageClassName: none-such, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            ---
            apiVersion: batch/v1
            kind: Job
            metadata: {name: migrate}
            spec: {template: {spec: {restartPolicy: Never, serviceAccountName: nobody-else, containers: [{name: app, image: a}]}}}
            """);
        eventually("""
            ADMISSION_DENIED Deployment/priority
            LIMITRANGE_VIOLATION Deployment/big
            PVC_MISSING PersistentVolumeClaim/none-such
            PVC_STORAGECLASS_MISSING PersistentVolumeClaim/data
            SCHED_INSUFFICIENT_RESOURCES Deployment/huge
            SCHED_NODE_SELECTOR Deployment/nowhere
            SERVICE_ACCOUNT_MISSING ServiceAccount/nobody
            SERVICE_ACCOUNT_MISSING ServiceAccount/nobody-else
            """);
    }

    @Test
    void aQuotaThatLetsSomePodsThroughIsNamed() {
        apply("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: team}\nspec: {hard: {pods: '1'}}\n" + deploy("web", "", "")
            .replace("spec:\n  selector", "spec:\n  replicas: 3\n  selector"));
        eventually("QUOTA_EXCEEDED ResourceQuota/team");
    }

    @Test
    void podsWithoutLimitsUnderAQuotaAreNamed() {
        apply("apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: team}\nspec: {hard: {limits.memory: 4Gi}}\n" + deploy("web", "", ""));
        eventually("QUOTA_REQUIRES_LIMITS Deployment/web");
    }

    @Test
    void aNamespaceThatDemandsRestrictedPodsIsNamed() {
        cluster.client().namespaces().withName(namespace).edit(n -> {
            n.getMetadata().setLabels(Map.of("pod-security.kubernetes.io/enforce", "restricted"));
            return n;
        });
        apply(deploy("web", "", ""));
        eventually("POD_SECURITY_DENIED Deployment/web");
    }

    private void stackOnABrokenDatabase(int clients) {
        apply("apiVersion: v1\nkind: Secret\nmetadata: {name: other}\nstringData: {password: 'do-not-print-me-1'}\n---\napiVersion: v1\n"
            + "kind: Service\nmetadata: {name: postgres}\nspec: {selector: {app: postgres}, ports: [{port: 5432}]}\n"
            + deploy("postgres", "",
            "containers: [{name: app, image: a, env: [{name: P, valueFrom: {secretKeyRef: {name: db-secret, key: p}}}]}]")
            + IntStream.range(0, clients)
            .mapToObj(i -> deploy("client-" + i, "life.test/is: init-waits",
            "initContainers: [{name: wait, image: b, command: [sh, -c, 'until nc -z postgres 5432; do sleep 1; done']}]\n"
                + "containers: [{name: app, image: a}]")).collect(Collectors.joining()));
    }

    @Test
    void aStackThatWaitsForADatabaseWithoutItsSecretIsOneCause() {
        stackOnABrokenDatabase(12);
        eventually("SECRET_MISSING Secret/db-secret");
        var report = diagnose();
        assertTrue(report.summary().startsWith("1 cause explains "), report.summary());
        assertEquals(List.of(), report.unexplained());
        assertTrue(report.causes().get(0).explains().stream().filter(s -> s.object().startsWith("Deployment/client-"))
            .count() == 12, report.toString());
    }

    @Test
    void namespacedReadRightsGiveTheSameCauseAndSayWhatIsMissing() {
        stackOnABrokenDatabase(2);
        eventually("SECRET_MISSING Secret/db-secret");
        var limited = cluster.kubeconfigFor(namespace, LocalCluster.rule("", "pods", "get", "list", "watch"),
            LocalCluster.rule("", "services", "get", "list", "watch"), LocalCluster.rule("apps", "deployments", "get", "list", "watch"),
            LocalCluster.rule("apps", "replicasets", "get", "list", "watch"),
                LocalCluster.rule("apps", "statefulsets", "get", "list", "watch"),
                LocalCluster.rule("batch", "jobs", "get", "list", "watch"));
        // without the Secrets' names only the kubelet can say it, and it says so later than the references do
        cluster.eventually(() -> causes(diagnose(limited)).equals("SECRET_MISSING Secret/db-secret"));
        var report = diagnose(limited);
        assertEquals("SECRET_MISSING Secret/db-secret", causes(report));
        assertTrue(report.limited().contains("events: forbidden")
            && report.limited().contains("secrets: forbidden"), report.limited()::toString);
    }

    @Test
    void nothingIsReadTwentyTimesOver() {
        stackOnABrokenDatabase(50);
        eventually("SECRET_MISSING Secret/db-secret");
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(cluster.kubeconfig(), null), Duration.ofSeconds(10))) {
            var judgement = new ensure_ready.SoftWait(api, namespace, ensure_ready.Applying.over(List.of(), false),
                new ensure_ready.WaitSettings("codex", false, false, true, null), j -> { }).once();
            var before = requests();
            var begin = System.nanoTime();
            var full = ensure_ready.Collect.more(api, judgement.snapshot(), judgement.workloads(), Map.of(), Duration.ofSeconds(5));
            var collected = System.nanoTime();
            var report = ensure_ready.Diagnosis.explain(full.snapshot(), judgement.workloads(), "codex");
            System.err.printf("diagnosis of %d workloads: %d requests, collected in %d ms, explained in %d ms%n", judgement.workloads()
                .size(), requests() - before, (collected - begin) / 1_000_000, (System.nanoTime() - collected) / 1_000_000);
            assertTrue(requests() - before <= ensure_ready.Collect.REQUESTS, () -> "requests: " + requests());
            assertEquals("SECRET_MISSING Secret/db-secret", causes(report));
            assertFalse(full.snapshot().objects().toString().contains("do-not-print-me-1"));
            assertEquals("do-not-print-me-1", full.secrets().get("other#password"));
        }
    }

    private long requests() {
        return cluster.requests().stream().filter(r -> namespace.equals(r.namespace()) && r.userAgent().equals("ensure-ready")).count();
    }

    @Test
    void whoMayReadNothingIsToldThatTheCausesAreNotKnown() {
        stackOnABrokenDatabase(1);
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(cluster.kubeconfigFor(namespace), null), Duration.ofSeconds(10))) {
            var nothing = new ensure_ready.Snapshot(namespace, java.time.Instant.now(), Map.of(), List.of(), Map.of(), List.of());
            var workloads = List.of(new ensure_ready.Workload("Deployment", "postgres", ensure_ready.State.progressing, 0, 1, ""));
            var full = ensure_ready.Collect.more(api, nothing, workloads, Map.of(), Duration.ofSeconds(5));
            var report = ensure_ready.Diagnosis.explain(full.snapshot(), workloads, "codex");
            assertEquals("DIAGNOSIS_UNAVAILABLE Namespace/" + namespace, causes(report));
            assertTrue(report.limited().contains("pods: forbidden"), report.limited()::toString);
        }
    }

    @Test
    void aServerThatIsAwayCostsNoMoreThanItsTime() {
        try (var api = new ensure_ready.Api(new io.fabric8.kubernetes.client.ConfigBuilder(ensure_ready.Kubeconfig.read(cluster
            .kubeconfig(), null)).withMasterUrl("https://127.0.0.1:1").build(), Duration.ofSeconds(2))) {
            var nothing = new ensure_ready.Snapshot(namespace, java.time.Instant.now(), Map.of(), List.of(), Map.of(), List.of());
            var workloads = List.of(new ensure_ready.Workload("Deployment", "postgres", ensure_ready.State.progressing, 0, 1, ""));
            var report = ensure_ready.Diagnosis.explain(ensure_ready.Collect.more(api, nothing, workloads, Map.of(), Duration.ofSeconds(5))
                .snapshot(), workloads, "codex");
            assertEquals("DIAGNOSIS_UNAVAILABLE Namespace/" + namespace, causes(report));
        }
    }

    @Test
    void aSecretInAnEventNeverLeaves() {
        stackOnABrokenDatabase(1);
        eventually("SECRET_MISSING Secret/db-secret");
        apply(deploy("web", "", "serviceAccountName: nobody"));
        eventually("SECRET_MISSING Secret/db-secret\nSERVICE_ACCOUNT_MISSING ServiceAccount/nobody");
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(cluster.kubeconfig(), null), Duration.ofSeconds(10))) {
            var judgement = new ensure_ready.SoftWait(api, namespace, ensure_ready.Applying.over(List.of(), false),
                new ensure_ready.WaitSettings("codex", false, false, true, null), j -> { }).once();
            var full = ensure_ready.Collect.more(api, judgement.snapshot(), judgement.workloads(), Map.of(), Duration.ofSeconds(5));
            var pod = full.snapshot().all("Pod").stream().filter(p -> p.name().startsWith("postgres")).findFirst().orElseThrow();
            ((tools.jackson.databind.node.ObjectNode) pod.at("/status/containerStatuses/0/state/waiting"))
                .put("reason", "CreateContainerConfigError").put("message", "secret \"db-secret\" not found; by the way do-not-print-me-1");
            var json = ensure_ready.Redaction.of(full.secrets(), Map.of(), ensure_ready.NamesToKeep.of(full.snapshot()))
                .clean(ensure_ready.Json.MAPPER.valueToTree(ensure_ready.Diagnosis.explain(full.snapshot(),
                judgement.workloads(), "codex"))).toString();
            assertFalse(json.contains("do-not-print-me-1"));
            assertTrue(json.contains("[REDACTED:secret/other#password]") && json.contains("db-secret"), json);
        }
    }
}
