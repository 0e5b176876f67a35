package ensure_ready.diagnosis;

/** Evidence for a reader who must not trust it; {@code suspicious} when it reads like an instruction. */
public record Proof(String source, String path, String reason, String message,
    long count, String firstSeen, String lastSeen, boolean untrusted, boolean suspicious) { }
