package ensure_ready.readiness;

import ensure_ready.model.Obj;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The words in which custom resources say how they are, for the judge and for the finder alike: types and reasons of conditions (nested
 * ones too), and texts of phase, state, status and health. Pure.
 */
public final class CustomStatus {
    private static final Set<String> POSITIVE = Set.of("Programmed", "ResolvedRefs", "Reconciled", "Deployed", "Established", "Succeeded",
        "Complete", "Completed", "Valid",
        "Initialized", "Active", "Provisioned", "Released", "Running", "Created", "Installed", "Configured");
    private static final Pattern POSITIVE_END =
        Pattern.compile(".*(?<!Not)(Ready|Available|Synced|Synchronized|Healthy|Accepted|Applied|Reconciled)$");
    private static final Pattern BROKEN = Pattern.compile(".*(Failed|Failure|Error|Errored|Invalid|Stalled)$");
    private static final Pattern AILING = Pattern.compile(".*(Unhealthy|NotReady|Degraded|Unavailable)$");
    private static final Set<String> DONE = Set.of("ready", "running", "active", "bound", "succeeded", "success", "successful", "completed",
        "complete", "finished", "done", "healthy", "green",
        "available", "online", "deployed", "established", "synced", "synchronized", "insync", "provisioned", "installed", "ok", "up",
        "reconciled", "created", "valid", "accepted", "compliant",
        "stable", "normal", "passed", "approved", "enabled", "connected", "started", "true");
    private static final String FAILURE = "failed|failure|error|errored|rejected";
    private static final Pattern FAILED_WORD =
        Pattern.compile("(?i).*(" + FAILURE + "|degraded|unhealthy|aborted|invalid|broken|crashed)$|red");
    /** Reasons that a controller gives when it has tried and could not; not those that say what it waits for. */
    private static final Pattern FAILED_REASON =
        Pattern.compile("(?i).*(" + FAILURE + "|invalid\\w*|denied|unauthorized|forbidden|terminal|exceeded)$|ErrInit.*");
    private static final Pattern WORD_KEY = Pattern.compile("(?i)(?!desired|last|previous|target).*(phase|state|status|health|stage)$");
    private static final List<String> NESTED = List.of("parents", "listeners", "ancestors");

    private CustomStatus() { }

    /** All conditions, those of a route's parents and a gateway's listeners behind its own. */
    public static List<JsonNode> conditions(Obj o) {
        var all = o.list("/status/conditions");
        for (var field : NESTED) {
            o.list("/status/" + field).forEach(part -> part.path("conditions").forEach(all::add));
        }
        return all;
    }

    /** Texts of phase, state, status, health: at the top of the status, and one level down where an object has such a name. */
    static List<String> words(JsonNode status) {
        var words = new ArrayList<String>();
        status.properties().stream().filter(e -> WORD_KEY.matcher(e.getKey()).matches()).forEach(e -> {
            if (e.getValue().isString()) {
                words.add(e.getValue().asString(""));
            } else {
                e.getValue().properties().stream()
                    .filter(inner -> WORD_KEY.matcher(inner.getKey()).matches() && inner.getValue().isString())
                    .forEach(inner -> words.add(inner.getValue().asString("")));
            }
        });
        words.removeIf(String::isBlank);
        return words;
    }

    /** Whether the condition speaks against its object: a good one that is not so, or a bad one that is. */
    public static boolean bad(JsonNode condition) {
        return positive(condition) ? condition.path("status").asString("").equals("False") : broken(condition) || ailing(condition);
    }

    /** A condition that must be true. */
    static boolean positive(JsonNode condition) {
        return POSITIVE.contains(type(condition)) || POSITIVE_END.matcher(type(condition)).matches();
    }

    /** It says that something failed for good. */
    static boolean broken(JsonNode condition) {
        return Obj.isTrue(condition) && BROKEN.matcher(type(condition)).matches();
    }

    /** It says that something is not well at present. */
    static boolean ailing(JsonNode condition) {
        return Obj.isTrue(condition) && AILING.matcher(type(condition)).matches();
    }

    /** A good condition that is not so because its controller tried and could not. */
    static boolean triedInVain(JsonNode condition) {
        return positive(condition) && condition.path("status").asString("").equals("False")
            && FAILED_REASON.matcher(condition.path("reason").asString("")).matches();
    }

    /** Whether a phase speaks against its object, though it may not be the last word: {@code Failing} too. */
    public static boolean bad(String phase) {
        return FAILED_WORD.matcher(phase).matches() || phase.matches("(?i).*(fail|error).*");
    }

    /** {@code Failed}, {@code SyncError}, {@code degraded}, and the red that Elasticsearch shows. */
    static Optional<String> failedWord(List<String> words) {
        return words.stream().filter(word -> FAILED_WORD.matcher(word).matches()).findFirst();
    }

    /** A word that nobody knows is progress; with a Ready condition beside it, only one that sounds unfinished. */
    static Optional<String> unfinishedWord(List<JsonNode> conditions, List<String> words) {
        boolean isReady = conditions.stream().anyMatch(c -> type(c).equals("Ready"));
        return words.stream().filter(word -> !DONE.contains(word.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "")))
            .filter(word -> !isReady || word.toLowerCase(Locale.ROOT).matches(".*(ing|pending|unknown)")).findFirst();
    }

    /** Still being rolled out, whatever its Ready condition says of before. */
    static boolean rollingOut(JsonNode condition) {
        return type(condition).matches("Progressing|Updating|Upgrading") && Obj.isTrue(condition)
            && !condition.path("reason").asString("").matches("(?i).*(available|completed?|succeeded|healthy|asexpected)");
    }

    static String type(JsonNode condition) {
        return condition.path("type").asString("");
    }
}
