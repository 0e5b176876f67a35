package ensure_ready.slots;

import ensure_ready.cluster.Api;
import ensure_ready.system.Deadline;
import ensure_ready.system.InfraFailure;
import ensure_ready.system.Pause;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Waiting for a list to change without asking again and again. */
public final class Changes {
    /** Returns after the first event behind {@code version}, when the watch breaks (after a second), or when time is up. */
    static void await(Api api, String path, String selector, String version, Deadline deadline) {
        var changed = new CountDownLatch(1);
        var broken = new AtomicBoolean();
        var seconds = Math.max(1, deadline.left().toSeconds());
        var watch = api.watch(path + "?watch=1&timeoutSeconds=" + seconds + "&resourceVersion=" + version + selector,
            "application/json", event -> changed.countDown(), error -> {
            broken.set(error != null);
            changed.countDown();
        });
        try {
            changed.await(Math.max(1, deadline.left().toMillis()), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            throw InfraFailure.interrupted();
        }
        watch.thenAccept(response -> response.body().cancel());
        if (broken.get()) {
            Pause.of(deadline.atMost(Duration.ofSeconds(1)).left());
        }
    }
}
