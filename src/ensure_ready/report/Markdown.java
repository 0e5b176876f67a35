package ensure_ready.report;

import java.util.function.Function;
import shared.Texts;
import tools.jackson.databind.JsonNode;

/** The step summary. Cluster text stands in code spans whose fence it cannot leave. */
public final class Markdown {
    private Markdown() { }

    static String of(JsonNode json) {
        var md = new StringBuilder();
        md.append(json.path("infraReady").asBoolean(false) ? "### ✅ " : "### ❌ ").append(cell(Text.headline(json))).append("\n\n");
        json.path("causes").forEach(c -> cause(c, md));
        if (json.path("workloads").size() > 0) {
            md.append("| workload | state | ready | |\n|---|---|---|---|\n");
            json.path("workloads")
                .forEach(w -> md.append("| ").append(cell(Text.object(w))).append(" | ")
                .append(w.path("state").asString("")).append(" | ").append(w.path("ready").asString(""))
                .append('/').append(w.path("desired").asString(""))
                .append(" | ").append(cell(w.path("message").asString(""))).append(" |\n"));
            md.append('\n');
        }
        list(md, "Not applied", json.path("problems"), p -> p.path("file").asString("") + ": " + p.path("error").asString(""));
        list(md, "Unexplained", json.path("unexplained"), u -> Text.object(u.path("object")));
        list(md, "Warnings", json.path("warnings"), Text::warning);
        list(md, "Could not be seen", json.path("limited"), n -> n.asString(""));
        return md.toString();
    }

    private static void cause(JsonNode c, StringBuilder md) {
        md.append("**").append(cell(c.path("code").asString(""))).append("** ").append(cell(Text.object(c.path("object")) + Text.where(c)))
            .append("  \n");
        md.append(cell(c.at("/fix/text").asString(""))).append("\n\n");
        c.path("facts").forEach(f -> md.append("- ").append(code(f.path("at").asString("") + " = " + f.path("value").asString("")))
            .append('\n'));
        c.path("candidates").forEach(x -> md.append("- found: ").append(code(x.asString(""))).append('\n'));
        c.path("evidence").forEach(e -> md.append("- ").append(cell(e.path("source").asString("")))
            .append(": ").append(code(e.path("message").asString(""))).append('\n'));
        if (c.path("next").size() > 0) {
            md.append("- next: ").append(code(c.path("next").path(0).asString(""))).append('\n');
        }
        if (c.path("explains").size() > 0) {
            md.append("\n<details><summary>explains ").append(Texts.count(c.path("explains").size(), "symptom")).append("</summary>\n\n");
            c.path("explains").forEach(s -> md.append("- ").append(cell(Text.object(s.path("object")) + " " + s.path("code").asString("")))
                .append('\n'));
            md.append("\n</details>\n");
        }
        md.append('\n');
    }

    private static void list(StringBuilder md, String title, JsonNode items, Function<JsonNode, String> text) {
        if (items.size() > 0) {
            md.append(title).append(":\n\n");
            items.forEach(i -> md.append("- ").append(cell(text.apply(i))).append('\n'));
            md.append('\n');
        }
    }

    static String cell(String text) {
        return Texts.markdown(Texts.cut(Texts.line(text), 500));
    }

    static String code(String text) {
        return "`` " + Texts.cut(Texts.line(text), 400).replace("`", "'").replace("|", "¦") + " ``";
    }
}
