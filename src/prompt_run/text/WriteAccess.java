package prompt_run.text;

import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Who is heard: people with write access, and whoever is allowed by name; {@code anyAuthor} hears everybody, and says so. */
public record WriteAccess(Set<String> allowed, boolean anyAuthor) {
    static final Pattern LOGIN = Pattern.compile("[A-Za-z0-9-]{1,39}(\\[bot])?");
    private static final Set<String> WRITERS = Set.of("OWNER", "MEMBER", "COLLABORATOR");
    private static final Set<String> MAY_WRITE = Set.of("admin", "maintain", "write");

    /** {@code a,b}, {@code a b} or the JSON list that a repository variable often holds. */
    public static Set<String> logins(String list) {
        var logins = new LinkedHashSet<String>();
        LOGIN.matcher(list == null ? "" : list).results().forEach(login -> logins.add(login.group().toLowerCase(Locale.ROOT)));
        return logins;
    }

    public boolean byName(Said said) {
        return allowed.contains(login(said));
    }

    /** {@code permission} is the API's word; null where it does not tell: then the association counts. */
    public static boolean mayWrite(Said said, String permission) {
        if (permission != null) {
            return MAY_WRITE.contains(permission);
        }
        // GitHub always sends the association; an event without one was written by the caller
        return said.association() == null ? !said.source().contains("comment") : WRITERS.contains(said.association());
    }

    public static String login(Said said) {
        return said.author() == null ? "" : said.author().toLowerCase(Locale.ROOT);
    }
}
