package prompt_run.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import prompt_run.prompt.Prompt;
import prompt_run.run.RunLog;
import prompt_run.sources.Disk;
import prompt_run.text.Redactor;
import shared.Json;
import shared.system.TextFile;

/** Prompt, events, last message and stderr of the agent as files, masked. */
public record Artifacts(OutputOptions output, Env env, String runId, Redactor redactor, Console console) {

    Map<String, Path> write(Prompt prompt, RunLog log, String message) {
        Path folder = output.artifacts != null ? output.artifacts : env.get("RUNNER_TEMP") != null
            ? Path.of(env.get("RUNNER_TEMP"), "prompt-run-" + runId) : null;
        Map<String, Path> files = new LinkedHashMap<>();
        if (folder != null) {
            put(files, folder, "prompt.md", redactor.mask(prompt.text()));
            put(files, folder, "last-message.md", message);
            put(files, folder, "events.jsonl", masked(log.folder().resolve("events.jsonl")));
            put(files, folder, "stderr.log", masked(log.folder().resolve("stderr.log")));
        }
        Disk.delete(log.folder());
        return files;
    }

    private void put(Map<String, Path> files, Path folder, String name, String text) {
        if (write(folder.resolve(name), text, console)) {
            files.put(name, folder.resolve(name).toAbsolutePath());
        }
    }

    public String masked(Path file) {
        try {
            String text = Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
            return redactor.mask(text.lines().map(this::maskedLine).collect(Collectors.joining("\n")));
        } catch (IOException problem) {
            console.warn(file + ": " + TextFile.reason(problem));
            return "";
        }
    }

    /** In JSON a token may stand right after an escape such as {@code \\n}: masked where it is text. */
    private String maskedLine(String line) {
        try {
            return line.startsWith("{") ? masked(Json.MAPPER.readTree(line), redactor).toString() : line;
        } catch (JsonProcessingException plain) {
            return line;
        }
    }

    public static JsonNode masked(JsonNode node, Redactor redactor) {
        if (node.isTextual()) {
            return Json.MAPPER.getNodeFactory().textNode(redactor.mask(node.asText()));
        }
        if (node instanceof ObjectNode object) {
            object.fieldNames().forEachRemaining(name -> object.set(name, masked(object.get(name), redactor)));
        } else if (node instanceof ArrayNode array) {
            for (int at = 0; at < array.size(); at++) {
                array.set(at, masked(array.get(at), redactor));
            }
        }
        return node;
    }

    static boolean write(Path file, String text, Console console) {
        try {
            if (file.toAbsolutePath().getParent() != null) {
                Files.createDirectories(file.toAbsolutePath().getParent());
            }
            Files.writeString(file, text);
            return true;
        } catch (IOException problem) {
            console.warn(file + ": cannot write it (" + TextFile.reason(problem) + ")");
            return false;
        }
    }
}
