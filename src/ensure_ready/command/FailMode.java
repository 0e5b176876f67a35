package ensure_ready.command;

/** When a wait may end before its deadline. */
public enum FailMode { fast, deadline }
