package ensure_ready.certainty;

import ensure_ready.model.Kinds;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Snapshot;
import ensure_ready.model.State;
import ensure_ready.readiness.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/** Since when nothing has changed any more in what is ready, by the times that the cluster itself wrote. Pure. */
public final class Steady {
    /** Times are whole seconds, and a node's clock may be off by a little. */
    static final Duration DOUBT = Duration.ofSeconds(2);

    private Steady() { }

    /** The latest change of any pod, of what owns it or of a custom resource (one that never says how it is changes nothing); empty where something has no times that could prove it. */
    static Optional<Instant> since(Verdict verdict, Snapshot snapshot) {
        var latest = snapshot.knows("Pod") ? Instant.MIN : Instant.MAX;
        for (var w : verdict.workloads()) {
            var custom = !Kinds.WORKLOADS.contains(w.kind()) && !Kinds.ALSO_JUDGED.contains(w.kind());
            latest = (custom ? snapshot.custom().filter(o -> o.kind().equals(w.kind()) && o.name().equals(w.name()))
                .flatMap(o -> w.state() == State.unverified || o.at("/status/conditions/0").has("lastTransitionTime") ? changes(o, false)
                    : Stream.of(Instant.MAX)) : snapshot.find(w.kind(), w.name()).stream()
                .flatMap(o -> times(o, snapshot))).reduce(latest, (a, b) -> a.isAfter(b) ? a : b);
        }
        return Optional.of(latest).filter(t -> t.isAfter(Instant.MIN) && t.isBefore(Instant.MAX));
    }

    private static Stream<Instant> times(Obj o, Snapshot snapshot) {
        var pods = Ownership.newestPods(snapshot, o);
        return Stream.concat(changes(o, false), pods.stream().flatMap(p -> changes(p, true)));
    }

    /** {@code ready}: it must say since when it is ready (or ended). */
    private static Stream<Instant> changes(Obj o, boolean ready) {
        var times = o.list("/status/conditions").stream().flatMap(c -> Stream.of("lastTransitionTime", "lastUpdateTime")
            .map(field -> Obj.instant(c.path(field).asString("")))).flatMap(Optional::stream);
        var told = ready ? Stream.of(Obj.instant(o.condition("Ready").path("lastTransitionTime").asString("")).orElse(Instant.MAX))
            : Stream.<Instant>empty();
        return Stream.of(times, told, o.time("/metadata/creationTimestamp").stream()).flatMap(s -> s);
    }
}
