package ensure_ready.model;

/** Where an object of a manifest stands: a path as given on the command line, and its first line (1-based; 0: unknown). */
public record Source(String file, int line) {
    @Override
    public String toString() {
        return line > 0 ? file + ":" + line : file;
    }
}
