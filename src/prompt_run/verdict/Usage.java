package prompt_run.verdict;

import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Tokens, cumulative over a thread. */
public record Usage(long input, long cached, long output, long reasoning) {
    public static final Usage NONE = new Usage(0, 0, 0, 0);

    static Usage of(JsonNode usage) {
        return new Usage(usage.path("input_tokens").asLong(0), usage.path("cached_input_tokens").asLong(0),
            usage.path("output_tokens").asLong(0), usage.path("reasoning_output_tokens").asLong(0));
    }

    /** What {@link #line} wrote; {@link #NONE} for anything else. */
    public static Usage parse(String line) {
        var numbers = line.strip().split(" ");
        return numbers.length == 4 && line.strip().matches("[0-9 ]{7,80}")
            ? new Usage(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]), Long.parseLong(numbers[3]))
            : NONE;
    }

    public String line() {
        return input + " " + cached + " " + output + " " + reasoning;
    }

    public Usage minus(Usage before) {
        return new Usage(Math.max(0, input - before.input), Math.max(0, cached - before.cached), Math.max(0, output - before.output),
            Math.max(0, reasoning - before.reasoning));
    }

    public Usage plus(Usage more) {
        return new Usage(input + more.input, cached + more.cached, output + more.output, reasoning + more.reasoning);
    }

    /** What a limit counts: cached ones are input, and reasoning is output. */
    public long total() {
        return input + output;
    }

    public void put(Map<String, Object> json) {
        json.put("inputTokens", input);
        json.put("cachedInputTokens", cached);
        json.put("outputTokens", output);
        json.put("reasoningOutputTokens", reasoning);
    }
}
