import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a start costs, for {@code ./jbangw bench --only start}: processor time and wall time of the whole process tree, through jbangw
 * and through JBang alone, beside kubectl. The scripts' caches are empty at first; the dependencies are in the local repository.
 */
final class StartBench implements AutoCloseable {
    private static final int RUNS = 7;
    private static final int WORKLOADS = 12;

    private final Path folder;
    private final Path root;
    private final EmbeddedApi api = new EmbeddedApi();
    private final Controllers controllers = new Controllers(api);
    private final Map<String, String> rows = new LinkedHashMap<>();

    private StartBench(Path root) throws IOException {
        this.root = root;
        this.folder = Files.createTempDirectory("start-bench-");
    }

    /** What was measured, and its figures, in the order of the table. */
    static Map<String, String> rows(Path root) throws IOException, InterruptedException {
        try (var bench = new StartBench(root)) {
            bench.versions();
            bench.status();
            return bench.rows;
        }
    }

    private void versions() throws IOException, InterruptedException {
        for (var script : List.of("ensure_ready.java", "prompt_run.java")) {
            row("cold: " + script + " --version, jbangw", time(jbangw("jbangw"), script, "--version"));
            row("cold: " + script + " --version, JBang alone", time(jbang("jbang"), script, "--version"));
        }
        row("warm: ensure_ready.java --version, jbangw", median(jbangw("jbangw"), "ensure_ready.java", "--version"));
        row("warm: ensure_ready.java --version, JBang alone", median(jbang("jbang"), "ensure_ready.java", "--version"));
    }

    private void status() throws IOException, InterruptedException {
        var kubeconfig = api.kubeconfig(folder).toString();
        deployments();
        var args = new String[] {"ensure_ready.java", "status", "-n", "start", "--kubeconfig", kubeconfig, "-q"};
        var what = "warm: status of " + WORKLOADS + " workloads, ";
        row(what + "jbangw without an archive", median(jbangw("jbangw").env("CI", "true"), args));
        archive(args);
        row(what + "jbangw with its archive", median(jbangw("archive"), args));
        row(what + "JBang alone", median(jbang("jbang"), args));
        var kubectl = kubectl();
        if (kubectl.isPresent()) {
            var raw = "/apis/apps/v1/namespaces/start/deployments";
            var get = median(new Command(kubectl.get().toString()), "--kubeconfig", kubeconfig, "get", "--raw", raw);
            row("kubectl get of the same Deployments", get);
        }
    }

    private void deployments() throws InterruptedException {
        api.putYaml("start", "apiVersion: v1\nkind: Namespace\nmetadata: {name: start}\n");
        for (int i = 0; i < WORKLOADS; i++) {
            api.putYaml("start", """
                    apiVersion: apps/v1
                    kind: Deployment
                    metadata: {name: web-%1$d, namespace: start}
                    spec:
                      replicas: 1
                      selector: {matchLabels: {app: web-%1$d}}
                      template:
                        metadata: {labels: {app: web-%1$d}}
                        spec: {containers: [{name: web, image: "example.com/web:1"}]}
                    """.formatted(i));
        }
        for (int i = 0; i < 300 && ready() < WORKLOADS; i++) {
            Thread.sleep(100);
        }
    }

    private long ready() {
        return api.list("deployments", "start").stream().filter(d -> d.at("/status/readyReplicas").asInt(0) == 1).count();
    }

    /** In a cache of its own: the first start lists what it loads, the next has the archive made, some seconds behind its back. */
    private void archive(String... args) throws IOException, InterruptedException {
        for (int i = 0; i < 2; i++) {
            time(jbangw("archive"), args);
        }
        for (int i = 0; i < 600 && !archived(); i++) {
            Thread.sleep(100);
        }
    }

    private boolean archived() throws IOException {
        try (var files = Files.walk(folder.resolve("archive"))) {
            return files.anyMatch(file -> file.toString().endsWith(".jsa"));
        }
    }

    private record Command(String program, Map<String, String> env) {
        Command(String program) {
            this(program, Map.of());
        }

        Command env(String name, String value) {
            var more = new LinkedHashMap<>(env);
            more.put(name, value);
            return new Command(program, more);
        }
    }

    private Command jbangw(String cache) {
        return new Command(root.resolve("jbangw").toString()).env("JBANG_DIR", folder.resolve(cache).toString());
    }

    /** As JBang's own launcher does it. */
    private Command jbang(String cache) throws IOException {
        var file = folder.resolve("launcher");
        Files.writeString(file, """
                #!/usr/bin/env bash
                output=$(JBANG_RUNTIME_SHELL=bash java -classpath "%s"/jbangw/jbang-cli-*-all.jar dev.jbang.Main "$@")
                err=$?
                if [ $err -eq 255 ]; then eval "exec $output"; fi
                exit $err
                """.formatted(cache()));
        file.toFile().setExecutable(true);
        return new Command(file.toString()).env("JBANG_DIR", folder.resolve(cache + "-alone").toString());
    }

    private record Figures(double wall, double cpu) { }

    private Figures median(Command command, String... args) throws IOException, InterruptedException {
        var all = new ArrayList<Figures>();
        for (int i = 0; i < RUNS; i++) {
            all.add(time(command, args));
        }
        all.sort(Comparator.comparingDouble(Figures::wall));
        var cpu = all.stream().mapToDouble(Figures::cpu).sorted().toArray();
        return new Figures(all.get(RUNS / 2).wall(), cpu[RUNS / 2]);
    }

    private Figures time(Command command, String... args) throws IOException, InterruptedException {
        var timed = "TIMEFORMAT='%R %U %S'; { time \"$@\" >/dev/null 2>/dev/null; }";
        var words = new ArrayList<>(List.of("bash", "-c", timed, "time", command.program()));
        words.addAll(List.of(args));
        var builder = new ProcessBuilder(words).directory(root.toFile());
        builder.environment().remove("CI");
        builder.environment().putAll(command.env());
        var process = builder.start();
        process.getOutputStream().close();
        var text = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        if (process.waitFor() > 10) {
            throw new IOException(command.program() + " " + String.join(" ", args) + ": exit code " + process.exitValue());
        }
        var figures = Stream.of(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
        return new Figures(figures[0], figures[1] + figures[2]);
    }

    private void row(String what, Figures figures) {
        rows.put(what, String.format(Locale.ROOT, "%.2f s CPU, %.2f s", figures.cpu(), figures.wall()));
    }

    private static Path cache() {
        return Path.of(Optional.ofNullable(System.getenv("XDG_CACHE_HOME")).orElse(System.getenv("HOME") + "/.cache"));
    }

    /** The one that the tests' cluster was built with. */
    private static Optional<Path> kubectl() throws IOException {
        var cache = cache().resolve("ensure-ready/cluster");
        if (!Files.isDirectory(cache)) {
            return Optional.empty();
        }
        try (var files = Files.list(cache)) {
            return files.map(home -> home.resolve("kubectl")).filter(Files::isExecutable).findFirst();
        }
    }

    @Override
    public void close() throws IOException {
        controllers.close();
        api.close();
        try (var files = Files.walk(folder)) {
            for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
