package ensure_ready.report;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;
import shared.Redaction;
import shared.Texts;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Brings a report, masked, to everybody who wants it. The only place that writes stdout.
 *
 * @param out         stdout
 * @param asText      what stdout gets: text for people, else the JSON
 * @param file        where the JSON goes too
 * @param environment names GitHub's files for outputs and summary
 * @param annotations whether causes become annotations of GitHub's log
 */
public record Publisher(PrintWriter out, boolean asText, Optional<Path> file, Map<String, String> environment, boolean annotations) {
    /** {@code printed} is told as soon as stdout has the whole result. */
    public void publish(Report report, Redaction redaction, Runnable printed) {
        var json = redaction.clean(ReportJson.of(report));
        ((ObjectNode) json).putObject("redactions").put("known", redaction.known())
            .put("pattern", redaction.pattern()).put("withheld", redaction.withheld());
        var text = Json.pretty(json);
        out.print(asText ? Text.of(json) : text + "\n");
        out.flush();
        printed.run();
        file.ifPresent(f -> write(f.toString(), text + "\n", StandardOpenOption.TRUNCATE_EXISTING));
        fileOf("GITHUB_OUTPUT").ifPresent(f -> write(f, outputs(json), StandardOpenOption.APPEND));
        fileOf("GITHUB_STEP_SUMMARY").ifPresent(f -> write(f, Markdown.of(json), StandardOpenOption.APPEND));
        if (annotations) {
            Annotations.of(json).forEach(System.err::println);
        }
    }

    private Optional<String> fileOf(String variable) {
        return Optional.of(environment.getOrDefault(variable, "")).filter(f -> !f.isBlank());
    }

    private static void write(String name, String text, OpenOption how) {
        try {
            var file = Path.of(name);
            if (file.toAbsolutePath().getParent() != null) {
                Files.createDirectories(file.toAbsolutePath().getParent());
            }
            Files.writeString(file, text, StandardOpenOption.CREATE, how, StandardOpenOption.WRITE);
        } catch (IOException | IllegalArgumentException e) {
            System.err.println("ensure_ready: " + name + ": cannot be written: " + e.getMessage());
        }
    }

    private String outputs(JsonNode json) {
        var values = new LinkedHashMap<String, String>();
        Stream.of("slot", "namespace", "env", "created", "recreated", "outcome").forEach(name -> values.put(name, Json.text(json, name)));
        values.put("infra_ready", Json.text(json, "infraReady"));
        values.put("agent_ready", Json.text(json, "agentReady"));
        values.put("infra_unhealthy", json.path("infraReady").asBoolean(false) ? "" : "1");
        values.put("report", file.map(Path::toString).orElse(""));
        return values.entrySet().stream().map(e -> e.getKey() + "=" + Texts.line(e.getValue()) + "\n").collect(Collectors.joining());
    }
}
