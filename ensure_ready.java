///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Brings a Kubernetes environment up, waits softly, and says in JSON whether it is ready and if not, why
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.21.4
//DEPS io.fabric8:kubernetes-client-api:7.8.0
//DEPS io.fabric8:kubernetes-client:7.8.0@fatjar io.fabric8:zjsonpatch:7.8.0
//DEPS io.fabric8:kubernetes-httpclient-jdk:7.8.0
//DEPS org.snakeyaml:snakeyaml-engine:3.0.1
//DEPS org.freemarker:freemarker:2.3.34
//DEPS org.slf4j:slf4j-nop:2.0.17
//COMPILE_OPTIONS -encoding UTF-8
//CDS
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable

// Assembled from src/shared and src/ensure_ready: edit there and run `./jbangw assemble`; `./jbangw assemble --check` tells
// whether this file is what they give. First what acts (cluster, files, processes, output), the entry before all:
// line   286 src/ensure_ready/command: Options, the steps of each verb, what is known so far, and exit codes
// line  1059 src/ensure_ready/slots: Records of slots, their namespaces, taking and releasing them
// line  1520 src/ensure_ready/manifests: Loading and rendering manifests, mirroring sources, preparing images, applying
// line  2298 src/ensure_ready/waiting: The soft wait: looks at each change until the outcome is proven, certain, or the time is up
// line  2513 src/ensure_ready/cluster: The API server: requests, watches, and collecting what explains a fault
// line  3494 src/ensure_ready/report: The result as JSON, text, Markdown and annotations; progress while waiting
// line  3918 src/ensure_ready/system: The machine's clock, and the failure that ends a run
// line  3994 src/shared/system: What both scripts use of the machine: processes, terminal, kubeconfig
// Then what only thinks: equal input gives equal answers.
// line  4233 src/ensure_ready/certainty: What is certain never to become ready without a change, and what the wait remembers to know it
// line  4771 src/ensure_ready/diagnosis: Why it is not ready: codes, messages, findings, wiring, and the roots that explain the rest
// line  8454 src/ensure_ready/readiness: Whether it is ready: a rule for each kind, and the verdict on all of them
// line  9393 src/ensure_ready/model: Objects and snapshots of a namespace
// line 10134 src/shared: What both scripts use and needs nothing from outside: texts, durations, JSON, masking

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
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
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
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
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
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
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
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
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine;
import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
import static java.nio.file.StandardOpenOption.CREATE;

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
    footer = {"", "An option's environment variable stands behind it in [brackets]; the option wins. An empty value (--pr=) counts as not given.",
        "stdout carries only the result; progress and log go to stderr."})
public class ensure_ready implements Callable<Integer> {
    @Mixin
    Options options = new Options();
    @Spec
    CommandSpec spec;

    private final KnownSoFar known = new KnownSoFar();

    public static void main(String... args) {
        speakUtf8();
        System.exit(execute(args, System.getenv()));
    }

    /** JSON is UTF-8 wherever it is written; bare CI containers have LC_ALL=C. */
    private static void speakUtf8() {
        System.setOut(new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8));
        System.setErr(new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8));
    }

    /** Runs the command with an environment of the caller's; the exit code is the return value. */
    static int execute(String[] args, Map<String, String> env) {
        var command = new ensure_ready();
        var given = List.of(args);
        command.options.environment = env;
        command.options.given = given;
        return new CommandLine(command).registerConverter(Duration.class, ensure_ready::duration)
            .setCaseInsensitiveEnumValuesAllowed(true).setParameterExceptionHandler((e, a) -> command.usage(e, given))
            .setExecutionExceptionHandler((e, line, parsed) -> command.fault(e))
            .execute(EnvironmentTwins.expand(given, env).toArray(String[]::new));
    }

    static Duration duration(String text) {
        return Durations.of(text)
            .orElseThrow(() -> new TypeConversionException("'" + text + "' is not a duration: write 90s, 20m or 1h5m, 1000d at the most"));
    }

    @Override
    public Integer call() {
        Usage.check(options, spec.commandLine());
        var progress = Progress.on(System.err, options.environment, options.output.quiet, options.output.verbose);
        progress.mask(Redaction.of(Map.of(), options.environment)::clean);
        var interrupted = Hooks.add("interrupted", this::publishInterrupted);
        try {
            new Steps(options, known, progress).run();
        } catch (LinkageError | StackOverflowError | OutOfMemoryError e) {
            return fault(e);
        } finally {
            progress.close();
            Hooks.forget(interrupted);
        }
        return publish();
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
        return ExitCodes.USAGE;
    }

    /** A mistake of ours: the caller gets his JSON all the same, with the verdict if there was one, and never ready. */
    private int fault(Throwable e) {
        known.fault("internal error: " + e + "; -v shows where, please report it");
        if (options.output.verbose) {
            e.printStackTrace(spec.commandLine().getErr());
        }
        return publish();
    }

    /** Prints the result exactly once, whoever comes first: the command, an interrupt, or a fault of ours. */
    private int publish() {
        synchronized (known) {
            if (known.publishes()) {
                boolean judges = options.verb == Verb.ensure || options.verb == Verb.status;
                publisher().publish(known.report(options.unfound(), judges), known.redaction(options.environment));
            }
            return ExitCodes.of(known.outcome(), options.wait.soft);
        }
    }

    private Publisher publisher() {
        var wanted = options.output;
        boolean asText = wanted.output == null ? Terminal.is(1) : wanted.output == Output.text;
        return new Publisher(spec.commandLine().getOut(), asText, Optional.ofNullable(wanted.report), options.environment,
            options.environment.containsKey("GITHUB_ACTIONS") && !wanted.quiet);
    }

// src/ensure_ready/command/ApplyOptions.java

/** What to apply, and how. */
public static final class ApplyOptions {
    @Option(names = {"-f", "--manifests"}, paramLabel = "PATH",
        description = {"file, folder (recursive: *.yaml *.yml *.json), - for stdin; repeatable.",
        "*.ftl is rendered with FreeMarker first; a folder with kustomization.yaml goes through `kubectl kustomize`"})
    public List<String> manifests = new ArrayList<>();
    @Option(names = "--render", paramLabel = "CMD",
        description = {"another renderer, whose stdout is the manifests (codexctl render …, helm template …);",
        "{slot} {namespace} {env} {issue} {pr} are filled in, and are CODEXCTL_… in its environment"})
    public String render;
    @Option(names = "--vars", paramLabel = "K=V", description = "template variables, repeatable [CODEXCTL_VARS]")
    public List<String> vars = new ArrayList<>();
    @Option(names = "--var-file", paramLabel = "FILE", description = "template variables from YAML or KEY=VALUE lines [CODEXCTL_VAR_FILE]")
    public Path varFile;
    @Option(names = "--apply", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "apply when the slot was created or recreated [CODEXCTL_APPLY]")
    public boolean apply;
    @Option(names = "--force-apply", arity = "0..1", fallbackValue = "true",
        paramLabel = "true|false", description = "apply to a living slot too [CODEXCTL_FORCE_APPLY]")
    public boolean force;
    @Option(names = "--recreate-immutable", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "delete and create again what cannot be updated in place (never PVC, PV, Namespace, CRD)")
    public boolean recreate;
    @Option(names = "--prepare-images", paramLabel = "CMD",
        description = "command to run before an apply (mirror, build) [CODEXCTL_PREPARE_IMAGES]")
    public String prepareImages;
    @Option(names = "--source", paramLabel = "DIR",
        description = "mirror these sources to BASE/<slot>/src before the apply; needs --code-root-base")
    public Path source;
    @Option(names = "--code-root-base", paramLabel = "BASE", description = "folder that holds the slots' sources")
    public Path codeRootBase;
}

// src/ensure_ready/command/ClusterOptions.java

/** Which cluster. */
public static final class ClusterOptions {
    @Option(names = "--kubeconfig", paramLabel = "FILE",
        description = "kubeconfig to use (default: KUBECONFIG, ~/.kube/config, or the pod's own account)")
    public Path kubeconfig;
    @Option(names = "--context", paramLabel = "NAME", description = "context of the kubeconfig")
    public String context;
    @Option(names = "--request-timeout", paramLabel = "DURATION", description = "of one request to the API server (default: 10s)")
    public Duration requestTimeout = Duration.ofSeconds(10);
}

// src/ensure_ready/command/EnvironmentTwins.java

/** Environment twins of options, as options put before the caller's own. */
public static final class EnvironmentTwins {
    static final Map<String, String> OF = Map.ofEntries(Map.entry("--env", "CODEXCTL_ENV"), Map.entry("--issue", "CODEXCTL_ISSUE_NUMBER"),
        Map.entry("--pr", "CODEXCTL_PR_NUMBER"), Map.entry("--slot", "CODEXCTL_SLOT"), Map.entry("--max", "CODEXCTL_DEV_SLOTS_MAX"),
        Map.entry("--namespace", "CODEXCTL_NAMESPACE"), Map.entry("--vars", "CODEXCTL_VARS"), Map.entry("--var-file", "CODEXCTL_VAR_FILE"),
        Map.entry("--apply", "CODEXCTL_APPLY"), Map.entry("--force-apply", "CODEXCTL_FORCE_APPLY"),
            Map.entry("--prepare-images", "CODEXCTL_PREPARE_IMAGES"),
        Map.entry("--wait-timeout", "CODEXCTL_WAIT_TIMEOUT"), Map.entry("--wait-soft-fail", "CODEXCTL_WAIT_SOFT_FAIL"));
    private static final Set<String> FLAGS = Set.of("--apply", "--force-apply", "--wait-soft-fail");

    private EnvironmentTwins() { }

    /**
     * Drops empty values, as JBang loses empty arguments and {@code --pr=} is how a workflow says "none"; adds the twins of what is
     * not given. An option given twice would make picocli start its group anew, so a twin never stands beside the option itself.
     */
    public static List<String> expand(List<String> all, Map<String, String> env) {
        var args = all.stream().filter(a -> !a.matches("--[a-z-]+=")).toList();
        var expanded = new ArrayList<String>();
        OF.entrySet().stream().sorted(Map.Entry.comparingByKey()).filter(e -> !env.getOrDefault(e.getValue(), "").isBlank())
            .filter(e -> e.getKey().equals("--vars") || !given(args, e.getKey()))
            .forEach(e -> expanded
            .add(e.getKey() + "=" + (FLAGS.contains(e.getKey()) ? bool(env.get(e.getValue())) : env.get(e.getValue()))));
        expanded.addAll(args);
        return expanded;
    }

    private static boolean given(List<String> args, String option) {
        return args.stream()
            .anyMatch(a -> a.equals(option) || a.startsWith(option + "=") || option.equals("--namespace") && a.startsWith("-n"));
    }

    private static String bool(String value) {
        return Flags.of(value).map(String::valueOf).orElse(value);
    }
}

// src/ensure_ready/command/ExitCodes.java

/** The one place that maps outcomes to exit codes. */
public static final class ExitCodes {
    public static final int USAGE = 2;

    private ExitCodes() { }

    public static int of(Outcome outcome, boolean soft) {
        return switch (outcome) {
            case ready, released, attached -> 0;
            case no_slot -> 11;
            case interrupted -> 130;
            default -> soft ? 0 : 10;
        };
    }
}

// src/ensure_ready/command/FailMode.java

/** When a wait may end before its deadline. */
public enum FailMode { fast, deadline }

// src/ensure_ready/command/KnownSoFar.java

/** What a run knows so far. An interrupt reports it as it stands, so every step writes here as soon as it knows; no step reads it. */
public static final class KnownSoFar {
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
    volatile String prepareFailure;
    volatile SoftWait waiting;
    volatile Judgement judgement;
    volatile DiagnosisReport diagnosis;
    /** Values of the namespace's Secrets by {@code name#key}, to mask them wherever they appear; they never leave the process. */
    volatile Map<String, String> secrets = Map.of();
    private volatile Outcome outcome;
    private volatile String summary = "";
    private boolean published;

    public void end(Outcome outcome, String summary) {
        this.outcome = outcome;
        this.summary = summary;
    }

    /** What could not be read, as {@code namespaces: forbidden}. */
    public synchronized void limited(String what) {
        limited.add(what);
    }

    /** Called while the machine goes down: nothing may wait here. */
    public void interrupt() {
        if (judgement == null && waiting != null) {
            judgement = waiting.last();
        }
        if (outcome == null || outcome == Outcome.interrupted) {
            end(Outcome.interrupted, "interrupted; this is what was known by then");
        }
    }

    /** A mistake of ours: it costs the verdict only where there was none, and no one is told that it is ready. */
    public void fault(String said) {
        if (judgement == null || outcome() == Outcome.ready) {
            end(Outcome.failed, said);
        }
        limited("diagnosis: " + said);
    }

    /** True once; whoever comes second must be silent. */
    public synchronized boolean publishes() {
        boolean first = !published;
        published = true;
        return first;
    }

    /** Fails closed: only a judgement can say ready, and nothing before it may have failed. */
    public Outcome outcome() {
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

    public boolean ready() {
        return outcome() == Outcome.ready && judgement != null && judgement.ready();
    }

    private boolean applyFailed() {
        return !problems.isEmpty() || Applied.anyFailed(results);
    }

    /** What masks the report: secrets, but not names that have to stay readable though a Secret holds the same text. */
    public Redaction redaction(Map<String, String> environment) {
        return Redaction.of(secrets, environment, judgement == null ? Set.of() : NamesToKeep.of(judgement.snapshot()));
    }

    /**
     * @param asked  the environment that was asked for, which is reported when no slot was found
     * @param judges whether the verb says anything of readiness
     */
    public Report report(Target asked, boolean judges) {
        var seconds = Math.round((System.nanoTime() - started) / 1e8) / 10.0;
        return new Report(target == null ? asked : target, created, recreated, ready(), judges && !ready(), outcome(), seconds, summary(),
            Optional.ofNullable(judgement), Optional.ofNullable(diagnosis), limited(), applied ? results : List.of(), applied, problems,
            List.copyOf(released.deleted()), List.copyOf(released.left()));
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
        Optional.ofNullable(prepareFailure).ifPresent(parts::add);
        if (applyFailed()) {
            var failed = problems.size() + results.stream().filter(r -> r.result() == Result.failed).count();
            parts.add(Texts.count(failed, "object") + " could not be applied");
        }
        if (diagnosis != null && !diagnosis.summary().isEmpty() && !ready()) {
            parts.add(diagnosis.summary());
        } else if (judgement != null) {
            parts.add(howMany(judgement) + (diagnosis == null || diagnosis.causes().isEmpty()
                ? "" : "; " + Texts.count(diagnosis.causes().size(), "fault") + " that blocks no workload"));
        }
        return String.join("; ", parts);
    }

    private static String howMany(Judgement judgement) {
        var gates = judgement.workloads();
        var ready = gates.stream().filter(w -> w.state() == State.ready).count();
        return ready + " of " + Texts.count(gates.size(), "workload") + " ready";
    }
}

// src/ensure_ready/command/Options.java

/** Everything that a command line says, and what follows from it alone. */
public static final class Options {
    @Parameters(index = "0", arity = "0..1", paramLabel = "VERB",
        description = {"ensure (default): slot, apply, wait, report;", "status: diagnose only, changes nothing;",
        "release: free a slot, delete its namespace and record;", "attach: set issue and pull request of a slot"})
    public Verb verb = Verb.ensure;
    @ArgGroup(validate = false, order = 1, heading = "%nWhich slot%n")
    public SlotOptions slot = new SlotOptions();
    @ArgGroup(validate = false, order = 2, heading = "%nWhat to apply%n")
    public ApplyOptions apply = new ApplyOptions();
    @ArgGroup(validate = false, order = 3, heading = "%nHow to wait%n")
    public WaitOptions wait = new WaitOptions();
    @ArgGroup(validate = false, order = 4, heading = "%nOutput%n")
    public OutputOptions output = new OutputOptions();
    @ArgGroup(validate = false, order = 5, heading = "%nCluster%n")
    public ClusterOptions cluster = new ClusterOptions();

    /** The caller's environment variables. */
    public Map<String, String> environment = Map.of();
    /** The arguments as they were typed. */
    public List<String> given = List.of();

    public String project() {
        var repository = environment.getOrDefault("GITHUB_REPOSITORY", "");
        return slot.project != null ? slot.project : repository.substring(repository.indexOf('/') + 1)
            .toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "-");
    }

    public Wanted wanted() {
        return new Wanted(slot.env, slot.number == null ? 0 : slot.number, slot.issue, slot.pr, slot.max);
    }

    public String namespaceOf(int number) {
        return Placeholders.fill(slot.pattern,
            Map.of("project", project(), "slot", "" + number, "env", slot.env, "issue", "" + slot.issue));
    }

    public Optional<Instant> ttlEnd() {
        return Optional.ofNullable(slot.ttl).map(ttl -> Instant.now().plus(ttl).truncatedTo(ChronoUnit.SECONDS));
    }

    public Map<String, Object> facts(Target target) {
        var facts = variables();
        facts.putAll(target.placeholders());
        facts.put("project", project());
        return facts;
    }

    /** Template variables; throws {@link IllegalArgumentException}. */
    public Map<String, Object> variables() {
        return Variables.read(apply.varFile == null ? List.of() : List.of(apply.varFile), apply.vars);
    }

    /** The cluster's address and credentials; throws {@link IllegalArgumentException}. */
    public Config kubeconfig() {
        return Kubeconfig.read(cluster.kubeconfig, cluster.context);
    }

    public boolean hasManifests() {
        return !apply.manifests.isEmpty() || apply.render != null;
    }

    public Target explicit() {
        return new Target(slot.env, slot.number == null ? 0 : slot.number, slot.namespace, slot.issue, slot.pr, false);
    }

    /** What is reported as long as no slot is found. */
    public Target unfound() {
        return new Target(slot.env, 0, "", slot.issue, slot.pr, false);
    }

    public boolean fromEnvironment(String... twins) {
        return Stream.of(twins).anyMatch(t -> !environment.getOrDefault(t, "").isEmpty());
    }
}

// src/ensure_ready/command/Output.java

/** Form of the result on stdout. */
public enum Output { text, json }

// src/ensure_ready/command/OutputOptions.java

/** Where the result goes, and how much is said beside it. */
public static final class OutputOptions {
    @Option(names = "--output", paramLabel = "text|json", description = "form of the result (default: text on a terminal, else json)")
    public Output output;
    @Option(names = "--report", paramLabel = "FILE", description = "write the JSON there too")
    public Path report;
    @Option(names = "-v", description = "verbose: stack traces and every request that fails")
    public boolean verbose;
    @Option(names = "-q", description = "quiet: no progress on stderr")
    public boolean quiet;
}

// src/ensure_ready/command/SlotOptions.java

/** Which environment, and where its record lives. */
public static final class SlotOptions {
    @Option(names = "--env", paramLabel = "TYPE", description = "environment type: ai, ai-repair, dev, … (default: ai) [CODEXCTL_ENV]")
    public String env = "ai";
    @Option(names = "--issue", paramLabel = "N", description = "the slot of this issue; allocated if there is none [CODEXCTL_ISSUE_NUMBER]")
    public int issue;
    @Option(names = "--pr", paramLabel = "N", description = "the slot of this pull request [CODEXCTL_PR_NUMBER]")
    public int pr;
    @Option(names = "--slot", paramLabel = "N", description = "this slot [CODEXCTL_SLOT]")
    public Integer number;
    @Option(names = "--max", paramLabel = "N",
        description = "slots there may be at the most; 0: no limit (default: 0) [CODEXCTL_DEV_SLOTS_MAX]")
    public int max;
    @Option(names = {"-n", "--namespace"}, paramLabel = "NAME", description = "an explicit namespace, no slot record [CODEXCTL_NAMESPACE]")
    public String namespace;
    @Option(names = "--project", paramLabel = "NAME",
        description = "project in the namespace's name (default: the repository's name from GITHUB_REPOSITORY)")
    public String project;
    @Option(names = "--namespace-pattern", paramLabel = "PATTERN",
        description = "namespace of a slot, from $${project} $${slot} $${env} $${issue} (default: $${project}-dev-$${slot})")
    public String pattern = "${project}-dev-${slot}";
    @Option(names = "--state-namespace", paramLabel = "NAME", description = "where slot records live (default: codex-system)")
    public String stateNamespace = "codex-system";
    @Option(names = "--state-prefix", paramLabel = "PREFIX", description = "name of a slot record before its number (default: codex-env-)")
    public String statePrefix = "codex-env-";
    @Option(names = "--slot-timeout", paramLabel = "DURATION",
        description = "how long to wait for a slot when --max are taken (default: 10m)")
    public Duration timeout = Duration.ofMinutes(10);
    @Option(names = "--ttl", paramLabel = "DURATION", description = "time after which `release --expired` may free the slot")
    public Duration ttl;
    @Option(names = "--expired", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "release: free every slot whose --ttl has passed")
    public boolean expired;
}

// src/ensure_ready/command/Steps.java

/** The verbs, step by step. Each gives its result to the next, and tells what is known at once: an interrupt may come at any time. */
public static final class Steps {
    private final Options options;
    private final KnownSoFar known;
    private final Progress progress;

    public Steps(Options options, KnownSoFar known, Progress progress) {
        this.options = options;
        this.known = known;
        this.progress = progress;
    }

    /** Whatever is wrong with the infrastructure ends up in what is known, never in an exception. */
    public void run() {
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
        var target = takeSlot(api.within(Deadline.in(options.slot.timeout)));
        var deadline = Deadline.in(options.wait.timeout);
        boolean fresh = prepareNamespace(api.within(deadline), target, deadline);
        boolean applying = options.apply.force || options.apply.apply && fresh;
        var prepareFailure = applying ? prepare(target, deadline) : Optional.<String>empty();
        var loaded = load(target, deadline);
        var applied = applying ? apply(api.within(deadline), target, loaded, deadline) : notApplied(loaded);
        judge(api, target, applied, prepareFailure.isPresent() || failed(loaded, applied.results()), deadline);
    }

    private void status(Api api) {
        var target = findSlot(api);
        known.target = target;
        if (new Namespaces(api, progress).absent(target)) {
            throw new InfraFailure(Outcome.not_ready, "ns/" + target.namespace() + " does not exist");
        }
        var waiting = waiting(api, target, notApplied(load(target, Deadline.in(options.wait.timeout))));
        hideSecrets(api, target);
        var judgement = looked(waiting.once());
        known.judgement = judgement;
        diagnose(api, judgement);
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
        known.end(Outcome.attached, "slot " + target.slot() + " belongs to issue " + target.issue() + ", pull request " + target.pr());
    }

    private Api connect() {
        var connection = new Api(kubeconfig(), options.cluster.requestTimeout);
        var api = connection.within(Deadline.in(Duration.ofSeconds(4)));
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

    private Target takeSlot(Api api) {
        var target = options.slot.namespace != null ? options.explicit() : slots(api)
            .acquire(options.wanted(), Deadline.in(options.slot.timeout), options.ttlEnd());
        known.target = target;
        return target;
    }

    private Target findSlot(Api api) {
        return options.slot.namespace != null ? options.explicit() : slots(api).find(options.wanted());
    }

    private Slots slots(Api api) {
        return new Slots(api, options.slot.stateNamespace, options.slot.statePrefix,
            options::namespaceOf, Holder.of(options.environment), progress);
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

    /** Images and sources; what went wrong, or empty. */
    private Optional<String> prepare(Target target, Deadline deadline) {
        try {
            if (options.apply.prepareImages != null) {
                progress.say("prepare images: " + options.apply.prepareImages);
                Shell.run(Shell.sh(options.apply.prepareImages), target.environment(), deadline, progress::detail);
            }
            if (options.apply.source != null) {
                new Mirror(options.apply.source, options.apply.codeRootBase.resolve("" + target.slot()).resolve("src")).run(progress);
            }
            return Optional.empty();
        } catch (InfraFailure e) {
            known.prepareFailure = e.getMessage();
            progress.warn(e.getMessage());
            return Optional.of(e.getMessage());
        }
    }

    private Loaded load(Target target, Deadline deadline) {
        var loaded = new Manifests(options.facts(target), Manifests.stdin(options.apply.manifests)).load(options.apply.manifests);
        if (options.apply.render != null) {
            loaded = loaded.and(rendered(target, deadline));
        }
        loaded.problems().forEach(p -> progress.warn(p.source() + ": " + p.message()));
        known.problems = loaded.problems();
        return loaded;
    }

    private Loaded rendered(Target target, Deadline deadline) {
        var command = Placeholders.fill(options.apply.render, target.placeholders(), "{", "}");
        try {
            return Manifests.parse("--render", Shell.run(Shell.sh(command), target.environment(), deadline, progress::detail));
        } catch (InfraFailure e) {
            return Loaded.failed(new Source("--render", 0), e.getMessage());
        }
    }

    /** What an apply answered; {@code since} is the moment before it began, null when nothing was applied. */
    private record Outcomes(List<Applied> results, Instant since) { }

    private Outcomes notApplied(Loaded loaded) {
        var results = Apply.notNow(loaded.items());
        known.results = results;
        return new Outcomes(results, null);
    }

    private Outcomes apply(Api api, Target target, Loaded loaded, Deadline deadline) {
        boolean any = !loaded.items().isEmpty();
        known.applied = any;
        var since = Instant.now();
        var results = new Apply(api, target.namespace(), options.apply.recreate, so -> known.results = so, progress)
            .all(loaded.items(), deadline);
        if (any && !failed(loaded, results)) {
            new Namespaces(api.within(Deadline.now()), progress).markApplied(target);
        }
        return new Outcomes(results, any ? since : null);
    }

    private static boolean failed(Loaded loaded, List<Applied> results) {
        return !loaded.problems().isEmpty() || Applied.anyFailed(results);
    }

    /** {@code broken}: it is certain already that it will not be ready; what the rest says is worth a moment only. */
    private void judge(Api api, Target target, Outcomes applied, boolean broken, Deadline deadline) {
        var waiting = waiting(api, target, applied);
        known.waiting = waiting;
        hideSecrets(api, target);
        boolean certain = broken && options.wait.failMode == FailMode.fast;
        var judgement = waiting.run(certain ? deadline.atMost(Duration.ofSeconds(15)) : deadline);
        known.judgement = judgement;
        diagnose(api, judgement);
    }

    /** Before anything of the namespace is shown: an interrupt may come at any time. */
    private void hideSecrets(Api api, Target target) {
        var secrets = Collect.secretsIn(api.within(Deadline.now()), target.namespace());
        known.secrets = secrets;
        progress.mask(Redaction.of(secrets, options.environment)::clean);
    }

    private SoftWait waiting(Api api, Target target, Outcomes applied) {
        boolean onlyApplied = options.wait.waitFor == null ? options.hasManifests() : options.wait.waitFor == WaitFor.applied;
        var settings = new WaitSettings(options.wait.agent, onlyApplied, options.wait.strict,
            options.wait.failMode == FailMode.fast, applied.since());
        return new SoftWait(api, target.namespace(), applied.results(), settings, progress::judgement);
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
            var full = Collect.more(api.within(Deadline.now()), judgement.snapshot(), workloads, Duration.ofSeconds(5));
            known.secrets = full.secrets();
            known.diagnosis = Diagnosis.explain(full.snapshot(), workloads, options.wait.agent);
        } catch (RuntimeException | LinkageError | StackOverflowError e) {
            // a mistake of ours must not cost the verdict
            known.diagnosis = Diagnosis.unavailable(judgement.snapshot(), workloads, e);
        }
    }
}

// src/ensure_ready/command/Usage.java

/** What a command line must be before anything is touched. */
public static final class Usage {
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");

    private Usage() { }

    public static void check(Options o, CommandLine command) {
        var wrong = Stream.of(twice(o.given, command.getCommandSpec()), slots(o), names(o), files(o), verbs(o))
            .flatMap(List::stream).findFirst();
        if (wrong.isPresent()) {
            throw new ParameterException(command, wrong.get());
        }
    }

    /** picocli would start the option's group anew and forget what the group had. */
    private static List<String> twice(List<String> given, CommandSpec spec) {
        return spec.options().stream().filter(o -> !o.isMultiValue()).filter(o -> given.stream()
            .filter(g -> Stream.of(o.names()).anyMatch(n -> g.equals(n) || g.startsWith(n + "="))).count() > 1)
            .map(o -> o.longestName() + " is given twice").toList();
    }

    private static List<String> slots(Options o) {
        var s = o.slot;
        var wrong = new ArrayList<String>();
        check(wrong, s.number == null || s.number > 0, "--slot " + s.number + ": a slot's number starts at 1");
        check(wrong, s.issue >= 0, "--issue " + s.issue + ": must be the number of an issue");
        check(wrong, s.pr >= 0, "--pr " + s.pr + ": must be the number of a pull request");
        check(wrong, s.max >= 0, "--max " + s.max + ": must be 0 (no limit) or more");
        check(wrong, s.namespace != null || s.number != null || s.issue > 0 || s.pr > 0 || s.expired,
            "which environment? give --issue, --pr, --slot or --namespace");
        check(wrong, o.verb != Verb.attach || s.issue > 0 || s.pr > 0, "attach needs --issue or --pr");
        check(wrong, o.verb != Verb.attach || s.namespace == null, "attach needs a slot record, so no --namespace");
        check(wrong, s.namespace != null || o.verb != Verb.ensure || !s.pattern.contains("${project}") || !o.project().isEmpty(),
            "--project is needed for --namespace-pattern " + s.pattern);
        return wrong;
    }

    private static List<String> names(Options o) {
        var wrong = new ArrayList<String>();
        name(wrong, "--namespace", o.slot.namespace);
        name(wrong, "--state-namespace", o.slot.stateNamespace);
        name(wrong, "--agent-deployment", o.wait.agent);
        name(wrong, "--project", o.slot.project);
        check(wrong, WORD.matcher(o.slot.env).matches(), "--env " + o.slot.env + ": must be letters, digits, - _ . as in a label");
        if (wrong.isEmpty() && o.slot.namespace == null && o.verb == Verb.ensure) {
            name(wrong, "--namespace-pattern gives", o.namespaceOf(o.slot.number == null ? 1 : o.slot.number));
        }
        return wrong;
    }

    private static List<String> files(Options o) {
        var wrong = new ArrayList<String>();
        o.apply.manifests.stream().filter(f -> !f.equals("-"))
            .forEach(f -> check(wrong, Files.isReadable(Path.of(f)), "--manifests " + f + ": no such file or folder"));
        check(wrong, o.apply.manifests.stream().filter("-"::equals).count() < 2, "--manifests -: stdin can be read once only");
        check(wrong, o.apply.source == null || Files.isDirectory(o.apply.source), "--source " + o.apply.source + ": no such folder");
        check(wrong, o.apply.source == null || o.apply.codeRootBase != null, "--source needs --code-root-base");
        check(wrong, o.apply.source == null || o.slot.namespace == null
            || o.slot.number != null, "--source needs a slot: its sources go to BASE/<slot>/src");
        if (wrong.isEmpty()) {
            check(wrong, o::variables);
        }
        if (wrong.isEmpty() && (o.cluster.kubeconfig != null || o.cluster.context != null)) {
            check(wrong, o::kubeconfig);
        }
        return wrong;
    }

    private static void check(List<String> wrong, Supplier<?> value) {
        try {
            value.get();
        } catch (IllegalArgumentException e) {
            wrong.add(e.getMessage());
        }
    }

    /** An option that a verb would silently ignore is a mistake to be told. */
    private static List<String> verbs(Options o) {
        var wrong = new ArrayList<String>();
        check(wrong, !o.slot.expired || o.verb == Verb.release, "--expired belongs to release");
        check(wrong, !o.apply.apply && !o.apply.force || o.verb == Verb.ensure
            || o.fromEnvironment("CODEXCTL_APPLY", "CODEXCTL_FORCE_APPLY"),
            o.verb + " applies nothing: no --apply, no --force-apply");
        check(wrong, o.apply.source == null || o.verb == Verb.ensure, o.verb + " mirrors nothing: no --source");
        check(wrong, o.slot.ttl == null || o.verb == Verb.ensure || o.verb == Verb.attach, "--ttl belongs to ensure and attach");
        return wrong;
    }

    private static void name(List<String> wrong, String option, String value) {
        check(wrong, value == null || NAME.matcher(value).matches(),
            option + " " + value + ": must be lower-case letters, digits and -, 63 at most");
    }

    public static void check(List<String> wrong, boolean right, String sentence) {
        if (!right) {
            wrong.add(sentence);
        }
    }

    /** picocli's sentence, the environment variable named when the value came from there. */
    public static String sentence(ParameterException e, List<String> given, Map<String, String> env) {
        var message = e.getMessage().lines().findFirst().orElse("").replace("option option", "option");
        var arg = e.getArgSpec();
        if (arg == null || !arg.isOption()) {
            return lower(message);
        }
        var names = List.of(((CommandLine.Model.OptionSpec) arg).names());
        var byHand = given.stream().anyMatch(g -> names.stream().anyMatch(n -> g.equals(n) || g.startsWith(n + "=")));
        return lower(message) + names.stream().map(EnvironmentTwins.OF::get).filter(t -> t != null && !byHand && env.containsKey(t))
            .findFirst().map(t -> " (from " + t + ")").orElse("");
    }

    private static String lower(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}

// src/ensure_ready/command/Verb.java

/** What is to be done; the first word of the command line. */
public enum Verb { ensure, status, release, attach }

// src/ensure_ready/command/WaitFor.java

/** What gates {@code infraReady}. */
public enum WaitFor { applied, namespace }

// src/ensure_ready/command/WaitOptions.java

/** How long to wait, and for what. */
public static final class WaitOptions {
    @Option(names = "--wait-timeout", paramLabel = "DURATION",
        description = "one deadline for apply and wait together: 20m, 1200s, 1h5m (default: 20m) [CODEXCTL_WAIT_TIMEOUT]")
    public Duration timeout = Duration.ofMinutes(20);
    @Option(names = "--wait-soft-fail", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "whatever goes wrong with the infrastructure, exit 0 and say so in the JSON [CODEXCTL_WAIT_SOFT_FAIL]")
    public boolean soft;
    @Option(names = "--fail-mode", paramLabel = "fast|deadline",
        description = "stop as soon as the outcome is certain, or only at the deadline (default: fast)")
    public FailMode failMode = FailMode.fast;
    @Option(names = "--wait-for", paramLabel = "applied|namespace",
        description = "what gates infraReady (default: applied when manifests are given, else namespace)")
    public WaitFor waitFor;
    @Option(names = "--strict", arity = "0..1", fallbackValue = "true", paramLabel = "true|false",
        description = "what cannot be verified (custom resources without a known status) blocks")
    public boolean strict;
    @Option(names = "--agent-deployment", paramLabel = "NAME",
        description = "the agent's own Deployment: reported as agentReady, does not gate (default: codex)")
    public String agent = "codex";
}

// src/ensure_ready/slots/Changes.java

/** Waiting for a list to change without asking again and again. */
public static final class Changes {
    private Changes() { }

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
        sleep(changed, deadline.left());
        watch.thenAccept(response -> response.body().cancel());
        if (broken.get()) {
            Pause.of(deadline.atMost(Duration.ofSeconds(1)).left());
        }
    }

    private static void sleep(CountDownLatch latch, Duration atMost) {
        try {
            latch.await(Math.max(1, atMost.toMillis()), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw InfraFailure.interrupted();
        }
    }
}

// src/ensure_ready/slots/Holder.java

/** Who holds a slot, for people who wait for it. */
public static final class Holder {
    private Holder() { }

    public static String of(Map<String, String> env) {
        var run = env.getOrDefault("GITHUB_RUN_ID", "");
        return run.isEmpty() ? System.getProperty("user.name") : env.getOrDefault("GITHUB_REPOSITORY", "github") + " run " + run;
    }
}

// src/ensure_ready/slots/Namespaces.java

/** The slot's namespace: made when absent, waited for while it goes away. */
public static final class Namespaces {
    /** {@code unfinished}: made by us, but a run ended before its apply did; {@code unreadable}: we may not look. */
    public enum Found { created, unfinished, living, unreadable }

    private final Api api;
    private final Progress progress;

    public Namespaces(Api api, Progress progress) {
        this.api = api;
        this.progress = progress;
    }

    /** Throws {@link InfraFailure} {@code timeout} when it is still going away at the deadline, with what holds it. */
    public Found ensure(Target target, Deadline deadline, Optional<Instant> expires) {
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
    public void markApplied(Target target) {
        var patch = Json.MAPPER.createObjectNode();
        patch.putObject("metadata").putObject("annotations").put(Labels.APPLIED, Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        try {
            var ns = api.find(Kind.NAMESPACE, null, target.namespace());
            if (ns.isPresent() && unfinished(ns.get())) {
                api.send("PATCH", Kind.NAMESPACE.path(null, target.namespace()), "application/merge-patch+json", patch.toString());
            }
        } catch (ApiError e) {
            progress.detail("ns/" + target.namespace() + ": cannot remember that it was applied: " + e.sentence());
        }
    }

    /** True only when the server says so; who may not ask does not know. */
    public boolean absent(Target target) {
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
        var body = Json.MAPPER.createObjectNode().put("apiVersion", "v1").put("kind", "Namespace");
        var metadata = body.putObject("metadata").put("name", target.namespace());
        Labels.mark(metadata, target.env(), target.slot(), target.issue(), expires);
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
        var left = namespace.list("/status/conditions").stream().filter(c -> c.path("status").asText().equals("True"))
            .map(c -> Texts.line(c.path("message").asText())).collect(Collectors.joining("; "));
        return left.isEmpty() ? "finalizers " + namespace.at("/spec/finalizers") : left;
    }
}

// src/ensure_ready/slots/Release.java

/** Frees slots. Deletes a namespace only when this tool made it and no other record needs it. */
public static final class Release {
    private final Api api;
    private final Slots slots;
    private final Released released;
    private final Progress progress;

    public Release(Api api, Slots slots, Released released, Progress progress) {
        this.api = api;
        this.slots = slots;
        this.released = released;
        this.progress = progress;
    }

    public void one(Target target) {
        var all = slots.all();
        var record = all.stream().filter(s -> s.number() == target.slot() && s.namespace().equals(target.namespace())).findFirst();
        var shared = all.stream().anyMatch(s -> s.namespace().equals(target.namespace()) && s.number() != target.slot());
        namespace(target, shared);
        record.ifPresent(this::record);
    }

    public void expired(Instant now) {
        for (var slot : slots.all()) {
            if (slot.expired(now)) {
                one(slot.target(new Wanted(slot.env(), slot.number(), 0, 0, 0), false));
            }
        }
    }

    private void namespace(Target target, boolean shared) {
        var ref = "ns/" + target.namespace();
        var found = api.find(Kind.NAMESPACE, null, target.namespace());
        if (found.isEmpty()) {
            released.left().add(ref + ": was gone already");
        } else if (!Namespaces.ours(found.get())) {
            released.left().add(ref + ": not made by ensure_ready (no label " + Labels.MANAGED_BY + "=" + Labels.US + ")");
        } else if (shared) {
            released.left().add(ref + ": another slot lives in it");
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

// src/ensure_ready/slots/Released.java

/** What a release deleted and what it left, filled while it goes on; an interrupt reads it as it stands. */
public record Released(List<String> deleted, List<String> left) {
    public Released() {
        this(new CopyOnWriteArrayList<>(), new CopyOnWriteArrayList<>());
    }

    public String sentence() {
        return "deleted " + (deleted.isEmpty() ? "nothing" : String.join(", ", deleted))
            + (left.isEmpty() ? "" : "; left " + String.join(", ", left));
    }
}

// src/ensure_ready/slots/Slot.java

/** A slot record. */
public record Slot(int number, String env, String namespace, String owner, int issue,
    int pr, String createdAt, String expiresAt, String uid, long version) {
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

    boolean expired(Instant now) {
        try {
            return !expiresAt.isEmpty() && Instant.parse(expiresAt).isBefore(now);
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    @Override
    public String toString() {
        return "slot " + number + " is held by " + (issue > 0 ? "issue " + issue : pr > 0 ? "pull request " + pr : "nobody's issue")
            + (createdAt.isEmpty() ? "" : " since " + createdAt) + (owner.isEmpty() ? "" : " (" + owner + ")");
    }
}

// src/ensure_ready/slots/Slots.java

/**
 * Slot records: one ConfigMap a slot, whose creation is the lock. N runs get N slots and two runs of one issue get the same:
 * of two records for one issue the one that was created first stays, and whoever made the other deletes it and joins.
 */
public static final class Slots {
    private final Api api;
    private final String namespace;
    private final String prefix;
    private final IntFunction<String> namespaceOf;
    private final String owner;
    private final Progress progress;

    public Slots(Api api, String namespace, String prefix, IntFunction<String> namespaceOf, String owner, Progress progress) {
        this.api = api;
        this.namespace = namespace;
        this.prefix = prefix;
        this.namespaceOf = namespaceOf;
        this.owner = owner;
        this.progress = progress;
    }

    /**
     * Finds the slot, or takes the lowest free one, waiting for one when all are taken. Throws {@link InfraFailure} {@code no_slot} at the
     * deadline.
     */
    public Target acquire(Wanted wanted, Deadline deadline, Optional<Instant> expires) {
        for (String told = ""; ; ) {
            var records = records();
            var mine = find(records.slots(), wanted);
            if (mine.isPresent()) {
                return join(mine.get(), wanted, expires);
            }
            elsewhere(records.slots(), wanted).ifPresent(other -> {
                throw new InfraFailure(Outcome.no_slot, "slot " + wanted.number() + " was asked for, but " + other);
            });
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
    public Target find(Wanted wanted) {
        return seek(wanted).orElseThrow(() -> new InfraFailure(Outcome.no_slot, "no slot for " + wanted + " in " + namespace));
    }

    public Optional<Target> seek(Wanted wanted) {
        return find(records().slots(), wanted).map(s -> s.target(wanted, false));
    }

    /** Sets issue, pull request and, if given, the time to live of the slot that is there. */
    public Target attach(Wanted wanted, Optional<Instant> expires) {
        var slot = find(records().slots(), wanted)
            .orElseThrow(() -> new InfraFailure(Outcome.no_slot, "no slot for " + wanted + " in " + namespace));
        return join(slot, wanted, expires);
    }

    List<Slot> all() {
        return records().slots();
    }

    void delete(Slot slot) {
        api.delete(Kind.CONFIG_MAP, namespace, prefix + slot.number(), slot.uid(), Map.of());
    }

    /** By number, else by issue, else by pull request; only within one environment type. */
    public static Optional<Slot> find(List<Slot> slots, Wanted w) {
        return slots.stream().filter(s -> s.env().isEmpty() || s.env().equals(w.env())).filter(s -> w.number() > 0
            ? s.number() == w.number() && (w.issue() == 0 || s.issue() == 0 || s.issue() == w.issue())
            : w.issue() > 0 ? s.issue() == w.issue() : w.pr() > 0 && s.pr() == w.pr()).findFirst()
            .or(() -> w.number() == 0 && w.issue() > 0 && w.pr() > 0 ? find(slots, new Wanted(w.env(), 0, 0, w.pr(), w.max()))
            .filter(s -> s.issue() == 0) : Optional.empty());
    }

    /** The slot that the issue has already, when another number was asked for: nobody gets two. */
    static Optional<Slot> elsewhere(List<Slot> slots, Wanted w) {
        return w.number() > 0 && w.issue() > 0 ? find(slots, new Wanted(w.env(), 0, w.issue(), 0, w.max()))
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
            data.put("issue", "" + wanted.issue());
        }
        if (wanted.pr() > 0 && slot.pr() != wanted.pr()) {
            data.put("pr", "" + wanted.pr());
        }
        if (!data.isEmpty() || expires.isPresent()) {
            var patch = Json.MAPPER.createObjectNode();
            patch.set("data", data);
            Labels.mark(patch.putObject("metadata"), wanted.env(), slot.number(), Math.max(wanted.issue(), slot.issue()), expires);
            api.send("PATCH", Kind.CONFIG_MAP.path(namespace, prefix + slot.number()), "application/merge-patch+json", patch.toString());
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
     * Two runs of one issue may have made two records when a slot became free between their looks. The older record stays.
     * etcd's revision tells which: a resourceVersion grows with every write of the cluster, a creationTimestamp has whole seconds only.
     */
    private Optional<Target> keepOrYield(int number, Wanted wanted) {
        var slots = records().slots();
        var mine = slots.stream().filter(s -> s.number() == number).findFirst();
        if (mine.isEmpty()) {
            return Optional.empty();
        }
        var older = wanted.issue() > 0 && slots.stream().anyMatch(s -> s.number() != number && s.issue() == wanted.issue()
            && s.env().equals(wanted.env()) && s.version() < mine.get().version());
        if (older) {
            delete(mine.get());
            return Optional.empty();
        }
        progress.say("took slot " + number + " (" + mine.get().namespace() + ")");
        return Optional.of(mine.get().target(wanted, true));
    }

    private ObjectNode record(int number, Wanted wanted, Optional<Instant> expires) {
        var record = Json.MAPPER.createObjectNode().put("apiVersion", "v1").put("kind", "ConfigMap");
        var metadata = record.putObject("metadata").put("name", prefix + number);
        Labels.mark(metadata, wanted.env(), number, wanted.issue(), expires);
        record.putObject("data").put("slot", "" + number).put("env", wanted.env())
            .put("namespace", namespaceOf.apply(number)).put("owner", owner)
            .put("issue", "" + wanted.issue()).put("pr", "" + wanted.pr())
            .put("createdAt", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        return record;
    }

    /** Another run may be making it too; whether it is there now is all that counts. */
    private void createStateNamespace() {
        var body = Json.MAPPER.createObjectNode().put("apiVersion", "v1").put("kind", "Namespace");
        body.putObject("metadata").put("name", namespace).putObject("labels").put("app.kubernetes.io/part-of", "ensure-ready");
        api.create(Kind.NAMESPACE, null, body);
    }

    private Records records() {
        var list = api.get(Kind.CONFIG_MAP.path(namespace, null));
        var slots = Api.items(Kind.CONFIG_MAP, list).stream().filter(o -> o.name().matches(Pattern.quote(prefix) + "[1-9]\\d{0,8}"))
            .map(o -> Slot.of(o, prefix)).toList();
        return new Records(slots, list.at("/metadata/resourceVersion").asText());
    }

    /** All slots, and the version of the list to watch from. */
    private record Records(List<Slot> slots, String version) { }
}

// src/ensure_ready/slots/Wanted.java

/** Which slot is asked for; 0 stands for "not given", {@code max} 0 for no limit. */
public record Wanted(String env, int number, int issue, int pr, int max) {
    @Override
    public String toString() {
        return "env " + env + (number > 0 ? ", slot " + number : "") + (issue > 0 ? ", issue " + issue : "")
            + (pr > 0 ? ", pull request " + pr : "");
    }
}

// src/ensure_ready/manifests/Apply.java

/** Server-side apply under our own manager: every object gets its result, and no error stops the others. */
public static final class Apply {
    static final String MANAGER = "ensure-ready";
    /** How long an unknown kind is asked for again when no CRD of the manifests brings it; an operator may be about to. */
    private static final Duration UNKNOWN_KIND = Duration.ofSeconds(30);
    private static final List<String> ORDER =
        List.of("Namespace", "CustomResourceDefinition", "ResourceQuota", "LimitRange", "PriorityClass", "StorageClass",
        "ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding",
            "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim",
        "Service", "NetworkPolicy", "DaemonSet", "StatefulSet", "ReplicaSet", "Deployment", "Pod", "CronJob", "Job", "PodDisruptionBudget",
        "HorizontalPodAutoscaler", "Ingress", "*", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration");
    private static final Set<String> NEVER_RECREATED =
        Set.of("PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition");
    private final Api api;
    private final Api patient;
    private final String namespace;
    private final boolean recreate;
    private final Consumer<List<Applied>> told;
    private final Progress progress;
    private Set<String> scaled = Set.of();

    /** {@code told} hears the results after each pass, those of all objects so far. */
    public Apply(Api api, String namespace, boolean recreate, Consumer<List<Applied>> told, Progress progress) {
        this.api = api.within(Deadline.now());
        this.patient = api;
        this.namespace = namespace;
        this.recreate = recreate;
        this.told = told;
        this.progress = progress;
    }

    /** Objects that a run without apply is judged by. */
    public static List<Applied> notNow(List<Item> items) {
        return items.stream().map(i -> new Applied(i.object(), i.source(), Result.skipped, 0, "", "", "")).toList();
    }

    /** Applies in order, and what may still succeed again and again until the deadline. */
    public List<Applied> all(List<Item> items, Deadline deadline) {
        var results = new LinkedHashMap<Item, Applied>();
        var pending = items.stream().sorted(Comparator.comparingInt(i -> rank(i.object().kind()))).toList();
        pending.forEach(i -> results.put(i, notNow(List.of(i)).get(0)));
        scaled = scaledByHpa(items);
        var start = Instant.now();
        for (long pause = 1; !pending.isEmpty(); pause = Math.min(5, pause * 2)) {
            pending = pass(pending, results, Duration.between(start, Instant.now()));
            told.accept(List.copyOf(results.values()));
            if (pending.isEmpty() || deadline.left().toSeconds() <= pause) {
                break;
            }
            progress.say("applies " + Texts.count(pending.size(), "object") + " again in " + pause + " s: " + results.get(pending.get(0))
                .error());
            Pause.of(Duration.ofSeconds(pause));
        }
        progress.say("applied " + summary(results.values()));
        return List.copyOf(results.values());
    }

    /**
     * One try each; gives back what is worth another. An API server that does not answer ends the pass: the rest would only wait longer.
     */
    private List<Item> pass(List<Item> pending, Map<Item, Applied> results, Duration since) {
        var again = new ArrayList<Item>();
        for (int i = 0; i < pending.size(); i++) {
            var item = pending.get(i);
            try {
                results.put(item, one(item));
                progress.detail(item.object().ref() + ": " + results.get(item).result());
            } catch (ApiError e) {
                results.put(item, failed(item, e));
                progress.detail(item.object().ref() + ": " + e.sentence());
                if (passing(e, since, pending)) {
                    again.add(item);
                }
                if (e.code == 0) {
                    again.addAll(pending.subList(i + 1, pending.size()));
                    return again;
                }
            }
        }
        return again;
    }

    static int rank(String kind) {
        return ORDER.contains(kind) ? ORDER.indexOf(kind) : ORDER.indexOf("*");
    }

    /** Errors that time may heal: no answer, overload, webhooks that start, accounts and kinds that are being made. */
    private boolean passing(ApiError e, Duration since, List<Item> items) {
        if (e.reason.equals("NoKind")) {
            return since.compareTo(UNKNOWN_KIND) < 0 || items.stream().anyMatch(i -> i.object().kind().equals("CustomResourceDefinition"));
        }
        var message = e.getMessage().toLowerCase(Locale.ROOT);
        return e.code == 0 || e.code == 429 || e.code >= 500 || e.reason.equals("BeingDeleted")
            || e.code == 409 && message.contains("object has been modified") || e.code == 404 && message.contains("namespaces")
            || e.code == 403 && message.contains("error looking up service account");
    }

    private static Applied failed(Item item, ApiError e) {
        return new Applied(item.object(), item.source(), Result.failed, 0, "", e.reason.isEmpty()
            ? "" + e.code : e.reason, Texts.line(e.getMessage()));
    }

    private Applied one(Item item) {
        var object = item.object();
        var kind = api.kind(object.apiVersion(), object.kind())
            .orElseThrow(() -> new ApiError(404, "NoKind", "no matches for kind \""
            + object.kind() + "\" in version \"" + object.apiVersion() + "\"", "apply " + object.ref()));
        var ns = kind.namespaced() ? object.namespace().isEmpty() ? namespace : object.namespace() : null;
        var live = api.find(kind, ns, object.name());
        if (live.filter(Obj::deleting).isPresent()) {
            throw new ApiError(409, "BeingDeleted", object.ref() + " is being deleted", "apply " + object.ref());
        }
        live.ifPresent(l -> takeOver(kind, ns, l));
        var body = body(object, ns, live);
        try {
            return applied(item, live, patch(kind, ns, object.name(), body), false);
        } catch (ApiError e) {
            if (immutable(e) && live.isPresent()) {
                return again(item, kind, ns, live.get(), body, e);
            }
            throw e;
        } finally {
            if (object.kind().equals("CustomResourceDefinition")) {
                awaitServed(object);
            }
        }
    }

    /** The manifests win; who else had set a field is told, as somebody will wonder where his change went. */
    private Obj patch(Kind kind, String ns, String name, JsonNode body) {
        var path = kind.path(ns, name) + "?fieldManager=" + MANAGER + "&fieldValidation=Strict";
        try {
            return new Obj(api.send("PATCH", path, "application/apply-patch+yaml", body.toString()));
        } catch (ApiError e) {
            if (e.code != 409 || !e.reason.equals("Conflict") || !e.getMessage().contains("conflict")) {
                throw e;
            }
            progress.warn(Obj.ref(kind.name(), name) + ": overwrites what others set: " + Texts.line(e.getMessage()));
            return new Obj(api.send("PATCH", path + "&force=true", "application/apply-patch+yaml", body.toString()));
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
            .map(m -> m.path("manager").asText()).toList();
        if (owners.stream().anyMatch(o -> !o.equals(MANAGER))) {
            spec.remove("replicas");
        } else {
            spec.set("replicas", live.at("/spec/replicas"));
        }
    }

    private Set<String> scaledByHpa(List<Item> items) {
        var hpas = items.stream().map(Item::object).filter(o -> o.kind().equals("HorizontalPodAutoscaler"))
            .collect(Collectors.toCollection(ArrayList::new));
        try {
            hpas.addAll(patient.list(Kind.HPA, namespace, ""));
        } catch (ApiError e) {
            progress.detail("cannot list autoscalers: " + e.sentence());
        }
        return hpas.stream().map(h -> Obj.ref(h.text("/spec/scaleTargetRef/kind"), h.text("/spec/scaleTargetRef/name")))
            .collect(Collectors.toSet());
    }

    /**
     * kubectl's client-side apply owns fields as an updater: what a manifest drops would stay for ever. As kubectl itself does when it
     * changes over, its entry becomes part of ours before the first server-side apply.
     */
    private void takeOver(Kind kind, String ns, Obj live) {
        var fields = live.list("/metadata/managedFields");
        var theirs = fields.stream().filter(Apply::clientSide).toList();
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
        api.send("PATCH", kind.path(ns, live.name()), "application/json-patch+json", patch.toString());
        progress.detail(live.ref() + ": took over the fields of kubectl's client-side apply");
    }

    private static boolean clientSide(JsonNode entry) {
        return Set.of("kubectl-client-side-apply", "before-first-apply").contains(entry.path("manager").asText())
            && entry.path("operation").asText().equals("Update") && entry.path("subresource").asText().isEmpty();
    }

    private static boolean mine(JsonNode entry) {
        return entry.path("manager").asText().equals(MANAGER) && entry.path("operation").asText().equals("Apply")
            && entry.path("subresource").asText().isEmpty();
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
        var message = e.getMessage().toLowerCase(Locale.ROOT);
        return e.code == 422 && (message.contains("immutable") || message.contains("updates to statefulset spec for fields other than")
            || message.contains("may not change") || message.contains("may not be changed")
            || message.contains("updates to parameters are forbidden")
            || message.contains("pod updates may not change fields"));
    }

    private Applied again(Item item, Kind kind, String ns, Obj live, JsonNode body, ApiError immutable) {
        var fields = immutable.fields();
        if (NEVER_RECREATED.contains(kind.name()) || !recreate) {
            throw immutable.with("cannot be changed in place" + fields
                + (NEVER_RECREATED.contains(kind.name()) ? ", and a " + kind.name() + " is never deleted here"
                : "; --recreate-immutable deletes it and creates it again"));
        }
        progress.say(live.ref() + ": delete and create again" + fields);
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
        var until = Deadline.in(Duration.ofSeconds(60));
        while (api.find(kind, ns, old.name()).filter(o -> o.uid().equals(old.uid())).isPresent()) {
            if (until.passed()) {
                throw new ApiError(409, "BeingDeleted", old.ref() + " is still being deleted", "recreate " + old.ref());
            }
            Pause.of(Duration.ofMillis(300));
        }
    }

    /** Custom resources come after their definition is established and its version is served. */
    private void awaitServed(Obj crd) {
        var until = Deadline.in(Duration.ofSeconds(15));
        var group = crd.text("/spec/group");
        for (var version : crd.list("/spec/versions")) {
            var apiVersion = group + "/" + version.path("name").asText();
            api.rediscover(apiVersion);
            while (version.path("served").asBoolean() && api.kind(apiVersion, crd.text("/spec/names/kind")).isEmpty() && !until.passed()) {
                api.rediscover(apiVersion);
                Pause.of(Duration.ofMillis(200));
            }
        }
    }

    static String summary(Collection<Applied> results) {
        var counts = new TreeMap<Result, Long>(results.stream().collect(Collectors.groupingBy(Applied::result, Collectors.counting())));
        return Texts.count(results.size(), "object") + ": " + counts.entrySet()
            .stream().map(e -> e.getValue() + " " + e.getKey()).collect(Collectors.joining(", "));
    }
}

// src/ensure_ready/manifests/Item.java

/** An object of the manifests and where it stands. */
public record Item(Obj object, Source source) { }

// src/ensure_ready/manifests/Loaded.java

/** What was read of the manifests. */
public record Loaded(List<Item> items, List<Problem> problems) {
    static Loaded none() {
        return new Loaded(List.of(), List.of());
    }

    public static Loaded failed(Source source, String message) {
        return new Loaded(List.of(), List.of(new Problem(source, Texts.line(message))));
    }

    public Loaded and(Loaded other) {
        return new Loaded(Stream.concat(items.stream(), other.items.stream())
            .toList(), Stream.concat(problems.stream(), other.problems.stream()).toList());
    }
}

// src/ensure_ready/manifests/Manifests.java

/** Finding, rendering and reading manifests. What cannot be read becomes a {@link Problem}; the rest goes on. */
public static final class Manifests {
    private static final Pattern MANIFEST = Pattern.compile(".*\\.(yaml|yml|json)(\\.ftl)?");
    private final Map<String, Object> facts;
    public final String stdin;

    public Manifests(Map<String, Object> facts, String stdin) {
        this.facts = facts;
        this.stdin = stdin;
    }

    /** stdin can be read once, so it is read where the manifests name it. */
    public static String stdin(List<String> paths) {
        try {
            return paths.contains("-") ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new InfraFailure(Outcome.apply_failed, "stdin: " + e.getMessage());
        }
    }

    public Loaded load(List<String> paths) {
        var loaded = Loaded.none();
        for (var path : paths) {
            loaded = loaded.and(path.equals("-") ? parse("stdin", stdin) : load(Path.of(path)));
        }
        return loaded;
    }

    public Loaded load(Path path) {
        try {
            return Files.isDirectory(path) ? folder(path) : file(path);
        } catch (IOException | IllegalArgumentException e) {
            return Loaded.failed(new Source(path.toString(), 0), e.getMessage());
        }
    }

    private Loaded folder(Path folder) throws IOException {
        var loaded = Loaded.none();
        for (var file : files(folder)) {
            loaded = loaded.and(Files.isDirectory(file) ? kustomized(file) : file(file));
        }
        return loaded;
    }

    /** The manifests below a folder in order of name; a folder that kustomize builds stands for itself, hidden ones are passed over. */
    static List<Path> files(Path folder) throws IOException {
        if (Stream.of("kustomization.yaml", "kustomization.yml", "Kustomization").anyMatch(k -> Files.exists(folder.resolve(k)))) {
            return List.of(folder);
        }
        List<Path> children;
        try (var files = Files.list(folder)) {
            children = files.filter(f -> !f.getFileName().toString().startsWith(".")).sorted().toList();
        }
        var all = new ArrayList<Path>();
        for (var child : children) {
            if (Files.isDirectory(child)) {
                all.addAll(files(child));
            } else if (MANIFEST.matcher(child.toString()).matches()) {
                all.add(child);
            }
        }
        return all;
    }

    private static Loaded kustomized(Path folder) {
        try {
            return parse(folder.toString(),
                Shell.run(List.of("kubectl", "kustomize", folder.toString()), Map.of(), Deadline.in(Duration.ofMinutes(2)), line -> { }));
        } catch (InfraFailure e) {
            return Loaded.failed(new Source(folder.toString(), 0), "kubectl kustomize: " + e.getMessage());
        }
    }

    private Loaded file(Path file) throws IOException {
        if (!file.toString().endsWith(".ftl")) {
            return parse(file.toString(), TextFile.read(file));
        }
        try {
            return linesOf(TextFile.read(file), parse(file.toString(), Templates.render(file, facts)));
        } catch (TemplateEngine.Unfit e) {
            return Loaded.failed(new Source(file.toString(), e.line), Templates.sentence(e));
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

    public static Loaded parse(String label, String text) {
        var read = Yaml.documents(label, text);
        var items = new ArrayList<Item>();
        var problems = new ArrayList<>(read.problems());
        for (var document : read.documents()) {
            flatten(document, items, problems);
        }
        return new Loaded(items, problems);
    }

    private static void flatten(Yaml.Document document, List<Item> items, List<Problem> problems) {
        var object = new Obj(document.json());
        if (object.kind().endsWith("List") && object.at("/items").isArray()) {
            object.list("/items").forEach(item -> flatten(new Yaml.Document(item, document.source()), items, problems));
        } else if (object.apiVersion().isEmpty() || object.kind().isEmpty() || object.name().isEmpty()) {
            var missing = Stream.of("/apiVersion", "/kind", "/metadata/name").filter(p -> object.text(p).isEmpty()).findFirst().orElse("");
            problems.add(new Problem(document.source(), "not a Kubernetes object: it has no " + missing.substring(1).replace('/', '.')));
        } else {
            items.add(new Item(object, document.source()));
        }
    }

    /**
     * YAML with the line of every document. Plain scalars mean what they mean to kubectl ({@code yes} is true, {@code 0644} is octal),
     * and empty maps and lists stay: typed models lose both.
     */
    public static final class Yaml {
        private static final Pattern SEPARATOR = Pattern.compile("^---(\\s.*)?$");
        private static final Pattern OCTAL = Pattern.compile("[-+]?0[0-7]+");
        private static final Pattern INTEGER = Pattern.compile("[-+]?(0|[1-9][0-9_]*)");
        private static final Pattern FLOAT = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
        private static final int DEEPEST = 200;

        private Yaml() { }

        /** One document and where it starts. */
        public record Document(JsonNode json, Source source) { }

        /** What could be read, and what not. */
        public record Documents(List<Document> documents, List<Problem> problems) { }

        /** Each document is read for itself, so that a broken one does not take the others with it. */
        public static Documents documents(String label, String text) {
            var documents = new ArrayList<Document>();
            var problems = new ArrayList<Problem>();
            var lines = text.split("\\R", -1);
            for (int start = 0, i = 0; i <= lines.length; i++) {
                if (i == lines.length || SEPARATOR.matcher(lines[i]).matches()) {
                    read(label, lines, start, i, documents, problems);
                    start = i;
                }
            }
            return new Documents(documents, problems);
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

        private static void read(String label, String[] lines, int from, int to, List<Document> documents, List<Problem> problems) {
            var settings = LoadSettings.builder().setLabel(label).setCodePointLimit(64 * 1024 * 1024).build();
            try {
                var node = new Compose(settings).composeString(String.join("\n", Arrays.copyOfRange(lines, from, to)));
                if (node.isPresent()) {
                    var json = json(node.get(), 0);
                    if (!json.isNull()) {
                        documents.add(new Document(json, new Source(label, from + line(node.get().getStartMark()))));
                    }
                }
            } catch (MarkedYamlEngineException e) {
                problems.add(new Problem(new Source(label, from + line(e.getProblemMark())), Texts.line(e.getProblem())));
            } catch (YamlEngineException e) {
                problems.add(new Problem(new Source(label, from + 1), Texts.line(e.getMessage())));
            }
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
                return TextNode.valueOf(text);
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
            return FLOAT.matcher(text).matches() ? new DecimalNode(new BigDecimal(text)) : TextNode.valueOf(text);
        }
    }
}

// src/ensure_ready/manifests/Mirror.java

/** Mirrors a source tree; what it writes and deletes lies within {@code target}, whatever links say. */
public record Mirror(Path source, Path target) {
    /** Throws {@link InfraFailure} {@code prepare_failed} when a file cannot be copied. */
    public void run(Progress progress) {
        try {
            Files.createDirectories(target);
            if (!target.toRealPath()
                .equals(target.getParent().getParent().toRealPath().resolve(target.getParent().getFileName()).resolve("src"))) {
                throw new InfraFailure(Outcome.prepare_failed, target + ": is a link to somewhere else, nothing was mirrored");
            }
            var wanted = new HashSet<Path>();
            copy(wanted);
            var removed = prune(wanted);
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
            removeTree(to);
            Files.copy(from, to, COPY_ATTRIBUTES, NOFOLLOW_LINKS, REPLACE_EXISTING);
        }
    }

    private static boolean same(Path a, Path b) throws IOException {
        return Files.isRegularFile(a, NOFOLLOW_LINKS) && Files.isRegularFile(b, NOFOLLOW_LINKS) && Files.size(a) == Files.size(b)
            && Files.getLastModifiedTime(a).equals(Files.getLastModifiedTime(b)) && Files.isExecutable(a) == Files.isExecutable(b);
    }

    private long prune(Set<Path> wanted) throws IOException {
        List<Path> extra;
        try (var files = Files.walk(target)) {
            extra = files.filter(f -> !wanted.contains(target.relativize(f))).sorted(Comparator.reverseOrder()).toList();
        }
        for (var file : extra) {
            Files.deleteIfExists(file);
        }
        return extra.size();
    }

    private static void removeTree(Path path) throws IOException {
        if (Files.isDirectory(path, NOFOLLOW_LINKS)) {
            try (var files = Files.walk(path)) {
                for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}

// src/ensure_ready/manifests/Placeholders.java

/** Filling names into patterns; what is not known stays as it stands. */
public static final class Placeholders {
    private Placeholders() { }

    public static String fill(String pattern, Map<String, String> values) {
        return fill(pattern, values, "${", "}");
    }

    public static String fill(String pattern, Map<String, String> values, String open, String close) {
        for (var e : values.entrySet()) {
            pattern = pattern.replace(open + e.getKey() + close, e.getValue());
        }
        return pattern;
    }
}

// src/ensure_ready/manifests/Shell.java

/** Commands of the user's: renderers, image scripts, kubectl kustomize. */
public static final class Shell {
    private Shell() { }

    public static List<String> sh(String command) {
        return List.of("sh", "-c", command);
    }

    /**
     * stdout of the command; each line of its stderr goes to {@code log}. Throws {@link InfraFailure} when it fails or the deadline passes.
     */
    public static String run(List<String> command, Map<String, String> environment, Deadline deadline, Consumer<String> log) {
        var what = command.get(command.size() - 1);
        var builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        try {
            var process = builder.start();
            var ends = Hooks.add("end of a command", () -> end(process));
            process.getOutputStream().close();
            var errors = new ArrayList<String>();
            var stderr = reading(() -> process.errorReader(StandardCharsets.UTF_8).lines().forEach(line -> keep(errors, line, log)));
            var out = CompletableFuture.supplyAsync(() -> all(process));
            var ended = process.waitFor(Math.max(1, deadline.left().toMillis()), TimeUnit.MILLISECONDS);
            // before the end: it closes what is still read
            var text = ended ? out.get(Math.max(1000, deadline.left().toMillis()), TimeUnit.MILLISECONDS) : "";
            stderr.join(1000);
            end(process);
            Hooks.forget(ends);
            if (!ended) {
                throw new InfraFailure(Outcome.prepare_failed, what + ": took longer than the deadline allowed");
            }
            if (process.exitValue() != 0) {
                throw new InfraFailure(Outcome.prepare_failed, what + ": exit code "
                    + process.exitValue() + (errors.isEmpty() ? "" : ": " + Texts.line(errors.get(errors.size() - 1))));
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

    private static Thread reading(Runnable reader) {
        var thread = new Thread(reader, "stderr");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void keep(List<String> errors, String line, Consumer<String> log) {
        log.accept(line);
        if (!line.isBlank()) {
            errors.add(line);
        }
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
    }

    private static String all(Process process) {
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}

// src/ensure_ready/manifests/Templates.java

/** Manifests that are FreeMarker templates. */
public static final class Templates {
    private Templates() { }

    /** Throws {@link TemplateEngine.Unfit}; a template may include others of its folder. */
    static String render(Path file, Map<String, Object> data) throws IOException {
        var engine = TemplateEngine.of(new FileTemplateLoader(file.toAbsolutePath().getParent().toFile()));
        return TemplateEngine.render(engine, file.getFileName().toString(), data);
    }

    /** {@code undefined variable tag}; file and line stand beside it. */
    static String sentence(TemplateEngine.Unfit e) {
        return e.undefined.isEmpty() ? e.getMessage() : "undefined variable " + e.undefined;
    }
}

// src/ensure_ready/waiting/FollowedTypes.java

/** Which types of objects a wait follows. */
public static final class FollowedTypes {
    /** Events that only tell that all goes well; they are most of what a namespace says. */
    private static final String EVENTS = Stream.of("Scheduled", "Pulled", "Created", "Started", "SuccessfulCreate", "SuccessfulDelete",
        "ScalingReplicaSet", "Completed")
        .map(reason -> "reason!=" + reason).collect(Collectors.joining(",", "&fieldSelector=", ""));

    private FollowedTypes() { }

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
        return Preflight.kinds(snapshot).stream().flatMap(kind -> switch (kind) {
            case "Secret" -> Stream.of(new Topic(Kind.SECRET, snapshot.namespace(), "", true));
            case "ConfigMap" -> Stream.of(new Topic(Kind.CONFIG_MAP, snapshot.namespace(), "", true));
            case "ServiceAccount" -> Stream.of(new Topic(Kind.SERVICE_ACCOUNT, snapshot.namespace(), "", true));
            case "StorageClass" -> Stream.of(Topic.of(Kind.STORAGE_CLASS, null));
            default -> Stream.<Topic>empty();
        }).toList();
    }
}

// src/ensure_ready/waiting/SoftWait.java

/** The wait itself: judges at each change, and ends when the outcome is proven, certain, or the time is up. */
public static final class SoftWait {
    private static final Duration DEBOUNCE = Duration.ofMillis(100);
    private static final Duration TICK = Duration.ofSeconds(5);
    private static final Duration LIVE_READ = Duration.ofSeconds(10);
    /** Rights are given by objects too, and may come a moment after the namespace. */
    private static final Duration FORBIDDEN_GRACE = Duration.ofSeconds(10);
    private final Api api;
    private final String namespace;
    private final List<Applied> applied;
    private final WaitSettings settings;
    private final Consumer<Judgement> progress;
    private final Semaphore changes = new Semaphore(0);
    private final Instant started = Instant.now();
    private final long startedNanos = System.nanoTime();
    private Duration debounce = DEBOUNCE;
    private long looked;
    private volatile Judgement last;

    public SoftWait(Api api, String namespace, List<Applied> applied, WaitSettings settings, Consumer<Judgement> progress) {
        this.api = api.within(Deadline.now());
        this.namespace = namespace;
        this.applied = List.copyOf(applied);
        this.settings = settings;
        this.progress = progress;
        last = new Judgement(Outcome.timeout, Verdict.NOTHING, snapshot(Map.of(), List.of()), List.of());
    }

    /** What was known last; for the interrupt. */
    public Judgement last() {
        return last;
    }

    /** Waits until ready, certainly failed, or the deadline. Infrastructure trouble is an outcome, never an exception. */
    public Judgement run(Deadline deadline) {
        try (var informers = started()) {
            var memory = WaitMemory.NONE;
            while (!deadline.passed()) {
                var complete = informers.complete(); // asked before the look: a list that comes in between is not in it
                var seen = followed(look(informers.objects(), informers), informers);
                memory = complete ? seen.remembered(memory, settings, now()) : WaitMemory.NONE;
                if (concluded(seen, complete, informers, memory, deadline)) {
                    return last;
                }
                pause(seen, memory, deadline);
            }
            return publish(last.with(atDeadline(informers)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return last;
        }
    }

    /** One list a type, judged; no wait, no settling. */
    public Judgement once() {
        try (var informers = started()) {
            var until = Deadline.in(LIVE_READ);
            followed(look(informers.objects(), informers), informers);
            do {
                changes.tryAcquire(DEBOUNCE.toMillis(), TimeUnit.MILLISECONDS);
                followed(look(informers.objects(), informers), informers);
            } while (!informers.complete() && !until.passed());
            var seen = look(informers.objects(), informers); // the list that came last is not in the look before it
            var ready = informers.complete() && !informers.forbidden() && seen.verdict().ready();
            return publish(seen.judgement(ready ? Outcome.ready : atDeadline(informers), List.of()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return last;
        }
    }

    /** The types that every wait needs, and the types that were applied. */
    private Informers started() {
        var informers = new Informers(api, changes::release);
        FollowedTypes.always(namespace, applied).forEach(informers::follow);
        FollowedTypes.sought(applied).forEach(o -> informers.seek(o, o.namespace().isEmpty() ? namespace : o.namespace()));
        return informers;
    }

    private Assessment followed(Assessment seen, Informers informers) {
        FollowedTypes.referred(seen.snapshot()).forEach(informers::follow);
        return seen;
    }

    private boolean concluded(Assessment seen, boolean complete, Informers informers, WaitMemory memory, Deadline deadline) {
        last = seen.judgement(Outcome.timeout, List.of());
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
        if (!ready && (!settings.failFast() || seen.certain(memory, settings, now()).isEmpty())) {
            return false;
        }
        return live(informers, deadline).filter(fresh -> ready ? provenReady(fresh, memory) : provenFailed(fresh, memory)).isPresent();
    }

    private boolean provenReady(Assessment fresh, WaitMemory memory) {
        boolean proven = fresh.verdict().ready() && fresh.verdict().restarts() <= memory.restarts();
        publish(fresh.judgement(proven ? Outcome.ready : Outcome.timeout, List.of()));
        return proven;
    }

    private boolean provenFailed(Assessment fresh, WaitMemory memory) {
        var certain = fresh.certain(memory, settings, now());
        publish(fresh.judgement(certain.isEmpty() ? Outcome.timeout : Outcome.failed, certain));
        return !certain.isEmpty();
    }

    /** The caches may be behind: an end is told only of what a fresh read of everything shows. Empty when the server does not answer. */
    private Optional<Assessment> live(Informers informers, Deadline deadline) {
        try {
            return Optional.of(look(informers.read(deadline.atMost(LIVE_READ).left()), informers));
        } catch (ApiError e) {
            return Optional.empty();
        }
    }

    private static Outcome atDeadline(Informers informers) {
        return informers.forbidden() || informers.unauthorized() ? Outcome.forbidden
            : informers.away() ? Outcome.no_cluster : Outcome.timeout;
    }

    /** A look that takes long must not be all that this process does. */
    private Assessment look(Map<String, List<Obj>> objects, Informers informers) {
        long begin = System.nanoTime();
        var seen = Assessment.of(snapshot(objects, informers.limited()), informers.statusless(), informers.gone(), settings);
        var cost = Duration.ofNanos(3 * (System.nanoTime() - begin));
        debounce = cost.compareTo(DEBOUNCE) > 0 ? cost : DEBOUNCE;
        looked = System.nanoTime();
        return seen;
    }

    private Snapshot snapshot(Map<String, List<Obj>> objects, List<String> limited) {
        return new Snapshot(namespace, now(), objects, applied, Map.of(), limited);
    }

    private Judgement publish(Judgement judgement) {
        last = judgement;
        progress.accept(judgement);
        return judgement;
    }

    /**
     * Sleeps until something changes, a rule of time is due, or the deadline. The first change is judged at once, those that follow
     * together.
     */
    private void pause(Assessment seen, WaitMemory memory, Deadline deadline) throws InterruptedException {
        var wake = seen.due(memory, now()).map(due -> Duration.between(now(), due)).filter(d -> d.compareTo(TICK) < 0).orElse(TICK);
        if (changes.tryAcquire(Math.max(1, deadline.atMost(wake).left().toMillis()), TimeUnit.MILLISECONDS)) {
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

// src/ensure_ready/cluster/Api.java

/** The API server over fabric8's HTTP client: its kubeconfig, TLS, proxy and token handling, our JSON. */
public static final class Api implements AutoCloseable {
    private final KubernetesClient client;
    private final HttpClient http;
    private final Duration timeout;
    private final Map<String, List<Kind>> discovered;
    private final Set<String> withStatus;
    private final Deadline patience;

    public Api(Config config, Duration timeout) {
        this.client = new KubernetesClientBuilder().withConfig(config(config, timeout)).build();
        this.http = client.getHttpClient();
        this.timeout = timeout;
        this.discovered = new ConcurrentHashMap<>();
        this.withStatus = ConcurrentHashMap.newKeySet();
        this.patience = Deadline.now();
    }

    private Api(Api same, Deadline patience) {
        this.client = same.client;
        this.http = same.http;
        this.timeout = same.timeout;
        this.discovered = same.discovered;
        this.withStatus = same.withStatus;
        this.patience = patience;
    }

    /** The same connection, whose {@link #send} itself goes on until then when the server is away or overloaded. */
    public Api within(Deadline patience) {
        return new Api(this, patience);
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

    public String server() {
        return client.getMasterUrl().toString();
    }

    /** Sends one request; {@code body} null for none. Throws {@link ApiError} for every answer but 2xx, and when no answer came. */
    public JsonNode send(String method, String path, String contentType, String body) {
        return send(method, path, contentType, body, "application/json");
    }

    public JsonNode send(String method, String path, String contentType, String body, String accept) {
        for (long pause = 200; ; pause = Math.min(5000, pause * 2)) {
            try {
                return sendOnce(method, path, contentType, body, accept);
            } catch (ApiError e) {
                var passing = e.code == 0 || e.code == 429 || e.code == 502 || e.code == 503 || e.code == 504;
                if (!passing || patience.left().toMillis() < pause) {
                    throw e;
                }
                Pause.of(Duration.ofMillis(pause));
            }
        }
    }

    private JsonNode sendOnce(String method, String path, String contentType, String body, String accept) {
        var request = http.newHttpRequestBuilder().uri(url(path)).header("Accept", accept);
        if (body != null || !method.equals("GET")) {
            request.method(method, contentType == null ? "application/json" : contentType, body == null ? "" : body);
        }
        var answer = answer(request, method + " " + path);
        try {
            return Json.MAPPER.readTree(answer);
        } catch (IOException e) {
            throw new ApiError(0, "BadAnswer", "not JSON: " + e.getMessage(), method + " " + path);
        }
    }

    private byte[] answer(HttpRequest.Builder request, String what) {
        var sent = http.sendAsync(request.timeout(timeout.toMillis(), TimeUnit.MILLISECONDS).build(), byte[].class);
        var response = await(sent, timeout.plusSeconds(1), what);
        if (!response.isSuccessful()) {
            throw ApiError.of(response.code(), new String(response.body(), StandardCharsets.UTF_8), what);
        }
        return response.body();
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

    public JsonNode get(String path) {
        return send("GET", path, null, null);
    }

    /** False when it is there already. */
    public boolean create(Kind kind, String namespace, JsonNode body) {
        try {
            send("POST", kind.path(namespace, null), null, body.toString());
            return true;
        } catch (ApiError e) {
            if (e.code == 409) {
                return false;
            }
            throw e;
        }
    }

    /** Deletes this very object, not one of the same name; one that is gone already is what was wanted. */
    public void delete(Kind kind, String namespace, String name, String uid, Map<String, String> options) {
        var body = Json.MAPPER.createObjectNode();
        options.forEach(body::put);
        body.putObject("preconditions").put("uid", uid);
        try {
            send("DELETE", kind.path(namespace, name), null, body.toString());
        } catch (ApiError e) {
            if (e.code != 404) {
                throw e;
            }
        }
    }

    /** {@code accept} may ask for another form of the answer, such as metadata alone. */
    public JsonNode get(String path, String accept) {
        return send("GET", path, null, null, accept);
    }

    /** Plain text, for logs: at most what the query's own limits allow. */
    String text(String path) {
        return new String(answer(http.newHttpRequestBuilder().uri(url(path)), "GET " + path), StandardCharsets.UTF_8);
    }

    public Optional<Obj> find(Kind kind, String namespace, String name) {
        try {
            return Optional.of(new Obj(get(kind.path(namespace, name))));
        } catch (ApiError e) {
            if (e.code == 404) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** All objects of a kind in a namespace (null: in all); items get the list's kind, which the server leaves out of them. */
    public List<Obj> list(Kind kind, String namespace, String query) {
        return items(kind, get(kind.path(namespace, null) + (query.isEmpty() ? "" : "?" + query)));
    }

    public static List<Obj> items(Kind kind, JsonNode list) {
        var items = new ArrayList<Obj>();
        list.path("items").forEach(item -> items.add(new Obj(typed(kind, item))));
        return items;
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
    public CompletableFuture<HttpResponse<AsyncBody>> watch(String path, String accept,
        Consumer<JsonNode> event, Consumer<Throwable> ended) {
        var lines = new JsonLines(event);
        var request = http.newHttpRequestBuilder().uri(url(path)).header("Accept", accept).forStreaming().build();
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
    public Optional<Kind> kind(String apiVersion, String name) {
        var known = discovered.get(apiVersion);
        if (known == null) {
            known = discover(apiVersion);
            if (!known.isEmpty()) {
                discovered.put(apiVersion, known);
            }
        }
        return known.stream().filter(k -> k.name().equals(name)).findFirst();
    }

    /** Whether objects of a kind that {@link #kind} found have a status of their own to report. */
    boolean hasStatus(Kind kind) {
        return withStatus.contains(kind.apiVersion() + "/" + kind.name());
    }

    /** Forgets what an apiVersion serves, after a CRD changed it. */
    public void rediscover(String apiVersion) {
        discovered.remove(apiVersion);
    }

    private List<Kind> discover(String apiVersion) {
        try {
            var kinds = new ArrayList<Kind>();
            for (var r : get((apiVersion.contains("/") ? "/apis/" : "/api/") + apiVersion).path("resources")) {
                if (r.path("name").asText().endsWith("/status")) {
                    withStatus.add(apiVersion + "/" + r.path("kind").asText());
                } else if (!r.path("name").asText().contains("/")) {
                    kinds.add(new Kind(apiVersion, r.path("kind").asText(), r.path("name").asText(), r.path("namespaced").asBoolean()));
                }
            }
            return kinds;
        } catch (ApiError e) {
            if (e.code == 404) {
                return List.of();
            }
            throw e;
        }
    }

    private String url(String path) {
        var master = client.getMasterUrl().toString();
        return (master.endsWith("/") ? master.substring(0, master.length() - 1) : master) + path;
    }

    @Override
    public void close() {
        client.close();
    }
}

// src/ensure_ready/cluster/ApiError.java

/** An answer that is not success, or none: {@code code} is the HTTP status, 0 when the server did not answer. */
public static final class ApiError extends RuntimeException {
    private static final long serialVersionUID = 1;
    public final int code;
    public final String reason;
    public final String tried;
    final transient JsonNode status;

    public ApiError(int code, String reason, String message, String tried) {
        this(code, reason, message, tried, MissingNode.getInstance(), null);
    }

    public ApiError(int code, String reason, String message, String tried, JsonNode status, Throwable cause) {
        super(message, cause);
        this.code = code;
        this.reason = reason;
        this.tried = tried;
        this.status = status;
    }

    static ApiError of(int code, String body, String tried) {
        try {
            var status = Json.MAPPER.readTree(body);
            return new ApiError(code, status.path("reason").asText(), brief(status.path("message").asText(body.strip())),
                tried, status, null);
        } catch (JsonProcessingException e) {
            return new ApiError(code, "", body.strip(), tried);
        }
    }

    static ApiError unreachable(String tried, Throwable cause) {
        var why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new ApiError(0, "Unreachable", why.lines().findFirst().orElse(why), tried, MissingNode.getInstance(), cause);
    }

    public boolean forbidden() {
        return code == 401 || code == 403;
    }

    public Outcome outcome() {
        return code == 0 ? Outcome.no_cluster : forbidden() ? Outcome.forbidden : Outcome.failed;
    }

    /** {@code POST /api/v1/namespaces: forbidden: …}: what was tried, and what the server said. */
    public String sentence() {
        return tried + ": " + (forbidden() ? "forbidden: " : code == 0 ? "no answer: " : code + ": ") + Texts.line(getMessage());
    }

    /** The server's words without the value it refused: that is a page of JSON for a pod template, with every variable's value in it. */
    static String brief(String message) {
        int value = message.indexOf("Invalid value: ");
        int why = message.lastIndexOf(": ");
        return value < 0 || why < value + 100 ? message : message.substring(0, value) + "Invalid value: …" + message.substring(why);
    }

    /** The field paths that the server names, as {@code " (spec.selector)"}, or nothing. */
    public String fields() {
        var fields = new ArrayList<String>();
        status.at("/details/causes").forEach(c -> fields.add(c.path("field").asText()));
        return fields.stream().filter(f -> !f.isEmpty()).distinct()
            .collect(Collectors.collectingAndThen(Collectors.joining(", "), s -> s.isEmpty() ? "" : " (" + s + ")"));
    }

    public ApiError with(String advice) {
        return new ApiError(code, reason, advice + ": " + getMessage(), tried, status, this);
    }
}

// src/ensure_ready/cluster/Collect.java

/** Reads what the wait's snapshot lacks for an explanation. What cannot be read is told in {@code limited}; nothing of it throws. */
public static final class Collect {
    static final int REQUESTS = 20;
    private static final int LOG_LINES = 200;
    private static final Kind INGRESS_CLASS = Kind.clusterWide("networking.k8s.io/v1", "IngressClass");
    private static final Kind NETWORK_POLICY = Kind.of("networking.k8s.io/v1", "NetworkPolicy");
    private static final Kind ROLE = Kind.of("rbac.authorization.k8s.io/v1", "Role");
    private static final Kind ROLE_BINDING = Kind.of("rbac.authorization.k8s.io/v1", "RoleBinding");
    private static final Kind PV = Kind.clusterWide("v1", "PersistentVolume");
    private static final Pattern SECRET_HOST =
        Pattern.compile("(?:^|@|://|[\\s;,]host=)([a-z](?:[a-z0-9.-]*[a-z0-9])?)(?::(\\d{2,5}))?(?=$|[/?;,\\s])");
    private final Api api;
    private final Snapshot known;
    private final Deadline deadline;
    private final Map<String, List<Obj>> objects;
    private final Map<String, Log> logs = new ConcurrentHashMap<>();
    private final Set<String> limited = Collections.synchronizedSet(new TreeSet<>());
    private final Map<String, String> secrets = new TreeMap<>();
    private int requests;

    private Collect(Api api, Snapshot known, Duration atMost) {
        this.api = api;
        this.known = known;
        this.deadline = Deadline.in(atMost);
        this.objects = new ConcurrentHashMap<>(known.objects());
        this.limited.addAll(known.limited());
    }

    /** The fuller snapshot, and the values of the namespace's Secrets as {@code name#key}, which must never leave the process. */
    public record Collected(Snapshot snapshot, Map<String, String> secrets) { }

    /** At most {@link #REQUESTS} requests and this much time; {@code notReady} decides whose logs are read. */
    public static Collected more(Api api, Snapshot snapshot, List<Workload> notReady, Duration atMost) {
        return new Collect(api, snapshot, atMost).collect(notReady);
    }

    /** Values to mask before anything is shown; who may not read Secrets has their shapes alone to go by. */
    public static Map<String, String> secretsIn(Api api, String namespace) {
        var collect = new Collect(api, new Snapshot(namespace, Instant.now(), Map.of(), List.of(), Map.of(), List.of()), Duration.ZERO);
        try {
            api.list(Kind.SECRET, namespace, "").forEach(collect::secret);
        } catch (ApiError e) {
            return Map.of();
        }
        return Map.copyOf(collect.secrets);
    }

    private Collected collect(List<Workload> workloads) {
        var pool = Executors.newFixedThreadPool(8, Daemon.named("collect"));
        try {
            run(pool, kinds().stream().map(k -> (Runnable) () -> list(k)).toList());
            var redaction = Redaction.of(secrets, System.getenv(),
                NamesToKeep.of(new Snapshot(known.namespace(), known.at(), objects, known.applied(),
                Map.of(), List.of())));
            run(pool, failing(workloads).stream().limit(Math.max(0, REQUESTS - requests))
                .map(t -> (Runnable) () -> log(t, redaction)).toList());
        } finally {
            pool.shutdownNow();
        }
        return new Collected(new Snapshot(known.namespace(), known.at(), Map.copyOf(objects),
            known.applied(), Map.copyOf(logs), List.copyOf(limited)),
            Map.copyOf(secrets));
    }

    private void run(ExecutorService pool, List<Runnable> tasks) {
        requests += tasks.size();
        var futures = tasks.stream().map(pool::submit).toList();
        for (var future : futures) {
            try {
                future.get(Math.max(1, deadline.left().toMillis()), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                future.cancel(true);
                limited.add("diagnosis: not everything could be read in time");
            } catch (ExecutionException e) {
                limited.add("diagnosis: " + Texts.line(String.valueOf(e.getCause().getMessage())));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                limited.add("diagnosis: interrupted");
                return;
            }
        }
    }

    /** What is worth a request here; a type without which no rule would speak is not read. */
    private List<Kind> kinds() {
        var kinds = new LinkedHashSet<>(List.of(Kind.EVENT, Kind.SECRET, Kind.CONFIG_MAP,
            Kind.SERVICE_ACCOUNT, NETWORK_POLICY, ROLE_BINDING, ROLE));
        Stream.of(Kind.POD, Kind.REPLICA_SET, Kind.SERVICE).filter(k -> !known.knows(k.name())).forEach(kinds::add);
        if (known.all("Pod").stream().anyMatch(Collect::nodeMatters)) {
            kinds.add(Kind.NODE);
        }
        if (known.all("PersistentVolumeClaim").stream().anyMatch(c -> !c.text("/status/phase").equals("Bound"))) {
            kinds.addAll(List.of(Kind.STORAGE_CLASS, PV));
        }
        if (!known.all("Ingress").isEmpty()) {
            kinds.add(INGRESS_CLASS);
        }
        kinds.removeIf(k -> known.knows(k.name()) && k != Kind.EVENT && k != Kind.SECRET);
        return List.copyOf(kinds);
    }

    private static boolean nodeMatters(Obj pod) {
        var statuses = pod.list("/status/containerStatuses");
        return !Pods.saysReady(pod)
            && (statuses.isEmpty() || statuses.stream().allMatch(c -> c.path("ready").asBoolean() || !c.at("/state/running")
            .isObject() && !c.at("/state/waiting").has("message")))
            || pod.deleting() || pod.text("/status/phase").equals("Failed");
    }

    private void list(Kind kind) {
        try {
            var query = kind == Kind.SECRET ? "fieldSelector=type%21%3Dhelm.sh%2Frelease.v1&limit=500"
                : kind == Kind.EVENT ? "limit=3000" : "limit=1000";
            var found = api.list(kind, kind.namespaced() ? known.namespace() : null, query);
            objects.put(kind.name(), found.stream().map(o -> kind == Kind.SECRET ? secret(o) : Slim.of(o)).toList());
        } catch (ApiError e) {
            if (e.code != 404) {
                limited.add(kind.plural() + ": " + (e.forbidden() ? "forbidden" : Texts.line(String.valueOf(e.getMessage()))));
            }
        }
    }

    /** The Secret's name and keys, and hosts that its values name; the values themselves go where they are masked with. */
    private Obj secret(Obj secret) {
        var lean = Json.MAPPER.createObjectNode().put("apiVersion", "v1").put("kind", "Secret").put("type", secret.text("/type"));
        lean.putObject("metadata").put("name", secret.name()).put("namespace", secret.namespace()).put("uid", secret.uid());
        var keys = lean.putArray("keys");
        var hosts = lean.putObject("hosts");
        secret.map("/data").forEach((key, data) -> {
            keys.add(key);
            try {
                var value = new String(Base64.getDecoder().decode(data), StandardCharsets.UTF_8);
                synchronized (secrets) {
                    secrets.put(secret.name() + "#" + key, value);
                }
                host(value).ifPresent(h -> hosts.put(key, h));
            } catch (IllegalArgumentException e) {
                limited.add("secret/" + secret.name() + ": a value is not base64");
            }
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
        var snapshot = new Snapshot(known.namespace(), known.at(), objects, known.applied(), Map.of(), List.of());
        var ready = workloads.stream().filter(w -> w.state() == State.ready).map(w -> w.kind() + "/" + w.name())
            .collect(Collectors.toSet());
        var tails = new TreeMap<String, Tail>();
        snapshot.all("Pod").stream().sorted(Comparator.comparing(Obj::name)).filter(p -> !p.deleting() && Ownership.current(snapshot, p))
            .forEach(pod -> {
            var owner = Ownership.workload(snapshot, pod).toString();
            if (!ready.contains(owner)) {
                tail(pod).ifPresent(t -> tails.merge(owner, t, (a, b) -> a.rank() <= b.rank() ? a : b));
            }
        });
        return tails.values().stream().sorted(Comparator.comparingInt(Tail::rank).thenComparing(Tail::pod)).toList();
    }

    private static Optional<Tail> tail(Obj pod) {
        if (Pods.saysReady(pod) && pod.list("/status/containerStatuses").stream().allMatch(c -> c.path("restartCount").asLong() == 0)) {
            return Optional.empty();
        }
        return Stream.concat(pod.list("/status/initContainerStatuses").stream()
            .map(c -> tail(pod, c, true)), pod.list("/status/containerStatuses").stream()
            .map(c -> tail(pod, c, false)))
            .filter(Objects::nonNull).min(Comparator.comparingInt(Tail::rank));
    }

    private static Tail tail(Obj pod, JsonNode status, boolean init) {
        var name = status.path("name").asText();
        var ended = status.at("/state/terminated");
        var last = status.at("/lastState/terminated");
        if (ended.isObject()) {
            return ended.path("exitCode").asInt() != 0 || last.isObject() ? new Tail(pod.name(), name, false, 0) : null;
        }
        if (last.isObject() && !last.path("reason").asText().matches("StartError|ContainerCannotRun")) {
            return new Tail(pod.name(), name, true, 0);
        }
        return status.at("/state/running").isObject() && (init || !status.path("ready").asBoolean())
            ? new Tail(pod.name(), name, false, init ? 1 : 2) : null;
    }

    private void log(Tail tail, Redaction redaction) {
        var path = Kind.POD.path(known.namespace(), tail.pod()) + "/log?container="
            + tail.container() + "&tailLines=" + LOG_LINES + "&limitBytes=1048576"
            + (tail.previous() ? "&previous=true" : "");
        try {
            var lines = redaction.clean(api.text(path)).lines().map(Collect::printable).toList();
            logs.put(tail.pod() + "/" + tail.container(), new Log(tail.pod(), tail.container(), tail.previous(), lines));
        } catch (ApiError e) {
            if (e.code == 400 && tail.previous()) {
                log(new Tail(tail.pod(), tail.container(), false, tail.rank()), redaction); // the failed run's log is gone
            } else if (e.code != 400 && e.code != 404) {
                limited.add("logs: " + (e.forbidden() ? "forbidden" : Texts.line(String.valueOf(e.getMessage()))));
            }
        }
    }

    /** Colours and control characters are for terminals; nobody reads more than this of one line. */
    private static String printable(String line) {
        return Texts.cut(Texts.visible(line.replaceAll("\\u001b\\[[0-9;?]*[ -/]*[@-~]", "")), 4000);
    }
}

// src/ensure_ready/cluster/Informers.java

/**
 * One list and one watch a type, kept alive through whatever the API server does, until closed.
 * Nothing of it throws: what cannot be read is told by {@link #limited()} and {@link #away()}.
 */
public static final class Informers implements AutoCloseable {
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
    private final Set<String> statusless = ConcurrentHashMap.newKeySet();
    private final Map<String, Obj> gone = new ConcurrentHashMap<>();

    public Informers(Api api, Runnable changed) {
        this(api, changed, SILENCE);
    }

    public Informers(Api api, Runnable changed, Duration silence) {
        this.api = api;
        this.changed = changed;
        this.silence = silence;
        pool = new ScheduledThreadPoolExecutor(6, Daemon.named("watch"));
        pool.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        pool.scheduleWithFixedDelay(this::reviveSilent, 1, 1, TimeUnit.SECONDS);
    }

    /** Starts to follow a type; once is enough. */
    public void follow(Topic topic) {
        informers.computeIfAbsent(topic, t -> {
            var informer = new Informer(t);
            pool.execute(informer::list);
            return informer;
        });
    }

    /** Follows the type of an object of the manifests, as soon as discovery tells where the server has it. */
    public void seek(Obj o, String namespace) {
        if (sought.add(o)) {
            pool.execute(() -> seek(o, namespace, 0));
        }
    }

    /** A type that the server does not have (yet) is asked for again, but keeps nobody waiting. */
    private void seek(Obj o, String namespace, int failures) {
        try {
            var kind = api.kind(o.apiVersion(), o.kind());
            kind.ifPresent(k -> found(k, o, namespace));
            sought.remove(o);
            if (kind.isEmpty()) {
                api.rediscover(o.apiVersion());
                later(() -> seek(o, namespace, 0), Duration.ofSeconds(5));
            }
            changed.run();
        } catch (ApiError e) {
            later(() -> seek(o, namespace, failures + 1), backoff(failures));
        }
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
    private void found(Kind kind, Obj o, String namespace) {
        if (!o.builtIn() && !api.hasStatus(kind)) {
            statusless.add(kind.apiVersion() + "/" + kind.name());
        }
        follow(kind.namespaced() ? Topic.of(kind, namespace) : new Topic(kind, null, "&fieldSelector=metadata.name=" + o.name(), false));
    }

    /** {@code apiVersion/kind} of the custom resources whose status nobody writes. */
    public Set<String> statusless() {
        return Set.copyOf(statusless);
    }

    /** Jobs that were there and are not any more, by uid. */
    public Map<String, Obj> gone() {
        return Map.copyOf(gone);
    }

    /** Whether every type was read at least once, or cannot be. */
    public boolean complete() {
        return sought.isEmpty() && informers.values().stream().allMatch(f -> f.listed || f.refused());
    }

    /** Whether the server answers for no type at the moment. */
    public boolean away() {
        return informers.values().stream().noneMatch(f -> f.error == null && f.listed || f.refused());
    }

    /** Whether the server refuses to show any object that could be judged. */
    public boolean forbidden() {
        var judged = informers.values().stream().filter(f -> f.topic.gates()).toList();
        return !judged.isEmpty() && judged.stream().allMatch(Informer::refused);
    }

    /** Whether the server does not know who asks, for any type. */
    public boolean unauthorized() {
        return !informers.isEmpty() && informers.values().stream().allMatch(f -> f.error != null && f.error.code == 401);
    }

    /** What may not be read, as {@code events: forbidden}. */
    public List<String> limited() {
        return informers.values().stream().filter(f -> (f.refused() || f.polled) && f.topic.kind() != Kind.NAMESPACE)
            .map(f -> f.topic.kind().plural() + (f.refused() ? ": forbidden" : ": watch forbidden, read every 2 s"))
            .distinct().sorted().toList();
    }

    /** Objects by {@link Snapshot#key}; a type that was never read is absent. */
    public Map<String, List<Obj>> objects() {
        return gather(informer -> informer.listed ? Optional.of(informer.objects.values()) : Optional.empty());
    }

    /** The objects, those that decide read afresh and side by side; throws {@link ApiError} when one type cannot be had in time. */
    public Map<String, List<Obj>> read(Duration patience) {
        var until = Deadline.in(patience);
        var reads = new HashMap<Informer, Future<Listing>>();
        informers.values().stream().filter(f -> !f.refused() && f.topic.decides()).forEach(f -> reads.put(f, pool.submit(f::fetch)));
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

    private void reviveSilent() {
        informers.values().forEach(Informer::reopenIfSilent);
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
            return error != null && error.code == 403;
        }

        Listing fetch() {
            var found = new ConcurrentHashMap<String, Obj>();
            var next = "";
            JsonNode page;
            do {
                page = api.get(topic.path() + "?limit=" + PAGE + topic.query() + next, topic.accept());
                Api.items(topic.kind(), page).forEach(o -> found.put(o.namespace() + "/" + o.name(), Slim.of(o, topic)));
                next = "&continue=" + URLEncoder.encode(page.at("/metadata/continue").asText(""), StandardCharsets.UTF_8);
            } while (!next.equals("&continue="));
            return new Listing(found, page.at("/metadata/resourceVersion").asText(""));
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
                if (event.path("type").asText().equals("ERROR")) {
                    drop();
                    broken(new ApiError(event.at("/object/code").asInt(), event.at("/object/reason").asText(),
                        event.at("/object/message").asText(), "watch " + topic.kind().plural()));
                    return;
                }
                version = event.at("/object/metadata/resourceVersion").asText(version);
                if (!take(event)) {
                    return;
                }
            }
            changed.run();
        }

        /** Whether the event changed an object: a bookmark only says how far the server is. */
        private boolean take(JsonNode event) {
            var type = event.path("type").asText();
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

// src/ensure_ready/cluster/JsonLines.java

/** Cuts a watch's byte stream into lines of JSON; a line may come in many pieces and a piece may hold many lines. */
public static final class JsonLines {
    private final Consumer<JsonNode> event;
    private ByteArrayOutputStream rest = new ByteArrayOutputStream();

    JsonLines(Consumer<JsonNode> event) {
        this.event = event;
    }

    synchronized void accept(List<ByteBuffer> buffers) throws IOException {
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

// src/ensure_ready/cluster/Slim.java

/** What is kept of an object: not what would fill the memory or must not be kept. Pure. */
public static final class Slim {
    /** They repeat whole manifests, Secrets' included. */
    private static final List<String> HEAVY_OR_SECRET = List.of("kubectl.kubernetes.io/last-applied-configuration", "kapp.k14s.io/original",
        "kapp.k14s.io/original-diff", "kapp.k14s.io/original-diff-md5");

    private Slim() { }

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
            if (container.at("/state/waiting") instanceof ObjectNode waiting && waiting.path("reason").asText().equals("ImagePullBackOff")
                && !waiting.path("message").asText().contains("ErrImagePull")) {
                pullError(before, container.path("name").asText())
                    .ifPresent(why -> waiting.put("message", waiting.path("message").asText() + ": " + why));
            }
        }
        return now;
    }

    private static Optional<String> pullError(Obj before, String container) {
        return Pods.containers(before).stream().filter(c -> c.path("name").asText().equals(container))
            .map(c -> c.at("/state/waiting")).map(w -> {
            var message = w.path("message").asText();
            return w.path("reason").asText().equals("ErrImagePull") ? "ErrImagePull: " + message
                : message.contains("ErrImagePull: ") ? message.substring(message.indexOf("ErrImagePull: ")) : "";
        }).filter(text -> !text.isEmpty()).findFirst();
    }
}

// src/ensure_ready/report/Annotations.java

/** Workflow commands for GitHub's log; their text is escaped as the runner wants it. */
public static final class Annotations {
    private static final Map<String, String> LEVELS = Map.of("blocking", "::error", "degraded", "::warning", "info", "::notice");

    private Annotations() { }

    static List<String> of(JsonNode json) {
        var lines = new ArrayList<String>();
        json.path("causes").forEach(c -> lines.add(LEVELS.getOrDefault(c.path("severity").asText(), "::warning") + file(c) + "::"
            + escaped(c.path("code").asText() + " " + Text.object(c.path("object")) + Text.where(c) + ": " + c.at("/fix/text").asText())));
        json.path("problems").forEach(p -> lines.add("::error::" + escaped(p.path("file").asText() + ": " + p.path("error").asText())));
        if (lines.isEmpty() && json.path("waitFailed").asBoolean()) {
            lines.add("::warning::" + escaped(Text.headline(json)));
        }
        return lines;
    }

    private static String file(JsonNode cause) {
        var f = cause.at("/fix/files/0");
        return f.isMissingNode() ? "" : " file=" + escaped(f.path("path").asText())
            .replace(":", "%3A").replace(",", "%2C") + ",line=" + f.path("line").asInt(1);
    }

    static String escaped(String text) {
        return Texts.line(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A");
    }
}

// src/ensure_ready/report/Markdown.java

/** The step summary. Cluster text stands in code spans whose fence it cannot leave. */
public static final class Markdown {
    private Markdown() { }

    static String of(JsonNode json) {
        var md = new StringBuilder();
        md.append(json.path("infraReady").asBoolean() ? "### ✅ " : "### ❌ ").append(cell(Text.headline(json))).append("\n\n");
        json.path("causes").forEach(c -> cause(c, md));
        if (json.path("workloads").size() > 0) {
            md.append("| workload | state | ready | |\n|---|---|---|---|\n");
            json.path("workloads")
                .forEach(w -> md.append("| ").append(cell(Obj.ref(w.path("kind").asText(), w.path("name").asText()))).append(" | ")
                .append(w.path("state").asText()).append(" | ").append(w.path("ready").asText())
                .append('/').append(w.path("desired").asText())
                .append(" | ").append(cell(w.path("message").asText())).append(" |\n"));
            md.append('\n');
        }
        list(md, "Not applied", json.path("problems"), p -> p.path("file").asText() + ": " + p.path("error").asText());
        list(md, "Unexplained", json.path("unexplained"), u -> Text.object(u.path("object")));
        list(md, "Warnings", json.path("warnings"), Text::warning);
        list(md, "Could not be seen", json.path("limited"), JsonNode::asText);
        return md.toString();
    }

    private static void cause(JsonNode c, StringBuilder md) {
        md.append("**").append(cell(c.path("code").asText())).append("** ").append(cell(Text.object(c.path("object")) + Text.where(c)))
            .append("  \n");
        md.append(cell(c.at("/fix/text").asText())).append("\n\n");
        c.path("evidence").forEach(e -> md.append("- ").append(cell(e.path("source").asText()))
            .append(": ").append(code(e.path("message").asText())).append('\n'));
        if (c.path("next").size() > 0) {
            md.append("- next: ").append(code(c.path("next").path(0).asText())).append('\n');
        }
        if (c.path("explains").size() > 0) {
            md.append("\n<details><summary>explains ").append(Texts.count(c.path("explains").size(), "symptom")).append("</summary>\n\n");
            c.path("explains").forEach(s -> md.append("- ").append(cell(Text.object(s.path("object")) + " " + s.path("code").asText()))
                .append('\n'));
            md.append("\n</details>\n");
        }
        md.append('\n');
    }

    private static void list(StringBuilder md, String title, JsonNode items, Function<JsonNode, String> text) {
        if (items.size() > 0) {
            md.append(title).append(":\n\n");
            items.forEach(i -> md.append("- ").append(cell(text.apply(i))).append('\n'));
            md.append('\n');
        }
    }

    /** Plain text that no character of it can turn into markup, a mention or a link. */
    static String cell(String text) {
        return Texts.cut(Texts.line(text), 500).replace("&", "&amp;").replace("<", "&lt;")
            .replaceAll("([\\\\`*_\\[\\]|#~])", "\\\\$1").replace("@", "@\u2060").replace("://", ":\u2060//");
    }

    static String code(String text) {
        return "`` " + Texts.cut(Texts.line(text), 400).replace("`", "'").replace("|", "¦") + " ``";
    }
}

// src/ensure_ready/report/Progress.java

/** Progress on stderr: a view that redraws on a terminal, one line a change elsewhere. */
public static final class Progress implements AutoCloseable {
    private final PrintStream err;
    private final boolean quiet;
    private final boolean verbose;
    private final boolean live;
    private final boolean actions;
    private final Map<String, String> shown = new LinkedHashMap<>();
    private final long started = System.nanoTime();
    private volatile UnaryOperator<String> mask = UnaryOperator.identity();
    private int drawn;

    private Progress(PrintStream err, boolean quiet, boolean verbose, boolean live, boolean actions) {
        this.err = err;
        this.quiet = quiet;
        this.verbose = verbose;
        this.live = live;
        this.actions = actions;
    }

    public static Progress on(PrintStream err, Map<String, String> env, boolean quiet, boolean verbose) {
        var actions = env.containsKey("GITHUB_ACTIONS");
        return new Progress(err, quiet, verbose, !quiet && !actions && !env.containsKey("CI")
            && !"dumb".equals(env.get("TERM")) && Terminal.is(2), actions);
    }

    /** What every line goes through before it is shown. */
    public void mask(UnaryOperator<String> mask) {
        this.mask = mask;
    }

    public synchronized void say(String text) {
        if (!quiet) {
            wipe();
            err.println("ensure_ready: " + Texts.line(mask.apply(text)));
        }
    }

    public void warn(String text) {
        say(actions ? "warning: " + text : text);
    }

    public void detail(String text) {
        if (verbose) {
            say(text);
        }
    }

    /** Shows what changed since the last judgement; on a terminal the whole list of what is not ready yet. */
    public synchronized void judgement(Judgement j) {
        if (quiet) {
            return;
        }
        if (live) {
            draw(j);
            return;
        }
        for (var w : j.workloads()) {
            var state = w.state() + " " + w.ready() + "/" + w.desired() + (w.message().isEmpty() ? "" : " " + w.message());
            if (!state.equals(shown.put(w.ref(), state))) {
                err.println("ensure_ready: " + Texts.line(mask.apply(w.ref() + ": " + state)));
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

// src/ensure_ready/report/Publisher.java

/**
 * Brings a report, masked, to everybody who wants it. The only place that writes stdout.
 *
 * @param out         stdout
 * @param asText      what stdout gets: text for people, else the JSON
 * @param file        where the JSON goes too
 * @param environment names GitHub's files for outputs and summary
 * @param annotations whether causes become annotations of GitHub's log
 */
public record Publisher(PrintWriter out, boolean asText, Optional<Path> file, Map<String, String> environment, boolean annotations) {
    public void publish(Report report, Redaction redaction) {
        var json = redaction.clean(ReportJson.of(report));
        ((ObjectNode) json).putObject("redactions").put("known", redaction.known())
            .put("pattern", redaction.pattern()).put("withheld", redaction.withheld());
        var text = Json.pretty(json);
        out.print(asText ? Text.of(json) : text + "\n");
        out.flush();
        file.ifPresent(f -> write(f, text + "\n", StandardOpenOption.TRUNCATE_EXISTING));
        fileOf("GITHUB_OUTPUT").ifPresent(f -> write(f, outputs(json), StandardOpenOption.APPEND));
        fileOf("GITHUB_STEP_SUMMARY").ifPresent(f -> write(f, Markdown.of(json), StandardOpenOption.APPEND));
        if (annotations) {
            Annotations.of(json).forEach(System.err::println);
        }
    }

    private Optional<Path> fileOf(String variable) {
        return Optional.of(environment.getOrDefault(variable, "")).filter(f -> !f.isBlank()).map(Path::of);
    }

    private static void write(Path file, String text, OpenOption how) {
        try {
            if (file.toAbsolutePath().getParent() != null) {
                Files.createDirectories(file.toAbsolutePath().getParent());
            }
            Files.writeString(file, text, StandardOpenOption.CREATE, how, StandardOpenOption.WRITE);
        } catch (IOException e) {
            System.err.println("ensure_ready: " + file + ": cannot be written: " + e.getMessage());
        }
    }

    private String outputs(JsonNode json) {
        var ready = json.path("infraReady").asBoolean();
        var values = new LinkedHashMap<String, Object>();
        values.put("slot", json.path("slot").asText());
        values.put("namespace", json.path("namespace").asText());
        values.put("env", json.path("env").asText());
        values.put("created", json.path("created"));
        values.put("recreated", json.path("recreated"));
        values.put("infra_ready", ready);
        values.put("infra_unhealthy", ready ? "" : "1");
        values.put("agent_ready", json.path("agentReady"));
        values.put("outcome", json.path("outcome").asText());
        values.put("report", file.map(Path::toString).orElse(""));
        return values.entrySet().stream().map(e -> e.getKey() + "=" + Texts.line(e.getValue().toString()) + "\n")
            .collect(Collectors.joining());
    }
}

// src/ensure_ready/report/Report.java

/**
 * Everything that a run has to tell, once it has ended. JSON, text, Markdown and annotations are made of this and of nothing else.
 *
 * @param target        slot 0 and an empty namespace when no slot was found
 * @param ready         {@code infraReady}: proven, and nothing before it failed
 * @param waitFailed    not ready, where the verb says anything of readiness
 * @param waitedSeconds to a tenth
 * @param judgement     empty when nothing was judged
 * @param limited       what could not be read, as {@code events: forbidden}
 * @param results       of the objects that were applied, in the manifests' order
 * @param applied       whether an apply was begun
 * @param left          what a release did not delete, and why
 */
public record Report(Target target, boolean created, boolean recreated, boolean ready, boolean waitFailed, Outcome outcome,
    double waitedSeconds, String summary, Optional<Judgement> judgement, Optional<DiagnosisReport> diagnosis, List<String> limited,
    List<Applied> results, boolean applied, List<Problem> problems, List<String> deleted, List<String> left) { }

// src/ensure_ready/report/ReportJson.java

/** A report as the JSON that {@code --output json} and {@code --report} give, before secrets are masked. */
public static final class ReportJson {
    private ReportJson() { }

    static ObjectNode of(Report report) {
        var json = Json.MAPPER.createObjectNode().put("schemaVersion", "ensure-ready/v1");
        target(json, report);
        json.put("created", report.created()).put("recreated", report.recreated()).put("applied", report.applied());
        json.put("infraReady", report.ready()).put("waitFailed", report.waitFailed())
            .put("agentReady", report.judgement().filter(j -> j.verdict().agentReady()).isPresent())
            .put("verified", report.judgement().filter(j -> j.verdict().verified()).isPresent());
        json.put("outcome", report.outcome().word()).put("waitedSeconds", report.waitedSeconds());
        json.put("summary", Texts.line(report.summary()));
        json.set("workloads", Json.MAPPER.valueToTree(report.judgement().map(Judgement::workloads).orElse(List.of())));
        diagnosis(json, report);
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
        json.set("causes", diagnosis.has("causes") ? diagnosis.remove("causes") : Json.MAPPER.createArrayNode());
        json.set("unexplained", diagnosis.has("unexplained") ? diagnosis.remove("unexplained") : Json.MAPPER.createArrayNode());
        var warnings = json.putArray("warnings");
        Optional.ofNullable(diagnosis.remove("warnings")).ifPresent(w -> w.forEach(warnings::add));
        report.judgement().ifPresent(j -> j.verdict().warnings().forEach(warnings::add));
        json.set("limited", Json.MAPPER.valueToTree(report.limited()));
        diagnosis.remove(List.of("limited", "summary"));
        diagnosis.properties().forEach(e -> json.putIfAbsent(e.getKey(), e.getValue()));
    }

    private static void results(ObjectNode json, Report report) {
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

// src/ensure_ready/report/Text.java

/** What people see on a terminal: causes first, each with what it explains and one next command. */
public static final class Text {
    private static final int SHOWN = 20;

    private Text() { }

    static String of(JsonNode json) {
        var lines = new ArrayList<String>();
        lines.add(headline(json));
        json.path("causes").forEach(c -> cause(c, lines));
        json.path("unexplained").forEach(u -> lines.add("  ? " + object(u.path("object")) + ": nothing explains it"));
        json.path("problems").forEach(p -> lines.add("  ! " + p.path("file").asText() + ": " + p.path("error").asText()));
        json.path("objects").forEach(o -> failed(o, lines));
        workloads(json, lines);
        json.path("warnings").forEach(w -> lines.add("  warning: " + warning(w)));
        json.path("limited").forEach(l -> lines.add("  not seen: " + l.asText()));
        return lines.stream().map(Texts::visible).collect(Collectors.joining("\n", "", "\n"));
    }

    static String headline(JsonNode json) {
        var where = json.path("namespace").asText(json.path("env").asText());
        var slot = json.has("slot") ? " (slot " + json.path("slot").asText() + ")" : "";
        return where + slot + ": " + json.path("outcome")
            .asText() + (json.path("summary").asText().isEmpty() ? "" : ": " + json.path("summary").asText());
    }

    private static void cause(JsonNode c, List<String> lines) {
        lines.add("");
        lines.add("  " + c.path("code").asText() + "  " + object(c.path("object")) + where(c));
        Optional.of(c.at("/fix/text").asText()).filter(t -> !t.isEmpty()).ifPresent(t -> lines.add("    " + t));
        c.at("/fix/files").forEach(f -> lines.add("    in " + f.path("path").asText() + ":" + f.path("line").asText()));
        c.path("evidence").forEach(e -> {
            if (lines.size() < 400 && e == c.path("evidence").get(0)) {
                lines.add("    seen: " + Texts.cut(Texts.line(e.path("message").asText()), 300));
            }
        });
        var explains = new ArrayList<String>();
        c.path("explains").forEach(s -> explains.add(object(s.path("object"))));
        if (!explains.isEmpty()) {
            lines.add("    explains " + explains.stream().limit(SHOWN)
                .collect(Collectors.joining(", ")) + (explains.size() > SHOWN ? " and " + (explains.size() - SHOWN) + " more" : ""));
        }
        Optional.of(c.path("next").path(0).asText()).filter(t -> !t.isEmpty()).ifPresent(t -> lines.add("    next: " + t));
    }

    static String where(JsonNode c) {
        var owner = object(c.path("owner"));
        return owner.isEmpty() || owner.equals(object(c.path("object"))) ? ""
            : " (" + owner + (c.path("container").asText().isEmpty() ? "" : ", container " + c.path("container").asText()) + ")";
    }

    private static void failed(JsonNode o, List<String> lines) {
        if (o.path("result").asText().equals("failed")) {
            lines.add("  ! " + o.path("file").asText() + ": " + Obj.ref(o.path("kind").asText(), o.path("name").asText())
                + ": " + o.path("error").asText());
        }
    }

    private static void workloads(JsonNode json, List<String> lines) {
        if (json.path("workloads").size() > 0) {
            lines.add("");
        }
        int width = 0;
        for (var w : json.path("workloads")) {
            width = Math.max(width, Obj.ref(w.path("kind").asText(), w.path("name").asText()).length());
        }
        for (var w : json.path("workloads")) {
            var ref = Obj.ref(w.path("kind").asText(), w.path("name").asText());
            lines.add(("  %-" + width + "s  %-11s %s/%s  %s")
                .formatted(ref, w.path("state").asText(), w.path("ready").asText(), w.path("desired").asText(), w.path("message").asText())
                .stripTrailing());
        }
    }

    /** {@code secret/db} of an object node, or of one that is written as text already. */
    static String object(JsonNode o) {
        var parts = o.asText().split("/", 2);
        return o.isTextual() ? parts.length == 2 ? Obj.ref(parts[0], parts[1])
            : o.asText() : o.has("name") ? Obj.ref(o.path("kind").asText(), o.path("name").asText()) : "";
    }

    static String warning(JsonNode w) {
        return w.isTextual() ? w.asText() : Stream.of(w.path("code").asText(), object(w.path("object")), w.path("message").asText())
            .filter(t -> !t.isEmpty()).collect(Collectors.joining(" "));
    }
}

// src/ensure_ready/system/Daemon.java

/** Threads that keep no process alive. */
public static final class Daemon {
    private Daemon() { }

    public static ThreadFactory named(String name) {
        return task -> {
            var thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}

// src/ensure_ready/system/Deadline.java

/** A moment on the machine's own steady clock, which no change of the date moves. */
public record Deadline(long nanos) {
    public static Deadline in(Duration d) {
        return new Deadline(System.nanoTime() + d.toNanos());
    }

    /** One that has passed already: what it limits is tried once and never again. */
    public static Deadline now() {
        return in(Duration.ZERO);
    }

    public Duration left() {
        return Duration.ofNanos(Math.max(0, nanos - System.nanoTime()));
    }

    public boolean passed() {
        return nanos - System.nanoTime() <= 0;
    }

    /** The earlier of this one and the one in {@code d}. */
    public Deadline atMost(Duration d) {
        return left().compareTo(d) < 0 ? this : in(d);
    }
}

// src/ensure_ready/system/InfraFailure.java

/** Infrastructure trouble that ends the work; with --wait-soft-fail it still exits with 0. */
public static final class InfraFailure extends RuntimeException {
    private static final long serialVersionUID = 1;
    public final Outcome outcome;

    public InfraFailure(Outcome outcome, String message) {
        super(message);
        this.outcome = outcome;
    }

    /** Whoever asked this thread to stop is obeyed. */
    public static InfraFailure interrupted() {
        Thread.currentThread().interrupt();
        return new InfraFailure(Outcome.interrupted, "interrupted");
    }
}

// src/ensure_ready/system/Pause.java

/** A sleep that an interrupt ends. */
public static final class Pause {
    private Pause() { }

    public static void of(Duration d) {
        try {
            Thread.sleep(Math.max(0, d.toMillis()));
        } catch (InterruptedException e) {
            throw InfraFailure.interrupted();
        }
    }
}

// src/shared/system/Hooks.java

/** What is to happen when the process is told to end. */
public static final class Hooks {
    private Hooks() { }

    /** Runs {@code work} when the process is told to end, until it is forgotten. */
    public static Thread add(String name, Runnable work) {
        var hook = new Thread(work, name);
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }

    public static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            Thread.currentThread().interrupt();   // the machine is going down already, and the hook has the last word
        }
    }
}

// src/shared/system/Kubeconfig.java

/** Which cluster: an explicit kubeconfig, {@code KUBECONFIG}, {@code ~/.kube/config}, or the pod's own account. */
public static final class Kubeconfig {
    private Kubeconfig() { }

    /**
     * Throws {@link IllegalArgumentException}; its message is one line that names the option or variable. A context that is not there,
     * and a file that is not there, must not silently become another one: that would be somebody else's cluster.
     */
    public static Config read(Path kubeconfig, String context) {
        var named = named(kubeconfig);
        Config config;
        try {
            config = kubeconfig == null ? Config.autoConfigure(context) : Config.fromKubeconfig(context, kubeconfig.toFile());
        } catch (KubernetesClientException | IllegalArgumentException | ClassCastException e) {
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

// src/shared/system/TemplateEngine.java

/**
 * FreeMarker with nothing but data in reach: maps, lists and text; no Java object, no class, no template made of data. An undefined
 * variable is an error with its line, and equal data give equal bytes whatever the machine's language.
 */
public static final class TemplateEngine {
    private TemplateEngine() { }

    public static Configuration of(TemplateLoader loader) {
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
    public static String render(Configuration engine, String name, Map<String, Object> data) {
        try {
            var out = new StringWriter();
            template(engine, name).process(data, out);
            return out.toString();
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

    /**
     * A template that cannot be rendered. {@code line} is 0 where it is not known, {@code undefined} empty unless a variable is missing.
     */
    public static final class Unfit extends RuntimeException {
        private static final long serialVersionUID = 1;
        public final String template;
        public final int line;
        public final String undefined;

        Unfit(String template, int line, String undefined, String why, Exception cause) {
            super(why, cause);
            this.template = template;
            this.line = line;
            this.undefined = undefined;
        }
    }
}

// src/shared/system/Terminal.java

/** Whether a stream is a terminal. Java 17 tells it for stdin and stdout together only, so the shell is asked. */
public static final class Terminal {
    private Terminal() { }

    public static boolean is(int descriptor) {
        try {
            return new ProcessBuilder("sh", "-c", "test -t " + descriptor).inheritIO().start().waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    public static int width() {
        try {
            return Math.max(40, Integer.parseInt(System.getenv().getOrDefault("COLUMNS", "100")));
        } catch (NumberFormatException e) {
            return 100;
        }
    }
}

// src/shared/system/TextFile.java

/** Files of text, and what to say when they cannot be read. */
public static final class TextFile {
    private TextFile() { }

    /** The file as UTF-8; throws {@link IllegalArgumentException} with {@link #reason}. */
    public static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(reason(e), e);
        }
    }

    /** Why a file could not be read or written, without its name: {@code no such file}. */
    public static String reason(IOException e) {
        if (e instanceof CharacterCodingException) {
            return "not UTF-8 text";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file";
        }
        return e instanceof AccessDeniedException ? "permission denied" : Texts.oneLine(String.valueOf(e.getMessage()));
    }
}

// src/shared/system/Variables.java

/** Template variables as a command line gives them: {@code --var-file}, then {@code --vars}; what comes later wins. */
public static final class Variables {
    private Variables() { }

    /** Throws {@link IllegalArgumentException}; its message is one line that names the option. */
    public static Map<String, Object> read(List<Path> files, List<String> lists) {
        var all = new LinkedHashMap<String, Object>();
        files.forEach(file -> all.putAll(named("--var-file " + file + ": ", () -> Vars.ofFile(file.toString(), TextFile.read(file)))));
        lists.forEach(list -> all.putAll(named("--vars: ", () -> Vars.ofList(list))));
        return all;
    }

    private static Map<String, Object> named(String option, Supplier<Map<String, Object>> vars) {
        try {
            return vars.get();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(option + e.getMessage(), e);
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// From here on nothing acts: no client, file, process, clock or environment. A test holds it.
// ---------------------------------------------------------------------------------------------------------------------

// src/ensure_ready/certainty/Assessment.java

/**
 * Everything that follows from one look at the namespace; what is ready needs no explanation. Pure.
 *
 * @param relevant findings that stand between a gating workload and being ready
 */
public record Assessment(Snapshot snapshot, Family family, Verdict verdict, List<Finding> relevant) {
    /**
     * @param statusless {@code apiVersion/kind} of the custom resources whose status nobody writes
     * @param gone       Jobs that were seen and are there no more, by uid
     */
    public static Assessment of(Snapshot snapshot, Set<String> statusless, Map<String, Obj> gone, WaitSettings settings) {
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

    public List<Finding> certain(WaitMemory memory, WaitSettings settings, Instant now) {
        return Certainty.certain(relevant, family, verdict, memory, settings, now);
    }

    public WaitMemory remembered(WaitMemory before, WaitSettings settings, Instant now) {
        return before.next(verdict, Certainty.counting(relevant, family, verdict), snapshot, settings.appliedSince(), now);
    }

    /** When a rule of time next has something to say. */
    public Optional<Instant> due(WaitMemory memory, Instant now) {
        return Stream.of(memory.due(now), Certainty.due(relevant, family, verdict, memory, now))
            .flatMap(Optional::stream).min(Comparator.naturalOrder());
    }

    public Judgement judgement(Outcome outcome, List<Finding> certain) {
        return new Judgement(outcome, verdict, snapshot, certain);
    }
}

// src/ensure_ready/certainty/Certainty.java

/**
 * What is certain never to become ready without a change, and after which grace. Pure: what was seen before comes in as {@link WaitMemory}.
 * A false alarm is worse than waiting, so a code without a rule here never ends the wait.
 */
public static final class Certainty {
    /** Everything waits this long, so that causes that show up together are told together. */
    private static final Duration TOGETHER = Duration.ofSeconds(2);
    /** When something in the set could still make what is missing. */
    private static final Duration IN_THE_MAKING = Duration.ofSeconds(120);
    /** Without events an autoscaler cannot be seen at work. */
    private static final Duration BLIND = Duration.ofSeconds(60);
    /** What is ready must still get into endpoints and name servers before others can reach it. */
    private static final Duration REACHABLE = Duration.ofSeconds(10);
    private static final int CRASHES = 3;
    private static final Map<Code, Duration> GRACE = graces();
    private static final Set<Code> PLACEMENT = EnumSet.of(Code.SCHED_NODE_SELECTOR, Code.SCHED_POD_ANTI_AFFINITY, Code.SCHED_HOST_PORT,
        Code.SCHED_TOPOLOGY, Code.SCHED_TAINT);
    /** Judged by how often a container ended, not by how long that has been so. */
    private static final Set<Code> CRASH = EnumSet.of(Code.CRASH_APP_ERROR, Code.CRASH_MISSING_ENV, Code.CRASH_AUTH_FAILED,
        Code.CRASH_PORT_IN_USE, Code.CRASH_DISK_FULL,
        Code.CRASH_DEPENDENCY_UNREACHABLE, Code.RBAC_RUNTIME_FORBIDDEN, Code.CONTAINER_EXITS_ZERO,
            Code.CONTAINER_START_FAILED, Code.LIFECYCLE_HOOK_FAILED,
        Code.PROBE_LIVENESS_FAILING, Code.PROBE_STARTUP_FAILING);
    private static final Map<Code, Integer> SOONER =
        Map.of(Code.CONTAINER_COMMAND_NOT_FOUND, 1, Code.CONTAINER_COMMAND_PERMISSION, 1, Code.OOM_KILLED, 2);
    /** Custom resources of these groups make nothing that a pod could wait for. */
    private static final Set<String> INERT = Set.of("monitoring.coreos.com", "gateway.networking.k8s.io", "networking.istio.io",
        "security.istio.io", "traefik.io", "autoscaling.k8s.io", "keda.sh");

    private Certainty() { }

    private static Map<Code, Duration> graces() {
        var graces = new EnumMap<Code, Duration>(Code.class);
        grace(graces, 2, Code.JOB_FAILED, Code.APPLY_INVALID, Code.APPLY_IMMUTABLE_FIELD, Code.API_KIND_UNKNOWN, Code.API_VERSION_REMOVED,
            Code.APPLY_FORBIDDEN_RBAC,
            Code.APPLY_CONFLICT, Code.APPLY_FAILED, Code.NAMESPACE_MISSING, Code.IMAGE_NAME_INVALID, Code.ROLLOUT_STUCK);
        grace(graces, 5, Code.IMAGE_NEVER_PULL, Code.RUN_AS_NON_ROOT, Code.PVC_STORAGECLASS_MISSING, Code.POD_SECURITY_DENIED,
            Code.ADMISSION_WEBHOOK_DENIED,
            Code.LIMITRANGE_VIOLATION, Code.QUOTA_REQUIRES_LIMITS);
        grace(graces, 10, Code.IMAGE_NOT_FOUND, Code.IMAGE_PLATFORM_MISMATCH, Code.SECRET_MISSING, Code.CONFIGMAP_MISSING,
            Code.CONFIG_KEY_MISSING, Code.PVC_MISSING);
        grace(graces, 15, Code.SCHED_NODE_SELECTOR, Code.PVC_NO_DEFAULT_CLASS, Code.ADMISSION_DENIED);
        grace(graces, 20, Code.SERVICE_ACCOUNT_MISSING);
        grace(graces, 30, Code.IMAGE_AUTH, Code.IMAGE_NOT_FOUND_OR_AUTH, Code.IMAGE_PULL_SECRET_MISSING,
            Code.QUOTA_EXCEEDED, Code.SCHED_TAINT,
            Code.CONTAINER_CONFIG_INVALID,
            Code.CR_NOT_READY, Code.CERT_NOT_READY);
        grace(graces, 60, Code.SCHED_POD_ANTI_AFFINITY, Code.SCHED_HOST_PORT, Code.SCHED_TOPOLOGY, Code.SCHED_NODE_MISSING,
            Code.PVC_PROVISION_FAILED, Code.PVC_UNBOUND,
            Code.PVC_PV_RELEASED, Code.STS_STUCK_REVISION);
        grace(graces, 120, Code.SCHED_INSUFFICIENT_RESOURCES, Code.SCHED_VOLUME_AFFINITY, Code.VOLUME_MOUNT_FAILED);
        return graces;
    }

    private static void grace(Map<Code, Duration> graces, int seconds, Code... codes) {
        List.of(codes).forEach(code -> graces.put(code, Duration.ofSeconds(seconds)));
    }

    /** Findings that stand between a gating workload and being ready now: of its newest revision, and of nothing that already runs. */
    static List<Finding> relevant(List<Finding> findings, Verdict verdict, Family family) {
        var waiting = verdict.workloads().stream().filter(w -> w.state() == State.progressing || w.state() == State.failed)
            .collect(Collectors.toMap(Workload::ref, w -> w, (a, b) -> a));
        var relevant = new ArrayList<>(findings.stream().filter(f -> waiting.containsKey(Obj.ref(f.ownerKind(), f.ownerName())))
            .filter(f -> ofNewest(f, family)).toList());
        waiting.values().stream().filter(w -> w.state() == State.failed && relevant.stream()
            .noneMatch(f -> weighs(f.code()) && Obj.ref(f.ownerKind(), f.ownerName()).equals(w.ref())))
            .forEach(w -> relevant.add(failed(w, family.snapshot().at())));
        return relevant;
    }

    private static boolean weighs(Code code) {
        return GRACE.containsKey(code) || CRASH.contains(code) || SOONER.containsKey(code);
    }

    private static boolean ofNewest(Finding f, Family family) {
        var pod = f.params().getOrDefault("pod", "");
        return pod.isEmpty() || f.code() == Code.STS_STUCK_REVISION || owner(f, family)
            .map(o -> Ownership.newestPods(family.snapshot(), o).stream().anyMatch(p -> p.name().equals(pod))).orElse(true);
    }

    private static Optional<Obj> owner(Finding f, Family family) {
        return family.snapshot().find(f.ownerKind(), f.ownerName());
    }

    /** A state that is final by itself, though no finding says why. */
    private static Finding failed(Workload w, Instant at) {
        var evidence = new Evidence("status", w.ref(), "", w.message(), 1, "", "");
        return new Finding(Code.UNKNOWN, w.kind(), w.name(), w.kind(), w.name(), "", at, List.of(evidence), Map.of("final", "true"));
    }

    /** The findings whose grace is over and against which nothing speaks. */
    static List<Finding> certain(List<Finding> relevant, Family family, Verdict verdict,
        WaitMemory seen, WaitSettings settings, Instant now) {
        return relevant.stream().filter(f -> {
            var grace = grace(f, family, verdict);
            return grace != null && !now.isBefore(seen.first(f).plus(grace.compareTo(TOGETHER) < 0 ? TOGETHER : grace))
                && !doubtful(f, family, verdict, seen, settings);
        }).toList();
    }

    /** When the next grace ends; the loop wakes then. */
    static Optional<Instant> due(List<Finding> relevant, Family family, Verdict verdict, WaitMemory seen, Instant now) {
        return relevant.stream().map(f -> Optional.ofNullable(grace(f, family, verdict)).map(seen.first(f)::plus)).flatMap(Optional::stream)
            .filter(now::isBefore).min(Comparator.naturalOrder());
    }

    /** How long this must have been so; null when it never ends the wait. */
    private static Duration grace(Finding f, Family family, Verdict verdict) {
        var code = f.code();
        if (f.params().containsKey("final")) {
            return custom(f, family) ? Duration.ofSeconds(30) : TOGETHER;
        }
        if (CRASH.contains(code) || SOONER.containsKey(code)) {
            return TOGETHER;
        }
        if (WaitMemory.MAKEABLE.contains(code) && inTheMaking(f, family, verdict)) {
            return IN_THE_MAKING;
        }
        if (PLACEMENT.contains(code)) {
            return placement(f, family);
        }
        boolean needsFailedState = code == Code.CR_NOT_READY || code == Code.CERT_NOT_READY;
        return needsFailedState && state(f, verdict) != State.failed ? null : GRACE.get(code);
    }

    private static boolean custom(Finding f, Family family) {
        return family.snapshot().objects().keySet().stream().filter(key -> key.startsWith(f.ownerKind() + "."))
            .anyMatch(key -> family.snapshot().find(key, f.ownerName()).isPresent());
    }

    private static State state(Finding f, Verdict verdict) {
        return verdict.workloads().stream().filter(w -> w.kind().equals(f.ownerKind()) && w.name().equals(f.ownerName()))
            .map(Workload::state).findFirst().orElse(State.progressing);
    }

    /** An operator's resource, or a Job that has not ended: either may make Secrets, ConfigMaps, accounts, claims. */
    private static boolean inTheMaking(Finding f, Family family, Verdict verdict) {
        return family.snapshot().applied().stream().anyMatch(a -> !a.object().builtIn() && !INERT.contains(a.object().group()))
            || verdict.workloads().stream()
            .anyMatch(w -> w.kind().equals("Job") && w.state() == State.progressing && !w.name().equals(f.ownerName()));
    }

    /** A pod that fits nowhere; but a cordoned, drained or starting node among the reasons may open again, and room may be made. */
    private static Duration placement(Finding f, Family family) {
        var reasons = f.evidence().stream().flatMap(e -> Scheduling.codes(e.message().toLowerCase(Locale.ROOT)).stream()).toList();
        if (reasons.stream().anyMatch(code -> !PLACEMENT.contains(code) && code != Code.SCHED_INSUFFICIENT_RESOURCES)) {
            return null;
        }
        var grace = reasons.contains(Code.SCHED_INSUFFICIENT_RESOURCES) ? GRACE.get(Code.SCHED_INSUFFICIENT_RESOURCES)
            : GRACE.get(f.code());
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
        boolean room = f.code() == Code.QUOTA_EXCEEDED || f.code() == Code.SCHED_INSUFFICIENT_RESOURCES;
        return grace(f, family, verdict) != null && !(room && shrinking(f, family, verdict));
    }

    private static boolean doubtful(Finding f, Family family, Verdict verdict, WaitMemory seen, WaitSettings settings) {
        if (!counts(f, family, verdict)) {
            return true;
        }
        var pods = owner(f, family).map(o -> Ownership.newestPods(family.snapshot(), o)).orElse(List.of())
            .stream().filter(p -> !p.deleting() && !Pods.ended(p)).toList();
        if (CRASH.contains(f.code()) || SOONER.containsKey(f.code())) {
            boolean ended = f.ownerKind().equals("Pod") && pods.isEmpty();
            return !ended && (f.ownerKind().equals("Job") || pods.isEmpty() || !steady(f, pods, family, verdict, seen));
        }
        return switch (f.code()) {
            case IMAGE_NOT_FOUND, IMAGE_AUTH, IMAGE_NOT_FOUND_OR_AUTH, IMAGE_PLATFORM_MISMATCH,
                IMAGE_PULL_SECRET_MISSING -> f.container().isEmpty() || pods.stream().anyMatch(p -> started(p, f.container()));
            case SECRET_MISSING, CONFIGMAP_MISSING, PVC_MISSING -> f.params().getOrDefault("pod", "").isEmpty() && pods.stream()
                .anyMatch(Certainty::anyStarted);
            case CONFIG_KEY_MISSING -> f.params().getOrDefault("pod", "").isEmpty();
            case ROLLOUT_STUCK -> settings.appliedSince() == null || f.since().isBefore(settings.appliedSince());
            default -> false;
        };
    }

    private static boolean started(Obj pod, String container) {
        return Pods.containers(pod).stream().anyMatch(c -> c.path("name").asText().equals(container)
            && (c.at("/state/running").isObject() || c.path("restartCount").asLong() > 0));
    }

    private static boolean anyStarted(Obj pod) {
        return Pods.containers(pod).stream().anyMatch(c -> started(pod, c.path("name").asText()));
    }

    /** There is room again when what is being replaced is gone, or when a Job has ended. */
    private static boolean shrinking(Finding f, Family family, Verdict verdict) {
        return family.snapshot().all("Pod").stream().anyMatch(Obj::deleting)
            || verdict.workloads().stream()
            .anyMatch(w -> w.kind().equals("Job") && w.state() == State.progressing && w.ready() < w.desired()
            && !w.name().equals(f.ownerName()))
            || owner(f, family).map(o -> family.snapshot().ownedBy("ReplicaSet", o).stream()
            .anyMatch(rs -> rs.number("/spec/replicas", 0) < rs.number("/status/replicas", 0))).orElse(false);
    }

    /**
     * Every pod of the newest revision ended in the same way often enough, and once more after all that it may depend on was ready:
     * programs that end until their database is up are no failure.
     */
    private static boolean steady(Finding f, List<Obj> pods, Family family, Verdict verdict, WaitMemory seen) {
        int enough = SOONER.getOrDefault(f.code(), CRASHES);
        boolean often = pods.stream().allMatch(p -> Optional.ofNullable(seen.crashes().get(CrashCount.key(p, f.container())))
            .filter(c -> c.times() >= enough).isPresent()
            && !Pods.container(p, f.container()).at("/state/running").isObject());
        return often && (enough == 1 || triedAgain(family, verdict, seen));
    }

    /** Each container that crashes began once more after the last of those workloads that do not crash had become ready. */
    private static boolean triedAgain(Family family, Verdict verdict, WaitMemory seen) {
        var looping = new ArrayList<Obj>();
        var since = Instant.EPOCH;
        for (var w : verdict.workloads()) {
            var pods = family.snapshot().find(w.kind(), w.name()).map(o -> Ownership.newestPods(family.snapshot(), o))
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
        return !Pods.ready(pod) && Optional.ofNullable(seen.crashes().get(CrashCount.key(pod, container.path("name").asText())))
            .filter(c -> c.times() > 0 && c.exitCode() != -1).isPresent();
    }

    /** Begin of the last run that has ended. */
    private static Instant lastBegin(JsonNode container) {
        return Obj.instant(container.at("/state/terminated/startedAt").asText(container.at("/lastState/terminated/startedAt").asText("")))
            .orElse(Instant.EPOCH);
    }
}

// src/ensure_ready/certainty/CrashCount.java

/** How often a container ended in one and the same way; another exit code is another story and is counted anew. */
public record CrashCount(long baseline, long restarts, int exitCode) {
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

// src/ensure_ready/certainty/Judgement.java

/** What the wait found out; never thrown away: an interrupt reads the last one. */
public record Judgement(Outcome outcome, Verdict verdict, Snapshot snapshot, List<Finding> certain) {
    public Judgement with(Outcome other) {
        return new Judgement(other, verdict, snapshot, certain);
    }

    /** True with the outcome ready alone, so that nobody can read it too early. */
    public boolean ready() {
        return outcome == Outcome.ready && verdict.ready();
    }

    public List<Workload> workloads() {
        return verdict.workloads();
    }
}

// src/ensure_ready/certainty/PodReasons.java

/** What findings say of a pod, in a person's words: {@code image not found}. Pure. */
public static final class PodReasons {
    private PodReasons() { }

    public static Map<String, String> of(List<Finding> findings) {
        var reasons = new HashMap<String, String>();
        findings.forEach(f -> say(f).ifPresent(text -> reasons.putIfAbsent(f.params().getOrDefault("pod", ""), text)));
        return reasons;
    }

    private static Optional<String> say(Finding f) {
        return switch (f.code().family) {
            case IMAGE -> Optional.of(f.code().name().toLowerCase(Locale.ROOT).replace('_', ' '));
            case CONFIG -> f.code().name().endsWith("_MISSING") && !f.objectName().equals(f.ownerName())
                ? Optional.of(Obj.ref(f.objectKind(), f.objectName()) + (f.code() == Code.CONFIG_KEY_MISSING
                ? " has no key " + f.params().getOrDefault("key", "") : " is missing")) : Optional.empty();
            default -> Optional.empty();
        };
    }
}

// src/ensure_ready/certainty/Preflight.java

/** References of pod templates and claims that neither the cluster nor the set can meet, before any kubelet says so. Pure. */
public static final class Preflight {
    private Preflight() { }

    /** Kinds whose names must be known before {@link #missing} can tell anything. */
    public static Set<String> kinds(Snapshot snapshot) {
        var kinds = new TreeSet<String>();
        templates(snapshot).forEach(t -> {
            References.of(t.spec()).stream().filter(r -> !r.optional()).forEach(r -> kinds.add(r.kind()));
            if (!account(t.spec()).equals("default")) {
                kinds.add("ServiceAccount");
            }
        });
        if (!classes(snapshot).isEmpty()) {
            kinds.add("StorageClass");
        }
        return kinds;
    }

    public static List<Finding> missing(Snapshot snapshot) {
        var found = new ArrayList<Finding>();
        for (var t : templates(snapshot)) {
            References.of(t.spec()).stream().filter(r -> !r.optional() && !r.pull() && absent(r.kind(), r.name(), snapshot))
                .forEach(r -> found.add(finding(code(r.kind()), r.kind(), r.name(), t, Obj.ref(r.kind(), r.name()), snapshot)));
            var account = account(t.spec());
            if (!account.equals("default") && absent("ServiceAccount", account, snapshot)) {
                found.add(finding(Code.SERVICE_ACCOUNT_MISSING, "ServiceAccount",
                    account, t, Obj.ref("ServiceAccount", account), snapshot));
            }
        }
        return found;
    }

    private static Code code(String kind) {
        return kind.equals("Secret") ? Code.SECRET_MISSING : kind.equals("ConfigMap") ? Code.CONFIGMAP_MISSING : Code.PVC_MISSING;
    }

    private static Finding finding(Code code, String kind, String name, Template t, String what, Snapshot snapshot) {
        var evidence = new Evidence("spec", t.owner().ref() + "/spec.template.spec", "",
            "names " + what + ", which neither the namespace nor the manifests have", 1, "", "");
        return new Finding(code, kind, name, t.owner().kind(), t.owner().name(), "", snapshot.at(), List.of(evidence), Map.of());
    }

    private static boolean absent(String kind, String name, Snapshot snapshot) {
        return !name.isEmpty() && snapshot.knows(kind) && snapshot.find(kind, name).isEmpty()
            && snapshot.applied().stream().noneMatch(a -> a.object().kind().equals(kind)
            && a.object().name().equals(name) && a.result() != Result.failed
            && a.result() != Result.skipped);
    }

    private static String account(JsonNode spec) {
        return spec.path("serviceAccountName").asText(spec.path("serviceAccount").asText("default"));
    }

    /** Live workloads as they are now; of the manifests those that are not there (yet). */
    private static List<Template> templates(Snapshot snapshot) {
        var templates = new ArrayList<Template>();
        for (var kind : Kinds.TEMPLATED) {
            snapshot.all(kind).stream().filter(w -> !Ownership.ownedByBuiltIn(w) && Family.runs(w))
                .forEach(w -> templates.add(new Template(w, w.at("/spec/template/spec"))));
            snapshot.applied().stream().map(Applied::object).filter(o -> o.kind().equals(kind) && snapshot.find(kind, o.name()).isEmpty())
                .forEach(w -> templates.add(new Template(w, w.at("/spec/template/spec"))));
        }
        snapshot.all("Pod").stream().filter(p -> p.controller().isMissingNode() && !Pods.ended(p))
            .forEach(p -> templates.add(new Template(p, p.at("/spec"))));
        templates.removeIf(t -> !t.owner().namespace().isEmpty() && !t.owner().namespace().equals(snapshot.namespace()));
        return templates;
    }

    private static Set<String> classes(Snapshot snapshot) {
        var classes = new TreeSet<String>();
        snapshot.all("PersistentVolumeClaim").stream().filter(c -> !c.text("/status/phase").equals("Bound"))
            .forEach(c -> classes.add(c.text("/spec/storageClassName")));
        snapshot.applied().stream().map(Applied::object).filter(o -> o.kind().equals("StatefulSet"))
            .flatMap(o -> o.list("/spec/volumeClaimTemplates").stream())
            .forEach(c -> classes.add(c.at("/spec/storageClassName").asText()));
        return classes;
    }

    /** A pod spec and whose it is. */
    private record Template(Obj owner, JsonNode spec) { }
}

// src/ensure_ready/certainty/WaitMemory.java

/** What the wait remembers from one judgement to the next; folded by {@link #next}, so that time is an argument. */
public record WaitMemory(Instant readySince, long restarts, List<String> gating,
    Duration settle, Map<String, Seen> findings, Map<String, CrashCount> crashes,
    Set<String> jobs, Instant jobEnded) {
    public static final WaitMemory NONE = new WaitMemory(null, 0, List.of(), Duration.ZERO, Map.of(), Map.of(), Set.of(), Instant.EPOCH);
    /** What a Job or an operator may still make. */
    static final Set<Code> MAKEABLE =
        EnumSet.of(Code.SECRET_MISSING, Code.CONFIGMAP_MISSING, Code.CONFIG_KEY_MISSING, Code.SERVICE_ACCOUNT_MISSING,
        Code.PVC_MISSING, Code.IMAGE_PULL_SECRET_MISSING, Code.IMAGE_AUTH, Code.IMAGE_NOT_FOUND_OR_AUTH);
    /** A finding that is away for a moment only (a kubelet tries again) has not healed. */
    private static final Duration BLINK = Duration.ofSeconds(5);
    /** By how much the clocks of this machine and of the cluster may differ. */
    private static final Duration SKEW = Duration.ofSeconds(10);

    /**
     * @param counting     the findings whose grace runs
     * @param appliedSince when the apply began; null when nothing was applied
     */
    public WaitMemory next(Verdict verdict, List<Finding> counting, Snapshot snapshot, Instant appliedSince, Instant now) {
        var refs = verdict.workloads().stream().map(Workload::ref).toList();
        boolean same = readySince != null && verdict.restarts() == restarts && refs.equals(gating);
        var running = verdict.workloads().stream().filter(w -> w.kind().equals("Job") && w.state() == State.progressing).map(Workload::name)
            .collect(Collectors.toSet());
        return new WaitMemory(!verdict.ready() ? null : same ? readySince : now, verdict.restarts(),
            refs, settle(verdict), seen(counting, now),
            crashed(snapshot, appliedSince),
            running, running.containsAll(jobs) ? jobEnded : now);
    }

    /**
     * Without a readiness probe a container counts as ready as soon as it runs, so it must run longer to be believed;
     * operators make their objects one after the other; a mute custom resource may still begin to speak.
     */
    private static Duration settle(Verdict verdict) {
        boolean operators = verdict.workloads().stream()
            .anyMatch(w -> !Kinds.WORKLOADS.contains(w.kind()) && !Kinds.ALSO_JUDGED.contains(w.kind()));
        return Duration.ofSeconds(!verdict.verified() ? 30 : verdict.unprobed() ? 10 : operators ? 5 : 3);
    }

    /** Nothing is judged while nothing changes, so what is there now and was there the last time was there all the time. */
    private Map<String, Seen> seen(List<Finding> relevant, Instant now) {
        var seen = new HashMap<>(findings);
        relevant.forEach(f -> seen.merge(key(f), new Seen(now, now), (before, fresh) -> new Seen(before.first(), now)));
        seen.values().removeIf(s -> !s.last().plus(BLINK).isAfter(now));
        return seen;
    }

    private Map<String, CrashCount> crashed(Snapshot snapshot, Instant appliedSince) {
        var crashed = new HashMap<String, CrashCount>();
        for (var pod : snapshot.all("Pod")) {
            for (var c : Pods.containers(pod)) {
                long restarts = c.path("restartCount").asLong();
                if (restarts > 0) {
                    var key = CrashCount.key(pod, c.path("name").asText());
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

    /** Since when this is so; what a Job may have made is awaited anew from the moment at which the Job ended. */
    Instant first(Finding f) {
        var first = Optional.ofNullable(findings.get(key(f))).map(Seen::first).orElse(Instant.MAX.minusSeconds(86_400));
        return MAKEABLE.contains(f.code()) && jobEnded.isAfter(first) ? jobEnded : first;
    }

    public boolean settled(Instant now) {
        return readySince != null && !now.isBefore(readySince.plus(settle));
    }

    /** When a finding was first and last there. */
    public record Seen(Instant first, Instant last) { }

    /** When the settling ends, if that is still to come. */
    public Optional<Instant> due(Instant now) {
        return Optional.ofNullable(readySince).map(since -> since.plus(settle)).filter(at -> at.isAfter(now));
    }
}

// src/ensure_ready/diagnosis/AccessFindings.java

/** Rights that the agent's pod needs to be of use. Pure. */
public static final class AccessFindings {
    private final Facts facts;
    private final Snapshot snapshot;
    private final String agent;

    AccessFindings(Facts facts, String agent) {
        this.facts = facts;
        this.snapshot = facts.snapshot;
        this.agent = agent;
    }

    void find() {
        snapshot.all("RoleBinding").stream()
            .filter(b -> b.text("/roleRef/kind").equals("Role") && !facts.exists("Role", b.text("/roleRef/name")))
            .forEach(b -> subjects(b).forEach(account -> users(account).forEach(w ->
            facts.add(Code.RBAC_ROLE_MISSING, "Role", b.text("/roleRef/name"), new String[] {w.kind(), w.name()}, "", null,
                List.of(Findings.spec(b, "roleRef", "Role " + b.text("/roleRef/name"))), Map.of("binding", b.name())))));
        snapshot.find("Deployment", agent.substring(agent.indexOf('/') + 1)).ifPresent(this::agent);
    }

    /** The agent works through the API server; an account of its own without any binding may do nothing there. */
    private void agent(Obj deployment) {
        var account = deployment.text("/spec/template/spec/serviceAccountName");
        var bound = snapshot.all("RoleBinding").stream().anyMatch(b -> subjects(b).contains(account));
        if (!account.isEmpty() && !account.equals("default") && snapshot.knows("RoleBinding") && facts.exists("ServiceAccount", account)
            && snapshot.find("ServiceAccount", account).isPresent() && !bound) {
            facts.add(Code.RBAC_ROLE_MISSING, "ServiceAccount", account, new String[] {"Deployment", deployment.name()}, "", null,
                List.of(Findings.spec(deployment, "spec.template.spec.serviceAccountName",
                    account + ": no RoleBinding of this namespace names it")),
                    Map.of("inferred", "true"));
        }
    }

    private static List<String> subjects(Obj binding) {
        return binding.list("/subjects").stream().filter(s -> s.path("kind").asText().equals("ServiceAccount"))
            .map(s -> s.path("name").asText()).toList();
    }

    private List<Obj> users(String account) {
        return Stream.of("Deployment", "StatefulSet", "DaemonSet").flatMap(k -> snapshot.all(k).stream())
            .filter(w -> w.text("/spec/template/spec/serviceAccountName").equals(account)).toList();
    }
}

// src/ensure_ready/diagnosis/Cause.java

/** One root cause, as the JSON gives it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Cause(String id, String fingerprint, Code code, Code.Family family,
    String severity, ObjectRef object, ObjectRef owner, String container,
    String basis, double confidence, Map<String, String> params,
             Fix fix, List<String> next, List<Proof> evidence, Excerpt logExcerpt,
                 List<Symptom> explains, boolean oldRevisionServing, boolean blocksAgent,
                 @JsonIgnore int affected, @JsonIgnore String firstSeen) {
    Cause numbered(String number) {
        return new Cause(number, fingerprint, code, family, severity, object,
            owner, container, basis, confidence, params, fix, next, evidence, logExcerpt,
            explains, oldRevisionServing, blocksAgent, affected, firstSeen);
    }
}

// src/ensure_ready/diagnosis/Code.java

/**
 * Stable codes, append-only: other repositories match on them. One catalogue for the rules, the texts and docs/causes.md.
 * What a message means stands in {@link Text}; what an object's status means stands in {@link Findings}.
 */
public enum Code {
    UNKNOWN(Family.OTHER, Role.SYMPTOM, Scope.unknown, "INVESTIGATE",
        "Nothing that the cluster tells explains this; look at the object and its log.",
        Look.OBJECT, Look.LOG),
    IMAGE_NOT_FOUND(Family.IMAGE, Role.CAUSE, Scope.repo, "FIX_IMAGE_REFERENCE",
        "The registry has no such image or tag: correct the reference, or build and push it.", Look.POD),
    IMAGE_NOT_FOUND_OR_AUTH(Family.IMAGE, Role.CAUSE, Scope.either, "CHECK_NAME_THEN_PULL_SECRET",
        "The registry does not say whether the image is missing or private: check its name first, then the pull secret.",
            Look.POD, Look.SECRETS),
    IMAGE_AUTH(Family.IMAGE, Role.CAUSE, Scope.either, "FIX_PULL_SECRET",
        "The registry refuses the credentials: check the pull secret's type, host and rights.", Look.POD, Look.SECRETS),
    IMAGE_PULL_SECRET_MISSING(Family.IMAGE, Role.CAUSE, Scope.either, "CREATE_PULL_SECRET",
        "The pull secret that the pod names does not exist: create it, or name the right one.", Look.SECRETS, Look.POD),
    IMAGE_RATE_LIMITED(Family.IMAGE, Role.CAUSE, Scope.platform, "MIRROR_OR_LOGIN",
        "The registry limits the number of pulls: wait, log in, or use a mirror.", Look.POD),
    IMAGE_REGISTRY_UNREACHABLE(Family.IMAGE, Role.CAUSE, Scope.either, "FIX_REGISTRY_HOST",
        "The node cannot reach the registry: check the host's spelling, its certificate, and that it runs.", Look.POD),
    IMAGE_NAME_INVALID(Family.IMAGE, Role.CAUSE, Scope.repo, "FIX_IMAGE_REFERENCE",
        "The image reference does not parse: correct it (a template variable may be empty).", Look.POD),
    IMAGE_NEVER_PULL(Family.IMAGE, Role.CAUSE, Scope.repo, "FIX_PULL_POLICY",
        "imagePullPolicy is Never and the node does not have the image: change the policy or load the image.", Look.POD),
    IMAGE_PLATFORM_MISMATCH(Family.IMAGE, Role.CAUSE, Scope.repo, "BUILD_FOR_PLATFORM",
        "The image is not built for the node's architecture: build it for that, or choose nodes by kubernetes.io/arch.",
            Look.POD, Look.NODES),
    IMAGE_PULL_FAILED(Family.IMAGE, Role.CAUSE, Scope.unknown, "CHECK_IMAGE",
        "The image cannot be pulled, for a reason that has no rule; read the message.", Look.POD),
    IMAGE_STILL_PULLING(Family.IMAGE, Role.PROGRESS, Scope.wait, "WAIT", "The image is being pulled; wait.", Look.POD),
    CONTAINER_COMMAND_NOT_FOUND(Family.CRASH, Role.CAUSE, Scope.repo, "FIX_COMMAND",
        "The command does not exist in the image: correct command, args or the Dockerfile.", Look.POD, Look.PREVIOUS_LOG),
    CONTAINER_COMMAND_PERMISSION(Family.CRASH, Role.CAUSE, Scope.repo, "FIX_COMMAND",
        "The command may not be executed: set its mode in the image, or run it by its interpreter.", Look.POD, Look.PREVIOUS_LOG),
    CONTAINER_START_FAILED(Family.CRASH, Role.CAUSE, Scope.either, "FIX_CONTAINER_SPEC",
        "The runtime cannot start the container: read the message, then compare mounts, user and command with the image.", Look.POD),
    CONTAINER_EXITS_ZERO(Family.CRASH, Role.CAUSE, Scope.repo, "RUN_LONG",
        "The container ends with success although it should keep running: give it a command that stays in the foreground.",
            Look.POD, Look.PREVIOUS_LOG),
    LIFECYCLE_HOOK_FAILED(Family.CRASH, Role.CAUSE, Scope.repo, "FIX_HOOK",
        "A lifecycle hook fails and the container is killed: correct the hook.",
        Look.POD, Look.PREVIOUS_LOG),
    CRASH_APP_ERROR(Family.CRASH, Role.CAUSE, Scope.repo, "FIX_APPLICATION",
        "The program ends with an error of its own: read its log.", Look.PREVIOUS_LOG,
        Look.POD),
    CRASH_MISSING_ENV(Family.CRASH, Role.CAUSE, Scope.repo, "SET_VARIABLE",
        "The program ends because a setting that it requires is not set: add it to the container's env.", Look.PREVIOUS_LOG, Look.POD),
    CRASH_AUTH_FAILED(Family.CRASH, Role.CAUSE, Scope.either, "FIX_CREDENTIALS",
        "A service refuses the program's credentials: compare user and password on both sides (a database keeps those it was created with).",
        Look.PREVIOUS_LOG),
    CRASH_PORT_IN_USE(Family.CRASH, Role.CAUSE, Scope.repo, "FIX_PORT", "Two processes in the pod want one port: give one of them another.",
        Look.PREVIOUS_LOG, Look.POD),
    CRASH_DISK_FULL(Family.CRASH, Role.CAUSE, Scope.either, "ENLARGE_VOLUME",
        "The volume is full: enlarge it, or remove what is not needed.",
        Look.PREVIOUS_LOG, Look.PVCS),
    CRASH_DEPENDENCY_UNREACHABLE(Family.CRASH, Role.SYMPTOM, Scope.either, "FOLLOW_DEPENDENCY",
        "The program cannot reach a service that it needs: look at that service first.", Look.PREVIOUS_LOG, Look.SERVICES),
    OOM_KILLED(Family.CRASH, Role.CAUSE, Scope.repo, "RAISE_MEMORY",
        "The container needs more memory than its limit: raise limits.memory, or lower the program's own heap.",
            Look.POD, Look.PREVIOUS_LOG),
    SECRET_MISSING(Family.CONFIG, Role.CAUSE, Scope.either, "CREATE_OR_RENAME_REFERENCE",
        "The Secret does not exist: create it, or correct the name that refers to it.", Look.SECRETS, Look.POD),
    CONFIGMAP_MISSING(Family.CONFIG, Role.CAUSE, Scope.repo, "CREATE_OR_RENAME_REFERENCE",
        "The ConfigMap does not exist: add it to the manifests, or correct the name that refers to it.", Look.CONFIG_MAPS, Look.POD),
    CONFIG_KEY_MISSING(Family.CONFIG, Role.CAUSE, Scope.repo, "ADD_OR_RENAME_KEY",
        "The object exists but has no such key: add the key, or correct the reference.", Look.OBJECT_DESCRIBE, Look.POD),
    CONTAINER_CONFIG_INVALID(Family.CONFIG, Role.CAUSE, Scope.repo, "FIX_CONTAINER_SPEC",
        "The kubelet cannot make the container from its spec: read the message and correct the spec.", Look.POD),
    RUN_AS_NON_ROOT(Family.CONFIG, Role.CAUSE, Scope.repo, "SET_USER",
        "The pod must not run as root but its image does: set runAsUser, or USER (a number) in the image.", Look.POD),
    PROBE_LIVENESS_FAILING(Family.PROBE, Role.CAUSE, Scope.repo, "FIX_PROBE",
        "The liveness probe fails and the kubelet kills the container: correct the probe's port, path or delays (a startupProbe gives time).", Look.POD,
        Look.PREVIOUS_LOG),
    PROBE_STARTUP_FAILING(Family.PROBE, Role.CAUSE, Scope.repo, "FIX_PROBE",
        "The startup probe runs out of attempts and the container is killed: correct the probe or raise failureThreshold.",
            Look.POD, Look.PREVIOUS_LOG),
    PROBE_READINESS_FAILING(Family.PROBE, Role.SYMPTOM, Scope.repo, "FIX_PROBE_OR_APPLICATION",
        "The container runs but its readiness probe fails: correct the probe, or what the program says is wrong.", Look.POD, Look.LOG),
    PROBE_PORT_MISMATCH(Family.PROBE, Role.CAUSE, Scope.repo, "FIX_PROBE",
        "The probe asks a port on which the container does not listen: compare it with containerPort.", Look.POD),
    PROBE_PATH_NOT_FOUND(Family.PROBE, Role.CAUSE, Scope.repo, "FIX_PROBE",
        "The program answers 404 on the probe's path: correct the path.", Look.POD,
        Look.LOG),
    INIT_WAITING(Family.INIT, Role.SYMPTOM, Scope.either, "FOLLOW_DEPENDENCY",
        "An init container waits for something: look at that first.", Look.LOG, Look.POD),
    DEPENDENCY_SERVICE_MISSING(Family.INIT, Role.CAUSE, Scope.repo, "CREATE_SERVICE_OR_FIX_NAME",
        "What the pod waits for does not exist as a Service: create it, or correct the name.", Look.SERVICES, Look.LOG),
    SCHED_INSUFFICIENT_RESOURCES(Family.SCHEDULING, Role.CAUSE, Scope.either, "LOWER_REQUESTS_OR_ADD_NODES",
        "No node has room for what the pod requests: lower the requests, or add bigger nodes.", Look.POD, Look.NODES),
    SCHED_NODE_SELECTOR(Family.SCHEDULING, Role.CAUSE, Scope.repo, "FIX_NODE_SELECTOR",
        "No node has the labels that the pod asks for: correct nodeSelector or nodeAffinity.", Look.POD, Look.NODE_LABELS),
    SCHED_POD_ANTI_AFFINITY(Family.SCHEDULING, Role.CAUSE, Scope.repo, "FIX_AFFINITY",
        "The pod's (anti-)affinity to other pods leaves no node: relax the rule or lower the replicas.", Look.POD, Look.NODES),
    SCHED_HOST_PORT(Family.SCHEDULING, Role.CAUSE, Scope.repo, "FIX_HOST_PORT",
        "The host port is taken on every node: use a Service, or fewer replicas.",
        Look.POD),
    SCHED_TOPOLOGY(Family.SCHEDULING, Role.CAUSE, Scope.repo, "FIX_TOPOLOGY_SPREAD",
        "The topology spread constraint cannot be kept: relax it, or correct its topologyKey.", Look.POD, Look.NODE_LABELS),
    SCHED_TAINT(Family.SCHEDULING, Role.CAUSE, Scope.either, "ADD_TOLERATION",
        "The nodes have a taint that the pod does not tolerate: add the toleration, or remove the taint.", Look.POD, Look.NODES),
    SCHED_NODES_UNAVAILABLE(Family.SCHEDULING, Role.CAUSE, Scope.platform, "BRING_NODES_BACK",
        "No node accepts pods: nodes are cordoned, not ready, or there are none.", Look.NODES),
    SCHED_PREEMPTED(Family.SCHEDULING, Role.CAUSE, Scope.platform, "RAISE_PRIORITY_OR_ADD_NODES",
        "A pod of higher priority took the place: add nodes, or raise the priority.", Look.POD, Look.NODES),
    SCHED_GATED(Family.SCHEDULING, Role.CAUSE, Scope.platform, "REMOVE_GATE",
        "The pod has a scheduling gate that nobody removed: look at the controller that owns the gate.", Look.POD),
    SCHED_VOLUME_AFFINITY(Family.STORAGE, Role.CAUSE, Scope.either, "MOVE_VOLUME_OR_POD",
        "The pod's volume lives on a node or zone where the pod may not run: align node selection and volume.", Look.POD, Look.PVCS),
    SCHED_VOLUME_UNBOUND(Family.STORAGE, Role.SYMPTOM, Scope.either, "FOLLOW_CLAIM",
        "The pod waits for a claim that is not bound: look at the claim.",
        Look.PVCS),
    SCHED_NODE_MISSING(Family.SCHEDULING, Role.CAUSE, Scope.repo, "FIX_NODE_NAME",
        "The pod names a node that does not exist: correct nodeName.", Look.POD,
        Look.NODES),
    AUTOSCALING_IN_PROGRESS(Family.SCHEDULING, Role.PROGRESS, Scope.wait, "WAIT", "The autoscaler is adding a node; wait.", Look.NODES),
    PVC_MISSING(Family.STORAGE, Role.CAUSE, Scope.repo, "CREATE_CLAIM_OR_FIX_NAME",
        "The PersistentVolumeClaim does not exist: add it, or correct claimName.", Look.PVCS, Look.POD),
    PVC_STORAGECLASS_MISSING(Family.STORAGE, Role.CAUSE, Scope.repo, "FIX_STORAGE_CLASS",
        "The claim names a StorageClass that the cluster does not have: use one that exists.", Look.PVC, Look.STORAGE_CLASSES),
    PVC_NO_DEFAULT_CLASS(Family.STORAGE, Role.CAUSE, Scope.either, "SET_STORAGE_CLASS",
        "The claim names no StorageClass and the cluster has no default one: name one in the claim.", Look.PVC, Look.STORAGE_CLASSES),
    PVC_PROVISIONER_MISSING(Family.STORAGE, Role.CAUSE, Scope.platform, "FIX_PROVISIONER",
        "The StorageClass's provisioner does not answer: its driver is not installed or does not run.", Look.PVC, Look.STORAGE_CLASSES),
    PVC_PROVISION_FAILED(Family.STORAGE, Role.CAUSE, Scope.platform, "FIX_PROVISIONER",
        "The volume cannot be made: read the provisioner's message.", Look.PVC),
    PVC_PV_RELEASED(Family.STORAGE, Role.CAUSE, Scope.platform, "FREE_VOLUME",
        "The volume still belongs to a claim that was deleted, or is lost: an administrator must free or replace it.", Look.PVC),
    PVC_ACCESS_MODE(Family.STORAGE, Role.CAUSE, Scope.repo, "FIX_ACCESS_MODE",
        "The volume can be used on one node only and another pod has it: use strategy Recreate, one replica, a claim each, or ReadWriteMany.", Look.POD,
        Look.PVCS),
    PVC_UNBOUND(Family.STORAGE, Role.CAUSE, Scope.either, "FIX_CLAIM",
        "No volume fits the claim: compare its class, size, access modes, selector and volumeName with the volumes.",
            Look.PVC, Look.STORAGE_CLASSES),
    VOLUME_MOUNT_FAILED(Family.STORAGE, Role.CAUSE, Scope.either, "FIX_VOLUME",
        "A volume cannot be mounted: read the message.", Look.POD, Look.PVCS),
    SANDBOX_FAILED(Family.NODE, Role.CAUSE, Scope.platform, "FIX_NODE_NETWORK",
        "The node cannot make the pod's sandbox: its network plugin or runtime is broken, or addresses ran out.", Look.POD, Look.NODES),
    SVC_SELECTOR_MISMATCH(Family.SERVICE, Role.CAUSE, Scope.repo, "FIX_SELECTOR",
        "The Service selects no pod: compare its selector with the labels in the pod template.", Look.SERVICE, Look.POD_LABELS),
    SVC_TARGET_PORT_MISMATCH(Family.SERVICE, Role.CAUSE, Scope.repo, "FIX_TARGET_PORT",
        "The Service's targetPort is no port of its pods: compare it with containerPort.", Look.SERVICE, Look.ENDPOINTS),
    SVC_MISSING(Family.SERVICE, Role.CAUSE, Scope.repo, "CREATE_SERVICE",
        "A workload of that name runs but there is no Service before it: create the Service.", Look.SERVICES),
    STS_HEADLESS_SVC_MISSING(Family.SERVICE, Role.CAUSE, Scope.repo, "CREATE_SERVICE",
        "The StatefulSet's serviceName does not exist: its pods have no DNS names; create the headless Service.", Look.SERVICES),
    SVC_NO_READY_ENDPOINTS(Family.SERVICE, Role.SYMPTOM, Scope.either, "FOLLOW_PODS",
        "No pod behind the Service is ready: look at the pods.",
        Look.SERVICE, Look.ENDPOINTS),
    SVC_LB_PENDING(Family.SERVICE, Role.CAUSE, Scope.platform, "PROVIDE_LOAD_BALANCER",
        "The load balancer has no address yet: the cluster may have no controller for it.", Look.SERVICE),
    ENV_PORT_MISMATCH(Family.SERVICE, Role.CAUSE, Scope.repo, "FIX_PORT",
        "A setting names a port that the Service does not serve: compare it with the Service's ports.", Look.SERVICES, Look.OWNER),
    DNS_NAME_UNKNOWN(Family.SERVICE, Role.CAUSE, Scope.repo, "FIX_HOST",
        "A setting names a host that does not exist: correct it to a Service's name.",
        Look.SERVICES, Look.OWNER),
    POD_DNS_POLICY(Family.NETWORK, Role.CAUSE, Scope.repo, "FIX_DNS_POLICY",
        "The pod's dnsPolicy does not ask the cluster's DNS, so Service names do not resolve: use ClusterFirst.", Look.OWNER),
    DNS_CLUSTER_FAILURE(Family.NETWORK, Role.CAUSE, Scope.platform, "FIX_CLUSTER_DNS",
        "Names of Services that exist do not resolve: the cluster's DNS does not work.", Look.DNS),
    NETPOL_BLOCKING(Family.NETWORK, Role.CAUSE, Scope.repo, "ALLOW_TRAFFIC",
        "A NetworkPolicy does not allow the connection: add a rule for it.", Look.NETPOL),
    INGRESS_CLASS_MISSING(Family.INGRESS, Role.CAUSE, Scope.repo, "FIX_INGRESS_CLASS",
        "The Ingress names a class that the cluster does not have: use one that exists.", Look.INGRESS, Look.INGRESS_CLASSES),
    INGRESS_BACKEND_MISSING(Family.INGRESS, Role.CAUSE, Scope.repo, "FIX_BACKEND",
        "The Ingress names a Service that does not exist: correct it.",
        Look.INGRESS, Look.SERVICES),
    INGRESS_BACKEND_PORT(Family.INGRESS, Role.CAUSE, Scope.repo, "FIX_BACKEND",
        "The Ingress names a port that the Service does not have: correct it.",
        Look.INGRESS, Look.SERVICES),
    INGRESS_TLS_SECRET_MISSING(Family.INGRESS, Role.CAUSE, Scope.either, "CREATE_TLS_SECRET",
        "The Ingress names a TLS Secret that does not exist: create it, or correct the name.", Look.INGRESS, Look.SECRETS),
    QUOTA_EXCEEDED(Family.ADMISSION, Role.CAUSE, Scope.either, "LOWER_REQUESTS_OR_RAISE_QUOTA",
        "The namespace's quota is used up: lower requests and replicas, or raise the quota.", Look.QUOTA),
    QUOTA_REQUIRES_LIMITS(Family.ADMISSION, Role.CAUSE, Scope.repo, "SET_RESOURCES",
        "The namespace's quota demands requests and limits on every container: set them.", Look.QUOTA, Look.OWNER),
    LIMITRANGE_VIOLATION(Family.ADMISSION, Role.CAUSE, Scope.repo, "FIX_RESOURCES",
        "Requests or limits are outside the namespace's LimitRange: bring them inside.", Look.LIMIT_RANGE, Look.OWNER),
    POD_SECURITY_DENIED(Family.ADMISSION, Role.CAUSE, Scope.repo, "FIX_SECURITY_CONTEXT",
        "The namespace's Pod Security level forbids the pod: set the securityContext fields that the message lists.",
            Look.NAMESPACE, Look.OWNER),
    ADMISSION_WEBHOOK_DENIED(Family.ADMISSION, Role.CAUSE, Scope.repo, "SATISFY_POLICY",
        "A policy of the cluster refuses the object: change it as the policy's message says.", Look.OWNER),
    ADMISSION_WEBHOOK_UNAVAILABLE(Family.ADMISSION, Role.CAUSE, Scope.platform, "RESTORE_WEBHOOK",
        "An admission webhook does not answer, so nothing can be created: bring its pods back.", Look.WEBHOOKS),
    ADMISSION_DENIED(Family.ADMISSION, Role.CAUSE, Scope.repo, "FIX_POD_TEMPLATE",
        "The API server refuses the pods of this workload: read the message and correct the template.", Look.OWNER),
    SERVICE_ACCOUNT_MISSING(Family.RBAC, Role.CAUSE, Scope.repo, "CREATE_SERVICE_ACCOUNT",
        "The ServiceAccount does not exist, so no pod can be created: add it to the manifests, or correct the name.",
            Look.SERVICE_ACCOUNTS, Look.OWNER),
    RBAC_RUNTIME_FORBIDDEN(Family.RBAC, Role.CAUSE, Scope.repo, "GRANT_ROLE",
        "The program may not do what it asks of the API server: grant its ServiceAccount that verb in a Role.",
            Look.ROLES, Look.PREVIOUS_LOG),
    RBAC_ROLE_MISSING(Family.RBAC, Role.CAUSE, Scope.repo, "CREATE_ROLE",
        "The Role, or the RoleBinding that gives it to the ServiceAccount, does not exist: add both to the manifests.",
            Look.ROLES, Look.SERVICE_ACCOUNTS),
    APPLY_FORBIDDEN_RBAC(Family.APPLY, Role.CAUSE, Scope.platform, "GRANT_APPLIER",
        "Whoever applies the manifests may not write this object: grant the right.", Look.ROLES),
    API_KIND_UNKNOWN(Family.APPLY, Role.CAUSE, Scope.either, "INSTALL_CRD_OR_FIX_KIND",
        "The cluster does not know this kind: correct it, or install its CustomResourceDefinition.", Look.API),
    API_VERSION_REMOVED(Family.APPLY, Role.CAUSE, Scope.repo, "UPDATE_API_VERSION",
        "The cluster no longer serves this apiVersion: use the one that replaced it.", Look.API),
    APPLY_INVALID(Family.APPLY, Role.CAUSE, Scope.repo, "FIX_MANIFEST",
        "The API server refuses the manifest as invalid: correct the fields that the message names.", Look.NONE),
    APPLY_IMMUTABLE_FIELD(Family.APPLY, Role.CAUSE, Scope.repo, "RENAME_OR_RECREATE",
        "The field cannot be changed in place: undo the change, use a new name, or recreate the object.", Look.OBJECT),
    APPLY_CONFLICT(Family.APPLY, Role.CAUSE, Scope.either, "SETTLE_FIELD_OWNER",
        "Another manager owns a field that the manifest sets: settle who owns it.", Look.OBJECT),
    APPLY_FAILED(Family.APPLY, Role.CAUSE, Scope.unknown, "FIX_MANIFEST", "The object could not be applied: read the message.", Look.NONE),
    NAMESPACE_MISSING(Family.APPLY, Role.CAUSE, Scope.either, "CREATE_NAMESPACE",
        "The namespace does not exist: create it, or correct the name.",
        Look.NAMESPACE),
    JOB_FAILED(Family.JOB, Role.WRAPPER, Scope.repo, "FIX_JOB",
        "The Job failed for good; its template cannot be changed, so the repaired Job needs a new name or must be deleted first.",
            Look.OWNER,
        Look.JOB_LOG),
    JOB_SUSPENDED(Family.JOB, Role.CAUSE, Scope.either, "RESUME_JOB", "The Job is suspended: set suspend to false when it should run.",
        Look.OWNER),
    JOB_SIDECAR_BLOCKS(Family.JOB, Role.CAUSE, Scope.repo, "MAKE_SIDECAR_NATIVE",
        "The Job's main container ended but a sidecar keeps its pod alive: make it an init container with restartPolicy Always.", Look.POD),
    ROLLOUT_STUCK(Family.ROLLOUT, Role.WRAPPER, Scope.repo, "FOLLOW_NEW_PODS",
        "The rollout makes no progress: look at the newest pods.", Look.OWNER),
    ROLLOUT_PAUSED(Family.ROLLOUT, Role.CAUSE, Scope.either, "RESUME_ROLLOUT", "The rollout is paused: resume it.", Look.OWNER),
    REPLICAS_ZERO(Family.ROLLOUT, Role.CAUSE, Scope.repo, "SCALE_UP",
        "The workload is scaled to zero although others need it: set replicas.", Look.OWNER),
    STS_ORDINAL_BLOCKED(Family.ROLLOUT, Role.WRAPPER, Scope.either, "FOLLOW_FIRST_POD",
        "An earlier pod of the StatefulSet is not ready and blocks the later ones: look at that pod.", Look.POD),
    STS_STUCK_REVISION(Family.ROLLOUT, Role.CAUSE, Scope.either, "DELETE_POD",
        "The broken pod is of the old revision and an ordered StatefulSet does not replace it by itself: delete that pod once.",
            Look.OWNER, Look.POD),
    NODE_NOT_READY(Family.NODE, Role.CAUSE, Scope.platform, "RESTORE_NODE",
        "The node is not ready: its kubelet, network or machine is down.", Look.NODE,
        Look.NODES),
    NODE_PRESSURE(Family.NODE, Role.CAUSE, Scope.platform, "FREE_NODE",
        "The node is short of memory, disk or process ids: free some, or add nodes.",
        Look.NODE, Look.NODES),
    EVICTED_EPHEMERAL_STORAGE(Family.NODE, Role.CAUSE, Scope.repo, "LIMIT_EPHEMERAL_STORAGE",
        "The pod was evicted for using too much ephemeral storage: write less, or raise its request and limit.", Look.POD),
    OBJECT_STUCK_TERMINATING(Family.OTHER, Role.CAUSE, Scope.either, "FREE_FINALIZER",
        "The object is being deleted but a finalizer holds it: look at the controller that owns the finalizer.", Look.OBJECT),
    HPA_NO_METRICS(Family.ADVICE, Role.CAUSE, Scope.repo, "SET_REQUESTS_OR_METRICS",
        "The autoscaler gets no metrics: set resource requests, or install the metrics API. It blocks nothing.", Look.OBJECT_DESCRIBE),
    PDB_BLOCKING(Family.ADVICE, Role.CAUSE, Scope.repo, "RELAX_BUDGET",
        "The disruption budget allows no pod to be moved. It blocks nothing until a node is drained.", Look.OBJECT_DESCRIBE),
    CR_NOT_READY(Family.CUSTOM, Role.CAUSE, Scope.either, "READ_CONDITION",
        "The custom resource's own conditions say that it is not ready: read them, then its operator's log.", Look.OBJECT),
    CERT_NOT_READY(Family.CUSTOM, Role.CAUSE, Scope.either, "READ_CONDITION",
        "The certificate is not issued: read its conditions, its issuer and the challenge.", Look.OBJECT),
    STILL_PROGRESSING(Family.OTHER, Role.PROGRESS, Scope.wait, "WAIT", "It is starting and nothing says that anything is wrong; wait.",
        Look.OWNER),
    DIAGNOSIS_UNAVAILABLE(Family.OTHER, Role.CAUSE, Scope.platform, "RESTORE_ACCESS",
        "The cluster could not be asked, so the causes are not known; this does not mean that all is well.", Look.NONE);

    /** What a code is about; groups the docs page. */
    public enum Family { IMAGE, CRASH, CONFIG, PROBE, INIT, SCHEDULING, STORAGE, SERVICE,
        NETWORK, INGRESS, ADMISSION, RBAC, APPLY, JOB, ROLLOUT, NODE, CUSTOM,
        ADVICE, OTHER }

    /** A cause stays a root; a symptom is explained by what it needs; a wrapper by what is inside it; progress heals by itself. */
    enum Role { CAUSE, SYMPTOM, WRAPPER, PROGRESS }

    /** Where the repair lies. */
    enum Scope { repo, platform, either, wait, unknown }

    /** Read-only commands; a placeholder is filled with a checked name only, else the command is left out. */
    enum Look {
        NONE(""), OBJECT("kubectl -n {ns} get {object} -o yaml"), OBJECT_DESCRIBE("kubectl -n {ns} describe {object}"),
            OWNER("kubectl -n {ns} describe {owner}"),
        POD("kubectl -n {ns} describe pod {pod}"), LOG("kubectl -n {ns} logs {pod} -c {container} --tail=100"),
        PREVIOUS_LOG("kubectl -n {ns} logs {pod} -c {container} --previous --tail=100"), JOB_LOG("kubectl -n {ns} logs {owner} --tail=100"),
        POD_LABELS("kubectl -n {ns} get pods --show-labels"), SECRETS("kubectl -n {ns} get secrets"),
            CONFIG_MAPS("kubectl -n {ns} get configmaps"),
        SERVICES("kubectl -n {ns} get services -o wide"), SERVICE("kubectl -n {ns} describe svc {name}"),
            ENDPOINTS("kubectl -n {ns} get endpointslices"),
        PVCS("kubectl -n {ns} get pvc"), PVC("kubectl -n {ns} describe pvc {name}"), STORAGE_CLASSES("kubectl get storageclasses"),
        NODES("kubectl get nodes -o wide"), NODE_LABELS("kubectl get nodes --show-labels"), NODE("kubectl describe node {name}"),
        QUOTA("kubectl -n {ns} describe resourcequota"), LIMIT_RANGE("kubectl -n {ns} describe limitrange"),
            NAMESPACE("kubectl get namespace {ns} --show-labels"),
        WEBHOOKS("kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"),
            SERVICE_ACCOUNTS("kubectl -n {ns} get serviceaccounts"),
        ROLES("kubectl -n {ns} get roles,rolebindings"), API("kubectl api-resources"), INGRESS("kubectl -n {ns} describe ingress {name}"),
        INGRESS_CLASSES("kubectl get ingressclasses"), NETPOL("kubectl -n {ns} describe networkpolicy"),
            DNS("kubectl -n kube-system get pods -l k8s-app=kube-dns");

        final String template;

        Look(String template) {
            this.template = template;
        }
    }

    public final Family family;
    final Role role;
    final Scope scope;
    final String action;
    final String text;
    final List<Look> next;

    Code(Family family, Role role, Scope scope, String action, String text, Look... next) {
        this.family = family;
        this.role = role;
        this.scope = scope;
        this.action = action;
        this.text = text;
        this.next = List.of(next);
    }

    /** Never gates readiness, so never a cause of a wait that failed; told as a warning. */
    boolean advice() {
        return family == Family.ADVICE || this == SVC_LB_PENDING;
    }
}

// src/ensure_ready/diagnosis/ContainerFindings.java

/** What one container's status says: it waits, it ended, or it runs and is not ready. Pure. */
public static final class ContainerFindings {
    private static final Pattern ENDLESS = Pattern.compile("\\bsleep\\s+(inf(inity)?|\\d{5,}|\\d+[dh])\\b|\\btail\\s+-f\\s+/dev/null");
    private static final Pattern STATUS = Pattern.compile("(?i)status ?code:? ?404");
    private static final Pattern PROBE_PORT = Pattern.compile(":(\\d{1,5})(?:[/\":]|$)");
    private final Facts facts;
    private final Obj pod;
    private final String[] owner;
    private final JsonNode status;
    private final boolean init;
    private final String name;
    private final PodFindings of;

    ContainerFindings(Facts facts, Obj pod, String[] owner, JsonNode status, boolean init) {
        this.facts = facts;
        this.pod = pod;
        this.owner = owner;
        this.status = status;
        this.init = init;
        this.name = status.path("name").asText();
        this.of = new PodFindings(facts);
    }

    void find() {
        var waiting = status.at("/state/waiting");
        var reason = waiting.path("reason").asText();
        if (reason.equals("CrashLoopBackOff")) {
            crash(status.at("/lastState/terminated"), "lastState.terminated");
        } else if (waiting.isObject()) {
            waits(reason, waiting.path("message").asText());
        } else if (status.at("/state/terminated").isObject()) {
            ended(status.at("/state/terminated"));
        } else if (status.at("/state/running").isObject()) {
            runs();
        }
    }

    private void waits(String reason, String message) {
        switch (reason) {
            case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable",
                "ErrImagePullBackOff", "SignatureValidationFailed" -> image(reason, message);
            case "CreateContainerConfigError" -> of.reference(pod, owner, name, Messages.code(Messages.Topic.VOLUME, message)
                .orElse(Code.CONTAINER_CONFIG_INVALID), message, null, waitingEvidence(reason, message));
            case "CreateContainerError", "RunContainerError", "ContainerCannotRun", "StartError" -> start(reason, message);
            case "PostStartHookError", "PreStartHookError", "PreCreateHookError" ->
                add(Code.LIFECYCLE_HOOK_FAILED, null, waitingEvidence(reason, message));
            default -> { }
        }
    }

    private Evidence waitingEvidence(String reason, String message) {
        return evidence("state.waiting", reason, message);
    }

    private Evidence evidence(String path, String reason, String message) {
        return new Evidence("status", pod.ref() + (init ? "/initContainerStatuses[" : "/containerStatuses[") + name + "]." + path,
            reason, message,
            Math.max(1, status.path("restartCount").asLong(1)), "", "");
    }

    private void add(Code code, Instant since, Evidence... evidence) {
        add(code, since, Map.of(), evidence);
    }

    private void add(Code code, Instant since, Map<String, String> more, Evidence... evidence) {
        var params = new HashMap<>(PodFindings.params(pod));
        params.putAll(more);
        facts.add(code, owner[0], owner[1], owner, name, since, List.of(evidence), params);
    }

    /** Before 1.32 the waiting state says only "Back-off pulling image": what the pull itself said stands in the events. */
    private void image(String reason, String message) {
        var image = spec().path("image").asText(status.path("image").asText());
        var event = facts.events(pod, "Failed", "FailedToRetrieveImagePullSecret", "InspectFailed")
            .stream().filter(e -> e.aboutContainer(name))
            .filter(e -> Messages.code(Messages.Topic.IMAGE, e.message()).isPresent()
            && e.message().toLowerCase(Locale.ROOT).contains("pull"))
                .reduce((a, b) -> b);
        var code = Messages.code(Messages.Topic.IMAGE, reason + " " + message)
            .or(() -> event.flatMap(e -> Messages.code(Messages.Topic.IMAGE, e.message()))).orElse(Code.IMAGE_PULL_FAILED);
        var proof = new ArrayList<>(List.of(waitingEvidence(reason, message)));
        event.ifPresent(e -> proof.add(e.evidence(pod)));
        var params = new HashMap<>(PodFindings.params(pod));
        params.put("image", image);
        var secret = of.missingPullSecret(pod);
        var since = event.map(e -> Findings.instant(e.first())).orElse(null);
        if (secret.isPresent() && (code == Code.IMAGE_AUTH || code == Code.IMAGE_NOT_FOUND_OR_AUTH || code == Code.IMAGE_PULL_FAILED)) {
            facts.add(Code.IMAGE_PULL_SECRET_MISSING, "Secret", secret.get(), owner, name, since, proof, params);
        } else {
            facts.add(code, owner[0], owner[1], owner, name, since, proof, params);
        }
    }

    private void start(String reason, String message) {
        var text = message.isEmpty() ? status.at("/lastState/terminated/message").asText() : message;
        if (text.contains("context deadline exceeded") || text.contains("is reserved for")) {
            add(Code.STILL_PROGRESSING, null, waitingEvidence(reason, text));
            return;
        }
        var volume = Messages.code(Messages.Topic.VOLUME, text).filter(c -> c == Code.RUN_AS_NON_ROOT || c == Code.CONFIG_KEY_MISSING);
        add(volume.or(() -> Messages.code(Messages.Topic.START, text)).orElse(Code.CONTAINER_START_FAILED),
            null, waitingEvidence(reason, text));
    }

    private void ended(JsonNode terminated) {
        var again = !pod.text("/spec/restartPolicy").equals("Never");
        var job = owner[0].equals("Job") || !again || pod.text("/spec/restartPolicy").equals("OnFailure");
        if (terminated.path("exitCode").asInt() == 0 && (init || job)) {
            return;
        }
        crash(terminated, "state.terminated");
    }

    private void crash(JsonNode end, String path) {
        var reason = end.path("reason").asText();
        var exit = end.path("exitCode").asInt(-1);
        var message = end.path("message").asText();
        var proof = new Evidence("status", pod.ref() + (init ? "/initContainerStatuses[" : "/containerStatuses[") + name + "]." + path,
            reason.isEmpty()
            ? "exit " + exit : reason,
            "exit code " + exit + (message.isEmpty() ? "" : ": " + message),
                Math.max(1, status.path("restartCount").asLong(1)), end.path("startedAt")
                .asText(), end.path("finishedAt").asText());
        var since = Findings.instant(end.path("finishedAt").asText());
        var more = Map.of("exitCode", String.valueOf(exit), "restarts", status.path("restartCount").asText("0"));
        var killed = killedBy();
        if (reason.equals("OOMKilled")) {
            add(Code.OOM_KILLED, since, more, proof);
        } else if (Set.of(-1, 0, 137, 143).contains(exit) && !hookFailed().isEmpty()) {
            add(Code.LIFECYCLE_HOOK_FAILED, since, more, proof, hookFailed().get(hookFailed().size() - 1).evidence(pod));
        } else if (killed != null && (Set.of(-1, 0, 2, 137, 143).contains(exit) || LogReading.of(facts.log(pod, name)).map(LogReading::code)
            .orElse(Code.CRASH_APP_ERROR) == Code.CRASH_APP_ERROR)) {
            probeKilled(killed, since, more, proof);
        } else if (reason.equals("StartError") || reason.equals("ContainerCannotRun") || exit == 128 && !message.isEmpty()) {
            add(Messages.code(Messages.Topic.START, message).orElse(Code.CONTAINER_START_FAILED), since, more, proof);
        } else if (exit == 0) {
            add(Code.CONTAINER_EXITS_ZERO, since, more, proof);
        } else if (exit > 0) {
            exited(exit, message, since, more, proof);
        } else {
            unknownEnd(since, more, proof);
        }
    }

    /** A program that ended by itself fails its hook too; only what was killed from outside was killed for it. */
    private List<Event> hookFailed() {
        return facts.events(pod, "FailedPostStartHook").stream().filter(e -> e.aboutContainer(name)).toList();
    }

    /** A back-off whose last run is not told (the kubelet was restarted): the log alone can say. */
    private void unknownEnd(Instant since, Map<String, String> more, Evidence proof) {
        add(LogReading.of(facts.log(pod, name)).map(LogReading::code).orElse(Code.CRASH_APP_ERROR), since, more, proof);
    }

    private void exited(int exit, String message, Instant since, Map<String, String> more, Evidence proof) {
        var reading = LogReading.of(facts.log(pod, name))
            .or(() -> LogReading.of(new Log(pod.name(), name, false, message.lines().toList())));
        var params = new HashMap<>(more);
        var code = reading.map(LogReading::code).orElse(Code.CRASH_APP_ERROR);
        if (code == Code.CRASH_APP_ERROR && (exit == 137 || exit == 143) && spec().path("livenessProbe").isObject() && !init) {
            code = Code.PROBE_LIVENESS_FAILING; // killed from outside, not for memory; events that would prove it may be forbidden or gone
            params.put("inferred", "true");
        } else if (code == Code.CRASH_APP_ERROR && (exit == 126 || exit == 127)) {
            code = exit == 127 ? Code.CONTAINER_COMMAND_NOT_FOUND : Code.CONTAINER_COMMAND_PERMISSION; // as every shell says it
        } else if (code == Code.CRASH_APP_ERROR && reading.isEmpty()) {
            params.put("weak", "true"); // nothing but an exit code: what it needs may explain it better
        }
        reading.ifPresent(r -> params.putAll(r.params()));
        var proofs = new ArrayList<>(List.of(proof));
        reading.ifPresent(r -> proofs.add(r.evidence(pod)));
        add(code, since, params, proofs.toArray(Evidence[]::new));
    }

    /** The probe for which the kubelet kills this container, as its event tells; null when none does. */
    private String killedBy() {
        var kills = facts.events(pod, "Killing").stream()
            .filter(e -> e.aboutContainer(name) || e.message().contains("ontainer " + name + " "))
            .filter(e -> e.message().contains("probe")).reduce((a, b) -> b);
        var text = kills.map(e -> e.message().toLowerCase(Locale.ROOT)).orElse("");
        return text.contains("startup probe") ? "startup" : text.contains("liveness probe")
            ? "liveness" : kills.isEmpty() ? unhealthyKill() : null;
    }

    private String unhealthyKill() {
        var count = new String[] {"Liveness", "Startup"};
        for (var kind : count) {
            var limit = spec().path(kind.toLowerCase(Locale.ROOT) + "Probe").path("failureThreshold").asLong(3);
            if (status.path("restartCount").asLong() > 0 && facts.events(pod, "Unhealthy").stream().filter(e -> e.aboutContainer(name))
                .anyMatch(e -> e.message().startsWith(kind + " probe") && e.count() >= limit)) {
                return kind.toLowerCase(Locale.ROOT);
            }
        }
        return null;
    }

    private void probeKilled(String kind, Instant since, Map<String, String> more, Evidence proof) {
        var failed = unhealthy(kind.equals("startup") ? "Startup" : "Liveness");
        var readiness = unhealthy("Readiness");
        var code = kind.equals("startup") ? Code.PROBE_STARTUP_FAILING : Code.PROBE_LIVENESS_FAILING;
        var specific = failed.map(e -> probeCode(e.message(), spec().path(kind + "Probe"))).orElse(null);
        if (specific != null && readiness.isPresent() && specific == probeCode(readiness.get().message(), spec().path("readinessProbe"))) {
            code = specific; // both probes ask the same wrong thing
        }
        var reading = LogReading.of(facts.log(pod, name)).filter(r -> r.code() == Code.CRASH_DEPENDENCY_UNREACHABLE && specific == null);
        var params = new HashMap<>(more);
        if (reading.isPresent()) {
            code = Code.CRASH_DEPENDENCY_UNREACHABLE; // it does not answer its probe because it waits for something
            params.putAll(reading.get().params());
        }
        params.put("probe", kind);
        if (specific != null) {
            params.put("why", specific.name());
        }
        var proofs = new ArrayList<>(List.of(proof));
        failed.ifPresent(e -> proofs.add(e.evidence(pod)));
        reading.ifPresent(r -> proofs.add(r.evidence(pod)));
        add(code, since, params, proofs.toArray(Evidence[]::new));
    }

    private Optional<Event> unhealthy(String kind) {
        return facts.events(pod, "Unhealthy", "ProbeError").stream()
            .filter(e -> e.aboutContainer(name) && e.message().startsWith(kind + " probe"))
            .reduce((a, b) -> b);
    }

    /** A probe's own mistake, if its answer proves one: wrong path, or a port on which the container does not say it listens. */
    private Code probeCode(String message, JsonNode probe) {
        if (STATUS.matcher(message).find()) {
            return Code.PROBE_PATH_NOT_FOUND;
        }
        var lower = message.toLowerCase(Locale.ROOT);
        var named = probe.at("/httpGet/port").asText(probe.at("/tcpSocket/port").asText(probe.at("/grpc/port").asText()));
        var number = named.matches("\\d+") ? named : Messages.part(message, PROBE_PORT);
        var refused = lower.contains("connection refused") || lower.contains("actively refused");
        return refused && !number.isEmpty() && !ports().isEmpty() && !ports().contains(number)
            && !ports().contains(named) ? Code.PROBE_PORT_MISMATCH : null;
    }

    private List<String> ports() {
        var ports = new ArrayList<String>();
        for (var list : List.of("/spec/containers", "/spec/initContainers")) {
            pod.list(list).forEach(c -> c.path("ports").forEach(p -> {
                ports.add(p.path("containerPort").asText());
                ports.add(p.path("name").asText("-"));
            }));
        }
        if (ports.isEmpty()) {
            facts.snapshot.all("Service").stream().filter(s -> !s.map("/spec/selector").isEmpty() && pod.labels().entrySet()
                .containsAll(s.map("/spec/selector").entrySet()))
                .forEach(s -> s.list("/spec/ports").forEach(p -> ports.add(WiringFindings.target(p))));
        }
        return ports;
    }

    private JsonNode spec() {
        for (var list : List.of("/spec/containers", "/spec/initContainers")) {
            for (var c : pod.list(list)) {
                if (c.path("name").asText().equals(name)) {
                    return c;
                }
            }
        }
        return MissingNode.getInstance();
    }

    private void runs() {
        var running = facts.age(Optional.ofNullable(Findings.instant(status.at("/state/running/startedAt").asText())));
        var end = status.at("/lastState/terminated");
        var restarts = status.path("restartCount").asLong();
        if (init) {
            initRuns(running);
        } else if (restarts >= 1 && end.isObject() && (!status.path("ready").asBoolean() || restarts >= 2 && running < 60)) {
            crash(end, "lastState.terminated"); // between two crashes it runs for a moment
        } else if (!status.path("ready").asBoolean()) {
            unready(running);
        }
    }

    private void initRuns(long running) {
        var targets = Wait.targets(spec());
        var reading = LogReading.of(facts.log(pod, name)).filter(r -> r.code() == Code.CRASH_DEPENDENCY_UNREACHABLE);
        var params = new HashMap<String, String>();
        var since = Findings.instant(status.at("/state/running/startedAt").asText());
        var proofs = new ArrayList<>(List.of(new Evidence("status", pod.ref() + "/initContainerStatuses[" + name + "].state.running", "",
            "the init container runs for " + running + " s", 1, "", "")));
        reading.ifPresent(r -> {
            params.putAll(r.params());
            proofs.add(r.evidence(pod));
        });
        var rbac = LogReading.of(facts.log(pod, name)).filter(r -> r.code() == Code.RBAC_RUNTIME_FORBIDDEN);
        if (rbac.isPresent()) {
            proofs.add(rbac.get().evidence(pod));
            add(Code.RBAC_RUNTIME_FORBIDDEN, since, rbac.get().params(), proofs.toArray(Evidence[]::new));
            return;
        }
        if (!targets.isEmpty()) {
            params.put("waitsFor", String.join(",", targets.stream().map(Wait.Target::toString).toList()));
            params.put("via", "init:" + name);
        }
        var waits = !targets.isEmpty() || reading.isPresent() || running > 600 || ENDLESS.matcher(Wiring.words(spec())).find();
        add(waits ? Code.INIT_WAITING : Code.STILL_PROGRESSING, since, params, proofs.toArray(Evidence[]::new));
    }

    /** It runs and was never killed: its readiness probe fails, it still starts, or its program says what it lacks. */
    private void unready(long running) {
        var probe = spec().path("readinessProbe");
        var failed = unhealthy("Readiness").or(() -> unhealthy("Startup"));
        var since = Findings.instant(status.at("/state/running/startedAt").asText());
        var specific = failed.map(e -> probeCode(e.message(), e.message().startsWith("Startup") ? spec().path("startupProbe") : probe))
            .orElse(null);
        // which a slow start looks like for longer than a wrong path does
        var vague = specific == null || specific == Code.PROBE_READINESS_FAILING;
        var starting = running < Math.max(grace(probe), vague ? PodFindings.STARTING.toSeconds() : 0)
            || spec().path("startupProbe").isObject() && !status.path("started").asBoolean(true)
            && running < budget(spec().path("startupProbe"));
        var proof = evidence("ready", "", "runs for " + running + " s and is not ready");
        var reading = LogReading.of(facts.log(pod, name)).filter(r -> r.code() != Code.CRASH_APP_ERROR && r.code() != Code.CRASH_PORT_IN_USE
            || r.code() == Code.CRASH_DEPENDENCY_UNREACHABLE);
        var proofs = new ArrayList<>(List.of(proof));
        failed.ifPresent(e -> proofs.add(e.evidence(pod)));
        var params = new HashMap<String, String>();
        if (specific != null && !starting) {
            reading = Optional.empty();
        }
        reading.ifPresent(r -> {
            params.putAll(r.params());
            proofs.add(r.evidence(pod));
        });
        var told = reading.map(LogReading::code).filter(c -> c != Code.CRASH_DEPENDENCY_UNREACHABLE).orElse(Code.PROBE_READINESS_FAILING);
        var code = starting && reading.isEmpty() ? Code.STILL_PROGRESSING : specific != null ? specific : told;
        if (code == Code.PROBE_READINESS_FAILING && !probe.isObject() && failed.isEmpty() && reading.isEmpty()) {
            code = Code.STILL_PROGRESSING; // no probe that could fail
        }
        add(code, since, params, proofs.toArray(Evidence[]::new));
    }

    /** How long a program may take before its failing readiness probe means anything: its own budget, at least a minute. */
    private static long grace(JsonNode probe) {
        return Math.max(60, budget(probe));
    }

    private static long budget(JsonNode probe) {
        return probe.path("initialDelaySeconds").asLong(0) + probe.path("periodSeconds")
            .asLong(10) * probe.path("failureThreshold").asLong(3);
    }
}

// src/ensure_ready/diagnosis/CustomFindings.java

/** What a custom resource says of itself, by the words that most controllers use for their conditions. Pure. */
public static final class CustomFindings {
    private CustomFindings() { }

    static boolean custom(Obj o) {
        return !o.builtIn();
    }

    static void of(Facts facts, Obj o) {
        var bad = CustomStatus.conditions(o).stream().filter(CustomStatus::bad).findFirst();
        var phase = CustomStatus.bad(o.text("/status/phase"));
        if (bad.isEmpty() && !phase) {
            return;
        }
        var code = Obj.group(o.apiVersion()).equals("cert-manager.io") ? Code.CERT_NOT_READY : Code.CR_NOT_READY;
        var young = !phase && facts.age(o.time("/metadata/creationTimestamp")) < 60;
        facts.add(young ? Code.STILL_PROGRESSING : code, o.kind(), o.name(), new String[] {o.kind(), o.name()}, "", bad.map(Findings::time)
            .orElse(null),
            List.of(bad.map(c -> Findings.evidence(o, c)).orElseGet(() -> Findings.spec(o, "status.phase", o.text("/status/phase")))),
                Map.of());
    }

    /** The resource that is to make this Secret: a certificate, an external or a sealed secret. */
    static Optional<Obj> maker(Snapshot snapshot, String secret) {
        return snapshot.objects().values().stream().flatMap(List::stream).filter(CustomFindings::custom)
            .filter(o -> o.text("/spec/secretName").equals(secret) || o.text("/spec/target/name").equals(secret)
            || o.text("/spec/template/metadata/name").equals(secret) || o.name().equals(secret) && o.kind().endsWith("Secret"))
                .min(Comparator.comparing(Obj::kind).thenComparing(Obj::name));
    }
}

// src/ensure_ready/diagnosis/Diagnosis.java

/**
 * From findings to root causes. What an object says of itself is a cause, a symptom or progress; a symptom is explained by the causes that
 * its edges lead to; what nothing explains stays visible. Pure, and the same bytes for the same snapshot whatever the order of its lists.
 */
public static final class Diagnosis {
    private static final double FOLLOWED = 0.6;
    private static final Set<Code> STANDALONE =
        Set.of(Code.PROBE_READINESS_FAILING, Code.PROBE_LIVENESS_FAILING, Code.PROBE_STARTUP_FAILING,
        Code.CRASH_APP_ERROR, Code.CRASH_DEPENDENCY_UNREACHABLE,
        Code.INIT_WAITING, Code.JOB_FAILED, Code.SVC_NO_READY_ENDPOINTS, Code.SECRET_MISSING,
            Code.CERT_NOT_READY, Code.IMAGE_REGISTRY_UNREACHABLE,
            Code.STS_HEADLESS_SVC_MISSING, Code.CONTAINER_COMMAND_NOT_FOUND, Code.CONTAINER_COMMAND_PERMISSION, Code.VOLUME_MOUNT_FAILED,
            Code.CR_NOT_READY);
    /** Faults that can be proven from the objects alone and hurt also where nothing waits for them. */
    private static final Set<Code> STATIC =
        Set.of(Code.SVC_SELECTOR_MISMATCH, Code.SVC_TARGET_PORT_MISMATCH, Code.SVC_MISSING, Code.ENV_PORT_MISMATCH,
        Code.INGRESS_CLASS_MISSING, Code.INGRESS_BACKEND_MISSING,
        Code.INGRESS_BACKEND_PORT, Code.INGRESS_TLS_SECRET_MISSING, Code.REPLICAS_ZERO,
            Code.NETPOL_BLOCKING, Code.POD_DNS_POLICY, Code.RBAC_ROLE_MISSING);
    private final Snapshot snapshot;
    private final List<Workload> workloads;
    private final String agent;
    private final Wiring wiring;
    private final Map<String, List<Finding>> findings = new TreeMap<>();
    private final Map<String, List<Wiring.Edge>> edges = new TreeMap<>();
    private final Set<String> unready = new TreeSet<>();
    private final Facts facts;

    private Diagnosis(Snapshot snapshot, List<Workload> workloads, String agent) {
        this.snapshot = snapshot;
        this.workloads = workloads;
        this.agent = "Deployment/" + agent;
        this.wiring = new Wiring(snapshot);
        this.facts = new Facts(snapshot);
    }

    /** The causes of what is not ready; {@code agentDeployment} is judged too, though it does not gate. */
    public static DiagnosisReport explain(Snapshot snapshot, List<Workload> workloads, String agentDeployment) {
        return new Diagnosis(snapshot, workloads, agentDeployment).explain();
    }

    /** What is said when explaining itself failed: that the causes are not known, never that there are none. */
    public static DiagnosisReport unavailable(Snapshot snapshot, List<Workload> workloads, Throwable why) {
        var limited = Stream.concat(snapshot.limited().stream(),
            Stream.of("diagnosis: " + Texts.line(why.toString()) + "; please report it")).toList();
        return explain(new Snapshot(snapshot.namespace(), snapshot.at(), Map.of(), List.of(), Map.of(), limited), workloads, "");
    }

    public DiagnosisReport explain() {
        Findings.collect(facts);
        unready();
        new WiringFindings(facts, wiring, unready).find();
        new AccessFindings(facts, agent).find();
        wiring.edges().forEach(this::edge);
        new Reach(facts, wiring, unready, this::edge).find();
        facts.found.stream().distinct().sorted(Findings.ORDER).filter(this::matters)
            .forEach(f -> findings.computeIfAbsent(node(f), k -> new ArrayList<>())
            .add(f));
        var roots = new Roots(this).find();
        return new Reporting(snapshot, facts, unready, workloads, agent).report(roots, advice());
    }

    private void edge(Wiring.Edge edge) {
        if (edge.confidence() >= FOLLOWED) {
            edges.computeIfAbsent(edge.from(), k -> new ArrayList<>()).add(edge);
        }
    }

    static String node(Finding f) {
        return f.ownerKind() + "/" + f.ownerName();
    }

    private void unready() {
        workloads.stream().filter(w -> w.state() == State.progressing || w.state() == State.failed)
            .forEach(w -> unready.add(w.kind() + "/" + w.name()));
        snapshot.applied().stream().filter(a -> a.result() == Result.failed).forEach(a -> unready.add(Wiring.key(a.object())));
        if (workloads.isEmpty()) {
            facts.found.stream().filter(f -> f.code().role == Code.Role.CAUSE || f.code().role == Code.Role.SYMPTOM)
                .forEach(f -> unready.add(node(f)));
        }
        var own = wiring.templates().get(agent);
        if (own != null && (facts.found.stream().anyMatch(f -> node(f).equals(agent) && f.code().role != Code.Role.PROGRESS)
            || own.number("/status/readyReplicas", 0) < own.number("/spec/replicas", 1))) {
            unready.add(agent);
        }
    }

    /** A workload that is ready needs no explanation, whatever happened to a pod of it before; faults of wiring are told all the same. */
    private boolean matters(Finding f) {
        var known = workloads.stream().anyMatch(w -> w.kind().equals(f.ownerKind()) && w.name().equals(f.ownerName()));
        return !f.code().advice() && (unready.contains(node(f)) || !known || STATIC.contains(f.code()));
    }

    private List<Finding> advice() {
        return facts.found.stream()
            .filter(f -> f.code().advice() || f.code() == Code.STS_HEADLESS_SVC_MISSING && !unready.contains(node(f)))
            .sorted(Findings.ORDER).distinct().toList();
    }

    List<Finding> at(String node) {
        return findings.getOrDefault(node, List.of());
    }

    /** A cause that needs no other one behind it. */
    List<Finding> strong(String node) {
        return at(node).stream().filter(f -> f.code().role == Code.Role.CAUSE && !weak(f)).toList();
    }

    private boolean weak(Finding f) {
        return f.params().containsKey("weak") || f.code() == Code.STS_HEADLESS_SVC_MISSING || f.code() == Code.CR_NOT_READY
            || f.code() == Code.VOLUME_MOUNT_FAILED && f.params().containsKey("repeats")
            || (f.code() == Code.PROBE_LIVENESS_FAILING || f.code() == Code.PROBE_STARTUP_FAILING) && !f.params().containsKey("why")
            || f.code() == Code.IMAGE_REGISTRY_UNREACHABLE && edges.getOrDefault(node(f), List.of())
            .stream().anyMatch(e -> e.via().equals("image"));
    }

    List<Finding> weak(String node) {
        return at(node).stream().filter(f -> STANDALONE.contains(f.code()) && (f.code().role != Code.Role.CAUSE || weak(f))).toList();
    }

    List<Finding> progress(String node) {
        return at(node).stream().filter(f -> f.code().role == Code.Role.PROGRESS).toList();
    }

    /** Whether this has only just begun. */
    boolean young(List<Finding> progress) {
        return progress.stream().anyMatch(f -> facts.age(Optional.of(f.since())) < PodFindings.STARTING.toSeconds());
    }

    Set<String> unreadyNodes() {
        return unready;
    }

    Set<String> nodes() {
        var nodes = new TreeSet<>(unready);
        nodes.addAll(findings.keySet());
        edges.forEach((from, list) -> {
            nodes.add(from);
            list.forEach(e -> nodes.add(e.to()));
        });
        return nodes;
    }

    /** Where an explanation may lie: a symptom that names what it misses is followed there and nowhere else. */
    List<Wiring.Edge> followed(String node) {
        var all = edges.getOrDefault(node, List.of());
        var named = at(node).stream().anyMatch(f -> f.params().containsKey("named"));
        var pending = at(node).stream().anyMatch(f -> f.code() == Code.SCHED_VOLUME_UNBOUND);
        return all.stream().filter(e -> pending ? e.to().startsWith("PersistentVolumeClaim/") : !named
            || e.via().startsWith("log") || e.via()
            .startsWith("init:") || e.via().startsWith("made by") || e.to().startsWith("PersistentVolumeClaim/")).toList();
    }

    boolean standsAlone(Finding f) {
        return STATIC.contains(f.code())
            && (f.code() != Code.REPLICAS_ZERO || edges.values().stream().flatMap(List::stream).anyMatch(e -> neededBy(f, e)));
    }

    private boolean neededBy(Finding f, Wiring.Edge e) {
        return e.to().startsWith("Service/") && !e.from().equals(node(f)) && edges.getOrDefault(e.to(), List.of()).stream()
            .anyMatch(s -> s.to().equals(node(f)));
    }
}

// src/ensure_ready/diagnosis/DiagnosisReport.java

/** The causes and what they leave open. */
public record DiagnosisReport(List<Cause> causes, List<Unexplained> unexplained,
    List<Warning> warnings, List<String> limited, String disposition, String summary) { }

// src/ensure_ready/diagnosis/Excerpt.java

public record Excerpt(String pod, String container, boolean previous, List<String> lines, int shown, int total, boolean suspicious) { }

// src/ensure_ready/diagnosis/Facts.java

/** What all detectors read and write: the snapshot with its events by object, its owners, and the findings so far. */
public static final class Facts {
    final Snapshot snapshot;
    final List<Finding> found = new ArrayList<>();
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,252}");
    private final Map<String, List<Event>> events = new HashMap<>();

    public Facts(Snapshot snapshot) {
        this.snapshot = snapshot;
        snapshot.all("Event").stream().map(Event::of)
            .sorted(Comparator.comparing(Event::last).thenComparing(Event::reason).thenComparing(Event::message))
            .forEach(e -> events.computeIfAbsent(e.kind() + "/" + e.name(), k -> new ArrayList<>()).add(e));
    }

    /** Events about this very object, oldest first. */
    List<Event> events(Obj object) {
        return events.getOrDefault(object.kind() + "/" + object.name(), List.of()).stream().filter(e -> e.about(object)).toList();
    }

    List<Event> events(Obj object, String... reasons) {
        return events(object).stream().filter(e -> List.of(reasons).contains(e.reason())).toList();
    }

    /** The workload that a pod belongs to: through its ReplicaSet to the Deployment; the pod itself when nobody made it. */
    public String[] owner(Obj pod) {
        var owner = Ownership.workload(snapshot, pod);
        return new String[] {owner.kind(), owner.name()};
    }

    /** The ReplicaSet of a Deployment's newest revision; old ones say nothing about the rollout. */
    Optional<Obj> newest(Obj deployment) {
        return Ownership.newestReplicaSet(snapshot, deployment);
    }

    /** False for pods of a revision that is being replaced. */
    public boolean current(Obj pod) {
        return Ownership.current(snapshot, pod);
    }

    Log log(Obj pod, String container) {
        return snapshot.logs().get(pod.name() + "/" + container);
    }

    boolean exists(String kind, String name) {
        return !snapshot.knows(kind) || snapshot.find(kind, name).isPresent();
    }

    /** Seconds from a time in the cluster to the snapshot; 0 when the time is not told. */
    long age(Optional<Instant> since) {
        return since.map(t -> Math.max(0, Duration.between(t, snapshot.at()).toSeconds())).orElse(0L);
    }

    /** A name that was read from a message and is none that the API would accept is not passed on: the finding then stands at its owner. */
    void add(Code code, String kind, String name, String[] owner, String container,
        Instant since, List<Evidence> evidence, Map<String, String> params) {
        var named = NAME.matcher(name).matches();
        found.add(new Finding(code, named ? kind : owner[0], named ? name : owner[1], owner[0], owner[1], container, since == null
            ? snapshot.at() : since,
            List.copyOf(evidence), Collections.unmodifiableMap(new TreeMap<>(params))));
    }
}

// src/ensure_ready/diagnosis/FileRef.java

public record FileRef(String path, int line) { }

// src/ensure_ready/diagnosis/Finding.java

/**
 * What one object says of itself.
 *
 * @param code      what it is, from the catalogue
 * @param object    the object at fault: for a missing Secret the Secret, though a pod said so
 * @param owner     the workload that suffers
 * @param container or empty
 * @param since     when it was first so, as the cluster tells it; the moment of the snapshot if it does not
 */
public record Finding(Code code, String objectKind, String objectName, String ownerKind, String ownerName, String container, Instant since,
               List<Evidence> evidence, Map<String, String> params) { }

// src/ensure_ready/diagnosis/Findings.java

/** Local findings: what an object's own status, conditions, events and logs say. Pure. */
public static final class Findings {
    private static final Pattern QUOTA = Pattern.compile("(?:exceeded|failed) quota: ([^,:\\s]+)");
    private static final Pattern ACCOUNT = Pattern.compile("(?:looking up service account [^/\\s]+/|serviceaccounts? \")([^:\"\\s]+)");
    private static final Pattern WEBHOOK = Pattern.compile("webhook \"([^\"]+)\"");
    private static final Pattern POLICY = Pattern.compile("ValidatingAdmissionPolicy '([^']+)'");
    private static final Pattern CLASS = Pattern.compile("\"([^\"]*)\" not found");
    private static final Duration STUCK = Duration.ofSeconds(120);

    private Findings() { }

    /**
     * Everything that the snapshot's objects say is wrong, each for itself; healthy objects say nothing. Sorted, so that equal snapshots
     * give equal lists.
     */
    public static List<Finding> of(Snapshot snapshot) {
        var facts = new Facts(snapshot);
        collect(facts);
        return facts.found.stream().distinct().sorted(ORDER).toList();
    }

    static void collect(Facts facts) {
        var snapshot = facts.snapshot;
        var pods = new PodFindings(facts);
        snapshot.all("Pod").stream().filter(facts::current).sorted(Comparator.comparing(Obj::name)).forEach(pods::of);
        snapshot.all("Deployment").forEach(d -> deployment(facts, d));
        snapshot.all("StatefulSet").forEach(s -> statefulSet(facts, s));
        snapshot.all("DaemonSet").forEach(d -> creation(facts, d, d, d.number("/status/currentNumberScheduled",
            0) < d.number("/status/desiredNumberScheduled", 0)));
        snapshot.all("ReplicaSet").stream().filter(rs -> rs.controller().isMissingNode())
            .forEach(rs -> creation(facts, rs, rs, missing(rs)));
        snapshot.all("Job").forEach(j -> job(facts, j));
        snapshot.all("PersistentVolumeClaim").forEach(c -> claim(facts, c));
        snapshot.applied().stream().filter(a -> a.result() == Result.failed).forEach(a -> applied(facts, a));
        snapshot.objects().values().stream().flatMap(List::stream).filter(CustomFindings::custom).forEach(o -> CustomFindings.of(facts, o));
        deletions(facts);
    }

    static final Comparator<Finding> ORDER = Comparator.comparing(Finding::ownerKind)
        .thenComparing(Finding::ownerName).thenComparing(Finding::code)
        .thenComparing(Finding::objectKind).thenComparing(Finding::objectName)
        .thenComparing(Finding::container).thenComparing(Finding::since)
        .thenComparing(f -> f.evidence().toString()).thenComparing(f -> f.params().toString());

    private static boolean missing(Obj set) {
        return set.number("/status/replicas", 0) < set.number("/spec/replicas", 1);
    }

    private static void deployment(Facts facts, Obj deployment) {
        var owner = new String[] {"Deployment", deployment.name()};
        var set = facts.newest(deployment);
        set.ifPresent(rs -> creation(facts, deployment, rs, missing(rs)));
        if (set.isEmpty() || facts.found.stream()
            .noneMatch(f -> f.ownerName().equals(deployment.name()) && f.code().role == Code.Role.CAUSE)) {
            condition(facts, deployment, deployment, "ReplicaFailure");
        }
        var progressing = deployment.condition("Progressing");
        if (progressing.path("status").asText().equals("False")) {
            facts.add(Code.ROLLOUT_STUCK, "Deployment", deployment.name(), owner,
                "", time(progressing), List.of(evidence(deployment, progressing)), Map.of());
        }
        if (deployment.is("/spec/paused") && deployment.number("/status/updatedReplicas", 0) < deployment.number("/spec/replicas", 1)) {
            facts.add(Code.ROLLOUT_PAUSED, "Deployment", deployment.name(), owner,
                "", null, List.of(spec(deployment, "spec.paused", "true")), Map.of());
        }
    }

    private static void statefulSet(Facts facts, Obj set) {
        creation(facts, set, set, missing(set));
        var update = set.text("/status/updateRevision");
        var current = set.text("/status/currentRevision");
        var ordered = !set.text("/spec/podManagementPolicy").equals("Parallel");
        var broken = facts.snapshot.ownedBy("Pod", set).stream().filter(p -> !PodFindings.ready(p))
            .sorted(Comparator.comparing(Obj::name)).findFirst();
        if (broken.isEmpty()) {
            return;
        }
        var owner = new String[] {"StatefulSet", set.name()};
        var old = broken.get().labels().getOrDefault("controller-revision-hash", update);
        var params = Map.of("pod", broken.get().name());
        if (ordered && !update.isEmpty() && !update.equals(current) && !old.equals(update) && facts.found.stream()
            .anyMatch(f -> own(f, owner) && f.code().role == Code.Role.CAUSE)) {
            facts.found.removeIf(f -> own(f, owner) && f.params().getOrDefault("pod", "").equals(broken.get().name()));
            facts.add(Code.STS_STUCK_REVISION, "StatefulSet", set.name(), owner, "", null,
                List.of(spec(set, "status.updateRevision", update + ", but " + broken.get().ref() + " is of " + old)), params);
        } else if (ordered && missing(set)) {
            facts.add(Code.STS_ORDINAL_BLOCKED, "StatefulSet", set.name(), owner, "", null,
                List.of(spec(broken.get(), "status", "not ready; later pods wait for it")), params);
        }
    }

    private static boolean own(Finding f, String[] owner) {
        return f.ownerKind().equals(owner[0]) && f.ownerName().equals(owner[1]);
    }

    private static void job(Facts facts, Obj job) {
        var owner = new String[] {"Job", job.name()};
        var failed = job.condition("Failed");
        var target = failed.isMissingNode() ? job.condition("FailureTarget") : failed;
        if (target.path("status").asText().equals("True")) {
            facts.add(Code.JOB_FAILED, "Job", job.name(), owner, "", time(target),
                List.of(evidence(job, target)), Map.of("reason", target.path("reason")
                .asText()));
        } else if (job.is("/spec/suspend")) {
            facts.add(Code.JOB_SUSPENDED, "Job", job.name(), owner, "", null, List.of(spec(job, "spec.suspend", "true")), Map.of());
        } else if (job.number("/status/active", 0) > 0 && job.number("/status/failed", 0) == 0
            && facts.snapshot.ownedBy("Pod", job).stream().anyMatch(PodFindings::ready)) {
            facts.add(Code.STILL_PROGRESSING, "Job", job.name(), owner, "", job.time("/status/startTime").orElse(null),
                List.of(new Evidence("status", job.ref() + "/status.active", "", "its pod runs", 1, "", "")), Map.of());
        } else {
            creation(facts, job, job, job.number("/status/active", 0) + job.number("/status/succeeded", 0) == 0
                && facts.snapshot.ownedBy("Pod", job).isEmpty());
        }
    }

    /** Pods that the controller cannot create: the condition says it for good, the event says it in time. */
    private static void creation(Facts facts, Obj workload, Obj creator, boolean missing) {
        if (!missing) {
            return;
        }
        if (condition(facts, workload, creator, "ReplicaFailure")) {
            return;
        }
        var youngest = facts.snapshot.ownedBy("Pod", creator).stream().map(p -> p.text("/metadata/creationTimestamp"))
            .max(Comparator.naturalOrder()).orElse("");
        var events = facts.events(creator, "FailedCreate").stream().filter(e -> e.last().isEmpty() || e.last().compareTo(youngest) >= 0)
            .toList();
        if (!events.isEmpty()) {
            var last = events.get(events.size() - 1);
            refused(facts, workload, last.message(), instant(last.first()), last.evidence(creator));
        } else {
            account(facts, workload, creator);
        }
    }

    private static boolean condition(Facts facts, Obj workload, Obj creator, String type) {
        var condition = creator.condition(type);
        if (!condition.path("status").asText().equals("True")) {
            return false;
        }
        refused(facts, workload, condition.path("message").asText(), time(condition), evidence(creator, condition));
        return true;
    }

    /** The event may have expired; that no pod exists and its account does not either says the same. */
    private static void account(Facts facts, Obj workload, Obj creator) {
        var template = creator.at("/spec/template/spec");
        var name = template.path("serviceAccountName").asText(template.path("serviceAccount").asText("default"));
        if (!facts.exists("ServiceAccount", name) && facts.snapshot.ownedBy("Pod", creator).isEmpty()) {
            facts.add(Code.SERVICE_ACCOUNT_MISSING, "ServiceAccount", name, new String[] {workload.kind(), workload.name()}, "", null,
                List.of(spec(creator, "spec.template.spec.serviceAccountName", name)), Map.of());
        }
    }

    private static void refused(Facts facts, Obj workload, String message, Instant since, Evidence evidence) {
        var code = Messages.code(Messages.Topic.CREATE, message).orElse(Code.ADMISSION_DENIED);
        var object = culprit(code, message);
        var params = object == null ? Map.<String, String>of() : Map.of("name", object[1]);
        var at = object == null ? new String[] {workload.kind(), workload.name()} : object;
        facts.add(code, at[0], at[1], new String[] {workload.kind(), workload.name()}, "", since, List.of(evidence), params);
    }

    /** The object that a refusal speaks of, so that many workloads with one cause meet; null when it is the workload itself. */
    private static String[] culprit(Code code, String message) {
        var webhook = Messages.part(message, WEBHOOK);
        return switch (code) {
            case QUOTA_EXCEEDED, QUOTA_REQUIRES_LIMITS ->
                named("ResourceQuota", Messages.part(message, QUOTA), code == Code.QUOTA_EXCEEDED);
            case SERVICE_ACCOUNT_MISSING -> named("ServiceAccount", Messages.part(message, ACCOUNT), true);
            case ADMISSION_WEBHOOK_UNAVAILABLE -> named("Webhook", webhook, true);
            default -> null;
        };
    }

    private static String[] named(String kind, String name, boolean shared) {
        return name.isEmpty() || !shared ? null : new String[] {kind, name};
    }

    private static void claim(Facts facts, Obj claim) {
        var owner = new String[] {claim.kind(), claim.name()};
        if (claim.text("/status/phase").equals("Lost")) {
            facts.add(Code.PVC_PV_RELEASED, claim.kind(), claim.name(), owner,
                "", null, List.of(spec(claim, "status.phase", "Lost")), Map.of());
        }
        if (!claim.text("/status/phase").equals("Pending") || claim.deleting()) {
            return;
        }
        var named = claim.text("/spec/storageClassName");
        var type = facts.snapshot.find("StorageClass", named);
        if (!named.isEmpty() && !facts.exists("StorageClass", named) && !boundByHand(facts, claim, named)) {
            facts.add(Code.PVC_STORAGECLASS_MISSING, claim.kind(), claim.name(),
                owner, "", null, with(spec(claim, "spec.storageClassName", named),
                facts.events(claim, "ProvisioningFailed"), claim), Map.of("class", named));
            return;
        }
        var events = facts.events(claim, "ProvisioningFailed", "FailedBinding", "ExternalProvisioning", "VolumeMismatch", "ClaimMisbound");
        if (!events.isEmpty()) {
            unbound(facts, claim, type, events);
        } else if (named.isEmpty() && !claim.has("/spec/storageClassName") && facts.snapshot.knows("StorageClass")
            && facts.snapshot.all("StorageClass").stream()
            .noneMatch(c -> c.annotation("storageclass.kubernetes.io/is-default-class").equals("true"))) {
            facts.add(Code.PVC_NO_DEFAULT_CLASS, claim.kind(), claim.name(),
                owner, "", null, List.of(spec(claim, "spec.storageClassName", "")), Map.of());
        }
    }

    /** A class that does not exist is also the way to match volumes made by hand: then a volume of that class exists. */
    private static boolean boundByHand(Facts facts, Obj claim, String type) {
        return facts.snapshot.all("PersistentVolume").stream().anyMatch(v -> v.text("/spec/storageClassName").equals(type))
            && facts.events(claim, "ProvisioningFailed").isEmpty();
    }

    private static void unbound(Facts facts, Obj claim, Optional<Obj> type, List<Event> events) {
        var owner = new String[] {claim.kind(), claim.name()};
        var last = events.get(events.size() - 1);
        var code = Messages.code(Messages.Topic.CLAIM, last.message()).orElse(last.reason().equals("FailedBinding") ? Code.PVC_UNBOUND
            : Code.PVC_PROVISION_FAILED);
        var evidence = List.of(last.evidence(claim));
        if (code == Code.PVC_NO_DEFAULT_CLASS && claim.has("/spec/storageClassName") && facts.snapshot.all("PersistentVolume").size() > 0) {
            code = Code.PVC_UNBOUND; // the claim asks for a volume without a class ("") and there are volumes, only none that fits
        }
        if (code == Code.PVC_UNBOUND || code == Code.PVC_NO_DEFAULT_CLASS) {
            var released = facts.snapshot.all("PersistentVolume").stream().anyMatch(v -> v.text("/status/phase").equals("Released")
                && (v.name().equals(claim.text("/spec/volumeName")) || v.text("/spec/claimRef/name").equals(claim.name())));
            code = released ? Code.PVC_PV_RELEASED : code;
        }
        if (code == Code.PVC_PROVISIONER_MISSING && facts.age(claim.time("/metadata/creationTimestamp")) < STUCK.toSeconds()) {
            code = Code.STILL_PROGRESSING;
        }
        var params = code == Code.PVC_STORAGECLASS_MISSING ? Map.of("class", Messages.part(last.message(), CLASS))
            : type.map(t -> Map.of("provisioner", t.text("/provisioner"))).orElse(Map.of());
        facts.add(code, claim.kind(), claim.name(), owner, "", instant(last.first()), evidence, params);
    }

    private static void applied(Facts facts, Applied a) {
        var text = (a.reason() + " " + a.error()).strip();
        var code = Messages.code(Messages.Topic.APPLY, text).orElse(Code.APPLY_FAILED);
        if (code == Code.API_KIND_UNKNOWN && Messages.removed(a.object().apiVersion())) {
            code = Code.API_VERSION_REMOVED;
        }
        var object = culprit(code, text);
        var owner = new String[] {a.object().kind(), a.object().name()};
        facts.add(code, object == null ? owner[0] : object[0], object == null ? owner[1] : object[1], owner, "", null,
            List.of(new Evidence("apply", a.object().ref(), a.reason(), a.error(), 1, "", "")),
                Map.of("apiVersion", a.object().apiVersion()));
    }

    private static void deletions(Facts facts) {
        facts.snapshot.objects().forEach((kind, objects) -> {
            if (kind.equals("Event")) {
                return;
            }
            objects.stream().filter(o -> o.deleting() && facts.age(o.time("/metadata/deletionTimestamp")) > STUCK.toSeconds())
                .filter(o -> !o.list("/metadata/finalizers").isEmpty() || kind.equals("Pod")).forEach(o -> {
                var owner = kind.equals("Pod") ? facts.owner(o) : new String[] {kind, o.name()};
                var holds = String.join(", ", o.list("/metadata/finalizers").stream().map(JsonNode::asText).toList());
                facts.add(Code.OBJECT_STUCK_TERMINATING, kind, o.name(), owner, "", o.time("/metadata/deletionTimestamp").orElse(null),
                    List.of(spec(o, "metadata.finalizers", holds)), Map.of("finalizers", holds));
            });
        });
    }

    static Instant time(JsonNode condition) {
        return instant(condition.path("lastTransitionTime").asText());
    }

    public static Instant instant(String text) {
        try {
            return text.isEmpty() ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    static Evidence evidence(Obj object, JsonNode condition) {
        var since = condition.path("lastTransitionTime").asText();
        return new Evidence("condition", object.ref() + "/conditions[" + condition.path("type")
            .asText() + "]", condition.path("reason").asText(),
            condition.path("message").asText(), 1, since, since);
    }

    static Evidence spec(Obj object, String path, String value) {
        return new Evidence(path.startsWith("status") ? "status" : "spec", object.ref() + "/" + path, "", value, 1, "", "");
    }

    static List<Evidence> with(Evidence first, List<Event> events, Obj object) {
        var all = new ArrayList<>(List.of(first));
        if (!events.isEmpty()) {
            all.add(events.get(events.size() - 1).evidence(object));
        }
        return all;
    }
}

// src/ensure_ready/diagnosis/Fix.java

/** Where the repair lies and in which file. */
public record Fix(Code.Scope scope, String action, String text, List<FileRef> files, List<String> alsoRequired) { }

// src/ensure_ready/diagnosis/LogReading.java

/** What the tail of a log says: the last line that a rule knows, since what a program says last is nearest to why it ended. */
public record LogReading(Code code, String line, Log log, Map<String, String> params) {
    private static final Pattern ERROR =
        Pattern.compile("(?i)\\b(error|exception|fatal|panic|traceback|fail(ed|ure)?|cannot|unable|invalid|undefined|unexpected|segmentation fault|killed|abort(ed)?|not found|no such file|denied|must)\\b");
    private static final Pattern OWN_ERROR =
        Pattern.compile("(?i)\\b(panic:|fatal\\b|\\w*(syntax|type|value|key|assertion|import|module|attribute|index|parse|illegal\\w*)(error|exception)|segmentation fault|invalid (config|argument|option|value))");
    private static final Pattern FORBIDDEN = Pattern.compile("(?i)cannot (\\w+) resource \"?([\\w./-]+)\"?");
    private static final Pattern VARIABLE = Pattern.compile("\\b([A-Z][A-Z0-9]*_[A-Z0-9_]+)\\b");

    static Optional<LogReading> of(Log log) {
        if (log == null) {
            return Optional.empty();
        }
        LogReading general = null;
        for (int i = log.lines().size() - 1; i >= 0; i--) {
            var line = log.lines().get(i);
            var code = Messages.code(Messages.Topic.LOG, line);
            if (code.isPresent()) {
                return Optional.of(new LogReading(code.get(), line, log, params(code.get(), line, log)));
            }
            if (general == null && ERROR.matcher(line).find()) {
                general = new LogReading(Code.CRASH_APP_ERROR, line, log, Map.of());
            }
        }
        return Optional.ofNullable(general);
    }

    private static Map<String, String> params(Code code, String line, Log log) {
        var params = new TreeMap<String, String>();
        if (code == Code.CRASH_DEPENDENCY_UNREACHABLE) {
            params.put("log", log.container());
        } else if (code == Code.CRASH_MISSING_ENV) {
            params.put("variable", Messages.part(line, VARIABLE));
        } else if (code == Code.RBAC_RUNTIME_FORBIDDEN) {
            var match = FORBIDDEN.matcher(line);
            if (match.find()) {
                params.put("verb", match.group(1));
                params.put("resource", match.group(2));
            }
        }
        return params;
    }

    Evidence evidence(Obj pod) {
        return new Evidence("log", pod.ref() + "/" + log.container() + (log.previous() ? " (previous)" : ""), "", line, 1, "", "");
    }

    /** Whether an error of another kind follows the last line about something unreachable; frames of a stack are none. */
    static boolean ownErrorLater(Log log) {
        var lines = log == null ? List.<String>of() : log.lines();
        for (int i = lines.size() - 1; i >= 0; i--) {
            if (Messages.code(Messages.Topic.LOG, lines.get(i)).isPresent()) {
                return false;
            }
            if (OWN_ERROR.matcher(lines.get(i)).find()) {
                return true;
            }
        }
        return false;
    }

    /** The lines that tell of something unreachable, and those beside them: the host often stands in the next one. */
    static List<String> around(List<String> lines) {
        var near = new TreeSet<Integer>();
        for (int i = 0; i < lines.size(); i++) {
            if (Messages.code(Messages.Topic.LOG, lines.get(i)).filter(c -> c == Code.CRASH_DEPENDENCY_UNREACHABLE).isPresent()) {
                IntStream.rangeClosed(Math.max(0, i - 2), Math.min(lines.size() - 1, i + 2)).forEach(near::add);
            }
        }
        return near.descendingSet().stream().map(lines::get).toList();
    }

    /** At most 40 lines, in order: the first error with what led to it, what it was caused by, and the end; repeats are folded. */
    static List<String> excerpt(List<String> lines) {
        var folded = folded(lines);
        var keep = new TreeSet<Integer>();
        for (int i = 0; i < folded.size(); i++) {
            var error = ERROR.matcher(folded.get(i)).find();
            if (error && keep.isEmpty()) {
                IntStream.rangeClosed(Math.max(0, i - 3), Math.min(folded.size() - 1, i + 8)).forEach(keep::add);
            } else if (keep.size() < 25 && folded.get(i).stripLeading().startsWith("Caused by")) {
                keep.add(i);
            }
        }
        IntStream.range(Math.max(0, folded.size() - 15), folded.size()).forEach(keep::add);
        return keep.stream().map(folded::get).limit(40).toList();
    }

    private static List<String> folded(List<String> lines) {
        var folded = new ArrayList<String>();
        int times = 1;
        for (int i = 0; i < lines.size(); i++) {
            if (i + 1 < lines.size() && lines.get(i).equals(lines.get(i + 1))) {
                times++;
            } else {
                folded.add(lines.get(i) + (times > 1 ? " (x" + times + ")" : ""));
                times = 1;
            }
        }
        return folded;
    }
}

// src/ensure_ready/diagnosis/Merge.java

/** When two findings are one cause. */
public static final class Merge {
    private static final Set<String> WORKLOADS = Set.of("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod");

    private Merge() { }

    static String key(Finding f) {
        var p = f.params();
        var owner = f.objectKind() + "/" + f.objectName();
        return f.code() + "|" + switch (f.code()) {
            case IMAGE_NOT_FOUND, IMAGE_NOT_FOUND_OR_AUTH, IMAGE_NAME_INVALID,
                IMAGE_NEVER_PULL, IMAGE_PLATFORM_MISMATCH, IMAGE_PULL_FAILED ->
                p.getOrDefault("image", owner);
            case IMAGE_AUTH, IMAGE_RATE_LIMITED, IMAGE_REGISTRY_UNREACHABLE -> registry(p.getOrDefault("image", owner));
            case STS_HEADLESS_SVC_MISSING -> owner;
            case CONFIG_KEY_MISSING -> owner + "#" + p.getOrDefault("key", "");
            case PVC_STORAGECLASS_MISSING, INGRESS_CLASS_MISSING -> p.getOrDefault("class", owner);
            case PVC_NO_DEFAULT_CLASS, SCHED_NODES_UNAVAILABLE, DNS_CLUSTER_FAILURE -> "";
            case PVC_PROVISIONER_MISSING -> p.getOrDefault("provisioner", owner);
            case SCHED_TAINT -> p.getOrDefault("taint", owner);
            case SCHED_INSUFFICIENT_RESOURCES -> p.getOrDefault("shared", owner);
            case DNS_NAME_UNKNOWN, DEPENDENCY_SERVICE_MISSING, SVC_MISSING -> p.getOrDefault("host", owner);
            case ENV_PORT_MISMATCH -> p.getOrDefault("address", owner);
            case CRASH_AUTH_FAILED -> p.getOrDefault("target", owner);
            default -> owner + (WORKLOADS.contains(f.objectKind()) ? "|" + f.container() : "");
        };
    }

    static String registry(String image) {
        var first = image.contains("/") ? image.substring(0, image.indexOf('/')) : "";
        return first.contains(".") || first.contains(":") || first.equals("localhost") ? first : "docker.io";
    }

    /** One absent name is one cause, whether an init container or a log tells it; containers of one pod with one code are one cause too. */
    static List<Root> synonyms(List<Root> roots) {
        var kept = new LinkedHashMap<String, Root>();
        for (var root : roots) {
            var f = root.findings().get(0);
            var host = f.params().getOrDefault("host", "");
            var name = switch (f.code()) {
                case DNS_NAME_UNKNOWN, DEPENDENCY_SERVICE_MISSING, SVC_MISSING -> "name|" + host;
                default -> WORKLOADS.contains(f.objectKind()) && !f.container().isEmpty()
                    && root.findings().size() == 1 ? f.code() + "|" + f.objectKind()
                    + "/" + f.objectName() : root.key();
            };
            kept.merge(name, root, Merge::joined);
        }
        return List.copyOf(kept.values());
    }

    private static Root joined(Root a, Root b) {
        var first = b.findings().get(0).code() == Code.SVC_MISSING && a.findings().get(0).code() != Code.SVC_MISSING ? b : a;
        var second = first == a ? b : a;
        var findings = new ArrayList<>(first.findings());
        second.findings().stream().filter(f -> !findings.contains(f)).forEach(findings::add);
        var explains = new TreeMap<>(second.explains());
        explains.putAll(first.explains());
        return new Root(first.key(), findings, explains);
    }
}

// src/ensure_ready/diagnosis/Messages.java

/**
 * What texts of kubelet, runtimes, scheduler, controllers, admission and programs mean: the one table of it, looked up without regard
 * to case, anywhere in the text, first row first. The texts of many versions stand in tests/fixtures/messages.
 */
public static final class Messages {
    /** Where a text comes from; the same words mean different things in different places. */
    enum Topic { IMAGE, VOLUME, START, CREATE, CLAIM, APPLY, LOG }

    private record Row(Topic topic, Code code, Pattern pattern) { }

    private static final List<Row> ROWS = rows();
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
    private static final Pattern IMAGE_NAME = Pattern.compile("(?<![\\w/])[\\w.-]{2,}(:\\d+)?(/[\\w.-]+)+(:[\\w.-]+)?(@sha256:[0-9a-f]+)?");
    /** {@code group/version Kind} that Kubernetes served once and removed (the deprecation guide). */
    private static final Pattern REMOVED =
        Pattern.compile("\\b(extensions/v1beta1|apps/v1beta[12]|(networking|policy|rbac\\.authorization|apiextensions|storage"
        + "|admissionregistration|scheduling|coordination|certificates|events|discovery|node)(\\.k8s\\.io)?/v1beta1|batch/(v1beta1|v2alpha1)"
        + "|autoscaling/v2beta[12]|flowcontrol\\.apiserver\\.k8s\\.io/v1beta[123])(?![\\w])");

    private Messages() { }

    /** The code that this text stands for at this place; empty when no row knows it. */
    static Optional<Code> code(Topic topic, String text) {
        var plain = topic == Topic.IMAGE ? IMAGE_NAME.matcher(QUOTED.matcher(text).replaceAll("\"\"")).replaceAll("") : text;
        return ROWS.stream().filter(r -> r.topic == topic && r.pattern.matcher(plain).find()).map(Row::code).findFirst();
    }

    /** The first group of the pattern in the text, or an empty text. */
    static String part(String text, Pattern pattern) {
        var match = pattern.matcher(text);
        return match.find() ? match.group(1) : "";
    }

    static boolean removed(String apiVersion) {
        return REMOVED.matcher(apiVersion).find();
    }

    private static List<Row> rows() {
        var rows = new ArrayList<Row>();
        image(rows);
        volume(rows);
        start(rows);
        create(Topic.CREATE, rows);
        claim(rows);
        apply(rows);
        log(rows);
        return List.copyOf(rows);
    }

    private static void row(List<Row> rows, Topic topic, Code code, String... alternatives) {
        rows.add(new Row(topic, code, Pattern.compile(String.join("|", alternatives), Pattern.CASE_INSENSITIVE)));
    }

    private static void image(List<Row> rows) {
        row(rows, Topic.IMAGE, Code.IMAGE_STILL_PULLING, "pull QPS exceeded");
        row(rows, Topic.IMAGE, Code.IMAGE_NAME_INVALID, "couldn't parse image", "invalid reference format", "InvalidImageName",
            "Failed to apply default image tag");
        row(rows, Topic.IMAGE, Code.IMAGE_NEVER_PULL, "ErrImageNeverPull", "is not present with pull policy of Never");
        row(rows, Topic.IMAGE, Code.IMAGE_RATE_LIMITED, "toomanyrequests", "too many requests", "rate limit", "(status|code)[ =:]*429");
        row(rows, Topic.IMAGE, Code.IMAGE_PLATFORM_MISMATCH, "no match for platform in manifest", "no matching manifest for",
            "no image found in (manifest list|image index) for",
            "does not match the specified platform", "exec format error", "cannot be used on this platform");
        row(rows, Topic.IMAGE, Code.NODE_PRESSURE, "no space left on device", "disk quota exceeded");
        row(rows, Topic.IMAGE, Code.IMAGE_NOT_FOUND_OR_AUTH, "may require (authorization|'docker login'|authentication)",
            "does not exist or no pull access", "requested access to the resource is denied");
        row(rows, Topic.IMAGE, Code.IMAGE_REGISTRY_UNREACHABLE, "no such host",
            "i/o timeout", "connection refused", "connection reset", "x509:",
            "server gave HTTP response to HTTPS client",
            "no route to host", "network is unreachable", "TLS handshake timeout", "context deadline exceeded", "Client\\.Timeout",
                "waiting for connection", "server misbehaving",
            "name resolution", "name or service not known", "remote error: tls",
                "first record does not look like a TLS handshake", "\\b50[0234] ",
                "unexpected EOF", ": EOF\\b", "connection timed out");
        row(rows, Topic.IMAGE, Code.IMAGE_AUTH, "\\b401\\b", "\\b403\\b", "unauthorized",
            "forbidden", "authorization failed", "no basic auth credentials",
            "authentication required", "insufficient_scope",
            "not authorized", "\\bdenied\\b", "incorrect username or password",
                "failed to fetch (anonymous|oauth) token", "unable to retrieve auth token",
                "invalid credentials");
        row(rows, Topic.IMAGE, Code.IMAGE_NOT_FOUND, "not found", "NotFound",
            "manifest unknown", "manifest_unknown", "name unknown", "name_unknown",
            "not known to registry", "does not exist",
            "no such image", "no such manifest", "\\b404\\b", "unknown image");
    }

    private static void volume(List<Row> rows) {
        row(rows, Topic.VOLUME, Code.STILL_PROGRESSING, "failed to sync (configmap|secret) cache",
            "object \"[^\"]*\"/\"[^\"]*\" not registered",
            "the object has been modified");
        row(rows, Topic.VOLUME, Code.CONFIG_KEY_MISSING, "couldn't find key",
            "references non-existent (config|secret) key", "non-existent key");
        row(rows, Topic.VOLUME, Code.SECRET_MISSING, "secrets? \"[^\"]+\" not found", "couldn't get secret", "could not find secret");
        row(rows, Topic.VOLUME, Code.CONFIGMAP_MISSING, "configmaps? \"[^\"]+\" not found", "couldn't get configMap");
        row(rows, Topic.VOLUME, Code.PVC_MISSING, "persistentvolumeclaims? \"[^\"]+\" not found", "error getting PVC");
        row(rows, Topic.VOLUME, Code.RUN_AS_NON_ROOT, "runAsNonRoot", "run as non-root",
            "image will run as root", "non-numeric user", "non-root policy");
        row(rows, Topic.VOLUME, Code.PVC_ACCESS_MODE, "Multi-Attach error", "already exclusively attached",
            "already used by pod", "ReadWriteOncePod");
        row(rows, Topic.VOLUME, Code.PVC_PROVISIONER_MISSING, "not found in the list of registered CSI drivers", "no volume plugin matched",
            "CSINode .* does not contain driver");
        row(rows, Topic.VOLUME, Code.VOLUME_MOUNT_FAILED, "MountVolume", "AttachVolume", "MapVolume", "Unable to attach or mount volumes",
            "hostPath type check failed");
    }

    private static void start(List<Row> rows) {
        row(rows, Topic.START, Code.OOM_KILLED, "OOM-killed", "memory limit too low", "OOMKilled");
        row(rows, Topic.START, Code.CONTAINER_START_FAILED, "error mounting",
            "not a directory: (unknown|Are you trying)", "mount a directory onto a file",
            "chdir to cwd", "unable to find (user|group)",
            "no matching entries in passwd", "subPath", "no users found", "failed to reserve container name",
                "container name .* is reserved");
        row(rows, Topic.START, Code.IMAGE_PLATFORM_MISMATCH, "exec format error");
        row(rows, Topic.START, Code.CONTAINER_COMMAND_NOT_FOUND, "executable file (not found|.* not found) in", "no such file or directory",
            "no command specified", "is a directory", "cannot find the file specified");
        row(rows, Topic.START, Code.CONTAINER_COMMAND_PERMISSION, "permission denied", "operation not permitted");
    }

    private static void create(Topic topic, List<Row> rows) {
        row(rows, topic, Code.QUOTA_EXCEEDED, "exceeded quota", "insufficient quota");
        row(rows, topic, Code.QUOTA_REQUIRES_LIMITS, "failed quota: .*must specify", "must specify (limits|requests|cpu|memory)");
        row(rows, topic, Code.POD_SECURITY_DENIED, "violates PodSecurity",
            "unable to validate against any (pod security policy|security context constraint)");
        row(rows, topic, Code.ADMISSION_WEBHOOK_DENIED, "admission webhook .*denied( the request)?",
            "ValidatingAdmissionPolicy .*denied", "blocked by policy");
        row(rows, topic, Code.ADMISSION_WEBHOOK_UNAVAILABLE, "failed calling (admission )?webhook",
            "failed to call webhook", "conversion webhook .* failed");
        row(rows, topic, Code.SERVICE_ACCOUNT_MISSING, "error looking up service account", "serviceaccounts? \"[^\"]+\" not found");
        row(rows, topic, Code.LIMITRANGE_VIOLATION, "(maximum|minimum) [\\w./-]+ usage per (container|pod|persistentvolumeclaim)",
            "limit to request ratio per", "(maximum|minimum) .* limit .*LimitRange");
        row(rows, topic, Code.OBJECT_STUCK_TERMINATING, "because it is being terminated");
        row(rows, topic, Code.STILL_PROGRESSING, "the object has been modified", "object is being deleted", "etcdserver: ",
            "Timeout: request did not complete", "server is currently unable");
    }

    private static void claim(List<Row> rows) {
        row(rows, Topic.CLAIM, Code.PVC_STORAGECLASS_MISSING, "storageclass(es)?(\\.storage\\.k8s\\.io)? \"[^\"]*\" not found",
            "storage class .* not found");
        row(rows, Topic.CLAIM, Code.PVC_NO_DEFAULT_CLASS, "no persistent volumes available for this claim and no storage class is set");
        row(rows, Topic.CLAIM, Code.QUOTA_EXCEEDED, "exceeded quota");
        row(rows, Topic.CLAIM, Code.PVC_PROVISIONER_MISSING,
            "waiting for (a )?volume to be created,? (either )?by (the )?external provisioner",
            "no volume plugin matched", "not found in the list of registered CSI drivers");
        row(rows, Topic.CLAIM, Code.PVC_UNBOUND, "no volume .* matching", "volume .* already bound to a different claim",
            "does not match (size|access|storage)", "Cannot bind to requested volume", "requested PV .* not");
        row(rows, Topic.CLAIM, Code.PVC_PROVISION_FAILED, "failed to provision volume", "ProvisioningFailed", "rpc error");
    }

    private static void apply(List<Row> rows) {
        row(rows, Topic.APPLY, Code.API_KIND_UNKNOWN, "no matches for kind", "resource mapping not found", "registered handler",
            "could not find the requested resource", "does not serve", "no kind .* is registered", "unknown kind", "has no kind");
        row(rows, Topic.APPLY, Code.APPLY_IMMUTABLE_FIELD, "field is immutable",
            "is immutable", "immutable (field|after)", "updates to statefulset spec",
            "updates to .* are forbidden", "may not change (once set|fields other)", "cannot be changed", "Forbidden: updates to");
        row(rows, Topic.APPLY, Code.NAMESPACE_MISSING, "namespaces? \"[^\"]+\" not found");
        create(Topic.APPLY, rows);
        row(rows, Topic.APPLY, Code.APPLY_FORBIDDEN_RBAC, "is forbidden: User",
            "cannot (get|list|watch|create|patch|update|delete) (resource )?\"?\\w+",
            "not currently held", "^(forbidden|unauthorized)");
        row(rows, Topic.APPLY, Code.APPLY_CONFLICT, "Apply failed with \\d+ conflict", "conflicts? with \"");
        row(rows, Topic.APPLY, Code.APPLY_INVALID, "is invalid", "strict decoding", "unknown field", "cannot unmarshal", "unable to decode",
            "Required value", "Invalid value", "Unsupported value", "in version .* cannot be handled",
            "json: ", "yaml: ", "metadata\\.name", "bad request", "the server rejected our request", "duplicate", "does not parse",
                "failed to create typed patch object", "\\b(400|422)\\b", "is forbidden:");
    }

    private static void log(List<Row> rows) {
        row(rows, Topic.LOG, Code.RBAC_RUNTIME_FORBIDDEN, "is forbidden: User \\\\*\"?system:",
            "User \"system:[^\"]+\" cannot \\w+ resource");
        row(rows, Topic.LOG, Code.IMAGE_PLATFORM_MISMATCH, "exec format error", "cannot execute binary file");
        row(rows, Topic.LOG, Code.CRASH_PORT_IN_USE, "address (is )?already in use", "EADDRINUSE", "98: Address in use",
            "port \\S+ (is|was) already (in use|allocated)", "only one usage of each socket address", "already bound to port",
            "failed to bind to (address|port)");
        row(rows, Topic.LOG, Code.CRASH_DISK_FULL, "no space left on device",
            "ENOSPC", "disk quota exceeded", "\\bdisk (is )?full\\b", "could not extend file");
        row(rows, Topic.LOG, Code.CRASH_AUTH_FAILED, "password authentication failed",
            "authentication (failed|failure|error)", "access denied for user",
            "\\bWRONGPASS\\b", "\\bNOAUTH\\b", "invalid (username|user name|user)?( or |-pair |[/-])?\\s*password",
            "login failed for user", "ACCESS_REFUSED", "SASL authentication .*(fail|error)",
                "AuthenticationFailed", "\\bauth(entication)? failed",
                "requires authentication", "authentication required", "not authorized on \\S+ to execute",
                    "could not find user", "without any password configured", "role \"[^\"]+\" does not exist",
            "bad credentials", "incorrect password", "AUTH .*failed", "security_exception.*(unable to authenticate|missing authentication)",
                "no pg_hba\\.conf entry");
        row(rows, Topic.LOG, Code.CRASH_MISSING_ENV,
            "(missing|required|unset|undefined|no such|not found|specify).{0,60}environment variables?",
            "environment variables?.{0,60}(not set|required|missing|undefined|not found|unset|must be|not defined|empty|is not specified)",
            "\\b(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+)\\b[^\\w]{0,3}.{0,25}(not set|not defined|undefined|is required|is missing|unset|must be set|is empty|must be defined|must be provided|not provided|not specified|is mandatory|not configured)",
            "(missing|requires?d?|expected|set|undefined|specify|provide)\\b.{0,30}\\b(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+)\\b.{0,20}(\\bto start|$|\\bvariable|\\benv)", "KeyError: '(?-i:[A-Z][A-Z0-9_]+)'",
            "unbound variable", "parameter (null or )?not set", "Could not resolve placeholder '", "required key \\S+ missing value",
                "\\benv(ironment)? var(iable)?s?\\b.{0,40}(missing|required|not set|undefined|unset)",
            "missing env", "(superuser password|password option) is not specified", "\\bField required\\b", "setting must not be empty",
                "\"received\": ?\"undefined\", ?\"path\": ?\\[ ?\"(?-i:[A-Z][A-Z0-9_]+)\"",
                    "key not found: \"?(?-i:[A-Z][A-Z0-9_]+)\"?", "is not defined in (the )?env",
                "no value for required (setting|option|config)", "environ\\[",
                    "missing (required )?(config|configuration|setting|parameter)s?\\b");
        row(rows, Topic.LOG, Code.CRASH_DEPENDENCY_UNREACHABLE, "connection (was )?refused",
            "ECONNREFUSED", "no such host", "i/o timeout", "\\bETIMEDOUT\\b",
            "\\bENOTFOUND\\b", "EAI_AGAIN", "EHOSTUNREACH", "name or service not known", "could not translate host name",
            "name resolution", "name does not resolve", "nodename nor servname", "unknown ?host", "getaddrinfo",
                "connect(ion)?( attempt)? ?timed? ?out", "connection attempt failed",
                "connect(ion)? to \\S+ (refused|failed)", "while waiting to connect",
                "time(d )?out( expired)? (while )?waiting for (a |the )?(connection|node|database|server|broker)",
                    "timeout expired while waiting for",
                "no route to host", "network is unreachable", "host (is )?unreachable", "dial tcp",
            "could ?n.t connect", "can.?t connect", "cannot connect", "could not connect",
                "failed to connect", "failed connecting", "unable to connect",
                "error connecting", "can.?t reach", "(cannot|could not|unable to|failed to) reach",
                    "Max retries exceeded with url", "AMQPConnectionError", "establishing a connection",
                "unknown \\w+ server host", "\\bPoolTimedOut\\b", "driver: bad connection",
                    "connection to .{1,80}failed", "communications link failure", "server ?selection ?(error|timeout|timed out)",
            "no reachable servers", "no servers? (is |are )?(available|reachable)", "host not found in upstream", "bad address '",
                "(?<!Error: )can't resolve '?[\\w.-]+('|$|\\s)",
                "(could ?n.t|could not|failed to|unable to|cannot) resolve (server|host|address|'?[\\w.-]+:\\d)", "No resolvable bootstrap",
                "could not resolve host", "could not be resolved", "Temporary failure in name", "\\bnot (yet )?reachable",
            "brokers? .*(disconnected|not available|could not be established)", "NoBrokersAvailable",
                "waiting for .{1,60}(:\\d+|to be (ready|up|available))", "NXDOMAIN",
                    "SERVFAIL", "server misbehaving", "context deadline exceeded",
                ":\\d+ - no response", "DNS .*(fail|timeout)", "wget: can't", "name=\\S+ .*unavailable");
    }
}

// src/ensure_ready/diagnosis/NamesToKeep.java

/** What has to stay readable though a Secret holds the same text. */
public static final class NamesToKeep {
    private NamesToKeep() { }

    /** Names of the objects, containers and namespace of a snapshot; those of Secrets too, which are not secret. */
    public static Set<String> of(Snapshot snapshot) {
        var names = new HashSet<>(Set.of(snapshot.namespace()));
        snapshot.objects().values().stream().flatMap(List::stream).filter(o -> !o.kind().equals("Event")).forEach(o -> {
            names.add(o.name());
            names.addAll(o.labels().values());
            Wiring.template(o).path("spec").path("containers").forEach(c -> names.add(c.path("name").asText()));
        });
        snapshot.applied().forEach(a -> names.add(a.object().name()));
        return names;
    }
}

// src/ensure_ready/diagnosis/Near.java

/** The existing name that somebody may have meant. */
public static final class Near {
    private Near() { }

    static String of(String name, List<Obj> among) {
        return among.stream().map(Obj::name)
            .filter(n -> !n.equals(name) && distance(n, name) <= Math.max(2, name.length() / 4) || !n.equals(name)
            && (n.startsWith(name) || name.startsWith(n)))
            .min(Comparator.comparingInt((String n) -> distance(n, name)).thenComparing(Comparator.naturalOrder())).orElse("");
    }

    private static int distance(String a, String b) {
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

// src/ensure_ready/diagnosis/ObjectRef.java

public record ObjectRef(String apiVersion, String kind, String namespace, String name) {
    @Override
    public String toString() {
        return kind + "/" + name;
    }
}

// src/ensure_ready/diagnosis/PodFindings.java

/** What a pod's status says, container by container, with events and the log of the failed run as proof. Pure. */
public static final class PodFindings {
    private static final Pattern OBJECT = Pattern.compile("(?i)(?:secrets?|configmaps?|persistentvolumeclaims?) \"([^\"]+)\" not found");
    private static final Pattern KEY = Pattern.compile("(?i)couldn't find key (\\S+) in (Secret|ConfigMap) [^/\\s]+/([^\\s,;]+)");
    private static final Pattern VOLUME_KEY = Pattern.compile("(?i)references non-existent (?:config|secret) key: (\\S+)");
    private static final Pattern VOLUME = Pattern.compile("for volume \"([^\"]+)\"");
    private static final Pattern PULL_SECRETS = Pattern.compile("image pull secrets \\(([^)]*)\\)");
    private static final Pattern TAINT = Pattern.compile("untolerated taint(?:\\(s\\))? \\{([^}:]+)(?::\\s*([^}]*))?\\}");
    static final Duration STARTING = Duration.ofMinutes(2);
    private final Facts facts;
    private final Snapshot snapshot;

    PodFindings(Facts facts) {
        this.facts = facts;
        this.snapshot = facts.snapshot;
    }

    public static boolean ready(Obj pod) {
        return Pods.saysReady(pod);
    }

    void of(Obj pod) {
        var phase = pod.text("/status/phase");
        if (pod.deleting() || phase.equals("Succeeded")) {
            return;
        }
        var owner = facts.owner(pod);
        if (owner[0].equals("Job") && succeededSince(pod)) {
            return;
        }
        if (phase.equals("Failed") && !pod.text("/status/reason").isEmpty()) {
            ended(pod, owner);
            return;
        }
        if (pod.condition("PodScheduled").path("status").asText().equals("False")
            || pod.text("/spec/nodeName").isEmpty() && phase.equals("Pending")) {
            scheduling(pod, owner);
            return;
        }
        if (nodeLost(pod, owner)) {
            return;
        }
        containers(pod, owner);
    }

    /** A Job tries again: only the youngest pod tells how it stands now. */
    private boolean succeededSince(Obj pod) {
        var job = pod.controller().path("uid").asText();
        return snapshot.all("Pod").stream().filter(p -> p.controller().path("uid").asText().equals(job) && !job.isEmpty())
            .anyMatch(p -> p.text("/metadata/creationTimestamp").compareTo(pod.text("/metadata/creationTimestamp")) > 0);
    }

    private void ended(Obj pod, String[] owner) {
        var reason = pod.text("/status/reason");
        var message = pod.text("/status/message");
        var replaced = snapshot.all("Pod").stream().anyMatch(p -> p != pod && !p.controller().isMissingNode()
            && p.controller().path("uid").asText().equals(pod.controller().path("uid").asText()) && p.text("/metadata/creationTimestamp")
                .compareTo(pod.text("/metadata/creationTimestamp")) > 0);
        if (replaced) {
            return; // the controller made another one, which tells for itself
        }
        var node = pod.text("/spec/nodeName");
        var lower = message.toLowerCase(Locale.ROOT);
        var evidence = List.of(new Evidence("status", pod.ref() + "/status.reason", reason, message, 1, "", ""));
        var params = Map.of("pod", pod.name(), "node", node);
        if (reason.equals("Evicted")
            && (lower.contains("exceeds the total limit") || lower.contains("ephemeral local storage usage exceeds")
            || lower.contains("exceeds the limit \"") || lower.contains("emptydir"))) {
            facts.add(Code.EVICTED_EPHEMERAL_STORAGE, owner[0], owner[1], owner, "", null, evidence, params);
        } else if (reason.equals("Evicted")) {
            facts.add(Code.NODE_PRESSURE, "Node", node, owner, "", null, evidence, params);
        } else if (reason.equals("Preempting") || reason.equals("Preempted")) {
            facts.add(Code.SCHED_PREEMPTED, owner[0], owner[1], owner, "", null, evidence, params);
        } else if (reason.equals("NodeLost") || reason.equals("Shutdown") || reason.equals("Terminated") || reason.equals("NodeShutdown")) {
            facts.add(Code.NODE_NOT_READY, "Node", node, owner, "", null, evidence, params);
        } else if (reason.equals("NodeAffinity")) {
            facts.add(Code.SCHED_NODE_SELECTOR, owner[0], owner[1], owner, "", null, evidence, params);
        } else if (reason.startsWith("OutOf") || reason.equals("UnexpectedAdmissionError")) {
            facts.add(Code.SCHED_INSUFFICIENT_RESOURCES, owner[0], owner[1], owner, "", null, evidence, params);
        } else {
            containers(pod, owner);
        }
    }

    /** A node that is not ready makes its pods unready, whatever they did before. */
    private boolean nodeLost(Obj pod, String[] owner) {
        var node = snapshot.find("Node", pod.text("/spec/nodeName"));
        var lost = node.map(n -> n.condition("Ready")).filter(c -> !c.isMissingNode() && !c.path("status").asText().equals("True"));
        var told = pod.text("/status/reason").equals("NodeLost");
        if (ready(pod) || lost.isEmpty() && !told) {
            if (node.isEmpty() && snapshot.knows("Node") && !snapshot.all("Node").isEmpty()
                && pod.list("/status/containerStatuses").isEmpty()) {
                facts.add(Code.SCHED_NODE_MISSING, owner[0], owner[1], owner, "", null,
                    List.of(Findings.spec(pod, "spec.nodeName", pod.text("/spec/nodeName"))), params(pod));
                return true;
            }
            return false;
        }
        var evidence = lost.map(c -> Findings.evidence(node.get(), c))
            .orElseGet(() -> new Evidence("status", pod.ref() + "/status.reason", "NodeLost", pod.text("/status/message"), 1, "", ""));
        facts.add(Code.NODE_NOT_READY, "Node", pod.text("/spec/nodeName"), owner, "", lost.map(Findings::time)
            .orElse(null), List.of(evidence), params(pod));
        return true;
    }

    private void containers(Obj pod, String[] owner) {
        if (ready(pod) && !flapping(pod)) {
            return;
        }
        var before = facts.found.size();
        var statuses = new ArrayList<JsonNode>();
        for (var status : pod.list("/status/initContainerStatuses")) {
            if (!done(pod, status)) {
                statuses.add(status);
                break; // the next one has not begun; unless this is a sidecar that runs
            }
        }
        var initDone = statuses.isEmpty() || sidecar(pod, statuses.get(0));
        if (initDone) {
            statuses.addAll(pod.list("/status/containerStatuses"));
        }
        for (var status : statuses) {
            new ContainerFindings(facts, pod, owner, status, !initDone || sidecar(pod, status)).find();
        }
        if (facts.found.size() == before && !ready(pod)) {
            quiet(pod, owner);
        }
    }

    private boolean flapping(Obj pod) {
        return pod.list("/status/containerStatuses").stream().anyMatch(c -> c.path("restartCount").asLong() >= 2
            && facts.age(Optional.ofNullable(Findings.instant(c.at("/state/running/startedAt").asText()))) < 60
            && c.at("/lastState/terminated/exitCode")
                .asInt(0) != 0);
    }

    private static boolean done(Obj pod, JsonNode status) {
        return status.at("/state/terminated").isObject() && status.at("/state/terminated/exitCode").asInt() == 0 && !sidecar(pod, status)
            || sidecar(pod, status) && (status.path("started").asBoolean() || status.path("ready").asBoolean());
    }

    private static boolean sidecar(Obj pod, JsonNode status) {
        return pod.list("/spec/initContainers").stream()
            .anyMatch(c -> c.path("name").equals(status.path("name")) && c.path("restartPolicy").asText()
            .equals("Always"));
    }

    /** Nothing said by a container: volumes, sandbox, gates, a Job's sidecar, or simply young. */
    private void quiet(Obj pod, String[] owner) {
        var blocked = facts.events(pod, "FailedMount", "FailedAttachVolume",
            "FailedMapVolume", "FailedCreatePodSandBox", "FailedPodSandBoxStatus");
        var started = facts.events(pod, "Started");
        if (!blocked.isEmpty() && (started.isEmpty() || waitsForVolumes(pod))) {
            blockedBy(pod, owner, blocked);
        } else if (owner[0].equals("Job") && sidecarBlocks(pod)) {
            facts.add(Code.JOB_SIDECAR_BLOCKS, owner[0], owner[1], owner, "", null,
                List.of(Findings.spec(pod, "status.containerStatuses", "one container ended with success, another still runs")),
                    params(pod));
        } else if (waitsForVolumes(pod) && references(pod, owner)) {
            return;
        } else {
            progress(pod, owner);
        }
    }

    private void progress(Obj pod, String[] owner) {
        var pulling = facts.events(pod, "Pulling");
        var pulled = facts.events(pod, "Pulled", "Failed", "BackOff");
        if (waitsForVolumes(pod) && pulling.size() > pulled.size()) {
            facts.add(Code.IMAGE_STILL_PULLING, owner[0], owner[1], owner, "", Findings.instant(pulling.get(0).first()),
                List.of(pulling.get(pulling.size() - 1).evidence(pod)), params(pod));
        } else if (facts.age(pod.time("/metadata/creationTimestamp")) < STARTING.toSeconds() || !waitsForVolumes(pod)) {
            facts.add(Code.STILL_PROGRESSING, owner[0], owner[1], owner, "", pod.time("/metadata/creationTimestamp").orElse(null),
                List.of(new Evidence("status", pod.ref() + "/status.phase", "", pod.text("/status/phase"), 1, "", "")), params(pod));
        }
    }

    private static boolean waitsForVolumes(Obj pod) {
        var all = new ArrayList<>(pod.list("/status/containerStatuses"));
        all.addAll(pod.list("/status/initContainerStatuses"));
        return all.stream().allMatch(c -> c.path("state").isEmpty()
            || c.at("/state/waiting/reason").asText().matches("ContainerCreating|PodInitializing|"));
    }

    private static boolean sidecarBlocks(Obj pod) {
        var statuses = pod.list("/status/containerStatuses");
        return statuses.stream().anyMatch(c -> c.at("/state/terminated").isObject() && c.at("/state/terminated/exitCode").asInt() == 0)
            && statuses.stream()
            .anyMatch(c -> c.at("/state/running").isObject());
    }

    /** The newest message that names a cause wins over "timed out waiting", which only repeats that there is one. */
    private void blockedBy(Obj pod, String[] owner, List<Event> events) {
        Event best = null;
        Code code = null;
        for (var event : events) {
            var sandbox = event.reason().contains("SandBox");
            var found = sandbox ? Code.SANDBOX_FAILED : Messages.code(Messages.Topic.VOLUME, event.message())
                .orElse(Code.VOLUME_MOUNT_FAILED);
            if (best == null || rank(found) >= rank(code)) {
                best = event;
                code = found;
            }
        }
        if (code == Code.STILL_PROGRESSING && facts.age(pod.time("/metadata/creationTimestamp")) > STARTING.toSeconds()) {
            code = Code.VOLUME_MOUNT_FAILED;
        }
        if (code == Code.SANDBOX_FAILED && best.count() < 3 && facts.age(pod.time("/metadata/creationTimestamp")) < STARTING.toSeconds()) {
            code = Code.STILL_PROGRESSING;
        }
        reference(pod, owner, "", code, best.message(), Findings.instant(best.first()), best.evidence(pod));
        references(pod, owner);
    }

    private static int rank(Code code) {
        return code == Code.STILL_PROGRESSING ? 0 : code == Code.VOLUME_MOUNT_FAILED ? 1 : 2;
    }

    /** A message about a missing or incomplete object; the finding stands at that object. */
    void reference(Obj pod, String[] owner, String container, Code code, String message, Instant since, Evidence evidence) {
        var params = new HashMap<>(params(pod));
        var name = Messages.part(message, OBJECT);
        var at = owner;
        switch (code) {
            case SECRET_MISSING -> at = name.isEmpty() ? owner : new String[] {"Secret", name};
            case CONFIGMAP_MISSING -> at = name.isEmpty() ? owner : new String[] {"ConfigMap", name};
            case PVC_MISSING -> at = name.isEmpty() ? owner : new String[] {"PersistentVolumeClaim", name};
            case CONFIG_KEY_MISSING -> at = key(pod, owner, message, params);
            default -> { }
        }
        facts.add(code, at[0], at[1], owner, container, since, List.of(evidence), params);
    }

    private static String[] key(Obj pod, String[] owner, String message, Map<String, String> params) {
        var match = KEY.matcher(message);
        if (match.find()) {
            params.put("key", match.group(1));
            return new String[] {match.group(2).equalsIgnoreCase("secret") ? "Secret" : "ConfigMap", match.group(3)};
        }
        params.put("key", Messages.part(message, VOLUME_KEY));
        var volume = Messages.part(message, VOLUME);
        return pod.list("/spec/volumes").stream().filter(v -> v.path("name").asText().equals(volume))
            .flatMap(v -> References.ofVolume(v).stream())
            .filter(r -> !r.kind().equals("PersistentVolumeClaim"))
            .findFirst().map(r -> new String[] {r.kind(), r.name()}).orElse(owner);
    }

    /** What the template names and the namespace does not have; the kubelet tells one at a time, and late. */
    private boolean references(Obj pod, String[] owner) {
        var found = false;
        for (var r : References.of(pod.at("/spec"))) {
            if (r.optional() || facts.exists(r.kind(), r.name()) || r.pull()) {
                continue;
            }
            var code = switch (r.kind()) {
                case "Secret" -> Code.SECRET_MISSING;
                case "ConfigMap" -> Code.CONFIGMAP_MISSING;
                default -> Code.PVC_MISSING;
            };
            found = true;
            if (facts.found.stream()
                .noneMatch(f -> f.code() == code && f.objectName().equals(r.name()) && f.ownerKind().equals(owner[0]) && f.ownerName()
                .equals(owner[1]))) {
                facts.add(code, r.kind(), r.name(), owner, "", null, List.of(Findings.spec(pod, "spec", Obj.ref(r.kind(), r.name()))),
                    params(pod));
            }
        }
        return found;
    }

    /** Pull secrets that are named and absent explain a refused pull; the kubelet says so in an event, once. */
    Optional<String> missingPullSecret(Obj pod) {
        var named = References.of(pod.at("/spec")).stream().filter(References.Ref::pull).filter(r -> !facts.exists(r.kind(), r.name()))
            .map(References.Ref::name).findFirst();
        return named.or(() -> facts.events(pod, "FailedToRetrieveImagePullSecret")
            .stream().map(e -> Messages.part(e.message(), PULL_SECRETS))
            .filter(n -> !n.isEmpty()).findFirst());
    }

    static Map<String, String> params(Obj pod) {
        return Map.of("pod", pod.name());
    }

    private void scheduling(Obj pod, String[] owner) {
        var condition = pod.condition("PodScheduled");
        var message = condition.path("message").asText();
        var events = facts.events(pod, "FailedScheduling");
        if (message.isEmpty() && !events.isEmpty()) {
            message = events.get(events.size() - 1).message();
        }
        var evidence = new ArrayList<Evidence>();
        evidence.add(condition.isMissingNode() ? new Evidence("status", pod.ref() + "/status.phase", "", "Pending", 1, "", "")
            : Findings.evidence(pod, condition));
        var since = Findings.time(condition);
        var scaling = facts.events(pod, "TriggeredScaleUp");
        var waited = facts.age(pod.time("/metadata/creationTimestamp"));
        if (condition.path("reason").asText().equals("SchedulingGated")) {
            facts.add(Code.SCHED_GATED, owner[0], owner[1], owner, "", since, evidence, params(pod));
        } else if (!scaling.isEmpty() && waited < Duration.ofMinutes(15).toSeconds()) {
            evidence.add(scaling.get(scaling.size() - 1).evidence(pod));
            facts.add(Code.AUTOSCALING_IN_PROGRESS, owner[0], owner[1], owner, "", since, evidence, params(pod));
        } else if (message.isEmpty()) {
            facts.add(waited < STARTING.toSeconds() ? Code.STILL_PROGRESSING
                : Code.UNKNOWN, owner[0], owner[1], owner, "", since, evidence, params(pod));
        } else {
            unschedulable(pod, owner, message, since, evidence);
        }
    }

    private void unschedulable(Obj pod, String[] owner, String message, Instant since, List<Evidence> evidence) {
        var params = new HashMap<>(params(pod));
        var taint = TAINT.matcher(message);
        if (taint.find()) {
            params.put("taint", taint.group(1).strip());
        }
        var claim = References.of(pod.at("/spec")).stream()
            .filter(r -> r.kind().equals("PersistentVolumeClaim") && !facts.exists(r.kind(), r.name()))
            .findFirst();
        var code = claim.isPresent() ? Code.PVC_MISSING : Scheduling.code(message, pod, snapshot);
        if (code == Code.PVC_MISSING) {
            var name = Messages.part(message, OBJECT);
            facts.add(code, "PersistentVolumeClaim", name.isEmpty() ? claim.map(References.Ref::name).orElse("")
                : name, owner, "", since, evidence, params);
        } else {
            var node = code == Code.NODE_PRESSURE ? pressed() : Optional.<String>empty();
            facts.add(code, node.isPresent() ? "Node" : owner[0], node.orElse(owner[1]), owner, "", since, evidence, params);
        }
    }

    /** The node that is short of something, when there is but one. */
    private Optional<String> pressed() {
        var pressed = snapshot.all("Node").stream().filter(n -> n.list("/status/conditions").stream()
            .anyMatch(c -> c.path("type").asText().endsWith("Pressure") && c.path("status").asText().equals("True")))
            .map(Obj::name).toList();
        return pressed.size() == 1 ? Optional.of(pressed.get(0)) : Optional.empty();
    }
}

// src/ensure_ready/diagnosis/Policies.java

/** What NetworkPolicies let through between two pods of this namespace. */
public static final class Policies {
    private final Snapshot snapshot;

    Policies(Snapshot snapshot) {
        this.snapshot = snapshot;
    }

    /** The policy that stops a connection to this port (empty: any), first by name; empty when it is allowed. */
    Optional<Obj> blocking(Map<String, String> from, Map<String, String> to, Set<String> ports) {
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
        return selecting.stream().anyMatch(p -> p.list("/spec/egress").stream().anyMatch(r -> r.path("ports").isEmpty()
            || ports(r, Set.of("53", "dns", "dns-tcp")))) ? Optional.empty() : selecting.stream().findFirst();
    }

    private List<Obj> selecting(String type, Map<String, String> labels) {
        return snapshot.all("NetworkPolicy").stream()
            .filter(p -> types(p).contains(type) && Selector.matches(p.at("/spec/podSelector"), labels))
            .sorted(Comparator.comparing(Obj::name)).toList();
    }

    private static List<String> types(Obj policy) {
        var types = policy.list("/spec/policyTypes").stream().map(JsonNode::asText).toList();
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
            if (!p.has("port") || ports.contains(p.path("port").asText()) || ports.stream().anyMatch(n -> n.matches("\\d{1,5}") && low >= 0
                && Integer.parseInt(n) >= low && Integer.parseInt(n) <= end)) {
                return true;
            }
        }
        return false;
    }
}

// src/ensure_ready/diagnosis/Proof.java

/** Evidence for a reader who must not trust it; {@code suspicious} when it reads like an instruction. */
public record Proof(String source, String path, String reason, String message,
    long count, String firstSeen, String lastSeen, boolean untrusted, boolean suspicious) { }

// src/ensure_ready/diagnosis/Reach.java

/** What symptoms that name a host come down to: no such name, no such port, a policy, DNS, or the workload behind it. Pure. */
public static final class Reach {
    private static final Pattern UNKNOWN_HOST =
        Pattern.compile("(?i)(?:lookup |ENOTFOUND |EAI_AGAIN |translate host name \"|bad address '|UnknownHostException: |unknown host:? ?'?|resolve host:? '?\"?|can't resolve '|in upstream \"|nslookup: can't resolve '|"
        + "can't find |getaddrinfo for |Failed to resolve '?|Name does not resolve:? ?|host '|"
        + "tcp connect \\(|resolve server '?|resolve address:? ?|Error -\\d+ connecting to |for target (?:dns:/*)?|connect to (?=\\S+/<unresolved>)|(?<![\\w.-])(?=[\\w.-]+:\\d{2,5}: \\[Errno -))([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)");
    private static final Pattern NO_NAME =
        Pattern.compile("(?i)no such host|\\bENOTFOUND|not translate host name|bad address|unknown ?host|unknown \\w+ server host|"
        + "resolve (?:server|address)|DNS resolution failed|name resolution failed|<unresolved>|"
        + "could not resolve host|can't resolve|host not found in upstream|name or service not known|does not resolve|NXDOMAIN|nodename nor servname|failed to resolve|can't find");
    private static final Pattern DNS_DOWN =
        Pattern.compile("(?i)EAI_AGAIN|temporary failure|server misbehaving|SERVFAIL|lookup .*(i/o timeout|timed? ?out|refused)|no servers could be reached");
    private static final Pattern SLOW = Pattern.compile("(?i)timed? ?out|timeout|ETIMEDOUT|deadline exceeded|SYN_SENT");
    private static final Pattern WORD =
        Pattern.compile("(?:://(?:[^@/\\s]*@)?|[\\s\"'(=@/\\[]|^)([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?:[:/](\\d{2,5}))?(?=$|[\\s\"'),;:/\\]\\\\?])");
    private static final Pattern PORT = Pattern.compile("(?i)\\bport[ :=]+(\\d{2,5})");
    private final Facts facts;
    private final Snapshot snapshot;
    private final Wiring wiring;
    private final Set<String> unready;
    private final Consumer<Wiring.Edge> edge;
    private final Policies policies;
    private final Map<String, Finding> unresolved = new TreeMap<>();

    Reach(Facts facts, Wiring wiring, Set<String> unready, Consumer<Wiring.Edge> edge) {
        this.facts = facts;
        this.snapshot = facts.snapshot;
        this.wiring = wiring;
        this.unready = unready;
        this.edge = edge;
        this.policies = new Policies(facts.snapshot);
    }

    void find() {
        for (var f : List.copyOf(facts.found)) {
            if (unready.contains(Diagnosis.node(f))) {
                symptom(f);
            }
        }
        if (unresolved.size() >= 2) {
            unresolved.values().forEach(f -> replace(f, Code.DNS_CLUSTER_FAILURE, "Service", "kube-dns", Map.of()));
        }
        settings();
    }

    private void symptom(Finding f) {
        if (f.code() == Code.SECRET_MISSING) {
            CustomFindings.maker(snapshot, f.objectName())
                .filter(m -> facts.found.stream().anyMatch(x -> Diagnosis.node(x).equals(Wiring.key(m))))
                .ifPresent(m -> {
                edge.accept(new Wiring.Edge(Diagnosis.node(f), Wiring.key(m), "made by " + m.ref(), 1, ""));
                replace(f, f.code(), f.objectKind(), f.objectName(), Map.of("weak", "true", "named", m.ref()));
            });
        } else if (f.code() == Code.INIT_WAITING || f.code() == Code.CRASH_DEPENDENCY_UNREACHABLE
            || f.code() == Code.PROBE_READINESS_FAILING && f.params()
            .containsKey("log")) {
            targets(f).forEach((target, line) -> target(f, target, line));
        } else if (f.code() == Code.CRASH_APP_ERROR || f.code() == Code.CRASH_AUTH_FAILED || f.code() == Code.PROBE_READINESS_FAILING) {
            var named = named(f, lines(f));
            if (f.code() == Code.CRASH_AUTH_FAILED) {
                named.keySet().stream().findFirst().map(t -> wiring.service(t.host()))
                    .filter(Optional::isPresent).or(() -> Optional.of(mentioned(f)))
                    .flatMap(s -> s).ifPresent(s -> replace(f, f.code(), f.objectKind(), f.objectName(), Map.of("target", s.name())));
            } else {
                named.keySet().forEach(t -> broken(f, t));
            }
        }
    }

    /** A general error that names a Service whose workload is not ready is most likely that one's. */
    private void broken(Finding f, Wait.Target t) {
        wiring.service(t.host()).filter(s -> wiring.behind(s).stream().anyMatch(w -> unready.contains(w) && !w.equals(Diagnosis.node(f))))
            .ifPresent(s -> {
            edge.accept(new Wiring.Edge(Diagnosis.node(f), "Service/" + s.name(), "log:" + s.name(), 0.9, t.port()));
            replace(f, f.code(), f.objectKind(), f.objectName(), Map.of("weak", "true", "named", s.name()));
        });
    }

    /** Who refuses the credentials, when the log does not say: the only Service that the settings name. */
    private Optional<Obj> mentioned(Finding f) {
        var services = wiring.mentions(Diagnosis.node(f)).stream().map(m -> wiring.service(m.host()))
            .flatMap(Optional::stream).map(Obj::name).distinct()
            .toList();
        return services.size() == 1 ? snapshot.find("Service", services.get(0)) : Optional.empty();
    }

    private List<String> lines(Finding f) {
        return f.evidence().stream().filter(e -> e.source().equals("log")).map(Evidence::message).toList();
    }

    /**
     * What the symptom waits for, each with the text that says so: the log first, which is what happened; else the init container's
     * command.
     */
    private Map<Wait.Target, String> targets(Finding f) {
        var log = facts.snapshot.logs().get(f.params().getOrDefault("pod", "") + "/" + f.container());
        var told = new LinkedHashMap<>(named(f, lines(f)));
        if (told.isEmpty() && log != null) {
            told.putAll(named(f, LogReading.around(log.lines())));
        }
        var text = String.join("\n", lines(f));
        if (told.isEmpty() && NO_NAME.matcher(text).find()) {
            nowhere(f).ifPresent(t -> told.put(t, text));
        }
        for (var target : f.params().getOrDefault("waitsFor", "").split(",")) {
            var host = target.replaceFirst(":\\d+$", "");
            if (!host.isEmpty() && told.keySet().stream().noneMatch(t -> wiring.local(t.host()).equals(wiring.local(host)))) {
                told.put(new Wait.Target(host, target.contains(":") ? target.substring(target.indexOf(':') + 1) : ""), told.isEmpty()
                    ? text : "");
            }
        }
        return told;
    }

    /** The name that cannot be resolved, when the log does not say which: the only one in the settings that no Service has. */
    private Optional<Wait.Target> nowhere(Finding f) {
        var hosts = wiring.mentions(Diagnosis.node(f)).stream()
            .filter(m -> wiring.local(m.host()).isPresent() && wiring.service(m.host()).isEmpty())
            .collect(Collectors.toMap(Wiring.Mention::host, Wiring.Mention::port, (a, b) -> a, TreeMap::new));
        return hosts.size() == 1 && snapshot.knows("Service")
            ? Optional.of(new Wait.Target(hosts.firstKey(), hosts.firstEntry().getValue())) : Optional.empty();
    }

    private Map<Wait.Target, String> named(Finding f, List<String> lines) {
        var found = new LinkedHashMap<Wait.Target, String>();
        for (var line : lines) {
            var unknown = UNKNOWN_HOST.matcher(line);
            if ((NO_NAME.matcher(line).find() || DNS_DOWN.matcher(line).find()) && unknown.find() && !unknown.group(1)
                .matches("\\d+(\\.\\d+){3}|on|for|address|name")) {
                found.putIfAbsent(new Wait.Target(unknown.group(1), ""), line);
                continue;
            }
            var port = Messages.part(line, PORT);
            var words = WORD.matcher(line);
            while (words.find()) {
                var host = words.group(1);
                var own = wiring.service(host).isPresent() && !wiring.behind(wiring.service(host).get()).contains(Diagnosis.node(f));
                if (own || host.equals("localhost") || host.equals("127.0.0.1")) {
                    found.putIfAbsent(new Wait.Target(host, words.group(2) != null ? words.group(2) : port), line);
                } else {
                    wiring.byAddress(host, facts).filter(w -> !w.equals(Diagnosis.node(f)))
                        .ifPresent(w -> edge.accept(new Wiring.Edge(Diagnosis.node(f), w, "log:" + host, 0.9, "")));
                }
            }
        }
        return found;
    }

    private void target(Finding f, Wait.Target t, String line) {
        var service = wiring.service(t.host());
        var local = wiring.local(t.host());
        if (t.host().equals("localhost") || t.host().startsWith("127.")) {
            replace(f, f.code(), f.objectKind(), f.objectName(), Map.of("named", t.toString()));
        } else if (service.isPresent()) {
            reachable(f, t, service.get(), line);
        } else if (local.isPresent() && failedToApply(local.get())) {
            edge.accept(new Wiring.Edge(Diagnosis.node(f), "Service/" + local.get(), via(f, t), 0.9, t.port()));
            replace(f, f.code(), f.objectKind(), f.objectName(), Map.of("named", t.toString()));
        } else if (local.isPresent() && snapshot.knows("Service") || NO_NAME.matcher(line).find()) {
            absent(f, t, local, line);
        }
    }

    private boolean failedToApply(String service) {
        return snapshot.applied("Service", service).filter(a -> a.result() == Result.failed).isPresent();
    }

    private static String via(Finding f, Wait.Target t) {
        return f.code() == Code.INIT_WAITING ? f.params().getOrDefault("via", "init:" + f.container()) + " " + t : "log:" + t;
    }

    /** No Service of that name. A log that was refused by an address proves that the name did resolve. */
    private void absent(Finding f, Wait.Target t, Optional<String> local, String line) {
        var host = local.orElse(t.host());
        if (dnsBlocked(f, line)) {
            return;
        }
        var workload = wiring.templates().values().stream().filter(w -> w.name().equals(host) && !Wiring.key(w).equals(Diagnosis.node(f)))
            .findFirst();
        var params = new HashMap<>(Map.of("host", host, "nearMiss", Near.of(host, snapshot.all("Service")), "named", t.toString()));
        setting(f, t.host()).ifPresent(s -> params.put("setting", s));
        var set = snapshot.all("StatefulSet").stream().filter(x -> x.text("/spec/serviceName").equals(host)).findFirst();
        if (set.isPresent()) {
            replace(f, Code.STS_HEADLESS_SVC_MISSING, "StatefulSet", set.get().name(), params);
        } else if (workload.isPresent() && local.isPresent()) {
            replace(f, Code.SVC_MISSING, "Service", host, params);
        } else if (f.code() == Code.INIT_WAITING && local.isPresent()) {
            replace(f, Code.DEPENDENCY_SERVICE_MISSING, "Service", host, params);
        } else {
            replace(f, Code.DNS_NAME_UNKNOWN, f.objectKind(), f.objectName(), params);
        }
    }

    private Optional<String> setting(Finding f, String host) {
        return wiring.mentions(Diagnosis.node(f)).stream().filter(m -> m.host().equals(host)).map(Wiring.Mention::via).findFirst();
    }

    private boolean dnsBlocked(Finding f, String line) {
        var from = wiring.templates().get(Diagnosis.node(f));
        if (from == null) {
            return false;
        }
        var policy = policies.withoutDns(Wiring.labels(from));
        if (DNS_DOWN.matcher(line).find() && policy.isPresent()) {
            replace(f, Code.NETPOL_BLOCKING, "NetworkPolicy", policy.get().name(), Map.of("direction", "egress to DNS"));
            return true;
        }
        return false;
    }

    private void reachable(Finding f, Wait.Target t, Obj service, String line) {
        var node = Diagnosis.node(f);
        var from = wiring.templates().get(node);
        // a headless name resolves once a pod is ready
        var waits = wiring.behind(service).isEmpty() || wiring.behind(service).stream().anyMatch(unready::contains);
        if ((NO_NAME.matcher(line).find() || DNS_DOWN.matcher(line).find()) && from != null && !waits) {
            name(f, from, service);
            return;
        }
        if (!t.port().isEmpty() && !serves(service, t.port())) {
            replace(f, Code.ENV_PORT_MISMATCH, f.objectKind(), f.objectName(), Map.of("address", service.name() + ":" + t.port(), "served",
                served(service), "named", t.toString(), "setting", setting(f, t.host()).orElse("")));
            return;
        }
        var healthy = wiring.behind(service).stream().noneMatch(unready::contains) && !wiring.behind(service).isEmpty();
        var policy = from == null || !healthy && line.toLowerCase(Locale.ROOT).contains("refused") ? Optional.<Obj>empty()
            : wiring.behind(service).stream().map(w -> policies.blocking(Wiring.labels(from), Wiring.labels(wiring.templates().get(w)),
                ports(service, t.port(), w))).flatMap(Optional::stream).findFirst();
        if (policy.isPresent() && (SLOW.matcher(line).find() || healthy && !line.toLowerCase(Locale.ROOT).contains("refused"))) {
            replace(f, Code.NETPOL_BLOCKING, "NetworkPolicy", policy.get()
                .name(), Map.of("from", from.ref(), "to", "svc/" + service.name()));
            return;
        }
        edge.accept(new Wiring.Edge(node, "Service/" + service.name(), via(f, t), f.code() == Code.INIT_WAITING ? 0.95 : 0.9, t.port()));
        var later = healthy && f.code() == Code.CRASH_DEPENDENCY_UNREACHABLE && LogReading.ownErrorLater(snapshot.logs()
            .get(f.params().getOrDefault("pod", "") + "/" + f.container()));
        replace(f, healthy && readySince(service, f) ? Code.STILL_PROGRESSING
            : later ? Code.CRASH_APP_ERROR : f.code(), f.objectKind(), f.objectName(),
            Map.of("named", t.toString()));
    }

    /** The name exists and yet does not resolve: the pod asks another DNS, may not ask, or the cluster's DNS is down. */
    private void name(Finding f, Obj from, Obj service) {
        if (service.time("/metadata/creationTimestamp").filter(t -> t.isAfter(f.since())).isPresent()) {
            replace(f, Code.STILL_PROGRESSING, f.objectKind(), f.objectName(), Map.of()); // it failed before the Service was there
            return;
        }
        var spec = Wiring.template(from).path("spec");
        var policy = spec.path("dnsPolicy").asText("ClusterFirst");
        var host = spec.path("hostNetwork").asBoolean() && policy.equals("ClusterFirst");
        if (policy.equals("Default") || policy.equals("None") || host) {
            replace(f, Code.POD_DNS_POLICY, f.objectKind(), f.objectName(), Map.of("dnsPolicy", policy));
            return;
        }
        var blocked = policies.withoutDns(Wiring.labels(from));
        if (blocked.isPresent()) {
            replace(f, Code.NETPOL_BLOCKING, "NetworkPolicy", blocked.get().name(), Map.of("direction", "egress to DNS"));
        } else {
            unresolved.putIfAbsent(Diagnosis.node(f), f);
        }
    }

    static boolean serves(Obj service, String port) {
        var ports = service.list("/spec/ports");
        return ports.isEmpty() || service.text("/spec/type").equals("ExternalName")
            || ports.stream().anyMatch(p -> p.path("port").asText().equals(port)
            || service.text("/spec/clusterIP").equals("None") && WiringFindings.target(p).equals(port)
            || p.path("nodePort").asText().equals(port));
    }

    private static String served(Obj service) {
        return service.list("/spec/ports").stream().map(p -> p.path("port").asText()).collect(Collectors.joining(","));
    }

    private Set<String> ports(Obj service, String port, String workload) {
        var ports = new LinkedHashSet<String>();
        service.list("/spec/ports").stream().filter(p -> port.isEmpty() || p.path("port").asText().equals(port))
            .map(WiringFindings::target).forEach(ports::add);
        Wiring.template(wiring.templates().get(workload)).at("/spec/containers").forEach(c -> c.path("ports").forEach(p -> {
            if (ports.contains(p.path("name").asText()) || ports.contains(p.path("containerPort").asText())) {
                ports.add(p.path("containerPort").asText());
                ports.add(p.path("name").asText(p.path("containerPort").asText()));
            }
        }));
        return ports;
    }

    /** It failed before what it needs became ready; its next start may well succeed. */
    private boolean readySince(Obj service, Finding f) {
        var selector = service.map("/spec/selector");
        var since = snapshot.all("Pod").stream().filter(p -> p.labels().entrySet().containsAll(selector.entrySet()))
            .map(p -> Findings.time(p.condition("Ready"))).filter(Objects::nonNull).min(Comparator.naturalOrder());
        var failed = f.code() == Code.INIT_WAITING ? snapshot.at().minusSeconds(30) : f.since();
        return since.isPresent() && since.get().isAfter(failed);
    }

    /**
     * What the settings of a workload alone prove: an address with a port that its Service does not serve, a name that only lacks its
     * Service.
     */
    private void settings() {
        wiring.templates().forEach((node, workload) -> {
            var spec = Wiring.template(workload).path("spec");
            for (var m : wiring.mentions(node)) {
                if (m.confidence() < 0.8 || m.port().isEmpty()) {
                    continue;
                }
                var service = wiring.service(m.host());
                if (service.isPresent()) {
                    setting(node, workload, m, service.get());
                } else {
                    wiring.local(m.host()).filter(h -> snapshot.knows("Service")).ifPresent(h -> lacking(node, workload, m, h));
                }
            }
            var search = spec.path("dnsConfig").path("searches").toString();
            var outside = spec.path("dnsPolicy").asText().equals("Default") || spec.path("dnsPolicy").asText().equals("None")
                && !search.contains("svc");
            if (outside && wiring.mentions(node).stream().anyMatch(m -> m.confidence() >= 0.8 && wiring.service(m.host()).isPresent())) {
                once(Code.POD_DNS_POLICY, node, workload, workload.kind(), workload.name(),
                    Findings.spec(workload, "spec.template.spec.dnsPolicy",
                    spec.path("dnsPolicy").asText()), Map.of("dnsPolicy", spec.path("dnsPolicy").asText()));
            }
        });
    }

    private void setting(String node, Obj workload, Wiring.Mention m, Obj service) {
        if (!serves(service, m.port())) {
            once(Code.ENV_PORT_MISMATCH, node, workload, workload.kind(), workload.name(),
                Findings.spec(workload, m.via(), service.name() + ":" + m.port()),
                Map.of("address", service.name() + ":" + m.port(), "served", served(service), "setting", m.via()));
            return;
        }
        wiring.behind(service).stream().filter(w -> !w.equals(node))
            .map(w -> policies.blocking(Wiring.labels(workload), Wiring.labels(wiring.templates().get(w)), ports(service, m.port(), w)))
            .flatMap(Optional::stream).findFirst()
            .ifPresent(p -> once(Code.NETPOL_BLOCKING, node, workload, "NetworkPolicy", p.name(), Findings.spec(p, "spec", "does not allow "
                + workload.ref() + " to reach svc/" + service.name()), Map.of("from", workload.ref(), "to", "svc/" + service.name())));
    }

    private void lacking(String node, Obj workload, Wiring.Mention m, String host) {
        var there = wiring.templates().values().stream()
            .anyMatch(w -> w.name().equals(host) && WiringFindings.open(w).contains(m.port()) && !Wiring.key(w)
            .equals(node));
        if (there && !failedToApply(host)) {
            once(Code.SVC_MISSING, node, workload, "Service", host, Findings.spec(workload, m.via(), host + ":" + m.port()),
                Map.of("host", host, "setting", m.via()));
        }
    }

    private void once(Code code, String node, Obj workload, String kind, String name, Evidence evidence, Map<String, String> params) {
        var told = facts.found.stream()
            .anyMatch(f -> f.code() == code && Diagnosis.node(f).equals(node) && f.objectKind().equals(kind) && f.objectName()
            .equals(name));
        if (!told) {
            facts.add(code, kind, name, new String[] {workload.kind(), workload.name()}, "", null, List.of(evidence), params);
        }
    }

    private void replace(Finding f, Code code, String kind, String name, Map<String, String> more) {
        var params = new TreeMap<>(f.params());
        params.putAll(more);
        var now = facts.found.stream()
            .filter(o -> o == f || o.since().equals(f.since()) && o.container().equals(f.container()) && Diagnosis.node(o)
            .equals(Diagnosis.node(f)) && o.evidence().equals(f.evidence())).reduce((a, b) -> b);
        if (now.isPresent() && now.get() != f && now.get().code().role == Code.Role.CAUSE) {
            // a second thing is missing as well
            facts.found.add(new Finding(code, kind, name, f.ownerKind(), f.ownerName(), f.container(), f.since(), f.evidence(), params));
            return;
        }
        now.ifPresent(facts.found::remove);
        facts.found.add(new Finding(code, kind, name, f.ownerKind(), f.ownerName(), f.container(), f.since(), f.evidence(),
            Collections.unmodifiableMap(params)));
    }
}

// src/ensure_ready/diagnosis/Reporting.java

/** Turns roots into the report: order, texts, files, commands. Pure. */
public static final class Reporting {
    private static final int EVIDENCE = 10;
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final Pattern REF = Pattern.compile("[a-z]{1,40}/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final Pattern INSTRUCTION =
        Pattern.compile("(?i)\\b(ignore|disregard|forget|override)\\b.{0,40}\\b(previous|prior|above|all|earlier|system|instruction|prompt|rule)|\\byou (are|must|should|will) now\\b|\\b(system|assistant|developer) ?(prompt|message|:)"
        + "|\\bas an ai\\b|</?(system|assistant|user|instructions?|tool)\\b|\\bnew instructions?\\b|\\bdo not (tell|mention|report)\\b|\\b(run|execute|type|paste)\\b.{0,30}\\b(command|following|curl|bash|kubectl|rm)\\b|curl .{0,80}\\|\\s*(ba)?sh|\\bplease (run|delete|execute|approve|merge)\\b");
    private static final Map<String, String> VERSIONS =
        Map.ofEntries(Map.entry("Deployment", "apps/v1"), Map.entry("StatefulSet", "apps/v1"),
        Map.entry("DaemonSet", "apps/v1"), Map.entry("ReplicaSet", "apps/v1"),
        Map.entry("Job", "batch/v1"), Map.entry("CronJob", "batch/v1"), Map.entry("Ingress", "networking.k8s.io/v1"),
            Map.entry("NetworkPolicy", "networking.k8s.io/v1"), Map.entry("Role", "rbac.authorization.k8s.io/v1"),
        Map.entry("HorizontalPodAutoscaler", "autoscaling/v2"), Map.entry("PodDisruptionBudget", "policy/v1"),
            Map.entry("StorageClass", "storage.k8s.io/v1"), Map.entry("Webhook", "admissionregistration.k8s.io/v1"));
    private static final Set<Code> INFERRED = Set.of(Code.SVC_MISSING, Code.ENV_PORT_MISMATCH, Code.NETPOL_BLOCKING, Code.POD_DNS_POLICY,
        Code.DNS_CLUSTER_FAILURE, Code.INIT_WAITING, Code.UNKNOWN, Code.REPLICAS_ZERO);
    private final Snapshot snapshot;
    private final Facts facts;
    private final Set<String> unready;
    private final List<Workload> workloads;
    private final String agent;

    Reporting(Snapshot snapshot, Facts facts, Set<String> unready, List<Workload> workloads, String agent) {
        this.snapshot = snapshot;
        this.facts = facts;
        this.unready = unready;
        this.workloads = workloads;
        this.agent = agent;
    }

    DiagnosisReport report(List<Root> roots, List<Finding> advice) {
        var all = roots.stream().filter(r -> !unexplainable(r)).map(this::cause).sorted(ORDER).toList();
        var faults = all.stream().filter(c -> c.code().role != Code.Role.PROGRESS).toList();
        var blocking = faults.stream().anyMatch(c -> !c.severity().equals("degraded"));
        var shown = blocking ? faults : all;
        var causes = IntStream.range(0, shown.size()).mapToObj(i -> shown.get(i).numbered("rc" + (i + 1))).toList();
        var warnings = new ArrayList<Warning>();
        advice.forEach(f -> warnings.add(new Warning(f.code(), f.objectKind() + "/" + f.objectName(), f.code().text)));
        all.stream().filter(c -> blocking && c.code().role == Code.Role.PROGRESS)
            .forEach(c -> warnings.add(new Warning(c.code(), c.object().toString(), c.fix().text())));
        var unexplained = unexplained(roots.stream().filter(r -> !unexplainable(r)).toList());
        if (causes.isEmpty() && unavailable()) {
            causes = List.of(cause(new Root("DIAGNOSIS_UNAVAILABLE", List.of(unavailableFinding()), Map.of())).numbered("rc1"));
        }
        return new DiagnosisReport(causes, unexplained, List.copyOf(warnings), snapshot.limited(), disposition(causes, unexplained),
            summary(causes, unexplained));
    }

    private boolean unavailable() {
        return !snapshot.knows("Pod") && !unready.isEmpty();
    }

    private Finding unavailableFinding() {
        var limits = snapshot.limited().isEmpty() ? List.of("pods: not read") : snapshot.limited();
        var evidence = limits.stream().map(l -> new Evidence("status", "namespace/" + snapshot.namespace(), "", l, 1, "", "")).toList();
        return new Finding(Code.DIAGNOSIS_UNAVAILABLE, "Namespace", snapshot.namespace(),
            "Namespace", snapshot.namespace(), "", snapshot.at(), evidence,
            Map.of());
    }

    /** A root that says nothing is no root. */
    private static boolean unexplainable(Root root) {
        var f = root.findings().get(0);
        return f.code() == Code.UNKNOWN && !f.params().containsKey("cycle");
    }

    private List<Unexplained> unexplained(List<Root> roots) {
        var explained = new HashSet<String>();
        roots.forEach(r -> {
            r.findings().forEach(f -> explained.add(Diagnosis.node(f)));
            explained.addAll(r.explains().keySet());
        });
        return unready.stream().filter(u -> !explained.contains(u)).map(u -> {
            var own = facts.found.stream().filter(f -> Diagnosis.node(f).equals(u) && f.code() != Code.STS_HEADLESS_SVC_MISSING)
                .sorted(Findings.ORDER)
                .findFirst();
            var message = workloads.stream().filter(w -> u.equals(w.kind() + "/" + w.name())).map(Workload::message).findFirst().orElse("");
            return new Unexplained(u, own.map(Finding::code).orElse(Code.UNKNOWN), message);
        }).toList();
    }

    private static final Comparator<Cause> ORDER =
        Comparator.comparing((Cause c) -> List.of("blocking", "degraded", "info").indexOf(c.severity()))
        .thenComparing(c -> !c.blocksAgent())
        .thenComparing(c -> -c.affected()).thenComparing(c -> c.basis().equals("inferred"))
        .thenComparing(c -> -c.confidence()).thenComparing(Cause::firstSeen)
        .thenComparing(c -> c.code().name()).thenComparing(c -> c.object().kind())
        .thenComparing(c -> c.object().name()).thenComparing(Cause::container);

    private Cause cause(Root root) {
        var findings = root.findings().stream().sorted(Comparator.comparing((Finding f) -> !unready.contains(Diagnosis.node(f)))
            .thenComparing(Findings.ORDER)).toList();
        var f = findings.get(0);
        var owner = f.ownerKind() + "/" + f.ownerName();
        var affected = new TreeSet<>(root.explains().keySet());
        findings.forEach(x -> affected.add(Diagnosis.node(x)));
        affected.retainAll(unready);
        var explains = new ArrayList<Symptom>();
        findings.stream().map(Diagnosis::node).distinct().filter(n -> !n.equals(owner))
            .forEach(n -> explains.add(new Symptom(n, f.code(), List.of("same cause"), 0)));
        root.explains().forEach((node, way) -> {
            if (!node.equals(owner) && explains.stream().noneMatch(s -> s.object().equals(node))) {
                explains.add(new Symptom(node, symptom(node), way.via(), way.hops()));
            }
        });
        explains.sort(Comparator.comparing(Symptom::hops).thenComparing(Symptom::object));
        var severity = f.code().role == Code.Role.PROGRESS ? "info" : affected.isEmpty() ? "degraded" : "blocking";
        var inferred = INFERRED.contains(f.code()) || f.params().containsKey("inferred") || f.params().containsKey("weak");
        var first = findings.stream().map(Finding::since).min(Comparator.naturalOrder()).orElse(snapshot.at());
        return new Cause("", fingerprint(f), f.code(), f.code().family, severity,
            ref(f.objectKind(), f.objectName()), ref(f.ownerKind(), f.ownerName()),
            f.container(), inferred ? "inferred" : "observed", confidence(f, inferred),
            params(findings), fix(f), next(f), evidence(findings), excerpt(f),
                explains, oldRevisionServing(f), affected.contains(agent), affected.size(),
                first.toString());
    }

    private Code symptom(String node) {
        return facts.found.stream().filter(f -> Diagnosis.node(f).equals(node))
            .sorted(Comparator.comparing((Finding f) -> f.code().role != Code.Role.SYMPTOM).thenComparing(Findings.ORDER))
            .map(Finding::code).findFirst()
            .orElse(Code.UNKNOWN);
    }

    private static double confidence(Finding f, boolean inferred) {
        if (f.params().containsKey("weak") || f.code().role == Code.Role.SYMPTOM || f.code() == Code.UNKNOWN) {
            return 0.5;
        }
        if (inferred) {
            return 0.7;
        }
        return f.evidence().stream().anyMatch(e -> e.source().matches("status|condition|spec|apply")) ? f.evidence().stream()
            .anyMatch(e -> e.source().equals("log")) ? 0.9 : 0.98 : 0.9;
    }

    private Map<String, String> params(List<Finding> findings) {
        var params = new TreeMap<>(findings.get(0).params());
        params.keySet().removeAll(Set.of("weak", "inferred", "named", "log"));
        params.values().removeIf(String::isEmpty);
        var owners = findings.stream().map(Diagnosis::node).distinct().sorted().toList();
        if (!findings.get(0).objectKind().equals(findings.get(0).ownerKind())) {
            params.put("referencedBy", String.join(", ", owners));
            var kind = findings.get(0).objectKind();
            var other = kind.equals("ConfigMap") ? "Secret" : kind.equals("Secret") ? "ConfigMap" : "";
            if (!other.isEmpty() && snapshot.find(other, findings.get(0).objectName()).isPresent()) {
                params.put("otherKind", other + "/" + findings.get(0).objectName());
            }
            var near = Near.of(findings.get(0).objectName(), snapshot.all(kind));
            if (!near.isEmpty() && Set.of("Secret", "ConfigMap", "ServiceAccount", "PersistentVolumeClaim", "Service").contains(kind)
                && snapshot.find(kind, findings.get(0).objectName()).isEmpty()) {
                params.put("nearMiss", near);
            }
        }
        return params;
    }

    private String fingerprint(Finding f) {
        try {
            var text = f.code() + "|" + f.objectKind() + "|" + snapshot.namespace() + "|" + f.objectName();
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has SHA-256
        }
    }

    private ObjectRef ref(String kind, String name) {
        var known = snapshot.find(kind, name).map(Obj::apiVersion).filter(v -> !v.isEmpty())
            .or(() -> snapshot.applied(kind, name).map(a -> a.object().apiVersion()));
        var global = Set.of("Node", "Namespace", "StorageClass", "PersistentVolume", "Webhook", "IngressClass").contains(kind);
        return new ObjectRef(known.orElse(VERSIONS.getOrDefault(kind, "v1")), kind, global ? "" : snapshot.namespace(), name);
    }

    /** The manifest to change: the object's own where there is one, else that of whoever refers to it. */
    private Fix fix(Finding f) {
        var files = new ArrayList<FileRef>();
        Stream.of(new String[] {f.objectKind(), f.objectName()}, new String[] {f.ownerKind(), f.ownerName()})
            .forEach(o -> source(o[0], o[1]).map(s -> new FileRef(s.file(), s.line()))
            .filter(s -> !files.contains(s)).ifPresent(files::add));
        var also = switch (f.code()) {
            case SECRET_MISSING, CONFIGMAP_MISSING, CONFIG_KEY_MISSING -> f.ownerKind()
                .equals("StatefulSet") ? List.of("DELETE_POD") : List.<String>of();
            case ENV_PORT_MISMATCH, DNS_NAME_UNKNOWN -> f.params().getOrDefault("setting", "")
                .startsWith("configmap") ? List.of("ROLLOUT_RESTART")
                : List.<String>of();
            case JOB_FAILED -> List.of("NEW_JOB_NAME");
            default -> f.ownerKind().equals("Job") && f.code().role == Code.Role.CAUSE
                ? List.of("NEW_JOB_NAME") : f.ownerKind().equals("StatefulSet")
                && f.code().scope == Code.Scope.repo && !f.params().getOrDefault("pod", "").isEmpty()
                ? List.of("DELETE_POD") : List.<String>of();
        };
        return new Fix(f.code().scope, f.code().action, f.code().text, files, also);
    }

    private Optional<Source> source(String kind, String name) {
        var own = snapshot.applied(kind, name).map(Applied::source);
        if (own.isEmpty() && kind.equals("PersistentVolumeClaim")) {
            return snapshot.applied().stream()
                .filter(a -> a.object().kind().equals("StatefulSet") && a.object().list("/spec/volumeClaimTemplates").stream()
                .anyMatch(t -> name.startsWith(t.at("/metadata/name").asText() + "-" + a.object().name() + "-")))
                .map(Applied::source).findFirst();
        }
        if (own.isEmpty() && kind.equals("Job")) {
            return snapshot.find("Job", name).map(Obj::controller).flatMap(c -> snapshot.applied("CronJob", c.path("name").asText()))
                .map(Applied::source);
        }
        return own;
    }

    /** Commands of the catalogue with names that the API itself would accept; anything else is left out. */
    private List<String> next(Finding f) {
        var pod = f.params().getOrDefault("pod", "");
        var values = Map.of("{ns}", checked(snapshot.namespace(), NAME), "{name}", checked(f.objectName(), NAME), "{object}",
            checked(Obj.ref(f.objectKind(), f.objectName()), REF), "{owner}", checked(Obj.ref(f.ownerKind(), f.ownerName()), REF),
            "{pod}", checked(pod, NAME), "{container}", checked(f.container().isEmpty() ? onlyContainer(pod) : f.container(), NAME));
        var commands = new LinkedHashSet<String>();
        for (var look : f.code().next) {
            var command = look.template;
            for (var v : values.entrySet()) {
                command = command.contains(v.getKey()) && v.getValue().isEmpty() ? "" : command.replace(v.getKey(), v.getValue());
            }
            commands.add(command);
        }
        commands.remove("");
        return List.copyOf(commands);
    }

    private String onlyContainer(String pod) {
        var containers = snapshot.find("Pod", pod).map(p -> p.list("/spec/containers")).orElse(List.of());
        return containers.size() == 1 ? containers.get(0).path("name").asText() : "";
    }

    private static String checked(String text, Pattern pattern) {
        return pattern.matcher(text).matches() ? text : "";
    }

    private List<Proof> evidence(List<Finding> findings) {
        return findings.stream().flatMap(f -> f.evidence().stream().map(e -> proof(f, e))).distinct().limit(EVIDENCE).toList();
    }

    /** What a status says, it says at the moment of the snapshot; since when is known where the object tells it. */
    private Proof proof(Finding f, Evidence e) {
        var now = snapshot.at().toString();
        var first = e.firstSeen().isEmpty() && !e.source().equals("log") ? f.since().toString() : e.firstSeen();
        return new Proof(e.source(), e.path(), e.reason(), e.message(), e.count(), first, e.lastSeen().isEmpty() && e.source()
            .matches("status|condition|spec") ? now : e.lastSeen(), true, suspicious(e.message()));
    }

    static boolean suspicious(String text) {
        return INSTRUCTION.matcher(text).find();
    }

    private Excerpt excerpt(Finding f) {
        var log = snapshot.logs().get(f.params().getOrDefault("pod", "") + "/"
            + (f.container().isEmpty() ? onlyContainer(f.params().getOrDefault("pod", "")) : f.container()));
        if (log == null || log.lines().isEmpty()) {
            return null;
        }
        var lines = LogReading.excerpt(log.lines());
        return new Excerpt(log.pod(), log.container(), log.previous(), lines, lines.size(), log.lines()
            .size(), lines.stream().anyMatch(Reporting::suspicious));
    }

    private boolean oldRevisionServing(Finding f) {
        var deployment = snapshot.find("Deployment", f.ownerName()).filter(d -> f.ownerKind().equals("Deployment"));
        return deployment.isPresent() && snapshot.all("Pod").stream().anyMatch(p -> PodFindings.ready(p) && String.join("/", facts.owner(p))
            .equals("Deployment/" + f.ownerName()) && !facts.current(p));
    }

    private static String disposition(List<Cause> causes, List<Unexplained> unexplained) {
        var blocking = causes.stream().filter(c -> c.severity().equals("blocking")).toList();
        var decisive = blocking.isEmpty() ? causes : blocking;
        if (decisive.isEmpty()) {
            return unexplained.isEmpty() ? "none" : "unknown";
        }
        if (decisive.stream().allMatch(c -> c.fix().scope() == Code.Scope.wait)) {
            return unexplained.isEmpty() ? "wait" : "unknown";
        }
        var scopes = decisive.stream().map(c -> c.fix().scope()).toList();
        return scopes.contains(Code.Scope.repo) || scopes.contains(Code.Scope.either)
            ? "repair_repo" : scopes.contains(Code.Scope.platform) ? "platform"
            : "unknown";
    }

    private String summary(List<Cause> causes, List<Unexplained> unexplained) {
        if (causes.stream().anyMatch(c -> c.code() == Code.DIAGNOSIS_UNAVAILABLE)) {
            return "the causes are not known: the cluster could not be asked";
        }
        var total = unready.size();
        var faults = causes.stream().filter(c -> c.severity().equals("blocking")).toList();
        var waits = causes.stream().filter(c -> c.severity().equals("info")).toList();
        var degraded = causes.size() - faults.size() - waits.size();
        var parts = new ArrayList<String>();
        if (!faults.isEmpty()) {
            parts.add(Texts.count(faults.size(), "cause") + (faults.size() == 1 ? " explains " : " explain ") + explained(faults) + " of "
                + Texts.count(total, "workload") + " that " + (total == 1 ? "is" : "are") + " not ready");
        } else if (!waits.isEmpty()) {
            parts.add(Texts.count(explained(waits), "workload") + (explained(waits) == 1 ? " is" : " are")
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

    private int explained(List<Cause> causes) {
        var seen = new HashSet<String>();
        causes.forEach(c -> {
            seen.add(c.owner().toString());
            c.explains().forEach(s -> seen.add(s.object()));
        });
        seen.retainAll(unready);
        return seen.size();
    }
}

// src/ensure_ready/diagnosis/Root.java

/** One explanation found: a cause, and by which way each of the workloads came to it. */
public record Root(String key, List<Finding> findings, Map<String, Way> explains) {
    /** How a symptom came to its cause: the edges' origins in order. */
    record Way(List<String> via, int hops) { }
}

// src/ensure_ready/diagnosis/Roots.java

/** Follows the edges from every symptom to its causes. Cycles count as one place. */
public static final class Roots {
    private final Diagnosis graph;
    private final Map<String, Integer> component = new HashMap<>();
    private final Map<Integer, Set<String>> members = new TreeMap<>();
    private final Map<Integer, Map<String, List<Finding>>> known = new HashMap<>();
    private final Map<String, Integer> index = new HashMap<>();
    private final Map<String, Integer> low = new HashMap<>();
    private final ArrayList<String> stack = new ArrayList<>();

    Roots(Diagnosis graph) {
        this.graph = graph;
    }

    List<Root> find() {
        graph.nodes().stream().filter(n -> !index.containsKey(n)).forEach(this::tarjan);
        var roots = new TreeMap<String, Root>();
        for (var node : graph.unreadyNodes()) {
            roots(component.get(node)).forEach((key, findings) -> {
                var root = roots.computeIfAbsent(key, k -> new Root(k, new ArrayList<>(), new TreeMap<>()));
                findings.stream().filter(f -> !root.findings().contains(f)).forEach(root.findings()::add);
                if (findings.stream().noneMatch(f -> Diagnosis.node(f).equals(node))) {
                    root.explains().put(node, way(node, findings));
                }
            });
        }
        graph.nodes().stream().flatMap(n -> graph.strong(n).stream()).filter(graph::standsAlone)
            .forEach(f -> roots.computeIfAbsent(Merge.key(f), k -> new Root(k, new ArrayList<>(List.of(f)), new TreeMap<>())));
        return Merge.synonyms(List.copyOf(roots.values()));
    }

    /** Components come out children first (Tarjan). */
    private void tarjan(String node) {
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
        if (own.stream().filter(n -> !graph.weak(n).isEmpty()).count() > 1) {
            return Map.of("cycle|" + String.join(",", own), List.of(cycle(weak, own)));
        }
        var progress = own.stream().flatMap(n -> graph.progress(n).stream()).toList();
        // which keeps no pod from starting
        var nameless = weak.stream().allMatch(f -> f.code() == Code.STS_HEADLESS_SVC_MISSING && !f.params().containsKey("named"));
        return keyed(weak.isEmpty() || nameless && graph.young(progress) ? progress : decisive(weak));
    }

    /** A Job that failed is told by its pod, if that tells anything. */
    private static List<Finding> decisive(List<Finding> weak) {
        var inner = weak.stream().filter(f -> f.code().role != Code.Role.WRAPPER).toList();
        return inner.isEmpty() ? weak : inner;
    }

    private static Finding cycle(List<Finding> weak, Set<String> own) {
        var first = weak.get(0);
        return new Finding(Code.UNKNOWN, first.ownerKind(), first.ownerName(),
            first.ownerKind(), first.ownerName(), "", first.since(), weak.stream()
            .flatMap(f -> f.evidence().stream()).toList(),
            Map.of("cycle", own.stream().filter(n -> !n.startsWith("Service/")).collect(Collectors.joining(", "))));
    }

    private static Map<String, List<Finding>> keyed(List<Finding> findings) {
        var keyed = new TreeMap<String, List<Finding>>();
        findings.forEach(f -> keyed.computeIfAbsent(Merge.key(f), k -> new ArrayList<>()).add(f));
        return keyed;
    }

    /** The shortest way from a symptom to where one of these findings stands. */
    private Root.Way way(String from, List<Finding> findings) {
        var goals = findings.stream().map(Diagnosis::node).collect(Collectors.toSet());
        var ways = new LinkedHashMap<String, List<String>>(Map.of(from, List.of()));
        var queue = new ArrayList<>(List.of(from));
        for (int i = 0; i < queue.size(); i++) {
            var at = queue.get(i);
            if (goals.contains(at)) {
                return new Root.Way(ways.get(at), (int) ways.get(at).stream().filter(v -> !v.equals("selector")).count());
            }
            for (var edge : graph.followed(at)) {
                if (!ways.containsKey(edge.to())) {
                    ways.put(edge.to(), Stream.concat(ways.get(at).stream(), Stream.of(edge.via())).toList());
                    queue.add(edge.to());
                }
            }
        }
        return new Root.Way(List.of(), 0);
    }
}

// src/ensure_ready/diagnosis/Scheduling.java

/** What a scheduler's sentence "0/5 nodes are available: …" comes down to. */
public static final class Scheduling {
    private static final Pattern PART = Pattern.compile("(\\d+) ([^,]*(?:\\{[^}]*\\}[^,]*)*)");
    private static final Pattern CONTROL_PLANE = Pattern.compile("node-role\\.kubernetes\\.io/(control-plane|master)");
    private static final Pattern NODE_TROUBLE =
        Pattern.compile("node\\.kubernetes\\.io/(not-ready|unreachable|unschedulable|network-unavailable)|node\\.cloudprovider\\.kubernetes\\.io/uninitialized");
    private static final Pattern PRESSURE = Pattern.compile("node\\.kubernetes\\.io/(memory|disk|pid)-pressure");
    /** A node is named with the first test that it fails; this is the order of the tests, so a later one was nearer to success. */
    private static final List<Code> NEARNESS =
        List.of(Code.SCHED_TAINT, Code.SCHED_NODES_UNAVAILABLE, Code.NODE_PRESSURE, Code.SCHED_NODE_SELECTOR,
        Code.SCHED_HOST_PORT, Code.SCHED_INSUFFICIENT_RESOURCES,
        Code.SCHED_VOLUME_AFFINITY, Code.PVC_ACCESS_MODE, Code.PVC_UNBOUND, Code.SCHED_TOPOLOGY, Code.SCHED_POD_ANTI_AFFINITY);

    private Scheduling() { }

    static Code code(String message, Obj pod, Snapshot snapshot) {
        var text = message.toLowerCase(Locale.ROOT);
        if (text.contains("persistentvolumeclaim \"") && text.contains("not found")) {
            return Code.PVC_MISSING;
        }
        if (text.contains("unbound immediate persistentvolumeclaims") || text.contains("waiting for a volume to be created")
            || text.contains("is being deleted")) {
            return Code.SCHED_VOLUME_UNBOUND;
        }
        if (text.contains("no nodes available") || text.startsWith("0/0 nodes")) {
            return Code.SCHED_NODES_UNAVAILABLE;
        }
        var codes = codes(text);
        var best = codes.stream().max(Comparator.comparingInt(NEARNESS::indexOf)).orElse(Code.UNKNOWN);
        if (best == Code.SCHED_NODE_SELECTOR && codes.contains(Code.SCHED_NODES_UNAVAILABLE)
            && (!snapshot.knows("Node") || wanted(pod, snapshot))) {
            return Code.SCHED_NODES_UNAVAILABLE; // which labels the closed node has is not told: it may be the one that is meant
        }
        if (best == Code.SCHED_NODE_SELECTOR && codes.contains(Code.SCHED_TAINT) && wanted(pod, snapshot)) {
            return Code.SCHED_TAINT;
        }
        return best;
    }

    /** The reasons by node, without the second sentence about preemption and without control planes, which are closed on purpose. */
    public static List<Code> codes(String text) {
        var body = text.replaceFirst("^[^:]*available:", "").replaceFirst("\\bpreemption:.*", "")
            .replaceFirst("no new claims to deallocate.*", "");
        var codes = new ArrayList<Code>();
        var closed = false;
        var parts = PART.matcher(body);
        while (parts.find()) {
            if (CONTROL_PLANE.matcher(parts.group(2)).find()) {
                closed = true;
            } else {
                reason(parts.group(2)).ifPresent(codes::add);
            }
        }
        if (codes.isEmpty() && closed) {
            codes.add(Code.SCHED_TAINT);
        }
        return codes;
    }

    private static Optional<Code> reason(String part) {
        if (part.contains("taint")) {
            return Optional.of(NODE_TROUBLE.matcher(part).find() ? Code.SCHED_NODES_UNAVAILABLE
                : PRESSURE.matcher(part).find() ? Code.NODE_PRESSURE
                : Code.SCHED_TAINT);
        }
        if (part.contains("volume node affinity") || part.contains("persistentvolume's node affinity")
            || part.contains("available volume zone")) {
            return Optional.of(Code.SCHED_VOLUME_AFFINITY);
        }
        if (part.contains("find available persistent volumes") || part.contains("bound to non-existent persistentvolume")
            || part.contains("unbound")) {
            return Optional.of(Code.PVC_UNBOUND);
        }
        if (part.contains("readwriteoncepod") || part.contains("no available disk") || part.contains("already mounted")) {
            return Optional.of(Code.PVC_ACCESS_MODE);
        }
        if (part.contains("pod anti-affinity") || part.contains("pod affinity") || part.contains("existing pods anti-affinity")
            || part.contains("inter-pod") || part.contains("pod affinity/anti-affinity")) {
            return Optional.of(Code.SCHED_POD_ANTI_AFFINITY);
        }
        if (part.contains("topology spread")) {
            return Optional.of(Code.SCHED_TOPOLOGY);
        }
        if (part.contains("node affinity") || part.contains("node selector") || part.contains("node(s) didn't match node")
            || part.contains("requested node name") || part.contains("nodeselector")) {
            return Optional.of(Code.SCHED_NODE_SELECTOR);
        }
        if (part.contains("free ports")) {
            return Optional.of(Code.SCHED_HOST_PORT);
        }
        if (part.contains("insufficient") || part.contains("too many pods") || part.contains("exceed max volume count")) {
            return Optional.of(Code.SCHED_INSUFFICIENT_RESOURCES);
        }
        return part.contains("unschedulable") || part.contains("not ready")
            || part.contains("unavailable") ? Optional.of(Code.SCHED_NODES_UNAVAILABLE)
            : Optional.empty();
    }

    /** True when a node has the labels that the pod asks for: then it is something else that closes that node. */
    private static boolean wanted(Obj pod, Snapshot snapshot) {
        var selector = pod.map("/spec/nodeSelector");
        var terms = pod.list("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
        return snapshot.all("Node").stream().anyMatch(n -> n.labels().entrySet().containsAll(selector.entrySet())
            && (terms.isEmpty() || terms.stream().anyMatch(t -> matches(t, n))));
    }

    private static boolean matches(JsonNode term, Obj node) {
        for (var e : term.path("matchExpressions")) {
            if (!Selector.expression(e, node.labels())) {
                return false;
            }
        }
        return true;
    }
}

// src/ensure_ready/diagnosis/Symptom.java

/** What a cause accounts for: by which edges, over how many workloads. */
public record Symptom(String object, Code code, List<String> via, int hops) { }

// src/ensure_ready/diagnosis/Unexplained.java

public record Unexplained(String object, Code code, String message) { }

// src/ensure_ready/diagnosis/Wait.java

/** What a container's command waits for: the usual ways to write "until the database is there". */
public static final class Wait {
    private static final String HOST = "([A-Za-z0-9](?:[\\w.-]*[A-Za-z0-9])?)";
    private static final List<Pattern> COMMANDS = Stream.of(
        "\\bnc\\s+(?:-\\S+\\s+(?:\\d+\\s+)?)*" + HOST + "\\s+(\\d{1,5})", "\\bnc\\s+(?:-\\S+\\s+)*" + HOST + ":(\\d{1,5})",
            "/dev/tcp/" + HOST + "/(\\d{1,5})",
        "\\bpg_isready\\b[^;&|]*?(?:-h|--host)[= ]*" + HOST + "(?:[^;&|]*?(?:-p|--port)[= ]*(\\d{1,5}))?",
            "\\bmysqladmin\\b[^;&|]*?(?:-h|--host)[= ]*"
            + HOST + "(?:[^;&|]*?(?:-P|--port)[= ]*(\\d{1,5}))?",
        "\\b(?:mysql|psql|mongosh?|redis-cli|valkey-cli)\\b[^;&|]*?(?:-h|--host)[= ]*"
            + HOST + "(?:[^;&|]*?(?:-[pP]|--port)[= ]*(\\d{1,5}))?",
        "\\b(?:nslookup|getent\\s+hosts|dig(?:\\s+\\+\\S+)*|host|ping(?:\\s+-\\S+(?:\\s+\\d+)?)*)\\s+" + HOST + "()",
            "\\bwait-for(?:-it)?(?:\\.sh)?\\s+(?:-\\S+\\s+)*" + HOST + ":(\\d{1,5})",
        "-wait\\s+(?:tcp|http|https|tcp4|tcp6)://" + HOST + "(?::(\\d{1,5}))?",
            "\\b(?:curl|wget)\\b[^;&|]*?(?:https?://)" + HOST + "(?::(\\d{1,5}))?",
        "\\b(?:curl|wget)\\b(?:\\s+-\\S+)*\\s+" + HOST + ":(\\d{1,5})",
            "\\b(?:mongodb|postgres(?:ql)?|redis|amqp|mysql)://(?:[^@/\\s]*@)?" + HOST
            + "(?::(\\d{1,5}))?").map(Pattern::compile).toList();
    private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)(?::-[^}]*)?\\}|\\((\\w+)\\)|(\\w+))");

    /** A host as written, and a port or an empty text. */
    record Target(String host, String port) {
        @Override
        public String toString() {
            return port.isEmpty() ? host : host + ":" + port;
        }
    }

    private Wait() { }

    static List<Target> targets(JsonNode container) {
        var text = new StringBuilder();
        container.path("command").forEach(c -> text.append(c.asText()).append(' '));
        container.path("args").forEach(a -> text.append(a.asText()).append(' '));
        var env = new HashMap<String, String>();
        container.path("env").forEach(e -> env.put(e.path("name").asText(), e.path("value").asText()));
        var line = VARIABLE.matcher(text)
            .replaceAll(m -> Matcher.quoteReplacement(env
            .getOrDefault(m.group(1) != null ? m.group(1) : m.group(2) != null ? m.group(2) : m.group(3),
            m.group())));
        var found = new LinkedHashSet<Target>();
        for (var command : COMMANDS) {
            var match = command.matcher(line);
            while (match.find()) {
                var port = match.group(2) == null ? "" : match.group(2);
                if (match.group(1) != null && !match.group(1).isEmpty() && !match.group(1).matches("localhost|127\\.0\\.0\\.1|\\d+")) {
                    found.add(new Target(match.group(1), port));
                }
            }
        }
        return found.stream()
            .filter(t -> !t.port().isEmpty() || found.stream().noneMatch(o -> o.host().equals(t.host()) && !o.port().isEmpty())).toList();
    }
}

// src/ensure_ready/diagnosis/Warning.java

public record Warning(Code code, String object, String message) { }

// src/ensure_ready/diagnosis/Wiring.java

/** Who needs whom: a workload names hosts in commands, settings and logs, and hosts are Services, and Services are workloads. Pure. */
public static final class Wiring {
    /** "from needs to", how that is known, and how sure it is (0 to 1); a port when one was named, else an empty text. */
    record Edge(String from, String to, String via, double confidence, String port) { }

    /** A host that a workload names: in {@code via}, under a setting's {@code key}. */
    record Mention(String host, String port, String via, double confidence) { }

    private static final List<String> WORKLOADS = List.of("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob");
    private static final Pattern URL =
        Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^@/\\s]*@)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\\d{1,5}))?");
    private static final Pattern HOST_PORT =
        Pattern.compile("(?:^|[\\s,;=@(\\[/'\"])([A-Za-z](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):(\\d{2,5})(?=$|[\\s,;/)\\]'\"?])");
    private static final Pattern DSN =
        Pattern.compile("(?i)\\b(?:host|server|data source)=([A-Za-z](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?:.{0,80}?\\bport=(\\d{1,5}))?");
    private static final Pattern HOST = Pattern.compile("[a-z](?:[a-z0-9.-]*[a-z0-9])?");
    private static final Pattern KEY = Pattern.compile("(?i)(HOST(S|NAME)?|ADDR(ESS)?|UR[LI]|DSN|BROKERS?|SERVERS?|ENDPOINT|SERVICE)$");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\((\\w+)\\)");
    private static final Pattern KUBECTL_WAIT =
        Pattern.compile("\\b(job|deploy(?:ment)?|statefulset|sts|pod)s?(?:\\.\\w+)?[/ ]([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)");
    private final Snapshot snapshot;
    private final Map<String, Obj> templates = new TreeMap<>();
    private final Map<String, List<Mention>> mentions = new TreeMap<>();

    Wiring(Snapshot snapshot) {
        this.snapshot = snapshot;
        snapshot.applied().stream().filter(a -> a.result() == Result.failed && WORKLOADS.contains(a.object().kind()))
            .forEach(a -> templates.put(key(a.object()), a.object()));
        WORKLOADS.forEach(kind -> snapshot.all(kind).forEach(o -> templates.put(key(o), o)));
        snapshot.all("ReplicaSet").stream().filter(o -> o.controller().isMissingNode()).forEach(o -> templates.put(key(o), o));
        snapshot.all("Pod").stream().filter(o -> o.controller().isMissingNode()).forEach(o -> templates.put(key(o), o));
        templates.forEach((name, workload) -> mentions.put(name, mentions(workload)));
    }

    static String key(Obj o) {
        return o.kind() + "/" + o.name();
    }

    Map<String, Obj> templates() {
        return templates;
    }

    /** The pod template of a workload: its labels and its spec. */
    static JsonNode template(Obj workload) {
        return switch (workload.kind()) {
            case "Pod" -> workload.json();
            case "CronJob" -> workload.at("/spec/jobTemplate/spec/template");
            default -> workload.at("/spec/template");
        };
    }

    static Map<String, String> labels(Obj workload) {
        return new Obj(template(workload)).labels();
    }

    List<Mention> mentions(String workload) {
        return mentions.getOrDefault(workload, List.of());
    }

    /** Workloads whose pods a Service selects. */
    List<String> behind(Obj service) {
        var selector = service.map("/spec/selector");
        return selector.isEmpty() ? List.of() : templates.entrySet().stream()
            .filter(e -> labels(e.getValue()).entrySet().containsAll(selector.entrySet()))
            .map(Map.Entry::getKey).toList();
    }

    /**
     * The Service that a host means in this namespace: short, qualified, a StatefulSet pod's name, or an address; empty when it is
     * another's.
     */
    Optional<Obj> service(String host) {
        for (var service : snapshot.all("Service")) {
            if (!service.text("/spec/clusterIP").isEmpty() && service.text("/spec/clusterIP").equals(host)) {
                return Optional.of(service);
            }
        }
        return local(host).flatMap(name -> snapshot.find("Service", name));
    }

    /** The Service name that a host would have in this namespace; empty for other namespaces and the outside. */
    Optional<String> local(String host) {
        var parts = List.of(host.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "").replaceFirst("\\.svc(\\..*)?$", "").split("\\."));
        var qualified = host.contains(".svc");
        if (parts.size() == 1) {
            return Optional.of(parts.get(0));
        }
        if (parts.size() == 2 && parts.get(1).equals(snapshot.namespace())) {
            return Optional.of(parts.get(0));
        }
        if (parts.size() == 2 && (snapshot.find("Service", parts.get(1)).isPresent() || snapshot.all("StatefulSet").stream()
            .anyMatch(s -> s.text("/spec/serviceName").equals(parts.get(1))))) {
            return Optional.of(parts.get(1));
        }
        return parts.size() == 3 && parts.get(2).equals(snapshot.namespace()) && qualified ? Optional.of(parts.get(1)) : Optional.empty();
    }

    /** The workload that an address of a pod belongs to. */
    Optional<String> byAddress(String host, Facts facts) {
        return snapshot.all("Pod").stream().filter(p -> !p.text("/status/podIP").isEmpty() && p.text("/status/podIP").equals(host))
            .map(p -> String.join("/", facts.owner(p))).findFirst();
    }

    List<Edge> edges() {
        var edges = new ArrayList<Edge>();
        templates.forEach((from, workload) -> {
            mentions(from).forEach(m -> service(m.host())
                .ifPresent(s -> edges.add(new Edge(from, "Service/" + s.name(), m.via(), served(s, m), m.port()))));
            References.of(template(workload).path("spec")).stream().filter(r -> r.kind().equals("PersistentVolumeClaim"))
                .forEach(r -> edges.add(new Edge(from, r.kind() + "/" + r.name(), "volume", 1, "")));
            claims(workload).forEach(c -> edges.add(new Edge(from, "PersistentVolumeClaim/" + c, "volumeClaimTemplate", 1, "")));
            waits(workload).forEach(w -> edges.add(new Edge(from, w, "init:kubectl wait", 0.95, "")));
            registry(workload).ifPresent(s -> edges.add(new Edge(from, "Service/" + s.name(), "image", 0.9, "")));
        });
        snapshot.all("Service").forEach(s -> behind(s).forEach(w -> edges.add(new Edge("Service/" + s.name(), w, "selector", 1, ""))));
        snapshot.all("Ingress").forEach(i -> backends(i).forEach(b -> edges.add(new Edge(key(i), "Service/" + b, "backend", 1, ""))));
        templates.values().stream().filter(w -> !w.controller().isMissingNode() && !w.kind().equals("Job"))
            .forEach(w -> edges.add(new Edge(w.controller().path("kind").asText() + "/" + w.controller()
            .path("name").asText(), key(w), "owner", 1, "")));
        templates.forEach((from, workload) -> References.of(template(workload).path("spec"))
            .stream().filter(r -> r.kind().equals("PersistentVolumeClaim")
            && snapshot.find(r.kind(), r.name()).filter(c -> c.text("/status/phase").equals("Pending")).isPresent())
            .forEach(r -> edges.add(new Edge(r.kind() + "/" + r.name(), from, "first consumer", 0.6, ""))));
        snapshot.all("CronJob").forEach(c -> snapshot.ownedBy("Job", c).forEach(j -> edges.add(new Edge(key(c), key(j), "owner", 1, ""))));
        return edges.stream().distinct().filter(e -> !e.from().equals(e.to()))
            .sorted(Comparator.comparing(Edge::from).thenComparing(Edge::to)
            .thenComparing(e -> -e.confidence()).thenComparing(Edge::via).thenComparing(Edge::port)).toList();
    }

    /** A setting that names a Service and one of its ports is surer than one that names only the host. */
    private static double served(Obj service, Mention mention) {
        return mention.confidence() >= 0.9 || mention.port().isEmpty() ? mention.confidence() : Math.max(mention.confidence(), 0.8);
    }

    private List<String> claims(Obj workload) {
        if (!workload.kind().equals("StatefulSet")) {
            return List.of();
        }
        return workload.list("/spec/volumeClaimTemplates").stream().map(t -> t.at("/metadata/name").asText() + "-" + workload.name() + "-")
            .flatMap(prefix -> snapshot.all("PersistentVolumeClaim").stream().map(Obj::name)
                .filter(n -> n.startsWith(prefix) && n.substring(prefix.length()).matches("\\d+"))).toList();
    }

    private Optional<Obj> registry(Obj workload) {
        for (var c : template(workload).at("/spec/containers")) {
            var host = c.path("image").asText().replaceFirst("/.*", "").replaceFirst(":\\d+$", "");
            if (c.path("image").asText().contains("/") && service(host).isPresent()) {
                return service(host);
            }
        }
        return Optional.empty();
    }

    static List<String> backends(Obj ingress) {
        var names = new LinkedHashSet<String>();
        names.add(ingress.text("/spec/defaultBackend/service/name"));
        ingress.list("/spec/rules").forEach(r -> r.at("/http/paths").forEach(p -> names.add(p.at("/backend/service/name").asText())));
        names.remove("");
        return List.copyOf(names);
    }

    private static List<String> waits(Obj workload) {
        var found = new ArrayList<String>();
        for (var c : template(workload).at("/spec/initContainers")) {
            var text = words(c);
            if (text.contains("kubectl wait") || text.contains("kubectl rollout status")
                || c.path("image").asText().contains("k8s-wait-for")) {
                var match = KUBECTL_WAIT.matcher(text);
                while (match.find()) {
                    var kind = match.group(1).startsWith("job") ? "Job" : match.group(1).startsWith("deploy")
                        ? "Deployment" : match.group(1)
                        .startsWith("pod") ? "Pod" : "StatefulSet";
                    found.add(kind + "/" + match.group(2));
                }
            }
        }
        return found;
    }

    static String words(JsonNode container) {
        var words = new StringBuilder();
        container.path("command").forEach(c -> words.append(c.asText()).append(' '));
        container.path("args").forEach(a -> words.append(a.asText()).append(' '));
        return words.toString();
    }

    private List<Mention> mentions(Obj workload) {
        var found = new LinkedHashSet<Mention>();
        var spec = template(workload).path("spec");
        spec.path("initContainers")
            .forEach(c -> Wait.targets(c)
            .forEach(t -> found.add(new Mention(t.host(), t.port(), "init:" + c.path("name").asText() + " " + t, 0.95))));
        spec.path("containers").forEach(c -> Wait.targets(c)
            .forEach(t -> found.add(new Mention(t.host(), t.port(), "command:" + c.path("name").asText() + " " + t, 0.8))));
        for (var list : List.of("initContainers", "containers")) {
            for (var c : spec.path(list)) {
                settings(c).forEach((key, value) -> found.addAll(setting("env " + key, key, value)));
                found.addAll(setting("args", "", words(c)));
            }
        }
        References.of(spec).stream().filter(r -> r.kind().equals("ConfigMap") && r.key().isEmpty())
            .forEach(r -> snapshot.find("ConfigMap", r.name())
            .ifPresent(m -> m.map("/data")
            .forEach((key, value) -> found.addAll(setting("configmap " + r.name() + " " + key, key, value)))));
        References.of(spec).stream().filter(r -> r.kind().equals("Secret")).forEach(r -> snapshot.find("Secret", r.name())
            .ifPresent(s -> s.map("/hosts").forEach((key, value) -> found.addAll(setting("secret " + r.name() + " " + key, key, value)))));
        return List.copyOf(found);
    }

    /** A container's variables with ConfigMap values filled in and {@code $(NAME)} expanded. */
    private Map<String, String> settings(JsonNode container) {
        var env = new TreeMap<String, String>();
        for (var e : container.path("env")) {
            var from = e.at("/valueFrom/configMapKeyRef");
            env.put(e.path("name").asText(), from.isObject() ? snapshot.find("ConfigMap", from.path("name").asText())
                .map(m -> m.at("/data").path(from.path("key").asText()).asText()).orElse("") : e.path("value").asText());
        }
        env.replaceAll((k, v) -> VARIABLE.matcher(v).replaceAll(m -> Matcher.quoteReplacement(env.getOrDefault(m.group(1), m.group()))));
        env.replaceAll((k, v) -> HOST.matcher(v).matches() && KEY.matcher(k).find() ? paired(env, k, v) : v);
        return env;
    }

    /** DB_HOST and DB_PORT are one address written in two. */
    private static String paired(Map<String, String> env, String key, String host) {
        var port = env.getOrDefault(key.replaceFirst("(?i)(HOST(NAME)?|ADDR(ESS)?|SERVER)$", "PORT"), "");
        return port.matches("\\d{2,5}") ? host + ":" + port : host;
    }

    private static List<Mention> setting(String via, String key, String value) {
        var found = new LinkedHashSet<Mention>();
        for (var pattern : List.of(URL, HOST_PORT, DSN)) {
            var match = pattern.matcher(value);
            while (match.find()) {
                found.add(new Mention(match.group(1), match.group(2) == null ? "" : match.group(2), via, match.group(2) == null ? 0.6
                    : pattern != HOST_PORT || KEY.matcher(key).find() ? 0.8 : 0.7));
            }
        }
        if (KEY.matcher(key).find()) {
            for (var host : value.split("[,\\s]+")) {
                if (HOST.matcher(host).matches()) {
                    found.add(new Mention(host, "", via, 0.6));
                }
            }
        }
        return List.copyOf(found);
    }
}

// src/ensure_ready/diagnosis/WiringFindings.java

/** Faults between objects: Services that select nothing, ports that nobody serves, Ingresses that lead nowhere. Pure. */
public static final class WiringFindings {
    /** Labels that many workloads of one application share say nothing about which one is meant. */
    private static final Pattern COMMON_LABEL =
        Pattern.compile("(.*/)?(part-of|managed-by|instance|release|chart|env|environment|heritage|project|team|stage|created-by|slot|issue|version|tier|track)$");
    private final Facts facts;
    private final Snapshot snapshot;
    private final Wiring wiring;
    private final Set<String> unready;

    WiringFindings(Facts facts, Wiring wiring, Set<String> unready) {
        this.facts = facts;
        this.snapshot = facts.snapshot;
        this.wiring = wiring;
        this.unready = unready;
    }

    void find() {
        snapshot.all("Service").forEach(this::service);
        snapshot.all("Ingress").forEach(this::ingress);
        snapshot.all("StatefulSet").forEach(this::headless);
        snapshot.all("HorizontalPodAutoscaler").forEach(this::autoscaler);
        snapshot.all("PodDisruptionBudget").forEach(this::budget);
        wiring.templates().values().forEach(this::zero);
    }

    private void add(Code code, Obj object, List<Evidence> evidence, Map<String, String> params) {
        facts.add(code, object.kind(), object.name(), new String[] {object.kind(), object.name()},
            "", object.time("/metadata/creationTimestamp")
            .orElse(null), evidence, params);
    }

    private void service(Obj service) {
        var selector = service.map("/spec/selector");
        if (service.text("/spec/type").equals("ExternalName") || selector.isEmpty()) {
            return;
        }
        var behind = wiring.behind(service);
        var pods = snapshot.all("Pod").stream().filter(p -> p.labels().entrySet().containsAll(selector.entrySet())).toList();
        if (behind.isEmpty() && pods.isEmpty()) {
            var near = near(service, selector);
            if (near.isEmpty() && !unready.contains(Wiring.key(service))) {
                add(Code.SVC_NO_READY_ENDPOINTS, service, List.of(Findings.spec(service, "spec.selector", selector + " selects no pod")),
                    Map.of());
            }
            near.ifPresent(w ->
                add(Code.SVC_SELECTOR_MISMATCH, service, List.of(Findings.spec(service, "spec.selector", selector.toString()),
                Findings.spec(w, "spec.template.metadata.labels", Wiring.labels(w).toString())),
                    Map.of("workload", w.ref(), "differs", difference(selector, Wiring.labels(w)))));
        } else if (!behind.isEmpty()) {
            ports(service, behind);
            behind.forEach(w -> closed(service, wiring.templates().get(w)));
        }
        if (unready.contains(Wiring.key(service))) {
            add(Code.SVC_NO_READY_ENDPOINTS, service, List.of(Findings.spec(service, "status", "no pod behind it is ready")), Map.of());
        }
        if (service.text("/spec/type").equals("LoadBalancer") && service.list("/status/loadBalancer/ingress").isEmpty()) {
            add(Code.SVC_LB_PENDING, service, List.of(Findings.spec(service, "status.loadBalancer", "no address")), Map.of());
        }
    }

    /**
     * The workload that the Service means though its labels differ: it has the Service's name, or shares a label that tells workloads
     * apart.
     */
    private Optional<Obj> near(Obj service, Map<String, String> selector) {
        var taken = new HashSet<String>();
        snapshot.all("Service").forEach(s -> taken.addAll(wiring.behind(s)));
        return wiring.templates().entrySet().stream().filter(e -> !e.getKey().startsWith("Job/") && !e.getKey().startsWith("CronJob/"))
            .map(Map.Entry::getValue).filter(w -> {
            var shared = Wiring.labels(w).entrySet().stream().filter(selector.entrySet()::contains)
                .anyMatch(l -> !COMMON_LABEL.matcher(l.getKey()).matches());
            return shared || named(service.name(), w.name()) && !taken.contains(Wiring.key(w));
        }).min(Comparator.comparing((Obj w) -> !named(service.name(), w.name())).thenComparing(Wiring::key));
    }

    /** A Service before pods that no policy lets anybody reach serves nobody. */
    private void closed(Obj service, Obj workload) {
        if (unready.contains(Wiring.key(workload))) {
            return; // probes come from the node, which no policy stops: it has another cause
        }
        new Policies(snapshot).closed(Wiring.labels(workload))
            .ifPresent(p -> facts.add(Code.NETPOL_BLOCKING, p.kind(), p.name(), new String[] {workload.kind(), workload.name()}, "", null,
            List.of(Findings.spec(p, "spec.ingress", "nobody may reach " + workload.ref() + " behind " + service.ref())),
                Map.of("to", service.ref())));
    }

    private static boolean named(String service, String workload) {
        return service.equals(workload) || service.equals(workload + "-service")
            || service.equals(workload + "-svc") || workload.startsWith(service + "-")
            && workload.substring(service.length() + 1).matches("v?\\d+|deployment|deploy|app|server");
    }

    private static String difference(Map<String, String> selector, Map<String, String> labels) {
        return selector.entrySet().stream().filter(e -> !e.getValue().equals(labels.get(e.getKey())))
            .map(e -> e.getKey() + "=" + e.getValue() + ", pods have "
            + (labels.containsKey(e.getKey()) ? e.getKey() + "=" + labels.get(e.getKey())
            : "no " + e.getKey())).sorted().collect(Collectors.joining("; "));
    }

    /**
     * containerPort is information, not law: a number is doubted only when none of the Service's ports fits and the pods do say their
     * ports.
     */
    private void ports(Obj service, List<String> behind) {
        var open = new LinkedHashSet<String>();
        behind.forEach(w -> open.addAll(open(wiring.templates().get(w))));
        if (open.isEmpty()) {
            return;
        }
        var wrong = service.list("/spec/ports").stream().filter(p -> !open.contains(target(p))).toList();
        var named = wrong.stream().filter(p -> !target(p).matches("\\d+")).findFirst();
        var doubted = named.isPresent() ? named : wrong.size() == service.list("/spec/ports").size()
            ? wrong.stream().findFirst() : Optional.<JsonNode>empty();
        doubted.ifPresent(p ->
            add(Code.SVC_TARGET_PORT_MISMATCH, service, List.of(Findings.spec(service, "spec.ports.targetPort", target(p)),
            Findings.spec(wiring.templates().get(behind.get(0)), "spec.template.spec.containers.ports", String.join(", ", open))),
                Map.of("targetPort", target(p), "containerPorts", String.join(",", open))));
    }

    static String target(JsonNode port) {
        return port.path("targetPort").asText(port.path("port").asText());
    }

    /** Ports that a workload's containers declare or are probed on, by number and name. */
    static Set<String> open(Obj workload) {
        var open = new LinkedHashSet<String>();
        for (var list : List.of("containers", "initContainers")) {
            for (var c : Wiring.template(workload).path("spec").path(list)) {
                c.path("ports").forEach(p -> {
                    open.add(p.path("containerPort").asText());
                    open.add(p.path("name").asText(p.path("containerPort").asText()));
                });
                if (!c.path("ports").isEmpty()) {
                    List.of("/readinessProbe/httpGet/port", "/readinessProbe/tcpSocket/port", "/readinessProbe/grpc/port")
                        .forEach(p -> Optional.of(c.at(p).asText()).filter(t -> !t.isEmpty()).ifPresent(open::add));
                }
            }
        }
        return open;
    }

    private void ingress(Obj ingress) {
        var type = ingress.text("/spec/ingressClassName").isEmpty() ? ingress.annotation("kubernetes.io/ingress.class")
            : ingress.text("/spec/ingressClassName");
        if (ingress.has("/spec/ingressClassName") && !facts.exists("IngressClass", type)) {
            add(Code.INGRESS_CLASS_MISSING, ingress, List.of(Findings.spec(ingress, "spec.ingressClassName", type)), Map.of("class", type));
        }
        var backends = new ArrayList<JsonNode>();
        backends.add(ingress.at("/spec/defaultBackend/service"));
        ingress.list("/spec/rules").forEach(r -> r.at("/http/paths").forEach(p -> backends.add(p.at("/backend/service"))));
        backends.stream().filter(b -> b.has("name")).distinct().forEach(b -> backend(ingress, b));
        ingress.list("/spec/tls").stream().map(t -> t.path("secretName").asText())
            .filter(s -> !s.isEmpty() && !facts.exists("Secret", s)).distinct()
            .forEach(s -> {
            var issued = ingress.json().at("/metadata/annotations").toString().contains("cert-manager.io/")
                && facts.age(ingress.time("/metadata/creationTimestamp")) < 600;
            if (!issued) {
                add(Code.INGRESS_TLS_SECRET_MISSING, ingress, List.of(Findings.spec(ingress, "spec.tls.secretName", s)), Map.of("name", s));
            }
        });
    }

    private void backend(Obj ingress, JsonNode backend) {
        var name = backend.path("name").asText();
        if (!snapshot.knows("Service")) {
            return;
        }
        var service = snapshot.find("Service", name);
        var port = backend.at("/port/name").asText(backend.at("/port/number").asText());
        if (service.isEmpty()) {
            add(Code.INGRESS_BACKEND_MISSING, ingress, List.of(Findings.spec(ingress, "spec.rules.backend.service.name", name)),
                Map.of("service", name, "nearMiss", Near.of(name, snapshot.all("Service"))));
        } else if (!port.isEmpty() && !service.get().text("/spec/type").equals("ExternalName") && service.get().list("/spec/ports").stream()
            .noneMatch(p -> p.path("port").asText().equals(port) || p.path("name").asText().equals(port))) {
            add(Code.INGRESS_BACKEND_PORT, ingress, List.of(Findings.spec(ingress, "spec.rules.backend.service.port", name + ":" + port)),
                Map.of("service", name, "port", port));
        }
    }

    private void headless(Obj set) {
        var name = set.text("/spec/serviceName");
        if (!name.isEmpty() && !facts.exists("Service", name)) {
            add(Code.STS_HEADLESS_SVC_MISSING, set, List.of(Findings.spec(set, "spec.serviceName", name)), Map.of("service", name));
        }
    }

    private void autoscaler(Obj hpa) {
        var active = hpa.condition("ScalingActive");
        var able = hpa.condition("AbleToScale");
        var bad = active.path("status").asText().equals("False") && !active.path("reason").asText().equals("ScalingDisabled")
            ? active : able.path("status")
            .asText().equals("False") ? able : MissingNode.getInstance();
        if (bad.isObject()) {
            add(Code.HPA_NO_METRICS, hpa, List.of(Findings.evidence(hpa, bad)), Map.of("reason", bad.path("reason").asText()));
        }
    }

    private void budget(Obj budget) {
        var allowed = budget.condition("DisruptionAllowed");
        if (allowed.path("status").asText().equals("False")
            && budget.number("/status/currentHealthy", 0) >= budget.number("/status/desiredHealthy", 0)) {
            add(Code.PDB_BLOCKING, budget, List.of(Findings.evidence(budget, allowed)), Map.of());
        }
    }

    /** Zero is a choice; it is a fault only where others need what is switched off, which the diagnosis sees. */
    private void zero(Obj workload) {
        var scaled = snapshot.all("HorizontalPodAutoscaler").stream()
            .anyMatch(h -> h.text("/spec/scaleTargetRef/name").equals(workload.name()));
        if (workload.has("/spec/replicas") && workload.number("/spec/replicas", 1) == 0 && !scaled) {
            add(Code.REPLICAS_ZERO, workload, List.of(Findings.spec(workload, "spec.replicas", "0")), Map.of());
        }
    }
}

// src/ensure_ready/readiness/CustomReadiness.java

/**
 * The generic rule for custom resources: conditions (nested ones too), their generations, words of phase, state and health, replicas.
 * What shows none of these is unverified: guessing would be right as often as a coin.
 */
public static final class CustomReadiness {
    private static final Set<String> FLAGS = Set.of("ready", "healthy", "readyToUse", "available", "synced", "isReady");

    private CustomReadiness() { }

    /**
     * @param statusless whether nobody ever writes a status of its kind
     * @param children   the workloads that an operator made for it, judged; asked for when its own status proves nothing
     */
    static Workload judge(Obj o, boolean statusless, Tally tally, Supplier<List<Workload>> children) {
        if (!o.has("/status") || o.at("/status").isEmpty()) {
            return statusless ? tally.ready("its kind has no status") : tally.progressing("has no status yet");
        }
        var conditions = CustomStatus.conditions(o);
        var words = CustomStatus.words(o.at("/status"));
        var failure = failure(o, conditions, words);
        if (failure.isPresent()) {
            return tally.failed(failure.get());
        }
        var doubt = doubt(o, conditions, words);
        if (doubt.isPresent()) {
            boolean suspended = o.is("/spec/suspend") || o.is("/spec/paused");
            return suspended ? tally.suspended("suspended: " + doubt.get()) : tally.progressing(doubt.get());
        }
        boolean proven = conditions.stream().anyMatch(CustomStatus::positive) || !words.isEmpty() || o.has("/status/readyReplicas")
            || FLAGS.stream().anyMatch(flag -> o.at("/status/" + flag).isBoolean());
        return proven ? tally.ready("") : byChildren(children.get(), tally);
    }

    /** What says that it failed; the controller may try again, so this alone ends no wait at once. */
    private static Optional<String> failure(Obj o, List<JsonNode> conditions, List<String> words) {
        return conditions.stream().filter(c -> !stale(o, c) && (CustomStatus.broken(c) || CustomStatus.triedInVain(c)))
            .findFirst().map(Phrases::said).or(() -> CustomStatus.failedWord(words).map(CustomReadiness::is));
    }

    /** Why it may not be ready although nothing says that it failed; empty when nothing speaks against it. */
    private static Optional<String> doubt(Obj o, List<JsonNode> conditions, List<String> words) {
        return conditions.stream().flatMap(c -> doubt(o, c).stream()).findFirst()
            .or(() -> FLAGS.stream().filter(f -> o.at("/status/" + f).isBoolean() && !o.is("/status/" + f)).findFirst()
                .map(f -> f + " is false"))
            .or(() -> counts(o))
            .or(() -> CustomStatus.unfinishedWord(conditions, words).map(CustomReadiness::is));
    }

    private static Optional<String> doubt(Obj o, JsonNode c) {
        boolean positive = CustomStatus.positive(c);
        if (CustomStatus.ailing(c) || positive && !Obj.isTrue(c)) {
            return Optional.of(Phrases.said(c));
        }
        if (positive && stale(o, c)) {
            var seen = c.path("observedGeneration").asLong();
            return Optional.of(CustomStatus.type(c) + " speaks of generation " + seen + ", not of " + o.generation());
        }
        return CustomStatus.rollingOut(c) ? Optional.of(Phrases.said(c)) : Optional.empty();
    }

    /** Whether it was said of an earlier generation of the object. */
    private static boolean stale(Obj o, JsonNode condition) {
        return condition.has("observedGeneration") && condition.path("observedGeneration").asLong() < o.generation();
    }

    private static Optional<String> counts(Obj o) {
        long desired = o.number("/spec/replicas", o.number("/status/desiredNumberScheduled", -1));
        boolean counted = o.has("/status/readyReplicas") || o.has("/status/availableReplicas")
            || o.has("/status/replicas") && o.has("/spec/replicas");
        long ready = o.number("/status/readyReplicas", o.number("/status/availableReplicas", 0));
        if (desired >= 0 && counted && ready < desired) {
            return Optional.of(ready + " of " + desired + " ready");
        }
        boolean updates = o.has("/status/updatedReplicas") && o.has("/spec/replicas");
        long updated = o.number("/status/updatedReplicas", 0);
        return updates && updated < desired ? Optional.of(updated + " of " + desired + " updated") : Optional.empty();
    }

    private static String is(String word) {
        return "is " + Phrases.brief(word);
    }

    private static Workload byChildren(List<Workload> children, Tally tally) {
        if (children.isEmpty()) {
            return tally.unverified("its status has nothing that says whether it is ready");
        }
        var late = children.stream().filter(w -> w.state() != State.ready).findFirst();
        return late.map(w -> tally.progressing(w.ref() + ": " + w.message()))
            .orElseGet(() -> tally.ready("judged by what it owns: " + children.stream()
            .map(Workload::ref).sorted().collect(Collectors.joining(", "))));
    }
}

// src/ensure_ready/readiness/CustomStatus.java

/**
 * The words in which custom resources say how they are, for the judge and for the finder alike: types and reasons of conditions (nested
 * ones too), and texts of phase, state, status and health. Pure.
 */
public static final class CustomStatus {
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
            if (e.getValue().isTextual()) {
                words.add(e.getValue().asText());
            } else {
                e.getValue().properties().stream()
                    .filter(inner -> WORD_KEY.matcher(inner.getKey()).matches() && inner.getValue().isTextual())
                    .forEach(inner -> words.add(inner.getValue().asText()));
            }
        });
        words.removeIf(String::isBlank);
        return words;
    }

    /** Whether the condition speaks against its object: a good one that is not so, or a bad one that is. */
    public static boolean bad(JsonNode condition) {
        return positive(condition) ? condition.path("status").asText().equals("False") : broken(condition) || ailing(condition);
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
        return positive(condition) && condition.path("status").asText().equals("False")
            && FAILED_REASON.matcher(condition.path("reason").asText()).matches();
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
            && !condition.path("reason").asText().matches("(?i).*(available|completed?|succeeded|healthy|asexpected)");
    }

    static String type(JsonNode condition) {
        return condition.path("type").asText();
    }
}

// src/ensure_ready/readiness/Family.java

/** Who belongs to whom in a snapshot, indexed once so that a thousand workloads are judged in milliseconds. */
public static final class Family {
    private final Snapshot snapshot;
    private final Set<String> statusless;
    private final Map<String, String> podReasons;
    private final Map<String, Obj> gone;
    private final Map<String, List<Obj>> byLabel = new HashMap<>();
    private final Map<String, List<Obj>> slices = new HashMap<>();

    public Family(Snapshot snapshot, Set<String> statusless) {
        this(snapshot, statusless, Map.of(), Map.of());
    }

    /**
     * @param statusless {@code apiVersion/kind} of the custom resources that have no status to report
     * @param podReasons what findings say of a pod by its name, in a person's words
     * @param gone       Jobs that were seen and are there no more, by uid, as they were last
     */
    public Family(Snapshot snapshot, Set<String> statusless, Map<String, String> podReasons, Map<String, Obj> gone) {
        this.snapshot = snapshot;
        this.statusless = statusless;
        this.podReasons = podReasons;
        this.gone = gone;
        snapshot.all("EndpointSlice").forEach(s -> slices.computeIfAbsent(s.labels().getOrDefault("kubernetes.io/service-name", ""),
            n -> new ArrayList<>()).add(s));
        Kinds.TEMPLATED.forEach(kind -> snapshot.all(kind).stream().filter(w -> !Ownership.ownedByBuiltIn(w))
            .forEach(w -> w.map("/spec/template/metadata/labels").forEach((k, v) -> label(k, v, w))));
        snapshot.all("Pod").stream().filter(p -> p.controller().isMissingNode()).forEach(p -> p.labels().forEach((k, v) -> label(k, v, p)));
    }

    private void label(String key, String value, Obj o) {
        byLabel.computeIfAbsent(key + "=" + value, pair -> new ArrayList<>()).add(o);
    }

    public Snapshot snapshot() {
        return snapshot;
    }

    public Set<String> statusless() {
        return statusless;
    }

    /** The Job as it was before it went away, or null. */
    Obj gone(String uid) {
        return gone.get(uid);
    }

    /** What an operator made for a custom resource, directly or through other custom resources. */
    List<Obj> workloadsOf(Obj o) {
        var found = new ArrayList<Obj>();
        for (var child : snapshot.index().byOwner().getOrDefault(o.uid(), List.of())) {
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
        return Obj.isTrue(failure) ? "pods cannot be created: " + Phrases.brief(failure.path("message").asText()) : "";
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
        return o.list(volumes).stream().anyMatch(v -> v.at("/persistentVolumeClaim/claimName").asText().equals(claim.name()));
    }

    public static boolean runs(Obj w) {
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
            .filter(w -> runs(w) && !w.kind().equals("Job")
                && w.map(w.kind().equals("Pod") ? "/metadata/labels"
                : "/spec/template/metadata/labels").entrySet().containsAll(selector.entrySet())).toList();
    }

    boolean hasReadyEndpoint(Obj service) {
        return slices.getOrDefault(service.name(), List.of()).stream().flatMap(s -> s.list("/endpoints").stream())
            .anyMatch(e -> e.at("/conditions/ready").asBoolean(true) && !e.path("addresses").isEmpty());
    }
}

// src/ensure_ready/readiness/Phrases.java

/** How texts of the cluster stand inside a message of ours. */
public static final class Phrases {
    private Phrases() { }

    /** A condition as people read it: {@code Available=False: MinimumReplicasUnavailable: Deployment does not have …}. */
    static String said(JsonNode condition) {
        if (condition.isMissingNode()) {
            return "has not said yet how it is";
        }
        return condition.path("type").asText() + "=" + condition.path("status").asText()
            + prefixed(": ", condition.path("reason").asText()) + prefixed(": ", brief(condition.path("message").asText()));
    }

    static String prefixed(String prefix, String text) {
        return text.isEmpty() ? "" : prefix + text;
    }

    /** One line, 240 characters at most. */
    static String brief(String text) {
        return Texts.cut(Texts.line(text), 240);
    }
}

// src/ensure_ready/readiness/PodDescription.java

/** {@code pod users-7d9-x waits: ImagePullBackOff}: the first thing that keeps a pod from being ready, in words. */
public static final class PodDescription {
    private static final Set<String> STARTING = Set.of("ContainerCreating", "PodInitializing", "");

    private PodDescription() { }

    static String of(Obj pod) {
        var name = "pod " + pod.name() + " ";
        if (pod.deleting()) {
            return name + "is being deleted";
        }
        if (pod.text("/status/phase").equals("Failed")) {
            return name + "failed" + Phrases.prefixed(": ", pod.text("/status/reason")) + Phrases.prefixed(": ", failure(pod));
        }
        var scheduled = pod.condition("PodScheduled");
        if (scheduled.path("status").asText().equals("False")) {
            return name + "is not scheduled: " + Phrases.brief(scheduled.path("message").asText(scheduled.path("reason").asText()));
        }
        return Pods.containers(pod).stream().map(c -> container(pod, c)).filter(text -> !text.isEmpty()).findFirst()
            .map(text -> name + text).orElse(name + (Pods.ready(pod) ? "is ready" : "is starting"));
    }

    /** Empty when this container keeps nothing from being ready. */
    private static String container(Obj pod, JsonNode container) {
        var waiting = container.at("/state/waiting/reason").asText("");
        if (!STARTING.contains(waiting)) {
            return "waits: " + which(pod, container) + waiting + (waiting.equals("CrashLoopBackOff") ? crash(container)
                : Phrases.prefixed(": ", Phrases.brief(container.at("/state/waiting/message").asText(""))));
        }
        var ended = container.at("/state/terminated");
        if (!ended.isMissingNode() && ended.path("exitCode").asInt() != 0) {
            return "stopped: " + which(pod, container) + ended.path("reason").asText("Error")
                + ", exit code " + ended.path("exitCode").asInt();
        }
        boolean unready = !container.at("/state/running").isMissingNode() && !container.path("ready").asBoolean();
        return unready ? running(pod, container) : "";
    }

    private static String running(Obj pod, JsonNode container) {
        if (Pods.initContainer(pod, container)) {
            return "runs its " + which(pod, container).strip().replaceAll(":$", "");
        }
        return "runs, " + which(pod, container) + "not ready" + (container.path("restartCount").asLong() > 0 ? crash(container) : "");
    }

    private static String crash(JsonNode container) {
        var last = container.at("/lastState/terminated");
        return ", " + Texts.count(container.path("restartCount").asLong(), "restart")
            + (last.isMissingNode() ? "" : ", exit code " + last.path("exitCode").asInt());
    }

    /** The container's name, where it is not the pod's only one. */
    private static String which(Obj pod, JsonNode container) {
        if (Pods.initContainer(pod, container)) {
            return "init container " + container.path("name").asText() + ": ";
        }
        return pod.list("/spec/containers").size() > 1 ? "container " + container.path("name").asText() + ": " : "";
    }

    private static String failure(Obj pod) {
        var message = Phrases.brief(pod.text("/status/message"));
        return message.isEmpty() ? Pods.containers(pod).stream().map(c -> c.at("/state/terminated/exitCode").asInt(0))
            .filter(code -> code != 0).findFirst().map(code -> "exit code " + code).orElse("") : message;
    }
}

// src/ensure_ready/readiness/Readiness.java

/**
 * Rules of readiness: pure functions from an object and what belongs to it to a {@link Workload}.
 * Each rule is a run of guards from worst to best; what passes them all is ready.
 */
public static final class Readiness {
    private static final Set<String> WITH_CONTROLLER =
        Set.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController");
    /** A bare pod that never ends, though its restartPolicy is Never or OnFailure, says so with this annotation. */
    private static final String SERVER = "ensure-ready/server";

    private Readiness() { }

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
        var uid = applied.map(Applied::uid).orElse("");
        if (!uid.isEmpty() && !uid.equals(o.uid())) {
            return Optional.of(tally.progressing("was deleted and made again by somebody else after it was applied"));
        }
        long wanted = Math.max(o.generation(), applied.map(Applied::generation).orElse(0L));
        boolean observes = o.has("/status/observedGeneration") || o.builtIn() && WITH_CONTROLLER.contains(o.kind());
        if (o.generation() < wanted || observes && o.number("/status/observedGeneration", 0) < wanted) {
            return Optional.of(tally.progressing("its controller has not seen generation " + wanted + " yet"));
        }
        if (Obj.isTrue(o.condition("Stalled"))) {
            return Optional.of(tally.failed(Phrases.said(o.condition("Stalled"))));
        }
        return Obj.isTrue(o.condition("Reconciling")) ? Optional.of(tally.progressing(Phrases.said(o.condition("Reconciling"))))
            : Optional.empty();
    }

    static Workload rule(Obj o, Family family) {
        var tally = Tally.of(o, family.snapshot());
        if (!o.builtIn()) {
            return CustomReadiness.judge(o, family.statusless().contains(o.apiVersion() + "/" + o.kind()),
                tally, () -> family.workloadsOf(o)
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
        var lack = lack(o, tally.desired());
        if (o.is("/spec/paused")) {
            return lack.isEmpty() ? tally.ready("paused; its template is rolled out") : tally.suspended("paused: " + lack);
        }
        var progress = o.condition("Progressing");
        if (progress.path("reason").asText().equals("ProgressDeadlineExceeded")) {
            return tally.failed(withTrouble("no progress within its deadline: " + lack, o, family));
        }
        if (!lack.isEmpty()) {
            return tally.progressing(withTrouble(lack, o, family));
        }
        boolean deadline = o.has("/spec/progressDeadlineSeconds") && o.number("/spec/progressDeadlineSeconds", 0) < Integer.MAX_VALUE;
        if (deadline && tally.desired() > 0 && !progress.path("reason").asText().equals("NewReplicaSetAvailable")) {
            return tally.progressing("the rollout is not complete yet");
        }
        return Obj.isTrue(o.condition("Available")) ? tally.ready("") : tally.progressing(Phrases.said(o.condition("Available")));
    }

    /** The first count of a rollout that falls short; empty when none does. */
    private static String lack(Obj o, long desired) {
        long updated = o.number("/status/updatedReplicas", 0);
        long all = o.number("/status/replicas", 0);
        if (updated < desired) {
            return updated + " of " + desired + " updated";
        }
        if (all > updated) {
            return Texts.count(all - updated, "old pod") + " still there";
        }
        if (all > desired) {
            return Texts.count(all - desired, "surplus pod") + " still there";
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
            return tally.progressing(Texts.count(all - desired, "surplus pod") + " still there");
        }
        if (!onDelete && updated < due) {
            return tally.progressing(withTrouble(updated + " of " + due + " updated", o, family));
        }
        var lack = shortOf(o, desired);
        if (!lack.isEmpty()) {
            return tally.progressing(withTrouble(lack, o, family));
        }
        if (onDelete) {
            return tally.ready(updated < desired ? Texts.count(desired - updated, "pod") + " on an old revision until deleted (OnDelete)"
                : "");
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
            return tally.ready(Texts.count(desired - updated, "pod") + " on an old revision until deleted (OnDelete)");
        }
        return tally.ready(misplaced > 0 ? Texts.count(misplaced, "pod") + " on nodes that should not run it" : "");
    }

    private static Workload replicaSet(Obj o, Family family, Tally tally) {
        long all = o.number("/status/replicas", 0);
        if (all > tally.desired()) {
            return tally.progressing(Texts.count(all - tally.desired(), "surplus pod") + " still there");
        }
        var lack = all < tally.desired() ? all + " of " + tally.desired() + " created" : shortOf(o, tally.desired());
        return lack.isEmpty() ? tally.ready("") : tally.progressing(withTrouble(lack, o, family));
    }

    private static Workload pod(Obj o, Tally tally) {
        var phase = o.text("/status/phase");
        boolean ends = !o.text("/spec/restartPolicy").isEmpty() && !o.text("/spec/restartPolicy").equals("Always")
            && o.annotation(SERVER).isEmpty();
        if (phase.equals("Failed")) {
            return tally.failed(PodDescription.of(o));
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
            return tally.suspended("suspended");
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
        if (o.condition("NamesAccepted").path("status").asText().equals("False")) {
            return tally.failed(Phrases.said(o.condition("NamesAccepted")));
        }
        return Obj.isTrue(o.condition("Established")) ? tally.ready("") : tally.progressing("is not established yet");
    }

    /** A webhook whose Service has no endpoint or that lacks its CA refuses every later apply. */
    private static Workload webhooks(Obj o, Family family, Tally tally) {
        for (var hook : o.list("/webhooks")) {
            var service = hook.at("/clientConfig/service");
            if (hook.at("/clientConfig/caBundle").asText().isEmpty() && service.isObject()) {
                return tally.progressing("webhook " + hook.path("name").asText() + " has no caBundle yet");
            }
            var behind = family.snapshot().all("Service").stream().filter(s -> s.name().equals(service.path("name").asText())
                && s.namespace().equals(service.path("namespace").asText())).findFirst();
            if (behind.isPresent() && family.snapshot().knows("EndpointSlice") && !family.hasReadyEndpoint(behind.get())) {
                return tally.progressing("webhook " + hook.path("name").asText() + ": " + behind.get().ref() + " has no ready endpoint");
            }
        }
        return tally.ready("");
    }

    private static String withTrouble(String lack, Obj o, Family family) {
        var trouble = family.trouble(o);
        return trouble.isEmpty() ? lack : lack + "; " + trouble;
    }

    private static String finalizers(Obj o) {
        var names = o.list("/metadata/finalizers").stream().map(JsonNode::asText).toList();
        return names.isEmpty() ? "" : "; waits for " + String.join(", ", names);
    }
}

// src/ensure_ready/readiness/Tally.java

/** A workload's counts while it is judged; makes the {@link Workload}. {@code desired} is -1 where a kind has no counts. */
public record Tally(Obj o, long ready, long desired) {
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

    private Workload of(State state, String message) {
        return new Workload(o.kind(), o.name(), state, desired < 0 ? state == State.ready
            ? 1 : 0 : ready, desired < 0 ? 1 : desired, message);
    }
}

// src/ensure_ready/readiness/Verdict.java

/** All workloads judged at one moment; {@code restarts} and {@code unprobed} steer how long it must hold. */
public record Verdict(List<Workload> workloads, boolean agentReady, boolean ready,
    boolean verified, List<String> warnings, long restarts, boolean unprobed) {
    public static final Verdict NOTHING = new Verdict(List.of(), false, false, false, List.of(), 0, false);
}

// src/ensure_ready/readiness/Verdicts.java

/** Which objects gate, and what follows for the whole. Pure. */
public static final class Verdicts {
    private Verdicts() { }

    public static Verdict of(Family family, WaitSettings settings) {
        var applied = family.snapshot().applied();
        boolean all = !settings.onlyApplied() || applied.isEmpty();
        var judged = new ArrayList<>(all ? namespace(family) : applied(family, applied));
        judged.addAll(endOfNamespace(family.snapshot()));
        var agent = judged.stream().filter(j -> isAgent(j.workload(), settings)).map(Judged::workload).findFirst()
            .or(() -> family.snapshot().find("Deployment", settings.agentDeployment())
            .map(d -> Readiness.judge(d, Optional.empty(), family)));
        var gating = judged.stream().filter(j -> !isAgent(j.workload(), settings) && !onlyForAgent(j, family, settings)).toList();
        var workloads = gating.stream().map(Judged::workload).sorted(Comparator.comparing(Workload::kind).thenComparing(Workload::name))
            .toList();
        boolean proven = !all || !workloads.isEmpty();
        boolean ready = proven && workloads.stream().allMatch(w -> passes(w, settings.strict()));
        var unseen = unseen(family.snapshot(), all);
        return new Verdict(workloads, agent.filter(w -> w.state() == State.ready).isPresent(), ready
            && (unseen.isEmpty() || !settings.strict()),
            unseen.isEmpty() && workloads.stream().noneMatch(w -> w.state() == State.unverified),
                warnings(workloads, agent, proven, unseen, family.snapshot()),
            restarts(gating, family), gating.stream().flatMap(j -> j.live().stream()).anyMatch(o -> unprobed(o, family)));
    }

    private static boolean passes(Workload w, boolean strict) {
        return w.state() == State.ready || w.state() == State.suspended || w.state() == State.unverified && !strict;
    }

    /** Everything that nobody else speaks for; pods speak for themselves where their controllers may not be read. */
    private static List<Judged> namespace(Family family) {
        return Kinds.WORKLOADS.stream().flatMap(kind -> family.snapshot().all(kind).stream())
            .filter(o -> !Ownership.ownedByBuiltIn(o) || o.kind().equals("Pod") && mute(o, family.snapshot()))
            .filter(o -> !o.labels().getOrDefault(Labels.MANAGED_BY, "").equals("prompt-run")) // an agent's pod is no infrastructure
            .map(o -> new Judged(Readiness.judge(o, find(family.snapshot(), o), family), List.of(o))).toList();
    }

    private static boolean mute(Obj pod, Snapshot snapshot) {
        var owner = pod.controller().path("kind").asText();
        return Set.of("StatefulSet", "DaemonSet", "ReplicationController").contains(owner) && !snapshot.knows(owner)
            || owner.equals("ReplicaSet") && !snapshot.knows("ReplicaSet") && !snapshot.knows("Deployment");
    }

    /** Kinds of workloads that the server does not show, when the whole namespace is to be judged. */
    private static List<String> unseen(Snapshot snapshot, boolean all) {
        return !all ? List.of() : Stream.of("Deployment", "StatefulSet", "DaemonSet", "Job").filter(kind -> !snapshot.knows(kind)).toList();
    }

    /** What the manifests name, and what operators made of it. */
    private static List<Judged> applied(Family family, List<Applied> applied) {
        var judged = new LinkedHashMap<String, Judged>();
        for (var a : applied) {
            var live = live(family.snapshot(), a.object());
            if (a.result() == Result.failed || a.object().judged()) {
                judged.put(key(a.object()), judge(a, live, family));
            }
            live.filter(o -> !o.builtIn()).ifPresent(o -> family.workloadsOf(o)
                .forEach(child -> judged
                .putIfAbsent(key(child), new Judged(Readiness.judge(child, Optional.empty(), family), List.of(child)))));
        }
        return List.copyOf(judged.values());
    }

    private static Judged judge(Applied a, Optional<Obj> live, Family family) {
        var name = a.object();
        if (a.result() == Result.failed) {
            return new Judged(new Workload(name.kind(), name.name(), State.failed, 0, 1, "could not be applied: " + a.error()), List.of());
        }
        return live.map(o -> new Judged(Readiness.judge(o, Optional.of(a), family), List.of(o)))
            .orElseGet(() -> new Judged(absent(a, family), List.of()));
    }

    /** A finished Job may be gone by its ttlSecondsAfterFinished: then what was last seen of it counts. */
    private static Workload absent(Applied a, Family family) {
        var tally = new Tally(a.object(), 0, -1);
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

    private static Optional<Obj> live(Snapshot snapshot, Obj manifest) {
        return snapshot.all(Snapshot.key(manifest)).stream().filter(o -> o.name().equals(manifest.name())
            && (manifest.namespace().isEmpty() || o.namespace().isEmpty() || o.namespace().equals(manifest.namespace()))).findFirst();
    }

    private static Optional<Applied> find(Snapshot snapshot, Obj o) {
        return snapshot.applied().stream()
            .filter(a -> Snapshot.key(a.object()).equals(Snapshot.key(o)) && a.object().name().equals(o.name())).findFirst();
    }

    /** A namespace that goes away, or is not there, has nothing that could be ready; lists of it are simply empty. */
    private static List<Judged> endOfNamespace(Snapshot snapshot) {
        var live = snapshot.find("Namespace", snapshot.namespace());
        if (!snapshot.knows("Namespace") || live.isPresent() && !live.get().deleting()) {
            return List.of();
        }
        var message = live.isPresent() ? "is being deleted" : "does not exist";
        return List.of(new Judged(new Workload("Namespace", snapshot.namespace(), State.progressing, 0, 1, message), List.of()));
    }

    private static boolean isAgent(Workload w, WaitSettings settings) {
        return w.kind().equals("Deployment") && w.name().equals(settings.agentDeployment());
    }

    /** A Service that selects nothing but the agent must not gate through the back door. */
    private static boolean onlyForAgent(Judged j, Family family, WaitSettings settings) {
        if (!j.workload().kind().equals("Service") || j.live().isEmpty() || !j.live().get(0).has("/spec/selector")) {
            return false;
        }
        var behind = family.backends(j.live().get(0));
        return !behind.isEmpty() && behind.stream()
            .allMatch(w -> w.kind().equals("Deployment") && w.name().equals(settings.agentDeployment()));
    }

    private static List<String> warnings(List<Workload> workloads, Optional<Workload> agent,
        boolean proven, List<String> unseen, Snapshot snapshot) {
        var warnings = new ArrayList<String>();
        unseen.forEach(kind -> warnings.add(kind + "s cannot be read: their pods alone are judged"));
        if (!proven) {
            warnings.add("namespace " + snapshot.namespace() + " has no workloads: nothing is proven");
        }
        workloads.stream().filter(w -> w.state() == State.suspended || w.state() == State.unverified || w.state() == State.ready
            && !w.message().isEmpty() && remarkable(w))
            .forEach(w -> warnings.add(w.ref() + ": " + w.message()));
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

    /** A workload's verdict with the live object it was read from; none when it is not there. */
    private record Judged(Workload workload, List<Obj> live) { }
}

// src/ensure_ready/readiness/WaitSettings.java

/**
 * What the wait is to look at.
 *
 * @param onlyApplied  only what was applied gates ({@code --wait-for applied}), else every workload of the namespace
 * @param strict       what cannot be verified blocks
 * @param failFast     a certain failure ends the wait
 * @param appliedSince when the apply began; null when nothing was applied
 */
public record WaitSettings(String agentDeployment, boolean onlyApplied, boolean strict, boolean failFast, Instant appliedSince) { }

// src/ensure_ready/model/Applied.java

/**
 * The result for one object of the manifests.
 *
 * @param object     as the manifest gives it
 * @param generation {@code metadata.generation} that the server answered; a status older than this says nothing
 * @param uid        of the object that was applied; another uid means that somebody made it again
 * @param error      one line when it failed, else empty
 */
public record Applied(Obj object, Source source, Result result, long generation, String uid, String reason, String error) {
    public static boolean anyFailed(List<Applied> results) {
        return results.stream().anyMatch(r -> r.result() == Result.failed);
    }
}

// src/ensure_ready/model/Event.java

/** An event as both event APIs tell it, with the best time that it has. */
public record Event(String uid, String kind, String name, String type, String reason,
    String message, String field, long count, String first, String last) {
    public static Event of(Obj e) {
        var about = e.has("/involvedObject") ? "/involvedObject" : "/regarding";
        var created = e.text("/metadata/creationTimestamp");
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
    public boolean about(Obj object) {
        return uid.isEmpty() || object.uid().isEmpty() ? kind.equals(object.kind())
            && name.equals(object.name()) : uid.equals(object.uid());
    }

    public boolean aboutContainer(String container) {
        return field.isEmpty() || field.endsWith("{" + container + "}");
    }

    public Evidence evidence(Obj object) {
        return new Evidence("event", object.ref(), reason, message, count, first, last);
    }
}

// src/ensure_ready/model/Evidence.java

/** One proof: where it was read ({@code status|condition|event|log|spec|apply}), and what stood there. Text is data from the cluster. */
public record Evidence(String source, String path, String reason, String message, long count, String firstSeen, String lastSeen) {
    public static Evidence condition(Obj object, JsonNode condition) {
        var since = condition.path("lastTransitionTime").asText();
        return new Evidence("condition", object.ref() + "/conditions[" + condition.path("type").asText() + "]",
            condition.path("reason").asText(), condition.path("message").asText(), 1, since, since);
    }

    /** A field of the object and what is wrong with it. */
    public static Evidence field(Obj object, String path, String value) {
        return new Evidence(path.startsWith("status") ? "status" : "spec", object.ref() + "/" + path, "", value, 1, "", "");
    }

    /** What a status says, with a reason of its own. */
    public static Evidence status(String path, String reason, String message) {
        return new Evidence("status", path, reason, message, 1, "", "");
    }
}

// src/ensure_ready/model/Index.java

/** Objects by {@code kind/name} and by their owners' uids: with thousands of pods every rule must look up, not search. */
public record Index(Map<String, Obj> byName, Map<String, List<Obj>> byOwner) {
    static Index of(Map<String, List<Obj>> objects) {
        var index = new Index(new HashMap<>(), new HashMap<>());
        objects.forEach((kind, all) -> all.forEach(o -> {
            index.byName.putIfAbsent(kind + "/" + o.name(), o);
            o.list("/metadata/ownerReferences").forEach(owner -> index.byOwner.computeIfAbsent(owner.path("uid").asText(),
                uid -> new ArrayList<>()).add(o));
        }));
        return index;
    }
}

// src/ensure_ready/model/Kind.java

/** A kind of resource as the API server's discovery names it. */
public record Kind(String apiVersion, String name, String plural, boolean namespaced) {
    public static final Kind POD = of("v1", "Pod");
    public static final Kind NAMESPACE = clusterWide("v1", "Namespace");
    public static final Kind NODE = clusterWide("v1", "Node");
    public static final Kind EVENT = of("v1", "Event");
    public static final Kind CONFIG_MAP = of("v1", "ConfigMap");
    public static final Kind SECRET = of("v1", "Secret");
    public static final Kind SERVICE = of("v1", "Service");
    public static final Kind SERVICE_ACCOUNT = of("v1", "ServiceAccount");
    public static final Kind PVC = of("v1", "PersistentVolumeClaim");
    public static final Kind DEPLOYMENT = of("apps/v1", "Deployment");
    public static final Kind STATEFUL_SET = of("apps/v1", "StatefulSet");
    public static final Kind DAEMON_SET = of("apps/v1", "DaemonSet");
    public static final Kind REPLICA_SET = of("apps/v1", "ReplicaSet");
    public static final Kind JOB = of("batch/v1", "Job");
    public static final Kind ENDPOINT_SLICE = of("discovery.k8s.io/v1", "EndpointSlice");
    public static final Kind STORAGE_CLASS = clusterWide("storage.k8s.io/v1", "StorageClass");
    public static final Kind HPA = of("autoscaling/v2", "HorizontalPodAutoscaler");

    /** One of Kubernetes' own, whose plurals follow the rules; those of others are asked of the server. */
    public static Kind of(String apiVersion, String name) {
        var one = name.toLowerCase(Locale.ROOT);
        var many = one.endsWith("y") ? one.substring(0, one.length() - 1) + "ies" : one + (one.endsWith("s") ? "es" : "s");
        return new Kind(apiVersion, name, many, true);
    }

    public static Kind clusterWide(String apiVersion, String name) {
        return new Kind(apiVersion, name, of(apiVersion, name).plural, false);
    }

    String group() {
        return Obj.group(apiVersion);
    }

    /** Path of the collection ({@code object} null) or of one object; {@code namespace} null means all namespaces. */
    public String path(String namespace, String object) {
        return (group().isEmpty() ? "/api/" : "/apis/") + apiVersion
            + (namespaced && namespace != null ? "/namespaces/" + namespace : "") + "/" + plural + (object == null ? "" : "/" + object);
    }
}

// src/ensure_ready/model/Kinds.java

/** Kubernetes' own kinds: which groups are built in, and which of their kinds can be ready or not. */
public static final class Kinds {
    /** Groups of the API server itself; "" is the core group. Every other group is a custom resource's. */
    public static final Set<String> BUILT_IN_GROUPS = Set.of("", "apps", "batch", "autoscaling", "policy", "networking.k8s.io",
        "rbac.authorization.k8s.io", "storage.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io",
        "scheduling.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "node.k8s.io", "certificates.k8s.io", "events.k8s.io",
        "flowcontrol.apiserver.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "resource.k8s.io");
    /** What gates when a whole namespace is judged. */
    public static final Set<String> WORKLOADS = Set.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController",
        "Job", "Pod", "PersistentVolumeClaim");
    /** What gates beside workloads when it was applied. */
    public static final Set<String> ALSO_JUDGED = Set.of("CronJob", "PersistentVolume", "Service", "Ingress", "HorizontalPodAutoscaler",
        "PodDisruptionBudget", "CustomResourceDefinition", "APIService", "Namespace",
        "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration");
    /** What makes pods of a template. */
    public static final List<String> TEMPLATED =
        List.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job");

    private Kinds() { }

    /** Whether a kind of a built-in group can be ready or not; of the others it is enough that they exist. */
    static boolean judged(String kind) {
        return WORKLOADS.contains(kind) || ALSO_JUDGED.contains(kind);
    }
}

// src/ensure_ready/model/Labels.java

/** Labels and annotations of ours. */
public static final class Labels {
    public static final String US = "ensure-ready";
    public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    public static final String SLOT = "ensure-ready/slot";
    public static final String ENV = "ensure-ready/env";
    public static final String ISSUE = "ensure-ready/issue";
    public static final String EXPIRES = "ensure-ready/expires-at";
    public static final String APPLIED = "ensure-ready/applied-at";

    private Labels() { }

    /** Labels and annotations of what this tool creates. */
    public static void mark(ObjectNode metadata, String env, int slot, int issue, Optional<Instant> expires) {
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

// src/ensure_ready/model/Log.java

/** The tail of a container's log; {@code previous} when it is of the run before the last restart. */
public record Log(String pod, String container, boolean previous, List<String> lines) { }

// src/ensure_ready/model/Obj.java

/** One Kubernetes object as the API server or a manifest gives it; rules read it by JSON pointers and never see null. */
public record Obj(JsonNode json) {
    private static final Map<String, String> SHORT = Map.ofEntries(Map.entry("Deployment", "deploy"), Map.entry("StatefulSet", "sts"),
        Map.entry("DaemonSet", "ds"), Map.entry("ReplicaSet", "rs"), Map.entry("PersistentVolumeClaim", "pvc"),
            Map.entry("PersistentVolume", "pv"),
        Map.entry("Service", "svc"), Map.entry("ServiceAccount", "sa"), Map.entry("ConfigMap", "cm"), Map.entry("Ingress", "ing"),
        Map.entry("Namespace", "ns"), Map.entry("HorizontalPodAutoscaler", "hpa"), Map.entry("PodDisruptionBudget", "pdb"),
        Map.entry("CustomResourceDefinition", "crd"), Map.entry("StorageClass", "sc"), Map.entry("ResourceQuota", "quota"));

    /** {@code deploy/web}: how an object is written in every message; kubectl accepts the same. */
    public static String ref(String kind, String name) {
        return SHORT.getOrDefault(kind, kind.toLowerCase(Locale.ROOT)) + "/" + name;
    }

    public String ref() {
        return ref(kind(), name());
    }

    public String apiVersion() {
        return text("/apiVersion");
    }

    public String kind() {
        return text("/kind");
    }

    /** Empty for the core group. */
    public String group() {
        return group(apiVersion());
    }

    public static String group(String apiVersion) {
        return apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
    }

    /** False for custom resources. */
    public boolean builtIn() {
        return Kinds.BUILT_IN_GROUPS.contains(group());
    }

    /** Whether there is more to say of this kind than that it exists. */
    public boolean judged() {
        return !builtIn() || Kinds.judged(kind());
    }

    public String name() {
        return text("/metadata/name");
    }

    public String namespace() {
        return text("/metadata/namespace");
    }

    public String uid() {
        return text("/metadata/uid");
    }

    public long generation() {
        return number("/metadata/generation", 0);
    }

    public JsonNode at(String pointer) {
        return json.at(pointer);
    }

    public boolean has(String pointer) {
        return !json.at(pointer).isMissingNode() && !json.at(pointer).isNull();
    }

    /** The text there, or an empty one. */
    public String text(String pointer) {
        return json.at(pointer).asText("");
    }

    /** The number there; numbers written as text count too, as some operators write observedGeneration so. */
    public long number(String pointer, long otherwise) {
        return json.at(pointer).asLong(otherwise);
    }

    public boolean is(String pointer) {
        return json.at(pointer).asBoolean(false);
    }

    public List<JsonNode> list(String pointer) {
        var items = new ArrayList<JsonNode>();
        json.at(pointer).forEach(items::add);
        return items;
    }

    public Map<String, String> map(String pointer) {
        var map = new LinkedHashMap<String, String>();
        json.at(pointer).properties().forEach(e -> map.put(e.getKey(), e.getValue().asText()));
        return map;
    }

    public Map<String, String> labels() {
        return map("/metadata/labels");
    }

    public String annotation(String key) {
        return json.at("/metadata/annotations").path(key).asText("");
    }

    public boolean deleting() {
        return has("/metadata/deletionTimestamp");
    }

    /** The RFC 3339 time there, if it is one. */
    public Optional<Instant> time(String pointer) {
        return instant(text(pointer));
    }

    /** The same of a text. */
    public static Optional<Instant> instant(String text) {
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(text));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** The condition of this type, or a missing node. */
    public JsonNode condition(String type) {
        return list("/status/conditions").stream().filter(c -> c.path("type").asText().equals(type))
            .findFirst().orElse(MissingNode.getInstance());
    }

    public static boolean isTrue(JsonNode condition) {
        return condition.path("status").asText().equals("True");
    }

    /** The ownerReference with controller: true, or a missing node. */
    public JsonNode controller() {
        return list("/metadata/ownerReferences").stream().filter(o -> o.path("controller").asBoolean())
            .findFirst().orElse(MissingNode.getInstance());
    }

    public boolean ownedBy(Obj owner) {
        return !owner.uid().isEmpty() && list("/metadata/ownerReferences").stream()
            .anyMatch(o -> o.path("uid").asText().equals(owner.uid()));
    }
}

// src/ensure_ready/model/Outcome.java

/** How a run ended; {@link #word} is what the JSON says. */
public enum Outcome {
    ready, not_ready, timeout, failed, apply_failed, prepare_failed, no_cluster, forbidden, interrupted, no_slot, released, attached;

    public String word() {
        return name().replace('_', '-');
    }
}

// src/ensure_ready/model/Ownership.java

/** Who made whom in a snapshot: a pod's workload, a Deployment's newest revision, and the pods of the newest revision. Pure. */
public static final class Ownership {
    private Ownership() { }

    /** The workload that a pod belongs to: through its ReplicaSet to the Deployment; the pod itself when nobody made it. */
    public static Ref workload(Snapshot snapshot, Obj pod) {
        var controller = pod.controller();
        if (controller.isMissingNode()) {
            return Ref.of(pod);
        }
        var owner = Ref.of(controller);
        if (!owner.is("ReplicaSet")) {
            return owner;
        }
        var above = snapshot.find("ReplicaSet", owner.name()).map(Obj::controller).filter(c -> !c.isMissingNode());
        return above.map(Ref::of).orElseGet(() -> byName(snapshot, owner));
    }

    /** Where ReplicaSets may not be read: a Deployment's are called as it is, and a hash. */
    private static Ref byName(Snapshot snapshot, Ref set) {
        var cut = set.name().lastIndexOf('-') > 0 ? set.name().substring(0, set.name().lastIndexOf('-')) : set.name();
        return snapshot.find("Deployment", cut).isPresent() ? new Ref("Deployment", cut) : set;
    }

    /** Owned by something that speaks for it: a Deployment for its ReplicaSets, a CronJob for its Jobs. */
    public static boolean ownedByBuiltIn(Obj o) {
        var owner = o.controller();
        return !owner.isMissingNode() && !owner.path("kind").asText().equals("Node")
            && Kinds.BUILT_IN_GROUPS.contains(Obj.group(owner.path("apiVersion").asText()));
    }

    /** The ReplicaSet of a Deployment's newest revision, once the controller has made it; old ones say nothing about the rollout. */
    public static Optional<Obj> newestReplicaSet(Snapshot snapshot, Obj deployment) {
        return snapshot.ownedBy("ReplicaSet", deployment).stream().max(Comparator.comparingLong(Ownership::revision)
            .thenComparing(rs -> rs.text("/metadata/creationTimestamp")).thenComparing(Obj::name));
    }

    private static long revision(Obj o) {
        var text = o.annotation("deployment.kubernetes.io/revision");
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : 0;
    }

    /** False for pods of a Deployment's revision that is being replaced. */
    public static boolean current(Snapshot snapshot, Obj pod) {
        var controller = pod.controller();
        if (!controller.path("kind").asText().equals("ReplicaSet")) {
            return true;
        }
        var set = snapshot.find("ReplicaSet", controller.path("name").asText());
        var deployment = set.flatMap(rs -> snapshot.all("Deployment").stream().filter(rs::ownedBy).findFirst());
        return deployment.flatMap(d -> newestReplicaSet(snapshot, d)).map(rs -> rs.name().equals(set.get().name())).orElse(true);
    }

    /** Pods of the revision that is being rolled out: only their faults are the new release's faults. */
    public static List<Obj> newestPods(Snapshot snapshot, Obj w) {
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
        var pods = snapshot.all("Pod").stream().filter(p -> p.controller().path("kind").asText().equals("ReplicaSet")
            && p.labels().entrySet().containsAll(selector)).toList();
        var hash = pods.stream().max(Comparator.comparing(p -> p.text("/metadata/creationTimestamp")))
            .map(p -> p.labels().getOrDefault("pod-template-hash", ""));
        return pods.stream().filter(p -> p.labels().getOrDefault("pod-template-hash", "").equals(hash.orElse(""))).toList();
    }
}

// src/ensure_ready/model/Pods.java

/** What a pod's status says of it, over init, sidecar and main containers. Pure. */
public static final class Pods {
    private Pods() { }

    /** Ready, and not about to go away. */
    public static boolean ready(Obj pod) {
        return !pod.deleting() && saysReady(pod);
    }

    /** Its Ready condition alone. */
    public static boolean saysReady(Obj pod) {
        return Obj.isTrue(pod.condition("Ready"));
    }

    public static boolean ended(Obj pod) {
        return pod.text("/status/phase").equals("Succeeded") || pod.text("/status/phase").equals("Failed");
    }

    /** Statuses of init containers first, then of the main ones: the order in which they start. */
    public static List<JsonNode> containers(Obj pod) {
        var all = pod.list("/status/initContainerStatuses");
        all.addAll(pod.list("/status/containerStatuses"));
        return all;
    }

    /** The status of the container of this name, or a missing node. */
    public static JsonNode container(Obj pod, String name) {
        return containers(pod).stream().filter(c -> c.path("name").asText().equals(name)).findFirst().orElse(MissingNode.getInstance());
    }

    public static boolean initContainer(Obj pod, JsonNode container) {
        return pod.list("/status/initContainerStatuses").stream().anyMatch(c -> c.path("name").equals(container.path("name")));
    }

    /** Since when it is ready, or ended; long ago when it does not say. */
    public static Instant settledAt(Obj pod) {
        return Obj.instant(pod.condition("Ready").path("lastTransitionTime").asText("")).orElse(Instant.EPOCH);
    }

    public static long restarts(Obj pod) {
        return containers(pod).stream().mapToLong(c -> c.path("restartCount").asLong()).sum();
    }

    /** Whether a container counts as ready as soon as it runs, because nothing probes it. */
    public static boolean unprobed(Obj pod) {
        var sidecars = pod.list("/spec/initContainers").stream().filter(c -> c.path("restartPolicy").asText().equals("Always"));
        return Stream.concat(sidecars, pod.list("/spec/containers").stream()).anyMatch(c -> c.path("readinessProbe").isMissingNode());
    }
}

// src/ensure_ready/model/Problem.java

/** A piece of the manifests that could not be read. */
public record Problem(Source source, String message) { }

// src/ensure_ready/model/Ref.java

/** An object of the namespace by kind and name, as the diagnosis and its JSON write it: {@code Deployment/web}. */
public record Ref(String kind, String name) implements Comparable<Ref> {
    public static Ref of(Obj o) {
        return new Ref(o.kind(), o.name());
    }

    /** An ownerReference or another node with these two fields. */
    public static Ref of(JsonNode reference) {
        return new Ref(reference.path("kind").asText(), reference.path("name").asText());
    }

    public boolean is(String otherKind) {
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

// src/ensure_ready/model/References.java

/** What a pod template refers to by name. */
public static final class References {
    /** One reference; {@code key} empty when the whole object is meant, {@code pull} for a pull secret. */
    public record Ref(String kind, String name, String key, boolean optional, boolean pull) { }

    private References() { }

    public static List<Ref> of(JsonNode spec) {
        var refs = new LinkedHashSet<Ref>();
        spec.path("volumes").forEach(v -> refs.addAll(ofVolume(v)));
        for (var list : List.of("initContainers", "containers")) {
            for (var c : spec.path(list)) {
                c.path("env").forEach(e -> {
                    ref(refs, "Secret", e.at("/valueFrom/secretKeyRef"), "name");
                    ref(refs, "ConfigMap", e.at("/valueFrom/configMapKeyRef"), "name");
                });
                c.path("envFrom").forEach(e -> {
                    ref(refs, "Secret", e.path("secretRef"), "name");
                    ref(refs, "ConfigMap", e.path("configMapRef"), "name");
                });
            }
        }
        spec.path("imagePullSecrets").forEach(p -> refs.add(new Ref("Secret", p.path("name").asText(), "", false, true)));
        return List.copyOf(refs);
    }

    public static List<Ref> ofVolume(JsonNode volume) {
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
        var name = at.path(nameKey).asText();
        if (!name.isEmpty() && !name.equals("kube-root-ca.crt")) { // that one every namespace gets a moment after it was made
            refs.add(new Ref(kind, name, at.path("key").asText(), at.path("optional").asBoolean(), false));
        }
    }
}

// src/ensure_ready/model/Result.java

/** What an apply did with an object. */
public enum Result { created, configured, unchanged, recreated, failed, skipped }

// src/ensure_ready/model/Selector.java

/** Label selectors as the API means them. */
public static final class Selector {
    private Selector() { }

    public static boolean matches(JsonNode selector, Map<String, String> labels) {
        var all = true;
        for (var i = selector.path("matchLabels").properties().iterator(); i.hasNext();) {
            var e = i.next();
            all &= e.getValue().asText().equals(labels.get(e.getKey()));
        }
        for (var e : selector.path("matchExpressions")) {
            all &= expression(e, labels);
        }
        return all;
    }

    public static boolean expression(JsonNode e, Map<String, String> labels) {
        var value = labels.get(e.path("key").asText());
        var values = new ArrayList<String>();
        e.path("values").forEach(v -> values.add(v.asText()));
        return switch (e.path("operator").asText()) {
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

// src/ensure_ready/model/Snapshot.java

/**
 * All that is known of a namespace at one moment; rules read nothing else.
 *
 * @param objects by {@link #key}: the kind's name, for custom resources {@code Kind.group}; a kind that was never asked for is absent, one
 * that has no objects is empty
 * @param applied what the apply did, in manifest order; empty when nothing was applied
 * @param logs    tails of failing containers by {@code pod/container}; filled for the diagnosis only
 * @param limited what could not be read, such as {@code events: forbidden}
 */
public record Snapshot(String namespace, Instant at, Map<String, List<Obj>> objects,
    List<Applied> applied, Map<String, Log> logs, List<String> limited, Index index) {
    public Snapshot(String namespace, Instant at, Map<String, List<Obj>> objects,
        List<Applied> applied, Map<String, Log> logs, List<String> limited) {
        this(namespace, at, objects, applied, logs, limited, Index.of(objects));
    }

    /** Under which a kind's objects stand: two groups may have a Service. */
    public static String key(String apiVersion, String kind) {
        var group = Obj.group(apiVersion);
        return Kinds.BUILT_IN_GROUPS.contains(group) ? kind : kind + "." + group;
    }

    public static String key(Obj o) {
        return key(o.apiVersion(), o.kind());
    }

    public List<Obj> all(String kind) {
        return objects.getOrDefault(kind, List.of());
    }

    public boolean knows(String kind) {
        return objects.containsKey(kind);
    }

    public Optional<Obj> find(String kind, String name) {
        return Optional.ofNullable(index.byName().get(kind + "/" + name));
    }

    public List<Obj> ownedBy(String kind, Obj owner) {
        return index.byOwner().getOrDefault(owner.uid(), List.of()).stream().filter(o -> key(o).equals(kind)).toList();
    }

    public Optional<Applied> applied(String kind, String name) {
        return applied.stream().filter(a -> a.object().kind().equals(kind) && a.object().name().equals(name)).findFirst();
    }
}

// src/ensure_ready/model/Source.java

/** Where an object of a manifest stands: a path as given on the command line, and its first line (1-based; 0: unknown). */
public record Source(String file, int line) {
    @Override
    public String toString() {
        return line > 0 ? file + ":" + line : file;
    }
}

// src/ensure_ready/model/State.java

/** How far a workload is. */
public enum State { ready, progressing, failed, suspended, unverified }

// src/ensure_ready/model/Target.java

/** The environment that this run is about; {@code fresh}: its slot was allocated by this run. */
public record Target(String env, int slot, String namespace, int issue, int pr, boolean fresh) {
    public Map<String, String> placeholders() {
        return Map.of("env", env, "slot", "" + slot, "namespace", namespace, "issue", "" + issue, "pr", "" + pr);
    }

    /** For the user's own commands. */
    public Map<String, String> environment() {
        return Map.of("CODEXCTL_ENV", env, "CODEXCTL_SLOT", "" + slot, "CODEXCTL_NAMESPACE",
            namespace, "CODEXCTL_ISSUE_NUMBER", "" + issue, "CODEXCTL_PR_NUMBER", "" + pr);
    }
}

// src/ensure_ready/model/Topic.java

/**
 * A type to follow in a namespace; {@code query} narrows it, {@code namesOnly} asks for metadata alone (no Secret value enters the
 * process).
 */
public record Topic(Kind kind, String namespace, String query, boolean namesOnly) {
    public static Topic of(Kind kind, String namespace) {
        return new Topic(kind, namespace, "", false);
    }

    public String path() {
        return kind.path(namespace, null);
    }

    public String key() {
        return Snapshot.key(kind.apiVersion(), kind.name());
    }

    /** Whether objects of this type are judged, and not only help to explain. */
    public boolean gates() {
        return !namesOnly && (Kinds.WORKLOADS.contains(kind.name()) || !Kinds.BUILT_IN_GROUPS.contains(kind.group()));
    }

    /** Whether a verdict may hang on it. */
    public boolean decides() {
        return !namesOnly && kind != Kind.EVENT && kind != Kind.STORAGE_CLASS;
    }

    public String accept() {
        return namesOnly ? "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" : "application/json";
    }

    public String watchAccept() {
        return namesOnly ? "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1" : "application/json";
    }
}

// src/ensure_ready/model/Workload.java

/** One judged object, as the JSON gives it. */
public record Workload(String kind, String name, State state, long ready, long desired, String message) {
    public String ref() {
        return Obj.ref(kind, name);
    }
}

// src/shared/Disguises.java

/** The forms in which a value travels: as it is, in base64 (also in the middle of a longer text), in URLs, in JSON, in hex. */
public static final class Disguises {
    /** A shorter value has too many accidental twins in base64 and hex. */
    private static final int LONG_ENOUGH = 8;

    private Disguises() { }

    /** Without the blank ones; the value itself comes first. */
    public static Set<String> of(String value) {
        var text = value.strip();
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var url = URLEncoder.encode(text, StandardCharsets.UTF_8);
        var all = new LinkedHashSet<String>();
        all.add(text);
        all.add(json(text));
        all.add(url);
        all.add(url.replace("+", "%20"));
        all.add(decoded(text));
        all.add(base64(Base64.getEncoder(), bytes));
        all.add(base64(Base64.getUrlEncoder(), bytes));
        all.add(base64(Base64.getEncoder(), (text + "\n").getBytes(StandardCharsets.UTF_8)).replaceFirst(".$", ""));
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
        var json = Json.MAPPER.getNodeFactory().textNode(text).toString();
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

// src/shared/Durations.java

/** Durations as people and Go write them: {@code 90s}, {@code 20m}, {@code 1h5m}, {@code 1.5h}, {@code 7d}. */
public static final class Durations {
    /** What is longer is a typing mistake; it would also overflow the clocks that it is added to. */
    private static final Duration LONGEST = Duration.ofDays(1000);
    private static final Pattern PART = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,9})?)(ms|s|m|h|d)");
    private static final Map<String, Long> MILLIS = Map.of("ms", 1L, "s", 1000L, "m", 60_000L, "h", 3_600_000L, "d", 86_400_000L);

    private Durations() { }

    /** Empty for what is no duration, or longer than a thousand days. */
    public static Optional<Duration> of(String text) {
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
    public static String human(Duration d) {
        return d.toHours() > 0 ? String.format("%dh%02dm", d.toHours(), d.toMinutesPart())
            : d.toMinutes() > 0 ? String.format("%dm%02ds", d.toMinutes(), d.toSecondsPart()) : d.toSeconds() + "s";
    }
}

// src/shared/Flags.java

/** Yes and no as environment variables and workflows write them. */
public static final class Flags {
    public static final String ACCEPTED = "1, true, yes, on, 0, false, no, off or empty";

    private Flags() { }

    /** Empty for a word that is neither; an empty text is a no. */
    public static Optional<Boolean> of(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "1", "true", "yes", "on" -> Optional.of(true);
            case "0", "false", "no", "off", "" -> Optional.of(false);
            default -> Optional.empty();
        };
    }
}

// src/shared/Json.java

/** JSON as both scripts read and write it. */
public static final class Json {
    public static final ObjectMapper MAPPER = new ObjectMapper();

    private Json() { }

    /**
     * Indented, for people and files; the text has no line end. GitHub's runner obeys {@code ##[…]} anywhere in a line, so that stands
     * escaped: the same JSON, but no command.
     */
    public static String pretty(Object value) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value).replace("##[", "#\\u0023[");
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e); // a tree or a map of ours: it can always be written
        }
    }
}

// src/shared/Redaction.java

/**
 * Keeps secrets out of every text that leaves the process: values that are known, in the forms in which they travel, and shapes that only
 * secrets have. Hosts, ports and names of objects survive, or the diagnosis is useless. Redact before anything is cut.
 */
public static final class Redaction {
    private static final String PATTERN_MARK = "[REDACTED:pattern]";
    private static final int PREFIX = 6;
    private static final int SHORTEST = 6;
    private static final Pattern SECRET_LINE =
        Pattern.compile("(?i)^[\\s\"'-]*[\\w.-]*(?:password|passwd|pwd|secret|token|key|credential|auth)[\\w.-]*[\"']?"
            + "\\s*[:=]\\s*[\"']?(.+?)[\"',]*$");
    private static final Pattern USERINFO = Pattern.compile("://([^/\\s:@]*):([^@\\s]+)@");
    private static final Pattern ADDRESS = Pattern.compile("(?i)[a-z][a-z0-9+.:-]*://\\S+");
    private static final Pattern MARK = Pattern.compile("\\[(?:REDACTED:[^\\]\\s]*|WITHHELD)\\]");
    private static final Pattern DENSE = Pattern.compile("(?<![\\w+/=@:.-])[A-Za-z0-9+/_=-]{32,}(?![\\w+/=-])");
    private static final Pattern HARMLESS =
        Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{40}|[a-z0-9]+(-[a-z0-9]+)+"
            + "|[A-Z0-9_]+|[A-Za-z]+([_/-][A-Za-z]+)*|\\d+");
    private static final Set<String> STRUCTURE =
        Set.of("fingerprint", "code", "family", "severity", "schemaVersion", "kind", "apiVersion", "outcome",
        "disposition", "state", "action", "scope", "firstSeen", "lastSeen", "basis", "source");

    /** What to look for under its first characters, longest first, and what to write instead. */
    private final Map<String, List<String>> forms = new HashMap<>();
    private final Map<String, String> marks = new HashMap<>();
    private final Set<String> keep;
    public int known;
    public int pattern;
    public int withheld;

    private Redaction(Set<String> keep) {
        this.keep = keep;
    }

    /**
     * {@code secrets}: values by {@code name#key}; {@code environment}: the caller's variables, of which those that are called like secrets
     * are hidden.
     */
    public static Redaction of(Map<String, String> secrets, Map<String, String> environment) {
        return of(secrets, environment, Set.of());
    }

    /** {@code keep}: hosts, ports and names that must stay readable though a Secret holds them too. */
    public static Redaction of(Map<String, String> secrets, Map<String, String> environment, Set<String> keep) {
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
        if (text.lines().count() > 1) {
            text.lines().map(String::strip).forEach(line -> line(mark, line));
        }
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
        } catch (JsonProcessingException e) {
            form(mark, text, false);
        }
    }

    private void leaves(String mark, String key, JsonNode node) {
        node.properties().forEach(e -> leaves(mark, e.getKey(), e.getValue()));
        if (node.isArray()) {
            node.forEach(n -> leaves(mark, key, n));
        }
        if (node.isTextual() && (SecretShapes.NAME.matcher(key).matches() || key.matches("(?i)auth|.*key.*"))) {
            form(mark, node.asText(), false);
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

    public int known() {
        return known;
    }

    public int pattern() {
        return pattern;
    }

    public int withheld() {
        return withheld;
    }

    /** The same text without secrets; line ends stay where they are. A text in which one is found again afterwards is withheld whole. */
    public String clean(String text) {
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
    public JsonNode clean(JsonNode json) {
        if (json.isTextual()) {
            return TextNode.valueOf(clean(json.asText()));
        }
        if (json instanceof ObjectNode object) {
            var copy = Json.MAPPER.createObjectNode();
            object.properties().forEach(e -> copy.set(e.getKey(), STRUCTURE.contains(e.getKey()) ? e.getValue() : clean(e.getValue())));
            return copy;
        }
        if (json.isArray()) {
            var copy = Json.MAPPER.createArrayNode();
            var lines = new ArrayList<String>();
            json.forEach(n -> lines.add(n.isTextual() && !n.asText().contains("\n") ? n.asText() : null));
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
        return !values(outside).equals(outside) || SecretShapes.anyToken(outside);
    }

    /** Known values, also where line breaks and spaces were put into them. */
    private String values(String text) {
        var plain = replaced(text, IntStream.range(0, text.length()).toArray(), text);
        var places = IntStream.range(0, plain.length()).filter(i -> !Character.isWhitespace(plain.charAt(i))).toArray();
        if (places.length == plain.length() || plain.indexOf('\n') < 0) {
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
            if (match == null || packed && match.length() < 12 || places[i] < from) {
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
        while (start > 0 && name(text.charAt(start - 1))) {
            start--;
        }
        while (end < text.length() && name(text.charAt(end))) {
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
        return text.split(Pattern.quote(PATTERN_MARK), -1).length - 1;
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
        return Stream.of(word.split("[/_-]")).anyMatch(part -> part.length() >= 20 && mixed(part) && entropy(word) > 4.0);
    }

    private static boolean mixed(String part) {
        return Stream.of("[a-z]", "[A-Z]", "[0-9]").allMatch(k -> Pattern.compile(k).matcher(part).find());
    }

    private static double entropy(String word) {
        return word.chars().boxed().collect(Collectors.groupingBy(c -> c, Collectors.counting())).values().stream()
            .mapToDouble(n -> -n * Math.log((double) n / word.length()) / Math.log(2) / word.length()).sum();
    }
}

// src/shared/SecretShapes.java

/** What secrets look like and what they are called: the one table of it. */
public static final class SecretShapes {
    /** Names of variables and keys that hold secrets. */
    public static final Pattern NAME = Pattern.compile("(?i).*(token|secret|passw|passphrase|credential|api_?key|private_?key|access_?key"
        + "|_pat$|_auth$|_key$|_dsn$).*");

    /** Weak passwords that are names of things too: masking them would hide {@code postgres:5432} and protect nobody. */
    public static final Set<String> WORDS = Set.of("password", "postgres", "postgresql", "default", "changeme", "localhost", "development",
        "production", "staging", "testing", "enabled", "disabled", "username", "secret", "public", "private", "service", "cluster",
        "database", "mongodb", "mariadb", "rabbitmq", "minioadmin", "elasticsearch", "undefined", "example", "secrets", "config", "server",
        "client", "container", "deployment", "status", "failed", "running", "ready", "message", "reason", "unknown", "warning", "string",
        "number", "object", "kubernetes", "namespace", "missing", "required", "mysql", "connection", "refused", "timeout", "address",
        "internal", "anonymous", "000000");

    /** Tokens that are told by their form alone. Group 1 (where there is one) is what is hidden, else all of it. */
    private static final List<Pattern> TOKENS = compiled(
        "-----BEGIN [A-Z0-9 ]+-----(?s:.*?)(?:-----END [A-Z0-9 ]+-----|\\z)",
        "\\beyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]*)?",
        "\\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\\w{20,}|glpat-[\\w-]{16,})",
        "\\bsk-(?:ant-|proj-|live-|test-)?[A-Za-z0-9_-]{16,}",
        "\\b[rs]k_(?:live|test)_[A-Za-z0-9]{12,}",
        "\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b",
        "\\bxox[a-z]-[A-Za-z0-9-]{10,}",
        "\\bdckr_\\w{3,}[\\w=-]*",
        "\\bnpm_[A-Za-z0-9]{30,}",
        "\\bhf_[A-Za-z0-9]{20,}",
        "\\bAIza[0-9A-Za-z_-]{30,}",
        "\\bya29\\.[\\w-]{20,}",
        "\\bSG\\.[\\w-]{16,}\\.[\\w-]{16,}");

    private static final String SECRET_OPTION = "(?:password|passwd|token|secret|api-key|apikey)";
    private static final String SECRET_PARAMETER = "(?:access_token|id_token|refresh_token|sig|signature|apikey|api_key"
        + "|x-amz-(?:signature|credential|security-token))";
    private static final String SECRET_SETTING = "(?:password|passwd|passphrase|pwd|secret|token|credentials?"
        + "|(?:api|private|access|secret)[_-]?key|client[_-]?secret)[\\w-]*"
        + "(?<!name|ref|file|path|url|uri|type|length|policy|[_-]id|class|count)";
    /** What follows {@code password:} in prose: a verb, an article, a word for "there is none". */
    private static final String PROSE = "(?:forbidden|denied|unauthorized|refused|rejected|watch|read|was|were|has|have|with|for|from"
        + "|found|exists|will|this|that|not|is|must|missing|required|null|none|nil|undefined|true|false|yes|empty|invalid|expired|wrong"
        + "|unset|no|cannot|failed|should|error|the|a|an|couldn|incorrect)\\b(?!-)|[a-z]{2,12}[ ,]+(?:and|or|the|on|in|of|user|both)\\b";

    /** Tokens told by what stands before them. */
    private static final List<Pattern> SETTINGS = compiled(
        "(?i)pull rate limit as '[^']*': (\\S+)",
        "(?i)pull rate limit as '([^']+)'",
        "(?i)\\b(?:bearer|basic|token)\\s+(?=[^\\s\"]*[0-9=+/])([A-Za-z0-9._~+/=-]{8,})",
        "://[^/\\s:@]*:([^@\\s/]+(?:/[^@\\s/]+)*)@",
        "://([A-Za-z0-9_-]{16,})@",
        "(?i)(?:[?&]|\\b)" + SECRET_PARAMETER + "=([^&\\s\"']{4,})",
        "(?i)--?" + SECRET_OPTION + "[= ]+[\"']?([^\\s\"']{3,})",
        "(?i)" + SECRET_SETTING + "(?:\\\\*[\"'])?\\s*[:=]\\s*"
            + "(?:\\\\*\"((?:[^\"\\\\]|\\\\[^\"])+)|'([^']+)'|(?!" + PROSE + ")([^\\s\"',;&\\\\}\\])]{3,}))");

    private SecretShapes() { }

    private static List<Pattern> compiled(String... patterns) {
        return Stream.of(patterns).map(Pattern::compile).toList();
    }

    /** Whether a token stands in the text, whatever stands around it. */
    public static boolean anyToken(String text) {
        return TOKENS.stream().anyMatch(shape -> shape.matcher(text).find());
    }

    /** The text with {@code mark} in place of every token and secret setting, but for what {@code keep} wants; line ends stay. */
    public static String hidden(String text, String mark, Predicate<String> keep) {
        return replaced(SETTINGS, hiddenTokens(text, mark, keep), mark, keep);
    }

    /** As {@link #hidden}, for texts in which a setting is meant as it stands: only what is told by its form alone. */
    public static String hiddenTokens(String text, String mark, Predicate<String> keep) {
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

// src/shared/Texts.java

/** Small things about texts. */
public static final class Texts {
    private Texts() { }

    /** A line that may keep its indentation. */
    public static String visible(String text) {
        var line = line(text);
        return " ".repeat(text.length() - text.stripLeading().length()) + line;
    }

    /**
     * One line without control characters, so that no text of a cluster can steer a terminal or a log; GitHub's runner still takes
     * its old commands ({@code ##[stop-commands]…}) from anywhere in a line.
     */
    public static String line(String text) {
        return text.replaceAll("\\R+", " ").replaceAll("[\\p{Cc}\\p{Cf}]", "").replace("##[", "## [").strip();
    }

    /** A message on one line; nothing of it is taken away. */
    public static String oneLine(String message) {
        return message == null ? "" : message.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    public static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most - 1) + "…";
    }

    public static String count(long n, String one) {
        return n + " " + one + (n == 1 ? "" : "s");
    }
}

// src/shared/Vars.java

/**
 * Template variables, from {@code --vars} and from files. A value prints as it was written, whichever way it was given:
 * {@code 1.10} stays {@code 1.10}. What cannot be read throws {@link IllegalArgumentException}, whose message is one line.
 */
public static final class Vars {
    private static final Pattern NEXT_KEY = Pattern.compile(",(?=\\s*[A-Za-z_][\\w.-]*\\s*=)");
    private static final Pattern PAIR = Pattern.compile("\\s*(?:export\\s+)?([A-Za-z_][\\w.-]*)\\s*=(.*)", Pattern.DOTALL);

    private Vars() { }

    /** {@code a=1,b=2}; a comma that no {@code key=} follows belongs to the value. */
    public static Map<String, Object> ofList(String list) {
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
    public static Map<String, Object> ofFile(String name, String text) {
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
