package prompt_run.facts;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import prompt_run.machine.Nonce;
import prompt_run.subject.Facts;
import prompt_run.subject.GitHubEvent;
import prompt_run.text.Conversation;
import prompt_run.text.RawTalk;
import prompt_run.text.Redactor;
import prompt_run.text.Said;
import prompt_run.text.Untrusted;
import prompt_run.text.WriteAccess;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** Fetches what is said about the issue or pull request: from the event, and from GitHub where a token is given. */
public record Discussion(Facts facts, GitHubEvent event, GitHub github, WriteAccess access, Map<String, Boolean> permissions) {

    public static Conversation gather(String kind, Facts facts, GitHubEvent event, GitHub github, WriteAccess access, Redactor redactor) {
        var talk = new Discussion(facts, event, github, access, new HashMap<>());
        var raw = talk.fetch(kind.endsWith("_review") ? facts.pr() : null);
        return new Untrusted(talk::mayWrite, redactor, access.anyAuthor(), Nonce.next())
            .prepare(raw.opening(), raw.replies(), event.asOf(), raw.gaps());
    }

    private RawTalk fetch(Integer pr) {
        var issue = subject("issue", "/issues/", facts.issue(), event.issueNode(facts.issue()));
        var pull = subject("pull request", "/pulls/", pr, pr == null ? MissingNode.getInstance() : event.pullNode(pr));
        var issueComments = list("/issues/", facts.issue(), "/comments");
        var pullComments = list("/issues/", pr, "/comments");
        var reviews = list("/pulls/", pr, "/reviews");
        var threads = list("/pulls/", pr, "/comments");
        Map<Long, Boolean> resolved = threads.isEmpty() ? Map.of() : github.resolvedThreads(facts.repo(), pr);
        return new RawTalk(facts.repo(), issue, pull, issueComments, pullComments, reviews, threads, resolved,
            event.trigger(), github.incomplete());
    }

    private RawTalk.Subject subject(String what, String path, Integer number, JsonNode then) {
        var now = number == null ? MissingNode.getInstance() : github.get("/repos/" + facts.repo() + path + number);
        return new RawTalk.Subject(what, number, then, now);
    }

    private List<JsonNode> list(String path, Integer number, String what) {
        return number == null ? List.of() : github.list("/repos/" + facts.repo() + path + number + what);
    }

    /** GitHub is asked once for each person, and only where the answer matters. */
    private boolean mayWrite(Said said) {
        return access.byName(said) || permissions.computeIfAbsent(WriteAccess.login(said) + " " + said.association(), key ->
            WriteAccess.mayWrite(said, facts.repo() == null || WriteAccess.login(said).isEmpty() ? null
                : github.permission(facts.repo(), said.author())));
    }
}
