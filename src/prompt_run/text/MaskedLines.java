package prompt_run.text;

import java.util.regex.Pattern;

/** Masks a text that arrives line by line: a private key is hidden from its first line to its last. */
public final class MaskedLines {
    private static final Pattern OPEN = Pattern.compile("-----BEGIN [A-Z0-9 ]+-----(?!(?s:.*)-----END )");
    /** A key of 16384 bits has 200; what goes on longer only looked like the beginning of one. */
    private static final int KEY_LINES = 200;

    private final Redactor redactor;
    private int inKey;

    public MaskedLines(Redactor redactor) {
        this.redactor = redactor;
    }

    public String next(String line) {
        var text = inKey > 0 ? "-----BEGIN KEY-----\n" + line : line;
        inKey = inKey < KEY_LINES && OPEN.matcher(text).find() ? inKey + 1 : 0;
        return redactor.mask(text).replace("\n", "");
    }
}
