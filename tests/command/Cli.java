import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;

/**
 * Runs a script the way a CI step does, without JBang in between:
 * {@code Cli.of("ensure_ready").env("CODEXCTL_ENV", "ai").run("--output", "json")}.
 *
 * <p>The process gets this machine's environment without what would steer a script by accident (CODEXCTL_*, GITHUB_*, a
 * kubeconfig, the in-cluster variables). {@link #start} hands the process out for signals; {@link #inProcess} starts none.
 */
final class Cli {
    private static final List<String> STEERING =
        List.of("CODEXCTL_", "GITHUB_", "RUNNER_", "ACTIONS_", "KUBE", "INFRA_", "CODEX_", "OPENAI_", "JAVA_TOOL_OPTIONS");

    private static final List<String> JAVA = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xlog:disable");

    private final List<String> command;
    private final Map<String, String> env = new LinkedHashMap<>();
    private Path folder;
    private String stdin = "";
    private Duration timeout = Duration.ofSeconds(120);

    private Cli(List<String> command) {
        this.command = command;
    }

    /** The main class of a script that was compiled with the tests, such as {@code ensure_ready}. */
    static Cli of(String mainClass, String... jvmOptions) {
        var command = new ArrayList<>(JAVA);
        command.addAll(SharedClasses.options());
        command.addAll(List.of(jvmOptions));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), mainClass));
        return new Cli(command);
    }

    /** Any other program. */
    static Cli program(String... command) {
        return new Cli(List.of(command));
    }

    /** The checkout's root: where the scripts, templates and fixtures are, wherever the test run was started. */
    static Path root() {
        for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.exists(at.resolve("tests/run_tests.java"))) {
                return at;
            }
        }
        throw new IllegalStateException("start the tests inside the checkout");
    }

    static Path fixture(String name) {
        return root().resolve("tests/fixtures").resolve(name);
    }

    Cli env(String name, String value) {
        env.put(name, value);
        return this;
    }

    Cli stdin(String text) {
        stdin = text;
        return this;
    }

    Cli in(Path workingFolder) {
        folder = workingFolder;
        return this;
    }

    Cli timeout(Duration limit) {
        timeout = limit;
        return this;
    }

    /** Runs to the end; a process that outlives the timeout is killed and fails the test. */
    Result run(String... args) {
        return start(args).await();
    }

    Running start(String... args) {
        var all = new ArrayList<>(DefaultSignals.PREFIX);
        all.addAll(command);
        all.addAll(List.of(args));
        var builder = new ProcessBuilder(all);
        builder.environment().keySet().removeIf(name -> STEERING.stream().anyMatch(name::startsWith));
        builder.environment().put("KUBECONFIG", "/nonexistent/kubeconfig");
        env.forEach((name, value) -> {
            if (value == null) {
                builder.environment().remove(name);
            } else {
                builder.environment().put(name, value);
            }
        });
        if (folder != null) {
            builder.directory(folder.toFile());
        }
        try {
            var process = builder.start();
            var running = new Running(process, read(process.getInputStream()), read(process.getErrorStream()), timeout);
            try (var in = process.getOutputStream()) {
                in.write(stdin.getBytes(StandardCharsets.UTF_8));
            } catch (IOException ended) {
                // the process may end without reading its stdin: its exit code tells the test more than a broken pipe
            }
            return running;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + all, e);
        }
    }

    /** A test run that a script put in the background ignores SIGINT, and so would every child: GNU env gives it its meaning back. */
    private static final class DefaultSignals {
        static final List<String> PREFIX = works("env", "--default-signal=INT") ? List.of("env", "--default-signal=INT") : List.of();

        private static boolean works(String... command) {
            try {
                var all = new ArrayList<>(List.of(command));
                all.add("true");
                return new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start().waitFor() == 0;
            } catch (IOException e) {
                return false;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
    }

    /**
     * Class data of one run for all later ones: a start costs half. The archive is made beside the first runs, which go without; where
     * it cannot be made (the class path holds a folder) all do.
     */
    private static final class SharedClasses {
        private static final CompletableFuture<List<String>> MADE = CompletableFuture.supplyAsync(SharedClasses::make);

        static List<String> options() {
            return MADE.getNow(List.of());
        }

        private static List<String> make() {
            try {
                var folder = Files.createTempDirectory("shared-classes");
                var archive = folder.resolve("scripts.jsa");
                var config = Files.writeString(folder.resolve("config"), """
                    {apiVersion: v1, kind: Config, current-context: a, clusters: [{name: a, cluster: {server: "http://127.0.0.1:1"}}],
                     contexts: [{name: a, context: {cluster: a, user: a}}], users: [{name: a, user: {token: a}}]}
                    """);
                var manifest = Files.writeString(folder.resolve("a.yaml"), "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n");
                List.of(folder, config, manifest, archive).forEach(path -> path.toFile().deleteOnExit());
                var java = new ArrayList<>(JAVA);
                java.addAll(List.of("-XX:ArchiveClassesAtExit=" + archive, "-cp", System.getProperty("java.class.path"), "ensure_ready",
                    "-n", "a", "-f", manifest.toString(), "--force-apply", "--wait-timeout", "1s", "--kubeconfig", config.toString()));
                new ProcessBuilder(java).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
                return Files.exists(archive) ? List.of("-XX:SharedArchiveFile=" + archive) : List.of();
            } catch (IOException e) {
                return List.of();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return List.of();
            }
        }
    }

    private static CompletableFuture<String> read(java.io.InputStream stream) {
        var text = new CompletableFuture<String>();
        var reader = new Thread(() -> {
            try (stream) {
                text.complete(new String(stream.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                text.completeExceptionally(e);
            }
        });
        reader.setDaemon(true);
        reader.start();
        return text;
    }

    /** Executes a picocli command object in this JVM; what it prints through {@code commandLine().getOut()} is caught. */
    static Result inProcess(Object commandObject, String... args) {
        return inProcess(new CommandLine(commandObject), List.of(args));
    }

    /**
     * {@code ensure_ready} in this JVM, with this environment alone: quicker than a process, and what changes the rules in here reaches it.
     */
    static Result ensureReady(Map<String, String> environment, String... args) {
        var line = ensure_ready.cli(List.of(args), environment);
        return inProcess(line, ensure_ready.EnvironmentTwins.expand(List.of(args), line.getCommandSpec(), environment));
    }

    static Result inProcess(CommandLine line, List<String> args) {
        var out = new StringWriter();
        var err = new StringWriter();
        int exit = line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args.toArray(String[]::new));
        return new Result(exit, out.toString(), err.toString());
    }

    record Running(Process process, CompletableFuture<String> out, CompletableFuture<String> err, Duration timeout) {
        /** SIGTERM by {@code process().destroy()}; any other signal by number or name. */
        void signal(String name) {
            try {
                new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).inheritIO().start().waitFor();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        Result await() {
            try {
                if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                    throw new AssertionError("still running after " + timeout.toSeconds() + " s; stderr so far:\n" + err.join());
                }
                return new Result(process.exitValue(), out.join(), err.join());
            } catch (InterruptedException e) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
                throw new AssertionError("interrupted while waiting for the process", e);
            }
        }
    }

    /** Whatever a script prints as its result is what the schema says. */
    record Result(int exit, String out, String err) {
        Result {
            Schemas.check(out);
        }

        @Override
        public String toString() {
            return "exit " + exit + "\n--- stdout\n" + out + "\n--- stderr\n" + err;
        }
    }
}
