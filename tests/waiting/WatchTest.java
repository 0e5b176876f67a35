import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Watching and waiting through a server that restarts, forgets, refuses, throttles, or falls silent. */
class WatchTest {
    private static final ensure_ready.WaitSettings NAMESPACE = new ensure_ready.WaitSettings("codex", false, false, true, null);
    private static final String READY = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, generation: 1}
        spec: {replicas: 1, minReadySeconds: 1, progressDeadlineSeconds: 600, selector: {matchLabels: {app: web}},
            template: {metadata: {labels: {app: web}}}}
        status:
          observedGeneration: 1
          replicas: 1
          updatedReplicas: 1
          readyReplicas: 1
          availableReplicas: 1
          conditions:
          - {type: Available, status: "True", reason: MinimumReplicasAvailable}
          - {type: Progressing, status: "True", reason: NewReplicaSetAvailable}
        """;

    @TempDir
    Path folder;
    private EmbeddedApi server;
    private ensure_ready.Api api;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
        api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(server.kubeconfig(folder), null), Duration.ofSeconds(5));
    }

    @AfterEach
    void stop() {
        api.close();
        server.close();
    }

    private ensure_ready.SoftWait waiting() {
        return new ensure_ready.SoftWait(api, "shop", ensure_ready.Applying.over(List.of(), false), NAMESPACE, judgement -> { });
    }

    private CompletableFuture<ensure_ready.Judgement> inBackground(ensure_ready.SoftWait waiting, int seconds) {
        return CompletableFuture.supplyAsync(() -> waiting.run(ensure_ready.Deadline.in(Duration.ofSeconds(seconds))));
    }

    static void until(String what, BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 600 && !condition.getAsBoolean(); i++) {
            Thread.sleep(50);
        }
        assertTrue(condition.getAsBoolean(), what);
    }

    @Test
    void aDeploymentThatIsReadyAndStaysSoEndsTheWait() {
        server.putYaml("shop", READY);
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(30)));
        assertEquals(ensure_ready.Outcome.ready, judgement.outcome());
        assertTrue(judgement.ready());
        assertEquals("deploy/web", judgement.workloads().get(0).ref());
    }

    @Test
    void anEmptyNamespaceProvesNothing() {
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(5)));
        assertEquals(ensure_ready.Outcome.timeout, judgement.outcome());
        assertFalse(judgement.ready());
        assertTrue(judgement.verdict().warnings().toString().contains("nothing is proven"), judgement.verdict().warnings().toString());
    }

    @Test
    void aNamespaceThatDoesNotExistIsToldAndIsNotReady() {
        var judgement = new ensure_ready.SoftWait(api, "nix", ensure_ready.Applying.over(List.of(), false), NAMESPACE, j -> { }).once();
        assertFalse(judgement.ready());
        assertEquals("ns/nix does not exist", judgement.workloads().get(0).ref() + " " + judgement.workloads().get(0).message());
    }

    @Test
    void whatAppearsLaterIsWaitedFor() throws Exception {
        var waiting = waiting();
        var result = inBackground(waiting, 30);
        until("first judgement", () -> !waiting.last().snapshot().objects().isEmpty());
        server.putYaml("shop", READY);
        assertEquals(ensure_ready.Outcome.ready, result.get().outcome());
    }

    @Test
    void eachTypeIsListedAndWatchedOnceAndReadOnceMoreAtTheEnd() {
        server.putYaml("shop", READY);
        waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(30)));
        assertEquals(2, server.requests("list", "deployments"), server.requests().toString());
        assertEquals(1, server.requests("watch", "deployments"), server.requests().toString());
        assertEquals(1, server.requests("get", "*"), "which custom kinds there are: " + server.requests());
    }

    @Test
    void aServerThatComesBackIsFollowedAgain() throws Exception {
        server.putYaml("shop", READY.replace("readyReplicas: 1", "readyReplicas: 0"));
        var waiting = waiting();
        var result = inBackground(waiting, 60);
        until("first judgement", () -> !waiting.last().workloads().isEmpty());
        server.down();
        Thread.sleep(3000);
        assertFalse(result.isDone(), "must go on while the server is away");
        server.up();
        server.putYaml("shop", READY);
        assertEquals(ensure_ready.Outcome.ready, result.get().outcome());
    }

    @Test
    void aServerThatStaysAwayIsToldAsSuchAndTheDeadlineHolds() throws Exception {
        server.down();
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(3)));
        assertEquals(ensure_ready.Outcome.no_cluster, judgement.outcome());
        assertFalse(judgement.ready());
    }

    @Test
    void aForgottenResourceVersionIsListedAnew() throws Exception {
        server.putYaml("shop", READY.replace("readyReplicas: 1", "readyReplicas: 0"));
        var waiting = waiting();
        var result = inBackground(waiting, 60);
        until("first judgement", () -> !waiting.last().workloads().isEmpty());
        server.down();
        server.putYaml("shop", READY);
        server.compact();
        server.up();
        assertEquals(ensure_ready.Outcome.ready, result.get().outcome());
    }

    private static final String NOT_READY = READY.replace("readyReplicas: 1", "readyReplicas: 0");

    private ensure_ready.SoftWait waiting(ensure_ready.Api other) {
        return new ensure_ready.SoftWait(other, "shop", ensure_ready.Applying.over(List.of(), false), NAMESPACE, judgement -> { });
    }

    @Test
    void aServerThatThrottlesIsAskedAgainWhenItSays() throws Exception {
        server.putYaml("shop", READY);
        server.faults.throttle("list", "*", 20, 1);
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(40)));
        assertEquals(ensure_ready.Outcome.ready, judgement.outcome());
        assertTrue(server.requests("list", "deployments") < 8, server.requests().toString());
    }

    @Test
    void errorsOfTheServerAreNoVerdict() {
        server.putYaml("shop", READY);
        server.faults.fail("list", "*", 25, 500);
        server.faults.fail("watch", "*", 12, 503);
        assertEquals(ensure_ready.Outcome.ready, waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(60))).outcome());
    }

    @Test
    void aWatchThatFallsSilentIsOpenedAnew() throws Exception {
        server.putYaml("shop", NOT_READY);
        var changes = new java.util.concurrent.Semaphore(0);
        try (var watch = new ensure_ready.Informers(api, changes::release, Duration.ofSeconds(2))) {
            watch.follow(ensure_ready.Topic.of(ensure_ready.Kind.DEPLOYMENT, "shop"));
            until("first list", watch::complete);
            server.faults.silence("deployments");
            server.putYaml("shop", READY);
            Thread.sleep(1500);
            assertEquals(0, watch.objects().get("Deployment").get(0).number("/status/readyReplicas", -1), "nothing was told");
            server.faults.clear();
            until("the change", () -> watch.objects().get("Deployment").get(0).number("/status/readyReplicas", -1) == 1);
        }
    }

    @Test
    void aWatchThatDoesNotEvenAnswerWithHeadersIsOpenedAnewLongBeforeItCountsAsSilent() throws Exception {
        server.putYaml("shop", NOT_READY);
        server.faults.delay("watch", "deployments", 1, Duration.ofSeconds(100));
        try (var watch = new ensure_ready.Informers(api, () -> { })) {
            watch.follow(ensure_ready.Topic.of(ensure_ready.Kind.DEPLOYMENT, "shop"));
            until("first list", watch::complete);
            server.putYaml("shop", READY);
            until("the change", () -> watch.objects().get("Deployment").get(0).number("/status/readyReplicas", -1) == 1);
        }
    }

    @Test
    void aJobThatWentAwayWhileNobodyWatchedIsRemembered() throws Exception {
        var job = "{apiVersion: batch/v1, kind: Job, metadata: {name: seed, uid: j1}, status: {conditions: [{type: Complete, "
            + "status: 'True'}]}}";
        var uid = server.putYaml("shop", job).get(0).at("/metadata/uid").asString("");
        try (var watch = new ensure_ready.Informers(api, () -> { })) {
            watch.follow(ensure_ready.Topic.of(ensure_ready.Kind.JOB, "shop"));
            until("first list", watch::complete);
            assertTrue(watch.gone().isEmpty());
            server.down();
            server.delete("jobs", "shop", "seed");
            server.compact();
            server.up();
            until("the list after it", () -> watch.gone().containsKey(uid));
        }
    }

    @Test
    void aBookmarkSparesAListAfterTheServerForgotTheVersionsBeforeIt() throws Exception {
        server.putYaml("shop", NOT_READY);
        server.bookmarkEvery(Duration.ofMillis(50));
        try (var watch = new ensure_ready.Informers(api, () -> { })) {
            watch.follow(ensure_ready.Topic.of(ensure_ready.Kind.DEPLOYMENT, "shop"));
            until("first list", () -> watch.complete() && server.requests("watch", "deployments") == 1);
            server.putYaml("shop", NOTHING_YET);
            Thread.sleep(3000); // until a bookmark of it is read
            server.compact();
            server.cutWatches();
            until("the next watch", () -> server.requests("watch", "deployments") > 1);
            server.putYaml("shop", READY);
            until("the change", () -> watch.objects().get("Deployment").get(0).number("/status/readyReplicas", -1) == 1);
            assertEquals(1, server.requests("list", "deployments"), server.requests().toString());
        }
    }

    @Test
    void aRotatedTokenIsReadAgainFromTheKubeconfig() throws Exception {
        server.putYaml("shop", NOT_READY);
        server.faults.onlyToken("embedded-token");
        var waiting = waiting();
        var result = inBackground(waiting, 60);
        until("first judgement", () -> !waiting.last().workloads().isEmpty());
        server.faults.onlyToken("second-token");
        server.cutWatches();
        Thread.sleep(2000);
        assertFalse(result.isDone());
        server.kubeconfig(folder, "second-token");
        server.putYaml("shop", READY);
        assertEquals(ensure_ready.Outcome.ready, result.get().outcome());
    }

    @Test
    void aTokenFileIsReadAgainWhenItChanges() throws Exception {
        var token = java.nio.file.Files.writeString(folder.resolve("token"), "first\n");
        var config = java.nio.file.Files.writeString(folder.resolve("with-file"), java.nio.file.Files.readString(server.kubeconfig(folder))
            .replaceAll("token: \"[^\"]*\"", "tokenFile: " + token));
        server.putYaml("shop", NOT_READY);
        server.faults.onlyToken("first");
        try (var other = new ensure_ready.Api(ensure_ready.Kubeconfig.read(config, null), Duration.ofSeconds(5))) {
            var waiting = waiting(other);
            var result = inBackground(waiting, 60);
            until("first judgement", () -> !waiting.last().workloads().isEmpty());
            server.faults.onlyToken("second");
            server.cutWatches();
            java.nio.file.Files.writeString(token, "second\n");
            server.putYaml("shop", READY);
            assertEquals(ensure_ready.Outcome.ready, result.get().outcome());
        }
    }

    @Test
    void aTokenThatIsRefusedToTheEndIsForbiddenNotReady() {
        server.faults.onlyToken("another");
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(4)));
        assertEquals(ensure_ready.Outcome.forbidden, judgement.outcome());
        assertFalse(judgement.ready());
    }

    @Test
    void withoutTheRightToReadEventsTheVerdictIsTheSameAndSaysWhatWasMissing() {
        server.putYaml("shop", READY);
        server.faults.forbid("*", "events");
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(30)));
        assertEquals(ensure_ready.Outcome.ready, judgement.outcome());
        assertEquals(List.of("events: forbidden"), judgement.snapshot().limited());
    }

    @Test
    void withoutTheRightToReadPodsDeploymentsStillSpeakForThemselves() {
        server.putYaml("shop", READY);
        server.faults.forbid("*", "pods");
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(40)));
        assertEquals(ensure_ready.Outcome.ready, judgement.outcome());
        assertEquals(List.of("pods: forbidden"), judgement.snapshot().limited());
    }

    @Test
    void withoutTheRightToWatchTheTypeIsListedAgainAndAgain() throws Exception {
        server.putYaml("shop", NOT_READY);
        server.faults.forbid("watch", "*");
        var waiting = waiting();
        var result = inBackground(waiting, 60);
        until("first judgement", () -> !waiting.last().workloads().isEmpty());
        server.putYaml("shop", READY);
        assertEquals(ensure_ready.Outcome.ready, result.get().outcome());
        assertTrue(result.get().snapshot().limited().toString().contains("watch forbidden"), result.get().snapshot().limited().toString());
    }

    @Test
    void withoutAnyRightTheOutcomeIsForbiddenLongBeforeTheDeadline() {
        server.putYaml("shop", READY);
        server.faults.forbid("*", "*");
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(60)));
        assertEquals(ensure_ready.Outcome.forbidden, judgement.outcome());
        assertFalse(judgement.ready());
    }

    @Test
    void aServerThatNeverAnswersDoesNotMoveTheDeadline() {
        server.putYaml("shop", READY);
        server.faults.delay("*", "*", 1000, Duration.ofSeconds(30));
        long begin = System.nanoTime();
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(3)));
        assertEquals(ensure_ready.Outcome.no_cluster, judgement.outcome());
        assertTrue(Duration.ofNanos(System.nanoTime() - begin).compareTo(Duration.ofSeconds(20)) < 0, "long before the server answers");
    }

    @Test
    void theFinalReadIsNotTrustedWhenItFails() throws Exception {
        server.putYaml("shop", READY);
        var waiting = waiting();
        var result = inBackground(waiting, 6);
        until("first judgement", () -> !waiting.last().workloads().isEmpty());
        server.faults.fail("list", "deployments", 1000, 500);
        assertEquals(ensure_ready.Outcome.timeout, result.get().outcome(), "what the caches say is not enough");
        assertFalse(result.get().ready());
    }

    @Test
    void noSecretsContentIsEverAskedFor() {
        server.putYaml("shop", READY.replace("metadata: {labels: {app: web}}}",
            "metadata: {labels: {app: web}}, spec: {containers: [{name: web, image: w, envFrom: [{secretRef: {name: s}}]}]}}"));
        server.putYaml("shop",
            "{apiVersion: v1, kind: Secret, metadata: {name: s, annotations: {kubectl.kubernetes.io/last-applied-configuration: "
                + "'{\"data\": {\"k\": \"aHVudGVyMg==\"}}'}}, data: {k: aHVudGVyMg==}}");
        var judgement = waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(30)));
        assertEquals(ensure_ready.Outcome.ready, judgement.outcome());
        assertFalse(judgement.snapshot().toString().contains("aHVudGVyMg"), "neither data nor annotations");
        assertTrue(judgement.snapshot().find("Secret", "s").isPresent());
    }

    @Test
    void statusReadsEachTypeOnceAndDoesNotWait() {
        server.putYaml("shop", NOT_READY);
        var judgement = waiting().once();
        assertFalse(judgement.ready());
        assertEquals("deploy/web", judgement.workloads().get(0).ref());
        assertEquals(1, server.requests("list", "deployments"));
        server.putYaml("shop", READY);
        assertTrue(waiting().once().ready());
    }

    private static final String LATER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n";
    private static final String NOTHING_YET = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";

    private ensure_ready.Applied object(String yaml, ensure_ready.Result result, String error) {
        return new ensure_ready.Applied(ReadinessTest.obj(yaml), new ensure_ready.Source("a.yaml", 1), result, 0, "", "Invalid", error);
    }

    private ensure_ready.Judgement beside(ensure_ready.Applying applying, int seconds) {
        var settings = new ensure_ready.WaitSettings("codex", true, false, true, java.time.Instant.now());
        return new ensure_ready.SoftWait(api, "shop", applying, settings, judgement -> { })
            .run(ensure_ready.Deadline.in(Duration.ofSeconds(seconds)));
    }

    @Test
    void aFailureThatIsCertainAtTheDeadlineIsToldAsSuch() {
        server.putYaml("shop", NOT_READY);
        var refused = List.of(object(NOTHING_YET, ensure_ready.Result.failed, "is invalid"),
            object(NOT_READY, ensure_ready.Result.created, ""));
        var judgement = beside(ensure_ready.Applying.over(refused, false), 4);
        assertEquals("failed", judgement.outcome().word());
        assertTrue(judgement.certainSince().isPresent());
        assertFalse(waiting().run(ensure_ready.Deadline.in(Duration.ofSeconds(1))).certainSince().isPresent(), "nothing is certain here");
    }

    @Test
    void theWatchRunsWhileObjectsAreAppliedAndNothingIsReadyBefore() throws Exception {
        server.putYaml("shop", READY);
        var go = new CompletableFuture<List<ensure_ready.Applied>>();
        var pending = List.of(object(READY, ensure_ready.Result.pending, ""));
        var settings = new ensure_ready.WaitSettings("codex", false, false, true, java.time.Instant.now());
        var waiting = new ensure_ready.SoftWait(api, "shop", ensure_ready.Applying.begin(pending, false, told -> go.join()),
            settings, j -> { });
        var result = inBackground(waiting, 60);
        until("the watch sees it", () -> !waiting.last().workloads().isEmpty());
        assertEquals("not applied yet", waiting.last().workloads().get(0).message());
        Thread.sleep(5000); // it settles within 3 s
        assertFalse(result.isDone(), "what is not applied yet is not ready, however long it looks so");
        go.complete(List.of(object(READY, ensure_ready.Result.unchanged, "")));
        assertEquals(ensure_ready.Outcome.ready, result.get().outcome());
    }

    @Test
    void aCertainFailureEndsTheTriesButNotBeforeEachObjectHadOne() throws Exception {
        var tried = List.of(object(NOTHING_YET, ensure_ready.Result.failed, "is invalid"),
            object(LATER, ensure_ready.Result.pending, "no answer"));
        var untried = List.of(tried.get(0), object(LATER, ensure_ready.Result.pending, ""));
        var interrupted = new CompletableFuture<Boolean>();
        var applying = ensure_ready.Applying.begin(untried, false, told -> {
            try {
                Thread.sleep(4000);
                told.accept(tried);
                Thread.sleep(60_000);
            } catch (InterruptedException e) {
                interrupted.complete(true);
            }
            return untried;
        });
        var judgement = beside(applying, 60);
        assertEquals("failed", judgement.outcome().word());
        assertTrue(interrupted.get());
        assertEquals(List.of("failed is invalid", "failed no answer"),
            judgement.snapshot().applied().stream().map(a -> a.result() + " " + a.error()).toList(), "the diagnosis knows both");
    }

    @Test
    void noTryIsWaitedForPastTheDeadlineOfAServerThatIsAway() {
        server.down();
        var applying = ensure_ready.Applying.begin(List.of(object(NOT_READY, ensure_ready.Result.pending, "")), false, told -> {
            ensure_ready.Pause.of(Duration.ofSeconds(100));
            return List.of();
        });
        long begin = System.nanoTime();
        assertEquals("no-cluster", beside(applying, 2).outcome().word());
        assertTrue(Duration.ofNanos(System.nanoTime() - begin).compareTo(Duration.ofSeconds(20)) < 0, "one deadline holds for both");
    }

    @Test
    void whatAnApplyStillHasToRememberIsWaitedFor() {
        var remembered = new java.util.concurrent.atomic.AtomicBoolean();
        var done = List.of(object(READY, ensure_ready.Result.unchanged, ""));
        var applying = ensure_ready.Applying.begin(List.of(), false, told -> {
            told.accept(done);
            ensure_ready.Pause.of(Duration.ofSeconds(1));
            remembered.set(true);
            return done;
        });
        assertEquals(done, applying.ended());
        assertTrue(remembered.get());
    }

    @Test
    void anApplyThatDiesOfAMistakeOfOursIsNeverReady() {
        server.putYaml("shop", READY);
        var applying = ensure_ready.Applying.begin(List.of(object(READY, ensure_ready.Result.pending, "")), false, told -> {
            throw new IllegalStateException("a mistake");
        });
        var judgement = beside(applying, 20);
        assertEquals("failed", judgement.outcome().word());
        assertTrue(judgement.workloads().get(0).message().contains("a mistake"), judgement.workloads().toString());
    }

    @Test
    void withTheDeadlinePassedEverythingIsLookedAtOnceAndAServerThatTookObjectsIsThere() {
        server.putYaml("shop", NOT_READY);
        assertEquals("deploy/web", waiting().run(ensure_ready.Deadline.now()).workloads().get(0).ref());
        server.faults.delay("*", "*", 1000, Duration.ofSeconds(30));
        var taken = new ensure_ready.Applied(ReadinessTest.obj(NOT_READY), new ensure_ready.Source("a.yaml", 1),
            ensure_ready.Result.created, 1, "u1", "", "");
        assertEquals("timeout", beside(ensure_ready.Applying.over(List.of(taken), false), 1).outcome().word());
        assertEquals("no-cluster", beside(ensure_ready.Applying.over(List.of(), false), 1).outcome().word());
    }

    @Test
    void anInterruptFindsTheLastJudgement() throws Exception {
        server.putYaml("shop", NOT_READY);
        var waiting = waiting();
        var thread = new Thread(() -> waiting.run(ensure_ready.Deadline.in(Duration.ofSeconds(60))));
        thread.start();
        until("first judgement", () -> !waiting.last().workloads().isEmpty());
        thread.interrupt();
        thread.join(3000);
        assertFalse(thread.isAlive());
        assertEquals("deploy/web", waiting.last().workloads().get(0).ref());
    }
}
