import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The rules of readiness on objects as a real API server returns them; each trap stands beside the twin that must not trip. */
class ReadinessTest {
    static final Instant NOW = Instant.parse("2026-01-01T10:00:00Z");

    static final String DEPLOYMENT = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: users, namespace: shop, uid: d1, generation: 4, annotations: {deployment.kubernetes.io/revision: "2"}}
        spec:
          replicas: 2
          progressDeadlineSeconds: 600
          selector: {matchLabels: {app: users}}
          template: {metadata: {labels: {app: users}}, spec: {containers: [{name: users, image: "users:2"}]}}
        status:
          observedGeneration: 4
          replicas: 2
          updatedReplicas: 2
          readyReplicas: 2
          availableReplicas: 2
          conditions:
          - {type: Available, status: "True", reason: MinimumReplicasAvailable, message: Deployment has minimum availability.}
          - {type: Progressing, status: "True", reason: NewReplicaSetAvailable, message: ReplicaSet "users-7d9" has successfully \
        progressed.}
        """;
    static final String STATEFUL_SET = """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: shop, uid: s1, generation: 2}
        spec:
          replicas: 3
          serviceName: db
          updateStrategy: {type: RollingUpdate, rollingUpdate: {partition: 0}}
          selector: {matchLabels: {app: db}}
          template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:2"}]}}
        status: {observedGeneration: 2, replicas: 3, readyReplicas: 3, availableReplicas: 3, updatedReplicas: 3, currentReplicas: 3, \
        currentRevision: db-2, updateRevision: db-2}
        """;
    static final String DAEMON_SET = """
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: agent, namespace: shop, generation: 3}
        spec: {updateStrategy: {type: RollingUpdate}}
        status: {observedGeneration: 3, desiredNumberScheduled: 2, currentNumberScheduled: 2, updatedNumberScheduled: 2, numberReady: 2, \
        numberAvailable: 2, numberMisscheduled: 0}
        """;
    static final String POD = """
        apiVersion: v1
        kind: Pod
        metadata: {name: shell, namespace: shop, uid: p1}
        spec: {restartPolicy: Always, containers: [{name: main, image: "a:1"}]}
        status:
          phase: Running
          conditions: [{type: Ready, status: "True"}, {type: PodScheduled, status: "True"}]
          containerStatuses: [{name: main, ready: true, restartCount: 0, state: {running: {startedAt: "2026-01-01T09:59:00Z"}}}]
        """;
    static final String JOB = """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: seed, namespace: shop, uid: j1, generation: 1}
        spec: {completions: 1, parallelism: 1, backoffLimit: 6, suspend: false}
        status: {active: 1, ready: 1, startTime: "2026-01-01T09:59:00Z"}
        """;
    static final String CLAIM = """
        apiVersion: v1
        kind: PersistentVolumeClaim
        metadata: {name: data, namespace: shop, uid: c1}
        spec: {accessModes: [ReadWriteOnce], storageClassName: slow, resources: {requests: {storage: 1Gi}}}
        status: {phase: Pending}
        """;
    static final String SERVICE = """
        apiVersion: v1
        kind: Service
        metadata: {name: users, namespace: shop}
        spec: {type: ClusterIP, clusterIP: 10.0.0.9, selector: {app: users}, ports: [{port: 80}]}
        """;

    static ensure_ready.Obj obj(String yaml) {
        return new ensure_ready.Obj(EmbeddedStore.yaml(yaml).get(0));
    }

    /** Every kind that the watches would know, and the objects of the documents. */
    static ensure_ready.Snapshot snapshot(List<ensure_ready.Applied> applied, String... documents) {
        var objects = new TreeMap<String, List<ensure_ready.Obj>>();
        List.of("Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet",
            "Job", "PersistentVolumeClaim", "Event", "Service", "EndpointSlice", "StorageClass", "Secret", "ConfigMap", "ServiceAccount")
            .forEach(kind -> objects.put(kind, new ArrayList<>()));
        for (var text : documents) {
            EmbeddedStore.yaml(text).forEach(node -> {
                var o = new ensure_ready.Obj(node);
                objects.computeIfAbsent(ensure_ready.Snapshot.key(o), kind -> new ArrayList<>()).add(o);
            });
        }
        return new ensure_ready.Snapshot("shop", NOW, objects, applied, Map.of(), List.of());
    }

    static ensure_ready.Family family(String... documents) {
        return new ensure_ready.Family(snapshot(List.of(), documents), Set.of());
    }

    /** The verdict on the first document, with the others beside it. */
    static ensure_ready.Workload judge(String... documents) {
        var family = family(documents);
        var first = obj(documents[0]);
        return ensure_ready.Readiness.judge(first, Optional.empty(), family);
    }

    static ensure_ready.Applied applied(String yaml, long generation, String uid) {
        return new ensure_ready.Applied(obj(yaml), new ensure_ready.Source("app.yaml", 1),
            ensure_ready.Result.configured, generation, uid, "", "");
    }

    private static void assertReady(ensure_ready.Workload w) {
        assertEquals(ensure_ready.State.ready, w.state(), w.message());
    }

    private static void assertProgressing(String message, ensure_ready.Workload w) {
        assertEquals(ensure_ready.State.progressing, w.state(), w.message());
        assertTrue(w.message().contains(message), w.message());
    }

    private static void assertFailed(String message, ensure_ready.Workload w) {
        assertEquals(ensure_ready.State.failed, w.state(), w.message());
        assertTrue(w.message().contains(message), w.message());
    }

    @Test
    void aDeploymentWhoseCountsAndConditionsAgreeIsReady() {
        var users = judge(DEPLOYMENT);
        assertReady(users);
        assertEquals("deploy/users 2/2", users.ref() + " " + users.ready() + "/" + users.desired());
    }

    @Test
    void aBrokenRolloutBehindOldPodsIsNotReadyThoughAvailableIsTrue() {
        var broken = DEPLOYMENT.replace("updatedReplicas: 2", "updatedReplicas: 1")
            .replace("replicas: 2\n  updated", "replicas: 3\n  updated").replace("NewReplicaSetAvailable", "ReplicaSetUpdated");
        var users = judge(broken, """
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: users-new, namespace: shop, uid: r2, annotations: {deployment.kubernetes.io/revision: "2"}, ownerReferences: \
            [{kind: Deployment, apiVersion: apps/v1, name: users, uid: d1, controller: true}]}
            spec: {replicas: 1}
            status: {replicas: 1}
            ---
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: users-old, namespace: shop, uid: r1, annotations: {deployment.kubernetes.io/revision: "1"}, ownerReferences: \
            [{kind: Deployment, apiVersion: apps/v1, name: users, uid: d1, controller: true}]}
            spec: {replicas: 2}
            status: {replicas: 2, readyReplicas: 2}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: users-new-x, namespace: shop, ownerReferences: [{kind: ReplicaSet, apiVersion: apps/v1, name: users-new, \
            uid: r2, controller: true}]}
            status:
              phase: Pending
              conditions: [{type: PodScheduled, status: "True"}, {type: Ready, status: "False"}]
              containerStatuses: [{name: users, ready: false, restartCount: 0, state: {waiting: {reason: ImagePullBackOff, message: \
            'Back-off pulling image "users:3"'}}}]
            """);
        assertProgressing("1 of 2 updated; pod users-new-x waits: ImagePullBackOff", users);
        assertEquals(0, users.ready(), "old pods that serve say nothing of the new release");
    }

    @Test
    void aRolloutThatIsWholeIsReadyThoughAnOldReplicaSetIsKept() {
        assertReady(judge(DEPLOYMENT, """
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: users-old, namespace: shop, uid: r1, annotations: {deployment.kubernetes.io/revision: "1"}, ownerReferences: \
            [{kind: Deployment, apiVersion: apps/v1, name: users, uid: d1, controller: true}]}
            spec: {replicas: 0}
            status: {replicas: 0}
            """));
    }

    @Test
    void aStatusOlderThanTheApplySaysNothing() {
        assertProgressing("has not seen generation 4", judge(DEPLOYMENT.replace("observedGeneration: 4", "observedGeneration: 3")));
        var family = family(DEPLOYMENT);
        assertProgressing("has not seen generation 5",
            ensure_ready.Readiness.judge(obj(DEPLOYMENT), Optional.of(applied(DEPLOYMENT, 5, "d1")), family));
        assertReady(ensure_ready.Readiness.judge(obj(DEPLOYMENT), Optional.of(applied(DEPLOYMENT, 4, "d1")), family));
    }

    @Test
    void aDeploymentWithoutAnyStatusIsNotReady() {
        assertProgressing("has not seen generation", judge(DEPLOYMENT.substring(0, DEPLOYMENT.indexOf("status:"))));
    }

    @Test
    void anObjectThatSomebodyMadeAgainIsNotTheOneThatWasApplied() {
        assertProgressing("made again",
            ensure_ready.Readiness.judge(obj(DEPLOYMENT), Optional.of(applied(DEPLOYMENT, 4, "other")), family(DEPLOYMENT)));
    }

    @Test
    void anObjectThatIsBeingDeletedIsNotReadyAndItsFinalizersAreNamed() {
        assertProgressing("example.com/keep",
            judge(DEPLOYMENT.replace("generation: 4",
            "generation: 4, deletionTimestamp: \"2026-01-01T09:00:00Z\", finalizers: [example.com/keep]")));
    }

    @Test
    void surplusOldPodsKeepARolloutFromBeingWhole() {
        assertProgressing("1 old pod still there", judge(DEPLOYMENT.replace("replicas: 2\n  updated", "replicas: 3\n  updated")));
    }

    @Test
    void aDeploymentThatExceededItsDeadlineHasFailed() {
        var late = DEPLOYMENT.replace("updatedReplicas: 2", "updatedReplicas: 1")
            .replace("status: \"True\", reason: NewReplicaSetAvailable", "status: \"False\", reason: ProgressDeadlineExceeded");
        assertFailed("no progress within its deadline", judge(late));
        assertProgressing("has not seen", judge(late.replace("observedGeneration: 4", "observedGeneration: 3")));
    }

    @Test
    void aRolloutThatTheControllerHasNotCalledCompleteIsNot() {
        assertProgressing("not complete", judge(DEPLOYMENT.replace("NewReplicaSetAvailable", "ReplicaSetUpdated")));
        assertReady(judge(DEPLOYMENT.replace("  progressDeadlineSeconds: 600\n", "  progressDeadlineSeconds: 2147483647\n")
            .replaceAll("(?m)^.*type: Progressing.*\\R", "")));
    }

    @Test
    void readyForLessThanMinReadySecondsIsNotAvailableYet() {
        assertProgressing("minReadySeconds", judge(DEPLOYMENT.replace("availableReplicas: 2", "availableReplicas: 1")));
    }

    @Test
    void aPausedDeploymentIsSuspendedUnlessItsTemplateIsRolledOut() {
        var paused = DEPLOYMENT.replace("replicas: 2\n  progress", "paused: true\n  replicas: 2\n  progress");
        assertReady(judge(paused));
        assertEquals(ensure_ready.State.suspended, judge(paused.replace("updatedReplicas: 2", "updatedReplicas: 0")).state());
    }

    @Test
    void aDeploymentScaledToZeroIsReadyWhenNoPodIsLeft() {
        var zero = DEPLOYMENT.replace("replicas: 2\n  progress", "replicas: 0\n  progress")
            .replaceAll("(?m)^  (replicas|updatedReplicas|readyReplicas|availableReplicas): 2\\R", "");
        assertReady(judge(zero));
        assertProgressing("still there", judge(DEPLOYMENT.replace("replicas: 2\n  progress", "replicas: 0\n  progress")));
    }

    @Test
    void aStatefulSetIsReadyOnlyWhenItsUpdateIsWhole() {
        assertReady(judge(STATEFUL_SET));
        assertProgressing("1 of 3 updated", judge(STATEFUL_SET.replace("updatedReplicas: 3", "updatedReplicas: 1")
            .replace("currentRevision: db-2", "currentRevision: db-1")));
        assertProgressing("not complete", judge(STATEFUL_SET.replace("currentRevision: db-2", "currentRevision: db-1")));
        assertProgressing("2 of 3 ready", judge(STATEFUL_SET.replace("readyReplicas: 3", "readyReplicas: 2")));
        assertProgressing("minReadySeconds", judge(STATEFUL_SET.replace("availableReplicas: 3", "availableReplicas: 1")));
        assertProgressing("1 of 3 created", judge(STATEFUL_SET.replace("replicas: 3, ready", "replicas: 1, ready")));
        assertProgressing("has not seen", judge(STATEFUL_SET.replace("observedGeneration: 2", "observedGeneration: 1")));
    }

    @Test
    void aPartitionedStatefulSetIsReadyWhenItsPartIsUpdated() {
        var parted = STATEFUL_SET.replace("partition: 0", "partition: 2").replace("currentRevision: db-2", "currentRevision: db-1")
            .replace("updatedReplicas: 3", "updatedReplicas: 1");
        assertReady(judge(parted));
        assertProgressing("0 of 1 updated", judge(parted.replace("updatedReplicas: 1", "updatedReplicas: 0")));
    }

    @Test
    void anOnDeleteStatefulSetIsReadyOnCountsAndSaysWhatIsOld() {
        var onDelete = STATEFUL_SET.replace("type: RollingUpdate, rollingUpdate: {partition: 0}", "type: OnDelete")
            .replace("currentRevision: db-2", "currentRevision: db-1").replace("updatedReplicas: 3", "updatedReplicas: 1");
        assertReady(judge(onDelete));
        assertTrue(judge(onDelete).message().contains("2 pods on an old revision"), judge(onDelete).message());
        assertProgressing("2 of 3 ready", judge(onDelete.replace("readyReplicas: 3", "readyReplicas: 2")));
    }

    @Test
    void aDaemonSetIsReadyWhenEveryNodeRunsTheNewPod() {
        assertReady(judge(DAEMON_SET));
        assertProgressing("1 of 2 updated", judge(DAEMON_SET.replace("updatedNumberScheduled: 2", "updatedNumberScheduled: 1")));
        assertReady(judge(DAEMON_SET.replace("updatedNumberScheduled: 2", "updatedNumberScheduled: 1")
            .replace("RollingUpdate", "OnDelete")));
        assertProgressing("1 of 2 available", judge(DAEMON_SET.replace("numberAvailable: 2", "numberAvailable: 1")));
        assertProgressing("has not seen",
            judge(DAEMON_SET.replace("observedGeneration: 3", "observedGeneration: 2").replaceAll(": 2([,}])", ": 0$1")));
    }

    @Test
    void aDaemonSetThatMatchesNoNodeIsReadyAndSaysSo() {
        var none = judge(DAEMON_SET.replaceAll("(Scheduled|Ready|Available): 2", "$1: 0"));
        assertReady(none);
        assertEquals("matches no node", none.message());
    }

    @Test
    void aReplicaSetOfItsOwnNeedsItsPods() {
        var set = """
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: old-school, namespace: shop, generation: 1}
            spec: {replicas: 2}
            status: {observedGeneration: 1, replicas: 2, readyReplicas: 2, availableReplicas: 2, fullyLabeledReplicas: 2}
            """;
        assertReady(judge(set));
        assertProgressing("1 of 2 ready", judge(set.replace("readyReplicas: 2", "readyReplicas: 1")));
        assertProgressing("exceeded quota",
            judge(set.replace("replicas: 2, readyReplicas: 2, availableReplicas: 2, fullyLabeledReplicas: 2",
            "replicas: 0, conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate, "
                + "message: 'pods \"x\" is forbidden: exceeded quota: small'}]")));
    }

    @Test
    void aPodIsReadyWhenItsConditionSaysSo() {
        assertReady(judge(POD));
        assertProgressing("not ready",
            judge(POD.replace("type: Ready, status: \"True\"", "type: Ready, status: \"False\"").replace("ready: true", "ready: false")));
    }

    @Test
    void aPodThatEndsIsReadyOnlyWhenItShouldEnd() {
        var ended = POD.replace("phase: Running", "phase: Succeeded")
            .replace("type: Ready, status: \"True\"", "type: Ready, status: \"False\"");
        assertReady(judge(ended.replace("restartPolicy: Always", "restartPolicy: Never")));
        assertProgressing("though it should run", judge(ended));
        assertProgressing("runs to its end", judge(POD.replace("restartPolicy: Always", "restartPolicy: OnFailure")));
        assertReady(judge(POD.replace("restartPolicy: Always", "restartPolicy: Never")
            .replace("uid: p1", "uid: p1, annotations: {ensure-ready/server: \"true\"}")));
        assertFailed("exit code 3", judge(POD.replace("restartPolicy: Always", "restartPolicy: Never")
            .replace("phase: Running", "phase: Failed")
            .replace("state: {running: {startedAt: \"2026-01-01T09:59:00Z\"}}", "state: {terminated: {exitCode: 3, reason: Error}}")));
    }

    @Test
    void nothingIsReadyWhileAnythingIsStillToBeApplied() {
        var config = applied("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}", 0, "");
        for (var onlyApplied : List.of(true, false)) {
            var settings = new ensure_ready.WaitSettings("codex", onlyApplied, false, true, NOW);
            var pending = List.of(applied(POD, 0, "p1"), config.with(ensure_ready.Result.pending));
            assertFalse(ensure_ready.Verdicts.of(new ensure_ready.Family(snapshot(pending, POD), Set.of()), settings).ready());
            var done = List.of(applied(POD, 0, "p1"), config);
            assertTrue(ensure_ready.Verdicts.of(new ensure_ready.Family(snapshot(done, POD), Set.of()), settings).ready());
        }
    }

    @Test
    void aContainersOwnRestartPolicyOutweighsThePods() {
        var never = POD.replace("restartPolicy: Always", "restartPolicy: Never");
        assertReady(judge(never.replace("{name: main,", "{name: main, restartPolicy: Always,")));
        assertProgressing("runs to its end", judge(POD.replace("{name: main,", "{name: main, restartPolicy: OnFailure,")));
        assertReady(judge(never.replace("containers: [{name: main,", "containers: [{name: once}, {name: main, restartPolicy: Always,")));
    }

    @Test
    void aPodWhoseContainersAllStartAgainHasNotFailed() {
        var failed = POD.replace("restartPolicy: Always", "restartPolicy: Never").replace("phase: Running", "phase: Failed");
        assertProgressing("start again",
            judge(failed.replace("conditions: [", "conditions: [{type: AllContainersRestarting, status: \"True\"}, ")));
        assertFailed("failed", judge(failed.replace("conditions: [", "conditions: [{type: AllContainersRestarting, status: \"False\"}, ")));
    }

    @Test
    void aPodsInitContainerAndSidecarsAreNamedWhenTheyHoldItUp() {
        var pod = POD.replace("type: Ready, status: \"True\"", "type: Ready, status: \"False\"").replace("containerStatuses: [", """
            initContainerStatuses: [{name: migrate, ready: false, restartCount: 4, state: {waiting: {reason: CrashLoopBackOff}}, \
            lastState: {terminated: {exitCode: 2}}}]
              containerStatuses: [""").replace("{running: {startedAt: \"2026-01-01T09:59:00Z\"}}", "{waiting: {reason: PodInitializing}}");
        assertProgressing("waits: init container migrate: CrashLoopBackOff, 4 restarts, exit code 2", judge(pod));
    }

    @Test
    void aJobIsJudgedByTheStatusOfItsConditionsNeverByTheirType() {
        assertProgressing("0 of 1 completed", judge(JOB));
        assertReady(judge(JOB.replace("active: 1, ready: 1",
            "succeeded: 1, conditions: [{type: SuccessCriteriaMet, status: 'True'}, {type: Complete, status: 'True'}]")));
        assertReady(judge(JOB.replace("active: 1, ready: 1", "conditions: [{type: SuccessCriteriaMet, status: 'True'}]")));
        assertFailed("BackoffLimitExceeded",
            judge(JOB.replace("active: 1, ready: 1",
            "failed: 1, conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded, message: too many}]")));
        assertFailed("PodFailurePolicy",
            judge(JOB.replace("active: 1, ready: 1",
            "failed: 1, conditions: [{type: FailureTarget, status: 'True', reason: PodFailurePolicy}]")));
        assertProgressing("completed",
            judge(JOB.replace("active: 1, ready: 1",
            "active: 1, conditions: [{type: Failed, status: 'False'}, {type: Suspended, status: 'False', reason: JobResumed}]")));
    }

    @Test
    void aSuspendedJobIsReportedAndNeutral() {
        assertEquals(ensure_ready.State.suspended, judge(JOB.replace("suspend: false", "suspend: true")
            .replace("active: 1, ready: 1", "conditions: [{type: Suspended, status: 'True'}]")).state());
    }

    @Test
    void aClaimIsReadyWhenBoundOrWhenNothingUsesItsLazyClass() {
        var lazy = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: slow}, volumeBindingMode: WaitForFirstConsumer}";
        var user = DEPLOYMENT.replace("image: \"users:2\"}]",
            "image: \"users:2\"}], volumes: [{name: d, persistentVolumeClaim: {claimName: data}}]");
        assertReady(judge(CLAIM.replace("Pending", "Bound")));
        assertProgressing("not bound", judge(CLAIM));
        assertReady(judge(CLAIM, lazy));
        assertProgressing("when its pod is scheduled", judge(CLAIM, lazy, user));
        assertReady(judge(CLAIM, lazy, user.replace("  replicas: 2\n  progress", "  replicas: 0\n  progress")));
        assertFailed("lost", judge(CLAIM.replace("Pending", "Lost")));
    }

    @Test
    void aClaimWithoutAClassFollowsTheDefaultOne() {
        var byDefault = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: std, "
            + "annotations: {storageclass.kubernetes.io/is-default-class: 'true'}}, volumeBindingMode: WaitForFirstConsumer}";
        assertReady(judge(CLAIM.replace("storageClassName: slow, ", ""), byDefault));
        assertProgressing("not bound", judge(CLAIM, byDefault));
    }

    @Test
    void aServiceNeedsAReadyEndpointWhenAWorkloadStandsBehindIt() {
        var slice = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: users-1, namespace: shop, "
            + "labels: {kubernetes.io/service-name: users}}, endpoints: [{addresses: [10.1.0.1], conditions: {ready: true}}]}";
        assertReady(judge(SERVICE, DEPLOYMENT, slice));
        assertProgressing("no ready endpoint", judge(SERVICE, DEPLOYMENT, slice.replace("ready: true", "ready: false")));
        assertProgressing("no ready endpoint", judge(SERVICE, DEPLOYMENT));
        assertReady(judge(SERVICE, DEPLOYMENT.replace("replicas: 2\n  progress", "replicas: 0\n  progress")));
        assertEquals("its selector matches no running workload", judge(SERVICE).message());
        assertReady(judge(SERVICE.replace("type: ClusterIP, clusterIP: 10.0.0.9, selector: {app: users}",
            "type: ExternalName, externalName: db.example.com")));
        assertReady(judge(SERVICE.replace("10.0.0.9", "None"), DEPLOYMENT, slice));
    }

    @Test
    void aLoadBalancerWithoutAnAddressIsToldAndDoesNotBlock() {
        var slice = "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: users-1, namespace: shop, "
            + "labels: {kubernetes.io/service-name: users}}, endpoints: [{addresses: [10.1.0.1]}]}";
        var balanced = judge(SERVICE.replace("ClusterIP, cl", "LoadBalancer, cl"), DEPLOYMENT, slice);
        assertReady(balanced);
        assertTrue(balanced.message().contains("no load balancer address"), balanced.message());
    }

    @Test
    void aDefinitionMustBeEstablishedAndItsNamesAccepted() {
        var crd = "{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.com, "
            + "generation: 1}, status: {conditions: [{type: NamesAccepted, status: 'True'}, {type: Established, status: 'True'}]}}";
        assertReady(judge(crd));
        assertProgressing("not established",
            judge(crd.replace("Established, status: 'True'", "Established, status: 'False', reason: Installing")));
        assertFailed("ListKindConflict",
            judge(crd.replace("NamesAccepted, status: 'True'", "NamesAccepted, status: 'False', reason: ListKindConflict")));
    }

    @Test
    void whatNeverGatesIsReadyWithItsNote() {
        assertEquals("suspended: no new jobs", judge("{apiVersion: batch/v1, kind: CronJob, metadata: {name: n}, spec: {suspend: true}}")
            .message());
        assertReady(judge("{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, status: {loadBalancer: {}}}"));
        assertReady(judge("{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, "
            + "status: {conditions: [{type: ScalingActive, status: 'False'}]}}"));
    }

    @Test
    void anApiServiceAndANamespaceAreJudgedByTheirOwnWord() {
        var service = "{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: v1.x}, "
            + "status: {conditions: [{type: Available, status: 'False', reason: MissingEndpoints}]}}";
        assertProgressing("MissingEndpoints", judge(service));
        assertReady(judge(service.replace("'False'", "'True'")));
        assertProgressing("Terminating", judge("{apiVersion: v1, kind: Namespace, metadata: {name: x}, status: {phase: Terminating}}"));
    }

    @Test
    void aWebhookNeedsItsCertificateAndAnEndpoint() {
        var hook = "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: w}, "
            + "webhooks: [{name: a.example.com, clientConfig: {caBundle: Q0E=, service: {name: users, namespace: shop}}}]}";
        assertProgressing("no ready endpoint", judge(hook, SERVICE, DEPLOYMENT));
        assertProgressing("no caBundle", judge(hook.replace("caBundle: Q0E=, ", ""), SERVICE));
        assertReady(judge(hook.replaceFirst("clientConfig: \\{.*?}}", "clientConfig: {url: 'https://hooks.example.com/a'}"), SERVICE));
        assertReady(judge(hook.replace("name: users, namespace: shop", "name: elsewhere, namespace: other")));
    }

}
