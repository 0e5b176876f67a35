import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What server-side apply does is the API server's to say, so these tests ask a real one. */
@Tag("cluster")
class ApplyClusterTest {
    private static final String DEPLOYMENT = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          replicas: 2
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec:
              containers:
              - {name: web, image: "nginx:1"}
        """;
    private static final String HPA = """
        ---
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: web}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
          maxReplicas: 5
        """;
    private static final String JOB = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: migrate}
        spec:
          template:
            spec:
              restartPolicy: Never
              containers: [{name: m, image: "busybox:1"}]
        """;
    private LocalCluster cluster;
    private ensure_ready.Api api;
    private String namespace;

    @BeforeEach
    void connect() {
        cluster = LocalCluster.any();
        namespace = cluster.newNamespace("apply");
        api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(cluster.kubeconfig(), null), Duration.ofSeconds(10));
    }

    @AfterEach
    void disconnect() {
        if (api != null) {
            api.close();
        }
    }

    @Test
    void whatIsNewWhatChangedAndWhatDidNotIsTold() {
        assertEquals(List.of("created"), results(apply(DEPLOYMENT, false)));
        assertEquals(List.of("unchanged"), results(apply(DEPLOYMENT, false)));
        assertEquals(List.of("configured"), results(apply(DEPLOYMENT.replace("nginx:1", "nginx:2"), false)));
    }

    @Test
    void theGenerationIsTheOneTheServerAnswered() {
        var first = apply(DEPLOYMENT, false).get(0).generation();
        var second = apply(DEPLOYMENT.replace("nginx:1", "nginx:2"), false).get(0).generation();
        assertTrue(second > first, first + " " + second);
    }

    @Test
    void aFieldThatKubectlsClientSideApplyOwnedGoesWhenTheManifestDropsIt() {
        send("POST", "/apis/apps/v1/namespaces/" + namespace + "/deployments?fieldManager=kubectl-client-side-apply",
            DEPLOYMENT.replace("metadata: {name: web}\nspec:\n  replicas",
                "metadata: {name: web, labels: {old: label}}\nspec:\n  replicas"));
        assertEquals("label", live().at("/metadata/labels/old").asString(""));
        apply(DEPLOYMENT, false);
        assertTrue(live().at("/metadata/labels/old").isMissingNode());
    }

    @Test
    void aFieldThatSomebodyElseAddedStays() {
        apply(DEPLOYMENT, false);
        send("PATCH", "/apis/apps/v1/namespaces/" + namespace + "/deployments/web?fieldManager=someone",
            "{metadata: {labels: {their: label}}}");
        apply(DEPLOYMENT, false);
        assertEquals("label", live().at("/metadata/labels/their").asString(""));
    }

    @Test
    void aFieldThatSomebodyElseChangedIsSetAsTheManifestSays() {
        apply(DEPLOYMENT, false);
        send("PATCH", "/apis/apps/v1/namespaces/" + namespace + "/deployments/web?fieldManager=someone", "{spec: {replicas: 5}}");
        assertEquals(List.of("configured"), results(apply(DEPLOYMENT, false)));
        assertEquals(2, live().at("/spec/replicas").asInt(0));
    }

    @Test
    void theNumberOfAnAutoscalerStays() {
        apply(DEPLOYMENT + HPA, false);
        send("PATCH", "/apis/apps/v1/namespaces/" + namespace + "/deployments/web?fieldManager=autoscaler", "{spec: {replicas: 4}}");
        apply(DEPLOYMENT + HPA, false);
        assertEquals(4, live().at("/spec/replicas").asInt(0));
    }

    @Test
    void anAutoscalerThatNeverScaledDoesNotLeaveOneReplica() {
        apply(DEPLOYMENT, false);
        apply(DEPLOYMENT + HPA, false);
        apply(DEPLOYMENT + HPA, false);
        assertEquals(2, live().at("/spec/replicas").asInt(0));
    }

    @Test
    void anImmutableFieldIsToldByPathWithoutTheRefusedValue() {
        apply(JOB, false);
        var refused = apply(JOB.replace("busybox:1", "busybox:2"), false).get(0);
        assertEquals(ensure_ready.Result.failed, refused.result());
        assertTrue(refused.error().startsWith("cannot be changed in place (spec.template); --recreate-immutable"), refused.error());
        assertFalse(refused.error().contains("busybox"), refused.error());
    }

    @Test
    void anImmutableJobIsMadeAgainWhenAsked() {
        var before = apply(JOB, false).get(0);
        var after = apply(JOB.replace("busybox:1", "busybox:2"), true).get(0);
        assertEquals(ensure_ready.Result.recreated, after.result());
        assertNotEquals(before.uid(), after.uid());
    }

    @Test
    void aFinishedJobThatDidNotChangeIsNotRunAgain() {
        var before = apply(JOB, true).get(0);
        var after = apply(JOB, true).get(0);
        assertEquals(ensure_ready.Result.unchanged, after.result());
        assertEquals(before.uid(), after.uid());
    }

    @Test
    void aClaimIsNeverDeletedHoweverMuchItWouldHaveToChange() {
        var claim = """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            """;
        var before = apply(claim, true).get(0);
        var refused = apply(claim.replace("ReadWriteOnce", "ReadWriteMany"), true).get(0);
        assertTrue(refused.error().contains("a PersistentVolumeClaim is never deleted here"), refused.error());
        assertEquals(before.uid(), api.find(ensure_ready.Kind.PVC, namespace, "data").orElseThrow().uid());
    }

    @Test
    void customResourcesComeAfterTheirDefinitionIsServed() {
        var group = namespace + ".example.com";
        var results = apply("""
            apiVersion: %1$s/v1
            kind: Thing
            metadata: {name: one}
            spec: {x: 1}
            ---
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: things.%1$s}
            spec:
              group: %1$s
              scope: Namespaced
              names: {kind: Thing, plural: things, singular: thing}
              versions:
              - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object,
                  x-kubernetes-preserve-unknown-fields: true}}}
            """.formatted(group), false);
        cluster.client().apiextensions().v1().customResourceDefinitions().withName("things." + group).delete();
        assertEquals(List.of("created", "created"), results(results));
    }

    @Test
    void oneErrorDoesNotStopTheOthersAndAMistypedFieldIsOne() {
        var results = apply(DEPLOYMENT.replace("replicas", "replicsa") + "---\n" + JOB, false);
        assertEquals(List.of("failed", "created"), results(results));
        assertTrue(results.get(0).error().contains("replicsa"), results.get(0).error());
    }

    @Test
    void emptyMapsAndListsReachTheServer() {
        assertEquals(List.of("created"), results(apply("""
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: deny}
            spec: {podSelector: {}, policyTypes: [Ingress], ingress: []}
            """, false)));
    }

    private List<ensure_ready.Applied> apply(String yaml, boolean recreate) {
        var quiet = ensure_ready.Progress.on(System.err, Map.of(), true, false);
        return new ensure_ready.Apply(api, namespace, recreate, results -> { }, quiet)
            .all(ensure_ready.Manifests.parse("test.yaml", yaml).items(), ensure_ready.Deadline.in(Duration.ofSeconds(30)));
    }

    private static List<String> results(List<ensure_ready.Applied> applied) {
        return applied.stream().map(a -> a.result().name()).toList();
    }

    private JsonNode live() {
        return api.get("/apis/apps/v1/namespaces/" + namespace + "/deployments/web");
    }

    private void send(String method, String path, String yaml) {
        var json = ensure_ready.Manifests.Yaml.documents("test", yaml).documents().get(0).json();
        api.send(method, path, method.equals("PATCH") ? "application/merge-patch+json" : "application/json", json);
    }
}
