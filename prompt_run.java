///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Renders the prompt of an AI coding agent and runs the agent, also when the environment is broken
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.3.0 tools.jackson.dataformat:jackson-dataformat-yaml:3.3.0
//DEPS io.fabric8:kubernetes-client-api:8.0.0@fatjar io.fabric8:kubernetes-client:8.0.0@fatjar io.fabric8:zjsonpatch:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-httpclient-jdk:8.0.0@fatjar io.fabric8:kubernetes-model-common:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-core:8.0.0@fatjar io.fabric8:kubernetes-model-apps:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-batch:8.0.0@fatjar io.fabric8:kubernetes-model-certificates:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-admissionregistration:8.0.0@fatjar io.fabric8:kubernetes-model-extensions:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-rbac:8.0.0@fatjar
//DEPS org.snakeyaml:snakeyaml-engine:3.2
//DEPS org.freemarker:freemarker:2.3.35
//DEPS org.slf4j:slf4j-nop:2.0.17
//FILES templates/layout.ftl=templates/layout.ftl
//FILES templates/common_en.ftl=templates/common_en.ftl
//FILES templates/common_ru.ftl=templates/common_ru.ftl
//FILES templates/infra_en.ftl=templates/infra_en.ftl
//FILES templates/infra_ru.ftl=templates/infra_ru.ftl
//FILES templates/causes_ru.ftl=templates/causes_ru.ftl
//FILES templates/dev_issue_en.ftl=templates/dev_issue_en.ftl
//FILES templates/dev_issue_ru.ftl=templates/dev_issue_ru.ftl
//FILES templates/plan_issue_en.ftl=templates/plan_issue_en.ftl
//FILES templates/plan_issue_ru.ftl=templates/plan_issue_ru.ftl
//FILES templates/repair_issue_en.ftl=templates/repair_issue_en.ftl
//FILES templates/repair_issue_ru.ftl=templates/repair_issue_ru.ftl
//FILES templates/dev_review_en.ftl=templates/dev_review_en.ftl
//FILES templates/dev_review_ru.ftl=templates/dev_review_ru.ftl
//FILES templates/plan_review_en.ftl=templates/plan_review_en.ftl
//FILES templates/plan_review_ru.ftl=templates/plan_review_ru.ftl
//FILES templates/repair_review_en.ftl=templates/repair_review_en.ftl
//FILES templates/repair_review_ru.ftl=templates/repair_review_ru.ftl
//FILES templates/repair_plan_en.ftl=templates/repair_plan_en.ftl
//FILES templates/repair_plan_ru.ftl=templates/repair_plan_ru.ftl
//FILES templates/recheck_en.ftl=templates/recheck_en.ftl
//FILES templates/recheck_ru.ftl=templates/recheck_ru.ftl
//FILES templates/codex_config.toml.ftl=templates/codex_config.toml.ftl
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable

// Assembled from src/shared and src/prompt_run: edit there and run `./jbangw assemble`; `./jbangw assemble --check` tells
// whether this file is what they give. First what acts (cluster, files, processes, output), the entry before all:
//     src/prompt_run/command/: Options, the two streams, and where a result is written
//     src/prompt_run/run/: One run of the agent from its start to its end
//     src/prompt_run/sources/: The working tree: uploaded to the agent, and its work brought back
//     src/prompt_run/keeper/: The caller's side of the keeper, the program that looks after the agent in its place
//     src/prompt_run/place/: Where the agent runs: deploy/codex, its own pod or this machine
//     src/prompt_run/facts/: What is read about the run: the event file, the report file, GitHub's API
//     src/prompt_run/templates/: FreeMarker templates, found and filled in
//     src/prompt_run/machine/: This machine: files, processes, randomness, and what is told to people meanwhile
//     src/shared/system/: What both scripts use of the machine: processes, terminal, kubeconfig
// Then what only thinks: equal input gives equal answers.
//     src/prompt_run/prompt/: What the templates get to see, and the prompt
//     src/prompt_run/verdict/: How a run ended, and what is told about it
//     src/prompt_run/view/: What the objects around deploy/codex say, and the objects of a pod of our own
//     src/prompt_run/agent/: The agent's settings, its command and its environment
//     src/prompt_run/remote/: The shell program for the agent's place, and how its answers are read
//     src/prompt_run/subject/: What a run is about, checked: options, facts, event, report, place
//     src/prompt_run/text/: Text of others: selected, cleaned, fenced, masked
//     src/prompt_run/options/: What options and variables mean
//     src/shared/: What both scripts use and needs nothing from outside: texts, durations, JSON, masking

import com.fasterxml.jackson.annotation.JsonProperty;
import freemarker.cache.ClassTemplateLoader;
import freemarker.cache.FileTemplateLoader;
import freemarker.cache.MultiTemplateLoader;
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
import io.fabric8.kubernetes.api.model.ConfigMapVolumeSourceBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvFromSourceBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.SecretVolumeSourceBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceRule;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectRulesReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import io.fabric8.kubernetes.client.internal.KubeConfigUtils;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.JsonSchema;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine;
import sun.misc.Signal;
import sun.misc.SignalHandler;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;
import static java.nio.file.StandardOpenOption.WRITE;

/**
 * Renders the prompt of the kind asked for and runs the agent with it:
 * {@code jbang prompt_run.java --kind dev_issue --infra-report ready.json --print}
 *
 * <p>Read {@link #call()} first. Everything that comes from an issue or a cluster is data: it is
 * cleaned, fenced and capped before a template sees it, and is never a template itself.
 */
@Command(name = "prompt_run", sortOptions = false, usageHelpAutoWidth = true,
    customSynopsis = "Usage: jbang prompt_run.java --kind KIND [options]",
    description = "Renders the prompt of an AI coding agent and runs the agent, also when the environment is broken.",
    exitCodeListHeading = "%nExit codes%n",
    exitCodeList = {"0:the agent ran and finished, status partial included (or --print, --dry-run)",
        "2:usage: unknown option, bad value, missing file",
        "20:the agent failed, says that it is blocked, or left the environment unready", "21:limit of time, silence or tokens",
        "22:the run was lost (pod gone, exec broken)",
        "23:no place to run the agent", "130:cancelled by SIGINT", "143:cancelled by SIGTERM"},
    footerHeading = "%nExamples%n",
    footer = {"  jbang prompt_run.java --kind dev_issue --infra-report ready.json",
        "  jbang prompt_run.java --kind repair_issue --issue 42 --namespace shop-dev-3 --lang ru --print"})
public class prompt_run implements Callable<Integer> {

    @ArgGroup(validate = false, heading = "%nThe prompt%n") PromptOptions prompt = new PromptOptions();
    @ArgGroup(validate = false, heading = "%nFacts of the run%n") FactOptions fact = new FactOptions();
    @ArgGroup(validate = false, heading = "%nState of the environment%n") InfraOptions infrastructure = new InfraOptions();
    @ArgGroup(validate = false, heading = "%nText from the issue%n") TextOptions text = new TextOptions();
    @ArgGroup(validate = false, heading = "%nThe agent%n") AgentOptions agent = new AgentOptions();
    @ArgGroup(validate = false, heading = "%nOutput%n") OutputOptions output = new OutputOptions();
    @Option(names = {"-h", "--help"}, usageHelp = true, description = "show this help and exit") boolean help;
    @Spec CommandSpec spec;

    final Env env;
    private Console console;

    prompt_run(Map<String, String> environment) {
        this.env = new Env(environment);
    }

    public static void main(String... args) {
        int code = cli(System.getenv()).execute(args);
        HttpThreads.end();
        System.exit(code);
    }

    @Override
    public Integer call() throws IOException {
        var redactor = redactor();
        console = new Console(spec.commandLine(), output, env, redactor);
        if (prompt.listKinds) {
            return told(new Listing(new Templates(prompt.templates, null).kinds()));
        }
        GivenTwice.of(spec.commandLine().getParseResult().originalArgs(), spec).ifPresent(twice -> {
            throw new UsageError(twice);
        });
        var options = prompt.read(env);
        var read = infrastructure.read(env, console);
        var event = EventFile.read(env, console);
        var facts = Facts.gather(options.kind(), fact.given(agent, env), event, read, console::warn);
        var infra = read.about(facts.namespace());
        if (infra != read) {
            ReportFile.warn(infra, console);
        }
        var talk = Discussion.gather(options.kind(), facts, event, GitHub.of(env, console), text.access(env), redactor);
        var renderer = new Renderer(new PromptModel(options, facts, infra, talk, redactor), console);
        return options.print() ? told(renderer.render(Place.undecided(infra))) : run(options, facts, infra, renderer, redactor);
    }

    private int run(RunOptions options, Facts facts, Infra infra, Renderer renderer, Redactor redactor) throws IOException {
        var settings = agent.read(options, facts, env);
        var prices = output.prices(env);
        var setup = new RunSetup(RunId.next(), settings, facts.namespace(), Patience.USUAL, console, new ArrayList<>());
        var ladder = new Ladder(setup);
        try (var run = new AgentRun(setup, ladder, facts, infra, redactor)) {
            var place = run.choosePlace(options.dryRun() ? ladder::look : ladder::climb);
            var rendered = renderer.render(place);
            return told(options.dryRun() ? run.preview(place, rendered)
                : new Report(options, facts, infra, output, prices, env, redactor, console)
                    .deliver(place, rendered, run.run(place, rendered, renderer)));
        }
    }

    /** The one of this run: it knows what the caller named, and what the agent gets. */
    Redactor redactor() {
        return new Redactor(env, Stream.concat(text.redactNames().stream(), agent.passEnv.stream()).toList());
    }

    private int told(Answer answer) {
        console.answer(answer);
        return answer.outcome().exitCode();
    }

    /** The command line with this script's manners: one-line errors, one exit-code map, UTF-8 whatever the locale. */
    static CommandLine cli(Map<String, String> environment) {
        var cli = new CommandLine(new prompt_run(environment));
        cli.setOut(utf8(FileDescriptor.out));
        cli.setErr(utf8(FileDescriptor.err));
        cli.setParameterExceptionHandler((problem, args) -> {
            boolean verbose = Arrays.stream(args).anyMatch(a -> a.equals("-v") || a.equals("--verbose"));
            var redactor = new Redactor(new Env(environment), List.of());
            return Console.fail(problem.getCommandLine(), redactor, problem.getMessage() + "; see --help", problem, verbose, Outcome.USAGE);
        });
        cli.setExecutionExceptionHandler((problem, command, parsed) -> command.<prompt_run>getCommand().failed(problem));
        return cli;
    }

    /** A mistake of the caller is told on stderr; after one of ours the result says that nothing is proven. */
    private int failed(Exception problem) {
        boolean usage = problem instanceof UsageError;
        var redactor = redactor();
        var message = usage ? env.named(problem.getMessage()) : redactor.mask("internal error: " + problem);
        if (!usage && console != null) {
            console.answer(RunResult.unexpected(Texts.oneLine(message)));
        }
        return Console.fail(spec.commandLine(), redactor, message, problem, output.verbose, usage ? Outcome.USAGE : Outcome.LOST);
    }

    private static PrintWriter utf8(FileDescriptor stream) {
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(stream), StandardCharsets.UTF_8), true);
    }

// src/prompt_run/command/

/** GitHub Actions' files: outputs for the next steps, and the step's summary. */
record ActionsFiles(Env env, Log log) {
    /** Output to the result's field that it tells. */
    static final Map<String, String> OUTPUTS = new LinkedHashMap<>();

    static {
        for (var field : List.of("status", "exitCode", "runId", "threadId", "agentTarget", "fallbackReason", "infraUnhealthy",
                "agentStatus", "summary", "blockedReason",
                "durationSeconds", "inputTokens", "outputTokens", "cost", "finalMessageFile", "transcriptFile", "infraReadyAfter", "rounds",
                "limit")) {
            OUTPUTS.put(field.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT), field);
        }
    }

    void tell(Map<String, Object> json) {
        append("GITHUB_OUTPUT", outputText(json));
        append("GITHUB_STEP_SUMMARY", Summary.of(json));
    }

    /** Every value between delimiters that nobody can know beforehand: no text can add an output of its own. */
    static String outputText(Map<String, Object> json) {
        var text = new StringBuilder();
        OUTPUTS.forEach((output, field) -> {
            var delimiter = "end-" + UUID.randomUUID();
            var value = json.get(field);
            text.append(output).append("<<").append(delimiter).append('\n')
                .append(value == null ? "" : value instanceof List<?> all ? all.size() : value)
                .append('\n').append(delimiter).append('\n');
        });
        return text.toString();
    }

    private void append(String variable, String text) {
        if (env.get(variable) == null) {
            return;
        }
        try {
            Files.writeString(Path.of(env.get(variable)), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException problem) {
            log.warn(variable + " " + env.get(variable) + ": cannot write it (" + TextFile.reason(problem) + ")");
        }
    }
}

/** Where and how the agent runs. */
static class AgentOptions {
    @Option(names = "--model", paramLabel = "NAME",
        description = "model; default: the label [ai-model-...], else the agent's own (CODEXCTL_MODEL)")
    String model;
    @Option(names = "--reasoning-effort", paramLabel = "EFFORT",
        description = "minimal, low, medium, high, xhigh; default: the label [ai-reasoning-...] (CODEXCTL_MODEL_REASONING_EFFORT)")
    String effort;
    @Option(names = "--resume", paramLabel = "THREAD|auto", description = "continue a session by its id, or the last one of this issue")
    String resume;
    @Option(names = "--agent-target", paramLabel = "TARGET", description = "auto, deploy, pod or runner; default auto")
    String target;
    @Option(names = "--fallback", paramLabel = "PLACES",
        description = "none, pod or pod,runner: where the agent runs when deploy/codex cannot; default pod")
    String fallback;
    @Option(names = "--agent-image", paramLabel = "IMAGE", description = "image of the fallback pod; default: that of deploy/codex")
    String image;
    @Option(names = "--agent-command", paramLabel = "CMD",
        description = "another agent than Codex: a shell command that reads the prompt on stdin")
    String command;
    @Option(names = "--agent-deployment", paramLabel = "NAME", defaultValue = "codex",
        description = "the agent's Deployment; default codex")
    String deployment;
    @Option(names = "--agent-container", paramLabel = "NAME",
        description = "its container; default: kubectl's, the one named like the Deployment, the first")
    String container;
    @Option(names = "--agent-env", paramLabel = "NAME", split = ",",
        description = "environment variables of the caller that the agent gets, by file; repeatable."
            + " On the runner it sees the cluster with KUBECONFIG alone")
    List<String> passEnv = new ArrayList<>();
    @Option(names = "--workspace", paramLabel = "DIR",
        description = "the agent's working tree in its place; default: its working directory, /workspace, ~/workspace")
    String workspace;
    @Option(names = "--git-name", paramLabel = "NAME", description = "author of the agent's commits (CODEXCTL_GIT_NAME)")
    String gitName;
    @Option(names = "--git-email", paramLabel = "ADDRESS", description = "his address (CODEXCTL_GIT_EMAIL)")
    String gitEmail;
    @Option(names = "--kubeconfig", paramLabel = "FILE", description = "kubeconfig file")
    Path kubeconfig;
    @Option(names = "--context", paramLabel = "NAME", description = "context of the kubeconfig")
    String context;
    @Option(names = "--source", paramLabel = "DIR", description = "working tree to upload where the agent's workspace is empty")
    Path source;
    @Option(names = "--bring-back", description = "fetch the agent's commits and uncommitted changes back into --source")
    boolean bringBack;
    @Option(names = "--agent-wait", paramLabel = "DURATION",
        description = "how long to wait for deploy/codex; default 5m, for repair kinds 90s")
    String wait;
    @Option(names = "--agent-timeout", paramLabel = "DURATION", description = "limit for the whole run; default 60m")
    String timeout;
    @Option(names = "--idle-timeout", paramLabel = "DURATION", description = "limit without a sign of life; default 15m")
    String idle;
    @Option(names = "--max-tokens", paramLabel = "N",
        description = "limit of the run's tokens, input (cached ones included) and output together, read live; needs Codex "
            + "(CODEXCTL_MAX_TOKENS)")
    String tokens;
    @Option(names = "--recheck", paramLabel = "CMD",
        description = "shell command on this machine that prints a report of ensure_ready; it runs when the agent has ended well and its "
            + "changes are back, and what it finds goes back to the same thread (CODEXCTL_RECHECK)")
    String recheck;
    @Option(names = "--recheck-rounds", paramLabel = "N",
        description = "how often it goes back, 0 to 9; default 1 (CODEXCTL_RECHECK_ROUNDS)")
    String rounds;
    @Option(names = "--agent-lease", paramLabel = "DURATION", description = "an agent whose caller is gone for so long ends; default 10m")
    String lease;

    private static final Pattern RUNNER_ENV = Pattern.compile(String.join("|", "PATH", "LANG", "LC_[A-Z]+", "TZ",
        "(?i:https?_proxy|no_proxy|all_proxy)", "SSL_CERT_(FILE|DIR)", "NODE_EXTRA_CA_CERTS",
        "CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"));

    AgentSettings read(RunOptions options, Facts facts, Env env) {
        var where = Values.oneOf("--agent-target", Facts.first(env.pick(target), "auto"), "auto", "deploy", "pod", "runner");
        var otherwise = Values.oneOf("--fallback", Facts.first(env.pick(fallback), "pod"), "none", "pod", "pod,runner");
        checkSource();
        var thread = Values.matching("--resume", resume, "auto|[0-9a-fA-F-]{8,64}", "auto or the id of a thread");
        var passed = passed(env);
        return new AgentSettings(where, List.of(otherwise.split(",")), deployment, container, env.pick(image, "CODEXCTL_AGENT_IMAGE"),
            waitFor(options.kind().startsWith("repair")), limits(facts, env), env.pick(command, "CODEXCTL_AGENT_COMMAND"),
            thread, source, bringBack, Values.matching("--workspace", workspace, "/[^\\x00-\\x1f]*", "an absolute path"),
            passed, identity(env), facts.threadKey(), CodexConfig.render(options, facts, passed), kubeconfig, context,
            runnerEnv(env), options.kind().contains("plan"), recheck(env));
    }

    private void checkSource() {
        if (bringBack && source == null) {
            throw new UsageError("--bring-back needs --source DIR: the working tree that gets the changes");
        }
        if (source != null && !Files.exists(source.resolve(".git"))) {
            throw new UsageError("--source " + source + ": not the top of a git working tree");
        }
    }

    private Duration waitFor(boolean repair) {
        return wait == null ? Duration.ofSeconds(repair ? 90 : 300) : Values.duration("--agent-wait", wait);
    }

    private AgentSettings.Limits limits(Facts facts, Env env) {
        return new AgentSettings.Limits(facts.limits().totalTime(), facts.limits().idleTime(),
            Values.duration("--agent-lease", Facts.first(env.pick(lease), "10m")), tokens(env));
    }

    private long tokens(Env env) {
        var most = Values.positive("--max-tokens", env.pick(tokens, "CODEXCTL_MAX_TOKENS"));
        if (most != null && env.pick(command, "CODEXCTL_AGENT_COMMAND") != null) {
            throw new UsageError("--max-tokens " + most + ": nobody counts the tokens of an --agent-command");
        }
        return most == null ? 0 : most;
    }

    private AgentSettings.Recheck recheck(Env env) {
        var most = Values.matching("--recheck-rounds", Facts.first(env.pick(rounds, "CODEXCTL_RECHECK_ROUNDS"), "1"), "[0-9]", "0 to 9");
        return new AgentSettings.Recheck(env.pick(recheck, "CODEXCTL_RECHECK"), Integer.parseInt(most));
    }

    private Map<String, String> identity(Env env) {
        var git = new LinkedHashMap<String, String>();
        identity(git, "NAME", env.pick(gitName, "CODEXCTL_GIT_NAME"));
        identity(git, "EMAIL", env.pick(gitEmail, "CODEXCTL_GIT_EMAIL"));
        return git;
    }

    private static void identity(Map<String, String> git, String what, String value) {
        if (value != null) {
            git.put("GIT_AUTHOR_" + what, value);
            git.put("GIT_COMMITTER_" + what, value);
        }
    }

    private Map<String, String> passed(Env env) {
        var passed = new LinkedHashMap<String, String>();
        for (var name : passEnv) {
            Values.matching("--agent-env", name, "[A-Za-z_][A-Za-z0-9_]*", "names of environment variables");
            if (env.get(name) == null) {
                throw new UsageError("--agent-env " + name + ": not set here");
            }
            passed.put(name, env.get(name));
        }
        return passed;
    }

    private static Map<String, String> runnerEnv(Env env) {
        var allowed = new LinkedHashMap<String, String>(env.values());
        allowed.keySet().removeIf(name -> !RUNNER_ENV.matcher(name).matches());
        return allowed;
    }
}

/** Prompt, events, last message and stderr of the agent as files, masked. {@code folder}: where to, or null for nowhere. */
record Artifacts(Path folder, Redactor redactor, Log log) {

    /** File name to where it was written; {@code kept}, the folder with the agent's output, is gone afterwards. */
    Map<String, Path> write(String prompt, String message, Path kept) {
        var files = new LinkedHashMap<String, Path>();
        if (folder != null) {
            put(files, "prompt.md", redactor.mask(prompt));
            put(files, "last-message.md", message);
            put(files, "events.jsonl", masked(kept.resolve("events.jsonl")));
            put(files, "stderr.log", masked(kept.resolve("stderr.log")));
        }
        Disk.delete(kept);
        return files;
    }

    private void put(Map<String, Path> files, String name, String text) {
        if (write(folder.resolve(name), text, log)) {
            files.put(name, folder.resolve(name).toAbsolutePath());
        }
    }

    private String masked(Path file) {
        try {
            var text = Files.exists(file) ? new String(Files.readAllBytes(file), StandardCharsets.UTF_8) : "";
            return redactor.mask(text.lines().map(line -> MaskedJson.line(line, redactor)).collect(Collectors.joining("\n")));
        } catch (IOException problem) {
            log.warn(file + ": " + TextFile.reason(problem));
            return "";
        }
    }

    static boolean write(Path file, String text, Log log) {
        try {
            if (file.toAbsolutePath().getParent() != null) {
                Files.createDirectories(file.toAbsolutePath().getParent());
            }
            Files.writeString(file, text);
            return true;
        } catch (IOException problem) {
            log.warn(file + ": cannot write it (" + TextFile.reason(problem) + ")");
            return false;
        }
    }
}

/** The streams: stdout gets one answer and nothing else, stderr gets the rest, one line at a time. */
static final class Console implements Log {
    private final CommandLine command;
    private final OutputOptions options;
    private final boolean actions;
    private final Redactor redactor;
    private boolean answered;

    Console(CommandLine command, OutputOptions options, Env env, Redactor redactor) {
        if (options.format != null) {
            Values.oneOf("--output", options.format, "text", "json");
        }
        this.command = command;
        this.options = options;
        this.redactor = redactor;
        this.actions = "true".equals(env.get("GITHUB_ACTIONS"));
    }

    /** The only place that writes to stdout; the first answer counts. */
    synchronized void answer(Answer answer) {
        if (!answered) {
            answered = true;
            boolean json = options.format == null ? answer.jsonByDefault() && !Terminal.is(1) : options.format.equals("json");
            command.getOut().print(json ? Json.pretty(answer.asJson()) + "\n" : answer.asText());
            command.getOut().flush();
        }
    }

    @Override
    public void warn(String message) {
        var told = "prompt_run: warning: " + line(message);
        print(actions ? "::warning::" + told.replace("%", "%25") : told);
    }

    @Override
    public void info(String message) {
        if (!options.quiet) {
            print("prompt_run: " + line(message));
        }
    }

    @Override
    public void debug(String message) {
        if (options.verbose) {
            print("prompt_run: " + line(message));
        }
    }

    /** Prefixed, so that it can issue no workflow command, and without what a terminal or a runner would obey. */
    @Override
    public void agent(String text) {
        if (!options.quiet) {
            text.lines().forEach(line -> print("agent | " + Texts.visible(line)));
        }
    }

    private String line(String message) {
        return Texts.line(redactor.mask(message));
    }

    private synchronized void print(String line) {
        command.getErr().println(line);
        command.getErr().flush();
    }

    static int fail(CommandLine command, Redactor redactor, String message, Exception problem, boolean verbose, Outcome outcome) {
        command.getErr().println("prompt_run: " + Texts.line(redactor.mask(message)));
        if (verbose) {
            var trace = new StringWriter();
            problem.printStackTrace(new PrintWriter(trace));
            command.getErr().println(Texts.lines(redactor.mask(trace.toString())));
        }
        command.getErr().flush();
        return outcome.exitCode();
    }
}

/** What the run is about; what is not given comes from the GitHub event and the report. */
static class FactOptions {
    @Option(names = "--env", paramLabel = "ENV", description = "environment type; default ai (CODEXCTL_ENV)")
    String env;
    @Option(names = "--slot", paramLabel = "N", description = "slot number, 1 or more (CODEXCTL_SLOT)")
    String slot;
    @Option(names = {"-n", "--namespace"}, paramLabel = "NAME", description = "namespace of the environment (CODEXCTL_NAMESPACE)")
    String namespace;
    @Option(names = "--issue", paramLabel = "N", description = "issue number; default: the event's (CODEXCTL_ISSUE_NUMBER)")
    String issue;
    @Option(names = "--pr", paramLabel = "N", description = "pull request number; default: the event's (CODEXCTL_PR_NUMBER)")
    String pr;
    @Option(names = "--repo", paramLabel = "OWNER/NAME",
        description = "repository; default: the event's (CODEXCTL_REPO, GITHUB_REPOSITORY)")
    String repo;

    @Option(names = "--base", paramLabel = "BRANCH",
        description = "branch that the work is for; default: the event's (CODEXCTL_BASE)")
    String base;

    Facts.Given given(AgentOptions agent, Env twins) {
        return new Facts.Given(twins.pick(env, "CODEXCTL_ENV"), twins.pick(slot, "CODEXCTL_SLOT"),
            twins.pick(namespace, "CODEXCTL_NAMESPACE"), twins.pick(issue, "CODEXCTL_ISSUE_NUMBER"),
            twins.pick(pr, "CODEXCTL_PR_NUMBER"), twins.pick(repo, "CODEXCTL_REPO", "GITHUB_REPOSITORY"), twins.pick(base, "CODEXCTL_BASE"),
            twins.pick(agent.model, "CODEXCTL_MODEL"), twins.pick(agent.effort, "CODEXCTL_MODEL_REASONING_EFFORT"),
            agent.bringBack, agent.deployment, twins.pick(agent.timeout), twins.pick(agent.idle));
    }
}

/** What is known about the environment. */
static class InfraOptions {
    @Option(names = "--infra-unhealthy", arity = "0..1", fallbackValue = "1", paramLabel = "BOOL",
        description = "1, true, yes: the environment did not come up; 0, false, no or empty: it did "
            + "(INFRA_UNHEALTHY, CODEXCTL_INFRA_UNHEALTHY)")
    String unhealthy;
    @Option(names = "--infra-report", paramLabel = "FILE",
        description = "the JSON of ensure_ready; not ready unless it says infraReady: true (missing and invalid included)")
    Path report;

    Infra read(Env env, Log log) {
        return ReportFile.read(report, unhealthy != null ? unhealthy : env.pick(null, "INFRA_UNHEALTHY", "CODEXCTL_INFRA_UNHEALTHY"), log);
    }
}

/** What --list-kinds answers: every kind with its languages. */
record Listing(Map<String, Set<String>> kinds) implements Answer {
    @Override
    public String asText() {
        var lines = new StringBuilder();
        kinds.forEach((kind, languages) -> lines.append(String.format("%-14s %-6s %s%n", kind, String.join(" ", languages),
            Templates.BUILT_IN.getOrDefault(kind, "from --templates"))));
        return lines.toString();
    }

    @Override
    public Map<String, Object> asJson() {
        return Map.of("schemaVersion", "prompt-run/v1", "kinds", kinds);
    }
}

/** What is told, and where. */
static class OutputOptions {
    @Option(names = "--result", paramLabel = "FILE", description = "write the result as JSON to this file too")
    Path result;
    @Option(names = "--artifacts", paramLabel = "DIR", description = "prompt, events, last message and stderr of the agent, redacted")
    Path artifacts;
    @Option(names = "--output", paramLabel = "FORMAT",
        description = "text or json; default: text on a terminal and for --print, else json")
    String format;
    @Option(names = "--token-prices", paramLabel = "IN,CACHED,OUT", description = "prices of a million tokens of input, of cached input "
        + "and of output, as 1.25,0.125,10; the result then has the run's cost, else no price is told (CODEXCTL_TOKEN_PRICES)")
    String prices;
    @Option(names = {"-v", "--verbose"}, description = "more on stderr, stack traces included")
    boolean verbose;
    @Option(names = {"-q", "--quiet"}, description = "only warnings and errors on stderr")
    boolean quiet;

    /** What a run costs, where somebody said what tokens cost. */
    Optional<Prices> prices(Env env) {
        return Optional.ofNullable(env.pick(prices, "CODEXCTL_TOKEN_PRICES"))
            .map(given -> Prices.of(given).orElseThrow(() -> new UsageError("--token-prices " + Texts.oneLine(given)
                + ": accepted: three numbers, for a million tokens of input, of cached input and of output: 1.25,0.125,10")));
    }
}

/** What the prompt is made of. */
static class PromptOptions {
    @Option(names = "--kind", paramLabel = "KIND",
        description = "dev_issue, plan_issue, repair_issue, dev_review, plan_review, repair_review, repair_plan (CODEXCTL_KIND)")
    String kind;
    @Option(names = "--list-kinds", description = "print the kinds with their languages and exit")
    boolean listKinds;
    @Option(names = "--lang", paramLabel = "LANG",
        description = "language of the prompt: en or ru; default en, also for a language without templates (CODEXCTL_LANG)")
    String lang;
    @Option(names = "--templates", paramLabel = "DIR", description = "folder with templates that add to or override the built-in ones")
    Path templates;
    @Option(names = "--template", paramLabel = "FILE", description = "render this template instead of the kind's own")
    Path template;
    @Option(names = "--vars", paramLabel = "K=V,...", description = "template variables, repeatable (CODEXCTL_VARS)")
    List<String> vars = new ArrayList<>();
    @Option(names = "--var-file", paramLabel = "FILE",
        description = "template variables as YAML or KEY=VALUE lines, repeatable (CODEXCTL_VAR_FILE)")
    List<Path> varFiles = new ArrayList<>();
    @Option(names = "--print", description = "print the prompt and stop")
    boolean print;
    @Option(names = "--dry-run", description = "print the prompt, where the agent would run, its command and permissions; start nothing")
    boolean dryRun;

    RunOptions read(Env env) {
        var known = new Templates(templates, template);
        var asked = env.pick(kind, "CODEXCTL_KIND");
        var accepted = String.join(", ", known.kinds().keySet());
        if (asked == null && template == null) {
            throw new UsageError("--kind is missing; accepted: " + accepted);
        }
        if (asked != null && template == null && !known.kinds().containsKey(asked)) {
            throw new UsageError("--kind " + asked + ": no such kind; accepted: " + accepted);
        }
        var language = language(env.pick(lang, "CODEXCTL_LANG"));
        return new RunOptions(asked == null ? "custom" : asked, language, templates, template, variables(env), print, dryRun);
    }

    /** ISO 639 decides what is a language: {@code de} falls back to English later, {@code klingon} is a mistake. */
    private static String language(String asked) {
        if (asked == null) {
            return "en";
        }
        var base = asked.strip().toLowerCase(Locale.ROOT).split("[_.-]", 2)[0];
        if (!Arrays.asList(Locale.getISOLanguages()).contains(base)) {
            throw new UsageError("--lang " + Texts.oneLine(asked)
                + ": not a language; accepted: en, ru, or another ISO 639 code (falls back to en)");
        }
        return base;
    }

    private Map<String, Object> variables(Env env) {
        var file = env.pick(null, "CODEXCTL_VAR_FILE");
        var list = env.get("CODEXCTL_VARS");
        try {
            return new TreeMap<>(Variables.read(varFiles.isEmpty() && file != null ? List.of(Path.of(file)) : varFiles,
                vars.isEmpty() && list != null ? List.of(list) : vars));
        } catch (IllegalArgumentException e) {
            throw new UsageError(vars.isEmpty() ? e.getMessage().replaceFirst("^--vars:", "CODEXCTL_VARS:") : e.getMessage(), e);
        }
    }
}

/** Makes the result of a run and writes it wherever it was asked for, except to stdout: artifacts, GitHub's files, --result. */
record Report(RunOptions options, Facts facts, Infra infra, OutputOptions output,
    Optional<Prices> prices, Env env, Redactor redactor, Log log) {
    private static final int MESSAGE_MOST = 60_000;
    private static final int WORDS_MOST = 2_000;

    RunResult deliver(Place place, Prompt prompt, Finished run) {
        var message = run.message() == null ? "" : redactor.mask(run.message());
        var asked = prompt.text() + run.prompts().stream().map(again -> "\n---\n\n" + again).collect(Collectors.joining());
        var files = new Artifacts(folder(run.id()), redactor, log).write(asked, message, run.transcript());
        var json = RunResult.begun(run.verdict().outcome(), masked(run.verdict().reason()));
        about(json, place, run);
        json.put("durationSeconds", Math.round(Duration.between(run.began(), Instant.now()).toMillis() / 100.0) / 10.0);
        run.spent().put(json);
        json.put("cost", prices.map(p -> p.cost(run.spent())).orElse(null));
        checks(json, run);
        json.put("finalMessage", message.length() <= MESSAGE_MOST ? message : message.substring(0, MESSAGE_MOST)
            + "\n[cut: " + Texts.count(message.length() - MESSAGE_MOST, "character") + " more]");
        json.put("finalMessageFile", text(files.get("last-message.md")));
        json.put("transcriptFile", text(files.get("events.jsonl")));
        json.put("broughtBack", run.brought().state() == null ? null : masked(run.brought()));
        json.put("notes", masked(run.notes()));
        new ActionsFiles(env, log).tell(json);
        if (output.result != null) {
            Artifacts.write(output.result, Json.pretty(json) + "\n", log);
        }
        return new RunResult(run.verdict().outcome(), json);
    }

    private Path folder(String runId) {
        var temporary = env.get("RUNNER_TEMP");
        return output.artifacts != null ? output.artifacts : temporary == null ? null : Path.of(temporary, "prompt-run-" + runId);
    }

    private void about(Map<String, Object> json, Place place, Finished run) {
        json.put("runId", run.id());
        json.put("threadId", run.thread());
        json.put("resumed", place.resumed());
        json.put("kind", options.kind());
        json.put("lang", options.lang());
        json.put("agentTarget", place.target());
        json.put("where", run.where());
        json.put("fallbackReason", place.fallbackReason());
        json.put("infraUnhealthy", infra.unhealthy());
        json.put("model", facts.model());
        json.put("reasoningEffort", facts.effort());
    }

    /** {@code infraReadyAfter} is null where no check was asked for, else true only when the last turn's check proves it. */
    private void checks(Map<String, Object> json, Finished run) {
        var rounds = run.rounds();
        json.put("limit", run.verdict().outcome().limit());
        json.put("rounds", masked(rounds));
        json.put("infraReadyAfter", !run.rechecked() ? null
            : !rounds.isEmpty() && Boolean.TRUE.equals(rounds.get(rounds.size() - 1).ready()));
        json.put("agentStatus", run.said().status());
        json.put("summary", cut(run.said().summary()));
        json.put("blockedReason", cut(run.said().blockedReason()));
    }

    private String cut(String text) {
        return text == null ? null : Texts.cut(redactor.mask(text), WORDS_MOST);
    }

    private String masked(String text) {
        return text == null ? null : redactor.mask(text);
    }

    /** As maps, lists and text, all of it masked. */
    private Object masked(Object value) {
        return Json.MAPPER.convertValue(MaskedJson.of(Json.MAPPER.valueToTree(value), redactor), Object.class);
    }

    private static String text(Path file) {
        return file == null ? null : file.toString();
    }
}

/** Whose words reach the prompt. */
static class TextOptions {
    @Option(names = "--allow-users", paramLabel = "LOGIN,...",
        description = "people whose text is taken although they have no write access (AI_ALLOWED_USERS)")
    String allowUsers;
    @Option(names = "--any-author", description = "take everybody's text, marked as coming from people without write access")
    boolean anyAuthor;
    @Option(names = "--redact-env", paramLabel = "NAME,...",
        description = "environment variables whose values are masked, besides those named like a secret")
    String redactEnv;

    List<String> redactNames() {
        return redactEnv == null ? List.of() : List.of(redactEnv.split("[\\s,]+"));
    }

    WriteAccess access(Env env) {
        return new WriteAccess(WriteAccess.logins(env.pick(allowUsers, "AI_ALLOWED_USERS")), anyAuthor);
    }
}

// src/prompt_run/run/

/** One run: finds a place for the agent, has it work there, and says what that counts as. Closing it removes what it made. */
static final class AgentRun implements AutoCloseable {
    private final RunSetup run;
    private final Facts facts;
    private final Infra infra;
    private final Redactor redactor;
    private final Ladder ladder;
    private final Cancel cancel = new Cancel();
    private final Instant began = Instant.now();
    private Site site;
    private String nowhere;

    /** From here on a signal ends the run in good order; a kubeconfig that is none is a usage error. */
    AgentRun(RunSetup run, Ladder ladder, Facts facts, Infra infra, Redactor redactor) {
        this.run = run;
        this.ladder = ladder;
        this.facts = facts;
        this.infra = infra;
        this.redactor = redactor;
        var settings = run.settings();
        if (settings.kubeconfig() != null || settings.context() != null) {
            Kube.config(settings.kubeconfig(), settings.context());
        }
        cancel.listen();
    }

    /** Where on the ladder the run goes; null for nowhere. */
    interface Choice {
        Site site() throws InterruptedException;
    }

    /** The place is a fact of the prompt, so this comes before the rendering. */
    Place choosePlace(Choice choice) {
        try {
            site = choice.site();
            nowhere = site == null ? reasons() : null;
        } catch (InterruptedException signal) {
            nowhere = "cancelled while looking for a place";
        }
        if (site != null && site.oldCodex()) {
            run.notes().add(site.facts().get("version") + " in " + site.label()
                + " is older than " + Site.CODEX_VERSION + ", which prompt_run is made for");
        }
        return place();
    }

    /** They may quote the cluster. */
    private String reasons() {
        var reasons = ladder.reasons();
        return reasons == null ? null : redactor.mask(reasons);
    }

    private Place place() {
        if (site == null) {
            return Place.nowhere("none", nowhere, null);
        }
        var report = infra.reported() ? site.folder() + "/ready.json" : null;
        return new Place(site.target(), reasons(), report, site.workspace(), thread() != null,
            site.facts().get("tools"), site.facts().get("missing"));
    }

    /** The thread to go on with: the one asked for, or for {@code auto} the last one of this issue, if its session is still there. */
    private String thread() {
        var asked = run.settings().resume();
        if (!"auto".equals(asked)) {
            return asked;
        }
        return site == null || site.thread().isBlank() ? null : site.thread();
    }

    /** What --dry-run prints: prompt, target, command and permissions. Starts nothing. */
    Preview preview(Place place, Prompt prompt) {
        var settings = run.settings();
        var plan = new LinkedHashMap<String, Object>();
        plan.put("agentTarget", site != null ? site.target() : ladder.wouldTry());
        plan.put("where", site == null ? null : site.label());
        plan.put("fallbackReason", place.fallbackReason());
        plan.put("command", launch(place.target()).command(place.workspace() == null ? "WORKSPACE" : place.workspace()));
        plan.put("permissions", ladder.permissions());
        if (settings.codex()) {
            plan.put("config", redactor.mask(settings.config()));
            plan.put("strictConfig", new StrictConfig(run).check(site));
        }
        return new Preview(prompt, plan);
    }

    private Launch launch(String target) {
        return new Launch(run.settings(), facts, infra, run.id(), thread(), target, run.settings().limits());
    }

    /** Runs the agent to its end, as often as its work is sent back. Never a success without proof. */
    Finished run(Place place, Prompt prompt, Renderer renderer) {
        if (site == null) {
            var ending = cancel.asked() ? Ending.cancelled(cancel.exitCode(), false) : Ending.nowhere(nowhere);
            cancel.calm();
            return Finished.nowhere(run.id(), began, Verdict.of(ending, new Story(), false, null), List.copyOf(run.notes()));
        }
        if (run.settings().recheck().command() != null && run.settings().plans()) {
            run.notes().add("--recheck is not used: a plan changes nothing");
        }
        var rounds = new Rounds(new Rounds.Stage(run, site, facts, redactor, renderer, cancel), place, infra,
            run.settings().codex() ? thread() : null, totalsBefore());
        var verdict = rounds.go(prompt.text());
        cancel.calm();
        return rounds.finished(began, verdict);
    }

    private Usage totalsBefore() {
        boolean resumed = site != null && run.settings().codex() && thread() != null && thread().equals(site.thread());
        return resumed ? Usage.parse(site.totals()) : Usage.NONE;
    }

    @Override
    public void close() {
        ladder.close();
        cancel.stopListening();
    }
}

/** SIGINT and SIGTERM: the main thread is interrupted and ends the run in good order; a second signal hurries it. */
static final class Cancel {
    private final Thread main = Thread.currentThread();
    private final Map<String, SignalHandler> before = new LinkedHashMap<>();
    private volatile int exitCode;
    private volatile int times;
    private volatile boolean calm;

    void listen() {
        for (var name : List.of("INT", "TERM")) {
            before.put(name, Signal.handle(new Signal(name), signal -> {
                exitCode = exitCode == 0 ? 128 + signal.getNumber() : exitCode;
                times++;
                if (!calm) {
                    main.interrupt();
                }
            }));
        }
    }

    void stopListening() {
        before.forEach((name, handler) -> Signal.handle(new Signal(name), handler));
        before.clear();
    }

    /** From here on the result is being told: nothing may interrupt that. */
    void calm() {
        calm = true;
        Thread.interrupted();
    }

    /** Of a thread that was interrupted. */
    void noticed() {
        exitCode = exitCode == 0 ? 130 : exitCode;
    }

    boolean asked() {
        return exitCode != 0;
    }

    int exitCode() {
        return exitCode;
    }

    int times() {
        return times;
    }
}

/**
 * One agent in one place, {@code sources} null where it gets none: what it needs is put there, it is started and followed to its end, and
 * its work is fetched.
 */
record Execution(RunSetup run, Commands commands, Keeper keeper, Launch launch, Sources sources, Redactor redactor,
                        RunLog output, Cancel cancel) {

    Ending run(String prompt, String reportPath) {
        try {
            return follow(prompt, reportPath);
        } catch (InterruptedException signal) {
            return cancelled();
        }
    }

    private Ending follow(String prompt, String reportPath) throws InterruptedException {
        try {
            prepare(prompt, reportPath);
            run.log().info("the agent starts: " + site().label() + ", run " + run.id() + ", workspace " + site().workspace());
            keeper.start();
            return new Follower(keeper, output, run.patience()).follow(launch.limits().total().plus(run.patience().afterLimit()));
        } catch (Broken problem) {
            keeper.discardUnlessStarted();
            return cancel.asked() ? cancelled() : Ending.broken(problem.getMessage(), keeper.started());
        } catch (UncheckedIOException problem) {
            return Ending.broken(Texts.oneLine(problem.getMessage() + ": " + problem.getCause().getMessage()), keeper.started());
        }
    }

    /** Everything that the agent needs, beside the workspace and not in it. */
    private void prepare(String prompt, String reportPath) throws Broken, InterruptedException {
        var files = new Transfer(commands);
        files.store("keeper.sh", KeeperScript.KEEPER);
        files.store("limits", launch.limitsFile());
        files.store("prompt.md", prompt);
        files.store("env.sh", launch.environment(reportPath));
        files.store("agent.sh", launch.script(site().folder(), site().workspace()));
        if (run.settings().codex()) {
            files.store("config.toml", run.settings().config());
        }
        if (reportPath != null) {
            files.store("ready.json", MaskedJson.of(launch.infra().report().deepCopy(), redactor).toString());
        }
        if (sources != null) {
            run.notes().addAll(sources.upload(commands, launch.facts().base()));
        }
        commands.keeper(run.patience().slowExec(), "mark", site().workspace());
    }

    private Site site() {
        return commands.site();
    }

    /** A signal of the caller ends the agent in its pod too. */
    private Ending cancelled() {
        run.log().info("cancelled: ending the agent");
        boolean began = keeper.started();
        try {
            if (began) {
                keeper.end(run.patience().cancelled());
            } else {
                keeper.discardUnlessStarted();
            }
        } catch (InterruptedException again) {
            run.notes().add("cancelled twice: the agent was told to end, its end was not waited for");
        }
        return Ending.cancelled(cancel.exitCode(), began);
    }

    /** The transcript and the agent's work are fetched whatever the verdict will be. */
    Brought fetch(Ending ending) {
        if (!ending.began()) {
            return Brought.nothing();
        }
        boolean broken = ending.how() == Ending.How.BROKEN;
        var patient = broken ? new Commands(site(), run.patience().brief(), run.log()) : commands;
        try {
            boolean over = !broken || new Keeper(patient).end(run.patience().cancelled());
            collect(new Transfer(patient));
            if (!over) {
                return lacking("the agent may still be at work there");
            }
            boolean hurried = cancel.times() > 1;
            return run.settings().bringBack() && !hurried
                ? sources.bringBack(patient, launch.facts().branch()) : Brought.nothing();
        } catch (Broken problem) {
            run.notes().add("not everything could be fetched from " + site().label() + ": " + problem.getMessage());
            return lacking(problem.getMessage());
        } catch (InterruptedException signal) {
            cancel.noticed();
            run.notes().add("cancelled while fetching from " + site().label());
            return lacking("cancelled");
        }
    }

    private void collect(Transfer files) throws Broken, InterruptedException {
        output.collect(files);
        var story = output.story();
        if (run.settings().codex() && story.thread() != null && run.settings().threadKey() != null) {
            files.remember(run.settings().threadKey(), story.thread() + " " + story.usage().line());
        }
    }

    private Brought lacking(String why) {
        return run.settings().bringBack() ? Brought.failed(why) : Brought.nothing();
    }
}

/**
 * A run that is over. {@code where}: its place for people, or null; {@code transcript}: the folder with the agent's output;
 * {@code prompts}: those after the first;
 * {@code rechecked}: the environment was to be checked.
 */
record Finished(String id, String where, Instant began, Verdict verdict, String thread, String message, LastWords said, Usage spent,
                       Brought brought, Path transcript, List<String> prompts, boolean rechecked, List<Round> rounds, List<String> notes) {

    static Finished nowhere(String id, Instant began, Verdict verdict, List<String> notes) {
        return new Finished(id, null, began, verdict, null, null, LastWords.of(null), Usage.NONE, Brought.nothing(),
            Disk.temporary("prompt-run"), List.of(), false, List.of(), notes);
    }
}

/** Follows a started agent to its end by polls. What it counts as comes from its exit file alone. */
static final class Follower {
    private static final int POLL_BYTES = 1024 * 1024;
    private static final int ABSENT_MOST = 3;
    private static final int STARTING_MOST = 30;
    private static final long SLOWER_BY_MILLIS = 1000;

    private final Keeper keeper;
    private final RunLog log;
    private final Patience patience;
    private int absent;
    private int starting;

    Follower(Keeper keeper, RunLog log, Patience patience) {
        this.keeper = keeper;
        this.log = log;
        this.patience = patience;
    }

    Ending follow(Duration most) throws InterruptedException {
        long deadline = System.nanoTime() + most.toNanos();
        long pause = patience.poll().toMillis();
        while (true) {
            Poll poll;
            try {
                poll = keeper.poll(log.size(), POLL_BYTES);
            } catch (Broken problem) {
                return Ending.broken(problem.getMessage(), true);
            }
            log.accept(poll.data());
            log.story().used(Usage.parse(poll.tokens()));
            if (poll.state().equals("exited") && poll.data().length == 0) {
                return Ending.exited(poll.rc(), poll.reason());
            }
            var trouble = trouble(poll);
            if (trouble != null && !keeper.endedMeanwhile()) {
                return Ending.broken(trouble, true);
            }
            if (poll.state().equals("absent")) {
                keeper.start();
            } else if (System.nanoTime() > deadline) {
                keeper.end(patience.cancelled());
                return Ending.exited(143, "timeout");
            }
            pause = poll.data().length > 0 ? patience.poll().toMillis()
                : Math.min(pause + SLOWER_BY_MILLIS, patience.pollMost().toMillis());
            Thread.sleep(poll.data().length >= POLL_BYTES ? 0 : pause);
        }
    }

    private String trouble(Poll poll) {
        absent += poll.state().equals("absent") ? 1 : 0;
        starting = poll.state().equals("starting") ? starting + 1 : 0;
        if (poll.state().equals("exited")) {
            return null;
        }
        var lost = keeper.lost();
        if (lost != null) {
            return lost;
        }
        if (poll.state().equals("gone")) {
            return "the agent's keeper died without leaving an exit code (killed, or out of memory)";
        }
        return absent > ABSENT_MOST ? "the agent could not be started"
            : starting > STARTING_MOST ? "the start got stuck half-way" : null;
    }
}

/** The caller's own check of the environment: a command on this machine whose stdout is a report of ensure_ready. */
record Recheck(RunSetup run) {
    /** They belong to the step that this run is. */
    private static final Set<String> STEP_FILES = Set.of("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_ENV", "GITHUB_PATH",
        "GITHUB_STATE");
    private static final int NOT_READY = 10;

    /** What cannot be run, does not end or cannot be read is never a ready environment. */
    Infra check() throws InterruptedException {
        var command = run.settings().recheck().command();
        run.log().info("the environment is checked again: " + command);
        var env = new HashMap<>(System.getenv());
        env.keySet().removeAll(STEP_FILES);
        var reply = new LocalShell(env, Path.of("").toAbsolutePath()).own(List.of("sh", "-c", command),
            run.patience().recheck(), line -> run.log().info("recheck | " + line));
        return read(reply).about(run.namespace());
    }

    static Infra read(Reply reply) {
        if (!reply.ok() && !(reply.ended() && reply.code() == NOT_READY)) {
            return Infra.broken(null, reply.problem());
        }
        try {
            return Infra.of(!reply.ok(), null, ExactJson.read(reply.text()));
        } catch (JacksonException problem) {
            return Infra.broken(null, "its output is not one JSON object");
        }
    }
}

/** The turns of an agent in its place: it works, the environment is checked, and what is still wrong goes back to the same thread. */
static final class Rounds {
    private static final String NOT_READY = "the environment is not ready after the agent's work";
    private static final Duration WORTH_IT = Duration.ofMinutes(1);

    /** What stays the same in all of them. */
    record Stage(RunSetup run, Site site, Facts facts, Redactor redactor, Renderer renderer, Cancel cancel) {
        private boolean codex() {
            return run.settings().codex();
        }
    }

    private final Stage stage;
    private final List<Round> told = new ArrayList<>();
    private final List<String> prompts = new ArrayList<>();
    private final Path output = Disk.temporary("prompt-run");
    private Infra infra;
    private Place place;
    private Sources sources;
    private String thread;
    private Usage before;
    private Usage spent = Usage.NONE;
    private Brought brought = Brought.nothing();
    private String message;
    private Duration worked = Duration.ZERO;

    /** {@code thread}: the one to go on with, or null; {@code before}: what it has used until now. */
    Rounds(Stage stage, Place place, Infra infra, String thread, Usage before) {
        this.stage = stage;
        this.place = place;
        this.infra = infra;
        this.thread = thread;
        this.before = before;
        var source = stage.run().settings().source();
        this.sources = source == null ? null : new Sources(source, stage.run().id(), stage.run().log());
    }

    Verdict go(String prompt) {
        var verdict = turn(prompt);
        while (checks(verdict)) {
            var after = check();
            if (after == null) {
                return Verdict.of(Ending.cancelled(stage.cancel().exitCode(), true), new Story(), false, null);
            }
            var change = Change.between(infra.report(), after.report());
            var outcome = after.report().path("outcome").asString("");
            told.set(told.size() - 1, change.round(verdict.outcome().word(), !after.unhealthy(), outcome.isEmpty() ? null : outcome,
                after.problem()));
            if (!after.unhealthy()) {
                return verdict;
            }
            var why = noMore(after);
            if (why != null) {
                return new Verdict(Outcome.UNPROVEN, why);
            }
            try {
                verdict = turn(next(after, change));
            } catch (Broken problem) {
                return new Verdict(Outcome.UNPROVEN, NOT_READY + "; " + problem.getMessage());
            }
        }
        return verdict;
    }

    private boolean checks(Verdict verdict) {
        return asked() && verdict.outcome().exitCode() == 0;
    }

    private boolean asked() {
        return stage.run().settings().recheck().command() != null && !stage.run().settings().plans();
    }

    /** Null when a signal came. */
    private Infra check() {
        try {
            return new Recheck(stage.run()).check();
        } catch (InterruptedException signal) {
            return null;
        }
    }

    /** Why the agent is not sent back; null when it is. */
    private String noMore(Infra after) {
        if (after.problem() != null) {
            return "the environment could not be checked after the agent's work: " + after.problem();
        }
        var causes = told.get(told.size() - 1).all();
        var state = NOT_READY + (causes.isEmpty() ? "" : ": " + String.join(", ", causes));
        var most = stage.run().settings().limits();
        return told.size() > stage.run().settings().recheck().rounds() ? state
            : most.total().minus(worked).compareTo(WORTH_IT) < 0 ? state + "; no time is left for another round"
            : most.tokens() > 0 && spent.total() >= most.tokens() ? state + "; no tokens are left for another round" : null;
    }

    /** Makes the next round ready and returns its prompt; an agent without a thread hears all of it anew. */
    private String next(Infra after, Change change) throws Broken {
        stage.run().log().info("the environment is not ready: the agent goes on, round " + (told.size() + 1));
        infra = after;
        before = thread == null ? Usage.NONE : before;
        place = new Place(place.target(), place.fallbackReason(), here(told.size() + 1).folder() + "/ready.json", place.workspace(),
            thread != null, place.tools(), place.missing());
        var text = stage.renderer().again(place, after, change);
        return thread != null ? text : prompts.get(0) + "\n" + text;
    }

    private RunSetup setup(int number) {
        return number == 1 ? stage.run() : stage.run().round(number);
    }

    private Site here(int number) {
        return number == 1 ? stage.site() : stage.site().round(setup(number));
    }

    private Verdict turn(String prompt) {
        prompts.add(prompt);
        int number = prompts.size();
        var run = setup(number);
        sources = sources == null || number == 1 ? sources : sources.again(run.id());
        var commands = new Commands(here(number), run.patience(), run.log());
        var log = new RunLog(stage.codex(), run.log(), stage.redactor(), output);
        var limits = limits();
        var launch = new Launch(run.settings(), stage.facts(), infra, run.id(), thread, stage.site().target(), limits);
        var execution = new Execution(run, commands, new Keeper(commands), launch, sources, stage.redactor(), log, stage.cancel());
        long began = System.nanoTime();
        var ending = execution.run(prompt, place.reportPath());
        worked = worked.plusNanos(System.nanoTime() - began);
        var back = execution.fetch(ending);
        ending = stage.cancel().asked() ? Ending.cancelled(stage.cancel().exitCode(), ending.began()) : ending;
        var asked = thread;
        remember(log.story(), back);
        var verdict = Verdict.of(ending, log.story(), stage.codex(), asked).with(back).with(words());
        if (limits.tokens() > 0 && ending.began() && log.story().usage() == Usage.NONE) {
            run.notes().add("--max-tokens was not watched: Codex's session file told no tokens");
        }
        told.add(Round.unchecked(verdict.outcome().word()));
        return verdict;
    }

    private AgentSettings.Limits limits() {
        return stage.run().settings().limits().minus(worked, spent.total());
    }

    private void remember(Story story, Brought back) {
        var used = story.usage();
        spent = spent.plus(used.minus(before));
        before = used == Usage.NONE ? before : used;
        brought = back.after(brought);
        message = story.message() == null ? message : story.message();
        thread = stage.codex() ? Facts.first(story.thread(), thread) : null;
    }

    LastWords words() {
        return LastWords.of(message);
    }

    Finished finished(Instant began, Verdict verdict) {
        var run = stage.run();
        if (verdict.outcome() == Outcome.SUCCEEDED && words().problem() != null) {
            run.notes().add("the agent's last message: " + words().problem() + "; what it says of its work itself is not known");
        }
        return new Finished(run.id(), stage.site().label(), began, verdict, thread, message, words(), spent, brought, output,
            List.copyOf(prompts.subList(1, prompts.size())), asked(), List.copyOf(told), List.copyOf(run.notes()));
    }
}

/** A run's name: sorts by time, and is a valid part of a Kubernetes name. */
static final class RunId {
    static String next() {
        byte[] random = new byte[4];
        new SecureRandom().nextBytes(random);
        return DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(ZoneOffset.UTC)
            .format(Instant.now()) + "-" + HexFormat.of().formatHex(random);
    }
}

/** The agent's output: kept whole in a file, told live line by line. */
static final class RunLog {
    private static final int STDERR_MOST = 256 * 1024;
    /** Fetched more than is kept: what is cut in half in here is cut away. */
    private static final int BORDER = 64 * 1024;

    private final boolean codex;
    private final Log log;
    private final Redactor redactor;
    private final MaskedLines lines;
    private final Story story = new Story();
    private final Path folder;
    private final ByteArrayOutputStream rest = new ByteArrayOutputStream();
    private long size;

    /** {@code folder}: where the output is kept, after that of earlier rounds. */
    RunLog(boolean codex, Log log, Redactor redactor, Path folder) {
        this.codex = codex;
        this.log = log;
        this.redactor = redactor;
        this.folder = folder;
        this.lines = new MaskedLines(redactor);
    }

    long size() {
        return size;
    }

    Story story() {
        return story;
    }

    void accept(byte[] data) {
        Disk.append(folder.resolve("events.jsonl"), data);
        size += data.length;
        for (byte b : data) {
            if (b == '\n') {
                tell(rest.toString(StandardCharsets.UTF_8));
                rest.reset();
            } else {
                rest.write(b);
            }
        }
    }

    private void tell(String line) {
        (codex ? event(line) : story.plain(lines.next(line))).forEach(log::agent);
    }

    /** Masked whole, before it is cut into lines and shortened. */
    private List<String> event(String line) {
        try {
            var event = Json.MAPPER.readTree(line);
            return event != null && event.isObject() ? story.codex(MaskedJson.of(event, redactor)) : List.of();
        } catch (JacksonException notJson) {
            return line.isBlank() ? List.of() : List.of(lines.next(line));
        }
    }

    /** What is still in the agent's place: the last message and stderr. */
    void collect(Transfer files) throws Broken, InterruptedException {
        if (rest.size() > 0) {
            accept(new byte[] {'\n'});
        }
        byte[] stderr = files.fetchEnd("stderr.log", STDERR_MOST + BORDER);
        stderr = stderr.length > 0 ? stderr : files.fetch("keeper.log", 0);
        var told = redactor.mask(new String(stderr, StandardCharsets.UTF_8));
        told = stderr.length > STDERR_MOST ? told.substring(Math.max(0, told.length() - STDERR_MOST)) : told;
        Disk.append(folder.resolve("stderr.log"), told.getBytes(StandardCharsets.UTF_8));
        story.stderr(told);
        if (codex) {
            story.lastMessage(new String(files.fetch("last.md", 0), StandardCharsets.UTF_8));
        }
    }
}

/** The real Codex CLI's own opinion of the config, where one is at hand; nothing is started. */
record StrictConfig(RunSetup run) {

    String check(Site site) {
        var place = site != null ? site : Site.here(run);
        if (!place.has("program")) {
            return "not checked: no codex " + (site == null ? "on this machine" : "in " + site.label());
        }
        try {
            new Transfer(new Commands(place, Patience.USUAL, run.log())).store("config.toml", run.settings().config());
            var reply = place.shell().run(List.of("sh", "-c", Scripts.STRICT_CONFIG, "sh", place.folder(), Launch.profile(run.id())),
                new byte[0], Duration.ofSeconds(30));
            if (!Poll.whole(reply)) {
                return "not checked: " + reply.problem();
            }
            var said = Poll.parse(reply).text().lines().filter(line -> !line.isBlank() && !line.startsWith("WARNING"))
                .collect(Collectors.joining(" "));
            return said.contains("No prompt provided") ? "accepted" : "refused: " + Texts.oneLine(said);
        } catch (Broken problem) {
            return "not checked: " + problem.getMessage();
        } catch (InterruptedException signal) {
            Thread.currentThread().interrupt();
            return "not checked: cancelled";
        } finally {
            if (site == null) {
                place.close();
            }
        }
    }
}

// src/prompt_run/sources/

/** Git in the caller's working tree, with nothing that a repository could have run; {@code index}: another than its own, or null. */
record Git(Path tree, Path index) {
    private static final Duration LIMIT = Duration.ofMinutes(30);
    /** Before every value that is not ours: it is no option, whatever it looks like. */
    static final String END = "--end-of-options";
    private static final List<String> HARMLESS = List.of("git", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false",
        "-c", "gc.auto=0", "-c", "maintenance.auto=false", "-c", "safe.directory=*", "-c", "core.quotePath=false");

    Git with(Path otherIndex) {
        return new Git(tree, otherIndex);
    }

    String run(String... args) throws Broken, InterruptedException {
        return feed("", args);
    }

    /** The output without its last line end; a failure is told with git's own words. */
    String feed(String stdin, String... args) throws Broken, InterruptedException {
        var reply = reply(stdin, args);
        if (!reply.ok()) {
            throw new Broken("git " + args[0] + ": " + reply.problem());
        }
        return reply.text().replaceFirst("\\n\\z", "");
    }

    boolean ok(String... args) throws InterruptedException {
        return reply("", args).ok();
    }

    private Reply reply(String stdin, String... args) throws InterruptedException {
        var argv = new ArrayList<String>(HARMLESS);
        argv.addAll(List.of(args));
        return new LocalShell(environment(), tree).run(argv, stdin.getBytes(StandardCharsets.UTF_8), LIMIT);
    }

    private Map<String, String> environment() {
        var environment = new LinkedHashMap<String, String>(System.getenv());
        environment.keySet().removeIf(name -> name.startsWith("GIT_") && !name.startsWith("GIT_CONFIG"));
        environment.putAll(Map.of("GIT_TERMINAL_PROMPT", "0", "GIT_OPTIONAL_LOCKS", "0", "LC_ALL", "C"));
        for (var who : List.of("AUTHOR", "COMMITTER")) {
            environment.put("GIT_" + who + "_NAME", "prompt-run");
            environment.put("GIT_" + who + "_EMAIL", "prompt-run@localhost");
        }
        if (index != null) {
            environment.put("GIT_INDEX_FILE", index.toString());
        }
        return environment;
    }

    /** Everything that is in the working tree and not ignored, as a tree object; the real index is not touched. */
    String snapshot(Path scratch) throws Broken, InterruptedException {
        var copy = scratch.resolve("index");
        var real = tree.resolve(run("rev-parse", "--git-path", "index"));
        Disk.copyIfThere(real, copy);
        var aside = with(copy);
        aside.run("add", "-A");
        return aside.run("write-tree");
    }

    /** path to "mode object" of what differs between two trees, in the second one; "0" where it is not there. */
    Map<String, String> changes(String before, String after) throws Broken, InterruptedException {
        var changes = new TreeMap<String, String>();
        var fields = run("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", END, before, after).split("\0");
        for (int at = 0; at + 1 < fields.length; at += 2) {
            var raw = fields[at].split(" ");
            changes.put(fields[at + 1], raw[4].equals("D") ? "0" : raw[1] + " " + raw[3]);
        }
        return changes;
    }
}

/**
 * The last leg, in the caller's repository: from fetched objects to branch and working tree. The caller's own changes stay as they are.
 * {@code shared}: the tree that both sides had last, or null for the last commit's.
 */
record Homecoming(Git git, Path scratch, Map<String, String> pack, String runId, String usualBranch,
                         String shared) {

    Brought arrive() throws Broken, InterruptedException, IOException {
        var ourHead = git.run("rev-parse", "HEAD");
        var ours = git.snapshot(scratch);
        var head = pack.get("head").isBlank() ? ourHead : pack.get("head");
        if (!head.equals(ourHead) || !pack.get("tree").equals(ours)) {
            return bring(branch(head, ourHead), head, pack.get("tree"), ourHead, ours);
        }
        var left = tips(theirs());
        for (var name : List.of(usualBranch, git.run("branch", "--show-current"))) { // it worked there, and went back to where it began
            if (left.containsKey(name)) {
                return bring(name, left.get(name), git.run("rev-parse", left.get(name) + "^{tree}"), ourHead, ours);
            }
        }
        var others = otherBranches(null);
        forget();
        return new Brought(others.isEmpty() ? "unchanged" : "brought", null, head, 0, List.of(), others, null);
    }

    private String theirs() {
        return "refs/prompt-run/" + runId + "/heads/";
    }

    /** Names of branches are read and fed, and never arguments: those have only the letters of this machine's locale. */
    private Map<String, String> tips(String folder) throws Broken, InterruptedException {
        return git.run("for-each-ref", "--format=%(objectname) %(refname)", folder).lines().map(line -> line.split(" ", 2))
            .collect(Collectors.toMap(tip -> tip[1].substring(folder.length()), tip -> tip[0], (a, b) -> a, TreeMap::new));
    }

    private Brought bring(String branch, String head, String theirs, String ourHead, String ours)
            throws Broken, InterruptedException, IOException {
        var before = shared == null ? ourHead + "^{tree}" : shared;
        var mine = git.changes(before, ours);
        var conflicts = new ArrayList<String>(branchConflicts(branch, head));
        conflicts.addAll(changedByBoth(mine, git.changes(before, theirs)));
        conflicts.addAll(staged());
        var wanted = conflicts.isEmpty() ? merged(theirs, mine) : ours;
        conflicts.addAll(unsafe(git.changes(ours, wanted)));
        conflicts.addAll(inTheWay(git.changes(ours, wanted)));
        int commits = Integer.parseInt(git.run("rev-list", "--count", Git.END, ourHead + ".." + head));
        if (!conflicts.isEmpty()) {
            return new Brought("conflict", branch, head, commits, List.of(),
                conflicts, "the changes are kept as refs/prompt-run/" + runId + "/head and …/work");
        }
        apply(branch, head, ours, wanted);
        var left = List.copyOf(git.changes(head + "^{tree}", wanted).keySet());
        var others = otherBranches(branch);
        forget();
        return new Brought("brought", branch, head, commits, left, others, null);
    }

    private static List<String> changedByBoth(Map<String, String> mine, Map<String, String> agents) {
        return mine.entrySet().stream().filter(my -> agents.containsKey(my.getKey()) && !agents.get(my.getKey()).equals(my.getValue()))
            .map(my -> my.getKey() + ": you have changed it too, and have not committed it").toList();
    }

    /** The agent's branch; commits on no branch get the one that this run is for. */
    private String branch(String head, String ourHead) throws InterruptedException {
        var theirs = pack.get("branch");
        return !theirs.isBlank() && git.ok("check-ref-format", "--branch", theirs) ? theirs : head.equals(ourHead) ? null : usualBranch;
    }

    private List<String> branchConflicts(String branch, String head) throws Broken, InterruptedException {
        var conflicts = new ArrayList<String>();
        for (var state : List.of("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")) {
            if (Files.exists(git.tree().resolve(git.run("rev-parse", "--git-path", state)))) {
                conflicts.add("the working tree is in the middle of something (" + state + ")");
            }
        }
        var tip = branch == null ? null : tips("refs/heads/").get(branch);
        if (tip != null && !git.ok("merge-base", "--is-ancestor", tip, head)) {
            conflicts.add("branch " + branch + ": the agent's commits are not based on it");
        }
        return conflicts;
    }

    /** A staged version that is neither the last commit's nor the working tree's would be gone. */
    private List<String> staged() throws Broken, InterruptedException {
        var changed = List.of(git.run("diff", "--name-only", "-z").split("\0"));
        return Stream.of(git.run("diff", "--cached", "--name-only", "-z").split("\0"))
            .filter(path -> !path.isEmpty() && changed.contains(path))
            .map(path -> path + ": you have staged one version and have another in the working tree").toList();
    }

    /** The agent's tree, with the caller's own changes in it. */
    private String merged(String theirs, Map<String, String> mine) throws Broken, InterruptedException {
        var aside = git.with(scratch.resolve("merged"));
        aside.run("read-tree", Git.END, theirs);
        var lines = new StringBuilder();
        mine.forEach((path, entry) -> lines.append(entry.equals("0") ? "0 " + "0".repeat(40) : entry)
            .append('\t').append(path).append('\0'));
        aside.feed(lines.toString(), "update-index", "-z", "--index-info");
        return aside.run("write-tree");
    }

    /** Git itself refuses such paths; links that lead out of the tree it does not. */
    private List<String> unsafe(Map<String, String> changes) throws Broken, InterruptedException {
        var conflicts = new ArrayList<String>();
        for (var change : changes.entrySet()) {
            boolean link = change.getValue().startsWith("120000 ");
            if (!SafePaths.inside(change.getKey()) || link
                && !SafePaths.linkInside(change.getKey(), git.run("cat-file", "blob", change.getValue().substring(7)))) {
                conflicts.add(Texts.oneLine(change.getKey())
                    + (link ? ": a link that leads out of the working tree" : ": not a path of a working tree"));
            }
        }
        return conflicts;
    }

    /** Ignored files are the caller's own too: an agent's file of that name does not replace them, nor its folder, nor one of theirs. */
    private List<String> inTheWay(Map<String, String> changes) throws Broken, InterruptedException {
        var ignored = new TreeSet<String>();
        var files = git.run("ls-files", "-o", "-i", "--exclude-standard", "-z").split("\0");
        Stream.of(files).forEach(file -> ignored.add(file.replaceAll("/$", "")));
        var hit = new TreeSet<String>();
        changes.keySet().stream().filter(path -> !changes.get(path).equals("0")).forEach(path -> {
            Stream.iterate(path, at -> !at.isEmpty(), at -> at.substring(0, Math.max(0, at.lastIndexOf('/'))))
                .filter(ignored::contains).forEach(hit::add);
            Stream.ofNullable(ignored.ceiling(path + "/")).filter(file -> file.startsWith(path + "/")).forEach(hit::add);
        });
        return hit.stream().map(file -> file + ": an ignored file of yours is in the way").toList();
    }

    /** The working tree first, by git's own two-tree merge, which refuses what it would destroy; then branch and index. */
    private void apply(String branch, String head, String ours, String wanted) throws Broken, InterruptedException {
        var aside = git.with(scratch.resolve("index"));
        aside.run("read-tree", Git.END, ours);
        aside.ok("update-index", "-q", "--refresh");
        aside.run("read-tree", "-m", "-u", Git.END, ours, wanted);
        if (branch != null) {
            git.run("update-ref", "-m", "prompt-run: brought back", Git.END, "refs/heads/" + branch, head);
            git.run("symbolic-ref", Git.END, "HEAD", "refs/heads/" + branch);
        }
        git.run("read-tree", Git.END, head);
        git.ok("update-index", "-q", "--refresh");
    }

    /** Branches that the agent made besides its own: brought where that loses nothing, and never from under the caller's files. */
    private List<String> otherBranches(String branch) throws Broken, InterruptedException {
        var told = new ArrayList<String>();
        var lines = new StringBuilder();
        var ours = tips("refs/heads/");
        var here = git.run("branch", "--show-current");
        for (var tip : tips(theirs()).entrySet()) {
            var name = tip.getKey();
            var own = ours.get(name);
            boolean comes = !name.equals(here) && (own == null || git.ok("merge-base", "--is-ancestor", own, tip.getValue()));
            if (comes) {
                lines.append("update refs/heads/").append(name).append(' ').append(tip.getValue()).append('\n');
            }
            if (comes || name.equals(branch)) {
                lines.append("delete ").append(theirs()).append(name).append('\n');
            }
            told.addAll(name.equals(branch) ? List.of() : List.of("branch " + name
                + (comes ? " came along" : " was left out; it is kept as " + theirs() + name)));
        }
        git.feed(lines.toString(), "update-ref", "--stdin");
        return told;
    }

    private void forget() throws Broken, InterruptedException {
        var run = "refs/prompt-run/" + runId;
        var refs = git.run("for-each-ref", "--format=delete %(refname)", run + "/head", run + "/work");
        git.feed(refs.isBlank() ? "" : refs + "\n", "update-ref", "--stdin");
    }
}

/** Carries the caller's working tree to the agent and the agent's changes back, as git bundles: data only. */
static final class Sources {
    private static final String ORIGIN = "refs/remotes/origin/";
    private static final long REPORTED = 20;
    private static final String OBJECT = "[0-9a-f]{40,64}";

    private final Git git;
    private final String runId;
    private final Log log;
    private final boolean there;
    private String shared;

    Sources(Path tree, String runId, Log log) {
        this(new Git(tree.toAbsolutePath().normalize(), null), runId, log, false, null);
    }

    private Sources(Git git, String runId, Log log, boolean there, String shared) {
        this.git = git;
        this.runId = runId;
        this.log = log;
        this.there = there;
        this.shared = shared;
    }

    /** The same for a later round: the agent has its tree, and what came back of it is nobody's own change. */
    Sources again(String round) {
        return new Sources(git, round, log, true, shared);
    }

    private String ref(String name) {
        return "refs/prompt-run/" + runId + "/" + name;
    }

    /** {@code base}: the branch that the work is for, or ""; it comes along as the agent's origin has it. */
    List<String> upload(Commands keeper, String base) throws Broken, InterruptedException {
        if (there) {
            return List.of();
        }
        var workspace = keeper.site().workspace();
        var state = keeper.site().facts().get("workspace_state");
        if (state.equals("repository") && !keeper.keeper(Patience.USUAL.slowExec(), "renewable", workspace).contains("renewable=yes")) {
            return List.of("--source was not uploaded: " + workspace + " has a working tree already, which is used as it is");
        }
        if (state.equals("files")) {
            return List.of("--source was not uploaded: " + workspace + " holds files already, which are used as they are");
        }
        var scratch = Disk.temporary("prompt-run-source");
        try {
            uploadTo(keeper, scratch, base);
            return List.of();
        } catch (IOException problem) {
            throw new Broken("--source: " + Texts.oneLine(problem.getMessage()));
        } finally {
            Disk.delete(scratch);
        }
    }

    private void uploadTo(Commands keeper, Path scratch, String base) throws Broken, InterruptedException, IOException {
        if (!git.ok("rev-parse", "--verify", "-q", "HEAD")) {
            throw new Broken("--source " + git.tree() + ": has no commit yet");
        }
        var workspace = keeper.site().workspace();
        var head = git.run("rev-parse", "HEAD");
        var branch = git.ok("symbolic-ref", "-q", "HEAD") ? git.run("symbolic-ref", "-q", "--short", "HEAD") : "-";
        var work = git.run("commit-tree", git.snapshot(scratch), "-p", head, "-m", "working tree");
        var bundle = bundled(scratch, branch, work, base);
        var files = new Transfer(keeper);
        if (git.run("rev-parse", "--is-shallow-repository").equals("true")) {
            files.store("shallow", Files.readAllBytes(git.tree().resolve(git.run("rev-parse", "--git-path", "shallow"))));
        }
        log.info("uploading " + git.tree() + " (" + (Files.size(bundle) / 1024 + 1) + " KiB) to " + workspace);
        files.storeLarge(bundle.getFileName().toString(), bundle);
        if (!keeper.keeper(Patience.USUAL.slowExec(), "unpack", workspace, branch, head, work).contains("unpacked=yes")) {
            throw new Broken("--source: could not be unpacked in " + workspace);
        }
    }

    private Path bundled(Path scratch, String branch, String work, String base) throws Broken, InterruptedException {
        var bundle = scratch.resolve("source.bundle");
        git.run("update-ref", ref("work"), work);
        try {
            var words = new ArrayList<String>(List.of("bundle", "create", "-q", bundle.toString(), ref("work")));
            words.addAll(branch.equals("-") ? List.of() : List.of("refs/heads/" + branch));
            words.addAll(git.run("for-each-ref", "--format=%(refname)", ORIGIN + "main", ORIGIN + "master",
                ORIGIN + (base.isEmpty() ? "HEAD" : base)).lines().toList());
            git.run(words.toArray(String[]::new));
            return bundle;
        } finally {
            git.run("update-ref", "-d", ref("work"));
        }
    }

    /** Fetches what the agent committed and what it left uncommitted. Either all of it reaches the working tree or nothing does. */
    Brought bringBack(Commands keeper, String usualBranch) throws Broken, InterruptedException {
        var workspace = keeper.site().workspace();
        var scratch = Disk.temporary("prompt-run-back");
        try {
            var pack = Fields.of(keeper.keeper(Patience.USUAL.slowExec(), packWords(workspace)));
            if (!"yes".equals(pack.get("packed"))) {
                return Brought.failed("the agent's workspace " + workspace + " is not a git working tree");
            }
            check(pack);
            fetch(keeper, pack, scratch);
            var brought = new Homecoming(git, scratch, pack, runId, usualBranch, shared).arrive();
            if (!brought.lacking()) {
                shared = pack.get("tree");
                keeper.keeper(Patience.USUAL.exec(), "brought", workspace, pack.get("tree"), pack.get("head"));
            }
            log.info(brought.told());
            return brought;
        } catch (IOException problem) {
            throw new Broken("--bring-back: " + Texts.oneLine(problem.getMessage()));
        } finally {
            Disk.delete(scratch);
        }
    }

    /** What the agent's place answers may be made up: nothing but names of objects reaches a command. */
    private static void check(Map<String, String> pack) throws Broken {
        boolean sound = pack.getOrDefault("tree", "").matches(OBJECT) && pack.getOrDefault("head", "").matches("|" + OBJECT)
            && pack.getOrDefault("size", "").matches("\\d{1,18}") && pack.containsKey("branch") && pack.containsKey("sum");
        if (!sound) {
            throw new Broken("--bring-back: the keeper's answer names no objects");
        }
    }

    private String[] packWords(String workspace) throws Broken, InterruptedException {
        var words = new ArrayList<String>(List.of("pack", workspace, git.run("rev-parse", "HEAD")));
        words.addAll(git.run("for-each-ref", "--format=%(objectname)", "--count=" + REPORTED, "--sort=-committerdate", "refs/heads")
            .lines().toList());
        return words.toArray(String[]::new);
    }

    private void fetch(Commands keeper, Map<String, String> pack, Path scratch) throws Broken, InterruptedException, IOException {
        var bundle = scratch.resolve("back.bundle");
        byte[] content = new Transfer(keeper).fetch("back.bundle", 0);
        if (content.length != Long.parseLong(pack.get("size")) || !Checksums.matches(pack.get("sum"), content)) {
            throw new Broken("--bring-back: the bundle arrived with another checksum");
        }
        Files.write(bundle, content);
        git.run("fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", bundle.toString(),
            "+refs/prompt-run/" + runId + "/*:refs/prompt-run/" + runId + "/*", "+refs/heads/*:" + ref("heads") + "/*");
    }
}

// src/prompt_run/keeper/

/** Commands in the agent's place, each of which may be repeated; no connection's word counts as a success. */
record Commands(Site site, Patience patience, Log log) {
    private static final int BAD_ENDS = 3;
    private static final long FIRST_PAUSE_MILLIS = 250;

    String keeper(Duration limit, String... words) throws Broken, InterruptedException {
        var argv = argv(words);
        argv.add(argv.size() - words.length, "answer");
        return Poll.parse(persist(words[0], argv, new byte[0], limit, patience.uploads(), Poll::whole)).text();
    }

    Reply once(Duration limit, String... words) throws InterruptedException {
        return site.shell().run(argv(words), new byte[0], limit);
    }

    List<String> argv(String... words) {
        var argv = new ArrayList<String>(List.of("sh", site.folder() + "/keeper.sh"));
        argv.addAll(List.of(words));
        return argv;
    }

    /** Repeats a command until it ended well, until three ends were bad, or until {@code most}; {@code limit} is for one try. */
    Reply persist(String what, List<String> argv, byte[] stdin, Duration limit, Duration most, Predicate<Reply> good)
            throws Broken, InterruptedException {
        long until = System.nanoTime() + most.toNanos();
        int bad = 0;
        var first = Math.min(FIRST_PAUSE_MILLIS, patience.poll().toMillis());
        for (long pause = first; ; pause = Math.min(pause * 2, patience.pollMost().toMillis())) {
            var reply = site.shell().run(argv, stdin, limit);
            if (reply.ok() && good.test(reply)) {
                return reply;
            }
            log.debug(what + ": " + reply.problem());
            bad += reply.ended() && !reply.ok() ? 1 : 0;
            var lost = site.shell().lost();
            if (lost != null || reply.hopeless() || bad >= BAD_ENDS || System.nanoTime() > until) {
                throw new Broken(lost != null ? lost : what + ": " + reply.problem());
            }
            Thread.sleep(pause);
        }
    }
}

/** The agent's life as its keeper there sees it: started once, polled, ended. */
static final class Keeper {
    private static final long END_PAUSE_MILLIS = 300;

    private final Commands commands;
    private boolean started;

    Keeper(Commands commands) {
        this.commands = commands;
    }

    /** True as soon as the agent may have been started, whether or not anybody said so. */
    boolean started() {
        return started;
    }

    /** A run that never began leaves no environment behind in its place. */
    void discardUnlessStarted() throws InterruptedException {
        if (!started) {
            commands.site().shell().run(List.of("sh", "-c", Scripts.DISCARD, "sh", commands.site().folder()), new byte[0],
                commands.patience().exec());
        }
    }

    /** Sends the start; how that ended does not matter: the polls tell whether the agent runs, and a second start does nothing. */
    void start() throws InterruptedException {
        started = true;
        var reply = commands.once(commands.patience().exec(), "start");
        commands.log().debug("start: " + (reply.ok() ? "sent" : reply.problem()));
    }

    Poll poll(long offset, int most) throws Broken, InterruptedException {
        return Poll.parse(commands.persist("poll", commands.argv("poll", String.valueOf(offset), String.valueOf(most)),
            new byte[0], commands.patience().exec(), commands.patience().lostAfter(), Poll::whole));
    }

    /** Between two looks an agent may end and its pod go: an exit file that can be read still counts. */
    boolean endedMeanwhile() throws InterruptedException {
        return exited(commands.once(commands.patience().exec(), "poll", "0", "0"));
    }

    String lost() {
        return commands.site().shell().lost();
    }

    /** Tells the keeper to end the agent (TERM, then KILL) and waits a little for the end; false: it may still be at work. */
    boolean end(Duration wait) throws InterruptedException {
        long until = System.nanoTime() + wait.toNanos();
        while (System.nanoTime() < until) {
            var reply = commands.once(wait, "cancel");
            var poll = reply.ok() ? commands.once(wait, "poll", "0", "0") : reply;
            if (exited(poll) || lost() != null) {
                return exited(poll);
            }
            Thread.sleep(Math.min(END_PAUSE_MILLIS, commands.patience().poll().toMillis()));
        }
        return false;
    }

    private static boolean exited(Reply reply) {
        return Poll.whole(reply) && Poll.parse(reply).state().equals("exited");
    }
}

/** Files put into the run's folder in the agent's place, and fetched from there. */
record Transfer(Commands commands) {
    private static final int PART = 1024 * 1024;
    private static final int TOLD_EVERY = 16;
    private static final int BYTES_A_SECOND = 50_000;
    private static final String KEPT_RUNS = "5";

    void store(String name, String text) throws Broken, InterruptedException {
        store(name, text.getBytes(StandardCharsets.UTF_8));
    }

    /** Uploads by length and compares checksums there: a file has its name only when it is whole. */
    void store(String name, byte[] content) throws Broken, InterruptedException {
        var patience = commands.patience();
        commands.persist(name, put(commands.site().folder(), name, content), content,
            patience.exec().plusSeconds(content.length / BYTES_A_SECOND), patience.uploads(),
            reply -> reply.text().contains("stored " + name));
    }

    private static List<String> put(String folder, String name, byte[] content) {
        return List.of("sh", "-c", Scripts.PUT, "sh", folder, name, String.valueOf(content.length),
            Sha256.of(content), Checksums.cksum(content));
    }

    void storeLarge(String name, Path file) throws Broken, InterruptedException, IOException {
        try (var in = Files.newInputStream(file)) {
            int number = 0;
            for (byte[] part = in.readNBytes(PART); part.length > 0; part = in.readNBytes(PART)) {
                store("%s.%06d".formatted(name, ++number), part);
                if (number % TOLD_EVERY == 0) {
                    commands.log().info("%s: %d of %d MiB uploaded".formatted(name, number, Files.size(file) / PART + 1));
                }
            }
        }
        var sum = commands.keeper(commands.patience().slowExec(), "join", name);
        if (!Checksums.matches(sum, Files.readAllBytes(file))) {
            throw new Broken(name + ": arrived with another checksum");
        }
    }

    byte[] fetch(String file, long offset) throws Broken, InterruptedException {
        var patience = commands.patience();
        var all = new ByteArrayOutputStream();
        for (long at = offset; ; ) {
            byte[] part = Poll.parse(commands.persist(file, commands.argv("part", file, String.valueOf(at), String.valueOf(PART)),
                new byte[0], patience.exec(), patience.uploads(), Poll::whole)).data();
            if (part.length == 0) {
                return all.toByteArray();
            }
            all.writeBytes(part);
            at += part.length;
        }
    }

    byte[] fetchEnd(String file, long most) throws Broken, InterruptedException {
        var size = commands.keeper(commands.patience().exec(), "size", file);
        if (!size.matches("\\d{1,18}")) {
            throw new Broken(file + ": has no size");
        }
        return fetch(file, Math.max(0, Long.parseLong(size) - most));
    }

    /** Beside the sessions, for {@code --resume auto}; {@code key} is a file's name. */
    void remember(String key, String line) throws Broken, InterruptedException {
        byte[] content = (line + "\n").getBytes(StandardCharsets.UTF_8);
        var folder = commands.site().folder();
        var threads = folder.substring(0, folder.lastIndexOf('/')) + "/threads";
        commands.persist("thread", put(threads, key, content), content, commands.patience().exec(), commands.patience().uploads(),
            reply -> true);
        commands.keeper(commands.patience().exec(), "prune", KEPT_RUNS);
    }
}

// src/prompt_run/place/

/** The manifests that mend the account of the agent's Deployment, as notes for the result. */
static final class AccountAdvice {
    static String missing(DeployView view) {
        return "serviceaccount/" + view.account() + ", which deploy/" + view.name() + " runs as, is missing in " + view.namespace()
            + "; this manifest brings it, with the Role that an agent needs:\n" + manifest(view.namespace(), view.account());
    }

    /**
     * Rights for the account {@code default} would be rights for every pod of the namespace: then deploy/codex gets an account of its own.
     */
    static String withoutRole(DeployView view) {
        boolean shared = view.account().equals("default");
        var account = shared ? view.name() : view.account();
        return "serviceaccount/" + view.account() + ", which deploy/" + view.name() + " runs as, has no Role in " + view.namespace()
            + ": the agent cannot look at the environment; this manifest grants what it needs"
            + (shared ? " to an account of its own (serviceAccountName: " + account + ")" : "")
            + ":\n" + manifest(view.namespace(), account);
    }

    private static String manifest(String namespace, String account) {
        var yaml = Rbac.objects(namespace, account, null, Rbac.wanted(false)).stream()
            .map(Serialization::asYaml).collect(Collectors.joining());
        return yaml.replaceAll("\"([A-Za-z][\\w./-]*)\"", "$1");
    }
}

/** The first rung: a ready pod of the agent's Deployment. */
static final class DeployPlace {
    private final KubernetesClient client;
    private final RunSetup run;
    private final PodProbe probe;
    private final long began = System.nanoTime();
    private DeployView seen;
    private boolean imageFault;

    DeployPlace(KubernetesClient client, RunSetup run) {
        this.client = client;
        this.run = run;
        this.probe = new PodProbe(client, run);
    }

    /** Waits for a ready pod, and no longer than it can still come. */
    Site await() throws NoPlace, InterruptedException {
        var prospect = new Vigil(run, "deploy/" + run.settings().deployment()).keep(this::prospect);
        imageFault = prospect.imageFault();
        if (prospect.pod() == null) {
            throw new NoPlace(prospect.reason() + lastLine(prospect.reason()) + advice());
        }
        return probe(prospect.pod());
    }

    private String lastLine(String reason) {
        return seen == null ? "" : seen.pods().stream().filter(pod -> reason.split("[ :]")[0].equals("pod/" + pod.getMetadata().getName()))
            .map(probe::lastLine).findFirst().orElse("");
    }

    Site look() throws NoPlace, InterruptedException {
        var prospect = DeployView.judge(read(), Instant.now());
        if (prospect.pod() == null) {
            throw new NoPlace(prospect.reason());
        }
        return probe(prospect.pod());
    }

    DeployView view() throws NoPlace {
        return seen == null ? read() : seen;
    }

    boolean imageFault() {
        return imageFault;
    }

    private Prospect prospect() throws NoPlace, InterruptedException {
        try {
            return DeployView.judge(read(), Instant.now());
        } catch (KubernetesClientException problem) {
            Kube.interruptedBy(problem);
            boolean neverSeen = seen == null && System.nanoTime() - began > run.patience().unreachable().toNanos();
            if (problem.getCode() == 403 || problem.getCode() == 401 || Kube.nowhere(problem) || neverSeen) {
                throw new NoPlace(reason(problem));
            }
            return Prospect.pending(reason(problem));
        }
    }

    private String reason(KubernetesClientException problem) {
        return Kube.reason(problem).replace("the API server (", "the API server " + client.getMasterUrl() + " (");
    }

    private DeployView read() throws NoPlace {
        if (run.namespace() == null) {
            throw new NoPlace("no namespace is known: give --namespace, --infra-report or CODEXCTL_NAMESPACE");
        }
        seen = new DeployReader(client, run.namespace(), run.settings().deployment()).read();
        return seen;
    }

    private String advice() {
        if (seen == null || seen.deployment() == null || !seen.accountMissing()) {
            return "";
        }
        run.notes().add(AccountAdvice.missing(seen));
        return "; serviceaccount/" + seen.account() + " does not exist: apply the manifest in the notes";
    }

    private Site probe(Pod pod) throws NoPlace, InterruptedException {
        var container = DeployView.container(pod, run.settings().deployment(), run.settings().container());
        var label = "deploy/" + run.settings().deployment() + " (pod/" + pod.getMetadata().getName() + ", container " + container + ")";
        var site = probe.probe("deploy", label, pod, container, () -> { });
        if (Boolean.FALSE.equals(new Rights(client, run.namespace()).bound(seen.account()))) {
            run.notes().add(AccountAdvice.withoutRole(seen));
        }
        return site;
    }
}

/** Reads the objects around the agent's Deployment. */
record DeployReader(KubernetesClient client, String namespace, String name) {

    DeployView read() {
        var phase = phase();
        var deployment = "NotFound".equals(phase) ? null : client.apps().deployments().inNamespace(namespace).withName(name).get();
        if (deployment == null) {
            return new DeployView(name, namespace, phase, null, List.of(), List.of(), false);
        }
        var sets = client.apps().replicaSets().inNamespace(namespace)
            .list().getItems().stream().filter(set -> DeployView.owned(set, deployment)).toList();
        var pods = client.pods().inNamespace(namespace).withLabelSelector(deployment.getSpec().getSelector()).list().getItems();
        return new DeployView(name, namespace, phase, deployment, sets, pods, accountMissing(DeployView.account(deployment)));
    }

    private String phase() {
        return Kube.tried(() -> {
            var found = client.namespaces().withName(namespace).get();
            return found == null ? "NotFound" : found.getMetadata().getDeletionTimestamp() != null ? "Terminating" : "Active";
        });
    }

    private boolean accountMissing(String account) {
        return Boolean.TRUE.equals(Kube.tried(() -> client.serviceAccounts().inNamespace(namespace).withName(account).get() == null));
    }
}

/** The edge to the API server. */
static final class Kube {
    static Config config(Path kubeconfig, String context) {
        try {
            return Kubeconfig.read(kubeconfig, context);
        } catch (IllegalArgumentException e) {
            throw new UsageError(e.getMessage(), e);
        }
    }

    static KubernetesClient client(Path kubeconfig, String context) {
        var config = new ConfigBuilder(config(kubeconfig, context)).withRequestRetryBackoffLimit(2)
            .withConnectionTimeout(5_000).withRequestTimeout(15_000).withHttp2Disable(true).build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    /** One line: the server's own words where it gave some. */
    static String reason(Throwable problem) {
        var api = apiError(problem);
        if (api != null && api.getStatus() != null && api.getStatus().getMessage() != null) {
            var message = Texts.oneLine(api.getStatus().getMessage());
            return api.getCode() == 403 && !message.startsWith("forbidden") ? "forbidden: " + message : message;
        }
        var root = problem;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        var message = root.getMessage() == null ? "" : Texts.oneLine(root.getMessage());
        return root instanceof IOException || root instanceof UnresolvedAddressException
            ? "cannot reach the API server (" + root.getClass().getSimpleName() + (message.isBlank() ? "" : ": " + message) + ")"
            : message.isBlank() ? root.getClass().getSimpleName() : message;
    }

    /** Nothing but another configuration helps: there is no such host. */
    static boolean nowhere(Throwable problem) {
        return problem != null
            && (problem instanceof UnresolvedAddressException || problem instanceof UnknownHostException || nowhere(problem.getCause()));
    }

    static KubernetesClientException apiError(Throwable problem) {
        for (var at = problem; at != null; at = at.getCause() == at ? null : at.getCause()) {
            if (at instanceof KubernetesClientException api && api.getCode() > 0) {
                return api;
            }
        }
        return null;
    }

    /** For what is good to know and not needed: null when the server does not tell. */
    static <T> T tried(Supplier<T> question) {
        try {
            return question.get();
        } catch (KubernetesClientException problem) {
            return null;
        }
    }

    /** A client that was interrupted says so in its own way: this says it in Java's. */
    static void interruptedBy(KubernetesClientException problem) throws InterruptedException {
        if (Thread.interrupted() || problem.getCause() instanceof InterruptedException) {
            throw new InterruptedException();
        }
    }

    static String statusMessage(byte[] status) {
        try {
            return Json.MAPPER.readTree(status).path("message").asString("");
        } catch (JacksonException notJson) {
            return "";
        }
    }
}

/** deploy/codex, else a pod of our own, else (only if asked) this machine, else nowhere. */
static final class Ladder implements AutoCloseable {
    private final RunSetup run;
    private final Map<String, String> refused = new LinkedHashMap<>();
    private final List<Site> opened = new ArrayList<>();
    private KubernetesClient client;
    private DeployPlace deploy;

    Ladder(RunSetup run) {
        this.run = run;
    }

    /** The first place that holds, or null; {@link #reasons} tells why the others did not. */
    Site climb() throws InterruptedException {
        return climb(this::rung);
    }

    interface Rung {
        Site open(String name) throws NoPlace, InterruptedException;
    }

    Site climb(Rung rungs) throws InterruptedException {
        for (var rung : List.of("deploy", "pod", "runner")) {
            if (run.settings().allows(rung)) {
                try {
                    var site = rungs.open(rung);
                    opened.add(site);
                    return site;
                } catch (NoPlace problem) {
                    refused.put(name(rung), problem.getMessage());
                    run.log().warn(name(rung) + ": the agent cannot run there: " + problem.getMessage());
                    if (problem.last()) {
                        return null;
                    }
                }
            }
        }
        return null;
    }

    private Site rung(String rung) throws NoPlace, InterruptedException {
        return switch (rung) {
            case "deploy" -> deploy().await();
            case "pod" -> ownPod();
            default -> runner();
        };
    }

    /** For a dry run: deploy/codex if it is there now, and nothing created. */
    Site look() throws InterruptedException {
        if (!run.settings().allows("deploy")) {
            return null;
        }
        try {
            return deploy().look();
        } catch (NoPlace problem) {
            refused.put(name("deploy"), problem.getMessage());
        } catch (KubernetesClientException problem) {
            refused.put(name("deploy"), Kube.reason(problem));
        }
        return null;
    }

    /** Where a dry run would go on, after deploy/codex. */
    String wouldTry() {
        return Stream.of("pod", "runner").filter(run.settings()::allows).findFirst().orElse("none");
    }

    private String name(String rung) {
        return rung.equals("deploy") ? "deploy/" + run.settings().deployment() : rung.equals("pod") ? "own pod" : "this machine";
    }

    /** Why the places before the chosen one were refused; null when the first one held. */
    String reasons() {
        return refused.isEmpty() ? null : refused.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue())
            .collect(Collectors.joining("; "));
    }

    Map<String, String> permissions() {
        return run.namespace() == null ? Map.of() : new Rights(client(), run.namespace()).asked(run.settings().allows("pod"));
    }

    private KubernetesClient client() {
        client = client == null ? Kube.client(run.settings().kubeconfig(), run.settings().context()) : client;
        return client;
    }

    private DeployPlace deploy() {
        deploy = deploy == null ? new DeployPlace(client(), run) : deploy;
        return deploy;
    }

    private Site ownPod() throws NoPlace, InterruptedException {
        if (run.namespace() == null) {
            throw new NoPlace("no namespace is known");
        }
        try {
            return new OwnPod(client(), run).open(deploy().view(), deploy().imageFault());
        } catch (KubernetesClientException problem) {
            Kube.interruptedBy(problem);
            throw new NoPlace(Kube.reason(problem));
        }
    }

    private Site runner() throws NoPlace {
        var site = Site.here(run);
        if (site.facts().containsKey("problem")) {
            site.close();
            throw new NoPlace(site.facts().get("problem"));
        }
        return site;
    }

    @Override
    public void close() {
        opened.forEach(Site::close);
        if (client != null) {
            client.close();
        }
    }
}

/** The second rung: a pod of our own for one run; all that belongs to it is removed with it. */
record OwnPod(KubernetesClient client, RunSetup run) {
    private static final Duration AFTER_TIMEOUT = Duration.ofMinutes(15);

    /** {@code imageFault}: the newest image cannot be pulled, so it is an older one's turn. */
    Site open(DeployView view, boolean imageFault) throws NoPlace, InterruptedException {
        var rights = new Rights(client, run.namespace());
        var objects = new PodObjects(client, run);
        var image = image(view, imageFault);
        if (!rights.may("create", "", "pods") || !rights.may("create", "", "pods/exec")) {
            throw new NoPlace("forbidden: cannot create pods and pods/exec in " + run.namespace());
        }
        objects.sweep();
        try {
            var account = account(rights);
            var ready = await(create(view, new AgentPod(run.namespace(), run.id(), image, account,
                run.settings().limits().total().plus(AFTER_TIMEOUT)
                    .plus(run.patience().recheck().multipliedBy(run.settings().rechecks())).toSeconds())));
            return new PodProbe(client, run).probe("pod", "pod/" + name() + " (image " + image + ")", ready, "agent",
                () -> objects.remove(run.id()));
        } catch (NoPlace | InterruptedException | KubernetesClientException problem) {
            objects.remove(run.id());
            throw problem;
        }
    }

    private String name() {
        return AgentPod.name(run.id());
    }

    private String image(DeployView view, boolean imageFault) throws NoPlace {
        if (run.settings().image() != null) {
            return run.settings().image();
        }
        return view.images().stream().skip(imageFault ? 1 : 0).findFirst().orElseThrow(() -> new NoPlace(imageFault
            ? "it would need the image that deploy/" + run.settings().deployment() + " cannot pull: give another with --agent-image"
            : "no image is known: give one with --agent-image"));
    }

    /**
     * Its own account with what the caller may grant; less where he may grant less. Never the account of deploy/codex: that may be what is
     * broken. Null when there can be none.
     */
    private String account(Rights rights) {
        if (!rights.may("create", "", "serviceaccounts")) {
            run.notes().add("the agent's pod has no account of its own: forbidden: cannot create serviceaccounts in " + run.namespace());
            return null;
        }
        var wanted = Rbac.wanted(run.settings().plans());
        List<PolicyRule> granted = rights.mayMakeRoles() ? rights.grantable(wanted) : List.of();
        if (granted.isEmpty() || !granted.equals(wanted)) {
            run.notes().add("the agent's account in " + run.namespace() + " has "
                + (granted.isEmpty() ? "no rights" : "fewer rights than it needs") + ": the caller cannot grant more");
        }
        for (HasMetadata object : Rbac.objects(run.namespace(), name(), AgentPod.labels(run.id()), granted)) {
            try {
                client.resource(object).create();
            } catch (KubernetesClientException problem) {
                if (object instanceof ServiceAccount) {
                    throw problem;
                }
                run.notes().add(object.getKind().toLowerCase(Locale.ROOT) + "/" + name() + ": " + Kube.reason(problem));
            }
        }
        return name();
    }

    /** Admission may want limits, or a non-root user: asked for again in the form it wants. */
    private Pod create(DeployView view, AgentPod pod) throws NoPlace {
        var demands = new AgentPod.Demands(false, view.deployment() == null);
        while (true) {
            try {
                return client.resource(pod.build(view, demands, Instant.now(), this::claimUsable)).create();
            } catch (KubernetesClientException problem) {
                if (problem.getCode() == 409) {
                    return client.pods().inNamespace(run.namespace()).withName(name()).get();
                }
                var more = demands.after(Kube.reason(problem));
                if (problem.getCode() != 403 || more.equals(demands)) {
                    throw new NoPlace(Kube.reason(problem));
                }
                demands = more;
            }
        }
    }

    private boolean claimUsable(String claim) {
        return Boolean.TRUE.equals(Kube.tried(() -> {
            var found = client.persistentVolumeClaims().inNamespace(run.namespace()).withName(claim).get();
            return AgentPod.claimUsable(found, () -> client.pods().inNamespace(run.namespace()).list().getItems());
        }));
    }

    private Pod await(Pod created) throws NoPlace, InterruptedException {
        var prospect = new Vigil(run, "pod/" + name()).keep(() -> look(created));
        if (prospect.pod() == null) {
            throw new NoPlace(prospect.reason());
        }
        return prospect.pod();
    }

    /** An API server that is away for a moment has not deleted the pod. */
    private Prospect look(Pod created) throws NoPlace {
        try {
            var pod = client.pods().inNamespace(run.namespace()).withName(name()).get();
            if (pod == null || !pod.getMetadata().getUid().equals(created.getMetadata().getUid())) {
                throw new NoPlace("pod/" + name() + " was deleted by somebody else");
            }
            return DeployView.ready(pod) ? Prospect.ready(pod) : DeployView.judgePod(pod);
        } catch (KubernetesClientException problem) {
            if (problem.getCode() > 0 && problem.getCode() < 500 && problem.getCode() != 429 || Thread.currentThread().isInterrupted()) {
                throw problem;
            }
            return Prospect.pending(Kube.reason(problem));
        }
    }
}

/** How long things may take; tests are less patient. */
record Patience(Duration poll, Duration pollMost, Duration exec, Duration slowExec, Duration uploads, Duration lostAfter,
                       Duration certain, Duration unreachable, Duration cancelled, Duration afterLimit, Duration recheck) {
    static final Patience USUAL = new Patience(Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofSeconds(30),
        Duration.ofMinutes(10), Duration.ofMinutes(3), Duration.ofMinutes(5), Duration.ofSeconds(20), Duration.ofSeconds(75),
        Duration.ofSeconds(5), Duration.ofMinutes(2), Duration.ofMinutes(30));

    /** For what is worth one more try, when a long wait has been in vain. */
    Patience brief() {
        return new Patience(poll, pollMost, exec, slowExec, poll.multipliedBy(5), lostAfter, certain, unreachable, cancelled, afterLimit,
            recheck);
    }
}

/** Removes what belongs to a pod of our own: after its run, and what a killed run left behind. */
record PodObjects(KubernetesClient client, RunSetup run) {

    /** Everything by name, whether or not anybody knows that it was created. An interrupt does not stop this. */
    void remove(String runId) {
        boolean interrupted = Thread.interrupted();
        AgentPod.objects(run.namespace(), runId).forEach(this::delete);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void delete(HasMetadata object) {
        long until = System.nanoTime() + run.patience().unreachable().toNanos();
        while (true) {
            try {
                client.resource(object).withGracePeriod(object instanceof Pod ? 1L : -1L).delete();
                return;
            } catch (KubernetesClientException problem) {
                boolean never = problem.getCode() == 403 && !(object instanceof Pod) || problem.getCode() == 404;
                if (never) {
                    return;
                }
                if (problem.getCode() == 403 || System.nanoTime() > until || Thread.currentThread().isInterrupted()) {
                    run.log().warn(object.getKind().toLowerCase(Locale.ROOT) + "/" + object.getMetadata().getName()
                        + " in " + run.namespace() + " could not be removed, please do: " + Kube.reason(problem));
                    return;
                }
                LockSupport.parkNanos(run.patience().poll().toNanos());
            }
        }
    }

    /** What a killed run left behind, once its time is over. */
    void sweep() {
        Kube.tried(() -> {
            client.pods().inNamespace(run.namespace()).withLabel(AgentPod.MANAGED.getKey(), AgentPod.MANAGED.getValue()).list().getItems()
                .forEach(pod -> {
                    var expired = AgentPod.expired(pod, Instant.now());
                    if (expired != null) {
                        remove(expired);
                    }
                });
            return null;
        });
    }
}

/** Looks around in a pod; where that fails, its containers say why, and the last line that one of them wrote. */
record PodProbe(KubernetesClient client, RunSetup run) {
    private static final int LINES = 20;
    private static final int CHARS = 300;

    Site probe(String target, String label, Pod pod, String container, Runnable cleanup) throws NoPlace, InterruptedException {
        try {
            return Site.probe(target, label, new PodShell(client, Pin.of(pod, container)), run, cleanup);
        } catch (NoPlace problem) {
            throw problem.last() ? problem : new NoPlace(problem.getMessage() + crash(pod.getMetadata().getName()));
        }
    }

    /** A pod that crashes again and again is ready in between: what an exec says of that is a bare HTTP status. */
    private String crash(String name) {
        var pod = Kube.tried(() -> client.pods().inNamespace(run.namespace()).withName(name).get());
        var crash = pod == null ? null : Crash.of(pod);
        return crash == null ? "" : "; container " + crash.container() + ": " + crash.told() + lastLine(pod);
    }

    /** After a semicolon; nothing where no container crashed, or its log cannot be read. */
    String lastLine(Pod pod) {
        var crash = Crash.of(pod);
        if (crash == null) {
            return "";
        }
        var container = client.pods().inNamespace(run.namespace()).withName(pod.getMetadata().getName()).inContainer(crash.container());
        var log = Kube.tried(() -> (crash.over() ? container : container.terminated()).tailingLines(LINES).getLog());
        var last = log == null ? "" : log.lines().filter(line -> !line.isBlank()).reduce("", (earlier, line) -> line);
        return last.isEmpty() ? "" : "; its log ends with: " + Texts.cut(Texts.line(last), CHARS);
    }
}

/** Exec in a pinned container, one short command a connection. */
record PodShell(KubernetesClient client, Pin pin) implements Shell {

    /**
     * stdin goes out as one message: the JDK's websocket refuses a second one before the first is through, and the v4
     * protocol cannot close stdin, so the command must know how much to read.
     */
    @SuppressWarnings("deprecation") // the error channel is the only place where the API says why an exec has no exit code
    @Override
    public Reply run(List<String> argv, byte[] stdin, Duration limit) throws InterruptedException {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var status = new ByteArrayOutputStream();
        var container = client.pods().inNamespace(pin.namespace()).withName(pin.pod()).inContainer(pin.container());
        var io = stdin.length == 0 ? container : container.redirectingInput(stdin.length);
        try (var watch = io.writingOutput(out).writingError(err).writingErrorChannel(status).exec(argv.toArray(String[]::new))) {
            if (stdin.length > 0) {
                watch.getInput().write(stdin, 0, stdin.length);
                watch.getInput().flush();
            }
            var code = watch.exitCode().get(limit.toMillis(), TimeUnit.MILLISECONDS);
            var said = err.toString(StandardCharsets.UTF_8);
            return new Reply(code, out.toByteArray(), code != null && code < 0 ? said + Kube.statusMessage(status.toByteArray()) : said,
                code == null ? "the connection was closed without a status" : null, false);
        } catch (TimeoutException slow) {
            return Reply.broken("no answer within " + limit.toSeconds() + " s", false);
        } catch (ExecutionException | IOException problem) {
            return broken(problem.getCause() == null ? problem : problem.getCause());
        } catch (KubernetesClientException problem) {
            return broken(problem);
        }
    }

    private Reply broken(Throwable problem) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        var api = Kube.apiError(problem);
        if (api != null && api.getCode() == 403) {
            return Reply.broken("forbidden: cannot exec in pod/" + pin.pod() + " (create pods/exec in " + pin.namespace() + ")", true);
        }
        return Reply.broken("exec in pod/" + pin.pod() + ": " + Kube.reason(problem), api != null && api.getCode() == 404);
    }

    @Override
    public String lost() {
        try {
            return pin.difference(client.pods().inNamespace(pin.namespace()).withName(pin.pod()).get());
        } catch (KubernetesClientException away) {
            return null;
        }
    }
}

/** What the caller may do in the namespace, and what an account is bound to. */
record Rights(KubernetesClient client, String namespace) {

    private static final String RBAC = "rbac.authorization.k8s.io";
    private static final List<Ask> TO_RUN = List.of(new Ask("get", "apps", "deployments"), new Ask("list", "apps", "replicasets"),
        new Ask("list", "", "pods"), new Ask("get", "", "pods"), new Ask("create", "", "pods/exec"));
    private static final List<Ask> FOR_A_POD = List.of(new Ask("create", "", "pods"), new Ask("delete", "", "pods"),
        new Ask("create", "", "serviceaccounts"), new Ask("create", RBAC, "roles"), new Ask("create", RBAC, "rolebindings"));

    private record Ask(String verb, String group, String resource) {
    }

    /** For the dry run: yes, no, or why that could not be asked; {@code ownPod}: also what a pod of our own needs. */
    Map<String, String> asked(boolean ownPod) {
        var answers = new LinkedHashMap<String, String>();
        Stream.concat(TO_RUN.stream(), ownPod ? FOR_A_POD.stream() : Stream.empty())
            .forEach(ask -> answers.put(ask.verb() + " " + ask.resource(), ask(ask.verb(), ask.group(), ask.resource())));
        return answers;
    }

    private String ask(String verb, String group, String resource) {
        try {
            return may(verb, group, resource) ? "yes" : "no";
        } catch (KubernetesClientException problem) {
            return "unknown: " + Kube.reason(problem);
        }
    }

    boolean may(String verb, String group, String resource) {
        var parts = resource.split("/", 2);
        var review = new SelfSubjectAccessReviewBuilder()
            .withNewSpec().withNewResourceAttributes().withNamespace(namespace).withVerb(verb)
            .withGroup(group).withResource(parts[0]).withSubresource(parts.length > 1 ? parts[1] : null)
            .endResourceAttributes().endSpec().build();
        var answer = client.authorization().v1().selfSubjectAccessReview().create(review);
        return answer.getStatus() != null && Boolean.TRUE.equals(answer.getStatus().getAllowed());
    }

    boolean mayMakeRoles() {
        return may("create", RBAC, "roles") && may("create", RBAC, "rolebindings");
    }

    /** Nobody can grant what he does not hold: the rules that are left when the caller's own are the limit. */
    List<PolicyRule> grantable(List<PolicyRule> wanted) {
        if (may("*", "*", "*") || may("escalate", RBAC, "roles")) {
            return wanted;
        }
        return Rbac.within(wanted, client.authorization().v1().selfSubjectRulesReview()
            .create(new SelfSubjectRulesReviewBuilder().withNewSpec().withNamespace(namespace).endSpec().build())
            .getStatus().getResourceRules());
    }

    /** Whether any RoleBinding of the namespace names the account; null when that cannot be read. */
    Boolean bound(String account) {
        return Kube.tried(() ->
            client.rbac().roleBindings().inNamespace(namespace).list().getItems().stream()
                .anyMatch(binding -> Rbac.names(binding.getSubjects(), namespace, account, false))
            || client.rbac().clusterRoleBindings().list().getItems().stream()
                .anyMatch(binding -> Rbac.names(binding.getSubjects(), namespace, account, true)));
    }
}

/** What holds for the whole of a run; {@code namespace} may be null, {@code notes} grows with what the result should tell. */
record RunSetup(String id, AgentSettings settings, String namespace, Patience patience, Log log, List<String> notes) {

    /** The same for a later round. */
    RunSetup round(int number) {
        return new RunSetup(id + "-" + number, settings, namespace, patience, log, notes);
    }
}

/** A place that is up: its shell, its folder for this run, and what a look around told. */
record Site(String target, String label, Shell shell, String folder, Map<String, String> facts, Runnable cleanup)
    implements AutoCloseable {
    static final String CODEX_VERSION = "0.169";
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\.\\d+");
    private static final int TRIES = 3;

    /** Looks around; a place where the run cannot work is no place. */
    static Site probe(String target, String label, Shell shell, RunSetup run, Runnable cleanup)
            throws NoPlace, InterruptedException {
        var settings = run.settings();
        var argv = List.of("sh", "-c", ProbeScript.PROBE, "sh", settings.workspace() == null ? "" : settings.workspace(),
            settings.program(), settings.threadKey());
        var reply = shell.run(argv, new byte[0], run.patience().exec());
        for (int tries = 1; !Poll.whole(reply) && !reply.hopeless() && tries < TRIES; tries++) {
            Thread.sleep(run.patience().poll().toMillis());
            reply = shell.run(argv, new byte[0], run.patience().exec());
        }
        if (!Poll.whole(reply)) {
            throw new NoPlace("cannot run a command in it: " + reply.problem());
        }
        var facts = Fields.of(Poll.parse(reply).text());
        var site = new Site(target, label, shell, facts.get("base") + "/run-" + run.id(), facts, cleanup);
        site.complaints(settings);
        return site;
    }

    private void complaints(AgentSettings settings) throws NoPlace {
        if (facts.get("base").isBlank()) {
            throw new NoPlace("no writable folder outside the work tree (HOME, /var/tmp, /tmp)");
        }
        if (!has("writable")) {
            throw new NoPlace("nothing can be written to its work tree " + facts.get("workspace"));
        }
        if (!has("head")) {
            throw new NoPlace("its head command knows no -c");
        }
        if (!has("program")) {
            throw new NoPlace("no codex on its PATH (npm package @openai/codex), and no --agent-command given");
        }
        if (settings.source() != null && !has("git")) {
            throw new NoPlace("no git in it, which --source needs");
        }
        if (!facts.get("busy").isBlank()) {
            throw new NoPlace("another agent is at work there: " + facts.get("busy"), true); // on the same branch, maybe
        }
    }

    /** The same place with another folder, for a later round. */
    Site round(RunSetup run) {
        return new Site(target, label, shell, facts.get("base") + "/run-" + run.id(), facts, cleanup);
    }

    /** With a home of its own that is removed afterwards; what is wrong with it stands in its facts as {@code problem}. */
    static Site here(RunSetup run) {
        var home = Disk.temporary("prompt-run-home");
        var environment = new LinkedHashMap<String, String>(run.settings().runnerEnv());
        environment.put("HOME", home.toString());
        environment.put("TMPDIR", home + "/tmp");
        var shell = new LocalShell(environment, run.settings().source() == null ? Path.of("").toAbsolutePath() : home);
        try {
            return probe("runner", "this machine", shell, run, () -> Disk.delete(home));
        } catch (NoPlace problem) {
            return unfit(shell, home, problem.getMessage());
        } catch (InterruptedException signal) {
            Thread.currentThread().interrupt();
            return unfit(shell, home, "cancelled");
        }
    }

    private static Site unfit(Shell shell, Path home, String problem) {
        return new Site("runner", "this machine", shell, home + "/run", Map.of("problem", problem), () -> Disk.delete(home));
    }

    /** Codex takes settings as a profile file, and resumes by id, since this version. */
    boolean oldCodex() {
        var version = VERSION.matcher(facts.getOrDefault("version", ""));
        return version.find() && version.group(1).equals("0") && Integer.parseInt(version.group(2)) < 169;
    }

    boolean has(String what) {
        return "yes".equals(facts.get(what));
    }

    String workspace() {
        return facts.getOrDefault("workspace", "");
    }

    /** The last run's for the same issue, as long as its session is there; else blank. */
    String thread() {
        return facts.getOrDefault("thread", "");
    }

    String totals() {
        return facts.getOrDefault("totals", "");
    }

    @Override
    public void close() {
        cleanup.run();
    }
}

/** Waits for a pod that is ready, and no longer than it can still come. */
record Vigil(RunSetup run, String what) {
    private static final long LOOK_MOST_MILLIS = 1000;

    interface Look {
        Prospect now() throws NoPlace, InterruptedException;
    }

    /** The pod, or the last look with the reason why there is none. */
    Prospect keep(Look look) throws NoPlace, InterruptedException {
        long until = System.nanoTime() + run.settings().waitFor().toNanos();
        long since = 0;
        var last = "";
        while (true) {
            var prospect = look.now();
            if (prospect.pod() != null) {
                return prospect;
            }
            if (!prospect.reason().equals(last)) {
                run.log().info("waiting for " + what + ": " + prospect.reason());
            }
            last = prospect.reason();
            since = prospect.again() ? since : prospect.blocked() == null ? 0 : since == 0 ? System.nanoTime() : since;
            if (prospect.blocked() != null && (prospect.atOnce() || System.nanoTime() - since >= run.patience().certain().toNanos())) {
                return prospect;
            }
            if (System.nanoTime() > until) {
                return new Prospect(null, last + " (waited " + run.settings().waitFor().toSeconds() + " s)", false,
                    prospect.imageFault(), null, false);
            }
            Thread.sleep(Math.min(run.patience().poll().toMillis(), LOOK_MOST_MILLIS));
        }
    }
}

// src/prompt_run/facts/

/** Fetches what is said about the issue or pull request: from the event, and from GitHub where a token is given. */
record Discussion(Facts facts, GitHubEvent event, GitHub github, WriteAccess access, Map<String, Boolean> permissions) {

    static Conversation gather(String kind, Facts facts, GitHubEvent event, GitHub github, WriteAccess access, Redactor redactor) {
        var talk = new Discussion(facts, event, github, access, new HashMap<>());
        var raw = talk.fetch(kind.endsWith("_review") ? facts.pr() : null);
        return new Untrusted(talk::mayWrite, redactor, access.anyAuthor(), Nonce.next())
            .prepare(raw.opening(), raw.replies(), event.asOf(), raw.gaps());
    }

    private RawTalk fetch(Integer pr) {
        var issue = subject("issue", "/issues/", facts.issue(), event.issueNode(facts.issue()));
        var pull = subject("pull request", "/pulls/", pr, pr == null ? MissingNode.getInstance() : event.pullNode(pr));
        var issueComments = list("/issues/", facts.issue(), "/comments");
        var pullComments = list("/issues/", pr, "/comments");
        var reviews = list("/pulls/", pr, "/reviews");
        var threads = list("/pulls/", pr, "/comments");
        Map<Long, Boolean> resolved = threads.isEmpty() ? Map.of() : github.resolvedThreads(facts.repo(), pr);
        return new RawTalk(facts.repo(), issue, pull, issueComments, pullComments, reviews, threads, resolved,
            event.trigger(), github.incomplete());
    }

    private RawTalk.Subject subject(String what, String path, Integer number, JsonNode then) {
        var now = number == null ? MissingNode.getInstance() : github.get("/repos/" + facts.repo() + path + number);
        return new RawTalk.Subject(what, number, then, now);
    }

    private List<JsonNode> list(String path, Integer number, String what) {
        return number == null ? List.of() : github.list("/repos/" + facts.repo() + path + number + what);
    }

    /** GitHub is asked once for each person, and only where the answer matters. */
    private boolean mayWrite(Said said) {
        return access.byName(said) || permissions.computeIfAbsent(WriteAccess.login(said) + " " + said.association(), key ->
            WriteAccess.mayWrite(said, facts.repo() == null || WriteAccess.login(said).isEmpty() ? null
                : github.permission(facts.repo(), said.author())));
    }
}

/** The file that GitHub's runner leaves for a step: the webhook payload. */
static final class EventFile {
    /** A file that is not there or cannot be read is a warning: the prompt is then built without the event. */
    static GitHubEvent read(Env env, Log log) {
        var path = env.get("GITHUB_EVENT_PATH");
        if (path == null) {
            return GitHubEvent.NONE;
        }
        String why = "not a JSON object";
        try {
            var root = Json.MAPPER.readTree(TextFile.read(Path.of(path)));
            if (root.isObject()) {
                return new GitHubEvent(root);
            }
        } catch (JacksonException problem) {
            why = "not valid JSON";
        } catch (IllegalArgumentException problem) {
            why = problem.getMessage();
        }
        log.warn("GITHUB_EVENT_PATH " + path + ": " + why + "; the prompt is built without the event");
        return GitHubEvent.NONE;
    }
}

/** GitHub's REST API, read only. Whatever fails is a warning: the prompt is then built from what is there. */
static final class GitHub {
    private static final int PAGE = 100;
    private static final int MOST_PAGES = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private HttpClient http;
    private final String base;
    private final String token;
    private final Log log;
    private boolean failed;
    private boolean incomplete;

    private GitHub(String base, String token, Log log) {
        this.base = base.replaceAll("/+$", "");
        this.token = token;
        this.log = log;
    }

    static GitHub of(Env env, Log log) {
        var base = Facts.first(env.get("GITHUB_API_URL"), "https://api.github.com");
        var token = env.pick(null, "GITHUB_TOKEN", "CODEXCTL_GH_PAT", "GH_TOKEN");
        boolean safe = base.startsWith("https://") || base.matches("http://(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?(/.*)?");
        if (token != null && !safe) {
            log.warn("GITHUB_API_URL " + base
                + ": not https, so the token is not sent there; the prompt is built from the event alone");
        }
        return new GitHub(base, token != null && safe ? token.strip() : null, log);
    }

    /** Whether a list was asked for and not had whole. */
    boolean incomplete() {
        return incomplete;
    }

    /** One object, or a missing node. */
    JsonNode get(String path) {
        try {
            var answer = usable(path) ? send("GET", base + path, null) : null;
            return answer != null && answer.statusCode() == 200 ? Json.MAPPER.readTree(answer.body()) : missing(path, answer);
        } catch (IOException | JacksonException | IllegalArgumentException problem) {
            return missing(path, problem);
        }
    }

    /** Every page of a list; the address of the next page is made here and not taken from the answer, so the token stays with this host. */
    List<JsonNode> list(String path) {
        var all = new ArrayList<JsonNode>();
        for (int page = 1; page <= MOST_PAGES; page++) {
            var items = get(path + "?per_page=" + PAGE + "&page=" + page);
            incomplete |= !items.isArray();
            items.forEach(all::add);
            if (items.size() < PAGE) {
                return all;
            }
        }
        incomplete = true;
        log.warn("GitHub " + path + ": more than " + PAGE * MOST_PAGES + " items; the later ones are left out");
        return all;
    }

    /** admin, maintain, write, read or none; null when GitHub does not tell. */
    String permission(String repo, String login) {
        if (!login.matches("[A-Za-z0-9-]{1,39}")) {
            return null;
        }
        var answer = get("/repos/" + repo + "/collaborators/" + login + "/permission");
        return answer.path("permission").asString(null);
    }

    /** Thread (its first comment's id) to whether it is resolved; empty when unknown. Only GraphQL knows. */
    Map<Long, Boolean> resolvedThreads(String repo, int pr) {
        var query = "query($o:String!,$n:String!,$p:Int!){repository(owner:$o,name:$n){pullRequest(number:$p){reviewThreads(last:100)"
            + "{nodes{isResolved comments(first:1){nodes{databaseId}}}}}}}";
        var resolved = new HashMap<Long, Boolean>();
        try {
            var name = repo.split("/", 2);
            var body = Json.MAPPER.writeValueAsString(Map.of("query", query, "variables", Map.of("o", name[0], "n", name[1], "p", pr)));
            var answer = usable("/graphql") ? send("POST", base.replaceAll("/v3$", "") + "/graphql", body) : null;
            var data = answer != null && answer.statusCode() == 200 ? Json.MAPPER.readTree(answer.body())
                : missing("/graphql", answer);
            data.at("/data/repository/pullRequest/reviewThreads/nodes").forEach(thread ->
                resolved.put(thread.at("/comments/nodes/0/databaseId").asLong(0), thread.path("isResolved").asBoolean(false)));
        } catch (IOException | JacksonException problem) {
            missing("/graphql", problem);
        }
        return resolved;
    }

    private boolean usable(String path) {
        return token != null && !failed && !path.contains("/null/");
    }

    private HttpResponse<String> send(String method, String address, String body) throws IOException {
        var request = HttpRequest.newBuilder(URI.create(address))
            .header("Accept", "application/vnd.github+json").header("X-GitHub-Api-Version", "2022-11-28")
            .header("Authorization", "Bearer " + token)
            .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body)).build();
        try {
            http = http == null ? HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build() : http;
            var answer = http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
            return answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).get(); // a request's own timeout would end with the headers
        } catch (ExecutionException problem) {
            throw new IOException(problem.getCause() instanceof TimeoutException ? "no whole answer within " + PATIENCE.toSeconds() + " s"
                : String.valueOf(problem.getCause().getMessage()), problem.getCause());
        } catch (InterruptedException stop) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", stop);
        }
    }

    private JsonNode missing(String path, HttpResponse<String> answer) {
        if (answer != null) {
            log.warn("GitHub " + path + ": HTTP " + answer.statusCode() + "; the prompt is built without it");
        }
        return MissingNode.getInstance();
    }

    /** Once it cannot be reached it is not asked again: every further question would wait as long. */
    private JsonNode missing(String path, Exception problem) {
        failed = !(problem instanceof JacksonException);
        log.warn("GitHub " + path + ": " + Facts.first(problem.getMessage(), problem.getClass().getSimpleName())
            + "; the prompt is built from the event alone");
        return MissingNode.getInstance();
    }
}

/** The report of ensure_ready. */
static final class ReportFile {
    /** Either may be null; what is wrong with the report is a warning, and counts as not ready. */
    static Infra read(Path file, String flag, Log log) {
        boolean asked = flag != null && Values.flag("--infra-unhealthy", flag);
        if (file == null) {
            return Infra.withoutReport(asked);
        }
        var infra = read(file, asked);
        if (infra.problem() != null) {
            warn(infra, log);
        } else if (flag != null && !asked && infra.unhealthy()) {
            log.warn("--infra-unhealthy says no, but the report does not say infraReady: true; the environment counts as not ready");
        }
        return infra;
    }

    /** Why this report proves nothing. */
    static void warn(Infra broken, Log log) {
        log.warn("--infra-report " + broken.file() + ": " + broken.problem() + "; the environment counts as not ready");
    }

    private static Infra read(Path file, boolean asked) {
        try {
            return Infra.of(asked, file, ExactJson.read(TextFile.read(file)));
        } catch (JacksonException problem) {
            return Infra.broken(file, "it is not valid JSON");
        } catch (IllegalArgumentException problem) {
            return Infra.broken(file, problem.getMessage());
        }
    }
}

// src/prompt_run/templates/

/** Codex's settings: a profile that is laid over the config that the place has itself. */
static final class CodexConfig {
    static String render(RunOptions options, Facts facts, Map<String, String> passed) {
        var model = new LinkedHashMap<String, Object>();
        model.put("vars", options.vars());
        model.put("model", facts.model() == null ? "" : toml(facts.model()));
        model.put("effort", facts.effort() == null ? "" : toml(facts.effort()));
        model.put("commandEnv", commandEnv(passed));
        try {
            return Renderer.process(new Templates(options.templates(), null).engine(), "codex_config.toml.ftl", model);
        } catch (IOException problem) {
            throw new UsageError("codex_config.toml.ftl: " + Texts.oneLine(problem.getMessage()), problem);
        }
    }

    /** What was passed on by name is for the agent's commands, except the keys of the agent itself. */
    private static List<Map<String, String>> commandEnv(Map<String, String> passed) {
        var all = new ArrayList<Map<String, String>>();
        passed.forEach((name, value) -> {
            if (!name.matches("(?i).*API_?KEY")) {
                all.add(Map.of("name", name, "value", toml(value)));
            }
        });
        return all;
    }

    private static String toml(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t");
    }
}

/** Turns facts into the prompt. Templates see maps, lists and text only: no Java object, no class, no template made of data. */
static final class Renderer {
    private final PromptModel facts;
    private final Configuration engine;
    private final String template;

    Renderer(PromptModel facts, Log log) throws IOException {
        var templates = new Templates(facts.options().templates(), facts.options().template());
        this.facts = facts;
        this.engine = templates.engine();
        this.template = templates.nameFor(facts.options().kind(), facts.options().lang(), log);
    }

    Prompt render(Place place) throws IOException {
        var options = facts.options();
        var model = facts.of(place);
        model.put("infraBlock", infraBlock(model, facts.infra()));
        return new Prompt(options.kind(), options.lang(), facts.infra().unhealthy(),
            facts.redactor().maskKnown(process(engine, template, model)));
    }

    /** What the agent hears after a check of its work; whatever its kind, the environment comes first now. */
    String again(Place place, Infra after, Change change) throws Broken {
        var options = facts.options();
        var model = new PromptModel(options, facts.facts(), after, facts.talk(), facts.redactor()).of(place);
        try {
            model.put("kind", "repair_issue");
            model.put("infraBlock", infraBlock(model, after));
            model.put("kind", options.kind());
            model.putAll(change.model());
            return facts.redactor().maskKnown(process(engine, own("recheck"), model));
        } catch (UsageError | IOException problem) {
            throw new Broken(Texts.oneLine(problem.getMessage()));
        }
    }

    /** The part in the language of the run, else in English. */
    private String own(String part) throws IOException {
        var own = part + "_" + facts.options().lang() + ".ftl";
        return engine.getTemplateLoader().findTemplateSource(own) != null ? own : part + "_en.ftl";
    }

    /** The block about the environment, with as much of the report as its limit in bytes allows. */
    private String infraBlock(Map<String, Object> common, Infra infra) throws IOException {
        var name = own("infra");
        var nonce = Nonce.next();
        var block = "";
        var cleaned = new HashMap<String, String>();
        for (var limits : InfraView.LEVELS) {
            var model = new LinkedHashMap<String, Object>(common);
            model.put("infra", new InfraView(infra, facts.redactor(), nonce, limits, cleaned,
                facts.facts().agent()).model());
            block = process(engine, name, model).strip();
            if (Untrusted.bytes(block) <= InfraView.BLOCK_BYTES) {
                return block;
            }
        }
        return Untrusted.cutTo(InfraView.BLOCK_BYTES - 100, block);
    }

    /** Renders one of the templates; throws {@link UsageError}, since it is the caller who brings templates and variables. */
    static String process(Configuration engine, String name, Map<String, Object> model) {
        try {
            return TemplateEngine.render(engine, name, model);
        } catch (TemplateEngine.Unfit e) {
            throw new UsageError("template " + e.template + (e.line > 0 ? ", line " + e.line : "")
                + ": " + (e.undefined.isEmpty() ? e.getMessage()
                : "variable " + e.undefined
                + " is not defined; give it with --vars or --var-file, or write ${name!} where it may be missing"), e);
        }
    }
}

/** Where templates come from: {@code --templates} first, then the ones this script brings along. */
static final class Templates {
    static final Map<String, String> BUILT_IN = kindsWithPurpose();
    private static final TemplateLoader OURS = new ClassTemplateLoader(Templates.class, "/templates");
    /** Its templates are parsed once, however often a prompt is rendered. */
    private static final Configuration OUR_ENGINE = TemplateEngine.of(OURS);
    private static final Pattern FILE_NAME = Pattern.compile("([a-z][a-z0-9]*(?:_[a-z0-9]+)+)_([a-z]{2,3})\\.ftl");

    private final Path folder;
    private final Path single;

    Templates(Path folder, Path single) {
        if (folder != null && !folder.toFile().isDirectory()) {
            throw new UsageError("--templates " + folder + ": not a folder");
        }
        if (single != null && !Files.isRegularFile(single)) {
            throw new UsageError("--template " + single + ": no such file");
        }
        this.folder = folder;
        this.single = single;
    }

    private static Map<String, String> kindsWithPurpose() {
        var kinds = new LinkedHashMap<String, String>();
        kinds.put("dev_issue", "implement the issue and send a pull request");
        kinds.put("plan_issue", "write a plan for the issue, change nothing");
        kinds.put("repair_issue", "find the fault of the environment, restore the services, send the fix as a pull request");
        kinds.put("dev_review", "answer the review of a pull request of dev_issue");
        kinds.put("plan_review", "revise the plan after comments");
        kinds.put("repair_review", "answer the review of a pull request of repair_issue");
        kinds.put("repair_plan", "diagnose the environment and rank the ways to repair it, change nothing");
        return kinds;
    }

    /** Every kind with its languages. */
    Map<String, Set<String>> kinds() {
        var kinds = new LinkedHashMap<String, Set<String>>();
        BUILT_IN.keySet().forEach(kind -> kinds.put(kind, new TreeSet<>(List.of("en", "ru"))));
        if (folder != null) {
            try (var files = Files.list(folder)) {
                files.map(file -> FILE_NAME.matcher(file.getFileName().toString())).filter(Matcher::matches)
                    .forEach(name -> kinds.computeIfAbsent(name.group(1), kind -> new TreeSet<>()).add(name.group(2)));
            } catch (IOException problem) {
                throw new UsageError("--templates " + folder + ": cannot read it (" + TextFile.reason(problem) + ")", problem);
            }
        }
        return kinds;
    }

    /** The name of the template for a kind; English when the language has none. */
    String nameFor(String kind, String lang, Log log) {
        if (single != null) {
            return single.getFileName().toString();
        }
        var languages = kinds().get(kind);
        if (!languages.contains(lang) && !languages.contains("en")) {
            throw new UsageError("--lang " + lang + ": kind " + kind + " has only: " + String.join(", ", languages));
        }
        if (!languages.contains(lang)) {
            log.warn("--lang " + lang + ": no templates for it, the prompt is in English; there are: " + String.join(", ", languages));
        }
        return kind + "_" + (languages.contains(lang) ? lang : "en") + ".ftl";
    }

    Configuration engine() throws IOException {
        if (single == null && folder == null) {
            return OUR_ENGINE;
        }
        var places = new ArrayList<TemplateLoader>();
        if (single != null) {
            places.add(new FileTemplateLoader(single.toAbsolutePath().getParent().toFile()));
        }
        if (folder != null) {
            places.add(new FileTemplateLoader(folder.toFile()));
        }
        places.add(OURS);
        return TemplateEngine.of(new MultiTemplateLoader(places.toArray(TemplateLoader[]::new)));
    }
}

// src/prompt_run/machine/

/** Something between here and the agent's place does not work; the message says what. */
static final class Broken extends Exception {
    private static final long serialVersionUID = 1;

    Broken(String message) {
        super(message);
    }
}

/** Files of our own. */
static final class Disk {
    static Path temporary(String name) {
        try {
            return Files.createTempDirectory(name);
        } catch (IOException problem) {
            throw new UncheckedIOException("no temporary folder can be made", problem);
        }
    }

    static void append(Path file, byte[] data) {
        try {
            Files.write(file, data, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException problem) {
            throw new UncheckedIOException(file + " cannot be written", problem);
        }
    }

    static void copyIfThere(Path from, Path to) throws Broken {
        try {
            Files.deleteIfExists(to);
            if (Files.exists(from)) {
                Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES); // the time of an index is part of what it says
            }
        } catch (IOException problem) {
            throw new Broken(from + " cannot be read: " + Texts.oneLine(problem.getMessage()));
        }
    }

    static void delete(Path folder) {
        try (var all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException gone) {
            // nothing is left to delete
        }
    }
}

/** Commands on this machine, with nothing of its environment but what is allowed. */
record LocalShell(Map<String, String> environment, Path folder) implements Shell {
    private static final int GRACE_MILLIS = 3000;
    private static final int MOST_BYTES = 64 << 20;

    @Override
    public Reply run(List<String> argv, byte[] stdin, Duration limit) throws InterruptedException {
        var err = new StringBuffer();
        return run(argv, stdin, limit, line -> err.append(line).append('\n'), err, process -> { });
    }

    /** For a command of the caller's: {@code said} hears its stderr, and neither it nor its children outlive the wait for it. */
    Reply own(List<String> argv, Duration limit, Consumer<String> said) throws InterruptedException {
        var last = new StringBuffer();
        return run(argv, new byte[0], limit, line -> {
            said.accept(line);
            last.replace(0, last.length(), line.isBlank() ? last.toString() : line);
        }, last, ProcessTree::end);
    }

    private Reply run(List<String> argv, byte[] stdin, Duration limit, Consumer<String> said, StringBuffer err, Consumer<Process> end)
            throws InterruptedException {
        var builder = new ProcessBuilder(argv).directory(folder.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException problem) {
            return Reply.broken(Texts.oneLine(problem.getMessage()), true);
        }
        try {
            var out = new ByteArrayOutputStream();
            var output = Daemon.start("stdout", () -> drain(process.getInputStream(), out));
            var errors = Daemon.start("stderr", () -> listen(process, said));
            feed(process, stdin);
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return Reply.broken("no answer within " + limit.toSeconds() + " s", false);
            }
            // A child that was left behind may keep them open for ever.
            output.join(GRACE_MILLIS);
            errors.join(GRACE_MILLIS);
            return out.size() > MOST_BYTES ? Reply.broken("its output is longer than 64 MiB", true)
                : new Reply(process.exitValue(), out.toByteArray(), err.toString(), null, false);
        } finally {
            end.accept(process);
            process.destroyForcibly();
        }
    }

    private static void feed(Process process, byte[] stdin) {
        try (var in = process.getOutputStream()) {
            in.write(stdin);
        } catch (IOException ended) {
            // a command may end without reading its stdin; its exit code tells
        }
    }

    private static void drain(InputStream stream, ByteArrayOutputStream out) {
        try (stream) {
            var part = new byte[1 << 16];
            for (int n = 0; n >= 0 && out.size() <= MOST_BYTES; n = stream.read(part)) {
                out.write(part, 0, n);
            }
        } catch (IOException closed) {
            // what has come is the output
        }
    }

    private static void listen(Process process, Consumer<String> said) {
        try (var lines = process.errorReader(StandardCharsets.UTF_8)) {
            lines.lines().forEach(said);
        } catch (IOException | UncheckedIOException closed) {
            // what has come is all that it said
        }
    }

    @Override
    public String lost() {
        return Files.isDirectory(folder) ? null : folder + " is gone";
    }
}

/** What people are told while it runs, one line at a time; never on stdout. */
interface Log {
    void warn(String message);

    void info(String message);

    void debug(String message);

    void agent(String text);
}

/** A mark that nobody who wrote a text can have known. */
static final class Nonce {
    static String next() {
        byte[] bits = new byte[16];
        new SecureRandom().nextBytes(bits);
        return HexFormat.of().formatHex(bits);
    }
}

/** Runs short commands in one place. */
interface Shell {
    /** Never throws for a broken connection: the reply says so. */
    Reply run(List<String> argv, byte[] stdin, Duration limit) throws InterruptedException;

    /** Why this is no longer the place it was when it was chosen; null while it is, and while nobody can tell. */
    String lost();
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

// src/prompt_run/prompt/

/** What differs between two reports: each cause as its code and its object, the owner's where there is one, for pods get new names. */
record Change(List<String> gone, List<String> fresh, List<String> left) {

    static Change between(JsonNode before, JsonNode after) {
        var then = causes(before);
        var now = causes(after);
        return new Change(without(then, now), without(now, then), without(now, without(now, then)));
    }

    private static Set<String> causes(JsonNode report) {
        var causes = new LinkedHashSet<String>();
        report.path("causes").forEach(cause -> causes.add(InfraView.code(cause.path("code")) + " "
            + InfraView.object(cause.hasNonNull("owner") ? cause.path("owner") : cause.path("object"))));
        return causes;
    }

    private static List<String> without(Set<String> these, Iterable<String> those) {
        var rest = new ArrayList<String>(these);
        those.forEach(rest::remove);
        return rest;
    }

    Map<String, Object> model() {
        return Map.of("gone", gone, "fresh", fresh, "left", left);
    }

    Round round(String status, boolean ready, String outcome, String problem) {
        return new Round(status, ready, outcome, gone, fresh, left, problem);
    }
}

/**
 * The report as the templates see it. Trusted are only codes, numbers, object names, paths of the repository and checked
 * commands; every other text stands in one fenced block of marked lines. The report is checked again here, wherever it comes from.
 */
static final class InfraView {
    /** The block, in UTF-8, in any language. */
    static final int BLOCK_BYTES = 12 * 1024;
    static final List<Limits> LEVELS = List.of(new Limits(5, 5, 400, 20, 40, 4096), new Limits(5, 3, 400, 20, 20, 2048),
        new Limits(5, 2, 300, 10, 12, 1200), new Limits(5, 2, 200, 6, 6, 600),
            new Limits(5, 1, 160, 4, 0, 0), new Limits(3, 1, 120, 3, 0, 0), new Limits(1, 1, 80, 2, 0, 0));
    private static final int LINE_CHARS = 300;
    private static final int FACT_CHARS = 800;
    private static final String MARK = "~| ";
    /** What reads like an instruction is told apart and not left out: real errors say what to run, too. */
    private static final String FLAG = "[?] ";
    private static final Pattern CODE = Pattern.compile("[A-Z][A-Z0-9_]{1,63}");
    private static final Pattern WORD = Pattern.compile("[a-z][a-z-]{0,19}");
    private static final Pattern KIND = Pattern.compile("[A-Za-z][A-Za-z0-9]{0,62}");
    static final Pattern OBJECT_NAME = Pattern.compile("[a-z0-9]([-a-z0-9.:]{0,250}[a-z0-9])?");
    private static final Pattern FILE = Pattern.compile("(?![/.]*\\.\\.)(?!.*/\\.\\./)[A-Za-z0-9_.@+][\\w./@+-]{0,199}");
    private static final Pattern FIELD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_./\\[\\]=-]{0,199}");
    private static final Pattern CATALOGUE_TEXT = Pattern.compile("(?!.*(?:://|`|<|>|www\\.))[\\x20-\\x7E]{1,300}");
    /** A second sentence of the scheduler, which says nothing of why. */
    private static final Pattern PREEMPTION =
        Pattern.compile("[ .]+(?:still not schedulable, |no new claims to deallocate, )?preemption: \\d+/\\d+ nodes.*");
    private static final Pattern HIDDEN = Pattern.compile("<!--.*?(?:-->|$)", Pattern.DOTALL);
    private static final Pattern LIMITED = Pattern.compile("[a-z0-9][a-z0-9 ./:,()-]{0,99}");
    private static final String WORD_OF_COMMAND = " [A-Za-z0-9][A-Za-z0-9_.,/:=-]{0,200}";
    private static final String READS = " (?:get|describe|logs|top|events|explain|api-resources)| rollout (?:status|history)| auth can-i";
    private static final String SHORT_OPTION = " -[cnl]" + WORD_OF_COMMAND + "| -[pA]| -o (?:wide|yaml|json|name)";
    private static final String LONG_OPTION = " --(?:previous|all-containers|show-labels)"
        + "| --(?:tail|since|for|sort-by|field-selector|container|namespace)[= ][A-Za-z0-9_.,/:=-]{1,200}";
    private static final Pattern COMMAND = Pattern.compile("kubectl(?: -n [a-z0-9-]{1,63})?(?:" + READS + ")"
        + "(?:" + WORD_OF_COMMAND + "|" + SHORT_OPTION + "|" + LONG_OPTION + "){0,12}");
    private static final Set<String> OUTCOMES = Set.of("ready", "timeout", "failed", "apply-failed", "prepare-failed", "no-cluster",
        "forbidden", "interrupted");

    record Limits(int causes, int evidence, int evidenceChars, int symptoms, int logLines, int logBytes) {
    }

    private final Infra infra;
    private final Redactor redactor;
    private final String nonce;
    private final Limits limits;
    private final Map<String, String> cleaned;
    private final String agent;
    private final List<String> data = new ArrayList<>();
    private final Set<String> explained = new HashSet<>();
    private final Set<String> said = new HashSet<>();
    private final Map<String, Integer> excerpts = new HashMap<>();

    /** {@code agent}: its Deployment's name. {@code cleaned} is shared by the attempts to fit the block: cleaning is the slow part. */
    InfraView(Infra infra, Redactor redactor, String nonce, Limits limits, Map<String, String> cleaned,
                     String agent) {
        this.infra = infra;
        this.redactor = redactor;
        this.nonce = nonce;
        this.limits = limits;
        this.cleaned = cleaned;
        this.agent = agent;
    }

    Map<String, Object> model() {
        var report = infra.report();
        var model = new LinkedHashMap<String, Object>();
        model.put("unhealthy", infra.unhealthy());
        model.put("reported", infra.reported());
        model.put("named", infra.file() != null);
        model.put("saysReady", report.path("infraReady").asBoolean(false));
        var outcome = Json.text(report, "outcome");
        model.put("outcome", OUTCOMES.contains(outcome) ? outcome : "");
        var waited = report.path("waitedSeconds");
        model.put("waitedSeconds", waited.isNumber() ? String.valueOf(Math.round(waited.asDouble(0))) : "");
        model.put("agentExists", exists(report.path("workloads"), "deploy/" + agent));
        model.put("agentReady", report.path("agentReady").isBoolean() ? Json.text(report, "agentReady") : "");
        model.put("causes", limited(report.path("causes"), limits.causes(), this::cause));
        model.put("causesMore", more(report.path("causes"), limits.causes()));
        var broken = brokenWorkloads(report.path("workloads"));
        model.put("workloads", broken.stream().limit(limits.symptoms()).map(this::workload).toList());
        model.put("workloadsMore", Math.max(0, broken.size() - limits.symptoms()));
        model.put("workloadsTotal", report.path("workloads").size());
        model.put("unexplained", limited(report.path("unexplained"), limits.symptoms(), this::symptom));
        model.put("unexplainedMore", more(report.path("unexplained"), limits.symptoms()));
        report.path("warnings").forEach(warning -> say("warning",
            warning.isString() ? warning.asString("") : code(warning.path("code")) + " " + Json.text(warning, "message")));
        model.put("limited", limitations(report.path("limited")));
        model.put("data", block());
        model.put("flagged", (int) data.stream().filter(line -> line.startsWith(FLAG)).count());
        return model;
    }

    private static boolean exists(JsonNode workloads, String object) {
        return workloads.valueStream().anyMatch(workload -> object(workload).equals(object));
    }

    private static List<JsonNode> brokenWorkloads(JsonNode workloads) {
        return workloads.valueStream()
            .filter(workload -> !Set.of("ready", "suspended", "unverified").contains(Json.text(workload, "state"))).toList();
    }

    private static List<Map<String, Object>> limited(JsonNode list, int most, Function<JsonNode, Map<String, Object>> view) {
        return list.valueStream().limit(most).map(view).toList();
    }

    private static int more(JsonNode list, int most) {
        return Math.max(0, list.size() - most);
    }

    private Map<String, Object> workload(JsonNode workload) {
        var view = new LinkedHashMap<String, Object>();
        view.put("object", object(workload));
        view.put("state", word(workload.path("state")));
        view.put("ready", workload.path("ready").asInt(0));
        view.put("desired", workload.path("desired").asInt(0));
        if (!explained.contains(object(workload))) {
            say(object(workload), Json.text(workload, "message"));
        }
        return view;
    }

    private Map<String, Object> symptom(JsonNode symptom) {
        var what = symptom.has("object") ? symptom.path("object") : symptom;
        return Map.of("object", object(what), "code", code(symptom.path("code")));
    }

    private int causeNumber;

    private Map<String, Object> cause(JsonNode cause) {
        causeNumber++;
        var view = new LinkedHashMap<String, Object>();
        var fix = cause.path("fix");
        view.put("code", code(cause.path("code")));
        view.put("severity", word(cause.path("severity")));
        view.put("basis", word(cause.path("basis")));
        view.put("object", object(cause.path("object")));
        view.put("owner", cause.path("owner").isMissingNode() || cause.path("owner").isNull() ? "" : object(cause.path("owner")));
        view.put("container", matching(OBJECT_NAME, cause.path("container")));
        view.put("scope", word(fix.path("scope")));
        view.put("action", matching(CODE, fix.path("action")));
        view.put("text", fixText(Json.text(fix, "text")));
        view.put("files", texts(fix.path("files"), this::file));
        view.put("next", texts(cause.path("next"), InfraView::command));
        view.put("explains", limited(cause.path("explains"), limits.symptoms(), this::symptom));
        view.put("explainsTotal", cause.path("explains").size());
        view.put("explainsMore", more(cause.path("explains"), limits.symptoms()));
        named(view.get("object"), view.get("owner"));
        cause.path("explains").forEach(symptom -> named(symptom(symptom).get("object")));
        view.put("facts", cause.path("facts").size() > 0);
        var log = log(cause.path("logExcerpt"));
        var facts = facts(cause, String.join("\n", log));
        evidence(cause.path("evidence"), Map.of("log", String.join("\n", log), "spec", facts));
        data.addAll(log);
        return view;
    }

    /** The catalogue's sentence when it can only be one; anything else is data like the rest. */
    private String fixText(String text) {
        if (CATALOGUE_TEXT.matcher(text).matches() && !Injection.in(text)) {
            return redactor.mask(text);
        }
        say("[" + causeNumber + "] fix", text);
        return "";
    }

    /** The values that decide, one object after the other, and what could stand in their place; as they are shown. */
    private String facts(JsonNode cause, String log) {
        var lines = new LinkedHashMap<String, String>();
        cause.path("facts").forEach(f -> {
            var at = Json.text(f, "at").split(" ", 2);
            var value = flat(Json.text(f, "value"));
            if (!at[0].equals("log") || !log.contains(value)) {
                lines.merge(at[0], (at.length < 2 ? "" : at[1] + "=") + value, (a, b) -> a + "; " + b);
            }
        });
        var shown = String.join(" ", lines.values());
        var others = texts(cause.path("candidates"), c -> flat(c.asString(""))).stream()
            .filter(c -> !shown.contains("=" + c.replaceFirst(" \\(.*", ""))).collect(Collectors.joining("; "));
        lines.merge(lines.isEmpty() ? "found" : lines.keySet().iterator().next(), others, (a, b) -> b.isEmpty()
            ? a : a + "; found: " + b);
        lines.forEach((object, text) -> say("[" + causeNumber + "] " + flat(object), text, false, FACT_CHARS));
        return String.join("\n", lines.values()) + " " + String.join(" ", lines.keySet());
    }

    /** {@code shown}: what the log and the facts show; it is not said again, nor what another line has said. */
    private void evidence(JsonNode evidence, Map<String, String> shown) {
        for (int i = 0; i < Math.min(evidence.size(), limits.evidence()); i++) {
            var item = evidence.path(i);
            int count = item.path("count").asInt(0);
            var where = String.join(" ", "[" + causeNumber + "] " + word(item.path("source")),
                matching(FIELD, item.path("path")), reason(item),
                count > 1 ? "x" + count : "").replaceAll(" +", " ").strip();
            var message = PREEMPTION.matcher(Json.text(item, "message")).replaceFirst("");
            if (!shown.getOrDefault(Json.text(item, "source"), "").contains(flat(message))
                && (flat(message).length() < 40 || said.add(flat(message)))) {
                say(where, message, item.path("suspicious").asBoolean(false));
            }
        }
        if (evidence.size() > limits.evidence()) {
            data.add("[" + causeNumber + "] [cut: " + (evidence.size() - limits.evidence()) + " more pieces of evidence]");
        }
    }

    private static String reason(JsonNode item) {
        var reason = Json.text(item, "reason");
        return reason.matches("[A-Za-z][A-Za-z0-9]{0,63}") ? reason : "";
    }

    private void named(Object... objects) {
        Stream.of(objects).forEach(object -> explained.add(object.toString()));
    }

    /** A heading and the excerpt's last lines; an excerpt that another cause has shown is only referred to. */
    private List<String> log(JsonNode excerpt) {
        var lines = new ArrayList<String>();
        excerpt.path("lines").forEach(line -> clean(line.asString("")).lines().forEach(part -> lines.add(middleCut(LINE_CHARS, part))));
        if (lines.isEmpty()) {
            return List.of();
        }
        var all = Texts.folded(lines);
        var kept = lastOf(all.subList(Math.max(0, all.size() - limits.logLines()), all.size()));
        int total = Math.max(lines.size(), excerpt.path("total").asInt(0));
        var head = "log " + matching(OBJECT_NAME, excerpt.path("pod")) + " " + matching(OBJECT_NAME, excerpt.path("container"))
            + (excerpt.path("previous").asBoolean(false) ? " (previous run)" : "");
        var first = excerpts.putIfAbsent(head + kept, causeNumber);
        kept.addFirst("[" + causeNumber + "] " + head + ": " + (first != null ? "see [" + first + "]"
            : (kept.size() < all.size() ? "the last " + kept.size() + " of " : "") + Texts.count(total, "line")));
        return first == null ? kept : kept.subList(0, 1);
    }

    private LinkedList<String> lastOf(List<String> lines) {
        var suspicious = Injection.lines(lines);
        var kept = new LinkedList<String>();
        int bytes = 0;
        for (int i = lines.size() - 1; i >= 0 && bytes <= limits.logBytes(); i--) {
            var line = (suspicious.contains(i) ? FLAG : "") + lines.get(i);
            bytes += Untrusted.bytes(line) + MARK.length() + 1;
            if (bytes <= limits.logBytes()) {
                kept.addFirst(line);
            }
        }
        return kept;
    }

    private void say(String label, String text) {
        say(label, text, false);
    }

    /** A text that is not ours: into the fenced block, flagged when it reads like an instruction. */
    private void say(String label, String text, boolean suspicious) {
        say(label, text, suspicious, limits.evidenceChars());
    }

    private void say(String label, String text, boolean suspicious, int most) {
        var line = middleCut(most, flat(text));
        if (!line.isBlank()) {
            data.add((suspicious || Injection.in(line) ? FLAG : "") + label + ": " + line);
        }
    }

    private String flat(String text) {
        return clean(text).strip().replaceAll("\\s*\\n\\s*", " / ");
    }

    /** Masked before anything is cut, without characters that a reader does not see, and unable to close the fence. */
    private String clean(String text) {
        return cleaned.computeIfAbsent(text, raw ->
            Untrusted.escaped(redactor.mask(HIDDEN.matcher(Invisible.plain(raw)).replaceAll("")), nonce));
    }

    static String middleCut(int limit, String text) {
        if (text.length() <= limit) {
            return text;
        }
        int head = limit * 2 / 3;
        int tail = text.length() - (limit - head);
        head -= Character.isHighSurrogate(text.charAt(head - 1)) ? 1 : 0;
        tail += Character.isLowSurrogate(text.charAt(tail)) ? 1 : 0;
        return text.substring(0, head) + "[cut: " + Texts.count(tail - head, "character") + "]" + text.substring(tail);
    }

    private String block() {
        if (data.isEmpty()) {
            return "";
        }
        var block = new StringBuilder("<cluster-data nonce=\"" + nonce + "\">\n");
        data.forEach(line -> block.append(MARK).append(line).append('\n'));
        return block.append("</cluster-data nonce=\"").append(nonce).append("\">").toString();
    }

    private String limitations(JsonNode limited) {
        var parts = texts(limited, part -> matching(LIMITED, part));
        limited.forEach(part -> {
            if (matching(LIMITED, part).isEmpty()) {
                say("limited", part.asString(""));
            }
        });
        return String.join("; ", parts);
    }

    static List<String> texts(JsonNode list, Function<JsonNode, String> view) {
        return list.valueStream().map(view).filter(text -> !text.isEmpty()).limit(5).toList();
    }

    private String file(JsonNode file) {
        var path = file.isString() ? file.asString("") : Json.text(file, "path");
        int line = file.path("line").asInt(0);
        return FILE.matcher(path).matches() ? path + (line > 0 ? ":" + line : "") : "";
    }

    static String matching(Pattern pattern, JsonNode value) {
        var text = value.asString("");
        return pattern.matcher(text).matches() && !Injection.in(text.replaceAll("[-_./]", " ")) ? text : "";
    }

    /** A command that only reads, and reads no Secret's values. */
    private static String command(JsonNode value) {
        var command = matching(COMMAND, value);
        return command.matches("(?i).*[ ,]secrets?([ ,/.].*)?") && command.matches(".* (-o|--output)\\b.*") ? "" : command;
    }

    static String code(JsonNode value) {
        return or(matching(CODE, value), "UNKNOWN");
    }

    private static String word(JsonNode value) {
        return or(matching(WORD, value), "unknown");
    }

    private static String or(String text, String otherwise) {
        return text.isEmpty() ? otherwise : text;
    }

    /** {@code deploy/web}, from {@code {kind, name}} or from text; a name that Kubernetes would not allow is not repeated. */
    static String object(JsonNode value) {
        var parts = value.isString() ? value.asString("").split("/", 2)
            : new String[] {Json.text(value, "kind"), Json.text(value, "name")};
        var name = parts.length == 2 ? parts[1] : "";
        boolean valid = KIND.matcher(parts[0]).matches() && OBJECT_NAME.matcher(name).matches()
            && !Injection.in(name.replaceAll("[-.:]", " "));
        return valid ? Kubectl.ref(parts[0], name) : "object/(name withheld)";
    }
}

/** What --dry-run answers. */
record Preview(Prompt prompt, Map<String, Object> plan) implements Answer {
    @Override
    public String asText() {
        var text = new StringBuilder(prompt.asText()).append("\n----\n");
        plan.forEach((name, value) -> text.append(name).append(": ").append(Texts.lines(String.valueOf(value))).append('\n'));
        return text.toString();
    }

    @Override
    public Map<String, Object> asJson() {
        var json = prompt.asJson();
        json.put("dryRun", plan);
        return json;
    }

    @Override
    public boolean jsonByDefault() {
        return true;
    }
}

/** The prompt as it is sent, and what --print answers. */
record Prompt(String kind, String lang, boolean infraUnhealthy, String text) implements Answer {
    @Override
    public String asText() {
        return text;
    }

    @Override
    public Map<String, Object> asJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("schemaVersion", "prompt-run/v1");
        json.put("kind", kind);
        json.put("lang", lang);
        json.put("infraUnhealthy", infraUnhealthy);
        json.put("prompt", text);
        return json;
    }
}

/** What a template sees, all of it maps, lists and text: the variables, the facts of the run, the discussion, the place. */
record PromptModel(RunOptions options, Facts facts, Infra infra, Conversation talk, Redactor redactor) {
    private static final List<String> NEVER_MISSING = List.of("projectContext", "servicesOverview", "links", "extraTools");
    private static final int REASON_CHARS = 300;

    /** A fact has its name whatever a variable of that name says; what is not known is an empty text. */
    Map<String, Object> of(Place place) {
        var model = new LinkedHashMap<String, Object>(options.vars());
        NEVER_MISSING.forEach(name -> model.putIfAbsent(name, ""));
        model.put("vars", options.vars());
        model.put("kind", options.kind());
        model.put("lang", options.lang());
        model.put("INFRA_UNHEALTHY", infra.unhealthy() ? "1" : "0");
        model.putAll(Surroundings.of(infra.report(), redactor));
        options.vars().computeIfPresent("renderer", model::put);
        addFacts(model);
        model.put("talk", talk.model());
        model.put("title", talk.title());
        addPlace(model, place);
        return model;
    }

    private void addFacts(Map<String, Object> model) {
        model.put("env", facts.env());
        model.put("slot", text(facts.slot()));
        model.put("namespace", text(facts.namespace()));
        model.put("issue", text(facts.issue()));
        model.put("pr", text(facts.pr()));
        model.put("repo", text(facts.repo()));
        model.put("branch", facts.branch());
        model.put("base", facts.base());
        model.put("bringBack", facts.bringBack());
        model.put("model", text(facts.model()));
        model.put("effort", text(facts.effort()));
        model.put("totalTime", facts.limits().total());
        model.put("idleTime", facts.limits().idle());
    }

    private void addPlace(Map<String, Object> model, Place place) {
        model.put("agentTarget", place.target());
        model.put("fallbackReason", reason(place.fallbackReason()));
        model.put("workspace", text(place.workspace()));
        model.put("resumed", place.resumed());
        model.put("reportPath", text(place.reportPath()));
        if (place.tools() != null) {
            model.put("tools", words(place.tools()));
            model.put("missingTools", words(place.missing()));
        }
    }

    /** What the ladder saw may quote the cluster: one line, masked, and nothing that speaks to the agent. */
    private String reason(String reason) {
        var plain = redactor.mask(Texts.oneLine(Invisible.plain(text(reason))));
        var line = InfraView.middleCut(REASON_CHARS, Untrusted.escaped(plain, "").replace('"', '\''));
        return Injection.in(line) ? "(text withheld)" : line;
    }

    private static List<String> words(String text) {
        return text.isBlank() ? List.of() : List.of(text.strip().split(" +"));
    }

    private static String text(Object value) {
        return value == null ? "" : value.toString();
    }
}

/** Where things are, and what renders the manifests, as the report has it: names, ports, addresses and a command of known shapes alone. */
static final class Surroundings {
    private static final Pattern URL = Pattern.compile("https?://(\\*|[a-z0-9*]([-a-z0-9.]{0,251}[a-z0-9])?)(/[A-Za-z0-9_./()*-]{0,99})?");
    private static final Pattern BACKEND = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?:[a-z0-9-]{1,15}");
    private static final Pattern COMMAND = Pattern.compile("[A-Za-z0-9./][\\w ./:=,{}'\"|;@+-]{0,299}");
    private static final int MOST = 20;

    static Map<String, Object> of(JsonNode report, Redactor redactor) {
        var services = report.path("services");
        return Map.of("services", services(services, false), "silent", services(services, true),
            "ingresses", report.path("ingresses").valueStream().flatMap(Surroundings::ingress).limit(MOST).toList(),
            "renderer", redactor.mask(InfraView.matching(COMMAND, report.path("renderer"))));
    }

    /** {@code web:80}; without a port it is no address. */
    private static List<String> services(JsonNode services, boolean silent) {
        return services.valueStream().filter(s -> silent == !s.path("ready").asBoolean(true)).flatMap(s -> {
            var name = InfraView.matching(InfraView.OBJECT_NAME, s.path("name"));
            return s.path("ports").valueStream().filter(p -> !name.isEmpty() && p.isInt()).limit(3).map(p -> name + ":" + p.intValue());
        }).limit(MOST).toList();
    }

    private static Stream<Map<String, Object>> ingress(JsonNode ingress) {
        return ingress.path("urls").valueStream().map(url -> InfraView.matching(URL, url)).filter(url -> !url.isEmpty())
            .map(url -> Map.of("url", url, "ready", ingress.path("ready").asBoolean(true),
                "backends", InfraView.texts(ingress.path("backends"), b -> InfraView.matching(BACKEND, b))));
    }
}

// src/prompt_run/verdict/

/** What can be printed as the result of a command. */
interface Answer {
    String asText();

    Map<String, Object> asJson();

    default Outcome outcome() {
        return Outcome.SUCCEEDED;
    }

    default boolean jsonByDefault() {
        return false;
    }
}

/**
 * What came back: {@code unchanged}, {@code brought}, {@code conflict} or {@code failed}. {@code files}: uncommitted paths;
 * {@code notes}: conflicts, or what else is worth knowing.
 */
record Brought(String state, String branch, String head, int commits,
    @JsonProperty("uncommitted") List<String> files, List<String> notes, String problem) {
    static Brought nothing() {
        return new Brought(null, null, null, 0, List.of(), List.of(), null);
    }

    static Brought failed(String why) {
        return new Brought("failed", null, null, 0, List.of(), List.of(), why);
    }

    /** All that came back in two rounds. */
    Brought after(Brought earlier) {
        if (!"brought".equals(earlier.state)) {
            return this;
        }
        if (state == null || state.equals("unchanged")) {
            return earlier;
        }
        var told = new ArrayList<String>(earlier.notes);
        told.addAll(notes);
        return new Brought(state, branch == null ? earlier.branch : branch, head == null ? earlier.head : head, earlier.commits + commits,
            files, told, problem);
    }

    boolean lacking() {
        return "failed".equals(state) || "conflict".equals(state);
    }

    /** Why the changes are not in the working tree. */
    String why() {
        return notes.isEmpty() || !lacking() ? problem : String.join("; ", notes) + "; " + problem;
    }

    String told() {
        return lacking() ? "not brought back: " + why() : state.equals("unchanged") ? "the agent changed nothing in its workspace"
            : "brought back: " + Texts.count(commits, "commit") + (branch == null ? "" : " on " + branch)
            + ", " + Texts.count(files.size(), "uncommitted file");
    }
}

/** How the agent's process ended, as far as anybody can prove. {@code began}: it may have been started. */
record Ending(How how, int rc, String reason, boolean began) {
    enum How { EXITED, BROKEN, CANCELLED, NOWHERE }

    static Ending exited(int rc, String reason) {
        return new Ending(How.EXITED, rc, reason, true);
    }

    static Ending broken(String why, boolean began) {
        return new Ending(How.BROKEN, -1, why, began);
    }

    static Ending cancelled(int exitCode, boolean began) {
        return new Ending(How.CANCELLED, exitCode, "cancelled", began);
    }

    static Ending nowhere(String why) {
        return new Ending(How.NOWHERE, -1, why, false);
    }
}

/**
 * What the agent says of itself in the JSON that ends its last message. What cannot be read is no status: {@code problem} says why,
 * and the rest is null.
 */
record LastWords(String status, String summary, String blockedReason, String problem) {
    private static final List<String> KNOWN = List.of("done", "no_changes", "partial", "blocked");
    /** The last block, and nothing after it: one that stands earlier is part of what the agent reports. */
    private static final Pattern OPENING = Pattern.compile("(?m)^ {0,3}```json[ \\t]*$");
    private static final Pattern CLOSING = Pattern.compile("(?m)^ {0,3}```\\s*+\\z");

    static LastWords of(String message) {
        int from = message == null ? -1 : OPENING.matcher(message).results().mapToInt(MatchResult::end).reduce(-1, (a, b) -> b);
        var closing = CLOSING.matcher(message == null ? "" : message);
        if (from < 0 || !closing.find(from)) {
            return unread("it does not end with a block of JSON");
        }
        try {
            return read(ExactJson.read(message.substring(from, closing.start())));
        } catch (JacksonException problem) {
            return unread("its JSON is not valid");
        }
    }

    private static LastWords read(JsonNode said) {
        var status = Json.text(said, "status");
        return !said.isObject() ? unread("its JSON is not one object")
            : !KNOWN.contains(status) ? unread("its JSON has no status that is known: " + String.join(", ", KNOWN))
            : new LastWords(status, text(said, "summary"), text(said, "blocked_reason"), null);
    }

    private static LastWords unread(String why) {
        return new LastWords(null, null, null, why);
    }

    private static String text(JsonNode said, String field) {
        var text = Texts.line(said.path(field).asString(""));
        return text.isEmpty() ? null : text;
    }

    boolean is(String word) {
        return word.equals(status);
    }

    /** What a person reads first. */
    String why(String otherwise) {
        return blockedReason != null ? blockedReason : summary != null ? summary : otherwise;
    }
}

/**
 * How a run ended, and the exit code that says so. The codes stay clear of JBang's own 1 to 4, except 2 for usage. Green means that there
 * is work to look at: a part of it counts, an agent that says that it is blocked does not, and neither does work in a red environment.
 */
enum Outcome {
    SUCCEEDED(0), PARTIAL(0), USAGE(2), AGENT_FAILED(20), BLOCKED(20), UNPROVEN(20), TIME_LIMIT(21), IDLE_LIMIT(21),
    TOKEN_LIMIT(21), LOST(22), NO_PLACE(23), INTERRUPTED(130), TERMINATED(143);

    private final int exitCode;

    Outcome(int exitCode) {
        this.exitCode = exitCode;
    }

    /** Which of the limits ended the agent: time, idle, tokens, or null. */
    String limit() {
        return this == TIME_LIMIT ? "time" : this == IDLE_LIMIT ? "idle" : this == TOKEN_LIMIT ? "tokens" : null;
    }

    int exitCode() {
        return exitCode;
    }

    String word() {
        return this == INTERRUPTED || this == TERMINATED ? "cancelled" : name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}

/** What a million tokens cost, in whatever currency: of input, of input from a cache (a part of the input), of output. */
record Prices(BigDecimal input, BigDecimal cached, BigDecimal output) {

    /** As {@code 1.25,0.125,10}; empty for anything else. */
    static Optional<Prices> of(String text) {
        var parts = Arrays.stream(text.split(",", -1)).map(String::strip).toList();
        return parts.size() == 3 && parts.stream().allMatch(p -> p.matches("\\d{1,6}(\\.\\d{1,6})?"))
            ? Optional.of(new Prices(new BigDecimal(parts.get(0)), new BigDecimal(parts.get(1)), new BigDecimal(parts.get(2))))
            : Optional.empty();
    }

    /** Rounded up to the hundredth: a run that used anything is not free. */
    BigDecimal cost(Usage usage) {
        long fromCache = Math.min(usage.cached(), usage.input());
        return input.multiply(BigDecimal.valueOf(usage.input() - fromCache)).add(cached.multiply(BigDecimal.valueOf(fromCache)))
            .add(output.multiply(BigDecimal.valueOf(usage.output()))).movePointLeft(6).setScale(2, RoundingMode.UP);
    }
}

/**
 * One turn of the agent and what the check after it found; {@code ready} is null where nothing was checked, {@code outcome} the report's,
 * {@code problem} why the check proves nothing.
 */
record Round(String status, @JsonProperty("infraReady") Boolean ready, String outcome, List<String> gone,
    @JsonProperty("new") List<String> fresh, List<String> left, String problem) {

    static Round unchecked(String status) {
        return new Round(status, null, null, List.of(), List.of(), List.of(), null);
    }

    List<String> all() {
        return Stream.concat(fresh.stream(), left.stream()).toList();
    }
}

/** The result of a run, in whatever form it is told. The keys of {@code asJson} are the contract's. */
record RunResult(Outcome outcome, Map<String, Object> asJson) implements Answer {
    private static final Set<String> TOLD_OTHERWISE = Set.of("schemaVersion", "status", "reason", "finalMessage", "notes");

    /** What every result begins with. */
    static Map<String, Object> begun(Outcome outcome, String reason) {
        var json = new LinkedHashMap<String, Object>();
        json.put("schemaVersion", "prompt-run/v1");
        json.put("status", outcome.word());
        json.put("exitCode", outcome.exitCode());
        json.put("reason", reason);
        return json;
    }

    /** After a mistake of ours. */
    static RunResult unexpected(String reason) {
        var json = begun(Outcome.LOST, reason);
        json.put("finalMessage", "");
        json.put("notes", List.of());
        return new RunResult(Outcome.LOST, json);
    }

    @Override
    public String asText() {
        var reason = asJson.get("reason");
        var text = new StringBuilder(outcome.word() + (reason == null ? "" : ": " + Texts.line(reason.toString())) + "\n");
        asJson.forEach((name, value) -> {
            if (value != null && !TOLD_OTHERWISE.contains(name)) {
                text.append("  ").append(name).append(": ").append(Texts.line(String.valueOf(value))).append('\n');
            }
        });
        ((List<?>) asJson.get("notes")).forEach(note ->
            text.append("  note: ").append(Texts.lines(note.toString()).replace("\n", "\n    ")).append('\n'));
        asJson.get("finalMessage").toString().lines().forEach(line -> text.append("  | ").append(Texts.line(line)).append('\n'));
        return text.toString();
    }

    @Override
    public boolean jsonByDefault() {
        return true;
    }
}

/** What an agent's events have told so far. */
static final class Story {
    private String thread;
    private String message;
    private String error;
    private boolean completed;
    private Usage usage = Usage.NONE;

    /** Takes an event of {@code codex exec --json} and returns it as lines for people; an unknown event is none. */
    List<String> codex(JsonNode event) {
        switch (Json.text(event, "type")) {
            case "thread.started":
                var id = Json.text(event, "thread_id");
                completed = false;
                thread = id.matches("\\w[\\w-]{0,63}") ? id : null; // it becomes a word of a command
                return List.of("thread " + thread);
            case "turn.started":
                completed = false;
                return List.of();
            case "turn.completed":
                completed = true;
                usage = Usage.of(event.path("usage"));
                return List.of("turn completed: " + usage.input() + " tokens in, " + usage.output() + " out");
            case "turn.failed":
                completed = false;
                error = event.path("error").path("message").asString("");
                return List.of("turn failed: " + error);
            case "error":
                error = Json.text(event, "message");
                return List.of("error: " + error);
            case "item.started":
                return event.path("item").path("type").asString("").equals("command_execution")
                    ? List.of("$ " + event.path("item").path("command").asString("")) : List.of();
            case "item.completed":
                return item(event.path("item"));
            default:
                return List.of();
        }
    }

    private List<String> item(JsonNode item) {
        switch (Json.text(item, "type")) {
            case "agent_message":
                message = Json.text(item, "text");
                return message.lines().toList();
            case "command_execution":
                return tail(Json.text(item, "aggregated_output"), "exit code " + item.path("exit_code").asString("unknown"));
            case "file_change":
                var lines = new ArrayList<String>();
                item.path("changes")
                    .forEach(change -> lines.add(Json.text(change, "kind") + " " + Json.text(change, "path")));
                return lines;
            case "mcp_tool_call":
                return List.of("tool " + Json.text(item, "server") + "." + Json.text(item, "tool") + ": " + Json.text(item, "status"));
            case "web_search":
                return List.of("web search: " + Json.text(item, "query"));
            case "error":
                return List.of("warning: " + Json.text(item, "message"));
            default:
                return List.of();
        }
    }

    private static List<String> tail(String output, String last) {
        var lines = output.lines().toList();
        var shown = new ArrayList<String>();
        if (lines.size() > 10) {
            shown.add("  [" + Texts.count(lines.size() - 10, "line") + " before this in the transcript]");
        }
        lines.subList(Math.max(0, lines.size() - 10), lines.size()).forEach(line -> shown.add("  " + line));
        shown.add("  " + last);
        return shown;
    }

    /** Any other program's output: its end is its last message. */
    List<String> plain(String line) {
        message = message == null ? line : message + "\n" + line;
        message = message.length() > 16_000 ? message.substring(message.length() - 16_000) : message;
        return List.of(line);
    }

    /** A blank one changes nothing. */
    void lastMessage(String text) {
        message = text.isBlank() ? message : text;
    }

    void stderr(String text) {
        error = error != null || text.isBlank() ? error
            : Texts.oneLine(text.lines().filter(line -> !line.isBlank()).reduce((a, b) -> b).orElse(""));
    }

    String thread() {
        return thread;
    }

    String message() {
        return message;
    }

    String error() {
        return error;
    }

    boolean completed() {
        return completed;
    }

    Usage usage() {
        return usage;
    }

    /** As the thread's own file counts while it runs; the end of a turn tells it again. */
    void used(Usage live) {
        usage = live.total() > usage.total() ? live : usage;
    }
}

/** The result as Markdown, for the summary of a step. */
static final class Summary {
    static String of(Map<String, Object> json) {
        var text = new StringBuilder("### Agent: " + json.get("status") + "\n\n| | |\n|---|---|\n");
        row(text, "reason", json.get("reason"));
        row(text, "agent says", json.get("agentStatus"));
        row(text, "summary", json.get("summary"));
        row(text, "blocked by", json.get("blockedReason"));
        row(text, "ran in", json.get("where") == null ? json.get("agentTarget") : json.get("where"));
        row(text, "why there", json.get("fallbackReason"));
        row(text, "environment", Boolean.TRUE.equals(json.get("infraUnhealthy")) ? "not ready (INFRA_UNHEALTHY=1)" : "no fault reported");
        row(text, "duration", json.get("durationSeconds") + " s");
        row(text, "tokens", json.get("inputTokens") + " in, " + json.get("outputTokens") + " out");
        row(text, "cost", json.get("cost"));
        row(text, "limit", json.get("limit"));
        if (json.get("infraReadyAfter") != null) {
            ((List<?>) json.get("rounds")).forEach(round -> row(text, "round", told((Map<?, ?>) round)));
        }
        row(text, "thread", json.get("threadId"));
        if (json.get("broughtBack") instanceof Map<?, ?> brought) {
            row(text, "changes", brought.get("state") + (brought.get("branch") == null ? "" : ", branch " + brought.get("branch") + ", "
                + Texts.count(((Number) brought.get("commits")).longValue(), "commit")));
        }
        ((List<?>) json.get("notes")).forEach(note -> text.append("\n").append(fenced(String.valueOf(note))));
        var message = String.valueOf(json.get("finalMessage"));
        return text + (message.isBlank() ? "" : "\nLast message:\n" + fenced(message)) + "\n";
    }

    private static String told(Map<?, ?> round) {
        return round.entrySet().stream().filter(e -> e.getValue() != null && !List.of().equals(e.getValue()))
            .map(e -> e.getKey() + ": " + e.getValue()).collect(Collectors.joining(", "));
    }

    private static void row(StringBuilder text, String name, Object value) {
        if (value != null) {
            text.append("| ").append(name).append(" | ").append(Texts.markdown(Texts.line(String.valueOf(value)))).append(" |\n");
        }
    }

    /** A fence longer than any in the text: nothing in it is Markdown. */
    private static String fenced(String words) {
        var text = Texts.lines(words);
        var fence = "```";
        while (text.contains(fence)) {
            fence += "`";
        }
        return fence + "\n" + text + "\n" + fence + "\n";
    }
}

/** Tokens, cumulative over a thread. */
record Usage(long input, long cached, long output, long reasoning) {
    static final Usage NONE = new Usage(0, 0, 0, 0);

    static Usage of(JsonNode usage) {
        return new Usage(usage.path("input_tokens").asLong(0), usage.path("cached_input_tokens").asLong(0),
            usage.path("output_tokens").asLong(0), usage.path("reasoning_output_tokens").asLong(0));
    }

    /** What {@link #line} wrote; {@link #NONE} for anything else. */
    static Usage parse(String line) {
        var numbers = line.strip().split(" ");
        return numbers.length == 4 && line.strip().matches("[0-9 ]{7,80}")
            ? new Usage(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]), Long.parseLong(numbers[3]))
            : NONE;
    }

    String line() {
        return input + " " + cached + " " + output + " " + reasoning;
    }

    Usage minus(Usage before) {
        return new Usage(Math.max(0, input - before.input), Math.max(0, cached - before.cached), Math.max(0, output - before.output),
            Math.max(0, reasoning - before.reasoning));
    }

    Usage plus(Usage more) {
        return new Usage(input + more.input, cached + more.cached, output + more.output, reasoning + more.reasoning);
    }

    /** What a limit counts: cached ones are input, and reasoning is output. */
    long total() {
        return input + output;
    }

    void put(Map<String, Object> json) {
        json.put("inputTokens", input);
        json.put("cachedInputTokens", cached);
        json.put("outputTokens", output);
        json.put("reasoningOutputTokens", reasoning);
    }
}

/** What the run counts as. Success needs the exit file's 0 and, from Codex, a completed turn. */
record Verdict(Outcome outcome, String reason) {

    static Verdict of(Ending ending, Story story, boolean codex, String thread) {
        var verdict = of(ending, story, codex);
        boolean other = thread != null && story.thread() != null && !thread.equals(story.thread());
        return verdict.outcome() == Outcome.SUCCEEDED && other
            ? new Verdict(Outcome.AGENT_FAILED, "the agent was to go on with thread " + thread + ", but worked in " + story.thread())
            : verdict;
    }

    static Verdict of(Ending ending, Story story, boolean codex) {
        return switch (ending.how()) {
            case NOWHERE -> new Verdict(Outcome.NO_PLACE, ending.reason());
            case BROKEN -> new Verdict(Outcome.LOST, ending.reason());
            case CANCELLED -> new Verdict(ending.rc() == 143 ? Outcome.TERMINATED : Outcome.INTERRUPTED, "cancelled");
            case EXITED -> exited(ending, story, codex);
        };
    }

    private static Verdict exited(Ending ending, Story story, boolean codex) {
        return switch (ending.reason()) {
            case "timeout" -> new Verdict(Outcome.TIME_LIMIT, "the agent reached its time limit and was ended");
            case "idle" -> new Verdict(Outcome.IDLE_LIMIT, "the agent gave no sign of life for too long and was ended"
                + (story.error() == null ? "" : "; its last error: " + story.error()));
            case "tokens" -> new Verdict(Outcome.TOKEN_LIMIT, "the agent reached its limit of tokens and was ended");
            case "busy" -> new Verdict(Outcome.NO_PLACE, "another agent is at work there");
            case "finished" -> finished(ending, story, codex);
            default -> new Verdict(Outcome.LOST, "the agent was ended: " + ending.reason());
        };
    }

    private static Verdict finished(Ending ending, Story story, boolean codex) {
        var error = story.error() == null ? "" : ": " + story.error();
        if (ending.rc() != 0) {
            return new Verdict(Outcome.AGENT_FAILED, "the agent ended with exit code " + ending.rc() + error);
        }
        return codex && !story.completed()
            ? new Verdict(Outcome.AGENT_FAILED, "the agent ended without completing its turn" + error)
            : new Verdict(Outcome.SUCCEEDED, null);
    }

    /** The agent's own word can take a success away, and give none. */
    Verdict with(LastWords said) {
        return outcome != Outcome.SUCCEEDED ? this
            : said.is("blocked") ? new Verdict(Outcome.BLOCKED, said.why("the agent says that it is blocked, and not why"))
            : said.is("partial") ? new Verdict(Outcome.PARTIAL, said.why("the agent says that its work is not complete")) : this;
    }

    /** Work that was asked for and did not come back is no success. */
    Verdict with(Brought brought) {
        return outcome == Outcome.SUCCEEDED && brought.lacking()
            ? new Verdict(Outcome.AGENT_FAILED, "the agent finished, but its changes are not in the working tree: " + brought.why())
            : this;
    }
}

// src/prompt_run/view/

/** The pod of our own for one run: what deploy/codex gives its agent, but nothing that may be broken, privileged or not its own. */
record AgentPod(String namespace, String runId, String image, String account, long deadlineSeconds) {
    static final Map.Entry<String, String> MANAGED = Map.entry("app.kubernetes.io/managed-by", "prompt-run");
    private static final String PREFIX = "agent-";
    private static final String HOME = "/agent";
    /** A quota or a range wants limits, or less of them. */
    private static final Pattern TOO_MUCH = Pattern.compile("must specify|limits\\.memory|but limit is");
    private static final String EXPIRES = "prompt-run/expires";

    /** What admission wants besides: all limits, or the rules of a restricted namespace. */
    record Demands(boolean limits, boolean restricted) {
        Demands after(String refusal) {
            return new Demands(limits || TOO_MUCH.matcher(refusal).find(), restricted || refusal.contains("violates PodSecurity"));
        }
    }

    static String name(String runId) {
        return PREFIX + runId;
    }

    static Map<String, String> labels(String runId) {
        return Map.of(MANAGED.getKey(), MANAGED.getValue(), "prompt-run/run-id", runId);
    }

    /** The run of a pod whose time is over; else null. */
    static String expired(Pod pod, Instant now) {
        var annotations = pod.getMetadata().getAnnotations();
        var expires = annotations == null ? null : annotations.get(EXPIRES);
        return expires != null && Instant.parse(expires).isBefore(now) ? pod.getMetadata().getName().substring(PREFIX.length()) : null;
    }

    static List<HasMetadata> objects(String namespace, String runId) {
        var meta = new ObjectMetaBuilder().withNamespace(namespace).withName(name(runId)).build();
        return List.of(new PodBuilder().withMetadata(meta).build(), new RoleBindingBuilder().withMetadata(meta).build(),
            new RoleBuilder().withMetadata(meta).build(), new ServiceAccountBuilder().withMetadata(meta).build());
    }

    Pod build(DeployView view, Demands demands, Instant now, Predicate<String> claimUsable) {
        var theirs = view.deployment() == null ? null : view.deployment().getSpec().getTemplate().getSpec();
        var agent = theirs == null ? null : DeployView.agent(view.deployment().getSpec().getTemplate(), view.name());
        List<Volume> volumes = theirs == null ? new ArrayList<>() : Borrowed.volumes(theirs, claimUsable);
        volumes.add(new VolumeBuilder().withName("agent-home").withNewEmptyDir().endEmptyDir().build());
        String expires = now.plusSeconds(deadlineSeconds).truncatedTo(ChronoUnit.SECONDS).toString();
        return new PodBuilder().withNewMetadata().withName(name(runId)).withNamespace(namespace).withLabels(labels(runId))
            .addToAnnotations(EXPIRES, expires).endMetadata()
            .withNewSpec().withServiceAccountName(account).withAutomountServiceAccountToken(account != null).withRestartPolicy("Never")
            .withActiveDeadlineSeconds(deadlineSeconds).withTerminationGracePeriodSeconds(5L)
            .withContainers(container(agent, volumes, demands)).withVolumes(volumes)
            .withImagePullSecrets(theirs == null ? List.of() : theirs.getImagePullSecrets())
            .withTolerations(theirs == null ? List.of() : theirs.getTolerations())
            .withSecurityContext(Borrowed.pod(theirs, demands.restricted())).endSpec().build();
    }

    private Container container(Container agent, List<Volume> volumes, Demands demands) {
        List<VolumeMount> mounts = agent == null ? new ArrayList<>() : Borrowed.mounts(agent, volumes);
        mounts.add(new VolumeMountBuilder().withName("agent-home").withMountPath(HOME).build());
        Container container = new ContainerBuilder().withName("agent").withImage(image)
            .withCommand("sh", "-c", Scripts.WAIT).withResources(resources(demands.limits()))
            .withEnv(agent == null ? List.of() : Borrowed.env(agent)).withEnvFrom(agent == null ? List.of() : Borrowed.envFrom(agent))
            .withVolumeMounts(mounts).withSecurityContext(Borrowed.container(agent, demands.restricted())).build();
        home(container, demands.restricted());
        return container;
    }

    static ResourceRequirements resources(boolean limits) {
        var resources = new ResourceRequirementsBuilder()
            .addToRequests("cpu", new Quantity("100m")).addToRequests("memory", new Quantity("256Mi"));
        resources.addToLimits("memory", new Quantity(limits ? "1Gi" : "4Gi"));
        if (limits) {
            resources.addToLimits("cpu", new Quantity("1"));
        }
        return resources.build();
    }

    /** A user without a home of his own gets one; a workspace comes with it. */
    private static void home(Container container, boolean restricted) {
        if (restricted) {
            container.getEnv().removeIf(variable -> variable.getName().equals("HOME"));
            container.getEnv().add(new EnvVarBuilder().withName("HOME").withValue(HOME).build());
        }
    }

    /** Bound, and not held by a pod that may be on another node; {@code claim} may be null, {@code pods}: the namespace's. */
    static boolean claimUsable(PersistentVolumeClaim claim, Supplier<List<Pod>> pods) {
        if (claim == null || claim.getStatus() == null || !"Bound".equals(claim.getStatus().getPhase())) {
            return false;
        }
        boolean shared = claim.getStatus().getAccessModes() != null && claim.getStatus().getAccessModes().contains("ReadWriteMany");
        return shared || pods.get().stream().noneMatch(pod -> holds(pod, claim.getMetadata().getName()));
    }

    private static boolean holds(Pod pod, String claim) {
        return pod.getSpec().getNodeName() != null && pod.getStatus() != null
            && !Set.of("Failed", "Succeeded").contains(pod.getStatus().getPhase())
            && pod.getSpec().getVolumes().stream().anyMatch(volume -> volume.getPersistentVolumeClaim() != null
                && claim.equals(volume.getPersistentVolumeClaim().getClaimName()));
    }
}

/** What a pod of our own takes over from deploy/codex: credentials as optional, nothing privileged, nothing of the node. */
static final class Borrowed {
    static List<Volume> volumes(PodSpec theirs, Predicate<String> claimUsable) {
        var volumes = new ArrayList<Volume>();
        for (var volume : theirs.getVolumes()) {
            var copy = new VolumeBuilder().withName(volume.getName());
            if (volume.getSecret() != null) {
                volumes.add(copy.withSecret(new SecretVolumeSourceBuilder(volume.getSecret()).withOptional(true).build()).build());
            } else if (volume.getConfigMap() != null) {
                volumes.add(copy.withConfigMap(new ConfigMapVolumeSourceBuilder(volume.getConfigMap()).withOptional(true).build()).build());
            } else if (volume.getPersistentVolumeClaim() != null && claimUsable.test(volume.getPersistentVolumeClaim().getClaimName())) {
                volumes.add(volume);
            } else if (volume.getEmptyDir() != null || volume.getPersistentVolumeClaim() != null) {
                volumes.add(copy.withNewEmptyDir().endEmptyDir().build());
            }
        }
        return volumes;
    }

    static List<VolumeMount> mounts(Container agent, List<Volume> volumes) {
        var names = volumes.stream().map(Volume::getName).collect(Collectors.toSet());
        return new ArrayList<>(agent.getVolumeMounts().stream().filter(mount -> names.contains(mount.getName())).toList());
    }

    static List<EnvVar> env(Container agent) {
        var all = new ArrayList<EnvVar>();
        for (var variable : agent.getEnv()) {
            var copy = new EnvVarBuilder(variable);
            if (variable.getValueFrom() != null && variable.getValueFrom().getSecretKeyRef() != null) {
                copy.editValueFrom().editSecretKeyRef().withOptional(true).endSecretKeyRef().endValueFrom();
            } else if (variable.getValueFrom() != null && variable.getValueFrom().getConfigMapKeyRef() != null) {
                copy.editValueFrom().editConfigMapKeyRef().withOptional(true).endConfigMapKeyRef().endValueFrom();
            } else if (variable.getValueFrom() != null && variable.getValueFrom().getFieldRef() == null) {
                continue;
            }
            all.add(copy.build());
        }
        return all;
    }

    static List<EnvFromSource> envFrom(Container agent) {
        var all = new ArrayList<EnvFromSource>();
        for (var source : agent.getEnvFrom()) {
            var copy = new EnvFromSourceBuilder(source);
            if (source.getSecretRef() != null) {
                copy.editSecretRef().withOptional(true).endSecretRef();
            } else if (source.getConfigMapRef() != null) {
                copy.editConfigMapRef().withOptional(true).endConfigMapRef();
            }
            all.add(copy.build());
        }
        return all;
    }

    /** The user stays the one that deploy/codex has, or its credentials could not be read; restricted namespaces get an ordinary user. */
    static PodSecurityContext pod(PodSpec theirs, boolean restricted) {
        var given = theirs == null ? null : theirs.getSecurityContext();
        var context = new PodSecurityContextBuilder().withNewSeccompProfile()
            .withType("RuntimeDefault").endSeccompProfile();
        if (given != null) {
            context.withRunAsUser(given.getRunAsUser()).withRunAsGroup(given.getRunAsGroup()).withRunAsNonRoot(given.getRunAsNonRoot())
                .withFsGroup(given.getFsGroup()).withSupplementalGroups(given.getSupplementalGroups());
        }
        if (restricted) {
            context.withRunAsNonRoot(true)
                .withRunAsUser(given != null && given.getRunAsUser() != null && given.getRunAsUser() > 0 ? given.getRunAsUser() : 1000L);
            context.withFsGroup(given != null && given.getFsGroup() != null ? given.getFsGroup() : 1000L);
        }
        return context.build();
    }

    static SecurityContext container(Container agent, boolean restricted) {
        var given = agent == null ? null : agent.getSecurityContext();
        var context = new SecurityContextBuilder().withAllowPrivilegeEscalation(false)
            .withNewCapabilities().withDrop("ALL").endCapabilities();
        if (given != null && !restricted) {
            context.withRunAsUser(given.getRunAsUser()).withRunAsGroup(given.getRunAsGroup()).withRunAsNonRoot(given.getRunAsNonRoot());
        }
        return context.build();
    }
}

/** The newest end of a container that should not have ended; {@code again}: when it was started since, null while it was not. */
record Crash(String container, ContainerStateTerminated end, int restarts, Instant again) {
    private static final Duration SETTLE = Duration.ofSeconds(30);

    /** The first container of the pod that crashed, else null. */
    static Crash of(Pod pod) {
        if (pod.getStatus() == null) {
            return null;
        }
        return Stream.concat(pod.getStatus().getInitContainerStatuses().stream().map(Crash::of).filter(Crash::bad),
            pod.getStatus().getContainerStatuses().stream().map(Crash::of)).filter(crash -> crash.end != null).findFirst().orElse(null);
    }

    static Crash of(ContainerStatus status) {
        var now = ended(status.getState());
        int restarts = status.getRestartCount() == null ? 0 : status.getRestartCount();
        var runs = status.getState() == null ? null : status.getState().getRunning();
        return new Crash(status.getName(), now != null ? now : restarts > 0 ? ended(status.getLastState()) : null, restarts,
            runs == null ? null : runs.getStartedAt() == null ? Instant.EPOCH : Instant.parse(runs.getStartedAt()));
    }

    boolean over() {
        return again == null;
    }

    /** Runs again, and not for long enough to be believed: what crashes again and again is ready in between. */
    static boolean unsettled(Pod pod, Instant now) {
        return pod.getStatus().getContainerStatuses().stream().map(Crash::of)
            .anyMatch(crash -> crash.end != null && !crash.over() && !crash.again.isAfter(now) && crash.again.plus(SETTLE).isAfter(now));
    }

    private static ContainerStateTerminated ended(ContainerState state) {
        return state == null ? null : state.getTerminated();
    }

    private boolean bad() {
        return end != null && !Integer.valueOf(0).equals(end.getExitCode());
    }

    /** What the runtime says of it: its reason, exit code and words. */
    static String told(ContainerStateTerminated end) {
        return end.getReason() + ", exit code " + end.getExitCode()
            + (end.getMessage() == null || end.getMessage().isBlank() ? "" : ": " + Texts.oneLine(end.getMessage()));
    }

    /** All that is known of it. */
    String told() {
        return over() ? told(end) + often() : often().substring(2) + ", last: " + told(end);
    }

    /** With a comma before it; nothing for a container that was started once. */
    String often() {
        return restarts == 0 ? "" : ", restarted " + (restarts == 1 ? "once" : restarts + " times");
    }
}

/** The objects around deploy/codex at one moment. */
record DeployView(String name, String namespace, String namespacePhase,
    Deployment deployment, List<ReplicaSet> replicaSets, List<Pod> pods, boolean accountMissing) {
    private static final Set<String> IMAGE =
        Set.of("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError");
    private static final Set<String> STUCK =
        Set.of("CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CrashLoopBackOff", "PreCreateHookError",
        "StartError");

    static Prospect judge(DeployView view, Instant now) {
        var deploy = "deploy/" + view.name;
        if ("NotFound".equals(view.namespacePhase)) {
            return Prospect.never("namespace " + view.namespace + " does not exist");
        }
        if ("Terminating".equals(view.namespacePhase)) {
            return Prospect.never("namespace " + view.namespace + " is being deleted");
        }
        if (view.deployment == null) {
            return Prospect.blocked(deploy + " does not exist in " + view.namespace);
        }
        if (view.deployment.getMetadata().getDeletionTimestamp() != null) {
            return Prospect.blocked(deploy + " is being deleted");
        }
        if (Integer.valueOf(0).equals(view.deployment.getSpec().getReplicas())) {
            return Prospect.blocked(deploy + " is scaled to 0");
        }
        var observed = view.deployment.getStatus() == null ? null : view.deployment.getStatus().getObservedGeneration();
        if (observed == null || observed < view.deployment.getMetadata().getGeneration() || view.replicaSets.isEmpty()) {
            return Prospect.pending(deploy + ": its newest generation is not observed yet");
        }
        return judgePods(view, now);
    }

    private static Prospect judgePods(DeployView view, Instant now) {
        var newest = view.newestFirst().get(0);
        var all = view.pods.stream().filter(pod -> owned(pod, newest) && pod.getMetadata().getDeletionTimestamp() == null)
            .sorted(Comparator.comparing((Pod pod) -> String.valueOf(pod.getMetadata().getCreationTimestamp())).reversed()).toList();
        var alive = all.stream().filter(pod -> !failed(pod)).toList();
        var pods = alive.isEmpty() ? all : alive; // one that was evicted stays beside its successor
        for (var pod : pods) {
            if (ready(pod) && !Crash.unsettled(pod, now)) {
                return Prospect.ready(pod);
            }
        }
        var failure = view.deployment.getStatus().getConditions().stream()
            .filter(c -> c.getType().equals("ReplicaFailure") && c.getStatus().equals("True"))
            .map(c -> c.getReason() + ": " + c.getMessage()).findFirst().orElse(null);
        if (pods.isEmpty()) {
            return failure != null ? Prospect.blocked(Texts.oneLine(failure)) : Prospect.pending("deploy/" + view.name + " has no pod yet");
        }
        return pods.stream().map(DeployView::judgePod).filter(p -> p.blocked() != null).findFirst()
            .orElseGet(() -> judgePod(pods.get(0)));
    }

    private static boolean failed(Pod pod) {
        return pod.getStatus() != null && "Failed".equals(pod.getStatus().getPhase());
    }

    static boolean ready(Pod pod) {
        return pod.getMetadata().getDeletionTimestamp() == null && pod.getStatus() != null && "Running".equals(pod.getStatus().getPhase())
            && pod.getStatus().getConditions().stream().anyMatch(c -> c.getType().equals("Ready") && c.getStatus().equals("True"));
    }

    static Prospect judgePod(Pod pod) {
        var name = "pod/" + pod.getMetadata().getName();
        if (pod.getStatus() == null) {
            return Prospect.pending(name + " has no status yet");
        }
        if (failed(pod)) {
            var why = name + " failed" + failure(pod);
            return "Never".equals(pod.getSpec().getRestartPolicy()) ? Prospect.never(why) : Prospect.blocked(why);
        }
        for (var condition : pod.getStatus().getConditions()) {
            if (condition.getType().equals("PodScheduled") && condition.getStatus().equals("False")) {
                return Prospect.blocked(name + " cannot be scheduled: " + Texts.oneLine(condition.getMessage()));
            }
        }
        var all = new ArrayList<ContainerStatus>(pod.getStatus().getInitContainerStatuses());
        all.addAll(pod.getStatus().getContainerStatuses());
        for (var status : all) {
            var reason = waits(status);
            if (IMAGE.contains(reason) || STUCK.contains(reason)) {
                var crash = Crash.of(status);
                return new Prospect(null, name + ": container " + status.getName() + ": " + reason + " (image " + status.getImage() + ")"
                    + (crash.end() == null ? "" : crash.often() + ", last: " + Crash.told(crash.end())),
                    false, IMAGE.contains(reason), null,
                    false);
            }
        }
        var crash = Crash.of(pod);
        return crash != null ? crashed(name, crash) : Prospect.pending(name + " is not ready" + all.stream()
            .filter(status -> !waits(status).isEmpty()).map(status -> ": container " + status.getName() + ": " + waits(status))
            .findFirst().orElse(""));
    }

    private static String waits(ContainerStatus status) {
        var waiting = status.getState() == null ? null : status.getState().getWaiting();
        return waiting == null || waiting.getReason() == null ? "" : waiting.getReason();
    }

    /** A kubelet may show a container that crashes again and again as ended, and not as waiting, for minutes. */
    private static Prospect crashed(String name, Crash crash) {
        var told = ": container " + crash.container() + ": " + crash.told();
        return !crash.over() ? Prospect.again(name + " runs again after a crash" + told)
            : crash.restarts() == 0 && !STUCK.contains(crash.end().getReason()) ? Prospect.pending(name + " is not ready" + told)
            : Prospect.blocked(name + told);
    }

    /** A failed pod has a reason of its own only when it was evicted, or ran out of time; else its containers know. */
    private static String failure(Pod pod) {
        var own = Stream.of(pod.getStatus().getReason(), pod.getStatus().getMessage()).filter(text -> text != null && !text.isBlank())
            .map(Texts::oneLine).collect(Collectors.joining(": "));
        var crash = Crash.of(pod);
        return !own.isEmpty() ? ": " + own : crash == null ? ", and says no reason"
            : ": container " + crash.container() + ": " + Crash.told(crash.end());
    }

    /** The container to exec in: the one asked for, the default of kubectl, the one named like the Deployment, else the first. */
    static String container(Pod pod, String deployment, String asked) throws NoPlace {
        var names = pod.getSpec().getContainers().stream().map(Container::getName).toList();
        var annotations = pod.getMetadata().getAnnotations();
        var usual = annotations == null ? null : annotations.get("kubectl.kubernetes.io/default-container");
        if (asked != null && !names.contains(asked)) {
            throw new NoPlace("pod/" + pod.getMetadata().getName() + " has no container "
                + asked + "; it has: " + String.join(", ", names));
        }
        return asked != null ? asked : names.contains(usual) ? usual : names.contains(deployment) ? deployment : names.get(0);
    }

    /** Images for a pod of our own: the one of deploy/codex, and those of its earlier revisions. */
    List<String> images() {
        var images = new ArrayList<String>();
        if (deployment != null) {
            images.add(agent(deployment.getSpec().getTemplate(), name).getImage());
            newestFirst().forEach(set -> images.add(agent(set.getSpec().getTemplate(), name).getImage()));
        }
        return images.stream().distinct().toList();
    }

    static Container agent(PodTemplateSpec template, String name) {
        var all = template.getSpec().getContainers();
        return all.stream().filter(c -> c.getName().equals(name)).findFirst().orElse(all.get(0));
    }

    String account() {
        return deployment == null ? "default" : account(deployment);
    }

    static String account(Deployment deployment) {
        var account = deployment.getSpec().getTemplate().getSpec().getServiceAccountName();
        return account == null || account.isBlank() ? "default" : account;
    }

    static boolean owned(HasMetadata object, HasMetadata owner) {
        return object.getMetadata().getOwnerReferences().stream().anyMatch(ref -> owner.getMetadata().getUid().equals(ref.getUid()));
    }

    /** Revision numbers grow with every rollout; a rollback gives its old ReplicaSet the newest number. */
    private List<ReplicaSet> newestFirst() {
        return replicaSets.stream().sorted(Comparator.comparingLong(DeployView::revision).reversed()).toList();
    }

    private static long revision(ReplicaSet set) {
        var revision = set.getMetadata().getAnnotations() == null ? null
            : set.getMetadata().getAnnotations().get("deployment.kubernetes.io/revision");
        return revision == null || !revision.matches("\\d{1,18}") ? 0 : Long.parseLong(revision);
    }
}

/** Why one rung of the ladder does not hold. */
static final class NoPlace extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean last;

    NoPlace(String message) {
        this(message, false);
    }

    /** {@code last}: no lower rung is tried either. */
    NoPlace(String message, boolean last) {
        super(message);
        this.last = last;
    }

    boolean last() {
        return last;
    }
}

/** The pod as it was when the run began. Another pod of the same name, or the container after a restart, is another place. */
record Pin(String namespace, String pod, String container, String uid, String containerId, int restarts) {

    static Pin of(Pod pod, String container) {
        var status = status(pod, container);
        return new Pin(pod.getMetadata().getNamespace(), pod.getMetadata().getName(), container, pod.getMetadata().getUid(),
            status == null ? null : status.getContainerID(), restarts(status));
    }

    /** Why {@code now} is another place; null while it is the same. */
    String difference(Pod now) {
        if (now == null || !uid.equals(now.getMetadata().getUid())) {
            return "pod/" + pod + " is gone";
        }
        var status = status(now, container);
        var phase = now.getStatus() == null ? "" : now.getStatus().getPhase();
        if ("Failed".equals(phase) || "Succeeded".equals(phase)) {
            return "pod/" + pod + " ended" + (now.getStatus().getReason() == null ? "" : ": " + now.getStatus().getReason()) + died(status);
        }
        boolean other = status != null && status.getContainerID() != null && containerId != null
            && !containerId.equals(status.getContainerID());
        boolean restarted = other || restarts(status) > restarts;
        boolean ended = !died(status).isEmpty() && (restarted || Crash.of(status).over());
        return !restarted && !ended ? null : "pod/" + pod + ": container " + container + (ended ? " ended" + died(status) : "")
            + (restarted && ended ? " and" : "") + (restarted ? " was restarted" : "");
    }

    private static String died(ContainerStatus status) {
        var end = status == null ? null : Crash.of(status).end();
        return end == null ? "" : " (" + Crash.told(end) + ")";
    }

    private static int restarts(ContainerStatus status) {
        return status == null || status.getRestartCount() == null ? 0 : status.getRestartCount();
    }

    private static ContainerStatus status(Pod pod, String container) {
        List<ContainerStatus> all = pod.getStatus() == null ? List.of() : pod.getStatus().getContainerStatuses();
        return all.stream().filter(s -> s.getName().equals(container)).findFirst().orElse(null);
    }
}

/**
 * What the next look at deploy/codex may bring: a pod, or what stands in the way; {@code atOnce} when no waiting can help, {@code again}
 * when it only runs again after a crash, which does not count as an end of what stood in the way.
 */
record Prospect(Pod pod, String blocked, boolean atOnce, boolean imageFault, String pending, boolean again) {
    static Prospect ready(Pod pod) {
        return new Prospect(pod, null, false, false, null, false);
    }

    static Prospect blocked(String why) {
        return new Prospect(null, why, false, false, null, false);
    }

    static Prospect never(String why) {
        return new Prospect(null, why, true, false, null, false);
    }

    static Prospect pending(String why) {
        return new Prospect(null, null, false, false, why, false);
    }

    static Prospect again(String why) {
        return new Prospect(null, null, false, false, why, true);
    }

    String reason() {
        return blocked != null ? blocked : pending;
    }
}

/**
 * What an agent may do in its namespace: look at everything but Secrets, and, unless it only plans, restore workloads. Nothing that
 * deploy/codex may not, and everything that the prompts ask for. Who may change workloads can
 * mount a Secret into one: no promise is made that the agent sees none.
 */
static final class Rbac {
    private static final Map<String, List<String>> READ = Map.of(
        "", List.of("pods", "pods/log", "services", "endpoints", "events", "configmaps", "persistentvolumeclaims", "serviceaccounts",
            "resourcequotas", "limitranges"),
        "apps", List.of("controllerrevisions", "deployments", "replicasets", "statefulsets", "daemonsets"),
        "autoscaling", List.of("horizontalpodautoscalers"),
        "batch", List.of("jobs", "cronjobs"),
        "policy", List.of("poddisruptionbudgets"),
        "networking.k8s.io", List.of("ingresses", "networkpolicies"),
        "discovery.k8s.io", List.of("endpointslices"),
        "events.k8s.io", List.of("events"));
    private static final Map<String, List<String>> WRITE = Map.of(
        "", List.of("services", "configmaps"),
        "apps", List.of("deployments", "deployments/scale", "statefulsets", "statefulsets/scale", "daemonsets"),
        "batch", List.of("jobs", "cronjobs"),
        "networking.k8s.io", List.of("ingresses"));

    static List<PolicyRule> wanted(boolean plans) {
        var rules = new ArrayList<PolicyRule>();
        new TreeMap<>(READ).forEach((group, resources) -> rules.add(rule(group, resources, "get", "list", "watch")));
        rules.add(rule("rbac.authorization.k8s.io", List.of("roles", "rolebindings"), "get", "list"));
        if (!plans) {
            new TreeMap<>(WRITE).forEach((group, resources) -> rules.add(rule(group, resources, "create", "patch", "update")));
            rules.add(rule("", List.of("pods"), "delete"));
            rules.add(rule("batch", List.of("jobs"), "delete"));
            rules.add(rule("", List.of("pods/exec", "pods/portforward"), "get", "create"));
        }
        return rules;
    }

    private static PolicyRule rule(String group, List<String> resources, String... verbs) {
        return new PolicyRuleBuilder().withApiGroups(group).withResources(resources).withVerbs(verbs).build();
    }

    static List<HasMetadata> objects(String namespace, String name, Map<String, String> labels, List<PolicyRule> rules) {
        var meta = new ObjectMetaBuilder().withNamespace(namespace).withName(name).withLabels(labels).build();
        var objects = new ArrayList<HasMetadata>(List.of(new ServiceAccountBuilder().withMetadata(meta).build()));
        if (!rules.isEmpty()) {
            objects.add(new RoleBuilder().withMetadata(meta).withRules(rules).build());
            objects.add(new RoleBindingBuilder().withMetadata(meta).withNewRoleRef("rbac.authorization.k8s.io", "Role", name)
                .addNewSubject().withKind("ServiceAccount").withName(name).withNamespace(namespace).endSubject().build());
        }
        return objects;
    }

    static List<PolicyRule> within(List<PolicyRule> wanted, List<ResourceRule> held) {
        var granted = new ArrayList<PolicyRule>();
        for (var rule : wanted) {
            for (var resource : rule.getResources()) {
                var verbs = rule.getVerbs().stream()
                    .filter(verb -> held.stream().anyMatch(h -> covers(h, rule.getApiGroups().get(0), resource, verb))).toList();
                if (!verbs.isEmpty()) {
                    granted.add(new PolicyRuleBuilder().withApiGroups(rule.getApiGroups())
                        .withResources(resource).withVerbs(verbs).build());
                }
            }
        }
        return granted;
    }

    static boolean covers(ResourceRule held, String group, String resource, String verb) {
        return held.getResourceNames().isEmpty() && any(held.getApiGroups(), group)
            && any(held.getResources(), resource) && any(held.getVerbs(), verb);
    }

    private static boolean any(List<String> held, String one) {
        return held.contains("*") || held.contains(one);
    }

    /** In a binding of the whole cluster a subject must say its namespace. */
    static boolean names(List<Subject> subjects, String namespace, String account, boolean ofCluster) {
        return subjects.stream().anyMatch(subject -> subject.getKind().equals("ServiceAccount") && account.equals(subject.getName())
            && (subject.getNamespace() == null ? !ofCluster : subject.getNamespace().equals(namespace)));
    }
}

// src/prompt_run/agent/

/**
 * Where and how the agent runs, checked; what was not given is null. {@code command} is null for Codex, {@code config} its profile;
 * {@code runnerEnv} is all that an agent on this machine sees of ours; {@code plans}: it changes nothing.
 */
record AgentSettings(String target, List<String> fallback, String deployment, String container, String image, Duration waitFor,
                            Limits limits, String command, String resume, Path source, boolean bringBack, String workspace,
                            Map<String, String> passed, Map<String, String> git, String threadKey, String config,
                            Path kubeconfig, String context, Map<String, String> runnerEnv, boolean plans, Recheck recheck) {
    static final String CODEX = "codex";

    /** {@code tokens}: input and output of the run together, 0 for no limit. */
    record Limits(Duration total, Duration idle, Duration lease, long tokens) {
        /** What is left of them after some work. */
        Limits minus(Duration worked, long used) {
            return new Limits(total.minus(worked), idle, lease, tokens == 0 ? 0 : Math.max(1, tokens - used));
        }
    }

    /** The caller's own check of the environment: null for none; how often its answer goes back to the agent. */
    record Recheck(String command, int rounds) { }

    boolean codex() {
        return command == null;
    }

    /** How often the environment may be checked while the place still has to hold. */
    int rechecks() {
        return recheck.command() == null || plans ? 0 : recheck.rounds();
    }

    String program() {
        return codex() ? CODEX : "sh";
    }

    boolean allows(String place) {
        return target.equals(place) || target.equals("auto") && (place.equals("deploy") || fallback.contains(place));
    }
}

/** What starts the agent, as text: command, limits, environment. {@code target}: the kind of its place; {@code thread} may be null. */
record Launch(AgentSettings settings, Facts facts, Infra infra, String runId, String thread, String target,
                     AgentSettings.Limits limits) {

    static String profile(String runId) {
        return "prompt-run-" + runId;
    }

    String script(String folder, String workspace) {
        var what = settings.codex() ? "exec " + command(workspace).replace(" -o last.md ", " -o \"$run/last.md\" ")
            : "exec sh -c " + quoted(settings.command());
        return Scripts.LAUNCHER.replace("@RUN@", quoted(folder)).replace("@WORKSPACE@", quoted(workspace))
            .replace("@PROFILE@", profile(runId)).replace("@COMMAND@", what);
    }

    /** What the launcher's shell has ready: that sandbox keeps {@code .git} read-only, and nobody could commit. */
    private static final String GIT_FOLDER = "\"$@\"";

    String command(String workspace) {
        if (!settings.codex()) {
            return settings.command();
        }
        var words = new ArrayList<String>(List.of(AgentSettings.CODEX, "exec", "-p", profile(runId), "--json", "-o", "last.md",
            "-C", workspace));
        words.addAll(sandbox());
        if (thread != null) {
            words.addAll(List.of("resume", thread));
        }
        words.add("-");
        return words.stream().map(word -> word.equals(GIT_FOLDER) ? word : quotedIfNeeded(word)).collect(Collectors.joining(" "));
    }

    /** A pod is a sandbox of its own; this machine is none, and what runs the agent lies below {@code /tmp} there. */
    private List<String> sandbox() {
        return target.equals("runner")
            ? List.of("-s", "workspace-write", "--skip-git-repo-check", "-c", "sandbox_workspace_write.network_access=true",
                "-c", "sandbox_workspace_write.exclude_slash_tmp=true", GIT_FOLDER)
            : List.of("-s", "danger-full-access", "--skip-git-repo-check");
    }

    String limitsFile() {
        return "total=%d idle=%d lease=%d grace=5 run_id=%s codex=%s max_tokens=%d thread=%s%n".formatted(limits.total().toSeconds(),
            limits.idle().toSeconds(), limits.lease().toSeconds(), runId, settings.codex() ? "yes" : "no", limits.tokens(),
            thread == null ? "" : quotedIfNeeded(thread));
    }

    /** A file, so that secrets stand on no command line. {@code reportPath}: the report in the agent's place, or null. */
    String environment(String reportPath) {
        var all = new LinkedHashMap<String, String>(settings.git());
        all.put("INFRA_UNHEALTHY", infra.unhealthy() ? "1" : "0");
        all.put("CODEXCTL_ENV", facts.env());
        put(all, "CODEXCTL_SLOT", facts.slot());
        put(all, "CODEXCTL_NAMESPACE", facts.namespace());
        put(all, "CODEXCTL_ISSUE_NUMBER", facts.issue());
        put(all, "CODEXCTL_PR_NUMBER", facts.pr());
        put(all, "CODEXCTL_REPO", facts.repo());
        put(all, "CODEXCTL_BRANCH", facts.branch());
        put(all, "CODEXCTL_INFRA_REPORT", reportPath);
        all.putAll(settings.passed());
        all.put("AGENT_RUN_ID", runId);
        var lines = new StringBuilder();
        all.forEach((name, value) -> lines.append("export ").append(name).append('=').append(quoted(value)).append('\n'));
        return lines.toString();
    }

    private static void put(Map<String, String> all, String name, Object value) {
        if (value != null) {
            all.put(name, value.toString());
        }
    }

    private static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    private static String quotedIfNeeded(String word) {
        return word.matches("[A-Za-z0-9_./:=@%+-]+") ? word : quoted(word);
    }
}

// src/prompt_run/remote/

/** The POSIX cksum, for images that have nothing better than that. */
static final class Checksums {
    /** As {@code cksum} prints it for stdin: CRC and length. */
    static String cksum(byte[] content) {
        int crc = 0;
        for (byte b : content) {
            crc = next(crc, b & 0xff);
        }
        for (long length = content.length; length > 0; length >>= 8) {
            crc = next(crc, (int) (length & 0xff));
        }
        return (~crc & 0xffffffffL) + " " + content.length;
    }

    private static int next(int crc, int octet) {
        crc ^= octet << 24;
        for (int bit = 0; bit < 8; bit++) {
            crc = crc < 0 ? crc << 1 ^ 0x04C11DB7 : crc << 1;
        }
        return crc;
    }

    /** Compares with what sha256sum or cksum printed over there. */
    static boolean matches(String printed, byte[] content) {
        var first = printed.strip().split("\\s+")[0];
        return first.length() == 64 ? first.equals(Sha256.of(content)) : printed.strip().equals(cksum(content));
    }
}

/** The {@code key=value} lines that the shell programs print. */
static final class Fields {
    static Map<String, String> of(String text) {
        var fields = new LinkedHashMap<String, String>();
        text.lines().filter(line -> line.indexOf('=') > 0)
            .forEach(line -> fields.put(line.substring(0, line.indexOf('=')), line.substring(line.indexOf('=') + 1)));
        return fields;
    }
}

/** The agent's keeper, as sh; {@code sh keeper.sh COMMAND ARGUMENT...} runs one of its functions. */
static final class KeeperScript {
    private static final String SETTINGS = """
# The agent's keeper: starts it once, ends it at its limits, answers the caller's polls.
# Plain POSIX sh; everything it knows is in files beside it.
set -u
umask 077
dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 90
cd "$dir" || exit 90
total=0 idle=0 lease=0 grace=10 run_id=none codex=no max_tokens=0 thread=
[ -r limits ] && . ./limits

now() { date +%s; }

size() { if [ -e "$1" ]; then wc -c <"$1" | tr -d ' '; else echo 0; fi; }

sum() { if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else cksum <"$1"; fi; }

ended() { # rc, reason: the exit file, whole or not there
  printf 'rc=%s\\nreason=%s\\nend=yes\\n' "$1" "$2" >exit.tmp && mv exit.tmp exit
}
""";

    private static final String PROCESSES = """

# Pids of the agent and all that it started, also what left its process group: they carry the run's id in their environment.
members() {
  if printf 'a\\000b' | grep -q b; then
    grep -l "AGENT_RUN_ID=$run_id" /proc/[0-9]*/environ
  else # a grep that stops at a null byte
    for f in /proc/[0-9]*/environ; do
      if tr '\\000' '\\n' <"$f" | grep -qxF "AGENT_RUN_ID=$run_id"; then echo "$f"; fi
    done
  fi 2>/dev/null | cut -d/ -f3
}

signal_members() { # signal, one more pid or nothing
  for p in $(members) $2; do kill -s "$1" "$p" 2>/dev/null; done
}

born() { # start time of a process, to tell it from a later one with its number; empty for a dead one and a zombie
  if [ -r /proc/self/stat ]; then
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # shellcheck disable=SC2086 # split into fields
    set -- ${stat##*) }
    [ "$1" = Z ] || echo "${20}"
  else
    kill -0 "$1" 2>/dev/null && echo alive
  fi
}

same_process() { # file with a pid and its start time
  read -r pid time <"$1"
  [ -n "$time" ] && [ "$(born "$pid")" = "$time" ]
}
""";

    private static final String LIMITS = """

end_agent() { # reason, pid of the agent
  [ -e reason ] || { echo "$1" >reason.tmp && mv reason.tmp reason; }
  signal_members TERM "$2"
  left=$grace
  while [ "$left" -gt 0 ] && [ -n "$(members)" ]; do
    sleep 1
    left=$((left - 1))
  done
  for again in 1 2 3; do
    [ -n "$(members)" ] || break
    signal_members KILL "$2"
    [ "$again" = 3 ] || sleep 1
  done
}

# Codex reports a dead network for ever ("Reconnecting..."): its error lines are no progress, and neither is its stderr.
progress() {
  [ "$codex" = yes ] || return 0
  from=$told
  told=$(size events.jsonl)
  tail -c "+$((from + 1))" events.jsonl 2>/dev/null | grep -v '^{"type":"error"' | grep -q .
}

# What the thread has used so far, by Codex's own session file: input, cached, output, reasoning; nothing where nobody knows.
used() {
  [ -n "$thread" ] || thread=$(head -n 20 events.jsonl 2>/dev/null |
    sed -n '/"type":"thread.started"/s/.*"thread_id":"\\([0-9a-f-]*\\)".*/\\1/p')
  [ -n "$thread" ] && [ -s profile ] || return 0
  all=$(find "$(dirname "$(cat profile)")/sessions" -name "*$thread*" -exec tail -c 2000000 {} \\; 2>/dev/null | grep \
'"total_token_usage":{' |
    tail -n 1 | sed 's/.*"total_token_usage":{\\([^}]*\\)}.*/\\1/')
  [ -n "$all" ] || return 0
  for f in input_tokens cached_input_tokens output_tokens reasoning_output_tokens; do
    n=$(echo ",$all" | sed -n 's/.*,"'"$f"'":\\([0-9][0-9]*\\).*/\\1/p')
    [ -n "$n" ] || return 0
    printf '%s ' "$n"
  done
}

over_tokens() {
  [ "$codex" = yes ] || return 1
  now_used=$(used)
  [ -n "$now_used" ] || return 1
  echo "$now_used" >tokens.tmp && mv tokens.tmp tokens
  # shellcheck disable=SC2046,SC2086 # split into numbers: now, and before this run
  set -- $now_used $(cat tokens.before 2>/dev/null)
  [ $# -ge 4 ] && [ "$max_tokens" -gt 0 ] && [ $(($1 + $3 - ${5:-0} - ${7:-0})) -ge "$max_tokens" ]
}

watch_limits() { # pid of the agent, pid of the keeper
  started=$(now)
  last=$started
  seen=0
  told=0
  while sleep 1; do
    [ -e exit ] && return 0
    if [ -z "$(born "$2")" ]; then
      end_agent keeper-gone "$1"
      return 0
    fi
    t=$(now)
    bytes=$(($(size events.jsonl) + $(size stderr.log)))
    if [ "$bytes" -gt "$seen" ]; then
      progress && last=$t
      seen=$bytes
    fi
    touched=$(cat lease 2>/dev/null)
    if [ -e cancel ]; then end_agent cancelled "$1"
    elif [ "$total" -gt 0 ] && [ $((t - started)) -ge "$total" ]; then end_agent timeout "$1"
    elif [ "$idle" -gt 0 ] && [ $((t - last)) -ge "$idle" ]; then end_agent idle "$1"
    elif [ $((t % 3)) = 0 ] && over_tokens; then end_agent tokens "$1"
    elif [ "$lease" -gt 0 ] && [ $((t - ${touched:-0})) -ge "$lease" ]; then end_agent caller-gone "$1"
    else continue; fi
    return 0
  done
}
""";

    private static final String LIFE = """

keep() { # in the background, from the agent's start to its end
  if [ -e cancel ]; then
    ended 143 cancelled
    return 0
  fi
  hit=
  trap 'hit=1' TERM INT HUP
  sh ./agent.sh </dev/null >/dev/null 2>keeper.log &
  agent=$!
  echo "$$ $(born $$)" >started.tmp && mv started.tmp started
  watch_limits "$agent" $$ &
  while :; do
    wait "$agent"
    rc=$?
    [ -n "$hit" ] || break
    hit=
    : >cancel
  done
  over_tokens
  if [ -s profile ]; then rm -f "$(cat profile)"; fi
  # What the agent left running would go on writing into the workspace.
  if [ -n "$(members)" ]; then
    signal_members TERM ''
    sleep 2
    signal_members KILL ''
  fi
  reason=$(cat reason 2>/dev/null) || reason=finished
  if [ "$(cat ../busy/run 2>/dev/null)" = "${dir##*/}" ]; then rm -rf ../busy; fi
  ended "$rc" "$reason"
}

# One agent at a time in one place: two in one work tree destroy each other's work.
claim() {
  for again in 1 2 3; do
    if mkdir ../busy 2>/dev/null; then
      echo "${dir##*/}" >../busy/run
      return 0
    fi
    other=$(cat ../busy/run 2>/dev/null)
    if [ -z "$other" ]; then
      sleep 1
      other=$(cat ../busy/run 2>/dev/null)
    fi
    if [ -n "$other" ] && at_work "../$other"; then return 1; fi
    mv ../busy "../stale.$$" 2>/dev/null && rm -rf "../stale.$$"
  done
  return 1
}

at_work() { # run folder
  if [ -e "$1/exit" ] || [ ! -d "$1/lock" ]; then return 1; fi
  if [ -e "$1/started" ]; then
    same_process "$1/started"
  else
    [ $(($(now) - $(cat "$1/lease" 2>/dev/null || echo 0))) -lt 120 ]
  fi
}

start() {
  if mkdir lock 2>/dev/null; then
    now >lease
    if ! claim; then
      ended 75 busy
    elif command -v setsid >/dev/null 2>&1; then
      setsid sh "$dir/keeper.sh" keep </dev/null >/dev/null 2>&1 &
    else
      (trap '' HUP; exec sh "$dir/keeper.sh" keep) </dev/null >/dev/null 2>&1 &
    fi
  fi
  for again in 1 2 3 4 5; do [ -e started ] || [ -e exit ] || sleep 1; done
  echo locked
}

cancel() {
  : >cancel
  if [ -e started ] && [ ! -e exit ] && ! same_process started; then # a dead keeper ends nobody
    end_agent keeper-gone ''
    ended 137 keeper-gone
  fi
}

prune() { # keep this many finished runs
  # shellcheck disable=SC2012 # the names are our own
  ls -1dt ../*/ 2>/dev/null | tail -n "+$(($1 + 1))" | while read -r old; do
    case $old in ../run-*/) [ "$old" = "../${dir##*/}/" ] || [ ! -e "$old/exit" ] || rm -rf "$old" ;; esac
  done
}
""";

    private static final String ANSWERS = """

poll() { # offset, most bytes
  now >"lease.$$" && mv "lease.$$" lease
  alive=no
  if [ -e started ] && same_process started; then alive=yes; fi
  if [ -e exit ]; then state=exited
  elif [ ! -d lock ]; then state=absent
  elif [ ! -e started ]; then state=starting
  elif [ "$alive" = yes ]; then state=running
  else state=gone; fi
  part events.jsonl "$1" "$2" "state=$state
tokens=$(cat tokens 2>/dev/null)
$(cat exit 2>/dev/null)"
}

part() { # file, offset, most bytes, header lines
  bytes=$(($(size "$1") - $2))
  [ "$bytes" -lt 0 ] && bytes=0
  [ "$bytes" -gt "$3" ] && bytes=$3
  printf 'agent-run\\n%s\\nbytes=%s\\n\\n' "${4:-state=part}" "$bytes"
  if [ "$bytes" -gt 0 ]; then tail -c "+$(($2 + 1))" "$1" | head -c "$bytes"; fi
}

answer() { # command, arguments...; a caller whose answer was cut asks again
  said=$("$@") || return $?
  say "$said"
}

join() { # file; from file.000001, file.000002, ...
  if [ -e "$1.000001" ]; then
    cat "$1".[0-9]* >"$1.joined" && mv "$1.joined" "$1" && rm -f "$1".[0-9]*
  fi
  sum "$1"
}
""";

    static final String KEEPER = SETTINGS + PROCESSES + LIMITS + LIFE
        + Scripts.SAY + ANSWERS + WorkTreeScript.COMMANDS + "\n\"$@\"\n";
}

/**
 * One answer from the agent's place: header lines, and as many bytes as the header promises, for a stream may end early and the exec
 * still say that all went well (kubernetes#124571). {@code tokens}: of the thread so far, or "".
 */
record Poll(String state, int rc, String reason, String tokens, byte[] data) {
    private static final Pattern HEADER = Pattern.compile("\\Aagent-run\\n(.*?\\n)bytes=(\\d{1,9})\\n\\n", Pattern.DOTALL);

    /** Its header, and not a byte more or less than that promises. */
    static boolean whole(Reply reply) {
        var text = new String(reply.out(), StandardCharsets.ISO_8859_1);
        var header = HEADER.matcher(text);
        return reply.ok() && header.find() && text.length() - header.end() == Integer.parseInt(header.group(2))
            && sound(Fields.of(header.group(1)));
    }

    /** An exit file counts only when it is whole. */
    private static boolean sound(Map<String, String> fields) {
        return !"exited".equals(fields.get("state")) || fields.getOrDefault("rc", "").matches("\\d{1,3}")
            && fields.containsKey("reason") && "yes".equals(fields.get("end"));
    }

    static Poll parse(Reply reply) {
        var text = new String(reply.out(), StandardCharsets.ISO_8859_1);
        var header = HEADER.matcher(text);
        if (!header.find()) {
            throw new IllegalArgumentException("not an answer of the keeper: " + Texts.oneLine(text));
        }
        var fields = Fields.of(header.group(1));
        return new Poll(fields.get("state"), Integer.parseInt(fields.getOrDefault("rc", "-1")), fields.get("reason"),
            fields.getOrDefault("tokens", ""),
            text.substring(header.end()).getBytes(StandardCharsets.ISO_8859_1));
    }

    String text() {
        return new String(data, StandardCharsets.UTF_8);
    }
}

/** Looks around in a place before anything is put there: POSIX sh, and nothing but the usual small tools. */
static final class ProbeScript {
    /** $1 workspace or nothing, $2 program, $3 key of the thread. It travels in a request's URL, which proxies cut at 8 KiB. */
    static final String PROBE = Scripts.SAY + """
umask 077
in_git() {
  at=$1
  while [ -n "$at" ] && [ "$at" != / ]; do
    [ -e "$at/.git" ] && return 0
    at=${at%/*}
  done
  return 1
}
empty() { ! find "$1" ! -path "$1" ! -name lost+found -prune 2>/dev/null | grep -q .; }
has() { if command -v "$1" >/dev/null 2>&1; then echo yes; else echo no; fi; }
cuts() { if [ "$(printf abc | head -c 2)" = ab ]; then echo yes; else echo no; fi; }
ws=$1
if [ -z "$ws" ]; then
  top=$(pwd)
  while [ "$top" != / ] && [ ! -e "$top/.git" ]; do top=${top%/*}; top=${top:-/}; done
  if [ -e "$top/.git" ]; then ws=$top
  elif [ -e /workspace/.git ]; then ws=/workspace
  elif [ "$(pwd)" != / ] && [ "$(pwd)" != "${HOME:-}" ] && [ -w . ] && empty "$(pwd)"; then ws=$(pwd)
  elif [ -w /workspace ] && empty /workspace; then ws=/workspace
  else
    ws=${HOME:-/tmp}
    [ -w "$ws" ] || ws=/tmp
    ws=${ws%/}/workspace
  fi
fi
at=$ws
while [ ! -e "$at" ]; do at=${at%/*} at=${at:-/}; done
if [ -w "$at" ]; then writable=yes; else writable=no; fi
if [ -e "$ws/.git" ]; then state=repository; elif empty "$ws"; then state=empty; else state=files; fi
base=
for d in "${HOME:-}" /var/tmp /tmp; do
  case $d/ in "$ws"/*) continue ;; esac
  runs=$d/.agent-runs
  if [ -n "$d" ] && ! in_git "$d" && mkdir -p "$runs" 2>/dev/null && [ -w "$runs" ]; then
    base=${d%/}/.agent-runs
    break
  fi
done
busy=
for d in "$base"/run-*/; do
  if [ ! -e "$d/started" ] || [ -e "$d/exit" ]; then continue; fi
  read -r pid _ <"$d/started"
  if tr '\\000' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q 'keeper.sh keep'; then
    busy=${d%/}
    busy=${busy##*/}
  fi
done
thread=
totals=
if [ -n "$3" ] && [ -r "$base/threads/$3" ]; then
  read -r thread totals <"$base/threads/$3"
  find "${CODEX_HOME:-$HOME/.codex}/sessions" -name "*$thread*" 2>/dev/null | grep -q . || thread=
fi
version=
[ "$2" = codex ] && version=$(codex --version 2>/dev/null </dev/null | head -n 1)
tools=
missing=
for t in git kubectl gh curl; do
  if [ "$(has "$t")" = yes ]; then tools="$tools$t "; else missing="$missing$t "; fi
done
say "version=$version
tools=$tools
missing=$missing
base=$base
workspace=$ws
workspace_state=$state
busy=$busy
thread=$thread
totals=$totals
writable=$writable
git=$(has git)
program=$(has "$2")
head=$(cuts)"
""";
}

/** How a command elsewhere ended. A null code means that nobody knows: that is never a success. */
record Reply(Integer code, byte[] out, String err, String broken, boolean hopeless) {

    static Reply broken(String why, boolean hopeless) {
        return new Reply(null, new byte[0], "", why, hopeless);
    }

    boolean ok() {
        return broken == null && code != null && code == 0;
    }

    /** The command ran to its end and said how: exec uses -1 for "there was a status, but no exit code". */
    boolean ended() {
        return broken == null && code != null && code >= 0;
    }

    String text() {
        return new String(out, StandardCharsets.UTF_8);
    }

    /** Why it is none to go by; where the command ended well, that is for what it said. */
    String problem() {
        return broken != null ? broken : ok() ? "the answer was cut short"
            : Texts.oneLine("exit code " + (ended() ? code.toString() : "unknown") + (err.isBlank() ? "" : ": " + err));
    }
}

/** Paths that come from the agent. */
static final class SafePaths {
    private static final Pattern GIT_FOLDER = Pattern.compile("(?i)\\.git[ .]*|git~\\d+|\\.git:.*");

    static boolean inside(String path) {
        return !path.startsWith("/") && !path.contains("\\") && Arrays.stream(path.split("/", -1))
            .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals("..")
            || GIT_FOLDER.matcher(part.replaceAll("\\p{Cf}", "")).matches());
    }

    /** What follows a name may lie behind another link: from there no {@code ..} is one's own folder's. */
    static boolean linkInside(String path, String target) {
        var names = Stream.of(target.split("/")).filter(name -> !name.isEmpty() && !name.equals(".")).toList();
        int up = (int) names.stream().takeWhile(".."::equals).count();
        var rest = String.join("/", names.subList(up, names.size()));
        return !target.isEmpty() && !target.startsWith("/") && up < path.split("/").length && (rest.isEmpty() || inside(rest));
    }
}

/** The small programs for the agent's place: POSIX sh, and nothing but the usual small tools. */
static final class Scripts {
    /** Prints $1 as an answer with its length before it, for {@link Poll}. */
    static final String SAY = """
say() { printf 'agent-run\\nstate=said\\nbytes=%s\\n\\n%s' "$(printf %s "$1" | wc -c | tr -d ' ')" "$1"; }
""";

    /** A container that waits for the agent's run, and ends when asked to. */
    static final String WAIT = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";

    /** $1 folder, $2 name, $3 length, $4 SHA-256, $5 cksum. Ends by itself: stdin of an exec cannot be closed. */
    static final String PUT = """
umask 077
mkdir -p "$1" && cd "$1" && head -c "$3" >"$2.tmp" || exit 91
if command -v sha256sum >/dev/null 2>&1; then
  got=$(sha256sum <"$2.tmp")
  got=${got%% *}
  want=$4
else
  got=$(cksum <"$2.tmp")
  want=$5
fi
[ "$got" = "$want" ] && mv "$2.tmp" "$2" && echo stored "$2" && exit 0
rm -f "$2.tmp"
exit 92
""";

    /** Starts the agent in its workspace, with its environment from a file that is gone before the agent runs. */
    static final String LAUNCHER = """
run=@RUN@
(umask 022; mkdir -p @WORKSPACE@) && cd @WORKSPACE@ || exit 96
mkdir -p "${TMPDIR:-.}"
[ ! -d .git ] || set -- -c "sandbox_workspace_write.writable_roots=[\\"$(pwd)/.git\\"]"
. "$run/env.sh"
rm -f "$run/env.sh"
if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
  HOME=$run/home
  mkdir -p "$HOME"
  export HOME
fi
{
  printf '[safe]\\n\\tdirectory = *\\n[user]\\n\\tname = prompt-run\\n\\temail = prompt-run@localhost\\n'
  for own in /etc/gitconfig "$HOME/.gitconfig"; do
    if [ -e "$own" ]; then printf '[include]\\n\\tpath = %s\\n' "$own"; fi
  done
} >"$run/gitconfig"
export GIT_CONFIG_GLOBAL="$run/gitconfig"
if [ -e "$run/config.toml" ]; then
  CODEX_HOME=${CODEX_HOME:-$HOME/.codex}
  export CODEX_HOME
  profile=$CODEX_HOME/@PROFILE@.config.toml
  mkdir -p "$CODEX_HOME" && mv "$run/config.toml" "$profile" || exit 97
  echo "$profile" >"$run/profile"
  sh "$run/keeper.sh" used >"$run/tokens.before"
  # codex exec knows the key by another name than everybody else
  if [ -z "${CODEX_API_KEY:-}" ] && [ -n "${OPENAI_API_KEY:-}" ] && [ ! -e "$CODEX_HOME/auth.json" ]; then
    export CODEX_API_KEY="$OPENAI_API_KEY"
  fi
fi
# What the run writes stays the user's own; what the agent makes, others may read.
: >"$run/events.jsonl"
: >"$run/stderr.log"
: >"$run/last.md"
umask 022
@COMMAND@ <"$run/prompt.md" >"$run/events.jsonl" 2>"$run/stderr.log"
""";

    /** $1 folder, $2 profile: Codex reads its config, finds no prompt and stops. */
    static final String STRICT_CONFIG = SAY + """
home=${CODEX_HOME:-$HOME/.codex}
mkdir -p "$home" && cp "$1/config.toml" "$home/$2.config.toml" || exit 97
say "$(CODEX_HOME=$home codex exec --strict-config -p "$2" --skip-git-repo-check - 2>&1 </dev/null)"
rm -rf "$home/$2.config.toml" "$1"
""";

    static final String DISCARD = "rm -rf \"$1\"";
}

/** The keeper's commands for the agent's work tree: sources put in, changes packed up. Git is needed for them alone. */
static final class WorkTreeScript {
    private static final String GIT = """

# Git with nothing that a repository could bring along: no hooks, no file monitor, no question of who owns it.
plain_git() {
  printf '[safe]\\n\\tdirectory = *\\n' >"$dir/gitconfig.plain"
  GIT_CONFIG_GLOBAL=$dir/gitconfig.plain GIT_AUTHOR_NAME=prompt-run GIT_AUTHOR_EMAIL=prompt-run@localhost \\
    GIT_COMMITTER_NAME=prompt-run GIT_COMMITTER_EMAIL=prompt-run@localhost GIT_TERMINAL_PROMPT=0 \\
    git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c core.autocrlf=false "$@"
}

git_dir() { (cd "$1" && d=$(plain_git rev-parse --git-dir) && cd "$d" && pwd); }

heads() { plain_git --git-dir="$1" for-each-ref --format='%(refname) %(objectname)' refs/heads; }

# The work tree as a tree object: tracked, changed, untracked but not ignored. Repositories nested in it are left out.
snapshot() { # git directory, work tree
  rm -f index
  cp -p "$1/index" index 2>/dev/null # with its time: git takes from it which entries to look into again
  GIT_DIR=$1 GIT_WORK_TREE=$2 GIT_INDEX_FILE=$dir/index
  export GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
  [ -e index ] || ! plain_git rev-parse -q --verify HEAD >/dev/null || plain_git read-tree HEAD
  plain_git -C "$2" add -A 2>/dev/null || return 1
  plain_git ls-files -sz | tr '\\000' '\\n' | sed -n 's/^160000 [0-9a-f]* [0-9]\\t//p' | while IFS= read -r nested; do
    plain_git rev-parse -q --verify "HEAD:$nested" >/dev/null || plain_git update-index --force-remove -- "$nested"
  done
  plain_git write-tree
}
""";

    private static final String UPLOAD = """

# A workspace of ours may be renewed when the caller has had all of it back and nothing changed since.
renewable() { # workspace
  mark=$1/.git/prompt-run-brought
  if [ -e "$mark" ] && [ "$(cat "$mark")" = "$(snapshot "$1/.git" "$1")@$(plain_git --git-dir="$1/.git" rev-parse HEAD)" ]; then
    echo renewable=yes
  else
    echo renewable=no
  fi
}

# Puts the uploaded sources into an empty workspace, or renews one of ours. The repository gets its name when all is there.
unpack() { # workspace, branch or -, head, work tree as a commit
  [ ! -e unpacked ] || { echo unpacked=yes; return 0; }
  umask 022
  ws=$1
  if [ -e "$ws/.git" ]; then
    gd=$ws/.git
    rm -f "$gd/prompt-run-brought"
    in_workspace add -A || return 1
  else
    gd=$ws/.prompt-run-incoming
    mkdir -p "$ws" && rm -rf "$gd" && plain_git --git-dir="$gd" init -q || return 1
    plain_git --git-dir="$gd" config core.bare false
  fi
  [ -e shallow ] && cp shallow "$gd/shallow"
  plain_git --git-dir="$gd" fetch -q --update-head-ok --no-tags "$dir/source.bundle" '+refs/*:refs/*' || return 1
  if [ "$2" = - ]; then
    plain_git --git-dir="$gd" update-ref --no-deref HEAD "$3" || return 1
  else
    plain_git --git-dir="$gd" update-ref "refs/heads/$2" "$3" || return 1
    plain_git --git-dir="$gd" symbolic-ref HEAD "refs/heads/$2" || return 1
  fi
  in_workspace read-tree --reset -u "$4" || return 1
  in_workspace read-tree "$3" || return 1
  in_workspace update-index -q --refresh
  plain_git --git-dir="$gd" update-ref -d "refs/prompt-run/$run_id/work"
  [ "$gd" = "$ws/.git" ] || mv "$gd" "$ws/.git" || return 1
  : >unpacked
  rm -f source.bundle
  echo unpacked=yes
}

in_workspace() { plain_git --git-dir="$gd" --work-tree="$ws" -C "$ws" "$@"; }
""";

    private static final String BRING_BACK = """

# What the workspace looks like before the agent starts: what is new afterwards is the agent's.
mark() { # workspace
  [ -e "$1/.git" ] || { echo marked=none; return 0; }
  gd=$(git_dir "$1") || return 1
  heads "$gd" >refs.before
  echo "marked=$(snapshot "$gd" "$1")@$(plain_git --git-dir="$gd" rev-parse -q --verify HEAD)"
}

# The agent's commits and what it left uncommitted, as one bundle above what the caller has already.
pack() { # workspace, commits the caller has...
  ws=$1
  shift
  [ -e "$ws/.git" ] || { echo packed=none; return 0; }
  gd=$(git_dir "$ws") || return 1
  tree=$(snapshot "$gd" "$ws") || return 1
  GIT_DIR=$gd
  export GIT_DIR
  head=$(plain_git rev-parse -q --verify HEAD)
  work=$(echo 'left uncommitted by the agent' | plain_git commit-tree "$tree" ${head:+-p "$head"}) || return 1
  mine=refs/prompt-run/$run_id
  plain_git update-ref "$mine/work" "$work"
  [ -z "$head" ] || plain_git update-ref "$mine/head" "$head"
  heads "$gd" >refs.after
  touch refs.before
  refs=$(grep -vxFf refs.before refs.after | cut -d' ' -f1)
  not=
  for known; do plain_git cat-file -e "$known^{commit}" 2>/dev/null && not="$not ^$known"; done
  # shellcheck disable=SC2086 # words: ref names and object names hold no blanks
  if ! plain_git bundle create "$dir/back.bundle" "$mine/work" ${head:+"$mine/head"} $refs $not 2>pack.log; then
    cat pack.log >&2
    return 1
  fi
  plain_git for-each-ref --format='delete %(refname)' "$mine" | plain_git update-ref --stdin
  [ -e "$gd/shallow" ] && cp "$gd/shallow" back.shallow
  printf 'packed=yes\\nbranch=%s\\nhead=%s\\n' "$(plain_git symbolic-ref -q --short HEAD)" "$head"
  printf 'work=%s\\ntree=%s\\nsize=%s\\nsum=%s\\n' "$work" "$tree" "$(size back.bundle)" "$(sum back.bundle)"
}

# The caller has everything: a later run may renew this workspace if nothing changed in it until then.
brought() { # workspace, tree, head
  [ -d "$1/.git" ] && echo "$2@$3" >"$1/.git/prompt-run-brought"
  rm -f back.bundle
}
""";

    static final String COMMANDS = GIT + UPLOAD + BRING_BACK;
}

// src/prompt_run/subject/

/**
 * What the run is about. Everything in here is checked; free text stands in the conversation, never here. {@code base} is "" where
 * nobody tells it, {@code agent} the name of the agent's Deployment.
 */
record Facts(String env, Integer slot, String namespace, Integer issue, Integer pr, String repo, String branch, String base,
             String model, String effort, boolean bringBack, String agent, Limits limits) {

    /** How long the agent may take, as written. */
    record Limits(String total, String idle) {
        static Limits of(String total, String idle) {
            var limits = new Limits(first(total, "60m").strip(), first(idle, "15m").strip());
            limits.totalTime();
            limits.idleTime();
            return limits;
        }

        Duration totalTime() {
            return Values.duration("--agent-timeout", total);
        }

        Duration idleTime() {
            return Values.duration("--idle-timeout", idle);
        }
    }

    /** Option or variable as written, null where neither is given. */
    record Given(String env, String slot, String namespace, String issue, String pr, String repo,
                        String base, String model, String effort, boolean bringBack, String agent, String total, String idle) {
    }

    private static final Pattern OUR_BRANCH = Pattern.compile("codex/(?:issue|ai-repair)-([1-9]\\d{0,8})");
    private static final String ACCEPTED = "lower-case letters, digits and '-', at most 63";

    /** An option counts more than the event, and the event more than the report; {@code warn} hears what is not used. */
    static Facts gather(String kind, Given given, GitHubEvent event, Infra infra, Consumer<String> warn) {
        var repo = Values.matching("--repo", first(given.repo, event.repo()), "[\\w.-]{1,100}/[\\w.-]{1,100}", "OWNER/NAME");
        var base = Values.matching("--base", given.base, GitHubEvent.SAFE_REF, "the name of a branch");
        var head = event.headBranch();
        var issue = first(Values.positive("--issue", given.issue), event.issue(), issueOf(head), infra.number("issue"));
        var pr = first(Values.positive("--pr", given.pr), event.pullRequest(), infra.number("pr"));
        var slot = first(Values.positive("--slot", given.slot), infra.number("slot"));
        var namespace = Values.matching("--namespace", first(given.namespace, infra.name("namespace")), Infra.NAME, ACCEPTED);
        var kindOfEnv = Values.matching("--env", first(given.env, infra.name("env"), "ai"), Infra.NAME, ACCEPTED);
        var choice = ModelChoice.of(given.model, given.effort, event.labels(), warn);
        return new Facts(kindOfEnv, slot, namespace, issue, pr, repo, branch(kind, head, issue, slot),
            first(base, event.base(), ""), choice.model(), choice.effort(), given.bringBack, given.agent,
            Limits.of(given.total, given.idle));
    }

    /** A review goes on with the branch under review; the other kinds have one branch per issue. */
    private static String branch(String kind, String head, Integer issue, Integer slot) {
        if (kind.endsWith("_review") && head != null) {
            return head;
        }
        var what = kind.startsWith("repair") ? "codex/ai-repair-" : "codex/issue-";
        return what + (issue != null ? issue.toString() : slot != null ? "slot-" + slot : "none");
    }

    private static Integer issueOf(String branch) {
        var ours = OUR_BRANCH.matcher(branch == null ? "" : branch);
        return ours.matches() ? Integer.valueOf(ours.group(1)) : null;
    }

    /** One thread per issue (or pull request, or environment) and repository; the key is a file's name. */
    String threadKey() {
        var about = issue != null ? "issue-" + issue : pr != null ? "pr-" + pr : "slot-" + slot;
        return (repo == null ? "" : repo.replace('/', '.') + ".") + about;
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    static <T> T first(T... candidates) {
        return Arrays.stream(candidates).filter(c -> c != null).findFirst().orElse(null);
    }
}

/** The webhook payload of the workflow run, or nothing: which issue or pull request it is about, and as of when. */
record GitHubEvent(JsonNode root) {

    /** A branch name that is safe in a command line and in a prompt. */
    static final String SAFE_REF = "(?!.*(?:\\.\\.|/$))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}";
    static final GitHubEvent NONE = new GitHubEvent(MissingNode.getInstance());

    /** Comments on a pull request come as an issue that has a {@code pull_request} field. */
    boolean aboutPullRequest() {
        return root.has("pull_request") || root.path("issue").has("pull_request");
    }

    Integer issue() {
        return aboutPullRequest() ? null : number(root.path("issue").path("number"));
    }

    Integer pullRequest() {
        var number = root.path("pull_request").path("number");
        return number.isNumber() ? number(number) : aboutPullRequest() ? number(root.path("issue").path("number")) : null;
    }

    static Integer number(JsonNode node) {
        return node.canConvertToInt() && node.asInt(0) > 0 ? Integer.valueOf(node.asInt(0)) : null;
    }

    String repo() {
        return root.path("repository").path("full_name").asString(null);
    }

    /** What the pull request is for, else the repository's default branch; null when the event tells neither. */
    String base() {
        var target = safeRef(root.path("pull_request").path("base").path("ref"));
        return target != null ? target : defaultBranch();
    }

    private String defaultBranch() {
        return safeRef(root.path("repository").path("default_branch"));
    }

    /**
     * The branch of the pull request under review; null when it does not live in this repository (a fork, also one that is gone) and
     * when it is one that others build on: nobody here may push there.
     */
    String headBranch() {
        var head = root.path("pull_request").path("head");
        var ref = safeRef(head.path("ref"));
        boolean ours = ref != null && head.path("repo").path("full_name").asString("").equals(repo());
        return !ours || ref.equals(base()) || ref.equals(defaultBranch()) ? null : ref;
    }

    /** The issue as the event shows it, if the event is about this one. */
    JsonNode issueNode(Integer number) {
        return number != null && number.equals(issue()) ? root.path("issue") : MissingNode.getInstance();
    }

    JsonNode pullNode(Integer number) {
        var node = root.has("pull_request") ? root.path("pull_request") : root.path("issue");
        return number != null && number.equals(pullRequest()) ? node : MissingNode.getInstance();
    }

    /** The comment or review that caused the run; null when something else did. */
    Said trigger() {
        var number = pullRequest() != null ? pullRequest() : issue();
        var review = root.path("review");
        var comment = root.path("comment");
        if (number == null || !review.isObject() && !comment.isObject()) {
            return null;
        }
        if (review.isObject()) {
            return SaidOnGitHub.review(review);
        }
        return comment.has("path") ? SaidOnGitHub.inThread(comment)
            : SaidOnGitHub.comment(aboutPullRequest() ? "pull request" : "issue", number, comment);
    }

    /** When the label was set (or the review sent, the comment written): what was written or changed later does not count. */
    Instant asOf() {
        var review = root.path("review");
        var comment = root.path("comment");
        var labelled = root.path(root.has("issue") ? "issue" : "pull_request");
        return SaidOnGitHub.latest(review.isObject() ? review : comment.isObject() ? comment : labelled);
    }

    List<String> labels() {
        var names = new ArrayList<String>();
        var owner = root.has("issue") ? root.path("issue") : root.path("pull_request");
        owner.path("labels").forEach(label -> names.add(Json.text(label, "name")));
        return names;
    }

    private static String safeRef(JsonNode ref) {
        return ref.asString("").matches(SAFE_REF) ? ref.asString("") : null;
    }
}

/** What is known about the environment. Fails closed: it is healthy only when nothing says otherwise and a report, if named, proves it. */
record Infra(boolean unhealthy, boolean reported, String problem, Path file, JsonNode report) {

    static final String NAME = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

    static Infra withoutReport(boolean asked) {
        return new Infra(asked, false, null, null, MissingNode.getInstance());
    }

    static Infra of(boolean asked, Path file, JsonNode root) {
        if (root == null || !root.isObject()) {
            return broken(file, "it is not a JSON object");
        }
        var ready = root.path("infraReady");
        var problem = ready.isBoolean() ? null : "it does not say infraReady true or false";
        return new Infra(asked || !(ready.isBoolean() && ready.booleanValue(false)), true, problem, file, root);
    }

    static Infra broken(Path file, String problem) {
        return new Infra(true, false, problem, file, MissingNode.getInstance());
    }

    /** A report about another namespace proves nothing of this one; where nobody tells which it is, it counts. */
    Infra about(String namespace) {
        var other = name("namespace");
        return namespace == null || other == null || other.equals(namespace) ? this
            : broken(file, "it is about namespace " + other + ", not " + namespace);
    }

    Integer number(String field) {
        return GitHubEvent.number(report.path(field));
    }

    String name(String field) {
        var value = report.path(field).asString("");
        return value.matches(NAME) ? value : null;
    }
}

/** Model and effort: an option counts more than a label; what nobody knows is a warning, what cannot be meant is not used. */
record ModelChoice(String model, String effort) {
    private static final Pattern LABEL = Pattern.compile("\\[?ai-(model|reasoning)-([A-Za-z0-9._:/-]{1,80}?)]?");
    private static final Pattern KNOWN = Pattern.compile("gpt-5(\\.\\d+)?(-codex)?(-(max|mini|nano|pro))?"
        + "|gpt-4\\.1(-mini)?|o3|o4-mini|codex-mini-latest");
    private static final List<String> EFFORTS = List.of("none", "minimal", "low", "medium", "high", "xhigh");

    /** {@code model} and {@code effort} as given, or null; {@code warn} hears what is not used. */
    static ModelChoice of(String model, String effort, List<String> labels, Consumer<String> warn) {
        var named = Values.matching("--model", model, "[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}", "letters, digits and . _ : / -");
        var chosen = effort == null ? null : Values.oneOf("--reasoning-effort", effort(effort), EFFORTS.toArray(String[]::new));
        var labelled = fromLabels("reasoning", labels, warn);
        if (chosen == null && labelled != null && !EFFORTS.contains(effort(labelled))) {
            warn.accept("label [ai-reasoning-" + labelled + "]: no such effort, ignored; accepted: " + String.join(", ", EFFORTS));
        } else if (chosen == null && labelled != null) {
            chosen = effort(labelled);
        }
        named = named == null ? fromLabels("model", labels, warn) : named;
        if (named != null && !KNOWN.matcher(named).matches()) {
            warn.accept("model " + named + ": not known here, passed on as it is");
        }
        return new ModelChoice(named, chosen);
    }

    private static String effort(String asked) {
        var plain = asked.strip().toLowerCase(Locale.ROOT);
        return plain.equals("extra-high") ? "xhigh" : plain;
    }

    private static String fromLabels(String what, List<String> labels, Consumer<String> warn) {
        var found = labels.stream().map(LABEL::matcher).filter(label -> label.matches() && label.group(1).equals(what))
            .map(label -> label.group(2)).toList();
        if (found.size() > 1) {
            warn.accept("more than one [ai-" + what + "-...] label: " + found.get(0) + " is used");
        }
        return found.isEmpty() ? null : found.get(0);
    }
}

/**
 * Where the agent runs and why there: {@code deploy}, {@code pod}, {@code runner} or {@code none}; the report's path as the agent sees it;
 * the tools that are there and those that are missing, with blanks between them, null where nobody has looked.
 */
record Place(String target, String fallbackReason, String reportPath, String workspace, boolean resumed,
                    String tools, String missing) {
    static Place undecided(Infra infra) {
        return nowhere("undecided", null, infra.file() == null ? null : infra.file().toString());
    }

    static Place nowhere(String target, String why, String reportPath) {
        return new Place(target, why, reportPath, null, false, null, null);
    }
}

/** The options that say what is done, merged with their twins and checked. */
record RunOptions(String kind, String lang, Path templates, Path template, Map<String, Object> vars,
                         boolean print, boolean dryRun) { }

// src/prompt_run/text/

/**
 * Leaves of a text what a person sees on the page: hidden HTML, attributes, image texts, link titles and invisible
 * characters go. The first pass reads the text as GitHub does (so nothing can hide behind what only we take for code);
 * later passes, after decoding, only ever remove more.
 */
static final class Cleaner {
    record Cleaned(String text, int hidden, int invisible) {
    }

    private static final int MOST_PASSES = 12;
    private static final Pattern FENCE = Pattern.compile("(`{3,})[^`]*|(~{3,}).*");
    /** Raw HTML or a fence inside a list or quotation: from here on only a full Markdown parser knows what is code. */
    private static final Pattern UNSURE = Pattern.compile("[ \\t>*+\\-\\d.)]*<(?:[A-Za-z][A-Za-z0-9-]*(?:[\\s/>].*|$)|[!?/].*)"
        + "|[ \\t>*+\\-\\d.)]+(?:```|~~~).*");
    private static final Pattern DIAGRAM = Pattern.compile("(?:`{3,}|~{3,})[ \\t]*mermaid\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern DIAGRAM_COMMENT = Pattern.compile("(?m)^[ \\t]*%%.*\\n?");
    private static final String ATTRIBUTE = "\\s+[^\\s\"'=<>`/]++(?:\\s*=\\s*(?:\"[^\"]*+\"|'[^']*+'|[^\\s\"'=<>`]++))?";
    private static final Pattern TAG = Pattern.compile("<(/?)([A-Za-z][A-Za-z0-9-]*+)((?:" + ATTRIBUTE + ")*+)\\s*+(/?)>");
    private static final String BLOCKS = "address|article|aside|blockquote|body|center|col|dd|details|dialog|div|dl|dt|fieldset|figure"
        + "|footer|form|h[1-6]|header|hr|html|iframe|li|main|menu|nav|ol|option|p|section|source|summary|table|tbody|td|tfoot|th|thead"
        + "|title|tr|track|ul|pre|script|style|textarea";
    private static final Pattern OPEN_BLOCK = Pattern.compile("<(?i:" + BLOCKS + ")\\s[^>]*+(?:>|$)");
    private static final Pattern LINK = Pattern.compile("(?i)\\s(href|src)\\s*=\\s*[\"']?([^\\s\"'<>`]{1,500})");
    private static final String TITLE = "(?:\"(?:\\\\.|[^\"\\\\])*+\"|'(?:\\\\.|[^'\\\\])*+'|\\((?:\\\\.|[^()\\\\])*+\\))";
    private static final String ADDRESS = "(<[^<>\\n]*+>|[^\\s<(][^\\s()]*+(?:\\([^\\s()]*+\\)[^\\s()]*+)*+)";
    private static final Pattern TARGET = Pattern.compile("\\(\\s*+(?:" + ADDRESS + ")?+(\\s++" + TITLE + ")?+\\s*+\\)", Pattern.DOTALL);
    private static final Pattern DEFINITION =
        Pattern.compile("(?m)^[ \\t>*+-]*+\\[((?:\\\\.|[^\\[\\]\\\\]){1,999}+)\\]:[ \\t]*+\\n?[ \\t]*+(?:"
        + ADDRESS + ")(?:(?:[ \\t]++|[ \\t]*+\\n[ \\t]*+)" + TITLE + ")?[ \\t]*$");
    private static final Pattern FOOTNOTE = Pattern.compile("(?m)^[ \\t>*+-]*+"
        + "\\[\\^([^\\]\\s]{1,99})\\]:.*(?:\\n(?![ \\t]*\\n).*|\\n[ \\t]*(?=\\n {4}))*");
    private static final Pattern ENTITY = Pattern.compile("&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,30}));");
    private static final Map<String, String> NAMED = named("lt <", "gt >", "amp &", "quot \"", "apos '", "nbsp \u00a0", "Tab \t",
        "NewLine \n", "lbrack [", "rbrack ]", "lpar (", "rpar )", "excl !", "grave `", "shy ", "zwj ", "zwnj ", "lrm ", "rlm ",
        "ZeroWidthSpace ", "NoBreak ", "InvisibleTimes ", "InvisibleComma ", "ApplyFunction ", "it ", "ic ", "af ");

    private int hidden;
    private int invisible;

    /** The entities that can build markup, and those that are invisible; any other name stays as it is and harms nobody. */
    private static Map<String, String> named(String... entities) {
        var named = new HashMap<String, String>();
        Arrays.stream(entities)
            .forEach(entity -> named.put(entity.substring(0, entity.indexOf(' ')), entity.substring(entity.indexOf(' ') + 1)));
        return named;
    }

    static Cleaned clean(String raw) {
        var cleaner = new Cleaner();
        var text = raw.replaceAll("\\r\\n?", "\n");
        var out = new StringBuilder();
        for (var segment : segments(text)) {
            out.append(segment.code() ? cleaner.code(segment.text()) : cleaner.prose(segment.text()));
        }
        return new Cleaned(out.toString().strip(), cleaner.hidden, cleaner.invisible);
    }

    private record Segment(boolean code, String text) {
    }

    /** Splits off the fenced code blocks that are certainly code on the page too. */
    private static List<Segment> segments(String text) {
        var segments = new ArrayList<Segment>();
        var current = new StringBuilder();
        String fence = null;
        boolean sure = true;
        for (var line : text.split("(?<=\\n)", -1)) {
            var bare = line.endsWith("\n") ? line.substring(0, line.length() - 1) : line;
            boolean closes = fence != null && bare.matches(" {0,3}" + Pattern.quote(fence) + fence.charAt(0) + "*[ \\t]*");
            var opening = FENCE.matcher(bare);
            if (fence == null && sure && opening.matches()) {
                segments.add(new Segment(false, current.toString()));
                current.setLength(0);
                fence = opening.group(1) != null ? opening.group(1) : opening.group(2);
            } else if (fence == null) {
                sure = sure && !UNSURE.matcher(bare).matches();
            }
            current.append(line);
            if (closes) {
                segments.add(new Segment(true, current.toString()));
                current.setLength(0);
                fence = null;
            }
        }
        segments.add(new Segment(fence != null, current.toString()));
        return segments;
    }

    /** Code stands on the page as it is, except what the page draws instead of showing: a diagram's comments are not in the picture. */
    private String code(String raw) {
        return visible(drawn(raw, DIAGRAM.matcher(raw).lookingAt()));
    }

    private String drawn(String raw, boolean diagram) {
        return diagram ? DIAGRAM_COMMENT.matcher(raw).replaceAll(comment -> gone()) : raw;
    }

    private String prose(String raw) {
        String before;
        var text = drawn(raw, raw.contains("mermaid"));
        int pass = 0;
        do {
            before = text;
            text = visible(scan(definitions(text), pass < MOST_PASSES));
            pass++;
        } while (!text.equals(before));
        return text;
    }

    /** Link definitions and footnotes that nothing refers to are not on the page; of the others only the address is. */
    private String definitions(String text) {
        var kept = FOOTNOTE.matcher(text).replaceAll(note ->
            used(text, "^" + note.group(1)) ? Matcher.quoteReplacement(note.group()) : gone());
        return DEFINITION.matcher(kept).replaceAll(definition -> {
            var label = definition.group(1);
            var whole = label.startsWith("^") ? definition.group()
                : used(text, label) && !address(definition.group(2)).isEmpty() ? "[" + label + "]: " + definition.group(2) : "";
            return Matcher.quoteReplacement(kept(whole, definition.group()));
        });
    }

    private String gone() {
        hidden++;
        return "";
    }

    /** Counted when more is gone of the whole than blanks and marks of lists and quotations. */
    private String kept(String kept, String whole) {
        hidden += signs(kept) < signs(whole) ? 1 : 0;
        return kept;
    }

    private static int signs(String text) {
        return text.replaceAll("[\\s>*+-]", "").length();
    }

    private static boolean used(String text, String label) {
        return Pattern.compile(Pattern.quote("[" + label + "]") + "(?!:)", Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)
            .matcher(text).find();
    }

    /** One pass from left to right, so that what begins first wins, as on the page. */
    private String scan(String text, boolean decode) {
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            int next = switch (c) {
                case '\\' -> escaped(text, at, out);
                case '`' -> codeSpan(text, at, out);
                case '<' -> html(text, at, out);
                case '!' -> image(text, at, out);
                case ']' -> linkTarget(text, at, out);
                case '&' -> decode ? entity(text, at, out) : at;
                default -> at;
            };
            if (next == at) {
                out.append(c);
                next = at + 1;
            }
            at = next;
        }
        return out.toString();
    }

    private static int escaped(String text, int at, StringBuilder out) {
        if (at + 1 < text.length() && "\\`<!]&[".indexOf(text.charAt(at + 1)) >= 0) {
            out.append(text, at, at + 2);
            return at + 2;
        }
        return at;
    }

    /** A span within one line and one table cell; a longer one could be something else on the page. */
    private static int codeSpan(String text, int at, StringBuilder out) {
        int run = runEnd(text, at);
        for (int i = run; i < text.length() && text.charAt(i) != '\n' && text.charAt(i) != '|'; i++) {
            if (text.charAt(i) == '`') {
                int end = runEnd(text, i);
                if (end - i == run - at) {
                    out.append(text, at, end);
                    return end;
                }
                i = end - 1;
            }
        }
        out.append(text, at, run);
        return run;
    }

    private static int runEnd(String text, int at) {
        int end = at;
        while (end < text.length() && text.charAt(end) == '`') {
            end++;
        }
        return end;
    }

    private int html(String text, int at, StringBuilder out) {
        int end = text.startsWith("<!-->", at) ? at + 5 : text.startsWith("<!--->", at) ? at + 6
            : text.startsWith("<!--", at) ? after(text, "-->", at + 4) : text.startsWith("<?", at) ? after(text, "?>", at + 2)
            : text.startsWith("<![CDATA[", at) ? after(text, "]]>", at + 9) : at;
        if (end > at || text.startsWith("<!", at) && at + 2 < text.length() && Character.isLetter(text.charAt(at + 2))) {
            hidden++;
            return end > at ? end : after(text, ">", at + 2);
        }
        var tag = TAG.matcher(text).region(at, text.length());
        if (tag.lookingAt()) {
            return tag(tag, out);
        }
        var open = OPEN_BLOCK.matcher(text).region(at, text.length());
        if (startsLine(text, at) && open.lookingAt()) {
            hidden++;
            return open.end();
        }
        return at;
    }

    /** The tag with its address and nothing else; a tag nobody knows is not on the page, so its name may not speak. */
    private int tag(Matcher tag, StringBuilder out) {
        var kept = new StringBuilder("<" + tag.group(1) + tag.group(2));
        var link = LINK.matcher(tag.group(3));
        while (link.find()) {
            kept.append(' ').append(link.group(1)).append("=\"").append(address(link.group(2))).append('"');
        }
        kept.append(tag.group(4)).append('>');
        boolean speaks = tag.group(2).length() > 24 || tag.group(2).chars().filter(c -> c == '-').count() > 1;
        out.append(speaks ? gone() : kept(kept.toString(), tag.group()));
        return tag.end();
    }

    private static boolean startsLine(String text, int at) {
        int line = text.lastIndexOf('\n', at) + 1;
        return text.substring(line, at).isBlank();
    }

    private static int after(String text, String end, int from) {
        int found = text.indexOf(end, from);
        return found < 0 ? text.length() : found + end.length();
    }

    private int image(String text, int at, StringBuilder out) {
        int close = text.startsWith("![", at) ? closingBracket(text, at + 1) : -1;
        boolean image = close > 0 && (text.startsWith("(", close + 1) || text.startsWith("[", close + 1));
        if (!image) {
            return at;
        }
        hidden += close > at + 2 ? 1 : 0;
        out.append("![");
        return close;
    }

    /** The bracket that closes the one at {@code open}; brackets in code do not count where that gives an answer. */
    private static int closingBracket(String text, int open) {
        int found = closingBracket(text, open, true);
        return found > 0 ? found : closingBracket(text, open, false);
    }

    private static int closingBracket(String text, int open, boolean code) {
        int depth = 0;
        for (int i = open; i < Math.min(text.length(), open + 4000); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == '`' && code) {
                i = codeSpan(text, i, new StringBuilder()) - 1;
            } else if (c == '[') {
                depth++;
            } else if (c == ']' && --depth == 0) {
                return i;
            }
        }
        return -1;
    }

    private int linkTarget(String text, int at, StringBuilder out) {
        var target = TARGET.matcher(text).region(at + 1, text.length());
        if (!target.lookingAt()) {
            return at;
        }
        out.append(kept("](" + address(target.group(1)) + ")", "]" + target.group()));
        return target.end();
    }

    /** An address is not on the page either: one that reads like a sentence to the agent, or has blanks, is left out. */
    private static String address(String address) {
        boolean speaks = address == null || address.contains(" ") || Injection.in(address.replaceAll("%[0-9A-Fa-f]{2}|[^\\p{L}]+", " "));
        return speaks ? "" : address;
    }

    private int entity(String text, int at, StringBuilder out) {
        var entity = ENTITY.matcher(text).region(at, Math.min(text.length(), at + 40));
        if (!entity.lookingAt()) {
            return at;
        }
        var decoded = entity.group(3) != null ? NAMED.get(entity.group(3))
            : character(entity.group(1) != null ? Integer.parseInt(entity.group(1)) : Integer.parseInt(entity.group(2), 16));
        if (decoded == null) {
            return at;
        }
        out.append(decoded);
        return entity.end();
    }

    private static String character(int code) {
        boolean real = Character.isValidCodePoint(code) && code != 0 && !(code >= 0xD800 && code <= 0xDFFF);
        return real ? Character.toString(code) : "\uFFFD";
    }

    private String visible(String raw) {
        var seen = Invisible.visible(raw);
        invisible += seen.removed();
        return seen.text();
    }
}

/**
 * The words of people, as they go into the prompt: selected, cleaned, redacted, cut and fenced.
 * {@code opening} holds title and description, {@code replies} the rest; the counts say what is missing.
 */
record Conversation(String title, String opening, String replies, boolean withheld, Gaps gaps,
                    int outsiders, int late, int cut, int hidden, int invisible) {

    Map<String, Object> model() {
        return Json.MAPPER.convertValue(this, new TypeReference<LinkedHashMap<String, Object>>() { });
    }
}

/** One value, nothing after it, no key twice: else it would be the reader's choice what a text says. */
static final class ExactJson {
    private static final ObjectReader READER = Json.MAPPER.reader()
        .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

    /** Throws {@link tools.jackson.core.JacksonException}. */
    static JsonNode read(String text) {
        return READER.readTree(text);
    }
}

/** What the prompt has to say about the discussion besides the discussion. */
record Gaps(boolean editedSince, boolean threadsUnsorted, boolean incomplete) { }

/** Recognises text that speaks to the agent instead of describing a fault: data is then flagged, a fact is left out. */
static final class Injection {
    private static final String EARLIER = "(previous|prior|above|earlier|all|any|your|these|those|system|the)";
    private static final String NEW = "(new|updated|real|actual|important|urgent|system|additional|following)";
    private static final String DEEDS = "(now|act|run|execute|delete|print|send|export|ignore|reveal|output|approve|merge|push)";
    private static final String AGENTS = "(ai|llm|agent|assistant|codex|language model)";
    private static final String PROGRAMS = "(curl|wget|bash|sh -c|kubectl|rm|nc|python|chmod|git)";
    private static final String SECRETS = "(secret|token|credential|password|api key|environment variable|env var)s?";
    private static final String PUBLIC = "(https?:|\\b(pull request|comment|issue|pr|url|webhook)\\b)";
    private static final String CHANGES = "(run|delete|remove|disable|visit|open|download|execute|grant|apply)";
    private static final List<String> ENGLISH = List.of(
        "\\b(ignore|disregard|forget|override|bypass)\\b.{0,30}\\b" + EARLIER
            + "\\b.{0,30}\\b(instruction|rule|prompt|direction|guideline)",
        "\\b" + NEW + "\\b.{0,12}\\b(instruction|directive|order)s?\\b\\s*[:.]",
        "\\bsystem\\s*prompt\\b", "<\\|[a-z ]{2,20}\\|>", "\\[/?inst]", "^\\s*(system|assistant)\\s*:\\s+\\S",
        "\\byou (are|must|should|shall|need to|have to) " + DEEDS + "\\b",
        "\\b(as|dear|hey|attention|note to|message to|hello|hi)[ ,]+(an? |the |all )?" + AGENTS + "\\b",
        "\\b(agent|assistant|codex|llm)\\b.{0,20}\\b(must|should|please|shall|needs? to)\\b",
        "\\b(please |now |then |must |and )?(run|execute|eval|paste|type)\\b.{0,20}(`|\\$\\(|\\b" + PROGRAMS + "\\b)",
        "\\b(curl|wget)\\b[^|]{0,200}\\|\\s*(sudo\\s+)?(ba|z|da)?sh\\b",
        "\\brm\\s+-[a-z]*[rf]", "\\bgit\\s+push\\b", "\\bgh\\s+(pr|auth|secret|api|repo)\\b",
        "\\bkubectl\\s+(delete|patch|edit|apply|create|exec|scale|replace|annotate|label)\\b",
        "\\b(reveal|exfiltrate|leak)\\b.{0,30}\\b" + SECRETS,
        "\\b(print|send|post|upload|dump|echo|include|output)\\b.{0,40}\\b" + SECRETS + "\\b.{0,60}" + PUBLIC,
        "\\b(do not|don't|never) (tell|mention|report|inform|reveal|show)\\b",
        "\\b(to|for) (fix|solve|resolve|repair) (this|it)\\b.{0,40}\\b" + CHANGES + "\\b");
    private static final List<String> RUSSIAN = List.of("игнорируй", "не обращай внимания", "забудь.{0,40}(инструкц|правил)",
        "новые инструкц", "системн\\S* (промпт|инструкц)", "ты (должен|теперь|обязан)",
        "(выполни|запусти|удали|отправь)(те)?\\b.{0,40}(команд|kubectl|curl|секрет|токен|парол)");
    private static final Pattern PATTERN = Pattern.compile(String.join("|", ENGLISH) + "|" + String.join("|", RUSSIAN),
        Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

    static boolean in(String text) {
        return PATTERN.matcher(folded(text)).find();
    }

    /** The lines that a hit touches, also a hit that is spread over neighbours. */
    static Set<Integer> lines(List<String> lines) {
        var hit = new TreeSet<Integer>();
        for (int i = 0; i < lines.size(); i++) {
            if (in(lines.get(i))) {
                hit.add(i);
            } else if (i + 1 < lines.size() && !in(lines.get(i + 1)) && in(lines.get(i) + " " + lines.get(i + 1))) {
                hit.add(i);
                hit.add(i + 1);
            }
        }
        return hit;
    }

    /** Compatibility forms and spacing folded, so that a wide or spaced-out letter does not help. */
    private static String folded(String text) {
        return Normalizer.normalize(Invisible.plain(text), Normalizer.Form.NFKC).replaceAll("[\\s_\\u00a0]+", " ").strip();
    }
}

/**
 * Characters that a reader does not see but a model reads. Sources: Unicode's Default_Ignorable_Code_Point and the categories Cc and Cf.
 */
static final class Invisible {
    private static final Pattern ANSI = Pattern.compile("(?:\\x1B\\[|\\x9B)[0-9;?]*[ -/]*[@-~]|\\x1B\\][^\\x07\\x1B]*(?:\\x07|\\x1B\\\\)");
    private static final Set<Integer> VISIBLE_FORMAT = Set.of(0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2,
        0x110BD, 0x110CD);
    private static final Set<Integer> FILLERS = Set.of(0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0, 0x2800);

    record Seen(String text, int removed) {
    }

    /** For text that is not Markdown (logs, messages): control and invisible characters only. */
    static String plain(String raw) {
        return visible(raw.replaceAll("\\r\\n?", "\n")).text();
    }

    /** Without terminal sequences, control characters and everything that takes part in no glyph; composed (NFC). */
    static Seen visible(String raw) {
        int[] codes = ANSI.matcher(raw).replaceAll("").codePoints().toArray();
        var out = new StringBuilder(raw.length());
        int removed = 0;
        int last = 0;
        for (int i = 0; i < codes.length; i++) {
            int code = codes[i];
            int next = i + 1 < codes.length ? codes[i + 1] : 0;
            if (code == 0x85 || code == 0x2028 || code == 0x2029) {
                out.append('\n');
            } else if (code >= 0xD800 && code <= 0xDFFF) {
                out.append('\uFFFD');
            } else if (!is(code) || partOfEmoji(code, last, next)) {
                out.appendCodePoint(code);
                last = code;
            } else {
                removed++;
            }
        }
        return new Seen(Normalizer.normalize(out, Normalizer.Form.NFC), removed);
    }

    private static boolean is(int code) {
        int type = Character.getType(code);
        return type == Character.CONTROL && code != '\n' && code != '\t'
            || type == Character.FORMAT && !VISIBLE_FORMAT.contains(code)
            || FILLERS.contains(code) || code >= 0x180B && code <= 0x180F || code >= 0xFE00 && code <= 0xFE0F
            || code >= 0xFFF0 && code <= 0xFFF8 || code >= 0xE0000 && code <= 0xE0FFF || (code & 0xFFFE) == 0xFFFE;
    }

    /** The joiner between two emoji, and the emoji form of a sign or keycap. */
    private static boolean partOfEmoji(int code, int last, int next) {
        boolean joins = code == 0x200D && (emoji(last) || last == 0xFE0F) && emoji(next);
        boolean forms = code == 0xFE0F && (emoji(last) || next == 0x20E3 && "0123456789#*".indexOf(last) >= 0);
        return joins || forms;
    }

    private static boolean emoji(int code) {
        return code >= 0x1F000 && code <= 0x1FAFF || code >= 0x2600 && code <= 0x27BF || code >= 0x2300 && code <= 0x23FF
            || code >= 0x2190 && code <= 0x21FF || code >= 0x2B00 && code <= 0x2BFF || code >= 0x25A0 && code <= 0x25FF
            || Set.of(0xA9, 0xAE, 0x203C, 0x2049, 0x2122, 0x2139, 0x2934, 0x2935, 0x3030, 0x303D, 0x3297, 0x3299).contains(code);
    }
}

/** JSON with its secrets masked where they are text: in the written form a token may stand right after an escape such as {@code \\n}. */
static final class MaskedJson {
    static JsonNode of(JsonNode node, Redactor redactor) {
        if (node.isString()) {
            return Json.MAPPER.getNodeFactory().stringNode(redactor.mask(node.asString("")));
        }
        if (node instanceof ObjectNode object) {
            List.copyOf(object.propertyNames()).forEach(name -> object.set(name, of(object.get(name), redactor)));
        } else if (node instanceof ArrayNode array) {
            for (int at = 0; at < array.size(); at++) {
                array.set(at, of(array.get(at), redactor));
            }
        }
        return node;
    }

    static String line(String line, Redactor redactor) {
        try {
            return line.startsWith("{") ? of(Json.MAPPER.readTree(line), redactor).toString() : line;
        } catch (JacksonException plain) {
            return line;
        }
    }
}

/** Masks a text that arrives line by line: a private key is hidden from its first line to its last. */
static final class MaskedLines {
    private static final Pattern OPEN = Pattern.compile("-----BEGIN [A-Z0-9 ]+-----(?!(?s:.*)-----END )");
    /** A key of 16384 bits has 200; what goes on longer only looked like the beginning of one. */
    private static final int KEY_LINES = 200;

    private final Redactor redactor;
    private int inKey;

    MaskedLines(Redactor redactor) {
        this.redactor = redactor;
    }

    String next(String line) {
        var text = inKey > 0 ? "-----BEGIN KEY-----\n" + line : line;
        inKey = inKey < KEY_LINES && OPEN.matcher(text).find() ? inKey + 1 : 0;
        return redactor.mask(text).replace("\n", "");
    }
}

/**
 * What is said about the issue, and in a review about the pull request; nobody's words are chosen yet.
 * {@code resolved}: a thread's first comment to whether it is settled; {@code trigger}: what caused the run, or null.
 */
record RawTalk(String repo, Subject issue, Subject pull, List<JsonNode> issueComments, List<JsonNode> pullComments,
                      List<JsonNode> reviews, List<JsonNode> threads, Map<Long, Boolean> resolved, Said trigger, boolean incomplete) {

    /** As the event shows it, and as GitHub has it now; either may be missing. */
    record Subject(String what, Integer number, JsonNode then, JsonNode now) {
        JsonNode node() {
            return then.isObject() ? then : now;
        }

        boolean edited() {
            return then.isObject() && now.isObject() && !(same("title") && same("body"));
        }

        private boolean same(String field) {
            return then.path(field).asString("").equals(now.path(field).asString(""));
        }
    }

    List<Said> opening() {
        return Stream.of(issue, pull).flatMap(this::opening).toList();
    }

    private Stream<Said> opening(Subject about) {
        var node = about.node();
        if (!node.isObject()) {
            return Stream.empty();
        }
        return Stream.of("title", "body").map(field -> {
            var source = about.what() + " " + about.number() + (field.equals("body") ? " description" : " title");
            var said = SaidOnGitHub.said(source, node, field);
            return about == pull && fromThisRepository(node)
                ? new Said(said.source(), said.author(), "COLLABORATOR", said.changed(), said.text()) : said;
        });
    }

    /** GitHub lets nobody open a pull request from a branch of this repository who may not push to it; so the workflow's bot may. */
    private boolean fromThisRepository(JsonNode node) {
        return repo != null && repo.equals(node.path("head").path("repo").path("full_name").asString(""));
    }

    /** Comments and reviews, the oldest first; threads that are settled are left out. */
    List<Said> replies() {
        var replies = new ArrayList<Said>();
        issueComments.forEach(comment -> replies.add(SaidOnGitHub.comment(issue.what(), issue.number(), comment)));
        pullComments.forEach(comment -> replies.add(SaidOnGitHub.comment(pull.what(), pull.number(), comment)));
        reviews.forEach(review -> replies.add(SaidOnGitHub.review(review)));
        threads.stream().filter(comment -> !resolved.getOrDefault(SaidOnGitHub.thread(comment), false))
            .forEach(comment -> replies.add(SaidOnGitHub.inThread(comment)));
        if (trigger != null) { // as it was when it started the run; what it was edited to meanwhile is late
            replies.removeIf(said -> said.source().equals(trigger.source()));
            replies.add(trigger);
        }
        replies.sort(Comparator.comparing(Said::changed, Comparator.nullsFirst(Comparator.naturalOrder())).thenComparing(Said::source));
        return replies;
    }

    Gaps gaps() {
        return new Gaps(issue.edited() || pull.edited(), !threads.isEmpty() && resolved.isEmpty(), incomplete);
    }
}

/** Masks secrets: the values of variables named like one (or named by the caller), and what looks like one. */
static final class Redactor {
    /** The least length of a value that is masked; what the caller names himself may be shorter. */
    private static final int NAMED = 6;
    private static final int LIKE_A_SECRET = 8;
    private static final int WRAPPED = 12;

    private final Map<String, String> values = new LinkedHashMap<>();

    Redactor(Env env, List<String> named) {
        var found = new LinkedHashMap<String, String>();
        env.values().forEach((name, value) -> forms(value).filter(form -> form.length() >= least(name, value, named))
            .forEach(form -> found.putIfAbsent(form, "[REDACTED:" + name + "]")));
        found.keySet().stream().sorted(Comparator.comparingInt(String::length).reversed().thenComparing(form -> form))
            .forEach(form -> values.put(form, found.get(form)));
    }

    private static int least(String name, String value, List<String> named) {
        boolean word = SecretShapes.WORDS.contains(value.strip().toLowerCase(Locale.ROOT));
        return named.contains(name) ? NAMED : SecretShapes.NAME.matcher(name).matches() && !word ? LIKE_A_SECRET : Integer.MAX_VALUE;
    }

    /** The value's disguises and those of each of its lines: a key that is printed line by line is masked too. */
    private static Stream<String> forms(String value) {
        return Stream.concat(Stream.of(value), value.lines()).map(Disguises::of).flatMap(Set::stream);
    }

    String mask(String text) {
        return SecretShapes.hidden(maskKnown(text), "[REDACTED]", hidden -> false);
    }

    /** Only the values of this run: for texts in which a shape may be meant as it stands. */
    String maskKnown(String text) {
        var masked = text;
        for (var value : values.entrySet()) {
            masked = masked.replace(value.getKey(), value.getValue());
        }
        return masked.indexOf('\n') < 0 ? masked : unwrapped(masked);
    }

    /** Values that were wrapped over lines; shorter ones would be met by accident. Line ends stay. */
    private String unwrapped(String text) {
        var packed = text.replaceAll("\\s+", "");
        var masked = text;
        for (var value : values.entrySet()) {
            var form = value.getKey().replaceAll("\\s+", "");
            if (form.length() >= WRAPPED && packed.contains(form)) {
                var wrapped = form.codePoints().mapToObj(c -> Pattern.quote(Character.toString(c))).collect(Collectors.joining("\\s*"));
                masked = Pattern.compile(wrapped).matcher(masked)
                    .replaceAll(m -> Matcher.quoteReplacement(value.getValue() + m.group().replaceAll("[^\n]", "")));
            }
        }
        return masked;
    }
}

/**
 * What somebody wrote. {@code association} is GitHub's word for what they are to the repository; {@code changed} is the time of the last
 * edit.
 */
record Said(String source, String author, String association, Instant changed, String text) { }

/** GitHub's JSON of issues, comments, reviews and threads, read as what somebody said, and where. */
static final class SaidOnGitHub {
    static Said said(String source, JsonNode node, String field) {
        return new Said(source, node.path("user").path("login").asString(null), node.path("author_association").asString(null),
            latest(node), node.path(field).asString(""));
    }

    static Said comment(String what, Integer number, JsonNode comment) {
        return said(what + " " + number + " comment " + comment.path("id").asLong(0), comment, "body");
    }

    static Said review(JsonNode review) {
        var state = Json.text(review, "state");
        var told = state.matches("[A-Za-z_]{1,30}") ? state.toLowerCase(Locale.ROOT) : "";
        return said(("review " + review.path("id").asLong(0) + " " + told).strip(), review, "body");
    }

    static Said inThread(JsonNode comment) {
        return said("review thread " + thread(comment) + " comment " + comment.path("id").asLong(0) + place(comment), comment, "body");
    }

    static long thread(JsonNode comment) {
        return comment.path("in_reply_to_id").asLong(comment.path("id").asLong(0));
    }

    private static String place(JsonNode comment) {
        var path = Json.text(comment, "path");
        int line = comment.path("line").asInt(comment.path("original_line").asInt(0));
        return path.matches("[\\w./@+-]{1,200}") && !Injection.in(path.replaceAll("[-_./@+]+", " "))
            ? " at " + path + (line > 0 ? ":" + line : "") : "";
    }

    static Instant latest(JsonNode node) {
        var time = Stream.of("updated_at", "submitted_at", "created_at").map(field -> node.path(field).asString(null))
            .filter(Objects::nonNull)
            .findFirst().orElse(null);
        try {
            return time == null ? null : Instant.parse(time);
        } catch (DateTimeParseException unreadable) {
            return null;
        }
    }
}

/** Chooses and prepares what people wrote: only from people with write access, only as it was when the label was set. */
static final class Untrusted {
    static final int ITEM_BYTES = 16 * 1024;
    static final int TOTAL_BYTES = 64 * 1024;
    private static final String COMMANDS = "add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|notice|remove-matcher"
        + "|save-state|set-env|set-output|stop-commands|warning|internal-[a-z-]+";
    private static final Pattern RUNNER_COMMAND = Pattern.compile("((?:(?m:^)\\s*:|##))(?=[:\\[](?:" + COMMANDS + ")\\b)");
    private static final Pattern LOOKS_LIKE_FENCE = Pattern.compile("[<\uFF1C\uFE64\u2039\u276E\u27E8]"
        + "(?=[\\s/\\\\\uFF0F]*(?:untrusted|cluster-data))", Pattern.CASE_INSENSITIVE);

    private final Predicate<Said> trusted;
    private final Redactor redactor;
    private final boolean anyAuthor;
    private final String nonce;
    private int outsiders;
    private int late;
    private int cut;
    private int hidden;
    private int invisible;

    Untrusted(Predicate<Said> trusted, Redactor redactor, boolean anyAuthor, String nonce) {
        this.trusted = trusted;
        this.redactor = redactor;
        this.anyAuthor = anyAuthor;
        this.nonce = nonce;
    }

    Conversation prepare(List<Said> opening, List<Said> replies, Instant asOf, Gaps gaps) {
        var first = opening.stream().filter(this::takes).map(this::fenced).toList();
        boolean withheld = outsiders > 0;
        outsiders = 0;
        int left = TOTAL_BYTES - first.stream().mapToInt(Untrusted::bytes).sum();
        var rest = newest(replies.stream().filter(said -> inTime(said, asOf)).filter(this::takes).toList(), left);
        var title = withheld || opening.isEmpty() ? "" : prepared(opening.get(0)).replaceAll("\\s+", " ");
        return new Conversation(title, String.join("\n", first), String.join("\n", rest),
            withheld, gaps, outsiders, late, cut, hidden, invisible);
    }

    private boolean inTime(Said said, Instant asOf) {
        boolean inTime = asOf == null || said.changed() != null && !said.changed().isAfter(asOf);
        late += inTime ? 0 : 1;
        return inTime;
    }

    private boolean takes(Said said) {
        boolean takes = !said.text().isBlank() && (anyAuthor || trusted.test(said));
        outsiders += takes || said.text().isBlank() ? 0 : 1;
        return takes;
    }

    /** From the newest back to the oldest until the room is used up; what is left out is counted. */
    private List<String> newest(List<Said> replies, int room) {
        var kept = new LinkedList<String>();
        int left = room;
        for (int i = replies.size() - 1; i >= 0; i--) {
            var block = fenced(replies.get(i));
            left -= bytes(block);
            if (left < 0) {
                cut = i + 1;
                kept.addFirst("[cut: " + cut + " older items]");
                break;
            }
            kept.addFirst(block);
        }
        return kept;
    }

    private String fenced(Said said) {
        var who = said.author() != null && WriteAccess.LOGIN.matcher(said.author()).matches() ? said.author() : "unknown";
        var access = anyAuthor && !trusted.test(said) ? "none" : "trusted";
        return "<untrusted nonce=\"" + nonce + "\" source=\"" + said.source() + "\" author=\"" + who + "\" access=\"" + access + "\">\n"
            + prepared(said) + "\n</untrusted nonce=\"" + nonce + "\">";
    }

    private String prepared(Said said) {
        var cleaned = cleaned(said.text());
        hidden += cleaned.hidden();
        invisible += cleaned.invisible();
        return cutTo(ITEM_BYTES, escaped(redactor.mask(cleaned.text()), nonce));
    }

    /** A text made to exhaust the cleaning is left out: uncleaned it must not pass. */
    private static Cleaner.Cleaned cleaned(String text) {
        try {
            return Cleaner.clean(text);
        } catch (StackOverflowError madeToBreak) {
            return new Cleaner.Cleaned("[withheld: this text cannot be cleaned]", 1, 0);
        }
    }

    /** Nothing inside may look like the end of the fence, nor, when the prompt is printed in a CI log, like a command to the runner. */
    static String escaped(String text, String nonce) {
        var harmless = RUNNER_COMMAND.matcher(text).replaceAll("$1\\\\");
        return LOOKS_LIKE_FENCE.matcher(nonce.isEmpty() ? harmless : harmless.replace(nonce, "[nonce]")).replaceAll("<\\\\\\\\");
    }

    static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** At most {@code limit} bytes of UTF-8 plus a mark that says how much is missing. */
    static String cutTo(int limit, String text) {
        byte[] all = text.getBytes(StandardCharsets.UTF_8);
        if (all.length <= limit) {
            return text;
        }
        int end = limit;
        while ((all[end] & 0xC0) == 0x80) {
            end--;
        }
        return new String(all, 0, end, StandardCharsets.UTF_8) + "\n[cut: " + Texts.count(all.length - end, "byte") + "]";
    }
}

/** Who is heard: people with write access, and whoever is allowed by name; {@code anyAuthor} hears everybody, and says so. */
record WriteAccess(Set<String> allowed, boolean anyAuthor) {
    static final Pattern LOGIN = Pattern.compile("[A-Za-z0-9-]{1,39}(\\[bot])?");
    private static final Set<String> WRITERS = Set.of("OWNER", "MEMBER", "COLLABORATOR");
    private static final Set<String> MAY_WRITE = Set.of("admin", "maintain", "write");

    /** {@code a,b}, {@code a b} or the JSON list that a repository variable often holds. */
    static Set<String> logins(String list) {
        var logins = new LinkedHashSet<String>();
        LOGIN.matcher(list == null ? "" : list).results().forEach(login -> logins.add(login.group().toLowerCase(Locale.ROOT)));
        return logins;
    }

    boolean byName(Said said) {
        return allowed.contains(login(said));
    }

    /** {@code permission} is the API's word; null where it does not tell: then the association counts. */
    static boolean mayWrite(Said said, String permission) {
        if (permission != null) {
            return MAY_WRITE.contains(permission);
        }
        // GitHub always sends the association; an event without one was written by the caller
        return said.association() == null ? !said.source().contains("comment") : WRITERS.contains(said.association());
    }

    static String login(Said said) {
        return said.author() == null ? "" : said.author().toLowerCase(Locale.ROOT);
    }
}

// src/prompt_run/options/

/** The environment: a variable that is blank counts as not set. {@code picked}: a value to the variable that it was taken from. */
record Env(Map<String, String> values, Map<String, String> picked) {
    Env(Map<String, String> values) {
        this(values, new HashMap<>());
    }

    String get(String name) {
        String value = values.get(name);
        return value == null || value.isBlank() ? null : value;
    }

    /** The option if it is given and not blank, else the first variable that is set, else null. */
    String pick(String option, String... twins) {
        if (option != null && !option.isBlank()) {
            return option;
        }
        var set = Stream.of(twins).filter(name -> get(name) != null).findFirst();
        set.ifPresent(name -> picked.put(Texts.oneLine(get(name)), name));
        return set.map(this::get).orElse(null);
    }

    /** What is said of an option's value, said of the variable that the value came from. */
    String named(String message) {
        for (var from : picked.entrySet()) {
            if (message.matches("(?s)--[a-z-]+ \\Q" + from.getKey().replace("\\E", "") + "\\E: .*")) {
                return message.replaceFirst("--[a-z-]+", Matcher.quoteReplacement(from.getValue()));
            }
        }
        return message;
    }
}

/** A mistake of the caller: one line that says what is wrong and what is accepted. */
static class UsageError extends RuntimeException {
    private static final long serialVersionUID = 1;

    UsageError(String message) {
        super(message);
    }

    UsageError(String message, Throwable cause) {
        super(message, cause);
    }
}

/** Values that several options share. */
static final class Values {
    private Values() {
    }

    static Integer positive(String name, String value) {
        if (value == null) {
            return null;
        }
        if (!value.strip().matches("[1-9]\\d{0,8}")) {
            throw new UsageError(name + " " + Texts.oneLine(value) + ": not a number; accepted: 1 or more");
        }
        return Integer.valueOf(value.strip());
    }

    /** More than zero. */
    static Duration duration(String name, String value) {
        return Durations.of(value).filter(d -> !d.isZero())
            .orElseThrow(() -> new UsageError(name + " " + Texts.oneLine(value) + ": not a duration; accepted: 90s, 20m, 1h5m"));
    }

    static boolean flag(String name, String value) {
        return Flags.of(value)
            .orElseThrow(() -> new UsageError(name + " " + Texts.oneLine(value) + ": not a yes or no; accepted: " + Flags.ACCEPTED));
    }

    static String matching(String name, String value, String pattern, String accepted) {
        if (value != null && !value.matches(pattern)) {
            throw new UsageError(name + " " + Texts.oneLine(value) + ": accepted: " + accepted);
        }
        return value;
    }

    static String oneOf(String name, String value, String... accepted) {
        if (!Arrays.asList(accepted).contains(value)) {
            throw new UsageError(name + " " + Texts.oneLine(value) + ": accepted: " + String.join(", ", accepted));
        }
        return value;
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
