import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Conditions that come true after a while. */
final class Await {
    static void until(String what, Duration most, BooleanSupplier condition) {
        until(() -> what, most, condition);
    }

    static void until(Supplier<String> what, Duration most, BooleanSupplier condition) {
        Instant end = Instant.now().plus(most);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(end)) {
                throw new IllegalStateException("waited " + most.toSeconds() + " s in vain for " + what.get());
            }
            sleep(Duration.ofMillis(50));
        }
    }

    /** Whether a server that is just starting has answered as wished. */
    static boolean answers(BooleanSupplier question) {
        try {
            return question.getAsBoolean();
        } catch (KubernetesClientException notYet) {
            return false;
        }
    }

    static void sleep(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
