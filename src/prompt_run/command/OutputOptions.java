package prompt_run.command;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** What is told, and where. */
public class OutputOptions {
    @Option(names = "--result", paramLabel = "FILE", description = "write the result as JSON to this file too")
    public Path result;
    @Option(names = "--artifacts", paramLabel = "DIR", description = "prompt, events, last message and stderr of the agent, redacted")
    public Path artifacts;
    @Option(names = "--output", paramLabel = "FORMAT",
        description = "text or json; default: text on a terminal and for --print, else json")
    public String format;
    @Option(names = {"-v", "--verbose"}, description = "more on stderr, stack traces included")
    public boolean verbose;
    @Option(names = {"-q", "--quiet"}, description = "only warnings and errors on stderr")
    public boolean quiet;
}
