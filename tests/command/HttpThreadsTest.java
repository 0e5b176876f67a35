import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The machine's exit waits for no thread of an HTTP client. */
class HttpThreadsTest {

    /** In a group of its own: the clients of tests beside this one must live on. */
    @Test
    void theThreadOfAClientThatIsStillHeldEnds() {
        var group = new ThreadGroup("held");
        var made = new CompletableFuture<HttpClient>();
        new Thread(group, () -> made.complete(HttpClient.newHttpClient())).start();
        var client = made.join();
        var found = new Thread[9];
        group.enumerate(found);
        var its = Stream.of(found).filter(t -> t != null && t.getName().startsWith("HttpClient-")).toList();
        assertFalse(its.isEmpty(), "a client has one, or this test sees nothing");
        ensure_ready.HttpThreads.end(its);
        for (var thread : its) {
            Await.until("the selector's thread is gone", Duration.ofSeconds(20), () -> !thread.isAlive());
        }
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
