import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a release deletes and leaves, and what the slot's namespace is found as. */
class SlotReleaseTest {
    private static final String NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop-dev-1\n";
    private static final String OURS = NAMESPACE + "  labels: {app.kubernetes.io/managed-by: ensure-ready}\n";
    private static final String RECORD = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: codex-env-%d, annotations: {ensure-ready/expires-at: '%s'}}
        data: {env: ai, issue: '4%1$d', pr: '0', namespace: %s}
        """;
    @TempDir
    Path folder;
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private final ensure_ready.Released released = new ensure_ready.Released();
    private EmbeddedApi server;
    private ensure_ready.Api api;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: codex-system}}");
        api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(server.kubeconfig(folder), null), Duration.ofSeconds(10));
    }

    @AfterEach
    void stop() {
        api.close();
        server.close();
    }

    @Test
    void theNamespaceThatWasMadeForTheSlotGoesAndThenItsRecord() {
        server.putYaml("", OURS);
        record(1, "shop-dev-1", "");
        release(1, "shop-dev-1");
        assertEquals("deleted ns/shop-dev-1, slot 1", released.sentence());
        assertTrue(records().isEmpty() && !living("shop-dev-1"));
        assertTrue(log.toString().contains("deleted ns/shop-dev-1\n") && log.toString().contains("deleted slot 1\n"), log.toString());
    }

    @Test
    void aNamespaceOfSomebodyElseSurvivesAndTheRecordGoes() {
        server.putYaml("", NAMESPACE + "  labels: {app.kubernetes.io/managed-by: Helm}\n");
        record(1, "shop-dev-1", "");
        release(1, "shop-dev-1");
        assertEquals("deleted slot 1; left ns/shop-dev-1: not made by ensure_ready (no label app.kubernetes.io/managed-by=ensure-ready)",
            released.sentence());
        assertTrue(living("shop-dev-1") && records().isEmpty());
    }

    @Test
    void aNamespaceInWhichAnotherSlotLivesSurvives() {
        server.putYaml("", OURS);
        record(1, "shop-dev-1", "");
        record(2, "shop-dev-1", "");
        release(1, "shop-dev-1");
        assertEquals("deleted slot 1; left ns/shop-dev-1: another slot lives in it", released.sentence());
        assertTrue(living("shop-dev-1"));
        assertEquals(List.of(2), records());
    }

    @Test
    void aNamespaceThatIsGoneFreesItsRecordAllTheSame() {
        record(1, "shop-dev-1", "");
        release(1, "shop-dev-1");
        assertEquals("deleted slot 1; left ns/shop-dev-1: was gone already", released.sentence());
    }

    @Test
    void aRecordOfAnotherNamespaceIsNotTheSlots() {
        server.putYaml("", OURS);
        record(1, "blog-dev-1", "");
        release(1, "shop-dev-1");
        assertEquals("deleted ns/shop-dev-1", released.sentence());
        assertEquals(List.of(1), records());
    }

    @Test
    void whatHasExpiredIsFreedIfItIsOurs() {
        record(1, "shop-dev-1", "2026-01-01T00:00:00Z");
        record(2, "shop-dev-2", "2026-01-03T00:00:00Z");
        record(3, "blog-dev-3", "2026-01-01T00:00:00Z");
        record(4, "shop-dev-4", "");
        record(5, "shop-dev-5", "tomorrow");
        new ensure_ready.Release(api, slots(), released, progress()).expired(Instant.parse("2026-01-02T00:00:00Z"));
        assertEquals(List.of("slot 1"), released.deleted());
        assertEquals(List.of(2, 3, 4, 5), records());
    }

    @Test
    void nothingIsSaidToBeDeletedWhenNothingWas() {
        assertEquals("deleted nothing", released.sentence());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ''                                                                                              | created
        labels: {app.kubernetes.io/managed-by: ensure-ready}                                            | unfinished
        labels: {app.kubernetes.io/managed-by: ensure-ready}, annotations: {ensure-ready/applied-at: x} | living
        labels: {app.kubernetes.io/managed-by: Helm}                                                    | living
        """)
    void theNamespaceOfASlotIsFoundAsItStands(String metadata, ensure_ready.Namespaces.Found expected) {
        if (!metadata.isEmpty()) {
            server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: shop-dev-1, " + metadata + "}}");
        }
        assertEquals(expected, ensure(1000));
        assertEquals(expected == ensure_ready.Namespaces.Found.created, log.toString().contains("created ns/shop-dev-1"), log.toString());
    }

    @Test
    void aNamespaceThatIsMadeCarriesWhoseItIs() {
        var expires = Optional.of(Instant.parse("2030-01-01T00:00:00Z"));
        new ensure_ready.Namespaces(api, progress()).ensure(target(), ensure_ready.Deadline.in(Duration.ofSeconds(5)), expires);
        var made = new ensure_ready.Obj(server.get("namespaces", "", "shop-dev-1").orElseThrow());
        assertEquals(Map.of("app.kubernetes.io/managed-by", "ensure-ready", "ensure-ready/slot",
            "1", "ensure-ready/env", "ai", "ensure-ready/issue", "42"),
            without(made.labels(), "kubernetes.io/metadata.name"));
        assertEquals("2030-01-01T00:00:00Z", made.annotation("ensure-ready/expires-at"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        spec: {finalizers: [a/b]}, status: {phase: Terminating}                                             | finalizers ["a/b"]
        status: {phase: Terminating} | nothing says why
        status: {phase: Terminating, conditions: [{status: 'True', message: x has 1}, {status: 'False', message: no}, {status: 'True', \
        message: y}]} | x has 1; y
        """)
    void aNamespaceThatIsStillGoingAtTheDeadlineIsNamedWithWhatHoldsIt(String rest, String holds) {
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: shop-dev-1}, " + rest + "}");
        var error = assertThrows(ensure_ready.InfraFailure.class, () -> ensure(1500));
        assertEquals("timeout ns/shop-dev-1: still terminating: " + holds, error.outcome + " " + error.getMessage());
        assertEquals(1, log.toString().split("is terminating, waits until it is gone", -1).length - 1, log.toString());
    }

    @Test
    void aNamespaceThatIsGoingIsWaitedForAndMadeAnew() {
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: shop-dev-1}, status: {phase: Terminating}}");
        CompletableFuture.delayedExecutor(300, TimeUnit.MILLISECONDS).execute(() -> server.delete("namespaces", "", "shop-dev-1"));
        assertEquals(ensure_ready.Namespaces.Found.created, ensure(20_000));
        assertTrue(server.requests("get", "namespaces") <= 4, server.requests().toString());
    }

    @Test
    void onlyWhatWasMadeHereAndNotYetAppliedIsMarkedAsApplied() {
        var namespaces = new ensure_ready.Namespaces(api, progress());
        namespaces.markApplied(target());
        server.putYaml("", NAMESPACE);
        namespaces.markApplied(target());
        assertEquals(0, server.requests("patch", "namespaces"), "it is absent, then somebody else's");
        server.putYaml("", OURS);
        namespaces.markApplied(target());
        namespaces.markApplied(target());
        assertEquals(1, server.requests("patch", "namespaces"));
        assertEquals(ensure_ready.Namespaces.Found.living, ensure(1000));
    }

    @Test
    void whoMayNotMarkItHasAppliedItAllTheSameAndSaysSo() {
        server.putYaml("", OURS);
        server.faults.forbid("patch", "namespaces");
        new ensure_ready.Namespaces(api, new ensure_ready.Progress(new PrintStream(log, true), Map.of("CI", "1"), false, true))
            .markApplied(target());
        assertTrue(log.toString().contains("ns/shop-dev-1: cannot remember that it was applied"), log.toString());
    }

    @Test
    void onlyAnAnswerProvesThatANamespaceIsAbsent() {
        var namespaces = new ensure_ready.Namespaces(api, progress());
        assertTrue(namespaces.absent(target()));
        server.faults.forbid("get", "namespaces");
        assertEquals(false, namespaces.absent(target()), "who may not ask does not know");
        server.faults.clear();
        server.faults.fail("get", "namespaces", 50, 500);
        var once = new ensure_ready.Namespaces(api.within(ensure_ready.Deadline.now()), progress());
        assertThrows(ensure_ready.ApiError.class, () -> once.absent(target()));
        server.faults.clear();
        server.putYaml("", NAMESPACE);
        assertEquals(false, namespaces.absent(target()));
    }

    @Test
    void aNamespaceThatSomebodyMadeMeanwhileIsFoundAsItStands() {
        server.putYaml("", NAMESPACE);
        server.faults.fail("get", "namespaces", 1, 404);
        assertEquals(ensure_ready.Namespaces.Found.living, ensure(5000));
        assertFalse(log.toString().contains("created"), log.toString());
    }

    @Test
    void aSlotIsFoundOnlyWhereItIsTheProjectsOwn() {
        record(1, "shop-dev-1", "");
        record(2, "blog-dev-2", "");
        assertEquals("shop-dev-1", slots().find(wanted(0, 41)).namespace());
        assertEquals("shop-dev-1", slots().seek(wanted(1, 0)).orElseThrow().namespace());
        assertEquals(Optional.empty(), slots().seek(wanted(0, 42)), "the issue has a slot in another project");
        assertEquals("no slot for env ai, issue 42 in codex-system", refused(() -> slots().find(wanted(0, 42))));
        assertTrue(refused(() -> slots().seek(wanted(2, 0))).startsWith("slot 2 was asked for, but slot 2 is held by issue 42"));
        assertEquals(List.of(1, 2), records());
    }

    @Test
    void attachGivesASlotToAnotherIssueAndRefusesWhatIsAnothers() {
        record(1, "shop-dev-1", "");
        assertEquals(new ensure_ready.Target("ai", 1, "shop-dev-1", 51, 7, false),
            slots().attach(new ensure_ready.Wanted("ai", 1, 51, 7, 0), Optional.of(Instant.parse("2030-01-01T00:00:00Z"))));
        var kept = slots().all().get(0);
        assertEquals("51 7 2030-01-01T00:00:00Z", kept.issue() + " " + kept.pr() + " " + kept.expiresAt());
        slots().attach(wanted(1, 51), Optional.empty());
        assertEquals(1, server.requests("patch", "configmaps"), "nothing changed");
        assertEquals("no slot for env ai, slot 9 in codex-system", refused(() -> slots().attach(wanted(9, 0), Optional.empty())));
        var byIssue = new ensure_ready.Slots(api, "codex-system", "codex-env-", (n, env, issue) -> n == 1
            && issue == 51 ? "shop-dev-1" : "?", "me", progress());
        assertTrue(refused(() -> byIssue.attach(wanted(1, 52), Optional.empty()))
            .startsWith("issue 52 cannot have it, as its namespace names its issue: slot 1"));
    }

    @Test
    void whoTakesASlotIsTold() {
        assertEquals(1, slots().acquire(wanted(0, 51), ensure_ready.Deadline.in(Duration.ofSeconds(5)), Optional.empty()).slot());
        assertTrue(log.toString().contains("took slot 1 (shop-dev-1)"), log.toString());
    }

    /** A watch that breaks at once must not become a storm of lists, and one that breaks must not be waited for either. */
    @Test
    void aBrokenWatchIsPacedAndTheHoldersAreToldOnce() {
        record(1, "shop-dev-1", "");
        server.faults.fail("watch", "configmaps", 1000, 500);
        server.resetRequests();
        assertTrue(refused(() -> slots()
            .acquire(new ensure_ready.Wanted("ai", 0, 51, 0, 1), ensure_ready.Deadline.in(Duration.ofMillis(3500)), Optional.empty()))
            .startsWith("no slot is free: slot 1 is held by issue 41"));
        int lists = server.requests("list", "configmaps");
        assertTrue(lists >= 3 && lists <= 8, server.requests().toString());
        assertEquals(2, log.toString().split("waits for a free slot: slot 1 is held by issue 41", -1).length, log.toString());
    }

    private static ensure_ready.Wanted wanted(int number, int issue) {
        return new ensure_ready.Wanted("ai", number, issue, 0, 0);
    }

    private static String refused(org.junit.jupiter.api.function.Executable call) {
        var failure = assertThrows(ensure_ready.InfraFailure.class, call);
        assertEquals(ensure_ready.Outcome.no_slot, failure.outcome);
        return failure.getMessage();
    }

    private ensure_ready.Namespaces.Found ensure(int millis) {
        return new ensure_ready.Namespaces(api, progress())
            .ensure(target(), ensure_ready.Deadline.in(Duration.ofMillis(millis)), Optional.empty());
    }

    private static ensure_ready.Target target() {
        return new ensure_ready.Target("ai", 1, "shop-dev-1", 42, 0, true);
    }

    private void release(int slot, String namespace) {
        new ensure_ready.Release(api, slots(), released, progress()).one(new ensure_ready.Target("ai", slot, namespace, 0, 0, false));
    }

    private ensure_ready.Slots slots() {
        return new ensure_ready.Slots(api, "codex-system", "codex-env-", (n, env, issue) -> "shop-dev-" + n, "me", progress());
    }

    private ensure_ready.Progress progress() {
        return new ensure_ready.Progress(new PrintStream(log, true), Map.of("CI", "1"), false, false);
    }

    private void record(int slot, String namespace, String expires) {
        server.putYaml("codex-system", RECORD.formatted(slot, expires, namespace));
    }

    private List<Integer> records() {
        return slots().all().stream().map(ensure_ready.Slot::number).sorted().toList();
    }

    private boolean living(String namespace) {
        return server.get("namespaces", "", namespace).filter(n -> n.at("/metadata/deletionTimestamp").isMissingNode()).isPresent();
    }

    private static Map<String, String> without(Map<String, String> labels, String name) {
        var rest = new java.util.HashMap<>(labels);
        rest.remove(name);
        return rest;
    }
}
