package ensure_ready.command;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import shared.Flags;
import shared.system.GivenTwice;

/** Environment twins of options, as options put before the caller's own. */
public final class EnvironmentTwins {
    private static final Pattern TWIN = Pattern.compile("\\[(CODEXCTL_\\w+)]$");

    /**
     * Drops empty values, as JBang loses empty arguments and {@code --pr=} is how a workflow says "none"; adds the twins of what is
     * not given. An option given twice would make picocli start its group anew, so a twin never stands beside the option itself.
     */
    public static List<String> expand(List<String> all, CommandSpec spec, Map<String, String> env) {
        var args = all.stream().filter(a -> !a.matches("--[a-z-]+=")).toList();
        return Stream.concat(spec.options().stream().filter(o -> !env.getOrDefault(of(o), "").isBlank())
            .filter(o -> o.isMultiValue() || args.stream().noneMatch(a -> given(o, a)))
            .map(o -> o.longestName() + "=" + value(o, env.get(of(o)))), args.stream()).toList();
    }

    /** The variable that the option's description ends with, or an empty text. */
    static String of(OptionSpec option) {
        var twin = TWIN.matcher(String.join(" ", option.description()));
        return twin.find() ? twin.group(1) : "";
    }

    private static boolean given(OptionSpec option, String arg) {
        return GivenTwice.is(option, arg) || option.longestName().equals("--namespace") && arg.startsWith("-n");
    }

    private static String value(OptionSpec option, String value) {
        return option.type() == boolean.class ? Flags.of(value).map(String::valueOf).orElse(value) : value;
    }
}
