package shared.system;

import java.util.concurrent.ThreadFactory;

/** Threads that keep no process alive. */
public final class Daemon {
    public static ThreadFactory named(String name) {
        return task -> {
            var thread = new Thread(task, name);
            thread.setDaemon(true);
            return thread;
        };
    }

    /** At work already. */
    public static Thread start(String name, Runnable task) {
        var thread = named(name).newThread(task);
        thread.start();
        return thread;
    }
}
