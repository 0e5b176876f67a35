package ensure_ready.manifests;

import ensure_ready.model.Applied;
import ensure_ready.model.Obj;
import ensure_ready.model.Result;
import ensure_ready.model.Source;

/** An object of the manifests and where it stands. */
public record Item(Obj object, Source source) {
    /** As long as the cluster has not answered. */
    Applied as(Result result) {
        return new Applied(object, source, result, 0, "", "", "");
    }
}
