package ensure_ready.diagnosis;

import java.util.List;

public record Excerpt(String pod, String container, boolean previous, List<String> lines, int shown, int total, boolean suspicious) { }
