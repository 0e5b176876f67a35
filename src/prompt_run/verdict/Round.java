package prompt_run.verdict;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * One turn of the agent and what the check after it found; {@code ready} is null where nothing was checked, {@code outcome} the report's,
 * {@code problem} why the check proves nothing.
 */
public record Round(String status, Boolean ready, String outcome, List<String> gone, List<String> fresh, List<String> left,
    String problem) {

    public static Round unchecked(String status) {
        return new Round(status, null, null, List.of(), List.of(), List.of(), null);
    }

    public Map<String, Object> asJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("status", status);
        json.put("infraReady", ready);
        json.put("outcome", outcome);
        json.put("gone", gone);
        json.put("new", fresh);
        json.put("left", left);
        json.put("problem", problem);
        return json;
    }

    public List<String> all() {
        return Stream.concat(fresh.stream(), left.stream()).toList();
    }
}
