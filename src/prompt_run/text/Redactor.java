package prompt_run.text;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import prompt_run.command.Env;
import shared.Json;

/** Masks secrets: the values of variables named like one (or named by the caller), and the shapes of well-known tokens. */
public final class Redactor {
    private static final Pattern SECRET_NAME =
        Pattern.compile("(?i).*(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIAL).*|.*_PAT");
    private static final Pattern SHAPES = Pattern.compile(String.join("|",
        "-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
        "\\bgh[pousr]_[A-Za-z0-9]{20,}", "\\bgithub_pat_[A-Za-z0-9_]{20,}", "\\bglpat-[A-Za-z0-9_-]{20,}", "\\bsk-[A-Za-z0-9_-]{20,}",
        "\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b", "\\bxox[abeoprs]-[A-Za-z0-9-]{10,}",
            "\\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}", "\\bnpm_[A-Za-z0-9]{36}",
        "\\bhf_[A-Za-z0-9]{30,}", "\\bAIza[0-9A-Za-z_-]{35}", "\\beyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*",
        "(?i:(?<=\\bbearer )|(?<=\\bbasic ))[A-Za-z0-9._~+/-]{16,}=*", "(?<=://)[^\\s/@:]{1,100}:[^\\s/@]{1,200}(?=@)",
        "(?i:(?<=client-key-data: )|(?<=client-certificate-data: )|(?<=\\btoken: ))[A-Za-z0-9+/=._-]{32,}",
        "(?i)(?<=\\b(?:password|passwd|api[_-]?key|client_secret|access_token)\\b[\"']?\\s{0,3}[:=]\\s{0,3}[\"']?)(?![\\s$<{\\[\"'*])[^\\s\"',;&]{4,200}"));

    /** Weak passwords that are names of things too: masking them would hide {@code postgres:5432} and protect nobody. */
    private static final Set<String> WORDS =
        Set.of("postgres", "postgresql", "rabbitmq", "mongodb", "mariadb", "minioadmin", "elasticsearch", "password",
        "changeme", "development", "production", "localhost", "username", "database",
            "internal", "disabled", "required", "undefined", "kubernetes",
        "namespace", "anonymous");

    private final Map<String, String> values = new LinkedHashMap<>();

    public Redactor(Env env, List<String> named) {
        Map<String, String> found = new LinkedHashMap<>();
        env.values().forEach((name, value) -> {
            boolean secret = SECRET_NAME.matcher(name).matches() && !WORDS.contains(value.strip().toLowerCase(Locale.ROOT));
            int least = named.contains(name) ? 6 : secret ? 8 : Integer.MAX_VALUE;
            forms(value).stream().filter(form -> form.length() >= least)
                .forEach(form -> found.putIfAbsent(form, "[REDACTED:" + name + "]"));
        });
        found.keySet().stream().sorted(Comparator.comparingInt(String::length).reversed().thenComparing(form -> form))
            .forEach(form -> values.put(form, found.get(form)));
    }

    /** The value and its disguises: every line of it, base64, URL and JSON form. */
    private static Set<String> forms(String value) {
        Set<String> forms = new LinkedHashSet<>(List.of(value, value.strip()));
        value.lines().map(String::strip).forEach(forms::add);
        for (int shift = 0; shift < 3; shift++) {
            forms.add(base64(Base64.getEncoder(), value.strip(), shift));
            forms.add(base64(Base64.getUrlEncoder(), value.strip(), shift));
        }
        forms.add(URLEncoder.encode(value.strip(), StandardCharsets.UTF_8));
        forms.add(URLEncoder.encode(value.strip(), StandardCharsets.UTF_8).replace("+", "%20"));
        String json = Json.MAPPER.getNodeFactory().textNode(value).toString();
        forms.add(json.substring(1, json.length() - 1));
        forms.removeIf(String::isBlank);
        return forms;
    }

    /** As it looks inside a longer text, such as {@code user:value}: without the characters that depend on what stands around it. */
    private static String base64(Base64.Encoder encoder, String value, int shift) {
        byte[] bytes = (" ".repeat(shift) + value).getBytes(StandardCharsets.UTF_8);
        String encoded = encoder.withoutPadding().encodeToString(bytes);
        int from = shift == 0 ? 0 : shift + 1;
        int to = encoded.length() - (bytes.length % 3 == 0 ? 0 : 1);
        return from < to ? encoded.substring(from, to) : "";
    }

    public String mask(String text) {
        return SHAPES.matcher(maskKnown(text)).replaceAll("[REDACTED]");
    }

    /** Only the values of this run: for texts in which a shape may be meant as it stands. */
    public String maskKnown(String text) {
        String masked = text;
        for (Map.Entry<String, String> value : values.entrySet()) {
            masked = masked.replace(value.getKey(), value.getValue());
        }
        return masked;
    }
}
