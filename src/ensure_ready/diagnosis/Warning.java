package ensure_ready.diagnosis;

public record Warning(Code code, String object, String message) { }
