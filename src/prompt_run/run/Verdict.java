package prompt_run.run;

import prompt_run.command.Outcome;
import prompt_run.sources.Brought;

/** What the run counts as. Success needs the exit file's 0 and, from Codex, a completed turn. */
public record Verdict(Outcome outcome, String reason) {

    static Verdict of(Ending ending, Story story, boolean codex, String thread) {
        Verdict verdict = of(ending, story, codex);
        boolean other = thread != null && story.thread() != null && !thread.equals(story.thread());
        return verdict.outcome() == Outcome.SUCCEEDED && other
            ? new Verdict(Outcome.AGENT_FAILED, "the agent was to go on with thread " + thread + ", but worked in " + story.thread())
            : verdict;
    }

    static Verdict of(Ending ending, Story story, boolean codex) {
        switch (ending.how()) {
            case "nowhere": return new Verdict(Outcome.NO_PLACE, ending.reason());
            case "broken": return new Verdict(Outcome.LOST, ending.reason());
            case "cancelled": return new Verdict(ending.rc() == 143 ? Outcome.TERMINATED : Outcome.INTERRUPTED, "cancelled");
            default: return exited(ending, story, codex);
        }
    }

    private static Verdict exited(Ending ending, Story story, boolean codex) {
        switch (ending.reason()) {
            case "timeout": return new Verdict(Outcome.TIME_LIMIT, "the agent reached its time limit and was ended");
            case "idle": return new Verdict(Outcome.IDLE_LIMIT, "the agent gave no sign of life for too long and was ended"
                + (story.error() == null ? "" : "; its last error: " + story.error()));
            case "busy": return new Verdict(Outcome.NO_PLACE, "another agent is at work there");
            case "finished": break;
            default: return new Verdict(Outcome.LOST, "the agent was ended: " + ending.reason());
        }
        if (ending.rc() != 0) {
            return new Verdict(Outcome.AGENT_FAILED, "the agent ended with exit code "
                + ending.rc() + (story.error() == null ? "" : ": " + story.error()));
        }
        return codex && !story.completed()
            ? new Verdict(Outcome.AGENT_FAILED, "the agent ended without completing its turn"
            + (story.error() == null ? "" : ": " + story.error()))
            : new Verdict(Outcome.SUCCEEDED, null);
    }

    /** Work that was asked for and did not come back is no success. */
    Verdict with(Brought brought) {
        return outcome == Outcome.SUCCEEDED && brought.lacking()
            ? new Verdict(Outcome.AGENT_FAILED, "the agent finished, but its changes are not in the working tree: " + brought.problem())
            : this;
    }
}
