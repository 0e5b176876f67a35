package ensure_ready.readiness;

import ensure_ready.model.Obj;
import ensure_ready.model.State;
import ensure_ready.model.Workload;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Judges a custom resource by what it says; one that says nothing by what its operator made for it. */
public final class CustomReadiness {
    /**
     * @param children the workloads that an operator made for it, judged; asked for when its own status proves nothing
     */
    static Workload judge(Obj o, Family family, Tally tally, Supplier<List<Workload>> children) {
        if (o.at("/status").isEmpty() && family.statusless().contains(o.apiVersion() + "/" + o.kind())) {
            return tally.ready("its kind has no status");
        }
        var said = CustomStatus.of(o, family.snapshot());
        return said.state() == State.unverified ? byChildren(children.get(), said, tally) : tally.of(said.state(), said.message());
    }

    private static Workload byChildren(List<Workload> children, CustomStatus.Said said, Tally tally) {
        if (children.isEmpty()) {
            return tally.unverified(said.message());
        }
        var late = children.stream().filter(w -> w.state() != State.ready).findFirst();
        return late.map(w -> tally.progressing(w.ref() + ": " + w.message()))
            .orElseGet(() -> tally.ready("judged by what it owns: " + children.stream()
            .map(Workload::ref).sorted().collect(Collectors.joining(", "))));
    }
}
