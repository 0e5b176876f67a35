import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Played nodes, and what a cluster has before its first application: storage classes, kwok's resources. */
final class PlayedNodes {
    /** On every node that kwok plays, with the value `fake`. */
    static final String PLAYED = "kwok.x-k8s.io/node";

    private static final String HOME = "local-cluster";

    /** Where a cluster that another JVM started writes; null when it is not one of ours, or not on this plane. */
    static Path home(KubernetesClient client) {
        ConfigMap said = client.configMaps().inNamespace("kube-public").withName(HOME).get();
        Path home = said == null ? null : Path.of(said.getData().get("dir"));
        return home != null && Files.isDirectory(home) ? home : null;
    }

    static void prepare(KubernetesClient client, Path home) {
        client.resource(new ConfigMapBuilder().withNewMetadata().withName(HOME).withNamespace("kube-public").endMetadata()
            .addToData("dir", home.toString()).build()).serverSideApply();
        List<HasMetadata> objects = client.load(KwokStages.open("objects.yaml")).items();
        for (HasMetadata object : objects) {
            client.resource(object).fieldManager("local-cluster").forceConflicts().serverSideApply();
        }
        List<String> definitions = objects.stream().filter(CustomResourceDefinition.class::isInstance)
            .map(object -> object.getMetadata().getName()).toList();
        for (String name : definitions) {
            Await.until("crd/" + name, Duration.ofSeconds(30), () -> isEstablished(client, name));
        }
    }

    static void addThree(KubernetesClient client) {
        for (int i = 1; i <= 3; i++) {
            add(client, "node-" + i, "topology.kubernetes.io/zone=zone-" + i);
        }
    }

    static void add(KubernetesClient client, String name, String... labels) {
        Map<String, String> all = new HashMap<>(Map.of("kubernetes.io/hostname", name, "kubernetes.io/os", "linux",
            "kubernetes.io/arch", "amd64", "node.kubernetes.io/instance-type", "played"));
        for (String label : labels) {
            all.put(label.substring(0, label.indexOf('=')), label.substring(label.indexOf('=') + 1));
        }
        Map<String, Quantity> size = Map.of("cpu", new Quantity("64"), "memory", new Quantity("256Gi"),
            "ephemeral-storage", new Quantity("500Gi"), "pods", new Quantity("4000"));
        Node node = new NodeBuilder().withNewMetadata().withName(name).withLabels(all)
            .addToAnnotations(PLAYED, "fake").endMetadata()
            .withNewStatus().withAllocatable(size).withCapacity(size).endStatus().build();
        try {
            client.resource(node).create();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409) {
                throw e;
            }
        }
    }

    static boolean isPlayed(Node node) {
        return node.getMetadata().getAnnotations() != null && node.getMetadata().getAnnotations().containsKey(PLAYED);
    }

    static boolean isUsable(Node node) {
        return node.getSpec().getTaints().isEmpty() && node.getStatus().getConditions().stream()
            .anyMatch(condition -> condition.getType().equals("Ready") && condition.getStatus().equals("True"));
    }

    /** A definition that was just made has a status without conditions for a moment. */
    static boolean isEstablished(KubernetesClient client, String name) {
        CustomResourceDefinition definition = client.apiextensions().v1().customResourceDefinitions().withName(name).get();
        return definition != null && definition.getStatus() != null && definition.getStatus().getConditions() != null
            && definition.getStatus().getConditions().stream()
            .anyMatch(condition -> condition.getType().equals("Established") && condition.getStatus().equals("True"));
    }
}
