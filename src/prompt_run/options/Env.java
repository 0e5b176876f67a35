package prompt_run.options;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.stream.Stream;
import shared.Texts;

/** The environment: a variable that is blank counts as not set. {@code picked}: a value to the variable that it was taken from. */
public record Env(Map<String, String> values, Map<String, String> picked) {
    public Env(Map<String, String> values) {
        this(values, new HashMap<>());
    }

    public String get(String name) {
        String value = values.get(name);
        return value == null || value.isBlank() ? null : value;
    }

    /** The option if it is given and not blank, else the first variable that is set, else null. */
    public String pick(String option, String... twins) {
        if (option != null && !option.isBlank()) {
            return option;
        }
        var set = Stream.of(twins).filter(name -> get(name) != null).findFirst();
        set.ifPresent(name -> picked.put(Texts.oneLine(get(name)), name));
        return set.map(this::get).orElse(null);
    }

    /** What is said of an option's value, said of the variable that the value came from. */
    public String named(String message) {
        for (var from : picked.entrySet()) {
            if (message.matches("(?s)--[a-z-]+ \\Q" + from.getKey().replace("\\E", "") + "\\E: .*")) {
                return message.replaceFirst("--[a-z-]+", Matcher.quoteReplacement(from.getValue()));
            }
        }
        return message;
    }
}
