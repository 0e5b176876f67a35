package ensure_ready.model;

import java.util.Map;

/**
 * Where an object of a manifest stands: a path as given on the command line, and its first line (1-based; 0: unknown).
 *
 * @param fields the lines of its fields by their paths ({@code spec.replicas}), where the file holds them
 */
public record Source(String file, int line, Map<String, Integer> fields) {
    public Source(String file, int line) {
        this(file, line, Map.of());
    }

    /** The line of this field, or of what it stands in; the object's where neither is known. */
    public int line(String path) {
        for (var p = path; !p.isEmpty(); p = p.substring(0, Math.max(0, Math.max(p.lastIndexOf('.'), p.lastIndexOf('['))))) {
            if (fields.containsKey(p)) {
                return fields.get(p);
            }
        }
        return line;
    }

    @Override
    public String toString() {
        return line > 0 ? file + ":" + line : file;
    }
}
