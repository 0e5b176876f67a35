package ensure_ready.manifests;

import ensure_ready.catalogue.Code;
import ensure_ready.model.Obj;
import ensure_ready.model.Problem;
import ensure_ready.model.Source;
import ensure_ready.system.Deadline;
import ensure_ready.system.InfraFailure;
import freemarker.cache.FileTemplateLoader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import shared.Json;
import shared.Texts;
import shared.system.Bounded;
import shared.system.TemplateEngine;
import shared.system.TextFile;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.BigIntegerNode;
import tools.jackson.databind.node.BooleanNode;
import tools.jackson.databind.node.DecimalNode;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.node.StringNode;

/** Finding, rendering and reading manifests. What cannot be read becomes a {@link Problem}; the rest goes on. */
public final class Manifests {
    private static final Pattern TEMPLATE = Pattern.compile("# Source: ([\\w./@+-]{1,200})");
    private static final Pattern MANIFEST = Pattern.compile(".*\\.(yaml|yml|json)(\\.ftl)?");
    /** What takes longer to read or to render will not end: a pipe that nobody writes to, a template in a circle. */
    private static final Duration ONE_FILE = Duration.ofSeconds(30);
    /** However late it is, manifests are read. */
    public static final Duration LATE = Duration.ofSeconds(5);
    private final Map<String, Object> facts;
    private final Deadline deadline;
    /** Folders that were read, whatever links lead to them. */
    private final Set<Path> folders = new HashSet<>();

    public Manifests(Map<String, Object> facts, Deadline deadline) {
        this.facts = facts;
        this.deadline = deadline;
    }

    /** A path that gives nothing, like an empty folder, is a mistake that no wait can heal. */
    public Loaded load(List<String> paths) {
        var loaded = Loaded.none();
        for (var path : paths) {
            folders.clear();
            var read = path.equals("-") ? read("stdin", deadline.orIn(LATE).left(), () -> rendered("stdin", TextFile.all(System.in)))
                : load(Path.of(path));
            loaded = loaded.and(read.nothing() && !path.endsWith(".ftl") ? nothing(path) : read);
        }
        return loaded;
    }

    public static Loaded nothing(String path) {
        return Loaded.failed(new Source(path, 0), "there is no object in it");
    }

    /** What cannot be read is named and takes nothing else with it. */
    public Loaded load(Path path) {
        return Files.isDirectory(path) ? folder(path)
            : read(path.toString(), deadline.atMost(ONE_FILE).orIn(LATE).left(), () -> file(path));
    }

    private static Loaded read(String name, Duration atMost, Callable<Loaded> work) {
        try {
            return Bounded.get(atMost, work);
        } catch (IOException e) {
            return Loaded.failed(new Source(name, 0), TextFile.reason(e));
        } catch (UncheckedIOException | IllegalArgumentException e) {
            return Loaded.failed(new Source(name, 0), e.getMessage());
        }
    }

    /** The manifests below a folder in order of name; a folder that kustomize builds stands for itself, hidden ones are passed over. */
    private Loaded folder(Path folder) {
        try {
            if (!folders.add(folder.toRealPath())) {
                return Loaded.none();
            }
        } catch (IOException e) {
            return Loaded.failed(folder, e);
        }
        if (Stream.of("kustomization.yaml", "kustomization.yml", "Kustomization").anyMatch(k -> Files.exists(folder.resolve(k)))) {
            return kustomized(folder);
        }
        try (var files = Files.list(folder)) {
            return files.filter(f -> !f.getFileName().toString().startsWith(".")).sorted()
                .filter(f -> Files.isDirectory(f) || MANIFEST.matcher(f.toString()).matches())
                .map(f -> Files.isDirectory(f) || Files.isRegularFile(f) || !Files.exists(f) ? load(f)
                    : Loaded.failed(new Source(f.toString(), 0), "no regular file")).reduce(Loaded.none(), Loaded::and);
        } catch (IOException e) {
            return Loaded.failed(folder, e);
        }
    }

    private Loaded kustomized(Path folder) {
        try {
            return parse(folder.toString(), Shell.run(List.of("kubectl", "kustomize", folder.toString()), Map.of(),
                deadline.atMost(Duration.ofMinutes(2)).orIn(LATE), line -> { }));
        } catch (InfraFailure e) {
            return Loaded.failed(new Source(folder.toString(), 0), Code.MANIFEST_UNREADABLE, e);
        }
    }

    private Loaded file(Path file) throws IOException {
        if (!file.toString().endsWith(".ftl")) {
            return parse(file.toString(), TextFile.read(file));
        }
        try {
            var engine = TemplateEngine.of(new FileTemplateLoader(file.toAbsolutePath().getParent().toFile())); // it may include others
            return linesOf(TextFile.read(file),
                parse(file.toString(), TemplateEngine.render(engine, file.getFileName().toString(), facts)));
        } catch (TemplateEngine.Unfit e) {
            return Loaded.failed(new Source(file.toString(), e.line),
                e.undefined.isEmpty() ? e.getMessage() : "undefined variable " + e.undefined);
        }
    }

    /**
     * A rendered template's lines are not the template's. Where no directive multiplied or dropped documents, the n-th document
     * of the one is the n-th of the other; else the line is unknown, which is better than wrong.
     */
    private static Loaded linesOf(String template, Loaded rendered) {
        var starts = Yaml.starts(template);
        var lines = rendered.items().stream().map(i -> i.source().line()).distinct().toList();
        return new Loaded(rendered.items().stream().map(i -> new Item(i.object(), new Source(i.source().file(),
            starts.size() == lines.size() ? starts.get(lines.indexOf(i.source().line())) : 0))).toList(), rendered.problems());
    }

    /** What a program printed: its name stands for the file, but Helm says above each document which template it comes from. */
    public static Loaded rendered(String program, String text) {
        var lines = text.split("\\R", -1);
        var loaded = parse(program, text);
        return new Loaded(loaded.items().stream().map(i -> new Item(i.object(), template(lines, i.source()))).toList(), loaded.problems());
    }

    private static Source template(String[] lines, Source at) {
        for (int i = at.line() - 1; i >= 0; i--) {
            var template = TEMPLATE.matcher(lines[i]);
            if (template.matches()) {
                return new Source(template.group(1), 0);
            }
            if (Yaml.SEPARATOR.matcher(lines[i]).matches()) {
                break;
            }
        }
        return at;
    }

    public static Loaded parse(String label, String text) {
        var read = Yaml.documents(label, text);
        var items = new ArrayList<Item>();
        var problems = new ArrayList<>(read.problems());
        for (var document : read.documents()) {
            flatten(document, items, problems);
        }
        return new Loaded(items, problems);
    }

    private static void flatten(Yaml.Document document, List<Item> items, List<Problem> problems) {
        var object = new Obj(document.json());
        if (object.kind().endsWith("List") && object.at("/items").isArray()) {
            object.list("/items").forEach(item -> flatten(new Yaml.Document(item, document.source()), items, problems));
        } else if (object.apiVersion().isEmpty() || object.kind().isEmpty() || object.name().isEmpty()) {
            var missing = Stream.of("/apiVersion", "/kind", "/metadata/name").filter(p -> object.text(p).isEmpty()).findFirst().orElse("");
            problems.add(new Problem(document.source(), "not a Kubernetes object: it has no " + missing.substring(1).replace('/', '.')));
        } else {
            items.add(new Item(object, document.source()));
        }
    }

    /**
     * YAML with the line of every document. Plain scalars mean what they mean to kubectl ({@code yes} is true, {@code 0644} is octal),
     * and empty maps and lists stay: typed models lose both.
     */
    public static final class Yaml {
        private static final Pattern SEPARATOR = Pattern.compile("^---(\\s.*)?$");
        private static final Pattern OCTAL = Pattern.compile("[-+]?0[0-7]+");
        private static final Pattern INTEGER = Pattern.compile("[-+]?(0|[1-9][0-9_]*)");
        private static final Pattern FLOAT = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
        private static final int DEEPEST = 200;
        private static final int MOST_FIELDS = 1000;

        /** One document and where it starts. */
        public record Document(JsonNode json, Source source) { }

        /** What could be read, and what not. */
        public record Documents(List<Document> documents, List<Problem> problems) { }

        /** Each document is read for itself, so that a broken one does not take the others with it. */
        public static Documents documents(String label, String text) {
            var documents = new ArrayList<Document>();
            var problems = new ArrayList<Problem>();
            var lines = text.split("\\R", -1);
            for (int start = 0, i = 0; i <= lines.length; i++) {
                if (i == lines.length || SEPARATOR.matcher(lines[i]).matches()) {
                    read(label, lines, start, i, documents, problems);
                    start = i;
                }
            }
            return new Documents(documents, problems);
        }

        /** The first line of each document that has any, 1-based, comments and directives of templates left aside. */
        static List<Integer> starts(String text) {
            var starts = new ArrayList<Integer>();
            var lines = text.split("\\R", -1);
            var open = true;
            for (int i = 0; i < lines.length; i++) {
                var content = !lines[i].isBlank() && !lines[i].strip().startsWith("#") && !lines[i].strip().startsWith("<");
                if (SEPARATOR.matcher(lines[i]).matches()) {
                    open = true;
                } else if (open && content) {
                    starts.add(i + 1);
                    open = false;
                }
            }
            return starts;
        }

        private static void read(String label, String[] lines, int from, int to, List<Document> documents, List<Problem> problems) {
            var settings = LoadSettings.builder().setLabel(label).setCodePointLimit(64 * 1024 * 1024).build();
            try {
                var node = new Compose(settings).composeString(String.join("\n", Arrays.copyOfRange(lines, from, to)));
                if (node.isPresent()) {
                    var json = json(node.get(), 0);
                    if (!json.isNull()) {
                        var fields = new HashMap<String, Integer>();
                        fields(node.get(), json, "", from, fields);
                        documents.add(new Document(json, new Source(label, from + line(node.get().getStartMark()), fields)));
                    }
                }
            } catch (MarkedYamlEngineException e) {
                problems.add(new Problem(new Source(label, from + line(e.getProblemMark())), Texts.line(e.getProblem())));
            } catch (StackOverflowError e) {
                problems.add(new Problem(new Source(label, from + 1), "nested deeper than " + DEEPEST + " levels"));
            } catch (YamlEngineException e) {
                problems.add(new Problem(new Source(label, from + 1), Texts.line(e.getMessage())));
            }
        }

        /** The lines of the first fields, deep ones too. */
        private static void fields(Node node, JsonNode json, String path, int from, Map<String, Integer> found) {
            if (node instanceof MappingNode mapping && found.size() < MOST_FIELDS) {
                for (var pair : mapping.getValue()) {
                    var key = pair.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
                    field(pair.getKeyNode(), pair.getValueNode(), json.path(key), path.isEmpty() ? key : path + "." + key, from, found);
                }
            } else if (node instanceof SequenceNode sequence) {
                for (int i = 0; i < sequence.getValue().size() && found.size() < MOST_FIELDS; i++) {
                    var item = sequence.getValue().get(i);
                    field(item, item, json.path(i), path + "[" + Obj.element(json.path(i), i) + "]", from, found);
                }
            }
        }

        private static void field(Node at, Node value, JsonNode json, String path, int from, Map<String, Integer> found) {
            found.put(path, from + line(at.getStartMark()));
            fields(value, json, path, from, found);
        }

        private static int line(Optional<Mark> mark) {
            return mark.map(Mark::getLine).orElse(0) + 1;
        }

        private static JsonNode json(Node node, int depth) {
            if (depth > DEEPEST) {
                throw new YamlEngineException("nested deeper than " + DEEPEST + " levels");
            }
            if (node instanceof MappingNode mapping) {
                return mapping(mapping, depth);
            }
            if (node instanceof SequenceNode sequence) {
                var array = Json.MAPPER.createArrayNode();
                sequence.getValue().forEach(item -> array.add(json(item, depth + 1)));
                return array;
            }
            return scalar((ScalarNode) node);
        }

        private static JsonNode mapping(MappingNode mapping, int depth) {
            var object = Json.MAPPER.createObjectNode();
            for (var pair : mapping.getValue()) {
                var key = pair.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
                var value = json(pair.getValueNode(), depth + 1);
                if (key.equals("<<")) {
                    merge(object, value);
                } else if (object.has(key) && mapping.getValue().stream()
                    .filter(p -> p.getKeyNode() instanceof ScalarNode s && s.getValue().equals(key)).count() > 1) {
                    throw new MarkedYamlEngineException("", Optional.empty(), "the key " + key + " stands twice", pair.getKeyNode()
                        .getStartMark()) { };
                } else {
                    object.set(key, value);
                }
            }
            return object;
        }

        private static void merge(ObjectNode object, JsonNode value) {
            var from = value.isArray() ? value : Json.MAPPER.createArrayNode().add(value);
            from.forEach(map -> map.properties().forEach(e -> object.putIfAbsent(e.getKey(), e.getValue())));
        }

        private static JsonNode scalar(ScalarNode node) {
            var text = node.getValue();
            if (!node.isPlain()) {
                return StringNode.valueOf(text);
            }
            switch (text.toLowerCase(Locale.ROOT)) {
                case "", "~", "null":
                    return NullNode.getInstance();
                case "true", "yes", "on":
                    return BooleanNode.TRUE;
                case "false", "no", "off":
                    return BooleanNode.FALSE;
                default:
                    return number(text);
            }
        }

        private static JsonNode number(String text) {
            if (OCTAL.matcher(text).matches()) {
                return new BigIntegerNode(new BigInteger(text, 8));
            }
            if (INTEGER.matcher(text).matches()) {
                return new BigIntegerNode(new BigInteger(text.replace("_", "")));
            }
            return FLOAT.matcher(text).matches() ? new DecimalNode(new BigDecimal(text)) : StringNode.valueOf(text);
        }
    }
}
