package ensure_ready.catalogue;

/** How a finding is known, and whether it stands by itself or leans on what its object needs. */
public enum Basis implements Trait {
    /** An object says so. */
    OBSERVED(false, false),
    /** An object says so, though what it needs may explain it better. */
    LEANING(false, true),
    /** Concluded from what objects say. */
    INFERRED(true, false),
    /** Concluded, though what the object needs may explain it better. */
    GUESSED(true, true),
    /** Hardly more than that something is wrong: what the object needs explains it better. */
    WEAK(true, true),
    /** The state of the workload is final by itself, though no finding says why. */
    FINAL(false, false);

    public final boolean inferred;
    public final boolean leans;

    Basis(boolean inferred, boolean leans) {
        this.inferred = inferred;
        this.leans = leans;
    }
}
