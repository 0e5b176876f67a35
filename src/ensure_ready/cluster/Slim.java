package ensure_ready.cluster;

import ensure_ready.model.Kind;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import ensure_ready.model.Topic;
import java.util.List;
import java.util.Optional;
import shared.Json;
import tools.jackson.databind.node.ObjectNode;

/** What is kept of an object: not what would fill the memory or must not be kept. Pure. */
public final class Slim {
    /** They repeat whole manifests, Secrets' included. */
    private static final List<String> HEAVY_OR_SECRET = List.of("kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original",
        "kapp.k14s.io/original-diff", "kapp.k14s.io/original-diff-md5");

    static Obj of(Obj o, Topic topic) {
        return topic.namesOnly() ? name(of(o), topic.kind()) : of(o);
    }

    static Obj of(Obj o) {
        if (o.at("/metadata") instanceof ObjectNode metadata) {
            metadata.remove("managedFields");
            if (metadata.path("annotations") instanceof ObjectNode annotations) {
                annotations.remove(HEAVY_OR_SECRET);
            }
        }
        return o;
    }

    /** Metadata alone, without annotations; also where a server sends more than it was asked for. */
    private static Obj name(Obj o, Kind kind) {
        var name = Json.MAPPER.createObjectNode().put("apiVersion", kind.apiVersion()).put("kind", kind.name());
        if (o.at("/metadata") instanceof ObjectNode metadata) {
            metadata.remove("annotations");
            name.set("metadata", metadata);
        }
        return new Obj(name);
    }

    /**
     * Kubelets before 1.32 say why a pull failed only in ErrImagePull, and then only {@code Back-off pulling image}.
     * The reason is carried over, in the words of newer kubelets, so that no rule has to know which one spoke.
     */
    static Obj remembering(Obj before, Obj now) {
        if (before == null || !now.kind().equals("Pod")) {
            return now;
        }
        for (var container : Pods.containers(now)) {
            if (container.at("/state/waiting") instanceof ObjectNode waiting
                && Json.text(waiting, "reason").equals("ImagePullBackOff")
                && !Json.text(waiting, "message").contains("ErrImagePull")) {
                pullError(before, Json.text(container, "name"))
                    .ifPresent(why -> waiting.put("message", Json.text(waiting, "message") + ": " + why));
            }
        }
        return now;
    }

    private static Optional<String> pullError(Obj before, String container) {
        var waiting = Pods.container(before, container).at("/state/waiting");
        var message = Json.text(waiting, "message");
        return Json.text(waiting, "reason").equals("ErrImagePull") ? Optional.of("ErrImagePull: " + message)
            : Optional.of(message).filter(m -> m.contains("ErrImagePull: ")).map(m -> m.substring(m.indexOf("ErrImagePull: ")));
    }
}
