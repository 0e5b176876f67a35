package ensure_ready.catalogue;

import java.time.Duration;

/**
 * When a code is certain never to heal without a change. A false alarm is worse than waiting: a code without a grace never ends the wait.
 *
 * @param after   how long it must have been so
 * @param crashes how often a container must have ended so; 0 where time alone counts
 */
public record Grace(Duration after, int crashes) implements Trait {
    static Grace seconds(int seconds) {
        return new Grace(Duration.ofSeconds(seconds), 0);
    }

    /** Judged by how often a container ended, not by how long that has been so. */
    static Grace crashes(int times) {
        return new Grace(Duration.ZERO, times);
    }
}
