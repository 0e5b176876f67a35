package ensure_ready.manifests;

import ensure_ready.model.Problem;
import ensure_ready.model.Source;
import java.util.List;
import java.util.stream.Stream;
import shared.Texts;

/** What was read of the manifests. */
public record Loaded(List<Item> items, List<Problem> problems) {
    static Loaded none() {
        return new Loaded(List.of(), List.of());
    }

    public static Loaded failed(Source source, String message) {
        return new Loaded(List.of(), List.of(new Problem(source, Texts.line(message))));
    }

    public Loaded and(Loaded other) {
        return new Loaded(Stream.concat(items.stream(), other.items.stream())
            .toList(), Stream.concat(problems.stream(), other.problems.stream()).toList());
    }
}
