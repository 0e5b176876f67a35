import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Custom resources as a real API server has them, with its aggregated discovery and its status subresource. */
@Tag("cluster")
class CustomClusterTest {
    private final LocalCluster cluster = LocalCluster.shared();
    private final String namespace = cluster.newNamespace("custom");

    private void apply(String yaml) {
        cluster.client().load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
            .items().forEach(o -> cluster.client().resource(o).serverSideApply());
    }

    private ensure_ready.Judgement look() {
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(cluster.kubeconfig(), null), Duration.ofSeconds(10))) {
            return new ensure_ready.SoftWait(api, namespace, ensure_ready.Applying.over(List.of(), false),
                new ensure_ready.WaitSettings("codex", false, false, true, null),
                j -> { }).once();
        }
    }

    @Test
    void aResourceOfANamespaceIsFoundWithoutManifestsAndBelieved() {
        apply("""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: gadgets.example.x-k8s.io, annotations: {api-approved.kubernetes.io: unapproved}}
            spec:
              group: example.x-k8s.io
              scope: Namespaced
              names: {plural: gadgets, kind: Gadget}
              versions: [{name: v1, served: true, storage: true, subresources: {status: {}}, schema: {openAPIV3Schema: {type: object,
                  x-kubernetes-preserve-unknown-fields: true}}}]
            """);
        Await.until("crd/gadgets", Duration.ofSeconds(20),
            () -> PlayedNodes.isEstablished(cluster.client(), "gadgets.example.x-k8s.io"));
        apply("apiVersion: example.x-k8s.io/v1\nkind: Gadget\nmetadata: {name: g, namespace: " + namespace + "}");
        var gadgets = cluster.client().genericKubernetesResources("example.x-k8s.io/v1", "Gadget").inNamespace(namespace).withName("g");
        assertEquals("gadget/g has no status yet", said());
        gadgets.patchStatus(status(gadgets.get(), "False"));
        assertTrue(said().contains("Ready=False: Waits"), said());
        gadgets.patchStatus(status(gadgets.get(), "True"));
        var judgement = look();
        assertTrue(judgement.ready(), judgement.toString());
        assertTrue(judgement.verdict().verified());
        assertFalse(judgement.workloads().isEmpty());
    }

    private String said() {
        return look().workloads().stream().map(w -> w.ref() + " " + w.message()).findFirst().orElse("");
    }

    private static GenericKubernetesResource status(GenericKubernetesResource gadget, String ready) {
        gadget.setAdditionalProperty("status",
            java.util.Map.of("conditions", List.of(java.util.Map.of("type", "Ready", "status", ready, "reason", "Waits"))));
        return gadget;
    }
}
