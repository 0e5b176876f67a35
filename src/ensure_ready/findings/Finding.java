package ensure_ready.findings;

import ensure_ready.catalogue.Basis;
import ensure_ready.catalogue.Code;
import ensure_ready.model.Evidence;
import ensure_ready.model.Ref;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What one object says of itself.
 *
 * @param code      what it is, from the catalogue
 * @param object    the object at fault: for a missing Secret the Secret, though a pod said so
 * @param owner     the workload that suffers
 * @param pod       the pod that told it, or empty
 * @param container or empty
 * @param since     when it was first so, as the cluster tells it; the moment of the snapshot if it does not
 * @param wants     what it says that it lacks
 * @param params    values that the report shows and that tell equal causes from different ones; nothing else is read from them
 */
public record Finding(Code code, Ref object, Ref owner, String pod, String container, Instant since,
    List<Evidence> evidence, Basis basis, Wants wants, Map<String, String> params) {

    /** The one order of findings, so that equal snapshots give equal reports. */
    public static final Comparator<Finding> ORDER = Comparator.comparing(Finding::owner).thenComparing(Finding::code)
        .thenComparing(Finding::object).thenComparing(Finding::container).thenComparing(Finding::since)
        .thenComparing(f -> f.evidence().toString()).thenComparing(Finding::pod).thenComparing(f -> f.params().toString());

    /**
     * What a symptom says of what it misses.
     *
     * @param named       it is known by name, and looked for nowhere else
     * @param unreachable the log tells of something that does not answer
     * @param waitsFor    what the command waits for
     */
    public record Wants(boolean named, boolean unreachable, List<Address> waitsFor) {
        static final Wants NOTHING = new Wants(false, false, List.of());
    }

    public static Finding of(Code code, Ref object, Ref owner, Instant since, List<Evidence> evidence) {
        return new Finding(code, object, owner, "", "", since, List.copyOf(evidence), code.basis, Wants.NOTHING, Map.of());
    }

    public Finding in(String otherPod, String otherContainer) {
        return new Finding(code, object, owner, otherPod, otherContainer, since, evidence, basis, wants, params);
    }

    public Finding with(Map<String, String> more) {
        var all = new TreeMap<>(params);
        all.putAll(more);
        return new Finding(code, object, owner, pod, container, since, evidence, basis, wants, Collections.unmodifiableMap(all));
    }

    public Finding with(Basis other) {
        return new Finding(code, object, owner, pod, container, since, evidence, other, wants, params);
    }

    Finding with(Wants other) {
        return new Finding(code, object, owner, pod, container, since, evidence, basis, other, params);
    }

    /** What it says that it lacks is known by name. */
    public Finding named() {
        return with(new Wants(true, wants.unreachable(), wants.waitsFor()));
    }

    /** The same observation, understood better. */
    public Finding as(Code other, Ref at) {
        return new Finding(other, at, owner, pod, container, since, evidence, basis == code.basis ? other.basis : basis, wants, params);
    }

    public String param(String name) {
        return params.getOrDefault(name, "");
    }

    public String ownerKind() {
        return owner.kind();
    }

    public String ownerName() {
        return owner.name();
    }

    public String objectKind() {
        return object.kind();
    }

    public String objectName() {
        return object.name();
    }
}
