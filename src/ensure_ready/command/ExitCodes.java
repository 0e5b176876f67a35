package ensure_ready.command;

import ensure_ready.model.Outcome;

/** The one place that maps outcomes to exit codes. */
public final class ExitCodes {
    public static final int USAGE = 2;

    private ExitCodes() { }

    public static int of(Outcome outcome, boolean soft) {
        return switch (outcome) {
            case ready, released, attached -> 0;
            case no_slot -> 11;
            case interrupted -> 130;
            default -> soft ? 0 : 10;
        };
    }
}
