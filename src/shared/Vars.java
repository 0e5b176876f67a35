package shared;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.JsonSchema;

/**
 * Template variables, from {@code --vars} and from files. A value prints as it was written, whichever way it was given:
 * {@code 1.10} stays {@code 1.10}. What cannot be read throws {@link IllegalArgumentException}, whose message is one line.
 */
public final class Vars {
    private static final Pattern NEXT_KEY = Pattern.compile(",(?=\\s*[A-Za-z_][\\w.-]*\\s*=)");
    private static final Pattern PAIR = Pattern.compile("\\s*(?:export\\s+)?([A-Za-z_][\\w.-]*)\\s*=(.*)", Pattern.DOTALL);

    /** {@code a=1,b=2}; a comma that no {@code key=} follows belongs to the value. */
    public static Map<String, Object> ofList(String list) {
        var vars = new LinkedHashMap<String, Object>();
        for (var part : NEXT_KEY.split(list)) {
            var pair = PAIR.matcher(part);
            if (!part.isBlank() && !pair.matches()) {
                throw new IllegalArgumentException("\"" + Texts.oneLine(part) + "\" is not KEY=VALUE; accepted: a=1,b=2");
            }
            if (!part.isBlank()) {
                vars.put(pair.group(1), pair.group(2));
            }
        }
        return vars;
    }

    /** A file's text: KEY=VALUE lines or a YAML mapping; {@code name} stands in what is said of a mistake. */
    public static Map<String, Object> ofFile(String name, String text) {
        var lines = text.lines().filter(l -> !l.isBlank() && !l.strip().startsWith("#")).map(PAIR::matcher).toList();
        if (!lines.stream().allMatch(Matcher::matches)) {
            return ofYaml(name, text);
        }
        var vars = new LinkedHashMap<String, Object>();
        lines.forEach(pair -> vars.put(pair.group(1), unquoted(pair.group(2).strip())));
        return vars;
    }

    private static Map<String, Object> ofYaml(String name, String text) {
        var settings = LoadSettings.builder().setLabel(name).setSchema(new AsWritten()).build();
        try {
            if (new Load(settings).loadFromString(text) instanceof Map<?, ?> mapping) {
                var vars = new LinkedHashMap<String, Object>();
                mapping.forEach((key, value) -> vars.put(String.valueOf(key), value));
                return vars;
            }
        } catch (MarkedYamlEngineException e) {
            throw unfit(e.getProblemMark().map(mark -> "line " + (mark.getLine() + 1) + ": ").orElse("") + Texts.oneLine(e.getProblem()));
        } catch (YamlEngineException e) {
            throw unfit(Texts.oneLine(e.getMessage()));
        }
        throw unfit("neither YAML mapping nor KEY=VALUE");
    }

    private static IllegalArgumentException unfit(String why) {
        return new IllegalArgumentException(why + "; accepted: a YAML mapping or KEY=VALUE lines");
    }

    private static String unquoted(String value) {
        return value.replaceAll("(?s)\\A([\"'])(.*)\\1\\z", "$2");
    }

    /** Numbers and booleans only where they print as they were written; all else is text. */
    private static final class AsWritten extends JsonSchema {
        @Override
        public ScalarResolver getScalarResolver() {
            return (text, plain) -> !plain ? Tag.STR : text.matches("true|false") ? Tag.BOOL
                : text.matches("0|-?[1-9][0-9]{0,17}") ? Tag.INT : Tag.STR;
        }
    }
}
