package prompt_run.verdict;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;
import shared.Texts;

/**
 * What came back: {@code unchanged}, {@code brought}, {@code conflict} or {@code failed}. {@code files}: uncommitted paths;
 * {@code notes}: conflicts, or what else is worth knowing.
 */
public record Brought(String state, String branch, String head, int commits,
    @JsonProperty("uncommitted") List<String> files, List<String> notes, String problem) {
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

    /** Why the changes are not in the working tree. */
    String why() {
        return notes.isEmpty() || !lacking() ? problem : String.join("; ", notes) + "; " + problem;
    }

    public String told() {
        return lacking() ? "not brought back: " + why() : state.equals("unchanged") ? "the agent changed nothing in its workspace"
            : "brought back: " + Texts.count(commits, "commit") + (branch == null ? "" : " on " + branch)
            + ", " + Texts.count(files.size(), "uncommitted file");
    }
}
