import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is broken before anything reaches the cluster is a cause like any other: it is told, and an agent can mend it. */
@Tag("slow")
class SoftCausesTest {
    private static final String CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    @TempDir
    Path folder;
    private EmbeddedApi server;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void aBrokenTemplateIsACauseWithFileAndLineAndTheOthersAreApplied() throws IOException {
        write("a.yaml", CONFIG);
        var broken = write("b.yaml.ftl", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${colour}}\n");
        var json = run("-f", folder.resolve("deploy").toString());
        assertCause(json, "MANIFEST_UNREADABLE", "Manifest", broken.toString(), "undefined variable colour");
        assertEquals(broken + ":3", json.at("/causes/0/fix/files/0/path").asString("") + ":" + json.at("/causes/0/fix/files/0/line")
            .asString(""));
        assertTrue(server.get("configmaps", "x", "a").isPresent());
    }

    @Test
    void aFileThatIsNoTextIsNamedAndDropsNoOther() throws IOException {
        write("a.yaml", CONFIG);
        var bad = Files.write(folder.resolve("deploy/b.yaml"), "# caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        var json = run("-f", folder.resolve("deploy").toString());
        assertCause(json, "MANIFEST_UNREADABLE", "Manifest", bad.toString(), "not UTF-8 text");
        assertTrue(server.get("configmaps", "x", "a").isPresent());
    }

    @Test
    void nothingToApplyIsToldAtOnce() throws IOException {
        var empty = Files.createDirectory(folder.resolve("empty")).toString();
        var comments = write("c.yaml", "# later\n---\n# more\n").toString();
        for (var path : List.of(empty, comments)) {
            var json = run("-f", path);
            assertCause(json, "MANIFEST_UNREADABLE", "Manifest", path, "no object");
            assertTrue(json.path("waitedSeconds").asDouble(0) < 40, json.toString());
        }
        assertCause(run("--render", "echo '# nothing'"), "MANIFEST_UNREADABLE", "Manifest", "--render", "no object");
    }

    /** An agent that changed nothing is told so in seconds, and in the words of the first report. */
    @Test
    void aKindThatTheClusterDoesNotKnowIsACauseAlsoWhereNothingIsApplied() throws IOException {
        var file = write("a.yaml", CONFIG + "---\napiVersion: cert-manager.io/v1\nkind: ClusterIssuer\nmetadata: {name: letsencrypt}\n")
            .toString();
        var first = run("-f", file);
        server.putYaml("x", "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}");
        var again = look("-f", file);
        for (var json : List.of(first, again)) {
            assertEquals("API_KIND_UNKNOWN ClusterIssuer/letsencrypt", json.at("/causes/0/code").asString("") + " "
                + json.at("/causes/0/object/kind").asString("") + "/" + json.at("/causes/0/object/name").asString(""), json.toString());
        }
        assertEquals(first.at("/causes/0/fingerprint"), again.at("/causes/0/fingerprint"));
        assertFalse(again.path("infraReady").asBoolean(true));
        assertEquals("apply-failed", again.path("outcome").asString(""), "certain, long before the time is up: " + again);
        assertTrue(look("-f", write("b.yaml", CONFIG).toString()).path("infraReady").asBoolean(false), "what is served is not missed");
    }

    @Test
    void aKindThatAnotherRunIsAboutToMakeGetsAMomentToCome() throws IOException {
        var widget = "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\n"
            + "status: {conditions: [{type: Ready, status: 'True'}]}\n";
        var other = new Thread(() -> {
            Await.until("the run looks", Duration.ofSeconds(60), () -> server.requests("list", "pods") > 0);
            Await.sleep(Duration.ofSeconds(1));
            server.putYaml("", EmbeddedApiTest.WIDGETS);
            server.putYaml("x", widget);
        });
        other.start();
        var json = look("-f", write("w.yaml", widget.substring(0, widget.indexOf("status"))).toString());
        assertEquals("ready", json.path("outcome").asString(""), json.toString());
    }

    @Test
    void theReportNamesWhatRendersTheManifestsAndWhereServicesAre() throws IOException {
        write("s.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n");
        var json = run("--render", "cat " + folder.resolve("deploy") + "/s.yaml # {namespace}");
        assertEquals("cat " + folder.resolve("deploy") + "/s.yaml # x", json.path("renderer").asString(""), json.toString());
        assertEquals("web", json.at("/services/0/name").asString(""), json.toString());
        assertEquals("80", json.at("/services/0/ports/0").asString(""));
        assertFalse(json.at("/services/0/ready").asBoolean(true), json.toString());
        assertFalse(run("-f", folder.resolve("deploy").toString()).has("renderer"), "plain manifests need none");
        var template = write("t.yaml.ftl", CONFIG);
        assertEquals("FreeMarker, ensure_ready.java -f " + template, run("-f", folder.resolve("deploy").toString())
            .path("renderer").asString(""));
    }

    @Test
    void aRendererThatFailsIsACauseWithItsLastLines() {
        var json = run("--render", "sh -c 'echo first >&2; echo no chart here >&2; exit 1'");
        assertCause(json, "RENDER_FAILED", "Command", "sh", "first\nno chart here");
        assertEquals(0, json.at("/causes/0/fix/files").size(), json.toString());
    }

    @Test
    void imagesThatCannotBePreparedAreACauseWithTheLastLines() throws IOException {
        var json = run("-f", write("a.yaml", CONFIG).toString(), "--prepare-images",
            "printf 'pulling\\ndenied: --token=s3cr3t-t0ken-value\\n' >&2; exit 3");
        assertCause(json, "PREPARE_FAILED", "Command", "printf", "pulling\ndenied");
        assertFalse(json.toString().contains("s3cr3t-t0ken-value"), json.toString());
    }

    @Test
    void whatIsWellIsNoCause() throws IOException {
        var json = run("-f", write("a.yaml", CONFIG).toString(), "--prepare-images",
            "echo fine >&2", "--render", "echo '" + CONFIG.replace("a}", "b}") + "'");
        assertEquals("ready []", json.path("outcome").asString("") + " " + json.path("causes"), json.toString());
    }

    private static void assertCause(JsonNode json, String code, String kind, String name, String evidence) {
        var cause = json.at("/causes/0");
        assertEquals(List.of(code, kind, name, "blocking", "1"),
            List.of(cause.path("code").asString(""), cause.at("/object/kind").asString(""), cause.at("/object/name").asString(""),
            cause.path("severity").asString(""), "" + json.path("causes").size()), json.toString());
        assertTrue(cause.at("/evidence/0/message").asString("").contains(evidence), cause.toString());
        assertFalse(json.path("infraReady").asBoolean(true));
    }

    private JsonNode run(String... more) {
        return ensure(List.of("--force-apply"), more);
    }

    /** Nothing is applied. */
    private JsonNode look(String... more) {
        return ensure(List.of("--wait-timeout", "60s"), more);
    }

    private JsonNode ensure(List<String> how, String... more) {
        var args = new ArrayList<>(List.of("-n", "x", "--wait-soft-fail"));
        args.addAll(how);
        args.addAll(List.of(more));
        var result = Cli.of("ensure_ready").env("KUBECONFIG", server.kubeconfig(folder).toString())
            .timeout(Duration.ofSeconds(60)).run(args.toArray(String[]::new));
        assertEquals(0, result.exit(), result.toString());
        try {
            return new ObjectMapper().readTree(result.out());
        } catch (JacksonException e) {
            throw new AssertionError(result.toString(), e);
        }
    }

    private Path write(String name, String text) throws IOException {
        return Files.writeString(Files.createDirectories(folder.resolve("deploy")).resolve(name), text);
    }
}
