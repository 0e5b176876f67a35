package ensure_ready.diagnosis;

import ensure_ready.catalogue.Phrase;
import ensure_ready.findings.CustomFindings;
import ensure_ready.findings.Observed;
import ensure_ready.findings.Ports;
import ensure_ready.findings.WaitCommands;
import ensure_ready.model.CustomReference;
import ensure_ready.model.Kinds;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.References;
import ensure_ready.model.Snapshot;
import ensure_ready.readiness.CustomStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** Who needs whom: a workload names hosts in commands, settings and logs, and hosts are Services, and Services are workloads. Pure. */
public final class Dependencies {
    private static final List<String> WORKLOADS = List.of("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob");
    private static final Pattern KUBECTL_WAIT =
        Pattern.compile("\\b(job|deploy(?:ment)?|statefulset|sts|pod)s?(?:\\.\\w+|-wr?e?)?[/ ]([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)");
    private static final Pattern HOST = Pattern.compile("(?<![\\w.-])[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?=:\\d{2,5}\\b|/)");
    private final Snapshot snapshot;
    private final Map<Ref, Obj> workloads = new TreeMap<>();
    private final Map<Ref, List<Mention>> mentions = new TreeMap<>();
    // with a thousand workloads nothing may be looked for among all of them twice
    private final Map<Ref, Map<String, String>> labels = new HashMap<>();
    private final Map<Map<String, String>, List<Ref>> behind = new HashMap<>();
    private final Map<String, Obj> byClusterIp;
    private final Map<String, Obj> byPodIp;
    private Map<String, Map<String, String>> images;
    private final Map<Ref, List<String>> users = new HashMap<>();
    private final Map<Obj, Map<String, String>> leaves = new IdentityHashMap<>();

    Dependencies(Snapshot snapshot) {
        this.snapshot = snapshot;
        Stream.of(snapshot.applied().stream().filter(a -> WORKLOADS.contains(a.object().kind()))
            .map(a -> a.object()),
            WORKLOADS.stream().flatMap(kind -> snapshot.all(kind).stream()),
            Stream.of("ReplicaSet", "Pod").flatMap(kind -> snapshot.all(kind).stream())
                .filter(o -> !Ownership.ownedByBuiltIn(o)))
            .flatMap(s -> s).forEach(o -> workloads.put(Ref.of(o), o));
        workloads.forEach((ref, workload) -> mentions.put(ref, Mentions.of(podSpec(workload), snapshot)));
        workloads.forEach((ref, workload) -> labels.put(ref, labels(workload)));
        byClusterIp = by("/spec/clusterIP", snapshot.all("Service"));
        byPodIp = by("/status/podIP", snapshot.all("Pod"));
    }

    /** All images of pods and of earlier revisions by the last part of their names, with where they run. */
    private Map<String, Map<String, String>> allImages() {
        var images = new TreeMap<String, Map<String, String>>();
        Stream.of("Pod", "ReplicaSet").flatMap(k -> snapshot.all(k).stream()).forEach(o -> {
            var ready = o.kind().equals("Pod") ? Pods.ready(o) : o.number("/status/readyReplicas", 0) > 0;
            Pods.specs(podSpec(o)).map(c -> Json.text(c, "image")).forEach(image -> images.computeIfAbsent(last(image),
                k -> new TreeMap<>()).merge(image, ready ? " (runs in " + o.ref() + ")" : "", (a, b) -> a.isEmpty() ? b : a));
        });
        return images;
    }

    static String last(String image) {
        return image.replaceFirst("(@sha256:.*|:[^/]*)$", "").replaceFirst("^.*/", "");
    }

    private static Map<String, Obj> by(String pointer, List<Obj> objects) {
        var by = new HashMap<String, Obj>();
        objects.forEach(o -> by.putIfAbsent(o.text(pointer), o));
        by.remove("");
        return by;
    }

    Map<String, Map<String, String>> images() {
        if (images == null) {
            images = allImages();
        }
        return images;
    }

    /** Everything that runs pods and that no other of these made, also what could not be applied. */
    Map<Ref, Obj> workloads() {
        return workloads;
    }

    Optional<Obj> workload(Ref ref) {
        return Optional.ofNullable(workloads.get(ref));
    }

    /** The pod template of a workload: its labels and its spec. */
    static JsonNode template(Obj workload) {
        return switch (workload.kind()) {
            case "Pod" -> workload.json();
            case "CronJob" -> workload.at("/spec/jobTemplate/spec/template");
            default -> workload.at("/spec/template");
        };
    }

    static JsonNode podSpec(Obj workload) {
        return template(workload).path("spec");
    }

    static Map<String, String> labels(Obj workload) {
        return new Obj(template(workload)).labels();
    }

    /** The workloads that name this object in their pods' spec. */
    List<String> users(Ref object) {
        if (users.isEmpty()) {
            workloads.values().forEach(w -> References.of(podSpec(w)).stream().map(r -> new Ref(r.kind(), r.name())).distinct()
                .forEach(r -> users.computeIfAbsent(r, k -> new ArrayList<>()).add(w.ref())));
        }
        return users.getOrDefault(object, List.of());
    }

    /** The fields of what runs pods, by their paths in the pod's spec. */
    Map<String, String> leaves(Obj workload) {
        return leaves.computeIfAbsent(workload, w -> Leaves.of(podSpec(w)));
    }

    List<Mention> mentions(Ref workload) {
        return mentions.getOrDefault(workload, List.of());
    }

    /** Workloads whose pods a Service selects. */
    List<Ref> behind(Obj service) {
        var selector = service.map("/spec/selector");
        return selector.isEmpty() ? List.of() : behind.computeIfAbsent(selector, s -> workloads.keySet().stream()
            .filter(w -> labels.get(w).entrySet().containsAll(s.entrySet())).toList());
    }

    /** The same, as objects. */
    Stream<Obj> serving(Obj service) {
        return behind(service).stream().map(workloads::get);
    }

    /** Whether it serves this port, a headless one with all that its pods listen on; true also where it cannot be told. */
    boolean serves(Obj service, String port) {
        return Ports.serves(service, port) || service.text("/spec/clusterIP").equals("None") && serving(service)
            .map(w -> Ports.open(podSpec(w))).anyMatch(open -> open.isEmpty() || open.contains(port));
    }

    /**
     * The Service that a host means in this namespace: short, qualified, a StatefulSet pod's name, or an address; empty when it is
     * another's.
     */
    Optional<Obj> service(String host) {
        return Optional.ofNullable(byClusterIp.get(host)).or(() -> local(host).flatMap(name -> snapshot.find("Service", name)));
    }

    /** The Service name that a host would have in this namespace; empty for other namespaces and the outside. */
    Optional<String> local(String host) {
        var parts = List.of(host.toLowerCase(Locale.ROOT).replaceFirst("\\.$", "").replaceFirst("\\.svc(\\..*)?$", "").split("\\."));
        var here = snapshot.namespace();
        if (parts.size() == 1 || parts.size() == 2 && parts.get(1).equals(here)) {
            return Optional.of(parts.get(0));
        }
        var pod = parts.size() == 2 ? governs(parts.get(1)) : parts.size() == 3 && parts.get(2).equals(here) && host.contains(".svc");
        return pod ? Optional.of(parts.get(1)) : Optional.empty();
    }

    private boolean governs(String service) {
        return snapshot.find("Service", service).isPresent()
            || snapshot.all("StatefulSet").stream().anyMatch(s -> s.text("/spec/serviceName").equals(service));
    }

    /** The workload that an address of a pod belongs to. */
    Optional<Ref> byAddress(String host, Observed seen) {
        return Optional.ofNullable(byPodIp.get(host)).map(seen::owner);
    }

    List<Edge> edges() {
        var edges = new ArrayList<Edge>();
        workloads.forEach((from, workload) -> edges.addAll(edges(from, workload)));
        snapshot.all("Service").forEach(s -> behind(s).forEach(w -> edges.add(edge(Ref.of(s), w, Edge.Origin.SELECTOR, "selector", 1))));
        snapshot.all("Ingress").forEach(i -> backends(i).map(b -> Json.text(b, "name")).filter(b -> !b.isEmpty())
            .forEach(b -> edges.add(edge(Ref.of(i), new Ref("Service", b), Edge.Origin.SPEC, "backend", 1))));
        snapshot.custom().forEach(c -> {
            boolean chain = c.group().equals("cert-manager.io"); // what it has made only tells why; its user can mend itself alone
            Ownership.madeFor(snapshot, c).stream().filter(o -> !o.builtIn() && !chain || Kinds.WORKLOADS.contains(o.kind()))
                .forEach(o -> edges.add(edge(Ref.of(c), Ref.of(o), Edge.Origin.SPEC, "owner", 1)));
            needed(c).forEach(t -> edges.add(edge(Ref.of(c), Ref.of(t), Edge.Origin.SPEC, "named", 1)));
            snapshot.all("Service").stream().filter(s -> s.ownedBy(c) || Ownership.called(s, c))
                .forEach(s -> edges.add(edge(Ref.of(s), Ref.of(c), Edge.Origin.SPEC, "made by", 1)));
            snapshot.all("Job").stream().filter(c::ownedBy) // a queue's entry for it
                .forEach(j -> edges.add(edge(Ref.of(j), Ref.of(c), Edge.Origin.SPEC, "waits for", 1)));
        });
        snapshot.all("CronJob").forEach(c -> snapshot.ownedBy("Job", c)
            .forEach(j -> edges.add(edge(Ref.of(c), Ref.of(j), Edge.Origin.SPEC, "owner", 1))));
        snapshot.all("Namespace").stream().filter(Obj::deleting).forEach(n -> snapshot.objects().values().stream().flatMap(List::stream)
            .filter(Obj::deleting).forEach(o -> edges.add(edge(Ref.of(n), Ref.of(o), Edge.Origin.SPEC, "holds", 1))));
        snapshot.all("Service").stream().filter(s -> !s.controller().isMissingNode())
            .forEach(s -> edges.add(edge(Ref.of(s), Ref.of(s.controller()), Edge.Origin.SPEC, "owner", 1)));
        return edges.stream().distinct().filter(e -> !e.from().equals(e.to()))
            .sorted(Comparator.comparing(Edge::from).thenComparing(Edge::to)
            .thenComparing(e -> -e.confidence()).thenComparing(Edge::via).thenComparing(Edge::port)).toList();
    }

    /** What a custom resource waits for by what it names; of that which owns it, what stands beside it, if it says that it waits. */
    private Stream<Obj> needed(Obj custom) {
        var proof = CustomStatus.of(custom, snapshot).proof();
        var message = proof == null ? "" : Stream.concat(Stream.of(proof.message()), custom.list("/status/conditions").stream()
            .filter(c -> !Obj.isTrue(c)).map(c -> Json.text(c, "message"))).collect(Collectors.joining("\n"));
        boolean waits = proof != null && proof.reason().matches("(?i)(waiting|pending|depend).*");
        boolean unreached = Stream.of(Phrase.REFUSAL, Phrase.SLOW, Phrase.NO_NAME).anyMatch(p -> p.occurs(message));
        var deployed = custom.list("/status/resources").stream() // as Argo CD lists them
            .flatMap(r -> new CustomReference("", Json.text(r, "kind"), Json.text(r, "name")).target(snapshot).stream());
        return Stream.concat(Stream.of(named(custom), CustomReference.in(snapshot, message), deployed).flatMap(s -> s)
            .flatMap(t -> !below(custom, t) ? Stream.of(t) : waits ? named(t).filter(s -> !s.equals(custom)) : Stream.empty())
            .filter(t -> !t.builtIn() || Kinds.WORKLOADS.contains(t.kind())),
            HOST.matcher(unreached ? message : "").results().flatMap(m -> service(m.group()).stream()));
    }

    /** What its spec names, and what is to make a Secret that it names. */
    private Stream<Obj> named(Obj custom) {
        return CustomReference.of(snapshot, custom).stream().flatMap(r -> r.target(snapshot)
            .or(() -> r.kind().equals("Secret") ? CustomFindings.maker(snapshot, r.name()) : Optional.empty()).stream());
    }

    /** Whether the second made the first, directly or not. */
    boolean below(Obj o, Obj top) {
        return snapshot.ownedBy(top).stream().anyMatch(m -> m.equals(o) || below(o, m));
    }

    private static Edge edge(Ref from, Ref to, Edge.Origin origin, String via, double confidence) {
        return new Edge(from, to, origin, via, confidence, "");
    }

    private List<Edge> edges(Ref from, Obj workload) {
        var edges = new ArrayList<Edge>();
        mentions(from).forEach(m -> service(m.host()).ifPresent(s -> edges.add(new Edge(from, Ref.of(s),
            m.origin(), m.via(), served(m), m.port()))));
        References.claims(podSpec(workload))
            .forEach(c -> edges.add(edge(from, new Ref("PersistentVolumeClaim", c), Edge.Origin.SPEC, "volume", 1)));
        templated(workload).forEach(c -> edges.add(edge(from, Ref.of(c), Edge.Origin.SPEC, "volumeClaimTemplate", 1)));
        claims(workload).filter(c -> c.text("/status/phase").equals("Pending"))
            .forEach(c -> edges.add(edge(Ref.of(c), from, Edge.Origin.SPEC, "first consumer", 0.6)));
        waits(workload).forEach(w -> edges.add(edge(from, w, Edge.Origin.INIT, "init:kubectl wait", 0.95)));
        registry(workload).ifPresent(s -> edges.add(edge(from, Ref.of(s), Edge.Origin.IMAGE, "image", 0.9)));
        var controller = workload.controller();
        if (!controller.isMissingNode() && !Ref.of(controller).is("CronJob")) {
            edges.add(edge(Ref.of(controller),
                from, Edge.Origin.SPEC, "owner", 1));
        }
        return edges;
    }

    /** A setting that names a Service and one of its ports is surer than one that names only the host. */
    private static double served(Mention mention) {
        return mention.port().isEmpty() ? mention.confidence() : Math.max(mention.confidence(), 0.8);
    }

    /** The claims that its pods use. */
    Stream<Obj> claims(Obj workload) {
        return Stream.concat(References.claims(podSpec(workload)).flatMap(c -> snapshot.find("PersistentVolumeClaim", c).stream()),
            templated(workload).stream());
    }

    private List<Obj> templated(Obj workload) {
        if (!workload.kind().equals("StatefulSet")) {
            return List.of();
        }
        return workload.list("/spec/volumeClaimTemplates").stream()
            .map(t -> t.at("/metadata/name").asString("") + "-" + workload.name() + "-")
            .flatMap(prefix -> snapshot.all("PersistentVolumeClaim").stream()
                .filter(c -> c.name().startsWith(prefix) && c.name().substring(prefix.length()).matches("\\d+"))).toList();
    }

    private Optional<Obj> registry(Obj workload) {
        for (var c : podSpec(workload).path("containers")) {
            var host = Json.text(c, "image").replaceFirst("/.*", "").replaceFirst(":\\d+$", "");
            if (Json.text(c, "image").contains("/") && service(host).isPresent()) {
                return service(host);
            }
        }
        return Optional.empty();
    }

    /** The Services that an Ingress names, with a port each. */
    static Stream<JsonNode> backends(Obj ingress) {
        var backends = new ArrayList<JsonNode>(List.of(ingress.at("/spec/defaultBackend/service")));
        ingress.list("/spec/rules").forEach(r -> r.at("/http/paths").forEach(p -> backends.add(p.at("/backend/service"))));
        return backends.stream().filter(b -> b.has("name")).distinct();
    }

    private static List<Ref> waits(Obj workload) {
        var found = new ArrayList<Ref>();
        for (var c : podSpec(workload).path("initContainers")) {
            var text = WaitCommands.words(c);
            if (text.contains("kubectl wait") || text.contains("kubectl rollout status")
                || Json.text(c, "image").contains("k8s-wait-for")) {
                KUBECTL_WAIT.matcher(text).results().forEach(m -> found.add(new Ref(kind(m.group(1)), m.group(2))));
            }
        }
        return found;
    }

    private static String kind(String word) {
        return word.startsWith("job") ? "Job" : word.startsWith("deploy") ? "Deployment" : word.startsWith("pod") ? "Pod" : "StatefulSet";
    }
}
