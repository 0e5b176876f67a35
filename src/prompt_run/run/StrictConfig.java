package prompt_run.run;

import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import prompt_run.command.Console;
import prompt_run.place.AgentSettings;
import prompt_run.place.CodexConfig;
import prompt_run.place.Patience;
import prompt_run.place.Reply;
import prompt_run.place.Site;
import shared.Texts;

/** The real Codex CLI's own opinion of the config, where one is at hand; nothing is started. */
public record StrictConfig(AgentSettings settings, String runId, Console console) {

    String check(Site site) {
        Site place = site != null ? site : Site.here(settings, runId);
        if (!place.has("program")) {
            return "not checked: no codex " + (site == null ? "on this machine" : "in " + site.label());
        }
        try {
            Keeper keeper = new Keeper(place, runId, Patience.USUAL, console);
            keeper.store("config.toml", settings.config());
            Reply reply = place.shell().run(List.of("sh", "-c", Scripts.STRICT_CONFIG, "sh", place.folder(), CodexConfig.profile(runId)),
                new byte[0], Duration.ofSeconds(30));
            String said = (reply.text() + reply.err()).lines().filter(line -> !line.isBlank() && !line.startsWith("WARNING"))
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
