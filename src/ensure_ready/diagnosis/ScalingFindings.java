package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Observed;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import shared.Json;
import shared.Texts;

/** How many pods there may be: autoscalers without metrics, budgets that hold, workloads at zero. Pure. */
public record ScalingFindings(Observed seen, Dependencies needs) {
    Stream<Finding> find() {
        return Stream.of(seen.snapshot.all("HorizontalPodAutoscaler").stream().flatMap(h -> autoscaler(h).stream()),
            seen.snapshot.all("PodDisruptionBudget").stream().flatMap(b -> budget(b).stream()),
            needs.workloads().values().stream().filter(this::zero)
                .map(w -> seen.fault(Code.REPLICAS_ZERO, w, Evidence.field(w, "spec.replicas", "0")))).flatMap(s -> s);
    }

    private Optional<Finding> autoscaler(Obj hpa) {
        if (seen.age(hpa) < Code.HPA_NO_METRICS.young) {
            return Optional.empty(); // the first metrics take a minute
        }
        var active = Optional.of(hpa.condition("ScalingActive"))
            .filter(c -> Obj.isFalse(c) && !Json.text(c, "reason").matches("ScalingDisabled|ScaledToZero"));
        return active.or(() -> Optional.of(hpa.condition("AbleToScale")).filter(Obj::isFalse))
            .map(c -> seen.fault(Code.HPA_NO_METRICS, hpa, Evidence.condition(hpa, c))
            .with(Map.of("reason", Json.text(c, "reason"))));
    }

    private Optional<Finding> budget(Obj budget) {
        boolean blocks = budget.number("/status/expectedPods", 0) > 0 && budget.number("/status/disruptionsAllowed", 1) == 0
            || Obj.isFalse(budget.condition("DisruptionAllowed"));
        return !blocks || budget.number("/status/currentHealthy", 0) < budget.number("/status/desiredHealthy", 0) ? Optional.empty()
            : Optional.of(seen.fault(Code.PDB_BLOCKING, budget, Evidence.field(budget, "status.disruptionsAllowed",
                "0 of " + Texts.count(budget.number("/status/expectedPods", 0), "pod") + ", " + budget.at("/spec"))));
    }

    /**
     * Zero is a choice; it is a fault only where others need what is switched off, which the diagnosis sees, and no other workload
     * stands behind the same Service: a canary, the other colour.
     */
    private boolean zero(Obj workload) {
        return none(workload) && seen.snapshot.all("Service").stream().filter(s -> needs.behind(s).contains(Ref.of(workload)))
            .allMatch(s -> needs.serving(s).allMatch(ScalingFindings::none)) && seen.snapshot.all("HorizontalPodAutoscaler").stream()
                .noneMatch(h -> h.text("/spec/scaleTargetRef/name").equals(workload.name()));
    }

    private static boolean none(Obj workload) {
        return workload.number("/spec/replicas", 1) == 0;
    }
}
