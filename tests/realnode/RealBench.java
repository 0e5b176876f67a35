//SOURCES ../command/Cli.java ../command/Tools.java Stacks.java

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/**
 * A release over a healthy one on the real node, and four that wait for it: what each says, and after how long. The clock
 * runs from before the release is applied; each has a namespace of its own, and half a minute more than what is right takes.
 */
final class RealBench {
    private static final String LIMIT = "60s";
    private static final int AT_A_TIME = 6;
    private static final String PROBE = "readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}";

    /** The release, what else is applied with it, and whether it becomes ready. */
    private record Case(String name, String container, String more, boolean ready) {
        String release() {
            return more + Stacks.app(container);
        }
    }

    private static final List<Case> CASES = List.of(
        new Case("good rollout", "image: registry.test:5000/lab/app:2\n" + PROBE, "", true),
        new Case("missing tag", "image: registry.test:5000/lab/app:9\n" + PROBE, "", false),
        new Case("unknown registry", "image: nowhere.test:5000/lab/app:1\n" + PROBE, "", false),
        new Case("crash", "command: [sh, -c, 'echo Error: no such column; exit 1']\n" + PROBE, "", false),
        new Case("probe failure", "readinessProbe: {httpGet: {path: /status/500, port: 8080}, periodSeconds: 1}", "", false),
        new Case("quota", PROBE + "\nenv: [{name: RELEASE, value: '2'}]",
            "---\n{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: '1'}}}\n", false));

    /** Whoever waits: whether it said ready, and what it said. */
    private interface Waiter {
        Verdict release(String namespace, String manifests) throws IOException;
    }

    private record Verdict(boolean ready, String told, double seconds) {
        String text() {
            return String.format(Locale.ROOT, "%s after %.1f s", told, seconds);
        }
    }

    private final RealNode node;
    private final Path folder;
    private final Path helm = Tools.go("helm.sh/helm/v4/cmd/helm", "v4.3.1");
    private final Map<String, Waiter> waiters = new LinkedHashMap<>();

    private RealBench(RealNode node) throws IOException {
        this.node = node;
        this.folder = Files.createDirectories(node.cluster().dir().resolve("bench"));
        waiters.put("ensure_ready.java", this::ensureReady);
        waiters.put("kubectl rollout status", (namespace, manifests) ->
            kubectl(namespace, manifests, "rollout", "status", "deployment/api", "--timeout", LIMIT));
        waiters.put("kubectl wait", (namespace, manifests) ->
            kubectl(namespace, manifests, "wait", "--for=condition=Available", "deployment", "--all", "--timeout", LIMIT));
        waiters.put("helm upgrade --wait", this::helm);
    }

    /** The lines of a table, the last one how often ready was said of what is not. */
    static List<String> rows(RealNode node) throws IOException {
        RealBench bench = new RealBench(node);
        ExecutorService pool = Executors.newFixedThreadPool(AT_A_TIME);
        try {
            Map<Case, Map<String, CompletableFuture<Verdict>>> all = new LinkedHashMap<>();
            CASES.forEach(each -> {
                all.put(each, new LinkedHashMap<>());
                bench.waiters.keySet().forEach(who -> all.get(each)
                    .put(who, CompletableFuture.supplyAsync(() -> bench.measured(each, who), pool)));
            });
            return bench.table(all);
        } finally {
            pool.shutdown();
        }
    }

    private List<String> table(Map<Case, Map<String, CompletableFuture<Verdict>>> all) {
        List<String> rows = new ArrayList<>(List.of("| a release over a healthy one | " + String.join(" | ", waiters.keySet()) + " |",
            "|---|" + "---|".repeat(waiters.size())));
        all.forEach((each, verdicts) -> rows.add("| " + each.name() + " | "
            + String.join(" | ", verdicts.values().stream().map(verdict -> verdict.join().text()).toList()) + " |"));
        rows.add("| said ready, was not | " + String.join(" | ", waiters.keySet().stream().map(who -> all.keySet().stream()
            .filter(each -> !each.ready() && all.get(each).get(who).join().ready()).count() + " of "
            + all.keySet().stream().filter(each -> !each.ready()).count()).toList()) + " |");
        return rows;
    }

    private Verdict measured(Case each, String who) {
        String namespace = node.cluster().newNamespace("bench");
        try {
            before(namespace, who);
            long begin = System.nanoTime();
            Verdict verdict = waiters.get(who).release(namespace, each.release());
            return new Verdict(verdict.ready(), verdict.told(), (System.nanoTime() - begin) / 1e9);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } finally {
            node.cluster().client().namespaces().withName(namespace).delete();
        }
    }

    /** A healthy release, by the same hand: Helm knows its own alone. */
    private void before(String namespace, String who) throws IOException {
        String release = Stacks.app(PROBE);
        if (who.startsWith("helm")) {
            helm(namespace, release);
        } else {
            node.cluster().client().load(new ByteArrayInputStream(release.getBytes(StandardCharsets.UTF_8))).inNamespace(namespace)
                .fieldManager("ensure-ready").serverSideApply();
        }
        node.cluster().client().apps().deployments().inNamespace(namespace).withName("api").waitUntilCondition(live -> live != null
            && live.getStatus() != null && Integer.valueOf(1).equals(live.getStatus().getAvailableReplicas()), 60, TimeUnit.SECONDS);
    }

    private Verdict ensureReady(String namespace, String manifests) throws IOException {
        var done = Cli.of("ensure_ready").run("-n", namespace, "-f", write(namespace, manifests).toString(), "--force-apply",
            "--wait-timeout", LIMIT, "--output", "json", "--kubeconfig", node.cluster().kubeconfig().toString(), "-q");
        var result = JsonMapper.shared().readTree(done.out());
        return new Verdict(done.exit() == 0, result.path("outcome").asString("no result") + result.path("causes").valueStream()
            .map(cause -> " " + cause.path("code").asString("")).reduce("", String::concat), 0);
    }

    private Verdict kubectl(String namespace, String manifests, String... wait) throws IOException {
        List<String> kubectl = List.of(node.cluster().kubectl().toString(), "--kubeconfig", node.cluster().kubeconfig().toString(), "-n",
            namespace);
        run(kubectl, "apply", "--server-side", "--force-conflicts", "-f", write(namespace, manifests).toString());
        return verdict(run(kubectl, wait));
    }

    private Verdict helm(String namespace, String manifests) throws IOException {
        Path chart = Files.createDirectories(folder.resolve(namespace + "/chart/templates")).getParent();
        Files.writeString(chart.resolve("Chart.yaml"), "apiVersion: v2\nname: shop\nversion: 1.0.0\n");
        Files.writeString(chart.resolve("templates/shop.yaml"), manifests);
        return verdict(run(List.of(helm.toString(), "--kubeconfig", node.cluster().kubeconfig().toString(), "-n", namespace),
            "upgrade", "--install", "shop", chart.toString(), "--wait", "--timeout", LIMIT));
    }

    private Cli.Result run(List<String> program, String... arguments) {
        return Cli.program(program.toArray(String[]::new)).env("HOME", folder.toString()).run(arguments);
    }

    private static Verdict verdict(Cli.Result done) {
        boolean late = done.err().matches("(?s).*(timed out|deadline exceeded).*");
        return new Verdict(done.exit() == 0, done.exit() == 0 ? "ready" : late ? "timeout" : "failed", 0);
    }

    private Path write(String namespace, String manifests) throws IOException {
        return Files.writeString(folder.resolve(namespace + ".yaml"), manifests);
    }
}
