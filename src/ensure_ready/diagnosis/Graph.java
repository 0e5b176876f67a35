package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Rule;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Observed;
import ensure_ready.model.Ref;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** What stands where and who needs whom: the ground on which roots are looked for. */
public final class Graph {
    private static final double FOLLOWED = 0.6;
    private final Observed seen;
    private final Set<Ref> unready;
    private final Map<Ref, List<Finding>> findings = new HashMap<>();
    private final Map<Ref, List<Edge>> edges = new HashMap<>();
    private final Map<Ref, List<Edge>> followed = new HashMap<>();

    Graph(Observed seen, Set<Ref> unready, List<Finding> findings, List<Edge> edges) {
        this.seen = seen;
        this.unready = unready;
        findings.stream().distinct().sorted(Finding.ORDER)
            .forEach(f -> this.findings.computeIfAbsent(f.owner(), k -> new ArrayList<>()).add(f));
        edges.stream().filter(e -> e.confidence() >= FOLLOWED)
            .forEach(e -> this.edges.computeIfAbsent(e.from(), k -> new ArrayList<>()).add(e));
    }

    Set<Ref> unready() {
        return unready;
    }

    Set<Ref> nodes() {
        var nodes = new TreeSet<>(unready);
        nodes.addAll(findings.keySet());
        edges.forEach((from, list) -> {
            nodes.add(from);
            list.forEach(e -> nodes.add(e.to()));
        });
        return nodes;
    }

    private List<Finding> at(Ref node) {
        return findings.getOrDefault(node, List.of());
    }

    private List<Edge> from(Ref node) {
        return edges.getOrDefault(node, List.of());
    }

    /** A cause that needs no other one behind it. */
    List<Finding> strong(Ref node) {
        return at(node).stream().filter(f -> f.code().role == Code.Role.CAUSE && !leans(f)).toList();
    }

    /** What is told only where nothing behind it explains it. */
    List<Finding> weak(Ref node) {
        // a Service only repeats that the workload behind it is not ready
        var repeats = from(node).stream().anyMatch(e -> e.origin() == Edge.Origin.SELECTOR && unready.contains(e.to()));
        return at(node).stream().filter(f -> f.code().has(Rule.STANDALONE) && (f.code().role != Code.Role.CAUSE || leans(f))
            && !(repeats && f.code() == Code.SVC_NO_READY_ENDPOINTS)).toList();
    }

    /** A registry of this namespace is looked at before the image that cannot be had from it. */
    private boolean leans(Finding f) {
        return f.basis().leans || f.code() == Code.IMAGE_REGISTRY_UNREACHABLE
            && from(f.owner()).stream().anyMatch(e -> e.origin() == Edge.Origin.IMAGE);
    }

    List<Finding> progress(Ref node) {
        return at(node).stream().filter(f -> f.code().role == Code.Role.PROGRESS).toList();
    }

    /** Whether this has only just begun. */
    boolean young(List<Finding> progress) {
        return progress.stream().anyMatch(f -> seen.age(Optional.of(f.since())) < Code.STILL_PROGRESSING.young);
    }

    /** Where an explanation may lie: a symptom that names what it misses is followed there and nowhere else. */
    List<Edge> followed(Ref node) {
        return followed.computeIfAbsent(node, this::follow);
    }

    private List<Edge> follow(Ref node) {
        var named = at(node).stream().anyMatch(f -> f.wants().named());
        var pending = at(node).stream().anyMatch(f -> f.code() == Code.SCHED_VOLUME_UNBOUND);
        return from(node).stream().filter(e -> e.to().is("PersistentVolumeClaim") || !pending && (!named || e.told())).toList();
    }

    /** Wrong though nothing waits for it; what is scaled to zero is wrong where others need it. */
    boolean standsAlone(Finding f) {
        return f.code().has(Rule.STATIC) && (f.code() != Code.REPLICAS_ZERO || edges.values().stream().flatMap(List::stream)
            .anyMatch(e -> e.to().is("Service") && !e.from().equals(f.owner())
                && from(e.to()).stream().anyMatch(s -> s.to().equals(f.owner()))));
    }
}
