package ensure_ready.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import shared.Json;

/** Who made whom in a snapshot: a pod's workload, a Deployment's newest revision, and the pods of the newest revision. Pure. */
public final class Ownership {
    /**
     * The workload that speaks for a pod: through its ReplicaSet the Deployment; the pod itself when nobody made it, or an operator did,
     * whose custom resource may say what it likes.
     */
    public static Ref workload(Snapshot snapshot, Obj pod) {
        var controller = pod.controller();
        if (speaks(pod)) {
            return Ref.of(pod);
        }
        var owner = Ref.of(controller);
        if (!owner.is("ReplicaSet")) {
            return owner;
        }
        var set = snapshot.find("ReplicaSet", pod.namespace(), owner.name());
        return set.filter(rs -> !rs.controller().isMissingNode())
            .map(rs -> ownedByBuiltIn(rs) ? Ref.of(rs.controller()) : owner).orElseGet(() -> byName(snapshot, owner));
    }

    /** Where ReplicaSets may not be read: a Deployment's are called as it is, and a hash. */
    private static Ref byName(Snapshot snapshot, Ref set) {
        var cut = set.name().lastIndexOf('-') > 0 ? set.name().substring(0, set.name().lastIndexOf('-')) : set.name();
        return snapshot.find("Deployment", cut).isPresent() ? new Ref("Deployment", cut) : set;
    }

    /** Whether a pod is judged by itself: nobody made it, or an operator. */
    public static boolean speaks(Obj pod) {
        return !ownedByBuiltIn(pod) && !Ref.of(pod.controller()).is("Node");
    }

    /** Owned by something that speaks for it: a Deployment for its ReplicaSets, a CronJob for its Jobs. */
    public static boolean ownedByBuiltIn(Obj o) {
        var owner = o.controller();
        return !owner.isMissingNode() && !Ref.of(owner).is("Node")
            && Kinds.BUILT_IN_GROUPS.contains(Obj.group(Json.text(owner, "apiVersion")));
    }

    /**
     * What an operator made for a custom resource: by ownerReference, or, since some set none, by a label that holds the resource's name
     * and a name that begins with it. What the manifests hold is nobody's work.
     */
    public static List<Obj> madeFor(Snapshot snapshot, Obj custom) {
        var made = new ArrayList<>(snapshot.ownedBy(custom));
        if (!custom.kind().matches(".*(Secret|Certificate|Route|Policy|Monitor|Rule|Issuer)")) {
            Kinds.WORKLOADS.stream().flatMap(kind -> snapshot.all(kind).stream())
                .filter(w -> w.controller().isMissingNode() && called(w, custom) && snapshot.applied(w.kind(), w.name()).isEmpty())
                .forEach(made::add);
        }
        return made;
    }

    /** Whether a label of its operator's, or a common one and its name, name the custom resource. */
    public static boolean called(Obj o, Obj custom) {
        boolean named = (o.name().equals(custom.name()) || o.name().startsWith(custom.name() + "-"))
            && !o.labels().getOrDefault(Labels.MANAGED_BY, "").equals("Helm");
        return o.labels().entrySet().stream().anyMatch(l -> l.getValue().equals(custom.name())
            && (l.getKey().contains("/") && ("." + custom.group()).endsWith("." + l.getKey().replaceFirst("/.*", ""))
                || named && l.getKey().matches("(?i)(.*/)?(instance|.*cluster.*)")));
    }

    /** The ReplicaSet of a Deployment's newest revision, once the controller has made it; old ones say nothing about the rollout. */
    public static Optional<Obj> newestReplicaSet(Snapshot snapshot, Obj deployment) {
        return snapshot.ownedBy("ReplicaSet", deployment).stream().max(Comparator.comparingLong(Ownership::revision)
            .thenComparing(rs -> rs.created()).thenComparing(Obj::name));
    }

    private static long revision(Obj o) {
        var text = o.annotation("deployment.kubernetes.io/revision");
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    /** False for pods of a Deployment's revision that is being replaced. */
    public static boolean current(Snapshot snapshot, Obj pod) {
        var controller = pod.controller();
        if (!Ref.of(controller).is("ReplicaSet")) {
            return true;
        }
        if (!snapshot.knows("ReplicaSet")) {
            return snapshot.find("Deployment", pod.namespace(), workload(snapshot, pod).name()).map(d -> youngestPods(snapshot, d))
                .filter(young -> !young.contains(pod)).isEmpty();
        }
        var set = snapshot.find("ReplicaSet", pod.namespace(), Json.text(controller, "name"));
        var deployment = set.flatMap(rs -> rs.list("/metadata/ownerReferences").stream()
            .flatMap(o -> snapshot.find("Deployment", pod.namespace(), Json.text(o, "name")).stream())
            .filter(rs::ownedBy).findFirst());
        return deployment.flatMap(d -> newestReplicaSet(snapshot, d)).map(rs -> rs.name().equals(set.get().name())).orElse(true);
    }

    /** Pods of the revision that is being rolled out: only their faults are the new release's faults. */
    public static List<Obj> newestPods(Snapshot snapshot, Obj w) {
        return switch (w.kind()) {
            case "Pod" -> List.of(w);
            case "Deployment" -> snapshot.knows("ReplicaSet") ? newestReplicaSet(snapshot, w)
                .map(rs -> snapshot.ownedBy("Pod", rs)).orElse(List.of()) : youngestPods(snapshot, w);
            case "StatefulSet" -> snapshot.ownedBy("Pod", w).stream().filter(p -> p.labels().getOrDefault("controller-revision-hash", "")
                .equals(w.text("/status/updateRevision"))).toList();
            case "DaemonSet" -> {
                var generation = w.annotation("deprecated.daemonset.template.generation");
                yield snapshot.ownedBy("Pod", w).stream().filter(p -> generation.isEmpty()
                    || p.labels().getOrDefault("pod-template-generation", generation).equals(generation)).toList();
            }
            default -> snapshot.ownedBy("Pod", w);
        };
    }

    /** Without rights to read ReplicaSets: the pods that share the youngest pod's template hash. */
    private static List<Obj> youngestPods(Snapshot snapshot, Obj deployment) {
        var selector = deployment.map("/spec/selector/matchLabels").entrySet();
        var pods = snapshot.all("Pod").stream()
            .filter(p -> p.namespace().equals(deployment.namespace()) && Ref.of(p.controller()).is("ReplicaSet")
            && p.labels().entrySet().containsAll(selector)).toList();
        var hash = pods.stream().max(Comparator.comparing(Obj::created))
            .map(p -> p.labels().getOrDefault("pod-template-hash", ""));
        return pods.stream().filter(p -> p.labels().getOrDefault("pod-template-hash", "").equals(hash.orElse(""))).toList();
    }
}
