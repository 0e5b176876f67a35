import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A namespace in which a thousand Deployments fail is explained like a small one, and what takes too long is said. */
class ScaleTest {
    /** Searching all for each took minutes; the limit only ends a run that would not. */
    @Test
    @Timeout(180)
    void aThousandFailingDeploymentsAreAllExplained() {
        var report = ensure_ready.Diagnosis.explain(Crowd.of(1000), Crowd.workloads(1000), "codex");
        assertEquals("500 causes explain 1000 of 1000 workloads that are not ready", report.summary());
        assertEquals(List.of(), report.unexplained());
        var small = ensure_ready.Diagnosis.explain(Crowd.of(20), Crowd.workloads(20), "codex");
        assertEquals(chain(small, "w6"), chain(report, "w6"));
    }

    private static String chain(ensure_ready.DiagnosisReport report, String name) {
        return report.causes().stream().filter(c -> c.explains().stream().anyMatch(s -> s.object().equals("Deployment/" + name)))
            .map(c -> c.code() + " " + c.object().name() + " " + c.explains()
            .stream().filter(s -> s.object().equals("Deployment/" + name)).toList())
            .sorted().toList().toString();
    }

    @Test
    void whatDoesNotEndIsLeftBehindAndWhatItThrowsIsPassedOn() throws IOException {
        var never = assertThrows(IllegalArgumentException.class,
            () -> ensure_ready.Bounded.get(Duration.ofMillis(100), () -> new CountDownLatch(1)
                .await(1, java.util.concurrent.TimeUnit.DAYS)));
        assertEquals("does not end within 0s", never.getMessage());
        assertThrows(IOException.class, () -> ensure_ready.Bounded.get(Duration.ofMinutes(1), () -> {
            throw new IOException("broken");
        }));
        var deep = assertThrows(IllegalArgumentException.class, () -> ensure_ready.Bounded.get(Duration.ofMinutes(1), () -> {
            throw new StackOverflowError();
        }));
        assertTrue(deep.getMessage().contains("StackOverflowError"), deep.getMessage());
        assertEquals(7, ensure_ready.Bounded.get(Duration.ofMinutes(1), () -> 7));
    }

    @Test
    void anExplanationThatWasNotReachedIsSaidAndNotTakenForNone() {
        var report = ensure_ready.Diagnosis.unavailable(Crowd.of(1), Crowd.workloads(1),
            new IllegalArgumentException("does not end within 30s"));
        assertTrue(report.limited().get(0).contains("does not end within 30s"), report.limited().toString());
        assertEquals(List.of("DIAGNOSIS_UNAVAILABLE"), report.causes().stream().map(c -> c.code().name()).toList());
    }
}
