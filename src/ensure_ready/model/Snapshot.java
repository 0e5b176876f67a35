package ensure_ready.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * All that is known of a namespace at one moment; rules read nothing else.
 *
 * @param objects by {@link #key}: the kind's name, for custom resources {@code Kind.group}; a kind that was never asked for is absent, one
 * that has no objects is empty
 * @param applied what the apply did, in manifest order; empty when nothing was applied
 * @param logs    tails of failing containers by {@code pod/container}; filled for the diagnosis only
 * @param limited what could not be read, such as {@code events: forbidden}
 * @param rules   how the user wants custom resources judged
 */
public record Snapshot(String namespace, Instant at, Map<String, List<Obj>> objects,
    List<Applied> applied, Map<String, Log> logs, List<String> limited, List<CustomRule> rules, Index index) {
    /** Begins the lines of {@code limited} that tell of custom resources of kinds that may not be read. */
    public static final String CUSTOM = "custom resources: ";

    public Snapshot(String namespace, Instant at, Map<String, List<Obj>> objects,
        List<Applied> applied, Map<String, Log> logs, List<String> limited) {
        this(namespace, at, objects, applied, logs, limited, List.of(), Index.of(objects));
    }

    public Snapshot with(List<CustomRule> others) {
        return new Snapshot(namespace, at, objects, applied, logs, limited, others, index);
    }

    public Snapshot and(List<Applied> more) {
        return new Snapshot(namespace, at, objects, Stream.concat(more.stream(), applied.stream()).toList(), logs, limited, rules, index);
    }

    /** Under which a kind's objects stand: two groups may have a Service. */
    public static String key(String apiVersion, String kind) {
        var group = Obj.group(apiVersion);
        return Kinds.BUILT_IN_GROUPS.contains(group) ? kind : kind + "." + group;
    }

    public static String key(Obj o) {
        return key(o.apiVersion(), o.kind());
    }

    public List<Obj> all(String kind) {
        return objects.getOrDefault(kind, List.of());
    }

    /** Of whatever kind that is not Kubernetes' own. */
    public Stream<Obj> custom() {
        return objects.values().stream().filter(all -> !all.isEmpty() && !all.get(0).builtIn()).flatMap(List::stream);
    }

    public boolean knows(String kind) {
        return objects.containsKey(kind);
    }

    public Optional<Obj> find(String kind, String name) {
        return Optional.ofNullable(index.byName().get(kind + "/" + name));
    }

    public List<Obj> ownedBy(String kind, Obj owner) {
        return index.byOwner().getOrDefault(owner.uid(), List.of()).stream().filter(o -> key(o).equals(kind)).toList();
    }

    public Optional<Applied> applied(String kind, String name) {
        return applied.stream().filter(a -> a.object().kind().equals(kind) && a.object().name().equals(name)).findFirst();
    }
}
