package ensure_ready.manifests;

import java.util.Map;

/** Filling names into patterns; what is not known stays as it stands. */
public final class Placeholders {
    public static String fill(String pattern, Map<String, String> values, String open) {
        for (var e : values.entrySet()) {
            pattern = pattern.replace(open + e.getKey() + "}", e.getValue());
        }
        return pattern;
    }
}
