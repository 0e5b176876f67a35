import static java.nio.charset.StandardCharsets.UTF_8;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * A small Kubernetes API server in this JVM, for the demo and for tests that need a server to misbehave on demand:
 * {@code try (var api = new EmbeddedApi()) { … api.kubeconfig(folder) … }}.
 *
 * <p>It keeps objects of the usual kinds (and of any CustomResourceDefinition it is given), with resource versions, generations,
 * selectors, optimistic concurrency, finalizers, server-side apply as a deep merge, status as a subresource, discovery, and
 * watches over chunked HTTP with bookmarks. It has no controllers, scheduler, kubelet, admission or field ownership: a test
 * plays those with {@link #put}, {@link #edit} and {@link #onChange}. Watches over websockets are answered with 200, which
 * makes the client fall back to HTTP.
 */
final class EmbeddedApi implements AutoCloseable {
    static final ObjectMapper JSON = EmbeddedStore.JSON;

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true"); // else each small watch event waits 40 ms for Nagle
    }

    final EmbeddedFaults faults = new EmbeddedFaults();
    final EmbeddedStore store = new EmbeddedStore();
    private final Map<String, AtomicInteger> requests = new ConcurrentHashMap<>();
    private final Map<String, String> logs = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(EmbeddedFaults::daemon);
    private volatile HttpServer server;
    private volatile Duration bookmarks = Duration.ofSeconds(5);

    EmbeddedApi() {
        List.of("default", "kube-system").forEach(name -> put(EmbeddedStore.object("v1", "Namespace", "", name)));
        up();
    }

    /** Listens (again) on the port of the first time, as an API server does that was restarted. */
    void up() {
        try {
            server = server == null ? Ports.first(EmbeddedApi::listening) : again(server.getAddress().getPort());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
    }

    private static HttpServer listening(int port) throws IOException {
        return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    }

    /** A port that was listened on may take a moment to be free. */
    private static HttpServer again(int port) throws IOException {
        try {
            return listening(port);
        } catch (BindException e) {
            LockSupport.parkNanos(300_000_000);
            return listening(port);
        }
    }

    /** Refuses connections and cuts every watch, until {@link #up}. */
    void down() {
        server.stop(0);
        store.cutWatches();
    }

    @Override
    public void close() {
        down();
        threads.shutdownNow();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Writes a kubeconfig for this server with one context, {@code embedded}, and gives its path. */
    Path kubeconfig(Path folder) {
        return kubeconfig(folder, "embedded-token");
    }

    Path kubeconfig(Path folder, String token) {
        return Kubeconfig.plain(folder.resolve("kubeconfig"), url(), token);
    }

    /** How often an idle watch gets a bookmark, when its client allows bookmarks. */
    void bookmarkEvery(Duration interval) {
        bookmarks = interval;
    }

    /** Answers to verb and resource (both as in RBAC, {@code *} for any) since the last {@link #resetRequests}. */
    int requests(String verb, String resource) {
        return requests.entrySet().stream().filter(entry -> EmbeddedFaults.matches(entry.getKey(), verb, resource))
            .mapToInt(entry -> entry.getValue().get()).sum();
    }

    /** All counts, keyed {@code verb resource}. */
    Map<String, Integer> requests() {
        return requests.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().get(), Math::max, TreeMap::new));
    }

    void resetRequests() {
        requests.clear();
    }

    /** What {@code kubectl logs} shows; container may be "" for any, previous for {@code --previous}. */
    void log(String namespace, String pod, String container, boolean previous, String text) {
        logs.put(String.join("/", namespace, pod, container, String.valueOf(previous)), text);
    }

    /** Writes the object as it is, status included, as a controller or an administrator with all rights would. */
    ObjectNode put(JsonNode object) {
        return store.put((ObjectNode) object.deepCopy());
    }

    /** The documents of a YAML text, each put as it is; objects without a namespace go into the one given. */
    List<ObjectNode> putYaml(String namespace, String yaml) {
        var stored = new ArrayList<ObjectNode>();
        for (var node : EmbeddedStore.yaml(yaml)) {
            var kind = store.kind(node);
            if (kind.namespaced() && EmbeddedStore.text(node, "/metadata/namespace").isEmpty()) {
                ((ObjectNode) node).withObject("/metadata").put("namespace", namespace);
            }
            stored.add(put(node));
        }
        return stored;
    }

    Optional<ObjectNode> get(String resource, String namespace, String name) {
        return store.get(store.kind(resource), namespace, name).map(ObjectNode::deepCopy);
    }

    /** All objects of a resource in a namespace; "" for all namespaces. */
    List<ObjectNode> list(String resource, String namespace) {
        return store.list(store.kind(resource), namespace, object -> true);
    }

    /** Changes one object, status included, if it is (still) there. */
    Optional<ObjectNode> edit(String resource, String namespace, String name, Consumer<ObjectNode> change) {
        return store.edit(store.kind(resource), namespace, name, change);
    }

    void delete(String resource, String namespace, String name) {
        store.delete(store.kind(resource), namespace, name, false);
    }

    /** Tells every change, in order, from one thread that holds no lock: where a test's controllers live. */
    void onChange(Consumer<EmbeddedStore.Change> listener) {
        var queue = Executors.newSingleThreadExecutor(EmbeddedFaults::daemon);
        store.listeners.add(change -> queue.execute(() -> listener.accept(change)));
    }

    /** Forgets old events, so that a watch from an old resource version is told 410 Gone. */
    void compact() {
        store.compact();
    }

    void cutWatches() {
        store.cutWatches();
    }

    private void handle(HttpExchange exchange) {
        try {
            var request = Request.of(exchange, store);
            requests.computeIfAbsent(request.key(), key -> new AtomicInteger()).incrementAndGet();
            faults.meet(request);
            if (request.verb().equals("watch")) {
                watch(exchange, request);
            } else {
                send(exchange, route(request));
            }
        } catch (EmbeddedStore.ApiError error) {
            reject(exchange, error);
        } catch (ClassCastException | IllegalArgumentException | NullPointerException malformed) {
            reject(exchange, new EmbeddedStore.ApiError(400, "the embedded server cannot read this: " + malformed));
        } catch (IOException clientLeft) {
            // nothing to tell and nobody to tell it to
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        } finally {
            exchange.close();
        }
    }

    private static void reject(HttpExchange exchange, EmbeddedStore.ApiError error) {
        try {
            if (error.code() == 429 || error.retryAfter() > 0) {
                exchange.getResponseHeaders().set("Retry-After", String.valueOf(Math.max(1, error.retryAfter())));
            }
            send(exchange, new Answer(error.code(), error.status()));
        } catch (IOException clientLeft) {
            // as above
        }
    }

    private static void send(HttpExchange exchange, Answer answer) throws IOException {
        byte[] body = answer.body instanceof String text ? text.getBytes(UTF_8) : JSON.writeValueAsBytes(answer.body);
        exchange.getResponseHeaders().set("Content-Type", answer.body instanceof String ? "text/plain" : "application/json");
        exchange.sendResponseHeaders(answer.code, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    private Answer route(Request r) {
        if (r.kind == null) {
            return new Answer(200, store.discovery(r.path));
        }
        if (r.subresource.equals("log")) {
            return new Answer(200, podLog(r));
        }
        if (r.subresource.equals("exec")) {
            throw notPlayed(store.require(r.kind, r.namespace, r.name));
        }
        return switch (r.verb) {
            case "get" -> new Answer(200, store.require(r.kind, r.namespace, r.name));
            case "list" -> new Answer(200, store.page(r.kind, r.namespace, EmbeddedSelector.of(r.query)));
            case "create" -> create(r);
            case "update" -> new Answer(200, store.update(r.target(), r.json()));
            case "patch" -> patch(r);
            case "delete" -> delete(r);
            case "deletecollection" -> deleteAll(r);
            default -> throw new EmbeddedStore.ApiError(405, r.verb + " is not supported");
        };
    }

    /** What runs is played elsewhere; for a container that does not, a kubelet has no word, only the code. */
    private static EmbeddedStore.ApiError notPlayed(JsonNode pod) {
        boolean runs = StreamSupport.stream(pod.at("/status/containerStatuses").spliterator(), false)
            .anyMatch(c -> c.at("/state/running").isObject());
        return runs ? new EmbeddedStore.ApiError(405, "exec is not supported") : new EmbeddedStore.ApiError(500, "");
    }

    private String podLog(Request r) {
        store.require(r.kind, r.namespace, r.name);
        var previous = r.query.getOrDefault("previous", "false");
        for (var container : List.of(r.query.getOrDefault("container", ""), "")) {
            var text = logs.get(String.join("/", r.namespace, r.name, container, previous));
            if (text != null) {
                return tail(text, Integer.parseInt(r.query.getOrDefault("tailLines", "-1")));
            }
        }
        if (previous.equals("true")) {
            throw new EmbeddedStore.ApiError(400, "previous terminated container \""
                + r.query.getOrDefault("container", "") + "\" in pod \"" + r.name + "\" not found");
        }
        return "";
    }

    private static String tail(String text, int count) {
        var lines = text.lines().toList();
        return count < 0 || lines.size() <= count ? text : String.join("\n", lines.subList(lines.size() - count, lines.size())) + "\n";
    }

    private Answer create(Request r) {
        var object = r.json();
        if (r.kind.plural().equals("selfsubjectaccessreviews")) {
            object.withObject("/status").put("allowed", faults.allows(object.at("/spec/resourceAttributes")));
            return new Answer(201, object);
        }
        if (r.subresource.equals("eviction")) {
            store.delete(r.kind, r.namespace, r.name, false);
            return new Answer(201, success());
        }
        return new Answer(201, store.create(r.target(), object));
    }

    private Answer patch(Request r) {
        boolean apply = r.contentType.startsWith("application/apply-patch");
        var current = store.get(r.kind, r.namespace, r.name);
        if (current.isEmpty() && apply && r.subresource.isEmpty()) {
            var applied = r.json();
            return new Answer(201, store.create(r.target(), applied));
        }
        var target = current.orElseThrow(() -> EmbeddedStore.notFound(r.kind, r.name)).deepCopy();
        return new Answer(200, store.update(r.target(), EmbeddedPatches.apply(target, r.body, r.contentType)));
    }

    private Answer delete(Request r) {
        var wanted = r.body.isBlank() ? "" : EmbeddedStore.text(r.json(), "/preconditions/uid");
        var current = store.require(r.kind, r.namespace, r.name);
        if (!wanted.isEmpty() && !wanted.equals(EmbeddedStore.text(current, "/metadata/uid"))) {
            throw new EmbeddedStore.ApiError(409, "the UID in the precondition (" + wanted + ") does not match the UID in record");
        }
        if (r.dryRun()) {
            return new Answer(200, current);
        }
        boolean orphan = !r.body.isBlank() && EmbeddedStore.text(r.json(), "/propagationPolicy").equals("Orphan");
        return new Answer(200, store.delete(r.kind, r.namespace, r.name, orphan).map(JsonNode.class::cast).orElseGet(EmbeddedApi::success));
    }

    private Answer deleteAll(Request r) {
        var list = store.list(r.kind, r.namespace, EmbeddedSelector.of(r.query));
        list.forEach(object ->
            store.delete(r.kind, EmbeddedStore.text(object, "/metadata/namespace"), EmbeddedStore.text(object, "/metadata/name"), false));
        return new Answer(200, success());
    }

    private void watch(HttpExchange exchange, Request r) throws IOException, InterruptedException {
        if ("websocket".equalsIgnoreCase(exchange.getRequestHeaders().getFirst("Upgrade"))) {
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, 0);
        new Watch(exchange, r).run();
    }

    /** One watch: the state first if asked for, then changes as they come, bookmarks between them. */
    private final class Watch {
        private final HttpExchange exchange;
        private final Request request;
        private final Predicate<JsonNode> selector;
        private final int epoch = store.epoch();
        private final Instant end;
        private final boolean wantsBookmarks;
        private long seen;

        Watch(HttpExchange exchange, Request request) {
            this.exchange = exchange;
            this.request = request;
            this.selector = EmbeddedSelector.of(request.query);
            this.end = Instant.now().plusSeconds(Long.parseLong(request.query.getOrDefault("timeoutSeconds", "1800")));
            this.wantsBookmarks = "true".equals(request.query.get("allowWatchBookmarks"));
        }

        void run() throws IOException, InterruptedException {
            exchange.getResponseBody().flush();
            start();
            var bookmark = Instant.now().plus(bookmarks);
            while (store.epoch() == epoch && Instant.now().isBefore(end)) {
                var changes = store.changesAfter(seen, Duration.ofMillis(250), epoch);
                while (faults.silent(request) && store.epoch() == epoch) {
                    Thread.sleep(50);
                }
                for (var change : changes) {
                    tell(change);
                    seen = change.version();
                }
                if (wantsBookmarks && Instant.now().isAfter(bookmark)) {
                    bookmark(false);
                    bookmark = Instant.now().plus(bookmarks);
                }
            }
        }

        private void start() throws IOException {
            var from = request.query.getOrDefault("resourceVersion", "");
            boolean initial = from.isEmpty() || from.equals("0");
            seen = initial ? store.version() : Long.parseLong(from);
            if (!store.remembers(seen)) {
                write("ERROR", new EmbeddedStore.ApiError(410, "too old resource version: " + seen).status());
                throw new IOException("watch ends");
            }
            if (initial && !faults.silent(request)) {
                for (var object : store.list(request.kind, request.namespace, selector)) {
                    write("ADDED", object);
                }
                if ("true".equals(request.query.get("sendInitialEvents"))) {
                    bookmark(true);
                }
            }
        }

        /** A change into or out of the selector is an addition or a deletion to this watcher. */
        private void tell(EmbeddedStore.Change change) throws IOException {
            if (!change.kind().equals(request.kind) || !(request.namespace.isEmpty() || request.namespace.equals(change.namespace()))) {
                return;
            }
            boolean before = change.before() != null && selector.test(change.before());
            boolean now = !change.type().equals("DELETED") && selector.test(change.object());
            if (before || now) {
                write(now ? before ? "MODIFIED" : "ADDED" : "DELETED", change.object());
            }
        }

        private void bookmark(boolean initialEventsEnd) throws IOException {
            var object = JSON.createObjectNode().put("kind", request.kind.name()).put("apiVersion", request.kind.apiVersion());
            var metadata = object.putObject("metadata").put("resourceVersion", String.valueOf(store.version()));
            if (initialEventsEnd) {
                metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
            }
            write("BOOKMARK", object);
        }

        private void write(String type, JsonNode object) throws IOException {
            var event = JSON.createObjectNode().put("type", type);
            event.set("object", object);
            exchange.getResponseBody().write((event + "\n").getBytes(UTF_8));
            exchange.getResponseBody().flush();
        }
    }

    /** A request in the API's own words; {@code kind} is null for discovery. */
    record Request(String verb, EmbeddedStore.Kind kind, String namespace, String name,
        String subresource, String path, Map<String, String> query,
                   String contentType, String body, String token) {

        static Request of(HttpExchange exchange, EmbeddedStore store) throws IOException {
            var body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            var path = exchange.getRequestURI().getPath();
            var query = query(exchange.getRequestURI());
            var headers = exchange.getRequestHeaders();
            var token = Optional.ofNullable(headers.getFirst("Authorization")).orElse("").replaceFirst("Bearer ", "");
            var type = Optional.ofNullable(headers.getFirst("Content-Type")).orElse("");
            var at = new ArrayList<>(List.of(path.replaceFirst("^/", "").split("/")));
            boolean core = at.remove(0).equals("api");
            if (at.size() < (core ? 2 : 3)) {
                return new Request("get", null, "", "", "", path, query, type, body, token);
            }
            var group = core ? "" : at.remove(0);
            var version = at.remove(0);
            boolean scoped = at.get(0).equals("namespaces") && at.size() > 2 && !Set.of("status", "finalize").contains(at.get(2));
            var namespace = scoped ? at.get(1) : "";
            var rest = scoped ? at.subList(2, at.size()) : at;
            var kind = store.kind(group, version, rest.get(0))
                .orElseThrow(() -> new EmbeddedStore.ApiError(404, "the server could not find the requested resource"));
            var name = rest.size() > 1 ? rest.get(1) : "";
            return new Request(verb(exchange.getRequestMethod(), name, query), kind, namespace, name, rest.size() > 2
                ? rest.get(2) : "", path, query, type, body, token);
        }

        private static String verb(String method, String name, Map<String, String> query) {
            return switch (method) {
                case "GET" -> query.getOrDefault("watch", "").matches("true|1") ? "watch" : name.isEmpty() ? "list" : "get";
                case "POST" -> "create";
                case "PUT" -> "update";
                case "PATCH" -> "patch";
                case "DELETE" -> name.isEmpty() ? "deletecollection" : "delete";
                default -> method;
            };
        }

        private static Map<String, String> query(URI uri) {
            var query = new LinkedHashMap<String, String>();
            for (var pair : Optional.ofNullable(uri.getRawQuery()).orElse("").split("&")) {
                var sides = pair.split("=", 2);
                query.put(URLDecoder.decode(sides[0], UTF_8), sides.length > 1 ? URLDecoder.decode(sides[1], UTF_8) : "");
            }
            return query;
        }

        EmbeddedStore.Target target() {
            return new EmbeddedStore.Target(kind, namespace, name, subresource, dryRun());
        }

        boolean dryRun() {
            return "All".equals(query.get("dryRun"));
        }

        String resource() {
            return kind == null ? path : subresource.isEmpty() ? kind.plural() : kind.plural() + "/" + subresource;
        }

        String key() {
            return verb + " " + resource();
        }

        ObjectNode json() {
            if (EmbeddedStore.parse(body) instanceof ObjectNode object) {
                return object;
            }
            throw new EmbeddedStore.ApiError(400, "the object provided is not an object");
        }
    }

    private record Answer(int code, Object body) { }

    private static ObjectNode success() {
        return JSON.createObjectNode().put("kind", "Status").put("apiVersion", "v1").put("status", "Success");
    }
}
