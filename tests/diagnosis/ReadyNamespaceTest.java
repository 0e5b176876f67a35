import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A look without manifests: what is wrong though every workload is ready, and the custom resources of the namespace. */
class ReadyNamespaceTest {
    private static final String WIDGETS = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.x-k8s.io}
        spec:
          group: example.x-k8s.io
          scope: Namespaced
          names: {plural: widgets, kind: Widget}
          versions: [{name: v1, served: true, storage: true, subresources: {status: {}}}]
        """;
    private static final String WIDGET = """
        {apiVersion: example.x-k8s.io/v1, kind: Widget, metadata: {name: w, creationTimestamp: "%s"}, status: {conditions: [{type: Ready,
            status: "%s", reason: Waits}]}}
        """;
    @TempDir
    Path folder;
    private final EmbeddedApi server = new EmbeddedApi();
    private final String before = Instant.now().minusSeconds(7200).truncatedTo(ChronoUnit.SECONDS).toString();

    @BeforeEach
    void aReadyNamespace() {
        server.put(EmbeddedStore.object("v1", "Namespace", "", "shop"));
        server.putYaml("shop", """
            {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 1, selector: {matchLabels: {app: web}},
                template: {metadata: {labels: {app: web}}, spec: {containers: [{name: web, ports: [{containerPort: 80}]}]}}},
                status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1,
                conditions: [{type: Available, status: "True"}, {type: Progressing, status: "True", reason: NewReplicaSetAvailable}]}}
            ---
            {apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{name: http, port: 80}]}}
            ---
            {apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: nginx}}
            """);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** {@code ready} or not, then {@code CODE Kind/name} of causes and warnings. */
    private List<String> look(ensure_ready.Applied... applied) {
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(server.kubeconfig(folder), null), Duration.ofSeconds(10))) {
            var judgement = new ensure_ready.SoftWait(api, "shop", ensure_ready.Applying.over(List.of(applied), false),
                new ensure_ready.WaitSettings("codex", applied.length > 0, false, true, null), j -> { }).once();
            var full = ensure_ready.Collect.more(api, judgement.snapshot(), judgement.workloads(),
                java.util.Map.of(), Duration.ofSeconds(5));
            var report = ensure_ready.Diagnosis.explain(full.snapshot(), judgement.workloads(), "codex");
            return Stream.of(Stream.of(judgement.ready() ? "ready" : "not ready"), judgement.verdict().verified() ? Stream.<String>of()
                : Stream.of("unverified"), report.causes().stream().map(c -> c.code() + " " + c.object().kind() + "/" + c.object().name()),
                report.warnings().stream().map(w -> w.code() + " " + w.object())).flatMap(s -> s).toList();
        }
    }

    private void put(String yaml) {
        server.putYaml("shop", yaml);
    }

    @Test
    void anIngressThatLeadsNowhereIsToldWithoutManifests() {
        put("""
            {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: good}, spec: {ingressClassName: nginx,
                defaultBackend: {service: {name: web, port: {number: 80}}}}}
            """);
        assertEquals(List.of("ready"), look());
        put("""
            {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: class}, spec: {ingressClassName: ngnix,
                defaultBackend: {service: {name: web, port: {number: 80}}}}}
            ---
            {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: lost}, spec: {ingressClassName: nginx,
                defaultBackend: {service: {name: wep, port: {number: 80}}}}}
            ---
            {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: port}, spec: {ingressClassName: nginx,
                defaultBackend: {service: {name: web, port: {number: 8080}}}}}
            ---
            {apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: tls}, spec: {ingressClassName: nginx,
                tls: [{secretName: gone}], defaultBackend: {service: {name: web, port: {name: http}}}}}
            """);
        assertEquals(List.of("INGRESS_BACKEND_MISSING Ingress/lost", "INGRESS_BACKEND_PORT Ingress/port",
            "INGRESS_CLASS_MISSING Ingress/class",
            "INGRESS_TLS_SECRET_MISSING Ingress/tls", "ready"), look().stream().sorted().toList());
    }

    @Test
    void aBudgetThatBlocksAndAnAutoscalerWithoutMetricsAreTold() {
        var budget = """
            {apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 1}, status: {expectedPods: 1,
                currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: %d}}
            """;
        var scaler = """
            {apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web, creationTimestamp: "%s"},
                spec: {scaleTargetRef: {kind: Deployment, name: web}}, status: {conditions: [{type: ScalingActive, status: "False",
                reason: %s}]}}
            """;
        put(budget.formatted(1));
        put(scaler.formatted(before, "ScalingDisabled"));
        assertEquals(List.of("ready"), look());
        put(budget.formatted(0));
        put(scaler.formatted(before, "FailedGetResourceMetric"));
        assertEquals(List.of("ready", "HPA_NO_METRICS HorizontalPodAutoscaler/web", "PDB_BLOCKING PodDisruptionBudget/web"), look());
    }

    @Test
    void theLastJobOfACronJobIsToldWhenItFailedOrNeverEnds() {
        var cron = server.putYaml("shop", "{apiVersion: batch/v1, kind: CronJob, metadata: {name: sync}, spec: {schedule: '*/5 * * * *'}}")
            .get(0);
        var job = "{apiVersion: batch/v1, kind: Job, metadata: {name: sync-%d, creationTimestamp: '2026-01-0%dT00:00:00Z', "
            + "ownerReferences: "
            + "[{apiVersion: batch/v1, kind: CronJob, name: sync, uid: " + cron.at("/metadata/uid")
            .asString("") + ", controller: true}]}, status: %s}";
        put(job.formatted(1, 1, "{failed: 1, conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded}]}"));
        assertEquals(List.of("ready", "JOB_FAILED CronJob/sync"), look());
        put(job.formatted(2, 2, "{succeeded: 1, conditions: [{type: Complete, status: 'True'}]}"));
        assertEquals(List.of("ready"), look(), "it is the last one that counts");
        put(job.formatted(3, 3, "{active: 1, startTime: '" + Instant.now().truncatedTo(ChronoUnit.SECONDS) + "'}"));
        assertEquals(List.of("ready"), look());
        put(job.formatted(4, 4, "{active: 1, startTime: '" + before + "'}"));
        assertEquals(List.of("ready", "JOB_NEVER_ENDS CronJob/sync"), look());
    }

    @Test
    void aSuspendedJobIsToldAndOneThatAQueueHoldsIsNotReady() {
        var job = server.putYaml("shop", "{apiVersion: batch/v1, kind: Job, metadata: {name: train}, spec: {suspend: true}}").get(0);
        assertEquals(List.of("ready", "JOB_SUSPENDED Job/train"), look());
        put(WIDGETS);
        put(WIDGET.formatted(before, "False")
            .replace("name: w,", "name: w, ownerReferences: [{apiVersion: batch/v1, kind: Job, name: train, uid: "
            + job.at("/metadata/uid").asString("") + ", controller: true}],"));
        assertEquals(List.of("not ready", "CR_NOT_READY Widget/w"), look());
    }

    @Test
    void aCustomResourceCountsWithoutManifestsWhateverItsGroup() {
        put(WIDGETS);
        assertEquals(List.of("ready"), look());
        put(WIDGET.formatted(before, "True"));
        assertEquals(List.of("ready"), look());
        put(WIDGET.formatted(before, "False"));
        assertEquals(List.of("not ready", "CR_NOT_READY Widget/w"), look());
    }

    @Test
    void kindsThatMayNotBeReadMakeItUnverified() {
        put(WIDGETS);
        put(WIDGET.formatted(before, "False"));
        server.faults.forbid("list", "widgets");
        assertEquals(List.of("ready", "unverified"), look());
    }

    @Test
    void aConversionWebhookThatIsDownIsACause() {
        put(WIDGETS);
        put(WIDGET.formatted(before, "True"));
        server.faults.fail("list", "widgets", 1000, 500, "conversion webhook for example.x-k8s.io/v1beta1, Kind=Widget failed: Post "
            + "\"https://widget-webhook.operators.svc:443/convert?timeout=30s\": dial tcp 10.0.0.9:443: connect: connection refused");
        assertEquals(List.of("ready", "unverified", "CONVERSION_WEBHOOK_UNAVAILABLE CustomResourceDefinition/widgets.example.x-k8s.io"),
            look());
        var applied = ReadinessTest.applied(WIDGET.formatted(before, "True"), 1, "");
        assertEquals(List.of("not ready", "CONVERSION_WEBHOOK_UNAVAILABLE CustomResourceDefinition/widgets.example.x-k8s.io"),
            look(applied));
        server.faults.clear();
        assertEquals(List.of("ready"), look());
        assertEquals(List.of("ready"), look(applied));
    }

    @Test
    void aLookTakesNoMoreRequestsThanBefore() {
        server.resetRequests();
        look();
        assertTrue(server.requests().values().stream().mapToInt(Integer::intValue).sum() < 45, server.requests().toString());
        assertFalse(server.requests().toString().contains("watch ingresses"), server.requests().toString());
    }
}
