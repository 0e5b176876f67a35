package prompt_run.place;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import prompt_run.run.AgentRun;
import prompt_run.run.Keeper;
import prompt_run.run.Scripts;
import prompt_run.sources.Disk;

/** A place that is up: its shell, its folder for this run, and what a look around told. */
public record Site(String target, String label, Shell shell, String folder, Map<String, String> facts, Runnable cleanup)
    implements AutoCloseable {
    public static final String CODEX_VERSION = "0.169";

    /** Looks around; a place where the run cannot work is no place. */
    static Site probe(String target, String label, Shell shell, AgentSettings settings, String runId, Patience patience, Runnable cleanup)
            throws NoPlace, InterruptedException {
        List<String> argv = List.of("sh", "-c", Scripts.PROBE, "sh", settings.workspace() == null ? "" : settings.workspace(),
            settings.codex() ? AgentRun.CODEX : "sh", settings.threadKey());
        Reply reply = null;
        for (int tries = 0; tries < 3; tries++) {
            reply = shell.run(argv, new byte[0], patience.exec());
            if (reply.ok() && reply.text().contains("end=yes") || reply.hopeless()) {
                break;
            }
            Thread.sleep(patience.poll().toMillis());
        }
        if (!reply.ok() || !reply.text().contains("end=yes")) {
            throw new NoPlace("cannot run a command in it: " + reply.problem());
        }
        Map<String, String> facts = Keeper.fields(reply.text());
        Site site = new Site(target, label, shell, facts.get("base") + "/run-" + runId, facts, cleanup);
        site.complaints(settings);
        return site;
    }

    private void complaints(AgentSettings settings) throws NoPlace {
        if (facts.get("base").isBlank()) {
            throw new NoPlace("no writable folder outside the work tree (HOME, /var/tmp, /tmp)");
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
            throw new NoPlace("another agent is at work there: " + facts.get("busy"));
        }
    }

    /** This machine, with a home of its own that is removed afterwards. */
    public static Site here(AgentSettings settings, String runId) {
        Path home = Disk.temporary("prompt-run-home");
        Map<String, String> environment = new LinkedHashMap<>(settings.runnerEnv());
        environment.put("HOME", home.toString());
        LocalShell shell = new LocalShell(environment, settings.source() == null ? Path.of("").toAbsolutePath() : home);
        try {
            return probe("runner", "this machine", shell, settings, runId, Patience.USUAL, () -> Disk.delete(home));
        } catch (NoPlace problem) {
            return new Site("runner", "this machine", shell, home + "/run",
                Map.of("problem", problem.getMessage()), () -> Disk.delete(home));
        } catch (InterruptedException signal) {
            Thread.currentThread().interrupt();
            return new Site("runner", "this machine", shell, home + "/run", Map.of("problem", "cancelled"), () -> Disk.delete(home));
        }
    }

    /** Codex takes settings as a profile file, and resumes by id, since this version. */
    public boolean oldCodex() {
        Matcher version = Pattern.compile("(\\d+)\\.(\\d+)\\.\\d+").matcher(facts.getOrDefault("version", ""));
        return version.find() && version.group(1).equals("0") && Integer.parseInt(version.group(2)) < 169;
    }

    public boolean has(String what) {
        return "yes".equals(facts.get(what));
    }

    public String workspace() {
        return facts.getOrDefault("workspace", "");
    }

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
