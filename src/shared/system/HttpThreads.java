package shared.system;

import java.util.Collection;

/** Threads of the JDK's HTTP client, which outlive it: on JDK 17 a client cannot be closed. */
public final class HttpThreads {
    /** Ends them when nothing is asked any more: at its exit HotSpot waits 0.3 s for threads that sleep in a system call (VM_Exit). */
    public static void end() {
        end(Thread.getAllStackTraces().keySet());
    }

    static void end(Collection<Thread> threads) {
        threads.stream().filter(t -> t.getName().endsWith("-SelectorManager")).forEach(Thread::interrupt);
    }
}
