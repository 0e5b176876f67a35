package ensure_ready.certainty;

import ensure_ready.findings.Finding;
import ensure_ready.findings.Findings;
import ensure_ready.model.Obj;
import ensure_ready.model.Outcome;
import ensure_ready.model.Result;
import ensure_ready.model.Snapshot;
import ensure_ready.readiness.Family;
import ensure_ready.readiness.Verdict;
import ensure_ready.readiness.Verdicts;
import ensure_ready.readiness.WaitSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Everything that follows from one look at the namespace; what is ready needs no explanation. Pure.
 *
 * @param relevant findings that stand between a gating workload and being ready
 */
public record Assessment(Snapshot snapshot, Family family, Verdict verdict, List<Finding> relevant) {
    /**
     * @param statusless {@code apiVersion/kind} of the custom resources whose status nobody writes
     * @param gone       Jobs that were seen and are there no more, by uid
     */
    public static Assessment of(Snapshot snapshot, Set<String> statusless, Map<String, Obj> gone, WaitSettings settings) {
        var family = new Family(snapshot, statusless, Map.of(), gone);
        var verdict = Verdicts.of(family, settings);
        if (verdict.ready() || verdict.workloads().isEmpty()) {
            return new Assessment(snapshot, family, verdict, List.of());
        }
        var findings = new ArrayList<>(Findings.of(snapshot));
        var explained = new Family(snapshot, statusless, PodReasons.of(findings), gone);
        var inWords = Verdicts.of(explained, settings);
        findings.addAll(Preflight.missing(snapshot));
        return new Assessment(snapshot, explained, inWords, Certainty.relevant(findings, inWords, explained));
    }

    public List<Finding> certain(WaitMemory memory, WaitSettings settings, Instant now) {
        return Certainty.certain(relevant, family, verdict, memory, settings, now);
    }

    public WaitMemory remembered(WaitMemory before, WaitSettings settings, Instant now) {
        return before.next(verdict, Certainty.counting(relevant, family, verdict), snapshot, settings.appliedSince(), now);
    }

    /**
     * What has been ready for long needs no settling: {@code clusterNow} is the API server's time, as object times are the cluster's.
     * After a change of ours the cluster's times may tell of what was before.
     */
    public WaitMemory settled(WaitMemory memory, WaitSettings settings, Optional<Instant> clusterNow, Instant now) {
        boolean touched = settings.appliedSince() != null && snapshot.applied().stream().anyMatch(a -> a.result() != Result.unchanged);
        return touched || !verdict.ready() ? memory : clusterNow.flatMap(time -> Steady.since(verdict, snapshot)
            .map(since -> memory.readyFor(Duration.between(since, time).minus(Steady.DOUBT), now))).orElse(memory);
    }

    /** When a rule of time next has something to say. */
    public Optional<Instant> due(WaitMemory memory, Instant now) {
        return Stream.of(memory.due(now), Certainty.due(relevant, family, verdict, memory, now))
            .flatMap(Optional::stream).min(Comparator.naturalOrder());
    }

    /** Whether a certain failure ends the wait: nothing is left to learn of the others, or they had their time. */
    public boolean ends(WaitMemory memory, Instant now) {
        return memory.certainSince() != null
            && (memory.learned(now) || verdict.workloads().stream().allMatch(w -> Certainty.known(w, relevant, family)));
    }

    public Judgement judgement(Outcome outcome, List<Finding> certain, Optional<Instant> certainSince) {
        return new Judgement(outcome, verdict, snapshot, certain, certainSince);
    }
}
