package ensure_ready.model;

import shared.Json;
import tools.jackson.databind.JsonNode;

/** An object of the namespace by kind and name, as the diagnosis and its JSON write it: {@code Deployment/web}. */
public record Ref(String kind, String name) implements Comparable<Ref> {
    public static Ref of(Obj o) {
        return new Ref(o.kind(), o.name());
    }

    public static Ref of(Workload w) {
        return new Ref(w.kind(), w.name());
    }

    /** An ownerReference or another node with these two fields. */
    public static Ref of(JsonNode reference) {
        return new Ref(Json.text(reference, "kind"), Json.text(reference, "name"));
    }

    public boolean is(String otherKind) {
        return kind.equals(otherKind);
    }

    @Override
    public int compareTo(Ref other) {
        return kind.equals(other.kind) ? name.compareTo(other.name) : kind.compareTo(other.kind);
    }

    @Override
    public String toString() {
        return kind + "/" + name;
    }
}
