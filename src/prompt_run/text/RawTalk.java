package prompt_run.text;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * What is said about the issue, and in a review about the pull request; nobody's words are chosen yet.
 * {@code resolved}: a thread's first comment to whether it is settled; {@code trigger}: what caused the run, or null.
 */
public record RawTalk(String repo, Subject issue, Subject pull, List<JsonNode> issueComments, List<JsonNode> pullComments,
                      List<JsonNode> reviews, List<JsonNode> threads, Map<Long, Boolean> resolved, Said trigger, boolean incomplete) {

    /** As the event shows it, and as GitHub has it now; either may be missing. */
    public record Subject(String what, Integer number, JsonNode then, JsonNode now) {
        JsonNode node() {
            return then.isObject() ? then : now;
        }

        boolean edited() {
            return then.isObject() && now.isObject() && !(same("title") && same("body"));
        }

        private boolean same(String field) {
            return then.path(field).asString("").equals(now.path(field).asString(""));
        }
    }

    public List<Said> opening() {
        return Stream.of(issue, pull).flatMap(this::opening).toList();
    }

    private Stream<Said> opening(Subject about) {
        var node = about.node();
        if (!node.isObject()) {
            return Stream.empty();
        }
        return Stream.of("title", "body").map(field -> {
            var source = about.what() + " " + about.number() + (field.equals("body") ? " description" : " title");
            var said = SaidOnGitHub.said(source, node, field);
            return about == pull && fromThisRepository(node)
                ? new Said(said.source(), said.author(), "COLLABORATOR", said.changed(), said.text()) : said;
        });
    }

    /** GitHub lets nobody open a pull request from a branch of this repository who may not push to it; so the workflow's bot may. */
    private boolean fromThisRepository(JsonNode node) {
        return repo != null && repo.equals(node.path("head").path("repo").path("full_name").asString(""));
    }

    /** Comments and reviews, the oldest first; threads that are settled are left out. */
    public List<Said> replies() {
        var replies = new ArrayList<Said>();
        issueComments.forEach(comment -> replies.add(SaidOnGitHub.comment(issue.what(), issue.number(), comment)));
        pullComments.forEach(comment -> replies.add(SaidOnGitHub.comment(pull.what(), pull.number(), comment)));
        reviews.forEach(review -> replies.add(SaidOnGitHub.review(review)));
        threads.stream().filter(comment -> !resolved.getOrDefault(SaidOnGitHub.thread(comment), false))
            .forEach(comment -> replies.add(SaidOnGitHub.inThread(comment)));
        if (trigger != null) { // as it was when it started the run; what it was edited to meanwhile is late
            replies.removeIf(said -> said.source().equals(trigger.source()));
            replies.add(trigger);
        }
        replies.sort(Comparator.comparing(Said::changed, Comparator.nullsFirst(Comparator.naturalOrder())).thenComparing(Said::source));
        return replies;
    }

    public Gaps gaps() {
        return new Gaps(issue.edited() || pull.edited(), !threads.isEmpty() && resolved.isEmpty(), incomplete);
    }
}
