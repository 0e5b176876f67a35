package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Observed;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** How many pods there may be: autoscalers without metrics, budgets that hold, workloads at zero. Pure. */
public record ScalingFindings(Observed seen, Dependencies needs) {
    Stream<Finding> find() {
        return Stream.of(seen.snapshot.all("HorizontalPodAutoscaler").stream().flatMap(h -> autoscaler(h).stream()),
            seen.snapshot.all("PodDisruptionBudget").stream().flatMap(b -> budget(b).stream()),
            needs.workloads().values().stream().filter(this::zero)
                .map(w -> seen.fault(Code.REPLICAS_ZERO, w, Evidence.field(w, "spec.replicas", "0")))).flatMap(s -> s);
    }

    private static boolean no(JsonNode condition) {
        return condition.path("status").asString("").equals("False");
    }

    private Optional<Finding> autoscaler(Obj hpa) {
        var active = Optional.of(hpa.condition("ScalingActive"))
            .filter(c -> no(c) && !c.path("reason").asString("").equals("ScalingDisabled"));
        return active.or(() -> Optional.of(hpa.condition("AbleToScale")).filter(ScalingFindings::no))
            .map(c -> seen.fault(Code.HPA_NO_METRICS, hpa, Evidence.condition(hpa, c))
            .with(Map.of("reason", c.path("reason").asString(""))));
    }

    private Optional<Finding> budget(Obj budget) {
        return Optional.of(budget.condition("DisruptionAllowed"))
            .filter(c -> no(c) && budget.number("/status/currentHealthy", 0) >= budget.number("/status/desiredHealthy", 0))
            .map(c -> seen.fault(Code.PDB_BLOCKING, budget, Evidence.condition(budget, c)));
    }

    /** Zero is a choice; it is a fault only where others need what is switched off, which the diagnosis sees. */
    private boolean zero(Obj workload) {
        return workload.has("/spec/replicas") && workload.number("/spec/replicas", 1) == 0
            && seen.snapshot.all("HorizontalPodAutoscaler").stream()
                .noneMatch(h -> h.text("/spec/scaleTargetRef/name").equals(workload.name()));
    }
}
