package ensure_ready.manifests;

import ensure_ready.catalogue.Code;
import ensure_ready.model.Problem;
import ensure_ready.model.Source;
import ensure_ready.system.InfraFailure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import shared.Texts;
import shared.system.TextFile;

/** What was read of the manifests. */
public record Loaded(List<Item> items, List<Problem> problems) {
    static Loaded none() {
        return new Loaded(List.of(), List.of());
    }

    static Loaded failed(Path path, IOException e) {
        return failed(new Source(path.toString(), 0), TextFile.reason(e));
    }

    static Loaded failed(Source source, String message) {
        return new Loaded(List.of(), List.of(new Problem(source, Texts.line(message))));
    }

    /** What a command was to bring. */
    public static Loaded failed(Source source, Code code, InfraFailure e) {
        return new Loaded(List.of(), List.of(new Problem(source, e.getMessage(), code, e.detail)));
    }

    public boolean nothing() {
        return items.isEmpty() && problems.isEmpty();
    }

    public Loaded and(Loaded other) {
        return new Loaded(Stream.concat(items.stream(), other.items.stream())
            .toList(), Stream.concat(problems.stream(), other.problems.stream()).toList());
    }
}
