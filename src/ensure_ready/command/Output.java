package ensure_ready.command;

public enum Output { text, json }
