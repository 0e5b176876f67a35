import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the caller's side makes of the keeper's answers: repeats, limits and ends, with a shell that says what the test tells it. */
class AgentKeeperTest {
    private static final Duration SOON = Duration.ofMillis(20);
    private static final prompt_run.Patience PATIENCE = patience(Duration.ofMillis(1), Duration.ofMillis(2));
    private static final prompt_run.Reply CUT = prompt_run.Reply.broken("connection reset", false);
    @TempDir
    Path folder;
    private final Map<String, Deque<prompt_run.Reply>> answers = new HashMap<>();
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final List<String> said = new ArrayList<>();
    private final List<String> told = new ArrayList<>();
    private List<String> last;
    private String lost;
    private final prompt_run.Shell shell = new prompt_run.Shell() {
        @Override
        public prompt_run.Reply run(List<String> argv, byte[] stdin, Duration limit) {
            last = argv;
            var words = argv.subList(argv.get(2).equals("answer") ? 3 : 2, argv.size());
            asked.add(String.join(" ", words));
            var left = answers.getOrDefault(words.get(0), new ArrayDeque<>());
            return left.isEmpty() ? said("") : left.size() > 1 ? left.poll() : left.peek();
        }

        @Override
        public String lost() {
            return lost;
        }
    };
    private final prompt_run.Commands commands =
        new prompt_run.Commands(new prompt_run.Site("deploy", "the lab", shell, "/base/run-1", Map.of("workspace", "/w"), () -> { }),
            PATIENCE, AgentReportTest.heard(said, told));
    private final prompt_run.Keeper keeper = new prompt_run.Keeper(commands);

    private static prompt_run.Patience patience(Duration poll, Duration pollMost) {
        return new prompt_run.Patience(poll, pollMost, Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(2),
            Duration.ofSeconds(2), SOON, SOON, Duration.ofMillis(700), SOON, SOON);
    }

    private static prompt_run.Reply reply(Integer code, String text) {
        return new prompt_run.Reply(code, text.getBytes(StandardCharsets.UTF_8), "", null, false);
    }

    private static prompt_run.Reply said(String text) {
        return reply(0, "agent-run\nstate=said\nbytes=" + text.length() + "\n\n" + text);
    }

    private static prompt_run.Reply poll(String state, String data) {
        var fields = state.equals("exited") ? "rc=7\nreason=finished\nend=yes\n" : "";
        return reply(0, "agent-run\nstate=" + state + "\n" + fields + "tokens=5 0 3 0\nbytes=" + data.length() + "\n\n" + data);
    }

    private void answers(String step, prompt_run.Reply... replies) {
        answers.put(step, new ArrayDeque<>(List.of(replies)));
    }

    private prompt_run.Ending follow(prompt_run.RunLog log, int seconds) throws InterruptedException {
        return follow(log, seconds, PATIENCE);
    }

    private prompt_run.Ending follow(prompt_run.RunLog log, int seconds, prompt_run.Patience patience) throws InterruptedException {
        return new prompt_run.Follower(keeper, log, patience).follow(Duration.ofSeconds(seconds));
    }

    private prompt_run.Ending follow(prompt_run.Reply... polls) throws InterruptedException {
        answers("poll", polls);
        return follow(log(), 60);
    }

    private prompt_run.RunLog log() {
        return new prompt_run.RunLog(false, AgentReportTest.heard(said), new prompt_run.Redactor(new prompt_run.Env(Map.of()), List.of()),
            folder);
    }

    @Test
    void anAgentIsFollowedToTheEndOfItsOutputAndItsTokensAreCounted() throws InterruptedException {
        answers("poll", poll("running", "a\n"), poll("exited", "b\n"), poll("exited", ""));
        var log = log();
        assertEquals(prompt_run.Ending.exited(7, "finished"), follow(log, 60));
        assertEquals(List.of("poll 0 1048576", "poll 2 1048576", "poll 4 1048576"), asked);
        assertEquals("a\nb 8", log.story().message() + " " + log.story().usage().total());
        assertEquals(List.of("a", "b"), said);
    }

    @Test
    void anAgentThatIsNotThereIsStartedAgainThreeTimes() throws InterruptedException {
        assertEquals(prompt_run.Ending.exited(7, "finished"),
            follow(poll("absent", ""), poll("absent", ""), poll("absent", ""), poll("exited", "")));
        assertEquals(3, asked.stream().filter("start"::equals).count());
        assertEquals("the agent could not be started", follow(poll("absent", "")).reason());
        assertEquals(6, asked.stream().filter("start"::equals).count());
    }

    @Test
    void aStartThatIsUnderWayMayTakeThirtyLooks() throws InterruptedException {
        var looks = new ArrayList<>(Collections.nCopies(30, poll("starting", "")));
        looks.add(poll("running", ""));
        looks.addAll(Collections.nCopies(30, poll("starting", "")));
        looks.add(poll("exited", ""));
        assertEquals(prompt_run.Ending.exited(7, "finished"), follow(looks.toArray(prompt_run.Reply[]::new)));
        assertEquals(prompt_run.Ending.broken("the start got stuck half-way", true), follow(poll("starting", "")));
    }

    @Test
    void aKeeperThatIsGoneIsALossUnlessTheAgentEndedMeanwhile() throws InterruptedException {
        assertEquals("the agent's keeper died without leaving an exit code (killed, or out of memory)", follow(poll("gone", "")).reason());
        assertEquals(prompt_run.Ending.exited(7, "finished"), follow(poll("gone", ""), poll("exited", "x\n"), poll("exited", "")));
    }

    @Test
    void aPlaceThatIsNoMoreIsALossWithItsReason() throws InterruptedException {
        lost = "pod/codex-1 was replaced";
        assertEquals(prompt_run.Ending.broken("pod/codex-1 was replaced", true), follow(poll("running", "")));
        assertEquals(prompt_run.Ending.exited(7, "finished"), follow(poll("exited", "")), "an exit that was read counts");
    }

    @Test
    void whatCannotBeAskedAnyMoreIsALoss() throws InterruptedException {
        assertEquals(prompt_run.Ending.broken("poll: exit code 1", true), follow(reply(1, "")));
    }

    @Test
    void theCallersOwnDeadlineEndsAnAgentWhoseKeeperDoesNot() throws InterruptedException {
        answers("poll", poll("running", ""));
        assertEquals(prompt_run.Ending.exited(143, "timeout"), follow(log(), 0));
        assertTrue(asked.contains("cancel"), asked.toString());
    }

    /** A pause is never shorter than it should be, so a bound on how often was asked holds on every machine. */
    @Test
    void anAgentThatSaysNothingIsAskedMoreSeldom() throws InterruptedException {
        answers("poll", poll("running", ""));
        assertEquals("timeout", follow(log(), 1, patience(Duration.ofMillis(1), Duration.ofMillis(50))).reason());
        assertTrue(asked.stream().filter(a -> a.startsWith("poll 0 10")).count() <= 22, "every 50 ms for a second");
    }

    @Test
    void outputThatCameInPartIsGoneOnWithAtOnce() throws InterruptedException {
        var slow = patience(Duration.ofSeconds(25), Duration.ofSeconds(25));
        answers("poll", poll("running", "x".repeat(1024 * 1024)), poll("running", "y".repeat(1024 * 1024)), poll("exited", ""));
        assertEquals(prompt_run.Ending.exited(7, "finished"), follow(log(), 20, slow));
    }

    @Test
    void anEndIsToldAgainUntilItIsSeen() throws InterruptedException {
        answers("poll", poll("running", ""), poll("exited", ""));
        assertTrue(keeper.end(Duration.ofSeconds(20)));
        assertEquals(2, asked.stream().filter("cancel"::equals).count());
        answers("poll", poll("running", ""));
        assertFalse(keeper.end(Duration.ofMillis(500)));
        assertTrue(asked.size() <= 2 * 503, "not without a pause");
        answers("cancel", CUT);
        answers("poll", poll("exited", ""));
        assertFalse(keeper.end(Duration.ofMillis(500)), "who could not be told is not asked");
        answers("cancel", reply(0, ""));
        lost = "gone";
        answers("poll", poll("running", ""));
        assertFalse(keeper.end(Duration.ofSeconds(600)), "a place that is no more is not waited for");
    }

    @Test
    void whatNeverBeganLeavesNothingAndWhatMayHaveIsLeft() throws InterruptedException {
        assertFalse(keeper.started());
        keeper.discardUnlessStarted();
        assertEquals(List.of(prompt_run.Scripts.DISCARD + " sh /base/run-1"), asked);
        keeper.start();
        keeper.discardUnlessStarted();
        assertEquals("start", asked.get(1));
        answers("start", CUT);
        keeper.start();
        assertEquals(List.of("start: sent", "start: connection reset"), told);
        assertTrue(keeper.started() && asked.size() == 3, asked.toString());
        assertNull(keeper.lost());
    }

    @Test
    void aBrokenConnectionIsTriedAgainAndABadEndThreeTimes() throws Exception {
        answers("mark", CUT, CUT, CUT, CUT, said("ok"));
        assertEquals("ok", commands.keeper(SOON, "mark", "/w"));
        assertEquals(5, asked.size());
        assertEquals(List.of("sh", "/base/run-1/keeper.sh", "answer", "mark", "/w"), last);
        assertEquals(Collections.nCopies(4, "mark: connection reset"), told);
        asked.clear();
        answers("mark", reply(1, ""), reply(-1, ""), reply(null, ""), reply(1, ""), reply(1, ""), said("late"));
        assertEquals("mark: exit code 1", assertThrows(prompt_run.Broken.class, () -> commands.keeper(SOON, "mark", "/w")).getMessage());
        assertEquals(5, asked.size(), "one without a code has not ended");
        asked.clear();
        answers("mark", reply(0, "cut"), reply(0, "cut"), reply(0, "cut"), reply(0, "cut"), said(""));
        assertEquals("", commands.keeper(SOON, "mark", "/w"));
        assertEquals("mark /w", asked.get(0));
    }

    @Test
    void whatIsHopelessLostOrTooLateIsNotTriedAgain() {
        answers("mark", prompt_run.Reply.broken("pod not found", true));
        assertEquals("mark: pod not found", assertThrows(prompt_run.Broken.class, () -> commands.keeper(SOON, "mark")).getMessage());
        assertEquals(1, asked.size());
        answers("mark", CUT);
        assertEquals("mark: connection reset", assertThrows(prompt_run.Broken.class, () -> commands.keeper(SOON, "mark")).getMessage());
        assertTrue(asked.size() > 2 && asked.size() < 2000, "for as long as uploads may take, with a pause");
        lost = "gone";
        asked.clear();
        assertEquals("gone", assertThrows(prompt_run.Broken.class, () -> commands.keeper(SOON, "mark")).getMessage());
        assertEquals(1, asked.size());
    }

    @ParameterizedTest
    @CsvSource({"0, true, true", "1, false, true", "-1, false, false", ", false, false"})
    void onlyAnExitCodeIsAnEndAndOnlyNoughtIsASuccess(Integer code, boolean ok, boolean ended) {
        var reply = reply(code, "");
        assertEquals(ok + " " + ended, reply.ok() + " " + reply.ended());
        assertEquals("я", said("я").text().substring(said("").text().length()));
        assertEquals(ok ? "the answer was cut short" : "exit code " + (ended ? code : "unknown"), reply.problem());
        assertFalse(CUT.ok() || CUT.ended() || CUT.hopeless());
        assertFalse(new prompt_run.Reply(0, new byte[0], "", "broken all the same", false).ok());
        assertFalse(new prompt_run.Reply(0, new byte[0], "", "broken all the same", false).ended());
        assertEquals("exit code 1: a b", new prompt_run.Reply(1, new byte[0], "a\nb\n", null, false).problem());
    }

    @Test
    void aLaterRoundHasWhatIsLeftOfTheLimits() {
        var limits = new prompt_run.AgentSettings.Limits(Duration.ofMinutes(60), Duration.ofMinutes(15), Duration.ofMinutes(5), 1000);
        assertEquals(new prompt_run.AgentSettings.Limits(Duration.ofMinutes(50), Duration.ofMinutes(15), Duration.ofMinutes(5), 600),
            limits.minus(Duration.ofMinutes(10), 400));
        assertEquals(1, limits.minus(Duration.ZERO, 1000).tokens(), "0 would be no limit");
        assertEquals(0, new prompt_run.AgentSettings.Limits(Duration.ofMinutes(60), SOON, SOON, 0).minus(SOON, 400).tokens());
    }

    @Test
    void theLimitsOfTheKeeperAreThoseOfTheCaller() throws IOException {
        try (var lab = new AgentLab()) {
            var settings = lab.setup("--agent-timeout", "30m", "--idle-timeout", "10m", "--max-tokens", "777").settings();
            var infra = prompt_run.Infra.withoutReport(true);
            var facts = prompt_run.Facts.gather("dev_issue",
                new prompt_run.Facts.Given(null, null, null, null, null, null, null, null, null, false, "codex", null, null),
                prompt_run.GitHubEvent.NONE, infra, warning -> { });
            var launch = new prompt_run.Launch(settings, facts, infra, "r1", "t1", "deploy", settings.limits());
            assertTrue(launch.limitsFile()
                .matches("total=1800 idle=600 lease=\\d+ grace=5 run_id=r1 codex=yes max_tokens=777 thread=t1\n"), launch.limitsFile());
            assertEquals("codex exec -p prompt-run-r1 --json -o last.md -C '/w x' -s danger-full-access --skip-git-repo-check resume t1 -",
                launch.command("/w x"));
            var here = new prompt_run.Launch(settings, facts, infra, "r1", null, "runner", settings.limits());
            assertTrue(here.command("/w")
                .endsWith("-s workspace-write --skip-git-repo-check -c sandbox_workspace_write.network_access=true "
                    + "-c sandbox_workspace_write.exclude_slash_tmp=true \"$@\" -"),
                here.command("/w"));
            assertTrue(here.limitsFile().endsWith(" thread=\n"), here.limitsFile());
            var hostile = new prompt_run.Launch(settings, facts, infra, "r1", "$(touch x)", "deploy", settings.limits());
            assertTrue(hostile.limitsFile().endsWith(" thread='$(touch x)'\n"), hostile.limitsFile());
            assertTrue(launch.environment("/r it's").contains("export INFRA_UNHEALTHY='1'\n")
                && launch.environment("/r it's").contains("export CODEXCTL_INFRA_REPORT='/r it'\\''s'\n"));
            assertTrue(launch.script("/run", "/w").contains("exec codex exec")
                && launch.script("/run", "/w").contains("-o \"$run/last.md\""), launch.script("/run", "/w"));
            var own = lab.setup("--agent-command", "echo it's").settings();
            var custom = new prompt_run.Launch(own, facts, prompt_run.Infra.withoutReport(false), "r1", null, "deploy", own.limits());
            assertEquals("echo it's", custom.command("/w"));
            assertTrue(custom.script("/run", "/w").contains("exec sh -c 'echo it'\\''s'")
                && custom.limitsFile().contains(" codex=no "), custom.limitsFile());
            assertTrue(custom.environment(null).contains("export INFRA_UNHEALTHY='0'\n")
                && !custom.environment(null).contains("INFRA_REPORT"), custom.environment(null));
        }
    }

    @Test
    void theAgentsEnvironmentHoldsWhatIsKnownOfTheRunAndNothingElse() throws IOException {
        try (var lab = new AgentLab()) {
            var settings = lab.caller("DB_URL", "jdbc").setup("--agent-env", "DB_URL", "--git-name", "Ada").settings();
            var infra = prompt_run.Infra.withoutReport(false);
            for (boolean all : new boolean[] {true, false}) {
                var given = all ? new prompt_run.Facts.Given("ai", "3", "shop-dev-3",
                    "7", "8", "o/r", null, null, null, false, "codex", null, null)
                    : new prompt_run.Facts.Given(null, null, null, null, null, null, null, null, null, false, "codex", null, null);
                var facts = prompt_run.Facts.gather("dev_issue", given, prompt_run.GitHubEvent.NONE, infra, warning -> { });
                var launch = new prompt_run.Launch(settings, facts, infra, "r1", null, "deploy", settings.limits());
                assertEquals("""
                    export GIT_AUTHOR_NAME='Ada'
                    export GIT_COMMITTER_NAME='Ada'
                    export INFRA_UNHEALTHY='0'
                    export CODEXCTL_ENV='ai'
                    """ + (all ? """
                    export CODEXCTL_SLOT='3'
                    export CODEXCTL_NAMESPACE='shop-dev-3'
                    export CODEXCTL_ISSUE_NUMBER='7'
                    export CODEXCTL_PR_NUMBER='8'
                    export CODEXCTL_REPO='o/r'
                    """ : "") + "export CODEXCTL_BRANCH='codex/issue-" + (all ? "7" : "none") + "'\n"
                    + "export DB_URL='jdbc'\nexport AGENT_RUN_ID='r1'\n", launch.environment(null));
            }
        }
    }

    @Test
    void anAgentGoesOnlyWhereItIsAllowedTo() throws IOException {
        try (var lab = new AgentLab()) {
            var usual = lab.setup().settings();
            assertEquals("true true false", usual.allows("deploy") + " " + usual.allows("pod") + " " + usual.allows("runner"));
            var deploy = lab.setup("--agent-target", "deploy").settings();
            assertEquals("true false false", deploy.allows("deploy") + " " + deploy.allows("pod") + " " + deploy.allows("runner"));
            assertEquals("0 codex", usual.rechecks() + " " + usual.program());
            assertEquals("2 sh", lab.setup("--recheck", "true", "--recheck-rounds", "2", "--agent-command", "true")
                .settings().rechecks() + " "
                + lab.setup("--agent-command", "true").settings().program());
            lab.kind = "plan_issue";
            assertEquals(0, lab.setup("--recheck", "true", "--recheck-rounds", "2").settings().rechecks());
        }
    }

    @Test
    void aRetryAfterALongWaitIsBrief() {
        var brief = prompt_run.Patience.USUAL.brief();
        assertEquals(Duration.ofSeconds(10), brief.uploads());
        assertEquals(prompt_run.Patience.USUAL.exec(), brief.exec());
        assertEquals(Map.of("a", "b=c", "d", ""), prompt_run.Fields.of("a=b=c\n=x\nnone\nd=\n"));
    }
}
