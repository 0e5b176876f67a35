package ensure_ready.command;

/** What gates {@code infraReady}. */
public enum WaitFor { applied, namespace }
