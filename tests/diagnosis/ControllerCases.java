import java.util.stream.Stream;

/** Cases of controllers, custom resources and what is told beside causes. */
class ControllerCases {
    static Stream<DiagnosisCodesTest.Case> controllers() {
        var old = "metadata: {name: web-1-a, owner: ReplicaSet/web-1, labels: {app: web}, deletionTimestamp: '2026-01-01T09:50:00Z', "
            + "finalizers: [x.example.com/hold]}";
        var set = "kind: StatefulSet\nmetadata: {name: db, generation: 2}\nspec: {replicas: 1, serviceName: db, "
            + "template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: a}]}}}\n"
            + "status: {replicas: 1, currentRevision: db-1, updateRevision: db-2}\n---\n"
            + "kind: Pod\nmetadata: {name: db-0, owner: StatefulSet/db, labels: {app: db, controller-revision-hash: %s}}\n"
            + "spec: {nodeName: n, containers: [{name: db, image: a}]}\nstatus:\n" + Scene.indent(Scene.crashed("db", 1, "Error"));
        return Stream.of(
            DiagnosisCodesTest.c(ensure_ready.Code.JOB_FAILED,
                () -> DiagnosisCodesTest.job("{conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded, "
                    + "message: Job has reached the specified backoff limit}]}",
                ""), () -> DiagnosisCodesTest.job("{active: 1}", "")),
            DiagnosisCodesTest.c(ensure_ready.Code.JOB_SUSPENDED, () -> new Scene().none("Pod")
                .add("kind: Job\nmetadata: {name: migrate}\nspec: {suspend: true}")
                .judged("Job", "migrate", false), () -> DiagnosisCodesTest.job("{active: 1}", "")),
            DiagnosisCodesTest.c(ensure_ready.Code.JOB_SIDECAR_BLOCKS,
                () -> DiagnosisCodesTest.job("{active: 1}",
                    "phase: Running\ncontainerStatuses: [{name: migrate, state: {terminated: {exitCode: 0}}}, {name: proxy, ready: true, "
                        + "state: {running: {startedAt: '2026-01-01T09:51:00Z'}}}]"), () ->
                        DiagnosisCodesTest.job("{active: 1}",
                        "phase: Running\ncontainerStatuses: [{name: migrate, ready: true, state: {running: {startedAt: "
                            + "'2026-01-01T09:51:00Z'}}}]")),
            DiagnosisCodesTest.c(ensure_ready.Code.ROLLOUT_STUCK, () -> new Scene().none("Pod")
                .add("kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}\n"
                    + "status: {conditions: [{type: Progressing, status: 'False', reason: ProgressDeadlineExceeded}]}")
                    .judged("Deployment", "web", false), () -> DiagnosisCodesTest.image(DiagnosisCodesTest.NOT_FOUND)),
            DiagnosisCodesTest.c(ensure_ready.Code.ROLLOUT_PAUSED, () -> new Scene().none("Pod")
                .add("kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1, paused: true}\nstatus: {updatedReplicas: 0}")
                .judged("Deployment", "web", false), () -> new Scene().none("Pod")
                .add("kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1, paused: true}\nstatus: {updatedReplicas: 1}")
                .judged("Deployment", "web", true)),
            DiagnosisCodesTest.c(ensure_ready.Code.REPLICAS_ZERO, () -> new Scene()
                .add("kind: Deployment\nmetadata: {name: postgres}\nspec: {replicas: 0, template: {metadata: {labels: {app: postgres}}}}")
                .judged("Deployment", "postgres", true).service("postgres", 5432)
                .deploy("web", DiagnosisCodesTest.WAIT, Scene.initRunning("wait")),
                () -> new Scene().deploy("web")
                    .add("kind: Deployment\nmetadata: {name: batch}\nspec: {replicas: 0, template: {metadata: {labels: {app: batch}}}}")
                    .judged("Deployment", "batch", true)),
            DiagnosisCodesTest.c(ensure_ready.Code.STS_ORDINAL_BLOCKED, () -> new Scene()
                .add("kind: StatefulSet\nmetadata: {name: db}\nspec: {replicas: 3, template: {metadata: {labels: {app: db}}}}\n"
                    + "status: {replicas: 1}\n---\nkind: Pod\nmetadata: {name: db-0, owner: StatefulSet/db}\n"
                    + "spec: {nodeName: n, containers: [{name: db}]}\nstatus: {phase: Unknown}")
                    .judged("StatefulSet", "db", false), () -> new Scene().statefulSet("db", "", Scene.ready("db"))),
            DiagnosisCodesTest.c(ensure_ready.Code.STS_STUCK_REVISION, () -> new Scene()
                .add(set.formatted("db-1")).judged("StatefulSet", "db", false)
                .log("db-0", "db", "ValueError: bad literal"), () -> new Scene()
                .add(set.formatted("db-2")).judged("StatefulSet", "db", false)
                .log("db-0", "db", "ValueError: bad literal")),
            DiagnosisCodesTest.c(ensure_ready.Code.OBJECT_STUCK_TERMINATING, () -> new Scene()
                .add("kind: Deployment\nmetadata: {name: web}\nspec: {replicas: 1}")
                .judged("Deployment", "web", false).add("kind: Pod\n" + old), () -> DiagnosisCodesTest.web(Scene.unreadyRunning("web"))),
            DiagnosisCodesTest.c(ensure_ready.Code.HPA_NO_METRICS, () -> new Scene().deploy("web")
                .add("kind: HorizontalPodAutoscaler\nmetadata: {name: web}\nstatus: {conditions: [{type: ScalingActive, status: 'False', "
                    + "reason: FailedGetResourceMetric}]}"), () -> new Scene().deploy("web").add("kind: HorizontalPodAutoscaler\n"
                    + "metadata: {name: web}\nstatus: {conditions: [{type: ScalingActive, status: 'False', reason: ScalingDisabled}]}")),
            DiagnosisCodesTest.c(ensure_ready.Code.PDB_BLOCKING, () -> new Scene().deploy("web")
                .add("kind: PodDisruptionBudget\nmetadata: {name: web}\nstatus: {currentHealthy: 1, desiredHealthy: 1, "
                    + "conditions: [{type: DisruptionAllowed, status: 'False', reason: InsufficientPods}]}"), () -> new Scene()
                    .deploy("web").add("kind: PodDisruptionBudget\nmetadata: {name: web}\n"
                        + "status: {currentHealthy: 2, desiredHealthy: 1, conditions: [{type: DisruptionAllowed, status: 'True'}]}")),
            DiagnosisCodesTest.c(ensure_ready.Code.JOB_NEVER_ENDS, () ->
                DiagnosisCodesTest.cron("{active: 1, startTime: '2026-01-01T08:00:00Z'}"), () ->
                DiagnosisCodesTest.cron("{active: 1, startTime: '2026-01-01T09:55:00Z'}")),
            DiagnosisCodesTest.c(ensure_ready.Code.CR_NOT_READY, () -> new Scene().none("Pod")
                .add("apiVersion: acme.io/v1\nkind: Queue\nmetadata: {name: q}\n"
                    + "status: {conditions: [{type: Ready, status: 'False', reason: Broken, message: no broker}]}")
                    .judged("Queue", "q", false), () -> new Scene().none("Pod")
                    .add("apiVersion: acme.io/v1\nkind: Queue\nmetadata: {name: q}\nstatus: {conditions: [{type: Ready, status: 'True'}]}")
                    .judged("Queue", "q", true)),
            DiagnosisCodesTest.c(ensure_ready.Code.CERT_NOT_READY, () -> new Scene().none("Pod")
                .add("apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web}\n"
                    + "status: {conditions: [{type: Ready, status: 'False', reason: Pending, message: issuer not found}]}")
                    .judged("Certificate", "web", false), () -> new Scene().none("Pod")
                    .add("apiVersion: cert-manager.io/v1\nkind: Certificate\nmetadata: {name: web}\n"
                        + "status: {conditions: [{type: Ready, status: 'True'}]}")),
            DiagnosisCodesTest.c(ensure_ready.Code.STILL_PROGRESSING, () ->
                DiagnosisCodesTest.web(Scene.unreadyRunning("web").replace("09:51:00", "09:59:50")), () ->
                DiagnosisCodesTest.crash(1, "boom")),
            DiagnosisCodesTest.c(ensure_ready.Code.DIAGNOSIS_UNAVAILABLE, () -> new Scene()
                .judged("Deployment", "web", false), () -> new Scene()
                .deploy("web")),
            DiagnosisCodesTest.c(ensure_ready.Code.SVC_NO_READY_ENDPOINTS, () -> new Scene()
                .deploy("web").service("api", "{app: nobody}", "[{port: 80}]")
                .judged("Service", "api", false), () -> new Scene().deploy("web").service("web", 80)),
            DiagnosisCodesTest.c(ensure_ready.Code.UNKNOWN, () -> new Scene()
                .none("Pod").judged("Deployment", "web", false), () -> new Scene()
                .deploy("web")));
    }
}
