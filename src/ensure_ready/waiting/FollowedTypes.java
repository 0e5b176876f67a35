package ensure_ready.waiting;

import ensure_ready.certainty.Preflight;
import ensure_ready.model.Applied;
import ensure_ready.model.Kind;
import ensure_ready.model.Kinds;
import ensure_ready.model.Obj;
import ensure_ready.model.Snapshot;
import ensure_ready.model.Topic;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;

/** Which types of objects a wait follows. */
public final class FollowedTypes {
    /** Events that only tell that all goes well; they are most of what a namespace says. */
    private static final String EVENTS = Stream.of("Scheduled", "Pulled", "Created", "Started", "SuccessfulCreate", "SuccessfulDelete",
        "ScalingReplicaSet", "Completed")
        .map(reason -> "reason!=" + reason).collect(Collectors.joining(",", "&fieldSelector=", ""));

    /** What every wait needs, in each namespace that the manifests name. */
    static List<Topic> always(String namespace, List<Applied> applied) {
        var topics = new ArrayList<Topic>();
        topics.add(new Topic(Kind.NAMESPACE, null, "&fieldSelector=metadata.name=" + namespace, false));
        var objects = applied.stream().map(Applied::object).toList();
        boolean endpoints = objects.stream().anyMatch(o -> o.kind().equals("Service") || o.kind().endsWith("WebhookConfiguration"));
        Stream.concat(Stream.of(namespace), objects.stream().map(Obj::namespace).filter(n -> !n.isEmpty())).distinct().forEach(name -> {
            Stream.of(Kind.POD, Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.STATEFUL_SET, Kind.DAEMON_SET, Kind.JOB, Kind.PVC)
                .forEach(kind -> topics.add(Topic.of(kind, name)));
            topics.add(new Topic(Kind.EVENT, name, EVENTS, false));
            if (endpoints) {
                topics.add(Topic.of(Kind.ENDPOINT_SLICE, name));
            }
        });
        return topics;
    }

    /** Objects of the manifests that are judged and whose types {@link #always} has not. */
    static List<Obj> sought(List<Applied> applied) {
        return applied.stream().map(Applied::object).filter(o -> o.judged() && !(o.builtIn() && Kinds.WORKLOADS.contains(o.kind())
            && !o.kind().equals("ReplicationController"))).toList();
    }

    /** Names of Secrets and the like are asked for only where something refers to them, and never their content. */
    static List<Topic> referred(Snapshot snapshot) {
        var kinds = Preflight.kinds(snapshot);
        return Stream.concat(Stream.of(Topic.of(Kind.STORAGE_CLASS, null)), Stream.of(Kind.SECRET, Kind.CONFIG_MAP, Kind.SERVICE_ACCOUNT)
            .map(k -> new Topic(k, snapshot.namespace(), "", true))).filter(t -> kinds.contains(t.kind().name())).toList();
    }

    /** Custom types that own something here and are not followed yet: operators make them one of the other. */
    static List<Obj> owners(Snapshot snapshot) {
        return snapshot.objects().values().stream().flatMap(List::stream).map(Obj::controller)
            .filter(c -> !Kinds.BUILT_IN_GROUPS.contains(Obj.group(Json.text(c, "apiVersion")))
                && !snapshot.knows(Snapshot.key(Json.text(c, "apiVersion"), Json.text(c, "kind"))))
            .map(c -> new Obj(Json.MAPPER.createObjectNode().put("apiVersion", Json.text(c, "apiVersion"))
                .put("kind", Json.text(c, "kind")))).distinct().toList();
    }
}
