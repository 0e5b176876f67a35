package ensure_ready.certainty;

import ensure_ready.findings.Finding;
import ensure_ready.model.Outcome;
import ensure_ready.model.Snapshot;
import ensure_ready.model.Workload;
import ensure_ready.readiness.Verdict;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the wait found out; never thrown away: an interrupt reads the last one.
 *
 * @param certainSince since when the verdict is certain; empty when it is open
 */
public record Judgement(Outcome outcome, Verdict verdict, Snapshot snapshot, List<Finding> certain, Optional<Instant> certainSince) {
    public Judgement with(Outcome other) {
        return new Judgement(other, verdict, snapshot, certain, certainSince);
    }

    /** True with the outcome ready alone, so that nobody can read it too early. */
    public boolean ready() {
        return outcome == Outcome.ready && verdict.ready();
    }

    public List<Workload> workloads() {
        return verdict.workloads();
    }
}
