package ensure_ready.command;

public enum FailMode { fast, deadline }
