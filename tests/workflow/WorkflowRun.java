import static java.nio.charset.StandardCharsets.UTF_8;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Runs a sample workflow on this machine as a repository that adopted it would: nektos/act executes the jobs, a bare repository
 * is the remote, {@link GitHub} answers the REST API, actions of others are stand-ins from the fixtures.
 *
 * <p>What act does not have is left out of what it is given: {@code queue: max}, {@code deployment: false}, and the queueing itself.
 */
final class WorkflowRun implements AutoCloseable {
    static final ObjectMapper JSON = new ObjectMapper();
    static final String TOKEN = "ghs_workflowTokenThatMayPush";
    private static final Pattern USES = Pattern.compile("uses: ([\\w.-]+/([\\w.-]+)@[0-9a-f]{40})");

    final GitHub github = new GitHub();
    final Path remote;
    final Path calls;
    final Path artifacts;
    private final Path folder;
    private final Path repository;
    private final Map<String, String> env = new LinkedHashMap<>();
    private final Map<String, String> variables = new LinkedHashMap<>(Map.of("AI_ALLOWED_USERS", "alice, bob,carol"));
    private final Map<String, String> secrets = new LinkedHashMap<>(Map.of("GITHUB_TOKEN", TOKEN, "OPENAI_API_KEY", "sk-agentKey"));

    WorkflowRun(String consumer, Path folder) throws IOException {
        this.folder = folder;
        remote = folder.resolve("remote.git");
        calls = folder.resolve("calls");
        artifacts = folder.resolve("artifacts");
        WorkflowLab.git(folder, "init", "--quiet", "--bare", "--initial-branch", "main", remote.toString());
        repository = WorkflowLab.adopt(consumer, Files.createDirectories(folder.resolve("repository")));
        Files.writeString(repository.resolve("README.md"), "# Shop\n");
        Files.createDirectories(repository.resolve("deploy"));
        Files.createFile(repository.resolve("deploy/.keep"));
        Files.createFile(calls);
        jbangw(Files.readString(Cli.fixture("workflows/jbang-stub.sh")));
        env.putAll(Map.of("REMOTE", remote.toString(), "CALLS", calls.toString(), "ARTIFACTS", artifacts.toString(),
                "GITHUB_API_URL", github.url(), "GITHUB_REPOSITORY", "acme/shop"));
    }

    /** The program that the steps call {@code ./jbangw}. */
    WorkflowRun jbangw(String script) throws IOException {
        Files.writeString(repository.resolve("jbangw"), script);
        return this;
    }

    /** Both scripts are the real ones: what jbangw does in the end, the script's class, compiled with the tests. */
    WorkflowRun realScripts() throws IOException {
        return jbangw("""
                #!/bin/sh
                script=${1%%.java}; shift
                echo "$script.java $*" >>"$CALLS"
                exec '%s' -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xlog:disable -cp '%s' "$script" "$@"
                """.formatted(Path.of(System.getProperty("java.home"), "bin/java"), System.getProperty("java.class.path")));
    }

    WorkflowRun env(String name, String value) {
        env.put(name, value);
        return this;
    }

    WorkflowRun variable(String name, String value) {
        variables.put(name, value);
        return this;
    }

    WorkflowRun secret(String name, String value) {
        secrets.put(name, value);
        return this;
    }

    /** A file of the repository that adopted the workflows. */
    Path file(String name) {
        return repository.resolve(name);
    }

    /** Somebody sets {@code [ai-MODE]} on issue 42. */
    Result label(String mode) throws IOException {
        return label(mode, "alice", "User", "[ai-" + mode + "]");
    }

    Result label(String mode, String sender, String type, String label) throws IOException {
        var event = JSON.createObjectNode().put("action", "labeled");
        event.putObject("label").put("name", label);
        return run("issues", "ai_" + mode + "_issue.yml", sender, type, event);
    }

    /** The workflow is started by hand or by another run's token, with these inputs. */
    Result dispatch(String workflow, String actor, Map<String, String> inputs) throws IOException {
        var event = JSON.createObjectNode().put("workflow", ".github/workflows/" + workflow).put("ref", "refs/heads/main");
        inputs.forEach(event.putObject("inputs")::put);
        return run("workflow_dispatch", workflow, actor, "User", event);
    }

    Result run(String trigger, String workflow, String sender, String type, ObjectNode event) throws IOException {
        push();
        event.putObject("sender").put("login", sender).put("type", type);
        event.putObject("repository").put("full_name", "acme/shop").put("name", "shop").put("default_branch", "main").putObject("owner")
                .put("login", "acme");
        if (trigger.equals("issues")) {
            event.set("issue", github.issue);
        }
        var file = folder.resolve("event.json");
        JSON.writeValue(file.toFile(), event);
        var result = Cli.program(command(trigger, workflow, sender, file).toArray(String[]::new)).in(repository)
                .timeout(Duration.ofMinutes(8))
                .env("HOME", folder.resolve("home").toString())
                .env("XDG_CACHE_HOME", folder.resolve("cache").toString()).env("KUBECONFIG", null)
                        .env("JAVA_HOME", System.getProperty("java.home")).run();
        return new Result(result.exit(), result.out() + result.err(), Files.readAllLines(calls));
    }

    private void push() throws IOException {
        try (var workflows = Files.list(repository.resolve(".github/workflows"))) {
            for (var workflow : workflows.toList()) {
                Files.writeString(workflow, Files.readString(workflow).replace("      queue: max\n", "")
                        .replace("      deployment: false\n", ""));
            }
        }
        WorkflowLab.git(repository, "add", "--all");
        WorkflowLab.git(repository, "commit", "--quiet", "--allow-empty", "--message", "The shop");
        WorkflowLab.git(repository, "push", "--quiet", remote.toString(), "main");
    }

    private List<String> command(String trigger, String workflow, String actor, Path event) throws IOException {
        var act = Tools.go("github.com/nektos/act", "v0.2.89");
        var command = new ArrayList<>(List.of(act.toString(), trigger, "--workflows", ".github/workflows/" + workflow, "--eventpath",
                event.toString(),
                "--actor", actor, "--no-skip-checkout",
                "-P", "ubuntu-24.04=-self-hosted", "-P", "self-hosted=-self-hosted", "-P", "ai=-self-hosted"));
        env.forEach((name, value) -> command.addAll(List.of("--env", name + "=" + value)));
        variables.forEach((name, value) -> command.addAll(List.of("--var", name + "=" + value)));
        secrets.forEach((name, value) -> command.addAll(List.of("--secret", name + "=" + value)));
        for (var action : foreignActions()) {
            command.addAll(List.of("--local-repository", action));
        }
        return command;
    }

    private List<String> foreignActions() throws IOException {
        var actions = new LinkedHashSet<String>();
        try (var files = Files.walk(repository.resolve(".github"))) {
            for (var file : files.filter(f -> f.toString().endsWith(".yml")).toList()) {
                USES.matcher(Files.readString(file)).results().forEach(use ->
                        actions.add(use.group(1) + "=" + Cli.fixture("workflows/actions/" + use.group(2))));
            }
        }
        return List.copyOf(actions);
    }

    /** A file of a branch in the remote, or empty text. */
    String pushed(String branch, String file) {
        var show = Cli.program("git", "show", branch + ":" + file).in(remote).run();
        return show.exit() == 0 ? show.out() : "";
    }

    List<String> branches() {
        return WorkflowLab.git(remote, "for-each-ref", "--format", "%(refname:short)", "refs/heads").lines().toList();
    }

    /** All text that the run left behind: its log, the comments, the artifacts, the remote's branches. */
    String everything(Result result) throws IOException {
        var text = new StringBuilder(result.log).append(github.requests).append(WorkflowLab.git(remote, "log", "--all", "--patch"));
        if (Files.exists(artifacts)) {
            try (var files = Files.walk(artifacts)) {
                for (var file : files.filter(Files::isRegularFile).toList()) {
                    text.append(new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1));
                }
            }
        }
        return text.toString();
    }

    @Override
    public void close() {
        github.close();
    }

    record Result(int exit, String log, List<String> calls) {
        Stream<String> calls(String script) {
            return calls.stream().filter(call -> call.startsWith(script));
        }
    }

    /** The part of GitHub's REST API that the workflows speak to, with one repository, issue 42 and pull request 7. */
    static final class GitHub implements AutoCloseable {
        final List<String> requests = new CopyOnWriteArrayList<>();
        final List<String> comments = new CopyOnWriteArrayList<>();
        /** Every text that a comment was edited to, oldest first. */
        final List<String> edits = new CopyOnWriteArrayList<>();
        /** On the pull request; {@code replies} in its review threads, by thread. */
        final List<String> pullComments = new CopyOnWriteArrayList<>();
        final Map<String, String> replies = new LinkedHashMap<>();
        final List<ObjectNode> pulls = new CopyOnWriteArrayList<>();
        final Map<String, ObjectNode> reviews = new LinkedHashMap<>();
        final List<JsonNode> dispatches = new CopyOnWriteArrayList<>();
        final Map<String, String> permissions = new LinkedHashMap<>(Map.of("alice", "admin", "bob", "write", "carol", "read"));
        final Map<String, JsonNode> settings = new LinkedHashMap<>();
        final ObjectNode issue = JSON.createObjectNode().put("number", 42).put("state", "open").put("body", "")
                .put("title", "Users: `$(touch pwned)` \"${x}\" 'q'").put("html_url", "https://github.com/acme/shop/issues/42");
        boolean mayOpenPulls = true;
        boolean mayEdit = true;
        boolean draftsExist = true;
        private final HttpServer server;

        GitHub() {
            try {
                server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            server.createContext("/", this::answer);
            server.start();
        }

        String url() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        /** A pull request that is there: number 7, from {@code branch} of {@code repository}. */
        ObjectNode pull(String branch, String repository) {
            var pull = JSON.createObjectNode().put("number", 7).put("state", "open")
                    .put("html_url", "https://github.com/acme/shop/pull/7");
            pull.putObject("head").put("ref", branch).putObject("repo").put("full_name", repository);
            pull.putObject("base").put("ref", "main");
            pulls.add(pull);
            return pull;
        }

        /** Review 5 of pull request 7. */
        ObjectNode review(String login, String type, String state) {
            var review = JSON.createObjectNode().put("id", 5).put("state", state).put("body", "Not yet.")
                    .put("submitted_at", "2026-11-25T10:00:00Z");
            review.putObject("user").put("login", login).put("type", type);
            reviews.put("5", review);
            return review;
        }

        private void answer(HttpExchange exchange) throws IOException {
            var body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            var path = exchange.getRequestURI().toString().replaceFirst("^/repos/acme/shop/?", "");
            requests.add(exchange.getRequestMethod() + " " + path);
            var authorized = ("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"));
            var answer = authorized ? answer(exchange.getRequestMethod(), path, body.isEmpty() ? JSON.nullNode() : JSON.readTree(body))
                    : null;
            var bytes = (answer == null ? "{\"message\": \"Resource not accessible by integration\"}" : answer.toString())
                    .getBytes(UTF_8);
            var absent = path.matches("labels/.*|environments/ai|.*/organization-.*");
            exchange.sendResponseHeaders(answer != null ? 200 : absent ? 404 : 403, bytes.length);
            try (var out = exchange.getResponseBody()) {
                out.write(bytes);
            }
        }

        /** Null is a refusal. */
        private JsonNode answer(String method, String path, JsonNode body) {
            if (path.isEmpty()) {
                return JSON.createObjectNode();
            } else if (settings.containsKey(path)) {
                return settings.get(path);
            } else if (path.startsWith("collaborators/")) {
                return JSON.createObjectNode().put("permission", permissions.getOrDefault(path.split("/")[1], "none"));
            } else if (path.startsWith("issues/")) {
                return issues(method, path.substring("issues/".length()), body);
            } else if (path.startsWith("actions/workflows/")) {
                dispatches.add(((ObjectNode) body.deepCopy()).put("workflow", path.split("/")[2]));
                return JSON.createObjectNode();
            }
            return path.startsWith("pulls") ? pulls(method, path.substring("pulls".length()), body) : null;
        }

        private JsonNode issues(String method, String path, JsonNode body) {
            var ours = issue.path("number").asString("");
            if (path.equals(ours)) {
                return issue;
            } else if (path.startsWith(ours + "/labels/")) {
                return JSON.createArrayNode();
            } else if (path.equals(ours + "/comments") && method.equals("POST")) {
                return said(comments, 100, body);
            } else if (path.equals("7/comments") && method.equals("POST")) {
                return said(pullComments, 500, body);
            } else if (path.startsWith("7/comments?")) {
                var list = JSON.createArrayNode();
                pullComments.forEach(text -> list.addObject().put("id", 500 + pullComments.indexOf(text)).put("body", text)
                        .putObject("user").put("type", "Bot"));
                return list;
            } else if (path.startsWith("comments/") && method.equals("PATCH") && mayEdit) {
                var id = Integer.parseInt(path.substring("comments/".length()));
                edits.add(body.path("body").asString(""));
                (id >= 500 ? pullComments : comments).set(id % 100, body.path("body").asString(""));
                return JSON.createObjectNode();
            }
            return null;
        }

        private static JsonNode said(List<String> where, int first, JsonNode body) {
            where.add(body.path("body").asString(""));
            return JSON.createObjectNode().put("id", first + where.size() - 1);
        }

        private JsonNode pulls(String method, String path, JsonNode body) {
            if (method.equals("GET")) {
                return pulls(path);
            } else if (path.startsWith("/7/comments/") && path.endsWith("/replies")) {
                replies.put(path.split("/")[3], body.path("body").asString(""));
                return JSON.createObjectNode();
            } else if (!mayOpenPulls || !draftsExist && body.path("draft").asBoolean(false)) {
                return null;
            }
            var pull = pull(body.path("head").asString(""), "acme/shop");
            body.properties().forEach(field -> pull.putIfAbsent(field.getKey(), field.getValue()));
            pull.withObject("base").put("ref", body.path("base").asString(""));
            return pull;
        }

        private JsonNode pulls(String path) {
            if (path.startsWith("/7/reviews/")) {
                return reviews.get(path.split("/")[3]);
            } else if (path.startsWith("/7/comments?")) {
                return JSON.createArrayNode().add(JSON.createObjectNode().put("id", 9001)).add(JSON.createObjectNode().put("id", 9002))
                        .add(JSON.createObjectNode().put("id", 9003).put("in_reply_to_id", 9001))
                                .add(JSON.createObjectNode().put("id", 900));
            } else if (path.equals("/7")) {
                return pulls.isEmpty() ? null : pulls.get(pulls.size() - 1);
            }
            var found = JSON.createArrayNode();
            pulls.stream().filter(pull -> pull.path("state").asString("").equals("open"))
                    .filter(pull -> !path.contains("&head=") || path.endsWith("&head=acme:" + pull.at("/head/ref").asString("")))
                            .forEach(found::add);
            return found;
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
