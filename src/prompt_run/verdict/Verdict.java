package prompt_run.verdict;

/** What the run counts as. Success needs the exit file's 0 and, from Codex, a completed turn. */
public record Verdict(Outcome outcome, String reason) {

    public static Verdict of(Ending ending, Story story, boolean codex, String thread) {
        var verdict = of(ending, story, codex);
        boolean other = thread != null && story.thread() != null && !thread.equals(story.thread());
        return verdict.outcome() == Outcome.SUCCEEDED && other
            ? new Verdict(Outcome.AGENT_FAILED, "the agent was to go on with thread " + thread + ", but worked in " + story.thread())
            : verdict;
    }

    static Verdict of(Ending ending, Story story, boolean codex) {
        return switch (ending.how()) {
            case NOWHERE -> new Verdict(Outcome.NO_PLACE, ending.reason());
            case BROKEN -> new Verdict(Outcome.LOST, ending.reason());
            case CANCELLED -> new Verdict(ending.rc() == 143 ? Outcome.TERMINATED : Outcome.INTERRUPTED, "cancelled");
            case EXITED -> exited(ending, story, codex);
        };
    }

    private static Verdict exited(Ending ending, Story story, boolean codex) {
        return switch (ending.reason()) {
            case "timeout" -> new Verdict(Outcome.TIME_LIMIT, "the agent reached its time limit and was ended");
            case "idle" -> new Verdict(Outcome.IDLE_LIMIT, "the agent gave no sign of life for too long and was ended"
                + (story.error() == null ? "" : "; its last error: " + story.error()));
            case "tokens" -> new Verdict(Outcome.TOKEN_LIMIT, "the agent reached its limit of tokens and was ended");
            case "busy" -> new Verdict(Outcome.NO_PLACE, "another agent is at work there");
            case "finished" -> finished(ending, story, codex);
            default -> new Verdict(Outcome.LOST, "the agent was ended: " + ending.reason());
        };
    }

    private static Verdict finished(Ending ending, Story story, boolean codex) {
        var error = story.error() == null ? "" : ": " + story.error();
        if (ending.rc() != 0) {
            return new Verdict(Outcome.AGENT_FAILED, "the agent ended with exit code " + ending.rc() + error);
        }
        return codex && !story.completed()
            ? new Verdict(Outcome.AGENT_FAILED, "the agent ended without completing its turn" + error)
            : new Verdict(Outcome.SUCCEEDED, null);
    }

    /** The agent's own word can take a success away, and give none. */
    public Verdict with(LastWords said) {
        return outcome != Outcome.SUCCEEDED ? this
            : said.is("blocked") ? new Verdict(Outcome.BLOCKED, said.why("the agent says that it is blocked, and not why"))
            : said.is("partial") ? new Verdict(Outcome.PARTIAL, said.why("the agent says that its work is not complete")) : this;
    }

    /** Work that was asked for and did not come back is no success. */
    public Verdict with(Brought brought) {
        return outcome == Outcome.SUCCEEDED && brought.lacking()
            ? new Verdict(Outcome.AGENT_FAILED, "the agent finished, but its changes are not in the working tree: " + brought.why())
            : this;
    }
}
