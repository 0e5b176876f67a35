package prompt_run.run;

import java.io.UncheckedIOException;
import prompt_run.agent.Launch;
import prompt_run.keeper.Commands;
import prompt_run.keeper.Keeper;
import prompt_run.keeper.Transfer;
import prompt_run.machine.Broken;
import prompt_run.place.RunSetup;
import prompt_run.place.Site;
import prompt_run.remote.KeeperScript;
import prompt_run.sources.Sources;
import prompt_run.text.MaskedJson;
import prompt_run.text.Redactor;
import prompt_run.verdict.Brought;
import prompt_run.verdict.Ending;
import shared.Texts;

/**
 * One agent in one place, {@code sources} null where it gets none: what it needs is put there, it is started and followed to its end, and
 * its work is fetched.
 */
public record Execution(RunSetup run, Commands commands, Keeper keeper, Launch launch, Sources sources, Redactor redactor,
                        RunLog output, Cancel cancel) {

    Ending run(String prompt, String reportPath) {
        try {
            return follow(prompt, reportPath);
        } catch (InterruptedException signal) {
            return cancelled();
        }
    }

    private Ending follow(String prompt, String reportPath) throws InterruptedException {
        try {
            prepare(prompt, reportPath);
            run.log().info("the agent starts: " + site().label() + ", run " + run.id() + ", workspace " + site().workspace());
            keeper.start();
            return new Follower(keeper, output, run.patience()).follow(launch.limits().total().plus(run.patience().afterLimit()));
        } catch (Broken problem) {
            keeper.discardUnlessStarted();
            return cancel.asked() ? cancelled() : Ending.broken(problem.getMessage(), keeper.started());
        } catch (UncheckedIOException problem) {
            return Ending.broken(Texts.oneLine(problem.getMessage() + ": " + problem.getCause().getMessage()), keeper.started());
        }
    }

    /** Everything that the agent needs, beside the workspace and not in it. */
    private void prepare(String prompt, String reportPath) throws Broken, InterruptedException {
        var files = new Transfer(commands);
        files.store("keeper.sh", KeeperScript.KEEPER);
        files.store("limits", launch.limitsFile());
        files.store("prompt.md", prompt);
        files.store("env.sh", launch.environment(reportPath));
        files.store("agent.sh", launch.script(site().folder(), site().workspace()));
        if (run.settings().codex()) {
            files.store("config.toml", run.settings().config());
        }
        if (reportPath != null) {
            files.store("ready.json", MaskedJson.of(launch.infra().report().deepCopy(), redactor).toString());
        }
        if (sources != null) {
            run.notes().addAll(sources.upload(commands, launch.facts().base()));
        }
        commands.keeper(run.patience().slowExec(), "mark", site().workspace());
    }

    private Site site() {
        return commands.site();
    }

    /** A signal of the caller ends the agent in its pod too. */
    private Ending cancelled() {
        run.log().info("cancelled: ending the agent");
        boolean began = keeper.started();
        try {
            if (began) {
                keeper.end(run.patience().cancelled());
            } else {
                keeper.discardUnlessStarted();
            }
        } catch (InterruptedException again) {
            run.notes().add("cancelled twice: the agent was told to end, its end was not waited for");
        }
        return Ending.cancelled(cancel.exitCode(), began);
    }

    /** The transcript and the agent's work are fetched whatever the verdict will be. */
    Brought fetch(Ending ending) {
        if (!ending.began()) {
            return Brought.nothing();
        }
        boolean broken = ending.how() == Ending.How.BROKEN;
        var patient = broken ? new Commands(site(), run.patience().brief(), run.log()) : commands;
        try {
            boolean over = !broken || new Keeper(patient).end(run.patience().cancelled());
            collect(new Transfer(patient));
            if (!over) {
                return lacking("the agent may still be at work there");
            }
            boolean hurried = cancel.times() > 1;
            return run.settings().bringBack() && !hurried
                ? sources.bringBack(patient, launch.facts().branch()) : Brought.nothing();
        } catch (Broken problem) {
            run.notes().add("not everything could be fetched from " + site().label() + ": " + problem.getMessage());
            return lacking(problem.getMessage());
        } catch (InterruptedException signal) {
            cancel.noticed();
            run.notes().add("cancelled while fetching from " + site().label());
            return lacking("cancelled");
        }
    }

    private void collect(Transfer files) throws Broken, InterruptedException {
        output.collect(files);
        var story = output.story();
        if (run.settings().codex() && story.thread() != null && run.settings().threadKey() != null) {
            files.remember(run.settings().threadKey(), story.thread() + " " + story.usage().line());
        }
    }

    private Brought lacking(String why) {
        return run.settings().bringBack() ? Brought.failed(why) : Brought.nothing();
    }
}
