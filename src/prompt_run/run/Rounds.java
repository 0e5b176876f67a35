package prompt_run.run;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import prompt_run.agent.AgentSettings;
import prompt_run.agent.Launch;
import prompt_run.keeper.Commands;
import prompt_run.keeper.Keeper;
import prompt_run.machine.Broken;
import prompt_run.machine.Disk;
import prompt_run.place.RunSetup;
import prompt_run.place.Site;
import prompt_run.prompt.Change;
import prompt_run.sources.Sources;
import prompt_run.subject.Facts;
import prompt_run.subject.Infra;
import prompt_run.subject.Place;
import prompt_run.templates.Renderer;
import prompt_run.text.Redactor;
import prompt_run.verdict.Brought;
import prompt_run.verdict.Ending;
import prompt_run.verdict.LastWords;
import prompt_run.verdict.Outcome;
import prompt_run.verdict.Round;
import prompt_run.verdict.Story;
import prompt_run.verdict.Usage;
import prompt_run.verdict.Verdict;

/** The turns of an agent in its place: it works, the environment is checked, and what is still wrong goes back to the same thread. */
public final class Rounds {
    private static final String NOT_READY = "the environment is not ready after the agent's work";
    private static final Duration WORTH_IT = Duration.ofMinutes(1);

    /** What stays the same in all of them. */
    public record Stage(RunSetup run, Site site, Facts facts, Redactor redactor, Renderer renderer, Cancel cancel) {
        private boolean codex() {
            return run.settings().codex();
        }
    }

    private final Stage stage;
    private final List<Round> told = new ArrayList<>();
    private final List<String> prompts = new ArrayList<>();
    private final Path output = Disk.temporary("prompt-run");
    private Infra infra;
    private Place place;
    private Sources sources;
    private String thread;
    private Usage before;
    private Usage spent = Usage.NONE;
    private Brought brought = Brought.nothing();
    private String message;
    private Duration worked = Duration.ZERO;

    /** {@code thread}: the one to go on with, or null; {@code before}: what it has used until now. */
    Rounds(Stage stage, Place place, Infra infra, String thread, Usage before) {
        this.stage = stage;
        this.place = place;
        this.infra = infra;
        this.thread = thread;
        this.before = before;
        var source = stage.run().settings().source();
        this.sources = source == null ? null : new Sources(source, stage.run().id(), stage.run().log());
    }

    Verdict go(String prompt) {
        var verdict = turn(prompt);
        while (checks(verdict)) {
            var after = check();
            if (after == null) {
                return Verdict.of(Ending.cancelled(stage.cancel().exitCode(), true), new Story(), false, null);
            }
            var change = Change.between(infra.report(), after.report());
            var outcome = after.report().path("outcome").asString("");
            told.set(told.size() - 1, change.round(verdict.outcome().word(), !after.unhealthy(), outcome.isEmpty() ? null : outcome,
                after.problem()));
            if (!after.unhealthy()) {
                return verdict;
            }
            var why = noMore(after);
            if (why != null) {
                return new Verdict(Outcome.UNPROVEN, why);
            }
            try {
                verdict = turn(next(after, change));
            } catch (Broken problem) {
                return new Verdict(Outcome.UNPROVEN, NOT_READY + "; " + problem.getMessage());
            }
        }
        return verdict;
    }

    private boolean checks(Verdict verdict) {
        return asked() && verdict.outcome().exitCode() == 0;
    }

    private boolean asked() {
        return stage.run().settings().recheck().command() != null && !stage.run().settings().plans();
    }

    /** Null when a signal came. */
    private Infra check() {
        try {
            return new Recheck(stage.run()).check();
        } catch (InterruptedException signal) {
            return null;
        }
    }

    /** Why the agent is not sent back; null when it is. */
    private String noMore(Infra after) {
        if (after.problem() != null) {
            return "the environment could not be checked after the agent's work: " + after.problem();
        }
        var causes = told.get(told.size() - 1).all();
        var state = NOT_READY + (causes.isEmpty() ? "" : ": " + String.join(", ", causes));
        var most = stage.run().settings().limits();
        return told.size() > stage.run().settings().recheck().rounds() ? state
            : most.total().minus(worked).compareTo(WORTH_IT) < 0 ? state + "; no time is left for another round"
            : most.tokens() > 0 && spent.total() >= most.tokens() ? state + "; no tokens are left for another round" : null;
    }

    /** Makes the next round ready and returns its prompt; an agent without a thread hears all of it anew. */
    private String next(Infra after, Change change) throws Broken {
        stage.run().log().info("the environment is not ready: the agent goes on, round " + (told.size() + 1));
        infra = after;
        before = thread == null ? Usage.NONE : before;
        place = new Place(place.target(), place.fallbackReason(), here(told.size() + 1).folder() + "/ready.json", place.workspace(),
            thread != null, place.tools(), place.missing());
        var text = stage.renderer().again(place, after, change);
        return thread != null ? text : prompts.get(0) + "\n" + text;
    }

    private RunSetup setup(int number) {
        return number == 1 ? stage.run() : stage.run().round(number);
    }

    private Site here(int number) {
        return number == 1 ? stage.site() : stage.site().round(setup(number));
    }

    private Verdict turn(String prompt) {
        prompts.add(prompt);
        int number = prompts.size();
        var run = setup(number);
        sources = sources == null || number == 1 ? sources : sources.again(run.id());
        var commands = new Commands(here(number), run.patience(), run.log());
        var log = new RunLog(stage.codex(), run.log(), stage.redactor(), output);
        var limits = limits();
        var launch = new Launch(run.settings(), stage.facts(), infra, run.id(), thread, stage.site().target(), limits);
        var execution = new Execution(run, commands, new Keeper(commands), launch, sources, stage.redactor(), log, stage.cancel());
        long began = System.nanoTime();
        var ending = execution.run(prompt, place.reportPath());
        worked = worked.plusNanos(System.nanoTime() - began);
        var back = execution.fetch(ending);
        var asked = thread;
        remember(log.story(), back);
        var verdict = Verdict.of(ending, log.story(), stage.codex(), asked).with(back).with(words());
        if (limits.tokens() > 0 && ending.began() && log.story().usage() == Usage.NONE) {
            run.notes().add("--max-tokens was not watched: Codex's session file told no tokens");
        }
        told.add(Round.unchecked(verdict.outcome().word()));
        return verdict;
    }

    private AgentSettings.Limits limits() {
        return stage.run().settings().limits().minus(worked, spent.total());
    }

    private void remember(Story story, Brought back) {
        var used = story.usage();
        spent = spent.plus(used.minus(before));
        before = used == Usage.NONE ? before : used;
        brought = back.after(brought);
        message = story.message() == null ? message : story.message();
        thread = stage.codex() ? Facts.first(story.thread(), thread) : null;
    }

    LastWords words() {
        return LastWords.of(message);
    }

    Finished finished(Instant began, Verdict verdict) {
        var run = stage.run();
        if (verdict.outcome() == Outcome.SUCCEEDED && words().problem() != null) {
            run.notes().add("the agent's last message: " + words().problem() + "; what it says of its work itself is not known");
        }
        return new Finished(run.id(), stage.site().label(), began, verdict, thread, message, words(), spent, brought, output,
            List.copyOf(prompts.subList(1, prompts.size())), asked(), List.copyOf(told), List.copyOf(run.notes()));
    }
}
