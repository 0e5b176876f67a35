package ensure_ready.diagnosis;

import ensure_ready.model.Obj;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** The existing name that somebody may have meant. */
public final class NearMiss {
    static String of(String name, List<Obj> among) {
        return among.stream().map(Obj::name).filter(n -> near(n, name))
            .min(Comparator.comparingInt((String n) -> distance(n, name)).thenComparing(Comparator.naturalOrder())).orElse("");
    }

    static boolean near(String n, String name) {
        return !n.equals(name) && (n.startsWith(name) || name.startsWith(n) || distance(n, name) <= Math.max(2, name.length() / 4));
    }

    static int distance(String a, String b) {
        var row = IntStream.rangeClosed(0, b.length()).toArray();
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int above = row[j];
                row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
                diagonal = above;
            }
        }
        return row[b.length()];
    }
}
