package prompt_run.options;

import java.util.Arrays;
import java.util.Map;

/** The environment: a variable that is blank counts as not set. */
public record Env(Map<String, String> values) {
    public String get(String name) {
        String value = values.get(name);
        return value == null || value.isBlank() ? null : value;
    }

    /** The option if it is given and not blank, else the first variable that is set, else null. */
    public String pick(String option, String... twins) {
        if (option != null && !option.isBlank()) {
            return option;
        }
        return Arrays.stream(twins).map(this::get).filter(v -> v != null).findFirst().orElse(null);
    }
}
