package prompt_run.verdict;

import java.util.ArrayList;
import java.util.List;
import shared.Json;
import shared.Texts;
import tools.jackson.databind.JsonNode;

/** What an agent's events have told so far. */
public final class Story {
    private String thread;
    private String message;
    private String error;
    private boolean completed;
    private Usage usage = Usage.NONE;

    /** Takes an event of {@code codex exec --json} and returns it as lines for people; an unknown event is none. */
    public List<String> codex(JsonNode event) {
        switch (Json.text(event, "type")) {
            case "thread.started":
                var id = Json.text(event, "thread_id");
                completed = false;
                thread = id.matches("\\w[\\w-]{0,63}") ? id : null; // it becomes a word of a command
                return List.of("thread " + thread);
            case "turn.started":
                completed = false;
                return List.of();
            case "turn.completed":
                completed = true;
                usage = Usage.of(event.path("usage"));
                return List.of("turn completed: " + usage.input() + " tokens in, " + usage.output() + " out");
            case "turn.failed":
                completed = false;
                error = event.path("error").path("message").asString("");
                return List.of("turn failed: " + error);
            case "error":
                error = Json.text(event, "message");
                return List.of("error: " + error);
            case "item.started":
                return event.path("item").path("type").asString("").equals("command_execution")
                    ? List.of("$ " + event.path("item").path("command").asString("")) : List.of();
            case "item.completed":
                return item(event.path("item"));
            default:
                return List.of();
        }
    }

    private List<String> item(JsonNode item) {
        switch (Json.text(item, "type")) {
            case "agent_message":
                message = Json.text(item, "text");
                return message.lines().toList();
            case "command_execution":
                return tail(Json.text(item, "aggregated_output"), "exit code " + item.path("exit_code").asString("unknown"));
            case "file_change":
                var lines = new ArrayList<String>();
                item.path("changes")
                    .forEach(change -> lines.add(Json.text(change, "kind") + " " + Json.text(change, "path")));
                return lines;
            case "mcp_tool_call":
                return List.of("tool " + Json.text(item, "server") + "." + Json.text(item, "tool") + ": " + Json.text(item, "status"));
            case "web_search":
                return List.of("web search: " + Json.text(item, "query"));
            case "error":
                return List.of("warning: " + Json.text(item, "message"));
            default:
                return List.of();
        }
    }

    private static List<String> tail(String output, String last) {
        var lines = output.lines().toList();
        var shown = new ArrayList<String>();
        if (lines.size() > 10) {
            shown.add("  [" + Texts.count(lines.size() - 10, "line") + " before this in the transcript]");
        }
        lines.subList(Math.max(0, lines.size() - 10), lines.size()).forEach(line -> shown.add("  " + line));
        shown.add("  " + last);
        return shown;
    }

    /** Any other program's output: its end is its last message. */
    public List<String> plain(String line) {
        message = message == null ? line : message + "\n" + line;
        message = message.length() > 16_000 ? message.substring(message.length() - 16_000) : message;
        return List.of(line);
    }

    /** A blank one changes nothing. */
    public void lastMessage(String text) {
        message = text.isBlank() ? message : text;
    }

    public void stderr(String text) {
        error = error != null || text.isBlank() ? error
            : Texts.oneLine(text.lines().filter(line -> !line.isBlank()).reduce((a, b) -> b).orElse(""));
    }

    public String thread() {
        return thread;
    }

    public String message() {
        return message;
    }

    String error() {
        return error;
    }

    boolean completed() {
        return completed;
    }

    public Usage usage() {
        return usage;
    }

    /** As the thread's own file counts while it runs; the end of a turn tells it again. */
    public void used(Usage live) {
        usage = live.total() > usage.total() ? live : usage;
    }
}
