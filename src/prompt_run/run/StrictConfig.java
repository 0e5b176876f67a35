package prompt_run.run;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import prompt_run.agent.Launch;
import prompt_run.keeper.Commands;
import prompt_run.keeper.Transfer;
import prompt_run.machine.Broken;
import prompt_run.place.Patience;
import prompt_run.place.RunSetup;
import prompt_run.place.Site;
import prompt_run.remote.Poll;
import prompt_run.remote.Scripts;
import shared.Texts;

/** The real Codex CLI's own opinion of the config, where one is at hand; nothing is started. */
public record StrictConfig(RunSetup run) {

    String check(Site site) {
        var place = site != null ? site : Site.here(run);
        if (!place.has("program")) {
            return "not checked: no codex " + (site == null ? "on this machine" : "in " + site.label());
        }
        try {
            new Transfer(new Commands(place, Patience.USUAL, run.log())).store("config.toml", run.settings().config());
            var reply = place.shell().run(List.of("sh", "-c", Scripts.STRICT_CONFIG, "sh", place.folder(), Launch.profile(run.id())),
                new byte[0], Duration.ofSeconds(30));
            if (!Poll.whole(reply)) {
                return "not checked: " + reply.problem();
            }
            var said = Poll.parse(reply).text().lines().filter(line -> !line.isBlank() && !line.startsWith("WARNING"))
                .collect(Collectors.joining(" "));
            return said.contains("No prompt provided") ? "accepted" : "refused: " + Texts.oneLine(said);
        } catch (Broken problem) {
            return "not checked: " + problem.getMessage();
        } catch (InterruptedException signal) {
            Thread.currentThread().interrupt();
            return "not checked: cancelled";
        } finally {
            if (site == null) {
                place.close();
            }
        }
    }
}
