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
//SOURCES agent/*.java command/*.java facts/*.java keeper/*.java machine/*.java options/*.java place/*.java prompt/*.java
//SOURCES remote/*.java run/*.java sources/*.java subject/*.java templates/*.java text/*.java verdict/*.java view/*.java
//SOURCES ../shared/*.java ../shared/system/*.java
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable
package prompt_run;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine;
import prompt_run.command.AgentOptions;
import prompt_run.command.Console;
import prompt_run.command.FactOptions;
import prompt_run.command.InfraOptions;
import prompt_run.command.Listing;
import prompt_run.command.OutputOptions;
import prompt_run.command.PromptOptions;
import prompt_run.command.Report;
import prompt_run.command.TextOptions;
import prompt_run.facts.Discussion;
import prompt_run.facts.EventFile;
import prompt_run.facts.GitHub;
import prompt_run.facts.ReportFile;
import prompt_run.options.Env;
import prompt_run.options.UsageError;
import prompt_run.place.Ladder;
import prompt_run.place.Patience;
import prompt_run.place.RunSetup;
import prompt_run.prompt.PromptModel;
import prompt_run.run.AgentRun;
import prompt_run.run.RunId;
import prompt_run.subject.Facts;
import prompt_run.subject.Infra;
import prompt_run.subject.Place;
import prompt_run.subject.RunOptions;
import prompt_run.templates.Renderer;
import prompt_run.templates.Templates;
import prompt_run.text.Redactor;
import prompt_run.verdict.Answer;
import prompt_run.verdict.Outcome;
import prompt_run.verdict.RunResult;
import shared.Texts;
import shared.system.GivenTwice;
import shared.system.HttpThreads;

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
}
