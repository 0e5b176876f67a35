package ensure_ready.manifests;

import java.util.Map;

/** Filling names into patterns; what is not known stays as it stands. */
public final class Placeholders {
    private Placeholders() { }

    public static String fill(String pattern, Map<String, String> values) {
        return fill(pattern, values, "${", "}");
    }

    public static String fill(String pattern, Map<String, String> values, String open, String close) {
        for (var e : values.entrySet()) {
            pattern = pattern.replace(open + e.getKey() + close, e.getValue());
        }
        return pattern;
    }
}
