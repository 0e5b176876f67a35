import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an apply does with objects that cannot be had as they are: each for itself, again where time may heal, never for ever. */
@Tag("slow")
class ApplySoftTest {
    private static final String CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    private static final String DEPLOYMENT = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata: {labels: {app: web}}
            spec: {containers: [{name: web, image: "nginx:1"}]}
        """;
    @TempDir
    Path folder;
    private EmbeddedApi server;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        name: web              | name: "web-${SLOT}"
        apiVersion: apps/v1    | apiVersion: ${GROUP}/v1
        metadata: {name: web}  | metadata: {name: "a b/../../c"}
        """)
    void aNameThatNoRequestCanCarryFailsItsObjectAlone(String right, String wrong) throws IOException {
        var json = ensure(DEPLOYMENT.replaceFirst(java.util.regex.Pattern.quote(right), java.util.regex.Matcher.quoteReplacement(wrong))
            + "---\n" + CONFIG, "30s");
        assertEquals("apply-failed APPLY_INVALID", json.path("outcome").asString("") + " " + json.at("/causes/0/code")
            .asString(""), json.toString());
        // in the manifests' order, whatever was applied first
        assertEquals(List.of("failed", "created"),
            List.of(json.at("/objects/0/result").asString(""), json.at("/objects/1/result").asString("")), json.toString());
        assertTrue(server.get("configmaps", "x", "a").isPresent());
    }

    @Test
    void whatTimeMayHealIsAppliedAgain() {
        server.faults.fail("patch", "configmaps", 2, 503);
        assertEquals(ensure_ready.Result.created, apply(CONFIG, false, 20).result());
        assertEquals(3, server.requests("patch", "configmaps"));
    }

    @Test
    void anInternalErrorIsTriedAgainOnlyForWhatPasses() {
        server.faults.fail("patch", "configmaps", 1, 500,
            "Internal error occurred: failed calling webhook \"p.example.com\": connection refused");
        assertEquals(ensure_ready.Result.created, apply(CONFIG, false, 20).result());
        server.resetRequests();
        server.faults.fail("patch", "configmaps", 9, 500,
            "failed to create typed patch object (x/a; /v1, Kind=ConfigMap): .dta: field not declared in schema");
        assertEquals(ensure_ready.Result.failed, apply(CONFIG, false, 20).result());
        assertEquals(1, server.requests("patch", "configmaps"));
    }

    @ParameterizedTest
    @CsvSource({"v1, PersistentVolumeClaim, persistentvolumeclaims, false", "v1, PersistentVolume, persistentvolumes, false",
        "v1, Namespace, namespaces, false",
        "apiextensions.k8s.io/v1, CustomResourceDefinition, customresourcedefinitions, false", "v1, Service, services, true"})
    void whatHoldsDataOrOthersIsNeverRecreated(String apiVersion, String kind, String plural, boolean recreated) {
        var yaml = "apiVersion: " + apiVersion + "\nkind: " + kind + "\nmetadata: {name: a}\nspec: {}\n";
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: x}}");
        server.putYaml(List.of("PersistentVolumeClaim", "Service").contains(kind) ? "x" : "", yaml);
        server.faults.fail("patch", plural, 1, 422, kind + " \"a\" is invalid: spec: Forbidden: field is immutable");
        var applied = apply(yaml, true, 20);
        assertEquals(recreated ? "1 " : "0 a " + kind + " is never deleted here", server.requests("delete", plural) + " "
            + applied.error().replaceAll("(?s).*and (a \\w+ is never deleted here).*", "$1"));
    }

    @Test
    void aListIsReadToItsEnd() throws IOException {
        var pages = com.sun.net.httpserver.HttpServer.create(new java.net.InetSocketAddress(java.net.InetAddress.getLoopbackAddress(),
            0), 0);
        pages.createContext("/", exchange -> {
            var last = exchange.getRequestURI().getRawQuery().equals("limit=1&continue=a%2Bb");
            var page = ("{\"metadata\": {\"continue\": \"" + (last ? "" : "a+b")
                + "\"}, \"items\": [{\"metadata\": {\"name\": \"" + (last ? "two" : "one") + "\"}}]}").getBytes();
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
        });
        pages.start();
        var kubeconfig = Files.writeString(folder.resolve("pages"), Files.readString(server.kubeconfig(folder))
            .replace(server.url().toString(), "http://127.0.0.1:" + pages.getAddress().getPort()));
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(kubeconfig, null), Duration.ofSeconds(10))) {
            assertEquals(List.of("one", "two"), api.list(ensure_ready.Kind.CONFIG_MAP, "x", "limit=1")
                .stream().map(ensure_ready.Obj::name).toList());
        } finally {
            pages.stop(0);
        }
    }

    /** A webhook that takes its time, before each of a hundred objects: what does not come in time is told, not waited for. */
    @Test
    void aSlowWebhookDoesNotOutliveTheDeadline() {
        server.faults.delay("patch", "configmaps", 200, Duration.ofSeconds(3));
        var yaml = java.util.stream.IntStream.range(0, 100).mapToObj(i -> CONFIG.replace("name: a", "name: a" + i))
            .collect(java.util.stream.Collectors.joining("---\n"));
        var all = all(yaml, false, 1);
        assertTrue(all.get(99).error().contains("not tried any more: --wait-timeout has passed"), all.get(99).toString());
        assertEquals(ensure_ready.Result.created, all.get(0).result());
    }

    @Test
    void theLastLookHappensHoweverLateItIs() throws IOException {
        var json = ensure(DEPLOYMENT, "0s");
        assertEquals("timeout web", json.path("outcome").asString("") + " " + json.at("/workloads/0/name").asString(""), json.toString());
    }

    private ensure_ready.Applied apply(String yaml, boolean recreate, int seconds) {
        return all(yaml, recreate, seconds).get(0);
    }

    private List<ensure_ready.Applied> all(String yaml, boolean recreate, int seconds) {
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(server.kubeconfig(folder), null), Duration.ofSeconds(10))) {
            server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: x}}");
            var quiet = new ensure_ready.Progress(System.err, Map.of(), true, false);
            return new ensure_ready.Apply(api, "x", recreate, results -> { }, quiet)
                .all(ensure_ready.Manifests.parse("test.yaml", yaml).items(), ensure_ready.Deadline.in(Duration.ofSeconds(seconds)));
        }
    }

    private JsonNode ensure(String yaml, String timeout) throws IOException {
        var file = Files.writeString(folder.resolve("m.yaml"), yaml).toString();
        var result = Cli.of("ensure_ready").env("KUBECONFIG", server.kubeconfig(folder).toString()).timeout(Duration.ofSeconds(90))
            .run("-n", "x", "-f", file, "--force-apply", "--wait-soft-fail", "--wait-timeout", timeout);
        return new ObjectMapper().readTree(result.out());
    }
}
