import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The server that other tests lean on, asked by the client library that the scripts use, and by plain HTTP where it hides things. */
class EmbeddedApiTest {
    /** A definition of a kind of its own. */
    static final String WIDGETS = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: widgets.example.org}
        spec:
          group: example.org
          scope: Namespaced
          names: {plural: widgets, kind: Widget}
          versions: [{name: v1, served: true, storage: true, subresources: {status: {}}}]
        """;
    private static final String WEB = """
            {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","labels":{"app":"web"}},
             "spec":{"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},
             "spec":{"containers":[{"name":"web","image":"web:1"}]}}}}
            """;

    private final HttpClient http = HttpClient.newHttpClient();
    private EmbeddedApi api;
    private KubernetesClient client;

    @BeforeEach
    void start() {
        api = new EmbeddedApi();
        client = client("embedded-token");
        client.namespaces().resource(new NamespaceBuilder().withNewMetadata().withName("shop").endMetadata().build()).create();
    }

    @AfterEach
    void stop() {
        client.close();
        api.close();
    }

    private KubernetesClient client(String token) {
        return new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty()).withMasterUrl(api.url())
                .withOauthToken(token).withOnlyHttpWatches(true).withRequestRetryBackoffLimit(0).build()).build();
    }

    private static ConfigMap map(String name, String value) {
        return new ConfigMapBuilder().withNewMetadata().withName(name).withNamespace("shop").addToLabels("tier", value).endMetadata()
                .addToData("k", value).build();
    }

    @Test
    void anObjectIsCreatedReadChangedAndDeletedAndItsVersionMoves() {
        var created = client.resource(map("a", "1")).create();
        assertFalse(created.getMetadata().getUid().isEmpty());
        var edited = client.configMaps().inNamespace("shop").withName("a").edit(c -> new ConfigMapBuilder(c).addToData("k", "2").build());
        assertEquals("2", edited.getData().get("k"));
        assertNotEquals(created.getMetadata().getResourceVersion(), edited.getMetadata().getResourceVersion());
        client.configMaps().inNamespace("shop").withName("a").delete();
        assertEquals(null, client.configMaps().inNamespace("shop").withName("a").get());
    }

    @Test
    void aSecondCreateIsAlreadyExistsAndAStaleUpdateIsAConflict() {
        var first = client.resource(map("a", "1")).create();
        assertStatus(409, "AlreadyExists", () -> client.resource(map("a", "2")).create());
        client.resource(new ConfigMapBuilder(first).addToData("k", "2").build()).update();
        assertStatus(409, "Conflict", () -> client.resource(new ConfigMapBuilder(first).addToData("k", "3").build())
            .lockResourceVersion().update());
    }

    @Test
    void anObjectNeedsItsNamespaceAndALivingOne() {
        var elsewhere = new ConfigMapBuilder(map("a", "1")).editMetadata().withNamespace("nowhere").endMetadata().build();
        assertStatus(404, "NotFound", () -> client.resource(elsewhere).create());
        api.edit("namespaces", "", "shop", n -> n.withObject("/metadata").putArray("finalizers").add("test/hold"));
        client.namespaces().withName("shop").delete();
        assertStatus(403, "Forbidden", () -> client.resource(map("a", "1")).create());
        assertEquals("Terminating", client.namespaces().withName("shop").get().getStatus().getPhase());
        api.edit("namespaces", "", "shop", n -> n.withObject("/metadata").remove("finalizers"));
        assertEquals(null, client.namespaces().withName("shop").get());
    }

    @Test
    void serverSideApplyCreatesThenMergesAndAnUnchangedOneChangesNothing() throws IOException, InterruptedException {
        var path = "/apis/apps/v1/namespaces/shop/deployments/web?fieldManager=test&force=true";
        assertEquals(201, send("PATCH", path, "application/apply-patch+yaml", WEB).statusCode());
        api.edit("deployments", "shop", "web", d -> d.withObject("/metadata/labels").put("added", "by-another"));
        var same = json(send("PATCH", path, "application/apply-patch+yaml", WEB));
        assertEquals(1, same.at("/metadata/generation").asInt(0));
        assertEquals("by-another", same.at("/metadata/labels/added").asString(""));
        var changed = json(send("PATCH", path, "application/apply-patch+yaml", WEB.replace("web:1", "web:2")));
        assertEquals(2, changed.at("/metadata/generation").asInt(0));
        assertEquals(1, changed.at("/spec/replicas").asInt(0), "the default");
    }

    @Test
    void theStatusIsWrittenThroughItsSubresourceOnlyAndDoesNotMoveTheGeneration() {
        var web = client.resource(client.getKubernetesSerialization().unmarshal(WEB, io.fabric8.kubernetes.api.model.apps.Deployment.class))
            .inNamespace("shop").create();
        var withStatus = new DeploymentBuilder(web).withNewStatus().withReadyReplicas(1).withObservedGeneration(1L).endStatus().build();
        assertEquals(null, client.resource(withStatus).update().getStatus());
        var updated = client.resource(withStatus).updateStatus();
        assertEquals(1, updated.getStatus().getReadyReplicas());
        assertEquals(1, updated.getMetadata().getGeneration());
        client.apps().deployments().inNamespace("shop").withName("web")
            .edit(d -> new DeploymentBuilder(d).editSpec().withReplicas(2).endSpec().build());
        assertEquals(2, client.apps().deployments().inNamespace("shop").withName("web").get().getMetadata().getGeneration());
    }

    @Test
    void theThreeOtherPatchesWorkAndAnUnknownOneIsRefused() throws IOException, InterruptedException {
        client.resource(map("a", "1")).create();
        var path = "/api/v1/namespaces/shop/configmaps/a";
        assertEquals("2", json(send("PATCH", path, "application/merge-patch+json", "{\"data\":{\"k\":\"2\"}}")).at("/data/k").asString(""));
        assertTrue(json(send("PATCH", path, "application/json-patch+json", "[{\"op\":\"remove\",\"path\":\"/data/k\"}]"))
            .at("/data/k").isMissingNode());
        assertEquals("3", json(send("PATCH", path, "application/strategic-merge-patch+json", "{\"data\":{\"k\":\"3\"}}"))
            .at("/data/k").asString(""));
        assertEquals(415, send("PATCH", path, "text/plain", "x").statusCode());
        assertEquals(404, send("PATCH", path + "b", "application/merge-patch+json", "{}").statusCode());
    }

    @Test
    void whatCannotChangeIsRefusedByItsPath() throws IOException, InterruptedException {
        send("POST", "/apis/apps/v1/namespaces/shop/deployments", "application/json", WEB);
        var other = WEB.replace("\"matchLabels\":{\"app\":\"web\"}", "\"matchLabels\":{\"app\":\"other\"}");
        var refused = send("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web", "application/apply-patch+yaml", other);
        assertEquals(422, refused.statusCode());
        assertEquals("spec.selector", json(refused).at("/details/causes/0/field").asString(""));
    }

    @Test
    void selectorsChooseByLabelAndByField() {
        List.of("1", "2", "3").forEach(n -> client.resource(map("m" + n, n)).create());
        var maps = client.configMaps().inNamespace("shop");
        assertEquals(1, maps.withLabel("tier", "2").list().getItems().size());
        assertEquals(2, maps.withLabelIn("tier", "1", "3").list().getItems().size());
        assertEquals(2, maps.withoutLabel("tier", "2").withLabel("tier").list().getItems().size());
        assertEquals("m3", maps.withField("metadata.name", "m3").list().getItems().get(0).getMetadata().getName());
        assertEquals(3, client.configMaps().inAnyNamespace().withLabel("tier").list().getItems().size());
    }

    @Test
    void aWatchTellsWhatComesGoesAndLeavesItsSelector() throws InterruptedException {
        var seen = new LinkedBlockingQueue<String>();
        try (var watch = client.configMaps().inNamespace("shop").withLabel("tier", "in").watch(new Recorder(seen))) {
            client.resource(map("a", "in")).create();
            assertEquals("ADDED a", seen.poll(5, TimeUnit.SECONDS));
            client.resource(map("b", "out")).create();
            client.configMaps().inNamespace("shop").withName("a").edit(c -> new ConfigMapBuilder(c).addToData("k", "x").build());
            assertEquals("MODIFIED a", seen.poll(5, TimeUnit.SECONDS));
            client.configMaps().inNamespace("shop").withName("a")
                .edit(c -> new ConfigMapBuilder(c).editMetadata().addToLabels("tier", "out").endMetadata().build());
            assertEquals("DELETED a", seen.poll(5, TimeUnit.SECONDS));
        }
    }

    @Test
    void anInformerLivesThroughCutWatchesARestartAndAForgottenPast() throws InterruptedException {
        try (var informer = client.configMaps().inNamespace("shop").inform()) {
            api.cutWatches();
            client.resource(map("a", "1")).create();
            await(() -> informer.getStore().list().size() == 1);
            api.down();
            api.compact();
            api.put(EmbeddedStore.object("v1", "ConfigMap", "shop", "b"));
            api.up();
            await(() -> informer.getStore().list().size() == 2);
        }
    }

    @Test
    void anIdleWatchGetsBookmarksAndAnOldOneIsTold410() throws IOException, InterruptedException {
        api.bookmarkEvery(Duration.ofMillis(50));
        var open = events("/api/v1/namespaces/shop/configmaps?watch=true&allowWatchBookmarks=true&resourceVersion=" + version());
        assertEquals("BOOKMARK", EmbeddedApi.JSON.readTree(open.readLine()).at("/type").asString(""));
        open.close();
        var old = version();
        api.compact();
        var gone = EmbeddedApi.JSON.readTree(events("/api/v1/namespaces/shop/configmaps?watch=true&resourceVersion=" + old).readLine());
        assertEquals("ERROR", gone.at("/type").asString(""));
        assertEquals(410, gone.at("/object/code").asInt(0));
    }

    @Test
    void aSilentWatchStaysConnectedAndTellsNothing() throws InterruptedException {
        var seen = new LinkedBlockingQueue<String>();
        try (var watch = client.configMaps().inNamespace("shop").watch(new Recorder(seen))) {
            client.resource(map("a", "1")).create();
            assertEquals("ADDED a", seen.poll(5, TimeUnit.SECONDS));
            api.faults.silence("configmaps");
            client.resource(map("b", "1")).create();
            assertEquals(null, seen.poll(700, TimeUnit.MILLISECONDS));
            api.faults.clear();
            assertEquals("ADDED b", seen.poll(5, TimeUnit.SECONDS));
        }
    }

    @Test
    void aFaultHitsItsVerbAndResourceAndOnlySoOften() {
        api.faults.fail("list", "configmaps", 2, 500);
        api.faults.throttle("get", "secrets", 1, 7);
        for (int i = 0; i < 2; i++) {
            assertStatus(500, "InternalError", () -> client.configMaps().inNamespace("shop").list());
        }
        assertEquals(0, client.configMaps().inNamespace("shop").withLabel("tier").list().getItems().size());
        assertStatus(429, "TooManyRequests", () -> client.secrets().inNamespace("shop").withName("x").get());
    }

    @Test
    void whatIsForbiddenIsRefusedInTheServersWordsAndTheAccessReviewKnows() throws IOException, InterruptedException {
        api.faults.forbid("watch", "pods", "shop");
        var refused = json(send("GET", "/api/v1/namespaces/shop/pods?watch=true", "", ""));
        assertEquals("pods is forbidden: User \"tester\" cannot watch resource \"pods\" in API group \"\" in the namespace \"shop\"",
            refused.at("/message").asString(""));
        assertEquals(0, client.pods().inNamespace("shop").list().getItems().size());
        var review = """
                {"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview",
                 "spec":{"resourceAttributes":{"namespace":"shop","verb":"%s","resource":"pods"}}}""";
        var path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        assertFalse(json(send("POST", path, "application/json", review.formatted("watch"))).at("/status/allowed").asBoolean(true));
        assertTrue(json(send("POST", path, "application/json", review.formatted("list"))).at("/status/allowed").asBoolean(false));
    }

    @Test
    void anOldTokenIs401AndTheNewOneIsAccepted() {
        api.faults.onlyToken("rotated");
        assertStatus(401, "Unauthorized", () -> client.pods().inNamespace("shop").list());
        try (var renewed = client("rotated")) {
            assertEquals(0, renewed.pods().inNamespace("shop").list().getItems().size());
        }
    }

    @Test
    void requestsAreCountedByVerbAndResource() {
        api.resetRequests();
        client.pods().inNamespace("shop").list();
        client.pods().inNamespace("shop").list();
        client.services().inNamespace("shop").list();
        assertEquals(2, api.requests("list", "pods"));
        assertEquals(3, api.requests("list", "*"));
        assertEquals(0, api.requests("watch", "*"));
    }

    @Test
    void dependentsGoWithTheirOwnerAndFinalizersHoldAnObject() {
        var owner = client.resource(map("owner", "1")).create();
        var child = map("child", "1");
        child.getMetadata().setOwnerReferences(List.of(new io.fabric8.kubernetes.api.model.OwnerReferenceBuilder()
            .withApiVersion("v1").withKind("ConfigMap")
                .withName("owner").withUid(owner.getMetadata().getUid()).build()));
        child.getMetadata().setFinalizers(List.of("test/hold"));
        client.resource(child).create();
        client.resource(owner).delete();
        assertTrue(api.get("configmaps", "shop", "owner").isEmpty());
        assertTrue(api.get("configmaps", "shop", "child").orElseThrow().at("/metadata/deletionTimestamp").isString());
        api.edit("configmaps", "shop", "child", c -> c.withObject("/metadata").remove("finalizers"));
        assertTrue(api.get("configmaps", "shop", "child").isEmpty());
    }

    @Test
    void aDeletedNamespaceTakesItsContentAlongAndWaitsForWhatIsHeld() {
        client.resource(map("a", "1")).create();
        api.put(EmbeddedApi.JSON.valueToTree(new ConfigMapBuilder(map("held", "1"))
            .editMetadata().addToFinalizers("test/hold").endMetadata().build()));
        client.namespaces().withName("shop").delete();
        assertTrue(api.get("configmaps", "shop", "a").isEmpty());
        assertEquals("Terminating", api.get("namespaces", "", "shop").orElseThrow().at("/status/phase").asString(""));
        api.edit("configmaps", "shop", "held", c -> c.withObject("/metadata").remove("finalizers"));
        assertTrue(api.get("namespaces", "", "shop").isEmpty());
    }

    @Test
    void aCustomResourceIsServedOnceItsDefinitionIsThere() throws IOException, InterruptedException {
        var path = "/apis/example.org/v1/namespaces/shop/widgets";
        assertEquals(404, send("GET", path, "", "").statusCode());
        api.putYaml("", WIDGETS);
        assertEquals(201, send("POST", path, "application/json",
            "{\"apiVersion\":\"example.org/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"w\"},\"spec\":{}}").statusCode());
        assertEquals(1, json(send("GET", path, "", "")).at("/items").size());
        assertEquals("widgets", json(send("GET", "/apis/example.org/v1", "", "")).at("/resources/0/name").asString(""));
    }

    @Test
    void aPodsLogIsServedAndAMissingPreviousOneIsRefused() {
        api.putYaml("shop", "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}");
        api.log("shop", "p", "c", false, "one\ntwo\nthree\n");
        assertEquals("two\nthree\n", client.pods().inNamespace("shop").withName("p").inContainer("c").tailingLines(2).getLog());
        assertStatus(400, "BadRequest", () -> client.pods().inNamespace("shop").withName("p").inContainer("c").terminated().getLog());
    }

    @Test
    void podsThatEndedBadlyStayAndTheJobsNextHasARandomName() throws InterruptedException {
        try (var controllers = new Controllers(api)) {
            api.putYaml("shop", """
                apiVersion: batch/v1
                kind: Job
                metadata: {name: migrate}
                spec: {backoffLimit: 1, template: {metadata: {labels: {app: migrate}}, spec: {restartPolicy: Never, containers: [{name: c,
                    image: i}]}}}
                ---
                apiVersion: apps/v1
                kind: Deployment
                metadata: {name: web}
                spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}},
                    spec: {containers: [{name: c, image: i}]}}}
                """);
            for (int i = 1; i <= 2; i++) {
                int pods = i;
                await(() -> pods("migrate").count() == pods && pods("web").count() == pods);
                api.list("pods", "shop").forEach(pod -> api.edit("pods", "shop", pod.at("/metadata/name").asString(""),
                    p -> p.withObject("/status").put("phase", "Failed").put("reason", "Evicted")));
            }
            await(() -> api.get("jobs", "shop", "migrate").orElseThrow().at("/status/failed").asInt(0) == 2 && pods("web").count() == 3);
            assertTrue(api.get("jobs", "shop", "migrate").orElseThrow().at("/status/conditions")
                .toString().contains("BackoffLimitExceeded"));
            assertEquals(2, pods("migrate").map(name -> name.replaceFirst(".*-", ""))
                .filter(name -> name.matches("[a-z0-9]{5}")).distinct().count());
        }
    }

    private Stream<String> pods(String app) {
        return api.list("pods", "shop").stream().map(pod -> pod.at("/metadata/name").asString(""))
            .filter(name -> name.startsWith(app + "-"));
    }

    @Test
    void execIntoAStoppedContainerIsABareError() throws Exception {
        api.putYaml("shop",
            "{apiVersion: v1, kind: Pod, metadata: {name: p}, status: {containerStatuses: [{name: c, "
                + "state: {terminated: {exitCode: 1}}}]}}");
        assertEquals(500, send("GET", "/api/v1/namespaces/shop/pods/p/exec?container=c&command=true", "", "").statusCode());
        assertEquals(404, send("GET", "/api/v1/namespaces/shop/pods/q/exec?container=c&command=true", "", "").statusCode());
    }

    private long version() throws IOException, InterruptedException {
        return json(send("GET", "/api/v1/namespaces/shop/configmaps", "", "")).at("/metadata/resourceVersion").asLong(0);
    }

    private BufferedReader events(String path) throws IOException, InterruptedException {
        var response = http.send(HttpRequest.newBuilder(URI.create(api.url() + path)).build(), HttpResponse.BodyHandlers.ofInputStream());
        return new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    private HttpResponse<String> send(String method, String path, String type, String body) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(api.url() + path)).method(method, HttpRequest.BodyPublishers.ofString(body));
        return http.send((type.isEmpty() ? request : request.header("Content-Type", type)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) throws IOException {
        return EmbeddedApi.JSON.readTree(response.body());
    }

    private static void assertStatus(int code, String reason, org.junit.jupiter.api.function.Executable call) {
        var error = assertThrows(KubernetesClientException.class, call);
        assertEquals(code, error.getCode(), error::getMessage);
        assertEquals(reason, error.getStatus().getReason());
    }

    private static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
        for (int i = 0; i < 200 && !condition.getAsBoolean(); i++) {
            Thread.sleep(50);
        }
        assertTrue(condition.getAsBoolean(), "not within 10 s");
    }

    private record Recorder(LinkedBlockingQueue<String> seen) implements Watcher<ConfigMap> {
        @Override
        public void eventReceived(Action action, ConfigMap map) {
            if (!map.getMetadata().getName().equals("kube-root-ca.crt")) {
                seen.add(action + " " + map.getMetadata().getName());
            }
        }

        @Override
        public void onClose(WatcherException cause) { }
    }
}
