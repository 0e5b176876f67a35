package ensure_ready.manifests;

import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.model.Applied;
import ensure_ready.model.Kind;
import ensure_ready.model.Obj;
import ensure_ready.model.Result;
import ensure_ready.report.Progress;
import ensure_ready.system.Deadline;
import ensure_ready.system.Pause;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import shared.Json;
import shared.Kubectl;
import shared.Texts;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One object on its way to the cluster, whatever stands there already; beside others, so that what it says is kept until its turn.
 *
 * @param namespace where an object goes that names none
 * @param recreate  whether what cannot be updated in place is deleted and made again
 * @param scaled    what autoscalers scale, as {@code deploy/web}
 * @param said      gets what is to be told of it
 */
public record ObjectApply(Api api, String namespace, boolean recreate, Set<String> scaled, Deadline deadline,
    List<Consumer<Progress>> said) {
    static final String MANAGER = "ensure-ready";
    static final Set<String> NEVER_RECREATED =
        Set.of("PersistentVolumeClaim", "PersistentVolume", "Namespace", "CustomResourceDefinition");

    static String noMatch(Obj object) {
        return "no matches for kind \"" + object.kind() + "\" in version \"" + object.apiVersion() + "\"";
    }

    Applied one(Item item) {
        var object = item.object();
        var kind = api.kind(object.apiVersion(), object.kind())
            .orElseThrow(() -> new ApiError(404, "NoKind", noMatch(object), "apply " + object.ref()));
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
                awaitServed(kind, object);
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
            return new Obj(api.patch(path, "apply-patch+yaml", body));
        } catch (ApiError e) {
            if (e.code != 409 || !e.reason.equals("Conflict") || !e.getMessage().contains("conflict")) {
                throw e;
            }
            said.add(p -> p.warn(Kubectl.ref(kind.name(), name) + ": overwrites what others set: " + Texts.line(e.getMessage())));
            return new Obj(api.patch(path + "&force=true", "apply-patch+yaml", body));
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
            .map(m -> Json.text(m, "manager")).toList();
        if (owners.stream().anyMatch(o -> !o.equals(MANAGER))) {
            spec.remove("replicas");
        } else {
            spec.set("replicas", live.at("/spec/replicas"));
        }
    }

    /**
     * kubectl's client-side apply owns fields as an updater: what a manifest drops would stay for ever. As kubectl itself does when it
     * changes over, its entry becomes part of ours before the first server-side apply.
     */
    private void takeOver(Kind kind, String ns, Obj live) {
        var fields = live.list("/metadata/managedFields");
        var theirs = fields.stream().filter(ObjectApply::clientSide).toList();
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
        api.patch(kind.path(ns, live.name()), "json-patch+json", patch);
        said.add(p -> p.detail(live.ref() + ": took over the fields of kubectl's client-side apply"));
    }

    private static boolean clientSide(JsonNode entry) {
        return Set.of("kubectl-client-side-apply", "before-first-apply").contains(Json.text(entry, "manager"))
            && Json.text(entry, "operation").equals("Update") && Json.text(entry, "subresource").isEmpty();
    }

    private static boolean mine(JsonNode entry) {
        return Json.text(entry, "manager").equals(MANAGER) && Json.text(entry, "operation").equals("Apply")
            && Json.text(entry, "subresource").isEmpty();
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
        var never = NEVER_RECREATED.contains(kind.name());
        if (never || !recreate) {
            throw immutable.with("cannot be changed in place" + fields
                + (never ? ", and a " + kind.name() + " is never deleted here"
                : "; --recreate-immutable deletes it and creates it again"));
        }
        said.add(p -> p.say(live.ref() + ": delete and create again" + fields));
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

    /** Custom resources come after their definition is established and its version is served; one that is refused never will be. */
    private void awaitServed(Kind kind, Obj crd) {
        var until = deadline.atMost(Duration.ofSeconds(15));
        for (var version : crd.list("/spec/versions")) {
            var apiVersion = crd.text("/spec/group") + "/" + Json.text(version, "name");
            api.rediscover(apiVersion);
            while (version.path("served").asBoolean(false) && api.kind(apiVersion, crd.text("/spec/names/kind")).isEmpty()
                && !until.passed()) {
                refused(api.find(kind, null, crd.name()).orElse(crd));
                Pause.of(Duration.ofMillis(200));
                api.rediscover(apiVersion);
            }
        }
    }

    private static void refused(Obj crd) {
        var accepted = crd.condition("NamesAccepted");
        if (Obj.isFalse(accepted)) {
            throw new ApiError(422, "NamesNotAccepted", "its names are not accepted: " + Json.text(accepted, "message"),
                "apply " + crd.ref());
        }
    }
}
