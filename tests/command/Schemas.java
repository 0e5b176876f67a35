import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.Map;

/**
 * The schemas of the two results, as strict as a test needs them: a field that the schema does not know is a mistake here, though
 * readers of a result have to allow for more.
 */
final class Schemas {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, Schema> STRICT =
        Map.of("ensure-ready/v1", strict("ensure-ready"), "prompt-run/v1", strict("prompt-run"));

    private Schemas() { }

    /** Fails for an output that says that it is a result and is none; any other output passes. */
    static void check(String stdout) {
        var schema = STRICT.get(result(stdout).path("schemaVersion").asString(""));
        var wrong = schema == null ? java.util.List.of() : schema.validate(result(stdout));
        if (!wrong.isEmpty()) {
            throw new AssertionError("not as docs/*.schema.json says: " + wrong + "\n" + stdout);
        }
    }

    private static JsonNode result(String stdout) {
        try {
            return stdout.startsWith("{") ? JSON.readTree(stdout) : JSON.nullNode();
        } catch (JacksonException e) {
            return JSON.nullNode();
        }
    }

    private static Schema strict(String name) {
        var schema = JSON.readTree(Cli.root().resolve("docs/" + name + ".schema.json").toFile());
        close(schema);
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(schema);
    }

    private static void close(JsonNode schema) {
        if (schema instanceof ObjectNode object && object.has("properties") && !object.has("additionalProperties")) {
            object.put("additionalProperties", false);
        }
        schema.forEach(Schemas::close);
    }
}
