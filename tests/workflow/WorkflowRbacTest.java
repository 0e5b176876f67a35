import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What project-example's rbac.yaml lets the agent do, as a real API server answers. */
@Tag("cluster")
class WorkflowRbacTest {
    private final LocalCluster cluster = LocalCluster.shared();
    private final String namespace = cluster.newNamespace("rbac");

    @Test
    void theAgentSeesWhatExplainsAFailureRepairsWorkloadsAndReachesNoSecret() throws IOException {
        try (var manifest = Files.newInputStream(Cli.root().resolve("workflows/project-example/deploy/codex/rbac.yaml"))) {
            cluster.client().load(manifest).inNamespace(namespace).serverSideApply();
        }
        assertEquals(List.of(), wrong(true, namespace,
                "list /events", "list events.k8s.io/events", "watch apps/replicasets", "list /persistentvolumeclaims", "list /resourcequotas",
                "list /limitranges", "get /pods", "get /pods/log", "list discovery.k8s.io/endpointslices", "list /endpoints", "list batch/cronjobs",
                "list autoscaling/horizontalpodautoscalers", "list /serviceaccounts", "list rbac.authorization.k8s.io/roles",
                "patch apps/deployments", "patch apps/statefulsets", "patch apps/deployments/scale", "delete /pods", "create batch/jobs",
                "patch /configmaps", "patch /services", "create /pods/exec", "patch networking.k8s.io/ingresses"));
        assertEquals(List.of(), wrong(false, namespace,
                "get /secrets", "list /secrets", "create /secrets", "delete /persistentvolumeclaims", "delete /namespaces", "create /serviceaccounts/token",
                "patch rbac.authorization.k8s.io/roles", "create rbac.authorization.k8s.io/rolebindings", "delete apps/deployments", "impersonate /serviceaccounts"));
        assertEquals(List.of(), wrong(false, "default", "list /pods", "patch apps/deployments", "list /events"));
    }

    private List<String> wrong(boolean expected, String where, String... rights) {
        var wrong = new ArrayList<String>();
        for (var right : rights) {
            var verb = right.substring(0, right.indexOf(' '));
            var resource = right.substring(right.indexOf(' ') + 1).split("/");
            var review = new SubjectAccessReviewBuilder().withNewSpec().withUser("system:serviceaccount:" + namespace + ":codex-sa")
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
