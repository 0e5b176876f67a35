package ensure_ready.findings;

import ensure_ready.catalogue.Code;
import ensure_ready.model.Event;
import ensure_ready.model.Evidence;
import ensure_ready.model.Log;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.References;
import ensure_ready.model.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** What the snapshot tells of an object beside its own text: its events, its owner, its log, its age. */
public final class Observed {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,252}");
    public final Snapshot snapshot;
    private final Map<Ref, List<Event>> events = new HashMap<>();

    public Observed(Snapshot snapshot) {
        this.snapshot = snapshot.withoutTwins();
        snapshot.all("Event").stream().map(Event::of)
            .sorted(Comparator.comparing(Event::last).thenComparing(Event::reason).thenComparing(Event::message))
            .forEach(e -> events.computeIfAbsent(new Ref(e.kind(), e.name()), k -> new ArrayList<>()).add(e));
    }

    /** Events about this very object, oldest first. */
    List<Event> events(Obj object, String... reasons) {
        return events.getOrDefault(Ref.of(object), List.of()).stream()
            .filter(e -> e.about(object) && List.of(reasons).contains(e.reason())).toList();
    }

    /** A warning about this very object after which nothing else was told of it. */
    Optional<Event> warned(Obj object) {
        return events.getOrDefault(Ref.of(object), List.of()).stream().filter(e -> e.about(object)).reduce((a, b) -> b)
            .filter(e -> e.type().equals("Warning"));
    }

    /** The workload that a pod belongs to: through its ReplicaSet to the Deployment; the pod itself when nobody made it. */
    public Ref owner(Obj pod) {
        return Ownership.workload(snapshot, pod);
    }

    /** The ReplicaSet of a Deployment's newest revision; old ones say nothing about the rollout. */
    Optional<Obj> newest(Obj deployment) {
        return Ownership.newestReplicaSet(snapshot, deployment);
    }

    /** False for pods of a revision that is being replaced. */
    public boolean current(Obj pod) {
        return Ownership.current(snapshot, pod);
    }

    Log log(Obj pod, String container) {
        return snapshot.logs().get(pod.name() + "/" + container);
    }

    /** Another node's pod that has a volume of this pod which only one node may have. */
    Optional<Obj> holder(Obj pod) {
        var claims = References.claims(pod.at("/spec")).filter(c -> snapshot.find("PersistentVolumeClaim", c)
            .map(o -> o.at("/spec/accessModes").toString())
            .filter(modes -> modes.contains("ReadWriteOnce") && !modes.contains("Many")).isPresent()).toList();
        return snapshot.all("Pod").stream().filter(p -> !p.text("/spec/nodeName").isEmpty()
            && !p.text("/spec/nodeName").equals(pod.text("/spec/nodeName")) && !Pods.ended(p)
            && References.claims(p.at("/spec")).anyMatch(claims::contains))
            .min(Comparator.comparing(Obj::name));
    }

    /** What says that this pod's node is lost. */
    Optional<Evidence> lost(Obj pod) {
        var node = snapshot.find("Node", pod.text("/spec/nodeName"));
        return node.map(n -> n.condition("Ready")).filter(c -> !c.isMissingNode() && !Obj.isTrue(c))
            .map(c -> Evidence.condition(node.get(), c)).or(() -> Optional.of(pod).filter(p -> p.text("/status/reason").equals("NodeLost"))
                .map(p -> Evidence.status(p.ref() + "/status.reason", "NodeLost", p.text("/status/message"))));
    }

    /** Also true where nobody could look. */
    public boolean exists(String kind, String name) {
        return !snapshot.knows(kind) || snapshot.find(kind, name).isPresent();
    }

    /** Seconds from a time in the cluster to the snapshot; 0 when the time is not told. */
    public long age(Optional<Instant> since) {
        return since.map(t -> Math.max(0, Duration.between(t, snapshot.at()).toSeconds())).orElse(0L);
    }

    public long age(Obj object) {
        return age(object.time("/metadata/creationTimestamp"));
    }

    /** Since when a condition is as it is. */
    public static Optional<Instant> since(JsonNode condition) {
        return Obj.instant(Json.text(condition, "lastTransitionTime"));
    }

    /** A name that was read from a message and is none that the API would accept is not passed on: the finding then stands at its owner. */
    public Finding finding(Code code, Ref object, Ref owner, Optional<Instant> since, List<Evidence> evidence) {
        var at = NAME.matcher(object.name()).matches() ? object : owner;
        return Finding.of(code, at, owner, since.orElse(snapshot.at()), evidence);
    }

    /** What is wrong with an object since it was made. */
    public Finding fault(Code code, Obj object, Evidence... evidence) {
        return finding(code, Ref.of(object), Ref.of(object), object.time("/metadata/creationTimestamp"), List.of(evidence));
    }

    /** What an object says of itself, since the first of it was seen; as it is now where that is not told. */
    public Finding finding(Code code, Ref object, Evidence... evidence) {
        return finding(code, object, object, Obj.instant(evidence[0].firstSeen()), List.of(evidence));
    }
}
