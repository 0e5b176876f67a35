package ensure_ready.system;

import ensure_ready.model.Outcome;

/** Infrastructure trouble that ends the work; with --wait-soft-fail it still exits with 0. */
public final class InfraFailure extends RuntimeException {
    private static final long serialVersionUID = 1;
    public final Outcome outcome;
    /** The last lines of the command that failed, or empty. */
    public final String detail;

    public InfraFailure(Outcome outcome, String message) {
        this(outcome, message, "");
    }

    public InfraFailure(Outcome outcome, String message, String detail) {
        super(message);
        this.detail = detail;
        this.outcome = outcome;
    }

    /** Whoever asked this thread to stop is obeyed. */
    public static InfraFailure interrupted() {
        Thread.currentThread().interrupt();
        return new InfraFailure(Outcome.interrupted, "interrupted");
    }
}
