package prompt_run.verdict;

/** How the agent's process ended, as far as anybody can prove. {@code began}: it may have been started. */
public record Ending(How how, int rc, String reason, boolean began) {
    public enum How { EXITED, BROKEN, CANCELLED, NOWHERE }

    public static Ending exited(int rc, String reason) {
        return new Ending(How.EXITED, rc, reason, true);
    }

    public static Ending broken(String why, boolean began) {
        return new Ending(How.BROKEN, -1, why, began);
    }

    public static Ending cancelled(int exitCode, boolean began) {
        return new Ending(How.CANCELLED, exitCode, "cancelled", began);
    }

    public static Ending nowhere(String why) {
        return new Ending(How.NOWHERE, -1, why, false);
    }
}
