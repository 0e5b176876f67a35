package shared;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Durations as people and Go write them: {@code 90s}, {@code 20m}, {@code 1h5m}, {@code 1.5h}, {@code 7d}. */
public final class Durations {
    /** What is longer is a typing mistake; it would also overflow the clocks that it is added to. */
    private static final Duration LONGEST = Duration.ofDays(1000);
    private static final Pattern PART = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)(ms|s|m|h|d)");
    private static final Map<String, Long> MILLIS = Map.of("ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

    /** Empty for what is no duration, or longer than a thousand days. */
    public static Optional<Duration> of(String text) {
        var parts = PART.matcher(text.strip());
        double millis = 0;
        int end = 0;
        while (parts.find() && parts.start() == end) {
            millis += Double.parseDouble(parts.group(1)) * MILLIS.get(parts.group(2));
            end = parts.end();
        }
        var whole = end > 0 && end == text.strip().length() && millis <= LONGEST.toMillis();
        return whole ? Optional.of(Duration.ofMillis((long) millis)) : Optional.empty();
    }

    /** {@code 1h05m}, {@code 4m12s}, {@code 9s}. */
    public static String human(Duration d) {
        return d.toHours() > 0 ? String.format("%dh%02dm", d.toHours(), d.toMinutesPart())
            : d.toMinutes() > 0 ? String.format("%dm%02ds", d.toMinutes(), d.toSecondsPart()) : d.toSeconds() + "s";
    }
}
