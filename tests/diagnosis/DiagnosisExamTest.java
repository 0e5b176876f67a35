import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Whole namespaces as an API server returns them, with the causes that a person decided on before the rules were run:
 * fixtures/exam, one file a namespace, what is expected in its head.
 */
class DiagnosisExamTest {
    private static final Path FOLDER = Path.of("tests", "fixtures", "exam");
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final List<String> READ = List.of("Pod", "Deployment", "ReplicaSet",
        "StatefulSet", "DaemonSet", "Job", "CronJob", "Service", "EndpointSlice", "Ingress", "PersistentVolumeClaim",
        "ResourceQuota", "HorizontalPodAutoscaler", "Event", "Secret", "ConfigMap",
            "ServiceAccount", "NetworkPolicy", "RoleBinding", "Role", "Node", "StorageClass", "PersistentVolume", "IngressClass");
    private static final Map<String, String> PLURALS = Map.of("Event", "events", "Secret", "secrets", "Node", "nodes");
    private static final ensure_ready.WaitSettings SETTINGS = new ensure_ready.WaitSettings("codex", false, false, true, null);

    /** A namespace of the exam: its head, and all that a run would have read of it. */
    private record Paper(Map<String, List<String>> head, ensure_ready.Snapshot snapshot, Map<String, String> secrets) {
        List<String> all(String key) {
            return head.getOrDefault(key, List.of());
        }

        ensure_ready.Verdict verdict() {
            return ensure_ready.Verdicts.of(new ensure_ready.Family(snapshot, Set.of()), SETTINGS);
        }

        ensure_ready.DiagnosisReport report() {
            return ensure_ready.Diagnosis.explain(snapshot, verdict().workloads(), "codex");
        }

        ensure_ready.Redaction redaction() {
            return ensure_ready.Redaction.of(secrets, Map.of(), ensure_ready.NamesToKeep.of(snapshot));
        }
    }

    @TestFactory
    Stream<DynamicTest> causesAsAPersonDecidedThem() throws IOException {
        try (var files = Files.list(FOLDER)) {
            return files.sorted().toList().stream().map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> {
                var paper = read(f);
                assertEquals(paper.all("expect"), causes(paper), f::toString);
                assertEquals(List.of(), wrong(paper), f::toString);
            }));
        }
    }

    /** The report on each namespace, made when it is asked for. */
    static Map<String, Supplier<ensure_ready.DiagnosisReport>> papers() throws IOException {
        try (var files = Files.list(FOLDER)) {
            return files.collect(Collectors.toMap(f -> f.getFileName().toString(), f -> () -> {
                try {
                    return read(f).report();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }));
        }
    }

    static List<String> causes(Paper paper) {
        return paper.report().causes().stream().map(c -> c.code() + " " + c.object().toString().replaceFirst("^.*? ", ""))
            .sorted().toList();
    }

    /** What a reader of the report would find wrong in it besides the causes. */
    static List<String> wrong(Paper paper) {
        var wrong = new ArrayList<String>();
        var report = paper.report();
        var text = paper.redaction().clean(ensure_ready.Json.MAPPER.valueToTree(report)).toString();
        paper.all("forbid").stream().filter(text::contains).forEach(s -> wrong.add("leaks " + s));
        paper.all("keep").stream().filter(s -> !text.contains(s)).forEach(s -> wrong.add("hides " + s));
        paper.all("collapse").stream().filter(n -> report.causes().stream().mapToInt(c -> c.explains().size()).sum() < Integer.parseInt(n))
            .forEach(n -> wrong.add("explains fewer than " + n));
        if (!paper.all("wait").isEmpty() && !report.disposition().equals("wait")) {
            wrong.add("disposition " + report.disposition());
        }
        if (!paper.all("suspicious").isEmpty() && report.causes().stream()
            .noneMatch(c -> c.evidence().stream().anyMatch(ensure_ready.Proof::suspicious)
            || c.logExcerpt() != null && c.logExcerpt().suspicious())) {
            wrong.add("an order is not marked");
        }
        if (paper.all("certain").contains("no")) {
            certain(paper).forEach(f -> wrong.add("certain: " + f.code()));
        }
        report.unexplained().forEach(u -> wrong.add("unexplained " + u.object()));
        return wrong;
    }

    /** What would end the wait if it had been so for an hour: a control must not. */
    private static List<ensure_ready.Finding> certain(Paper paper) {
        var snapshot = new ensure_ready.Snapshot(paper.snapshot().namespace(), NOW, paper.snapshot()
            .objects(), List.of(), Map.of(), List.of());
        var assessment = ensure_ready.Assessment.of(snapshot, Set.of(), Map.of(), SETTINGS);
        return assessment.certain(assessment.remembered(ensure_ready.WaitMemory.NONE, SETTINGS, NOW), SETTINGS, NOW.plusSeconds(30));
    }

    private static Paper read(Path file) throws IOException {
        var head = new LinkedHashMap<String, List<String>>();
        var text = Files.readString(file);
        text.lines().takeWhile(l -> l.startsWith("#")).filter(l -> l.matches("# [a-z]+: .*"))
            .forEach(l -> head.computeIfAbsent(l.substring(2, l.indexOf(':')), k -> new ArrayList<>())
            .add(l.substring(l.indexOf(':') + 2)));
        var objects = new TreeMap<String, List<ensure_ready.Obj>>();
        var limited = head.getOrDefault("limited", List.of());
        READ.stream().filter(kind -> limited.stream().noneMatch(l -> l.startsWith(PLURALS.getOrDefault(kind, "-") + ":")))
            .forEach(kind -> objects.put(kind, new ArrayList<>()));
        var secrets = new TreeMap<String, String>();
        var logs = new ArrayList<ObjectNode>();
        for (var one : new Load(LoadSettings.builder().build()).loadAllFromString(text)) {
            var json = ensure_ready.Json.MAPPER.<ObjectNode>valueToTree(one);
            if (json.path("kind").asString("").equals("Log")) {
                logs.add(json);
            } else {
                var o = new ensure_ready.Obj(json.path("kind").asString("").equals("Secret") ? lean(json, secrets) : json);
                objects.computeIfAbsent(ensure_ready.Snapshot.key(o), k -> new ArrayList<>()).add(o);
            }
        }
        var bare = new ensure_ready.Snapshot("shop", NOW, objects, List.of(), Map.of(), limited);
        var redaction = ensure_ready.Redaction.of(secrets, Map.of(), ensure_ready.NamesToKeep.of(bare));
        var tails = new LinkedHashMap<String, ensure_ready.Log>();
        logs.forEach(l -> tails.put(l.path("pod").asString("") + "/" + l.path("container")
            .asString(""), new ensure_ready.Log(l.path("pod").asString(""), l.path("container").asString(""),
            l.path("previous").asBoolean(false), redaction.clean(l.path("text").asString("")).lines().toList())));
        return new Paper(head, new ensure_ready.Snapshot("shop", NOW, objects, List.of(), tails, limited), secrets);
    }

    /** As the collection keeps a Secret: its name, its keys, and the hosts that its values name. */
    private static JsonNode lean(ObjectNode secret, Map<String, String> values) {
        var lean = ensure_ready.Json.MAPPER.createObjectNode().put("apiVersion", "v1")
            .put("kind", "Secret").put("type", secret.path("type").asString(""));
        lean.set("metadata", secret.path("metadata"));
        var keys = lean.putArray("keys");
        var hosts = lean.putObject("hosts");
        secret.path("data").properties().forEach(e -> {
            var value = new String(Base64.getDecoder().decode(e.getValue().asString("")), StandardCharsets.UTF_8);
            keys.add(e.getKey());
            values.put(secret.at("/metadata/name").asString("") + "#" + e.getKey(), value);
            ensure_ready.Collect.host(value).ifPresent(h -> hosts.put(e.getKey(), h));
        });
        return lean;
    }

    /** The exam without JUnit: one line a miss, and how many are exactly right. */
    public static void main(String... args) throws IOException {
        int exact = 0;
        int all = 0;
        try (var files = Files.list(FOLDER)) {
            for (var f : files.sorted().toList()) {
                var paper = read(f);
                var causes = causes(paper);
                var wrong = wrong(paper);
                boolean right = causes.equals(paper.all("expect"));
                all++;
                exact += right ? 1 : 0;
                if (!right || !wrong.isEmpty()) {
                    System.out.println(f.getFileName() + "\n    want " + paper.all("expect")
                        + "\n    got  " + causes + (wrong.isEmpty() ? "" : "\n    " + wrong));
                }
            }
        }
        System.out.println(exact + " of " + all + " exactly right");
        assertTrue(all > 0);
    }
}
