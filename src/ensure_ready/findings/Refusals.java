package ensure_ready.findings;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Messages;
import ensure_ready.catalogue.Phrase;
import ensure_ready.model.Applied;
import ensure_ready.model.Evidence;
import ensure_ready.model.Kinds;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import ensure_ready.model.References;
import ensure_ready.model.Snapshot;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import shared.Json;

/** What the API server did not take: pods that a controller cannot create, and objects that could not be applied. Pure. */
public record Refusals(Observed seen) {
    /** Pods that the controller cannot create: the condition says it for good, the event says it in time. */
    List<Finding> of(Obj workload, Obj creator, boolean missing) {
        if (!missing) {
            return List.of();
        }
        var youngest = seen.snapshot.ownedBy("Pod", creator).stream().map(Obj::created)
            .max(Comparator.naturalOrder()).orElse("");
        return condition(workload, creator).or(() -> seen.events(creator, "FailedCreate").stream()
            .filter(e -> e.last().isEmpty() || e.last().compareTo(youngest) >= 0).reduce((a, b) -> b)
            .map(e -> refused(workload, e.evidence(creator)))
            .or(() -> account(workload, creator))).stream().toList();
    }

    Optional<Finding> condition(Obj workload, Obj creator) {
        return Optional.of(creator.condition("ReplicaFailure")).filter(Obj::isTrue)
            .map(c -> refused(workload, Evidence.condition(creator, c)));
    }

    /** The event may have expired; that no pod exists and its account does not either says the same. */
    private Optional<Finding> account(Obj workload, Obj creator) {
        var name = References.account(creator.at("/spec/template/spec"));
        if (seen.exists("ServiceAccount", name) || !seen.snapshot.ownedBy("Pod", creator).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(seen.finding(Code.SERVICE_ACCOUNT_MISSING, new Ref("ServiceAccount", name), Ref.of(workload), Optional.empty(),
            List.of(Evidence.field(creator, "spec.template.spec.serviceAccountName", name))));
    }

    private Finding refused(Obj workload, Evidence evidence) {
        var code = Messages.code(Messages.Topic.CREATE, evidence.message()).orElse(Code.ADMISSION_DENIED);
        var culprit = culprit(code, evidence.message());
        return seen.finding(code, culprit.orElse(Ref.of(workload)), Ref.of(workload), Obj.instant(evidence.firstSeen()), List.of(evidence))
            .with(culprit.map(c -> Map.of("name", c.name())).orElse(Map.of()));
    }

    /** The object that a refusal speaks of, so that many workloads with one cause meet; empty when it is the workload itself. */
    private Optional<Ref> culprit(Code code, String message) {
        return switch (code) {
            case QUOTA_EXCEEDED -> named("ResourceQuota", Phrase.QUOTA, message);
            case SERVICE_ACCOUNT_MISSING -> named("ServiceAccount", Phrase.ACCOUNT, message);
            case ADMISSION_WEBHOOK_UNAVAILABLE -> configuration(Phrase.WEBHOOK.in(message))
                .or(() -> named("Webhook", Phrase.WEBHOOK, message));
            default -> Optional.empty();
        };
    }

    private Optional<Ref> configuration(String webhook) {
        return Stream.of("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration").flatMap(k -> seen.snapshot.all(k).stream())
            .filter(o -> o.list("/webhooks").stream().anyMatch(w -> Json.text(w, "name").equals(webhook))).map(Ref::of).findFirst();
    }

    private static Optional<Ref> named(String kind, Phrase part, String message) {
        return Optional.of(part.in(message)).filter(name -> !name.isEmpty()).map(name -> new Ref(kind, name));
    }

    /**
     * What should run, and is not even there though its kind was read: never applied, or deleted since. In a namespace that goes away
     * nothing can be; a Job may be gone by its time.
     */
    Optional<Finding> absent(Applied a) {
        var o = a.object();
        boolean runs = !o.builtIn() || Kinds.WORKLOADS.contains(o.kind()) && !o.kind().equals("PersistentVolumeClaim");
        return !runs || a.pending() || !a.error().isEmpty() || !seen.snapshot.knows(Snapshot.key(o)) || seen.snapshot.ends()
            || seen.snapshot.live(o).isPresent() || o.has("/spec/ttlSecondsAfterFinished") ? Optional.empty()
            : Optional.of(seen.finding(Code.OBJECT_MISSING, Ref.of(o), Evidence.status(o.ref(), "NotFound",
                "is in the manifests and not in the namespace")));
    }

    Finding applied(Applied a) {
        var text = (a.reason() + " " + a.error()).strip();
        var own = a.object().apiVersion().isEmpty(); // of no API: it never reached the cluster
        var code = own ? Code.valueOf(a.reason()) : Messages.code(Messages.Topic.APPLY, text).orElse(Code.APPLY_FAILED);
        if (code == Code.API_KIND_UNKNOWN && Phrase.REMOVED_API.occurs(a.object().apiVersion())) {
            code = Code.API_VERSION_REMOVED;
        }
        var at = Ref.of(a.object());
        return seen.finding(code, culprit(code, text).orElse(at), at, Optional.empty(),
            List.of(new Evidence("apply", a.object().ref(), a.reason(), a.error(), 1, "", "")))
            .with(Map.of("apiVersion", a.object().apiVersion()));
    }
}
