package ensure_ready.certainty;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Rule;
import ensure_ready.diagnosis.Merge;
import ensure_ready.findings.Finding;
import ensure_ready.model.Kinds;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import ensure_ready.model.Snapshot;
import ensure_ready.model.Workload;
import ensure_ready.readiness.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import shared.Json;

/** What the wait remembers from one judgement to the next; folded by {@link #next}, so that time is an argument. */
public record WaitMemory(Instant readySince, long restarts, List<String> gating,
    Duration settle, Map<String, Seen> findings, Map<String, CrashCount> crashes,
    Set<String> jobs, Instant jobEnded, Instant certainSince) {
    public static final WaitMemory NONE =
        new WaitMemory(null, 0, List.of(), Duration.ZERO, Map.of(), Map.of(), Set.of(), Instant.EPOCH, null);
    /** For how long after the verdict is certain the others may still tell causes of their own. */
    private static final Duration LEARNING = Duration.ofSeconds(45);
    /** A finding that is away for a moment only (a kubelet tries again) has not healed. */
    private static final Duration BLINK = Duration.ofSeconds(5);
    /** A kubelet looks at its containers every second. */
    private static final Duration PROMPT = Duration.ofSeconds(2);
    private static final Duration AT_MOST_BEHIND = Duration.ofSeconds(60);
    /** By how much the clocks of this machine and of the cluster may differ. */
    private static final Duration SKEW = Duration.ofSeconds(10);

    /**
     * @param counting     the findings whose grace runs
     * @param appliedSince when the apply began; null when nothing was applied
     */
    public WaitMemory next(Verdict verdict, List<Finding> counting, Snapshot snapshot, Instant appliedSince, Instant now) {
        var refs = verdict.workloads().stream().map(Workload::ref).toList();
        boolean same = readySince != null && verdict.restarts() == restarts && refs.equals(gating);
        var running = verdict.runningJobs().map(Workload::name).collect(Collectors.toSet());
        return new WaitMemory(!verdict.ready() ? null : same ? readySince : now, verdict.restarts(),
            refs, verdict.ready() ? settle(verdict, snapshot) : Duration.ZERO, seen(counting, snapshot, now),
            crashed(snapshot, appliedSince),
            running, running.containsAll(jobs) ? jobEnded : now, certainSince);
    }

    /** The same with what the verdict is now: {@code certain} that it never becomes ready, or open (again). */
    public WaitMemory judged(boolean certain, Instant now) {
        return new WaitMemory(readySince, restarts, gating, settle, findings, crashes, jobs, jobEnded,
            !certain ? null : certainSince == null ? now : certainSince);
    }

    /** Readiness that is older than this look, as the cluster's own times prove. */
    WaitMemory readyFor(Duration proven, Instant now) {
        var since = now.minus(proven);
        return readySince == null || !since.isBefore(readySince) ? this
            : new WaitMemory(since, restarts, gating, settle, findings, crashes, jobs, jobEnded, certainSince);
    }

    boolean learned(Instant now) {
        return !now.isBefore(certainSince.plus(LEARNING));
    }

    /**
     * Without a readiness probe a container counts as ready as soon as it runs, so it must run longer to be believed;
     * operators make their objects one after the other.
     */
    private static Duration settle(Verdict verdict, Snapshot snapshot) {
        boolean operators = verdict.workloads().stream()
            .anyMatch(w -> !Kinds.WORKLOADS.contains(w.kind()) && !Kinds.ALSO_JUDGED.contains(w.kind()));
        return verdict.unprobed() ? Duration.ofSeconds(10).plus(behind(snapshot)) : Duration.ofSeconds(operators ? 5 : 3);
    }

    /**
     * What a busy node's kubelet needs more, in which an exit is told as late as the start was: twice of what its slowest report of these
     * pods came later than {@link #PROMPT}. Nothing in the API says how old a status is; leases and conditions of a node are renewed
     * whether or not its pods are looked at.
     */
    private static Duration behind(Snapshot snapshot) {
        var late = snapshot.all("Pod").stream().filter(p -> snapshot.own(p) && !p.deleting()).map(Pods::startToldAfter)
            .reduce(PROMPT, (a, b) -> a.compareTo(b) > 0 ? a : b).minus(PROMPT).multipliedBy(2);
        return late.compareTo(AT_MOST_BEHIND) > 0 ? AT_MOST_BEHIND : late;
    }

    /** Nothing is judged while nothing changes, so what is there now and was there the last time was there all the time. */
    private Map<String, Seen> seen(List<Finding> relevant, Snapshot snapshot, Instant now) {
        var seen = new HashMap<>(findings);
        Stream.concat(relevant.stream().map(WaitMemory::key), snapshot.all("Pod").stream().flatMap(WaitMemory::pulls))
            .forEach(key -> seen.merge(key, new Seen(now, now), (before, fresh) -> new Seen(before.first(), now)));
        seen.values().removeIf(s -> !s.last().plus(BLINK).isAfter(now));
        return seen;
    }

    private Map<String, CrashCount> crashed(Snapshot snapshot, Instant appliedSince) {
        var crashed = new HashMap<String, CrashCount>();
        for (var pod : snapshot.all("Pod")) {
            for (var c : Pods.containers(pod)) {
                long restarts = c.path("restartCount").asLong(0);
                if (restarts > 0) {
                    var key = CrashCount.key(pod, Json.text(c, "name"));
                    int exit = c.at("/lastState/terminated/exitCode").asInt(c.at("/state/terminated/exitCode").asInt(-1));
                    var before = Optional.ofNullable(crashes.get(key))
                        .orElseGet(() -> new CrashCount(baseline(pod, restarts, appliedSince), restarts, exit));
                    crashed.put(key, before.next(restarts, exit));
                }
            }
        }
        return crashed;
    }

    /** What a pod did before the apply does not count against it; without an apply all of it does. */
    private static long baseline(Obj pod, long restarts, Instant appliedSince) {
        boolean older = appliedSince != null && pod.time("/metadata/creationTimestamp")
            .filter(t -> t.isBefore(appliedSince.minus(SKEW))).isPresent();
        return older ? restarts : 0;
    }

    private static String key(Finding f) {
        return String.join("|", f.code().name(), f.objectKind(), f.objectName(), f.ownerKind(), f.ownerName(), f.container());
    }

    /** Containers that began: their registries have served an image since they were seen last. */
    private static Stream<String> pulls(Obj pod) {
        return Pods.specs(pod.at("/spec")).filter(c -> Pods.started(pod, Json.text(c, "name")))
            .map(c -> pulled(Json.text(c, "image")) + CrashCount.key(pod, Json.text(c, "name")));
    }

    private static String pulled(String image) {
        return "pulled|" + Merge.registry(image) + "|";
    }

    private Instant lastPull(String image) {
        return findings.entrySet().stream().filter(e -> e.getKey().startsWith(pulled(image))).map(e -> e.getValue().first())
            .max(Comparator.naturalOrder()).orElse(Instant.EPOCH);
    }

    /**
     * Since when this is so; what a Job may have made is awaited anew from the moment at which the Job ended, a registry that is away
     * from its last success on.
     */
    Instant first(Finding f) {
        var first = Optional.ofNullable(findings.get(key(f))).map(Seen::first).orElse(Instant.MAX.minusSeconds(86_400));
        if (f.code() == Code.IMAGE_REGISTRY_UNREACHABLE) {
            var pull = lastPull(f.param("image"));
            return pull.isAfter(first) ? pull : first;
        }
        return f.code().has(Rule.MAKEABLE) && jobEnded.isAfter(first) ? jobEnded : first;
    }

    public boolean settled(Instant now) {
        return readySince != null && !now.isBefore(readySince.plus(settle));
    }

    /** When a finding was first and last there. */
    public record Seen(Instant first, Instant last) { }

    /** When the settling ends, or the patience with a certain failure, if that is still to come. */
    public Optional<Instant> due(Instant now) {
        return Stream.of(Optional.ofNullable(readySince).map(since -> since.plus(settle)),
            Optional.ofNullable(certainSince).map(since -> since.plus(LEARNING))).flatMap(Optional::stream)
            .filter(at -> at.isAfter(now)).min(Comparator.naturalOrder());
    }
}
