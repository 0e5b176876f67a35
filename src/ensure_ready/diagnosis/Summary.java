package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.model.Ref;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Texts;

/** What all causes together come to: who must act, and one sentence. Pure. */
public final class Summary {
    /** {@code repair_repo}, {@code platform}, {@code wait}, {@code none} or {@code unknown}. */
    static String disposition(List<Cause> causes, List<Unexplained> unexplained) {
        var blocking = of(Code.Severity.blocking, causes);
        var scopes = (blocking.isEmpty() ? causes : blocking).stream().map(c -> c.fix().scope()).collect(Collectors.toSet());
        if (scopes.isEmpty() || scopes.equals(Set.of(Code.Scope.wait))) {
            return !unexplained.isEmpty() ? "unknown" : scopes.isEmpty() ? "none" : "wait";
        }
        return scopes.contains(Code.Scope.repo) || scopes.contains(Code.Scope.either) ? "repair_repo"
            : scopes.contains(Code.Scope.platform) ? "platform" : "unknown";
    }

    private static List<Cause> of(Code.Severity severity, List<Cause> causes) {
        return causes.stream().filter(c -> c.severity() == severity).toList();
    }

    static String sentence(List<Cause> causes, List<Unexplained> unexplained, Set<Ref> unready) {
        if (causes.stream().anyMatch(c -> c.code() == Code.DIAGNOSIS_UNAVAILABLE)) {
            return "the causes are not known: the cluster could not be asked";
        }
        var faults = of(Code.Severity.blocking, causes);
        var waits = of(Code.Severity.info, causes);
        var degraded = of(Code.Severity.degraded, causes).size();
        var parts = new ArrayList<String>();
        if (!faults.isEmpty()) {
            parts.add(Texts.count(faults.size(), "cause") + (faults.size() == 1 ? " explains " : " explain ") + explained(faults, unready)
                + " of " + Texts.count(unready.size(), "workload") + " that " + (unready.size() == 1 ? "is" : "are") + " not ready");
        } else if (!waits.isEmpty()) {
            var starting = explained(waits, unready);
            parts.add(Texts.count(starting, "workload") + (starting == 1 ? " is" : " are")
                + " still starting; nothing says that anything is wrong");
        }
        if (!unexplained.isEmpty()) {
            parts.add(Texts.count(unexplained.size(), "workload") + " not explained");
        }
        if (degraded > 0) {
            parts.add(Texts.count(degraded, "fault") + " that no workload waits for");
        }
        return parts.isEmpty() ? "nothing to explain" : String.join("; ", parts);
    }

    private static int explained(List<Cause> causes, Set<Ref> unready) {
        var told = causes.stream().flatMap(c -> Stream.concat(Stream.of(c.owner().toString()), c.explains().stream().map(Symptom::object)))
            .collect(Collectors.toSet());
        return (int) unready.stream().filter(u -> told.contains(u.toString())).count();
    }
}
