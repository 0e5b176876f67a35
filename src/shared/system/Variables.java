package shared.system;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import shared.Vars;

/** Template variables as a command line gives them: {@code --var-file}, then {@code --vars}; what comes later wins. */
public final class Variables {
    /** Throws {@link IllegalArgumentException}; its message is one line that names the option. */
    public static Map<String, Object> read(List<Path> files, List<String> lists) {
        var all = new LinkedHashMap<String, Object>();
        files.forEach(file -> all.putAll(named("--var-file " + file + ": ", () -> Vars.ofFile(file.toString(), TextFile.read(file)))));
        lists.forEach(list -> all.putAll(named("--vars: ", () -> Vars.ofList(list))));
        return all;
    }

    /** What is wrong with the value is told with the option before it. */
    public static <T> T named(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + e.getMessage(), e);
        }
    }
}
