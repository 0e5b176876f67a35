package ensure_ready.slots;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** What a release deleted and what it left, filled while it goes on; an interrupt reads it as it stands. */
public record Released(List<String> deleted, List<String> left) {
    public Released() {
        this(new CopyOnWriteArrayList<>(), new CopyOnWriteArrayList<>());
    }

    public String sentence() {
        return "deleted " + (deleted.isEmpty() ? "nothing" : String.join(", ", deleted))
            + (left.isEmpty() ? "" : "; left " + String.join(", ", left));
    }
}
