import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import picocli.CommandLine;

/** Mistakes of the workflows that these replace, each a rule over one file, each with a twin that makes it. */
class WorkflowRulesTest {
    @ParameterizedTest
    @EnumSource
    void theRuleHoldsForEverySampleFile(Rule rule) {
        var findings = new ArrayList<String>();
        WorkflowLab.yaml().forEach((name, text) -> rule.findings.apply(new Sample(text))
                .forEach(found -> findings.add(name + ": " + found)));
        assertEquals("", WorkflowLab.lines(findings));
    }

    @ParameterizedTest
    @EnumSource
    void theRuleFindsTheMistakeInItsBadTwin(Rule rule) {
        assertFalse(rule.findings.apply(new Sample(rule.badTwin)).isEmpty(), rule.badTwin);
    }

    /** A rule over one workflow or action: what it finds, and a text that breaks it. */
    enum Rule {
        FOREIGN_TEXT_NEVER_BECOMES_SHELL(s -> s.steps().map(Step::run).filter(run -> run.contains("${{")).toList(), """
                jobs: {a: {steps: [{run: 'echo ${{ github.event.issue.title }}'}]}}
                """),
        NOTHING_IS_PERMITTED_AT_THE_TOP(s -> s.isAction() || Map.of().equals(s.yaml.get("permissions"))
            ? List.of() : List.of("no permissions: {}"), """
                on: issues
                jobs: {a: {steps: [{run: 'true'}]}}
                """),
        NO_JOB_TAKES_ALL_RIGHTS(s -> s.jobs().filter(job -> job.get("permissions") instanceof String).map(Object::toString).toList(), """
                jobs: {a: {permissions: write-all, steps: []}}
                """),
        FOREIGN_ACTIONS_ARE_PINNED_AND_SAY_THEIR_VERSION(s -> s.lines("uses: ")
                .filter(line -> !line.matches(".*uses: (\\./\\.github/\\S+|[\\w.-]+/[\\w./-]+@[0-9a-f]{40} # v\\d+\\.\\d+\\.\\d+)"))
                .toList(), """
                jobs: {a: {steps: [{
                  uses: actions/checkout@v4 }]}}
                """),
        AN_AGENT_RUNS_ONLY_IN_THE_ATTEMPT_THAT_ITS_GATE_LET_IN(s -> s.jobs().filter(job -> "gate".equals(job.get("needs"))
                && !String.valueOf(job.get("if")).equals("fromJSON(needs.gate.outputs.run).attempt == github.run_attempt"))
                .map(Object::toString).toList(), """
                jobs: {a: {needs: gate, if: "needs.gate.outputs.run != ''", steps: []}}
                """),
        A_CHECKOUT_LEAVES_NO_TOKEN(s -> s.steps().filter(step -> step.uses().startsWith("actions/checkout@"))
                .filter(step -> !Boolean.FALSE.equals(step.with("persist-credentials"))).map(Step::toString).toList(), """
                jobs: {a: {steps: [{uses: actions/checkout@0, with: {path: src}}]}}
                """),
        EVERY_JOB_HAS_A_LIMIT(s -> s.jobs().filter(job -> job.containsKey("steps") && !job.containsKey("timeout-minutes"))
            .map(Object::toString).toList(), """
                jobs: {a: {steps: []}}
                """),
        EVERY_STEP_WITH_A_SCRIPT_OF_OURS_HAS_A_LIMIT(s -> s.steps()
                .filter(step -> step.run().contains("./jbangw ") && step.get("timeout-minutes") == null)
                .map(Step::toString).toList(), """
                jobs: {a: {steps: [{run: exec ./jbangw ensure_ready.java}]}}
                """),
        SIGNALS_REACH_THE_SCRIPTS(s -> s.steps().map(Step::run).filter(run -> run.matches("(?s).*(jbangw |bash ).*"))
                .filter(run -> !run.matches("exec (env \\S+ \\\\\\n\\s*)?(\\./jbangw|bash) ([^\\n]|\\\\\\n)*\\n?")).toList(), """
                jobs: {a: {steps: [{run: "./jbangw prompt_run.java\\necho done"}]}}
                """),
        NO_FAILURE_IS_SWALLOWED(s -> s.lines("\\|\\| (true|:)|continue-on-error|set \\+e").toList(), """
                jobs: {a: {steps: [{run: "git add docs libs || true"}]}}
                """),
        A_MISSING_BOOLEAN_IS_NEVER_TRUE(s -> s.lines("// *true|!= '?false|:-true|:-\"true").toList(), """
                jobs: {a: {steps: [{run: "ready=$(jq -r '.infraReady // true' ready.json)"}]}}
                """),
        NO_SECRET_IS_IN_THE_ENVIRONMENT_OF_A_WHOLE_JOB(s -> Stream.concat(Stream.of(s.yaml), s.jobs())
                .map(owner -> String.valueOf(owner.get("env"))).filter(env -> env.matches("(?s).*(secrets\\.|github\\.token).*"))
                .toList(), """
                env: {TOKEN: '${{ secrets.CODEXCTL_GH_PAT }}'}
                jobs: {}
                """),
        SECRETS_ARE_NAMED_ONE_BY_ONE(s -> s.lines("secrets: inherit|toJSON\\(secrets|secrets\\[").toList(), """
                jobs: {a: {uses: ./.github/workflows/x.yml,
                  secrets: inherit}}
                """),
        A_LIST_OF_NAMES_IS_NOT_SEARCHED_AS_A_STRING(s -> s.lines("contains\\((?!fromJSON)").toList(), """
                jobs: {a: {if: "contains(vars.AI_ALLOWED_USERS, github.actor)", steps: []}}
                """),
        THE_QUEUE_IS_THE_JOBS_AND_DROPS_NOBODY(WorkflowRulesTest::queueFaults, """
                on: {issues: {types: [labeled]}}
                concurrency: {group: 'ai-issue-${{ github.event.issue.number }}', cancel-in-progress: false}
                jobs: {agent: {environment: ai, steps: []}}
                """),
        NO_ARGUMENT_VANISHES_WHERE_A_SETTING_IS_EMPTY(s -> s.lines("--[a-z-]+ \"\\$CODEXCTL_").toList(), """
                jobs: {a: {steps: [{run: 'exec ./jbangw ensure_ready.java --code-root-base "$CODEXCTL_CODE_ROOT_BASE" --apply'}]}}
                """),
        ARTIFACTS_ARE_KEPT_WHATEVER_HAPPENS(s -> s.steps().filter(step -> step.uses().startsWith("actions/upload-artifact@"))
                .filter(step -> !"always()".equals(step.get("if"))).map(Step::toString).toList(), """
                runs: {using: composite, steps: [{uses: actions/upload-artifact@0}]}
                """),
        THE_AGENTS_RUN_RELEASES_NOTHING(s -> s.startsAgent() ? s.lines("ensure_ready.java release|kubectl delete").toList() : List.of(), """
                jobs: {agent: {steps: [{run: exec ./jbangw prompt_run.java},
                  {run: exec ./jbangw ensure_ready.java release}]}}
                """),
        THE_PUSH_TOKEN_IS_THE_LAST_STEPS_ALONE(s -> s.steps().filter(step -> step.toString().contains("AI_PUSH_TOKEN"))
                .filter(step -> !step.uses().equals("./.github/agent/finish")).map(Step::toString).toList(), """
                jobs: {agent: {steps: [{run: exec ./jbangw prompt_run.java, env: {GITHUB_TOKEN: '${{ secrets.AI_PUSH_TOKEN }}'}}]}}
                """),
        SCRIPTS_COME_FROM_THE_DEFAULT_BRANCH(s -> s.steps().filter(step -> step.uses().startsWith("actions/checkout@"))
                .filter(step -> String.valueOf(step.with("ref")).contains("head")).map(Step::toString).toList(), """
                jobs: {a: {steps: [{uses: actions/checkout@0, with: {ref: '${{ github.event.pull_request.head.sha }}'}}]}}
                """),
        AN_ENVIRONMENT_FOR_SECRETS_IS_NO_DEPLOYMENT(s -> s.jobs().map(job -> job.get("environment")).filter(e -> e != null)
                .filter(e -> !Map.of("name", "ai", "deployment", false).equals(e)).map(Object::toString).toList(), """
                jobs: {a: {environment: ai, steps: []}}
                """),
        A_PULL_REQUESTS_OWN_RUN_TAKES_ITS_SCRIPTS_FROM_THE_DEFAULT_BRANCH_AND_SEES_NO_SECRET(WorkflowRulesTest::mergeRefFaults, """
                on: {pull_request: {types: [closed]}}
                jobs: {a: {if: "github.event_name == 'pull_request'", steps: [{uses: actions/checkout@0,
                    with: {persist-credentials: false}}]}}
                """),
        WHAT_IS_INSTALLED_IS_WHAT_THE_FILE_SAYS(s -> s.lines("setup-jbang|sh\\.jbang\\.dev|curl [^|]*\\| *(ba)?sh").toList(), """
                jobs: {a: {steps: [{uses: jbangdev/setup-jbang@0, with: {version: 0.132.1}}]}}
                """);

        private final Function<Sample, List<String>> findings;
        private final String badTwin;

        Rule(Function<Sample, List<String>> findings, String badTwin) {
            this.findings = findings;
            this.badTwin = badTwin;
        }
    }

    /** dev, plan, repair and cleanup share one group; a default queue holds one run and drops the one that waits. */
    private static List<String> queueFaults(Sample sample) {
        var faults = new ArrayList<String>();
        if (sample.yaml.containsKey("concurrency")) {
            faults.add("the workflow's concurrency: any label enters the group");
        }
        sample.jobs().filter(job -> job.containsKey("environment")).map(job -> job.get("concurrency")).forEach(queue -> {
            var expected = "agent-\\$\\{\\{ github\\.repository }}-issue-\\$\\{\\{ "
                + "(github\\.event\\.issue\\.number|needs\\.gate\\.outputs\\.issue|needs\\.which\\.outputs\\.issue \\|\\| 'expired') }}";
            if (!(queue instanceof Map<?, ?> q) || !String.valueOf(q.get("group")).matches(expected)
                    || !Boolean.FALSE.equals(q.get("cancel-in-progress")) || !"max".equals(q.get("queue"))) {
                faults.add("concurrency " + queue);
            }
        });
        return faults;
    }

    /** Such a run is at the merge commit, whose workflows and scripts its author wrote. */
    private static List<String> mergeRefFaults(Sample sample) {
        return sample.jobs().filter(job -> String.valueOf(job.get("if")).matches("(?s).*event_name == 'pull_request(_review)?'.*"))
                .filter(job -> job.containsKey("environment") || job.toString().contains("secrets.")
                        || new Sample("", Map.of("jobs", Map.of("job", job))).steps()
                                .filter(step -> step.uses().startsWith("actions/checkout@"))
                        .anyMatch(step -> !"${{ github.event.repository.default_branch }}".equals(step.with("ref"))))
                .map(Object::toString).toList();
    }

    @Test
    void devAndPlanApplyAlsoToALivingEnvironmentAndWaitSoftlyForTwentyMinutes() {
        for (var mode : List.of("dev", "plan")) {
            each(mode, sample -> {
                assertTrue(sample.command("ensure_ready.java")
                        .matches(".* --apply --force-apply --wait-soft-fail --wait-timeout 20m --output json .*"));
                assertTrue(sample.command("prompt_run.java").contains(" --kind " + mode + "_issue "));
                assertEquals(null, sample.agentStep().get("if"), "runs whenever there is an environment, ready or not");
            });
        }
    }

    @Test
    void repairPutsALivingEnvironmentRightWaitsShortlyAndAlwaysStartsTheAgent() {
        each("repair", sample -> {
            assertTrue(sample.command("ensure_ready.java")
                    .matches(".* --apply --force-apply --wait-soft-fail --wait-timeout 5m --output json .*"));
            assertEquals("${{ !cancelled() }}", sample.agentStep().get("if"));
        });
    }

    @Test
    void theAgentIsToldByTheReportFileAndNotByABooleanOnTheWay() {
        for (var mode : List.of("dev", "plan", "repair")) {
            each(mode, sample -> {
                assertTrue(sample.command("ensure_ready.java").contains("--report \"$RUNNER_TEMP/agent/ready.json\""));
                assertTrue(sample.command("prompt_run.java").contains("--infra-report \"$RUNNER_TEMP/agent/ready.json\""));
                assertFalse(sample.command("prompt_run.java").contains("--infra-unhealthy"));
            });
        }
    }

    @Test
    void theScriptsKnowEveryOptionThatTheWorkflowsAndThePageForAgentsGiveThem() throws IOException {
        var runs = new ArrayList<String>();
        WorkflowLab.yaml().values().forEach(text -> new Sample(text).steps().map(Step::run).filter(run -> run.contains("./jbangw "))
                .forEach(runs::add));
        assertEquals(2 * 11, runs.size());
        Files.readString(Cli.root().resolve("docs/agents.md")).lines().map(String::strip).filter(line -> line.startsWith("./jbangw "))
                .forEach(runs::add);
        assertEquals(2 * 11 + 4, runs.size());
        for (var run : runs) {
            var arguments = WorkflowLab.arguments(run);
            var script = arguments.get(0).equals("prompt_run.java") ? prompt_run.cli(Map.of())
                    : new CommandLine(new ensure_ready()).registerConverter(Duration.class, ensure_ready::duration);
            assertDoesNotThrow(() -> script.parseArgs(arguments.subList(1, arguments.size()).toArray(String[]::new)), run);
        }
    }

    @Test
    void everyAgentHasItsBaseBranchAndALimitAndWorkThatChangesSomethingIsCheckedAndGoesBackOnce() {
        for (var mode : List.of("dev", "plan", "repair", "review")) {
            each(mode, sample -> {
                var command = sample.command("prompt_run.java");
                assertTrue(command.contains(" --base \"$BASE\" ") && command.contains(" --max-tokens \"$MAX_TOKENS\" "), command);
                assertEquals(!mode.equals("plan"), command.matches("(?s).* --recheck \"\\./jbangw ensure_ready\\.java --env ai "
                    + "--namespace '\\$NAMESPACE' --wait-timeout 5m --output json "
                    + "(-f deploy|--render 'codexctl render --env \\{env\\} --slot \\$SLOT --namespace \\{namespace\\}')\" "
                    + "--recheck-rounds 1 .*"), command);
            });
        }
    }

    @Test
    void planMayNeitherPushNorOpenAPullRequest() {
        each("plan", sample -> {
            assertEquals("{contents=read, issues=write}", sample.agentJob().get("permissions").toString());
            assertFalse(sample.text.contains("bring-back"));
            assertFalse(sample.text.contains("AI_PUSH_TOKEN"));
        });
    }

    @Test
    void environmentsOutliveAFailureAndEndByTheirTimeToLive() {
        for (var mode : List.of("dev", "plan", "repair")) {
            each(mode, sample -> assertTrue(sample.command("ensure_ready.java").contains(" --max 10 --ttl 24h ")));
        }
        each("cleanup", sample -> {
            assertTrue(sample.text.matches("(?s).*release --env ai --project \\S+ --expired.*"));
            assertTrue(sample.text.contains("cron: '17 */6 * * *'"), "an hourly look costs minutes");
        });
    }

    @Test
    void theSharedScriptsSwallowNoFailureAndAddTheWholeTree() {
        var scripts = WorkflowLab.texts(Pattern.compile(".*\\.sh"));
        assertEquals(11, scripts.size(), scripts.keySet().toString());
        scripts.forEach((name, text) -> {
            assertFalse(Pattern.compile("\\|\\| *(true|:)( |$)|set \\+e", Pattern.MULTILINE).matcher(text).find(), name);
            assertFalse(text.contains("${{"), name);
            assertTrue(name.endsWith("/github.sh") || text.contains("source \"$(dirname \"$0\")/github.sh\""), name
                    + " runs without set -e");
            assertTrue(text.lines().filter(line -> line.matches(".*\\b(git|work) add .*"))
                    .allMatch(line -> line.contains("add --all")), name);
        });
    }

    @Test
    void theExampleImageHasTheCodexThatTheTestsRunAndEveryToolOfItIsPinnedOrTheSystems() throws IOException {
        var image = Files.readString(Cli.root().resolve("workflows/project-example/deploy/codex/Dockerfile"));
        assertTrue(image.contains("npm install --global @openai/codex@" + CodexCli.VERSION + " "), image);
        assertFalse(Pattern.compile(":latest|@latest|curl [^&]*\\| *(ba)?sh").matcher(image).find(), image);
    }

    /** What one consumer's file says must be what it says, not what another forgot to change. */
    @Test
    void theConsumersDifferOnlyInRunnerManifestsAndSecrets() {
        for (var mode : List.of("dev", "plan", "repair", "review", "cleanup")) {
            var files = WorkflowLab.CONSUMERS.stream().collect(toMap(c -> c, c -> sample(c, mode)));
            var kept = files.values().stream().map(s -> s.text.lines().skip(1)
                    .filter(line -> !line
                    .matches(".*(runs-on|kubeconfig:|--project|--apply|--render|-f "
                        + "deploy|--code-root-base|(secrets|vars)\\.|env:|ISSUE:|SLOT:|with:).*"))
                    .filter(line -> !line.isBlank()).collect(joining("\n"))).distinct().toList();
            assertEquals(1, kept.size(), () -> String.join("\n-----\n", kept));
        }
    }

    @Test
    void aReviewLeavesALivingEnvironmentAsTheBranchLeftItAndResumesTheThread() {
        each("review", sample -> {
            assertTrue(sample.command("ensure_ready.java").matches(".* --apply --wait-soft-fail .*"),
                    sample.command("ensure_ready.java"));
            assertTrue(sample.command("prompt_run.java").contains(" --resume auto "));
            assertTrue(sample.command("prompt_run.java")
                    .startsWith("exec env GITHUB_EVENT_PATH=\"$RUNNER_TEMP/event.json\" ./jbangw prompt_run.java --kind \"$KIND\""));
        });
    }

    @Test
    void projectExampleMirrorsItsSourcesAndPreparesItsImagesAndNoImageIsBuiltFromABranchBeforeItsReview() {
        for (var mode : List.of("dev", "plan", "repair", "review")) {
            var command = sample("project-example", mode).command("ensure_ready.java");
            assertTrue(command.contains(" --source src --code-root-base=\"$CODEXCTL_CODE_ROOT_BASE\" --prepare-images 'sh "
                + "deploy/images.sh' "), command);
        }
        var proof = sample("project-example", "repair").steps().filter(step -> "after".equals(step.get("id"))).findFirst().orElseThrow()
                .run();
        assertTrue(proof.contains("--config src/services.yaml"), proof);
        assertFalse(proof.contains("--prepare-images"), proof);
    }

    private static void each(String mode, java.util.function.Consumer<Sample> check) {
        WorkflowLab.CONSUMERS.forEach(consumer -> check.accept(sample(consumer, mode)));
    }

    private static Sample sample(String consumer, String mode) {
        var file = List.of("cleanup", "review").contains(mode) ? "ai_" + mode + ".yml" : "ai_" + mode + "_issue.yml";
        return new Sample(WorkflowLab.yaml().get("workflows/" + consumer + "/" + file));
    }

    /** One workflow or action file. */
    record Sample(String text, Map<?, ?> yaml) {
        Sample(String text) {
            this(text, WorkflowLab.parse(text));
        }

        boolean isAction() {
            return yaml.containsKey("runs");
        }

        Stream<Map<?, ?>> jobs() {
            return yaml.get("jobs") instanceof Map<?, ?> jobs ? jobs.values().stream().map(job -> (Map<?, ?>) job) : Stream.empty();
        }

        Stream<Step> steps() {
            var owners = isAction() ? Stream.<Map<?, ?>>of((Map<?, ?>) yaml.get("runs")) : jobs();
            return owners.map(owner -> owner.get("steps")).filter(List.class::isInstance).flatMap(steps -> ((List<?>) steps).stream())
                    .map(step -> new Step((Map<?, ?>) step));
        }

        Stream<String> lines(String pattern) {
            var found = Pattern.compile(pattern);
            return text.lines().filter(line -> !line.strip().startsWith("#")).filter(line -> found.matcher(line).find());
        }

        boolean startsAgent() {
            return steps().anyMatch(step -> step.run().contains("prompt_run.java"));
        }

        Step agentStep() {
            return steps().filter(step -> step.run().contains("prompt_run.java")).findFirst().orElseThrow();
        }

        Map<?, ?> agentJob() {
            return (Map<?, ?>) ((Map<?, ?>) yaml.get("jobs")).get("agent");
        }

        /** The first command of a script, on one line. */
        String command(String script) {
            return steps().map(Step::run).filter(run -> run.contains("./jbangw " + script + " --")).findFirst().orElseThrow()
                    .replaceAll("\\s*\\\\\\n\\s*", " ").strip();
        }
    }

    record Step(Map<?, ?> yaml) {
        Object get(String key) {
            return yaml.get(key);
        }

        String run() {
            return String.valueOf(yaml.containsKey("run") ? yaml.get("run") : "");
        }

        String uses() {
            return String.valueOf(yaml.containsKey("uses") ? yaml.get("uses") : "");
        }

        Object with(String input) {
            return yaml.get("with") instanceof Map<?, ?> with ? with.get(input) : null;
        }

        @Override
        public String toString() {
            return new LinkedHashMap<>(yaml).toString();
        }
    }
}
