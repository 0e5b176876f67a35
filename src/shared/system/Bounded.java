package shared.system;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import shared.Durations;

/** Work that may never end, such as reading a pipe or rendering a template. */
public final class Bounded {
    /**
     * What comes of it in time. Else, and where the memory does not suffice, throws {@link IllegalArgumentException}; the work is left
     * behind in a thread that keeps no process alive.
     */
    public static <T> T get(Duration atMost, Callable<T> work) throws IOException {
        var task = new FutureTask<>(work);
        Daemon.start("bounded", task);
        try {
            return task.get(Math.max(1, atMost.toMillis()), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException broken) {
                throw broken;
            }
            throw e.getCause() instanceof RuntimeException wrong ? wrong : new IllegalArgumentException("fails: " + e.getCause());
        } catch (TimeoutException e) {
            task.cancel(true);
            throw new IllegalArgumentException("does not end within " + Durations.human(atMost));
        } catch (InterruptedException e) {
            task.cancel(true);
            Thread.currentThread().interrupt();
            throw new IllegalArgumentException("interrupted", e);
        }
    }
}
