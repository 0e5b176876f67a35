package ensure_ready.readiness;

import shared.Json;
import shared.Texts;
import tools.jackson.databind.JsonNode;

/** How texts of the cluster stand inside a message of ours. */
public final class Phrases {
    /** A condition as people read it: {@code Available=False: MinimumReplicasUnavailable: Deployment does not have …}. */
    static String said(JsonNode condition) {
        if (condition.isMissingNode()) {
            return "has not said yet how it is";
        }
        return Json.text(condition, "type") + prefixed("=", Json.text(condition, "status"))
            + prefixed(": ", Json.text(condition, "reason")) + prefixed(": ", brief(Json.text(condition, "message")));
    }

    static String prefixed(String prefix, String text) {
        return text.isEmpty() ? "" : prefix + text;
    }

    /** One line, 240 characters at most. */
    static String brief(String text) {
        return Texts.cut(Texts.line(text), 240);
    }
}
