package prompt_run.place;

/** Why one rung of the ladder does not hold. */
public final class NoPlace extends Exception {
    private static final long serialVersionUID = 1;

    NoPlace(String message) {
        super(message);
    }
}
