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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
        + "{\"name\": \"serviceaccounts\", \"kind\": \"ServiceAccount\", \"namespaced\": true}]}";
    @TempDir
    Path folder;
    private HttpServer server;
    /** Writes in the order in which they came in, and the names that are waited for before a name is answered. */
    private final List<String> writes = new CopyOnWriteArrayList<>();
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
        int code = write ? 200 : name.equals("v1") ? 200 : exchange.getRequestURI().getPath().contains("horizontal") ? 200 : 404;
        if (write) {
            writes.add(name);
            latch(name).countDown();
            code = !arrived(after.getOrDefault(name, name)) ? 504 : refused.getOrDefault(name, 200);
        }
        var body = (name.equals("v1") ? NAMES : write && code == 200
            ? "{\"metadata\": {\"name\": \"" + name + "\", \"uid\": \"" + writes.size() + "\"}}" : "{\"items\": []}").getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(code, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private CountDownLatch latch(String name) {
        return came.computeIfAbsent(name, n -> new CountDownLatch(1));
    }

    private boolean arrived(String name) {
        try {
            return latch(name).await(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Test
    void theObjectsOfARankDoNotWaitForEachOther() throws IOException {
        after.put("a", "c");
        after.put("b", "d");
        assertEquals(List.of("a created", "b created", "c created", "d created"), apply(maps("a", "b", "c", "d"), new ByteArrayOutputStream()));
    }

    @Test
    void aRankWaitsForTheOneBeforeItAndResultsStandAsInTheManifests() throws IOException {
        var yaml = maps("a", "b") + "---\n" + ACCOUNT.formatted("s") + "---\n" + ACCOUNT.formatted("t");
        assertEquals(List.of("a created", "b created", "s created", "t created"), apply(yaml, new ByteArrayOutputStream()));
        assertEquals(List.of("s", "t"), writes.subList(0, 2).stream().sorted().toList());
    }

    @Test
    void theSameObjectTwiceIsAppliedOneAfterTheOther() throws IOException {
        assertEquals(List.of("a created", "a created"), apply(maps("a", "a"), new ByteArrayOutputStream()));
        assertEquals(List.of("a", "a"), writes);
    }

    @Test
    void messagesComeInTheOrderOfTheManifestsAndOneFailureIsItsOwn() throws IOException {
        after.put("a", "c");
        refused.put("b", 422);
        var told = new ByteArrayOutputStream();
        assertEquals(List.of("a created", "b failed", "c created"), apply(maps("a", "b", "c"), told));
        var lines = told.toString(StandardCharsets.UTF_8).lines().filter(l -> l.contains("cm/")).map(l -> l.replaceAll(".*(cm/.).*", "$1")).toList();
        assertEquals(List.of("cm/a", "cm/b", "cm/c"), lines);
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

    private static String maps(String... names) {
        return String.join("---\n", List.of(names).stream().map(MAP::formatted).toList());
    }

    private List<String> apply(String yaml, ByteArrayOutputStream told) throws IOException {
        var config = Files.writeString(folder.resolve("config"), """
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "http://127.0.0.1:%d"}}]
            users: [{name: u, user: {}}]
            """.formatted(server.getAddress().getPort()));
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(config, null), Duration.ofSeconds(10))) {
            var progress = ensure_ready.Progress.on(new PrintStream(told, true), Map.of("CI", "1"), false, true);
            return new ensure_ready.Apply(api, "x", false, results -> { }, progress)
                .all(ensure_ready.Manifests.parse("test.yaml", yaml).items(), ensure_ready.Deadline.in(Duration.ofSeconds(1))).stream()
                .map(a -> a.object().name() + " " + a.result()).toList();
        }
    }
}
