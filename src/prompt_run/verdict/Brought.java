package prompt_run.verdict;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What came back: {@code unchanged}, {@code brought}, {@code conflict} or {@code failed}. {@code files}: uncommitted paths;
 * {@code notes}: conflicts, or what else is worth knowing.
 */
public record Brought(String state, String branch, String head, int commits, List<String> files, List<String> notes, String problem) {
    public static Brought nothing() {
        return new Brought(null, null, null, 0, List.of(), List.of(), null);
    }

    public static Brought failed(String why) {
        return new Brought("failed", null, null, 0, List.of(), List.of(), why);
    }

    /** All that came back in two rounds. */
    public Brought after(Brought earlier) {
        if (!"brought".equals(earlier.state)) {
            return this;
        }
        if (state == null || state.equals("unchanged")) {
            return earlier;
        }
        var told = new ArrayList<String>(earlier.notes);
        told.addAll(notes);
        return new Brought(state, branch == null ? earlier.branch : branch, head == null ? earlier.head : head, earlier.commits + commits,
            files, told, problem);
    }

    public boolean lacking() {
        return "failed".equals(state) || "conflict".equals(state);
    }

    @Override
    public String problem() {
        return notes.isEmpty() || !lacking() ? problem : String.join("; ", notes) + "; " + problem;
    }

    public String told() {
        return lacking() ? "not brought back: " + problem() : state.equals("unchanged") ? "the agent changed nothing in its workspace"
            : "brought back: " + commits + " commits" + (branch == null ? "" : " on " + branch)
            + ", " + files.size() + " uncommitted files";
    }

    public Map<String, Object> asJson() {
        var json = new LinkedHashMap<String, Object>();
        json.put("state", state);
        json.put("branch", branch);
        json.put("head", head);
        json.put("commits", commits);
        json.put("uncommitted", files);
        json.put("notes", notes);
        json.put("problem", problem);
        return json;
    }
}
