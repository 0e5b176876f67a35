import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.client.ConfigBuilder;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The API server goes away under a wait, or shows it little: on a cluster of the test's own. */
@Tag("cluster")
class WaitOutageClusterTest {
    @Test
    void anApiServerThatIsAwayForAMinuteChangesNoVerdict() throws Exception {
        try (var cluster = LocalCluster.start()) {
            var heals = new WaitLab(cluster, "heals").apply(WaitLab.deployment("web", "web:1", "life.test/after: 20s", ""));
            var stays = new WaitLab(cluster, "stays").apply(WaitLab.deployment("web", "web:nope", "life.test/is: registry-down", ""));
            var ready = heals.start(300);
            var late = stays.start(75);
            Thread.sleep(5000);
            cluster.stopApiServer();
            Thread.sleep(60_000);
            assertFalse(ready.isDone(), "must go on while the server is away");
            cluster.startApiServer();
            assertEquals("ready", ready.get().outcome(), ready.get().toString());
            var over = late.get().took().minusSeconds(75);
            assertFalse(late.get().judgement().ready());
            assertTrue(over.compareTo(Duration.ofSeconds(2)) < 0, "promised: the deadline holds within 2 s; it was over by " + over);
        }
    }

    @Test
    void aRoleOfTheNamespaceAloneGivesTheSameVerdictsAndSaysWhatWasMissing() throws Exception {
        var cluster = LocalCluster.shared();
        var good = new WaitLab(cluster, "role").apply(WaitLab.deployment("web", "web:1", "", ""));
        var bad = new WaitLab(cluster, "rolebad").apply(WaitLab.deployment("web", "web:nope", "life.test/is: image-not-found", ""));
        assertEquals("ready", good.start(60, limited(cluster, good)).get().outcome());
        var failed = bad.start(90, limited(cluster, bad)).get();
        assertEquals("failed", failed.outcome(), failed.toString());
        assertTrue(failed.codes().contains("IMAGE_NOT_FOUND"), failed.toString());
        assertTrue(failed.judgement().snapshot().limited().contains("events: forbidden"), failed.toString());
    }

    /** Without events, and without anything of the cluster. */
    private static io.fabric8.kubernetes.client.Config limited(LocalCluster cluster, WaitLab lab) {
        var kubeconfig = cluster
            .kubeconfigFor(lab.namespace, LocalCluster.rule("", "pods,services,persistentvolumeclaims", "get", "list", "watch"),
            LocalCluster.rule("apps", "deployments,replicasets,statefulsets,daemonsets", "get", "list", "watch"),
                LocalCluster.rule("batch", "jobs", "get", "list", "watch"));
        return new ConfigBuilder(ensure_ready.Kubeconfig.read(kubeconfig, null)).build();
    }
}
