package ensure_ready.diagnosis;

/** A place in a manifest of the repository. */
public record FileRef(String path, int line) { }
