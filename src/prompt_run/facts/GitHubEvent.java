package prompt_run.facts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import prompt_run.command.Console;
import prompt_run.command.Env;
import prompt_run.text.Discussion;
import prompt_run.text.Said;
import shared.Json;

/** The webhook payload of the workflow run, or nothing. */
public record GitHubEvent(JsonNode root) {

    public static GitHubEvent read(Env env, Console console) {
        String path = env.get("GITHUB_EVENT_PATH");
        if (path == null) {
            return new GitHubEvent(MissingNode.getInstance());
        }
        try {
            JsonNode root = Json.MAPPER.readTree(Files.readString(Path.of(path)));
            if (root != null && root.isObject()) {
                return new GitHubEvent(root);
            }
            console.warn("GITHUB_EVENT_PATH " + path + ": not a JSON object; the prompt is built without the event");
        } catch (IOException problem) {
            console.warn("GITHUB_EVENT_PATH " + path + ": cannot read it (" + problem.getClass().getSimpleName()
                + "); the prompt is built without the event");
        }
        return new GitHubEvent(MissingNode.getInstance());
    }

    /** Comments on a pull request come as an issue that has a {@code pull_request} field. */
    boolean aboutPullRequest() {
        return root.has("pull_request") || root.path("issue").has("pull_request");
    }

    Integer issue() {
        return aboutPullRequest() ? null : number(root.path("issue").path("number"));
    }

    Integer pullRequest() {
        JsonNode number = root.path("pull_request").path("number");
        return number.isNumber() ? number(number) : aboutPullRequest() ? number(root.path("issue").path("number")) : null;
    }

    private static Integer number(JsonNode node) {
        return node.canConvertToInt() && node.asInt() > 0 ? Integer.valueOf(node.asInt()) : null;
    }

    String repo() {
        return root.path("repository").path("full_name").asText(null);
    }

    String defaultBranch() {
        return Facts.safeRef(root.path("repository").path("default_branch").asText(null));
    }

    /** The branch of the pull request under review; null when it lives in a fork, where nobody here may push. */
    String headBranch() {
        JsonNode head = root.path("pull_request").path("head");
        boolean fork = head.path("repo").has("full_name") && !head.path("repo").path("full_name").asText().equals(repo());
        return fork ? null : Facts.safeRef(head.path("ref").asText(null));
    }

    /** The issue as the event shows it, if the event is about this one. */
    public JsonNode issueNode(Integer number) {
        return number != null && number.equals(issue()) ? root.path("issue") : MissingNode.getInstance();
    }

    public JsonNode pullNode(Integer number) {
        JsonNode node = root.has("pull_request") ? root.path("pull_request") : root.path("issue");
        return number != null && number.equals(pullRequest()) ? node : MissingNode.getInstance();
    }

    /** The comment or review that caused the run, in the event's own words. */
    public Said trigger() {
        Integer number = Facts.first(pullRequest(), issue());
        JsonNode review = root.path("review");
        JsonNode comment = root.path("comment");
        if (number == null || !review.isObject() && !comment.isObject()) {
            return null;
        }
        if (review.isObject()) {
            return Discussion.said(Discussion.reviewSource(review), review, "body");
        }
        String source = comment.has("path") ? Discussion.threadSource(comment)
            : Discussion.commentSource(aboutPullRequest() ? "pull request" : "issue", number, comment);
        return Discussion.said(source, comment, "body");
    }

    /** When the label was set (or the review sent, the comment written): what was written or changed later does not count. */
    public Instant asOf() {
        return root.path("review").isObject() ? latest(root.path("review")) : root.path("comment").isObject() ? latest(root.path("comment"))
            : latest(root.path(root.has("issue") ? "issue" : "pull_request"));
    }

    /** The time of the last change; null when there is none. */
    public static Instant latest(JsonNode node) {
        String time = Stream.of("updated_at", "submitted_at", "created_at").map(field -> node.path(field).asText(null))
            .filter(Objects::nonNull)
            .findFirst().orElse(null);
        try {
            return time == null ? null : Instant.parse(time);
        } catch (DateTimeParseException unreadable) {
            return null;
        }
    }

    List<String> labels() {
        List<String> names = new ArrayList<>();
        JsonNode owner = root.has("issue") ? root.path("issue") : root.path("pull_request");
        owner.path("labels").forEach(label -> names.add(label.path("name").asText("")));
        return names;
    }
}
