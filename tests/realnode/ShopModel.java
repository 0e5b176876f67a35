import tools.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

/**
 * Plays the model behind the agent. It knows nothing of the shop: it reads the prompt it is given, looks where the prompt
 * points, mends what it sees there, and says so; where nothing is broken, it does what the issue asks for.
 */
final class ShopModel implements AutoCloseable {
    private static final Pattern NAMESPACE = Pattern.compile("namespace `([a-z0-9-]+)`");
    private static final Pattern CAUSE = Pattern.compile("\\*\\*Причина 1: `([A-Z_]+)`\\*\\*, объект `(?:deploy|Deployment)/([a-z]+)`");
    private static final Pattern FILE = Pattern.compile("Исправлять [^`]*: `([a-z/]+\\.yaml)(?::\\d+)?`");

    /** Says everything that a person may want to know of the run, and what its program asks for. */
    private static final String MESSAGE = """
        %s

        ```json
        {"status": "%s", "summary": "%s", "blocked_reason": ""}
        ```
        """;

    private final ResponsesStub stub;
    private volatile String prompt = "";
    private volatile List<String> seen = List.of();

    /** Listens there. */
    ShopModel(InetAddress address) {
        stub = new ResponsesStub(address, this::answer);
    }

    /** The prompt as it reached the model. */
    String prompt() {
        return prompt;
    }

    /** What the agent's commands printed. */
    List<String> seen() {
        return seen;
    }

    /** The keys that it was asked with. */
    List<String> keys() {
        return stub.keys.stream().distinct().toList();
    }

    /** Codex's configuration for the place where the agent runs. */
    String config() {
        return stub.profile();
    }

    @Override
    public void close() {
        stub.close();
    }

    private void answer(HttpExchange exchange) throws IOException, InterruptedException {
        JsonNode request = WorkflowRun.JSON.readTree(stub.requests.get(stub.requests.size() - 1));
        prompt = texts(request, "message", "content");
        seen = outputs(request);
        next().give(exchange);
    }

    private ResponsesStub.Answer next() {
        return switch (seen.size()) {
            case 0 -> ResponsesStub.runs(look());
            case 1 -> isPlan() ? says("Сначала починить " + object() + ".", "done") : ResponsesStub.runs(work());
            default -> says(last().contains("committed") ? "Готово: " + object() + "."
                : last(), last().contains("committed") ? "done" : "blocked");
        };
    }

    private static ResponsesStub.Answer says(String text, String status) {
        return ResponsesStub.says(MESSAGE.formatted(text, status, status));
    }

    private String look() {
        String in = "kubectl --namespace " + found(NAMESPACE, 1, "default");
        String look = in + " get pods";
        return isBroken() ? look + "; " + in + " logs deployment/" + object() + " --tail 3" : look;
    }

    /** What a person would do who sees that. */
    private String work() {
        String file = found(FILE, 1, "services.yaml");
        if (last().contains("ImagePullBackOff") || last().contains("ErrImagePull")) {
            return repair("s|lab/app:9|lab/app:1|", file);
        } else if (last().contains("no such verb: serv")) {
            return repair("s|lab, serv]|lab, serve]|", file);
        }
        return "echo tables >schema.sql && git add schema.sql && git commit --quiet --message 'Users have a table' && echo committed";
    }

    /** In the branch, and in the slot as far as the agent may. */
    private String repair(String how, String file) {
        return "sed -i '%s' %s && git commit --quiet --all --message 'infra: repair %s' && echo committed".formatted(how, file, file)
            + " && kubectl apply --namespace " + found(NAMESPACE, 1, "default") + " --server-side --force-conflicts --filename " + file;
    }

    private boolean isPlan() {
        return prompt.contains("Никаких правок, веток, коммитов");
    }

    private boolean isBroken() {
        return !found(CAUSE, 1, "").isEmpty();
    }

    private String object() {
        return found(CAUSE, 2, "задача");
    }

    private String found(Pattern what, int group, String otherwise) {
        var matcher = what.matcher(prompt);
        return matcher.find() ? matcher.group(group) : otherwise;
    }

    private String last() {
        return seen.get(seen.size() - 1);
    }

    private static String texts(JsonNode request, String type, String field) {
        var texts = new StringBuilder();
        request.path("input").forEach(item -> {
            if (item.path("type").asString("").equals(type)) {
                item.path(field).forEach(part -> texts.append(part.path("text").asString("")).append('\n'));
            }
        });
        return texts.toString();
    }

    private static List<String> outputs(JsonNode request) {
        return StreamSupport.stream(request.path("input").spliterator(), false)
            .filter(item -> item.path("type").asString("").equals("function_call_output"))
            .map(item -> item.path("output").asString("")).toList();
    }
}
