package ensure_ready.diagnosis;

import ensure_ready.model.Snapshot;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import shared.Json;

/** What has to stay readable though a Secret holds the same text. */
public final class NamesToKeep {
    /** Names of the objects, containers and namespace of a snapshot; those of Secrets too, which are not secret. */
    public static Set<String> of(Snapshot snapshot) {
        var names = new HashSet<>(Set.of(snapshot.namespace()));
        snapshot.objects().values().stream().flatMap(List::stream).filter(o -> !o.kind().equals("Event")).forEach(o -> {
            names.add(o.name());
            names.addAll(o.labels().values());
            Dependencies.template(o).path("spec").path("containers").forEach(c -> names.add(Json.text(c, "name")));
        });
        snapshot.applied().forEach(a -> names.add(a.object().name()));
        return names;
    }
}
