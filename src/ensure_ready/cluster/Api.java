package ensure_ready.cluster;

import ensure_ready.model.Kind;
import ensure_ready.model.Kinds;
import ensure_ready.model.Obj;
import ensure_ready.system.Deadline;
import ensure_ready.system.Pause;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import shared.Json;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;
import tools.jackson.databind.node.ObjectNode;

/** The API server over fabric8's HTTP client: its kubeconfig, TLS, proxy and token handling, our JSON. */
public final class Api implements AutoCloseable {
    private static final String JSON = "application/json";
    private final KubernetesClient client;
    private final HttpClient http;
    private final Duration timeout;
    private final Map<String, List<Kind>> discovered;
    private final Set<String> withStatus;
    /** By how many milliseconds the server's clock is before {@link System#nanoTime}; the least that an answer gave. */
    private final AtomicLong clock;
    private final Deadline patience;

    public Api(Config config, Duration timeout) {
        this(new KubernetesClientBuilder().withConfig(config(config, timeout)).build(), timeout, new ConcurrentHashMap<>(),
            ConcurrentHashMap.newKeySet(), new AtomicLong(Long.MAX_VALUE), Deadline.now());
    }

    private Api(KubernetesClient client, Duration timeout, Map<String, List<Kind>> discovered, Set<String> withStatus, AtomicLong clock,
        Deadline patience) {
        this.client = client;
        this.http = client.getHttpClient();
        this.timeout = timeout;
        this.discovered = discovered;
        this.withStatus = withStatus;
        this.clock = clock;
        this.patience = patience;
    }

    /** The same connection, whose requests are tried again until then when the server is away or overloaded. */
    public Api within(Deadline patience) {
        return new Api(client, timeout, discovered, withStatus, clock, patience);
    }

    /**
     * Retries are ours: the library's ten hide an unreachable server for 20 seconds. No HTTP/2: the JDK's client does not notice
     * a dead connection and would send every retry into it.
     */
    private static Config config(Config base, Duration timeout) {
        return new ConfigBuilder(base).withRequestRetryBackoffLimit(0).withConnectionTimeout((int) Math.min(5000, timeout.toMillis()))
            .withRequestTimeout((int) timeout.toMillis()).withMaxConcurrentRequestsPerHost(64)
            .withHttp2Disable(true).withUserAgent("ensure-ready").build();
    }

    public String server() {
        return client.getMasterUrl().toString();
    }

    public JsonNode get(String path) {
        return get(path, JSON);
    }

    /** {@code accept} may ask for another form of the answer, such as metadata alone. */
    public JsonNode get(String path, String accept) {
        return send("GET " + path, request(path).header("Accept", accept));
    }

    /** {@code form}: the type of the patch, as {@code merge-patch+json}. */
    public JsonNode patch(String path, String form, JsonNode body) {
        return send("PATCH", path, "application/" + form, body);
    }

    JsonNode send(String method, String path, String type, JsonNode body) {
        return send(method + " " + path, request(path).header("Accept", JSON).method(method, type, body.toString()));
    }

    /** Throws {@link ApiError} for every answer but 2xx, and when none came. */
    private JsonNode send(String what, HttpRequest.Builder request) {
        for (long pause = 200; ; pause = Math.min(5000, pause * 2)) {
            try {
                return parsed(answer(request, what), what);
            } catch (ApiError e) {
                if (!Set.of(0, 429, 502, 503, 504).contains(e.code) || patience.left().toMillis() < pause) {
                    throw e;
                }
                Pause.of(Duration.ofMillis(pause));
            }
        }
    }

    private static JsonNode parsed(byte[] answer, String what) {
        try {
            return Json.MAPPER.readTree(answer);
        } catch (JacksonException e) {
            throw new ApiError(0, "BadAnswer", "not JSON: " + e.getMessage(), what);
        }
    }

    /** Empty where the answer is this code. */
    private static <T> Optional<T> unless(int code, Supplier<T> answer) {
        try {
            return Optional.ofNullable(answer.get());
        } catch (ApiError e) {
            if (e.code == code) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private byte[] answer(HttpRequest.Builder request, String what) {
        var sent = http.sendAsync(request.timeout(timeout.toMillis(), TimeUnit.MILLISECONDS).build(), byte[].class);
        var response = await(sent, timeout.plusSeconds(1), what);
        Optional.ofNullable(response.header("Date")).ifPresent(this::setClock);
        if (!response.isSuccessful()) {
            throw ApiError.of(response.code(), new String(response.body(), StandardCharsets.UTF_8), what);
        }
        return response.body();
    }

    private void setClock(String date) {
        try {
            var told = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date)).toEpochMilli();
            clock.accumulateAndGet(told - System.nanoTime() / 1_000_000, Math::min);
        } catch (DateTimeException e) {
            assert !date.isEmpty(); // not a date: another answer has one
        }
    }

    /** What time it is by the server's own clock, at the least; empty when it never told. */
    public Optional<Instant> serverTime() {
        return Optional.of(clock.get()).filter(c -> c < Long.MAX_VALUE).map(c -> Instant.ofEpochMilli(c + System.nanoTime() / 1_000_000));
    }

    /** What comes of it in time; throws {@link ApiError} when nothing does. */
    static <T> T await(Future<T> future, Duration atMost, String what) {
        try {
            return future.get(Math.max(1, atMost.toNanos()), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof ApiError error ? error : ApiError.unreachable(what, e.getCause());
        } catch (TimeoutException e) {
            future.cancel(true);
            throw ApiError.unreachable(what, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw ApiError.unreachable(what, e);
        }
    }

    /** False when it is there already. */
    public boolean create(Kind kind, String namespace, JsonNode body) {
        return unless(409, () -> send("POST", kind.path(namespace, null), JSON, body)).isPresent();
    }

    /** Deletes this very object, not one of the same name; one that is gone already is what was wanted. */
    public void delete(Kind kind, String namespace, String name, String uid, Map<String, String> options) {
        var body = Json.MAPPER.createObjectNode();
        options.forEach(body::put);
        body.putObject("preconditions").put("uid", uid);
        unless(404, () -> send("DELETE", kind.path(namespace, name), JSON, body));
    }

    /** A container's last lines; {@code previous}: of the run before the last restart. */
    public String log(String namespace, String pod, String container, boolean previous, int lines) {
        var path = Kind.POD.path(namespace, pod) + "/log?container=" + container + "&tailLines=" + lines + "&limitBytes=1048576"
            + (previous ? "&previous=true" : "");
        return new String(answer(request(path), "GET " + path), StandardCharsets.UTF_8);
    }

    public Optional<Obj> find(Kind kind, String namespace, String name) {
        return unless(404, () -> new Obj(get(kind.path(namespace, name))));
    }

    /** All objects of a kind in a namespace (null: in all); items get the list's kind, which the server leaves out of them. */
    public List<Obj> list(Kind kind, String namespace, String query) {
        var all = new ArrayList<Obj>();
        pages(kind.path(namespace, null) + "?" + query, JSON, page -> all.addAll(items(kind, page)));
        return all;
    }

    /** Hands over a list page by page; gives the last one, which has the version of them all. */
    JsonNode pages(String path, String accept, Consumer<JsonNode> each) {
        for (var next = ""; ; ) {
            var page = get(path + next, accept);
            each.accept(page);
            next = "&continue=" + URLEncoder.encode(page.at("/metadata/continue").asString(""), StandardCharsets.UTF_8);
            if (next.equals("&continue=")) {
                return page;
            }
        }
    }

    public static List<Obj> items(Kind kind, JsonNode list) {
        return list.path("items").valueStream().map(item -> new Obj(typed(kind, item))).toList();
    }

    static JsonNode typed(Kind kind, JsonNode item) {
        if (item instanceof ObjectNode object && !object.has("kind")) {
            object.put("apiVersion", kind.apiVersion()).put("kind", kind.name());
        }
        return item;
    }

    /**
     * Opens a watch and hands over each line as JSON until the server or the caller ends it.
     * The future completes with the response once headers are there; {@code ended} is called exactly once, with null for a clean end.
     */
    public CompletableFuture<HttpResponse<AsyncBody>> watch(String path, String accept,
        Consumer<JsonNode> event, Consumer<Throwable> ended) {
        var lines = new JsonLines(event);
        var request = request(path).header("Accept", accept).forStreaming().build();
        var future = http.consumeBytes(request, (buffers, body) -> {
            lines.accept(buffers);
            body.consume();
        });
        future.whenComplete((response, error) -> {
            if (error != null) {
                ended.accept(error);
            } else if (!response.isSuccessful()) {
                response.body().cancel();
                ended.accept(new ApiError(response.code(), "", "", "watch " + path));
            } else {
                response.body().done().whenComplete((done, broken) -> ended.accept(broken));
                response.body().consume();
            }
        });
        return future;
    }

    /** The kind that serves this apiVersion and kind, asked of the server once; empty when the server has none such (yet). */
    public Optional<Kind> kind(String apiVersion, String name) {
        var known = discovered.computeIfAbsent(apiVersion, asked -> unless(404, () -> discover(asked)).orElse(null));
        return known == null ? Optional.empty() : known.stream().filter(k -> k.name().equals(name)).findFirst();
    }

    /**
     * The custom kinds of namespaces that can be followed, each in the version that its group prefers. One request where the server
     * aggregates its discovery, else one a group; a group that does not answer has none.
     */
    List<Kind> customKinds() {
        var all = new TreeMap<String, Kind>();
        var answer = get("/apis", "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json");
        answer.path("items").forEach(group -> group.path("versions").forEach(v -> v.path("resources").forEach(r ->
            custom(group.at("/metadata/name").asString("") + "/" + Json.text(v, "version"), r,
                r.at("/responseKind/kind").asString(""), Json.text(r, "resource"),
                Json.text(r, "scope").equals("Namespaced"), all))));
        answer.path("groups").forEach(group -> {
            var version = group.at("/preferredVersion/groupVersion").asString("");
            if (!Kinds.BUILT_IN_GROUPS.contains(Json.text(group, "name"))) {
                resources(version).forEach(r -> custom(version, r, Json.text(r, "kind"), Json.text(r, "name"),
                    r.path("namespaced").asBoolean(false), all));
            }
        });
        return List.copyOf(all.values());
    }

    private void custom(String apiVersion, JsonNode r, String kind, String plural, boolean namespaced, Map<String, Kind> all) {
        var key = Obj.group(apiVersion) + "/" + kind;
        r.path("subresources").forEach(s -> status(apiVersion, kind, "/" + Json.text(s, "subresource")));
        status(apiVersion, kind, plural);
        var verbs = r.path("verbs").toString();
        if (namespaced && !plural.contains("/") && verbs.contains("\"list\"") && verbs.contains("\"watch\"")
            && !Kinds.BUILT_IN_GROUPS.contains(Obj.group(apiVersion))) {
            all.putIfAbsent(key, new Kind(apiVersion, kind, plural, true));
        }
    }

    private void status(String apiVersion, String kind, String plural) {
        if (plural.endsWith("/status")) {
            withStatus.add(apiVersion + "/" + kind);
        }
    }

    private JsonNode resources(String apiVersion) {
        try {
            return get("/apis/" + apiVersion).path("resources");
        } catch (ApiError e) {
            return MissingNode.getInstance();
        }
    }

    /** Whether objects of a kind that {@link #kind} found have a status of their own to report. */
    boolean hasStatus(Kind kind) {
        return withStatus.contains(kind.apiVersion() + "/" + kind.name());
    }

    /** Forgets what an apiVersion serves, after a CRD changed it. */
    public void rediscover(String apiVersion) {
        discovered.remove(apiVersion);
    }

    /** Null where nothing is served (yet). */
    private List<Kind> discover(String apiVersion) {
        var kinds = new ArrayList<Kind>();
        for (var r : get((apiVersion.contains("/") ? "/apis/" : "/api/") + apiVersion).path("resources")) {
            var kind = Json.text(r, "kind");
            var plural = Json.text(r, "name");
            status(apiVersion, kind, plural);
            if (!plural.contains("/")) {
                kinds.add(new Kind(apiVersion, kind, plural, r.path("namespaced").asBoolean(false)));
            }
        }
        return kinds.isEmpty() ? null : kinds;
    }

    /** A name that no path can hold, as a manifest may have one, is told like a refusal of the server. */
    private HttpRequest.Builder request(String path) {
        try {
            return http.newHttpRequestBuilder().uri(server().replaceFirst("/$", "") + path);
        } catch (IllegalArgumentException e) {
            throw new ApiError(422, "Invalid", "a name in it is invalid: " + path, path, MissingNode.getInstance(), e);
        }
    }

    @Override
    public void close() {
        client.close();
    }
}
