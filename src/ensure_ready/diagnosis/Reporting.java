package ensure_ready.diagnosis;

import ensure_ready.model.Applied;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Snapshot;
import ensure_ready.model.Source;
import ensure_ready.model.Workload;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import shared.Texts;

/** Turns roots into the report: order, texts, files, commands. Pure. */
public final class Reporting {
    private static final int EVIDENCE = 10;
    private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final Pattern REF = Pattern.compile("[a-z]{1,40}/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");
    private static final Pattern INSTRUCTION =
        Pattern.compile("(?i)\\b(ignore|disregard|forget|override)\\b.{0,40}\\b(previous|prior|above|all|earlier|system|instruction|prompt|rule)|\\byou (are|must|should|will) now\\b|\\b(system|assistant|developer) ?(prompt|message|:)"
        + "|\\bas an ai\\b|</?(system|assistant|user|instructions?|tool)\\b|\\bnew instructions?\\b|\\bdo not (tell|mention|report)\\b|\\b(run|execute|type|paste)\\b.{0,30}\\b(command|following|curl|bash|kubectl|rm)\\b|curl .{0,80}\\|\\s*(ba)?sh|\\bplease (run|delete|execute|approve|merge)\\b");
    private static final Map<String, String> VERSIONS =
        Map.ofEntries(Map.entry("Deployment", "apps/v1"), Map.entry("StatefulSet", "apps/v1"),
        Map.entry("DaemonSet", "apps/v1"), Map.entry("ReplicaSet", "apps/v1"),
        Map.entry("Job", "batch/v1"), Map.entry("CronJob", "batch/v1"), Map.entry("Ingress", "networking.k8s.io/v1"),
            Map.entry("NetworkPolicy", "networking.k8s.io/v1"), Map.entry("Role", "rbac.authorization.k8s.io/v1"),
        Map.entry("HorizontalPodAutoscaler", "autoscaling/v2"), Map.entry("PodDisruptionBudget", "policy/v1"),
            Map.entry("StorageClass", "storage.k8s.io/v1"), Map.entry("Webhook", "admissionregistration.k8s.io/v1"));
    private static final Set<Code> INFERRED = Set.of(Code.SVC_MISSING, Code.ENV_PORT_MISMATCH, Code.NETPOL_BLOCKING, Code.POD_DNS_POLICY,
        Code.DNS_CLUSTER_FAILURE, Code.INIT_WAITING, Code.UNKNOWN, Code.REPLICAS_ZERO);
    private final Snapshot snapshot;
    private final Facts facts;
    private final Set<String> unready;
    private final List<Workload> workloads;
    private final String agent;

    Reporting(Snapshot snapshot, Facts facts, Set<String> unready, List<Workload> workloads, String agent) {
        this.snapshot = snapshot;
        this.facts = facts;
        this.unready = unready;
        this.workloads = workloads;
        this.agent = agent;
    }

    DiagnosisReport report(List<Root> roots, List<Finding> advice) {
        var all = roots.stream().filter(r -> !unexplainable(r)).map(this::cause).sorted(ORDER).toList();
        var faults = all.stream().filter(c -> c.code().role != Code.Role.PROGRESS).toList();
        var blocking = faults.stream().anyMatch(c -> !c.severity().equals("degraded"));
        var shown = blocking ? faults : all;
        var causes = IntStream.range(0, shown.size()).mapToObj(i -> shown.get(i).numbered("rc" + (i + 1))).toList();
        var warnings = new ArrayList<Warning>();
        advice.forEach(f -> warnings.add(new Warning(f.code(), f.objectKind() + "/" + f.objectName(), f.code().text)));
        all.stream().filter(c -> blocking && c.code().role == Code.Role.PROGRESS)
            .forEach(c -> warnings.add(new Warning(c.code(), c.object().toString(), c.fix().text())));
        var unexplained = unexplained(roots.stream().filter(r -> !unexplainable(r)).toList());
        if (causes.isEmpty() && unavailable()) {
            causes = List.of(cause(new Root("DIAGNOSIS_UNAVAILABLE", List.of(unavailableFinding()), Map.of())).numbered("rc1"));
        }
        return new DiagnosisReport(causes, unexplained, List.copyOf(warnings), snapshot.limited(), disposition(causes, unexplained),
            summary(causes, unexplained));
    }

    private boolean unavailable() {
        return !snapshot.knows("Pod") && !unready.isEmpty();
    }

    private Finding unavailableFinding() {
        var limits = snapshot.limited().isEmpty() ? List.of("pods: not read") : snapshot.limited();
        var evidence = limits.stream().map(l -> new Evidence("status", "namespace/" + snapshot.namespace(), "", l, 1, "", "")).toList();
        return new Finding(Code.DIAGNOSIS_UNAVAILABLE, "Namespace", snapshot.namespace(),
            "Namespace", snapshot.namespace(), "", snapshot.at(), evidence,
            Map.of());
    }

    /** A root that says nothing is no root. */
    private static boolean unexplainable(Root root) {
        var f = root.findings().get(0);
        return f.code() == Code.UNKNOWN && !f.params().containsKey("cycle");
    }

    private List<Unexplained> unexplained(List<Root> roots) {
        var explained = new HashSet<String>();
        roots.forEach(r -> {
            r.findings().forEach(f -> explained.add(Diagnosis.node(f)));
            explained.addAll(r.explains().keySet());
        });
        return unready.stream().filter(u -> !explained.contains(u)).map(u -> {
            var own = facts.found.stream().filter(f -> Diagnosis.node(f).equals(u) && f.code() != Code.STS_HEADLESS_SVC_MISSING)
                .sorted(Findings.ORDER)
                .findFirst();
            var message = workloads.stream().filter(w -> u.equals(w.kind() + "/" + w.name())).map(Workload::message).findFirst().orElse("");
            return new Unexplained(u, own.map(Finding::code).orElse(Code.UNKNOWN), message);
        }).toList();
    }

    private static final Comparator<Cause> ORDER =
        Comparator.comparing((Cause c) -> List.of("blocking", "degraded", "info").indexOf(c.severity()))
        .thenComparing(c -> !c.blocksAgent())
        .thenComparing(c -> -c.affected()).thenComparing(c -> c.basis().equals("inferred"))
        .thenComparing(c -> -c.confidence()).thenComparing(Cause::firstSeen)
        .thenComparing(c -> c.code().name()).thenComparing(c -> c.object().kind())
        .thenComparing(c -> c.object().name()).thenComparing(Cause::container);

    private Cause cause(Root root) {
        var findings = root.findings().stream().sorted(Comparator.comparing((Finding f) -> !unready.contains(Diagnosis.node(f)))
            .thenComparing(Findings.ORDER)).toList();
        var f = findings.get(0);
        var owner = f.ownerKind() + "/" + f.ownerName();
        var affected = new TreeSet<>(root.explains().keySet());
        findings.forEach(x -> affected.add(Diagnosis.node(x)));
        affected.retainAll(unready);
        var explains = new ArrayList<Symptom>();
        findings.stream().map(Diagnosis::node).distinct().filter(n -> !n.equals(owner))
            .forEach(n -> explains.add(new Symptom(n, f.code(), List.of("same cause"), 0)));
        root.explains().forEach((node, way) -> {
            if (!node.equals(owner) && explains.stream().noneMatch(s -> s.object().equals(node))) {
                explains.add(new Symptom(node, symptom(node), way.via(), way.hops()));
            }
        });
        explains.sort(Comparator.comparing(Symptom::hops).thenComparing(Symptom::object));
        var severity = f.code().role == Code.Role.PROGRESS ? "info" : affected.isEmpty() ? "degraded" : "blocking";
        var inferred = INFERRED.contains(f.code()) || f.params().containsKey("inferred") || f.params().containsKey("weak");
        var first = findings.stream().map(Finding::since).min(Comparator.naturalOrder()).orElse(snapshot.at());
        return new Cause("", fingerprint(f), f.code(), f.code().family, severity,
            ref(f.objectKind(), f.objectName()), ref(f.ownerKind(), f.ownerName()),
            f.container(), inferred ? "inferred" : "observed", confidence(f, inferred),
            params(findings), fix(f), next(f), evidence(findings), excerpt(f),
                explains, oldRevisionServing(f), affected.contains(agent), affected.size(),
                first.toString());
    }

    private Code symptom(String node) {
        return facts.found.stream().filter(f -> Diagnosis.node(f).equals(node))
            .sorted(Comparator.comparing((Finding f) -> f.code().role != Code.Role.SYMPTOM).thenComparing(Findings.ORDER))
            .map(Finding::code).findFirst()
            .orElse(Code.UNKNOWN);
    }

    private static double confidence(Finding f, boolean inferred) {
        if (f.params().containsKey("weak") || f.code().role == Code.Role.SYMPTOM || f.code() == Code.UNKNOWN) {
            return 0.5;
        }
        if (inferred) {
            return 0.7;
        }
        return f.evidence().stream().anyMatch(e -> e.source().matches("status|condition|spec|apply")) ? f.evidence().stream()
            .anyMatch(e -> e.source().equals("log")) ? 0.9 : 0.98 : 0.9;
    }

    private Map<String, String> params(List<Finding> findings) {
        var params = new TreeMap<>(findings.get(0).params());
        params.keySet().removeAll(Set.of("weak", "inferred", "named", "log"));
        params.values().removeIf(String::isEmpty);
        var owners = findings.stream().map(Diagnosis::node).distinct().sorted().toList();
        if (!findings.get(0).objectKind().equals(findings.get(0).ownerKind())) {
            params.put("referencedBy", String.join(", ", owners));
            var kind = findings.get(0).objectKind();
            var other = kind.equals("ConfigMap") ? "Secret" : kind.equals("Secret") ? "ConfigMap" : "";
            if (!other.isEmpty() && snapshot.find(other, findings.get(0).objectName()).isPresent()) {
                params.put("otherKind", other + "/" + findings.get(0).objectName());
            }
            var near = Near.of(findings.get(0).objectName(), snapshot.all(kind));
            if (!near.isEmpty() && Set.of("Secret", "ConfigMap", "ServiceAccount", "PersistentVolumeClaim", "Service").contains(kind)
                && snapshot.find(kind, findings.get(0).objectName()).isEmpty()) {
                params.put("nearMiss", near);
            }
        }
        return params;
    }

    private String fingerprint(Finding f) {
        try {
            var text = f.code() + "|" + f.objectKind() + "|" + snapshot.namespace() + "|" + f.objectName();
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has SHA-256
        }
    }

    private ObjectRef ref(String kind, String name) {
        var known = snapshot.find(kind, name).map(Obj::apiVersion).filter(v -> !v.isEmpty())
            .or(() -> snapshot.applied(kind, name).map(a -> a.object().apiVersion()));
        var global = Set.of("Node", "Namespace", "StorageClass", "PersistentVolume", "Webhook", "IngressClass").contains(kind);
        return new ObjectRef(known.orElse(VERSIONS.getOrDefault(kind, "v1")), kind, global ? "" : snapshot.namespace(), name);
    }

    /** The manifest to change: the object's own where there is one, else that of whoever refers to it. */
    private Fix fix(Finding f) {
        var files = new ArrayList<FileRef>();
        Stream.of(new String[] {f.objectKind(), f.objectName()}, new String[] {f.ownerKind(), f.ownerName()})
            .forEach(o -> source(o[0], o[1]).map(s -> new FileRef(s.file(), s.line()))
            .filter(s -> !files.contains(s)).ifPresent(files::add));
        var also = switch (f.code()) {
            case SECRET_MISSING, CONFIGMAP_MISSING, CONFIG_KEY_MISSING -> f.ownerKind()
                .equals("StatefulSet") ? List.of("DELETE_POD") : List.<String>of();
            case ENV_PORT_MISMATCH, DNS_NAME_UNKNOWN -> f.params().getOrDefault("setting", "")
                .startsWith("configmap") ? List.of("ROLLOUT_RESTART")
                : List.<String>of();
            case JOB_FAILED -> List.of("NEW_JOB_NAME");
            default -> f.ownerKind().equals("Job") && f.code().role == Code.Role.CAUSE
                ? List.of("NEW_JOB_NAME") : f.ownerKind().equals("StatefulSet")
                && f.code().scope == Code.Scope.repo && !f.params().getOrDefault("pod", "").isEmpty()
                ? List.of("DELETE_POD") : List.<String>of();
        };
        return new Fix(f.code().scope, f.code().action, f.code().text, files, also);
    }

    private Optional<Source> source(String kind, String name) {
        var own = snapshot.applied(kind, name).map(Applied::source);
        if (own.isEmpty() && kind.equals("PersistentVolumeClaim")) {
            return snapshot.applied().stream()
                .filter(a -> a.object().kind().equals("StatefulSet") && a.object().list("/spec/volumeClaimTemplates").stream()
                .anyMatch(t -> name.startsWith(t.at("/metadata/name").asText() + "-" + a.object().name() + "-")))
                .map(Applied::source).findFirst();
        }
        if (own.isEmpty() && kind.equals("Job")) {
            return snapshot.find("Job", name).map(Obj::controller).flatMap(c -> snapshot.applied("CronJob", c.path("name").asText()))
                .map(Applied::source);
        }
        return own;
    }

    /** Commands of the catalogue with names that the API itself would accept; anything else is left out. */
    private List<String> next(Finding f) {
        var pod = f.params().getOrDefault("pod", "");
        var values = Map.of("{ns}", checked(snapshot.namespace(), NAME), "{name}", checked(f.objectName(), NAME), "{object}",
            checked(Obj.ref(f.objectKind(), f.objectName()), REF), "{owner}", checked(Obj.ref(f.ownerKind(), f.ownerName()), REF),
            "{pod}", checked(pod, NAME), "{container}", checked(f.container().isEmpty() ? onlyContainer(pod) : f.container(), NAME));
        var commands = new LinkedHashSet<String>();
        for (var look : f.code().next) {
            var command = look.template;
            for (var v : values.entrySet()) {
                command = command.contains(v.getKey()) && v.getValue().isEmpty() ? "" : command.replace(v.getKey(), v.getValue());
            }
            commands.add(command);
        }
        commands.remove("");
        return List.copyOf(commands);
    }

    private String onlyContainer(String pod) {
        var containers = snapshot.find("Pod", pod).map(p -> p.list("/spec/containers")).orElse(List.of());
        return containers.size() == 1 ? containers.get(0).path("name").asText() : "";
    }

    private static String checked(String text, Pattern pattern) {
        return pattern.matcher(text).matches() ? text : "";
    }

    private List<Proof> evidence(List<Finding> findings) {
        return findings.stream().flatMap(f -> f.evidence().stream().map(e -> proof(f, e))).distinct().limit(EVIDENCE).toList();
    }

    /** What a status says, it says at the moment of the snapshot; since when is known where the object tells it. */
    private Proof proof(Finding f, Evidence e) {
        var now = snapshot.at().toString();
        var first = e.firstSeen().isEmpty() && !e.source().equals("log") ? f.since().toString() : e.firstSeen();
        return new Proof(e.source(), e.path(), e.reason(), e.message(), e.count(), first, e.lastSeen().isEmpty() && e.source()
            .matches("status|condition|spec") ? now : e.lastSeen(), true, suspicious(e.message()));
    }

    static boolean suspicious(String text) {
        return INSTRUCTION.matcher(text).find();
    }

    private Excerpt excerpt(Finding f) {
        var log = snapshot.logs().get(f.params().getOrDefault("pod", "") + "/"
            + (f.container().isEmpty() ? onlyContainer(f.params().getOrDefault("pod", "")) : f.container()));
        if (log == null || log.lines().isEmpty()) {
            return null;
        }
        var lines = LogReading.excerpt(log.lines());
        return new Excerpt(log.pod(), log.container(), log.previous(), lines, lines.size(), log.lines()
            .size(), lines.stream().anyMatch(Reporting::suspicious));
    }

    private boolean oldRevisionServing(Finding f) {
        var deployment = snapshot.find("Deployment", f.ownerName()).filter(d -> f.ownerKind().equals("Deployment"));
        return deployment.isPresent() && snapshot.all("Pod").stream().anyMatch(p -> PodFindings.ready(p) && String.join("/", facts.owner(p))
            .equals("Deployment/" + f.ownerName()) && !facts.current(p));
    }

    private static String disposition(List<Cause> causes, List<Unexplained> unexplained) {
        var blocking = causes.stream().filter(c -> c.severity().equals("blocking")).toList();
        var decisive = blocking.isEmpty() ? causes : blocking;
        if (decisive.isEmpty()) {
            return unexplained.isEmpty() ? "none" : "unknown";
        }
        if (decisive.stream().allMatch(c -> c.fix().scope() == Code.Scope.wait)) {
            return unexplained.isEmpty() ? "wait" : "unknown";
        }
        var scopes = decisive.stream().map(c -> c.fix().scope()).toList();
        return scopes.contains(Code.Scope.repo) || scopes.contains(Code.Scope.either)
            ? "repair_repo" : scopes.contains(Code.Scope.platform) ? "platform"
            : "unknown";
    }

    private String summary(List<Cause> causes, List<Unexplained> unexplained) {
        if (causes.stream().anyMatch(c -> c.code() == Code.DIAGNOSIS_UNAVAILABLE)) {
            return "the causes are not known: the cluster could not be asked";
        }
        var total = unready.size();
        var faults = causes.stream().filter(c -> c.severity().equals("blocking")).toList();
        var waits = causes.stream().filter(c -> c.severity().equals("info")).toList();
        var degraded = causes.size() - faults.size() - waits.size();
        var parts = new ArrayList<String>();
        if (!faults.isEmpty()) {
            parts.add(Texts.count(faults.size(), "cause") + (faults.size() == 1 ? " explains " : " explain ") + explained(faults) + " of "
                + Texts.count(total, "workload") + " that " + (total == 1 ? "is" : "are") + " not ready");
        } else if (!waits.isEmpty()) {
            parts.add(Texts.count(explained(waits), "workload") + (explained(waits) == 1 ? " is" : " are")
                + " still starting; nothing says that anything is wrong");
        }
        if (!unexplained.isEmpty()) {
            parts.add(Texts.count(unexplained.size(), "workload") + " not explained");
        }
        if (degraded > 0) {
            parts.add(Texts.count(degraded, "fault") + " that no workload waits for");
        }
        return parts.isEmpty() ? "nothing to explain" : String.join("; ", parts);
    }

    private int explained(List<Cause> causes) {
        var seen = new HashSet<String>();
        causes.forEach(c -> {
            seen.add(c.owner().toString());
            c.explains().forEach(s -> seen.add(s.object()));
        });
        seen.retainAll(unready);
        return seen.size();
    }
}
