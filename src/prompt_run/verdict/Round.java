package prompt_run.verdict;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import java.util.stream.Stream;

/**
 * One turn of the agent and what the check after it found; {@code ready} is null where nothing was checked, {@code outcome} the report's,
 * {@code problem} why the check proves nothing.
 */
public record Round(String status, @JsonProperty("infraReady") Boolean ready, String outcome, List<String> gone,
    @JsonProperty("new") List<String> fresh, List<String> left, String problem) {

    public static Round unchecked(String status) {
        return new Round(status, null, null, List.of(), List.of(), List.of(), null);
    }

    public List<String> all() {
        return Stream.concat(fresh.stream(), left.stream()).toList();
    }
}
