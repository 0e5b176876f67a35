import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Child programs with their logs, and a watchdog that ends them when this JVM is gone without a word. */
final class Programs {
    /**
     * Holds the pids of its last line; at the end of its input (this JVM closed it, or died) they are killed. A real
     * node's containers end with its first process, unless the runtime died in the moment in which it had one frozen; its
     * cgroup, named as the folder, can be removed once they are dead.
     */
    private static final String WATCHDOG = """
        trap '' INT TERM HUP
        end() {
            find "$1" -name freezer.state -exec sh -c 'echo THAWED > "$1"' thaw {} \\;
            find "$1" -name cgroup.procs -exec cat {} + | sort -u | xargs -r kill -9
            find "$1" -depth -type d -exec rmdir {} \\;
        }
        groups() { find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d -name "${1##*/}" 2>/dev/null; }
        while read -r line; do pids=$line; done
        [ -z "$pids" ] || kill -9 $pids
        try=0
        while [ $try -lt 100 ] && [ -n "$(groups "$1")" ]; do
            groups "$1" | while read -r group; do end "$group" 2>/dev/null; done
            [ -z "$(groups "$1")" ] || sleep 0.1
            try=$((try + 1))
        done
        rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }
        """;

    private final Path dir;
    private final Process watchdog;
    private final Map<String, Process> running = new TreeMap<>();

    Programs(Path dir) throws IOException {
        this.dir = dir;
        this.watchdog = new ProcessBuilder("sh", "-c", WATCHDOG, "watchdog", dir.toString())
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    synchronized void start(String name, Path program, String... arguments) {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(Arrays.asList(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(dir.toFile()).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name).toFile()));
        builder.environment().keySet().retainAll(List.of("PATH", "LANG", "TMPDIR"));
        builder.environment().putAll(Map.of("HOME", dir.toString(), "LOCAL_CLUSTER", dir.toString()));
        try {
            running.put(name, builder.start());
            tellWatchdog();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start " + program, e);
        }
    }

    void await(String name, String what, BooleanSupplier condition) {
        Await.until(() -> what + " of " + name + "; its last words: " + Disk.lastLines(log(name), 5), Duration.ofSeconds(120), () -> {
            if (!runs(name)) {
                throw new IllegalStateException(name + " ended by itself: " + Disk.lastLines(log(name), 5));
            }
            return condition.getAsBoolean();
        });
    }

    /** The process of a program that was started. */
    synchronized ProcessHandle handle(String name) {
        if (!running.containsKey(name)) {
            throw new IllegalStateException(name + " was not started");
        }
        return running.get(name).toHandle();
    }

    synchronized boolean runs(String name) {
        return running.containsKey(name) && running.get(name).isAlive();
    }

    synchronized void stop(String name) {
        Process process = running.remove(name);
        if (process != null) {
            process.destroyForcibly().onExit().join();
            tellWatchdog();
        }
    }

    synchronized void close() {
        List.copyOf(running.keySet()).forEach(this::stop);
        Disk.close(watchdog.getOutputStream());
        watchdog.onExit().orTimeout(20, TimeUnit.SECONDS).exceptionally(late -> watchdog.destroyForcibly()).join();
    }

    private void tellWatchdog() {
        List<String> pids = running.values().stream().map(process -> String.valueOf(process.pid())).toList();
        try {
            OutputStream pipe = watchdog.getOutputStream();
            pipe.write((String.join(" ", pids) + "\n").getBytes(StandardCharsets.US_ASCII));
            pipe.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("the watchdog of " + dir + " is gone", e);
        }
    }

    private Path log(String name) {
        return dir.resolve(name + ".log");
    }
}
