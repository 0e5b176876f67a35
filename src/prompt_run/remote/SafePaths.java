package prompt_run.remote;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;

/** Paths that come from the agent. */
public final class SafePaths {
    private static final Pattern GIT_FOLDER = Pattern.compile("(?i)\\.git[ .]*|git~\\d+|\\.git:.*");

    private SafePaths() { }

    public static boolean inside(String path) {
        return !path.startsWith("/") && !path.contains("\\") && Arrays.stream(path.split("/", -1))
            .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals("..")
            || GIT_FOLDER.matcher(part.replaceAll("\\p{Cf}", "")).matches());
    }

    public static boolean linkInside(String path, String target) {
        if (target.startsWith("/") || target.isEmpty()) {
            return false;
        }
        var end = Path.of(path).resolveSibling(target).normalize();
        return !end.startsWith("..") && (end.toString().isEmpty() || inside(end.toString()));
    }
}
