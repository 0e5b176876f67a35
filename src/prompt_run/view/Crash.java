package prompt_run.view;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import shared.Texts;

/** The newest end of a container that should not have ended; {@code again}: when it was started since, null while it was not. */
public record Crash(String container, ContainerStateTerminated end, int restarts, Instant again) {
    private static final Duration SETTLE = Duration.ofSeconds(30);

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
        var runs = status.getState() == null ? null : status.getState().getRunning();
        return new Crash(status.getName(), now != null ? now : restarts > 0 ? ended(status.getLastState()) : null, restarts,
            runs == null ? null : runs.getStartedAt() == null ? Instant.EPOCH : Instant.parse(runs.getStartedAt()));
    }

    public boolean over() {
        return again == null;
    }

    /** Runs again, and not for long enough to be believed: what crashes again and again is ready in between. */
    static boolean unsettled(Pod pod, Instant now) {
        return pod.getStatus().getContainerStatuses().stream().map(Crash::of)
            .anyMatch(crash -> crash.end != null && !crash.over() && !crash.again.isAfter(now) && crash.again.plus(SETTLE).isAfter(now));
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
        return over() ? told(end) + often() : often().substring(2) + ", last: " + told(end);
    }

    /** With a comma before it; nothing for a container that was started once. */
    String often() {
        return restarts == 0 ? "" : ", restarted " + (restarts == 1 ? "once" : restarts + " times");
    }
}
