package prompt_run.text;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import shared.Texts;

/** Chooses and prepares what people wrote: only from people with write access, only as it was when the label was set. */
public final class Untrusted {
    static final int ITEM_BYTES = 16 * 1024;
    static final int TOTAL_BYTES = 64 * 1024;
    private static final String COMMANDS = "add-mask|add-matcher|add-path|debug|echo|endgroup|error|group|notice|remove-matcher"
        + "|save-state|set-env|set-output|stop-commands|warning|internal-[a-z-]+";
    private static final Pattern RUNNER_COMMAND = Pattern.compile("((?:(?m:^)\\s*:|##))(?=[:\\[](?:" + COMMANDS + ")\\b)");
    private static final Pattern LOOKS_LIKE_FENCE = Pattern.compile("[<\uFF1C\uFE64\u2039\u276E\u27E8]"
        + "(?=[\\s/\\\\\uFF0F]*(?:untrusted|cluster-data))", Pattern.CASE_INSENSITIVE);

    private final Predicate<Said> trusted;
    private final Redactor redactor;
    private final boolean anyAuthor;
    private final String nonce;
    private int outsiders;
    private int late;
    private int cut;
    private int hidden;
    private int invisible;

    public Untrusted(Predicate<Said> trusted, Redactor redactor, boolean anyAuthor, String nonce) {
        this.trusted = trusted;
        this.redactor = redactor;
        this.anyAuthor = anyAuthor;
        this.nonce = nonce;
    }

    public Conversation prepare(List<Said> opening, List<Said> replies, Instant asOf, Gaps gaps) {
        var first = opening.stream().filter(this::takes).map(this::fenced).toList();
        boolean withheld = outsiders > 0;
        outsiders = 0;
        int left = TOTAL_BYTES - first.stream().mapToInt(Untrusted::bytes).sum();
        var rest = newest(replies.stream().filter(said -> inTime(said, asOf)).filter(this::takes).toList(), left);
        var title = withheld || opening.isEmpty() ? "" : prepared(opening.get(0)).replaceAll("\\s+", " ");
        return new Conversation(title, String.join("\n", first), String.join("\n", rest),
            withheld, gaps, outsiders, late, cut, hidden, invisible);
    }

    private boolean inTime(Said said, Instant asOf) {
        boolean inTime = asOf == null || said.changed() != null && !said.changed().isAfter(asOf);
        late += inTime ? 0 : 1;
        return inTime;
    }

    private boolean takes(Said said) {
        boolean takes = !said.text().isBlank() && (anyAuthor || trusted.test(said));
        outsiders += takes || said.text().isBlank() ? 0 : 1;
        return takes;
    }

    /** From the newest back to the oldest until the room is used up; what is left out is counted. */
    private List<String> newest(List<Said> replies, int room) {
        var kept = new LinkedList<String>();
        int left = room;
        for (int i = replies.size() - 1; i >= 0; i--) {
            var block = fenced(replies.get(i));
            left -= bytes(block);
            if (left < 0) {
                cut = i + 1;
                kept.addFirst("[cut: " + cut + " older items]");
                break;
            }
            kept.addFirst(block);
        }
        return kept;
    }

    private String fenced(Said said) {
        var who = said.author() != null && WriteAccess.LOGIN.matcher(said.author()).matches() ? said.author() : "unknown";
        var access = anyAuthor && !trusted.test(said) ? "none" : "trusted";
        return "<untrusted nonce=\"" + nonce + "\" source=\"" + said.source() + "\" author=\"" + who + "\" access=\"" + access + "\">\n"
            + prepared(said) + "\n</untrusted nonce=\"" + nonce + "\">";
    }

    private String prepared(Said said) {
        var cleaned = cleaned(said.text());
        hidden += cleaned.hidden();
        invisible += cleaned.invisible();
        return cutTo(ITEM_BYTES, escaped(redactor.mask(cleaned.text()), nonce));
    }

    /** A text made to exhaust the cleaning is left out: uncleaned it must not pass. */
    private static Cleaner.Cleaned cleaned(String text) {
        try {
            return Cleaner.clean(text);
        } catch (StackOverflowError madeToBreak) {
            return new Cleaner.Cleaned("[withheld: this text cannot be cleaned]", 1, 0);
        }
    }

    /** Nothing inside may look like the end of the fence, nor, when the prompt is printed in a CI log, like a command to the runner. */
    public static String escaped(String text, String nonce) {
        var harmless = RUNNER_COMMAND.matcher(text).replaceAll("$1\\\\");
        return LOOKS_LIKE_FENCE.matcher(nonce.isEmpty() ? harmless : harmless.replace(nonce, "[nonce]")).replaceAll("<\\\\\\\\");
    }

    public static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** At most {@code limit} bytes of UTF-8 plus a mark that says how much is missing. */
    public static String cutTo(int limit, String text) {
        byte[] all = text.getBytes(StandardCharsets.UTF_8);
        if (all.length <= limit) {
            return text;
        }
        int end = limit;
        while ((all[end] & 0xC0) == 0x80) {
            end--;
        }
        return new String(all, 0, end, StandardCharsets.UTF_8) + "\n[cut: " + Texts.count(all.length - end, "byte") + "]";
    }
}
