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

    @Test
    void jobsOfACronJobAndPodsOfAReplicaSetAreNotJudgedTwice() {
        var child = ReadinessTest.JOB.replace("uid: j1",
            "uid: j2, ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: n, uid: x, controller: true}]");
        assertEquals(1, verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT, child).workloads().size());
        assertEquals(2, verdict(settings(false, false), List.of(), ReadinessTest.DEPLOYMENT,
            child.replace("batch/v1, kind: CronJob", "example.com/v1, kind: Task")).workloads().size());
    }
}
