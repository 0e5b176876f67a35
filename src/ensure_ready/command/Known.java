package ensure_ready.command;

import ensure_ready.diagnosis.DiagnosisReport;
import ensure_ready.diagnosis.NamesToKeep;
import ensure_ready.manifests.Problem;
import ensure_ready.model.Applied;
import ensure_ready.model.Outcome;
import ensure_ready.model.Result;
import ensure_ready.model.State;
import ensure_ready.readiness.Judgement;
import ensure_ready.readiness.Waiting;
import ensure_ready.slots.Target;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import shared.Texts;

/** What is known so far. An interrupt reports it as it stands, so every step writes here as soon as it knows. */
public final class Known {
    public final long started = System.nanoTime();
    public final List<String> deleted = new ArrayList<>();
    public final List<String> left = new ArrayList<>();
    public final Set<String> limited = new LinkedHashSet<>();
    public volatile Target target;
    public volatile boolean created;
    public volatile boolean recreated;
    public volatile boolean applied;
    public volatile List<Applied> results = List.of();
    public volatile List<Problem> problems = List.of();
    public volatile String prepareFailure;
    public volatile Waiting waiting;
    /** The moment before the apply began; null when nothing was applied. */
    public Instant appliedSince;
    public volatile Judgement judgement;
    public volatile DiagnosisReport diagnosis;
    /** Values of the namespace's Secrets by {@code name#key}, to mask them wherever they appear; they never leave the process. */
    public volatile Map<String, String> secrets = Map.of();
    public volatile Outcome outcome;
    public volatile String summary = "";
    public boolean published;

    public void target(Target target) {
        this.target = target;
    }

    /** What has to stay readable though a Secret holds the same text. */
    public Set<String> names() {
        return judgement == null ? Set.of() : NamesToKeep.of(judgement.snapshot());
    }

    public void applied(List<Applied> results) {
        this.results = results;
    }

    public void judged(Judgement judgement) {
        this.judgement = judgement;
    }

    public void end(Outcome outcome, String summary) {
        this.outcome = outcome;
        this.summary = summary;
    }

    public synchronized void limited(String what) {
        limited.add(what);
    }

    public synchronized List<String> limited() {
        var all = new LinkedHashSet<>(limited);
        if (judgement != null) {
            all.addAll(judgement.snapshot().limited());
        }
        if (diagnosis != null) {
            all.addAll(diagnosis.limited());
        }
        return List.copyOf(all);
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

    public boolean applyFailed() {
        return !problems.isEmpty() || results.stream().anyMatch(r -> r.result() == Result.failed);
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

    public String summary() {
        if (!summary.isEmpty()) {
            return summary;
        }
        var parts = new ArrayList<String>();
        Optional.ofNullable(prepareFailure).ifPresent(parts::add);
        if (applyFailed()) {
            parts.add(Texts.count(problems.size() + results.stream().filter(r -> r.result() == Result.failed).count(), "object")
                + " could not be applied");
        }
        if (diagnosis != null && !diagnosis.summary().isEmpty() && !ready()) {
            parts.add(diagnosis.summary());
        } else if (judgement != null) {
            parts.add(judged() + (diagnosis == null || diagnosis.causes().isEmpty()
                ? "" : "; " + Texts.count(diagnosis.causes().size(), "fault") + " that blocks no workload"));
        }
        return String.join("; ", parts);
    }

    public String judged() {
        var gates = judgement.workloads();
        var ready = gates.stream().filter(w -> w.state() == State.ready).count();
        return ready + " of " + Texts.count(gates.size(), "workload") + " ready";
    }

    public String released() {
        return "deleted " + (deleted.isEmpty() ? "nothing" : String.join(", ", deleted))
            + (left.isEmpty() ? "" : "; left " + String.join(", ", left));
    }
}
