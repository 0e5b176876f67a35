package ensure_ready.waiting;

import ensure_ready.certainty.Assessment;
import ensure_ready.certainty.Judgement;
import ensure_ready.certainty.WaitMemory;
import ensure_ready.cluster.Api;
import ensure_ready.cluster.ApiError;
import ensure_ready.cluster.Informers;
import ensure_ready.findings.Finding;
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
    private static final Duration DEBOUNCE = Duration.ofMillis(50);
    private static final Duration TICK = Duration.ofSeconds(5);
    /** However late it is, everything is looked at once. */
    private static final Duration ONE_LOOK = Duration.ofSeconds(4);
    /** However late it is, every object is tried once. */
    private static final Duration ONE_TRY = Duration.ofSeconds(40);
    private static final Duration LIVE_READ = Duration.ofSeconds(10);
    /** Rights are given by objects too, and may come a moment after the namespace. */
    private static final Duration FORBIDDEN_GRACE = Duration.ofSeconds(10);
    private final Api api;
    private final String namespace;
    private final Applying applying;
    private final WaitSettings settings;
    private final Consumer<Judgement> progress;
    private final Semaphore changes = new Semaphore(0);
    private final LastWords words;
    private final Instant started = Instant.now();
    private final long startedNanos = System.nanoTime();
    private Duration debounce = DEBOUNCE;
    private long looked;
    private volatile Judgement last;

    public SoftWait(Api api, String namespace, Applying applying, WaitSettings settings, Consumer<Judgement> progress) {
        this.api = api.within(Deadline.now());
        this.namespace = namespace;
        words = new LastWords(this.api);
        this.applying = applying;
        this.settings = settings;
        this.progress = progress;
        last = new Judgement(Outcome.timeout, Verdict.NOTHING, snapshot(Map.of(), List.of()), List.of(), Optional.empty());
    }

    /** What was known last; for the interrupt. */
    public Judgement last() {
        return last;
    }

    /** Waits until ready, certainly failed, or the deadline. Infrastructure trouble is an outcome, never an exception. */
    public Judgement run(Deadline deadline) {
        try (var informers = started()) {
            var memory = WaitMemory.NONE;
            var oneLook = deadline.orIn(ONE_LOOK);
            var oneTry = deadline.orIn(ONE_TRY);
            while (!deadline.passed() || !informers.complete() && !oneLook.passed()
                || applying.untried() && !informers.away() && !oneTry.passed()) {
                var complete = informers.complete(); // asked before the look: a list that comes in between is not in it
                var seen = followed(look(informers.objects(), informers), informers);
                memory = complete ? remembered(seen, memory) : WaitMemory.NONE;
                if (concluded(seen, complete, informers, memory, deadline)) {
                    return last;
                }
                pause(seen, memory, !deadline.passed() ? deadline : oneLook.passed() ? oneTry : oneLook);
            }
            return atDeadline(informers, memory);
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
            return publish(judgement(seen, ready ? Outcome.ready : unproven(informers), List.of(), WaitMemory.NONE));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return last;
        }
    }

    /** The types that every wait needs, and the types that were applied. */
    private Informers started() {
        var informers = new Informers(api, changes::release);
        applying.listen(changes::release);
        FollowedTypes.always(namespace, applying.results()).forEach(informers::follow);
        FollowedTypes.sought(applying.results()).forEach(o -> informers.seek(o, o.namespace().isEmpty() ? namespace : o.namespace()));
        informers.sweep(namespace);
        return informers;
    }

    private Assessment followed(Assessment seen, Informers informers) {
        FollowedTypes.referred(seen.snapshot()).forEach(informers::follow);
        FollowedTypes.owners(seen.snapshot()).forEach(o -> informers.seek(o, namespace));
        return seen;
    }

    private WaitMemory remembered(Assessment seen, WaitMemory before) {
        var memory = seen.settled(seen.remembered(before, settings, now()), settings, api.serverTime(), now());
        return memory.judged(applying.failed() || !seen.certain(memory, settings, now()).isEmpty(), now());
    }

    private static Judgement judgement(Assessment seen, Outcome outcome, List<Finding> certain, WaitMemory memory) {
        return seen.judgement(outcome, certain, Optional.ofNullable(memory.certainSince()));
    }

    private boolean concluded(Assessment seen, boolean complete, Informers informers, WaitMemory memory, Deadline deadline) {
        last = judgement(seen, Outcome.timeout, List.of(), memory);
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
        if (!ready && !(settings.failFast() && seen.ends(memory, now()) && !applying.untried())) {
            return false;
        }
        return live(informers, deadline).filter(fresh -> ready ? provenReady(fresh, memory) : provenFailed(fresh, memory, informers))
            .isPresent();
    }

    private boolean provenReady(Assessment fresh, WaitMemory memory) {
        boolean proven = fresh.verdict().ready() && fresh.verdict().restarts() <= memory.restarts();
        publish(judgement(fresh, proven ? Outcome.ready : Outcome.timeout, List.of(), memory.judged(proven, now())));
        return proven;
    }

    private boolean provenFailed(Assessment fresh, WaitMemory memory, Informers informers) {
        var certain = fresh.certain(memory, settings, now());
        boolean proven = applying.failed() || !certain.isEmpty();
        if (proven && applying.running()) {
            applying.stop();
            return provenFailed(look(fresh.snapshot().objects(), informers), memory, informers);
        }
        publish(judgement(fresh, proven ? Outcome.failed : Outcome.timeout, certain, memory.judged(proven, now())));
        return proven;
    }

    /** The caches may be behind: an end is told only of what a fresh read of everything shows. Empty when the server does not answer. */
    private Optional<Assessment> live(Informers informers, Deadline deadline) {
        try {
            return Optional.of(look(informers.read(deadline.atMost(LIVE_READ).left()), informers));
        } catch (ApiError e) {
            return Optional.empty();
        }
    }

    /** A failure that is certain is told as such, also when the others had no time to tell theirs. */
    private Judgement atDeadline(Informers informers, WaitMemory memory) {
        if (applying.running()) {
            applying.stop();
        }
        var seen = look(informers.objects(), informers);
        var certain = settings.failFast() && informers.complete() ? seen.certain(memory, settings, now()) : List.<Finding>of();
        var open = certain.isEmpty() && !applying.failed();
        var outcome = open || !settings.failFast() ? unproven(informers) : Outcome.failed;
        return publish(judgement(seen, outcome, certain, memory.judged(!open, now())));
    }

    /** An API server that took objects is there, however little it says now. */
    private Outcome unproven(Informers informers) {
        return informers.forbidden() || informers.unauthorized() ? Outcome.forbidden
            : informers.away() && applying.results().stream().allMatch(a -> a.uid().isEmpty()) ? Outcome.no_cluster : Outcome.timeout;
    }

    /** A look that takes long must not be all that this process does. */
    private Assessment look(Map<String, List<Obj>> objects, Informers informers) {
        long begin = System.nanoTime();
        var seen = Assessment.of(snapshot(objects, informers.limited()), informers.statusless(), informers.gone(), settings);
        var cost = Duration.ofNanos(3 * (System.nanoTime() - begin));
        debounce = cost.compareTo(DEBOUNCE) > 0 ? cost : DEBOUNCE;
        looked = System.nanoTime();
        words.listen(seen.snapshot());
        return seen;
    }

    private Snapshot snapshot(Map<String, List<Obj>> objects, List<String> limited) {
        return new Snapshot(namespace, now(), objects, applying.results(), Map.of(), limited).with(settings.rules());
    }

    private Judgement publish(Judgement j) {
        last = new Judgement(j.outcome(), j.verdict(), words.with(j.snapshot()), j.certain(), j.certainSince());
        progress.accept(last);
        return last;
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
