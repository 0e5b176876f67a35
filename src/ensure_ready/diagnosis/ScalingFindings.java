package ensure_ready.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import ensure_ready.catalogue.Code;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Observed;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import ensure_ready.model.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** How many pods there may be: autoscalers without metrics, budgets that hold, workloads at zero. Pure. */
public final class ScalingFindings {
    private final Observed seen;
    private final Snapshot snapshot;
    private final Dependencies needs;

    ScalingFindings(Observed seen, Dependencies needs) {
        this.seen = seen;
        this.snapshot = seen.snapshot;
        this.needs = needs;
    }

    Stream<Finding> find() {
        return Stream.of(snapshot.all("HorizontalPodAutoscaler").stream().flatMap(h -> autoscaler(h).stream()),
            snapshot.all("PodDisruptionBudget").stream().flatMap(b -> budget(b).stream()),
            needs.workloads().values().stream().filter(this::zero)
                .map(w -> finding(Code.REPLICAS_ZERO, w, Evidence.field(w, "spec.replicas", "0")))).flatMap(s -> s);
    }

    private Finding finding(Code code, Obj object, Evidence evidence) {
        return seen.finding(code, Ref.of(object), Ref.of(object), object.time("/metadata/creationTimestamp"), List.of(evidence));
    }

    private static boolean no(JsonNode condition) {
        return condition.path("status").asText().equals("False");
    }

    private Optional<Finding> autoscaler(Obj hpa) {
        var active = Optional.of(hpa.condition("ScalingActive"))
            .filter(c -> no(c) && !c.path("reason").asText().equals("ScalingDisabled"));
        return active.or(() -> Optional.of(hpa.condition("AbleToScale")).filter(ScalingFindings::no))
            .map(c -> finding(Code.HPA_NO_METRICS, hpa, Evidence.condition(hpa, c)).with(Map.of("reason", c.path("reason").asText())));
    }

    private Optional<Finding> budget(Obj budget) {
        return Optional.of(budget.condition("DisruptionAllowed"))
            .filter(c -> no(c) && budget.number("/status/currentHealthy", 0) >= budget.number("/status/desiredHealthy", 0))
            .map(c -> finding(Code.PDB_BLOCKING, budget, Evidence.condition(budget, c)));
    }

    /** Zero is a choice; it is a fault only where others need what is switched off, which the diagnosis sees. */
    private boolean zero(Obj workload) {
        return workload.has("/spec/replicas") && workload.number("/spec/replicas", 1) == 0
            && snapshot.all("HorizontalPodAutoscaler").stream()
                .noneMatch(h -> h.text("/spec/scaleTargetRef/name").equals(workload.name()));
    }
}
