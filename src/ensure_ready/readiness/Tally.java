package ensure_ready.readiness;

import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Snapshot;
import ensure_ready.model.State;
import ensure_ready.model.Workload;

/** A workload's counts while it is judged; makes the {@link Workload}. {@code desired} is -1 where a kind has no counts. */
public record Tally(Obj o, long ready, long desired) {
    static Tally of(Obj o, Snapshot snapshot) {
        if (!o.builtIn()) {
            return new Tally(o, 0, -1);
        }
        return switch (o.kind()) {
            case "Deployment" -> new Tally(o, newestReady(o, snapshot), o.number("/spec/replicas", 1));
            case "StatefulSet", "ReplicaSet", "ReplicationController" ->
                new Tally(o, o.number("/status/readyReplicas", 0), o.number("/spec/replicas", 1));
            case "DaemonSet" -> new Tally(o, o.number("/status/numberReady", 0), o.number("/status/desiredNumberScheduled", 0));
            case "Job" -> new Tally(o, o.number("/status/succeeded", 0), o.number("/spec/completions", 1));
            default -> new Tally(o, 0, -1);
        };
    }

    /** Ready pods of the newest revision: old ones that still serve say nothing of the release. */
    private static long newestReady(Obj deployment, Snapshot snapshot) {
        long atMost = Math.min(deployment.number("/status/readyReplicas", 0), deployment.number("/status/updatedReplicas", 0));
        return Ownership.newestReplicaSet(snapshot, deployment).map(rs -> Math.min(atMost, rs.number("/status/readyReplicas", 0)))
            .orElse(atMost);
    }

    Workload ready(String message) {
        return of(State.ready, message);
    }

    Workload progressing(String message) {
        return of(State.progressing, message);
    }

    Workload failed(String message) {
        return of(State.failed, message);
    }

    Workload suspended(String message) {
        return of(State.suspended, message);
    }

    Workload unverified(String message) {
        return of(State.unverified, message);
    }

    Workload of(State state, String message) {
        return new Workload(o.kind(), o.name(), state, desired < 0 ? state == State.ready
            ? 1 : 0 : ready, desired < 0 ? 1 : desired, message);
    }
}
