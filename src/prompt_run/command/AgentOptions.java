package prompt_run.command;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;
import prompt_run.agent.AgentSettings;
import prompt_run.options.Env;
import prompt_run.options.UsageError;
import prompt_run.options.Values;
import prompt_run.subject.Facts;
import prompt_run.subject.RunOptions;
import prompt_run.templates.CodexConfig;

/** Where and how the agent runs. */
public class AgentOptions {
    @Option(names = "--model", paramLabel = "NAME",
        description = "model; default: the label [ai-model-...], else the agent's own (CODEXCTL_MODEL)")
    public String model;
    @Option(names = "--reasoning-effort", paramLabel = "EFFORT",
        description = "minimal, low, medium, high, xhigh; default: the label [ai-reasoning-...] (CODEXCTL_MODEL_REASONING_EFFORT)")
    public String effort;
    @Option(names = "--resume", paramLabel = "THREAD|auto", description = "continue a session by its id, or the last one of this issue")
    public String resume;
    @Option(names = "--agent-target", paramLabel = "TARGET", description = "auto, deploy, pod or runner; default auto")
    public String target;
    @Option(names = "--fallback", paramLabel = "PLACES",
        description = "none, pod or pod,runner: where the agent runs when deploy/codex cannot; default pod")
    public String fallback;
    @Option(names = "--agent-image", paramLabel = "IMAGE", description = "image of the fallback pod; default: that of deploy/codex")
    public String image;
    @Option(names = "--agent-command", paramLabel = "CMD",
        description = "another agent than Codex: a shell command that reads the prompt on stdin")
    public String command;
    @Option(names = "--agent-deployment", paramLabel = "NAME", defaultValue = "codex",
        description = "the agent's Deployment; default codex")
    public String deployment;
    @Option(names = "--agent-container", paramLabel = "NAME",
        description = "its container; default: kubectl's, the one named like the Deployment, the first")
    public String container;
    @Option(names = "--agent-env", paramLabel = "NAME", split = ",",
        description = "environment variables of the caller that the agent gets, by file; repeatable."
            + " On the runner it sees the cluster with KUBECONFIG alone")
    public List<String> passEnv = new ArrayList<>();
    @Option(names = "--workspace", paramLabel = "DIR",
        description = "the agent's working tree in its place; default: its working directory, /workspace, ~/workspace")
    public String workspace;
    @Option(names = "--git-name", paramLabel = "NAME", description = "author of the agent's commits (CODEXCTL_GIT_NAME)")
    public String gitName;
    @Option(names = "--git-email", paramLabel = "ADDRESS", description = "his address (CODEXCTL_GIT_EMAIL)")
    public String gitEmail;
    @Option(names = "--kubeconfig", paramLabel = "FILE", description = "kubeconfig file")
    public Path kubeconfig;
    @Option(names = "--context", paramLabel = "NAME", description = "context of the kubeconfig")
    public String context;
    @Option(names = "--source", paramLabel = "DIR", description = "working tree to upload where the agent's workspace is empty")
    public Path source;
    @Option(names = "--bring-back", description = "fetch the agent's commits and uncommitted changes back into --source")
    public boolean bringBack;
    @Option(names = "--agent-wait", paramLabel = "DURATION",
        description = "how long to wait for deploy/codex; default 5m, for repair kinds 90s")
    public String wait;
    @Option(names = "--agent-timeout", paramLabel = "DURATION", description = "limit for the whole run; default 60m")
    public String timeout;
    @Option(names = "--idle-timeout", paramLabel = "DURATION", description = "limit without a sign of life; default 15m")
    public String idle;
    @Option(names = "--max-tokens", paramLabel = "N",
        description = "limit of the run's tokens, input (cached ones included) and output together, read live; needs Codex "
            + "(CODEXCTL_MAX_TOKENS)")
    public String tokens;
    @Option(names = "--recheck", paramLabel = "CMD",
        description = "shell command on this machine that prints a report of ensure_ready; it runs when the agent has ended well and its "
            + "changes are back, and what it finds goes back to the same thread (CODEXCTL_RECHECK)")
    public String recheck;
    @Option(names = "--recheck-rounds", paramLabel = "N",
        description = "how often it goes back, 0 to 9; default 1 (CODEXCTL_RECHECK_ROUNDS)")
    public String rounds;
    @Option(names = "--agent-lease", paramLabel = "DURATION", description = "an agent whose caller is gone for so long ends; default 10m")
    public String lease;

    private static final Pattern RUNNER_ENV = Pattern.compile(String.join("|", "PATH", "LANG", "LC_[A-Z]+", "TZ",
        "(?i:https?_proxy|no_proxy|all_proxy)", "SSL_CERT_(FILE|DIR)", "NODE_EXTRA_CA_CERTS",
        "CODEX_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL"));

    public AgentSettings read(RunOptions options, Facts facts, Env env) {
        var where = Values.oneOf("--agent-target", Facts.first(env.pick(target), "auto"), "auto", "deploy", "pod", "runner");
        var otherwise = Values.oneOf("--fallback", Facts.first(env.pick(fallback), "pod"), "none", "pod", "pod,runner");
        checkSource();
        var thread = Values.matching("--resume", resume, "auto|[0-9a-fA-F-]{8,64}", "auto or the id of a thread");
        var passed = passed(env);
        return new AgentSettings(where, List.of(otherwise.split(",")), deployment, container, env.pick(image, "CODEXCTL_AGENT_IMAGE"),
            waitFor(options.kind().startsWith("repair")), limits(facts, env), env.pick(command, "CODEXCTL_AGENT_COMMAND"),
            thread, source, bringBack, Values.matching("--workspace", workspace, "/[^\\x00-\\x1f]*", "an absolute path"),
            passed, identity(env), facts.threadKey(), CodexConfig.render(options, facts, passed), kubeconfig, context,
            runnerEnv(env), options.kind().contains("plan"), recheck(env));
    }

    private void checkSource() {
        if (bringBack && source == null) {
            throw new UsageError("--bring-back needs --source DIR: the working tree that gets the changes");
        }
        if (source != null && !Files.exists(source.resolve(".git"))) {
            throw new UsageError("--source " + source + ": not the top of a git working tree");
        }
    }

    private Duration waitFor(boolean repair) {
        return wait == null ? Duration.ofSeconds(repair ? 90 : 300) : Values.duration("--agent-wait", wait);
    }

    private AgentSettings.Limits limits(Facts facts, Env env) {
        return new AgentSettings.Limits(facts.limits().totalTime(), facts.limits().idleTime(),
            Values.duration("--agent-lease", Facts.first(env.pick(lease), "10m")), tokens(env));
    }

    private long tokens(Env env) {
        var most = Values.positive("--max-tokens", env.pick(tokens, "CODEXCTL_MAX_TOKENS"));
        if (most != null && env.pick(command, "CODEXCTL_AGENT_COMMAND") != null) {
            throw new UsageError("--max-tokens " + most + ": nobody counts the tokens of an --agent-command");
        }
        return most == null ? 0 : most;
    }

    private AgentSettings.Recheck recheck(Env env) {
        var most = Values.matching("--recheck-rounds", Facts.first(env.pick(rounds, "CODEXCTL_RECHECK_ROUNDS"), "1"), "[0-9]", "0 to 9");
        return new AgentSettings.Recheck(env.pick(recheck, "CODEXCTL_RECHECK"), Integer.parseInt(most));
    }

    private Map<String, String> identity(Env env) {
        var git = new LinkedHashMap<String, String>();
        identity(git, "NAME", env.pick(gitName, "CODEXCTL_GIT_NAME"));
        identity(git, "EMAIL", env.pick(gitEmail, "CODEXCTL_GIT_EMAIL"));
        return git;
    }

    private static void identity(Map<String, String> git, String what, String value) {
        if (value != null) {
            git.put("GIT_AUTHOR_" + what, value);
            git.put("GIT_COMMITTER_" + what, value);
        }
    }

    private Map<String, String> passed(Env env) {
        var passed = new LinkedHashMap<String, String>();
        for (var name : passEnv) {
            Values.matching("--agent-env", name, "[A-Za-z_][A-Za-z0-9_]*", "names of environment variables");
            if (env.get(name) == null) {
                throw new UsageError("--agent-env " + name + ": not set here");
            }
            passed.put(name, env.get(name));
        }
        return passed;
    }

    private static Map<String, String> runnerEnv(Env env) {
        var allowed = new LinkedHashMap<String, String>(env.values());
        allowed.keySet().removeIf(name -> !RUNNER_ENV.matcher(name).matches());
        return allowed;
    }
}
