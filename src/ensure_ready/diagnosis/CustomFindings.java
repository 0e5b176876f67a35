package ensure_ready.diagnosis;

import ensure_ready.model.Obj;
import ensure_ready.model.Snapshot;
import ensure_ready.readiness.CustomStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a custom resource says of itself, by the words that most controllers use for their conditions. Pure. */
public final class CustomFindings {
    private CustomFindings() { }

    static boolean custom(Obj o) {
        return !o.builtIn();
    }

    static void of(Facts facts, Obj o) {
        var bad = CustomStatus.conditions(o).stream().filter(CustomStatus::bad).findFirst();
        var phase = CustomStatus.bad(o.text("/status/phase"));
        if (bad.isEmpty() && !phase) {
            return;
        }
        var code = Obj.group(o.apiVersion()).equals("cert-manager.io") ? Code.CERT_NOT_READY : Code.CR_NOT_READY;
        var young = !phase && facts.age(o.time("/metadata/creationTimestamp")) < 60;
        facts.add(young ? Code.STILL_PROGRESSING : code, o.kind(), o.name(), new String[] {o.kind(), o.name()}, "", bad.map(Findings::time)
            .orElse(null),
            List.of(bad.map(c -> Findings.evidence(o, c)).orElseGet(() -> Findings.spec(o, "status.phase", o.text("/status/phase")))),
                Map.of());
    }

    /** The resource that is to make this Secret: a certificate, an external or a sealed secret. */
    static Optional<Obj> maker(Snapshot snapshot, String secret) {
        return snapshot.objects().values().stream().flatMap(List::stream).filter(CustomFindings::custom)
            .filter(o -> o.text("/spec/secretName").equals(secret) || o.text("/spec/target/name").equals(secret)
            || o.text("/spec/template/metadata/name").equals(secret) || o.name().equals(secret) && o.kind().endsWith("Secret"))
                .min(Comparator.comparing(Obj::kind).thenComparing(Obj::name));
    }
}
