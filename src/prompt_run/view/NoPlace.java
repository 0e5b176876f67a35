package prompt_run.view;

/** Why one rung of the ladder does not hold. */
public final class NoPlace extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean last;

    public NoPlace(String message) {
        this(message, false);
    }

    /** {@code last}: no lower rung is tried either. */
    public NoPlace(String message, boolean last) {
        super(message);
        this.last = last;
    }

    public boolean last() {
        return last;
    }
}
