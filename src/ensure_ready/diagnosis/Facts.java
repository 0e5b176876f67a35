package ensure_ready.diagnosis;

import ensure_ready.model.Event;
import ensure_ready.model.Evidence;
import ensure_ready.model.Log;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** What all detectors read and write: the snapshot with its events by object, its owners, and the findings so far. */
public final class Facts {
    final Snapshot snapshot;
    final List<Finding> found = new ArrayList<>();
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,252}");
    private final Map<String, List<Event>> events = new HashMap<>();

    public Facts(Snapshot snapshot) {
        this.snapshot = snapshot;
        snapshot.all("Event").stream().map(Event::of)
            .sorted(Comparator.comparing(Event::last).thenComparing(Event::reason).thenComparing(Event::message))
            .forEach(e -> events.computeIfAbsent(e.kind() + "/" + e.name(), k -> new ArrayList<>()).add(e));
    }

    /** Events about this very object, oldest first. */
    List<Event> events(Obj object) {
        return events.getOrDefault(object.kind() + "/" + object.name(), List.of()).stream().filter(e -> e.about(object)).toList();
    }

    List<Event> events(Obj object, String... reasons) {
        return events(object).stream().filter(e -> List.of(reasons).contains(e.reason())).toList();
    }

    /** The workload that a pod belongs to: through its ReplicaSet to the Deployment; the pod itself when nobody made it. */
    public String[] owner(Obj pod) {
        var owner = Ownership.workload(snapshot, pod);
        return new String[] {owner.kind(), owner.name()};
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

    boolean exists(String kind, String name) {
        return !snapshot.knows(kind) || snapshot.find(kind, name).isPresent();
    }

    /** Seconds from a time in the cluster to the snapshot; 0 when the time is not told. */
    long age(Optional<Instant> since) {
        return since.map(t -> Math.max(0, Duration.between(t, snapshot.at()).toSeconds())).orElse(0L);
    }

    /** A name that was read from a message and is none that the API would accept is not passed on: the finding then stands at its owner. */
    void add(Code code, String kind, String name, String[] owner, String container,
        Instant since, List<Evidence> evidence, Map<String, String> params) {
        var named = NAME.matcher(name).matches();
        found.add(new Finding(code, named ? kind : owner[0], named ? name : owner[1], owner[0], owner[1], container, since == null
            ? snapshot.at() : since,
            List.copyOf(evidence), Collections.unmodifiableMap(new TreeMap<>(params))));
    }
}
