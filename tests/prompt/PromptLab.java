import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What the tests of prompt_run share: runs in this JVM, and prompts without what differs from run to run. */
final class PromptLab {
    static final List<String> KINDS =
        List.of("dev_issue", "plan_issue", "repair_issue", "dev_review", "plan_review", "repair_review", "repair_plan");
    private static final Pattern NONCE = Pattern.compile("nonce=\"[0-9a-f]{32}\"");

    private PromptLab() {
    }

    /** The command line as {@code main} builds it, with this environment and no other. */
    static Cli.Result run(Map<String, String> env, String... args) {
        return Cli.inProcess(prompt_run.cli(env), List.of(args));
    }

    /** Prints the prompt and fails the test when that does not work. */
    static String prompt(Map<String, String> env, String... args) {
        var all = new java.util.ArrayList<>(List.of("--print"));
        all.addAll(List.of(args));
        var result = run(env, all.toArray(String[]::new));
        if (result.exit() != 0) {
            throw new AssertionError(result.toString());
        }
        return result.out();
    }

    static Map<String, String> event(String fixture) {
        return Map.of("GITHUB_EVENT_PATH", Cli.fixture("events/" + fixture).toString());
    }

    static String withoutNonce(String prompt) {
        return NONCE.matcher(prompt).replaceAll("nonce=\"N\"");
    }

    static Path file(Path folder, String name, String content) {
        try {
            return Files.writeString(folder.resolve(name), content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
