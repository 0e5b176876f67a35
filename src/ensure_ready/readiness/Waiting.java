package ensure_ready.readiness;

import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.cluster.Watch;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Findings;
import ensure_ready.model.Applied;
import ensure_ready.model.Deadline;
import ensure_ready.model.Kind;
import ensure_ready.model.Obj;
import ensure_ready.model.Outcome;
import ensure_ready.model.Snapshot;
import ensure_ready.model.Topic;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The wait itself: watches, judges at each change, and ends when the outcome is proven, certain, or the time is up. */
public final class Waiting {
    /** Events that only tell that all goes well; they are most of what a namespace says. */
    private static final String EVENTS = Stream.of("Scheduled", "Pulled", "Created", "Started", "SuccessfulCreate", "SuccessfulDelete",
        "ScalingReplicaSet", "Completed")
        .map(reason -> "reason!=" + reason).collect(Collectors.joining(",", "&fieldSelector=", ""));
    private static final Duration DEBOUNCE = Duration.ofMillis(100);
    private static final Duration TICK = Duration.ofSeconds(5);
    private static final Duration LIVE_READ = Duration.ofSeconds(10);
    /** Rights are given by objects too, and may come a moment after the namespace. */
    private static final Duration FORBIDDEN_GRACE = Duration.ofSeconds(10);
    private final Api api;
    private final String namespace;
    private final List<Applied> applied;
    private final WaitSettings settings;
    private final Consumer<Judgement> progress;
    private final Semaphore changes = new Semaphore(0);
    private final Instant started = Instant.now();
    private final long startedNanos = System.nanoTime();
    private Duration debounce = DEBOUNCE;
    private long looked;
    public volatile Judgement last;

    public Waiting(Api api, String namespace, List<Applied> applied, WaitSettings settings, Consumer<Judgement> progress) {
        this.api = api;
        this.namespace = namespace;
        this.applied = List.copyOf(applied);
        this.settings = settings;
        this.progress = progress;
        last = Judgement.of(Outcome.timeout, Verdict.NOTHING, snapshot(Map.of(), List.of()), List.of());
    }

    /** What was known last; for the interrupt. */
    public Judgement last() {
        return last;
    }

    /** Waits until ready, certainly failed, or the deadline. Infrastructure trouble is an outcome, never an exception. */
    public Judgement run(Deadline deadline) {
        try (var watch = new Watch(api, changes::release)) {
            start(watch);
            var seen = Sightings.NONE;
            while (!deadline.passed()) {
                var complete = watch.complete(); // asked before the look: a list that comes in between is not in it
                var view = look(watch.objects(), watch);
                follow(watch, view);
                seen = complete ? seen.next(view.verdict(), view.relevant(), view.family(), settings.appliedSince(), now())
                    : Sightings.NONE;
                if (concluded(view, complete, watch, seen, deadline)) {
                    return last;
                }
                pause(view, seen, deadline);
            }
            return publish(last.with(atDeadline(watch)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return last;
        }
    }

    /** One list a type, judged; no wait, no settling. */
    public Judgement once() {
        try (var watch = new Watch(api, changes::release)) {
            start(watch);
            var until = Deadline.in(LIVE_READ);
            var view = look(watch.objects(), watch);
            do {
                changes.tryAcquire(DEBOUNCE.toMillis(), TimeUnit.MILLISECONDS);
                view = look(watch.objects(), watch);
                follow(watch, view);
            } while (!watch.complete() && !until.passed());
            view = look(watch.objects(), watch); // the list that came last is not in the look before it
            var outcome = watch.complete() && !watch.forbidden() && view.verdict().ready() ? Outcome.ready : atDeadline(watch);
            return publish(Judgement.of(outcome, view.verdict(), view.snapshot(), List.of()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return last;
        }
    }

    private boolean concluded(View view, boolean complete, Watch watch, Sightings seen, Deadline deadline) {
        last = Judgement.of(Outcome.timeout, view.verdict(), view.snapshot(), List.of());
        if (complete) {
            progress.accept(last); // before, a type that is not read yet would look like one that has nothing
        }
        if (watch.forbidden()) {
            return Duration.between(started, now()).compareTo(FORBIDDEN_GRACE) > 0 && publish(last.with(Outcome.forbidden)) != null;
        }
        if (!complete) {
            return false;
        }
        boolean ready = view.verdict().ready() && seen.settled(now());
        if (!ready && (!settings.failFast() || certain(view, seen).isEmpty())) {
            return false;
        }
        return live(watch, deadline).filter(fresh -> ready ? provenReady(fresh, seen) : provenFailed(fresh, seen)).isPresent();
    }

    private boolean provenReady(View fresh, Sightings seen) {
        boolean proven = fresh.verdict().ready() && fresh.verdict().restarts() <= seen.restarts();
        publish(Judgement.of(proven ? Outcome.ready : Outcome.timeout, fresh.verdict(), fresh.snapshot(), List.of()));
        return proven;
    }

    private boolean provenFailed(View fresh, Sightings seen) {
        var certain = certain(fresh, seen);
        publish(Judgement.of(certain.isEmpty() ? Outcome.timeout : Outcome.failed, fresh.verdict(), fresh.snapshot(), certain));
        return !certain.isEmpty();
    }

    private List<Finding> certain(View view, Sightings seen) {
        return Certainty.certain(view.relevant(), view.family(), view.verdict(), seen, settings, now());
    }

    /** The caches may be behind: an end is told only of what a fresh read of everything shows. Empty when the server does not answer. */
    private Optional<View> live(Watch watch, Deadline deadline) {
        try {
            return Optional.of(look(watch.read(deadline.atMost(LIVE_READ).left()), watch));
        } catch (ApiError e) {
            return Optional.empty();
        }
    }

    private Outcome atDeadline(Watch watch) {
        return watch.forbidden() || watch.unauthorized() ? Outcome.forbidden : watch.away() ? Outcome.no_cluster : Outcome.timeout;
    }

    /** Everything that follows from the objects; what is ready needs no explanation. */
    private View look(Map<String, List<Obj>> objects, Watch watch) {
        long begin = System.nanoTime();
        var snapshot = snapshot(objects, watch.limited());
        var family = new Family(snapshot, watch.statusless(), Map.of(), watch.gone());
        var verdict = Verdicts.of(family, settings);
        var relevant = List.<Finding>of();
        if (!verdict.ready() && !verdict.workloads().isEmpty()) {
            var findings = new ArrayList<>(Findings.of(snapshot));
            family = new Family(snapshot, watch.statusless(), Words.of(findings), watch.gone());
            verdict = Verdicts.of(family, settings);
            findings.addAll(Preflight.missing(family, applied));
            relevant = Certainty.relevant(findings, verdict, family);
        }
        var cost = Duration.ofNanos(3 * (System.nanoTime() - begin));
        debounce = cost.compareTo(DEBOUNCE) > 0 ? cost : DEBOUNCE;
        looked = System.nanoTime();
        return new View(snapshot, family, verdict, relevant);
    }

    private Snapshot snapshot(Map<String, List<Obj>> objects, List<String> limited) {
        return new Snapshot(namespace, now(), objects, applied, Map.of(), limited);
    }

    private Judgement publish(Judgement judgement) {
        last = judgement;
        progress.accept(judgement);
        return judgement;
    }

    /**
     * Sleeps until something changes, a rule of time is due, or the deadline. The first change is judged at once, those that follow
     * together.
     */
    private void pause(View view, Sightings seen, Deadline deadline) throws InterruptedException {
        var wake = Stream.of(seen.due(now()), Certainty.due(view.relevant(), view.family(), view.verdict(), seen, now()))
            .flatMap(Optional::stream)
            .map(due -> Duration.between(now(), due)).min(Comparator.naturalOrder()).filter(d -> d.compareTo(TICK) < 0).orElse(TICK);
        if (changes.tryAcquire(Math.max(1, deadline.atMost(wake).left().toMillis()), TimeUnit.MILLISECONDS)) {
            var rest = debounce.minusNanos(System.nanoTime() - looked);
            Thread.sleep(deadline.atMost(rest.isNegative() ? Duration.ZERO : rest).left().toMillis());
            changes.drainPermits();
        }
    }

    /** The wall clock at the start plus monotonic time: a clock that is set meanwhile ends no grace. */
    private Instant now() {
        return started.plusNanos(System.nanoTime() - startedNanos);
    }

    /** The types that every wait needs, in each namespace that the manifests name, and the types that were applied. */
    private void start(Watch watch) {
        watch.follow(new Topic(Kind.NAMESPACE, null, "&fieldSelector=metadata.name=" + namespace, false));
        var namespaces = Stream.concat(Stream.of(namespace), applied.stream().map(a -> a.object().namespace())
            .filter(name -> !name.isEmpty())).distinct().toList();
        for (var name : namespaces) {
            List.of(Kind.POD, Kind.DEPLOYMENT, Kind.REPLICA_SET, Kind.STATEFUL_SET, Kind.DAEMON_SET, Kind.JOB, Kind.PVC)
                .forEach(kind -> watch.follow(Topic.of(kind, name)));
            watch.follow(new Topic(Kind.EVENT, name, EVENTS, false));
        }
        applied.stream().map(Applied::object)
            .filter(o -> Readiness.judged(o) && !(Readiness.builtIn(o) && Readiness.WORKLOADS.contains(o.kind())
            && !o.kind().equals("ReplicationController")))
            .forEach(o -> watch.seek(o, o.namespace().isEmpty() ? namespace : o.namespace()));
        if (applied.stream().anyMatch(a -> a.object().kind().equals("Service") || a.object().kind().endsWith("WebhookConfiguration"))) {
            namespaces.forEach(name -> watch.follow(Topic.of(Kind.ENDPOINT_SLICE, name)));
        }
    }

    /** Names of Secrets and the like are asked for only where something refers to them, and never their content. */
    private void follow(Watch watch, View view) {
        for (var name : Preflight.kinds(view.family(), applied)) {
            switch (name) {
                case "Secret" -> watch.follow(new Topic(Kind.SECRET, namespace, "", true));
                case "ConfigMap" -> watch.follow(new Topic(Kind.CONFIG_MAP, namespace, "", true));
                case "ServiceAccount" -> watch.follow(new Topic(Kind.SERVICE_ACCOUNT, namespace, "", true));
                case "StorageClass" -> watch.follow(Topic.of(Kind.STORAGE_CLASS, null));
                default -> { }
            }
        }
    }

    /** One look at the namespace. */
    private record View(Snapshot snapshot, Family family, Verdict verdict, List<Finding> relevant) { }
}
