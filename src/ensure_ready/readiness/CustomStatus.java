package ensure_ready.readiness;

import ensure_ready.model.CustomRule;
import ensure_ready.model.Evidence;
import ensure_ready.model.Labels;
import ensure_ready.model.Obj;
import ensure_ready.model.Snapshot;
import ensure_ready.model.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;

/**
 * What a custom resource says of itself, for the judge and for the finder alike: the user's rule first, then its Ready condition (or its
 * kind's own word for it), then other conditions (nested ones too), flags, counts and words. Pure.
 */
public final class CustomStatus {
    /** A controller that has written nothing for so long writes nothing: most write within seconds. */
    private static final Duration MUTE = Duration.ofMinutes(2);
    /** A status that says nothing yet may still begin to speak. */
    private static final Duration QUIET = Duration.ofSeconds(30);
    /** A word that nobody knows is progress no longer. */
    private static final Duration STRANGE = Duration.ofMinutes(10);
    private static final List<String> FLAGS = List.of("ready", "healthy", "readyToUse", "available", "synced", "isReady", "applied");
    private static final Pattern WHY = Pattern.compile("(?!last)\\w*([mM]essage|[rR]eason|[eE]rrors?|[dD]escription)");
    private static final List<String> NESTED = List.of("parents", "listeners", "ancestors", "ingress");
    private final Obj o;
    private final Snapshot snapshot;
    private final List<JsonNode> conditions;
    private final List<Word> words;
    private final JsonNode own;

    private CustomStatus(Obj o, Snapshot snapshot) {
        this.o = o;
        this.snapshot = snapshot;
        this.conditions = conditions(o);
        this.words = words(o.at("/status"));
        this.own = o.condition("Ready");
    }

    /** @param why what stands beside it and tells more */
    private record Word(String path, String text, String why) { }

    /**
     * How it is by itself; {@code unverified} when nothing of it tells.
     *
     * @param proof what says so, to be shown; null when that is nothing of its own
     */
    public record Said(State state, String message, Evidence proof) {
        /** It is not ready, and says why. */
        public boolean against() {
            return proof != null && (state == State.failed || state == State.progressing);
        }

        /** Its own spec is at fault, nothing that it needs. */
        public boolean invalid() {
            return proof.reason().matches("(?i).*invalid\\w*") || proof.message().matches("(?s)Invalid(Spec)?\\b.*");
        }
    }

    public static Said of(Obj o, Snapshot snapshot) {
        var status = new CustomStatus(o, snapshot);
        var said = snapshot.rules().stream().filter(r -> r.about(o)).findFirst().filter(r -> !r.ignore())
            .map(status::ruled).orElseGet(status::read);
        return said.state() != State.suspended ? said : holding(o, snapshot)
            .map(h -> new Said(State.progressing, "waits in its queue: " + h.message(), h.proof())).orElse(said);
    }

    /** What its words add to its conditions: {@code Unable to create required cluster objects: secrets "x" not found}. */
    public static Stream<Evidence> details(Obj o) {
        return words(o.at("/status")).stream().filter(w -> !CustomWords.done(w.text()) && !w.why().isEmpty()).map(w -> proof(o, w));
    }

    /**
     * Whether it counts when a whole namespace is judged: made by a person, and with something to become ready. Routes, policies and
     * reports hurt no workload, and a run or a backup that failed is of the past.
     */
    public static boolean gates(Obj o, Snapshot snapshot) {
        return !made(o, snapshot) && (snapshot.rules().stream().anyMatch(r -> r.about(o)) || !CustomWords.configuration(o)
            && !o.group().equals("gateway.networking.k8s.io") && !o.kind().matches(".*(Route|Policy)") && !past(o.kind()));
    }

    /** Its user does not want it judged. */
    public static boolean ignored(Obj o, Snapshot snapshot) {
        return o.annotation(Labels.IGNORE).equals("true")
            || snapshot.rules().stream().filter(r -> r.about(o)).findFirst().filter(CustomRule::ignore).isPresent();
    }

    /** Whether a controller made it, whose own resource speaks for it. */
    public static boolean made(Obj o, Snapshot snapshot) {
        return o.list("/metadata/ownerReferences").stream().anyMatch(r -> r.path("controller").asBoolean(false)
            || snapshot.index().byUid().contains(Json.text(r, "uid")));
    }

    /** What a queue's entry for something suspended says; the queue starts it, and a person who does is overruled. */
    public static Optional<Said> holding(Obj held, Snapshot snapshot) {
        return snapshot.ownedBy(held).stream().filter(c -> !c.builtIn() && !held.uid().isEmpty()
            && (held.builtIn() || conditions(c).stream().anyMatch(CustomWords::queued)))
            .map(c -> of(c, snapshot)).filter(Said::against).findFirst();
    }

    /** What was done once: that it failed says nothing of how the namespace is. */
    static boolean past(String kind) {
        return kind.matches(".*(Run|Backup|Restore|Snapshot|Report|OpsRequest|Workflow)");
    }

    private Said read() {
        if (o.at("/status").isEmpty()) {
            return silent();
        }
        if (o.has("/status/observedGeneration") && o.number("/status/observedGeneration", 0) < o.generation()) {
            return said(State.progressing, "its controller has not seen generation " + o.generation() + " yet",
                "status.observedGeneration");
        }
        boolean ready = own.isMissingNode() ? conditions.stream().anyMatch(CustomWords::finished)
            || words.stream().allMatch(w -> CustomWords.done(w.text()))
            && words.stream().anyMatch(w -> CustomWords.ready(w.text())) : Obj.isTrue(own) && !stale(own);
        return failure(ready).map(this::unlessItRests).or(() -> doubt(ready)).orElseGet(() -> proven(ready));
    }

    /** Nobody looks at what its user suspended: its status is of before. */
    private Said unlessItRests(Said said) {
        return o.is("/spec/suspend") || o.is("/spec/paused") ? new Said(State.suspended, "suspended: " + said.message(), null) : said;
    }

    private Said silent() {
        if (CustomWords.configuration(o)) {
            return new Said(State.ready, "", null);
        }
        return younger(MUTE) ? new Said(State.progressing, "has no status yet", null)
            : new Said(State.unverified, "nobody writes its status", null);
    }

    private boolean younger(Duration age) {
        return o.time("/metadata/creationTimestamp").map(t -> t.plus(age).isAfter(snapshot.at())).orElse(true);
    }

    private Said said(State state, JsonNode condition) {
        return new Said(state, Phrases.said(condition), Evidence.condition(o, condition));
    }

    private Said said(State state, String message, String path) {
        return new Said(state, message, Evidence.field(o, path, o.text("/" + path.replace('.', '/'))));
    }

    private Said said(State state, Word word) {
        return new Said(state, "is " + Phrases.brief(word.text()) + Phrases.prefixed(": ", Phrases.brief(word.why())), proof(o, word));
    }

    private static Evidence proof(Obj o, Word word) {
        return Evidence.field(o, word.path(), word.text() + Phrases.prefixed(": ", word.why()));
    }

    /** By the values that its user named; any other value is progress. */
    private Said ruled(CustomRule rule) {
        var condition = rule.condition().isEmpty() ? null : o.condition(rule.condition());
        var value = condition == null ? o.text(rule.pointer()) : Json.text(condition, "status");
        var state = rule.state(value, condition == null ? "" : Json.text(condition, "reason"));
        if (value.isEmpty()) {
            return new Said(state, rule.named() + " is not there", null);
        }
        return condition == null ? said(state, state == State.ready ? "" : rule.named() + " is " + Phrases.brief(value),
            rule.pointer().substring(1).replace('/', '.')) : state == State.ready ? new Said(state, "", null) : said(state, condition);
    }

    /** What says that it failed; the controller may try again, so this alone ends no wait at once. */
    private Optional<Said> failure(boolean ready) {
        return conditions.stream().filter(c -> !stale(c) && (CustomWords.broken(c) && (!ready || CustomWords.type(c).equals("Stalled"))
            || CustomWords.triedInVain(c) && (!ready || CustomWords.inForce(c)))).findFirst().map(c -> said(State.failed, c))
            .or(() -> words.stream().filter(w -> !ready && CustomWords.failed(w.text())).findFirst().map(w -> said(State.failed, w)));
    }

    /** Why it may not be ready although nothing says that it failed; empty when nothing speaks against it. */
    private Optional<Said> doubt(boolean ready) {
        var telling = ready ? conditions.stream().filter(c -> CustomWords.rollingOut(c) || CustomWords.inForce(c) && !Obj.isTrue(c))
            : own.isMissingNode() ? conditions.stream() : Stream.of(own);
        var doubt = telling.flatMap(c -> doubt(c).stream()).findFirst()
            .or(() -> ready || CustomWords.idle(own) ? Optional.empty() : flags()) // a flag repeats the condition without its reason
            .or(() -> Obj.isTrue(own) ? Optional.empty() : counts()).or(this::word);
        var idle = ready ? Optional.<Said>empty() : conditions.stream().filter(CustomWords::idle).findFirst()
            .map(c -> said(State.suspended, c))
            .or(() -> words.stream().filter(w -> CustomWords.idle(w.text())).findFirst().map(w -> said(State.suspended, w)));
        return doubt.map(d -> idle.isPresent() && (d.proof() == null || own.isMissingNode() || !CustomWords.idle(own)) ? idle.get()
            : unlessItRests(d)).or(() -> idle);
    }

    private Optional<Said> doubt(JsonNode c) {
        boolean positive = CustomWords.positive(c);
        if (CustomWords.ailing(c) || positive && !Obj.isTrue(c) && !CustomWords.idle(c)) {
            return Optional.of(said(State.progressing, c));
        }
        if (positive && stale(c)) {
            return Optional.of(new Said(State.progressing, CustomWords.type(c) + " speaks of generation "
                + c.path("observedGeneration").asLong(0) + ", not of " + o.generation(), null));
        }
        return CustomWords.rollingOut(c) ? Optional.of(said(State.progressing, c)) : Optional.empty();
    }

    /** Whether it was said of an earlier generation of the object. */
    private boolean stale(JsonNode condition) {
        return condition.has("observedGeneration") && condition.path("observedGeneration").asLong(0) < o.generation();
    }

    private Optional<Said> flags() {
        return FLAGS.stream().filter(f -> o.at("/status/" + f).isBoolean() && !o.is("/status/" + f)).findFirst()
            .map(f -> o.has("/status/error/message") ? said(State.progressing, Phrases.brief(o.text("/status/error/message")),
                "status.error.message") : said(State.progressing, f + " is false", "status." + f));
    }

    /** Where nothing counts what is ready, what exists is counted. */
    private Optional<Said> counts() {
        long desired = o.number("/spec/replicas", o.number("/status/desiredNumberScheduled", -1));
        return Stream.of("ready", "available", "").map(word -> word.isEmpty() ? "replicas" : word + "Replicas")
            .filter(field -> o.has("/status/" + field)).findFirst()
            .flatMap(field -> lack(field, field.equals("replicas") ? "created" : "ready", desired))
            .or(() -> o.has("/status/updatedReplicas") ? lack("updatedReplicas", "updated", o.number("/spec/replicas", -1))
                : Optional.empty());
    }

    private Optional<Said> lack(String field, String what, long desired) {
        long count = o.number("/status/" + field, 0);
        var told = count + " of " + desired + " " + what;
        return count >= desired ? Optional.empty()
            : Optional.of(new Said(State.progressing, told, Evidence.field(o, "status." + field, told)));
    }

    /** A word that nobody knows is progress for a while; with a Ready condition beside it, only one that sounds unfinished. */
    private Optional<Said> word() {
        return words.stream().filter(w -> own.isMissingNode() ? !CustomWords.done(w.text()) && !CustomWords.idle(w.text())
            : CustomWords.unfinished(w.text())).findFirst().map(w -> CustomWords.unfinished(w.text()) || younger(STRANGE)
            ? said(State.progressing, w)
            : new Said(State.unverified, "is " + Phrases.brief(w.text()) + ", a word that is not known", null));
    }

    /** It serves, though it may say that not all is well. */
    private Said proven(boolean ready) {
        var note = conditions.stream().filter(c -> CustomWords.ailing(c) || CustomWords.broken(c)).findFirst().map(Phrases::said)
            .or(() -> words.stream().filter(w -> CustomWords.serving(w.text())).findFirst().map(w -> "is " + w.text())).orElse("");
        if (o.kind().endsWith("Route") && o.has("/status/parents") && o.at("/status/parents").isEmpty()) {
            return new Said(State.progressing, "no gateway has taken it", Evidence.field(o, "status.parents", "none"));
        }
        boolean proven = ready || conditions.stream().anyMatch(CustomWords::positive) || !words.isEmpty() || o.has("/status/readyReplicas")
            || o.has("/status/replicas") && o.has("/spec/replicas")
            || FLAGS.stream().anyMatch(flag -> o.at("/status/" + flag).isBoolean());
        return proven ? new Said(State.ready, note, null)
            : new Said(younger(QUIET) ? State.progressing : State.unverified, "its status has nothing that says whether it is ready", null);
    }

    /** All conditions, those of a route's parents and a gateway's listeners behind its own. */
    private static List<JsonNode> conditions(Obj o) {
        var all = o.list("/status/conditions");
        for (var field : NESTED) {
            o.list("/status/" + field).forEach(part -> part.path("conditions").forEach(all::add));
        }
        return all;
    }

    /** Texts of phase, state, status, health: at the top of the status, and one level down where an object has such a name. */
    private static List<Word> words(JsonNode status) {
        var words = new ArrayList<Word>();
        status.properties().stream().filter(e -> CustomWords.KEY.matcher(e.getKey()).matches()).forEach(e -> {
            var path = "status." + e.getKey();
            if (e.getValue().isString()) {
                words.add(new Word(path, e.getValue().asString(""), why(status)));
            } else {
                e.getValue().properties().stream()
                    .filter(inner -> CustomWords.KEY.matcher(inner.getKey()).matches() && inner.getValue().isString())
                    .forEach(inner -> words.add(new Word(path + "." + inner.getKey(), inner.getValue().asString(""),
                        why(e.getValue()))));
            }
        });
        words.removeIf(w -> w.text().isBlank());
        return words;
    }

    /** The message beside a word, under whatever name. */
    private static String why(JsonNode status) {
        return status.properties().stream().filter(e -> WHY.matcher(e.getKey()).matches())
            .map(e -> e.getValue().isArray() ? e.getValue().path(0) : e.getValue()).map(v -> v.asString("").strip())
            .filter(v -> !v.isEmpty()).findFirst().orElse("");
    }
}
