import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a user says of a kind in a file, and of one object by an annotation. */
class CustomRulesTest {
    private static final String RULES = """
        # our own operator
        kind: Widget.example.com
        path: status.mode
        ready: [Serving, Draining]
        failed: [Jammed]
        idle: [Parked]
        ---
        kind: "*.acme.io"
        condition: Cooked
        ready: ["True", GoodEnough]
        failed: [Burnt]
        ---
        kind: Note.example.com
        ignore: true
        """;
    private static final String WIDGET =
        "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: shop, annotations: {%s}}, status: {%s}}";
    @TempDir
    Path folder;

    private List<ensure_ready.CustomRule> rules(String text) {
        try {
            return ensure_ready.RuleFile.read(Files.writeString(folder.resolve("rules.yaml"), text));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private ensure_ready.Verdict verdict(String rules, String... documents) {
        var snapshot = ReadinessTest.snapshot(List.of(), documents).with(rules(rules));
        return ensure_ready.Verdicts.of(new ensure_ready.Family(snapshot, Set.of()),
            new ensure_ready.WaitSettings("codex", false, false, true, null));
    }

    private ensure_ready.State state(String document) {
        return verdict(RULES, document).workloads().get(0).state();
    }

    @ParameterizedTest
    @CsvSource({"Serving, ready", "draining, ready", "Jammed, failed", "Parked, suspended", "Warming, progressing"})
    void aValueMeansWhatTheFileSays(String mode, ensure_ready.State state) {
        assertEquals(state,
            state(WIDGET.formatted("", "mode: " + mode + ", conditions: [{type: Ready, status: 'False', reason: Failed}]")));
    }

    @Test
    void aConditionIsComparedByItsStatusAndItsReason() {
        var dish = "{apiVersion: acme.io/v1, kind: Dish, metadata: {name: d, namespace: shop}, status: {conditions: [{type: Cooked, "
            + "status: '%s', reason: %s}]}}";
        assertEquals(ensure_ready.State.ready, state(dish.formatted("True", "Done")));
        assertEquals(ensure_ready.State.ready, state(dish.formatted("False", "GoodEnough")));
        assertEquals(ensure_ready.State.failed, state(dish.formatted("False", "Burnt")));
        assertEquals(ensure_ready.State.progressing, state(dish.formatted("False", "Raw")));
        assertEquals(ensure_ready.State.progressing,
            state("{apiVersion: acme.io/v1, kind: Dish, metadata: {name: d}, status: {phase: Ready}}"));
    }

    @Test
    void aRuledConditionIsToldInItsWordsWhileItIsNotReady() {
        var dish = "{apiVersion: acme.io/v1, kind: Dish, metadata: {name: d, namespace: shop}, status: {conditions: [{type: Cooked, "
            + "status: '%s', reason: %s}]}}";
        assertEquals("[Cooked=False: Burnt]", messages(dish.formatted("False", "Burnt")));
        assertEquals("[]", messages(dish.formatted("True", "Done")));
        assertEquals("[status.mode is Jammed]", messages(WIDGET.formatted("", "mode: Jammed")));
    }

    private String messages(String document) {
        return verdict(RULES, document).workloads().stream().map(ensure_ready.Workload::message).toList().toString();
    }

    @Test
    void aRouteGatesWhereAFileSaysHowItIsJudged() {
        var route = "{apiVersion: example.com/v1, kind: WebRoute, metadata: {name: r, namespace: shop}, status: {phase: No}}";
        var rule = "kind: WebRoute.example.com\npath: status.phase\nready: [Yes]\n";
        assertFalse(verdict(rule, route, ReadinessTest.DEPLOYMENT).ready());
        assertTrue(verdict(rule.replace("WebRoute", "Other"), route, ReadinessTest.DEPLOYMENT).ready());
    }

    @Test
    void aKindThatIsIgnoredGatesNothingAndOthersDo() {
        var note = "{apiVersion: example.com/v1, kind: Note, metadata: {name: n, namespace: shop}, status: {phase: Failed}}";
        assertTrue(verdict(RULES, note, ReadinessTest.DEPLOYMENT).ready());
        assertFalse(verdict(RULES, note.replace("Note", "Letter"), ReadinessTest.DEPLOYMENT).ready());
    }

    @Test
    void anAnnotationTakesOneObjectOutOrToleratesIt() {
        var jammed = WIDGET.formatted("%s", "mode: Jammed");
        assertFalse(verdict(RULES, jammed.formatted(""), ReadinessTest.DEPLOYMENT).ready());
        var ignored = verdict(RULES, jammed.formatted("ensure-ready/ignore: 'true'"), ReadinessTest.DEPLOYMENT);
        assertTrue(ignored.ready());
        assertEquals(List.of(), ignored.warnings());
        var tolerated = verdict(RULES, jammed.formatted("ensure-ready/tolerate: 'true'"), ReadinessTest.DEPLOYMENT);
        assertTrue(tolerated.ready());
        assertEquals(List.of("widget/w: tolerated: status.mode is Jammed"), tolerated.warnings());
        var broken = ReadinessTest.DEPLOYMENT.replace("updatedReplicas: 2", "updatedReplicas: 1");
        assertFalse(verdict(RULES, broken).ready());
        assertTrue(verdict(RULES, broken.replace("annotations: {", "annotations: {ensure-ready/tolerate: 'true', "),
            WIDGET.formatted("", "mode: Serving")).ready());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        kind: Widget.example.com\\npath: a.b\\nredy: [x]                    | :3: unknown key 'redy'; there are kind, condition, path, \
        ready, failed, idle, ignore
        path: a.b\\nready: [x]                                            | :1: kind '': must be Kind.group, as Widget.example.com, or \
        *.group
        kind: Widget.example.com\\nready: [x]                              | :1: Widget.example.com needs condition or path, one of them
        kind: A.b\\nignore: true\\n---\\nkind: B.b\\npath: x                  | :4: B.b needs ready, the values that mean it
        kind: [Widget                                                    | :1: expected ',' or ']', but got <stream end>
        - kind: A.b                                                      | :1: a rule is a map with kind, condition or path, and ready
        """)
    void aFileThatIsWrongIsNamedWithItsLine(String text, String sentence) {
        var e = assertThrows(IllegalArgumentException.class, () -> rules(text.replace("\\n", "\n")));
        assertEquals("--rules " + folder.resolve("rules.yaml") + sentence, e.getMessage());
    }
}
