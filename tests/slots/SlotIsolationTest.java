import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Projects that share a cluster and the namespace of the records: none touches what is another's. */
@Tag("slow")
class SlotIsolationTest {
    private static final String OURS =
        "{apiVersion: v1, kind: Namespace, metadata: {name: %s, labels: {app.kubernetes.io/managed-by: ensure-ready}}}";
    @TempDir
    Path folder;
    private EmbeddedApi server;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: codex-system}}");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void theSameIssueOfAnotherProjectGetsASlotOfItsOwn() throws IOException {
        ensure("shop", "--issue", "42");
        var other = ensure("blog", "--issue", "42");
        assertEquals("blog-dev-2 true", other.path("namespace").asString("") + " " + other.path("created").asBoolean(false));
        assertTrue(server.get("configmaps", "shop-dev-1", "a").isPresent() && server.get("configmaps", "blog-dev-2", "a").isPresent());
        assertEquals("shop-dev-1 false", ensure("shop", "--issue", "42").path("namespace")
            .asString("") + " " + ensure("shop", "--issue", "42").path("created").asBoolean(false));
    }

    @Test
    void releaseLeavesTheSlotOfAnotherProjectAlone() throws IOException {
        ensure("shop", "--issue", "42");
        var left = json(run("release", "--project", "blog", "--issue", "42"));
        assertEquals("nothing: there is no slot for env ai, issue 42", left.at("/left/0").asString(""), left.toString());
        assertEquals(List.of(true, true),
            List.of(living("shop-dev-1"), server.get("configmaps", "codex-system", "codex-env-1").isPresent()));
        assertEquals("[\"ns/shop-dev-1\",\"slot 1\"]", json(run("release", "--project", "shop", "--issue", "42"))
            .path("deleted").toString());
    }

    @Test
    void releaseOfTheExpiredFreesThoseOfTheOwnProjectOnly() throws IOException {
        ensure("shop", "--issue", "1", "--ttl", "1ms");
        ensure("blog", "--issue", "2", "--ttl", "1ms");
        assertEquals("[\"ns/blog-dev-2\",\"slot 2\"]", json(run("release", "--project", "blog", "--expired"))
            .path("deleted").toString());
        assertTrue(living("shop-dev-1"));
    }

    @Test
    void aNumberThatAnotherProjectHoldsIsRefusedWithItsNamespace() throws IOException {
        ensure("shop", "--issue", "42");
        for (var verb : List.of("ensure", "status", "release", "attach")) {
            var result = run(verb, "--project", "blog", "--slot", "1",
                "--issue", "43", "--slot-timeout", "1s", "--wait-timeout", "1s");
            assertEquals("11 no-slot", result.exit() + " " + json(result).path("outcome").asString(""), verb + result);
            assertTrue(json(result).path("summary").asString("").contains("shop-dev-1"), verb + result);
        }
        assertTrue(living("shop-dev-1"));
        assertEquals(0, run("attach", "--project", "shop", "--slot", "1", "--issue", "42").exit());
    }

    @Test
    void theLimitCountsTheSlotsOfAllProjects() throws IOException {
        ensure("shop", "--issue", "42");
        var result = run("--project", "blog", "--issue", "42", "--max", "1", "--slot-timeout", "1s");
        assertEquals(11, result.exit());
        assertTrue(json(result).path("summary").asString("").contains("slot 1 is held by issue 42"), result.toString());
    }

    @Test
    void noVerbGuessesAProject() {
        for (var verb : List.of("ensure", "status", "release", "attach")) {
            var result = run(verb, "--issue", "42");
            assertEquals(2, result.exit(), verb + result);
            assertTrue(result.err().contains("--project is needed"), verb + result);
        }
        assertEquals(0, run(Map.of("GITHUB_REPOSITORY", "acme/shop"), "release", "--issue", "42").exit());
    }

    @Test
    void aRecordWhoseNamespaceIsNoNameReachesNoShell() throws IOException {
        record(1, "p$(touch " + folder.resolve("pwned") + ")-dev-1", 42, 0);
        for (var verb : List.of("ensure", "status")) {
            assertEquals(11, run(verb, "--project", "p", "--slot", "1", "--render", ": {namespace}", "--wait-timeout", "1s").exit());
        }
        assertTrue(Files.notExists(folder.resolve("pwned")));
        assertTrue(slot("p-dev-1").of((number, env, issue) -> "p-dev-1"));
        for (var bad : List.of("", "p;id", "p dev", "P", "-p", "p-", "p\n", "a".repeat(64))) {
            assertFalse(slot(bad).of((number, env, issue) -> bad), bad);
        }
    }

    @Test
    void aNamespaceInWhichAnotherSlotLivesIsLeft() {
        server.putYaml("", OURS.formatted("shared"));
        record(1, "shared", 42, 0);
        record(2, "shared", 43, 0);
        var first = json(run("release", "--namespace-pattern", "shared", "--issue", "42"));
        assertEquals("[\"slot 1\"] [\"ns/shared: another slot lives in it\"]", first.path("deleted") + " " + first.path("left"));
        assertTrue(living("shared"));
        assertEquals("[\"ns/shared\",\"slot 2\"]", json(run("release", "--namespace-pattern", "shared", "--issue", "43"))
            .path("deleted").toString());
    }

    @Test
    void aForeignNamespaceIsNotAppliedToUnlessForced() throws IOException {
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: staging}}");
        assertEquals("false", json(run("-n", "staging", "-f", manifest(), "--apply", "--wait-timeout", "1s"))
            .path("applied").asString(""));
        assertTrue(server.get("configmaps", "staging", "a").isEmpty());
        run("-n", "staging", "-f", manifest(), "--force-apply");
        assertTrue(server.get("configmaps", "staging", "a").isPresent());
    }

    @Test
    void attachGivesASlotToAnotherIssue() throws IOException {
        ensure("shop", "--issue", "42");
        var attached = json(run("attach", "--project", "shop", "--slot", "1", "--issue", "43"));
        assertEquals("attached: env ai, slot 1, issue 43", attached.path("summary").asString(""));
        assertEquals("1 43", attached.at("/slot") + " "
            + new ensure_ready.Obj(server.get("configmaps", "codex-system", "codex-env-1").orElseThrow()).map("/data").get("issue"));
        ensure("shop", "--issue", "44");
        var second = run("attach", "--project", "shop", "--slot", "1", "--issue", "44");
        assertTrue(second.exit() == 11 && json(second).path("summary").asString("")
            .contains("slot 2 is held by issue 44"), second.toString());
    }

    @Test
    void aSlotWhoseNamespaceNamesItsIssueStaysWithIt() throws IOException {
        var args = List.of("--project", "shop", "--namespace-pattern", "${project}-${issue}-${slot}");
        assertEquals("shop-42-1", json(run(with(args, "--issue", "42", "-f", manifest(), "--apply"))).path("namespace").asString(""));
        assertEquals(11, run(with(args, "attach", "--slot", "1", "--issue", "43")).exit());
        assertEquals("shop-42-1", json(run(with(args, "attach", "--slot", "1", "--issue", "42", "--pr", "7")))
            .path("namespace").asString(""));
    }

    private static String[] with(List<String> args, String... more) {
        return Stream.concat(args.stream(), Stream.of(more)).toArray(String[]::new);
    }

    private JsonNode ensure(String project, String... more) throws IOException {
        return json(run(with(List.of("--project", project, "-f", manifest(), "--apply"), more)));
    }

    private static ensure_ready.Slot slot(String namespace) {
        return new ensure_ready.Slot(1, "ai", namespace, "", 42, 0, "", "", "", 1);
    }

    private boolean living(String namespace) {
        return server.get("namespaces", "", namespace).filter(n -> n.at("/metadata/deletionTimestamp").isMissingNode()).isPresent();
    }

    private void record(int slot, String namespace, int issue, int pr) {
        server.putYaml("codex-system",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: codex-env-%d}, data: {env: ai, issue: '%d', pr: '%d', namespace: '%s'}}"
            .formatted(slot, issue, pr, namespace));
    }

    private String manifest() throws IOException {
        return Files.writeString(folder.resolve("m.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n").toString();
    }

    private Cli.Result run(String... args) {
        return run(Map.of(), args);
    }

    private Cli.Result run(Map<String, String> environment, String... args) {
        return Cli.ensureReady(environment,
            with(List.of(args), "--kubeconfig", server.kubeconfig(folder).toString(), "--output", "json", "-q"));
    }

    private static JsonNode json(Cli.Result result) {
        try {
            return new ObjectMapper().readTree(result.out());
        } catch (JacksonException e) {
            throw new AssertionError(result.toString(), e);
        }
    }
}
