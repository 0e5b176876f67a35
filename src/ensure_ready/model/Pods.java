package ensure_ready.model;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** What a pod's status says of it, over init, sidecar and main containers. Pure. */
public final class Pods {
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
        return containers(pod).stream().filter(c -> Json.text(c, "name").equals(name)).findFirst().orElse(MissingNode.getInstance());
    }

    public static boolean initContainer(Obj pod, JsonNode container) {
        return pod.list("/status/initContainerStatuses").stream().anyMatch(c -> c.path("name").equals(container.path("name")));
    }

    /** The containers of a pod's spec; those that start first come first. */
    public static Stream<JsonNode> specs(JsonNode podSpec) {
        return Stream.of("initContainers", "containers").flatMap(list -> podSpec.path(list).valueStream());
    }

    /** Native ones: init containers that run beside the main ones, with probes of their own. */
    private static Stream<JsonNode> sidecars(Obj pod) {
        return pod.list("/spec/initContainers").stream().filter(c -> Json.text(c, "restartPolicy").equals("Always"));
    }

    public static boolean sidecar(Obj pod, JsonNode container) {
        return sidecars(pod).anyMatch(c -> c.path("name").equals(container.path("name")));
    }

    /** Whether this container has ever begun, so that its image and what it refers to were there. */
    public static boolean started(Obj pod, String container) {
        var status = container(pod, container);
        return status.at("/state/running").isObject() || status.path("restartCount").asLong(0) > 0;
    }

    /** Since when it is ready, or ended; long ago when it does not say. */
    public static Instant settledAt(Obj pod) {
        return Obj.instant(pod.condition("Ready").path("lastTransitionTime").asString("")).orElse(Instant.EPOCH);
    }

    public static long restarts(Obj pod) {
        return containers(pod).stream().mapToLong(c -> c.path("restartCount").asLong(0)).sum();
    }

    /** Whether a container has run for so much longer than the time before that the end of that tells nothing of how it is now. */
    public static boolean outlived(JsonNode container, Instant now) {
        var last = container.at("/lastState/terminated");
        var ran = between(last.path("startedAt"), Obj.instant(Json.text(last, "finishedAt")));
        return between(container.at("/state/running/startedAt"), Optional.of(now)) >= Math.min(3600, Math.max(600, 2 * ran));
    }

    private static long between(JsonNode start, Optional<Instant> end) {
        return Obj.instant(start.asString("")).flatMap(s -> end.map(e -> Duration.between(s, e).toSeconds())).orElse(0L);
    }

    /** A container may have a policy of its own (Kubernetes 1.35); else the pod's holds. */
    public static boolean endless(Obj pod, JsonNode container) {
        return container.path("restartPolicy").asString(pod.text("/spec/restartPolicy")).matches("Always|");
    }

    /** Whether a main container never ends, so that the pod does not either. */
    public static boolean endless(Obj pod) {
        return pod.list("/spec/containers").stream().anyMatch(c -> endless(pod, c));
    }

    /** Whether a rule of the container (Kubernetes 1.35) has it, or the whole pod, start again after this exit code: that is no failure. */
    public static boolean startsAgain(Obj pod, String container, String exitCode) {
        return pod.list("/spec/containers").stream().filter(c -> Json.text(c, "name").equals(container))
            .flatMap(c -> c.path("restartPolicyRules").valueStream()).map(rule -> rule.path("exitCodes"))
            .anyMatch(codes -> Json.text(codes, "operator").equals("In")
                == codes.path("values").valueStream().anyMatch(v -> v.asString("").equals(exitCode)));
    }

    /** Whether a container counts as ready as soon as it runs, because nothing probes it. */
    public static boolean unprobed(Obj pod) {
        return Stream.concat(sidecars(pod), pod.list("/spec/containers").stream()).anyMatch(c -> c.path("readinessProbe").isMissingNode());
    }

    /**
     * How long after the start of its last container the kubelet called the pod ready; nothing where a probe or a hook takes part in it.
     */
    public static Duration startToldAfter(Obj pod) {
        var ready = pod.condition("ContainersReady");
        var told = Obj.instant(Json.text(ready, "lastTransitionTime"));
        var waits = specs(pod.at("/spec")).anyMatch(c -> c.has("readinessProbe") || c.has("startupProbe") || c.has("lifecycle"));
        return waits || !Obj.isTrue(ready) || told.isEmpty() ? Duration.ZERO : containers(pod).stream()
            .flatMap(c -> Obj.instant(c.at("/state/running/startedAt").asString("")).stream()).max(Comparator.naturalOrder())
            .map(start -> Duration.between(start, told.get())).filter(d -> !d.isNegative()).orElse(Duration.ZERO);
    }
}
