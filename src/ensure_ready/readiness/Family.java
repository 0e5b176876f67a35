package ensure_ready.readiness;

import ensure_ready.model.Kinds;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Pods;
import ensure_ready.model.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import shared.Json;

/** Who belongs to whom in a snapshot, indexed once so that a thousand workloads are judged in milliseconds. */
public final class Family {
    private final Snapshot snapshot;
    private final Set<String> statusless;
    private final Map<String, String> podReasons;
    private final Map<String, Obj> gone;
    private final Map<String, List<Obj>> byLabel = new HashMap<>();
    private final Map<String, List<Obj>> slices = new HashMap<>();

    public Family(Snapshot snapshot, Set<String> statusless) {
        this(snapshot, statusless, Map.of(), Map.of());
    }

    /**
     * @param statusless {@code apiVersion/kind} of the custom resources that have no status to report
     * @param podReasons what findings say of a pod by its name, in a person's words
     * @param gone       Jobs that were seen and are there no more, by uid, as they were last
     */
    public Family(Snapshot snapshot, Set<String> statusless, Map<String, String> podReasons, Map<String, Obj> gone) {
        this.snapshot = snapshot;
        this.statusless = statusless;
        this.podReasons = podReasons;
        this.gone = gone;
        snapshot.all("EndpointSlice").forEach(s -> slices.computeIfAbsent(
            s.namespace() + "/" + s.labels().getOrDefault("kubernetes.io/service-name", ""),
            n -> new ArrayList<>()).add(s));
        Kinds.TEMPLATED.forEach(kind -> snapshot.all(kind).stream().filter(w -> !Ownership.ownedByBuiltIn(w))
            .forEach(w -> w.map("/spec/template/metadata/labels").forEach((k, v) -> label(k, v, w))));
        snapshot.all("Pod").stream().filter(p -> !Ownership.ownedByBuiltIn(p)).forEach(p -> p.labels().forEach((k, v) -> label(k, v, p)));
    }

    private void label(String key, String value, Obj o) {
        byLabel.computeIfAbsent(key + "=" + value, pair -> new ArrayList<>()).add(o);
    }

    public Snapshot snapshot() {
        return snapshot;
    }

    public Set<String> statusless() {
        return statusless;
    }

    /** The Job as it was before it went away, or null. */
    Obj gone(String uid) {
        return gone.get(uid);
    }

    /** What an operator made for a custom resource, directly or through other custom resources. */
    List<Obj> workloadsOf(Obj o) {
        var found = new ArrayList<Obj>();
        for (var child : Ownership.madeFor(snapshot, o)) {
            if (!child.builtIn()) {
                found.addAll(workloadsOf(child));
            } else if (Kinds.WORKLOADS.contains(child.kind())) {
                found.add(child);
            }
        }
        return found;
    }

    /** What keeps a workload's newest pods from being ready: the pod that is furthest back, or why there is none. */
    String trouble(Obj w) {
        var waiting = Ownership.newestPods(snapshot, w).stream()
            .filter(p -> !Pods.ready(p) && !p.deleting() && !p.text("/status/phase").equals("Succeeded"))
            .min(Comparator.comparing((Obj p) -> Pods.restarts(p) == 0).thenComparing(Obj::name));
        if (waiting.isPresent()) {
            var said = podReasons.get(waiting.get().name());
            return said == null ? PodDescription.of(waiting.get()) : "pod " + waiting.get().name() + " waits: " + said;
        }
        var maker = w.kind().equals("Deployment") ? Ownership.newestReplicaSet(snapshot, w).orElse(w) : w;
        var failure = maker.condition("ReplicaFailure");
        return Obj.isTrue(failure) ? "pods cannot be created: " + Phrases.brief(Json.text(failure, "message")) : "";
    }

    public boolean bindsOnFirstConsumer(Obj claim) {
        var name = claim.text("/spec/storageClassName");
        var byDefault = !claim.has("/spec/storageClassName");
        return snapshot.all("StorageClass").stream()
            .filter(c -> byDefault ? c.annotation("storageclass.kubernetes.io/is-default-class").equals("true") : c.name().equals(name))
            .anyMatch(c -> c.text("/volumeBindingMode").equals("WaitForFirstConsumer"))
            || snapshot.all("Event").stream().anyMatch(e -> e.text("/reason").equals("WaitForFirstConsumer")
            && e.text("/involvedObject/uid").equals(claim.uid()));
    }

    /** Whether a pod that is there, or one that a workload still has to make, mounts the claim. */
    boolean consumed(Obj claim) {
        return snapshot.all("Pod").stream().anyMatch(p -> !Pods.ended(p) && mounts(p, "/spec/volumes", claim))
            || Kinds.TEMPLATED.stream().flatMap(kind -> snapshot.all(kind).stream())
            .anyMatch(w -> runs(w) && mounts(w, "/spec/template/spec/volumes", claim));
    }

    private static boolean mounts(Obj o, String volumes, Obj claim) {
        return o.namespace().equals(claim.namespace()) && o.list(volumes).stream()
            .anyMatch(v -> v.at("/persistentVolumeClaim/claimName").asString("").equals(claim.name()));
    }

    public static boolean runs(Obj w) {
        return switch (w.kind()) {
            case "Job" -> !w.is("/spec/suspend") && !Obj.isTrue(w.condition("Complete"));
            case "DaemonSet" -> w.number("/status/desiredNumberScheduled", 0) > 0;
            case "Pod" -> !Pods.ended(w);
            default -> w.number("/spec/replicas", 1) > 0;
        };
    }

    /** Workloads that should be running behind a Service's selector. */
    List<Obj> backends(Obj service) {
        var selector = service.map("/spec/selector");
        if (selector.isEmpty()) {
            return List.of();
        }
        var first = selector.entrySet().iterator().next();
        return byLabel.getOrDefault(first.getKey() + "=" + first.getValue(), List.of()).stream()
            .filter(w -> runs(w) && w.namespace().equals(service.namespace()) && !w.kind().equals("Job")
                && w.map(w.kind().equals("Pod") ? "/metadata/labels"
                : "/spec/template/metadata/labels").entrySet().containsAll(selector.entrySet())).toList();
    }

    public boolean hasReadyEndpoint(Obj service) {
        return slices.getOrDefault(service.namespace() + "/" + service.name(), List.of())
            .stream().flatMap(s -> s.list("/endpoints").stream())
            .anyMatch(e -> e.at("/conditions/ready").asBoolean(true) && !e.path("addresses").isEmpty());
    }
}
