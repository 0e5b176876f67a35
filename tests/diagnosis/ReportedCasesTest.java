import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What a reader is told of each code's case and of each namespace of the exam, word for word: fixtures/reports.txt.
 * {@code UPDATE_GOLDEN=1 ./jbangw test --only ReportedCases} writes it anew; read the difference.
 */
class ReportedCasesTest {
    private static final Path GOLDEN = Path.of("tests", "fixtures", "reports.txt");

    @TestFactory
    Stream<DynamicTest> whatIsToldIsWhatWasAgreedOn() throws IOException {
        var cases = new TreeMap<String, List<Supplier<ensure_ready.DiagnosisReport>>>();
        DiagnosisCodesTest.all().forEach(c -> cases.computeIfAbsent(c.code().name(), k -> new ArrayList<>())
            .add(() -> c.shows().get().report()));
        DiagnosisExamTest.papers().forEach((file, paper) -> cases.put(file, List.of(paper)));
        if ("1".equals(System.getenv("UPDATE_GOLDEN"))) {
            Files.writeString(GOLDEN, cases.entrySet().stream().map(e -> "== " + e.getKey() + "\n" + reported(e.getValue()))
                .collect(Collectors.joining()));
        }
        var told = Stream.of(Files.readString(GOLDEN).split("(?m)^== ")).filter(s -> !s.isEmpty())
            .collect(Collectors.toMap(s -> s.substring(0, s.indexOf('\n')), s -> s.substring(s.indexOf('\n') + 1)));
        return Stream.concat(Stream.of(DynamicTest.dynamicTest("every case", () -> assertEquals(told.keySet(), cases.keySet()))),
            cases.entrySet().stream()
                .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> assertEquals(told.get(e.getKey()), reported(e.getValue())))));
    }

    private static String reported(List<Supplier<ensure_ready.DiagnosisReport>> reports) {
        return reports.stream().map(r -> reported(r.get())).collect(Collectors.joining());
    }

    private static String reported(ensure_ready.DiagnosisReport report) {
        var lines = Stream.of(Stream.of(report.disposition() + ": " + report.summary()),
            report.causes().stream().flatMap(ReportedCasesTest::lines),
            report.unexplained().stream().map(u -> "unexplained " + u.object() + " " + u.code() + " " + u.message()),
            report.warnings().stream().map(w -> "warning " + w.code() + " " + w.object())).flatMap(s -> s);
        return lines.map(l -> l + "\n").collect(Collectors.joining());
    }

    private static Stream<String> lines(ensure_ready.Cause c) {
        var head = c.severity() + " " + c.object() + " of " + c.owner() + " [" + c.container() + "] " + c.basis() + " " + c.confidence()
            + (c.oldRevisionServing() ? " old revision serves" : "") + (c.blocksAgent() ? " blocks the agent" : "");
        return Stream.of(Stream.of(head, "  " + c.params()), c.facts().stream().map(f -> "  " + f.at() + " = " + f.value()),
            c.candidates().stream().map(o -> "  or " + o), Stream.of("  fix " + c.fix().change() + " " + c.fix().alsoRequired()),
            c.next().stream().map(n -> "  $ " + n), c.evidence().stream().map(ReportedCasesTest::line),
            Stream.ofNullable(c.logExcerpt()).map(x -> "  shows " + x.shown() + " of " + x.total() + " lines"
                + (x.suspicious() ? ", suspicious" : "")),
            c.explains().stream().map(e -> "  explains " + e.object() + " " + e.code() + " " + e.via() + " " + e.hops())).flatMap(s -> s);
    }

    private static String line(ensure_ready.Proof p) {
        return "  " + p.source() + " " + p.path() + " " + p.reason() + ": " + p.message() + " x" + p.count() + " " + p.firstSeen() + " "
            + p.lastSeen() + (p.suspicious() ? " suspicious" : "");
    }
}
