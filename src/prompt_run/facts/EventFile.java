package prompt_run.facts;

import java.nio.file.Path;
import prompt_run.machine.Log;
import prompt_run.options.Env;
import prompt_run.subject.GitHubEvent;
import shared.Json;
import shared.system.TextFile;
import tools.jackson.core.JacksonException;

/** The file that GitHub's runner leaves for a step: the webhook payload. */
public final class EventFile {
    /** A file that is not there or cannot be read is a warning: the prompt is then built without the event. */
    public static GitHubEvent read(Env env, Log log) {
        var path = env.get("GITHUB_EVENT_PATH");
        if (path == null) {
            return GitHubEvent.NONE;
        }
        String why = "not a JSON object";
        try {
            var root = Json.MAPPER.readTree(TextFile.read(Path.of(path)));
            if (root.isObject()) {
                return new GitHubEvent(root);
            }
        } catch (JacksonException problem) {
            why = "not valid JSON";
        } catch (IllegalArgumentException problem) {
            why = problem.getMessage();
        }
        log.warn("GITHUB_EVENT_PATH " + path + ": " + why + "; the prompt is built without the event");
        return GitHubEvent.NONE;
    }
}
