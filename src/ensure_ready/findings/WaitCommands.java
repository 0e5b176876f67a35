package ensure_ready.findings;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** What a container's command waits for: the usual ways to write "until the database is there". */
public final class WaitCommands {
    private static final String HOST = "([A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9])?)";
    private static final String PORT = "(\\d{1,5})";
    private static final String MAYBE_PORT = "(?::" + PORT + ")?";
    private static final String HOST_OPTION = "\\b[^;&|]*?(?:-h|--host)[= ]*" + HOST;
    private static final List<Pattern> COMMANDS = Stream.of(
        "\\bnc\\s+(?:-\\S+\\s+(?:\\d+\\s+)?)*" + HOST + "\\s+" + PORT,
        "\\bnc\\s+(?:-\\S+\\s+)*" + HOST + ":" + PORT,
        "/dev/tcp/" + HOST + "/" + PORT,
        "\\bpg_isready" + HOST_OPTION + portOption("-p"),
        "\\bmysqladmin" + HOST_OPTION + portOption("-P"),
        "\\b(?:mysql|psql|mongosh?|redis-cli|valkey-cli)" + HOST_OPTION + portOption("-[pP]"),
        "\\b(?:nslookup|getent\\s+hosts|dig(?:\\s+\\+\\S+)*|host|ping(?:\\s+-\\S+(?:\\s+\\d+)?)*)\\s+" + HOST + "()",
        "\\bwait-for(?:-it)?(?:\\.sh)?\\s+(?:-\\S+\\s+)*" + HOST + ":" + PORT,
        "-wait\\s+(?:tcp|http|https|tcp4|tcp6)://" + HOST + MAYBE_PORT,
        "\\b(?:curl|wget)\\b[^;&|]*?(?:https?://)" + HOST + MAYBE_PORT,
        "\\b(?:curl|wget)\\b(?:\\s+-\\S+)*\\s+" + HOST + ":" + PORT,
        "\\b(?:mongodb|postgres(?:ql)?|redis|amqp|mysql)://(?:[^@/\\s]*@)?" + HOST + MAYBE_PORT).map(Pattern::compile).toList();
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)(?::-[^}]*)?\\}|\\((\\w+)\\)|(\\w+))");

    private static String portOption(String option) {
        return "(?:[^;&|]*?(?:" + option + "|--port)[= ]*" + PORT + ")?";
    }

    public static List<Address> targets(JsonNode container) {
        var line = expanded(container);
        var found = new LinkedHashSet<Address>();
        for (var command : COMMANDS) {
            var match = command.matcher(line);
            while (match.find()) {
                var host = match.group(1);
                if (host != null && !host.isEmpty() && !host.matches("localhost|127\\.0\\.0\\.1|\\d+")) {
                    found.add(new Address(host, match.group(2) == null ? "" : match.group(2)));
                }
            }
        }
        return found.stream()
            .filter(t -> !t.port().isEmpty() || found.stream().noneMatch(o -> o.host().equals(t.host()) && !o.port().isEmpty())).toList();
    }

    /** Command and arguments with the container's own variables filled in. */
    private static String expanded(JsonNode container) {
        var env = new HashMap<String, String>();
        container.path("env").forEach(e -> env.put(Json.text(e, "name"), Json.text(e, "value")));
        return VARIABLE.matcher(words(container)).replaceAll(m -> Matcher.quoteReplacement(env.getOrDefault(
            m.group(1) != null ? m.group(1) : m.group(2) != null ? m.group(2) : m.group(3), m.group())));
    }

    /** Command and arguments as one text. */
    public static String words(JsonNode container) {
        return Stream.of("command", "args").flatMap(list -> container.path(list).valueStream()).map(word -> word.asString("") + " ")
            .collect(Collectors.joining());
    }
}
