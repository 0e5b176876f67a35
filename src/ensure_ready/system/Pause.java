package ensure_ready.system;

import java.time.Duration;

/** A sleep that an interrupt ends. */
public final class Pause {
    public static void of(Duration d) {
        try {
            Thread.sleep(Math.max(0, d.toMillis()));
        } catch (InterruptedException e) {
            throw InfraFailure.interrupted();
        }
    }
}
