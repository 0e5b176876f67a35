package ensure_ready.report;

import ensure_ready.model.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;
import shared.Kubectl;
import shared.Texts;
import tools.jackson.databind.JsonNode;

/** What people see on a terminal: causes first, each with what it explains and one next command. */
public final class Text {
    private static final int SHOWN = 20;

    static String of(JsonNode json) {
        var lines = new ArrayList<String>();
        lines.add(headline(json));
        if (json.has("certainAfterSeconds") && !json.path("infraReady").asBoolean()) {
            lines.add("  certain after " + Json.text(json, "certainAfterSeconds")
                + " s, ended after " + Json.text(json, "waitedSeconds") + " s");
        }
        json.path("causes").forEach(c -> cause(c, lines));
        json.path("unexplained").forEach(u -> lines.add("  ? " + object(u.path("object")) + ": nothing explains it"));
        json.path("problems").forEach(p -> lines.add("  ! " + Json.text(p, "file") + ": " + Json.text(p, "error")));
        json.path("objects").forEach(o -> failed(o, lines));
        workloads(json, lines);
        json.path("warnings").forEach(w -> lines.add("  warning: " + warning(w)));
        json.path("limited").forEach(l -> lines.add("  not seen: " + l.asString("")));
        return lines.stream().map(Texts::visible).collect(Collectors.joining("\n", "", "\n"));
    }

    static String headline(JsonNode json) {
        var where = json.path("namespace").asString(Json.text(json, "env"));
        var slot = json.has("slot") ? " (slot " + Json.text(json, "slot") + ")" : "";
        return where + slot + ": " + Json.text(json, "outcome")
            + (Json.text(json, "summary").isEmpty() ? "" : ": " + Json.text(json, "summary"));
    }

    private static void cause(JsonNode c, List<String> lines) {
        lines.add("");
        lines.add("  " + Json.text(c, "code") + "  " + object(c.path("object")) + where(c));
        Stream.of(c.at("/fix/text").asString(""), c.at("/fix/change").asString(""))
            .filter(t -> !t.isEmpty()).forEach(t -> lines.add("    " + t));
        c.at("/fix/files").forEach(f -> lines.add("    in " + new Source(Json.text(f, "path"), f.path("line").asInt(0))));
        if (lines.size() < 400 && c.path("evidence").has(0)) {
            lines.add("    seen: " + Texts.cut(Texts.line(c.at("/evidence/0/message").asString("")), 300));
        }
        var explains = c.path("explains").valueStream().map(s -> object(s.path("object"))).toList();
        if (!explains.isEmpty()) {
            lines.add("    explains " + explains.stream().limit(SHOWN)
                .collect(Collectors.joining(", ")) + (explains.size() > SHOWN ? " and " + (explains.size() - SHOWN) + " more" : ""));
        }
        Optional.of(c.path("next").path(0).asString("")).filter(t -> !t.isEmpty()).ifPresent(t -> lines.add("    next: " + t));
    }

    static String where(JsonNode c) {
        var owner = object(c.path("owner"));
        return owner.isEmpty() || owner.equals(object(c.path("object"))) ? ""
            : " (" + owner + (Json.text(c, "container").isEmpty() ? "" : ", container " + Json.text(c, "container")) + ")";
    }

    private static void failed(JsonNode o, List<String> lines) {
        if (Json.text(o, "result").equals("failed")) {
            lines.add("  ! " + Json.text(o, "file") + ": " + object(o) + ": " + Json.text(o, "error"));
        }
    }

    private static void workloads(JsonNode json, List<String> lines) {
        if (json.path("workloads").size() > 0) {
            lines.add("");
        }
        int width = json.path("workloads").valueStream().mapToInt(w -> object(w).length()).max().orElse(0);
        json.path("workloads").forEach(w -> lines.add(("  %-" + width + "s  %-11s %s/%s  %s").formatted(object(w),
            Json.text(w, "state"), Json.text(w, "ready"), Json.text(w, "desired"), Json.text(w, "message"))
            .stripTrailing()));
    }

    /** {@code secret/db} of an object node, or of one that is written as text already. */
    static String object(JsonNode o) {
        var parts = o.asString("").split("/", 2);
        return o.isString() ? parts.length == 2 ? Kubectl.ref(parts[0], parts[1])
            : o.asString("") : o.has("name") ? Kubectl.ref(Json.text(o, "kind"), Json.text(o, "name")) : "";
    }

    static String warning(JsonNode w) {
        return w.isString() ? w.asString("")
            : Stream.of(Json.text(w, "code"), object(w.path("object")), Json.text(w, "message"))
            .filter(t -> !t.isEmpty()).collect(Collectors.joining(" "));
    }
}
