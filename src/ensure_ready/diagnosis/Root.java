package ensure_ready.diagnosis;

import java.util.List;
import java.util.Map;

/** One explanation found: a cause, and by which way each of the workloads came to it. */
public record Root(String key, List<Finding> findings, Map<String, Way> explains) {
    /** How a symptom came to its cause: the edges' origins in order. */
    record Way(List<String> via, int hops) { }
}
