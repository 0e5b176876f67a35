package prompt_run.verdict;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import prompt_run.text.ExactJson;
import shared.Json;
import shared.Texts;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What the agent says of itself in the JSON that ends its last message. What cannot be read is no status: {@code problem} says why,
 * and the rest is null.
 */
public record LastWords(String status, String summary, String blockedReason, String problem) {
    private static final List<String> KNOWN = List.of("done", "no_changes", "partial", "blocked");
    /** The last block, and nothing after it: one that stands earlier is part of what the agent reports. */
    private static final Pattern OPENING = Pattern.compile("(?m)^ {0,3}```json[ \\t]*$");
    private static final Pattern CLOSING = Pattern.compile("(?m)^ {0,3}```\\s*+\\z");

    public static LastWords of(String message) {
        int from = message == null ? -1 : OPENING.matcher(message).results().mapToInt(MatchResult::end).reduce(-1, (a, b) -> b);
        var closing = CLOSING.matcher(message == null ? "" : message);
        if (from < 0 || !closing.find(from)) {
            return unread("it does not end with a block of JSON");
        }
        try {
            return read(ExactJson.read(message.substring(from, closing.start())));
        } catch (JacksonException problem) {
            return unread("its JSON is not valid");
        }
    }

    private static LastWords read(JsonNode said) {
        var status = Json.text(said, "status");
        return !said.isObject() ? unread("its JSON is not one object")
            : !KNOWN.contains(status) ? unread("its JSON has no status that is known: " + String.join(", ", KNOWN))
            : new LastWords(status, text(said, "summary"), text(said, "blocked_reason"), null);
    }

    private static LastWords unread(String why) {
        return new LastWords(null, null, null, why);
    }

    private static String text(JsonNode said, String field) {
        var text = Texts.line(said.path(field).asString(""));
        return text.isEmpty() ? null : text;
    }

    boolean is(String word) {
        return word.equals(status);
    }

    /** What a person reads first. */
    String why(String otherwise) {
        return blockedReason != null ? blockedReason : summary != null ? summary : otherwise;
    }
}
