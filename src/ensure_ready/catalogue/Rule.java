package ensure_ready.catalogue;

/** What holds for a code and not for most. */
public enum Rule implements Trait {
    /** A Job or an operator may still make what is missing. */
    MAKEABLE,
    /** The pod fits on no node as they are labelled; other reasons beside this one may pass. */
    PLACEMENT,
    /** Room may come free when something ends. */
    ROOM,
    /** Certain only once the object itself is judged failed. */
    JUDGED_FAILED,
    /** Never gates readiness, so never a cause of a wait that failed; told as a warning. */
    ADVICE,
    /** Proven from the objects alone, and hurts also where nothing waits for it. */
    STATIC,
    /** Told as a cause where nothing behind it explains it. */
    STANDALONE,
    /** What to change is told by its log, not by a field. */
    LOGGED
}
