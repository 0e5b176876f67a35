//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a pod says of itself and its scheduler of it, at the edges: the second at which patience ends, the count that proves, the field that
 * is named.
 */
class PodFindingsTest {
    private static final String NODE = """
        kind: Node
        metadata: {name: %s, labels: {%s}}
        status: {conditions: [{type: Ready, status: 'True'}, {type: %s, status: '%s', reason: R}]}
        """;

    private static Scene pending(String reason, String message) {
        return new Scene().deploy("web", "", Scene.unscheduled(message).replace("Unschedulable", reason));
    }

    private static Scene unseen() {
        return new Scene().add("kind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: a}]}\nstatus: {phase: Pending}");
    }

    @Test
    void aPodWithoutANodeIsWaitedForUntilItsAgeSaysOtherwise() {
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), pending("NotReadyForScheduling", "x").aged(119).findings());
        assertEquals(List.of("SCHED_NOT_READY Deployment/web"), pending("NotReadyForScheduling", "x").aged(120).findings());
        assertEquals(List.of("STILL_PROGRESSING Pod/web"), unseen().aged(59).findings());
        assertEquals(List.of("SCHED_SCHEDULER_MISSING Pod/web"), unseen().aged(60).findings());
        assertEquals(List.of("UNKNOWN Deployment/web"), pending("Unschedulable", "").aged(60).findings());
    }

    @Test
    void anAutoscalerIsTrustedForAQuarterOfAnHour() {
        var scene = pending("Unschedulable", "0/1 nodes are available: 1 Insufficient cpu.")
            .event("Pod/web-1-a", "TriggeredScaleUp", 1, "pod triggered scale-up");
        assertEquals(List.of("AUTOSCALING_IN_PROGRESS Deployment/web"), scene.aged(899).findings());
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"), scene.aged(900).findings());
    }

    private static final String CLOSED = "0/2 nodes are available: 1 node(s) had untolerated taint {gpu: yes}, "
        + "1 node(s) didn't match Pod's node affinity/selector.";
    private static final String TERMS = """
        affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
          {matchExpressions: [{key: disk, operator: In, values: [nvme]}]},
          {matchExpressions: [{key: disk, operator: Exists}, {key: disk, operator: In, values: [%s]}]}]}}}
        containers: [{name: web, image: a}]""";

    private static Scene selects(String spec, String message) {
        return new Scene().deploy("web", spec, Scene.unscheduled(message)).add(NODE.formatted("a", "disk: ssd", "Ready", "True"))
            .add(NODE.formatted("b", "", "Ready", "True"));
    }

    @Test
    void aNodeWithTheLabelsThatIsClosedToThePodIsMeant() {
        var fits = "nodeSelector: {disk: ssd}";
        var none = "nodeSelector: {disk: hdd}";
        assertEquals(List.of("SCHED_TAINT Deployment/web"), selects(fits, CLOSED).findings());
        assertEquals(List.of("SCHED_NODE_SELECTOR Deployment/web"), selects(none, CLOSED).findings());
        assertEquals(List.of("SCHED_TAINT Deployment/web"), selects(TERMS.formatted("ssd"), CLOSED).findings());
        assertEquals(List.of("SCHED_NODE_SELECTOR Deployment/web"), selects(TERMS.formatted("hdd"), CLOSED).findings());
        var cordoned = "0/2 nodes are available: 1 node(s) were unschedulable, 1 node(s) didn't match Pod's node affinity/selector.";
        assertEquals(List.of("SCHED_NODES_UNAVAILABLE Deployment/web"), selects(fits, cordoned).findings());
        assertEquals(List.of("SCHED_NODE_SELECTOR Deployment/web"), selects(none, cordoned).findings());
        assertEquals(List.of("SCHED_NODES_UNAVAILABLE Deployment/web"),
            new Scene().deploy("web", none, Scene.unscheduled(cordoned)).findings(), "nobody could look at the nodes");
        assertEquals(List.of("SCHED_NODE_SELECTOR Deployment/web"),
            selects(fits, "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.").findings());
    }

    @Test
    void theTaintIsNamedAndAControlPlanesIsNone() {
        var own = "0/2 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, "
            + "1 node(s) had untolerated taint {gpu: yes}.";
        assertEquals("gpu", ensure_ready.Findings.of(selects("", CLOSED).snapshot()).get(0).param("taint"));
        assertEquals(List.of(ensure_ready.Code.SCHED_TAINT), ensure_ready.Scheduling.codes(own));
        assertEquals(List.of(ensure_ready.Code.SCHED_INSUFFICIENT_RESOURCES), ensure_ready.Scheduling.codes(
            "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }."));
        assertEquals(List.of(ensure_ready.Code.SCHED_TAINT), ensure_ready.Scheduling.codes(
            "0/1 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }."));
        assertEquals(List.of(), ensure_ready.Scheduling.codes("0/1 nodes are available: 1 node(s) did what nobody knows."));
        assertEquals("", ensure_ready.Findings.of(pending("Unschedulable", "0/1 nodes are available: 1 Insufficient cpu.").snapshot())
            .get(0).param("taint"));
    }

    @Test
    void theNewestEventSpeaksForAConditionWithoutAMessage() {
        var scene = pending("Unschedulable", "").event("Pod/web-1-a", "FailedScheduling", 1, "0/1 nodes are available: 1 Insufficient cpu.")
            .event("Pod/web-1-a", "FailedScheduling", 1, "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.");
        assertEquals(List.of("SCHED_TAINT Deployment/web"), scene.findings());
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"), pending("Unschedulable", "0/1: 1 Insufficient cpu.")
            .event("Pod/web-1-a", "FailedScheduling", 1, "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.")
            .findings());
    }

    @Test
    void theOneNodeThatIsShortOfSomethingIsNamedAndOfTwoNone() {
        var message = "0/2 nodes are available: 2 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }.";
        var scene = pending("Unschedulable", message).add(NODE.formatted("a", "", "DiskPressure", "True"))
            .add(NODE.formatted("b", "", "DiskPressure", "False"));
        assertEquals(List.of("NODE_PRESSURE Node/a"), scene.findings());
        assertEquals(List.of("NODE_PRESSURE Deployment/web"), scene.add(NODE.formatted("c", "", "MemoryPressure", "True")).findings());
    }

    @Test
    void aClaimThatIsNotThereIsNamedWhateverTheSchedulerSays() {
        var claimed = "volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]";
        var message = "0/1 nodes are available: 1 Insufficient cpu.";
        assertEquals(List.of("PVC_MISSING PersistentVolumeClaim/data"),
            new Scene().deploy("web", claimed, Scene.unscheduled(message)).none("PersistentVolumeClaim").findings());
        assertEquals(List.of("PVC_MISSING PersistentVolumeClaim/other"), new Scene().deploy("web", claimed,
            Scene.unscheduled("persistentvolumeclaim \"other\" not found")).none("PersistentVolumeClaim").findings());
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"), new Scene().deploy("web", claimed, Scene.unscheduled(message))
            .add("kind: PersistentVolumeClaim\nmetadata: {name: data}\nstatus: {phase: Bound}").findings());
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"), new Scene().none("Secret").deploy("web",
            "volumes: [{name: s, secret: {secretName: gone}}]", Scene.unscheduled(message)).findings());
    }

    private static Scene evicted(int pods, String reason, long apart, String message) {
        var scene = new Scene().deploy("web", "", "phase: Pending");
        scene.snapshot().objects().get("Pod").clear();
        for (int i = 0; i < pods; i++) {
            scene.add("kind: Pod\nmetadata: {name: web-1-" + i + ", owner: ReplicaSet/web-1, creationTimestamp: '"
                + Scene.NOW.minusSeconds(600 - apart * i) + "'}\nspec: {nodeName: n, containers: [{name: web, image: a}]}\n"
                + "status: {phase: Failed, reason: " + reason + ", message: '" + message + "'}");
        }
        return scene;
    }

    @Test
    void threePodsThatFilledTheirOwnDiskLeaveNoHope() {
        var full = "Pod ephemeral local storage usage exceeds the total limit of containers 8Mi.";
        assertEquals("EVICTED_EPHEMERAL_STORAGE Deployment/web FINAL", evicted(3, "Evicted", 60, full)
            .told().replaceFirst("(?s) \\{.*", ""));
        assertEquals("EVICTED_EPHEMERAL_STORAGE Deployment/web OBSERVED",
            evicted(2, "Evicted", 60, full).told().replaceFirst("(?s) \\{.*", ""));
        assertEquals("NODE_PRESSURE Node/n OBSERVED", evicted(3, "Evicted", 60, "The node was low on resource: memory.").told()
            .replaceFirst("(?s) \\{.*", ""));
        var others = evicted(2, "Evicted", 60, full)
            .add("kind: Pod\nmetadata: {name: other, owner: ReplicaSet/other}\nspec: {nodeName: n}\n"
            + "status: {phase: Failed, reason: Evicted, message: '" + full + "'}");
        assertEquals("OBSERVED", ensure_ready.Findings.of(others.snapshot()).stream()
            .filter(f -> f.owner().name().equals("web")).findFirst().get().basis().name());
    }

    @Test
    void onlyTheNewestOfThoseThatEndedSpeaks() {
        var findings = ensure_ready.Findings.of(evicted(3, "NodeShutdown", 60, "").snapshot());
        assertEquals(List.of("web-1-2"), findings.stream().map(ensure_ready.Finding::pod).toList());
        assertEquals(List.of("web-1-2"), ensure_ready.Findings.of(evicted(3, "NodeShutdown", 0, "").snapshot()).stream()
            .filter(f -> f.pod().equals("web-1-2")).map(ensure_ready.Finding::pod).toList());
        assertEquals("NODE_NOT_READY Node/n OBSERVED {node=n}\n  status pod/web-1-0/status.reason NodeShutdown: gone\n",
            evicted(1, "NodeShutdown", 0, "gone").told());
    }
}
