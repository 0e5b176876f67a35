package prompt_run.text;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import prompt_run.options.Env;
import shared.Disguises;
import shared.SecretShapes;

/** Masks secrets: the values of variables named like one (or named by the caller), and what looks like one. */
public final class Redactor {
    /** The least length of a value that is masked; what the caller names himself may be shorter. */
    private static final int NAMED = 6;
    private static final int LIKE_A_SECRET = 8;
    private static final int WRAPPED = 12;

    private final Map<String, String> values = new LinkedHashMap<>();

    public Redactor(Env env, List<String> named) {
        var found = new LinkedHashMap<String, String>();
        env.values().forEach((name, value) -> forms(value).filter(form -> form.length() >= least(name, value, named))
            .forEach(form -> found.putIfAbsent(form, "[REDACTED:" + name + "]")));
        found.keySet().stream().sorted(Comparator.comparingInt(String::length).reversed().thenComparing(form -> form))
            .forEach(form -> values.put(form, found.get(form)));
    }

    private static int least(String name, String value, List<String> named) {
        boolean word = SecretShapes.WORDS.contains(value.strip().toLowerCase(Locale.ROOT));
        return named.contains(name) ? NAMED : SecretShapes.NAME.matcher(name).matches() && !word ? LIKE_A_SECRET : Integer.MAX_VALUE;
    }

    /** The value's disguises and those of each of its lines: a key that is printed line by line is masked too. */
    private static Stream<String> forms(String value) {
        return Stream.concat(Stream.of(value), value.lines()).map(Disguises::of).flatMap(Set::stream);
    }

    public String mask(String text) {
        return SecretShapes.hidden(maskKnown(text), "[REDACTED]", hidden -> false);
    }

    /** Only the values of this run: for texts in which a shape may be meant as it stands. */
    public String maskKnown(String text) {
        var masked = text;
        for (var value : values.entrySet()) {
            masked = masked.replace(value.getKey(), value.getValue());
        }
        return masked.indexOf('\n') < 0 ? masked : unwrapped(masked);
    }

    /** Values that were wrapped over lines; shorter ones would be met by accident. Line ends stay. */
    private String unwrapped(String text) {
        var packed = text.replaceAll("\\s+", "");
        var masked = text;
        for (var value : values.entrySet()) {
            var form = value.getKey().replaceAll("\\s+", "");
            if (form.length() >= WRAPPED && packed.contains(form)) {
                var wrapped = form.codePoints().mapToObj(c -> Pattern.quote(Character.toString(c))).collect(Collectors.joining("\\s*"));
                masked = Pattern.compile(wrapped).matcher(masked)
                    .replaceAll(m -> Matcher.quoteReplacement(value.getValue() + m.group().replaceAll("[^\n]", "")));
            }
        }
        return masked;
    }
}
