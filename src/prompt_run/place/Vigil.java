package prompt_run.place;

import prompt_run.view.NoPlace;
import prompt_run.view.Prospect;

/** Waits for a pod that is ready, and no longer than it can still come. */
public record Vigil(RunSetup run, String what) {
    private static final long LOOK_MOST_MILLIS = 1000;

    interface Look {
        Prospect now() throws NoPlace, InterruptedException;
    }

    /** The pod, or the last look with the reason why there is none. */
    Prospect keep(Look look) throws NoPlace, InterruptedException {
        long until = System.nanoTime() + run.settings().waitFor().toNanos();
        long since = 0;
        var last = "";
        while (true) {
            var prospect = look.now();
            if (prospect.pod() != null) {
                return prospect;
            }
            if (!prospect.reason().equals(last)) {
                run.log().info("waiting for " + what + ": " + prospect.reason());
            }
            last = prospect.reason();
            since = prospect.again() ? since : prospect.blocked() == null ? 0 : since == 0 ? System.nanoTime() : since;
            if (prospect.blocked() != null && (prospect.atOnce() || System.nanoTime() - since >= run.patience().certain().toNanos())) {
                return prospect;
            }
            if (System.nanoTime() > until) {
                return new Prospect(null, last + " (waited " + run.settings().waitFor().toSeconds() + " s)", false,
                    prospect.imageFault(), null, false);
            }
            Thread.sleep(Math.min(run.patience().poll().toMillis(), LOOK_MOST_MILLIS));
        }
    }
}
