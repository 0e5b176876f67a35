package ensure_ready.readiness;

import java.time.Instant;

/** When a finding was first and last there. */
public record Seen(Instant first, Instant last) { }
