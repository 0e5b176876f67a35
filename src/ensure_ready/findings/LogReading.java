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
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import shared.Texts;

/** What the tail of a log says: the last line that a rule knows, since what a program says last is nearest to why it ended. */
public record LogReading(Code code, String line, Log log, int at, Map<String, String> params) {
    static Optional<LogReading> of(Log log) {
        if (log == null) {
            return Optional.empty();
        }
        var lines = log.lines();
        var general = -1;
        var connected = "";
        for (int i = lines.size() - 1; i >= 0; i--) {
            var line = lines.get(i);
            if (Phrase.ASIDE.occurs(line)) {
                continue;
            }
            var harmless = (general < 0 ? Phrase.INFO : Phrase.WARNING).occurs(line);
            connected = Phrase.CONNECTED.occurs(line) ? Phrase.CONNECTED.in(line) : connected;
            var code = Messages.code(Messages.Topic.LOG, line).orElse(null);
            if (code != null && !(code == Code.CRASH_DEPENDENCY_UNREACHABLE ? over(line, connected) : harmless)) {
                return Optional.of(new LogReading(code, whole(lines, i), log, i, params(code, lines, i)));
            }
            if (code == null && Phrase.ERROR.occurs(line)
                && (general < 0 || Phrase.END.occurs(lines.get(general)) && !Phrase.END.occurs(line))) {
                general = i;
            }
        }
        return general < 0 ? Optional.empty()
            : Optional.of(new LogReading(Code.CRASH_APP_ERROR, whole(lines, general), log, general, Map.of()));
    }

    /** A line that ends in a colon, with the next one, which holds what it announces. */
    private static String whole(List<String> lines, int at) {
        var line = lines.get(at);
        return line.endsWith(":") ? line + " " + line(lines, at + 1).strip() : line;
    }

    private static String line(List<String> lines, int at) {
        return at >= 0 && at < lines.size() ? lines.get(at) : "";
    }

    /** What could not be reached was reached later. */
    private static boolean over(String line, String connected) {
        var means = connected.matches("database|db|.*(sql|gres).*") ? "sql|db|gres|mongo|:5432|:3306"
            : connected.equals("coordinator") ? "node" : Pattern.quote(connected);
        return !connected.isEmpty() && Pattern.compile(means).matcher(line).find();
    }

    private static Map<String, String> params(Code code, List<String> lines, int at) {
        var line = lines.get(at);
        var verb = Phrase.FORBIDDEN.in(line);
        return code == Code.CRASH_MISSING_ENV ? Map.of("variable",
                Phrase.VARIABLE.in(line + "\n" + line(lines, at - 1) + "\n" + line(lines, at + 1)))
            : code == Code.RBAC_RUNTIME_FORBIDDEN && !verb.isEmpty() ? Map.of("verb", verb, "resource", Phrase.FORBIDDEN.in(line, 2))
            : Map.of();
    }

    boolean unreachable() {
        return code == Code.CRASH_DEPENDENCY_UNREACHABLE;
    }

    Evidence evidence(Obj pod) {
        return new Evidence("log", pod.ref() + "/" + log.container() + (log.previous() ? " (previous)" : ""), "", line, 1, "", "");
    }

    /** Whether an error of another kind follows the last line about something unreachable. */
    public static boolean ownErrorLater(Log log) {
        return of(log).filter(r -> !r.unreachable() || IntStream.range(r.at + 1, log.lines().size())
            .mapToObj(log.lines()::get).anyMatch(l -> Phrase.ERROR.occurs(l) && !Phrase.END.occurs(l))).isPresent();
    }

    /** The lines that tell of something unreachable, and those beside them: the host often stands in the next one. */
    public static List<String> around(List<String> lines) {
        var near = new TreeSet<Integer>();
        for (int i = 0; i < lines.size(); i++) {
            if (Messages.code(Messages.Topic.LOG, lines.get(i)).equals(Optional.of(Code.CRASH_DEPENDENCY_UNREACHABLE))) {
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
