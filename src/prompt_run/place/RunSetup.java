package prompt_run.place;

import java.util.List;
import prompt_run.agent.AgentSettings;
import prompt_run.machine.Log;

/** What holds for the whole of a run; {@code namespace} may be null, {@code notes} grows with what the result should tell. */
public record RunSetup(String id, AgentSettings settings, String namespace, Patience patience, Log log, List<String> notes) {

    /** The same for a later round. */
    public RunSetup round(int number) {
        return new RunSetup(id + "-" + number, settings, namespace, patience, log, notes);
    }
}
