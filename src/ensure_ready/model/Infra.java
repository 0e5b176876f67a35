package ensure_ready.model;

/** Infrastructure trouble that ends the work; with --wait-soft-fail it still exits with 0. */
public final class Infra extends RuntimeException {
    private static final long serialVersionUID = 1;
    public final Outcome outcome;

    public Infra(Outcome outcome, String message) {
        super(message);
        this.outcome = outcome;
    }
}
