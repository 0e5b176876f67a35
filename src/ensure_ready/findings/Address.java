package ensure_ready.findings;

/** A host as written, and a port or an empty text. */
public record Address(String host, String port) {
    @Override
    public String toString() {
        return port.isEmpty() ? host : host + ":" + port;
    }
}
