import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class CliTest {
    @Test
    void aProcessGivesItsStreamsAndExitCode() {
        var result = Cli.program("sh", "-c", "cat; echo trouble >&2; exit 7").stdin("in").run();
        assertEquals("in", result.out());
        assertEquals("trouble\n", result.err());
        assertEquals(7, result.exit());
    }

    @Test
    void aVariableOfTheMachineThatWouldSteerAScriptIsGoneAndOneOfTheTestStays() {
        var result = Cli.program("sh", "-c", "env").env("CODEXCTL_ENV", "mine").run();
        assertTrue(result.out().contains("CODEXCTL_ENV=mine"));
        assertTrue(result.out().contains("KUBECONFIG=/nonexistent"));
    }

    @Test
    void aProcessThatHangsIsKilledAndFailsItsTest() {
        var slow = Cli.program("sleep", "60").timeout(Duration.ofMillis(200));
        var failure = assertThrows(AssertionError.class, slow::run);
        assertTrue(failure.getMessage().startsWith("still running"));
    }
}
