package ensure_ready.system;

import java.util.concurrent.ThreadFactory;

/** Threads that keep no process alive. */
public final class Daemon {
    private Daemon() { }

    public static ThreadFactory named(String name) {
        return task -> {
            var thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }
}
