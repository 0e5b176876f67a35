package prompt_run.facts;

import java.nio.file.Path;
import prompt_run.machine.Log;
import prompt_run.options.Values;
import prompt_run.subject.Infra;
import prompt_run.text.ExactJson;
import shared.system.TextFile;
import tools.jackson.core.JacksonException;

/** The report of ensure_ready. */
public final class ReportFile {
    /** Either may be null; what is wrong with the report is a warning, and counts as not ready. */
    public static Infra read(Path file, String flag, Log log) {
        boolean asked = flag != null && Values.flag("--infra-unhealthy", flag);
        if (file == null) {
            return Infra.withoutReport(asked);
        }
        var infra = read(file, asked);
        if (infra.problem() != null) {
            warn(infra, log);
        } else if (flag != null && !asked && infra.unhealthy()) {
            log.warn("--infra-unhealthy says no, but the report does not say infraReady: true; the environment counts as not ready");
        }
        return infra;
    }

    /** Why this report proves nothing. */
    public static void warn(Infra broken, Log log) {
        log.warn("--infra-report " + broken.file() + ": " + broken.problem() + "; the environment counts as not ready");
    }

    private static Infra read(Path file, boolean asked) {
        try {
            return Infra.of(asked, file, ExactJson.read(TextFile.read(file)));
        } catch (JacksonException problem) {
            return Infra.broken(file, "it is not valid JSON");
        } catch (IllegalArgumentException problem) {
            return Infra.broken(file, problem.getMessage());
        }
    }
}
