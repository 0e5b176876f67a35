package prompt_run.view;

import io.fabric8.kubernetes.api.model.Pod;

/**
 * What the next look at deploy/codex may bring: a pod, or what stands in the way; {@code atOnce} when no waiting can help, {@code again}
 * when it only runs again after a crash, which does not count as an end of what stood in the way.
 */
public record Prospect(Pod pod, String blocked, boolean atOnce, boolean imageFault, String pending, boolean again) {
    public static Prospect ready(Pod pod) {
        return new Prospect(pod, null, false, false, null, false);
    }

    public static Prospect blocked(String why) {
        return new Prospect(null, why, false, false, null, false);
    }

    public static Prospect never(String why) {
        return new Prospect(null, why, true, false, null, false);
    }

    public static Prospect pending(String why) {
        return new Prospect(null, null, false, false, why, false);
    }

    public static Prospect again(String why) {
        return new Prospect(null, null, false, false, why, true);
    }

    public String reason() {
        return blocked != null ? blocked : pending;
    }
}
