import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a run counts as from what is known by then: it fails closed, whoever asks and whenever. */
class OutcomeTest {
    private static final ensure_ready.Target ASKED = new ensure_ready.Target("ai", 0, "", 42, 0, false);
    private final ensure_ready.KnownSoFar known = new ensure_ready.KnownSoFar();

    @ParameterizedTest
    @EnumSource(ensure_ready.Outcome.class)
    void softTurnsOnlyWhatTheInfrastructureDidIntoSuccess(ensure_ready.Outcome outcome) {
        var codes = switch (outcome) {
            case ready, released, attached -> "0 0";
            case no_slot -> "11 11";
            case interrupted -> "130 130";
            default -> "10 0";
        };
        assertEquals(codes, outcome.exitCode(false) + " " + outcome.exitCode(true));
    }

    @ParameterizedTest
    @CsvSource({"0, no_cluster, GET /x: no answer: m", "401, forbidden, GET /x: forbidden: m", "403, forbidden, GET /x: forbidden: m",
        "404, failed, GET /x: 404: m", "500, failed, GET /x: 500: m"})
    void anAnswerOfTheServerIsAnOutcomeWithItsSentence(int code, ensure_ready.Outcome outcome, String sentence) {
        var error = new ensure_ready.ApiError(code, "R", "m", "GET /x");
        assertEquals(outcome + " " + sentence, error.outcome() + " " + error.sentence());
        assertEquals(code == 401 || code == 403, error.forbidden());
        assertEquals("do it: m R " + code, error.with("do it").getMessage() + " "
            + error.with("do it").reason + " " + error.with("do it").code);
    }

    @Test
    void theServersOwnWordsAreReadFromItsStatus() {
        var error = ensure_ready.ApiError.of(422, """
            {"reason": "Invalid", "message": "no", "details": {"causes": [{"field": "spec.a"}, {"field": "spec.b"}, {"field": "spec.a"},
                {}]}}
            """, "PATCH /x");
        assertEquals("Invalid no (spec.a, spec.b)", error.reason + " " + error.getMessage() + error.fields());
        var plain = ensure_ready.ApiError.of(502, " bad gateway\n", "GET /x");
        assertEquals("502 bad gateway", plain.code + " " + plain.getMessage() + plain.fields() + plain.reason);
        assertEquals("GET /x: 502: an empty answer", ensure_ready.ApiError.of(502, " ", "GET /x").sentence());
        assertEquals("GET /x: 500: an empty answer", ensure_ready.ApiError.of(500, "{\"message\": \"\"}", "GET /x").sentence());
        assertEquals("0 a", ensure_ready.ApiError.unreachable("GET /x", new RuntimeException("a\nb")).code + " "
            + ensure_ready.ApiError.unreachable("GET /x", new RuntimeException("a\nb")).getMessage());
        assertEquals("IllegalStateException", ensure_ready.ApiError.unreachable("GET /x", new IllegalStateException()).getMessage());
    }

    @Test
    void aRefusedValueIsNotRepeatedWhenItIsLong() {
        var head = "spec: Invalid value: ";
        assertEquals(head + "…: too long", ensure_ready.ApiError.brief(head + "x".repeat(85) + ": too long"));
        assertEquals(head + "x".repeat(84) + ": too long", ensure_ready.ApiError.brief(head + "x".repeat(84) + ": too long"));
        assertEquals("x".repeat(200) + ": too long", ensure_ready.ApiError.brief("x".repeat(200) + ": too long"));
        assertEquals("Invalid value: …: too long", ensure_ready.ApiError.brief("Invalid value: " + "x".repeat(100) + ": too long"));
    }

    @ParameterizedTest
    @CsvSource({"500, conversion webhook for x failed, true", "500, other, false", "503, conversion webhook for x failed, false"})
    void onlyABrokenConversionIsAVersionThatCannotBeRead(int code, String message, boolean unconverted) {
        assertEquals(unconverted, new ensure_ready.ApiError(code, "", message, "GET /x").unconverted());
    }

    @Test
    void aJudgementAloneIsReadyAndNothingBeforeItMayHaveFailed() {
        known.judgement = judged(ensure_ready.Outcome.ready);
        assertTrue(known.ready() && report().ready() && !report().waitFailed());
        assertEquals("1 of 1 workload ready", report().summary());
        known.results = List.of(applied(ensure_ready.Result.failed));
        assertEquals("apply_failed false true", told());
        known.results = List.of(applied(ensure_ready.Result.created));
        assertEquals("ready true false", told());
        known.problems = List.of(new ensure_ready.Problem(new ensure_ready.Source("a.yaml", 1), "bad"));
        assertEquals("apply_failed false true", told());
        assertEquals("1 object could not be applied; 1 of 1 workload ready", report().summary());
        known.prepareFailure =
            new ensure_ready.Problem(new ensure_ready.Source("sh", 0), "images: exit code 1", ensure_ready.Code.PREPARE_FAILED, "no space");
        assertEquals("prepare_failed false true", told());
        assertEquals("images: exit code 1; 1 object could not be applied; 1 of 1 workload ready", report().summary());
        assertEquals(List.of("Command", "Manifest"), known.broken().stream().map(a -> a.object().kind()).sorted().toList());
        assertFalse(known.report(ASKED, false).waitFailed(), "a verb that says nothing of readiness");
    }

    private String told() {
        return known.outcome() + " " + report().ready() + " " + report().waitFailed();
    }

    @Test
    void theOtherJudgementsAreToldAsTheyAre() {
        assertEquals("failed false true", told());
        known.judgement = judged(ensure_ready.Outcome.timeout);
        assertEquals("timeout false true", told());
        known.judgement = judged(ensure_ready.Outcome.ready).with(ensure_ready.Outcome.not_ready);
        assertEquals("not_ready false true", told());
    }

    @Test
    void anInterruptTellsWhatWasKnownAndIsNotAskedTwice() {
        known.judgement = judged(ensure_ready.Outcome.ready);
        known.interrupt();
        assertEquals("interrupted false true", told());
        assertEquals("interrupted; this is what was known by then", report().summary());
        var over = new ensure_ready.KnownSoFar();
        over.end(ensure_ready.Outcome.released, "deleted slot 1");
        over.interrupt();
        assertEquals("released deleted slot 1", over.outcome() + " " + over.report(ASKED, false).summary());
    }

    @Test
    void aMistakeOfOursNeverSaysReadyAndTakesNoOtherVerdictAway() {
        known.judgement = judged(ensure_ready.Outcome.timeout);
        known.fault("oops");
        assertEquals("timeout false true", told());
        assertEquals(List.of("diagnosis: oops", "events: forbidden"), report().limited());
        known.judgement = judged(ensure_ready.Outcome.ready);
        known.fault("oops");
        assertEquals("failed false true", told());
        var early = new ensure_ready.KnownSoFar();
        early.fault("oops");
        assertEquals("failed oops", early.outcome() + " " + early.report(ASKED, true).summary());
    }

    @Test
    void withoutDetailsTheVerdictStays() {
        known.judgement = judged(ensure_ready.Outcome.timeout);
        known.problems = List.of(new ensure_ready.Problem(new ensure_ready.Source("a.yaml", 1), "bad"));
        known.results = List.of(applied(ensure_ready.Result.failed));
        known.withoutDetails();
        assertEquals("apply_failed false true the details cannot be told", told() + " " + report().summary());
        assertTrue(report().judgement().isEmpty() && report().problems().isEmpty() && report().results().isEmpty());
        known.end(ensure_ready.Outcome.failed, "said so");
        known.withoutDetails();
        assertEquals("said so", report().summary());
    }

    @Test
    void aSecretThatChangedIsRememberedInBothForms() {
        known.learn(Map.of("a#b", "zq9x7w"));
        known.learn(Map.of("a#b", "bq8x6w"));
        known.learn(Map.of("a#b", "bq8x6w"));
        assertEquals(List.of("bq8x6w", "zq9x7w"), known.secrets().values().stream().sorted().toList());
        assertFalse(known.redaction(Map.of()).clean("zq9x7w bq8x6w").matches(".*(zq9|bq8).*"));
    }

    @Test
    void theResultIsPrintedOnceAndIsOfTheSlotThatWasFound() {
        assertFalse(known.published());
        known.printed();
        assertTrue(known.published());
        assertEquals("", report().target().namespace());
        known.target = new ensure_ready.Target("ai", 1, "shop-dev-1", 42, 0, true);
        assertEquals("shop-dev-1", report().target().namespace());
        known.results = List.of(applied(ensure_ready.Result.created));
        assertEquals(List.of(), report().results(), "nothing is told of an apply that was not begun");
        known.applied = true;
        assertEquals(1, report().results().size());
        known.limited("a");
        known.limited("a");
        known.judgement = judged(ensure_ready.Outcome.timeout);
        assertEquals(List.of("a", "events: forbidden"), report().limited());
    }

    @Test
    void everythingThatFailedIsCountedAndTheDiagnosisHasTheLastWord() {
        known.judgement = judged(ensure_ready.Outcome.ready);
        known.problems = List.of(new ensure_ready.Problem(new ensure_ready.Source("a.yaml", 1), "bad"));
        known.results = List.of(applied(ensure_ready.Result.failed), applied(ensure_ready.Result.created));
        assertEquals("2 objects could not be applied; 1 of 1 workload ready", report().summary());
        known.diagnosis = explained("1 cause explains 1 of 1 workload", 1);
        assertEquals("2 objects could not be applied; 1 cause explains 1 of 1 workload", report().summary());
        known.problems = List.of();
        known.results = List.of();
        assertEquals("1 of 1 workload ready; 1 fault that no workload waits for", report().summary());
        known.diagnosis = explained("", 0);
        assertEquals("1 of 1 workload ready", report().summary());
        known.judgement = judged(ensure_ready.Outcome.timeout);
        assertEquals("0 of 1 workload ready", report().summary());
        assertEquals(List.of("events: forbidden", "logs: forbidden"), report().limited());
    }

    @Test
    void theVerdictWasCertainAfterTheBeginningAndTheRunHasLastedSinceThen() {
        known.judgement = since(Instant.now().plusSeconds(1000));
        var after = report().certainAfterSeconds().orElseThrow();
        assertTrue(after > 900 && after < 1100, "" + after);
        assertTrue(report().waitedSeconds() >= 0 && report().waitedSeconds() < 600, "" + report().waitedSeconds());
        known.judgement = since(Instant.EPOCH);
        assertEquals(0.0, report().certainAfterSeconds().orElseThrow());
        known.judgement = judged(ensure_ready.Outcome.timeout);
        assertEquals(Optional.empty(), report().certainAfterSeconds());
    }

    @Test
    void anInterruptTakesWhatTheWaitSawLastUnlessThereIsAVerdict(@TempDir Path folder) throws IOException {
        var config = Files.writeString(folder.resolve("config"), "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
            + "contexts: [{name: c, context: {cluster: c}}]\nclusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n");
        try (var api = new ensure_ready.Api(ensure_ready.Kubeconfig.read(config, null), Duration.ofSeconds(1))) {
            known.waiting = new ensure_ready.SoftWait(api, "x", ensure_ready.Applying.over(List.of(), false),
                new ensure_ready.WaitSettings("codex", true, false, true, null),
                judgement -> { });
            known.judgement = judged(ensure_ready.Outcome.timeout);
            known.interrupt();
            assertEquals(1, report().judgement().orElseThrow().workloads().size());
            known.judgement = null;
            known.interrupt();
            assertEquals(Optional.ofNullable(known.waiting.last()), report().judgement());
        }
    }

    @Test
    void whatIsBrokenBeforeTheClusterIsAManifestOrACommandWithItsLastLines() {
        var manifest = new ensure_ready.Problem(new ensure_ready.Source("a.yaml", 1), "bad").asApplied();
        assertEquals("Manifest a.yaml failed MANIFEST_UNREADABLE bad", words(manifest));
        assertEquals("Command sh failed PREPARE_FAILED no space",
            words(new ensure_ready.Problem(new ensure_ready.Source("sh", 0), "m", ensure_ready.Code.PREPARE_FAILED, "no space")
                .asApplied()));
        assertEquals("skipped failed created", applied(ensure_ready.Result.pending).finished().result() + " "
            + applied(ensure_ready.Result.pending).failed("why").with(ensure_ready.Result.pending)
            .finished().result() + " " + applied(ensure_ready.Result.created).finished().result());
        assertEquals("failed why", applied(ensure_ready.Result.pending).failed("why")
            .result() + " " + applied(ensure_ready.Result.pending).failed("why").error());
    }

    private static String words(ensure_ready.Applied a) {
        return a.object().kind() + " " + a.object().name() + " " + a.result() + " " + a.reason() + " " + a.error();
    }

    private static ensure_ready.DiagnosisReport explained(String summary, int causes) {
        var cause = new ensure_ready.Cause("c1", "f", ensure_ready.Code.values()[0],
            null, null, null, null, "", "", 0, Map.of(), List.of(), List.of(), null,
            List.of(), List.of(), null, List.of(), false, false, 0, "");
        return new ensure_ready.DiagnosisReport(java.util.Collections.nCopies(causes, cause),
            List.of(), List.of(), List.of("logs: forbidden"), "", summary);
    }

    private static ensure_ready.Judgement since(Instant at) {
        var judged = judged(ensure_ready.Outcome.timeout);
        return new ensure_ready.Judgement(judged.outcome(), judged.verdict(), judged.snapshot(), List.of(), Optional.of(at));
    }

    private ensure_ready.Report report() {
        return known.report(ASKED, true);
    }

    private static ensure_ready.Applied applied(ensure_ready.Result result) {
        return new ensure_ready.Applied(new ensure_ready.Obj(ensure_ready.Json.MAPPER.createObjectNode()),
            new ensure_ready.Source("a.yaml", 1), result, 0, "", "", "");
    }

    private static ensure_ready.Judgement judged(ensure_ready.Outcome outcome) {
        var workload = new ensure_ready.Workload("Deployment", "web", outcome == ensure_ready.Outcome.ready
            ? ensure_ready.State.ready : ensure_ready.State.progressing, 1, 1, "");
        var verdict = new ensure_ready.Verdict(List.of(workload), outcome == ensure_ready.Outcome.ready, true, true, List.of(), 0, false);
        return new ensure_ready.Judgement(outcome, verdict,
            new ensure_ready.Snapshot("x", Instant.EPOCH, Map.of(), List.of(), Map.of(), List.of("events: forbidden")),
                List.of(), Optional.empty());
    }
}
