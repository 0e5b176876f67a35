package prompt_run.view;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/** The pod as it was when the run began. Another pod of the same name, or the container after a restart, is another place. */
public record Pin(String namespace, String pod, String container, String uid, String containerId, int restarts) {

    public static Pin of(Pod pod, String container) {
        var status = status(pod, container);
        return new Pin(pod.getMetadata().getNamespace(), pod.getMetadata().getName(), container, pod.getMetadata().getUid(),
            status == null ? null : status.getContainerID(), restarts(status));
    }

    /** Why {@code now} is another place; null while it is the same. */
    public String difference(Pod now) {
        if (now == null || !uid.equals(now.getMetadata().getUid())) {
            return "pod/" + pod + " is gone";
        }
        var status = status(now, container);
        var phase = now.getStatus() == null ? "" : now.getStatus().getPhase();
        if ("Failed".equals(phase) || "Succeeded".equals(phase)) {
            return "pod/" + pod + " ended" + (now.getStatus().getReason() == null ? "" : ": " + now.getStatus().getReason()) + died(status);
        }
        boolean other = status != null && status.getContainerID() != null && containerId != null
            && !containerId.equals(status.getContainerID());
        boolean restarted = other || restarts(status) > restarts;
        boolean ended = !died(status).isEmpty() && (restarted || Crash.of(status).over());
        return !restarted && !ended ? null : "pod/" + pod + ": container " + container + (ended ? " ended" + died(status) : "")
            + (restarted && ended ? " and" : "") + (restarted ? " was restarted" : "");
    }

    private static String died(ContainerStatus status) {
        var end = status == null ? null : Crash.of(status).end();
        return end == null ? "" : " (" + Crash.told(end) + ")";
    }

    private static int restarts(ContainerStatus status) {
        return status == null || status.getRestartCount() == null ? 0 : status.getRestartCount();
    }

    private static ContainerStatus status(Pod pod, String container) {
        List<ContainerStatus> all = pod.getStatus() == null ? List.of() : pod.getStatus().getContainerStatuses();
        return all.stream().filter(s -> s.getName().equals(container)).findFirst().orElse(null);
    }
}
