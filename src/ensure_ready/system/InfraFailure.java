package ensure_ready.system;

import ensure_ready.model.Outcome;

/** Infrastructure trouble that ends the work; with --wait-soft-fail it still exits with 0. */
public final class InfraFailure extends RuntimeException {
    private static final long serialVersionUID = 1;
    public final Outcome outcome;

    public InfraFailure(Outcome outcome, String message) {
        super(message);
        this.outcome = outcome;
    }

    /** Whoever asked this thread to stop is obeyed. */
    public static InfraFailure interrupted() {
        Thread.currentThread().interrupt();
        return new InfraFailure(Outcome.interrupted, "interrupted");
    }
}
