package ensure_ready.catalogue;

/** Below this age in seconds it is progress, not a fault. */
public record Young(int seconds) implements Trait { }
