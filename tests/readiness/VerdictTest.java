import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What gates a verdict and what does not: the agent's own, what was applied, what others made. */
class VerdictTest {
    static ensure_ready.Verdict verdict(ensure_ready.WaitSettings settings,
        List<ensure_ready.Applied> applied, String... documents) {
        return ensure_ready.Verdicts.of(new ensure_ready.Family(ReadinessTest.snapshot(applied, documents), Set.of()), settings);
    }

    static ensure_ready.WaitSettings settings(boolean onlyApplied, boolean strict) {
        return new ensure_ready.WaitSettings("codex", onlyApplied, strict, true, null);
    }

    @Test
    void theAgentsOwnDeploymentIsJudgedApartAndNeverGates() {
        var agent = ReadinessTest.DEPLOYMENT.replace("name: users, namespace", "name: codex, namespace")
            .replace("uid: d1", "uid: d9").replace("updatedReplicas: 2", "updatedReplicas: 0").replace("app: users", "app: codex");
        var service = ReadinessTest.SERVICE.replace("name: users", "name: codex").replace("app: users", "app: codex");
        var both = verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT, agent);
        assertTrue(both.ready());
        assertFalse(both.agentReady());
        assertTrue(both.warnings().toString().contains("deploy/codex is not ready"), both.warnings().toString());
        assertTrue(verdict(settings(true, false), List.of(ReadinessTest.applied(ReadinessTest.DEPLOYMENT, 4, "d1"),
            ReadinessTest.applied(agent, 4, "d9"), ReadinessTest.applied(service, 0, "")),
            ReadinessTest.DEPLOYMENT, agent, service).ready(), "its Service must not gate either");
    }

    @Test
    void aPodInWhichAnAgentRanDoesNotGate() {
        var failed = ReadinessTest.POD.replace("phase: Running", "phase: Failed");
        assertFalse(verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT, failed).ready());
        assertTrue(verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT,
            failed.replace("uid: p1", "uid: p1, labels: {app.kubernetes.io/managed-by: prompt-run}")).ready());
    }

    @Test
    void onlyWhatWasAppliedGatesWhenThatIsAskedFor() {
        var other = ReadinessTest.DEPLOYMENT.replace("name: users, namespace", "name: other, namespace")
            .replace("uid: d1", "uid: d2").replace("updatedReplicas: 2", "updatedReplicas: 0");
        assertFalse(verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT, other).ready());
        assertTrue(verdict(settings(true, false), List.of(ReadinessTest.applied(ReadinessTest.DEPLOYMENT, 4, "d1")),
            ReadinessTest.DEPLOYMENT, other).ready());
    }

    @Test
    void anAppliedObjectThatIsNotThereIsNotReady() {
        assertFalse(verdict(settings(true, false), List.of(ReadinessTest.applied(ReadinessTest.DEPLOYMENT, 4, "d1"))).ready());
    }

    @Test
    void anObjectThatCouldNotBeAppliedKeepsAllFromBeingReady() {
        var refused = new ensure_ready.Applied(ReadinessTest.obj("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"),
            new ensure_ready.Source("a.yaml", 1), ensure_ready.Result.failed, 0, "", "Invalid", "is invalid");
        assertFalse(verdict(settings(true, false), List.of(ReadinessTest.applied(ReadinessTest.DEPLOYMENT, 4, "d1"), refused),
            ReadinessTest.DEPLOYMENT).ready());
    }

    @Test
    void aFinishedJobThatItsTimeToLiveRemovedCountsAsItWasLastSeen() {
        var job = ReadinessTest.JOB.replace("suspend: false", "suspend: false, ttlSecondsAfterFinished: 0");
        var done = ReadinessTest.obj(job.replace("active: 1, ready: 1", "succeeded: 1, conditions: [{type: Complete, status: 'True'}]"));
        var applied = List.of(ReadinessTest.applied(job, 1, "j1"));
        var seen = new ensure_ready.Family(ReadinessTest.snapshot(applied), Set.of(), Map.of(), Map.of("j1", done));
        assertTrue(ensure_ready.Verdicts.of(seen, settings(true, true)).ready());
        var unseen = ensure_ready.Verdicts.of(new ensure_ready.Family(ReadinessTest.snapshot(applied), Set.of()), settings(true, false));
        assertTrue(unseen.ready());
        assertFalse(unseen.verified());
        var plain = List.of(ReadinessTest.applied(ReadinessTest.JOB, 1, "j1"));
        assertFalse(ensure_ready.Verdicts.of(new ensure_ready.Family(ReadinessTest.snapshot(plain), Set.of(), Map.of(), Map.of("j1", done)),
            settings(true, false)).ready(), "without a time to live somebody else removed it");
    }

    private static String told(ensure_ready.Verdict verdict) {
        return verdict.ready() + " " + verdict.verified() + " "
            + verdict.workloads().stream().map(w -> w.ref() + " " + w.state() + (w.message().isEmpty() ? "" : ": " + w.message())).toList();
    }

    /** What a namespace with these objects is where some kinds cannot be read. */
    private static ensure_ready.Verdict without(List<String> kinds, boolean strict, String... documents) {
        var snapshot = ReadinessTest.snapshot(List.of(), documents);
        snapshot.objects().keySet().removeAll(kinds);
        return ensure_ready.Verdicts.of(new ensure_ready.Family(snapshot, Set.of()), settings(false, strict));
    }

    @Test
    void whereAKindOfWorkloadCannotBeReadNothingIsVerifiedAndStrictWaits() {
        assertEquals("true false [deploy/users ready]", told(without(List.of("Job"), false, ReadinessTest.DEPLOYMENT)));
        assertEquals(List.of("Jobs cannot be read: their pods alone are judged"),
            without(List.of("Job"), false, ReadinessTest.DEPLOYMENT).warnings());
        assertFalse(without(List.of("Job"), true, ReadinessTest.DEPLOYMENT).ready());
        assertEquals("true true [deploy/users ready]", told(without(List.of("Secret"), true, ReadinessTest.DEPLOYMENT)));
        var applied = ReadinessTest.snapshot(List.of(ReadinessTest.applied(ReadinessTest.DEPLOYMENT, 4, "d1")), ReadinessTest.DEPLOYMENT);
        applied.objects().remove("Job");
        assertEquals(List.of(),
            ensure_ready.Verdicts.of(new ensure_ready.Family(applied, Set.of()), settings(true, true)).warnings());
    }

    @Test
    void customResourcesThatCannotBeReadAreToldAndOtherLimitsAreNot() {
        var all = ReadinessTest.snapshot(List.of(), ReadinessTest.DEPLOYMENT);
        var limited = new ensure_ready.Snapshot("shop", all.at(), all.objects(), List.of(), Map.of(),
            List.of("custom resources: widgets.example.com: forbidden", "events: forbidden"));
        var verdict = ensure_ready.Verdicts.of(new ensure_ready.Family(limited, Set.of()), settings(false, false));
        assertEquals(List.of("custom resources: widgets.example.com: forbidden"), verdict.warnings());
        assertEquals("true false [deploy/users ready]", told(verdict));
    }

    @Test
    void podsSpeakForTheirControllersOnlyWhereThoseCannotBeRead() {
        for (var controller : List.of("StatefulSet", "ReplicaSet")) {
            var pod = ReadinessTest.POD.replace("uid: p1",
                "uid: p1, ownerReferences: [{apiVersion: apps/v1, kind: " + controller + ", name: x, uid: x, controller: true}]");
            assertEquals("[]", refs(without(List.of(), false, pod)));
            assertEquals("[pod/shell]", refs(without(List.of("StatefulSet", "ReplicaSet", "Deployment"), false, pod)));
            assertEquals(controller.equals("StatefulSet") ? "[pod/shell]" : "[]", refs(without(List.of("StatefulSet"), false, pod)));
            assertEquals("[]", refs(without(List.of("ReplicaSet"), false, pod)), "its Deployment speaks");
            assertEquals("[]", refs(without(List.of("Deployment"), false, pod)), "its ReplicaSet speaks");
        }
    }

    private static String refs(ensure_ready.Verdict verdict) {
        return verdict.workloads().stream().map(ensure_ready.Workload::ref).toList().toString();
    }

    @Test
    void whatARunMadeAndRoutesDoNotGateANamespace() {
        var run = ReadinessTest.POD.replace("phase: Running", "phase: Failed").replace("uid: p1",
            "uid: p1, ownerReferences: [{apiVersion: tekton.dev/v1, kind: TaskRun, name: x, uid: x, controller: true}]");
        var route = "{apiVersion: example.com/v1, kind: WebRoute, metadata: {name: r, namespace: shop}, status: {phase: Failed}}";
        assertEquals("[deploy/users]", refs(verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT, run, route)));
        assertEquals("[deploy/users, pod/shell, widget/r]", refs(verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT,
            run.replace("TaskRun", "Task"), route.replace("WebRoute", "Widget"))));
    }

    @Test
    void aNamespaceThatEndsOrIsNotThereIsNotReady() {
        var shop = "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}";
        assertEquals("true true [deploy/users ready]", told(verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT, shop)));
        assertEquals("false true [deploy/users ready, ns/shop progressing: is being deleted]", told(verdict(settings(false, false),
            List.of(), ReadinessTest.DEPLOYMENT, shop.replace("name: shop", "name: shop, deletionTimestamp: '2026-01-01T10:00:00Z'"))));
        assertEquals("false true [deploy/users ready, ns/shop progressing: does not exist]", told(verdict(settings(false, false),
            List.of(), ReadinessTest.DEPLOYMENT, shop.replace("name: shop", "name: other"))));
    }

    @Test
    void whatTheApplyAnsweredForAnObjectHoldsForThatObjectAlsoWhenTheNamespaceIsJudged() {
        var applied = List.of(ReadinessTest.applied(ReadinessTest.POD, 0, "p1"), ReadinessTest.applied(ReadinessTest.DEPLOYMENT, 5, "d1"));
        assertEquals("false true [deploy/users progressing: its controller has not seen generation 5 yet, pod/shell ready]",
            told(verdict(settings(false, false), applied, ReadinessTest.DEPLOYMENT, ReadinessTest.POD)));
    }

    @Test
    void whatWaitsForItsApplyIsToldWithItsErrorAndConfigurationOnlyThen() {
        var config = ReadinessTest.applied("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}", 0, "")
            .with(ensure_ready.Result.pending);
        var refused = new ensure_ready.Applied(config.object(), config.source(), ensure_ready.Result.pending, 0, "", "", "no route");
        var users = ReadinessTest.applied(ReadinessTest.DEPLOYMENT, 4, "d1").with(ensure_ready.Result.pending);
        assertEquals("false true [deploy/users progressing: not applied yet]",
            told(verdict(settings(true, false), List.of(config, users), ReadinessTest.DEPLOYMENT)));
        assertEquals("false true [cm/c progressing: not applied yet: no route, deploy/users progressing: not applied yet]",
            told(verdict(settings(true, false), List.of(refused, users))));
    }

    @Test
    void whatIsNotThereIsToldApartFromWhatCouldNotBeRead() {
        var applied = List.of(ReadinessTest.applied(ReadinessTest.DEPLOYMENT, 4, "d1"),
            ReadinessTest.applied("{apiVersion: example.com/v1, kind: Widget, metadata: {name: w}}", 1, "w1"));
        assertEquals("false true [deploy/users progressing: is not there, widget/w progressing: not read (yet)]",
            told(verdict(settings(true, false), applied)));
    }

    @Test
    void whatAJobWasWhenItWasLastSeenCountsOnlyIfThatWasItsEnd() {
        var job = ReadinessTest.JOB.replace("suspend: false", "suspend: false, ttlSecondsAfterFinished: 0");
        var applied = List.of(ReadinessTest.applied(job, 1, "j1"));
        var told = new java.util.ArrayList<String>();
        for (var last : List.of("conditions: [{type: Failed, status: 'True', reason: Late}]", "active: 1")) {
            var gone = Map.of("j1", ReadinessTest.obj(job.replace("active: 1, ready: 1", last)));
            told.add(told(ensure_ready.Verdicts.of(new ensure_ready.Family(ReadinessTest.snapshot(applied), Set.of(), Map.of(), gone),
                settings(true, false))));
        }
        assertEquals(List.of("false true [job/seed failed: Failed=True: Late; removed after its time to live]",
            "true false [job/seed unverified: removed after its time to live, before its end was seen]"), told);
    }

    @Test
    void theAgentIsJudgedAlsoWhereItIsNotOneOfWhatWasApplied() {
        var agent = ReadinessTest.DEPLOYMENT.replace("name: users, namespace", "name: codex, namespace");
        var applied = List.of(ReadinessTest.applied(ReadinessTest.POD, 0, "p1"));
        var there = verdict(settings(true, false), applied, ReadinessTest.POD, agent);
        assertTrue(there.agentReady() && there.warnings().isEmpty(), there.warnings().toString());
        assertFalse(verdict(settings(true, false), List.of(applied.get(0), ReadinessTest.applied(agent, 5, "d1")), ReadinessTest.POD, agent)
            .agentReady(), "what was applied must have been seen");
        var late = verdict(settings(true, false), applied, ReadinessTest.POD, agent.replace("updatedReplicas: 2", "updatedReplicas: 1"));
        assertFalse(late.agentReady());
        assertEquals(List.of("the agent's own deploy/codex is not ready: 1 of 2 updated"), late.warnings());
        assertFalse(verdict(settings(true, false), applied, ReadinessTest.POD).agentReady());
    }

    @Test
    void notesOfWhatBlocksNothingAreWarningsAndUsualEndsAreNot() {
        var done = ReadinessTest.JOB.replace("active: 1, ready: 1", "conditions: [{type: Complete, status: 'True'}]");
        assertEquals(List.of(), verdict(settings(false, false), List.of(), done, ReadinessTest.DEPLOYMENT).warnings());
        assertEquals(List.of("deploy/users: paused; its template is rolled out", "job/seed: suspended"),
            verdict(settings(false, false), List.of(), ReadinessTest.JOB.replace("suspend: false", "suspend: true"),
            ReadinessTest.DEPLOYMENT.replace("  replicas: 2\n  progress", "  paused: true\n  replicas: 2\n  progress")).warnings());
        assertEquals(List.of(), verdict(settings(false, false), List.of(),
            ReadinessTest.DEPLOYMENT.replace("updatedReplicas: 2", "updatedReplicas: 1")).warnings(), "what blocks is no warning");
        assertEquals(List.of("namespace shop has no workloads: nothing is proven"), verdict(settings(false, false), List.of()).warnings());
    }

    @Test
    void wherePodsCannotBeReadTheirProbesAreNotCountedOn() {
        assertTrue(without(List.of("Pod"), false, ReadinessTest.DEPLOYMENT).unprobed());
        assertFalse(without(List.of(), false, ReadinessTest.DEPLOYMENT).unprobed());
        assertFalse(without(List.of("Pod"), false, ReadinessTest.CLAIM).unprobed());
        assertFalse(without(List.of("Pod"), false,
            ReadinessTest.DEPLOYMENT.replace("replicas: 2\n  p", "minReadySeconds: 5\n  replicas: 2\n  p"))
            .unprobed());
    }

    @Test
    void endpointsThatCannotBeReadBlockNoService() {
        var snapshot = ReadinessTest.snapshot(List.of(ReadinessTest.applied(ReadinessTest.SERVICE, 0, "")), ReadinessTest.SERVICE,
            ReadinessTest.DEPLOYMENT);
        snapshot.objects().remove("EndpointSlice");
        assertEquals("true true [svc/users ready: endpoints not readable]",
            told(ensure_ready.Verdicts.of(new ensure_ready.Family(snapshot, Set.of()), settings(true, false))));
    }

    @Test
    void jobsOfACronJobAndPodsOfAReplicaSetAreNotJudgedTwice() {
        var child = ReadinessTest.JOB.replace("uid: j1",
            "uid: j2, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: n, uid: x, controller: true}]");
        assertEquals(1, verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT, child).workloads().size());
        assertEquals(2, verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT,
            child.replace("batch/v1, kind: CronJob", "example.com/v1, kind: Task")).workloads().size());
    }
}
