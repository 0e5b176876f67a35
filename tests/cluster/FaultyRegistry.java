import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Answers {@code /v2/429/…} with 429, and so on; with the words that belong to it, which the JDK's own server leaves out. */
final class FaultyRegistry implements AutoCloseable {
    private static final Pattern ASKED = Pattern.compile("[A-Z]+ /v2/(\\d{3})/.*");
    private static final Map<String, String> WORDS = Map.of("403", "Forbidden", "429", "Too Many Requests", "500", "Internal Server Error");

    private final ServerSocket door;

    private FaultyRegistry(ServerSocket door) {
        this.door = door;
    }

    static FaultyRegistry start(String address, int port) {
        try {
            FaultyRegistry registry = new FaultyRegistry(new ServerSocket(port, 50, InetAddress.getByName(address)));
            Thread thread = new Thread(registry::serve, "faulty-registry");
            thread.setDaemon(true);
            thread.start();
            return registry;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot listen on " + address + ":" + port, e);
        }
    }

    @Override
    public void close() {
        try {
            door.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void serve() {
        while (!door.isClosed()) {
            try (Socket caller = door.accept()) {
                answer(caller);
            } catch (IOException hungUp) {
                continue;
            }
        }
    }

    private static void answer(Socket caller) throws IOException {
        BufferedReader request = new BufferedReader(new InputStreamReader(caller.getInputStream(), StandardCharsets.US_ASCII));
        Matcher asked = ASKED.matcher(String.valueOf(request.readLine()));
        String line = request.readLine();
        while (line != null && !line.isEmpty()) {
            line = request.readLine();
        }
        String status = asked.matches() ? asked.group(1) + " " + WORDS.getOrDefault(asked.group(1), "Odd") : "200 OK";
        caller.getOutputStream().write(("HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    }
}
