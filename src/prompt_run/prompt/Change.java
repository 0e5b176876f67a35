package prompt_run.prompt;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import prompt_run.verdict.Round;
import tools.jackson.databind.JsonNode;

/** What differs between two reports: each cause as its code and its object, the owner's where there is one, for pods get new names. */
public record Change(List<String> gone, List<String> fresh, List<String> left) {

    public static Change between(JsonNode before, JsonNode after) {
        var then = causes(before);
        var now = causes(after);
        return new Change(without(then, now), without(now, then), without(now, without(now, then)));
    }

    private static Set<String> causes(JsonNode report) {
        var causes = new LinkedHashSet<String>();
        report.path("causes").forEach(cause -> causes.add(InfraView.code(cause.path("code")) + " "
            + InfraView.object(cause.hasNonNull("owner") ? cause.path("owner") : cause.path("object"))));
        return causes;
    }

    private static List<String> without(Set<String> these, Iterable<String> those) {
        var rest = new ArrayList<String>(these);
        those.forEach(rest::remove);
        return rest;
    }

    public Map<String, Object> model() {
        return Map.of("gone", gone, "fresh", fresh, "left", left);
    }

    public Round round(String status, boolean ready, String outcome, String problem) {
        return new Round(status, ready, outcome, gone, fresh, left, problem);
    }
}
