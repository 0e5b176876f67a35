package prompt_run.remote;

import java.util.Arrays;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Paths that come from the agent. */
public final class SafePaths {
    private static final Pattern GIT_FOLDER = Pattern.compile("(?i)\\.git[ .]*|git~\\d+|\\.git:.*");

    public static boolean inside(String path) {
        return !path.startsWith("/") && !path.contains("\\") && Arrays.stream(path.split("/", -1))
            .noneMatch(part -> part.isEmpty() || part.equals(".") || part.equals("..")
            || GIT_FOLDER.matcher(part.replaceAll("\\p{Cf}", "")).matches());
    }

    /** What follows a name may lie behind another link: from there no {@code ..} is one's own folder's. */
    public static boolean linkInside(String path, String target) {
        var names = Stream.of(target.split("/")).filter(name -> !name.isEmpty() && !name.equals(".")).toList();
        int up = (int) names.stream().takeWhile(".."::equals).count();
        var rest = String.join("/", names.subList(up, names.size()));
        return !target.isEmpty() && !target.startsWith("/") && up < path.split("/").length && (rest.isEmpty() || inside(rest));
    }
}
