package ensure_ready.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import shared.Json;
import shared.Texts;
import tools.jackson.databind.JsonNode;

/** The step summary. Cluster text stands in code spans whose fence it cannot leave. */
public final class Markdown {
    static String of(JsonNode json) {
        var md = new ArrayList<String>();
        md.add((json.path("infraReady").asBoolean(false) ? "### ✅ " : "### ❌ ") + cell(Text.headline(json)));
        md.add("");
        json.path("causes").forEach(c -> cause(c, md));
        if (json.path("workloads").size() > 0) {
            md.add("| workload | state | ready | |");
            md.add("|---|---|---|---|");
            json.path("workloads").forEach(w -> md.add("| " + cell(Text.object(w)) + " | " + Json.text(w, "state") + " | "
                + Json.text(w, "ready") + "/" + Json.text(w, "desired") + " | " + cell(Json.text(w, "message")) + " |"));
            md.add("");
        }
        list(md, "Not applied", json.path("problems"), p -> Json.text(p, "file") + ": " + Json.text(p, "error"));
        list(md, "Unexplained", json.path("unexplained"), u -> Text.object(u.path("object")));
        list(md, "Warnings", json.path("warnings"), Text::warning);
        list(md, "Could not be seen", json.path("limited"), n -> n.asString(""));
        return String.join("\n", md) + "\n";
    }

    private static void cause(JsonNode c, List<String> md) {
        md.add("**" + cell(Json.text(c, "code")) + "** " + cell(Text.object(c.path("object")) + Text.where(c)) + "  ");
        md.add(cell(c.at("/fix/text").asString("")));
        md.add("");
        c.path("facts").forEach(f -> md.add("- " + code(Json.text(f, "at") + " = " + Json.text(f, "value"))));
        c.path("candidates").forEach(x -> md.add("- found: " + code(x.asString(""))));
        c.path("evidence").forEach(e -> md.add("- " + cell(Json.text(e, "source")) + ": " + code(Json.text(e, "message"))));
        if (c.path("next").size() > 0) {
            md.add("- next: " + code(c.at("/next/0").asString("")));
        }
        if (c.path("explains").size() > 0) {
            md.add("\n<details><summary>explains " + Texts.count(c.path("explains").size(), "symptom") + "</summary>\n");
            c.path("explains").forEach(s -> md.add("- " + cell(Text.object(s.path("object")) + " " + Json.text(s, "code"))));
            md.add("\n</details>");
        }
        md.add("");
    }

    private static void list(List<String> md, String title, JsonNode items, Function<JsonNode, String> text) {
        if (items.size() > 0) {
            md.add(title + ":\n");
            items.forEach(i -> md.add("- " + cell(text.apply(i))));
            md.add("");
        }
    }

    static String cell(String text) {
        return Texts.markdown(Texts.cut(Texts.line(text), 500));
    }

    static String code(String text) {
        return "`` " + Texts.cut(Texts.line(text), 400).replace("`", "'").replace("|", "¦") + " ``";
    }
}
