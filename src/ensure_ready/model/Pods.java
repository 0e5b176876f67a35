package ensure_ready.model;

import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** What a pod's status says of it, over init, sidecar and main containers. Pure. */
public final class Pods {
    private Pods() { }

    /** Ready, and not about to go away. */
    public static boolean ready(Obj pod) {
        return !pod.deleting() && saysReady(pod);
    }

    /** Its Ready condition alone. */
    public static boolean saysReady(Obj pod) {
        return Obj.isTrue(pod.condition("Ready"));
    }

    public static boolean ended(Obj pod) {
        return pod.text("/status/phase").equals("Succeeded") || pod.text("/status/phase").equals("Failed");
    }

    /** Statuses of init containers first, then of the main ones: the order in which they start. */
    public static List<JsonNode> containers(Obj pod) {
        var all = pod.list("/status/initContainerStatuses");
        all.addAll(pod.list("/status/containerStatuses"));
        return all;
    }

    /** The status of the container of this name, or a missing node. */
    public static JsonNode container(Obj pod, String name) {
        return containers(pod).stream().filter(c -> c.path("name").asString("").equals(name)).findFirst().orElse(MissingNode.getInstance());
    }

    public static boolean initContainer(Obj pod, JsonNode container) {
        return pod.list("/status/initContainerStatuses").stream().anyMatch(c -> c.path("name").equals(container.path("name")));
    }

    /** Since when it is ready, or ended; long ago when it does not say. */
    public static Instant settledAt(Obj pod) {
        return Obj.instant(pod.condition("Ready").path("lastTransitionTime").asString("")).orElse(Instant.EPOCH);
    }

    public static long restarts(Obj pod) {
        return containers(pod).stream().mapToLong(c -> c.path("restartCount").asLong(0)).sum();
    }

    /** Whether a container counts as ready as soon as it runs, because nothing probes it. */
    public static boolean unprobed(Obj pod) {
        var sidecars = pod.list("/spec/initContainers").stream().filter(c -> c.path("restartPolicy").asString("").equals("Always"));
        return Stream.concat(sidecars, pod.list("/spec/containers").stream()).anyMatch(c -> c.path("readinessProbe").isMissingNode());
    }
}
