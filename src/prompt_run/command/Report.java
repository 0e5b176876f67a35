package prompt_run.command;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import prompt_run.machine.Log;
import prompt_run.options.Env;
import prompt_run.prompt.Prompt;
import prompt_run.run.Finished;
import prompt_run.subject.Facts;
import prompt_run.subject.Infra;
import prompt_run.subject.Place;
import prompt_run.subject.RunOptions;
import prompt_run.text.MaskedJson;
import prompt_run.text.Redactor;
import prompt_run.verdict.Prices;
import prompt_run.verdict.RunResult;
import shared.Json;
import shared.Texts;

/** Makes the result of a run and writes it wherever it was asked for, except to stdout: artifacts, GitHub's files, --result. */
public record Report(RunOptions options, Facts facts, Infra infra, OutputOptions output,
    Optional<Prices> prices, Env env, Redactor redactor, Log log) {
    private static final int MESSAGE_MOST = 60_000;
    private static final int WORDS_MOST = 2_000;

    public RunResult deliver(Place place, Prompt prompt, Finished run) {
        var message = run.message() == null ? "" : redactor.mask(run.message());
        var asked = prompt.text() + run.prompts().stream().map(again -> "\n---\n\n" + again).collect(Collectors.joining());
        var files = new Artifacts(folder(run.id()), redactor, log).write(asked, message, run.transcript());
        var json = RunResult.begun(run.verdict().outcome(), masked(run.verdict().reason()));
        about(json, place, run);
        json.put("durationSeconds", Math.round(Duration.between(run.began(), Instant.now()).toMillis() / 100.0) / 10.0);
        run.spent().put(json);
        json.put("cost", prices.map(p -> p.cost(run.spent())).orElse(null));
        checks(json, run);
        json.put("finalMessage", message.length() <= MESSAGE_MOST ? message : message.substring(0, MESSAGE_MOST)
            + "\n[cut: " + Texts.count(message.length() - MESSAGE_MOST, "character") + " more]");
        json.put("finalMessageFile", text(files.get("last-message.md")));
        json.put("transcriptFile", text(files.get("events.jsonl")));
        json.put("broughtBack", run.brought().state() == null ? null : masked(run.brought()));
        json.put("notes", masked(run.notes()));
        new ActionsFiles(env, log).tell(json);
        if (output.result != null) {
            Artifacts.write(output.result, Json.pretty(json) + "\n", log);
        }
        return new RunResult(run.verdict().outcome(), json);
    }

    private Path folder(String runId) {
        var temporary = env.get("RUNNER_TEMP");
        return output.artifacts != null ? output.artifacts : temporary == null ? null : Path.of(temporary, "prompt-run-" + runId);
    }

    private void about(Map<String, Object> json, Place place, Finished run) {
        json.put("runId", run.id());
        json.put("threadId", run.thread());
        json.put("resumed", place.resumed());
        json.put("kind", options.kind());
        json.put("lang", options.lang());
        json.put("agentTarget", place.target());
        json.put("where", run.where());
        json.put("fallbackReason", place.fallbackReason());
        json.put("infraUnhealthy", infra.unhealthy());
        json.put("model", facts.model());
        json.put("reasoningEffort", facts.effort());
    }

    /** {@code infraReadyAfter} is null where no check was asked for, else true only when the last turn's check proves it. */
    private void checks(Map<String, Object> json, Finished run) {
        var rounds = run.rounds();
        json.put("limit", run.verdict().outcome().limit());
        json.put("rounds", masked(rounds));
        json.put("infraReadyAfter", !run.rechecked() ? null
            : !rounds.isEmpty() && Boolean.TRUE.equals(rounds.get(rounds.size() - 1).ready()));
        json.put("agentStatus", run.said().status());
        json.put("summary", cut(run.said().summary()));
        json.put("blockedReason", cut(run.said().blockedReason()));
    }

    private String cut(String text) {
        return text == null ? null : Texts.cut(redactor.mask(text), WORDS_MOST);
    }

    private String masked(String text) {
        return text == null ? null : redactor.mask(text);
    }

    /** As maps, lists and text, all of it masked. */
    private Object masked(Object value) {
        return Json.MAPPER.convertValue(MaskedJson.of(Json.MAPPER.valueToTree(value), redactor), Object.class);
    }

    private static String text(Path file) {
        return file == null ? null : file.toString();
    }
}
