import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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

/** The workflows run, job by job and step by step, by nektos/act; the two scripts are played by a stub that keeps to their contract. */
@Tag("slow")
class WorkflowRunTest {
    private static final String MESSAGE = "The users service has its table.\n";

    @TempDir
    Path folder;
    private WorkflowRun run;

    @BeforeEach
    void aRepositoryThatAdoptedTheWorkflows() throws IOException {
        run = new WorkflowRun("alimentor", folder).secret("AI_KUBECONFIG", "kind: Config");
        scene("ready", "changes");
    }

    @AfterEach
    void close() {
        run.close();
    }

    private void scene(String environment, String agent) {
        run.env("ENVIRONMENT", environment).env("AGENT", agent);
    }

    @Test
    void devPushesWhatTheAgentCommittedAndWhatItLeftAndOpensThePullRequest() throws IOException {
        var result = run.label("dev");
        assertEquals(0, result.exit(), result.log());
        assertEquals("tables\n", run.pushed("codex/issue-42", "schema.sql"));
        assertEquals("left\n", run.pushed("codex/issue-42", "new/left uncommitted.txt"));
        var pull = run.github.pulls.get(0);
        assertEquals("Users: `$(touch pwned)` \"${x}\" 'q'", pull.path("title").asString(""));
        assertEquals("codex/issue-42 into main", pull.at("/head/ref").asString("") + " into " + pull.at("/base/ref").asString(""));
        assertTrue(pull.path("body").asString("").startsWith("Closes #42\n\n" + MESSAGE.strip()));
        assertFalse(pull.path("draft").asBoolean(false));
        assertEquals(1, result.calls("ensure_ready.java attach --slot 3 --namespace-pattern shop-dev-3 --pr 7")
            .count(), result.calls().toString());
    }

    @Test
    void theLabelComesOffAndTheStatusCommentIsEditedToTheEnd() throws IOException {
        run.label("dev");
        assertTrue(run.github.requests.contains("DELETE issues/42/labels/%5Bai-dev%5D"), run.github.requests.toString());
        assertEquals("""
                ✅ [ai-dev]: готово · [запуск](https://github.com/acme/shop/actions/runs/1)

                * **Задано:** реализовать #42 (`alice`)
                * **Окружение:** `shop-dev-3` готово
                * **Агент:** закончил · в `deploy/codex` · минут: 2 · токенов: 12000 + 345
                * **Результат:** ветка `codex/issue-42` отправлена: https://github.com/acme/shop/pull/7
                * **Дальше:** проверьте https://github.com/acme/shop/pull/7; ревью с просьбой об изменениях запустит агента ещё раз
                """.strip(), run.github.comments.get(0));
        assertEquals(List.of(MESSAGE.strip()), run.github.comments.subList(1, run.github.comments.size()));
    }

    @Test
    void thePullRequestLeadsToTheRunAndTheEnvironmentInOneCommentThatTheNextRunEdits() throws IOException {
        run.label("dev");
        assertEquals(List.of("<!-- agent-status -->\n" + run.github.comments.get(0)), run.github.pullComments);
        scene("ready", "fails");
        run.label("dev");
        assertEquals(List.of("<!-- agent-status -->\n" + run.github.comments.get(2)), run.github.pullComments);
    }

    @Test
    void anEnvironmentThatIsNotReadyStillGetsItsAgentAndTheIssueSaysWhy() throws IOException {
        scene("timeout", "changes");
        var result = run.label("dev");
        assertEquals(0, result.exit(), result.log());
        assertEquals(1, result.calls("prompt_run.java --kind dev_issue").filter(call -> call.contains("/agent/ready.json")).count());
        assertTrue(run.github.comments.get(0).contains("""
                * **Окружение:** `shop-dev-3` не готово (`timeout`) `1 cause explains 2 of 5 workloads`
                  <details><summary>причины</summary>

                  * `IMAGE_NOT_FOUND deploy/users`

                  </details>
                """), run.github.comments.get(0));
    }

    @Test
    void whileTheAgentWorksTheStatusCommentSaysWithWhichEnvironment() throws IOException {
        scene("timeout", "changes");
        run.label("dev");
        assertEquals("""
                ⏳ [ai-dev]: агент работает · [запуск](https://github.com/acme/shop/actions/runs/1)

                * **Задано:** реализовать #42 (`alice`)
                * **Окружение:** `shop-dev-3` не готово (`timeout`) `1 cause explains 2 of 5 workloads`
                  <details><summary>причины</summary>

                  * `IMAGE_NOT_FOUND deploy/users`

                  </details>
                * **Дальше:** ждите; чтобы остановить агента, отмените запуск""", run.github.edits.get(0));
        assertTrue(run.github.edits.get(1).startsWith("✅ [ai-dev]: готово"), run.github.edits.get(1));
    }

    @Test
    void aStatusCommentThatCannotBeEditedStopsNoAgent() throws IOException {
        run.github.mayEdit = false;
        var result = run.label("dev");
        assertTrue(result.log().contains("the status comment could not be edited"), result.log());
        assertEquals(1, run.github.pulls.size());
    }

    @Test
    void aReportThatIsMissingIsAnEnvironmentThatIsNotReady() throws IOException {
        scene("no-report", "changes");
        run.label("dev");
        assertTrue(run.github.comments.get(0).contains("не готово (`no report`)"), run.github.comments.get(0));
    }

    @Test
    void withoutAnyEnvironmentNoAgentIsStartedTheIssueSaysSoAndTheJobIsRed() throws IOException {
        scene("no-slot", "changes");
        var result = run.label("dev");
        assertNotEquals(0, result.exit());
        assertEquals(0, result.calls("prompt_run.java").count());
        assertTrue(run.github.comments.get(0).startsWith("❌ [ai-dev]: окружение получить не удалось"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("`no slot is free`"), run.github.comments.get(0));
        assertEquals(List.of("main"), run.branches());
    }

    @Test
    void aClusterThatIsAwayLeavesTheAgentNoPlaceAndTheJobRed() throws IOException {
        scene("no-cluster", "no-place");
        var result = run.label("plan");
        assertNotEquals(0, result.exit());
        assertEquals(1, result.calls("prompt_run.java --kind plan_issue").count());
        assertTrue(run.github.comments.get(0).startsWith("❌ [ai-plan]: окружение получить не удалось"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("**Агент:** не закончил: `no-place deploy/codex: image not found`"),
                run.github.comments.get(0));
    }

    @Test
    void theWorkOfAnAgentThatFailedIsPushedButNoPullRequestIsOpened() throws IOException {
        scene("ready", "fails");
        var result = run.label("dev");
        assertNotEquals(0, result.exit());
        assertEquals("half\n", run.pushed("codex/issue-42", "half.sql"));
        assertTrue(run.github.pulls.isEmpty());
        assertTrue(run.github.comments.get(0).startsWith("❌ [ai-dev]: агент не завершил работу"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("/compare/codex/issue-42?expand=1"), run.github.comments.get(0));
        assertTrue(Files.exists(run.artifacts.resolve("agent-1/ready.json")), "artifacts are kept");
    }

    @Test
    void anAgentThatChangedNothingIsNotGreen() throws IOException {
        scene("ready", "nothing");
        var result = run.label("dev");
        assertNotEquals(0, result.exit());
        assertEquals(List.of("main"), run.branches());
        assertTrue(run.github.comments.get(0).contains("**Результат:** ничего не изменено"), run.github.comments.get(0));
        assertEquals("There is nothing to do.", run.github.comments.get(1));
    }

    @Test
    void aStrangerStartsNothing() throws IOException {
        var result = run.label("dev", "mallory", "User", "[ai-dev]");
        assertNotEquals(0, result.exit());
        assertEquals(List.of(), result.calls());
        assertEquals(List.of("main"), run.branches());
        assertTrue(run.github.comments.get(0).startsWith("⛔ [ai-dev]: mallory не может запускать агента"), run.github.comments.get(0));
    }

    @Test
    void anotherLabelIsNobodysBusiness() throws IOException {
        var result = run.label("dev", "alice", "User", "bug");
        assertEquals(0, result.exit(), result.log());
        assertEquals(List.of(), result.calls());
        assertEquals(List.of(), run.github.requests);
    }

    @Test
    void theAgentGoesOnWithItsBranch() throws IOException {
        run.label("dev");
        scene("ready", "fails");
        run.label("dev");
        assertEquals("tables\n", run.pushed("codex/issue-42", "schema.sql"));
        assertEquals("half\n", run.pushed("codex/issue-42", "half.sql"));
        assertEquals(1, run.github.pulls.size());
        assertTrue(run.github.comments.get(2).contains("https://github.com/acme/shop/pull/7"), "the pull request that is there: "
                + run.github.comments.get(2));
    }

    @Test
    void aBranchThatMovedMeanwhileKeepsWhatItGotAndTheWorkGoesBesideIt() throws IOException {
        scene("ready", "moved");
        var result = run.label("dev");
        assertEquals(0, result.exit(), result.log());
        assertEquals(List.of("codex/issue-42", "codex/issue-42-1", "main"), run.branches());
        assertEquals("", run.pushed("codex/issue-42", "schema.sql"));
        assertEquals("tables\n", run.pushed("codex/issue-42-1", "schema.sql"));
        assertEquals("codex/issue-42-1", run.github.pulls.get(0).at("/head/ref").asString(""));
    }

    @Test
    void aPushThatIsRefusedLosesNothingAndIsRed() throws IOException {
        var hook = run.remote.resolve("hooks/pre-receive");
        Files.writeString(hook, "#!/bin/sh\nif grep -q codex/; then echo refusing to update workflows >&2; exit 1; fi\n");
        hook.toFile().setExecutable(true);
        var result = run.label("dev");
        assertNotEquals(0, result.exit());
        assertTrue(run.github.comments.get(0).contains("refusing to update workflows"), run.github.comments.get(0));
        var bundle = run.artifacts.resolve("agent-1/changes.bundle").toString();
        WorkflowLab.git(run.file("."), "fetch", "--quiet", bundle, "HEAD:saved");
        assertEquals("left", WorkflowLab.git(run.file("."), "show", "saved:new/left uncommitted.txt"));
    }

    @Test
    void whereWorkflowsMayOpenNoPullRequestTheCommentLeadsThere() throws IOException {
        run.github.mayOpenPulls = false;
        var result = run.label("dev");
        assertEquals(0, result.exit(), result.log());
        assertTrue(run.github.comments.get(0).contains("https://github.com/acme/shop/compare/codex/issue-42?expand=1"),
                run.github.comments.get(0));
    }

    @Test
    void planWritesThePlanAndPushesNothing() throws IOException {
        scene("timeout", "plan");
        var result = run.label("plan");
        assertEquals(0, result.exit(), result.log());
        assertEquals("1. Look. 2. Change users.", run.github.comments.get(1));
        assertFalse(run.github.comments.get(0).contains("Результат"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("или поставьте `[ai-dev]`, чтобы его реализовать"), run.github.comments.get(0));
        assertEquals(List.of("main"), run.branches());
    }

    @Test
    void aPlanThatNobodyWroteIsNotGreen() throws IOException {
        scene("ready", "silent");
        assertNotEquals(0, run.label("plan").exit());
        assertEquals(1, run.github.comments.size());
    }

    @Test
    void aPlanThatChangesFilesPushesNothingEither() throws IOException {
        run.label("plan");
        assertEquals(List.of("main"), run.branches());
    }

    @Test
    void repairStartsItsAgentAlsoWithoutAnEnvironment() throws IOException {
        scene("no-slot", "no-place");
        var result = run.label("repair");
        assertNotEquals(0, result.exit());
        assertEquals(1, result.calls("prompt_run.java --kind repair_issue").count());
    }

    @Test
    void aRepairSendsItsFixFromItsOwnBranchAndClosesNobodysIssue() throws IOException {
        scene("repaired", "changes");
        var result = run.label("repair");
        assertEquals(0, result.exit(), result.log());
        var pull = run.github.pulls.get(0);
        assertEquals("codex/ai-repair-42", pull.at("/head/ref").asString(""));
        assertTrue(pull.path("body").asString("").startsWith("Refs #42\n\n" + MESSAGE.strip()), pull.path("body").asString(""));
        assertTrue(pull.path("body").asString("").contains("манифесты этой ветки применены к окружению, и оно поднялось"), pull.path("body")
                .asString(""));
        assertFalse(pull.path("draft").asBoolean(false));
        assertTrue(run.github.comments.get(0).contains("; после агента: готово"), run.github.comments.get(0));
    }

    @Test
    void aRepairProvesTheManifestsOfTheBranchThatCameBack() throws IOException {
        scene("repaired", "changes");
        var applied = run.label("repair").calls("ensure_ready.java --env").toList();
        assertEquals(2, applied.size(), applied.toString());
        assertTrue(applied.get(0).contains(" -f deploy --apply --force-apply --wait-soft-fail --wait-timeout 5m "), applied.get(0));
        assertTrue(applied.get(1).contains(" -f src/deploy --apply --force-apply --wait-soft-fail --wait-timeout 10m "), applied.get(1));
    }

    @Test
    void aRepairThatIsNotProvenIsADraftAndSaysWhatIsStillBroken() throws IOException {
        scene("timeout", "changes");
        var result = run.label("repair");
        assertEquals(0, result.exit(), result.log());
        var pull = run.github.pulls.get(0);
        assertTrue(pull.path("draft").asBoolean(false));
        assertTrue(pull.path("body").asString("")
                .contains("* `timeout` `1 cause explains 2 of 5 workloads`\n* `IMAGE_NOT_FOUND deploy/users`"), pull.path("body")
                .asString(""));
        assertTrue(run.github.comments.get(0).contains("; после агента: готовность не доказана"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("pull/7 (черновик)"), run.github.comments.get(0));
    }

    @Test
    void whereThereAreNoDraftsThePullRequestIsOpenedAllTheSame() throws IOException {
        run.github.draftsExist = false;
        scene("timeout", "changes");
        run.label("repair");
        assertEquals(1, run.github.pulls.size());
        assertTrue(run.github.comments.get(0).contains("прочтите в https://github.com/acme/shop/pull/7, что ещё сломано"),
                run.github.comments.get(0));
    }

    @Test
    void aRepairWithoutAChangeIsGreenOnlyWhenTheEnvironmentIsProvenReady() throws IOException {
        scene("timeout", "nothing");
        assertNotEquals(0, run.label("repair").exit());
        scene("repaired", "nothing");
        var result = run.label("repair");
        assertEquals(0, result.exit(), result.log());
        assertTrue(run.github.comments.get(2).contains("; после агента: готово"), run.github.comments.get(2));
        assertTrue(run.github.comments.get(2).contains("чинить больше нечего: поставьте `[ai-dev]`"), run.github.comments.get(2));
    }

    @Test
    void aBlockedAgentGetsADraftAndItsQuestionIsAsked() throws IOException {
        scene("ready", "blocked");
        run.label("dev");
        assertTrue(run.github.pulls.get(0).path("draft").asBoolean(false));
        assertTrue(run.github.comments.get(0).startsWith("✋ [ai-dev]: агент не может продолжить"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("`which of the two databases?`"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("**Дальше:** ответьте на его вопрос в комментарии"), run.github.comments.get(0));
    }

    @Test
    void workThatIsHalfDoneIsADraftThatSaysWhatIsMissing() throws IOException {
        scene("ready", "partial");
        run.label("dev");
        assertTrue(run.github.pulls.get(0).path("draft").asBoolean(false));
        assertTrue(run.github.pulls.get(0).path("body").asString("").endsWith("**Не закончено** (`partial`): `the page lacks its test`"),
                run.github.pulls.get(0).path("body").asString(""));
    }

    @Test
    void workThatTheRecheckDidNotConfirmIsADraftToo() throws IOException {
        scene("timeout", "rounds");
        run.label("dev");
        assertTrue(run.github.pulls.get(0).path("body").asString("").endsWith("""
                **Не закончено** (`unproven`)

                * `SECRET_MISSING secret/db`
                * `IMAGE_NOT_FOUND deploy/users`"""), run.github.pulls.get(0).path("body").asString(""));
        assertTrue(run.github.pulls.get(0).path("draft").asBoolean(false));
        assertTrue(run.github.comments.get(0).contains("; после агента: готовность не доказана"), run.github.comments.get(0));
        assertTrue(run.github.comments.get(0).contains("результат не доказан · в `deploy/codex` · раундов: 2"),
                run.github.comments.get(0));
    }

    @Test
    void bothScriptsAreCachedByTheirContent() throws IOException {
        run.label("plan");
        var kept = Files.readString(Path.of(run.calls + ".cache"));
        assertTrue(kept.matches("agent-scripts-\\S+-\\w{64} ~/\\.cache/jbangw ~/\\.jbang ~/\\.m2/repository \\s*"), kept);
        Files.writeString(run.file("prompt_run.java"), "class changed { }");
        run.label("plan");
        assertEquals(2, Files.readString(Path.of(run.calls + ".cache")).lines().distinct().count());
    }

    @Test
    void whatTheAgentWritesNeverRunsWithTheTokenNorSteersThePush() throws IOException {
        scene("ready", "evil");
        var result = run.label("dev");
        assertEquals(0, result.exit(), result.log());
        assertFalse(Files.exists(Path.of(run.calls + ".pwned")));
        assertFalse(Files.exists(Path.of(run.calls + ".thief")));
        assertEquals("tables\n", run.pushed("codex/issue-42", "schema.sql"));
    }

    @Test
    void noSecretIsInTheLogTheCommentsTheArtifactsOrTheRepository() throws IOException {
        var result = run.secret("AI_KUBECONFIG", "token: kubeSecret").label("dev");
        var everything = run.everything(result);
        for (var secret : List.of(WorkflowRun.TOKEN, "sk-agentKey", "kubeSecret", "AUTHORIZATION: basic")) {
            assertFalse(everything.contains(secret), secret);
        }
        assertTrue(Files.readString(Path.of(run.calls + ".env.prompt_run.java.kind")).contains("CODEX_API_KEY=sk-agentKey"),
                "the test sees environments");
    }

    @Test
    void onlyTheStepsThatNeedASecretGetIt() throws IOException {
        run.label("dev");
        var environment = Files.readString(Path.of(run.calls + ".env.ensure_ready.java.env"));
        assertFalse(environment.contains("sk-agentKey"), environment);
        assertFalse(environment.contains(WorkflowRun.TOKEN), environment);
    }

    @Test
    void projectExampleRendersWithCodexctlInsideTheCluster(@TempDir Path other) throws IOException {
        try (var example = new WorkflowRun("project-example", other).variable("CODEXCTL_CODE_ROOT_BASE", "/envs")
                .env("ENVIRONMENT", "ready").env("AGENT", "changes")) {
            var result = example.label("dev");
            assertEquals(0, result.exit(), result.log());
            assertEquals(1, result.calls("ensure_ready.java --env ai --project project-example --issue 42")
                    .filter(call -> call.contains("--render codexctl render --env {env} --slot {slot}"))
                    .filter(call -> call.contains(" --source src --code-root-base=/envs --prepare-images sh deploy/images.sh --apply"))
                            .count(), result.calls().toString());
            assertFalse(Files.readString(Path.of(example.calls + ".env.ensure_ready.java.env")).contains("KUBECONFIG="));
            assertEquals("tables\n", example.pushed("codex/issue-42", "schema.sql"));
        }
    }

    @Test
    void aClosedIssueFreesItsEnvironment() throws IOException {
        run.github.issue.put("state", "closed");
        var event = WorkflowRun.JSON.createObjectNode().put("action", "closed");
        var result = run.run("issues", "ai_cleanup.yml", "alice", "User", event);
        assertEquals(0, result.exit(), result.log());
        assertEquals(List.of("ensure_ready.java release --env ai --project alimentor --issue 42"), result.calls());
    }

    @Test
    void aClosedPullRequestOfAnAgentIsHandedToTheDefaultBranchAndAnyOtherToNobody() throws IOException {
        closePullRequest("codex/ai-repair-42", "acme/shop");
        assertEquals("[{\"ref\":\"main\",\"inputs\":{\"pr\":\"7\"},\"workflow\":\"ai_cleanup.yml\"}]", run.github.dispatches.toString());
        closePullRequest("codex/issue-42", "mallory/shop");
        closePullRequest("feature/issue-42", "acme/shop");
        assertEquals(1, run.github.dispatches.size());
    }

    private void closePullRequest(String branch, String repository) throws IOException {
        var event = WorkflowRun.JSON.createObjectNode().put("action", "closed");
        event.putObject("pull_request").put("number", 7).putObject("head").put("ref", branch).putObject("repo")
                .put("full_name", repository);
        event.withObject("pull_request").putObject("base").put("ref", "main");
        var result = run.run("pull_request", "ai_cleanup.yml", "alice", "User", event);
        assertEquals(0, result.exit(), result.log());
        assertEquals(List.of(), result.calls());
    }

    @Test
    void aClosedDevPullRequestFreesItsIssuesEnvironment() throws IOException {
        run.github.pull("codex/issue-42", "acme/shop").put("state", "closed");
        var result = run.dispatch("ai_cleanup.yml", "github-actions[bot]", Map.of("pr", "7"));
        assertEquals(0, result.exit(), result.log());
        assertEquals(List.of("ensure_ready.java release --env ai --project alimentor --issue 42"), result.calls());
    }

    @Test
    void aClosedRepairLeavesTheEnvironmentOfTheOpenIssue() throws IOException {
        run.github.pull("codex/ai-repair-42", "acme/shop").put("state", "closed");
        var result = run.dispatch("ai_cleanup.yml", "github-actions[bot]", Map.of("pr", "7"));
        assertEquals(0, result.exit(), result.log());
        assertEquals(List.of(), result.calls());
    }

    @Test
    void theScheduleFreesWhatIsPastItsTime() throws IOException {
        var result = run.run("schedule", "ai_cleanup.yml", "alice", "User", WorkflowRun.JSON.createObjectNode());
        assertEquals(0, result.exit(), result.log());
        assertEquals(List.of("ensure_ready.java release --env ai --project alimentor --expired"), result.calls());
    }
}
