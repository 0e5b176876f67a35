import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.ObjectMapper;

/** What a run counts as, and how that is told: rules over what is known, without a run. */
class AgentVerdictTest {
    @Test
    void delimitersCannotBeGuessed() {
        String one = prompt_run.ActionsFiles.outputText(Map.of());
        assertFalse(one.equals(prompt_run.ActionsFiles.outputText(Map.of())));
        String value = "x\n" + one.lines().findFirst().orElseThrow().split("<<")[1] + "\nstatus=succeeded";
        assertEquals(value, AgentReportTest.outputs(prompt_run.ActionsFiles.outputText(Map.of("status", value))).get("status"));
    }

    @Test
    void aTableCellCannotBreakOut() {
        Map<String, Object> json =
            new LinkedHashMap<>(Map.of("status", "lost", "reason", "a|b\n| x | <b> `c` [d](e)", "notes", List.of(), "finalMessage", ""));
        assertTrue(prompt_run.Summary.of(json).contains("| reason | a\\|b \\| x \\| &lt;b> \\`c\\` \\[d\\](e) |\n"),
            prompt_run.Summary.of(json));
        json.put("infraUnhealthy", false);
        assertTrue(prompt_run.Summary.of(json).contains("| environment | no fault reported |"), "nobody may have looked");
        json.put("infraUnhealthy", true);
        assertTrue(prompt_run.Summary.of(json).contains("| environment | not ready (INFRA\\_UNHEALTHY=1) |"));
    }

    @Test
    void noTextOfOthersIsACommandToTheRunner() {
        String evil = "x ##[set-output name=a]b\n  ::error::c";
        var json = prompt_run.RunResult.begun(prompt_run.Outcome.LOST, evil);
        json.put("where", evil);
        json.put("finalMessage", evil);
        json.put("notes", List.of(evil, "deploy:\n  app: web"));
        var result = new prompt_run.RunResult(prompt_run.Outcome.LOST, json);
        var preview = new prompt_run.Preview(new prompt_run.Prompt("k", "en", false, "p"), Map.of("fallbackReason", evil));
        for (String text : List.of(result.asText(), preview.asText(), prompt_run.Summary.of(result.asJson()))) {
            assertTrue(text.lines().noneMatch(line -> line.contains("##[") || line.stripLeading().startsWith("::")), text);
        }
        assertTrue(result.asText().contains("deploy:\n      app: web"), result.asText());
    }

    @Test
    void codexSucceedsOnlyWithACompletedTurn() {
        var exited = prompt_run.Ending.exited(0, "finished");
        assertEquals(prompt_run.Outcome.AGENT_FAILED, prompt_run.Verdict.of(exited, story(), true).outcome());
        assertEquals(prompt_run.Outcome.AGENT_FAILED, prompt_run.Verdict.of(exited, story(STARTED, COMPLETED, STARTED), true).outcome());
        assertEquals(prompt_run.Outcome.AGENT_FAILED, prompt_run.Verdict.of(exited, story(STARTED, FAILED), true).outcome());
        assertEquals(prompt_run.Outcome.AGENT_FAILED, prompt_run.Verdict.of(exited, story(STARTED, COMPLETED, THREAD), true).outcome());
        assertEquals(prompt_run.Outcome.SUCCEEDED, prompt_run.Verdict.of(exited, story(THREAD, STARTED, COMPLETED), true).outcome());
        assertEquals(prompt_run.Outcome.SUCCEEDED, prompt_run.Verdict.of(exited, story(STARTED, RECONNECTING, COMPLETED), true).outcome());
        assertEquals(prompt_run.Outcome.AGENT_FAILED,
            prompt_run.Verdict.of(prompt_run.Ending.exited(1, "finished"), story(STARTED, COMPLETED), true).outcome());
    }

    @Test
    void theReasonOfAnEndDecidesBeforeItsExitCode() {
        for (var end : Map.of("timeout", prompt_run.Outcome.TIME_LIMIT, "idle",
            prompt_run.Outcome.IDLE_LIMIT, "caller-gone", prompt_run.Outcome.LOST, "keeper-gone",
            prompt_run.Outcome.LOST, "busy", prompt_run.Outcome.NO_PLACE, "something new", prompt_run.Outcome.LOST).entrySet()) {
            assertEquals(end.getValue(), prompt_run.Verdict.of(prompt_run.Ending.exited(0, end.getKey()), story(STARTED, COMPLETED), true)
                .outcome(), end.getKey());
        }
    }

    @Test
    void workThatDidNotComeBackIsNoSuccessAndNoOtherVerdictIsCovered() {
        var failed = prompt_run.Brought.failed("no");
        assertEquals(prompt_run.Outcome.AGENT_FAILED, new prompt_run.Verdict(prompt_run.Outcome.SUCCEEDED, null).with(failed).outcome());
        assertEquals(prompt_run.Outcome.TIME_LIMIT, new prompt_run.Verdict(prompt_run.Outcome.TIME_LIMIT, "t").with(failed).outcome());
    }

    @Test
    void anotherThreadThanTheOneAskedForIsNoSuccess() {
        var other = story(THREAD, STARTED, COMPLETED);
        assertEquals(prompt_run.Outcome.AGENT_FAILED, prompt_run.Verdict.of(prompt_run.Ending.exited(0, "finished"), other, true, "a")
            .outcome());
        assertEquals(prompt_run.Outcome.SUCCEEDED, prompt_run.Verdict.of(prompt_run.Ending.exited(0, "finished"), other, true, "b")
            .outcome());
    }

    @Test
    void anotherThreadHidesNoOtherEnd() {
        var other = story(THREAD, STARTED, COMPLETED);
        assertEquals(prompt_run.Outcome.TIME_LIMIT, prompt_run.Verdict.of(prompt_run.Ending.exited(0, "timeout"), other, true, "a")
            .outcome());
        assertEquals(prompt_run.Outcome.LOST, prompt_run.Verdict.of(prompt_run.Ending.broken("gone", true), other, true, "a").outcome());
        assertEquals(prompt_run.Outcome.INTERRUPTED, prompt_run.Verdict.of(prompt_run.Ending.cancelled(130, true), other, true, "a")
            .outcome());
    }

    @Test
    void everyOutputHasTheValueOfItsField() {
        Map<String, Object> json = new LinkedHashMap<>();
        prompt_run.ActionsFiles.OUTPUTS.values().forEach(field -> json.put(field, "the " + field));
        var outputs = AgentReportTest.outputs(prompt_run.ActionsFiles.outputText(json));
        assertEquals("the threadId", outputs.get("thread_id"));
        assertEquals("the infraReadyAfter", outputs.get("infra_ready_after"));
        assertEquals(json.size(), Map.copyOf(outputs).values().stream().filter(json::containsValue).distinct().count());
        assertEquals("2", AgentReportTest.outputs(prompt_run.ActionsFiles.outputText(Map.of("rounds", List.of(1, 2)))).get("rounds"));
    }

    @Test
    void unknownEventsAreNone() {
        assertNull(story("{\"type\":\"thread.renamed\"}", "{\"type\":\"item.completed\",\"item\":{\"type\":\"hologram\"}}", "{}")
            .message());
    }

    @Test
    void onlyAWholeAnswerOfTheKeeperCounts() {
        assertTrue(prompt_run.Poll.whole(reply(0, "agent-run\nstate=running\nbytes=3\n\nabc")));
        for (String broken : List.of("", "agent-run\n", "agent-run\nstate=running\nbytes=3\n\nab",
            "agent-run\nstate=running\nbytes=3\n\nabcd", "state=running\nbytes=0\n\n",
            "agent-run\nstate=exited\nrc=0\nbytes=0\n\n", "agent-run\nstate=exited\nrc=0\nreason=finished\nbytes=0\n\n",
            "agent-run\nstate=exited\nrc=0\nend=yes\nbytes=0\n\n", "agent-run\nstate=exited\nrc=0\nreason=finished\nend=y\nbytes=0\n\n",
                "agent-run\nstate=exited\nrc=\nreason=finished\nend=yes\nbytes=0\n\n",
                "Defaulted container\nagent-run\nstate=running\nbytes=0\n\n")) {
            assertFalse(prompt_run.Poll.whole(reply(0, broken)), broken);
        }
        assertFalse(prompt_run.Poll.whole(reply(1, "agent-run\nstate=running\nbytes=0\n\n")));
        assertFalse(prompt_run.Poll.whole(reply(null, "agent-run\nstate=running\nbytes=0\n\n")));
    }

    @Test
    void theAgentsOwnBytesCannotPassForAHeader() {
        String forged = "x\n\nagent-run\nstate=exited\nrc=0\nreason=finished\nend=yes\nbytes=0\n\n";
        var poll = prompt_run.Poll.parse(reply(0, "agent-run\nstate=running\nbytes=" + forged.length() + "\n\n" + forged));
        assertEquals("running", poll.state());
        assertEquals(forged.length(), poll.data().length);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        SUCCEEDED    | 0   | succeeded    | -
        PARTIAL      | 0   | partial      | -
        USAGE        | 2   | usage        | -
        AGENT_FAILED | 20  | agent-failed | -
        BLOCKED      | 20  | blocked      | -
        UNPROVEN     | 20  | unproven     | -
        TIME_LIMIT   | 21  | time-limit   | time
        IDLE_LIMIT   | 21  | idle-limit   | idle
        TOKEN_LIMIT  | 21  | token-limit  | tokens
        LOST         | 22  | lost         | -
        NO_PLACE     | 23  | no-place     | -
        INTERRUPTED  | 130 | cancelled    | -
        TERMINATED   | 143 | cancelled    | -
        """)
    void anOutcomeHasItsExitCodeItsWordAndItsLimit(prompt_run.Outcome outcome, int code, String word, String limit) {
        assertEquals(code + " " + word + " " + limit, outcome.exitCode() + " " + outcome.word() + " " + outcome.limit());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        nowhere      | 0   | NO_PLACE     | why
        broken       | 0   | LOST         | why
        cancelled    | 143 | TERMINATED   | cancelled
        cancelled    | 130 | INTERRUPTED  | cancelled
        timeout      | 0   | TIME_LIMIT   | the agent reached its time limit and was ended
        idle         | 0   | IDLE_LIMIT   | the agent gave no sign of life for too long and was ended; its last error: no
        tokens       | 0   | TOKEN_LIMIT  | the agent reached its limit of tokens and was ended
        busy         | 0   | NO_PLACE     | another agent is at work there
        hologram     | 0   | LOST         | the agent was ended: hologram
        finished     | 1   | AGENT_FAILED | the agent ended with exit code 1: no
        finished     | 0   | AGENT_FAILED | the agent ended without completing its turn: no
        """)
    void anEndIsAVerdictWithItsReason(String end, int rc, prompt_run.Outcome outcome, String reason) {
        var ending = switch (end) {
            case "nowhere" -> prompt_run.Ending.nowhere("why");
            case "broken" -> prompt_run.Ending.broken("why", true);
            case "cancelled" -> prompt_run.Ending.cancelled(rc, true);
            default -> prompt_run.Ending.exited(rc, end);
        };
        assertEquals(new prompt_run.Verdict(outcome, reason), prompt_run.Verdict.of(ending, story(STARTED, FAILED), true));
    }

    @Test
    void withoutAnErrorNoneIsNamed() {
        assertEquals("the agent gave no sign of life for too long and was ended",
            prompt_run.Verdict.of(prompt_run.Ending.exited(0, "idle"), story(), true).reason());
        assertEquals("the agent ended with exit code 7", prompt_run.Verdict.of(prompt_run.Ending.exited(7, "finished"), story(), false)
            .reason());
        assertNull(prompt_run.Verdict.of(prompt_run.Ending.exited(0, "finished"), story(), false)
            .reason(), "another program completes no turn");
    }

    @Test
    void anotherThreadIsNamedWithTheOneThatWasAskedFor() {
        var other = story(THREAD, STARTED, COMPLETED);
        assertEquals("the agent was to go on with thread a, but worked in b",
            prompt_run.Verdict.of(prompt_run.Ending.exited(0, "finished"), other, true, "a").reason());
        for (String asked : new String[] {null, "b"}) {
            assertEquals(prompt_run.Outcome.SUCCEEDED, prompt_run.Verdict.of(prompt_run.Ending.exited(0, "finished"), other, true, asked)
                .outcome());
        }
        assertEquals(prompt_run.Outcome.SUCCEEDED,
            prompt_run.Verdict.of(prompt_run.Ending.exited(0, "finished"), story(STARTED, COMPLETED), true, "a").outcome(), "none is told");
    }

    @Test
    void whetherAnAgentMayHaveBegunIsKnownFromItsEnd() {
        assertTrue(prompt_run.Ending.exited(0, "").began() && prompt_run.Ending.broken("", true).began()
            && prompt_run.Ending.cancelled(1, true).began());
        assertFalse(prompt_run.Ending.nowhere("").began() || prompt_run.Ending.broken("", false).began()
            || prompt_run.Ending.cancelled(1, false).began());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        {"status": "blocked", "summary": "s", "blocked_reason": "no right"} | BLOCKED   | no right
        {"status": "blocked", "summary": "s"}                               | BLOCKED   | s
        {"status": "blocked"}                                               | BLOCKED   | the agent says that it is blocked, and not why
        {"status": "partial"}                                               | PARTIAL   | the agent says that its work is not complete
        {"status": "done"}                                                  | SUCCEEDED | -
        {"status": "no_changes"}                                            | SUCCEEDED | -
        {"status": "excellent"}                                             | SUCCEEDED | -
        ["done"]                                                            | SUCCEEDED | -
        """)
    void theAgentsOwnWordTakesASuccessAwayAndGivesNone(String json, prompt_run.Outcome outcome, String reason) {
        var said = prompt_run.LastWords.of("I did it.\n```json\n" + json + "\n```\n");
        assertEquals(new prompt_run.Verdict(outcome, reason), new prompt_run.Verdict(prompt_run.Outcome.SUCCEEDED, null).with(said));
        assertEquals(prompt_run.Outcome.LOST, new prompt_run.Verdict(prompt_run.Outcome.LOST, null).with(said).outcome());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
        ```json\\n{"status": "done", "summary": " a b "}\\n```             | done | a b | -
        ```json\\n{"status": "partial"}\\n```\\n```json\\n{"status": "done"}\\n``` | done | - | -
        ```json\\n{"status": "done"}\\n```\\nand more                     | -    | -   | it does not end with a block of JSON
        done                                                             | -    | -   | it does not end with a block of JSON
        -                                                                | -    | -   | it does not end with a block of JSON
        ```json\\n{"status": }\\n```                                      | -    | -   | its JSON is not valid
        ```json\\n["done"]\\n```                                          | -    | -   | its JSON is not one object
        ```json\\n{"status": "fine"}\\n```                                | -    | -   | its JSON has no status that is known: done, \
        no_changes, partial, blocked
        """)
    void onlyTheBlockThatEndsTheLastMessageIsTheAgentsWord(String message, String status, String summary, String problem) {
        assertEquals(new prompt_run.LastWords(status, summary, null, problem),
            prompt_run.LastWords.of(message == null ? null : message.replace("\\n", "\n")));
    }

    @Test
    void whatCameBackInTwoRoundsIsAddedUp() {
        var first = new prompt_run.Brought("brought", "ai/1", "abc", 2, List.of("x"), List.of("n1"), null);
        var second = new prompt_run.Brought("brought", null, null, 3, List.of("y"), List.of("n2"), null);
        assertEquals(new prompt_run.Brought("brought", "ai/1", "abc", 5, List.of("y"), List.of("n1", "n2"), null), second.after(first));
        assertEquals("ai/2 def", new prompt_run.Brought("brought", "ai/2", "def", 1, List.of(), List.of(), null).after(first).branch() + " "
            + new prompt_run.Brought("brought", "ai/2", "def", 1, List.of(), List.of(), null).after(first).head());
        var nothing = prompt_run.Brought.nothing();
        var unchanged = new prompt_run.Brought("unchanged", null, null, 0, List.of(), List.of(), null);
        assertEquals(List.of(first, first, second, second),
            List.of(nothing.after(first), unchanged.after(first), second.after(nothing), second.after(unchanged)));
    }

    @Test
    void whatDidNotComeBackIsToldWithEveryReason() {
        var conflict = new prompt_run.Brought("conflict", "ai/1", "abc", 1, List.of(), List.of("a.txt", "b.txt"), "both changed");
        assertTrue(conflict.lacking() && prompt_run.Brought.failed("no").lacking());
        assertEquals("not brought back: a.txt; b.txt; both changed", conflict.told());
        assertEquals("not brought back: no", prompt_run.Brought.failed("no").told());
        assertEquals("the agent finished, but its changes are not in the working tree: no",
            new prompt_run.Verdict(prompt_run.Outcome.SUCCEEDED, null).with(prompt_run.Brought.failed("no")).reason());
        var whole = new prompt_run.Brought("brought", "ai/1", "abc", 2, List.of("x"), List.of("n"), null);
        assertFalse(whole.lacking() || prompt_run.Brought.nothing().lacking());
        assertNull(whole.problem());
        assertEquals("brought back: 2 commits on ai/1, 1 uncommitted file", whole.told());
        assertEquals("brought back: 0 commits, 0 uncommitted files",
            new prompt_run.Brought("brought", null, null, 0, List.of(), List.of(), null).told());
        assertEquals("the agent changed nothing in its workspace",
            new prompt_run.Brought("unchanged", null, null, 0, List.of(), List.of(), null).told());
        assertEquals("{branch=ai/1, commits=2, head=abc, notes=[n], problem=null, state=brought, uncommitted=[x]}",
            new TreeMap<>(json(whole)).toString());
        assertEquals(prompt_run.Outcome.SUCCEEDED, new prompt_run.Verdict(prompt_run.Outcome.SUCCEEDED, null).with(whole).outcome());
    }

    @Test
    void tokensAreCountedOnceAndNeverBelowNone() {
        var one = new prompt_run.Usage(10, 4, 3, 2);
        assertEquals(new prompt_run.Usage(13, 5, 4, 4), one.plus(new prompt_run.Usage(3, 1, 1, 2)));
        assertEquals(new prompt_run.Usage(7, 3, 2, 0), one.minus(new prompt_run.Usage(3, 1, 1, 2)));
        assertEquals(prompt_run.Usage.NONE, one.minus(new prompt_run.Usage(11, 5, 4, 3)));
        assertEquals(13, one.total());
        assertEquals(one, prompt_run.Usage.parse(one.line() + "\n"));
        for (var bad : List.of("", "1 2 3", "1 2 3 4 5", "1 2 3 x", "-1 2 3 4")) {
            assertEquals(prompt_run.Usage.NONE, prompt_run.Usage.parse(bad), bad);
        }
        var json = new TreeMap<String, Object>();
        one.put(json);
        assertEquals("{cachedInputTokens=4, inputTokens=10, outputTokens=3, reasoningOutputTokens=2}", json.toString());
    }

    @Test
    void theLargerCountOfTokensIsTheThreads() {
        var story = story(STARTED,
            "{\"type\":\"turn.completed\","
                + "\"usage\":{\"input_tokens\":5,\"cached_input_tokens\":4,\"output_tokens\":3,\"reasoning_output_tokens\":2}}");
        assertEquals(new prompt_run.Usage(5, 4, 3, 2), story.usage());
        story.used(new prompt_run.Usage(6, 0, 2, 0));
        assertEquals(new prompt_run.Usage(5, 4, 3, 2), story.usage(), "as many are no more");
        story.used(new prompt_run.Usage(7, 0, 2, 0));
        assertEquals(new prompt_run.Usage(7, 0, 2, 0), story.usage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        {"type":"thread.started","thread_id":"t1"}                                                       | [thread t1]
        {"type":"thread.started","thread_id":"--config=x"}                                               | [thread null]
        {"type":"turn.started"}                                                                          | []
        {"type":"turn.completed","usage":{"input_tokens":5,"output_tokens":3}}                           | \
        [turn completed: 5 tokens in, 3 out]
        {"type":"turn.failed","error":{"message":"no"}}                                                  | [turn failed: no]
        {"type":"error","message":"no"}                                                                  | [error: no]
        {"type":"item.started","item":{"type":"command_execution","command":"ls"}}                       | [$ ls]
        {"type":"item.started","item":{"type":"web_search"}}                                             | []
        {"type":"item.completed","item":{"type":"agent_message","text":"a\\nb"}}                         | [a, b]
        {"type":"item.completed","item":{"type":"command_execution","aggregated_output":"o","exit_code":3}} | [  o,   exit code 3]
        {"type":"item.completed","item":{"type":"command_execution"}}                                    | [  exit code unknown]
        {"type":"item.completed","item":{"type":"file_change","changes":[{"kind":"add","path":"x"}]}}    | [add x]
        {"type":"item.completed","item":{"type":"mcp_tool_call","server":"s","tool":"t","status":"ok"}}  | [tool s.t: ok]
        {"type":"item.completed","item":{"type":"web_search","query":"q"}}                               | [web search: q]
        {"type":"item.completed","item":{"type":"error","message":"m"}}                                  | [warning: m]
        """)
    void anEventOfCodexIsToldInWords(String event, String lines) {
        assertEquals(lines, new prompt_run.Story().codex(new ObjectMapper().readTree(event)).toString());
    }

    @Test
    void aLongOutputIsToldByItsEnd() {
        for (int lines : new int[] {10, 11}) {
            var said = new prompt_run.Story()
                .codex(new ObjectMapper().readTree("{\"type\":\"item.completed\",\"item\":{\"type\":\"command_execution\","
                + "\"exit_code\":0,\"aggregated_output\":\"" + "x\\n".repeat(lines) + "\"}}"));
            assertEquals(lines == 10 ? "  x" : "  [1 line before this in the transcript]", said.get(0));
            assertEquals(lines == 10 ? 11 : 12, said.size());
        }
    }

    @Test
    void theEndOfAnotherProgramsOutputIsItsLastMessage() {
        var story = new prompt_run.Story();
        assertEquals(List.of("a"), story.plain("a"));
        story.plain("b");
        assertEquals("a\nb", story.message());
        story.lastMessage("  ");
        assertEquals("a\nb", story.message());
        story.lastMessage("c");
        assertEquals("c", story.message());
        story.plain("x".repeat(16_000));
        assertEquals("x".repeat(16_000), story.message());
    }

    @Test
    void theLastLineOfStderrIsTheErrorUnlessCodexToldOne() {
        var story = new prompt_run.Story();
        story.stderr(" \n");
        assertEquals("the agent ended with exit code 1", prompt_run.Verdict.of(prompt_run.Ending.exited(1, "finished"), story, true)
            .reason());
        story.stderr("first\nlast\n\n");
        story.stderr("later");
        assertEquals("the agent ended with exit code 1: last", prompt_run.Verdict.of(prompt_run.Ending.exited(1, "finished"), story, true)
            .reason());
    }

    private static Map<?, ?> json(Object told) {
        return prompt_run.Json.MAPPER.convertValue(told, Map.class);
    }

    @Test
    void whatWasBroughtBackIsToldInTheContractsWords() {
        assertEquals("{state=conflict, branch=b, head=h, commits=1, uncommitted=[u], notes=[n], problem=p}",
            json(new prompt_run.Brought("conflict", "b", "h", 1, List.of("u"), List.of("n"), "p")).toString());
    }

    @Test
    void aRoundTellsWhatIsLeftOfIt() {
        var round = new prompt_run.Round("done", true, "ready", List.of("g"), List.of("f"), List.of("l"), "p");
        assertEquals("{status=done, infraReady=true, outcome=ready, gone=[g], new=[f], left=[l], problem=p}", json(round).toString());
        assertEquals(List.of("f", "l"), round.all());
        assertEquals("{status=done, infraReady=null, outcome=null, gone=[], new=[], left=[], problem=null}",
            json(prompt_run.Round.unchecked("done")).toString());
    }

    @Test
    void aResultIsToldAsText() {
        var json = prompt_run.RunResult.begun(prompt_run.Outcome.BLOCKED, "no\nright");
        json.put("runId", "r1");
        json.put("threadId", null);
        json.put("notes", List.of("a\nb"));
        json.put("finalMessage", "m1\nm2");
        var result = new prompt_run.RunResult(prompt_run.Outcome.BLOCKED, json);
        assertEquals("blocked: no right\n  exitCode: 20\n  runId: r1\n  note: a\n    b\n  | m1\n  | m2\n", result.asText());
        assertTrue(result.jsonByDefault());
        json.put("reason", null);
        assertTrue(result.asText().startsWith("blocked\n"), result.asText());
        var unexpected = prompt_run.RunResult.unexpected("oops");
        assertEquals("{schemaVersion=prompt-run/v1, status=lost, exitCode=22, reason=oops, finalMessage=, notes=[]}", unexpected.asJson()
            .toString());
        assertEquals(prompt_run.Outcome.LOST, unexpected.outcome());
    }

    @Test
    void theSummaryHasARowForWhatIsKnownAndNoneElse() {
        Map<String, Object> json =
            new LinkedHashMap<>(Map.of("status", "blocked", "agentStatus", "blocked", "summary", "s & t", "blockedReason", "b",
            "where", "pod/x", "agentTarget", "deploy", "fallbackReason", "f"));
        json.putAll(Map.of("durationSeconds", 3, "inputTokens", 5, "outputTokens",
            6, "limit", "time", "infraReadyAfter", true, "threadId", "t1",
            "notes", List.of("n1"), "finalMessage", "", "rounds",
                List.of(json(new prompt_run.Round("done", true, null, List.of(), List.of("x"), List.of(), null)))));
        json.put("broughtBack", json(new prompt_run.Brought("brought", "ai/1", "abc", 1, List.of(), List.of(), null)));
        assertEquals("""
            ### Agent: blocked

            | | |
            |---|---|
            | agent says | blocked |
            | summary | s &amp; t |
            | blocked by | b |
            | ran in | pod/x |
            | why there | f |
            | environment | no fault reported |
            | duration | 3 s |
            | tokens | 5 in, 6 out |
            | limit | time |
            | round | status: done, infraReady: true, new: \\[x\\] |
            | thread | t1 |
            | changes | brought, branch ai/1, 1 commit |

            ```
            n1
            ```

            """, prompt_run.Summary.of(json));
        json.put("infraReadyAfter", null);
        json.put("where", null);
        json.put("broughtBack", json(prompt_run.Brought.failed("no")));
        json.put("finalMessage", "m");
        var text = prompt_run.Summary.of(json);
        assertTrue(text.contains("| ran in | deploy |") && text.contains("| changes | failed |") && !text.contains("| round |"), text);
        assertTrue(text.endsWith("\nLast message:\n```\nm\n```\n\n"), text);
    }

    @Test
    void outputsAndSummaryAreAddedToTheFilesOfTheStep(@TempDir Path folder) throws IOException {
        var warned = new ArrayList<String>();
        var files = Map.of("GITHUB_OUTPUT", folder.resolve("out").toString(), "GITHUB_STEP_SUMMARY", "/proc/nowhere/summary");
        Map<String, Object> json = new LinkedHashMap<>(Map.of("status", "lost", "notes", List.of(), "finalMessage", ""));
        new prompt_run.ActionsFiles(new prompt_run.Env(files), AgentReportTest.heard(warned)).tell(json);
        new prompt_run.ActionsFiles(new prompt_run.Env(Map.of()), AgentReportTest.heard(warned)).tell(json);
        assertEquals("lost", AgentReportTest.outputs(Files.readString(folder.resolve("out"))).get("status"));
        assertEquals(1, warned.size(), warned.toString());
        assertTrue(warned.get(0).startsWith("GITHUB_STEP_SUMMARY /proc/nowhere/summary: cannot write it"), warned.toString());
        var summary = Map.of("GITHUB_STEP_SUMMARY", folder.resolve("summary").toString());
        new prompt_run.ActionsFiles(new prompt_run.Env(summary), AgentReportTest.heard(warned)).tell(json);
        assertTrue(Files.readString(folder.resolve("summary")).startsWith("### Agent: lost"));
    }

    @Test
    void whatIsPrintedAndStoppedIsASuccessInText() {
        var prompt = new prompt_run.Prompt("k", "en", false, "p");
        assertEquals(prompt_run.Outcome.SUCCEEDED, prompt.outcome());
        assertFalse(prompt.jsonByDefault());
    }

    private static final String THREAD = "{\"type\":\"thread.started\",\"thread_id\":\"b\"}";
    private static final String STARTED = "{\"type\":\"turn.started\"}";
    private static final String COMPLETED = "{\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":5}}";
    private static final String FAILED = "{\"type\":\"turn.failed\",\"error\":{\"message\":\"no\"}}";
    private static final String RECONNECTING = "{\"type\":\"error\",\"message\":\"Reconnecting...\"}";

    private static prompt_run.Reply reply(Integer code, String text) {
        return new prompt_run.Reply(code, text.getBytes(java.nio.charset.StandardCharsets.UTF_8), "", null, false);
    }

    private static prompt_run.Story story(String... events) {
        prompt_run.Story story = new prompt_run.Story();
        for (String event : events) {
            story.codex(new ObjectMapper().readTree(event));
        }
        return story;
    }
}
