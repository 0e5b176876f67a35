package ensure_ready.manifests;

import ensure_ready.model.Source;

/** A piece of the manifests that could not be read. */
public record Problem(Source source, String message) { }
