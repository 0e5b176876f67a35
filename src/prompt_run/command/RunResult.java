package prompt_run.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import shared.Json;
import shared.Texts;

/** The result of a run; the keys are the contract's. */
public record RunResult(Outcome outcome, Map<String, Object> json) implements Answer {
    public static RunResult unexpected(String reason) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schemaVersion", "prompt-run/v1");
        json.put("status", Outcome.LOST.word());
        json.put("exitCode", Outcome.LOST.exitCode());
        json.put("reason", reason);
        json.put("finalMessage", "");
        json.put("notes", List.of());
        return new RunResult(Outcome.LOST, json);
    }

    @Override
    public String asText() {
        StringBuilder text = new StringBuilder(json.get("status") + (json.get("reason") == null ? "" : ": " + json.get("reason")) + "\n");
        json.forEach((name, value) -> {
            if (value != null && !List.of("schemaVersion", "status", "reason", "finalMessage", "notes").contains(name)) {
                text.append("  ").append(name).append(": ").append(Texts.line(String.valueOf(value))).append('\n');
            }
        });
        ((List<?>) json.get("notes"))
            .forEach(note -> text.append("  note: ").append(String.valueOf(note).replace("\n", "\n    ")).append('\n'));
        String.valueOf(json.get("finalMessage")).lines().forEach(line -> text.append("  | ").append(Texts.line(line)).append('\n'));
        return text.toString();
    }

    String pretty() {
        return Json.pretty(json) + "\n";
    }

    @Override
    public Object asJson() {
        return json;
    }

    @Override
    public int exitCode() {
        return outcome.exitCode();
    }

    @Override
    public boolean jsonByDefault() {
        return true;
    }
}
