package ensure_ready.readiness;

import ensure_ready.model.Obj;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** The words in which custom resources say how they are: types and reasons of conditions, texts of phase, state and health. Pure. */
public final class CustomWords {
    /** Not so: the spec is not in force, whatever Ready says of the one before. */
    private static final Pattern IN_FORCE =
        Pattern.compile("Synced|Synchronized|Reconciled|ReconcileSuccess|Accepted|Programmed|ResolvedRefs|Applied");
    private static final Set<String> POSITIVE = Set.of("Programmed", "ResolvedRefs", "Reconciled", "ReconcileSuccess", "Deployed",
        "Established", "Succeeded", "Complete", "Completed", "Valid", "Initialized", "Active", "Provisioned", "Released", "Running",
        "Created", "Installed", "Configured", "QuotaReserved", "Admitted");
    private static final Pattern POSITIVE_END =
        Pattern.compile(".*(?<!Not)(Ready|Available|Synced|Synchronized|Healthy|Accepted|Applied|Reconciled)$");
    private static final Pattern BROKEN = Pattern.compile(".*(Failed|Failure|Errors?|Errored|ErrorOccurred|Invalid|Stalled|Terminal)$");
    private static final Pattern AILING = Pattern.compile(".*(Unhealthy|NotReady|Degraded|Unavailable)$");
    private static final Set<String> DONE = Set.of("ready", "running", "active", "bound", "succeeded", "success", "successful", "completed",
        "complete", "finished", "done", "healthy", "green", "available", "online", "deployed", "established", "synced", "synchronized",
        "insync", "provisioned", "installed", "ok", "up", "reconciled", "created", "valid", "accepted", "compliant", "stable", "normal",
        "passed", "approved", "enabled", "connected", "started", "true", "serving", "attached", "issued", "configured", "registered",
        "initialized", "updated", "live", "optimal");
    /** The kind's own word for ready: it outranks a condition that is not so. */
    private static final Set<String> READY = Set.of("ready", "running", "healthy", "green", "available", "online", "ok", "up");
    /** It serves, with less than it was asked for: Elasticsearch on one node, Ceph with a warning. */
    private static final Set<String> SERVING = Set.of("yellow", "warning", "warn", "healthwarn", "readywithwarnings");
    private static final Pattern IDLE = Pattern.compile("(?i).*(paused?|suspended|hibernat(ed|ion)|scaled_?to_?zero|idle|inactive|notactive"
        + "|notraffic|sleeping|dormant|stopped|detached|waitforfirstconsumer)$");
    private static final String FAILURE = "failed|failure|error|errored|rejected";
    private static final Pattern FAILED_WORD = Pattern.compile("(?i).*(" + FAILURE
        + "|degraded|unhealthy|aborted|invalid|broken|crashed|faulted|lost)$|red|(failed|error|invalid).*"
        + "|.*\\b(not found|unable to|cannot)\\b.*");
    /** Reasons that a controller gives when it has tried and could not; not those that say what it waits for. */
    private static final Pattern FAILED_REASON =
        Pattern.compile("(?i).*(" + FAILURE + "|invalid\\w*|denied|unauthorized|forbidden|terminal|exceeded)$|ErrInit.*");
    static final Pattern KEY = Pattern.compile("(?i)(?!desired|last|previous|target).*(phase|state|status|health|stage)$|sync");
    /** {@code ClusterRunning}, and what stands before the last word of {@code PodsNotReady}. */
    private static final Pattern LAST = Pattern.compile("(.*[a-z])([A-Z][a-z]+)");
    private static final Pattern HINDERED = Pattern.compile("(?i).*(not|non|wait.*|pending.*|partially|until.*|being)");
    /** They are read by others and have nothing to become ready; many of their controllers write no status. */
    private static final Set<String> CONFIGURATION = Set.of("monitoring.coreos.com", "networking.istio.io", "security.istio.io",
        "traefik.io", "traefik.containo.us", "kyverno.io", "wgpolicyk8s.io", "aquasecurity.github.io", "k8s.cni.cncf.io",
        "tekton.dev", "autoscaling.k8s.io", "cilium.io", "elbv2.k8s.aws",
        "image.openshift.io", "build.openshift.io");

    static boolean configuration(Obj o) {
        return CONFIGURATION.contains(o.group()) && !o.has("/status/replicas") && !o.has("/spec/replicas");
    }

    static String type(JsonNode condition) {
        return Json.text(condition, "type");
    }

    /** A condition that must be true. */
    static boolean positive(JsonNode condition) {
        return POSITIVE.contains(type(condition)) || POSITIVE_END.matcher(type(condition)).matches();
    }

    static boolean inForce(JsonNode condition) {
        return IN_FORCE.matcher(type(condition)).matches();
    }

    /** It says that something failed for good; a condition without a status is there while it is so, as Argo CD writes them. */
    static boolean broken(JsonNode condition) {
        return (Obj.isTrue(condition) || !condition.has("status")) && BROKEN.matcher(type(condition)).matches();
    }

    /** It says that something is not well at present. */
    static boolean ailing(JsonNode condition) {
        return Obj.isTrue(condition) && AILING.matcher(type(condition)).matches();
    }

    /** A good condition that is not so because its controller tried and could not; one of an unknown type if it says so in one word. */
    static boolean triedInVain(JsonNode condition) {
        var reason = Json.text(condition, "reason");
        return Obj.isFalse(condition) && (positive(condition) ? FAILED_REASON.matcher(reason).matches()
            : reason.matches("Error|Failed|Failure") && !BROKEN.matcher(type(condition)).matches());
    }

    /** It does not work because nobody asks it to: a good condition that is not so for that reason, or one that says it. */
    static boolean idle(JsonNode condition) {
        return positive(condition) ? Obj.isFalse(condition) && IDLE.matcher(Json.text(condition, "reason")).matches()
            : Obj.isTrue(condition) && (idle(type(condition)) || idle(Json.text(condition, "reason")));
    }

    /** A queue does not let it run. */
    static boolean queued(JsonNode condition) {
        return type(condition).matches("QuotaReserved|Admitted") && Obj.isFalse(condition);
    }

    /** It ran to its end: that it does not run any more is no fault then. */
    static boolean finished(JsonNode condition) {
        return Obj.isTrue(condition) && type(condition).matches("Succeeded|Complete|Completed|Finished");
    }

    /** Still being rolled out, whatever its Ready condition says of before. */
    static boolean rollingOut(JsonNode condition) {
        return type(condition).matches("Progressing|Updating|Upgrading") && Obj.isTrue(condition)
            && !Json.text(condition, "reason").matches("(?i).*(available|completed?|succeeded|healthy|asexpected)");
    }

    private static String plain(String word) {
        return word.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "");
    }

    static boolean ready(String word) {
        return READY.contains(plain(word));
    }

    static boolean serving(String word) {
        return SERVING.contains(plain(word));
    }

    static boolean done(String word) {
        var last = LAST.matcher(word);
        return DONE.contains(plain(word)) || serving(word)
            || last.matches() && !HINDERED.matcher(last.group(1)).matches() && DONE.contains(plain(last.group(2)));
    }

    static boolean idle(String word) {
        return IDLE.matcher(word).matches();
    }

    /** {@code Failed}, {@code SyncError}, {@code degraded}, and the red that Elasticsearch shows. */
    static boolean failed(String word) {
        return FAILED_WORD.matcher(word).matches();
    }

    static boolean unfinished(String word) {
        return !done(word) && !idle(word)
            && plain(word).matches(".*(ing|pending|unknown|unavailable|offline|unreachable|notready)"
                + "|(wait|pending|back(ing)?off|queued).*");
    }
}
