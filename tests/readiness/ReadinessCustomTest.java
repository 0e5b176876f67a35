import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The generic rule for custom resources, on statuses as well-known operators write them. */
class ReadinessCustomTest {
    private static final String CERTIFICATE = """
        apiVersion: cert-manager.io/v1
        kind: Certificate
        metadata: {name: web-tls, namespace: shop, generation: 2, uid: cert1}
        status:
          conditions:
          - {type: Ready, status: "True", reason: Ready, message: Certificate is up to date and has not expired, observedGeneration: 2}
        """;
    private static final String ROUTE = """
        apiVersion: gateway.networking.k8s.io/v1
        kind: HTTPRoute
        metadata: {name: web, namespace: shop, generation: 3}
        status:
          parents:
          - parentRef: {name: edge}
            controllerName: example.com/gateway
            conditions:
            - {type: Accepted, status: "True", reason: Accepted, observedGeneration: 3}
            - {type: ResolvedRefs, status: "True", reason: ResolvedRefs, observedGeneration: 3}
        """;
    private static final String WIDGET = """
        apiVersion: example.com/v1
        kind: Widget
        metadata: {name: w, namespace: shop, generation: 1, uid: w1}
        """;

    private static final String OLD = WIDGET.replace("uid: w1", "uid: w1, creationTimestamp: \"2026-01-01T09:40:00Z\"");

    private static ensure_ready.Workload judge(String... documents) {
        return ReadinessTest.judge(documents);
    }

    private static ensure_ready.State state(String... documents) {
        return judge(documents).state();
    }

    @Test
    void aReadyConditionIsBelieved() {
        assertEquals(ensure_ready.State.ready, state(CERTIFICATE));
    }

    @Test
    void aReadyConditionThatIsFalseOrUnknownIsNot() {
        var issuing = judge(CERTIFICATE.replace("status: \"True\", reason: Ready", "status: \"False\", reason: DoesNotExist"));
        assertEquals(ensure_ready.State.progressing, issuing.state());
        assertTrue(issuing.message().contains("DoesNotExist"), issuing.message());
        assertEquals(ensure_ready.State.progressing, state(CERTIFICATE.replace("status: \"True\"", "status: Unknown")));
    }

    @Test
    void aConditionOfAnOlderGenerationIsStale() {
        assertEquals(ensure_ready.State.progressing, state(CERTIFICATE.replace("observedGeneration: 2", "observedGeneration: 1")));
    }

    @Test
    void anObservedGenerationWrittenAsTextCountsAsANumber() {
        var rollout = """
            apiVersion: argoproj.io/v1alpha1
            kind: Rollout
            metadata: {name: web, namespace: shop, generation: 7}
            spec: {replicas: 2}
            status: {observedGeneration: "7", phase: Healthy, replicas: 2, readyReplicas: 2, availableReplicas: 2,
                conditions: [{type: Healthy, status: "True"}, {type: Available, status: "True"}]}
            """;
        assertEquals(ensure_ready.State.ready, state(rollout));
        assertEquals(ensure_ready.State.progressing, state(rollout.replace("\"7\"", "\"6\"")));
        assertEquals(ensure_ready.State.progressing, state(rollout.replace("readyReplicas: 2", "readyReplicas: 1")));
    }

    @Test
    void conditionsInsideParentsCount() {
        assertEquals(ensure_ready.State.ready, state(ROUTE));
        assertEquals(ensure_ready.State.progressing,
            state(ROUTE.replace("ResolvedRefs, status: \"True\", reason: ResolvedRefs",
            "ResolvedRefs, status: \"False\", reason: BackendNotFound")));
    }

    @Test
    void aNegativeConditionThatIsTrueIsAFailureAndOneThatIsFalseIsNot() {
        var release = """
            apiVersion: helm.toolkit.fluxcd.io/v2
            kind: HelmRelease
            metadata: {name: db, namespace: shop, generation: 1}
            status: {observedGeneration: 1, conditions: [{type: Ready, status: "False", reason: ArtifactNotReady},
                {type: Stalled, status: "True", reason: RetriesExceeded, message: gave up}]}
            """;
        assertEquals(ensure_ready.State.failed, state(release));
        assertEquals(ensure_ready.State.progressing, state(release.replace("Stalled, status: \"True\"", "Stalled, status: \"False\"")));
        assertEquals(ensure_ready.State.progressing, state(release.replace("Stalled, status: \"True\"", "Reconciling, status: \"True\"")));
        assertEquals(ensure_ready.State.failed,
            state(WIDGET + "status: {conditions: [{type: ReconcileError, status: 'True', reason: Boom}]}"));
        assertEquals(ensure_ready.State.progressing, state(WIDGET + "status: {conditions: [{type: Degraded, status: 'True'}]}"));
    }

    @Test
    void anExplicitReadyOutranksWhatElseIsSaidAndKeepsItAsANote() {
        for (var beside : List.of("{type: Degraded, status: 'True', reason: OneReplica}", "{type: RoutesReady, status: Unknown}",
            "{type: Active, status: 'False', reason: ScalerNotActive}", "{type: LastBackupFailed, status: 'True'}")) {
            assertEquals(ensure_ready.State.ready, state(WIDGET + "status: {conditions: [{type: Ready, status: 'True'}, " + beside + "]}"),
                beside);
        }
        assertTrue(judge(WIDGET
            + "status: {conditions: [{type: Ready, status: 'True'}, {type: Degraded, status: 'True', reason: OneReplica}]}")
            .message().contains("OneReplica"));
        assertEquals(ensure_ready.State.progressing, state(WIDGET
            + "status: {phase: Running, conditions: [{type: Ready, status: 'False'}, {type: Available, status: 'True'}]}"), "both ways");
    }

    @Test
    void aConditionMayBeWrittenAsABoolean() {
        assertEquals(ensure_ready.State.ready, state(WIDGET + "status: {conditions: [{type: Ready, status: true}]}"));
        assertEquals(ensure_ready.State.failed,
            state(WIDGET + "status: {conditions: [{type: Ready, status: false, reason: InstallFailed}]}"));
    }

    @Test
    void whatRestsByWillIsNeutralAndWhatIsBrokenIsNot() {
        for (var rests : List.of("phase: Paused", "state: Hibernated", "phase: ScaledToZero", "printableStatus: Stopped",
            "conditions: [{type: Ready, status: 'False', reason: NoTraffic}]",
                "conditions: [{type: Synced, status: 'False', reason: ReconcilePaused}]",
            "conditions: [{type: ReconciliationPaused, status: 'True'}]",
                "conditions: [{type: Active, status: 'False', reason: ScalerNotActive}]",
            "conditions: [{type: Ready, status: 'False', reason: ClusterIsNotReady}, {type: cnpg.io/hibernation, status: 'True', "
                + "reason: Hibernated}]")) {
            assertEquals(ensure_ready.State.suspended, state(WIDGET + "status: {" + rests + "}"), rests);
        }
        assertEquals(ensure_ready.State.progressing,
            state(WIDGET + "status: {conditions: [{type: Ready, status: 'False', reason: Unschedulable}, "
                + "{type: Paused, status: 'False'}]}"));
        assertEquals(ensure_ready.State.failed, state(WIDGET + "status: {phase: Error, conditions: [{type: Paused, status: 'False'}]}"));
    }

    @Test
    void aPhaseIsReadWhereThereAreNoConditions() {
        assertEquals(ensure_ready.State.ready, state(WIDGET + "status: {phase: Running}"));
        assertEquals(ensure_ready.State.ready, state(WIDGET + "status: {state: ready}"));
        assertEquals(ensure_ready.State.progressing, state(WIDGET + "status: {phase: Creating}"));
        assertEquals(ensure_ready.State.failed, state(WIDGET + "status: {phase: ProvisioningFailed}"));
        assertEquals(ensure_ready.State.progressing, state(WIDGET + "status: {phase: SomethingNobodyKnows}"));
    }

    @Test
    void aReadyConditionOutweighsAPhaseInWords() {
        var cluster = WIDGET + "status: {phase: Cluster in healthy state, readyInstances: 3, conditions: [{type: Ready, status: 'True'}]}";
        assertEquals(ensure_ready.State.ready, state(cluster));
        assertEquals(ensure_ready.State.progressing, state(cluster.replace("Cluster in healthy state", "Upgrading")));
    }

    @Test
    void everyPositiveConditionMustHold() {
        var bucket = WIDGET + "status: {conditions: [{type: Synced, status: 'True'}, {type: Ready, status: 'True'}]}";
        assertEquals(ensure_ready.State.ready, state(bucket));
        assertEquals(ensure_ready.State.progressing, state(bucket.replace("Synced, status: 'True'", "Synced, status: 'False'")));
        assertEquals(ensure_ready.State.progressing, state(bucket.replace("Ready, status: 'True'", "Available, status: Unknown")));
    }

    @ParameterizedTest
    @CsvSource({"Reconciled, False, true", "Reconciled, True, false", "Degraded, True, false",
        "Degraded, False, false", "Ready, False, true"})
    void whatTheJudgeDoubtsTheFinderNames(String type, String status, boolean bad) {
        var widget = WIDGET.replace("uid: w1", "uid: w1, creationTimestamp: \"2025-12-31T00:00:00Z\"")
            + "status: {phase: Ready, conditions: [{type: " + type + ", status: '" + status + "'}]}";
        assertEquals(bad ? ensure_ready.State.progressing : ensure_ready.State.ready, state(widget));
        var codes = ensure_ready.Findings.of(ReadinessTest.snapshot(List.of(), widget)).stream().map(ensure_ready.Finding::code).toList();
        assertEquals(bad ? List.of(ensure_ready.Code.CR_NOT_READY) : List.of(), codes);
    }

    @ParameterizedTest
    @CsvSource({"ClusterRunning, ready", "PoolInitialized, ready", "PodsNotReady, progressing", "WaitingForRunning, progressing",
        "Unavailable, progressing", "Available, ready", "FailedValidation, failed", "Validated, unverified", "detached, suspended",
        "attached, ready", "WaitForFirstConsumer, suspended", "Secret not found, failed", "Secret found, unverified", "faulted, failed",
        "WaitingForDependency, progressing", "BackingOff, progressing"})
    void aWordOfSeveralPartsIsReadByTheOneThatDecides(String word, ensure_ready.State expected) {
        assertEquals(expected, state(OLD + "status: {phase: " + word + "}"));
    }

    @Test
    void whatItsUserSuspendedRestsWhateverItFailedAtBefore() {
        var failed = OLD + "spec: {suspend: %s}\nstatus: {conditions: [{type: Ready, status: 'False', reason: UpgradeFailed}]}";
        assertEquals(ensure_ready.State.suspended, state(failed.formatted(true)));
        assertEquals(ensure_ready.State.failed, state(failed.formatted(false)));
    }

    @Test
    void noStatusYetIsProgressUnlessTheKindHasNone() {
        assertEquals(ensure_ready.State.progressing, state(WIDGET));
        var family = new ensure_ready.Family(ReadinessTest.snapshot(List.of(), WIDGET), Set.of("example.com/v1/Widget"));
        assertEquals(ensure_ready.State.ready, ensure_ready.Readiness.judge(ReadinessTest.obj(WIDGET), Optional.empty(), family).state());
    }

    @Test
    void anOperatorThatWritesNothingBlocksForTwoMinutesAndThenIsUnverified() {
        var made = "uid: w1, creationTimestamp: \"2026-01-01T09:%s:00Z\"";
        assertEquals(ensure_ready.State.progressing, state(WIDGET.replace("uid: w1", made.formatted("59"))));
        assertEquals(ensure_ready.State.unverified, state(WIDGET.replace("uid: w1", made.formatted("57"))));
        assertEquals(ensure_ready.State.unverified,
            state(WIDGET.replace("uid: w1", made.formatted("40")) + "status: {phase: Frobnicated}"));
        assertEquals(ensure_ready.State.progressing,
            state(WIDGET.replace("uid: w1", made.formatted("40")) + "status: {phase: Frobnicating}"));
    }

    @Test
    void aStatusThatSaysNothingIsUnverifiedAndBlocksOnlyWhenStrict() {
        var mute = OLD + "status: {url: http://w, observed: yes}";
        assertEquals(ensure_ready.State.progressing, state(OLD.replace("09:40:00", "09:59:45") + "status: {url: http://w}"),
            "it may begin to speak");
        assertEquals(ensure_ready.State.unverified, state(mute));
        var applied = List.of(ReadinessTest.applied(mute, 1, "w1"));
        var family = new ensure_ready.Family(ReadinessTest.snapshot(applied, mute), Set.of());
        var lenient = ensure_ready.Verdicts.of(family, new ensure_ready.WaitSettings("codex", true, false, true, null));
        assertTrue(lenient.ready());
        assertFalse(lenient.verified());
        assertTrue(lenient.warnings().toString().contains("widget/w"), lenient.warnings().toString());
        assertFalse(ensure_ready.Verdicts.of(family, new ensure_ready.WaitSettings("codex", true, true, true, null)).ready());
    }

    @Test
    void whatAnOperatorMadeJoinsInAndSpeaksForAMuteResource() {
        var mute = OLD + "status: {url: http://w}";
        var child = ReadinessTest.DEPLOYMENT.replace("uid: d1",
            "uid: d1, ownerReferences: [{apiVersion: example.com/v1, kind: Widget, name: w, uid: w1, controller: true}]");
        assertEquals(ensure_ready.State.ready, state(mute, child));
        assertEquals(ensure_ready.State.progressing, state(mute, child.replace("updatedReplicas: 2", "updatedReplicas: 1")));
        var applied = List.of(ReadinessTest.applied(mute, 1, "w1"));
        var verdict = ensure_ready.Verdicts.of(new ensure_ready.Family(ReadinessTest.snapshot(applied,
            mute, child.replace("updatedReplicas: 2", "updatedReplicas: 1")), Set.of()),
            new ensure_ready.WaitSettings("codex", true, false, true, null));
        assertEquals("[deploy/users, widget/w]", verdict.workloads().stream().map(ensure_ready.Workload::ref).toList().toString());
        assertFalse(verdict.ready());
    }

    @Test
    void whatAnOperatorMadeWithoutOwnerReferenceIsKnownByItsLabel() {
        var said = WIDGET + "status: {phase: Running}";
        var pod = "{apiVersion: v1, kind: Pod, metadata: {name: w-0, namespace: shop, labels: {%s}}, status: {phase: Pending}}";
        assertFalse(applied(said, pod.formatted("app.kubernetes.io/instance: w")).ready());
        assertFalse(applied(said, pod.replace("w-0", "x").formatted("example.com/widget: w")).ready(), "a label of its operator's domain");
        for (var twin : List.of(pod.formatted("app.kubernetes.io/instance: other"), pod.formatted("app: w"), pod.replace("w-0", "web-0")
            .formatted("app.kubernetes.io/instance: w"),
            pod.formatted("app.kubernetes.io/instance: w, app.kubernetes.io/managed-by: Helm"))) {
            assertTrue(applied(said, twin).ready(), twin);
        }
    }

    private static ensure_ready.Verdict applied(String... documents) {
        var snapshot = ReadinessTest.snapshot(List.of(ReadinessTest.applied(documents[0], 1, "w1")), documents);
        return ensure_ready.Verdicts.of(new ensure_ready.Family(snapshot, Set.of()),
            new ensure_ready.WaitSettings("codex", true, false, true, null));
    }

    @Test
    void aKindOfTheSameNameInAnotherGroupIsAnotherKind() {
        var knative = "{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: users, namespace: shop, generation: 1}, "
            + "status: {observedGeneration: 1, conditions: [{type: Ready, status: 'False', reason: RevisionMissing}]}}";
        assertEquals(ensure_ready.State.progressing, state(knative, ReadinessTest.SERVICE));
        assertEquals(ensure_ready.State.ready, state(ReadinessTest.SERVICE.replace("selector: {app: users}", "externalName: x"), knative));
    }

    @Test
    void aSuspendedResourceIsNeutral() {
        assertEquals(ensure_ready.State.suspended,
            state(WIDGET + "spec: {suspend: true}\nstatus: {conditions: [{type: Ready, status: 'False'}]}"));
    }

    @Test
    void wordsOfStateAndHealthAreReadWhereverOperatorsPutThem() {
        for (var ready : List.of("health: green", "health: yellow", "phase: Ready, health: yellow",
            "status: Completed", "readyToUse: true", "healthy: true",
            "applicationState: {state: RUNNING}", "PostgresClusterStatus: Running", "currentState: Ready, desiredState: Stopped")) {
            assertEquals(ensure_ready.State.ready, state(WIDGET + "status: {" + ready + "}"), ready);
        }
        for (var late : List.of("status: InProgress", "readyToUse: false", "healthy: false",
            "applicationState: {state: SUBMITTED}", "PostgresClusterStatus: Creating", "currentState: Starting, desiredState: Ready")) {
            assertEquals(ensure_ready.State.progressing, state(WIDGET + "status: {" + late + "}"), late);
        }
        for (var failed : List.of("health: red", "status: Failed", "applicationState: {state: SUBMISSION_FAILED}",
            "PostgresClusterStatus: CreateFailed", "phase: Degraded")) {
            assertEquals(ensure_ready.State.failed, state(WIDGET + "status: {" + failed + "}"), failed);
        }
        assertEquals(ensure_ready.State.ready, state(WIDGET + "status: {phase: Running, lastBackupStatus: Failed}"),
            "the past is no verdict");
    }

    @Test
    void aReasonThatSaysItWasTriedInVainIsAFailureAndOneThatWaitsIsNot() {
        var synced = WIDGET + "status: {conditions: [{type: Synced, status: 'False', reason: %s}]}";
        assertEquals(ensure_ready.State.failed, state(synced.formatted("ReconcileError")));
        assertEquals(ensure_ready.State.failed, state(synced.formatted("InstallFailed")));
        assertEquals(ensure_ready.State.progressing, state(synced.formatted("Creating")));
        assertEquals(ensure_ready.State.progressing, state(synced.formatted("DependencyNotReady")));
        assertEquals(ensure_ready.State.progressing,
            state(synced.replace("status: 'False'", "status: Unknown").formatted("ReconcileError")));
    }

    private static String said(ensure_ready.CustomStatus.Said said) {
        return said.state() + ": " + said.message() + " <- " + (said.proof() == null ? "-" : said.proof().source() + " "
            + said.proof().path().replaceFirst("^[^/]*/w/", "") + " " + said.proof().message());
    }

    /** What stands in the status, what is said of it, and where it was read. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        observedGeneration: 0, phase: Ready | progressing: its controller has not seen generation 1 yet <- status \
        status.observedGeneration 0
        ready: false | progressing: ready is false <- status status.ready false
        ready: false, error: {message: no quota} | progressing: no quota <- status status.error.message no quota
        synced: true | ready:  <- -
        availableReplicas: 1 | progressing: 1 of 2 ready <- status status.availableReplicas 1 of 2 ready
        replicas: 1 | progressing: 1 of 2 created <- status status.replicas 1 of 2 created
        replicas: 2 | ready:  <- -
        url: a | unverified: its status has nothing that says whether it is ready <- -
        parents: [] | unverified: its status has nothing that says whether it is ready <- -
        phase: Failed | failed: is Failed <- status status.phase Failed
        phase: Failed, url: a, lastMessage: old, reason: ' ', message: boom | failed: is Failed: boom <- status status.phase Failed: boom
        phase: Failed, errors: [first, second] | failed: is Failed: first <- status status.phase Failed: first
        engineState: {state: Failed, reason: boom, url: a}, reason: other | failed: is Failed: boom <- status status.engineState.state \
        Failed: boom
        engineState: {state: Running, other: broken, phase: 5} | ready:  <- -
        phase: '', health: green | ready:  <- -
        phase: Running, health: yellow | ready: is yellow <- -
        phase: Running, conditions: [{type: Available, status: 'False', reason: No}] | ready:  <- -
        phase: Completed, conditions: [{type: Available, status: 'False', reason: No}] | progressing: Available=False: No <- condition \
        conditions[Available]
        phase: Running, health: odd, conditions: [{type: Available, status: 'False', reason: No}] | progressing: Available=False: No <- \
        condition conditions[Available]
        conditions: [{type: Complete, status: 'True'}, {type: Available, status: 'False'}] | ready:  <- -
        conditions: [{type: Complete, status: 'False'}, {type: Available, status: 'True'}] | progressing: Complete=False <- condition \
        conditions[Complete]
        conditions: [{type: Ready, status: 'True'}, {type: Synced, status: 'False', reason: SyncError}] | failed: Synced=False: SyncError \
        <- condition conditions[Synced]
        conditions: [{type: Ready, status: 'True'}, {type: RoutesReady, status: 'False', reason: SyncError}] | ready:  <- -
        conditions: [{type: Ready, status: 'True'}, {type: Progressing, status: 'True', reason: Rolling}] | progressing: \
        Progressing=True: Rolling <- condition conditions[Progressing]
        conditions: [{type: Ready, status: 'True'}, {type: Progressing, status: 'False', reason: Rolling}] | ready:  <- -
        conditions: [{type: Ready, status: 'True'}, {type: Progressing, status: 'True', reason: NewOneAvailable}] | ready:  <- -
        conditions: [{type: Odd, status: 'False', reason: Error}] | failed: Odd=False: Error <- condition conditions[Odd]
        conditions: [{type: Odd, status: 'False', reason: Waits}] | unverified: its status has nothing that says whether it is ready <- -
        conditions: [{type: OddError, status: 'False', reason: Error}] | unverified: its status has nothing that says whether it is \
        ready <- -
        conditions: [{type: Ready, status: 'False', reason: NoTraffic, observedGeneration: 0}] | suspended: Ready=False: NoTraffic <- \
        condition conditions[Ready]
        ready: false, conditions: [{type: Ready, status: 'False', reason: NoTraffic}] | suspended: Ready=False: NoTraffic <- condition \
        conditions[Ready]
        ready: false, conditions: [{type: Ready, status: 'False', reason: Waits}] | progressing: Ready=False: Waits <- condition \
        conditions[Ready]
        ready: false, conditions: [{type: Odd, status: 'False', reason: NoTraffic}] | progressing: ready is false <- status \
        status.ready false
        """)
    void whatAResourceSaysOfItselfIsToldWithItsProof(String status, String expected) {
        var counted = status.contains("eplicas: ") ? "spec: {replicas: 2}\n" : "";
        var widget = OLD + counted + "status: {" + status + "}";
        assertEquals(expected.strip(),
            said(ensure_ready.CustomStatus.of(ReadinessTest.obj(widget), ReadinessTest.snapshot(List.of(), widget))).strip());
    }

    @Test
    void aRouteThatNoGatewayTookIsNotReadyAndOneThatSaysNothingOfGatewaysIsUnverified() {
        assertEquals("no gateway has taken it", judge(ROUTE.replaceAll("(?s)parents:.*", "parents: []\n")).message());
        assertEquals(ensure_ready.State.unverified,
            state(OLD.replace("Widget", "WebRoute") + "status: {url: a}"), "not every kind of route has parents");
    }

    @Test
    void countsWithoutAWishProveNothingUnlessTheyAreOfWhatIsReady() {
        assertEquals(ensure_ready.State.unverified, state(OLD + "status: {replicas: 2}"));
        assertEquals(ensure_ready.State.ready, state(OLD + "status: {readyReplicas: 2}"));
    }

    @Test
    void configurationIsReadyAsItIsUnlessItAsksForReplicas() {
        var monitor = OLD.replace("example.com/v1", "monitoring.coreos.com/v1");
        assertEquals(ensure_ready.State.ready, state(monitor));
        assertEquals(ensure_ready.State.unverified, state(monitor + "spec: {replicas: 2}"));
        assertEquals(ensure_ready.State.progressing, state(monitor + "spec: {replicas: 2}\nstatus: {replicas: 1}"));
    }

    @ParameterizedTest
    @CsvSource({"failed, NotFound, no, true, false", "progressing, InvalidSpec, no, true, true",
        "progressing, Error, Invalid image, true, true",
        "ready, Ready, Valid, false, false", "suspended, Paused, by will, false, false", "unverified, Odd, Not invalid, false, false"})
    void onlyWhatSpeaksAgainstAResourceIsHeldAgainstIt(ensure_ready.State state, String reason, String message, boolean against,
            boolean invalid) {
        var said = new ensure_ready.CustomStatus.Said(state, "", ensure_ready.Evidence.status("x", reason, message));
        assertEquals(against + " " + invalid, said.against() + " " + said.invalid());
        assertFalse(new ensure_ready.CustomStatus.Said(state, "", null).against());
    }

    @Test
    void wordsThatAreNotWellAndSayWhyAddToTheConditions() {
        assertEquals(List.of("Broken: why"), details("phase: Broken, state: Ready, message: why"));
        assertEquals(List.of(), details("phase: Broken"));
    }

    private static List<String> details(String status) {
        return ensure_ready.CustomStatus.details(ReadinessTest.obj(WIDGET + "status: {" + status + "}"))
            .map(ensure_ready.Evidence::message).toList();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        example.com/v1                | Widget       | '{uid: other}'                 | true  | its owner is not known
        example.com/v1                | Widget       | '{uid: other, controller: true}' | false | a controller made it
        example.com/v1                | Widget       | '{uid: d1}'                    | false | made of what is there
        example.com/v1                | WebRoute     | ''                             | false | a route
        example.com/v1                | RetryPolicy  | ''                             | false | a policy
        example.com/v1                | WidgetBackup | ''                             | false | of the past
        gateway.networking.k8s.io/v1  | Gateway      | ''                             | false | a gateway hurts no workload
        monitoring.coreos.com/v1      | Monitor      | ''                             | false | configuration
        """)
    void whatAPersonMadeAndWhatCanBecomeReadyGates(String version, String kind, String owner, boolean gates, String why) {
        var o = WIDGET.replace("example.com/v1", version).replace("kind: Widget", "kind: " + kind)
            .replace("uid: w1", "uid: w1, ownerReferences: [" + owner + "]");
        var snapshot = ReadinessTest.snapshot(List.of(), o, ReadinessTest.DEPLOYMENT);
        assertEquals(gates, ensure_ready.CustomStatus.gates(ReadinessTest.obj(o), snapshot), why);
    }

    @Test
    void whatAQueueHoldsIsNotAtRest() {
        var held = WIDGET + "spec: {suspend: true}\nstatus: {conditions: [{type: Ready, status: 'False', reason: Waits}]}";
        var entry = "{apiVersion: kueue.x-k8s.io/v1beta1, kind: Workload, metadata: {name: e, namespace: shop, uid: q1, ownerReferences: "
            + "[{uid: w1}]}, status: {conditions: [{type: QuotaReserved, status: 'False', reason: Pending}]}}";
        var waits = "waits in its queue: QuotaReserved=False: Pending";
        assertEquals(waits, judge(held, entry).message());
        assertEquals(ensure_ready.State.suspended, state(held, entry.replace("'False'", "'True'")));
        assertEquals(ensure_ready.State.suspended, state(held, entry.replace("QuotaReserved", "Ready")), "it is no queue's");
        assertEquals(ensure_ready.State.suspended, state(held, entry.replace("w1", "other")));
        var job = ReadinessTest.JOB.replace("suspend: false", "suspend: true");
        assertEquals(waits, judge(job, entry.replace("w1", "j1")).message());
        assertEquals(ensure_ready.State.progressing, state(job, entry.replace("w1", "j1").replace("QuotaReserved", "Ready")));
        assertEquals(ensure_ready.State.suspended, state(job, ReadinessTest.POD.replace("uid: p1", "uid: p1, ownerReferences: [{uid: j1}]")
            .replace("Ready, status: \"True\"", "Ready, status: \"False\"")));
    }

    @Test
    void countsOfUpdatedAndReadyReplicasMustBeWhole() {
        var set = WIDGET + "spec: {replicas: 3}\nstatus: {replicas: 3, updatedReplicas: 3, readyReplicas: 3}";
        assertEquals(ensure_ready.State.ready, state(set));
        assertEquals(ensure_ready.State.progressing, state(set.replace("updatedReplicas: 3", "updatedReplicas: 1")));
        assertEquals(ensure_ready.State.progressing, state(set.replace("readyReplicas: 3", "readyReplicas: 2")));
    }

    @Test
    void theTimeOfAConditionProvesSinceWhenAResourceIsReadyAndAWordDoesNot() {
        assertEquals(Optional.of(Instant.parse("2026-01-01T09:50:00Z")),
            since("status: {conditions: [{type: Ready, status: 'True', lastTransitionTime: '2026-01-01T09:50:00Z'}]}"));
        assertEquals(Optional.empty(), since(""), "nobody writes its status");
        assertEquals(Optional.empty(), since("status: {phase: Running}"));
    }

    private static Optional<Instant> since(String status) {
        var snapshot = ReadinessTest.snapshot(List.of(), OLD + status);
        return ensure_ready.Steady.since(ensure_ready.Verdicts.of(new ensure_ready.Family(snapshot, Set.of()),
            new ensure_ready.WaitSettings("codex", false, false, true, null)), snapshot);
    }
}
