import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The tests' cluster keeps its word: what other tests build on is a real Kubernetes. */
class LocalClusterTest {
    private final LocalCluster cluster = LocalCluster.shared();
    private final KubernetesClient client = cluster.client();
    private final String namespace = cluster.newNamespace("cluster");

    @Test
    void aDeploymentBecomesAvailable() {
        deploy("web", "");
        Deployment web = client.apps().deployments().inNamespace(namespace).withName("web")
            .waitUntilCondition(it -> it.getStatus().getAvailableReplicas() != null, 30, TimeUnit.SECONDS);
        assertEquals(1, web.getStatus().getUpdatedReplicas());
    }

    /** By length: the client's protocol (v4) has no way to say that the input is at its end. */
    @Test
    void execCarriesInputOutputErrorsAndExitCode() throws Exception {
        deploy("web", "");
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        try (var exec = client.pods().inNamespace(namespace).withName(readyPod("web"))
                .readingInput(new ByteArrayInputStream("over stdin".getBytes(StandardCharsets.UTF_8)))
                .writingOutput(out).writingError(err).exec("sh", "-c", "head -c 10; echo oops >&2; exit 7")) {
            assertEquals(7, exec.exitCode().get(20, TimeUnit.SECONDS));
        }
        assertEquals("over stdin", out.toString(StandardCharsets.UTF_8));
        assertEquals("oops\n", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void logsAreWhatThePodsAnnotationsSay() {
        deploy("web", "life.test/log: listening on 8080");
        assertEquals("listening on 8080\n", client.pods().inNamespace(namespace).withName(readyPod("web")).getLog());
    }

    @Test
    void aLimitedServiceAccountMayDoOnlyWhatItsRoleSays() {
        var file = cluster.kubeconfigFor(namespace, LocalCluster.rule("", "configmaps", "get", "list"));
        try (KubernetesClient limited = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(file.toFile())).build()) {
            assertTrue(limited.configMaps().inNamespace(namespace).list().getItems().size() > 0);
            var refused = assertThrows(KubernetesClientException.class, () -> limited.secrets().inNamespace(namespace).list());
            assertEquals(403, refused.getCode());
        }
    }

    private void deploy(String name, String annotation) {
        client.load(new ByteArrayInputStream("""
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: %1$s}
            spec:
              selector: {matchLabels: {app: %1$s}}
              template:
                metadata:
                  labels: {app: %1$s}
                  annotations: {%2$s}
                spec:
                  containers: [{name: %1$s, image: "%1$s:1.0"}]
            """.formatted(name, annotation).getBytes(StandardCharsets.UTF_8))).inNamespace(namespace).serverSideApply();
    }

    private String readyPod(String app) {
        client.apps().deployments().inNamespace(namespace).withName(app)
            .waitUntilCondition(it -> it.getStatus().getAvailableReplicas() != null, 30, TimeUnit.SECONDS);
        Pod pod = client.pods().inNamespace(namespace).withLabel("app", app).list().getItems().get(0);
        return pod.getMetadata().getName();
    }
}
