import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which values the mask knows, and when: before the first request that could print one, and for good. */
class SecretsTest {
    private static final String POD = """
        apiVersion: v1
        kind: Pod
        metadata: {name: web}
        spec: {containers: [{name: web, image: "web:1"}]}
        status: {phase: Running, containerStatuses: [{name: web, ready: false, restartCount: 0, state: {running: {}}}]}
        """;
    private static final String SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\ndata: {password: cGx1bS10cmVlLTc3}\n";
    private static final List<ensure_ready.Workload> UNREADY =
        List.of(new ensure_ready.Workload("Pod", "web", ensure_ready.State.progressing, 0, 1, ""));
    @TempDir
    Path folder;
    private EmbeddedApi server;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: x}}");
        server.putYaml("x", POD);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void valuesOfTheManifestsAreMaskedInWhatTheServerAnswersThoughSecretsMayNotBeListed() throws IOException {
        server.faults.forbid("list", "secrets");
        server.faults.fail("patch", "secrets", 9, 422, "Secret \"db\" is invalid: data: plum-tree-77 fig-leaf-88 not-base-64!");
        var manifest = SECRET + "stringData: {token: fig-leaf-88}\n---\n" + SECRET.replace("db", "odd")
            .replace("cGx1bS10cmVlLTc3", "not-base-64!");
        var result = Cli.of("ensure_ready").env("KUBECONFIG", server.kubeconfig(folder).toString()).run("-n", "x", "-v", "-f",
            Files.writeString(folder.resolve("m.yaml"), manifest).toString(), "--force-apply", "--wait-soft-fail", "--wait-timeout", "2s");
        for (var value : List.of("plum-tree-77", "fig-leaf-88", "not-base-64!")) {
            assertFalse(result.toString().contains(value), result.toString());
        }
        assertTrue(result.out().contains("[REDACTED:secret/db#token]")
            && result.err().contains("[REDACTED:secret/db#token]"), result.toString());
        assertTrue(result.out().contains("secrets: forbidden"), result.toString());
    }

    @Test
    void aListOfSecretsThatFailsIsReadAgainAndToldWhenItFailsForGood() {
        server.putYaml("x", SECRET);
        server.faults.fail("list", "secrets", 2, 500);
        var limited = new ArrayList<String>();
        assertEquals(Map.of("db#password", "plum-tree-77"), secretsIn(limited));
        assertEquals(List.of(), limited);
        server.faults.fail("list", "secrets", 9, 500, "etcd is away");
        assertEquals(Map.of(), secretsIn(limited));
        assertEquals(List.of("secrets: etcd is away"), limited);
    }

    private Map<String, String> secretsIn(List<String> limited) {
        try (var api = api()) {
            return ensure_ready.Collect.secretsIn(api, "x", limited::add);
        }
    }

    @Test
    void whatIsKnownMasksLogsAlsoWhereTheSecondListFails() {
        server.faults.fail("list", "secrets", 9, 500, "etcd is away");
        var seen = collected("login with plum-tree-77 failed\n", Map.of("db#password", "plum-tree-77"));
        assertEquals(List.of("login with [REDACTED:secret/db#password] failed"), lines(seen));
        assertTrue(seen.snapshot().limited().contains("secrets: etcd is away"), seen.snapshot().limited().toString());
    }

    @Test
    void aKeyInALogGoesWholeThoughItsLinesAloneLookHarmless() {
        var seen = collected("starts\n-----BEGIN " + "PRIVATE KEY-----\nMIIBVgIBADAN\nBgkqhkiG9w0B\n-----END PRIVATE KEY-----\nruns\n",
            Map.of());
        assertEquals(List.of("starts", "[REDACTED:pattern]", "", "", "", "runs"), lines(seen));
    }

    @Test
    void aValueStaysKnownWhenALaterListLacksOrChangesIt() {
        var known = new ensure_ready.KnownSoFar();
        known.learn(Map.of("db#password", "plum-tree-77"));
        known.learn(Map.of());
        known.learn(Map.of("db#password", "fig-leaf-88"));
        var text = known.redaction(Map.of()).clean("plum-tree-77 and fig-leaf-88 and rose");
        assertTrue(text.matches("\\[REDACTED\\S+ and \\[REDACTED\\S+ and rose"), text);
    }

    private ensure_ready.Collect.Collected collected(String log, Map<String, String> secrets) {
        server.log("x", "web", "web", false, log);
        try (var api = api()) {
            var nothing = new ensure_ready.Snapshot("x", Instant.now(), Map.of(), List.of(), Map.of(), List.of());
            return ensure_ready.Collect.more(api, nothing, UNREADY, secrets, Duration.ofSeconds(20));
        }
    }

    private static List<String> lines(ensure_ready.Collect.Collected seen) {
        return seen.snapshot().logs().get("web/web").lines();
    }

    private ensure_ready.Api api() {
        return new ensure_ready.Api(ensure_ready.Kubeconfig.read(server.kubeconfig(folder), null), Duration.ofSeconds(10));
    }
}
