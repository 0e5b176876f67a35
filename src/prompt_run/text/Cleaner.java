package prompt_run.text;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Leaves of a text what a person sees on the page: hidden HTML, attributes, image texts, link titles and invisible
 * characters go. The first pass reads the text as GitHub does (so nothing can hide behind what only we take for code);
 * later passes, after decoding, only ever remove more.
 */
public final class Cleaner {
    public record Cleaned(String text, int hidden, int invisible) {
    }

    private static final int MOST_PASSES = 12;
    private static final Pattern FENCE = Pattern.compile("(`{3,})[^`]*|(~{3,}).*");
    /** Raw HTML or a fence inside a list or quotation: from here on only a full Markdown parser knows what is code. */
    private static final Pattern UNSURE = Pattern.compile("[ \\t>*+\\-\\d.)]*<(?:[A-Za-z][A-Za-z0-9-]*(?:[\\s/>].*|$)|[!?/].*)"
        + "|[ \\t>*+\\-\\d.)]+(?:```|~~~).*");
    private static final Pattern DIAGRAM = Pattern.compile("(?:`{3,}|~{3,})[ \\t]*mermaid\\b", Pattern.CASE_INSENSITIVE);
    private static final Pattern DIAGRAM_COMMENT = Pattern.compile("(?m)^[ \\t]*%%.*\\n?");
    private static final String ATTRIBUTE = "\\s+[^\\s\"'=<>`/]++(?:\\s*=\\s*(?:\"[^\"]*+\"|'[^']*+'|[^\\s\"'=<>`]++))?";
    private static final Pattern TAG = Pattern.compile("<(/?)([A-Za-z][A-Za-z0-9-]*+)((?:" + ATTRIBUTE + ")*+)\\s*+(/?)>");
    private static final String BLOCKS = "address|article|aside|blockquote|body|center|col|dd|details|dialog|div|dl|dt|fieldset|figure"
        + "|footer|form|h[1-6]|header|hr|html|iframe|li|main|menu|nav|ol|option|p|section|source|summary|table|tbody|td|tfoot|th|thead"
        + "|title|tr|track|ul|pre|script|style|textarea";
    private static final Pattern OPEN_BLOCK = Pattern.compile("<(?i:" + BLOCKS + ")\\s[^>]*+(?:>|$)");
    private static final Pattern LINK = Pattern.compile("(?i)\\s(href|src)\\s*=\\s*[\"']?([^\\s\"'<>`]{1,500})");
    private static final String TITLE = "(?:\"(?:\\\\.|[^\"\\\\])*+\"|'(?:\\\\.|[^'\\\\])*+'|\\((?:\\\\.|[^()\\\\])*+\\))";
    private static final String ADDRESS = "(<[^<>\\n]*+>|[^\\s<(][^\\s()]*+(?:\\([^\\s()]*+\\)[^\\s()]*+)*+)";
    private static final Pattern TARGET = Pattern.compile("\\(\\s*+(?:" + ADDRESS + ")?+(\\s++" + TITLE + ")?+\\s*+\\)", Pattern.DOTALL);
    private static final Pattern DEFINITION =
        Pattern.compile("(?m)^[ \\t>*+-]*+\\[((?:\\\\.|[^\\[\\]\\\\]){1,999}+)\\]:[ \\t]*+\\n?[ \\t]*+(?:"
        + ADDRESS + ")(?:(?:[ \\t]++|[ \\t]*+\\n[ \\t]*+)" + TITLE + ")?[ \\t]*$");
    private static final Pattern FOOTNOTE = Pattern.compile("(?m)^[ \\t>*+-]*+"
        + "\\[\\^([^\\]\\s]{1,99})\\]:.*(?:\\n(?![ \\t]*\\n).*|\\n[ \\t]*(?=\\n {4}))*");
    private static final Pattern ENTITY = Pattern.compile("&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,30}));");
    private static final Map<String, String> NAMED = named("lt <", "gt >", "amp &", "quot \"", "apos '", "nbsp \u00a0", "Tab \t",
        "NewLine \n", "lbrack [", "rbrack ]", "lpar (", "rpar )", "excl !", "grave `", "shy ", "zwj ", "zwnj ", "lrm ", "rlm ",
        "ZeroWidthSpace ", "NoBreak ", "InvisibleTimes ", "InvisibleComma ", "ApplyFunction ", "it ", "ic ", "af ");

    private int hidden;
    private int invisible;

    /** The entities that can build markup, and those that are invisible; any other name stays as it is and harms nobody. */
    private static Map<String, String> named(String... entities) {
        var named = new HashMap<String, String>();
        Arrays.stream(entities)
            .forEach(entity -> named.put(entity.substring(0, entity.indexOf(' ')), entity.substring(entity.indexOf(' ') + 1)));
        return named;
    }

    public static Cleaned clean(String raw) {
        var cleaner = new Cleaner();
        var text = raw.replaceAll("\\r\\n?", "\n");
        var out = new StringBuilder();
        for (var segment : segments(text)) {
            out.append(segment.code() ? cleaner.code(segment.text()) : cleaner.prose(segment.text()));
        }
        return new Cleaned(out.toString().strip(), cleaner.hidden, cleaner.invisible);
    }

    private record Segment(boolean code, String text) {
    }

    /** Splits off the fenced code blocks that are certainly code on the page too. */
    private static List<Segment> segments(String text) {
        var segments = new ArrayList<Segment>();
        var current = new StringBuilder();
        String fence = null;
        boolean sure = true;
        for (var line : text.split("(?<=\\n)", -1)) {
            var bare = line.endsWith("\n") ? line.substring(0, line.length() - 1) : line;
            boolean closes = fence != null && bare.matches(" {0,3}" + Pattern.quote(fence) + fence.charAt(0) + "*[ \\t]*");
            var opening = FENCE.matcher(bare);
            if (fence == null && sure && opening.matches()) {
                segments.add(new Segment(false, current.toString()));
                current.setLength(0);
                fence = opening.group(1) != null ? opening.group(1) : opening.group(2);
            } else if (fence == null) {
                sure = sure && !UNSURE.matcher(bare).matches();
            }
            current.append(line);
            if (closes) {
                segments.add(new Segment(true, current.toString()));
                current.setLength(0);
                fence = null;
            }
        }
        segments.add(new Segment(fence != null, current.toString()));
        return segments;
    }

    /** Code stands on the page as it is, except what the page draws instead of showing: a diagram's comments are not in the picture. */
    private String code(String raw) {
        return visible(drawn(raw, DIAGRAM.matcher(raw).lookingAt()));
    }

    private String drawn(String raw, boolean diagram) {
        return diagram ? DIAGRAM_COMMENT.matcher(raw).replaceAll(comment -> gone()) : raw;
    }

    private String prose(String raw) {
        String before;
        var text = drawn(raw, raw.contains("mermaid"));
        int pass = 0;
        do {
            before = text;
            text = visible(scan(definitions(text), pass < MOST_PASSES));
            pass++;
        } while (!text.equals(before));
        return text;
    }

    /** Link definitions and footnotes that nothing refers to are not on the page; of the others only the address is. */
    private String definitions(String text) {
        var kept = FOOTNOTE.matcher(text).replaceAll(note ->
            used(text, "^" + note.group(1)) ? Matcher.quoteReplacement(note.group()) : gone());
        return DEFINITION.matcher(kept).replaceAll(definition -> {
            var label = definition.group(1);
            var whole = label.startsWith("^") ? definition.group()
                : used(text, label) && !address(definition.group(2)).isEmpty() ? "[" + label + "]: " + definition.group(2) : "";
            return Matcher.quoteReplacement(kept(whole, definition.group()));
        });
    }

    private String gone() {
        hidden++;
        return "";
    }

    /** Counted when more is gone of the whole than blanks and marks of lists and quotations. */
    private String kept(String kept, String whole) {
        hidden += signs(kept) < signs(whole) ? 1 : 0;
        return kept;
    }

    private static int signs(String text) {
        return text.replaceAll("[\\s>*+-]", "").length();
    }

    private static boolean used(String text, String label) {
        return Pattern.compile(Pattern.quote("[" + label + "]") + "(?!:)", Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)
            .matcher(text).find();
    }

    /** One pass from left to right, so that what begins first wins, as on the page. */
    private String scan(String text, boolean decode) {
        var out = new StringBuilder(text.length());
        int at = 0;
        while (at < text.length()) {
            char c = text.charAt(at);
            int next = switch (c) {
                case '\\' -> escaped(text, at, out);
                case '`' -> codeSpan(text, at, out);
                case '<' -> html(text, at, out);
                case '!' -> image(text, at, out);
                case ']' -> linkTarget(text, at, out);
                case '&' -> decode ? entity(text, at, out) : at;
                default -> at;
            };
            if (next == at) {
                out.append(c);
                next = at + 1;
            }
            at = next;
        }
        return out.toString();
    }

    private static int escaped(String text, int at, StringBuilder out) {
        if (at + 1 < text.length() && "\\`<!]&[".indexOf(text.charAt(at + 1)) >= 0) {
            out.append(text, at, at + 2);
            return at + 2;
        }
        return at;
    }

    /** A span within one line and one table cell; a longer one could be something else on the page. */
    private static int codeSpan(String text, int at, StringBuilder out) {
        int run = runEnd(text, at);
        for (int i = run; i < text.length() && text.charAt(i) != '\n' && text.charAt(i) != '|'; i++) {
            if (text.charAt(i) == '`') {
                int end = runEnd(text, i);
                if (end - i == run - at) {
                    out.append(text, at, end);
                    return end;
                }
                i = end - 1;
            }
        }
        out.append(text, at, run);
        return run;
    }

    private static int runEnd(String text, int at) {
        int end = at;
        while (end < text.length() && text.charAt(end) == '`') {
            end++;
        }
        return end;
    }

    private int html(String text, int at, StringBuilder out) {
        int end = text.startsWith("<!-->", at) ? at + 5 : text.startsWith("<!--->", at) ? at + 6
            : text.startsWith("<!--", at) ? after(text, "-->", at + 4) : text.startsWith("<?", at) ? after(text, "?>", at + 2)
            : text.startsWith("<![CDATA[", at) ? after(text, "]]>", at + 9) : at;
        if (end > at || text.startsWith("<!", at) && at + 2 < text.length() && Character.isLetter(text.charAt(at + 2))) {
            hidden++;
            return end > at ? end : after(text, ">", at + 2);
        }
        var tag = TAG.matcher(text).region(at, text.length());
        if (tag.lookingAt()) {
            return tag(tag, out);
        }
        var open = OPEN_BLOCK.matcher(text).region(at, text.length());
        if (startsLine(text, at) && open.lookingAt()) {
            hidden++;
            return open.end();
        }
        return at;
    }

    /** The tag with its address and nothing else; a tag nobody knows is not on the page, so its name may not speak. */
    private int tag(Matcher tag, StringBuilder out) {
        var kept = new StringBuilder("<" + tag.group(1) + tag.group(2));
        var link = LINK.matcher(tag.group(3));
        while (link.find()) {
            kept.append(' ').append(link.group(1)).append("=\"").append(address(link.group(2))).append('"');
        }
        kept.append(tag.group(4)).append('>');
        boolean speaks = tag.group(2).length() > 24 || tag.group(2).chars().filter(c -> c == '-').count() > 1;
        out.append(speaks ? gone() : kept(kept.toString(), tag.group()));
        return tag.end();
    }

    private static boolean startsLine(String text, int at) {
        int line = text.lastIndexOf('\n', at) + 1;
        return text.substring(line, at).isBlank();
    }

    private static int after(String text, String end, int from) {
        int found = text.indexOf(end, from);
        return found < 0 ? text.length() : found + end.length();
    }

    private int image(String text, int at, StringBuilder out) {
        int close = text.startsWith("![", at) ? closingBracket(text, at + 1) : -1;
        boolean image = close > 0 && (text.startsWith("(", close + 1) || text.startsWith("[", close + 1));
        if (!image) {
            return at;
        }
        hidden += close > at + 2 ? 1 : 0;
        out.append("![");
        return close;
    }

    /** The bracket that closes the one at {@code open}; brackets in code do not count where that gives an answer. */
    private static int closingBracket(String text, int open) {
        int found = closingBracket(text, open, true);
        return found > 0 ? found : closingBracket(text, open, false);
    }

    private static int closingBracket(String text, int open, boolean code) {
        int depth = 0;
        for (int i = open; i < Math.min(text.length(), open + 4000); i++) {
            char c = text.charAt(i);
            if (c == '\\') {
                i++;
            } else if (c == '`' && code) {
                i = codeSpan(text, i, new StringBuilder()) - 1;
            } else if (c == '[') {
                depth++;
            } else if (c == ']' && --depth == 0) {
                return i;
            }
        }
        return -1;
    }

    private int linkTarget(String text, int at, StringBuilder out) {
        var target = TARGET.matcher(text).region(at + 1, text.length());
        if (!target.lookingAt()) {
            return at;
        }
        out.append(kept("](" + address(target.group(1)) + ")", "]" + target.group()));
        return target.end();
    }

    /** An address is not on the page either: one that reads like a sentence to the agent, or has blanks, is left out. */
    private static String address(String address) {
        boolean speaks = address == null || address.contains(" ") || Injection.in(address.replaceAll("%[0-9A-Fa-f]{2}|[^\\p{L}]+", " "));
        return speaks ? "" : address;
    }

    private int entity(String text, int at, StringBuilder out) {
        var entity = ENTITY.matcher(text).region(at, Math.min(text.length(), at + 40));
        if (!entity.lookingAt()) {
            return at;
        }
        var decoded = entity.group(3) != null ? NAMED.get(entity.group(3))
            : character(entity.group(1) != null ? Integer.parseInt(entity.group(1)) : Integer.parseInt(entity.group(2), 16));
        if (decoded == null) {
            return at;
        }
        out.append(decoded);
        return entity.end();
    }

    private static String character(int code) {
        boolean real = Character.isValidCodePoint(code) && code != 0 && !(code >= 0xD800 && code <= 0xDFFF);
        return real ? Character.toString(code) : "\uFFFD";
    }

    private String visible(String raw) {
        var seen = Invisible.visible(raw);
        invisible += seen.removed();
        return seen.text();
    }
}
