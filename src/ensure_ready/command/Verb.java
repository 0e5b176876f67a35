package ensure_ready.command;

/** What is to be done; the first word of the command line. */
public enum Verb { ensure, status, release, attach }
