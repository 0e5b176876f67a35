package ensure_ready.findings;

import ensure_ready.catalogue.Basis;
import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Phrase;
import ensure_ready.model.Applied;
import ensure_ready.model.CustomReference;
import ensure_ready.model.Evidence;
import ensure_ready.model.Kind;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import ensure_ready.model.Snapshot;
import ensure_ready.model.State;
import ensure_ready.readiness.CustomStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a custom resource says of itself, by the words that most controllers use for their conditions. Pure. */
public final class CustomFindings {
    static Optional<Finding> of(Observed seen, Obj o) {
        var said = CustomStatus.of(o, seen.snapshot);
        if (o.deleting() || CustomStatus.ignored(o, seen.snapshot)) {
            return Optional.empty();
        }
        var code = ("." + o.group()).endsWith(".cert-manager.io") ? Code.CERT_NOT_READY : Code.CR_NOT_READY;
        if (!said.against()) { // whose operator writes no status may warn by events
            return said.state() != State.unverified ? Optional.empty() : seen.warned(o).map(e -> seen.finding(code, Ref.of(o),
                e.evidence(o)));
        }
        var young = said.state() == State.progressing && seen.age(o) < code.young;
        var proofs = Stream.of(Stream.of(said.proof()), CustomStatus.details(o), madeOf(seen.snapshot, o)).flatMap(s -> s).distinct()
            .limit(5).toList();
        return Optional.of(seen.finding(young ? Code.STILL_PROGRESSING : code, Ref.of(o), Ref.of(o),
            Obj.instant(said.proof().firstSeen()), proofs)).map(f -> young || !said.invalid() ? f : f.with(Basis.OBSERVED));
    }

    /** Kinds that the API server refuses to show because their conversion webhook is down; told at those that were applied. */
    static Stream<Finding> unread(Observed seen) {
        return seen.snapshot.limited().stream().filter(l -> l.startsWith(Snapshot.CUSTOM) && Phrase.CONVERSION.occurs(l)).flatMap(l -> {
            var told = l.substring(Snapshot.CUSTOM.length());
            var kind = told.substring(0, told.indexOf(": "));
            var at = new Ref("CustomResourceDefinition", kind);
            var owners = seen.snapshot.applied().stream().map(Applied::object)
                .filter(o -> Kind.of(o.apiVersion(), o.kind()).definition().equals(kind)).map(Ref::of);
            return Stream.concat(owners, Stream.of(at)).map(o -> seen.finding(Code.CONVERSION_WEBHOOK_UNAVAILABLE, at, o, Optional.empty(),
                List.of(Evidence.status("crd/" + kind, "", told.substring(told.indexOf(": ") + 2)))));
        });
    }

    /** What the custom resources that its controller made for it say: a Certificate's request names the issuer that is missing. */
    private static Stream<Evidence> madeOf(Snapshot snapshot, Obj o) {
        return snapshot.ownedBy(o).stream().filter(c -> !c.builtIn() && !o.uid().isEmpty())
            .flatMap(c -> Stream.concat(Stream.of(CustomStatus.of(c, snapshot)).filter(CustomStatus.Said::against)
            .map(CustomStatus.Said::proof), madeOf(snapshot, c)));
    }

    /** The resource that is to make this Secret: a certificate, an external or a sealed secret. */
    public static Optional<Obj> maker(Snapshot snapshot, String secret) {
        return snapshot.custom().filter(o -> CustomReference.makes(o, secret))
            .min(Comparator.comparing(Obj::kind).thenComparing(Obj::name));
    }
}
