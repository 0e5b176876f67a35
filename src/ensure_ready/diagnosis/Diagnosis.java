package ensure_ready.diagnosis;

import ensure_ready.model.Result;
import ensure_ready.model.Snapshot;
import ensure_ready.model.State;
import ensure_ready.model.Workload;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import shared.Texts;

/**
 * From findings to root causes. What an object says of itself is a cause, a symptom or progress; a symptom is explained by the causes that
 * its edges lead to; what nothing explains stays visible. Pure, and the same bytes for the same snapshot whatever the order of its lists.
 */
public final class Diagnosis {
    private static final double FOLLOWED = 0.6;
    private static final Set<Code> STANDALONE =
        Set.of(Code.PROBE_READINESS_FAILING, Code.PROBE_LIVENESS_FAILING, Code.PROBE_STARTUP_FAILING,
        Code.CRASH_APP_ERROR, Code.CRASH_DEPENDENCY_UNREACHABLE,
        Code.INIT_WAITING, Code.JOB_FAILED, Code.SVC_NO_READY_ENDPOINTS, Code.SECRET_MISSING,
            Code.CERT_NOT_READY, Code.IMAGE_REGISTRY_UNREACHABLE,
            Code.STS_HEADLESS_SVC_MISSING, Code.CONTAINER_COMMAND_NOT_FOUND, Code.CONTAINER_COMMAND_PERMISSION, Code.VOLUME_MOUNT_FAILED,
            Code.CR_NOT_READY);
    /** Faults that can be proven from the objects alone and hurt also where nothing waits for them. */
    private static final Set<Code> STATIC =
        Set.of(Code.SVC_SELECTOR_MISMATCH, Code.SVC_TARGET_PORT_MISMATCH, Code.SVC_MISSING, Code.ENV_PORT_MISMATCH,
        Code.INGRESS_CLASS_MISSING, Code.INGRESS_BACKEND_MISSING,
        Code.INGRESS_BACKEND_PORT, Code.INGRESS_TLS_SECRET_MISSING, Code.REPLICAS_ZERO,
            Code.NETPOL_BLOCKING, Code.POD_DNS_POLICY, Code.RBAC_ROLE_MISSING);
    private final Snapshot snapshot;
    private final List<Workload> workloads;
    private final String agent;
    private final Wiring wiring;
    private final Map<String, List<Finding>> findings = new TreeMap<>();
    private final Map<String, List<Wiring.Edge>> edges = new TreeMap<>();
    private final Set<String> unready = new TreeSet<>();
    private final Facts facts;

    private Diagnosis(Snapshot snapshot, List<Workload> workloads, String agent) {
        this.snapshot = snapshot;
        this.workloads = workloads;
        this.agent = "Deployment/" + agent;
        this.wiring = new Wiring(snapshot);
        this.facts = new Facts(snapshot);
    }

    /** The causes of what is not ready; {@code agentDeployment} is judged too, though it does not gate. */
    public static DiagnosisReport explain(Snapshot snapshot, List<Workload> workloads, String agentDeployment) {
        return new Diagnosis(snapshot, workloads, agentDeployment).explain();
    }

    /** What is said when explaining itself failed: that the causes are not known, never that there are none. */
    public static DiagnosisReport unavailable(Snapshot snapshot, List<Workload> workloads, Throwable why) {
        var limited = Stream.concat(snapshot.limited().stream(),
            Stream.of("diagnosis: " + Texts.line(why.toString()) + "; please report it")).toList();
        return explain(new Snapshot(snapshot.namespace(), snapshot.at(), Map.of(), List.of(), Map.of(), limited), workloads, "");
    }

    public DiagnosisReport explain() {
        Findings.collect(facts);
        unready();
        new WiringFindings(facts, wiring, unready).find();
        new AccessFindings(facts, agent).find();
        wiring.edges().forEach(this::edge);
        new Reach(facts, wiring, unready, this::edge).find();
        facts.found.stream().distinct().sorted(Findings.ORDER).filter(this::matters)
            .forEach(f -> findings.computeIfAbsent(node(f), k -> new ArrayList<>())
            .add(f));
        var roots = new Roots(this).find();
        return new Reporting(snapshot, facts, unready, workloads, agent).report(roots, advice());
    }

    private void edge(Wiring.Edge edge) {
        if (edge.confidence() >= FOLLOWED) {
            edges.computeIfAbsent(edge.from(), k -> new ArrayList<>()).add(edge);
        }
    }

    static String node(Finding f) {
        return f.ownerKind() + "/" + f.ownerName();
    }

    private void unready() {
        workloads.stream().filter(w -> w.state() == State.progressing || w.state() == State.failed)
            .forEach(w -> unready.add(w.kind() + "/" + w.name()));
        snapshot.applied().stream().filter(a -> a.result() == Result.failed).forEach(a -> unready.add(Wiring.key(a.object())));
        if (workloads.isEmpty()) {
            facts.found.stream().filter(f -> f.code().role == Code.Role.CAUSE || f.code().role == Code.Role.SYMPTOM)
                .forEach(f -> unready.add(node(f)));
        }
        var own = wiring.templates().get(agent);
        if (own != null && (facts.found.stream().anyMatch(f -> node(f).equals(agent) && f.code().role != Code.Role.PROGRESS)
            || own.number("/status/readyReplicas", 0) < own.number("/spec/replicas", 1))) {
            unready.add(agent);
        }
    }

    /** A workload that is ready needs no explanation, whatever happened to a pod of it before; faults of wiring are told all the same. */
    private boolean matters(Finding f) {
        var known = workloads.stream().anyMatch(w -> w.kind().equals(f.ownerKind()) && w.name().equals(f.ownerName()));
        return !f.code().advice() && (unready.contains(node(f)) || !known || STATIC.contains(f.code()));
    }

    private List<Finding> advice() {
        return facts.found.stream()
            .filter(f -> f.code().advice() || f.code() == Code.STS_HEADLESS_SVC_MISSING && !unready.contains(node(f)))
            .sorted(Findings.ORDER).distinct().toList();
    }

    List<Finding> at(String node) {
        return findings.getOrDefault(node, List.of());
    }

    /** A cause that needs no other one behind it. */
    List<Finding> strong(String node) {
        return at(node).stream().filter(f -> f.code().role == Code.Role.CAUSE && !weak(f)).toList();
    }

    private boolean weak(Finding f) {
        return f.params().containsKey("weak") || f.code() == Code.STS_HEADLESS_SVC_MISSING || f.code() == Code.CR_NOT_READY
            || f.code() == Code.VOLUME_MOUNT_FAILED && f.params().containsKey("repeats")
            || (f.code() == Code.PROBE_LIVENESS_FAILING || f.code() == Code.PROBE_STARTUP_FAILING) && !f.params().containsKey("why")
            || f.code() == Code.IMAGE_REGISTRY_UNREACHABLE && edges.getOrDefault(node(f), List.of())
            .stream().anyMatch(e -> e.via().equals("image"));
    }

    List<Finding> weak(String node) {
        return at(node).stream().filter(f -> STANDALONE.contains(f.code()) && (f.code().role != Code.Role.CAUSE || weak(f))).toList();
    }

    List<Finding> progress(String node) {
        return at(node).stream().filter(f -> f.code().role == Code.Role.PROGRESS).toList();
    }

    /** Whether this has only just begun. */
    boolean young(List<Finding> progress) {
        return progress.stream().anyMatch(f -> facts.age(Optional.of(f.since())) < PodFindings.STARTING.toSeconds());
    }

    Set<String> unreadyNodes() {
        return unready;
    }

    Set<String> nodes() {
        var nodes = new TreeSet<>(unready);
        nodes.addAll(findings.keySet());
        edges.forEach((from, list) -> {
            nodes.add(from);
            list.forEach(e -> nodes.add(e.to()));
        });
        return nodes;
    }

    /** Where an explanation may lie: a symptom that names what it misses is followed there and nowhere else. */
    List<Wiring.Edge> followed(String node) {
        var all = edges.getOrDefault(node, List.of());
        var named = at(node).stream().anyMatch(f -> f.params().containsKey("named"));
        var pending = at(node).stream().anyMatch(f -> f.code() == Code.SCHED_VOLUME_UNBOUND);
        return all.stream().filter(e -> pending ? e.to().startsWith("PersistentVolumeClaim/") : !named
            || e.via().startsWith("log") || e.via()
            .startsWith("init:") || e.via().startsWith("made by") || e.to().startsWith("PersistentVolumeClaim/")).toList();
    }

    boolean standsAlone(Finding f) {
        return STATIC.contains(f.code())
            && (f.code() != Code.REPLICAS_ZERO || edges.values().stream().flatMap(List::stream).anyMatch(e -> neededBy(f, e)));
    }

    private boolean neededBy(Finding f, Wiring.Edge e) {
        return e.to().startsWith("Service/") && !e.from().equals(node(f)) && edges.getOrDefault(e.to(), List.of()).stream()
            .anyMatch(s -> s.to().equals(node(f)));
    }
}
