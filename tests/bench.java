///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Prints how right and how quick the wait is, measured on the tests' cluster
//JAVA 17+
//DEPS org.junit:junit-bom:6.1.3@pom
//DEPS info.picocli:picocli:4.7.7
//DEPS tools.jackson.core:jackson-databind:3.3.0 tools.jackson.dataformat:jackson-dataformat-yaml:3.3.0
//DEPS org.junit.jupiter:junit-jupiter:6.1.3
//DEPS com.networknt:json-schema-validator:3.0.2
//SOURCES ../ensure_ready.java
//SOURCES command/Schemas.java
//SOURCES command/StartBench.java command/EndBench.java command/ScaleBench.java diagnosis/Crowd.java realnode/RealBench.java
//SOURCES cluster/EmbeddedApi.java cluster/EmbeddedStore.java cluster/EmbeddedFaults.java cluster/EmbeddedDefaults.java
//SOURCES cluster/EmbeddedPatches.java cluster/EmbeddedDiscovery.java cluster/EmbeddedSelector.java cluster/Controllers.java cluster/PlayedContainers.java
//SOURCES cluster/LocalCluster.java waiting/WaitLab.java waiting/WaitScenarios.java
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable
//COMPILE_OPTIONS -encoding UTF-8 -Xlint:none -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC

import tools.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.opentest4j.TestAbortedException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Figures, not assertions: {@code ./jbangw bench}, or {@code ./jbangw bench --only verdicts}. */
@Command(name = "bench", mixinStandardHelpOptions = true, sortOptions = false,
    description = "Measures the wait on the tests' cluster and prints a table.")
class bench implements Callable<Integer> {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Option(names = "--only", split = ",", paramLabel = "PART",
        description = "start, ends, scale, rollouts, verdicts, recoveries, latency, requests, size, real (default: all)")
    List<String> only = List.of();

    @Option(names = "--runs", defaultValue = "100", description = "bad images over a healthy release (default: ${DEFAULT-VALUE})")
    int runs;

    @Option(names = "--deployments", defaultValue = "1000", description = "for size, each with three pods (default: ${DEFAULT-VALUE})")
    int deployments;

    public static void main(String... args) {
        System.exit(new CommandLine(new bench()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        if (!only.equals(List.of("real"))) {
            System.out.println("| what | measured |\n|---|---|");
        }
        try {
            if (wanted("start")) {
                StartBench.rows(Path.of("").toAbsolutePath()).forEach((what, figures) -> row(what, "%s", figures));
            }
            if (wanted("ends")) {
                EndBench.rows().forEach((what, figures) -> row(what, "%s", figures));
            }
            if (wanted("scale")) {
                ScaleBench.rows().forEach((what, figures) -> row(what, "%s", figures));
            }
            if (wanted("rollouts") || wanted("verdicts") || wanted("recoveries")) {
                scenarios(LocalCluster.shared());
            }
            if (wanted("latency") || wanted("requests") || wanted("size")) {
                try (var bare = LocalCluster.bare()) {
                    byHand(bare);
                }
            }
            if (wanted("real")) {
                System.out.println();
                RealBench.rows(RealNode.shared()).forEach(System.out::println);
            }
        } catch (TestAbortedException e) {
            System.err.println("bench: " + e.getMessage());
            return 1;
        }
        return 0;
    }

    private boolean wanted(String part) {
        return only.isEmpty() || only.contains(part);
    }

    private static void row(String what, String figure, Object... values) {
        System.out.println("| " + what + " | " + String.format(Locale.ROOT, figure, values) + " |");
    }

    private void scenarios(LocalCluster cluster) throws Exception {
        if (wanted("rollouts")) {
            rollouts(cluster);
        }
        if (wanted("verdicts")) {
            WaitScenarios.start(cluster, WaitScenarios.failures()).forEach((name, ended) -> {
                var e = ended.join();
                row("certain verdict: " + name, "%.1f s, %s %s", e.took().toMillis() / 1000.0, e.outcome(), e.codes());
            });
        }
        if (wanted("recoveries")) {
            var ended = WaitScenarios.start(cluster, WaitScenarios.recoveries());
            ended.forEach((name, e) -> row("heals: " + name, "%s after %.1f s", e.join().outcome(), e.join().took().toMillis() / 1000.0));
            row("false failures on the recovery list", "%d of %d", ended.values()
                .stream().filter(e -> e.join().outcome().equals("failed")).count(), ended.size());
        }
    }

    /** The trap of Available: old pods keep it True while the new ones cannot start. Ten at a time. */
    private void rollouts(LocalCluster cluster) throws Exception {
        var ours = new ArrayList<String>();
        var theirs = new ArrayList<Integer>();
        for (int done = 0; done < runs; done += 10) {
            var labs = IntStream.range(0, Math.min(10, runs - done))
                .mapToObj(i -> new WaitLab(cluster, "over").before(WaitLab.deployment("web", "web:1", "", ""))).toList();
            for (var lab : labs) {
                cluster.client().apps().deployments().inNamespace(lab.namespace).withName("web")
                    .waitUntilCondition(d -> d != null && d.getStatus() != null
                    && Integer.valueOf(1).equals(d.getStatus().getAvailableReplicas()), 60, TimeUnit.SECONDS);
            }
            var waits = labs.stream()
                .map(lab -> lab.apply(WaitLab.deployment("web", "web:nope", "life.test/is: image-not-found", "")).start(30)).toList();
            Thread.sleep(2000); // so that the controller has seen the new template: the moment that makes kubectl wait wrong every time
            for (var lab : labs) {
                theirs.add(kubectlWait(cluster, lab.namespace));
            }
            waits.forEach(w -> ours.add(w.join().outcome()));
            labs.forEach(lab -> cluster.client().namespaces().withName(lab.namespace).delete());
        }
        row("bad image over a healthy release: ready said", "%d of %d", ours.stream().filter("ready"::equals).count(), runs);
        row("the same with kubectl wait --for=condition=Available", "%d of %d", theirs.stream().filter(code -> code == 0).count(), runs);
    }

    private static int kubectlWait(LocalCluster cluster, String namespace) throws IOException, InterruptedException {
        var process = new ProcessBuilder(cluster.kubectl().toString(), "--kubeconfig", cluster.kubeconfig()
            .toString(), "-n", namespace, "wait", "--for=condition=Available", "deployment", "--all", "--timeout=10s")
            .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        return process.waitFor();
    }

    /** An API server without controllers: every status is written here, so the moment of the last one is known. */
    private void byHand(LocalCluster bare) throws Exception {
        if (wanted("latency") || wanted("requests")) {
            var small = filled(bare, "one", 1, 1);
            var before = bare.requests().size();
            settled(bare, small);
            requests(bare, before, "1 workload");
            var large = filled(bare, "hundred", 100, 1);
            before = bare.requests().size();
            settled(bare, large);
            requests(bare, before, "100 workloads");
            if (wanted("latency")) {
                latency(bare, large);
            }
        }
        if (wanted("size")) {
            size(bare, filled(bare, "thousand", deployments, 3));
        }
    }

    private static void settled(LocalCluster bare, String namespace) {
        try (var api = api(bare)) {
            waiting(api, namespace, j -> { }).run(ensure_ready.Deadline.in(Duration.ofSeconds(60)));
        }
    }

    private static ensure_ready.Api api(LocalCluster cluster) {
        return new ensure_ready.Api(ensure_ready.Kubeconfig.read(cluster.kubeconfig(), null), Duration.ofSeconds(10));
    }

    private static ensure_ready.SoftWait waiting(ensure_ready.Api api, String namespace,
        java.util.function.Consumer<ensure_ready.Judgement> changed) {
        return new ensure_ready.SoftWait(api, namespace, ensure_ready.Applying.over(List.of(), false),
                new ensure_ready.WaitSettings("codex", false, false, true, null),
            changed);
    }

    private static void requests(LocalCluster bare, int before, String what) {
        var counts = new TreeMap<String, Integer>();
        var all = bare.requests();
        all.subList(Math.min(before, all.size()), all.size()).stream().filter(r -> r.userAgent().startsWith("ensure-ready"))
            .forEach(r -> counts.merge(r.verb() + " " + r.resource(), 1, Integer::sum));
        row("requests while waiting, " + what, "%d: %s", counts.values().stream().mapToInt(i -> i).sum(), counts);
    }

    /**
     * One of the hundred goes away and comes back, again and again; the clock runs from the answer to the write until all are told ready.
     */
    private static void latency(LocalCluster bare, String namespace) throws Exception {
        var seen = new AtomicLong();
        var figures = new ArrayList<Long>();
        try (var api = api(bare)) {
            var running = CompletableFuture.runAsync(() -> waiting(api, namespace, j -> seen.set(unready(j) == 0 ? System.nanoTime() : 0))
                .run(ensure_ready.Deadline.in(Duration.ofMinutes(5))));
            status(bare.client(), namespace, 0, 0);
            for (int i = 0; i < 40 && !running.isDone(); i++) {
                status(bare.client(), namespace, i % 100, 0);
                Thread.sleep(1000);
                seen.set(0);
                status(bare.client(), namespace, i % 100, 1);
                if (i == 0) {
                    status(bare.client(), namespace, 0, 1);
                }
                long written = System.nanoTime();
                while (seen.get() == 0 && System.nanoTime() - written < 10_000_000_000L) {
                    Thread.sleep(1);
                }
                figures.add((seen.get() - written) / 1_000_000);
            }
            long last = System.nanoTime();
            running.join();
            row("settled, read live and said ready after the last write (3 s of it settling)", "%.2f s", (System.nanoTime() - last) / 1e9);
        }
        Collections.sort(figures);
        row("last status write to ready seen, 100 workloads, " + figures.size() + " times",
            "median %d ms, 95th percentile %d ms", figures.get(figures.size() / 2), figures.get(figures.size() * 95 / 100));
    }

    private static long unready(ensure_ready.Judgement j) {
        return j.workloads().isEmpty() ? 1 : j.workloads().stream().filter(w -> w.state() != ensure_ready.State.ready).count();
    }

    /** The script itself as a process of its own, with a heap that must suffice. */
    private void size(LocalCluster bare, String namespace) throws Exception {
        var out = Files.createTempFile("bench", ".json");
        var process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java")
            .toString(), "-Xmx400m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xlog:disable",
            "-cp", System.getProperty("java.class.path"), "ensure_ready", "-n", namespace, "--kubeconfig", bare.kubeconfig()
                .toString(), "--wait-timeout", "3m", "--output", "json", "-q")
            .redirectOutput(out.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        long begin = System.nanoTime();
        long peak = 0;
        while (process.isAlive()) {
            peak = Math.max(peak, ScaleBench.peak(process.pid()));
            Thread.sleep(100);
        }
        var result = JSON.readTree(out.toFile());
        Files.delete(out);
        row(deployments + " Deployments, " + 3 * deployments + " pods",
            "%s with %d workloads after %.1f s, peak resident %d MiB (heap limited to 400 MiB)", result.path("outcome")
                .asString("no result"),
            result.path("workloads").size(), (System.nanoTime() - begin) / 1e9, peak / 1024);
    }

    /** A namespace of ready Deployments with their ReplicaSets and pods, all written by hand. */
    private static String filled(LocalCluster bare, String prefix, int deployments, int pods) throws Exception {
        var namespace = bare.newNamespace(prefix);
        create(bare.client(), namespace, "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\n");
        var pool = Executors.newFixedThreadPool(8);
        var all = new ArrayList<Callable<Void>>();
        for (int i = 0; i < deployments; i++) {
            int number = i;
            all.add(() -> {
                fill(bare.client(), namespace, number, pods);
                return null;
            });
        }
        for (var done : pool.invokeAll(all)) {
            done.get();
        }
        pool.shutdown();
        return namespace;
    }

    private static void fill(KubernetesClient client, String namespace, int i, int pods) {
        var deployment = create(client, namespace, WaitLab.deployment("w" + i, "w:1", "", "")
            .replace("---\n", "").replace("spec:\n  selector", "spec:\n  replicas: " + pods + "\n  selector"));
        var owner = "ownerReferences: [{apiVersion: apps/v1, kind: %s, name: %s, uid: %s, controller: true}]";
        var set = create(client, namespace, """
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: w%1$d-1, annotations: {deployment.kubernetes.io/revision: "1"}, %2$s}
            spec: {replicas: %3$d, selector: {matchLabels: {app: w%1$d, pod-template-hash: "1"}}, template: {metadata: {labels: {app: w%1$d,
                pod-template-hash: "1"}}, spec: {containers: [{name: w, image: "w:1"}]}}}
            """.formatted(i, owner.formatted("Deployment", "w" + i, deployment), pods));
        for (int p = 0; p < pods; p++) {
            create(client, namespace, """
                apiVersion: v1
                kind: Pod
                metadata: {name: w%1$d-1-%2$d, labels: {app: w%1$d, pod-template-hash: "1"}, %3$s}
                spec: {nodeName: node-1, containers: [{name: w, image: "w:1", readinessProbe: {tcpSocket: {port: 80}}}]}
                """.formatted(i, p, owner.formatted("ReplicaSet", "w" + i + "-1", set)));
            client.pods().inNamespace(namespace).withName("w" + i + "-1-" + p)
                .subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE), JSON_STATUS);
        }
        client.apps().replicaSets().inNamespace(namespace).withName("w" + i + "-1")
            .subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\": {\"observedGeneration\": 1, \"replicas\": %1$d, \"readyReplicas\": %1$d, \"availableReplicas\": %1$d}}"
                .formatted(pods));
        status(client, namespace, i, pods);
    }

    private static final String JSON_STATUS = """
        {"status": {"phase": "Running", "podIP": "10.0.0.1", "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": \
        "Initialized", "status": "True"}, {"type": "ContainersReady", "status": "True"}, {"type": "Ready", "status": "True"}],
         "containerStatuses": [{"name": "w", "image": "w:1", "imageID": "w@sha256:1", "ready": true, "started": true, "restartCount": 0, \
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]}}""";

    private static String create(KubernetesClient client, String namespace, String yaml) {
        return client.load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8)))
            .inNamespace(namespace).create().get(0).getMetadata().getUid();
    }

    private static void status(KubernetesClient client, String namespace, int i, int ready) {
        var status = Map.of("observedGeneration", 1, "replicas", Math.max(1, ready),
            "updatedReplicas", Math.max(1, ready), "readyReplicas", ready, "availableReplicas", ready, "conditions",
            List.of(Map.of("type", "Available", "status", "True", "reason", "MinimumReplicasAvailable"),
                Map.of("type", "Progressing", "status", "True", "reason", "NewReplicaSetAvailable")));
        client.apps().deployments().inNamespace(namespace).withName("w" + i).subresource("status")
            .patch(PatchContext.of(PatchType.JSON_MERGE), Serialization.asJson(Map.of("status", status)));
    }
}
