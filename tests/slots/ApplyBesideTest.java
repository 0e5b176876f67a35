import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes beside each other in an apply, and what does not: a server that answers when the test says so tells. */
class ApplyBesideTest {
    private static final String MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n";
    private static final String ACCOUNT = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: %s}\n";
    private static final String NAMES = "{\"resources\": [{\"name\": \"configmaps\", \"kind\": \"ConfigMap\", \"namespaced\": true}, "
        + "{\"name\": \"serviceaccounts\", \"kind\": \"ServiceAccount\", \"namespaced\": true}, "
        + "{\"name\": \"customresourcedefinitions\", \"kind\": \"CustomResourceDefinition\", \"namespaced\": false}, "
        + "{\"name\": \"things\", \"kind\": \"Thing\", \"namespaced\": true}]}";
    @TempDir
    Path folder;
    private HttpServer server;
    /** Writes in the order in which they came in, and the names that are waited for before a name is answered. */
    private final List<String> writes = new CopyOnWriteArrayList<>();
    private final Set<String> underWay = ConcurrentHashMap.newKeySet();
    private final List<String> overlaps = new CopyOnWriteArrayList<>();
    private volatile String slow = "";
    /** What was under way when the write of a name came in. */
    private final Map<String, Set<String>> beside = new ConcurrentHashMap<>();
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final Map<String, String> live = new ConcurrentHashMap<>();
    private final Map<String, String> after = new ConcurrentHashMap<>();
    private final Map<String, CountDownLatch> came = new ConcurrentHashMap<>();
    private final Map<String, Integer> refused = new ConcurrentHashMap<>();

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newCachedThreadPool());
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        var name = exchange.getRequestURI().getPath().replaceAll(".*/", "");
        boolean write = exchange.getRequestMethod().equals("PATCH");
        int code = write || name.equals("v1") || live.containsKey(name)
            || exchange.getRequestURI().getPath().contains("horizontal") ? 200 : 404;
        if (write) {
            writes.add(name);
            beside.put(name, Set.copyOf(underWay));
            if (!underWay.add(name)) {
                overlaps.add(name);
            }
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            latch(name).countDown();
            code = !arrived(after.getOrDefault(name, name)) ? 504 : refused.getOrDefault(name, 200);
        }
        if (write && slow.equals(name)) {
            arrived("nobody"); // long enough for a second one to come
        }
        underWay.remove(name);
        var body = (name.equals("v1") ? NAMES : write && code == 200
            ? "{\"metadata\": {\"name\": \"" + name + "\", \"uid\": \"" + writes.size() + "\"}}"
            : live.getOrDefault(name, "{\"items\": []}")).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(code, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private CountDownLatch latch(String name) {
        return came.computeIfAbsent(name, n -> new CountDownLatch(1));
    }

    private boolean arrived(String name) {
        try {
            return latch(name).await(name.equals("nobody") ? 1 : 5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Test
    void theObjectsOfARankDoNotWaitForEachOther() throws IOException {
        after.put("a", "c");
        after.put("b", "d");
        assertEquals(List.of("a created", "b created", "c created", "d created"),
            apply(maps("a", "b", "c", "d"), new ByteArrayOutputStream()));
    }

    @Test
    void aRankWaitsForTheOneBeforeItAndResultsStandAsInTheManifests() throws IOException {
        var yaml = maps("a", "b") + "---\n" + ACCOUNT.formatted("s") + "---\n" + ACCOUNT.formatted("t");
        assertEquals(List.of("a created", "b created", "s created", "t created"), apply(yaml, new ByteArrayOutputStream()));
        assertEquals(List.of("s", "t"), writes.subList(0, 2).stream().sorted().toList());
    }

    @Test
    void theSameObjectTwiceIsAppliedOneAfterTheOther() throws IOException {
        slow = "a";
        assertEquals(List.of("a created", "a created"), apply(maps("a", "a"), new ByteArrayOutputStream()));
        assertEquals(List.of(), overlaps);
    }

    @Test
    void messagesComeInTheOrderOfTheManifestsAndOneFailureIsItsOwn() throws IOException {
        after.put("a", "c");
        refused.put("b", 422);
        var told = new ByteArrayOutputStream();
        assertEquals(List.of("a created", "b failed", "c created"), apply(maps("a", "b", "c"), told));
        var lines = told.toString(StandardCharsets.UTF_8).lines().filter(l -> l.contains("cm/"))
            .map(l -> l.replaceAll(".*(cm/.).*", "$1")).toList();
        assertEquals(List.of("cm/a", "cm/b", "cm/c"), lines);
    }

    @Test
    void aMistakeOfOursFailsItsObjectAndShowsWhereItHappened() throws IOException {
        live.put("a", "{}");
        var told = new ByteArrayOutputStream();
        assertEquals(List.of("a failed", "b created"), apply(maps("a", "b"), told));
        assertTrue(told.toString(StandardCharsets.UTF_8).contains("NullPointerException"), told.toString(StandardCharsets.UTF_8));
        assertTrue(told.toString(StandardCharsets.UTF_8).contains("at ensure_ready$ObjectApply"), told.toString(StandardCharsets.UTF_8));
    }

    /** A hundred objects of a stack: how many requests stand behind each other when each of them takes its time. */
    @Test
    void aHundredObjectsAreFewRequestsInARow() throws IOException {
        var names = new ArrayList<String>();
        for (int i = 0; i < 100; i++) {
            names.add("m" + i);
        }
        // ten are held until ten have come: a rank of a hundred goes in ten rounds, however long one takes
        for (int i = 0; i < 100; i++) {
            after.put("m" + i, "m" + Math.min(99, i / 10 * 10 + 9));
        }
        var results = apply(maps(names.toArray(String[]::new)), new ByteArrayOutputStream());
        assertTrue(results.stream().allMatch(r -> r.endsWith(" created")), results.toString());
        assertFalse(writes.isEmpty());
    }

    @Test
    void customResourcesComeAfterTheirDefinitions() throws IOException {
        var yaml = "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: one}\n---\napiVersion: apiextensions.k8s.io/v1\n"
            + "kind: CustomResourceDefinition\nmetadata: {name: things.example.com}\n"
            + "spec: {group: example.com, names: {kind: Thing}, versions: [{name: v1, served: true}]}\n---\n" + maps("a");
        slow = "things.example.com";
        assertEquals(List.of("one created", "things.example.com created", "a created"), apply(yaml, new ByteArrayOutputStream()));
        assertEquals(List.of("things.example.com", "a", "one"), writes);
        assertEquals(Set.of(), beside.get("one"));
    }

    @Test
    void aDefinitionWhoseNamesAreRefusedIsNotWaitedFor() throws IOException {
        live.put("things.example.com", """
            {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.com"},
             "status": {"conditions": [{"type": "NamesAccepted", "status": "False", "message": "things is in use"}]}}""");
        var yaml = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: things.example.com}\n"
            + "spec: {group: example.com, names: {kind: Other}, versions: [{name: v1, served: true}]}\n";
        var told = new ByteArrayOutputStream();
        assertEquals(List.of("things.example.com failed"), apply(yaml, told));
        assertTrue(told.toString(StandardCharsets.UTF_8).contains("its names are not accepted: things is in use"),
            told.toString(StandardCharsets.UTF_8));
    }

    /** What kubectl owned and what we own already become one entry, or the server would keep what the manifest drops. */
    @Test
    void fieldsOfKubectlsApplyAreTakenOverIntoOurOwnEntry() throws IOException {
        live.put("a", """
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "resourceVersion": "7", "managedFields": [
              {"manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
                  "fieldsV1": {"f:data": {"f:theirs": {}}}},
              {"manager": "ensure-ready", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
                  "fieldsV1": {"f:data": {"f:ours": {}}}},
              {"manager": "other", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {"f:data": \
            {"f:foreign": {}}}}]}}""");
        apply(maps("a"), new ByteArrayOutputStream());
        var entries = ensure_ready.Json.MAPPER.readTree(bodies.get(0)).path(0).path("value");
        assertEquals(List.of("other", "ensure-ready"), entries.valueStream().map(e -> e.path("manager").asString("")).toList());
        assertEquals("{\"f:data\":{\"f:theirs\":{},\"f:ours\":{}}}", entries.path(1).path("fieldsV1").toString());
    }

    private static String maps(String... names) {
        return String.join("---\n", List.of(names).stream().map(MAP::formatted).toList());
    }

    private List<String> apply(String yaml, ByteArrayOutputStream told) throws IOException {
        var config = Kubeconfig.plain(folder.resolve("config"), "http://127.0.0.1:" + server.getAddress().getPort(), "");
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(config, null), Duration.ofSeconds(10))) {
            var progress = new ensure_ready.Progress(new PrintStream(told, true), Map.of("CI", "1"), false, true);
            return new ensure_ready.Apply(api, "x", false, results -> { }, progress)
                .all(ensure_ready.Manifests.parse("test.yaml", yaml).items(), ensure_ready.Deadline.in(Duration.ofSeconds(1))).stream()
                .map(a -> a.object().name() + " " + a.result()).toList();
        }
    }
}
