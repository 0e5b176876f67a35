import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ai_review.yml from the review's event to the answered threads, by nektos/act; the two scripts are played. */
@Tag("slow")
class WorkflowReviewTest {
    @TempDir
    Path folder;
    private WorkflowRun run;

    @BeforeEach
    void aRepositoryThatAdoptedTheWorkflows() throws IOException {
        run = new WorkflowRun("alimentor", folder).secret("AI_KUBECONFIG", "kind: Config").env("ENVIRONMENT", "ready");
    }

    @AfterEach
    void close() {
        run.close();
    }

    private WorkflowRun.Result review() throws IOException {
        return run.dispatch("ai_review.yml", "github-actions[bot]", Map.of("pr", "7", "review", "5"));
    }

    /** The dev pull request as its run left it, and a review of it. */
    private void reviewed(String branch) throws IOException {
        run.env("AGENT", "changes").label("dev");
        run.github.pulls.clear();
        run.github.pull(branch, "acme/shop");
        run.github.review("alice", "User", "CHANGES_REQUESTED");
        run.github.comments.clear();
        run.github.pullComments.clear();
        run.env("AGENT", "answers");
    }

    @Test
    void aReviewGoesOnWithTheBranchAnswersTheThreadsAndSaysSoOnThePullRequest() throws IOException {
        reviewed("codex/issue-42");
        var result = review();
        assertEquals(0, result.exit(), result.log());
        assertEquals(1, result.calls("prompt_run.java --kind dev_review --lang ru --env ai --issue 42 --pr 7 --resume auto").count(),
                result.calls().toString());
        assertEquals("Users have an index", WorkflowLab.git(run.remote, "log", "-1", "--format=%s", "codex/issue-42"));
        assertEquals(List.of("codex/issue-42", "main"), run.branches());
        assertEquals(1, run.github.pulls.size());
        assertEquals(Map.of("9001", "* 9001: done, by an index", "9002", "* 9002 is a matter of taste"), run.github.replies);
        assertEquals(List.of(), run.github.comments);
        assertTrue(run.github.pullComments.get(0).contains("[этом ревью](https://github.com/acme/shop/pull/7#pullrequestreview-5)"),
                run.github.pullComments.get(0));
        assertTrue(run.github.pullComments.get(1).startsWith("* 9001: done"), run.github.pullComments.toString());
        assertEquals(2, run.github.pullComments.size());
    }

    @Test
    void theAgentIsShownTheReviewAsItWasSentAndNotWhatStartedTheRun() throws IOException {
        reviewed("codex/issue-42");
        run.jbangw(Files.readString(Cli.fixture("workflows/jbang-stub.sh"))
                .replace("prompt_run() {", "prompt_run() {\n  cp \"$GITHUB_EVENT_PATH\" \"$CALLS.event\""));
        review();
        var event = WorkflowRun.JSON.readTree(Path.of(run.calls + ".event").toFile());
        assertEquals("2026-11-25T10:00:00Z", event.at("/review/submitted_at").asString(""));
        assertEquals("codex/issue-42", event.at("/pull_request/head/ref").asString(""));
        assertEquals("alice", event.at("/sender/login").asString(""));
    }

    @Test
    void theBranchsNameSaysWhichReviewItIs() throws IOException {
        reviewed("codex/ai-repair-42");
        assertEquals(1, review().calls("prompt_run.java --kind repair_review").count());
        run.github.pulls.get(0).withObject("head").put("ref", "codex/plan-42");
        var before = run.branches();
        assertEquals(1, review().calls("prompt_run.java --kind plan_review").count());
        assertEquals(before, run.branches(), "a plan pushes nothing");
    }

    @Test
    void aReviewsOwnEventOnlyHandsTwoNumbersToTheDefaultBranch() throws IOException {
        var result = reviewEvent("alice", "User", "changes_requested", "acme/shop");
        assertEquals(0, result.exit(), result.log());
        assertEquals("[{\"ref\":\"main\",\"inputs\":{\"pr\":\"7\",\"review\":\"5\"},\"workflow\":\"ai_review.yml\"}]",
                run.github.dispatches.toString());
        assertEquals(List.of(), result.calls());
    }

    @Test
    void noForkNoBotAndNoOtherReviewIsHandedOn() throws IOException {
        reviewEvent("alice", "User", "changes_requested", "mallory/shop");
        reviewEvent("helper[bot]", "Bot", "changes_requested", "acme/shop");
        reviewEvent("alice", "User", "commented", "acme/shop");
        assertEquals(List.of(), run.github.dispatches);
    }

    private WorkflowRun.Result reviewEvent(String login, String type, String state, String repository) throws IOException {
        var event = WorkflowRun.JSON.createObjectNode().put("action", "submitted");
        event.putObject("review").put("id", 5).put("state", state).putObject("user").put("login", login).put("type", type);
        event.putObject("pull_request").put("number", 7).putObject("head").put("ref", "codex/issue-42").putObject("repo")
                .put("full_name", repository);
        event.withObject("pull_request").putObject("base").put("ref", "main");
        return run.run("pull_request_review", "ai_review.yml", login, type, event);
    }
}
