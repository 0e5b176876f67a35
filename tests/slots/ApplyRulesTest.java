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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.ObjectMapper;

/** What an apply sends for one object, by what stands there already; a server that answers what the test says tells. */
class ApplyRulesTest {
    private static final String NAMES = "{\"resources\": [{\"name\": \"configmaps\", \"kind\": \"ConfigMap\", \"namespaced\": true}, "
        + "{\"name\": \"services\", \"kind\": \"Service\", \"namespaced\": true}, {\"name\": \"persistentvolumeclaims\", "
        + "\"kind\": \"PersistentVolumeClaim\", \"namespaced\": true}, "
        + "{\"name\": \"namespaces\", \"kind\": \"Namespace\", \"namespaced\": false}, {\"name\": \"deployments\", "
        + "\"kind\": \"Deployment\", \"namespaced\": true}, "
        + "{\"name\": \"statefulsets\", \"kind\": \"StatefulSet\", \"namespaced\": true}, {\"name\": \"customresourcedefinitions\", "
        + "\"kind\": \"CustomResourceDefinition\", \"namespaced\": false}]}";
    private static final String IMMUTABLE =
        "422 {\"reason\": \"Invalid\", \"message\": \"spec: field is immutable\", \"details\": {\"causes\": [{\"field\": \"spec\"}]}}";
    @TempDir
    Path folder;
    private HttpServer server;
    private final Map<String, String> live = new ConcurrentHashMap<>();
    /** What the next writes are answered, as {@code 409 {"reason": …}}; then each is done. */
    private final Deque<String> answers = new ArrayDeque<>();
    private final List<String> writes = new CopyOnWriteArrayList<>();
    private final List<String> bodies = new CopyOnWriteArrayList<>();
    private final ByteArrayOutputStream log = new ByteArrayOutputStream();
    private String autoscalers = "";
    /** Whether what is deleted stays. */
    private boolean stuck;

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

    private synchronized void answer(HttpExchange exchange) throws IOException {
        var path = exchange.getRequestURI().getPath();
        var name = path.replaceAll(".*/", "");
        var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        var answer = name.matches("v\\d") ? "200 " + NAMES : name.startsWith("horizontal") ? "200 {\"items\": [" + autoscalers + "]}"
            : live.containsKey(name) ? "200 " + live.get(name) : "404 {}";
        if (!exchange.getRequestMethod().equals("GET")) {
            writes.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            bodies.add(body);
            answer = answers.isEmpty() ? "200 " + (exchange.getRequestMethod().equals("DELETE") ? "{}" : body) : answers.poll();
            if (exchange.getRequestMethod().equals("DELETE") && !stuck) {
                live.remove(name);
            }
        }
        var bytes = answer.substring(4).getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(Integer.parseInt(answer.substring(0, 3)), bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Test
    void whatOthersNeedComesFirstAndWhatMayBlockThemLast() {
        var order = List.of("Namespace", "CustomResourceDefinition", "ResourceQuota",
            "LimitRange", "PriorityClass", "StorageClass", "ServiceAccount", "ClusterRole",
            "Role", "ClusterRoleBinding", "RoleBinding", "ConfigMap", "Secret",
                "PersistentVolume", "PersistentVolumeClaim", "Service", "NetworkPolicy", "DaemonSet",
            "StatefulSet", "ReplicaSet", "Deployment", "Pod", "CronJob", "Job",
                "PodDisruptionBudget", "HorizontalPodAutoscaler", "Ingress", "Thing", "APIService",
            "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration");
        var shuffled = new ArrayList<>(order);
        java.util.Collections.reverse(shuffled);
        shuffled.sort(java.util.Comparator.comparingInt(ensure_ready.Apply::rank));
        assertEquals(order, shuffled);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        0   | ''           | refused                                                    | true  | no answer
        429 | ''           | too many requests                                          | true  | overload
        501 | ''           | x                                                          | true  | anything above 500
        503 | ''           | x                                                          | true  | overload
        500 | ''           | failed calling webhook "w": no endpoints                   | true  | a webhook that starts
        500 | ''           | etcdserver: leader changed                                 | true  | the store
        500 | ''           | failed to create typed patch object                        | false | a mistake in the manifest
        422 | Invalid      | no endpoints                                               | false | refused, whatever it says
        409 | BeingDeleted | x is being deleted                                         | true  | on its way out
        409 | Conflict     | the object has been modified; please apply your changes    | true  | somebody was quicker
        409 | Conflict     | conflict with "x"                                          | false | another owner
        404 | NotFound     | namespaces "x" not found                                   | true  | a namespace that is being made
        404 | NotFound     | things "x" not found                                       | false | anything else
        403 | Forbidden    | error looking up service account x/y                       | true  | an account that is being made
        403 | Forbidden    | User "u" cannot patch                                      | false | a missing right
        400 | BadRequest   | x                                                          | false | a bad request
        """)
    void whatTimeMayHealIsToldFromWhatItDoesNot(int code, String reason, String message, boolean passing, String why) {
        assertEquals(passing, ensure_ready.Apply.passing(new ensure_ready.ApiError(code, reason, message, "x"), Duration.ZERO, false), why);
    }

    @ParameterizedTest
    @CsvSource({"29, false, true", "30, false, false", "30, true, true"})
    void aKindThatNobodyKnowsIsAskedForAWhileAndAsLongAsDefinitionsAreMissing(int seconds, boolean definitions, boolean passing) {
        assertEquals(passing, ensure_ready.Apply.passing(new ensure_ready.ApiError(404, "NoKind", "no matches", "x"),
            Duration.ofSeconds(seconds), definitions));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        422 | spec.selector: field is immutable                                           | true
        422 | Forbidden: updates to statefulset spec for fields other than 'replicas'     | true
        422 | spec.clusterIPs: may not change once set                                    | true
        422 | x may not be changed                                                        | true
        422 | updates to parameters are forbidden                                         | true
        422 | Pod updates may not change fields other than image                          | true
        422 | pod updates may not change fields other than image                          | true
        422 | spec: Required value                                                        | false
        400 | field is immutable                                                          | false
        """)
    void onlyWhatCannotBeUpdatedInPlaceIsImmutable(int code, String message, boolean immutable) {
        assertEquals(immutable, ensure_ready.ObjectApply.immutable(new ensure_ready.ApiError(code, "Invalid", message, "x")));
    }

    @Test
    void anObjectWithoutANamespaceGoesToTheSlotsAndOneWithItGoesThere() throws IOException {
        apply("ConfigMap", "name: a", "");
        apply("ConfigMap", "name: b, namespace: y", "");
        apply("Namespace", "name: c", "");
        assertEquals(List.of("/api/v1/namespaces/x/configmaps/a", "/api/v1/namespaces/y/configmaps/b", "/api/v1/namespaces/c"),
            writes.stream().map(w -> w.replaceAll("PATCH |\\?.*", "")).toList());
        assertEquals("PATCH /api/v1/namespaces/x/configmaps/a?fieldManager=ensure-ready&fieldValidation=Strict", writes.get(0));
        assertEquals("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"}}", bodies.get(0));
        assertEquals("{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"c\"}}", bodies.get(2));
    }

    @Test
    void whatOnlyTheServerMaySayIsLeftOut() throws IOException {
        apply("ConfigMap", "name: a, uid: u, resourceVersion: '7', generation: 3, creationTimestamp: null, selfLink: s, managedFields: []",
            "status: {x: 1}");
        assertEquals("{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\",\"namespace\":\"x\"}}", bodies.get(0));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {'data': {'k': 'v'}, 'status': {'x': 1}}                                  | unchanged
        {'data': {'k': 'w'}}                                                      | configured
        {}                                                                        | configured
        """)
    void whatChangedIsToldFromWhatDidNot(String before, ensure_ready.Result result) throws IOException {
        live("a", "ConfigMap", "'resourceVersion': '7', 'managedFields': [], 'annotations': {'deployment.kubernetes.io/revision': '3'}",
            before);
        answers.add("200 " + stored("a", "ConfigMap", "'resourceVersion': '8', 'managedFields': [{}], 'annotations': {}, 'uid': 'u1'",
            "{'data': {'k': 'v'}, 'status': {'x': 2}}"));
        live.put("a", live.get("a").replace("\"annotations\"", "\"uid\": \"u1\", \"annotations\""));
        var applied = apply("ConfigMap", "name: a", "data: {k: v}");
        assertEquals(result + " u1", applied.result() + " " + applied.uid());
    }

    @Test
    void whatGoesAwayIsNotAppliedTo() throws IOException {
        live("a", "ConfigMap", "'deletionTimestamp': '2026-01-01T00:00:00Z'", "{}");
        var applied = apply("ConfigMap", "name: a", "");
        assertEquals("failed cm/a is being deleted", applied.result() + " " + applied.error());
        assertEquals(List.of(), writes);
    }

    @Test
    void whatOthersSetIsOverwrittenAndTheyAreNamed() throws IOException {
        answers.add("409 {\"reason\": \"Conflict\", \"message\": \"Apply failed with 1 conflict: conflict with \\\"kubectl-edit\\\"\"}");
        assertEquals(ensure_ready.Result.created, apply("ConfigMap", "name: a", "").result());
        assertTrue(writes.get(1).endsWith("&fieldValidation=Strict&force=true"), writes.toString());
        assertEquals(bodies.get(0), bodies.get(1));
        assertTrue(log.toString().contains("cm/a: overwrites what others set: Apply failed with 1 conflict"), log.toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        409 {"reason": "AlreadyExists", "message": "a conflict"}
        409 {"reason": "Conflict", "message": "object has been modified"}
        422 {"reason": "Conflict", "message": "a conflict"}
        """)
    void noOtherRefusalIsForced(String refusal) throws IOException {
        answers.add(refusal);
        var applied = apply("ConfigMap", "name: a", "");
        assertEquals(ensure_ready.Result.failed, applied.result());
        assertEquals(1, writes.size(), writes.toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {'manager': 'hpa', 'fieldsV1': {'f:spec': {'f:replicas': {}}}}          | -  | somebody else holds the number
        {'manager': 'ensure-ready', 'fieldsV1': {'f:spec': {'f:replicas': {}}}} | 5  | only we do: the living one stays
        {'manager': 'hpa', 'fieldsV1': {'f:spec': {}}}                          | 5  | nobody does
        """)
    void theNumberOfAnAutoscalerStays(String owner, String replicas, String why) throws IOException {
        autoscalers = "{\"spec\": {\"scaleTargetRef\": {\"kind\": \"Deployment\", \"name\": \"web\"}}}";
        for (var name : List.of("web", "api")) {
            live(name, "Deployment", "'managedFields': [" + owner + "]", "{'spec': {'replicas': 5}}");
            apply("Deployment", "name: " + name, "spec: {replicas: 2}");
        }
        assertEquals(replicas, json(bodies.get(0)).at("/spec/replicas").asString("-"), why);
        assertEquals("2", json(bodies.get(1)).at("/spec/replicas").asString(""), "one that nothing scales is as the manifest says");
    }

    @Test
    void whatHasNoNumberGetsNone() throws IOException {
        autoscalers = "{\"spec\": {\"scaleTargetRef\": {\"kind\": \"Deployment\", \"name\": \"web\"}}}";
        live("web", "Deployment", "'managedFields': []", "{'spec': {'replicas': 5}}");
        apply("Deployment", "name: web", "spec: {paused: true}");
        assertEquals("{\"paused\":true}", json(bodies.get(0)).path("spec").toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {'manager': 'kubectl-client-side-apply', 'operation': 'Update'}                          | true
        {'manager': 'before-first-apply', 'operation': 'Update'}                                 | true
        {'manager': 'kubectl-client-side-apply', 'operation': 'Apply'}                           | false
        {'manager': 'kubectl-client-side-apply', 'operation': 'Update', 'subresource': 'status'} | false
        {'manager': 'kubectl-edit', 'operation': 'Update'}                                       | false
        """)
    void onlyWhatKubectlsClientSideApplyOwnedIsTakenOver(String entry, boolean taken) throws IOException {
        live("a", "ConfigMap", "'resourceVersion': '7', 'managedFields': [" + entry.replace("}", ", 'fieldsV1': {'f:data': {'f:k': {}}}}")
            + ", {'manager': 'ensure-ready', 'operation': 'Apply', 'subresource': 'status', 'fieldsV1': {'f:status': {}}}, "
            + "{'manager': 'ensure-ready', 'operation': 'Update'}]", "{}");
        apply("ConfigMap", "name: a", "");
        assertEquals(taken ? 2 : 1, writes.size(), writes.toString());
        if (taken) {
            var patch = json(bodies.get(0));
            assertEquals("/metadata/managedFields /metadata/resourceVersion 7",
                patch.at("/0/path").asString("") + " " + patch.at("/1/path").asString("") + " " + patch.at("/1/value").asString(""));
            assertEquals(List.of("ensure-ready status Apply", "ensure-ready  Update", "ensure-ready  Apply"), patch.at("/0/value")
                .valueStream()
                .map(e -> e.path("manager").asString("") + " " + e.path("subresource")
                .asString("") + " " + e.path("operation").asString("")).toList());
            assertEquals("{\"f:data\":{\"f:k\":{}}}", patch.at("/0/value/2/fieldsV1").toString());
            assertTrue(log.toString().contains("cm/a: took over the fields of kubectl's client-side apply"), log.toString());
        }
    }

    @Test
    void whatCannotBeChangedIsMadeAgainOnlyWhenAskedAndNeverWhereItHoldsData() throws IOException {
        for (var kind : List.of("Service", "PersistentVolumeClaim", "Namespace", "CustomResourceDefinition")) {
            live("a", kind, "'uid': 'u1'", "{}");
            answers.add(IMMUTABLE);
            var applied = apply(kind, "name: a", "", !kind.equals("Service"));
            assertEquals(kind.equals("Service")
                ? "cannot be changed in place (spec); --recreate-immutable deletes it and creates it again: spec: field is immutable"
                : "cannot be changed in place (spec), and a " + kind + " is never deleted here: spec: field is immutable", applied.error());
        }
        assertEquals(List.of(), writes.stream().filter(w -> w.startsWith("DELETE")).toList());
        live.clear();
        answers.add(IMMUTABLE);
        assertFalse(apply("Service", "name: a", "", true).error().contains("in place"), "nothing is there that could be changed");
    }

    @ParameterizedTest
    @CsvSource({"Service, Foreground", "StatefulSet, Orphan"})
    void whatIsMadeAgainIsDeletedAsItIsSeen(String kind, String policy) throws IOException {
        live("a", kind, "'uid': 'u1'", "{'spec': {'clusterIP': '10.0.0.7'}}");
        answers.add(IMMUTABLE);
        var applied = apply(kind, "name: a", "spec: {x: 1}", true);
        assertEquals(ensure_ready.Result.recreated, applied.result());
        assertEquals(List.of("PATCH", "DELETE", "PATCH"), writes.stream().map(w -> w.split(" ")[0]).toList());
        assertEquals("u1 " + policy, json(bodies.get(1)).at("/preconditions/uid")
            .asString("") + " " + json(bodies.get(1)).at("/propagationPolicy").asString(""));
        assertEquals(kind.equals("Service") ? "10.0.0.7" : "", json(bodies.get(2)).at("/spec/clusterIP").asString(""));
        assertTrue(log.toString().contains("delete and create again (spec)"), log.toString());
    }

    @Test
    void aServiceThatNamesItsAddressGetsThatOne() throws IOException {
        live("a", "Service", "'uid': 'u1'", "{'spec': {'clusterIP': '10.0.0.7'}}");
        answers.add(IMMUTABLE);
        apply("Service", "name: a", "spec: {clusterIP: None}", true);
        assertEquals("None", json(bodies.get(2)).at("/spec/clusterIP").asString(""));
    }

    @Test
    void aHeadlessServiceThatIsMadeAgainWithoutASpecIsLeftAsItIs() throws IOException {
        live("a", "Service", "'uid': 'u1'", "{'spec': {}}");
        answers.add(IMMUTABLE);
        apply("Service", "name: a", "spec: {x: 1}", true);
        assertEquals("{\"x\":1}", json(bodies.get(2)).path("spec").toString());
    }

    @Test
    void theResultsOfAnApplyAreSummedUp() {
        var skipped = ensure_ready.Apply.skipped(items("ConfigMap", "name: a", ""));
        assertEquals("1 object: 1 skipped", ensure_ready.Apply.summary(skipped));
        var pending = ensure_ready.Apply.pending(items("ConfigMap", "name: a", ""));
        assertEquals("2 objects: 1 skipped, 1 pending", ensure_ready.Apply.summary(List.of(skipped.get(0), pending.get(0))));
        assertEquals("pending skipped failed", pending.get(0).result() + " " + pending.get(0)
            .finished().result() + " " + pending.get(0).failed("x").result());
    }

    @Test
    void whatMayPassIsTriedAgainAndToldAsPendingMeanwhile() throws IOException {
        answers.add("503 {\"reason\": \"\", \"message\": \"overloaded\"}");
        var told = new ArrayList<String>();
        var applied = apply(items("ConfigMap", "name: a", ""), 20, told);
        assertEquals("created 2", applied.get(0).result() + " " + writes.size());
        assertEquals(List.of("pending 503", "created "), told);
        assertTrue(log.toString().contains("applies 1 object again in 1 s: overloaded")
            && log.toString().contains("applied 1 object: 1 created"), log.toString());
        assertEquals(1, log.toString().split("cm/a: created", -1).length - 1, log.toString());
    }

    @Test
    void whatCannotPassIsTriedOnceAndKeepsItsReason() throws IOException {
        answers.add("422 {\"reason\": \"Invalid\", \"message\": \"no\"}");
        var applied = apply(items("ConfigMap", "name: a", ""), 20, new ArrayList<>()).get(0);
        assertEquals("failed Invalid no 1", applied.result() + " " + applied.reason() + " " + applied.error() + " " + writes.size());
        var unknown = apply("Deployment", "name: a", "").result();
        assertEquals(ensure_ready.Result.created, unknown);
    }

    @Test
    void anAutoscalerOfTheManifestsCountsToo() throws IOException {
        live("web", "Deployment", "'managedFields': [{'manager': 'hpa', 'fieldsV1': {'f:spec': {'f:replicas': {}}}}]",
            "{'spec': {'replicas': 5}}");
        var both = new ArrayList<>(items("Deployment", "name: web", "spec: {replicas: 2}"));
        both.addAll(ensure_ready.Manifests.parse("b.yaml",
            "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h}\n"
            + "spec: {scaleTargetRef: {kind: Deployment, name: web}}\n").items());
        both.addAll(items("ConfigMap", "name: web", "spec: {scaleTargetRef: {kind: Deployment, name: other}}"));
        apply(both, 1, new ArrayList<>());
        var body = bodies.stream().filter(b -> b.contains("\"Deployment\",\"metadata\"")).findFirst().orElseThrow();
        assertTrue(json(body).at("/spec/replicas").isMissingNode(), body);
    }

    @Test
    void whatIsStillThereAtTheDeadlineIsNotMadeAgain() throws IOException {
        stuck = true;
        live("a", "StatefulSet", "'uid': 'u1'", "{}");
        answers.add(IMMUTABLE);
        var applied = apply("StatefulSet", "name: a", "", true);
        assertTrue(applied.error().endsWith("is still being deleted"), applied.toString());
        assertEquals(List.of("PATCH", "DELETE"), writes.stream().map(w -> w.split(" ")[0]).toList());
    }

    private void live(String name, String kind, String metadata, String rest) {
        live.put(name, stored(name, kind, metadata, rest));
    }

    private static String stored(String name, String kind, String metadata, String rest) {
        var inner = rest.substring(1, rest.length() - 1);
        return ("{'apiVersion': 'v1', 'kind': '" + kind + "', 'metadata': {'name': '"
            + name + "', " + metadata + "}" + (inner.isBlank() ? "" : ", " + inner) + "}").replace('\'', '"');
    }

    private static tools.jackson.databind.JsonNode json(String text) {
        return new ObjectMapper().readTree(text);
    }

    private static List<ensure_ready.Item> items(String kind, String metadata, String rest) {
        var yaml = "apiVersion: " + Map.of("Deployment", "apps/v1", "StatefulSet",
            "apps/v1", "CustomResourceDefinition", "apiextensions.k8s.io/v1").getOrDefault(kind, "v1")
            + "\nkind: " + kind + "\nmetadata: {" + metadata + "}\n" + rest + "\n";
        return ensure_ready.Manifests.parse("test.yaml", yaml).items();
    }

    private ensure_ready.Applied apply(String kind, String metadata, String rest) throws IOException {
        return apply(kind, metadata, rest, false);
    }

    private ensure_ready.Applied apply(String kind, String metadata, String rest, boolean recreate) throws IOException {
        return apply(items(kind, metadata, rest), recreate, 1, new ArrayList<>()).get(0);
    }

    private List<ensure_ready.Applied> apply(List<ensure_ready.Item> items, int seconds, List<String> told) throws IOException {
        return apply(items, false, seconds, told);
    }

    private List<ensure_ready.Applied> apply(List<ensure_ready.Item> items, boolean recreate, int seconds, List<String> told)
        throws IOException {
        var config = Kubeconfig.plain(folder.resolve("config"), "http://127.0.0.1:" + server.getAddress().getPort(), "");
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(config, null), Duration.ofSeconds(10))) {
            var progress = new ensure_ready.Progress(new PrintStream(log, true), Map.of("CI", "1"), false, true);
            return new ensure_ready.Apply(api, "x", recreate, results -> told.add(results.get(0).result() + " " + results.get(0).reason()),
                progress)
                .all(items, ensure_ready.Deadline.in(Duration.ofSeconds(seconds)));
        }
    }
}
