package prompt_run.machine;

/** Something between here and the agent's place does not work; the message says what. */
public final class Broken extends Exception {
    private static final long serialVersionUID = 1;

    public Broken(String message) {
        super(message);
    }
}
