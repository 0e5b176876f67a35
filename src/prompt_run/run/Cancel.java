package prompt_run.run;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** SIGINT and SIGTERM: the main thread is interrupted and ends the run in good order; a second signal hurries it. */
public final class Cancel {
    private final Thread main = Thread.currentThread();
    private final Map<String, SignalHandler> before = new LinkedHashMap<>();
    private volatile int exitCode;
    private volatile int times;
    private volatile boolean calm;

    void listen() {
        for (var name : List.of("INT", "TERM")) {
            before.put(name, Signal.handle(new Signal(name), signal -> {
                exitCode = exitCode == 0 ? 128 + signal.getNumber() : exitCode;
                times++;
                if (!calm) {
                    main.interrupt();
                }
            }));
        }
    }

    void stopListening() {
        before.forEach((name, handler) -> Signal.handle(new Signal(name), handler));
        before.clear();
    }

    /** From here on the result is being told: nothing may interrupt that. */
    void calm() {
        calm = true;
        Thread.interrupted();
    }

    /** Of a thread that was interrupted. */
    void noticed() {
        exitCode = exitCode == 0 ? 130 : exitCode;
    }

    boolean asked() {
        return exitCode != 0;
    }

    int exitCode() {
        return exitCode;
    }

    int times() {
        return times;
    }
}
