package ensure_ready.readiness;

import ensure_ready.model.State;
import ensure_ready.model.Workload;
import java.util.List;
import java.util.stream.Stream;

/** All workloads judged at one moment; {@code restarts} and {@code unprobed} steer how long it must hold. */
public record Verdict(List<Workload> workloads, boolean agentReady, boolean ready,
    boolean verified, List<String> warnings, long restarts, boolean unprobed) {
    public static final Verdict NOTHING = new Verdict(List.of(), false, false, false, List.of(), 0, false);

    public Stream<Workload> runningJobs() {
        return workloads.stream().filter(w -> w.kind().equals("Job") && w.state() == State.progressing);
    }
}
