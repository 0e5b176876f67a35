package prompt_run.facts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import prompt_run.machine.Log;
import prompt_run.options.Env;
import prompt_run.subject.GitHubEvent;
import shared.Json;
import tools.jackson.core.JacksonException;

/** The file that GitHub's runner leaves for a step: the webhook payload. */
public final class EventFile {
    /** A file that is not there or cannot be read is a warning: the prompt is then built without the event. */
    public static GitHubEvent read(Env env, Log log) {
        var path = env.get("GITHUB_EVENT_PATH");
        if (path == null) {
            return GitHubEvent.NONE;
        }
        try {
            var root = Json.MAPPER.readTree(Files.readString(Path.of(path)));
            if (root != null && root.isObject()) {
                return new GitHubEvent(root);
            }
            log.warn("GITHUB_EVENT_PATH " + path + ": not a JSON object; the prompt is built without the event");
        } catch (IOException | JacksonException problem) {
            log.warn("GITHUB_EVENT_PATH " + path + ": cannot read it (" + problem.getClass().getSimpleName()
                + "); the prompt is built without the event");
        }
        return GitHubEvent.NONE;
    }
}
