package prompt_run.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import prompt_run.command.Console;
import prompt_run.command.Env;
import prompt_run.command.RunOptions;
import prompt_run.command.TextOptions;
import prompt_run.facts.Facts;
import prompt_run.facts.GitHubEvent;

/** What is said about the issue or pull request: from the event, and from GitHub where a token is given. */
public final class Discussion {
    private static final Pattern LOGIN = Pattern.compile("[A-Za-z0-9-]{1,39}(\\[bot])?");
    private static final Set<String> WRITERS = Set.of("OWNER", "MEMBER", "COLLABORATOR");
    private static final Set<String> MAY_WRITE = Set.of("admin", "maintain", "write");

    private final Facts facts;
    private final GitHubEvent event;
    private final GitHub github;
    private final Set<String> allowed;
    private final Console console;
    private final Map<String, Boolean> permissions = new HashMap<>();
    private boolean threadsUnsorted;
    private boolean editedSince;

    Discussion(Facts facts, GitHubEvent event, GitHub github, Set<String> allowed, Console console) {
        this.facts = facts;
        this.event = event;
        this.github = github;
        this.allowed = allowed;
        this.console = console;
    }

    public static Conversation gather(TextOptions from, Env env, RunOptions options, Facts facts, GitHubEvent event, Console console) {
        GitHub github = GitHub.of(env, console);
        Discussion talk = new Discussion(facts, event, github, logins(env.pick(from.allowUsers, "AI_ALLOWED_USERS")), console);
        Redactor redactor = new Redactor(env, from.redactNames());
        Untrusted untrusted = new Untrusted(talk::mayWrite, redactor, from.anyAuthor, Untrusted.nonce());
        return talk.collect(options, untrusted);
    }

    /** {@code a,b}, {@code a b} or the JSON list that a repository variable often holds. */
    static Set<String> logins(String list) {
        Set<String> logins = new LinkedHashSet<>();
        LOGIN.matcher(list == null ? "" : list).results().forEach(login -> logins.add(login.group().toLowerCase(Locale.ROOT)));
        return logins;
    }

    private Conversation collect(RunOptions options, Untrusted untrusted) {
        boolean review = options.kind().endsWith("_review");
        List<Said> opening = new ArrayList<>(opening("issue", facts.issue(), event.issueNode(facts.issue())));
        if (review && facts.pr() != null) {
            opening.addAll(opening("pull request", facts.pr(), event.pullNode(facts.pr())));
        }
        List<Said> replies = new ArrayList<>(comments(facts.issue(), "issue"));
        if (review && facts.pr() != null) {
            replies.addAll(comments(facts.pr(), "pull request"));
            replies.addAll(reviews());
        }
        Said trigger = event.trigger();
        if (trigger != null && replies.stream().noneMatch(said -> said.source().equals(trigger.source()))) {
            replies.add(trigger);
        }
        replies.sort(Comparator.comparing(Said::changed, Comparator.nullsFirst(Comparator.naturalOrder())).thenComparing(Said::source));
        return untrusted.prepare(opening, replies, event.asOf(), new Gaps(editedSince, threadsUnsorted, github.incomplete()));
    }

    /** Title and description: the event's, which holds them as they were; GitHub's only where there is no event. */
    private List<Said> opening(String what, Integer number, JsonNode fromEvent) {
        boolean pull = what.equals("pull request");
        JsonNode now = number == null ? MissingNode.getInstance()
            : github.get("/repos/" + facts.repo() + (pull ? "/pulls/" : "/issues/") + number);
        JsonNode node = fromEvent.isObject() ? fromEvent : now;
        if (!node.isObject()) {
            return List.of();
        }
        editedSince |= fromEvent.isObject() && now.isObject()
            && !(same(fromEvent, now, "title") && same(fromEvent, now, "body"));
        return Stream.of("title", "body").map(field -> {
            Said said = said(what + " " + number + (field.equals("body") ? " description" : " title"), node, field);
            return pull && fromThisRepository(node) ? new Said(said.source(), said.author(), "COLLABORATOR", said.changed(), said.text())
                : said;
        }).toList();
    }

    /** GitHub lets nobody open a pull request from a branch of this repository who may not push to it; so the workflow's bot may. */
    private boolean fromThisRepository(JsonNode pull) {
        return facts.repo() != null && facts.repo().equals(pull.path("head").path("repo").path("full_name").asText());
    }

    private static boolean same(JsonNode then, JsonNode now, String field) {
        return then.path(field).asText("").equals(now.path(field).asText(""));
    }

    private List<Said> comments(Integer number, String what) {
        List<Said> all = new ArrayList<>();
        if (number != null) {
            github.list("/repos/" + facts.repo() + "/issues/" + number + "/comments")
                .forEach(comment -> all.add(said(commentSource(what, number, comment), comment, "body")));
        }
        return all;
    }

    private List<Said> reviews() {
        List<Said> all = new ArrayList<>();
        String pull = "/repos/" + facts.repo() + "/pulls/" + facts.pr();
        github.list(pull + "/reviews").forEach(review -> all.add(said(reviewSource(review), review, "body")));
        List<JsonNode> comments = github.list(pull + "/comments");
        Map<Long, Boolean> resolved = comments.isEmpty() ? Map.of() : github.resolvedThreads(facts.repo(), facts.pr());
        threadsUnsorted = !comments.isEmpty() && resolved.isEmpty();
        comments.stream().filter(comment -> !resolved.getOrDefault(thread(comment), false))
            .forEach(comment -> all.add(said(threadSource(comment), comment, "body")));
        return all;
    }

    public static String commentSource(String what, Integer number, JsonNode comment) {
        return what + " " + number + " comment " + comment.path("id").asLong();
    }

    public static String reviewSource(JsonNode review) {
        return ("review " + review.path("id").asLong() + " " + state(review.path("state").asText(""))).strip();
    }

    public static String threadSource(JsonNode comment) {
        return "review thread " + thread(comment) + " comment " + comment.path("id").asLong() + place(comment);
    }

    private static String state(String state) {
        return state.matches("[A-Za-z_]{1,30}") ? state.toLowerCase(Locale.ROOT) : "";
    }

    private static long thread(JsonNode comment) {
        return comment.path("in_reply_to_id").asLong(comment.path("id").asLong());
    }

    private static String place(JsonNode comment) {
        String path = comment.path("path").asText("");
        int line = comment.path("line").asInt(comment.path("original_line").asInt(0));
        return path.matches("[\\w./@+-]{1,200}") && !Injection.in(path.replaceAll("[-_./@+]+", " "))
            ? " at " + path + (line > 0 ? ":" + line : "") : "";
    }

    public static Said said(String source, JsonNode node, String field) {
        return new Said(source, node.path("user").path("login").asText(null), node.path("author_association").asText(null),
            GitHubEvent.latest(node), node.path(field).asText(""));
    }

    /** Write access as GitHub's permission API tells it, else as the association does; the allow-list adds people. */
    boolean mayWrite(Said said) {
        String login = said.author() == null ? "" : said.author().toLowerCase(Locale.ROOT);
        if (allowed.contains(login)) {
            return true;
        }
        return permissions.computeIfAbsent(login + " " + said.association(), key -> {
            String permission = login.isEmpty() || facts.repo() == null ? null : github.permission(facts.repo(), said.author());
            // GitHub always sends the association; an event without one was written by the caller
            return permission != null ? MAY_WRITE.contains(permission)
                : said.association() == null ? !said.source().contains("comment") : WRITERS.contains(said.association());
        });
    }
}
