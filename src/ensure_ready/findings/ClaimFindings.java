package ensure_ready.findings;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Messages;
import ensure_ready.catalogue.Phrase;
import ensure_ready.model.Event;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Why a claim has no volume of its StorageClass, the {@code type}. Pure. */
public record ClaimFindings(Observed seen, Obj claim, String type) {
    static Optional<Finding> of(Observed seen, Obj claim) {
        return new ClaimFindings(seen, claim, claim.text("/spec/storageClassName")).find();
    }

    private Optional<Finding> find() {
        if (claim.text("/status/phase").equals("Lost")) {
            return found(Code.PVC_PV_RELEASED, Evidence.field(claim, "status.phase", "Lost"));
        }
        if (!claim.text("/status/phase").equals("Pending") || claim.deleting()) {
            return Optional.empty();
        }
        var failed = seen.events(claim, "ProvisioningFailed").stream().reduce((a, b) -> b);
        if (!type.isEmpty() && !seen.exists("StorageClass", type) && !(failed.isEmpty() && madeByHand())) {
            return found(Code.PVC_STORAGECLASS_MISSING, Stream.concat(Stream.of(Evidence.field(claim, "spec.storageClassName", type)),
                failed.map(e -> e.evidence(claim)).stream()).toArray(Evidence[]::new)).map(f -> f.with(Map.of("class", type)));
        }
        var events = seen.events(claim, "ProvisioningFailed", "FailedBinding", "ExternalProvisioning", "VolumeMismatch", "ClaimMisbound");
        if (!events.isEmpty()) {
            // what is said again and again while all waits does not outdo the error that makes it wait
            var errors = events.stream().filter(e -> !e.reason().equals("ExternalProvisioning")).toList();
            var telling = errors.isEmpty() ? events : errors;
            return Optional.of(unbound(telling.get(telling.size() - 1)));
        }
        return noDefault() ? found(Code.PVC_NO_DEFAULT_CLASS, Evidence.field(claim, "spec.storageClassName", "")) : Optional.empty();
    }

    private Optional<Finding> found(Code code, Evidence... evidence) {
        return Optional.of(seen.finding(code, Ref.of(claim), evidence));
    }

    /** A class that does not exist is also the way to match volumes made by hand: then a volume of that class exists. */
    private boolean madeByHand() {
        return volumes().anyMatch(v -> v.text("/spec/storageClassName").equals(type));
    }

    private Stream<Obj> volumes() {
        return seen.snapshot.all("PersistentVolume").stream();
    }

    private boolean noDefault() {
        return !claim.has("/spec/storageClassName") && seen.snapshot.knows("StorageClass") && seen.snapshot.all("StorageClass").stream()
            .noneMatch(c -> c.annotation("storageclass.kubernetes.io/is-default-class").equals("true"));
    }

    private Finding unbound(Event last) {
        var code = code(last);
        var params = code == Code.PVC_STORAGECLASS_MISSING ? Map.of("class", Phrase.CLASS.in(last.message()))
            : seen.snapshot.find("StorageClass", type).map(t -> Map.of("provisioner", t.text("/provisioner"))).orElse(Map.of());
        var at = code == Code.PVC_PROVISIONER_MISSING && !params.isEmpty() ? new Ref("StorageClass", type) : Ref.of(claim);
        return seen.finding(code, at, Ref.of(claim), Obj.instant(last.first()), List.of(last.evidence(claim))).with(params);
    }

    private Code code(Event last) {
        var code = Messages.code(Messages.Topic.CLAIM, last.message())
            .orElse(last.reason().equals("FailedBinding") ? Code.PVC_UNBOUND : Code.PVC_PROVISION_FAILED);
        if (code == Code.PVC_NO_DEFAULT_CLASS && claim.has("/spec/storageClassName") && volumes().findAny().isPresent()) {
            code = Code.PVC_UNBOUND; // the claim asks for a volume without a class ("") and there are volumes, only none that fits
        }
        if (code == Code.PVC_UNBOUND || code == Code.PVC_NO_DEFAULT_CLASS) {
            return volumes().anyMatch(this::releasedForIt) ? Code.PVC_PV_RELEASED : code;
        }
        return code == Code.PVC_PROVISIONER_MISSING && seen.age(claim) < code.young ? Code.STILL_PROGRESSING : code;
    }

    private boolean releasedForIt(Obj volume) {
        return volume.text("/status/phase").equals("Released")
            && (volume.name().equals(claim.text("/spec/volumeName")) || volume.text("/spec/claimRef/name").equals(claim.name()));
    }
}
