import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestsTest {
    @TempDir
    Path folder;

    @Test
    void plainWordsMeanWhatTheyMeanToKubectl() {
        var data = one("""
            apiVersion: v1
            kind: X
            metadata: {name: a}
            on: yes
            text: "yes"
            mode: 0644
            port: 5432
            version: 1.10
            list: []
            map: {}
            none: ~
            date: 2026-01-02
            """);
        assertEquals("{\"apiVersion\":\"v1\",\"kind\":\"X\",\"metadata\":{\"name\":\"a\"},\"on\":true,\"text\":\"yes\","
            + "\"mode\":420,\"port\":5432,"
            + "\"version\":1.10,\"list\":[],\"map\":{},\"none\":null,\"date\":\"2026-01-02\"}", data.toString());
    }

    @Test
    void anchorsAndMergeKeysAreFollowed() {
        var data = one("""
            apiVersion: v1
            kind: X
            metadata: {name: a}
            base: &b {x: 1, y: 2}
            here: {<<: *b, y: 3}
            """);
        assertEquals("{\"x\":1,\"y\":3}", data.get("here").toString());
    }

    @Test
    void whatIsSaidBesideAMergeKeyWinsAndTheFirstOfSeveralMaps() {
        var data = one("""
            apiVersion: v1
            kind: X
            metadata: {name: a}
            one: &b {x: 1, y: 2}
            two: &c {x: 3, z: 4}
            before: {x: 0, <<: *b}
            both: {<<: [*b, *c]}
            """);
        assertEquals("{\"x\":0,\"y\":2}", data.get("before").toString());
        assertEquals("{\"x\":1,\"y\":2,\"z\":4}", data.get("both").toString());
    }

    @Test
    void aBrokenDocumentIsNamedWithItsLineAndTheOthersAreRead() {
        var loaded = ensure_ready.Manifests.parse("deploy.yaml", """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: first}
            ---
            kind: ConfigMap
              metadata: {name: broken}
            ---
            # the last one
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: last}
            """);
        assertEquals(List.of("first", "last"), loaded.items().stream().map(i -> i.object().name()).toList());
        assertEquals(List.of("deploy.yaml:1", "deploy.yaml:9"), loaded.items().stream().map(i -> i.source().toString()).toList());
        assertEquals("deploy.yaml:6", loaded.problems().get(0).source().toString());
    }

    @Test
    void aKeyThatStandsTwiceIsToldWithItsLine() {
        var problem = ensure_ready.Manifests.parse("a.yaml", "apiVersion: v1\nkind: X\nmetadata: {name: a}\nkind: Y\n").problems().get(0);
        assertEquals("a.yaml:4: the key kind stands twice", problem.source() + ": " + problem.message());
    }

    @Test
    void aDocumentThatIsNoObjectSaysWhatIsMissing() {
        assertEquals("not a Kubernetes object: it has no metadata.name",
            ensure_ready.Manifests.parse("a.yaml", "apiVersion: v1\nkind: X\n").problems().get(0).message());
    }

    @Test
    void aListStandsForItsItems() {
        var loaded = ensure_ready.Manifests.parse("a.yaml", """
            apiVersion: v1
            kind: List
            items:
            - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
            - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
            """);
        assertEquals(List.of("a", "b"), loaded.items().stream().map(i -> i.object().name()).toList());
    }

    @Test
    void emptyDocumentsAndCommentsAreNothing() {
        assertEquals(ensure_ready.Loaded.none(), ensure_ready.Manifests.parse("a.yaml", "# nothing\n---\n---\n# here\n"));
    }

    @Test
    void aFolderIsReadInOrderOfNameWithoutHiddenOnes() throws IOException {
        write("b/two.yml", configMap("two"));
        write("a.yaml", configMap("one"));
        write("c.json", "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"three\"}}");
        write(".git/x.yaml", configMap("hidden"));
        write("notes.txt", "kind: nothing");
        assertEquals(List.of("one", "two", "three"), names(Map.of()));
    }

    @Test
    void aTemplateIsRenderedAndItsLinesAreTheTemplates() throws IOException {
        write("web.yaml.ftl", "<#-- the shop -->\n" + configMap("${namespace}-${color}") + "---\n# second\n" + configMap("b"));
        var loaded = new ensure_ready.Manifests(Map.of("namespace", "shop", "color", "red"),
            ensure_ready.Deadline.in(java.time.Duration.ofMinutes(1))).load(List.of(folder.toString()));
        assertEquals(List.of("shop-red", "b"), loaded.items().stream().map(i -> i.object().name()).toList());
        assertEquals(List.of(2, 7), loaded.items().stream().map(i -> i.source().line()).toList());
    }

    @Test
    void aTemplateThatMultipliesDocumentsHasUnknownLinesRatherThanWrongOnes() throws IOException {
        write("web.yaml.ftl", "<#list [\"a\", \"b\"] as n>\n---\n" + configMap("${n}") + "</#list>\n");
        var loaded = new ensure_ready.Manifests(Map.of(), ensure_ready.Deadline.in(java.time.Duration.ofMinutes(1)))
            .load(List.of(folder.toString()));
        assertEquals(List.of(0, 0), loaded.items().stream().map(i -> i.source().line()).toList());
    }

    @Test
    void aTemplateReachesNoClassAndEvaluatesNoData() throws IOException {
        write("a.yaml.ftl", "${\"freemarker.template.utility.Execute\"?new()(\"id\")}");
        var problem = new ensure_ready.Manifests(Map.of(), ensure_ready.Deadline.in(java.time.Duration.ofMinutes(1)))
            .load(List.of(folder.toString())).problems().get(0);
        assertTrue(problem.message().contains("not allowed"), problem.message());
        write("a.yaml.ftl", configMap("${name}"));
        assertEquals(List.of("${1+1}"), names(Map.of("name", "${1+1}")));
    }

    @Test
    void variablesComeFromYamlAndFromLines() throws IOException {
        write("vars.yaml", "tag: v1\nnested: {a: 1}\n");
        write("vars.env", "# comment\nTAG=v2\nexport QUOTED=\"a b\"\n");
        assertEquals(Map.of("tag", "v1", "nested", Map.of("a", 1)), variables("vars.yaml"));
        assertEquals(Map.of("TAG", "v3", "QUOTED", "a b", "url", "h?a=1,b"), variables("vars.env", "TAG=v3,url=h?a=1,b"));
    }

    @Test
    void aVariablePrintsAsItWasWrittenAndAPlainBooleanIsOne() throws IOException {
        write("vars.yaml", "version: 1.10\noctal: 0644\nport: 8080\ndebug: true\nquoted: 'true'\nswitch: yes\n");
        assertEquals(Map.of("version", "1.10", "octal", "0644", "port", 8080, "debug", true, "quoted", "true", "switch", "yes"),
            variables("vars.yaml"));
    }

    @Test
    void aVariableFileOfNeitherFormIsTold() throws IOException {
        write("vars", "just words\nand more\n");
        var file = folder.resolve("vars");
        assertEquals("--var-file " + file + ": neither YAML mapping nor KEY=VALUE; accepted: a YAML mapping or KEY=VALUE lines",
            assertThrows(IllegalArgumentException.class, () -> variables("vars")).getMessage());
    }

    private Map<String, Object> variables(String file, String... lists) {
        return ensure_ready.Variables.read(List.of(folder.resolve(file)), List.of(lists));
    }

    private static JsonNode one(String yaml) {
        var loaded = ensure_ready.Manifests.parse("test", yaml);
        assertEquals(List.of(), loaded.problems());
        return loaded.items().get(0).object().json();
    }

    private List<String> names(Map<String, Object> facts) {
        return new ensure_ready.Manifests(facts, ensure_ready.Deadline.in(java.time.Duration.ofMinutes(1)))
            .load(List.of(folder.toString())).items().stream().map(i -> i.object().name()).toList();
    }

    private void write(String name, String text) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        Files.writeString(folder.resolve(name), text);
    }

    @Test
    void anObjectOfARendererIsNamedByItsTemplateOrByTheProgram() {
        var text = "---\n# Source: shop/templates/db.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: v1\n"
            + "kind: ConfigMap\nmetadata: {name: b}\n";
        assertEquals(List.of("shop/templates/db.yaml", "helm:7"),
            ensure_ready.Manifests.rendered("helm", text).items().stream().map(i -> i.source().toString()).toList());
    }

    @Test
    void aFieldIsFoundOnItsOwnLineAndOneThatIsNotThereWhereItWouldStand() {
        var source = ensure_ready.Manifests.parse("web.yaml", """
            kind: ConfigMap
            apiVersion: v1
            metadata: {name: a}
            ---
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: web
            spec:
              template:
                spec:
                  containers:
                  - name: web
                    image: web:1
                    env:
                    - {name: DB_HOST, value: db}
            """).items().get(1).source();
        assertEquals(5, source.line());
        assertEquals(14, source.fields().get("spec.template.spec.containers[web].image"), "counted once, and kept as numbers");
        assertEquals(14, source.line("spec.template.spec.containers[web].image"));
        assertEquals(16, source.line("spec.template.spec.containers[web].env[DB_HOST].value"));
        assertEquals(13, source.line("spec.template.spec.containers[web].resources.limits.memory"));
        assertEquals(9, source.line("spec.replicas"));
        assertEquals(5, source.line("keys"));
        assertEquals(5, source.line("a]b["), "whatever a path holds, an end is found");
    }

    private static String configMap(String name) {
        return "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '" + name + "'}\n";
    }
}
