package ensure_ready.diagnosis;

import ensure_ready.catalogue.Basis;
import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Phrase;
import ensure_ready.catalogue.Rule;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Findings;
import ensure_ready.findings.Observed;
import ensure_ready.model.Ref;
import ensure_ready.model.Result;
import ensure_ready.model.Snapshot;
import ensure_ready.model.State;
import ensure_ready.model.Workload;
import ensure_ready.readiness.CustomStatus;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Texts;

/**
 * From findings to root causes. What an object says of itself is a cause, a symptom or progress; a symptom is explained by the causes that
 * its edges lead to; what nothing explains stays visible. Pure, and the same bytes for the same snapshot whatever the order of its lists.
 */
public record Diagnosis(Observed seen, List<Workload> workloads, Ref agent, Dependencies needs) {
    /** The causes of what is not ready; {@code agentDeployment} is judged too, though it does not gate. */
    public static DiagnosisReport explain(Snapshot snapshot, List<Workload> workloads, String agentDeployment) {
        var seen = new Observed(snapshot);
        return new Diagnosis(seen, workloads, new Ref("Deployment", agentDeployment), new Dependencies(seen.snapshot)).explain();
    }

    /** What is said when explaining itself failed: that the causes are not known, never that there are none. */
    public static DiagnosisReport unavailable(Snapshot snapshot, List<Workload> workloads, Throwable why) {
        var limited = Stream.concat(snapshot.limited().stream(),
            Stream.of("diagnosis: " + Texts.line(why.toString()) + "; please report it")).toList();
        return explain(new Snapshot(snapshot.namespace(), snapshot.at(), Map.of(), List.of(), Map.of(), limited), workloads, "");
    }

    private DiagnosisReport explain() {
        var local = Findings.all(seen);
        var unready = unready(local);
        var told = Stream.of(local.stream(), new ServiceFindings(seen, needs, unready).find(), new IngressFindings(seen).find(),
            new ScalingFindings(seen, needs).find(), new AccessFindings(seen, agent).find()).flatMap(s -> s).toList();
        var understood = new Connections(seen, needs, unready).understand(told);
        var settings = new SettingFindings(seen, needs, understood.findings(), unready).find();
        var all = Stream.concat(understood.findings().stream().map(f -> leaning(f, settings)), settings.stream()).distinct()
            .sorted(Finding.ORDER).toList();
        var judged = workloads.stream().filter(w -> w.state() != State.unverified && !w.kind().equals("Service"))
            .map(Ref::of).collect(Collectors.toSet()); // a Service is well also where nobody stands behind it
        var graph = new Graph(seen, unready, all.stream().filter(f -> matters(f, unready, judged)).toList(),
            Stream.concat(needs.edges().stream(), understood.edges().stream()).toList());
        var roots = new Roots(graph).find();
        var causes = roots.stream().flatMap(r -> r.findings().stream()).collect(Collectors.toSet());
        var made = seen.snapshot.custom().filter(o -> CustomStatus.made(o, seen.snapshot)).map(Ref::of).collect(Collectors.toSet());
        return Reporting.of(seen, needs, all, unready, workloads, agent).report(roots,
            all.stream().filter(f -> advice(f, unready) && !causes.contains(f) && !made.contains(f.owner())).toList());
    }

    /** A general error of talking to another is explained by an address of the same workload that cannot be right. */
    private static Finding leaning(Finding f, List<Finding> settings) {
        return f.code() == Code.CRASH_APP_ERROR && f.evidence().stream().anyMatch(e -> Phrase.TALKS.occurs(e.message()))
            && settings.stream().anyMatch(s -> s.code() == Code.ENV_PORT_MISMATCH && s.owner().equals(f.owner())) ? f.with(Basis.WEAK) : f;
    }

    /** What must be explained: what the judge calls unready, what was not applied, and the agent's own Deployment. */
    private Set<Ref> unready(List<Finding> local) {
        var unready = workloads.stream().filter(w -> w.state() == State.progressing || w.state() == State.failed)
            .map(Ref::of).collect(Collectors.toCollection(TreeSet::new));
        seen.snapshot.applied().stream().filter(a -> a.result() == Result.failed).forEach(a -> unready.add(Ref.of(a.object())));
        if (workloads.isEmpty()) {
            local.stream().filter(f -> f.code().role == Code.Role.CAUSE || f.code().role == Code.Role.SYMPTOM)
                .forEach(f -> unready.add(f.owner()));
        }
        var own = needs.workloads().get(agent);
        if (own != null && (local.stream().anyMatch(f -> f.owner().equals(agent) && f.code().role != Code.Role.PROGRESS)
            || own.number("/status/readyReplicas", 0) < own.number("/spec/replicas", 1))) {
            unready.add(agent);
        }
        return unready;
    }

    /** A workload that is ready needs no explanation, whatever happened to a pod of it before; faults of wiring are told all the same. */
    private static boolean matters(Finding f, Set<Ref> unready, Set<Ref> judged) {
        return !f.code().has(Rule.ADVICE) && (unready.contains(f.owner()) || !judged.contains(f.owner()) || f.code().has(Rule.STATIC));
    }

    private static boolean advice(Finding f, Set<Ref> unready) {
        return f.code().has(Rule.ADVICE) || !unready.contains(f.owner())
            && (f.code() == Code.STS_HEADLESS_SVC_MISSING || f.code() == Code.JOB_SUSPENDED || f.code() == Code.ROLLOUT_PAUSED
            || f.code() == Code.JOB_FAILED && f.owner().is("CronJob") || f.code().family == Code.Family.CUSTOM);
    }
}
