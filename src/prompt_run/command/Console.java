package prompt_run.command;

import java.io.IOException;
import picocli.CommandLine;
import shared.Json;
import shared.Texts;

/** The streams: stdout gets one answer and nothing else, stderr gets the rest, one line at a time. */
public final class Console {
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
    public synchronized Answer answer(Answer answer) throws IOException {
        if (!answered) {
            answered = true;
            boolean json = options.format == null ? answer.jsonByDefault() && !terminal() : options.format.equals("json");
            command.getOut().print(json ? Json.pretty(answer.asJson()) + "\n" : answer.asText());
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

    public void warn(String message) {
        line((actions ? "::warning::" : "") + "prompt_run: warning: " + harmless(message));
    }

    public void info(String message) {
        if (!options.quiet) {
            line("prompt_run: " + harmless(message));
        }
    }

    public void debug(String message) {
        if (options.verbose) {
            line("prompt_run: " + harmless(message));
        }
    }

    /** What the agent says: prefixed, so that it can issue no workflow command, and without what a terminal or a runner would obey. */
    public void agent(String text) {
        if (!options.quiet) {
            text.lines().forEach(line -> line("agent | " + line.replaceAll("[\\p{Cc}\\p{Cf}\\u2028\\u2029]", "?").replace("##[", "## [")));
        }
    }

    private synchronized void line(String line) {
        command.getErr().println(line);
        command.getErr().flush();
    }

    /** One line without control characters: what comes from outside cannot forge log lines or workflow commands. */
    static String harmless(String message) {
        return Texts.oneLine(message).replaceAll("\\p{Cntrl}", "?");
    }

    public static int fail(CommandLine command, String message, Exception problem, boolean verbose, Outcome outcome) {
        command.getErr().println("prompt_run: " + harmless(message));
        if (verbose) {
            problem.printStackTrace(command.getErr());
        }
        command.getErr().flush();
        return outcome.exitCode();
    }
}
