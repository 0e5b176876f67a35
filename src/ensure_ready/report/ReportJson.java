package ensure_ready.report;

import ensure_ready.certainty.Judgement;
import java.util.List;
import shared.Json;
import shared.Texts;
import tools.jackson.databind.node.ObjectNode;

/** A report as the JSON that {@code --output json} and {@code --report} give, before secrets are masked. */
public final class ReportJson {
    static ObjectNode of(Report report) {
        var json = Json.MAPPER.createObjectNode().put("schemaVersion", "ensure-ready/v1");
        target(json, report);
        json.put("created", report.created()).put("recreated", report.recreated()).put("applied", report.applied());
        json.put("infraReady", report.ready()).put("waitFailed", report.waitFailed())
            .put("agentReady", report.judgement().filter(j -> j.verdict().agentReady()).isPresent())
            .put("verified", report.judgement().filter(j -> j.verdict().verified()).isPresent());
        json.put("outcome", report.outcome().word()).put("waitedSeconds", report.waitedSeconds());
        report.certainAfterSeconds().ifPresent(s -> json.put("certainAfterSeconds", s));
        json.put("summary", Texts.line(report.summary()));
        json.set("workloads", Json.MAPPER.valueToTree(report.judgement().map(Judgement::workloads).orElse(List.of())));
        diagnosis(json, report);
        report.addresses().ifPresent(a -> json.setAll((ObjectNode) Json.MAPPER.valueToTree(a)));
        results(json, report);
        return json;
    }

    private static void target(ObjectNode json, Report report) {
        var target = report.target();
        json.put("env", target.env());
        if (target.slot() > 0) {
            json.put("slot", target.slot());
        }
        if (!target.namespace().isEmpty()) {
            json.put("namespace", target.namespace());
        }
        json.put("issue", target.issue()).put("pr", target.pr());
    }

    private static void diagnosis(ObjectNode json, Report report) {
        var diagnosis = report.diagnosis().map(d -> (ObjectNode) Json.MAPPER.valueToTree(d)).orElseGet(Json.MAPPER::createObjectNode);
        for (var list : List.of("causes", "unexplained", "warnings")) {
            json.set(list, diagnosis.has(list) ? diagnosis.remove(list) : Json.MAPPER.createArrayNode());
        }
        var warnings = json.withArray("/warnings");
        report.judgement().ifPresent(j -> j.verdict().warnings().forEach(warnings::add));
        json.set("limited", Json.MAPPER.valueToTree(report.limited()));
        diagnosis.remove(List.of("limited", "summary"));
        diagnosis.properties().forEach(e -> json.putIfAbsent(e.getKey(), e.getValue()));
    }

    private static void results(ObjectNode json, Report report) {
        if (!report.renderer().isEmpty()) {
            json.put("renderer", report.renderer());
        }
        if (report.applied()) {
            var objects = json.putArray("objects");
            report.results().forEach(r -> {
                var o = objects.addObject().put("kind", r.object().kind()).put("name", r.object().name())
                    .put("result", r.result().name()).put("file", r.source().toString());
                if (!r.error().isEmpty()) {
                    o.put("error", r.error());
                }
            });
        }
        if (!report.problems().isEmpty()) {
            var problems = json.putArray("problems");
            report.problems().forEach(p -> problems.addObject().put("file", p.source().toString()).put("error", p.message()));
        }
        if (!report.deleted().isEmpty() || !report.left().isEmpty()) {
            json.set("deleted", Json.MAPPER.valueToTree(report.deleted()));
            json.set("left", Json.MAPPER.valueToTree(report.left()));
        }
    }
}
