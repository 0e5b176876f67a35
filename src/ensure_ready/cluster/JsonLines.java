package ensure_ready.cluster;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** Cuts a watch's byte stream into lines of JSON; a line may come in many pieces and a piece may hold many lines. */
public final class JsonLines {
    private final Consumer<JsonNode> event;
    private ByteArrayOutputStream rest = new ByteArrayOutputStream();

    JsonLines(Consumer<JsonNode> event) {
        this.event = event;
    }

    synchronized void accept(List<ByteBuffer> buffers) {
        for (var buffer : buffers) {
            while (buffer.hasRemaining()) {
                byte b = buffer.get();
                if (b == '\n') {
                    event.accept(Json.MAPPER.readTree(rest.toByteArray()));
                    rest = new ByteArrayOutputStream();
                } else {
                    rest.write(b);
                }
            }
        }
    }
}
