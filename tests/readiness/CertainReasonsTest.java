import java.util.List;
import org.junit.jupiter.api.Test;

/** Reasons that are certain by themselves: scheduling, admission, quotas, Jobs. */
class CertainReasonsTest {
    @Test
    void aPodThatFitsNowhereIsCertainAfterItsGrace() {
        var selector = CertaintyTest.unschedulable("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector. "
            + "preemption: 0/3 "
            + "nodes are available: 3 Preemption is not helpful for scheduling.");
        new CertaintyTest.Film().during(0, 14, CertaintyTest.DEPLOYMENT, selector)
            .certain().at(15, CertaintyTest.DEPLOYMENT, selector).certain("SCHED_NODE_SELECTOR");
        var full = CertaintyTest.unschedulable("0/3 nodes are available: 3 Insufficient cpu.");
        new CertaintyTest.Film().during(0, 119, CertaintyTest.DEPLOYMENT, full)
            .certain().at(120, CertaintyTest.DEPLOYMENT, full).certain("SCHED_INSUFFICIENT_RESOURCES");
    }

    @Test
    void aNodeThatIsDrainedOrStartingAmongTheReasonsMayOpenAgain() {
        for (var message : List.of("0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match Pod's node "
            + "affinity/selector.",
            "0/3 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }, "
                + "2 node(s) didn't match Pod's node affinity/selector.", "no nodes available to schedule pods")) {
            new CertaintyTest.Film().during(0, 600, CertaintyTest.DEPLOYMENT, CertaintyTest.unschedulable(message)).certain();
        }
    }

    @Test
    void aGraceBeginsWhenItsReasonStandsAlone() {
        var drained = CertaintyTest.unschedulable("0/3 nodes are available: 1 node(s) were unschedulable, "
            + "2 node(s) didn't match Pod's node "
            + "affinity/selector.");
        var opened = CertaintyTest.unschedulable("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.");
        new CertaintyTest.Film().during(0, 35, CertaintyTest.DEPLOYMENT, drained).during(36, 50, CertaintyTest.DEPLOYMENT, opened)
            .certain().at(51, CertaintyTest.DEPLOYMENT, opened).certain("SCHED_NODE_SELECTOR");
    }

    @Test
    void anAutoscalerAtWorkIsWaitedFor() {
        var event = "{apiVersion: v1, kind: Event, metadata: {name: e, namespace: shop}, reason: TriggeredScaleUp, type: Normal, "
            + "count: 1, lastTimestamp: '2026-01-01T10:00:08Z', message: 'pod triggered scale-up', involvedObject: {kind: Pod, "
            + "name: api-1-x, namespace: shop, uid: p1}}";
        new CertaintyTest.Film().during(0, 300, CertaintyTest.DEPLOYMENT,
            CertaintyTest.unschedulable("0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector."), event).certain();
    }

    static String refused(String message) {
        return CertaintyTest.DEPLOYMENT.replace("status: {replicas: 1}",
            "status: {replicas: 0, conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate, message: '" + message + "'}]}")
            .replace("updatedReplicas: 1, ", "").replace(" replicas: 1, unavailable", " unavailable");
    }

    @Test
    void whatAdmissionDeniesIsCertainAndAWebhookThatDoesNotAnswerIsNot() {
        var denied = refused("admission webhook \"p.example.com\" denied the request: no");
        new CertaintyTest.Film().during(0, 5, denied).certain("ADMISSION_WEBHOOK_DENIED");
        new CertaintyTest.Film().during(0, 600,
            refused("Internal error occurred: failed calling webhook \"p.example.com\": no endpoints available for service \"p\""))
            .certain();
    }

    @Test
    void aQuotaIsCertainUnlessSomethingIsJustGoingAway() {
        var full = refused("pods \"api-1-\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2");
        new CertaintyTest.Film().during(0, 29, full).certain().at(30, full).certain("QUOTA_EXCEEDED");
        var leaving = "{apiVersion: v1, kind: Pod, metadata: {name: old, namespace: shop, uid: p8, "
            + "deletionTimestamp: '2026-01-01T10:00:00Z'}}";
        new CertaintyTest.Film().during(0, 60, full, leaving).certain();
        new CertaintyTest.Film().during(0, 60, full, ReadinessTest.JOB).certain();
    }

    @Test
    void aQuotaIsNoVerdictWhileTheOldRevisionStillShrinks() {
        var full = refused("pods \"api-1-\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=2, limited: pods=2");
        var old = "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: api-0, namespace: shop, uid: r0, "
            + "annotations: {deployment.kubernetes.io/revision: '0'}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, "
            + "name: api, uid: d1, controller: true}]}, spec: {replicas: 0}, status: {replicas: 1}}";
        new CertaintyTest.Film().during(0, 60, full, old).certain();
        new CertaintyTest.Film().during(0, 60, full, old.replace("status: {replicas: 1}", "status: {replicas: 0}"))
            .certain("QUOTA_EXCEEDED");
        new CertaintyTest.Film().during(0, 60, full, old.replace("uid: d1", "uid: d7")).certain("QUOTA_EXCEEDED");
    }

    @Test
    void aFailedJobIsCertainAndOneThatStillTriesIsNot() {
        new CertaintyTest.Film().during(0, 2, ReadinessTest.JOB.replace("active: 1, ready: 1",
            "failed: 1, conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded}]")).certain("JOB_FAILED");
        new CertaintyTest.Film().during(0, 300, ReadinessTest.JOB.replace("active: 1, ready: 1", "active: 1, failed: 3")).certain();
    }

    @Test
    void aDeadlineExceededBeforeTheApplyIsNoVerdictOnIt() {
        var late = CertaintyTest.DEPLOYMENT.replace("unavailableReplicas: 1",
            "unavailableReplicas: 1, conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded, "
                + "lastTransitionTime: '2026-01-01T09:00:00Z'}]");
        new CertaintyTest.Film().during(0, 60, late).certain();
        new CertaintyTest.Film().during(0, 2, late.replace("T09:00:00Z", "T10:00:00Z")).certain("ROLLOUT_STUCK");
    }
}
