package ensure_ready.model;

import java.util.List;

/**
 * How the user wants a kind of custom resource judged.
 *
 * @param kind      {@code Kind.group}, or {@code *.group} for all kinds of a group
 * @param condition whose status or reason is compared; empty where a path is read
 * @param pointer   JSON pointer of the value that is compared; empty where a condition is
 * @param ignore    whether objects of the kind are not judged at all
 */
public record CustomRule(String kind, String condition, String pointer, List<String> ready, List<String> failed, List<String> idle,
    boolean ignore) {
    public boolean about(Obj o) {
        return kind.equals(o.kind() + "." + o.group()) || kind.equals("*." + o.group());
    }

    /** What is read, as people write it. */
    public String named() {
        return condition.isEmpty() ? pointer.substring(1).replace('/', '.') : "condition " + condition;
    }

    /** What the value (of a condition its status or reason) means; any that is not named is progress. */
    public State state(String value, String reason) {
        return has(failed, value, reason) ? State.failed : has(idle, value, reason) ? State.suspended
            : has(ready, value, reason) ? State.ready : State.progressing;
    }

    private static boolean has(List<String> values, String value, String reason) {
        return values.stream().anyMatch(v -> v.equalsIgnoreCase(value) || !reason.isEmpty() && v.equalsIgnoreCase(reason));
    }
}
