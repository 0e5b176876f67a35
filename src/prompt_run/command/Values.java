package prompt_run.command;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import shared.Texts;

/** Values that several options share. */
public final class Values {
    private static final Pattern DURATION = Pattern.compile("(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?");

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

    /** picocli starts an option's group anew when the option comes again, and forgets what the group had. */
    public static void once(CommandLine command) {
        List<String> given = command.getParseResult().originalArgs();
        command.getCommandSpec().options().stream().filter(option -> !option.isMultiValue()).forEach(option -> {
            Predicate<String> isIt = word -> Arrays.stream(option.names())
                .anyMatch(name -> word.equals(name) || name.startsWith("--") && word.startsWith(name + "="));
            if (given.stream().filter(isIt).count() > 1) {
                throw new UsageError(option.longestName() + " is given twice");
            }
        });
    }

    /** {@code 90s}, {@code 20m}, {@code 1h5m}; more than zero. */
    public static Duration duration(String name, String value) {
        Matcher parts = DURATION.matcher(value.strip());
        Duration total = Duration.ZERO;
        if (!value.isBlank() && value.strip().length() < 20 && parts.matches()) {
            total = Duration.ofHours(number(parts.group(1))).plusMinutes(number(parts.group(2))).plusSeconds(number(parts.group(3)));
        }
        if (total.isZero()) {
            throw new UsageError(name + " " + Texts.oneLine(value) + ": not a duration; accepted: 90s, 20m, 1h5m");
        }
        return total;
    }

    private static long number(String digits) {
        return digits == null ? 0 : Long.parseLong(digits);
    }

    public static boolean flag(String name, String value) {
        switch (value.strip().toLowerCase(Locale.ROOT)) {
            case "1", "true", "yes": return true;
            case "0", "false", "no", "": return false;
            default: throw new UsageError(name + " " + Texts.oneLine(value)
                + ": not a yes or no; accepted: 1, true, yes, 0, false, no or empty");
        }
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
