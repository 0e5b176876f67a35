package ensure_ready.readiness;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import ensure_ready.model.Obj;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import shared.Texts;

/** What a pod's status says of it, in words; over init, sidecar and main containers. Pure. */
public final class Pods {
    private static final Set<String> STARTING = Set.of("ContainerCreating", "PodInitializing", "");

    private Pods() { }

    static boolean ready(Obj pod) {
        return !pod.deleting() && Readiness.isTrue(pod.condition("Ready"));
    }

    static boolean ended(Obj pod) {
        return pod.text("/status/phase").equals("Succeeded") || pod.text("/status/phase").equals("Failed");
    }

    /** Statuses of init containers first, then of the main ones: the order in which they start. */
    public static List<JsonNode> containers(Obj pod) {
        var all = pod.list("/status/initContainerStatuses");
        all.addAll(pod.list("/status/containerStatuses"));
        return all;
    }

    /** The status of the container of this name, or a missing node. */
    static JsonNode container(Obj pod, String name) {
        return containers(pod).stream().filter(c -> c.path("name").asText().equals(name)).findFirst().orElse(MissingNode.getInstance());
    }

    /** Since when it is ready, or ended; long ago when it does not say. */
    static Instant settledAt(Obj pod) {
        return Obj.instant(pod.condition("Ready").path("lastTransitionTime").asText("")).orElse(Instant.EPOCH);
    }

    static long restarts(Obj pod) {
        return containers(pod).stream().mapToLong(c -> c.path("restartCount").asLong()).sum();
    }

    /** Whether a container counts as ready as soon as it runs, because nothing probes it. */
    static boolean unprobed(Obj pod) {
        var sidecars = pod.list("/spec/initContainers").stream().filter(c -> c.path("restartPolicy").asText().equals("Always"));
        return Stream.concat(sidecars, pod.list("/spec/containers").stream()).anyMatch(c -> c.path("readinessProbe").isMissingNode());
    }

    /** {@code pod users-7d9-x waits: ImagePullBackOff}: the first thing that keeps it from being ready. */
    static String describe(Obj pod) {
        var name = "pod " + pod.name() + " ";
        if (pod.deleting()) {
            return name + "is being deleted";
        }
        if (pod.text("/status/phase").equals("Failed")) {
            return name + "failed" + Readiness.prefixed(": ", pod.text("/status/reason")) + Readiness.prefixed(": ", failure(pod));
        }
        var scheduled = pod.condition("PodScheduled");
        if (scheduled.path("status").asText().equals("False")) {
            return name + "is not scheduled: " + Readiness.oneLine(scheduled.path("message").asText(scheduled.path("reason").asText()));
        }
        return containers(pod).stream().map(c -> describe(pod, c)).filter(text -> !text.isEmpty()).findFirst().map(text -> name + text)
            .orElse(ready(pod) ? name + "is ready" : name + "is starting");
    }

    private static String describe(Obj pod, JsonNode container) {
        var waiting = container.at("/state/waiting/reason").asText("");
        var which = container(pod, container);
        if (!STARTING.contains(waiting)) {
            var last = container.at("/lastState/terminated");
            return "waits: " + which + waiting + (waiting.equals("CrashLoopBackOff") ? crash(container, last) : "")
                + Readiness.prefixed(": ", waiting.equals("CrashLoopBackOff")
                ? "" : Readiness.oneLine(container.at("/state/waiting/message").asText("")));
        }
        var ended = container.at("/state/terminated");
        if (!ended.isMissingNode() && ended.path("exitCode").asInt() != 0) {
            return "stopped: " + which + ended.path("reason").asText("Error") + ", exit code " + ended.path("exitCode").asInt();
        }
        if (!container.at("/state/running").isMissingNode() && !container.path("ready").asBoolean()) {
            return initContainer(pod, container) ? "runs its " + which.strip().replaceAll(":$", "")
                : "runs, " + which + "not ready" + (container.path("restartCount").asLong() > 0
                ? crash(container, container.at("/lastState/terminated")) : "");
        }
        return "";
    }

    private static String crash(JsonNode container, JsonNode last) {
        return ", " + Texts.count(container.path("restartCount").asLong(), "restart")
            + (last.isMissingNode() ? "" : ", exit code " + last.path("exitCode").asInt());
    }

    private static boolean initContainer(Obj pod, JsonNode container) {
        return pod.list("/status/initContainerStatuses").stream().anyMatch(c -> c.path("name").equals(container.path("name")));
    }

    private static String container(Obj pod, JsonNode container) {
        if (initContainer(pod, container)) {
            return "init container " + container.path("name").asText() + ": ";
        }
        return pod.list("/spec/containers").size() > 1 ? "container " + container.path("name").asText() + ": " : "";
    }

    private static String failure(Obj pod) {
        var message = Readiness.oneLine(pod.text("/status/message"));
        return message.isEmpty() ? containers(pod).stream().map(c -> c.at("/state/terminated/exitCode").asInt(0)).filter(code -> code != 0)
            .findFirst().map(code -> "exit code " + code).orElse("") : message;
    }
}
