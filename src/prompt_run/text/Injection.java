package prompt_run.text;

import java.text.Normalizer;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** Recognises text that speaks to the agent instead of describing a fault: data is then flagged, a fact is left out. */
public final class Injection {
    private static final String EARLIER = "(previous|prior|above|earlier|all|any|your|these|those|system|the)";
    private static final String NEW = "(new|updated|real|actual|important|urgent|system|additional|following)";
    private static final String DEEDS = "(now|act|run|execute|delete|print|send|export|ignore|reveal|output|approve|merge|push)";
    private static final String AGENTS = "(ai|llm|agent|assistant|codex|language model)";
    private static final String PROGRAMS = "(curl|wget|bash|sh -c|kubectl|rm|nc|python|chmod|git)";
    private static final String SECRETS = "(secret|token|credential|password|api key|environment variable|env var)s?";
    private static final String PUBLIC = "(https?:|\\b(pull request|comment|issue|pr|url|webhook)\\b)";
    private static final String CHANGES = "(run|delete|remove|disable|visit|open|download|execute|grant|apply)";
    private static final List<String> ENGLISH = List.of(
        "\\b(ignore|disregard|forget|override|bypass)\\b.{0,30}\\b" + EARLIER
            + "\\b.{0,30}\\b(instruction|rule|prompt|direction|guideline)",
        "\\b" + NEW + "\\b.{0,12}\\b(instruction|directive|order)s?\\b\\s*[:.]",
        "\\bsystem\\s*prompt\\b", "<\\|[a-z ]{2,20}\\|>", "\\[/?inst]", "^\\s*(system|assistant)\\s*:\\s+\\S",
        "\\byou (are|must|should|shall|need to|have to) " + DEEDS + "\\b",
        "\\b(as|dear|hey|attention|note to|message to|hello|hi)[ ,]+(an? |the |all )?" + AGENTS + "\\b",
        "\\b(agent|assistant|codex|llm)\\b.{0,20}\\b(must|should|please|shall|needs? to)\\b",
        "\\b(please |now |then |must |and )?(run|execute|eval|paste|type)\\b.{0,20}(`|\\$\\(|\\b" + PROGRAMS + "\\b)",
        "\\b(curl|wget)\\b[^|]{0,200}\\|\\s*(sudo\\s+)?(ba|z|da)?sh\\b",
        "\\brm\\s+-[a-z]*[rf]", "\\bgit\\s+push\\b", "\\bgh\\s+(pr|auth|secret|api|repo)\\b",
        "\\bkubectl\\s+(delete|patch|edit|apply|create|exec|scale|replace|annotate|label)\\b",
        "\\b(reveal|exfiltrate|leak)\\b.{0,30}\\b" + SECRETS,
        "\\b(print|send|post|upload|dump|echo|include|output)\\b.{0,40}\\b" + SECRETS + "\\b.{0,60}" + PUBLIC,
        "\\b(do not|don't|never) (tell|mention|report|inform|reveal|show)\\b",
        "\\b(to|for) (fix|solve|resolve|repair) (this|it)\\b.{0,40}\\b" + CHANGES + "\\b");
    private static final List<String> RUSSIAN = List.of("игнорируй", "не обращай внимания", "забудь.{0,40}(инструкц|правил)",
        "новые инструкц", "системн\\S* (промпт|инструкц)", "ты (должен|теперь|обязан)",
        "(выполни|запусти|удали|отправь)(те)?\\b.{0,40}(команд|kubectl|curl|секрет|токен|парол)");
    private static final Pattern PATTERN = Pattern.compile(String.join("|", ENGLISH) + "|" + String.join("|", RUSSIAN),
        Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);

    public static boolean in(String text) {
        return PATTERN.matcher(folded(text)).find();
    }

    /** The lines that a hit touches, also a hit that is spread over neighbours. */
    public static Set<Integer> lines(List<String> lines) {
        var hit = new TreeSet<Integer>();
        for (int i = 0; i < lines.size(); i++) {
            if (in(lines.get(i))) {
                hit.add(i);
            } else if (i + 1 < lines.size() && !in(lines.get(i + 1)) && in(lines.get(i) + " " + lines.get(i + 1))) {
                hit.add(i);
                hit.add(i + 1);
            }
        }
        return hit;
    }

    /** Compatibility forms and spacing folded, so that a wide or spaced-out letter does not help. */
    private static String folded(String text) {
        return Normalizer.normalize(Invisible.plain(text), Normalizer.Form.NFKC).replaceAll("[\\s_\\u00a0]+", " ").strip();
    }
}
