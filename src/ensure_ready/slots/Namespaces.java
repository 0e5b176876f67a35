package ensure_ready.slots;

import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.model.Kind;
import ensure_ready.model.Labels;
import ensure_ready.model.Obj;
import ensure_ready.model.Outcome;
import ensure_ready.model.Target;
import ensure_ready.report.Progress;
import ensure_ready.system.Deadline;
import ensure_ready.system.InfraFailure;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.stream.Collectors;
import shared.Json;
import shared.Texts;

/** The slot's namespace: made when absent, waited for while it goes away. */
public final class Namespaces {
    /** {@code unfinished}: made by us, but a run ended before its apply did; {@code unreadable}: we may not look. */
    public enum Found { created, unfinished, living, unreadable }

    private final Api api;
    private final Progress progress;

    public Namespaces(Api api, Progress progress) {
        this.api = api;
        this.progress = progress;
    }

    /** Throws {@link InfraFailure} {@code timeout} when it is still going away at the deadline, with what holds it. */
    public Found ensure(Target target, Deadline deadline, Optional<Instant> expires) {
        try {
            for (int looks = 0; ; looks++) {
                var found = api.find(Kind.NAMESPACE, null, target.namespace());
                if (found.isEmpty() && create(target, expires)) {
                    return Found.created;
                }
                if (found.isPresent() && !terminating(found.get())) {
                    return unfinished(found.get()) ? Found.unfinished : Found.living;
                }
                if (found.isPresent()) {
                    waitUntilGone(found.get(), looks == 0, deadline);
                }
            }
        } catch (ApiError e) {
            if (e.forbidden() && e.tried.startsWith("GET")) {
                return Found.unreadable;
            }
            throw e;
        }
    }

    /** Remembers that the first apply came to its end; without the right to, the next run just applies once more. */
    public void markApplied(Target target) {
        var patch = Json.MAPPER.createObjectNode();
        patch.putObject("metadata").putObject("annotations").put(Labels.APPLIED, Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        try {
            var ns = api.find(Kind.NAMESPACE, null, target.namespace());
            if (ns.isPresent() && unfinished(ns.get())) {
                api.patch(Kind.NAMESPACE.path(null, target.namespace()), "merge-patch+json", patch);
            }
        } catch (ApiError e) {
            progress.detail("ns/" + target.namespace() + ": cannot remember that it was applied: " + e.sentence());
        }
    }

    /** True only when the server says so; who may not ask does not know. */
    public boolean absent(Target target) {
        try {
            return api.find(Kind.NAMESPACE, null, target.namespace()).isEmpty();
        } catch (ApiError e) {
            if (e.forbidden()) {
                return false;
            }
            throw e;
        }
    }

    static boolean ours(Obj namespace) {
        return Labels.US.equals(namespace.labels().get(Labels.MANAGED_BY));
    }

    private static boolean unfinished(Obj namespace) {
        return ours(namespace) && namespace.annotation(Labels.APPLIED).isEmpty();
    }

    private static boolean terminating(Obj namespace) {
        return namespace.deleting() || namespace.text("/status/phase").equals("Terminating");
    }

    private boolean create(Target target, Optional<Instant> expires) {
        var body = Kind.NAMESPACE.named(target.namespace());
        Labels.mark(body.withObject("/metadata"), target.env(), target.slot(), target.issue(), expires);
        boolean created = api.create(Kind.NAMESPACE, null, body);
        if (created) {
            progress.say("created ns/" + target.namespace());
        }
        return created;
    }

    private void waitUntilGone(Obj namespace, boolean first, Deadline deadline) {
        if (deadline.passed()) {
            throw new InfraFailure(Outcome.timeout, namespace.ref() + ": still terminating: " + holds(namespace));
        }
        if (first) {
            progress.say(namespace.ref() + " is terminating, waits until it is gone");
        }
        Changes.await(api, Kind.NAMESPACE.path(null, null), "&fieldSelector=metadata.name%3D" + namespace.name(),
            namespace.text("/metadata/resourceVersion"), deadline.atMost(Duration.ofSeconds(30)));
    }

    /** What the namespace controller says is left in it; its conditions name the finalizers. */
    private static String holds(Obj namespace) {
        var left = namespace.list("/status/conditions").stream().filter(Obj::isTrue)
            .map(c -> Texts.line(Json.text(c, "message"))).collect(Collectors.joining("; "));
        return !left.isEmpty() ? left
            : namespace.has("/spec/finalizers") ? "finalizers " + namespace.at("/spec/finalizers") : "nothing says why";
    }
}
