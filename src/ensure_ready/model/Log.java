package ensure_ready.model;

import java.util.List;

/** The tail of a container's log; {@code previous} when it is of the run before the last restart. */
public record Log(String pod, String container, boolean previous, List<String> lines) { }
