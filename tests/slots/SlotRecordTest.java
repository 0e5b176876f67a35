import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.ObjectMapper;

/** The rules over records alone: whose a record is, which is found, which is free, who holds it. */
class SlotRecordTest {
    private static final List<ensure_ready.Slot> SLOTS =
        List.of(slot(1, "ai", 41, 0), slot(2, "ai", 0, 7), slot(3, "", 43, 9), slot(5, "dev", 45, 8));

    private static ensure_ready.Slot slot(int number, String env, int issue, int pr) {
        return new ensure_ready.Slot(number, env, "shop-dev-" + number, "", issue, pr, "", "", "", number);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        ai  | 1 | 0  | 0 | 1 | by number
        ai  | 1 | 41 | 0 | 1 | number and issue agree
        ai  | 1 | 42 | 0 | 0 | the number is held by another issue
        ai  | 2 | 42 | 0 | 2 | the number has no issue yet
        ai  | 4 | 0  | 0 | 0 | no such number
        ai  | 0 | 41 | 0 | 1 | by issue
        ai  | 0 | 40 | 0 | 0 | no such issue
        ai  | 0 | 0  | 7 | 2 | by pull request
        ai  | 0 | 42 | 7 | 2 | an issue without a slot takes the one of its pull request
        ai  | 0 | 42 | 9 | 0 | but not when that one has an issue
        ai  | 0 | 0  | 0 | 0 | nothing is asked for
        ai  | 0 | 43 | 0 | 3 | a record without an environment type is everybody's
        ai  | 0 | 45 | 0 | 0 | another environment type
        dev | 0 | 45 | 0 | 5 | its own environment type
        ai  | 5 | 0  | 0 | 0 | not even by number
        """)
    void aSlotIsFoundByNumberThenByIssueThenByPullRequest(String env, int number, int issue, int pr, int expected, String why) {
        assertEquals(expected, ensure_ready.Slots.find(SLOTS, new ensure_ready.Wanted(env, number, issue, pr, 0))
            .map(ensure_ready.Slot::number).orElse(0), why);
    }

    @ParameterizedTest
    @CsvSource({"0, 0, 4", "0, 3, 0", "0, 4, 4", "2, 0, 0", "9, 0, 9", "9, 3, 9"})
    void theLowestFreeNumberWithinTheLimitIsFree(int number, int max, int expected) {
        assertEquals(expected, ensure_ready.Slots.lowestFree(SLOTS, new ensure_ready.Wanted("ai", number, 0, 0, max)).orElse(0));
        assertEquals(1, ensure_ready.Slots.lowestFree(List.of(), new ensure_ready.Wanted("ai", 0, 0, 0, 0)).orElse(0));
    }

    @ParameterizedTest
    @CsvSource({"4, 41, 0, 1", "1, 41, 0, 0", "0, 41, 0, 0", "4, 0, 7, 2", "4, 40, 0, 0"})
    void whoHasASlotAndAsksForAnotherNumberIsToldOfIt(int number, int issue, int pr, int expected) {
        assertEquals(expected, ensure_ready.Slots.elsewhere(SLOTS, new ensure_ready.Wanted("ai", number, issue, pr, 0))
            .map(ensure_ready.Slot::number).orElse(0));
    }

    @Test
    void theHoldersOfWhatIsAskedForAreNamedInOrder() {
        var two = List.of(SLOTS.get(1), SLOTS.get(0));
        assertEquals("slot 1 is held by issue 41: ns/shop-dev-1; slot 2 is held by pull request 7: ns/shop-dev-2",
            ensure_ready.Slots.holders(two, new ensure_ready.Wanted("ai", 0, 1, 0, 2)));
        assertEquals("slot 2 is held by pull request 7: ns/shop-dev-2",
            ensure_ready.Slots.holders(two, new ensure_ready.Wanted("ai", 2, 1, 0, 2)));
        assertEquals("slot 4 is held by nobody's issue since 2026-01-01 (me): ns/x",
            new ensure_ready.Slot(4, "ai", "x", "me", 0, 0, "2026-01-01", "", "", 1).toString());
    }

    @Test
    void aRecordIsReadAndWhatIsNoNumberInItCountsAsNone() {
        assertEquals(new ensure_ready.Slot(12, "ai", "shop-dev-12", "me", 42, 7, "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", "u1", 77),
            record("""
            {"metadata": {"name": "codex-env-12", "uid": "u1", "resourceVersion": "77", "annotations": {"ensure-ready/expires-at": \
            "2026-02-01T00:00:00Z"}},
             "data": {"env": "ai", "namespace": "shop-dev-12", "owner": "me", "issue": "42", "pr": "7", "createdAt": \
            "2026-01-01T00:00:00Z"}}
            """));
        assertEquals(new ensure_ready.Slot(3, "", "", "", 0, 0, "", "", "", 0),
            record("{\"metadata\": {\"name\": \"codex-env-3\"}, \"data\": {\"issue\": \"-1\", \"pr\": \"99999999999\"}}"));
    }

    private static ensure_ready.Slot record(String json) {
        return ensure_ready.Slot.of(new ensure_ready.Obj(new ObjectMapper().readTree(json)), "codex-env-");
    }

    @ParameterizedTest
    @CsvSource({"shop-dev-1, shop-dev-1, true", "shop-dev-1, blog-dev-1, false", "'', '', false", "'p;id', 'p;id', false"})
    void aRecordIsAProjectsOwnWhenItsNamespaceIsAsThePatternGivesIt(String namespace, String pattern, boolean own) {
        assertEquals(own, new ensure_ready.Slot(1, "ai", namespace, "", 41, 0, "", "", "", 1)
            .of((number, env, issue) -> number == 1 && env.equals("ai") && issue == 41 ? pattern : "?"));
    }

    @ParameterizedTest
    @CsvSource({"'', false", "2026-01-01T00:00:00Z, true", "2026-01-02T00:00:00Z, false", "2026-01-03T00:00:00Z, false", "soon, false"})
    void aRecordExpiresWhenItsTimeIsOver(String at, boolean expired) {
        assertEquals(expired, new ensure_ready.Slot(1, "ai", "x", "", 0, 0, "", at, "", 1).expired(Instant.parse("2026-01-02T00:00:00Z")));
    }

    @Test
    void whatIsAskedForWinsOverWhatTheRecordSays() {
        assertEquals(new ensure_ready.Target("ai", 1, "shop-dev-1", 41, 9, false), slot(1, "ai", 41, 9)
            .target(new ensure_ready.Wanted("dev", 0, 0, 0, 0), false));
        assertEquals(new ensure_ready.Target("dev", 1, "shop-dev-1", 42, 8, true), slot(1, "", 41, 9)
            .target(new ensure_ready.Wanted("dev", 0, 42, 8, 0), true));
    }

    @Test
    void whatIsAskedForIsSaidWithoutWhatWasNotGiven() {
        assertEquals("env ai", new ensure_ready.Wanted("ai", 0, 0, 0, 0).toString());
        assertEquals("env ai, slot 1, issue 2, pull request 3", new ensure_ready.Wanted("ai", 1, 2, 3, 0).toString());
    }

    private static String holder(Map<String, String> environment) {
        var options = new ensure_ready.Options();
        options.environment = environment;
        return options.holder();
    }

    @Test
    void theHolderIsTheRunOrWhoeverTypedIt() {
        assertEquals("acme/shop run 77", holder(Map.of("GITHUB_RUN_ID", "77", "GITHUB_REPOSITORY", "acme/shop")));
        assertEquals("github run 77", holder(Map.of("GITHUB_RUN_ID", "77")));
        assertEquals(System.getProperty("user.name"), holder(Map.of("GITHUB_REPOSITORY", "acme/shop")));
    }

    @Test
    void whatIsNotKnownIsNoLabel() {
        var metadata = ensure_ready.Json.MAPPER.createObjectNode();
        ensure_ready.Labels.mark(metadata, "ai", 0, 0, java.util.Optional.empty());
        assertEquals("{\"labels\":{\"app.kubernetes.io/managed-by\":\"ensure-ready\",\"ensure-ready/env\":\"ai\"}}", metadata.toString());
    }

    @Test
    void commandsOfTheUsersGetTheEnvironmentTheyAreFor() {
        var target = new ensure_ready.Target("ai", 3, "shop-dev-3", 42, 7, false);
        assertEquals(Map.of("env", "ai", "slot", "3", "namespace", "shop-dev-3", "issue", "42", "pr", "7"), target.placeholders());
        assertEquals(Map.of("CODEXCTL_ENV", "ai", "CODEXCTL_SLOT", "3", "CODEXCTL_NAMESPACE",
            "shop-dev-3", "CODEXCTL_ISSUE_NUMBER", "42", "CODEXCTL_PR_NUMBER", "7"),
            target.environment());
    }
}
