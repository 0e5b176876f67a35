import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
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
        "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: shop, uid: w1, generation: 1}, "
            + "status: {observedGeneration: 1, conditions: [{type: Ready, status: 'True'}]}}";

    private static String since(String time) {
        return PROBED.replaceAll("\\{type: Ready, status: \"True\"[^}]*}",
            "{type: Ready, status: \"True\", lastTransitionTime: \"" + time + "\"}");
    }

    /** Whether one look is enough, with the API server's clock at {@code cluster}. */
    private static boolean settled(ensure_ready.WaitSettings settings, List<ensure_ready.Applied> applied,
        Instant cluster, String... documents) {
        return settled(settings, new ensure_ready.Snapshot("shop", NOW, ReadinessTest.snapshot(applied, documents)
            .objects(), applied, Map.of(), List.of()), cluster);
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
        assertEquals(false,
            settled(NOW, since("2026-01-01T09:00:00Z"), since("").replace("name: shell", "name: other").replace("uid: p1", "uid: p2")));
        var known = ReadinessTest.snapshot(List.of(), since("2026-01-01T09:00:00Z")).objects();
        assertEquals(true, settled(LOOK, new ensure_ready.Snapshot("shop", NOW, known, List.of(), Map.of(), List.of()), NOW));
    }

    @Test
    void aCustomResourceMustSayItselfSinceWhen() {
        var pod = since("2026-01-01T09:00:00Z");
        for (var time : List.of("2026-01-01T09:00:00Z true", "2026-01-01T09:59:55Z false", " false")) {
            var widget = WIDGET.replace("status: 'True'", "status: 'True', lastTransitionTime: '" + time.split(" ")[0] + "'");
            assertEquals(time.endsWith("true"),
                settled(APPLIED, List.of(unchanged(widget, "w1"), unchanged(pod, "p1")), NOW, widget, pod), time);
        }
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

    /** Seconds for which this must be seen ready before that is believed, without times that prove more. */
    private static int settling(ensure_ready.WaitSettings settings, List<ensure_ready.Applied> applied, String... documents) {
        var memory = seen(ensure_ready.WaitMemory.NONE, settings, applied, NOW, documents);
        return java.util.stream.IntStream.rangeClosed(0, 60).filter(s -> memory.settled(NOW.plusSeconds(s))).findFirst().orElse(-1);
    }

    private static ensure_ready.WaitMemory seen(ensure_ready.WaitMemory before,
        ensure_ready.WaitSettings settings, List<ensure_ready.Applied> applied,
        Instant now, String... documents) {
        var snapshot = new ensure_ready.Snapshot("shop", now, ReadinessTest.snapshot(applied, documents)
            .objects(), applied, Map.of(), List.of());
        return ensure_ready.Assessment.of(snapshot, Set.of(), Map.of(), settings).remembered(before, settings, now);
    }

    @Test
    void howLongItMustHoldDependsOnWhatCouldStillHappen() {
        var mute = WIDGET.replaceAll("status: \\{observed.*", "status: {url: http://w}}");
        assertEquals(3, settling(LOOK, List.of(), PROBED));
        assertEquals(10, settling(LOOK, List.of(), ReadinessTest.POD), "nothing probes it");
        assertEquals(5, settling(APPLIED, List.of(unchanged(WIDGET, "w1")), WIDGET), "operators make one after the other");
        assertEquals(-1, settling(APPLIED, List.of(unchanged(mute, "w1")), mute), "it may begin to speak, so it is not ready yet");
    }

    @Test
    void whatJoinsTheSetOrRestartsBeginsItAnew() {
        var other = PROBED.replace("name: shell", "name: other").replace("uid: p1", "uid: p2");
        var alone = seen(ensure_ready.WaitMemory.NONE, LOOK, List.of(), NOW, PROBED);
        assertEquals(true, seen(alone, LOOK, List.of(), NOW.plusSeconds(3), PROBED).settled(NOW.plusSeconds(3)));
        var both = seen(alone, LOOK, List.of(), NOW.plusSeconds(3), PROBED, other);
        assertEquals(false, both.settled(NOW.plusSeconds(5)));
        assertEquals(true, both.settled(NOW.plusSeconds(6)));
        assertEquals(false, seen(both, LOOK, List.of(), NOW.plusSeconds(6), PROBED).settled(NOW.plusSeconds(6)), "one that left, too");
        var restarted = seen(alone, LOOK, List.of(), NOW.plusSeconds(3), PROBED.replace("restartCount: 0", "restartCount: 1"));
        assertEquals(false, restarted.settled(NOW.plusSeconds(5)));
    }

    private static ensure_ready.Applied unchanged(String yaml, String uid) {
        return ReadinessTest.applied(yaml, 0, uid).with(ensure_ready.Result.unchanged);
    }
}
