package ensure_ready.certainty;

import ensure_ready.model.Obj;

/** How often a container ended in one and the same way; another exit code is another story and is counted anew. */
public record CrashCount(long baseline, long restarts, int exitCode) {
    static String key(Obj pod, String container) {
        return pod.uid() + "/" + container;
    }

    CrashCount next(long restarts, int exitCode) {
        boolean same = exitCode == this.exitCode || this.restarts == baseline;
        return new CrashCount(same ? baseline : Math.max(baseline, restarts - 1), restarts, exitCode);
    }

    long times() {
        return restarts - baseline;
    }
}
