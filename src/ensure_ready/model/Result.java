package ensure_ready.model;

/** What an apply did with an object; {@code pending}: it is still to be tried, or to be tried again. */
public enum Result { created, configured, unchanged, recreated, failed, skipped, pending }
