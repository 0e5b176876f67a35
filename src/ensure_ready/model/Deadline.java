package ensure_ready.model;

import java.time.Duration;

/** A moment on the machine's own steady clock, which no change of the date moves. */
public record Deadline(long nanos) {
    public static Deadline in(Duration d) {
        return new Deadline(System.nanoTime() + d.toNanos());
    }

    public static Deadline none() {
        return in(Duration.ZERO);
    }

    public Duration left() {
        return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
    }

    public boolean passed() {
        return nanos - System.nanoTime() <= 0;
    }

    /** The earlier of this one and the one in {@code d}. */
    public Deadline atMost(Duration d) {
        return left().compareTo(d) < 0 ? this : in(d);
    }
}
