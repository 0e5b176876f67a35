package ensure_ready.model;

/**
 * A type to follow in a namespace; {@code query} narrows it, {@code namesOnly} asks for metadata alone (no Secret value enters the
 * process).
 */
public record Topic(Kind kind, String namespace, String query, boolean namesOnly) {
    public static Topic of(Kind kind, String namespace) {
        return new Topic(kind, namespace, "", false);
    }

    public String path() {
        return kind.path(namespace, null);
    }

    public String key() {
        return Snapshot.key(kind.apiVersion(), kind.name());
    }

    /** Whether objects of this type are judged, and not only help to explain. */
    public boolean gates() {
        return !namesOnly && (Kinds.WORKLOADS.contains(kind.name()) || !Kinds.BUILT_IN_GROUPS.contains(kind.group()));
    }

    /** Whether a verdict may hang on it. */
    public boolean decides() {
        return !namesOnly && kind != Kind.EVENT && kind != Kind.STORAGE_CLASS;
    }

    public String accept() {
        return namesOnly ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" : "application/json";
    }

    public String watchAccept() {
        return namesOnly ? "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" : "application/json";
    }
}
