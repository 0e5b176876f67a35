package prompt_run.command;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;
import prompt_run.machine.Log;
import prompt_run.options.Env;
import prompt_run.options.Values;
import prompt_run.text.Redactor;
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
    private final Redactor redactor;
    private boolean answered;

    public Console(CommandLine command, OutputOptions options, Env env, Redactor redactor) {
        if (options.format != null) {
            Values.oneOf("--output", options.format, "text", "json");
        }
        this.command = command;
        this.options = options;
        this.redactor = redactor;
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

    public static int fail(CommandLine command, Redactor redactor, String message, Exception problem, boolean verbose, Outcome outcome) {
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
