package ensure_ready.model;

import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Labels and annotations of ours. */
public final class Labels {
    public static final String US = "ensure-ready";
    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    public static final String SLOT = "ensure-ready/slot";
    public static final String ENV = "ensure-ready/env";
    public static final String ISSUE = "ensure-ready/issue";
    public static final String EXPIRES = "ensure-ready/expires-at";
    public static final String APPLIED = "ensure-ready/applied-at";

    /** Annotations of the user's, {@code "true"}: an object is not judged; its failure is told and does not block. */
    public static final String IGNORE = "ensure-ready/ignore";
    public static final String TOLERATE = "ensure-ready/tolerate";
    /** The user's: a bare pod that never ends, though its restartPolicy is Never or OnFailure. */
    public static final String SERVER = "ensure-ready/server";

    /** Labels and annotations of what this tool creates. */
    public static void mark(ObjectNode metadata, String env, int slot, int issue, Optional<Instant> expires) {
        var labels = metadata.putObject("labels").put(MANAGED_BY, US).put(ENV, env);
        if (slot > 0) {
            labels.put(SLOT, "" + slot);
        }
        if (issue > 0) {
            labels.put(ISSUE, "" + issue);
        }
        expires.ifPresent(at -> metadata.putObject("annotations").put(EXPIRES, at.toString()));
    }
}
