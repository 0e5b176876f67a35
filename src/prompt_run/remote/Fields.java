package prompt_run.remote;

import java.util.LinkedHashMap;
import java.util.Map;

/** The {@code key=value} lines that the shell programs print. */
public final class Fields {
    public static Map<String, String> of(String text) {
        var fields = new LinkedHashMap<String, String>();
        text.lines().filter(line -> line.indexOf('=') > 0)
            .forEach(line -> fields.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        return fields;
    }
}
