package ensure_ready.model;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.TypeConversionException;

/** Durations as people and Go write them: {@code 90s}, {@code 20m}, {@code 1h5m}, {@code 1.5h}, {@code 7d}. */
public final class Durations {
    private static final Pattern PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ms|s|m|h|d)");
    private static final Map<String, Long> MILLIS = Map.of("ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

    private Durations() { }

    public static Duration parse(String text) {
        var parts = PART.matcher(text);
        long millis = 0;
        int end = 0;
        while (parts.find() && parts.start() == end) {
            millis += (long) (Double.parseDouble(parts.group(1)) * MILLIS.get(parts.group(2)));
            end = parts.end();
        }
        if (end == 0 || end != text.length()) {
            throw new TypeConversionException("'" + text + "' is not a duration: write 90s, 20m or 1h5m");
        }
        return Duration.ofMillis(millis);
    }

    /** {@code 1h05m}, {@code 4m12s}, {@code 9s}. */
    public static String human(Duration d) {
        return d.toHours() > 0 ? String.format("%dh%02dm", d.toHours(), d.toMinutesPart())
            : d.toMinutes() > 0 ? String.format("%dm%02ds", d.toMinutes(), d.toSecondsPart()) : d.toSeconds() + "s";
    }
}
