import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * How soon a run ends when nothing is wrong, for {@code ./jbangw bench --only ends}: a healthy slot that lives already, and a fresh
 * rollout from the last status that makes it ready. Compiled scripts without JBang, on an embedded API server with played controllers.
 */
final class EndBench implements AutoCloseable {
    private static final int RUNS = 5;
    private static final String MANIFEST = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web-%1$d}
        spec:
          selector: {matchLabels: {app: web-%1$d}}
          template:
            metadata: {labels: {app: web-%1$d}}
            spec: {containers: [{name: web, image: "example.com/web:1", readinessProbe: {tcpSocket: {port: 80}}}]}
        ---
        """;
    private final EmbeddedApi api = new EmbeddedApi();
    private final Controllers controllers = new Controllers(api);
    private final Path folder;
    private final String manifests;

    private EndBench() throws IOException {
        folder = Files.createTempDirectory("end-bench-");
        var yaml = String.join("", IntStream.range(0, 10).mapToObj(MANIFEST::formatted).toList());
        manifests = Files.writeString(folder.resolve("app.yaml"), yaml).toString();
    }

    static Map<String, String> rows() throws IOException, InterruptedException {
        try (var bench = new EndBench()) {
            var rows = new LinkedHashMap<String, String>();
            var fresh = new ArrayList<Double>();
            for (int i = 0; i < RUNS; i++) {
                fresh.add(bench.readyToExit("fresh-" + i));
            }
            Thread.sleep(6000);
            var living = new ArrayList<Double>();
            for (int i = 0; i < RUNS; i++) {
                living.add(bench.wall("fresh-" + i));
            }
            rows.put("ready to exit, fresh rollout of 10 Deployments (3 s of it settling)", median(fresh));
            rows.put("healthy living slot of 10 Deployments, start to exit", median(living));
            return rows;
        }
    }

    private double readyToExit(String namespace) throws IOException, InterruptedException {
        var ready = new AtomicLong();
        api.onChange(change -> {
            if (ready.get() == 0 && api.list("deployments", namespace).stream()
                .filter(d -> d.at("/status/readyReplicas").asInt(0) == 1).count() == 10) {
                ready.set(System.nanoTime());
            }
        });
        run(namespace);
        return (System.nanoTime() - ready.get()) / 1e9;
    }

    private double wall(String namespace) throws IOException, InterruptedException {
        long begin = System.nanoTime();
        run(namespace);
        return (System.nanoTime() - begin) / 1e9;
    }

    private void run(String namespace) throws IOException, InterruptedException {
        var process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"), "ensure_ready", "-n", namespace, "-f", manifests, "--apply",
            "--kubeconfig", api.kubeconfig(folder).toString(), "--output", "json", "-q").redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        if (process.waitFor() != 0) {
            throw new IllegalStateException("not ready: exit code " + process.exitValue());
        }
    }

    private static String median(List<Double> seconds) {
        var sorted = seconds.stream().sorted().toList();
        return String.format(Locale.ROOT, "%.2f s", sorted.get(sorted.size() / 2));
    }

    @Override
    public void close() {
        controllers.close();
        api.close();
    }
}
