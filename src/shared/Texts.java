package shared;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small things about texts and files. */
public final class Texts {
    private Texts() { }

    public static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalArgumentException("cannot be read: " + e.getMessage());
        }
    }

    public static String all(Process process) {
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A line that may keep its indentation. */
    public static String visible(String text) {
        var line = line(text);
        return " ".repeat(text.length() - text.stripLeading().length()) + line;
    }

    /**
     * One line without control characters, so that no text of a cluster can steer a terminal or a log; GitHub's runner still takes
     * its old commands ({@code ##[stop-commands]…}) from anywhere in a line.
     */
    public static String line(String text) {
        return text.replaceAll("\\R+", " ").replaceAll("[\\p{Cc}\\p{Cf}]", "").replace("##[", "## [").strip();
    }

    /** A message on one line; nothing of it is taken away. */
    public static String oneLine(String message) {
        return message == null ? "" : message.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    public static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most - 1) + "…";
    }

    public static String count(long n, String one) {
        return n + " " + one + (n == 1 ? "" : "s");
    }
}
