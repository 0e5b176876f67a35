package ensure_ready.model;

import shared.Json;
import tools.jackson.databind.JsonNode;

/** One proof: where it was read ({@code status|condition|event|log|spec|apply}), and what stood there. Text is data from the cluster. */
public record Evidence(String source, String path, String reason, String message, long count, String firstSeen, String lastSeen) {
    public static Evidence condition(Obj object, JsonNode condition) {
        var since = Json.text(condition, "lastTransitionTime");
        return new Evidence("condition", object.ref() + "/conditions[" + Json.text(condition, "type") + "]",
            Json.text(condition, "reason"), Json.text(condition, "message"), 1, since, since);
    }

    /** A field of the object and what is wrong with it. */
    public static Evidence field(Obj object, String path, String value) {
        return new Evidence(path.startsWith("status") ? "status" : "spec", object.ref() + "/" + path, "", value, 1, "", "");
    }

    /** What a status says, with a reason of its own. */
    public static Evidence status(String path, String reason, String message) {
        return new Evidence("status", path, reason, message, 1, "", "");
    }
}
