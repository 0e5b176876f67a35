package prompt_run.text;

import java.text.Normalizer;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Characters that a reader does not see but a model reads. Sources: Unicode's Default_Ignorable_Code_Point and the categories Cc and Cf.
 */
public final class Invisible {
    private static final Pattern ANSI = Pattern.compile("(?:\\x1B\\[|\\x9B)[0-9;?]*[ -/]*[@-~]|\\x1B\\][^\\x07\\x1B]*(?:\\x07|\\x1B\\\\)");
    private static final Set<Integer> VISIBLE_FORMAT = Set.of(0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2,
        0x110BD, 0x110CD);
    private static final Set<Integer> FILLERS = Set.of(0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2065, 0x3164, 0xFFA0, 0x2800);

    record Seen(String text, int removed) {
    }

    /** For text that is not Markdown (logs, messages): control and invisible characters only. */
    public static String plain(String raw) {
        return visible(raw.replaceAll("\\r\\n?", "\n")).text();
    }

    /** Without terminal sequences, control characters and everything that takes part in no glyph; composed (NFC). */
    static Seen visible(String raw) {
        int[] codes = ANSI.matcher(raw).replaceAll("").codePoints().toArray();
        var out = new StringBuilder(raw.length());
        int removed = 0;
        int last = 0;
        for (int i = 0; i < codes.length; i++) {
            int code = codes[i];
            int next = i + 1 < codes.length ? codes[i + 1] : 0;
            if (code == 0x85 || code == 0x2028 || code == 0x2029) {
                out.append('\n');
            } else if (code >= 0xD800 && code <= 0xDFFF) {
                out.append('\uFFFD');
            } else if (!is(code) || partOfEmoji(code, last, next)) {
                out.appendCodePoint(code);
                last = code;
            } else {
                removed++;
            }
        }
        return new Seen(Normalizer.normalize(out, Normalizer.Form.NFC), removed);
    }

    private static boolean is(int code) {
        int type = Character.getType(code);
        return type == Character.CONTROL && code != '\n' && code != '\t'
            || type == Character.FORMAT && !VISIBLE_FORMAT.contains(code)
            || FILLERS.contains(code) || code >= 0x180B && code <= 0x180F || code >= 0xFE00 && code <= 0xFE0F
            || code >= 0xFFF0 && code <= 0xFFF8 || code >= 0xE0000 && code <= 0xE0FFF || (code & 0xFFFE) == 0xFFFE;
    }

    /** The joiner between two emoji, and the emoji form of a sign or keycap. */
    private static boolean partOfEmoji(int code, int last, int next) {
        boolean joins = code == 0x200D && (emoji(last) || last == 0xFE0F) && emoji(next);
        boolean forms = code == 0xFE0F && (emoji(last) || next == 0x20E3 && "0123456789#*".indexOf(last) >= 0);
        return joins || forms;
    }

    private static boolean emoji(int code) {
        return code >= 0x1F000 && code <= 0x1FAFF || code >= 0x2600 && code <= 0x27BF || code >= 0x2300 && code <= 0x23FF
            || code >= 0x2190 && code <= 0x21FF || code >= 0x2B00 && code <= 0x2BFF || code >= 0x25A0 && code <= 0x25FF
            || Set.of(0xA9, 0xAE, 0x203C, 0x2049, 0x2122, 0x2139, 0x2934, 0x2935, 0x3030, 0x303D, 0x3297, 0x3299).contains(code);
    }
}
