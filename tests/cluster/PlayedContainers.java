import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The kubelet's part for one pod: init containers one after the other, then the containers together. */
final class PlayedContainers {
    private final Controllers controllers;
    private final ObjectNode pod;
    private final ObjectNode status;
    private final Duration age;
    private final List<Runnable> told;

    PlayedContainers(Controllers controllers, ObjectNode pod, Duration age, List<Runnable> told) {
        this.controllers = controllers;
        this.pod = pod;
        this.status = pod.withObject("/status");
        this.age = age;
        this.told = told;
    }

    void run() {
        status.put("startTime", status.path("startTime").asString(Controllers.now())).put("hostIP", "10.0.0.1")
                .put("podIP", "10.1.0." + (1 + Math.abs(Controllers.name(pod).hashCode() % 250))).put("qosClass", "Burstable");
        boolean initialized = initContainers();
        boolean ready = containers(initialized);
        status.put("phase", ready && ofJob() ? "Succeeded" : ready || anyRunning() ? "Running" : "Pending");
        Controllers.condition(status, "PodReadyToStartContainers", true, null, null);
        Controllers.condition(status, "Initialized", initialized, initialized ? null : "ContainersNotInitialized",
                initialized ? null : "containers with incomplete status: " + names("initContainers"));
        for (var type : List.of("ContainersReady", "Ready")) {
            Controllers.condition(status, type, ready && !ofJob(), ready ? null : "ContainersNotReady", ready
                ? null : "containers with unready status: " + names("containers"));
        }
    }

    private boolean initContainers() {
        var statuses = status.putArray("initContainerStatuses");
        boolean before = true;
        for (var container : pod.at("/spec/initContainers")) {
            var entry = entry(statuses, container);
            if (!before) {
                waiting(entry, "PodInitializing", null);
            } else if (missing(container)) {
                before = false;
                cannotPull(entry, container);
            } else {
                before = init(entry, container);
            }
        }
        if (statuses.isEmpty()) {
            status.remove("initContainerStatuses");
        }
        return before;
    }

    private boolean init(ObjectNode entry, JsonNode container) {
        var waits = Controllers.WAITS_FOR.matcher(container.path("command").toString());
        boolean done = !waits.find() || hasEndpoint(waits.group(1));
        if (done) {
            entry.put("ready", true).withObject("/state/terminated").put("exitCode", 0)
                .put("reason", "Completed").put("startedAt", started()).put("finishedAt", started());
        } else {
            entry.put("started", true).withObject("/state/running").put("startedAt", started());
            controllers.api.log(Controllers.namespace(pod), Controllers.name(pod), container.path("name").asString(""), false,
                    ("waiting for " + waits.group(1) + ":" + waits.group(2) + "\n")
                        .repeat((int) Math.min(20, 1 + age.toSeconds() / 2)));
        }
        return done;
    }

    private boolean containers(boolean initialized) {
        var statuses = status.putArray("containerStatuses");
        boolean ready = initialized;
        for (var container : pod.at("/spec/containers")) {
            var entry = entry(statuses, container);
            if (!initialized) {
                waiting(entry, "PodInitializing", null);
            } else if (missing(container)) {
                ready = false;
                cannotPull(entry, container);
            } else {
                ready &= container(entry);
            }
        }
        return ready;
    }

    private boolean container(ObjectNode entry) {
        boolean up = age.compareTo(Controllers.READY_AFTER) >= 0;
        if (up && ofJob()) {
            entry.withObject("/state/terminated").put("exitCode", 0).put("reason", "Completed")
                .put("startedAt", started()).put("finishedAt", Controllers.now());
        } else {
            entry.put("started", true).put("ready", up).withObject("/state/running").put("startedAt", started());
        }
        return up;
    }

    private boolean ofJob() {
        return pod.at("/metadata/labels").has("batch.kubernetes.io/job-name");
    }

    private ObjectNode entry(ArrayNode statuses, JsonNode container) {
        return statuses.addObject().put("name", container.path("name").asString("")).put("image", container.path("image").asString(""))
                .put("imageID", "").put("restartCount", 0).put("ready", false).put("started", false);
    }

    private boolean missing(JsonNode container) {
        return controllers.missingImages.contains(container.path("image").asString(""));
    }

    private void cannotPull(ObjectNode entry, JsonNode container) {
        var image = container.path("image").asString("");
        var error = ("rpc error: code = NotFound desc = failed to pull and unpack image \"%1$s\": "
            + "failed to resolve reference \"%1$s\": %1$s: not found").formatted(image);
        if (age.compareTo(Controllers.BACK_OFF_AFTER) < 0) {
            waiting(entry, "ErrImagePull", error);
            tell("Pulling", "Normal", "Pulling image \"" + image + "\"");
            tell("Failed", "Warning", "Failed to pull image \"" + image + "\": " + error);
            tell("Failed", "Warning", "Error: ErrImagePull");
        } else {
            waiting(entry, "ImagePullBackOff", "Back-off pulling image \"" + image + "\": ErrImagePull: " + error);
            tell("BackOff", "Normal", "Back-off pulling image \"" + image + "\"");
            tell("Failed", "Warning", "Error: ImagePullBackOff");
        }
    }

    private void tell(String reason, String type, String message) {
        var about = pod.deepCopy();
        told.add(() -> controllers.event(about, reason, type, message, "kubelet"));
    }

    private void waiting(ObjectNode entry, String reason, String message) {
        var waiting = entry.withObject("/state/waiting").put("reason", reason);
        if (message != null) {
            waiting.put("message", message);
        }
    }

    private boolean anyRunning() {
        return status.at("/containerStatuses").findValue("running") != null;
    }

    private String started() {
        return status.get("startTime").asString("");
    }

    private String names(String list) {
        var names = new ArrayList<String>();
        pod.at("/spec/" + list).forEach(container -> names.add(container.path("name").asString("")));
        return "[" + String.join(" ", names) + "]";
    }

    private boolean hasEndpoint(String service) {
        return controllers.api.list("endpointslices", Controllers.namespace(pod)).stream()
                .filter(slice -> slice.at("/metadata/labels").path("kubernetes.io/service-name").asString("").equals(service))
                .anyMatch(slice -> slice.at("/endpoints/0/conditions/ready").asBoolean(false));
    }
}
