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
//FILES templates/codex_config.toml.ftl=templates/codex_config.toml.ftl
//COMPILE_OPTIONS -encoding UTF-8 -XDignore.symbol.file
//CDS
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable
package prompt_run;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine;
import prompt_run.command.AgentOptions;
import prompt_run.command.Console;
import prompt_run.command.Env;
import prompt_run.command.FactOptions;
import prompt_run.command.InfraOptions;
import prompt_run.command.Outcome;
import prompt_run.command.OutputOptions;
import prompt_run.command.PromptOptions;
import prompt_run.command.RunOptions;
import prompt_run.command.RunResult;
import prompt_run.command.TextOptions;
import prompt_run.command.UsageError;
import prompt_run.command.Values;
import prompt_run.facts.Facts;
import prompt_run.facts.GitHubEvent;
import prompt_run.facts.Infra;
import prompt_run.prompt.Place;
import prompt_run.prompt.Prompt;
import prompt_run.prompt.Renderer;
import prompt_run.prompt.Templates;
import prompt_run.run.AgentRun;
import prompt_run.text.Conversation;
import prompt_run.text.Discussion;
import prompt_run.text.Redactor;
import shared.Texts;

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

    public static void main(String... args) {
        System.exit(cli(System.getenv()).execute(args));
    }

    private Console console;

    @Override
    public Integer call() throws IOException {
        console = new Console(spec.commandLine(), output, env);
        if (prompt.listKinds) {
            return console.answer(new Templates(prompt.templates, null).describe()).exitCode();
        }
        Values.once(spec.commandLine());
        RunOptions options = RunOptions.read(prompt, env);
        Infra infra = Infra.read(infrastructure, env, console);
        GitHubEvent event = GitHubEvent.read(env, console);
        Facts facts = Facts.gather(options, fact, agent, event, infra, env, console);
        Conversation talk = Discussion.gather(text, env, options, facts, event, console);
        Renderer renderer = new Renderer(options, facts, infra, talk, new Redactor(env, text.redactNames()), console);
        if (options.print()) {
            return console.answer(renderer.render(Place.undecided(infra))).exitCode();
        }
        try (AgentRun run = new AgentRun(options, agent, output, facts, infra, env, console)) {
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
            return Console.fail(problem.getCommandLine(), Texts.oneLine(problem.getMessage()) + "; see --help",
                problem, verbose, Outcome.USAGE);
        });
        cli.setExecutionExceptionHandler((problem, command, parsed) -> {
            boolean verbose = command.<prompt_run>getCommand().output.verbose;
            Outcome outcome = problem instanceof UsageError ? Outcome.USAGE : Outcome.LOST;
            String message = problem instanceof UsageError ? problem.getMessage() : "internal error: " + problem;
            if (outcome == Outcome.LOST && command.<prompt_run>getCommand().console != null) {
                // a mistake of ours: nothing is proven
                command.<prompt_run>getCommand().console.answer(RunResult.unexpected(Texts.oneLine(message)));
            }
            return Console.fail(command, Texts.oneLine(message), problem, verbose, outcome);
        });
        return cli;
    }

    static PrintWriter utf8(FileDescriptor stream) {
        return new PrintWriter(new OutputStreamWriter(new FileOutputStream(stream), StandardCharsets.UTF_8), true);
    }

}
