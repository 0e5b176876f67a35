import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What rbac.yaml lets the agent do, and runner.yaml the runner, as a real API server answers. */
@Tag("cluster")
class WorkflowRbacTest {
    private final LocalCluster cluster = LocalCluster.shared();
    private final String namespace = cluster.newNamespace("rbac");

    @Test
    void theAgentSeesWhatExplainsAFailureRepairsWorkloadsAndReachesNoSecret() throws IOException {
        try (var manifest = Files.newInputStream(Cli.root().resolve("workflows/project-example/deploy/codex/rbac.yaml"))) {
            cluster.client().load(manifest).inNamespace(namespace).serverSideApply();
        }
        assertEquals(List.of(), wrong(agent(), true, namespace,
                "list /events", "list events.k8s.io/events", "watch apps/replicasets", "list /persistentvolumeclaims",
                        "list /resourcequotas",
                "list /limitranges", "get /pods", "get /pods/log", "list discovery.k8s.io/endpointslices", "list /endpoints",
                        "list batch/cronjobs",
                "list autoscaling/horizontalpodautoscalers", "list /serviceaccounts", "list rbac.authorization.k8s.io/roles",
                "patch apps/deployments", "patch apps/statefulsets", "patch apps/deployments/scale", "delete /pods", "create batch/jobs",
                "patch /configmaps", "patch /services", "create /pods/exec", "patch networking.k8s.io/ingresses"));
        assertEquals(List.of(), wrong(agent(), false, namespace,
                "get /secrets", "list /secrets", "create /secrets", "delete /persistentvolumeclaims", "delete /namespaces",
                        "create /serviceaccounts/token",
                "patch rbac.authorization.k8s.io/roles", "create rbac.authorization.k8s.io/rolebindings", "delete apps/deployments",
                        "impersonate /serviceaccounts"));
        assertEquals(List.of(), wrong(agent(), false, "default", "list /pods", "patch apps/deployments", "list /events"));
    }

    private String agent() {
        return "system:serviceaccount:" + namespace + ":codex-sa";
    }

    @Test
    void theRunnerMayWhatTheTwoScriptsDoAndCheckShAsksForNothingElse() throws IOException {
        runner(cluster);
        var asked = Pattern.compile("(?m)^([a-z]+) ([a-z/]+)(\\.[a-z.0-9]+)? --all-namespaces$")
                .matcher(Files.readString(Cli.root().resolve("workflows/shared/agent/check.sh"))).results()
                .map(right -> right.group(1) + " " + (right.group(3) == null ? "" : right.group(3).substring(1)) + "/" + right.group(2))
                        .toArray(String[]::new);
        assertTrue(asked.length > 5, List.of(asked).toString());
        assertEquals(List.of(), wrong(RUNNER, true, namespace, asked));
        assertEquals(List.of(), wrong(RUNNER, true, "", "create /namespaces", "delete /namespaces"));
        assertEquals(List.of(), wrong(RUNNER, false, namespace, "create rbac.authorization.k8s.io/clusterroles",
                "escalate rbac.authorization.k8s.io/roles",
                "impersonate /users", "patch /nodes", "create admissionregistration.k8s.io/validatingadmissionpolicybindings",
                        "create /serviceaccounts/token"));
    }

    @Test
    void theRunnerStaysInTheSlotsWhateverAManifestSays() throws IOException {
        runner(cluster);
        var slot = "shop-dev-" + ThreadLocalRandom.current().nextInt(1_000, 1_000_000);
        var config = new ConfigBuilder(cluster.client().getConfiguration()).withImpersonateUsername(RUNNER)
                .withImpersonateGroups("system:authenticated").build();
        try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
            client.resource(new NamespaceBuilder().withNewMetadata().withName(slot).endMetadata().build()).create();
            client.resource(map(slot, "web")).create();
            client.resource(map("codex-system", "codex-env-" + slot)).create();
            for (var elsewhere : List.of(map("default", "web"), map(namespace, "web"), map("kube-system", "web"),
                    map("codex-system", "web"))) {
                var refusal = assertThrows(KubernetesClientException.class, () -> client.resource(elsewhere).create());
                assertTrue(refusal.getMessage().contains("the runner works in the namespaces of slots"), refusal.getMessage());
            }
            assertThrows(KubernetesClientException.class, () -> client.namespaces().withName(namespace).delete());
            client.configMaps().inNamespace("codex-system").withName("codex-env-" + slot).delete();
            client.namespaces().withName(slot).delete();
        }
    }

    static final String RUNNER = "system:serviceaccount:codex-system:agent-runner";

    /** What docs/adopt.md applies; the API server takes a moment to know what it forbids. */
    static void runner(LocalCluster cluster) throws IOException {
        try (var manifest = Files.newInputStream(Cli.root().resolve("workflows/shared/cluster/runner.yaml"))) {
            cluster.client().load(manifest).forceConflicts().serverSideApply();
        }
        kept(cluster);
    }

    /** Waits until the policy is in force. */
    static void kept(LocalCluster cluster) {
        var config = new ConfigBuilder(cluster.client().getConfiguration()).withImpersonateUsername(RUNNER)
                .withImpersonateGroups("system:authenticated").build();
        try (var client = new KubernetesClientBuilder().withConfig(config).build()) {
            cluster.eventually(() -> refuses(client));
        }
    }

    private static boolean refuses(KubernetesClient client) {
        try {
            client.resource(map("default", "probe")).dryRun().create();
            return false;
        } catch (KubernetesClientException refused) {
            return refused.getMessage().contains("the runner works in the namespaces of slots");
        }
    }

    private static ConfigMap map(String namespace, String name) {
        return new ConfigMapBuilder().withNewMetadata().withNamespace(namespace).withName(name).endMetadata().build();
    }

    private List<String> wrong(String who, boolean expected, String where, String... rights) {
        var wrong = new ArrayList<String>();
        for (var right : rights) {
            var verb = right.substring(0, right.indexOf(' '));
            var resource = right.substring(right.indexOf(' ') + 1).split("/");
            var review = new SubjectAccessReviewBuilder().withNewSpec().withUser(who)
                    .withGroups("system:serviceaccounts", "system:authenticated")
                    .withNewResourceAttributes().withNamespace(where).withVerb(verb).withGroup(resource[0]).withResource(resource[1])
                    .withSubresource(resource.length > 2 ? resource[2] : null).endResourceAttributes().endSpec().build();
            if (cluster.client().authorization().v1().subjectAccessReview().create(review).getStatus().getAllowed() != expected) {
                wrong.add(right);
            }
        }
        return wrong;
    }
}
