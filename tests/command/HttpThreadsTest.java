import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The machine's exit waits for no thread of an HTTP client. */
class HttpThreadsTest {

    @Test
    void theThreadOfAClientThatIsStillHeldEnds() {
        var before = Thread.getAllStackTraces().keySet();
        var client = HttpClient.newHttpClient();
        var its = Thread.getAllStackTraces().keySet().stream().filter(t -> !before.contains(t) && t.getName().startsWith("HttpClient-"))
            .collect(Collectors.toSet());
        assertFalse(its.isEmpty(), "a client has one, or this test sees nothing");
        ensure_ready.HttpThreads.end(its);
        Await.until("the selector's thread is gone", Duration.ofSeconds(20), () -> its.stream().noneMatch(Thread::isAlive));
        assertEquals(HttpClient.Redirect.NEVER, client.followRedirects(), "held until here");
    }

    @Test
    void aThreadOfSomebodyElseGoesOn() throws InterruptedException {
        var other = new Thread(() -> Await.sleep(Duration.ofSeconds(20)), "HttpClient-1-Worker-1");
        other.setDaemon(true);
        other.start();
        ensure_ready.HttpThreads.end(Set.of(other));
        other.join(200);
        assertTrue(other.isAlive(), "it sleeps on");
    }
}
