package ensure_ready.readiness;

import ensure_ready.model.Obj;
import ensure_ready.model.State;
import ensure_ready.model.Workload;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * The generic rule for custom resources: conditions (nested ones too), their generations, words of phase, state and health, replicas.
 * What shows none of these is unverified: guessing would be right as often as a coin.
 */
public final class CustomReadiness {
    private static final Set<String> FLAGS = Set.of("ready", "healthy", "readyToUse", "available", "synced", "isReady");

    private CustomReadiness() { }

    /**
     * @param statusless whether nobody ever writes a status of its kind
     * @param children   the workloads that an operator made for it, judged; asked for when its own status proves nothing
     */
    static Workload judge(Obj o, boolean statusless, Tally tally, Supplier<List<Workload>> children) {
        if (!o.has("/status") || o.at("/status").isEmpty()) {
            return statusless ? tally.ready("its kind has no status") : tally.progressing("has no status yet");
        }
        var conditions = CustomStatus.conditions(o);
        var words = CustomStatus.words(o.at("/status"));
        var failure = failure(o, conditions, words);
        if (failure.isPresent()) {
            return tally.failed(failure.get());
        }
        var doubt = doubt(o, conditions, words);
        if (doubt.isPresent()) {
            boolean suspended = o.is("/spec/suspend") || o.is("/spec/paused");
            return suspended ? tally.suspended("suspended: " + doubt.get()) : tally.progressing(doubt.get());
        }
        boolean proven = conditions.stream().anyMatch(CustomStatus::positive) || !words.isEmpty() || o.has("/status/readyReplicas")
            || FLAGS.stream().anyMatch(flag -> o.at("/status/" + flag).isBoolean());
        return proven ? tally.ready("") : byChildren(children.get(), tally);
    }

    /** What says that it failed; the controller may try again, so this alone ends no wait at once. */
    private static Optional<String> failure(Obj o, List<JsonNode> conditions, List<String> words) {
        return conditions.stream().filter(c -> !stale(o, c) && (CustomStatus.broken(c) || CustomStatus.triedInVain(c)))
            .findFirst().map(Phrases::said).or(() -> CustomStatus.failedWord(words).map(CustomReadiness::is));
    }

    /** Why it may not be ready although nothing says that it failed; empty when nothing speaks against it. */
    private static Optional<String> doubt(Obj o, List<JsonNode> conditions, List<String> words) {
        return conditions.stream().flatMap(c -> doubt(o, c).stream()).findFirst()
            .or(() -> FLAGS.stream().filter(f -> o.at("/status/" + f).isBoolean() && !o.is("/status/" + f)).findFirst()
                .map(f -> f + " is false"))
            .or(() -> counts(o))
            .or(() -> CustomStatus.unfinishedWord(conditions, words).map(CustomReadiness::is));
    }

    private static Optional<String> doubt(Obj o, JsonNode c) {
        boolean positive = CustomStatus.positive(c);
        if (CustomStatus.ailing(c) || positive && !Obj.isTrue(c)) {
            return Optional.of(Phrases.said(c));
        }
        if (positive && stale(o, c)) {
            var seen = c.path("observedGeneration").asLong(0);
            return Optional.of(CustomStatus.type(c) + " speaks of generation " + seen + ", not of " + o.generation());
        }
        return CustomStatus.rollingOut(c) ? Optional.of(Phrases.said(c)) : Optional.empty();
    }

    /** Whether it was said of an earlier generation of the object. */
    private static boolean stale(Obj o, JsonNode condition) {
        return condition.has("observedGeneration") && condition.path("observedGeneration").asLong(0) < o.generation();
    }

    private static Optional<String> counts(Obj o) {
        long desired = o.number("/spec/replicas", o.number("/status/desiredNumberScheduled", -1));
        boolean counted = o.has("/status/readyReplicas") || o.has("/status/availableReplicas")
            || o.has("/status/replicas") && o.has("/spec/replicas");
        long ready = o.number("/status/readyReplicas", o.number("/status/availableReplicas", 0));
        if (desired >= 0 && counted && ready < desired) {
            return Optional.of(ready + " of " + desired + " ready");
        }
        boolean updates = o.has("/status/updatedReplicas") && o.has("/spec/replicas");
        long updated = o.number("/status/updatedReplicas", 0);
        return updates && updated < desired ? Optional.of(updated + " of " + desired + " updated") : Optional.empty();
    }

    private static String is(String word) {
        return "is " + Phrases.brief(word);
    }

    private static Workload byChildren(List<Workload> children, Tally tally) {
        if (children.isEmpty()) {
            return tally.unverified("its status has nothing that says whether it is ready");
        }
        var late = children.stream().filter(w -> w.state() != State.ready).findFirst();
        return late.map(w -> tally.progressing(w.ref() + ": " + w.message()))
            .orElseGet(() -> tally.ready("judged by what it owns: " + children.stream()
            .map(Workload::ref).sorted().collect(Collectors.joining(", "))));
    }
}
