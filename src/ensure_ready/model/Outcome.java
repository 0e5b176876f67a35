package ensure_ready.model;

/** How a run ended; {@link #word} is what the JSON says. */
public enum Outcome {
    ready, not_ready, timeout, failed, apply_failed, prepare_failed, no_cluster, forbidden, interrupted, no_slot, released, attached;

    public String word() {
        return name().replace('_', '-');
    }
}
