//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What controllers say of their workloads, and what the API server did not take of them. */
class WorkloadFindingsTest {
    private static final String QUOTA = "pods \"a\" is forbidden: exceeded quota: small, requested: pods=1, used: pods=4, limited: pods=4";

    private static List<String> of(Scene scene, String object) {
        return scene.findings().stream().filter(f -> f.endsWith(object)).toList();
    }

    @Test
    void aDaemonSetThatLacksPodsSaysWhy() {
        var set = "kind: DaemonSet\nmetadata: {name: log}\nstatus: {currentNumberScheduled: %d, desiredNumberScheduled: 2}";
        assertEquals(List.of("QUOTA_EXCEEDED ResourceQuota/small"),
            new Scene().add(set.formatted(1)).event("DaemonSet/log", "FailedCreate", 3, QUOTA).findings());
        assertEquals(List.of(), new Scene().add(set.formatted(2)).event("DaemonSet/log", "FailedCreate", 3, QUOTA).findings());
    }

    @Test
    void aReplicaSetThatNobodyMadeSpeaksForItself() {
        var set = "kind: ReplicaSet\nmetadata: {name: a%s}\nspec: {replicas: 2}\nstatus: {replicas: %d}";
        assertEquals(List.of("QUOTA_EXCEEDED ResourceQuota/small"),
            new Scene().add(set.formatted("", 1)).event("ReplicaSet/a", "FailedCreate", 3, QUOTA).findings());
        assertEquals(List.of(), new Scene().add(set.formatted("", 2)).event("ReplicaSet/a", "FailedCreate", 3, QUOTA).findings());
        assertEquals(List.of(),
            new Scene().add(set.formatted(", owner: Rollout/a", 1)).event("ReplicaSet/a", "FailedCreate", 3, QUOTA).findings());
    }

    @Test
    void aRefusalThatTheDeploymentItselfTellsCountsWhileItsPodsTellNothing() {
        var failure = "kind: %s\nmetadata: {name: web, generation: 1}\nspec: {replicas: 2}\nstatus: {replicas: 1, conditions: "
            + "[{type: ReplicaFailure, status: '%s', reason: FailedCreate, message: '" + QUOTA + "'}]}";
        assertEquals(List.of("QUOTA_EXCEEDED ResourceQuota/small"), new Scene().add(failure.formatted("Deployment", "True")).findings());
        assertEquals(List.of(), new Scene().add(failure.formatted("Deployment", "False")).findings());
        var crash = new Scene().deploy("web", "", Scene.crashed("web", 1, "Error"));
        crash.snapshot().objects().get("Deployment").clear();
        assertEquals(List.of("CRASH_APP_ERROR Deployment/web"), crash.add(failure.formatted("Deployment", "True")).findings());
        var other = new Scene().statefulSet("web", "", Scene.crashed("web", 1, "Error")).add(failure.formatted("Deployment", "True"))
            .add("kind: ReplicaSet\nmetadata: {name: web-1, owner: Deployment/web}\nspec: {replicas: 1}\nstatus: {replicas: 1}");
        assertEquals(List.of("QUOTA_EXCEEDED ResourceQuota/small"), of(other, "/small"), "a StatefulSet of that name explains it not");
    }

    @ParameterizedTest
    @CsvSource({"'* * * * *', 1800", "'*/5 * * * *', 1800", "'*/20 * * * *', 3600", "'0 * * * *', 10800", "'0 */2 * * *', 21600",
        "'5 4 * * *', 259200", "'@hourly', 10800", "'@daily', 259200", "'', 259200"})
    void aRunThatOutlastsThreeOfItsScheduleNeverEnds(String schedule, long seconds) {
        assertEquals(List.of(), of(cron(schedule, seconds - 1, 1), "/sync"));
        assertEquals(List.of("JOB_NEVER_ENDS CronJob/sync"), of(cron(schedule, seconds, 1), "/sync"));
        assertEquals(List.of(), of(cron(schedule, seconds, 0), "/sync"));
    }

    private static Scene cron(String schedule, long seconds, int active) {
        return new Scene().add("kind: CronJob\nmetadata: {name: sync}\nspec: {schedule: '" + schedule + "'}\n---\nkind: Job\nmetadata: "
            + "{name: sync-1, owner: CronJob/sync}\nstatus: {active: " + active + ", startTime: '" + Scene.NOW.minusSeconds(seconds)
            + "'}\n---\nkind: Pod\nmetadata: {name: p, owner: Job/sync-1}\nspec: {nodeName: n}\nstatus:\n"
            + Scene.indent(Scene.ready("a")) + "\n").aged(30);
    }

    @Test
    void theNewestRunOfACronJobSpeaks() {
        var runs = "kind: CronJob\nmetadata: {name: sync}\n---\n"
            + "kind: Job\nmetadata: {name: b, owner: CronJob/sync, creationTimestamp: '%s'}\nstatus: {conditions: [{type: Failed, "
            + "status: 'True'}]}\n---\nkind: Job\nmetadata: {name: a, owner: CronJob/sync, creationTimestamp: '2026-01-01T09:30:00Z'}\n"
            + "status: {succeeded: 1}";
        assertEquals(List.of(), of(new Scene().add(runs.formatted("2026-01-01T09:20:00Z")), "/sync"));
        assertEquals(List.of("JOB_FAILED CronJob/sync"), of(new Scene().add(runs.formatted("2026-01-01T09:40:00Z")), "/sync"));
        assertEquals(List.of("JOB_FAILED CronJob/sync"), of(new Scene().add(runs.formatted("2026-01-01T09:30:00Z")), "/sync"));
    }

    private static List<String> rolling(String kind, int minReadySeconds, String status) {
        return new Scene().add("kind: " + kind + "\nmetadata: {name: web}\nspec: {replicas: 2, minReadySeconds: " + minReadySeconds
            + "}\nstatus: {replicas: 2}\n---\nkind: ReplicaSet\nmetadata: {name: web-1, owner: Deployment/web}\nspec: {replicas: 1}\n"
            + "status: {replicas: 1}").pod("web-0", (kind.equals("Deployment") ? "ReplicaSet/web-1" : kind + "/web"), "web", "", status)
            .findings();
    }

    @Test
    void whoseNewPodsAreReadySinceShortGoesOn() {
        var ready = Scene.ready("web");
        for (var kind : List.of("Deployment", "StatefulSet", "DaemonSet")) {
            var goesOn = List.of("STILL_PROGRESSING " + kind + "/web");
            assertEquals(goesOn, rolling(kind, 0, ready.replace("09:51:00", "09:58:01")));
            assertEquals(List.of(), rolling(kind, 0, ready.replace("09:51:00", "09:58:00")), "the next one should have followed");
            assertEquals(goesOn, rolling(kind, 421, ready), "not yet for minReadySeconds");
            assertEquals(List.of(), rolling(kind, 420, ready));
            assertEquals(List.of("CRASH_APP_ERROR " + kind + "/web"), rolling(kind, 900, Scene.crashed("web", 1, "Error")));
        }
        var set = new Scene().add("kind: StatefulSet\nmetadata: {name: web}\nstatus: {updateRevision: new}");
        assertEquals(List.of(), set.findings());
        assertEquals(List.of(), set.event("StatefulSet/web", "FailedUpdate", 1, "conflict").findings());
        assertEquals(List.of("STILL_PROGRESSING StatefulSet/web"),
            set.event("StatefulSet/web", "SuccessfulDelete", 1, "delete").findings());
    }

    @Test
    void whoCannotMakeAnotherPodIsNotToldByTheOneThatWasEvicted() {
        var pod = "kind: Pod\nmetadata: {name: web-1-e, owner: ReplicaSet/web-1}\nspec: {nodeName: n, containers: [{name: web}]}\n"
            + "status: {phase: %s, reason: %s, message: 'The node was low on resource: memory.'}";
        assertEquals(List.of("QUOTA_EXCEEDED ResourceQuota/small"),
            new Scene().refused("web", QUOTA).add(pod.formatted("Failed", "Evicted")).findings());
        assertEquals(List.of("NODE_PRESSURE Node/n"), of(new Scene().deploy("web", "", Scene.creating("web"))
            .add(pod.formatted("Failed", "Evicted").replace("web-1-e,", "web-1-e, creationTimestamp: '2026-01-01T09:59:00Z',")), "/n"),
            "nobody refused it");
        assertEquals(List.of("NODE_NOT_READY Node/n"),
            of(new Scene().refused("web", QUOTA).add(pod.formatted("Running", "NodeLost")), "/n"), "it has not ended");
        assertEquals(List.of("NODE_REFUSES_POD Deployment/web"),
            of(new Scene().refused("web", QUOTA).add(pod.formatted("Failed", "PodFeatureUnsupported")), "/web"), "which it says of all");
    }

    private static Scene set(String policy, int partition, String revisions, String first, String second) {
        return new Scene().add("kind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 3, podManagementPolicy: " + policy
            + ", updateStrategy: {rollingUpdate: {partition: " + partition + "}}}\nstatus: {replicas: 2, updateRevision: new}\n---\n"
            + "kind: Pod\nmetadata: {name: db-0, owner: StatefulSet/db}\nspec: {nodeName: n}\nstatus:\n" + Scene.indent(first) + "\n---\n"
            + "kind: Pod\nmetadata: {name: db-1, owner: StatefulSet/db, labels: {controller-revision-hash: " + revisions
            + "}}\nspec: {nodeName: n}\nstatus:\n" + Scene.indent(second));
    }

    @Test
    void anOrderedSetWaitsForItsFirstBrokenPod() {
        var ready = Scene.ready("db");
        var crashed = Scene.crashed("db", 1, "Error");
        assertEquals(List.of("CRASH_APP_ERROR StatefulSet/db", "STS_ORDINAL_BLOCKED StatefulSet/db"),
            set("OrderedReady", 0, "new", ready, crashed).findings());
        assertEquals(List.of("CRASH_APP_ERROR StatefulSet/db"), set("Parallel", 0, "new", ready, crashed).findings());
        assertEquals(List.of("STS_STUCK_REVISION StatefulSet/db"), set("OrderedReady", 0, "old", ready, crashed).findings());
        assertEquals(List.of("STS_STUCK_REVISION StatefulSet/db"), set("OrderedReady", 1, "old", ready, crashed).findings());
        assertEquals(List.of("CRASH_APP_ERROR StatefulSet/db", "STS_ORDINAL_BLOCKED StatefulSet/db"),
            set("OrderedReady", 2, "old", ready, crashed).findings(), "below the partition nothing is replaced");
        assertEquals(List.of("CRASH_APP_ERROR StatefulSet/db", "CRASH_APP_ERROR StatefulSet/db", "STS_ORDINAL_BLOCKED StatefulSet/db"),
            set("OrderedReady", 0, "old", crashed, crashed).findings(), "the first is of the new revision");
        assertEquals(List.of(), set("OrderedReady", 0, "old", ready, ready).findings());
        assertEquals(List.of("STILL_PROGRESSING StatefulSet/db", "STS_ORDINAL_BLOCKED StatefulSet/db"),
            set("OrderedReady", 0, "old", ready, Scene.creating("db")).aged(20).findings().stream().sorted().toList());
        assertEquals("""
            STS_STUCK_REVISION StatefulSet/db OBSERVED {}
              status sts/db/status.updateRevision : new, but pod/db-1 is of old
            """, set("OrderedReady", 0, "old", ready, crashed).told());
    }

    @Test
    void aJobSaysHowItStands() {
        assertEquals("""
            JOB_FAILED Job/a OBSERVED {reason=PodFailurePolicy}
              condition job/a/conditions[FailureTarget] PodFailurePolicy: exit 42
            """, job("conditions: [{type: FailureTarget, status: 'True', reason: PodFailurePolicy, message: exit 42}]").told());
        assertEquals(List.of("STILL_PROGRESSING Job/a"), of(job("active: 1"), "Job/a"));
        assertEquals(List.of(), of(job("active: 1, failed: 1"), "Job/a"));
        assertEquals(List.of(), of(job("active: 0"), "Job/a"));
    }

    private static Scene job(String status) {
        return new Scene().add("kind: Job\nmetadata: {name: a}\nstatus: {" + status + "}\n---\nkind: Pod\nmetadata: {name: p, owner: Job/a}"
            + "\nspec: {nodeName: n}\nstatus:\n" + Scene.indent(Scene.ready("a")));
    }

    @Test
    void aJobWithoutPodsSaysWhoRefusedThem() {
        var job = "kind: Job\nmetadata: {name: a}\nstatus: {%s}";
        assertEquals(List.of("QUOTA_EXCEEDED ResourceQuota/small"),
            new Scene().add(job.formatted("")).event("Job/a", "FailedCreate", 3, QUOTA).findings());
        for (var status : List.of("active: 1", "succeeded: 1")) {
            assertEquals(List.of(), new Scene().add(job.formatted(status)).event("Job/a", "FailedCreate", 3, QUOTA).findings());
        }
    }

    @Test
    void aRefusalBeforeTheYoungestPodIsOver() {
        var set = "kind: ReplicaSet\nmetadata: {name: a}\nspec: {replicas: 2}\nstatus: {replicas: 1}\n---\n"
            + "kind: Pod\nmetadata: {name: a-1, owner: ReplicaSet/a, creationTimestamp: '%s'}\nspec: {nodeName: n}\nstatus:\n"
            + Scene.indent(Scene.ready("a"));
        assertEquals(List.of("QUOTA_EXCEEDED ResourceQuota/small"), new Scene().add(set.formatted("2026-01-01T09:59:00Z"))
            .event("ReplicaSet/a", "FailedCreate", 3, QUOTA).findings());
        assertEquals(List.of(), new Scene().add(set.formatted("2026-01-01T09:59:01Z"))
            .event("ReplicaSet/a", "FailedCreate", 3, QUOTA).findings());
    }

    @Test
    void anAccountThatIsNotThereExplainsThatThereIsNoPod() {
        var set = "kind: ReplicaSet\nmetadata: {name: a}\nspec: {replicas: 2, template: {spec: {%s}}}\nstatus: {replicas: %d}";
        assertEquals("""
            SERVICE_ACCOUNT_MISSING ServiceAccount/bot OBSERVED {}
              spec rs/a/spec.template.spec.serviceAccountName : bot
            """, new Scene().none("ServiceAccount").add(set.formatted("serviceAccountName: bot", 0)).told());
        assertEquals(List.of("SERVICE_ACCOUNT_MISSING ServiceAccount/old"),
            new Scene().none("ServiceAccount").add(set.formatted("serviceAccount: old", 0)).findings());
        assertEquals(List.of("SERVICE_ACCOUNT_MISSING ServiceAccount/default"),
            new Scene().none("ServiceAccount").add(set.formatted("", 0)).findings());
        assertEquals(List.of(), new Scene().add("kind: ServiceAccount\nmetadata: {name: default}").add(set.formatted("", 0)).findings());
        assertEquals(List.of(), new Scene().add(set.formatted("", 0)).findings(), "nobody could look");
        assertEquals(List.of(), of(new Scene().none("ServiceAccount").add(set.formatted("", 1)).pod("p", "ReplicaSet/a", "a", "",
            Scene.ready("a")), "ServiceAccount/default"));
    }

    @Test
    void theObjectThatARefusalSpeaksOfIsAtFault() {
        var hook = "failed calling webhook \"pods.example.com\": connection refused";
        assertEquals(List.of("ADMISSION_WEBHOOK_UNAVAILABLE Webhook/pods.example.com"), new Scene().refused("web", hook).findings());
        assertEquals(List.of("ADMISSION_WEBHOOK_UNAVAILABLE MutatingWebhookConfiguration/guard"), new Scene().refused("web", hook)
            .add("kind: ValidatingWebhookConfiguration\nmetadata: {name: other}\nwebhooks: [{name: x.example.com}]")
            .add("kind: MutatingWebhookConfiguration\nmetadata: {name: guard}\nwebhooks: [{name: a}, {name: pods.example.com}]")
            .findings());
        assertEquals(List.of("SERVICE_ACCOUNT_MISSING ServiceAccount/bot"),
            new Scene().refused("web", "error looking up service account shop/bot: serviceaccount \"bot\" not found").findings());
        assertEquals("{name=small}", ensure_ready.Findings.of(new Scene().refused("web", QUOTA).snapshot()).get(0).params().toString());
        assertEquals("{}", ensure_ready.Findings.of(new Scene().refused("web", "no").snapshot()).get(0).params().toString());
    }

    @Test
    void aManifestOfAnApiThatIsGoneIsToldApartFromOneThatNeverWas() {
        var error = "no matches for kind \"Ingress\" in version";
        assertEquals("API_VERSION_REMOVED Ingress/web OBSERVED {apiVersion=extensions/v1beta1}", applied("extensions/v1beta1", error));
        assertEquals("API_KIND_UNKNOWN Ingress/web OBSERVED {apiVersion=example.com/v1}", applied("example.com/v1", error));
        assertEquals("APPLY_FAILED Ingress/web OBSERVED {apiVersion=extensions/v1beta1}", applied("extensions/v1beta1", "odd"));
    }

    private static String applied(String api, String error) {
        return new Scene().applied("apiVersion: " + api + "\nkind: Ingress\nmetadata: {name: web}", "NotFound", error).told().lines()
            .findFirst().orElse("");
    }
}
