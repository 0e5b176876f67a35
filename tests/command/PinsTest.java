import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every pinned version is watched by Renovate, and a rule of renovate.json5 that finds nothing any more is seen here. */
class PinsTest {
    /** Where versions are written, found without Renovate's rules: group 1 is the version. */
    private static final List<Pattern> PINS = List.of(
            Pattern.compile("(?m)^//DEPS .*?[\\w.-]+:[\\w.-]+:([\\w.-]+)"),
            Pattern.compile("Tools\\.\\w+\\(\\s*\"[^\"]+\",\\s*\"(?:[^\"]*@)?(v?\\d[^\"]*)\""),
            Pattern.compile("(?m)^\\s*(?:private |public )?static final String [A-Z_]+ = \"(v?\\d+\\.\\d+\\.\\d+)\";"),
            Pattern.compile("(?m)^version=([\\d.]+)$"),
            Pattern.compile("[\\w.-]+:[\\w.-]+-plugin:([\\d.]+):"),
            Pattern.compile("(?m)^\\s+version: ['\"]?(\\d+\\.\\d+\\.\\d+)"),
            Pattern.compile("JBANG_DOWNLOAD_VERSION[:=]\\s*['\"]?(\\d[\\d.]+)"));

    /** What Renovate's own manager for GitHub actions reads, beside what we tell it. */
    private static final String ACTIONS = "(^|/)(workflow-templates|\\.github/(workflows|actions))/.+\\.ya?ml$|(^|/)action\\.ya?ml$";

    private static final Pattern USES = Pattern.compile("(?m)^\\s*-? *uses: [^.\\s][^@\\s]*@(\\w+)");

    private static JsonNode renovate() throws IOException {
        return JsonMapper.builder().enable(JsonReadFeature.ALLOW_JAVA_COMMENTS, JsonReadFeature.ALLOW_UNQUOTED_PROPERTY_NAMES,
                JsonReadFeature.ALLOW_SINGLE_QUOTES, JsonReadFeature.ALLOW_TRAILING_COMMA).build()
                .readTree(Files.readString(Cli.root().resolve("renovate.json5")));
    }

    /** The text of every file that may hold a pin, by its path in the repository. */
    private static Map<String, String> files() throws IOException {
        var texts = new TreeMap<String, String>();
        try (var files = Files.walk(Cli.root())) {
            for (var file : files.filter(Files::isRegularFile).toList()) {
                var path = Cli.root().relativize(file).toString();
                if (path.matches("jbangw|.+\\.java|.+\\.ya?ml") && !path.startsWith(".git/") && !path.endsWith("PinsTest.java")) {
                    texts.put(path, Files.readString(file));
                }
            }
        }
        return texts;
    }

    private static boolean reads(JsonNode manager, String path) {
        return texts(manager.path("managerFilePatterns"))
                .anyMatch(p -> Pattern.compile(p.substring(1, p.length() - 1)).matcher(path).find());
    }

    private static Stream<String> texts(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).map(n -> n.asString(""));
    }

    /** The versions that a manager finds in a text; one that finds a version without its package finds nothing, as Renovate has it. */
    private static List<String> found(JsonNode manager, String text) {
        var patterns = texts(manager.path("matchStrings")).map(Pattern::compile).toList();
        var areas = List.of(text);
        if (manager.path("matchStringsStrategy").asString("").equals("recursive")) {
            areas = patterns.get(0).matcher(text).results().map(MatchResult::group).toList();
            patterns = patterns.subList(1, patterns.size());
        }
        var versions = new ArrayList<String>();
        for (var pattern : patterns) {
            for (var area : areas) {
                for (var match = pattern.matcher(area); match.find();) {
                    assertTrue(manager.has("depNameTemplate") || !match.group("depName").isEmpty());
                    versions.add(match.group("currentValue"));
                }
            }
        }
        return versions;
    }

    /** Pins that no manager finds, as {@code path: version}. */
    private static TreeSet<String> unwatched(JsonNode renovate, Map<String, String> files) {
        var left = new TreeSet<String>();
        files.forEach((path, text) -> {
            for (var pattern : PINS) {
                pattern.matcher(text).results().forEach(match -> left.add(path + ": " + match.group(1)));
            }
            for (var manager : renovate.path("customManagers")) {
                if (reads(manager, path)) {
                    found(manager, text).forEach(version -> left.remove(path + ": " + version));
                }
            }
            boolean known = Pattern.compile(ACTIONS).matcher(path).find() || reads(renovate.path("github-actions"), path);
            if (!path.endsWith(".java") && !known) {
                USES.matcher(text).results().forEach(match -> left.add(path + ": " + match.group(1)));
            }
        });
        return left;
    }

    @Test
    void everyPinIsWatched() throws IOException {
        assertEquals(new TreeSet<>(), unwatched(renovate(), files()));
    }

    @Test
    void aPinThatNoRuleFindsIsSeen() throws IOException {
        var code = "//DEPS a.b:c:1.2.3\nTools.cargo(\"x\", \"4.5.6\");\n    static final String OTHER = \"7.8.9\";\n";
        var files = Map.of("tests/New.java", code, "docs/sample.yml", "      - uses: actions/checkout@0123abc # v1\n");
        var unwatched = List.of("docs/sample.yml: 0123abc", "tests/New.java: 4.5.6", "tests/New.java: 7.8.9");
        assertEquals(new TreeSet<>(unwatched), unwatched(renovate(), files));
    }

    @Test
    void everyRuleFindsSomething() throws IOException {
        var files = files();
        var renovate = renovate();
        for (var manager : renovate.path("customManagers")) {
            var versions = files.entrySet().stream().filter(file -> reads(manager, file.getKey()))
                    .flatMap(file -> found(manager, file.getValue()).stream()).collect(Collectors.toSet());
            assertTrue(!versions.isEmpty(), () -> manager + " finds nothing");
        }
        assertTrue(files.keySet().stream().anyMatch(path -> reads(renovate.path("github-actions"), path)));
    }

    /** JBang's pin has no releases to watch: the weekly run says when nobody has looked for a year. Never a user's build. */
    @ParameterizedTest
    @CsvSource({"0, 0", "364, 0", "366, 1"})
    @SuppressWarnings("unchecked")
    void theWeeklyRunSaysWhenNobodyLookedForAJbangForAYear(int days, int exit) throws IOException {
        var workflow = (Map<String, Object>) new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(Cli.root().resolve(".github/workflows/ci.yml")));
        var job = (Map<String, Object>) ((Map<String, Object>) workflow.get("jobs")).get("pins");
        assertEquals("github.event_name == 'schedule'", job.get("if"));
        var run = ((List<Map<String, Object>>) job.get("steps")).stream().map(step -> step.get("run"))
                .filter(String.class::isInstance).findFirst().orElseThrow();
        var looked = Pattern.compile("Looked for a newer one on (\\S+)").matcher(Files.readString(Cli.root().resolve("jbangw")));
        assertTrue(looked.find());
        var today = java.time.LocalDate.parse(looked.group(1)).plusDays(days);
        var result = Cli.program("bash", "-e", "-o", "pipefail", "-c", run.toString()).env("TODAY", today.toString()).in(Cli.root()).run();
        assertEquals(exit, result.exit(), result::toString);
        assertEquals(exit == 1, result.out().startsWith("::error file=jbangw::"), result::toString);
    }
}
