///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Runs the tests; --only NAME selects some
//JAVA 17+
//DEPS org.junit:junit-bom:6.1.3@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.3.0 tools.jackson.dataformat:jackson-dataformat-yaml:3.3.0
//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS org.junit.platform:junit-platform-launcher:6.1.3
//DEPS com.tngtech.archunit:archunit:1.5.1
//DEPS com.networknt:json-schema-validator:3.0.2
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC
//SOURCES ../ensure_ready.java ../prompt_run.java
//SOURCES ../tools/assemble.java ../tools/reference.java demo.java cluster.java
//SOURCES command/*.java slots/*.java waiting/*.java readiness/*.java diagnosis/*.java
//SOURCES prompt/*.java agent/*.java workflow/*.java cluster/*.java realnode/*.java assemble/*.java

import static java.util.stream.Collectors.joining;
import static org.junit.platform.engine.discovery.ClassNameFilter.includeClassNamePatterns;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClasspathRoots;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import org.junit.platform.engine.FilterResult;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.TestTag;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.PostDiscoveryFilter;
import org.junit.platform.launcher.TagFilter;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs every {@code *Test} class that was compiled with it: {@code ./jbangw test --only CliTest}.
 *
 * <p>Classes run side by side, the methods of one class one after the other; a class that changes something global
 * (System.out, a system property) says so with JUnit's {@code @Isolated} or {@code @ResourceLock}.
 */
@Command(name = "test", description = "Runs the tests.", mixinStandardHelpOptions = true, sortOptions = false)
class run_tests implements Callable<Integer> {
    private static final Logger JUNIT_LOG = Logger.getLogger("org.junit");
    private static final Duration GRACE_AT_END = Duration.ofSeconds(60);

    @Option(names = "--only", paramLabel = "NAME", split = ",",
            description = "only tests whose Class.method contains NAME (any case; * stands for anything); repeatable")
    List<String> only = List.of();

    @Option(names = "--fast", description = "only what needs no cluster, no program to be got first and no process a case: under a minute")
    boolean fast;

    @Option(names = "--list", description = "show what would run, and stop")
    boolean list;

    @Option(names = "--verbose", description = "one line for every test, not only for every class")
    boolean verbose;

    @Option(names = "--parallel", paramLabel = "N",
        description = "classes at the same time (default: 3; --fast: 18, and their methods too)")
    Integer parallel;

    public static void main(String... args) {
        JUNIT_LOG.setLevel(Level.SEVERE); // that a temporary folder holds links is no news
        int code = new CommandLine(new run_tests()).execute(args);
        haltIfShutdownHangs();
        System.exit(code); // not a plain return: a test may have left threads behind
    }

    @Override
    public Integer call() throws URISyntaxException {
        var launcher = LauncherFactory.create();
        var plan = launcher.discover(request());
        if (list) {
            return printNames(plan);
        }
        var report = new Report(utf8(), verbose, "1".equals(System.getenv("CI_REQUIRE_CLUSTER")));
        launcher.execute(plan, report);
        return report.finish();
    }

    /** On JDK 17 System.out follows the locale, and CI machines often have none. */
    private static PrintStream utf8() {
        return new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    }

    private LauncherDiscoveryRequest request() throws URISyntaxException {
        int threads = Math.max(1, parallel != null ? parallel : fast ? 18 : 3);
        var jar = Path.of(run_tests.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        return LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClasspathRoots(Set.of(jar)))
                .filters(includeClassNamePatterns("[^$]*Test(\\$.*)?"), wanted())
                .filters(TagFilter.excludeTags(fast ? List.of("cluster", "slow") : List.of("-")))
                .configurationParameters(Map.of(
                        "junit.jupiter.execution.parallel.enabled", String.valueOf(threads > 1),
                        "junit.jupiter.execution.parallel.config.executor-service", "WORKER_THREAD_POOL",
                        "junit.jupiter.execution.parallel.mode.default", fast ? "concurrent" : "same_thread",
                        "junit.jupiter.execution.parallel.mode.classes.default", "concurrent",
                        "junit.jupiter.execution.parallel.config.strategy", "fixed",
                        "junit.jupiter.execution.parallel.config.fixed.parallelism", String.valueOf(threads),
                        "junit.jupiter.execution.parallel.config.fixed.max-pool-size", String.valueOf(threads),
                        "junit.jupiter.execution.timeout.testable.method.default", "10 m"))
                .build();
    }

    private PostDiscoveryFilter wanted() {
        var patterns = only.stream().map(run_tests::pattern).toList();
        return descriptor -> FilterResult.includedIf(patterns.isEmpty()
                || descriptor.getSource().map(run_tests::name).filter(name -> patterns.stream().anyMatch(p -> p.matcher(name).find()))
                .isPresent());
    }

    static Pattern pattern(String only) {
        var parts = only.strip().split("\\*", -1);
        return Pattern.compile(List.of(parts).stream().map(Pattern::quote).collect(joining(".*")), Pattern.CASE_INSENSITIVE);
    }

    /** {@code Class.method} or {@code Class}; a nested class reads {@code Outer.Inner}. */
    static String name(TestSource source) {
        if (source instanceof MethodSource method) {
            return method.getClassName().replace('$', '.') + "." + method.getMethodName();
        }
        return source instanceof ClassSource type ? type.getClassName().replace('$', '.') : "";
    }

    private static int printNames(TestPlan plan) {
        var names = new ArrayList<String>();
        plan.accept(new TestPlan.Visitor() {
            @Override
            public void visit(TestIdentifier test) {
                test.getSource().filter(MethodSource.class::isInstance).map(run_tests::name).ifPresent(names::add);
            }
        });
        names.stream().sorted().forEach(System.out::println);
        return names.isEmpty() ? 2 : 0;
    }

    /** Shutdown hooks stop what the tests started; one that hangs must not keep a job alive for hours. */
    private static void haltIfShutdownHangs() {
        var watchdog = new Thread(() -> {
            try {
                Thread.sleep(GRACE_AT_END.toMillis());
                System.err.println("test: something that a test started does not end: halted");
                Runtime.getRuntime().halt(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        watchdog.setDaemon(true);
        watchdog.start();
    }

    /** Prints a line when a class is done, a failure at once, and the failed and skipped tests again at the end. */
    static class Report implements TestExecutionListener {
        private final PrintStream out;
        private final boolean verbose;
        private final boolean clusterRequired;
        private final long start = System.nanoTime();
        private final Map<String, ClassCount> classes = new ConcurrentHashMap<>();
        private final List<String> failures = new ArrayList<>();
        private final List<String> skips = new ArrayList<>();
        private TestPlan plan;
        private int passed;
        private int failed;
        private int skipped;

        Report(PrintStream out, boolean verbose, boolean clusterRequired) {
            this.out = out;
            this.verbose = verbose;
            this.clusterRequired = clusterRequired;
        }

        @Override
        public void testPlanExecutionStarted(TestPlan testPlan) {
            plan = testPlan;
        }

        @Override
        public void executionStarted(TestIdentifier test) {
            classes.computeIfAbsent(className(test), name -> new ClassCount(System.nanoTime()));
        }

        @Override
        public synchronized void executionSkipped(TestIdentifier test, String reason) {
            skip(test, reason);
        }

        @Override
        public synchronized void executionFinished(TestIdentifier test, TestExecutionResult result) {
            switch (result.getStatus()) {
                case FAILED -> fail(test, result.getThrowable());
                case ABORTED -> skip(test, result.getThrowable().map(Throwable::getMessage).orElse("no reason given"));
                case SUCCESSFUL -> pass(test);
            }
            if (isTopClass(test)) {
                printClass(test);
            }
        }

        private void pass(TestIdentifier test) {
            if (test.isTest()) {
                passed++;
                count(test).passed++;
                line("ok", test, "");
            }
        }

        /** A container that fails (a class's set-up) is one failure: its tests never ran. */
        private void fail(TestIdentifier test, Optional<Throwable> cause) {
            failed++;
            count(test).failed++;
            var text = cause.map(run_tests::oneLine).orElse("no exception");
            failures.add("FAILED   " + label(test) + ": " + text);
            out.println("FAILED   " + label(test));
            cause.ifPresent(thrown -> out.println(trace(thrown)));
        }

        private void skip(TestIdentifier test, String reason) {
            int tests = test.isTest() ? 1 : Math.max(1, (int) plan.getDescendants(test).stream().filter(TestIdentifier::isTest).count());
            if (clusterRequired && test.getTags().contains(TestTag.create("cluster"))) {
                fail(test, Optional.of(new AssertionError("skipped, but CI_REQUIRE_CLUSTER=1: " + reason)));
                return;
            }
            skipped += tests;
            count(test).skipped += tests;
            skips.add("SKIPPED  " + label(test) + (tests > 1 ? " (" + tests + " tests)" : "") + ": " + reason.strip()
                .replaceAll("\\s+", " "));
            line("skipped", test, ": " + reason);
        }

        private void line(String state, TestIdentifier test, String more) {
            if (verbose) {
                out.printf("%-8s %s%s%n", state, label(test), more);
            }
        }

        private void printClass(TestIdentifier test) {
            var count = count(test);
            out.printf(Locale.ROOT, "%-8s %-40s %3d passed%s%s  %.1f s%n", count.failed > 0
                ? "FAILED" : "ok", className(test), count.passed,
                    count.failed > 0 ? ", " + count.failed + " failed" : "", count.skipped > 0 ? ", " + count.skipped + " skipped" : "",
                    (System.nanoTime() - count.start) / 1e9);
        }

        /** Ends the report with its one fixed line. Exit code: 0 all passed, 1 a failure, 2 nothing ran. */
        synchronized int finish() {
            out.println();
            failures.forEach(out::println);
            skips.stream().sorted().forEach(out::println);
            if (passed + failed + skipped == 0) {
                out.println("no test matches");
            }
            out.printf(Locale.ROOT, "%.0f s%n", (System.nanoTime() - start) / 1e9);
            out.printf("%d passed, %d failed, %d skipped%n", passed, failed, skipped);
            out.flush();
            if (failed > 0) {
                return 1;
            }
            return passed == 0 ? 2 : 0;
        }

        private ClassCount count(TestIdentifier test) {
            return classes.computeIfAbsent(className(test), name -> new ClassCount(System.nanoTime()));
        }

        private boolean isTopClass(TestIdentifier test) {
            return test.getSource().filter(ClassSource.class::isInstance).map(ClassSource.class::cast)
                    .filter(type -> !type.getClassName().contains("$")).isPresent();
        }

        private String className(TestIdentifier test) {
            for (Optional<TestIdentifier> at = Optional.of(test); at.isPresent(); at = plan.getParent(at.get())) {
                if (isTopClass(at.get())) {
                    return name(at.get().getSource().orElseThrow());
                }
            }
            return "";
        }

        /** The name that {@code --only} takes, and the display name where it says more (a case of a parameterised test). */
        private String label(TestIdentifier test) {
            var name = test.getSource().map(run_tests::name).orElse(test.getDisplayName());
            var shown = test.getDisplayName();
            return shown.startsWith("[") || shown.contains(" ") ? name + " \"" + shown + "\"" : name;
        }
    }

    private static String oneLine(Throwable thrown) {
        var text = thrown.getMessage() == null ? thrown.getClass().getSimpleName() : thrown.getMessage().strip().replaceAll("\\s+", " ");
        return text.length() > 300 ? text.substring(0, 300) + "…" : text;
    }

    /** The message and the frames of the tests' own code: what a reader needs to find the line. */
    private static String trace(Throwable thrown) {
        var frames = List.of(thrown.getStackTrace()).stream()
                .filter(frame -> !frame.getClassName().matches("(org\\.junit|java\\.|jdk\\.|run_tests|org\\.opentest4j).*"))
                .limit(12).map(frame -> "             at " + frame).collect(joining("\n"));
        var cause = thrown.getCause() == null || thrown.getCause() == thrown
            ? "" : "\n         caused by " + trace(thrown.getCause()).strip();
        return "         " + thrown.toString().replace("\n", "\n         ") + "\n" + frames + cause;
    }

    private static class ClassCount {
        final long start;
        int passed;
        int failed;
        int skipped;

        ClassCount(long start) {
            this.start = start;
        }
    }
}
