package ensure_ready.command;

public enum WaitFor { applied, namespace }
