package ensure_ready.diagnosis;

/** A value that decides: of which object and field ({@code deploy/web spec.replicas}), and what it is. */
public record Fact(String at, String value) {
    /** How many a cause has at most, and how long each may be. */
    static final int MOST = 12;
    static final int CHARS = 240;
}
