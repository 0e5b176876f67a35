package ensure_ready.manifests;

import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.model.Applied;
import ensure_ready.model.Kind;
import ensure_ready.model.Obj;
import ensure_ready.model.Result;
import ensure_ready.report.Progress;
import ensure_ready.system.Deadline;
import ensure_ready.system.InfraFailure;
import ensure_ready.system.Pause;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import shared.Json;
import shared.Texts;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Server-side apply under our own manager: every object gets its result, and no error stops the others. */
public final class Apply {
    static final String MANAGER = "ensure-ready";
    /** How long an unknown kind is asked for again when no CRD of the manifests brings it; an operator may be about to. */
    private static final Duration UNKNOWN_KIND = Duration.ofSeconds(30);
    /** A first pass goes on for so long even past the deadline: what prepared it may have taken all the time. */
    private static final Duration ONE_PASS = Duration.ofSeconds(30);
    private static final List<String> ORDER =
        List.of("Namespace", "CustomResourceDefinition", "ResourceQuota", "LimitRange", "PriorityClass", "StorageClass",
        "ServiceAccount", "ClusterRole", "Role", "ClusterRoleBinding", "RoleBinding",
            "ConfigMap", "Secret", "PersistentVolume", "PersistentVolumeClaim",
        "Service", "NetworkPolicy", "DaemonSet", "StatefulSet", "ReplicaSet", "Deployment", "Pod", "CronJob", "Job", "PodDisruptionBudget",
        "HorizontalPodAutoscaler", "Ingress", "*", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration");
    private static final Pattern PASSING =
        Pattern.compile("webhook|etcd|timeout|timed out|deadline exceeded|connection re|no endpoints|no route|leader|initializing|: eof");
    static final Set<String> NEVER_RECREATED =
        Set.of("PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition");
    private final Api api;
    private final Api patient;
    private final String namespace;
    private final boolean recreate;
    private final Consumer<List<Applied>> told;
    private final Progress progress;
    private Set<String> scaled = Set.of();
    private Deadline deadline = Deadline.now();
    private Deadline enough = deadline;

    /** {@code told} hears the results after each pass, those of all objects so far; what is tried again is pending. */
    public Apply(Api api, String namespace, boolean recreate, Consumer<List<Applied>> told, Progress progress) {
        this.api = api.within(Deadline.now());
        this.patient = api;
        this.namespace = namespace;
        this.recreate = recreate;
        this.told = told;
        this.progress = progress;
    }

    /** Objects that a run without apply is judged by. */
    public static List<Applied> notNow(List<Item> items) {
        return items.stream().map(i -> new Applied(i.object(), i.source(), Result.skipped, 0, "", "", "")).toList();
    }

    /** Objects that an apply is to begin with. */
    public static List<Applied> pending(List<Item> items) {
        return notNow(items).stream().map(a -> a.with(Result.pending)).toList();
    }

    /** Applies in order, and what may still succeed again and again until the deadline. */
    public List<Applied> all(List<Item> items, Deadline deadline) {
        this.deadline = deadline;
        enough = Deadline.in(ONE_PASS);
        var results = new LinkedHashMap<Item, Applied>();
        var pending = items.stream().sorted(Comparator.comparingInt(i -> rank(i.object().kind()))).toList();
        pending.forEach(i -> results.put(i, pending(List.of(i)).get(0)));
        scaled = scaledByHpa(items);
        var start = Instant.now();
        for (long pause = 1; !pending.isEmpty(); pause = Math.min(5, pause * 2)) {
            pending = pass(pending, results, Duration.between(start, Instant.now()));
            var open = Set.copyOf(pending);
            told.accept(results.entrySet().stream().map(e -> open.contains(e.getKey()) ? e.getValue().with(Result.pending) : e.getValue())
                .toList());
            if (pending.isEmpty() || deadline.left().toSeconds() <= pause) {
                break;
            }
            progress.say("applies " + Texts.count(pending.size(), "object") + " again in " + pause + " s: " + results.get(pending.get(0))
                .error());
            Pause.of(Duration.ofSeconds(pause));
        }
        progress.say("applied " + summary(results.values()));
        return List.copyOf(results.values());
    }

    /**
     * One try each; gives back what is worth another. An API server that does not answer ends the pass: the rest would only wait longer.
     */
    private List<Item> pass(List<Item> pending, Map<Item, Applied> results, Duration since) {
        var again = new ArrayList<Item>();
        for (int i = 0; i < pending.size(); i++) {
            var item = pending.get(i);
            try {
                results.put(item, tried(item));
                progress.detail(item.object().ref() + ": " + results.get(item).result());
            } catch (ApiError e) {
                results.put(item, failed(item, e));
                progress.detail(item.object().ref() + ": " + e.sentence());
                if (passing(e, since, pending)) {
                    again.add(item);
                }
                if (e.code == 0) {
                    again.addAll(pending.subList(i + 1, pending.size()));
                    return again;
                }
            }
        }
        return again;
    }

    /** What is wrong with one object, whatever it is, is the failure of that one. */
    private Applied tried(Item item) {
        var what = "apply " + item.object().ref();
        if (deadline.passed() && enough.passed()) {
            throw new ApiError(408, "Timeout", "not tried any more: --wait-timeout has passed", what);
        }
        try {
            return one(item);
        } catch (ApiError | InfraFailure e) {
            throw e;
        } catch (RuntimeException e) {
            throw new ApiError(422, "Invalid", "it is invalid: " + e.getMessage(), what);
        }
    }

    static int rank(String kind) {
        return ORDER.contains(kind) ? ORDER.indexOf(kind) : ORDER.indexOf("*");
    }

    /**
     * Errors that time may heal; a 500 tells of a mistake in the manifest, too, so only by its words: no answer, overload, webhooks that
     * start, accounts and kinds that are being made.
     */
    private boolean passing(ApiError e, Duration since, List<Item> items) {
        if (e.reason.equals("NoKind")) {
            return since.compareTo(UNKNOWN_KIND) < 0 || items.stream().anyMatch(i -> i.object().kind().equals("CustomResourceDefinition"));
        }
        var message = e.getMessage().toLowerCase(Locale.ROOT);
        return e.code == 0 || e.code == 429 || e.code > 500 || e.code == 500
            && PASSING.matcher(message).find() || e.reason.equals("BeingDeleted")
            || e.code == 409 && message.contains("object has been modified") || e.code == 404 && message.contains("namespaces")
            || e.code == 403 && message.contains("error looking up service account");
    }

    private static Applied failed(Item item, ApiError e) {
        return new Applied(item.object(), item.source(), Result.failed, 0, "", e.reason.isEmpty()
            ? "" + e.code : e.reason, Texts.line(e.getMessage()));
    }

    private Applied one(Item item) {
        var object = item.object();
        var kind = api.kind(object.apiVersion(), object.kind())
            .orElseThrow(() -> new ApiError(404, "NoKind", "no matches for kind \""
            + object.kind() + "\" in version \"" + object.apiVersion() + "\"", "apply " + object.ref()));
        var ns = kind.namespaced() ? object.namespace().isEmpty() ? namespace : object.namespace() : null;
        var live = api.find(kind, ns, object.name());
        if (live.filter(Obj::deleting).isPresent()) {
            throw new ApiError(409, "BeingDeleted", object.ref() + " is being deleted", "apply " + object.ref());
        }
        live.ifPresent(l -> takeOver(kind, ns, l));
        var body = body(object, ns, live);
        try {
            var after = patch(kind, ns, object.name(), body);
            if (object.kind().equals("CustomResourceDefinition")) {
                awaitServed(object);
            }
            return applied(item, live, after, false);
        } catch (ApiError e) {
            if (immutable(e) && live.isPresent()) {
                return again(item, kind, ns, live.get(), body, e);
            }
            throw e;
        }
    }

    /** The manifests win; who else had set a field is told, as somebody will wonder where his change went. */
    private Obj patch(Kind kind, String ns, String name, JsonNode body) {
        var path = kind.path(ns, name) + "?fieldManager=" + MANAGER + "&fieldValidation=Strict";
        try {
            return new Obj(api.send("PATCH", path, "application/apply-patch+yaml", body.toString()));
        } catch (ApiError e) {
            if (e.code != 409 || !e.reason.equals("Conflict") || !e.getMessage().contains("conflict")) {
                throw e;
            }
            progress.warn(Obj.ref(kind.name(), name) + ": overwrites what others set: " + Texts.line(e.getMessage()));
            return new Obj(api.send("PATCH", path + "&force=true", "application/apply-patch+yaml", body.toString()));
        }
    }

    private static Applied applied(Item item, Optional<Obj> before, Obj after, boolean recreated) {
        var same = before.isPresent() && declared(before.get()).equals(declared(after));
        var result = recreated ? Result.recreated : before.isEmpty() ? Result.created : same ? Result.unchanged : Result.configured;
        return new Applied(item.object(), item.source(), result, after.generation(), after.uid(), "", "");
    }

    /** What an apply can change; a status that a controller wrote in between is no change of ours. */
    private static JsonNode declared(Obj object) {
        var copy = (ObjectNode) object.json().deepCopy();
        copy.remove("status");
        ((ObjectNode) copy.get("metadata")).remove(List.of("resourceVersion", "managedFields"));
        if (copy.at("/metadata/annotations") instanceof ObjectNode annotations) {
            annotations.remove("deployment.kubernetes.io/revision");
        }
        return copy;
    }

    /** The manifest without what only the server may say. */
    private JsonNode body(Obj object, String ns, Optional<Obj> live) {
        var body = (ObjectNode) object.json().deepCopy();
        body.remove("status");
        var metadata = (ObjectNode) body.get("metadata");
        metadata.remove(List.of("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"));
        if (ns != null) {
            metadata.put("namespace", ns);
        }
        if (live.isPresent() && scaled.contains(object.ref()) && body.at("/spec/replicas").isNumber()) {
            leaveReplicas((ObjectNode) body.get("spec"), live.get());
        }
        return body;
    }

    /**
     * An autoscaler's number stays. Leaving the field out is right only when somebody else owns it too: as the last owner we would
     * take it away, and the server would fill in 1.
     */
    private static void leaveReplicas(ObjectNode spec, Obj live) {
        var owners = live.list("/metadata/managedFields").stream().filter(m -> !m.at("/fieldsV1/f:spec/f:replicas").isMissingNode())
            .map(m -> m.path("manager").asString("")).toList();
        if (owners.stream().anyMatch(o -> !o.equals(MANAGER))) {
            spec.remove("replicas");
        } else {
            spec.set("replicas", live.at("/spec/replicas"));
        }
    }

    private Set<String> scaledByHpa(List<Item> items) {
        var hpas = items.stream().map(Item::object).filter(o -> o.kind().equals("HorizontalPodAutoscaler"))
            .collect(Collectors.toCollection(ArrayList::new));
        try {
            hpas.addAll(patient.list(Kind.HPA, namespace, ""));
        } catch (ApiError e) {
            progress.detail("cannot list autoscalers: " + e.sentence());
        }
        return hpas.stream().map(h -> Obj.ref(h.text("/spec/scaleTargetRef/kind"), h.text("/spec/scaleTargetRef/name")))
            .collect(Collectors.toSet());
    }

    /**
     * kubectl's client-side apply owns fields as an updater: what a manifest drops would stay for ever. As kubectl itself does when it
     * changes over, its entry becomes part of ours before the first server-side apply.
     */
    private void takeOver(Kind kind, String ns, Obj live) {
        var fields = live.list("/metadata/managedFields");
        var theirs = fields.stream().filter(Apply::clientSide).toList();
        if (theirs.isEmpty()) {
            return;
        }
        var merged = Json.MAPPER.createArrayNode();
        var ours = Json.MAPPER.createObjectNode().put("manager", MANAGER).put("operation", "Apply").put("apiVersion", live.apiVersion())
            .put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString()).put("fieldsType", "FieldsV1");
        var owned = ours.putObject("fieldsV1");
        for (var entry : fields) {
            if (clientSide(entry) || mine(entry)) {
                union(owned, entry.path("fieldsV1"));
            } else {
                merged.add(entry);
            }
        }
        merged.add(ours);
        var patch = Json.MAPPER.createArrayNode();
        patch.addObject().put("op", "replace").put("path", "/metadata/managedFields").set("value", merged);
        patch.addObject().put("op", "replace").put("path", "/metadata/resourceVersion")
            .put("value", live.text("/metadata/resourceVersion"));
        api.send("PATCH", kind.path(ns, live.name()), "application/json-patch+json", patch.toString());
        progress.detail(live.ref() + ": took over the fields of kubectl's client-side apply");
    }

    private static boolean clientSide(JsonNode entry) {
        return Set.of("kubectl-client-side-apply", "before-first-apply").contains(entry.path("manager").asString(""))
            && entry.path("operation").asString("").equals("Update") && entry.path("subresource").asString("").isEmpty();
    }

    private static boolean mine(JsonNode entry) {
        return entry.path("manager").asString("").equals(MANAGER) && entry.path("operation").asString("").equals("Apply")
            && entry.path("subresource").asString("").isEmpty();
    }

    private static void union(ObjectNode into, JsonNode from) {
        from.properties().forEach(e -> {
            if (into.get(e.getKey()) instanceof ObjectNode both) {
                union(both, e.getValue());
            } else {
                into.set(e.getKey(), e.getValue().deepCopy());
            }
        });
    }

    static boolean immutable(ApiError e) {
        var message = e.getMessage().toLowerCase(Locale.ROOT);
        return e.code == 422 && (message.contains("immutable") || message.contains("updates to statefulset spec for fields other than")
            || message.contains("may not change") || message.contains("may not be changed")
            || message.contains("updates to parameters are forbidden")
            || message.contains("pod updates may not change fields"));
    }

    private Applied again(Item item, Kind kind, String ns, Obj live, JsonNode body, ApiError immutable) {
        var fields = immutable.fields();
        if (NEVER_RECREATED.contains(kind.name()) || !recreate) {
            throw immutable.with("cannot be changed in place" + fields
                + (NEVER_RECREATED.contains(kind.name()) ? ", and a " + kind.name() + " is never deleted here"
                : "; --recreate-immutable deletes it and creates it again"));
        }
        progress.say(live.ref() + ": delete and create again" + fields);
        var policy = kind.name().equals("StatefulSet") ? "Orphan" : "Foreground";
        api.delete(kind, ns, live.name(), live.uid(), Map.of("propagationPolicy", policy));
        awaitGone(kind, ns, live);
        return applied(item, Optional.empty(), patch(kind, ns, live.name(), keepingAddress(body, live)), true);
    }

    /** A Service that comes back keeps its address: others may have it in their configuration. */
    private static JsonNode keepingAddress(JsonNode body, Obj live) {
        if (live.kind().equals("Service") && body.get("spec") instanceof ObjectNode spec
            && !spec.has("clusterIP") && live.has("/spec/clusterIP")) {
            spec.set("clusterIP", live.at("/spec/clusterIP"));
        }
        return body;
    }

    private void awaitGone(Kind kind, String ns, Obj old) {
        var until = deadline.atMost(Duration.ofSeconds(60));
        while (api.find(kind, ns, old.name()).filter(o -> o.uid().equals(old.uid())).isPresent()) {
            if (until.passed()) {
                throw new ApiError(409, "BeingDeleted", old.ref() + " is still being deleted", "recreate " + old.ref());
            }
            Pause.of(Duration.ofMillis(300));
        }
    }

    /** Custom resources come after their definition is established and its version is served. */
    private void awaitServed(Obj crd) {
        var until = deadline.atMost(Duration.ofSeconds(15));
        var group = crd.text("/spec/group");
        for (var version : crd.list("/spec/versions")) {
            var apiVersion = group + "/" + version.path("name").asString("");
            api.rediscover(apiVersion);
            while (version.path("served").asBoolean(false) && api.kind(apiVersion, crd.text("/spec/names/kind")).isEmpty()
                && !until.passed()) {
                api.rediscover(apiVersion);
                Pause.of(Duration.ofMillis(200));
            }
        }
    }

    static String summary(Collection<Applied> results) {
        var counts = new TreeMap<Result, Long>(results.stream().collect(Collectors.groupingBy(Applied::result, Collectors.counting())));
        return Texts.count(results.size(), "object") + ": " + counts.entrySet()
            .stream().map(e -> e.getValue() + " " + e.getKey()).collect(Collectors.joining(", "));
    }
}
