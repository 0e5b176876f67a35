package ensure_ready.diagnosis;

import ensure_ready.model.Ref;

/**
 * "from needs to": how that is known, in words in {@code via}, and how sure it is (0 to 1); a port when one was named, else an empty text.
 */
public record Edge(Ref from, Ref to, Origin origin, String via, double confidence, String port) {
    /** Where a need was read; a symptom that names what it misses is followed along the first three only. */
    enum Origin {
        LOG, INIT, MAKER, IMAGE,
        /** A Service and its pods are one place: no hop of its own. */
        SELECTOR,
        SPEC
    }

    boolean told() {
        return origin == Origin.LOG || origin == Origin.INIT || origin == Origin.MAKER;
    }
}
