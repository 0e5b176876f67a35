import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** When a certain failure ends the wait: not before the others have told what they lack, and no later than that. */
class CertainEndTest {
    private static final String NO_IMAGE = CertaintyTest.waiting("ErrImagePull", "api:1: not found");
    private static final String STARTING = CertaintyTest.DATABASE.replace("readyReplicas: 1, availableReplicas: 1, ", "")
        .replace("type: Ready, status: \"True\"", "type: Ready, status: \"False\"").replace("ready: true", "ready: false");

    @Test
    void aCertainFailureEndsTheWaitAtOnceWhenNothingIsLeftToLearn() {
        new CertaintyTest.Film().during(0, 9, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(false).at(10, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
        new CertaintyTest.Film().during(0, 10, CertaintyTest.DATABASE, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
    }

    @Test
    void whatIsStillStartingGetsFortyFiveSecondsToTellItsOwnCause() {
        new CertaintyTest.Film().during(0, 10, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE).certain("IMAGE_NOT_FOUND").during(11, 54, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(false)
            .at(55, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
        var told = STARTING.replace("state: {running: {}}", "state: {waiting: {reason: ImagePullBackOff, message: 'dial tcp: i/o timeout'}}");
        new CertaintyTest.Film().during(0, 20, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(false).at(21, told, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
        new CertaintyTest.Film().during(0, 20, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(false).at(21, CertaintyTest.DATABASE, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
    }

    @Test
    void aProvisionerThatIsNotThereIsNamedBeforeTheOthersHadTheirTime() {
        var claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, namespace: shop, uid: c1, creationTimestamp: '2026-01-01T10:00:00Z'}, spec: {storageClassName: fast}, status: {phase: Pending}}";
        var type = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: example.com/disk, volumeBindingMode: Immediate}";
        var event = "{apiVersion: v1, kind: Event, metadata: {name: e, namespace: shop}, reason: ExternalProvisioning, type: Normal, count: 3, lastTimestamp: '2026-01-01T10:00:05Z', involvedObject: {kind: PersistentVolumeClaim, name: data, namespace: shop, uid: c1}, message: \"Waiting for a volume to be created either by the external provisioner 'example.com/disk' or manually by the system administrator.\"}";
        new CertaintyTest.Film().during(0, 10, claim, type, event, CertaintyTest.DEPLOYMENT, NO_IMAGE).certain("IMAGE_NOT_FOUND").during(11, 39, claim, type, event, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(false)
            .at(40, claim, type, event, CertaintyTest.DEPLOYMENT, NO_IMAGE).ends(true);
        new CertaintyTest.Film().during(0, 600, claim, type, event).certain();
    }

    @Test
    void aFailureThatHealsMeanwhileStopsItsClock() {
        var running = CertaintyTest.pod("restartCount: 0, state: {running: {startedAt: '2026-01-01T10:00:30Z'}}");
        new CertaintyTest.Film().during(0, 30, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE).during(31, 40, STARTING, CertaintyTest.DEPLOYMENT, running)
            .during(41, 60, STARTING, CertaintyTest.DEPLOYMENT, NO_IMAGE).certain("IMAGE_NOT_FOUND").ends(false);
    }

    @Test
    void aServiceTellsNothingThatItsPodsDoNot() {
        var service = "{apiVersion: v1, kind: Service, metadata: {name: api, namespace: shop, uid: v1}, spec: {clusterIP: 10.0.0.1, selector: {app: api}, ports: [{port: 80}]}}";
        var film = new CertaintyTest.Film(new ensure_ready.WaitSettings("codex", true, false, true, ReadinessTest.NOW.minusSeconds(5)));
        film.applied.add(ReadinessTest.applied(CertaintyTest.DEPLOYMENT, 1, "d1"));
        film.applied.add(ReadinessTest.applied(service, 0, "v1"));
        var slices = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: api-x, namespace: shop, labels: {kubernetes.io/service-name: api}}, endpoints: []}";
        film.during(0, 10, CertaintyTest.DEPLOYMENT, NO_IMAGE, service, slices).ends(true);
    }

    @Test
    void whatIsStillToBeAppliedIsNeitherReadyNorToBlame() {
        var film = new CertaintyTest.Film(new ensure_ready.WaitSettings("codex", true, false, true, ReadinessTest.NOW.minusSeconds(5)));
        film.applied.add(ReadinessTest.applied(CertaintyTest.DEPLOYMENT, 1, "d1").with(ensure_ready.Result.pending));
        film.during(0, 60, CertaintyTest.DEPLOYMENT, NO_IMAGE).certain();
        film.applied.set(0, ReadinessTest.applied(CertaintyTest.DEPLOYMENT, 1, "d1"));
        film.during(61, 70, CertaintyTest.DEPLOYMENT, NO_IMAGE).certain().at(71, CertaintyTest.DEPLOYMENT, NO_IMAGE).certain("IMAGE_NOT_FOUND");
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
}
