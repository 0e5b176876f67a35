package prompt_run.subject;

import java.time.Duration;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import prompt_run.options.Values;

/**
 * What the run is about. Everything in here is checked; free text stands in the conversation, never here. {@code base} is "" where
 * nobody tells it, {@code agent} the name of the agent's Deployment.
 */
public record Facts(String env, Integer slot, String namespace, Integer issue, Integer pr, String repo, String branch, String base,
             String model, String effort, boolean bringBack, String agent, Limits limits) {

    /** How long the agent may take, as written. */
    public record Limits(String total, String idle) {
        static Limits of(String total, String idle) {
            var limits = new Limits(first(total, "60m").strip(), first(idle, "15m").strip());
            limits.totalTime();
            limits.idleTime();
            return limits;
        }

        public Duration totalTime() {
            return Values.duration("--agent-timeout", total);
        }

        public Duration idleTime() {
            return Values.duration("--idle-timeout", idle);
        }
    }

    /** Option or variable as written, null where neither is given. */
    public record Given(String env, String slot, String namespace, String issue, String pr, String repo,
                        String base, String model, String effort, boolean bringBack, String agent, String total, String idle) {
    }

    private static final Pattern OUR_BRANCH = Pattern.compile("codex/(?:issue|ai-repair)-([1-9]\\d{0,8})");
    private static final String ACCEPTED = "lower-case letters, digits and '-', at most 63";

    /** An option counts more than the event, and the event more than the report; {@code warn} hears what is not used. */
    public static Facts gather(String kind, Given given, GitHubEvent event, Infra infra, Consumer<String> warn) {
        var repo = Values.matching("--repo", first(given.repo, event.repo()), "[\\w.-]{1,100}/[\\w.-]{1,100}", "OWNER/NAME");
        var base = Values.matching("--base", given.base, GitHubEvent.SAFE_REF, "the name of a branch");
        var head = event.headBranch();
        var issue = first(Values.positive("--issue", given.issue), event.issue(), issueOf(head), infra.number("issue"));
        var pr = first(Values.positive("--pr", given.pr), event.pullRequest(), infra.number("pr"));
        var slot = first(Values.positive("--slot", given.slot), infra.number("slot"));
        var namespace = Values.matching("--namespace", first(given.namespace, infra.name("namespace")), Infra.NAME, ACCEPTED);
        var kindOfEnv = Values.matching("--env", first(given.env, infra.name("env"), "ai"), Infra.NAME, ACCEPTED);
        var choice = ModelChoice.of(given.model, given.effort, event.labels(), warn);
        return new Facts(kindOfEnv, slot, namespace, issue, pr, repo, branch(kind, head, issue, slot),
            first(base, event.base(), ""), choice.model(), choice.effort(), given.bringBack, given.agent,
            Limits.of(given.total, given.idle));
    }

    /** A review goes on with the branch under review; the other kinds have one branch per issue. */
    private static String branch(String kind, String head, Integer issue, Integer slot) {
        if (kind.endsWith("_review") && head != null) {
            return head;
        }
        var what = kind.startsWith("repair") ? "codex/ai-repair-" : "codex/issue-";
        return what + (issue != null ? issue.toString() : slot != null ? "slot-" + slot : "none");
    }

    private static Integer issueOf(String branch) {
        var ours = OUR_BRANCH.matcher(branch == null ? "" : branch);
        return ours.matches() ? Integer.valueOf(ours.group(1)) : null;
    }

    /** One thread per issue (or pull request, or environment) and repository; the key is a file's name. */
    public String threadKey() {
        var about = issue != null ? "issue-" + issue : pr != null ? "pr-" + pr : "slot-" + slot;
        return (repo == null ? "" : repo.replace('/', '.') + ".") + about;
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    public static <T> T first(T... candidates) {
        return Arrays.stream(candidates).filter(c -> c != null).findFirst().orElse(null);
    }
}
