package prompt_run.subject;

/**
 * Where the agent runs and why there: {@code deploy}, {@code pod}, {@code runner} or {@code none}; the report's path as the agent sees it;
 * the tools that are there and those that are missing, with blanks between them, null where nobody has looked.
 */
public record Place(String target, String fallbackReason, String reportPath, String workspace, boolean resumed,
                    String tools, String missing) {
    public static Place undecided(Infra infra) {
        return nowhere("undecided", null, infra.file() == null ? null : infra.file().toString());
    }

    public static Place nowhere(String target, String why, String reportPath) {
        return new Place(target, why, reportPath, null, false, null, null);
    }
}
