import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Ports below the range that the kernel gives to outgoing connections: one stays free while its server is away. */
final class Ports {
    private static final int FIRST = 20000;
    private static final int COUNT = 12000;

    static Map<String, Integer> free(String... names) throws IOException {
        Map<String, Integer> ports = new HashMap<>();
        List<ServerSocket> held = new ArrayList<>();
        try {
            for (String name : names) {
                ServerSocket socket = holdOne();
                held.add(socket);
                ports.put(name, socket.getLocalPort());
            }
            return ports;
        } finally {
            for (ServerSocket socket : held) {
                socket.close();
            }
        }
    }

    private static ServerSocket holdOne() throws IOException {
        return first(port -> new ServerSocket(port, 1, InetAddress.getLoopbackAddress()));
    }

    /** What listens on a port of its own; two that look at the same time do not get the same one. */
    static <T> T first(Listener<T> listener) throws IOException {
        for (int attempt = 0; attempt < 200; attempt++) {
            try {
                return listener.on(FIRST + Unique.SOURCE.nextInt(COUNT));
            } catch (java.net.BindException e) {
                continue;
            }
        }
        throw new IOException("no free port on loopback");
    }

    /** Listens on a port; a {@link java.net.BindException} says that somebody else does. */
    interface Listener<T> {
        T on(int port) throws IOException;
    }
}
