package ensure_ready.catalogue;

import java.util.regex.Pattern;

/**
 * What is looked for inside a message: whether it occurs, or the name, port or key that it tells. Which code a text stands for say {@link
 * Messages}.
 */
public enum Phrase {
    MISSING("(?i)(?:secrets?|configmaps?|persistentvolumeclaims?|serviceaccounts?) \"([^\"]+)\" not found"),
    /** The key, the kind and the name of what lacks it. */
    KEY("(?i)couldn't find key (\\S+) in (Secret|ConfigMap) [^/\\s]+/([^\\s,;]+)"),
    VOLUME_KEY("(?i)references non-existent (?:config|secret) key: (\\S+)"),
    VOLUME("for volume \"([^\"]+)\""),
    PULL_SECRETS("image pull secrets \\(([^)]*)\\)"),
    TAINT("untolerated taint(?:\\(s\\))? \\{([^}:]+)(?::\\s*[^}]*)?\\}"),
    CONTROL_PLANE("(node-role\\.kubernetes\\.io/(?:control-plane|master))"),
    QUOTA("(?:exceeded|failed) quota: ([^,:\\s]+)"),
    ACCOUNT("(?:looking up service account [^/\\s]+/|serviceaccounts? \")([^:\"\\s]+)"),
    CONVERSION("conversion webhook for"),
    WEBHOOK("webhook \"([^\"]+)\""),
    CLASS("\"([^\"]*)\" not found"),
    /** The verb and the resource. */
    FORBIDDEN("(?i)cannot (\\w+) resource \"?([\\w./-]+)\"?"),
    /** In capitals, or alone in its line. */
    VARIABLE("(?m)((?<!\\w)[A-Z][A-Z0-9]*_[A-Z0-9_]+\\b|^[a-z][\\w.]+$)"),
    PORT("(?i)\\bport[ :=]+(\\d{2,5})"),
    PROBE_PORT(":(\\d{1,5})(?:[/\":]|$)"),
    STATUS_404("(?i)status ?code:? ?404"),
    REFUSAL("(?i)refused"),
    REFUSED("(?i)connection refused|actively refused"),
    /** The runtime is only slow or still busy with the last try. */
    START_AGAIN("context deadline exceeded|is reserved for"),
    SCRIPT("([^\\s\"]+\\.(?:sh|bash|py|rb|pl|js))\"?: exec format error"),
    /** A command that does nothing for ever. */
    ENDLESS("\\bsleep\\s+(inf(inity)?|\\d{5,}|\\d+[dh])\\b|\\btail\\s+-f\\s+/dev/null"),
    ERROR("(?i)\\b" + any("\\w*error", "\\w*exception", "fatal", "panic", "traceback", "fail(ed|ure)?", "can(no|')t", "could(n't| not)",
        "unable", "invalid", "(un|not )defined", "unknown", "missing", "bad", "unexpected", "segmentation fault", "killed", "abort(ed)?",
        "not (found|defined)", "no such file", "denied", "refus\\w+", "must") + "\\b"),
    /** What a program says of its end, whatever led to it. */
    END("(?i)^npm |(?:\\b(?:abort|exit(?:ing|ed| status| code)|shut|terminat|died|startup|(?:fail\\w*|unable) to (?:start|boot|initiali)"
        + "|failed running|(?:initiali[sz]ation|boot) failed|for more)|traceback|: undefined|^\\d+ error)[^:]*:?$"),
    /** A program says so without being hurt. */
    INFO("^(?:I\\d{4} |.{0,60}?(?:(?<!')\\b(?:INFO|NOTICE|DEBUG)\\b|\\[Note\\]))|\"s\":\"I\"|(?i)\\blevel\\W{1,4}(?:info|debug)"
        + "|default(?:s|ing)? to|using (?:the )?default|falling back|optional|, .{0,30}disabled"),
    WARNING(INFO.pattern + "|^.{0,60}?\\b(?i:warn)"),
    CONNECTED("(?i)(?:(?<!not |dis)connected to|discovered group) (?:the )?([\\w.-]+)"),
    NO_NAME("(?i)" + any("no such host", "\\bENOTFOUND", "bad address", "unknown ?(?:(?:\\w+ )?server )?host",
        "address of host", "No resolvable", "resolve (?:server|address|host)", "resolution failed", "<unresolved>", "can't resolve",
        "host not found", "name or service not known", "does not resolve", "NXDOMAIN", "failed to resolve")),
    UNKNOWN_HOST("(?i)" + any("lookup ", "ENOTFOUND ", "EAI_AGAIN ", "translate host name \"", "bad address '", "UnknownHostException: ",
        "unknown host:? ?'?", "address of host:? ", "resolve (?:server|host|address):? ?['\"]?", "can't resolve '", "in upstream \"",
        "can't find ", "getaddrinfo for ", "Failed to resolve (?:host )?'?", "Name does not resolve:? ?", "host '", "tcp connect \\(",
        "Error -\\d+ connecting to ", "for target (?:dns:/*)?", "connect to (?=\\S+/<unresolved>)",
        "(?<![\\w.-])(?=[\\w.-]+:\\d{2,5}: \\[Errno -)") + "([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)"),
    DNS_DOWN("(?i)" + any("EAI_AGAIN", "temporary failure", "server misbehaving", "SERVFAIL", "lookup .*(i/o timeout|timed? ?out|refused)",
        "no servers could be reached")),
    /** A host that is not there, or where nobody listens; slow, broken or mistrusted ones may still come to themselves. */
    NO_HOST("(?i)no such host|name or service not known|connect: (connection refused|no route to host|network is unreachable)"),
    /** A command that the container's image does not have. */
    NO_PROGRAM("exec: \"[^\"]*\": (executable file not found|stat .*: no such file)"),
    /** The schema that a migration makes is not there. */
    SCHEMA("(?i)pending ?migration|migrations? (?:is|are) pending|unapplied migration"
        + "|\\b(?:relation|table|column)\\b.{1,80}does(?:n't| not) exist"
        + "|no such (?:table|column)|undefined ?table|schema .{0,20}(?:out of date|not up to date)"),
    /** What makes it, by its name or its command. */
    MIGRATES("(?i)migrat|schema|alembic|flyway|liquibase|db[-_:](?:init|setup|seed|push)"),
    NO_DATABASE("(?i)database \\W?[\\w-]+\\W? does not exist|unknown database "),
    DENIED("(?i)permission denied|read-only file ?system|operation not permitted"
        + "|\\bEACCES\\b|\\bEROFS\\b|\\bEPERM\\b|access (?:to the path .* )?(?:is )?denied"),
    /** A frame of a stack, which only repeats names, or what the program answered to who asked it. */
    ASIDE("^\\s+(?:at [\\w.$<>\\[\\]/ ]+[ (]|from \\S+:\\d+:in |--?\\w)"
        + "|\\[\\d+\\] (?:FATAL|DETAIL|ERROR): .*(?:authentication|pg_hba|[Rr]ole |relation )|login refused: user|\\bHINT: "
        + "|\\bstatus\\W{1,3}[1-5]\\d\\d\\b.*\\bpath\\W{1,3}/"
        + "|\\b(?:GET|HEAD|POST|PUT|DELETE|PATCH) /\\S* (?:HTTP/[\\d.]+\"? )?[1-5]\\d\\d\\b"),
    /** A probe was answered, and by somebody who wants to know who asks. */
    STATUS_LOGIN("(?i)status ?code:? ?40[13]"),
    CERTIFICATE("(?i)certificate|x509|PKIX|\\b(?:SSL|TLS)\\b"),
    /** The loader's words, which end as a missing command does. */
    LIBRARY("(?i)shared (?:library|libraries|object file)"),
    /** A server's own words that it is there and not ready yet. */
    STARTS("(?i)database system is (?!ready)|is loading the dataset"),
    /** An error of talking to another, which a wrong address explains. */
    TALKS("(?i)protocol|\\bEOF\\b|handshake|\\bstream|connect|transport|socket|upstream|broker|timed? ?out"),
    HEAP("(?i)out of ?memory|\\bheap\\b|MemoryError"),
    LISTENS("(?i)\\b(?:listen|serving|bound to|running (?:on|at)|started (?:on|at))"),
    /** An address that no other pod and no kubelet reaches, and its port. */
    LOOPBACK("((?:127\\.0\\.0\\.1|localhost|\\[::1\\]):(\\d{2,5}))"),
    SLOW("(?i)timed? ?out|timeout|ETIMEDOUT|deadline exceeded|SYN_SENT"),
    /** {@code group/version} that Kubernetes served once and removed (the deprecation guide). */
    REMOVED_API("\\b" + any("extensions/v1beta1", "apps/v1beta[12]", any("networking", "policy", "rbac\\.authorization", "apiextensions",
        "storage", "admissionregistration", "scheduling", "coordination", "certificates", "events", "discovery", "node")
        + "(\\.k8s\\.io)?/v1beta1", "batch/(v1beta1|v2alpha1)", "autoscaling/v2beta[12]", "flowcontrol\\.apiserver\\.k8s\\.io/v1beta[123]")
        + "(?![\\w])"),
    /** Text that talks to a reader who takes orders; "cannot execute command" and "not allowed to run" tell what happened. */
    ORDERS("(?i)" + any("\\b(ignore|disregard|forget|override)\\b.{0,40}\\b"
        + "(previous|prior|above|all|earlier|system|instruction|prompt|rule)",
        "\\byou (are|must|should|will) now\\b", "\\b(system|assistant|developer) ?(prompt|message)\\b",
        "(?<![a-z]{2} )\\b(system|assistant|developer):\\s",
        "\\bas an ai\\b", "</?(system|assistant|user|instructions?|tool)\\b", "\\bnew instructions?\\b",
        "\\bdo not (tell|mention|report)\\b", "curl .{0,80}\\|\\s*(ba)?sh", "\\bplease (run|delete|execute|approve|merge)\\b",
        "(?<!(?<!need|have) to |not |n't )\\b(run|execute|type|paste)\\b.{0,30}\\b(command|following|curl|bash|kubectl|rm)\\b"));

    private final Pattern pattern;

    Phrase(String pattern) {
        this.pattern = Pattern.compile(pattern);
    }

    private static String any(String... alternatives) {
        return "(?:" + String.join("|", alternatives) + ")";
    }

    public boolean occurs(String text) {
        return pattern.matcher(text).find();
    }

    /** What stands in the phrase's place for a name, or an empty text. */
    public String in(String text) {
        return in(text, 1);
    }

    /** The same of a phrase that has more than one such place. */
    public String in(String text, int place) {
        var match = pattern.matcher(text);
        return match.find() ? match.group(place) : "";
    }
}
