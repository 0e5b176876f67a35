package ensure_ready.waiting;

import ensure_ready.model.Applied;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import shared.system.Daemon;

/** An apply that runs beside the wait: what it has answered so far, and its end. */
public final class Applying {
    /** How long what is under way may still take when the wait has ended. */
    private static final long PARTING = TimeUnit.SECONDS.toMillis(5);
    private final boolean broken;
    private Thread worker;
    private volatile List<Applied> results;
    private volatile Runnable changed = () -> { };
    private boolean over;

    private Applying(List<Applied> results, boolean broken) {
        this.results = List.copyOf(results);
        this.broken = broken;
    }

    /**
     * Nothing is applied any more.
     *
     * @param broken whether something of the manifests cannot even be tried
     */
    public static Applying over(List<Applied> results, boolean broken) {
        return new Applying(results, broken);
    }

    /** Begins at once; {@code work} tells what it has so far, and gives back what came of it. */
    public static Applying begin(List<Applied> pending, boolean broken, Function<Consumer<List<Applied>>, List<Applied>> work) {
        var applying = new Applying(pending, broken);
        applying.worker = Daemon.named("apply").newThread(() -> {
            try {
                applying.tell(work.apply(applying::tell));
            } catch (RuntimeException | LinkageError | StackOverflowError e) {
                applying.tell(applying.results.stream().map(a -> a.pending() ? a.failed("not applied: " + e) : a).toList());
            } finally {
                applying.end();
            }
        });
        applying.worker.start();
        return applying;
    }

    void listen(Runnable listener) {
        changed = listener;
    }

    /** One for each object of the manifests. */
    public List<Applied> results() {
        return results;
    }

    /** Whether it is certain, whatever the cluster says, that not all is as the manifests want it. */
    boolean failed() {
        return broken || Applied.anyFailed(results);
    }

    /** Whether there are objects that were never tried: a failure must not leave them out. */
    boolean untried() {
        return results.stream().anyMatch(a -> a.pending() && a.error().isEmpty());
    }

    boolean running() {
        return worker != null && worker.isAlive();
    }

    /** No more tries. */
    void stop() {
        end();
        worker.interrupt();
        await();
    }

    /** What came of it. An apply that went well still has to remember that it did. */
    public List<Applied> ended() {
        if (running()) {
            await();
        }
        if (running()) {
            stop();
        }
        return results;
    }

    private void await() {
        try {
            worker.join(PARTING);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void tell(List<Applied> so) {
        if (!over) {
            results = List.copyOf(so);
            changed.run();
        }
    }

    private synchronized void end() {
        results = results.stream().map(Applied::finished).toList();
        over = true;
        changed.run();
    }
}
