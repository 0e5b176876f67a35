package ensure_ready.catalogue;

/** What sets a code of the catalogue apart from those that have nothing to say about it. */
public interface Trait { }
