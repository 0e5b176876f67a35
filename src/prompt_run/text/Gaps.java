package prompt_run.text;

/** What the prompt has to say about the discussion besides the discussion. */
public record Gaps(boolean editedSince, boolean threadsUnsorted, boolean incomplete) { }
