package ensure_ready.waiting;

import ensure_ready.certainty.Assessment;
import ensure_ready.certainty.Judgement;
import ensure_ready.certainty.WaitMemory;
import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.cluster.Informers;
import ensure_ready.model.Applied;
import ensure_ready.model.Obj;
import ensure_ready.model.Outcome;
import ensure_ready.model.Snapshot;
import ensure_ready.readiness.Verdict;
import ensure_ready.readiness.WaitSettings;
import ensure_ready.system.Deadline;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The wait itself: judges at each change, and ends when the outcome is proven, certain, or the time is up. */
public final class SoftWait {
    private static final Duration DEBOUNCE = Duration.ofMillis(100);
    private static final Duration TICK = Duration.ofSeconds(5);
    /** However late it is, everything is looked at once. */
    private static final Duration LAST_LOOK = Duration.ofSeconds(5);
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
    private volatile Judgement last;

    public SoftWait(Api api, String namespace, List<Applied> applied, WaitSettings settings, Consumer<Judgement> progress) {
        this.api = api.within(Deadline.now());
        this.namespace = namespace;
        this.applied = List.copyOf(applied);
        this.settings = settings;
        this.progress = progress;
        last = new Judgement(Outcome.timeout, Verdict.NOTHING, snapshot(Map.of(), List.of()), List.of());
    }

    /** What was known last; for the interrupt. */
    public Judgement last() {
        return last;
    }

    /** Waits until ready, certainly failed, or the deadline. Infrastructure trouble is an outcome, never an exception. */
    public Judgement run(Deadline deadline) {
        try (var informers = started()) {
            var memory = WaitMemory.NONE;
            var late = deadline.left().toSeconds() > 0 ? deadline : Deadline.in(LAST_LOOK);
            while (!deadline.passed() || !informers.complete() && !late.passed()) {
                var complete = informers.complete(); // asked before the look: a list that comes in between is not in it
                var seen = followed(look(informers.objects(), informers), informers);
                memory = complete ? seen.remembered(memory, settings, now()) : WaitMemory.NONE;
                if (concluded(seen, complete, informers, memory, deadline)) {
                    return last;
                }
                pause(seen, memory, deadline.passed() ? late : deadline);
            }
            var seen = look(informers.objects(), informers);
            return publish(seen.judgement(atDeadline(informers), List.of()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return last;
        }
    }

    /** One list a type, judged; no wait, no settling. */
    public Judgement once() {
        try (var informers = started()) {
            var until = Deadline.in(LIVE_READ);
            followed(look(informers.objects(), informers), informers);
            do {
                changes.tryAcquire(DEBOUNCE.toMillis(), TimeUnit.MILLISECONDS);
                followed(look(informers.objects(), informers), informers);
            } while (!informers.complete() && !until.passed());
            var seen = look(informers.objects(), informers); // the list that came last is not in the look before it
            var ready = informers.complete() && !informers.forbidden() && seen.verdict().ready();
            return publish(seen.judgement(ready ? Outcome.ready : atDeadline(informers), List.of()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return last;
        }
    }

    /** The types that every wait needs, and the types that were applied. */
    private Informers started() {
        var informers = new Informers(api, changes::release);
        FollowedTypes.always(namespace, applied).forEach(informers::follow);
        FollowedTypes.sought(applied).forEach(o -> informers.seek(o, o.namespace().isEmpty() ? namespace : o.namespace()));
        informers.sweep(namespace);
        return informers;
    }

    private Assessment followed(Assessment seen, Informers informers) {
        FollowedTypes.referred(seen.snapshot()).forEach(informers::follow);
        FollowedTypes.owners(seen.snapshot()).forEach(o -> informers.seek(o, namespace));
        return seen;
    }

    private boolean concluded(Assessment seen, boolean complete, Informers informers, WaitMemory memory, Deadline deadline) {
        last = seen.judgement(Outcome.timeout, List.of());
        if (complete) {
            progress.accept(last); // before, a type that is not read yet would look like one that has nothing
        }
        if (informers.forbidden()) {
            return Duration.between(started, now()).compareTo(FORBIDDEN_GRACE) > 0 && publish(last.with(Outcome.forbidden)) != null;
        }
        if (!complete) {
            return false;
        }
        boolean ready = seen.verdict().ready() && memory.settled(now());
        if (!ready && (!settings.failFast() || seen.certain(memory, settings, now()).isEmpty())) {
            return false;
        }
        return live(informers, deadline).filter(fresh -> ready ? provenReady(fresh, memory) : provenFailed(fresh, memory)).isPresent();
    }

    private boolean provenReady(Assessment fresh, WaitMemory memory) {
        boolean proven = fresh.verdict().ready() && fresh.verdict().restarts() <= memory.restarts();
        publish(fresh.judgement(proven ? Outcome.ready : Outcome.timeout, List.of()));
        return proven;
    }

    private boolean provenFailed(Assessment fresh, WaitMemory memory) {
        var certain = fresh.certain(memory, settings, now());
        publish(fresh.judgement(certain.isEmpty() ? Outcome.timeout : Outcome.failed, certain));
        return !certain.isEmpty();
    }

    /** The caches may be behind: an end is told only of what a fresh read of everything shows. Empty when the server does not answer. */
    private Optional<Assessment> live(Informers informers, Deadline deadline) {
        try {
            return Optional.of(look(informers.read(deadline.atMost(LIVE_READ).left()), informers));
        } catch (ApiError e) {
            return Optional.empty();
        }
    }

    private static Outcome atDeadline(Informers informers) {
        return informers.forbidden() || informers.unauthorized() ? Outcome.forbidden
            : informers.away() ? Outcome.no_cluster : Outcome.timeout;
    }

    /** A look that takes long must not be all that this process does. */
    private Assessment look(Map<String, List<Obj>> objects, Informers informers) {
        long begin = System.nanoTime();
        var seen = Assessment.of(snapshot(objects, informers.limited()), informers.statusless(), informers.gone(), settings);
        var cost = Duration.ofNanos(3 * (System.nanoTime() - begin));
        debounce = cost.compareTo(DEBOUNCE) > 0 ? cost : DEBOUNCE;
        looked = System.nanoTime();
        return seen;
    }

    private Snapshot snapshot(Map<String, List<Obj>> objects, List<String> limited) {
        return new Snapshot(namespace, now(), objects, applied, Map.of(), limited).with(settings.rules());
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
    private void pause(Assessment seen, WaitMemory memory, Deadline deadline) throws InterruptedException {
        var wake = seen.due(memory, now()).map(due -> Duration.between(now(), due)).filter(d -> d.compareTo(TICK) < 0).orElse(TICK);
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
}
