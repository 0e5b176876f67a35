package prompt_run.run;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import prompt_run.machine.Disk;
import prompt_run.verdict.Brought;
import prompt_run.verdict.LastWords;
import prompt_run.verdict.Round;
import prompt_run.verdict.Usage;
import prompt_run.verdict.Verdict;

/**
 * A run that is over. {@code where}: its place for people, or null; {@code transcript}: the folder with the agent's output;
 * {@code prompts}: those after the first;
 * {@code rechecked}: the environment was to be checked.
 */
public record Finished(String id, String where, Instant began, Verdict verdict, String thread, String message, LastWords said, Usage spent,
                       Brought brought, Path transcript, List<String> prompts, boolean rechecked, List<Round> rounds, List<String> notes) {

    static Finished nowhere(String id, Instant began, Verdict verdict, List<String> notes) {
        return new Finished(id, null, began, verdict, null, null, LastWords.of(null), Usage.NONE, Brought.nothing(),
            Disk.temporary("prompt-run"), List.of(), false, List.of(), notes);
    }
}
