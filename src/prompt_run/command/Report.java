package prompt_run.command;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import prompt_run.facts.Facts;
import prompt_run.facts.Infra;
import prompt_run.place.Site;
import prompt_run.prompt.Place;
import prompt_run.prompt.Prompt;
import prompt_run.run.RunLog;
import prompt_run.run.Story;
import prompt_run.run.Usage;
import prompt_run.run.Verdict;
import prompt_run.sources.Brought;
import prompt_run.text.Redactor;

/** The result in all its forms: JSON, GitHub's outputs and step summary, artifacts. */
public record Report(RunOptions options, Facts facts, Infra infra, OutputOptions output, Env env, Place place, String runId, Site site,
              Instant began, List<String> notes, Redactor redactor) {
    private static final int MESSAGE_MOST = 60_000;

    public RunResult result(Verdict verdict, RunLog log, Usage spent, Brought brought, Prompt prompt, Console console) {
        Story story = log.story();
        String message = story.message() == null ? "" : redactor.mask(story.message());
        Map<String, Path> files = new Artifacts(output, env, runId, redactor, console).write(prompt, log, message);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("schemaVersion", "prompt-run/v1");
        json.put("status", verdict.outcome().word());
        json.put("exitCode", verdict.outcome().exitCode());
        json.put("reason", verdict.reason() == null ? null : redactor.mask(verdict.reason()));
        json.put("runId", runId);
        json.put("threadId", story.thread());
        json.put("resumed", place.resumed());
        json.put("kind", options.kind());
        json.put("lang", options.lang());
        json.put("agentTarget", place.target());
        json.put("where", site == null ? null : site.label());
        json.put("fallbackReason", place.fallbackReason());
        json.put("infraUnhealthy", infra.unhealthy());
        json.put("model", facts.model());
        json.put("reasoningEffort", facts.effort());
        json.put("durationSeconds", Math.round(Duration.between(began, Instant.now()).toMillis() / 100.0) / 10.0);
        json.put("inputTokens", spent.input());
        json.put("cachedInputTokens", spent.cached());
        json.put("outputTokens", spent.output());
        json.put("reasoningOutputTokens", spent.reasoning());
        json.put("finalMessage", cut(message));
        json.put("finalMessageFile", text(files.get("last-message.md")));
        json.put("transcriptFile", text(files.get("events.jsonl")));
        json.put("broughtBack", brought.state() == null ? null : brought.asJson());
        json.put("notes", notes.stream().map(redactor::mask).toList());
        RunResult result = new RunResult(verdict.outcome(), json);
        new ActionsFiles(env, console).tell(result);
        if (output.result != null) {
            Artifacts.write(output.result, result.pretty(), console);
        }
        return result;
    }

    private static String cut(String message) {
        return message.length() <= MESSAGE_MOST ? message : message.substring(0, MESSAGE_MOST)
            + "\n[cut: " + (message.length() - MESSAGE_MOST) + " characters more]";
    }

    private static String text(Path file) {
        return file == null ? null : file.toString();
    }
}
