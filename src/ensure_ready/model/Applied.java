package ensure_ready.model;

import java.util.List;

/**
 * The result for one object of the manifests.
 *
 * @param object     as the manifest gives it
 * @param generation {@code metadata.generation} that the server answered; a status older than this says nothing
 * @param uid        of the object that was applied; another uid means that somebody made it again
 * @param error      one line when it failed or was not tried any more, else empty
 */
public record Applied(Obj object, Source source, Result result, long generation, String uid, String reason, String error) {
    private static final String UNTRIED = "not tried before the time was up";

    public static boolean anyFailed(List<Applied> results) {
        return results.stream().anyMatch(r -> r.result() == Result.failed);
    }

    public boolean pending() {
        return result == Result.pending;
    }

    public Applied with(Result other) {
        return new Applied(object, source, other, generation, uid, reason, error);
    }

    /** Not done, and why. */
    public Applied failed(String why) {
        return new Applied(object, source, Result.failed, generation, uid, reason, why);
    }

    /** When nothing is tried any more. */
    public Applied finished() {
        return !pending() ? this : error.isEmpty() ? new Applied(object, source, Result.skipped, generation, uid, reason, UNTRIED)
            : with(Result.failed);
    }
}
