import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** check.sh: what it names as missing, what it only cannot see, and how it ends. */
class WorkflowCheckTest {
    private final WorkflowRun.GitHub github = new WorkflowRun.GitHub();

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        github.close();
    }

    @Test
    void checkSaysOkForASetUpRepositoryAndNamesWhatIsMissing() throws IOException {
        var repository = WorkflowLab.adopt("alimentor", folder.resolve("adopted"));
        answers(Map.of());
        var bare = check(repository);
        assertEquals(1, bare.exit(), bare.toString());
        for (var missing : new String[] {"ensure_ready.java: copy it", "deploy/codex: copy deploy/codex/codex.yaml",
                "environment ai: create it",
            "secret AI_KUBECONFIG: add it", "secret OPENAI_API_KEY: add it",
            "variable AI_ALLOWED_USERS: the logins", "label [ai-repair]: create it", "workflows may open pull requests: allow it"}) {
            assertTrue(bare.out().contains("missing  " + missing), missing + " in\n" + bare.out());
        }
        setUp(repository);
        var good = check(repository);
        assertEquals(0, good.exit(), good.toString());
        assertTrue(good.out().lines().allMatch(line -> line.startsWith("ok ") || line.startsWith("skipped  the cluster")), good.out());
    }

    @Test
    void anAgentWithoutAccountOrImageIsNoAgent() throws IOException {
        var repository = WorkflowLab.adopt("alimentor", folder.resolve("adopted"));
        setUp(repository);
        Files.delete(repository.resolve("deploy/codex/rbac.yaml"));
        Files.copy(Cli.root().resolve("workflows/project-example/deploy/codex/codex.yaml"),
                repository.resolve("deploy/codex/codex.yaml"), StandardCopyOption.REPLACE_EXISTING);
        var found = check(repository);
        assertEquals(1, found.exit(), found.toString());
        assertTrue(found.out().contains("missing  account codex-sa of deploy/codex: copy deploy/codex/rbac.yaml"), found.out());
        assertTrue(found.out().contains("missing  image of deploy/codex: build deploy/codex/Dockerfile"), found.out());
    }

    @Test
    void anApiThatCannotBeReachedIsNotTwentyThingsThatAreMissing() throws IOException {
        var repository = WorkflowLab.adopt("alimentor", folder.resolve("adopted"));
        github.close();
        var found = check(repository);
        assertEquals(3, found.exit(), found.toString());
        assertEquals("", found.out());
        assertTrue(found.err().startsWith("check: cannot reach http://127.0.0.1:"), found.err());
        assertEquals(1, found.err().lines().count(), found.err());
    }

    @Test
    void whatTheTokenMayNotSeeIsUnknownAndNotMissing() throws IOException {
        var repository = WorkflowLab.adopt("alimentor", folder.resolve("adopted"));
        setUp(repository);
        github.settings.remove("environments/ai/secrets?per_page=100&page=1");
        var found = check(repository);
        assertEquals(3, found.exit(), found.toString());
        assertTrue(found.out()
                .contains("unknown  secret AI_KUBECONFIG: this token does not see environments/ai/secrets (GitHub answers 403: Resource "
                    + "not accessible"), found.out());
        assertTrue(found.out().contains("ok       secret OPENAI_API_KEY"), found.out());
        assertFalse(found.out().contains("missing "), found.out());
    }

    @Test
    void aPushTokenOfYourOwnMakesUpForWorkflowsThatMayOpenNoPullRequests() throws IOException {
        var repository = WorkflowLab.adopt("alimentor", folder.resolve("adopted"));
        setUp(repository);
        github.settings.put("actions/permissions/workflow", WorkflowRun.JSON.readTree("{\"can_approve_pull_request_reviews\": false}"));
        assertEquals(1, check(repository).exit());
        github.settings.put("actions/secrets?per_page=100&page=1",
                WorkflowRun.JSON.readTree("{\"secrets\": [{\"name\": \"OPENAI_API_KEY\"}, {\"name\": \"AI_PUSH_TOKEN\"}]}"));
        var good = check(repository);
        assertEquals(0, good.exit(), good.toString());
    }

    @Test
    void theThirtyFirstVariableIsSeenToo() throws IOException {
        var repository = WorkflowLab.adopt("project-example", folder.resolve("adopted"));
        setUp(repository);
        var first = WorkflowRun.JSON.createObjectNode();
        for (var i = 0; i < 30; i++) {
            first.withArray("variables").addObject().put("name", "OTHER_" + i).put("value", "x");
        }
        var second = WorkflowRun.JSON.createObjectNode();
        second.withArray("variables").addObject().put("name", "POSTGRES_USER").put("value", "shop");
        github.settings.put("environments/ai/variables?per_page=30&page=1", first);
        github.settings.put("environments/ai/variables?per_page=30&page=2", second);
        var found = check(repository).out();
        assertTrue(found.contains("ok       variable POSTGRES_USER"), found);
        assertTrue(found.contains("missing  variable USERS_POSTGRES_USER: add it"), found);
    }

    @Test
    void theClustersRightsAreCheckedAsTheRunnerHasThem() throws IOException {
        var repository = WorkflowLab.adopt("alimentor", folder.resolve("adopted"));
        setUp(repository);
        var key = Files.writeString(folder.resolve("runner.kubeconfig"), "kind: Config\n");
        kubectl("case \"$*\" in *\"config view\"*) echo https://203.0.113.5:6443 ;; *\"list secrets\"*) exit 1 ;; esac");
        var found = check(repository, key.toString());
        assertEquals(1, found.exit(), found.toString());
        assertTrue(found.out().contains("ok       right: create namespaces"), found.out());
        assertTrue(found.out().contains("missing  right: list secrets --all-namespaces: apply runner.yaml"), found.out());
        kubectl("case \"$*\" in *\"config view\"*) echo https://10.0.0.5:6443 ;; *--raw*) echo 'connection refused' >&2; exit 1 ;; esac");
        var away = check(repository, key.toString());
        assertTrue(away.out()
                .contains("missing  address of the cluster: https://10.0.0.5:6443 is not reachable from GitHub's runners"), away.out());
        assertTrue(away.out().contains("unknown  the cluster: https://10.0.0.5:6443 does not answer: connection refused"), away.out());
        assertFalse(away.out().contains("right: "), away.out());
    }

    private void kubectl(String script) throws IOException {
        var kubectl = Files.createDirectories(folder.resolve("bin")).resolve("kubectl");
        Files.writeString(kubectl, "#!/bin/sh\n" + script + "\n");
        kubectl.toFile().setExecutable(true);
    }

    @Test
    void aWrongCallIsTold() throws IOException {
        var repository = WorkflowLab.adopt("alimentor", folder.resolve("adopted"));
        var script = repository.resolve(".github/agent/check.sh").toString();
        assertEquals(2, Cli.program("bash", script).run().exit());
        assertEquals(2, check(repository, "/nonexistent/kubeconfig").exit());
    }

    /** macOS has bash 3.2, and people run check.sh there. */
    @Test
    void checkUsesNothingThatBash32DoesNotHave() throws IOException {
        var newer = Pattern.compile("mapfile|readarray|declare -[An]|local -n|\\$\\{\\w+(,,|\\^\\^|@[A-Z])|&>>|\\|&|coproc|wait "
            + "-n|\\[-1\\]|^\\s*shopt -s inherit_errexit|[^+]\"\\$\\{body\\[@]}\"", Pattern.MULTILINE);
        for (var script : List.of("check.sh", "github.sh")) {
            var text = Files.readString(Cli.root().resolve("workflows/shared/agent").resolve(script))
                    .replace("${body[@]+\"${body[@]}\"}", "");
            assertFalse(newer.matcher(text).find(), script + ": " + newer.matcher(text).results().map(MatchResult::group).toList());
        }
        assertTrue(newer.matcher("shopt -s inherit_errexit").find() && newer.matcher("x=${name,,}").find(), "the rule finds");
    }

    private void setUp(Path repository) throws IOException {
        for (var file : new String[] {"ensure_ready.java", "prompt_run.java", "templates"}) {
            Files.createFile(repository.resolve(file));
        }
        WorkflowLab.copy(Cli.root().resolve("workflows/project-example/deploy/codex"),
                Files.createDirectories(repository.resolve("deploy/codex")));
        var codex = repository.resolve("deploy/codex/codex.yaml");
        Files.writeString(codex, Files.readString(codex).replace("registry.example/", "images.acme.test/"));
        answers(Map.of("environments/ai", "{}",
                "environments/ai/secrets?per_page=100&page=1", "{\"secrets\": [{\"name\": \"AI_KUBECONFIG\"}]}",
                "actions/secrets?per_page=100&page=1", "{\"secrets\": [{\"name\": \"OPENAI_API_KEY\"}]}",
                "actions/variables?per_page=30&page=1", "{\"variables\": [{\"name\": \"AI_ALLOWED_USERS\", \"value\": \"alice\"}]}",
                "actions/permissions/workflow", "{\"can_approve_pull_request_reviews\": true}"));
        for (var mode : List.of("dev", "plan", "repair")) {
            github.settings.put("labels/%5Bai-" + mode + "%5D", WorkflowRun.JSON.createObjectNode());
        }
    }

    /** What GitHub's settings hold; nothing where nothing is said. */
    private void answers(Map<String, String> said) throws IOException {
        for (var where : List.of("environments/ai", "actions", "actions/organization-")) {
            for (var list : List.of("secrets?per_page=100&page=1", "variables?per_page=30&page=1")) {
                var path = where.endsWith("-") ? where + list : where + "/" + list;
                github.settings.put(path, WorkflowRun.JSON.readTree("{\"" + list.substring(0, list.indexOf('?')) + "\": []}"));
            }
        }
        github.settings.put("actions/permissions/workflow", WorkflowRun.JSON.readTree("{\"can_approve_pull_request_reviews\": false}"));
        for (var answer : said.entrySet()) {
            github.settings.put(answer.getKey(), WorkflowRun.JSON.readTree(answer.getValue()));
        }
    }

    private Cli.Result check(Path repository, String... more) {
        var command = new ArrayList<>(List.of("bash", repository.resolve(".github/agent/check.sh").toString(), "acme/shop"));
        command.addAll(List.of(more));
        return Cli.program(command.toArray(String[]::new)).in(folder).env("PATH", folder.resolve("bin") + ":" + System.getenv("PATH"))
                .env("GITHUB_API_URL", github.url()).env("GITHUB_TOKEN", WorkflowRun.TOKEN).run();
    }
}
