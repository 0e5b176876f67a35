package prompt_run.verdict;

import java.util.Locale;

/**
 * How a run ended, and the exit code that says so. The codes stay clear of JBang's own 1 to 4, except 2 for usage. Green means that there
 * is work to look at: a part of it counts, an agent that says that it is blocked does not, and neither does work in a red environment.
 */
public enum Outcome {
    SUCCEEDED(0), PARTIAL(0), USAGE(2), AGENT_FAILED(20), BLOCKED(20), UNPROVEN(20), TIME_LIMIT(21), IDLE_LIMIT(21),
    TOKEN_LIMIT(21), LOST(22), NO_PLACE(23), INTERRUPTED(130), TERMINATED(143);

    private final int exitCode;

    Outcome(int exitCode) {
        this.exitCode = exitCode;
    }

    /** Which of the limits ended the agent: time, idle, tokens, or null. */
    public String limit() {
        return this == TIME_LIMIT ? "time" : this == IDLE_LIMIT ? "idle" : this == TOKEN_LIMIT ? "tokens" : null;
    }

    public int exitCode() {
        return exitCode;
    }

    public String word() {
        return this == INTERRUPTED || this == TERMINATED ? "cancelled" : name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
