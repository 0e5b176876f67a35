package prompt_run.verdict;

import java.util.Map;

/** What can be printed as the result of a command. */
public interface Answer {
    String asText();

    Map<String, Object> asJson();

    default Outcome outcome() {
        return Outcome.SUCCEEDED;
    }

    default boolean jsonByDefault() {
        return false;
    }
}
