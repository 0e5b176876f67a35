package ensure_ready.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import ensure_ready.model.Obj;
import ensure_ready.model.References;
import ensure_ready.model.Result;
import ensure_ready.model.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Who needs whom: a workload names hosts in commands, settings and logs, and hosts are Services, and Services are workloads. Pure. */
public final class Wiring {
    /** "from needs to", how that is known, and how sure it is (0 to 1); a port when one was named, else an empty text. */
    record Edge(String from, String to, String via, double confidence, String port) { }

    /** A host that a workload names: in {@code via}, under a setting's {@code key}. */
    record Mention(String host, String port, String via, double confidence) { }

    private static final List<String> WORKLOADS = List.of("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob");
    private static final Pattern URL =
        Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]*://(?:[^@/\\s]*@)?([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(\\d{1,5}))?");
    private static final Pattern HOST_PORT =
        Pattern.compile("(?:^|[\\s,;=@(\\[/'\"])([A-Za-z](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):(\\d{2,5})(?=$|[\\s,;/)\\]'\"?])");
    private static final Pattern DSN =
        Pattern.compile("(?i)\\b(?:host|server|data source)=([A-Za-z](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?:.{0,80}?\\bport=(\\d{1,5}))?");
    private static final Pattern HOST = Pattern.compile("[a-z](?:[a-z0-9.-]*[a-z0-9])?");
    private static final Pattern KEY = Pattern.compile("(?i)(HOST(S|NAME)?|ADDR(ESS)?|UR[LI]|DSN|BROKERS?|SERVERS?|ENDPOINT|SERVICE)$");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\((\\w+)\\)");
    private static final Pattern KUBECTL_WAIT =
        Pattern.compile("\\b(job|deploy(?:ment)?|statefulset|sts|pod)s?(?:\\.\\w+)?[/ ]([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)");
    private final Snapshot snapshot;
    private final Map<String, Obj> templates = new TreeMap<>();
    private final Map<String, List<Mention>> mentions = new TreeMap<>();

    Wiring(Snapshot snapshot) {
        this.snapshot = snapshot;
        snapshot.applied().stream().filter(a -> a.result() == Result.failed && WORKLOADS.contains(a.object().kind()))
            .forEach(a -> templates.put(key(a.object()), a.object()));
        WORKLOADS.forEach(kind -> snapshot.all(kind).forEach(o -> templates.put(key(o), o)));
        snapshot.all("ReplicaSet").stream().filter(o -> o.controller().isMissingNode()).forEach(o -> templates.put(key(o), o));
        snapshot.all("Pod").stream().filter(o -> o.controller().isMissingNode()).forEach(o -> templates.put(key(o), o));
        templates.forEach((name, workload) -> mentions.put(name, mentions(workload)));
    }

    static String key(Obj o) {
        return o.kind() + "/" + o.name();
    }

    Map<String, Obj> templates() {
        return templates;
    }

    /** The pod template of a workload: its labels and its spec. */
    static JsonNode template(Obj workload) {
        return switch (workload.kind()) {
            case "Pod" -> workload.json();
            case "CronJob" -> workload.at("/spec/jobTemplate/spec/template");
            default -> workload.at("/spec/template");
        };
    }

    static Map<String, String> labels(Obj workload) {
        return new Obj(template(workload)).labels();
    }

    List<Mention> mentions(String workload) {
        return mentions.getOrDefault(workload, List.of());
    }

    /** Workloads whose pods a Service selects. */
    List<String> behind(Obj service) {
        var selector = service.map("/spec/selector");
        return selector.isEmpty() ? List.of() : templates.entrySet().stream()
            .filter(e -> labels(e.getValue()).entrySet().containsAll(selector.entrySet()))
            .map(Map.Entry::getKey).toList();
    }

    /**
     * The Service that a host means in this namespace: short, qualified, a StatefulSet pod's name, or an address; empty when it is
     * another's.
     */
    Optional<Obj> service(String host) {
        for (var service : snapshot.all("Service")) {
            if (!service.text("/spec/clusterIP").isEmpty() && service.text("/spec/clusterIP").equals(host)) {
                return Optional.of(service);
            }
        }
        return local(host).flatMap(name -> snapshot.find("Service", name));
    }

    /** The Service name that a host would have in this namespace; empty for other namespaces and the outside. */
    Optional<String> local(String host) {
        var parts = List.of(host.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "").replaceFirst("\\.svc(\\..*)?$", "").split("\\."));
        var qualified = host.contains(".svc");
        if (parts.size() == 1) {
            return Optional.of(parts.get(0));
        }
        if (parts.size() == 2 && parts.get(1).equals(snapshot.namespace())) {
            return Optional.of(parts.get(0));
        }
        if (parts.size() == 2 && (snapshot.find("Service", parts.get(1)).isPresent() || snapshot.all("StatefulSet").stream()
            .anyMatch(s -> s.text("/spec/serviceName").equals(parts.get(1))))) {
            return Optional.of(parts.get(1));
        }
        return parts.size() == 3 && parts.get(2).equals(snapshot.namespace()) && qualified ? Optional.of(parts.get(1)) : Optional.empty();
    }

    /** The workload that an address of a pod belongs to. */
    Optional<String> byAddress(String host, Facts facts) {
        return snapshot.all("Pod").stream().filter(p -> !p.text("/status/podIP").isEmpty() && p.text("/status/podIP").equals(host))
            .map(p -> String.join("/", facts.owner(p))).findFirst();
    }

    List<Edge> edges() {
        var edges = new ArrayList<Edge>();
        templates.forEach((from, workload) -> {
            mentions(from).forEach(m -> service(m.host())
                .ifPresent(s -> edges.add(new Edge(from, "Service/" + s.name(), m.via(), served(s, m), m.port()))));
            References.of(template(workload).path("spec")).stream().filter(r -> r.kind().equals("PersistentVolumeClaim"))
                .forEach(r -> edges.add(new Edge(from, r.kind() + "/" + r.name(), "volume", 1, "")));
            claims(workload).forEach(c -> edges.add(new Edge(from, "PersistentVolumeClaim/" + c, "volumeClaimTemplate", 1, "")));
            waits(workload).forEach(w -> edges.add(new Edge(from, w, "init:kubectl wait", 0.95, "")));
            registry(workload).ifPresent(s -> edges.add(new Edge(from, "Service/" + s.name(), "image", 0.9, "")));
        });
        snapshot.all("Service").forEach(s -> behind(s).forEach(w -> edges.add(new Edge("Service/" + s.name(), w, "selector", 1, ""))));
        snapshot.all("Ingress").forEach(i -> backends(i).forEach(b -> edges.add(new Edge(key(i), "Service/" + b, "backend", 1, ""))));
        templates.values().stream().filter(w -> !w.controller().isMissingNode() && !w.kind().equals("Job"))
            .forEach(w -> edges.add(new Edge(w.controller().path("kind").asText() + "/" + w.controller()
            .path("name").asText(), key(w), "owner", 1, "")));
        templates.forEach((from, workload) -> References.of(template(workload).path("spec"))
            .stream().filter(r -> r.kind().equals("PersistentVolumeClaim")
            && snapshot.find(r.kind(), r.name()).filter(c -> c.text("/status/phase").equals("Pending")).isPresent())
            .forEach(r -> edges.add(new Edge(r.kind() + "/" + r.name(), from, "first consumer", 0.6, ""))));
        snapshot.all("CronJob").forEach(c -> snapshot.ownedBy("Job", c).forEach(j -> edges.add(new Edge(key(c), key(j), "owner", 1, ""))));
        return edges.stream().distinct().filter(e -> !e.from().equals(e.to()))
            .sorted(Comparator.comparing(Edge::from).thenComparing(Edge::to)
            .thenComparing(e -> -e.confidence()).thenComparing(Edge::via).thenComparing(Edge::port)).toList();
    }

    /** A setting that names a Service and one of its ports is surer than one that names only the host. */
    private static double served(Obj service, Mention mention) {
        return mention.confidence() >= 0.9 || mention.port().isEmpty() ? mention.confidence() : Math.max(mention.confidence(), 0.8);
    }

    private List<String> claims(Obj workload) {
        if (!workload.kind().equals("StatefulSet")) {
            return List.of();
        }
        return workload.list("/spec/volumeClaimTemplates").stream().map(t -> t.at("/metadata/name").asText() + "-" + workload.name() + "-")
            .flatMap(prefix -> snapshot.all("PersistentVolumeClaim").stream().map(Obj::name)
                .filter(n -> n.startsWith(prefix) && n.substring(prefix.length()).matches("\\d+"))).toList();
    }

    private Optional<Obj> registry(Obj workload) {
        for (var c : template(workload).at("/spec/containers")) {
            var host = c.path("image").asText().replaceFirst("/.*", "").replaceFirst(":\\d+$", "");
            if (c.path("image").asText().contains("/") && service(host).isPresent()) {
                return service(host);
            }
        }
        return Optional.empty();
    }

    static List<String> backends(Obj ingress) {
        var names = new LinkedHashSet<String>();
        names.add(ingress.text("/spec/defaultBackend/service/name"));
        ingress.list("/spec/rules").forEach(r -> r.at("/http/paths").forEach(p -> names.add(p.at("/backend/service/name").asText())));
        names.remove("");
        return List.copyOf(names);
    }

    private static List<String> waits(Obj workload) {
        var found = new ArrayList<String>();
        for (var c : template(workload).at("/spec/initContainers")) {
            var text = words(c);
            if (text.contains("kubectl wait") || text.contains("kubectl rollout status")
                || c.path("image").asText().contains("k8s-wait-for")) {
                var match = KUBECTL_WAIT.matcher(text);
                while (match.find()) {
                    var kind = match.group(1).startsWith("job") ? "Job" : match.group(1).startsWith("deploy")
                        ? "Deployment" : match.group(1)
                        .startsWith("pod") ? "Pod" : "StatefulSet";
                    found.add(kind + "/" + match.group(2));
                }
            }
        }
        return found;
    }

    static String words(JsonNode container) {
        var words = new StringBuilder();
        container.path("command").forEach(c -> words.append(c.asText()).append(' '));
        container.path("args").forEach(a -> words.append(a.asText()).append(' '));
        return words.toString();
    }

    private List<Mention> mentions(Obj workload) {
        var found = new LinkedHashSet<Mention>();
        var spec = template(workload).path("spec");
        spec.path("initContainers")
            .forEach(c -> Wait.targets(c)
            .forEach(t -> found.add(new Mention(t.host(), t.port(), "init:" + c.path("name").asText() + " " + t, 0.95))));
        spec.path("containers").forEach(c -> Wait.targets(c)
            .forEach(t -> found.add(new Mention(t.host(), t.port(), "command:" + c.path("name").asText() + " " + t, 0.8))));
        for (var list : List.of("initContainers", "containers")) {
            for (var c : spec.path(list)) {
                settings(c).forEach((key, value) -> found.addAll(setting("env " + key, key, value)));
                found.addAll(setting("args", "", words(c)));
            }
        }
        References.of(spec).stream().filter(r -> r.kind().equals("ConfigMap") && r.key().isEmpty())
            .forEach(r -> snapshot.find("ConfigMap", r.name())
            .ifPresent(m -> m.map("/data")
            .forEach((key, value) -> found.addAll(setting("configmap " + r.name() + " " + key, key, value)))));
        References.of(spec).stream().filter(r -> r.kind().equals("Secret")).forEach(r -> snapshot.find("Secret", r.name())
            .ifPresent(s -> s.map("/hosts").forEach((key, value) -> found.addAll(setting("secret " + r.name() + " " + key, key, value)))));
        return List.copyOf(found);
    }

    /** A container's variables with ConfigMap values filled in and {@code $(NAME)} expanded. */
    private Map<String, String> settings(JsonNode container) {
        var env = new TreeMap<String, String>();
        for (var e : container.path("env")) {
            var from = e.at("/valueFrom/configMapKeyRef");
            env.put(e.path("name").asText(), from.isObject() ? snapshot.find("ConfigMap", from.path("name").asText())
                .map(m -> m.at("/data").path(from.path("key").asText()).asText()).orElse("") : e.path("value").asText());
        }
        env.replaceAll((k, v) -> VARIABLE.matcher(v).replaceAll(m -> Matcher.quoteReplacement(env.getOrDefault(m.group(1), m.group()))));
        env.replaceAll((k, v) -> HOST.matcher(v).matches() && KEY.matcher(k).find() ? paired(env, k, v) : v);
        return env;
    }

    /** DB_HOST and DB_PORT are one address written in two. */
    private static String paired(Map<String, String> env, String key, String host) {
        var port = env.getOrDefault(key.replaceFirst("(?i)(HOST(NAME)?|ADDR(ESS)?|SERVER)$", "PORT"), "");
        return port.matches("\\d{2,5}") ? host + ":" + port : host;
    }

    private static List<Mention> setting(String via, String key, String value) {
        var found = new LinkedHashSet<Mention>();
        for (var pattern : List.of(URL, HOST_PORT, DSN)) {
            var match = pattern.matcher(value);
            while (match.find()) {
                found.add(new Mention(match.group(1), match.group(2) == null ? "" : match.group(2), via, match.group(2) == null ? 0.6
                    : pattern != HOST_PORT || KEY.matcher(key).find() ? 0.8 : 0.7));
            }
        }
        if (KEY.matcher(key).find()) {
            for (var host : value.split("[,\\s]+")) {
                if (HOST.matcher(host).matches()) {
                    found.add(new Mention(host, "", via, 0.6));
                }
            }
        }
        return List.copyOf(found);
    }
}
