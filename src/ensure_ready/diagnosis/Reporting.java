package ensure_ready.diagnosis;

import ensure_ready.catalogue.Basis;
import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Phrase;
import ensure_ready.findings.Finding;
import ensure_ready.findings.LogReading;
import ensure_ready.findings.Observed;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.Workload;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import shared.Sha256;

/** Turns roots into the report: order, severity, proofs, texts. Pure. */
public record Reporting(Observed seen, Dependencies needs, List<Finding> findings,
    Map<Ref, List<Finding>> byOwner, Set<Ref> old, Set<Ref> unready,
    List<Workload> workloads, Ref agent) {
    static Reporting of(Observed seen, Dependencies needs, List<Finding> findings, Set<Ref> unready, List<Workload> workloads, Ref agent) {
        return new Reporting(seen, needs, findings, findings.stream().collect(Collectors.groupingBy(Finding::owner)),
            seen.snapshot.all("Pod").stream().filter(p -> Pods.saysReady(p) && !seen.current(p))
                .map(seen::owner).collect(Collectors.toSet()),
            unready, workloads, agent);
    }

    private static final int EVIDENCE = 10;
    /** Of objects that nobody could read. */
    private static final Map<String, Set<String>> VERSIONS = Map.of(
        "apps/v1", Set.of("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), "batch/v1", Set.of("Job", "CronJob"),
        "networking.k8s.io/v1", Set.of("Ingress", "NetworkPolicy"), "rbac.authorization.k8s.io/v1", Set.of("Role"),
        "autoscaling/v2", Set.of("HorizontalPodAutoscaler"), "policy/v1", Set.of("PodDisruptionBudget"),
        "storage.k8s.io/v1", Set.of("StorageClass"), "admissionregistration.k8s.io/v1", Set.of("Webhook"));
    private static final Set<String> GLOBAL = Set.of("Node", "Namespace", "StorageClass", "PersistentVolume", "Webhook", "IngressClass",
        "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
        "Manifest", "Command");
    private static final Set<String> REFERENCED = Set.of("Secret", "ConfigMap", "ServiceAccount", "PersistentVolumeClaim", "Service");
    private static final Comparator<Cause> ORDER = Comparator.comparing(Cause::severity).thenComparing(c -> !c.blocksAgent())
        .thenComparing(c -> -c.affected()).thenComparing(c -> c.basis().equals("inferred"))
        .thenComparing(c -> -c.confidence()).thenComparing(Cause::firstSeen)
        .thenComparing(c -> c.code().name()).thenComparing(c -> c.object().kind())
        .thenComparing(c -> c.object().name()).thenComparing(Cause::container);
    /** Progress is a cause only where nothing is broken; else it is a warning, as advice is. */
    DiagnosisReport report(List<Root> roots, List<Finding> advice) {
        var all = roots.stream().map(this::cause).sorted(ORDER).toList();
        var faults = all.stream().filter(c -> c.code().role != Code.Role.PROGRESS).toList();
        var blocking = faults.stream().anyMatch(c -> c.severity() != Code.Severity.degraded);
        var shown = blocking ? faults : all;
        var warnings = new ArrayList<Warning>();
        advice.forEach(f -> warnings.add(new Warning(f.code(), f.object().toString(), f.code().text)));
        all.stream().filter(c -> blocking && c.code().role == Code.Role.PROGRESS)
            .forEach(c -> warnings.add(new Warning(c.code(), c.object().toString(), c.fix().text())));
        var unexplained = unexplained(roots);
        var known = shown.isEmpty() && !seen.snapshot.knows("Pod") && !unready.isEmpty() ? List.of(cause(unavailable())) : shown;
        var causes = IntStream.range(0, known.size()).mapToObj(i -> known.get(i).numbered("rc" + (i + 1))).toList();
        return new DiagnosisReport(causes, unexplained, List.copyOf(warnings), seen.snapshot.limited(),
            Summary.disposition(causes, unexplained), Summary.sentence(causes, unexplained, unready));
    }

    private Repairs repairs() {
        return new Repairs(seen.snapshot);
    }

    private Root unavailable() {
        var limits = seen.snapshot.limited().isEmpty() ? List.of("pods: not read") : seen.snapshot.limited();
        var at = new Ref("Namespace", seen.snapshot.namespace());
        return new Root("", List.of(Finding.of(Code.DIAGNOSIS_UNAVAILABLE, at, at, seen.snapshot.at(),
            limits.stream().map(l -> Evidence.status("namespace/" + seen.snapshot.namespace(), "", l)).toList())), Map.of());
    }

    private List<Unexplained> unexplained(List<Root> roots) {
        var explained = new HashSet<Ref>();
        roots.forEach(r -> {
            r.findings().forEach(f -> explained.add(f.owner()));
            explained.addAll(r.explains().keySet());
        });
        return unready.stream().filter(u -> !explained.contains(u)).map(u -> {
            var own = findings.stream().filter(f -> f.owner().equals(u) && f.code() != Code.STS_HEADLESS_SVC_MISSING).findFirst();
            var message = workloads.stream().filter(w -> u.equals(Ref.of(w)))
                .map(Workload::message).findFirst().orElse("");
            return new Unexplained(u.toString(), own.map(Finding::code).orElse(Code.UNKNOWN), message);
        }).filter(u -> u.code() != Code.SVC_NO_READY_ENDPOINTS).toList(); // the workload behind it stands there too
    }

    private Cause cause(Root root) {
        var findings = root.findings().stream().sorted(Comparator.comparing((Finding f) -> !unready.contains(f.owner()))
            .thenComparing(Finding.ORDER)).toList();
        var f = findings.get(0);
        var affected = new TreeSet<>(root.explains().keySet());
        findings.forEach(x -> affected.add(x.owner()));
        affected.retainAll(unready);
        var first = findings.stream().map(Finding::since).min(Comparator.naturalOrder()).orElse(seen.snapshot.at());
        var facts = Facts.of(seen, needs, findings);
        var candidates = Candidates.of(seen, needs, f);
        return new Cause("", fingerprint(f), f.code(), f.code().family, f.code().severity(!affected.isEmpty()),
            ref(f.object()), ref(f.owner()), f.container(), inferred(f) ? "inferred" : "observed", confidence(f), params(findings),
            facts, candidates, repairs().fix(f, facts, candidates), repairs().next(f), evidence(findings), excerpt(f),
            explains(findings, root),
            oldRevisionServing(f), affected.contains(agent), affected.size(), time(first));
    }

    private List<Symptom> explains(List<Finding> findings, Root root) {
        var f = findings.get(0);
        var explains = new ArrayList<Symptom>();
        var same = findings.stream().map(Finding::owner).filter(n -> !n.equals(f.owner()))
            .collect(Collectors.toCollection(LinkedHashSet::new));
        same.forEach(n -> explains.add(new Symptom(n.toString(), f.code(), List.of("same cause"), 0)));
        root.explains().forEach((node, trail) -> {
            if (!node.equals(f.owner()) && !same.contains(node)) {
                explains.add(new Symptom(node.toString(), symptom(node), trail.via(), trail.hops()));
            }
        });
        explains.sort(Comparator.comparing(Symptom::hops).thenComparing(Symptom::object));
        return explains;
    }

    private Code symptom(Ref node) {
        return byOwner.getOrDefault(node, List.of()).stream().min(Comparator.comparing(f -> f.code().role != Code.Role.SYMPTOM))
            .map(Finding::code).orElse(Code.UNKNOWN);
    }

    /** What is a symptom of something else was not seen at its cause. */
    private static boolean inferred(Finding f) {
        return f.basis().inferred || f.code().role == Code.Role.SYMPTOM;
    }

    private static double confidence(Finding f) {
        if (f.basis() == Basis.WEAK || f.code().role == Code.Role.SYMPTOM) {
            return 0.5;
        }
        if (f.basis().inferred) {
            return 0.7;
        }
        var sources = f.evidence().stream().map(Evidence::source).collect(Collectors.toSet());
        return sources.stream().anyMatch(s -> s.matches("status|condition|spec|apply")) && !sources.contains("log") ? 0.98 : 0.9;
    }

    private Map<String, String> params(List<Finding> findings) {
        var f = findings.get(0);
        var params = new TreeMap<>(f.params());
        params.put("pod", f.pod());
        if (!f.objectKind().equals(f.ownerKind())) {
            var kind = f.objectKind();
            params.put("referencedBy", findings.stream().map(x -> x.owner().toString())
                .distinct().sorted().collect(Collectors.joining(", ")));
            var other = kind.equals("ConfigMap") ? "Secret" : kind.equals("Secret") ? "ConfigMap" : "";
            seen.snapshot.find(other, f.objectName()).ifPresent(o -> params.put("otherKind", Ref.of(o).toString()));
            if (REFERENCED.contains(kind) && seen.snapshot.find(kind, f.objectName()).isEmpty()) {
                params.merge("nearMiss", NearMiss.of(f.objectName(), seen.snapshot.all(kind)), (told, near) -> near.isEmpty()
                    ? told : near);
            }
        }
        params.values().removeIf(String::isEmpty);
        return params;
    }

    private String fingerprint(Finding f) {
        return Sha256.of(String.join("|", f.code().name(), f.objectKind(), seen.snapshot.namespace(), f.objectName())
            .getBytes(StandardCharsets.UTF_8));
    }

    private ObjectRef ref(Ref o) {
        var known = seen.snapshot.find(o.kind(), o.name())
            .or(() -> seen.snapshot.custom().filter(c -> Ref.of(c).equals(o)).findFirst()).map(Obj::apiVersion).filter(v -> !v.isEmpty())
            .or(() -> seen.snapshot.applied(o.kind(), o.name()).map(a -> a.object().apiVersion()))
            .or(() -> VERSIONS.entrySet().stream().filter(v -> v.getValue().contains(o.kind())).map(Map.Entry::getKey).findFirst());
        return new ObjectRef(known.orElse("v1"), o.kind(), GLOBAL.contains(o.kind()) ? "" : seen.snapshot.namespace(), o.name());
    }

    private List<Proof> evidence(List<Finding> findings) {
        var said = new HashSet<String>();
        return findings.stream().flatMap(f -> f.evidence().stream().map(e -> proof(f, e))).distinct()
            // the pods of one workload print the same line, each with its own time
            .filter(p -> !p.source().equals("log") || said.add(p.message().replaceAll("\\d+", "0"))).limit(EVIDENCE).toList();
    }

    /** As the cluster writes times. */
    private static String time(Instant at) {
        return at.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** What a status says, it says at the moment of the snapshot; since when is known where the object tells it. */
    private Proof proof(Finding f, Evidence e) {
        var first = e.firstSeen().isEmpty() && !e.source().equals("log") ? time(f.since()) : e.firstSeen();
        var last = e.lastSeen().isEmpty() && e.source().matches("status|condition|spec") ? time(seen.snapshot.at()) : e.lastSeen();
        return new Proof(e.source(), e.path(), e.reason(), e.message(), e.count(),
            first, last, true, Phrase.ORDERS.occurs(e.message()));
    }

    private Excerpt excerpt(Finding f) {
        var log = seen.snapshot.logs().get(f.pod() + "/" + repairs().container(f));
        if (log == null || log.lines().isEmpty()) {
            return null;
        }
        var lines = LogReading.excerpt(log.lines());
        return new Excerpt(log.pod(), log.container(), log.previous(), lines, lines.size(), log.lines().size(),
            lines.stream().anyMatch(Phrase.ORDERS::occurs));
    }

    private boolean oldRevisionServing(Finding f) {
        return f.owner().is("Deployment") && seen.snapshot.find(f.ownerKind(), f.ownerName()).isPresent()
            && old.contains(f.owner());
    }
}
