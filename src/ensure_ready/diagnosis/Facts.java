package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.findings.CustomFindings;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Observed;
import ensure_ready.model.CustomReference;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.References;
import ensure_ready.readiness.CustomStatus;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;
import shared.Kubectl;
import shared.SecretShapes;
import shared.Texts;
import tools.jackson.databind.JsonNode;

/**
 * The few values that decide a cause: the field at fault with its path and what it is now, what it is compared with, and what worked
 * before. Pure; values of Secrets and of variables that are called like secrets are in none of them.
 */
public final class Facts {
    private static final Pattern LISTENS =
        Pattern.compile("(?i)\\b(?:listen|serv|start|bound|running|bind)\\w*\\b.{0,60}?(?:[\\s:]|port\\D{0,3})\\d{2,5}\\b");
    private static final Pattern FIELD = Pattern.compile("\\bspec(\\.\\w+|\\[\\d+\\])+");
    /** Whose texts are a program's or the API server's own words about the spec. */
    private static final Set<Code> SPOKEN = EnumSet.of(Code.CRASH_APP_ERROR, Code.ADMISSION_DENIED, Code.SANDBOX_FAILED,
        Code.CRASH_AUTH_FAILED, Code.CRASH_PORT_IN_USE, Code.CONTAINER_START_FAILED, Code.PROBE_READINESS_FAILING, Code.PROBE_PORT_MISMATCH,
        Code.PROBE_LIVENESS_FAILING, Code.PROBE_STARTUP_FAILING, Code.NODE_REFUSES_POD);
    /** So many of those that a workload talks to are looked at. */
    private static final int MOST = 5;
    /** What Pod Security wants: the words after "must set". */
    private static final Pattern MUST = Pattern.compile("must (?:not )?(?:set|include) (.{1,120}?)\\)");
    private static final Pattern CONTAINER_FIELD = Pattern.compile("\\bspec\\.containers\\[(\\d{1,3})\\]\\.([\\w.]+\\w)");
    private final Observed seen;
    private final Dependencies needs;
    private final Map<String, String> found = new LinkedHashMap<>();

    private Facts(Observed seen, Dependencies needs) {
        this.seen = seen;
        this.needs = needs;
    }

    /** In the order of their weight; the first is the field at fault where one is known. */
    static List<Fact> of(Observed seen, Dependencies needs, List<Finding> findings) {
        var facts = new Facts(seen, needs);
        findings.stream().filter(f -> f.code().role != Code.Role.PROGRESS).limit(3).forEach(facts::told);
        return facts.found.entrySet().stream().limit(Fact.MOST)
            .map(e -> new Fact(e.getKey(), Texts.cut(Texts.line(e.getValue()), Fact.CHARS))).toList();
    }

    private void told(Finding f) {
        var owner = needs.workload(f.owner()).or(() -> seen.snapshot.find("Pod", f.pod()));
        var setting = f.param("setting").startsWith("configmap");
        if (setting) {
            object(f);
        }
        owner.ifPresent(w -> fields(w, f, DecidingFields.pattern(f, all(f))));
        owner.ifPresent(w -> spoken(w, f));
        object(f);
        custom(f);
        other(owner, f);
        log(f);
        owner.ifPresent(w -> before(w, f));
        owner.filter(w -> f.code() == Code.CRASH_APP_ERROR).ifPresent(w -> fields(w, f, DecidingFields.container(f) + "image "));
    }

    private void add(Obj at, String path, String value) {
        if (!value.isEmpty() && !value.equals("{}")) {
            found.putIfAbsent(at.ref() + " " + path, value);
        }
    }

    private void all(Obj at, String... pointers) {
        for (var p : pointers) {
            add(at, p.substring(1).replace('/', '.'), text(at.at(p)));
        }
    }

    private static String text(JsonNode node) {
        return node.isMissingNode() ? "" : node.isValueNode() ? node.asString("") : compact(node);
    }

    /** A part of a spec on one line, as JSON without quotes. */
    static String compact(JsonNode node) {
        return node.toString().replace("\"\"", "''").replaceAll("\"([^\"]*)\":", "$1: ").replace(",", ", ").replace("\"", "");
    }

    /** Fields of the pod template whose path or value the pattern matches: {@code path = value} is what it sees. */
    private void fields(Obj workload, Finding f, String pattern) {
        leaves(workload, f, needs.leaves(workload), base(workload), pattern);
    }

    /** What the finding speaks of comes first. */
    private void leaves(Obj at, Finding f, Map<String, String> leaves, String base, String pattern) {
        if (!pattern.isEmpty()) {
            var wanted = Pattern.compile(pattern);
            leaves.entrySet().stream().filter(e -> wanted.matcher(e.getKey() + " = " + e.getValue()).find())
                .sorted(Comparator.comparing((Map.Entry<String, String> e) -> !meant(f, e.getKey(), e.getValue()))
                    .thenComparing(e -> !f.params().containsValue(e.getValue())
                    && !f.param("address").endsWith(":" + e.getValue()) && !e.getKey().matches(".*(resources\\.limits|\\.values$).*"))
                    .thenComparing(e -> !f.objectName().equals(e.getValue())
                        && !(e.getKey().contains("Probe") && e.getKey().matches(".*\\.(port|path|command|service)"))))
                .forEach(e -> add(at, base + e.getKey(), e.getValue()));
        }
    }

    /** The finding tells this field with this value, or that a probe's port is its mistake. */
    private static boolean meant(Finding f, String path, String value) {
        return word(path.replaceFirst("^[^.]*\\.", "") + "=" + value, f.params().toString().toLowerCase(Locale.ROOT))
            || (f.code() + f.param("why")).contains("PROBE_PORT") && path.matches(".*Probe\\..*port");
    }

    /** Fields that the cause's own texts speak of: by their value, by their variable, or at least by a word of both; the surest first. */
    private void spoken(Obj workload, Finding f) {
        var told = f.evidence().stream().map(Evidence::message).collect(Collectors.joining("\n")).toLowerCase(Locale.ROOT);
        var all = all(f).toLowerCase(Locale.ROOT);
        var mine = Pattern.compile(DecidingFields.container(f) + "(env\\[.*value$|ports|workingDir|args|command|securityC)"
            + "|^\\w+ClassName|^serviceAccountName|^securityContext");
        var fields = f.code() == Code.ADMISSION_DENIED ? invalid(workload, told) : "";
        var weighed = needs.leaves(workload).entrySet().stream().filter(e -> SPOKEN.contains(f.code()) && mine.matcher(e.getKey()).find()
            || !fields.isEmpty() && e.getKey().startsWith(fields))
            .map(e -> Map.entry(e, e.getKey().startsWith(fields) && !fields.isEmpty() ? 3 : weight(e.getKey(), e.getValue(), told, all)))
            .sorted(Map.Entry.<Map.Entry<String, String>, Integer>comparingByValue().reversed()).toList();
        // an error of the program that speaks of none of its settings may still be one of them
        var least = f.code() == Code.CRASH_APP_ERROR && weighed.stream().allMatch(e -> e.getValue() == 0) ? 0 : 1;
        weighed.stream().filter(e -> e.getValue() >= least && (e.getValue() > 0 || e.getKey().getKey().contains(".env["))).limit(4)
            .forEach(e -> add(workload, base(workload) + e.getKey().getKey(), e.getKey().getValue()));
    }

    /** The field that a refusal names, {@code spec.containers[0].resources.requests}, as this workload's paths have it. */
    private static String invalid(Obj workload, String told) {
        var path = CONTAINER_FIELD.matcher(told);
        return !path.find() ? "" : "containers[" + Dependencies.podSpec(workload).path("containers")
            .path(Integer.parseInt(path.group(1))).path("name").asString("") + "]." + path.group(2);
    }

    /** All that is told of it, the log's tail included. */
    private String all(Finding f) {
        var log = seen.snapshot.logs().get(f.pod() + "/" + f.container());
        return Stream.concat(f.evidence().stream().map(Evidence::message), log == null ? Stream.of() : log.lines().stream())
            .collect(Collectors.joining("\n"));
    }

    /** What those that it talks to were started with, where its own words speak of that. */
    private void neighbours(Obj workload, Finding f) {
        var all = all(f).toLowerCase(Locale.ROOT);
        needs.mentions(Ref.of(workload)).stream().flatMap(m -> needs.service(m.host()).stream()).distinct()
            .flatMap(needs::serving).filter(w -> w != workload).limit(MOST)
            .forEach(w -> needs.leaves(w).entrySet().stream().filter(e -> e.getKey().matches(".*\\.(args|command)")
                && weight(e.getKey(), e.getValue(), "", all) > 1).limit(1)
                .forEach(e -> add(w, base(w) + e.getKey(), e.getValue())));
    }

    /** The ConfigMaps and Secrets whose files the texts name, with the keys that are files there. */
    private void files(Obj workload, Finding f) {
        var all = all(f);
        var spec = Dependencies.podSpec(workload);
        Pods.specs(spec).filter(c -> Json.text(c, "name").equals(f.container()))
            .flatMap(c -> c.path("volumeMounts").valueStream())
            .filter(m -> all.contains(Json.text(m, "mountPath") + "/"))
            .forEach(m -> spec.path("volumes").valueStream().filter(v -> v.path("name").equals(m.path("name")))
                .flatMap(v -> References.ofVolume(v).stream()).flatMap(r -> seen.snapshot.find(r.kind(), r.name()).stream())
                .forEach(o -> add(o, "keys at " + Json.text(m, "mountPath"), String.join(", ", o.keys()))));
    }

    private static int weight(String path, String value, String told, String all) {
        var variable = path.matches("(?s).*(\\.env|sysctls)\\[.*") ? Leaves.variable(path) : "";
        if (word(value, all) || word(variable, all) || value.equals("localhost") && all.contains("127.0.0.1")
            || value.startsWith("[") && Stream.of(value.split("[\\[\\], =]+-*")).anyMatch(w -> w.length() > 3 && word(w, all))) {
            return 2;
        }
        return !variable.isEmpty() && Stream.of((variable + "_" + value).split("[^A-Za-z]+")).anyMatch(w -> w.length() > 3 && word(w, told))
            ? 1 : 0;
    }

    private static boolean word(String word, String text) {
        return word.length() > 1 && Pattern.compile("(?<![\\w.-])" + Pattern.quote(word.toLowerCase(Locale.ROOT)) + "(?![\\w-])")
            .matcher(text).find();
    }

    static String base(Obj workload) {
        return switch (workload.kind()) {
            case "Pod" -> "spec.";
            case "CronJob" -> "spec.jobTemplate.spec.template.spec.";
            default -> "spec.template.spec.";
        };
    }

    /** The object at fault itself, where it is there. */
    private void object(Finding f) {
        if (f.code().family == Code.Family.APPLY) {
            seen.snapshot.applied(f.objectKind(), f.objectName()).ifPresent(a -> all(a.object(), "/apiVersion"));
        }
        var there = seen.snapshot.find(f.objectKind(), f.objectName());
        there.ifPresent(o -> {
            switch (o.kind()) {
                case "PersistentVolumeClaim" -> all(o, "/spec/storageClassName", "/spec/accessModes", "/spec/resources/requests/storage",
                    "/spec/volumeName", "/spec/selector", "/spec/dataSource");
                case "Service" -> leaves(o, f, Leaves.of(o.at("/spec")), "spec.", "^selector|^ports.*(ort|name) ");
                case "Secret", "ConfigMap" -> {
                    setting(o, f);
                    add(o, "keys", f.param("setting").isEmpty() ? String.join(", ", o.keys()) : "");
                }
                case "ResourceQuota" -> quota(o);
                case "NetworkPolicy" -> {
                    all(o, "/spec/ingress", "/spec/egress");
                    add(o, "spec.podSelector", o.at("/spec/podSelector").isEmpty() ? "every pod" : compact(o.at("/spec/podSelector")));
                    all(o, "/spec/policyTypes");
                }
                case "Node" -> all(o, "/spec/taints", "/spec/unschedulable");
                case "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration" ->
                    leaves(o, f, Leaves.of(o.at("/webhooks")), "webhooks", "service\\.(name|namespace) |failurePolicy");
                case "StorageClass" -> all(o, "/provisioner", "/volumeBindingMode");
                case "Role" -> all(o, "/rules");
                case "Ingress" -> leaves(o, f, Leaves.of(o.at("/spec")), "spec.", "^ingressClassName|backend|^tls.*secretName");
                default -> scale(o, f);
            }
        });
    }

    /** Fields that the message names or quotes, what the resource names and is not there, and what the last of those made for it says. */
    private void custom(Finding f) {
        if (f.code().family != Code.Family.CUSTOM) {
            return;
        }
        seen.snapshot.custom().filter(o -> Ref.of(o).equals(f.object())).findFirst().ifPresent(o -> {
            var told = f.evidence().stream().map(Evidence::message).collect(Collectors.joining("\n"));
            var named = CustomReference.of(seen.snapshot, o);
            named.stream().filter(r -> r.missing(seen.snapshot) && (told.contains(r.name()) || !r.path().endsWith("Name")))
                .forEach(r -> add(o, r.path(), r.name() + " (does not exist)"));
            FIELD.matcher(told).results().map(m -> m.group()).distinct()
                .filter(p -> found.keySet().stream().noneMatch(k -> k.contains(" " + p)))
                .forEach(p -> add(o, p, text(o.at("/" + p.replaceAll("[.\\[]", "/").replace("]", "")))));
            quoted(o.at("/spec"), "spec", told.toLowerCase(Locale.ROOT)).limit(4).forEach(e -> add(o, e.getKey(), e.getValue()));
            f.evidence().stream().filter(e -> !e.path().startsWith(o.ref() + "/") && !e.path().equals(o.ref())).reduce((a, b) -> b)
                .ifPresent(e -> found.putIfAbsent(e.path(), e.message()));
            named.stream().limit(2).forEach(r -> add(o, r.path(), r.name()));
        });
    }

    /** Fields whose value stands in the message as a word of its own. */
    private static Stream<Map.Entry<String, String>> quoted(JsonNode spec, String path, String message) {
        return Leaves.of(spec).entrySet().stream().filter(e -> e.getValue().length() > 3 && !SecretShapes.NAME.matcher(e.getKey()).matches()
            && word(e.getValue(), message)).map(e -> Map.entry(path + "." + e.getKey(), e.getValue()));
    }

    private void scale(Obj o, Finding f) {
        switch (f.code()) {
            case REPLICAS_ZERO, SCHED_POD_ANTI_AFFINITY, PVC_ACCESS_MODE -> all(o, "/spec/replicas", "/spec/strategy/type");
            case JOB_FAILED -> all(o, "/spec/backoffLimit", "/spec/activeDeadlineSeconds");
            case JOB_SUSPENDED -> all(o, "/spec/suspend");
            case ROLLOUT_PAUSED -> all(o, "/spec/paused");
            case STS_HEADLESS_SVC_MISSING -> all(o, "/spec/serviceName");
            case STS_STUCK_REVISION -> all(o, "/status/updateRevision", "/status/currentRevision");
            case POD_SECURITY_DENIED -> seen.snapshot.find("Namespace", seen.snapshot.namespace())
                .ifPresent(n -> n.labels().forEach((k, v) -> add(n, "metadata.labels[" + k + "]", k.startsWith("pod-security") ? v : "")));
            default -> { }
        }
    }

    /** The value of a ConfigMap that names a host or a port that is not there. */
    private void setting(Obj map, Finding f) {
        var key = f.param("setting").replaceFirst("^.* ", "");
        if (!key.isEmpty() && map.kind().equals("ConfigMap") && map.at("/data").has(key)) {
            add(map, "data." + key, map.at("/data").path(key).asString(""));
        }
    }

    private void quota(Obj quota) {
        quota.map("/status/hard").forEach((resource, hard) -> {
            var used = quota.at("/status/used").path(resource).asString("0");
            add(quota, "status." + resource, "used " + used + " of " + hard);
        });
    }

    /** What stands on the other side. */
    private void other(Optional<Obj> owner, Finding f) {
        if (f.code() == Code.LIMITRANGE_VIOLATION || f.code() == Code.QUOTA_REQUIRES_LIMITS) {
            seen.snapshot.all("LimitRange").forEach(l -> all(l, "/spec/limits"));
        }
        switch (f.code()) {
            case SVC_SELECTOR_MISMATCH, SVC_MISSING -> Stream.of(f.param("workload"), Kubectl.ref("Deployment", f.objectName()),
                Kubectl.ref("StatefulSet", f.objectName())).flatMap(ref -> named(ref).stream()).findFirst().ifPresent(w -> {
                    labels(w);
                    fields(w, f, f.code() == Code.SVC_MISSING ? "ports.*containerPort" : "");
                });
            case NETPOL_BLOCKING -> Stream.of(f.param("from"), f.param("to")).flatMap(ref -> named(ref).stream()).forEach(this::labels);
            case POD_SECURITY_DENIED -> owner.ifPresent(w -> add(w, "needs", MUST.matcher(all(f)).results().map(m -> m.group(1))
                .distinct().collect(Collectors.joining("; "))));
            case IMAGE_AUTH, IMAGE_NOT_FOUND_OR_AUTH -> owner.stream().flatMap(w -> References.of(Dependencies.podSpec(w)).stream())
                .filter(References.Ref::pull).flatMap(r -> seen.snapshot.find("Secret", r.name()).stream()).forEach(o -> all(o, "/type"));
            case OOM_KILLED -> seen.snapshot.find("Pod", f.pod()).ifPresent(p -> limited(p, f, owner));
            case PVC_UNBOUND -> owner.stream().flatMap(needs::claims).forEach(o -> {
                all(o, "/spec/storageClassName", "/spec/resources/requests/storage");
                seen.snapshot.find("StorageClass", o.text("/spec/storageClassName")).ifPresent(t -> all(t, "/provisioner"));
            });
            case SCHED_VOLUME_AFFINITY -> owner.stream().flatMap(needs::claims)
                .flatMap(c -> seen.snapshot.find("PersistentVolume", c.text("/spec/volumeName")).stream())
                .forEach(v -> all(v, "/spec/nodeAffinity/required"));
            case PVC_PROVISIONER_MISSING, VOLUME_MOUNT_FAILED, SANDBOX_FAILED ->
                seen.snapshot.find("Pod", f.pod()).ifPresent(p -> all(p, "/spec/nodeName"));
            default -> beside(owner, f);
        }
    }

    /** What a program that fails or is not let in has beside it. */
    private void beside(Optional<Obj> owner, Finding f) {
        switch (f.code()) {
            case CRASH_AUTH_FAILED -> target(f);
            case CRASH_APP_ERROR -> {
                target(f);
                owner.ifPresent(w -> {
                    files(w, f);
                    neighbours(w, f);
                });
            }
            case CRASH_MISSING_ENV -> owner.ifPresent(w -> {
                add(w, base(w) + "containers[" + f.container() + "].env", variables(w, f));
                References.of(Dependencies.podSpec(w)).stream().filter(r -> r.key().isEmpty() && !r.pull())
                    .flatMap(r -> seen.snapshot.find(r.kind(), r.name()).stream())
                    .forEach(o -> add(o, "keys", String.join(", ", o.keys())));
            });
            case ENV_PORT_MISMATCH, DNS_NAME_UNKNOWN, DEPENDENCY_SERVICE_MISSING, CRASH_DEPENDENCY_UNREACHABLE, INIT_WAITING ->
                owner.ifPresent(w -> {
                    maps(w, f);
                    needs.mentions(Ref.of(w)).stream().flatMap(m -> needs.service(m.host()).stream()).distinct()
                        .forEach(s -> all(s, "/spec/externalName"));
                });
            case SECRET_MISSING, INGRESS_TLS_SECRET_MISSING -> CustomFindings.maker(seen.snapshot, f.param("name").isEmpty()
                ? f.objectName() : f.param("name")).ifPresent(m -> add(m, "makes it", CustomStatus.of(m, seen.snapshot).message()));
            case QUOTA_REQUIRES_LIMITS -> owner.stream()
                .flatMap(w -> Dependencies.podSpec(w).path("containers").valueStream().filter(c -> c.path("resources").isEmpty())
                    .map(c -> Map.entry(w, Json.text(c, "name"))))
                .forEach(e -> add(e.getKey(), base(e.getKey()) + "containers[" + e.getValue() + "].resources", "not set"));
            case CRASH_DISK_FULL, EVICTED_EPHEMERAL_STORAGE -> owner.stream().flatMap(w -> needs.claims(w))
                .forEach(c -> all(c, "/spec/resources/requests/storage"));
            case RBAC_RUNTIME_FORBIDDEN -> owner.ifPresent(w -> add(w, "needs", (f.param("verb") + " " + f.param("resource")).strip()));
            default -> { }
        }
    }

    /** What the service that refused it knows: users and databases. */
    private void target(Finding f) {
        seen.snapshot.find("Service", f.param("target")).stream().flatMap(needs::serving).limit(1)
            .forEach(w -> fields(w, f, "env\\[[^\\]]*(?i:user|pass|pwd|auth|database|_db)[^\\]]*\\]"));
    }

    /** A limit that the pod has and its template has not is a LimitRange's. */
    private void limited(Obj pod, Finding f, Optional<Obj> owner) {
        pod.list("/spec/containers").stream().filter(c -> Json.text(c, "name").equals(f.container()))
            .map(c -> c.at("/resources/limits/memory").asString("")).filter(limit -> !limit.isEmpty() && owner.filter(w -> needs.leaves(w)
                .containsKey("containers[" + f.container() + "].resources.limits.memory")).isEmpty())
            .forEach(limit -> add(pod, "spec.containers[" + f.container() + "].resources.limits.memory", limit
                + " (a LimitRange's default: the template sets none)"));
    }

    /** Values of the ConfigMaps that it reads, which name the host or could. */
    private void maps(Obj workload, Finding f) {
        var wanted = Pattern.compile(DecidingFields.setting(f).replace("env\\[[^\\]]*", "env\\[.*"));
        References.of(Dependencies.podSpec(workload)).stream().filter(r -> r.kind().equals("ConfigMap"))
            .flatMap(r -> seen.snapshot.find(r.kind(), r.name()).stream()).distinct().forEach(o -> o.map("/data").forEach((key, value) -> {
                if (value.length() < Fact.CHARS && !SecretShapes.NAME.matcher(key).matches()
                    && wanted.matcher("env[" + key + "]. = " + value).find()) {
                    add(o, "data." + key, value.isEmpty() ? "\"\"" : value);
                }
            }));
    }

    private String variables(Obj workload, Finding f) {
        var names = needs.leaves(workload).keySet().stream().filter(p -> p.startsWith("containers[" + f.container() + "].env["))
            .map(Leaves::variable).distinct().collect(Collectors.joining(", "));
        return names.isEmpty() ? "none" : "has " + names;
    }

    private Optional<Obj> named(String ref) {
        return needs.workloads().values().stream().filter(w -> w.ref().equals(ref)).findFirst()
            .or(() -> seen.snapshot.all("Service").stream().filter(s -> s.ref().equals(ref)).flatMap(needs::serving).findFirst());
    }

    private void labels(Obj workload) {
        add(workload, "spec.template.metadata.labels", Dependencies.labels(workload).toString());
    }

    /** What the program says of the port it listens on, and of the memory it takes. */
    private void log(Finding f) {
        var log = seen.snapshot.logs().get(f.pod() + "/" + f.container());
        var wanted = f.code() == Code.OOM_KILLED ? DecidingFields.MEMORY : f.code().family == Code.Family.PROBE ? LISTENS : null;
        if (log != null && wanted != null) {
            log.lines().stream().filter(l -> wanted.matcher(l).find()).findFirst()
                .ifPresent(l -> found.putIfAbsent("log " + log.pod() + " " + log.container(), l));
        }
    }

    /** Fields of the newest revision that the one before it had otherwise. */
    private void before(Obj workload, Finding f) {
        if (!workload.kind().equals("Deployment") || f.code().family == Code.Family.SERVICE) {
            return;
        }
        var newest = Ownership.newestReplicaSet(seen.snapshot, workload);
        seen.snapshot.ownedBy("ReplicaSet", workload).stream().filter(rs -> newest.filter(n -> !n.name().equals(rs.name())).isPresent())
            .filter(rs -> rs.has("/spec/template/spec"))
            .max(Comparator.comparing((Obj rs) -> rs.number("/status/readyReplicas", 0))
            .thenComparing(rs -> rs.created()))
            .ifPresent(rs -> {
                var now = needs.leaves(newest.get());
                var then = needs.leaves(rs);
                var served = rs.number("/status/readyReplicas", 0) > 0 ? " (its pods are ready)" : "";
                Stream.concat(now.keySet().stream(), then.keySet().stream()).distinct()
                    .filter(p -> !now.getOrDefault(p, "").equals(then.getOrDefault(p, ""))).limit(4)
                    .forEach(p -> add(rs, base(rs) + p, then.getOrDefault(p, "(not set)") + served));
            });
    }
}
