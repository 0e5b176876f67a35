package shared;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Small things about texts. */
public final class Texts {
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

    /** Several lines, each of them {@link #visible}, and none a command to GitHub's runner. */
    public static String lines(String text) {
        return text.lines().map(line -> visible(line).replaceFirst("^(\\s*:)(?=:)", "$1\\\\")).collect(Collectors.joining("\n"));
    }

    /** A message on one line; nothing of it is taken away. */
    public static String oneLine(String message) {
        return message == null ? "" : message.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    public static String cut(String text, int most) {
        return text.length() <= most ? text : text.substring(0, most - 1) + "…";
    }

    /** A line that no character of it can turn into Markdown, a mention or a link. */
    public static String markdown(String line) {
        return line.replace("&", "&amp;").replace("<", "&lt;").replaceAll("([\\\\`*_\\[\\]|#~])", "\\\\$1")
            .replace("@", "@\u2060").replace("://", ":\u2060//");
    }

    public static String count(long n, String one) {
        return n + " " + one + (n == 1 ? "" : "s");
    }

    /** The same line again and again stands once, with its number. */
    public static List<String> folded(List<String> lines) {
        var folded = new ArrayList<String>();
        int from = 0;
        for (int i = 1; i <= lines.size(); i++) {
            if (i == lines.size() || !lines.get(i).equals(lines.get(from))) {
                folded.add(lines.get(from) + (i - from > 1 ? " (x" + (i - from) + ")" : ""));
                from = i;
            }
        }
        return folded;
    }
}
