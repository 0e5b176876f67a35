package ensure_ready.model;

/** What an apply did with an object. */
public enum Result { created, configured, unchanged, recreated, failed, skipped }
