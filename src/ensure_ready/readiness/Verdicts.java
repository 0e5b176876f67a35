package ensure_ready.readiness;

import ensure_ready.model.Applied;
import ensure_ready.model.Kinds;
import ensure_ready.model.Labels;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Pods;
import ensure_ready.model.Result;
import ensure_ready.model.Snapshot;
import ensure_ready.model.State;
import ensure_ready.model.Workload;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Which objects gate, and what follows for the whole. Pure. */
public final class Verdicts {
    public static Verdict of(Family family, WaitSettings settings) {
        var applied = family.snapshot().applied();
        boolean all = !settings.onlyApplied() || applied.isEmpty();
        var judged = new ArrayList<>(all ? namespace(family) : applied(family, applied));
        judged.addAll(endOfNamespace(family.snapshot()));
        judged.removeIf(j -> named(j, family).anyMatch(o -> CustomStatus.ignored(o, family.snapshot())));
        var tolerated = judged.stream().filter(j -> named(j, family).anyMatch(o -> o.annotation(Labels.TOLERATE).equals("true"))
            && j.workload().state() != State.ready).toList();
        judged.removeAll(tolerated);
        var agent = judged.stream().filter(j -> isAgent(j, settings)).map(Judged::workload).findFirst()
            .or(() -> family.snapshot().find("Deployment", settings.agentDeployment())
            .map(d -> Readiness.judge(d, Optional.empty(), family)));
        var gating = judged.stream().filter(j -> !isAgent(j, settings) && !onlyForAgent(j, family, settings)).toList();
        var workloads = gating.stream().map(Judged::workload).sorted(Comparator.comparing(Workload::kind).thenComparing(Workload::name))
            .toList();
        boolean proven = !all || !workloads.isEmpty();
        boolean ready = proven && applied.stream().noneMatch(Applied::pending)
            && workloads.stream().allMatch(w -> passes(w, settings.strict()));
        var unseen = unseen(family.snapshot(), all);
        return new Verdict(workloads, agent.filter(w -> w.state() == State.ready).isPresent(), ready
            && (unseen.isEmpty() || !settings.strict()),
            unseen.isEmpty() && workloads.stream().noneMatch(w -> w.state() == State.unverified),
            warnings(workloads, tolerated, agent, proven, unseen, family.snapshot()),
            restarts(gating, family), gating.stream().flatMap(j -> j.live().stream()).anyMatch(o -> unprobed(o, family)));
    }

    /** The object; its manifest while it is not there. */
    private static Stream<Obj> named(Judged j, Family family) {
        return j.live().isEmpty() ? family.snapshot().applied(j.workload().kind(), j.workload().name()).map(Applied::object).stream()
            : j.live().stream();
    }

    private static boolean passes(Workload w, boolean strict) {
        return w.state() == State.ready || w.state() == State.suspended || w.state() == State.unverified && !strict;
    }

    /** Everything that nobody else speaks for; pods speak for themselves where their controllers may not be read. */
    private static List<Judged> namespace(Family family) {
        return Stream.concat(Kinds.WORKLOADS.stream().flatMap(kind -> family.snapshot().all(kind).stream()),
                family.snapshot().custom().filter(o -> CustomStatus.gates(o, family.snapshot())))
            .filter(family.snapshot()::own)
            .filter(o -> !Ownership.ownedByBuiltIn(o) || o.kind().equals("Pod") && mute(o, family.snapshot()))
            .filter(o -> !CustomStatus.past(o.controller().path("kind").asString("")))
            .filter(o -> !o.labels().getOrDefault(Labels.MANAGED_BY, "").equals("prompt-run")) // an agent's pod is no infrastructure
            .map(o -> new Judged(Readiness.judge(o, find(family.snapshot(), o), family), List.of(o), true)).toList();
    }

    private static boolean mute(Obj pod, Snapshot snapshot) {
        var owner = pod.controller().path("kind").asString("");
        return Set.of("StatefulSet", "DaemonSet", "ReplicationController").contains(owner) && !snapshot.knows(owner)
            || owner.equals("ReplicaSet") && !snapshot.knows("ReplicaSet") && !snapshot.knows("Deployment");
    }

    /** Kinds of workloads that the server does not show, when the whole namespace is to be judged. */
    private static List<String> unseen(Snapshot snapshot, boolean all) {
        return !all ? List.of() : Stream.concat(Stream.of("Deployment", "StatefulSet", "DaemonSet", "Job")
            .filter(kind -> !snapshot.knows(kind)).map(kind -> kind + "s cannot be read: their pods alone are judged"),
            snapshot.limited().stream().filter(l -> l.startsWith(Snapshot.CUSTOM))).toList();
    }

    /** What the manifests name, and what operators made of it. */
    private static List<Judged> applied(Family family, List<Applied> applied) {
        var judged = new LinkedHashMap<String, Judged>();
        for (var a : applied) {
            var live = family.snapshot().live(a.object());
            if (a.result() == Result.failed || a.object().judged() || a.pending() && !a.error().isEmpty()) {
                judged.put(key(a.object()), judge(a, live, family));
            }
            live.filter(o -> !o.builtIn()).ifPresent(o -> family.workloadsOf(o).forEach(child -> judged
                .putIfAbsent(key(child), judged(child, Readiness.judge(child, Optional.empty(), family), List.of(child), family))));
        }
        return List.copyOf(judged.values());
    }

    private static Judged judge(Applied a, Optional<Obj> live, Family family) {
        var name = a.object();
        if (a.result() == Result.failed) {
            return judged(name, new Workload(name.kind(), name.name(), State.failed, 0, 1, "could not be applied: " + a.error()),
                List.of(), family);
        }
        return live.map(o -> judged(name, Readiness.judge(o, Optional.of(a), family), List.of(o), family))
            .orElseGet(() -> judged(name, absent(a, family), List.of(), family));
    }

    private static Judged judged(Obj o, Workload workload, List<Obj> live, Family family) {
        return new Judged(family.snapshot().twin(o) ? workload.in(o.namespace()) : workload, live, family.snapshot().own(o));
    }

    /** A finished Job may be gone by its ttlSecondsAfterFinished: then what was last seen of it counts. */
    private static Workload absent(Applied a, Family family) {
        var tally = new Tally(a.object(), 0, -1);
        if (a.pending()) {
            return tally.progressing(Readiness.notYet(a));
        }
        if (!family.snapshot().knows(Snapshot.key(a.object()))) {
            return tally.progressing("not read (yet)");
        }
        if (!a.object().kind().equals("Job") || !a.object().has("/spec/ttlSecondsAfterFinished")) {
            return tally.progressing("is not there");
        }
        var last = Optional.ofNullable(family.gone(a.uid())).map(o -> Readiness.rule(o, family))
            .filter(w -> w.state() == State.ready || w.state() == State.failed);
        return last.map(w ->
            new Workload(w.kind(), w.name(), w.state(), w.ready(), w.desired(), w.message() + "; removed after its time to live"))
            .orElseGet(() -> tally.unverified("removed after its time to live, before its end was seen"));
    }

    private static String key(Obj o) {
        return Snapshot.key(o) + "/" + o.namespace() + "/" + o.name();
    }

    private static Optional<Applied> find(Snapshot snapshot, Obj o) {
        return snapshot.applied().stream().filter(a -> snapshot.same(a.object(), o)).findFirst();
    }

    private static List<Judged> endOfNamespace(Snapshot snapshot) {
        if (!snapshot.ends()) {
            return List.of();
        }
        var message = snapshot.find("Namespace", snapshot.namespace()).isPresent() ? "is being deleted" : "does not exist";
        return List.of(new Judged(new Workload("Namespace", snapshot.namespace(), State.progressing, 0, 1, message), List.of(), true));
    }

    private static boolean isAgent(Judged j, WaitSettings settings) {
        return j.own() && j.workload().kind().equals("Deployment") && j.workload().name().equals(settings.agentDeployment());
    }

    /** A Service that selects nothing but the agent must not gate through the back door. */
    private static boolean onlyForAgent(Judged j, Family family, WaitSettings settings) {
        if (!j.workload().kind().equals("Service") || j.live().isEmpty() || !j.live().get(0).has("/spec/selector")) {
            return false;
        }
        var behind = family.backends(j.live().get(0));
        return !behind.isEmpty() && behind.stream()
            .allMatch(w -> w.kind().equals("Deployment") && w.name().equals(settings.agentDeployment()) && family.snapshot().own(w));
    }

    private static List<String> warnings(List<Workload> workloads, List<Judged> tolerated, Optional<Workload> agent,
        boolean proven, List<String> unseen, Snapshot snapshot) {
        var warnings = new ArrayList<>(unseen);
        if (!proven) {
            warnings.add("namespace " + snapshot.namespace() + " has no workloads: nothing is proven");
        }
        workloads.stream().filter(w -> w.state() == State.suspended || w.state() == State.unverified || w.state() == State.ready
            && !w.message().isEmpty() && remarkable(w))
            .forEach(w -> warnings.add(w.ref() + ": " + w.message()));
        tolerated.stream().map(Judged::workload).forEach(w -> warnings.add(w.ref() + ": tolerated: " + w.message()));
        agent.filter(w -> w.state() != State.ready)
            .ifPresent(w -> warnings.add("the agent's own " + w.ref() + " is not ready: " + w.message()));
        return warnings;
    }

    private static boolean remarkable(Workload w) {
        return !Set.of("complete", "succeeded").contains(w.message());
    }

    private static long restarts(List<Judged> gating, Family family) {
        return gating.stream().flatMap(j -> j.live().stream()).flatMap(o -> Ownership.newestPods(family.snapshot(), o).stream())
            .mapToLong(Pods::restarts).sum();
    }

    private static boolean unprobed(Obj o, Family family) {
        return !o.kind().equals("Job") && o.number("/spec/minReadySeconds", 0) == 0
            && (!family.snapshot().knows("Pod") && o.has("/spec/template") || Ownership.newestPods(family.snapshot(), o).stream()
            .anyMatch(p -> !Pods.ended(p) && Pods.unprobed(p)));
    }

    /** A workload's verdict with the live object it was read from, none when it is not there; {@code own}: of the slot's namespace. */
    private record Judged(Workload workload, List<Obj> live, boolean own) { }
}
