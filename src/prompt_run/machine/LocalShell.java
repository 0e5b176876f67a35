package prompt_run.machine;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import prompt_run.remote.Reply;
import shared.Texts;
import shared.system.Daemon;
import shared.system.ProcessTree;

/** Commands on this machine, with nothing of its environment but what is allowed. */
public record LocalShell(Map<String, String> environment, Path folder) implements Shell {
    private static final int GRACE_MILLIS = 3000;
    private static final int MOST_BYTES = 64 << 20;

    @Override
    public Reply run(List<String> argv, byte[] stdin, Duration limit) throws InterruptedException {
        var err = new StringBuffer();
        return run(argv, stdin, limit, line -> err.append(line).append('\n'), err, process -> { });
    }

    /** For a command of the caller's: {@code said} hears its stderr, and neither it nor its children outlive the wait for it. */
    public Reply own(List<String> argv, Duration limit, Consumer<String> said) throws InterruptedException {
        var last = new StringBuffer();
        return run(argv, new byte[0], limit, line -> {
            said.accept(line);
            last.replace(0, last.length(), line.isBlank() ? last.toString() : line);
        }, last, ProcessTree::end);
    }

    private Reply run(List<String> argv, byte[] stdin, Duration limit, Consumer<String> said, StringBuffer err, Consumer<Process> end)
            throws InterruptedException {
        var builder = new ProcessBuilder(argv).directory(folder.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process;
        try {
            process = builder.start();
        } catch (IOException problem) {
            return Reply.broken(Texts.oneLine(problem.getMessage()), true);
        }
        try {
            var out = new ByteArrayOutputStream();
            var output = Daemon.start("stdout", () -> drain(process.getInputStream(), out));
            var errors = Daemon.start("stderr", () -> listen(process, said));
            feed(process, stdin);
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return Reply.broken("no answer within " + limit.toSeconds() + " s", false);
            }
            // A child that was left behind may keep them open for ever.
            output.join(GRACE_MILLIS);
            errors.join(GRACE_MILLIS);
            return out.size() > MOST_BYTES ? Reply.broken("its output is longer than 64 MiB", true)
                : new Reply(process.exitValue(), out.toByteArray(), err.toString(), null, false);
        } finally {
            end.accept(process);
            process.destroyForcibly();
        }
    }

    private static void feed(Process process, byte[] stdin) {
        try (var in = process.getOutputStream()) {
            in.write(stdin);
        } catch (IOException ended) {
            // a command may end without reading its stdin; its exit code tells
        }
    }

    private static void drain(InputStream stream, ByteArrayOutputStream out) {
        try (stream) {
            var part = new byte[1 << 16];
            for (int n = 0; n >= 0 && out.size() <= MOST_BYTES; n = stream.read(part)) {
                out.write(part, 0, n);
            }
        } catch (IOException closed) {
            // what has come is the output
        }
    }

    private static void listen(Process process, Consumer<String> said) {
        try (var lines = process.errorReader(StandardCharsets.UTF_8)) {
            lines.lines().forEach(said);
        } catch (IOException | UncheckedIOException closed) {
            // what has come is all that it said
        }
    }

    @Override
    public String lost() {
        return Files.isDirectory(folder) ? null : folder + " is gone";
    }
}
