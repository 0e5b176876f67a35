///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Changes what decides, one condition after the other, and names the changes that no test notices
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.3.0 tools.jackson.dataformat:jackson-dataformat-yaml:3.3.0
//DEPS org.pitest:pitest-command-line:1.30.2 org.pitest:pitest-junit5-plugin:1.2.3
//SOURCES ../tests/run_tests.java
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * PIT over the wings that only think and over the small rules of those that act: {@code ./jbangw mutate --only redaction}.
 *
 * <p>A survivor is a rule that no test guards: write the test, or say in {@code tools/mutate.txt} why it may live. It takes minutes, up
 * to an hour for all, and is no part of the tests.
 */
@Command(name = "mutate", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Changes what decides, one condition after the other, and names the changes that no test notices.",
    exitCodeListHeading = "%nExit codes%n", exitCodeList = {"0:enough were noticed", "1:fewer, or PIT failed", "2:usage"})
class mutate implements Callable<Integer> {
    /** What is changed (a wing as {@code script/wing}, or types of a wing) and by which tests that must be noticed. */
    record Area(String name, String script, List<String> types, List<String> tests) { }

    private static final Path ROOT = assemble.root();
    /** The namespaces of DiagnosisExamTest stand in ReportedCasesTest too, word for word. */
    private static final List<String> DIAGNOSIS = List.of("DiagnosisTest", "DiagnosisRulesTest", "DiagnosisCodesTest",
        "DiagnosisScenariosTest", "DiagnosisTracesTest", "FactsTest", "*FindingsTest", "FindingsMessagesTest", "WiringTest",
        "CandidatesTest", "CauseRulesTest", "DecisiveTextsTest", "CustomNeedsTest", "OperatorsTest", "ReportWordingTest",
        "ReportedCasesTest");

    static final List<Area> AREAS = List.of(
        new Area("readiness", "ensure_ready", wings("ensure_ready/readiness"), List.of("Readiness*Test", "VerdictTest", "NamespacesTest",
            "ReadinessKindsTest", "KubernetesNewsTest", "CustomRulesTest", "CertaintyTest",
                "CertainEndTest", "PreflightTest", "SettleTest")),
        new Area("certainty", "ensure_ready", wings("ensure_ready/certainty"), List.of("CertaintyTest", "CertainEndTest", "SettleTest",
            "PreflightTest", "ReadinessTest", "VerdictTest", "KubernetesNewsTest")),
        new Area("findings", "ensure_ready", wings("ensure_ready/findings"), DIAGNOSIS),
        new Area("diagnosis", "ensure_ready", wings("ensure_ready/diagnosis"), DIAGNOSIS),
        new Area("redaction", "ensure_ready", List.of("Redaction", "SecretShapes", "Disguises", "Texts"),
            List.of("RedactionTest", "RedactionRulesTest", "TextsTest", "FindingsMessagesTest", "ReportTest")),
        new Area("slots", "ensure_ready", List.of("Release", "Released", "Namespaces", "Slots", "Slot", "Wanted", "Changes", "Holder",
            "Labels", "Target"),
            List.of("SlotsTest", "SlotReleaseTest", "SlotRecordTest")),
        new Area("apply", "ensure_ready", List.of("Apply", "ObjectApply"), List.of("ApplyRulesTest", "ApplyBesideTest")),
        new Area("output", "ensure_ready", List.of("Annotations", "Publisher", "Markdown"), List.of("ReportTest", "OutputTest")),
        new Area("exits", "ensure_ready", List.of("ExitCodes", "KnownSoFar", "ApiError", "Problem", "Applied"),
            List.of("ReportTest", "OutputTest", "OutcomeTest")),
        new Area("cleaning", "prompt_run", wings("prompt_run/text"), List.of("PromptTextTest*", "PromptSaidTest")),
        new Area("verdict", "prompt_run", Stream.concat(wings("prompt_run/verdict").stream(), Stream.of("Poll", "ActionsFiles")).toList(),
            List.of("AgentVerdictTest")),
        // the lease and the limits of time and tokens are the keeper's, a program of sh: AgentScriptsTest and AgentFaultsTest run it
        new Area("limits", "prompt_run", List.of("Follower", "Commands", "Keeper", "Reply", "Fields", "Launch", "AgentSettings"),
            List.of("AgentKeeperTest")));

    @Option(names = "--only", paramLabel = "AREA", split = ",",
        description = "these areas (default: all, about an hour); --list names them")
    List<String> only = List.of();

    @Option(names = "--types", paramLabel = "TYPE", split = ",",
        description = "of the areas only these types (default: all): for who works on what lived")
    List<String> types = List.of();

    @Option(names = "--list", description = "name the areas and stop")
    boolean list;

    @Option(names = "--at-least", paramLabel = "PERCENT", description = "how many must be noticed (default: ${DEFAULT-VALUE})")
    int atLeast = 85;

    @Option(names = "--threads", paramLabel = "N", description = "how many processes at once (default: one a processor)")
    int threads = Runtime.getRuntime().availableProcessors();

    public static void main(String... args) {
        System.exit(new CommandLine(new mutate()).execute(args));
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (list) {
            AREAS.forEach(a -> System.out.println(a.name() + ": " + a.types().size() + " types, " + String.join(" ", a.tests())));
            return 0;
        }
        var unknown = only.stream().filter(o -> AREAS.stream().noneMatch(a -> a.name().equals(o))).toList();
        if (!unknown.isEmpty()) {
            System.err.println("mutate: --only " + String.join(",", unknown) + ": no such area; --list names them");
            return 2;
        }
        var work = Files.createTempDirectory("mutate-");
        var classes = unpacked(work.resolve("classes"));
        boolean enough = true;
        for (var area : AREAS) {
            if (only.isEmpty() || only.contains(area.name())) {
                enough &= enough(area, results(area, work, classes));
            }
        }
        return enough ? 0 : 1;
    }

    /** The public types of a wing: a file each. */
    private static List<String> wings(String wing) {
        try (var files = Files.list(ROOT.resolve("src").resolve(wing))) {
            return files.map(f -> f.getFileName().toString().replaceFirst("\\.java$", ""))
                .filter(n -> !n.equals("package-info")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** PIT changes classes in folders, and JBang gives a jar. */
    private static Path unpacked(Path to) throws IOException {
        var from = Path.of(mutate.class.getProtectionDomain().getCodeSource().getLocation().getPath());
        if (Files.isDirectory(from)) {
            return from;
        }
        try (var jar = new JarFile(from.toFile())) {
            for (var entry : jar.stream().filter(e -> !e.isDirectory() && !e.getName().startsWith("META-INF/")).toList()) {
                var file = to.resolve(entry.getName());
                Files.createDirectories(file.getParent());
                try (var in = jar.getInputStream(entry)) {
                    Files.copy(in, file);
                }
            }
        }
        return to;
    }

    /** A line of PIT's CSV: file, class, mutator, method, line, status, test. */
    record Mutant(String type, String mutator, String method, int line, String status) {
        static Mutant of(String csv) {
            var cells = csv.split(",", 7);
            return new Mutant(cells[1], cells[2].replaceFirst("^.*\\.", "").replaceFirst("(Mutator)?(_.*)?$", ""), cells[3],
                Integer.parseInt(cells[4]), cells[5]);
        }

        boolean noticed() {
            return !status.equals("SURVIVED") && !status.equals("NO_COVERAGE");
        }
    }

    private List<Mutant> results(Area area, Path work, Path classes) throws IOException, InterruptedException {
        var report = work.resolve(area.name());
        var command = pit(area, report, classes);
        System.err.println("mutate: " + area.name() + ": " + area.types().size() + " types against " + String.join(" ", area.tests()));
        var log = work.resolve(area.name() + ".log");
        int exit = new ProcessBuilder(command).directory(ROOT.toFile()).redirectErrorStream(true).redirectOutput(log.toFile())
            .start().waitFor();
        var csv = report.resolve("mutations.csv");
        if (exit != 0 || !Files.exists(csv)) {
            System.err.println("mutate: " + area.name() + ": PIT ended with " + exit + "; its output is in " + log);
            return List.of();
        }
        return Files.readAllLines(csv).stream().map(Mutant::of).toList();
    }

    private List<String> pit(Area area, Path report, Path classes) {
        var jars = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).filter(p -> !p.contains("mutate.java"));
        var path = Stream.concat(Stream.of(classes.toString()), jars).collect(Collectors.joining(File.pathSeparator));
        var targets = area.types().stream().filter(t -> types.isEmpty() || types.contains(t))
            .flatMap(t -> Stream.of(area.script() + "$" + t, area.script() + "$" + t + "$*"));
        return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", path,
            "org.pitest.mutationtest.commandline.MutationCoverageReport", "--reportDir", report.toString(), "--sourceDirs", ROOT.toString(),
            "--classPath", classes.toString(), "--targetClasses", targets.collect(Collectors.joining(",")),
            "--targetTests", String.join(",", area.tests()), "--outputFormats", "CSV", "--timestampedReports=false",
            "--jvmArgs", "-XX:TieredStopAtLevel=1,-XX:+UseSerialGC", "--threads", "" + threads, "--timeoutConst", "10000",
            "--excludedGroups", "cluster,long", "--excludedMethods", "toString,hashCode,equals");
    }

    private boolean enough(Area area, List<Mutant> mutants) throws IOException {
        var excused = excused();
        var lived = mutants.stream().filter(m -> !m.noticed()).toList();
        var open = lived.stream().filter(m -> !excused.containsKey(key(m) + " " + m.mutator())).toList();
        int percent = mutants.isEmpty() ? 0 : 100 * (mutants.size() - lived.size()) / mutants.size();
        System.out.printf("%s: %d changes, %d noticed (%d %%), %d lived, %d of them answered%n", area.name(), mutants.size(),
            mutants.size() - lived.size(), percent, lived.size(), lived.size() - open.size());
        var rows = open.stream().collect(Collectors.groupingBy(mutate::key, TreeMap::new, Collectors.toList()));
        rows.forEach((key, same) -> System.out.println("  " + key + " at " + same.stream()
            .map(m -> m.line() + " " + m.mutator() + (m.status().equals("NO_COVERAGE") ? " (never run)" : "")).distinct()
            .collect(Collectors.joining(", "))));
        return percent >= atLeast;
    }

    private static String key(Mutant mutant) {
        return mutant.type().replaceFirst("^\\w+\\$", "").replace('$', '.') + "." + mutant.method()
            .replaceFirst("^lambda\\$(\\w+)\\$\\d+$", "$1");
    }

    /** {@code Type.method Mutator: why it may live}, a line each; a lambda counts as the method in which it stands. */
    private static Map<String, String> excused() throws IOException {
        var file = ROOT.resolve("tools/mutate.txt");
        return !Files.exists(file) ? Map.of() : Files.readAllLines(file).stream().filter(l -> l.contains(": "))
            .collect(Collectors.toMap(l -> l.substring(0, l.indexOf(": ")), l -> l.substring(l.indexOf(": ") + 2)));
    }
}
