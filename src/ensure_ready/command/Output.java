package ensure_ready.command;

/** Form of the result on stdout. */
public enum Output { text, json }
