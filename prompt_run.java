///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Renders the prompt of an AI coding agent and runs the agent, also when the environment is broken
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.21.4
//DEPS org.snakeyaml:snakeyaml-engine:3.0.1
//DEPS org.freemarker:freemarker:2.3.34
//DEPS io.fabric8:kubernetes-client-api:7.8.0
//DEPS io.fabric8:kubernetes-client:7.8.0@fatjar io.fabric8:zjsonpatch:7.8.0
//DEPS io.fabric8:kubernetes-httpclient-jdk:7.8.0
//DEPS org.slf4j:slf4j-nop:2.0.17
//FILES templates/layout.ftl=templates/layout.ftl
//FILES templates/common_en.ftl=templates/common_en.ftl
//FILES templates/common_ru.ftl=templates/common_ru.ftl
//FILES templates/infra_en.ftl=templates/infra_en.ftl
//FILES templates/infra_ru.ftl=templates/infra_ru.ftl
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
//CDS
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.MissingNode;
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
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import freemarker.template.TemplateNotFoundException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.text.Normalizer;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine;

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
    exitCodeList = {"0:the agent ran and finished (or --print, --dry-run)", "2:usage: unknown option, bad value, missing file",
        "20:the agent failed", "21:time or idle limit", "22:the run was lost (pod gone, exec broken)",
        "23:no place to run the agent", "130:cancelled by SIGINT", "143:cancelled by SIGTERM"},
    footerHeading = "%nExamples%n",
    footer = {"  jbang prompt_run.java --kind dev_issue --infra-report ready.json",
        "  jbang prompt_run.java --kind repair_issue --issue 42 --namespace shop-dev-3 --lang ru --print"})
public class prompt_run implements Callable<Integer> {

    static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    @ArgGroup(validate = false, heading = "%nThe prompt%n") PromptOptions prompt = new PromptOptions();
    @ArgGroup(validate = false, heading = "%nFacts of the run%n") FactOptions fact = new FactOptions();
    @ArgGroup(validate = false, heading = "%nState of the environment%n") InfraOptions infrastructure = new InfraOptions();
    @ArgGroup(validate = false, heading = "%nText from the issue%n") TextOptions text = new TextOptions();
    @ArgGroup(validate = false, heading = "%nThe agent%n") AgentOptions agent = new AgentOptions();
    @ArgGroup(validate = false, heading = "%nOutput%n") OutputOptions output = new OutputOptions();
    @Option(names = {"-h", "--help"}, usageHelp = true, description = "show this help and exit") boolean help;
    @Spec CommandSpec spec;

    final Env env;

    prompt_run(Map<String, String> environment) {
        this.env = new Env(environment);
    }

    /** What the prompt is made of. */
    static class PromptOptions {
        @Option(names = "--kind", paramLabel = "KIND",
            description = "dev_issue, plan_issue, repair_issue, dev_review, plan_review, repair_review, repair_plan (CODEXCTL_KIND)")
        String kind;
        @Option(names = "--list-kinds", description = "print the kinds with their languages and exit") boolean listKinds;
        @Option(names = "--lang", paramLabel = "LANG",
            description = "language of the prompt: en or ru; default en, also for a language without templates (CODEXCTL_LANG)")
        String lang;
        @Option(names = "--templates", paramLabel = "DIR", description = "folder with templates that add to or override the built-in ones") Path templates;
        @Option(names = "--template", paramLabel = "FILE", description = "render this template instead of the kind's own") Path template;
        @Option(names = "--vars", paramLabel = "K=V,...", description = "template variables, repeatable (CODEXCTL_VARS)")
        List<String> vars = new ArrayList<>();
        @Option(names = "--var-file", paramLabel = "FILE",
            description = "template variables as YAML or KEY=VALUE lines, repeatable (CODEXCTL_VAR_FILE)")
        List<Path> varFiles = new ArrayList<>();
        @Option(names = "--print", description = "print the prompt and stop") boolean print;
        @Option(names = "--dry-run", description = "print the prompt, where the agent would run, its command and permissions; start nothing")
        boolean dryRun;
    }

    /** What the run is about; what is not given comes from the GitHub event and the report. */
    static class FactOptions {
        @Option(names = "--env", paramLabel = "ENV", description = "environment type; default ai (CODEXCTL_ENV)") String env;
        @Option(names = "--slot", paramLabel = "N", description = "slot number, 1 or more (CODEXCTL_SLOT)") String slot;
        @Option(names = {"-n", "--namespace"}, paramLabel = "NAME", description = "namespace of the environment (CODEXCTL_NAMESPACE)")
        String namespace;
        @Option(names = "--issue", paramLabel = "N", description = "issue number; default: the event's (CODEXCTL_ISSUE_NUMBER)") String issue;
        @Option(names = "--pr", paramLabel = "N", description = "pull request number; default: the event's (CODEXCTL_PR_NUMBER)") String pr;
        @Option(names = "--repo", paramLabel = "OWNER/NAME", description = "repository; default: the event's (CODEXCTL_REPO, GITHUB_REPOSITORY)")
        String repo;
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
    }

    /** Where and how the agent runs. */
    static class AgentOptions {
        @Option(names = "--model", paramLabel = "NAME",
            description = "model; default: the label [ai-model-...], else the agent's own (CODEXCTL_MODEL)") String model;
        @Option(names = "--reasoning-effort", paramLabel = "EFFORT",
            description = "minimal, low, medium, high, xhigh; default: the label [ai-reasoning-...] (CODEXCTL_MODEL_REASONING_EFFORT)")
        String effort;
        @Option(names = "--resume", paramLabel = "THREAD|auto", description = "continue a session by its id, or the last one of this issue")
        String resume;
        @Option(names = "--agent-target", paramLabel = "TARGET", description = "auto, deploy, pod or runner; default auto") String target;
        @Option(names = "--fallback", paramLabel = "PLACES",
            description = "none, pod or pod,runner: where the agent runs when deploy/codex cannot; default pod") String fallback;
        @Option(names = "--agent-image", paramLabel = "IMAGE", description = "image of the fallback pod; default: that of deploy/codex") String image;
        @Option(names = "--source", paramLabel = "DIR", description = "working tree to upload where the agent's workspace is empty") Path source;
        @Option(names = "--bring-back", description = "fetch the agent's commits and uncommitted changes back into --source") boolean bringBack;
        @Option(names = "--agent-wait", paramLabel = "DURATION", description = "how long to wait for deploy/codex") String wait;
        @Option(names = "--agent-timeout", paramLabel = "DURATION", description = "limit for the whole run; default 60m") String timeout;
        @Option(names = "--idle-timeout", paramLabel = "DURATION", description = "limit without a sign of life; default 15m") String idle;
    }

    /** What is told, and where. */
    static class OutputOptions {
        @Option(names = "--result", paramLabel = "FILE", description = "write the result as JSON to this file too") Path result;
        @Option(names = "--artifacts", paramLabel = "DIR", description = "prompt, events, last message and stderr of the agent, redacted") Path artifacts;
        @Option(names = "--output", paramLabel = "FORMAT",
            description = "text or json; default: text on a terminal and for --print, else json") String format;
        @Option(names = {"-v", "--verbose"}, description = "more on stderr, stack traces included") boolean verbose;
        @Option(names = {"-q", "--quiet"}, description = "only warnings and errors on stderr") boolean quiet;
    }

    public static void main(String... args) {
        System.exit(cli(System.getenv()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        Console console = new Console(spec.commandLine(), output, env);
        if (prompt.listKinds) {
            return console.answer(new Templates(prompt.templates, null).describe()).exitCode();
        }
        RunOptions options = RunOptions.read(this);
        Infra infra = Infra.read(infrastructure, env, console);
        GitHubEvent event = GitHubEvent.read(env, console);
        Facts facts = Facts.gather(options, fact, agent, event, infra, env, console);
        Conversation talk = Discussion.gather(this, options, facts, event, console);
        Renderer renderer = new Renderer(options, facts, infra, talk, new Redactor(env, text.redactNames()), console);
        if (options.print()) {
            return console.answer(renderer.render(Place.undecided(infra))).exitCode();
        }
        try (AgentRun run = new AgentRun(options, agent, facts, infra, env, console)) {
            Place place = run.choosePlace();
            Prompt rendered = renderer.render(place);
            return console.answer(options.dryRun() ? run.preview(place, rendered) : run.run(place, rendered)).exitCode();
        }
    }

    /** The command line with this script's manners: one-line errors, one exit-code map, UTF-8 whatever the locale. */
    static CommandLine cli(Map<String, String> environment) {
        CommandLine cli = new CommandLine(new prompt_run(environment));
        cli.setOut(utf8(FileDescriptor.out));
        cli.setErr(utf8(FileDescriptor.err));
        cli.setParameterExceptionHandler((problem, args) -> {
            boolean verbose = Arrays.stream(args).anyMatch(a -> a.equals("-v") || a.equals("--verbose"));
            return Console.fail(problem.getCommandLine(), oneLine(problem.getMessage()) + "; see --help", problem, verbose, Outcome.USAGE);
        });
        cli.setExecutionExceptionHandler((problem, command, parsed) -> {
            boolean verbose = command.<prompt_run>getCommand().output.verbose;
            Outcome outcome = problem instanceof UsageError ? Outcome.USAGE : Outcome.LOST;
            String message = problem instanceof UsageError ? problem.getMessage() : problem.toString();
            return Console.fail(command, oneLine(message), problem, verbose, outcome);
        });
        return cli;
    }

    static PrintWriter utf8(FileDescriptor stream) {
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(stream), StandardCharsets.UTF_8), true);
    }

    static String oneLine(String message) {
        return message == null ? "" : message.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    // ---- options and their environment twins

    /** The environment: a variable that is blank counts as not set. */
    record Env(Map<String, String> values) {
        String get(String name) {
            String value = values.get(name);
            return value == null || value.isBlank() ? null : value;
        }

        /** The option if it is given and not blank, else the first variable that is set, else null. */
        String pick(String option, String... twins) {
            if (option != null && !option.isBlank()) {
                return option;
            }
            return Arrays.stream(twins).map(this::get).filter(v -> v != null).findFirst().orElse(null);
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

    /** The options that say what is done, merged with their twins and checked. */
    record RunOptions(String kind, String lang, Path templates, Path template, Map<String, Object> vars,
                      boolean print, boolean dryRun) {

        static RunOptions read(prompt_run command) {
            PromptOptions given = command.prompt;
            Templates templates = new Templates(given.templates, given.template);
            String kind = command.env.pick(given.kind, "CODEXCTL_KIND");
            if (kind == null && given.template == null) {
                throw new UsageError("--kind is missing; accepted: " + String.join(", ", templates.kinds().keySet()));
            }
            if (kind != null && given.template == null && !templates.kinds().containsKey(kind)) {
                throw new UsageError("--kind " + kind + ": no such kind; accepted: " + String.join(", ", templates.kinds().keySet()));
            }
            String lang = language(command.env.pick(given.lang, "CODEXCTL_LANG"));
            return new RunOptions(kind == null ? "custom" : kind, lang, given.templates, given.template,
                Vars.read(given, command.env), given.print, given.dryRun);
        }

        /** ISO 639 decides what is a language: {@code de} falls back to English later, {@code klingon} is a mistake. */
        static String language(String asked) {
            if (asked == null) {
                return "en";
            }
            String base = asked.strip().toLowerCase(Locale.ROOT).split("[_.-]", 2)[0];
            if (!Arrays.asList(Locale.getISOLanguages()).contains(base)) {
                throw new UsageError("--lang " + oneLine(asked) + ": not a language; accepted: en, ru, or another ISO 639 code (falls back to en)");
            }
            return base;
        }
    }

    /** Values that several options share. */
    static final class Values {
        private static final Pattern DURATION = Pattern.compile("(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?");

        private Values() {
        }

        static Integer positive(String name, String value) {
            if (value == null) {
                return null;
            }
            if (!value.strip().matches("[1-9]\\d{0,8}")) {
                throw new UsageError(name + " " + oneLine(value) + ": not a number; accepted: 1 or more");
            }
            return Integer.valueOf(value.strip());
        }

        /** {@code 90s}, {@code 20m}, {@code 1h5m}; more than zero. */
        static Duration duration(String name, String value) {
            Matcher parts = DURATION.matcher(value.strip());
            Duration total = Duration.ZERO;
            if (!value.isBlank() && value.strip().length() < 20 && parts.matches()) {
                total = Duration.ofHours(number(parts.group(1))).plusMinutes(number(parts.group(2))).plusSeconds(number(parts.group(3)));
            }
            if (total.isZero()) {
                throw new UsageError(name + " " + oneLine(value) + ": not a duration; accepted: 90s, 20m, 1h5m");
            }
            return total;
        }

        private static long number(String digits) {
            return digits == null ? 0 : Long.parseLong(digits);
        }

        static boolean flag(String name, String value) {
            switch (value.strip().toLowerCase(Locale.ROOT)) {
                case "1", "true", "yes": return true;
                case "0", "false", "no", "": return false;
                default: throw new UsageError(name + " " + oneLine(value) + ": not a yes or no; accepted: 1, true, yes, 0, false, no or empty");
            }
        }

        static String matching(String name, String value, String pattern, String accepted) {
            if (value != null && !value.matches(pattern)) {
                throw new UsageError(name + " " + oneLine(value) + ": accepted: " + accepted);
            }
            return value;
        }

        static String oneOf(String name, String value, String... accepted) {
            if (!Arrays.asList(accepted).contains(value)) {
                throw new UsageError(name + " " + oneLine(value) + ": accepted: " + String.join(", ", accepted));
            }
            return value;
        }
    }

    /** Template variables. Values are text as written: {@code 1.10} stays {@code 1.10}, whichever way it was given. */
    static final class Vars {
        private static final Pattern NEXT_KEY = Pattern.compile(",(?=\\s*[A-Za-z_][\\w.-]*\\s*=)");
        private static final Pattern PAIR = Pattern.compile("\\s*(?:export\\s+)?([A-Za-z_][\\w.-]*)\\s*=(.*)", Pattern.DOTALL);

        private Vars() {
        }

        static Map<String, Object> read(PromptOptions given, Env env) {
            Map<String, Object> all = new TreeMap<>();
            List<Path> files = new ArrayList<>(given.varFiles);
            if (files.isEmpty() && env.get("CODEXCTL_VAR_FILE") != null) {
                files.add(Path.of(env.get("CODEXCTL_VAR_FILE")));
            }
            files.forEach(file -> all.putAll(fromFile(file)));
            List<String> lists = given.vars.isEmpty() && env.get("CODEXCTL_VARS") != null ? List.of(env.get("CODEXCTL_VARS")) : given.vars;
            lists.forEach(list -> all.putAll(fromList(list)));
            return all;
        }

        /** {@code a=1,b=2}; a comma that no {@code key=} follows belongs to the value. */
        static Map<String, Object> fromList(String list) {
            Map<String, Object> vars = new LinkedHashMap<>();
            for (String part : NEXT_KEY.split(list)) {
                Matcher pair = PAIR.matcher(part);
                if (!part.isBlank() && !pair.matches()) {
                    throw new UsageError("--vars: \"" + oneLine(part) + "\" is not KEY=VALUE; accepted: a=1,b=2");
                }
                if (!part.isBlank()) {
                    vars.put(pair.group(1), pair.group(2));
                }
            }
            return vars;
        }

        static Map<String, Object> fromFile(Path file) {
            String content = text("--var-file", file);
            List<String> lines = content.lines().filter(l -> !l.isBlank() && !l.strip().startsWith("#")).toList();
            if (lines.stream().allMatch(line -> PAIR.matcher(line).matches())) {
                Map<String, Object> vars = new LinkedHashMap<>();
                lines.stream().map(PAIR::matcher).filter(Matcher::matches).forEach(p -> vars.put(p.group(1), unquoted(p.group(2).strip())));
                return vars;
            }
            return fromYaml(file, content);
        }

        private static Map<String, Object> fromYaml(Path file, String content) {
            String accepted = "; accepted: a YAML mapping or KEY=VALUE lines";
            try {
                LoadSettings settings = LoadSettings.builder().setLabel(file.toString()).setSchema(new FailsafeSchema()).build();
                if (new Load(settings).loadFromString(content) instanceof Map<?, ?> mapping) {
                    Map<String, Object> vars = new LinkedHashMap<>();
                    mapping.forEach((key, value) -> vars.put(String.valueOf(key), value));
                    return vars;
                }
                throw new UsageError("--var-file " + file + ": neither YAML mapping nor KEY=VALUE" + accepted);
            } catch (MarkedYamlEngineException problem) {
                String line = problem.getProblemMark().map(mark -> " line " + (mark.getLine() + 1) + ":").orElse("");
                throw new UsageError("--var-file " + file + ":" + line + " " + oneLine(problem.getProblem()) + accepted, problem);
            } catch (YamlEngineException problem) {
                throw new UsageError("--var-file " + file + ": " + oneLine(problem.getMessage()) + accepted, problem);
            }
        }

        private static String unquoted(String value) {
            boolean quoted = value.length() > 1 && (value.startsWith("\"") && value.endsWith("\"") || value.startsWith("'") && value.endsWith("'"));
            return quoted ? value.substring(1, value.length() - 1) : value;
        }

        /** The file as text, or a usage error that names the option. */
        static String text(String option, Path file) {
            try {
                return Files.readString(file);
            } catch (MalformedInputException problem) {
                throw new UsageError(option + " " + file + ": not UTF-8 text", problem);
            } catch (IOException problem) {
                throw new UsageError(option + " " + file + ": cannot read it (" + reason(problem) + ")", problem);
            }
        }

        static String reason(IOException problem) {
            String name = problem.getClass().getSimpleName();
            return switch (name) {
                case "NoSuchFileException" -> "no such file";
                case "AccessDeniedException" -> "permission denied";
                default -> oneLine(String.valueOf(problem.getMessage()));
            };
        }
    }

    // ---- facts

    /** The webhook payload of the workflow run, or nothing. */
    record GitHubEvent(JsonNode root) {

        static GitHubEvent read(Env env, Console console) {
            String path = env.get("GITHUB_EVENT_PATH");
            if (path == null) {
                return new GitHubEvent(MissingNode.getInstance());
            }
            try {
                JsonNode root = JSON.readTree(Files.readString(Path.of(path)));
                if (root != null && root.isObject()) {
                    return new GitHubEvent(root);
                }
                console.warn("GITHUB_EVENT_PATH " + path + ": not a JSON object; the prompt is built without the event");
            } catch (IOException problem) {
                console.warn("GITHUB_EVENT_PATH " + path + ": cannot read it (" + problem.getClass().getSimpleName() + "); the prompt is built without the event");
            }
            return new GitHubEvent(MissingNode.getInstance());
        }

        /** Comments on a pull request come as an issue that has a {@code pull_request} field. */
        boolean aboutPullRequest() {
            return root.has("pull_request") || root.path("issue").has("pull_request");
        }

        Integer issue() {
            return aboutPullRequest() ? null : number(root.path("issue").path("number"));
        }

        Integer pullRequest() {
            JsonNode number = root.path("pull_request").path("number");
            return number.isNumber() ? number(number) : aboutPullRequest() ? number(root.path("issue").path("number")) : null;
        }

        private static Integer number(JsonNode node) {
            return node.canConvertToInt() && node.asInt() > 0 ? Integer.valueOf(node.asInt()) : null;
        }

        String repo() {
            return root.path("repository").path("full_name").asText(null);
        }

        String defaultBranch() {
            return Facts.safeRef(root.path("repository").path("default_branch").asText(null));
        }

        /** The branch of the pull request under review; null when it lives in a fork, where nobody here may push. */
        String headBranch() {
            JsonNode head = root.path("pull_request").path("head");
            boolean fork = head.path("repo").has("full_name") && !head.path("repo").path("full_name").asText().equals(repo());
            return fork ? null : Facts.safeRef(head.path("ref").asText(null));
        }

        /** The issue as the event shows it, if the event is about this one. */
        JsonNode issueNode(Integer number) {
            return number != null && number.equals(issue()) ? root.path("issue") : MissingNode.getInstance();
        }

        JsonNode pullNode(Integer number) {
            JsonNode node = root.has("pull_request") ? root.path("pull_request") : root.path("issue");
            return number != null && number.equals(pullRequest()) ? node : MissingNode.getInstance();
        }

        /** The comment or review that caused the run, in the event's own words. */
        Said trigger() {
            Integer number = Facts.first(pullRequest(), issue());
            JsonNode review = root.path("review");
            JsonNode comment = root.path("comment");
            if (number == null || !review.isObject() && !comment.isObject()) {
                return null;
            }
            boolean inThread = comment.has("path");
            return review.isObject() ? Discussion.said(Discussion.reviewSource(review), review, "body")
                : Discussion.said(inThread ? Discussion.threadSource(comment) : Discussion.commentSource(aboutPullRequest() ? "pull request" : "issue", number, comment), comment, "body");
        }

        /** When the label was set (or the review sent, the comment written): what was written or changed later does not count. */
        Instant asOf() {
            return root.path("review").isObject() ? latest(root.path("review")) : root.path("comment").isObject() ? latest(root.path("comment"))
                : latest(root.path(root.has("issue") ? "issue" : "pull_request"));
        }

        /** The time of the last change; null when there is none. */
        static Instant latest(JsonNode node) {
            String time = Facts.first(node.path("updated_at").asText(null), node.path("submitted_at").asText(null), node.path("created_at").asText(null));
            try {
                return time == null ? null : Instant.parse(time);
            } catch (DateTimeParseException unreadable) {
                return null;
            }
        }

        List<String> labels() {
            List<String> names = new ArrayList<>();
            JsonNode owner = root.has("issue") ? root.path("issue") : root.path("pull_request");
            owner.path("labels").forEach(label -> names.add(label.path("name").asText("")));
            return names;
        }
    }

    /** What the run is about. Everything in here is checked; free text stands in the conversation, never here. */
    record Facts(String env, Integer slot, String namespace, Integer issue, Integer pr, String repo, String branch, String base,
                 String model, String effort, boolean bringBack, Limits limits) {

        /** How long the agent may take, as written. */
        record Limits(String total, String idle) {
            static Limits of(AgentOptions given) {
                String total = first(given.timeout, "60m");
                String idle = first(given.idle, "15m");
                Values.duration("--agent-timeout", total);
                Values.duration("--idle-timeout", idle);
                return new Limits(total.strip(), idle.strip());
            }
        }

        private static final Pattern OUR_BRANCH = Pattern.compile("codex/(?:issue|ai-repair)-([1-9]\\d{0,8})");
        private static final String NAME = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

        static Facts gather(RunOptions options, FactOptions given, AgentOptions agent, GitHubEvent event, Infra infra, Env env, Console console) {
            String repo = Values.matching("--repo", first(env.pick(given.repo, "CODEXCTL_REPO", "GITHUB_REPOSITORY"), event.repo()),
                "[\\w.-]{1,100}/[\\w.-]{1,100}", "OWNER/NAME");
            String head = event.headBranch();
            Integer issue = first(Values.positive("--issue", env.pick(given.issue, "CODEXCTL_ISSUE_NUMBER")), event.issue(), issueOf(head), infra.number("issue"));
            Integer pr = first(Values.positive("--pr", env.pick(given.pr, "CODEXCTL_PR_NUMBER")), event.pullRequest(), infra.number("pr"));
            Integer slot = first(Values.positive("--slot", env.pick(given.slot, "CODEXCTL_SLOT")), infra.number("slot"));
            String namespace = Values.matching("--namespace", first(env.pick(given.namespace, "CODEXCTL_NAMESPACE"), infra.name("namespace")),
                NAME, "lower-case letters, digits and '-', at most 63");
            String kindOfEnv = Values.matching("--env", first(env.pick(given.env, "CODEXCTL_ENV"), infra.name("env"), "ai"),
                NAME, "lower-case letters, digits and '-', at most 63");
            ModelChoice choice = ModelChoice.of(agent, event.labels(), env, console);
            return new Facts(kindOfEnv, slot, namespace, issue, pr, repo, branch(options.kind(), head, issue, slot), first(event.defaultBranch(), "main"),
                choice.model(), choice.effort(), agent.bringBack, Limits.of(agent));
        }

        /** A review goes on with the branch under review; the other kinds have one branch per issue. */
        static String branch(String kind, String head, Integer issue, Integer slot) {
            if (kind.endsWith("_review") && head != null) {
                return head;
            }
            String what = kind.startsWith("repair") ? "codex/ai-repair-" : "codex/issue-";
            return what + (issue != null ? issue.toString() : slot != null ? "slot-" + slot : "none");
        }

        static Integer issueOf(String branch) {
            Matcher ours = OUR_BRANCH.matcher(branch == null ? "" : branch);
            return ours.matches() ? Integer.valueOf(ours.group(1)) : null;
        }

        /** A branch name that is safe in a command line and in a prompt, else null. */
        static String safeRef(String ref) {
            return ref != null && ref.matches("[A-Za-z0-9][A-Za-z0-9._/-]{0,199}") && !ref.contains("..") && !ref.endsWith("/") ? ref : null;
        }

        @SafeVarargs
        @SuppressWarnings("varargs")
        static <T> T first(T... candidates) {
            return Arrays.stream(candidates).filter(c -> c != null).findFirst().orElse(null);
        }
    }

    /** Model and effort: an option counts more than a label; what nobody knows is a warning, what cannot be meant is not used. */
    record ModelChoice(String model, String effort) {
        private static final Pattern LABEL = Pattern.compile("\\[?ai-(model|reasoning)-([A-Za-z0-9._:/-]{1,80}?)]?");
        private static final Pattern KNOWN = Pattern.compile("gpt-5(\\.\\d+)?(-codex)?(-(max|mini|nano|pro))?|gpt-4\\.1(-mini)?|o3|o4-mini|codex-mini-latest");
        private static final List<String> EFFORTS = List.of("none", "minimal", "low", "medium", "high", "xhigh");

        static ModelChoice of(AgentOptions given, List<String> labels, Env env, Console console) {
            String model = Values.matching("--model", env.pick(given.model, "CODEXCTL_MODEL"), "[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}", "letters, digits and . _ : / -");
            String effort = env.pick(given.effort, "CODEXCTL_MODEL_REASONING_EFFORT");
            if (effort != null) {
                effort = Values.oneOf("--reasoning-effort", effort(effort), EFFORTS.toArray(String[]::new));
            }
            String labelled = fromLabels("reasoning", labels, console);
            if (effort == null && labelled != null && !EFFORTS.contains(effort(labelled))) {
                console.warn("label [ai-reasoning-" + labelled + "]: no such effort, ignored; accepted: " + String.join(", ", EFFORTS));
            } else if (effort == null && labelled != null) {
                effort = effort(labelled);
            }
            model = model == null ? fromLabels("model", labels, console) : model;
            if (model != null && !KNOWN.matcher(model).matches()) {
                console.warn("model " + model + ": not known here, passed on as it is");
            }
            return new ModelChoice(model, effort);
        }

        private static String effort(String asked) {
            String plain = asked.strip().toLowerCase(Locale.ROOT);
            return plain.equals("extra-high") ? "xhigh" : plain;
        }

        static String fromLabels(String what, List<String> labels, Console console) {
            List<String> found = labels.stream().map(LABEL::matcher).filter(Matcher::matches).filter(m -> m.group(1).equals(what)).map(m -> m.group(2)).toList();
            if (found.size() > 1) {
                console.warn("more than one [ai-" + what + "-...] label: " + found.get(0) + " is used");
            }
            return found.isEmpty() ? null : found.get(0);
        }
    }

    // ---- the environment's report

    /** What is known about the environment. Fails closed: it is healthy only when nothing says otherwise and a report, if named, proves it. */
    record Infra(boolean unhealthy, boolean reported, String problem, Path file, JsonNode report) {

        static Infra read(InfraOptions given, Env env, Console console) {
            String flag = given.unhealthy != null ? given.unhealthy : env.pick(null, "INFRA_UNHEALTHY", "CODEXCTL_INFRA_UNHEALTHY");
            boolean asked = flag != null && Values.flag("--infra-unhealthy", flag);
            if (given.report == null) {
                return new Infra(asked, false, null, null, MissingNode.getInstance());
            }
            Infra infra = ofReport(asked, given.report);
            if (infra.problem != null) {
                console.warn("--infra-report " + given.report + ": " + infra.problem + "; the environment counts as not ready");
            } else if (flag != null && !asked && infra.unhealthy) {
                console.warn("--infra-unhealthy says no, but the report does not say infraReady: true; the environment counts as not ready");
            }
            return infra;
        }

        private static Infra ofReport(boolean asked, Path file) {
            try {
                JsonNode root = JSON.readTree(Files.readString(file));
                if (root == null || !root.isObject()) {
                    return broken(file, "it is not a JSON object");
                }
                JsonNode ready = root.path("infraReady");
                String problem = ready.isBoolean() ? null : "it does not say infraReady true or false";
                return new Infra(asked || !(ready.isBoolean() && ready.booleanValue()), true, problem, file, root);
            } catch (JsonProcessingException problem) {
                return broken(file, "it is not valid JSON");
            } catch (IOException problem) {
                return broken(file, Vars.reason(problem));
            }
        }

        private static Infra broken(Path file, String problem) {
            return new Infra(true, false, problem, file, MissingNode.getInstance());
        }

        Integer number(String field) {
            JsonNode value = report.path(field);
            return value.canConvertToInt() && value.asInt() > 0 ? Integer.valueOf(value.asInt()) : null;
        }

        String name(String field) {
            String value = report.path(field).asText("");
            return value.matches(Facts.NAME) ? value : null;
        }
    }

    /**
     * The report as the templates see it. Trusted are only codes, numbers, object names, paths of the repository and checked
     * commands; every other text stands in one fenced block of marked lines. The report is checked again here, wherever it comes from.
     */
    static final class InfraView {
        /** The block, in UTF-8, in any language. */
        static final int BLOCK_BYTES = 12 * 1024;
        static final List<Limits> LEVELS = List.of(new Limits(5, 5, 400, 20, 40, 4096), new Limits(5, 3, 400, 20, 20, 2048), new Limits(5, 2, 300, 10, 12, 1200),
            new Limits(5, 2, 200, 6, 6, 600), new Limits(5, 1, 160, 4, 0, 0), new Limits(3, 1, 120, 3, 0, 0), new Limits(1, 1, 80, 2, 0, 0));
        private static final int LINE_CHARS = 300;
        private static final Pattern CODE = Pattern.compile("[A-Z][A-Z0-9_]{1,63}");
        private static final Pattern WORD = Pattern.compile("[a-z][a-z-]{0,19}");
        private static final Pattern KIND = Pattern.compile("[A-Za-z][A-Za-z0-9]{0,62}");
        private static final Pattern OBJECT_NAME = Pattern.compile("[a-z0-9]([-a-z0-9.:]{0,250}[a-z0-9])?");
        private static final Pattern FILE = Pattern.compile("(?![/.]*\\.\\.)(?!.*/\\.\\./)[A-Za-z0-9_.@+][\\w./@+-]{0,199}");
        private static final Pattern FIELD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_./\\[\\]=-]{0,199}");
        private static final Pattern TIME = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT[0-9:.]{8,20}(Z|[+-]\\d\\d:\\d\\d)");
        private static final Pattern CATALOGUE_TEXT = Pattern.compile("(?!.*(?:://|`|<|>|www\\.))[\\x20-\\x7E]{1,300}");
        private static final Pattern LIMITED = Pattern.compile("[a-z0-9][a-z0-9 ./:,()-]{0,99}");
        private static final Pattern COMMAND = Pattern.compile("kubectl(?: -n [a-z0-9-]{1,63})?(?: (?:get|describe|logs|top|events|explain)| rollout (?:status|history)| auth can-i)"
            + "(?: [A-Za-z0-9][A-Za-z0-9_.,/:=-]{0,200}| -[cnl] [A-Za-z0-9][A-Za-z0-9_.,/:=-]{0,200}| -[pA]| -o (?:wide|yaml|json|name)"
            + "| --(?:previous|all-containers|show-labels)| --(?:tail|since|for|sort-by|field-selector|container|namespace)[= ][A-Za-z0-9_.,/:=-]{1,200}){0,12}");
        private static final Set<String> OUTCOMES = Set.of("ready", "timeout", "failed", "apply-failed", "prepare-failed", "no-cluster", "forbidden", "interrupted");

        record Limits(int causes, int evidence, int evidenceChars, int symptoms, int logLines, int logBytes) {
        }

        private final Infra infra;
        private final Redactor redactor;
        private final String nonce;
        private final Limits limits;
        private final List<String> data = new ArrayList<>();
        private int suspicious;

        InfraView(Infra infra, Redactor redactor, String nonce, Limits limits) {
            this.infra = infra;
            this.redactor = redactor;
            this.nonce = nonce;
            this.limits = limits;
        }

        Map<String, Object> model() {
            JsonNode report = infra.report();
            Map<String, Object> model = new LinkedHashMap<>();
            model.put("unhealthy", infra.unhealthy());
            model.put("reported", infra.reported());
            model.put("named", infra.file() != null);
            model.put("saysReady", report.path("infraReady").asBoolean(false));
            String outcome = report.path("outcome").asText("");
            model.put("outcome", OUTCOMES.contains(outcome) ? outcome : "");
            model.put("waitedSeconds", report.path("waitedSeconds").isNumber() ? String.valueOf(Math.round(report.path("waitedSeconds").asDouble())) : "");
            model.put("agentReady", report.path("agentReady").isBoolean() ? report.path("agentReady").asText() : "");
            model.put("causes", limited(report.path("causes"), limits.causes(), this::cause));
            model.put("causesMore", more(report.path("causes"), limits.causes()));
            List<JsonNode> broken = brokenWorkloads(report.path("workloads"));
            model.put("workloads", broken.stream().limit(limits.symptoms()).map(this::workload).toList());
            model.put("workloadsMore", Math.max(0, broken.size() - limits.symptoms()));
            model.put("workloadsTotal", report.path("workloads").size());
            model.put("unexplained", limited(report.path("unexplained"), limits.symptoms(), this::symptom));
            model.put("unexplainedMore", more(report.path("unexplained"), limits.symptoms()));
            report.path("warnings").forEach(warning -> say("warning", warning.isTextual() ? warning.asText() : code(warning.path("code")) + " " + warning.path("message").asText("")));
            model.put("limited", limitations(report.path("limited")));
            model.put("data", block());
            model.put("suspicious", suspicious);
            return model;
        }

        private static List<JsonNode> brokenWorkloads(JsonNode workloads) {
            List<JsonNode> broken = new ArrayList<>();
            workloads.forEach(workload -> {
                if (!Set.of("ready", "suspended").contains(workload.path("state").asText(""))) {
                    broken.add(workload);
                }
            });
            return broken;
        }

        private static List<Map<String, Object>> limited(JsonNode list, int most, Function<JsonNode, Map<String, Object>> view) {
            List<Map<String, Object>> views = new ArrayList<>();
            for (int i = 0; i < Math.min(list.size(), most); i++) {
                views.add(view.apply(list.get(i)));
            }
            return views;
        }

        private static int more(JsonNode list, int most) {
            return Math.max(0, list.size() - most);
        }

        private Map<String, Object> workload(JsonNode workload) {
            Map<String, Object> view = new LinkedHashMap<>();
            view.put("object", object(workload));
            view.put("state", word(workload.path("state")));
            view.put("ready", workload.path("ready").asInt(0));
            view.put("desired", workload.path("desired").asInt(0));
            say(object(workload), workload.path("message").asText(""));
            return view;
        }

        private Map<String, Object> symptom(JsonNode symptom) {
            JsonNode what = symptom.has("object") ? symptom.path("object") : symptom;
            return Map.of("object", object(what), "code", code(symptom.path("code")));
        }

        private int causeNumber;

        private Map<String, Object> cause(JsonNode cause) {
            causeNumber++;
            Map<String, Object> view = new LinkedHashMap<>();
            JsonNode fix = cause.path("fix");
            view.put("code", code(cause.path("code")));
            view.put("severity", word(cause.path("severity")));
            view.put("basis", word(cause.path("basis")));
            view.put("object", object(cause.path("object")));
            view.put("owner", cause.path("owner").isMissingNode() || cause.path("owner").isNull() ? "" : object(cause.path("owner")));
            view.put("container", matching(OBJECT_NAME, cause.path("container")));
            view.put("scope", word(fix.path("scope")));
            view.put("action", matching(CODE, fix.path("action")));
            view.put("text", fixText(fix.path("text").asText("")));
            view.put("files", texts(fix.path("files"), this::file));
            view.put("next", texts(cause.path("next"), next -> matching(COMMAND, next)));
            view.put("explains", limited(cause.path("explains"), limits.symptoms(), this::symptom));
            view.put("explainsTotal", cause.path("explains").size());
            view.put("explainsMore", more(cause.path("explains"), limits.symptoms()));
            evidence(cause.path("evidence"));
            log(cause.path("logExcerpt"));
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

        private void evidence(JsonNode evidence) {
            for (int i = 0; i < Math.min(evidence.size(), limits.evidence()); i++) {
                JsonNode item = evidence.get(i);
                String where = String.join(" ", List.of("[" + causeNumber + "] " + word(item.path("source")), matching(FIELD, item.path("path")), reason(item),
                    item.path("count").asInt(0) > 1 ? "x" + item.path("count").asInt() : "", matching(TIME, item.path("lastSeen")))).replaceAll(" +", " ").strip();
                if (item.path("suspicious").asBoolean(false)) {
                    suspicious++;
                } else {
                    say(where, middleCut(limits.evidenceChars(), flat(item.path("message").asText(""))));
                }
            }
            if (evidence.size() > limits.evidence()) {
                data.add("[" + causeNumber + "] [cut: " + (evidence.size() - limits.evidence()) + " more pieces of evidence]");
            }
        }

        private static String reason(JsonNode item) {
            String reason = item.path("reason").asText("");
            return reason.matches("[A-Za-z][A-Za-z0-9]{0,63}") ? reason : "";
        }

        private void log(JsonNode excerpt) {
            List<String> lines = new ArrayList<>();
            excerpt.path("lines").forEach(line -> lines.addAll(clean(line.asText("")).lines().toList()));
            Set<Integer> poisoned = Injection.lines(lines);
            suspicious += poisoned.size();
            LinkedList<String> kept = new LinkedList<>();
            int bytes = 0;
            for (int i = lines.size() - 1; i >= 0 && kept.size() < limits.logLines(); i--) {
                String line = middleCut(LINE_CHARS, lines.get(i));
                bytes += Untrusted.bytes(line) + 4;
                if (bytes > limits.logBytes()) {
                    break;
                }
                if (!poisoned.contains(i)) {
                    kept.addFirst(line);
                }
            }
            if (lines.isEmpty()) {
                return;
            }
            int total = Math.max(lines.size(), excerpt.path("total").asInt(0));
            data.add("[" + causeNumber + "] log " + matching(OBJECT_NAME, excerpt.path("pod")) + " " + matching(OBJECT_NAME, excerpt.path("container"))
                + (excerpt.path("previous").asBoolean(false) ? " (previous run)" : "") + ": " + kept.size() + " of " + total + " lines");
            data.addAll(kept);
        }

        /** A text that is not ours: into the fenced block, unless it reads like an instruction. */
        private void say(String label, String text) {
            String line = middleCut(LINE_CHARS + 100, flat(text));
            if (line.isBlank()) {
                return;
            }
            if (Injection.in(line)) {
                suspicious++;
            } else {
                data.add(label + ": " + line);
            }
        }

        private String flat(String text) {
            return clean(text).strip().replaceAll("\\s*\\n\\s*", " / ");
        }

        /** Masked before anything is cut, without characters that a reader does not see, and unable to close the fence. */
        private String clean(String text) {
            String visible = Cleaner.plain(text).replaceAll("(?s)<!--.*?(-->|$)", "");
            return Untrusted.escaped(redactor.mask(visible), nonce);
        }

        static String middleCut(int limit, String text) {
            if (text.length() <= limit) {
                return text;
            }
            int head = limit * 2 / 3;
            int tail = text.length() - (limit - head);
            head -= Character.isHighSurrogate(text.charAt(head - 1)) ? 1 : 0;
            tail += Character.isLowSurrogate(text.charAt(tail)) ? 1 : 0;
            return text.substring(0, head) + "[cut: " + (tail - head) + " characters]" + text.substring(tail);
        }

        private String block() {
            if (data.isEmpty()) {
                return "";
            }
            StringBuilder block = new StringBuilder("<cluster-data nonce=\"" + nonce + "\">\n");
            data.forEach(line -> block.append("~| ").append(line).append('\n'));
            return block.append("</cluster-data nonce=\"").append(nonce).append("\">").toString();
        }

        private String limitations(JsonNode limited) {
            List<String> parts = texts(limited, part -> matching(LIMITED, part));
            limited.forEach(part -> {
                if (matching(LIMITED, part).isEmpty()) {
                    say("limited", part.asText(""));
                }
            });
            return String.join("; ", parts);
        }

        private static List<String> texts(JsonNode list, Function<JsonNode, String> view) {
            List<String> texts = new ArrayList<>();
            list.forEach(item -> texts.add(view.apply(item)));
            return texts.stream().filter(text -> !text.isEmpty()).limit(5).toList();
        }

        private String file(JsonNode file) {
            String path = file.isTextual() ? file.asText() : file.path("path").asText("");
            int line = file.path("line").asInt(0);
            return FILE.matcher(path).matches() ? path + (line > 0 ? ":" + line : "") : "";
        }

        private static String matching(Pattern pattern, JsonNode value) {
            String text = value.asText("");
            return pattern.matcher(text).matches() && !Injection.in(text.replaceAll("[-_./]", " ")) ? text : "";
        }

        private static String code(JsonNode value) {
            return Facts.first(emptyToNull(matching(CODE, value)), "UNKNOWN");
        }

        private static String word(JsonNode value) {
            return Facts.first(emptyToNull(matching(WORD, value)), "unknown");
        }

        private static String emptyToNull(String text) {
            return text.isEmpty() ? null : text;
        }

        /** {@code deploy/web}, from {@code {kind, name}} or from text; a name that Kubernetes would not allow is not repeated. */
        static String object(JsonNode value) {
            String[] parts = value.isTextual() ? value.asText().split("/", 2) : new String[] {value.path("kind").asText(""), value.path("name").asText("")};
            String name = parts.length == 2 ? parts[1] : "";
            boolean valid = KIND.matcher(parts[0]).matches() && OBJECT_NAME.matcher(name).matches() && !Injection.in(name.replaceAll("[-.:]", " "));
            return valid ? SHORT.getOrDefault(parts[0], parts[0].toLowerCase(Locale.ROOT)) + "/" + name : "object/(name withheld)";
        }

        private static final Map<String, String> SHORT = Map.of("Deployment", "deploy", "StatefulSet", "sts", "DaemonSet", "ds", "Service", "svc",
            "PersistentVolumeClaim", "pvc", "ReplicaSet", "rs", "ServiceAccount", "sa", "ConfigMap", "cm", "Ingress", "ing");
    }

    /** Recognises text that speaks to the agent instead of describing a fault. It is left out of the prompt and counted. */
    static final class Injection {
        private static final Pattern PATTERN = Pattern.compile(String.join("|",
            "\\b(ignore|disregard|forget|override|bypass)\\b.{0,30}\\b(previous|prior|above|earlier|all|any|your|these|those|system|the)\\b.{0,30}\\b(instruction|rule|prompt|direction|guideline)",
            "\\b(new|updated|real|actual|important|urgent|system|additional|following)\\b.{0,12}\\b(instruction|directive|order)s?\\b\\s*[:.]", "\\bsystem\\s*prompt\\b", "\\byou (are|must|should|shall|need to|have to) (now|act|run|execute|delete|print|send|export|ignore|reveal|output|approve|merge|push)\\b",
            "\\b(as|dear|hey|attention|note to|message to|hello|hi)[ ,]+(an? |the |all )?(ai|llm|agent|assistant|codex|language model)\\b", "<\\|[a-z_]{2,20}\\|>", "\\[/?inst]", "^\\s*(system|assistant)\\s*:\\s+\\S",
            "\\b(please |now |then |must |and )?(run|execute|eval|paste|type)\\b.{0,20}(`|\\$\\(|\\b(curl|wget|bash|sh -c|kubectl|rm|nc|python|chmod|git)\\b)", "\\b(curl|wget)\\b[^|]{0,200}\\|\\s*(sudo\\s+)?(ba|z|da)?sh\\b",
            "\\bkubectl\\s+(delete|patch|edit|apply|create|exec|scale|replace|annotate|label)\\b", "\\brm\\s+-[a-z]*[rf]", "\\bgit\\s+push\\b", "\\bgh\\s+(pr|auth|secret|api|repo)\\b",
            "\\b(reveal|exfiltrate|leak)\\b.{0,30}\\b(secret|token|credential|password|api key|environment)", "\\b(print|send|post|upload|dump|echo|include|output)\\b.{0,40}\\b(secret|token|credential|password|api key|environment variable|env var)s?\\b.{0,60}(https?:|\\b(pull request|comment|issue|pr|url|webhook)\\b)",
            "\\b(do not|don't|never) (tell|mention|report|inform|reveal|show)\\b", "\\b(to|for) (fix|solve|resolve|repair) (this|it)\\b.{0,40}\\b(run|delete|remove|disable|visit|open|download|execute|grant|apply)\\b",
            "\\b(agent|assistant|codex|llm)\\b.{0,20}\\b(must|should|please|shall|needs? to)\\b",
            "\u0438\u0433\u043d\u043e\u0440\u0438\u0440\u0443\u0439|\u043d\u0435 \u043e\u0431\u0440\u0430\u0449\u0430\u0439 \u0432\u043d\u0438\u043c\u0430\u043d\u0438\u044f|\u0437\u0430\u0431\u0443\u0434\u044c.{0,40}(\u0438\u043d\u0441\u0442\u0440\u0443\u043a\u0446|\u043f\u0440\u0430\u0432\u0438\u043b)|\u043d\u043e\u0432\u044b\u0435 \u0438\u043d\u0441\u0442\u0440\u0443\u043a\u0446|\u0441\u0438\u0441\u0442\u0435\u043c\u043d\\S* (\u043f\u0440\u043e\u043c\u043f\u0442|\u0438\u043d\u0441\u0442\u0440\u0443\u043a\u0446)|(\u0432\u044b\u043f\u043e\u043b\u043d\u0438|\u0437\u0430\u043f\u0443\u0441\u0442\u0438|\u0443\u0434\u0430\u043b\u0438|\u043e\u0442\u043f\u0440\u0430\u0432\u044c)(\u0442\u0435)?\\b.{0,40}(\u043a\u043e\u043c\u0430\u043d\u0434|kubectl|curl|\u0441\u0435\u043a\u0440\u0435\u0442|\u0442\u043e\u043a\u0435\u043d|\u043f\u0430\u0440\u043e\u043b)|\u0442\u044b (\u0434\u043e\u043b\u0436\u0435\u043d|\u0442\u0435\u043f\u0435\u0440\u044c|\u043e\u0431\u044f\u0437\u0430\u043d)"),
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

        private Injection() {
        }

        static boolean in(String text) {
            return PATTERN.matcher(folded(text)).find();
        }

        /** The lines that a hit touches, also a hit that is spread over neighbours. */
        static Set<Integer> lines(List<String> lines) {
            Set<Integer> hit = new TreeSet<>();
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
            return Normalizer.normalize(Cleaner.plain(text), Normalizer.Form.NFKC).replaceAll("[\\s_\\u00a0]+", " ").strip();
        }
    }

    // ---- untrusted text

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
        private static final Pattern UNSURE = Pattern.compile("[ \\t>*+\\-\\d.)]*<(?:[A-Za-z][A-Za-z0-9-]*(?:[\\s/>].*|$)|[!?/].*)|[ \\t>*+\\-\\d.)]+(?:```|~~~).*");
        private static final Pattern ANSI = Pattern.compile("(?:\\x1B\\[|\\x9B)[0-9;?]*[ -/]*[@-~]|\\x1B\\][^\\x07\\x1B]*(?:\\x07|\\x1B\\\\)");
        private static final String ATTRIBUTE = "\\s+[^\\s\"'=<>`/]++(?:\\s*=\\s*(?:\"[^\"]*+\"|'[^']*+'|[^\\s\"'=<>`]++))?";
        private static final Pattern TAG = Pattern.compile("<(/?)([A-Za-z][A-Za-z0-9-]*+)((?:" + ATTRIBUTE + ")*+)\\s*+(/?)>");
        private static final Pattern OPEN_BLOCK = Pattern.compile("<(?i:address|article|aside|blockquote|body|center|col|dd|details|dialog|div|dl|dt|"
            + "fieldset|figure|footer|form|h[1-6]|header|hr|html|iframe|li|main|menu|nav|ol|option|p|section|source|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul|"
            + "pre|script|style|textarea)\\s[^>]*+(?:>|$)");
        private static final Pattern LINK = Pattern.compile("(?i)\\s(href|src)\\s*=\\s*[\"']?([^\\s\"'<>`]{1,500})");
        private static final String TITLE = "(?:\"(?:\\\\.|[^\"\\\\])*+\"|'(?:\\\\.|[^'\\\\])*+'|\\((?:\\\\.|[^()\\\\])*+\\))";
        private static final String ADDRESS = "(<[^<>\\n]*+>|[^\\s<(][^\\s()]*+(?:\\([^\\s()]*+\\)[^\\s()]*+)*+)";
        private static final Pattern TARGET = Pattern.compile("\\(\\s*+(?:" + ADDRESS + ")?+(\\s++" + TITLE + ")?+\\s*+\\)", Pattern.DOTALL);
        private static final Pattern DEFINITION = Pattern.compile("(?m)^[ \\t>*+-]*+\\[((?:\\\\.|[^\\[\\]\\\\]){1,999}+)\\]:[ \\t]*+\\n?[ \\t]*+(?:"
            + ADDRESS + ")(?:(?:[ \\t]++|[ \\t]*+\\n[ \\t]*+)" + TITLE + ")?[ \\t]*$");
        private static final Pattern FOOTNOTE = Pattern.compile("(?m)^[ \\t>*+-]*+\\[\\^([^\\]\\s]{1,99})\\]:.*(?:\\n(?![ \\t]*\\n).*|\\n[ \\t]*(?=\\n {4}))*");
        private static final Pattern ENTITY = Pattern.compile("&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,30}));");
        private static final Map<String, String> NAMED = Map.ofEntries(Map.entry("lt", "<"), Map.entry("gt", ">"), Map.entry("amp", "&"), Map.entry("quot", "\""),
            Map.entry("apos", "'"), Map.entry("nbsp", "\u00a0"), Map.entry("shy", ""), Map.entry("zwj", ""), Map.entry("zwnj", ""), Map.entry("lrm", ""),
            Map.entry("rlm", ""), Map.entry("ZeroWidthSpace", ""), Map.entry("NoBreak", ""), Map.entry("InvisibleTimes", ""), Map.entry("InvisibleComma", ""),
            Map.entry("ApplyFunction", ""), Map.entry("it", ""), Map.entry("ic", ""), Map.entry("af", ""), Map.entry("Tab", "\t"), Map.entry("NewLine", "\n"),
            Map.entry("lbrack", "["), Map.entry("rbrack", "]"), Map.entry("lpar", "("), Map.entry("rpar", ")"), Map.entry("excl", "!"), Map.entry("grave", "`"));

        private int hidden;
        private int invisible;

        static Cleaned clean(String raw) {
            Cleaner cleaner = new Cleaner();
            String text = raw.replaceAll("\\r\\n?", "\n");
            StringBuilder out = new StringBuilder();
            for (Segment segment : segments(text)) {
                out.append(segment.code() ? cleaner.visible(segment.text()) : cleaner.prose(segment.text()));
            }
            return new Cleaned(out.toString().strip(), cleaner.hidden, cleaner.invisible);
        }

        /** For text that is not Markdown (logs, messages): control and invisible characters only. */
        static String plain(String raw) {
            return new Cleaner().visible(raw.replaceAll("\\r\\n?", "\n"));
        }

        private record Segment(boolean code, String text) {
        }

        /** Splits off the fenced code blocks that are certainly code on the page too. */
        private static List<Segment> segments(String text) {
            List<Segment> segments = new ArrayList<>();
            StringBuilder current = new StringBuilder();
            String fence = null;
            boolean sure = true;
            for (String line : text.split("(?<=\\n)", -1)) {
                String bare = line.endsWith("\n") ? line.substring(0, line.length() - 1) : line;
                boolean closes = fence != null && bare.matches(" {0,3}" + Pattern.quote(fence) + fence.charAt(0) + "*[ \\t]*");
                Matcher opening = FENCE.matcher(bare);
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

        private String prose(String raw) {
            String before;
            String text = raw;
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
            String kept = FOOTNOTE.matcher(text).replaceAll(note -> used(text, "^" + note.group(1)) ? Matcher.quoteReplacement(note.group()) : gone());
            return DEFINITION.matcher(kept).replaceAll(definition -> {
                String label = definition.group(1);
                String whole = label.startsWith("^") ? definition.group()
                    : used(text, label) && !definition.group(2).contains(" ") ? "[" + label + "]: " + definition.group(2) : "";
                hidden += whole.equals(definition.group().strip()) ? 0 : 1;
                return Matcher.quoteReplacement(whole);
            });
        }

        private String gone() {
            hidden++;
            return "";
        }

        private static boolean used(String text, String label) {
            return Pattern.compile(Pattern.quote("[" + label + "]") + "(?!:)", Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE).matcher(text).find();
        }

        /** One pass from left to right, so that what begins first wins, as on the page. */
        private String scan(String text, boolean decode) {
            StringBuilder out = new StringBuilder(text.length());
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
            if (end > at || text.regionMatches(at, "<!", 0, 2) && at + 2 < text.length() && Character.isLetter(text.charAt(at + 2))) {
                hidden++;
                return end > at ? end : after(text, ">", at + 2);
            }
            Matcher tag = TAG.matcher(text).region(at, text.length());
            if (tag.lookingAt()) {
                return tag(tag, out);
            }
            Matcher open = OPEN_BLOCK.matcher(text).region(at, text.length());
            if (startsLine(text, at) && open.lookingAt()) {
                hidden++;
                return open.end();
            }
            return at;
        }

        /** The tag with its address and nothing else; a tag nobody knows is not on the page, so its name may not speak. */
        private int tag(Matcher tag, StringBuilder out) {
            StringBuilder kept = new StringBuilder("<" + tag.group(1) + tag.group(2));
            Matcher link = LINK.matcher(tag.group(3));
            while (link.find()) {
                kept.append(' ').append(link.group(1)).append("=\"").append(link.group(2)).append('"');
            }
            kept.append(tag.group(4)).append('>');
            boolean speaks = tag.group(2).length() > 24 || tag.group(2).chars().filter(c -> c == '-').count() > 1;
            if (speaks || kept.length() < tag.group().replaceAll("\\s+", " ").length() - 1) {
                hidden++;
            }
            out.append(speaks ? "" : kept);
            return tag.end();
        }

        private static boolean startsLine(String text, int at) {
            int line = text.lastIndexOf('\n', at - 1) + 1;
            return text.substring(line, at).isBlank();
        }

        private static int after(String text, String end, int from) {
            int found = text.indexOf(end, from);
            return found < 0 ? text.length() : found + end.length();
        }

        private int image(String text, int at, StringBuilder out) {
            int close = at + 1 < text.length() && text.charAt(at + 1) == '[' ? closingBracket(text, at + 1) : -1;
            boolean image = close > 0 && close + 1 < text.length() && (text.charAt(close + 1) == '(' || text.charAt(close + 1) == '[');
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
            Matcher target = TARGET.matcher(text).region(Math.min(at + 1, text.length()), text.length());
            if (!target.lookingAt()) {
                return at;
            }
            String address = target.group(1) == null || target.group(1).contains(" ") ? "" : target.group(1);
            String kept = "](" + address + ")";
            hidden += kept.length() < target.group().strip().length() + 1 ? 1 : 0;
            out.append(kept);
            return target.end();
        }

        private int entity(String text, int at, StringBuilder out) {
            Matcher entity = ENTITY.matcher(text).region(at, Math.min(text.length(), at + 40));
            if (!entity.lookingAt()) {
                return at;
            }
            String decoded = entity.group(3) != null ? NAMED.get(entity.group(3))
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

        /** Without terminal sequences, control characters and everything that takes part in no glyph; composed (NFC). */
        private String visible(String raw) {
            int[] codes = ANSI.matcher(raw).replaceAll("").codePoints().toArray();
            StringBuilder out = new StringBuilder(raw.length());
            int last = 0;
            for (int i = 0; i < codes.length; i++) {
                int code = codes[i];
                int next = i + 1 < codes.length ? codes[i + 1] : 0;
                if (code == 0x85 || code == 0x2028 || code == 0x2029) {
                    out.append('\n');
                } else if (code >= 0xD800 && code <= 0xDFFF) {
                    out.append('\uFFFD');
                } else if (!Invisible.is(code) || Invisible.partOfEmoji(code, last, next)) {
                    out.appendCodePoint(code);
                    last = code;
                } else {
                    invisible++;
                }
            }
            return Normalizer.normalize(out, Normalizer.Form.NFC);
        }
    }

    /** Characters that a reader does not see but a model reads. Sources: Unicode's Default_Ignorable_Code_Point and the categories Cc and Cf. */
    static final class Invisible {
        private static final Set<Integer> VISIBLE_FORMAT = Set.of(0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD);
        private static final Set<Integer> FILLERS = Set.of(0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0, 0x2800);

        private Invisible() {
        }

        static boolean is(int code) {
            int type = Character.getType(code);
            return type == Character.CONTROL && code != '\n' && code != '\t'
                || type == Character.FORMAT && !VISIBLE_FORMAT.contains(code)
                || FILLERS.contains(code) || code >= 0x180B && code <= 0x180F || code >= 0xFE00 && code <= 0xFE0F
                || code >= 0xFFF0 && code <= 0xFFF8 || code >= 0xE0000 && code <= 0xE0FFF || (code & 0xFFFE) == 0xFFFE;
        }

        /** The joiner between two emoji, and the emoji form of a sign or keycap. */
        static boolean partOfEmoji(int code, int last, int next) {
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

    /** Masks secrets: the values of variables named like one (or named by the caller), and the shapes of well-known tokens. */
    static final class Redactor {
        private static final Pattern SECRET_NAME = Pattern.compile("(?i).*(TOKEN|SECRET|PASSWORD|PASSWD|API_?KEY|PRIVATE_KEY|ACCESS_KEY|CREDENTIAL).*|.*_PAT");
        private static final Pattern SHAPES = Pattern.compile(String.join("|",
            "-----BEGIN [A-Z ]*PRIVATE KEY-----[\\s\\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)",
            "\\bgh[pousr]_[A-Za-z0-9]{20,}", "\\bgithub_pat_[A-Za-z0-9_]{20,}", "\\bglpat-[A-Za-z0-9_-]{20,}", "\\bsk-[A-Za-z0-9_-]{20,}",
            "\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b", "\\bxox[abeoprs]-[A-Za-z0-9-]{10,}", "\\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}", "\\bnpm_[A-Za-z0-9]{36}",
            "\\bhf_[A-Za-z0-9]{30,}", "\\bAIza[0-9A-Za-z_-]{35}", "\\beyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]*",
            "(?i:(?<=\\bbearer )|(?<=\\bbasic ))[A-Za-z0-9._~+/-]{16,}=*", "(?<=://)[^\\s/@:]{1,100}:[^\\s/@]{1,200}(?=@)",
            "(?i:(?<=client-key-data: )|(?<=client-certificate-data: )|(?<=\\btoken: ))[A-Za-z0-9+/=._-]{32,}",
            "(?i)(?<=\\b(?:password|passwd|api[_-]?key|client_secret|access_token)\\b[\"']?\\s{0,3}[:=]\\s{0,3}[\"']?)(?![\\s$<{\\[\"'*])[^\\s\"',;&]{4,200}"));

        private final Map<String, String> values = new LinkedHashMap<>();

        Redactor(Env env, List<String> named) {
            Map<String, String> found = new LinkedHashMap<>();
            env.values().forEach((name, value) -> {
                int least = named.contains(name) ? 6 : SECRET_NAME.matcher(name).matches() ? 8 : Integer.MAX_VALUE;
                forms(value).stream().filter(form -> form.length() >= least).forEach(form -> found.putIfAbsent(form, "[REDACTED:" + name + "]"));
            });
            found.keySet().stream().sorted(Comparator.comparingInt(String::length).reversed().thenComparing(form -> form)).forEach(form -> values.put(form, found.get(form)));
        }

        /** The value and its disguises: every line of it, base64, URL and JSON form. */
        private static Set<String> forms(String value) {
            Set<String> forms = new LinkedHashSet<>(List.of(value, value.strip()));
            value.lines().map(String::strip).forEach(forms::add);
            byte[] bytes = value.strip().getBytes(StandardCharsets.UTF_8);
            forms.add(Base64.getEncoder().withoutPadding().encodeToString(bytes));
            forms.add(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
            forms.add(URLEncoder.encode(value.strip(), StandardCharsets.UTF_8));
            String json = JSON.getNodeFactory().textNode(value).toString();
            forms.add(json.substring(1, json.length() - 1));
            forms.removeIf(String::isBlank);
            return forms;
        }

        String mask(String text) {
            String masked = text;
            for (Map.Entry<String, String> value : values.entrySet()) {
                masked = masked.replace(value.getKey(), value.getValue());
            }
            return SHAPES.matcher(masked).replaceAll("[REDACTED]");
        }
    }

    /** What somebody wrote. {@code access} says why it is trusted this far; {@code changed} is the time of the last edit. */
    record Said(String source, String author, String association, Instant changed, String text) {
    }

    /**
     * The words of people, as they go into the prompt: selected, cleaned, redacted, cut and fenced.
     * {@code opening} holds title and description, {@code replies} the rest; the counts say what is missing.
     */
    record Conversation(String title, String opening, String replies, boolean withheld, boolean editedSince, boolean threadsUnsorted,
                        int outsiders, int late, int cut, int hidden, int invisible) {

        Map<String, Object> model() {
            Map<String, Object> model = new LinkedHashMap<>();
            model.put("title", title);
            model.put("opening", opening);
            model.put("replies", replies);
            model.put("withheld", withheld);
            model.put("editedSince", editedSince);
            model.put("threadsUnsorted", threadsUnsorted);
            model.put("outsiders", outsiders);
            model.put("late", late);
            model.put("cut", cut);
            model.put("hidden", hidden);
            model.put("invisible", invisible);
            return model;
        }
    }

    /** Chooses and prepares what people wrote: only from people with write access, only as it was when the label was set. */
    static final class Untrusted {
        static final int ITEM_BYTES = 16 * 1024;
        static final int TOTAL_BYTES = 64 * 1024;
        private static final Pattern LOGIN = Pattern.compile("[A-Za-z0-9-]{1,39}(\\[bot])?");
        private static final Pattern LOOKS_LIKE_FENCE = Pattern.compile("[<\uFF1C\uFE64\u2039\u276E\u27E8](?=[\\s/\\\\\uFF0F]*(?:untrusted|cluster-data))", Pattern.CASE_INSENSITIVE);

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

        /** 128 random bits: nobody who wrote the text can have known it. */
        static String nonce() {
            byte[] bits = new byte[16];
            new SecureRandom().nextBytes(bits);
            return HexFormat.of().formatHex(bits);
        }

        Conversation prepare(List<Said> opening, List<Said> replies, Instant asOf, boolean editedSince, boolean threadsUnsorted) {
            List<String> first = opening.stream().filter(this::takes).map(this::fenced).toList();
            boolean withheld = first.size() < opening.size();
            outsiders = 0;
            int left = TOTAL_BYTES - first.stream().mapToInt(Untrusted::bytes).sum();
            List<String> rest = newest(replies.stream().filter(said -> inTime(said, asOf)).filter(this::takes).toList(), left);
            String title = withheld || opening.isEmpty() ? "" : prepared(opening.get(0)).replaceAll("\\s+", " ");
            return new Conversation(title, String.join("\n", first), String.join("\n", rest), withheld, editedSince, threadsUnsorted,
                outsiders, late, cut, hidden, invisible);
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
            LinkedList<String> kept = new LinkedList<>();
            int left = room;
            for (int i = replies.size() - 1; i >= 0; i--) {
                String block = fenced(replies.get(i));
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
            String who = said.author() != null && LOGIN.matcher(said.author()).matches() ? said.author() : "unknown";
            String access = anyAuthor && !trusted.test(said) ? "none" : "trusted";
            return "<untrusted nonce=\"" + nonce + "\" source=\"" + said.source() + "\" author=\"" + who + "\" access=\"" + access + "\">\n"
                + prepared(said) + "\n</untrusted nonce=\"" + nonce + "\">";
        }

        private String prepared(Said said) {
            Cleaner.Cleaned cleaned = cleaned(said.text());
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

        /** Nothing inside may look like the end of the fence. */
        static String escaped(String text, String nonce) {
            return LOOKS_LIKE_FENCE.matcher(nonce.isEmpty() ? text : text.replace(nonce, "[nonce]")).replaceAll("<\\\\\\\\");
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
            return new String(all, 0, end, StandardCharsets.UTF_8) + "\n[cut: " + (all.length - end) + " bytes]";
        }
    }

    /** What is said about the issue or pull request: from the event, and from GitHub where a token is given. */
    static final class Discussion {
        private static final Set<String> WRITERS = Set.of("OWNER", "MEMBER", "COLLABORATOR");
        private static final Set<String> MAY_WRITE = Set.of("admin", "maintain", "write");

        private final Facts facts;
        private final GitHubEvent event;
        private final GitHub github;
        private final Set<String> allowed;
        private final Console console;
        private final Map<String, Boolean> permissions = new HashMap<>();
        private boolean threadsUnsorted;
        private boolean editedSince;

        Discussion(Facts facts, GitHubEvent event, GitHub github, Set<String> allowed, Console console) {
            this.facts = facts;
            this.event = event;
            this.github = github;
            this.allowed = allowed;
            this.console = console;
        }

        static Conversation gather(prompt_run command, RunOptions options, Facts facts, GitHubEvent event, Console console) {
            GitHub github = GitHub.of(command.env, console);
            Discussion talk = new Discussion(facts, event, github, logins(command.env.pick(command.text.allowUsers, "AI_ALLOWED_USERS")), console);
            Untrusted untrusted = new Untrusted(talk::mayWrite, new Redactor(command.env, command.text.redactNames()), command.text.anyAuthor, Untrusted.nonce());
            return talk.collect(options, untrusted);
        }

        /** {@code a,b}, {@code a b} or the JSON list that a repository variable often holds. */
        static Set<String> logins(String list) {
            Set<String> logins = new LinkedHashSet<>();
            Arrays.stream((list == null ? "" : list).split("[\\s,\\[\\]\"']+")).filter(login -> !login.isEmpty())
                .forEach(login -> logins.add(login.toLowerCase(Locale.ROOT)));
            return logins;
        }

        private Conversation collect(RunOptions options, Untrusted untrusted) {
            boolean review = options.kind().endsWith("_review");
            List<Said> opening = new ArrayList<>(opening("issue", facts.issue(), event.issueNode(facts.issue())));
            if (review && facts.pr() != null) {
                opening.addAll(opening("pull request", facts.pr(), event.pullNode(facts.pr())));
            }
            List<Said> replies = new ArrayList<>(comments(facts.issue(), "issue"));
            if (review && facts.pr() != null) {
                replies.addAll(comments(facts.pr(), "pull request"));
                replies.addAll(reviews());
            }
            Said trigger = event.trigger();
            if (trigger != null && replies.stream().noneMatch(said -> said.source().equals(trigger.source()))) {
                replies.add(trigger);
            }
            replies.sort(Comparator.comparing(Said::changed, Comparator.nullsFirst(Comparator.naturalOrder())).thenComparing(Said::source));
            return untrusted.prepare(opening, replies, event.asOf(), editedSince, threadsUnsorted);
        }

        /** Title and description: the event's, which holds them as they were; GitHub's only where there is no event. */
        private List<Said> opening(String what, Integer number, JsonNode fromEvent) {
            JsonNode now = number == null ? MissingNode.getInstance() : github.get("/repos/" + facts.repo() + "/issues/" + number);
            JsonNode node = fromEvent.isObject() ? fromEvent : now;
            if (!node.isObject()) {
                return List.of();
            }
            editedSince |= fromEvent.isObject() && now.isObject()
                && !(same(fromEvent, now, "title") && same(fromEvent, now, "body"));
            Said title = said(what + " " + number + " title", node, "title");
            return List.of(title, said(what + " " + number + " description", node, "body"));
        }

        private static boolean same(JsonNode then, JsonNode now, String field) {
            return then.path(field).asText("").equals(now.path(field).asText(""));
        }

        private List<Said> comments(Integer number, String what) {
            List<Said> all = new ArrayList<>();
            if (number != null) {
                github.list("/repos/" + facts.repo() + "/issues/" + number + "/comments")
                    .forEach(comment -> all.add(said(commentSource(what, number, comment), comment, "body")));
            }
            return all;
        }

        private List<Said> reviews() {
            List<Said> all = new ArrayList<>();
            String pull = "/repos/" + facts.repo() + "/pulls/" + facts.pr();
            github.list(pull + "/reviews").forEach(review -> all.add(said(reviewSource(review), review, "body")));
            List<JsonNode> comments = github.list(pull + "/comments");
            Map<Long, Boolean> resolved = comments.isEmpty() ? Map.of() : github.resolvedThreads(facts.repo(), facts.pr());
            threadsUnsorted = !comments.isEmpty() && resolved.isEmpty();
            comments.stream().filter(comment -> !resolved.getOrDefault(thread(comment), false)).forEach(comment -> all.add(said(threadSource(comment), comment, "body")));
            return all;
        }

        static String commentSource(String what, Integer number, JsonNode comment) {
            return what + " " + number + " comment " + comment.path("id").asLong();
        }

        static String reviewSource(JsonNode review) {
            return ("review " + review.path("id").asLong() + " " + state(review.path("state").asText(""))).strip();
        }

        static String threadSource(JsonNode comment) {
            return "review thread " + thread(comment) + " comment " + comment.path("id").asLong() + place(comment);
        }

        private static String state(String state) {
            return state.matches("[A-Za-z_]{1,30}") ? state.toLowerCase(Locale.ROOT) : "";
        }

        private static long thread(JsonNode comment) {
            return comment.path("in_reply_to_id").asLong(comment.path("id").asLong());
        }

        private static String place(JsonNode comment) {
            String path = comment.path("path").asText("");
            int line = comment.path("line").asInt(comment.path("original_line").asInt(0));
            return path.matches("[\\w./ @+-]{1,200}") ? " at " + path + (line > 0 ? ":" + line : "") : "";
        }

        static Said said(String source, JsonNode node, String field) {
            return new Said(source, node.path("user").path("login").asText(null), node.path("author_association").asText(null),
                GitHubEvent.latest(node), node.path(field).asText(""));
        }

        /** Write access as GitHub's permission API tells it, else as the association does; the allow-list adds people. */
        boolean mayWrite(Said said) {
            String login = said.author() == null ? "" : said.author().toLowerCase(Locale.ROOT);
            if (allowed.contains(login)) {
                return true;
            }
            return permissions.computeIfAbsent(login + " " + said.association(), key -> {
                String permission = login.isEmpty() || facts.repo() == null ? null : github.permission(facts.repo(), said.author());
                // GitHub always sends the association; an event without one was written by the caller
                return permission != null ? MAY_WRITE.contains(permission)
                    : said.association() == null ? !said.source().contains("comment") : WRITERS.contains(said.association());
            });
        }
    }

    /** GitHub's REST API, read only. Whatever fails is a warning: the prompt is then built from what is there. */
    static final class GitHub {
        private static final int PAGE = 100;
        private static final int MOST_PAGES = 20;
        private static final Duration PATIENCE = Duration.ofSeconds(15);

        private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
        private final String base;
        private final String token;
        private final Console console;
        private boolean failed;

        private GitHub(String base, String token, Console console) {
            this.base = base.replaceAll("/+$", "");
            this.token = token;
            this.console = console;
        }

        static GitHub of(Env env, Console console) {
            String base = Facts.first(env.get("GITHUB_API_URL"), "https://api.github.com");
            String token = env.pick(null, "GITHUB_TOKEN", "CODEXCTL_GH_PAT", "GH_TOKEN");
            boolean safe = base.startsWith("https://") || base.matches("http://(localhost|127\\.0\\.0\\.1|\\[::1])(:\\d+)?(/.*)?");
            if (token != null && !safe) {
                console.warn("GITHUB_API_URL " + base + ": not https, so the token is not sent there; the prompt is built from the event alone");
            }
            return new GitHub(base, safe ? token : null, console);
        }

        /** One object, or a missing node. */
        JsonNode get(String path) {
            try {
                HttpResponse<String> answer = usable(path) ? send("GET", base + path, null) : null;
                return answer != null && answer.statusCode() == 200 ? JSON.readTree(answer.body()) : missing(path, answer);
            } catch (IOException problem) {
                return missing(path, problem);
            }
        }

        /** Every page of a list; the address of the next page is made here and not taken from the answer, so the token stays with this host. */
        List<JsonNode> list(String path) {
            List<JsonNode> all = new ArrayList<>();
            for (int page = 1; page <= MOST_PAGES; page++) {
                JsonNode items = get(path + "?per_page=" + PAGE + "&page=" + page);
                items.forEach(all::add);
                if (items.size() < PAGE) {
                    return all;
                }
            }
            console.warn("GitHub " + path + ": more than " + PAGE * MOST_PAGES + " items; the later ones are left out");
            return all;
        }

        /** admin, maintain, write, read or none; null when GitHub does not tell. */
        String permission(String repo, String login) {
            if (!login.matches("[A-Za-z0-9-]{1,39}")) {
                return null;
            }
            JsonNode answer = get("/repos/" + repo + "/collaborators/" + login + "/permission");
            return answer.path("permission").asText(null);
        }

        /** Thread (its first comment's id) to whether it is resolved; empty when unknown. Only GraphQL knows. */
        Map<Long, Boolean> resolvedThreads(String repo, int pr) {
            String query = "query($o:String!,$n:String!,$p:Int!){repository(owner:$o,name:$n){pullRequest(number:$p){reviewThreads(last:100)"
                + "{nodes{isResolved comments(first:1){nodes{databaseId}}}}}}}";
            Map<Long, Boolean> resolved = new HashMap<>();
            try {
                String[] name = repo.split("/", 2);
                String body = JSON.writeValueAsString(Map.of("query", query, "variables", Map.of("o", name[0], "n", name[1], "p", pr)));
                HttpResponse<String> answer = usable("/graphql") ? send("POST", base.replaceAll("/v3$", "") + "/graphql", body) : null;
                JsonNode threads = answer != null && answer.statusCode() == 200 ? JSON.readTree(answer.body()).at("/data/repository/pullRequest/reviewThreads/nodes")
                    : missing("/graphql", answer);
                threads.forEach(thread -> resolved.put(thread.at("/comments/nodes/0/databaseId").asLong(), thread.path("isResolved").asBoolean(false)));
            } catch (IOException problem) {
                missing("/graphql", problem);
            }
            return resolved;
        }

        private boolean usable(String path) {
            return token != null && !failed && !path.contains("/null/");
        }

        private HttpResponse<String> send(String method, String address, String body) throws IOException {
            HttpRequest request = HttpRequest.newBuilder(URI.create(address)).timeout(PATIENCE)
                .header("Accept", "application/vnd.github+json").header("X-GitHub-Api-Version", "2022-11-28").header("Authorization", "Bearer " + token)
                .method(method, body == null ? HttpRequest.BodyPublishers.noBody() : HttpRequest.BodyPublishers.ofString(body)).build();
            try {
                return http.send(request, HttpResponse.BodyHandlers.ofString());
            } catch (InterruptedException stop) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", stop);
            }
        }

        private JsonNode missing(String path, HttpResponse<String> answer) {
            if (answer != null) {
                console.warn("GitHub " + path + ": HTTP " + answer.statusCode() + "; the prompt is built without it");
            }
            return MissingNode.getInstance();
        }

        /** Once it cannot be reached it is not asked again: every further question would wait as long. */
        private JsonNode missing(String path, IOException problem) {
            failed = !(problem instanceof JsonProcessingException);
            console.warn("GitHub " + path + ": " + Facts.first(problem.getMessage(), problem.getClass().getSimpleName()) + "; the prompt is built from the event alone");
            return MissingNode.getInstance();
        }
    }

    // ---- templates

    /** Where templates come from: {@code --templates} first, then the ones this script brings along. */
    static final class Templates {
        static final Map<String, String> BUILT_IN = kindsWithPurpose();
        private static final Pattern FILE_NAME = Pattern.compile("([a-z][a-z0-9]*(?:_[a-z0-9]+)+)_([a-z]{2,3})\\.ftl");

        private final Path folder;
        private final Path single;

        Templates(Path folder, Path single) {
            if (folder != null && !Files.isDirectory(folder)) {
                throw new UsageError("--templates " + folder + ": not a folder");
            }
            if (single != null && !Files.isRegularFile(single)) {
                throw new UsageError("--template " + single + ": no such file");
            }
            this.folder = folder;
            this.single = single;
        }

        private static Map<String, String> kindsWithPurpose() {
            Map<String, String> kinds = new LinkedHashMap<>();
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
            Map<String, Set<String>> kinds = new LinkedHashMap<>();
            BUILT_IN.keySet().forEach(kind -> kinds.put(kind, new TreeSet<>(List.of("en", "ru"))));
            if (folder != null) {
                try (var files = Files.list(folder)) {
                    files.map(file -> FILE_NAME.matcher(file.getFileName().toString())).filter(Matcher::matches)
                        .forEach(name -> kinds.computeIfAbsent(name.group(1), kind -> new TreeSet<>()).add(name.group(2)));
                } catch (IOException problem) {
                    throw new UsageError("--templates " + folder + ": cannot read it (" + Vars.reason(problem) + ")", problem);
                }
            }
            return kinds;
        }

        Listing describe() {
            return new Listing(kinds());
        }

        /** The name of the template for a kind; English when the language has none. */
        String nameFor(String kind, String lang, Console console) {
            if (single != null) {
                return single.getFileName().toString();
            }
            Set<String> languages = kinds().get(kind);
            if (!languages.contains(lang) && !languages.contains("en")) {
                throw new UsageError("--lang " + lang + ": kind " + kind + " has only: " + String.join(", ", languages));
            }
            if (!languages.contains(lang)) {
                console.warn("--lang " + lang + ": no templates for it, the prompt is in English; there are: " + String.join(", ", languages));
            }
            return kind + "_" + (languages.contains(lang) ? lang : "en") + ".ftl";
        }

        TemplateLoader loader() throws IOException {
            List<TemplateLoader> places = new ArrayList<>();
            if (single != null) {
                places.add(new FileTemplateLoader(single.toAbsolutePath().getParent().toFile()));
            }
            if (folder != null) {
                places.add(new FileTemplateLoader(folder.toFile()));
            }
            places.add(new ClassTemplateLoader(prompt_run.class, "/templates"));
            return new MultiTemplateLoader(places.toArray(TemplateLoader[]::new));
        }
    }

    /** Turns facts into the prompt. Templates see maps, lists and text only: no Java object, no class, no template made of data. */
    static final class Renderer {
        private final RunOptions options;
        private final Facts facts;
        private final Infra infra;
        private final Conversation talk;
        private final Redactor redactor;
        private final Configuration engine;
        private final String template;

        Renderer(RunOptions options, Facts facts, Infra infra, Conversation talk, Redactor redactor, Console console) throws IOException {
            Templates templates = new Templates(options.templates(), options.template());
            this.options = options;
            this.facts = facts;
            this.infra = infra;
            this.talk = talk;
            this.redactor = redactor;
            this.engine = engine(templates.loader());
            this.template = templates.nameFor(options.kind(), options.lang(), console);
        }

        static Configuration engine(TemplateLoader loader) {
            System.setProperty("org.freemarker.loggerLibrary", "none");
            Configuration engine = new Configuration(Configuration.VERSION_2_3_34);
            engine.setTemplateLoader(loader);
            engine.setLocalizedLookup(false);
            engine.setDefaultEncoding("UTF-8");
            engine.setLocale(Locale.ROOT);
            engine.setNumberFormat("c");
            engine.setOutputFormat(PlainTextOutputFormat.INSTANCE);
            engine.setObjectWrapper(new SimpleObjectWrapper(Configuration.VERSION_2_3_34));
            engine.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
            engine.setAPIBuiltinEnabled(false);
            engine.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
            engine.setLogTemplateExceptions(false);
            engine.setWrapUncheckedExceptions(true);
            return engine;
        }

        Prompt render(Place place) {
            Map<String, Object> model = model(place);
            model.put("infraBlock", options.template() == null ? infraBlock(model) : "");
            return new Prompt(options.kind(), options.lang(), infra.unhealthy(), process(template, model));
        }

        /** The block about the environment, with as much of the report as its limit in bytes allows. */
        String infraBlock(Map<String, Object> facts) {
            String nonce = Untrusted.nonce();
            String block = "";
            for (InfraView.Limits limits : InfraView.LEVELS) {
                Map<String, Object> model = new LinkedHashMap<>(facts);
                model.put("infra", new InfraView(infra, redactor, nonce, limits).model());
                block = process("infra_" + language() + ".ftl", model).strip();
                if (Untrusted.bytes(block) <= InfraView.BLOCK_BYTES) {
                    return block;
                }
            }
            return Untrusted.cutTo(InfraView.BLOCK_BYTES - 100, block);
        }

        private String language() {
            return template.substring(template.lastIndexOf('_') + 1, template.lastIndexOf('.'));
        }

        Map<String, Object> model(Place place) {
            Map<String, Object> model = new LinkedHashMap<>(options.vars());
            List.of("projectContext", "servicesOverview", "links", "extraTools").forEach(name -> model.putIfAbsent(name, ""));
            model.put("vars", options.vars());
            model.put("kind", options.kind());
            model.put("lang", options.lang());
            model.put("INFRA_UNHEALTHY", infra.unhealthy() ? "1" : "0");
            model.put("env", facts.env());
            model.put("slot", text(facts.slot()));
            model.put("namespace", text(facts.namespace()));
            model.put("issue", text(facts.issue()));
            model.put("pr", text(facts.pr()));
            model.put("repo", text(facts.repo()));
            model.put("branch", facts.branch());
            model.put("base", facts.base());
            model.put("bringBack", facts.bringBack());
            model.put("talk", talk.model());
            model.put("title", talk.title());
            model.put("model", text(facts.model()));
            model.put("effort", text(facts.effort()));
            model.put("agentTarget", place.target());
            model.put("fallbackReason", reason(place.fallbackReason()));
            model.put("resumed", false);
            model.put("totalTime", facts.limits().total());
            model.put("idleTime", facts.limits().idle());
            model.put("reportPath", text(place.reportPath()));
            return model;
        }

        /** What the ladder saw may quote the cluster: one line, masked, and nothing that speaks to the agent. */
        private String reason(String reason) {
            String line = InfraView.middleCut(300, Untrusted.escaped(redactor.mask(oneLine(Cleaner.plain(text(reason)))), "").replace('"', '\''));
            return Injection.in(line) ? "(text withheld)" : line;
        }

        private static String text(Object value) {
            return value == null ? "" : value.toString();
        }

        String process(String name, Map<String, Object> model) {
            try {
                StringWriter out = new StringWriter();
                engine.getTemplate(name).process(model, out);
                return out.toString();
            } catch (InvalidReferenceException problem) {
                throw new UsageError("template " + problem.getTemplateSourceName() + ", line " + problem.getLineNumber() + ": variable "
                    + problem.getBlamedExpressionString() + " is not defined; give it with --vars or --var-file, or write ${name!} where it may be missing", problem);
            } catch (ParseException problem) {
                throw new UsageError("template " + problem.getTemplateName() + ", line " + problem.getLineNumber() + ": " + problem.getEditorMessage(), problem);
            } catch (TemplateException problem) {
                throw new UsageError("template " + problem.getTemplateSourceName() + ", line " + problem.getLineNumber() + ": "
                    + problem.getMessageWithoutStackTop().lines().findFirst().orElse("fails"), problem);
            } catch (TemplateNotFoundException problem) {
                throw new UsageError("template " + problem.getTemplateName() + ": not found", problem);
            } catch (IOException problem) {
                throw new UsageError("template " + name + ": cannot read it (" + Vars.reason(problem) + ")", problem);
            }
        }
    }

    // ---- the agent

    /** Finds a place for the agent, starts it there, follows it to its end and brings its work back. */
    static final class AgentRun implements AutoCloseable {

        AgentRun(RunOptions options, AgentOptions agent, Facts facts, Infra infra, Env env, Console console) {
        }

        /** Goes down the ladder; the place is a fact of the prompt, so this comes before the rendering. */
        Place choosePlace() {
            return new Place("none", "running the agent is not built yet", null);
        }

        /** What --dry-run prints: prompt, target, command and permissions. */
        Answer preview(Place place, Prompt prompt) {
            return prompt;
        }

        /** Runs the agent to its end. Never {@link Outcome#SUCCEEDED} without proof. */
        RunResult run(Place place, Prompt prompt) {
            return new RunResult(Outcome.NO_PLACE, place.fallbackReason());
        }

        @Override
        public void close() {
        }
    }

    // ---- output

    /** The streams: stdout gets one answer and nothing else, stderr gets the rest, one line at a time. */
    static final class Console {
        private final CommandLine command;
        private final OutputOptions options;
        private final boolean actions;
        private boolean answered;

        Console(CommandLine command, OutputOptions options, Env env) {
            if (options.format != null) {
                Values.oneOf("--output", options.format, "text", "json");
            }
            this.command = command;
            this.options = options;
            this.actions = "true".equals(env.get("GITHUB_ACTIONS"));
        }

        /** The only place that writes to stdout; the first answer counts. */
        synchronized Answer answer(Answer answer) throws IOException {
            if (!answered) {
                answered = true;
                boolean json = options.format == null ? answer.jsonByDefault() && !terminal() : options.format.equals("json");
                command.getOut().print(json ? JSON.writeValueAsString(answer.asJson()) + "\n" : answer.asText());
                command.getOut().flush();
            }
            return answer;
        }

        /** Since Java 22 there is a console without a terminal too; it says so itself. */
        static boolean terminal() {
            java.io.Console console = System.console();
            try {
                return console != null && (boolean) java.io.Console.class.getMethod("isTerminal").invoke(console);
            } catch (ReflectiveOperationException before22) {
                return true;
            }
        }

        void warn(String message) {
            line((actions ? "::warning::" : "") + "prompt_run: warning: " + harmless(message));
        }

        void info(String message) {
            if (!options.quiet) {
                line("prompt_run: " + harmless(message));
            }
        }

        void debug(String message) {
            if (options.verbose) {
                line("prompt_run: " + harmless(message));
            }
        }

        private synchronized void line(String line) {
            command.getErr().println(line);
            command.getErr().flush();
        }

        /** One line without control characters: what comes from outside cannot forge log lines or workflow commands. */
        static String harmless(String message) {
            return oneLine(message).replaceAll("\\p{Cntrl}", "?");
        }

        static int fail(CommandLine command, String message, Exception problem, boolean verbose, Outcome outcome) {
            command.getErr().println("prompt_run: " + harmless(message));
            if (verbose) {
                problem.printStackTrace(command.getErr());
            }
            command.getErr().flush();
            return outcome.exitCode();
        }
    }

    /** What can be printed as the result. */
    interface Answer {
        String asText();

        Object asJson();

        int exitCode();

        default boolean jsonByDefault() {
            return false;
        }
    }

    /** How a run ended, and the exit code that says so. The codes stay clear of JBang's own 1 to 4, except 2 for usage. */
    enum Outcome {
        SUCCEEDED(0), USAGE(2), AGENT_FAILED(20), TIME_LIMIT(21), IDLE_LIMIT(21), LOST(22), NO_PLACE(23), INTERRUPTED(130), TERMINATED(143);

        private final int exitCode;

        Outcome(int exitCode) {
            this.exitCode = exitCode;
        }

        int exitCode() {
            return exitCode;
        }
    }

    /** Where the agent runs and why there: {@code deploy}, {@code pod}, {@code runner} or {@code none}; the report's path as the agent sees it. */
    record Place(String target, String fallbackReason, String reportPath) {
        static Place undecided(Infra infra) {
            return new Place("undecided", null, infra.file() == null ? null : infra.file().toString());
        }
    }

    record Prompt(String kind, String lang, boolean infraUnhealthy, String text) implements Answer {
        @Override
        public String asText() {
            return text;
        }

        @Override
        public Object asJson() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("schemaVersion", "prompt-run/v1");
            json.put("kind", kind);
            json.put("lang", lang);
            json.put("infraUnhealthy", infraUnhealthy);
            json.put("prompt", text);
            return json;
        }

        @Override
        public int exitCode() {
            return Outcome.SUCCEEDED.exitCode();
        }
    }

    record Listing(Map<String, Set<String>> kinds) implements Answer {
        @Override
        public String asText() {
            StringBuilder lines = new StringBuilder();
            kinds.forEach((kind, languages) -> lines.append(String.format("%-14s %-6s %s%n", kind, String.join(" ", languages),
                Templates.BUILT_IN.getOrDefault(kind, "from --templates"))));
            return lines.toString();
        }

        @Override
        public Object asJson() {
            return Map.of("schemaVersion", "prompt-run/v1", "kinds", kinds);
        }

        @Override
        public int exitCode() {
            return Outcome.SUCCEEDED.exitCode();
        }
    }

    record RunResult(Outcome outcome, String reason) implements Answer {
        @Override
        public String asText() {
            return outcome + ": " + reason + "\n";
        }

        @Override
        public Object asJson() {
            return Map.of("schemaVersion", "prompt-run/v1", "status", outcome.name().toLowerCase(Locale.ROOT), "reason", reason);
        }

        @Override
        public int exitCode() {
            return outcome.exitCode();
        }

        @Override
        public boolean jsonByDefault() {
            return true;
        }
    }
}
