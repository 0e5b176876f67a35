import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The demo as a newcomer starts it: both scripts, end to end, on the embedded API server. */
@Tag("slow")
class DemoTest {
    private static Cli.Result demo(String... args) {
        return Cli.of("demo").in(Cli.root()).timeout(Duration.ofMinutes(3)).run(args);
    }

    @Test
    void aMissingDatabaseImageEndsInAPromptThatNamesIt() {
        var result = demo();
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.out().matches("(?s).*infraReady +false.*"), result::toString);
        var prompt = result.out().substring(result.out().indexOf("this is its prompt"));
        assertTrue(prompt.contains("INFRA_UNHEALTHY=1"), prompt);
        assertTrue(prompt.contains("IMAGE_NOT_FOUND") && prompt.contains("postgres:16.99"), prompt);
        assertTrue(prompt.contains("Orders: show the expected delivery date"), prompt);
    }

    @Test
    void aHealthyStackIsReadyAndItsPromptSaysNothingOfInfrastructure() {
        var result = demo("--healthy");
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.out().matches("(?s).*infraReady +true.*"), result::toString);
        assertFalse(result.out().contains("INFRA_UNHEALTHY=1"), result::toString);
    }

    @Test
    void theRussianRepairPromptIsReadableAlsoWhereNoLocaleIsSet() {
        var result = Cli.of("demo").in(Cli.root()).env("LC_ALL", "C").timeout(Duration.ofMinutes(3))
            .run("--kind", "repair_issue", "--lang", "ru");
        assertEquals(0, result.exit(), result::toString);
        assertTrue(result.out().matches("(?s).*[а-яё]{4}.*"), result::toString);
    }
}
