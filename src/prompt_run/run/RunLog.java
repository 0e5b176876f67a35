package prompt_run.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import prompt_run.command.Console;
import prompt_run.sources.Disk;
import prompt_run.text.Redactor;
import shared.Json;

/** The agent's output: kept whole in a file, told live line by line. */
public final class RunLog {
    private static final long STDERR_MOST = 256 * 1024;

    private final boolean codex;
    private final Console console;
    private final Redactor redactor;
    public final Story story = new Story();
    public final Path folder = Disk.temporary("prompt-run");
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
    private long size;

    RunLog(boolean codex, Console console, Redactor redactor) {
        this.codex = codex;
        this.console = console;
        this.redactor = redactor;
    }

    long size() {
        return size;
    }

    public Story story() {
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
        List<String> lines = codex ? event(line) : story.plain(line);
        lines.forEach(text -> console.agent(redactor.mask(text)));
    }

    private List<String> event(String line) {
        try {
            JsonNode event = Json.MAPPER.readTree(line);
            return event != null && event.isObject() ? story.codex(event) : List.of();
        } catch (JsonProcessingException notJson) {
            return line.isBlank() ? List.of() : List.of(line);
        }
    }

    /** What is still in the agent's place: the last message and stderr. */
    void collect(Keeper keeper) throws Broken, InterruptedException {
        if (rest.size() > 0) {
            accept(new byte[] {'\n'});
        }
        byte[] stderr = keeper.fetch("stderr.log", keeper.size("stderr.log"), STDERR_MOST);
        stderr = stderr.length > 0 ? stderr : keeper.fetch("keeper.log", 0, 0);
        Disk.append(folder.resolve("stderr.log"), stderr);
        story.stderr(new String(stderr, StandardCharsets.UTF_8));
        if (codex) {
            story.lastMessage(new String(keeper.fetch("last.md", 0, 0), StandardCharsets.UTF_8));
        }
    }

    public Path folder() {
        return folder;
    }
}
