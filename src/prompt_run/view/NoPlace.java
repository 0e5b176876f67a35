package prompt_run.view;

/** Why one rung of the ladder does not hold. */
public final class NoPlace extends Exception {
    private static final long serialVersionUID = 1;

    public NoPlace(String message) {
        super(message);
    }
}
