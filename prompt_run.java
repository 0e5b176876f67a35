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
//FILES templates/dev_issue_en.ftl=templates/dev_issue_en.ftl
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
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.FailsafeSchema;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

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
        @Option(names = "--allow-users", paramLabel = "LOGIN,...", split = ",",
            description = "people whose text is taken although they have no write access (AI_ALLOWED_USERS)")
        List<String> allowUsers = new ArrayList<>();
        @Option(names = "--any-author", description = "take everybody's text, marked as coming from people without write access")
        boolean anyAuthor;
        @Option(names = "--redact-env", paramLabel = "NAME,...", split = ",",
            description = "environment variables whose values are masked, besides those named like a secret")
        List<String> redactEnv = new ArrayList<>();
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
        Facts facts = Facts.gather(options, fact, agent, GitHubEvent.read(env, console), infra, env, console);
        Renderer renderer = new Renderer(options, facts, infra, console);
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

        List<String> labels() {
            List<String> names = new ArrayList<>();
            JsonNode owner = root.has("issue") ? root.path("issue") : root.path("pull_request");
            owner.path("labels").forEach(label -> names.add(label.path("name").asText("")));
            return names;
        }
    }

    /** What the run is about. Everything in here is checked; free text stands in the conversation, never here. */
    record Facts(String env, Integer slot, String namespace, Integer issue, Integer pr, String repo, String branch, String base,
                 String model, String effort, boolean bringBack) {

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
                choice.model(), choice.effort(), agent.bringBack);
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
        private final Configuration engine;
        private final String template;

        Renderer(RunOptions options, Facts facts, Infra infra, Console console) throws IOException {
            Templates templates = new Templates(options.templates(), options.template());
            this.options = options;
            this.facts = facts;
            this.infra = infra;
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
            return new Prompt(options.kind(), options.lang(), infra.unhealthy(), process(template, model(place)));
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
            model.put("model", text(facts.model()));
            model.put("effort", text(facts.effort()));
            model.put("agentTarget", place.target());
            model.put("fallbackReason", text(place.fallbackReason()));
            model.put("reportPath", text(place.reportPath()));
            return model;
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
