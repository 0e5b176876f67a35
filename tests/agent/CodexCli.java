import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Assumptions;

/** The real Codex CLI from npm, one pinned version, in the user's cache. */
final class CodexCli {
    static final String VERSION = "0.169.0";

    private CodexCli() {
    }

    /** The folder that holds {@code codex}, for a PATH. Skips the test where npm is missing, unless CI_REQUIRE_CLUSTER=1. */
    static Path bin() {
        boolean required = "1".equals(System.getenv("CI_REQUIRE_CLUSTER"));
        if (Cli.program("sh", "-c", "command -v npm").run().exit() != 0) {
            if (required) {
                throw new IllegalStateException("CI_REQUIRE_CLUSTER=1, but there is no npm to get @openai/codex with");
            }
            Assumptions.abort("no npm: it gets @openai/codex " + VERSION + ", which this test runs");
        }
        Path bin = Tools.npm("codex", "@openai/codex@" + VERSION).resolve("node_modules/.bin");
        if (!Files.exists(bin.resolve("codex"))) {
            throw new IllegalStateException("npm brought no codex into " + bin);
        }
        return bin;
    }
}
