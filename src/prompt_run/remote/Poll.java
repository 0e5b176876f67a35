package prompt_run.remote;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;
import shared.Texts;

/**
 * One answer from the agent's place: header lines, and as many bytes as the header promises, for a stream may end early and the exec
 * still say that all went well (kubernetes#124571). {@code tokens}: of the thread so far, or "".
 */
public record Poll(String state, int rc, String reason, String tokens, byte[] data) {
    private static final Pattern HEADER = Pattern.compile("\\Aagent-run\\n(.*?\\n)bytes=(\\d{1,9})\\n\\n", Pattern.DOTALL);

    /** Its header, and not a byte more or less than that promises. */
    public static boolean whole(Reply reply) {
        var text = new String(reply.out(), StandardCharsets.ISO_8859_1);
        var header = HEADER.matcher(text);
        return reply.ok() && header.find() && text.length() - header.end() == Integer.parseInt(header.group(2))
            && sound(Fields.of(header.group(1)));
    }

    /** An exit file counts only when it is whole. */
    private static boolean sound(Map<String, String> fields) {
        return !"exited".equals(fields.get("state")) || fields.getOrDefault("rc", "").matches("\\d{1,3}")
            && fields.containsKey("reason") && "yes".equals(fields.get("end"));
    }

    public static Poll parse(Reply reply) {
        var text = new String(reply.out(), StandardCharsets.ISO_8859_1);
        var header = HEADER.matcher(text);
        if (!header.find()) {
            throw new IllegalArgumentException("not an answer of the keeper: " + Texts.oneLine(text));
        }
        var fields = Fields.of(header.group(1));
        return new Poll(fields.get("state"), Integer.parseInt(fields.getOrDefault("rc", "-1")), fields.get("reason"),
            fields.getOrDefault("tokens", ""),
            text.substring(header.end()).getBytes(StandardCharsets.ISO_8859_1));
    }

    public String text() {
        return new String(data, StandardCharsets.UTF_8);
    }
}
