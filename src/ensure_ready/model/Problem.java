package ensure_ready.model;

/** A piece of the manifests that could not be read. */
public record Problem(Source source, String message) { }
