import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.zjsonpatch.JsonPatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

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
    static final ObjectMapper JSON = new ObjectMapper();

    static {
        System.setProperty("sun.net.httpserver.nodelay", "true"); // else each small watch event waits 40 ms for Nagle
    }

    final Faults faults = new Faults();
    final Store store = new Store();
    private final Map<String, AtomicInteger> requests = new ConcurrentHashMap<>();
    private final Map<String, String> logs = new ConcurrentHashMap<>();
    private final ExecutorService threads = Executors.newCachedThreadPool(EmbeddedApi::daemon);
    private volatile HttpServer server;
    private volatile Duration bookmarks = Duration.ofSeconds(5);
    private int port;

    EmbeddedApi() {
        List.of("default", "kube-system").forEach(name -> put(object("v1", "Namespace", "", name)));
        up();
    }

    /** Listens (again) on the port of the first time, as an API server does that was restarted. */
    void up() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        port = server.getAddress().getPort();
        server.setExecutor(threads);
        server.createContext("/", this::handle);
        server.start();
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
        return "http://127.0.0.1:" + port;
    }

    /** Writes a kubeconfig for this server with one context, {@code embedded}, and gives its path. */
    Path kubeconfig(Path folder) {
        return kubeconfig(folder, "embedded-token");
    }

    Path kubeconfig(Path folder, String token) {
        try {
            return Files.writeString(folder.resolve("kubeconfig"), """
                    apiVersion: v1
                    kind: Config
                    current-context: embedded
                    clusters: [{name: embedded, cluster: {server: "%s"}}]
                    users: [{name: tester, user: {token: "%s"}}]
                    contexts: [{name: embedded, context: {cluster: embedded, user: tester, namespace: default}}]
                    """.formatted(url(), token));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How often an idle watch gets a bookmark, when its client allows bookmarks. */
    void bookmarkEvery(Duration interval) {
        bookmarks = interval;
    }

    /** Answers to verb and resource (both as in RBAC, {@code *} for any) since the last {@link #resetRequests}. */
    int requests(String verb, String resource) {
        return requests.entrySet().stream().filter(entry -> matches(entry.getKey(), verb, resource)).mapToInt(entry -> entry.getValue().get()).sum();
    }

    /** All counts, keyed {@code verb resource}. */
    Map<String, Integer> requests() {
        var counts = new TreeMap<String, Integer>();
        requests.forEach((key, count) -> counts.put(key, count.get()));
        return counts;
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
        for (var node : yaml(yaml)) {
            var kind = store.kind(node);
            if (kind.namespaced() && text(node, "/metadata/namespace").isEmpty()) {
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
    void onChange(Consumer<Change> listener) {
        var queue = Executors.newSingleThreadExecutor(EmbeddedApi::daemon);
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
        } catch (ApiError error) {
            reject(exchange, error);
        } catch (ClassCastException | IllegalArgumentException | NullPointerException malformed) {
            reject(exchange, new ApiError(400, "the embedded server cannot read this: " + malformed));
        } catch (IOException clientLeft) {
            // nothing to tell and nobody to tell it to
        } catch (InterruptedException closing) {
            Thread.currentThread().interrupt();
        } finally {
            exchange.close();
        }
    }

    private static void reject(HttpExchange exchange, ApiError error) {
        try {
            if (error.code == 429 || error.retryAfter > 0) {
                exchange.getResponseHeaders().set("Retry-After", String.valueOf(Math.max(1, error.retryAfter)));
            }
            send(exchange, new Answer(error.code, error.status()));
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
        return switch (r.verb) {
            case "get" -> new Answer(200, store.require(r.kind, r.namespace, r.name));
            case "list" -> new Answer(200, store.page(r.kind, r.namespace, Selector.of(r.query)));
            case "create" -> create(r);
            case "update" -> new Answer(200, store.update(r, r.json()));
            case "patch" -> patch(r);
            case "delete" -> delete(r);
            case "deletecollection" -> deleteAll(r);
            default -> throw new ApiError(405, r.verb + " is not supported");
        };
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
            throw new ApiError(400, "previous terminated container \"" + r.query.getOrDefault("container", "") + "\" in pod \"" + r.name + "\" not found");
        }
        return "";
    }

    private static String tail(String text, int count) {
        var lines = text.lines().toList();
        return count < 0 || lines.size() <= count ? text : String.join("\n", lines.subList(lines.size() - count, lines.size())) + "\n";
    }

    private Answer create(Request r) {
        var object = r.json();
        if (r.kind.plural.equals("selfsubjectaccessreviews")) {
            object.withObject("/status").put("allowed", faults.allows(object.at("/spec/resourceAttributes")));
            return new Answer(201, object);
        }
        if (r.subresource.equals("eviction")) {
            store.delete(r.kind, r.namespace, r.name, false);
            return new Answer(201, success());
        }
        return new Answer(201, store.create(r, object));
    }

    private Answer patch(Request r) {
        boolean apply = r.contentType.startsWith("application/apply-patch");
        var current = store.get(r.kind, r.namespace, r.name);
        if (current.isEmpty() && apply && r.subresource.isEmpty()) {
            var applied = r.json();
            return new Answer(201, store.create(r, applied));
        }
        var target = current.orElseThrow(() -> notFound(r.kind, r.name)).deepCopy();
        return new Answer(200, store.update(r, Patches.apply(target, r.body, r.contentType)));
    }

    private Answer delete(Request r) {
        var wanted = r.body.isBlank() ? "" : text(r.json(), "/preconditions/uid");
        var current = store.require(r.kind, r.namespace, r.name);
        if (!wanted.isEmpty() && !wanted.equals(text(current, "/metadata/uid"))) {
            throw new ApiError(409, "the UID in the precondition (" + wanted + ") does not match the UID in record");
        }
        if (r.dryRun()) {
            return new Answer(200, current);
        }
        boolean orphan = !r.body.isBlank() && text(r.json(), "/propagationPolicy").equals("Orphan");
        return new Answer(200, store.delete(r.kind, r.namespace, r.name, orphan).map(JsonNode.class::cast).orElseGet(EmbeddedApi::success));
    }

    private Answer deleteAll(Request r) {
        var list = store.list(r.kind, r.namespace, Selector.of(r.query));
        list.forEach(object -> store.delete(r.kind, text(object, "/metadata/namespace"), text(object, "/metadata/name"), false));
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
            this.selector = Selector.of(request.query);
            this.end = Instant.now().plusSeconds(Long.parseLong(request.query.getOrDefault("timeoutSeconds", "1800")));
            this.wantsBookmarks = "true".equals(request.query.get("allowWatchBookmarks"));
        }

        void run() throws IOException, InterruptedException {
            exchange.getResponseBody().flush();
            start();
            var bookmark = Instant.now().plus(bookmarks);
            while (store.epoch() == epoch && Instant.now().isBefore(end)) {
                var changes = store.changesAfter(seen, Duration.ofMillis(250), epoch);
                if (!faults.silent(request)) {
                    for (var change : changes) {
                        tell(change);
                    }
                    seen = changes.isEmpty() ? seen : changes.get(changes.size() - 1).version;
                    if (wantsBookmarks && Instant.now().isAfter(bookmark)) {
                        bookmark(false);
                        bookmark = Instant.now().plus(bookmarks);
                    }
                }
            }
        }

        private void start() throws IOException {
            var from = request.query.getOrDefault("resourceVersion", "");
            boolean initial = from.isEmpty() || from.equals("0");
            seen = initial ? store.version() : Long.parseLong(from);
            if (!store.remembers(seen)) {
                write("ERROR", new ApiError(410, "too old resource version: " + seen).status());
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
        private void tell(Change change) throws IOException {
            if (!change.kind.equals(request.kind) || !(request.namespace.isEmpty() || request.namespace.equals(change.namespace()))) {
                return;
            }
            boolean before = change.before != null && selector.test(change.before);
            boolean now = !change.type.equals("DELETED") && selector.test(change.object);
            if (before || now) {
                write(now ? before ? "MODIFIED" : "ADDED" : "DELETED", change.object);
            }
        }

        private void bookmark(boolean initialEventsEnd) throws IOException {
            var object = JSON.createObjectNode().put("kind", request.kind.name).put("apiVersion", request.kind.apiVersion());
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

    /** The objects, their history for watches, and the rules of the API server that need both. All access is synchronized. */
    static final class Store {
        private static final int REMEMBERED = 10_000;

        final List<Consumer<Change>> listeners = new CopyOnWriteArrayList<>();
        private final List<Kind> kinds = new ArrayList<>(Kind.usual());
        private final Map<Kind, Map<String, ObjectNode>> objects = new LinkedHashMap<>();
        private final List<Change> history = new ArrayList<>();
        private long version = 1000;
        private long forgotten = 999;
        private int epoch;

        synchronized Kind kind(JsonNode object) {
            var apiVersion = text(object, "/apiVersion");
            var name = text(object, "/kind");
            return kinds.stream().filter(kind -> kind.apiVersion().equals(apiVersion) && kind.name.equals(name)).findFirst()
                    .orElseThrow(() -> new ApiError(404, "no kind \"" + name + "\" in \"" + apiVersion + "\""));
        }

        synchronized Kind kind(String plural) {
            return kinds.stream().filter(kind -> kind.plural.equals(plural)).findFirst().orElseThrow(() -> new IllegalArgumentException(plural));
        }

        synchronized Optional<Kind> kind(String group, String apiVersion, String plural) {
            return kinds.stream().filter(kind -> kind.group.equals(group) && kind.version.equals(apiVersion) && kind.plural.equals(plural)).findFirst();
        }

        synchronized Optional<ObjectNode> get(Kind kind, String namespace, String name) {
            return Optional.ofNullable(of(kind).get(namespace + "/" + name));
        }

        ObjectNode require(Kind kind, String namespace, String name) {
            return get(kind, namespace, name).orElseThrow(() -> notFound(kind, name));
        }

        synchronized List<ObjectNode> list(Kind kind, String namespace, Predicate<JsonNode> selector) {
            return of(kind).entrySet().stream().filter(entry -> namespace.isEmpty() || entry.getKey().startsWith(namespace + "/"))
                    .map(Map.Entry::getValue).filter(selector).map(ObjectNode::deepCopy).toList();
        }

        synchronized ObjectNode page(Kind kind, String namespace, Predicate<JsonNode> selector) {
            var page = JSON.createObjectNode().put("kind", kind.name + "List").put("apiVersion", kind.apiVersion());
            page.putObject("metadata").put("resourceVersion", String.valueOf(version));
            page.putArray("items").addAll(list(kind, namespace, selector));
            return page;
        }

        synchronized ObjectNode create(Request r, ObjectNode object) {
            var metadata = object.withObject("/metadata");
            if (!metadata.has("name") && metadata.has("generateName")) {
                metadata.put("name", metadata.get("generateName").asText() + UUID.randomUUID().toString().substring(0, 5));
            }
            checkNamespace(r, object);
            var name = text(object, "/metadata/name");
            if (get(r.kind, r.namespace, name).isPresent()) {
                throw new ApiError(409, "AlreadyExists", r.kind.qualified() + " \"" + name + "\" already exists", name, r.kind.plural);
            }
            if (r.kind.status && !r.kind.plural.equals("customresourcedefinitions")) {
                object.remove("status");
            }
            Defaults.onCreate(r.kind, r.namespace, object);
            return r.dryRun() ? object : write(r.kind, null, object);
        }

        private void checkNamespace(Request r, ObjectNode object) {
            if (!r.kind.namespaced) {
                return;
            }
            object.withObject("/metadata").put("namespace", r.namespace);
            var namespace = get(kind("namespaces"), "", r.namespace).orElseThrow(() -> notFound(kind("namespaces"), r.namespace));
            if (namespace.at("/metadata/deletionTimestamp").isTextual()) {
                var name = text(object, "/metadata/name");
                throw new ApiError(403, "Forbidden", r.kind.qualified() + " \"" + name + "\" is forbidden: unable to create new content in namespace "
                        + r.namespace + " because it is being terminated", name, r.kind.plural);
            }
        }

        synchronized ObjectNode update(Request r, ObjectNode wanted) {
            var current = require(r.kind, r.namespace, r.name);
            var sent = text(wanted, "/metadata/resourceVersion");
            if (!sent.isEmpty() && !sent.equals(text(current, "/metadata/resourceVersion"))) {
                throw new ApiError(409, "Conflict", "Operation cannot be fulfilled on " + r.kind.qualified() + " \"" + r.name
                        + "\": the object has been modified; please apply your changes to the latest version and try again", r.name, r.kind.plural);
            }
            var next = r.subresource.equals("status") ? current.deepCopy() : wanted;
            if (r.kind.status) {
                var status = r.subresource.equals("status") ? wanted.get("status") : current.get("status");
                next.remove("status");
                if (status != null) {
                    next.set("status", status);
                }
            }
            Defaults.onUpdate(r.kind, r.namespace, current, next);
            return r.dryRun() ? next : write(r.kind, current, next);
        }

        synchronized ObjectNode put(ObjectNode object) {
            var kind = kind(object);
            var namespace = text(object, "/metadata/namespace");
            if (kind.namespaced) {
                require(kind("namespaces"), "", namespace);
            }
            var current = get(kind, namespace, text(object, "/metadata/name")).orElse(null);
            if (current == null) {
                Defaults.onCreate(kind, namespace, object);
            } else {
                Defaults.keepIdentity(kind, current, object);
            }
            return write(kind, current, object).deepCopy();
        }

        synchronized Optional<ObjectNode> edit(Kind kind, String namespace, String name, Consumer<ObjectNode> change) {
            return get(kind, namespace, name).map(current -> {
                var next = current.deepCopy();
                change.accept(next);
                Defaults.keepIdentity(kind, current, next);
                return write(kind, current, next).deepCopy();
            });
        }

        /** Empty when the object is gone at once; else the object that now waits for its finalizers. */
        synchronized Optional<ObjectNode> delete(Kind kind, String namespace, String name, boolean orphan) {
            var next = require(kind, namespace, name).deepCopy();
            var metadata = next.withObject("/metadata");
            if (!metadata.has("deletionTimestamp")) {
                metadata.put("deletionTimestamp", now());
            }
            if (kind.plural.equals("namespaces")) {
                next.withObject("/status").put("phase", "Terminating");
                write(kind, get(kind, namespace, name).orElseThrow(), next);
                emptyNamespace(name);
                return get(kind, namespace, name);
            }
            if (metadata.path("finalizers").size() > 0) {
                return Optional.of(write(kind, get(kind, namespace, name).orElseThrow(), next));
            }
            remove(kind, next, orphan);
            return Optional.empty();
        }

        private void emptyNamespace(String name) {
            for (var kind : List.copyOf(objects.keySet())) {
                if (kind.namespaced) {
                    list(kind, name, object -> !object.at("/metadata/deletionTimestamp").isTextual())
                            .forEach(object -> get(kind, name, text(object, "/metadata/name")).ifPresent(found -> delete(kind, name, text(found, "/metadata/name"), true)));
                }
            }
            finishNamespace(name);
        }

        private void finishNamespace(String name) {
            boolean empty = objects.entrySet().stream().filter(entry -> entry.getKey().namespaced)
                    .allMatch(entry -> entry.getValue().keySet().stream().noneMatch(key -> key.startsWith(name + "/")));
            get(kind("namespaces"), "", name).filter(namespace -> empty && namespace.at("/metadata/deletionTimestamp").isTextual())
                    .filter(namespace -> namespace.at("/metadata/finalizers").isEmpty())
                    .ifPresent(namespace -> remove(kind("namespaces"), namespace.deepCopy(), true));
        }

        private void remove(Kind kind, ObjectNode object, boolean orphan) {
            var namespace = text(object, "/metadata/namespace");
            var uid = text(object, "/metadata/uid");
            var before = of(kind).remove(namespace + "/" + text(object, "/metadata/name"));
            record(new Change("DELETED", kind, before, stamp(object)));
            if (!orphan) {
                dependents(uid).forEach(child -> delete(kind(child), text(child, "/metadata/namespace"), text(child, "/metadata/name"), false));
            }
            if (kind.namespaced) {
                finishNamespace(namespace);
            }
        }

        private List<ObjectNode> dependents(String uid) {
            return objects.values().stream().flatMap(map -> map.values().stream())
                    .filter(object -> {
                        for (var owner : object.at("/metadata/ownerReferences")) {
                            if (owner.path("uid").asText().equals(uid)) {
                                return true;
                            }
                        }
                        return false;
                    }).toList();
        }

        private ObjectNode write(Kind kind, ObjectNode before, ObjectNode object) {
            if (object.equals(before)) {
                return object; // as on a real server: no new version and no event
            }
            of(kind).put(text(object, "/metadata/namespace") + "/" + text(object, "/metadata/name"), stamp(object));
            record(new Change(before == null ? "ADDED" : "MODIFIED", kind, before, object));
            if (before == null && kind.plural.equals("namespaces")) {
                put(object("v1", "ServiceAccount", text(object, "/metadata/name"), "default"));
            }
            if (kind.plural.equals("customresourcedefinitions")) {
                kinds.addAll(Kind.defined(object).stream().filter(defined -> !kinds.contains(defined)).toList());
            }
            if (object.at("/metadata/deletionTimestamp").isTextual() && object.at("/metadata/finalizers").isEmpty() && !kind.plural.equals("namespaces")) {
                remove(kind, object.deepCopy(), false);
            } else if (kind.plural.equals("namespaces")) {
                finishNamespace(text(object, "/metadata/name"));
            }
            return object;
        }

        private ObjectNode stamp(ObjectNode object) {
            object.withObject("/metadata").put("resourceVersion", String.valueOf(++version));
            return object;
        }

        private void record(Change change) {
            var told = new Change(change.type, change.kind, change.before, change.object.deepCopy(), version);
            history.add(told);
            if (history.size() > REMEMBERED) {
                forgotten = history.remove(0).version;
            }
            listeners.forEach(listener -> listener.accept(told));
            notifyAll();
        }

        private Map<String, ObjectNode> of(Kind kind) {
            return objects.computeIfAbsent(kind, key -> new TreeMap<>());
        }

        synchronized List<Change> changesAfter(long seen, Duration patience, int ofEpoch) throws InterruptedException {
            if (version <= seen && epoch == ofEpoch) {
                wait(patience.toMillis());
            }
            int from = history.size();
            while (from > 0 && history.get(from - 1).version > seen) {
                from--;
            }
            return List.copyOf(history.subList(from, history.size()));
        }

        synchronized void compact() {
            history.clear();
            forgotten = ++version;
        }

        synchronized boolean remembers(long since) {
            return since >= forgotten;
        }

        synchronized long version() {
            return version;
        }

        synchronized int epoch() {
            return epoch;
        }

        synchronized void cutWatches() {
            epoch++;
            notifyAll();
        }

        synchronized JsonNode discovery(String path) {
            return Discovery.answer(path, List.copyOf(kinds));
        }
    }

    /** A change of one object; {@code before} is null for a new one. */
    record Change(String type, Kind kind, ObjectNode before, ObjectNode object, long version) {
        Change(String type, Kind kind, ObjectNode before, ObjectNode object) {
            this(type, kind, before, object, 0);
        }

        String namespace() {
            return text(object, "/metadata/namespace");
        }

        String name() {
            return text(object, "/metadata/name");
        }
    }

    /** What the API server itself fills in, and what it refuses to change. */
    static final class Defaults {
        private static final Map<String, List<String>> IMMUTABLE = Map.of(
                "Deployment", List.of("/spec/selector"),
                "DaemonSet", List.of("/spec/selector"),
                "StatefulSet", List.of("/spec/selector", "/spec/serviceName", "/spec/volumeClaimTemplates", "/spec/podManagementPolicy"),
                "Job", List.of("/spec/selector", "/spec/template", "/spec/completionMode"),
                "PersistentVolumeClaim", List.of("/spec/storageClassName", "/spec/accessModes"),
                "RoleBinding", List.of("/roleRef"),
                "ClusterRoleBinding", List.of("/roleRef"));

        static void onCreate(Kind kind, String namespace, ObjectNode object) {
            var metadata = object.withObject("/metadata");
            List.of("resourceVersion", "generation", "managedFields").forEach(metadata::remove);
            if (kind.namespaced && !metadata.has("namespace")) {
                metadata.put("namespace", namespace);
            }
            metadata.put("uid", UUID.randomUUID().toString());
            metadata.put("creationTimestamp", now());
            if (kind.generation) {
                metadata.put("generation", 1);
            }
            fill(kind, object);
        }

        /** Defaults that rules of readiness depend on; the rest of a real server's defaulting is left out. */
        private static void fill(Kind kind, ObjectNode object) {
            switch (kind.name) {
                case "Namespace" -> phase(object, "Active");
                case "Pod", "PersistentVolumeClaim" -> phase(object, "Pending");
                case "Deployment", "StatefulSet", "ReplicaSet" -> number(object.withObject("/spec"), "replicas", 1);
                case "Job" -> number(object.withObject("/spec"), "backoffLimit", 6);
                case "Secret" -> mergeStringData(object);
                case "Service" -> clusterAddress(object);
                case "CustomResourceDefinition" -> establish(object);
                default -> { }
            }
            if (kind.name.equals("Deployment")) {
                number(object.withObject("/spec"), "progressDeadlineSeconds", 600);
            }
        }

        private static void phase(ObjectNode object, String phase) {
            if (!object.withObject("/status").has("phase")) {
                object.withObject("/status").put("phase", phase);
            }
        }

        private static void number(ObjectNode spec, String field, int value) {
            if (!spec.has(field)) {
                spec.put(field, value);
            }
        }

        private static void clusterAddress(ObjectNode service) {
            var spec = service.withObject("/spec");
            if (!spec.has("type")) {
                spec.put("type", "ClusterIP");
            }
            if (!spec.has("clusterIP") && !spec.path("type").asText().equals("ExternalName")) {
                int host = Math.floorMod(text(service, "/metadata/uid").hashCode(), 65_000);
                spec.put("clusterIP", "10.96." + host / 256 + "." + (1 + host % 250));
            }
        }

        private static void mergeStringData(ObjectNode secret) {
            if (secret.remove("stringData") instanceof ObjectNode plain) {
                plain.properties().forEach(entry -> secret.withObject("/data")
                        .put(entry.getKey(), Base64.getEncoder().encodeToString(entry.getValue().asText().getBytes(UTF_8))));
            }
        }

        private static void establish(ObjectNode definition) {
            var conditions = JSON.createArrayNode();
            for (var type : List.of("NamesAccepted", "Established")) {
                conditions.addObject().put("type", type).put("status", "True").put("lastTransitionTime", now());
            }
            definition.withObject("/status").set("conditions", conditions);
        }

        static void onUpdate(Kind kind, String namespace, ObjectNode current, ObjectNode next) {
            if (kind.name.equals("Secret")) {
                mergeStringData(next);
            }
            keepIdentity(kind, current, next);
            refuseImmutable(kind, current, next);
        }

        /** uid, creation time and the counters are the server's; the generation moves with anything but metadata and status. */
        static void keepIdentity(Kind kind, ObjectNode current, ObjectNode next) {
            var metadata = next.withObject("/metadata");
            metadata.remove("managedFields");
            for (var field : List.of("uid", "creationTimestamp", "resourceVersion", "generation", "deletionTimestamp")) {
                if (current.get("metadata").has(field)) {
                    metadata.set(field, current.get("metadata").get(field));
                }
            }
            if (kind.generation && !body(current).equals(body(next))) {
                metadata.put("generation", current.at("/metadata/generation").asLong() + 1);
            }
        }

        private static JsonNode body(ObjectNode object) {
            return object.deepCopy().without(Set.of("metadata", "status"));
        }

        private static void refuseImmutable(Kind kind, ObjectNode current, ObjectNode next) {
            for (var path : IMMUTABLE.getOrDefault(kind.name, List.of())) {
                if (!current.at(path).isMissingNode() && !current.at(path).equals(next.at(path))) {
                    throw ApiError.invalid(kind, text(current, "/metadata/name"), path.substring(1).replace('/', '.'));
                }
            }
            if ((kind.name.equals("Secret") || kind.name.equals("ConfigMap")) && current.path("immutable").asBoolean()
                    && !current.path("data").equals(next.path("data"))) {
                throw ApiError.invalid(kind, text(current, "/metadata/name"), "data");
            }
        }
    }

    /** The four ways to patch. Strategic merge and server-side apply merge lists of named items by name, other lists whole. */
    static final class Patches {
        static ObjectNode apply(ObjectNode target, String body, String contentType) {
            var type = contentType.replaceFirst(";.*", "").strip();
            return switch (type) {
                case "application/json-patch+json" -> jsonPatch(target, body);
                case "application/merge-patch+json" -> (ObjectNode) merge(target, parse(body), false);
                case "application/strategic-merge-patch+json", "application/apply-patch+yaml", "application/apply-patch+cbor" ->
                        (ObjectNode) merge(target, parse(body), true);
                default -> throw new ApiError(415, "the body of the request was in an unknown format - accepted media types include: "
                        + "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml");
            };
        }

        private static ObjectNode jsonPatch(ObjectNode target, String body) {
            try {
                return (ObjectNode) JsonPatch.apply(JSON.readTree(body), target);
            } catch (JsonProcessingException | io.fabric8.zjsonpatch.JsonPatchException e) {
                throw new ApiError(422, "the server rejected our request due to an error in our request: " + e.getMessage());
            }
        }

        static JsonNode merge(JsonNode target, JsonNode patch, boolean listsByName) {
            if (patch instanceof ObjectNode fields) {
                var merged = target instanceof ObjectNode object ? object : JSON.createObjectNode();
                fields.properties().forEach(field -> {
                    if (field.getValue().isNull()) {
                        merged.remove(field.getKey());
                    } else {
                        merged.set(field.getKey(), merge(merged.get(field.getKey()), field.getValue(), listsByName));
                    }
                });
                return merged;
            }
            return listsByName && named(patch) && target instanceof ArrayNode && named(target) ? mergeByName((ArrayNode) target, patch) : patch;
        }

        private static ArrayNode mergeByName(ArrayNode target, JsonNode patch) {
            var byName = new LinkedHashMap<String, JsonNode>();
            target.forEach(item -> byName.put(item.get("name").asText(), item));
            patch.forEach(item -> byName.merge(item.get("name").asText(), item, (old, fresh) -> merge(old, fresh, true)));
            return JSON.createArrayNode().addAll(byName.values());
        }

        private static boolean named(JsonNode list) {
            if (!list.isArray()) {
                return false;
            }
            for (var item : list) {
                if (!item.path("name").isTextual()) {
                    return false;
                }
            }
            return !list.isEmpty();
        }
    }

    /** Label and field selectors of a list or watch. */
    static final class Selector {
        static Predicate<JsonNode> of(Map<String, String> query) {
            Predicate<JsonNode> all = object -> true;
            for (var term : query.getOrDefault("fieldSelector", "").split(",")) {
                all = term.isBlank() ? all : all.and(field(term));
            }
            for (var term : query.getOrDefault("labelSelector", "").split(",(?![^(]*\\))")) {
                all = term.isBlank() ? all : all.and(label(term.strip()));
            }
            return all;
        }

        private static Predicate<JsonNode> field(String term) {
            var sides = term.split("!=|==?", 2);
            var path = "/" + sides[0].strip().replace('.', '/');
            return object -> text(object, path).equals(sides[1].strip()) != term.contains("!=");
        }

        private static Predicate<JsonNode> label(String term) {
            if (term.matches("[^=!]+ (not)?in \\(.*\\)")) {
                var values = List.of(term.replaceAll(".*\\(|\\)", "").split("\\s*,\\s*"));
                boolean negated = term.contains(" notin ");
                return object -> values.contains(labelOf(object, term.split(" ")[0])) != negated;
            }
            if (term.contains("=")) {
                var sides = term.split("!=|==?", 2);
                return object -> sides[1].strip().equals(labelOf(object, sides[0].strip())) != term.contains("!=");
            }
            return object -> (labelOf(object, term.replace("!", "").strip()) != null) != term.startsWith("!");
        }

        private static String labelOf(JsonNode object, String key) {
            return object.path("metadata").path("labels").path(key).textValue();
        }
    }

    /** A resource of the API. {@code status}: has the subresource; {@code generation}: the server counts changes of the spec. */
    record Kind(String group, String version, String plural, String name, boolean namespaced, boolean status, boolean generation) {
        private static final String USUAL = """
                v1 namespaces Namespace - status
                v1 pods Pod ns status generation
                v1 services Service ns status
                v1 configmaps ConfigMap ns
                v1 secrets Secret ns
                v1 serviceaccounts ServiceAccount ns
                v1 persistentvolumeclaims PersistentVolumeClaim ns status
                v1 persistentvolumes PersistentVolume - status
                v1 nodes Node - status
                v1 events Event ns
                v1 endpoints Endpoints ns
                v1 resourcequotas ResourceQuota ns status
                v1 limitranges LimitRange ns
                v1 replicationcontrollers ReplicationController ns status generation
                apps/v1 deployments Deployment ns status generation
                apps/v1 replicasets ReplicaSet ns status generation
                apps/v1 statefulsets StatefulSet ns status generation
                apps/v1 daemonsets DaemonSet ns status generation
                apps/v1 controllerrevisions ControllerRevision ns
                batch/v1 jobs Job ns status generation
                batch/v1 cronjobs CronJob ns status generation
                networking.k8s.io/v1 ingresses Ingress ns status generation
                networking.k8s.io/v1 ingressclasses IngressClass - generation
                networking.k8s.io/v1 networkpolicies NetworkPolicy ns generation
                rbac.authorization.k8s.io/v1 roles Role ns
                rbac.authorization.k8s.io/v1 rolebindings RoleBinding ns
                rbac.authorization.k8s.io/v1 clusterroles ClusterRole -
                rbac.authorization.k8s.io/v1 clusterrolebindings ClusterRoleBinding -
                storage.k8s.io/v1 storageclasses StorageClass -
                storage.k8s.io/v1 volumeattachments VolumeAttachment - status
                discovery.k8s.io/v1 endpointslices EndpointSlice ns generation
                policy/v1 poddisruptionbudgets PodDisruptionBudget ns status generation
                autoscaling/v2 horizontalpodautoscalers HorizontalPodAutoscaler ns status
                coordination.k8s.io/v1 leases Lease ns
                scheduling.k8s.io/v1 priorityclasses PriorityClass - generation
                admissionregistration.k8s.io/v1 validatingwebhookconfigurations ValidatingWebhookConfiguration - generation
                admissionregistration.k8s.io/v1 mutatingwebhookconfigurations MutatingWebhookConfiguration - generation
                authorization.k8s.io/v1 selfsubjectaccessreviews SelfSubjectAccessReview -
                apiextensions.k8s.io/v1 customresourcedefinitions CustomResourceDefinition - status generation
                """;

        static List<Kind> usual() {
            return USUAL.lines().map(line -> line.split(" ")).map(word -> {
                var flags = Set.of(word).stream().toList();
                return new Kind(groupOf(word[0]), word[0].substring(word[0].indexOf('/') + 1), word[1], word[2],
                        word[3].equals("ns"), flags.contains("status"), flags.contains("generation"));
            }).toList();
        }

        static List<Kind> defined(JsonNode definition) {
            var kinds = new ArrayList<Kind>();
            for (var version : definition.at("/spec/versions")) {
                kinds.add(new Kind(text(definition, "/spec/group"), version.path("name").asText(), text(definition, "/spec/names/plural"),
                        text(definition, "/spec/names/kind"), text(definition, "/spec/scope").equals("Namespaced"),
                        version.at("/subresources/status").isObject(), true));
            }
            return kinds;
        }

        private static String groupOf(String apiVersion) {
            return apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
        }

        String apiVersion() {
            return group.isEmpty() ? version : group + "/" + version;
        }

        String qualified() {
            return group.isEmpty() ? plural : plural + "." + group;
        }
    }

    /** What the server says about itself: /version, /api, /apis and the resource lists. */
    static final class Discovery {
        static JsonNode answer(String path, List<Kind> kinds) {
            return switch (path) {
                case "/version" -> JSON.createObjectNode().put("major", "1").put("minor", "34").put("gitVersion", "v1.34.0-embedded");
                case "/api" -> JSON.createObjectNode().put("kind", "APIVersions").set("versions", JSON.createArrayNode().add("v1"));
                case "/apis" -> groups(kinds);
                case "/healthz", "/livez", "/readyz" -> JSON.getNodeFactory().textNode("ok");
                default -> resources(path.replaceFirst("^/apis?/", ""), kinds);
            };
        }

        private static JsonNode groups(List<Kind> kinds) {
            var list = JSON.createObjectNode().put("kind", "APIGroupList").put("apiVersion", "v1");
            var groups = list.putArray("groups");
            for (var group : new HashSet<>(kinds.stream().map(Kind::group).filter(name -> !name.isEmpty()).toList())) {
                var entry = groups.addObject().put("name", group);
                kinds.stream().filter(kind -> kind.group.equals(group)).map(Kind::apiVersion).distinct()
                        .forEach(version -> entry.withArray("versions").addObject().put("groupVersion", version).put("version", version.replaceFirst(".*/", "")));
                entry.set("preferredVersion", entry.get("versions").get(0));
            }
            return list;
        }

        private static JsonNode resources(String apiVersion, List<Kind> kinds) {
            var own = kinds.stream().filter(kind -> kind.apiVersion().equals(apiVersion)).toList();
            if (own.isEmpty()) {
                throw new ApiError(404, "the server could not find the requested resource");
            }
            var list = JSON.createObjectNode().put("kind", "APIResourceList").put("apiVersion", "v1").put("groupVersion", apiVersion);
            for (var kind : own) {
                var entry = list.withArray("resources").addObject().put("name", kind.plural).put("singularName", kind.name.toLowerCase())
                        .put("namespaced", kind.namespaced).put("kind", kind.name);
                List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch").forEach(entry.withArray("verbs")::add);
            }
            return list;
        }
    }

    /** A request in the API's own words; {@code kind} is null for discovery. */
    record Request(String verb, Kind kind, String namespace, String name, String subresource, String path, Map<String, String> query,
                   String contentType, String body, String token) {

        static Request of(HttpExchange exchange, Store store) throws IOException {
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
            var kind = store.kind(group, version, rest.get(0)).orElseThrow(() -> new ApiError(404, "the server could not find the requested resource"));
            var name = rest.size() > 1 ? rest.get(1) : "";
            return new Request(verb(exchange.getRequestMethod(), name, query), kind, namespace, name, rest.size() > 2 ? rest.get(2) : "", path, query, type, body, token);
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

        boolean dryRun() {
            return "All".equals(query.get("dryRun"));
        }

        String resource() {
            return kind == null ? path : subresource.isEmpty() ? kind.plural : kind.plural + "/" + subresource;
        }

        String key() {
            return verb + " " + resource();
        }

        ObjectNode json() {
            if (parse(body) instanceof ObjectNode object) {
                return object;
            }
            throw new ApiError(400, "the object provided is not an object");
        }
    }

    private record Answer(int code, Object body) { }

    /** What a test makes the server do wrong. Verbs and resources as in RBAC ({@code pods}, {@code pods/log}); {@code *} is any. */
    static final class Faults {
        private final List<Fault> planned = new CopyOnWriteArrayList<>();
        private final Set<String> silenced = ConcurrentHashMap.newKeySet();
        private final List<Denial> denials = new CopyOnWriteArrayList<>();
        private volatile String token;

        private record Denial(String verb, String resource, String namespace) { }

        private record Fault(String verb, String resource, AtomicInteger times, int code, int retryAfter, Duration delay) { }

        /** The next {@code times} matching requests are answered with the code. */
        void fail(String verb, String resource, int times, int code) {
            planned.add(new Fault(verb, resource, new AtomicInteger(times), code, 0, Duration.ZERO));
        }

        /** The same with a Retry-After header, in seconds. */
        void throttle(String verb, String resource, int times, int retryAfterSeconds) {
            planned.add(new Fault(verb, resource, new AtomicInteger(times), 429, retryAfterSeconds, Duration.ZERO));
        }

        /** The next {@code times} matching requests are answered late. */
        void delay(String verb, String resource, int times, Duration delay) {
            planned.add(new Fault(verb, resource, new AtomicInteger(times), 0, 0, delay));
        }

        /** Forbidden until {@link #clear}, with the API server's words; access reviews say no as well. Namespace "*": everywhere. */
        void forbid(String verb, String resource, String namespace) {
            denials.add(new Denial(verb, resource, namespace));
        }

        void forbid(String verb, String resource) {
            forbid(verb, resource, "*");
        }

        /** Watches of the resource, open ones included, stay connected and tell nothing, not even bookmarks. */
        void silence(String resource) {
            silenced.add(resource);
        }

        /** Every other token is answered 401; null accepts all again. */
        void onlyToken(String accepted) {
            token = accepted;
        }

        void clear() {
            planned.clear();
            silenced.clear();
            denials.clear();
            token = null;
        }

        boolean silent(Request request) {
            return silenced.contains("*") || silenced.contains(request.resource());
        }

        boolean allows(JsonNode attributes) {
            var subresource = attributes.path("subresource").asText("");
            var resource = attributes.path("resource").asText() + (subresource.isEmpty() ? "" : "/" + subresource);
            return !denied(attributes.path("verb").asText(), resource, attributes.path("namespace").asText(""));
        }

        private boolean denied(String verb, String resource, String namespace) {
            return denials.stream().anyMatch(denial -> matches(verb + " " + resource, denial.verb, denial.resource)
                    && (denial.namespace.equals("*") || denial.namespace.equals(namespace)));
        }

        private void meet(Request r) throws InterruptedException {
            if (token != null && !token.equals(r.token)) {
                throw new ApiError(401, "Unauthorized");
            }
            for (var fault : planned) {
                if (matches(r.key(), fault.verb, fault.resource) && fault.times.getAndDecrement() > 0) {
                    Thread.sleep(fault.delay.toMillis());
                    if (fault.code > 0) {
                        throw new ApiError(fault.code, "fault injected by the test").retryAfter(fault.retryAfter);
                    }
                }
            }
            if (r.kind != null && denied(r.verb, r.resource(), r.namespace)) {
                var where = r.namespace.isEmpty() ? " at the cluster scope" : " in the namespace \"" + r.namespace + "\"";
                var what = r.name.isEmpty() ? r.kind.qualified() : r.kind.qualified() + " \"" + r.name + "\"";
                throw new ApiError(403, "Forbidden", what + " is forbidden: User \"tester\" cannot " + r.verb + " resource \"" + r.resource()
                        + "\" in API group \"" + r.kind.group + "\"" + where, r.name, r.kind.plural);
            }
        }
    }

    /** A refusal with the API's Status body. */
    static final class ApiError extends RuntimeException {
        private static final Map<Integer, String> REASONS = Map.ofEntries(Map.entry(400, "BadRequest"), Map.entry(401, "Unauthorized"),
                Map.entry(403, "Forbidden"), Map.entry(404, "NotFound"), Map.entry(405, "MethodNotAllowed"), Map.entry(409, "Conflict"),
                Map.entry(410, "Expired"), Map.entry(415, "UnsupportedMediaType"), Map.entry(422, "Invalid"), Map.entry(429, "TooManyRequests"),
                Map.entry(500, "InternalError"), Map.entry(503, "ServiceUnavailable"), Map.entry(504, "Timeout"));

        private final int code;
        private final ObjectNode status = JSON.createObjectNode();
        private int retryAfter;

        ApiError(int code, String message) {
            this(code, REASONS.getOrDefault(code, ""), message, "", "");
        }

        ApiError(int code, String reason, String message, String name, String resource) {
            super(message);
            this.code = code;
            status.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure").put("message", message).put("reason", reason).put("code", code);
            status.putObject("metadata");
            if (!resource.isEmpty()) {
                status.putObject("details").put("name", name).put("kind", resource);
            }
        }

        static ApiError invalid(Kind kind, String name, String field) {
            var why = "field is immutable";
            var error = new ApiError(422, "Invalid", kind.name + (kind.group.isEmpty() ? "" : "." + kind.group) + " \"" + name + "\" is invalid: "
                    + field + ": Invalid value: " + why, name, kind.group.isEmpty() ? kind.plural : kind.name);
            ((ObjectNode) error.status.get("details")).put("group", kind.group).putArray("causes").addObject()
                    .put("reason", "FieldValueInvalid").put("message", "Invalid value: " + why).put("field", field);
            return error;
        }

        ApiError retryAfter(int seconds) {
            retryAfter = seconds;
            return this;
        }

        ObjectNode status() {
            return status;
        }
    }

    static ObjectNode object(String apiVersion, String kind, String namespace, String name) {
        var object = JSON.createObjectNode().put("apiVersion", apiVersion).put("kind", kind);
        var metadata = object.putObject("metadata").put("name", name);
        if (!namespace.isEmpty()) {
            metadata.put("namespace", namespace);
        }
        return object;
    }

    /** The documents of a YAML (or JSON) text; empty ones are left out. */
    static List<JsonNode> yaml(String text) {
        var nodes = new ArrayList<JsonNode>();
        for (var document : new Load(LoadSettings.builder().build()).loadAllFromString(text)) {
            if (document != null) {
                nodes.add(JSON.valueToTree(document));
            }
        }
        return nodes;
    }

    private static JsonNode parse(String body) {
        try {
            return body.stripLeading().startsWith("{") || body.stripLeading().startsWith("[") ? JSON.readTree(body) : yaml(body).get(0);
        } catch (JsonProcessingException | org.snakeyaml.engine.v2.exceptions.YamlEngineException | IndexOutOfBoundsException e) {
            throw new ApiError(400, "error decoding: " + e.getMessage());
        }
    }

    private static boolean matches(String key, String verb, String resource) {
        var sides = key.split(" ", 2);
        return (verb.equals("*") || verb.equals(sides[0])) && (resource.equals("*") || resource.equals(sides[1]));
    }

    private static ApiError notFound(Kind kind, String name) {
        return new ApiError(404, "NotFound", kind.qualified() + " \"" + name + "\" not found", name, kind.plural);
    }

    private static ObjectNode success() {
        return JSON.createObjectNode().put("kind", "Status").put("apiVersion", "v1").put("status", "Success");
    }

    static String text(JsonNode object, String pointer) {
        return object.at(pointer).asText("");
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static Thread daemon(Runnable task) {
        var thread = new Thread(task, "embedded-api");
        thread.setDaemon(true);
        return thread;
    }
}
