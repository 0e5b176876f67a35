package prompt_run.facts;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import prompt_run.command.AgentOptions;
import prompt_run.command.Console;
import prompt_run.command.Env;
import prompt_run.command.FactOptions;
import prompt_run.command.RunOptions;
import prompt_run.command.Values;

/** What the run is about. Everything in here is checked; free text stands in the conversation, never here. */
public record Facts(String env, Integer slot, String namespace, Integer issue, Integer pr, String repo, String branch, String base,
             String model, String effort, boolean bringBack, Limits limits) {

    /** How long the agent may take, as written. */
    public record Limits(String total, String idle) {
        static Limits of(AgentOptions given) {
            String total = first(given.timeout, "60m");
            String idle = first(given.idle, "15m");
            Values.duration("--agent-timeout", total);
            Values.duration("--idle-timeout", idle);
            return new Limits(total.strip(), idle.strip());
        }
    }

    private static final Pattern OUR_BRANCH = Pattern.compile("codex/(?:issue|ai-repair)-([1-9]\\d{0,8})");
    public static final String NAME = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

    public static Facts gather(RunOptions options, FactOptions given, AgentOptions agent,
        GitHubEvent event, Infra infra, Env env, Console console) {
        String repo = Values.matching("--repo", first(env.pick(given.repo, "CODEXCTL_REPO", "GITHUB_REPOSITORY"), event.repo()),
            "[\\w.-]{1,100}/[\\w.-]{1,100}", "OWNER/NAME");
        String head = event.headBranch();
        Integer issue = first(Values.positive("--issue", env.pick(given.issue, "CODEXCTL_ISSUE_NUMBER")), event.issue(), issueOf(head),
            infra.number("issue"));
        Integer pr = first(Values.positive("--pr", env.pick(given.pr, "CODEXCTL_PR_NUMBER")), event.pullRequest(), infra.number("pr"));
        Integer slot = first(Values.positive("--slot", env.pick(given.slot, "CODEXCTL_SLOT")), infra.number("slot"));
        String namespace = Values.matching("--namespace", first(env.pick(given.namespace, "CODEXCTL_NAMESPACE"), infra.name("namespace")),
            NAME, "lower-case letters, digits and '-', at most 63");
        String kindOfEnv = Values.matching("--env", first(env.pick(given.env, "CODEXCTL_ENV"), infra.name("env"), "ai"),
            NAME, "lower-case letters, digits and '-', at most 63");
        ModelChoice choice = ModelChoice.of(agent, event.labels(), env, console);
        return new Facts(kindOfEnv, slot, namespace, issue, pr, repo, branch(options.kind(), head, issue, slot),
            first(event.defaultBranch(), "main"),
            choice.model(), choice.effort(), agent.bringBack, Limits.of(agent));
    }

    /** A review goes on with the branch under review; the other kinds have one branch per issue. */
    static String branch(String kind, String head, Integer issue, Integer slot) {
        if (kind.endsWith("_review") && head != null) {
            return head;
        }
        String what = kind.startsWith("repair") ? "codex/ai-repair-" : "codex/issue-";
        return what + (issue != null ? issue.toString() : slot != null ? "slot-" + slot : "none");
    }

    static Integer issueOf(String branch) {
        Matcher ours = OUR_BRANCH.matcher(branch == null ? "" : branch);
        return ours.matches() ? Integer.valueOf(ours.group(1)) : null;
    }

    /** A branch name that is safe in a command line and in a prompt, else null. */
    static String safeRef(String ref) {
        return ref != null && ref.matches("[A-Za-z0-9][A-Za-z0-9._/-]{0,199}") && !ref.contains("..") && !ref.endsWith("/") ? ref : null;
    }

    @SafeVarargs
    @SuppressWarnings("varargs")
    public static <T> T first(T... candidates) {
        return Arrays.stream(candidates).filter(c -> c != null).findFirst().orElse(null);
    }
}
