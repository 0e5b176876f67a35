package ensure_ready.model;

import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

    /** Of the slot's namespace, or of none: one of the same name elsewhere is another object. */
    public Optional<Obj> find(String kind, String name) {
        return find(kind, namespace, name).or(() -> find(kind, "", name));
    }

    public Optional<Obj> find(String kind, String in, String name) {
        return Optional.ofNullable(index.byName().get(kind + "/" + in + "/" + name));
    }

    /** Whether the namespace goes away, or is not there: then nothing in it can be ready; lists of it are simply empty. */
    public boolean ends() {
        return knows("Namespace") && find("Namespace", namespace).filter(n -> !n.deleting()).isEmpty();
    }

    /** What the cluster has of an object that a manifest gives. */
    public Optional<Obj> live(Obj manifest) {
        var in = manifest.namespace().isEmpty() ? namespace : manifest.namespace();
        return find(key(manifest), in, manifest.name()).or(() -> find(key(manifest), "", manifest.name()));
    }

    /** The same, else that of another namespace which the manifests name. */
    public Optional<Obj> anywhere(String kind, String name) {
        return find(kind, name).or(() -> all(kind).stream().filter(o -> o.name().equals(name)).findFirst());
    }

    /** Whether an object is in the slot's namespace; a manifest that names none will be. */
    public boolean own(Obj o) {
        return o.namespace().isEmpty() || o.namespace().equals(namespace);
    }

    /** Whether an object of another namespace bears the name of one of the slot's. */
    public boolean twin(Obj o) {
        return !own(o) && find(key(o), o.name()).isPresent();
    }

    /** Without such objects and what they made: nothing that is said of them is to be taken for ours. */
    public Snapshot withoutTwins() {
        var twins = Collections.<Obj>newSetFromMap(new IdentityHashMap<>());
        objects.values().stream().flatMap(List::stream).filter(this::twin).forEach(o -> leave(o, twins));
        var ours = applied.stream().filter(a -> !twin(a.object())).toList();
        if (twins.isEmpty() && ours.size() == applied.size()) {
            return this;
        }
        var left = new HashMap<String, List<Obj>>();
        objects.forEach((kind, all) -> left.put(kind, all.stream().filter(o -> !twins.contains(o)).toList()));
        return new Snapshot(namespace, at, left, ours, logs, limited, rules, Index.of(left));
    }

    private void leave(Obj o, Set<Obj> twins) {
        if (twins.add(o) && !o.uid().isEmpty()) {
            ownedBy(o).forEach(made -> leave(made, twins));
        }
    }

    /** Whether a live object is what this manifest stands for. */
    public boolean same(Obj manifest, Obj live) {
        return key(manifest).equals(key(live)) && manifest.name().equals(live.name()) && (live.namespace().isEmpty()
            || live.namespace().equals(manifest.namespace().isEmpty() ? namespace : manifest.namespace()));
    }

    public List<Obj> ownedBy(Obj owner) {
        return index.byOwner().getOrDefault(owner.uid(), List.of());
    }

    public List<Obj> ownedBy(String kind, Obj owner) {
        return ownedBy(owner).stream().filter(o -> key(o).equals(kind)).toList();
    }

    public Optional<Applied> applied(String kind, String name) {
        return applied.stream().filter(a -> a.object().kind().equals(kind) && a.object().name().equals(name)).findFirst();
    }
}
