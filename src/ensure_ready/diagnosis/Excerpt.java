package ensure_ready.diagnosis;

import java.util.List;

/** The lines of a failed container's log that say most; how many are shown of how many. */
public record Excerpt(String pod, String container, boolean previous, List<String> lines, int shown, int total, boolean suspicious) { }
