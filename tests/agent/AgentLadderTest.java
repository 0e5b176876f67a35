import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;

import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSetBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceRuleBuilder;
import org.junit.jupiter.api.Test;

/** The ladder's rules: when deploy/codex is there, when it can still come, and when it will not. */
class AgentLadderTest {
    private static final String NEW = "uid-new";

    private static Deployment deployment() {
        return new DeploymentBuilder().withNewMetadata().withName("codex").withNamespace("ns").withUid("uid-deploy").withGeneration(2L).endMetadata()
            .withNewSpec().withReplicas(1).withNewTemplate().withNewSpec().withServiceAccountName("codex").addNewContainer().withName("codex").withImage("codex:2").endContainer()
            .endSpec().endTemplate().endSpec().withNewStatus().withObservedGeneration(2L).endStatus().build();
    }

    private static ReplicaSet set(String uid, String revision, String image) {
        return new ReplicaSetBuilder().withNewMetadata().withName("codex-" + uid).withUid(uid).addToAnnotations("deployment.kubernetes.io/revision", revision)
            .addNewOwnerReference().withUid("uid-deploy").endOwnerReference().endMetadata()
            .withNewSpec().withNewTemplate().withNewSpec().addNewContainer().withName("codex").withImage(image).endContainer().endSpec().endTemplate().endSpec().build();
    }

    private static Pod pod(String name, String owner, boolean ready) {
        return new PodBuilder().withNewMetadata().withName(name).withNamespace("ns").withUid("uid-" + name).withCreationTimestamp("2026-01-01T00:00:00Z")
            .addNewOwnerReference().withUid(owner).endOwnerReference().endMetadata()
            .withNewSpec().addNewContainer().withName("sidecar").endContainer().addNewContainer().withName("codex").endContainer().endSpec()
            .withNewStatus().withPhase("Running").addNewCondition().withType("Ready").withStatus(ready ? "True" : "False").endCondition().endStatus().build();
    }

    private static prompt_run.Prospect judge(Deployment deployment, Pod... pods) {
        return prompt_run.DeployView.judge(new prompt_run.DeployView("codex", "ns", "Active", deployment, List.of(set("uid-old", "9", "codex:1"), set(NEW, "10", "codex:2")),
            List.of(pods), false));
    }

    @Test
    void aReadyPodOfTheNewestReplicaSetIsTheOne() {
        assertEquals("b", judge(deployment(), pod("a", "uid-old", true), pod("b", NEW, true)).pod().getMetadata().getName());
    }

    @Test
    void aReadyPodOfAnOlderReplicaSetIsNot() {
        assertNull(judge(deployment(), pod("a", "uid-old", true)).pod());
        assertNull(judge(deployment(), pod("a", "uid-old", true), pod("b", NEW, false)).pod());
    }

    @Test
    void aPodThatIsBeingDeletedIsNot() {
        Pod leaving = pod("b", NEW, true);
        leaving.getMetadata().setDeletionTimestamp("2026-01-01T00:00:01Z");
        assertNull(judge(deployment(), leaving).pod());
    }

    @Test
    void aGenerationThatNobodyHasSeenYetIsWaitedFor() {
        Deployment fresh = deployment();
        fresh.getMetadata().setGeneration(3L);
        prompt_run.Prospect prospect = judge(fresh, pod("b", NEW, true));
        assertNull(prospect.pod());
        assertNull(prospect.blocked());
    }

    @Test
    void aDeploymentScaledToZeroStandsInTheWay() {
        Deployment none = deployment();
        none.getSpec().setReplicas(0);
        assertEquals("deploy/codex is scaled to 0", judge(none).blocked());
    }

    @Test
    void aNamespaceThatIsGoingIsHopelessAtOnce() {
        var view = new prompt_run.DeployView("codex", "ns", "Terminating", deployment(), List.of(), List.of(), false);
        assertTrue(prompt_run.DeployView.judge(view).atOnce());
        assertTrue(prompt_run.DeployView.judge(new prompt_run.DeployView("codex", "ns", "NotFound", null, List.of(), List.of(), false)).atOnce());
    }

    @Test
    void whatThePodWaitsForIsToldAndOnlyTerminalReasonsStandInTheWay() {
        for (String reason : List.of("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "CrashLoopBackOff", "RunContainerError")) {
            assertNotNull(judge(deployment(), waiting(reason)).blocked(), reason);
        }
        for (String reason : List.of("ContainerCreating", "PodInitializing")) {
            assertNull(judge(deployment(), waiting(reason)).blocked(), reason);
        }
        assertTrue(judge(deployment(), waiting("ImagePullBackOff")).imageFault());
        assertFalse(judge(deployment(), waiting("CrashLoopBackOff")).imageFault());
    }

    private static Pod waiting(String reason) {
        return new PodBuilder(pod("b", NEW, false)).editStatus().withContainerStatuses(new ContainerStatusBuilder().withName("codex").withImage("codex:2")
            .withNewState().withNewWaiting().withReason(reason).endWaiting().endState().build()).endStatus().build();
    }

    @Test
    void theContainerIsTheOneAskedForThenKubectlsThenTheOneNamedLikeTheDeployment() throws Exception {
        Pod pod = pod("b", NEW, true);
        assertEquals("codex", prompt_run.DeployView.container(pod, "codex", null));
        assertEquals("sidecar", prompt_run.DeployView.container(pod, "codex", "sidecar"));
        assertEquals("sidecar", prompt_run.DeployView.container(pod, "other", null));
        pod.getMetadata().setAnnotations(Map.of("kubectl.kubernetes.io/default-container", "sidecar"));
        assertEquals("sidecar", prompt_run.DeployView.container(pod, "codex", null));
        org.junit.jupiter.api.Assertions.assertThrows(prompt_run.NoPlace.class, () -> prompt_run.DeployView.container(pod, "codex", "nobody"));
    }

    @Test
    void aRestartedOrReplacedContainerIsAnotherPlace() {
        Pod before = running("containerd://1", 0);
        prompt_run.Pin pin = prompt_run.Pin.of(before, "codex");
        assertNull(pin.difference(running("containerd://1", 0)));
        assertTrue(pin.difference(running("containerd://2", 0)).contains("was restarted"));
        assertTrue(pin.difference(running("containerd://1", 1)).contains("was restarted"));
        assertTrue(pin.difference(null).contains("is gone"));
        Pod other = running("containerd://1", 0);
        other.getMetadata().setUid("somebody else");
        assertTrue(pin.difference(other).contains("is gone"));
        Pod ended = running("containerd://1", 0);
        ended.getStatus().setPhase("Failed");
        ended.getStatus().setReason("Evicted");
        assertTrue(pin.difference(ended).contains("Evicted"));
    }

    private static Pod running(String containerId, int restarts) {
        return new PodBuilder(pod("b", NEW, true)).editStatus().withContainerStatuses(new ContainerStatusBuilder().withName("codex").withContainerID(containerId)
            .withRestartCount(restarts).build()).endStatus().build();
    }

    @Test
    void nobodyGrantsWhatHeDoesNotHold() {
        var held = new ResourceRuleBuilder().withApiGroups("").withResources("pods").withVerbs("get", "list").build();
        assertTrue(prompt_run.Rbac.covers(held, "", "pods", "get"));
        assertFalse(prompt_run.Rbac.covers(held, "", "pods", "delete"));
        assertFalse(prompt_run.Rbac.covers(held, "apps", "pods", "get"));
        var one = new ResourceRuleBuilder(held).withResourceNames("only-this").build();
        assertFalse(prompt_run.Rbac.covers(one, "", "pods", "get"));
    }

    @Test
    void anAgentsRoleNeverNamesSecretsOrRights() {
        for (boolean plans : List.of(true, false)) {
            for (var rule : prompt_run.Rbac.wanted(plans)) {
                assertFalse(rule.getResources().contains("secrets") || rule.getApiGroups().contains("rbac.authorization.k8s.io") && !List.of("get", "list").containsAll(rule.getVerbs()) || rule.getVerbs().contains("*"), rule.toString());
                assertFalse(plans && !List.of("get", "list", "watch").containsAll(rule.getVerbs()), "an agent that plans may change something: " + rule);
            }
        }
    }
}
