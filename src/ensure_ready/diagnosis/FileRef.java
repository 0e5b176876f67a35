package ensure_ready.diagnosis;

public record FileRef(String path, int line) { }
