package prompt_run.command;

import java.nio.file.Path;
import picocli.CommandLine.Option;
import prompt_run.facts.ReportFile;
import prompt_run.machine.Log;
import prompt_run.options.Env;
import prompt_run.subject.Infra;

/** What is known about the environment. */
public class InfraOptions {
    @Option(names = "--infra-unhealthy", arity = "0..1", fallbackValue = "1", paramLabel = "BOOL",
        description = "1, true, yes: the environment did not come up; 0, false, no or empty: it did "
            + "(INFRA_UNHEALTHY, CODEXCTL_INFRA_UNHEALTHY)")
    public String unhealthy;
    @Option(names = "--infra-report", paramLabel = "FILE",
        description = "the JSON of ensure_ready; not ready unless it says infraReady: true (missing and invalid included)")
    public Path report;

    public Infra read(Env env, Log log) {
        return ReportFile.read(report, unhealthy != null ? unhealthy : env.pick(null, "INFRA_UNHEALTHY", "CODEXCTL_INFRA_UNHEALTHY"), log);
    }
}
