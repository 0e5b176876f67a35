package ensure_ready.diagnosis;

/** An object as the JSON names it; the namespace is empty for what has none. */
public record ObjectRef(String apiVersion, String kind, String namespace, String name) {
    @Override
    public String toString() {
        return kind + "/" + name;
    }
}
