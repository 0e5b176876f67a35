package ensure_ready.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import shared.Json;
import shared.Texts;
import tools.jackson.databind.JsonNode;

/** Workflow commands for GitHub's log; their text is escaped as the runner wants it. */
public final class Annotations {
    private static final Map<String, String> LEVELS = Map.of("blocking", "::error", "degraded", "::warning", "info", "::notice");

    static List<String> of(JsonNode json) {
        var lines = new ArrayList<String>();
        json.path("causes").forEach(c -> lines.add(LEVELS.getOrDefault(Json.text(c, "severity"), "::warning") + file(c) + "::"
            + escaped(Json.text(c, "code") + " " + Text.object(c.path("object")) + Text.where(c) + ": " + c.at("/fix/text")
            .asString(""))));
        json.path("problems")
            .forEach(p -> lines.add("::error::" + escaped(Json.text(p, "file") + ": " + Json.text(p, "error"))));
        if (lines.isEmpty() && json.path("waitFailed").asBoolean(false)) {
            lines.add("::warning::" + escaped(Text.headline(json)));
        }
        return lines;
    }

    private static String file(JsonNode cause) {
        var f = cause.at("/fix/files/0");
        return f.isMissingNode() ? "" : " file=" + escaped(Json.text(f, "path"))
            .replace(":", "%3A").replace(",", "%2C") + ",line=" + Math.max(1, f.path("line").asInt(1));
    }

    static String escaped(String text) {
        return Texts.line(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
    }
}
