package ensure_ready.findings;

import ensure_ready.catalogue.Basis;
import ensure_ready.catalogue.Code;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import ensure_ready.model.Result;
import ensure_ready.model.Snapshot;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Local findings: what each object's own status, conditions, events and logs say. Pure. */
public final class Findings {
    /**
     * Everything that the snapshot's objects say is wrong, each for itself; healthy objects say nothing. Sorted, so that equal snapshots
     * give equal lists.
     */
    public static List<Finding> of(Snapshot snapshot) {
        return all(new Observed(snapshot)).stream().distinct().sorted(Finding.ORDER).toList();
    }

    /** The same unsorted, in the order of the detectors. */
    public static List<Finding> all(Observed seen) {
        var snapshot = seen.snapshot;
        var refusals = new Refusals(seen);
        return Stream.of(new WorkloadFindings(seen, refusals, pods(seen)).find().stream(),
            snapshot.all("PersistentVolumeClaim").stream().flatMap(c -> ClaimFindings.of(seen, c).stream()),
            snapshot.applied().stream().filter(a -> a.result() == Result.failed).map(refusals::applied),
            snapshot.applied().stream().flatMap(a -> refusals.absent(a).stream()),
            snapshot.custom().flatMap(o -> CustomFindings.of(seen, o).stream()),
            CustomFindings.unread(seen), deletions(seen)).flatMap(s -> s).toList();
    }

    /** A pod is told what the pods before it said, since the same missing object is told once. */
    private static List<Finding> pods(Observed seen) {
        var found = new ArrayList<Finding>();
        seen.snapshot.all("Pod").stream().filter(seen::current).sorted(Comparator.comparing(Obj::name))
            .forEach(pod -> found.addAll(PodFindings.of(seen, pod, Collections.unmodifiableList(found))));
        return found;
    }

    private static Stream<Finding> deletions(Observed seen) {
        return seen.snapshot.objects().entrySet().stream()
            .flatMap(e -> e.getValue().stream().flatMap(o -> deletion(seen, e.getKey(), o).stream()));
    }

    private static Optional<Finding> deletion(Observed seen, String kind, Obj o) {
        var since = o.time("/metadata/deletionTimestamp");
        if (!o.deleting() || seen.age(since) <= Code.OBJECT_STUCK_TERMINATING.young) {
            return Optional.empty();
        }
        if (kind.equals("Namespace")) { // what is left in it says more
            return Stream.of("NamespaceDeletionContentFailure", "NamespaceFinalizersRemaining", "NamespaceContentRemaining")
                .map(o::condition).filter(Obj::isTrue).findFirst()
                .map(c -> seen.finding(Code.OBJECT_STUCK_TERMINATING, Ref.of(o), Ref.of(o),
                since, List.of(Evidence.condition(o, c))).with(Basis.WEAK));
        }
        var holds = o.list("/metadata/finalizers").stream().map(n -> n.asString("")).collect(Collectors.joining(", "));
        var pod = kind.equals("Pod");
        if (holds.isEmpty() && (!pod || seen.lost(o).isPresent())) {
            return Optional.empty();
        }
        return Optional.of(seen.finding(Code.OBJECT_STUCK_TERMINATING, Ref.of(o), pod ? seen.owner(o) : Ref.of(o),
            since, List.of(Evidence.field(o, "metadata." + (holds.isEmpty() ? "deletionTimestamp" : "finalizers"),
            holds.isEmpty() ? since.get().toString() : holds))).with(Map.of("finalizers", holds)));
    }
}
