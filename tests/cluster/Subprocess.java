import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Other programs, run to their end. */
final class Subprocess {
    /** What the command wrote to stdout; when it fails, an exception with what it wrote to stderr. */
    static String output(Path folder, Map<String, String> environment, String... command) {
        StringBuilder output = new StringBuilder();
        StringBuilder errors = new StringBuilder();
        Process process = begin(folder, environment, List.of(command), ProcessBuilder.Redirect.PIPE);
        Thread reader = new Thread(() -> process.errorReader().lines().forEach(line -> errors.append(line).append('\n')));
        reader.start();
        process.inputReader().lines().forEach(line -> output.append(line).append('\n'));
        end(process, command[0] + " " + command[1], errors);
        return output.toString();
    }

    /** Runs the command and gives each line of its stderr to the listener. */
    static void follow(Path folder, Map<String, String> environment, Consumer<String> listener, List<String> command) {
        Process process = begin(folder, environment, command, ProcessBuilder.Redirect.DISCARD);
        Thread hook = new Thread(process::destroy);
        Runtime.getRuntime().addShutdownHook(hook);
        process.errorReader().lines().forEach(listener);
        end(process, command.get(0) + " " + command.get(1), "see above");
        Runtime.getRuntime().removeShutdownHook(hook);
    }

    private static Process begin(Path folder, Map<String, String> environment, List<String> command, ProcessBuilder.Redirect stdout) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(stdout);
        builder.environment().putAll(environment);
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command.get(0), e);
        }
    }

    private static void end(Process process, String what, CharSequence errors) {
        int code = process.onExit().join().exitValue();
        if (code != 0) {
            throw new Failed(what + " failed with exit code " + code + ": " + errors);
        }
    }

    /** The command ended with another exit code than 0. */
    static final class Failed extends IllegalStateException {
        Failed(String message) {
            super(message);
        }
    }
}
