package ensure_ready.diagnosis;

import ensure_ready.findings.Address;
import ensure_ready.model.Ref;

/** A host that a workload names: in {@code via}, such as {@code env DB_HOST}, and how sure it is that it is needed (0 to 1). */
public record Mention(Address address, Edge.Origin origin, String via, double confidence) {
    String host() {
        return address.host();
    }

    String port() {
        return address.port();
    }

    /** The ConfigMap whose value it is, else the workload. */
    static Ref place(String via, Ref workload) {
        return via.startsWith("configmap ") ? new Ref("ConfigMap", via.split(" ")[1]) : workload;
    }

    /** A setting that names an address with its port. */
    boolean sure() {
        return confidence >= 0.8;
    }
}
