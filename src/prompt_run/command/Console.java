package prompt_run.command;

import picocli.CommandLine;
import prompt_run.machine.Log;
import prompt_run.options.Env;
import prompt_run.options.Values;
import prompt_run.verdict.Answer;
import prompt_run.verdict.Outcome;
import shared.Json;
import shared.Texts;
import shared.system.Terminal;

/** The streams: stdout gets one answer and nothing else, stderr gets the rest, one line at a time. */
public final class Console implements Log {
    private final CommandLine command;
    private final OutputOptions options;
    private final boolean actions;
    private boolean answered;

    public Console(CommandLine command, OutputOptions options, Env env) {
        if (options.format != null) {
            Values.oneOf("--output", options.format, "text", "json");
        }
        this.command = command;
        this.options = options;
        this.actions = "true".equals(env.get("GITHUB_ACTIONS"));
    }

    /** The only place that writes to stdout; the first answer counts. */
    public synchronized void answer(Answer answer) {
        if (!answered) {
            answered = true;
            boolean json = options.format == null ? answer.jsonByDefault() && !Terminal.is(1) : options.format.equals("json");
            command.getOut().print(json ? Json.pretty(answer.asJson()) + "\n" : answer.asText());
            command.getOut().flush();
        }
    }

    @Override
    public void warn(String message) {
        line((actions ? "::warning::" : "") + "prompt_run: warning: " + Texts.line(message));
    }

    @Override
    public void info(String message) {
        if (!options.quiet) {
            line("prompt_run: " + Texts.line(message));
        }
    }

    @Override
    public void debug(String message) {
        if (options.verbose) {
            line("prompt_run: " + Texts.line(message));
        }
    }

    /** Prefixed, so that it can issue no workflow command, and without what a terminal or a runner would obey. */
    @Override
    public void agent(String text) {
        if (!options.quiet) {
            text.lines().forEach(line -> line("agent | " + Texts.visible(line)));
        }
    }

    private synchronized void line(String line) {
        command.getErr().println(line);
        command.getErr().flush();
    }

    public static int fail(CommandLine command, String message, Exception problem, boolean verbose, Outcome outcome) {
        command.getErr().println("prompt_run: " + Texts.line(message));
        if (verbose) {
            problem.printStackTrace(command.getErr());
        }
        command.getErr().flush();
        return outcome.exitCode();
    }
}
