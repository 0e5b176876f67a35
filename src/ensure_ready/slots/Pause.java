package ensure_ready.slots;

import ensure_ready.model.Infra;
import ensure_ready.model.Outcome;
import java.time.Duration;

public final class Pause {
    private Pause() { }

    public static void of(Duration d) {
        try {
            Thread.sleep(Math.max(0, d.toMillis()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Infra(Outcome.interrupted, "interrupted");
        }
    }
}
