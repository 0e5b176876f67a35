package prompt_run.command;

/** What can be printed as the result. */
public interface Answer {
    String asText();

    Object asJson();

    int exitCode();

    default boolean jsonByDefault() {
        return false;
    }
}
