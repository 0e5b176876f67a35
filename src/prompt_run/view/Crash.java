package prompt_run.view;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.stream.Stream;
import shared.Texts;

/** The newest end of a container that should not have ended; {@code over}: it has not been started again since. */
public record Crash(String container, ContainerStateTerminated end, int restarts, boolean over) {

    /** The first container of the pod that crashed, else null. */
    public static Crash of(Pod pod) {
        if (pod.getStatus() == null) {
            return null;
        }
        return Stream.concat(pod.getStatus().getInitContainerStatuses().stream().map(Crash::of).filter(Crash::bad),
            pod.getStatus().getContainerStatuses().stream().map(Crash::of)).filter(crash -> crash.end != null).findFirst().orElse(null);
    }

    static Crash of(ContainerStatus status) {
        var now = ended(status.getState());
        int restarts = status.getRestartCount() == null ? 0 : status.getRestartCount();
        boolean runs = status.getState() != null && status.getState().getRunning() != null;
        return new Crash(status.getName(), now != null ? now : restarts > 0 ? ended(status.getLastState()) : null, restarts, !runs);
    }

    private static ContainerStateTerminated ended(ContainerState state) {
        return state == null ? null : state.getTerminated();
    }

    private boolean bad() {
        return end != null && !Integer.valueOf(0).equals(end.getExitCode());
    }

    /** What the runtime says of it: its reason, exit code and words. */
    static String told(ContainerStateTerminated end) {
        return end.getReason() + ", exit code " + end.getExitCode()
            + (end.getMessage() == null || end.getMessage().isBlank() ? "" : ": " + Texts.oneLine(end.getMessage()));
    }

    /** All that is known of it. */
    public String told() {
        return over ? told(end) + often() : often().substring(2) + ", last: " + told(end);
    }

    /** With a comma before it; nothing for a container that was started once. */
    String often() {
        return restarts == 0 ? "" : ", restarted " + (restarts == 1 ? "once" : restarts + " times");
    }
}
