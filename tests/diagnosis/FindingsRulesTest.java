//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one object says of itself, at the edges: the second at which patience ends, the count that proves, the field that is named. */
class FindingsRulesTest {
    private static final String NODE = """
        kind: Node
        metadata: {name: %s, labels: {%s}}
        status: {conditions: [{type: Ready, status: 'True'}, {type: %s, status: '%s', reason: R}]}
        """;

    /** The findings as {@code CODE Kind/name}, for a pod and its workload of this age. */
    private static List<String> after(long seconds, Scene scene) {
        var born = Scene.NOW.minus(Duration.ofSeconds(seconds)).toString();
        scene.snapshot().all("Pod").forEach(p -> ((tools.jackson.databind.node.ObjectNode) p.json().get("metadata"))
            .put("creationTimestamp", born));
        return scene.findings();
    }

    private static Scene pending(String reason, String message) {
        return new Scene().deploy("web", "", Scene.unscheduled(message).replace("Unschedulable", reason));
    }

    private static Scene unseen() {
        return new Scene().add("kind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: a}]}\nstatus: {phase: Pending}");
    }

    @Test
    void aPodWithoutANodeIsWaitedForUntilItsAgeSaysOtherwise() {
        assertEquals(List.of("STILL_PROGRESSING Deployment/web"), after(119, pending("NotReadyForScheduling", "x")));
        assertEquals(List.of("SCHED_NOT_READY Deployment/web"), after(120, pending("NotReadyForScheduling", "x")));
        assertEquals(List.of("STILL_PROGRESSING Pod/web"), after(59, unseen()));
        assertEquals(List.of("SCHED_SCHEDULER_MISSING Pod/web"), after(60, unseen()));
        assertEquals(List.of("UNKNOWN Deployment/web"), after(60, pending("Unschedulable", "")));
    }

    @Test
    void anAutoscalerIsTrustedForAQuarterOfAnHour() {
        var scene = pending("Unschedulable", "0/1 nodes are available: 1 Insufficient cpu.")
            .event("Pod/web-1-a", "TriggeredScaleUp", 1, "pod triggered scale-up");
        assertEquals(List.of("AUTOSCALING_IN_PROGRESS Deployment/web"), after(899, scene));
        assertEquals(List.of("SCHED_INSUFFICIENT_RESOURCES Deployment/web"), after(900, scene));
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
            .event("Pod/web-1-a", "FailedScheduling", 1, "0/1 nodes are available: 1 node(s) had untolerated taint {gpu: yes}.").findings());
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
}
