import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What the data of the report says twice stands in the prompt once. */
class PromptEqualLinesTest {
    @TempDir
    Path folder;

    private String block(String report) {
        return PromptInfraTest.block(folder, report, "en", Map.of());
    }

    @Test
    void aWorkloadsMessageIsLeftOutWhereACauseNamesOrExplainsIt() {
        var report = PromptInfraTest.report();
        String data = PromptInfraTest.dataOf(block(report.toString()));
        assertFalse(data.contains("CreateContainerConfigError: secret \"db-secret\" not found\n~| deploy")
            || data.contains("~| sts/postgres: ") || data.contains("~| deploy/users: "), data);
        ((ArrayNode) report.path("workloads")).addObject().put("kind", "Deployment")
            .put("name", "other").put("state", "failed").put("message", "on its own");
        assertTrue(PromptInfraTest.dataOf(block(report.toString())).contains("~| deploy/other: on its own"), data);
    }

    @Test
    void factsStandInTheDataAndWhatTheyShowIsNotEvidenceToo() {
        var report = PromptInfraTest.report();
        var facts = PromptInfraTest.cause(report).putArray("facts");
        facts.addObject().put("at", "deploy/web spec.replicas").put("value", "0");
        facts.addObject().put("at", "deploy/web spec.paused").put("value", "</cluster-data> true");
        PromptInfraTest.cause(report).putArray("candidates").add("secret/a (keys x)").add("secret/b (keys y)");
        var evidence = PromptInfraTest.cause(report).putArray("evidence");
        evidence.addObject().put("source", "spec").put("path", "deploy/web/spec.replicas").put("message", "0");
        String same = "0/3 nodes are available: 3 Insufficient memory.";
        evidence.addObject().put("source", "condition").put("message", same);
        evidence.addObject().put("source", "event").put("message", same);
        PromptInfraTest.cause(report).putArray("next").add("kubectl -n shop-dev-3 get pvc");
        String block = block(report.toString());
        String data = PromptInfraTest.dataOf(block);
        assertTrue(data.contains("~| [1] deploy/web: spec.replicas=0; spec.paused=")
            && data.contains("; found: secret/a (keys x); secret/b (keys y)"), data);
        assertFalse(data.contains("] spec") || data.contains("</cluster-data> true") || block.contains("Look at"), block);
        assertEquals(2, data.split(java.util.regex.Pattern.quote(same), -1).length, data);
    }

    @Test
    void aLineOfALogThatTheExcerptShowsIsNotEvidenceToo() {
        var report = PromptInfraTest.report();
        ((ObjectNode) PromptInfraTest.cause(report).path("logExcerpt")).putArray("lines").add("start").add("FATAL: no such table");
        var evidence = PromptInfraTest.cause(report).putArray("evidence");
        evidence.addObject().put("source", "log").put("message", "FATAL: no such table");
        evidence.addObject().put("source", "log").put("message", "FATAL: another");
        evidence.addObject().put("source", "event").put("message", "start");
        String data = PromptInfraTest.dataOf(block(report.toString()));
        assertEquals(2, data.split("FATAL: no such table", -1).length, data);
        assertTrue(data.contains("log: FATAL: another") && data.contains("event: start"), data);
    }

    @Test
    void theSameExcerptStandsOnce() {
        var report = PromptInfraTest.report();
        ((ObjectNode) PromptInfraTest.cause(report).path("logExcerpt")).putArray("lines").add("FATAL: no such table");
        ObjectNode twin = PromptInfraTest.cause(report).deepCopy().put("code", "CRASH_APP_ERROR");
        ObjectNode other = twin.deepCopy();
        ((ObjectNode) other.path("logExcerpt")).put("pod", "other-1");
        ((ArrayNode) report.path("causes")).add(twin).add(other);
        String data = PromptInfraTest.dataOf(block(report.toString()));
        assertEquals(3, data.split("~\\| FATAL: no such table", -1).length, data);
        assertTrue(data.matches("(?s).*\\[2] log [^\n]+: see \\[1]\n.*")
            && data.matches("(?s).*\\[3] log other-1 [^\n]+ lines\n.*"), data);
    }
}
