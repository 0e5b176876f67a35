package prompt_run.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import prompt_run.machine.Disk;
import prompt_run.machine.Log;
import prompt_run.text.MaskedJson;
import prompt_run.text.Redactor;
import shared.system.TextFile;

/** Prompt, events, last message and stderr of the agent as files, masked. {@code folder}: where to, or null for nowhere. */
public record Artifacts(Path folder, Redactor redactor, Log log) {

    /** File name to where it was written; {@code kept}, the folder with the agent's output, is gone afterwards. */
    Map<String, Path> write(String prompt, String message, Path kept) {
        var files = new LinkedHashMap<String, Path>();
        if (folder != null) {
            put(files, "prompt.md", redactor.mask(prompt));
            put(files, "last-message.md", message);
            put(files, "events.jsonl", masked(kept.resolve("events.jsonl")));
            put(files, "stderr.log", masked(kept.resolve("stderr.log")));
        }
        Disk.delete(kept);
        return files;
    }

    private void put(Map<String, Path> files, String name, String text) {
        if (write(folder.resolve(name), text, log)) {
            files.put(name, folder.resolve(name).toAbsolutePath());
        }
    }

    private String masked(Path file) {
        try {
            var text = Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
            return redactor.mask(text.lines().map(line -> MaskedJson.line(line, redactor)).collect(Collectors.joining("\n")));
        } catch (IOException problem) {
            log.warn(file + ": " + TextFile.reason(problem));
            return "";
        }
    }

    static boolean write(Path file, String text, Log log) {
        try {
            if (file.toAbsolutePath().getParent() != null) {
                Files.createDirectories(file.toAbsolutePath().getParent());
            }
            Files.writeString(file, text);
            return true;
        } catch (IOException problem) {
            log.warn(file + ": cannot write it (" + TextFile.reason(problem) + ")");
            return false;
        }
    }
}
