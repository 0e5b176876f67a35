package prompt_run.command;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import prompt_run.machine.Log;
import prompt_run.options.Env;
import prompt_run.prompt.Prompt;
import prompt_run.run.Finished;
import prompt_run.subject.Facts;
import prompt_run.subject.Infra;
import prompt_run.subject.Place;
import prompt_run.subject.RunOptions;
import prompt_run.text.Redactor;
import prompt_run.verdict.Round;
import prompt_run.verdict.RunResult;
import shared.Json;

/** Makes the result of a run and writes it wherever it was asked for, except to stdout: artifacts, GitHub's files, --result. */
public record Report(RunOptions options, Facts facts, Infra infra, OutputOptions output, Env env, Redactor redactor, Log log) {

    public RunResult deliver(Place place, Prompt prompt, Finished run) {
        var message = run.message() == null ? "" : redactor.mask(run.message());
        var asked = prompt.text() + run.prompts().stream().map(again -> "\n---\n\n" + again).collect(Collectors.joining());
        var files = new Artifacts(folder(run.id()), redactor, log).write(asked, message, run.transcript());
        var reason = run.verdict().reason();
        var result = new RunResult(run.verdict().outcome(), reason == null ? null : redactor.mask(reason),
            about(place, run), seconds(run.began()), run.spent(), run.said().masked(redactor::mask), message, files.get("last-message.md"), files.get("events.jsonl"),
            run.brought().masked(redactor::mask), rounds(run), run.notes().stream().map(redactor::mask).toList());
        new ActionsFiles(env, log).tell(result.asJson());
        if (output.result != null) {
            Artifacts.write(output.result, Json.pretty(result.asJson()) + "\n", log);
        }
        return result;
    }

    private List<Round> rounds(Finished run) {
        return run.rounds().stream().map(round -> round.masked(redactor::mask)).toList();
    }

    private Path folder(String runId) {
        var temporary = env.get("RUNNER_TEMP");
        return output.artifacts != null ? output.artifacts : temporary == null ? null : Path.of(temporary, "prompt-run-" + runId);
    }

    private RunResult.Run about(Place place, Finished run) {
        return new RunResult.Run(run.id(), run.thread(), options.kind(), options.lang(), place, run.where(),
            infra.unhealthy(), run.rechecked(), facts.model(), facts.effort());
    }

    private static double seconds(Instant began) {
        return Math.round(Duration.between(began, Instant.now()).toMillis() / 100.0) / 10.0;
    }
}
