package ensure_ready.findings;

import ensure_ready.catalogue.Code;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.readiness.CustomStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;

/**
 * What workloads say beside their pods: rollouts, revisions, Jobs, and pods that cannot be created. Pure.
 *
 * @param pods what the pods say, which some workloads explain better
 */
public record WorkloadFindings(Observed seen, Refusals refusals, List<Finding> pods) {
    /** What ends a pod, and tells nothing of why its controller cannot make another. */
    private static final Set<Code> PAST = EnumSet.of(Code.NODE_PRESSURE, Code.NODE_NOT_READY, Code.SCHED_PREEMPTED);

    /** What the pods say, less what a workload says better, and what the workloads say. */
    List<Finding> find() {
        var found = new ArrayList<>(pods);
        var explained = pods.stream().filter(WorkloadFindings::cause).map(Finding::owner).collect(Collectors.toSet());
        seen.snapshot.all("Deployment").forEach(d -> found.addAll(deployment(d, explained)));
        seen.snapshot.all("StatefulSet").forEach(s -> {
            var told = statefulSet(s);
            told.stream().filter(f -> f.code() == Code.STS_STUCK_REVISION)
                .forEach(stuck -> found.removeIf(f -> f.owner().equals(stuck.owner()) && f.pod().equals(stuck.pod())));
            found.addAll(told);
        });
        seen.snapshot.all("DaemonSet").forEach(d -> {
            settling(d).ifPresent(found::add);
            found.addAll(refusals.of(d, d,
                d.number("/status/currentNumberScheduled", 0) < d.number("/status/desiredNumberScheduled", 0)));
        });
        seen.snapshot.all("ReplicaSet").stream().filter(rs -> rs.controller().isMissingNode())
            .forEach(rs -> found.addAll(refusals.of(rs, rs, missing(rs))));
        seen.snapshot.all("Job").forEach(j -> found.addAll(job(j)));
        seen.snapshot.all("CronJob").forEach(c -> seen.snapshot.ownedBy("Job", c).stream()
            .max(Comparator.comparing(Obj::created).thenComparing(Obj::name))
            .flatMap(last -> cronJob(c, last)).ifPresent(found::add));
        var refused = found.stream().filter(f -> f.pod().isEmpty() && cause(f)).map(Finding::owner).toList();
        found.removeIf(f -> PAST.contains(f.code()) && refused.contains(f.owner())
            && seen.snapshot.find("Pod", f.pod()).filter(Pods::ended).isPresent());
        return found;
    }

    private static boolean missing(Obj set) {
        return set.number("/status/replicas", 0) < set.number("/spec/replicas", 1);
    }

    private static boolean cause(Finding f) {
        return f.code().role == Code.Role.CAUSE;
    }

    /** {@code explained}: workloads whose pods tell a cause. */
    private List<Finding> deployment(Obj deployment, Set<Ref> explained) {
        var set = seen.newest(deployment);
        var found = new ArrayList<>(set.map(rs -> refusals.of(deployment, rs, missing(rs))).orElse(List.of()));
        var at = Ref.of(deployment);
        if (found.stream().noneMatch(WorkloadFindings::cause) && !explained.contains(at)) {
            refusals.condition(deployment, deployment).ifPresent(found::add);
        }
        var progressing = deployment.condition("Progressing");
        if (Json.text(progressing, "status").equals("False")) {
            found.add(seen.finding(Code.ROLLOUT_STUCK, at, Evidence.condition(deployment, progressing)));
        }
        settling(deployment).ifPresent(found::add);
        if (deployment.is("/spec/paused") && deployment.number("/status/updatedReplicas", 0) < deployment.number("/spec/replicas", 1)) {
            found.add(seen.finding(Code.ROLLOUT_PAUSED, at, Evidence.field(deployment, "spec.paused", "true")));
        }
        return found;
    }

    /** None of its new pods lacks anything, and it moved a moment ago: the next ones are about to follow, or minReadySeconds to pass. */
    private Optional<Finding> settling(Obj workload) {
        var pods = Ownership.newestPods(seen.snapshot, workload).stream().filter(p -> !p.deleting()).toList();
        var young = Code.STILL_PROGRESSING.young + workload.number("/spec/minReadySeconds", 0);
        var moved = Stream.concat(pods.stream().map(p -> Evidence.condition(p, p.condition("Ready"))),
            seen.events(workload, "ScalingReplicaSet", "SuccessfulCreate", "SuccessfulDelete").stream().map(e -> e.evidence(workload)));
        return moved.max(Comparator.comparing(Evidence::lastSeen)).filter(last -> pods.stream().allMatch(Pods::saysReady)
            && !last.lastSeen().isEmpty() && seen.age(Obj.instant(last.lastSeen())) < young)
            .map(last -> seen.finding(Code.STILL_PROGRESSING, Ref.of(workload), last));
    }

    private List<Finding> statefulSet(Obj set) {
        var found = new ArrayList<>(refusals.of(set, set, missing(set)));
        var broken = seen.snapshot.ownedBy("Pod", set).stream().filter(p -> !Pods.saysReady(p)).min(Comparator.comparing(Obj::name));
        settling(set).ifPresent(found::add);
        if (broken.isPresent() && !set.text("/spec/podManagementPolicy").equals("Parallel")) {
            ordered(set, broken.get(), found).ifPresent(found::add);
        }
        return found;
    }

    /** An ordered set waits for its first broken pod, and does not replace it when that is of the old revision. */
    private Optional<Finding> ordered(Obj set, Obj broken, List<Finding> refused) {
        var at = Ref.of(set);
        var update = set.text("/status/updateRevision");
        var old = broken.labels().getOrDefault("controller-revision-hash", update);
        var explained = refused.stream().anyMatch(WorkloadFindings::cause)
            || pods.stream().anyMatch(f -> f.owner().equals(at) && cause(f));
        var due = set.number("/spec/updateStrategy/rollingUpdate/partition", 0) <= ordinal(broken);
        if (!update.isEmpty() && !old.equals(update) && due && explained) {
            return Optional.of(seen.finding(Code.STS_STUCK_REVISION, at, Evidence.field(set, "status.updateRevision",
                update + ", but " + broken.ref() + " is of " + old)).in(broken.name(), ""));
        }
        return !missing(set) ? Optional.empty() : Optional.of(seen.finding(Code.STS_ORDINAL_BLOCKED, at,
            Evidence.field(broken, "status", "not ready; later pods wait for it")).in(broken.name(), ""));
    }

    private Optional<Finding> cronJob(Obj cron, Obj last) {
        var failed = last.condition("Failed");
        if (Obj.isTrue(failed)) {
            return Optional.of(seen.finding(Code.JOB_FAILED, Ref.of(cron), Evidence.condition(last, failed)));
        }
        var began = last.time("/status/startTime");
        return last.number("/status/active", 0) == 0 || seen.age(began) < 3 * period(cron.text("/spec/schedule")) ? Optional.empty()
            : Optional.of(seen.finding(Code.JOB_NEVER_ENDS, Ref.of(cron), Ref.of(cron), began,
                List.of(Evidence.field(last, "status.startTime", last.text("/status/startTime")))));
    }

    /** Seconds between two runs, roughly: 10 minutes at least, a day where the schedule names the hour. */
    private static long period(String schedule) {
        var field = schedule.trim().split("\\s+");
        var every = field.length < 2 ? "" : field[0].startsWith("*") ? field[0] + "m" : field[1].startsWith("*") ? field[1] + "h" : "";
        long times = every.matches("\\*/\\d{1,4}.") ? Long.parseLong(every.replaceAll("\\D", "")) : 1;
        return every.isEmpty() ? schedule.startsWith("@hourly") ? 3600 : 86_400 : Math.max(600, times * (every.endsWith("m") ? 60 : 3600));
    }

    private static long ordinal(Obj pod) {
        var number = pod.name().replaceFirst("^.*-", "");
        return number.matches("\\d{1,9}") ? Long.parseLong(number) : 0;
    }

    private List<Finding> job(Obj job) {
        var failed = job.condition("Failed");
        var target = failed.isMissingNode() ? job.condition("FailureTarget") : failed;
        var at = Ref.of(job);
        var pods = seen.snapshot.ownedBy("Pod", job);
        if (Obj.isTrue(target)) {
            var reason = Json.text(target, "reason");
            var stopped = pods.stream().filter(p -> reason.equals("DeadlineExceeded")).map(Obj::name).findFirst().orElse("");
            return List.of(seen.finding(Code.JOB_FAILED, at, Evidence.condition(job, target))
                .in(stopped, "").with(Map.of("reason", reason)));
        }
        if (job.is("/spec/suspend")) {
            return CustomStatus.holding(job, seen.snapshot).isPresent() ? List.of()
                : List.of(seen.finding(Code.JOB_SUSPENDED, at, Evidence.field(job, "spec.suspend", "true")));
        }
        if (job.number("/status/active", 0) > 0 && job.number("/status/failed", 0) == 0 && pods.stream().anyMatch(Pods::saysReady)) {
            return List.of(seen.finding(Code.STILL_PROGRESSING, at, at, job.time("/status/startTime"),
                List.of(Evidence.field(job, "status.active", "its pod runs"))));
        }
        return refusals.of(job, job, job.number("/status/active", 0) + job.number("/status/succeeded", 0) == 0 && pods.isEmpty());
    }
}
