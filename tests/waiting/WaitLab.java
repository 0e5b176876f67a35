import io.fabric8.kubernetes.api.model.HasMetadata;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/**
 * A namespace of the tests' cluster in which something is applied and waited for:
 * {@code new WaitLab(cluster, "blip").apply(yaml).start(90).join().judgement()}.
 */
final class WaitLab {
    final LocalCluster cluster;
    final String namespace;
    private final List<ensure_ready.Applied> applied = new ArrayList<>();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private Instant since;

    WaitLab(LocalCluster cluster, String prefix) {
        this.cluster = cluster;
        this.namespace = cluster.newNamespace(prefix);
    }

    /** Applies as an earlier run did: it counts as there already. */
    WaitLab before(String yaml) {
        documents(yaml).forEach(o -> cluster.client().resource(o).inNamespace(namespace).serverSideApply());
        return this;
    }

    WaitLab apply(String yaml) {
        since = Instant.now();
        for (var o : documents(yaml)) {
            var live = cluster.client().resource(o).inNamespace(namespace).fieldManager("ensure-ready").forceConflicts().serverSideApply();
            var json = ensure_ready.Json.MAPPER.valueToTree(o);
            var generation = live.getMetadata().getGeneration() == null ? 0 : live.getMetadata().getGeneration();
            applied.add(new ensure_ready.Applied(new ensure_ready.Obj(json),
                new ensure_ready.Source("app.yaml", 1), ensure_ready.Result.configured, generation, live.getMetadata().getUid(), "", ""));
        }
        return this;
    }

    private List<HasMetadata> documents(String yaml) {
        return cluster.client().load(new ByteArrayInputStream(yaml.getBytes(StandardCharsets.UTF_8))).items();
    }

    /** Does something a while after now, as the world does. */
    WaitLab after(int seconds, Runnable what) {
        CompletableFuture.delayedExecutor(seconds, TimeUnit.SECONDS).execute(what);
        return this;
    }

    /** Does something as soon as the Deployment is available. */
    WaitLab onceAvailable(String deployment, Runnable what) {
        CompletableFuture.runAsync(() -> {
            cluster.client().apps().deployments().inNamespace(namespace).withName(deployment)
                .waitUntilCondition(d -> d != null && d.getStatus() != null
                && Integer.valueOf(1).equals(d.getStatus().getAvailableReplicas()), 5, TimeUnit.MINUTES);
            what.run();
        }, task -> new Thread(task).start());
        return this;
    }

    /** Tells every pod of the app its life, and the template for those to come is left alone. */
    void tell(String app, String what, String how) {
        cluster.client().pods().inNamespace(namespace).withLabel("app", app).list()
            .getItems().forEach(p -> cluster.tell(namespace, p.getMetadata().getName(), what, how));
    }

    CompletableFuture<Ended> start(int seconds) {
        return start(seconds, ensure_ready.Kubeconfig.read(cluster.kubeconfig(), null));
    }

    CompletableFuture<Ended> start(int seconds, io.fabric8.kubernetes.client.Config config) {
        var result = new CompletableFuture<Ended>();
        var thread = new Thread(() -> {
            try (var api = new ensure_ready.Api(config, Duration.ofSeconds(10))) {
                long begin = System.nanoTime();
                var settings = new ensure_ready.WaitSettings("codex", !applied.isEmpty(), false, true, since);
                var judgement = new ensure_ready.SoftWait(api, namespace, ensure_ready.Applying.over(applied, false), settings, this::hear)
                    .run(ensure_ready.Deadline.in(Duration.ofSeconds(seconds)));
                result.complete(new Ended(judgement, Duration.ofNanos(System.nanoTime() - begin), List.copyOf(told)));
            } catch (RuntimeException | Error e) {
                result.completeExceptionally(e);
            }
        }, "wait " + namespace);
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private void hear(ensure_ready.Judgement j) {
        j.workloads().stream().map(w -> w.ref() + " " + w.state() + " " + w.message())
            .filter(line -> !told.contains(line)).forEach(told::add);
    }

    /** How a wait ended; {@code told} are all the messages that it gave meanwhile. */
    record Ended(ensure_ready.Judgement judgement, Duration took, List<String> told) {
        String outcome() {
            return judgement.outcome().word();
        }

        List<String> codes() {
            return judgement.certain().stream().map(f -> f.code().name()).distinct().sorted().toList();
        }

        @Override
        public String toString() {
            return outcome() + " after " + took.toMillis() / 100 / 10.0 + " s "
                + codes() + "\n  " + String.join("\n  ", told) + "\n  limited: " + judgement.snapshot().limited();
        }
    }

    /** A Deployment with a readiness probe; {@code more} are fields of its container, {@code life} its pods' annotations. */
    static String deployment(String name, String image, String life, String more) {
        return """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: %1$s}
            spec:
              selector: {matchLabels: {app: %1$s}}
              template:
                metadata:
                  labels: {app: %1$s}
                  annotations: {%3$s}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - name: %1$s
                    image: "%2$s"
                    readinessProbe: {tcpSocket: {port: 80}}
                    %4$s
            ---
            """.formatted(name, image, life, more);
    }
}
