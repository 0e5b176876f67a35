package ensure_ready.command;

import ensure_ready.certainty.Judgement;
import ensure_ready.diagnosis.DiagnosisReport;
import ensure_ready.diagnosis.NamesToKeep;
import ensure_ready.model.Applied;
import ensure_ready.model.Outcome;
import ensure_ready.model.Problem;
import ensure_ready.model.Result;
import ensure_ready.model.State;
import ensure_ready.model.Target;
import ensure_ready.report.Addresses;
import ensure_ready.report.Report;
import ensure_ready.slots.Released;
import ensure_ready.waiting.SoftWait;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import shared.Redaction;
import shared.Texts;

/** What a run knows so far. An interrupt reports it as it stands, so every step writes here as soon as it knows; no step reads it. */
public final class KnownSoFar {
    final Released released = new Released();
    private final long started = System.nanoTime();
    private final Set<String> limited = new LinkedHashSet<>();
    volatile Target target;
    volatile boolean created;
    volatile boolean recreated;
    /** Whether something of the manifests may be in the cluster. */
    volatile boolean applied;
    volatile List<Applied> results = List.of();
    volatile List<Problem> problems = List.of();
    volatile Problem prepareFailure;
    volatile SoftWait waiting;
    volatile Judgement judgement;
    volatile DiagnosisReport diagnosis;
    volatile Addresses addresses;
    /** What makes the manifests out of templates. */
    volatile String renderer = "";
    /** Values of Secrets by {@code name#key}, to mask them wherever they appear; they never leave the process. */
    private final Map<String, String> secrets = new ConcurrentHashMap<>();
    private volatile Outcome outcome;
    private volatile String summary = "";
    private volatile boolean published;

    public void end(Outcome outcome, String summary) {
        this.outcome = outcome;
        this.summary = summary;
    }

    /** What could not be read, as {@code namespaces: forbidden}. */
    public synchronized void limited(String what) {
        limited.add(what);
    }

    /** A value that was a secret once stays one: what a later list lacks is masked all the same. */
    void learn(Map<String, String> more) {
        more.forEach((name, value) -> {
            var before = secrets.put(name, value);
            if (before != null && !before.equals(value)) {
                secrets.put(name + "#" + secrets.size(), before);
            }
        });
    }

    Map<String, String> secrets() {
        return Map.copyOf(secrets);
    }

    /** Called while the machine goes down: nothing may wait here. */
    public void interrupt() {
        if (judgement == null && waiting != null) {
            judgement = waiting.last();
        }
        if (outcome == null || outcome == Outcome.interrupted) {
            end(Outcome.interrupted, "interrupted; this is what was known by then");
        }
    }

    /** A mistake of ours: it costs the verdict only where there was none, and no one is told that it is ready. */
    public void fault(String said) {
        if (judgement == null || outcome() == Outcome.ready) {
            end(Outcome.failed, said);
        }
        limited("diagnosis: " + said);
    }

    /** Whether stdout has the result; whoever comes second must be silent. */
    public boolean published() {
        return published;
    }

    public void printed() {
        published = true;
    }

    /** What is told when the whole cannot be: the verdict without what was to explain it. */
    public void withoutDetails() {
        end(outcome(), summary.isEmpty() ? "the details cannot be told" : summary);
        judgement = null;
        diagnosis = null;
        problems = List.of();
        results = List.of();
        waiting = null;
    }

    /** Fails closed: only a judgement can say ready, and nothing before it may have failed. */
    public Outcome outcome() {
        if (outcome != null) {
            return outcome;
        }
        if (prepareFailure != null) {
            return Outcome.prepare_failed;
        }
        if (applyFailed()) {
            return Outcome.apply_failed;
        }
        return judgement == null ? Outcome.failed : judgement.outcome();
    }

    public boolean ready() {
        return outcome() == Outcome.ready && judgement != null && judgement.ready();
    }

    /** What is broken before anything reaches the cluster, as the diagnosis takes it. */
    List<Applied> broken() {
        return Stream.concat(Stream.ofNullable(prepareFailure), problems.stream()).map(Problem::asApplied).toList();
    }

    private boolean applyFailed() {
        return !problems.isEmpty() || Applied.anyFailed(results);
    }

    /** What masks the report: secrets, but not names that have to stay readable though a Secret holds the same text. */
    public Redaction redaction(Map<String, String> environment) {
        return Redaction.of(secrets, environment, judgement == null ? Set.of() : NamesToKeep.of(judgement.snapshot()));
    }

    /**
     * @param asked  the environment that was asked for, which is reported when no slot was found
     * @param judges whether the verb says anything of readiness
     */
    public Report report(Target asked, boolean judges) {
        var begun = Instant.now().minusNanos(System.nanoTime() - started);
        var certain = Optional.ofNullable(judgement).flatMap(Judgement::certainSince).map(at -> seconds(Duration.between(begun, at)));
        return new Report(target == null ? asked : target, created, recreated, ready(), judges && !ready(), outcome(),
            seconds(Duration.ofNanos(System.nanoTime() - started)), certain, summary(),
            Optional.ofNullable(judgement), Optional.ofNullable(diagnosis), limited(), applied ? results : List.of(), applied, problems,
            Optional.ofNullable(addresses), renderer,
            List.copyOf(released.deleted()), List.copyOf(released.left()));
    }

    private static double seconds(Duration d) {
        return Math.max(0, Math.round(d.toMillis() / 100.0) / 10.0);
    }

    private synchronized List<String> limited() {
        var all = new LinkedHashSet<>(limited);
        if (judgement != null) {
            all.addAll(judgement.snapshot().limited());
        }
        if (diagnosis != null) {
            all.addAll(diagnosis.limited());
        }
        return List.copyOf(all);
    }

    private String summary() {
        if (!summary.isEmpty()) {
            return summary;
        }
        var parts = new ArrayList<String>();
        Optional.ofNullable(prepareFailure).map(Problem::message).ifPresent(parts::add);
        if (applyFailed()) {
            var failed = problems.size() + results.stream().filter(r -> r.result() == Result.failed).count();
            parts.add(Texts.count(failed, "object") + " could not be applied");
        }
        if (diagnosis != null && !diagnosis.summary().isEmpty() && !ready()) {
            parts.add(diagnosis.summary());
        } else if (judgement != null) {
            parts.add(howMany(judgement) + (diagnosis == null || diagnosis.causes().isEmpty()
                ? "" : "; " + Texts.count(diagnosis.causes().size(), "fault") + " that no workload waits for"));
        }
        return String.join("; ", parts);
    }

    private static String howMany(Judgement judgement) {
        var gates = judgement.workloads();
        var ready = gates.stream().filter(w -> w.state() == State.ready).count();
        return ready + " of " + Texts.count(gates.size(), "workload") + " ready";
    }
}
