package prompt_run.subject;

/**
 * Where the agent runs and why there: {@code deploy}, {@code pod}, {@code runner} or {@code none}; the report's path as the agent sees it.
 */
public record Place(String target, String fallbackReason, String reportPath, String workspace, boolean resumed) {
    public static Place undecided(Infra infra) {
        return new Place("undecided", null, infra.file() == null ? null : infra.file().toString(), null, false);
    }
}
