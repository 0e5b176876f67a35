package prompt_run.place;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import prompt_run.agent.AgentSettings;
import prompt_run.machine.Disk;
import prompt_run.machine.LocalShell;
import prompt_run.machine.Shell;
import prompt_run.remote.Fields;
import prompt_run.remote.Poll;
import prompt_run.remote.ProbeScript;
import prompt_run.view.NoPlace;

/** A place that is up: its shell, its folder for this run, and what a look around told. */
public record Site(String target, String label, Shell shell, String folder, Map<String, String> facts, Runnable cleanup)
    implements AutoCloseable {
    public static final String CODEX_VERSION = "0.169";
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)\\.\\d+");
    private static final int TRIES = 3;

    /** Looks around; a place where the run cannot work is no place. */
    static Site probe(String target, String label, Shell shell, RunSetup run, Runnable cleanup)
            throws NoPlace, InterruptedException {
        var settings = run.settings();
        var argv = List.of("sh", "-c", ProbeScript.PROBE, "sh", settings.workspace() == null ? "" : settings.workspace(),
            settings.program(), settings.threadKey());
        var reply = shell.run(argv, new byte[0], run.patience().exec());
        for (int tries = 1; !Poll.whole(reply) && !reply.hopeless() && tries < TRIES; tries++) {
            Thread.sleep(run.patience().poll().toMillis());
            reply = shell.run(argv, new byte[0], run.patience().exec());
        }
        if (!Poll.whole(reply)) {
            throw new NoPlace("cannot run a command in it: " + reply.problem());
        }
        var facts = Fields.of(Poll.parse(reply).text());
        var site = new Site(target, label, shell, facts.get("base") + "/run-" + run.id(), facts, cleanup);
        site.complaints(settings);
        return site;
    }

    private void complaints(AgentSettings settings) throws NoPlace {
        if (facts.get("base").isBlank()) {
            throw new NoPlace("no writable folder outside the work tree (HOME, /var/tmp, /tmp)");
        }
        if (!has("writable")) {
            throw new NoPlace("nothing can be written to its work tree " + facts.get("workspace"));
        }
        if (!has("head")) {
            throw new NoPlace("its head command knows no -c");
        }
        if (!has("program")) {
            throw new NoPlace("no codex on its PATH (npm package @openai/codex), and no --agent-command given");
        }
        if (settings.source() != null && !has("git")) {
            throw new NoPlace("no git in it, which --source needs");
        }
        if (!facts.get("busy").isBlank()) {
            throw new NoPlace("another agent is at work there: " + facts.get("busy"), true); // on the same branch, maybe
        }
    }

    /** The same place with another folder, for a later round. */
    public Site round(RunSetup run) {
        return new Site(target, label, shell, facts.get("base") + "/run-" + run.id(), facts, cleanup);
    }

    /** With a home of its own that is removed afterwards; what is wrong with it stands in its facts as {@code problem}. */
    public static Site here(RunSetup run) {
        var home = Disk.temporary("prompt-run-home");
        var environment = new LinkedHashMap<String, String>(run.settings().runnerEnv());
        environment.put("HOME", home.toString());
        environment.put("TMPDIR", home + "/tmp");
        var shell = new LocalShell(environment, run.settings().source() == null ? Path.of("").toAbsolutePath() : home);
        try {
            return probe("runner", "this machine", shell, run, () -> Disk.delete(home));
        } catch (NoPlace problem) {
            return unfit(shell, home, problem.getMessage());
        } catch (InterruptedException signal) {
            Thread.currentThread().interrupt();
            return unfit(shell, home, "cancelled");
        }
    }

    private static Site unfit(Shell shell, Path home, String problem) {
        return new Site("runner", "this machine", shell, home + "/run", Map.of("problem", problem), () -> Disk.delete(home));
    }

    /** Codex takes settings as a profile file, and resumes by id, since this version. */
    public boolean oldCodex() {
        var version = VERSION.matcher(facts.getOrDefault("version", ""));
        return version.find() && version.group(1).equals("0") && Integer.parseInt(version.group(2)) < 169;
    }

    public boolean has(String what) {
        return "yes".equals(facts.get(what));
    }

    public String workspace() {
        return facts.getOrDefault("workspace", "");
    }

    /** The last run's for the same issue, as long as its session is there; else blank. */
    public String thread() {
        return facts.getOrDefault("thread", "");
    }

    public String totals() {
        return facts.getOrDefault("totals", "");
    }

    @Override
    public void close() {
        cleanup.run();
    }
}
