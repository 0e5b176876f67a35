package prompt_run.place;

import java.time.Duration;

/** How long things may take; tests are less patient. */
public record Patience(Duration poll, Duration pollMost, Duration exec, Duration slowExec, Duration uploads, Duration lostAfter,
                       Duration certain, Duration unreachable, Duration cancelled, Duration afterLimit, Duration recheck) {
    public static final Patience USUAL = new Patience(Duration.ofSeconds(2), Duration.ofSeconds(5), Duration.ofSeconds(30),
        Duration.ofMinutes(10), Duration.ofMinutes(3), Duration.ofMinutes(5), Duration.ofSeconds(20), Duration.ofSeconds(75),
        Duration.ofSeconds(5), Duration.ofMinutes(2), Duration.ofMinutes(30));

    /** For what is worth one more try, when a long wait has been in vain. */
    public Patience brief() {
        return new Patience(poll, pollMost, exec, slowExec, poll.multipliedBy(5), lostAfter, certain, unreachable, cancelled, afterLimit,
            recheck);
    }
}
