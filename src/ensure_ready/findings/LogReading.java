package ensure_ready.findings;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Messages;
import ensure_ready.catalogue.Phrase;
import ensure_ready.model.Evidence;
import ensure_ready.model.Log;
import ensure_ready.model.Obj;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import shared.Texts;

/** What the tail of a log says: the last line that a rule knows, since what a program says last is nearest to why it ended. */
public record LogReading(Code code, String line, Log log, Map<String, String> params) {
    static Optional<LogReading> of(Log log) {
        if (log == null) {
            return Optional.empty();
        }
        String general = null;
        var connected = "";
        for (int i = log.lines().size() - 1; i >= 0; i--) {
            var line = log.lines().get(i);
            if (Phrase.ASIDE.occurs(line)) {
                continue;
            }
            var harmless = (general == null ? Phrase.INFO : Phrase.WARNING).occurs(line);
            connected = Phrase.CONNECTED.occurs(line) ? Phrase.CONNECTED.in(line) : connected;
            var code = Messages.code(Messages.Topic.LOG, line).orElse(null);
            if (code != null && !(code == Code.CRASH_DEPENDENCY_UNREACHABLE ? over(line, connected) : harmless)) {
                return Optional.of(new LogReading(code, line, log, params(code, log.lines(), i)));
            }
            if (Phrase.ERROR.occurs(line) && (general == null || Phrase.END.occurs(general) && !Phrase.END.occurs(line))) {
                general = line;
            }
        }
        return Optional.ofNullable(general).map(line -> new LogReading(Code.CRASH_APP_ERROR, line, log, Map.of()));
    }

    /** What could not be reached was reached later. */
    private static boolean over(String line, String connected) {
        return connected.matches("database|db|server") || !connected.isEmpty() && line.contains(connected);
    }

    private static Map<String, String> params(Code code, List<String> lines, int at) {
        var line = lines.get(at);
        var verb = Phrase.FORBIDDEN.in(line);
        return code == Code.CRASH_MISSING_ENV ? Map.of("variable", Stream.of(at, at - 1, at + 1).filter(i -> i >= 0 && i < lines.size())
                .map(i -> Phrase.VARIABLE.in(lines.get(i))).filter(v -> !v.isEmpty()).findFirst().orElse(""))
            : code == Code.RBAC_RUNTIME_FORBIDDEN && !verb.isEmpty() ? Map.of("verb", verb, "resource", Phrase.FORBIDDEN.in(line, 2))
            : Map.of();
    }

    boolean unreachable() {
        return code == Code.CRASH_DEPENDENCY_UNREACHABLE;
    }

    Evidence evidence(Obj pod) {
        return new Evidence("log", pod.ref() + "/" + log.container() + (log.previous() ? " (previous)" : ""), "", line, 1, "", "");
    }

    /** Whether an error of another kind follows the last line about something unreachable; frames of a stack are none. */
    public static boolean ownErrorLater(Log log) {
        var lines = log == null ? List.<String>of() : log.lines();
        for (int i = lines.size() - 1; i >= 0; i--) {
            if (Messages.code(Messages.Topic.LOG, lines.get(i)).isPresent()) {
                return false;
            }
            if (Phrase.OWN_ERROR.occurs(lines.get(i))) {
                return true;
            }
        }
        return false;
    }

    /** The lines that tell of something unreachable, and those beside them: the host often stands in the next one. */
    public static List<String> around(List<String> lines) {
        var near = new TreeSet<Integer>();
        for (int i = 0; i < lines.size(); i++) {
            if (Messages.code(Messages.Topic.LOG, lines.get(i)).filter(c -> c == Code.CRASH_DEPENDENCY_UNREACHABLE).isPresent()) {
                IntStream.rangeClosed(Math.max(0, i - 2), Math.min(lines.size() - 1, i + 2)).forEach(near::add);
            }
        }
        return near.descendingSet().stream().map(lines::get).toList();
    }

    /** At most 40 lines, in order: the first error with what led to it, what it was caused by, and the end; repeats are folded. */
    public static List<String> excerpt(List<String> lines) {
        var folded = Texts.folded(lines);
        var keep = new TreeSet<Integer>();
        for (int i = 0; i < folded.size(); i++) {
            var error = Phrase.ERROR.occurs(folded.get(i));
            if (error && keep.isEmpty()) {
                IntStream.rangeClosed(Math.max(0, i - 3), Math.min(folded.size() - 1, i + 8)).forEach(keep::add);
            } else if (keep.size() < 25 && folded.get(i).stripLeading().startsWith("Caused by")) {
                keep.add(i);
            }
        }
        IntStream.range(Math.max(0, folded.size() - 15), folded.size()).forEach(keep::add);
        return keep.stream().map(folded::get).limit(40).toList();
    }

}
