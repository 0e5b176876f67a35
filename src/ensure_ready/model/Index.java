package ensure_ready.model;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import shared.Json;

/** Objects by {@code kind/namespace/name} and by their owners' uids: with thousands of pods every rule must look up, not search. */
public record Index(Map<String, Obj> byName, Map<String, List<Obj>> byOwner, Set<String> byUid) {
    static Index of(Map<String, List<Obj>> objects) {
        var index = new Index(new HashMap<>(), new HashMap<>(), new HashSet<>());
        objects.forEach((kind, all) -> all.forEach(o -> {
            index.byName.putIfAbsent(kind + "/" + o.namespace() + "/" + o.name(), o);
            index.byUid.add(o.uid());
            o.list("/metadata/ownerReferences").forEach(owner -> index.byOwner.computeIfAbsent(Json.text(owner, "uid"),
                uid -> new ArrayList<>()).add(o));
        }));
        return index;
    }
}
