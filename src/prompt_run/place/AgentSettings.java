package prompt_run.place;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import prompt_run.command.AgentOptions;
import prompt_run.command.Env;
import prompt_run.command.RunOptions;
import prompt_run.command.UsageError;
import prompt_run.command.Values;
import prompt_run.facts.Facts;
import prompt_run.facts.Infra;
import prompt_run.prompt.Place;
import prompt_run.run.Scripts;

/** The options that say where and how the agent runs, checked. */
public record AgentSettings(String target, List<String> fallback, String deployment,
    String container, String image, Duration waitFor, Duration timeout,
                     Duration idle, Duration lease, String command, String model,
                         String effort, String resume, Path source, boolean bringBack,
                     String workspace, Map<String, String> passed, Map<String,
                         String> git, String threadKey, String config, Path kubeconfig,
                     String context, Map<String, String> runnerEnv, boolean plans) {

    /** What an agent on this machine may see of its environment. */
    private static final Pattern RUNNER_ENV =
        Pattern.compile("PATH|LANG|LC_[A-Z]+|TZ|(?i:https?_proxy|no_proxy|all_proxy)|SSL_CERT_(FILE|DIR)|NODE_EXTRA_CA_CERTS"
        + "|CODEX_API_KEY|OPENAI_API_KEY|OPENAI_BASE_URL");

    public static AgentSettings read(RunOptions options, AgentOptions given, Facts facts, Env env) {
        String target = Values.oneOf("--agent-target", first(given.target, "auto"), "auto", "deploy", "pod", "runner");
        String fallback = Values.oneOf("--fallback", first(given.fallback, "pod"), "none", "pod", "pod,runner");
        if (given.bringBack && given.source == null) {
            throw new UsageError("--bring-back needs --source DIR: the working tree that gets the changes");
        }
        if (given.source != null && !Files.exists(given.source.resolve(".git"))) {
            throw new UsageError("--source " + given.source + ": not the top of a git working tree");
        }
        String resume = Values.matching("--resume", given.resume, "auto|[0-9a-fA-F-]{8,64}", "auto or the id of a thread");
        boolean repair = options.kind().startsWith("repair");
        Map<String, String> passed = passed(given.passEnv, env);
        Map<String, String> git = new LinkedHashMap<>();
        identity(git, "NAME", env.pick(given.gitName, "CODEXCTL_GIT_NAME"));
        identity(git, "EMAIL", env.pick(given.gitEmail, "CODEXCTL_GIT_EMAIL"));
        return new AgentSettings(target, List.of(fallback.split(",")), given.deployment,
            given.container, env.pick(given.image, "CODEXCTL_AGENT_IMAGE"),
            given.wait == null ? Duration.ofSeconds(repair ? 90 : 300) : Values.duration("--agent-wait", given.wait),
            Values.duration("--agent-timeout", first(given.timeout, "60m")), Values.duration("--idle-timeout", first(given.idle, "15m")),
            Values.duration("--agent-lease", first(given.lease, "10m")), env.pick(given.command, "CODEXCTL_AGENT_COMMAND"),
                facts.model(), facts.effort(), resume, given.source, given.bringBack,
            Values.matching("--workspace", given.workspace, "/[^\\x00-\\x1f]*", "an absolute path"), passed, git, threadKey(facts),
            CodexConfig.render(options, facts, passed), given.kubeconfig, given.context, runnerEnv(env), options.kind().contains("plan"));
    }

    private static String first(String given, String usual) {
        return given == null || given.isBlank() ? usual : given;
    }

    private static void identity(Map<String, String> git, String what, String value) {
        if (value != null) {
            git.put("GIT_AUTHOR_" + what, value);
            git.put("GIT_COMMITTER_" + what, value);
        }
    }

    private static Map<String, String> passed(List<String> names, Env env) {
        Map<String, String> passed = new LinkedHashMap<>();
        for (String name : names) {
            Values.matching("--agent-env", name, "[A-Za-z_][A-Za-z0-9_]*", "names of environment variables");
            if (env.get(name) == null) {
                throw new UsageError("--agent-env " + name + ": not set here");
            }
            passed.put(name, env.get(name));
        }
        return passed;
    }

    private static Map<String, String> runnerEnv(Env env) {
        Map<String, String> allowed = new LinkedHashMap<>(env.values());
        allowed.keySet().removeIf(name -> !RUNNER_ENV.matcher(name).matches());
        return allowed;
    }

    /** One thread per issue (or pull request, or environment) and repository. */
    static String threadKey(Facts facts) {
        String about = facts.issue() != null ? "issue-" + facts.issue() : facts.pr() != null ? "pr-" + facts.pr() : "slot-" + facts.slot();
        return (facts.repo() == null ? "" : facts.repo().replace('/', '.') + ".") + about;
    }

    public boolean codex() {
        return command == null;
    }

    boolean allows(String place) {
        return target.equals(place) || target.equals("auto") && (place.equals("deploy") || fallback.contains(place));
    }

    public String limits(String runId) {
        return "total=%d idle=%d lease=%d grace=5 run_id=%s codex=%s%n".formatted(timeout.toSeconds(),
            idle.toSeconds(), lease.toSeconds(), runId,
            codex() ? "yes" : "no");
    }

    /** The agent's environment as a file: secrets stand on no command line. */
    public String environment(Facts facts, Infra infra, String runId, Place place) {
        Map<String, String> all = new LinkedHashMap<>(git);
        all.put("INFRA_UNHEALTHY", infra.unhealthy() ? "1" : "0");
        all.put("CODEXCTL_ENV", facts.env());
        put(all, "CODEXCTL_SLOT", facts.slot());
        put(all, "CODEXCTL_NAMESPACE", facts.namespace());
        put(all, "CODEXCTL_ISSUE_NUMBER", facts.issue());
        put(all, "CODEXCTL_PR_NUMBER", facts.pr());
        put(all, "CODEXCTL_REPO", facts.repo());
        put(all, "CODEXCTL_BRANCH", facts.branch());
        put(all, "CODEXCTL_INFRA_REPORT", place.reportPath());
        all.putAll(passed);
        all.put("AGENT_RUN_ID", runId);
        StringBuilder lines = new StringBuilder();
        all.forEach((name, value) -> lines.append("export ").append(name).append('=').append(quoted(value)).append('\n'));
        return lines.toString();
    }

    private static void put(Map<String, String> all, String name, Object value) {
        if (value != null) {
            all.put(name, value.toString());
        }
    }

    /** What is run in the workspace, as a shell line; the prompt comes on its stdin. */
    public String agentCommand(String workspace, String thread, String runId, String sandbox) {
        if (!codex()) {
            return command;
        }
        List<String> words =
            new ArrayList<>(List.of("codex", "exec", "-p", CodexConfig.profile(runId),
            "--json", "-o", "last.md", "-C", workspace, "-s", sandbox,
            "--skip-git-repo-check"));
        if (sandbox.equals("workspace-write")) {
            words.addAll(List.of("-c", "sandbox_workspace_write.network_access=true"));
        }
        if (thread != null) {
            words.addAll(List.of("resume", thread));
        }
        words.add("-");
        return words.stream().map(AgentSettings::quotedIfNeeded).collect(Collectors.joining(" "));
    }

    public String launcher(Site site, String thread, String runId, String sandbox) {
        String what = codex()
            ? "exec " + agentCommand(site.workspace(), thread, runId, sandbox).replace(" -o last.md ", " -o \"$run/last.md\" ")
            : "exec sh -c " + quoted(command);
        return Scripts.LAUNCHER.replace("@RUN@", quoted(site.folder())).replace("@WORKSPACE@", quoted(site.workspace()))
            .replace("@PROFILE@", CodexConfig.profile(runId)).replace("@COMMAND@", what);
    }

    static String quoted(String text) {
        return "'" + text.replace("'", "'\\''") + "'";
    }

    private static String quotedIfNeeded(String word) {
        return word.matches("[A-Za-z0-9_./:=@%+-]+") ? word : quoted(word);
    }
}
