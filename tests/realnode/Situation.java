import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * What is applied to a namespace of the real node, and what ensure_ready must say about it: the outcome, and every
 * cause with its object, no other.
 *
 * @param before applied one after the other, as earlier releases
 * @param meanwhile done while ensure_ready waits; null when nothing is
 * @param causes each as {@code CODE Kind/name}, in any order
 */
record Situation(String name, List<String> before, String manifests, Consumer<RealNodeLab> meanwhile, int seconds, String outcome,
                 List<String> causes) {
    /** Far more than it takes: what is certain ends the wait, and a busy machine is slow. */
    private static final int USUAL_WAIT = 120;

    /** All of it becomes ready. */
    static Situation ready(String name, String manifests) {
        return new Situation(name, List.of(), manifests, null, USUAL_WAIT, "ready", List.of());
    }

    /** It is certain before the time is over that it will not become ready. */
    static Situation fails(String name, String causes, String manifests) {
        return new Situation(name, List.of(), manifests, null, USUAL_WAIT, "failed", split(causes));
    }

    /** The time is over before it is certain. */
    static Situation late(String name, String causes, String manifests) {
        return new Situation(name, List.of(), manifests, null, USUAL_WAIT, "timeout", split(causes));
    }

    /** Certain as well, but only after minutes. */
    static Situation failsLate(String name, String causes, String manifests) {
        return fails(name, causes, manifests).within(2 * USUAL_WAIT);
    }

    /** Ends by another of ensure_ready's outcomes. */
    Situation by(String otherOutcome) {
        return new Situation(name, before, manifests, meanwhile, seconds, otherOutcome, causes);
    }

    /** Applied before, the last of several without waiting for it; NAMESPACE stands for the namespace's name. */
    Situation over(String... earlier) {
        return new Situation(name, List.of(earlier), manifests, meanwhile, seconds, outcome, causes);
    }

    Situation meanwhile(Consumer<RealNodeLab> what) {
        return new Situation(name, before, manifests, what, seconds, outcome, causes);
    }

    Situation within(int limit) {
        return new Situation(name, before, manifests, meanwhile, limit, outcome, causes);
    }

    /** As the test compares it. */
    String expected() {
        return Stream.concat(Stream.of(outcome), causes.stream().sorted()).reduce("", (text, line) -> text + line + "\n");
    }

    private static List<String> split(String causes) {
        return Stream.of(causes.split(",")).map(String::strip).filter(cause -> !cause.isEmpty()).toList();
    }

    @Override
    public String toString() {
        return name;
    }
}
