//SOURCES AgentImage.java Situation.java Stacks.java

import static org.junit.jupiter.api.Assertions.assertEquals;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.NamespaceableResource;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.function.Executable;

/**
 * A namespace of the real node in which a situation is played to its end. Situations of all classes run side by side.
 */
final class RealNodeLab {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** They wait for back-offs most of the time. */
    private static final int AT_A_TIME = 16;

    private static final ExecutorService PLAYERS = Executors.newFixedThreadPool(AT_A_TIME, RealNodeLab::daemon);

    private final RealNode node;
    private final String namespace;

    private RealNodeLab(RealNode node, String namespace) {
        this.node = node;
        this.namespace = namespace;
    }

    /** Begins all of them, the longest first, and makes a test of each: what ensure_ready says is what is right. */
    static Stream<DynamicTest> tests(List<Situation> situations) {
        return tests(situations, (situation, result) -> assertEquals(situation.expected(), verdict(result), () -> told(result)));
    }

    /** The same with an assertion of the caller's own. */
    static Stream<DynamicTest> tests(List<Situation> situations, BiConsumer<Situation, String> assertion) {
        RealNode node = RealNode.shared();
        Map<Situation, CompletableFuture<String>> ends = new LinkedHashMap<>();
        situations.stream().sorted(Comparator.comparing(Situation::seconds).reversed())
            .forEach(each -> ends.put(each, CompletableFuture.supplyAsync(() -> play(node, each), PLAYERS)));
        return ends.entrySet().stream().map(end -> DynamicTest.dynamicTest(end.getKey().name(),
            () -> assertion.accept(end.getKey(), end.getValue().join())));
    }

    /** Begins a story of its own kind at once, beside all others, and makes a test of its end. */
    static DynamicTest begin(String name, Executable story) {
        CompletableFuture<Void> end = CompletableFuture.runAsync(() -> {
            try {
                story.execute();
            } catch (RuntimeException | Error e) {
                throw e;
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
        }, PLAYERS);
        return DynamicTest.dynamicTest(name, () -> {
            try {
                end.get();
            } catch (ExecutionException e) {
                throw e.getCause();
            }
        });
    }

    /** Plays it and returns ensure_ready's result, as JSON; its namespace goes afterwards. */
    static String play(RealNode node, Situation situation) {
        RealNodeLab lab = new RealNodeLab(node, node.cluster().newNamespace("real"));
        try {
            return lab.run(situation);
        } finally {
            lab.client().namespaces().withName(lab.namespace).delete();
        }
    }

    /** The outcome, and each cause as {@code CODE Kind/name}. */
    static String verdict(String result) {
        JsonNode json = parse(result);
        Stream<String> causes = StreamSupport.stream(json.path("causes").spliterator(), false)
            .map(cause -> cause.path("code").asString("") + " " + object(cause)).sorted();
        return Stream.concat(Stream.of(json.path("outcome").asString("")), causes).reduce("", (text, line) -> text + line + "\n");
    }

    /** What a reader of a failed test needs of the result. */
    static String told(String result) {
        JsonNode json = parse(result);
        StringBuilder told = new StringBuilder(json.path("summary").asString(""))
            .append(" after ").append(json.path("waitedSeconds").asString(""));
        json.path("workloads").forEach(each -> told.append("\n  ").append(each.path("name").asString("")).append(' ')
            .append(each.path("state").asString("")).append(": ").append(each.path("message").asString("")));
        json.path("causes").forEach(cause -> {
            told.append("\n  ").append(cause.path("code").asString("")).append(' ').append(object(cause));
            cause.path("evidence").forEach(each -> told.append("\n    ").append(each.path("reason").asString("")).append(": ")
                .append(each.path("message").asString("")));
            told.append("\n    log: ").append(cause.path("logExcerpt"));
        });
        return told.append("\n  unexplained: ").append(json.path("unexplained")).append("\n").toString();
    }

    private static String object(JsonNode cause) {
        return cause.at("/object/kind").asString("") + "/" + cause.at("/object/name").asString("");
    }

    KubernetesClient client() {
        return node.cluster().client();
    }

    String namespace() {
        return namespace;
    }

    void apply(String manifests) {
        client().load(new ByteArrayInputStream(manifests.replace("NAMESPACE", namespace).getBytes(StandardCharsets.UTF_8))).items()
            .forEach(object -> resource(object).fieldManager("ensure-ready").forceConflicts().serverSideApply());
    }

    private Resource<HasMetadata> resource(HasMetadata object) {
        NamespaceableResource<HasMetadata> resource = client().resource(object);
        return object instanceof Namespaced ? resource.inNamespace(namespace) : resource;
    }

    private String run(Situation situation) {
        for (int i = 0; i < situation.before().size(); i++) {
            apply(situation.before().get(i));
            if (i == 0) {
                awaitAll();
            }
        }
        Path file = node.cluster().dir().resolve(namespace + ".yaml");
        write(file, situation.manifests());
        Cli.Running running = Cli.of("ensure_ready").timeout(Duration.ofSeconds(situation.seconds() + 60L)).start("-n", namespace,
            "-f", file.toString(), "--force-apply", "--wait-timeout", situation.seconds() + "s", "--output", "json",
            "--kubeconfig", node.cluster().kubeconfig().toString(), "-q");
        if (situation.meanwhile() != null) {
            situation.meanwhile().accept(this);
        }
        return running.await().out();
    }

    private void awaitAll() {
        client().apps().deployments().inNamespace(namespace).list().getItems().forEach(deployment ->
            client().resource(deployment).waitUntilCondition(live -> live != null && live.getStatus() != null
                && live.getSpec().getReplicas().equals(live.getStatus().getAvailableReplicas()), 60, TimeUnit.SECONDS));
        client().apps().statefulSets().inNamespace(namespace).list().getItems().forEach(set ->
            client().resource(set).waitUntilCondition(live -> live != null && live.getStatus() != null
                && live.getSpec().getReplicas().equals(live.getStatus().getReadyReplicas()), 60, TimeUnit.SECONDS));
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (JacksonException e) {
            throw new AssertionError("no result: " + text, e);
        }
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "real-node-player");
        thread.setDaemon(true);
        return thread;
    }
}
