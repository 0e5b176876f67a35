package prompt_run.machine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import prompt_run.remote.Reply;
import shared.Texts;

/** Commands on this machine, with nothing of its environment but what is allowed. */
public record LocalShell(Map<String, String> environment, Path folder) implements Shell {
    @Override
    public Reply run(List<String> argv, byte[] stdin, Duration limit) throws InterruptedException {
        var builder = new ProcessBuilder(argv).directory(folder.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        try {
            var process = builder.start();
            CompletableFuture<byte[]> out =
                CompletableFuture.supplyAsync(() -> drain(process.getInputStream()), task -> daemon(task).start());
            CompletableFuture<byte[]> err =
                CompletableFuture.supplyAsync(() -> drain(process.getErrorStream()), task -> daemon(task).start());
            feed(process, stdin);
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                return Reply.broken("no answer within " + limit.toSeconds() + " s", false);
            }
            return new Reply(process.exitValue(), out.join(), new String(err.join(), StandardCharsets.UTF_8), null, false);
        } catch (IOException problem) {
            return Reply.broken(Texts.oneLine(problem.getMessage()), true);
        }
    }

    private static void feed(Process process, byte[] stdin) {
        try (var in = process.getOutputStream()) {
            in.write(stdin);
        } catch (IOException ended) {
            // a command may end without reading its stdin; its exit code tells
        }
    }

    private static byte[] drain(InputStream stream) {
        try (stream) {
            return stream.readAllBytes();
        } catch (IOException closed) {
            return new byte[0];
        }
    }

    private static Thread daemon(Runnable task) {
        var thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public String lost() {
        return Files.isDirectory(folder) ? null : folder + " is gone";
    }
}
