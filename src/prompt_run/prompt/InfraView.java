package prompt_run.prompt;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import prompt_run.subject.Infra;
import prompt_run.text.Injection;
import prompt_run.text.Invisible;
import prompt_run.text.Redactor;
import prompt_run.text.Untrusted;
import shared.Json;
import shared.Kubectl;
import shared.Texts;
import tools.jackson.databind.JsonNode;

/**
 * The report as the templates see it. Trusted are only codes, numbers, object names, paths of the repository and checked
 * commands; every other text stands in one fenced block of marked lines. The report is checked again here, wherever it comes from.
 */
public final class InfraView {
    /** The block, in UTF-8, in any language. */
    public static final int BLOCK_BYTES = 12 * 1024;
    public static final List<Limits> LEVELS = List.of(new Limits(5, 5, 400, 20, 40, 4096), new Limits(5, 3, 400, 20, 20, 2048),
        new Limits(5, 2, 300, 10, 12, 1200), new Limits(5, 2, 200, 6, 6, 600),
            new Limits(5, 1, 160, 4, 0, 0), new Limits(3, 1, 120, 3, 0, 0), new Limits(1, 1, 80, 2, 0, 0));
    private static final int LINE_CHARS = 300;
    private static final int FACT_CHARS = 800;
    private static final String MARK = "~| ";
    /** What reads like an instruction is told apart and not left out: real errors say what to run, too. */
    private static final String FLAG = "[?] ";
    private static final Pattern CODE = Pattern.compile("[A-Z][A-Z0-9_]{1,63}");
    private static final Pattern WORD = Pattern.compile("[a-z][a-z-]{0,19}");
    private static final Pattern KIND = Pattern.compile("[A-Za-z][A-Za-z0-9]{0,62}");
    static final Pattern OBJECT_NAME = Pattern.compile("[a-z0-9]([-a-z0-9.:]{0,250}[a-z0-9])?");
    private static final Pattern FILE = Pattern.compile("(?![/.]*\\.\\.)(?!.*/\\.\\./)[A-Za-z0-9_.@+][\\w./@+-]{0,199}");
    private static final Pattern FIELD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_./\\[\\]=-]{0,199}");
    private static final Pattern CATALOGUE_TEXT = Pattern.compile("(?!.*(?:://|`|<|>|www\\.))[\\x20-\\x7E]{1,300}");
    /** A second sentence of the scheduler, which says nothing of why. */
    private static final Pattern PREEMPTION =
        Pattern.compile("[ .]+(?:still not schedulable, |no new claims to deallocate, )?preemption: \\d+/\\d+ nodes.*");
    private static final Pattern HIDDEN = Pattern.compile("<!--.*?(?:-->|$)", Pattern.DOTALL);
    private static final Pattern LIMITED = Pattern.compile("[a-z0-9][a-z0-9 ./:,()-]{0,99}");
    private static final String WORD_OF_COMMAND = " [A-Za-z0-9][A-Za-z0-9_.,/:=-]{0,200}";
    private static final String READS = " (?:get|describe|logs|top|events|explain|api-resources)| rollout (?:status|history)| auth can-i";
    private static final String SHORT_OPTION = " -[cnl]" + WORD_OF_COMMAND + "| -[pA]| -o (?:wide|yaml|json|name)";
    private static final String LONG_OPTION = " --(?:previous|all-containers|show-labels)"
        + "| --(?:tail|since|for|sort-by|field-selector|container|namespace)[= ][A-Za-z0-9_.,/:=-]{1,200}";
    private static final Pattern COMMAND = Pattern.compile("kubectl(?: -n [a-z0-9-]{1,63})?(?:" + READS + ")"
        + "(?:" + WORD_OF_COMMAND + "|" + SHORT_OPTION + "|" + LONG_OPTION + "){0,12}");
    private static final Set<String> OUTCOMES = Set.of("ready", "timeout", "failed", "apply-failed", "prepare-failed", "no-cluster",
        "forbidden", "interrupted");

    public record Limits(int causes, int evidence, int evidenceChars, int symptoms, int logLines, int logBytes) {
    }

    private final Infra infra;
    private final Redactor redactor;
    private final String nonce;
    private final Limits limits;
    private final Map<String, String> cleaned;
    private final String agent;
    private final List<String> data = new ArrayList<>();
    private final Set<String> explained = new HashSet<>();
    private final Set<String> said = new HashSet<>();
    private final Map<String, Integer> excerpts = new HashMap<>();

    /** {@code agent}: its Deployment's name. {@code cleaned} is shared by the attempts to fit the block: cleaning is the slow part. */
    public InfraView(Infra infra, Redactor redactor, String nonce, Limits limits, Map<String, String> cleaned,
                     String agent) {
        this.infra = infra;
        this.redactor = redactor;
        this.nonce = nonce;
        this.limits = limits;
        this.cleaned = cleaned;
        this.agent = agent;
    }

    public Map<String, Object> model() {
        var report = infra.report();
        var model = new LinkedHashMap<String, Object>();
        model.put("unhealthy", infra.unhealthy());
        model.put("reported", infra.reported());
        model.put("named", infra.file() != null);
        model.put("saysReady", report.path("infraReady").asBoolean(false));
        var outcome = Json.text(report, "outcome");
        model.put("outcome", OUTCOMES.contains(outcome) ? outcome : "");
        var waited = report.path("waitedSeconds");
        model.put("waitedSeconds", waited.isNumber() ? String.valueOf(Math.round(waited.asDouble(0))) : "");
        model.put("agentExists", exists(report.path("workloads"), "deploy/" + agent));
        model.put("agentReady", report.path("agentReady").isBoolean() ? Json.text(report, "agentReady") : "");
        model.put("causes", limited(report.path("causes"), limits.causes(), this::cause));
        model.put("causesMore", more(report.path("causes"), limits.causes()));
        var broken = brokenWorkloads(report.path("workloads"));
        model.put("workloads", broken.stream().limit(limits.symptoms()).map(this::workload).toList());
        model.put("workloadsMore", Math.max(0, broken.size() - limits.symptoms()));
        model.put("workloadsTotal", report.path("workloads").size());
        model.put("unexplained", limited(report.path("unexplained"), limits.symptoms(), this::symptom));
        model.put("unexplainedMore", more(report.path("unexplained"), limits.symptoms()));
        report.path("warnings").forEach(warning -> say("warning",
            warning.isString() ? warning.asString("") : code(warning.path("code")) + " " + Json.text(warning, "message")));
        model.put("limited", limitations(report.path("limited")));
        model.put("data", block());
        model.put("flagged", (int) data.stream().filter(line -> line.startsWith(FLAG)).count());
        return model;
    }

    private static boolean exists(JsonNode workloads, String object) {
        return workloads.valueStream().anyMatch(workload -> object(workload).equals(object));
    }

    private static List<JsonNode> brokenWorkloads(JsonNode workloads) {
        return workloads.valueStream()
            .filter(workload -> !Set.of("ready", "suspended", "unverified").contains(Json.text(workload, "state"))).toList();
    }

    private static List<Map<String, Object>> limited(JsonNode list, int most, Function<JsonNode, Map<String, Object>> view) {
        return list.valueStream().limit(most).map(view).toList();
    }

    private static int more(JsonNode list, int most) {
        return Math.max(0, list.size() - most);
    }

    private Map<String, Object> workload(JsonNode workload) {
        var view = new LinkedHashMap<String, Object>();
        view.put("object", object(workload));
        view.put("state", word(workload.path("state")));
        view.put("ready", workload.path("ready").asInt(0));
        view.put("desired", workload.path("desired").asInt(0));
        if (!explained.contains(object(workload))) {
            say(object(workload), Json.text(workload, "message"));
        }
        return view;
    }

    private Map<String, Object> symptom(JsonNode symptom) {
        var what = symptom.has("object") ? symptom.path("object") : symptom;
        return Map.of("object", object(what), "code", code(symptom.path("code")));
    }

    private int causeNumber;

    private Map<String, Object> cause(JsonNode cause) {
        causeNumber++;
        var view = new LinkedHashMap<String, Object>();
        var fix = cause.path("fix");
        view.put("code", code(cause.path("code")));
        view.put("severity", word(cause.path("severity")));
        view.put("basis", word(cause.path("basis")));
        view.put("object", object(cause.path("object")));
        view.put("owner", cause.path("owner").isMissingNode() || cause.path("owner").isNull() ? "" : object(cause.path("owner")));
        view.put("container", matching(OBJECT_NAME, cause.path("container")));
        view.put("scope", word(fix.path("scope")));
        view.put("action", matching(CODE, fix.path("action")));
        view.put("text", fixText(Json.text(fix, "text")));
        view.put("files", texts(fix.path("files"), this::file));
        view.put("next", texts(cause.path("next"), InfraView::command));
        view.put("explains", limited(cause.path("explains"), limits.symptoms(), this::symptom));
        view.put("explainsTotal", cause.path("explains").size());
        view.put("explainsMore", more(cause.path("explains"), limits.symptoms()));
        named(view.get("object"), view.get("owner"));
        cause.path("explains").forEach(symptom -> named(symptom(symptom).get("object")));
        view.put("facts", cause.path("facts").size() > 0);
        var log = log(cause.path("logExcerpt"));
        var facts = facts(cause, String.join("\n", log));
        evidence(cause.path("evidence"), Map.of("log", String.join("\n", log), "spec", facts));
        data.addAll(log);
        return view;
    }

    /** The catalogue's sentence when it can only be one; anything else is data like the rest. */
    private String fixText(String text) {
        if (CATALOGUE_TEXT.matcher(text).matches() && !Injection.in(text)) {
            return redactor.mask(text);
        }
        say("[" + causeNumber + "] fix", text);
        return "";
    }

    /** The values that decide, one object after the other, and what could stand in their place; as they are shown. */
    private String facts(JsonNode cause, String log) {
        var lines = new LinkedHashMap<String, String>();
        cause.path("facts").forEach(f -> {
            var at = Json.text(f, "at").split(" ", 2);
            var value = flat(Json.text(f, "value"));
            if (!at[0].equals("log") || !log.contains(value)) {
                lines.merge(at[0], (at.length < 2 ? "" : at[1] + "=") + value, (a, b) -> a + "; " + b);
            }
        });
        var shown = String.join(" ", lines.values());
        var others = texts(cause.path("candidates"), c -> flat(c.asString(""))).stream()
            .filter(c -> !shown.contains("=" + c.replaceFirst(" \\(.*", ""))).collect(Collectors.joining("; "));
        lines.merge(lines.isEmpty() ? "found" : lines.keySet().iterator().next(), others, (a, b) -> b.isEmpty()
            ? a : a + "; found: " + b);
        lines.forEach((object, text) -> say("[" + causeNumber + "] " + flat(object), text, false, FACT_CHARS));
        return String.join("\n", lines.values()) + " " + String.join(" ", lines.keySet());
    }

    /** {@code shown}: what the log and the facts show; it is not said again, nor what another line has said. */
    private void evidence(JsonNode evidence, Map<String, String> shown) {
        for (int i = 0; i < Math.min(evidence.size(), limits.evidence()); i++) {
            var item = evidence.path(i);
            int count = item.path("count").asInt(0);
            var where = String.join(" ", "[" + causeNumber + "] " + word(item.path("source")),
                matching(FIELD, item.path("path")), reason(item),
                count > 1 ? "x" + count : "").replaceAll(" +", " ").strip();
            var message = PREEMPTION.matcher(Json.text(item, "message")).replaceFirst("");
            if (!shown.getOrDefault(Json.text(item, "source"), "").contains(flat(message))
                && (flat(message).length() < 40 || said.add(flat(message)))) {
                say(where, message, item.path("suspicious").asBoolean(false));
            }
        }
        if (evidence.size() > limits.evidence()) {
            data.add("[" + causeNumber + "] [cut: " + (evidence.size() - limits.evidence()) + " more pieces of evidence]");
        }
    }

    private static String reason(JsonNode item) {
        var reason = Json.text(item, "reason");
        return reason.matches("[A-Za-z][A-Za-z0-9]{0,63}") ? reason : "";
    }

    private void named(Object... objects) {
        Stream.of(objects).forEach(object -> explained.add(object.toString()));
    }

    /** A heading and the excerpt's last lines; an excerpt that another cause has shown is only referred to. */
    private List<String> log(JsonNode excerpt) {
        var lines = new ArrayList<String>();
        excerpt.path("lines").forEach(line -> clean(line.asString("")).lines().forEach(part -> lines.add(middleCut(LINE_CHARS, part))));
        if (lines.isEmpty()) {
            return List.of();
        }
        var all = Texts.folded(lines);
        var kept = lastOf(all.subList(Math.max(0, all.size() - limits.logLines()), all.size()));
        int total = Math.max(lines.size(), excerpt.path("total").asInt(0));
        var head = "log " + matching(OBJECT_NAME, excerpt.path("pod")) + " " + matching(OBJECT_NAME, excerpt.path("container"))
            + (excerpt.path("previous").asBoolean(false) ? " (previous run)" : "");
        var first = excerpts.putIfAbsent(head + kept, causeNumber);
        kept.addFirst("[" + causeNumber + "] " + head + ": " + (first != null ? "see [" + first + "]"
            : (kept.size() < all.size() ? "the last " + kept.size() + " of " : "") + Texts.count(total, "line")));
        return first == null ? kept : kept.subList(0, 1);
    }

    private LinkedList<String> lastOf(List<String> lines) {
        var suspicious = Injection.lines(lines);
        var kept = new LinkedList<String>();
        int bytes = 0;
        for (int i = lines.size() - 1; i >= 0 && bytes <= limits.logBytes(); i--) {
            var line = (suspicious.contains(i) ? FLAG : "") + lines.get(i);
            bytes += Untrusted.bytes(line) + MARK.length() + 1;
            if (bytes <= limits.logBytes()) {
                kept.addFirst(line);
            }
        }
        return kept;
    }

    private void say(String label, String text) {
        say(label, text, false);
    }

    /** A text that is not ours: into the fenced block, flagged when it reads like an instruction. */
    private void say(String label, String text, boolean suspicious) {
        say(label, text, suspicious, limits.evidenceChars());
    }

    private void say(String label, String text, boolean suspicious, int most) {
        var line = middleCut(most, flat(text));
        if (!line.isBlank()) {
            data.add((suspicious || Injection.in(line) ? FLAG : "") + label + ": " + line);
        }
    }

    private String flat(String text) {
        return clean(text).strip().replaceAll("\\s*\\n\\s*", " / ");
    }

    /** Masked before anything is cut, without characters that a reader does not see, and unable to close the fence. */
    private String clean(String text) {
        return cleaned.computeIfAbsent(text, raw ->
            Untrusted.escaped(redactor.mask(HIDDEN.matcher(Invisible.plain(raw)).replaceAll("")), nonce));
    }

    public static String middleCut(int limit, String text) {
        if (text.length() <= limit) {
            return text;
        }
        int head = limit * 2 / 3;
        int tail = text.length() - (limit - head);
        head -= Character.isHighSurrogate(text.charAt(head - 1)) ? 1 : 0;
        tail += Character.isLowSurrogate(text.charAt(tail)) ? 1 : 0;
        return text.substring(0, head) + "[cut: " + Texts.count(tail - head, "character") + "]" + text.substring(tail);
    }

    private String block() {
        if (data.isEmpty()) {
            return "";
        }
        var block = new StringBuilder("<cluster-data nonce=\"" + nonce + "\">\n");
        data.forEach(line -> block.append(MARK).append(line).append('\n'));
        return block.append("</cluster-data nonce=\"").append(nonce).append("\">").toString();
    }

    private String limitations(JsonNode limited) {
        var parts = texts(limited, part -> matching(LIMITED, part));
        limited.forEach(part -> {
            if (matching(LIMITED, part).isEmpty()) {
                say("limited", part.asString(""));
            }
        });
        return String.join("; ", parts);
    }

    static List<String> texts(JsonNode list, Function<JsonNode, String> view) {
        return list.valueStream().map(view).filter(text -> !text.isEmpty()).limit(5).toList();
    }

    private String file(JsonNode file) {
        var path = file.isString() ? file.asString("") : Json.text(file, "path");
        int line = file.path("line").asInt(0);
        return FILE.matcher(path).matches() ? path + (line > 0 ? ":" + line : "") : "";
    }

    static String matching(Pattern pattern, JsonNode value) {
        var text = value.asString("");
        return pattern.matcher(text).matches() && !Injection.in(text.replaceAll("[-_./]", " ")) ? text : "";
    }

    /** A command that only reads, and reads no Secret's values. */
    private static String command(JsonNode value) {
        var command = matching(COMMAND, value);
        return command.matches("(?i).*[ ,]secrets?([ ,/.].*)?") && command.matches(".* (-o|--output)\\b.*") ? "" : command;
    }

    static String code(JsonNode value) {
        return or(matching(CODE, value), "UNKNOWN");
    }

    private static String word(JsonNode value) {
        return or(matching(WORD, value), "unknown");
    }

    private static String or(String text, String otherwise) {
        return text.isEmpty() ? otherwise : text;
    }

    /** {@code deploy/web}, from {@code {kind, name}} or from text; a name that Kubernetes would not allow is not repeated. */
    static String object(JsonNode value) {
        var parts = value.isString() ? value.asString("").split("/", 2)
            : new String[] {Json.text(value, "kind"), Json.text(value, "name")};
        var name = parts.length == 2 ? parts[1] : "";
        boolean valid = KIND.matcher(parts[0]).matches() && OBJECT_NAME.matcher(name).matches()
            && !Injection.in(name.replaceAll("[-.:]", " "));
        return valid ? Kubectl.ref(parts[0], name) : "object/(name withheld)";
    }
}
