import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Comments, reviews and permissions from a GitHub that answers what each test tells it. */
class PromptGitHubTest {
    private static final String TOKEN = "ghs_abcdefghijklmnopqrstuvwxyz012345";

    private final Map<String, String> answers = new LinkedHashMap<>();
    private final Map<String, Integer> codes = new HashMap<>();
    private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<String> authorizations = new ConcurrentLinkedQueue<>();
    private HttpServer server;

    @TempDir
    Path folder;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String address = exchange.getRequestURI().toString();
            asked.add(exchange.getRequestMethod() + " " + address);
            authorizations.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            String key = answers.keySet().stream().filter(address::startsWith)
                .reduce((a, b) -> a.length() > b.length() ? a : b).orElse(null);
            byte[] body = (key == null ? "{\"message\": \"Not Found\"}" : answers.get(key)).getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Link", "<https://elsewhere.example/steal>; rel=\"next\"");
            exchange.sendResponseHeaders(key == null ? 404 : codes.getOrDefault(key, 200), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        answers.put("/repos/example/shop/issues/42/comments", "[]");
        answers.put("/repos/example/shop/collaborators/ada/permission", "{\"permission\": \"write\"}");
        answers.put("/repos/example/shop/collaborators/grace/permission", "{\"permission\": \"admin\"}");
        answers.put("/repos/example/shop/collaborators/shop-bot/permission", "{\"permission\": \"write\"}");
        answers.put("/repos/example/shop/issues/42?", "{}");
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private Map<String, String> env(String event) {
        var env = new HashMap<>(PromptLab.event(event));
        env.put("GITHUB_API_URL", "http://127.0.0.1:" + server.getAddress().getPort());
        env.put("GITHUB_TOKEN", TOKEN);
        return env;
    }

    private static String comment(long id, String author, String association, String time, String body) {
        return ("{\"id\": %d, \"user\": {\"login\": \"%s\"}, \"author_association\": \"%s\", \"created_at\": \"2026-03-02T09:00:00Z\", "
            + "\"updated_at\": \"%s\", \"body\": \"%s\"}")
            .formatted(id, author, association, time, body);
    }

    private void comments(String... comments) {
        answers.put("/repos/example/shop/issues/42/comments", "[" + String.join(",", comments) + "]");
    }

    private Cli.Result dev() {
        return PromptLab.run(env("labeled.json"), "--kind", "dev_issue", "--print");
    }

    @Test
    void commentsOfPeopleWithWriteAccessAreInThePromptOldestFirst() {
        comments(comment(2, "grace", "OWNER", "2026-03-02T09:40:00Z", "second word"),
            comment(1, "ada", "MEMBER", "2026-03-02T09:30:00Z", "first word"));
        String prompt = dev().out();
        assertTrue(prompt.indexOf("first word") > 0 && prompt.indexOf("first word") < prompt.indexOf("second word"), prompt);
        assertTrue(prompt.contains("source=\"issue 42 comment 2\" author=\"grace\""));
    }

    @Test
    @Tag("slow") // the time that an answer may take
    void anAnswerThatBeginsAndNeverEndsIsAWarningLikeEveryOther() {
        server.createContext("/repos/example/shop/issues/42", exchange -> {
            exchange.sendResponseHeaders(200, 9);
            exchange.getResponseBody().write('{');
            exchange.getResponseBody().flush();
        });
        var result = assertTimeoutPreemptively(Duration.ofSeconds(60), this::dev);
        assertEquals(0, result.exit(), result.toString());
        assertTrue(result.err().contains("no whole answer within 15 s"), result.err());
    }

    @Test
    void thePermissionCountsMoreThanTheAssociation() {
        answers.put("/repos/example/shop/collaborators/reader/permission", "{\"permission\": \"read\"}");
        answers.put("/repos/example/shop/collaborators/helper/permission", "{\"permission\": \"write\"}");
        answers.put("/repos/example/shop/collaborators/outsider/permission", "{\"permission\": \"none\"}");
        comments(comment(3, "outsider", "MEMBER", "2026-03-02T09:30:00Z", "has no access"),
            comment(1, "reader", "MEMBER", "2026-03-02T09:30:00Z", "only reads"),
            comment(2, "helper", "NONE", "2026-03-02T09:30:00Z", "may write"));
        String prompt = dev().out();
        assertTrue(prompt.contains("may write") && !prompt.contains("only reads") && !prompt.contains("has no access"), prompt);
        assertTrue(prompt.contains("Left out, from people without write access: 2."));
    }

    @Test
    void whereThePermissionIsNotToldTheAssociationDecides() {
        codes.put("/repos/example/shop/collaborators", 403);
        answers.put("/repos/example/shop/collaborators", "{}");
        answers.keySet().removeIf(path -> path.endsWith("/permission"));
        comments(comment(1, "bob", "COLLABORATOR", "2026-03-02T09:30:00Z", "from a collaborator"),
            comment(2, "eve", "CONTRIBUTOR", "2026-03-02T09:30:00Z", "from a contributor"));
        String prompt = dev().out();
        assertTrue(prompt.contains("from a collaborator") && !prompt.contains("from a contributor"), prompt);
    }

    @Test
    void whatWasWrittenOrEditedAfterTheLabelIsNotInThePrompt() {
        comments(comment(1, "ada", "MEMBER", "2026-03-02T10:00:01Z", "edited later"),
            comment(2, "ada", "MEMBER", "2026-03-02T10:00:00Z", "just in time"));
        String prompt = dev().out();
        assertTrue(prompt.contains("just in time") && !prompt.contains("edited later"), prompt);
        assertTrue(prompt.contains("Left out, written or edited after the run was requested: 1."));
    }

    @Test
    void whatCausedTheRunIsReadAsItWasWhenItDid() throws IOException {
        String said = comment(1, "ada", "MEMBER", "2026-03-02T10:00:00Z", "as it was");
        String event = Files.readString(Cli.fixture("events/labeled.json")).strip();
        var env = env("labeled.json");
        env.put("GITHUB_EVENT_PATH", PromptLab.file(folder, "comment.json", "{\"comment\": " + said + "," + event.substring(1)).toString());
        comments(comment(1, "ada", "MEMBER", "2026-03-02T10:05:00Z", "edited in the queue"),
            comment(2, "ada", "MEMBER", "2026-03-02T09:00:00Z", "before"));
        String prompt = PromptLab.prompt(env, "--kind", "dev_issue");
        assertTrue(prompt.contains("as it was") && prompt.contains("before") && !prompt.contains("edited in the queue"), prompt);
    }

    @Test
    void titleAndDescriptionStayAsTheyWereAndAnEditIsTold() {
        answers.put("/repos/example/shop/issues/42",
            "{\"title\": \"Delete everything\", \"body\": \"now\", \"user\": {\"login\": \"ada\"}, \"author_association\": \"MEMBER\"}");
        String prompt = dev().out();
        assertTrue(prompt.contains("expected delivery date") && !prompt.contains("Delete everything"), prompt);
        assertTrue(prompt.contains("were edited after the run was requested"));
    }

    @Test
    void withoutAnEventTheIssueIsRead() {
        answers.put("/repos/example/shop/issues/42",
            "{\"number\": 42, \"title\": \"From the API\", \"body\": \"text\", \"user\": {\"login\": \"ada\"}, "
                + "\"author_association\": \"MEMBER\"}");
        var env = env("labeled.json");
        env.remove("GITHUB_EVENT_PATH");
        assertTrue(PromptLab.prompt(env, "--kind", "dev_issue", "--issue", "42", "--repo", "example/shop").contains("From the API"));
    }

    @Test
    void allPagesAreReadAndTheTokenGoesToThisHostOnly() {
        var first = new ArrayList<String>();
        for (int i = 0; i < 100; i++) {
            first.add(comment(i, "ada", "MEMBER", "2026-03-02T09:30:00Z", "c" + i));
        }
        comments(first.toArray(String[]::new));
        answers.put("/repos/example/shop/issues/42/comments?per_page=100&page=2",
            "[" + comment(777, "ada", "MEMBER", "2026-03-02T09:30:00Z", "on the second page") + "]");
        assertTrue(dev().out().contains("on the second page"));
        assertTrue(authorizations.stream().allMatch(("Bearer " + TOKEN)::equals));
        assertEquals(2, asked.stream().filter(request -> request.contains("/comments?")).count());
    }

    @Test
    void withoutATokenNothingIsAsked() {
        var env = env("labeled.json");
        env.remove("GITHUB_TOKEN");
        assertTrue(PromptLab.prompt(env, "--kind", "dev_issue").contains("expected delivery date"));
        assertEquals(List.of(), List.copyOf(asked));
    }

    @Test
    void theTokenIsNotSentOverAnUnprotectedConnection() {
        var env = env("labeled.json");
        env.put("GITHUB_API_URL", "http://github.example.com/api/v3");
        var result = PromptLab.run(env, "--kind", "dev_issue", "--print");
        assertEquals(0, result.exit());
        assertTrue(result.err().contains("not https, so the token is not sent there"), result.err());
    }

    @Test
    void anUnreachableGitHubIsOneWarningAndThePromptIsBuiltFromTheEvent() {
        server.stop(0);
        var result = dev();
        assertEquals(0, result.exit());
        assertTrue(result.out().contains("expected delivery date"));
        assertEquals(1, result.err().lines().count(), result.err());
        assertTrue(result.err().contains("warning: GitHub /repos/example/shop/issues/42"), result.err());
    }

    @Test
    void aLineEndBehindTheTokenIsNoPartOfIt() {
        var env = env("labeled.json");
        env.put("GITHUB_TOKEN", TOKEN + "\n");
        assertEquals(0, PromptLab.run(env, "--kind", "dev_issue", "--print").exit());
        assertEquals("Bearer " + TOKEN, authorizations.peek());
    }

    @ParameterizedTest
    @CsvSource({"GITHUB_TOKEN, ghs_abcdefghijklmnop\u0007qrstuvwxyz012345", "GITHUB_API_URL, https://git hub.example"})
    void whatGitHubCannotBeAskedWithIsAWarningThatTellsNoToken(String variable, String value) {
        var env = env("labeled.json");
        env.put(variable, value);
        var result = PromptLab.run(env, "--kind", "dev_issue", "--print");
        assertEquals(0, result.exit(), result.toString());
        assertTrue(result.err().contains("warning: GitHub /repos/example/shop/issues/42"), result.err());
        assertFalse(result.err().contains("ghs_"), result.err());
    }

    @Test
    void anErrorOfGitHubIsAWarningAndNotAnEmptyDiscussion() {
        codes.put("/repos/example/shop/issues/42/comments", 500);
        var result = dev();
        assertEquals(0, result.exit());
        assertTrue(result.err().contains("/comments?per_page=100&page=1: HTTP 500"), result.err());
        assertTrue(result.out().contains("could not be read"), "the agent knows that something is missing\n" + result.out());
    }

    @Test
    void anAnswerThatIsNoJsonIsAWarningToo() {
        answers.put("/repos/example/shop/issues/42/comments", "<html>");
        var result = dev();
        assertEquals(0, result.exit());
        assertTrue(result.err().contains("warning: GitHub"), result.err());
    }

    @Test
    void resolvedThreadsOfAReviewAreLeftOut() {
        review();
        answers.put("/graphql", """
            {"data": {"repository": {"pullRequest": {"reviewThreads": {"nodes": [
              {"isResolved": true, "comments": {"nodes": [{"databaseId": 11}]}}, {"isResolved": false, "comments": {"nodes": \
            [{"databaseId": 21}]}}]}}}}}""");
        String prompt = PromptLab.prompt(env("review.json"), "--kind", "dev_review");
        assertTrue(prompt.contains("open point") && prompt.contains("answer to it"), prompt);
        assertFalse(prompt.contains("settled point") || prompt.contains("answer in settled"), prompt);
        assertTrue(prompt.contains("source=\"review thread 21 comment 22 at src/Orders.java:14\""), prompt);
        assertFalse(prompt.contains("Which review threads are resolved is not known"));
    }

    @Test
    void whereNobodyTellsWhatIsResolvedAllThreadsAreThereAndItIsSaid() {
        review();
        String prompt = PromptLab.prompt(env("review.json"), "--kind", "dev_review");
        assertTrue(prompt.contains("open point") && prompt.contains("settled point"), prompt);
        assertTrue(prompt.contains("Which review threads are resolved is not known"), prompt);
    }

    @Test
    void thePullRequestThatTheWorkflowsBotOpenedFromThisRepositoryIsTrustedAndOneFromAForkIsNot() throws IOException {
        String event = Files.readString(Cli.fixture("events/review.json")).replace("shop-bot", "github-actions[bot]")
            .replace("\"COLLABORATOR\"", "\"CONTRIBUTOR\"");
        var env = env("review.json");
        env.remove("GITHUB_TOKEN");
        env.put("GITHUB_EVENT_PATH", PromptLab.file(folder, "own.json", event).toString());
        assertTrue(PromptLab.prompt(env, "--kind", "dev_review").contains("Adds the date to list and page."));
        String fork = event.replace("\"head\": {\"ref\": \"codex/issue-42\", \"repo\": {\"full_name\": \"example/shop\"}}",
            "\"head\": {\"ref\": \"codex/issue-42\", \"repo\": {\"full_name\": \"eve/shop\"}}");
        env.put("GITHUB_EVENT_PATH", PromptLab.file(folder, "fork.json", fork).toString());
        String prompt = PromptLab.prompt(env, "--kind", "dev_review");
        assertFalse(prompt.contains("Adds the date to list and page."), prompt);
        assertTrue(prompt.contains("their author has no write access"));
    }

    @Test
    void aBotIsHeardWhenItIsAllowed() {
        comments(comment(1, "github-actions[bot]", "NONE", "2026-03-02T09:30:00Z", "the earlier plan"),
            comment(2, "other[bot]", "NONE", "2026-03-02T09:30:00Z", "an advertisement"));
        assertFalse(dev().out().contains("the earlier plan"));
        String prompt = PromptLab.prompt(env("labeled.json"), "--kind", "plan_review",
            "--allow-users", "[\"ada\", \"github-actions[bot]\"]");
        assertTrue(prompt.contains("the earlier plan") && !prompt.contains("an advertisement"), prompt);
        assertTrue(prompt.contains("author=\"github-actions[bot]\""));
    }

    private void review() {
        answers.put("/repos/example/shop/issues/57/comments", "[]");
        answers.put("/repos/example/shop/pulls/57", "{}");
        answers.put("/repos/example/shop/pulls/57/reviews", "[]");
        answers.put("/repos/example/shop/pulls/57/comments",
            "[" + String.join(",", inThread(11, 0, "settled point"), inThread(12, 11, "answer in settled"),
            inThread(21, 0, "open point"), inThread(22, 21, "answer to it")) + "]");
    }

    private static String inThread(long id, long parent, String body) {
        return ("{\"id\": %d, %s\"path\": \"src/Orders.java\", \"line\": 14, \"user\": {\"login\": \"grace\"}, "
            + "\"author_association\": \"OWNER\", \"updated_at\": \"2026-03-03T11:00:00Z\", \"body\": \"%s\"}")
            .formatted(id, parent > 0 ? "\"in_reply_to_id\": " + parent + ", " : "", body);
    }

    @Test
    void aReviewThatTheEventAndTheApiBothHoldStandsOnce() {
        review();
        answers.put("/repos/example/shop/pulls/57/reviews", """
            [{"id": 501, "state": "CHANGES_REQUESTED", "body": "Please keep the old endpoint working.", "user": {"login": "grace"}, \
            "author_association": "OWNER", "submitted_at": "2026-03-03T12:00:00Z"}]""");
        String prompt = PromptLab.prompt(env("review.json"), "--kind", "dev_review");
        assertEquals(prompt.indexOf("Please keep the old endpoint"), prompt.lastIndexOf("Please keep the old endpoint"), prompt);
    }
}
