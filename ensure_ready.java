///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Brings a Kubernetes environment up, waits softly, and says in JSON whether it is ready and if not, why
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.3.0 tools.jackson.dataformat:jackson-dataformat-yaml:3.3.0
//DEPS io.fabric8:kubernetes-client-api:8.0.0@fatjar io.fabric8:kubernetes-client:8.0.0@fatjar io.fabric8:zjsonpatch:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-httpclient-jdk:8.0.0@fatjar io.fabric8:kubernetes-model-common:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-core:8.0.0@fatjar io.fabric8:kubernetes-model-apps:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-batch:8.0.0@fatjar io.fabric8:kubernetes-model-certificates:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-extensions:8.0.0@fatjar io.fabric8:kubernetes-model-rbac:8.0.0@fatjar
//DEPS org.snakeyaml:snakeyaml-engine:3.2
//DEPS org.freemarker:freemarker:2.3.35
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8 -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable

// Assembled from src/shared and src/ensure_ready: edit there and run `./jbangw assemble`; `./jbangw assemble --check` tells
// whether this file is what they give. First what acts (cluster, files, processes, output), the entry before all:
//     src/ensure_ready/command/: Options, the steps of each verb, what is known so far, and exit codes
//     src/ensure_ready/slots/: Records of slots, their namespaces, taking and releasing them
//     src/ensure_ready/manifests/: Loading and rendering manifests, mirroring sources, preparing images, applying
//     src/ensure_ready/waiting/: The soft wait: looks at each change until the outcome is proven, certain, or the time is up
//     src/ensure_ready/cluster/: The API server: requests, watches, and collecting what explains a fault
//     src/ensure_ready/report/: The result as JSON, text, Markdown and annotations; progress while waiting
//     src/ensure_ready/system/: The machine's clock, and the failure that ends a run
//     src/shared/system/: What both scripts use of the machine: processes, terminal, kubeconfig
// Then what only thinks: equal input gives equal answers.
//     src/ensure_ready/certainty/: What is certain never to become ready without a change, and what the wait remembers to know it
//     src/ensure_ready/diagnosis/: Why it is not ready: codes, messages, findings, wiring, and the roots that explain the rest
//     src/ensure_ready/findings/: What each object says of itself, as findings; and what texts of kubelets, schedulers and programs tell beside it
//     src/ensure_ready/readiness/: Whether it is ready: a rule for each kind, and the verdict on all of them
//     src/ensure_ready/catalogue/: Causes and what they mean: a row of policy for each code, and the messages that stand for it
//     src/ensure_ready/model/: Objects and snapshots of a namespace
//     src/shared/: What both scripts use and needs nothing from outside: texts, durations, JSON, masking

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import freemarker.cache.FileTemplateLoader;
import freemarker.cache.TemplateLoader;
import freemarker.core.InvalidReferenceException;
import freemarker.core.ParseException;
import freemarker.core.PlainTextOutputFormat;
import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.SimpleObjectWrapper;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import freemarker.template.TemplateNotFoundException;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.internal.KubeConfigUtils;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.JsonSchema;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.BigIntegerNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.DecimalNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

/**
 * Gets a slot, applies manifests, waits softly and says in JSON whether the infrastructure is ready, and if not, why.
 *
 * <pre>jbang ensure_ready.java --project shop --issue 42 -f deploy --apply --wait-soft-fail</pre>
 */
@Command(name = "ensure_ready", customSynopsis = "jbang ensure_ready.java [ensure|status|release|attach] [options]",
    mixinStandardHelpOptions = true, version = "ensure_ready 1.0.0", sortOptions = false, usageHelpAutoWidth = true,
    description = "Gets a slot, applies manifests, waits softly and says in JSON whether the infrastructure is ready, and if not, why.",
    exitCodeListHeading = "%nExit codes (1 to 4 are JBang's own, 2 is shared):%n", exitCodeList = {
        " 0:ready; or not, with --wait-soft-fail", " 2:usage: unknown option, bad value, missing file named on the command line",
            "10:not ready",
        "11:no slot free, or none found", "130, 143:interrupted; the JSON is printed all the same"},
    footer = {"",
        "An option's environment variable stands behind it in [brackets]; the option wins. An empty value (--pr=) counts as not given.",
        "stdout carries only the result; progress and log go to stderr."})
public class ensure_ready implements Callable<Integer> {
    @Mixin
    Options options = new Options();
    @Spec
    CommandSpec spec;

    private final KnownSoFar known = new KnownSoFar();

    public static void main(String... args) {
        speakUtf8();
        int code = execute(args, System.getenv());
        HttpThreads.end();
        System.exit(code);
    }

    /** JSON is UTF-8 wherever it is written; bare CI containers have LC_ALL=C. */
    private static void speakUtf8() {
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
    }

    /** Runs the command with an environment of the caller's; the exit code is the return value. */
    static int execute(String[] args, Map<String, String> env) {
        var given = List.of(args);
        var line = cli(given, env);
        return line.execute(EnvironmentTwins.expand(given, line.getCommandSpec(), env).toArray(String[]::new));
    }

    static CommandLine cli(List<String> given, Map<String, String> env) {
        var command = new ensure_ready();
        command.options.environment = env;
        command.options.given = given;
        return new CommandLine(command).registerConverter(Duration.class, ensure_ready::duration)
            .setCaseInsensitiveEnumValuesAllowed(true).setParameterExceptionHandler((e, a) -> command.usage(e, given))
            .setExecutionExceptionHandler((e, line, parsed) -> command.fault(e));
    }

    static Duration duration(String text) {
        return Durations.of(text)
            .orElseThrow(() -> new TypeConversionException("'" + text + "' is not a duration: write 90s, 20m or 1h5m, 1000d at the most"));
    }

    @Override
    public Integer call() {
        Usage.check(options, spec.commandLine());
        var progress = new Progress(System.err, options.environment, options.output.quiet, options.output.verbose);
        progress.mask(Redaction.of(Map.of(), options.environment)::clean);
        var interrupted = Hooks.add("interrupted", this::publishInterrupted);
        try {
            run(progress);
            return publish();
        } finally {
            Hooks.forget(interrupted); // not before: an interrupt while the result is printed must not lose it
        }
    }

    private void run(Progress progress) {
        try (progress) {
            new Steps(options, known, progress).run();
        } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
            known.fault(said(e));
            progress.trace(e);
        }
    }

    private void publishInterrupted() {
        known.interrupt();
        publish();
    }

    /** One line for whoever typed it; {@code -v} shows the stack trace. */
    private int usage(ParameterException e, List<String> given) {
        var err = e.getCommandLine().getErr();
        err.println("ensure_ready: " + Usage.sentence(e, given, options.environment) + " (ensure_ready.java --help lists the options)");
        if (given.contains("-v")) {
            e.printStackTrace(err);
        }
        return CommandLine.ExitCode.USAGE;
    }

    private int fault(Throwable e) {
        known.fault(said(e));
        return publish();
    }

    private static String said(Throwable e) {
        return "internal error: " + e + "; -v shows where, please report it";
    }

    /**
     * Prints the result exactly once, whoever comes first: the command or an interrupt. A mistake of ours costs details, never the result:
     * the caller gets his JSON all the same, with the verdict if there was one, and never ready.
     */
    private int publish() {
        synchronized (known) {
            try {
                print();
            } catch (RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
                known.fault(said(e));
                known.withoutDetails();
                print();
            }
            return known.outcome().exitCode(options.wait.soft);
        }
    }

    private void print() {
        if (!known.published()) {
            boolean judges = options.verb == Verb.ensure || options.verb == Verb.status;
            publisher().publish(known.report(options.unfound(), judges), known.redaction(options.environment), known::printed);
        }
    }

    private Publisher publisher() {
        var wanted = options.output;
        boolean asText = wanted.output == null ? Terminal.is(1) : wanted.output == Output.text;
        return new Publisher(spec.commandLine().getOut(), asText, Optional.ofNullable(wanted.report), options.environment,
            options.environment.containsKey("GITHUB_ACTIONS") && !wanted.quiet);
    }

// src/ensure_ready/command/

/** What to apply, and how. */
static final class ApplyOptions {
    @Option(names = {"-f", "--manifests"}, paramLabel = "PATH",
        description = {"file, folder (recursive: *.yaml *.yml *.json), - for stdin; repeatable.",
        "*.ftl is rendered with FreeMarker first; a folder with kustomization.yaml goes through `kubectl kustomize`"})
    List<String> manifests = new ArrayList<>();
    @Option(names = "--render", paramLabel = "CMD",
        description = {"another renderer, whose stdout is the manifests (codexctl render …, helm template …);",
        "{slot} {namespace} {env} {issue} {pr} are filled in, and are CODEXCTL_… in its environment"})
    String render;
    @Option(names = "--vars", paramLabel = "K=V", description = "template variables, repeatable [CODEXCTL_VARS]")
    List<String> vars = new ArrayList<>();
    @Option(names = "--var-file", paramLabel = "FILE", description = "template variables from YAML or KEY=VALUE lines [CODEXCTL_VAR_FILE]")
    Path varFile;
    @Option(names = "--apply", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "apply when the slot was created or recreated [CODEXCTL_APPLY]")
    boolean apply;
    @Option(names = "--force-apply", arity = "0..1", fallbackValue = "true",
        paramLabel = "true|false", description = "apply to a living slot too [CODEXCTL_FORCE_APPLY]")
    boolean force;
    @Option(names = "--recreate-immutable", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "delete and create again what cannot be updated in place (never PVC, PV, Namespace, CRD)")
    boolean recreate;
    @Option(names = "--prepare-images", paramLabel = "CMD",
        description = "command to run before an apply (mirror, build) [CODEXCTL_PREPARE_IMAGES]")
    String prepareImages;
    @Option(names = "--source", paramLabel = "DIR",
        description = "mirror these sources to BASE/<slot>/src before the apply; needs --code-root-base")
    Path source;
    @Option(names = "--code-root-base", paramLabel = "BASE", description = "folder that holds the slots' sources")
    Path codeRootBase;
}

/** Which cluster. */
static final class ClusterOptions {
    @Option(names = "--kubeconfig", paramLabel = "FILE",
        description = "kubeconfig to use (default: KUBECONFIG, ~/.kube/config, or the pod's own account)")
    Path kubeconfig;
    @Option(names = "--context", paramLabel = "NAME", description = "context of the kubeconfig")
    String context;
    @Option(names = "--request-timeout", paramLabel = "DURATION", description = "of one request to the API server (default: 10s)")
    Duration requestTimeout = Duration.ofSeconds(10);
}

/** Environment twins of options, as options put before the caller's own. */
static final class EnvironmentTwins {
    private static final Pattern TWIN = Pattern.compile("\\[(CODEXCTL_\\w+)]$");

    /**
     * Drops empty values, as JBang loses empty arguments and {@code --pr=} is how a workflow says "none"; adds the twins of what is
     * not given. An option given twice would make picocli start its group anew, so a twin never stands beside the option itself.
     */
    static List<String> expand(List<String> all, CommandSpec spec, Map<String, String> env) {
        var args = all.stream().filter(a -> !a.matches("--[a-z-]+=")).toList();
        return Stream.concat(spec.options().stream().filter(o -> !env.getOrDefault(of(o), "").isBlank())
            .filter(o -> o.isMultiValue() || args.stream().noneMatch(a -> given(o, a)))
            .map(o -> o.longestName() + "=" + value(o, env.get(of(o)))), args.stream()).toList();
    }

    /** The variable that the option's description ends with, or an empty text. */
    static String of(OptionSpec option) {
        var twin = TWIN.matcher(String.join(" ", option.description()));
        return twin.find() ? twin.group(1) : "";
    }

    private static boolean given(OptionSpec option, String arg) {
        return GivenTwice.is(option, arg) || option.longestName().equals("--namespace") && arg.startsWith("-n");
    }

    private static String value(OptionSpec option, String value) {
        return option.type() == boolean.class ? Flags.of(value).map(String::valueOf).orElse(value) : value;
    }
}

/** When a wait may end before its deadline. */
enum FailMode { fast, deadline }

/** What a run knows so far. An interrupt reports it as it stands, so every step writes here as soon as it knows; no step reads it. */
static final class KnownSoFar {
    final Released released = new Released();
    private final long started = System.nanoTime();
    private final Set<String> limited = new LinkedHashSet<>();
    volatile Target target;
    volatile boolean created;
    volatile boolean recreated;
    /** Whether something of the manifests may be in the cluster. */
    volatile boolean applied;
    volatile List<Applied> results = List.of();
    volatile List<Problem> problems = List.of();
    volatile Problem prepareFailure;
    volatile SoftWait waiting;
    volatile Judgement judgement;
    volatile DiagnosisReport diagnosis;
    volatile Addresses addresses;
    /** What makes the manifests out of templates. */
    volatile String renderer = "";
    /** Values of Secrets by {@code name#key}, to mask them wherever they appear; they never leave the process. */
    private final Map<String, String> secrets = new ConcurrentHashMap<>();
    private volatile Outcome outcome;
    private volatile String summary = "";
    private volatile boolean published;

    void end(Outcome outcome, String summary) {
        this.outcome = outcome;
        this.summary = summary;
    }

    /** What could not be read, as {@code namespaces: forbidden}. */
    synchronized void limited(String what) {
        limited.add(what);
    }

    /** A value that was a secret once stays one: what a later list lacks is masked all the same. */
    void learn(Map<String, String> more) {
        more.forEach((name, value) -> {
            var before = secrets.put(name, value);
            if (before != null && !before.equals(value)) {
                secrets.put(name + "#" + secrets.size(), before);
            }
        });
    }

    Map<String, String> secrets() {
        return Map.copyOf(secrets);
    }

    /** Called while the machine goes down: nothing may wait here. */
    void interrupt() {
        if (judgement == null && waiting != null) {
            judgement = waiting.last();
        }
        if (outcome == null || outcome == Outcome.interrupted) {
            end(Outcome.interrupted, "interrupted; this is what was known by then");
        }
    }

    /** A mistake of ours: it costs the verdict only where there was none, and no one is told that it is ready. */
    void fault(String said) {
        if (judgement == null || outcome() == Outcome.ready) {
            end(Outcome.failed, said);
        }
        limited("diagnosis: " + said);
    }

    /** Whether stdout has the result; whoever comes second must be silent. */
    boolean published() {
        return published;
    }

    void printed() {
        published = true;
    }

    /** What is told when the whole cannot be: the verdict without what was to explain it. */
    void withoutDetails() {
        end(outcome(), summary.isEmpty() ? "the details cannot be told" : summary);
        judgement = null;
        diagnosis = null;
        problems = List.of();
        results = List.of();
        waiting = null;
    }

    /** Fails closed: only a judgement can say ready, and nothing before it may have failed. */
    Outcome outcome() {
        if (outcome != null) {
            return outcome;
        }
        if (prepareFailure != null) {
            return Outcome.prepare_failed;
        }
        if (applyFailed()) {
            return Outcome.apply_failed;
        }
        return judgement == null ? Outcome.failed : judgement.outcome();
    }

    boolean ready() {
        return outcome() == Outcome.ready && judgement != null && judgement.ready();
    }

    /** What is broken before anything reaches the cluster, as the diagnosis takes it. */
    List<Applied> broken() {
        return Stream.concat(Stream.ofNullable(prepareFailure), problems.stream()).map(Problem::asApplied).toList();
    }

    private boolean applyFailed() {
        return !problems.isEmpty() || Applied.anyFailed(results);
    }

    /** What masks the report: secrets, but not names that have to stay readable though a Secret holds the same text. */
    Redaction redaction(Map<String, String> environment) {
        return Redaction.of(secrets, environment, judgement == null ? Set.of() : NamesToKeep.of(judgement.snapshot()));
    }

    /**
     * @param asked  the environment that was asked for, which is reported when no slot was found
     * @param judges whether the verb says anything of readiness
     */
    Report report(Target asked, boolean judges) {
        var begun = Instant.now().minusNanos(System.nanoTime() - started);
        var certain = Optional.ofNullable(judgement).flatMap(Judgement::certainSince).map(at -> seconds(Duration.between(begun, at)));
        return new Report(target == null ? asked : target, created, recreated, ready(), judges && !ready(), outcome(),
            seconds(Duration.ofNanos(System.nanoTime() - started)), certain, summary(),
            Optional.ofNullable(judgement), Optional.ofNullable(diagnosis), limited(), applied ? results : List.of(), applied, problems,
            Optional.ofNullable(addresses), renderer,
            List.copyOf(released.deleted()), List.copyOf(released.left()));
    }

    private static double seconds(Duration d) {
        return Math.max(0, Math.round(d.toMillis() / 100.0) / 10.0);
    }

    private synchronized List<String> limited() {
        var all = new LinkedHashSet<>(limited);
        if (judgement != null) {
            all.addAll(judgement.snapshot().limited());
        }
        if (diagnosis != null) {
            all.addAll(diagnosis.limited());
        }
        return List.copyOf(all);
    }

    private String summary() {
        if (!summary.isEmpty()) {
            return summary;
        }
        var parts = new ArrayList<String>();
        Optional.ofNullable(prepareFailure).map(Problem::message).ifPresent(parts::add);
        if (applyFailed()) {
            var failed = problems.size() + results.stream().filter(r -> r.result() == Result.failed).count();
            parts.add(Texts.count(failed, "object") + " could not be applied");
        }
        if (diagnosis != null && !diagnosis.summary().isEmpty() && !ready()) {
            parts.add(diagnosis.summary());
        } else if (judgement != null) {
            parts.add(howMany(judgement) + (diagnosis == null || diagnosis.causes().isEmpty()
                ? "" : "; " + Texts.count(diagnosis.causes().size(), "fault") + " that no workload waits for"));
        }
        return String.join("; ", parts);
    }

    private static String howMany(Judgement judgement) {
        var gates = judgement.workloads();
        var ready = gates.stream().filter(w -> w.state() == State.ready).count();
        return ready + " of " + Texts.count(gates.size(), "workload") + " ready";
    }
}

/** Everything that a command line says, and what follows from it alone. */
static final class Options {
    @Parameters(index = "0", arity = "0..1", paramLabel = "VERB",
        description = {"ensure (default): slot, apply, wait, report;", "status: diagnose only, changes nothing;",
        "release: free a slot, delete its namespace and record;", "attach: set issue and pull request of a slot"})
    Verb verb = Verb.ensure;
    @ArgGroup(validate = false, order = 1, heading = "%nWhich slot%n")
    SlotOptions slot = new SlotOptions();
    @ArgGroup(validate = false, order = 2, heading = "%nWhat to apply%n")
    ApplyOptions apply = new ApplyOptions();
    @ArgGroup(validate = false, order = 3, heading = "%nHow to wait%n")
    WaitOptions wait = new WaitOptions();
    @ArgGroup(validate = false, order = 4, heading = "%nOutput%n")
    OutputOptions output = new OutputOptions();
    @ArgGroup(validate = false, order = 5, heading = "%nCluster%n")
    ClusterOptions cluster = new ClusterOptions();

    /** The caller's environment variables. */
    Map<String, String> environment = Map.of();
    /** The arguments as they were typed. */
    List<String> given = List.of();
    private Map<String, Object> variables;

    String project() {
        var repository = environment.getOrDefault("GITHUB_REPOSITORY", "");
        return slot.project != null ? slot.project : repository.substring(repository.indexOf('/') + 1)
            .toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "-");
    }

    Wanted wanted() {
        return new Wanted(slot.env, slot.number == null ? 0 : slot.number, slot.issue, slot.pr, slot.max);
    }

    String namespaceOf(int number, String env, int issue) {
        return Placeholders.fill(slot.pattern, Map.of("project", project(), "slot", "" + number, "env", env, "issue", "" + issue), "${");
    }

    /** Who takes a slot, for people who wait for it. */
    String holder() {
        var run = environment.getOrDefault("GITHUB_RUN_ID", "");
        return run.isEmpty() ? System.getProperty("user.name") : environment.getOrDefault("GITHUB_REPOSITORY", "github") + " run " + run;
    }

    Optional<Instant> ttlEnd() {
        return Optional.ofNullable(slot.ttl).map(ttl -> Instant.now().plus(ttl).truncatedTo(ChronoUnit.SECONDS));
    }

    Map<String, Object> facts(Target target) {
        var facts = new HashMap<>(variables());
        facts.putAll(target.placeholders());
        facts.put("project", project());
        return facts;
    }

    /** Template variables; throws {@link IllegalArgumentException}. A pipe can be read once only. */
    Map<String, Object> variables() {
        if (variables == null) {
            variables = Variables.read(apply.varFile == null ? List.of() : List.of(apply.varFile), apply.vars);
        }
        return variables;
    }

    /** How custom resources are judged; throws {@link IllegalArgumentException}. */
    List<CustomRule> rules() {
        return wait.rules == null ? List.of() : RuleFile.read(wait.rules);
    }

    /** The cluster's address and credentials; throws {@link IllegalArgumentException}. */
    Config kubeconfig() {
        return Kubeconfig.read(cluster.kubeconfig, cluster.context);
    }

    boolean hasManifests() {
        return !apply.manifests.isEmpty() || apply.render != null;
    }

    Target explicit() {
        return new Target(slot.env, slot.number == null ? 0 : slot.number, slot.namespace, slot.issue, slot.pr, false);
    }

    /** What is reported as long as no slot is found. */
    Target unfound() {
        return slot.namespace != null ? explicit() : new Target(slot.env, 0, "", slot.issue, slot.pr, false);
    }
}

/** Form of the result on stdout. */
enum Output { text, json }

/** Where the result goes, and how much is said beside it. */
static final class OutputOptions {
    @Option(names = "--output", paramLabel = "text|json", description = "form of the result (default: text on a terminal, else json)")
    Output output;
    @Option(names = "--report", paramLabel = "FILE", description = "write the JSON there too")
    Path report;
    @Option(names = "-v", description = "verbose: stack traces and every request that fails")
    boolean verbose;
    @Option(names = "-q", description = "quiet: no progress on stderr")
    boolean quiet;
}

/** Which environment, and where its record lives. */
static final class SlotOptions {
    @Option(names = "--env", paramLabel = "TYPE", description = "environment type: ai, ai-repair, dev, … (default: ai) [CODEXCTL_ENV]")
    String env = "ai";
    @Option(names = "--issue", paramLabel = "N", description = "the slot of this issue; allocated if there is none [CODEXCTL_ISSUE_NUMBER]")
    int issue;
    @Option(names = "--pr", paramLabel = "N", description = "the slot of this pull request [CODEXCTL_PR_NUMBER]")
    int pr;
    @Option(names = "--slot", paramLabel = "N", description = "this slot [CODEXCTL_SLOT]")
    Integer number;
    @Option(names = "--max", paramLabel = "N",
        description = "slots there may be at the most, those of other projects with the same records included; "
            + "0: no limit (default: 0) [CODEXCTL_DEV_SLOTS_MAX]")
    int max;
    @Option(names = {"-n", "--namespace"}, paramLabel = "NAME", description = "an explicit namespace, no slot record [CODEXCTL_NAMESPACE]")
    String namespace;
    @Option(names = "--project", paramLabel = "NAME",
        description = "project in the namespace's name (default: the repository's name from GITHUB_REPOSITORY)")
    String project;
    @Option(names = "--namespace-pattern", paramLabel = "PATTERN",
        description = "namespace of a slot, from $${project} $${slot} $${env} $${issue} (default: $${project}-dev-$${slot})")
    String pattern = "${project}-dev-${slot}";
    @Option(names = "--state-namespace", paramLabel = "NAME", description = "where slot records live (default: codex-system)")
    String stateNamespace = "codex-system";
    @Option(names = "--state-prefix", paramLabel = "PREFIX", description = "name of a slot record before its number (default: codex-env-)")
    String statePrefix = "codex-env-";
    @Option(names = "--slot-timeout", paramLabel = "DURATION",
        description = "how long to wait for a slot when --max are taken (default: 10m)")
    Duration timeout = Duration.ofMinutes(10);
    @Option(names = "--ttl", paramLabel = "DURATION", description = "time after which `release --expired` may free the slot")
    Duration ttl;
    @Option(names = "--expired", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "release: free every slot whose --ttl has passed")
    boolean expired;
}

/** The verbs, step by step. Each gives its result to the next, and tells what is known at once: an interrupt may come at any time. */
record Steps(Options options, KnownSoFar known, Progress progress) {
    /** The verdict does not wait for longer; that it was too long for an explanation is then said. */
    private static final Duration EXPLAINING = Duration.ofSeconds(30);
    private static final Duration OTHERS_APPLY = Duration.ofSeconds(10);

    /** Whatever is wrong with the infrastructure ends up in what is known, never in an exception. */
    void run() {
        try (var api = connect()) {
            var patient = api.within(Deadline.in(options.cluster.requestTimeout));
            switch (options.verb) {
                case ensure -> ensure(api);
                case status -> status(api);
                case release -> release(patient);
                case attach -> attach(patient);
            }
        } catch (InfraFailure e) {
            known.end(e.outcome, e.getMessage());
        } catch (ApiError e) {
            known.end(e.outcome(), e.sentence());
        }
    }

    private void ensure(Api api) {
        var target = target(api.within(Deadline.in(options.slot.timeout)),
            slots -> slots.acquire(options.wanted(), Deadline.in(options.slot.timeout), options.ttlEnd()));
        var deadline = Deadline.in(options.wait.timeout);
        boolean fresh = prepareNamespace(api.within(deadline), target, deadline);
        boolean applying = options.apply.force || options.apply.apply && fresh;
        if (applying) {
            prepare(target, deadline);
        } else if (options.apply.apply) {
            progress.say("ns/" + target.namespace() + " was there before: nothing is applied; --force-apply applies to a living slot too");
        }
        var loaded = load(target, deadline);
        hideSecrets(api, target);
        var since = applying && !loaded.items().isEmpty() ? Instant.now() : null;
        var apply = applying ? apply(api, target, loaded, deadline) : othersApply(api.within(deadline), loaded, deadline);
        var waiting = waiting(api, target, apply, since);
        known.waiting = waiting;
        known.judgement = waiting.run(deadline);
        known.results = apply.ended();
        diagnose(api, known.judgement);
    }

    private void status(Api api) {
        var target = target(api, slots -> slots.find(options.wanted()));
        if (new Namespaces(api, progress).absent(target)) {
            throw new InfraFailure(Outcome.not_ready, "ns/" + target.namespace() + " does not exist");
        }
        var waiting = waiting(api, target, asItIs(api, load(target, Deadline.in(options.wait.timeout))), null);
        hideSecrets(api, target);
        known.judgement = looked(waiting.once());
        diagnose(api, known.judgement);
    }

    private void release(Api api) {
        var releasing = new Release(api, slots(api), known.released, progress);
        if (options.slot.expired) {
            releasing.expired(Instant.now());
        } else {
            var found = options.slot.namespace != null ? Optional.of(options.explicit()) : slots(api).seek(options.wanted());
            found.ifPresentOrElse(target -> {
                known.target = target;
                releasing.one(target);
            }, () -> known.released.left().add("nothing: there is no slot for " + options.wanted()));
        }
        known.end(Outcome.released, known.released.sentence());
    }

    private void attach(Api api) {
        var target = slots(api).attach(options.wanted(), options.ttlEnd());
        known.target = target;
        known.end(Outcome.attached, "attached: " + new Wanted(target.env(), target.slot(), target.issue(), target.pr(), 0));
    }

    private Api connect() {
        var api = new Api(kubeconfig(), options.cluster.requestTimeout).within(Deadline.in(Duration.ofSeconds(4)));
        try {
            api.get("/version");
        } catch (ApiError e) {
            if (e.code == 0 || e.code >= 500) {
                api.close();
                throw new InfraFailure(Outcome.no_cluster, "cannot reach the API server "
                    + api.server() + ": " + e.getMessage() + "; check --kubeconfig, --context or the network");
            }
        }
        return api;
    }

    /** What the command line names is checked before; what the machine is set up with is infrastructure. */
    private Config kubeconfig() {
        try {
            return options.kubeconfig();
        } catch (IllegalArgumentException e) {
            throw new InfraFailure(Outcome.no_cluster, e.getMessage());
        }
    }

    private Target target(Api api, Function<Slots, Target> slot) {
        known.target = options.slot.namespace != null ? options.explicit() : slot.apply(slots(api));
        return known.target;
    }

    private Slots slots(Api api) {
        return new Slots(api, options.slot.stateNamespace, options.slot.statePrefix,
            options::namespaceOf, options.holder(), progress);
    }

    /** Whether the namespace is new, as far as an apply is concerned. */
    private boolean prepareNamespace(Api api, Target target, Deadline deadline) {
        var found = new Namespaces(api, progress).ensure(target, deadline, options.ttlEnd());
        boolean created = target.fresh() || options.slot.namespace != null && found == Namespaces.Found.created;
        known.created = created;
        known.recreated = !created && (found == Namespaces.Found.created || found == Namespaces.Found.unfinished);
        if (found == Namespaces.Found.unreadable) {
            known.limited("namespaces: forbidden");
            progress.detail("ns/" + target.namespace()
                + ": may not be read, so it counts as new: to apply twice does no harm, not at all does");
        }
        return created || found != Namespaces.Found.living;
    }

    /** Images and sources; what went wrong is known then, and the rest goes on. */
    private void prepare(Target target, Deadline deadline) {
        var images = options.apply.prepareImages;
        try {
            if (images != null) {
                progress.say("prepare images: " + images);
                Shell.run(Shell.sh(images), target.environment(), deadline, progress::detail);
            }
        } catch (InfraFailure e) {
            notPrepared(program(images), e);
        }
        try {
            if (options.apply.source != null) {
                new Mirror(options.apply.source, options.apply.codeRootBase.resolve("" + target.slot()).resolve("src")).run(progress);
            }
        } catch (InfraFailure e) {
            notPrepared("--source", e);
        }
    }

    private void notPrepared(String program, InfraFailure e) {
        var before = known.prepareFailure;
        known.prepareFailure = new Problem(before == null ? new Source(program, 0) : before.source(),
            before == null ? e.getMessage() : before.message() + "; " + e.getMessage(), Code.PREPARE_FAILED,
            before == null ? e.detail : before.detail() + "\n" + e.getMessage());
        progress.warn(e.getMessage());
    }

    private static String program(String command) {
        return command.strip().split("\\s+")[0];
    }

    private Loaded load(Target target, Deadline deadline) {
        var loaded = new Manifests(options.facts(target), deadline).load(options.apply.manifests);
        if (options.apply.render != null) {
            loaded = loaded.and(rendered(target, deadline));
        }
        if (loaded.nothing() && options.hasManifests()) {
            loaded = Manifests.nothing(options.apply.render != null ? "--render" : String.join(" ", options.apply.manifests));
        }
        loaded.problems().forEach(p -> progress.warn(p.source() + ": " + p.message()));
        known.problems = loaded.problems();
        learn(SecretValues.of(loaded.items().stream().map(Item::object).toList()));
        known.renderer = renderer(target, loaded);
        return loaded;
    }

    private Loaded rendered(Target target, Deadline deadline) {
        var command = command(target);
        try {
            return Manifests.rendered(program(command), Shell.run(Shell.sh(command), target.environment(), deadline.orIn(Manifests.LATE),
                progress::detail));
        } catch (InfraFailure e) {
            return Loaded.failed(new Source(program(command), 0), Code.RENDER_FAILED, e);
        }
    }

    /** Whoever mends a template must know what turns it into manifests; no one else needs it. */
    private String renderer(Target target, Loaded loaded) {
        var files = Stream.concat(loaded.items().stream().map(Item::source), loaded.problems().stream().map(Problem::source))
            .map(Source::file).distinct();
        var own = files.flatMap(file -> file.endsWith(".ftl") ? Stream.of("FreeMarker, ensure_ready.java -f " + file)
            : !file.isBlank() && Files.isDirectory(Path.of(file)) ? Stream.of("kubectl kustomize " + file) : Stream.empty()).limit(1);
        return Stream.concat(Stream.ofNullable(options.apply.render).map(r -> command(target)), own).collect(Collectors.joining("; "));
    }

    private String command(Target target) {
        return Placeholders.fill(options.apply.render, target.placeholders(), "{");
    }

    private Applying asItIs(Api api, Loaded loaded) {
        known.results = Apply.notNow(api, loaded.items(), Deadline.now());
        return Applying.over(known.results, broken());
    }

    /** What this run does not apply another one may be applying: a kind that is not served yet gets a moment to come. */
    private Applying othersApply(Api api, Loaded loaded, Deadline deadline) {
        known.results = Apply.skipped(loaded.items());
        return Applying.begin(known.results, broken(), told -> Apply.notNow(api, loaded.items(), deadline.atMost(OTHERS_APPLY)));
    }

    /** Runs beside the wait, so that what cannot be applied (yet) hides nothing of what the others do. */
    private Applying apply(Api api, Target target, Loaded loaded, Deadline deadline) {
        known.applied = !loaded.items().isEmpty();
        known.results = Apply.pending(loaded.items());
        return Applying.begin(known.results, broken(), told -> {
            var results = new Apply(api.within(deadline), target.namespace(), options.apply.recreate, so -> {
                known.results = so;
                told.accept(so);
            }, progress).all(loaded.items(), deadline);
            if (known.applied && loaded.problems().isEmpty() && !Applied.anyFailed(results)) {
                new Namespaces(api.within(Deadline.now()), progress).markApplied(target);
            }
            hideSecrets(api, target);
            return results;
        });
    }

    /** Whether it is certain before anything is applied that not all will be as the manifests want it. */
    private boolean broken() {
        return known.prepareFailure != null || !known.problems.isEmpty();
    }

    /** Before anything of the namespace is shown: an interrupt may come at any time. */
    private void hideSecrets(Api api, Target target) {
        learn(Collect.secretsIn(api.within(Deadline.now()), target.namespace(), known::limited));
    }

    private void learn(Map<String, String> secrets) {
        known.learn(secrets);
        progress.mask(Redaction.of(known.secrets(), options.environment)::clean);
    }

    /** {@code since}: when the apply began; null when nothing is applied. */
    private SoftWait waiting(Api api, Target target, Applying apply, Instant since) {
        boolean onlyApplied = options.wait.waitFor == null ? options.hasManifests() : options.wait.waitFor == WaitFor.applied;
        var settings = new WaitSettings(options.wait.agent, onlyApplied, options.wait.strict,
            options.wait.failMode == FailMode.fast, since, options.rules());
        return new SoftWait(api, target.namespace(), apply, settings, progress::judgement);
    }

    /** Only a wait can time out; a look says how it is. */
    private static Judgement looked(Judgement j) {
        return j.outcome() == Outcome.timeout ? j.with(Outcome.not_ready) : j;
    }

    /**
     * Also of a ready environment: a Service that selects nothing blocks no pod and is a fault all the same.
     * Collecting has its own time: a diagnosis that comes late helps nobody, none at all helps even less.
     */
    private void diagnose(Api api, Judgement judgement) {
        if (!known.ready()) {
            progress.say("collects what explains it");
        }
        var workloads = judgement.workloads();
        try {
            var full = Collect.more(api.within(Deadline.now()), judgement.snapshot(), workloads, known.secrets(),
                Duration.ofSeconds(5));
            known.learn(full.secrets());
            known.addresses = Addresses.of(full.snapshot());
            known.diagnosis = Bounded.get(EXPLAINING,
                () -> Diagnosis.explain(full.snapshot().and(known.broken()), workloads, options.wait.agent));
        } catch (IOException | RuntimeException | LinkageError | StackOverflowError | OutOfMemoryError e) {
            // a mistake of ours must not cost the verdict
            known.diagnosis = Diagnosis.unavailable(judgement.snapshot(), workloads, e);
        }
    }
}

/** What a command line must be before anything is touched. */
record Usage(Options o, List<String> wrong) {
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");

    static void check(Options options, CommandLine command) {
        var usage = new Usage(options, new ArrayList<>());
        GivenTwice.of(options.given, command.getCommandSpec()).ifPresent(usage.wrong::add);
        usage.slots();
        usage.names();
        usage.files();
        usage.verbs();
        usage.wrong.stream().findFirst().ifPresent(sentence -> {
            throw new ParameterException(command, sentence);
        });
    }

    private void slots() {
        var s = o.slot;
        check(s.number == null || s.number > 0, "--slot " + s.number + ": a slot's number starts at 1");
        check(s.issue >= 0, "--issue " + s.issue + ": must be the number of an issue");
        check(s.pr >= 0, "--pr " + s.pr + ": must be the number of a pull request");
        check(s.max >= 0, "--max " + s.max + ": must be 0 (no limit) or more");
        check(s.namespace != null || s.number != null || s.issue > 0 || s.pr > 0 || s.expired,
            "which environment? give --issue, --pr, --slot or --namespace");
        check(o.verb != Verb.attach || s.issue > 0 || s.pr > 0, "attach needs --issue or --pr");
        check(o.verb != Verb.attach || s.namespace == null, "attach needs a slot record, so no --namespace");
        check(s.namespace != null || !s.pattern.contains("${project}") || !o.project().isEmpty(),
            "--project is needed for --namespace-pattern " + s.pattern);
    }

    private void names() {
        name("--namespace", o.slot.namespace);
        name("--state-namespace", o.slot.stateNamespace);
        name("--agent-deployment", o.wait.agent);
        name("--project", o.slot.project);
        check(WORD.matcher(o.slot.env).matches(), "--env " + o.slot.env + ": must be letters, digits, - _ . as in a label");
        if (wrong.isEmpty() && o.slot.namespace == null) {
            name("--namespace-pattern gives", o.namespaceOf(o.slot.number == null ? 1 : o.slot.number, o.slot.env, o.slot.issue));
        }
    }

    private void files() {
        o.apply.manifests.stream().filter(f -> !f.equals("-"))
            .forEach(f -> unreadable(f).ifPresent(why -> wrong.add("--manifests " + f + ": " + why)));
        check(o.apply.manifests.stream().filter("-"::equals).count() < 2, "--manifests -: stdin can be read once only");
        if (o.apply.source != null) {
            check(Files.isDirectory(o.apply.source), "--source " + o.apply.source + ": no such folder");
            check(o.apply.codeRootBase != null, "--source needs --code-root-base");
            check(o.slot.namespace == null || o.slot.number != null, "--source needs a slot: its sources go to BASE/<slot>/src");
        }
        if (wrong.isEmpty()) {
            check(o::variables);
            check(o::rules);
        }
        if (wrong.isEmpty() && (o.cluster.kubeconfig != null || o.cluster.context != null)) {
            check(o::kubeconfig);
        }
    }

    private static Optional<String> unreadable(String name) {
        try {
            var path = Path.of(name);
            return Files.isReadable(path) ? Optional.empty() : Optional.of(Files.exists(path) ? "permission denied"
                : Files.isSymbolicLink(path) ? "a link that leads nowhere" : "no such file or folder");
        } catch (InvalidPathException e) {
            return Optional.of("not a path in this locale; LC_ALL=C.UTF-8 knows all characters");
        }
    }

    private void check(Supplier<?> value) {
        try {
            value.get();
        } catch (IllegalArgumentException e) {
            wrong.add(e.getMessage());
        }
    }

    /** An option that a verb would silently ignore is a mistake to be told. */
    private void verbs() {
        check(!o.slot.expired || o.verb == Verb.release, "--expired belongs to release");
        check(!o.apply.apply && !o.apply.force || o.verb == Verb.ensure
            || Stream.of("CODEXCTL_APPLY", "CODEXCTL_FORCE_APPLY").anyMatch(t -> !o.environment.getOrDefault(t, "").isEmpty()),
            o.verb + " applies nothing: no --apply, no --force-apply");
        check(o.apply.source == null || o.verb == Verb.ensure, o.verb + " mirrors nothing: no --source");
        check(o.slot.ttl == null || o.verb == Verb.ensure || o.verb == Verb.attach, "--ttl belongs to ensure and attach");
    }

    private void name(String option, String value) {
        check(value == null || Slot.LABEL.matcher(value).matches(),
            option + " " + value + ": must be lower-case letters, digits and -, 63 at most");
    }

    private void check(boolean right, String sentence) {
        if (!right) {
            wrong.add(sentence);
        }
    }

    /** picocli's sentence, the environment variable named when the value came from there. */
    static String sentence(ParameterException e, List<String> given, Map<String, String> env) {
        var message = e.getMessage().lines().findFirst().orElse("").replace("option option", "option");
        var arg = e.getArgSpec();
        if (arg == null || !arg.isOption()) {
            return unknown(e.getCommandLine(), given).orElse(lower(message));
        }
        var option = (OptionSpec) arg;
        var twin = EnvironmentTwins.of(option);
        var byHand = given.stream().anyMatch(g -> GivenTwice.is(option, g));
        return lower(message) + (!byHand && env.containsKey(twin) ? " (from " + twin + ")" : "");
    }

    /** The value of an option that nobody knows would be taken for a verb, and told instead of it. */
    private static Optional<String> unknown(CommandLine command, List<String> given) {
        var known = command.getCommandSpec().optionsMap().keySet();
        return given.stream().filter(g -> g.startsWith("--") && !known.contains(g.replaceFirst("(?s)=.*", ""))).findFirst()
            .map(name -> "unknown option: '" + name + "'" + new CommandLine.UnmatchedArgumentException(command, List.of(name))
                .getSuggestions().stream().findFirst().map(near -> "; did you mean " + near + "?").orElse(""));
    }

    private static String lower(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}

/** What is to be done; the first word of the command line. */
enum Verb { ensure, status, release, attach }

/** What gates {@code infraReady}. */
enum WaitFor { applied, namespace }

/** How long to wait, and for what. */
static final class WaitOptions {
    @Option(names = "--wait-timeout", paramLabel = "DURATION",
        description = "one deadline for apply and wait together: 20m, 1200s, 1h5m (default: 20m) [CODEXCTL_WAIT_TIMEOUT]")
    Duration timeout = Duration.ofMinutes(20);
    @Option(names = "--wait-soft-fail", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "whatever goes wrong with the infrastructure, exit 0 and say so in the JSON [CODEXCTL_WAIT_SOFT_FAIL]")
    boolean soft;
    @Option(names = "--fail-mode", paramLabel = "fast|deadline",
        description = "stop when it is certain that it fails and the others told why they do not start (45 s at most), or at the deadline "
            + "(default: fast)")
    FailMode failMode = FailMode.fast;
    @Option(names = "--wait-for", paramLabel = "applied|namespace",
        description = "what gates infraReady (default: applied when manifests are given, else namespace)")
    WaitFor waitFor;
    @Option(names = "--strict", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "what cannot be verified (custom resources without a known status) blocks")
    boolean strict;
    @Option(names = "--rules", paramLabel = "FILE",
        description = "when custom resources of a kind are ready, failed or idle: YAML, a rule a document [CODEXCTL_RULES]")
    Path rules;
    @Option(names = "--agent-deployment", paramLabel = "NAME",
        description = "the agent's own Deployment: reported as agentReady, does not gate (default: codex)")
    String agent = "codex";
}

// src/ensure_ready/slots/

/** Waiting for a list to change without asking again and again. */
static final class Changes {
    /** Returns after the first event behind {@code version}, when the watch breaks (after a second), or when time is up. */
    static void await(Api api, String path, String selector, String version, Deadline deadline) {
        var changed = new CountDownLatch(1);
        var broken = new AtomicBoolean();
        var seconds = Math.max(1, deadline.left().toSeconds());
        var watch = api.watch(path + "?watch=1&timeoutSeconds=" + seconds + "&resourceVersion=" + version + selector,
            "application/json", event -> changed.countDown(), error -> {
            broken.set(error != null);
            changed.countDown();
        });
        try {
            changed.await(deadline.millis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw InfraFailure.interrupted();
        }
        watch.thenAccept(response -> response.body().cancel());
        if (broken.get()) {
            Pause.of(deadline.atMost(Duration.ofSeconds(1)).left());
        }
    }
}

/** The namespace that a project gives a slot: what makes a record the project's own. */
interface NamespacePattern {
    String of(int number, String env, int issue);
}

/** The slot's namespace: made when absent, waited for while it goes away. */
record Namespaces(Api api, Progress progress) {
    /** {@code unfinished}: made by us, but a run ended before its apply did; {@code unreadable}: we may not look. */
    enum Found { created, unfinished, living, unreadable }


    /** Throws {@link InfraFailure} {@code timeout} when it is still going away at the deadline, with what holds it. */
    Found ensure(Target target, Deadline deadline, Optional<Instant> expires) {
        try {
            for (int looks = 0; ; looks++) {
                var found = api.find(Kind.NAMESPACE, null, target.namespace());
                if (found.isEmpty() && create(target, expires)) {
                    return Found.created;
                }
                if (found.isPresent() && !terminating(found.get())) {
                    return unfinished(found.get()) ? Found.unfinished : Found.living;
                }
                if (found.isPresent()) {
                    waitUntilGone(found.get(), looks == 0, deadline);
                }
            }
        } catch (ApiError e) {
            if (e.forbidden() && e.tried.startsWith("GET")) {
                return Found.unreadable;
            }
            throw e;
        }
    }

    /** Remembers that the first apply came to its end; without the right to, the next run just applies once more. */
    void markApplied(Target target) {
        var patch = Json.MAPPER.createObjectNode();
        patch.putObject("metadata").putObject("annotations").put(Labels.APPLIED, Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        try {
            var ns = api.find(Kind.NAMESPACE, null, target.namespace());
            if (ns.isPresent() && unfinished(ns.get())) {
                api.patch(Kind.NAMESPACE.path(null, target.namespace()), "merge-patch+json", patch);
            }
        } catch (ApiError e) {
            progress.detail("ns/" + target.namespace() + ": cannot remember that it was applied: " + e.sentence());
        }
    }

    /** True only when the server says so; who may not ask does not know. */
    boolean absent(Target target) {
        try {
            return api.find(Kind.NAMESPACE, null, target.namespace()).isEmpty();
        } catch (ApiError e) {
            if (e.forbidden()) {
                return false;
            }
            throw e;
        }
    }

    static boolean ours(Obj namespace) {
        return Labels.US.equals(namespace.labels().get(Labels.MANAGED_BY));
    }

    private static boolean unfinished(Obj namespace) {
        return ours(namespace) && namespace.annotation(Labels.APPLIED).isEmpty();
    }

    private static boolean terminating(Obj namespace) {
        return namespace.deleting() || namespace.text("/status/phase").equals("Terminating");
    }

    private boolean create(Target target, Optional<Instant> expires) {
        var body = Kind.NAMESPACE.named(target.namespace());
        Labels.mark(body.withObject("/metadata"), target.env(), target.slot(), target.issue(), expires);
        boolean created = api.create(Kind.NAMESPACE, null, body);
        if (created) {
            progress.say("created ns/" + target.namespace());
        }
        return created;
    }

    private void waitUntilGone(Obj namespace, boolean first, Deadline deadline) {
        if (deadline.passed()) {
            throw new InfraFailure(Outcome.timeout, namespace.ref() + ": still terminating: " + holds(namespace));
        }
        if (first) {
            progress.say(namespace.ref() + " is terminating, waits until it is gone");
        }
        Changes.await(api, Kind.NAMESPACE.path(null, null), "&fieldSelector=metadata.name%3D" + namespace.name(),
            namespace.text("/metadata/resourceVersion"), deadline.atMost(Duration.ofSeconds(30)));
    }

    /** What the namespace controller says is left in it; its conditions name the finalizers. */
    private static String holds(Obj namespace) {
        var left = namespace.list("/status/conditions").stream().filter(Obj::isTrue)
            .map(c -> Texts.line(Json.text(c, "message"))).collect(Collectors.joining("; "));
        return !left.isEmpty() ? left
            : namespace.has("/spec/finalizers") ? "finalizers " + namespace.at("/spec/finalizers") : "nothing says why";
    }
}

/** Frees slots. Deletes a namespace only when this tool made it and no other record needs it. */
record Release(Api api, Slots slots, Released released, Progress progress) {
    void one(Target target) {
        var all = slots.all();
        var record = all.stream().filter(s -> s.number() == target.slot() && s.namespace().equals(target.namespace())).findFirst();
        var shared = all.stream().anyMatch(s -> s.namespace().equals(target.namespace()) && s.number() != target.slot());
        namespace(target, shared);
        record.ifPresent(this::record);
    }

    void expired(Instant now) {
        for (var slot : slots.all()) {
            if (slots.own(slot) && slot.expired(now)) {
                one(slot.target(new Wanted(slot.env(), slot.number(), 0, 0, 0), false));
            }
        }
    }

    private void namespace(Target target, boolean shared) {
        var ref = "ns/" + target.namespace();
        var found = api.find(Kind.NAMESPACE, null, target.namespace());
        var stays = found.isEmpty() ? "was gone already"
            : !Namespaces.ours(found.get()) ? "not made by ensure_ready (no label " + Labels.MANAGED_BY + "=" + Labels.US + ")"
            : shared ? "another slot lives in it" : "";
        if (!stays.isEmpty()) {
            released.left().add(ref + ": " + stays);
        } else {
            api.delete(Kind.NAMESPACE, null, target.namespace(), found.get().uid(), Map.of());
            done(ref);
        }
    }

    private void record(Slot slot) {
        slots.delete(slot);
        done("slot " + slot.number());
    }

    private void done(String what) {
        released.deleted().add(what);
        progress.say("deleted " + what);
    }
}

/** What a release deleted and what it left, filled while it goes on; an interrupt reads it as it stands. */
record Released(List<String> deleted, List<String> left) {
    Released() {
        this(new CopyOnWriteArrayList<>(), new CopyOnWriteArrayList<>());
    }

    String sentence() {
        return "deleted " + (deleted.isEmpty() ? "nothing" : String.join(", ", deleted))
            + (left.isEmpty() ? "" : "; left " + String.join(", ", left));
    }
}

/** A slot record. */
record Slot(int number, String env, String namespace, String owner, int issue,
    int pr, String createdAt, String expiresAt, String uid, long version) {
    /** A DNS label: whatever else a record has as its namespace, nobody uses it. */
    static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    static Slot of(Obj configMap, String prefix) {
        var data = configMap.map("/data");
        return new Slot(number(configMap.name().substring(prefix.length())),
            data.getOrDefault("env", ""), data.getOrDefault("namespace", ""),
            data.getOrDefault("owner", ""), number(data.get("issue")), number(data.get("pr")), data.getOrDefault("createdAt", ""),
            configMap.annotation(Labels.EXPIRES), configMap.uid(), configMap.number("/metadata/resourceVersion", 0));
    }

    private static int number(String text) {
        return text != null && text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
    }

    Target target(Wanted wanted, boolean fresh) {
        return new Target(env.isEmpty() ? wanted.env() : env, number, namespace, wanted.issue() > 0
            ? wanted.issue() : issue, wanted.pr() > 0 ? wanted.pr() : pr, fresh);
    }

    boolean of(NamespacePattern project) {
        return LABEL.matcher(namespace).matches() && namespace.equals(project.of(number, env, issue));
    }

    boolean expired(Instant now) {
        return Obj.instant(expiresAt).filter(at -> at.isBefore(now)).isPresent();
    }

    @Override
    public String toString() {
        return "slot " + number + " is held by " + (issue > 0 ? "issue " + issue : pr > 0 ? "pull request " + pr : "nobody's issue")
            + (createdAt.isEmpty() ? "" : " since " + createdAt) + (owner.isEmpty() ? "" : " (" + owner + ")") + ": ns/" + namespace;
    }
}

/**
 * Slot records: one ConfigMap a slot, whose creation is the lock. N runs get N slots and two runs of one issue or pull request get the
 * same:
 * of two records for one the one that was created first stays, and whoever made the other deletes it and joins.
 * Projects that share the state namespace and the prefix share the numbers, and with them {@code --max}; a record is a project's own only
 * when its namespace is what the project's pattern gives, and only its own is ever joined, attached or released.
 */
record Slots(Api api, String namespace, String prefix, NamespacePattern namespaceOf, String owner, Progress progress) {
    /**
     * Finds the slot, or takes the lowest free one, waiting for one when all are taken. Throws {@link InfraFailure} {@code no_slot} at the
     * deadline.
     */
    Target acquire(Wanted wanted, Deadline deadline, Optional<Instant> expires) {
        for (String told = ""; ; ) {
            var records = records();
            var mine = own(records.slots(), wanted);
            if (mine.isPresent()) {
                return join(mine.get(), wanted, expires);
            }
            var free = lowestFree(records.slots(), wanted);
            if (free.isPresent()) {
                var created = create(free.getAsInt(), wanted, expires);
                if (created.isPresent()) {
                    return created.get();
                }
            } else {
                told = waitForOne(records, wanted, deadline, told);
            }
        }
    }

    private String waitForOne(Records records, Wanted wanted, Deadline deadline, String told) {
        var holders = holders(records.slots(), wanted);
        if (deadline.passed()) {
            throw new InfraFailure(Outcome.no_slot, "no slot is free: " + holders + "; release one, or raise --max");
        }
        if (!holders.equals(told)) {
            progress.say("waits for a free slot: " + holders);
        }
        Changes.await(api, Kind.CONFIG_MAP.path(namespace, null), "", records.version(), deadline.atMost(Duration.ofSeconds(30)));
        return holders;
    }

    /** The slot that is there; throws {@link InfraFailure} {@code no_slot} when there is none. */
    Target find(Wanted wanted) {
        return seek(wanted).orElseThrow(() -> none(wanted));
    }

    /** Empty when there is none; throws {@link InfraFailure} {@code no_slot} when the number is another project's. */
    Optional<Target> seek(Wanted wanted) {
        return own(records().slots(), wanted).map(s -> s.target(wanted, false));
    }

    /** Sets issue, pull request and, if given, the time to live of the slot that is there; one given by number may change its issue. */
    Target attach(Wanted wanted, Optional<Instant> expires) {
        var slots = records().slots();
        return join(own(slots, wanted).or(() -> own(slots, new Wanted(wanted.env(), wanted.number(), 0, 0, 0)))
            .orElseThrow(() -> none(wanted)), wanted, expires);
    }

    private InfraFailure none(Wanted wanted) {
        return new InfraFailure(Outcome.no_slot, "no slot for " + wanted + " in " + namespace);
    }

    List<Slot> all() {
        return records().slots();
    }

    boolean own(Slot slot) {
        return slot.of(namespaceOf);
    }

    private Optional<Slot> own(List<Slot> slots, Wanted wanted) {
        var own = slots.stream().filter(this::own).toList();
        var found = find(own, wanted);
        var other = slots.stream().filter(s -> s.number() == wanted.number() && !own(s)).findFirst().or(() -> elsewhere(own, wanted));
        if (found.isEmpty() && other.isPresent()) {
            throw new InfraFailure(Outcome.no_slot, "slot " + wanted.number() + " was asked for, but " + other.get());
        }
        return found;
    }

    void delete(Slot slot) {
        api.delete(Kind.CONFIG_MAP, namespace, prefix + slot.number(), slot.uid(), Map.of());
    }

    /** By number, else by issue, else by pull request; only within one environment type. */
    static Optional<Slot> find(List<Slot> slots, Wanted w) {
        return slots.stream().filter(s -> s.env().isEmpty() || s.env().equals(w.env())).filter(s -> w.number() > 0
            ? s.number() == w.number() && (w.issue() == 0 || s.issue() == 0 || s.issue() == w.issue())
            : w.issue() > 0 ? s.issue() == w.issue() : w.pr() > 0 && s.pr() == w.pr()).findFirst()
            .or(() -> w.number() == 0 && w.issue() > 0 && w.pr() > 0 ? find(slots, new Wanted(w.env(), 0, 0, w.pr(), w.max()))
            .filter(s -> s.issue() == 0) : Optional.empty());
    }

    /** The slot that the issue or pull request has already, when another number was asked for: nobody gets two. */
    static Optional<Slot> elsewhere(List<Slot> slots, Wanted w) {
        return w.number() > 0 ? find(slots, new Wanted(w.env(), 0, w.issue(), w.pr(), w.max()))
            .filter(s -> s.number() != w.number()) : Optional.empty();
    }

    static OptionalInt lowestFree(List<Slot> slots, Wanted w) {
        var taken = slots.stream().map(Slot::number).collect(Collectors.toSet());
        return IntStream.rangeClosed(w.number() > 0 ? w.number() : 1, w.number() > 0
            ? w.number() : w.max() > 0 ? w.max() : slots.size() + 1)
            .filter(n -> !taken.contains(n)).findFirst();
    }

    static String holders(List<Slot> slots, Wanted w) {
        return slots.stream().filter(s -> w.number() == 0 || s.number() == w.number()).sorted(Comparator.comparingInt(Slot::number))
            .map(Slot::toString).collect(Collectors.joining("; "));
    }

    private Target join(Slot slot, Wanted wanted, Optional<Instant> expires) {
        var data = Json.MAPPER.createObjectNode();
        if (wanted.issue() > 0 && slot.issue() != wanted.issue()) {
            if (!slot.namespace().equals(namespaceOf.of(slot.number(), slot.env(), wanted.issue()))) {
                throw new InfraFailure(Outcome.no_slot, "issue " + wanted.issue()
                    + " cannot have it, as its namespace names its issue: " + slot);
            }
            data.put("issue", "" + wanted.issue());
        }
        if (wanted.pr() > 0 && slot.pr() != wanted.pr()) {
            data.put("pr", "" + wanted.pr());
        }
        if (!data.isEmpty() || expires.isPresent()) {
            var patch = Json.MAPPER.createObjectNode();
            patch.set("data", data);
            Labels.mark(patch.putObject("metadata"), wanted.env(), slot.number(), Math.max(wanted.issue(), slot.issue()), expires);
            api.patch(Kind.CONFIG_MAP.path(namespace, prefix + slot.number()), "merge-patch+json", patch);
        }
        return slot.target(wanted, false);
    }

    private Optional<Target> create(int number, Wanted wanted, Optional<Instant> expires) {
        boolean created = false;
        try {
            created = api.create(Kind.CONFIG_MAP, namespace, record(number, wanted, expires));
        } catch (ApiError e) {
            if (e.code != 404) {
                throw e;
            }
            createStateNamespace();
        }
        return created ? keepOrYield(number, wanted) : Optional.empty();
    }

    /**
     * Two runs of one issue or pull request may have made two records when a slot became free between their looks. The older record stays.
     * etcd's revision tells which: a resourceVersion grows with every write of the cluster, a creationTimestamp has whole seconds only.
     */
    private Optional<Target> keepOrYield(int number, Wanted wanted) {
        var slots = records().slots();
        var mine = slots.stream().filter(s -> s.number() == number).findFirst();
        if (mine.isEmpty()) {
            return Optional.empty();
        }
        var older = slots.stream().filter(s -> own(s) && s.version() < mine.get().version()).toList();
        if (find(older, new Wanted(wanted.env(), 0, wanted.issue(), wanted.pr(), 0)).isPresent()) {
            delete(mine.get());
            return Optional.empty();
        }
        progress.say("took slot " + number + " (" + mine.get().namespace() + ")");
        return Optional.of(mine.get().target(wanted, true));
    }

    private ObjectNode record(int number, Wanted wanted, Optional<Instant> expires) {
        var record = Kind.CONFIG_MAP.named(prefix + number);
        Labels.mark(record.withObject("/metadata"), wanted.env(), number, wanted.issue(), expires);
        record.putObject("data").put("slot", "" + number).put("env", wanted.env())
            .put("namespace", namespaceOf.of(number, wanted.env(), wanted.issue())).put("owner", owner)
            .put("issue", "" + wanted.issue()).put("pr", "" + wanted.pr())
            .put("createdAt", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        return record;
    }

    /** Another run may be making it too; whether it is there now is all that counts. */
    private void createStateNamespace() {
        var body = Kind.NAMESPACE.named(namespace);
        body.withObject("/metadata").putObject("labels").put("app.kubernetes.io/part-of", "ensure-ready");
        api.create(Kind.NAMESPACE, null, body);
    }

    private Records records() {
        var list = api.get(Kind.CONFIG_MAP.path(namespace, null));
        var slots = Api.items(Kind.CONFIG_MAP, list).stream().filter(o -> o.name().matches(Pattern.quote(prefix) + "[1-9]\\d{0,8}"))
            .map(o -> Slot.of(o, prefix)).toList();
        return new Records(slots, list.at("/metadata/resourceVersion").asString(""));
    }

    /** All slots, and the version of the list to watch from. */
    private record Records(List<Slot> slots, String version) { }
}

/** Which slot is asked for; 0 stands for "not given", {@code max} 0 for no limit. */
record Wanted(String env, int number, int issue, int pr, int max) {
    @Override
    public String toString() {
        return "env " + env + (number > 0 ? ", slot " + number : "") + (issue > 0 ? ", issue " + issue : "")
            + (pr > 0 ? ", pull request " + pr : "");
    }
}

// src/ensure_ready/manifests/

/** Server-side apply under our own manager: every object gets its result, and no error stops the others. */
static final class Apply {
    /** How long an unknown kind is asked for again when no CRD of the manifests brings it; an operator may be about to. */
    private static final Duration UNKNOWN_KIND = Duration.ofSeconds(30);
    /** A first pass goes on for so long even past the deadline: what prepared it may have taken all the time. */
    private static final Duration ONE_PASS = Duration.ofSeconds(10);
    /** Requests under way at once. */
    private static final int BESIDE = 10;
    private static final List<String> ORDER =
        List.of("Namespace", "CustomResourceDefinition", "ResourceQuota", "LimitRange", "PriorityClass", "StorageClass",
        "ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding",
            "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim",
        "Service", "NetworkPolicy", "DaemonSet", "StatefulSet", "ReplicaSet", "Deployment", "Pod", "CronJob", "Job", "PodDisruptionBudget",
        "HorizontalPodAutoscaler", "Ingress", "*", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration");
    private static final Pattern PASSING =
        Pattern.compile("webhook|etcd|timeout|timed out|deadline exceeded|connection re|no endpoints|no route|leader|initializing|: eof");
    private final Api api;
    private final Api patient;
    private final String namespace;
    private final boolean recreate;
    private final Consumer<List<Applied>> told;
    private final Progress progress;
    private Set<String> scaled = Set.of();
    private Deadline deadline = Deadline.now();
    private Deadline enough = deadline;
    private volatile boolean away;

    /** {@code told} hears the results after each pass, those of all objects so far; what is tried again is pending. */
    Apply(Api api, String namespace, boolean recreate, Consumer<List<Applied>> told, Progress progress) {
        this.api = api.within(Deadline.now());
        this.patient = api;
        this.namespace = namespace;
        this.recreate = recreate;
        this.told = told;
        this.progress = progress;
    }

    /** Objects that a run without apply is judged by; what the cluster does not know cannot be there. */
    static List<Applied> notNow(Api api, List<Item> items, Deadline soon) {
        var results = notNow(api, items);
        while (Applied.anyFailed(results) && !soon.passed()) {
            Pause.of(Duration.ofSeconds(1));
            results = notNow(api, items);
        }
        return results;
    }

    private static List<Applied> notNow(Api api, List<Item> items) {
        return skipped(items).stream().map(a -> unknown(api, a.object()) ? a.failed(ObjectApply.noMatch(a.object())) : a).toList();
    }

    private static boolean unknown(Api api, Obj object) {
        try {
            return api.kind(object.apiVersion(), object.kind()).isEmpty();
        } catch (ApiError unanswered) {
            return false; // the wait tells what cannot be read
        }
    }

    /** Nothing is done with them. */
    static List<Applied> skipped(List<Item> items) {
        return items.stream().map(i -> i.as(Result.skipped)).toList();
    }

    /** Objects that an apply is to begin with. */
    static List<Applied> pending(List<Item> items) {
        return items.stream().map(i -> i.as(Result.pending)).toList();
    }

    /** An object and what came of it; {@code said} is told in the manifests' order, whoever was first. */
    private static final class Attempt {
        final Item item;
        final List<Consumer<Progress>> said = new ArrayList<>();
        volatile Applied result;
        volatile boolean again = true;

        Attempt(Item item) {
            this.item = item;
            result = item.as(Result.pending);
        }

        int rank() {
            return Apply.rank(item.object().kind());
        }
    }

    /**
     * Applies rank by rank, the objects of a rank beside each other, and what may still succeed again and again until the deadline. The
     * results stand in the manifests' order.
     */
    List<Applied> all(List<Item> items, Deadline deadline) {
        this.deadline = deadline;
        enough = Deadline.in(ONE_PASS);
        scaled = scaledByHpa(items);
        var all = items.stream().map(Attempt::new).toList();
        var pending = all;
        var start = Instant.now();
        var pool = Executors.newFixedThreadPool(BESIDE, Daemon.named("apply"));
        try {
            for (long pause = 1; !pending.isEmpty(); pause = Math.min(5, pause * 2)) {
                pass(pool, pending, all, Duration.between(start, Instant.now()));
                pending = pending.stream().filter(a -> a.again).toList();
                if (pending.isEmpty() || deadline.left().toSeconds() <= pause) {
                    break;
                }
                progress.say("applies " + Texts.count(pending.size(), "object") + " again in " + pause + " s: "
                    + pending.get(0).result.error());
                Pause.of(Duration.ofSeconds(pause));
            }
        } finally {
            pool.shutdownNow();
        }
        var results = all.stream().map(a -> a.result).toList();
        progress.say("applied " + summary(results));
        return results;
    }

    /** One try each. An API server that does not answer ends the pass: the rest would only wait longer. */
    private void pass(ExecutorService pool, List<Attempt> pending, List<Attempt> all, Duration since) {
        away = false;
        boolean definitions = pending.stream().anyMatch(a -> a.item.object().kind().equals("CustomResourceDefinition"));
        var ranks = pending.stream().collect(Collectors.groupingBy(Attempt::rank, TreeMap::new, Collectors.toList()));
        for (var rank : ranks.values()) {
            // the same object twice: one after the other, the last one stays
            var same = rank.stream().collect(Collectors.groupingBy(a -> a.item.object().namespace() + " " + a.item.object().apiVersion()
                + " " + a.item.object().ref(), LinkedHashMap::new, Collectors.toList()));
            together(pool, same.values().stream().map(chain -> Executors.callable(() -> chain.forEach(a -> attempt(a, since, definitions))))
                .toList());
            rank.forEach(a -> a.said.forEach(line -> line.accept(progress)));
            rank.forEach(a -> a.said.clear());
            told.accept(all.stream().map(a -> a.again ? a.result.with(Result.pending) : a.result).toList());
        }
    }

    private static void together(ExecutorService pool, List<Callable<Object>> tasks) {
        try {
            for (var task : pool.invokeAll(tasks)) {
                task.get();
            }
        } catch (InterruptedException e) {
            throw InfraFailure.interrupted();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : new IllegalStateException(e.getCause());
        }
    }

    private void attempt(Attempt a, Duration since, boolean definitions) {
        if (away) {
            return;
        }
        var ref = a.item.object().ref();
        try {
            a.result = tried(a);
            a.again = false;
            a.said.add(p -> p.detail(ref + ": " + a.result.result()));
        } catch (ApiError e) {
            a.result = failed(a.item, e);
            a.again = passing(e, since, definitions);
            away |= e.code == 0;
            a.said.add(p -> p.detail(ref + ": " + e.sentence()));
        }
    }

    /** What is wrong with one object, whatever it is, is the failure of that one. */
    private Applied tried(Attempt a) {
        var what = "apply " + a.item.object().ref();
        if (deadline.passed() && enough.passed()) {
            throw new ApiError(408, "Timeout", "not tried any more: --wait-timeout has passed", what);
        }
        try {
            return new ObjectApply(api, namespace, recreate, scaled, deadline, a.said).one(a.item);
        } catch (ApiError | InfraFailure e) {
            throw e;
        } catch (RuntimeException e) {
            a.said.add(p -> p.trace(e));
            throw new ApiError(422, "Invalid", "it is invalid: " + e.getMessage(), what);
        }
    }

    static int rank(String kind) {
        return ORDER.contains(kind) ? ORDER.indexOf(kind) : ORDER.indexOf("*");
    }

    /**
     * Errors that time may heal; a 500 tells of a mistake in the manifest, too, so only by its words: no answer, overload, webhooks that
     * start, accounts and kinds that are being made.
     */
    static boolean passing(ApiError e, Duration since, boolean definitions) {
        if (e.reason.equals("NoKind")) {
            return since.compareTo(UNKNOWN_KIND) < 0 || definitions;
        }
        var message = e.getMessage().toLowerCase(Locale.ROOT);
        return e.code == 0 || e.code == 429 || e.code > 500 || e.code == 500
            && PASSING.matcher(message).find() || e.reason.equals("BeingDeleted")
            || e.code == 409 && message.contains("object has been modified") || e.code == 404 && message.contains("namespaces")
            || e.code == 403 && message.contains("error looking up service account");
    }

    private static Applied failed(Item item, ApiError e) {
        return new Applied(item.object(), item.source(), Result.failed, 0, "", e.reason.isEmpty()
            ? "" + e.code : e.reason, Texts.line(e.getMessage()));
    }

    private Set<String> scaledByHpa(List<Item> items) {
        var hpas = items.stream().map(Item::object).filter(o -> o.kind().equals("HorizontalPodAutoscaler"))
            .collect(Collectors.toCollection(ArrayList::new));
        try {
            hpas.addAll(patient.list(Kind.HPA, namespace, ""));
        } catch (ApiError e) {
            progress.detail("cannot list autoscalers: " + e.sentence());
        }
        return hpas.stream().map(h -> Kubectl.ref(h.text("/spec/scaleTargetRef/kind"), h.text("/spec/scaleTargetRef/name")))
            .collect(Collectors.toSet());
    }

    static String summary(Collection<Applied> results) {
        var counts = new TreeMap<Result, Long>(results.stream().collect(Collectors.groupingBy(Applied::result, Collectors.counting())));
        return Texts.count(results.size(), "object") + ": " + counts.entrySet()
            .stream().map(e -> e.getValue() + " " + e.getKey()).collect(Collectors.joining(", "));
    }
}

/** An object of the manifests and where it stands. */
record Item(Obj object, Source source) {
    /** As long as the cluster has not answered. */
    Applied as(Result result) {
        return new Applied(object, source, result, 0, "", "", "");
    }
}

/** What was read of the manifests. */
record Loaded(List<Item> items, List<Problem> problems) {
    static Loaded none() {
        return new Loaded(List.of(), List.of());
    }

    static Loaded failed(Path path, IOException e) {
        return failed(new Source(path.toString(), 0), TextFile.reason(e));
    }

    static Loaded failed(Source source, String message) {
        return new Loaded(List.of(), List.of(new Problem(source, Texts.line(message))));
    }

    /** What a command was to bring. */
    static Loaded failed(Source source, Code code, InfraFailure e) {
        return new Loaded(List.of(), List.of(new Problem(source, e.getMessage(), code, e.detail)));
    }

    boolean nothing() {
        return items.isEmpty() && problems.isEmpty();
    }

    Loaded and(Loaded other) {
        return new Loaded(Stream.concat(items.stream(), other.items.stream())
            .toList(), Stream.concat(problems.stream(), other.problems.stream()).toList());
    }
}

/** Finding, rendering and reading manifests. What cannot be read becomes a {@link Problem}; the rest goes on. */
static final class Manifests {
    private static final Pattern TEMPLATE = Pattern.compile("# Source: ([\\w./@+-]{1,200})");
    private static final Pattern MANIFEST = Pattern.compile(".*\\.(yaml|yml|json)(\\.ftl)?");
    /** What takes longer to read or to render will not end: a pipe that nobody writes to, a template in a circle. */
    private static final Duration ONE_FILE = Duration.ofSeconds(30);
    /** However late it is, manifests are read. */
    static final Duration LATE = Duration.ofSeconds(5);
    private final Map<String, Object> facts;
    private final Deadline deadline;
    /** Folders that were read, whatever links lead to them. */
    private final Set<Path> folders = new HashSet<>();

    Manifests(Map<String, Object> facts, Deadline deadline) {
        this.facts = facts;
        this.deadline = deadline;
    }

    /** A path that gives nothing, like an empty folder, is a mistake that no wait can heal. */
    Loaded load(List<String> paths) {
        var loaded = Loaded.none();
        for (var path : paths) {
            folders.clear();
            var read = path.equals("-") ? read("stdin", deadline.orIn(LATE).left(), () -> rendered("stdin", TextFile.all(System.in)))
                : load(Path.of(path));
            loaded = loaded.and(read.nothing() && !path.endsWith(".ftl") ? nothing(path) : read);
        }
        return loaded;
    }

    static Loaded nothing(String path) {
        return Loaded.failed(new Source(path, 0), "there is no object in it");
    }

    /** What cannot be read is named and takes nothing else with it. */
    Loaded load(Path path) {
        return Files.isDirectory(path) ? folder(path)
            : read(path.toString(), deadline.atMost(ONE_FILE).orIn(LATE).left(), () -> file(path));
    }

    private static Loaded read(String name, Duration atMost, Callable<Loaded> work) {
        try {
            return Bounded.get(atMost, work);
        } catch (IOException e) {
            return Loaded.failed(new Source(name, 0), TextFile.reason(e));
        } catch (UncheckedIOException | IllegalArgumentException e) {
            return Loaded.failed(new Source(name, 0), e.getMessage());
        }
    }

    /** The manifests below a folder in order of name; a folder that kustomize builds stands for itself, hidden ones are passed over. */
    private Loaded folder(Path folder) {
        try {
            if (!folders.add(folder.toRealPath())) {
                return Loaded.none();
            }
        } catch (IOException e) {
            return Loaded.failed(folder, e);
        }
        if (Stream.of("kustomization.yaml", "kustomization.yml", "Kustomization").anyMatch(k -> Files.exists(folder.resolve(k)))) {
            return kustomized(folder);
        }
        try (var files = Files.list(folder)) {
            return files.filter(f -> !f.getFileName().toString().startsWith(".")).sorted()
                .filter(f -> Files.isDirectory(f) || MANIFEST.matcher(f.toString()).matches())
                .map(f -> Files.isDirectory(f) || Files.isRegularFile(f) || !Files.exists(f) ? load(f)
                    : Loaded.failed(new Source(f.toString(), 0), "no regular file")).reduce(Loaded.none(), Loaded::and);
        } catch (IOException e) {
            return Loaded.failed(folder, e);
        }
    }

    private Loaded kustomized(Path folder) {
        try {
            return parse(folder.toString(), Shell.run(List.of("kubectl", "kustomize", folder.toString()), Map.of(),
                deadline.atMost(Duration.ofMinutes(2)).orIn(LATE), line -> { }));
        } catch (InfraFailure e) {
            return Loaded.failed(new Source(folder.toString(), 0), Code.MANIFEST_UNREADABLE, e);
        }
    }

    private Loaded file(Path file) throws IOException {
        if (!file.toString().endsWith(".ftl")) {
            return parse(file.toString(), TextFile.read(file));
        }
        try {
            var engine = TemplateEngine.of(new FileTemplateLoader(file.toAbsolutePath().getParent().toFile())); // it may include others
            return linesOf(TextFile.read(file),
                parse(file.toString(), TemplateEngine.render(engine, file.getFileName().toString(), facts)));
        } catch (TemplateEngine.Unfit e) {
            return Loaded.failed(new Source(file.toString(), e.line),
                e.undefined.isEmpty() ? e.getMessage() : "undefined variable " + e.undefined);
        }
    }

    /**
     * A rendered template's lines are not the template's. Where no directive multiplied or dropped documents, the n-th document
     * of the one is the n-th of the other; else the line is unknown, which is better than wrong.
     */
    private static Loaded linesOf(String template, Loaded rendered) {
        var starts = Yaml.starts(template);
        var lines = rendered.items().stream().map(i -> i.source().line()).distinct().toList();
        return new Loaded(rendered.items().stream().map(i -> new Item(i.object(), new Source(i.source().file(),
            starts.size() == lines.size() ? starts.get(lines.indexOf(i.source().line())) : 0))).toList(), rendered.problems());
    }

    /** What a program printed: its name stands for the file, but Helm says above each document which template it comes from. */
    static Loaded rendered(String program, String text) {
        var lines = text.split("\\R", -1);
        var loaded = parse(program, text);
        return new Loaded(loaded.items().stream().map(i -> new Item(i.object(), template(lines, i.source()))).toList(), loaded.problems());
    }

    private static Source template(String[] lines, Source at) {
        for (int i = at.line() - 1; i >= 0; i--) {
            var template = TEMPLATE.matcher(lines[i]);
            if (template.matches()) {
                return new Source(template.group(1), 0);
            }
            if (Yaml.SEPARATOR.matcher(lines[i]).matches()) {
                break;
            }
        }
        return at;
    }

    static Loaded parse(String label, String text) {
        var read = Yaml.documents(label, text);
        var into = new Loaded(new ArrayList<>(), read.problems());
        read.documents().forEach(document -> flatten(document, into));
        return into;
    }

    private static void flatten(Yaml.Document document, Loaded into) {
        var object = new Obj(document.json());
        if (object.kind().endsWith("List") && object.at("/items").isArray()) {
            object.list("/items").forEach(item -> flatten(new Yaml.Document(item, document.source()), into));
        } else if (object.apiVersion().isEmpty() || object.kind().isEmpty() || object.name().isEmpty()) {
            var missing = Stream.of("/apiVersion", "/kind", "/metadata/name").filter(p -> object.text(p).isEmpty()).findFirst().orElse("");
            into.problems().add(new Problem(document.source(),
                "not a Kubernetes object: it has no " + missing.substring(1).replace('/', '.')));
        } else {
            into.items().add(new Item(object, document.source()));
        }
    }

    /**
     * YAML with the line of every document. Plain scalars mean what they mean to kubectl ({@code yes} is true, {@code 0644} is octal),
     * and empty maps and lists stay: typed models lose both.
     */
    static final class Yaml {
        private static final Pattern SEPARATOR = Pattern.compile("^---(\\s.*)?$");
        private static final Pattern OCTAL = Pattern.compile("[-+]?0[0-7]+");
        private static final Pattern INTEGER = Pattern.compile("[-+]?(0|[1-9][0-9_]*)");
        private static final Pattern FLOAT = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
        private static final int DEEPEST = 200;
        private static final int MOST_FIELDS = 1000;

        /** One document and where it starts. */
        record Document(JsonNode json, Source source) { }

        /** What could be read, and what not. */
        record Documents(List<Document> documents, List<Problem> problems) { }

        /** Each document is read for itself, so that a broken one does not take the others with it. */
        static Documents documents(String label, String text) {
            var into = new Documents(new ArrayList<>(), new ArrayList<>());
            var lines = text.split("\\R", -1);
            for (int start = 0, i = 0; i <= lines.length; i++) {
                if (i == lines.length || SEPARATOR.matcher(lines[i]).matches()) {
                    read(label, lines, start, i, into);
                    start = i;
                }
            }
            return into;
        }

        /** The first line of each document that has any, 1-based, comments and directives of templates left aside. */
        static List<Integer> starts(String text) {
            var starts = new ArrayList<Integer>();
            var lines = text.split("\\R", -1);
            var open = true;
            for (int i = 0; i < lines.length; i++) {
                var content = !lines[i].isBlank() && !lines[i].strip().startsWith("#") && !lines[i].strip().startsWith("<");
                if (SEPARATOR.matcher(lines[i]).matches()) {
                    open = true;
                } else if (open && content) {
                    starts.add(i + 1);
                    open = false;
                }
            }
            return starts;
        }

        private static void read(String label, String[] lines, int from, int to, Documents into) {
            var settings = LoadSettings.builder().setLabel(label).setCodePointLimit(64 * 1024 * 1024).build();
            try {
                var node = new Compose(settings).composeString(String.join("\n", Arrays.copyOfRange(lines, from, to)));
                if (node.isPresent()) {
                    var json = json(node.get(), 0);
                    if (!json.isNull()) {
                        var fields = new HashMap<String, Integer>();
                        fields(node.get(), json, "", from, fields);
                        into.documents.add(new Document(json, new Source(label, from + line(node.get().getStartMark()), fields)));
                    }
                }
            } catch (MarkedYamlEngineException e) {
                into.problems.add(new Problem(new Source(label, from + line(e.getProblemMark())), Texts.line(e.getProblem())));
            } catch (StackOverflowError e) {
                into.problems.add(new Problem(new Source(label, from + 1), "nested deeper than " + DEEPEST + " levels"));
            } catch (YamlEngineException e) {
                into.problems.add(new Problem(new Source(label, from + 1), Texts.line(e.getMessage())));
            }
        }

        /** The lines of the first fields, deep ones too. */
        private static void fields(Node node, JsonNode json, String path, int from, Map<String, Integer> found) {
            if (node instanceof MappingNode mapping && found.size() < MOST_FIELDS) {
                for (var pair : mapping.getValue()) {
                    var key = pair.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
                    field(pair.getKeyNode(), pair.getValueNode(), json.path(key), path.isEmpty() ? key : path + "." + key, from, found);
                }
            } else if (node instanceof SequenceNode sequence) {
                for (int i = 0; i < sequence.getValue().size() && found.size() < MOST_FIELDS; i++) {
                    var item = sequence.getValue().get(i);
                    field(item, item, json.path(i), path + "[" + Obj.element(json.path(i), i) + "]", from, found);
                }
            }
        }

        private static void field(Node at, Node value, JsonNode json, String path, int from, Map<String, Integer> found) {
            found.put(path, from + line(at.getStartMark()));
            fields(value, json, path, from, found);
        }

        private static int line(Optional<Mark> mark) {
            return mark.map(Mark::getLine).orElse(0) + 1;
        }

        private static JsonNode json(Node node, int depth) {
            if (depth > DEEPEST) {
                throw new YamlEngineException("nested deeper than " + DEEPEST + " levels");
            }
            if (node instanceof MappingNode mapping) {
                return mapping(mapping, depth);
            }
            if (node instanceof SequenceNode sequence) {
                var array = Json.MAPPER.createArrayNode();
                sequence.getValue().forEach(item -> array.add(json(item, depth + 1)));
                return array;
            }
            return scalar((ScalarNode) node);
        }

        private static JsonNode mapping(MappingNode mapping, int depth) {
            var object = Json.MAPPER.createObjectNode();
            for (var pair : mapping.getValue()) {
                var key = pair.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
                var value = json(pair.getValueNode(), depth + 1);
                if (key.equals("<<")) {
                    merge(object, value);
                } else if (object.has(key) && mapping.getValue().stream()
                    .filter(p -> p.getKeyNode() instanceof ScalarNode s && s.getValue().equals(key)).count() > 1) {
                    throw new MarkedYamlEngineException("", Optional.empty(), "the key " + key + " stands twice", pair.getKeyNode()
                        .getStartMark()) { };
                } else {
                    object.set(key, value);
                }
            }
            return object;
        }

        private static void merge(ObjectNode object, JsonNode value) {
            var from = value.isArray() ? value : Json.MAPPER.createArrayNode().add(value);
            from.forEach(map -> map.properties().forEach(e -> object.putIfAbsent(e.getKey(), e.getValue())));
        }

        private static JsonNode scalar(ScalarNode node) {
            var text = node.getValue();
            if (!node.isPlain()) {
                return StringNode.valueOf(text);
            }
            switch (text.toLowerCase(Locale.ROOT)) {
                case "", "~", "null":
                    return NullNode.getInstance();
                case "true", "yes", "on":
                    return BooleanNode.TRUE;
                case "false", "no", "off":
                    return BooleanNode.FALSE;
                default:
                    return number(text);
            }
        }

        private static JsonNode number(String text) {
            if (OCTAL.matcher(text).matches()) {
                return new BigIntegerNode(new BigInteger(text, 8));
            }
            if (INTEGER.matcher(text).matches()) {
                return new BigIntegerNode(new BigInteger(text.replace("_", "")));
            }
            return FLOAT.matcher(text).matches() ? new DecimalNode(new BigDecimal(text)) : StringNode.valueOf(text);
        }
    }
}

/** Mirrors a source tree; what it writes and deletes lies within {@code target}, whatever links say. */
record Mirror(Path source, Path target) {
    /** Throws {@link InfraFailure} {@code prepare_failed} when a file cannot be copied. */
    void run(Progress progress) {
        try {
            Files.createDirectories(target);
            if (!target.toRealPath()
                .equals(target.getParent().getParent().toRealPath().resolve(target.getParent().getFileName()).resolve("src"))) {
                throw new InfraFailure(Outcome.prepare_failed, target + ": is a link to somewhere else, nothing was mirrored");
            }
            var wanted = new HashSet<Path>();
            copy(wanted);
            var removed = remove(target, f -> !wanted.contains(target.relativize(f)));
            progress.say("mirrored " + Texts.count(wanted.size(), "file") + " to " + target + (removed > 0 ? ", removed " + removed : ""));
        } catch (IOException e) {
            throw new InfraFailure(Outcome.prepare_failed, "cannot mirror " + source + " to " + target + ": " + e.getMessage());
        }
    }

    private void copy(Set<Path> wanted) throws IOException {
        var root = source.toRealPath();
        var skip = target.toRealPath();
        try (var files = Files.walk(root)) {
            for (var file : (Iterable<Path>) files.filter(f -> !f.startsWith(skip))::iterator) {
                var relative = root.relativize(file);
                wanted.add(relative);
                copy(file, target.resolve(relative.toString()));
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        if (Files.isDirectory(from, NOFOLLOW_LINKS)) {
            if (!Files.isDirectory(to, NOFOLLOW_LINKS)) {
                Files.deleteIfExists(to);
                Files.createDirectory(to);
            }
        } else if (!same(from, to)) {
            if (Files.isDirectory(to, NOFOLLOW_LINKS)) {
                remove(to, any -> true);
            }
            Files.copy(from, to, COPY_ATTRIBUTES, NOFOLLOW_LINKS, REPLACE_EXISTING);
        }
    }

    private static boolean same(Path a, Path b) throws IOException {
        return Files.isRegularFile(a, NOFOLLOW_LINKS) && Files.isRegularFile(b, NOFOLLOW_LINKS) && Files.size(a) == Files.size(b)
            && Files.getLastModifiedTime(a).equals(Files.getLastModifiedTime(b)) && Files.isExecutable(a) == Files.isExecutable(b);
    }

    private static long remove(Path folder, Predicate<Path> which) throws IOException {
        try (var files = Files.walk(folder)) {
            var extra = files.filter(which).sorted(Comparator.reverseOrder()).toList();
            for (var file : extra) {
                Files.deleteIfExists(file);
            }
            return extra.size();
        }
    }
}

/**
 * One object on its way to the cluster, whatever stands there already; beside others, so that what it says is kept until its turn.
 *
 * @param namespace where an object goes that names none
 * @param recreate  whether what cannot be updated in place is deleted and made again
 * @param scaled    what autoscalers scale, as {@code deploy/web}
 * @param said      gets what is to be told of it
 */
record ObjectApply(Api api, String namespace, boolean recreate, Set<String> scaled, Deadline deadline,
    List<Consumer<Progress>> said) {
    static final String MANAGER = "ensure-ready";
    static final Set<String> NEVER_RECREATED =
        Set.of("PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition");

    private static final Pattern IMMUTABLE = Pattern.compile("(?i)immutable|updates to statefulset spec for fields other than"
        + "|may not (change|be changed)|updates to parameters are forbidden");

    static String noMatch(Obj object) {
        return "no matches for kind \"" + object.kind() + "\" in version \"" + object.apiVersion() + "\"";
    }

    Applied one(Item item) {
        var object = item.object();
        var kind = api.kind(object.apiVersion(), object.kind())
            .orElseThrow(() -> new ApiError(404, "NoKind", noMatch(object), "apply " + object.ref()));
        var ns = kind.namespaced() ? object.namespace().isEmpty() ? namespace : object.namespace() : null;
        var live = api.find(kind, ns, object.name());
        if (live.filter(Obj::deleting).isPresent()) {
            throw new ApiError(409, "BeingDeleted", object.ref() + " is being deleted", "apply " + object.ref());
        }
        live.ifPresent(l -> takeOver(kind, ns, l));
        var body = body(object, ns, live);
        try {
            var after = patch(kind, ns, object.name(), body);
            if (object.kind().equals("CustomResourceDefinition")) {
                awaitServed(kind, object);
            }
            return applied(item, live, after, false);
        } catch (ApiError e) {
            if (immutable(e) && live.isPresent()) {
                return again(item, kind, ns, live.get(), body, e);
            }
            throw e;
        }
    }

    /** The manifests win; who else had set a field is told, as somebody will wonder where his change went. */
    private Obj patch(Kind kind, String ns, String name, JsonNode body) {
        var path = kind.path(ns, name) + "?fieldManager=" + MANAGER + "&fieldValidation=Strict";
        try {
            return new Obj(api.patch(path, "apply-patch+yaml", body));
        } catch (ApiError e) {
            if (e.code != 409 || !e.reason.equals("Conflict") || !e.getMessage().contains("conflict")) {
                throw e;
            }
            said.add(p -> p.warn(Kubectl.ref(kind.name(), name) + ": overwrites what others set: " + Texts.line(e.getMessage())));
            return new Obj(api.patch(path + "&force=true", "apply-patch+yaml", body));
        }
    }

    private static Applied applied(Item item, Optional<Obj> before, Obj after, boolean recreated) {
        var same = before.isPresent() && declared(before.get()).equals(declared(after));
        var result = recreated ? Result.recreated : before.isEmpty() ? Result.created : same ? Result.unchanged : Result.configured;
        return new Applied(item.object(), item.source(), result, after.generation(), after.uid(), "", "");
    }

    /** What an apply can change; a status that a controller wrote in between is no change of ours. */
    private static JsonNode declared(Obj object) {
        var copy = (ObjectNode) object.json().deepCopy();
        copy.remove("status");
        ((ObjectNode) copy.get("metadata")).remove(List.of("resourceVersion", "managedFields"));
        if (copy.at("/metadata/annotations") instanceof ObjectNode annotations) {
            annotations.remove("deployment.kubernetes.io/revision");
        }
        return copy;
    }

    /** The manifest without what only the server may say. */
    private JsonNode body(Obj object, String ns, Optional<Obj> live) {
        var body = (ObjectNode) object.json().deepCopy();
        body.remove("status");
        var metadata = (ObjectNode) body.get("metadata");
        metadata.remove(List.of("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"));
        if (ns != null) {
            metadata.put("namespace", ns);
        }
        if (live.isPresent() && scaled.contains(object.ref()) && body.at("/spec/replicas").isNumber()) {
            leaveReplicas((ObjectNode) body.get("spec"), live.get());
        }
        return body;
    }

    /**
     * An autoscaler's number stays. Leaving the field out is right only when somebody else owns it too: as the last owner we would
     * take it away, and the server would fill in 1.
     */
    private static void leaveReplicas(ObjectNode spec, Obj live) {
        var owners = live.list("/metadata/managedFields").stream().filter(m -> !m.at("/fieldsV1/f:spec/f:replicas").isMissingNode())
            .map(m -> Json.text(m, "manager")).toList();
        if (owners.stream().anyMatch(o -> !o.equals(MANAGER))) {
            spec.remove("replicas");
        } else {
            spec.set("replicas", live.at("/spec/replicas"));
        }
    }

    /**
     * kubectl's client-side apply owns fields as an updater: what a manifest drops would stay for ever. As kubectl itself does when it
     * changes over, its entry becomes part of ours before the first server-side apply.
     */
    private void takeOver(Kind kind, String ns, Obj live) {
        var fields = live.list("/metadata/managedFields");
        var theirs = fields.stream().filter(ObjectApply::clientSide).toList();
        if (theirs.isEmpty()) {
            return;
        }
        var merged = Json.MAPPER.createArrayNode();
        var ours = Json.MAPPER.createObjectNode().put("manager", MANAGER).put("operation", "Apply").put("apiVersion", live.apiVersion())
            .put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()).put("fieldsType", "FieldsV1");
        var owned = ours.putObject("fieldsV1");
        for (var entry : fields) {
            if (clientSide(entry) || mine(entry)) {
                union(owned, entry.path("fieldsV1"));
            } else {
                merged.add(entry);
            }
        }
        merged.add(ours);
        var patch = Json.MAPPER.createArrayNode();
        patch.addObject().put("op", "replace").put("path", "/metadata/managedFields").set("value", merged);
        patch.addObject().put("op", "replace").put("path", "/metadata/resourceVersion")
            .put("value", live.text("/metadata/resourceVersion"));
        api.patch(kind.path(ns, live.name()), "json-patch+json", patch);
        said.add(p -> p.detail(live.ref() + ": took over the fields of kubectl's client-side apply"));
    }

    private static boolean clientSide(JsonNode entry) {
        return Set.of("kubectl-client-side-apply", "before-first-apply").contains(Json.text(entry, "manager"))
            && Json.text(entry, "operation").equals("Update") && Json.text(entry, "subresource").isEmpty();
    }

    private static boolean mine(JsonNode entry) {
        return Json.text(entry, "manager").equals(MANAGER) && Json.text(entry, "operation").equals("Apply")
            && Json.text(entry, "subresource").isEmpty();
    }

    private static void union(ObjectNode into, JsonNode from) {
        from.properties().forEach(e -> {
            if (into.get(e.getKey()) instanceof ObjectNode both) {
                union(both, e.getValue());
            } else {
                into.set(e.getKey(), e.getValue().deepCopy());
            }
        });
    }

    static boolean immutable(ApiError e) {
        return e.code == 422 && IMMUTABLE.matcher(e.getMessage()).find();
    }

    private Applied again(Item item, Kind kind, String ns, Obj live, JsonNode body, ApiError immutable) {
        var fields = immutable.fields();
        var never = NEVER_RECREATED.contains(kind.name());
        if (never || !recreate) {
            throw immutable.with("cannot be changed in place" + fields
                + (never ? ", and a " + kind.name() + " is never deleted here"
                : "; --recreate-immutable deletes it and creates it again"));
        }
        said.add(p -> p.say(live.ref() + ": delete and create again" + fields));
        var policy = kind.name().equals("StatefulSet") ? "Orphan" : "Foreground";
        api.delete(kind, ns, live.name(), live.uid(), Map.of("propagationPolicy", policy));
        awaitGone(kind, ns, live);
        return applied(item, Optional.empty(), patch(kind, ns, live.name(), keepingAddress(body, live)), true);
    }

    /** A Service that comes back keeps its address: others may have it in their configuration. */
    private static JsonNode keepingAddress(JsonNode body, Obj live) {
        if (live.kind().equals("Service") && body.get("spec") instanceof ObjectNode spec
            && !spec.has("clusterIP") && live.has("/spec/clusterIP")) {
            spec.set("clusterIP", live.at("/spec/clusterIP"));
        }
        return body;
    }

    private void awaitGone(Kind kind, String ns, Obj old) {
        var until = deadline.atMost(Duration.ofSeconds(60));
        while (api.find(kind, ns, old.name()).filter(o -> o.uid().equals(old.uid())).isPresent()) {
            if (until.passed()) {
                throw new ApiError(409, "BeingDeleted", old.ref() + " is still being deleted", "recreate " + old.ref());
            }
            Pause.of(Duration.ofMillis(300));
        }
    }

    /** Custom resources come after their definition is established and its version is served; one that is refused never will be. */
    private void awaitServed(Kind kind, Obj crd) {
        var until = deadline.atMost(Duration.ofSeconds(15));
        for (var version : crd.list("/spec/versions")) {
            var apiVersion = crd.text("/spec/group") + "/" + Json.text(version, "name");
            api.rediscover(apiVersion);
            while (version.path("served").asBoolean(false) && api.kind(apiVersion, crd.text("/spec/names/kind")).isEmpty()
                && !until.passed()) {
                refused(api.find(kind, null, crd.name()).orElse(crd));
                Pause.of(Duration.ofMillis(200));
                api.rediscover(apiVersion);
            }
        }
    }

    private static void refused(Obj crd) {
        var accepted = crd.condition("NamesAccepted");
        if (Obj.isFalse(accepted)) {
            throw new ApiError(422, "NamesNotAccepted", "its names are not accepted: " + Json.text(accepted, "message"),
                "apply " + crd.ref());
        }
    }
}

/** Filling names into patterns; what is not known stays as it stands. */
static final class Placeholders {
    static String fill(String pattern, Map<String, String> values, String open) {
        for (var e : values.entrySet()) {
            pattern = pattern.replace(open + e.getKey() + "}", e.getValue());
        }
        return pattern;
    }
}

/** The user's rules for custom resources: YAML, a document a rule. */
static final class RuleFile {
    private static final Set<String> KEYS = Set.of("kind", "condition", "path", "ready", "failed", "idle", "ignore");

    /** Throws {@link IllegalArgumentException} with file and line of what is wrong. */
    static List<CustomRule> read(Path file) {
        var label = "--rules " + file;
        var read = Manifests.Yaml.documents(label, Variables.named(label + ": ", () -> TextFile.read(file)));
        read.problems().forEach(p -> {
            throw new IllegalArgumentException(p.source() + ": " + p.message());
        });
        return read.documents().stream().map(RuleFile::rule).toList();
    }

    private static CustomRule rule(Manifests.Yaml.Document document) {
        var json = document.json();
        check(json.isObject(), document, "a rule is a map with kind, condition or path, and ready");
        for (var key : json.propertyNames()) {
            check(KEYS.contains(key), document.source().file() + ":" + document.source().line(key), "unknown key '" + key
                + "'; there are kind, condition, path, ready, failed, idle, ignore");
        }
        var kind = Json.text(json, "kind");
        check(kind.matches("([A-Z]\\w*|\\*)\\.[a-z0-9]([a-z0-9.-]*[a-z0-9])?"), document,
            "kind '" + kind + "': must be Kind.group, as Widget.example.com, or *.group");
        boolean ignore = json.path("ignore").asBoolean(false);
        var condition = Json.text(json, "condition");
        var path = Json.text(json, "path");
        check(ignore || condition.isEmpty() != path.isEmpty(), document, kind + " needs condition or path, one of them");
        check(ignore || !values(json, "ready").isEmpty(), document, kind + " needs ready, the values that mean it");
        return new CustomRule(kind, condition, path.isEmpty() ? "" : "/" + path.replace('.', '/'), values(json, "ready"),
            values(json, "failed"), values(json, "idle"), ignore);
    }

    private static List<String> values(JsonNode json, String key) {
        var values = new ArrayList<String>();
        var node = json.path(key);
        (node.isArray() ? node.values() : List.of(node)).forEach(v -> values.add(v.asString("")));
        values.removeIf(String::isEmpty);
        return values;
    }

    private static void check(boolean right, Manifests.Yaml.Document document, String sentence) {
        check(right, document.source().toString(), sentence);
    }

    private static void check(boolean right, String where, String sentence) {
        if (!right) {
            throw new IllegalArgumentException(where + ": " + sentence);
        }
    }
}

/** Commands of the user's: renderers, image scripts, kubectl kustomize. */
static final class Shell {
    static List<String> sh(String command) {
        return List.of("sh", "-c", command);
    }

    /**
     * stdout of the command; each line of its stderr goes to {@code log}. Throws {@link InfraFailure} when it fails or the deadline passes.
     */
    static String run(List<String> command, Map<String, String> environment, Deadline deadline, Consumer<String> log) {
        var what = command.get(command.size() - 1);
        var builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        try {
            var process = builder.start();
            var ends = Hooks.add("end of a command", () -> ProcessTree.end(process));
            process.getOutputStream().close();
            var errors = new ArrayList<String>();
            var stderr = Daemon.start("stderr",
                () -> process.errorReader(StandardCharsets.UTF_8).lines().forEach(line -> keep(errors, line, log)));
            var out = CompletableFuture.supplyAsync(() -> all(process));
            var ended = process.waitFor(deadline.millis(), TimeUnit.MILLISECONDS);
            // before the end: it closes what is still read
            var text = ended ? out.get(Math.max(1000, deadline.left().toMillis()), TimeUnit.MILLISECONDS) : "";
            stderr.join(1000);
            ProcessTree.end(process);
            Hooks.forget(ends);
            if (!ended) {
                throw new InfraFailure(Outcome.prepare_failed, what + ": took longer than the deadline allowed");
            }
            if (process.exitValue() != 0) {
                throw failed(what + ": exit code " + process.exitValue(), errors.stream().map(Texts::line).toList());
            }
            return text;
        } catch (ExecutionException | TimeoutException e) {
            throw new InfraFailure(Outcome.prepare_failed, what + ": its output did not end: " + e);
        } catch (IOException e) {
            throw new InfraFailure(Outcome.prepare_failed, what + ": cannot be started: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InfraFailure(Outcome.interrupted, what + ": interrupted");
        }
    }

    private static InfraFailure failed(String what, List<String> errors) {
        var last = errors.subList(Math.max(0, errors.size() - 10), errors.size());
        return new InfraFailure(Outcome.prepare_failed, what + (last.isEmpty() ? "" : ": " + last.get(last.size() - 1)),
            String.join("\n", last));
    }

    private static void keep(List<String> errors, String line, Consumer<String> log) {
        log.accept(line);
        if (!line.isBlank()) {
            errors.add(line);
        }
    }

    private static String all(Process process) {
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// src/ensure_ready/waiting/

/** An apply that runs beside the wait: what it has answered so far, and its end. */
static final class Applying {
    /** How long what is under way may still take when the wait has ended. */
    private static final long PARTING = TimeUnit.SECONDS.toMillis(5);
    private final boolean broken;
    private Thread worker;
    private volatile List<Applied> results;
    private volatile Runnable changed = () -> { };
    private boolean over;

    private Applying(List<Applied> results, boolean broken) {
        this.results = List.copyOf(results);
        this.broken = broken;
    }

    /**
     * Nothing is applied any more.
     *
     * @param broken whether something of the manifests cannot even be tried
     */
    static Applying over(List<Applied> results, boolean broken) {
        return new Applying(results, broken);
    }

    /** Begins at once; {@code work} tells what it has so far, and gives back what came of it. */
    static Applying begin(List<Applied> pending, boolean broken, Function<Consumer<List<Applied>>, List<Applied>> work) {
        var applying = new Applying(pending, broken);
        applying.worker = Daemon.named("apply").newThread(() -> {
            try {
                applying.tell(work.apply(applying::tell));
            } catch (RuntimeException | LinkageError | StackOverflowError e) {
                applying.tell(applying.results.stream().map(a -> a.pending() ? a.failed("not applied: " + e) : a).toList());
            } finally {
                applying.end();
            }
        });
        applying.worker.start();
        return applying;
    }

    void listen(Runnable listener) {
        changed = listener;
    }

    /** One for each object of the manifests. */
    List<Applied> results() {
        return results;
    }

    /** Whether it is certain, whatever the cluster says, that not all is as the manifests want it. */
    boolean failed() {
        return broken || Applied.anyFailed(results);
    }

    /** Whether there are objects that were never tried: a failure must not leave them out. */
    boolean untried() {
        return results.stream().anyMatch(a -> a.pending() && a.error().isEmpty());
    }

    boolean running() {
        return worker != null && worker.isAlive();
    }

    /** No more tries. */
    void stop() {
        end();
        worker.interrupt();
        await();
    }

    /** What came of it. An apply that went well still has to remember that it did. */
    List<Applied> ended() {
        if (running()) {
            await();
        }
        if (running()) {
            stop();
        }
        return results;
    }

    private void await() {
        try {
            worker.join(PARTING);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void tell(List<Applied> so) {
        if (!over) {
            results = List.copyOf(so);
            changed.run();
        }
    }

    private synchronized void end() {
        results = results.stream().map(Applied::finished).toList();
        over = true;
        changed.run();
    }
}

/** Which types of objects a wait follows. */
static final class FollowedTypes {
    /** Events that only tell that all goes well; they are most of what a namespace says. */
    private static final String EVENTS = Stream.of("Scheduled", "Pulled", "Created", "Started", "SuccessfulCreate", "SuccessfulDelete",
        "ScalingReplicaSet", "Completed")
        .map(reason -> "reason!=" + reason).collect(Collectors.joining(",", "&fieldSelector=", ""));

    /** What every wait needs, in each namespace that the manifests name. */
    static List<Topic> always(String namespace, List<Applied> applied) {
        var topics = new ArrayList<Topic>();
        topics.add(new Topic(Kind.NAMESPACE, null, "&fieldSelector=metadata.name=" + namespace, false));
        var objects = applied.stream().map(Applied::object).toList();
        boolean endpoints = objects.stream().anyMatch(o -> o.kind().equals("Service") || o.kind().endsWith("WebhookConfiguration"));
        Stream.concat(Stream.of(namespace), objects.stream().map(Obj::namespace).filter(n -> !n.isEmpty())).distinct().forEach(name -> {
            Stream.of(Kind.POD, Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.STATEFUL_SET, Kind.DAEMON_SET, Kind.JOB, Kind.PVC)
                .forEach(kind -> topics.add(Topic.of(kind, name)));
            topics.add(new Topic(Kind.EVENT, name, EVENTS, false));
            if (endpoints) {
                topics.add(Topic.of(Kind.ENDPOINT_SLICE, name));
            }
        });
        return topics;
    }

    /** Objects of the manifests that are judged and whose types {@link #always} has not. */
    static List<Obj> sought(List<Applied> applied) {
        return applied.stream().map(Applied::object).filter(o -> o.judged() && !(o.builtIn() && Kinds.WORKLOADS.contains(o.kind())
            && !o.kind().equals("ReplicationController"))).toList();
    }

    /** Names of Secrets and the like are asked for only where something refers to them, and never their content. */
    static List<Topic> referred(Snapshot snapshot) {
        var kinds = Preflight.kinds(snapshot);
        return Stream.concat(Stream.of(Topic.of(Kind.STORAGE_CLASS, null)), Stream.of(Kind.SECRET, Kind.CONFIG_MAP, Kind.SERVICE_ACCOUNT)
            .map(k -> new Topic(k, snapshot.namespace(), "", true))).filter(t -> kinds.contains(t.kind().name())).toList();
    }

    /** Custom types that own something here and are not followed yet: operators make them one of the other. */
    static List<Obj> owners(Snapshot snapshot) {
        return snapshot.objects().values().stream().flatMap(List::stream).map(Obj::controller)
            .filter(c -> !Kinds.BUILT_IN_GROUPS.contains(Obj.group(Json.text(c, "apiVersion")))
                && !snapshot.knows(Snapshot.key(Json.text(c, "apiVersion"), Json.text(c, "kind"))))
            .map(c -> new Obj(Json.MAPPER.createObjectNode().put("apiVersion", Json.text(c, "apiVersion"))
                .put("kind", Json.text(c, "kind")))).distinct().toList();
    }
}

/**
 * What pods of Jobs said before their controller took them away, as it does at the limit when they restart in place, and when
 * activeDeadlineSeconds have passed with those that run: only a condition is left then. The texts are kept as they were read and shown
 * to nobody but the collector, which masks them.
 */
static final class LastWords {
    private static final int MOST = 20;
    private static final int TRIES = 3;
    private static final Duration PAUSE = Duration.ofMillis(200);
    /** A read that is under way when the wait ends gets so long: it is all that will ever be known of that pod. */
    private static final Duration READ = Duration.ofSeconds(3);
    private static final int LINES = 50;
    private final Api api;
    private final Map<String, Obj> pods = new HashMap<>();
    private final Map<String, Log> logs = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<Void>> reads = new HashMap<>();

    LastWords(Api api) {
        this.api = api;
    }

    /** Reads the log of each run that ended badly or is stopped, once and beside the wait; also while the pod is being taken away. */
    void listen(Snapshot snapshot) {
        snapshot.all("Pod").stream().filter(p -> Ref.of(p.controller()).is("Job"))
            .forEach(pod -> Pods.containers(pod).forEach(c -> {
                var name = Json.text(c, "name");
                var end = end(pod, c);
                var failed = end.path("exitCode").asInt(0) != 0 && pod.text("/spec/restartPolicy").equals("OnFailure");
                if (failed || pod.deleting() && c.at("/state/running").isObject() && limited(snapshot, pod)) {
                    pods.merge(pod.uid(), pod, (before, now) -> now.deleting() ? before : now);
                    var run = String.join("/", pod.uid(), name, Json.text(end, "finishedAt"));
                    if (reads.size() < MOST && !reads.containsKey(run)) {
                        reads.put(run, CompletableFuture.runAsync(() -> read(pod, name, failed && !c.at("/state/terminated").isObject()),
                            task -> Daemon.start("last-words", task)));
                    }
                }
            }));
    }

    private static boolean limited(Snapshot snapshot, Obj pod) {
        return snapshot.find("Job", Ref.of(pod.controller()).name()).filter(j -> j.has("/spec/activeDeadlineSeconds")).isPresent();
    }

    /** How the container ended by itself: what ends while its pod is taken away was ended by that. */
    private static JsonNode end(Obj pod, JsonNode container) {
        var now = container.at("/state/terminated");
        return now.isObject() && !pod.deleting() ? now : container.at("/lastState/terminated");
    }

    /** The pod as it was when it had ended by itself: neither taken away nor started again. */
    private static Obj ended(Obj pod) {
        var copy = (ObjectNode) pod.json().deepCopy();
        copy.withObject("/metadata").remove("deletionTimestamp");
        Pods.containers(new Obj(copy)).stream().filter(c -> end(pod, c).isObject())
            .forEach(c -> ((ObjectNode) c).put("ready", false).putObject("state").set("terminated", end(pod, c)));
        copy.withArray("/status/conditions").forEach(c -> {
            if (Json.text(c, "type").endsWith("Ready")) {
                ((ObjectNode) c).put("status", "False");
            }
        });
        return new Obj(copy);
    }

    /** A container that starts again has for a moment neither this nor an earlier log. */
    private void read(Obj pod, String container, boolean before) {
        for (int i = 0; i < TRIES && !(said(pod, container, before) || said(pod, container, !before)); i++) {
            Pause.of(PAUSE);
        }
    }

    private boolean said(Obj pod, String container, boolean previous) {
        try {
            var text = api.log(pod.namespace(), pod.name(), container, previous, LINES);
            if (!text.isBlank()) {
                logs.put(pod.name() + "/" + container, new Log(pod.name(), container, previous, text.lines().toList()));
            }
            return !text.isBlank();
        } catch (ApiError gone) {
            return false; // what an earlier run said is kept
        }
    }

    /** With the pods that failed Jobs had, where none of them is left or stays. */
    Snapshot with(Snapshot s) {
        var given = s.all("Job").stream().filter(j -> Stream.of("Failed", "FailureTarget").anyMatch(type -> Obj.isTrue(j.condition(type)))
            && s.ownedBy("Pod", j).stream().allMatch(Obj::deleting)).map(Obj::uid).toList();
        var told = pods.values().stream().filter(p -> given.contains(p.controller().path("uid").asString(""))).map(LastWords::ended)
            .toList();
        if (told.isEmpty()) {
            return s;
        }
        CompletableFuture.allOf(reads.values().toArray(CompletableFuture[]::new)).exceptionally(broken -> null) // the others are told
            .completeOnTimeout(null, READ.toMillis(), TimeUnit.MILLISECONDS).join();
        var objects = new HashMap<>(s.objects());
        objects.put("Pod", Stream.concat(told.stream(), s.all("Pod").stream().filter(p -> !pods.containsKey(p.uid()))).toList());
        var names = told.stream().map(Obj::name).toList();
        var said = logs.entrySet().stream().filter(e -> names.contains(e.getValue().pod()))
            .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        return new Snapshot(s.namespace(), s.at(), objects, s.applied(), said, s.limited()).with(s.rules());
    }
}

/** The wait itself: judges at each change, and ends when the outcome is proven, certain, or the time is up. */
static final class SoftWait {
    private static final Duration DEBOUNCE = Duration.ofMillis(50);
    private static final Duration TICK = Duration.ofSeconds(5);
    /** However late it is, everything is looked at once. */
    private static final Duration ONE_LOOK = Duration.ofSeconds(4);
    /** However late it is, every object is tried once. */
    private static final Duration ONE_TRY = Duration.ofSeconds(40);
    private static final Duration LIVE_READ = Duration.ofSeconds(10);
    /** Rights are given by objects too, and may come a moment after the namespace. */
    private static final Duration FORBIDDEN_GRACE = Duration.ofSeconds(10);
    private final Api api;
    private final String namespace;
    private final Applying applying;
    private final WaitSettings settings;
    private final Consumer<Judgement> progress;
    private final Semaphore changes = new Semaphore(0);
    private final LastWords words;
    private final Instant started = Instant.now();
    private final long startedNanos = System.nanoTime();
    private Duration debounce = DEBOUNCE;
    private long looked;
    private volatile Judgement last;

    SoftWait(Api api, String namespace, Applying applying, WaitSettings settings, Consumer<Judgement> progress) {
        this.api = api.within(Deadline.now());
        this.namespace = namespace;
        words = new LastWords(this.api);
        this.applying = applying;
        this.settings = settings;
        this.progress = progress;
        last = new Judgement(Outcome.timeout, Verdict.NOTHING, snapshot(Map.of(), List.of()), List.of(), Optional.empty());
    }

    /** What was known last; for the interrupt. */
    Judgement last() {
        return last;
    }

    /** Waits until ready, certainly failed, or the deadline. Infrastructure trouble is an outcome, never an exception. */
    Judgement run(Deadline deadline) {
        try (var informers = started()) {
            var memory = WaitMemory.NONE;
            var oneLook = deadline.orIn(ONE_LOOK);
            var oneTry = deadline.orIn(ONE_TRY);
            while (!deadline.passed() || !informers.complete() && !oneLook.passed()
                || applying.untried() && !informers.away() && !oneTry.passed()) {
                var complete = informers.complete(); // asked before the look: a list that comes in between is not in it
                var seen = followed(look(informers.objects(), informers), informers);
                memory = complete ? remembered(seen, memory) : WaitMemory.NONE;
                if (concluded(seen, complete, informers, memory, deadline)) {
                    return last;
                }
                pause(seen, memory, !deadline.passed() ? deadline : oneLook.passed() ? oneTry : oneLook);
            }
            return atDeadline(informers, memory);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return last;
        }
    }

    /** One list a type, judged; no wait, no settling. */
    Judgement once() {
        try (var informers = started()) {
            var until = Deadline.in(LIVE_READ);
            followed(look(informers.objects(), informers), informers);
            do {
                changes.tryAcquire(DEBOUNCE.toMillis(), TimeUnit.MILLISECONDS);
                followed(look(informers.objects(), informers), informers);
            } while (!informers.complete() && !until.passed());
            var seen = look(informers.objects(), informers); // the list that came last is not in the look before it
            var ready = informers.complete() && !informers.forbidden() && seen.verdict().ready();
            return publish(judgement(seen, ready ? Outcome.ready : unproven(informers), List.of(), WaitMemory.NONE));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return last;
        }
    }

    /** The types that every wait needs, and the types that were applied. */
    private Informers started() {
        var informers = new Informers(api, changes::release);
        applying.listen(changes::release);
        FollowedTypes.always(namespace, applying.results()).forEach(informers::follow);
        FollowedTypes.sought(applying.results()).forEach(o -> informers.seek(o, o.namespace().isEmpty() ? namespace : o.namespace()));
        informers.sweep(namespace);
        return informers;
    }

    private Assessment followed(Assessment seen, Informers informers) {
        FollowedTypes.referred(seen.snapshot()).forEach(informers::follow);
        FollowedTypes.owners(seen.snapshot()).forEach(o -> informers.seek(o, namespace));
        return seen;
    }

    private WaitMemory remembered(Assessment seen, WaitMemory before) {
        var memory = seen.settled(seen.remembered(before, settings, now()), settings, api.serverTime(), now());
        return memory.judged(applying.failed() || !seen.certain(memory, settings, now()).isEmpty(), now());
    }

    private static Judgement judgement(Assessment seen, Outcome outcome, List<Finding> certain, WaitMemory memory) {
        return seen.judgement(outcome, certain, Optional.ofNullable(memory.certainSince()));
    }

    private boolean concluded(Assessment seen, boolean complete, Informers informers, WaitMemory memory, Deadline deadline) {
        last = judgement(seen, Outcome.timeout, List.of(), memory);
        if (complete) {
            progress.accept(last); // before, a type that is not read yet would look like one that has nothing
        }
        if (informers.forbidden()) {
            return Duration.between(started, now()).compareTo(FORBIDDEN_GRACE) > 0 && publish(last.with(Outcome.forbidden)) != null;
        }
        if (!complete) {
            return false;
        }
        boolean ready = seen.verdict().ready() && memory.settled(now());
        if (!ready && !(settings.failFast() && seen.ends(memory, now()) && !applying.untried())) {
            return false;
        }
        return live(informers, deadline).filter(fresh -> ready ? provenReady(fresh, memory) : provenFailed(fresh, memory, informers))
            .isPresent();
    }

    private boolean provenReady(Assessment fresh, WaitMemory memory) {
        boolean proven = fresh.verdict().ready() && fresh.verdict().restarts() <= memory.restarts();
        publish(judgement(fresh, proven ? Outcome.ready : Outcome.timeout, List.of(), memory.judged(proven, now())));
        return proven;
    }

    private boolean provenFailed(Assessment fresh, WaitMemory memory, Informers informers) {
        var certain = fresh.certain(memory, settings, now());
        boolean proven = applying.failed() || !certain.isEmpty();
        if (proven && applying.running()) {
            applying.stop();
            return provenFailed(look(fresh.snapshot().objects(), informers), memory, informers);
        }
        publish(judgement(fresh, proven ? Outcome.failed : Outcome.timeout, certain, memory.judged(proven, now())));
        return proven;
    }

    /** The caches may be behind: an end is told only of what a fresh read of everything shows. Empty when the server does not answer. */
    private Optional<Assessment> live(Informers informers, Deadline deadline) {
        try {
            return Optional.of(look(informers.read(deadline.atMost(LIVE_READ).left()), informers));
        } catch (ApiError e) {
            return Optional.empty();
        }
    }

    /** A failure that is certain is told as such, also when the others had no time to tell theirs. */
    private Judgement atDeadline(Informers informers, WaitMemory memory) {
        if (applying.running()) {
            applying.stop();
        }
        var seen = look(informers.objects(), informers);
        var certain = settings.failFast() && informers.complete() ? seen.certain(memory, settings, now()) : List.<Finding>of();
        var open = certain.isEmpty() && !applying.failed();
        var outcome = open || !settings.failFast() ? unproven(informers) : Outcome.failed;
        return publish(judgement(seen, outcome, certain, memory.judged(!open, now())));
    }

    /** An API server that took objects is there, however little it says now. */
    private Outcome unproven(Informers informers) {
        return informers.forbidden() || informers.unauthorized() ? Outcome.forbidden
            : informers.away() && applying.results().stream().allMatch(a -> a.uid().isEmpty()) ? Outcome.no_cluster : Outcome.timeout;
    }

    /** A look that takes long must not be all that this process does. */
    private Assessment look(Map<String, List<Obj>> objects, Informers informers) {
        long begin = System.nanoTime();
        var seen = Assessment.of(snapshot(objects, informers.limited()), informers.statusless(), informers.gone(), settings);
        var cost = Duration.ofNanos(3 * (System.nanoTime() - begin));
        debounce = cost.compareTo(DEBOUNCE) > 0 ? cost : DEBOUNCE;
        looked = System.nanoTime();
        words.listen(seen.snapshot());
        return seen;
    }

    private Snapshot snapshot(Map<String, List<Obj>> objects, List<String> limited) {
        return new Snapshot(namespace, now(), objects, applying.results(), Map.of(), limited).with(settings.rules());
    }

    private Judgement publish(Judgement j) {
        last = new Judgement(j.outcome(), j.verdict(), words.with(j.snapshot()), j.certain(), j.certainSince());
        progress.accept(last);
        return last;
    }

    /**
     * Sleeps until something changes, a rule of time is due, or the deadline. The first change is judged at once, those that follow
     * together.
     */
    private void pause(Assessment seen, WaitMemory memory, Deadline deadline) throws InterruptedException {
        var wake = seen.due(memory, now()).map(due -> Duration.between(now(), due)).filter(d -> d.compareTo(TICK) < 0).orElse(TICK);
        if (changes.tryAcquire(deadline.atMost(wake).millis(), TimeUnit.MILLISECONDS)) {
            var rest = debounce.minusNanos(System.nanoTime() - looked);
            Thread.sleep(deadline.atMost(rest.isNegative() ? Duration.ZERO : rest).left().toMillis());
            changes.drainPermits();
        }
    }

    /** The wall clock at the start plus monotonic time: a clock that is set meanwhile ends no grace. */
    private Instant now() {
        return started.plusNanos(System.nanoTime() - startedNanos);
    }
}

// src/ensure_ready/cluster/

/** The API server over fabric8's HTTP client: its kubeconfig, TLS, proxy and token handling, our JSON. */
static final class Api implements AutoCloseable {
    private static final String JSON = "application/json";
    private final KubernetesClient client;
    private final HttpClient http;
    private final Duration timeout;
    private final Map<String, List<Kind>> discovered;
    private final Set<String> withStatus;
    /** By how many milliseconds the server's clock is before {@link System#nanoTime}; the least that an answer gave. */
    private final AtomicLong clock;
    private final Deadline patience;

    Api(Config config, Duration timeout) {
        this(new KubernetesClientBuilder().withConfig(config(config, timeout)).build(), timeout, new ConcurrentHashMap<>(),
            ConcurrentHashMap.newKeySet(), new AtomicLong(Long.MAX_VALUE), Deadline.now());
    }

    private Api(KubernetesClient client, Duration timeout, Map<String, List<Kind>> discovered, Set<String> withStatus, AtomicLong clock,
        Deadline patience) {
        this.client = client;
        this.http = client.getHttpClient();
        this.timeout = timeout;
        this.discovered = discovered;
        this.withStatus = withStatus;
        this.clock = clock;
        this.patience = patience;
    }

    /** The same connection, whose requests are tried again until then when the server is away or overloaded. */
    Api within(Deadline patience) {
        return new Api(client, timeout, discovered, withStatus, clock, patience);
    }

    /**
     * Retries are ours: the library's ten hide an unreachable server for 20 seconds. No HTTP/2: the JDK's client does not notice
     * a dead connection and would send every retry into it.
     */
    private static Config config(Config base, Duration timeout) {
        return new ConfigBuilder(base).withRequestRetryBackoffLimit(0).withConnectionTimeout((int) Math.min(5000, timeout.toMillis()))
            .withRequestTimeout((int) timeout.toMillis()).withMaxConcurrentRequestsPerHost(64)
            .withHttp2Disable(true).withUserAgent("ensure-ready").build();
    }

    String server() {
        return client.getMasterUrl().toString();
    }

    JsonNode get(String path) {
        return get(path, JSON);
    }

    /** {@code accept} may ask for another form of the answer, such as metadata alone. */
    JsonNode get(String path, String accept) {
        return send("GET " + path, request(path).header("Accept", accept));
    }

    /** {@code form}: the type of the patch, as {@code merge-patch+json}. */
    JsonNode patch(String path, String form, JsonNode body) {
        return send("PATCH", path, "application/" + form, body);
    }

    JsonNode send(String method, String path, String type, JsonNode body) {
        return send(method + " " + path, request(path).header("Accept", JSON).method(method, type, body.toString()));
    }

    /** Throws {@link ApiError} for every answer but 2xx, and when none came. */
    private JsonNode send(String what, HttpRequest.Builder request) {
        for (long pause = 200; ; pause = Math.min(5000, pause * 2)) {
            try {
                return parsed(answer(request, what), what);
            } catch (ApiError e) {
                if (!Set.of(0, 429, 502, 503, 504).contains(e.code) || patience.left().toMillis() < pause) {
                    throw e;
                }
                Pause.of(Duration.ofMillis(pause));
            }
        }
    }

    private static JsonNode parsed(byte[] answer, String what) {
        try {
            return Json.MAPPER.readTree(answer);
        } catch (JacksonException e) {
            throw new ApiError(0, "BadAnswer", "not JSON: " + e.getMessage(), what);
        }
    }

    /** Empty where the answer is this code. */
    private static <T> Optional<T> unless(int code, Supplier<T> answer) {
        try {
            return Optional.ofNullable(answer.get());
        } catch (ApiError e) {
            if (e.code == code) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private byte[] answer(HttpRequest.Builder request, String what) {
        var sent = http.sendAsync(request.timeout(timeout.toMillis(), TimeUnit.MILLISECONDS).build(), byte[].class);
        var response = await(sent, timeout.plusSeconds(1), what);
        Optional.ofNullable(response.header("Date")).ifPresent(this::setClock);
        if (!response.isSuccessful()) {
            throw ApiError.of(response.code(), new String(response.body(), StandardCharsets.UTF_8), what);
        }
        return response.body();
    }

    private void setClock(String date) {
        try {
            var told = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date)).toEpochMilli();
            clock.accumulateAndGet(told - System.nanoTime() / 1_000_000, Math::min);
        } catch (DateTimeException e) {
            assert !date.isEmpty(); // not a date: another answer has one
        }
    }

    /** What time it is by the server's own clock, at the least; empty when it never told. */
    Optional<Instant> serverTime() {
        return Optional.of(clock.get()).filter(c -> c < Long.MAX_VALUE).map(c -> Instant.ofEpochMilli(c + System.nanoTime() / 1_000_000));
    }

    /** What comes of it in time; throws {@link ApiError} when nothing does. */
    static <T> T await(Future<T> future, Duration atMost, String what) {
        try {
            return future.get(Math.max(1, atMost.toNanos()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ApiError error ? error : ApiError.unreachable(what, e.getCause());
        } catch (TimeoutException e) {
            future.cancel(true);
            throw ApiError.unreachable(what, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiError.unreachable(what, e);
        }
    }

    /** False when it is there already. */
    boolean create(Kind kind, String namespace, JsonNode body) {
        return unless(409, () -> send("POST", kind.path(namespace, null), JSON, body)).isPresent();
    }

    /** Deletes this very object, not one of the same name; one that is gone already is what was wanted. */
    void delete(Kind kind, String namespace, String name, String uid, Map<String, String> options) {
        var body = Json.MAPPER.createObjectNode();
        options.forEach(body::put);
        body.putObject("preconditions").put("uid", uid);
        unless(404, () -> send("DELETE", kind.path(namespace, name), JSON, body));
    }

    /** A container's last lines; {@code previous}: of the run before the last restart. */
    String log(String namespace, String pod, String container, boolean previous, int lines) {
        var path = Kind.POD.path(namespace, pod) + "/log?container=" + container + "&tailLines=" + lines + "&limitBytes=1048576"
            + (previous ? "&previous=true" : "");
        return new String(answer(request(path), "GET " + path), StandardCharsets.UTF_8);
    }

    Optional<Obj> find(Kind kind, String namespace, String name) {
        return unless(404, () -> new Obj(get(kind.path(namespace, name))));
    }

    /** All objects of a kind in a namespace (null: in all); items get the list's kind, which the server leaves out of them. */
    List<Obj> list(Kind kind, String namespace, String query) {
        var all = new ArrayList<Obj>();
        pages(kind.path(namespace, null) + "?" + query, JSON, page -> all.addAll(items(kind, page)));
        return all;
    }

    /** Hands over a list page by page; gives the last one, which has the version of them all. */
    JsonNode pages(String path, String accept, Consumer<JsonNode> each) {
        for (var next = ""; ; ) {
            var page = get(path + next, accept);
            each.accept(page);
            next = "&continue=" + URLEncoder.encode(page.at("/metadata/continue").asString(""), StandardCharsets.UTF_8);
            if (next.equals("&continue=")) {
                return page;
            }
        }
    }

    static List<Obj> items(Kind kind, JsonNode list) {
        return list.path("items").valueStream().map(item -> new Obj(typed(kind, item))).toList();
    }

    static JsonNode typed(Kind kind, JsonNode item) {
        if (item instanceof ObjectNode object && !object.has("kind")) {
            object.put("apiVersion", kind.apiVersion()).put("kind", kind.name());
        }
        return item;
    }

    /**
     * Opens a watch and hands over each line as JSON until the server or the caller ends it.
     * The future completes with the response once headers are there; {@code ended} is called exactly once, with null for a clean end.
     */
    CompletableFuture<HttpResponse<AsyncBody>> watch(String path, String accept,
        Consumer<JsonNode> event, Consumer<Throwable> ended) {
        var lines = new JsonLines(event);
        var request = request(path).header("Accept", accept).forStreaming().build();
        var future = http.consumeBytes(request, (buffers, body) -> {
            lines.accept(buffers);
            body.consume();
        });
        future.whenComplete((response, error) -> {
            if (error != null) {
                ended.accept(error);
            } else if (!response.isSuccessful()) {
                response.body().cancel();
                ended.accept(new ApiError(response.code(), "", "", "watch " + path));
            } else {
                response.body().done().whenComplete((done, broken) -> ended.accept(broken));
                response.body().consume();
            }
        });
        return future;
    }

    /** The kind that serves this apiVersion and kind, asked of the server once; empty when the server has none such (yet). */
    Optional<Kind> kind(String apiVersion, String name) {
        var known = discovered.computeIfAbsent(apiVersion, asked -> unless(404, () -> discover(asked)).orElse(null));
        return known == null ? Optional.empty() : known.stream().filter(k -> k.name().equals(name)).findFirst();
    }

    /**
     * The custom kinds of namespaces that can be followed, each in the version that its group prefers. One request where the server
     * aggregates its discovery, else one a group; a group that does not answer has none.
     */
    List<Kind> customKinds() {
        var all = new TreeMap<String, Kind>();
        var answer = get("/apis", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json");
        answer.path("items").forEach(group -> group.path("versions").forEach(v -> v.path("resources").forEach(r ->
            custom(group.at("/metadata/name").asString("") + "/" + Json.text(v, "version"), r,
                r.at("/responseKind/kind").asString(""), Json.text(r, "resource"),
                Json.text(r, "scope").equals("Namespaced"), all))));
        answer.path("groups").forEach(group -> {
            var version = group.at("/preferredVersion/groupVersion").asString("");
            if (!Kinds.BUILT_IN_GROUPS.contains(Json.text(group, "name"))) {
                resources(version).forEach(r -> custom(version, r, Json.text(r, "kind"), Json.text(r, "name"),
                    r.path("namespaced").asBoolean(false), all));
            }
        });
        return List.copyOf(all.values());
    }

    private void custom(String apiVersion, JsonNode r, String kind, String plural, boolean namespaced, Map<String, Kind> all) {
        var key = Obj.group(apiVersion) + "/" + kind;
        r.path("subresources").forEach(s -> status(apiVersion, kind, "/" + Json.text(s, "subresource")));
        status(apiVersion, kind, plural);
        var verbs = r.path("verbs").toString();
        if (namespaced && !plural.contains("/") && verbs.contains("\"list\"") && verbs.contains("\"watch\"")
            && !Kinds.BUILT_IN_GROUPS.contains(Obj.group(apiVersion))) {
            all.putIfAbsent(key, new Kind(apiVersion, kind, plural, true));
        }
    }

    private void status(String apiVersion, String kind, String plural) {
        if (plural.endsWith("/status")) {
            withStatus.add(apiVersion + "/" + kind);
        }
    }

    private JsonNode resources(String apiVersion) {
        try {
            return get("/apis/" + apiVersion).path("resources");
        } catch (ApiError e) {
            return MissingNode.getInstance();
        }
    }

    /** Whether objects of a kind that {@link #kind} found have a status of their own to report. */
    boolean hasStatus(Kind kind) {
        return withStatus.contains(kind.apiVersion() + "/" + kind.name());
    }

    /** Forgets what an apiVersion serves, after a CRD changed it. */
    void rediscover(String apiVersion) {
        discovered.remove(apiVersion);
    }

    /** Null where nothing is served (yet). */
    private List<Kind> discover(String apiVersion) {
        var kinds = new ArrayList<Kind>();
        for (var r : get((apiVersion.contains("/") ? "/apis/" : "/api/") + apiVersion).path("resources")) {
            var kind = Json.text(r, "kind");
            var plural = Json.text(r, "name");
            status(apiVersion, kind, plural);
            if (!plural.contains("/")) {
                kinds.add(new Kind(apiVersion, kind, plural, r.path("namespaced").asBoolean(false)));
            }
        }
        return kinds.isEmpty() ? null : kinds;
    }

    /** A name that no path can hold, as a manifest may have one, is told like a refusal of the server. */
    private HttpRequest.Builder request(String path) {
        try {
            return http.newHttpRequestBuilder().uri(server().replaceFirst("/$", "") + path);
        } catch (IllegalArgumentException e) {
            throw new ApiError(422, "Invalid", "a name in it is invalid: " + path, path, MissingNode.getInstance(), e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}

/** An answer that is not success, or none: {@code code} is the HTTP status, 0 when the server did not answer. */
static final class ApiError extends RuntimeException {
    private static final long serialVersionUID = 1;
    final int code;
    final String reason;
    final String tried;
    final transient JsonNode status;

    ApiError(int code, String reason, String message, String tried) {
        this(code, reason, message, tried, MissingNode.getInstance(), null);
    }

    ApiError(int code, String reason, String message, String tried, JsonNode status, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.reason = reason;
        this.tried = tried;
        this.status = status;
    }

    static ApiError of(int code, String body, String tried) {
        try {
            var status = Json.MAPPER.readTree(body);
            return new ApiError(code, Json.text(status, "reason"), brief(told(status.path("message").asString(body))),
                tried, status, null);
        } catch (JacksonException e) {
            return new ApiError(code, "", told(body), tried);
        }
    }

    private static String told(String text) {
        return text.isBlank() ? "an empty answer" : text.strip();
    }

    static ApiError unreachable(String tried, Throwable cause) {
        var why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new ApiError(0, "Unreachable", why.lines().findFirst().orElse(why), tried, MissingNode.getInstance(), cause);
    }

    boolean forbidden() {
        return code == 401 || code == 403;
    }

    /** The server has the objects, but the webhook that turns them into this version does not answer. */
    boolean unconverted() {
        return code == 500 && String.valueOf(getMessage()).contains("conversion webhook");
    }

    Outcome outcome() {
        return code == 0 ? Outcome.no_cluster : forbidden() ? Outcome.forbidden : Outcome.failed;
    }

    /** {@code POST /api/v1/namespaces: forbidden: …}: what was tried, and what the server said. */
    String sentence() {
        return tried + ": " + (forbidden() ? "forbidden: " : code == 0 ? "no answer: " : code + ": ") + Texts.line(getMessage());
    }

    /** The server's words without the value it refused: that is a page of JSON for a pod template, with every variable's value in it. */
    static String brief(String message) {
        int value = message.indexOf("Invalid value: ");
        int why = message.lastIndexOf(": ");
        return value < 0 || why < value + 100 ? message : message.substring(0, value) + "Invalid value: …" + message.substring(why);
    }

    /** The field paths that the server names, as {@code " (spec.selector)"}, or nothing. */
    String fields() {
        return status.at("/details/causes").valueStream().map(c -> Json.text(c, "field")).filter(f -> !f.isEmpty()).distinct()
            .reduce((a, b) -> a + ", " + b).map(all -> " (" + all + ")").orElse("");
    }

    ApiError with(String advice) {
        return new ApiError(code, reason, advice + ": " + getMessage(), tried, status, this);
    }
}

/** Reads what the wait's snapshot lacks for an explanation. What cannot be read is told in {@code limited}; nothing of it throws. */
static final class Collect {
    static final int REQUESTS = 20;
    private static final int LOG_LINES = 200;
    private static final Kind INGRESS_CLASS = Kind.clusterWide("networking.k8s.io/v1", "IngressClass");
    private static final Kind INGRESS = Kind.of("networking.k8s.io/v1", "Ingress");
    private static final Kind CRON_JOB = Kind.of("batch/v1", "CronJob");
    private static final Kind BUDGET = Kind.of("policy/v1", "PodDisruptionBudget");
    private static final Kind NETWORK_POLICY = Kind.of("networking.k8s.io/v1", "NetworkPolicy");
    private static final Kind ROLE = Kind.of("rbac.authorization.k8s.io/v1", "Role");
    private static final Kind ROLE_BINDING = Kind.of("rbac.authorization.k8s.io/v1", "RoleBinding");
    private static final List<Kind> WEBHOOKS = Stream.of("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")
        .map(k -> Kind.clusterWide("admissionregistration.k8s.io/v1", k)).toList();
    private static final Kind QUOTA = Kind.of("v1", "ResourceQuota");
    private static final Kind LIMIT_RANGE = Kind.of("v1", "LimitRange");
    private static final Pattern LIMITED = Pattern.compile("quota|usage per|limit to request ratio|LimitRange");
    private static final Kind PV = Kind.clusterWide("v1", "PersistentVolume");
    private static final Pattern SECRET_HOST =
        Pattern.compile("(?:^|@|://|[\\s;,]host=)([a-z](?:[a-z0-9.-]*[a-z0-9])?)(?::(\\d{2,5}))?(?=$|[/?;,\\s])");
    private final Api api;
    private final Snapshot known;
    private final Deadline deadline;
    private final Map<String, List<Obj>> objects;
    private final Map<String, Log> logs = new ConcurrentHashMap<>();
    private final Set<String> limited = Collections.synchronizedSet(new TreeSet<>());
    private final Map<String, String> secrets;
    private int requests;

    private Collect(Api api, Snapshot known, Map<String, String> secrets, Duration atMost) {
        this.api = api;
        this.known = known;
        this.secrets = new ConcurrentHashMap<>(secrets);
        this.deadline = Deadline.in(atMost);
        this.objects = new ConcurrentHashMap<>(known.objects());
        this.limited.addAll(known.limited());
    }

    /** The fuller snapshot, and all values of Secrets as {@code name#key}, which must never leave the process. */
    record Collected(Snapshot snapshot, Map<String, String> secrets) { }

    /**
     * At most {@link #REQUESTS} requests and this much time; {@code notReady} decides whose logs are read, {@code secrets} are values
     * that are known already.
     */
    static Collected more(Api api, Snapshot snapshot, List<Workload> notReady, Map<String, String> secrets, Duration atMost) {
        return new Collect(api, snapshot, secrets, atMost).collect(notReady);
    }

    /** Values to mask before anything is shown; who may not read Secrets has their shapes alone to go by, and is told. */
    static Map<String, String> secretsIn(Api api, String namespace, Consumer<String> limited) {
        try {
            return SecretValues.of(secrets(api, namespace));
        } catch (ApiError e) {
            limited.accept(limit(Kind.SECRET.plural(), e));
            return Map.of();
        }
    }

    /** Without them the mask is half blind, so that a failure is no answer yet. */
    private static List<Obj> secrets(Api api, String namespace) {
        for (int tries = 1; ; tries++) {
            try {
                return api.list(Kind.SECRET, namespace, "fieldSelector=type%21%3Dhelm.sh%2Frelease.v1&limit=500");
            } catch (ApiError e) {
                if (e.forbidden() || tries == 3) {
                    throw e;
                }
                Pause.of(Duration.ofMillis(200));
            }
        }
    }

    private static String limit(String what, ApiError e) {
        return what + ": " + (e.forbidden() ? "forbidden" : Texts.line(String.valueOf(e.getMessage())));
    }

    private Collected collect(List<Workload> workloads) {
        var pool = Executors.newFixedThreadPool(8, Daemon.named("collect"));
        try {
            run(pool, kinds(workloads).stream().map(k -> (Runnable) () -> list(k)).toList());
            if (!objects.getOrDefault("Ingress", List.of()).isEmpty() && !known.knows(INGRESS_CLASS.name())) {
                run(pool, List.of(() -> list(INGRESS_CLASS)));
            }
            var redaction = Redaction.of(secrets, System.getenv(), NamesToKeep.of(sofar()));
            known.logs().forEach((key, log) -> logs.put(key, new Log(log.pod(), log.container(), log.previous(),
                lines(String.join("\n", log.lines()), redaction))));
            run(pool, failing(workloads).stream().limit(Math.max(0, REQUESTS - requests))
                .map(t -> (Runnable) () -> log(t, redaction)).toList());
        } finally {
            pool.shutdownNow();
        }
        return new Collected(sofar(), Map.copyOf(secrets));
    }

    private Snapshot sofar() {
        return new Snapshot(known.namespace(), known.at(), Map.copyOf(objects), known.applied(), Map.copyOf(logs), List.copyOf(limited))
            .with(known.rules());
    }

    private void run(ExecutorService pool, List<Runnable> tasks) {
        requests += tasks.size();
        var futures = tasks.stream().map(pool::submit).toList();
        for (var future : futures) {
            try {
                future.get(deadline.millis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                future.cancel(true);
                limited.add("diagnosis: not everything could be read in time");
            } catch (ExecutionException e) {
                limited.add("diagnosis: " + Texts.line(e.getCause().toString()));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                limited.add("diagnosis: interrupted");
                return;
            }
        }
    }

    /** What is worth a request here; a type without which no rule would speak is not read. */
    private List<Kind> kinds(List<Workload> workloads) {
        var kinds = new LinkedHashSet<>(List.of(Kind.EVENT, Kind.SECRET, Kind.CONFIG_MAP,
            Kind.SERVICE_ACCOUNT, NETWORK_POLICY, ROLE_BINDING, ROLE));
        Stream.of(Kind.POD, Kind.REPLICA_SET, Kind.SERVICE, Kind.ENDPOINT_SLICE).filter(k -> !known.knows(k.name())).forEach(kinds::add);
        if (known.all("Pod").stream().anyMatch(p -> nodeMatters(p) || p.at("/status/containerStatuses").toString().contains("platform"))) {
            kinds.add(Kind.NODE);
        }
        if (known.all("PersistentVolumeClaim").stream().anyMatch(c -> !c.text("/status/phase").equals("Bound"))
            || known.all("Pod").stream().anyMatch(p -> p.condition("PodScheduled").toString().contains("volume node affinity"))) {
            kinds.addAll(List.of(Kind.STORAGE_CLASS, PV));
        }
        kinds.add(INGRESS);
        boolean ready = workloads.stream().allMatch(w -> w.state() == State.ready || w.state() == State.suspended);
        if (ready) { // then no log is read, and what is wrong though nothing waits for it is worth as many requests
            kinds.addAll(List.of(CRON_JOB, Kind.JOB, BUDGET, Kind.HPA));
        } else if (Kinds.TEMPLATED.stream().flatMap(k -> known.all(k).stream()).anyMatch(w -> w.number("/spec/replicas", 1) == 0
            && w.controller().isMissingNode())) {
            kinds.add(Kind.HPA);
        }
        var told = Stream.concat(known.all("Event").stream().map(e -> e.text("/message")), known.all("ReplicaSet").stream()
            .map(rs -> rs.condition("ReplicaFailure").path("message").asString(""))).collect(Collectors.joining("\n"));
        if (told.contains("calling webhook")) {
            kinds.addAll(WEBHOOKS);
        }
        if (LIMITED.matcher(told).find()) {
            kinds.addAll(List.of(QUOTA, LIMIT_RANGE));
        }
        // of ConfigMaps the wait may know the names alone
        kinds.removeIf(k -> known.knows(k.name()) && !Set.of(Kind.EVENT, Kind.SECRET, Kind.CONFIG_MAP).contains(k));
        return List.copyOf(kinds);
    }

    private static boolean nodeMatters(Obj pod) {
        var statuses = pod.list("/status/containerStatuses");
        return !Pods.saysReady(pod)
            && (statuses.isEmpty() || statuses.stream().allMatch(c -> c.path("ready").asBoolean(false) || !c.at("/state/running")
            .isObject() && !c.at("/state/waiting").has("message")))
            || pod.deleting() || pod.text("/status/phase").equals("Failed");
    }

    private void list(Kind kind) {
        try {
            var found = kind == Kind.SECRET ? secrets(api, known.namespace())
                : api.list(kind, kind.namespaced() ? known.namespace() : null, kind == Kind.EVENT ? "limit=3000" : "limit=1000");
            objects.put(kind.name(), found.stream().map(o -> kind == Kind.SECRET ? secret(o) : Slim.of(o)).toList());
        } catch (ApiError e) {
            if (e.code != 404) {
                limited.add(limit(kind.plural(), e));
            }
        }
    }

    /** The Secret's name and keys, and hosts that its values name; the values themselves go where they are masked with. */
    private Obj secret(Obj secret) {
        var lean = Json.MAPPER.createObjectNode().put("apiVersion", "v1").put("kind", "Secret").put("type", secret.text("/type"));
        lean.putObject("metadata").put("name", secret.name()).put("namespace", secret.namespace()).put("uid", secret.uid());
        var keys = lean.putArray("keys");
        var hosts = lean.putObject("hosts");
        SecretValues.of(List.of(secret)).forEach((name, value) -> {
            var key = name.substring(name.indexOf('#') + 1);
            keys.add(key);
            secrets.put(name, value);
            host(value).ifPresent(h -> hosts.put(key, h));
        });
        return new Obj(lean);
    }

    /** The host (and port) of an address that a value is; a value that is no address has none. */
    static Optional<String> host(String value) {
        var match = SECRET_HOST.matcher(value);
        var address = value.contains("://") || value.contains("host=") || value.matches("[a-z0-9.-]+:\\d{2,5}");
        return address && match.find() ? Optional.of(match.group(2) == null ? match.group(1) : match.group(1) + ":" + match.group(2))
            : Optional.empty();
    }

    /** A log to read; the lowest {@code rank} of a workload is the most telling. */
    private record Tail(String pod, String container, boolean previous, int rank) { }

    /** One container of each workload that is not ready, crashes first; of the failed run where it was started again. */
    private List<Tail> failing(List<Workload> workloads) {
        var snapshot = sofar();
        var ready = workloads.stream().filter(w -> w.state() == State.ready).map(w -> w.kind() + "/" + w.name())
            .collect(Collectors.toSet());
        var tails = new TreeMap<String, Tail>();
        // of a Job the newest pod is told
        snapshot.all("Pod").stream().sorted(Comparator.comparing(Obj::created).reversed()
            .thenComparing(Obj::name)).filter(p -> !p.deleting() && Ownership.current(snapshot, p))
            .forEach(pod -> {
            var owner = Ownership.workload(snapshot, pod).toString();
            if (!ready.contains(owner)) {
                tail(pod).ifPresent(t -> tails.merge(owner, t, (a, b) -> a.rank() <= b.rank() ? a : b));
            }
        });
        return tails.values().stream().filter(t -> !known.logs().containsKey(t.pod() + "/" + t.container()))
            .sorted(Comparator.comparingInt(Tail::rank).thenComparing(Tail::pod)).toList();
    }

    private Optional<Tail> tail(Obj pod) {
        if (Pods.saysReady(pod) && pod.list("/status/containerStatuses").stream().allMatch(c -> c.path("restartCount").asLong(0) == 0)) {
            return Optional.empty();
        }
        return Stream.concat(pod.list("/status/initContainerStatuses").stream()
            .map(c -> tail(pod, c, true)), pod.list("/status/containerStatuses").stream()
            .map(c -> tail(pod, c, false)))
            .filter(Objects::nonNull).min(Comparator.comparingInt(Tail::rank));
    }

    private Tail tail(Obj pod, JsonNode status, boolean init) {
        var name = Json.text(status, "name");
        var ended = status.at("/state/terminated");
        var last = status.at("/lastState/terminated");
        if (ended.isObject()) {
            return ended.path("exitCode").asInt(0) != 0 || last.isObject() ? new Tail(pod.name(), name, false, 0) : null;
        }
        if (last.isObject() && !Json.text(last, "reason").matches("StartError|ContainerCannotRun")
            && !Pods.outlived(status, known.at())) {
            return new Tail(pod.name(), name, true, 0);
        }
        return status.at("/state/running").isObject() && (init || !status.path("ready").asBoolean(false))
            ? new Tail(pod.name(), name, false, init ? 1 : 2) : null;
    }

    private void log(Tail tail, Redaction redaction) {
        try {
            var text = api.log(known.namespace(), tail.pod(), tail.container(), tail.previous(), LOG_LINES);
            logs.put(tail.pod() + "/" + tail.container(), new Log(tail.pod(), tail.container(), tail.previous(), lines(text, redaction)));
        } catch (ApiError e) {
            if (e.code == 400 && tail.previous()) {
                log(new Tail(tail.pod(), tail.container(), false, tail.rank()), redaction); // the failed run's log is gone
            } else if (e.code != 400 && e.code != 404) {
                limited.add(limit("logs", e));
            }
        }
    }

    private static List<String> lines(String text, Redaction redaction) {
        return redaction.clean(text).lines().map(Collect::printable).toList();
    }

    /** Colours and control characters are for terminals; nobody reads more than this of one line. */
    private static String printable(String line) {
        return Texts.cut(Texts.visible(line.replaceAll("\\u001b\\[[0-9;?]*[ -/]*[@-~]", "")), 4000);
    }
}

/**
 * One list and one watch a type, kept alive through whatever the API server does, until closed.
 * Nothing of it throws: what cannot be read is told by {@link #limited()} and {@link #away()}.
 */
static final class Informers implements AutoCloseable {
    /** Real API servers send a bookmark about every minute; a watch that says nothing for longer is dead. */
    private static final Duration SILENCE = Duration.ofSeconds(90);
    /** A server that accepts a watch and does not even answer with headers. */
    private static final Duration OPENING = Duration.ofSeconds(10);
    private static final Duration LIFE = Duration.ofMinutes(30);
    private static final int PAGE = 500;
    private final Api api;
    private final Runnable changed;
    private final Duration silence;
    private final ScheduledThreadPoolExecutor pool;
    private final Map<Topic, Informer> informers = new ConcurrentHashMap<>();
    /** Objects of the manifests whose type discovery has not named yet. */
    private final Set<Obj> sought = ConcurrentHashMap.newKeySet();
    private final Set<Obj> asked = ConcurrentHashMap.newKeySet();
    private final Set<String> statusless = ConcurrentHashMap.newKeySet();
    private final Map<String, Obj> gone = new ConcurrentHashMap<>();
    private final AtomicInteger sweeps = new AtomicInteger();
    /** Custom types that were not read, and why. */
    private final Map<String, String> unswept = new ConcurrentHashMap<>();

    Informers(Api api, Runnable changed) {
        this(api, changed, SILENCE);
    }

    Informers(Api api, Runnable changed, Duration silence) {
        this.api = api;
        this.changed = changed;
        this.silence = silence;
        pool = new ScheduledThreadPoolExecutor(6, Daemon.named("watch"));
        pool.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        pool.scheduleWithFixedDelay(() -> all().forEach(Informer::reopenIfSilent), 1, 1, TimeUnit.SECONDS);
    }

    /** Starts to follow a type; once is enough. */
    void follow(Topic topic) {
        informers.computeIfAbsent(topic, t -> {
            var informer = new Informer(t);
            pool.execute(informer::list);
            return informer;
        });
    }

    /** Follows the type of an object of the manifests, as soon as discovery tells where the server has it. */
    void seek(Obj o, String namespace) {
        if (asked.add(o) && sought.add(o)) {
            pool.execute(() -> seek(o, namespace, 0));
        }
    }

    /** A type that the server does not have (yet) is asked for again, but keeps nobody waiting. */
    private void seek(Obj o, String namespace, int failures) {
        try {
            var kind = api.kind(o.apiVersion(), o.kind());
            kind.ifPresent(k -> found(k, o.apiVersion(), o.name(), namespace));
            sought.remove(o);
            if (kind.isEmpty()) {
                api.rediscover(o.apiVersion());
                later(() -> seek(o, namespace, 0), Duration.ofSeconds(2));
            }
            changed.run();
        } catch (ApiError e) {
            if (e.code == 422) {
                sought.remove(o);
                changed.run();
                return;
            }
            later(() -> seek(o, namespace, failures + 1), backoff(failures));
        }
    }

    /** Follows every custom type of which the namespace has objects now; those that an operator makes later are sought by their owners. */
    void sweep(String namespace) {
        sweeps.incrementAndGet();
        pool.execute(() -> sweep(namespace, 0));
    }

    private void sweep(String namespace, int failures) {
        try {
            var kinds = api.customKinds().stream().filter(k -> !informers.containsKey(Topic.of(k, namespace))).toList();
            sweeps.addAndGet(kinds.size());
            kinds.forEach(k -> pool.execute(() -> glance(k, namespace, 0)));
        } catch (ApiError e) {
            if (!e.forbidden() && failures < 8) {
                later(() -> sweep(namespace, failures + 1), backoff(failures));
                return;
            }
            unswept.put("kinds", e.forbidden() ? "forbidden" : "not told by the server");
        }
        swept();
    }

    private void glance(Kind kind, String namespace, int failures) {
        try {
            if (!api.get(kind.path(namespace, null) + "?limit=1").path("items").isEmpty()) {
                found(kind, kind.apiVersion(), "", namespace);
            }
        } catch (ApiError e) {
            if (e.unconverted()) {
                follow(Topic.of(kind, namespace));
            } else if (e.forbidden() || e.code == 405 || failures > 4) {
                unswept.put(kind.plural(), e.forbidden() ? "forbidden" : "not answered");
            } else if (e.code != 404) {
                later(() -> glance(kind, namespace, failures + 1), backoff(failures));
                return;
            }
        }
        swept();
    }

    private void swept() {
        sweeps.decrementAndGet();
        changed.run();
    }

    private static Duration backoff(int failures) {
        return Duration.ofMillis(Math.min(5000, 200L << Math.min(failures, 5)));
    }

    private void later(Runnable task, Duration delay) {
        try {
            pool.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RejectedExecutionException e) {
            assert pool.isShutdown();
        }
    }

    /** Of what has no namespace, only the object itself is followed: a cluster has many that are none of ours. */
    private void found(Kind kind, String apiVersion, String name, String namespace) {
        if (!Kinds.BUILT_IN_GROUPS.contains(Obj.group(apiVersion)) && !api.hasStatus(kind)) {
            statusless.add(kind.apiVersion() + "/" + kind.name());
        }
        follow(kind.namespaced() ? Topic.of(kind, namespace) : new Topic(kind, null, "&fieldSelector=metadata.name=" + name, false));
    }

    /** {@code apiVersion/kind} of the custom resources whose status nobody writes. */
    Set<String> statusless() {
        return Set.copyOf(statusless);
    }

    /** Jobs that were there and are not any more, by uid. */
    Map<String, Obj> gone() {
        return Map.copyOf(gone);
    }

    private Stream<Informer> all() {
        return informers.values().stream();
    }

    /** Whether every type was read at least once, or cannot be. */
    boolean complete() {
        return sought.isEmpty() && sweeps.get() == 0 && all().allMatch(f -> f.listed || f.refused());
    }

    /** Whether the server answers for no type at the moment. */
    boolean away() {
        return all().noneMatch(f -> f.error == null && f.listed || f.refused());
    }

    /** Whether the server refuses to show any object that could be judged. */
    boolean forbidden() {
        var judged = all().filter(f -> f.topic.gates()).toList();
        return !judged.isEmpty() && judged.stream().allMatch(Informer::refused);
    }

    /** Whether the server does not know who asks, for any type. */
    boolean unauthorized() {
        return !informers.isEmpty() && all().allMatch(f -> f.error != null && f.error.code == 401);
    }

    /** What may not be read, as {@code events: forbidden}. */
    List<String> limited() {
        var unread = unswept.entrySet().stream().collect(Collectors.groupingBy(Map.Entry::getValue, TreeMap::new,
            Collectors.mapping(Map.Entry::getKey, Collectors.toCollection(TreeSet::new))));
        return Stream.concat(all().filter(f -> (f.refused() || f.polled) && f.topic.kind() != Kind.NAMESPACE)
            .map(Informer::lacks),
            unread.entrySet().stream().map(e -> Snapshot.CUSTOM + Texts.cut(String.join(", ", e.getValue()), 200) + ": " + e.getKey()))
            .distinct().sorted().toList();
    }

    /** Objects by {@link Snapshot#key}; a type that was never read is absent. */
    Map<String, List<Obj>> objects() {
        return gather(informer -> informer.listed ? Optional.of(informer.objects.values()) : Optional.empty());
    }

    /** The objects, those that decide read afresh and side by side; throws {@link ApiError} when one type cannot be had in time. */
    Map<String, List<Obj>> read(Duration patience) {
        var until = Deadline.in(patience);
        var reads = new HashMap<Informer, Future<Listing>>();
        all().filter(f -> !f.refused() && f.topic.decides()).forEach(f -> reads.put(f, pool.submit(f::fetch)));
        var fresh = new HashMap<Informer, Collection<Obj>>();
        reads.forEach((informer, read) -> fresh.put(informer,
            Api.await(read, until.left(), "list " + informer.topic.kind().plural()).objects().values()));
        return gather(informer -> Optional.ofNullable(fresh.get(informer))
            .or(() -> informer.listed ? Optional.of(informer.objects.values()) : Optional.empty()));
    }

    private Map<String, List<Obj>> gather(Function<Informer, Optional<Collection<Obj>>> objects) {
        var all = new TreeMap<String, List<Obj>>();
        informers.forEach((topic, informer) -> objects.apply(informer).ifPresent(found -> all.merge(topic.key(), sorted(found),
            (a, b) -> sorted(Stream.concat(a.stream(), b.stream()).toList()))));
        return all;
    }

    private static List<Obj> sorted(Collection<Obj> objects) {
        return objects.stream().sorted(Comparator.comparing(Obj::name).thenComparing(Obj::namespace)).toList();
    }

    @Override
    public void close() {
        pool.shutdownNow();
        informers.values().forEach(Informer::close);
    }

    /** One type: listed, then watched from there on; every way in which that can end leads back to one of the two. */
    private final class Informer {
        private final Topic topic;
        private volatile Map<String, Obj> objects = Map.of();
        private volatile boolean listed;
        private volatile boolean polled;
        private volatile ApiError error;
        private volatile long heard = System.nanoTime();
        private String version = "";
        private int failures;
        private int turn;
        private long opened;
        private CompletableFuture<HttpResponse<AsyncBody>> stream;

        Informer(Topic topic) {
            this.topic = topic;
        }

        boolean refused() {
            var e = error;
            return e != null && (e.code == 403 || e.code == 422 || e.unconverted());
        }

        String lacks() {
            var e = error;
            return e != null && e.unconverted() ? Snapshot.CUSTOM + topic.kind().definition() + ": " + Texts.line(e.getMessage())
                : topic.kind().plural() + (refused() ? ": forbidden" : ": watch forbidden, read every 2 s");
        }

        Listing fetch() {
            var found = new ConcurrentHashMap<String, Obj>();
            var last = api.pages(topic.path() + "?limit=" + PAGE + topic.query(), topic.accept(), page -> Api.items(topic.kind(), page)
                .forEach(o -> found.put(o.namespace() + "/" + o.name(), Slim.of(o, topic))));
            return new Listing(found, last.at("/metadata/resourceVersion").asString(""));
        }

        void list() {
            try {
                var listing = fetch();
                synchronized (this) {
                    objects.values().stream().filter(o -> !listing.objects().containsKey(o.namespace() + "/" + o.name()))
                        .forEach(this::bury);
                    objects = listing.objects();
                    version = listing.version();
                    listed = true;
                    well();
                    open();
                }
                changed.run();
            } catch (ApiError e) {
                retry(e, this::list);
            }
        }

        private synchronized void open() {
            if (pool.isShutdown()) {
                return;
            }
            if (polled) {
                later(this::list, Duration.ofSeconds(2));
                return;
            }
            int mine = ++turn;
            heard = System.nanoTime();
            opened = heard;
            stream = api.watch(topic.path() + "?watch=1&allowWatchBookmarks=true&timeoutSeconds="
                + LIFE.toSeconds() + "&resourceVersion=" + version + topic.query(),
                topic.watchAccept(), event -> event(mine, event), ended -> ended(mine, ended));
            stream.thenAccept(response -> begun(mine, response.isSuccessful()));
        }

        private synchronized void begun(int mine, boolean successful) {
            if (mine == turn && successful) {
                heard = System.nanoTime();
                error = null;
            }
        }

        private void event(int mine, JsonNode event) {
            synchronized (this) {
                if (mine != turn) {
                    return;
                }
                well();
                if (Json.text(event, "type").equals("ERROR")) {
                    drop();
                    broken(new ApiError(event.at("/object/code").asInt(0), event.at("/object/reason").asString(""),
                        event.at("/object/message").asString(""), "watch " + topic.kind().plural()));
                    return;
                }
                version = event.at("/object/metadata/resourceVersion").asString(version);
                if (!take(event)) {
                    return;
                }
            }
            changed.run();
        }

        /** Whether the event changed an object: a bookmark only says how far the server is. */
        private boolean take(JsonNode event) {
            var type = Json.text(event, "type");
            if (type.equals("BOOKMARK")) {
                return false;
            }
            var o = new Obj(Api.typed(topic.kind(), event.path("object")));
            var key = o.namespace() + "/" + o.name();
            if (type.equals("DELETED")) {
                bury(o);
                objects.remove(key);
            } else {
                objects.put(key, Slim.of(Slim.remembering(objects.get(key), o), topic));
            }
            return true;
        }

        private void bury(Obj o) {
            if (topic.kind() == Kind.JOB) {
                gone.put(o.uid(), o);
            }
        }

        private synchronized void ended(int mine, Throwable why) {
            if (mine != turn || pool.isShutdown()) {
                return;
            }
            drop();
            if (why == null) {
                boolean brief = System.nanoTime() - opened < Duration.ofSeconds(2).toNanos();
                later(this::open, brief ? backoff(failures++) : Duration.ofMillis(100));
            } else {
                var cause = why instanceof CompletionException && why.getCause() != null ? why.getCause() : why;
                broken(cause instanceof ApiError e ? e : ApiError.unreachable("watch " + topic.kind().plural(), cause));
            }
        }

        private void broken(ApiError e) {
            if (e.code == 410 || e.code == 504) {
                later(this::list, Duration.ZERO);
            } else if (e.code == 403) {
                polled = true;
                later(this::list, Duration.ofSeconds(2));
            } else {
                retry(e, this::open);
            }
        }

        /** Backs off up to 5 s, or as the server asks (429); a refusal is asked again, as rights may come late. */
        private synchronized void retry(ApiError e, Runnable again) {
            error = e;
            long wanted = e.status.at("/details/retryAfterSeconds").asLong(0) * 1000;
            long millis = e.code == 403 ? 10_000 : Math.max(wanted, backoff(failures++).toMillis());
            later(again, Duration.ofMillis(millis + ThreadLocalRandom.current().nextLong(1 + millis / 5)));
            changed.run();
        }

        private void well() {
            heard = System.nanoTime();
            failures = 0;
            error = null;
        }

        synchronized void reopenIfSilent() {
            if (stream == null) {
                return;
            }
            var patience = stream.isDone() || OPENING.compareTo(silence) > 0 ? silence : OPENING;
            if (System.nanoTime() - heard > patience.toNanos()) {
                drop();
                open();
            }
        }

        /** Gives the stream up; whatever it still says belongs to an earlier turn and is not heard. */
        private void drop() {
            turn++;
            if (stream != null) {
                stream.thenAccept(response -> response.body().cancel());
                stream.cancel(true);
                stream = null;
            }
        }

        synchronized void close() {
            drop();
        }
    }

    /** The objects of one list, and the version to watch from. */
    private record Listing(Map<String, Obj> objects, String version) { }
}

/** Cuts a watch's byte stream into lines of JSON; a line may come in many pieces and a piece may hold many lines. */
static final class JsonLines {
    private final Consumer<JsonNode> event;
    private ByteArrayOutputStream rest = new ByteArrayOutputStream();

    JsonLines(Consumer<JsonNode> event) {
        this.event = event;
    }

    synchronized void accept(List<ByteBuffer> buffers) {
        for (var buffer : buffers) {
            while (buffer.hasRemaining()) {
                byte b = buffer.get();
                if (b == '\n') {
                    event.accept(Json.MAPPER.readTree(rest.toByteArray()));
                    rest = new ByteArrayOutputStream();
                } else {
                    rest.write(b);
                }
            }
        }
    }
}

/** What is kept of an object: not what would fill the memory or must not be kept. Pure. */
static final class Slim {
    /** They repeat whole manifests, Secrets' included. */
    private static final List<String> HEAVY_OR_SECRET = List.of("kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original",
        "kapp.k14s.io/original-diff", "kapp.k14s.io/original-diff-md5");

    static Obj of(Obj o, Topic topic) {
        return topic.namesOnly() ? name(of(o), topic.kind()) : of(o);
    }

    static Obj of(Obj o) {
        if (o.at("/metadata") instanceof ObjectNode metadata) {
            metadata.remove("managedFields");
            if (metadata.path("annotations") instanceof ObjectNode annotations) {
                annotations.remove(HEAVY_OR_SECRET);
            }
        }
        return o;
    }

    /** Metadata alone, without annotations; also where a server sends more than it was asked for. */
    private static Obj name(Obj o, Kind kind) {
        var name = Json.MAPPER.createObjectNode().put("apiVersion", kind.apiVersion()).put("kind", kind.name());
        if (o.at("/metadata") instanceof ObjectNode metadata) {
            metadata.remove("annotations");
            name.set("metadata", metadata);
        }
        return new Obj(name);
    }

    /**
     * Kubelets before 1.32 say why a pull failed only in ErrImagePull, and then only {@code Back-off pulling image}.
     * The reason is carried over, in the words of newer kubelets, so that no rule has to know which one spoke.
     */
    static Obj remembering(Obj before, Obj now) {
        if (before == null || !now.kind().equals("Pod")) {
            return now;
        }
        for (var container : Pods.containers(now)) {
            if (container.at("/state/waiting") instanceof ObjectNode waiting
                && Json.text(waiting, "reason").equals("ImagePullBackOff")
                && !Json.text(waiting, "message").contains("ErrImagePull")) {
                pullError(before, Json.text(container, "name"))
                    .ifPresent(why -> waiting.put("message", Json.text(waiting, "message") + ": " + why));
            }
        }
        return now;
    }

    private static Optional<String> pullError(Obj before, String container) {
        var waiting = Pods.container(before, container).at("/state/waiting");
        var message = Json.text(waiting, "message");
        return Json.text(waiting, "reason").equals("ErrImagePull") ? Optional.of("ErrImagePull: " + message)
            : Optional.of(message).filter(m -> m.contains("ErrImagePull: ")).map(m -> m.substring(m.indexOf("ErrImagePull: ")));
    }
}

// src/ensure_ready/report/

/**
 * Where things are in the slot's namespace, and which of them answer.
 *
 * @param services  at most {@link #MOST}, by name
 * @param ingresses the same
 */
record Addresses(List<Service> services, List<Ingress> ingresses) {
    static final int MOST = 30;
    private static final int URLS = 5;

    /** {@code ready}: has an endpoint that is ready; null where no selector asks for one, or where endpoints cannot be read. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Service(String name, List<Integer> ports, Boolean ready) { }

    /** {@code backends} as {@code web:80}; {@code ready}: all of them are, null where one is not known. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Ingress(String name, List<String> urls, String address, List<String> backends, Boolean ready) { }

    static Addresses of(Snapshot snapshot) {
        var family = new Family(snapshot, Set.of());
        return new Addresses(own(snapshot, "Service").map(s -> service(s, family)).toList(),
            own(snapshot, "Ingress").map(i -> ingress(i, family)).toList());
    }

    private static Stream<Obj> own(Snapshot snapshot, String kind) {
        return snapshot.all(kind).stream().filter(o -> o.namespace().equals(snapshot.namespace()))
            .sorted((a, b) -> a.name().compareTo(b.name())).limit(MOST);
    }

    private static Service service(Obj service, Family family) {
        return new Service(service.name(), service.list("/spec/ports").stream().map(p -> p.path("port").asInt(0)).toList(),
            answers(service, family));
    }

    private static Boolean answers(Obj service, Family family) {
        return service.at("/spec/selector").isEmpty() || !family.snapshot().knows("EndpointSlice") ? null
            : family.hasReadyEndpoint(service);
    }

    private static Ingress ingress(Obj ingress, Family family) {
        var backends = Stream.concat(Stream.of(ingress.at("/spec/defaultBackend/service")),
            paths(ingress).map(p -> p.at("/backend/service"))).filter(JsonNode::isObject).distinct().limit(URLS).toList();
        var ready = backends.stream().map(b -> family.snapshot().find("Service", Json.text(b, "name"))
            .map(s -> answers(s, family)).orElse(null)).toList();
        var where = ingress.at("/status/loadBalancer/ingress/0");
        return new Ingress(ingress.name(), urls(ingress), Texts.line(where.path("hostname").asString(Json.text(where, "ip"))),
            backends.stream().map(b -> Json.text(b, "name") + ":" + b.at("/port/number").asString(b.at("/port/name").asString("")))
                .toList(), ready.contains(null) ? null : (Boolean) !ready.contains(false));
    }

    private static Stream<JsonNode> paths(Obj ingress) {
        return ingress.list("/spec/rules").stream().flatMap(rule -> rule.at("/http/paths").valueStream());
    }

    private static List<String> urls(Obj ingress) {
        var secure = ingress.list("/spec/tls").stream().flatMap(tls -> tls.path("hosts").valueStream()).map(h -> h.asString("")).toList();
        return ingress.list("/spec/rules").stream().flatMap(rule -> {
            var host = Json.text(rule, "host");
            var prefix = (secure.contains(host) ? "https://" : "http://") + (host.isEmpty() ? "*" : host);
            return rule.at("/http/paths").valueStream().map(path -> prefix + path.path("path").asString("/"));
        }).distinct().limit(URLS).toList();
    }
}

/** Workflow commands for GitHub's log; their text is escaped as the runner wants it. */
static final class Annotations {
    private static final Map<String, String> LEVELS = Map.of("blocking", "::error", "degraded", "::warning", "info", "::notice");

    static List<String> of(JsonNode json) {
        var lines = new ArrayList<String>();
        json.path("causes").forEach(c -> lines.add(LEVELS.getOrDefault(Json.text(c, "severity"), "::warning") + file(c) + "::"
            + escaped(Json.text(c, "code") + " " + Text.object(c.path("object")) + Text.where(c) + ": " + c.at("/fix/text")
            .asString(""))));
        json.path("problems")
            .forEach(p -> lines.add("::error::" + escaped(Json.text(p, "file") + ": " + Json.text(p, "error"))));
        if (lines.isEmpty() && json.path("waitFailed").asBoolean(false)) {
            lines.add("::warning::" + escaped(Text.headline(json)));
        }
        return lines;
    }

    private static String file(JsonNode cause) {
        var f = cause.at("/fix/files/0");
        return f.isMissingNode() ? "" : " file=" + escaped(Json.text(f, "path"))
            .replace(":", "%3A").replace(",", "%2C") + ",line=" + Math.max(1, f.path("line").asInt(1));
    }

    static String escaped(String text) {
        return Texts.line(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
    }
}

/** The step summary. Cluster text stands in code spans whose fence it cannot leave. */
static final class Markdown {
    static String of(JsonNode json) {
        var md = new ArrayList<String>();
        md.add((json.path("infraReady").asBoolean(false) ? "### ✅ " : "### ❌ ") + cell(Text.headline(json)));
        md.add("");
        json.path("causes").forEach(c -> cause(c, md));
        if (json.path("workloads").size() > 0) {
            md.add("| workload | state | ready | |");
            md.add("|---|---|---|---|");
            json.path("workloads").forEach(w -> md.add("| " + cell(Text.object(w)) + " | " + Json.text(w, "state") + " | "
                + Json.text(w, "ready") + "/" + Json.text(w, "desired") + " | " + cell(Json.text(w, "message")) + " |"));
            md.add("");
        }
        list(md, "Not applied", json.path("problems"), p -> Json.text(p, "file") + ": " + Json.text(p, "error"));
        list(md, "Unexplained", json.path("unexplained"), u -> Text.object(u.path("object")));
        list(md, "Warnings", json.path("warnings"), Text::warning);
        list(md, "Could not be seen", json.path("limited"), n -> n.asString(""));
        return String.join("\n", md) + "\n";
    }

    private static void cause(JsonNode c, List<String> md) {
        md.add("**" + cell(Json.text(c, "code")) + "** " + cell(Text.object(c.path("object")) + Text.where(c)) + "  ");
        md.add(cell(c.at("/fix/text").asString("")));
        md.add("");
        c.path("facts").forEach(f -> md.add("- " + code(Json.text(f, "at") + " = " + Json.text(f, "value"))));
        c.path("candidates").forEach(x -> md.add("- found: " + code(x.asString(""))));
        c.path("evidence").forEach(e -> md.add("- " + cell(Json.text(e, "source")) + ": " + code(Json.text(e, "message"))));
        if (c.path("next").size() > 0) {
            md.add("- next: " + code(c.at("/next/0").asString("")));
        }
        if (c.path("explains").size() > 0) {
            md.add("\n<details><summary>explains " + Texts.count(c.path("explains").size(), "symptom") + "</summary>\n");
            c.path("explains").forEach(s -> md.add("- " + cell(Text.object(s.path("object")) + " " + Json.text(s, "code"))));
            md.add("\n</details>");
        }
        md.add("");
    }

    private static void list(List<String> md, String title, JsonNode items, Function<JsonNode, String> text) {
        if (items.size() > 0) {
            md.add(title + ":\n");
            items.forEach(i -> md.add("- " + cell(text.apply(i))));
            md.add("");
        }
    }

    static String cell(String text) {
        return Texts.markdown(Texts.cut(Texts.line(text), 500));
    }

    static String code(String text) {
        return "`` " + Texts.cut(Texts.line(text), 400).replace("`", "'").replace("|", "¦") + " ``";
    }
}

/** Progress on stderr: a view that redraws on a terminal, one line a change elsewhere. */
static final class Progress implements AutoCloseable {
    private final PrintStream err;
    private final boolean quiet;
    private final boolean verbose;
    private final boolean live;
    private final boolean actions;
    private final Map<String, String> shown = new LinkedHashMap<>();
    private final long started = System.nanoTime();
    private volatile UnaryOperator<String> mask = UnaryOperator.identity();
    private boolean certain;
    private int drawn;

    Progress(PrintStream err, Map<String, String> env, boolean quiet, boolean verbose) {
        this.err = err;
        this.quiet = quiet;
        this.verbose = verbose;
        actions = env.containsKey("GITHUB_ACTIONS");
        live = !quiet && !actions && !env.containsKey("CI") && !"dumb".equals(env.get("TERM")) && Terminal.is(2);
    }

    /** What every line goes through before it is shown. */
    void mask(UnaryOperator<String> mask) {
        this.mask = mask;
    }

    synchronized void say(String text) {
        if (!quiet) {
            wipe();
            line(text);
        }
    }

    private void line(String text) {
        err.println("ensure_ready: " + Texts.line(mask.apply(text)));
    }

    void warn(String text) {
        say(actions ? "warning: " + text : text);
    }

    void detail(String text) {
        if (verbose) {
            say(text);
        }
    }

    /** Where a mistake of ours happened. */
    void trace(Throwable e) {
        if (verbose) {
            var trace = new StringWriter();
            e.printStackTrace(new PrintWriter(trace));
            err.println(Texts.lines(mask.apply(trace.toString())));
        }
    }

    /** Shows what changed since the last judgement; on a terminal the whole list of what is not ready yet. */
    synchronized void judgement(Judgement j) {
        if (quiet) {
            return;
        }
        if (j.certainSince().isPresent() != certain && !j.ready()) {
            certain = !certain;
            say(certain ? "it is certain that not all becomes ready" : "all may still become ready");
        }
        if (live) {
            draw(j);
            return;
        }
        for (var w : j.workloads()) {
            var state = w.state() + " " + w.ready() + "/" + w.desired() + (w.message().isEmpty() ? "" : " " + w.message());
            if (!state.equals(shown.put(w.ref(), state))) {
                line(w.ref() + ": " + state);
            }
        }
    }

    private void draw(Judgement j) {
        wipe();
        var open = j.workloads().stream().filter(w -> w.state() != State.ready).toList();
        var lines = new ArrayList<String>();
        lines.add((j.workloads().size() - open.size()) + " of " + j.workloads()
            .size() + " ready after " + Durations.human(Duration.ofNanos(System.nanoTime() - started)));
        open.stream().limit(12)
            .forEach(w -> lines.add("  " + w.ref() + "  " + w.state() + " " + w.ready() + "/" + w.desired() + "  " + w.message()));
        if (open.size() > 12) {
            lines.add("  and " + (open.size() - 12) + " more");
        }
        lines.forEach(l -> err.println(Texts.cut(Texts.visible(mask.apply(l)), Terminal.width())));
        drawn = lines.size();
    }

    private void wipe() {
        if (drawn > 0) {
            err.print("\u001b[" + drawn + "A\u001b[J");
            drawn = 0;
        }
    }

    @Override
    public synchronized void close() {
        wipe();
        err.flush();
    }
}

/**
 * Brings a report, masked, to everybody who wants it. The only place that writes stdout.
 *
 * @param out         stdout
 * @param asText      what stdout gets: text for people, else the JSON
 * @param file        where the JSON goes too
 * @param environment names GitHub's files for outputs and summary
 * @param annotations whether causes become annotations of GitHub's log
 */
record Publisher(PrintWriter out, boolean asText, Optional<Path> file, Map<String, String> environment, boolean annotations) {
    /** {@code printed} is told as soon as stdout has the whole result. */
    void publish(Report report, Redaction redaction, Runnable printed) {
        var json = redaction.clean(ReportJson.of(report));
        ((ObjectNode) json).putObject("redactions").put("known", redaction.known())
            .put("pattern", redaction.pattern()).put("withheld", redaction.withheld());
        var text = Json.pretty(json);
        out.print(asText ? Text.of(json) : text + "\n");
        out.flush();
        printed.run();
        file.ifPresent(f -> write(f.toString(), text + "\n", StandardOpenOption.TRUNCATE_EXISTING));
        fileOf("GITHUB_OUTPUT").ifPresent(f -> write(f, outputs(json), StandardOpenOption.APPEND));
        fileOf("GITHUB_STEP_SUMMARY").ifPresent(f -> write(f, Markdown.of(json), StandardOpenOption.APPEND));
        if (annotations) {
            Annotations.of(json).forEach(System.err::println);
        }
    }

    private Optional<String> fileOf(String variable) {
        return Optional.of(environment.getOrDefault(variable, "")).filter(f -> !f.isBlank());
    }

    private static void write(String name, String text, OpenOption how) {
        try {
            var file = Path.of(name);
            if (file.toAbsolutePath().getParent() != null) {
                Files.createDirectories(file.toAbsolutePath().getParent());
            }
            Files.writeString(file, text, StandardOpenOption.CREATE, how, StandardOpenOption.WRITE);
        } catch (IOException | IllegalArgumentException e) {
            System.err.println("ensure_ready: " + name + ": cannot be written: " + e.getMessage());
        }
    }

    private String outputs(JsonNode json) {
        var values = new LinkedHashMap<String, String>();
        Stream.of("slot", "namespace", "env", "created", "recreated").forEach(name -> values.put(name, Json.text(json, name)));
        values.put("infra_ready", Json.text(json, "infraReady"));
        values.put("infra_unhealthy", json.path("infraReady").asBoolean(false) ? "" : "1");
        values.put("agent_ready", Json.text(json, "agentReady"));
        values.put("outcome", Json.text(json, "outcome"));
        values.put("report", file.map(Path::toString).orElse(""));
        return values.entrySet().stream().map(e -> e.getKey() + "=" + Texts.line(e.getValue()) + "\n").collect(Collectors.joining());
    }
}

/**
 * Everything that a run has to tell, once it has ended. JSON, text, Markdown and annotations are made of this and of nothing else.
 *
 * @param target        slot 0 and an empty namespace when no slot was found
 * @param ready         {@code infraReady}: proven, and nothing before it failed
 * @param waitFailed    not ready, where the verb says anything of readiness
 * @param results       in the manifests' order
 * @param renderer      what makes the manifests out of templates; empty where none is needed
 * @param left          what a release did not delete, and why
 */
record Report(Target target, boolean created, boolean recreated, boolean ready, boolean waitFailed, Outcome outcome,
    double waitedSeconds, Optional<Double> certainAfterSeconds, String summary,
    Optional<Judgement> judgement, Optional<DiagnosisReport> diagnosis, List<String> limited,
    List<Applied> results, boolean applied, List<Problem> problems, Optional<Addresses> addresses, String renderer,
    List<String> deleted, List<String> left) { }

/** A report as the JSON that {@code --output json} and {@code --report} give, before secrets are masked. */
static final class ReportJson {
    static ObjectNode of(Report report) {
        var json = Json.MAPPER.createObjectNode().put("schemaVersion", "ensure-ready/v1");
        target(json, report);
        json.put("created", report.created()).put("recreated", report.recreated()).put("applied", report.applied());
        json.put("infraReady", report.ready()).put("waitFailed", report.waitFailed())
            .put("agentReady", report.judgement().filter(j -> j.verdict().agentReady()).isPresent())
            .put("verified", report.judgement().filter(j -> j.verdict().verified()).isPresent());
        json.put("outcome", report.outcome().word()).put("waitedSeconds", report.waitedSeconds());
        report.certainAfterSeconds().ifPresent(s -> json.put("certainAfterSeconds", s));
        json.put("summary", Texts.line(report.summary()));
        json.set("workloads", Json.MAPPER.valueToTree(report.judgement().map(Judgement::workloads).orElse(List.of())));
        diagnosis(json, report);
        report.addresses().ifPresent(a -> json.setAll((ObjectNode) Json.MAPPER.valueToTree(a)));
        results(json, report);
        return json;
    }

    private static void target(ObjectNode json, Report report) {
        var target = report.target();
        json.put("env", target.env());
        if (target.slot() > 0) {
            json.put("slot", target.slot());
        }
        if (!target.namespace().isEmpty()) {
            json.put("namespace", target.namespace());
        }
        json.put("issue", target.issue()).put("pr", target.pr());
    }

    private static void diagnosis(ObjectNode json, Report report) {
        var diagnosis = report.diagnosis().map(d -> (ObjectNode) Json.MAPPER.valueToTree(d)).orElseGet(Json.MAPPER::createObjectNode);
        for (var list : List.of("causes", "unexplained", "warnings")) {
            json.set(list, diagnosis.has(list) ? diagnosis.remove(list) : Json.MAPPER.createArrayNode());
        }
        var warnings = json.withArray("/warnings");
        report.judgement().ifPresent(j -> j.verdict().warnings().forEach(warnings::add));
        json.set("limited", Json.MAPPER.valueToTree(report.limited()));
        diagnosis.remove(List.of("limited", "summary"));
        diagnosis.properties().forEach(e -> json.putIfAbsent(e.getKey(), e.getValue()));
    }

    private static void results(ObjectNode json, Report report) {
        if (!report.renderer().isEmpty()) {
            json.put("renderer", report.renderer());
        }
        if (report.applied()) {
            var objects = json.putArray("objects");
            report.results().forEach(r -> {
                var o = objects.addObject().put("kind", r.object().kind()).put("name", r.object().name())
                    .put("result", r.result().name()).put("file", r.source().toString());
                if (!r.error().isEmpty()) {
                    o.put("error", r.error());
                }
            });
        }
        if (!report.problems().isEmpty()) {
            var problems = json.putArray("problems");
            report.problems().forEach(p -> problems.addObject().put("file", p.source().toString()).put("error", p.message()));
        }
        if (!report.deleted().isEmpty() || !report.left().isEmpty()) {
            json.set("deleted", Json.MAPPER.valueToTree(report.deleted()));
            json.set("left", Json.MAPPER.valueToTree(report.left()));
        }
    }
}

/** What people see on a terminal: causes first, each with what it explains and one next command. */
static final class Text {
    private static final int SHOWN = 20;

    static String of(JsonNode json) {
        var lines = new ArrayList<String>();
        lines.add(headline(json));
        if (json.has("certainAfterSeconds") && !json.path("infraReady").asBoolean()) {
            lines.add("  certain after " + Json.text(json, "certainAfterSeconds")
                + " s, ended after " + Json.text(json, "waitedSeconds") + " s");
        }
        json.path("causes").forEach(c -> cause(c, lines));
        json.path("unexplained").forEach(u -> lines.add("  ? " + object(u.path("object")) + ": nothing explains it"));
        json.path("problems").forEach(p -> lines.add("  ! " + Json.text(p, "file") + ": " + Json.text(p, "error")));
        json.path("objects").forEach(o -> failed(o, lines));
        workloads(json, lines);
        json.path("warnings").forEach(w -> lines.add("  warning: " + warning(w)));
        json.path("limited").forEach(l -> lines.add("  not seen: " + l.asString("")));
        return lines.stream().map(Texts::visible).collect(Collectors.joining("\n", "", "\n"));
    }

    static String headline(JsonNode json) {
        var where = json.path("namespace").asString(Json.text(json, "env"));
        var slot = json.has("slot") ? " (slot " + Json.text(json, "slot") + ")" : "";
        return where + slot + ": " + Json.text(json, "outcome")
            + (Json.text(json, "summary").isEmpty() ? "" : ": " + Json.text(json, "summary"));
    }

    private static void cause(JsonNode c, List<String> lines) {
        lines.add("");
        lines.add("  " + Json.text(c, "code") + "  " + object(c.path("object")) + where(c));
        Stream.of(c.at("/fix/text").asString(""), c.at("/fix/change").asString(""))
            .filter(t -> !t.isEmpty()).forEach(t -> lines.add("    " + t));
        c.at("/fix/files").forEach(f -> lines.add("    in " + new Source(Json.text(f, "path"), f.path("line").asInt(0))));
        if (lines.size() < 400 && c.path("evidence").has(0)) {
            lines.add("    seen: " + Texts.cut(Texts.line(c.at("/evidence/0/message").asString("")), 300));
        }
        var explains = c.path("explains").valueStream().map(s -> object(s.path("object"))).toList();
        if (!explains.isEmpty()) {
            lines.add("    explains " + explains.stream().limit(SHOWN)
                .collect(Collectors.joining(", ")) + (explains.size() > SHOWN ? " and " + (explains.size() - SHOWN) + " more" : ""));
        }
        Optional.of(c.path("next").path(0).asString("")).filter(t -> !t.isEmpty()).ifPresent(t -> lines.add("    next: " + t));
    }

    static String where(JsonNode c) {
        var owner = object(c.path("owner"));
        return owner.isEmpty() || owner.equals(object(c.path("object"))) ? ""
            : " (" + owner + (Json.text(c, "container").isEmpty() ? "" : ", container " + Json.text(c, "container")) + ")";
    }

    private static void failed(JsonNode o, List<String> lines) {
        if (Json.text(o, "result").equals("failed")) {
            lines.add("  ! " + Json.text(o, "file") + ": " + object(o) + ": " + Json.text(o, "error"));
        }
    }

    private static void workloads(JsonNode json, List<String> lines) {
        if (json.path("workloads").size() > 0) {
            lines.add("");
        }
        int width = json.path("workloads").valueStream().mapToInt(w -> object(w).length()).max().orElse(0);
        json.path("workloads").forEach(w -> lines.add(("  %-" + width + "s  %-11s %s/%s  %s").formatted(object(w),
            Json.text(w, "state"), Json.text(w, "ready"), Json.text(w, "desired"), Json.text(w, "message"))
            .stripTrailing()));
    }

    /** {@code secret/db} of an object node, or of one that is written as text already. */
    static String object(JsonNode o) {
        var parts = o.asString("").split("/", 2);
        return o.isString() ? parts.length == 2 ? Kubectl.ref(parts[0], parts[1])
            : o.asString("") : o.has("name") ? Kubectl.ref(Json.text(o, "kind"), Json.text(o, "name")) : "";
    }

    static String warning(JsonNode w) {
        return w.isString() ? w.asString("")
            : Stream.of(Json.text(w, "code"), object(w.path("object")), Json.text(w, "message"))
            .filter(t -> !t.isEmpty()).collect(Collectors.joining(" "));
    }
}

// src/ensure_ready/system/

/** A moment on the machine's own steady clock, which no change of the date moves. */
record Deadline(long nanos) {
    static Deadline in(Duration d) {
        return new Deadline(System.nanoTime() + d.toNanos());
    }

    /** One that has passed already: what it limits is tried once and never again. */
    static Deadline now() {
        return in(Duration.ZERO);
    }

    Duration left() {
        return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
    }

    /** What is left, in milliseconds; one at the least, as 0 would be no limit. */
    long millis() {
        return Math.max(1, left().toMillis());
    }

    boolean passed() {
        return nanos - System.nanoTime() <= 0;
    }

    /** The later of this one and the one in {@code d}. */
    Deadline orIn(Duration d) {
        return left().compareTo(d) < 0 ? in(d) : this;
    }

    /** The earlier of this one and the one in {@code d}. */
    Deadline atMost(Duration d) {
        return left().compareTo(d) < 0 ? this : in(d);
    }
}

/** Infrastructure trouble that ends the work; with --wait-soft-fail it still exits with 0. */
static final class InfraFailure extends RuntimeException {
    private static final long serialVersionUID = 1;
    final Outcome outcome;
    /** The last lines of the command that failed, or empty. */
    final String detail;

    InfraFailure(Outcome outcome, String message) {
        this(outcome, message, "");
    }

    InfraFailure(Outcome outcome, String message, String detail) {
        super(message);
        this.detail = detail;
        this.outcome = outcome;
    }

    /** Whoever asked this thread to stop is obeyed. */
    static InfraFailure interrupted() {
        Thread.currentThread().interrupt();
        return new InfraFailure(Outcome.interrupted, "interrupted");
    }
}

/** A sleep that an interrupt ends. */
static final class Pause {
    static void of(Duration d) {
        try {
            Thread.sleep(Math.max(0, d.toMillis()));
        } catch (InterruptedException e) {
            throw InfraFailure.interrupted();
        }
    }
}

// src/shared/system/

/** Work that may never end, such as reading a pipe or rendering a template. */
static final class Bounded {
    /**
     * What comes of it in time. Else, and where the memory does not suffice, throws {@link IllegalArgumentException}; the work is left
     * behind in a thread that keeps no process alive.
     */
    static <T> T get(Duration atMost, Callable<T> work) throws IOException {
        var task = new FutureTask<>(work);
        Daemon.start("bounded", task);
        try {
            return task.get(Math.max(1, atMost.toMillis()), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException broken) {
                throw broken;
            }
            throw e.getCause() instanceof RuntimeException wrong ? wrong : new IllegalArgumentException("fails: " + e.getCause());
        } catch (TimeoutException e) {
            task.cancel(true);
            throw new IllegalArgumentException("does not end within " + Durations.human(atMost));
        } catch (InterruptedException e) {
            task.cancel(true);
            Thread.currentThread().interrupt();
            throw new IllegalArgumentException("interrupted", e);
        }
    }
}

/** Threads that keep no process alive. */
static final class Daemon {
    static ThreadFactory named(String name) {
        return task -> {
            var thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** At work already. */
    static Thread start(String name, Runnable task) {
        var thread = named(name).newThread(task);
        thread.start();
        return thread;
    }
}

/** An option that stands twice on a command line: picocli would start its group anew and forget what the group had. */
static final class GivenTwice {
    /** {@code --pr is given twice}; options that take several values may come again. */
    static Optional<String> of(List<String> given, CommandSpec spec) {
        return spec.options().stream().filter(option -> !option.isMultiValue())
            .filter(option -> given.stream().filter(word -> is(option, word)).count() > 1)
            .map(option -> option.longestName() + " is given twice").findFirst();
    }

    static boolean is(OptionSpec option, String word) {
        return Stream.of(option.names()).anyMatch(name -> word.equals(name) || name.startsWith("--") && word.startsWith(name + "="));
    }
}

/** What is to happen when the process is told to end. */
static final class Hooks {
    /** Runs {@code work} when the process is told to end, until it is forgotten. */
    static Thread add(String name, Runnable work) {
        var hook = new Thread(work, name);
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }

    static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            Thread.currentThread().interrupt();   // the machine is going down already, and the hook has the last word
        }
    }
}

/** Threads of the JDK's HTTP client, which outlive it: on JDK 17 a client cannot be closed. */
static final class HttpThreads {
    /** Ends them when nothing is asked any more: at its exit HotSpot waits 0.3 s for threads that sleep in a system call (VM_Exit). */
    static void end() {
        end(Thread.getAllStackTraces().keySet());
    }

    static void end(Collection<Thread> threads) {
        threads.stream().filter(t -> t.getName().endsWith("-SelectorManager")).forEach(Thread::interrupt);
    }
}

/** Which cluster: an explicit kubeconfig, {@code KUBECONFIG}, {@code ~/.kube/config}, or the pod's own account. */
static final class Kubeconfig {
    /**
     * Throws {@link IllegalArgumentException}; its message is one line that names the option or variable. A context that is not there,
     * and a file that is not there, must not silently become another one: that would be somebody else's cluster.
     */
    static Config read(Path kubeconfig, String context) {
        var named = named(kubeconfig);
        Config config;
        try {
            config = kubeconfig == null ? Config.autoConfigure(context) : Config.fromKubeconfig(context, kubeconfig.toFile());
        } catch (RuntimeException e) { // each of the libraries below has its own
            throw new IllegalArgumentException(named + ": not a kubeconfig" + why(e), e);
        }
        var current = config.getCurrentContext() == null ? "" : config.getCurrentContext().getName();
        if (context != null && !context.equals(current)) {
            var there = config.getContexts().stream().map(NamedContext::getName).collect(Collectors.joining(", "));
            throw new IllegalArgumentException("--context " + context + ": no such context"
                + (there.isEmpty() ? "" : "; there are " + there));
        }
        return new ConfigBuilder(config).withOauthTokenProvider(tokenFile(config)).build();
    }

    /** Where it comes from, as it is named to whoever gave it; a name without a file is a mistake, not "none given". */
    private static String named(Path kubeconfig) {
        var variable = System.getenv().getOrDefault("KUBECONFIG", "");
        if (kubeconfig != null) {
            if (!Files.isReadable(kubeconfig)) {
                var why = Files.exists(kubeconfig) ? "permission denied" : "no such file";
                throw new IllegalArgumentException("--kubeconfig " + kubeconfig + ": " + why);
            }
            return "--kubeconfig " + kubeconfig;
        }
        var files = Stream.of(variable.split(File.pathSeparator)).filter(f -> !f.isBlank()).map(Path::of);
        if (!variable.isBlank() && files.noneMatch(Files::isReadable)) {
            throw new IllegalArgumentException("KUBECONFIG " + variable + ": no such file");
        }
        return variable.isBlank() ? "~/.kube/config" : "KUBECONFIG " + variable;
    }

    private static String why(RuntimeException e) {
        return e.getMessage() == null ? "" : " (" + Texts.cut(Texts.line(e.getMessage()), 200) + ")";
    }

    /** A user's tokenFile, read anew for each request because it is rotated; the library does not know it. Null when there is none. */
    private static OAuthTokenProvider tokenFile(Config base) {
        var kubeconfig = base.getFileWithAuthInfo();
        if (kubeconfig == null || base.getCurrentContext() == null) {
            return base.getOauthTokenProvider();
        }
        var user = base.getCurrentContext().getContext().getUser();
        return KubeConfigUtils.parseConfig(kubeconfig).getUsers().stream().filter(u -> u.getName().equals(user))
            .map(u -> u.getUser().getTokenFile())
            .filter(file -> file != null && !file.isEmpty()).findFirst().map(file -> kubeconfig.toPath().resolveSibling(file))
            .<OAuthTokenProvider>map(file -> () -> TextFile.read(file).strip()).orElse(base.getOauthTokenProvider());
    }
}

/** A process with all that it started. */
static final class ProcessTree {
    private static final int GRACE_MILLIS = 3000;
    private static final int LOOK_MILLIS = 20;
    /** A fork bomb outruns every snapshot: enough is tried. */
    private static final int ROUNDS = 50;

    /** Asks all of them to end, and kills after three seconds what has not. */
    static void end(Process process) {
        var tree = stopped(Set.of(process.toHandle()));
        tree.forEach(ProcessHandle::destroy);
        signal("CONT", tree);
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(GRACE_MILLIS);
        while (tree.stream().anyMatch(ProcessTree::lives) && System.nanoTime() < until) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LOOK_MILLIS));
        }
        stopped(tree).forEach(ProcessHandle::destroyForcibly);
    }

    /** What has ended and waits for somebody to ask how has a number still, and no program. */
    private static boolean lives(ProcessHandle process) {
        return process.isAlive() && process.info().command().isPresent();
    }

    /** What is stopped forks no more: nobody starts a child between a look and a signal that the next look does not see. */
    private static Set<ProcessHandle> stopped(Set<ProcessHandle> roots) {
        var all = new LinkedHashSet<ProcessHandle>();
        var found = roots.stream().filter(ProcessTree::lives).collect(Collectors.toSet());
        for (int round = 0; round < ROUNDS && all.addAll(found); round++) {
            signal("STOP", found);
            found = roots.stream().flatMap(root -> Stream.concat(Stream.of(root), root.descendants())).filter(ProcessTree::lives)
                .filter(process -> !all.contains(process)).collect(Collectors.toSet());
        }
        return all;
    }

    /** Java knows no other signals than TERM and KILL. */
    private static void signal(String name, Collection<ProcessHandle> processes) {
        if (processes.isEmpty()) {
            return;
        }
        var words = Stream.concat(Stream.of("sh", "-c", "kill -s \"$0\" \"$@\"", name),
            processes.stream().map(process -> String.valueOf(process.pid()))).toList();
        try {
            new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start().waitFor();
        } catch (IOException noShell) {
            // without one they are asked to end as they are
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}

/**
 * FreeMarker with nothing but data in reach: maps, lists and text; no Java object, no class, no template made of data. An undefined
 * variable is an error with its line, and equal data give equal bytes whatever the machine's language.
 */
static final class TemplateEngine {
    static Configuration of(TemplateLoader loader) {
        System.setProperty("org.freemarker.loggerLibrary", "none");
        var engine = new Configuration(Configuration.VERSION_2_3_34);
        engine.setTemplateLoader(loader);
        engine.setLocalizedLookup(false);
        engine.setDefaultEncoding("UTF-8");
        engine.setLocale(Locale.ROOT);
        engine.setNumberFormat("c");
        engine.setBooleanFormat("c");
        engine.setOutputFormat(PlainTextOutputFormat.INSTANCE);
        engine.setObjectWrapper(new SimpleObjectWrapper(Configuration.VERSION_2_3_34));
        engine.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
        engine.setAPIBuiltinEnabled(false);
        engine.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
        engine.setLogTemplateExceptions(false);
        engine.setWrapUncheckedExceptions(true);
        return engine;
    }

    /** Throws {@link Unfit} whatever is wrong: the template, its data, or the file that holds it. */
    static String render(Configuration engine, String name, Map<String, Object> data) {
        try {
            var out = new Limited();
            template(engine, name).process(data, out);
            return out.text.toString();
        } catch (InvalidReferenceException e) {
            throw new Unfit(e.getTemplateSourceName(), e.getLineNumber(), e.getBlamedExpressionString(), "", e);
        } catch (TemplateException e) {
            throw new Unfit(e.getTemplateSourceName(), e.getLineNumber(), "", first(e.getMessageWithoutStackTop()), e);
        } catch (IOException e) {
            throw new Unfit(name, 0, "", "cannot be read: " + TextFile.reason(e), e);
        }
    }

    private static Template template(Configuration engine, String name) throws IOException {
        try {
            return engine.getTemplate(name);
        } catch (ParseException e) {
            throw new Unfit(e.getTemplateName(), e.getLineNumber(), "", first(e.getEditorMessage()), e);
        } catch (TemplateNotFoundException e) {
            throw new Unfit(e.getTemplateName(), 0, "", "not found", e);
        }
    }

    private static String first(String text) {
        return text == null ? "fails" : text.lines().findFirst().orElse("fails");
    }

    /** A template without an end must not fill the memory. */
    private static final class Limited extends Writer {
        private final StringBuilder text = new StringBuilder();

        @Override
        public void write(char[] part, int from, int count) throws IOException {
            if (text.length() + count > TextFile.LARGEST) {
                throw new IOException("it gives more than 32 MiB");
            }
            text.append(part, from, count);
        }

        @Override
        public void flush() { }

        @Override
        public void close() { }
    }

    /**
     * A template that cannot be rendered. {@code line} is 0 where it is not known, {@code undefined} empty unless a variable is missing.
     */
    static final class Unfit extends RuntimeException {
        private static final long serialVersionUID = 1;
        final String template;
        final int line;
        final String undefined;

        Unfit(String template, int line, String undefined, String why, Exception cause) {
            super(why, cause);
            this.template = template;
            this.line = line;
            this.undefined = undefined;
        }
    }
}

/** Whether a stream is a terminal. Java 17 tells it for stdin and stdout together only, so the shell is asked. */
static final class Terminal {
    static boolean is(int descriptor) {
        try {
            return new ProcessBuilder("sh", "-c", "test -t " + descriptor).inheritIO().start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    static int width() {
        try {
            return Math.max(40, Integer.parseInt(System.getenv().getOrDefault("COLUMNS", "100")));
        } catch (NumberFormatException e) {
            return 100;
        }
    }
}

/** Files of text, and what to say when they cannot be read. */
static final class TextFile {
    static final int LARGEST = 32 << 20;

    /** The file as UTF-8, 32 MiB at most, of a pipe what comes in 30 s; throws {@link IllegalArgumentException} with {@link #reason}. */
    static String read(Path file) {
        try {
            return Files.isRegularFile(file) ? all(file) : Bounded.get(Duration.ofSeconds(30), () -> all(file));
        } catch (IOException e) {
            throw new IllegalArgumentException(reason(e), e);
        }
    }

    private static String all(Path file) throws IOException {
        try (var in = Files.newInputStream(file)) {
            return all(in);
        }
    }

    /** The stream to its end as UTF-8. */
    static String all(InputStream in) throws IOException {
        var bytes = in.readNBytes(LARGEST + 1);
        if (bytes.length > LARGEST) {
            throw new IOException("larger than 32 MiB");
        }
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    }

    /** Why a file could not be read or written, without its name: {@code no such file}. */
    static String reason(IOException e) {
        if (e instanceof CharacterCodingException) {
            return "not UTF-8 text";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        return e instanceof AccessDeniedException ? "permission denied" : Texts.oneLine(String.valueOf(e.getMessage()));
    }
}

/** Template variables as a command line gives them: {@code --var-file}, then {@code --vars}; what comes later wins. */
static final class Variables {
    /** Throws {@link IllegalArgumentException}; its message is one line that names the option. */
    static Map<String, Object> read(List<Path> files, List<String> lists) {
        var all = new LinkedHashMap<String, Object>();
        files.forEach(file -> all.putAll(named("--var-file " + file + ": ", () -> Vars.ofFile(file.toString(), TextFile.read(file)))));
        lists.forEach(list -> all.putAll(named("--vars: ", () -> Vars.ofList(list))));
        return all;
    }

    /** What is wrong with the value is told with the option before it. */
    static <T> T named(String option, Supplier<T> value) {
        try {
            return value.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + e.getMessage(), e);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// From here on nothing acts: no client, file, process, clock or environment. A test holds it.
// ---------------------------------------------------------------------------------------------------------------------

// src/ensure_ready/certainty/

/**
 * Everything that follows from one look at the namespace; what is ready needs no explanation. Pure.
 *
 * @param relevant findings that stand between a gating workload and being ready
 */
record Assessment(Snapshot snapshot, Family family, Verdict verdict, List<Finding> relevant) {
    /**
     * @param statusless {@code apiVersion/kind} of the custom resources whose status nobody writes
     * @param gone       Jobs that were seen and are there no more, by uid
     */
    static Assessment of(Snapshot snapshot, Set<String> statusless, Map<String, Obj> gone, WaitSettings settings) {
        var family = new Family(snapshot, statusless, Map.of(), gone);
        var verdict = Verdicts.of(family, settings);
        if (verdict.ready() || verdict.workloads().isEmpty()) {
            return new Assessment(snapshot, family, verdict, List.of());
        }
        var findings = new ArrayList<>(Findings.of(snapshot));
        var explained = new Family(snapshot, statusless, PodReasons.of(findings), gone);
        var inWords = Verdicts.of(explained, settings);
        findings.addAll(Preflight.missing(snapshot));
        return new Assessment(snapshot, explained, inWords, Certainty.relevant(findings, inWords, explained));
    }

    List<Finding> certain(WaitMemory memory, WaitSettings settings, Instant now) {
        return Certainty.certain(relevant, family, verdict, memory, settings, now);
    }

    WaitMemory remembered(WaitMemory before, WaitSettings settings, Instant now) {
        return before.next(verdict, Certainty.counting(relevant, family, verdict), snapshot, settings.appliedSince(), now);
    }

    /**
     * What has been ready for long needs no settling: {@code clusterNow} is the API server's time, as object times are the cluster's.
     * After a change of ours the cluster's times may tell of what was before.
     */
    WaitMemory settled(WaitMemory memory, WaitSettings settings, Optional<Instant> clusterNow, Instant now) {
        boolean touched = settings.appliedSince() != null && snapshot.applied().stream().anyMatch(a -> a.result() != Result.unchanged);
        return touched || !verdict.ready() ? memory : clusterNow.flatMap(time -> Steady.since(verdict, snapshot)
            .map(since -> memory.readyFor(Duration.between(since, time).minus(Steady.DOUBT), now))).orElse(memory);
    }

    /** When a rule of time next has something to say. */
    Optional<Instant> due(WaitMemory memory, Instant now) {
        return Stream.of(memory.due(now), Certainty.due(relevant, family, verdict, memory, now))
            .flatMap(Optional::stream).min(Comparator.naturalOrder());
    }

    /** Whether a certain failure ends the wait: nothing is left to learn of the others, or they had their time. */
    boolean ends(WaitMemory memory, Instant now) {
        return memory.certainSince() != null
            && (memory.learned(now) || verdict.workloads().stream().allMatch(w -> Certainty.known(w, relevant, family)));
    }

    Judgement judgement(Outcome outcome, List<Finding> certain, Optional<Instant> certainSince) {
        return new Judgement(outcome, verdict, snapshot, certain, certainSince);
    }
}

/**
 * What is certain never to become ready without a change, and after which grace. Pure: what was seen before comes in as {@link WaitMemory}.
 * A false alarm is worse than waiting, so a code without a rule here never ends the wait.
 */
static final class Certainty {
    /** Everything waits this long, so that causes that show up together are told together. */
    private static final Duration TOGETHER = Duration.ofSeconds(2);
    /** When something in the set could still make what is missing. */
    private static final Duration IN_THE_MAKING = Duration.ofSeconds(120);
    /** Without events an autoscaler cannot be seen at work. */
    private static final Duration BLIND = Duration.ofSeconds(60);
    /** What is ready must still get into endpoints and name servers before others can reach it. */
    private static final Duration REACHABLE = Duration.ofSeconds(10);
    /** Custom resources of these groups make nothing that a pod could wait for. */
    private static final Set<String> INERT = Set.of("monitoring.coreos.com", "gateway.networking.k8s.io", "networking.istio.io",
        "security.istio.io", "traefik.io", "autoscaling.k8s.io", "keda.sh");

    /** Findings that stand between a gating workload and being ready now: of its newest revision, and of nothing that already runs. */
    static List<Finding> relevant(List<Finding> findings, Verdict verdict, Family family) {
        var waiting = verdict.workloads().stream().filter(w -> (w.state() == State.progressing || w.state() == State.failed)
            && pending(w, family).isEmpty())
            .collect(Collectors.toMap(Workload::ref, w -> w, (a, b) -> a));
        var relevant = new ArrayList<>(findings.stream().filter(f -> waiting.containsKey(Kubectl.ref(f.ownerKind(), f.ownerName())))
            .filter(f -> ofNewest(f, family)).toList());
        waiting.values().stream().filter(w -> w.state() == State.failed && relevant.stream()
            .noneMatch(f -> f.code().grace != null && about(f, w)))
            .forEach(w -> relevant.add(failed(w, family.snapshot().at())));
        return relevant;
    }

    /** What is still to be applied: what its pods say now is said of what the apply may mend. */
    private static Optional<Applied> pending(Workload w, Family family) {
        return family.snapshot().applied(w.kind(), w.name()).filter(Applied::pending);
    }

    private static boolean about(Finding f, Workload w) {
        return w.kind().equals(f.ownerKind()) && w.name().equals(f.ownerName());
    }

    private static boolean ofNewest(Finding f, Family family) {
        var pod = f.pod();
        return pod.isEmpty() || f.code() == Code.STS_STUCK_REVISION || owner(f, family)
            .map(o -> Ownership.newestPods(family.snapshot(), o).stream().anyMatch(p -> p.name().equals(pod))).orElse(true);
    }

    private static Optional<Obj> owner(Finding f, Family family) {
        return family.snapshot().anywhere(f.ownerKind(), f.ownerName());
    }

    /** A state that is final by itself, though no finding says why. */
    private static Finding failed(Workload w, Instant now) {
        var evidence = new Evidence("status", w.ref(), "", w.message(), 1, "", "");
        var at = Ref.of(w);
        return Finding.of(Code.UNKNOWN, at, at, now, List.of(evidence)).with(Basis.FINAL);
    }

    /** The findings whose grace is over and against which nothing speaks. */
    static List<Finding> certain(List<Finding> relevant, Family family, Verdict verdict,
        WaitMemory seen, WaitSettings settings, Instant now) {
        var waiting = relevant.stream().filter(f -> f.code() == Code.INIT_WAITING && !f.wants().waitsFor().isEmpty()).toList();
        return relevant.stream().filter(f -> {
            var grace = grace(f, family, verdict);
            return grace != null && !now.isBefore(seen.first(f).plus(grace.compareTo(TOGETHER) < 0 ? TOGETHER : grace))
                && !doubtful(f, waiting, family, verdict, seen, settings);
        }).toList();
    }

    /** Whether waiting tells nothing more of this workload: it is not under way, or a finding says already what it lacks. */
    static boolean known(Workload w, List<Finding> relevant, Family family) {
        return w.state() != State.progressing || followsOthers(w, family)
            || pending(w, family).filter(a -> !a.error().isEmpty()).isPresent() || relevant.stream()
            .anyMatch(f -> about(f, w) && f.code().role != Code.Role.PROGRESS
            && f.code() != Code.UNKNOWN && f.code() != Code.SCHED_VOLUME_UNBOUND);
    }

    /** Its pods, which are judged themselves, tell what it waits for. */
    private static boolean followsOthers(Workload w, Family family) {
        return w.kind().equals("Service") || w.kind().equals("PersistentVolumeClaim")
            && family.snapshot().anywhere(w.kind(), w.name()).filter(family::bindsOnFirstConsumer).isPresent();
    }

    /** When the next grace ends; the loop wakes then. */
    static Optional<Instant> due(List<Finding> relevant, Family family, Verdict verdict, WaitMemory seen, Instant now) {
        return relevant.stream().map(f -> Optional.ofNullable(grace(f, family, verdict)).map(seen.first(f)::plus)).flatMap(Optional::stream)
            .filter(now::isBefore).min(Comparator.naturalOrder());
    }

    /** How long this must have been so; null when it never ends the wait. */
    private static Duration grace(Finding f, Family family, Verdict verdict) {
        var code = f.code();
        if (f.basis() == Basis.FINAL) {
            return custom(f, family) ? Duration.ofSeconds(30) : TOGETHER;
        }
        if (code.crashes() > 0) {
            return TOGETHER;
        }
        if (code.grace == null) {
            return null;
        }
        if (code.has(Rule.MAKEABLE) && inTheMaking(f, family, verdict)) {
            return IN_THE_MAKING;
        }
        if (code == Code.IMAGE_REGISTRY_UNREACHABLE && f.evidence().stream().map(Evidence::message)
            .noneMatch(m -> Phrase.NO_HOST.occurs(m) && !Phrase.DNS_DOWN.occurs(m))) {
            return null;
        }
        if (code.has(Rule.PLACEMENT)) {
            return placement(f, family);
        }
        return code.has(Rule.JUDGED_FAILED) && state(f, verdict) != State.failed ? null : code.grace.after();
    }

    private static boolean custom(Finding f, Family family) {
        return family.snapshot().objects().keySet().stream().filter(key -> key.startsWith(f.ownerKind() + "."))
            .anyMatch(key -> family.snapshot().anywhere(key, f.ownerName()).isPresent());
    }

    private static State state(Finding f, Verdict verdict) {
        return verdict.workloads().stream().filter(w -> about(f, w))
            .map(Workload::state).findFirst().orElse(State.progressing);
    }

    /** An operator's resource, or a Job that has not ended: either may make Secrets, ConfigMaps, accounts, claims. */
    private static boolean inTheMaking(Finding f, Family family, Verdict verdict) {
        return family.snapshot().applied().stream().anyMatch(a -> !a.object().builtIn() && !INERT.contains(a.object().group()))
            || verdict.runningJobs().anyMatch(w -> !w.name().equals(f.ownerName()));
    }

    /** A pod that fits nowhere; but a cordoned, drained or starting node among the reasons may open again, and room may be made. */
    private static Duration placement(Finding f, Family family) {
        var reasons = f.evidence().stream().flatMap(e -> Scheduling.codes(e.message().toLowerCase(Locale.ROOT)).stream()).toList();
        if (reasons.stream().anyMatch(code -> !code.has(Rule.PLACEMENT) && code != Code.SCHED_INSUFFICIENT_RESOURCES)) {
            return null;
        }
        var grace = (reasons.contains(Code.SCHED_INSUFFICIENT_RESOURCES) ? Code.SCHED_INSUFFICIENT_RESOURCES : f.code()).grace.after();
        return family.snapshot().knows("Event") || grace.compareTo(BLIND) > 0 ? grace : BLIND;
    }

    /** The findings whose grace runs at present; where it does not, it begins anew later. */
    static List<Finding> counting(List<Finding> relevant, Family family, Verdict verdict) {
        return relevant.stream().filter(f -> counts(f, family, verdict)).toList();
    }

    private static boolean counts(Finding f, Family family, Verdict verdict) {
        if (custom(f, family)) { // its operator tries again, and may only lack what is still starting
            return verdict.workloads().stream().noneMatch(w -> w.state() == State.progressing && Kinds.WORKLOADS.contains(w.kind()));
        }
        return grace(f, family, verdict) != null && !(f.code().has(Rule.ROOM) && shrinking(f, family, verdict));
    }

    private static boolean doubtful(Finding f, List<Finding> waiting, Family family, Verdict verdict, WaitMemory seen,
        WaitSettings settings) {
        if (!counts(f, family, verdict)) {
            return true;
        }
        if (f.basis() == Basis.FINAL) {
            return false;
        }
        var pods = owner(f, family).map(o -> Ownership.newestPods(family.snapshot(), o)).orElse(List.of())
            .stream().filter(p -> !p.deleting() && !Pods.ended(p)).toList();
        if (f.code().crashes() > 0) {
            if (pods.stream().anyMatch(p -> Pods.startsAgain(p, f.container(), f.param("exitCode")))) {
                return true;
            }
            boolean ended = f.ownerKind().equals("Pod") && pods.isEmpty();
            return !ended && (f.ownerKind().equals("Job") || pods.isEmpty() || !steady(f, pods, waiting, family, verdict, seen));
        }
        return switch (f.code()) {
            case IMAGE_NOT_FOUND, IMAGE_AUTH, IMAGE_NOT_FOUND_OR_AUTH, IMAGE_PLATFORM_MISMATCH, IMAGE_REGISTRY_UNREACHABLE,
                IMAGE_PULL_SECRET_MISSING -> f.container().isEmpty() || pods.stream().anyMatch(p -> Pods.started(p, f.container()));
            case SECRET_MISSING, CONFIGMAP_MISSING, PVC_MISSING -> f.pod().isEmpty() && pods.stream()
                .anyMatch(Certainty::anyStarted);
            case CONFIG_KEY_MISSING -> f.pod().isEmpty();
            case ROLLOUT_STUCK -> settings.appliedSince() == null || f.since().isBefore(settings.appliedSince());
            default -> false;
        };
    }

    private static boolean anyStarted(Obj pod) {
        return Pods.containers(pod).stream().anyMatch(c -> Pods.started(pod, Json.text(c, "name")));
    }

    /** There is room again when what is being replaced is gone, or when a Job has ended. */
    private static boolean shrinking(Finding f, Family family, Verdict verdict) {
        return family.snapshot().all("Pod").stream().anyMatch(Obj::deleting)
            || verdict.runningJobs().anyMatch(w -> w.ready() < w.desired() && !w.name().equals(f.ownerName()))
            || owner(f, family).map(o -> family.snapshot().ownedBy("ReplicaSet", o).stream()
            .anyMatch(rs -> rs.number("/spec/replicas", 0) < rs.number("/status/replicas", 0))).orElse(false);
    }

    /**
     * Every pod of the newest revision ended in the same way often enough, and once more after all that it may depend on was ready:
     * programs that end until their database is up are no failure.
     */
    private static boolean steady(Finding f, List<Obj> pods, List<Finding> waiting, Family family, Verdict verdict, WaitMemory seen) {
        int enough = f.code().crashes();
        boolean often = pods.stream().allMatch(p -> Optional.ofNullable(seen.crashes().get(CrashCount.key(p, f.container())))
            .filter(c -> c.times() >= enough).isPresent()
            && !Pods.container(p, f.container()).at("/state/running").isObject());
        return often && (enough == 1
            || triedAgain(family, verdict.workloads().stream().filter(w -> !awaits(w, pods, waiting, family)).toList(), seen));
    }

    /** Its init container waits for a Service of these pods: nothing of it can help them before they are up. */
    private static boolean awaits(Workload w, List<Obj> pods, List<Finding> waiting, Family family) {
        return waiting.stream().filter(f -> about(f, w)).flatMap(f -> f.wants().waitsFor().stream())
            .flatMap(a -> family.snapshot().find("Service", a.host()).stream()).map(s -> s.map("/spec/selector"))
            .anyMatch(s -> !s.isEmpty() && pods.stream().anyMatch(p -> p.labels().entrySet().containsAll(s.entrySet())));
    }

    /** Each container that crashes began once more after the last of those workloads that do not crash had become ready. */
    private static boolean triedAgain(Family family, List<Workload> workloads, WaitMemory seen) {
        var looping = new ArrayList<Obj>();
        var since = Instant.EPOCH;
        for (var w : workloads) {
            var pods = family.snapshot().anywhere(w.kind(), w.name()).map(o -> Ownership.newestPods(family.snapshot(), o))
                .orElse(List.of()).stream().filter(p -> !p.deleting()).toList();
            var crashing = pods.stream().filter(p -> !Pods.ended(p) && Pods.containers(p).stream().anyMatch(c -> crashes(p, c, seen)))
                .toList();
            looping.addAll(crashing);
            if (crashing.isEmpty() && !w.kind().equals("Service")) {
                if (w.state() == State.progressing || w.state() == State.failed) {
                    return false;
                }
                since = pods.stream().map(Pods::settledAt).reduce(since, (a, b) -> a.isAfter(b) ? a : b);
            }
        }
        var reachable = since.plus(REACHABLE);
        return looping.stream()
            .allMatch(p -> Pods.containers(p).stream().filter(c -> crashes(p, c, seen)).allMatch(c -> lastBegin(c).isAfter(reachable)));
    }

    private static boolean crashes(Obj pod, JsonNode container, WaitMemory seen) {
        return !Pods.ready(pod) && Optional.ofNullable(seen.crashes().get(CrashCount.key(pod, Json.text(container, "name"))))
            .filter(c -> c.times() > 0 && c.exitCode() != -1).isPresent();
    }

    /** Begin of the last run that has ended. */
    private static Instant lastBegin(JsonNode container) {
        return Obj.instant(container.at("/state/terminated/startedAt")
            .asString(container.at("/lastState/terminated/startedAt").asString("")))
            .orElse(Instant.EPOCH);
    }
}

/** How often a container ended in one and the same way; another exit code is another story and is counted anew. */
record CrashCount(long baseline, long restarts, int exitCode) {
    static String key(Obj pod, String container) {
        return pod.uid() + "/" + container;
    }

    CrashCount next(long restarts, int exitCode) {
        boolean same = exitCode == this.exitCode || this.restarts == baseline;
        return new CrashCount(same ? baseline : Math.max(baseline, restarts - 1), restarts, exitCode);
    }

    long times() {
        return restarts - baseline;
    }
}

/**
 * What the wait found out; never thrown away: an interrupt reads the last one.
 *
 * @param certainSince since when the verdict is certain; empty when it is open
 */
record Judgement(Outcome outcome, Verdict verdict, Snapshot snapshot, List<Finding> certain, Optional<Instant> certainSince) {
    Judgement with(Outcome other) {
        return new Judgement(other, verdict, snapshot, certain, certainSince);
    }

    /** True with the outcome ready alone, so that nobody can read it too early. */
    boolean ready() {
        return outcome == Outcome.ready && verdict.ready();
    }

    List<Workload> workloads() {
        return verdict.workloads();
    }
}

/** What findings say of a pod, in a person's words: {@code image not found}. Pure. */
static final class PodReasons {
    static Map<String, String> of(List<Finding> findings) {
        var reasons = new HashMap<String, String>();
        findings.forEach(f -> say(f).ifPresent(text -> reasons.putIfAbsent(f.pod(), text)));
        return reasons;
    }

    private static Optional<String> say(Finding f) {
        return switch (f.code().family) {
            case IMAGE -> Optional.of(f.code().name().toLowerCase(Locale.ROOT).replace('_', ' '));
            case CONFIG -> f.code().name().endsWith("_MISSING") && !f.objectName().equals(f.ownerName())
                ? Optional.of(Kubectl.ref(f.objectKind(), f.objectName()) + (f.code() == Code.CONFIG_KEY_MISSING
                ? " has no key " + f.param("key") : " is missing")) : Optional.empty();
            default -> Optional.empty();
        };
    }
}

/** References of pod templates and claims that neither the cluster nor the set can meet, before any kubelet says so. Pure. */
static final class Preflight {
    /** Kinds whose names must be known before {@link #missing} can tell anything. */
    static Set<String> kinds(Snapshot snapshot) {
        var kinds = new TreeSet<String>();
        templates(snapshot).forEach(t -> {
            References.of(t.spec()).stream().filter(r -> !r.optional()).forEach(r -> kinds.add(r.kind()));
            if (!References.account(t.spec()).equals("default")) {
                kinds.add("ServiceAccount");
            }
        });
        if (!classes(snapshot).isEmpty()) {
            kinds.add("StorageClass");
        }
        return kinds;
    }

    static List<Finding> missing(Snapshot snapshot) {
        var found = new ArrayList<Finding>();
        for (var t : templates(snapshot)) {
            References.of(t.spec()).stream().filter(r -> !r.optional() && !r.pull() && absent(r.kind(), r.name(), snapshot))
                .forEach(r -> found.add(finding(Code.missing(r.kind()), r.kind(), r.name(), t, snapshot)));
            var account = References.account(t.spec());
            if (!account.equals("default") && absent("ServiceAccount", account, snapshot)) {
                found.add(finding(Code.SERVICE_ACCOUNT_MISSING, "ServiceAccount", account, t, snapshot));
            }
        }
        return found;
    }

    private static Finding finding(Code code, String kind, String name, Template t, Snapshot snapshot) {
        var evidence = new Evidence("spec", t.owner().ref() + "/spec.template.spec", "",
            "names " + Kubectl.ref(kind, name) + ", which neither the namespace nor the manifests have", 1, "", "");
        return Finding.of(code, new Ref(kind, name), Ref.of(t.owner()), snapshot.at(), List.of(evidence));
    }

    private static boolean absent(String kind, String name, Snapshot snapshot) {
        return !name.isEmpty() && snapshot.knows(kind) && snapshot.find(kind, name).isEmpty()
            && snapshot.applied().stream().noneMatch(a -> a.object().kind().equals(kind) && snapshot.own(a.object())
            && a.object().name().equals(name) && a.result() != Result.failed
            && a.result() != Result.skipped);
    }

    /** Live workloads as they are now; of the manifests those that are not there (yet). */
    private static List<Template> templates(Snapshot snapshot) {
        var templates = new ArrayList<Template>();
        for (var kind : Kinds.TEMPLATED) {
            var absent = snapshot.applied().stream().map(Applied::object)
                .filter(o -> o.kind().equals(kind) && snapshot.find(kind, o.name()).isEmpty());
            Stream.concat(snapshot.all(kind).stream().filter(w -> !Ownership.ownedByBuiltIn(w) && Family.runs(w)), absent)
                .forEach(w -> templates.add(new Template(w, w.at("/spec/template/spec"))));
        }
        snapshot.all("Pod").stream().filter(p -> p.controller().isMissingNode() && !Pods.ended(p))
            .forEach(p -> templates.add(new Template(p, p.at("/spec"))));
        templates.removeIf(t -> !snapshot.own(t.owner()));
        return templates;
    }

    private static Set<String> classes(Snapshot snapshot) {
        var classes = new TreeSet<String>();
        snapshot.all("PersistentVolumeClaim").stream().filter(c -> !c.text("/status/phase").equals("Bound"))
            .forEach(c -> classes.add(c.text("/spec/storageClassName")));
        snapshot.applied().stream().map(Applied::object).filter(o -> o.kind().equals("StatefulSet"))
            .flatMap(o -> o.list("/spec/volumeClaimTemplates").stream())
            .forEach(c -> classes.add(c.at("/spec/storageClassName").asString("")));
        return classes;
    }

    /** A pod spec and whose it is. */
    private record Template(Obj owner, JsonNode spec) { }
}

/** Since when nothing has changed any more in what is ready, by the times that the cluster itself wrote. Pure. */
static final class Steady {
    /** Times are whole seconds, and a node's clock may be off by a little. */
    static final Duration DOUBT = Duration.ofSeconds(2);

    /** The latest change of any pod or of what owns it; empty where something has no times that could prove it. */
    static Optional<Instant> since(Verdict verdict, Snapshot snapshot) {
        var latest = snapshot.knows("Pod") ? Instant.MIN : Instant.MAX;
        for (var w : verdict.workloads()) {
            var told = w.state() == State.unverified ? Stream.of(Instant.MAX) : live(w, snapshot).flatMap(o -> times(o, snapshot));
            latest = told.reduce(latest, (a, b) -> a.isAfter(b) ? a : b);
        }
        return Optional.of(latest).filter(t -> t.isAfter(Instant.MIN) && t.isBefore(Instant.MAX));
    }

    private static Stream<Obj> live(Workload w, Snapshot snapshot) {
        return Stream.concat(snapshot.anywhere(w.kind(), w.name()).stream(),
            snapshot.custom().filter(o -> o.kind().equals(w.kind()) && o.name().equals(w.name())));
    }

    private static Stream<Instant> times(Obj o, Snapshot snapshot) {
        return Stream.concat(Stream.of(o), Ownership.newestPods(snapshot, o).stream()).distinct().flatMap(Steady::changes);
    }

    /** A pod must say since when it is ready (or ended), a custom resource since when anything is as it is. */
    private static Stream<Instant> changes(Obj o) {
        var told = o.list("/status/conditions").stream().filter(c -> !o.kind().equals("Pod") || Json.text(c, "type").equals("Ready"))
            .flatMap(c -> Stream.of("lastTransitionTime", "lastUpdateTime").map(field -> Obj.instant(c.path(field).asString(""))))
            .flatMap(Optional::stream).toList();
        var silent = told.isEmpty() && (o.kind().equals("Pod") || !o.builtIn()) ? Stream.of(Instant.MAX) : Stream.<Instant>empty();
        return Stream.of(told.stream(), silent, o.time("/metadata/creationTimestamp").stream()).flatMap(s -> s);
    }
}

/** What the wait remembers from one judgement to the next; folded by {@link #next}, so that time is an argument. */
record WaitMemory(Instant readySince, long restarts, List<String> gating,
    Duration settle, Map<String, Seen> findings, Map<String, CrashCount> crashes,
    Set<String> jobs, Instant jobEnded, Instant certainSince) {
    static final WaitMemory NONE =
        new WaitMemory(null, 0, List.of(), Duration.ZERO, Map.of(), Map.of(), Set.of(), Instant.EPOCH, null);
    /** For how long after the verdict is certain the others may still tell causes of their own. */
    private static final Duration LEARNING = Duration.ofSeconds(45);
    /** A finding that is away for a moment only (a kubelet tries again) has not healed. */
    private static final Duration BLINK = Duration.ofSeconds(5);
    /** A kubelet looks at its containers every second. */
    private static final Duration PROMPT = Duration.ofSeconds(2);
    private static final Duration AT_MOST_BEHIND = Duration.ofSeconds(60);
    /** By how much the clocks of this machine and of the cluster may differ. */
    private static final Duration SKEW = Duration.ofSeconds(10);

    /**
     * @param counting     the findings whose grace runs
     * @param appliedSince when the apply began; null when nothing was applied
     */
    WaitMemory next(Verdict verdict, List<Finding> counting, Snapshot snapshot, Instant appliedSince, Instant now) {
        var refs = verdict.workloads().stream().map(Workload::ref).toList();
        boolean same = readySince != null && verdict.restarts() == restarts && refs.equals(gating);
        var running = verdict.runningJobs().map(Workload::name).collect(Collectors.toSet());
        return new WaitMemory(!verdict.ready() ? null : same ? readySince : now, verdict.restarts(),
            refs, verdict.ready() ? settle(verdict, snapshot) : Duration.ZERO, seen(counting, snapshot, now),
            crashed(snapshot, appliedSince),
            running, running.containsAll(jobs) ? jobEnded : now, certainSince);
    }

    /** The same with what the verdict is now: {@code certain} that it never becomes ready, or open (again). */
    WaitMemory judged(boolean certain, Instant now) {
        return new WaitMemory(readySince, restarts, gating, settle, findings, crashes, jobs, jobEnded,
            !certain ? null : certainSince == null ? now : certainSince);
    }

    /** Readiness that is older than this look, as the cluster's own times prove. */
    WaitMemory readyFor(Duration proven, Instant now) {
        var since = now.minus(proven);
        return readySince == null || !since.isBefore(readySince) ? this
            : new WaitMemory(since, restarts, gating, settle, findings, crashes, jobs, jobEnded, certainSince);
    }

    boolean learned(Instant now) {
        return !now.isBefore(certainSince.plus(LEARNING));
    }

    /**
     * Without a readiness probe a container counts as ready as soon as it runs, so it must run longer to be believed;
     * operators make their objects one after the other.
     */
    private static Duration settle(Verdict verdict, Snapshot snapshot) {
        boolean operators = verdict.workloads().stream()
            .anyMatch(w -> !Kinds.WORKLOADS.contains(w.kind()) && !Kinds.ALSO_JUDGED.contains(w.kind()));
        return verdict.unprobed() ? Duration.ofSeconds(10).plus(behind(snapshot)) : Duration.ofSeconds(operators ? 5 : 3);
    }

    /**
     * What a busy node's kubelet needs more, in which an exit is told as late as the start was: twice of what its slowest report of these
     * pods came later than {@link #PROMPT}. Nothing in the API says how old a status is; leases and conditions of a node are renewed
     * whether or not its pods are looked at.
     */
    private static Duration behind(Snapshot snapshot) {
        var late = snapshot.all("Pod").stream().filter(p -> snapshot.own(p) && !p.deleting()).map(Pods::startToldAfter)
            .reduce(PROMPT, (a, b) -> a.compareTo(b) > 0 ? a : b).minus(PROMPT).multipliedBy(2);
        return late.compareTo(AT_MOST_BEHIND) > 0 ? AT_MOST_BEHIND : late;
    }

    /** Nothing is judged while nothing changes, so what is there now and was there the last time was there all the time. */
    private Map<String, Seen> seen(List<Finding> relevant, Snapshot snapshot, Instant now) {
        var seen = new HashMap<>(findings);
        Stream.concat(relevant.stream().map(WaitMemory::key), snapshot.all("Pod").stream().flatMap(WaitMemory::pulls))
            .forEach(key -> seen.merge(key, new Seen(now, now), (before, fresh) -> new Seen(before.first(), now)));
        seen.values().removeIf(s -> !s.last().plus(BLINK).isAfter(now));
        return seen;
    }

    private Map<String, CrashCount> crashed(Snapshot snapshot, Instant appliedSince) {
        var crashed = new HashMap<String, CrashCount>();
        for (var pod : snapshot.all("Pod")) {
            for (var c : Pods.containers(pod)) {
                long restarts = c.path("restartCount").asLong(0);
                if (restarts > 0) {
                    var key = CrashCount.key(pod, Json.text(c, "name"));
                    int exit = c.at("/lastState/terminated/exitCode").asInt(c.at("/state/terminated/exitCode").asInt(-1));
                    var before = Optional.ofNullable(crashes.get(key))
                        .orElseGet(() -> new CrashCount(baseline(pod, restarts, appliedSince), restarts, exit));
                    crashed.put(key, before.next(restarts, exit));
                }
            }
        }
        return crashed;
    }

    /** What a pod did before the apply does not count against it; without an apply all of it does. */
    private static long baseline(Obj pod, long restarts, Instant appliedSince) {
        boolean older = appliedSince != null && pod.time("/metadata/creationTimestamp")
            .filter(t -> t.isBefore(appliedSince.minus(SKEW))).isPresent();
        return older ? restarts : 0;
    }

    private static String key(Finding f) {
        return String.join("|", f.code().name(), f.objectKind(), f.objectName(), f.ownerKind(), f.ownerName(), f.container());
    }

    /** Containers that began: their registries have served an image since they were seen last. */
    private static Stream<String> pulls(Obj pod) {
        return Pods.specs(pod.at("/spec")).filter(c -> Pods.started(pod, Json.text(c, "name")))
            .map(c -> pulled(Json.text(c, "image")) + CrashCount.key(pod, Json.text(c, "name")));
    }

    private static String pulled(String image) {
        return "pulled|" + Merge.registry(image) + "|";
    }

    private Instant lastPull(String image) {
        return findings.entrySet().stream().filter(e -> e.getKey().startsWith(pulled(image))).map(e -> e.getValue().first())
            .max(Comparator.naturalOrder()).orElse(Instant.EPOCH);
    }

    /**
     * Since when this is so; what a Job may have made is awaited anew from the moment at which the Job ended, a registry that is away
     * from its last success on.
     */
    Instant first(Finding f) {
        var first = Optional.ofNullable(findings.get(key(f))).map(Seen::first).orElse(Instant.MAX.minusSeconds(86_400));
        if (f.code() == Code.IMAGE_REGISTRY_UNREACHABLE) {
            var pull = lastPull(f.param("image"));
            return pull.isAfter(first) ? pull : first;
        }
        return f.code().has(Rule.MAKEABLE) && jobEnded.isAfter(first) ? jobEnded : first;
    }

    boolean settled(Instant now) {
        return readySince != null && !now.isBefore(readySince.plus(settle));
    }

    /** When a finding was first and last there. */
    record Seen(Instant first, Instant last) { }

    /** When the settling ends, or the patience with a certain failure, if that is still to come. */
    Optional<Instant> due(Instant now) {
        return Stream.of(Optional.ofNullable(readySince).map(since -> since.plus(settle)),
            Optional.ofNullable(certainSince).map(since -> since.plus(LEARNING))).flatMap(Optional::stream)
            .filter(at -> at.isAfter(now)).min(Comparator.naturalOrder());
    }
}

// src/ensure_ready/diagnosis/

/** Rights that pods need of the API server: a Role that is bound but absent, an agent that nobody gave any. Pure. */
record AccessFindings(Observed seen, Ref agent) {
    Stream<Finding> find() {
        return Stream.concat(seen.snapshot.all("RoleBinding").stream()
            .filter(b -> b.text("/roleRef/kind").equals("Role") && !seen.exists("Role", b.text("/roleRef/name")))
            .flatMap(b -> subjects(b).flatMap(account -> users(account).map(w -> unbound(b, Ref.of(w))))),
            seen.snapshot.find(agent.kind(), agent.name()).flatMap(this::agent).stream());
    }

    private Finding unbound(Obj binding, Ref workload) {
        var role = binding.text("/roleRef/name");
        return seen.finding(Code.RBAC_ROLE_MISSING, new Ref("Role", role), workload, Optional.empty(),
            List.of(Evidence.field(binding, "roleRef", "Role " + role))).with(Map.of("binding", binding.name()));
    }

    /** The agent works through the API server; an account of its own without any binding may do nothing there. */
    private Optional<Finding> agent(Obj deployment) {
        var account = deployment.text("/spec/template/spec/serviceAccountName");
        var bound = seen.snapshot.all("RoleBinding").stream().anyMatch(b -> subjects(b).anyMatch(account::equals));
        if (account.isEmpty() || account.equals("default") || bound || !seen.snapshot.knows("RoleBinding")
            || seen.snapshot.find("ServiceAccount", account).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(seen.finding(Code.RBAC_ROLE_MISSING, new Ref("ServiceAccount", account), agent, Optional.empty(),
            List.of(Evidence.field(deployment, "spec.template.spec.serviceAccountName",
                account + ": no RoleBinding of this namespace names it"))).with(Basis.INFERRED));
    }

    /** The Roles that the workload's account is bound to, also those that do not exist. */
    static List<Ref> roles(Snapshot snapshot, Obj workload) {
        var account = workload == null ? "" : Dependencies.podSpec(workload).path("serviceAccountName").asString("default");
        return snapshot.all("RoleBinding").stream().filter(b -> subjects(b).anyMatch(account::equals)).map(b -> Ref.of(b.at("/roleRef")))
            .filter(r -> r.is("Role")).sorted().toList();
    }

    private static Stream<String> subjects(Obj binding) {
        return binding.list("/subjects").stream().filter(s -> Json.text(s, "kind").equals("ServiceAccount"))
            .map(s -> Json.text(s, "name"));
    }

    private Stream<Obj> users(String account) {
        return Stream.of("Deployment", "StatefulSet", "DaemonSet").flatMap(k -> seen.snapshot.all(k).stream())
            .filter(w -> w.text("/spec/template/spec/serviceAccountName").equals(account));
    }
}

/** What exists in place of what is missing or wrong, nearest first, each with what tells whether it would do. Pure. */
record Candidates(Observed seen, Dependencies needs, Finding f) {
    private static final int MOST = 6;
    private static final int CHARS = 160;

    /** At most six lines such as {@code pvc/geo-pvc: Bound, 10Gi, unused}. */
    static List<String> of(Observed seen, Dependencies needs, Finding f) {
        return new Candidates(seen, needs, f).find().filter(c -> !c.isEmpty())
            .distinct().limit(MOST).map(c -> Texts.cut(Texts.line(c), CHARS)).toList();
    }

    private Snapshot snapshot() {
        return seen.snapshot;
    }

    private Stream<String> find() {
        return switch (f.code()) {
            case IMAGE_NOT_FOUND, IMAGE_NOT_FOUND_OR_AUTH, IMAGE_NAME_INVALID,
                IMAGE_NEVER_PULL, IMAGE_REGISTRY_UNREACHABLE, IMAGE_PULL_FAILED ->
                images();
            case IMAGE_AUTH, IMAGE_PULL_SECRET_MISSING ->
                near("Secret", o -> o.text("/type").contains("docker") ? "pull secret" + users(o) : "");
            case IMAGE_PLATFORM_MISMATCH -> nodes("kubernetes.io/arch"::equals);
            case SECRET_MISSING, CONFIGMAP_MISSING ->
                Stream.concat(near(f.objectKind(), Candidates::keyed), sameVariables());
            case INGRESS_TLS_SECRET_MISSING -> near("Secret", o -> o.text("/type").endsWith("/tls") ? " " : "");
            case SERVICE_ACCOUNT_MISSING, INGRESS_CLASS_MISSING, RBAC_ROLE_MISSING ->
                near(f.code() == Code.INGRESS_CLASS_MISSING ? "IngressClass"
                : f.objectKind(), o -> " ");
            case PVC_MISSING -> near("PersistentVolumeClaim", this::claim);
            case PVC_STORAGECLASS_MISSING, PVC_NO_DEFAULT_CLASS, PVC_PROVISIONER_MISSING,
                PVC_PROVISION_FAILED -> near("StorageClass", Candidates::type);
            case PVC_UNBOUND, PVC_PV_RELEASED -> near("PersistentVolume", Candidates::volume);
            case CONFIG_KEY_MISSING -> keys();
            case CRASH_MISSING_ENV -> Stream.concat(variables(), f.param("variable").matches(".*(HOST|ADDR|ADDRESS|URL|SERVER)")
                ? near("Service", Candidates::ports) : Stream.empty());
            case ENV_PORT_MISMATCH, DNS_NAME_UNKNOWN, DEPENDENCY_SERVICE_MISSING,
                SVC_MISSING, STS_HEADLESS_SVC_MISSING, INGRESS_BACKEND_MISSING,
                INGRESS_BACKEND_PORT, CRASH_DEPENDENCY_UNREACHABLE -> near("Service", Candidates::ports);
            case SVC_SELECTOR_MISMATCH -> f.param("workload").isEmpty() ? needs.workloads().values().stream()
                .map(w -> w.ref() + " has labels " + Dependencies.labels(w)) : Stream.empty();
            case SVC_TARGET_PORT_MISMATCH -> snapshot().find("Service", f.objectName()).stream()
                .flatMap(needs::serving).flatMap(w -> leaves(w, "ports\\[.*(containerPort|name) "));
            case CR_NOT_READY, CERT_NOT_READY -> named();
            case ADMISSION_DENIED -> f.evidence().toString().contains("volumeMounts") ? needs.workload(f.owner()).stream()
                .flatMap(w -> Dependencies.podSpec(w).path("volumes").valueStream())
                .map(v -> "volumes[" + Json.text(v, "name") + "]") : Stream.empty();
            case PROBE_READINESS_FAILING -> f.param("listens").isEmpty() ? Stream.empty() : Stream.concat(
                Stream.of(f.param("listens") + ", where alone the program says that it listens; a probe asks at the pod's address"),
                needs.workload(f.owner()).stream()
                    .flatMap(w -> leaves(w, "(command|args|env).*(127\\.0\\.0\\.1|localhost)")));
            default -> scheduled();
        };
    }

    /** Nodes, and what is about them, where no node would do. */
    private Stream<String> scheduled() {
        return switch (f.code()) {
            case SCHED_POD_ANTI_AFFINITY -> Stream.of(snapshot().all("Node").size()).filter(n -> n > 0).map(n -> Texts.count(n, "node"));
            case SCHED_NODE_SELECTOR, SCHED_TOPOLOGY -> nodes(k -> !k.matches("kubernetes\\.io/(os|hostname)|beta\\.kubernetes\\.io/.*"));
            case SCHED_INSUFFICIENT_RESOURCES -> folded(this::room);
            case SCHED_TAINT, SCHED_NODES_UNAVAILABLE -> folded(n -> (n.is("/spec/unschedulable") ? "cordoned, " : "")
                + (n.list("/spec/taints").isEmpty() ? "no taints" : "taints " + Facts.compact(n.at("/spec/taints"))));
            case SCHED_NODE_MISSING -> snapshot().all("Node").stream().map(Obj::ref);
            case SCHED_HOST_PORT -> siblings(e -> e.getKey().endsWith("hostPort"));
            case SCHED_SCHEDULER_MISSING -> Stream.concat(snapshot().all("Pod").stream().filter(p -> !p.text("/spec/nodeName").isEmpty())
                .map(p -> p.text("/spec/schedulerName")), Stream.of("default-scheduler"));
            default -> Stream.empty();
        };
    }

    /** What exists of the kinds of which a custom resource names something that does not; a ClusterIssuer may have been an Issuer. */
    private Stream<String> named() {
        var told = f.evidence().toString();
        return snapshot().custom().filter(o -> Ref.of(o).equals(f.object())).limit(1)
            .flatMap(o -> CustomReference.of(snapshot(), o).stream())
            .filter(r -> r.missing(snapshot()) ? told.contains(r.name()) || !r.path().endsWith("Name")
                : r.target(snapshot()).isEmpty() && told.contains(r.name()))
            .flatMap(r -> snapshot().objects().entrySet().stream()
                .filter(e -> e.getKey().replaceAll("\\..*|^Cluster(?=[A-Z])", "").equals(r.kind().replaceAll("^Cluster(?=[A-Z])", "")))
                .flatMap(e -> e.getValue().stream()).filter(o -> !o.name().equals("kube-root-ca.crt"))
                .sorted(Comparator.comparing((Obj o) -> NearMiss.distance(o.name(), r.name())).thenComparing(Obj::name))
                .map(o -> o.ref() + switch (o.kind()) {
                    case "Secret", "ConfigMap" -> " (" + keyed(o) + ")";
                    case "Service" -> " (" + ports(o) + ")";
                    default -> "";
                }));
    }

    private static String quoted(String text) {
        return Pattern.quote(text) + "$";
    }

    /** Objects of a kind with what is said of each, similar names first; an empty text leaves one out. */
    private Stream<String> near(String kind, Function<Obj, String> text) {
        var name = f.param("host").isEmpty() ? f.param("service").isEmpty() ? f.param("class").isEmpty()
            ? f.param("name").isEmpty() ? f.objectName() : f.param("name") : f.param("class")
            : f.param("service") : f.param("host").replaceFirst("\\..*", "");
        var port = f.param("address").replaceFirst("^.*:", "");
        return snapshot().all(kind).stream()
            .filter(o -> !o.name().equals("kube-root-ca.crt") && !Ref.of(o).equals(f.object())
            && !o.text("/type").contains("service-account-token"))
            .filter(o -> !(kind.equals("Service") && f.code() == Code.SVC_MISSING && needs.behind(o).isEmpty()))
            .map(o -> Map.entry(NearMiss.distance(o.name(), name) - (unused(o) ? 3 : 0)
                - (!port.isEmpty() && Ports.serves(o, port) ? 4 : 0), o))
            .sorted(Map.Entry.<Integer, Obj>comparingByKey().thenComparing(e -> e.getValue().name())).map(Map.Entry::getValue)
            .map(o -> text.apply(o).isEmpty() ? "" : text.apply(o).isBlank() ? o.ref() : o.ref() + " (" + text.apply(o).strip() + ")");
    }

    private boolean unused(Obj o) {
        return o.kind().equals("PersistentVolumeClaim") && users(o).isEmpty();
    }

    private static String keyed(Obj o) {
        return o.keys().isEmpty() ? "no keys" : "keys " + String.join(", ", o.keys());
    }

    private String claim(Obj o) {
        return told(o.text("/status/phase"), o.text("/spec/resources/requests/storage"), Facts.compact(o.at("/spec/accessModes")),
            users(o).isEmpty() ? "unused" : users(o).strip());
    }

    private static String type(Obj o) {
        var chosen = o.annotation("storageclass.kubernetes.io/is-default-class").equals("true");
        return told(o.text("/provisioner"), chosen ? "the default" : "");
    }

    private static String volume(Obj o) {
        var named = o.text("/spec/storageClassName");
        var claim = o.text("/spec/claimRef/name");
        return told(o.text("/status/phase"), o.text("/spec/capacity/storage"), Facts.compact(o.at("/spec/accessModes")),
            named.isEmpty() ? "" : "class " + named, claim.isEmpty() ? "unclaimed" : "claim " + claim);
    }

    /** What is known of it; the rest leaves no empty place. */
    private static String told(String... parts) {
        return Stream.of(parts).filter(p -> !p.isEmpty()).collect(Collectors.joining(", "));
    }

    private static String ports(Obj service) {
        return service.list("/spec/ports").stream().map(p -> (Json.text(p, "port") + " " + Json.text(p, "name")).strip())
            .reduce((a, b) -> a + ", " + b).map(all -> "ports " + all).orElse("no ports");
    }

    /** Which workloads name it. */
    private String users(Obj o) {
        var users = needs.users(Ref.of(o));
        return users.isEmpty() ? "" : " used by " + String.join(", ", users);
    }

    private Stream<String> leaves(Obj workload, String pattern) {
        var wanted = Pattern.compile(pattern);
        return needs.leaves(workload).entrySet().stream().map(e -> e.getKey() + " = " + e.getValue()).filter(wanted.asPredicate())
            .map(l -> workload.ref() + " " + Facts.base(workload) + l);
    }

    /** The same setting of other workloads: a reference that works. */
    private Stream<String> siblings(Predicate<Map.Entry<String, String>> wanted) {
        return needs.workloads().entrySet().stream().filter(w -> !w.getKey().equals(f.owner()))
            .flatMap(w -> needs.leaves(w.getValue()).entrySet().stream().filter(wanted)
            .map(e -> w.getValue().ref() + " " + Facts.base(w.getValue()) + e.getKey() + " = " + e.getValue()));
    }

    /** Where others take the variables from that would come from the missing object. */
    private Stream<String> sameVariables() {
        var mine = needs.workload(f.owner()).stream()
            .flatMap(w -> leaves(w, "env\\[.*Ref.name = " + quoted(f.objectName())))
            .map(Leaves::variable).collect(Collectors.toSet());
        return siblings(e -> e.getKey().contains("env[") && e.getKey().endsWith("Ref.name")).filter(l -> !l.endsWith(" = " + f.objectName())
            && mine.contains(Leaves.variable(l)));
    }

    /** Images of the same repository, else those of the same registry or name. */
    private Stream<String> images() {
        var image = f.param("image");
        var repository = image.replaceFirst("(@sha256:.*|:[^/]*)$", "");
        return needs.images().getOrDefault(Dependencies.last(repository), Map.of())
            .entrySet().stream().filter(e -> !e.getKey().equals(image))
            .sorted(Comparator.comparing((Map.Entry<String, String> e) -> !e.getKey().startsWith(repository + ":"))
                .thenComparing(e -> NearMiss.distance(e.getKey(), image))).map(e -> e.getKey() + e.getValue());
    }

    private Stream<String> keys() {
        var holder = snapshot().find(f.objectKind(), f.objectName());
        var near = holder.stream().flatMap(o -> o.keys().stream())
            .sorted(Comparator.comparing((String k) -> !k.equalsIgnoreCase(f.param("key")))
            .thenComparing(k -> NearMiss.distance(k.toLowerCase(Locale.ROOT), f.param("key").toLowerCase(Locale.ROOT))))
            .limit(3).map(k -> "key " + k);
        var elsewhere = Stream.of("ConfigMap", "Secret").flatMap(k -> snapshot().all(k).stream())
            .filter(o -> !o.name().equals(f.objectName()) && o.keys().contains(f.param("key"))).map(o -> o.ref() + " has that key");
        return Stream.concat(near, elsewhere);
    }

    /** Who else sets this variable, which object has a key of that name, and which variable comes near. */
    private Stream<String> variables() {
        var name = f.param("variable");
        if (name.isEmpty()) {
            return Stream.empty();
        }
        var mine = needs.workload(f.owner()).stream().flatMap(w -> leaves(w, "env\\["))
            .filter(l -> NearMiss.near(Leaves.variable(l), name));
        var objects = Stream.of("ConfigMap", "Secret").flatMap(k -> snapshot().all(k).stream())
            .flatMap(o -> o.keys().stream().filter(k -> k.replace('-', '_').equalsIgnoreCase(name))
            .map(k -> o.ref() + " has key " + k));
        return Stream.of(mine, objects, siblings(e -> e.getKey().contains("env[" + name + "]"))).flatMap(s -> s);
    }

    private Stream<String> nodes(Predicate<String> label) {
        var asked = needs.workload(f.owner()).map(w -> needs.leaves(w).toString()).orElse("");
        return folded(n -> n.labels().entrySet().stream()
            .filter(e -> label.test(e.getKey()) || asked.contains("nodeSelector." + e.getKey() + "="))
            .map(e -> e.getKey() + "=" + e.getValue()).reduce((a, b) -> a + ", " + b).map(all -> "labels " + all).orElse(""));
    }

    /** Nodes of which the same is to be said stand together. */
    private Stream<String> folded(Function<Obj, String> text) {
        var nodes = new TreeMap<String, String>();
        snapshot().all("Node").stream().sorted(Comparator.comparing(Obj::name))
            .forEach(n -> nodes.merge(text.apply(n), n.ref(), (a, b) -> a + ", " + b));
        return nodes.entrySet().stream().map(e -> e.getKey().isEmpty() ? e.getValue() : e.getValue() + ": " + e.getKey());
    }

    /** Allocatable, and what of it the pods of this namespace leave; those of others are not seen. */
    private String room(Obj node) {
        var told = f.evidence().toString().toLowerCase(Locale.ROOT);
        return Stream.of("cpu", "memory", "ephemeral-storage", "pods")
            .filter(r -> told.contains(r.equals("pods") ? "too many pods" : "insufficient " + r)
            || !told.contains("insufficient") && !told.contains("too many pods") && !r.startsWith("eph")).map(r -> {
            var all = node.at("/status/allocatable").path(r).asString("");
            var used = snapshot().all("Pod").stream().filter(p -> p.text("/spec/nodeName").equals(node.name()) && !Pods.ended(p))
                .mapToDouble(p -> r.equals("pods") ? 1 : p.list("/spec/containers").stream()
                    .mapToDouble(c -> Quantities.of(c.at("/resources/requests").path(r).asString(""))).sum()).sum();
            return all.isEmpty() ? "" : r + " " + all + (used > 0 ? " (" + Quantities.text(r, Quantities.of(all) - used) + " free)" : "");
        }).filter(t -> !t.isEmpty()).collect(Collectors.joining(", "));
    }
}

/** One root cause, as the JSON gives it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Cause(String id, String fingerprint, Code code, Code.Family family,
    Code.Severity severity, ObjectRef object, ObjectRef owner, String container,
    String basis, double confidence, Map<String, String> params,
    List<Fact> facts, List<String> candidates, Fix fix, List<String> next, List<Proof> evidence, Excerpt logExcerpt,
                 List<Symptom> explains, boolean oldRevisionServing, boolean blocksAgent,
                 @JsonIgnore int affected, @JsonIgnore String firstSeen) {
    Cause numbered(String number) {
        return new Cause(number, fingerprint, code, family, severity, object,
            owner, container, basis, confidence, params, facts, candidates, fix, next, evidence, logExcerpt,
            explains, oldRevisionServing, blocksAgent, affected, firstSeen);
    }
}

/** What symptoms that name a host come down to: no such name, no such port, a policy, DNS, or the workload behind it. Pure. */
static final class Connections {
    /** The findings, understood better where that was possible, and the needs that symptoms tell. */
    record Understood(List<Finding> findings, List<Edge> edges) { }

    /** What a symptom complains of, and what that means: one thing, or several when more than one is missing. */
    private record Complaint(Finding told, List<Finding> meaning) {
        void means(Finding better) {
            var last = meaning.get(meaning.size() - 1);
            if (last == told || last.code().role != Code.Role.CAUSE) {
                meaning.remove(meaning.size() - 1);
            }
            meaning.add(better);
        }

        void means(Code code, Ref at, Map<String, String> params) {
            means(told.as(code, at).with(params));
        }

        /** What it misses is known, and by this name only. */
        void meansNamed(Code code, Ref at, Map<String, String> params) {
            means(told.as(code, at).with(params).named());
        }

        Ref owner() {
            return told.owner();
        }
    }

    private static final Set<Code> MISSING =
        EnumSet.of(Code.SECRET_MISSING, Code.CONFIGMAP_MISSING, Code.PVC_MISSING, Code.SERVICE_ACCOUNT_MISSING);
    private static final String IP = "\\d+(\\.\\d+){3}";
    private static final Pattern WORD = Pattern.compile("(?:://(?:[^@/\\s]*@)?|.ipv4[:#]|[\\s\"'`(=@/\\[]|^)"
        + "([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?:[:/](\\d{2,5}))?(?=$|[\\s\"'`),;:/\\]\\\\?])");
    private final Observed seen;
    private final Snapshot snapshot;
    private final Dependencies needs;
    private final Set<Ref> unready;
    private final NetworkPolicies policies;
    private final List<Edge> edges = new ArrayList<>();
    private final Map<Ref, Complaint> unresolved = new TreeMap<>();

    Connections(Observed seen, Dependencies needs, Set<Ref> unready) {
        this.seen = seen;
        this.snapshot = seen.snapshot;
        this.needs = needs;
        this.unready = unready;
        this.policies = new NetworkPolicies(seen.snapshot);
    }

    Understood understand(List<Finding> told) {
        var symptoms = told.stream().map(f -> new Complaint(f, new ArrayList<>(List.of(f)))).toList();
        var speaking = told.stream().map(Finding::owner).collect(Collectors.toSet());
        symptoms.stream().filter(s -> unready.contains(s.owner())).forEach(s -> understand(s, speaking));
        if (unresolved.size() >= 2) {
            unresolved.values().forEach(s -> s.means(Code.DNS_CLUSTER_FAILURE, new Ref("Service", "kube-dns"), Map.of()));
        }
        return new Understood(symptoms.stream().flatMap(s -> s.meaning().stream()).toList(), List.copyOf(edges));
    }

    private void understand(Complaint s, Set<Ref> speaking) {
        var f = s.told();
        if (MISSING.contains(f.code()) && !f.owner().equals(f.object())
            && snapshot.applied(f.objectKind(), f.objectName()).filter(a -> a.result() == Result.failed).isPresent()) {
            edges.add(new Edge(f.owner(), f.object(), Edge.Origin.MAKER, "refused: " + f.object(), 1, ""));
            s.means(f.with(Basis.WEAK).named());
            return;
        }
        switch (f.code()) {
            case SECRET_MISSING -> CustomFindings.maker(snapshot, f.objectName())
                .or(() -> namesake(f)).filter(m -> speaking.contains(Ref.of(m))).ifPresent(m -> {
                edges.add(new Edge(f.owner(), Ref.of(m), Edge.Origin.MAKER, "made by " + m.ref(), 1, ""));
                s.means(f.with(Basis.WEAK).named());
            });
            case INIT_WAITING, CRASH_DEPENDENCY_UNREACHABLE -> targets(f).forEach((address, line) -> target(s, address, line));
            case PROBE_READINESS_FAILING, CRASH_APP_ERROR -> {
                if (f.wants().unreachable()) {
                    targets(f).forEach((address, line) -> target(s, address, line));
                } else {
                    named(f, lines(f)).keySet().forEach(a -> broken(s, a));
                    schema(s);
                }
            }
            case RBAC_RUNTIME_FORBIDDEN -> {
                var roles = AccessFindings.roles(snapshot, needs.workloads().get(f.owner()));
                roles.stream().filter(r -> snapshot.find("Role", r.name()).isPresent()).findFirst().map(role -> f.as(f.code(), role))
                    .or(() -> roles.stream().findFirst().filter(r -> snapshot.knows("Role")).map(absent -> f.with(Basis.WEAK)))
                    .ifPresent(s::means);
            }
            case ADMISSION_WEBHOOK_UNAVAILABLE -> named(f, f.evidence().stream()
                .map(e -> e.message().replaceFirst("(?s).*?https://([^/\"]*).*", "$1")).toList()).keySet().forEach(a -> broken(s, a));
            case CRASH_AUTH_FAILED -> named(f, lines(f)).keySet().stream().findFirst().flatMap(a -> needs.service(a.host()))
                .or(() -> onlyService(f)).ifPresent(service -> s.means(f.with(Map.of("target", service.name()))));
            default -> { }
        }
    }

    /** An operator calls the Secrets that it makes after its resource; what deploys the workload itself makes none for it. */
    private Optional<Obj> namesake(Finding f) {
        var workload = needs.workloads().get(f.owner());
        return snapshot.custom()
            .filter(o -> workload != null && ("-" + f.objectName().replace('.', '-') + "-").contains("-" + o.name() + "-")
            && !o.group().matches("argoproj\\.io|.*fluxcd\\.io") && !Ownership.called(workload, o) && !needs.below(workload, o))
            .max(Comparator.comparingInt((Obj o) -> o.name().length()).thenComparing(Obj::kind));
    }

    /** A general error that names a Service whose workload is not ready is most likely that one's. */
    private void broken(Complaint s, Address a) {
        needs.service(a.host()).filter(x -> needs.behind(x).stream().anyMatch(w -> unready.contains(w) && !w.equals(s.owner())))
            .ifPresent(x -> {
                edges.add(new Edge(s.owner(), Ref.of(x), Edge.Origin.LOG, "log:" + x.name(), 0.9, a.port()));
                s.means(s.told().with(Basis.WEAK).named());
            });
    }

    /** It misses tables that a Job which is not done makes; or a database, which the Service that it names knows by another name. */
    private void schema(Complaint s) {
        var text = log(s.told()) == null ? ""
            : log(s.told()).lines().stream().filter(l -> !Phrase.ASIDE.occurs(l)).collect(Collectors.joining("\n"));
        var jobs = Phrase.SCHEMA.occurs(text) ? unready.stream() : Stream.<Ref>empty();
        jobs.filter(w -> w.is("Job") && Phrase.MIGRATES.occurs(w.name() + " "
            + Dependencies.podSpec(needs.workloads().get(w)).path("containers"))).findFirst().ifPresent(job -> {
                edges.add(new Edge(s.owner(), job, Edge.Origin.LOG, "log:schema", 0.9, ""));
                s.means(s.told().with(Basis.WEAK).named());
            });
        if (Phrase.NO_DATABASE.occurs(text)) {
            onlyService(s.told()).ifPresent(service -> s.means(s.told().with(Map.of("target", service.name()))));
        }
    }

    /** Who refuses the credentials, when the log does not say: the only Service that the settings name. */
    private Optional<Obj> onlyService(Finding f) {
        var services = needs.mentions(f.owner()).stream().flatMap(m -> needs.service(m.host()).stream()).map(Obj::name).distinct().toList();
        return services.size() == 1 ? snapshot.find("Service", services.get(0)) : Optional.empty();
    }

    private static List<String> lines(Finding f) {
        return f.evidence().stream().filter(e -> e.source().equals("log")).map(Evidence::message).toList();
    }

    private Log log(Finding f) {
        return snapshot.logs().get(f.pod() + "/" + f.container());
    }

    /**
     * What the symptom waits for, each with the text that says so: the log first, which is what happened; else the init container's
     * command.
     */
    private Map<Address, String> targets(Finding f) {
        var told = new LinkedHashMap<>(named(f, lines(f)));
        if (told.isEmpty() && log(f) != null) {
            told.putAll(named(f, LogReading.around(log(f).lines())));
        }
        var text = String.join("\n", lines(f));
        if (told.isEmpty() && Phrase.NO_NAME.occurs(text)) {
            onlyUnknown(f).ifPresent(a -> told.put(a, text));
        }
        if (told.isEmpty() && Phrase.STARTS.occurs(text)) {
            onlyService(f).ifPresent(service -> told.put(new Address(service.name(), ""), text));
        }
        for (var a : f.wants().waitsFor()) {
            if (told.keySet().stream().noneMatch(t -> needs.local(t.host()).equals(needs.local(a.host())))) {
                told.put(a, told.isEmpty() ? text : "");
            }
        }
        return told;
    }

    /** The name that cannot be resolved, when the log does not say which: the only one in the settings that no Service has. */
    private Optional<Address> onlyUnknown(Finding f) {
        var hosts = needs.mentions(f.owner()).stream().filter(m -> needs.local(m.host()).isPresent() && needs.service(m.host()).isEmpty())
            .collect(Collectors.toMap(Mention::host, Mention::address, (a, b) -> a));
        return hosts.size() == 1 && snapshot.knows("Service") ? hosts.values().stream().findFirst() : Optional.empty();
    }

    /** Hosts in these lines that are unknown, or known as Services of others; a pod's address is an edge at once. */
    private Map<Address, String> named(Finding f, List<String> lines) {
        var found = new LinkedHashMap<Address, String>();
        for (var line : lines) {
            var unknown = unresolved(line) ? Phrase.UNKNOWN_HOST.in(line) : "";
            if (!unknown.isEmpty() && !unknown.matches(IP + "|on|for|address|name")) {
                found.putIfAbsent(new Address(unknown, ""), line);
            } else {
                words(f, line).forEach(a -> found.putIfAbsent(a, line));
            }
        }
        return found;
    }

    private static boolean unresolved(String line) {
        return Phrase.NO_NAME.occurs(line) || Phrase.DNS_DOWN.occurs(line);
    }

    private List<Address> words(Finding f, String line) {
        var found = new ArrayList<Address>();
        var port = Phrase.PORT.in(line);
        var words = WORD.matcher(line);
        while (words.find()) {
            var host = words.group(1);
            if (host.equals("localhost") || host.equals("127.0.0.1")
                || needs.service(host).filter(s -> !needs.behind(s).contains(f.owner())).isPresent()) {
                found.add(new Address(host, words.group(2) != null ? words.group(2) : port));
            } else {
                needs.byAddress(host, seen).filter(w -> !w.equals(f.owner()))
                    .ifPresent(w -> edges.add(new Edge(f.owner(), w, Edge.Origin.LOG, "log:" + host, 0.9, "")));
            }
        }
        return found;
    }

    private void target(Complaint s, Address a, String line) {
        var service = needs.service(a.host());
        var local = needs.local(a.host());
        var workload = snapshot.knows("Service") ? Optional.<Ref>empty() : local.flatMap(host -> called(s, host));
        if (a.host().equals("localhost") || a.host().startsWith("127.")) {
            s.means(s.told().named());
        } else if (service.isPresent() && unresolved(line) && service.get().text("/spec/type").equals("ExternalName")) {
            s.meansNamed(Code.DNS_NAME_UNKNOWN, Ref.of(service.get()), Map.of("host", service.get().text("/spec/externalName")));
        } else if (service.isPresent()) {
            reachable(s, a, service.get(), line);
        } else if (local.isPresent() && unapplied(snapshot, local.get())) {
            leads(s, a, new Ref("Service", local.get()));
        } else if (workload.isPresent()) {
            leads(s, a, workload.get()); // whether it has a Service is not known
        } else if (local.isPresent() && snapshot.knows("Service") || Phrase.NO_NAME.occurs(line)) {
            absent(s, a, local, line);
        }
    }

    static boolean unapplied(Snapshot snapshot, String service) {
        return snapshot.applied("Service", service).filter(x -> x.result() == Result.failed).isPresent();
    }

    private void leads(Complaint s, Address a, Ref to) {
        edges.add(edge(s, a, to));
        s.means(s.told().named());
    }

    /** Another workload that is called so, or whose pods are. */
    private Optional<Ref> called(Complaint s, String host) {
        return needs.workloads().values().stream().filter(w -> w.name().equals(host) || w.text("/spec/serviceName").equals(host))
            .map(Ref::of).filter(w -> !w.equals(s.owner())).findFirst();
    }

    private static Edge edge(Complaint s, Address a, Ref to) {
        var init = s.told().code() == Code.INIT_WAITING;
        return new Edge(s.owner(), to, init ? Edge.Origin.INIT : Edge.Origin.LOG, init
            ? "init:" + s.told().container() + " " + a : "log:" + a,
            0.9, a.port());
    }

    /** No Service of that name. A log that was refused by an address proves that the name did resolve. */
    private void absent(Complaint s, Address a, Optional<String> local, String line) {
        var host = local.orElse(a.host());
        if (Phrase.DNS_DOWN.occurs(line) && dnsBlocked(s)) {
            return;
        }
        var params = new HashMap<>(Map.of("host", host, "nearMiss", NearMiss.of(host, snapshot.all("Service"))));
        setting(s, a.host()).ifPresent(x -> params.put("setting", x));
        var service = new Ref("Service", host);
        var set = snapshot.all("StatefulSet").stream().filter(x -> x.text("/spec/serviceName").equals(host)).findFirst();
        if (set.isPresent()) {
            s.meansNamed(Code.STS_HEADLESS_SVC_MISSING, Ref.of(set.get()), params);
        } else if (local.isPresent() && needs.workloads().keySet().stream().anyMatch(w -> w.name().equals(host) && !w.equals(s.owner()))) {
            s.meansNamed(Code.SVC_MISSING, service, params);
        } else if (s.told().code() == Code.INIT_WAITING && local.isPresent()) {
            s.meansNamed(Code.DEPENDENCY_SERVICE_MISSING, service, params);
        } else {
            s.meansNamed(Code.DNS_NAME_UNKNOWN, Mention.place(params.getOrDefault("setting", ""), s.told().object()), params);
        }
    }

    private Optional<String> setting(Complaint s, String host) {
        var mentions = needs.mentions(s.owner());
        return mentions.stream().filter(m -> m.host().equals(host)).findFirst().or(() -> needs.service(host).flatMap(service ->
            mentions.stream().filter(m -> needs.service(m.host()).filter(service::equals).isPresent()).findFirst())).map(Mention::via);
    }

    /** A policy that keeps the pods from asking the cluster's DNS is what it is. */
    private boolean dnsBlocked(Complaint s) {
        var policy = needs.workload(s.owner()).flatMap(from -> policies.withoutDns(Dependencies.labels(from)));
        policy.ifPresent(p -> s.means(Code.NETPOL_BLOCKING, Ref.of(p), Map.of("direction", "egress to DNS")));
        return policy.isPresent();
    }

    private void reachable(Complaint s, Address a, Obj service, String line) {
        var from = needs.workloads().get(s.owner());
        var behind = needs.behind(service);
        var healthy = !behind.isEmpty() && behind.stream().noneMatch(unready::contains);
        if (unresolved(line) && from != null && healthy) { // a headless name resolves once a pod is ready
            unresolvable(s, from, service, a);
            return;
        }
        if (!a.port().isEmpty() && !needs.serves(service, a.port())) {
            s.meansNamed(Code.ENV_PORT_MISMATCH, Mention.place(setting(s, a.host()).orElse(""), s.told().object()),
                Map.of("address", service.name() + ":" + a.port(), "served",
                Ports.served(service), "setting", setting(s, a.host()).orElse("")));
            return;
        }
        var refused = Phrase.REFUSAL.occurs(line);
        var policy = from == null || !healthy && refused || !Phrase.SLOW.occurs(line) && !(healthy && !refused) ? Optional.<Obj>empty()
            : policies.blocking(from, service, a.port(), needs.serving(service).toList());
        if (policy.isPresent()) {
            s.means(Code.NETPOL_BLOCKING, Ref.of(policy.get()), Map.of("from", from.ref(), "to", "svc/" + service.name()));
            return;
        }
        edges.add(edge(s, a, Ref.of(service)));
        s.meansNamed(healthy ? answering(s.told(), service) : s.told().code(), s.told().object(), Map.of());
    }

    /** What it is when that which it needs is ready by now: a matter of its next start, or an error of its own that came later. */
    private Code answering(Finding f, Obj service) {
        var later = f.code() == Code.CRASH_DEPENDENCY_UNREACHABLE && LogReading.ownErrorLater(log(f));
        var young = f.code() == Code.INIT_WAITING && seen.age(Optional.of(f.since())) < Code.STILL_PROGRESSING.young;
        return young || readySince(service, f) ? Code.STILL_PROGRESSING : later ? Code.CRASH_APP_ERROR : f.code();
    }

    /** It failed before what it needs became ready; its next start may well succeed. */
    private boolean readySince(Obj service, Finding f) {
        var selector = service.map("/spec/selector");
        var failed = f.code() == Code.INIT_WAITING ? snapshot.at().minusSeconds(30) : f.since();
        return snapshot.all("Pod").stream().filter(p -> p.labels().entrySet().containsAll(selector.entrySet()))
            .flatMap(p -> Observed.since(p.condition("Ready")).stream()).min(Comparator.naturalOrder())
            .filter(failed::isBefore).isPresent();
    }

    /** The name exists and yet does not resolve: the pod asks another DNS, may not ask, or the cluster's DNS is down. */
    private void unresolvable(Complaint s, Obj from, Obj service, Address a) {
        if (service.time("/metadata/creationTimestamp").filter(t -> t.isAfter(s.told().since())).isPresent()) {
            s.means(s.told().as(Code.STILL_PROGRESSING, s.told().object())); // it failed before the Service was there
            return;
        }
        var pod = a.host().replaceFirst("\\..*", "");
        if (a.host().contains(".svc.") && !a.host().matches(".*\\.svc\\.cluster\\.local\\.?")
            || !a.host().matches(IP) && !pod.equalsIgnoreCase(service.name()) && snapshot.find("Pod", pod).isEmpty()) {
            absent(s, a, Optional.empty(), "");
            return;
        }
        var spec = Dependencies.podSpec(from);
        var policy = spec.path("dnsPolicy").asString("ClusterFirst");
        var host = spec.path("hostNetwork").asBoolean(false) && policy.equals("ClusterFirst");
        if (policy.equals("Default") || policy.equals("None") || host) {
            s.means(Code.POD_DNS_POLICY, s.told().object(), Map.of("dnsPolicy", policy));
        } else if (!dnsBlocked(s)) {
            unresolved.putIfAbsent(s.owner(), s);
        }
    }
}

/** Which fields of a pod template decide a cause, as a pattern over {@code path = value}. */
static final class DecidingFields {
    static final Pattern MEMORY =
        Pattern.compile("(?i)(?:-Xm[sx]|MaxRAM|max[_-]old[_-]space|shared_buffers|maxmemory|buffer[_-]pool"
        + "|GOMEMLIMIT|cacheSizeGB|\\bheap\\b)[^\\s,;]*");

    static String container(Finding f) {
        return f.container().isEmpty() ? "ontainers\\[[^\\]]*\\]\\." : "ontainers\\[" + Pattern.quote(f.container()) + "\\]\\.";
    }

    /** What of the pod template decides this code; {@code told} is all that is known of it, the log's tail included. */
    static String pattern(Finding f, String told) {
        var c = container(f);
        var name = Pattern.quote(f.objectName());
        return switch (f.code()) {
            case IMAGE_NEVER_PULL -> c + "image";
            case IMAGE_AUTH, IMAGE_NOT_FOUND_OR_AUTH, IMAGE_PULL_SECRET_MISSING -> c + "image |^imagePullSecrets";
            case OOM_KILLED -> c + "resources\\..*memory|" + c + ".*" + MEMORY.pattern();
            case SECRET_MISSING -> "ecret.* = " + name + "$";
            case CONFIGMAP_MISSING -> "onfigMap.* = " + name + "$";
            case PVC_MISSING -> "claimName = " + name + "$";
            case SERVICE_ACCOUNT_MISSING, RBAC_RUNTIME_FORBIDDEN, RBAC_ROLE_MISSING -> "^serviceAccountName";
            case CONFIG_KEY_MISSING -> "(key|subPath|items\\[.*) = " + Pattern.quote(f.param("key")) + "$|ecret.*ame = " + name
                + "$|onfigMap.*ame = " + name + "$";
            case CRASH_MISSING_ENV -> c + "env\\[" + Pattern.quote(f.param("variable")) + "\\]|" + c + "envFrom|" + c
                + "env.* = .*\\$[({]" + Pattern.quote(f.param("variable")) + "[)}]";
            case CONTAINER_CONFIG_INVALID -> c + ".*subPath|^volumes.*ame ";
            case CRASH_AUTH_FAILED -> c + "env\\[[^\\]]*(?i:user|pass|pwd|auth|token|secret|_db|database)[^\\]]*\\]|" + c + "envFrom";
            case CONTAINER_COMMAND_NOT_FOUND, CONTAINER_COMMAND_PERMISSION, CONTAINER_START_FAILED, CONTAINER_EXITS_ZERO ->
                c + "(command|args|workingDir|image) |" + c + ".*subPath";
            case CRASH_APP_ERROR -> c + "(command|args) |" + c + "envFrom|^volumes.*onfigMap.name"
                + (Phrase.DENIED.occurs(told) ? "|ecurityContext|" + c + "volumeMounts" : "")
                + (Phrase.CERTIFICATE.occurs(told) ? "|" + c + "env\\[[^\\]]*(?i:ssl|tls|cert|ca_)[^\\]]*\\]" : "")
                + (Phrase.HEAP.occurs(told) || f.param("exitCode").equals("137")
                ? "|" + c + "resources\\..*memory|" + c + ".*" + MEMORY.pattern() : "");
            case CRASH_PORT_IN_USE -> "^hostNetwork|[pP]ort |ontainers.*(command|args) |(?i:env.*port.* = )";
            case CRASH_DISK_FULL, EVICTED_EPHEMERAL_STORAGE -> "emptyDir|claimName|resources\\..*storage|mountPath";
            case PROBE_LIVENESS_FAILING, PROBE_STARTUP_FAILING, PROBE_READINESS_FAILING, PROBE_PORT_MISMATCH, PROBE_PATH_NOT_FOUND ->
                probe(f, c, told);
            case ENV_PORT_MISMATCH, DNS_NAME_UNKNOWN, DEPENDENCY_SERVICE_MISSING, SVC_MISSING, CRASH_DEPENDENCY_UNREACHABLE, INIT_WAITING ->
                setting(f);
            default -> placed(f, c);
        };
    }

    private static String probe(Finding f, String c, String told) {
        boolean slow = Phrase.SLOW.occurs(told);
        boolean startup = f.code() == Code.PROBE_STARTUP_FAILING;
        return c + (f.param("probe").isEmpty() ? "\\w+Probe" : f.param("probe") + "Probe")
            + "\\.(?!successT|" + (slow ? "" : "timeoutSeconds = 1$|") + ".*scheme = HTTP$"
            + (startup || f.code() == Code.PROBE_LIVENESS_FAILING ? "" : "|periodS|failureT|initialD")
            + ")|" + c + "ports.*containerPort" + (startup || slow ? "|" + c + "resources.limits.cpu" : "");
    }

    /** What decides where a pod may be, and as whom. */
    private static String placed(Finding f, String c) {
        return switch (f.code()) {
            case SCHED_GATED -> "^schedulingGates";
            case SANDBOX_FAILED -> "^runtimeClassName|^hostNetwork";
            case LIFECYCLE_HOOK_FAILED -> c + "lifecycle";
            case RUN_AS_NON_ROOT, POD_SECURITY_DENIED -> "runAs|ecurityContext|host(Network|PID|IPC|Path)|" + c + "image ";
            case SCHED_NODE_SELECTOR -> "^nodeSelector|^affinity.nodeAffinity.required";
            case SCHED_INSUFFICIENT_RESOURCES, QUOTA_EXCEEDED, QUOTA_REQUIRES_LIMITS, LIMITRANGE_VIOLATION -> "resources\\.";
            case SCHED_TAINT -> "^tolerations|^nodeSelector";
            case SCHED_HOST_PORT -> "hostPort";
            case SCHED_POD_ANTI_AFFINITY -> "^affinity.pod";
            case SCHED_TOPOLOGY -> "^topologySpread";
            case SCHED_NODE_MISSING -> "^nodeName";
            case SCHED_SCHEDULER_MISSING -> "^schedulerName";
            case SCHED_DEVICE_CLAIM -> "[cC]laims";
            case POD_READINESS_GATE -> "^readinessGates";
            case POD_DNS_POLICY -> "^dns|^hostNetwork";
            case JOB_SIDECAR_BLOCKS -> "^containers.*(image|command) ";
            case VOLUME_MOUNT_FAILED, PVC_ACCESS_MODE, SCHED_VOLUME_AFFINITY -> "^volumes|^nodeSelector|mountPath";
            default -> f.code().family == Code.Family.IMAGE ? c + "image " : "";
        };
    }

    /** The settings that name the host, or all that could. */
    static String setting(Finding f) {
        var host = f.param("host").isEmpty() ? f.param("address").replaceFirst(":\\d*$", "") : f.param("host");
        return host.isEmpty()
            ? "env\\[[^\\]]*(?i:host|addr|url|uri|dsn|broker|server|endpoint|port)[^\\]]*\\]\\.|nitContainers.*(command|args) "
            : "(?<![\\w.-])" + Pattern.quote(host) + "(?![\\w-])|env\\[" + Pattern.quote(f.param("setting")
                .replaceFirst("^.* ", "").replaceFirst("(?i)(HOST(NAME)?|ADDR(ESS)?|SERVER)$", "PORT")) + "\\]";
    }
}

/** Who needs whom: a workload names hosts in commands, settings and logs, and hosts are Services, and Services are workloads. Pure. */
static final class Dependencies {
    private static final List<String> WORKLOADS = List.of("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob");
    private static final Pattern KUBECTL_WAIT =
        Pattern.compile("\\b(job|deploy(?:ment)?|statefulset|sts|pod)s?(?:\\.\\w+|-wr?e?)?[/ ]([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)");
    private static final Pattern HOST = Pattern.compile("(?<![\\w.-])[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?=:\\d{2,5}\\b|/)");
    private final Snapshot snapshot;
    private final Map<Ref, Obj> workloads = new TreeMap<>();
    private final Map<Ref, List<Mention>> mentions = new TreeMap<>();
    // with a thousand workloads nothing may be looked for among all of them twice
    private final Map<Ref, Map<String, String>> labels = new HashMap<>();
    private final Map<Map<String, String>, List<Ref>> behind = new HashMap<>();
    private final Map<String, Obj> byClusterIp;
    private final Map<String, Obj> byPodIp;
    private Map<String, Map<String, String>> images;
    private final Map<Ref, List<String>> users = new HashMap<>();
    private final Map<Obj, Map<String, String>> leaves = new IdentityHashMap<>();

    Dependencies(Snapshot snapshot) {
        this.snapshot = snapshot;
        Stream.of(snapshot.applied().stream().filter(a -> WORKLOADS.contains(a.object().kind()))
            .map(a -> a.object()),
            WORKLOADS.stream().flatMap(kind -> snapshot.all(kind).stream()),
            Stream.of("ReplicaSet", "Pod").flatMap(kind -> snapshot.all(kind).stream())
                .filter(o -> !Ownership.ownedByBuiltIn(o)))
            .flatMap(s -> s).forEach(o -> workloads.put(Ref.of(o), o));
        workloads.forEach((ref, workload) -> mentions.put(ref, Mentions.of(podSpec(workload), snapshot)));
        workloads.forEach((ref, workload) -> labels.put(ref, labels(workload)));
        byClusterIp = by("/spec/clusterIP", snapshot.all("Service"));
        byPodIp = by("/status/podIP", snapshot.all("Pod"));
    }

    /** All images of pods and of earlier revisions by the last part of their names, with where they run. */
    private Map<String, Map<String, String>> allImages() {
        var images = new TreeMap<String, Map<String, String>>();
        Stream.of("Pod", "ReplicaSet").flatMap(k -> snapshot.all(k).stream()).forEach(o -> {
            var ready = o.kind().equals("Pod") ? Pods.ready(o) : o.number("/status/readyReplicas", 0) > 0;
            Pods.specs(podSpec(o)).map(c -> Json.text(c, "image")).forEach(image -> images.computeIfAbsent(last(image),
                k -> new TreeMap<>()).merge(image, ready ? " (runs in " + o.ref() + ")" : "", (a, b) -> a.isEmpty() ? b : a));
        });
        return images;
    }

    static String last(String image) {
        return image.replaceFirst("(@sha256:.*|:[^/]*)$", "").replaceFirst("^.*/", "");
    }

    private static Map<String, Obj> by(String pointer, List<Obj> objects) {
        var by = new HashMap<String, Obj>();
        objects.forEach(o -> by.putIfAbsent(o.text(pointer), o));
        by.remove("");
        return by;
    }

    Map<String, Map<String, String>> images() {
        if (images == null) {
            images = allImages();
        }
        return images;
    }

    /** Everything that runs pods and that no other of these made, also what could not be applied. */
    Map<Ref, Obj> workloads() {
        return workloads;
    }

    Optional<Obj> workload(Ref ref) {
        return Optional.ofNullable(workloads.get(ref));
    }

    /** The pod template of a workload: its labels and its spec. */
    static JsonNode template(Obj workload) {
        return switch (workload.kind()) {
            case "Pod" -> workload.json();
            case "CronJob" -> workload.at("/spec/jobTemplate/spec/template");
            default -> workload.at("/spec/template");
        };
    }

    static JsonNode podSpec(Obj workload) {
        return template(workload).path("spec");
    }

    static Map<String, String> labels(Obj workload) {
        return new Obj(template(workload)).labels();
    }

    /** The workloads that name this object in their pods' spec. */
    List<String> users(Ref object) {
        if (users.isEmpty()) {
            workloads.values().forEach(w -> References.of(podSpec(w)).stream().map(r -> new Ref(r.kind(), r.name())).distinct()
                .forEach(r -> users.computeIfAbsent(r, k -> new ArrayList<>()).add(w.ref())));
        }
        return users.getOrDefault(object, List.of());
    }

    /** The fields of what runs pods, by their paths in the pod's spec. */
    Map<String, String> leaves(Obj workload) {
        return leaves.computeIfAbsent(workload, w -> Leaves.of(podSpec(w)));
    }

    List<Mention> mentions(Ref workload) {
        return mentions.getOrDefault(workload, List.of());
    }

    /** Workloads whose pods a Service selects. */
    List<Ref> behind(Obj service) {
        var selector = service.map("/spec/selector");
        return selector.isEmpty() ? List.of() : behind.computeIfAbsent(selector, s -> workloads.keySet().stream()
            .filter(w -> labels.get(w).entrySet().containsAll(s.entrySet())).toList());
    }

    /** The same, as objects. */
    Stream<Obj> serving(Obj service) {
        return behind(service).stream().map(workloads::get);
    }

    /** Whether it serves this port, a headless one with all that its pods listen on; true also where it cannot be told. */
    boolean serves(Obj service, String port) {
        return Ports.serves(service, port) || service.text("/spec/clusterIP").equals("None") && serving(service)
            .map(w -> Ports.open(podSpec(w))).anyMatch(open -> open.isEmpty() || open.contains(port));
    }

    /**
     * The Service that a host means in this namespace: short, qualified, a StatefulSet pod's name, or an address; empty when it is
     * another's.
     */
    Optional<Obj> service(String host) {
        return Optional.ofNullable(byClusterIp.get(host)).or(() -> local(host).flatMap(name -> snapshot.find("Service", name)));
    }

    /** The Service name that a host would have in this namespace; empty for other namespaces and the outside. */
    Optional<String> local(String host) {
        var parts = List.of(host.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "").replaceFirst("\\.svc(\\..*)?$", "").split("\\."));
        var here = snapshot.namespace();
        if (parts.size() == 1 || parts.size() == 2 && parts.get(1).equals(here)) {
            return Optional.of(parts.get(0));
        }
        var pod = parts.size() == 2 ? governs(parts.get(1)) : parts.size() == 3 && parts.get(2).equals(here) && host.contains(".svc");
        return pod ? Optional.of(parts.get(1)) : Optional.empty();
    }

    private boolean governs(String service) {
        return snapshot.find("Service", service).isPresent()
            || snapshot.all("StatefulSet").stream().anyMatch(s -> s.text("/spec/serviceName").equals(service));
    }

    /** The workload that an address of a pod belongs to. */
    Optional<Ref> byAddress(String host, Observed seen) {
        return Optional.ofNullable(byPodIp.get(host)).map(seen::owner);
    }

    List<Edge> edges() {
        var edges = new ArrayList<Edge>();
        workloads.forEach((from, workload) -> edges.addAll(edges(from, workload)));
        snapshot.all("Service").forEach(s -> behind(s).forEach(w -> edges.add(edge(Ref.of(s), w, Edge.Origin.SELECTOR, "selector", 1))));
        snapshot.all("Ingress").forEach(i -> backends(i).map(b -> Json.text(b, "name")).filter(b -> !b.isEmpty())
            .forEach(b -> edges.add(edge(Ref.of(i), new Ref("Service", b), Edge.Origin.SPEC, "backend", 1))));
        snapshot.custom().forEach(c -> {
            boolean chain = c.group().equals("cert-manager.io"); // what it has made only tells why; its user can mend itself alone
            Ownership.madeFor(snapshot, c).stream().filter(o -> !o.builtIn() && !chain || Kinds.WORKLOADS.contains(o.kind()))
                .forEach(o -> edges.add(edge(Ref.of(c), Ref.of(o), Edge.Origin.SPEC, "owner", 1)));
            needed(c).forEach(t -> edges.add(edge(Ref.of(c), Ref.of(t), Edge.Origin.SPEC, "named", 1)));
            snapshot.all("Service").stream().filter(s -> s.ownedBy(c) || Ownership.called(s, c))
                .forEach(s -> edges.add(edge(Ref.of(s), Ref.of(c), Edge.Origin.SPEC, "made by", 1)));
            snapshot.all("Job").stream().filter(c::ownedBy) // a queue's entry for it
                .forEach(j -> edges.add(edge(Ref.of(j), Ref.of(c), Edge.Origin.SPEC, "waits for", 1)));
        });
        snapshot.all("CronJob").forEach(c -> snapshot.ownedBy("Job", c)
            .forEach(j -> edges.add(edge(Ref.of(c), Ref.of(j), Edge.Origin.SPEC, "owner", 1))));
        snapshot.all("Namespace").stream().filter(Obj::deleting).forEach(n -> snapshot.objects().values().stream().flatMap(List::stream)
            .filter(Obj::deleting).forEach(o -> edges.add(edge(Ref.of(n), Ref.of(o), Edge.Origin.SPEC, "holds", 1))));
        snapshot.all("Service").stream().filter(s -> !s.controller().isMissingNode())
            .forEach(s -> edges.add(edge(Ref.of(s), Ref.of(s.controller()), Edge.Origin.SPEC, "owner", 1)));
        return edges.stream().distinct().filter(e -> !e.from().equals(e.to()))
            .sorted(Comparator.comparing(Edge::from).thenComparing(Edge::to)
            .thenComparing(e -> -e.confidence()).thenComparing(Edge::via).thenComparing(Edge::port)).toList();
    }

    /** What a custom resource waits for by what it names; of that which owns it, what stands beside it, if it says that it waits. */
    private Stream<Obj> needed(Obj custom) {
        var proof = CustomStatus.of(custom, snapshot).proof();
        var message = proof == null ? "" : Stream.concat(Stream.of(proof.message()), custom.list("/status/conditions").stream()
            .filter(c -> !Obj.isTrue(c)).map(c -> Json.text(c, "message"))).collect(Collectors.joining("\n"));
        boolean waits = proof != null && proof.reason().matches("(?i)(waiting|pending|depend).*");
        boolean unreached = Stream.of(Phrase.REFUSAL, Phrase.SLOW, Phrase.NO_NAME).anyMatch(p -> p.occurs(message));
        var deployed = custom.list("/status/resources").stream() // as Argo CD lists them
            .flatMap(r -> new CustomReference("", Json.text(r, "kind"), Json.text(r, "name")).target(snapshot).stream());
        return Stream.concat(Stream.of(named(custom), CustomReference.in(snapshot, message), deployed).flatMap(s -> s)
            .flatMap(t -> !below(custom, t) ? Stream.of(t) : waits ? named(t).filter(s -> !s.equals(custom)) : Stream.empty())
            .filter(t -> !t.builtIn() || Kinds.WORKLOADS.contains(t.kind())),
            HOST.matcher(unreached ? message : "").results().flatMap(m -> service(m.group()).stream()));
    }

    /** What its spec names, and what is to make a Secret that it names. */
    private Stream<Obj> named(Obj custom) {
        return CustomReference.of(snapshot, custom).stream().flatMap(r -> r.target(snapshot)
            .or(() -> r.kind().equals("Secret") ? CustomFindings.maker(snapshot, r.name()) : Optional.empty()).stream());
    }

    /** Whether the second made the first, directly or not. */
    boolean below(Obj o, Obj top) {
        return snapshot.ownedBy(top).stream().anyMatch(m -> m.equals(o) || below(o, m));
    }

    private static Edge edge(Ref from, Ref to, Edge.Origin origin, String via, double confidence) {
        return new Edge(from, to, origin, via, confidence, "");
    }

    private List<Edge> edges(Ref from, Obj workload) {
        var edges = new ArrayList<Edge>();
        mentions(from).forEach(m -> service(m.host()).ifPresent(s -> edges.add(new Edge(from, Ref.of(s),
            m.origin(), m.via(), served(m), m.port()))));
        References.claims(podSpec(workload))
            .forEach(c -> edges.add(edge(from, new Ref("PersistentVolumeClaim", c), Edge.Origin.SPEC, "volume", 1)));
        templated(workload).forEach(c -> edges.add(edge(from, Ref.of(c), Edge.Origin.SPEC, "volumeClaimTemplate", 1)));
        claims(workload).filter(c -> c.text("/status/phase").equals("Pending"))
            .forEach(c -> edges.add(edge(Ref.of(c), from, Edge.Origin.SPEC, "first consumer", 0.6)));
        waits(workload).forEach(w -> edges.add(edge(from, w, Edge.Origin.INIT, "init:kubectl wait", 0.95)));
        registry(workload).ifPresent(s -> edges.add(edge(from, Ref.of(s), Edge.Origin.IMAGE, "image", 0.9)));
        var controller = workload.controller();
        if (!controller.isMissingNode() && !Ref.of(controller).is("CronJob")) {
            edges.add(edge(Ref.of(controller),
                from, Edge.Origin.SPEC, "owner", 1));
        }
        return edges;
    }

    /** A setting that names a Service and one of its ports is surer than one that names only the host. */
    private static double served(Mention mention) {
        return mention.port().isEmpty() ? mention.confidence() : Math.max(mention.confidence(), 0.8);
    }

    /** The claims that its pods use. */
    Stream<Obj> claims(Obj workload) {
        return Stream.concat(References.claims(podSpec(workload)).flatMap(c -> snapshot.find("PersistentVolumeClaim", c).stream()),
            templated(workload).stream());
    }

    private List<Obj> templated(Obj workload) {
        if (!workload.kind().equals("StatefulSet")) {
            return List.of();
        }
        return workload.list("/spec/volumeClaimTemplates").stream()
            .map(t -> t.at("/metadata/name").asString("") + "-" + workload.name() + "-")
            .flatMap(prefix -> snapshot.all("PersistentVolumeClaim").stream()
                .filter(c -> c.name().startsWith(prefix) && c.name().substring(prefix.length()).matches("\\d+"))).toList();
    }

    private Optional<Obj> registry(Obj workload) {
        for (var c : podSpec(workload).path("containers")) {
            var host = Json.text(c, "image").replaceFirst("/.*", "").replaceFirst(":\\d+$", "");
            if (Json.text(c, "image").contains("/") && service(host).isPresent()) {
                return service(host);
            }
        }
        return Optional.empty();
    }

    /** The Services that an Ingress names, with a port each. */
    static Stream<JsonNode> backends(Obj ingress) {
        var backends = new ArrayList<JsonNode>(List.of(ingress.at("/spec/defaultBackend/service")));
        ingress.list("/spec/rules").forEach(r -> r.at("/http/paths").forEach(p -> backends.add(p.at("/backend/service"))));
        return backends.stream().filter(b -> b.has("name")).distinct();
    }

    private static List<Ref> waits(Obj workload) {
        var found = new ArrayList<Ref>();
        for (var c : podSpec(workload).path("initContainers")) {
            var text = WaitCommands.words(c);
            if (text.contains("kubectl wait") || text.contains("kubectl rollout status")
                || Json.text(c, "image").contains("k8s-wait-for")) {
                KUBECTL_WAIT.matcher(text).results().forEach(m -> found.add(new Ref(kind(m.group(1)), m.group(2))));
            }
        }
        return found;
    }

    private static String kind(String word) {
        return word.startsWith("job") ? "Job" : word.startsWith("deploy") ? "Deployment" : word.startsWith("pod") ? "Pod" : "StatefulSet";
    }
}

/**
 * From findings to root causes. What an object says of itself is a cause, a symptom or progress; a symptom is explained by the causes that
 * its edges lead to; what nothing explains stays visible. Pure, and the same bytes for the same snapshot whatever the order of its lists.
 */
record Diagnosis(Observed seen, List<Workload> workloads, Ref agent, Dependencies needs) {
    /** The causes of what is not ready; {@code agentDeployment} is judged too, though it does not gate. */
    static DiagnosisReport explain(Snapshot snapshot, List<Workload> workloads, String agentDeployment) {
        var seen = new Observed(snapshot);
        return new Diagnosis(seen, workloads, new Ref("Deployment", agentDeployment), new Dependencies(seen.snapshot)).explain();
    }

    /** What is said when explaining itself failed: that the causes are not known, never that there are none. */
    static DiagnosisReport unavailable(Snapshot snapshot, List<Workload> workloads, Throwable why) {
        var limited = Stream.concat(snapshot.limited().stream(),
            Stream.of("diagnosis: " + Texts.line(why.toString()) + "; please report it")).toList();
        return explain(new Snapshot(snapshot.namespace(), snapshot.at(), Map.of(), List.of(), Map.of(), limited), workloads, "");
    }

    private DiagnosisReport explain() {
        var local = Findings.all(seen);
        var unready = unready(local);
        var told = Stream.of(local.stream(), new ServiceFindings(seen, needs, unready).find(), new IngressFindings(seen).find(),
            new ScalingFindings(seen, needs).find(), new AccessFindings(seen, agent).find()).flatMap(s -> s).toList();
        var understood = new Connections(seen, needs, unready).understand(told);
        var settings = new SettingFindings(seen, needs, understood.findings(), unready).find();
        var all = Stream.concat(understood.findings().stream().map(f -> leaning(f, settings)), settings.stream()).distinct()
            .sorted(Finding.ORDER).toList();
        var judged = workloads.stream().filter(w -> w.state() != State.unverified && !w.kind().equals("Service"))
            .map(Ref::of).collect(Collectors.toSet()); // a Service is well also where nobody stands behind it
        var graph = new Graph(seen, unready, all.stream().filter(f -> matters(f, unready, judged)).toList(),
            Stream.concat(needs.edges().stream(), understood.edges().stream()).toList());
        var roots = new Roots(graph).find();
        var causes = roots.stream().flatMap(r -> r.findings().stream()).collect(Collectors.toSet());
        var made = seen.snapshot.custom().filter(o -> CustomStatus.made(o, seen.snapshot)).map(Ref::of).collect(Collectors.toSet());
        return Reporting.of(seen, needs, all, unready, workloads, agent).report(roots,
            all.stream().filter(f -> advice(f, unready) && !causes.contains(f) && !made.contains(f.owner())).toList());
    }

    /** A general error of talking to another is explained by an address of the same workload that cannot be right. */
    private static Finding leaning(Finding f, List<Finding> settings) {
        return f.code() == Code.CRASH_APP_ERROR && f.evidence().stream().anyMatch(e -> Phrase.TALKS.occurs(e.message()))
            && settings.stream().anyMatch(s -> s.code() == Code.ENV_PORT_MISMATCH && s.owner().equals(f.owner())) ? f.with(Basis.WEAK) : f;
    }

    /** What must be explained: what the judge calls unready, what was not applied, and the agent's own Deployment. */
    private Set<Ref> unready(List<Finding> local) {
        var unready = workloads.stream().filter(w -> w.state() == State.progressing || w.state() == State.failed)
            .map(Ref::of).collect(Collectors.toCollection(TreeSet::new));
        seen.snapshot.applied().stream().filter(a -> a.result() == Result.failed).forEach(a -> unready.add(Ref.of(a.object())));
        if (workloads.isEmpty()) {
            local.stream().filter(f -> f.code().role == Code.Role.CAUSE || f.code().role == Code.Role.SYMPTOM)
                .forEach(f -> unready.add(f.owner()));
        }
        var own = needs.workloads().get(agent);
        if (own != null && (local.stream().anyMatch(f -> f.owner().equals(agent) && f.code().role != Code.Role.PROGRESS)
            || own.number("/status/readyReplicas", 0) < own.number("/spec/replicas", 1))) {
            unready.add(agent);
        }
        return unready;
    }

    /** A workload that is ready needs no explanation, whatever happened to a pod of it before; faults of wiring are told all the same. */
    private static boolean matters(Finding f, Set<Ref> unready, Set<Ref> judged) {
        return !f.code().has(Rule.ADVICE) && (unready.contains(f.owner()) || !judged.contains(f.owner()) || f.code().has(Rule.STATIC));
    }

    private static boolean advice(Finding f, Set<Ref> unready) {
        return f.code().has(Rule.ADVICE) || !unready.contains(f.owner())
            && (f.code() == Code.STS_HEADLESS_SVC_MISSING || f.code() == Code.JOB_SUSPENDED || f.code() == Code.ROLLOUT_PAUSED
            || f.code() == Code.JOB_FAILED && f.owner().is("CronJob") || f.code().family == Code.Family.CUSTOM);
    }
}

/** The causes and what they leave open. */
record DiagnosisReport(List<Cause> causes, List<Unexplained> unexplained,
    List<Warning> warnings, List<String> limited, String disposition, String summary) { }

/**
 * "from needs to": how that is known, in words in {@code via}, and how sure it is (0 to 1); a port when one was named, else an empty text.
 */
record Edge(Ref from, Ref to, Origin origin, String via, double confidence, String port) {
    /** Where a need was read; a symptom that names what it misses is followed along the first three only. */
    enum Origin {
        LOG, INIT, MAKER, IMAGE,
        /** A Service and its pods are one place: no hop of its own. */
        SELECTOR,
        SPEC
    }

    boolean told() {
        return origin == Origin.LOG || origin == Origin.INIT || origin == Origin.MAKER;
    }
}

/** The lines of a failed container's log that say most; how many are shown of how many. */
record Excerpt(String pod, String container, boolean previous, List<String> lines, int shown, int total, boolean suspicious) { }

/** A value that decides: of which object and field ({@code deploy/web spec.replicas}), and what it is. */
record Fact(String at, String value) {
    /** How many a cause has at most, and how long each may be. */
    static final int MOST = 12;
    static final int CHARS = 240;
}

/**
 * The few values that decide a cause: the field at fault with its path and what it is now, what it is compared with, and what worked
 * before. Pure; values of Secrets and of variables that are called like secrets are in none of them.
 */
static final class Facts {
    private static final Pattern LISTENS =
        Pattern.compile("(?i)\\b(?:listen|serv|start|bound|running|bind)\\w*\\b.{0,60}?(?:[\\s:]|port\\D{0,3})\\d{2,5}\\b");
    private static final Pattern FIELD = Pattern.compile("\\bspec(\\.\\w+|\\[\\d+\\])+");
    /** Whose texts are a program's or the API server's own words about the spec. */
    private static final Set<Code> SPOKEN = EnumSet.of(Code.CRASH_APP_ERROR, Code.ADMISSION_DENIED, Code.SANDBOX_FAILED,
        Code.CRASH_AUTH_FAILED, Code.CRASH_PORT_IN_USE, Code.CONTAINER_START_FAILED, Code.PROBE_READINESS_FAILING, Code.PROBE_PORT_MISMATCH,
        Code.PROBE_LIVENESS_FAILING, Code.PROBE_STARTUP_FAILING, Code.NODE_REFUSES_POD);
    /** So many of those that a workload talks to are looked at. */
    private static final int MOST = 5;
    /** What Pod Security wants: the words after "must set". */
    private static final Pattern MUST = Pattern.compile("must (?:not )?(?:set|include) (.{1,120}?)\\)");
    private static final Pattern CONTAINER_FIELD = Pattern.compile("\\bspec\\.containers\\[(\\d{1,3})\\]\\.([\\w.]+\\w)");
    private final Observed seen;
    private final Dependencies needs;
    private final Map<String, String> found = new LinkedHashMap<>();

    private Facts(Observed seen, Dependencies needs) {
        this.seen = seen;
        this.needs = needs;
    }

    /** In the order of their weight; the first is the field at fault where one is known. */
    static List<Fact> of(Observed seen, Dependencies needs, List<Finding> findings) {
        var facts = new Facts(seen, needs);
        findings.stream().filter(f -> f.code().role != Code.Role.PROGRESS).limit(3).forEach(facts::told);
        return facts.found.entrySet().stream().limit(Fact.MOST)
            .map(e -> new Fact(e.getKey(), Texts.cut(Texts.line(e.getValue()), Fact.CHARS))).toList();
    }

    private void told(Finding f) {
        var owner = needs.workload(f.owner()).or(() -> seen.snapshot.find("Pod", f.pod()));
        var setting = f.param("setting").startsWith("configmap");
        if (setting) {
            object(f);
        }
        owner.ifPresent(w -> fields(w, f, DecidingFields.pattern(f, all(f))));
        owner.ifPresent(w -> spoken(w, f));
        object(f);
        custom(f);
        other(owner, f);
        log(f);
        owner.ifPresent(w -> before(w, f));
        owner.filter(w -> f.code() == Code.CRASH_APP_ERROR).ifPresent(w -> fields(w, f, DecidingFields.container(f) + "image "));
    }

    private void add(Obj at, String path, String value) {
        if (!value.isEmpty() && !value.equals("{}")) {
            found.putIfAbsent(at.ref() + " " + path, value);
        }
    }

    private void all(Obj at, String... pointers) {
        for (var p : pointers) {
            add(at, p.substring(1).replace('/', '.'), text(at.at(p)));
        }
    }

    private static String text(JsonNode node) {
        return node.isMissingNode() ? "" : node.isValueNode() ? node.asString("") : compact(node);
    }

    /** A part of a spec on one line, as JSON without quotes. */
    static String compact(JsonNode node) {
        return node.toString().replace("\"\"", "''").replaceAll("\"([^\"]*)\":", "$1: ").replace(",", ", ").replace("\"", "");
    }

    /** Fields of the pod template whose path or value the pattern matches: {@code path = value} is what it sees. */
    private void fields(Obj workload, Finding f, String pattern) {
        leaves(workload, f, needs.leaves(workload), base(workload), pattern);
    }

    /** What the finding speaks of comes first. */
    private void leaves(Obj at, Finding f, Map<String, String> leaves, String base, String pattern) {
        if (!pattern.isEmpty()) {
            var wanted = Pattern.compile(pattern);
            leaves.entrySet().stream().filter(e -> wanted.matcher(e.getKey() + " = " + e.getValue()).find())
                .sorted(Comparator.comparing((Map.Entry<String, String> e) -> !meant(f, e.getKey(), e.getValue()))
                    .thenComparing(e -> !f.params().containsValue(e.getValue())
                    && !f.param("address").endsWith(":" + e.getValue()) && !e.getKey().matches(".*(resources\\.limits|\\.values$).*"))
                    .thenComparing(e -> !f.objectName().equals(e.getValue())
                        && !(e.getKey().contains("Probe") && e.getKey().matches(".*\\.(port|path|command|service)"))))
                .forEach(e -> add(at, base + e.getKey(), e.getValue()));
        }
    }

    /** The finding tells this field with this value, or that a probe's port is its mistake. */
    private static boolean meant(Finding f, String path, String value) {
        return word(path.replaceFirst("^[^.]*\\.", "") + "=" + value, f.params().toString().toLowerCase(Locale.ROOT))
            || (f.code() + f.param("why")).contains("PROBE_PORT") && path.matches(".*Probe\\..*port");
    }

    /** Fields that the cause's own texts speak of: by their value, by their variable, or at least by a word of both; the surest first. */
    private void spoken(Obj workload, Finding f) {
        var told = f.evidence().stream().map(Evidence::message).collect(Collectors.joining("\n")).toLowerCase(Locale.ROOT);
        var all = all(f).toLowerCase(Locale.ROOT);
        var mine = Pattern.compile(DecidingFields.container(f) + "(env\\[.*value$|ports|workingDir|args|command|securityC)"
            + "|^\\w+ClassName|^serviceAccountName|^securityContext");
        var fields = f.code() == Code.ADMISSION_DENIED ? invalid(workload, told) : "";
        var weighed = needs.leaves(workload).entrySet().stream().filter(e -> SPOKEN.contains(f.code()) && mine.matcher(e.getKey()).find()
            || !fields.isEmpty() && e.getKey().startsWith(fields))
            .map(e -> Map.entry(e, e.getKey().startsWith(fields) && !fields.isEmpty() ? 3 : weight(e.getKey(), e.getValue(), told, all)))
            .sorted(Map.Entry.<Map.Entry<String, String>, Integer>comparingByValue().reversed()).toList();
        // an error of the program that speaks of none of its settings may still be one of them
        var least = f.code() == Code.CRASH_APP_ERROR && weighed.stream().allMatch(e -> e.getValue() == 0) ? 0 : 1;
        weighed.stream().filter(e -> e.getValue() >= least && (e.getValue() > 0 || e.getKey().getKey().contains(".env["))).limit(4)
            .forEach(e -> add(workload, base(workload) + e.getKey().getKey(), e.getKey().getValue()));
    }

    /** The field that a refusal names, {@code spec.containers[0].resources.requests}, as this workload's paths have it. */
    private static String invalid(Obj workload, String told) {
        var path = CONTAINER_FIELD.matcher(told);
        return !path.find() ? "" : "containers[" + Dependencies.podSpec(workload).path("containers")
            .path(Integer.parseInt(path.group(1))).path("name").asString("") + "]." + path.group(2);
    }

    /** All that is told of it, the log's tail included. */
    private String all(Finding f) {
        var log = seen.snapshot.logs().get(f.pod() + "/" + f.container());
        return Stream.concat(f.evidence().stream().map(Evidence::message), log == null ? Stream.of() : log.lines().stream())
            .collect(Collectors.joining("\n"));
    }

    /** What those that it talks to were started with, where its own words speak of that. */
    private void neighbours(Obj workload, Finding f) {
        var all = all(f).toLowerCase(Locale.ROOT);
        needs.mentions(Ref.of(workload)).stream().flatMap(m -> needs.service(m.host()).stream()).distinct()
            .flatMap(needs::serving).filter(w -> w != workload).limit(MOST)
            .forEach(w -> needs.leaves(w).entrySet().stream().filter(e -> e.getKey().matches(".*\\.(args|command)")
                && weight(e.getKey(), e.getValue(), "", all) > 1).limit(1)
                .forEach(e -> add(w, base(w) + e.getKey(), e.getValue())));
    }

    /** The ConfigMaps and Secrets whose files the texts name, with the keys that are files there. */
    private void files(Obj workload, Finding f) {
        var all = all(f);
        var spec = Dependencies.podSpec(workload);
        Pods.specs(spec).filter(c -> Json.text(c, "name").equals(f.container()))
            .flatMap(c -> c.path("volumeMounts").valueStream())
            .filter(m -> all.contains(Json.text(m, "mountPath") + "/"))
            .forEach(m -> spec.path("volumes").valueStream().filter(v -> v.path("name").equals(m.path("name")))
                .flatMap(v -> References.ofVolume(v).stream()).flatMap(r -> seen.snapshot.find(r.kind(), r.name()).stream())
                .forEach(o -> add(o, "keys at " + Json.text(m, "mountPath"), String.join(", ", o.keys()))));
    }

    private static int weight(String path, String value, String told, String all) {
        var variable = path.matches("(?s).*(\\.env|sysctls)\\[.*") ? Leaves.variable(path) : "";
        if (word(value, all) || word(variable, all) || value.equals("localhost") && all.contains("127.0.0.1")
            || value.startsWith("[") && Stream.of(value.split("[\\[\\], =]+-*")).anyMatch(w -> w.length() > 3 && word(w, all))) {
            return 2;
        }
        return !variable.isEmpty() && Stream.of((variable + "_" + value).split("[^A-Za-z]+")).anyMatch(w -> w.length() > 3 && word(w, told))
            ? 1 : 0;
    }

    private static boolean word(String word, String text) {
        return word.length() > 1 && Pattern.compile("(?<![\\w.-])" + Pattern.quote(word.toLowerCase(Locale.ROOT)) + "(?![\\w-])")
            .matcher(text).find();
    }

    static String base(Obj workload) {
        return switch (workload.kind()) {
            case "Pod" -> "spec.";
            case "CronJob" -> "spec.jobTemplate.spec.template.spec.";
            default -> "spec.template.spec.";
        };
    }

    /** The object at fault itself, where it is there. */
    private void object(Finding f) {
        if (f.code().family == Code.Family.APPLY) {
            seen.snapshot.applied(f.objectKind(), f.objectName()).ifPresent(a -> all(a.object(), "/apiVersion"));
        }
        var there = seen.snapshot.find(f.objectKind(), f.objectName());
        there.ifPresent(o -> {
            switch (o.kind()) {
                case "PersistentVolumeClaim" -> all(o, "/spec/storageClassName", "/spec/accessModes", "/spec/resources/requests/storage",
                    "/spec/volumeName", "/spec/selector", "/spec/dataSource");
                case "Service" -> leaves(o, f, Leaves.of(o.at("/spec")), "spec.", "^selector|^ports.*(ort|name) ");
                case "Secret", "ConfigMap" -> {
                    setting(o, f);
                    add(o, "keys", f.param("setting").isEmpty() ? String.join(", ", o.keys()) : "");
                }
                case "ResourceQuota" -> quota(o);
                case "NetworkPolicy" -> {
                    all(o, "/spec/ingress", "/spec/egress");
                    add(o, "spec.podSelector", o.at("/spec/podSelector").isEmpty() ? "every pod" : compact(o.at("/spec/podSelector")));
                    all(o, "/spec/policyTypes");
                }
                case "Node" -> all(o, "/spec/taints", "/spec/unschedulable");
                case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration" ->
                    leaves(o, f, Leaves.of(o.at("/webhooks")), "webhooks", "service\\.(name|namespace) |failurePolicy");
                case "StorageClass" -> all(o, "/provisioner", "/volumeBindingMode");
                case "Role" -> all(o, "/rules");
                case "Ingress" -> leaves(o, f, Leaves.of(o.at("/spec")), "spec.", "^ingressClassName|backend|^tls.*secretName");
                default -> scale(o, f);
            }
        });
    }

    /** Fields that the message names or quotes, what the resource names and is not there, and what the last of those made for it says. */
    private void custom(Finding f) {
        if (f.code().family != Code.Family.CUSTOM) {
            return;
        }
        seen.snapshot.custom().filter(o -> Ref.of(o).equals(f.object())).findFirst().ifPresent(o -> {
            var told = f.evidence().stream().map(Evidence::message).collect(Collectors.joining("\n"));
            var named = CustomReference.of(seen.snapshot, o);
            named.stream().filter(r -> r.missing(seen.snapshot) && (told.contains(r.name()) || !r.path().endsWith("Name")))
                .forEach(r -> add(o, r.path(), r.name() + " (does not exist)"));
            FIELD.matcher(told).results().map(m -> m.group()).distinct()
                .filter(p -> found.keySet().stream().noneMatch(k -> k.contains(" " + p)))
                .forEach(p -> add(o, p, text(o.at("/" + p.replaceAll("[.\\[]", "/").replace("]", "")))));
            quoted(o.at("/spec"), "spec", told.toLowerCase(Locale.ROOT)).limit(4).forEach(e -> add(o, e.getKey(), e.getValue()));
            f.evidence().stream().filter(e -> !e.path().startsWith(o.ref() + "/") && !e.path().equals(o.ref())).reduce((a, b) -> b)
                .ifPresent(e -> found.putIfAbsent(e.path(), e.message()));
            named.stream().limit(2).forEach(r -> add(o, r.path(), r.name()));
        });
    }

    /** Fields whose value stands in the message as a word of its own. */
    private static Stream<Map.Entry<String, String>> quoted(JsonNode spec, String path, String message) {
        return Leaves.of(spec).entrySet().stream().filter(e -> e.getValue().length() > 3 && !SecretShapes.NAME.matcher(e.getKey()).matches()
            && word(e.getValue(), message)).map(e -> Map.entry(path + "." + e.getKey(), e.getValue()));
    }

    private void scale(Obj o, Finding f) {
        switch (f.code()) {
            case REPLICAS_ZERO, SCHED_POD_ANTI_AFFINITY, PVC_ACCESS_MODE -> all(o, "/spec/replicas", "/spec/strategy/type");
            case JOB_FAILED -> all(o, "/spec/backoffLimit", "/spec/activeDeadlineSeconds");
            case JOB_SUSPENDED -> all(o, "/spec/suspend");
            case ROLLOUT_PAUSED -> all(o, "/spec/paused");
            case STS_HEADLESS_SVC_MISSING -> all(o, "/spec/serviceName");
            case STS_STUCK_REVISION -> all(o, "/status/updateRevision", "/status/currentRevision");
            case POD_SECURITY_DENIED -> seen.snapshot.find("Namespace", seen.snapshot.namespace())
                .ifPresent(n -> n.labels().forEach((k, v) -> add(n, "metadata.labels[" + k + "]", k.startsWith("pod-security") ? v : "")));
            default -> { }
        }
    }

    /** The value of a ConfigMap that names a host or a port that is not there. */
    private void setting(Obj map, Finding f) {
        var key = f.param("setting").replaceFirst("^.* ", "");
        if (!key.isEmpty() && map.kind().equals("ConfigMap") && map.at("/data").has(key)) {
            add(map, "data." + key, map.at("/data").path(key).asString(""));
        }
    }

    private void quota(Obj quota) {
        quota.map("/status/hard").forEach((resource, hard) -> {
            var used = quota.at("/status/used").path(resource).asString("0");
            add(quota, "status." + resource, "used " + used + " of " + hard);
        });
    }

    /** What stands on the other side. */
    private void other(Optional<Obj> owner, Finding f) {
        if (f.code() == Code.LIMITRANGE_VIOLATION || f.code() == Code.QUOTA_REQUIRES_LIMITS) {
            seen.snapshot.all("LimitRange").forEach(l -> all(l, "/spec/limits"));
        }
        switch (f.code()) {
            case SVC_SELECTOR_MISMATCH, SVC_MISSING -> Stream.of(f.param("workload"), Kubectl.ref("Deployment", f.objectName()),
                Kubectl.ref("StatefulSet", f.objectName())).flatMap(ref -> named(ref).stream()).findFirst().ifPresent(w -> {
                    labels(w);
                    fields(w, f, f.code() == Code.SVC_MISSING ? "ports.*containerPort" : "");
                });
            case NETPOL_BLOCKING -> Stream.of(f.param("from"), f.param("to")).flatMap(ref -> named(ref).stream()).forEach(this::labels);
            case POD_SECURITY_DENIED -> owner.ifPresent(w -> add(w, "needs", MUST.matcher(all(f)).results().map(m -> m.group(1))
                .distinct().collect(Collectors.joining("; "))));
            case IMAGE_AUTH, IMAGE_NOT_FOUND_OR_AUTH -> owner.stream().flatMap(w -> References.of(Dependencies.podSpec(w)).stream())
                .filter(References.Ref::pull).flatMap(r -> seen.snapshot.find("Secret", r.name()).stream()).forEach(o -> all(o, "/type"));
            case OOM_KILLED -> seen.snapshot.find("Pod", f.pod()).ifPresent(p -> limited(p, f, owner));
            case PVC_UNBOUND -> owner.stream().flatMap(needs::claims).forEach(o -> {
                all(o, "/spec/storageClassName", "/spec/resources/requests/storage");
                seen.snapshot.find("StorageClass", o.text("/spec/storageClassName")).ifPresent(t -> all(t, "/provisioner"));
            });
            case SCHED_VOLUME_AFFINITY -> owner.stream().flatMap(needs::claims)
                .flatMap(c -> seen.snapshot.find("PersistentVolume", c.text("/spec/volumeName")).stream())
                .forEach(v -> all(v, "/spec/nodeAffinity/required"));
            case PVC_PROVISIONER_MISSING, VOLUME_MOUNT_FAILED, SANDBOX_FAILED ->
                seen.snapshot.find("Pod", f.pod()).ifPresent(p -> all(p, "/spec/nodeName"));
            default -> beside(owner, f);
        }
    }

    /** What a program that fails or is not let in has beside it. */
    private void beside(Optional<Obj> owner, Finding f) {
        switch (f.code()) {
            case CRASH_AUTH_FAILED -> target(f);
            case CRASH_APP_ERROR -> {
                target(f);
                owner.ifPresent(w -> {
                    files(w, f);
                    neighbours(w, f);
                });
            }
            case CRASH_MISSING_ENV -> owner.ifPresent(w -> {
                add(w, base(w) + "containers[" + f.container() + "].env", variables(w, f));
                References.of(Dependencies.podSpec(w)).stream().filter(r -> r.key().isEmpty() && !r.pull())
                    .flatMap(r -> seen.snapshot.find(r.kind(), r.name()).stream())
                    .forEach(o -> add(o, "keys", String.join(", ", o.keys())));
            });
            case ENV_PORT_MISMATCH, DNS_NAME_UNKNOWN, DEPENDENCY_SERVICE_MISSING, CRASH_DEPENDENCY_UNREACHABLE, INIT_WAITING ->
                owner.ifPresent(w -> {
                    maps(w, f);
                    needs.mentions(Ref.of(w)).stream().flatMap(m -> needs.service(m.host()).stream()).distinct()
                        .forEach(s -> all(s, "/spec/externalName"));
                });
            case SECRET_MISSING, INGRESS_TLS_SECRET_MISSING -> CustomFindings.maker(seen.snapshot, f.param("name").isEmpty()
                ? f.objectName() : f.param("name")).ifPresent(m -> add(m, "makes it", CustomStatus.of(m, seen.snapshot).message()));
            case QUOTA_REQUIRES_LIMITS -> owner.stream()
                .flatMap(w -> Dependencies.podSpec(w).path("containers").valueStream().filter(c -> c.path("resources").isEmpty())
                    .map(c -> Map.entry(w, Json.text(c, "name"))))
                .forEach(e -> add(e.getKey(), base(e.getKey()) + "containers[" + e.getValue() + "].resources", "not set"));
            case CRASH_DISK_FULL, EVICTED_EPHEMERAL_STORAGE -> owner.stream().flatMap(w -> needs.claims(w))
                .forEach(c -> all(c, "/spec/resources/requests/storage"));
            case RBAC_RUNTIME_FORBIDDEN -> owner.ifPresent(w -> add(w, "needs", (f.param("verb") + " " + f.param("resource")).strip()));
            default -> { }
        }
    }

    /** What the service that refused it knows: users and databases. */
    private void target(Finding f) {
        seen.snapshot.find("Service", f.param("target")).stream().flatMap(needs::serving).limit(1)
            .forEach(w -> fields(w, f, "env\\[[^\\]]*(?i:user|pass|pwd|auth|database|_db)[^\\]]*\\]"));
    }

    /** A limit that the pod has and its template has not is a LimitRange's. */
    private void limited(Obj pod, Finding f, Optional<Obj> owner) {
        pod.list("/spec/containers").stream().filter(c -> Json.text(c, "name").equals(f.container()))
            .map(c -> c.at("/resources/limits/memory").asString("")).filter(limit -> !limit.isEmpty() && owner.filter(w -> needs.leaves(w)
                .containsKey("containers[" + f.container() + "].resources.limits.memory")).isEmpty())
            .forEach(limit -> add(pod, "spec.containers[" + f.container() + "].resources.limits.memory", limit
                + " (a LimitRange's default: the template sets none)"));
    }

    /** Values of the ConfigMaps that it reads, which name the host or could. */
    private void maps(Obj workload, Finding f) {
        var wanted = Pattern.compile(DecidingFields.setting(f).replace("env\\[[^\\]]*", "env\\[.*"));
        References.of(Dependencies.podSpec(workload)).stream().filter(r -> r.kind().equals("ConfigMap"))
            .flatMap(r -> seen.snapshot.find(r.kind(), r.name()).stream()).distinct().forEach(o -> o.map("/data").forEach((key, value) -> {
                if (value.length() < Fact.CHARS && !SecretShapes.NAME.matcher(key).matches()
                    && wanted.matcher("env[" + key + "]. = " + value).find()) {
                    add(o, "data." + key, value.isEmpty() ? "\"\"" : value);
                }
            }));
    }

    private String variables(Obj workload, Finding f) {
        var names = needs.leaves(workload).keySet().stream().filter(p -> p.startsWith("containers[" + f.container() + "].env["))
            .map(Leaves::variable).distinct().collect(Collectors.joining(", "));
        return names.isEmpty() ? "none" : "has " + names;
    }

    private Optional<Obj> named(String ref) {
        return needs.workloads().values().stream().filter(w -> w.ref().equals(ref)).findFirst()
            .or(() -> seen.snapshot.all("Service").stream().filter(s -> s.ref().equals(ref)).flatMap(needs::serving).findFirst());
    }

    private void labels(Obj workload) {
        add(workload, "spec.template.metadata.labels", Dependencies.labels(workload).toString());
    }

    /** What the program says of the port it listens on, and of the memory it takes. */
    private void log(Finding f) {
        var log = seen.snapshot.logs().get(f.pod() + "/" + f.container());
        var wanted = f.code() == Code.OOM_KILLED ? DecidingFields.MEMORY : f.code().family == Code.Family.PROBE ? LISTENS : null;
        if (log != null && wanted != null) {
            log.lines().stream().filter(l -> wanted.matcher(l).find()).findFirst()
                .ifPresent(l -> found.putIfAbsent("log " + log.pod() + " " + log.container(), l));
        }
    }

    /** Fields of the newest revision that the one before it had otherwise. */
    private void before(Obj workload, Finding f) {
        if (!workload.kind().equals("Deployment") || f.code().family == Code.Family.SERVICE) {
            return;
        }
        var newest = Ownership.newestReplicaSet(seen.snapshot, workload);
        seen.snapshot.ownedBy("ReplicaSet", workload).stream().filter(rs -> newest.filter(n -> !n.name().equals(rs.name())).isPresent())
            .filter(rs -> rs.has("/spec/template/spec"))
            .max(Comparator.comparing((Obj rs) -> rs.number("/status/readyReplicas", 0))
            .thenComparing(rs -> rs.created()))
            .ifPresent(rs -> {
                var now = needs.leaves(newest.get());
                var then = needs.leaves(rs);
                var served = rs.number("/status/readyReplicas", 0) > 0 ? " (its pods are ready)" : "";
                Stream.concat(now.keySet().stream(), then.keySet().stream()).distinct()
                    .filter(p -> !now.getOrDefault(p, "").equals(then.getOrDefault(p, ""))).limit(4)
                    .forEach(p -> add(rs, base(rs) + p, then.getOrDefault(p, "(not set)") + served));
            });
    }
}

/** A place in a manifest of the repository. */
record FileRef(String path, int line) { }

/** Where the repair lies and in which file; {@code change}: the field at fault, what it is and what there is instead, or null. */
@JsonInclude(JsonInclude.Include.NON_NULL)
record Fix(Code.Scope scope, String action, String text, String change, List<FileRef> files, List<Also> alsoRequired) { }

/** What stands where and who needs whom: the ground on which roots are looked for. */
static final class Graph {
    private static final double FOLLOWED = 0.6;
    private final Observed seen;
    private final Set<Ref> unready;
    private final Map<Ref, List<Finding>> findings = new HashMap<>();
    private final Map<Ref, List<Edge>> edges = new HashMap<>();
    private final Map<Ref, List<Edge>> followed = new HashMap<>();

    Graph(Observed seen, Set<Ref> unready, List<Finding> findings, List<Edge> edges) {
        this.seen = seen;
        this.unready = unready;
        findings.stream().distinct().sorted(Finding.ORDER)
            .forEach(f -> this.findings.computeIfAbsent(f.owner(), k -> new ArrayList<>()).add(f));
        edges.stream().filter(e -> e.confidence() >= FOLLOWED)
            .forEach(e -> this.edges.computeIfAbsent(e.from(), k -> new ArrayList<>()).add(e));
    }

    Set<Ref> unready() {
        return unready;
    }

    Set<Ref> nodes() {
        var nodes = new TreeSet<>(unready);
        nodes.addAll(findings.keySet());
        edges.forEach((from, list) -> {
            nodes.add(from);
            list.forEach(e -> nodes.add(e.to()));
        });
        return nodes;
    }

    private List<Finding> at(Ref node) {
        return findings.getOrDefault(node, List.of());
    }

    private List<Edge> from(Ref node) {
        return edges.getOrDefault(node, List.of());
    }

    /** A cause that needs no other one behind it. */
    List<Finding> strong(Ref node) {
        return at(node).stream().filter(f -> f.code().role == Code.Role.CAUSE && !leans(f)).toList();
    }

    /** What is told only where nothing behind it explains it. */
    List<Finding> weak(Ref node) {
        // a Service only repeats that the workload behind it is not ready
        var repeats = from(node).stream().anyMatch(e -> e.origin() == Edge.Origin.SELECTOR && unready.contains(e.to()));
        return at(node).stream().filter(f -> f.code().has(Rule.STANDALONE) && (f.code().role != Code.Role.CAUSE || leans(f))
            && !(repeats && f.code() == Code.SVC_NO_READY_ENDPOINTS)).toList();
    }

    /** A registry of this namespace is looked at before the image that cannot be had from it. */
    private boolean leans(Finding f) {
        return f.basis().leans || f.code() == Code.IMAGE_REGISTRY_UNREACHABLE
            && from(f.owner()).stream().anyMatch(e -> e.origin() == Edge.Origin.IMAGE);
    }

    List<Finding> progress(Ref node) {
        return at(node).stream().filter(f -> f.code().role == Code.Role.PROGRESS).toList();
    }

    /** Whether this has only just begun. */
    boolean young(List<Finding> progress) {
        return progress.stream().anyMatch(f -> seen.age(Optional.of(f.since())) < Code.STILL_PROGRESSING.young);
    }

    /** Where an explanation may lie: a symptom that names what it misses is followed there and nowhere else. */
    List<Edge> followed(Ref node) {
        return followed.computeIfAbsent(node, this::follow);
    }

    private List<Edge> follow(Ref node) {
        var named = at(node).stream().anyMatch(f -> f.wants().named());
        var pending = at(node).stream().anyMatch(f -> f.code() == Code.SCHED_VOLUME_UNBOUND);
        return from(node).stream().filter(e -> e.to().is("PersistentVolumeClaim") || !pending && (!named || e.told())).toList();
    }

    /** Wrong though nothing waits for it; what is scaled to zero is wrong where others need it. */
    boolean standsAlone(Finding f) {
        return f.code().has(Rule.STATIC) && (f.code() != Code.REPLICAS_ZERO || edges.values().stream().flatMap(List::stream)
            .anyMatch(e -> e.to().is("Service") && !e.from().equals(f.owner())
                && from(e.to()).stream().anyMatch(s -> s.to().equals(f.owner()))));
    }
}

/** Ingresses that lead nowhere: a class, a Service, a port or a certificate that does not exist. Pure. */
record IngressFindings(Observed seen) {
    Stream<Finding> find() {
        return seen.snapshot.all("Ingress").stream()
            .flatMap(i -> Stream.of(type(i), Dependencies.backends(i).flatMap(b -> backend(i, b).stream()),
            certificates(i)).flatMap(s -> s));
    }

    private Finding finding(Code code, Obj ingress, String path, String value) {
        return seen.fault(code, ingress, Evidence.field(ingress, path, value));
    }

    private Stream<Finding> type(Obj ingress) {
        var annotated = ingress.text("/spec/ingressClassName").isEmpty();
        var type = annotated ? ingress.annotation("kubernetes.io/ingress.class") : ingress.text("/spec/ingressClassName");
        return !ingress.has("/spec/ingressClassName") || seen.exists("IngressClass", type) ? Stream.of()
            : Stream.of(finding(Code.INGRESS_CLASS_MISSING, ingress, "spec.ingressClassName", type).with(Map.of("class", type)));
    }

    private Optional<Finding> backend(Obj ingress, JsonNode backend) {
        var name = Json.text(backend, "name");
        if (!seen.snapshot.knows("Service")) {
            return Optional.empty();
        }
        var service = seen.snapshot.find("Service", name);
        if (service.isEmpty()) {
            return Optional.of(finding(Code.INGRESS_BACKEND_MISSING, ingress, "spec.rules.backend.service.name", name)
                .with(Map.of("service", name, "nearMiss", NearMiss.of(name, seen.snapshot.all("Service")))));
        }
        var port = backend.at("/port/name").asString(backend.at("/port/number").asString(""));
        return port.isEmpty() || has(service.get(), port) ? Optional.empty()
            : Optional.of(finding(Code.INGRESS_BACKEND_PORT, ingress, "spec.rules.backend.service.port", name + ":" + port)
                .with(Map.of("service", name, "port", port)));
    }

    private static boolean has(Obj service, String port) {
        return service.text("/spec/type").equals("ExternalName") || service.list("/spec/ports").stream()
            .anyMatch(p -> Json.text(p, "port").equals(port) || Json.text(p, "name").equals(port));
    }

    private Stream<Finding> certificates(Obj ingress) {
        var issued = ingress.json().at("/metadata/annotations").toString().contains("cert-manager.io/")
            && seen.age(ingress) < Code.INGRESS_TLS_SECRET_MISSING.young;
        return ingress.list("/spec/tls").stream().map(t -> Json.text(t, "secretName"))
            .filter(s -> !issued && !s.isEmpty() && !seen.exists("Secret", s)).distinct()
            .filter(s -> CustomFindings.maker(seen.snapshot, s).filter(m -> CustomStatus.gates(m, seen.snapshot)
                && CustomStatus.of(m, seen.snapshot).against()).isEmpty()) // which is told itself
            .map(s -> finding(Code.INGRESS_TLS_SECRET_MISSING, ingress, "spec.tls.secretName", s).with(Map.of("name", s)));
    }
}

/** The fields of a spec by their paths, as a person writes them: {@code containers[web].env[DB_HOST].value}. Pure. */
static final class Leaves {
    private static final Pattern VARIABLE = Pattern.compile("\\.env\\[([^\\]]*)\\]\\.value$");
    private static final String HIDDEN = "(set; not shown)";

    static Map<String, String> of(JsonNode node) {
        var found = new LinkedHashMap<String, String>();
        walk(node, "", found);
        return found;
    }

    /** The variable, or the kernel's setting, that stands in such a path. */
    static String variable(String path) {
        return path.replaceFirst("^.*?\\b(env|sysctls)\\[", "").replaceFirst("\\].*", "");
    }

    private static void walk(JsonNode node, String path, Map<String, String> found) {
        if (node.isObject() && !node.isEmpty()) {
            node.properties().forEach(e -> walk(e.getValue(), path.isEmpty() ? e.getKey() : path + "." + e.getKey(), found));
        } else if (node.isArray() && node.valueStream().anyMatch(JsonNode::isObject)) {
            for (int i = 0; i < node.size(); i++) {
                var only = node.get(i).size() == 1 && node.get(i).has("name") && !path.endsWith(".env");
                var element = path + "[" + (only ? "" + i : Obj.element(node.get(i), i)) + "]";
                walk(node.get(i), element, found);
                found.remove(only ? "" : element + ".name"); // which its path says already
                found.remove(path.endsWith("items") ? "" : element + ".key");
                if (path.endsWith(".env") && node.get(i).size() == 1) {
                    found.put(element + ".value", "\"\"");
                }
            }
        } else {
            found.put(path, value(path, node));
        }
    }

    private static String value(String path, JsonNode node) {
        var variable = VARIABLE.matcher(path);
        if (variable.find() && SecretShapes.NAME.matcher(variable.group(1)).matches() && !node.asString("").isEmpty()) {
            return HIDDEN;
        }
        return node.isArray() ? node.valueStream().map(n -> n.asString(""))
            .collect(Collectors.joining(", ", "[", "]")) : node.isObject() ? "{}"
            : node.asString("").isEmpty() ? "\"\"" : node.asString("");
    }
}

/** A host that a workload names: in {@code via}, such as {@code env DB_HOST}, and how sure it is that it is needed (0 to 1). */
record Mention(Address address, Edge.Origin origin, String via, double confidence) {
    String host() {
        return address.host();
    }

    String port() {
        return address.port();
    }

    /** The ConfigMap whose value it is, else the workload. */
    static Ref place(String via, Ref workload) {
        return via.startsWith("configmap ") ? new Ref("ConfigMap", via.split(" ")[1]) : workload;
    }

    /** A setting that names an address with its port. */
    boolean sure() {
        return confidence >= 0.8;
    }
}

/** The hosts that a pod template names: in commands, variables, arguments, ConfigMaps and Secrets. Pure. */
static final class Mentions {
    private static final String NAME = "(?:[A-Za-z0-9.-]*[A-Za-z0-9])?";
    private static final Pattern URL =
        Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^@/\\s]*@)?([A-Za-z0-9]" + NAME + ")(?::(\\d{1,5}))?");
    private static final Pattern HOST_PORT =
        Pattern.compile("(?:^|[\\s,;=@(\\[/'\"])([A-Za-z]" + NAME + "):(\\d{2,5})(?=$|[\\s,;/)\\]'\"?])");
    private static final Pattern DSN =
        Pattern.compile("(?i)\\b(?:host|server|data source)=([A-Za-z]" + NAME + ")(?:.{0,80}?\\bport=(\\d{1,5}))?");
    private static final Pattern HOST = Pattern.compile("[a-z](?:[a-z0-9.-]*[a-z0-9])?");
    private static final Pattern KEY = Pattern.compile("(?i)(HOST(S|NAME)?|ADDR(ESS)?|UR[LI]|DSN|BROKERS?|SERVERS?|ENDPOINT|SERVICE)$");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\((\\w+)\\)");
    private final Snapshot snapshot;
    private final LinkedHashSet<Mention> found = new LinkedHashSet<>();

    private Mentions(Snapshot snapshot) {
        this.snapshot = snapshot;
    }

    static List<Mention> of(JsonNode spec, Snapshot snapshot) {
        var mentions = new Mentions(snapshot);
        mentions.commands(spec);
        mentions.settings(spec);
        mentions.objects(spec);
        return List.copyOf(mentions.found);
    }

    private void commands(JsonNode spec) {
        spec.path("initContainers").forEach(c -> WaitCommands.targets(c)
            .forEach(t -> found.add(new Mention(t, Edge.Origin.INIT, "init:" + Json.text(c, "name") + " " + t, 0.95))));
        spec.path("containers").forEach(c -> WaitCommands.targets(c)
            .forEach(t -> found.add(new Mention(t, Edge.Origin.SPEC, "command:" + Json.text(c, "name") + " " + t, 0.8))));
    }

    private void settings(JsonNode spec) {
        Pods.specs(spec).forEach(c -> {
            variables(c).forEach((key, value) -> setting(via(c, key), key, value));
            setting("args", "", WaitCommands.words(c));
        });
    }

    private static String via(JsonNode container, String key) {
        for (var e : container.path("env")) {
            var from = e.at("/valueFrom/configMapKeyRef");
            if (from.isObject() && Json.text(e, "name").equals(key)) {
                return "configmap " + Json.text(from, "name") + " " + Json.text(from, "key");
            }
        }
        return "env " + key;
    }

    /** Whole ConfigMaps, and of Secrets the hosts that stand in them. */
    private void objects(JsonNode spec) {
        References.of(spec).stream().filter(r -> r.kind().equals("ConfigMap") && r.key().isEmpty())
            .forEach(r -> object("configmap ", r, "/data"));
        References.of(spec).stream().filter(r -> r.kind().equals("Secret")).forEach(r -> object("secret ", r, "/hosts"));
    }

    private void object(String kind, References.Ref r, String data) {
        snapshot.find(r.kind(), r.name())
            .ifPresent(o -> addresses(new TreeMap<>(o.map(data)))
            .forEach((key, value) -> setting(kind + r.name() + " " + key, key, value)));
    }

    /** A container's variables with ConfigMap values filled in and {@code $(NAME)} expanded. */
    private Map<String, String> variables(JsonNode container) {
        var env = new TreeMap<String, String>();
        for (var e : container.path("env")) {
            var from = e.at("/valueFrom/configMapKeyRef");
            env.put(Json.text(e, "name"), from.isObject() ? snapshot.find("ConfigMap", Json.text(from, "name"))
                .map(m -> m.at("/data").path(Json.text(from, "key")).asString("")).orElse("") : Json.text(e, "value"));
        }
        env.replaceAll((k, v) -> VARIABLE.matcher(v).replaceAll(m -> Matcher.quoteReplacement(env.getOrDefault(m.group(1), m.group()))));
        return addresses(env);
    }

    private static Map<String, String> addresses(Map<String, String> settings) {
        settings.replaceAll((k, v) -> HOST.matcher(v).matches() && KEY.matcher(k).find() ? paired(settings, k, v) : v);
        return settings;
    }

    /** DB_HOST and DB_PORT are one address written in two. */
    private static String paired(Map<String, String> env, String key, String host) {
        var port = env.getOrDefault(key.replaceFirst("(?i)(HOST(NAME)?|ADDR(ESS)?|SERVER)$", "PORT"), "");
        return port.matches("\\d{2,5}") ? host + ":" + port : host;
    }

    private void setting(String via, String key, String value) {
        var address = KEY.matcher(key).find();
        for (var pattern : List.of(URL, HOST_PORT, DSN)) {
            var match = pattern.matcher(value);
            while (match.find()) {
                var port = match.group(2) == null ? "" : match.group(2);
                found.add(new Mention(new Address(match.group(1), port), Edge.Origin.SPEC, via,
                    port.isEmpty() ? 0.6 : pattern != HOST_PORT || address ? 0.8 : 0.7));
            }
        }
        Stream.of(value.split("[,\\s]+")).filter(host -> address && HOST.matcher(host).matches())
            .forEach(host -> found.add(new Mention(new Address(host, ""), Edge.Origin.SPEC, via, 0.6)));
    }
}

/** When two findings are one cause. */
static final class Merge {
    private static final Set<String> WORKLOADS = Set.of("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod");

    /** Equal for findings that are one cause, as the code's row says. */
    static String key(Finding f) {
        var same = f.code().same;
        var object = f.object().toString();
        return f.code() + "|" + switch (same) {
            case PLACE -> object + (WORKLOADS.contains(f.objectKind()) ? "|" + f.container() : "");
            case OBJECT -> object;
            case KEY -> object + "#" + f.param(same.param);
            case CLUSTER -> "";
            case REGISTRY -> registry(f.params().getOrDefault(same.param, object));
            default -> f.params().getOrDefault(same.param, object);
        };
    }

    /** The host part of an image's name. */
    static String registry(String image) {
        var first = image.contains("/") ? image.substring(0, image.indexOf('/')) : "";
        return first.contains(".") || first.contains(":") || first.equals("localhost") ? first : "docker.io";
    }

    /** One absent name is one cause, whether an init container or a log tells it; containers of one pod with one code are one cause too. */
    static List<Root> synonyms(List<Root> roots) {
        var kept = new LinkedHashMap<String, Root>();
        roots.forEach(root -> kept.merge(name(root), root, Merge::joined));
        return List.copyOf(kept.values());
    }

    private static String name(Root root) {
        var f = root.findings().get(0);
        if (f.code() == Code.SECRET_MISSING || f.code() == Code.INGRESS_TLS_SECRET_MISSING) {
            return "secret|" + (f.code() == Code.SECRET_MISSING ? f.objectName() : f.param("name"));
        }
        if (f.code().same == Same.HOST) {
            return "name|" + f.param(Same.HOST.param);
        }
        return WORKLOADS.contains(f.objectKind()) && !f.container().isEmpty() && root.findings().size() == 1
            ? f.code() + "|" + f.object() : root.key();
    }

    private static Root joined(Root a, Root b) {
        var better = Set.of(Code.SVC_MISSING, Code.SECRET_MISSING);
        var first = better.contains(b.findings().get(0).code()) && !better.contains(a.findings().get(0).code()) ? b : a;
        var second = first == a ? b : a;
        var findings = new ArrayList<>(first.findings());
        second.findings().stream().filter(f -> !findings.contains(f)).forEach(findings::add);
        var explains = new TreeMap<>(second.explains());
        explains.putAll(first.explains());
        return new Root(first.key(), findings, explains);
    }
}

/** What has to stay readable though a Secret holds the same text. */
static final class NamesToKeep {
    /** Names of the objects, containers and namespace of a snapshot; those of Secrets too, which are not secret. */
    static Set<String> of(Snapshot snapshot) {
        var names = new HashSet<>(Set.of(snapshot.namespace()));
        snapshot.objects().values().stream().flatMap(List::stream).filter(o -> !o.kind().equals("Event")).forEach(o -> {
            names.add(o.name());
            names.addAll(o.labels().values());
            Dependencies.template(o).path("spec").path("containers").forEach(c -> names.add(Json.text(c, "name")));
        });
        snapshot.applied().forEach(a -> names.add(a.object().name()));
        return names;
    }
}

/** The existing name that somebody may have meant. */
static final class NearMiss {
    static String of(String name, List<Obj> among) {
        return among.stream().map(Obj::name).filter(n -> near(n, name))
            .min(Comparator.comparingInt((String n) -> distance(n, name)).thenComparing(Comparator.naturalOrder())).orElse("");
    }

    static boolean near(String n, String name) {
        return !n.equals(name) && (n.startsWith(name) || name.startsWith(n) || distance(n, name) <= Math.max(2, name.length() / 4));
    }

    static int distance(String a, String b) {
        var row = IntStream.rangeClosed(0, b.length()).toArray();
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}

/** What NetworkPolicies let through between two pods of this namespace. */
record NetworkPolicies(Snapshot snapshot) {
    /** The policy that stops a connection to one of the workloads behind a Service, on this port of it or on any when it is empty. */
    Optional<Obj> blocking(Obj from, Obj service, String port, List<Obj> behind) {
        return behind.stream().flatMap(w -> blocking(Dependencies.labels(from), Dependencies.labels(w),
            Ports.behind(service, port, Dependencies.podSpec(w))).stream()).findFirst();
    }

    /** The policy that stops a connection to these ports (empty: any), first by name; empty when it is allowed. */
    private Optional<Obj> blocking(Map<String, String> from, Map<String, String> to, Set<String> ports) {
        return blocking("Ingress", to, from, "ingress", "from", ports).or(() -> blocking("Egress", from, to, "egress", "to", ports));
    }

    /** The policy that selects these pods where all such policies together let nobody in. */
    Optional<Obj> closed(Map<String, String> labels) {
        var selecting = selecting("Ingress", labels);
        return selecting.stream().allMatch(p -> p.list("/spec/ingress").isEmpty()) ? selecting.stream().findFirst() : Optional.empty();
    }

    /** The egress policy that keeps a pod from asking the cluster's DNS. */
    Optional<Obj> withoutDns(Map<String, String> from) {
        var selecting = selecting("Egress", from);
        return selecting.stream().anyMatch(p -> p.list("/spec/egress").stream().anyMatch(r -> leavesNamespace(r.path("to"))
            && (r.path("ports").isEmpty() || ports(r, Set.of("53", "dns", "dns-tcp")))))
            ? Optional.empty() : selecting.stream().findFirst();
    }

    /** Whether the cluster's DNS, which lives in another namespace, may be among these peers. */
    private static boolean leavesNamespace(JsonNode peers) {
        return peers.isEmpty() || peers.valueStream().anyMatch(p -> p.has("ipBlock")
            || p.has("namespaceSelector") && "kube-system".equals(p.at("/namespaceSelector/matchLabels")
                .path("kubernetes.io/metadata.name").asString("kube-system")));
    }

    private List<Obj> selecting(String type, Map<String, String> labels) {
        return snapshot.all("NetworkPolicy").stream()
            .filter(p -> types(p).contains(type) && Selector.matches(p.at("/spec/podSelector"), labels))
            .sorted(Comparator.comparing(Obj::name)).toList();
    }

    private static List<String> types(Obj policy) {
        var types = policy.list("/spec/policyTypes").stream().map(n -> n.asString("")).toList();
        return !types.isEmpty() ? types : policy.has("/spec/egress") ? List.of("Ingress", "Egress") : List.of("Ingress");
    }

    private Optional<Obj> blocking(String type, Map<String, String> subject,
        Map<String, String> peer, String rules, String side, Set<String> ports) {
        var selecting = selecting(type, subject);
        var allowed = selecting.stream().anyMatch(p -> p.list("/spec/" + rules).stream()
            .anyMatch(r -> peer(r.path(side), peer) && (r.path("ports").isEmpty() || ports.isEmpty() || ports(r, ports))));
        return allowed ? Optional.empty() : selecting.stream().findFirst();
    }

    private boolean peer(JsonNode peers, Map<String, String> labels) {
        if (peers.isEmpty()) {
            return true;
        }
        for (var p : peers) {
            var here = !p.has("namespaceSelector") || Selector.matches(p.path("namespaceSelector"), namespace());
            if (p.has("ipBlock") || here && (!p.has("podSelector") || Selector.matches(p.path("podSelector"), labels))) {
                return true;
            }
        }
        return false;
    }

    private Map<String, String> namespace() {
        var labels = new HashMap<>(snapshot.find("Namespace", snapshot.namespace()).map(Obj::labels).orElse(Map.of()));
        labels.put("kubernetes.io/metadata.name", snapshot.namespace());
        return labels;
    }

    private static boolean ports(JsonNode rule, Set<String> ports) {
        for (var p : rule.path("ports")) {
            var low = p.path("port").asInt(-1);
            var end = p.path("endPort").asInt(low);
            if (!p.has("port") || ports.contains(Json.text(p, "port"))
                || ports.stream().anyMatch(n -> n.matches("\\d{1,5}") && low >= 0
                && Integer.parseInt(n) >= low && Integer.parseInt(n) <= end)) {
                return true;
            }
        }
        return false;
    }
}

/** An object as the JSON names it; the namespace is empty for what has none. */
record ObjectRef(String apiVersion, String kind, String namespace, String name) {
    @Override
    public String toString() {
        return kind + "/" + name;
    }
}

/** Evidence for a reader who must not trust it; {@code suspicious} when it reads like an instruction. */
record Proof(String source, String path, String reason, String message,
    long count, String firstSeen, String lastSeen, boolean untrusted, boolean suspicious) { }

/** Amounts of resources as Kubernetes writes them: {@code 500m}, {@code 2Gi}. */
static final class Quantities {
    /** Zero for what is none. */
    static double of(String text) {
        try {
            return Quantity.parse(text).getNumericalAmount().doubleValue();
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    /** Of memory in {@code Mi}, of anything else in thousandths when it is small. */
    static String text(String resource, double amount) {
        var mebi = resource.contains("memory") || resource.contains("storage");
        return mebi ? Math.round(amount / (1 << 20)) + "Mi" : amount == Math.rint(amount) ? String.valueOf((long) amount)
            : Math.round(amount * 1000) + "m";
    }
}

/** How a cause is mended: in which file, with what besides, and which commands show more. Pure. */
record Repairs(Snapshot snapshot) {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final Pattern REF = Pattern.compile("[a-z]{1,40}[a-z0-9.-]{0,100}/" + NAME.pattern());

    /** The manifest to change: the object's own where there is one, else that of whoever refers to it. */
    Fix fix(Finding f, List<Fact> facts, List<String> candidates) {
        var files = Stream.of(f.object(), f.owner()).filter(o -> !o.is("Command"))
            .flatMap(o -> source(o).stream().map(s -> new FileRef(s.file(), line(s, o, facts)))).distinct();
        var change = f.code().has(Rule.LOGGED) ? null : facts.stream().findFirst().map(at -> at.at() + " is " + at.value()
            + (candidates.isEmpty() ? "" : "; found: " + candidates.get(0))).orElse(null);
        return new Fix(f.code().scope, f.code().action, f.code().text, change, files.toList(), also(f).stream().toList());
    }

    /** That of the field at fault, where the first fact about the object tells it. */
    private static int line(Source source, Ref o, List<Fact> facts) {
        var at = Kubectl.ref(o.kind(), o.name()) + " ";
        return facts.stream().filter(f -> f.at().startsWith(at)).findFirst().map(f -> source.line(f.at().substring(at.length())))
            .orElse(source.line());
    }

    private Optional<Source> source(Ref o) {
        var own = snapshot.applied(o.kind(), o.name()).map(Applied::source);
        if (own.isEmpty() && o.is("PersistentVolumeClaim")) {
            return snapshot.applied().stream()
                .filter(a -> a.object().kind().equals("StatefulSet") && a.object().list("/spec/volumeClaimTemplates").stream()
                    .anyMatch(t -> o.name().startsWith(t.at("/metadata/name").asString("") + "-" + a.object().name() + "-")))
                .map(Applied::source).findFirst();
        }
        return own.isPresent() || !o.is("Job") ? own : snapshot.find("Job", o.name()).map(Obj::controller)
            .flatMap(c -> snapshot.applied("CronJob", Json.text(c, "name"))).map(Applied::source);
    }

    private Optional<Also> also(Finding f) {
        var code = f.code();
        var set = f.owner().is("StatefulSet");
        if (code.has(Also.DELETE_POD)) {
            return Optional.of(Also.DELETE_POD).filter(a -> set);
        }
        if (code.has(Also.ROLLOUT_RESTART)) {
            return Optional.of(Also.ROLLOUT_RESTART).filter(a -> f.param("setting").startsWith("configmap"));
        }
        var stays = snapshot.find(f.owner().kind(), f.owner().name()).isPresent(); // one that is not there can be made as it is written
        return code.has(Also.NEW_JOB_NAME) || f.owner().is("Job") && stays && code.role == Code.Role.CAUSE ? Optional.of(Also.NEW_JOB_NAME)
            : Optional.of(Also.DELETE_POD).filter(a -> set && code.scope == Code.Scope.repo && !f.pod().isEmpty());
    }

    /** Commands of the catalogue with names that the API itself would accept; anything else is left out. */
    List<String> next(Finding f) {
        var values = Map.of("{ns}", checked(snapshot.namespace(), NAME), "{object}",
            checked(ref(f, f.object()), REF), "{owner}", checked(ref(f, f.owner()), REF),
            "{pod}", checked(f.pod(), NAME), "{container}", checked(container(f), NAME));
        var commands = new LinkedHashSet<String>();
        for (var look : f.code().next) {
            var command = restarted(f) ? look.template : look.template.replace(" --previous", "");
            var name = checked(named(look.template, f), NAME);
            command = command.contains("{name}") && name.isEmpty() ? "" : command.replace("{name}", name);
            for (var v : values.entrySet()) {
                command = command.contains(v.getKey()) && v.getValue().isEmpty() ? "" : command.replace(v.getKey(), v.getValue());
            }
            commands.add(command);
        }
        commands.remove("");
        return List.copyOf(commands);
    }

    /** Of the object, or of the owner: the one whose kind the command names. */
    private static String named(String command, Finding f) {
        var kind = command.replaceFirst(".* (\\S+) \\{name}.*", "$1");
        return Stream.of(f.object(), f.owner()).filter(o -> o.kind().equalsIgnoreCase(kind) || Kubectl.ref(o.kind(), "").equals(kind + "/"))
            .map(Ref::name).findFirst().orElse("");
    }

    /** Whether there is the log of an earlier run. */
    private boolean restarted(Finding f) {
        return snapshot.find("Pod", f.pod()).stream().flatMap(p -> Pods.containers(p).stream())
            .filter(c -> Json.text(c, "name").equals(container(f))).allMatch(c -> c.path("restartCount").asLong(0) > 0);
    }

    /** A custom resource may be called like a kind of Kubernetes' own: then the group tells them apart. */
    private String ref(Finding f, Ref o) {
        return f.code().family != Code.Family.CUSTOM ? Kubectl.ref(o.kind(), o.name()) : snapshot.custom()
            .filter(c -> Ref.of(c).equals(o)).findFirst().map(c -> o.kind().toLowerCase(Locale.ROOT) + "." + c.group() + "/" + o.name())
            .orElse(Kubectl.ref(o.kind(), o.name()));
    }

    private static String checked(String text, Pattern pattern) {
        return pattern.matcher(text).matches() ? text : "";
    }

    /** The finding's container, or the only one of its pod. */
    String container(Finding f) {
        var containers = snapshot.find("Pod", f.pod()).map(p -> p.list("/spec/containers")).orElse(List.of());
        return f.container().isEmpty() && containers.size() == 1 ? containers.get(0).path("name").asString("") : f.container();
    }
}

/** Turns roots into the report: order, severity, proofs, texts. Pure. */
record Reporting(Observed seen, Dependencies needs, List<Finding> findings,
    Map<Ref, List<Finding>> byOwner, Set<Ref> old, Set<Ref> unready,
    List<Workload> workloads, Ref agent) {
    static Reporting of(Observed seen, Dependencies needs, List<Finding> findings, Set<Ref> unready, List<Workload> workloads, Ref agent) {
        return new Reporting(seen, needs, findings, findings.stream().collect(Collectors.groupingBy(Finding::owner)),
            seen.snapshot.all("Pod").stream().filter(p -> Pods.saysReady(p) && !seen.current(p))
                .map(seen::owner).collect(Collectors.toSet()),
            unready, workloads, agent);
    }

    private static final int EVIDENCE = 10;
    /** Of objects that nobody could read. */
    private static final Map<String, Set<String>> VERSIONS = Map.of(
        "apps/v1", Set.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), "batch/v1", Set.of("Job", "CronJob"),
        "networking.k8s.io/v1", Set.of("Ingress", "NetworkPolicy"), "rbac.authorization.k8s.io/v1", Set.of("Role"),
        "autoscaling/v2", Set.of("HorizontalPodAutoscaler"), "policy/v1", Set.of("PodDisruptionBudget"),
        "storage.k8s.io/v1", Set.of("StorageClass"), "admissionregistration.k8s.io/v1", Set.of("Webhook"));
    private static final Set<String> GLOBAL = Set.of("Node", "Namespace", "StorageClass", "PersistentVolume", "Webhook", "IngressClass",
        "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
        "Manifest", "Command");
    private static final Set<String> REFERENCED = Set.of("Secret", "ConfigMap", "ServiceAccount", "PersistentVolumeClaim", "Service");
    private static final Comparator<Cause> ORDER = Comparator.comparing(Cause::severity).thenComparing(c -> !c.blocksAgent())
        .thenComparing(c -> -c.affected()).thenComparing(c -> c.basis().equals("inferred"))
        .thenComparing(c -> -c.confidence()).thenComparing(Cause::firstSeen)
        .thenComparing(c -> c.code().name()).thenComparing(c -> c.object().kind())
        .thenComparing(c -> c.object().name()).thenComparing(Cause::container);
    /** Progress is a cause only where nothing is broken; else it is a warning, as advice is. */
    DiagnosisReport report(List<Root> roots, List<Finding> advice) {
        var all = roots.stream().map(this::cause).sorted(ORDER).toList();
        var faults = all.stream().filter(c -> c.code().role != Code.Role.PROGRESS).toList();
        var blocking = faults.stream().anyMatch(c -> c.severity() != Code.Severity.degraded);
        var shown = blocking ? faults : all;
        var warnings = new ArrayList<Warning>();
        advice.forEach(f -> warnings.add(new Warning(f.code(), f.object().toString(), f.code().text)));
        all.stream().filter(c -> blocking && c.code().role == Code.Role.PROGRESS)
            .forEach(c -> warnings.add(new Warning(c.code(), c.object().toString(), c.fix().text())));
        var unexplained = unexplained(roots);
        var known = shown.isEmpty() && !seen.snapshot.knows("Pod") && !unready.isEmpty() ? List.of(cause(unavailable())) : shown;
        var causes = IntStream.range(0, known.size()).mapToObj(i -> known.get(i).numbered("rc" + (i + 1))).toList();
        return new DiagnosisReport(causes, unexplained, List.copyOf(warnings), seen.snapshot.limited(),
            Summary.disposition(causes, unexplained), Summary.sentence(causes, unexplained, unready));
    }

    private Repairs repairs() {
        return new Repairs(seen.snapshot);
    }

    private Root unavailable() {
        var limits = seen.snapshot.limited().isEmpty() ? List.of("pods: not read") : seen.snapshot.limited();
        var at = new Ref("Namespace", seen.snapshot.namespace());
        return new Root("", List.of(Finding.of(Code.DIAGNOSIS_UNAVAILABLE, at, at, seen.snapshot.at(),
            limits.stream().map(l -> Evidence.status("namespace/" + seen.snapshot.namespace(), "", l)).toList())), Map.of());
    }

    private List<Unexplained> unexplained(List<Root> roots) {
        var explained = new HashSet<Ref>();
        roots.forEach(r -> {
            r.findings().forEach(f -> explained.add(f.owner()));
            explained.addAll(r.explains().keySet());
        });
        return unready.stream().filter(u -> !explained.contains(u)).map(u -> {
            var own = findings.stream().filter(f -> f.owner().equals(u) && f.code() != Code.STS_HEADLESS_SVC_MISSING).findFirst();
            var message = workloads.stream().filter(w -> u.equals(Ref.of(w)))
                .map(Workload::message).findFirst().orElse("");
            return new Unexplained(u.toString(), own.map(Finding::code).orElse(Code.UNKNOWN), message);
        }).filter(u -> u.code() != Code.SVC_NO_READY_ENDPOINTS).toList(); // the workload behind it stands there too
    }

    private Cause cause(Root root) {
        var findings = root.findings().stream().sorted(Comparator.comparing((Finding f) -> !unready.contains(f.owner()))
            .thenComparing(Finding.ORDER)).toList();
        var f = findings.get(0);
        var affected = new TreeSet<>(root.explains().keySet());
        findings.forEach(x -> affected.add(x.owner()));
        affected.retainAll(unready);
        var first = findings.stream().map(Finding::since).min(Comparator.naturalOrder()).orElse(seen.snapshot.at());
        var facts = Facts.of(seen, needs, findings);
        var candidates = Candidates.of(seen, needs, f);
        return new Cause("", fingerprint(f), f.code(), f.code().family, f.code().severity(!affected.isEmpty()),
            ref(f.object()), ref(f.owner()), f.container(), inferred(f) ? "inferred" : "observed", confidence(f), params(findings),
            facts, candidates, repairs().fix(f, facts, candidates), repairs().next(f), evidence(findings), excerpt(f),
            explains(findings, root),
            oldRevisionServing(f), affected.contains(agent), affected.size(), time(first));
    }

    private List<Symptom> explains(List<Finding> findings, Root root) {
        var f = findings.get(0);
        var explains = new ArrayList<Symptom>();
        var same = findings.stream().map(Finding::owner).filter(n -> !n.equals(f.owner()))
            .collect(Collectors.toCollection(LinkedHashSet::new));
        same.forEach(n -> explains.add(new Symptom(n.toString(), f.code(), List.of("same cause"), 0)));
        root.explains().forEach((node, trail) -> {
            if (!node.equals(f.owner()) && !same.contains(node)) {
                explains.add(new Symptom(node.toString(), symptom(node), trail.via(), trail.hops()));
            }
        });
        explains.sort(Comparator.comparing(Symptom::hops).thenComparing(Symptom::object));
        return explains;
    }

    private Code symptom(Ref node) {
        return byOwner.getOrDefault(node, List.of()).stream().min(Comparator.comparing(f -> f.code().role != Code.Role.SYMPTOM))
            .map(Finding::code).orElse(Code.UNKNOWN);
    }

    /** What is a symptom of something else was not seen at its cause. */
    private static boolean inferred(Finding f) {
        return f.basis().inferred || f.code().role == Code.Role.SYMPTOM;
    }

    private static double confidence(Finding f) {
        if (f.basis() == Basis.WEAK || f.code().role == Code.Role.SYMPTOM) {
            return 0.5;
        }
        if (f.basis().inferred) {
            return 0.7;
        }
        var sources = f.evidence().stream().map(Evidence::source).collect(Collectors.toSet());
        return sources.stream().anyMatch(s -> s.matches("status|condition|spec|apply")) && !sources.contains("log") ? 0.98 : 0.9;
    }

    private Map<String, String> params(List<Finding> findings) {
        var f = findings.get(0);
        var params = new TreeMap<>(f.params());
        params.put("pod", f.pod());
        if (!f.objectKind().equals(f.ownerKind())) {
            var kind = f.objectKind();
            params.put("referencedBy", findings.stream().map(x -> x.owner().toString())
                .distinct().sorted().collect(Collectors.joining(", ")));
            var other = kind.equals("ConfigMap") ? "Secret" : kind.equals("Secret") ? "ConfigMap" : "";
            seen.snapshot.find(other, f.objectName()).ifPresent(o -> params.put("otherKind", Ref.of(o).toString()));
            if (REFERENCED.contains(kind) && seen.snapshot.find(kind, f.objectName()).isEmpty()) {
                params.merge("nearMiss", NearMiss.of(f.objectName(), seen.snapshot.all(kind)), (told, near) -> near.isEmpty()
                    ? told : near);
            }
        }
        params.values().removeIf(String::isEmpty);
        return params;
    }

    private String fingerprint(Finding f) {
        return Sha256.of(String.join("|", f.code().name(), f.objectKind(), seen.snapshot.namespace(), f.objectName())
            .getBytes(StandardCharsets.UTF_8));
    }

    private ObjectRef ref(Ref o) {
        var known = seen.snapshot.find(o.kind(), o.name())
            .or(() -> seen.snapshot.custom().filter(c -> Ref.of(c).equals(o)).findFirst()).map(Obj::apiVersion).filter(v -> !v.isEmpty())
            .or(() -> seen.snapshot.applied(o.kind(), o.name()).map(a -> a.object().apiVersion()))
            .or(() -> VERSIONS.entrySet().stream().filter(v -> v.getValue().contains(o.kind())).map(Map.Entry::getKey).findFirst());
        return new ObjectRef(known.orElse("v1"), o.kind(), GLOBAL.contains(o.kind()) ? "" : seen.snapshot.namespace(), o.name());
    }

    private List<Proof> evidence(List<Finding> findings) {
        var said = new HashSet<String>();
        return findings.stream().flatMap(f -> f.evidence().stream().map(e -> proof(f, e))).distinct()
            // the pods of one workload print the same line, each with its own time
            .filter(p -> !p.source().equals("log") || said.add(p.message().replaceAll("\\d+", "0"))).limit(EVIDENCE).toList();
    }

    /** As the cluster writes times. */
    private static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** What a status says, it says at the moment of the snapshot; since when is known where the object tells it. */
    private Proof proof(Finding f, Evidence e) {
        var first = e.firstSeen().isEmpty() && !e.source().equals("log") ? time(f.since()) : e.firstSeen();
        var last = e.lastSeen().isEmpty() && e.source().matches("status|condition|spec") ? time(seen.snapshot.at()) : e.lastSeen();
        return new Proof(e.source(), e.path(), e.reason(), e.message(), e.count(),
            first, last, true, Phrase.ORDERS.occurs(e.message()));
    }

    private Excerpt excerpt(Finding f) {
        var log = seen.snapshot.logs().get(f.pod() + "/" + repairs().container(f));
        if (log == null || log.lines().isEmpty()) {
            return null;
        }
        var lines = LogReading.excerpt(log.lines());
        return new Excerpt(log.pod(), log.container(), log.previous(), lines, lines.size(), log.lines().size(),
            lines.stream().anyMatch(Phrase.ORDERS::occurs));
    }

    private boolean oldRevisionServing(Finding f) {
        return f.owner().is("Deployment") && seen.snapshot.find(f.ownerKind(), f.ownerName()).isPresent()
            && old.contains(f.owner());
    }
}

/** One explanation found: a cause, and by which trail each of the workloads came to it. */
record Root(String key, List<Finding> findings, Map<Ref, Trail> explains) {
    /** How a symptom came to its cause: what each edge was read from, in order, and over how many of them. */
    record Trail(List<String> via, int hops) {
        static Trail of(List<Edge> edges) {
            return new Trail(edges.stream().map(Edge::via).toList(),
                (int) edges.stream().filter(e -> e.origin() != Edge.Origin.SELECTOR).count());
        }
    }
}

/** Follows the edges from every symptom to its causes. Cycles count as one place. */
static final class Roots {
    private final Graph graph;
    private final Map<Ref, Integer> component = new HashMap<>();
    private final Map<Integer, Set<Ref>> members = new TreeMap<>();
    private final Map<Integer, Map<String, List<Finding>>> known = new HashMap<>();
    private final Map<Ref, Integer> index = new HashMap<>();
    private final Map<Ref, Integer> low = new HashMap<>();
    private final ArrayList<Ref> stack = new ArrayList<>();

    Roots(Graph graph) {
        this.graph = graph;
    }

    List<Root> find() {
        graph.nodes().stream().filter(n -> !index.containsKey(n)).forEach(this::tarjan);
        var roots = new TreeMap<String, Root>();
        for (var node : graph.unready()) {
            roots(component.get(node)).forEach((key, findings) -> {
                var root = roots.computeIfAbsent(key, k -> new Root(k, new ArrayList<>(), new TreeMap<>()));
                findings.stream().filter(f -> !root.findings().contains(f)).forEach(root.findings()::add);
                if (findings.stream().noneMatch(f -> f.owner().equals(node))) {
                    root.explains().put(node, trail(node, findings));
                }
            });
        }
        graph.nodes().stream().flatMap(n -> graph.strong(n).stream()).filter(graph::standsAlone)
            .forEach(f -> roots.computeIfAbsent(Merge.key(f), k -> new Root(k, new ArrayList<>(List.of(f)), new TreeMap<>())));
        return Merge.synonyms(List.copyOf(roots.values()));
    }

    /** Components come out children first (Tarjan). */
    private void tarjan(Ref node) {
        index.put(node, index.size());
        low.put(node, index.get(node));
        stack.add(node);
        for (var edge : graph.followed(node)) {
            if (!index.containsKey(edge.to())) {
                tarjan(edge.to());
                low.merge(node, low.get(edge.to()), Math::min);
            } else if (stack.contains(edge.to())) {
                low.merge(node, index.get(edge.to()), Math::min);
            }
        }
        if (low.get(node).equals(index.get(node))) {
            var at = stack.indexOf(node);
            var own = new TreeSet<>(stack.subList(at, stack.size()));
            stack.subList(at, stack.size()).clear();
            own.forEach(n -> component.put(n, members.size()));
            members.put(members.size(), own);
        }
    }

    private Map<String, List<Finding>> roots(int place) {
        if (!known.containsKey(place)) {
            known.put(place, compute(place));
        }
        return known.get(place);
    }

    private Map<String, List<Finding>> compute(int place) {
        var own = members.get(place);
        var strong = own.stream().flatMap(n -> graph.strong(n).stream()).toList();
        if (!strong.isEmpty()) {
            return keyed(strong);
        }
        var below = new TreeMap<String, List<Finding>>();
        own.forEach(n -> graph.followed(n).stream().map(e -> component.get(e.to()))
            .filter(c -> c != place).distinct().forEach(c -> below.putAll(roots(c))));
        if (below.values().stream().flatMap(List::stream).anyMatch(f -> f.code().role != Code.Role.PROGRESS)) {
            below.values().removeIf(l -> l.stream().allMatch(f -> f.code().role == Code.Role.PROGRESS));
        }
        if (!below.isEmpty()) {
            return below;
        }
        var weak = own.stream().flatMap(n -> graph.weak(n).stream()).toList();
        if (own.stream().filter(n -> !graph.weak(n).isEmpty()).count() > 1
            && weak.stream().anyMatch(f -> f.code().family != Code.Family.CUSTOM)) {
            return Map.of("cycle|" + own.stream().map(Ref::toString).collect(Collectors.joining(",")), List.of(cycle(weak, own)));
        }
        var progress = own.stream().flatMap(n -> graph.progress(n).stream()).toList();
        // which keeps no pod from starting
        var nameless = weak.stream().allMatch(f -> f.code() == Code.STS_HEADLESS_SVC_MISSING && !f.wants().named());
        return keyed(weak.isEmpty() || nameless && graph.young(progress) ? progress : decisive(weak));
    }

    /** A Job that failed is told by its pod, if that tells anything. */
    private static List<Finding> decisive(List<Finding> weak) {
        var inner = weak.stream().filter(f -> f.code().role != Code.Role.WRAPPER).toList();
        return inner.isEmpty() ? weak : inner;
    }

    private static Finding cycle(List<Finding> weak, Set<Ref> own) {
        var first = weak.get(0);
        return Finding.of(Code.UNKNOWN, first.owner(), first.owner(), first.since(), weak.stream()
            .flatMap(f -> f.evidence().stream()).toList())
            .with(Map.of("cycle", own.stream().filter(n -> !n.is("Service")).map(Ref::toString).collect(Collectors.joining(", "))));
    }

    private static Map<String, List<Finding>> keyed(List<Finding> findings) {
        var keyed = new TreeMap<String, List<Finding>>();
        findings.forEach(f -> keyed.computeIfAbsent(Merge.key(f), k -> new ArrayList<>()).add(f));
        return keyed;
    }

    /** The shortest trail from a symptom to where one of these findings stands. */
    private Root.Trail trail(Ref from, List<Finding> findings) {
        var goals = findings.stream().map(Finding::owner).collect(Collectors.toSet());
        var came = new HashMap<Ref, Edge>();
        var queue = new ArrayList<>(List.of(from));
        for (int i = 0; i < queue.size(); i++) {
            var at = queue.get(i);
            if (goals.contains(at)) {
                return Root.Trail.of(back(came, from, at));
            }
            for (var edge : graph.followed(at)) {
                if (!edge.to().equals(from) && came.putIfAbsent(edge.to(), edge) == null) {
                    queue.add(edge.to());
                }
            }
        }
        return Root.Trail.of(List.of());
    }

    private static List<Edge> back(Map<Ref, Edge> came, Ref from, Ref to) {
        var trail = new LinkedList<Edge>();
        for (var at = to; !at.equals(from); at = trail.getFirst().from()) {
            trail.addFirst(came.get(at));
        }
        return trail;
    }
}

/** How many pods there may be: autoscalers without metrics, budgets that hold, workloads at zero. Pure. */
record ScalingFindings(Observed seen, Dependencies needs) {
    Stream<Finding> find() {
        return Stream.of(seen.snapshot.all("HorizontalPodAutoscaler").stream().flatMap(h -> autoscaler(h).stream()),
            seen.snapshot.all("PodDisruptionBudget").stream().flatMap(b -> budget(b).stream()),
            needs.workloads().values().stream().filter(this::zero)
                .map(w -> seen.fault(Code.REPLICAS_ZERO, w, Evidence.field(w, "spec.replicas", "0")))).flatMap(s -> s);
    }

    private Optional<Finding> autoscaler(Obj hpa) {
        if (seen.age(hpa) < Code.HPA_NO_METRICS.young) {
            return Optional.empty(); // the first metrics take a minute
        }
        var active = Optional.of(hpa.condition("ScalingActive"))
            .filter(c -> Obj.isFalse(c) && !Json.text(c, "reason").matches("ScalingDisabled|ScaledToZero"));
        return active.or(() -> Optional.of(hpa.condition("AbleToScale")).filter(Obj::isFalse))
            .map(c -> seen.fault(Code.HPA_NO_METRICS, hpa, Evidence.condition(hpa, c))
            .with(Map.of("reason", Json.text(c, "reason"))));
    }

    private Optional<Finding> budget(Obj budget) {
        boolean blocks = budget.number("/status/expectedPods", 0) > 0 && budget.number("/status/disruptionsAllowed", 1) == 0
            || Obj.isFalse(budget.condition("DisruptionAllowed"));
        return !blocks || budget.number("/status/currentHealthy", 0) < budget.number("/status/desiredHealthy", 0) ? Optional.empty()
            : Optional.of(seen.fault(Code.PDB_BLOCKING, budget, Evidence.field(budget, "status.disruptionsAllowed",
                "0 of " + Texts.count(budget.number("/status/expectedPods", 0), "pod") + ", " + budget.at("/spec"))));
    }

    /**
     * Zero is a choice; it is a fault only where others need what is switched off, which the diagnosis sees, and no other workload
     * stands behind the same Service: a canary, the other colour.
     */
    private boolean zero(Obj workload) {
        return none(workload) && seen.snapshot.all("Service").stream().filter(s -> needs.behind(s).contains(Ref.of(workload)))
            .allMatch(s -> needs.serving(s).allMatch(ScalingFindings::none)) && seen.snapshot.all("HorizontalPodAutoscaler").stream()
                .noneMatch(h -> h.text("/spec/scaleTargetRef/name").equals(workload.name()));
    }

    private static boolean none(Obj workload) {
        return workload.number("/spec/replicas", 1) == 0;
    }
}

/**
 * Faults between Services and pods: a Service that selects nothing, a port that nobody serves, a policy that lets nobody in. Pure.
 *
 * @param refusing hosts and addresses that a log says refused: who refuses has been reached, and nothing enforces a policy before it
 */
record ServiceFindings(Observed seen, Dependencies needs, Set<Ref> unready, Set<String> refusing) {
    private static final Pattern HOST = Pattern.compile("(?<![\\w.-])([\\w-]++(?:\\.\\d+){0,3}+)[\\w.-]*+:\\d");
    /** Labels that many workloads of one application share say nothing about which one is meant. */
    private static final Pattern COMMON_LABEL = Pattern.compile("(.*/)?(" + String.join("|", "part-of", "managed-by", "instance", "release",
        "chart", "env", "environment", "heritage", "project", "team", "stage", "created-by", "slot", "issue", "version", "tier", "track")
            + ")$");

    ServiceFindings(Observed seen, Dependencies needs, Set<Ref> unready) {
        this(seen, needs, unready, seen.snapshot.logs().values().stream().flatMap(log -> log.lines().stream())
            .filter(Phrase.REFUSED::occurs)
            .flatMap(line -> HOST.matcher(line).results().map(m -> m.group(1))).collect(Collectors.toSet()));
    }

    Stream<Finding> find() {
        return Stream.concat(seen.snapshot.all("Service").stream().flatMap(s -> service(s).stream()),
            seen.snapshot.all("StatefulSet").stream().flatMap(s -> headless(s).stream()));
    }

    private List<Finding> service(Obj service) {
        var selector = service.map("/spec/selector");
        if (service.text("/spec/type").equals("ExternalName") || selector.isEmpty()) {
            return List.of();
        }
        var found = new ArrayList<Finding>();
        var behind = needs.behind(service);
        var waited = unready.contains(Ref.of(service));
        if (!behind.isEmpty()) {
            port(service, behind).ifPresent(found::add);
            behind.forEach(w -> closed(service, w).ifPresent(found::add));
        } else if (seen.snapshot.all("Pod").stream().noneMatch(p -> p.labels().entrySet().containsAll(selector.entrySet()))) {
            var meant = operated(service) ? Optional.<Obj>empty() : meant(service, selector);
            meant.map(w -> mismatch(service, selector, w)).ifPresent(found::add);
            if (meant.isEmpty() && !waited && !operated(service)) {
                found.add(seen.fault(needed(service) ? Code.SVC_SELECTOR_MISMATCH : Code.SVC_NO_READY_ENDPOINTS, service,
                    Evidence.field(service, "spec.selector", selector + " selects no pod")));
            }
        }
        if (waited) {
            found.add(seen.fault(Code.SVC_NO_READY_ENDPOINTS, service, Evidence.field(service, "status", "no pod behind it is ready")));
        }
        if (service.text("/spec/type").equals("LoadBalancer") && service.list("/status/loadBalancer/ingress").isEmpty()) {
            found.add(seen.fault(Code.SVC_LB_PENDING, service, Evidence.field(service, "status.loadBalancer", "no address")));
        }
        return found;
    }

    /** An operator gives its pods the labels of their roles while they run. */
    private boolean operated(Obj service) {
        return seen.snapshot.custom().anyMatch(c -> service.ownedBy(c) || Ownership.called(service, c));
    }

    /** Something that is not ready asks for it, and there is a workload without a Service that may be what it means. */
    private boolean needed(Obj service) {
        return unready.stream().anyMatch(w -> asks(w, service)) && needs.workloads().keySet().stream()
            .anyMatch(w -> !w.is("Job") && !w.is("CronJob") && !asks(w, service) && !served(w));
    }

    private boolean asks(Ref workload, Obj service) {
        return needs.mentions(workload).stream().anyMatch(m -> needs.service(m.host()).filter(service::equals).isPresent());
    }

    /**
     * The workload that the Service means though its labels differ: it has the Service's name, or shares a label that tells workloads
     * apart.
     */
    private Optional<Obj> meant(Obj service, Map<String, String> selector) {
        return needs.workloads().values().stream().filter(w -> !w.kind().equals("Job") && !w.kind().equals("CronJob"))
            .filter(w -> Dependencies.labels(w).entrySet().stream().filter(selector.entrySet()::contains)
                .anyMatch(l -> !COMMON_LABEL.matcher(l.getKey()).matches())
                || named(service.name(), w.name()) && !served(Ref.of(w)))
            .min(Comparator.comparing((Obj w) -> !named(service.name(), w.name())).thenComparing(Ref::of));
    }

    private boolean served(Ref workload) {
        return seen.snapshot.all("Service").stream().anyMatch(s -> needs.behind(s).contains(workload));
    }

    private static boolean named(String service, String workload) {
        return service.equals(workload) || service.equals(workload + "-service") || service.equals(workload + "-svc")
            || workload.startsWith(service + "-") && workload.substring(service.length() + 1)
            .matches("v?\\d+|deployment|deploy|app|server");
    }

    private Finding mismatch(Obj service, Map<String, String> selector, Obj workload) {
        var labels = Dependencies.labels(workload);
        return seen.fault(Code.SVC_SELECTOR_MISMATCH, service, Evidence.field(service, "spec.selector", selector.toString()),
            Evidence.field(workload, "spec.template.metadata.labels", labels.toString()))
            .with(Map.of("workload", workload.ref(), "differs", difference(selector, labels)));
    }

    private static String difference(Map<String, String> selector, Map<String, String> labels) {
        return selector.entrySet().stream().filter(e -> !e.getValue().equals(labels.get(e.getKey())))
            .map(e -> e.getKey() + "=" + e.getValue() + ", pods have "
                + (labels.containsKey(e.getKey()) ? e.getKey() + "=" + labels.get(e.getKey()) : "no " + e.getKey()))
            .sorted().collect(Collectors.joining("; "));
    }

    /** A Service before pods that no policy lets anybody reach serves nobody. */
    private Optional<Finding> closed(Obj service, Ref workload) {
        if (unready.contains(workload)) {
            return Optional.empty(); // probes come from the node, which no policy stops: it has another cause
        }
        var pods = needs.workloads().get(workload);
        return new NetworkPolicies(seen.snapshot).closed(Dependencies.labels(pods))
            .filter(p -> !reached(service) && !refusing.contains(service.name()) && !refusing.contains(service.text("/spec/clusterIP")))
            .map(p -> seen.finding(Code.NETPOL_BLOCKING, Ref.of(p), workload,
            Optional.empty(), List.of(Evidence.field(p, "spec.ingress", "nobody may reach " + pods.ref() + " behind " + service.ref())))
            .with(Map.of("to", service.ref())));
    }

    private boolean reached(Obj service) {
        return needs.workloads().keySet().stream().anyMatch(w -> !unready.contains(w) && needs.mentions(w).stream()
            .anyMatch(m -> m.sure() && needs.service(m.host()).filter(service::equals).isPresent()));
    }

    /**
     * containerPort is information, not law: a number is doubted only when none of the Service's ports fits and the pods do say their
     * ports.
     */
    private Optional<Finding> port(Obj service, List<Ref> behind) {
        var open = new LinkedHashSet<String>();
        behind.forEach(w -> open.addAll(Ports.open(Dependencies.podSpec(needs.workloads().get(w)))));
        if (open.isEmpty() || service.text("/spec/clusterIP").equals("None")) {
            return Optional.empty(); // a headless Service only names its pods, who are asked at their own ports
        }
        var wrong = service.list("/spec/ports").stream().map(Ports::target).filter(p -> !open.contains(p)).toList();
        var none = wrong.size() == service.list("/spec/ports").size();
        return wrong.stream().filter(p -> !p.matches("\\d+")).findFirst().or(() -> wrong.stream().filter(p -> none).findFirst())
            .map(p -> seen.fault(Code.SVC_TARGET_PORT_MISMATCH, service, Evidence.field(service, "spec.ports.targetPort", p),
                Evidence.field(needs.workloads().get(behind.get(0)), "spec.template.spec.containers.ports", String.join(", ", open)))
                .with(Map.of("targetPort", p, "containerPorts", String.join(",", open))));
    }

    private Optional<Finding> headless(Obj set) {
        var name = set.text("/spec/serviceName");
        return name.isEmpty() || seen.exists("Service", name) ? Optional.empty() : Optional.of(
            seen.fault(Code.STS_HEADLESS_SVC_MISSING, set, Evidence.field(set, "spec.serviceName", name)).with(Map.of("service", name)));
    }
}

/**
 * What the settings of a workload alone prove: an address with a port that its Service does not serve, a name that only lacks its
 * Service, a policy between the two, a DNS that knows no Services. Pure.
 */
static final class SettingFindings {
    private final Observed seen;
    private final Snapshot snapshot;
    private final Dependencies needs;
    private final NetworkPolicies policies;
    private final Set<List<Object>> said = new HashSet<>();
    private final Set<Ref> unready;
    private final List<Finding> found = new ArrayList<>();

    /** {@code told}: what symptoms told already; it is not said twice. */
    SettingFindings(Observed seen, Dependencies needs, List<Finding> told, Set<Ref> unready) {
        this.unready = unready;
        this.seen = seen;
        this.snapshot = seen.snapshot;
        this.needs = needs;
        this.policies = new NetworkPolicies(seen.snapshot);
        told.forEach(f -> said.add(List.of(f.code(), f.owner(), f.object())));
    }

    List<Finding> find() {
        needs.workloads().forEach((ref, workload) -> {
            needs.mentions(ref).stream().filter(m -> m.sure() && !m.port().isEmpty()).forEach(m -> needs.service(m.host())
                .ifPresentOrElse(service -> address(workload, m, service), () -> name(workload, m)));
            dns(workload);
        });
        return found;
    }

    private void add(Code code, Obj workload, Ref at, Evidence evidence, Map<String, String> params) {
        var f = seen.finding(code, at, Ref.of(workload), Optional.empty(), List.of(evidence)).with(params);
        if (!said.contains(List.<Object>of(code, f.owner(), at))) {
            found.add(f);
            said.add(List.of(code, f.owner(), f.object()));
        }
    }

    private void address(Obj workload, Mention m, Obj service) {
        var address = service.name() + ":" + m.port();
        if (!needs.serves(service, m.port())) {
            add(Code.ENV_PORT_MISMATCH, workload, Mention.place(m.via(), Ref.of(workload)), Evidence.field(workload, m.via(), address),
                Map.of("address", address, "served", Ports.served(service), "setting", m.via()));
            return;
        }
        if (!unready.contains(Ref.of(workload))) {
            return; // whether anything enforces policies is not told, and its traffic may flow
        }
        var others = needs.serving(service).filter(w -> w != workload).toList();
        policies.blocking(workload, service, m.port(), others).ifPresent(p -> add(Code.NETPOL_BLOCKING, workload, Ref.of(p),
            Evidence.field(p, "spec", "does not allow " + workload.ref() + " to reach svc/" + service.name()),
            Map.of("from", workload.ref(), "to", "svc/" + service.name())));
    }

    private void name(Obj workload, Mention m) {
        needs.local(m.host()).filter(host -> snapshot.knows("Service") && !Connections.unapplied(snapshot, host))
            .filter(host -> needs.workloads().values().stream().anyMatch(w -> w.name().equals(host)
                && Ports.open(Dependencies.podSpec(w)).contains(m.port()) && !Ref.of(w).equals(Ref.of(workload))))
            .ifPresent(host -> add(Code.SVC_MISSING, workload, new Ref("Service", host),
                Evidence.field(workload, m.via(), host + ":" + m.port()), Map.of("host", host, "setting", m.via())));
    }

    private void dns(Obj workload) {
        var spec = Dependencies.podSpec(workload);
        var policy = Json.text(spec, "dnsPolicy");
        var outside = policy.equals("Default") || policy.equals("None") && !spec.at("/dnsConfig/searches").toString().contains("svc");
        if (outside && needs.mentions(Ref.of(workload)).stream().anyMatch(m -> m.sure() && needs.service(m.host()).isPresent())) {
            add(Code.POD_DNS_POLICY, workload, Ref.of(workload), Evidence.field(workload, "spec.template.spec.dnsPolicy", policy),
                Map.of("dnsPolicy", policy));
        }
    }
}

/** What all causes together come to: who must act, and one sentence. Pure. */
static final class Summary {
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

/** What a cause accounts for: by which edges, over how many workloads. */
record Symptom(String object, Code code, List<String> via, int hops) { }

/** A workload that is not ready and that no cause explains, with the judge's word on it. */
record Unexplained(String object, Code code, String message) { }

/** What blocks nothing and is told all the same. */
record Warning(Code code, String object, String message) { }

// src/ensure_ready/findings/

/** A host as written, and a port or an empty text. */
record Address(String host, String port) {
    @Override
    public String toString() {
        return port.isEmpty() ? host : host + ":" + port;
    }
}

/** Why a claim has no volume of its StorageClass, the {@code type}. Pure. */
record ClaimFindings(Observed seen, Obj claim, String type) {
    static Optional<Finding> of(Observed seen, Obj claim) {
        return new ClaimFindings(seen, claim, claim.text("/spec/storageClassName")).find();
    }

    private Optional<Finding> find() {
        if (claim.text("/status/phase").equals("Lost")) {
            return found(Code.PVC_PV_RELEASED, Evidence.field(claim, "status.phase", "Lost"));
        }
        if (!claim.text("/status/phase").equals("Pending") || claim.deleting()) {
            return Optional.empty();
        }
        var failed = seen.events(claim, "ProvisioningFailed").stream().reduce((a, b) -> b);
        if (!type.isEmpty() && !seen.exists("StorageClass", type) && !(failed.isEmpty() && madeByHand())) {
            return found(Code.PVC_STORAGECLASS_MISSING, Stream.concat(Stream.of(Evidence.field(claim, "spec.storageClassName", type)),
                failed.map(e -> e.evidence(claim)).stream()).toArray(Evidence[]::new)).map(f -> f.with(Map.of("class", type)));
        }
        var events = seen.events(claim, "ProvisioningFailed", "FailedBinding", "ExternalProvisioning", "VolumeMismatch", "ClaimMisbound");
        if (!events.isEmpty()) {
            // what is said again and again while all waits does not outdo the error that makes it wait
            var errors = events.stream().filter(e -> !e.reason().equals("ExternalProvisioning")).toList();
            var telling = errors.isEmpty() ? events : errors;
            return Optional.of(unbound(telling.get(telling.size() - 1)));
        }
        return noDefault() ? found(Code.PVC_NO_DEFAULT_CLASS, Evidence.field(claim, "spec.storageClassName", "")) : Optional.empty();
    }

    private Optional<Finding> found(Code code, Evidence... evidence) {
        return Optional.of(seen.finding(code, Ref.of(claim), evidence));
    }

    /** A class that does not exist is also the way to match volumes made by hand: then a volume of that class exists. */
    private boolean madeByHand() {
        return volumes().anyMatch(v -> v.text("/spec/storageClassName").equals(type));
    }

    private Stream<Obj> volumes() {
        return seen.snapshot.all("PersistentVolume").stream();
    }

    private boolean noDefault() {
        return !claim.has("/spec/storageClassName") && seen.snapshot.knows("StorageClass") && seen.snapshot.all("StorageClass").stream()
            .noneMatch(c -> c.annotation("storageclass.kubernetes.io/is-default-class").equals("true"));
    }

    private Finding unbound(Event last) {
        var code = code(last);
        var params = code == Code.PVC_STORAGECLASS_MISSING ? Map.of("class", Phrase.CLASS.in(last.message()))
            : seen.snapshot.find("StorageClass", type).map(t -> Map.of("provisioner", t.text("/provisioner"))).orElse(Map.of());
        var at = code == Code.PVC_PROVISIONER_MISSING && !params.isEmpty() ? new Ref("StorageClass", type) : Ref.of(claim);
        return seen.finding(code, at, Ref.of(claim), Obj.instant(last.first()), List.of(last.evidence(claim))).with(params);
    }

    private Code code(Event last) {
        var code = Messages.code(Messages.Topic.CLAIM, last.message())
            .orElse(last.reason().equals("FailedBinding") ? Code.PVC_UNBOUND : Code.PVC_PROVISION_FAILED);
        if (code == Code.PVC_NO_DEFAULT_CLASS && claim.has("/spec/storageClassName") && volumes().findAny().isPresent()) {
            code = Code.PVC_UNBOUND; // the claim asks for a volume without a class ("") and there are volumes, only none that fits
        }
        if (code == Code.PVC_UNBOUND || code == Code.PVC_NO_DEFAULT_CLASS) {
            return volumes().anyMatch(this::releasedForIt) ? Code.PVC_PV_RELEASED : code;
        }
        return code == Code.PVC_PROVISIONER_MISSING && seen.age(claim) < code.young ? Code.STILL_PROGRESSING : code;
    }

    private boolean releasedForIt(Obj volume) {
        return volume.text("/status/phase").equals("Released")
            && (volume.name().equals(claim.text("/spec/volumeName")) || volume.text("/spec/claimRef/name").equals(claim.name()));
    }
}

/** What one container's status says: it waits, it ended, or it runs and is not ready. Pure. */
record ContainerFindings(Observed seen, Obj pod, Ref owner, JsonNode status, boolean init) {
    /** As often must a probe's command be missing before that is certain: a program may still put it there. */
    private static final int PROVEN = 3;
    /** After so many seconds a runtime that says "again" has got stuck. */
    private static final int STUCK = 300;
    /** So many equal answers of a probe are no matter of a slow start. */
    private static final int MANY = 10;

    Optional<Finding> find() {
        return told().map(f -> emptyFolder(f).orElse(script(f) ? f.as(Code.CONTAINER_START_FAILED, owner) : f));
    }

    /** A script that the pod itself names lacks the line that names its interpreter; an image's own may as well be of another platform. */
    private boolean script(Finding f) {
        return f.code() == Code.IMAGE_PLATFORM_MISMATCH && f.evidence().stream().map(e -> Phrase.SCRIPT.in(e.message()))
            .anyMatch(s -> !s.isEmpty() && s.equals(spec().path("command").path(0).asString("")));
    }

    /** A key that is not there becomes an empty folder below subPath; the program or the runtime stumbles over it. */
    private Optional<Finding> emptyFolder(Finding f) {
        if (!Set.of(Code.CRASH_APP_ERROR, Code.CONTAINER_START_FAILED, Code.CONTAINER_CONFIG_INVALID).contains(f.code())) {
            return Optional.empty();
        }
        return spec().path("volumeMounts").valueStream().filter(m -> m.has("subPath"))
            .flatMap(m -> MissingObject.belowSubPath(seen, pod, m).stream()).findFirst()
            .map(k -> seen.finding(Code.CONFIG_KEY_MISSING, k.object(), owner, Optional.of(f.since()), f.evidence())
                .in(pod.name(), name()).with(Map.of("key", k.key())));
    }

    private Optional<Finding> told() {
        var waiting = status.at("/state/waiting");
        var reason = Json.text(waiting, "reason");
        if (reason.equals("CrashLoopBackOff")) {
            return Optional.of(crash("lastState"));
        }
        if (waiting.isObject()) {
            return Optional.ofNullable(waits(reason, Json.text(waiting, "message")));
        }
        if (status.at("/state/terminated").isObject()) {
            return ended() ? Optional.empty() : Optional.of(crash("state"));
        }
        return status.at("/state/running").isObject() ? runs() : Optional.empty();
    }

    private String name() {
        return Json.text(status, "name");
    }

    private Probes probes() {
        return new Probes(seen, pod, name(), spec());
    }

    private Optional<LogReading> log() {
        return LogReading.of(seen.log(pod, name()));
    }

    private JsonNode spec() {
        return Pods.specs(pod.at("/spec")).filter(c -> Json.text(c, "name").equals(name())).findFirst()
            .orElse(MissingNode.getInstance());
    }

    private Finding finding(Code code, Optional<Instant> since, List<Evidence> evidence) {
        return seen.finding(code, owner, owner, since, evidence).in(pod.name(), name());
    }

    private Finding finding(Code code, Optional<Instant> since, Evidence... evidence) {
        return finding(code, since, List.of(evidence));
    }

    /** The status first, then what an event and the log add to it. */
    private List<Evidence> proofs(Evidence first, Optional<Event> event, Optional<LogReading> reading) {
        return Stream.of(Optional.of(first), event.map(e -> e.evidence(pod)), reading.map(r -> r.evidence(pod)))
            .flatMap(Optional::stream).toList();
    }

    private Evidence evidence(String path, String reason, String message, String first, String last) {
        return new Evidence("status", path(path), reason, message, Math.max(1, status.path("restartCount").asLong(1)), first, last);
    }

    private String path(String path) {
        return pod.ref() + (init ? "/initContainerStatuses[" : "/containerStatuses[") + name() + "]." + path;
    }

    private Finding waits(String reason, String message) {
        var proof = evidence("state.waiting", reason, message, "", "");
        return switch (reason) {
            case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable",
                "ErrImagePullBackOff", "SignatureValidationFailed" -> image(reason + " " + message, proof);
            case "CreateContainerConfigError" -> MissingObject.finding(seen, pod, Messages.code(Messages.Topic.VOLUME, message)
                .orElse(Code.CONTAINER_CONFIG_INVALID), proof).in(pod.name(), name());
            case "CreateContainerError", "RunContainerError", "ContainerCannotRun", "StartError" -> start(reason, message);
            case "PostStartHookError", "PreStartHookError", "PreCreateHookError" ->
                finding(Code.LIFECYCLE_HOOK_FAILED, Optional.empty(), proof);
            default -> null;
        };
    }

    /** Before 1.32 the waiting state says only "Back-off pulling image": what the pull itself said stands in the events. */
    private Finding image(String told, Evidence proof) {
        var event = seen.events(pod, "Failed", "FailedToRetrieveImagePullSecret", "InspectFailed").stream()
            .filter(e -> e.aboutContainer(name()) && Messages.code(Messages.Topic.IMAGE, e.message()).isPresent()
                && e.message().toLowerCase(Locale.ROOT).contains("pull")).reduce((a, b) -> b);
        var code = Messages.code(Messages.Topic.IMAGE, told).or(() -> event.flatMap(e -> Messages.code(Messages.Topic.IMAGE, e.message())))
            .orElse(Code.IMAGE_PULL_FAILED);
        var secret = missingPullSecret().filter(s -> code == Code.IMAGE_AUTH || code == Code.IMAGE_NOT_FOUND_OR_AUTH
            || code == Code.IMAGE_PULL_FAILED);
        var place = code == Code.NODE_PRESSURE ? new Ref("Node", pod.text("/spec/nodeName")) : owner;
        return seen.finding(secret.isPresent() ? Code.IMAGE_PULL_SECRET_MISSING : code, secret.map(s -> new Ref("Secret", s)).orElse(place),
            owner, event.flatMap(e -> Obj.instant(e.first())), proofs(proof, event, Optional.empty())).in(pod.name(), name())
            .with(Map.of("image", spec().path("image").asString(Json.text(status, "image"))))
            .with(code == Code.IMAGE_AUTH || code == Code.IMAGE_NOT_FOUND_OR_AUTH || code == Code.IMAGE_NEVER_PULL
                ? othersPullSecret() : Map.of());
    }

    /** Since 1.35 a node's copy of an image serves only pods that could pull it: a pod that names no pull secret may need its siblings'. */
    private Map<String, String> othersPullSecret() {
        return !pod.list("/spec/imagePullSecrets").isEmpty() ? Map.of() : seen.snapshot.all("Pod").stream()
            .flatMap(p -> References.of(p.at("/spec")).stream()).filter(References.Ref::pull).map(References.Ref::name).sorted().findFirst()
            .map(name -> Map.of("othersPullSecret", name)).orElse(Map.of());
    }

    /** Pull secrets that are named and absent explain a refused pull; the kubelet says so in an event, once. */
    private Optional<String> missingPullSecret() {
        return References.of(pod.at("/spec")).stream().filter(r -> r.pull() && !seen.exists(r.kind(), r.name()))
            .map(References.Ref::name).findFirst()
            .or(() -> seen.events(pod, "FailedToRetrieveImagePullSecret").stream().map(e -> Phrase.PULL_SECRETS.in(e.message()))
                .filter(n -> !n.isEmpty()).findFirst());
    }

    private Finding start(String reason, String message) {
        var text = message.isEmpty() ? status.at("/lastState/terminated/message").asString("") : message;
        var code = Messages.code(Messages.Topic.VOLUME, text).filter(c -> c == Code.RUN_AS_NON_ROOT || c == Code.CONFIG_KEY_MISSING)
            .or(() -> Messages.code(Messages.Topic.START, text)).orElse(Code.CONTAINER_START_FAILED);
        return finding(Phrase.START_AGAIN.occurs(text) && seen.age(pod) < STUCK ? Code.STILL_PROGRESSING : code, Optional.empty(),
            evidence("state.waiting", reason, text, "", ""));
    }

    /** It ended with success, and may. */
    private boolean ended() {
        return status.at("/state/terminated/exitCode").asInt(0) == 0 && (init && !Pods.sidecar(pod, status) || !Pods.endless(pod, spec()));
    }

    /** The last run that ended: {@code at} is {@code state} or {@code lastState}. */
    private Finding crash(String at) {
        var end = status.at("/" + at + "/terminated");
        var reason = Json.text(end, "reason");
        var exit = end.path("exitCode").asInt(-1);
        var message = Json.text(end, "message");
        var proof = evidence(at + ".terminated", reason.isEmpty() ? "exit " + exit : reason, "exit code " + exit
            + (message.isEmpty() ? "" : ": " + message), Json.text(end, "startedAt"), Json.text(end, "finishedAt"));
        return crash(reason, exit, message, Obj.instant(Json.text(end, "finishedAt")), proof)
            .with(Map.of("exitCode", String.valueOf(exit), "restarts", status.path("restartCount").asString("0")));
    }

    private Finding crash(String reason, int exit, String message, Optional<Instant> since, Evidence proof) {
        var killer = probes().killer(status.path("restartCount").asLong(0));
        var own = log().map(LogReading::code).orElse(Code.CRASH_APP_ERROR);
        if (reason.equals("OOMKilled")) {
            return finding(Code.OOM_KILLED, since, proof);
        }
        if (Set.of(-1, 0, 137, 143).contains(exit) && hookFailed().isPresent()) {
            return finding(Code.LIFECYCLE_HOOK_FAILED, since, proofs(proof, hookFailed(), Optional.empty()));
        }
        if (killer.isPresent() && (Set.of(-1, 0, 2, 137, 143).contains(exit) || own == Code.CRASH_APP_ERROR)) {
            return probeKilled(killer.get(), since, proof);
        }
        if (reason.equals("StartError") || reason.equals("ContainerCannotRun") || exit == 128 && !message.isEmpty()) {
            return finding(Messages.code(Messages.Topic.START, message).orElse(Code.CONTAINER_START_FAILED), since, proof);
        }
        // without an exit code (the kubelet was restarted) the log alone can say
        return exit > 0 ? exited(exit, message, since, proof) : finding(exit == 0 ? Code.CONTAINER_EXITS_ZERO : own, since, proof);
    }

    /** A program that ended by itself fails its hook too; only what was killed from outside was killed for it. */
    private Optional<Event> hookFailed() {
        return seen.events(pod, "FailedPostStartHook").stream().filter(e -> e.aboutContainer(name())).reduce((a, b) -> b);
    }

    private Finding exited(int exit, String message, Optional<Instant> since, Evidence proof) {
        var reading = log().or(() -> LogReading.of(new Log(pod.name(), name(), false, message.lines().toList())));
        var code = reading.map(LogReading::code).orElse(Code.CRASH_APP_ERROR);
        var basis = code.basis;
        if (code == Code.CRASH_APP_ERROR && exit == 137 && reading.filter(r -> r.log().lines().contains("Killed")).isPresent()) {
            code = Code.OOM_KILLED; // so a shell says it of its child, whose end the runtime may tell too late or not at all
            basis = Basis.INFERRED;
        } else if (code == Code.CRASH_APP_ERROR && (exit == 137 || exit == 143) && probes().has("liveness") && !init) {
            code = Code.PROBE_LIVENESS_FAILING; // killed from outside, not for memory; events that would prove it may be forbidden or gone
            basis = Basis.GUESSED;
        } else if (code == Code.CRASH_APP_ERROR && (exit == 126 || exit == 127)
            && reading.filter(r -> Phrase.LIBRARY.occurs(r.line())).isEmpty()) {
            code = exit == 127 ? Code.CONTAINER_COMMAND_NOT_FOUND : Code.CONTAINER_COMMAND_PERMISSION; // as every shell says it
        } else if (code == Code.CRASH_APP_ERROR && reading.isEmpty()) {
            basis = Basis.WEAK; // nothing but an exit code: what it needs may explain it better
        }
        return finding(code, since, proofs(proof, Optional.empty(), reading)).with(basis)
            .with(reading.map(LogReading::params).orElse(Map.of()));
    }

    private Finding probeKilled(String kind, Optional<Instant> since, Evidence proof) {
        var mistake = probes().mistake(kind);
        // which does not answer its probe because it waits for something
        var reading = log().filter(r -> r.unreachable() && mistake.isEmpty());
        var same = mistake.isPresent() && mistake.equals(probes().mistake("readiness")); // both probes() ask the same wrong thing
        var code = reading.isPresent() ? Code.CRASH_DEPENDENCY_UNREACHABLE : same ? mistake.get()
            : kind.equals("startup") ? Code.PROBE_STARTUP_FAILING : Code.PROBE_LIVENESS_FAILING;
        return finding(code, since, proofs(proof, probes().failure(kind), reading)).with(mistake.isPresent() ? Basis.OBSERVED : code.basis)
            .with(mistake.map(m -> Map.of("probe", kind, "why", m.name())).orElse(Map.of("probe", kind)));
    }

    private Optional<Finding> runs() {
        var running = seen.age(since());
        var restarts = status.path("restartCount").asLong(0);
        var ready = status.path("ready").asBoolean(false);
        if (init && !Pods.sidecar(pod, status)) {
            return Optional.of(initRuns(running));
        }
        if (restarts >= 1 && status.at("/lastState/terminated").isObject() && (!ready && !Pods.outlived(status, seen.snapshot.at())
            || restarts >= 2 && running < 60)) {
            return Optional.of(crash("lastState")); // between two crashes it runs for a moment
        }
        return ready ? Optional.empty() : Optional.of(unready(running));
    }

    private Optional<Instant> since() {
        return Obj.instant(status.at("/state/running/startedAt").asString(""));
    }

    private Finding initRuns(long running) {
        var proof = Evidence.status(pod.ref() + "/initContainerStatuses[" + name() + "].state.running", "",
            "the init container runs for " + running + " s");
        var told = log().filter(r -> r.unreachable() || r.code() == Code.RBAC_RUNTIME_FORBIDDEN);
        if (told.isPresent() && !told.get().unreachable()) {
            return finding(told.get().code(), since(), proofs(proof, Optional.empty(), told)).with(told.get().params());
        }
        var targets = WaitCommands.targets(spec());
        var waits = !targets.isEmpty() || told.isPresent() || running > Code.INIT_WAITING.young
            || Phrase.ENDLESS.occurs(WaitCommands.words(spec()));
        var params = new TreeMap<String, String>();
        if (!targets.isEmpty()) {
            params.put("waitsFor", targets.stream().map(Address::toString).collect(Collectors.joining(",")));
            params.put("via", "init:" + name());
        }
        return finding(waits ? Code.INIT_WAITING : Code.STILL_PROGRESSING, since(), proofs(proof, Optional.empty(), told))
            .with(new Finding.Wants(false, told.isPresent(), targets)).with(params);
    }

    /** It runs and was never killed: its readiness probe fails, it still starts, or its program says what it lacks. */
    private Finding unready(long running) {
        var failed = probes().failure("readiness").isPresent() ? "readiness" : "startup";
        var mistake = probes().mistake(failed);
        if (probes().programMissing(failed)) {
            return finding(failed.equals("startup") ? Code.PROBE_STARTUP_FAILING : Code.PROBE_READINESS_FAILING, since(),
                probes().failure(failed).get().evidence(pod)).with(Map.of("probe", failed))
                .with(probes().times(failed) >= PROVEN ? Basis.FINAL : Basis.OBSERVED);
        }
        var alone = mistake.isPresent() ? "" : loopback(failed);
        var plain = (mistake.isPresent() || !alone.isEmpty()) && failed.equals("readiness") && probes().times(failed) >= MANY;
        var starting = !plain && starting(running, mistake.isEmpty());
        var login = probes().failure(failed).filter(e -> Phrase.STATUS_LOGIN.occurs(e.message())).isPresent();
        var reading = log().filter(r -> r.code() != Code.CRASH_APP_ERROR && r.code() != Code.CRASH_PORT_IN_USE
            && !(login && r.code() == Code.CRASH_AUTH_FAILED) && (mistake.isEmpty() || starting));
        var told = reading.map(LogReading::code).filter(c -> c != Code.CRASH_DEPENDENCY_UNREACHABLE).orElse(Code.PROBE_READINESS_FAILING);
        var silent = reading.isEmpty() && !probes().has("readiness") && probes().failure(failed).isEmpty(); // no probe that could fail
        var code = starting && reading.isEmpty() || silent ? Code.STILL_PROGRESSING : mistake.orElse(told);
        var proof = evidence("ready", "", "runs for " + running + " s and is not ready", "", "");
        return finding(code, since(), proofs(proof, probes().failure(failed), reading))
            .with(new Finding.Wants(false, reading.filter(LogReading::unreachable).isPresent(), List.of()))
            .with(reading.map(LogReading::params).orElse(Map.of())).with(alone.isEmpty() ? Map.of() : Map.of("listens", alone));
    }

    /** Where the program says that it listens, when that is loopback alone and a probe is refused at the pod's address. */
    private String loopback(String probe) {
        var port = probes().failure(probe).filter(e -> Phrase.REFUSED.occurs(e.message())).map(e -> Phrase.PROBE_PORT.in(e.message()));
        var log = port.isEmpty() ? null : seen.log(pod, name());
        var said = log == null ? List.<String>of() : log.lines().stream().filter(Phrase.LISTENS::occurs).toList();
        return said.stream().allMatch(l -> Phrase.LOOPBACK.in(l, 2).equals(port.get()))
            ? said.stream().map(Phrase.LOOPBACK::in).findFirst().orElse("") : "";
    }

    /**
     * A probe's own budget, at least a minute, passes before its failure means anything; a slow start looks like no clear mistake for
     * longer.
     */
    private boolean starting(long running, boolean vague) {
        var grace = Math.max(60, probes().budget("readiness"));
        return running < Math.max(grace, vague ? Code.PROBE_READINESS_FAILING.young : 0)
            || probes().has("startup") && !status.path("started").asBoolean(true) && running < probes().budget("startup");
    }
}

/** What a custom resource says of itself, by the words that most controllers use for their conditions. Pure. */
static final class CustomFindings {
    static Optional<Finding> of(Observed seen, Obj o) {
        var said = CustomStatus.of(o, seen.snapshot);
        if (o.deleting() || CustomStatus.ignored(o, seen.snapshot)) {
            return Optional.empty();
        }
        var code = ("." + o.group()).endsWith(".cert-manager.io") ? Code.CERT_NOT_READY : Code.CR_NOT_READY;
        if (!said.against()) { // whose operator writes no status may warn by events
            return said.state() != State.unverified ? Optional.empty() : seen.warned(o).map(e -> seen.finding(code, Ref.of(o),
                e.evidence(o)));
        }
        var young = said.state() == State.progressing && seen.age(o) < code.young;
        var proofs = Stream.of(Stream.of(said.proof()), CustomStatus.details(o), madeOf(seen.snapshot, o)).flatMap(s -> s).distinct()
            .limit(5).toList();
        return Optional.of(seen.finding(young ? Code.STILL_PROGRESSING : code, Ref.of(o), Ref.of(o),
            Obj.instant(said.proof().firstSeen()), proofs)).map(f -> young || !said.invalid() ? f : f.with(Basis.OBSERVED));
    }

    /** Kinds that the API server refuses to show because their conversion webhook is down; told at those that were applied. */
    static Stream<Finding> unread(Observed seen) {
        return seen.snapshot.limited().stream().filter(l -> l.startsWith(Snapshot.CUSTOM) && Phrase.CONVERSION.occurs(l)).flatMap(l -> {
            var told = l.substring(Snapshot.CUSTOM.length());
            var kind = told.substring(0, told.indexOf(": "));
            var at = new Ref("CustomResourceDefinition", kind);
            var owners = seen.snapshot.applied().stream().map(Applied::object)
                .filter(o -> Kind.of(o.apiVersion(), o.kind()).definition().equals(kind)).map(Ref::of);
            return Stream.concat(owners, Stream.of(at)).map(o -> seen.finding(Code.CONVERSION_WEBHOOK_UNAVAILABLE, at, o, Optional.empty(),
                List.of(Evidence.status("crd/" + kind, "", told.substring(told.indexOf(": ") + 2)))));
        });
    }

    /** What the custom resources that its controller made for it say: a Certificate's request names the issuer that is missing. */
    private static Stream<Evidence> madeOf(Snapshot snapshot, Obj o) {
        return snapshot.ownedBy(o).stream().filter(c -> !c.builtIn() && !o.uid().isEmpty())
            .flatMap(c -> Stream.concat(Stream.of(CustomStatus.of(c, snapshot)).filter(CustomStatus.Said::against)
            .map(CustomStatus.Said::proof), madeOf(snapshot, c)));
    }

    /** The resource that is to make this Secret: a certificate, an external or a sealed secret. */
    static Optional<Obj> maker(Snapshot snapshot, String secret) {
        return snapshot.custom().filter(o -> CustomReference.makes(o, secret))
            .min(Comparator.comparing(Obj::kind).thenComparing(Obj::name));
    }
}

/**
 * What one object says of itself.
 *
 * @param code      what it is, from the catalogue
 * @param object    the object at fault: for a missing Secret the Secret, though a pod said so
 * @param owner     the workload that suffers
 * @param pod       the pod that told it, or empty
 * @param container or empty
 * @param since     when it was first so, as the cluster tells it; the moment of the snapshot if it does not
 * @param wants     what it says that it lacks
 * @param params    values that the report shows and that tell equal causes from different ones; nothing else is read from them
 */
record Finding(Code code, Ref object, Ref owner, String pod, String container, Instant since,
    List<Evidence> evidence, Basis basis, Wants wants, Map<String, String> params) {

    /** The one order of findings, so that equal snapshots give equal reports. */
    static final Comparator<Finding> ORDER = Comparator.comparing(Finding::owner).thenComparing(Finding::code)
        .thenComparing(Finding::object).thenComparing(Finding::container).thenComparing(Finding::since)
        .thenComparing(f -> f.evidence().toString()).thenComparing(Finding::pod).thenComparing(f -> f.params().toString());

    /**
     * What a symptom says of what it misses.
     *
     * @param named       it is known by name, and looked for nowhere else
     * @param unreachable the log tells of something that does not answer
     * @param waitsFor    what the command waits for
     */
    record Wants(boolean named, boolean unreachable, List<Address> waitsFor) {
        static final Wants NOTHING = new Wants(false, false, List.of());
    }

    static Finding of(Code code, Ref object, Ref owner, Instant since, List<Evidence> evidence) {
        return new Finding(code, object, owner, "", "", since, List.copyOf(evidence), code.basis, Wants.NOTHING, Map.of());
    }

    Finding in(String otherPod, String otherContainer) {
        return new Finding(code, object, owner, otherPod, otherContainer, since, evidence, basis, wants, params);
    }

    Finding with(Map<String, String> more) {
        var all = new TreeMap<>(params);
        all.putAll(more);
        return new Finding(code, object, owner, pod, container, since, evidence, basis, wants, Collections.unmodifiableMap(all));
    }

    Finding with(Basis other) {
        return new Finding(code, object, owner, pod, container, since, evidence, other, wants, params);
    }

    Finding with(Wants other) {
        return new Finding(code, object, owner, pod, container, since, evidence, basis, other, params);
    }

    /** What it says that it lacks is known by name. */
    Finding named() {
        return with(new Wants(true, wants.unreachable(), wants.waitsFor()));
    }

    /** The same observation, understood better. */
    Finding as(Code other, Ref at) {
        return new Finding(other, at, owner, pod, container, since, evidence, basis == code.basis ? other.basis : basis, wants, params);
    }

    String param(String name) {
        return params.getOrDefault(name, "");
    }

    String ownerKind() {
        return owner.kind();
    }

    String ownerName() {
        return owner.name();
    }

    String objectKind() {
        return object.kind();
    }

    String objectName() {
        return object.name();
    }
}

/** Local findings: what each object's own status, conditions, events and logs say. Pure. */
static final class Findings {
    /**
     * Everything that the snapshot's objects say is wrong, each for itself; healthy objects say nothing. Sorted, so that equal snapshots
     * give equal lists.
     */
    static List<Finding> of(Snapshot snapshot) {
        return all(new Observed(snapshot)).stream().distinct().sorted(Finding.ORDER).toList();
    }

    /** The same unsorted, in the order of the detectors. */
    static List<Finding> all(Observed seen) {
        var snapshot = seen.snapshot;
        var refusals = new Refusals(seen);
        return Stream.of(new WorkloadFindings(seen, refusals, pods(seen)).find().stream(),
            snapshot.all("PersistentVolumeClaim").stream().flatMap(c -> ClaimFindings.of(seen, c).stream()),
            snapshot.applied().stream().filter(a -> a.result() == Result.failed).map(refusals::applied),
            snapshot.applied().stream().flatMap(a -> refusals.absent(a).stream()),
            snapshot.custom().flatMap(o -> CustomFindings.of(seen, o).stream()),
            CustomFindings.unread(seen), deletions(seen)).flatMap(s -> s).toList();
    }

    /** A pod is told what the pods before it said, since the same missing object is told once. */
    private static List<Finding> pods(Observed seen) {
        var found = new ArrayList<Finding>();
        seen.snapshot.all("Pod").stream().filter(seen::current).sorted(Comparator.comparing(Obj::name))
            .forEach(pod -> found.addAll(PodFindings.of(seen, pod, Collections.unmodifiableList(found))));
        return found;
    }

    private static Stream<Finding> deletions(Observed seen) {
        return seen.snapshot.objects().entrySet().stream()
            .flatMap(e -> e.getValue().stream().flatMap(o -> deletion(seen, e.getKey(), o).stream()));
    }

    private static Optional<Finding> deletion(Observed seen, String kind, Obj o) {
        var since = o.time("/metadata/deletionTimestamp");
        if (!o.deleting() || seen.age(since) <= Code.OBJECT_STUCK_TERMINATING.young) {
            return Optional.empty();
        }
        if (kind.equals("Namespace")) { // what is left in it says more
            return Stream.of("NamespaceDeletionContentFailure", "NamespaceFinalizersRemaining", "NamespaceContentRemaining")
                .map(o::condition).filter(Obj::isTrue).findFirst()
                .map(c -> seen.finding(Code.OBJECT_STUCK_TERMINATING, Ref.of(o), Ref.of(o),
                since, List.of(Evidence.condition(o, c))).with(Basis.WEAK));
        }
        var holds = o.list("/metadata/finalizers").stream().map(n -> n.asString("")).collect(Collectors.joining(", "));
        var pod = kind.equals("Pod");
        if (holds.isEmpty() && (!pod || seen.lost(o).isPresent())) {
            return Optional.empty();
        }
        return Optional.of(seen.finding(Code.OBJECT_STUCK_TERMINATING, Ref.of(o), pod ? seen.owner(o) : Ref.of(o),
            since, List.of(Evidence.field(o, "metadata." + (holds.isEmpty() ? "deletionTimestamp" : "finalizers"),
            holds.isEmpty() ? since.get().toString() : holds))).with(Map.of("finalizers", holds)));
    }
}

/** What the tail of a log says: the last line that a rule knows, since what a program says last is nearest to why it ended. */
record LogReading(Code code, String line, Log log, int at, Map<String, String> params) {
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
    static boolean ownErrorLater(Log log) {
        return of(log).filter(r -> !r.unreachable() || IntStream.range(r.at + 1, log.lines().size())
            .mapToObj(log.lines()::get).anyMatch(l -> Phrase.ERROR.occurs(l) && !Phrase.END.occurs(l))).isPresent();
    }

    /** The lines that tell of something unreachable, and those beside them: the host often stands in the next one. */
    static List<String> around(List<String> lines) {
        var near = new TreeSet<Integer>();
        for (int i = 0; i < lines.size(); i++) {
            if (Messages.code(Messages.Topic.LOG, lines.get(i)).equals(Optional.of(Code.CRASH_DEPENDENCY_UNREACHABLE))) {
                IntStream.rangeClosed(Math.max(0, i - 2), Math.min(lines.size() - 1, i + 2)).forEach(near::add);
            }
        }
        return near.descendingSet().stream().map(lines::get).toList();
    }

    /** At most 40 lines, in order: the first error with what led to it, what it was caused by, and the end; repeats are folded. */
    static List<String> excerpt(List<String> lines) {
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

/** A message about an object that is missing or lacks a key; the finding stands at that object. Pure. */
static final class MissingObject {
    static Finding finding(Observed seen, Obj pod, Code code, Evidence evidence) {
        var owner = seen.owner(pod);
        var message = evidence.message();
        var since = Obj.instant(evidence.firstSeen());
        var name = Phrase.MISSING.in(message);
        var kind = kind(code);
        if (seen.snapshot.find(kind, name).filter(o -> seen.age(o) < Code.STILL_PROGRESSING.young
            || !evidence.lastSeen().isEmpty() && o.created().compareTo(evidence.lastSeen()) > 0).isPresent()) {
            return seen.finding(Code.STILL_PROGRESSING, owner, owner, since, List.of(evidence)).in(pod.name(), ""); // it came since
        }
        var at = code == Code.CONFIG_KEY_MISSING ? holder(pod, message).orElse(owner) : kind.isEmpty() || name.isEmpty() ? owner
            : new Ref(kind, name);
        var found = seen.finding(code, at, owner, since, List.of(evidence)).in(pod.name(), "");
        return code == Code.CONFIG_KEY_MISSING ? found.with(Map.of("key", key(message))) : found;
    }

    /** A key below subPath that its ConfigMap or Secret does not have. */
    record Key(Ref object, String key) { }

    static Optional<Key> belowSubPath(Observed seen, Obj pod, JsonNode mount) {
        var key = Json.text(mount, "subPath").replaceFirst("/.*", "");
        return pod.list("/spec/volumes").stream().filter(v -> v.path("name").equals(mount.path("name")))
            .flatMap(v -> References.ofVolume(v).stream().filter(r -> !v.toString().contains("\"items\"")))
            .flatMap(r -> seen.snapshot.find(r.kind(), r.name()).stream())
            .filter(o -> !o.keys().isEmpty() && !o.keys().contains(key)).findFirst().map(o -> new Key(Ref.of(o), key));
    }

    /** Keys that volumes of the pod take from a ConfigMap or Secret which is there and does not have them. */
    static Stream<Key> ofItems(Observed seen, Obj pod) {
        return pod.list("/spec/volumes").stream()
            .flatMap(v -> Stream.concat(Stream.of(v), v.at("/projected/sources").valueStream()))
            .flatMap(v -> Stream.of("configMap", "secret").map(v::path).filter(s -> !s.path("optional").asBoolean(false))
                .flatMap(s -> seen.snapshot
                .find(v.has("secret") ? "Secret" : "ConfigMap", s.path("secretName").asString(Json.text(s, "name")))
                    .stream().flatMap(o -> s.path("items").valueStream().map(i -> Json.text(i, "key"))
                        .filter(k -> !o.keys().isEmpty() && !o.keys().contains(k)).map(k -> new Key(Ref.of(o), k)))));
    }

    private static String kind(Code code) {
        return switch (code) {
            case SECRET_MISSING -> "Secret";
            case CONFIGMAP_MISSING -> "ConfigMap";
            case PVC_MISSING -> "PersistentVolumeClaim";
            case SERVICE_ACCOUNT_MISSING -> "ServiceAccount";
            default -> "";
        };
    }

    private static String key(String message) {
        var key = Phrase.KEY.in(message);
        return key.isEmpty() ? Phrase.VOLUME_KEY.in(message) : key;
    }

    /** The object without the key, by the message or by the volume that it speaks of. */
    private static Optional<Ref> holder(Obj pod, String message) {
        var kind = Phrase.KEY.in(message, 2);
        if (!kind.isEmpty()) {
            return Optional.of(new Ref(kind.equalsIgnoreCase("secret") ? "Secret" : "ConfigMap", Phrase.KEY.in(message, 3)));
        }
        var volume = Phrase.VOLUME.in(message);
        return pod.list("/spec/volumes").stream().filter(v -> Json.text(v, "name").equals(volume))
            .flatMap(v -> References.ofVolume(v).stream()).filter(r -> !r.kind().equals("PersistentVolumeClaim"))
            .findFirst().map(r -> new Ref(r.kind(), r.name()));
    }
}

/** What the snapshot tells of an object beside its own text: its events, its owner, its log, its age. */
static final class Observed {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,252}");
    final Snapshot snapshot;
    private final Map<Ref, List<Event>> events = new HashMap<>();

    Observed(Snapshot snapshot) {
        this.snapshot = snapshot.withoutTwins();
        snapshot.all("Event").stream().map(Event::of)
            .sorted(Comparator.comparing(Event::last).thenComparing(Event::reason).thenComparing(Event::message))
            .forEach(e -> events.computeIfAbsent(new Ref(e.kind(), e.name()), k -> new ArrayList<>()).add(e));
    }

    /** Events about this very object, oldest first. */
    List<Event> events(Obj object, String... reasons) {
        return events.getOrDefault(Ref.of(object), List.of()).stream()
            .filter(e -> e.about(object) && List.of(reasons).contains(e.reason())).toList();
    }

    /** A warning about this very object after which nothing else was told of it. */
    Optional<Event> warned(Obj object) {
        return events.getOrDefault(Ref.of(object), List.of()).stream().filter(e -> e.about(object)).reduce((a, b) -> b)
            .filter(e -> e.type().equals("Warning"));
    }

    /** The workload that a pod belongs to: through its ReplicaSet to the Deployment; the pod itself when nobody made it. */
    Ref owner(Obj pod) {
        return Ownership.workload(snapshot, pod);
    }

    /** The ReplicaSet of a Deployment's newest revision; old ones say nothing about the rollout. */
    Optional<Obj> newest(Obj deployment) {
        return Ownership.newestReplicaSet(snapshot, deployment);
    }

    /** False for pods of a revision that is being replaced. */
    boolean current(Obj pod) {
        return Ownership.current(snapshot, pod);
    }

    Log log(Obj pod, String container) {
        return snapshot.logs().get(pod.name() + "/" + container);
    }

    /** Another node's pod that has a volume of this pod which only one node may have. */
    Optional<Obj> holder(Obj pod) {
        var claims = References.claims(pod.at("/spec")).filter(c -> snapshot.find("PersistentVolumeClaim", c)
            .map(o -> o.at("/spec/accessModes").toString())
            .filter(modes -> modes.contains("ReadWriteOnce") && !modes.contains("Many")).isPresent()).toList();
        return snapshot.all("Pod").stream().filter(p -> !p.text("/spec/nodeName").isEmpty()
            && !p.text("/spec/nodeName").equals(pod.text("/spec/nodeName")) && !Pods.ended(p)
            && References.claims(p.at("/spec")).anyMatch(claims::contains))
            .min(Comparator.comparing(Obj::name));
    }

    /** What says that this pod's node is lost. */
    Optional<Evidence> lost(Obj pod) {
        var node = snapshot.find("Node", pod.text("/spec/nodeName"));
        return node.map(n -> n.condition("Ready")).filter(c -> !c.isMissingNode() && !Obj.isTrue(c))
            .map(c -> Evidence.condition(node.get(), c)).or(() -> Optional.of(pod).filter(p -> p.text("/status/reason").equals("NodeLost"))
                .map(p -> Evidence.status(p.ref() + "/status.reason", "NodeLost", p.text("/status/message"))));
    }

    /** Also true where nobody could look. */
    boolean exists(String kind, String name) {
        return !snapshot.knows(kind) || snapshot.find(kind, name).isPresent();
    }

    /** Seconds from a time in the cluster to the snapshot; 0 when the time is not told. */
    long age(Optional<Instant> since) {
        return since.map(t -> Math.max(0, Duration.between(t, snapshot.at()).toSeconds())).orElse(0L);
    }

    long age(Obj object) {
        return age(object.time("/metadata/creationTimestamp"));
    }

    /** Since when a condition is as it is. */
    static Optional<Instant> since(JsonNode condition) {
        return Obj.instant(Json.text(condition, "lastTransitionTime"));
    }

    /** A name that was read from a message and is none that the API would accept is not passed on: the finding then stands at its owner. */
    Finding finding(Code code, Ref object, Ref owner, Optional<Instant> since, List<Evidence> evidence) {
        var at = NAME.matcher(object.name()).matches() ? object : owner;
        return Finding.of(code, at, owner, since.orElse(snapshot.at()), evidence);
    }

    /** What is wrong with an object since it was made. */
    Finding fault(Code code, Obj object, Evidence... evidence) {
        return finding(code, Ref.of(object), Ref.of(object), object.time("/metadata/creationTimestamp"), List.of(evidence));
    }

    /** What an object says of itself, since the first of it was seen; as it is now where that is not told. */
    Finding finding(Code code, Ref object, Evidence... evidence) {
        return finding(code, object, object, Obj.instant(evidence[0].firstSeen()), List.of(evidence));
    }
}

/** What a pod's status says, container by container, with events and the log of the failed run as proof. Pure. */
record PodFindings(Observed seen, Obj pod, Ref owner, List<Finding> before) {
    /** So many pods that one fault of their own has ended leave no hope for the next. */
    private static final int PROVEN = 3;
    /** Volumes that may fail by themselves. */
    private static final Pattern OUTSIDE = Pattern.compile("persistentVolumeClaim|csi|nfs|hostPath|ephemeral|iscsi|fc|rbd");

    /** {@code before}: what other pods said already; an object that they miss too is not told again. */
    static List<Finding> of(Observed seen, Obj pod, List<Finding> before) {
        var owner = seen.owner(pod);
        var found = new PodFindings(seen, pod, owner, before).find();
        var maker = seen.snapshot.find(owner.kind(), owner.name()).filter(Ownership::speaks).map(Obj::controller)
            .filter(c -> !c.isMissingNode() && (owner.is("Pod") || owner.is("ReplicaSet"))).map(Ref::of);
        return found.stream().map(f -> maker.isPresent() && f.object().equals(owner) ? f.as(f.code(), maker.get()) : f).toList();
    }

    private List<Finding> find() {
        var phase = pod.text("/status/phase");
        if (pod.deleting()) {
            return Pods.ended(pod) ? List.of() : node().stream().toList();
        }
        if (phase.equals("Succeeded") || owner.is("Job") && replaced()) {
            return List.of();
        }
        if (phase.equals("Failed") && !pod.text("/status/reason").isEmpty()) {
            var times = times();
            var filled = Messages.code(Messages.Topic.EVICTED, pod.text("/status/message")).isPresent(); // its own disk, so once is enough
            return replaced() && times < (filled ? 1 : 2) ? List.of() : ended(pod.text("/status/reason"), pod.text("/status/message"))
                .stream()
                .map(f -> f.code() == Code.EVICTED_EPHEMERAL_STORAGE && times >= PROVEN ? f.with(Basis.FINAL) : f).toList();
        }
        if (Obj.isFalse(pod.condition("PodScheduled"))
            || pod.text("/spec/nodeName").isEmpty() && phase.equals("Pending")) {
            return List.of(new Scheduling(seen, pod, owner).find());
        }
        return node().map(List::of).orElseGet(this::containers);
    }

    /** Its controller made another one, which tells how it stands now. */
    private boolean replaced() {
        var controller = pod.controller().path("uid").asString("");
        return !controller.isEmpty() && seen.snapshot.all("Pod").stream()
            .anyMatch(p -> p.controller().path("uid").asString("").equals(controller)
            && p.created().compareTo(pod.created()) > 0);
    }

    /** Of how many that ended so within minutes, with none after them that is ready, this is the last: the next one will end so too. */
    private int times() {
        var siblings = seen.snapshot.all("Pod").stream().filter(p -> p.controller().path("uid").equals(pod.controller().path("uid")))
            .toList();
        var ended = siblings.stream().filter(p -> p.text("/status/reason").equals(pod.text("/status/reason")) && seen.age(p) < 1800)
            .toList();
        return siblings.stream().noneMatch(Pods::ready) && ended.stream()
            .max(Comparator.comparing(Obj::created).thenComparing(Obj::name))
            .filter(pod::equals).isPresent() ? ended.size() : 0;
    }

    private Finding finding(Code code, Ref object, Optional<Instant> since, Evidence... evidence) {
        return seen.finding(code, object, owner, since, List.of(evidence)).in(pod.name(), "");
    }

    private Finding finding(Code code, Optional<Instant> since, Evidence... evidence) {
        return finding(code, owner, since, evidence);
    }

    private List<Finding> ended(String reason, String message) {
        var code = switch (reason) {
            case "Evicted" -> Messages.code(Messages.Topic.EVICTED, message).orElse(Code.NODE_PRESSURE);
            case "Preempting", "Preempted" -> Code.SCHED_PREEMPTED;
            case "NodeLost", "Shutdown", "Terminated", "NodeShutdown" -> Code.NODE_NOT_READY;
            case "NodeAffinity" -> Code.SCHED_NODE_SELECTOR;
            case "NodePorts" -> Code.SCHED_HOST_PORT;
            case "TaintToleration" -> Code.SCHED_TAINT;
            default -> reason.startsWith("OutOf") || reason.equals("UnexpectedAdmissionError") && message.contains("unavailable")
                ? Code.SCHED_INSUFFICIENT_RESOURCES : Code.NODE_REFUSES_POD;
        };
        if (code == Code.NODE_REFUSES_POD && !unstarted() || reason.equals("DeadlineExceeded")) {
            return containers();
        }
        var node = pod.text("/spec/nodeName");
        var at = code == Code.NODE_PRESSURE || code == Code.NODE_NOT_READY ? new Ref("Node", node) : owner;
        return List.of(finding(code, at, Optional.empty(), Evidence.status(pod.ref() + "/status.reason", reason, message))
            .with(Map.of("node", node)));
    }

    /** A node that is not ready makes its pods unready, whatever they did before. */
    private Optional<Finding> node() {
        var lost = Pods.ready(pod) ? Optional.<Finding>empty() : lost(pod);
        var name = pod.text("/spec/nodeName");
        var unknown = seen.snapshot.find("Node", name).isEmpty() && !pod.deleting() && !seen.snapshot.all("Node").isEmpty()
            && pod.list("/status/containerStatuses").isEmpty();
        return unknown ? Optional.of(finding(Code.SCHED_NODE_MISSING, Optional.empty(), Evidence.field(pod, "spec.nodeName", name))) : lost;
    }

    /** The node of this pod, when it is lost. */
    private Optional<Finding> lost(Obj on) {
        return seen.lost(on).map(e -> finding(Code.NODE_NOT_READY, new Ref("Node", on.text("/spec/nodeName")),
            Obj.instant(e.firstSeen()), e));
    }

    private List<Finding> containers() {
        if (Pods.saysReady(pod) && !flapping()) {
            return List.of();
        }
        // the next init container has not begun; unless this one is a sidecar that runs
        var init = pod.list("/status/initContainerStatuses").stream().filter(status -> !done(status)).findFirst();
        var statuses = new ArrayList<>(pod.list("/status/initContainerStatuses").stream()
            .filter(s -> Pods.sidecar(pod, s) || init.filter(s::equals).isPresent()).toList());
        var initDone = init.isEmpty() || Pods.sidecar(pod, init.get());
        if (initDone) {
            statuses.addAll(pod.list("/status/containerStatuses"));
        }
        var found = statuses.stream()
            .flatMap(s -> new ContainerFindings(seen, pod, owner, s, !initDone || Pods.sidecar(pod, s)).find().stream()).toList();
        return found.isEmpty() && !Pods.saysReady(pod) ? quiet() : found;
    }

    private boolean flapping() {
        return pod.list("/status/containerStatuses").stream().anyMatch(c -> c.path("restartCount").asLong(0) >= 2
            && seen.age(Obj.instant(c.at("/state/running/startedAt").asString(""))) < 60
            && c.at("/lastState/terminated/exitCode").asInt(0) != 0);
    }

    private boolean done(JsonNode status) {
        return Pods.sidecar(pod, status) ? status.path("started").asBoolean(false) || status.path("ready").asBoolean(false)
            : succeeded(status);
    }

    private static boolean succeeded(JsonNode status) {
        return status.at("/state/terminated").isObject() && status.at("/state/terminated/exitCode").asInt(0) == 0;
    }

    /** Nothing said by a container: volumes, sandbox, gates, a Job's sidecar, or simply young. */
    private List<Finding> quiet() {
        var images = seen.events(pod, "Pulling", "Pulled").stream().map(Event::last).max(Comparator.naturalOrder()).orElse("");
        var blocked = seen.events(pod, "FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox",
            "FailedPodSandBoxStatus").stream().filter(e -> e.last().compareTo(images) > 0).toList(); // which are pulled after all that
        if (!blocked.isEmpty() && unstarted()) {
            var told = blockedBy(blocked);
            var first = told.code() == Code.PVC_ACCESS_MODE ? seen.holder(pod).flatMap(this::lost).orElse(told) : told;
            return Stream.concat(Stream.of(first), absent(List.of(first)).stream()).toList();
        }
        if (owner.is("Job") && sidecarBlocks()) {
            return List.of(finding(Code.JOB_SIDECAR_BLOCKS, Optional.empty(),
                Evidence.field(pod, "status.containerStatuses", "one container ended with success, another still runs")));
        }
        if (unstarted() && references().findAny().isPresent()) {
            return absent(List.of());
        }
        var keys = unstarted() ? MissingObject.ofItems(seen, pod).distinct().toList() : List.<MissingObject.Key>of();
        if (!keys.isEmpty()) { // the event that tells it may be forbidden or gone
            return keys.stream().map(k -> finding(Code.CONFIG_KEY_MISSING, k.object(), Optional.empty(),
                Evidence.field(pod, "spec.volumes", "key " + k.key())).with(Map.of("key", k.key()))).toList();
        }
        return gate().or(this::held).or(this::progress).stream().toList();
    }

    /** Its containers are ready, and a condition that somebody else sets is not true. */
    private Optional<Finding> gate() {
        var since = Observed.since(pod.condition("ContainersReady"));
        return pod.list("/spec/readinessGates").stream().map(g -> Json.text(g, "conditionType"))
            .filter(type -> Obj.isTrue(pod.condition("ContainersReady")) && !Obj.isTrue(pod.condition(type))).findFirst()
            .map(type -> finding(seen.age(since) < Code.POD_READINESS_GATE.young ? Code.STILL_PROGRESSING : Code.POD_READINESS_GATE, since,
                pod.condition(type).isMissingNode() ? Evidence.field(pod, "spec.readinessGates", type + ": nobody has set this condition")
                    : Evidence.condition(pod, pod.condition(type))).with(Map.of("gate", type)));
    }

    /** The event may have expired: another node's pod has the volume that only one may have. */
    private Optional<Finding> held() {
        return seen.holder(pod).filter(h -> unstarted() && seen.age(pod) > Code.VOLUME_MOUNT_FAILED.young)
            .map(h -> lost(h).orElseGet(() -> finding(Code.PVC_ACCESS_MODE, pod.time("/metadata/creationTimestamp"),
                Evidence.field(h, "spec.nodeName", h.text("/spec/nodeName") + " has the volume, " + pod.ref() + " is on "
                    + pod.text("/spec/nodeName")))));
    }

    private Optional<Finding> progress() {
        var pulling = seen.events(pod, "Pulling");
        if (unstarted() && pulling.size() > seen.events(pod, "Pulled", "Failed", "BackOff").size()) {
            return Optional.of(finding(Code.IMAGE_STILL_PULLING, Obj.instant(pulling.get(0).first()),
                pulling.get(pulling.size() - 1).evidence(pod)));
        }
        var sandbox = pod.condition("PodReadyToStartContainers");
        if (unstarted() && seen.age(pod) >= Code.STILL_PROGRESSING.young && !sandbox.isMissingNode()) {
            // False: volumes, sandbox or network; True: images
            var volumes = pod.list("/spec/volumes").stream().anyMatch(v -> OUTSIDE.matcher(v.propertyNames().toString()).find());
            return Optional.of(finding(Obj.isTrue(sandbox) ? Code.IMAGE_STILL_PULLING : volumes ? Code.VOLUME_MOUNT_FAILED
                : Code.SANDBOX_FAILED, Observed.since(sandbox),
                Evidence.condition(pod, sandbox)).with(Obj.isTrue(sandbox) ? Basis.OBSERVED : Basis.INFERRED));
        }
        return seen.age(pod) >= Code.STILL_PROGRESSING.young && unstarted() ? Optional.empty()
            : Optional.of(finding(Code.STILL_PROGRESSING, pod.time("/metadata/creationTimestamp"),
                Evidence.status(pod.ref() + "/status.phase", "", pod.text("/status/phase"))));
    }

    /** No container began yet but init containers that are done: it waits for its volumes, its sandbox or its images. */
    private boolean unstarted() {
        return Stream.concat(pod.list("/status/containerStatuses").stream(),
            pod.list("/status/initContainerStatuses").stream().filter(s -> !done(s))).allMatch(c -> c.path("state").isEmpty()
            || List.of("ContainerCreating", "PodInitializing").contains(c.at("/state/waiting/reason").asString("")));
    }

    private boolean sidecarBlocks() {
        var statuses = pod.list("/status/containerStatuses");
        return statuses.stream().anyMatch(PodFindings::succeeded) && statuses.stream().anyMatch(c -> c.at("/state/running").isObject());
    }

    /** The newest message that names a cause wins over "timed out waiting", which only repeats that there is one. */
    private Finding blockedBy(List<Event> events) {
        var best = events.get(0);
        for (var event : events) {
            best = rank(volume(event)) >= rank(volume(best)) ? event : best;
        }
        var code = volume(best);
        if (code == Code.STILL_PROGRESSING && seen.age(pod) > Code.VOLUME_MOUNT_FAILED.young) {
            code = Code.VOLUME_MOUNT_FAILED;
        } else if (code == Code.SANDBOX_FAILED && best.count() < 3 && seen.age(pod) < code.young) {
            code = Code.STILL_PROGRESSING;
        }
        return MissingObject.finding(seen, pod, code, best.evidence(pod));
    }

    private static Code volume(Event event) {
        return event.reason().contains("SandBox") ? Code.SANDBOX_FAILED
            : Messages.code(Messages.Topic.VOLUME, event.message()).orElse(Code.VOLUME_MOUNT_FAILED);
    }

    private static int rank(Code code) {
        return code == Code.STILL_PROGRESSING ? 0 : code == Code.VOLUME_MOUNT_FAILED ? 1 : 2;
    }

    /** What the template names and the namespace does not have; the kubelet tells one at a time, and late. */
    private Stream<References.Ref> references() {
        return References.of(pod.at("/spec")).stream().filter(r -> !r.optional() && !r.pull() && !seen.exists(r.kind(), r.name()));
    }

    /** The missing objects that nobody told of yet. */
    private List<Finding> absent(List<Finding> told) {
        var found = new ArrayList<>(told);
        references().forEach(r -> {
            var code = Code.missing(r.kind());
            if (Stream.concat(before.stream(), found.stream())
                .noneMatch(f -> f.code() == code && f.objectName().equals(r.name()) && f.owner().equals(owner))) {
                found.add(finding(code, new Ref(r.kind(), r.name()), Optional.empty(),
                    Evidence.field(pod, "spec", Kubectl.ref(r.kind(), r.name()))));
            }
        });
        return found.subList(told.size(), found.size());
    }
}

/** Ports that Services serve, and ports that containers say they listen on. */
static final class Ports {
    /** The pod's port that a Service's port leads to, by number or name. */
    static String target(JsonNode port) {
        return port.path("targetPort").asString(Json.text(port, "port"));
    }

    /** True also where it cannot be told. */
    static boolean serves(Obj service, String port) {
        var ports = service.list("/spec/ports");
        return ports.isEmpty() || service.text("/spec/type").equals("ExternalName")
            || ports.stream().anyMatch(p -> Json.text(p, "port").equals(port) || Json.text(p, "nodePort").equals(port)
                || service.text("/spec/clusterIP").equals("None") && target(p).equals(port));
    }

    static String served(Obj service) {
        return service.list("/spec/ports").stream().map(p -> Json.text(p, "port")).collect(Collectors.joining(","));
    }

    /** Ports that a pod's containers declare or are probed on, by number and name. */
    static Set<String> open(JsonNode podSpec) {
        var open = new LinkedHashSet<String>();
        Pods.specs(podSpec).filter(c -> !c.path("ports").isEmpty()).forEach(c -> {
            c.path("ports").forEach(p -> open.addAll(known(p)));
            List.of("/readinessProbe/httpGet/port", "/readinessProbe/tcpSocket/port", "/readinessProbe/grpc/port")
                .forEach(p -> open.add(c.at(p).asString("")));
        });
        open.remove("");
        return open;
    }

    /** A container's port by its number and, if it has one, its name. */
    private static List<String> known(JsonNode port) {
        var number = Json.text(port, "containerPort");
        return List.of(number, port.path("name").asString(number));
    }

    /** Names and numbers under which a connection to this port of the Service (empty: to any) reaches a pod. */
    static Set<String> behind(Obj service, String port, JsonNode podSpec) {
        var ports = new LinkedHashSet<String>();
        service.list("/spec/ports").stream().filter(p -> port.isEmpty() || Json.text(p, "port").equals(port))
            .map(Ports::target).forEach(ports::add);
        podSpec.path("containers").forEach(c -> c.path("ports").forEach(p -> {
            if (known(p).stream().anyMatch(ports::contains)) {
                ports.addAll(known(p));
            }
        }));
        return ports;
    }
}

/** What a container's probes say: which one kills it, which one fails, and whether the probe itself is the mistake. Pure. */
record Probes(Observed seen, Obj pod, String container, JsonNode spec) {
    /** The probe for which the kubelet kills this container, {@code startup} or {@code liveness}, as its event tells. */
    Optional<String> killer(long restarts) {
        var kill = seen.events(pod, "Killing").stream()
            .filter(e -> e.aboutContainer(container) || e.message().contains("ontainer " + container + " "))
            .filter(e -> e.message().contains("probe")).reduce((a, b) -> b);
        if (kill.isEmpty()) {
            return Stream.of("liveness", "startup").filter(kind -> restarts > 0 && exhausted(kind)).findFirst();
        }
        var text = kill.get().message().toLowerCase(Locale.ROOT);
        return Stream.of("startup", "liveness").filter(kind -> text.contains(kind + " probe")).findFirst();
    }

    private boolean exhausted(String kind) {
        var limit = spec.path(kind + "Probe").path("failureThreshold").asLong(3);
        return failures(kind, "Unhealthy").anyMatch(e -> e.count() >= limit);
    }

    /** The newest event of this probe's failure. */
    Optional<Event> failure(String kind) {
        return failures(kind, "Unhealthy", "ProbeError").reduce((a, b) -> b);
    }

    private Stream<Event> failures(String kind, String... reasons) {
        var title = Character.toUpperCase(kind.charAt(0)) + kind.substring(1) + " probe";
        return seen.events(pod, reasons).stream().filter(e -> e.aboutContainer(container)
            && e.message().replace("(combined from similar events): ", "").startsWith(title));
    }

    /** How often this probe has failed. */
    long times(String kind) {
        return failures(kind, "Unhealthy", "ProbeError").mapToLong(Event::count).sum();
    }

    /** The mistake of this probe, if its answer proves one: wrong path, or a port on which the container does not say it listens. */
    Optional<Code> mistake(String kind) {
        return Optional.of(spec.path(kind + "Probe")).filter(this::unknownPort).map(p -> Code.PROBE_PORT_MISMATCH)
            .or(() -> failure(kind).flatMap(e -> mistake(e.message(), spec.path(kind + "Probe"))));
    }

    /** A port by a name that no port of the container has. */
    private boolean unknownPort(JsonNode probe) {
        var named = port(probe);
        return !named.isEmpty() && !named.matches("\\d+")
            && spec.path("ports").valueStream().noneMatch(p -> Json.text(p, "name").equals(named));
    }

    /** Its command does not exist in the image: the kubelet throws such answers away, so they neither pass nor kill. */
    boolean programMissing(String kind) {
        return spec.path(kind + "Probe").has("exec") && failure(kind).filter(e -> Phrase.NO_PROGRAM.occurs(e.message())).isPresent();
    }

    private static String port(JsonNode probe) {
        return Stream.of("/httpGet/port", "/tcpSocket/port", "/grpc/port").map(p -> probe.at(p).asString(""))
            .filter(p -> !p.isEmpty()).findFirst().orElse("");
    }

    private Optional<Code> mistake(String message, JsonNode probe) {
        if (Phrase.STATUS_404.occurs(message)) {
            return Optional.of(Code.PROBE_PATH_NOT_FOUND);
        }
        var named = port(probe);
        var number = named.matches("\\d+") ? named : Phrase.PROBE_PORT.in(message);
        var ports = ports();
        return Phrase.REFUSED.occurs(message) && !number.isEmpty() && !ports.isEmpty() && !ports.contains(number) && !ports.contains(named)
            ? Optional.of(Code.PROBE_PORT_MISMATCH) : Optional.empty();
    }

    /** The ports that the pod says it has, else those by which Services ask it. */
    private List<String> ports() {
        var ports = new ArrayList<String>();
        Pods.specs(pod.at("/spec")).forEach(c -> c.path("ports").forEach(p -> {
            ports.add(Json.text(p, "containerPort"));
            ports.add(p.path("name").asString("-"));
        }));
        if (ports.isEmpty()) {
            seen.snapshot.all("Service").stream().filter(s -> !s.map("/spec/selector").isEmpty()
                && pod.labels().entrySet().containsAll(s.map("/spec/selector").entrySet()))
                .forEach(s -> s.list("/spec/ports").forEach(p -> ports.add(Ports.target(p))));
        }
        return ports;
    }

    /** How long a probe fails before that means anything. */
    long budget(String kind) {
        var probe = spec.path(kind + "Probe");
        return probe.path("initialDelaySeconds").asLong(0) + probe.path("periodSeconds")
            .asLong(10) * probe.path("failureThreshold").asLong(3);
    }

    boolean has(String kind) {
        return spec.path(kind + "Probe").isObject();
    }
}

/** What the API server did not take: pods that a controller cannot create, and objects that could not be applied. Pure. */
record Refusals(Observed seen) {
    /** Pods that the controller cannot create: the condition says it for good, the event says it in time. */
    List<Finding> of(Obj workload, Obj creator, boolean missing) {
        if (!missing) {
            return List.of();
        }
        var youngest = seen.snapshot.ownedBy("Pod", creator).stream().map(Obj::created)
            .max(Comparator.naturalOrder()).orElse("");
        return condition(workload, creator).or(() -> seen.events(creator, "FailedCreate").stream()
            .filter(e -> e.last().isEmpty() || e.last().compareTo(youngest) >= 0).reduce((a, b) -> b)
            .map(e -> refused(workload, e.evidence(creator)))
            .or(() -> account(workload, creator))).stream().toList();
    }

    Optional<Finding> condition(Obj workload, Obj creator) {
        return Optional.of(creator.condition("ReplicaFailure")).filter(Obj::isTrue)
            .map(c -> refused(workload, Evidence.condition(creator, c)));
    }

    /** The event may have expired; that no pod exists and its account does not either says the same. */
    private Optional<Finding> account(Obj workload, Obj creator) {
        var name = References.account(creator.at("/spec/template/spec"));
        if (seen.exists("ServiceAccount", name) || !seen.snapshot.ownedBy("Pod", creator).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(seen.finding(Code.SERVICE_ACCOUNT_MISSING, new Ref("ServiceAccount", name), Ref.of(workload), Optional.empty(),
            List.of(Evidence.field(creator, "spec.template.spec.serviceAccountName", name))));
    }

    private Finding refused(Obj workload, Evidence evidence) {
        var code = Messages.code(Messages.Topic.CREATE, evidence.message()).orElse(Code.ADMISSION_DENIED);
        var culprit = culprit(code, evidence.message());
        return seen.finding(code, culprit.orElse(Ref.of(workload)), Ref.of(workload), Obj.instant(evidence.firstSeen()), List.of(evidence))
            .with(culprit.map(c -> Map.of("name", c.name())).orElse(Map.of()));
    }

    /** The object that a refusal speaks of, so that many workloads with one cause meet; empty when it is the workload itself. */
    private Optional<Ref> culprit(Code code, String message) {
        return switch (code) {
            case QUOTA_EXCEEDED -> named("ResourceQuota", Phrase.QUOTA, message);
            case SERVICE_ACCOUNT_MISSING -> named("ServiceAccount", Phrase.ACCOUNT, message);
            case ADMISSION_WEBHOOK_UNAVAILABLE -> configuration(Phrase.WEBHOOK.in(message))
                .or(() -> named("Webhook", Phrase.WEBHOOK, message));
            default -> Optional.empty();
        };
    }

    private Optional<Ref> configuration(String webhook) {
        return Stream.of("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration").flatMap(k -> seen.snapshot.all(k).stream())
            .filter(o -> o.list("/webhooks").stream().anyMatch(w -> Json.text(w, "name").equals(webhook))).map(Ref::of).findFirst();
    }

    private static Optional<Ref> named(String kind, Phrase part, String message) {
        return Optional.of(part.in(message)).filter(name -> !name.isEmpty()).map(name -> new Ref(kind, name));
    }

    /**
     * What should run, and is not even there though its kind was read: never applied, or deleted since. In a namespace that goes away
     * nothing can be; a Job may be gone by its time.
     */
    Optional<Finding> absent(Applied a) {
        var o = a.object();
        boolean runs = !o.builtIn() || Kinds.WORKLOADS.contains(o.kind()) && !o.kind().equals("PersistentVolumeClaim");
        return !runs || a.pending() || !a.error().isEmpty() || !seen.snapshot.knows(Snapshot.key(o)) || seen.snapshot.ends()
            || seen.snapshot.live(o).isPresent() || o.has("/spec/ttlSecondsAfterFinished") ? Optional.empty()
            : Optional.of(seen.finding(Code.OBJECT_MISSING, Ref.of(o), Evidence.status(o.ref(), "NotFound",
                "is in the manifests and not in the namespace")));
    }

    Finding applied(Applied a) {
        var text = (a.reason() + " " + a.error()).strip();
        var own = a.object().apiVersion().isEmpty(); // of no API: it never reached the cluster
        var code = own ? Code.valueOf(a.reason()) : Messages.code(Messages.Topic.APPLY, text).orElse(Code.APPLY_FAILED);
        if (code == Code.API_KIND_UNKNOWN && Phrase.REMOVED_API.occurs(a.object().apiVersion())) {
            code = Code.API_VERSION_REMOVED;
        }
        var at = Ref.of(a.object());
        return seen.finding(code, culprit(code, text).orElse(at), at, Optional.empty(),
            List.of(new Evidence("apply", a.object().ref(), a.reason(), a.error(), 1, "", "")))
            .with(Map.of("apiVersion", a.object().apiVersion()));
    }
}

/** Why a pod has no node, and what a scheduler's sentence "0/5 nodes are available: …" comes down to. Pure. */
record Scheduling(Observed seen, Obj pod, Ref owner) {
    private static final Pattern REASON = Pattern.compile("(\\d+) ([^,]*(?:\\{[^}]*\\}[^,]*)*)");
    /** A node is named with the first test that it fails; this is the order of the tests, so a later one was nearer to success. */
    private static final List<Code> NEARNESS =
        List.of(Code.SCHED_TAINT, Code.SCHED_NODES_UNAVAILABLE, Code.NODE_PRESSURE, Code.SCHED_NODE_SELECTOR,
        Code.SCHED_HOST_PORT, Code.SCHED_INSUFFICIENT_RESOURCES,
        Code.SCHED_VOLUME_AFFINITY, Code.PVC_ACCESS_MODE, Code.PVC_UNBOUND, Code.SCHED_TOPOLOGY, Code.SCHED_POD_ANTI_AFFINITY,
        Code.SCHED_DEVICE_CLAIM);

    Finding find() {
        var condition = pod.condition("PodScheduled");
        var evidence = new ArrayList<>(List.of(condition.isMissingNode() ? Evidence.status(pod.ref() + "/status.phase", "", "Pending")
            : Evidence.condition(pod, condition)));
        var since = Observed.since(condition);
        var scaling = seen.events(pod, "TriggeredScaleUp", "Nominated"); // Karpenter says the second
        if (Json.text(condition, "reason").equals("SchedulingGated")) {
            return finding(Code.SCHED_GATED, owner, since, evidence);
        }
        if (Json.text(condition, "reason").equals("NotReadyForScheduling")) {
            return finding(seen.age(pod) < Code.SCHED_NOT_READY.young ? Code.STILL_PROGRESSING
                : Code.SCHED_NOT_READY, owner, since, evidence);
        }
        if (!scaling.isEmpty() && seen.age(pod) < Code.AUTOSCALING_IN_PROGRESS.young) {
            evidence.add(scaling.get(scaling.size() - 1).evidence(pod));
            return finding(Code.AUTOSCALING_IN_PROGRESS, owner, since, evidence);
        }
        var message = message(condition);
        return message.isEmpty()
            ? finding(seen.age(pod) < Code.SCHED_SCHEDULER_MISSING.young ? Code.STILL_PROGRESSING
                : condition.isMissingNode() ? Code.SCHED_SCHEDULER_MISSING : Code.UNKNOWN, owner, since, evidence)
            : unschedulable(message, since, evidence);
    }

    private String message(JsonNode condition) {
        var events = seen.events(pod, "FailedScheduling");
        var message = Json.text(condition, "message");
        return message.isEmpty() && !events.isEmpty() ? events.get(events.size() - 1).message() : message;
    }

    private Finding finding(Code code, Ref at, Optional<Instant> since, List<Evidence> evidence) {
        return seen.finding(code, at, owner, since, evidence).in(pod.name(), "");
    }

    private Finding unschedulable(String message, Optional<Instant> since, List<Evidence> evidence) {
        var claim = References.claims(pod.at("/spec")).filter(c -> !seen.exists("PersistentVolumeClaim", c)).findFirst();
        var code = claim.isPresent() ? Code.PVC_MISSING : code(message, pod, seen.snapshot);
        var missing = Phrase.MISSING.in(message);
        var at = code == Code.PVC_MISSING ? new Ref("PersistentVolumeClaim", missing.isEmpty() ? claim.orElse("") : missing)
            : code == Code.NODE_PRESSURE ? pressed().orElse(owner) : owner;
        var taint = Phrase.TAINT.in(message).strip();
        return finding(code, at, since, evidence).with(taint.isEmpty() ? Map.of() : Map.of("taint", taint));
    }

    /** The node that is short of something, when there is but one. */
    private Optional<Ref> pressed() {
        var pressed = seen.snapshot.all("Node").stream().filter(n -> n.list("/status/conditions").stream()
            .anyMatch(c -> Json.text(c, "type").endsWith("Pressure") && Obj.isTrue(c))).toList();
        return pressed.size() == 1 ? Optional.of(Ref.of(pressed.get(0))) : Optional.empty();
    }

    static Code code(String message, Obj pod, Snapshot snapshot) {
        return Messages.code(Messages.Topic.SCHEDULER, message).orElseGet(() -> decisive(codes(message), pod, snapshot));
    }

    private static Code decisive(List<Code> codes, Obj pod, Snapshot snapshot) {
        var best = codes.stream().max(Comparator.comparingInt(NEARNESS::indexOf)).orElse(Code.UNKNOWN);
        if (best == Code.SCHED_NODE_SELECTOR && codes.contains(Code.SCHED_NODES_UNAVAILABLE)
            && (!snapshot.knows("Node") || wanted(pod, snapshot))) {
            return Code.SCHED_NODES_UNAVAILABLE; // which labels the closed node has is not told: it may be the one that is meant
        }
        return best == Code.SCHED_NODE_SELECTOR && codes.contains(Code.SCHED_TAINT) && wanted(pod, snapshot) ? Code.SCHED_TAINT : best;
    }

    /** The reasons by node, without the second sentence about preemption and without control planes, which are closed on purpose. */
    static List<Code> codes(String message) {
        var text = message.toLowerCase(Locale.ROOT).replaceFirst("^[^:]*available:", "").replaceFirst("\\bpreemption:.*", "")
            .replaceFirst("no new claims to deallocate.*", "");
        var reasons = REASON.matcher(text).results().map(m -> m.group(2)).toList();
        var open = reasons.stream().filter(r -> Phrase.CONTROL_PLANE.in(r).isEmpty()).toList();
        var codes = open.stream().flatMap(r -> Messages.code(Messages.Topic.NODE, r).stream()).toList();
        return codes.isEmpty() && open.size() < reasons.size() ? List.of(Code.SCHED_TAINT) : codes;
    }

    /** True when a node has the labels that the pod asks for: then it is something else that closes that node. */
    private static boolean wanted(Obj pod, Snapshot snapshot) {
        var selector = pod.map("/spec/nodeSelector");
        var terms = pod.list("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
        return snapshot.all("Node").stream().anyMatch(n -> n.labels().entrySet().containsAll(selector.entrySet())
            && (terms.isEmpty() || terms.stream().anyMatch(t -> Selector.expressions(t, n.labels()))));
    }
}

/** What a container's command waits for: the usual ways to write "until the database is there". */
static final class WaitCommands {
    private static final String HOST = "([A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9])?)";
    private static final String PORT = "(\\d{1,5})";
    private static final String MAYBE_PORT = "(?::" + PORT + ")?";
    private static final String HOST_OPTION = "\\b[^;&|]*?(?:-h|--host)[= ]*" + HOST;
    private static final List<Pattern> COMMANDS = Stream.of(
        "\\bnc\\s+(?:-\\S+\\s+(?:\\d+\\s+)?)*" + HOST + "\\s+" + PORT,
        "\\bnc\\s+(?:-\\S+\\s+)*" + HOST + ":" + PORT,
        "/dev/tcp/" + HOST + "/" + PORT,
        "\\bpg_isready" + HOST_OPTION + portOption("-p"),
        "\\bmysqladmin" + HOST_OPTION + portOption("-P"),
        "\\b(?:mysql|psql|mongosh?|redis-cli|valkey-cli)" + HOST_OPTION + portOption("-[pP]"),
        "\\b(?:nslookup|getent\\s+hosts|dig(?:\\s+\\+\\S+)*|host|ping(?:\\s+-\\S+(?:\\s+\\d+)?)*)\\s+" + HOST + "()",
        "\\bwait-for(?:-it)?(?:\\.sh)?\\s+(?:-\\S+\\s+)*" + HOST + ":" + PORT,
        "-wait\\s+(?:tcp|http|https|tcp4|tcp6)://" + HOST + MAYBE_PORT,
        "\\b(?:curl|wget)\\b[^;&|]*?(?:https?://)" + HOST + MAYBE_PORT,
        "\\b(?:curl|wget)\\b(?:\\s+-\\S+)*\\s+" + HOST + ":" + PORT,
        "\\b(?:mongodb|postgres(?:ql)?|redis|amqp|mysql)://(?:[^@/\\s]*@)?" + HOST + MAYBE_PORT).map(Pattern::compile).toList();
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)(?::-[^}]*)?\\}|\\((\\w+)\\)|(\\w+))");

    private static String portOption(String option) {
        return "(?:[^;&|]*?(?:" + option + "|--port)[= ]*" + PORT + ")?";
    }

    static List<Address> targets(JsonNode container) {
        var line = expanded(container);
        var found = new LinkedHashSet<Address>();
        for (var command : COMMANDS) {
            var match = command.matcher(line);
            while (match.find()) {
                var host = match.group(1);
                if (host != null && !host.isEmpty() && !host.matches("localhost|127\\.0\\.0\\.1|\\d+")) {
                    found.add(new Address(host, match.group(2) == null ? "" : match.group(2)));
                }
            }
        }
        return found.stream()
            .filter(t -> !t.port().isEmpty() || found.stream().noneMatch(o -> o.host().equals(t.host()) && !o.port().isEmpty())).toList();
    }

    /** Command and arguments with the container's own variables filled in. */
    private static String expanded(JsonNode container) {
        var env = new HashMap<String, String>();
        container.path("env").forEach(e -> env.put(Json.text(e, "name"), Json.text(e, "value")));
        return VARIABLE.matcher(words(container)).replaceAll(m -> Matcher.quoteReplacement(env.getOrDefault(
            m.group(1) != null ? m.group(1) : m.group(2) != null ? m.group(2) : m.group(3), m.group())));
    }

    /** Command and arguments as one text. */
    static String words(JsonNode container) {
        return Stream.of("command", "args").flatMap(list -> container.path(list).valueStream()).map(word -> word.asString("") + " ")
            .collect(Collectors.joining());
    }
}

/**
 * What workloads say beside their pods: rollouts, revisions, Jobs, and pods that cannot be created. Pure.
 *
 * @param pods what the pods say, which some workloads explain better
 */
record WorkloadFindings(Observed seen, Refusals refusals, List<Finding> pods) {
    /** What ends a pod, and tells nothing of why its controller cannot make another. */
    private static final Set<Code> PAST = EnumSet.of(Code.NODE_PRESSURE, Code.NODE_NOT_READY, Code.SCHED_PREEMPTED);

    /** What the pods say, less what a workload says better, and what the workloads say. */
    List<Finding> find() {
        var found = new ArrayList<>(pods);
        var explained = pods.stream().filter(WorkloadFindings::cause).map(Finding::owner).collect(Collectors.toSet());
        seen.snapshot.all("Deployment").forEach(d -> found.addAll(deployment(d, explained)));
        seen.snapshot.all("StatefulSet").forEach(s -> {
            var told = statefulSet(s);
            told.stream().filter(f -> f.code() == Code.STS_STUCK_REVISION)
                .forEach(stuck -> found.removeIf(f -> f.owner().equals(stuck.owner()) && f.pod().equals(stuck.pod())));
            found.addAll(told);
        });
        seen.snapshot.all("DaemonSet").forEach(d -> {
            settling(d).ifPresent(found::add);
            found.addAll(refusals.of(d, d,
                d.number("/status/currentNumberScheduled", 0) < d.number("/status/desiredNumberScheduled", 0)));
        });
        seen.snapshot.all("ReplicaSet").stream().filter(rs -> rs.controller().isMissingNode())
            .forEach(rs -> found.addAll(refusals.of(rs, rs, missing(rs))));
        seen.snapshot.all("Job").forEach(j -> found.addAll(job(j)));
        seen.snapshot.all("CronJob").forEach(c -> seen.snapshot.ownedBy("Job", c).stream()
            .max(Comparator.comparing(Obj::created).thenComparing(Obj::name))
            .flatMap(last -> cronJob(c, last)).ifPresent(found::add));
        var refused = found.stream().filter(f -> f.pod().isEmpty() && cause(f)).map(Finding::owner).toList();
        found.removeIf(f -> PAST.contains(f.code()) && refused.contains(f.owner())
            && seen.snapshot.find("Pod", f.pod()).filter(Pods::ended).isPresent());
        return found;
    }

    private static boolean missing(Obj set) {
        return set.number("/status/replicas", 0) < set.number("/spec/replicas", 1);
    }

    private static boolean cause(Finding f) {
        return f.code().role == Code.Role.CAUSE;
    }

    /** {@code explained}: workloads whose pods tell a cause. */
    private List<Finding> deployment(Obj deployment, Set<Ref> explained) {
        var set = seen.newest(deployment);
        var found = new ArrayList<>(set.map(rs -> refusals.of(deployment, rs, missing(rs))).orElse(List.of()));
        var at = Ref.of(deployment);
        if (found.stream().noneMatch(WorkloadFindings::cause) && !explained.contains(at)) {
            refusals.condition(deployment, deployment).ifPresent(found::add);
        }
        var progressing = deployment.condition("Progressing");
        if (Json.text(progressing, "status").equals("False")) {
            found.add(seen.finding(Code.ROLLOUT_STUCK, at, Evidence.condition(deployment, progressing)));
        }
        settling(deployment).ifPresent(found::add);
        if (deployment.is("/spec/paused") && deployment.number("/status/updatedReplicas", 0) < deployment.number("/spec/replicas", 1)) {
            found.add(seen.finding(Code.ROLLOUT_PAUSED, at, Evidence.field(deployment, "spec.paused", "true")));
        }
        return found;
    }

    /** None of its new pods lacks anything, and it moved a moment ago: the next ones are about to follow, or minReadySeconds to pass. */
    private Optional<Finding> settling(Obj workload) {
        var pods = Ownership.newestPods(seen.snapshot, workload).stream().filter(p -> !p.deleting()).toList();
        var young = Code.STILL_PROGRESSING.young + workload.number("/spec/minReadySeconds", 0);
        var moved = Stream.concat(pods.stream().map(p -> Evidence.condition(p, p.condition("Ready"))),
            seen.events(workload, "ScalingReplicaSet", "SuccessfulCreate", "SuccessfulDelete").stream().map(e -> e.evidence(workload)));
        return moved.max(Comparator.comparing(Evidence::lastSeen)).filter(last -> pods.stream().allMatch(Pods::saysReady)
            && !last.lastSeen().isEmpty() && seen.age(Obj.instant(last.lastSeen())) < young)
            .map(last -> seen.finding(Code.STILL_PROGRESSING, Ref.of(workload), last));
    }

    private List<Finding> statefulSet(Obj set) {
        var found = new ArrayList<>(refusals.of(set, set, missing(set)));
        var broken = seen.snapshot.ownedBy("Pod", set).stream().filter(p -> !Pods.saysReady(p)).min(Comparator.comparing(Obj::name));
        settling(set).ifPresent(found::add);
        if (broken.isPresent() && !set.text("/spec/podManagementPolicy").equals("Parallel")) {
            ordered(set, broken.get(), found).ifPresent(found::add);
        }
        return found;
    }

    /** An ordered set waits for its first broken pod, and does not replace it when that is of the old revision. */
    private Optional<Finding> ordered(Obj set, Obj broken, List<Finding> refused) {
        var at = Ref.of(set);
        var update = set.text("/status/updateRevision");
        var old = broken.labels().getOrDefault("controller-revision-hash", update);
        var explained = refused.stream().anyMatch(WorkloadFindings::cause)
            || pods.stream().anyMatch(f -> f.owner().equals(at) && cause(f));
        var due = set.number("/spec/updateStrategy/rollingUpdate/partition", 0) <= ordinal(broken);
        if (!update.isEmpty() && !old.equals(update) && due && explained) {
            return Optional.of(seen.finding(Code.STS_STUCK_REVISION, at, Evidence.field(set, "status.updateRevision",
                update + ", but " + broken.ref() + " is of " + old)).in(broken.name(), ""));
        }
        return !missing(set) ? Optional.empty() : Optional.of(seen.finding(Code.STS_ORDINAL_BLOCKED, at,
            Evidence.field(broken, "status", "not ready; later pods wait for it")).in(broken.name(), ""));
    }

    private Optional<Finding> cronJob(Obj cron, Obj last) {
        var failed = last.condition("Failed");
        if (Obj.isTrue(failed)) {
            return Optional.of(seen.finding(Code.JOB_FAILED, Ref.of(cron), Evidence.condition(last, failed)));
        }
        var began = last.time("/status/startTime");
        return last.number("/status/active", 0) == 0 || seen.age(began) < 3 * period(cron.text("/spec/schedule")) ? Optional.empty()
            : Optional.of(seen.finding(Code.JOB_NEVER_ENDS, Ref.of(cron), Ref.of(cron), began,
                List.of(Evidence.field(last, "status.startTime", last.text("/status/startTime")))));
    }

    /** Seconds between two runs, roughly: 10 minutes at least, a day where the schedule names the hour. */
    private static long period(String schedule) {
        var field = schedule.trim().split("\\s+");
        var every = field.length < 2 ? "" : field[0].startsWith("*") ? field[0] + "m" : field[1].startsWith("*") ? field[1] + "h" : "";
        long times = every.matches("\\*/\\d{1,4}.") ? Long.parseLong(every.replaceAll("\\D", "")) : 1;
        return every.isEmpty() ? schedule.startsWith("@hourly") ? 3600 : 86_400 : Math.max(600, times * (every.endsWith("m") ? 60 : 3600));
    }

    private static long ordinal(Obj pod) {
        var number = pod.name().replaceFirst("^.*-", "");
        return number.matches("\\d{1,9}") ? Long.parseLong(number) : 0;
    }

    private List<Finding> job(Obj job) {
        var failed = job.condition("Failed");
        var target = failed.isMissingNode() ? job.condition("FailureTarget") : failed;
        var at = Ref.of(job);
        var pods = seen.snapshot.ownedBy("Pod", job);
        if (Obj.isTrue(target)) {
            var reason = Json.text(target, "reason");
            var stopped = pods.stream().filter(p -> reason.equals("DeadlineExceeded")).map(Obj::name).findFirst().orElse("");
            return List.of(seen.finding(Code.JOB_FAILED, at, Evidence.condition(job, target))
                .in(stopped, "").with(Map.of("reason", reason)));
        }
        if (job.is("/spec/suspend")) {
            return CustomStatus.holding(job, seen.snapshot).isPresent() ? List.of()
                : List.of(seen.finding(Code.JOB_SUSPENDED, at, Evidence.field(job, "spec.suspend", "true")));
        }
        if (job.number("/status/active", 0) > 0 && job.number("/status/failed", 0) == 0 && pods.stream().anyMatch(Pods::saysReady)) {
            return List.of(seen.finding(Code.STILL_PROGRESSING, at, at, job.time("/status/startTime"),
                List.of(Evidence.field(job, "status.active", "its pod runs"))));
        }
        return refusals.of(job, job, job.number("/status/active", 0) + job.number("/status/succeeded", 0) == 0 && pods.isEmpty());
    }
}

// src/ensure_ready/readiness/

/** Judges a custom resource by what it says; one that says nothing by what its operator made for it. */
static final class CustomReadiness {
    /**
     * @param children the workloads that an operator made for it, judged; asked for when its own status proves nothing
     */
    static Workload judge(Obj o, Family family, Tally tally, Supplier<List<Workload>> children) {
        if (o.at("/status").isEmpty() && family.statusless().contains(o.apiVersion() + "/" + o.kind())) {
            return tally.ready("its kind has no status");
        }
        var said = CustomStatus.of(o, family.snapshot());
        return said.state() == State.unverified ? byChildren(children.get(), said, tally) : tally.of(said.state(), said.message());
    }

    private static Workload byChildren(List<Workload> children, CustomStatus.Said said, Tally tally) {
        if (children.isEmpty()) {
            return tally.unverified(said.message());
        }
        var late = children.stream().filter(w -> w.state() != State.ready).findFirst();
        return late.map(w -> tally.progressing(w.ref() + ": " + w.message()))
            .orElseGet(() -> tally.ready("judged by what it owns: " + children.stream()
            .map(Workload::ref).sorted().collect(Collectors.joining(", "))));
    }
}

/**
 * What a custom resource says of itself, for the judge and for the finder alike: the user's rule first, then its Ready condition (or its
 * kind's own word for it), then other conditions (nested ones too), flags, counts and words. Pure.
 */
static final class CustomStatus {
    /** A controller that has written nothing for so long writes nothing: most write within seconds. */
    private static final Duration MUTE = Duration.ofMinutes(2);
    /** A status that says nothing yet may still begin to speak. */
    private static final Duration QUIET = Duration.ofSeconds(30);
    /** A word that nobody knows is progress no longer. */
    private static final Duration STRANGE = Duration.ofMinutes(10);
    private static final List<String> FLAGS = List.of("ready", "healthy", "readyToUse", "available", "synced", "isReady", "applied");
    private static final Pattern WHY = Pattern.compile("(?!last)\\w*([mM]essage|[rR]eason|[eE]rrors?|[dD]escription)");
    private static final List<String> NESTED = List.of("parents", "listeners", "ancestors", "ingress");
    private final Obj o;
    private final Snapshot snapshot;
    private final List<JsonNode> conditions;
    private final List<Word> words;
    private final JsonNode own;

    private CustomStatus(Obj o, Snapshot snapshot) {
        this.o = o;
        this.snapshot = snapshot;
        this.conditions = conditions(o);
        this.words = words(o.at("/status"));
        this.own = o.condition("Ready");
    }

    /** @param why what stands beside it and tells more */
    private record Word(String path, String text, String why) { }

    /**
     * How it is by itself; {@code unverified} when nothing of it tells.
     *
     * @param proof what says so, to be shown; null when that is nothing of its own
     */
    record Said(State state, String message, Evidence proof) {
        /** It is not ready, and says why. */
        boolean against() {
            return proof != null && (state == State.failed || state == State.progressing);
        }

        /** Its own spec is at fault, nothing that it needs. */
        boolean invalid() {
            return proof.reason().matches("(?i).*invalid\\w*") || proof.message().matches("(?s)Invalid(Spec)?\\b.*");
        }
    }

    static Said of(Obj o, Snapshot snapshot) {
        var status = new CustomStatus(o, snapshot);
        var said = snapshot.rules().stream().filter(r -> r.about(o)).findFirst().filter(r -> !r.ignore())
            .map(status::ruled).orElseGet(status::read);
        return said.state() != State.suspended ? said : holding(o, snapshot)
            .map(h -> new Said(State.progressing, "waits in its queue: " + h.message(), h.proof())).orElse(said);
    }

    /** What its words add to its conditions: {@code Unable to create required cluster objects: secrets "x" not found}. */
    static Stream<Evidence> details(Obj o) {
        return words(o.at("/status")).stream().filter(w -> !CustomWords.done(w.text()) && !w.why().isEmpty()).map(w -> proof(o, w));
    }

    /**
     * Whether it counts when a whole namespace is judged: made by a person, and with something to become ready. Routes, policies and
     * reports hurt no workload, and a run or a backup that failed is of the past.
     */
    static boolean gates(Obj o, Snapshot snapshot) {
        return !made(o, snapshot) && (snapshot.rules().stream().anyMatch(r -> r.about(o)) || !CustomWords.configuration(o)
            && !o.group().equals("gateway.networking.k8s.io") && !o.kind().matches(".*(Route|Policy)") && !past(o.kind()));
    }

    /** Its user does not want it judged. */
    static boolean ignored(Obj o, Snapshot snapshot) {
        return o.annotation(Labels.IGNORE).equals("true")
            || snapshot.rules().stream().filter(r -> r.about(o)).findFirst().filter(CustomRule::ignore).isPresent();
    }

    /** Whether a controller made it, whose own resource speaks for it. */
    static boolean made(Obj o, Snapshot snapshot) {
        return o.list("/metadata/ownerReferences").stream().anyMatch(r -> r.path("controller").asBoolean(false)
            || snapshot.index().byUid().contains(Json.text(r, "uid")));
    }

    /** What a queue's entry for something suspended says; the queue starts it, and a person who does is overruled. */
    static Optional<Said> holding(Obj held, Snapshot snapshot) {
        return snapshot.ownedBy(held).stream().filter(c -> !c.builtIn() && !held.uid().isEmpty()
            && (held.builtIn() || conditions(c).stream().anyMatch(CustomWords::queued)))
            .map(c -> of(c, snapshot)).filter(Said::against).findFirst();
    }

    /** What was done once: that it failed says nothing of how the namespace is. */
    static boolean past(String kind) {
        return kind.matches(".*(Run|Backup|Restore|Snapshot|Report|OpsRequest|Workflow)");
    }

    private Said read() {
        if (o.at("/status").isEmpty()) {
            return silent();
        }
        if (o.has("/status/observedGeneration") && o.number("/status/observedGeneration", 0) < o.generation()) {
            return said(State.progressing, "its controller has not seen generation " + o.generation() + " yet",
                "status.observedGeneration");
        }
        boolean ready = own.isMissingNode() ? conditions.stream().anyMatch(CustomWords::finished)
            || words.stream().allMatch(w -> CustomWords.done(w.text()))
            && words.stream().anyMatch(w -> CustomWords.ready(w.text())) : Obj.isTrue(own) && !stale(own);
        return failure(ready).map(this::unlessItRests).or(() -> doubt(ready)).orElseGet(() -> proven(ready));
    }

    /** Nobody looks at what its user suspended: its status is of before. */
    private Said unlessItRests(Said said) {
        return o.is("/spec/suspend") || o.is("/spec/paused") ? new Said(State.suspended, "suspended: " + said.message(), null) : said;
    }

    private Said silent() {
        if (CustomWords.configuration(o)) {
            return new Said(State.ready, "", null);
        }
        return younger(MUTE) ? new Said(State.progressing, "has no status yet", null)
            : new Said(State.unverified, "nobody writes its status", null);
    }

    private boolean younger(Duration age) {
        return o.time("/metadata/creationTimestamp").map(t -> t.plus(age).isAfter(snapshot.at())).orElse(true);
    }

    private Said said(State state, JsonNode condition) {
        return new Said(state, Phrases.said(condition), Evidence.condition(o, condition));
    }

    private Said said(State state, String message, String path) {
        return new Said(state, message, Evidence.field(o, path, o.text("/" + path.replace('.', '/'))));
    }

    private Said said(State state, Word word) {
        return new Said(state, "is " + Phrases.brief(word.text()) + Phrases.prefixed(": ", Phrases.brief(word.why())), proof(o, word));
    }

    private static Evidence proof(Obj o, Word word) {
        return Evidence.field(o, word.path(), word.text() + Phrases.prefixed(": ", word.why()));
    }

    /** By the values that its user named; any other value is progress. */
    private Said ruled(CustomRule rule) {
        var condition = rule.condition().isEmpty() ? null : o.condition(rule.condition());
        var value = condition == null ? o.text(rule.pointer()) : Json.text(condition, "status");
        var state = rule.state(value, condition == null ? "" : Json.text(condition, "reason"));
        if (value.isEmpty()) {
            return new Said(state, rule.named() + " is not there", null);
        }
        return condition == null ? said(state, state == State.ready ? "" : rule.named() + " is " + Phrases.brief(value),
            rule.pointer().substring(1).replace('/', '.')) : state == State.ready ? new Said(state, "", null) : said(state, condition);
    }

    /** What says that it failed; the controller may try again, so this alone ends no wait at once. */
    private Optional<Said> failure(boolean ready) {
        return conditions.stream().filter(c -> !stale(c) && (CustomWords.broken(c) && (!ready || CustomWords.type(c).equals("Stalled"))
            || CustomWords.triedInVain(c) && (!ready || CustomWords.inForce(c)))).findFirst().map(c -> said(State.failed, c))
            .or(() -> words.stream().filter(w -> !ready && CustomWords.failed(w.text())).findFirst().map(w -> said(State.failed, w)));
    }

    /** Why it may not be ready although nothing says that it failed; empty when nothing speaks against it. */
    private Optional<Said> doubt(boolean ready) {
        var telling = ready ? conditions.stream().filter(c -> CustomWords.rollingOut(c) || CustomWords.inForce(c) && !Obj.isTrue(c))
            : own.isMissingNode() ? conditions.stream() : Stream.of(own);
        var doubt = telling.flatMap(c -> doubt(c).stream()).findFirst()
            .or(() -> ready || CustomWords.idle(own) ? Optional.empty() : flags()) // a flag repeats the condition without its reason
            .or(() -> Obj.isTrue(own) ? Optional.empty() : counts()).or(this::word);
        var idle = ready ? Optional.<Said>empty() : conditions.stream().filter(CustomWords::idle).findFirst()
            .map(c -> said(State.suspended, c))
            .or(() -> words.stream().filter(w -> CustomWords.idle(w.text())).findFirst().map(w -> said(State.suspended, w)));
        return doubt.map(d -> idle.isPresent() && (d.proof() == null || own.isMissingNode() || !CustomWords.idle(own)) ? idle.get()
            : unlessItRests(d)).or(() -> idle);
    }

    private Optional<Said> doubt(JsonNode c) {
        boolean positive = CustomWords.positive(c);
        if (CustomWords.ailing(c) || positive && !Obj.isTrue(c) && !CustomWords.idle(c)) {
            return Optional.of(said(State.progressing, c));
        }
        if (positive && stale(c)) {
            return Optional.of(new Said(State.progressing, CustomWords.type(c) + " speaks of generation "
                + c.path("observedGeneration").asLong(0) + ", not of " + o.generation(), null));
        }
        return CustomWords.rollingOut(c) ? Optional.of(said(State.progressing, c)) : Optional.empty();
    }

    /** Whether it was said of an earlier generation of the object. */
    private boolean stale(JsonNode condition) {
        return condition.has("observedGeneration") && condition.path("observedGeneration").asLong(0) < o.generation();
    }

    private Optional<Said> flags() {
        return FLAGS.stream().filter(f -> o.at("/status/" + f).isBoolean() && !o.is("/status/" + f)).findFirst()
            .map(f -> o.has("/status/error/message") ? said(State.progressing, Phrases.brief(o.text("/status/error/message")),
                "status.error.message") : said(State.progressing, f + " is false", "status." + f));
    }

    /** Where nothing counts what is ready, what exists is counted. */
    private Optional<Said> counts() {
        long desired = o.number("/spec/replicas", o.number("/status/desiredNumberScheduled", -1));
        return Stream.of("ready", "available", "").map(word -> word.isEmpty() ? "replicas" : word + "Replicas")
            .filter(field -> o.has("/status/" + field)).findFirst()
            .flatMap(field -> lack(field, field.equals("replicas") ? "created" : "ready", desired))
            .or(() -> o.has("/status/updatedReplicas") ? lack("updatedReplicas", "updated", o.number("/spec/replicas", -1))
                : Optional.empty());
    }

    private Optional<Said> lack(String field, String what, long desired) {
        long count = o.number("/status/" + field, 0);
        var told = count + " of " + desired + " " + what;
        return count >= desired ? Optional.empty()
            : Optional.of(new Said(State.progressing, told, Evidence.field(o, "status." + field, told)));
    }

    /** A word that nobody knows is progress for a while; with a Ready condition beside it, only one that sounds unfinished. */
    private Optional<Said> word() {
        return words.stream().filter(w -> own.isMissingNode() ? !CustomWords.done(w.text()) && !CustomWords.idle(w.text())
            : CustomWords.unfinished(w.text())).findFirst().map(w -> CustomWords.unfinished(w.text()) || younger(STRANGE)
            ? said(State.progressing, w)
            : new Said(State.unverified, "is " + Phrases.brief(w.text()) + ", a word that is not known", null));
    }

    /** It serves, though it may say that not all is well. */
    private Said proven(boolean ready) {
        var note = conditions.stream().filter(c -> CustomWords.ailing(c) || CustomWords.broken(c)).findFirst().map(Phrases::said)
            .or(() -> words.stream().filter(w -> CustomWords.serving(w.text())).findFirst().map(w -> "is " + w.text())).orElse("");
        if (o.kind().endsWith("Route") && o.has("/status/parents") && o.at("/status/parents").isEmpty()) {
            return new Said(State.progressing, "no gateway has taken it", Evidence.field(o, "status.parents", "none"));
        }
        boolean proven = ready || conditions.stream().anyMatch(CustomWords::positive) || !words.isEmpty() || o.has("/status/readyReplicas")
            || o.has("/status/replicas") && o.has("/spec/replicas")
            || FLAGS.stream().anyMatch(flag -> o.at("/status/" + flag).isBoolean());
        return proven ? new Said(State.ready, note, null)
            : new Said(younger(QUIET) ? State.progressing : State.unverified, "its status has nothing that says whether it is ready", null);
    }

    /** All conditions, those of a route's parents and a gateway's listeners behind its own. */
    private static List<JsonNode> conditions(Obj o) {
        var all = o.list("/status/conditions");
        for (var field : NESTED) {
            o.list("/status/" + field).forEach(part -> part.path("conditions").forEach(all::add));
        }
        return all;
    }

    /** Texts of phase, state, status, health: at the top of the status, and one level down where an object has such a name. */
    private static List<Word> words(JsonNode status) {
        var words = new ArrayList<Word>();
        status.properties().stream().filter(e -> CustomWords.KEY.matcher(e.getKey()).matches()).forEach(e -> {
            var path = "status." + e.getKey();
            if (e.getValue().isString()) {
                words.add(new Word(path, e.getValue().asString(""), why(status)));
            } else {
                e.getValue().properties().stream()
                    .filter(inner -> CustomWords.KEY.matcher(inner.getKey()).matches() && inner.getValue().isString())
                    .forEach(inner -> words.add(new Word(path + "." + inner.getKey(), inner.getValue().asString(""),
                        why(e.getValue()))));
            }
        });
        words.removeIf(w -> w.text().isBlank());
        return words;
    }

    /** The message beside a word, under whatever name. */
    private static String why(JsonNode status) {
        return status.properties().stream().filter(e -> WHY.matcher(e.getKey()).matches())
            .map(e -> e.getValue().isArray() ? e.getValue().path(0) : e.getValue()).map(v -> v.asString("").strip())
            .filter(v -> !v.isEmpty()).findFirst().orElse("");
    }
}

/** The words in which custom resources say how they are: types and reasons of conditions, texts of phase, state and health. Pure. */
static final class CustomWords {
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

/** Who belongs to whom in a snapshot, indexed once so that a thousand workloads are judged in milliseconds. */
static final class Family {
    private final Snapshot snapshot;
    private final Set<String> statusless;
    private final Map<String, String> podReasons;
    private final Map<String, Obj> gone;
    private final Map<String, List<Obj>> byLabel = new HashMap<>();
    private final Map<String, List<Obj>> slices = new HashMap<>();

    Family(Snapshot snapshot, Set<String> statusless) {
        this(snapshot, statusless, Map.of(), Map.of());
    }

    /**
     * @param statusless {@code apiVersion/kind} of the custom resources that have no status to report
     * @param podReasons what findings say of a pod by its name, in a person's words
     * @param gone       Jobs that were seen and are there no more, by uid, as they were last
     */
    Family(Snapshot snapshot, Set<String> statusless, Map<String, String> podReasons, Map<String, Obj> gone) {
        this.snapshot = snapshot;
        this.statusless = statusless;
        this.podReasons = podReasons;
        this.gone = gone;
        snapshot.all("EndpointSlice").forEach(s -> slices.computeIfAbsent(
            s.namespace() + "/" + s.labels().getOrDefault("kubernetes.io/service-name", ""),
            n -> new ArrayList<>()).add(s));
        Kinds.TEMPLATED.forEach(kind -> snapshot.all(kind).stream().filter(w -> !Ownership.ownedByBuiltIn(w))
            .forEach(w -> w.map("/spec/template/metadata/labels").forEach((k, v) -> label(k, v, w))));
        snapshot.all("Pod").stream().filter(p -> !Ownership.ownedByBuiltIn(p)).forEach(p -> p.labels().forEach((k, v) -> label(k, v, p)));
    }

    private void label(String key, String value, Obj o) {
        byLabel.computeIfAbsent(key + "=" + value, pair -> new ArrayList<>()).add(o);
    }

    Snapshot snapshot() {
        return snapshot;
    }

    Set<String> statusless() {
        return statusless;
    }

    /** The Job as it was before it went away, or null. */
    Obj gone(String uid) {
        return gone.get(uid);
    }

    /** What an operator made for a custom resource, directly or through other custom resources. */
    List<Obj> workloadsOf(Obj o) {
        var found = new ArrayList<Obj>();
        for (var child : Ownership.madeFor(snapshot, o)) {
            if (!child.builtIn()) {
                found.addAll(workloadsOf(child));
            } else if (Kinds.WORKLOADS.contains(child.kind())) {
                found.add(child);
            }
        }
        return found;
    }

    /** What keeps a workload's newest pods from being ready: the pod that is furthest back, or why there is none. */
    String trouble(Obj w) {
        var waiting = Ownership.newestPods(snapshot, w).stream()
            .filter(p -> !Pods.ready(p) && !p.deleting() && !p.text("/status/phase").equals("Succeeded"))
            .min(Comparator.comparing((Obj p) -> Pods.restarts(p) == 0).thenComparing(Obj::name));
        if (waiting.isPresent()) {
            var said = podReasons.get(waiting.get().name());
            return said == null ? PodDescription.of(waiting.get()) : "pod " + waiting.get().name() + " waits: " + said;
        }
        var maker = w.kind().equals("Deployment") ? Ownership.newestReplicaSet(snapshot, w).orElse(w) : w;
        var failure = maker.condition("ReplicaFailure");
        return Obj.isTrue(failure) ? "pods cannot be created: " + Phrases.brief(Json.text(failure, "message")) : "";
    }

    boolean bindsOnFirstConsumer(Obj claim) {
        var name = claim.text("/spec/storageClassName");
        var byDefault = !claim.has("/spec/storageClassName");
        return snapshot.all("StorageClass").stream()
            .filter(c -> byDefault ? c.annotation("storageclass.kubernetes.io/is-default-class").equals("true") : c.name().equals(name))
            .anyMatch(c -> c.text("/volumeBindingMode").equals("WaitForFirstConsumer"))
            || snapshot.all("Event").stream().anyMatch(e -> e.text("/reason").equals("WaitForFirstConsumer")
            && e.text("/involvedObject/uid").equals(claim.uid()));
    }

    /** Whether a pod that is there, or one that a workload still has to make, mounts the claim. */
    boolean consumed(Obj claim) {
        return snapshot.all("Pod").stream().anyMatch(p -> !Pods.ended(p) && mounts(p, "/spec/volumes", claim))
            || Kinds.TEMPLATED.stream().flatMap(kind -> snapshot.all(kind).stream())
            .anyMatch(w -> runs(w) && mounts(w, "/spec/template/spec/volumes", claim));
    }

    private static boolean mounts(Obj o, String volumes, Obj claim) {
        return o.namespace().equals(claim.namespace()) && o.list(volumes).stream()
            .anyMatch(v -> v.at("/persistentVolumeClaim/claimName").asString("").equals(claim.name()));
    }

    static boolean runs(Obj w) {
        return switch (w.kind()) {
            case "Job" -> !w.is("/spec/suspend") && !Obj.isTrue(w.condition("Complete"));
            case "DaemonSet" -> w.number("/status/desiredNumberScheduled", 0) > 0;
            case "Pod" -> !Pods.ended(w);
            default -> w.number("/spec/replicas", 1) > 0;
        };
    }

    /** Workloads that should be running behind a Service's selector. */
    List<Obj> backends(Obj service) {
        var selector = service.map("/spec/selector");
        if (selector.isEmpty()) {
            return List.of();
        }
        var first = selector.entrySet().iterator().next();
        return byLabel.getOrDefault(first.getKey() + "=" + first.getValue(), List.of()).stream()
            .filter(w -> runs(w) && w.namespace().equals(service.namespace()) && !w.kind().equals("Job")
                && w.map(w.kind().equals("Pod") ? "/metadata/labels"
                : "/spec/template/metadata/labels").entrySet().containsAll(selector.entrySet())).toList();
    }

    boolean hasReadyEndpoint(Obj service) {
        return slices.getOrDefault(service.namespace() + "/" + service.name(), List.of())
            .stream().flatMap(s -> s.list("/endpoints").stream())
            .anyMatch(e -> e.at("/conditions/ready").asBoolean(true) && !e.path("addresses").isEmpty());
    }
}

/** How texts of the cluster stand inside a message of ours. */
static final class Phrases {
    /** A condition as people read it: {@code Available=False: MinimumReplicasUnavailable: Deployment does not have …}. */
    static String said(JsonNode condition) {
        if (condition.isMissingNode()) {
            return "has not said yet how it is";
        }
        return Json.text(condition, "type") + prefixed("=", Json.text(condition, "status"))
            + prefixed(": ", Json.text(condition, "reason")) + prefixed(": ", brief(Json.text(condition, "message")));
    }

    static String prefixed(String prefix, String text) {
        return text.isEmpty() ? "" : prefix + text;
    }

    /** One line, 240 characters at most. */
    static String brief(String text) {
        return Texts.cut(Texts.line(text), 240);
    }
}

/** {@code pod users-7d9-x waits: ImagePullBackOff}: the first thing that keeps a pod from being ready, in words. */
static final class PodDescription {
    private static final Set<String> STARTING = Set.of("ContainerCreating", "PodInitializing", "");

    static String of(Obj pod) {
        var name = "pod " + pod.name() + " ";
        if (pod.text("/status/phase").equals("Failed")) {
            return name + "failed" + Phrases.prefixed(": ", pod.text("/status/reason")) + Phrases.prefixed(": ", failure(pod));
        }
        var scheduled = pod.condition("PodScheduled");
        if (Obj.isFalse(scheduled)) {
            return name + "is not scheduled: " + Phrases.brief(scheduled.path("message").asString(Json.text(scheduled, "reason")));
        }
        return Pods.containers(pod).stream().map(c -> container(pod, c)).filter(text -> !text.isEmpty()).findFirst()
            .map(text -> name + text)
            .orElse(name + (Obj.isTrue(pod.condition("ContainersReady")) ? "waits for its readiness gates" : "is starting"));
    }

    /** Empty when this container keeps nothing from being ready. */
    private static String container(Obj pod, JsonNode container) {
        var waiting = container.at("/state/waiting/reason").asString("");
        if (!STARTING.contains(waiting)) {
            return "waits: " + which(pod, container) + waiting + (waiting.equals("CrashLoopBackOff") ? crash(container)
                : Phrases.prefixed(": ", Phrases.brief(container.at("/state/waiting/message").asString(""))));
        }
        var ended = container.at("/state/terminated");
        if (!ended.isMissingNode() && ended.path("exitCode").asInt(0) != 0) {
            return "stopped: " + which(pod, container) + ended.path("reason").asString("Error")
                + ", exit code " + ended.path("exitCode").asInt(0);
        }
        boolean unready = !container.at("/state/running").isMissingNode() && !container.path("ready").asBoolean(false);
        return unready ? running(pod, container) : "";
    }

    private static String running(Obj pod, JsonNode container) {
        if (Pods.initContainer(pod, container)) {
            return "runs its " + which(pod, container).strip().replaceAll(":$", "");
        }
        return "runs, " + which(pod, container) + "not ready" + (container.path("restartCount").asLong(0) > 0 ? crash(container) : "");
    }

    private static String crash(JsonNode container) {
        var last = container.at("/lastState/terminated");
        return ", " + Texts.count(container.path("restartCount").asLong(0), "restart")
            + (last.isMissingNode() ? "" : ", exit code " + last.path("exitCode").asInt(0));
    }

    /** The container's name, where it is not the pod's only one. */
    private static String which(Obj pod, JsonNode container) {
        if (Pods.initContainer(pod, container)) {
            return "init container " + Json.text(container, "name") + ": ";
        }
        return pod.list("/spec/containers").size() > 1 ? "container " + Json.text(container, "name") + ": " : "";
    }

    private static String failure(Obj pod) {
        var message = Phrases.brief(pod.text("/status/message"));
        return message.isEmpty() ? Pods.containers(pod).stream().map(c -> c.at("/state/terminated/exitCode").asInt(0))
            .filter(code -> code != 0).findFirst().map(code -> "exit code " + code).orElse("") : message;
    }
}

/**
 * Rules of readiness: pure functions from an object and what belongs to it to a {@link Workload}.
 * Each rule is a run of guards from worst to best; what passes them all is ready.
 */
static final class Readiness {
    /** One object; {@code applied} is what the apply answered for it, when it was applied. */
    static Workload judge(Obj o, Optional<Applied> applied, Family family) {
        return gate(o, applied, family).orElseGet(() -> rule(o, family));
    }

    /** What holds for every kind: the object is still the one that was applied, stays, and its controller has seen it. */
    private static Optional<Workload> gate(Obj o, Optional<Applied> applied, Family family) {
        var tally = Tally.of(o, family.snapshot());
        if (o.deleting()) {
            return Optional.of(tally.progressing("is being deleted" + finalizers(o)));
        }
        if (applied.filter(Applied::pending).isPresent()) {
            return Optional.of(tally.progressing(notYet(applied.get())));
        }
        var uid = applied.map(Applied::uid).orElse("");
        if (!uid.isEmpty() && !uid.equals(o.uid())) {
            return Optional.of(tally.progressing("was deleted and made again by somebody else after it was applied"));
        }
        long wanted = Math.max(o.generation(), applied.map(Applied::generation).orElse(0L));
        boolean observes = o.has("/status/observedGeneration")
            || o.builtIn() && Kinds.TEMPLATED.contains(o.kind()) && !o.kind().equals("Job");
        if (o.generation() < wanted || observes && o.number("/status/observedGeneration", 0) < wanted) {
            return Optional.of(tally.progressing("its controller has not seen generation " + wanted + " yet"));
        }
        if (Obj.isTrue(o.condition("Stalled"))) {
            return Optional.of(tally.failed(Phrases.said(o.condition("Stalled"))));
        }
        return Obj.isTrue(o.condition("Reconciling")) ? Optional.of(tally.progressing(Phrases.said(o.condition("Reconciling"))))
            : Optional.empty();
    }

    static String notYet(Applied a) {
        return "not applied yet" + Phrases.prefixed(": ", a.error());
    }

    static Workload rule(Obj o, Family family) {
        var tally = Tally.of(o, family.snapshot());
        if (!o.builtIn()) {
            return CustomReadiness.judge(o, family, tally, () -> family.workloadsOf(o)
                .stream().map(child -> judge(child, Optional.empty(), family)).toList());
        }
        return switch (o.kind()) {
            case "Deployment" -> deployment(o, family, tally);
            case "StatefulSet" -> statefulSet(o, family, tally);
            case "DaemonSet" -> daemonSet(o, family, tally);
            case "ReplicaSet", "ReplicationController" -> replicaSet(o, family, tally);
            case "Pod" -> pod(o, tally);
            case "Job" -> job(o, family, tally);
            case "PersistentVolumeClaim" -> claim(o, family, tally);
            case "PersistentVolume" -> volume(o, tally);
            case "Service" -> service(o, family, tally);
            case "CustomResourceDefinition" -> definition(o, tally);
            case "APIService" -> Obj.isTrue(o.condition("Available")) ? tally
                .ready("") : tally.progressing(Phrases.said(o.condition("Available")));
            case "Namespace" -> o.text("/status/phase")
                .equals("Active") ? tally.ready("") : tally.progressing("is " + o.text("/status/phase"));
            case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration" -> webhooks(o, family, tally);
            case "CronJob" -> tally.ready(o.is("/spec/suspend") ? "suspended: no new jobs" : "");
            default -> tally.ready("");
        };
    }

    /** {@code kubectl rollout status} and more: Available alone stays True behind a broken rollout, because the old pods serve. */
    private static Workload deployment(Obj o, Family family, Tally tally) {
        var lack = lack(o, tally);
        if (o.is("/spec/paused")) {
            return lack.isEmpty() ? tally.ready("paused; its template is rolled out") : tally.suspended("paused: " + lack);
        }
        var progress = o.condition("Progressing");
        if (Json.text(progress, "reason").equals("ProgressDeadlineExceeded")) {
            return tally.failed(withTrouble("no progress within its deadline: " + lack, o, family));
        }
        if (!lack.isEmpty()) {
            return tally.progressing(withTrouble(lack, o, family));
        }
        boolean deadline = o.has("/spec/progressDeadlineSeconds") && o.number("/spec/progressDeadlineSeconds", 0) < Integer.MAX_VALUE;
        if (deadline && tally.desired() > 0 && !Json.text(progress, "reason").equals("NewReplicaSetAvailable")) {
            return tally.progressing("the rollout is not complete yet");
        }
        long ending = o.number("/status/terminatingReplicas", 0);
        return !Obj.isTrue(o.condition("Available")) ? tally.progressing(Phrases.said(o.condition("Available")))
            : tally.ready(ending > 0 ? Texts.count(ending, "old pod") + " still ending" : "");
    }

    /** The first count of a rollout that falls short; empty when none does. */
    private static String lack(Obj o, Tally tally) {
        long desired = tally.desired();
        long updated = o.number("/status/updatedReplicas", 0);
        long all = o.number("/status/replicas", 0);
        if (updated < desired) {
            long ending = o.number("/status/terminatingReplicas", 0);
            return updated + " of " + desired + " updated"
                + (ending > 0 ? "; " + Texts.count(ending, "old pod") + " still ending" : "");
        }
        if (all > updated) {
            return (tally.ready() < desired ? tally.ready() + " of " + desired + " ready, " : "") + Texts.count(all - updated, "old pod")
                + " still there";
        }
        if (all > desired) {
            return surplus(all - desired);
        }
        return shortOf(o, desired);
    }

    private static String shortOf(Obj o, long desired) {
        long ready = o.number("/status/readyReplicas", 0);
        long available = o.number("/status/availableReplicas", 0);
        if (ready < desired) {
            return ready + " of " + desired + " ready";
        }
        return available < desired ? available + " of " + desired + " available: ready for less than minReadySeconds" : "";
    }

    private static Workload statefulSet(Obj o, Family family, Tally tally) {
        long desired = tally.desired();
        long all = o.number("/status/replicas", 0);
        long updated = o.number("/status/updatedReplicas", 0);
        boolean onDelete = o.text("/spec/updateStrategy/type").equals("OnDelete");
        long due = Math.max(0, desired - o.number("/spec/updateStrategy/rollingUpdate/partition", 0));
        if (all < desired) {
            return tally.progressing(withTrouble(all + " of " + desired + " created", o, family));
        }
        if (all > desired) {
            return tally.progressing(surplus(all - desired));
        }
        if (!onDelete && updated < due) {
            return tally.progressing(withTrouble(updated + " of " + due + " updated", o, family));
        }
        var lack = shortOf(o, desired);
        if (!lack.isEmpty()) {
            return tally.progressing(withTrouble(lack, o, family));
        }
        if (onDelete) {
            return tally.ready(updated < desired ? old(desired - updated) : "");
        }
        boolean whole = due == desired;
        return whole && !o.text("/status/currentRevision").equals(o.text("/status/updateRevision"))
            ? tally.progressing("the update is not complete yet")
            : tally.ready(whole ? "" : "partitioned: " + updated + " of " + desired + " updated");
    }

    private static Workload daemonSet(Obj o, Family family, Tally tally) {
        long desired = tally.desired();
        long updated = o.number("/status/updatedNumberScheduled", 0);
        long available = o.number("/status/numberAvailable", 0);
        boolean onDelete = o.text("/spec/updateStrategy/type").equals("OnDelete");
        if (desired == 0) {
            return tally.ready("matches no node");
        }
        if (!onDelete && updated < desired) {
            return tally.progressing(withTrouble(updated + " of " + desired + " updated", o, family));
        }
        if (available < desired) {
            return tally.progressing(withTrouble(available + " of " + desired + " available", o, family));
        }
        long misplaced = o.number("/status/numberMisscheduled", 0);
        if (onDelete && updated < desired) {
            return tally.ready(old(desired - updated));
        }
        return tally.ready(misplaced > 0 ? Texts.count(misplaced, "pod") + " on nodes that should not run it" : "");
    }

    private static String old(long pods) {
        return Texts.count(pods, "pod") + " on an old revision until deleted (OnDelete)";
    }

    private static String surplus(long pods) {
        return Texts.count(pods, "surplus pod") + " still there";
    }

    private static Workload replicaSet(Obj o, Family family, Tally tally) {
        long all = o.number("/status/replicas", 0);
        if (all > tally.desired()) {
            return tally.progressing(surplus(all - tally.desired()));
        }
        var lack = all < tally.desired() ? all + " of " + tally.desired() + " created" : shortOf(o, tally.desired());
        return lack.isEmpty() ? tally.ready("") : tally.progressing(withTrouble(lack, o, family));
    }

    private static Workload pod(Obj o, Tally tally) {
        var phase = o.text("/status/phase");
        boolean ends = !Pods.endless(o) && o.annotation(Labels.SERVER).isEmpty();
        if (phase.equals("Failed")) {
            return Obj.isTrue(o.condition("AllContainersRestarting")) ? tally.progressing("all its containers start again")
                : tally.failed(PodDescription.of(o));
        }
        if (phase.equals("Succeeded")) {
            return ends ? tally.ready("succeeded") : tally.progressing("ended, though it should run");
        }
        if (ends) {
            return tally.progressing(phase.equals("Running") ? "runs to its end" : PodDescription.of(o));
        }
        return Obj.isTrue(o.condition("Ready")) ? tally.ready("") : tally.progressing(PodDescription.of(o));
    }

    /** Conditions by their status, never by their type alone: a resumed Job keeps {@code Suspended=False}. */
    private static Workload job(Obj o, Family family, Tally tally) {
        for (var type : List.of("Failed", "FailureTarget")) {
            if (Obj.isTrue(o.condition(type))) {
                return tally.failed(Phrases.said(o.condition(type)));
            }
        }
        if (Obj.isTrue(o.condition("Complete")) || Obj.isTrue(o.condition("SuccessCriteriaMet"))) {
            return tally.ready("complete");
        }
        if (o.is("/spec/suspend")) {
            var held = CustomStatus.holding(o, family.snapshot());
            return held.isPresent() ? tally.progressing("waits in its queue: " + held.get().message()) : tally.suspended("suspended");
        }
        return tally.progressing(withTrouble(tally.ready() + " of " + tally.desired() + " completed", o, family));
    }

    private static Workload claim(Obj o, Family family, Tally tally) {
        var phase = o.text("/status/phase");
        if (phase.equals("Lost")) {
            return tally.failed("its volume is lost");
        }
        if (phase.equals("Bound")) {
            return tally.ready("");
        }
        if (family.bindsOnFirstConsumer(o)) {
            return family.consumed(o) ? tally.progressing("binds when its pod is scheduled")
                : tally.ready("binds to its first consumer; nothing uses it");
        }
        return tally.progressing("is not bound to a volume");
    }

    private static Workload volume(Obj o, Tally tally) {
        var phase = o.text("/status/phase");
        if (phase.equals("Failed")) {
            return tally.failed(o.text("/status/message"));
        }
        return phase.equals("Available") || phase.equals("Bound") ? tally.ready("") : tally.progressing("is " + phase);
    }

    /** A Service gates only by its endpoints, and only when a workload that should be running stands behind it. */
    private static Workload service(Obj o, Family family, Tally tally) {
        if (o.text("/spec/type").equals("ExternalName") || !o.has("/spec/selector")) {
            return tally.ready("");
        }
        if (o.text("/spec/clusterIP").isEmpty()) {
            return tally.progressing("has no cluster IP yet");
        }
        if (!family.snapshot().knows("EndpointSlice")) {
            return tally.ready("endpoints not readable");
        }
        if (family.backends(o).isEmpty()) {
            return tally.ready("its selector matches no running workload");
        }
        return family.hasReadyEndpoint(o) ? tally.ready(balancer(o)) : tally.progressing("no ready endpoint");
    }

    private static String balancer(Obj o) {
        return o.text("/spec/type").equals("LoadBalancer") && o.list("/status/loadBalancer/ingress").isEmpty()
            ? "no load balancer address yet" : "";
    }

    private static Workload definition(Obj o, Tally tally) {
        if (Obj.isFalse(o.condition("NamesAccepted"))) {
            return tally.failed(Phrases.said(o.condition("NamesAccepted")));
        }
        return Obj.isTrue(o.condition("Established")) ? tally.ready("") : tally.progressing("is not established yet");
    }

    /** A webhook whose Service has no endpoint or that lacks its CA refuses every later apply. */
    private static Workload webhooks(Obj o, Family family, Tally tally) {
        for (var hook : o.list("/webhooks")) {
            var service = hook.at("/clientConfig/service");
            if (hook.at("/clientConfig/caBundle").asString("").isEmpty() && service.isObject()) {
                return tally.progressing("webhook " + Json.text(hook, "name") + " has no caBundle yet");
            }
            var behind = family.snapshot().all("Service").stream().filter(s -> s.name().equals(Json.text(service, "name"))
                && s.namespace().equals(Json.text(service, "namespace"))).findFirst();
            if (behind.isPresent() && family.snapshot().knows("EndpointSlice") && !family.hasReadyEndpoint(behind.get())) {
                return tally.progressing("webhook " + Json.text(hook, "name") + ": " + behind.get()
                    .ref() + " has no ready endpoint");
            }
        }
        return tally.ready("");
    }

    private static String withTrouble(String lack, Obj o, Family family) {
        var trouble = family.trouble(o);
        return trouble.isEmpty() ? lack : lack + "; " + trouble;
    }

    private static String finalizers(Obj o) {
        var names = o.list("/metadata/finalizers").stream().map(n -> n.asString("")).toList();
        return names.isEmpty() ? "" : "; waits for " + String.join(", ", names);
    }
}

/** A workload's counts while it is judged; makes the {@link Workload}. {@code desired} is -1 where a kind has no counts. */
record Tally(Obj o, long ready, long desired) {
    static Tally of(Obj o, Snapshot snapshot) {
        if (!o.builtIn()) {
            return new Tally(o, 0, -1);
        }
        return switch (o.kind()) {
            case "Deployment" -> new Tally(o, newestReady(o, snapshot), o.number("/spec/replicas", 1));
            case "StatefulSet", "ReplicaSet", "ReplicationController" ->
                new Tally(o, o.number("/status/readyReplicas", 0), o.number("/spec/replicas", 1));
            case "DaemonSet" -> new Tally(o, o.number("/status/numberReady", 0), o.number("/status/desiredNumberScheduled", 0));
            case "Job" -> new Tally(o, o.number("/status/succeeded", 0), o.number("/spec/completions", 1));
            default -> new Tally(o, 0, -1);
        };
    }

    /** Ready pods of the newest revision: old ones that still serve say nothing of the release. */
    private static long newestReady(Obj deployment, Snapshot snapshot) {
        long atMost = Math.min(deployment.number("/status/readyReplicas", 0), deployment.number("/status/updatedReplicas", 0));
        return Ownership.newestReplicaSet(snapshot, deployment).map(rs -> Math.min(atMost, rs.number("/status/readyReplicas", 0)))
            .orElse(atMost);
    }

    Workload ready(String message) {
        return of(State.ready, message);
    }

    Workload progressing(String message) {
        return of(State.progressing, message);
    }

    Workload failed(String message) {
        return of(State.failed, message);
    }

    Workload suspended(String message) {
        return of(State.suspended, message);
    }

    Workload unverified(String message) {
        return of(State.unverified, message);
    }

    Workload of(State state, String message) {
        return new Workload(o.kind(), o.name(), state, desired < 0 ? state == State.ready
            ? 1 : 0 : ready, desired < 0 ? 1 : desired, message);
    }
}

/** All workloads judged at one moment; {@code restarts} and {@code unprobed} steer how long it must hold. */
record Verdict(List<Workload> workloads, boolean agentReady, boolean ready,
    boolean verified, List<String> warnings, long restarts, boolean unprobed) {
    static final Verdict NOTHING = new Verdict(List.of(), false, false, false, List.of(), 0, false);

    Stream<Workload> runningJobs() {
        return workloads.stream().filter(w -> w.kind().equals("Job") && w.state() == State.progressing);
    }
}

/** Which objects gate, and what follows for the whole. Pure. */
static final class Verdicts {
    static Verdict of(Family family, WaitSettings settings) {
        var applied = family.snapshot().applied();
        boolean all = !settings.onlyApplied() || applied.isEmpty();
        var judged = new ArrayList<>(all ? namespace(family) : applied(family, applied));
        judged.addAll(endOfNamespace(family.snapshot()));
        judged.removeIf(j -> named(j, family).anyMatch(o -> CustomStatus.ignored(o, family.snapshot())));
        var tolerated = judged.stream().filter(j -> named(j, family).anyMatch(o -> o.annotation(Labels.TOLERATE).equals("true"))
            && j.workload().state() != State.ready).toList();
        judged.removeAll(tolerated);
        var agent = judged.stream().filter(j -> isAgent(j, settings)).map(Judged::workload).findFirst()
            .or(() -> family.snapshot().find("Deployment", settings.agentDeployment())
            .map(d -> Readiness.judge(d, Optional.empty(), family)));
        var gating = judged.stream().filter(j -> !isAgent(j, settings) && !onlyForAgent(j, family, settings)).toList();
        var workloads = gating.stream().map(Judged::workload).sorted(Comparator.comparing(Workload::kind).thenComparing(Workload::name))
            .toList();
        boolean proven = !all || !workloads.isEmpty();
        boolean ready = proven && applied.stream().noneMatch(Applied::pending)
            && workloads.stream().allMatch(w -> passes(w, settings.strict()));
        var unseen = unseen(family.snapshot(), all);
        return new Verdict(workloads, agent.filter(w -> w.state() == State.ready).isPresent(), ready
            && (unseen.isEmpty() || !settings.strict()),
            unseen.isEmpty() && workloads.stream().noneMatch(w -> w.state() == State.unverified),
            warnings(workloads, tolerated, agent, proven, unseen, family.snapshot()),
            restarts(gating, family), gating.stream().flatMap(j -> j.live().stream()).anyMatch(o -> unprobed(o, family)));
    }

    /** The object; its manifest while it is not there. */
    private static Stream<Obj> named(Judged j, Family family) {
        return j.live().isEmpty() ? family.snapshot().applied(j.workload().kind(), j.workload().name()).map(Applied::object).stream()
            : j.live().stream();
    }

    private static boolean passes(Workload w, boolean strict) {
        return w.state() == State.ready || w.state() == State.suspended || w.state() == State.unverified && !strict;
    }

    /** Everything that nobody else speaks for; pods speak for themselves where their controllers may not be read. */
    private static List<Judged> namespace(Family family) {
        return Stream.concat(Kinds.WORKLOADS.stream().flatMap(kind -> family.snapshot().all(kind).stream()),
                family.snapshot().custom().filter(o -> CustomStatus.gates(o, family.snapshot())))
            .filter(family.snapshot()::own)
            .filter(o -> !Ownership.ownedByBuiltIn(o) || o.kind().equals("Pod") && mute(o, family.snapshot()))
            .filter(o -> !CustomStatus.past(o.controller().path("kind").asString("")))
            .filter(o -> !o.labels().getOrDefault(Labels.MANAGED_BY, "").equals("prompt-run")) // an agent's pod is no infrastructure
            .map(o -> new Judged(Readiness.judge(o, find(family.snapshot(), o), family), List.of(o), true)).toList();
    }

    private static boolean mute(Obj pod, Snapshot snapshot) {
        var owner = pod.controller().path("kind").asString("");
        return Set.of("StatefulSet", "DaemonSet", "ReplicationController").contains(owner) && !snapshot.knows(owner)
            || owner.equals("ReplicaSet") && !snapshot.knows("ReplicaSet") && !snapshot.knows("Deployment");
    }

    /** Kinds of workloads that the server does not show, when the whole namespace is to be judged. */
    private static List<String> unseen(Snapshot snapshot, boolean all) {
        return !all ? List.of() : Stream.concat(Stream.of("Deployment", "StatefulSet", "DaemonSet", "Job")
            .filter(kind -> !snapshot.knows(kind)).map(kind -> kind + "s cannot be read: their pods alone are judged"),
            snapshot.limited().stream().filter(l -> l.startsWith(Snapshot.CUSTOM))).toList();
    }

    /** What the manifests name, and what operators made of it. */
    private static List<Judged> applied(Family family, List<Applied> applied) {
        var judged = new LinkedHashMap<String, Judged>();
        for (var a : applied) {
            var live = family.snapshot().live(a.object());
            if (a.result() == Result.failed || a.object().judged() || a.pending() && !a.error().isEmpty()) {
                judged.put(key(a.object()), judge(a, live, family));
            }
            live.filter(o -> !o.builtIn()).ifPresent(o -> family.workloadsOf(o).forEach(child -> judged
                .putIfAbsent(key(child), judged(child, Readiness.judge(child, Optional.empty(), family), List.of(child), family))));
        }
        return List.copyOf(judged.values());
    }

    private static Judged judge(Applied a, Optional<Obj> live, Family family) {
        var name = a.object();
        if (a.result() == Result.failed) {
            return judged(name, new Workload(name.kind(), name.name(), State.failed, 0, 1, "could not be applied: " + a.error()),
                List.of(), family);
        }
        return live.map(o -> judged(name, Readiness.judge(o, Optional.of(a), family), List.of(o), family))
            .orElseGet(() -> judged(name, absent(a, family), List.of(), family));
    }

    private static Judged judged(Obj o, Workload workload, List<Obj> live, Family family) {
        return new Judged(family.snapshot().twin(o) ? workload.in(o.namespace()) : workload, live, family.snapshot().own(o));
    }

    /** A finished Job may be gone by its ttlSecondsAfterFinished: then what was last seen of it counts. */
    private static Workload absent(Applied a, Family family) {
        var tally = new Tally(a.object(), 0, -1);
        if (a.pending()) {
            return tally.progressing(Readiness.notYet(a));
        }
        if (!family.snapshot().knows(Snapshot.key(a.object()))) {
            return tally.progressing("not read (yet)");
        }
        if (!a.object().kind().equals("Job") || !a.object().has("/spec/ttlSecondsAfterFinished")) {
            return tally.progressing("is not there");
        }
        var last = Optional.ofNullable(family.gone(a.uid())).map(o -> Readiness.rule(o, family))
            .filter(w -> w.state() == State.ready || w.state() == State.failed);
        return last.map(w ->
            new Workload(w.kind(), w.name(), w.state(), w.ready(), w.desired(), w.message() + "; removed after its time to live"))
            .orElseGet(() -> tally.unverified("removed after its time to live, before its end was seen"));
    }

    private static String key(Obj o) {
        return Snapshot.key(o) + "/" + o.namespace() + "/" + o.name();
    }

    private static Optional<Applied> find(Snapshot snapshot, Obj o) {
        return snapshot.applied().stream().filter(a -> snapshot.same(a.object(), o)).findFirst();
    }

    private static List<Judged> endOfNamespace(Snapshot snapshot) {
        if (!snapshot.ends()) {
            return List.of();
        }
        var message = snapshot.find("Namespace", snapshot.namespace()).isPresent() ? "is being deleted" : "does not exist";
        return List.of(new Judged(new Workload("Namespace", snapshot.namespace(), State.progressing, 0, 1, message), List.of(), true));
    }

    private static boolean isAgent(Judged j, WaitSettings settings) {
        return j.own() && j.workload().kind().equals("Deployment") && j.workload().name().equals(settings.agentDeployment());
    }

    /** A Service that selects nothing but the agent must not gate through the back door. */
    private static boolean onlyForAgent(Judged j, Family family, WaitSettings settings) {
        if (!j.workload().kind().equals("Service") || j.live().isEmpty() || !j.live().get(0).has("/spec/selector")) {
            return false;
        }
        var behind = family.backends(j.live().get(0));
        return !behind.isEmpty() && behind.stream()
            .allMatch(w -> w.kind().equals("Deployment") && w.name().equals(settings.agentDeployment()) && family.snapshot().own(w));
    }

    private static List<String> warnings(List<Workload> workloads, List<Judged> tolerated, Optional<Workload> agent,
        boolean proven, List<String> unseen, Snapshot snapshot) {
        var warnings = new ArrayList<>(unseen);
        if (!proven) {
            warnings.add("namespace " + snapshot.namespace() + " has no workloads: nothing is proven");
        }
        workloads.stream().filter(w -> w.state() == State.suspended || w.state() == State.unverified || w.state() == State.ready
            && !w.message().isEmpty() && remarkable(w))
            .forEach(w -> warnings.add(w.ref() + ": " + w.message()));
        tolerated.stream().map(Judged::workload).forEach(w -> warnings.add(w.ref() + ": tolerated: " + w.message()));
        agent.filter(w -> w.state() != State.ready)
            .ifPresent(w -> warnings.add("the agent's own " + w.ref() + " is not ready: " + w.message()));
        return warnings;
    }

    private static boolean remarkable(Workload w) {
        return !Set.of("complete", "succeeded").contains(w.message());
    }

    private static long restarts(List<Judged> gating, Family family) {
        return gating.stream().flatMap(j -> j.live().stream()).flatMap(o -> Ownership.newestPods(family.snapshot(), o).stream())
            .mapToLong(Pods::restarts).sum();
    }

    private static boolean unprobed(Obj o, Family family) {
        return !o.kind().equals("Job") && o.number("/spec/minReadySeconds", 0) == 0
            && (!family.snapshot().knows("Pod") && o.has("/spec/template") || Ownership.newestPods(family.snapshot(), o).stream()
            .anyMatch(p -> !Pods.ended(p) && Pods.unprobed(p)));
    }

    /** A workload's verdict with the live object it was read from, none when it is not there; {@code own}: of the slot's namespace. */
    private record Judged(Workload workload, List<Obj> live, boolean own) { }
}

/**
 * What the wait is to look at.
 *
 * @param onlyApplied  only what was applied gates ({@code --wait-for applied}), else every workload of the namespace
 * @param strict       what cannot be verified blocks
 * @param failFast     a certain failure ends the wait
 * @param appliedSince when the apply began; null when nothing was applied
 * @param rules        how the user wants custom resources judged
 */
record WaitSettings(String agentDeployment, boolean onlyApplied, boolean strict, boolean failFast, Instant appliedSince,
    List<CustomRule> rules) {
    WaitSettings(String agentDeployment, boolean onlyApplied, boolean strict, boolean failFast, Instant appliedSince) {
        this(agentDeployment, onlyApplied, strict, failFast, appliedSince, List.of());
    }
}

// src/ensure_ready/catalogue/

/** What the repair needs besides, where it applies: a StatefulSet's pod stays broken, variables are read once, Jobs cannot be changed. */
enum Also implements Trait { DELETE_POD, ROLLOUT_RESTART, NEW_JOB_NAME }

/** How a finding is known, and whether it stands by itself or leans on what its object needs. */
enum Basis implements Trait {
    /** An object says so. */
    OBSERVED(false, false),
    /** An object says so, though what it needs may explain it better. */
    LEANING(false, true),
    /** Concluded from what objects say. */
    INFERRED(true, false),
    /** Concluded, though what the object needs may explain it better. */
    GUESSED(true, true),
    /** Hardly more than that something is wrong: what the object needs explains it better. */
    WEAK(true, true),
    /** The state of the workload is final by itself, though no finding says why. */
    FINAL(false, false);

    final boolean inferred;
    final boolean leans;

    Basis(boolean inferred, boolean leans) {
        this.inferred = inferred;
        this.leans = leans;
    }
}

/**
 * The catalogue of causes. The codes are stable and append-only: other repositories match on them. A row holds a code's whole policy:
 * what every code has in columns, and behind them the commands to look with and whatever {@link Trait} sets it apart.
 * docs/causes.md is written from it. What a message means stands in {@link Messages}.
 */
enum Code {
    UNKNOWN(Family.OTHER, Role.SYMPTOM, Scope.unknown, "INVESTIGATE",
        "Nothing in the cluster's data explains this: look at the object and its log.",
        Look.OBJECT, Look.LOG, Basis.INFERRED, new Young(120)),
    IMAGE_NOT_FOUND(Family.IMAGE, Scope.repo, "FIX_IMAGE_REFERENCE",
        "The registry has no such image or tag: correct the reference, or build and push it.", Look.POD, Grace.seconds(10), Same.IMAGE),
    IMAGE_NOT_FOUND_OR_AUTH(Family.IMAGE, Scope.either, "CHECK_NAME_THEN_PULL_SECRET",
        "The registry does not distinguish a missing image from a private one: check the name first, then the pull secret.",
        Look.POD, Look.SECRETS, Grace.seconds(30), Rule.MAKEABLE, Same.IMAGE),
    IMAGE_AUTH(Family.IMAGE, Scope.either, "FIX_PULL_SECRET",
        "The registry rejects the credentials: check the pull secret's type, host and permissions.",
        Look.POD, Look.SECRETS, Grace.seconds(30), Rule.MAKEABLE, Same.REGISTRY),
    IMAGE_PULL_SECRET_MISSING(Family.IMAGE, Scope.either, "CREATE_PULL_SECRET",
        "The pull secret that the pod names does not exist: correct the name, or have it provided by whoever owns the credentials.",
        Look.SECRETS, Look.POD, Grace.seconds(30), Rule.MAKEABLE),
    IMAGE_RATE_LIMITED(Family.IMAGE, Scope.platform, "MIRROR_OR_LOGIN",
        "The registry limits the number of pulls: wait, log in, or use a mirror.", Look.POD, Same.REGISTRY),
    IMAGE_REGISTRY_UNREACHABLE(Family.IMAGE, Scope.either, "FIX_REGISTRY_HOST",
        "The node cannot reach the registry: check the host name, its certificate, and that it is up.",
        Look.POD, Grace.seconds(180), Rule.STANDALONE, Same.REGISTRY),
    IMAGE_NAME_INVALID(Family.IMAGE, Scope.repo, "FIX_IMAGE_REFERENCE",
        "The image reference is not valid: correct it (a template variable may be empty).", Look.POD, Grace.seconds(2), Same.IMAGE),
    IMAGE_NEVER_PULL(Family.IMAGE, Scope.repo, "FIX_PULL_POLICY",
        "imagePullPolicy is Never and the node does not have the image: change the policy or load the image.",
        Look.POD, Grace.seconds(5), Same.IMAGE),
    IMAGE_PLATFORM_MISMATCH(Family.IMAGE, Scope.repo, "BUILD_FOR_PLATFORM",
        "The image is not built for the node's architecture: build it for that one, or select nodes by kubernetes.io/arch.",
        Look.POD, Look.NODES, Grace.seconds(10), Same.IMAGE),
    IMAGE_PULL_FAILED(Family.IMAGE, Scope.unknown, "CHECK_IMAGE",
        "The image cannot be pulled and the reason was not recognised: read the message.", Look.POD, Same.IMAGE),
    IMAGE_STILL_PULLING(Family.IMAGE, Role.PROGRESS, Scope.wait, "WAIT", "The image is still being pulled: wait.", Look.POD),
    CONTAINER_COMMAND_NOT_FOUND(Family.CRASH, Scope.repo, "FIX_COMMAND",
        "The command does not exist in the image: correct command, args or the Dockerfile.",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(1), Rule.STANDALONE),
    CONTAINER_COMMAND_PERMISSION(Family.CRASH, Scope.repo, "FIX_COMMAND",
        "The command is not executable: set its mode in the image, or run it through its interpreter.",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(1), Rule.STANDALONE),
    CONTAINER_START_FAILED(Family.CRASH, Scope.either, "FIX_CONTAINER_SPEC",
        "The runtime cannot start the container: read the message, then compare mounts, user and command with the image.",
        Look.POD, Grace.crashes(3)),
    CONTAINER_EXITS_ZERO(Family.CRASH, Scope.repo, "RUN_LONG",
        "The container exits successfully although it should keep running: give it a command that stays in the foreground.",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(3)),
    LIFECYCLE_HOOK_FAILED(Family.CRASH, Scope.repo, "FIX_HOOK",
        "A lifecycle hook fails, so the container is killed: fix the hook.", Look.POD, Look.PREVIOUS_LOG, Grace.crashes(3)),
    CRASH_APP_ERROR(Family.CRASH, Scope.repo, "FIX_APPLICATION",
        "The program exits with an error: read its log.", Look.PREVIOUS_LOG, Look.POD, Grace.crashes(3), Rule.STANDALONE, Rule.LOGGED),
    CRASH_MISSING_ENV(Family.CRASH, Scope.repo, "SET_VARIABLE",
        "The program exits because a required setting is missing: add it to the container's env.",
        Look.PREVIOUS_LOG, Look.POD, Grace.crashes(3)),
    CRASH_AUTH_FAILED(Family.CRASH, Scope.either, "FIX_CREDENTIALS",
        "A service rejects the program's credentials: check that both sides use the same ones (a database keeps "
            + "those it was created with).", Look.PREVIOUS_LOG, Grace.crashes(3), Same.TARGET),
    CRASH_PORT_IN_USE(Family.CRASH, Scope.repo, "FIX_PORT",
        "Two processes in the pod use the same port: give one of them another.", Look.PREVIOUS_LOG, Look.POD, Grace.crashes(3)),
    CRASH_DISK_FULL(Family.CRASH, Scope.either, "ENLARGE_VOLUME",
        "The volume is full: enlarge it; whether data on it may go is its owner's decision.",
            Look.PREVIOUS_LOG, Look.PVCS, Grace.crashes(3)),
    CRASH_DEPENDENCY_UNREACHABLE(Family.CRASH, Role.SYMPTOM, Scope.either, "FOLLOW_DEPENDENCY",
        "The program cannot reach a service it depends on: check that service first.",
        Look.PREVIOUS_LOG, Look.SERVICES, Grace.crashes(3), Rule.STANDALONE),
    OOM_KILLED(Family.CRASH, Scope.repo, "RAISE_MEMORY",
        "The container needs more memory than its limit: raise limits.memory, or reduce the program's heap.",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(2)),
    SECRET_MISSING(Family.CONFIG, Scope.either, "CREATE_OR_RENAME_REFERENCE",
        "The Secret does not exist: correct the reference, or have it provided by whoever owns its value.",
        Look.SECRETS, Look.POD, Grace.seconds(10), Rule.MAKEABLE, Rule.STANDALONE, Also.DELETE_POD),
    CONFIGMAP_MISSING(Family.CONFIG, Scope.repo, "CREATE_OR_RENAME_REFERENCE",
        "The ConfigMap does not exist: correct the name that refers to it, or add it to the manifests.",
        Look.CONFIG_MAPS, Look.POD, Grace.seconds(10), Rule.MAKEABLE, Also.DELETE_POD),
    CONFIG_KEY_MISSING(Family.CONFIG, Scope.repo, "ADD_OR_RENAME_KEY",
        "The object exists but has no such key: correct the reference; add a missing key to a ConfigMap, have one "
            + "of a Secret provided by whoever owns its value.",
        Look.OBJECT_DESCRIBE, Look.POD, Grace.seconds(10), Rule.MAKEABLE, Same.KEY, Also.DELETE_POD),
    CONTAINER_CONFIG_INVALID(Family.CONFIG, Scope.repo, "FIX_CONTAINER_SPEC",
        "The kubelet cannot create the container from its spec: read the message and correct the spec.", Look.POD, Grace.seconds(30)),
    RUN_AS_NON_ROOT(Family.CONFIG, Scope.repo, "SET_USER",
        "The pod must not run as root, but its image does: set runAsUser, or a numeric USER in the image.", Look.POD, Grace.seconds(5)),
    PROBE_LIVENESS_FAILING(Family.PROBE, Scope.repo, "FIX_PROBE",
        "The liveness probe fails, so the kubelet kills the container: correct the probe's port, path or delays "
            + "(a startupProbe allows for a slow start).",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(3), Rule.STANDALONE, Basis.LEANING),
    PROBE_STARTUP_FAILING(Family.PROBE, Scope.repo, "FIX_PROBE",
        "The startup probe runs out of attempts, so the container is killed: correct the probe or raise failureThreshold.",
        Look.POD, Look.PREVIOUS_LOG, Grace.crashes(3), Rule.STANDALONE, Basis.LEANING),
    PROBE_READINESS_FAILING(Family.PROBE, Role.SYMPTOM, Scope.repo, "FIX_PROBE_OR_APPLICATION",
        "The container runs, but its readiness probe fails: correct the probe, or the fault that the program reports.",
        Look.POD, Look.LOG, Rule.STANDALONE, new Young(120)),
    PROBE_PORT_MISMATCH(Family.PROBE, Scope.repo, "FIX_PROBE",
        "The probe uses a port that the container does not listen on: compare it with containerPort.", Look.POD),
    PROBE_PATH_NOT_FOUND(Family.PROBE, Scope.repo, "FIX_PROBE",
        "The program answers 404 at the probe's path: correct the path.", Look.POD, Look.LOG),
    POD_READINESS_GATE(Family.PROBE, Scope.either, "FOLLOW_CONDITION",
        "The containers are ready, but a readiness gate of the pod is not: whoever sets that condition says why in it.",
        Look.POD, Look.SERVICES, new Young(120)),
    INIT_WAITING(Family.INIT, Role.SYMPTOM, Scope.either, "FOLLOW_DEPENDENCY",
        "An init container waits for a dependency: check that first.", Look.LOG, Look.POD, Rule.STANDALONE, Basis.INFERRED, new Young(600)),
    DEPENDENCY_SERVICE_MISSING(Family.INIT, Scope.repo, "CREATE_SERVICE_OR_FIX_NAME",
        "The pod waits for a Service that does not exist: create it, or correct the name.", Look.SERVICES, Look.LOG, Same.HOST),
    SCHED_INSUFFICIENT_RESOURCES(Family.SCHEDULING, Scope.either, "LOWER_REQUESTS_OR_ADD_NODES",
        "No node has room for what the pod requests: lower the requests, or add bigger nodes.",
        Look.POD, Look.NODES, Grace.seconds(120), Rule.ROOM, Same.OBJECT),
    SCHED_NODE_SELECTOR(Family.SCHEDULING, Scope.repo, "FIX_NODE_SELECTOR",
        "No node has the labels that the pod asks for: correct nodeSelector or nodeAffinity.",
        Look.POD, Look.NODE_LABELS, Grace.seconds(15), Rule.PLACEMENT),
    SCHED_POD_ANTI_AFFINITY(Family.SCHEDULING, Scope.repo, "FIX_AFFINITY",
        "The pod's (anti-)affinity rules leave no node: relax them or reduce the replicas.",
        Look.POD, Look.NODES, Grace.seconds(60), Rule.PLACEMENT),
    SCHED_HOST_PORT(Family.SCHEDULING, Scope.repo, "FIX_HOST_PORT",
        "The host port is taken on every node: use a Service, or fewer replicas.", Look.POD, Grace.seconds(60), Rule.PLACEMENT),
    SCHED_TOPOLOGY(Family.SCHEDULING, Scope.repo, "FIX_TOPOLOGY_SPREAD",
        "The topology spread constraint cannot be satisfied: relax it, or correct its topologyKey.",
        Look.POD, Look.NODE_LABELS, Grace.seconds(60), Rule.PLACEMENT),
    SCHED_TAINT(Family.SCHEDULING, Scope.either, "ADD_TOLERATION",
        "The nodes have a taint that the pod does not tolerate: add the toleration, or remove the taint.",
        Look.POD, Look.NODES, Grace.seconds(30), Rule.PLACEMENT, Same.TAINT),
    SCHED_NODES_UNAVAILABLE(Family.SCHEDULING, Scope.platform, "BRING_NODES_BACK",
        "No node accepts pods: they are cordoned or not ready, or there are none.", Look.NODES, Same.CLUSTER),
    SCHED_PREEMPTED(Family.SCHEDULING, Scope.platform, "RAISE_PRIORITY_OR_ADD_NODES",
        "A pod of higher priority preempted this one: add nodes, or raise the priority.", Look.POD, Look.NODES),
    SCHED_GATED(Family.SCHEDULING, Scope.platform, "REMOVE_GATE",
        "The pod still has a scheduling gate: check the controller that should remove it.", Look.POD),
    SCHED_VOLUME_AFFINITY(Family.STORAGE, Scope.either, "MOVE_VOLUME_OR_POD",
        "The pod's volume is bound to a node or zone where the pod cannot run: align node selection and volume.",
        Look.POD, Look.PVCS, Grace.seconds(120)),
    SCHED_VOLUME_UNBOUND(Family.STORAGE, Role.SYMPTOM, Scope.either, "FOLLOW_CLAIM",
        "The pod waits for a claim that is not bound: check the claim.", Look.PVCS),
    SCHED_NODE_MISSING(Family.SCHEDULING, Scope.repo, "FIX_NODE_NAME",
        "nodeName refers to a node that does not exist: correct it.", Look.POD, Look.NODES, Grace.seconds(60)),
    SCHED_DEVICE_CLAIM(Family.SCHEDULING, Scope.either, "FIX_DEVICE_CLAIM",
        "No node has the device that the pod's ResourceClaim asks for: compare the claim with the nodes' ResourceSlices and DeviceClasses.",
        Look.POD, Look.NODES, Rule.PLACEMENT, Grace.seconds(120)),
    SCHED_SCHEDULER_MISSING(Family.SCHEDULING, Scope.either, "FIX_SCHEDULER_NAME",
        "No scheduler has looked at the pod: correct schedulerName, or start the scheduler of that name.",
        Look.POD, new Young(60), Grace.seconds(120)),
    SCHED_NOT_READY(Family.SCHEDULING, Scope.either, "READ_CONDITION",
        "The pod may not be scheduled yet, because something that it declares to need is not ready: the condition says what.",
        Look.POD, new Young(120)),
    AUTOSCALING_IN_PROGRESS(Family.SCHEDULING, Role.PROGRESS, Scope.wait, "WAIT",
        "The autoscaler is adding a node: wait.", Look.NODES, new Young(900)),
    PVC_MISSING(Family.STORAGE, Scope.repo, "CREATE_CLAIM_OR_FIX_NAME",
        "The PersistentVolumeClaim does not exist: correct claimName; add a new claim only if there was no data yet.",
            Look.PVCS, Look.POD, Grace.seconds(10), Rule.MAKEABLE, Rule.STANDALONE),
    PVC_STORAGECLASS_MISSING(Family.STORAGE, Scope.repo, "FIX_STORAGE_CLASS",
        "The claim names a StorageClass that the cluster does not have: use one that exists.",
        Look.PVC, Look.STORAGE_CLASSES, Grace.seconds(5), Same.CLASS),
    PVC_NO_DEFAULT_CLASS(Family.STORAGE, Scope.either, "SET_STORAGE_CLASS",
        "The claim names no StorageClass and the cluster has no default: set one in the claim.",
        Look.PVC, Look.STORAGE_CLASSES, Grace.seconds(15), Same.CLUSTER),
    PVC_PROVISIONER_MISSING(Family.STORAGE, Scope.platform, "FIX_PROVISIONER",
        "The StorageClass's provisioner does not respond: its driver is not installed or not running.",
        Look.PVC, Look.STORAGE_CLASSES, Same.PROVISIONER, new Young(40)),
    PVC_PROVISION_FAILED(Family.STORAGE, Scope.either, "FIX_PROVISIONER",
        "The volume cannot be provisioned: read the provisioner's message.", Look.PVC, Grace.seconds(60)),
    PVC_PV_RELEASED(Family.STORAGE, Scope.platform, "FREE_VOLUME",
        "The volume is still bound to a deleted claim, or is lost: an administrator must release or replace it.",
        Look.PVC, Grace.seconds(60)),
    PVC_ACCESS_MODE(Family.STORAGE, Scope.repo, "FIX_ACCESS_MODE",
        "The volume can be attached to one node only and another pod holds it: use strategy Recreate, one "
            + "replica, a claim per pod, or ReadWriteMany.", Look.POD, Look.PVCS),
    PVC_UNBOUND(Family.STORAGE, Scope.either, "FIX_CLAIM",
        "No volume matches the claim: compare class, size, access modes, selector and volumeName.",
        Look.PVC, Look.STORAGE_CLASSES, Grace.seconds(60)),
    VOLUME_MOUNT_FAILED(Family.STORAGE, Scope.either, "FIX_VOLUME",
        "A volume cannot be mounted: read the message.", Look.POD, Look.PVCS, Grace.seconds(120), Rule.STANDALONE, new Young(120)),
    SANDBOX_FAILED(Family.NODE, Scope.platform, "FIX_NODE_NETWORK",
        "The node cannot create the pod's sandbox: its network plugin or runtime is broken, or it is out of addresses.",
        Look.POD, Look.NODES, new Young(120)),
    SVC_SELECTOR_MISMATCH(Family.SERVICE, Scope.repo, "FIX_SELECTOR",
        "The Service selects no pod: compare its selector with the labels in the pod template.",
        Look.SERVICE, Look.POD_LABELS, Rule.STATIC),
    SVC_TARGET_PORT_MISMATCH(Family.SERVICE, Scope.repo, "FIX_TARGET_PORT",
        "The Service's targetPort matches no port of its pods: compare it with containerPort.", Look.SERVICE, Look.ENDPOINTS, Rule.STATIC),
    SVC_MISSING(Family.SERVICE, Scope.repo, "CREATE_SERVICE",
        "A workload of that name runs, but it has no Service: create one.",
        Look.SERVICES, Rule.STATIC, Basis.INFERRED, Same.HOST),
    STS_HEADLESS_SVC_MISSING(Family.SERVICE, Scope.repo, "CREATE_SERVICE",
        "The Service in the StatefulSet's serviceName does not exist, so its pods have no DNS names: create the headless Service.",
        Look.SERVICES, Rule.STANDALONE, Basis.LEANING, Same.OBJECT),
    SVC_NO_READY_ENDPOINTS(Family.SERVICE, Role.SYMPTOM, Scope.either, "FOLLOW_PODS",
        "The Service has no ready pod: check the pods.", Look.SERVICE, Look.ENDPOINTS, Rule.STANDALONE),
    SVC_LB_PENDING(Family.SERVICE, Scope.platform, "PROVIDE_LOAD_BALANCER",
        "The load balancer has no address yet: the cluster may lack a controller for it.", Look.SERVICE, Rule.ADVICE),
    ENV_PORT_MISMATCH(Family.SERVICE, Scope.repo, "FIX_PORT",
        "A setting refers to a port that the Service does not expose: compare it with the Service's ports.",
        Look.SERVICES, Look.OWNER, Rule.STATIC, Basis.INFERRED, Same.ADDRESS, Also.ROLLOUT_RESTART),
    DNS_NAME_UNKNOWN(Family.SERVICE, Scope.repo, "FIX_HOST",
        "A setting refers to a host that does not exist: replace it with the Service's name.",
        Look.SERVICES, Look.OWNER, Same.HOST, Also.ROLLOUT_RESTART),
    POD_DNS_POLICY(Family.NETWORK, Scope.repo, "FIX_DNS_POLICY",
        "With its dnsPolicy the pod does not use the cluster's DNS, so Service names do not resolve: use ClusterFirst.",
        Look.OWNER, Rule.STATIC, Basis.INFERRED),
    DNS_CLUSTER_FAILURE(Family.NETWORK, Scope.platform, "FIX_CLUSTER_DNS",
        "Names of existing Services do not resolve: the cluster's DNS is down.", Look.DNS, Basis.INFERRED, Same.CLUSTER),
    NETPOL_BLOCKING(Family.NETWORK, Scope.repo, "ALLOW_TRAFFIC",
        "A NetworkPolicy blocks the connection: add a rule that allows it.", Look.NETPOL, Rule.STATIC, Basis.INFERRED),
    INGRESS_CLASS_MISSING(Family.INGRESS, Scope.repo, "FIX_INGRESS_CLASS",
        "The Ingress names a class that the cluster does not have: use one that exists.",
        Look.INGRESS, Look.INGRESS_CLASSES, Rule.STATIC, Same.CLASS),
    INGRESS_BACKEND_MISSING(Family.INGRESS, Scope.repo, "FIX_BACKEND",
        "The Ingress refers to a Service that does not exist: correct the reference.", Look.INGRESS, Look.SERVICES, Rule.STATIC),
    INGRESS_BACKEND_PORT(Family.INGRESS, Scope.repo, "FIX_BACKEND",
        "The Ingress refers to a port that the Service does not have: correct the port.", Look.INGRESS, Look.SERVICES, Rule.STATIC),
    INGRESS_TLS_SECRET_MISSING(Family.INGRESS, Scope.either, "CREATE_TLS_SECRET",
        "The Ingress names a TLS Secret that does not exist: correct the name, or have the certificate issued.",
        Look.INGRESS, Look.SECRETS, Rule.STATIC, new Young(600)),
    QUOTA_EXCEEDED(Family.ADMISSION, Scope.either, "LOWER_REQUESTS_OR_RAISE_QUOTA",
        "The namespace's quota is exhausted: reduce requests or replicas, or raise the quota.", Look.QUOTA, Grace.seconds(30), Rule.ROOM),
    QUOTA_REQUIRES_LIMITS(Family.ADMISSION, Scope.repo, "SET_RESOURCES",
        "The namespace's quota requires requests and limits on every container: set them.", Look.QUOTA, Look.OWNER, Grace.seconds(5)),
    LIMITRANGE_VIOLATION(Family.ADMISSION, Scope.repo, "FIX_RESOURCES",
        "Requests or limits are outside the namespace's LimitRange: adjust them.", Look.LIMIT_RANGE, Look.OWNER, Grace.seconds(5)),
    POD_SECURITY_DENIED(Family.ADMISSION, Scope.repo, "FIX_SECURITY_CONTEXT",
        "The namespace's Pod Security level forbids the pod: set the securityContext fields that the message lists.",
        Look.NAMESPACE, Look.OWNER, Grace.seconds(5)),
    ADMISSION_WEBHOOK_DENIED(Family.ADMISSION, Scope.repo, "SATISFY_POLICY",
        "A cluster policy rejects the object: change it as the policy's message says.", Look.OWNER, Grace.seconds(5)),
    ADMISSION_WEBHOOK_UNAVAILABLE(Family.ADMISSION, Scope.platform, "RESTORE_WEBHOOK",
        "An admission webhook does not respond, so nothing can be created: restore its pods.", Look.WEBHOOKS),
    CONVERSION_WEBHOOK_UNAVAILABLE(Family.ADMISSION, Scope.platform, "RESTORE_WEBHOOK",
        "The webhook that converts the objects of this kind does not respond, so the API server shows none of them: restore its pods.",
        Look.OBJECT, Rule.STATIC, Same.OBJECT),
    ADMISSION_DENIED(Family.ADMISSION, Scope.repo, "FIX_POD_TEMPLATE",
        "The API server rejects the pods of this workload: read the message and correct the template.", Look.OWNER, Grace.seconds(15)),
    SERVICE_ACCOUNT_MISSING(Family.RBAC, Scope.repo, "CREATE_SERVICE_ACCOUNT",
        "The ServiceAccount does not exist, so no pod can be created: add it to the manifests, or correct the name.",
        Look.SERVICE_ACCOUNTS, Look.OWNER, Grace.seconds(20), Rule.MAKEABLE),
    RBAC_RUNTIME_FORBIDDEN(Family.RBAC, Scope.repo, "GRANT_ROLE",
        "The program lacks the right for its request to the API server: grant its ServiceAccount that verb in a Role.",
        Look.ROLES, Look.PREVIOUS_LOG, Grace.crashes(3)),
    RBAC_ROLE_MISSING(Family.RBAC, Scope.repo, "CREATE_ROLE",
        "The Role, or the RoleBinding that grants it to the ServiceAccount, does not exist: add what is missing to the manifests.",
        Look.ROLES, Look.SERVICE_ACCOUNTS, Rule.STATIC),
    APPLY_FORBIDDEN_RBAC(Family.APPLY, Scope.platform, "GRANT_APPLIER",
        "The account that applies the manifests is not allowed to write this object: it needs that right.", Look.ROLES, Grace.seconds(2)),
    API_KIND_UNKNOWN(Family.APPLY, Scope.either, "INSTALL_CRD_OR_FIX_KIND",
        "The cluster does not know this kind: correct it, or install its CustomResourceDefinition.", Look.API, Grace.seconds(2)),
    API_VERSION_REMOVED(Family.APPLY, Scope.repo, "UPDATE_API_VERSION",
        "The cluster no longer serves this apiVersion: use the one that replaced it.", Look.API, Grace.seconds(2)),
    APPLY_INVALID(Family.APPLY, Scope.repo, "FIX_MANIFEST",
        "The API server rejects the manifest as invalid: correct the fields named in the message.", Grace.seconds(2)),
    APPLY_IMMUTABLE_FIELD(Family.APPLY, Scope.repo, "RENAME_OR_RECREATE",
        "The field is immutable: undo the change, use a new name, or have the object recreated.", Look.OBJECT, Grace.seconds(2)),
    APPLY_CONFLICT(Family.APPLY, Scope.either, "SETTLE_FIELD_OWNER",
        "Another field manager owns a field that the manifest sets: decide who should own it.", Look.OBJECT, Grace.seconds(2)),
    APPLY_FAILED(Family.APPLY, Scope.unknown, "FIX_MANIFEST", "The object could not be applied: read the message.", Grace.seconds(2)),
    OBJECT_MISSING(Family.APPLY, Scope.either, "APPLY_MANIFESTS",
        "The manifests name this object and the namespace does not have it: apply them to the living slot too (--force-apply), "
            + "or find out who deletes it.", Look.OBJECT),
    NAMESPACE_MISSING(Family.APPLY, Scope.either, "CREATE_NAMESPACE",
        "The namespace does not exist: correct the name, or have it created by whoever runs the environment.",
            Look.NAMESPACE, Grace.seconds(2)),
    JOB_FAILED(Family.JOB, Role.WRAPPER, Scope.repo, "FIX_JOB",
        "The Job failed for good. Its template is immutable: the fixed Job needs a new name, or the old one is deleted first; "
            + "a CronJob makes the next one anew.",
        Look.OWNER, Look.JOB_LOG, Grace.seconds(2), Rule.STANDALONE, Also.NEW_JOB_NAME),
    JOB_SUSPENDED(Family.JOB, Scope.either, "RESUME_JOB", "The Job is suspended: set suspend to false if it should run.", Look.OWNER),
    JOB_NEVER_ENDS(Family.ADVICE, Scope.repo, "BOUND_JOB",
        "The CronJob's last Job has been running for several of its periods: see what it waits for, and set activeDeadlineSeconds.",
        Look.OBJECT_DESCRIBE, Rule.ADVICE),
    JOB_SIDECAR_BLOCKS(Family.JOB, Scope.repo, "MAKE_SIDECAR_NATIVE",
        "The Job's main container has finished, but a sidecar keeps the pod running: make it an init container with restartPolicy Always.",
            Look.POD),
    ROLLOUT_STUCK(Family.ROLLOUT, Role.WRAPPER, Scope.repo, "FOLLOW_NEW_PODS",
        "The rollout makes no progress: check the newest pods.", Look.OWNER, Grace.seconds(2)),
    ROLLOUT_PAUSED(Family.ROLLOUT, Scope.either, "RESUME_ROLLOUT", "The rollout is paused: resume it.", Look.OWNER),
    REPLICAS_ZERO(Family.ROLLOUT, Scope.repo, "SCALE_UP",
        "The workload is scaled to zero although others depend on it: set replicas.", Look.OWNER, Rule.STATIC, Basis.INFERRED),
    STS_ORDINAL_BLOCKED(Family.ROLLOUT, Role.WRAPPER, Scope.either, "FOLLOW_FIRST_POD",
        "An earlier pod of the StatefulSet is not ready and blocks the later ones: check that pod.", Look.POD),
    STS_STUCK_REVISION(Family.ROLLOUT, Scope.either, "DELETE_POD",
        "The broken pod belongs to the old revision, and an ordered StatefulSet does not replace it by itself: delete that pod once.",
        Look.OWNER, Look.POD, Grace.seconds(60)),
    NODE_NOT_READY(Family.NODE, Scope.platform, "RESTORE_NODE",
        "The node is not ready: its kubelet, network or machine is down.", Look.NODE, Look.NODES),
    NODE_PRESSURE(Family.NODE, Scope.platform, "FREE_NODE",
        "The node is short of memory, disk or process IDs: free some, or add nodes.", Look.NODE, Look.NODES),
    EVICTED_EPHEMERAL_STORAGE(Family.NODE, Scope.repo, "LIMIT_EPHEMERAL_STORAGE",
        "The pod was evicted for using too much ephemeral storage: write less, or raise its request and limit.", Look.POD),
    NODE_REFUSES_POD(Family.NODE, Scope.either, "READ_MESSAGE",
        "The node's kubelet refuses the pod, and every pod that replaces it: change what the message names, or place it on other nodes.",
        Look.POD, Look.NODES),
    OBJECT_STUCK_TERMINATING(Family.OTHER, Scope.either, "FREE_FINALIZER",
        "The object is being deleted and does not go: check the controller that owns its finalizer, for a pod without one its node.",
        Look.OBJECT, Rule.STANDALONE, new Young(120)),
    HPA_NO_METRICS(Family.ADVICE, Scope.repo, "SET_REQUESTS_OR_METRICS",
        "The autoscaler gets no metrics: set resource requests, or install the metrics API. This does not block readiness.",
        Look.OBJECT_DESCRIBE, Rule.ADVICE, new Young(120)),
    PDB_BLOCKING(Family.ADVICE, Scope.repo, "RELAX_BUDGET",
        "The disruption budget allows no pod to be evicted. This blocks nothing until a node is drained.",
            Look.OBJECT_DESCRIBE, Rule.ADVICE),
    CR_NOT_READY(Family.CUSTOM, Scope.either, "READ_CONDITION",
        "The custom resource is not ready by its own conditions: read them, then its operator's log.",
        Look.OBJECT, Grace.seconds(30), Rule.JUDGED_FAILED, Rule.STANDALONE, Basis.LEANING, new Young(60)),
    CERT_NOT_READY(Family.CUSTOM, Scope.either, "READ_CONDITION",
        "The certificate has not been issued: check its conditions, its issuer and the challenge.",
        Look.OBJECT, Grace.seconds(30), Rule.JUDGED_FAILED, Rule.STANDALONE, Basis.LEANING, new Young(60)),
    STILL_PROGRESSING(Family.OTHER, Role.PROGRESS, Scope.wait, "WAIT",
        "It is still starting, and what it shows fits a slow start: wait, then look again.", Look.OWNER, new Young(120)),
    DIAGNOSIS_UNAVAILABLE(Family.OTHER, Scope.platform, "RESTORE_ACCESS",
        "The cluster could not be queried, so the causes are unknown; this does not mean that all is well."),
    MANIFEST_UNREADABLE(Family.APPLY, Scope.repo, "FIX_MANIFEST",
        "The manifest cannot be read or rendered, or holds no object: correct it at the line that is named."),
    RENDER_FAILED(Family.APPLY, Scope.repo, "FIX_RENDERING",
        "The command that renders the manifests fails: read its last lines, correct what they name."),
    PREPARE_FAILED(Family.IMAGE, Scope.either, "FIX_PREPARATION",
        "What prepares images or sources before an apply fails: read its last lines, correct what they name.");

    /** What a code is about; groups the docs page. */
    enum Family { IMAGE, CRASH, CONFIG, PROBE, INIT, SCHEDULING, STORAGE, SERVICE,
        NETWORK, INGRESS, ADMISSION, RBAC, APPLY, JOB, ROLLOUT, NODE, CUSTOM,
        ADVICE, OTHER }

    /** A cause stays a root; a symptom is explained by what it needs; a wrapper by what is inside it; progress heals by itself. */
    enum Role { CAUSE, SYMPTOM, WRAPPER, PROGRESS }

    /** Where the repair lies. */
    enum Scope { repo, platform, either, wait, unknown }

    /** How bad it is: a workload waits for it, it is wrong though nothing waits for it, or it is only told. */
    enum Severity { blocking, degraded, info }

    final Family family;
    final Role role;
    final Scope scope;
    final String action;
    final String text;
    /** Commands that show more, in this order. */
    final List<Look> next;
    /** When it is certain never to heal; null when it never ends the wait. */
    final Grace grace;
    /** Below this age in seconds it is progress. */
    final int young;
    final Same same;
    final Basis basis;
    private final List<Trait> traits;

    Code(Family family, Role role, Scope scope, String action, String text, Trait... traits) {
        this.family = family;
        this.role = role;
        this.scope = scope;
        this.action = action;
        this.text = text;
        this.traits = List.of(traits);
        this.next = all(Look.class).toList();
        this.grace = all(Grace.class).findFirst().orElse(null);
        this.young = all(Young.class).mapToInt(Young::seconds).sum();
        this.same = all(Same.class).findFirst().orElse(Same.PLACE);
        this.basis = all(Basis.class).findFirst().orElse(Basis.OBSERVED);
    }

    /** A cause, as most are. */
    Code(Family family, Scope scope, String action, String text, Trait... traits) {
        this(family, Role.CAUSE, scope, action, text, traits);
    }

    private <T extends Trait> Stream<T> all(Class<T> type) {
        return traits.stream().filter(type::isInstance).map(type::cast);
    }

    boolean has(Trait trait) {
        return traits.contains(trait);
    }

    /** What a pod lacks that refers to an object of this kind which does not exist. */
    static Code missing(String kind) {
        return kind.equals("Secret") ? SECRET_MISSING : kind.equals("ConfigMap") ? CONFIGMAP_MISSING : PVC_MISSING;
    }

    /** How often a container must have ended so before that is certain; 0 when crashes do not count. */
    int crashes() {
        return grace == null ? 0 : grace.crashes();
    }

    Severity severity(boolean awaited) {
        return role == Role.PROGRESS ? Severity.info : awaited ? Severity.blocking : Severity.degraded;
    }
}

/**
 * When a code is certain never to heal without a change. A false alarm is worse than waiting: a code without a grace never ends the wait.
 *
 * @param after   how long it must have been so
 * @param crashes how often a container must have ended so; 0 where time alone counts
 */
record Grace(Duration after, int crashes) implements Trait {
    static Grace seconds(int seconds) {
        return new Grace(Duration.ofSeconds(seconds), 0);
    }

    /** Judged by how often a container ended, not by how long that has been so. */
    static Grace crashes(int times) {
        return new Grace(Duration.ZERO, times);
    }
}

/** Read-only commands; a placeholder is filled with a checked name only, else the command is left out. Most look into the namespace. */
enum Look implements Trait {
    OBJECT("get {object} -o yaml"),
    OBJECT_DESCRIBE("describe {object}"),
    OWNER("describe {owner}"),
    POD("describe pod {pod}"),
    LOG("logs {pod} -c {container} --tail=100"),
    PREVIOUS_LOG("logs {pod} -c {container} --previous --tail=100"),
    JOB_LOG("logs {owner} --tail=100"),
    POD_LABELS("get pods --show-labels"),
    SECRETS("get secrets"),
    CONFIG_MAPS("get configmaps"),
    SERVICES("get services -o wide"),
    SERVICE("describe svc {name}"),
    ENDPOINTS("get endpointslices"),
    PVCS("get pvc"),
    PVC("describe pvc {name}"),
    STORAGE_CLASSES("kubectl get storageclasses"),
    NODES("kubectl get nodes -o wide"),
    NODE_LABELS("kubectl get nodes --show-labels"),
    NODE("kubectl describe node {name}"),
    QUOTA("describe resourcequota"),
    LIMIT_RANGE("describe limitrange"),
    NAMESPACE("kubectl get namespace {ns} --show-labels"),
    WEBHOOKS("kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"),
    SERVICE_ACCOUNTS("get serviceaccounts"),
    ROLES("get roles,rolebindings"),
    API("kubectl api-resources"),
    INGRESS("describe ingress {name}"),
    INGRESS_CLASSES("kubectl get ingressclasses"),
    NETPOL("describe networkpolicy"),
    DNS("kubectl -n kube-system get pods -l k8s-app=kube-dns");

    final String template;

    Look(String template) {
        this.template = template.startsWith("kubectl") ? template : "kubectl -n {ns} " + template;
    }
}

/**
 * What texts of kubelet, runtimes, scheduler, controllers, admission and programs mean: the one table of it, looked up without regard
 * to case, anywhere in the text, first row first. An alternative is a plain text; one that begins with {@code ~} is a pattern. The texts
 * of many versions stand in tests/fixtures/messages.
 */
static final class Messages {
    /** Where a text comes from; the same words mean different things in different places. */
    enum Topic {
        IMAGE(Messages::image), VOLUME(Messages::volume), START(Messages::start), CREATE(Messages::create), CLAIM(Messages::claim),
        APPLY(Messages::apply), LOG(Messages::log), EVICTED(Messages::evicted), SCHEDULER(Messages::scheduler), NODE(Messages::node);

        private final Consumer<Table> rows;

        Topic(Consumer<Table> rows) {
            this.rows = rows;
        }
    }

    private record Row(Code code, List<String> texts, Pattern pattern) {
        boolean fits(String text, String lower) {
            return texts.stream().anyMatch(lower::contains) || pattern != null && pattern.matcher(text).find();
        }
    }

    private static final String VARIABLE = "\\b(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+)\\b";
    private static final String SET = "(set|defined|provided|specified|configured|given)\\b";
    private static final String UNSET = "not " + SET + "|undefined|unset|is (required|missing|empty|mandatory)|must be " + SET;
    private static final String KEY = "(key|secret|password|token|url|dsn|host|option|value) (has |is |was )?";
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
    private static final Pattern IMAGE_NAME = Pattern.compile("(?<![\\w/])[\\w.-]{2,}(:\\d+)?(/[\\w.-]+)+(:[\\w.-]+)?(@sha256:[0-9a-f]+)?");
    private static final Map<Topic, List<Row>> ROWS = rows();

    /** The code that this text stands for at this place; empty when no row knows it. */
    static Optional<Code> code(Topic topic, String text) {
        var plain = topic == Topic.IMAGE ? IMAGE_NAME.matcher(QUOTED.matcher(text).replaceAll("\"\"")).replaceAll("") : text;
        var lower = plain.toLowerCase(Locale.ROOT);
        return ROWS.get(topic).stream().filter(r -> r.fits(plain, lower)).map(Row::code).findFirst();
    }

    private static Map<Topic, List<Row>> rows() {
        var rows = new EnumMap<Topic, List<Row>>(Topic.class);
        for (var topic : Topic.values()) {
            var table = new Table(new ArrayList<>());
            topic.rows.accept(table);
            rows.put(topic, table.rows());
        }
        return rows;
    }

    private record Table(List<Row> rows) {
        void row(Code code, String... alternatives) {
            var texts = Stream.of(alternatives).filter(a -> !a.startsWith("~")).map(a -> a.toLowerCase(Locale.ROOT)).toList();
            var patterns = Stream.of(alternatives).filter(a -> a.startsWith("~")).map(a -> a.substring(1)).toList();
            rows.add(new Row(code, texts, patterns.isEmpty() ? null
                : Pattern.compile(String.join("|", patterns), Pattern.CASE_INSENSITIVE)));
        }
    }

    private static void image(Table t) {
        t.row(Code.IMAGE_STILL_PULLING, "pull QPS exceeded");
        t.row(Code.IMAGE_NAME_INVALID, "couldn't parse image", "invalid reference format", "InvalidImageName",
            "Failed to apply default image tag", "short name mode", "short-name");
        t.row(Code.IMAGE_NEVER_PULL, "ErrImageNeverPull", "is not present with pull policy of Never");
        t.row(Code.IMAGE_RATE_LIMITED, "toomanyrequests", "too many requests", "rate limit", "~(status|code)[ =:]*429");
        t.row(Code.IMAGE_PLATFORM_MISMATCH, "no match for platform in manifest", "no matching manifest for",
            "does not match the specified platform", "exec format error", "cannot be used on this platform",
            "~no image found in (manifest list|image index) for");
        t.row(Code.NODE_PRESSURE, "no space left on device", "disk quota exceeded");
        t.row(Code.IMAGE_NOT_FOUND_OR_AUTH, "does not exist or no pull access", "requested access to the resource is denied",
            "~may require (authorization|'docker login'|authentication)");
        t.row(Code.IMAGE_REGISTRY_UNREACHABLE, "no such host", "i/o timeout", "connection refused", "connection reset", "x509:",
            "server gave HTTP response to HTTPS client", "no route to host", "network is unreachable", "TLS handshake timeout",
            "context deadline exceeded", "Client.Timeout", "waiting for connection", "server misbehaving", "name resolution",
            "name or service not known", "remote error: tls", "first record does not look like a TLS handshake", "unexpected EOF",
            "connection timed out", "~\\b50[0234] ", "~: EOF\\b");
        t.row(Code.IMAGE_AUTH, "unauthorized", "forbidden", "authorization failed", "no basic auth credentials", "authentication required",
            "insufficient_scope", "not authorized", "incorrect username or password", "unable to retrieve auth token",
            "invalid credentials", "~\\b401\\b", "~\\b403\\b", "~\\bdenied\\b", "~failed to fetch (anonymous|oauth) token");
        t.row(Code.IMAGE_NOT_FOUND, "not found", "NotFound", "manifest unknown", "manifest_unknown", "name unknown", "name_unknown",
            "not known to registry", "does not exist", "no such image", "no such manifest", "unknown image", "~\\b404\\b");
    }

    private static void volume(Table t) {
        t.row(Code.STILL_PROGRESSING, "the object has been modified", "~failed to sync (configmap|secret) cache",
            "~object \"[^\"]*\"/\"[^\"]*\" not registered");
        t.row(Code.CONFIG_KEY_MISSING, "couldn't find key", "non-existent key", "~references non-existent (config|secret) key");
        t.row(Code.SECRET_MISSING, "couldn't get secret", "could not find secret", "~secrets? \"[^\"]+\" not found");
        t.row(Code.CONFIGMAP_MISSING, "couldn't get configMap", "~configmaps? \"[^\"]+\" not found");
        t.row(Code.PVC_MISSING, "error getting PVC", "~persistentvolumeclaims? \"[^\"]+\" not found");
        t.row(Code.SERVICE_ACCOUNT_MISSING, "~failed to fetch token: serviceaccounts? \"[^\"]+\" not found");
        t.row(Code.RUN_AS_NON_ROOT, "runAsNonRoot", "run as non-root", "image will run as root", "non-numeric user", "non-root policy");
        t.row(Code.PVC_ACCESS_MODE, "Multi-Attach error", "already exclusively attached", "already used by pod", "ReadWriteOncePod");
        t.row(Code.PVC_PROVISIONER_MISSING, "not found in the list of registered CSI drivers", "no volume plugin matched",
            "~CSINode .* does not contain driver");
        t.row(Code.VOLUME_MOUNT_FAILED, "MountVolume", "AttachVolume", "MapVolume", "Unable to attach or mount volumes",
            "hostPath type check failed");
    }

    private static void start(Table t) {
        t.row(Code.OOM_KILLED, "OOM-killed", "memory limit too low", "OOMKilled");
        t.row(Code.CONTAINER_START_FAILED, "error mounting", "seccomp profile",
            "apparmor", "gathering device information", "mount a directory onto a file", "chdir to cwd",
            "no matching entries in passwd", "subPath", "no users found", "failed to reserve container name",
            "~not a directory: (unknown|Are you trying)", "~unable to find (user|group)", "~container name .* is reserved");
        t.row(Code.IMAGE_PLATFORM_MISMATCH, "exec format error");
        t.row(Code.CONTAINER_COMMAND_NOT_FOUND, "no such file or directory", "no command specified", "is a directory",
            "cannot find the file specified", "~executable file (not found|.* not found) in");
        t.row(Code.CONTAINER_COMMAND_PERMISSION, "permission denied", "operation not permitted");
    }

    private static void create(Table t) {
        t.row(Code.QUOTA_EXCEEDED, "exceeded quota", "insufficient quota");
        t.row(Code.QUOTA_REQUIRES_LIMITS, "~failed quota: .*must specify", "~must specify (limits|requests|cpu|memory)");
        t.row(Code.POD_SECURITY_DENIED, "violates PodSecurity",
            "~unable to validate against any (pod security policy|security context constraint)");
        t.row(Code.ADMISSION_WEBHOOK_DENIED, "blocked by policy", "~admission webhook .*denied",
            "~ValidatingAdmissionPolicy .*denied");
        t.row(Code.ADMISSION_WEBHOOK_UNAVAILABLE, "failed to call webhook", "~failed calling (admission )?webhook",
            "~conversion webhook .* failed");
        t.row(Code.SERVICE_ACCOUNT_MISSING, "error looking up service account", "~serviceaccounts? \"[^\"]+\" not found");
        t.row(Code.LIMITRANGE_VIOLATION, "limit to request ratio per",
            "~(maximum|minimum) [\\w./-]+ usage per (container|pod|persistentvolumeclaim)", "~(maximum|minimum) .* limit .*LimitRange");
        t.row(Code.OBJECT_STUCK_TERMINATING, "because it is being terminated");
        t.row(Code.STILL_PROGRESSING, "the object has been modified", "object is being deleted", "etcdserver: ",
            "Timeout: request did not complete", "server is currently unable");
    }

    private static void claim(Table t) {
        t.row(Code.PVC_STORAGECLASS_MISSING, "~storageclass(es)?(\\.storage\\.k8s\\.io)? \"[^\"]*\" not found",
            "~storage class .* not found");
        t.row(Code.PVC_NO_DEFAULT_CLASS, "no persistent volumes available for this claim and no storage class is set");
        t.row(Code.QUOTA_EXCEEDED, "exceeded quota");
        t.row(Code.PVC_PROVISIONER_MISSING, "no volume plugin matched", "not found in the list of registered CSI drivers",
            "~waiting for (a )?volume to be created,? (either )?by (the )?external provisioner");
        t.row(Code.PVC_UNBOUND, "Cannot bind to requested volume", "~no volume .* matching",
            "~volume .* already bound to a different claim", "~does not match (size|access|storage)", "~requested PV .* not");
        t.row(Code.PVC_PROVISION_FAILED, "failed to provision volume", "ProvisioningFailed", "rpc error");
    }

    private static void apply(Table t) {
        t.row(Code.API_KIND_UNKNOWN, "no matches for kind", "resource mapping not found", "registered handler",
            "could not find the requested resource", "does not serve", "unknown kind", "has no kind", "~no kind .* is registered");
        t.row(Code.APPLY_IMMUTABLE_FIELD, "is immutable", "updates to statefulset spec", "cannot be changed", "Forbidden: updates to",
            "~immutable (field|after)", "~updates to .* are forbidden", "~may not change (once set|fields other)");
        t.row(Code.NAMESPACE_MISSING, "~namespaces? \"[^\"]+\" not found");
        create(t);
        t.row(Code.APPLY_FORBIDDEN_RBAC, "is forbidden: User", "not currently held",
            "~cannot (get|list|watch|create|patch|update|delete) (resource )?\"?\\w+", "~^(forbidden|unauthorized)");
        t.row(Code.APPLY_CONFLICT, "~Apply failed with \\d+ conflict", "~conflicts? with \"");
        t.row(Code.APPLY_INVALID, "is invalid", "strict decoding", "unknown field", "cannot unmarshal", "unable to decode",
            "Required value", "Invalid value", "Unsupported value", "json: ", "yaml: ", "metadata.name", "bad request",
            "the server rejected our request", "duplicate", "does not parse", "failed to create typed patch object", "is forbidden:",
            "~in version .* cannot be handled", "~\\b(400|422)\\b");
    }

    private static void log(Table t) {
        t.row(Code.RBAC_RUNTIME_FORBIDDEN, "~is forbidden: User \\\\*\"?system:");
        t.row(Code.IMAGE_PLATFORM_MISMATCH, "exec format error");
        t.row(Code.CONTAINER_COMMAND_NOT_FOUND, "~^exec \\S+: no such file or directory", "bad interpreter");
        t.row(Code.CRASH_PORT_IN_USE, "one usage of each socket", "~address (is )?(already )?in use", "~port \\S+ (is|was) already",
            "~failed to bind to (address|port)");
        t.row(Code.CRASH_DISK_FULL, "no space left on device", "disk quota exceeded", "flood stage", "~\\bdisk (is )?full\\b");
        t.row(Code.CRASH_DEPENDENCY_UNREACHABLE, "UnableToConnect");
        t.row(Code.CRASH_AUTH_FAILED, "access denied for user", "login failed for user", "ACCESS_REFUSED",
            "~(requires|unable to|missing) authenticat", "could not find user", "any password configured", "no pg_hba.conf entry",
            "~\\bauth(entication|ori[sz]ation)? ?(failed|failure|error|required|violation)", "InvalidAccessKeyId", "SignatureDoesNotMatch",
            "invalid_client", "no password supplied", "~(?<!/)\\bun(authori[sz]|authenticat)ed\\b",
            "~\\b(status|code|error)( code)?[ :=(]+40[13]\\b", "~permission denied (for|to) (table|schema|database|relation)",
            "~(invalid|wrong|incorrect|rejected|bad)[ _]?(client |user ?(name)?( or |[/-]))?"
                + "(credentials|password|(api|access)[ _-]?key|client secret|(access|auth\\w*|bearer) token)", "not allowed to connect",
            "not authorized on", "~role \"[^\"]+\" does not exist");
        missing(t);
        t.row(Code.CRASH_APP_ERROR, "~database \\W?[\\w-]+\\W? does not exist", "unknown database ", "~(?<!\\* )permission denied",
            "read-only file", "not permitted", "not writable", "~(unable to|node) lock", "already running", "temporarily unavailable",
            "mismatch", "~(in|not )compatible", "dirty database", "another process", "no matches for kind", "shared librar", "GLIBC_",
            "x509:", "PKIX path", "SSLHandshake", "~(bad|self.signed).cert|certificate (has expired|verify failed)",
            "response to HTTPS client");
        unreachable(t);
    }

    private static void missing(Table t) {
        t.row(Code.CRASH_MISSING_ENV, "unbound variable", "resolve placeholder", "missing env", "setting must not be empty",
            "~(missing|required|unset|undefined|no such|not found|specify|provide"
                + "|(?<!you )set(ting)? the).{0,60}env(ironment)?[ -]?var", "~\\bmissing \\S+ for .{0,20}environment",
            "not present in the environment", "~\\b(no .{0,40}" + KEY + "|" + KEY + "not )(been )?" + SET,
            "~\\b(property|setting|config(uration)?( key| value| option)?) "
                + "\\S{1,60} (is |was )?(required|missing|not set|not found|undefined)\\b",
            "~\\benv(ironment)? var.{0,70}(" + UNSET + "|not found|required|missing|must be|\\bempty)",
            "~" + VARIABLE + "[^\\w]{0,3}.{0,25}(" + UNSET + ")",
            "~(missing|requires?d?|expected|(?<!you )set|undefined|specify|provide)\\b.{0,30}" + VARIABLE
                + ".{0,20}(\\bto start|$|\\bvariable|\\benv)", "~key ?(not found|error): ['\"]?(?-i:[A-Z][A-Z0-9_]+)\\b",
            "~parameter (null or )?not set", "~(host|resolv\\w+|lookup|ENOTFOUND|getaddrinfo).{0,60}\\$[({][\\w.-]+[)}]", "Field required",
            "~\"received\": ?\"undefined\", ?\"path\": ?\\[ ?\"(?-i:[A-Z][A-Z0-9_]+)\"", "~(?-i:\\bENV)\\['",
            "~missing (required )?(config(uration)?|setting|parameter)s?\\b");
    }

    private static void unreachable(Table t) {
        t.row(Code.CRASH_DEPENDENCY_UNREACHABLE, "ECONNREFUSED", "no such host", "i/o timeout", "~\\bE(NOTFOUND|TIMEDOUT|HOSTUNREACH)\\b",
            "name or service not known", "name resolution fail", "does not resolve", "getaddrinfo", "waiting to connect",
            "no route to host", "dial tcp",
            "~(can.{0,2}t|could ?n.?t|unable|failed|error)( to)? (connect|reach|resolve (server|host|address|'?[\\w.-]+:\\d))",
            "~max retries (exceeded|per)", "produced zero addresses", "AMQPConnectionError", "establishing a connection", "ConnectionLoss",
            "~database system is (?!ready)", "is loading the dataset", "bad connection", "link failure", "host not found", "bad address '",
            "No resolvable", "not be resolved", "failure in name", "NoBrokersAvailable", "NXDOMAIN", "SERVFAIL", "server misbehaving",
            "context deadline exceeded", "~unknown ?((\\w+ )?server )?host",
            "~connect(ion)?( attempts?| call| was| to .{1,80})?( failed| refused| ?timed? ?out)",
            "~time(d )?out.{0,15} waiting for (a |the )?(connection|node|database|server|broker)",
            "~(un|not |yet |no |cluster |were )reachable(?! code)", "address of host", "PoolTimedOut",
            "~server ?selection ?(error|timeout|timed out)", "~no servers? (is |are )?available", "~(?<!Error: )can't resolve '[\\w.-]+'",
            "~(node|brokers?) .*(disconnected|not be established)", "~waiting for [^\"]{1,60}(:\\d+|to be (ready|up|available))",
            "~:\\d+ - no response", "~DNS .*(fail|timeout)");
    }

    private static void evicted(Table t) {
        t.row(Code.EVICTED_EPHEMERAL_STORAGE, "exceeds the total limit", "ephemeral local storage usage exceeds", "exceeds the limit \"",
            "emptydir");
    }

    private static void scheduler(Table t) {
        t.row(Code.PVC_MISSING, "~persistentvolumeclaim \".*not found");
        t.row(Code.SCHED_VOLUME_UNBOUND, "unbound immediate persistentvolumeclaims", "waiting for a volume to be created",
            "is being deleted");
        t.row(Code.SCHED_DEVICE_CLAIM, "resourceclaim", "resource claim", "cannot allocate all claims", "device class");
        t.row(Code.SCHED_NODES_UNAVAILABLE, "no nodes available", "~^0/0 nodes");
    }

    /** One part of the scheduler's sentence: why some nodes do not take the pod. */
    private static void node(Table t) {
        t.row(Code.SCHED_NODES_UNAVAILABLE, "~taint.*node\\.kubernetes\\.io/(not-ready|unreachable|unschedulable|network-unavailable)",
            "~taint.*node\\.cloudprovider\\.kubernetes\\.io/uninitialized");
        t.row(Code.NODE_PRESSURE, "~taint.*node\\.kubernetes\\.io/(memory|disk|pid)-pressure");
        t.row(Code.SCHED_TAINT, "taint");
        t.row(Code.SCHED_VOLUME_AFFINITY, "volume node affinity", "persistentvolume's node affinity", "available volume zone");
        t.row(Code.PVC_UNBOUND, "find available persistent volumes", "bound to non-existent persistentvolume", "unbound");
        t.row(Code.PVC_ACCESS_MODE, "readwriteoncepod", "no available disk", "already mounted");
        t.row(Code.SCHED_POD_ANTI_AFFINITY, "pod anti-affinity", "pod affinity", "existing pods anti-affinity", "inter-pod");
        t.row(Code.SCHED_TOPOLOGY, "topology spread");
        t.row(Code.SCHED_NODE_SELECTOR, "node affinity", "node selector", "requested node name", "nodeselector",
            "node(s) didn't match node");
        t.row(Code.SCHED_HOST_PORT, "free ports");
        t.row(Code.SCHED_INSUFFICIENT_RESOURCES, "insufficient", "too many pods", "exceed max volume count");
        t.row(Code.SCHED_NODES_UNAVAILABLE, "unschedulable", "not ready", "unavailable");
    }
}

/**
 * What is looked for inside a message: whether it occurs, or the name, port or key that it tells. Which code a text stands for say {@link
 * Messages}.
 */
enum Phrase {
    MISSING("(?i)(?:secrets?|configmaps?|persistentvolumeclaims?|serviceaccounts?) \"([^\"]+)\" not found"),
    /** The key, the kind and the name of what lacks it. */
    KEY("(?i)couldn't find key (\\S+) in (Secret|ConfigMap) [^/\\s]+/([^\\s,;]+)"),
    VOLUME_KEY("(?i)references non-existent (?:config|secret) key: (\\S+)"),
    VOLUME("for volume \"([^\"]+)\""),
    PULL_SECRETS("image pull secrets \\(([^)]*)\\)"),
    TAINT("untolerated taint(?:\\(s\\))? \\{([^}:]+)(?::\\s*[^}]*)?\\}"),
    CONTROL_PLANE("(node-role\\.kubernetes\\.io/(?:control-plane|master))"),
    QUOTA("(?:exceeded|failed) quota: ([^,:\\s]+)"),
    ACCOUNT("(?:looking up service account [^/\\s]+/|serviceaccounts? \")([^:\"\\s]+)"),
    CONVERSION("conversion webhook for"),
    WEBHOOK("webhook \"([^\"]+)\""),
    CLASS("\"([^\"]*)\" not found"),
    /** The verb and the resource. */
    FORBIDDEN("(?i)cannot (\\w+) resource \"?([\\w./-]+)\"?"),
    /** In capitals, or alone in its line. */
    VARIABLE("(?m)((?<!\\w)[A-Z][A-Z0-9]*_[A-Z0-9_]+\\b|^[a-z][\\w.]+$)"),
    PORT("(?i)\\bport[ :=]+(\\d{2,5})"),
    PROBE_PORT(":(\\d{1,5})(?:[/\":]|$)"),
    STATUS_404("(?i)status ?code:? ?404"),
    REFUSAL("(?i)refused"),
    REFUSED("(?i)connection refused|actively refused"),
    /** The runtime is only slow or still busy with the last try. */
    START_AGAIN("context deadline exceeded|is reserved for"),
    SCRIPT("([^\\s\"]+\\.(?:sh|bash|py|rb|pl|js))\"?: exec format error"),
    /** A command that does nothing for ever. */
    ENDLESS("\\bsleep\\s+(inf(inity)?|\\d{5,}|\\d+[dh])\\b|\\btail\\s+-f\\s+/dev/null"),
    ERROR("(?i)\\b" + any("\\w*error", "\\w*exception", "fatal", "panic", "traceback", "fail(ed|ure)?", "can(no|')t", "could(n't| not)",
        "unable", "invalid", "(un|not )defined", "unknown", "missing", "bad", "unexpected", "segmentation fault", "killed", "abort(ed)?",
        "not (found|defined)", "no such file", "denied", "refus\\w+", "must") + "\\b"),
    /** What a program says of its end, whatever led to it. */
    END("(?i)^npm |(?:\\b(?:abort|exit(?:ing|ed| status| code)|shut|terminat|died|startup|(?:fail\\w*|unable) to (?:start|boot|initiali)"
        + "|failed running|(?:initiali[sz]ation|boot) failed|for more)|traceback|: undefined|^\\d+ error)[^:]*:?$"),
    /** A program says so without being hurt. */
    INFO("^(?:I\\d{4} |.{0,60}?(?:(?<!')\\b(?:INFO|NOTICE|DEBUG)\\b|\\[Note\\]))|\"s\":\"I\"|(?i)\\blevel\\W{1,4}(?:info|debug)"
        + "|default(?:s|ing)? to|using (?:the )?default|falling back|optional|, .{0,30}disabled"),
    WARNING(INFO.pattern + "|^.{0,60}?\\b(?i:warn)"),
    CONNECTED("(?i)(?:(?<!not |dis)connected to|discovered group) (?:the )?([\\w.-]+)"),
    NO_NAME("(?i)" + any("no such host", "\\bENOTFOUND", "bad address", "unknown ?(?:(?:\\w+ )?server )?host",
        "address of host", "No resolvable", "resolve (?:server|address|host)", "resolution failed", "<unresolved>", "can't resolve",
        "host not found", "name or service not known", "does not resolve", "NXDOMAIN", "failed to resolve")),
    UNKNOWN_HOST("(?i)" + any("lookup ", "ENOTFOUND ", "EAI_AGAIN ", "translate host name \"", "bad address '", "UnknownHostException: ",
        "unknown host:? ?'?", "address of host:? ", "resolve (?:server|host|address):? ?['\"]?", "can't resolve '", "in upstream \"",
        "can't find ", "getaddrinfo for ", "Failed to resolve (?:host )?'?", "Name does not resolve:? ?", "host '", "tcp connect \\(",
        "Error -\\d+ connecting to ", "for target (?:dns:/*)?", "connect to (?=\\S+/<unresolved>)",
        "(?<![\\w.-])(?=[\\w.-]+:\\d{2,5}: \\[Errno -)") + "([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"),
    DNS_DOWN("(?i)" + any("EAI_AGAIN", "temporary failure", "server misbehaving", "SERVFAIL", "lookup .*(i/o timeout|timed? ?out|refused)",
        "no servers could be reached")),
    /** A host that is not there, or where nobody listens; slow, broken or mistrusted ones may still come to themselves. */
    NO_HOST("(?i)no such host|name or service not known|connect: (connection refused|no route to host|network is unreachable)"),
    /** A command that the container's image does not have. */
    NO_PROGRAM("exec: \"[^\"]*\": (executable file not found|stat .*: no such file)"),
    /** The schema that a migration makes is not there. */
    SCHEMA("(?i)pending ?migration|migrations? (?:is|are) pending|unapplied migration"
        + "|\\b(?:relation|table|column)\\b.{1,80}does(?:n't| not) exist"
        + "|no such (?:table|column)|undefined ?table|schema .{0,20}(?:out of date|not up to date)"),
    /** What makes it, by its name or its command. */
    MIGRATES("(?i)migrat|schema|alembic|flyway|liquibase|db[-_:](?:init|setup|seed|push)"),
    NO_DATABASE("(?i)database \\W?[\\w-]+\\W? does not exist|unknown database "),
    DENIED("(?i)permission denied|read-only file ?system|operation not permitted"
        + "|\\bEACCES\\b|\\bEROFS\\b|\\bEPERM\\b|access (?:to the path .* )?(?:is )?denied"),
    /** A frame of a stack, which only repeats names, or what the program answered to who asked it. */
    ASIDE("^\\s+(?:at [\\w.$<>\\[\\]/ ]+[ (]|from \\S+:\\d+:in |--?\\w)"
        + "|\\[\\d+\\] (?:FATAL|DETAIL|ERROR): .*(?:authentication|pg_hba|[Rr]ole |relation )|login refused: user|\\bHINT: "
        + "|\\bstatus\\W{1,3}[1-5]\\d\\d\\b.*\\bpath\\W{1,3}/"
        + "|\\b(?:GET|HEAD|POST|PUT|DELETE|PATCH) /\\S* (?:HTTP/[\\d.]+\"? )?[1-5]\\d\\d\\b"),
    /** A probe was answered, and by somebody who wants to know who asks. */
    STATUS_LOGIN("(?i)status ?code:? ?40[13]"),
    CERTIFICATE("(?i)certificate|x509|PKIX|\\b(?:SSL|TLS)\\b"),
    /** The loader's words, which end as a missing command does. */
    LIBRARY("(?i)shared (?:library|libraries|object file)"),
    /** A server's own words that it is there and not ready yet. */
    STARTS("(?i)database system is (?!ready)|is loading the dataset"),
    /** An error of talking to another, which a wrong address explains. */
    TALKS("(?i)protocol|\\bEOF\\b|handshake|\\bstream|connect|transport|socket|upstream|broker|timed? ?out"),
    HEAP("(?i)out of ?memory|\\bheap\\b|MemoryError"),
    LISTENS("(?i)\\b(?:listen|serving|bound to|running (?:on|at)|started (?:on|at))"),
    /** An address that no other pod and no kubelet reaches, and its port. */
    LOOPBACK("((?:127\\.0\\.0\\.1|localhost|\\[::1\\]):(\\d{2,5}))"),
    SLOW("(?i)timed? ?out|timeout|ETIMEDOUT|deadline exceeded|SYN_SENT"),
    /** {@code group/version} that Kubernetes served once and removed (the deprecation guide). */
    REMOVED_API("\\b" + any("extensions/v1beta1", "apps/v1beta[12]", any("networking", "policy", "rbac\\.authorization", "apiextensions",
        "storage", "admissionregistration", "scheduling", "coordination", "certificates", "events", "discovery", "node")
        + "(\\.k8s\\.io)?/v1beta1", "batch/(v1beta1|v2alpha1)", "autoscaling/v2beta[12]", "flowcontrol\\.apiserver\\.k8s\\.io/v1beta[123]")
        + "(?![\\w])"),
    /** Text that talks to a reader who takes orders; "cannot execute command" and "not allowed to run" tell what happened. */
    ORDERS("(?i)" + any("\\b(ignore|disregard|forget|override)\\b.{0,40}\\b"
        + "(previous|prior|above|all|earlier|system|instruction|prompt|rule)",
        "\\byou (are|must|should|will) now\\b", "\\b(system|assistant|developer) ?(prompt|message)\\b",
        "(?<![a-z]{2} )\\b(system|assistant|developer):\\s",
        "\\bas an ai\\b", "</?(system|assistant|user|instructions?|tool)\\b", "\\bnew instructions?\\b",
        "\\bdo not (tell|mention|report)\\b", "curl .{0,80}\\|\\s*(ba)?sh", "\\bplease (run|delete|execute|approve|merge)\\b",
        "(?<!(?<!need|have) to |not |n't )\\b(run|execute|type|paste)\\b.{0,30}\\b(command|following|curl|bash|kubectl|rm)\\b"));

    private final Pattern pattern;

    Phrase(String pattern) {
        this.pattern = Pattern.compile(pattern);
    }

    private static String any(String... alternatives) {
        return "(?:" + String.join("|", alternatives) + ")";
    }

    boolean occurs(String text) {
        return pattern.matcher(text).find();
    }

    /** What stands in the phrase's place for a name, or an empty text. */
    String in(String text) {
        return in(text, 1);
    }

    /** The same of a phrase that has more than one such place. */
    String in(String text, int place) {
        var match = pattern.matcher(text);
        return match.find() ? match.group(place) : "";
    }
}

/** What holds for a code and not for most. */
enum Rule implements Trait {
    /** A Job or an operator may still make what is missing. */
    MAKEABLE,
    /** The pod fits on no node as they are labelled; other reasons beside this one may pass. */
    PLACEMENT,
    /** Room may come free when something ends. */
    ROOM,
    /** Certain only once the object itself is judged failed. */
    JUDGED_FAILED,
    /** Never gates readiness, so never a cause of a wait that failed; told as a warning. */
    ADVICE,
    /** Proven from the objects alone, and hurts also where nothing waits for it. */
    STATIC,
    /** Told as a cause where nothing behind it explains it. */
    STANDALONE,
    /** What to change is told by its log, not by a field. */
    LOGGED
}

/** What two findings of one code must share to be one cause. */
enum Same implements Trait {
    /** The object, and for a workload its container. */
    PLACE(""),
    OBJECT(""), KEY("key"), REGISTRY("image"),
    /** Nothing: one cause for the whole cluster. */
    CLUSTER(""),
    IMAGE("image"), CLASS("class"), PROVISIONER("provisioner"), TAINT("taint"), HOST("host"), ADDRESS("address"), TARGET("target");

    /** The finding's parameter that is compared; where there is none the object is. */
    final String param;

    Same(String param) {
        this.param = param;
    }
}

/** What sets a code of the catalogue apart from those that have nothing to say about it. */
interface Trait { }

/** Below this age in seconds it is progress, not a fault. */
record Young(int seconds) implements Trait { }

// src/ensure_ready/model/

/**
 * The result for one object of the manifests.
 *
 * @param object     as the manifest gives it
 * @param generation {@code metadata.generation} that the server answered; a status older than this says nothing
 * @param uid        of the object that was applied; another uid means that somebody made it again
 * @param error      one line when it failed or was not tried any more, else empty
 */
record Applied(Obj object, Source source, Result result, long generation, String uid, String reason, String error) {
    private static final String UNTRIED = "not tried before the time was up";

    static boolean anyFailed(List<Applied> results) {
        return results.stream().anyMatch(r -> r.result() == Result.failed);
    }

    boolean pending() {
        return result == Result.pending;
    }

    Applied with(Result other) {
        return new Applied(object, source, other, generation, uid, reason, error);
    }

    /** Not done, and why. */
    Applied failed(String why) {
        return new Applied(object, source, Result.failed, generation, uid, reason, why);
    }

    /** When nothing is tried any more. */
    Applied finished() {
        return !pending() ? this : error.isEmpty() ? new Applied(object, source, Result.skipped, generation, uid, reason, UNTRIED)
            : with(Result.failed);
    }
}

/**
 * What a custom resource names in its spec: an issuer, a store, a cluster, a Secret. Pure.
 *
 * @param path as a person writes it: {@code spec.issuerRef.name}
 * @param kind as the reference says, or as its field is called; empty when neither tells
 */
record CustomReference(String path, String kind, String name) {
    /** {@code issuerRef}, {@code rabbitmqClusterReference}, {@code dependsOn}, {@code configurationName}; the rest tells the kind. */
    private static final Pattern FIELD = Pattern.compile("(\\w*?)(Refs?|References?|Names?)?");
    private static final Set<String> PARTS = Set.of("name", "kind", "namespace", "group", "apiVersion", "apiGroup", "key", "optional");
    /** Parts of a spec that pods or charts are made of: what they name, their pods tell. */
    private static final Set<String> FOREIGN =
        Set.of("template", "podTemplate", "containers", "initContainers", "values", "env", "volumes");
    /** Where the resource says what it makes. */
    private static final List<String> MADE = List.of("/secretName", "/target/name", "/template/metadata/name", "/destination/name",
        "/managedSecretReference/secretName", "/writeConnectionSecretToRef/name");
    private static final Pattern TOLD = Pattern.compile("\\b([A-Z][A-Za-z]+)[ /][\"'`]?(?:[a-z0-9-]+/)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)");
    private static final Map<String, String> USUAL =
        Map.of("issuer", "Issuer", "backend", "Service", "parent", "Gateway", "scaleTarget", "Deployment");
    private static final int DEPTH = 7;

    /** All of its spec, those of other namespaces left aside, in the order in which they stand there. */
    static List<CustomReference> of(Snapshot snapshot, Obj o) {
        var found = new ArrayList<CustomReference>();
        new Walk(snapshot, o, found).fields(o.at("/spec"), "spec", 0);
        o.labels().forEach((label, value) -> snapshot.objects().keySet().stream() // its operator's, such as strimzi.io/cluster
            .filter(k -> label.contains("/") && k.endsWith("." + label.substring(0, label.indexOf('/'))) && !k.startsWith(o.kind() + "."))
            .flatMap(k -> snapshot.find(k, value).stream()).findFirst()
            .ifPresent(c -> found.add(new CustomReference("metadata.labels[" + label + "]", c.kind(), c.name()))));
        found.removeIf(r -> r.kind().equals("Secret") && makes(o, r.name()));
        return found;
    }

    /** What a message names: {@code SecretStore "vault" is not ready}. */
    static Stream<Obj> in(Snapshot snapshot, String message) {
        return TOLD.matcher(message).results().flatMap(m -> new CustomReference("", m.group(1), m.group(2)).target(snapshot).stream());
    }

    /** Whether it is to make the Secret of this name: a certificate, an external or a sealed secret. */
    static boolean makes(Obj o, String secret) {
        return MADE.stream()
            .anyMatch(p -> o.text("/spec" + p).equals(secret) && (!p.equals("/secretName") || o.kind().equals("Certificate")))
            || o.name().equals(secret) && o.kind().matches(".*Secret|OnePasswordItem");
    }

    Optional<Obj> target(Snapshot snapshot) {
        return keys(snapshot).flatMap(k -> snapshot.find(k, name).stream()).findFirst();
    }

    /** Its kind was read, and there is no object of that name. */
    boolean missing(Snapshot snapshot) {
        return keys(snapshot).findAny().isPresent() && target(snapshot).isEmpty();
    }

    private Stream<String> keys(Snapshot snapshot) {
        return kind.isEmpty() ? Stream.empty() : snapshot.objects().keySet().stream()
            .filter(k -> k.equals(kind) || k.startsWith(kind + "."));
    }

    private record Walk(Snapshot snapshot, Obj o, List<CustomReference> found) {
        void fields(JsonNode node, String path, int depth) {
            if (depth < DEPTH) {
                node.properties().stream().filter(e -> !FOREIGN.contains(e.getKey()))
                    .forEach(e -> field(e, path + "." + e.getKey(), depth));
            }
        }

        private void field(Map.Entry<String, JsonNode> e, String path, int depth) {
            if (e.getValue().isArray()) {
                for (int i = 0; i < e.getValue().size(); i++) {
                    value(e.getKey(), e.getValue().get(i), path + "[" + i + "]", depth);
                }
            } else {
                value(e.getKey(), e.getValue(), path, depth);
            }
        }

        private void value(String field, JsonNode value, String path, int depth) {
            if (value.isString() && field.matches("\\w+(Ref|Name)")) {
                add(kind(field, value), path, value.asString(""), value);
            } else if (value.path("name").isString() && (field.matches(".*(Refs?|References?)")
                || value.properties().stream().allMatch(p -> PARTS.contains(p.getKey())))) {
                add(kind(field, value), path + ".name", Json.text(value, "name"), value);
            } else {
                fields(value, path, depth + 1);
            }
        }

        private void add(String kind, String path, String name, JsonNode at) {
            var namespace = Json.text(at, "namespace");
            if (!kind.isEmpty() && !name.isEmpty() && (namespace.isEmpty() || namespace.equals(snapshot.namespace()))) {
                found.add(new CustomReference(path, kind, name));
            }
        }

        private String kind(String field, JsonNode value) {
            if (value.path("kind").isString()) {
                return Json.text(value, "kind");
            }
            var match = FIELD.matcher(field);
            var stem = match.matches() ? match.group(1) : field;
            if (stem.matches("(?i).*secrets?(key)?")) {
                return "Secret";
            }
            return stem.matches("(?i).*configMap(key)?") ? "ConfigMap" : stem.equals("dependsOn") ? o.kind()
                : kinds(k -> k.equalsIgnoreCase(stem)).or(() -> Optional.ofNullable(USUAL.get(stem)))
                .or(() -> stem.length() < 5 ? Optional.empty()
                : kinds(k -> k.endsWith(stem.substring(0, 1).toUpperCase(Locale.ROOT) + stem.substring(1)))).orElse("");
        }

        /** Of the resource's own group rather than of another. */
        private Optional<String> kinds(Predicate<String> wanted) {
            return snapshot.objects().keySet().stream().filter(k -> k.contains("."))
                .sorted(Comparator.comparing((String k) -> !k.endsWith("." + o.group())).thenComparing(k -> k))
                .map(k -> k.substring(0, k.indexOf('.'))).filter(wanted).findFirst();
        }
    }
}

/**
 * How the user wants a kind of custom resource judged.
 *
 * @param kind      {@code Kind.group}, or {@code *.group} for all kinds of a group
 * @param condition whose status or reason is compared; empty where a path is read
 * @param pointer   JSON pointer of the value that is compared; empty where a condition is
 * @param ignore    whether objects of the kind are not judged at all
 */
record CustomRule(String kind, String condition, String pointer, List<String> ready, List<String> failed, List<String> idle,
    boolean ignore) {
    boolean about(Obj o) {
        return kind.equals(o.kind() + "." + o.group()) || kind.equals("*." + o.group());
    }

    /** What is read, as people write it. */
    String named() {
        return condition.isEmpty() ? pointer.substring(1).replace('/', '.') : "condition " + condition;
    }

    /** What the value (of a condition its status or reason) means; any that is not named is progress. */
    State state(String value, String reason) {
        return has(failed, value, reason) ? State.failed : has(idle, value, reason) ? State.suspended
            : has(ready, value, reason) ? State.ready : State.progressing;
    }

    private static boolean has(List<String> values, String value, String reason) {
        return values.stream().anyMatch(v -> v.equalsIgnoreCase(value) || !reason.isEmpty() && v.equalsIgnoreCase(reason));
    }
}

/** An event as both event APIs tell it, with the best time that it has. */
record Event(String uid, String kind, String name, String type, String reason,
    String message, String field, long count, String first, String last) {
    static Event of(Obj e) {
        var about = e.has("/involvedObject") ? "/involvedObject" : "/regarding";
        var created = e.created();
        var time = first(e, created, "/eventTime", "/firstTimestamp", "/deprecatedFirstTimestamp");
        return new Event(e.text(about + "/uid"), e.text(about + "/kind"), e.text(about + "/name"), e.text("/type"), e.text("/reason"),
            first(e, "", "/message", "/note"), e.text(about + "/fieldPath"),
                Math.max(1, Math.max(e.number("/series/count", 0), Math.max(e.number("/count", 0), e.number("/deprecatedCount", 0)))),
            first(e, time, "/firstTimestamp", "/deprecatedFirstTimestamp"), first(e, time, "/series/lastObservedTime", "/lastTimestamp",
                "/deprecatedLastTimestamp"));
    }

    private static String first(Obj e, String otherwise, String... pointers) {
        for (var pointer : pointers) {
            if (e.has(pointer) && !e.text(pointer).isEmpty()) {
                return e.text(pointer);
            }
        }
        return otherwise;
    }

    /** Names are used again by the next object; a uid is not. */
    boolean about(Obj object) {
        return uid.isEmpty() || object.uid().isEmpty() ? kind.equals(object.kind())
            && name.equals(object.name()) : uid.equals(object.uid());
    }

    boolean aboutContainer(String container) {
        return field.isEmpty() || field.endsWith("{" + container + "}");
    }

    Evidence evidence(Obj object) {
        return new Evidence("event", object.ref(), reason, message, count, first, last);
    }
}

/** One proof: where it was read ({@code status|condition|event|log|spec|apply}), and what stood there. Text is data from the cluster. */
record Evidence(String source, String path, String reason, String message, long count, String firstSeen, String lastSeen) {
    static Evidence condition(Obj object, JsonNode condition) {
        var since = Json.text(condition, "lastTransitionTime");
        return new Evidence("condition", object.ref() + "/conditions[" + Json.text(condition, "type") + "]",
            Json.text(condition, "reason"), Json.text(condition, "message"), 1, since, since);
    }

    /** A field of the object and what is wrong with it. */
    static Evidence field(Obj object, String path, String value) {
        return new Evidence(path.startsWith("status") ? "status" : "spec", object.ref() + "/" + path, "", value, 1, "", "");
    }

    /** What a status says, with a reason of its own. */
    static Evidence status(String path, String reason, String message) {
        return new Evidence("status", path, reason, message, 1, "", "");
    }
}

/** Objects by {@code kind/namespace/name} and by their owners' uids: with thousands of pods every rule must look up, not search. */
record Index(Map<String, Obj> byName, Map<String, List<Obj>> byOwner, Set<String> byUid) {
    static Index of(Map<String, List<Obj>> objects) {
        var index = new Index(new HashMap<>(), new HashMap<>(), new HashSet<>());
        objects.forEach((kind, all) -> all.forEach(o -> {
            index.byName.putIfAbsent(kind + "/" + o.namespace() + "/" + o.name(), o);
            index.byUid.add(o.uid());
            o.list("/metadata/ownerReferences").forEach(owner -> index.byOwner.computeIfAbsent(Json.text(owner, "uid"),
                uid -> new ArrayList<>()).add(o));
        }));
        return index;
    }
}

/** A kind of resource as the API server's discovery names it. */
record Kind(String apiVersion, String name, String plural, boolean namespaced) {
    static final Kind POD = of("v1", "Pod");
    static final Kind NAMESPACE = clusterWide("v1", "Namespace");
    static final Kind NODE = clusterWide("v1", "Node");
    static final Kind EVENT = of("v1", "Event");
    static final Kind CONFIG_MAP = of("v1", "ConfigMap");
    static final Kind SECRET = of("v1", "Secret");
    static final Kind SERVICE = of("v1", "Service");
    static final Kind SERVICE_ACCOUNT = of("v1", "ServiceAccount");
    static final Kind PVC = of("v1", "PersistentVolumeClaim");
    static final Kind DEPLOYMENT = of("apps/v1", "Deployment");
    static final Kind STATEFUL_SET = of("apps/v1", "StatefulSet");
    static final Kind DAEMON_SET = of("apps/v1", "DaemonSet");
    static final Kind REPLICA_SET = of("apps/v1", "ReplicaSet");
    static final Kind JOB = of("batch/v1", "Job");
    static final Kind ENDPOINT_SLICE = of("discovery.k8s.io/v1", "EndpointSlice");
    static final Kind STORAGE_CLASS = clusterWide("storage.k8s.io/v1", "StorageClass");
    static final Kind HPA = of("autoscaling/v2", "HorizontalPodAutoscaler");

    /** One of Kubernetes' own, whose plurals follow the rules; those of others are asked of the server. */
    static Kind of(String apiVersion, String name) {
        var one = name.toLowerCase(Locale.ROOT);
        var many = one.endsWith("y") ? one.substring(0, one.length() - 1) + "ies" : one + (one.endsWith("s") ? "es" : "s");
        return new Kind(apiVersion, name, many, true);
    }

    static Kind clusterWide(String apiVersion, String name) {
        return new Kind(apiVersion, name, of(apiVersion, name).plural, false);
    }

    /** The name that its CustomResourceDefinition has. */
    String definition() {
        return plural + "." + group();
    }

    String group() {
        return Obj.group(apiVersion);
    }

    /** Such an object, of which nothing but its name is said. */
    ObjectNode named(String object) {
        var body = Json.MAPPER.createObjectNode().put("apiVersion", apiVersion).put("kind", name);
        body.putObject("metadata").put("name", object);
        return body;
    }

    /** Path of the collection ({@code object} null) or of one object; {@code namespace} null means all namespaces. */
    String path(String namespace, String object) {
        return (group().isEmpty() ? "/api/" : "/apis/") + apiVersion
            + (namespaced && namespace != null ? "/namespaces/" + namespace : "") + "/" + plural + (object == null ? "" : "/" + object);
    }
}

/** Kubernetes' own kinds: which groups are built in, and which of their kinds can be ready or not. */
static final class Kinds {
    /** Groups of the API server itself; "" is the core group. Every other group is a custom resource's. */
    static final Set<String> BUILT_IN_GROUPS = Set.of("", "apps", "batch", "autoscaling", "policy", "networking.k8s.io",
        "rbac.authorization.k8s.io", "storage.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
        "scheduling.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "node.k8s.io", "certificates.k8s.io", "events.k8s.io",
        "flowcontrol.apiserver.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "resource.k8s.io");
    /** What gates when a whole namespace is judged. */
    static final Set<String> WORKLOADS = Set.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController",
        "Job", "Pod", "PersistentVolumeClaim");
    /** What gates beside workloads when it was applied. */
    static final Set<String> ALSO_JUDGED = Set.of("CronJob", "PersistentVolume", "Service", "Ingress", "HorizontalPodAutoscaler",
        "PodDisruptionBudget", "CustomResourceDefinition", "APIService", "Namespace",
        "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration");
    /** What makes pods of a template. */
    static final List<String> TEMPLATED =
        List.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job");

    /** Whether a kind of a built-in group can be ready or not; of the others it is enough that they exist. */
    static boolean judged(String kind) {
        return WORKLOADS.contains(kind) || ALSO_JUDGED.contains(kind);
    }
}

/** Labels and annotations of ours. */
static final class Labels {
    static final String US = "ensure-ready";
    static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    static final String SLOT = "ensure-ready/slot";
    static final String ENV = "ensure-ready/env";
    static final String ISSUE = "ensure-ready/issue";
    static final String EXPIRES = "ensure-ready/expires-at";
    static final String APPLIED = "ensure-ready/applied-at";

    /** Annotations of the user's, {@code "true"}: an object is not judged; its failure is told and does not block. */
    static final String IGNORE = "ensure-ready/ignore";
    static final String TOLERATE = "ensure-ready/tolerate";
    /** The user's: a bare pod that never ends, though its restartPolicy is Never or OnFailure. */
    static final String SERVER = "ensure-ready/server";

    /** Labels and annotations of what this tool creates. */
    static void mark(ObjectNode metadata, String env, int slot, int issue, Optional<Instant> expires) {
        var labels = metadata.putObject("labels").put(MANAGED_BY, US).put(ENV, env);
        if (slot > 0) {
            labels.put(SLOT, "" + slot);
        }
        if (issue > 0) {
            labels.put(ISSUE, "" + issue);
        }
        expires.ifPresent(at -> metadata.putObject("annotations").put(EXPIRES, at.toString()));
    }
}

/** The tail of a container's log; {@code previous} when it is of the run before the last restart. */
record Log(String pod, String container, boolean previous, List<String> lines) { }

/** One Kubernetes object as the API server or a manifest gives it; rules read it by JSON pointers and never see null. */
record Obj(JsonNode json) {
    /** How an element of a list is written in a path: by what tells it for Kubernetes too, else by its place. */
    static String element(JsonNode element, int place) {
        return Stream.of("mountPath", "name", "key", "topologyKey").map(k -> element.path(k).asString(""))
            .filter(n -> !n.isEmpty()).findFirst().orElse(String.valueOf(place));
    }

    String ref() {
        return Kubectl.ref(kind(), name());
    }

    String apiVersion() {
        return text("/apiVersion");
    }

    String kind() {
        return text("/kind");
    }

    /** Empty for the core group. */
    String group() {
        return group(apiVersion());
    }

    static String group(String apiVersion) {
        return apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
    }

    /** False for custom resources. */
    boolean builtIn() {
        return Kinds.BUILT_IN_GROUPS.contains(group());
    }

    /** Whether there is more to say of this kind than that it exists. */
    boolean judged() {
        return !builtIn() || Kinds.judged(kind());
    }

    String name() {
        return text("/metadata/name");
    }

    String namespace() {
        return text("/metadata/namespace");
    }

    String uid() {
        return text("/metadata/uid");
    }

    /** When it was made, as the API writes times: the later one is the greater text. */
    String created() {
        return text("/metadata/creationTimestamp");
    }

    long generation() {
        return number("/metadata/generation", 0);
    }

    JsonNode at(String pointer) {
        return json.at(pointer);
    }

    boolean has(String pointer) {
        return !json.at(pointer).isMissingNode() && !json.at(pointer).isNull();
    }

    /** The text there, or an empty one. */
    String text(String pointer) {
        return json.at(pointer).asString("");
    }

    /** The number there; numbers written as text count too, as some operators write observedGeneration so. */
    long number(String pointer, long otherwise) {
        return json.at(pointer).asLong(otherwise);
    }

    boolean is(String pointer) {
        return json.at(pointer).asBoolean(false);
    }

    List<JsonNode> list(String pointer) {
        var items = new ArrayList<JsonNode>();
        json.at(pointer).forEach(items::add);
        return items;
    }

    Map<String, String> map(String pointer) {
        var map = new LinkedHashMap<String, String>();
        json.at(pointer).properties().forEach(e -> map.put(e.getKey(), e.getValue().asString("")));
        return map;
    }

    /** Of a ConfigMap, and of a Secret as it is kept: of that nothing else is known. */
    List<String> keys() {
        return Stream.concat(list("/keys").stream().map(k -> k.asString("")), Stream.of("/data", "/binaryData")
            .flatMap(p -> map(p).keySet().stream())).sorted().toList();
    }

    Map<String, String> labels() {
        return map("/metadata/labels");
    }

    String annotation(String key) {
        return json.at("/metadata/annotations").path(key).asString("");
    }

    boolean deleting() {
        return has("/metadata/deletionTimestamp");
    }

    /** The RFC 3339 time there, if it is one. */
    Optional<Instant> time(String pointer) {
        return instant(text(pointer));
    }

    /** The same of a text. */
    static Optional<Instant> instant(String text) {
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(text));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** The condition of this type, or a missing node. */
    JsonNode condition(String type) {
        return list("/status/conditions").stream().filter(c -> Json.text(c, "type").equals(type))
            .findFirst().orElse(MissingNode.getInstance());
    }

    static boolean isTrue(JsonNode condition) {
        return Json.text(condition, "status").equalsIgnoreCase("True"); // some operators write a boolean
    }

    /** Its opposite; neither holds of a condition that is not there or not known. */
    static boolean isFalse(JsonNode condition) {
        return Json.text(condition, "status").equalsIgnoreCase("False");
    }

    /** The ownerReference with controller: true, or a missing node. */
    JsonNode controller() {
        return list("/metadata/ownerReferences").stream().filter(o -> o.path("controller").asBoolean(false))
            .findFirst().orElse(MissingNode.getInstance());
    }

    boolean ownedBy(Obj owner) {
        return !owner.uid().isEmpty() && list("/metadata/ownerReferences").stream()
            .anyMatch(o -> Json.text(o, "uid").equals(owner.uid()));
    }
}

/** How a run ended; {@link #word} is what the JSON says. */
enum Outcome {
    ready, not_ready, timeout, failed, apply_failed, prepare_failed, no_cluster, forbidden, interrupted, no_slot, released, attached;

    /** Of the process; {@code soft}: trouble with the infrastructure is none. */
    int exitCode(boolean soft) {
        return switch (this) {
            case ready, released, attached -> 0;
            case no_slot -> 11;
            case interrupted -> 130;
            default -> soft ? 0 : 10;
        };
    }

    String word() {
        return name().replace('_', '-');
    }
}

/** Who made whom in a snapshot: a pod's workload, a Deployment's newest revision, and the pods of the newest revision. Pure. */
static final class Ownership {
    /**
     * The workload that speaks for a pod: through its ReplicaSet the Deployment; the pod itself when nobody made it, or an operator did,
     * whose custom resource may say what it likes.
     */
    static Ref workload(Snapshot snapshot, Obj pod) {
        var controller = pod.controller();
        if (speaks(pod)) {
            return Ref.of(pod);
        }
        var owner = Ref.of(controller);
        if (!owner.is("ReplicaSet")) {
            return owner;
        }
        var set = snapshot.find("ReplicaSet", pod.namespace(), owner.name());
        return set.filter(rs -> !rs.controller().isMissingNode())
            .map(rs -> ownedByBuiltIn(rs) ? Ref.of(rs.controller()) : owner).orElseGet(() -> byName(snapshot, owner));
    }

    /** Where ReplicaSets may not be read: a Deployment's are called as it is, and a hash. */
    private static Ref byName(Snapshot snapshot, Ref set) {
        var cut = set.name().lastIndexOf('-') > 0 ? set.name().substring(0, set.name().lastIndexOf('-')) : set.name();
        return snapshot.find("Deployment", cut).isPresent() ? new Ref("Deployment", cut) : set;
    }

    /** Whether a pod is judged by itself: nobody made it, or an operator. */
    static boolean speaks(Obj pod) {
        return !ownedByBuiltIn(pod) && !Ref.of(pod.controller()).is("Node");
    }

    /** Owned by something that speaks for it: a Deployment for its ReplicaSets, a CronJob for its Jobs. */
    static boolean ownedByBuiltIn(Obj o) {
        var owner = o.controller();
        return !owner.isMissingNode() && !Ref.of(owner).is("Node")
            && Kinds.BUILT_IN_GROUPS.contains(Obj.group(Json.text(owner, "apiVersion")));
    }

    /**
     * What an operator made for a custom resource: by ownerReference, or, since some set none, by a label that holds the resource's name
     * and a name that begins with it. What the manifests hold is nobody's work.
     */
    static List<Obj> madeFor(Snapshot snapshot, Obj custom) {
        var made = new ArrayList<>(snapshot.ownedBy(custom));
        if (!custom.kind().matches(".*(Secret|Certificate|Route|Policy|Monitor|Rule|Issuer)")) {
            Kinds.WORKLOADS.stream().flatMap(kind -> snapshot.all(kind).stream())
                .filter(w -> w.controller().isMissingNode() && called(w, custom) && snapshot.applied(w.kind(), w.name()).isEmpty())
                .forEach(made::add);
        }
        return made;
    }

    /** Whether a label of its operator's, or a common one and its name, name the custom resource. */
    static boolean called(Obj o, Obj custom) {
        boolean named = (o.name().equals(custom.name()) || o.name().startsWith(custom.name() + "-"))
            && !o.labels().getOrDefault(Labels.MANAGED_BY, "").equals("Helm");
        return o.labels().entrySet().stream().anyMatch(l -> l.getValue().equals(custom.name())
            && (l.getKey().contains("/") && ("." + custom.group()).endsWith("." + l.getKey().replaceFirst("/.*", ""))
                || named && l.getKey().matches("(?i)(.*/)?(instance|.*cluster.*)")));
    }

    /** The ReplicaSet of a Deployment's newest revision, once the controller has made it; old ones say nothing about the rollout. */
    static Optional<Obj> newestReplicaSet(Snapshot snapshot, Obj deployment) {
        return snapshot.ownedBy("ReplicaSet", deployment).stream().max(Comparator.comparingLong(Ownership::revision)
            .thenComparing(rs -> rs.created()).thenComparing(Obj::name));
    }

    private static long revision(Obj o) {
        var text = o.annotation("deployment.kubernetes.io/revision");
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    /** False for pods of a Deployment's revision that is being replaced. */
    static boolean current(Snapshot snapshot, Obj pod) {
        var controller = pod.controller();
        if (!Ref.of(controller).is("ReplicaSet")) {
            return true;
        }
        if (!snapshot.knows("ReplicaSet")) {
            return snapshot.find("Deployment", pod.namespace(), workload(snapshot, pod).name()).map(d -> youngestPods(snapshot, d))
                .filter(young -> !young.contains(pod)).isEmpty();
        }
        var set = snapshot.find("ReplicaSet", pod.namespace(), Json.text(controller, "name"));
        var deployment = set.flatMap(rs -> rs.list("/metadata/ownerReferences").stream()
            .flatMap(o -> snapshot.find("Deployment", pod.namespace(), Json.text(o, "name")).stream())
            .filter(rs::ownedBy).findFirst());
        return deployment.flatMap(d -> newestReplicaSet(snapshot, d)).map(rs -> rs.name().equals(set.get().name())).orElse(true);
    }

    /** Pods of the revision that is being rolled out: only their faults are the new release's faults. */
    static List<Obj> newestPods(Snapshot snapshot, Obj w) {
        return switch (w.kind()) {
            case "Pod" -> List.of(w);
            case "Deployment" -> snapshot.knows("ReplicaSet") ? newestReplicaSet(snapshot, w)
                .map(rs -> snapshot.ownedBy("Pod", rs)).orElse(List.of()) : youngestPods(snapshot, w);
            case "StatefulSet" -> snapshot.ownedBy("Pod", w).stream().filter(p -> p.labels().getOrDefault("controller-revision-hash", "")
                .equals(w.text("/status/updateRevision"))).toList();
            case "DaemonSet" -> {
                var generation = w.annotation("deprecated.daemonset.template.generation");
                yield snapshot.ownedBy("Pod", w).stream().filter(p -> generation.isEmpty()
                    || p.labels().getOrDefault("pod-template-generation", generation).equals(generation)).toList();
            }
            default -> snapshot.ownedBy("Pod", w);
        };
    }

    /** Without rights to read ReplicaSets: the pods that share the youngest pod's template hash. */
    private static List<Obj> youngestPods(Snapshot snapshot, Obj deployment) {
        var selector = deployment.map("/spec/selector/matchLabels").entrySet();
        var pods = snapshot.all("Pod").stream()
            .filter(p -> p.namespace().equals(deployment.namespace()) && Ref.of(p.controller()).is("ReplicaSet")
            && p.labels().entrySet().containsAll(selector)).toList();
        var hash = pods.stream().max(Comparator.comparing(Obj::created))
            .map(p -> p.labels().getOrDefault("pod-template-hash", ""));
        return pods.stream().filter(p -> p.labels().getOrDefault("pod-template-hash", "").equals(hash.orElse(""))).toList();
    }
}

/** What a pod's status says of it, over init, sidecar and main containers. Pure. */
static final class Pods {
    /** Ready, and not about to go away. */
    static boolean ready(Obj pod) {
        return !pod.deleting() && saysReady(pod);
    }

    /** Its Ready condition alone. */
    static boolean saysReady(Obj pod) {
        return Obj.isTrue(pod.condition("Ready"));
    }

    static boolean ended(Obj pod) {
        return pod.text("/status/phase").equals("Succeeded") || pod.text("/status/phase").equals("Failed");
    }

    /** Statuses of init containers first, then of the main ones: the order in which they start. */
    static List<JsonNode> containers(Obj pod) {
        var all = pod.list("/status/initContainerStatuses");
        all.addAll(pod.list("/status/containerStatuses"));
        return all;
    }

    /** The status of the container of this name, or a missing node. */
    static JsonNode container(Obj pod, String name) {
        return containers(pod).stream().filter(c -> Json.text(c, "name").equals(name)).findFirst().orElse(MissingNode.getInstance());
    }

    static boolean initContainer(Obj pod, JsonNode container) {
        return pod.list("/status/initContainerStatuses").stream().anyMatch(c -> c.path("name").equals(container.path("name")));
    }

    /** The containers of a pod's spec; those that start first come first. */
    static Stream<JsonNode> specs(JsonNode podSpec) {
        return Stream.of("initContainers", "containers").flatMap(list -> podSpec.path(list).valueStream());
    }

    /** Native ones: init containers that run beside the main ones, with probes of their own. */
    private static Stream<JsonNode> sidecars(Obj pod) {
        return pod.list("/spec/initContainers").stream().filter(c -> Json.text(c, "restartPolicy").equals("Always"));
    }

    static boolean sidecar(Obj pod, JsonNode container) {
        return sidecars(pod).anyMatch(c -> c.path("name").equals(container.path("name")));
    }

    /** Whether this container has ever begun, so that its image and what it refers to were there. */
    static boolean started(Obj pod, String container) {
        var status = container(pod, container);
        return status.at("/state/running").isObject() || status.path("restartCount").asLong(0) > 0;
    }

    /** Since when it is ready, or ended; long ago when it does not say. */
    static Instant settledAt(Obj pod) {
        return Obj.instant(pod.condition("Ready").path("lastTransitionTime").asString("")).orElse(Instant.EPOCH);
    }

    static long restarts(Obj pod) {
        return containers(pod).stream().mapToLong(c -> c.path("restartCount").asLong(0)).sum();
    }

    /** Whether a container has run for so much longer than the time before that the end of that tells nothing of how it is now. */
    static boolean outlived(JsonNode container, Instant now) {
        var last = container.at("/lastState/terminated");
        var ran = between(last.path("startedAt"), Obj.instant(Json.text(last, "finishedAt")));
        return between(container.at("/state/running/startedAt"), Optional.of(now)) >= Math.min(3600, Math.max(600, 2 * ran));
    }

    private static long between(JsonNode start, Optional<Instant> end) {
        return Obj.instant(start.asString("")).flatMap(s -> end.map(e -> Duration.between(s, e).toSeconds())).orElse(0L);
    }

    /** A container may have a policy of its own (Kubernetes 1.35); else the pod's holds. */
    static boolean endless(Obj pod, JsonNode container) {
        return container.path("restartPolicy").asString(pod.text("/spec/restartPolicy")).matches("Always|");
    }

    /** Whether a main container never ends, so that the pod does not either. */
    static boolean endless(Obj pod) {
        return pod.list("/spec/containers").stream().anyMatch(c -> endless(pod, c));
    }

    /** Whether a rule of the container (Kubernetes 1.35) has it, or the whole pod, start again after this exit code: that is no failure. */
    static boolean startsAgain(Obj pod, String container, String exitCode) {
        return pod.list("/spec/containers").stream().filter(c -> Json.text(c, "name").equals(container))
            .flatMap(c -> c.path("restartPolicyRules").valueStream()).map(rule -> rule.path("exitCodes"))
            .anyMatch(codes -> Json.text(codes, "operator").equals("In")
                == codes.path("values").valueStream().anyMatch(v -> v.asString("").equals(exitCode)));
    }

    /** Whether a container counts as ready as soon as it runs, because nothing probes it. */
    static boolean unprobed(Obj pod) {
        return Stream.concat(sidecars(pod), pod.list("/spec/containers").stream()).anyMatch(c -> c.path("readinessProbe").isMissingNode());
    }

    /**
     * How long after the start of its last container the kubelet called the pod ready; nothing where a probe or a hook takes part in it.
     */
    static Duration startToldAfter(Obj pod) {
        var ready = pod.condition("ContainersReady");
        var told = Obj.instant(Json.text(ready, "lastTransitionTime"));
        var waits = specs(pod.at("/spec")).anyMatch(c -> c.has("readinessProbe") || c.has("startupProbe") || c.has("lifecycle"));
        return waits || !Obj.isTrue(ready) || told.isEmpty() ? Duration.ZERO : containers(pod).stream()
            .flatMap(c -> Obj.instant(c.at("/state/running/startedAt").asString("")).stream()).max(Comparator.naturalOrder())
            .map(start -> Duration.between(start, told.get())).filter(d -> !d.isNegative()).orElse(Duration.ZERO);
    }
}

/** What is broken before anything reaches the cluster: a piece of the manifests, or a command; {@code detail} has its last lines. */
record Problem(Source source, String message, Code code, String detail) {
    Problem(Source source, String message) {
        this(source, message, Code.MANIFEST_UNREADABLE, "");
    }

    /** As the diagnosis takes it: like an object that could not be applied, but of no API. */
    Applied asApplied() {
        var object = Json.MAPPER.createObjectNode().put("kind", code == Code.MANIFEST_UNREADABLE ? "Manifest" : "Command");
        object.putObject("metadata").put("name", source.file());
        return new Applied(new Obj(object), source, Result.failed, 0, "", code.name(), detail.isEmpty() ? message : detail);
    }
}

/** An object of the namespace by kind and name, as the diagnosis and its JSON write it: {@code Deployment/web}. */
record Ref(String kind, String name) implements Comparable<Ref> {
    static Ref of(Obj o) {
        return new Ref(o.kind(), o.name());
    }

    static Ref of(Workload w) {
        return new Ref(w.kind(), w.name());
    }

    /** An ownerReference or another node with these two fields. */
    static Ref of(JsonNode reference) {
        return new Ref(Json.text(reference, "kind"), Json.text(reference, "name"));
    }

    boolean is(String otherKind) {
        return kind.equals(otherKind);
    }

    @Override
    public int compareTo(Ref other) {
        return kind.equals(other.kind) ? name.compareTo(other.name) : kind.compareTo(other.kind);
    }

    @Override
    public String toString() {
        return kind + "/" + name;
    }
}

/** What a pod template refers to by name. */
static final class References {
    /** One reference; {@code key} empty when the whole object is meant, {@code pull} for a pull secret. */
    record Ref(String kind, String name, String key, boolean optional, boolean pull) { }

    static List<Ref> of(JsonNode spec) {
        var refs = new LinkedHashSet<Ref>();
        spec.path("volumes").forEach(v -> refs.addAll(ofVolume(v)));
        Pods.specs(spec).forEach(c -> {
            c.path("env").forEach(e -> {
                ref(refs, "Secret", e.at("/valueFrom/secretKeyRef"), "name");
                ref(refs, "ConfigMap", e.at("/valueFrom/configMapKeyRef"), "name");
            });
            c.path("envFrom").forEach(e -> {
                ref(refs, "Secret", e.path("secretRef"), "name");
                ref(refs, "ConfigMap", e.path("configMapRef"), "name");
            });
        });
        spec.path("imagePullSecrets").forEach(p -> refs.add(new Ref("Secret", Json.text(p, "name"), "", false, true)));
        return List.copyOf(refs);
    }

    /** The names of its claims. */
    static Stream<String> claims(JsonNode spec) {
        return of(spec).stream().filter(r -> r.kind().equals("PersistentVolumeClaim")).map(Ref::name);
    }

    /** The ServiceAccount, under the field's old name too. */
    static String account(JsonNode spec) {
        return spec.path("serviceAccountName").asString(spec.path("serviceAccount").asString("default"));
    }

    static List<Ref> ofVolume(JsonNode volume) {
        var refs = new LinkedHashSet<Ref>();
        ref(refs, "Secret", volume.path("secret"), "secretName");
        ref(refs, "ConfigMap", volume.path("configMap"), "name");
        ref(refs, "PersistentVolumeClaim", volume.path("persistentVolumeClaim"), "claimName");
        for (var source : volume.at("/projected/sources")) {
            ref(refs, "Secret", source.path("secret"), "name");
            ref(refs, "ConfigMap", source.path("configMap"), "name");
        }
        return List.copyOf(refs);
    }

    private static void ref(Set<Ref> refs, String kind, JsonNode at, String nameKey) {
        var name = at.path(nameKey).asString("");
        if (!name.isEmpty() && !name.equals("kube-root-ca.crt")) { // that one every namespace gets a moment after it was made
            refs.add(new Ref(kind, name, Json.text(at, "key"), at.path("optional").asBoolean(false), false));
        }
    }
}

/** What an apply did with an object; {@code pending}: it is still to be tried, or to be tried again. */
enum Result { created, configured, unchanged, recreated, failed, skipped, pending }

/** What Secrets hold, to mask it wherever it appears; it never leaves the process. */
static final class SecretValues {
    /** Values by {@code name#key}, of the API's objects and of manifests; what is not base64 is taken as it stands. */
    static Map<String, String> of(List<Obj> objects) {
        var values = new TreeMap<String, String>();
        objects.stream().filter(o -> o.kind().equals("Secret")).forEach(secret -> {
            secret.map("/data").forEach((key, data) -> values.put(secret.name() + "#" + key, decoded(data)));
            secret.map("/stringData").forEach((key, text) -> values.put(secret.name() + "#" + key, text));
        });
        return values;
    }

    private static String decoded(String data) {
        try {
            return new String(Base64.getDecoder().decode(data.replaceAll("\\s", "")), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return data;
        }
    }
}

/** Label selectors as the API means them. */
static final class Selector {
    static boolean matches(JsonNode selector, Map<String, String> labels) {
        return selector.path("matchLabels").properties().stream().allMatch(e -> e.getValue().asString("").equals(labels.get(e.getKey())))
            && expressions(selector, labels);
    }

    /** A node selector's term has nothing else. */
    static boolean expressions(JsonNode selector, Map<String, String> labels) {
        return selector.path("matchExpressions").valueStream().allMatch(e -> expression(e, labels));
    }

    private static boolean expression(JsonNode e, Map<String, String> labels) {
        var value = labels.get(Json.text(e, "key"));
        var values = e.path("values").valueStream().map(v -> v.asString("")).toList();
        return switch (Json.text(e, "operator")) {
            case "In" -> value != null && values.contains(value);
            case "NotIn" -> value == null || !values.contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "Gt" -> number(value) > number(values.isEmpty() ? null : values.get(0));
            case "Lt" -> value != null && number(value) < number(values.isEmpty() ? null : values.get(0));
            default -> false;
        };
    }

    private static long number(String text) {
        try {
            return text == null ? Long.MIN_VALUE : Long.parseLong(text);
        } catch (NumberFormatException e) {
            return Long.MIN_VALUE;
        }
    }
}

/**
 * All that is known of a namespace at one moment; rules read nothing else.
 *
 * @param objects by {@link #key}: the kind's name, for custom resources {@code Kind.group}; a kind that was never asked for is absent, one
 * that has no objects is empty
 * @param applied what the apply did, in manifest order; empty when nothing was applied
 * @param logs    tails of failing containers by {@code pod/container}; filled for the diagnosis only
 * @param limited what could not be read, such as {@code events: forbidden}
 * @param rules   how the user wants custom resources judged
 */
record Snapshot(String namespace, Instant at, Map<String, List<Obj>> objects,
    List<Applied> applied, Map<String, Log> logs, List<String> limited, List<CustomRule> rules, Index index) {
    /** Begins the lines of {@code limited} that tell of custom resources of kinds that may not be read. */
    static final String CUSTOM = "custom resources: ";

    Snapshot(String namespace, Instant at, Map<String, List<Obj>> objects,
        List<Applied> applied, Map<String, Log> logs, List<String> limited) {
        this(namespace, at, objects, applied, logs, limited, List.of(), Index.of(objects));
    }

    Snapshot with(List<CustomRule> others) {
        return new Snapshot(namespace, at, objects, applied, logs, limited, others, index);
    }

    Snapshot and(List<Applied> more) {
        return new Snapshot(namespace, at, objects, Stream.concat(more.stream(), applied.stream()).toList(), logs, limited, rules, index);
    }

    /** Under which a kind's objects stand: two groups may have a Service. */
    static String key(String apiVersion, String kind) {
        var group = Obj.group(apiVersion);
        return Kinds.BUILT_IN_GROUPS.contains(group) ? kind : kind + "." + group;
    }

    static String key(Obj o) {
        return key(o.apiVersion(), o.kind());
    }

    List<Obj> all(String kind) {
        return objects.getOrDefault(kind, List.of());
    }

    /** Of whatever kind that is not Kubernetes' own. */
    Stream<Obj> custom() {
        return objects.values().stream().filter(all -> !all.isEmpty() && !all.get(0).builtIn()).flatMap(List::stream);
    }

    boolean knows(String kind) {
        return objects.containsKey(kind);
    }

    /** Of the slot's namespace, or of none: one of the same name elsewhere is another object. */
    Optional<Obj> find(String kind, String name) {
        return find(kind, namespace, name).or(() -> find(kind, "", name));
    }

    Optional<Obj> find(String kind, String in, String name) {
        return Optional.ofNullable(index.byName().get(kind + "/" + in + "/" + name));
    }

    /** Whether the namespace goes away, or is not there: then nothing in it can be ready; lists of it are simply empty. */
    boolean ends() {
        return knows("Namespace") && find("Namespace", namespace).filter(n -> !n.deleting()).isEmpty();
    }

    /** What the cluster has of an object that a manifest gives. */
    Optional<Obj> live(Obj manifest) {
        var in = manifest.namespace().isEmpty() ? namespace : manifest.namespace();
        return find(key(manifest), in, manifest.name()).or(() -> find(key(manifest), "", manifest.name()));
    }

    /** The same, else that of another namespace which the manifests name. */
    Optional<Obj> anywhere(String kind, String name) {
        return find(kind, name).or(() -> all(kind).stream().filter(o -> o.name().equals(name)).findFirst());
    }

    /** Whether an object is in the slot's namespace; a manifest that names none will be. */
    boolean own(Obj o) {
        return o.namespace().isEmpty() || o.namespace().equals(namespace);
    }

    /** Whether an object of another namespace bears the name of one of the slot's. */
    boolean twin(Obj o) {
        return !own(o) && find(key(o), o.name()).isPresent();
    }

    /** Without such objects and what they made: nothing that is said of them is to be taken for ours. */
    Snapshot withoutTwins() {
        var twins = Collections.<Obj>newSetFromMap(new IdentityHashMap<>());
        objects.values().stream().flatMap(List::stream).filter(this::twin).forEach(o -> leave(o, twins));
        var ours = applied.stream().filter(a -> !twin(a.object())).toList();
        if (twins.isEmpty() && ours.size() == applied.size()) {
            return this;
        }
        var left = new HashMap<String, List<Obj>>();
        objects.forEach((kind, all) -> left.put(kind, all.stream().filter(o -> !twins.contains(o)).toList()));
        return new Snapshot(namespace, at, left, ours, logs, limited, rules, Index.of(left));
    }

    private void leave(Obj o, Set<Obj> twins) {
        if (twins.add(o) && !o.uid().isEmpty()) {
            ownedBy(o).forEach(made -> leave(made, twins));
        }
    }

    /** Whether a live object is what this manifest stands for. */
    boolean same(Obj manifest, Obj live) {
        return key(manifest).equals(key(live)) && manifest.name().equals(live.name()) && (live.namespace().isEmpty()
            || live.namespace().equals(manifest.namespace().isEmpty() ? namespace : manifest.namespace()));
    }

    List<Obj> ownedBy(Obj owner) {
        return index.byOwner().getOrDefault(owner.uid(), List.of());
    }

    List<Obj> ownedBy(String kind, Obj owner) {
        return ownedBy(owner).stream().filter(o -> key(o).equals(kind)).toList();
    }

    Optional<Applied> applied(String kind, String name) {
        return applied.stream().filter(a -> a.object().kind().equals(kind) && a.object().name().equals(name)).findFirst();
    }
}

/**
 * Where an object of a manifest stands: a path as given on the command line, and its first line (1-based; 0: unknown).
 *
 * @param fields the lines of its fields by their paths ({@code spec.replicas}), where the file holds them
 */
record Source(String file, int line, Map<String, Integer> fields) {
    Source(String file, int line) {
        this(file, line, Map.of());
    }

    /** The line of this field, or of what it stands in; the object's where neither is known. */
    int line(String path) {
        for (var p = path; !p.isEmpty(); p = p.substring(0, Math.max(0, Math.max(p.lastIndexOf('.'), p.lastIndexOf('['))))) {
            if (fields.containsKey(p)) {
                return fields.get(p);
            }
        }
        return line;
    }

    @Override
    public String toString() {
        return line > 0 ? file + ":" + line : file;
    }
}

/** How far a workload is. */
enum State { ready, progressing, failed, suspended, unverified }

/** The environment that this run is about; {@code fresh}: its slot was allocated by this run. */
record Target(String env, int slot, String namespace, int issue, int pr, boolean fresh) {
    Map<String, String> placeholders() {
        return Map.of("env", env, "slot", "" + slot, "namespace", namespace, "issue", "" + issue, "pr", "" + pr);
    }

    /** For the user's own commands. */
    Map<String, String> environment() {
        return Map.of("CODEXCTL_ENV", env, "CODEXCTL_SLOT", "" + slot, "CODEXCTL_NAMESPACE",
            namespace, "CODEXCTL_ISSUE_NUMBER", "" + issue, "CODEXCTL_PR_NUMBER", "" + pr);
    }
}

/**
 * A type to follow in a namespace; {@code query} narrows it, {@code namesOnly} asks for metadata alone (no Secret value enters the
 * process).
 */
record Topic(Kind kind, String namespace, String query, boolean namesOnly) {
    static Topic of(Kind kind, String namespace) {
        return new Topic(kind, namespace, "", false);
    }

    String path() {
        return kind.path(namespace, null);
    }

    String key() {
        return Snapshot.key(kind.apiVersion(), kind.name());
    }

    /** Whether objects of this type are judged, and not only help to explain. */
    boolean gates() {
        return !namesOnly && (Kinds.WORKLOADS.contains(kind.name()) || !Kinds.BUILT_IN_GROUPS.contains(kind.group()));
    }

    /** Whether a verdict may hang on it. */
    boolean decides() {
        return !namesOnly && kind != Kind.EVENT && kind != Kind.STORAGE_CLASS;
    }

    String accept() {
        return namesOnly ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" : "application/json";
    }

    String watchAccept() {
        return namesOnly ? "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" : "application/json";
    }
}

/** One judged object, as the JSON gives it. */
record Workload(String kind, String name, State state, long ready, long desired, String message) {
    /** Of another namespace than the slot's, where the name alone would mean another object. */
    Workload in(String namespace) {
        return new Workload(kind, namespace + "/" + name, state, ready, desired, message);
    }

    String ref() {
        return Kubectl.ref(kind, name);
    }
}

// src/shared/

/** The forms in which a value travels: as it is, in base64 (also in the middle of a longer text), in URLs, in JSON (also
 * as Go writes it), in hex. */
static final class Disguises {
    /** A shorter value has too many accidental twins in base64 and hex. */
    private static final int LONG_ENOUGH = 8;

    /** Without the blank ones; the value itself comes first. */
    static Set<String> of(String value) {
        var text = value.strip();
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var url = URLEncoder.encode(text, StandardCharsets.UTF_8);
        var all = new LinkedHashSet<String>();
        all.add(text);
        all.add(json(text));
        all.add(json(text).replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"));
        all.add(url);
        all.add(url.replace("+", "%20"));
        all.add(decoded(text));
        all.add(base64(Base64.getEncoder(), bytes));
        all.add(base64(Base64.getUrlEncoder(), bytes));
        if (bytes.length >= LONG_ENOUGH) {
            all.add(HexFormat.of().formatHex(bytes));
            for (int offset = 0; offset < 3; offset++) {
                all.add(shifted(Base64.getEncoder(), bytes, offset));
                all.add(shifted(Base64.getUrlEncoder(), bytes, offset));
            }
        }
        all.removeIf(String::isBlank);
        return all;
    }

    private static String json(String text) {
        var json = Json.MAPPER.getNodeFactory().stringNode(text).toString();
        return json.substring(1, json.length() - 1);
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return text;
        }
    }

    private static String base64(Base64.Encoder encoder, byte[] bytes) {
        return encoder.withoutPadding().encodeToString(bytes);
    }

    /** The part of the value's base64 that is the same whatever stands before it, when it begins at this place of a group of three. */
    private static String shifted(Base64.Encoder encoder, byte[] value, int offset) {
        var padded = new byte[value.length + offset];
        System.arraycopy(value, 0, padded, offset, value.length);
        var text = base64(encoder, padded);
        return text.substring(offset == 0 ? 0 : offset + 1, text.length() - (padded.length % 3 == 0 ? 0 : 1));
    }
}

/** Durations as people and Go write them: {@code 90s}, {@code 20m}, {@code 1h5m}, {@code 1.5h}, {@code 7d}. */
static final class Durations {
    /** What is longer is a typing mistake; it would also overflow the clocks that it is added to. */
    private static final Duration LONGEST = Duration.ofDays(1000);
    private static final Pattern PART = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)(ms|s|m|h|d)");
    private static final Map<String, Long> MILLIS = Map.of("ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

    /** Empty for what is no duration, or longer than a thousand days. */
    static Optional<Duration> of(String text) {
        var parts = PART.matcher(text.strip());
        double millis = 0;
        int end = 0;
        while (parts.find() && parts.start() == end) {
            millis += Double.parseDouble(parts.group(1)) * MILLIS.get(parts.group(2));
            end = parts.end();
        }
        var whole = end > 0 && end == text.strip().length() && millis <= LONGEST.toMillis();
        return whole ? Optional.of(Duration.ofMillis((long) millis)) : Optional.empty();
    }

    /** {@code 1h05m}, {@code 4m12s}, {@code 9s}. */
    static String human(Duration d) {
        return d.toHours() > 0 ? String.format("%dh%02dm", d.toHours(), d.toMinutesPart())
            : d.toMinutes() > 0 ? String.format("%dm%02ds", d.toMinutes(), d.toSecondsPart()) : d.toSeconds() + "s";
    }
}

/** Yes and no as environment variables and workflows write them. */
static final class Flags {
    static final String ACCEPTED = "1, true, yes, on, 0, false, no, off or empty";

    /** Empty for a word that is neither; an empty text is a no. */
    static Optional<Boolean> of(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "1", "true", "yes", "on" -> Optional.of(true);
            case "0", "false", "no", "off", "" -> Optional.of(false);
            default -> Optional.empty();
        };
    }
}

/** JSON as both scripts read and write it. */
static final class Json {
    static final ObjectMapper MAPPER = new ObjectMapper();

    /** The text of a field, empty where there is none. */
    static String text(JsonNode node, String field) {
        return node.path(field).asString("");
    }

    /**
     * Indented, for people and files; the text has no line end. GitHub's runner obeys {@code ##[…]} anywhere in a line, so that stands
     * escaped: the same JSON, but no command.
     */
    static String pretty(Object value) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value).replace("##[", "#\\u0023[");
        } catch (JacksonException e) {
            throw new IllegalStateException(e); // a tree or a map of ours: it can always be written
        }
    }
}

/** Names of objects as kubectl takes them. */
static final class Kubectl {
    private static final Map<String, String> SHORT = Map.ofEntries(Map.entry("Deployment", "deploy"), Map.entry("StatefulSet", "sts"),
        Map.entry("DaemonSet", "ds"), Map.entry("ReplicaSet", "rs"), Map.entry("PersistentVolumeClaim", "pvc"),
        Map.entry("PersistentVolume", "pv"), Map.entry("Service", "svc"), Map.entry("ServiceAccount", "sa"), Map.entry("ConfigMap", "cm"),
        Map.entry("Ingress", "ing"), Map.entry("Namespace", "ns"), Map.entry("HorizontalPodAutoscaler", "hpa"),
        Map.entry("PodDisruptionBudget", "pdb"), Map.entry("CustomResourceDefinition", "crd"), Map.entry("StorageClass", "sc"),
        Map.entry("ResourceQuota", "quota"));

    /** {@code deploy/web}: how an object is written in every message. */
    static String ref(String kind, String name) {
        return SHORT.getOrDefault(kind, kind.toLowerCase(Locale.ROOT)) + "/" + name;
    }
}

/**
 * Keeps secrets out of every text that leaves the process: values that are known, in the forms in which they travel, and shapes that only
 * secrets have. Hosts, ports and names of objects survive, or the diagnosis is useless. Redact before anything is cut.
 */
static final class Redaction {
    private static final String PATTERN_MARK = "[REDACTED:pattern]";
    private static final int PREFIX = 6;
    private static final int SHORTEST = 6;
    private static final int LONGEST_NAME = 253;
    private static final Pattern SECRET_LINE =
        Pattern.compile("(?i)^[\\s\"'-]*+[\\w.-]{0,80}(?:password|passwd|pwd|secret|token|key|credential|auth)[\\w.-]{0,80}[\"']?"
            + "\\s*[:=]\\s*[\"']?(.+?)[\"',]*$");
    private static final Pattern USERINFO = Pattern.compile("://([^/\\s:@]*):([^@\\s]+)@");
    private static final Pattern ADDRESS = Pattern.compile("(?i)[a-z][a-z0-9+.:-]*://\\S+");
    private static final Pattern MARK = Pattern.compile("\\[(?:REDACTED:[^\\]\\s]*|WITHHELD)\\]");
    private static final Pattern DENSE = Pattern.compile("(?<![\\w+/=@:.-])[A-Za-z0-9+/_=-]{32,}(?![\\w+/=-])");
    private static final Pattern HARMLESS =
        Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{40}|[a-z0-9]++(-[a-z0-9]++)++"
            + "|[A-Z0-9_]+|[A-Za-z]++([_/-][A-Za-z]++)*+|\\d+");
    private static final Set<String> STRUCTURE =
        Set.of("fingerprint", "code", "family", "severity", "schemaVersion", "kind", "apiVersion", "outcome",
        "disposition", "state", "action", "scope", "firstSeen", "lastSeen", "basis", "source");

    /** What to look for under its first characters, longest first, and what to write instead. */
    private final Map<String, List<String>> forms = new HashMap<>();
    private final Map<String, String> marks = new HashMap<>();
    private final Set<String> keep;
    private int known;
    private int pattern;
    private int withheld;

    private Redaction(Set<String> keep) {
        this.keep = keep;
    }

    /**
     * {@code secrets}: values by {@code name#key}; {@code environment}: the caller's variables, of which those that are called like secrets
     * are hidden.
     */
    static Redaction of(Map<String, String> secrets, Map<String, String> environment) {
        return of(secrets, environment, Set.of());
    }

    /** {@code keep}: hosts, ports and names that must stay readable though a Secret holds them too. */
    static Redaction of(Map<String, String> secrets, Map<String, String> environment, Set<String> keep) {
        var redaction = new Redaction(keep);
        new TreeMap<>(secrets).forEach((name, value) -> redaction.hide("[REDACTED:secret/" + name.replaceAll("[\\s\\]]", "") + "]",
            name.substring(name.indexOf('#') + 1), value));
        new TreeMap<>(environment).forEach((name, value) -> {
            if (SecretShapes.NAME.matcher(name).matches() && value.length() >= 8 && !value.startsWith("/") && !value.contains(" ")) {
                redaction.hide("[REDACTED:env/" + name + "]", name, value);
            }
        });
        redaction.forms.values()
            .forEach(list -> list.sort(Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder())));
        return redaction;
    }

    private void hide(String mark, String key, String value) {
        var text = value.strip();
        var passwords = USERINFO.matcher(text).results().map(m -> m.group(2)).toList();
        passwords.forEach(password -> form(mark, password, true));
        if (!passwords.isEmpty() && ADDRESS.matcher(text).matches()) {
            return; // the host behind the password has to stay readable
        }
        var address = key.matches("(?i)(.*[_.-])?(host(name)?|port|addr(ess)?|endpoint|server|url|uri)")
            && text.matches("([a-z]+://)?[A-Za-z0-9.-]+(:\\d+)?(/[\\w/.-]*)?");
        if (address || text.matches("\\d{1,5}")) {
            return;
        }
        if (text.startsWith("{")) {
            json(mark, text);
        }
        text.lines().map(String::strip).forEach(line -> line(mark, line));
        form(mark, text, false);
    }

    private void line(String mark, String line) {
        var setting = SECRET_LINE.matcher(line);
        if (setting.matches()) {
            form(mark, setting.group(1).strip(), false);
        } else if (line.length() >= 16 && !line.contains(" ") && !line.startsWith("-----") && !line.matches("[\\w.-]+[:=]\\S*")) {
            form(mark, line, false);
        }
    }

    private void json(String mark, String text) {
        try {
            leaves(mark, "", Json.MAPPER.readTree(text));
        } catch (JacksonException e) {
            return; // no JSON: the whole of it is hidden all the same
        }
    }

    private void leaves(String mark, String key, JsonNode node) {
        node.properties().forEach(e -> leaves(mark, e.getKey(), e.getValue()));
        if (node.isArray()) {
            node.forEach(n -> leaves(mark, key, n));
        }
        if (SecretShapes.NAME.matcher(key).matches() || key.matches("(?i)auth|.*key.*")) {
            form(mark, node.asString(""), false);
        }
    }

    private void form(String mark, String value, boolean always) {
        var text = value.strip();
        var word = SecretShapes.WORDS.contains(text.toLowerCase(Locale.ROOT));
        if (text.length() < SHORTEST || keep.contains(text) && (!always || word) || word && !always) {
            return;
        }
        Disguises.of(text).stream().filter(f -> f.length() >= SHORTEST).forEach(f -> {
            if (marks.putIfAbsent(f, mark) == null) {
                forms.computeIfAbsent(f.substring(0, PREFIX), k -> new ArrayList<>()).add(f);
            }
        });
    }

    int known() {
        return known;
    }

    int pattern() {
        return pattern;
    }

    int withheld() {
        return withheld;
    }

    /** The same text without secrets; line ends stay where they are. A text in which one is found again afterwards is withheld whole. */
    String clean(String text) {
        if (text == null || text.length() < SHORTEST) {
            return text;
        }
        var clean = dense(shapes(values(text)));
        if (!clean.equals(text) && hit(clean)) {
            withheld++;
            return "[WITHHELD]";
        }
        return clean;
    }

    /** Every text of the tree, names of members excepted; lines of an array are read together, since a secret may run over them. */
    JsonNode clean(JsonNode json) {
        if (json.isString()) {
            return StringNode.valueOf(clean(json.asString("")));
        }
        if (json instanceof ObjectNode object) {
            var copy = Json.MAPPER.createObjectNode();
            object.properties().forEach(e -> copy.set(e.getKey(), STRUCTURE.contains(e.getKey()) ? e.getValue() : clean(e.getValue())));
            return copy;
        }
        if (json.isArray()) {
            var copy = Json.MAPPER.createArrayNode();
            var lines = new ArrayList<String>();
            json.forEach(n -> lines.add(n.isString() && !n.asString("").contains("\n") ? n.asString("") : null));
            if (lines.size() > 1 && !lines.contains(null)) {
                Stream.of(clean(String.join("\n", lines)).split("\n", -1)).forEach(copy::add);
            } else {
                json.forEach(n -> copy.add(clean(n)));
            }
            return copy;
        }
        return json;
    }

    private boolean hit(String text) {
        var outside = MARK.matcher(text).replaceAll("\u0000");
        return !values(outside).equals(outside);
    }

    /** Known values, also where line breaks and spaces were put into them. */
    private String values(String text) {
        var plain = replaced(text, IntStream.range(0, text.length()).toArray(), text);
        var places = IntStream.range(0, plain.length()).filter(i -> !Character.isWhitespace(plain.charAt(i))).toArray();
        if (plain.indexOf('\n') < 0) {
            return plain;
        }
        var packed = new StringBuilder(places.length);
        IntStream.of(places).forEach(i -> packed.append(plain.charAt(i)));
        return replaced(packed.toString(), places, plain);
    }

    /** Replaces in {@code original} what is found in {@code text}, whose characters stand at {@code places} of it. */
    private String replaced(String text, int[] places, String original) {
        var packed = text.length() != original.length();
        var out = new StringBuilder();
        int from = 0;
        for (int i = 0; i + PREFIX <= text.length(); i++) {
            var match = match(text, i);
            if (match == null || packed && match.length() < 12) {
                continue;
            }
            var end = places[i + match.length() - 1] + 1;
            out.append(original, from, places[i]).append(marks.get(match))
                .append(original.substring(places[i], end).replaceAll("[^\n]", ""));
            from = end;
            known++;
            i += match.length() - 1;
        }
        return out.append(original.substring(from)).toString();
    }

    private String match(String text, int at) {
        for (var form : forms.getOrDefault(text.substring(at, at + PREFIX), List.of())) {
            if (text.startsWith(form, at) && !insideName(text, at, at + form.length())) {
                return form;
            }
        }
        return null;
    }

    /** A short word that is a piece of a longer name is that name, not the secret. */
    private boolean insideName(String text, int from, int to) {
        int start = from;
        int end = to;
        while (start > 0 && from - start < LONGEST_NAME && name(text.charAt(start - 1))) {
            start--;
        }
        while (end < text.length() && end - to < LONGEST_NAME && name(text.charAt(end))) {
            end++;
        }
        var word = text.substring(start, end);
        return (start < from || end > to)
            && (keep.contains(word) || to - from < 12 && text.substring(from, to).chars().allMatch(Character::isLowerCase));
    }

    private static boolean name(char c) {
        return Character.isLetterOrDigit(c) || c == '-' || c == '.';
    }

    private String shapes(String text) {
        var result = SecretShapes.hidden(text, PATTERN_MARK, keep::contains);
        pattern += count(result) - count(text);
        return result;
    }

    private static int count(String text) {
        return text.split(Pattern.quote(PATTERN_MARK), -1).length;
    }

    /** Long texts that look random; digests, ids and names of pods do too, and are told by their form. */
    private String dense(String text) {
        return DENSE.matcher(text).replaceAll(m -> {
            var word = m.group();
            var digest = text.substring(Math.max(0, m.start() - 10), m.start()).matches("(?s).*(sha256|sha512|://)$");
            if (HARMLESS.matcher(word).matches() || keep.contains(word) || digest || !random(word)) {
                return Matcher.quoteReplacement(word);
            }
            pattern++;
            return PATTERN_MARK;
        });
    }

    private static boolean random(String word) {
        if (word.matches("[0-9a-fA-F]{32,}")) {
            return true;
        }
        return Stream.of(word.split("[/_-]")).anyMatch(part -> part.length() >= 20 && mixed(part)) && entropy(word) > 4.0;
    }

    private static boolean mixed(String part) {
        return Stream.of("[a-z]", "[A-Z]", "[0-9]").allMatch(k -> Pattern.compile(k).matcher(part).find());
    }

    private static double entropy(String word) {
        return word.chars().boxed().collect(Collectors.groupingBy(c -> c, Collectors.counting())).values().stream()
            .mapToDouble(n -> -n * Math.log((double) n / word.length()) / Math.log(2) / word.length()).sum();
    }
}

/** What secrets look like and what they are called: the one table of it. */
static final class SecretShapes {
    /** Names of variables and keys that hold secrets. */
    static final Pattern NAME = Pattern.compile("(?i).*(token|secret|passw|passphrase|credential|api_?key|private_?key|access_?key"
        + "|_pat$|_auth$|_key$|_dsn$).*");

    /** Weak passwords that are names of things too: masking them would hide {@code postgres:5432} and protect nobody. */
    static final Set<String> WORDS = Set.of("password", "postgres", "postgresql", "default", "changeme", "localhost", "development",
        "production", "staging", "testing", "enabled", "disabled", "username", "secret", "public", "private", "service", "cluster",
        "database", "mongodb", "mariadb", "rabbitmq", "minioadmin", "elasticsearch", "undefined", "example", "secrets", "config", "server",
        "client", "container", "deployment", "status", "failed", "running", "ready", "message", "reason", "unknown", "warning", "string",
        "number", "object", "kubernetes", "namespace", "missing", "required", "mysql", "connection", "refused", "timeout", "address",
        "internal", "anonymous", "000000");

    // A log may have a line of a megabyte that was written to stop this: no repeated group gives back, no name is of any length.
    /** Tokens that are told by their form alone. Group 1 (where there is one) is what is hidden, else all of it. */
    private static final List<Pattern> TOKENS = compiled(
        "-----BEGIN [A-Z0-9 ]+-----(?s:.*?)(?:-----END [A-Z0-9 ]+-----|\\z)",
        "\\beyJ(?:(?!-eyJ)[A-Za-z0-9_-]){8,500}+\\.[A-Za-z0-9_-]{8,}+(?:\\.[A-Za-z0-9_-]*+)*+",
        "\\bLS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,}",
        "\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b",
        "\\b(?:dapi[0-9a-f]|(?:gh[pousr]|npm|hf|lin_api|whsec|glsa|rubygems|dop_v1|shp[a-z]{2}|[rs]k_(?:live|test))_|AGE-SECRET-KEY-)"
            + "[A-Za-z0-9]{12,}",
        "\\b(?:github_pat_|gl(?:pat|[cd]t|rt|cbt|ptt|ft|soat)-|sk-|xapp-|dckr_\\w|pypi-AgE|AIza|ya29\\.|GOCSPX-|ATATT3|hv[bsr]\\."
            + "|SG\\.[\\w-]{16,}\\.|\\w{3}[78]Q~)[\\w=~-]{16,}",
        "\\bxox[a-z]-[A-Za-z0-9-]{10,}");

    private static final String SECRET_OPTION = "(?:password|passwd|token|secret|api-key|apikey)";
    private static final String SECRET_PARAMETER = "(?:access_token|id_token|refresh_token|sig|signature|apikey|api_key"
        + "|x-amz-(?:signature|credential|security-token))";
    private static final String SECRET_SETTING = "(?:password|passwd|passphrase|pwd|secret|token|credentials?|_pass(?=\\W)"
        + "|(?:api|private|access|account|secret)[_-]?key|client[_-]?secret)[\\w-]{0,40}+"
        + "(?<!name|ref|file|path|url|uri|type|length|policy|[_-]id|class|count)";
    /** What follows {@code password:} in prose: a verb, an article, a word for "there is none". */
    private static final String PROSE = "(?:forbidden|denied|unauthorized|refused|rejected|watch|read|was|were|has|have|with|for|from"
        + "|found|exists|will|this|that|not|is|must|missing|required|null|none|nil|undefined|true|false|yes|empty|invalid|expired|wrong"
        + "|unset|no|cannot|failed|should|error|the|a|an|couldn|incorrect|check|unexpected|unable|could"
        + "|[1-5]\\d\\d(?=\\s|$))\\b(?!-)|[a-z]{2,12}[ ,]+(?:and|or|the|on|in|of|user|both)\\b";

    /** Tokens told by what stands before them. */
    private static final List<Pattern> SETTINGS = compiled(
        "(?i)pull rate limit as '[^']*': (\\S+)",
        "(?i)pull rate limit as '([^']+)'",
        "(?i)\\b(?:bearer|basic|token)\\s+(?=[^\\s\"]*[0-9=+/])([A-Za-z0-9._~+/=-]{8,})",
        "://[^/\\s:@]*:([^@\\s/]++(?:/[^@\\s/]++)*+)@",
        "://([A-Za-z0-9_-]{16,})@",
        "(?:hooks\\.slack\\.com/services/|/api/webhooks/\\d{1,20}/|/bot\\d{1,20}:)([\\w/-]{20,})",
        "(?i)\\bmachine\\s+\\S{1,255}\\s+login\\s+\\S{1,255}\\s+password\\s+(\\S+)",
        "\\bcurl\\b[^|;\\n]{0,200}?\\s-(?:u|-user)[ =]?[\"']?[^\\s:\"']{1,99}:([^\\s\"']{3,})",
        "(?i)\\bcookie:[ \\t]*([^\\n]{8,})",
        "(?<![A-Za-z])auth(?:\\\\*\")?\\s*[:=]\\s*(?:\\\\*\")?(?=[^A-Z\\n]{0,99}[A-Z])([A-Za-z0-9+/]{12,}={1,2})",
        "(?i)\\bname(?:\\\\*\")?[:=]\\s*(?:\\\\*\")?[\\w.-]{0,80}?" + SECRET_SETTING + "(?:\\\\*\")?,?\\s*\\\\*\"?value(?:\\\\*\")?[:=]\\s*"
            + "(?:\\\\*[\"'])?([^\\s\"',}\\\\]{3,})",
        "(?i)(?:[?&]|\\b)" + SECRET_PARAMETER + "=([^&\\s\"']{4,})",
        "(?i)(?<![\\w-])--?" + SECRET_OPTION + "[= ]+[\"']?([^\\s\"']{3,})",
        "(?i)" + SECRET_SETTING + "(?:\\\\*[\"'])?\\s*[:=]\\s*"
            + "(?:\\\\*\"((?:[^\"\\\\]|\\\\[^\"])++)|'([^']+)'|(?!" + PROSE + ")([^\\s\"',;&\\\\}\\])]{3,}))");

    private static List<Pattern> compiled(String... patterns) {
        return Stream.of(patterns).map(Pattern::compile).toList();
    }

    /** The text with {@code mark} in place of every token and secret setting, but for what {@code keep} wants; line ends stay. */
    static String hidden(String text, String mark, Predicate<String> keep) {
        return replaced(SETTINGS, hiddenTokens(text, mark, keep), mark, keep);
    }

    /** As {@link #hidden}, for texts in which a setting is meant as it stands: only what is told by its form alone. */
    static String hiddenTokens(String text, String mark, Predicate<String> keep) {
        return replaced(TOKENS, text, mark, keep);
    }

    private static String replaced(List<Pattern> shapes, String text, String mark, Predicate<String> keep) {
        var result = text;
        for (var shape : shapes) {
            result = shape.matcher(result).replaceAll(match -> Matcher.quoteReplacement(replaced(match, mark, keep)));
        }
        return result;
    }

    private static String replaced(MatchResult match, String mark, Predicate<String> keep) {
        int group = IntStream.rangeClosed(1, match.groupCount()).filter(g -> match.group(g) != null).findFirst().orElse(0);
        var hidden = match.group(group);
        if (match.groupCount() > 0 && group == 0 || placeholder(hidden) || keep.test(hidden)) {
            return match.group();
        }
        return match.group().substring(0, match.start(group) - match.start()) + mark + hidden.replaceAll("[^\n]", "")
            + match.group().substring(match.end(group) - match.start());
    }

    /** A mark of ours, or where a value would be filled in. */
    private static boolean placeholder(String hidden) {
        return Stream.of("[REDACTED", "REDACTED", "$", "<").anyMatch(hidden::startsWith);
    }
}

/** SHA-256 in hex. */
static final class Sha256 {
    static String of(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}

/** Small things about texts. */
static final class Texts {
    /** A line that may keep its indentation. */
    static String visible(String text) {
        var line = line(text);
        return " ".repeat(text.length() - text.stripLeading().length()) + line;
    }

    /**
     * One line without control characters, so that no text of a cluster can steer a terminal or a log; GitHub's runner still takes
     * its old commands ({@code ##[stop-commands]…}) from anywhere in a line.
     */
    static String line(String text) {
        return text.replaceAll("\\R+", " ").replaceAll("[\\p{Cc}\\p{Cf}]", "").replace("##[", "## [").strip();
    }

    /** Several lines, each of them {@link #visible}, and none a command to GitHub's runner. */
    static String lines(String text) {
        return text.lines().map(line -> visible(line).replaceFirst("^(\\s*:)(?=:)", "$1\\\\")).collect(Collectors.joining("\n"));
    }

    /** A message on one line; nothing of it is taken away. */
    static String oneLine(String message) {
        return message == null ? "" : message.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most - 1) + "…";
    }

    /** A line that no character of it can turn into Markdown, a mention or a link. */
    static String markdown(String line) {
        return line.replace("&", "&amp;").replace("<", "&lt;").replaceAll("([\\\\`*_\\[\\]|#~])", "\\\\$1")
            .replace("@", "@\u2060").replace("://", ":\u2060//");
    }

    static String count(long n, String one) {
        return n + " " + one + (n == 1 ? "" : "s");
    }

    /** The same line again and again stands once, with its number. */
    static List<String> folded(List<String> lines) {
        var folded = new ArrayList<String>();
        int from = 0;
        for (int i = 1; i <= lines.size(); i++) {
            if (i == lines.size() || !lines.get(i).equals(lines.get(from))) {
                folded.add(lines.get(from) + (i - from > 1 ? " (x" + (i - from) + ")" : ""));
                from = i;
            }
        }
        return folded;
    }
}

/**
 * Template variables, from {@code --vars} and from files. A value prints as it was written, whichever way it was given:
 * {@code 1.10} stays {@code 1.10}. What cannot be read throws {@link IllegalArgumentException}, whose message is one line.
 */
static final class Vars {
    private static final Pattern NEXT_KEY = Pattern.compile(",(?=\\s*[A-Za-z_][\\w.-]*\\s*=)");
    private static final Pattern PAIR = Pattern.compile("\\s*(?:export\\s+)?([A-Za-z_][\\w.-]*)\\s*=(.*)", Pattern.DOTALL);

    /** {@code a=1,b=2}; a comma that no {@code key=} follows belongs to the value. */
    static Map<String, Object> ofList(String list) {
        var vars = new LinkedHashMap<String, Object>();
        for (var part : NEXT_KEY.split(list)) {
            var pair = PAIR.matcher(part);
            if (!part.isBlank() && !pair.matches()) {
                throw new IllegalArgumentException("\"" + Texts.oneLine(part) + "\" is not KEY=VALUE; accepted: a=1,b=2");
            }
            if (!part.isBlank()) {
                vars.put(pair.group(1), pair.group(2));
            }
        }
        return vars;
    }

    /** A file's text: KEY=VALUE lines or a YAML mapping; {@code name} stands in what is said of a mistake. */
    static Map<String, Object> ofFile(String name, String text) {
        var lines = text.lines().filter(l -> !l.isBlank() && !l.strip().startsWith("#")).map(PAIR::matcher).toList();
        if (!lines.stream().allMatch(Matcher::matches)) {
            return ofYaml(name, text);
        }
        var vars = new LinkedHashMap<String, Object>();
        lines.forEach(pair -> vars.put(pair.group(1), unquoted(pair.group(2).strip())));
        return vars;
    }

    private static Map<String, Object> ofYaml(String name, String text) {
        var settings = LoadSettings.builder().setLabel(name).setSchema(new AsWritten()).build();
        try {
            if (new Load(settings).loadFromString(text) instanceof Map<?, ?> mapping) {
                var vars = new LinkedHashMap<String, Object>();
                mapping.forEach((key, value) -> vars.put(String.valueOf(key), value));
                return vars;
            }
        } catch (MarkedYamlEngineException e) {
            throw unfit(e.getProblemMark().map(mark -> "line " + (mark.getLine() + 1) + ": ").orElse("") + Texts.oneLine(e.getProblem()));
        } catch (YamlEngineException e) {
            throw unfit(Texts.oneLine(e.getMessage()));
        }
        throw unfit("neither YAML mapping nor KEY=VALUE");
    }

    private static IllegalArgumentException unfit(String why) {
        return new IllegalArgumentException(why + "; accepted: a YAML mapping or KEY=VALUE lines");
    }

    private static String unquoted(String value) {
        return value.replaceAll("(?s)\\A([\"'])(.*)\\1\\z", "$2");
    }

    /** Numbers and booleans only where they print as they were written; all else is text. */
    private static final class AsWritten extends JsonSchema {
        @Override
        public ScalarResolver getScalarResolver() {
            return (text, plain) -> !plain ? Tag.STR : text.matches("true|false") ? Tag.BOOL
                : text.matches("0|-?[1-9][0-9]{0,17}") ? Tag.INT : Tag.STR;
        }
    }
}
}
