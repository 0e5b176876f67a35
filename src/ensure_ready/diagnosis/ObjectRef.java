package ensure_ready.diagnosis;

public record ObjectRef(String apiVersion, String kind, String namespace, String name) {
    @Override
    public String toString() {
        return kind + "/" + name;
    }
}
