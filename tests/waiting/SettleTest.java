import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Readiness must hold for a while; what the cluster's own times prove to have held need not be watched. */
class SettleTest {
    private static final Instant NOW = Instant.parse("2026-01-01T10:00:00Z");
    private static final ensure_ready.WaitSettings LOOK = new ensure_ready.WaitSettings("codex", false, false, true, null);
    private static final ensure_ready.WaitSettings APPLIED = new ensure_ready.WaitSettings("codex", true, false, true, NOW.minusSeconds(5));
    private static final String PROBED = ReadinessTest.POD.replace("containers: [{name: main,",
        "containers: [{name: main, readinessProbe: {tcpSocket: {port: 1}},");
    private static final String WIDGET =
        "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: shop, uid: w1, generation: 1}, status: {observedGeneration: 1, conditions: [{type: Ready, status: 'True'}]}}";

    private static String since(String time) {
        return PROBED.replaceAll("\\{type: Ready, status: \"True\"[^}]*}", "{type: Ready, status: \"True\", lastTransitionTime: \"" + time + "\"}");
    }

    /** Whether one look is enough, with the API server's clock at {@code cluster}. */
    private static boolean settled(ensure_ready.WaitSettings settings, List<ensure_ready.Applied> applied, Instant cluster, String... documents) {
        return settled(settings, new ensure_ready.Snapshot("shop", NOW, ReadinessTest.snapshot(applied, documents).objects(), applied, Map.of(), List.of()), cluster);
    }

    private static boolean settled(ensure_ready.WaitSettings settings, ensure_ready.Snapshot snapshot, Instant cluster) {
        var seen = ensure_ready.Assessment.of(snapshot, Set.of(), Map.of(), settings);
        var memory = seen.remembered(ensure_ready.WaitMemory.NONE, settings, NOW);
        return seen.settled(memory, settings, Optional.ofNullable(cluster), NOW).settled(NOW);
    }

    private static boolean settled(Instant cluster, String... documents) {
        return settled(LOOK, List.of(), cluster, documents);
    }

    @Test
    void aPodThatHasBeenReadyForLongerThanItWouldBeWatchedNeedsNoWatching() {
        assertEquals(true, settled(NOW, since("2026-01-01T09:59:55Z")));
        assertEquals(false, settled(NOW, since("2026-01-01T09:59:56Z")), "whole seconds and clocks that differ by a little");
        assertEquals(true, settled(NOW, since("2026-01-01T09:59:48Z").replace("readinessProbe: {tcpSocket: {port: 1}}, ", "")));
        assertEquals(false, settled(NOW, since("2026-01-01T09:59:49Z").replace("readinessProbe: {tcpSocket: {port: 1}}, ", "")),
            "without a probe it must have run for ten seconds");
    }

    @Test
    void theClockIsTheClustersNotOurs() {
        assertEquals(true, settled(NOW.plusSeconds(3600), since("2026-01-01T10:59:30Z")), "ours is an hour behind");
        assertEquals(false, settled(NOW.minusSeconds(3600), since("2026-01-01T08:59:59Z")), "ours is an hour ahead");
        assertEquals(false, settled(NOW, since("2026-01-01T10:20:00Z")), "a node's clock is ahead");
        assertEquals(false, settled(null, since("2026-01-01T09:00:00Z")), "the server never told its time");
    }

    @Test
    void whatHasNoTimesProvesNothing() {
        assertEquals(false, settled(NOW, since("")));
        assertEquals(false, settled(NOW, since("2026-01-01T09:00:00Z"), since("").replace("name: shell", "name: other").replace("uid: p1", "uid: p2")));
        var known = ReadinessTest.snapshot(List.of(), since("2026-01-01T09:00:00Z")).objects();
        assertEquals(true, settled(LOOK, new ensure_ready.Snapshot("shop", NOW, known, List.of(), Map.of(), List.of()), NOW));
        assertEquals(false, settled(APPLIED, List.of(unchanged(WIDGET, "w1"), unchanged(since("2026-01-01T09:00:00Z"), "p1")), NOW,
            WIDGET, since("2026-01-01T09:00:00Z")), "an operator may make more");
    }

    @Test
    void afterAChangeOfOursTheTimesTellOfWhatWasBefore() {
        var old = since("2026-01-01T09:00:00Z");
        assertEquals(true, settled(APPLIED, List.of(unchanged(old, "p1")), NOW, old));
        var changed = Stream.of(unchanged(old, "p1").with(ensure_ready.Result.configured)).toList();
        assertEquals(false, settled(APPLIED, changed, NOW, old));
        assertEquals(true, settled(new ensure_ready.WaitSettings("codex", true, false, true, null),
            List.of(unchanged(old, "").with(ensure_ready.Result.skipped)), NOW, old), "nothing was applied");
    }

    private static ensure_ready.Applied unchanged(String yaml, String uid) {
        return ReadinessTest.applied(yaml, 0, uid).with(ensure_ready.Result.unchanged);
    }
}
