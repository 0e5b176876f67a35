package ensure_ready.certainty;

import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Snapshot;
import ensure_ready.model.State;
import ensure_ready.model.Workload;
import ensure_ready.readiness.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import shared.Json;

/** Since when nothing has changed any more in what is ready, by the times that the cluster itself wrote. Pure. */
public final class Steady {
    /** Times are whole seconds, and a node's clock may be off by a little. */
    static final Duration DOUBT = Duration.ofSeconds(2);

    /** The latest change of any pod or of what owns it; empty where something has no times that could prove it. */
    static Optional<Instant> since(Verdict verdict, Snapshot snapshot) {
        var latest = snapshot.knows("Pod") ? Instant.MIN : Instant.MAX;
        for (var w : verdict.workloads()) {
            var told = w.state() == State.unverified ? Stream.of(Instant.MAX) : live(w, snapshot).flatMap(o -> times(o, snapshot));
            latest = told.reduce(latest, (a, b) -> a.isAfter(b) ? a : b);
        }
        return Optional.of(latest).filter(t -> t.isAfter(Instant.MIN) && t.isBefore(Instant.MAX));
    }

    private static Stream<Obj> live(Workload w, Snapshot snapshot) {
        return Stream.concat(snapshot.anywhere(w.kind(), w.name()).stream(),
            snapshot.custom().filter(o -> o.kind().equals(w.kind()) && o.name().equals(w.name())));
    }

    private static Stream<Instant> times(Obj o, Snapshot snapshot) {
        return Stream.concat(Stream.of(o), Ownership.newestPods(snapshot, o).stream()).distinct().flatMap(Steady::changes);
    }

    /** A pod must say since when it is ready (or ended), a custom resource since when anything is as it is. */
    private static Stream<Instant> changes(Obj o) {
        var told = o.list("/status/conditions").stream().filter(c -> !o.kind().equals("Pod") || Json.text(c, "type").equals("Ready"))
            .flatMap(c -> Stream.of("lastTransitionTime", "lastUpdateTime").map(field -> Obj.instant(c.path(field).asString(""))))
            .flatMap(Optional::stream).toList();
        var silent = told.isEmpty() && (o.kind().equals("Pod") || !o.builtIn()) ? Stream.of(Instant.MAX) : Stream.<Instant>empty();
        return Stream.of(told.stream(), silent, o.time("/metadata/creationTimestamp").stream()).flatMap(s -> s);
    }
}
