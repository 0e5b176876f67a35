package shared;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/**
 * Keeps secrets out of every text that leaves the process: values that are known, in the forms in which they travel, and shapes that only
 * secrets have. Hosts, ports and names of objects survive, or the diagnosis is useless. Redact before anything is cut.
 */
public final class Redaction {
    private static final String PATTERN_MARK = "[REDACTED:pattern]";
    private static final int PREFIX = 6;
    private static final int SHORTEST = 6;
    private static final int LONGEST_NAME = 253;
    private static final Pattern SECRET_LINE =
        Pattern.compile("(?i)^[\\s\"'-]*+[\\w.-]{0,80}(?:password|passwd|pwd|secret|token|key|credential|auth)[\\w.-]{0,80}[\"']?"
            + "\\s*[:=]\\s*[\"']?(.+?)[\"',]*$");
    private static final Pattern USERINFO = Pattern.compile("://([^/\\s:@]*):([^@\\s]+)@");
    private static final Pattern ADDRESS = Pattern.compile("(?i)[a-z][a-z0-9+.:-]*://\\S+");
    private static final Pattern MARK = Pattern.compile("\\[(?:REDACTED:[^\\]\\s]*|WITHHELD)\\]");
    private static final Pattern DENSE = Pattern.compile("(?<![\\w+/=@:.-])[A-Za-z0-9+/_=-]{32,}(?![\\w+/=-])");
    private static final Pattern HARMLESS =
        Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{40}|[a-z0-9]++(-[a-z0-9]++)++"
            + "|[A-Z0-9_]+|[A-Za-z]++([_/-][A-Za-z]++)*+|\\d+");
    private static final Set<String> STRUCTURE =
        Set.of("fingerprint", "code", "family", "severity", "schemaVersion", "kind", "apiVersion", "outcome",
        "disposition", "state", "action", "scope", "firstSeen", "lastSeen", "basis", "source");

    /** What to look for under its first characters, longest first, and what to write instead. */
    private final Map<String, List<String>> forms = new HashMap<>();
    private final Map<String, String> marks = new HashMap<>();
    private final Set<String> keep;
    private int known;
    private int pattern;
    private int withheld;

    private Redaction(Set<String> keep) {
        this.keep = keep;
    }

    /**
     * {@code secrets}: values by {@code name#key}; {@code environment}: the caller's variables, of which those that are called like secrets
     * are hidden.
     */
    public static Redaction of(Map<String, String> secrets, Map<String, String> environment) {
        return of(secrets, environment, Set.of());
    }

    /** {@code keep}: hosts, ports and names that must stay readable though a Secret holds them too. */
    public static Redaction of(Map<String, String> secrets, Map<String, String> environment, Set<String> keep) {
        var redaction = new Redaction(keep);
        new TreeMap<>(secrets).forEach((name, value) -> redaction.hide("[REDACTED:secret/" + name.replaceAll("[\\s\\]]", "") + "]",
            name.substring(name.indexOf('#') + 1), value));
        new TreeMap<>(environment).forEach((name, value) -> {
            if (SecretShapes.NAME.matcher(name).matches() && value.length() >= 8 && !value.startsWith("/") && !value.contains(" ")) {
                redaction.hide("[REDACTED:env/" + name + "]", name, value);
            }
        });
        redaction.forms.values()
            .forEach(list -> list.sort(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder())));
        return redaction;
    }

    private void hide(String mark, String key, String value) {
        var text = value.strip();
        var passwords = USERINFO.matcher(text).results().map(m -> m.group(2)).toList();
        passwords.forEach(password -> form(mark, password, true));
        if (!passwords.isEmpty() && ADDRESS.matcher(text).matches()) {
            return; // the host behind the password has to stay readable
        }
        var address = key.matches("(?i)(.*[_.-])?(host(name)?|port|addr(ess)?|endpoint|server|url|uri)")
            && text.matches("([a-z]+://)?[A-Za-z0-9.-]+(:\\d+)?(/[\\w/.-]*)?");
        if (address || text.matches("\\d{1,5}")) {
            return;
        }
        if (text.startsWith("{")) {
            json(mark, text);
        }
        text.lines().map(String::strip).forEach(line -> line(mark, line));
        form(mark, text, false);
    }

    private void line(String mark, String line) {
        var setting = SECRET_LINE.matcher(line);
        if (setting.matches()) {
            form(mark, setting.group(1).strip(), false);
        } else if (line.length() >= 16 && !line.contains(" ") && !line.startsWith("-----") && !line.matches("[\\w.-]+[:=]\\S*")) {
            form(mark, line, false);
        }
    }

    private void json(String mark, String text) {
        try {
            leaves(mark, "", Json.MAPPER.readTree(text));
        } catch (JacksonException e) {
            return; // no JSON: the whole of it is hidden all the same
        }
    }

    private void leaves(String mark, String key, JsonNode node) {
        node.properties().forEach(e -> leaves(mark, e.getKey(), e.getValue()));
        if (node.isArray()) {
            node.forEach(n -> leaves(mark, key, n));
        }
        if (SecretShapes.NAME.matcher(key).matches() || key.matches("(?i)auth|.*key.*")) {
            form(mark, node.asString(""), false);
        }
    }

    private void form(String mark, String value, boolean always) {
        var text = value.strip();
        var word = SecretShapes.WORDS.contains(text.toLowerCase(Locale.ROOT));
        if (text.length() < SHORTEST || keep.contains(text) && (!always || word) || word && !always) {
            return;
        }
        Disguises.of(text).stream().filter(f -> f.length() >= SHORTEST).forEach(f -> {
            if (marks.putIfAbsent(f, mark) == null) {
                forms.computeIfAbsent(f.substring(0, PREFIX), k -> new ArrayList<>()).add(f);
            }
        });
    }

    public int known() {
        return known;
    }

    public int pattern() {
        return pattern;
    }

    public int withheld() {
        return withheld;
    }

    /** The same text without secrets; line ends stay where they are. A text in which one is found again afterwards is withheld whole. */
    public String clean(String text) {
        if (text == null || text.length() < SHORTEST) {
            return text;
        }
        var clean = dense(shapes(values(text)));
        if (!clean.equals(text) && hit(clean)) {
            withheld++;
            return "[WITHHELD]";
        }
        return clean;
    }

    /** Every text of the tree, names of members excepted; lines of an array are read together, since a secret may run over them. */
    public JsonNode clean(JsonNode json) {
        if (json.isString()) {
            return StringNode.valueOf(clean(json.asString("")));
        }
        if (json instanceof ObjectNode object) {
            var copy = Json.MAPPER.createObjectNode();
            object.properties().forEach(e -> copy.set(e.getKey(), STRUCTURE.contains(e.getKey()) ? e.getValue() : clean(e.getValue())));
            return copy;
        }
        if (json.isArray()) {
            var copy = Json.MAPPER.createArrayNode();
            var lines = new ArrayList<String>();
            json.forEach(n -> lines.add(n.isString() && !n.asString("").contains("\n") ? n.asString("") : null));
            if (lines.size() > 1 && !lines.contains(null)) {
                Stream.of(clean(String.join("\n", lines)).split("\n", -1)).forEach(copy::add);
            } else {
                json.forEach(n -> copy.add(clean(n)));
            }
            return copy;
        }
        return json;
    }

    private boolean hit(String text) {
        var outside = MARK.matcher(text).replaceAll("\u0000");
        return !values(outside).equals(outside);
    }

    /** Known values, also where line breaks and spaces were put into them. */
    private String values(String text) {
        var plain = replaced(text, IntStream.range(0, text.length()).toArray(), text);
        var places = IntStream.range(0, plain.length()).filter(i -> !Character.isWhitespace(plain.charAt(i))).toArray();
        if (plain.indexOf('\n') < 0) {
            return plain;
        }
        var packed = new StringBuilder(places.length);
        IntStream.of(places).forEach(i -> packed.append(plain.charAt(i)));
        return replaced(packed.toString(), places, plain);
    }

    /** Replaces in {@code original} what is found in {@code text}, whose characters stand at {@code places} of it. */
    private String replaced(String text, int[] places, String original) {
        var packed = text.length() != original.length();
        var out = new StringBuilder();
        int from = 0;
        for (int i = 0; i + PREFIX <= text.length(); i++) {
            var match = match(text, i);
            if (match == null || packed && match.length() < 12) {
                continue;
            }
            var end = places[i + match.length() - 1] + 1;
            out.append(original, from, places[i]).append(marks.get(match))
                .append(original.substring(places[i], end).replaceAll("[^\n]", ""));
            from = end;
            known++;
            i += match.length() - 1;
        }
        return out.append(original.substring(from)).toString();
    }

    private String match(String text, int at) {
        for (var form : forms.getOrDefault(text.substring(at, at + PREFIX), List.of())) {
            if (text.startsWith(form, at) && !insideName(text, at, at + form.length())) {
                return form;
            }
        }
        return null;
    }

    /** A short word that is a piece of a longer name is that name, not the secret. */
    private boolean insideName(String text, int from, int to) {
        int start = from;
        int end = to;
        while (start > 0 && from - start < LONGEST_NAME && name(text.charAt(start - 1))) {
            start--;
        }
        while (end < text.length() && end - to < LONGEST_NAME && name(text.charAt(end))) {
            end++;
        }
        var word = text.substring(start, end);
        return (start < from || end > to)
            && (keep.contains(word) || to - from < 12 && text.substring(from, to).chars().allMatch(Character::isLowerCase));
    }

    private static boolean name(char c) {
        return Character.isLetterOrDigit(c) || c == '-' || c == '.';
    }

    private String shapes(String text) {
        var result = SecretShapes.hidden(text, PATTERN_MARK, keep::contains);
        pattern += count(result) - count(text);
        return result;
    }

    private static int count(String text) {
        return text.split(Pattern.quote(PATTERN_MARK), -1).length;
    }

    /** Long texts that look random; digests, ids and names of pods do too, and are told by their form. */
    private String dense(String text) {
        return DENSE.matcher(text).replaceAll(m -> {
            var word = m.group();
            var digest = text.substring(Math.max(0, m.start() - 10), m.start()).matches("(?s).*(sha256|sha512|://)$");
            if (HARMLESS.matcher(word).matches() || keep.contains(word) || digest || !random(word)) {
                return Matcher.quoteReplacement(word);
            }
            pattern++;
            return PATTERN_MARK;
        });
    }

    private static boolean random(String word) {
        if (word.matches("[0-9a-fA-F]{32,}")) {
            return true;
        }
        return Stream.of(word.split("[/_-]")).anyMatch(part -> part.length() >= 20 && mixed(part)) && entropy(word) > 4.0;
    }

    private static boolean mixed(String part) {
        return Stream.of("[a-z]", "[A-Z]", "[0-9]").allMatch(k -> Pattern.compile(k).matcher(part).find());
    }

    private static double entropy(String word) {
        return word.chars().boxed().collect(Collectors.groupingBy(c -> c, Collectors.counting())).values().stream()
            .mapToDouble(n -> -n * Math.log((double) n / word.length()) / Math.log(2) / word.length()).sum();
    }
}
