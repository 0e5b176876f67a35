import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One line a state: what each kind counts as, from worst to best, with the words that say so. */
class ReadinessKindsTest {
    private static String told(String kind, String metadata, String rest, String... beside) {
        var group = switch (kind) {
            case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet" -> "apps/v1";
            case "Job", "CronJob" -> "batch/v1";
            case "CustomResourceDefinition" -> "apiextensions.k8s.io/v1";
            default -> "v1";
        };
        var all = new String[beside.length + 1];
        System.arraycopy(beside, 0, all, 1, beside.length);
        all[0] = "{apiVersion: " + group + ", kind: " + kind + ", metadata: {name: a, namespace: shop, uid: u1, generation: 1"
            + metadata + "}, " + rest + "}";
        var judged = ReadinessTest.judge(all);
        return judged.state() + (judged.message().isEmpty() ? "" : ": " + judged.message());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        PersistentVolume | status: {phase: Failed, message: recycler} | failed: recycler
        PersistentVolume | status: {phase: Available} | ready
        PersistentVolume | status: {phase: Bound} | ready
        PersistentVolume | status: {phase: Pending} | progressing: is Pending
        PersistentVolumeClaim | status: {phase: Lost} | failed: its volume is lost
        PersistentVolumeClaim | status: {phase: Bound} | ready
        PersistentVolumeClaim | status: {phase: Pending} | progressing: is not bound to a volume
        Namespace | status: {phase: Active} | ready
        Namespace | status: {phase: Terminating} | progressing: is Terminating
        CustomResourceDefinition | status: {conditions: [{type: Established, status: 'True'}]} | ready
        CustomResourceDefinition | status: {} | progressing: is not established yet
        CronJob | spec: {suspend: true} | ready: suspended: no new jobs
        CronJob | spec: {} | ready
        ConfigMap | data: {} | ready
        Service | spec: {type: ExternalName, selector: {a: b}} | ready
        Service | spec: {clusterIP: None} | ready
        Service | spec: {selector: {a: b}} | progressing: has no cluster IP yet
        Service | spec: {selector: {a: b}, clusterIP: 10.0.0.1} | ready: its selector matches no running workload
        Job | status: {conditions: [{type: Complete, status: 'True'}]} | ready: complete
        Job | status: {conditions: [{type: SuccessCriteriaMet, status: 'True'}]} | ready: complete
        Job | spec: {suspend: true} | suspended: suspended
        Pod | status: {phase: Succeeded}, spec: {restartPolicy: Never} | ready: succeeded
        Pod | status: {phase: Running}, spec: {restartPolicy: Never} | progressing: runs to its end
        Pod | status: {phase: Failed, conditions: [{type: AllContainersRestarting, status: 'True'}]} | progressing: all its containers \
        start again
        """)
    void aStateIsToldInWords(String kind, String rest, String expected) {
        assertEquals(expected, told(kind, "", rest));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        a    | phase: Failed, reason: Evicted, message: low memory | failed: pod a failed: Evicted: low memory
        a    | phase: Failed, containerStatuses: [{name: x, state: {terminated: {exitCode: 0}}}, \
        {name: y, state: {terminated: {exitCode: 3}}}] | failed: pod a failed: exit code 3
        a    | phase: Failed, containerStatuses: [{name: x, state: {terminated: {exitCode: 0}}}] | failed: pod a failed
        a    | conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: no node}] | progressing: pod a is not \
        scheduled: no node
        a    | conditions: [{type: PodScheduled, status: 'False', reason: SchedulingGated}] | progressing: pod a is not scheduled: \
        SchedulingGated
        a    | conditions: [{type: PodScheduled, status: 'True'}, {type: ContainersReady, status: 'True'}] | progressing: pod a waits for \
        its readiness gates
        a    | containerStatuses: [{name: a, state: {waiting: {reason: ContainerCreating}}}] | progressing: pod a is starting
        a    | containerStatuses: [{name: a, state: {waiting: {reason: ErrImagePull, message: none}}}] | progressing: pod a waits: \
        ErrImagePull: none
        a, b | containerStatuses: [{name: a, ready: true, state: {running: {}}}, {name: b, state: {waiting: {reason: ErrImagePull}}}] | \
        progressing: pod a waits: container b: ErrImagePull
        a    | containerStatuses: [{name: a, restartCount: 1, state: {waiting: {reason: CrashLoopBackOff, message: back-off}}}] | \
        progressing: pod a waits: CrashLoopBackOff, 1 restart
        a    | containerStatuses: [{name: a, state: {terminated: {exitCode: 2}}}] | progressing: pod a stopped: Error, exit code 2
        a    | containerStatuses: [{name: a, state: {terminated: {reason: OOMKilled, exitCode: 137}}}] | progressing: pod a stopped: \
        OOMKilled, exit code 137
        a    | containerStatuses: [{name: a, state: {terminated: {exitCode: 0}}}] | progressing: pod a is starting
        a    | containerStatuses: [{name: a, restartCount: 0, state: {running: {}}}] | progressing: pod a runs, not ready
        a    | containerStatuses: [{name: a, restartCount: 2, state: {running: {}}, lastState: {terminated: {exitCode: 1}}}] | \
        progressing: pod a runs, not ready, 2 restarts, exit code 1
        a    | containerStatuses: [{name: a, restartCount: 1, state: {running: {}}}] | progressing: pod a runs, not ready, 1 restart
        a, b | containerStatuses: [{name: a, ready: true, state: {running: {}}}, {name: b, state: {running: {}}}] | progressing: pod a \
        runs, container b: not ready
        a    | initContainerStatuses: [{name: m, state: {running: {}}}], containerStatuses: [{name: a, state: {waiting: \
        {reason: PodInitializing}}}] | progressing: pod a runs its init container m
        a    | initContainerStatuses: [{name: m, state: {terminated: {exitCode: 0}}}], containerStatuses: [{name: a, state: {waiting: \
        {reason: PodInitializing}}}] | progressing: pod a is starting
        """)
    void aPodIsToldByTheFirstThingThatHoldsItUp(String containers, String status, String expected) {
        var spec = java.util.Arrays.stream(containers.split(", ")).map("{name: %s}"::formatted).toList();
        assertEquals(expected, told("Pod", "", "spec: {containers: " + spec + "}, status: {" + status + "}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        replicas: 2 | replicas: 1 | progressing: 1 of 2 created
        replicas: 2 | replicas: 3 | progressing: 1 surplus pod still there
        replicas: 2 | replicas: 2, readyReplicas: 1 | progressing: 1 of 2 ready
        replicas: 2 | replicas: 2, readyReplicas: 2, availableReplicas: 1 | progressing: 1 of 2 available: ready for less than \
        minReadySeconds
        replicas: 2 | replicas: 2, readyReplicas: 2, availableReplicas: 2 | ready
        """)
    void aReplicaSetIsItsCounts(String spec, String status, String expected) {
        assertEquals(expected, told("ReplicaSet", "", "spec: {" + spec + "}, status: {observedGeneration: 1, " + status + "}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        replicas: 2 | replicas: 1 | progressing: 1 of 2 created
        replicas: 2 | replicas: 4 | progressing: 2 surplus pods still there
        replicas: 2 | replicas: 2, updatedReplicas: 1 | progressing: 1 of 2 updated
        replicas: 2 | replicas: 2, updatedReplicas: 2, readyReplicas: 1 | progressing: 1 of 2 ready
        replicas: 2 | replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, currentRevision: a, updateRevision: b | \
        progressing: the update is not complete yet
        replicas: 2 | replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, currentRevision: a, updateRevision: a | ready
        replicas: 2, updateStrategy: {rollingUpdate: {partition: 1}} | replicas: 2, updatedReplicas: 1, readyReplicas: 2, \
        availableReplicas: 2, currentRevision: a, updateRevision: b | ready: partitioned: 1 of 2 updated
        replicas: 2, updateStrategy: {rollingUpdate: {partition: 1}} | replicas: 2, updatedReplicas: 0, readyReplicas: 2, \
        availableReplicas: 2 | progressing: 0 of 1 updated
        replicas: 2, updateStrategy: {type: OnDelete} | replicas: 2, updatedReplicas: 1, readyReplicas: 2, availableReplicas: 2 | ready: \
        1 pod on an old revision until deleted (OnDelete)
        replicas: 2, updateStrategy: {type: OnDelete} | replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 | ready
        """)
    void aStatefulSetIsItsCountsAndItsRevision(String spec, String status, String expected) {
        assertEquals(expected, told("StatefulSet", "", "spec: {" + spec + "}, status: {observedGeneration: 1, " + status + "}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        '' | desiredNumberScheduled: 0 | ready: matches no node
        '' | desiredNumberScheduled: 2, updatedNumberScheduled: 1, numberAvailable: 2 | progressing: 1 of 2 updated
        '' | desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1 | progressing: 1 of 2 available
        '' | desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 | ready
        '' | desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2, numberMisscheduled: 1 | ready: 1 pod on nodes that \
        should not run it
        type: OnDelete | desiredNumberScheduled: 3, updatedNumberScheduled: 1, numberAvailable: 3 | ready: 2 pods on an old revision \
        until deleted (OnDelete)
        type: OnDelete | desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 | ready
        """)
    void aDaemonSetIsItsCounts(String strategy, String status, String expected) {
        assertEquals(expected,
            told("DaemonSet", "", "spec: {updateStrategy: {" + strategy + "}}, status: {observedGeneration: 1, " + status + "}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        replicas: 2 | updatedReplicas: 1, terminatingReplicas: 1 | progressing: 1 of 2 updated; 1 old pod still ending
        replicas: 2 | updatedReplicas: 2, replicas: 3, readyReplicas: 1 | progressing: 1 of 2 ready, 1 old pod still there
        replicas: 2 | updatedReplicas: 2, replicas: 3, readyReplicas: 2 | progressing: 1 old pod still there
        replicas: 1 | updatedReplicas: 2, replicas: 2, readyReplicas: 2 | progressing: 1 surplus pod still there
        replicas: 1 | updatedReplicas: 1, replicas: 1, readyReplicas: 1, availableReplicas: 0 | progressing: 0 of 1 available: ready for \
        less than minReadySeconds
        replicas: 1, paused: true | updatedReplicas: 1, replicas: 1, readyReplicas: 1, availableReplicas: 1 | ready: paused; its template \
        is rolled out
        replicas: 1, paused: true | updatedReplicas: 0 | suspended: paused: 0 of 1 updated
        replicas: 1 | updatedReplicas: 1, replicas: 1, readyReplicas: 1, availableReplicas: 1 | progressing: has not said yet how it is
        replicas: 0, progressDeadlineSeconds: 600 | conditions: [{type: Available, status: 'True'}] | ready
        """)
    void aDeploymentIsItsCounts(String spec, String status, String expected) {
        assertEquals(expected, told("Deployment", "", "spec: {" + spec + "}, status: {observedGeneration: 1, " + status + "}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ', deletionTimestamp: "2026-01-01T10:00:00Z", finalizers: [a/b, c]' | '' | progressing: is being deleted; waits for a/b, c
        ', deletionTimestamp: "2026-01-01T10:00:00Z"' | '' | progressing: is being deleted
        '' | observedGeneration: 0 | progressing: its controller has not seen generation 1 yet
        '' | 'observedGeneration: 1, conditions: [{type: Stalled, status: "True", message: no}]' | failed: Stalled=True: no
        '' | 'observedGeneration: 1, conditions: [{type: Reconciling, status: "True", message: yet}]' | progressing: Reconciling=True: yet
        """)
    void whatHoldsForEveryKindComesFirst(String metadata, String status, String expected) {
        assertEquals(expected, told("Deployment", metadata, "spec: {replicas: 0}, status: {" + status + "}"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        Job        | spec: {}                                         | true
        Job        | spec: {suspend: true}                            | false
        Job        | status: {conditions: [{type: Complete, status: 'True'}]} | false
        DaemonSet  | status: {desiredNumberScheduled: 1}              | true
        DaemonSet  | status: {desiredNumberScheduled: 0}              | false
        Pod        | status: {phase: Running}                         | true
        Pod        | status: {phase: Succeeded}                       | false
        Deployment | spec: {}                                         | true
        Deployment | spec: {replicas: 0}                              | false
        """)
    void whatShouldBeRunningIsToldApart(String kind, String rest, boolean runs) {
        assertEquals(runs, ensure_ready.Family.runs(ReadinessTest.obj("{kind: " + kind + ", metadata: {name: a}, " + rest + "}")));
    }

    /** Of the pods of one ReplicaSet the one that is furthest back speaks. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        0 Pending False ''; 2 Pending False ''; 0 Pending False '' | pod p1 is starting
        0 Pending False ''; 0 Pending False ''                     | pod p0 is starting
        3 Running True ''; 0 Pending False ''                      | pod p1 is starting
        3 Running False ''; 0 Pending False ''                     | pod p0 is starting
        3 Running False gone; 0 Pending False ''                   | pod p1 is starting
        3 Succeeded False ''; 0 Pending False ''                   | pod p1 is starting
        3 Running True ''; 0 Running True ''                       | ''
        """)
    void thePodThatIsFurthestBackIsNamed(String pods, String expected) {
        var beside = new java.util.ArrayList<String>();
        for (var pod : pods.split("; ")) {
            var words = pod.split(" ");
            beside.add("{apiVersion: v1, kind: Pod, metadata: {name: p" + beside.size() + ", namespace: shop, ownerReferences: [{uid: u1}]"
                + (words[3].equals("gone") ? ", deletionTimestamp: '2026-01-01T10:00:00Z'" : "") + "}, status: {phase: " + words[1]
                + ", conditions: [{type: Ready, status: '" + words[2] + "'}], containerStatuses: [{name: a, restartCount: " + words[0]
                + "}]}}");
        }
        assertEquals("progressing: 2 of 3 ready" + (expected.isEmpty() ? "" : "; " + expected), told("ReplicaSet", "",
            "spec: {replicas: 3}, status: {observedGeneration: 1, replicas: 3, readyReplicas: 2}", beside.toArray(String[]::new)));
    }

    @Test
    void whatADeploymentsPodsCannotBeMadeForIsReadFromItsReplicaSet() {
        var set = "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: s, namespace: shop, uid: r1, ownerReferences: [{uid: u1}]}, "
            + "status: {readyReplicas: 1, conditions: [{type: ReplicaFailure, status: 'True', message: quota}]}}";
        var rest = "spec: {replicas: 2}, status: {observedGeneration: 1, updatedReplicas: 1, readyReplicas: 2}";
        assertEquals("progressing: 1 of 2 updated; pods cannot be created: quota", told("Deployment", "", rest, set));
        assertEquals("progressing: 1 of 2 updated", told("Deployment", "", rest, set.replace("'True'", "'False'")));
    }

    @Test
    void countsAreThoseOfTheNewestRevisionAndOneOrNoneWhereNobodyCounts() {
        var set = "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: s, namespace: shop, uid: r1, ownerReferences: [{uid: d1}]}, "
            + "status: {readyReplicas: 1}}";
        assertEquals("1/2 2/2 0/0 1/1 0/1", counts(ReadinessTest.DEPLOYMENT, set) + " " + counts(ReadinessTest.DEPLOYMENT) + " "
            + counts(ReadinessTest.DEPLOYMENT.replaceAll("(?m)^( \\w*[rR]eplicas): 2", "$1: 0").replaceAll("eplicas: 2", "eplicas: 0"))
            + " " + counts(ReadinessTest.POD) + " " + counts(ReadinessTest.POD.replace("\"True\"", "\"False\"")));
    }

    private static String counts(String... documents) {
        var judged = ReadinessTest.judge(documents);
        return judged.ready() + "/" + judged.desired();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        WaitForFirstConsumer | u1    | progressing: binds when its pod is scheduled
        WaitForFirstConsumer | other | progressing: is not bound to a volume
        ProvisioningFailed   | u1    | progressing: is not bound to a volume
        """)
    void whereClassesCannotBeReadAnEventTellsThatAClaimWaits(String reason, String uid, String expected) {
        var event = "{apiVersion: v1, kind: Event, metadata: {name: e, namespace: shop}, reason: " + reason + ", involvedObject: {uid: "
            + uid + "}}";
        assertEquals(expected, told("PersistentVolumeClaim", "", "status: {phase: Pending}", event, USER));
        assertEquals(expected.startsWith("progressing: binds") ? "ready: binds to its first consumer; nothing uses it" : expected,
            told("PersistentVolumeClaim", "", "status: {phase: Pending}", event, USER.replace("Pending", "Failed")));
    }

    private static final String USER = "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {volumes: [{name: v, "
        + "persistentVolumeClaim: {claimName: a}}]}, status: {phase: Pending}}";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        Pod        | 'labels: {x: y}, '              | progressing: no ready endpoint
        Pod        | 'labels: {x: z}, '              | ready: its selector matches no running workload
        Pod        | 'labels: {x: y}, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, controller: true}], ' | ready: its \
        selector matches no running workload
        ReplicaSet | ''                              | progressing: no ready endpoint
        ReplicaSet | 'ownerReferences: [{apiVersion: apps/v1, kind: Deployment, controller: true}], ' | ready: its selector matches no \
        running workload
        """)
    void aServiceIsHeldByWhatSpeaksForItself(String kind, String metadata, String expected) {
        var behind = "{apiVersion: " + (kind.equals("Pod") ? "v1" : "apps/v1") + ", kind: " + kind + ", metadata: {" + metadata
            + "name: b, namespace: shop}, spec: {template: {metadata: {labels: {x: y}}}}, status: {phase: Running}}";
        assertEquals(expected, told("Service", "", "spec: {selector: {x: y}, clusterIP: 10.0.0.1}", behind));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        WaitForFirstConsumer | true  | progressing: binds when its pod is scheduled
        WaitForFirstConsumer | false | ready: binds to its first consumer; nothing uses it
        Immediate            | true  | progressing: is not bound to a volume
        """)
    void aClaimThatWaitsForItsFirstConsumerIsJudgedByWhetherThereIsOne(String mode, boolean used, String expected) {
        var type = "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fast}, provisioner: p, volumeBindingMode: "
            + mode + "}";
        var user = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: w, namespace: shop, uid: d1}, spec: {replicas: 1, "
            + "template: {spec: {volumes: [{name: v, "
            + "persistentVolumeClaim: {claimName: " + (used ? "a" : "b") + "}}]}}}}";
        assertEquals(expected, told("PersistentVolumeClaim", "", "spec: {storageClassName: fast}, status: {phase: Pending}", type, user));
    }
}
