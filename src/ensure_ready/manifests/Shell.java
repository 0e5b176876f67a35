package ensure_ready.manifests;

import ensure_ready.model.Outcome;
import ensure_ready.system.Deadline;
import ensure_ready.system.InfraFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import shared.Texts;
import shared.system.Daemon;
import shared.system.Hooks;
import shared.system.ProcessTree;

/** Commands of the user's: renderers, image scripts, kubectl kustomize. */
public final class Shell {
    public static List<String> sh(String command) {
        return List.of("sh", "-c", command);
    }

    /**
     * stdout of the command; each line of its stderr goes to {@code log}. Throws {@link InfraFailure} when it fails or the deadline passes.
     */
    public static String run(List<String> command, Map<String, String> environment, Deadline deadline, Consumer<String> log) {
        var what = command.get(command.size() - 1);
        var builder = new ProcessBuilder(command);
        builder.environment().putAll(environment);
        try {
            var process = builder.start();
            var ends = Hooks.add("end of a command", () -> ProcessTree.end(process));
            process.getOutputStream().close();
            var errors = new ArrayList<String>();
            var stderr = Daemon.start("stderr",
                () -> process.errorReader(StandardCharsets.UTF_8).lines().forEach(line -> keep(errors, line, log)));
            var out = CompletableFuture.supplyAsync(() -> all(process));
            var ended = process.waitFor(Math.max(1, deadline.left().toMillis()), TimeUnit.MILLISECONDS);
            // before the end: it closes what is still read
            var text = ended ? out.get(Math.max(1000, deadline.left().toMillis()), TimeUnit.MILLISECONDS) : "";
            stderr.join(1000);
            ProcessTree.end(process);
            Hooks.forget(ends);
            if (!ended) {
                throw new InfraFailure(Outcome.prepare_failed, what + ": took longer than the deadline allowed");
            }
            if (process.exitValue() != 0) {
                throw failed(what + ": exit code " + process.exitValue(), errors.stream().map(Texts::line).toList());
            }
            return text;
        } catch (ExecutionException | TimeoutException e) {
            throw new InfraFailure(Outcome.prepare_failed, what + ": its output did not end: " + e);
        } catch (IOException e) {
            throw new InfraFailure(Outcome.prepare_failed, what + ": cannot be started: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InfraFailure(Outcome.interrupted, what + ": interrupted");
        }
    }

    private static InfraFailure failed(String what, List<String> errors) {
        var last = errors.subList(Math.max(0, errors.size() - 10), errors.size());
        return new InfraFailure(Outcome.prepare_failed, what + (last.isEmpty() ? "" : ": " + last.get(last.size() - 1)),
            String.join("\n", last));
    }

    private static void keep(List<String> errors, String line, Consumer<String> log) {
        log.accept(line);
        if (!line.isBlank()) {
            errors.add(line);
        }
    }

    private static String all(Process process) {
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
