package ensure_ready.diagnosis;

import ensure_ready.findings.Address;

/** A host that a workload names: in {@code via}, such as {@code env DB_HOST}, and how sure it is that it is needed (0 to 1). */
public record Mention(Address address, Edge.Origin origin, String via, double confidence) {
    String host() {
        return address.host();
    }

    String port() {
        return address.port();
    }

    /** A setting that names an address with its port. */
    boolean sure() {
        return confidence >= 0.8;
    }
}
