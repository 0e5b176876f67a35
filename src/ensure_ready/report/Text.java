package ensure_ready.report;

import com.fasterxml.jackson.databind.JsonNode;
import ensure_ready.model.Obj;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Texts;

/** What people see on a terminal: causes first, each with what it explains and one next command. */
public final class Text {
    private static final int SHOWN = 20;

    private Text() { }

    static String of(JsonNode json) {
        var lines = new ArrayList<String>();
        lines.add(headline(json));
        if (json.has("certainAfterSeconds") && !json.path("infraReady").asBoolean()) {
            lines.add("  certain after " + json.path("certainAfterSeconds").asText() + " s, ended after " + json.path("waitedSeconds").asText() + " s");
        }
        json.path("causes").forEach(c -> cause(c, lines));
        json.path("unexplained").forEach(u -> lines.add("  ? " + object(u.path("object")) + ": nothing explains it"));
        json.path("problems").forEach(p -> lines.add("  ! " + p.path("file").asText() + ": " + p.path("error").asText()));
        json.path("objects").forEach(o -> failed(o, lines));
        workloads(json, lines);
        json.path("warnings").forEach(w -> lines.add("  warning: " + warning(w)));
        json.path("limited").forEach(l -> lines.add("  not seen: " + l.asText()));
        return lines.stream().map(Texts::visible).collect(Collectors.joining("\n", "", "\n"));
    }

    static String headline(JsonNode json) {
        var where = json.path("namespace").asText(json.path("env").asText());
        var slot = json.has("slot") ? " (slot " + json.path("slot").asText() + ")" : "";
        return where + slot + ": " + json.path("outcome")
            .asText() + (json.path("summary").asText().isEmpty() ? "" : ": " + json.path("summary").asText());
    }

    private static void cause(JsonNode c, List<String> lines) {
        lines.add("");
        lines.add("  " + c.path("code").asText() + "  " + object(c.path("object")) + where(c));
        Optional.of(c.at("/fix/text").asText()).filter(t -> !t.isEmpty()).ifPresent(t -> lines.add("    " + t));
        c.at("/fix/files").forEach(f -> lines.add("    in " + f.path("path").asText() + ":" + f.path("line").asText()));
        c.path("evidence").forEach(e -> {
            if (lines.size() < 400 && e == c.path("evidence").get(0)) {
                lines.add("    seen: " + Texts.cut(Texts.line(e.path("message").asText()), 300));
            }
        });
        var explains = new ArrayList<String>();
        c.path("explains").forEach(s -> explains.add(object(s.path("object"))));
        if (!explains.isEmpty()) {
            lines.add("    explains " + explains.stream().limit(SHOWN)
                .collect(Collectors.joining(", ")) + (explains.size() > SHOWN ? " and " + (explains.size() - SHOWN) + " more" : ""));
        }
        Optional.of(c.path("next").path(0).asText()).filter(t -> !t.isEmpty()).ifPresent(t -> lines.add("    next: " + t));
    }

    static String where(JsonNode c) {
        var owner = object(c.path("owner"));
        return owner.isEmpty() || owner.equals(object(c.path("object"))) ? ""
            : " (" + owner + (c.path("container").asText().isEmpty() ? "" : ", container " + c.path("container").asText()) + ")";
    }

    private static void failed(JsonNode o, List<String> lines) {
        if (o.path("result").asText().equals("failed")) {
            lines.add("  ! " + o.path("file").asText() + ": " + Obj.ref(o.path("kind").asText(), o.path("name").asText())
                + ": " + o.path("error").asText());
        }
    }

    private static void workloads(JsonNode json, List<String> lines) {
        if (json.path("workloads").size() > 0) {
            lines.add("");
        }
        int width = 0;
        for (var w : json.path("workloads")) {
            width = Math.max(width, Obj.ref(w.path("kind").asText(), w.path("name").asText()).length());
        }
        for (var w : json.path("workloads")) {
            var ref = Obj.ref(w.path("kind").asText(), w.path("name").asText());
            lines.add(("  %-" + width + "s  %-11s %s/%s  %s")
                .formatted(ref, w.path("state").asText(), w.path("ready").asText(), w.path("desired").asText(), w.path("message").asText())
                .stripTrailing());
        }
    }

    /** {@code secret/db} of an object node, or of one that is written as text already. */
    static String object(JsonNode o) {
        var parts = o.asText().split("/", 2);
        return o.isTextual() ? parts.length == 2 ? Obj.ref(parts[0], parts[1])
            : o.asText() : o.has("name") ? Obj.ref(o.path("kind").asText(), o.path("name").asText()) : "";
    }

    static String warning(JsonNode w) {
        return w.isTextual() ? w.asText() : Stream.of(w.path("code").asText(), object(w.path("object")), w.path("message").asText())
            .filter(t -> !t.isEmpty()).collect(Collectors.joining(" "));
    }
}
