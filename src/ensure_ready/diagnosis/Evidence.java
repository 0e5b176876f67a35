package ensure_ready.diagnosis;

/** One proof: where it was read ({@code status|condition|event|log|spec|apply}), and what stood there. Text is data from the cluster. */
public record Evidence(String source, String path, String reason, String message, long count, String firstSeen, String lastSeen) { }
