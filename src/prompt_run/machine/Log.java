package prompt_run.machine;

/** What people are told while it runs, one line at a time; never on stdout. */
public interface Log {
    void warn(String message);

    void info(String message);

    void debug(String message);

    void agent(String text);
}
