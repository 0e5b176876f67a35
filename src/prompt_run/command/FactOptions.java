package prompt_run.command;

import picocli.CommandLine.Option;
import prompt_run.options.Env;
import prompt_run.subject.Facts;

/** What the run is about; what is not given comes from the GitHub event and the report. */
public class FactOptions {
    @Option(names = "--env", paramLabel = "ENV", description = "environment type; default ai (CODEXCTL_ENV)")
    public String env;
    @Option(names = "--slot", paramLabel = "N", description = "slot number, 1 or more (CODEXCTL_SLOT)")
    public String slot;
    @Option(names = {"-n", "--namespace"}, paramLabel = "NAME", description = "namespace of the environment (CODEXCTL_NAMESPACE)")
    public String namespace;
    @Option(names = "--issue", paramLabel = "N", description = "issue number; default: the event's (CODEXCTL_ISSUE_NUMBER)")
    public String issue;
    @Option(names = "--pr", paramLabel = "N", description = "pull request number; default: the event's (CODEXCTL_PR_NUMBER)")
    public String pr;
    @Option(names = "--repo", paramLabel = "OWNER/NAME",
        description = "repository; default: the event's (CODEXCTL_REPO, GITHUB_REPOSITORY)")
    public String repo;

    @Option(names = "--base", paramLabel = "BRANCH",
        description = "branch that the work is for; default: the event's (CODEXCTL_BASE)")
    public String base;

    public Facts.Given given(AgentOptions agent, Env twins) {
        return new Facts.Given(twins.pick(env, "CODEXCTL_ENV"), twins.pick(slot, "CODEXCTL_SLOT"),
            twins.pick(namespace, "CODEXCTL_NAMESPACE"), twins.pick(issue, "CODEXCTL_ISSUE_NUMBER"),
            twins.pick(pr, "CODEXCTL_PR_NUMBER"), twins.pick(repo, "CODEXCTL_REPO", "GITHUB_REPOSITORY"), twins.pick(base, "CODEXCTL_BASE"),
            twins.pick(agent.model, "CODEXCTL_MODEL"), twins.pick(agent.effort, "CODEXCTL_MODEL_REASONING_EFFORT"),
            agent.bringBack, agent.deployment, twins.pick(agent.timeout), twins.pick(agent.idle));
    }
}
