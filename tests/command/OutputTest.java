import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.api.parallel.Resources;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** Where a report goes, and that no text of a cluster is more than text there. */
class OutputTest {
    private static final String EVIL = "a|b *c* _d_ `e` [f](g) <img> &amp; ~h~ #1 @team http://x \\\\ ##[add-mask]y";
    @TempDir
    Path folder;

    private static JsonNode json(String text) {
        return new ObjectMapper().readTree(text);
    }

    @Test
    void everyPartOfAReportStandsInItsPlaceInMarkdown() {
        assertEquals("""
            ### ❌ x (slot 3): failed: 1 cause

            **CODE\\_A** secret/db (sts/pg, container c)\s\s
            Do it.

            - `` deploy/web = 2 ``
            - found: `` db-1 ``
            - status: `` not found ``
            - next: `` kubectl get 'x' ``

            <details><summary>explains 2 symptoms</summary>

            - deploy/users INIT\\_WAITING
            - deploy/orders B

            </details>

            **CODE\\_B** \s\s



            | workload | state | ready | |
            |---|---|---|---|
            | deploy/users | progressing | 0/1 | waits |

            Not applied:

            - a.yaml: bad

            Unexplained:

            - deploy/y

            Warnings:

            - W deploy/z low

            Could not be seen:

            - events: forbidden

            """, ensure_ready.Markdown.of(json("""
            {"namespace": "x", "slot": 3, "infraReady": false, "outcome": "failed", "summary": "1 cause",
             "causes": [{"code": "CODE_A", "object": {"kind": "Secret", "name": "db"}, "owner": {"kind": "StatefulSet", "name": "pg"}, \
            "container": "c",
               "fix": {"text": "Do it."}, "facts": [{"at": "deploy/web", "value": 2}], "candidates": ["db-1"],
               "evidence": [{"source": "status", "message": "not found"}], "next": ["kubectl get `x`", "second"],
               "explains": [{"object": {"kind": "Deployment", "name": "users"}, "code": "INIT_WAITING"}, {"object": "Deployment/orders", \
            "code": "B"}]},
              {"code": "CODE_B"}],
             "workloads": [{"kind": "Deployment", "name": "users", "state": "progressing", "ready": 0, "desired": 1, "message": "waits"}],
             "problems": [{"file": "a.yaml", "error": "bad"}], "unexplained": [{"object": {"kind": "Deployment", "name": "y"}}],
             "warnings": [{"code": "W", "object": {"kind": "Deployment", "name": "z"}, "message": "low"}], "limited": ["events: forbidden"]}
            """)));
    }

    @Test
    void whatIsReadyAndHasNothingToTellIsOneLineOfMarkdown() {
        assertEquals("### ✅ x: ready\n\n",
            ensure_ready.Markdown.of(json("{\"namespace\": \"x\", \"infraReady\": true, \"outcome\": \"ready\"}")));
    }

    @Test
    void noCharacterOfATextIsMarkupAMentionOrALink() {
        assertEquals("a\\|b \\*c\\* \\_d\\_ \\`e\\` \\[f\\](g) &lt;img> &amp;amp; \\~h\\~ \\#1 @\u2060team http:\u2060//x \\\\ \\#\\# "
            + "\\[add-mask\\]y",
            ensure_ready.Markdown.cell(EVIL.replace("\\\\", "\\")));
        assertEquals("`` a¦b 'c' ``", ensure_ready.Markdown.code("a|b\n`c`"));
        assertTrue(ensure_ready.Markdown.cell("x".repeat(600)).length() == 500
            && ensure_ready.Markdown.code("x".repeat(600)).length() == 406);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        blocking | ::error
        degraded | ::warning
        info     | ::notice
        strange  | ::warning
        """)
    void aCauseIsAnAnnotationOfItsSeverity(String severity, String command) {
        assertEquals(List.of(command + " file=a.yaml,line=1::A secret/db: T"),
            ensure_ready.Annotations.of(json("{\"causes\": [{\"code\": \"A\", \"severity\": \""
            + severity + "\", \"object\": {\"kind\": \"Secret\", \"name\": \"db\"}, \"fix\": {\"text\": \"T\", "
            + "\"files\": [{\"path\": \"a.yaml\", \"line\": 0}]}}]}")));
    }

    @Test
    void whatCouldNotBeReadIsAnAnnotationAndAFailureWithoutACauseIsOneToo() {
        assertEquals(List.of("::error::a.yaml: bad%25 ::x"),
            ensure_ready.Annotations.of(json("{\"waitFailed\": true, \"problems\": [{\"file\": \"a.yaml\", \"error\": \"bad%\\n::x\"}]}")));
        assertEquals(List.of("::warning::x: timeout: 0 of 1 ready"),
            ensure_ready.Annotations.of(json("{\"waitFailed\": true, \"namespace\": \"x\", \"outcome\": \"timeout\", "
                + "\"summary\": \"0 of 1 ready\"}")));
        assertEquals(List.of(), ensure_ready.Annotations.of(json("{\"waitFailed\": false, \"namespace\": \"x\", \"outcome\": \"ready\"}")));
    }

    @Test
    void aReportGoesToEveryPlaceThatWasAskedFor() throws IOException {
        var report = folder.resolve("deep/ready.json");
        var env = Map.of("GITHUB_OUTPUT", folder.resolve("new/outputs").toString(), "GITHUB_STEP_SUMMARY", folder.resolve("summary")
            .toString());
        var printed = new ArrayList<String>();
        var out = publish(env, Optional.of(report), false, printed);
        publish(env, Optional.of(report), false, printed);
        assertEquals(Files.readString(report), out, "written anew each time");
        assertEquals(json(out).toString(), json(Files.readString(report)).toString());
        assertTrue(printed.equals(List.of("printed", "printed")) && out.startsWith("{") && out.endsWith("}\n"), out);
        var outputs = """
            slot=3
            namespace=shop-dev-3
            env=ai
            created=false
            recreated=false
            outcome=failed
            infra_ready=false
            agent_ready=false
            infra_unhealthy=1
            report=%s
            """.formatted(report);
        assertEquals(outputs + outputs, Files.readString(folder.resolve("new/outputs")), "others write there too");
        var summary = Files.readString(folder.resolve("summary"));
        assertEquals(3, summary.split("### ❌ shop-dev-3", -1).length, summary);
    }

    @Test
    void whatWasMaskedIsCountedInTheReport() {
        var known = known();
        known.learn(Map.of("a#b", "zq9x7w"));
        known.limited("got zq9x7w, password=xyzzy1");
        var out = new StringWriter();
        new ensure_ready.Publisher(new PrintWriter(out), false, Optional.empty(), Map.of(), false)
            .publish(known.report(target(), true), known.redaction(Map.of()), () -> { });
        assertEquals("{\"known\":1,\"pattern\":1,\"withheld\":0}", json(out.toString()).path("redactions").toString());
        assertFalse(out.toString().contains("zq9x7w") || out.toString().contains("xyzzy1"), out.toString());
    }

    @Test
    void peopleGetTextAndNoFileIsWrittenThatNobodyNamed() throws IOException {
        assertTrue(publish(Map.of("GITHUB_OUTPUT", "", "GITHUB_STEP_SUMMARY", ""), Optional.empty(), true, new ArrayList<>())
            .startsWith("shop-dev-3 (slot 3): failed"));
        try (var files = Files.list(folder)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    @ResourceLock(Resources.SYSTEM_ERR)
    void aFileThatCannotBeWrittenIsToldAndCausesAreAnnotatedOnStderr() {
        var before = System.err;
        var err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true));
        try {
            var known = known();
            new ensure_ready.Publisher(new PrintWriter(new StringWriter()), false,
                Optional.of(Path.of("/proc/nowhere/x.json")), Map.of("GITHUB_OUTPUT", ""), true)
                .publish(known.report(target(), true), known.redaction(Map.of()), () -> { });
        } finally {
            System.setErr(before);
        }
        assertTrue(err.toString().contains("ensure_ready: /proc/nowhere/x.json: cannot be written: "), err.toString());
        assertEquals(2, err.toString().split("cannot be written", -1).length, "nothing is written where nothing is named: " + err);
        assertTrue(err.toString().contains("::warning::shop-dev-3 (slot 3): failed: said so"), err.toString());
    }

    private static ensure_ready.KnownSoFar known() {
        var known = new ensure_ready.KnownSoFar();
        known.end(ensure_ready.Outcome.failed, "said so");
        return known;
    }

    private static ensure_ready.Target target() {
        return new ensure_ready.Target("ai", 3, "shop-dev-3", 42, 0, false);
    }

    private static String publish(Map<String, String> env, Optional<Path> file, boolean asText, List<String> printed) {
        var out = new StringWriter();
        var known = known();
        new ensure_ready.Publisher(new PrintWriter(new BufferedWriter(out)), asText, file, env, false)
            .publish(known.report(target(), true), known.redaction(Map.of()), () ->
            printed.add(out.toString().isEmpty() ? "nothing" : "printed"));
        return out.toString();
    }
}
