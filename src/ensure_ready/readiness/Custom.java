package ensure_ready.readiness;

import com.fasterxml.jackson.databind.JsonNode;
import ensure_ready.model.Obj;
import ensure_ready.model.State;
import ensure_ready.model.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The generic rule for custom resources: conditions (nested ones too), their generations, words of phase, state and health, replicas.
 * What shows none of these is unverified: guessing would be right as often as a coin.
 */
public final class Custom {
    private static final Set<String> POSITIVE = Set.of("Programmed", "ResolvedRefs", "Reconciled", "Deployed", "Established", "Succeeded",
        "Complete", "Completed", "Valid",
        "Initialized", "Active", "Provisioned", "Released", "Running", "Created", "Installed", "Configured");
    private static final Pattern POSITIVE_END =
        Pattern.compile(".*(?<!Not)(Ready|Available|Synced|Synchronized|Healthy|Accepted|Applied|Reconciled)$");
    private static final Set<String> DONE = Set.of("ready", "running", "active", "bound", "succeeded", "success", "successful", "completed",
        "complete", "finished", "done", "healthy", "green",
        "available", "online", "deployed", "established", "synced", "synchronized", "insync", "provisioned", "installed", "ok", "up",
            "reconciled", "created", "valid", "accepted", "compliant",
        "stable", "normal", "passed", "approved", "enabled", "connected", "started", "true");
    private static final Pattern BROKEN = Pattern.compile(".*(Failed|Failure|Error|Errored|Invalid|Stalled)$");
    private static final Pattern AILING = Pattern.compile(".*(Unhealthy|NotReady|Degraded|Unavailable)$");
    private static final Pattern FAILED_WORD =
        Pattern.compile("(?i).*(failed|failure|error|errored|degraded|unhealthy|aborted|rejected|invalid|broken|crashed)$|red");
    /** Reasons that a controller gives when it has tried and could not; not those that say what it waits for. */
    private static final Pattern FAILED_REASON =
        Pattern.compile("(?i).*(failed|failure|error|errored|invalid\\w*|denied|unauthorized|forbidden|terminal|rejected|exceeded)$|ErrInit.*");
    private static final Pattern WORD_KEY = Pattern.compile("(?i)(?!desired|last|previous|target).*(phase|state|status|health|stage)$");
    private static final Set<String> FLAGS = Set.of("ready", "healthy", "readyToUse", "available", "synced", "isReady");
    private static final List<String> NESTED = List.of("parents", "listeners", "ancestors");

    private Custom() { }

    static Workload judge(Obj o, Family family, Tally tally) {
        if (!o.has("/status") || o.at("/status").isEmpty()) {
            return family.statusless().contains(o.apiVersion() + "/" + o.kind()) ? tally.ready("its kind has no status")
                : tally.progressing("has no status yet");
        }
        var conditions = conditions(o);
        var words = words(o.at("/status"));
        var failure = failure(o, conditions, words);
        if (!failure.isEmpty()) {
            return tally.failed(failure);
        }
        var doubt = doubt(o, conditions, words);
        if (!doubt.isEmpty()) {
            return o.is("/spec/suspend") || o.is("/spec/paused") ? tally.suspended("suspended: " + doubt) : tally.progressing(doubt);
        }
        boolean proven = conditions.stream().anyMatch(Custom::positive) || !words.isEmpty() || o.has("/status/readyReplicas")
            || FLAGS.stream().anyMatch(flag -> o.at("/status/" + flag).isBoolean());
        return proven ? tally.ready("") : byChildren(o, family, tally);
    }

    /** What says that it failed; the controller may try again, so {@link Certainty} gives it time. */
    private static String failure(Obj o, List<JsonNode> conditions, List<String> words) {
        for (var c : conditions) {
            boolean current = !c.has("observedGeneration") || c.path("observedGeneration").asLong() >= o.generation();
            boolean broken = Readiness.isTrue(c) && BROKEN.matcher(type(c)).matches();
            boolean tried = positive(c) && c.path("status").asText().equals("False")
                && FAILED_REASON.matcher(c.path("reason").asText()).matches();
            if (current && (broken || tried)) {
                return Readiness.said(c);
            }
        }
        return words.stream().filter(word -> FAILED_WORD.matcher(word).matches())
            .findFirst().map(word -> "is " + Readiness.oneLine(word)).orElse("");
    }

    /** Why it may not be ready although nothing says that it failed; empty when nothing speaks against it. */
    private static String doubt(Obj o, List<JsonNode> conditions, List<String> words) {
        for (var c : conditions) {
            if (Readiness.isTrue(c) && AILING.matcher(type(c)).matches() || positive(c) && !Readiness.isTrue(c)) {
                return Readiness.said(c);
            }
            if (positive(c) && c.has("observedGeneration") && c.path("observedGeneration").asLong() < o.generation()) {
                return type(c) + " speaks of generation " + c.path("observedGeneration").asLong() + ", not of " + o.generation();
            }
            if (type(c).matches("Progressing|Updating|Upgrading") && Readiness.isTrue(c)
                && !c.path("reason").asText().matches("(?i).*(available|completed?|succeeded|healthy|asexpected)")) {
                return Readiness.said(c);
            }
        }
        var flag = FLAGS.stream().filter(f -> o.at("/status/" + f).isBoolean() && !o.is("/status/" + f)).findFirst();
        if (flag.isPresent()) {
            return flag.get() + " is false";
        }
        var counts = counts(o);
        return counts.isEmpty() ? unknown(conditions, words) : counts;
    }

    private static String counts(Obj o) {
        long desired = o.number("/spec/replicas", o.number("/status/desiredNumberScheduled", -1));
        boolean counted = o.has("/status/readyReplicas") || o.has("/status/availableReplicas")
            || o.has("/status/replicas") && o.has("/spec/replicas");
        long ready = o.number("/status/readyReplicas", o.number("/status/availableReplicas", 0));
        if (desired >= 0 && counted && ready < desired) {
            return ready + " of " + desired + " ready";
        }
        boolean updates = o.has("/status/updatedReplicas") && o.has("/spec/replicas");
        return updates && o.number("/status/updatedReplicas", 0) < desired
            ? o.number("/status/updatedReplicas", 0) + " of " + desired + " updated" : "";
    }

    /** A word that nobody knows is progress; with a Ready condition beside it, only one that sounds unfinished. */
    private static String unknown(List<JsonNode> conditions, List<String> words) {
        boolean isReady = conditions.stream().anyMatch(c -> type(c).equals("Ready"));
        return words.stream().filter(word -> !DONE.contains(word.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "")))
            .filter(word -> !isReady || word.toLowerCase(Locale.ROOT).matches(".*(ing|pending|unknown)")).findFirst()
            .map(word -> "is " + Readiness.oneLine(word)).orElse("");
    }

    private static Workload byChildren(Obj o, Family family, Tally tally) {
        var children = family.workloadsOf(o).stream().map(child -> Readiness.judge(child, Optional.empty(), family)).toList();
        if (children.isEmpty()) {
            return tally.unverified("its status has nothing that says whether it is ready");
        }
        var late = children.stream().filter(w -> w.state() != State.ready).findFirst();
        return late.map(w -> tally.progressing(w.ref() + ": " + w.message()))
            .orElseGet(() -> tally.ready("judged by what it owns: " + children.stream()
            .map(Workload::ref).sorted().collect(Collectors.joining(", "))));
    }

    private static List<JsonNode> conditions(Obj o) {
        var all = o.list("/status/conditions");
        for (var field : NESTED) {
            o.list("/status/" + field).forEach(part -> part.path("conditions").forEach(all::add));
        }
        return all;
    }

    /** Texts of phase, state, status, health: at the top of the status, and one level down where an object has such a name. */
    private static List<String> words(JsonNode status) {
        var words = new ArrayList<String>();
        status.properties().forEach(e -> {
            if (WORD_KEY.matcher(e.getKey()).matches()) {
                if (e.getValue().isTextual()) {
                    words.add(e.getValue().asText());
                } else {
                    e.getValue().properties().stream()
                        .filter(inner -> WORD_KEY.matcher(inner.getKey()).matches() && inner.getValue().isTextual())
                        .forEach(inner -> words.add(inner.getValue().asText()));
                }
            }
        });
        words.removeIf(String::isBlank);
        return words;
    }

    private static boolean positive(JsonNode condition) {
        return POSITIVE.contains(type(condition)) || POSITIVE_END.matcher(type(condition)).matches();
    }

    private static String type(JsonNode condition) {
        return condition.path("type").asText();
    }
}
