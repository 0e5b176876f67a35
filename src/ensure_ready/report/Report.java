package ensure_ready.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import ensure_ready.command.Known;
import ensure_ready.command.Options;
import ensure_ready.command.Output;
import ensure_ready.command.Verb;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import shared.Json;
import shared.Redaction;
import shared.Texts;
import shared.system.Terminal;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;

/** The result, in every form that it leaves in. The only room that writes stdout. */
public final class Report {
    private final Known known;
    private final Options options;
    private final PrintWriter out;
    private final Redaction redaction;

    public Report(Known known, Options options, PrintWriter out) {
        this.known = known;
        this.options = options;
        this.out = out;
        this.redaction = Redaction.of(known.secrets, options.environment, known.names());
    }

    public void publish() {
        var json = redaction.clean(json());
        ((ObjectNode) json).putObject("redactions").put("known", redaction.known())
            .put("pattern", redaction.pattern()).put("withheld", redaction.withheld());
        var text = Json.pretty(json);
        out.print(asText() ? Text.of(json) : text + "\n");
        out.flush();
        if (options.output.report != null) {
            write(options.output.report, text + "\n", false);
        }
        file("GITHUB_OUTPUT").ifPresent(f -> write(f, outputs(json), true));
        file("GITHUB_STEP_SUMMARY").ifPresent(f -> write(f, Markdown.of(json), true));
        if (options.environment.containsKey("GITHUB_ACTIONS") && !options.output.quiet) {
            Annotations.of(json).forEach(System.err::println);
        }
    }

    private boolean asText() {
        return options.output.output == null ? Terminal.is(1) : options.output.output == Output.text;
    }

    private Optional<Path> file(String variable) {
        return Optional.of(options.environment.getOrDefault(variable, "")).filter(f -> !f.isBlank()).map(Path::of);
    }

    private void write(Path file, String text, boolean append) {
        try {
            if (file.toAbsolutePath().getParent() != null) {
                Files.createDirectories(file.toAbsolutePath().getParent());
            }
            Files.writeString(file, text, CREATE, append ? APPEND : TRUNCATE_EXISTING, WRITE);
        } catch (IOException e) {
            System.err.println("ensure_ready: " + file + ": cannot be written: " + e.getMessage());
        }
    }

    private ObjectNode json() {
        var json = Json.MAPPER.createObjectNode().put("schemaVersion", "ensure-ready/v1");
        target(json);
        json.put("created", known.created).put("recreated", known.recreated).put("applied", known.applied);
        var judgement = known.judgement;
        json.put("infraReady", known.ready()).put("waitFailed", judging() && !known.ready())
            .put("agentReady", judgement != null && judgement.agentReady()).put("verified", judgement != null && judgement.verified());
        json.put("outcome", known.outcome().word()).put("waitedSeconds", Math.round((System.nanoTime() - known.started) / 1e8) / 10.0);
        json.put("summary", Texts.line(known.summary()));
        json.set("workloads", Json.MAPPER.valueToTree(judgement == null ? List.of() : judgement.workloads()));
        diagnosis(json);
        results(json);
        return json;
    }

    private boolean judging() {
        return options.verb == Verb.ensure || options.verb == Verb.status;
    }

    private void target(ObjectNode json) {
        var target = known.target;
        json.put("env", options.slot.env);
        if (target != null && target.slot() > 0) {
            json.put("slot", target.slot());
        }
        if (target != null) {
            json.put("namespace", target.namespace());
        }
        json.put("issue", target == null ? options.slot.issue : target.issue()).put("pr", target == null ? options.slot.pr : target.pr());
    }

    private void diagnosis(ObjectNode json) {
        var diagnosis = known.diagnosis == null ? Json.MAPPER.createObjectNode() : (ObjectNode) Json.MAPPER.valueToTree(known.diagnosis);
        json.set("causes", diagnosis.has("causes") ? diagnosis.remove("causes") : Json.MAPPER.createArrayNode());
        json.set("unexplained", diagnosis.has("unexplained") ? diagnosis.remove("unexplained") : Json.MAPPER.createArrayNode());
        var warnings = json.putArray("warnings");
        Optional.ofNullable(diagnosis.remove("warnings")).ifPresent(w -> w.forEach(warnings::add));
        if (known.judgement != null) {
            known.judgement.warnings().forEach(warnings::add);
        }
        json.set("limited", Json.MAPPER.valueToTree(known.limited()));
        diagnosis.remove(List.of("limited", "summary"));
        diagnosis.properties().forEach(e -> json.putIfAbsent(e.getKey(), e.getValue()));
    }

    private void results(ObjectNode json) {
        if (known.applied) {
            var objects = json.putArray("objects");
            known.results.forEach(r -> {
                var o = objects.addObject().put("kind", r.object().kind()).put("name", r.object().name())
                    .put("result", r.result().name()).put("file", r.source().toString());
                if (!r.error().isEmpty()) {
                    o.put("error", r.error());
                }
            });
        }
        if (!known.problems.isEmpty()) {
            var problems = json.putArray("problems");
            known.problems.forEach(p -> problems.addObject().put("file", p.source().toString()).put("error", p.message()));
        }
        if (!known.deleted.isEmpty() || !known.left.isEmpty()) {
            json.set("deleted", Json.MAPPER.valueToTree(known.deleted));
            json.set("left", Json.MAPPER.valueToTree(known.left));
        }
    }

    private String outputs(JsonNode json) {
        var ready = json.path("infraReady").asBoolean();
        var values = new LinkedHashMap<String, Object>();
        values.put("slot", json.path("slot").asText());
        values.put("namespace", json.path("namespace").asText());
        values.put("env", json.path("env").asText());
        values.put("created", json.path("created"));
        values.put("recreated", json.path("recreated"));
        values.put("infra_ready", ready);
        values.put("infra_unhealthy", ready ? "" : "1");
        values.put("agent_ready", json.path("agentReady"));
        values.put("outcome", json.path("outcome").asText());
        values.put("report", options.output.report == null ? "" : options.output.report);
        return values.entrySet().stream().map(e -> e.getKey() + "=" + Texts.line(e.getValue().toString()) + "\n")
            .collect(Collectors.joining());
    }
}
