import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SlotsTest {
    @TempDir
    Path folder;
    private EmbeddedApi server;
    private Path kubeconfig;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
        kubeconfig = server.kubeconfig(folder);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theLowestFreeNumberIsTaken() {
        take(issue(1), 0);
        take(issue(2), 0);
        take(issue(3), 0);
        server.delete("configmaps", "codex-system", "codex-env-2");
        assertEquals(2, take(issue(4), 0).slot());
    }

    @Test
    void theRecordHasWhatCodexctlReads() {
        take(new ensure_ready.Wanted("ai", 0, 42, 7, 0), 0);
        var record = new ensure_ready.Obj(server.get("configmaps", "codex-system", "codex-env-1").orElseThrow());
        var data = record.map("/data");
        assertEquals(List.of("slot", "env", "namespace", "owner", "issue", "pr", "createdAt"), List.copyOf(data.keySet()));
        assertEquals(List.of("1", "ai", "shop-dev-1", "me", "42", "7"),
            List.of(data.get("slot"), data.get("env"), data.get("namespace"), data.get("owner"), data.get("issue"), data.get("pr")));
        assertTrue(Instant.parse(data.get("createdAt")).isBefore(Instant.now().plusSeconds(1)));
        assertEquals(Map.of("app.kubernetes.io/managed-by", "ensure-ready", "ensure-ready/slot",
            "1", "ensure-ready/env", "ai", "ensure-ready/issue", "42"), record.labels());
    }

    @Test
    void aSlotIsFoundByIssueByPullRequestAndByNumber() {
        var made = take(new ensure_ready.Wanted("ai", 0, 42, 7, 0), 0);
        for (var wanted : List.of(issue(42), new ensure_ready.Wanted("ai", 0, 0, 7, 0), new ensure_ready.Wanted("ai", 1, 0, 0, 0))) {
            var found = take(wanted, 0);
            assertEquals(made.slot(), found.slot(), wanted.toString());
            assertEquals(42, found.issue());
            assertFalse(found.fresh());
        }
    }

    @Test
    void aPullRequestAloneNeverTakesASlotOfAnotherIssue() {
        take(new ensure_ready.Wanted("ai", 0, 42, 7, 0), 0);
        assertEquals(2, take(new ensure_ready.Wanted("ai", 0, 43, 7, 0), 0).slot());
    }

    @Test
    void anotherEnvironmentTypeOfTheSameIssueIsAnotherSlot() {
        take(issue(42), 0);
        assertEquals(2, take(new ensure_ready.Wanted("ai-repair", 0, 42, 0, 0), 0).slot());
    }

    @Test
    void twentyRunsAtOnceGetTwentySlots() throws Exception {
        var slots = atOnce(20, i -> take(issue(100 + i), 0).slot());
        assertEquals(IntStream.rangeClosed(1, 20).boxed().toList(), slots.stream().sorted().toList());
    }

    @Test
    void tenRunsOfOneIssueGetOneSlotAndOneOfThemMadeIt() throws Exception {
        var targets = atOnce(10, i -> take(issue(42), 0));
        assertEquals(1, targets.stream().map(ensure_ready.Target::slot).distinct().count());
        assertEquals(1, targets.stream().filter(ensure_ready.Target::fresh).count());
        assertEquals(1, server.list("configmaps", "codex-system").size());
    }

    @Test
    void whoFindsAnOlderRecordOfItsIssueAfterCreatingGivesItsOwnBack() {
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: codex-system}}");
        server.faults.delay("create", "configmaps", 1, Duration.ofMillis(800));
        var other = CompletableFuture.runAsync(() -> server.putYaml("codex-system",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: codex-env-2}, data: {slot: '2', env: ai, issue: '42', "
                + "namespace: shop-dev-2}}"),
            CompletableFuture.delayedExecutor(400, TimeUnit.MILLISECONDS));
        assertEquals(2, take(issue(42), 0).slot());
        other.join();
        assertEquals(List.of(2), slots().all().stream().map(ensure_ready.Slot::number).toList());
    }

    @Test
    void twoRunsThatKnowOnlyThePullRequestGetOneSlot() throws Exception {
        var targets = atOnce(10, i -> take(new ensure_ready.Wanted("ai", 0, 0, 7, 0), 0));
        assertEquals(List.of(1), List.of((int) targets.stream().map(ensure_ready.Target::slot).distinct().count()));
        server.faults.delay("create", "configmaps", 1, Duration.ofMillis(800));
        var other = CompletableFuture.runAsync(() -> server.putYaml("codex-system",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: codex-env-3}, data: {slot: '3', env: ai, issue: '9', pr: '8', "
                + "namespace: shop-dev-3}}"),
            CompletableFuture.delayedExecutor(400, TimeUnit.MILLISECONDS));
        assertEquals(3, take(new ensure_ready.Wanted("ai", 0, 0, 8, 0), 0).slot());
        other.join();
        assertEquals(List.of(1, 3), slots().all().stream().map(ensure_ready.Slot::number).sorted().toList());
    }

    @Test
    void aRecordThatIsReplacedInBetweenIsNotDeleted() {
        take(issue(42), 0);
        var seen = slots().all().get(0);
        server.delete("configmaps", "codex-system", "codex-env-1");
        take(issue(43), 0);
        try {
            slots().delete(seen);
        } catch (ensure_ready.ApiError e) {
            assertEquals(409, e.code);
        }
        assertEquals(List.of(43), slots().all().stream().map(ensure_ready.Slot::issue).toList());
        slots().delete(slots().all().get(0));
        assertEquals(List.of(), slots().all());
    }

    @Test
    void anIssueThatHasASlotGetsNoSecondOneByNumber() {
        take(issue(42), 0);
        var error = assertThrows(ensure_ready.InfraFailure.class, () -> take(new ensure_ready.Wanted("ai", 2, 42, 0, 0), 0));
        assertTrue(error.getMessage().startsWith("slot 2 was asked for, but slot 1 is held by issue 42"), error.getMessage());
    }

    @Test
    void aNumberWithAnIssueFindsOnlyTheSlotOfThatIssueOrOfNone() {
        take(issue(41), 0);
        take(new ensure_ready.Wanted("ai", 0, 0, 7, 0), 0);
        var slots = slots().all();
        assertTrue(ensure_ready.Slots.find(slots, new ensure_ready.Wanted("ai", 1, 42, 0, 0)).isEmpty());
        assertEquals(1, ensure_ready.Slots.find(slots, new ensure_ready.Wanted("ai", 1, 41, 0, 0)).orElseThrow().number());
        assertEquals(2, ensure_ready.Slots.find(slots, new ensure_ready.Wanted("ai", 2, 42, 0, 0)).orElseThrow().number());
        var error = assertThrows(ensure_ready.InfraFailure.class, () -> take(new ensure_ready.Wanted("ai", 1, 42, 0, 0), 2));
        assertTrue(error.getMessage().startsWith("no slot is free: slot 1 is held by issue 41"), error.getMessage());
    }

    @Test
    void aNamespaceThatMayNotBeMadeIsForbiddenAndNotTakenForOneThatIsThere() {
        server.faults.forbid("create", "namespaces");
        var namespaces = new ensure_ready.Namespaces(new ensure_ready.Api(ensure_ready.Kubeconfig.read(kubeconfig, null),
            Duration.ofSeconds(10)),
            new ensure_ready.Progress(System.err, Map.of(), true, false));
        var target = new ensure_ready.Target("ai", 3, "shop-dev-3", 42, 0, true);
        var error = assertThrows(ensure_ready.ApiError.class,
            () -> namespaces.ensure(target, ensure_ready.Deadline.in(Duration.ofSeconds(5)), Optional.empty()));
        assertEquals(ensure_ready.Outcome.forbidden, error.outcome());
        server.faults.forbid("get", "namespaces");
        assertEquals(ensure_ready.Namespaces.Found.unreadable,
            namespaces.ensure(target, ensure_ready.Deadline.in(Duration.ofSeconds(5)), Optional.empty()));
    }

    @Test
    void whenAllAreTakenTheHoldersAreNamed() {
        take(issue(41), 1);
        var error = assertThrows(ensure_ready.InfraFailure.class, () -> take(issue(42), 1));
        assertEquals(ensure_ready.Outcome.no_slot, error.outcome);
        assertTrue(error.getMessage().startsWith("no slot is free: slot 1 is held by issue 41 since "), error.getMessage());
    }

    @Test
    void aSlotThatBecomesFreeIsTakenWithoutAskingAllTheTime() throws Exception {
        take(issue(41), 1);
        server.resetRequests();
        var waiting = Executors.newSingleThreadExecutor();
        Future<ensure_ready.Target> taken = waiting.submit(() -> slots()
            .acquire(new ensure_ready.Wanted("ai", 0, 42, 0, 1), ensure_ready.Deadline.in(Duration.ofSeconds(30)), Optional.empty()));
        Thread.sleep(1500);
        server.delete("configmaps", "codex-system", "codex-env-1");
        assertEquals(1, taken.get().slot());
        assertTrue(server.requests("list", "configmaps") <= 4, server.requests().toString());
        waiting.shutdown();
    }

    @Test
    void aForbiddenListIsForbiddenAndNotATakenSlot() {
        server.faults.forbid("list", "configmaps");
        var error = assertThrows(ensure_ready.ApiError.class, () -> take(issue(42), 0));
        assertEquals(ensure_ready.Outcome.forbidden, error.outcome());
    }

    @Test
    void aForbiddenCreateIsForbiddenAndNotATakenSlot() {
        server.faults.forbid("create", "configmaps");
        var error = assertThrows(ensure_ready.ApiError.class, () -> take(issue(42), 0));
        assertEquals(ensure_ready.Outcome.forbidden, error.outcome());
    }

    @Test
    void foreignConfigMapsOfTheStateNamespaceAreNoSlots() {
        server.putYaml("codex-system", """
            apiVersion: v1
            kind: Namespace
            metadata: {name: codex-system}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: codex-env-x1}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: kube-root-ca.crt}
            """);
        assertEquals(1, take(issue(42), 0).slot());
    }

    @Test
    void attachSetsThePullRequestAndTimeToLive() {
        take(issue(42), 0);
        slots().attach(new ensure_ready.Wanted("ai", 0, 42, 17, 0), Optional.of(Instant.parse("2030-01-01T00:00:00Z")));
        var record = slots().all().get(0);
        assertEquals(17, record.pr());
        assertFalse(record.expired(Instant.parse("2029-12-31T23:59:59Z")));
        assertTrue(record.expired(Instant.parse("2030-01-01T00:00:01Z")));
    }

    private ensure_ready.Target take(ensure_ready.Wanted wanted, int max) {
        var w = new ensure_ready.Wanted(wanted.env(), wanted.number(), wanted.issue(), wanted.pr(), max);
        return slots().acquire(w, ensure_ready.Deadline.in(Duration.ofMillis(max > 0 ? 300 : 20_000)), Optional.empty());
    }

    private static ensure_ready.Wanted issue(int n) {
        return new ensure_ready.Wanted("ai", 0, n, 0, 0);
    }

    private ensure_ready.Slots slots() {
        var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(kubeconfig, null), Duration.ofSeconds(10));
        return new ensure_ready.Slots(api, "codex-system", "codex-env-", (n, env, issue) -> "shop-dev-" + n,
            "me", new ensure_ready.Progress(System.err, Map.of(), true, false));
    }

    private static <T> List<T> atOnce(int n, java.util.function.IntFunction<T> work) throws InterruptedException, ExecutionException {
        var pool = Executors.newFixedThreadPool(n);
        try {
            var calls = IntStream.range(0, n).<Callable<T>>mapToObj(i -> () -> work.apply(i)).toList();
            var results = new ArrayList<T>();
            for (var future : pool.invokeAll(calls)) {
                results.add(future.get());
            }
            return results;
        } finally {
            pool.shutdown();
        }
    }
}
