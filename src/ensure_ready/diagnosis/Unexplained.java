package ensure_ready.diagnosis;

public record Unexplained(String object, Code code, String message) { }
