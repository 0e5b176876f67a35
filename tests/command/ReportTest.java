import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ReportTest {
    private static final JsonNode BROKEN = json("""
        {"namespace": "shop-dev-3", "slot": 3, "infraReady": false, "waitFailed": true, "outcome": "failed", "summary": "1 cause explains \
        2 of 2 workloads",
         "causes": [{"code": "SECRET_MISSING", "severity": "blocking", "object": {"kind": "Secret", "name": "db"}, "owner": {"kind": \
        "StatefulSet", "name": "postgres"},
           "container": "postgres", "fix": {"text": "Create the Secret.", "files": [{"path": "deploy/db.yaml", "line": 7}]},
           "evidence": [{"source": "status",
               "message": "secret \\"db\\" not found\\n::error::pwned `code` | <img src=x> @team http://evil"}],
           "next": ["kubectl -n shop-dev-3 get secret"],
           "explains": [{"object": "Deployment/users", "code": "INIT_WAITING"}]}],
         "workloads": [{"kind": "Deployment", "name": "users", "state": "progressing", "ready": 0, "desired": 1, "message": "waits | <b>"}],
         "warnings": ["a"], "limited": ["events: forbidden"], "unexplained": [], "problems": []}
        """);

    @Test
    void peopleSeeTheCauseFirstWithItsFileWhatItExplainsAndOneCommand() {
        assertEquals("""
            shop-dev-3 (slot 3): failed: 1 cause explains 2 of 2 workloads

              SECRET_MISSING  secret/db (sts/postgres, container postgres)
                Create the Secret.
                in deploy/db.yaml:7
                seen: secret "db" not found ::error::pwned `code` | <img src=x> @team http://evil
                explains deploy/users
                next: kubectl -n shop-dev-3 get secret

              deploy/users  progressing 0/1  waits | <b>
              warning: a
              not seen: events: forbidden
            """, ensure_ready.Text.of(BROKEN));
    }

    @Test
    void noTextOfAClusterBecomesMarkupAMentionALinkOrAnotherCell() {
        var md = ensure_ready.Markdown.of(BROKEN);
        assertTrue(md.contains("- status: `` secret \"db\" not found ::error::pwned 'code' ¦ <img src=x> @team http://evil ``"),
            "all of it in one code span: " + md);
        assertFalse(md.contains("<b>"), md);
        assertTrue(md.contains("| deploy/users | progressing | 0/1 | waits \\| &lt;b> |"), md);
    }

    @Test
    void noTextOfAClusterIssuesAWorkflowCommand() {
        var lines = ensure_ready.Annotations.of(BROKEN);
        assertEquals(List.of("::error file=deploy/db.yaml,line=7::SECRET_MISSING secret/db (sts/postgres, "
            + "container postgres): Create the Secret."), lines);
        assertEquals("a ## [stop-commands]x", ensure_ready.Texts.line("a ##[stop-commands]x\u200b"));
        assertEquals("100%25  two  lines", ensure_ready.Annotations.escaped("100%\n two\r lines\u001b"));
    }

    @Test
    void noValueWritesAnotherOutputOfTheStep(@TempDir Path folder) throws IOException {
        var file = folder.resolve("outputs");
        var report = folder.resolve("r\ninfra_ready=true");
        var known = new ensure_ready.KnownSoFar();
        known.end(ensure_ready.Outcome.failed, "");
        var asked = new ensure_ready.Target("ai\ninfra_ready=true", 0, "x\r\nslot=9", 0, 0, false);
        new ensure_ready.Publisher(new PrintWriter(new StringWriter()), false,
            Optional.of(report), Map.of("GITHUB_OUTPUT", file.toString()), false)
            .publish(known.report(asked, true), known.redaction(Map.of()), () -> { });
        var lines = Files.readAllLines(file);
        assertEquals(List.of("infra_ready=false"), lines.stream().filter(l -> l.startsWith("infra_ready=")).toList());
        assertEquals(List.of("slot="), lines.stream().filter(l -> l.startsWith("slot=")).toList());
        assertEquals(10, lines.size(), lines.toString());
    }

    @Test
    void noNameOfAFileSetsAnotherPropertyOfItsAnnotation() {
        var cause = json("""
            {"causes": [{"code": "A", "severity": "blocking", "fix": {"text": "T", "files": [{"path": "a,title=b::pwned%\\n::x.yaml",
                "line": 7}]}}]}
            """);
        assertEquals(List.of("::error file=a%2Ctitle=b%3A%3Apwned%25 %3A%3Ax.yaml,line=7::A : T"), ensure_ready.Annotations.of(cause));
    }

    @ParameterizedTest
    @CsvSource({"ready, false, 0", "ready, true, 0", "released, false, 0", "attached, false, 0",
        "timeout, false, 10", "timeout, true, 0", "failed, true, 0",
        "apply_failed, true, 0", "no_cluster, true, 0", "forbidden, true, 0",
            "prepare_failed, false, 10", "no_slot, false, 11", "no_slot, true, 11", "interrupted, true, 130"})
    void anOutcomeHasItsExitCode(ensure_ready.Outcome outcome, boolean soft, int code) {
        assertEquals(code, outcome.exitCode(soft));
    }

    @ParameterizedTest
    @EnumSource(ensure_ready.Outcome.class)
    void nothingIsReadyWithoutAJudgement(ensure_ready.Outcome outcome) {
        var known = new ensure_ready.KnownSoFar();
        known.end(outcome, "said so");
        assertFalse(known.ready());
    }

    @Test
    void theEarliestFailureIsTheOutcome() {
        var known = new ensure_ready.KnownSoFar();
        assertEquals("failed", known.outcome().word(), "nothing is known");
        known.results = List.of(new ensure_ready.Applied(new ensure_ready.Obj(ensure_ready.Json.MAPPER.createObjectNode()),
            new ensure_ready.Source("a.yaml", 1),
            ensure_ready.Result.failed, 0, "", "Invalid", "is invalid"));
        assertEquals("apply-failed", known.outcome().word());
        known.prepareFailure = new ensure_ready.Problem(new ensure_ready.Source("sh", 0), "images: exit code 1");
        assertEquals("prepare-failed", known.outcome().word());
        known.results = List.of();
        known.prepareFailure = null;
        known.problems = List.of(new ensure_ready.Problem(new ensure_ready.Source("b.yaml", 1), "undefined variable"));
        assertEquals("apply-failed", known.outcome().word());
        known.prepareFailure = new ensure_ready.Problem(new ensure_ready.Source("sh", 0), "images: exit code 1");
        known.interrupt();
        assertEquals("interrupted", known.outcome().word());
    }

    @Test
    void aReadyJudgementDoesNotOutweighAFailedPreparation() {
        var known = new ensure_ready.KnownSoFar();
        var snapshot = new ensure_ready.Snapshot("x", java.time.Instant.EPOCH, Map.of(), List.of(), Map.of(), List.of());
        known.judgement = new ensure_ready.Judgement(ensure_ready.Outcome.ready,
            new ensure_ready.Verdict(List.of(), true, true, true, List.of(), 0, false), snapshot, List.of(),
            java.util.Optional.empty());
        assertTrue(known.ready());
        known.prepareFailure = new ensure_ready.Problem(new ensure_ready.Source("sh", 0), "images: exit code 1");
        assertFalse(known.ready());
        assertEquals(ensure_ready.Outcome.prepare_failed, known.outcome());
    }

    @ParameterizedTest
    @CsvSource({"90s, 90000", "20m, 1200000", "1h5m, 3900000", "1.5h, 5400000", "250ms, 250", "7d, 604800000"})
    void durationsAreReadAsPeopleWriteThem(String text, long millis) {
        assertEquals(millis, ensure_ready.Durations.of(text).orElseThrow().toMillis());
    }

    @ParameterizedTest
    @CsvSource({"5", "m5", "5 m", "-5m", "5m!", "''", "5x", "999999999999999h", "1001d"})
    void whatIsNoDurationIsRefused(String text) {
        assertTrue(ensure_ready.Durations.of(text).isEmpty());
    }

    private static JsonNode json(String text) {
        return new ObjectMapper().readTree(text);
    }
}
