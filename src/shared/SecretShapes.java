package shared;

import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** What secrets look like and what they are called: the one table of it. */
public final class SecretShapes {
    /** Names of variables and keys that hold secrets. */
    public static final Pattern NAME = Pattern.compile("(?i).*(token|secret|passw|passphrase|credential|api_?key|private_?key|access_?key"
        + "|_pat$|_auth$|_key$|_dsn$).*");

    /** Weak passwords that are names of things too: masking them would hide {@code postgres:5432} and protect nobody. */
    public static final Set<String> WORDS = Set.of("password", "postgres", "postgresql", "default", "changeme", "localhost", "development",
        "production", "staging", "testing", "enabled", "disabled", "username", "secret", "public", "private", "service", "cluster",
        "database", "mongodb", "mariadb", "rabbitmq", "minioadmin", "elasticsearch", "undefined", "example", "secrets", "config", "server",
        "client", "container", "deployment", "status", "failed", "running", "ready", "message", "reason", "unknown", "warning", "string",
        "number", "object", "kubernetes", "namespace", "missing", "required", "mysql", "connection", "refused", "timeout", "address",
        "internal", "anonymous", "000000");

    // A log may have a line of a megabyte that was written to stop this: no repeated group gives back, no name is of any length.
    /** Tokens that are told by their form alone. Group 1 (where there is one) is what is hidden, else all of it. */
    private static final List<Pattern> TOKENS = compiled(
        "-----BEGIN [A-Z0-9 ]+-----(?s:.*?)(?:-----END [A-Z0-9 ]+-----|\\z)",
        "\\beyJ(?:(?!-eyJ)[A-Za-z0-9_-]){8,500}+\\.[A-Za-z0-9_-]{8,}+(?:\\.[A-Za-z0-9_-]*+)*+",
        "\\bLS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,}",
        "\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b",
        "\\b(?:dapi[0-9a-f]|(?:gh[pousr]|npm|hf|lin_api|whsec|glsa|rubygems|dop_v1|shp[a-z]{2}|[rs]k_(?:live|test))_|AGE-SECRET-KEY-)"
            + "[A-Za-z0-9]{12,}",
        "\\b(?:github_pat_|gl(?:pat|[cd]t|rt|cbt|ptt|ft|soat)-|sk-|xapp-|dckr_\\w|pypi-AgE|AIza|ya29\\.|GOCSPX-|ATATT3|hv[bsr]\\."
            + "|SG\\.[\\w-]{16,}\\.|\\w{3}[78]Q~)[\\w=~-]{16,}",
        "\\bxox[a-z]-[A-Za-z0-9-]{10,}");

    private static final String SECRET_OPTION = "(?:password|passwd|token|secret|api-key|apikey)";
    private static final String SECRET_PARAMETER = "(?:access_token|id_token|refresh_token|sig|signature|apikey|api_key"
        + "|x-amz-(?:signature|credential|security-token))";
    private static final String SECRET_SETTING = "(?:password|passwd|passphrase|pwd|secret|token|credentials?|_pass(?=\\W)"
        + "|(?:api|private|access|account|secret)[_-]?key|client[_-]?secret)[\\w-]{0,40}+"
        + "(?<!name|ref|file|path|url|uri|type|length|policy|[_-]id|class|count)";
    /** What follows {@code password:} in prose: a verb, an article, a word for "there is none". */
    private static final String PROSE = "(?:forbidden|denied|unauthorized|refused|rejected|watch|read|was|were|has|have|with|for|from"
        + "|found|exists|will|this|that|not|is|must|missing|required|null|none|nil|undefined|true|false|yes|empty|invalid|expired|wrong"
        + "|unset|no|cannot|failed|should|error|the|a|an|couldn|incorrect|check|unexpected|unable|could"
        + "|[1-5]\\d\\d(?=\\s|$))\\b(?!-)|[a-z]{2,12}[ ,]+(?:and|or|the|on|in|of|user|both)\\b";

    /** Tokens told by what stands before them. */
    private static final List<Pattern> SETTINGS = compiled(
        "(?i)pull rate limit as '[^']*': (\\S+)",
        "(?i)pull rate limit as '([^']+)'",
        "(?i)\\b(?:bearer|basic|token)\\s+(?=[^\\s\"]*[0-9=+/])([A-Za-z0-9._~+/=-]{8,})",
        "://[^/\\s:@]*:([^@\\s/]++(?:/[^@\\s/]++)*+)@",
        "://([A-Za-z0-9_-]{16,})@",
        "(?:hooks\\.slack\\.com/services/|/api/webhooks/\\d{1,20}/|/bot\\d{1,20}:)([\\w/-]{20,})",
        "(?i)\\bmachine\\s+\\S{1,255}\\s+login\\s+\\S{1,255}\\s+password\\s+(\\S+)",
        "\\bcurl\\b[^|;\\n]{0,200}?\\s-(?:u|-user)[ =]?[\"']?[^\\s:\"']{1,99}:([^\\s\"']{3,})",
        "(?i)\\bcookie:[ \\t]*([^\\n]{8,})",
        "(?<![A-Za-z])auth(?:\\\\*\")?\\s*[:=]\\s*(?:\\\\*\")?(?=[^A-Z\\n]{0,99}[A-Z])([A-Za-z0-9+/]{12,}={1,2})",
        "(?i)\\bname(?:\\\\*\")?[:=]\\s*(?:\\\\*\")?[\\w.-]{0,80}?" + SECRET_SETTING + "(?:\\\\*\")?,?\\s*\\\\*\"?value(?:\\\\*\")?[:=]\\s*"
            + "(?:\\\\*[\"'])?([^\\s\"',}\\\\]{3,})",
        "(?i)(?:[?&]|\\b)" + SECRET_PARAMETER + "=([^&\\s\"']{4,})",
        "(?i)(?<![\\w-])--?" + SECRET_OPTION + "[= ]+[\"']?([^\\s\"']{3,})",
        "(?i)" + SECRET_SETTING + "(?:\\\\*[\"'])?\\s*[:=]\\s*"
            + "(?:\\\\*\"((?:[^\"\\\\]|\\\\[^\"])++)|'([^']+)'|(?!" + PROSE + ")([^\\s\"',;&\\\\}\\])]{3,}))");

    private static List<Pattern> compiled(String... patterns) {
        return Stream.of(patterns).map(Pattern::compile).toList();
    }

    /** The text with {@code mark} in place of every token and secret setting, but for what {@code keep} wants; line ends stay. */
    public static String hidden(String text, String mark, Predicate<String> keep) {
        return replaced(SETTINGS, hiddenTokens(text, mark, keep), mark, keep);
    }

    /** As {@link #hidden}, for texts in which a setting is meant as it stands: only what is told by its form alone. */
    public static String hiddenTokens(String text, String mark, Predicate<String> keep) {
        return replaced(TOKENS, text, mark, keep);
    }

    private static String replaced(List<Pattern> shapes, String text, String mark, Predicate<String> keep) {
        var result = text;
        for (var shape : shapes) {
            result = shape.matcher(result).replaceAll(match -> Matcher.quoteReplacement(replaced(match, mark, keep)));
        }
        return result;
    }

    private static String replaced(MatchResult match, String mark, Predicate<String> keep) {
        int group = IntStream.rangeClosed(1, match.groupCount()).filter(g -> match.group(g) != null).findFirst().orElse(0);
        var hidden = match.group(group);
        if (match.groupCount() > 0 && group == 0 || placeholder(hidden) || keep.test(hidden)) {
            return match.group();
        }
        return match.group().substring(0, match.start(group) - match.start()) + mark + hidden.replaceAll("[^\n]", "")
            + match.group().substring(match.end(group) - match.start());
    }

    /** A mark of ours, or where a value would be filled in. */
    private static boolean placeholder(String hidden) {
        return Stream.of("[REDACTED", "REDACTED", "$", "<").anyMatch(hidden::startsWith);
    }
}
