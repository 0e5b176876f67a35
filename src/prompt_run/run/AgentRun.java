package prompt_run.run;

import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import prompt_run.command.AgentOptions;
import prompt_run.command.Answer;
import prompt_run.command.Artifacts;
import prompt_run.command.Console;
import prompt_run.command.Env;
import prompt_run.command.OutputOptions;
import prompt_run.command.Preview;
import prompt_run.command.Report;
import prompt_run.command.RunOptions;
import prompt_run.command.RunResult;
import prompt_run.facts.Facts;
import prompt_run.facts.Infra;
import prompt_run.place.AgentSettings;
import prompt_run.place.Kube;
import prompt_run.place.Ladder;
import prompt_run.place.Patience;
import prompt_run.place.Site;
import prompt_run.prompt.Place;
import prompt_run.prompt.Prompt;
import prompt_run.sources.Brought;
import prompt_run.sources.Sources;
import prompt_run.text.Redactor;
import shared.Texts;

/** Finds a place for the agent, starts it there, follows it to its end and brings its work back. */
public final class AgentRun implements AutoCloseable {
    public static final String CODEX = "codex";

    private final RunOptions options;
    private final AgentSettings settings;
    private final OutputOptions output;
    private final Env env;
    private final Facts facts;
    private final Infra infra;
    private final Console console;
    private final Redactor redactor;
    private final Patience patience;
    private final Cancel cancel = new Cancel();
    private final List<String> notes = new ArrayList<>();
    private final Instant began = Instant.now();
    private final String runId = RunId.next();
    private Ladder ladder;
    private Site site;
    private String nowhere;

    public AgentRun(RunOptions options, AgentOptions agent, OutputOptions output, Facts facts, Infra infra, Env env, Console console) {
        this(options, AgentSettings.read(options, agent, facts, env), output, facts, infra, env, console, Patience.USUAL);
    }

    public AgentRun(RunOptions options, AgentSettings settings, OutputOptions output,
        Facts facts, Infra infra, Env env, Console console, Patience patience) {
        this.options = options;
        this.settings = settings;
        this.output = output;
        this.env = env;
        this.facts = facts;
        this.infra = infra;
        this.console = console;
        this.patience = patience;
        this.redactor = new Redactor(env, List.copyOf(settings.passed().keySet()));
        if (settings.kubeconfig() != null || settings.context() != null) {
            Kube.config(settings.kubeconfig(), settings.context());
        }
        cancel.listen();
    }

    /** Goes down the ladder; the place is a fact of the prompt, so this comes before the rendering. */
    public Place choosePlace() {
        ladder = new Ladder(settings, facts.namespace(), runId, patience, console, notes);
        try {
            site = options.dryRun() ? ladder.look() : ladder.climb();
            if (site != null && site.oldCodex()) {
                notes.add(site.facts().get("version") + " in " + site.label()
                    + " is older than " + Site.CODEX_VERSION + ", which prompt_run is made for");
            }
            nowhere = site == null ? ladder.reasons() : null;
        } catch (InterruptedException signal) {
            nowhere = "cancelled while looking for a place";
        }
        return place();
    }

    /** The run happens here, whatever the ladder would say. */
    Place choose(Site here) {
        ladder = new Ladder(settings, facts.namespace(), runId, patience, console, notes);
        site = here;
        return place();
    }

    String runId() {
        return runId;
    }

    private Place place() {
        if (site == null) {
            return new Place("none", nowhere, null, null, false);
        }
        String report = infra.reported() ? site.folder() + "/ready.json" : null;
        return new Place(site.target(), ladder.reasons(), report, site.workspace(), thread() != null);
    }

    /** The thread to go on with: the one asked for, or for {@code auto} the last one of this issue, if its session is still there. */
    private String thread() {
        boolean auto = "auto".equals(settings.resume());
        return auto ? site == null || site.thread().isBlank() ? null : site.thread() : settings.resume();
    }

    /** What --dry-run prints: prompt, target, command and permissions. Starts nothing. */
    public Answer preview(Place place, Prompt prompt) {
        Map<String, Object> plan = new LinkedHashMap<>();
        plan.put("agentTarget", site != null ? site.target() : ladder.wouldTry());
        plan.put("where", site == null ? null : site.label());
        plan.put("fallbackReason", place.fallbackReason());
        plan.put("command",
            settings.agentCommand(place.workspace() == null ? "WORKSPACE" : place.workspace(), thread(), runId, sandbox(place.target())));
        plan.put("permissions", ladder.permissions());
        if (settings.codex()) {
            plan.put("config", redactor.mask(settings.config()));
            plan.put("strictConfig", new StrictConfig(settings, runId, console).check(site));
        }
        return new Preview(prompt, plan);
    }

    private static String sandbox(String target) {
        return target.equals("runner") ? "workspace-write" : "danger-full-access";
    }

    /** Runs the agent to its end. Never {@link Outcome#SUCCEEDED} without proof. */
    public RunResult run(Place place, Prompt prompt) {
        RunLog log = new RunLog(settings.codex(), console, redactor);
        Keeper keeper = site == null ? null : new Keeper(site, runId, patience, console);
        Ending ending = ended(keeper, place, prompt, log);
        Keeper collector = ending.how().equals("broken") ? new Keeper(site, runId, patience.brief(), console) : keeper;
        Brought brought = keeper != null && ending.began() ? afterwards(collector, log, ending) : Brought.nothing();
        Verdict verdict = Verdict.of(ending, log.story(), settings.codex(), settings.codex() ? thread() : null);
        cancel.calm();
        Usage spent = log.story().usage().minus(totalsBefore());
        Report report = new Report(options, facts, infra, output, env, place, runId, site, began, notes, redactor);
        return report.result(verdict.with(brought), log, spent, brought, prompt, console);
    }

    private Ending ended(Keeper keeper, Place place, Prompt prompt, RunLog log) {
        try {
            return follow(keeper, place, prompt, log);
        } catch (InterruptedException signal) {
            return cancelled(keeper);
        }
    }

    private Ending follow(Keeper keeper, Place place, Prompt prompt, RunLog log) throws InterruptedException {
        try {
            if (keeper == null) {
                return cancel.asked() ? Ending.cancelled(cancel.exitCode(), false) : Ending.nowhere(nowhere);
            }
            prepare(keeper, place, prompt);
            console.info("the agent starts: " + site.label() + ", run " + runId + ", workspace " + site.workspace());
            keeper.start();
            return keeper.follow(log, settings.timeout().plus(patience.afterLimit()));
        } catch (Broken problem) {
            keeper.discardUnlessStarted();
            return cancel.asked() ? cancelled(keeper) : Ending.broken(problem.getMessage(), keeper.started());
        } catch (UncheckedIOException problem) {
            return Ending.broken(Texts.oneLine(problem.getMessage() + ": " + problem.getCause().getMessage()), keeper != null
                && keeper.started());
        }
    }

    /** Everything that the agent needs, beside the workspace and not in it. */
    private void prepare(Keeper keeper, Place place, Prompt prompt) throws Broken, InterruptedException {
        keeper.store("keeper.sh", Scripts.KEEPER);
        keeper.store("limits", settings.limits(runId));
        keeper.store("prompt.md", prompt.text());
        keeper.store("env.sh", settings.environment(facts, infra, runId, place));
        keeper.store("agent.sh", settings.launcher(site, thread(), runId, sandbox(site.target())));
        if (settings.codex()) {
            keeper.store("config.toml", settings.config());
        }
        if (place.reportPath() != null) {
            keeper.store("ready.json", Artifacts.masked(infra.report().deepCopy(), redactor).toString());
        }
        if (settings.source() != null) {
            notes.addAll(new Sources(settings.source(), runId, console).upload(keeper, site));
        }
        keeper.command(patience.slowExec(), "mark", site.workspace());
    }

    /** A signal of the caller ends the agent in its pod too. */
    private Ending cancelled(Keeper keeper) {
        console.info("cancelled: ending the agent");
        boolean began = keeper.started();
        try {
            if (began) {
                keeper.end(patience.cancelled());
            } else {
                keeper.discardUnlessStarted();
            }
        } catch (InterruptedException again) {
            notes.add("cancelled twice: the agent was told to end, its end was not waited for");
        }
        return Ending.cancelled(cancel.exitCode(), began);
    }

    /** The transcript and the agent's work are fetched whatever the verdict is. */
    private Brought afterwards(Keeper keeper, RunLog log, Ending ending) {
        try {
            log.collect(keeper);
            if (settings.codex() && log.story().thread() != null && settings.threadKey() != null) {
                keeper.remember(settings.threadKey(), log.story());
            }
            if (settings.bringBack() && !ending.cancelledTwice(cancel)) {
                return new Sources(settings.source(), runId, console).bringBack(keeper, site, facts.branch());
            }
        } catch (Broken problem) {
            notes.add("not everything could be fetched from " + site.label() + ": " + problem.getMessage());
            return settings.bringBack() ? Brought.failed(problem.getMessage()) : Brought.nothing();
        } catch (InterruptedException signal) {
            notes.add("cancelled while fetching from " + site.label());
            return settings.bringBack() ? Brought.failed("cancelled") : Brought.nothing();
        }
        return Brought.nothing();
    }

    private Usage totalsBefore() {
        return site != null && settings.codex() && thread() != null && thread().equals(site.thread())
            ? Usage.parse(site.totals()) : Usage.NONE;
    }

    @Override
    public void close() {
        if (ladder != null) {
            ladder.close();
        }
        cancel.stopListening();
    }
}
