///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Brings a Kubernetes environment up, waits softly, and says in JSON whether it is ready and if not, why
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.21.4
//DEPS io.fabric8:kubernetes-client-api:7.8.0
//DEPS io.fabric8:kubernetes-client:7.8.0@fatjar io.fabric8:zjsonpatch:7.8.0
//DEPS io.fabric8:kubernetes-httpclient-jdk:7.8.0
//DEPS org.snakeyaml:snakeyaml-engine:3.0.1
//DEPS org.freemarker:freemarker:2.3.34
//DEPS org.slf4j:slf4j-nop:2.0.17
//CDS
//RUNTIME_OPTIONS -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * Gets a slot, applies manifests, waits softly and says in JSON whether the infrastructure is ready.
 *
 * <pre>jbang ensure_ready.java --project shop --issue 42 -f deploy --apply --wait-soft-fail</pre>
 */
@Command(name = "ensure_ready")
public class ensure_ready implements Callable<Integer> {

    public static void main(String... args) {
        System.exit(new CommandLine(new ensure_ready()).execute(args));
    }

    @Override
    public Integer call() {
        return 0;
    }

    /** Rules of readiness: pure functions from an object and what belongs to it to a {@link Workload}. */
    static final class Readiness {
        private Readiness() { }
    }

    /** What of a finding is certain never to heal by itself, and after which grace. Pure. */
    static final class Certainty {
        private Certainty() { }
    }

    /** One list and one watch a type, kept alive through whatever the API server does; gives {@link Snapshot}s. */
    static final class Watch {
        private Watch() { }
    }

    /** Local findings: what an object's own status, conditions, events and logs say. Pure. */
    static final class Findings {
        private Findings() { }
    }

    /** From findings to root causes: edges, merging, explaining, ordering. Pure. */
    static final class Diagnosis {
        private Diagnosis() { }
    }

    /** Keeps secrets out of every text that leaves the process. Pure. */
    static final class Redaction {
        private Redaction() { }
    }

    /** The API server over fabric8's HTTP client: its kubeconfig, TLS, proxy and token handling, our JSON. */
    static final class Api implements AutoCloseable {
        static final ObjectMapper JSON = new ObjectMapper();
        private final KubernetesClient client;
        private final HttpClient http;
        private final Duration timeout;
        private final Map<String, List<Kind>> discovered = new ConcurrentHashMap<>();

        Api(Config config, Duration timeout) {
            this.client = new KubernetesClientBuilder().withConfig(config).build();
            this.http = client.getHttpClient();
            this.timeout = timeout;
        }

        /** Retries are ours: the library's ten hide an unreachable server for 20 seconds. */
        static Config config(String kubeconfig, String context, Duration timeout) {
            var base = kubeconfig == null ? Config.autoConfigure(context) : Config.fromKubeconfig(new java.io.File(kubeconfig));
            return new ConfigBuilder(base).withRequestRetryBackoffLimit(0).withConnectionTimeout((int) Math.min(5000, timeout.toMillis()))
                .withRequestTimeout((int) timeout.toMillis()).withMaxConcurrentRequestsPerHost(64).withUserAgent("ensure-ready").build();
        }

        String server() {
            return client.getMasterUrl().toString();
        }

        /** Sends one request; {@code body} null for none. Throws {@link ApiError} for every answer but 2xx, and when no answer came. */
        JsonNode send(String method, String path, String contentType, String body) {
            var request = http.newHttpRequestBuilder().uri(url(path)).timeout(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (body != null || !method.equals("GET")) {
                request.method(method, contentType == null ? "application/json" : contentType, body == null ? "" : body);
            }
            var response = await(http.sendAsync(request.build(), byte[].class), method + " " + path);
            return parsed(response, method + " " + path);
        }

        JsonNode get(String path) {
            return send("GET", path, null, null);
        }

        /** Plain text, for logs: at most what the query's own limits allow. */
        String text(String path) {
            var request = http.newHttpRequestBuilder().uri(url(path)).timeout(timeout.toMillis(), TimeUnit.MILLISECONDS).build();
            var response = await(http.sendAsync(request, byte[].class), "GET " + path);
            if (!response.isSuccessful()) {
                throw ApiError.of(response.code(), new String(response.body(), StandardCharsets.UTF_8), "GET " + path);
            }
            return new String(response.body(), StandardCharsets.UTF_8);
        }

        Optional<Obj> find(Kind kind, String namespace, String name) {
            try {
                return Optional.of(new Obj(get(kind.path(namespace, name))));
            } catch (ApiError e) {
                if (e.code == 404) {
                    return Optional.empty();
                }
                throw e;
            }
        }

        /** All objects of a kind in a namespace (null: in all); items get the list's kind, which the server leaves out of them. */
        List<Obj> list(Kind kind, String namespace, String query) {
            return items(kind, get(kind.path(namespace, null) + (query.isEmpty() ? "" : "?" + query)));
        }

        static List<Obj> items(Kind kind, JsonNode list) {
            var items = new ArrayList<Obj>();
            list.path("items").forEach(item -> items.add(new Obj(typed(kind, item))));
            return items;
        }

        static JsonNode typed(Kind kind, JsonNode item) {
            if (item instanceof com.fasterxml.jackson.databind.node.ObjectNode object && !object.has("kind")) {
                object.put("apiVersion", kind.apiVersion()).put("kind", kind.name());
            }
            return item;
        }

        /**
         * Opens a watch and hands over each line as JSON until the server or the caller ends it.
         * The future completes with the response once headers are there; {@code ended} is called exactly once, with null for a clean end.
         */
        CompletableFuture<HttpResponse<AsyncBody>> watch(String path, Consumer<JsonNode> event, Consumer<Throwable> ended) {
            var lines = new Lines(event);
            var request = http.newHttpRequestBuilder().uri(url(path)).forStreaming().build();
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
        Optional<Kind> kind(String apiVersion, String name) {
            var known = discovered.get(apiVersion);
            if (known == null) {
                known = discover(apiVersion);
                if (!known.isEmpty()) {
                    discovered.put(apiVersion, known);
                }
            }
            return known.stream().filter(k -> k.name().equals(name)).findFirst();
        }

        /** Forgets what an apiVersion serves, after a CRD changed it. */
        void rediscover(String apiVersion) {
            discovered.remove(apiVersion);
        }

        private List<Kind> discover(String apiVersion) {
            try {
                var kinds = new ArrayList<Kind>();
                for (var r : get((apiVersion.contains("/") ? "/apis/" : "/api/") + apiVersion).path("resources")) {
                    if (!r.path("name").asText().contains("/")) {
                        kinds.add(Kind.of(apiVersion, r.path("kind").asText(), r.path("name").asText(), r.path("namespaced").asBoolean()));
                    }
                }
                return kinds;
            } catch (ApiError e) {
                if (e.code == 404) {
                    return List.of();
                }
                throw e;
            }
        }

        private String url(String path) {
            var master = client.getMasterUrl().toString();
            return (master.endsWith("/") ? master.substring(0, master.length() - 1) : master) + path;
        }

        private <T> HttpResponse<T> await(CompletableFuture<HttpResponse<T>> future, String what) {
            try {
                return future.get(timeout.toMillis() + 1000, TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                throw ApiError.unreachable(what, e.getCause());
            } catch (TimeoutException e) {
                future.cancel(true);
                throw ApiError.unreachable(what, e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw ApiError.unreachable(what, e);
            }
        }

        private static JsonNode parsed(HttpResponse<byte[]> response, String what) {
            if (!response.isSuccessful()) {
                throw ApiError.of(response.code(), new String(response.body(), StandardCharsets.UTF_8), what);
            }
            try {
                return JSON.readTree(response.body());
            } catch (IOException e) {
                throw new ApiError(0, "BadAnswer", "not JSON: " + e.getMessage(), what);
            }
        }

        @Override
        public void close() {
            client.close();
        }
    }

    /** Cuts a watch's byte stream into lines of JSON; a line may come in many pieces and a piece may hold many lines. */
    private static final class Lines {
        private final Consumer<JsonNode> event;
        private java.io.ByteArrayOutputStream rest = new java.io.ByteArrayOutputStream();

        Lines(Consumer<JsonNode> event) {
            this.event = event;
        }

        synchronized void accept(List<ByteBuffer> buffers) throws IOException {
            for (var buffer : buffers) {
                while (buffer.hasRemaining()) {
                    byte b = buffer.get();
                    if (b == '\n') {
                        event.accept(Api.JSON.readTree(rest.toByteArray()));
                        rest = new java.io.ByteArrayOutputStream();
                    } else {
                        rest.write(b);
                    }
                }
            }
        }
    }

    /** An answer that is not success, or none: {@code code} is the HTTP status, 0 when the server did not answer. */
    static final class ApiError extends RuntimeException {
        private static final long serialVersionUID = 1;
        final int code;
        final String reason;
        final String tried;
        final transient JsonNode status;

        ApiError(int code, String reason, String message, String tried) {
            this(code, reason, message, tried, MissingNode.getInstance(), null);
        }

        private ApiError(int code, String reason, String message, String tried, JsonNode status, Throwable cause) {
            super(message, cause);
            this.code = code;
            this.reason = reason;
            this.tried = tried;
            this.status = status;
        }

        static ApiError of(int code, String body, String tried) {
            try {
                var status = Api.JSON.readTree(body);
                return new ApiError(code, status.path("reason").asText(), status.path("message").asText(body.strip()), tried, status, null);
            } catch (JsonProcessingException e) {
                return new ApiError(code, "", body.strip(), tried);
            }
        }

        static ApiError unreachable(String tried, Throwable cause) {
            var why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
            return new ApiError(0, "Unreachable", why.lines().findFirst().orElse(why), tried, MissingNode.getInstance(), cause);
        }

        boolean forbidden() {
            return code == 401 || code == 403;
        }
    }

    /** A kind of resource as the API server's discovery names it. */
    record Kind(String apiVersion, String name, String plural, boolean namespaced) {
        static final Kind POD = of("v1", "Pod", "pods", true);
        static final Kind NAMESPACE = of("v1", "Namespace", "namespaces", false);
        static final Kind NODE = of("v1", "Node", "nodes", false);
        static final Kind EVENT = of("v1", "Event", "events", true);
        static final Kind CONFIG_MAP = of("v1", "ConfigMap", "configmaps", true);
        static final Kind SECRET = of("v1", "Secret", "secrets", true);
        static final Kind SERVICE = of("v1", "Service", "services", true);
        static final Kind SERVICE_ACCOUNT = of("v1", "ServiceAccount", "serviceaccounts", true);
        static final Kind PVC = of("v1", "PersistentVolumeClaim", "persistentvolumeclaims", true);
        static final Kind RESOURCE_QUOTA = of("v1", "ResourceQuota", "resourcequotas", true);
        static final Kind DEPLOYMENT = of("apps/v1", "Deployment", "deployments", true);
        static final Kind STATEFUL_SET = of("apps/v1", "StatefulSet", "statefulsets", true);
        static final Kind DAEMON_SET = of("apps/v1", "DaemonSet", "daemonsets", true);
        static final Kind REPLICA_SET = of("apps/v1", "ReplicaSet", "replicasets", true);
        static final Kind JOB = of("batch/v1", "Job", "jobs", true);
        static final Kind CRON_JOB = of("batch/v1", "CronJob", "cronjobs", true);
        static final Kind ENDPOINT_SLICE = of("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", true);
        static final Kind INGRESS = of("networking.k8s.io/v1", "Ingress", "ingresses", true);
        static final Kind STORAGE_CLASS = of("storage.k8s.io/v1", "StorageClass", "storageclasses", false);
        static final Kind HPA = of("autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true);

        static Kind of(String apiVersion, String name, String plural, boolean namespaced) {
            return new Kind(apiVersion, name, plural, namespaced);
        }

        String group() {
            return apiVersion.contains("/") ? apiVersion.substring(0, apiVersion.indexOf('/')) : "";
        }

        /** Path of the collection ({@code object} null) or of one object; {@code namespace} null means all namespaces. */
        String path(String namespace, String object) {
            return (group().isEmpty() ? "/api/" : "/apis/") + apiVersion
                + (namespaced && namespace != null ? "/namespaces/" + namespace : "") + "/" + plural + (object == null ? "" : "/" + object);
        }
    }

    /** One Kubernetes object as the API server or a manifest gives it; rules read it by JSON pointers and never see null. */
    record Obj(JsonNode json) {
        private static final Map<String, String> SHORT = Map.ofEntries(Map.entry("Deployment", "deploy"), Map.entry("StatefulSet", "sts"),
            Map.entry("DaemonSet", "ds"), Map.entry("ReplicaSet", "rs"), Map.entry("PersistentVolumeClaim", "pvc"), Map.entry("PersistentVolume", "pv"),
            Map.entry("Service", "svc"), Map.entry("ServiceAccount", "sa"), Map.entry("ConfigMap", "cm"), Map.entry("Ingress", "ing"),
            Map.entry("Namespace", "ns"), Map.entry("HorizontalPodAutoscaler", "hpa"), Map.entry("PodDisruptionBudget", "pdb"),
            Map.entry("CustomResourceDefinition", "crd"), Map.entry("StorageClass", "sc"), Map.entry("ResourceQuota", "quota"));

        /** {@code deploy/web}: how an object is written in every message; kubectl accepts the same. */
        static String ref(String kind, String name) {
            return SHORT.getOrDefault(kind, kind.toLowerCase(Locale.ROOT)) + "/" + name;
        }

        String ref() {
            return ref(kind(), name());
        }

        String apiVersion() {
            return text("/apiVersion");
        }

        String kind() {
            return text("/kind");
        }

        String name() {
            return text("/metadata/name");
        }

        String namespace() {
            return text("/metadata/namespace");
        }

        String uid() {
            return text("/metadata/uid");
        }

        long generation() {
            return number("/metadata/generation", 0);
        }

        JsonNode at(String pointer) {
            return json.at(pointer);
        }

        boolean has(String pointer) {
            return !json.at(pointer).isMissingNode() && !json.at(pointer).isNull();
        }

        /** The text there, or an empty one. */
        String text(String pointer) {
            return json.at(pointer).asText("");
        }

        /** The number there; numbers written as text count too, as some operators write observedGeneration so. */
        long number(String pointer, long otherwise) {
            return json.at(pointer).asLong(otherwise);
        }

        boolean is(String pointer) {
            return json.at(pointer).asBoolean(false);
        }

        List<JsonNode> list(String pointer) {
            var items = new ArrayList<JsonNode>();
            json.at(pointer).forEach(items::add);
            return items;
        }

        Map<String, String> map(String pointer) {
            var map = new LinkedHashMap<String, String>();
            json.at(pointer).fields().forEachRemaining(e -> map.put(e.getKey(), e.getValue().asText()));
            return map;
        }

        Map<String, String> labels() {
            return map("/metadata/labels");
        }

        String annotation(String key) {
            return json.at("/metadata/annotations").path(key).asText("");
        }

        boolean deleting() {
            return has("/metadata/deletionTimestamp");
        }

        /** The RFC 3339 time there, if it is one. */
        Optional<Instant> time(String pointer) {
            try {
                return has(pointer) ? Optional.of(Instant.parse(text(pointer))) : Optional.empty();
            } catch (DateTimeParseException e) {
                return Optional.empty();
            }
        }

        /** The condition of this type, or a missing node. */
        JsonNode condition(String type) {
            return list("/status/conditions").stream().filter(c -> c.path("type").asText().equals(type)).findFirst().orElse(MissingNode.getInstance());
        }

        /** The ownerReference with controller: true, or a missing node. */
        JsonNode controller() {
            return list("/metadata/ownerReferences").stream().filter(o -> o.path("controller").asBoolean()).findFirst().orElse(MissingNode.getInstance());
        }

        boolean ownedBy(Obj owner) {
            return !owner.uid().isEmpty() && list("/metadata/ownerReferences").stream().anyMatch(o -> o.path("uid").asText().equals(owner.uid()));
        }
    }

    /**
     * All that is known of a namespace at one moment; rules read nothing else.
     *
     * @param objects by kind name; a kind that was never asked for is absent, one that has no objects is empty
     * @param applied what the apply did, in manifest order; empty when nothing was applied
     * @param logs    tails of failing containers by {@code pod/container}; filled for the diagnosis only
     * @param limited what could not be read, such as {@code events: forbidden}
     */
    record Snapshot(String namespace, Instant at, Map<String, List<Obj>> objects, List<Applied> applied, Map<String, Log> logs, List<String> limited) {
        List<Obj> all(String kind) {
            return objects.getOrDefault(kind, List.of());
        }

        boolean knows(String kind) {
            return objects.containsKey(kind);
        }

        Optional<Obj> find(String kind, String name) {
            return all(kind).stream().filter(o -> o.name().equals(name)).findFirst();
        }

        List<Obj> ownedBy(String kind, Obj owner) {
            return all(kind).stream().filter(o -> o.ownedBy(owner)).toList();
        }

        Optional<Applied> applied(String kind, String name) {
            return applied.stream().filter(a -> a.object().kind().equals(kind) && a.object().name().equals(name)).findFirst();
        }
    }

    /** The tail of a container's log; {@code previous} when it is of the run before the last restart. */
    record Log(String pod, String container, boolean previous, List<String> lines) { }

    /** Where an object of a manifest stands: a path as given on the command line, and its first line (1-based; 0: unknown). */
    record Source(String file, int line) {
        @Override
        public String toString() {
            return line > 0 ? file + ":" + line : file;
        }
    }

    /** What an apply did with an object. */
    enum Result { created, configured, unchanged, recreated, failed, skipped }

    /**
     * The result for one object of the manifests.
     *
     * @param object     as the manifest gives it
     * @param generation {@code metadata.generation} that the server answered; a status older than this says nothing
     * @param uid        of the object that was applied; another uid means that somebody made it again
     * @param error      one line when it failed, else empty
     */
    record Applied(Obj object, Source source, Result result, long generation, String uid, String reason, String error) { }

    /** How far a workload is. */
    enum State { ready, progressing, failed, suspended, unverified }

    /** One judged object, as the JSON gives it. */
    record Workload(String kind, String name, State state, long ready, long desired, String message) {
        String ref() {
            return Obj.ref(kind, name);
        }
    }

    /** One proof: where it was read ({@code status|condition|event|log|spec|apply}), and what stood there. Text is data from the cluster. */
    record Evidence(String source, String path, String reason, String message, long count, String firstSeen, String lastSeen) { }

    /**
     * What one object says of itself.
     *
     * @param code      what it is, from the catalogue
     * @param object    the object at fault: for a missing Secret the Secret, though a pod said so
     * @param owner     the workload that suffers
     * @param container or empty
     * @param since     when it was first so, as the cluster tells it; the moment of the snapshot if it does not
     */
    record Finding(Code code, String objectKind, String objectName, String ownerKind, String ownerName, String container, Instant since,
                   List<Evidence> evidence, Map<String, String> params) { }

    /** Stable codes, append-only. One catalogue for the rules, the texts and the docs page. */
    enum Code { UNKNOWN }
}
