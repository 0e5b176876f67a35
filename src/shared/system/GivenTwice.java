package shared.system;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** An option that stands twice on a command line: picocli would start its group anew and forget what the group had. */
public final class GivenTwice {
    /** {@code --pr is given twice}; options that take several values may come again. */
    public static Optional<String> of(List<String> given, CommandSpec spec) {
        return spec.options().stream().filter(option -> !option.isMultiValue())
            .filter(option -> given.stream().filter(word -> is(option, word)).count() > 1)
            .map(option -> option.longestName() + " is given twice").findFirst();
    }

    public static boolean is(OptionSpec option, String word) {
        return Stream.of(option.names()).anyMatch(name -> word.equals(name) || name.startsWith("--") && word.startsWith(name + "="));
    }
}
