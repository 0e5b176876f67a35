import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import tools.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the agent says of its own work, in the JSON that ends its last message, is read, and never guessed. */
@Tag("slow")
class AgentWordsTest {
    @TempDir Path folder;
    private final AgentLab lab = new AgentLab();

    @AfterEach
    void theLabIsEmptied() {
        lab.close();
    }

    private JsonNode run(String lastMessage, String... more) throws IOException {
        Path said = Files.writeString(folder.resolve("said"), lastMessage);
        var args = new java.util.ArrayList<>(java.util.List.of(more));
        args.addAll(java.util.List.of("--agent-command", "cat " + said));
        return lab.run(args.toArray(String[]::new));
    }

    private static String ending(String json) {
        return "All about it.\n\n```json\n" + json + "\n```\n";
    }

    @ParameterizedTest
    @CsvSource({"done,succeeded,0", "no_changes,succeeded,0", "partial,partial,0", "blocked,blocked,20"})
    void theStatusThatTheAgentNamesDecidesWhatASuccessIsCalled(String word, String status, int exitCode) throws IOException {
        JsonNode result = run(ending("{\"status\": \"" + word + "\", \"summary\": \"s\", \"blocked_reason\": \"which database?\"}"));
        assertEquals(status, result.path("status").asString(""), result.toString());
        assertEquals(exitCode, result.path("exitCode").asInt(-1));
        assertEquals(word, result.path("agentStatus").asString(""));
        assertEquals("which database?", result.path("blockedReason").asString(""));
        assertEquals(exitCode == 0 && status.equals("succeeded") ? "" : "which database?", result.path("reason").asString(""));
        assertEquals("[]", result.path("notes").toString());
    }

    @Test
    void aBlockedAgentsWordsReachOutputsAndSummary() throws IOException {
        Path output = folder.resolve("output");
        Path summary = folder.resolve("summary");
        lab.caller("GITHUB_OUTPUT", output.toString()).caller("GITHUB_STEP_SUMMARY", summary.toString());
        run(ending("{\"status\": \"blocked\", \"summary\": \"nothing [done](x)\", \"blocked_reason\": \"no\\n::error::key\"}"));
        String told = Files.readString(output);
        assertTrue(told.contains("\nblocked\n") && told.contains("\nno ::error::key\n") && told.contains("\nnothing [done](x)\n"), told);
        assertTrue(Files.readString(summary).contains("| agent says | blocked |\n| summary | nothing \\[done\\](x) |\n"
            + "| blocked by | no ::error::key |\n"), Files.readString(summary));
    }

    @Test
    void anAgentThatIsBlockedAndDoesNotSayWhyIsToldApart() throws IOException {
        assertEquals("the agent says that it is blocked, and not why",
            run(ending("{\"status\": \"blocked\", \"blocked_reason\": \" \"}")).path("reason").asString(""));
        assertEquals("half", run(ending("{\"status\": \"blocked\", \"summary\": \"half\"}")).path("reason").asString(""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "All done.", "{\"status\": \"blocked\"}", "```json\n{\"status\": \"blocked\"}\n```\nbut then I went on",
        "```json\n{\"status\": \"blocked\"}\n{\"status\": \"done\"}\n```", "```json\n{\"status\": \"done\", \"status\": \"blocked\"}\n```",
        "```json\n[{\"status\": \"blocked\"}]\n```", "```json\n{\"status\": \"BLOCKED\"}\n```", "```json\n{\"status\": [\"blocked\"]}\n```",
        "```json\n{\"summary\": \"blocked\"}\n```", "```json\n```", "```json\n{\"status\": \"blocked\"}",
            "say ```json\n{\"status\": \"blocked\"}\n```",
        "```\n{\"status\": \"blocked\"}\n```"})
    void whatCannotBeReadIsSaidAndNeverGuessed(String message) throws IOException {
        JsonNode result = run(message);
        assertEquals("succeeded", result.path("status").asString(""), result.toString());
        assertTrue(result.has("agentStatus") && result.path("agentStatus").isNull(), result.toString());
        assertTrue(result.path("notes").path(0).asString("")
            .matches("the agent's last message: .*; what it says of its work itself is not known"),
            result.toString());
    }

    @Test
    void onlyTheLastBlockCounts() throws IOException {
        JsonNode result = run(ending("{\"status\": \"blocked\"}") + "```\nlog\n```\n"
            + ending("{\"status\": \"done\", \"summary\": \"``` ok\"}") + " \n");
        assertEquals("done", result.path("agentStatus").asString(""), result.toString());
        assertEquals("``` ok", result.path("summary").asString(""));
    }

    @Test
    void anAgentThatFailedIsNotCalledBlocked() throws IOException {
        Path said = Files.writeString(folder.resolve("said"), ending("{\"status\": \"blocked\", \"blocked_reason\": \"b\"}"));
        JsonNode result = lab.run("--agent-command", "cat " + said + "; exit 7");
        assertEquals("agent-failed", result.path("status").asString(""));
        assertEquals("the agent ended with exit code 7", result.path("reason").asString(""));
        assertEquals("blocked", result.path("agentStatus").asString(""));
    }

    @Test
    void theWordsAreMaskedBeforeTheyAreCut() throws IOException {
        lab.caller("LICENCE", "abc-123-def");
        JsonNode result = run(ending("{\"status\": \"blocked\", \"summary\": \"" + "x".repeat(1995) + "abc-123-def" + "\", "
            + "\"blocked_reason\": \"key abc-123-def\"}"), "--redact-env", "LICENCE");
        assertEquals(2000, result.path("summary").asString("").length());
        assertFalse(result.toString().contains("abc-"), result.toString());
        assertEquals("key [REDACTED:LICENCE]", result.path("reason").asString(""));
    }

    @Test
    void aNumberIsNoText() throws IOException {
        JsonNode result = run(ending("{\"status\": \"done\", \"summary\": {\"a\": 1}, \"blocked_reason\": 7}"));
        assertTrue(result.path("summary").isNull(), result.toString());
        assertNull(prompt_run.LastWords.of(null).status());
    }

    @Test
    @Timeout(5)
    void aMessageThatWasMadeToTakeForEverIsReadToo() {
        var flood = "```json\n".repeat(12_000);
        assertNull(prompt_run.LastWords.of(flood).status());
        assertEquals("blocked", prompt_run.LastWords.of(flood + "{\"status\": \"blocked\"}\n```\n").status());
        assertNull(prompt_run.LastWords.of("```json\n{\"status\": \"blocked\"}\n" + "```\n \n".repeat(12_000) + "x").status());
    }
}
