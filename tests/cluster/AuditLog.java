import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Who asked what: the API server's audit log, without the control plane's own requests. */
final class AuditLog {
    private static final ObjectMapper JSON = new ObjectMapper();

    static final String LOG = "audit.log";
    static final String POLICY = """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules:
        - level: None
          users: ["system:kube-controller-manager", "system:kube-scheduler", "system:apiserver", "nodes", "system:kube-proxy"]
        - level: None
          userGroups: ["system:serviceaccounts:kube-system", "system:nodes"]
        - level: Metadata
        """;

    static List<ApiRequest> read(Path log) {
        if (!Files.exists(log)) {
            return List.of();
        }
        List<ApiRequest> requests = new ArrayList<>();
        for (String line : Disk.text(log).split("\n")) {
            JsonNode event = parse(line);
            if (event != null && counts(event)) {
                requests.add(request(event));
            }
        }
        return requests;
    }

    /** A watch is one request when it opens; the others, and a watch that was refused, when they are answered. */
    private static boolean counts(JsonNode event) {
        boolean opens = event.path("stage").asString("").equals("ResponseStarted");
        boolean watch = event.path("verb").asString("").equals("watch");
        return watch && event.path("responseStatus").path("code").asInt(0) < 400 ? opens : !opens;
    }

    private static ApiRequest request(JsonNode event) {
        JsonNode object = event.path("objectRef");
        return new ApiRequest(Instant.parse(event.path("requestReceivedTimestamp").asString("")),
            event.path("user").path("username").asString(""), event.path("userAgent").asString(""), event.path("verb").asString(""),
            object.path("apiGroup").asString(""), object.path("resource").asString(""), object.path("subresource").asString(""),
            object.path("namespace").asString(""), object.path("name").asString(""), event.path("responseStatus").path("code").asInt(0));
    }

    private static JsonNode parse(String line) {
        try {
            return line.isBlank() ? null : JSON.readTree(line);
        } catch (JacksonException halfWritten) {
            return null;
        }
    }
}
