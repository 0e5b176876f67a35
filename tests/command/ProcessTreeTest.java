import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A command of the user's that takes too long ends with all that it started, in both scripts. */
@Tag("slow")
class ProcessTreeTest {
    private static final String FORKS = "while :; do sleep 300 & sleep 0.002; done";

    private final String mark = "MARK=" + UUID.randomUUID();
    @TempDir
    private Path folder;

    @AfterEach
    void nothingIsLeftBehind() {
        ProcessHandle.allProcesses().filter(this::marked).forEach(ProcessHandle::destroyForcibly);
    }

    private boolean marked(ProcessHandle process) {
        try {
            var environment = Files.readString(Path.of("/proc/" + process.pid() + "/environ"), StandardCharsets.ISO_8859_1);
            return Arrays.asList(environment.split("\0")).contains(mark);
        } catch (IOException gone) {
            return false;
        }
    }

    /** Those that were killed may need a moment to be gone. */
    private void assertNothingIsLeft() {
        for (int tries = 0; tries < 30 && left() > 0; tries++) {
            Await.sleep(Duration.ofMillis(100));
        }
        assertEquals(0, left());
    }

    private long left() {
        return ProcessHandle.allProcesses().filter(this::marked).count();
    }

    private Map<String, String> environment() {
        return Map.of("PATH", System.getenv("PATH"), "MARK", mark.substring(5));
    }

    private void recheck(String command, Duration limit) throws InterruptedException {
        var reply = new prompt_run.LocalShell(environment(), folder).own(List.of("sh", "-c", command), limit, line -> { });
        assertEquals("no answer within " + limit.toSeconds() + " s", reply.problem());
    }

    private void render(String command, Duration limit) {
        assertThrows(ensure_ready.InfraFailure.class, () -> ensure_ready.Shell.run(ensure_ready.Shell.sh(command), environment(),
            ensure_ready.Deadline.in(limit), line -> { }));
    }

    @RepeatedTest(5)
    void aRecheckThatForksAllTheTimeLeavesNothingBehind() throws InterruptedException {
        recheck(FORKS, Duration.ofMillis(200));
        assertNothingIsLeft();
    }

    @RepeatedTest(5)
    void aRendererThatForksAllTheTimeLeavesNothingBehind() {
        render(FORKS, Duration.ofMillis(200));
        assertNothingIsLeft();
    }

    @Test
    void whatIgnoresTheSignalIsKilled() throws InterruptedException {
        String deaf = "trap '' TERM; while :; do sleep 300 & sleep 0.05; done";
        recheck(deaf, Duration.ofMillis(200));
        render(deaf, Duration.ofMillis(200));
        assertNothingIsLeft();
    }

    @Test
    void whatCleansUpGetsTheTimeForIt() throws Exception {
        for (String script : List.of("recheck", "render")) {
            Path cleaned = folder.resolve(script);
            String careful = "trap 'sleep 0.3; echo yes >" + cleaned + "; exit' TERM; sleep 300 & wait";
            if (script.equals("recheck")) {
                recheck(careful, Duration.ofMillis(300));
            } else {
                render(careful, Duration.ofMillis(300));
            }
            assertEquals("yes\n", Files.readString(cleaned));
        }
        assertNothingIsLeft();
    }

    /** The caller's own other children are not the command's. */
    @Test
    void whatIsNotOfTheTreeLivesOn() throws Exception {
        var other = new ProcessBuilder("sleep", "300");
        other.environment().putAll(environment());
        var beside = other.start();
        recheck("sleep 300 & wait", Duration.ofMillis(200));
        render("sleep 300 & wait", Duration.ofMillis(200));
        assertTrue(beside.isAlive());
        assertEquals(1, left());
    }
}
