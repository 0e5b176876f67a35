package prompt_run.machine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import shared.Texts;

/** Files of our own. */
public final class Disk {
    public static Path temporary(String name) {
        try {
            return Files.createTempDirectory(name);
        } catch (IOException problem) {
            throw new UncheckedIOException("no temporary folder can be made", problem);
        }
    }

    public static void append(Path file, byte[] data) {
        try {
            Files.write(file, data, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException problem) {
            throw new UncheckedIOException(file + " cannot be written", problem);
        }
    }

    public static void copyIfThere(Path from, Path to) throws Broken {
        try {
            Files.deleteIfExists(to);
            if (Files.exists(from)) {
                Files.copy(from, to, StandardCopyOption.COPY_ATTRIBUTES); // the time of an index is part of what it says
            }
        } catch (IOException problem) {
            throw new Broken(from + " cannot be read: " + Texts.oneLine(problem.getMessage()));
        }
    }

    public static void delete(Path folder) {
        try (var all = Files.walk(folder)) {
            all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
        } catch (IOException gone) {
            // nothing is left to delete
        }
    }
}
