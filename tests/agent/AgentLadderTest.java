import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Map;

import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
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
    private static final Instant NOW = Instant.parse("2026-01-01T00:10:00Z");

    private static Deployment deployment() {
        return new DeploymentBuilder().withNewMetadata().withName("codex").withNamespace("ns")
            .withUid("uid-deploy").withGeneration(2L).endMetadata()
            .withNewSpec().withReplicas(1).withNewTemplate().withNewSpec().withServiceAccountName("codex")
            .addNewContainer().withName("codex").withImage("codex:2").endContainer()
            .endSpec().endTemplate().endSpec().withNewStatus().withObservedGeneration(2L).endStatus().build();
    }

    private static ReplicaSet set(String uid, String revision, String image) {
        return new ReplicaSetBuilder().withNewMetadata().withName("codex-" + uid)
            .withUid(uid).addToAnnotations("deployment.kubernetes.io/revision", revision)
            .addNewOwnerReference().withUid("uid-deploy").endOwnerReference().endMetadata()
            .withNewSpec().withNewTemplate().withNewSpec().addNewContainer().withName("codex")
            .withImage(image).endContainer().endSpec().endTemplate().endSpec().build();
    }

    private static Pod pod(String name, String owner, boolean ready) {
        return new PodBuilder().withNewMetadata().withName(name).withNamespace("ns")
            .withUid("uid-" + name).withCreationTimestamp("2026-01-01T00:00:00Z")
            .addNewOwnerReference().withUid(owner).endOwnerReference().endMetadata()
            .withNewSpec().addNewContainer().withName("sidecar").endContainer().addNewContainer().withName("codex").endContainer().endSpec()
            .withNewStatus().withPhase("Running").addNewCondition().withType("Ready")
            .withStatus(ready ? "True" : "False").endCondition().endStatus().build();
    }

    private static prompt_run.Prospect judge(Deployment deployment, Pod... pods) {
        return prompt_run.DeployView.judge(new prompt_run.DeployView("codex",
            "ns", "Active", deployment, List.of(set("uid-old", "9", "codex:1"), set(NEW, "10", "codex:2")),
            List.of(pods), false), NOW);
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
        assertTrue(prompt_run.DeployView.judge(view, NOW).atOnce());
        assertTrue(prompt_run.DeployView.judge(new prompt_run.DeployView("codex", "ns", "NotFound", null, List.of(), List.of(), false), NOW)
            .atOnce());
    }

    @Test
    void whatThePodWaitsForIsToldAndOnlyTerminalReasonsStandInTheWay() {
        for (String reason : List.of("ErrImagePull", "ImagePullBackOff", "InvalidImageName",
            "CreateContainerConfigError", "CreateContainerError", "CrashLoopBackOff", "RunContainerError")) {
            assertNotNull(judge(deployment(), waiting(reason)).blocked(), reason);
        }
        for (String reason : List.of("ContainerCreating", "PodInitializing")) {
            assertNull(judge(deployment(), waiting(reason)).blocked(), reason);
        }
        assertTrue(judge(deployment(), waiting("ImagePullBackOff")).imageFault());
        assertFalse(judge(deployment(), waiting("CrashLoopBackOff")).imageFault());
    }

    private static Pod waiting(String reason) {
        return new PodBuilder(pod("b", NEW, false)).editStatus()
            .withContainerStatuses(new ContainerStatusBuilder().withName("codex").withImage("codex:2")
            .withNewState().withNewWaiting().withReason(reason).endWaiting().endState().build()).endStatus().build();
    }

    @Test
    void aPodThatFailedIsToldByItsContainersWhereItHasNoReasonOfItsOwn() {
        Pod failed = ended("StartError", 128, "exec: \"sh\": executable file not found in $PATH: unknown", 0);
        failed.getStatus().setPhase("Failed");
        assertEquals("pod/b failed: container codex: StartError, exit code 128: exec: \"sh\": executable file not found in $PATH: unknown",
            judge(deployment(), failed).blocked());
        Pod killed = ended("OOMKilled", 137, null, 0);
        killed.getStatus().setPhase("Failed");
        assertEquals("pod/b failed: container codex: OOMKilled, exit code 137", judge(deployment(), killed).blocked());
        failed.getStatus().setReason("Evicted");
        failed.getStatus().setMessage("The node was low on resource: memory.");
        assertEquals("pod/b failed: Evicted: The node was low on resource: memory.", judge(deployment(), failed).blocked());
        Pod silent = pod("b", NEW, false);
        silent.getStatus().setPhase("Failed");
        assertEquals("pod/b failed, and says no reason", judge(deployment(), silent).blocked());
    }

    /** The new pod is what may come; the old one stays until somebody removes it. */
    @Test
    void aPodThatFailedDoesNotCountBesideOneThatStarts() {
        Pod evicted = pod("a", NEW, false);
        evicted.getStatus().setPhase("Failed");
        evicted.getStatus().setReason("Evicted");
        assertNull(judge(deployment(), evicted, waiting("ContainerCreating")).blocked());
        assertEquals("pod/a failed: Evicted", judge(deployment(), evicted).blocked());
    }

    @Test
    void aPodThatIsNeverRestartedHasFailedForGood() {
        Pod failed = ended("Error", 1, null, 0);
        failed.getStatus().setPhase("Failed");
        assertFalse(prompt_run.DeployView.judgePod(failed).atOnce(), "its ReplicaSet makes a new one");
        failed.getSpec().setRestartPolicy("Never");
        assertTrue(prompt_run.DeployView.judgePod(failed).atOnce());
    }

    @Test
    void aCrashLoopIsToldWithItsExitCodeAlsoBetweenTwoWaits() {
        Pod looping = new PodBuilder(waiting("CrashLoopBackOff")).editStatus().editContainerStatus(0).withRestartCount(4)
            .withNewLastState().withNewTerminated().withReason("Error").withExitCode(3).endTerminated().endLastState()
            .endContainerStatus().endStatus().build();
        assertEquals("pod/b: container codex: CrashLoopBackOff (image codex:2), restarted 4 times, last: Error, exit code 3",
            judge(deployment(), looping).blocked());
        assertEquals("pod/b: container codex: Error, exit code 3, restarted once", judge(deployment(), ended("Error", 3, null, 1))
            .blocked());
        assertEquals("pod/b: container codex: Completed, exit code 0, restarted 2 times",
            judge(deployment(), ended("Completed", 0, null, 2)).blocked());
        assertEquals("pod/b: container codex: StartError, exit code 128: no such file",
            judge(deployment(), ended("StartError", 128, "no such file", 0)).blocked());
    }

    @Test
    void aFirstCrashMayBeTheLast() {
        var once = judge(deployment(), ended("Error", 3, null, 0));
        assertNull(once.blocked());
        assertEquals("pod/b is not ready: container codex: Error, exit code 3", once.pending());
        assertFalse(once.again());
    }

    @Test
    void whatRunsAgainAfterACrashIsToldSo() {
        var prospect = judge(deployment(), again("2026-01-01T00:00:00Z", false));
        assertNull(prospect.blocked());
        assertEquals("pod/b runs again after a crash: container codex: restarted 2 times, last: Error, exit code 3", prospect.pending());
        assertTrue(prospect.again());
        assertFalse(judge(deployment(), waiting("ContainerCreating")).again());
    }

    /** What crashes every few seconds is ready in between, and an agent that starts in it is lost. */
    @Test
    void aPodThatRunsAgainIsReadyWhenItHasRunForAWhile() {
        assertTrue(judge(deployment(), again("2026-01-01T00:09:45Z", true)).again());
        assertNotNull(judge(deployment(), again("2026-01-01T00:09:25Z", true)).pod());
        assertNotNull(judge(deployment(), again("2026-01-01T00:11:00Z", true)).pod(), "the clocks differ: nobody knows");
        Pod first = again("2026-01-01T00:09:59Z", true);
        first.getStatus().getContainerStatuses().get(0).setRestartCount(0);
        first.getStatus().getContainerStatuses().get(0).setLastState(null);
        assertNotNull(judge(deployment(), first).pod(), "it never crashed");
    }

    private static Pod again(String since, boolean ready) {
        Pod again = ended("Error", 3, null, 2);
        again.getStatus().getConditions().get(0).setStatus(ready ? "True" : "False");
        var status = again.getStatus().getContainerStatuses().get(0);
        status.setLastState(status.getState());
        status.setState(new ContainerStateBuilder().withNewRunning().withStartedAt(since).endRunning().build());
        return again;
    }

    @Test
    void anInitContainerThatEndedWellIsNoCrash() {
        Pod starting = new PodBuilder(waiting("PodInitializing")).editStatus().withInitContainerStatuses(
            new ContainerStatusBuilder(ended("Completed", 0, null, 1).getStatus().getContainerStatuses().get(0)).withName("init").build())
            .endStatus().build();
        assertEquals("pod/b is not ready: container codex: PodInitializing", judge(deployment(), starting).pending());
        starting.getStatus().getInitContainerStatuses().get(0).getState().getTerminated().setExitCode(7);
        assertEquals("pod/b: container init: Completed, exit code 7, restarted once", judge(deployment(), starting).blocked());
    }

    private static Pod ended(String reason, int code, String message, int restarts) {
        return new PodBuilder(pod("b", NEW, false)).editStatus().withContainerStatuses(new ContainerStatusBuilder().withName("codex")
            .withRestartCount(restarts).withNewState().withNewTerminated().withReason(reason).withExitCode(code).withMessage(message)
            .endTerminated().endState().build()).endStatus().build();
    }

    /** A second agent elsewhere would work on the same branch. */
    @Test
    void whereAnAgentIsAtWorkAlreadyNoOtherPlaceIsTried() throws Exception {
        try (AgentLab lab = new AgentLab()) {
            for (boolean busy : List.of(true, false)) {
                var tried = new java.util.ArrayList<String>();
                assertNull(new prompt_run.Ladder(lab.setup("--fallback", "pod,runner")).climb(rung -> {
                    tried.add(rung);
                    throw new prompt_run.NoPlace("no", busy);
                }));
                assertEquals(busy ? List.of("deploy") : List.of("deploy", "pod", "runner"), tried);
            }
        }
    }

    @Test
    void theContainerIsTheOneAskedForThenKubectlsThenTheOneNamedLikeTheDeployment() throws Exception {
        Pod pod = pod("b", NEW, true);
        assertEquals("codex", prompt_run.DeployView.container(pod, "codex", null));
        assertEquals("sidecar", prompt_run.DeployView.container(pod, "codex", "sidecar"));
        assertEquals("sidecar", prompt_run.DeployView.container(pod, "other", null));
        pod.getMetadata().setAnnotations(Map.of("kubectl.kubernetes.io/default-container", "sidecar"));
        assertEquals("sidecar", prompt_run.DeployView.container(pod, "codex", null));
        org.junit.jupiter.api.Assertions.assertThrows(prompt_run.NoPlace.class, () ->
            prompt_run.DeployView.container(pod, "codex", "nobody"));
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
        Pod over = running("containerd://1", 0);
        over.getStatus().getContainerStatuses().get(0)
            .setState(ended("OOMKilled", 137, null, 0).getStatus().getContainerStatuses().get(0).getState());
        assertEquals("pod/b: container codex ended (OOMKilled, exit code 137)", pin.difference(over));
        over.getStatus().getContainerStatuses().get(0).setRestartCount(1);
        assertEquals("pod/b: container codex ended (OOMKilled, exit code 137) and was restarted", pin.difference(over));
        Pod ended = running("containerd://1", 0);
        ended.getStatus().setPhase("Failed");
        ended.getStatus().setReason("Evicted");
        assertTrue(pin.difference(ended).contains("Evicted"));
    }

    private static Pod running(String containerId, int restarts) {
        return new PodBuilder(pod("b", NEW, true)).editStatus()
            .withContainerStatuses(new ContainerStatusBuilder().withName("codex").withContainerID(containerId)
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
                assertFalse(rule.getResources().contains("secrets") || rule.getApiGroups().contains("rbac.authorization.k8s.io")
                    && !List.of("get", "list").containsAll(rule.getVerbs()) || rule.getVerbs().contains("*"), rule.toString());
                assertFalse(plans && !List.of("get", "list", "watch").containsAll(rule.getVerbs()),
                    "an agent that plans may change something: " + rule);
            }
        }
    }

    private static final prompt_run.Prospect BLOCKED = prompt_run.Prospect.blocked("deploy/codex: image not found");

    /** Looks as long as there are some; the last one again and again. */
    private static prompt_run.Prospect keep(prompt_run.Prospect... looks) throws Exception {
        return keep("30s", AgentLab.HASTY, looks);
    }

    private static prompt_run.Prospect keep(String wait, prompt_run.Patience patience, prompt_run.Prospect... looks) throws Exception {
        try (AgentLab lab = new AgentLab()) {
            var next = new java.util.ArrayDeque<>(java.util.List.of(looks));
            var setup = lab.setup("--agent-wait", wait);
            return new prompt_run.Vigil(new prompt_run.RunSetup("1", setup.settings(), "ns", patience, setup.log(), setup.notes()),
                "deploy/codex")
                .keep(() -> next.size() > 1 ? next.poll() : next.peek());
        }
    }

    @Test
    void whatBlocksForAMomentIsNotGivenUp() throws Exception {
        var pending = prompt_run.Prospect.pending("starting");
        var ready = prompt_run.Prospect.ready(new io.fabric8.kubernetes.api.model.Pod());
        assertNotNull(keep(BLOCKED, ready).pod());
        var looks = new java.util.ArrayList<prompt_run.Prospect>();
        for (int i = 0; i < 12; i++) { // longer than what is certain, but never without a break
            looks.addAll(java.util.List.of(BLOCKED, pending));
        }
        looks.add(ready);
        assertNotNull(keep(looks.toArray(prompt_run.Prospect[]::new)).pod());
    }

    /** Between two crashes it runs, and is ready for nobody. */
    @Test
    void whatCrashesAgainAndAgainIsGivenUpLongBeforeTheWaitIsOver() throws Exception {
        var looks = new java.util.ArrayList<prompt_run.Prospect>();
        for (int i = 0; i < 30; i++) {
            looks.addAll(java.util.List.of(BLOCKED, prompt_run.Prospect.again("runs again")));
        }
        looks.add(prompt_run.Prospect.ready(new Pod()));
        assertEquals("deploy/codex: image not found", keep(looks.toArray(prompt_run.Prospect[]::new)).reason());
        assertNotNull(keep(BLOCKED, prompt_run.Prospect.again("runs again"), prompt_run.Prospect.ready(new Pod())).pod());
        assertEquals("runs again (waited 2 s)", keep("2s", AgentLab.HASTY, BLOCKED, prompt_run.Prospect.again("runs again")).reason(),
            "what runs is not given up");
    }

    @Test
    void whenTheWaitEndsFirstTheReasonStays() throws Exception {
        var slow = prompt_run.Patience.USUAL;
        assertEquals("starting (waited 1 s)", keep("1s", slow, prompt_run.Prospect.pending("starting")).reason());
        assertEquals("deploy/codex: image not found (waited 1 s)", keep("1s", slow, BLOCKED).reason());
        assertTrue(keep("1s", slow, new prompt_run.Prospect(null, "no image", false, true, null, false)).imageFault());
    }

    @Test
    void whatStaysBlockedIsGivenUpLongBeforeTheWaitIsOver() throws Exception {
        assertEquals("deploy/codex: image not found", keep(BLOCKED).reason());
        assertEquals("deploy/codex is scaled to 0", keep(prompt_run.Prospect.never("deploy/codex is scaled to 0")).reason());
    }
}
