package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Observed;
import ensure_ready.findings.Ports;
import ensure_ready.model.CustomReference;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.Snapshot;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;
import shared.Texts;

/** What exists in place of what is missing or wrong, nearest first, each with what tells whether it would do. Pure. */
public record Candidates(Observed seen, Dependencies needs, Finding f) {
    private static final int MOST = 6;
    private static final int CHARS = 160;

    /** At most six lines such as {@code pvc/geo-pvc: Bound, 10Gi, unused}. */
    static List<String> of(Observed seen, Dependencies needs, Finding f) {
        return new Candidates(seen, needs, f).find().filter(c -> !c.isEmpty())
            .distinct().limit(MOST).map(c -> Texts.cut(Texts.line(c), CHARS)).toList();
    }

    private Snapshot snapshot() {
        return seen.snapshot;
    }

    private Stream<String> find() {
        return switch (f.code()) {
            case IMAGE_NOT_FOUND, IMAGE_NOT_FOUND_OR_AUTH, IMAGE_NAME_INVALID,
                IMAGE_NEVER_PULL, IMAGE_REGISTRY_UNREACHABLE, IMAGE_PULL_FAILED ->
                images();
            case IMAGE_AUTH, IMAGE_PULL_SECRET_MISSING ->
                near("Secret", o -> o.text("/type").contains("docker") ? "pull secret" + users(o) : "");
            case IMAGE_PLATFORM_MISMATCH -> nodes("kubernetes.io/arch"::equals);
            case SECRET_MISSING, CONFIGMAP_MISSING ->
                Stream.concat(near(f.objectKind(), Candidates::keyed), sameVariables());
            case INGRESS_TLS_SECRET_MISSING -> near("Secret", o -> o.text("/type").endsWith("/tls") ? " " : "");
            case SERVICE_ACCOUNT_MISSING, INGRESS_CLASS_MISSING, RBAC_ROLE_MISSING ->
                near(f.code() == Code.INGRESS_CLASS_MISSING ? "IngressClass"
                : f.objectKind(), o -> " ");
            case PVC_MISSING -> near("PersistentVolumeClaim", this::claim);
            case PVC_STORAGECLASS_MISSING, PVC_NO_DEFAULT_CLASS, PVC_PROVISIONER_MISSING,
                PVC_PROVISION_FAILED -> near("StorageClass", Candidates::type);
            case PVC_UNBOUND, PVC_PV_RELEASED -> near("PersistentVolume", Candidates::volume);
            case CONFIG_KEY_MISSING -> keys();
            case CRASH_MISSING_ENV -> Stream.concat(variables(), f.param("variable").matches(".*(HOST|ADDR|ADDRESS|URL|SERVER)")
                ? near("Service", Candidates::ports) : Stream.empty());
            case ENV_PORT_MISMATCH, DNS_NAME_UNKNOWN, DEPENDENCY_SERVICE_MISSING,
                SVC_MISSING, STS_HEADLESS_SVC_MISSING, INGRESS_BACKEND_MISSING,
                INGRESS_BACKEND_PORT, CRASH_DEPENDENCY_UNREACHABLE -> near("Service", Candidates::ports);
            case SVC_SELECTOR_MISMATCH -> f.param("workload").isEmpty() ? needs.workloads().values().stream()
                .map(w -> w.ref() + " has labels " + Dependencies.labels(w)) : Stream.empty();
            case SVC_TARGET_PORT_MISMATCH -> snapshot().find("Service", f.objectName()).stream()
                .flatMap(needs::serving).flatMap(w -> leaves(w, "ports\\[.*(containerPort|name) "));
            case CR_NOT_READY, CERT_NOT_READY -> named();
            case ADMISSION_DENIED -> f.evidence().toString().contains("volumeMounts") ? needs.workload(f.owner()).stream()
                .flatMap(w -> Dependencies.podSpec(w).path("volumes").valueStream())
                .map(v -> "volumes[" + Json.text(v, "name") + "]") : Stream.empty();
            case PROBE_READINESS_FAILING -> f.param("listens").isEmpty() ? Stream.empty() : Stream.concat(
                Stream.of(f.param("listens") + ", where alone the program says that it listens; a probe asks at the pod's address"),
                needs.workload(f.owner()).stream()
                    .flatMap(w -> leaves(w, "(command|args|env).*(127\\.0\\.0\\.1|localhost)")));
            default -> scheduled();
        };
    }

    /** Nodes, and what is about them, where no node would do. */
    private Stream<String> scheduled() {
        return switch (f.code()) {
            case SCHED_POD_ANTI_AFFINITY -> Stream.of(snapshot().all("Node").size()).filter(n -> n > 0).map(n -> Texts.count(n, "node"));
            case SCHED_NODE_SELECTOR, SCHED_TOPOLOGY -> nodes(k -> !k.matches("kubernetes\\.io/(os|hostname)|beta\\.kubernetes\\.io/.*"));
            case SCHED_INSUFFICIENT_RESOURCES -> folded(this::room);
            case SCHED_TAINT, SCHED_NODES_UNAVAILABLE -> folded(n -> (n.is("/spec/unschedulable") ? "cordoned, " : "")
                + (n.list("/spec/taints").isEmpty() ? "no taints" : "taints " + Facts.compact(n.at("/spec/taints"))));
            case SCHED_NODE_MISSING -> snapshot().all("Node").stream().map(Obj::ref);
            case SCHED_HOST_PORT -> siblings(e -> e.getKey().endsWith("hostPort"));
            case SCHED_SCHEDULER_MISSING -> Stream.concat(snapshot().all("Pod").stream().filter(p -> !p.text("/spec/nodeName").isEmpty())
                .map(p -> p.text("/spec/schedulerName")), Stream.of("default-scheduler"));
            default -> Stream.empty();
        };
    }

    /** What exists of the kinds of which a custom resource names something that does not; a ClusterIssuer may have been an Issuer. */
    private Stream<String> named() {
        var told = f.evidence().toString();
        return snapshot().custom().filter(o -> Ref.of(o).equals(f.object())).limit(1)
            .flatMap(o -> CustomReference.of(snapshot(), o).stream())
            .filter(r -> r.missing(snapshot()) ? told.contains(r.name()) || !r.path().endsWith("Name")
                : r.target(snapshot()).isEmpty() && told.contains(r.name()))
            .flatMap(r -> snapshot().objects().entrySet().stream()
                .filter(e -> e.getKey().replaceAll("\\..*|^Cluster(?=[A-Z])", "").equals(r.kind().replaceAll("^Cluster(?=[A-Z])", "")))
                .flatMap(e -> e.getValue().stream()).filter(o -> !o.name().equals("kube-root-ca.crt"))
                .sorted(Comparator.comparing((Obj o) -> NearMiss.distance(o.name(), r.name())).thenComparing(Obj::name))
                .map(o -> o.ref() + switch (o.kind()) {
                    case "Secret", "ConfigMap" -> " (" + keyed(o) + ")";
                    case "Service" -> " (" + ports(o) + ")";
                    default -> "";
                }));
    }

    private static String quoted(String text) {
        return Pattern.quote(text) + "$";
    }

    /** Objects of a kind with what is said of each, similar names first; an empty text leaves one out. */
    private Stream<String> near(String kind, Function<Obj, String> text) {
        var name = f.param("host").isEmpty() ? f.param("service").isEmpty() ? f.param("class").isEmpty()
            ? f.param("name").isEmpty() ? f.objectName() : f.param("name") : f.param("class")
            : f.param("service") : f.param("host").replaceFirst("\\..*", "");
        var port = f.param("address").replaceFirst("^.*:", "");
        return snapshot().all(kind).stream()
            .filter(o -> !o.name().equals("kube-root-ca.crt") && !Ref.of(o).equals(f.object())
            && !o.text("/type").contains("service-account-token"))
            .filter(o -> !(kind.equals("Service") && f.code() == Code.SVC_MISSING && needs.behind(o).isEmpty()))
            .map(o -> Map.entry(NearMiss.distance(o.name(), name) - (unused(o) ? 3 : 0)
                - (!port.isEmpty() && Ports.serves(o, port) ? 4 : 0), o))
            .sorted(Map.Entry.<Integer, Obj>comparingByKey().thenComparing(e -> e.getValue().name())).map(Map.Entry::getValue)
            .map(o -> text.apply(o).isEmpty() ? "" : text.apply(o).isBlank() ? o.ref() : o.ref() + " (" + text.apply(o).strip() + ")");
    }

    private boolean unused(Obj o) {
        return o.kind().equals("PersistentVolumeClaim") && users(o).isEmpty();
    }

    private static String keyed(Obj o) {
        return o.keys().isEmpty() ? "no keys" : "keys " + String.join(", ", o.keys());
    }

    private String claim(Obj o) {
        return told(o.text("/status/phase"), o.text("/spec/resources/requests/storage"), Facts.compact(o.at("/spec/accessModes")),
            users(o).isEmpty() ? "unused" : users(o).strip());
    }

    private static String type(Obj o) {
        var chosen = o.annotation("storageclass.kubernetes.io/is-default-class").equals("true");
        return told(o.text("/provisioner"), chosen ? "the default" : "");
    }

    private static String volume(Obj o) {
        var named = o.text("/spec/storageClassName");
        var claim = o.text("/spec/claimRef/name");
        return told(o.text("/status/phase"), o.text("/spec/capacity/storage"), Facts.compact(o.at("/spec/accessModes")),
            named.isEmpty() ? "" : "class " + named, claim.isEmpty() ? "unclaimed" : "claim " + claim);
    }

    /** What is known of it; the rest leaves no empty place. */
    private static String told(String... parts) {
        return Stream.of(parts).filter(p -> !p.isEmpty()).collect(Collectors.joining(", "));
    }

    private static String ports(Obj service) {
        return service.list("/spec/ports").stream().map(p -> (Json.text(p, "port") + " " + Json.text(p, "name")).strip())
            .reduce((a, b) -> a + ", " + b).map(all -> "ports " + all).orElse("no ports");
    }

    /** Which workloads name it. */
    private String users(Obj o) {
        var users = needs.users(Ref.of(o));
        return users.isEmpty() ? "" : " used by " + String.join(", ", users);
    }

    private Stream<String> leaves(Obj workload, String pattern) {
        var wanted = Pattern.compile(pattern);
        return needs.leaves(workload).entrySet().stream().map(e -> e.getKey() + " = " + e.getValue()).filter(wanted.asPredicate())
            .map(l -> workload.ref() + " " + Facts.base(workload) + l);
    }

    /** The same setting of other workloads: a reference that works. */
    private Stream<String> siblings(Predicate<Map.Entry<String, String>> wanted) {
        return needs.workloads().entrySet().stream().filter(w -> !w.getKey().equals(f.owner()))
            .flatMap(w -> needs.leaves(w.getValue()).entrySet().stream().filter(wanted)
            .map(e -> w.getValue().ref() + " " + Facts.base(w.getValue()) + e.getKey() + " = " + e.getValue()));
    }

    /** Where others take the variables from that would come from the missing object. */
    private Stream<String> sameVariables() {
        var mine = needs.workload(f.owner()).stream()
            .flatMap(w -> leaves(w, "env\\[.*Ref.name = " + quoted(f.objectName())))
            .map(Leaves::variable).collect(Collectors.toSet());
        return siblings(e -> e.getKey().contains("env[") && e.getKey().endsWith("Ref.name")).filter(l -> !l.endsWith(" = " + f.objectName())
            && mine.contains(Leaves.variable(l)));
    }

    /** Images of the same repository, else those of the same registry or name. */
    private Stream<String> images() {
        var image = f.param("image");
        var repository = image.replaceFirst("(@sha256:.*|:[^/]*)$", "");
        return needs.images().getOrDefault(Dependencies.last(repository), Map.of())
            .entrySet().stream().filter(e -> !e.getKey().equals(image))
            .sorted(Comparator.comparing((Map.Entry<String, String> e) -> !e.getKey().startsWith(repository + ":"))
                .thenComparing(e -> NearMiss.distance(e.getKey(), image))).map(e -> e.getKey() + e.getValue());
    }

    private Stream<String> keys() {
        var holder = snapshot().find(f.objectKind(), f.objectName());
        var near = holder.stream().flatMap(o -> o.keys().stream())
            .sorted(Comparator.comparing((String k) -> !k.equalsIgnoreCase(f.param("key")))
            .thenComparing(k -> NearMiss.distance(k.toLowerCase(Locale.ROOT), f.param("key").toLowerCase(Locale.ROOT))))
            .limit(3).map(k -> "key " + k);
        var elsewhere = Stream.of("ConfigMap", "Secret").flatMap(k -> snapshot().all(k).stream())
            .filter(o -> !o.name().equals(f.objectName()) && o.keys().contains(f.param("key"))).map(o -> o.ref() + " has that key");
        return Stream.concat(near, elsewhere);
    }

    /** Who else sets this variable, which object has a key of that name, and which variable comes near. */
    private Stream<String> variables() {
        var name = f.param("variable");
        if (name.isEmpty()) {
            return Stream.empty();
        }
        var mine = needs.workload(f.owner()).stream().flatMap(w -> leaves(w, "env\\["))
            .filter(l -> NearMiss.near(Leaves.variable(l), name));
        var objects = Stream.of("ConfigMap", "Secret").flatMap(k -> snapshot().all(k).stream())
            .flatMap(o -> o.keys().stream().filter(k -> k.replace('-', '_').equalsIgnoreCase(name))
            .map(k -> o.ref() + " has key " + k));
        return Stream.of(mine, objects, siblings(e -> e.getKey().contains("env[" + name + "]"))).flatMap(s -> s);
    }

    private Stream<String> nodes(Predicate<String> label) {
        var asked = needs.workload(f.owner()).map(w -> needs.leaves(w).toString()).orElse("");
        return folded(n -> n.labels().entrySet().stream()
            .filter(e -> label.test(e.getKey()) || asked.contains("nodeSelector." + e.getKey() + "="))
            .map(e -> e.getKey() + "=" + e.getValue()).reduce((a, b) -> a + ", " + b).map(all -> "labels " + all).orElse(""));
    }

    /** Nodes of which the same is to be said stand together. */
    private Stream<String> folded(Function<Obj, String> text) {
        var nodes = new TreeMap<String, String>();
        snapshot().all("Node").stream().sorted(Comparator.comparing(Obj::name))
            .forEach(n -> nodes.merge(text.apply(n), n.ref(), (a, b) -> a + ", " + b));
        return nodes.entrySet().stream().map(e -> e.getKey().isEmpty() ? e.getValue() : e.getValue() + ": " + e.getKey());
    }

    /** Allocatable, and what of it the pods of this namespace leave; those of others are not seen. */
    private String room(Obj node) {
        var told = f.evidence().toString().toLowerCase(Locale.ROOT);
        return Stream.of("cpu", "memory", "ephemeral-storage", "pods")
            .filter(r -> told.contains(r.equals("pods") ? "too many pods" : "insufficient " + r)
            || !told.contains("insufficient") && !told.contains("too many pods") && !r.startsWith("eph")).map(r -> {
            var all = node.at("/status/allocatable").path(r).asString("");
            var used = snapshot().all("Pod").stream().filter(p -> p.text("/spec/nodeName").equals(node.name()) && !Pods.ended(p))
                .mapToDouble(p -> r.equals("pods") ? 1 : p.list("/spec/containers").stream()
                    .mapToDouble(c -> Quantities.of(c.at("/resources/requests").path(r).asString(""))).sum()).sum();
            return all.isEmpty() ? "" : r + " " + all + (used > 0 ? " (" + Quantities.text(r, Quantities.of(all) - used) + " free)" : "");
        }).filter(t -> !t.isEmpty()).collect(Collectors.joining(", "));
    }
}
