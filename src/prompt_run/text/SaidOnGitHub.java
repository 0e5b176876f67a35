package prompt_run.text;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** GitHub's JSON of issues, comments, reviews and threads, read as what somebody said, and where. */
public final class SaidOnGitHub {
    public static Said said(String source, JsonNode node, String field) {
        return new Said(source, node.path("user").path("login").asString(null), node.path("author_association").asString(null),
            latest(node), node.path(field).asString(""));
    }

    public static Said comment(String what, Integer number, JsonNode comment) {
        return said(what + " " + number + " comment " + comment.path("id").asLong(0), comment, "body");
    }

    public static Said review(JsonNode review) {
        var state = Json.text(review, "state");
        var told = state.matches("[A-Za-z_]{1,30}") ? state.toLowerCase(Locale.ROOT) : "";
        return said(("review " + review.path("id").asLong(0) + " " + told).strip(), review, "body");
    }

    public static Said inThread(JsonNode comment) {
        return said("review thread " + thread(comment) + " comment " + comment.path("id").asLong(0) + place(comment), comment, "body");
    }

    static long thread(JsonNode comment) {
        return comment.path("in_reply_to_id").asLong(comment.path("id").asLong(0));
    }

    private static String place(JsonNode comment) {
        var path = Json.text(comment, "path");
        int line = comment.path("line").asInt(comment.path("original_line").asInt(0));
        return path.matches("[\\w./@+-]{1,200}") && !Injection.in(path.replaceAll("[-_./@+]+", " "))
            ? " at " + path + (line > 0 ? ":" + line : "") : "";
    }

    public static Instant latest(JsonNode node) {
        var time = Stream.of("updated_at", "submitted_at", "created_at").map(field -> node.path(field).asString(null))
            .filter(Objects::nonNull)
            .findFirst().orElse(null);
        try {
            return time == null ? null : Instant.parse(time);
        } catch (DateTimeParseException unreadable) {
            return null;
        }
    }
}
