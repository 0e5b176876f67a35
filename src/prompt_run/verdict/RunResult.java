package prompt_run.verdict;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import prompt_run.subject.Place;
import shared.Texts;

/** The result of a run, in whatever form it is told; {@code run} is null when a mistake of ours ended it. The keys are the contract's. */
public record RunResult(Outcome outcome, String reason, Run run, double seconds, Usage spent, LastWords said, String finalMessage, Path finalMessageFile,
                        Path transcriptFile, Brought brought, List<Round> rounds, List<String> notes) implements Answer {
    private static final int MESSAGE_MOST = 60_000;
    private static final Set<String> TOLD_OTHERWISE = Set.of("schemaVersion", "status", "reason", "finalMessage", "notes");

    public record Run(String id, String thread, String kind, String lang, Place place, String where, boolean infraUnhealthy,
                      boolean rechecked, String model, String effort) {
        void put(Map<String, Object> json) {
            json.put("runId", id);
            json.put("threadId", thread);
            json.put("resumed", place.resumed());
            json.put("kind", kind);
            json.put("lang", lang);
            json.put("agentTarget", place.target());
            json.put("where", where);
            json.put("fallbackReason", place.fallbackReason());
            json.put("infraUnhealthy", infraUnhealthy);
            json.put("model", model);
            json.put("reasoningEffort", effort);
        }
    }

    public static RunResult unexpected(String reason) {
        return new RunResult(Outcome.LOST, reason, null, 0, null, null, "", null, null, null, List.of(), List.of());
    }

    @Override
    public Map<String, Object> asJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("schemaVersion", "prompt-run/v1");
        json.put("status", outcome.word());
        json.put("exitCode", outcome.exitCode());
        json.put("reason", reason);
        if (run != null) {
            run.put(json);
            json.put("durationSeconds", seconds);
            spent.put(json);
            json.put("limit", outcome.limit());
            json.put("rounds", rounds.stream().map(Round::asJson).toList());
            json.put("infraReadyAfter", readyAfter());
            json.put("agentStatus", said.status());
            json.put("summary", said.summary());
            json.put("blockedReason", said.blockedReason());
        }
        json.put("finalMessage", cut(finalMessage));
        if (run != null) {
            json.put("finalMessageFile", text(finalMessageFile));
            json.put("transcriptFile", text(transcriptFile));
            json.put("broughtBack", brought.state() == null ? null : brought.asJson());
        }
        json.put("notes", notes);
        return json;
    }

    /** Null where no check was asked for; else true only when the last turn's check proves it. */
    private Boolean readyAfter() {
        return !run.rechecked() ? null : !rounds.isEmpty() && Boolean.TRUE.equals(rounds.get(rounds.size() - 1).ready());
    }

    private static String cut(String message) {
        return message.length() <= MESSAGE_MOST ? message : message.substring(0, MESSAGE_MOST)
            + "\n[cut: " + (message.length() - MESSAGE_MOST) + " characters more]";
    }

    private static String text(Path file) {
        return file == null ? null : file.toString();
    }

    @Override
    public String asText() {
        var text = new StringBuilder(outcome.word() + (reason == null ? "" : ": " + Texts.line(reason)) + "\n");
        var json = asJson();
        json.forEach((name, value) -> {
            if (value != null && !TOLD_OTHERWISE.contains(name)) {
                text.append("  ").append(name).append(": ").append(Texts.line(String.valueOf(value))).append('\n');
            }
        });
        notes.forEach(note -> text.append("  note: ").append(Texts.lines(note).replace("\n", "\n    ")).append('\n'));
        cut(finalMessage).lines().forEach(line -> text.append("  | ").append(Texts.line(line)).append('\n'));
        return text.toString();
    }

    @Override
    public boolean jsonByDefault() {
        return true;
    }
}
