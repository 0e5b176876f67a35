package prompt_run.subject;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import prompt_run.text.Said;
import prompt_run.text.SaidOnGitHub;
import shared.Json;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** The webhook payload of the workflow run, or nothing: which issue or pull request it is about, and as of when. */
public record GitHubEvent(JsonNode root) {

    /** A branch name that is safe in a command line and in a prompt. */
    static final String SAFE_REF = "(?!.*(?:\\.\\.|/$))[A-Za-z0-9][A-Za-z0-9._/-]{0,199}";
    public static final GitHubEvent NONE = new GitHubEvent(MissingNode.getInstance());

    /** Comments on a pull request come as an issue that has a {@code pull_request} field. */
    boolean aboutPullRequest() {
        return root.has("pull_request") || root.path("issue").has("pull_request");
    }

    Integer issue() {
        return aboutPullRequest() ? null : number(root.path("issue").path("number"));
    }

    Integer pullRequest() {
        var number = root.path("pull_request").path("number");
        return number.isNumber() ? number(number) : aboutPullRequest() ? number(root.path("issue").path("number")) : null;
    }

    static Integer number(JsonNode node) {
        return node.canConvertToInt() && node.asInt(0) > 0 ? Integer.valueOf(node.asInt(0)) : null;
    }

    String repo() {
        return root.path("repository").path("full_name").asString(null);
    }

    /** What the pull request is for, else the repository's default branch; null when the event tells neither. */
    String base() {
        var target = safeRef(root.path("pull_request").path("base").path("ref"));
        return target != null ? target : defaultBranch();
    }

    private String defaultBranch() {
        return safeRef(root.path("repository").path("default_branch"));
    }

    /**
     * The branch of the pull request under review; null when it does not live in this repository (a fork, also one that is gone) and
     * when it is one that others build on: nobody here may push there.
     */
    String headBranch() {
        var head = root.path("pull_request").path("head");
        var ref = safeRef(head.path("ref"));
        boolean ours = ref != null && head.path("repo").path("full_name").asString("").equals(repo());
        return !ours || ref.equals(base()) || ref.equals(defaultBranch()) ? null : ref;
    }

    /** The issue as the event shows it, if the event is about this one. */
    public JsonNode issueNode(Integer number) {
        return number != null && number.equals(issue()) ? root.path("issue") : MissingNode.getInstance();
    }

    public JsonNode pullNode(Integer number) {
        var node = root.has("pull_request") ? root.path("pull_request") : root.path("issue");
        return number != null && number.equals(pullRequest()) ? node : MissingNode.getInstance();
    }

    /** The comment or review that caused the run; null when something else did. */
    public Said trigger() {
        var number = pullRequest() != null ? pullRequest() : issue();
        var review = root.path("review");
        var comment = root.path("comment");
        if (number == null || !review.isObject() && !comment.isObject()) {
            return null;
        }
        if (review.isObject()) {
            return SaidOnGitHub.review(review);
        }
        return comment.has("path") ? SaidOnGitHub.inThread(comment)
            : SaidOnGitHub.comment(aboutPullRequest() ? "pull request" : "issue", number, comment);
    }

    /** When the label was set (or the review sent, the comment written): what was written or changed later does not count. */
    public Instant asOf() {
        var review = root.path("review");
        var comment = root.path("comment");
        var labelled = root.path(root.has("issue") ? "issue" : "pull_request");
        return SaidOnGitHub.latest(review.isObject() ? review : comment.isObject() ? comment : labelled);
    }

    public List<String> labels() {
        var names = new ArrayList<String>();
        var owner = root.has("issue") ? root.path("issue") : root.path("pull_request");
        owner.path("labels").forEach(label -> names.add(Json.text(label, "name")));
        return names;
    }

    private static String safeRef(JsonNode ref) {
        return ref.asString("").matches(SAFE_REF) ? ref.asString("") : null;
    }
}
