import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** References that nothing can meet, before any kubelet says so; and what a judgement remembers of time. */
class PreflightTest {
    private static final String TEMPLATE =
        "containers: [{name: c, envFrom: [{secretRef: {name: db}}, {configMapRef: {name: opt, optional: true}}]}], "
        + "volumes: [{name: v, persistentVolumeClaim: {claimName: data}}], serviceAccountName: robot, imagePullSecrets: [{name: pull}]";
    private static final String DEPLOYMENT =
        "{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, namespace: shop, uid: d1}, spec: {replicas: 1, template: {spec: {"
            + TEMPLATE + "}}}}";
    private static final String ALL = "[PVC_MISSING pvc/data, SECRET_MISSING secret/db, SERVICE_ACCOUNT_MISSING sa/robot]";

    private static String missing(List<ensure_ready.Applied> applied, String... documents) {
        return ensure_ready.Preflight.missing(ReadinessTest.snapshot(applied, documents)).stream()
            .map(f -> f.code() + " " + ensure_ready.Kubectl.ref(f.objectKind(), f.objectName())).sorted().toList().toString();
    }

    @Test
    void whatATemplateNamesAndNobodyHasIsMissing() {
        assertEquals(ALL, missing(List.of(), DEPLOYMENT));
        assertEquals("[PVC_MISSING pvc/data]",
            missing(List.of(), DEPLOYMENT, "{apiVersion: v1, kind: Secret, metadata: {name: db, namespace: shop}}",
            "{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot, namespace: shop}}"));
        assertEquals("[]", missing(List.of(), DEPLOYMENT.replace(TEMPLATE, "containers: [{name: c}]")), "the default account");
        assertEquals("[SERVICE_ACCOUNT_MISSING sa/old]", missing(List.of(), DEPLOYMENT.replace(TEMPLATE, "serviceAccount: old")));
        var finding = ensure_ready.Preflight.missing(ReadinessTest.snapshot(List.of(), DEPLOYMENT)).get(0);
        assertEquals("deploy/api/spec.template.spec names pvc/data, which neither the namespace nor the manifests have",
            finding.evidence().get(0).path() + " " + finding.evidence().get(0).message());
    }

    @ParameterizedTest
    @CsvSource({"configured, 0", "pending, 0", "failed, 1", "skipped, 1"})
    void whatTheManifestsBringIsThereUnlessItsApplyFailed(ensure_ready.Result result, int missing) {
        var secret = ReadinessTest.applied("{apiVersion: v1, kind: Secret, metadata: {name: db}}", 0, "").with(result);
        assertEquals(missing == 1, missing(List.of(secret), DEPLOYMENT).contains("secret/db"));
        assertTrue(missing(List.of(ReadinessTest.applied("{apiVersion: v1, kind: Secret, metadata: {name: db, namespace: other}}", 0, "")),
            DEPLOYMENT).contains("secret/db"));
        assertTrue(missing(List.of(ReadinessTest.applied("{apiVersion: v1, kind: Secret, metadata: {name: other}}", 0, "")), DEPLOYMENT)
            .contains("secret/db"));
        assertTrue(missing(List.of(ReadinessTest.applied("{apiVersion: v1, kind: ConfigMap, metadata: {name: db}}", 0, "")), DEPLOYMENT)
            .contains("secret/db"));
    }

    @Test
    void whatWasNeverAskedForIsNotMissing() {
        var known = ReadinessTest.snapshot(List.of(), DEPLOYMENT);
        var objects = new TreeMap<>(known.objects());
        objects.remove("Secret");
        objects.remove("ServiceAccount");
        var snapshot = new ensure_ready.Snapshot("shop", ReadinessTest.NOW, objects, List.of(), Map.of(), List.of());
        assertEquals(List.of("data"), ensure_ready.Preflight.missing(snapshot).stream().map(ensure_ready.Finding::objectName).toList());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        kind: Deployment, metadata: {name: api, namespace: shop}                  | true  | a workload of the slot
        kind: Deployment, metadata: {name: api, namespace: other}                 | false | another namespace's
        kind: Deployment, metadata: {name: api}                                   | true  | no namespace is the slot's
        kind: ReplicaSet, metadata: {name: api, namespace: shop, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: d, uid: \
        u, controller: true}]} | false | its owner tells
        """)
    void theTemplatesOfTheSlotAreLookedAt(String head, boolean looked, String why) {
        assertEquals(looked ? ALL : "[]",
            missing(List.of(), "{apiVersion: apps/v1, " + head + ", spec: {replicas: 1, template: {spec: {" + TEMPLATE + "}}}}"), why);
    }

    @Test
    void manifestsThatAreNotThereYetAreLookedAtTooAndThoseThatAreAreTakenAsTheyLive() {
        assertEquals(ALL, missing(List.of(ReadinessTest.applied(DEPLOYMENT, 0, ""))));
        assertEquals("[]", missing(List.of(ReadinessTest.applied(DEPLOYMENT, 0, "")), DEPLOYMENT.replace(TEMPLATE, "containers: []")));
        assertEquals("[]", missing(List.of(), DEPLOYMENT.replace("replicas: 1", "replicas: 0")), "nothing runs");
        var pod = "{apiVersion: v1, kind: Pod, metadata: {name: one, namespace: shop}, spec: {" + TEMPLATE + "}, status: {phase: %s}}";
        assertEquals(ALL, missing(List.of(), pod.formatted("Pending")));
        assertEquals("[]", missing(List.of(), pod.formatted("Succeeded")));
        assertEquals("[]", missing(List.of(), pod.formatted("Pending").replace("namespace: shop",
            "namespace: shop, ownerReferences: [{apiVersion: v1, kind: X, name: d, uid: u, controller: true}]")));
    }

    @Test
    void onlyTheKindsThatAreNamedHaveToBeRead() {
        assertEquals("[PersistentVolumeClaim, Secret, ServiceAccount]", kinds(List.of(), DEPLOYMENT));
        assertEquals("[]", kinds(List.of(),
            DEPLOYMENT.replace(TEMPLATE, "containers: [{name: c, envFrom: [{configMapRef: {name: opt, optional: true}}]}]")));
        var claim = "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: c, namespace: shop}, spec: {storageClassName: fast}, "
            + "status: {phase: %s}}";
        assertEquals("[StorageClass]", kinds(List.of(), claim.formatted("Pending")));
        assertEquals("[]", kinds(List.of(), claim.formatted("Bound")));
        var set = "{apiVersion: apps/v1, kind: %s, metadata: {name: db}, spec: {template: {spec: {}}, "
            + "volumeClaimTemplates: [{spec: {storageClassName: fast}}]}}";
        assertEquals("[StorageClass]", kinds(List.of(ReadinessTest.applied(set.formatted("StatefulSet"), 0, ""))));
        assertEquals("[]", kinds(List.of(ReadinessTest.applied(set.formatted("Deployment"), 0, ""))));
    }

    private static String kinds(List<ensure_ready.Applied> applied, String... documents) {
        return ensure_ready.Preflight.kinds(ReadinessTest.snapshot(applied, documents)).toString();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        IMAGE_NOT_FOUND    | Pod    | p  | image not found
        SECRET_MISSING     | Secret | db | secret/db is missing
        CONFIG_KEY_MISSING | Secret | db | secret/db has no key k
        SECRET_MISSING     | Secret | api | -
        CONTAINER_EXITS_ZERO | Pod    | p  | -
        """)
    void aPodsTroubleIsSaidInAPersonsWords(ensure_ready.Code code, String kind, String name, String words) {
        var finding = ensure_ready.Finding.of(code, new ensure_ready.Ref(kind, name),
            new ensure_ready.Ref("Deployment", "api"), ReadinessTest.NOW, List.of());
        var said = ensure_ready.PodReasons.of(List.of(finding.in("p1", "c").with(Map.of("key", "k"))));
        assertEquals(words.equals("-") ? Map.of() : Map.of("p1", words), said);
    }

    @Test
    void theLoopWakesWhenTheNextRuleOfTimeHasSomethingToSay() {
        var now = ReadinessTest.NOW;
        var film = new CertaintyTest.Film().at(0, CertaintyTest.DATABASE);
        assertEquals(film.seen.readySince().plus(film.seen.settle()), film.seen.due(now).orElseThrow());
        assertEquals(Optional.empty(), film.seen.due(now.plus(film.seen.settle())), "over is over");
        var certain = ensure_ready.WaitMemory.NONE.judged(true, now);
        assertEquals(now.plusSeconds(45), certain.due(now).orElseThrow());
        assertEquals(now, certain.judged(true, now.plusSeconds(9)).certainSince(), "it was certain before");
        assertEquals(null, certain.judged(false, now).certainSince());
        assertFalse(certain.learned(now.plusSeconds(44)));
        assertTrue(certain.learned(now.plusSeconds(45)));
        assertEquals(Optional.empty(), ensure_ready.WaitMemory.NONE.due(now));
        assertFalse(ensure_ready.WaitMemory.NONE.settled(now));
    }

    @Test
    void anAssessmentIsDueWhenAGraceEnds() {
        var snapshot = ReadinessTest.snapshot(List.of(), CertaintyTest.DEPLOYMENT,
            CertaintyTest.waiting("ImagePullBackOff", "api:1: not found"));
        var settings = new ensure_ready.WaitSettings("codex", false, false, true, null);
        var assessment = ensure_ready.Assessment.of(snapshot, Set.of(), Map.of(), settings);
        var memory = assessment.remembered(ensure_ready.WaitMemory.NONE, settings, ReadinessTest.NOW);
        var due = assessment.due(memory, ReadinessTest.NOW).orElseThrow();
        assertTrue(due.isAfter(ReadinessTest.NOW) && !due.isAfter(ReadinessTest.NOW.plusSeconds(30)), due.toString());
        assertEquals(Optional.empty(), assessment.due(memory, ReadinessTest.NOW.plus(Duration.ofHours(1))));
        assertEquals(ReadinessTest.NOW.plusSeconds(45),
            assessment.due(memory.judged(true, ReadinessTest.NOW), ReadinessTest.NOW.plusSeconds(40)).orElseThrow());
        var judgement = assessment.judgement(ensure_ready.Outcome.timeout, List.of(), Optional.of(ReadinessTest.NOW));
        assertEquals("timeout false 1", judgement.outcome() + " " + judgement.ready() + " " + judgement.workloads().size());
        var ready = ensure_ready.Assessment.of(ReadinessTest.snapshot(List.of(), CertaintyTest.DATABASE), Set.of(), Map.of(), settings);
        var told = ready.judgement(ensure_ready.Outcome.ready, List.of(), Optional.empty());
        assertTrue(told.ready());
        assertFalse(told.with(ensure_ready.Outcome.timeout).ready(), "ready only with the outcome of that name");
        assertFalse(judgement.with(ensure_ready.Outcome.ready).ready(), "and only if the verdict is");
    }

    @ParameterizedTest
    @CsvSource({"0, 3, 1, 4, 1, 0, 4", "0, 3, 1, 4, 2, 3, 1", "2, 2, -1, 3, 1, 2, 1", "0, 3, 1, 3, 1, 0, 3"})
    void endsOfOneKindAreCountedTogether(long baseline, long restarts, int exit, long now, int newExit, long expectedBaseline, long times) {
        var next = new ensure_ready.CrashCount(baseline, restarts, exit).next(now, newExit);
        assertEquals(expectedBaseline + " " + times + " " + newExit, next.baseline() + " " + next.times() + " " + next.exitCode());
    }
}
