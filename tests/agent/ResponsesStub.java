import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * A stand-in for the Responses API, on loopback where no address is given: answers every POST /v1/responses with the next answer of its
 * script, the last one for ever.
 * The real Codex CLI talks to it through a custom provider of its config ({@link #profile}).
 */
class ResponsesStub implements AutoCloseable {
    interface Answer { void give(HttpExchange exchange) throws IOException, InterruptedException; }

    final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    final List<String> keys = Collections.synchronizedList(new ArrayList<>());
    private final HttpServer server;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Deque<Answer> script = new ArrayDeque<>();

    ResponsesStub(Answer... answers) {
        this(InetAddress.getLoopbackAddress(), answers);
    }

    /** On an address that pods reach. */
    ResponsesStub(InetAddress address, Answer... answers) {
        script.addAll(List.of(answers));
        try {
            server = HttpServer.create(new InetSocketAddress(address, 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(threads);
        server.createContext("/v1/responses", this::answer);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    private String url() {
        return "http://" + server.getAddress().getAddress().getHostAddress() + ":" + port() + "/v1";
    }

    /** Config lines of a Codex provider that talks to this stub; {@code extra} are more lines of the provider's table. */
    String profile(String... extra) {
        return """
            model = "stub-model"
            model_provider = "stub"

            [model_providers.stub]
            name = "stub"
            base_url = "%s"
            wire_api = "responses"
            env_key = "CODEX_API_KEY"
            request_max_retries = 0
            stream_max_retries = 0
            %s
            """.formatted(url(), String.join("\n", extra));
    }

    /** The agent says {@code text} and its turn is over. */
    static Answer says(String text) {
        return exchange -> stream(exchange, created(), item("""
            {"type":"message","role":"assistant","id":"msg_1","content":[{"type":"output_text","text":%s}]}"""
                .formatted(quoted(text))), completed());
    }

    /** The agent asks for a shell command to be run; the next answer follows its output. */
    static Answer runs(String command) {
        return exchange -> stream(exchange, created(), item("""
            {"type":"function_call","id":"fc_1","call_id":"call_1","name":"exec_command","arguments":%s}"""
            .formatted(quoted("{\"cmd\":" + quoted(command) + "}"))), completed());
    }

    static Answer refuses(int status, String body) {
        return exchange -> {
            byte[] bytes = body.getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        };
    }

    /** Starts a stream and then sends nothing more. */
    static Answer stalls() {
        return exchange -> {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write(created().getBytes(UTF_8));
            exchange.getResponseBody().flush();
            Thread.sleep(600_000);
        };
    }

    private void answer(HttpExchange exchange) throws IOException {
        requests.add(new String(exchange.getRequestBody().readAllBytes(), UTF_8));
        keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
        try (exchange) {
            next().give(exchange);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Answer next() {
        return script.size() > 1 ? script.poll() : script.peek();
    }

    private static void stream(HttpExchange exchange, String... events) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(String.join("", events).getBytes(UTF_8));
    }

    private static String created() {
        return event("response.created", "\"response\":{\"id\":\"resp_1\"}");
    }

    private static String item(String json) {
        return event("response.output_item.done", "\"output_index\":0,\"item\":" + json);
    }

    private static String completed() {
        return event("response.completed", """
            "response":{"id":"resp_1","usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":40},"output_tokens":7,\
            "output_tokens_details":{"reasoning_tokens":3},"total_tokens":107}}""");
    }

    private static String event(String type, String fields) {
        return "event: %s\ndata: {\"type\":\"%s\",%s}\n\n".formatted(type, type, fields);
    }

    private static String quoted(String text) {
        return new tools.jackson.databind.ObjectMapper().writeValueAsString(text);
    }

    @Override public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
