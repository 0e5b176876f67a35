package ensure_ready.readiness;

import ensure_ready.findings.Finding;
import ensure_ready.model.Outcome;
import ensure_ready.model.Snapshot;
import ensure_ready.model.Workload;
import java.util.List;

/** What the wait found out; never thrown away: an interrupt reads the last one. */
public record Judgement(Outcome outcome, List<Workload> workloads, boolean ready,
    boolean agentReady, boolean verified, List<String> warnings,
                 Snapshot snapshot, List<Finding> certain) {
    /** {@code ready} is true with the outcome ready alone, so that nobody can read it too early. */
    static Judgement of(Outcome outcome, Verdict v, Snapshot snapshot, List<Finding> certain) {
        return new Judgement(outcome, v.workloads(), outcome == Outcome.ready
            && v.ready(), v.agentReady(), v.verified(), v.warnings(), snapshot, certain);
    }

    Judgement with(Outcome other) {
        return new Judgement(other, workloads, other == Outcome.ready && ready, agentReady, verified, warnings, snapshot, certain);
    }
}
