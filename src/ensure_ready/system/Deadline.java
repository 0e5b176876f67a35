package ensure_ready.system;

import java.time.Duration;

/** A moment on the machine's own steady clock, which no change of the date moves. */
public record Deadline(long nanos) {
    public static Deadline in(Duration d) {
        return new Deadline(System.nanoTime() + d.toNanos());
    }

    /** One that has passed already: what it limits is tried once and never again. */
    public static Deadline now() {
        return in(Duration.ZERO);
    }

    public Duration left() {
        return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
    }

    /** What is left, in milliseconds; one at the least, as 0 would be no limit. */
    public long millis() {
        return Math.max(1, left().toMillis());
    }

    public boolean passed() {
        return nanos - System.nanoTime() <= 0;
    }

    /** The later of this one and the one in {@code d}. */
    public Deadline orIn(Duration d) {
        return left().compareTo(d) < 0 ? in(d) : this;
    }

    /** The earlier of this one and the one in {@code d}. */
    public Deadline atMost(Duration d) {
        return left().compareTo(d) < 0 ? this : in(d);
    }
}
