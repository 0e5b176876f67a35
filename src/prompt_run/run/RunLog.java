package prompt_run.run;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import prompt_run.keeper.Transfer;
import prompt_run.machine.Broken;
import prompt_run.machine.Disk;
import prompt_run.machine.Log;
import prompt_run.text.MaskedJson;
import prompt_run.text.MaskedLines;
import prompt_run.text.Redactor;
import prompt_run.verdict.Story;
import shared.Json;
import tools.jackson.core.JacksonException;

/** The agent's output: kept whole in a file, told live line by line. */
public final class RunLog {
    private static final int STDERR_MOST = 256 * 1024;
    /** Fetched more than is kept: what is cut in half in here is cut away. */
    private static final int BORDER = 64 * 1024;

    private final boolean codex;
    private final Log log;
    private final Redactor redactor;
    private final MaskedLines lines;
    private final Story story = new Story();
    private final Path folder;
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
    private long size;

    /** {@code folder}: where the output is kept, after that of earlier rounds. */
    RunLog(boolean codex, Log log, Redactor redactor, Path folder) {
        this.codex = codex;
        this.log = log;
        this.redactor = redactor;
        this.folder = folder;
        this.lines = new MaskedLines(redactor);
    }

    long size() {
        return size;
    }

    Story story() {
        return story;
    }

    void accept(byte[] data) {
        Disk.append(folder.resolve("events.jsonl"), data);
        size += data.length;
        for (byte b : data) {
            if (b == '\n') {
                tell(rest.toString(StandardCharsets.UTF_8));
                rest.reset();
            } else {
                rest.write(b);
            }
        }
    }

    private void tell(String line) {
        (codex ? event(line) : story.plain(lines.next(line))).forEach(log::agent);
    }

    /** Masked whole, before it is cut into lines and shortened. */
    private List<String> event(String line) {
        try {
            var event = Json.MAPPER.readTree(line);
            return event != null && event.isObject() ? story.codex(MaskedJson.of(event, redactor)) : List.of();
        } catch (JacksonException notJson) {
            return line.isBlank() ? List.of() : List.of(lines.next(line));
        }
    }

    /** What is still in the agent's place: the last message and stderr. */
    void collect(Transfer files) throws Broken, InterruptedException {
        if (rest.size() > 0) {
            accept(new byte[] {'\n'});
        }
        byte[] stderr = files.fetchEnd("stderr.log", STDERR_MOST + BORDER);
        stderr = stderr.length > 0 ? stderr : files.fetch("keeper.log", 0);
        var told = redactor.mask(new String(stderr, StandardCharsets.UTF_8));
        told = stderr.length > STDERR_MOST ? told.substring(Math.max(0, told.length() - STDERR_MOST)) : told;
        Disk.append(folder.resolve("stderr.log"), told.getBytes(StandardCharsets.UTF_8));
        story.stderr(told);
        if (codex) {
            story.lastMessage(new String(files.fetch("last.md", 0), StandardCharsets.UTF_8));
        }
    }
}
