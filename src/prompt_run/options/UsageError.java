package prompt_run.options;

/** A mistake of the caller: one line that says what is wrong and what is accepted. */
public class UsageError extends RuntimeException {
    private static final long serialVersionUID = 1;

    public UsageError(String message) {
        super(message);
    }

    public UsageError(String message, Throwable cause) {
        super(message, cause);
    }
}
