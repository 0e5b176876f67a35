package ensure_ready.diagnosis;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import ensure_ready.model.Snapshot;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
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
import shared.Json;

/**
 * Keeps secrets out of every text that leaves the process: values that are known, in the forms in which they travel, and shapes that only
 * secrets have. Hosts, ports and names of objects survive, or the diagnosis is useless. Redact before anything is cut.
 */
public final class Redaction {
    private static final int PREFIX = 6;
    private static final int SHORTEST = 6;
    private static final Set<String> WORDS =
        Set.of("password", "postgres", "postgresql", "default", "changeme", "localhost", "development", "production",
        "staging", "testing", "enabled", "disabled", "username",
        "secret", "public", "private", "service", "cluster", "database", "mongodb",
            "rabbitmq", "undefined", "example", "secrets", "config", "server",
            "client", "container", "deployment", "status", "failed", "running",
        "ready", "message", "reason", "unknown", "warning", "string", "number",
            "object", "kubernetes", "namespace", "missing", "required", "mysql",
            "connection", "refused", "timeout", "address", "000000");
    private static final Pattern TOKEN_NAME =
        Pattern.compile("(?i).*(token|secret|passw|passphrase|credential|api_?key|private_?key|access_?key|_pat$|_auth$|_key$|_dsn$).*");
    private static final Pattern SECRET_LINE =
        Pattern.compile("(?i)^[\\s\"'-]*[\\w.-]*(?:password|passwd|pwd|secret|token|key|credential|auth)[\\w.-]*[\"']?\\s*[:=]\\s*[\"']?(.+?)[\"',]*$");
    private static final Pattern USERINFO = Pattern.compile("://([^/\\s:@]*):([^@\\s]+)@");
    private static final Pattern MARK = Pattern.compile("\\[(?:REDACTED:[^\\]\\s]*|WITHHELD)\\]");
    /** Group 1 (where there is one) is what is hidden, else all of it. */
    private static final List<Pattern> SHAPES = Stream.of(
        "-----BEGIN [A-Z0-9 ]+-----(?s:.*?)(?:-----END [A-Z0-9 ]+-----|\\z)",
            "\\beyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*)?",
            "\\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\\w{20,}|glpat-[\\w-]{16,})",
        "\\bsk-(?:ant-|proj-|live-|test-)?[A-Za-z0-9_-]{16,}", "\\b[rs]k_(?:live|test)_[A-Za-z0-9]{12,}", "\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b",
            "\\bxox[a-z]-[A-Za-z0-9-]{10,}", "\\bdckr_\\w{3,}[\\w=-]*", "\\bnpm_[A-Za-z0-9]{30,}", "\\bhf_[A-Za-z0-9]{20,}",
        "\\bAIza[0-9A-Za-z_-]{30,}", "\\bya29\\.[\\w-]{20,}", "\\bSG\\.[\\w-]{16,}\\.[\\w-]{16,}", "(?i)pull rate limit as '[^']*': (\\S+)",
            "(?i)pull rate limit as '([^']+)'",
        "(?i)\\b(?:bearer|basic|token)\\s+(?=[^\\s\"]*[0-9=+/])([A-Za-z0-9._~+/=-]{8,})", "://[^/\\s:@]*:([^@\\s/]+(?:/[^@\\s/]+)*)@",
            "://([A-Za-z0-9_-]{16,})@",
        "(?i)(?:[?&]|\\b)(?:access_token|id_token|refresh_token|sig|signature|x-amz-(?:signature|credential|security-token)|apikey|api_key)=([^&\\s\"']{4,})",
        "(?i)--?(?:password|passwd|token|secret|api-key|apikey)[= ]+[\"']?([^\\s\"']{3,})",
        "(?i)(?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|credentials?|private[_-]?key|access[_-]?key|secret[_-]?key|client[_-]?secret)[\\w-]*(?<!name|ref|file|path|url|uri|type|length|policy|[_-]id|class|count)(?:\\\\*[\"'])?\\s*[:=]\\s*"
            + "(?:\\\\*\"((?:[^\"\\\\]|\\\\[^\"])+)|'([^']+)'|(?!(?:forbidden|denied|unauthorized|refused|rejected|watch|read|was|were|has|have|with|for|from|found|exists|will|this|that|not|is|must|missing|required|null|none|nil|undefined|true|false|empty|invalid|expired|wrong|unset|no|cannot|failed|should|error|the|a|an|couldn|incorrect)\\b)([^\\s\"',;&\\\\}\\])]{3,}))")
        .map(Pattern::compile).toList();
    private static final Pattern DENSE = Pattern.compile("(?<![\\w+/=@:.-])[A-Za-z0-9+/_=-]{32,}(?![\\w+/=-])");
    private static final Pattern HARMLESS =
        Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{40}|[a-z0-9]+(-[a-z0-9]+)+|[A-Z0-9_]+|[A-Za-z]+([_/-][A-Za-z]+)*|\\d+");
    private static final Set<String> STRUCTURE =
        Set.of("fingerprint", "code", "family", "severity", "schemaVersion", "kind", "apiVersion", "outcome",
        "disposition", "state", "action", "scope", "firstSeen", "lastSeen", "basis", "source");

    /** What to look for under its first characters, longest first, and what to write instead. */
    private final Map<String, List<String>> forms = new HashMap<>();
    private final Map<String, String> marks = new HashMap<>();
    private final Set<String> keep;
    public int known;
    public int pattern;
    public int withheld;

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
            if (TOKEN_NAME.matcher(name).matches() && value.length() >= 8 && !value.startsWith("/") && !value.contains(" ")) {
                redaction.hide("[REDACTED:env/" + name + "]", name, value);
            }
        });
        redaction.forms.values()
            .forEach(list -> list.sort(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder())));
        return redaction;
    }

    /** Names of the objects, containers and namespace of a snapshot; those of Secrets too, which are not secret. */
    public static Set<String> names(Snapshot snapshot) {
        var names = new HashSet<>(Set.of(snapshot.namespace()));
        snapshot.objects().values().stream().flatMap(List::stream).filter(o -> !o.kind().equals("Event")).forEach(o -> {
            names.add(o.name());
            names.addAll(o.labels().values());
            Dependencies.template(o).path("spec").path("containers").forEach(c -> names.add(c.path("name").asText()));
        });
        snapshot.applied().forEach(a -> names.add(a.object().name()));
        return names;
    }

    private void hide(String mark, String key, String value) {
        var text = value.strip();
        var secret = USERINFO.matcher(text);
        if (secret.find()) {
            form(mark, secret.group(2), true); // the host behind it has to stay readable
            form(mark, decoded(secret.group(2)), true);
            return;
        }
        var address = key.matches("(?i)(.*[_.-])?(host(name)?|port|addr(ess)?|endpoint|server|url|uri)")
            && text.matches("([a-z]+://)?[A-Za-z0-9.-]+(:\\d+)?(/[\\w/.-]*)?");
        if (address || text.matches("\\d{1,5}")) {
            return;
        }
        if (text.startsWith("{")) {
            json(mark, text);
        }
        if (text.lines().count() > 1) {
            text.lines().map(String::strip).forEach(line -> line(mark, line));
        }
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
        } catch (JsonProcessingException e) {
            form(mark, text, false);
        }
    }

    private void leaves(String mark, String key, JsonNode node) {
        node.properties().forEach(e -> leaves(mark, e.getKey(), e.getValue()));
        if (node.isArray()) {
            node.forEach(n -> leaves(mark, key, n));
        }
        if (node.isTextual() && (TOKEN_NAME.matcher(key).matches() || key.matches("(?i)auth|.*key.*"))) {
            form(mark, node.asText(), false);
        }
    }

    /** The forms in which a value travels: as it is, in base64 (also in the middle of a longer text), in URLs, in JSON, in hex. */
    private void form(String mark, String value, boolean always) {
        var text = value.strip();
        if (text.length() < SHORTEST || !always && (WORDS.contains(text.toLowerCase(Locale.ROOT)) || keep.contains(text))
            || keep.contains(text)
            && WORDS.contains(text)) {
            return;
        }
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var all = new LinkedHashSet<>(List.of(text, escaped(text), URLEncoder.encode(text, StandardCharsets.UTF_8),
            URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20"),
            Base64.getEncoder().withoutPadding().encodeToString(bytes), Base64.getUrlEncoder().withoutPadding().encodeToString(bytes)));
        all.add(Base64.getEncoder().withoutPadding().encodeToString((text + "\n").getBytes(StandardCharsets.UTF_8)).replaceFirst(".$", ""));
        if (bytes.length >= 8) {
            all.add(HexFormat.of().formatHex(bytes));
            all.addAll(List.of(shifted(bytes, 0), shifted(bytes, 1), shifted(bytes, 2)));
        }
        all.stream().filter(f -> f.length() >= SHORTEST).forEach(f -> {
            if (marks.putIfAbsent(f, mark) == null) {
                forms.computeIfAbsent(f.substring(0, PREFIX), k -> new ArrayList<>()).add(f);
            }
        });
    }

    private static String escaped(String text) {
        try {
            var json = Json.MAPPER.writeValueAsString(text);
            return json.substring(1, json.length() - 1);
        } catch (JsonProcessingException e) {
            return text;
        }
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    /** The part of the value's base64 that is the same whatever stands before it, when it begins at this place of a group of three. */
    private static String shifted(byte[] value, int offset) {
        var padded = new byte[value.length + offset];
        System.arraycopy(value, 0, padded, offset, value.length);
        var text = Base64.getEncoder().withoutPadding().encodeToString(padded);
        return text.substring(offset == 0 ? 0 : offset + 1, text.length() - (padded.length % 3 == 0 ? 0 : 1));
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
        if (json.isTextual()) {
            return TextNode.valueOf(clean(json.asText()));
        }
        if (json instanceof ObjectNode object) {
            var copy = Json.MAPPER.createObjectNode();
            object.properties().forEach(e -> copy.set(e.getKey(), STRUCTURE.contains(e.getKey()) ? e.getValue() : clean(e.getValue())));
            return copy;
        }
        if (json.isArray()) {
            var copy = Json.MAPPER.createArrayNode();
            var lines = new ArrayList<String>();
            json.forEach(n -> lines.add(n.isTextual() && !n.asText().contains("\n") ? n.asText() : null));
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
        return !values(outside).equals(outside) || SHAPES.stream().limit(13).anyMatch(s -> s.matcher(outside).find());
    }

    /** Known values, also where line breaks and spaces were put into them. */
    private String values(String text) {
        var plain = replaced(text, IntStream.range(0, text.length()).toArray(), text);
        var places = IntStream.range(0, plain.length()).filter(i -> !Character.isWhitespace(plain.charAt(i))).toArray();
        if (places.length == plain.length() || plain.indexOf('\n') < 0) {
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
            if (match == null || packed && match.length() < 12 || places[i] < from) {
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
        while (start > 0 && name(text.charAt(start - 1))) {
            start--;
        }
        while (end < text.length() && name(text.charAt(end))) {
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
        var result = text;
        for (var shape : SHAPES) {
            var match = shape.matcher(result);
            var out = new StringBuilder();
            int from = 0;
            while (match.find()) {
                int group = IntStream.rangeClosed(1, match.groupCount()).filter(g -> match.group(g) != null).findFirst().orElse(0);
                var hidden = match.group(group);
                if (match.groupCount() > 0 && group == 0 || hidden.startsWith("[REDACTED")
                    || hidden.startsWith("REDACTED") || hidden.startsWith("$")
                    || hidden.startsWith("<") || keep.contains(hidden)) {
                    continue;
                }
                out.append(result, from, match.start(group)).append("[REDACTED:pattern]").append(hidden.replaceAll("[^\n]", ""));
                from = match.end(group);
                pattern++;
            }
            result = out.append(result.substring(from)).toString();
        }
        return result;
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
            return "[REDACTED:pattern]";
        });
    }

    private static boolean random(String word) {
        if (word.matches("[0-9a-fA-F]{32,}")) {
            return true;
        }
        var kinds = Stream.of("[a-z]", "[A-Z]", "[0-9]").filter(k -> Pattern.compile(k).matcher(word).find()).count();
        var longest = Stream.of(word.split("[/_-]")).mapToInt(String::length).max().orElse(0);
        return kinds == 3 && longest >= 20 && entropy(word) > 4.0;
    }

    private static double entropy(String word) {
        return word.chars().boxed().collect(Collectors.groupingBy(c -> c, Collectors.counting())).values().stream()
            .mapToDouble(n -> -n * Math.log((double) n / word.length()) / Math.log(2) / word.length()).sum();
    }
}
