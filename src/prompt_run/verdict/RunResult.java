package prompt_run.verdict;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import shared.Texts;

/** The result of a run, in whatever form it is told. The keys of {@code asJson} are the contract's. */
public record RunResult(Outcome outcome, Map<String, Object> asJson) implements Answer {
    private static final Set<String> TOLD_OTHERWISE = Set.of("schemaVersion", "status", "reason", "finalMessage", "notes");

    /** What every result begins with. */
    public static Map<String, Object> begun(Outcome outcome, String reason) {
        var json = new LinkedHashMap<String, Object>();
        json.put("schemaVersion", "prompt-run/v1");
        json.put("status", outcome.word());
        json.put("exitCode", outcome.exitCode());
        json.put("reason", reason);
        return json;
    }

    /** After a mistake of ours. */
    public static RunResult unexpected(String reason) {
        var json = begun(Outcome.LOST, reason);
        json.put("finalMessage", "");
        json.put("notes", List.of());
        return new RunResult(Outcome.LOST, json);
    }

    @Override
    public String asText() {
        var reason = asJson.get("reason");
        var text = new StringBuilder(outcome.word() + (reason == null ? "" : ": " + Texts.line(reason.toString())) + "\n");
        asJson.forEach((name, value) -> {
            if (value != null && !TOLD_OTHERWISE.contains(name)) {
                text.append("  ").append(name).append(": ").append(Texts.line(String.valueOf(value))).append('\n');
            }
        });
        ((List<?>) asJson.get("notes")).forEach(note ->
            text.append("  note: ").append(Texts.lines(note.toString()).replace("\n", "\n    ")).append('\n'));
        asJson.get("finalMessage").toString().lines().forEach(line -> text.append("  | ").append(Texts.line(line)).append('\n'));
        return text.toString();
    }

    @Override
    public boolean jsonByDefault() {
        return true;
    }
}
