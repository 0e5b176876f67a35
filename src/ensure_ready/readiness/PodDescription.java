package ensure_ready.readiness;

import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import java.util.Set;
import shared.Json;
import shared.Texts;
import tools.jackson.databind.JsonNode;

/** {@code pod users-7d9-x waits: ImagePullBackOff}: the first thing that keeps a pod from being ready, in words. */
public final class PodDescription {
    private static final Set<String> STARTING = Set.of("ContainerCreating", "PodInitializing", "");

    static String of(Obj pod) {
        var name = "pod " + pod.name() + " ";
        if (pod.text("/status/phase").equals("Failed")) {
            return name + "failed" + Phrases.prefixed(": ", pod.text("/status/reason")) + Phrases.prefixed(": ", failure(pod));
        }
        var scheduled = pod.condition("PodScheduled");
        if (Obj.isFalse(scheduled)) {
            return name + "is not scheduled: " + Phrases.brief(scheduled.path("message").asString(Json.text(scheduled, "reason")));
        }
        return Pods.containers(pod).stream().map(c -> container(pod, c)).filter(text -> !text.isEmpty()).findFirst()
            .map(text -> name + text)
            .orElse(name + (Obj.isTrue(pod.condition("ContainersReady")) ? "waits for its readiness gates" : "is starting"));
    }

    /** Empty when this container keeps nothing from being ready. */
    private static String container(Obj pod, JsonNode container) {
        var waiting = container.at("/state/waiting/reason").asString("");
        if (!STARTING.contains(waiting)) {
            return "waits: " + which(pod, container) + waiting + (waiting.equals("CrashLoopBackOff") ? crash(container)
                : Phrases.prefixed(": ", Phrases.brief(container.at("/state/waiting/message").asString(""))));
        }
        var ended = container.at("/state/terminated");
        if (!ended.isMissingNode() && ended.path("exitCode").asInt(0) != 0) {
            return "stopped: " + which(pod, container) + ended.path("reason").asString("Error")
                + ", exit code " + ended.path("exitCode").asInt(0);
        }
        boolean unready = !container.at("/state/running").isMissingNode() && !container.path("ready").asBoolean(false);
        return unready ? running(pod, container) : "";
    }

    private static String running(Obj pod, JsonNode container) {
        if (Pods.initContainer(pod, container)) {
            return "runs its " + which(pod, container).strip().replaceAll(":$", "");
        }
        return "runs, " + which(pod, container) + "not ready" + (container.path("restartCount").asLong(0) > 0 ? crash(container) : "");
    }

    private static String crash(JsonNode container) {
        var last = container.at("/lastState/terminated");
        return ", " + Texts.count(container.path("restartCount").asLong(0), "restart")
            + (last.isMissingNode() ? "" : ", exit code " + last.path("exitCode").asInt(0));
    }

    /** The container's name, where it is not the pod's only one. */
    private static String which(Obj pod, JsonNode container) {
        if (Pods.initContainer(pod, container)) {
            return "init container " + Json.text(container, "name") + ": ";
        }
        return pod.list("/spec/containers").size() > 1 ? "container " + Json.text(container, "name") + ": " : "";
    }

    private static String failure(Obj pod) {
        var message = Phrases.brief(pod.text("/status/message"));
        return message.isEmpty() ? Pods.containers(pod).stream().map(c -> c.at("/state/terminated/exitCode").asInt(0))
            .filter(code -> code != 0).findFirst().map(code -> "exit code " + code).orElse("") : message;
    }
}
