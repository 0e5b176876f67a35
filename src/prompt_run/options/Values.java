package prompt_run.options;

import java.time.Duration;
import java.util.Arrays;
import shared.Durations;
import shared.Flags;
import shared.Texts;

/** Values that several options share. */
public final class Values {
    private Values() {
    }

    public static Integer positive(String name, String value) {
        if (value == null) {
            return null;
        }
        if (!value.strip().matches("[1-9]\\d{0,8}")) {
            throw new UsageError(name + " " + Texts.oneLine(value) + ": not a number; accepted: 1 or more");
        }
        return Integer.valueOf(value.strip());
    }

    /** More than zero. */
    public static Duration duration(String name, String value) {
        return Durations.of(value).filter(d -> !d.isZero())
            .orElseThrow(() -> new UsageError(name + " " + Texts.oneLine(value) + ": not a duration; accepted: 90s, 20m, 1h5m"));
    }

    public static boolean flag(String name, String value) {
        return Flags.of(value)
            .orElseThrow(() -> new UsageError(name + " " + Texts.oneLine(value) + ": not a yes or no; accepted: " + Flags.ACCEPTED));
    }

    public static String matching(String name, String value, String pattern, String accepted) {
        if (value != null && !value.matches(pattern)) {
            throw new UsageError(name + " " + Texts.oneLine(value) + ": accepted: " + accepted);
        }
        return value;
    }

    public static String oneOf(String name, String value, String... accepted) {
        if (!Arrays.asList(accepted).contains(value)) {
            throw new UsageError(name + " " + Texts.oneLine(value) + ": accepted: " + String.join(", ", accepted));
        }
        return value;
    }
}
