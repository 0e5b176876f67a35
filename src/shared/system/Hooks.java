package shared.system;

/** What is to happen when the process is told to end. */
public final class Hooks {
    /** Runs {@code work} when the process is told to end, until it is forgotten. */
    public static Thread add(String name, Runnable work) {
        var hook = new Thread(work, name);
        Runtime.getRuntime().addShutdownHook(hook);
        return hook;
    }

    public static void forget(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            Thread.currentThread().interrupt();   // the machine is going down already, and the hook has the last word
        }
    }
}
