
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an {@link EmbeddedApi} keeps: the objects, their history for watches, and the rules of the API server that need both.
 *
 * <p>All access is synchronized; objects are handed out as copies where a caller could change them.
 */
final class EmbeddedStore {
    static final ObjectMapper JSON = new ObjectMapper();

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
        return kinds.stream().filter(kind -> kind.plural.equals(plural)).findFirst()
            .orElseThrow(() -> new IllegalArgumentException(plural));
    }

    synchronized Optional<Kind> kind(String group, String apiVersion, String plural) {
        return kinds.stream().filter(kind -> kind.group.equals(group) && kind.version.equals(apiVersion) && kind.plural.equals(plural))
            .findFirst();
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

    synchronized ObjectNode create(Target r, ObjectNode object) {
        var metadata = object.withObject("/metadata");
        if (!metadata.has("name") && metadata.has("generateName")) {
            metadata.put("name", metadata.get("generateName").asString("") + UUID.randomUUID().toString().substring(0, 5));
        }
        checkNamespace(r, object);
        var name = text(object, "/metadata/name");
        if (get(r.kind, r.namespace, name).isPresent()) {
            throw new ApiError(409, "AlreadyExists", r.kind.qualified() + " \"" + name + "\" already exists", name, r.kind.plural);
        }
        if (r.kind.status && !r.kind.plural.equals("customresourcedefinitions")) {
            object.remove("status");
        }
        EmbeddedDefaults.onCreate(r.kind, r.namespace, object);
        return r.dryRun ? object : write(r.kind, null, object);
    }

    private void checkNamespace(Target r, ObjectNode object) {
        if (!r.kind.namespaced) {
            return;
        }
        object.withObject("/metadata").put("namespace", r.namespace);
        var namespace = get(kind("namespaces"), "", r.namespace).orElseThrow(() -> notFound(kind("namespaces"), r.namespace));
        if (namespace.at("/metadata/deletionTimestamp").isString()) {
            var name = text(object, "/metadata/name");
            throw new ApiError(403, "Forbidden", r.kind.qualified() + " \"" + name
                + "\" is forbidden: unable to create new content in namespace "
                    + r.namespace + " because it is being terminated", name, r.kind.plural);
        }
    }

    synchronized ObjectNode update(Target r, ObjectNode wanted) {
        var current = require(r.kind, r.namespace, r.name);
        var sent = text(wanted, "/metadata/resourceVersion");
        if (!sent.isEmpty() && !sent.equals(text(current, "/metadata/resourceVersion"))) {
            throw new ApiError(409, "Conflict", "Operation cannot be fulfilled on " + r.kind.qualified() + " \"" + r.name
                    + "\": the object has been modified; please apply your changes to the latest version and try again",
                    r.name, r.kind.plural);
        }
        var next = r.subresource.equals("status") ? current.deepCopy() : wanted;
        if (r.kind.status) {
            var status = r.subresource.equals("status") ? wanted.get("status") : current.get("status");
            next.remove("status");
            if (status != null) {
                next.set("status", status);
            }
        }
        EmbeddedDefaults.onUpdate(r.kind, r.namespace, current, next);
        return r.dryRun ? next : write(r.kind, current, next);
    }

    synchronized ObjectNode put(ObjectNode object) {
        var kind = kind(object);
        var namespace = text(object, "/metadata/namespace");
        if (kind.namespaced) {
            require(kind("namespaces"), "", namespace);
        }
        var current = get(kind, namespace, text(object, "/metadata/name")).orElse(null);
        if (current == null) {
            var own = ((ObjectNode) object.withObject("/metadata")).deepCopy().retain("uid", "creationTimestamp", "generation");
            EmbeddedDefaults.onCreate(kind, namespace, object);
            object.withObject("/metadata").setAll(own);
        } else {
            EmbeddedDefaults.keepIdentity(kind, current, object);
        }
        return write(kind, current, object).deepCopy();
    }

    synchronized Optional<ObjectNode> edit(Kind kind, String namespace, String name, Consumer<ObjectNode> change) {
        return get(kind, namespace, name).map(current -> {
            var next = current.deepCopy();
            change.accept(next);
            EmbeddedDefaults.keepIdentity(kind, current, next);
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
                list(kind, name, object -> !object.at("/metadata/deletionTimestamp").isString())
                        .forEach(object -> get(kind, name, text(object, "/metadata/name"))
                        .ifPresent(found -> delete(kind, name, text(found, "/metadata/name"), true)));
            }
        }
        finishNamespace(name);
    }

    private void finishNamespace(String name) {
        boolean empty = objects.entrySet().stream().filter(entry -> entry.getKey().namespaced)
                .allMatch(entry -> entry.getValue().keySet().stream().noneMatch(key -> key.startsWith(name + "/")));
        get(kind("namespaces"), "", name).filter(namespace -> empty && namespace.at("/metadata/deletionTimestamp").isString())
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
                        if (owner.path("uid").asString("").equals(uid)) {
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
        if (object.at("/metadata/deletionTimestamp").isString() && object.at("/metadata/finalizers").isEmpty()
            && !kind.plural.equals("namespaces")) {
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
        return EmbeddedDiscovery.answer(path, List.copyOf(kinds));
    }

    /** What a request is about. */
    record Target(Kind kind, String namespace, String name, String subresource, boolean dryRun) { }

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
                kinds.add(new Kind(text(definition, "/spec/group"), version.path("name")
                    .asString(""), text(definition, "/spec/names/plural"),
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

    /** A refusal with the API's Status body. */
    static final class ApiError extends RuntimeException {
        private static final Map<Integer, String> REASONS = Map.ofEntries(Map.entry(400, "BadRequest"), Map.entry(401, "Unauthorized"),
                Map.entry(403, "Forbidden"), Map.entry(404, "NotFound"), Map.entry(405, "MethodNotAllowed"), Map.entry(409, "Conflict"),
                Map.entry(410, "Expired"), Map.entry(415, "UnsupportedMediaType"),
                    Map.entry(422, "Invalid"), Map.entry(429, "TooManyRequests"),
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
            status.put("kind", "Status").put("apiVersion", "v1").put("status", "Failure")
                .put("message", message).put("reason", reason).put("code", code);
            status.putObject("metadata");
            if (!resource.isEmpty()) {
                status.putObject("details").put("name", name).put("kind", resource);
            }
        }

        static ApiError invalid(Kind kind, String name, String field) {
            var why = "field is immutable";
            var error = new ApiError(422, "Invalid", kind.name + (kind.group.isEmpty() ? "" : "." + kind.group)
                + " \"" + name + "\" is invalid: "
                    + field + ": Invalid value: " + why, name, kind.group.isEmpty() ? kind.plural : kind.name);
            ((ObjectNode) error.status.get("details")).put("group", kind.group).putArray("causes").addObject()
                    .put("reason", "FieldValueInvalid").put("message", "Invalid value: " + why).put("field", field);
            return error;
        }

        ApiError retryAfter(int seconds) {
            retryAfter = seconds;
            return this;
        }

        int code() {
            return code;
        }

        /** Seconds for the Retry-After header; 0: none. */
        int retryAfter() {
            return retryAfter;
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

    static JsonNode parse(String body) {
        try {
            return body.stripLeading().startsWith("{") || body.stripLeading().startsWith("[") ? JSON.readTree(body) : yaml(body).get(0);
        } catch (JacksonException | org.snakeyaml.engine.v2.exceptions.YamlEngineException | IndexOutOfBoundsException e) {
            throw new ApiError(400, "error decoding: " + e.getMessage());
        }
    }

    static ApiError notFound(Kind kind, String name) {
        return new ApiError(404, "NotFound", kind.qualified() + " \"" + name + "\" not found", name, kind.plural);
    }

    static String text(JsonNode object, String pointer) {
        return object.at(pointer).asString("");
    }

    static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
