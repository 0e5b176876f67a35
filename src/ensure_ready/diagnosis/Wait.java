package ensure_ready.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What a container's command waits for: the usual ways to write "until the database is there". */
public final class Wait {
    private static final String HOST = "([A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9])?)";
    private static final List<Pattern> COMMANDS = Stream.of(
        "\\bnc\\s+(?:-\\S+\\s+(?:\\d+\\s+)?)*" + HOST + "\\s+(\\d{1,5})", "\\bnc\\s+(?:-\\S+\\s+)*" + HOST + ":(\\d{1,5})",
            "/dev/tcp/" + HOST + "/(\\d{1,5})",
        "\\bpg_isready\\b[^;&|]*?(?:-h|--host)[= ]*" + HOST + "(?:[^;&|]*?(?:-p|--port)[= ]*(\\d{1,5}))?",
            "\\bmysqladmin\\b[^;&|]*?(?:-h|--host)[= ]*"
            + HOST + "(?:[^;&|]*?(?:-P|--port)[= ]*(\\d{1,5}))?",
        "\\b(?:mysql|psql|mongosh?|redis-cli|valkey-cli)\\b[^;&|]*?(?:-h|--host)[= ]*"
            + HOST + "(?:[^;&|]*?(?:-[pP]|--port)[= ]*(\\d{1,5}))?",
        "\\b(?:nslookup|getent\\s+hosts|dig(?:\\s+\\+\\S+)*|host|ping(?:\\s+-\\S+(?:\\s+\\d+)?)*)\\s+" + HOST + "()",
            "\\bwait-for(?:-it)?(?:\\.sh)?\\s+(?:-\\S+\\s+)*" + HOST + ":(\\d{1,5})",
        "-wait\\s+(?:tcp|http|https|tcp4|tcp6)://" + HOST + "(?::(\\d{1,5}))?",
            "\\b(?:curl|wget)\\b[^;&|]*?(?:https?://)" + HOST + "(?::(\\d{1,5}))?",
        "\\b(?:curl|wget)\\b(?:\\s+-\\S+)*\\s+" + HOST + ":(\\d{1,5})",
            "\\b(?:mongodb|postgres(?:ql)?|redis|amqp|mysql)://(?:[^@/\\s]*@)?" + HOST
            + "(?::(\\d{1,5}))?").map(Pattern::compile).toList();
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)(?::-[^}]*)?\\}|\\((\\w+)\\)|(\\w+))");

    /** A host as written, and a port or an empty text. */
    record Target(String host, String port) {
        @Override
        public String toString() {
            return port.isEmpty() ? host : host + ":" + port;
        }
    }

    private Wait() { }

    static List<Target> targets(JsonNode container) {
        var text = new StringBuilder();
        container.path("command").forEach(c -> text.append(c.asText()).append(' '));
        container.path("args").forEach(a -> text.append(a.asText()).append(' '));
        var env = new HashMap<String, String>();
        container.path("env").forEach(e -> env.put(e.path("name").asText(), e.path("value").asText()));
        var line = VARIABLE.matcher(text)
            .replaceAll(m -> Matcher.quoteReplacement(env
            .getOrDefault(m.group(1) != null ? m.group(1) : m.group(2) != null ? m.group(2) : m.group(3),
            m.group())));
        var found = new LinkedHashSet<Target>();
        for (var command : COMMANDS) {
            var match = command.matcher(line);
            while (match.find()) {
                var port = match.group(2) == null ? "" : match.group(2);
                if (match.group(1) != null && !match.group(1).isEmpty() && !match.group(1).matches("localhost|127\\.0\\.0\\.1|\\d+")) {
                    found.add(new Target(match.group(1), port));
                }
            }
        }
        return found.stream()
            .filter(t -> !t.port().isEmpty() || found.stream().noneMatch(o -> o.host().equals(t.host()) && !o.port().isEmpty())).toList();
    }
}
