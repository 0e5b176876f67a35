import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Which trouble ends the wait, after which grace, and what looks alike and must not. Time is an argument: no test sleeps. */
class CertaintyTest {
    private static final ensure_ready.WaitSettings SETTINGS =
        new ensure_ready.WaitSettings("codex", false, false, true, ReadinessTest.NOW.minusSeconds(5));
    static final String DEPLOYMENT = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: api, namespace: shop, uid: d1, generation: 1, annotations: {deployment.kubernetes.io/revision: "1"}}
        spec: {replicas: 1, selector: {matchLabels: {app: api}}, template: {metadata: {labels: {app: api}}, spec: {containers: [{name: api,
            image: "api:1"}]}}}
        status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, unavailableReplicas: 1}
        ---
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata: {name: api-1, namespace: shop, uid: r1, annotations: {deployment.kubernetes.io/revision: "1"},
            ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: api, uid: d1, controller: true}]}
        spec: {replicas: 1}
        status: {replicas: 1}
        ---
        """;
    static final String DATABASE = """
        apiVersion: apps/v1
        kind: StatefulSet
        metadata: {name: db, namespace: shop, uid: s1, generation: 1}
        spec: {replicas: 1, serviceName: db, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}},
            spec: {containers: [{name: db, image: "db:1"}]}}}
        status: {observedGeneration: 1, replicas: 1, readyReplicas: 1, availableReplicas: 1, updatedReplicas: 1, currentRevision: db-1,
            updateRevision: db-1}
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: db-0, namespace: shop, uid: p9, labels: {controller-revision-hash: db-1}, ownerReferences: [{apiVersion: apps/v1,
            kind: StatefulSet, name: db, uid: s1, controller: true}]}
        spec: {nodeName: n, containers: [{name: db, image: "db:1"}]}
        status: {phase: Running, conditions: [{type: PodScheduled, status: "True"}, {type: Ready, status: "True",
            lastTransitionTime: "2026-01-01T10:00:40Z"}], containerStatuses: [{name: db, ready: true, restartCount: 0,
            state: {running: {}}}]}
        ---
        """;

    static String pod(String container) {
        return """
            apiVersion: v1
            kind: Pod
            metadata: {name: api-1-x, namespace: shop, uid: p1, creationTimestamp: "2026-01-01T10:00:00Z", labels: {app: api},
                ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: api-1, uid: r1, controller: true}]}
            spec: {nodeName: n, restartPolicy: Always, containers: [{name: api, image: "api:1"}]}
            status:
              phase: Pending
              conditions: [{type: PodScheduled, status: "True"}, {type: Ready, status: "False"}]
              containerStatuses: [{name: api, ready: false, image: "api:1", %s}]
            ---
            """.formatted(container);
    }

    static String waiting(String reason, String message) {
        return pod("restartCount: 0, state: {waiting: {reason: " + reason + ", message: '" + message + "'}}");
    }

    private static String crashed(int restarts, int exitCode, String startedAt) {
        return pod(("restartCount: %d, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: %d, reason: Error, "
            + "startedAt: '%s', finishedAt: '%s'}}").formatted(restarts, exitCode, startedAt, startedAt));
    }

    static String unschedulable(String message) {
        return pod("restartCount: 0").replace("spec: {nodeName: n, ", "spec: {").replaceAll("(?m)^  containerStatuses.*\\R", "")
            .replace("{type: PodScheduled, status: \"True\"}", "{type: PodScheduled, status: \"False\", reason: Unschedulable, message: \""
            + message + "\"}");
    }

    /** Folds what is seen at each second, and tells the codes that are certain at the last. */
    static final class Film {
        ensure_ready.WaitMemory seen = ensure_ready.WaitMemory.NONE;
        List<ensure_ready.Finding> certain = List.of();
        boolean ends;
        final ensure_ready.WaitSettings settings;
        final List<ensure_ready.Applied> applied = new ArrayList<>();

        Film() {
            this(SETTINGS);
        }

        Film(ensure_ready.WaitSettings settings) {
            this.settings = settings;
        }

        Film at(int second, String... documents) {
            var now = ReadinessTest.NOW.plusSeconds(second);
            var known = ReadinessTest.snapshot(applied, documents);
            var snapshot = new ensure_ready.Snapshot("shop", now, known.objects(), applied, Map.of(), List.of());
            var assessment = ensure_ready.Assessment.of(snapshot, Set.of(), Map.of(), settings);
            seen = assessment.remembered(seen, settings, now);
            certain = assessment.certain(seen, settings, now);
            seen = seen.judged(!certain.isEmpty(), now);
            ends = assessment.ends(seen, now);
            return this;
        }

        /** Whether the wait ends as failed at the last picture. */
        Film ends(boolean expected) {
            assertEquals(expected, ends, certain.toString());
            return this;
        }

        /** The same picture all through a span. */
        Film during(int from, int to, String... documents) {
            for (int second = from; second < to; second += Math.min(4, to - second)) {
                at(second, documents);
            }
            return at(to, documents);
        }

        Film certain(String... codes) {
            assertEquals(List.of(codes), certain.stream().map(f -> f.code().name()).distinct().sorted().toList());
            return this;
        }
    }

    @Test
    void anImageThatDoesNotExistIsCertainAfterTenSeconds() {
        var missing = waiting("ImagePullBackOff",
            "Back-off pulling image \"api:1\": ErrImagePull: rpc error: code = NotFound desc = failed to pull: docker.io/library/api:1: "
                + "not found");
        new Film().during(0, 9, DEPLOYMENT, missing).certain().at(10, DEPLOYMENT, missing).certain("IMAGE_NOT_FOUND");
    }

    @Test
    void aGraceRunsOnWhileNothingChangesAndNothingIsJudged() {
        var missing = waiting("ErrImagePull", "api:1: not found");
        new Film().at(0, DEPLOYMENT, missing).at(30, DEPLOYMENT, missing).certain("IMAGE_NOT_FOUND");
        new Film().at(0, DEPLOYMENT, missing).at(10, DEPLOYMENT).at(30, DEPLOYMENT, missing).certain();
    }

    @Test
    void aRegistryThatDoesNotAnswerIsNeverCertain() {
        for (var message : List.of("dial tcp 10.0.0.1:443: i/o timeout", "429 Too Many Requests",
            "500 Internal Server Error", "x509: unknown authority",
            "lookup registry.test on 10.0.0.10:53: server misbehaving",
                "lookup registry.test: dial udp 10.0.0.10:53: connect: connection refused")) {
            new Film().during(0, 600, DEPLOYMENT, waiting("ErrImagePull", "failed to pull image: " + message)).certain();
        }
    }

    private static final String NO_HOST =
        waiting("ImagePullBackOff", "Back-off: ErrImagePull: dial tcp: lookup registry.test on 10.0.0.10:53: no such host")
        .replace("image: \"api:1\"", "image: \"registry.test/api:1\"");
    private static final String REFUSED =
        NO_HOST.replace("lookup registry.test on 10.0.0.10:53: no such host", "10.0.0.1:443: connect: connection refused");

    @Test
    void aRegistryThatIsNotThereIsCertainAfterThreeMinutesWithoutOneSuccess() {
        for (var away : List.of(NO_HOST, REFUSED, REFUSED.replace("connection refused", "no route to host"))) {
            new Film().during(0, 179, DEPLOYMENT, away).certain().at(180, DEPLOYMENT, away).certain("IMAGE_REGISTRY_UNREACHABLE");
        }
        new Film().during(0, 60, DEPLOYMENT, NO_HOST).during(61, 100, DEPLOYMENT, NO_HOST.replace("no such host", "i/o timeout"))
            .during(101, 200, DEPLOYMENT, NO_HOST).certain();
    }

    @Test
    void onePullFromTheSameRegistryBeginsItAnew() {
        var other = DATABASE.replace("image: \"db:1\"", "image: \"registry.test/db:1\"");
        new Film().during(0, 100, DEPLOYMENT, NO_HOST).during(101, 280, DEPLOYMENT, NO_HOST, other).certain()
            .at(281, DEPLOYMENT, NO_HOST, other).certain("IMAGE_REGISTRY_UNREACHABLE");
        new Film().during(0, 100, DEPLOYMENT, NO_HOST).during(101, 180, DEPLOYMENT, NO_HOST, DATABASE)
            .certain("IMAGE_REGISTRY_UNREACHABLE");
    }

    @Test
    void aPullThatFailedAndBeginsAnewLosesItsGrace() {
        var missing = waiting("ErrImagePull", "api:1: not found");
        var running = pod("restartCount: 0, state: {running: {startedAt: '2026-01-01T10:00:09Z'}}");
        new Film().during(0, 9, DEPLOYMENT, missing).during(10, 20, DEPLOYMENT, running).during(21, 29, DEPLOYMENT, missing).certain();
    }

    @Test
    void refusedCredentialsGetThirtySecondsForAPullSecretToArrive() {
        var refused = waiting("ImagePullBackOff", "Back-off: ErrImagePull: failed to authorize: 401 Unauthorized");
        new Film().during(0, 29, DEPLOYMENT, refused).certain().at(30, DEPLOYMENT, refused).certain("IMAGE_AUTH");
    }

    private static final String NEEDS_SECRET =
        DEPLOYMENT.replace("image: \"api:1\"}", "image: \"api:1\", envFrom: [{secretRef: {name: db-secret}}]}");

    @Test
    void aSecretThatNobodyHasIsCertainAfterTenSecondsEvenBeforeAnyPodExists() {
        new Film().during(0, 9, NEEDS_SECRET).certain().at(10, NEEDS_SECRET).certain("SECRET_MISSING");
    }

    @Test
    void aSecretThatArrivesOrIsOptionalIsNot() {
        var secret = "{apiVersion: v1, kind: Secret, metadata: {name: db-secret, namespace: shop}}";
        new Film().during(0, 9, NEEDS_SECRET).during(10, 60, NEEDS_SECRET, secret).certain();
        new Film().during(0, 60, NEEDS_SECRET.replace("name: db-secret", "name: db-secret, optional: true")).certain();
    }

    @Test
    void aSecretThatSomethingInTheSetCouldMakeGetsTwoMinutes() {
        var external = "{apiVersion: external-secrets.io/v1, kind: ExternalSecret, metadata: {name: db, namespace: shop, uid: e1, "
            + "generation: 1}, status: {}}";
        var film = new Film(new ensure_ready.WaitSettings("codex", true, false, true, ReadinessTest.NOW.minusSeconds(5)));
        film.applied.add(ReadinessTest.applied(external, 1, "e1"));
        film.applied.add(ReadinessTest.applied(NEEDS_SECRET, 1, "d1"));
        film.during(0, 119, NEEDS_SECRET, external).certain().at(120, NEEDS_SECRET, external).certain("SECRET_MISSING");
        var job = ReadinessTest.JOB;
        var ended = job.replace("active: 1, ready: 1", "succeeded: 1, conditions: [{type: Complete, status: 'True'}]");
        new Film().during(0, 60, NEEDS_SECRET, job).certain().during(61, 70, NEEDS_SECRET, ended)
            .certain().at(71, NEEDS_SECRET, ended).certain("SECRET_MISSING");
    }

    @Test
    void aSecretOfTheSetItselfIsNotMissing() {
        var film = new Film();
        film.applied.add(ReadinessTest.applied("{apiVersion: v1, kind: Secret, metadata: {name: db-secret}}", 0, ""));
        film.during(0, 60, NEEDS_SECRET).certain();
    }

    @Test
    void aReferenceOfAPodThatRunsIsNoLongerAQuestion() {
        new Film().during(0, 60, NEEDS_SECRET, pod("restartCount: 0, state: {running: {startedAt: '2026-01-01T10:00:01Z'}}")).certain();
    }

    @Test
    void aMissingKeyIsCertainWhenAKubeletSaysSo() {
        var missing = waiting("CreateContainerConfigError", "couldn''t find key password in Secret shop/db-secret");
        new Film().during(0, 10, DEPLOYMENT, missing).certain("CONFIG_KEY_MISSING");
    }

    @Test
    void aSteadyCrashIsCertainAtItsThirdRestart() {
        new Film().at(10, DEPLOYMENT, crashed(1, 1, "2026-01-01T10:00:09Z")).at(20, DEPLOYMENT, crashed(2, 1, "2026-01-01T10:00:19Z"))
            .certain()
            .during(40, 42, DEPLOYMENT, crashed(3, 1, "2026-01-01T10:00:39Z")).certain("CRASH_APP_ERROR");
    }

    private static String probed(int times, String answer) {
        return pod("restartCount: 0, started: true, state: {running: {startedAt: '2026-01-01T09:59:40Z'}}")
            .replace("phase: Pending", "phase: Running")
            .replace("image: \"api:1\"}", "image: \"api:1\", readinessProbe: {exec: {command: [pg_isready]}, periodSeconds: 1}}")
            + "{apiVersion: v1, kind: Event, metadata: {name: e, namespace: shop}, reason: Unhealthy, type: Warning, count: " + times
            + ", lastTimestamp: '2026-01-01T10:00:00Z', involvedObject: {kind: Pod, name: api-1-x, namespace: shop, uid: p1, "
            + "fieldPath: 'spec.containers{api}'}, message: '"
            + answer + "'}";
    }

    private static String named(int times, String answer) {
        return ensure_ready.Findings.of(ReadinessTest.snapshot(List.of(), DEPLOYMENT, probed(times, answer)))
            .stream().map(f -> f.code().name()).toList().toString();
    }

    private static final String NO_PROGRAM =
        "Readiness probe errored and resulted in unknown state: rpc error: code = Unknown desc = failed to exec in container: OCI "
            + "runtime exec failed: exec failed: unable to start container process: exec: \"pg_isready\": executable file not found in "
            + "$PATH: unknown";

    @Test
    void aProbeWhoseCommandIsNotInTheImageIsNamedAtOnceAndSoonCertain() {
        assertEquals("[PROBE_READINESS_FAILING]", named(1, NO_PROGRAM));
        new Film().during(0, 60, DEPLOYMENT, probed(2, NO_PROGRAM)).certain();
        new Film().during(0, 2, DEPLOYMENT, probed(3, NO_PROGRAM)).certain("PROBE_READINESS_FAILING");
        new Film().during(0, 2, DEPLOYMENT, probed(3, "(combined from similar events): " + NO_PROGRAM)).certain("PROBE_READINESS_FAILING");
        new Film().during(0, 60, DEPLOYMENT, probed(30, "Readiness probe failed: cat: /ready: No such file or directory")).certain();
    }

    @Test
    void aProbeThatIsAnswered404OftenIsNamedWhileTheProgramIsYoungAndNeverCertain() {
        assertEquals("[PROBE_PATH_NOT_FOUND]", named(10, "Readiness probe failed: HTTP probe failed with statuscode: 404"));
        assertEquals("[STILL_PROGRESSING]", named(9, "Readiness probe failed: HTTP probe failed with statuscode: 404"));
        assertEquals("[STILL_PROGRESSING]", named(30, "Readiness probe failed: HTTP probe failed with statuscode: 503"));
        assertEquals("[STILL_PROGRESSING]", named(30, "Readiness probe failed: dial tcp 10.1.2.3:80: connect: connection refused"));
        new Film().during(0, 300, DEPLOYMENT, probed(300, "Readiness probe failed: HTTP probe failed with statuscode: 404")).certain();
    }

    private static String ruled(String operator, String container) {
        return container.replace("containers: [{name: api,",
            "containers: [{name: api, restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: "
                + operator + ", values: [42]}}],");
    }

    @Test
    void anExitForWhichTheContainerHasARuleIsMeantToStartItAgain() {
        var meant = crashed(5, 42, "2026-01-01T10:00:39Z");
        new Film().during(0, 60, DEPLOYMENT, ruled("In", meant)).certain();
        new Film().during(0, 60, DEPLOYMENT, ruled("NotIn", meant)).certain("CRASH_APP_ERROR");
        new Film().during(0, 60, DEPLOYMENT, ruled("In", crashed(5, 1, "2026-01-01T10:00:39Z"))).certain("CRASH_APP_ERROR");
        new Film().during(0, 60, DEPLOYMENT, ruled("NotIn", crashed(5, 1, "2026-01-01T10:00:39Z"))).certain();
    }

    private static final String WAITS = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web, namespace: shop, uid: w1, labels: {app: web}}
        spec: {nodeName: n, initContainers: [{name: first, image: a, command: [sh, -c, "until nc -z %s 80; do sleep 1; done"]}],
            containers: [{name: web, image: a}]}
        status: {phase: Pending, conditions: [{type: PodScheduled, status: "True"}, {type: Ready, status: "False"}],
            initContainerStatuses: [{name: first, ready: false, restartCount: 0, state: {running: {startedAt: "2026-01-01T10:00:05Z"}}}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: api, namespace: shop, uid: v1}
        spec: {selector: {app: api}, ports: [{port: 80}]}
        ---
        apiVersion: v1
        kind: Service
        metadata: {name: other, namespace: shop, uid: v2}
        spec: {selector: {app: other}, ports: [{port: 80}]}
        ---
        """;

    @Test
    void whoWaitsForTheCrashingOneHoldsNoVerdictUp() {
        var crash = crashed(5, 1, "2026-01-01T10:00:39Z");
        new Film().during(0, 60, DEPLOYMENT, crash, WAITS.formatted("api")).certain("CRASH_APP_ERROR");
        new Film().during(0, 60, DEPLOYMENT, crash, WAITS.formatted("other")).certain();
    }

    @Test
    void aThirdPodThatIsEvictedForWhatItWritesItselfEndsTheWait() {
        var evicted = pod("restartCount: 0").replaceAll("(?m)^  containerStatuses.*\\R", "").replace("phase: Pending",
            "phase: Failed\n  reason: Evicted\n  message: 'Pod ephemeral local storage usage exceeds the total limit of containers 8Mi. '");
        var two = evicted + evicted.replace("api-1-x", "api-1-y").replace("uid: p1", "uid: p2");
        var three = two + evicted.replace("api-1-x", "api-1-z").replace("uid: p1", "uid: p3");
        new Film().during(0, 60, DEPLOYMENT, two, waiting("ContainerCreating", "")).certain();
        new Film().during(0, 60, DEPLOYMENT, three, waiting("ContainerCreating", "")
            .replace("api-1-x", "api-1-w").replace("uid: p1", "uid: p4"))
            .certain("EVICTED_EPHEMERAL_STORAGE");
        var pressure = three.replaceAll("Pod ephemeral local.*8Mi. '", "The node was low on resource: memory.'");
        new Film().during(0, 60, DEPLOYMENT, pressure, waiting("ContainerCreating", "")
            .replace("api-1-x", "api-1-w").replace("uid: p1", "uid: p4")).certain();
    }

    @Test
    void crashesWithDifferentExitCodesAreDifferentStories() {
        new Film().at(10, DEPLOYMENT, crashed(1, 1, "2026-01-01T10:00:09Z")).at(20, DEPLOYMENT, crashed(2, 2, "2026-01-01T10:00:19Z"))
            .during(40, 50, DEPLOYMENT, crashed(3, 3, "2026-01-01T10:00:39Z")).certain();
    }

    @Test
    void crashesBeforeTheApplyDoNotCount() {
        var old = crashed(7, 1, "2026-01-01T10:00:09Z").replace("2026-01-01T10:00:00Z", "2025-12-31T10:00:00Z");
        new Film().during(0, 60, DEPLOYMENT, old).certain();
        new Film(new ensure_ready.WaitSettings("codex", false, false, true, null)).during(0, 3, DEPLOYMENT, old).certain("CRASH_APP_ERROR");
    }

    @Test
    void aProgramThatEndsUntilItsDatabaseIsUpIsNoFailure() {
        var starting = DATABASE.replace("readyReplicas: 1, availableReplicas: 1, ", "")
            .replace("type: Ready, status: \"True\"", "type: Ready, status: \"False\"");
        new Film().during(0, 39, starting, DEPLOYMENT, crashed(5, 1, "2026-01-01T10:00:30Z")).certain()
            .during(41, 60, DATABASE, DEPLOYMENT, crashed(5, 1, "2026-01-01T10:00:30Z")).certain()
            .during(61, 64, DATABASE, DEPLOYMENT, crashed(6, 1, "2026-01-01T10:00:45Z")).certain()
            .during(65, 70, DATABASE, DEPLOYMENT, crashed(7, 1, "2026-01-01T10:01:00Z")).certain("CRASH_APP_ERROR");
    }

    @Test
    void inAChainNobodyIsBlamedBeforeAllHaveTriedAgain() {
        var second = (DEPLOYMENT + crashed(5, 1, "2026-01-01T10:00:35Z")).replace("api", "web")
            .replace("uid: d1", "uid: d2").replace("uid: r1", "uid: r2").replace("uid: p1", "uid: p2");
        new Film().during(61, 70, DATABASE, DEPLOYMENT, crashed(6, 1, "2026-01-01T10:01:00Z"), second).certain();
        var both = second.replace("10:00:35Z", "10:01:05Z");
        new Film().during(71, 80, DATABASE, DEPLOYMENT, crashed(6, 1, "2026-01-01T10:01:00Z"), both).certain("CRASH_APP_ERROR");
    }

    @Test
    void aCommandThatDoesNotExistNeedsOneRestartAndMemoryTwo() {
        new Film().during(0, 5, DEPLOYMENT, crashed(0, 127, "2026-01-01T10:00:00Z"))
            .certain().during(10, 12, DEPLOYMENT, crashed(1, 127, "2026-01-01T10:00:09Z")).certain("CONTAINER_COMMAND_NOT_FOUND");
        var memory = crashed(1, 137, "2026-01-01T10:00:09Z").replace("reason: Error", "reason: OOMKilled");
        new Film().during(10, 15, DEPLOYMENT, memory).certain()
            .during(30, 32, DEPLOYMENT, memory.replace("restartCount: 1", "restartCount: 2")).certain("OOM_KILLED");
    }

    @Test
    void faultsOfAnOldRevisionAreNotTheNewReleasesFaults() {
        var old = waiting("ImagePullBackOff", "Back-off: ErrImagePull: api:0: not found")
            .replace("api-1-x", "api-0-x").replace("name: api-1, uid: r1", "name: api-0, uid: r0").replace("uid: p1", "uid: p0");
        var set = "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: api-0, namespace: shop, uid: r0, "
            + "annotations: {deployment.kubernetes.io/revision: '0'}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, "
            + "name: api, uid: d1, controller: true}]}, spec: {replicas: 1}, status: {replicas: 1}}";
        new Film().during(0, 60, DEPLOYMENT, set, old, pod("restartCount: 0, state: {waiting: {reason: ContainerCreating}}")).certain();
    }

    @Test
    void theAgentsOwnTroubleEndsNoWait() {
        var agent = (DEPLOYMENT + waiting("ImagePullBackOff", "Back-off: ErrImagePull: api:1: not found"))
            .replace("name: api,", "name: codex,");
        new Film().during(0, 60, agent, ReadinessTest.POD).certain();
    }

    @Test
    void aPodThatFailedForGoodIsCertain() {
        var failed = ReadinessTest.POD.replace("restartPolicy: Always", "restartPolicy: Never")
            .replace("phase: Running", "phase: Failed").replace("type: Ready, status: \"True\"", "type: Ready, status: \"False\"")
            .replace("state: {running: {startedAt: \"2026-01-01T09:59:00Z\"}}",
            "state: {terminated: {exitCode: 3, reason: Error, finishedAt: '2026-01-01T10:00:00Z'}}");
        new Film().during(0, 2, failed).certain("CRASH_APP_ERROR");
    }

    @Test
    void aCustomResourceThatFailedIsCertainAfterHalfAMinuteUnlessSomethingElseIsStillStarting() {
        var widget = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: shop, uid: w1, generation: 1}, "
            + "status: {conditions: [{type: Ready, status: 'False', reason: CreateFailed}]}}";
        var film = new Film(new ensure_ready.WaitSettings("codex", true, false, true, ReadinessTest.NOW.minusSeconds(5)));
        film.applied.add(ReadinessTest.applied(widget, 1, "w1"));
        film.during(0, 29, widget).certain().at(30, widget);
        assertEquals(1, film.certain.size());
        film.applied.add(ReadinessTest.applied(DEPLOYMENT, 1, "d1"));
        film.during(31, 300, widget, DEPLOYMENT, pod("restartCount: 0, state: {waiting: {reason: ContainerCreating}}")).certain();
    }

    @Test
    void whatTheServerRefusedToTakeIsCertainWhateverElseIsStillStarting() {
        var film = new Film(new ensure_ready.WaitSettings("codex", true, false, true, ReadinessTest.NOW.minusSeconds(5)));
        film.applied.add(ReadinessTest.applied(DEPLOYMENT, 1, "d1"));
        film.applied.add(new ensure_ready.Applied(ReadinessTest.obj("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"),
            new ensure_ready.Source("a.yaml", 1),
            ensure_ready.Result.failed, 0, "", "Invalid", "ConfigMap \"c\" is invalid: data: Invalid value"));
        film.during(0, 2, DEPLOYMENT, pod("restartCount: 0, state: {waiting: {reason: ContainerCreating}}")).certain("APPLY_INVALID");
    }

    @Test
    void aClaimWithoutItsClassIsCertain() {
        new Film().during(0, 4, ReadinessTest.CLAIM).certain().at(5, ReadinessTest.CLAIM).certain("PVC_STORAGECLASS_MISSING");
        new Film().during(0, 300, ReadinessTest.CLAIM,
            "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: slow}, volumeBindingMode: Immediate}").certain();
    }

    @Test
    void readyMustHoldForAWhileAndARestartBeginsItAnew() {
        var settings = new ensure_ready.WaitSettings("codex", false, false, true, null);
        var running = ReadinessTest.POD.replace("containers: [{name: main,",
            "containers: [{name: main, readinessProbe: {tcpSocket: {port: 1}},");
        var film = new Film(settings).during(0, 2, running);
        assertTrue(!film.seen.settled(ReadinessTest.NOW.plusSeconds(2)));
        assertTrue(film.at(3, running).seen.settled(ReadinessTest.NOW.plusSeconds(3)));
        film.at(4, running.replace("restartCount: 0", "restartCount: 1"));
        assertTrue(!film.seen.settled(ReadinessTest.NOW.plusSeconds(6)));
        var unprobed = new Film(settings).during(0, 9, ReadinessTest.POD);
        assertTrue(!unprobed.seen.settled(ReadinessTest.NOW.plusSeconds(9)), "without a probe it must run for ten seconds");
        assertTrue(unprobed.seen.settled(ReadinessTest.NOW.plus(Duration.ofSeconds(10))));
    }

    @Test
    void whereTheKubeletToldTheStartLateItsReportOfAnExitIsAwaitedLonger() {
        var pod = "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop, uid: u1}, spec: {nodeName: n, "
            + "containers: [{name: web, image: w%s}]}, "
            + "status: {phase: Running, conditions: [{type: ContainersReady, status: 'True', lastTransitionTime: '2026-01-01T09:59:%s'}, "
            + "{type: Ready, status: 'True', lastTransitionTime: '2026-01-01T09:59:%s'}], "
            + "containerStatuses: [{name: web, ready: true, restartCount: 0, state: {running: {startedAt: '2026-01-01T09:59:40Z'}}}]}}";
        assertEquals(10, settling(pod.formatted("", "42Z", "42Z")), "as usual");
        assertEquals(20, settling(pod.formatted("", "47Z", "47Z")), "five seconds later than usual");
        assertEquals(70, settling(pod.formatted("", "41Z", "41Z").replace("09:59:40", "09:49:40")), "but no longer than a minute more");
        assertEquals(10, settling(pod.formatted(", lifecycle: {postStart: {exec: {command: [a]}}}", "47Z", "47Z")),
            "a hook takes its time");
        assertEquals(3, settling(pod.formatted(", readinessProbe: {tcpSocket: {port: 1}}", "47Z", "47Z")), "a probe tells");
    }

    private static long settling(String pod) {
        return new Film().at(0, pod).seen.settle().toSeconds();
    }
}
