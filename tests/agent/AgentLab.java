import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import picocli.CommandLine;

/**
 * One run of prompt_run's agent in a folder of this machine that plays the container: the real scripts, keeper and verdict,
 * with a shell between them that breaks where a test wants it to.
 */
final class AgentLab implements AutoCloseable {
    static final prompt_run.Patience HASTY =
        new prompt_run.Patience(Duration.ofMillis(100), Duration.ofMillis(300), Duration.ofSeconds(10), Duration.ofSeconds(60),
        Duration.ofSeconds(3), Duration.ofSeconds(3), Duration.ofSeconds(1),
            Duration.ofSeconds(2), Duration.ofSeconds(8), Duration.ofSeconds(5), Duration.ofSeconds(6));

    final Path home = temporary();
    final FaultyShell shell;
    final Map<String, String> env = new LinkedHashMap<>(Map.of("PATH", System.getenv("PATH"), "HOME", home.toString()));
    final StringWriter out = new StringWriter();
    final StringWriter err = new StringWriter();
    prompt_run.Patience patience = HASTY;
    String kind = "dev_issue";
    /** The kind of place that this container plays. */
    String target = "deploy";
    private final Map<String, String> callerEnv = new HashMap<>();

    AgentLab() {
        this("sh");
    }

    /** {@code interpreter}: the sh of this container, such as {@code dash} or {@code busybox sh}. */
    AgentLab(String interpreter) {
        shell = new FaultyShell(interpreter);
    }

    static Path temporary() {
        try {
            return Files.createTempDirectory("agent-lab").toRealPath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    AgentLab caller(String name, String value) {
        callerEnv.put(name, value);
        return this;
    }

    /** Runs {@code prompt_run --kind dev_issue --issue 7 ...} in this container and returns its result. */
    JsonNode run(String... more) {
        return run(false, more);
    }

    /** The same where the ladder leads. */
    JsonNode climb(String... more) {
        return run(true, more);
    }

    private JsonNode run(boolean ladder, String... more) {
        List<String> args = new ArrayList<>(List.of("--kind", kind, "--issue", "7", "--output", "json"));
        args.addAll(List.of(more));
        prompt_run command = new prompt_run(callerEnv);
        CommandLine cli = new CommandLine(command).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        cli.parseArgs(args.toArray(String[]::new));
        try {
            return result(command, cli, ladder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What holds for a run with these options. */
    prompt_run.RunSetup setup(String... more) throws IOException {
        prompt_run command = new prompt_run(callerEnv);
        CommandLine cli = new CommandLine(command).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        cli.parseArgs(java.util.stream.Stream.concat(java.util.stream.Stream.of("--kind", kind, "--issue", "7"), Arrays.stream(more))
            .toArray(String[]::new));
        var console = new prompt_run.Console(cli, command.output, command.env, command.redactor());
        var options = command.prompt.read(command.env);
        var facts = prompt_run.Facts.gather(kind, command.fact.given(command.agent, command.env), prompt_run.GitHubEvent.NONE,
            command.infrastructure.read(command.env, console), console::warn);
        return new prompt_run.RunSetup("1", command.agent.read(options, facts, command.env), "ns", HASTY, console, new ArrayList<>());
    }

    private JsonNode result(prompt_run command, CommandLine cli, boolean ladder) throws IOException {
        var console = new prompt_run.Console(cli, command.output, command.env, command.redactor());
        var options = command.prompt.read(command.env);
        var infra = command.infrastructure.read(command.env, console);
        var event = prompt_run.EventFile.read(command.env, console);
        var facts = prompt_run.Facts.gather(options.kind(), command.fact.given(command.agent, command.env), event, infra, console::warn);
        var settings = command.agent.read(options, facts, command.env);
        var redactor = command.redactor();
        var report = new prompt_run.Report(options, facts, infra, command.output,
            command.output.prices(command.env), command.env, redactor, console);
        var talk = prompt_run.Discussion.gather(options.kind(), facts, event, prompt_run.GitHub.of(command.env, console),
            command.text.access(command.env), redactor);
        var renderer = new prompt_run.Renderer(new prompt_run.PromptModel(options, facts, infra, talk, redactor), console);
        var prompt = new prompt_run.Prompt("dev_issue", "en", false, "the prompt's text\n");
        var setup = new prompt_run.RunSetup(prompt_run.RunId.next(), settings, facts.namespace(), patience, console, new ArrayList<>());
        var rungs = new prompt_run.Ladder(setup);
        try (var run = new prompt_run.AgentRun(setup, rungs, facts, infra, redactor)) {
            var here = ladder ? null : prompt_run.Site.probe(target, "the lab", shell, setup, () -> { });
            var place = run.choosePlace(ladder ? rungs::climb : () -> here);
            return new ObjectMapper().valueToTree(report.deliver(place, prompt, run.run(place, prompt, renderer)).asJson());
        } catch (prompt_run.NoPlace e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Run folders of this container, oldest first. */
    List<Path> runs() {
        try (var all = Files.list(home.resolve(".agent-runs"))) {
            return all.filter(path -> path.getFileName().toString().startsWith("run-")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Processes of this container that are still there. */
    long processes() {
        return ProcessHandle.allProcesses().filter(p -> mine(p.pid())).count();
    }

    void killAll() {
        ProcessHandle.allProcesses().filter(p -> mine(p.pid())).forEach(ProcessHandle::destroyForcibly);
    }

    private boolean mine(long pid) {
        try {
            return Arrays.asList(Files.readString(Path.of("/proc/" + pid + "/environ"), java.nio.charset.StandardCharsets.ISO_8859_1)
                .split("\0")).contains("HOME=" + home);
        } catch (IOException gone) {
            return false;
        }
    }

    @Override
    public void close() {
        killAll();
        try (var all = Files.walk(home)) {
            all.sorted(Collections.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The container's shell; a fault replaces what one step would do. */
    final class FaultyShell implements prompt_run.Shell {
        final List<String> steps = Collections.synchronizedList(new ArrayList<>());
        private final Map<String, List<Fault>> faults = new HashMap<>();
        private final String interpreter;
        volatile String lost;

        FaultyShell(String interpreter) {
            this.interpreter = interpreter;
        }

        /** The next calls of a step ({@code put:prompt.md}, {@code start}, {@code poll}, ...) go wrong like this. */
        FaultyShell on(String step, Fault... wrong) {
            faults.computeIfAbsent(step, key -> new ArrayList<>()).addAll(List.of(wrong));
            return this;
        }

        @Override
        public prompt_run.Reply run(List<String> argv, byte[] stdin, Duration limit) throws InterruptedException {
            String step = !argv.get(1).equals("-c") ? argv.get(argv.get(2).equals("answer") ? 3 : 2)
                : argv.size() > 7 ? "put:" + argv.get(5) : "probe";
            steps.add(step);
            List<String> words = new ArrayList<>(List.of(interpreter.split(" ")));
            words.addAll(argv.subList(1, argv.size()));
            var real = new prompt_run.LocalShell(env, home);
            List<Fault> waiting = faults.getOrDefault(step, List.of());
            if (waiting.isEmpty()) {
                return real.run(words, stdin, limit);
            }
            Fault fault = waiting.size() > 1 || !waiting.get(0).forEver() ? waiting.remove(0) : waiting.get(0);
            return fault.how().apply(fault.runs() ? real.run(words, fault.cut() ? Arrays.copyOf(stdin, stdin.length / 2) : stdin, limit)
                : null, argv);
        }

        @Override
        public String lost() {
            return lost;
        }
    }

    record Fault(boolean runs, boolean cut, boolean forEver, BiFunction<prompt_run.Reply, List<String>, prompt_run.Reply> how) {
        static final Fault CUT_BEFORE = new Fault(false, false, false, (reply, argv) -> prompt_run.Reply.broken("connection reset", false));
        static final Fault CUT_AFTER = new Fault(true, false, false, (reply, argv) -> prompt_run.Reply.broken("connection reset", false));
        static final Fault NO_CODE =
            new Fault(true, false, false, (reply, argv) -> new prompt_run.Reply(null, reply.out(), reply.err(), null, false));
        static final Fault MINUS_ONE =
            new Fault(true, false, false, (reply, argv) -> new prompt_run.Reply(-1, reply.out(), reply.err(), null, false));
        static final Fault HALF_UPLOAD = new Fault(true, true, false, (reply, argv) -> reply);
        static final Fault HALF_ANSWER = new Fault(true, false, false,
            (reply, argv) -> new prompt_run.Reply(reply.code(), Arrays.copyOf(reply.out(), reply.out().length / 2),
                reply.err(), null, false));

        Fault always() {
            return new Fault(runs, cut, true, how);
        }

        /** Does something first, then lets the step run. */
        static Fault after(Runnable event) {
            return new Fault(true, false, false, (reply, argv) -> {
                event.run();
                return reply;
            });
        }
    }
}
