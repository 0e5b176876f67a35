package ensure_ready.model;

import java.util.List;

/**
 * The result for one object of the manifests.
 *
 * @param object     as the manifest gives it
 * @param generation {@code metadata.generation} that the server answered; a status older than this says nothing
 * @param uid        of the object that was applied; another uid means that somebody made it again
 * @param error      one line when it failed, else empty
 */
public record Applied(Obj object, Source source, Result result, long generation, String uid, String reason, String error) {
    public static boolean anyFailed(List<Applied> results) {
        return results.stream().anyMatch(r -> r.result() == Result.failed);
    }
}
