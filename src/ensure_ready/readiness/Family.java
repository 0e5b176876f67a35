package ensure_ready.readiness;

import ensure_ready.model.Obj;
import ensure_ready.model.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Who belongs to whom in a snapshot, indexed once so that a thousand workloads are judged in milliseconds. */
public final class Family {
    public static final List<String> TEMPLATED =
        List.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job");
    private final Snapshot snapshot;
    private final Set<String> statusless;
    private final Map<String, String> words;
    private final Map<String, Obj> gone;
    private final Map<String, List<Obj>> byLabel = new HashMap<>();
    private final Map<String, List<Obj>> slices = new HashMap<>();

    Family(Snapshot snapshot, Set<String> statusless) {
        this(snapshot, statusless, Map.of(), Map.of());
    }

    /**
     * @param statusless {@code apiVersion/kind} of the custom resources that have no status to report
     * @param words      what findings say of a pod by its name, in a person's words
     * @param gone       Jobs that were seen and are there no more, by uid, as they were last
     */
    Family(Snapshot snapshot, Set<String> statusless, Map<String, String> words, Map<String, Obj> gone) {
        this.snapshot = snapshot;
        this.statusless = statusless;
        this.words = words;
        this.gone = gone;
        snapshot.all("EndpointSlice").forEach(s -> slices.computeIfAbsent(s.labels().getOrDefault("kubernetes.io/service-name", ""),
            n -> new ArrayList<>()).add(s));
        TEMPLATED.forEach(kind -> snapshot.all(kind).stream().filter(w -> !ownedByBuiltIn(w))
            .forEach(w -> w.map("/spec/template/metadata/labels").forEach((k, v) -> label(k, v, w))));
        snapshot.all("Pod").stream().filter(p -> p.controller().isMissingNode()).forEach(p -> p.labels().forEach((k, v) -> label(k, v, p)));
    }

    private void label(String key, String value, Obj o) {
        byLabel.computeIfAbsent(key + "=" + value, pair -> new ArrayList<>()).add(o);
    }

    Snapshot snapshot() {
        return snapshot;
    }

    Set<String> statusless() {
        return statusless;
    }

    List<Obj> children(Obj owner, String kind) {
        return snapshot.ownedBy(kind, owner);
    }

    /** The Job as it was before it went away, or null. */
    Obj gone(String uid) {
        return gone.get(uid);
    }

    /** Owned by something that speaks for it: a Deployment for its ReplicaSets, a CronJob for its Jobs. */
    static boolean ownedByBuiltIn(Obj o) {
        var owner = o.controller();
        return !owner.isMissingNode() && !owner.path("kind").asText().equals("Node")
            && Readiness.BUILT_IN_GROUPS.contains(Obj.group(owner.path("apiVersion").asText()));
    }

    /** What an operator made for a custom resource, directly or through other custom resources. */
    List<Obj> workloadsOf(Obj o) {
        var found = new ArrayList<Obj>();
        for (var child : snapshot.index().byOwner().getOrDefault(o.uid(), List.of())) {
            if (!Readiness.builtIn(child)) {
                found.addAll(workloadsOf(child));
            } else if (Readiness.WORKLOADS.contains(child.kind())) {
                found.add(child);
            }
        }
        return found;
    }

    /** The ReplicaSet of the newest revision, once the controller has made it. */
    Optional<Obj> newestReplicaSet(Obj deployment) {
        return children(deployment, "ReplicaSet").stream().max(Comparator.comparingLong(Family::revision).thenComparing(Obj::name));
    }

    private static long revision(Obj o) {
        var text = o.annotation("deployment.kubernetes.io/revision");
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    /** Pods of the revision that is being rolled out: only their faults are the new release's faults. */
    List<Obj> newestPods(Obj w) {
        return switch (w.kind()) {
            case "Pod" -> List.of(w);
            case "Deployment" -> snapshot.knows("ReplicaSet") ? newestReplicaSet(w)
                .map(rs -> children(rs, "Pod")).orElse(List.of()) : youngestPods(w);
            case "StatefulSet" -> children(w, "Pod").stream().filter(p -> p.labels().getOrDefault("controller-revision-hash", "")
                .equals(w.text("/status/updateRevision"))).toList();
            case "DaemonSet" -> {
                var generation = w.annotation("deprecated.daemonset.template.generation");
                yield children(w, "Pod").stream().filter(p -> generation.isEmpty()
                    || p.labels().getOrDefault("pod-template-generation", generation).equals(generation)).toList();
            }
            default -> children(w, "Pod");
        };
    }

    /** Without rights to read ReplicaSets: the pods that share the youngest pod's template hash. */
    private List<Obj> youngestPods(Obj deployment) {
        var selector = deployment.map("/spec/selector/matchLabels").entrySet();
        var pods = snapshot.all("Pod").stream().filter(p -> p.controller().path("kind").asText().equals("ReplicaSet")
            && p.labels().entrySet().containsAll(selector)).toList();
        var hash = pods.stream().max(Comparator.comparing(p -> p.text("/metadata/creationTimestamp")))
            .map(p -> p.labels().getOrDefault("pod-template-hash", ""));
        return pods.stream().filter(p -> p.labels().getOrDefault("pod-template-hash", "").equals(hash.orElse(""))).toList();
    }

    /** What keeps a workload's newest pods from being ready: the pod that is furthest back, or why there is none. */
    String trouble(Obj w) {
        var waiting = newestPods(w).stream().filter(p -> !Pods.ready(p) && !p.deleting() && !p.text("/status/phase").equals("Succeeded"))
            .min(Comparator.comparing((Obj p) -> Pods.restarts(p) == 0).thenComparing(Obj::name));
        if (waiting.isPresent()) {
            var said = words.get(waiting.get().name());
            return said == null ? Pods.describe(waiting.get()) : "pod " + waiting.get().name() + " waits: " + said;
        }
        var maker = w.kind().equals("Deployment") ? newestReplicaSet(w).orElse(w) : w;
        var failure = maker.condition("ReplicaFailure");
        return Readiness.isTrue(failure) ? "pods cannot be created: " + Readiness.oneLine(failure.path("message").asText()) : "";
    }

    boolean bindsOnFirstConsumer(Obj claim) {
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
            || TEMPLATED.stream().flatMap(kind -> snapshot.all(kind).stream())
            .anyMatch(w -> runs(w) && mounts(w, "/spec/template/spec/volumes", claim));
    }

    private static boolean mounts(Obj o, String volumes, Obj claim) {
        return o.list(volumes).stream().anyMatch(v -> v.at("/persistentVolumeClaim/claimName").asText().equals(claim.name()));
    }

    static boolean runs(Obj w) {
        return switch (w.kind()) {
            case "Job" -> !w.is("/spec/suspend") && !Readiness.isTrue(w.condition("Complete"));
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
            .filter(w -> runs(w) && !w.kind().equals("Job")
                && w.map(w.kind().equals("Pod") ? "/metadata/labels"
                : "/spec/template/metadata/labels").entrySet().containsAll(selector.entrySet())).toList();
    }

    boolean hasReadyEndpoint(Obj service) {
        return slices.getOrDefault(service.name(), List.of()).stream().flatMap(s -> s.list("/endpoints").stream())
            .anyMatch(e -> e.at("/conditions/ready").asBoolean(true) && !e.path("addresses").isEmpty());
    }
}
