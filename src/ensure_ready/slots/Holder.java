package ensure_ready.slots;

import java.util.Map;

/** Who holds a slot, for people who wait for it. */
public final class Holder {
    private Holder() { }

    public static String of(Map<String, String> env) {
        var run = env.getOrDefault("GITHUB_RUN_ID", "");
        return run.isEmpty() ? System.getProperty("user.name") : env.getOrDefault("GITHUB_REPOSITORY", "github") + " run " + run;
    }
}
