package prompt_run.command;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;
import prompt_run.options.Env;
import prompt_run.options.UsageError;
import prompt_run.verdict.Prices;
import shared.Texts;

/** What is told, and where. */
public class OutputOptions {
    @Option(names = "--result", paramLabel = "FILE", description = "write the result as JSON to this file too")
    public Path result;
    @Option(names = "--artifacts", paramLabel = "DIR", description = "prompt, events, last message and stderr of the agent, redacted")
    public Path artifacts;
    @Option(names = "--output", paramLabel = "FORMAT",
        description = "text or json; default: text on a terminal and for --print, else json")
    public String format;
    @Option(names = "--token-prices", paramLabel = "IN,CACHED,OUT", description = "prices of a million tokens of input, of cached input "
        + "and of output, as 1.25,0.125,10; the result then has the run's cost, else no price is told (CODEXCTL_TOKEN_PRICES)")
    public String prices;
    @Option(names = {"-v", "--verbose"}, description = "more on stderr, stack traces included")
    public boolean verbose;
    @Option(names = {"-q", "--quiet"}, description = "only warnings and errors on stderr")
    public boolean quiet;

    /** What a run costs, where somebody said what tokens cost. */
    public Optional<Prices> prices(Env env) {
        return Optional.ofNullable(env.pick(prices, "CODEXCTL_TOKEN_PRICES"))
            .map(given -> Prices.of(given).orElseThrow(() -> new UsageError("--token-prices " + Texts.oneLine(given)
                + ": accepted: three numbers, for a million tokens of input, of cached input and of output: 1.25,0.125,10")));
    }
}
