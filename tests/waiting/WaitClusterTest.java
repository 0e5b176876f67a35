import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Real controllers, real scheduler, real admission: what heals must end ready, what does not must end the wait with its cause. */
@Tag("cluster")
class WaitClusterTest {
    private static Map<String, CompletableFuture<WaitLab.Ended>> recoveries = Map.of();
    private static Map<String, CompletableFuture<WaitLab.Ended>> failures = Map.of();

    @BeforeAll
    static void startAll() {
        var cluster = LocalCluster.shared();
        recoveries = WaitScenarios.start(cluster, WaitScenarios.recoveries());
        failures = WaitScenarios.start(cluster, WaitScenarios.failures());
    }

    static List<String> troublesThatHeal() {
        return List.copyOf(WaitScenarios.recoveries().keySet());
    }

    static List<String> troublesThatStay() {
        return List.copyOf(WaitScenarios.failures().keySet());
    }

    @ParameterizedTest
    @MethodSource("troublesThatHeal")
    void whatHealsEndsReady(String name) {
        var ended = recoveries.get(name).join();
        assertEquals("ready", ended.outcome(), ended.toString());
        assertTrue(ended.judgement().ready());
    }

    @ParameterizedTest
    @MethodSource("troublesThatStay")
    void whatStaysBrokenEndsTheWaitWithItsCause(String code) {
        var ended = failures.get(code).join();
        assertEquals("failed", ended.outcome(), ended.toString());
        assertFalse(ended.judgement().ready());
        assertTrue(ended.codes().contains(code.replaceAll(".* ", "")), ended.toString());
    }
}
