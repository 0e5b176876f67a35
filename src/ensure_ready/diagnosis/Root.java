package ensure_ready.diagnosis;

import ensure_ready.findings.Finding;
import ensure_ready.model.Ref;
import java.util.List;
import java.util.Map;

/** One explanation found: a cause, and by which trail each of the workloads came to it. */
public record Root(String key, List<Finding> findings, Map<Ref, Trail> explains) {
    /** How a symptom came to its cause: what each edge was read from, in order, and over how many of them. */
    record Trail(List<String> via, int hops) {
        static Trail of(List<Edge> edges) {
            return new Trail(edges.stream().map(Edge::via).toList(),
                (int) edges.stream().filter(e -> e.origin() != Edge.Origin.SELECTOR).count());
        }
    }
}
