package ensure_ready.command;

public enum Verb { ensure, status, release, attach }
