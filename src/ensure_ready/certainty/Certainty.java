package ensure_ready.certainty;

import ensure_ready.catalogue.Basis;
import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Phrase;
import ensure_ready.catalogue.Rule;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Scheduling;
import ensure_ready.model.Applied;
import ensure_ready.model.Evidence;
import ensure_ready.model.Kinds;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.State;
import ensure_ready.model.Workload;
import ensure_ready.readiness.Family;
import ensure_ready.readiness.Verdict;
import ensure_ready.readiness.WaitSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import shared.Json;
import shared.Kubectl;
import tools.jackson.databind.JsonNode;

/**
 * What is certain never to become ready without a change, and after which grace. Pure: what was seen before comes in as {@link WaitMemory}.
 * A false alarm is worse than waiting, so a code without a rule here never ends the wait.
 */
public final class Certainty {
    /** Everything waits this long, so that causes that show up together are told together. */
    private static final Duration TOGETHER = Duration.ofSeconds(2);
    /** When something in the set could still make what is missing. */
    private static final Duration IN_THE_MAKING = Duration.ofSeconds(120);
    /** Without events an autoscaler cannot be seen at work. */
    private static final Duration BLIND = Duration.ofSeconds(60);
    /** What is ready must still get into endpoints and name servers before others can reach it. */
    private static final Duration REACHABLE = Duration.ofSeconds(10);
    /** Custom resources of these groups make nothing that a pod could wait for. */
    private static final Set<String> INERT = Set.of("monitoring.coreos.com", "gateway.networking.k8s.io", "networking.istio.io",
        "security.istio.io", "traefik.io", "autoscaling.k8s.io", "keda.sh");

    /** Findings that stand between a gating workload and being ready now: of its newest revision, and of nothing that already runs. */
    static List<Finding> relevant(List<Finding> findings, Verdict verdict, Family family) {
        var waiting = verdict.workloads().stream().filter(w -> (w.state() == State.progressing || w.state() == State.failed)
            && pending(w, family).isEmpty())
            .collect(Collectors.toMap(Workload::ref, w -> w, (a, b) -> a));
        var relevant = new ArrayList<>(findings.stream().filter(f -> waiting.containsKey(Kubectl.ref(f.ownerKind(), f.ownerName())))
            .filter(f -> ofNewest(f, family)).toList());
        waiting.values().stream().filter(w -> w.state() == State.failed && relevant.stream()
            .noneMatch(f -> f.code().grace != null && about(f, w)))
            .forEach(w -> relevant.add(failed(w, family.snapshot().at())));
        return relevant;
    }

    /** What is still to be applied: what its pods say now is said of what the apply may mend. */
    private static Optional<Applied> pending(Workload w, Family family) {
        return family.snapshot().applied(w.kind(), w.name()).filter(Applied::pending);
    }

    private static boolean about(Finding f, Workload w) {
        return w.kind().equals(f.ownerKind()) && w.name().equals(f.ownerName());
    }

    private static boolean ofNewest(Finding f, Family family) {
        var pod = f.pod();
        return pod.isEmpty() || f.code() == Code.STS_STUCK_REVISION || owner(f, family)
            .map(o -> Ownership.newestPods(family.snapshot(), o).stream().anyMatch(p -> p.name().equals(pod))).orElse(true);
    }

    private static Optional<Obj> owner(Finding f, Family family) {
        return family.snapshot().anywhere(f.ownerKind(), f.ownerName());
    }

    /** A state that is final by itself, though no finding says why. */
    private static Finding failed(Workload w, Instant now) {
        var evidence = new Evidence("status", w.ref(), "", w.message(), 1, "", "");
        var at = Ref.of(w);
        return Finding.of(Code.UNKNOWN, at, at, now, List.of(evidence)).with(Basis.FINAL);
    }

    /** The findings whose grace is over and against which nothing speaks. */
    static List<Finding> certain(List<Finding> relevant, Family family, Verdict verdict,
        WaitMemory seen, WaitSettings settings, Instant now) {
        var waiting = relevant.stream().filter(f -> f.code() == Code.INIT_WAITING && !f.wants().waitsFor().isEmpty()).toList();
        return relevant.stream().filter(f -> {
            var grace = grace(f, family, verdict);
            return grace != null && !now.isBefore(seen.first(f).plus(grace.compareTo(TOGETHER) < 0 ? TOGETHER : grace))
                && !doubtful(f, waiting, family, verdict, seen, settings);
        }).toList();
    }

    /** Whether waiting tells nothing more of this workload: it is not under way, or a finding says already what it lacks. */
    static boolean known(Workload w, List<Finding> relevant, Family family) {
        return w.state() != State.progressing || followsOthers(w, family)
            || pending(w, family).filter(a -> !a.error().isEmpty()).isPresent() || relevant.stream()
            .anyMatch(f -> about(f, w) && f.code().role != Code.Role.PROGRESS
            && f.code() != Code.UNKNOWN && f.code() != Code.SCHED_VOLUME_UNBOUND);
    }

    /** Its pods, which are judged themselves, tell what it waits for. */
    private static boolean followsOthers(Workload w, Family family) {
        return w.kind().equals("Service") || w.kind().equals("PersistentVolumeClaim")
            && family.snapshot().anywhere(w.kind(), w.name()).filter(family::bindsOnFirstConsumer).isPresent();
    }

    /** When the next grace ends; the loop wakes then. */
    static Optional<Instant> due(List<Finding> relevant, Family family, Verdict verdict, WaitMemory seen, Instant now) {
        return relevant.stream().map(f -> Optional.ofNullable(grace(f, family, verdict)).map(seen.first(f)::plus)).flatMap(Optional::stream)
            .filter(now::isBefore).min(Comparator.naturalOrder());
    }

    /** How long this must have been so; null when it never ends the wait. */
    private static Duration grace(Finding f, Family family, Verdict verdict) {
        var code = f.code();
        if (f.basis() == Basis.FINAL) {
            return custom(f, family) ? Duration.ofSeconds(30) : TOGETHER;
        }
        if (code.crashes() > 0) {
            return TOGETHER;
        }
        if (code.grace == null) {
            return null;
        }
        if (code.has(Rule.MAKEABLE) && inTheMaking(f, family, verdict)) {
            return IN_THE_MAKING;
        }
        if (code == Code.IMAGE_REGISTRY_UNREACHABLE && f.evidence().stream().map(Evidence::message)
            .noneMatch(m -> Phrase.NO_HOST.occurs(m) && !Phrase.DNS_DOWN.occurs(m))) {
            return null;
        }
        if (code.has(Rule.PLACEMENT)) {
            return placement(f, family);
        }
        return code.has(Rule.JUDGED_FAILED) && state(f, verdict) != State.failed ? null : code.grace.after();
    }

    private static boolean custom(Finding f, Family family) {
        return family.snapshot().objects().keySet().stream().filter(key -> key.startsWith(f.ownerKind() + "."))
            .anyMatch(key -> family.snapshot().anywhere(key, f.ownerName()).isPresent());
    }

    private static State state(Finding f, Verdict verdict) {
        return verdict.workloads().stream().filter(w -> about(f, w))
            .map(Workload::state).findFirst().orElse(State.progressing);
    }

    /** An operator's resource, or a Job that has not ended: either may make Secrets, ConfigMaps, accounts, claims. */
    private static boolean inTheMaking(Finding f, Family family, Verdict verdict) {
        return family.snapshot().applied().stream().anyMatch(a -> !a.object().builtIn() && !INERT.contains(a.object().group()))
            || verdict.runningJobs().anyMatch(w -> !w.name().equals(f.ownerName()));
    }

    /** A pod that fits nowhere; but a cordoned, drained or starting node among the reasons may open again, and room may be made. */
    private static Duration placement(Finding f, Family family) {
        var reasons = f.evidence().stream().flatMap(e -> Scheduling.codes(e.message().toLowerCase(Locale.ROOT)).stream()).toList();
        if (reasons.stream().anyMatch(code -> !code.has(Rule.PLACEMENT) && code != Code.SCHED_INSUFFICIENT_RESOURCES)) {
            return null;
        }
        var grace = (reasons.contains(Code.SCHED_INSUFFICIENT_RESOURCES) ? Code.SCHED_INSUFFICIENT_RESOURCES : f.code()).grace.after();
        return family.snapshot().knows("Event") || grace.compareTo(BLIND) > 0 ? grace : BLIND;
    }

    /** The findings whose grace runs at present; where it does not, it begins anew later. */
    static List<Finding> counting(List<Finding> relevant, Family family, Verdict verdict) {
        return relevant.stream().filter(f -> counts(f, family, verdict)).toList();
    }

    private static boolean counts(Finding f, Family family, Verdict verdict) {
        if (custom(f, family)) { // its operator tries again, and may only lack what is still starting
            return verdict.workloads().stream().noneMatch(w -> w.state() == State.progressing && Kinds.WORKLOADS.contains(w.kind()));
        }
        return grace(f, family, verdict) != null && !(f.code().has(Rule.ROOM) && shrinking(f, family, verdict));
    }

    private static boolean doubtful(Finding f, List<Finding> waiting, Family family, Verdict verdict, WaitMemory seen,
        WaitSettings settings) {
        if (!counts(f, family, verdict)) {
            return true;
        }
        if (f.basis() == Basis.FINAL) {
            return false;
        }
        var pods = owner(f, family).map(o -> Ownership.newestPods(family.snapshot(), o)).orElse(List.of())
            .stream().filter(p -> !p.deleting() && !Pods.ended(p)).toList();
        if (f.code().crashes() > 0) {
            if (pods.stream().anyMatch(p -> Pods.startsAgain(p, f.container(), f.param("exitCode")))) {
                return true;
            }
            boolean ended = f.ownerKind().equals("Pod") && pods.isEmpty();
            return !ended && (f.ownerKind().equals("Job") || pods.isEmpty() || !steady(f, pods, waiting, family, verdict, seen));
        }
        return switch (f.code()) {
            case IMAGE_NOT_FOUND, IMAGE_AUTH, IMAGE_NOT_FOUND_OR_AUTH, IMAGE_PLATFORM_MISMATCH, IMAGE_REGISTRY_UNREACHABLE,
                IMAGE_PULL_SECRET_MISSING -> f.container().isEmpty() || pods.stream().anyMatch(p -> Pods.started(p, f.container()));
            case SECRET_MISSING, CONFIGMAP_MISSING, PVC_MISSING -> f.pod().isEmpty() && pods.stream()
                .anyMatch(Certainty::anyStarted);
            case CONFIG_KEY_MISSING -> f.pod().isEmpty();
            case ROLLOUT_STUCK -> settings.appliedSince() == null || f.since().isBefore(settings.appliedSince());
            default -> false;
        };
    }

    private static boolean anyStarted(Obj pod) {
        return Pods.containers(pod).stream().anyMatch(c -> Pods.started(pod, Json.text(c, "name")));
    }

    /** There is room again when what is being replaced is gone, or when a Job has ended. */
    private static boolean shrinking(Finding f, Family family, Verdict verdict) {
        return family.snapshot().all("Pod").stream().anyMatch(Obj::deleting)
            || verdict.runningJobs().anyMatch(w -> w.ready() < w.desired() && !w.name().equals(f.ownerName()))
            || owner(f, family).map(o -> family.snapshot().ownedBy("ReplicaSet", o).stream()
            .anyMatch(rs -> rs.number("/spec/replicas", 0) < rs.number("/status/replicas", 0))).orElse(false);
    }

    /**
     * Every pod of the newest revision ended in the same way often enough, and once more after all that it may depend on was ready:
     * programs that end until their database is up are no failure.
     */
    private static boolean steady(Finding f, List<Obj> pods, List<Finding> waiting, Family family, Verdict verdict, WaitMemory seen) {
        int enough = f.code().crashes();
        boolean often = pods.stream().allMatch(p -> Optional.ofNullable(seen.crashes().get(CrashCount.key(p, f.container())))
            .filter(c -> c.times() >= enough).isPresent()
            && !Pods.container(p, f.container()).at("/state/running").isObject());
        return often && (enough == 1
            || triedAgain(family, verdict.workloads().stream().filter(w -> !awaits(w, pods, waiting, family)).toList(), seen));
    }

    /** Its init container waits for a Service of these pods: nothing of it can help them before they are up. */
    private static boolean awaits(Workload w, List<Obj> pods, List<Finding> waiting, Family family) {
        return waiting.stream().filter(f -> about(f, w)).flatMap(f -> f.wants().waitsFor().stream())
            .flatMap(a -> family.snapshot().find("Service", a.host()).stream()).map(s -> s.map("/spec/selector"))
            .anyMatch(s -> !s.isEmpty() && pods.stream().anyMatch(p -> p.labels().entrySet().containsAll(s.entrySet())));
    }

    /** Each container that crashes began once more after the last of those workloads that do not crash had become ready. */
    private static boolean triedAgain(Family family, List<Workload> workloads, WaitMemory seen) {
        var looping = new ArrayList<Obj>();
        var since = Instant.EPOCH;
        for (var w : workloads) {
            var pods = family.snapshot().anywhere(w.kind(), w.name()).map(o -> Ownership.newestPods(family.snapshot(), o))
                .orElse(List.of()).stream().filter(p -> !p.deleting()).toList();
            var crashing = pods.stream().filter(p -> !Pods.ended(p) && Pods.containers(p).stream().anyMatch(c -> crashes(p, c, seen)))
                .toList();
            looping.addAll(crashing);
            if (crashing.isEmpty() && !w.kind().equals("Service")) {
                if (w.state() == State.progressing || w.state() == State.failed) {
                    return false;
                }
                since = pods.stream().map(Pods::settledAt).reduce(since, (a, b) -> a.isAfter(b) ? a : b);
            }
        }
        var reachable = since.plus(REACHABLE);
        return looping.stream()
            .allMatch(p -> Pods.containers(p).stream().filter(c -> crashes(p, c, seen)).allMatch(c -> lastBegin(c).isAfter(reachable)));
    }

    private static boolean crashes(Obj pod, JsonNode container, WaitMemory seen) {
        return !Pods.ready(pod) && Optional.ofNullable(seen.crashes().get(CrashCount.key(pod, Json.text(container, "name"))))
            .filter(c -> c.times() > 0 && c.exitCode() != -1).isPresent();
    }

    /** Begin of the last run that has ended. */
    private static Instant lastBegin(JsonNode container) {
        return Obj.instant(container.at("/state/terminated/startedAt")
            .asString(container.at("/lastState/terminated/startedAt").asString("")))
            .orElse(Instant.EPOCH);
    }
}
