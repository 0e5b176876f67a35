package ensure_ready.command;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the result goes, and how much is said beside it. */
public final class OutputOptions {
    @Option(names = "--output", paramLabel = "text|json", description = "form of the result (default: text on a terminal, else json)")
    public Output output;
    @Option(names = "--report", paramLabel = "FILE", description = "write the JSON there too")
    public Path report;
    @Option(names = "-v", description = "verbose: stack traces and every request that fails")
    public boolean verbose;
    @Option(names = "-q", description = "quiet: no progress on stderr")
    public boolean quiet;
}
