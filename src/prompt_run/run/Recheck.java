package prompt_run.run;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import prompt_run.machine.LocalShell;
import prompt_run.place.RunSetup;
import prompt_run.remote.Reply;
import prompt_run.subject.Infra;
import prompt_run.text.ExactJson;
import tools.jackson.core.JacksonException;

/** The caller's own check of the environment: a command on this machine whose stdout is a report of ensure_ready. */
public record Recheck(RunSetup run) {
    /** They belong to the step that this run is. */
    private static final Set<String> STEP_FILES = Set.of("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH",
        "GITHUB_STATE");
    private static final int NOT_READY = 10;

    /** What cannot be run, does not end or cannot be read is never a ready environment. */
    Infra check() throws InterruptedException {
        var command = run.settings().recheck().command();
        run.log().info("the environment is checked again: " + command);
        var env = new HashMap<>(System.getenv());
        env.keySet().removeAll(STEP_FILES);
        var reply = new LocalShell(env, Path.of("").toAbsolutePath()).own(List.of("sh", "-c", command),
            run.patience().recheck(), line -> run.log().info("recheck | " + line));
        return read(reply).about(run.namespace());
    }

    static Infra read(Reply reply) {
        if (!reply.ok() && !(reply.ended() && reply.code() == NOT_READY)) {
            return Infra.broken(null, reply.problem());
        }
        try {
            return Infra.of(!reply.ok(), null, ExactJson.read(reply.text()));
        } catch (JacksonException problem) {
            return Infra.broken(null, "its output is not one JSON object");
        }
    }
}
