package ensure_ready.model;

/** How a run ended; {@link #word} is what the JSON says. */
public enum Outcome {
    ready, not_ready, timeout, failed, apply_failed, prepare_failed, no_cluster, forbidden, interrupted, no_slot, released, attached;

    /** Of the process; {@code soft}: trouble with the infrastructure is none. */
    public int exitCode(boolean soft) {
        return switch (this) {
            case ready, released, attached -> 0;
            case no_slot -> 11;
            case interrupted -> 130;
            default -> soft ? 0 : 10;
        };
    }

    public String word() {
        return name().replace('_', '-');
    }
}
