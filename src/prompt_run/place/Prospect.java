package prompt_run.place;

import io.fabric8.kubernetes.api.model.Pod;

/** What the next look at deploy/codex may bring: a pod, or what stands in the way; {@code atOnce} when no waiting can help. */
public record Prospect(Pod pod, String blocked, boolean atOnce, boolean imageFault, String pending) {
    static Prospect ready(Pod pod) {
        return new Prospect(pod, null, false, false, null);
    }

    static Prospect blocked(String why) {
        return new Prospect(null, why, false, false, null);
    }

    static Prospect never(String why) {
        return new Prospect(null, why, true, false, null);
    }

    static Prospect pending(String why) {
        return new Prospect(null, null, false, false, why);
    }
}
