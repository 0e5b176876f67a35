import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** When a certain failure ends the wait: not before the others have told what they lack, and no later than that. */
class CertainEndTest {
    private static final String NO_IMAGE = CertaintyTest.waiting("ErrImagePull", "api:1: not found");
    private static final String STARTING = CertaintyTest.DATABASE.replace("readyReplicas: 1, availableReplicas: 1, ", "")
        .replace("type: Ready, status: \"True\"", "type: Ready, status: \"False\"").replace("ready: true", "ready: false");

    @Test
    void aCertainFailureEndsTheWaitAtOnceWhenNothingIsLeftToLearn() {
        new CertaintyTest.Film().during(0, 9, CertaintyTest.DEPLOYMENT, NO_IMAGE)
            .ends(false).at(10, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
        new CertaintyTest.Film().during(0, 10, CertaintyTest.DATABASE, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
    }

    @Test
    void whatIsStillStartingGetsFortyFiveSecondsToTellItsOwnCause() {
        new CertaintyTest.Film().during(0, 10, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE)
            .certain("IMAGE_NOT_FOUND").during(11, 54, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(false)
            .at(55, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
        var told = STARTING.replace("state: {running: {}}",
            "state: {waiting: {reason: ImagePullBackOff, message: 'dial tcp: i/o timeout'}}");
        new CertaintyTest.Film().during(0, 20, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE)
            .ends(false).at(21, told, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
        new CertaintyTest.Film().during(0, 20, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE)
            .ends(false).at(21, CertaintyTest.DATABASE, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
    }

    @Test
    void aProvisionerThatIsNotThereIsNamedBeforeTheOthersHadTheirTime() {
        var claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: shop, uid: c1, "
            + "creationTimestamp: '2026-01-01T10:00:00Z'}, spec: {storageClassName: fast}, status: {phase: Pending}}";
        var type = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: example.com/disk, "
            + "volumeBindingMode: Immediate}";
        var event = "{apiVersion: v1, kind: Event, metadata: {name: e, namespace: shop}, reason: ExternalProvisioning, type: Normal, "
            + "count: 3, lastTimestamp: '2026-01-01T10:00:05Z', involvedObject: {kind: PersistentVolumeClaim, name: data, "
            + "namespace: shop, uid: c1}, message: \"Waiting for a volume to be created either by the external provisioner "
            + "'example.com/disk' or manually by the system administrator.\"}";
        new CertaintyTest.Film().during(0, 10, claim, type, event, CertaintyTest.DEPLOYMENT, NO_IMAGE)
            .certain("IMAGE_NOT_FOUND").during(11, 39, claim, type, event, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(false)
            .at(40, claim, type, event, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
        new CertaintyTest.Film().during(0, 600, claim, type, event).certain();
    }

    @Test
    void aFailureThatHealsMeanwhileStopsItsClock() {
        var running = CertaintyTest.pod("restartCount: 0, state: {running: {startedAt: '2026-01-01T10:00:30Z'}}");
        new CertaintyTest.Film().during(0, 30, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE)
            .during(31, 40, STARTING, CertaintyTest.DEPLOYMENT, running)
            .during(41, 60, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE).certain("IMAGE_NOT_FOUND").ends(false);
    }

    @Test
    void aServiceTellsNothingThatItsPodsDoNot() {
        var service = "{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop, uid: v1}, spec: {clusterIP: 10.0.0.1, "
            + "selector: {app: api}, ports: [{port: 80}]}}";
        var film = new CertaintyTest.Film(new ensure_ready.WaitSettings("codex", true, false, true, ReadinessTest.NOW.minusSeconds(5)));
        film.applied.add(ReadinessTest.applied(CertaintyTest.DEPLOYMENT, 1, "d1"));
        film.applied.add(ReadinessTest.applied(service, 0, "v1"));
        var slices = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: api-x, namespace: shop, "
            + "labels: {kubernetes.io/service-name: api}}, endpoints: []}";
        film.during(0, 10, CertaintyTest.DEPLOYMENT, NO_IMAGE, service, slices).ends(true);
    }

    @Test
    void whatIsStillToBeAppliedIsNeitherReadyNorToBlame() {
        var film = new CertaintyTest.Film(new ensure_ready.WaitSettings("codex", true, false, true, ReadinessTest.NOW.minusSeconds(5)));
        film.applied.add(ReadinessTest.applied(CertaintyTest.DEPLOYMENT, 1, "d1").with(ensure_ready.Result.pending));
        film.during(0, 60, CertaintyTest.DEPLOYMENT, NO_IMAGE).certain();
        film.applied.set(0, ReadinessTest.applied(CertaintyTest.DEPLOYMENT, 1, "d1"));
        film.during(61, 70, CertaintyTest.DEPLOYMENT, NO_IMAGE).certain().at(71, CertaintyTest.DEPLOYMENT, NO_IMAGE)
            .certain("IMAGE_NOT_FOUND");
    }

    @Test
    void whatIsTriedAgainHasToldItsCauseAndIsNoFailureYet() {
        var film = new CertaintyTest.Film(new ensure_ready.WaitSettings("codex", true, false, true, ReadinessTest.NOW.minusSeconds(5)));
        var widget = ReadinessTest.applied("{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: shop}}", 0, "")
            .failed("no matches for kind").with(ensure_ready.Result.pending);
        film.applied.add(widget);
        film.applied.add(ReadinessTest.applied(CertaintyTest.DATABASE, 1, "s1"));
        film.during(0, 60, CertaintyTest.DATABASE).certain().ends(false);
        film.applied.add(ReadinessTest.applied(CertaintyTest.DEPLOYMENT, 1, "d1"));
        film.during(61, 71, CertaintyTest.DATABASE, CertaintyTest.DEPLOYMENT, NO_IMAGE).certain("IMAGE_NOT_FOUND").ends(true);
    }

    @Test
    void theLastPullErrorIsRememberedForKubeletsThatDoNotRepeatIt() {
        var before = ReadinessTest.obj(CertaintyTest.waiting("ErrImagePull", "rpc error: code = NotFound desc = api:1: not found"));
        var after = ReadinessTest.obj(CertaintyTest.waiting("ImagePullBackOff", "Back-off pulling image \"api:1\""));
        var said = ensure_ready.Slim.remembering(before, after).text("/status/containerStatuses/0/state/waiting/message");
        assertEquals("Back-off pulling image \"api:1\": ErrImagePull: rpc error: code = NotFound desc = api:1: not found", said);
        assertEquals(said, ensure_ready.Slim.remembering(ReadinessTest.obj(CertaintyTest.waiting("ImagePullBackOff", said)),
            ReadinessTest.obj(CertaintyTest.waiting("ImagePullBackOff", "Back-off pulling image \"api:1\"")))
            .text("/status/containerStatuses/0/state/waiting/message"));
    }

    @Test
    void aPodThatFitsNowhereForSeveralReasonsHasTheGraceOfTheRoomThatMayBeMade() {
        var mixed = CertaintyTest.unschedulable("0/3 nodes are available: 1 Insufficient cpu, "
            + "2 node(s) didn't match Pod's node affinity/selector.");
        new CertaintyTest.Film().during(0, 119, CertaintyTest.DEPLOYMENT, mixed)
            .certain().at(120, CertaintyTest.DEPLOYMENT, mixed).certain("SCHED_INSUFFICIENT_RESOURCES");
        var cordoned = CertaintyTest.unschedulable("0/3 nodes are available: 1 node(s) were unschedulable, "
            + "2 node(s) had untolerated taint {a: b}.");
        new CertaintyTest.Film().during(0, 300, CertaintyTest.DEPLOYMENT, cordoned).certain();
    }

    @Test
    void withoutEventsAnAutoscalerGetsAMinute() {
        var selector = CertaintyTest.unschedulable("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.");
        for (int second : new int[] {59, 60}) {
            assertEquals(second == 60 ? "[SCHED_NODE_SELECTOR]" : "[]", blind(second, selector));
            assertEquals("[]", blind(second, CertaintyTest.unschedulable("0/3 nodes are available: 3 Insufficient cpu.")),
                "its own grace is longer");
        }
    }

    private static String blind(int second, String pod) {
        var settings = new ensure_ready.WaitSettings("codex", false, false, true, null);
        var memory = ensure_ready.WaitMemory.NONE;
        for (int at : new int[] {0, second}) {
            var now = ReadinessTest.NOW.plusSeconds(at);
            var objects = new TreeMap<>(ReadinessTest.snapshot(List.of(), CertaintyTest.DEPLOYMENT, pod).objects());
            objects.remove("Event");
            var assessment = ensure_ready.Assessment.of(new ensure_ready.Snapshot("shop", now, objects, List.of(), Map.of(), List.of()),
                Set.of(), Map.of(), settings);
            memory = assessment.remembered(memory, settings, now);
            if (at == second) {
                return assessment.certain(memory, settings, now).stream().map(f -> f.code().name()).distinct().toList().toString();
            }
        }
        return "";
    }

    @Test
    void aPodOfAnOldRevisionEndsNothing() {
        var newer = CertaintyTest.DEPLOYMENT.replace("name: api-1, ", "name: api-2, ")
            .replace("uid: r1", "uid: r2").replace("revision: \"1\"", "revision: \"2\"");
        var starting = CertaintyTest.pod("restartCount: 0, state: {waiting: {reason: ContainerCreating}}")
            .replace("api-1", "api-2").replace("uid: r1", "uid: r2").replace("uid: p1", "uid: p2");
        var older = CertaintyTest.DEPLOYMENT.substring(CertaintyTest.DEPLOYMENT.indexOf("---") + 4);
        new CertaintyTest.Film().during(0, 300, newer, older, NO_IMAGE, starting).certain();
        new CertaintyTest.Film().during(0, 300, newer, older,
            starting.replace("waiting: {reason: ContainerCreating}", "waiting: {reason: ErrImagePull, message: 'api:1: not found'}"))
            .certain("IMAGE_NOT_FOUND");
    }

    @Test
    void anImageThatAnotherPodOfTheRevisionHasIsThere() {
        var other = CertaintyTest.pod("restartCount: 0, state: {running: {startedAt: '2026-01-01T10:00:00Z'}}")
            .replace("api-1-x", "api-1-y").replace("uid: p1", "uid: p2");
        new CertaintyTest.Film().during(0, 300, CertaintyTest.DEPLOYMENT, NO_IMAGE, other).certain();
    }

    @Test
    void aStateThatIsFinalByItselfIsCertainThoughNothingSaysWhy() {
        var film = new CertaintyTest.Film(new ensure_ready.WaitSettings("codex", true, false, true, ReadinessTest.NOW.minusSeconds(5)));
        var volume = "{apiVersion: v1, kind: PersistentVolume, metadata: {name: v, uid: v1}, spec: {}, status: {phase: %s, "
            + "message: 'recycler failed'}}";
        film.applied.add(ReadinessTest.applied(volume.formatted("Failed"), 0, "v1"));
        film.at(0, volume.formatted("Failed")).certain().at(2, volume.formatted("Failed")).certain("UNKNOWN").ends(true);
        film.at(3, volume.formatted("Pending")).certain().ends(false);
    }
}
