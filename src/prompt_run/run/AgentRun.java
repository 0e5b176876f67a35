package prompt_run.run;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import prompt_run.agent.Launch;
import prompt_run.place.Kube;
import prompt_run.place.Ladder;
import prompt_run.place.RunSetup;
import prompt_run.place.Site;
import prompt_run.prompt.Preview;
import prompt_run.prompt.Prompt;
import prompt_run.subject.Facts;
import prompt_run.subject.Infra;
import prompt_run.subject.Place;
import prompt_run.templates.Renderer;
import prompt_run.text.Redactor;
import prompt_run.verdict.Ending;
import prompt_run.verdict.Story;
import prompt_run.verdict.Usage;
import prompt_run.verdict.Verdict;

/** One run: finds a place for the agent, has it work there, and says what that counts as. Closing it removes what it made. */
public final class AgentRun implements AutoCloseable {
    private final RunSetup run;
    private final Facts facts;
    private final Infra infra;
    private final Redactor redactor;
    private final Ladder ladder;
    private final Cancel cancel = new Cancel();
    private final Instant began = Instant.now();
    private Site site;
    private String nowhere;

    /** From here on a signal ends the run in good order; a kubeconfig that is none is a usage error. */
    public AgentRun(RunSetup run, Ladder ladder, Facts facts, Infra infra, Redactor redactor) {
        this.run = run;
        this.ladder = ladder;
        this.facts = facts;
        this.infra = infra;
        this.redactor = redactor;
        var settings = run.settings();
        if (settings.kubeconfig() != null || settings.context() != null) {
            Kube.config(settings.kubeconfig(), settings.context());
        }
        cancel.listen();
    }

    /** Where on the ladder the run goes; null for nowhere. */
    public interface Choice {
        Site site() throws InterruptedException;
    }

    /** The place is a fact of the prompt, so this comes before the rendering. */
    public Place choosePlace(Choice choice) {
        try {
            site = choice.site();
            nowhere = site == null ? reasons() : null;
        } catch (InterruptedException signal) {
            nowhere = "cancelled while looking for a place";
        }
        if (site != null && site.oldCodex()) {
            run.notes().add(site.facts().get("version") + " in " + site.label()
                + " is older than " + Site.CODEX_VERSION + ", which prompt_run is made for");
        }
        return place();
    }

    /** They may quote the cluster. */
    private String reasons() {
        var reasons = ladder.reasons();
        return reasons == null ? null : redactor.mask(reasons);
    }

    private Place place() {
        if (site == null) {
            return Place.nowhere("none", nowhere, null);
        }
        var report = infra.reported() ? site.folder() + "/ready.json" : null;
        return new Place(site.target(), reasons(), report, site.workspace(), thread() != null,
            site.facts().get("tools"), site.facts().get("missing"));
    }

    /** The thread to go on with: the one asked for, or for {@code auto} the last one of this issue, if its session is still there. */
    private String thread() {
        var asked = run.settings().resume();
        if (!"auto".equals(asked)) {
            return asked;
        }
        return site == null || site.thread().isBlank() ? null : site.thread();
    }

    /** What --dry-run prints: prompt, target, command and permissions. Starts nothing. */
    public Preview preview(Place place, Prompt prompt) {
        var settings = run.settings();
        var plan = new LinkedHashMap<String, Object>();
        plan.put("agentTarget", site != null ? site.target() : ladder.wouldTry());
        plan.put("where", site == null ? null : site.label());
        plan.put("fallbackReason", place.fallbackReason());
        plan.put("command", launch(place.target()).command(place.workspace() == null ? "WORKSPACE" : place.workspace()));
        plan.put("permissions", ladder.permissions());
        if (settings.codex()) {
            plan.put("config", redactor.mask(settings.config()));
            plan.put("strictConfig", new StrictConfig(run).check(site));
        }
        return new Preview(prompt, plan);
    }

    private Launch launch(String target) {
        return new Launch(run.settings(), facts, infra, run.id(), thread(), target, run.settings().limits());
    }

    /** Runs the agent to its end, as often as its work is sent back. Never a success without proof. */
    public Finished run(Place place, Prompt prompt, Renderer renderer) {
        if (site == null) {
            var ending = cancel.asked() ? Ending.cancelled(cancel.exitCode(), false) : Ending.nowhere(nowhere);
            cancel.calm();
            return Finished.nowhere(run.id(), began, Verdict.of(ending, new Story(), false, null), List.copyOf(run.notes()));
        }
        if (run.settings().recheck().command() != null && run.settings().plans()) {
            run.notes().add("--recheck is not used: a plan changes nothing");
        }
        var rounds = new Rounds(new Rounds.Stage(run, site, facts, redactor, renderer, cancel), place, infra,
            run.settings().codex() ? thread() : null, totalsBefore());
        var verdict = rounds.go(prompt.text());
        cancel.calm();
        return rounds.finished(began, verdict);
    }

    private Usage totalsBefore() {
        boolean resumed = site != null && run.settings().codex() && thread() != null && thread().equals(site.thread());
        return resumed ? Usage.parse(site.totals()) : Usage.NONE;
    }

    @Override
    public void close() {
        ladder.close();
        cancel.stopListening();
    }
}
