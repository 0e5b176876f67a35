import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import tools.jackson.databind.ObjectMapper;

/**
 * What grows with the namespace, for {@code ./jbangw bench --only scale}: an apply over a slow line, and explaining a crowd of which
 * nothing
 * is ready. The compiled script as a process of its own, on an embedded API server.
 */
final class ScaleBench {
    private static final Duration ROUND_TRIP = Duration.ofMillis(50);

    private ScaleBench() { }

    static Map<String, String> rows() throws IOException, InterruptedException {
        var rows = new LinkedHashMap<String, String>();
        rows.put("apply of 100 objects, 50 ms a round trip", apply());
        for (int n : new int[] {50, 500}) {
            rows.put("diagnosis of " + n + " failing workloads, of it explaining alone", explained(n));
        }
        rows.put("status of 1,000 failing Deployments with 3,000 pods (heap limited to 512 MiB)", crowd(1000));
        return rows;
    }

    /** A stack of ten kinds, ten objects each. */
    private static String apply() throws IOException {
        try (var server = new EmbeddedApi()) {
            server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: x}}");
            var folder = Files.createTempDirectory("scale-bench-");
            var kinds = List.of("v1 ServiceAccount", "rbac.authorization.k8s.io/v1 Role",
                "v1 ConfigMap", "v1 Secret", "v1 PersistentVolumeClaim", "v1 Service",
                "networking.k8s.io/v1 NetworkPolicy", "apps/v1 StatefulSet", "apps/v1 Deployment", "networking.k8s.io/v1 Ingress");
            var yaml = kinds.stream()
                .flatMap(k -> IntStream.range(0, 10).mapToObj(i -> "apiVersion: " + k.split(" ")[0] + "\nkind: " + k.split(" ")[1]
                + "\nmetadata: {name: n" + i + "}\n")).collect(Collectors.joining("---\n"));
            server.faults.delay("*", "*", 100_000, ROUND_TRIP);
            server.resetRequests();
            try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(server.kubeconfig(folder), null), Duration.ofSeconds(10))) {
                var quiet = new ensure_ready.Progress(System.err, Map.of(), true, false);
                long begin = System.nanoTime();
                var results = new ensure_ready.Apply(api, "x", false, r -> { }, quiet)
                    .all(ensure_ready.Manifests.parse("bench", yaml).items(), ensure_ready.Deadline.in(Duration.ofMinutes(5)));
                var seconds = (System.nanoTime() - begin) / 1e9;
                return String.format(Locale.ROOT, "%.1f s, %d requests, %.0f round trips in a row at the most, %d created", seconds,
                    server.requests().values().stream().mapToInt(i -> i).sum(), seconds * 1000 / ROUND_TRIP.toMillis(),
                    results.stream().filter(r -> r.result() == ensure_ready.Result.created).count());
            }
        }
    }

    private static String explained(int deployments) {
        var snapshot = Crowd.of(deployments);
        var workloads = Crowd.workloads(deployments);
        long begin = System.nanoTime();
        var report = ensure_ready.Diagnosis.explain(snapshot, workloads, "codex");
        return String.format(Locale.ROOT, "%.2f s, %s", (System.nanoTime() - begin) / 1e9, report.summary());
    }

    private static String crowd(int deployments) throws IOException, InterruptedException {
        try (var server = new EmbeddedApi()) {
            server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: x}}");
            var crowd = Crowd.of(deployments);
            crowd.objects().values().forEach(all -> all.forEach(o -> server.put(o.json())));
            crowd.logs().values().forEach(l -> server.log("x", l.pod(), l.container(), l.previous(), String.join("\n", l.lines())));
            server.resetRequests();
            var out = Files.createTempFile("bench", ".json");
            long begin = System.nanoTime();
            var process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java")
                .toString(), "-Xmx512m", "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC", "-Xlog:disable", "-cp", System.getProperty("java.class.path"),
                    "ensure_ready", "status", "-n", "x", "--kubeconfig",
                server.kubeconfig(Files.createTempDirectory("scale-bench-")).toString(), "--output", "json", "-q")
                .redirectOutput(out.toFile()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            long peak = 0;
            var cpu = Duration.ZERO;
            while (process.isAlive()) {
                cpu = process.info().totalCpuDuration().orElse(cpu);
                peak = Math.max(peak, peak(process.pid()));
                Thread.sleep(100);
            }
            var seconds = (System.nanoTime() - begin) / 1e9;
            var json = new ObjectMapper().readTree(Files.readString(out, StandardCharsets.UTF_8));
            Files.delete(out);
            return String.format(Locale.ROOT, "%.1f s, %.1f s of CPU, peak resident %d MiB, %d requests, %s, limited %s", seconds,
                cpu.toMillis() / 1000.0, peak / 1024,
                server.requests().values().stream().mapToInt(i -> i).sum(), json.path("summary").asString(""), json.path("limited"));
        }
    }

    /** KiB that a process had at the most; 0 where there is no /proc, or it has just ended. */
    static long peak(long pid) {
        try (var lines = Files.lines(Path.of("/proc", String.valueOf(pid), "status"))) {
            return lines.filter(l -> l.startsWith("VmHWM:")).mapToLong(l -> Long.parseLong(l.replaceAll("\\D", ""))).findFirst().orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
