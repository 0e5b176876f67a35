package prompt_run.run;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import prompt_run.verdict.Brought;
import prompt_run.verdict.LastWords;
import prompt_run.verdict.Story;
import prompt_run.verdict.Usage;
import prompt_run.verdict.Verdict;

/** A run that is over. {@code where}: its place for people, or null; {@code transcript}: the folder with the agent's output. */
public record Finished(String id, String where, Instant began, Verdict verdict, Story story, LastWords said, Usage spent, Brought brought,
                       Path transcript, List<String> notes) { }
