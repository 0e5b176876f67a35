package ensure_ready.findings;

import ensure_ready.catalogue.Code;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import ensure_ready.model.Snapshot;
import ensure_ready.readiness.CustomStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What a custom resource says of itself, by the words that most controllers use for their conditions. Pure. */
public final class CustomFindings {
    private CustomFindings() { }

    static boolean custom(Obj o) {
        return !o.builtIn();
    }

    static Optional<Finding> of(Observed seen, Obj o) {
        var bad = CustomStatus.conditions(o).stream().filter(CustomStatus::bad).findFirst();
        var phase = CustomStatus.bad(o.text("/status/phase"));
        if (bad.isEmpty() && !phase) {
            return Optional.empty();
        }
        var code = Obj.group(o.apiVersion()).equals("cert-manager.io") ? Code.CERT_NOT_READY : Code.CR_NOT_READY;
        var young = !phase && seen.age(o) < code.young;
        var proof = bad.map(c -> Evidence.condition(o, c)).orElseGet(() -> Evidence.field(o, "status.phase", o.text("/status/phase")));
        return Optional.of(seen.finding(young ? Code.STILL_PROGRESSING : code, Ref.of(o), Ref.of(o),
            bad.flatMap(Observed::since), List.of(proof)));
    }

    /** The resource that is to make this Secret: a certificate, an external or a sealed secret. */
    public static Optional<Obj> maker(Snapshot snapshot, String secret) {
        return snapshot.objects().values().stream().flatMap(List::stream).filter(CustomFindings::custom)
            .filter(o -> o.text("/spec/secretName").equals(secret) || o.text("/spec/target/name").equals(secret)
                || o.text("/spec/template/metadata/name").equals(secret) || o.name().equals(secret) && o.kind().endsWith("Secret"))
            .min(Comparator.comparing(Obj::kind).thenComparing(Obj::name));
    }
}
