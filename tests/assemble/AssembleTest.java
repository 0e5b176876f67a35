import static java.util.stream.Collectors.joining;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Many files to edit, one to copy: what may stand in the sources, and that the committed scripts are what they give. */
class AssembleTest {
    private static final assemble.Script TOY =
        new assemble.Script("toy", List.of("acting", "shared.system"), List.of("thinking", "shared"));

    @TempDir
    Path src;

    @ParameterizedTest
    @CsvSource({"ensure_ready, 0", "prompt_run, 1"})
    void theCommittedScriptIsWhatTheSourcesGive(String name, int index) throws IOException {
        var committed = Files.readString(Cli.root().resolve(name + ".java"));
        assertTrue(committed.equals(assemble.assembled(assemble.SCRIPTS.get(index), Cli.root().resolve("src"))),
            name + ".java is stale: edit src/ and run ./jbangw assemble");
    }

    /** In one file everything sees everything and imports are nobody's: an IDE sees packages. */
    @Test
    @Tag("slow")
    void theSourcesCompileAsTheyAreEdited(@TempDir Path compiled) throws IOException, URISyntaxException {
        var tests = Path.of(AssembleTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        var libraries = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> !Path.of(entry).toAbsolutePath().equals(tests)).collect(joining(File.pathSeparator));
        var compiler = ToolProvider.getSystemJavaCompiler();
        var said = new StringWriter();
        try (var files = compiler.getStandardFileManager(null, null, null); var sources = Files.walk(Cli.root().resolve("src"))) {
            var java = files.getJavaFileObjectsFromPaths(sources.filter(f -> f.toString().endsWith(".java")).toList());
            var options = List.of("-proc:none", "-encoding", "UTF-8", "-d", compiled.toString(), "-cp", libraries);
            assertTrue(compiler.getTask(said, files, null, options, null, java).call(), said::toString);
        }
    }

    @Test
    void wingsStandInOrderWithTheLineBetweenActingAndThinking() throws IOException {
        toy();
        assertEquals("""
            ///usr/bin/env jbang "$0" "$@" ; exit $?
            //JAVA 17+
            //FILES templates/a.ftl=templates/a.ftl

            // Assembled from src/shared and src/toy: edit there and run `./jbangw assemble`; `./jbangw assemble --check` tells
            // whether this file is what they give. First what acts (cluster, files, processes, output), the entry before all:
            //     src/toy/acting/: Acts
            // Then what only thinks: equal input gives equal answers.
            //     src/toy/thinking/: Thinks
            //     src/shared/: Shares

            import java.io.IOException;
            import java.util.List;
            import static java.util.Map.entry;

            /** The entry. */
            public class toy {
                public static void main(String... args) {
                    Hand.wave(entry("a", Idea.of("b")));
                }

            // src/toy/acting/

            /** A hand. */
            static final class Hand {
                static void wave(Object o) { }

                @Override
                public String toString() {
                    return "hand";
                }
            }

            // %s
            // From here on nothing acts: no client, file, process, clock or environment. A test holds it.
            // %s

            // src/toy/thinking/

            record Idea(List<String> words) {
                static Idea of(String s) { return new Idea(List.of(Used.UP + s)); }
            }

            // src/shared/

            interface Used {
                String UP = "up";
            }
            }
            """.formatted("-".repeat(117), "-".repeat(117)), assemble.assembled(TOY, src));
    }

    @Test
    void equalSourcesGiveEqualBytesWithForeignLineEndsToo() throws IOException {
        toy();
        var before = assemble.assembled(TOY, src);
        for (var file : List.of("toy/acting/Hand.java", "toy/toy.java")) {
            Files.writeString(src.resolve(file), Files.readString(src.resolve(file)).replace("\n", "\r\n"));
        }
        assertEquals(before, assemble.assembled(TOY, src));
    }

    @Test
    void oneNameMayNotMeanTwoTypes() throws IOException {
        toy();
        write("toy/thinking/Hand.java", "package toy.thinking;\n\npublic record Hand() { }\n");
        assertUnfit("src/toy/thinking/Hand.java beside src/toy/acting/Hand.java");
    }

    @Test
    void aTypeMayNotHideAnImportOfAnotherFile() throws IOException {
        toy();
        write("toy/thinking/IOException.java", "package toy.thinking;\n\npublic record IOException() { }\n");
        assertUnfit("import java.io.IOException; beside src/toy/thinking/IOException.java");
    }

    @Test
    void twoImportsOfOneNameAreRefused() throws IOException {
        toy();
        write("toy/thinking/More.java", "package toy.thinking;\n\nimport java.awt.List;\n\npublic record More(List list) { }\n");
        assertUnfit("import java.util.List; beside import java.awt.List;");
    }

    @Test
    void aTypeMayNotHideOneOfJavaLang() throws IOException {
        toy();
        write("toy/thinking/Process.java", "package toy.thinking;\n\npublic record Process() { }\n");
        assertUnfit("java.lang has a type of this name");
    }

    @Test
    void aDirectiveOfJbangInATextBlockIsRefusedAndAnIndentedOneIsNot() throws IOException {
        toy();
        write("toy/thinking/Text.java",
            "package toy.thinking;\n\npublic interface Text {\n    String T = \"\"\"\n  //DEPS a:b:1\n  \"\"\";\n}\n");
        assemble.assembled(TOY, src);
        write("toy/thinking/Text.java",
            "package toy.thinking;\n\npublic interface Text {\n    String T = \"\"\"\n//DEPS a:b:1\n\"\"\";\n}\n");
        assertUnfit("src/toy/thinking/Text.java: //NAME in the first column is a directive of JBang: indent it");
    }

    @Test
    void wildcardImportsAreRefused() throws IOException {
        toy();
        write("toy/thinking/More.java", "package toy.thinking;\n\nimport java.util.*;\n\npublic record More() { }\n");
        assertUnfit("src/toy/thinking/More.java: no wildcard imports");
    }

    private void assertUnfit(String sentence) {
        var message = assertThrows(assemble.Unfit.class, () -> assemble.assembled(TOY, src)).getMessage();
        assertTrue(message.contains(sentence), message);
    }

    private void toy() throws IOException {
        write("toy/toy.java", """
            ///usr/bin/env jbang "$0" "$@" ; exit $?
            //JAVA 17+
            //SOURCES acting/Hand.java
            //FILES templates/a.ftl=../../templates/a.ftl
            package toy;

            import shared.Used;
            import toy.thinking.Idea;
            import static java.util.Map.entry;

            /** The entry. */
            public class toy {
                public static void main(String... args) {
                    Hand.wave(entry("a", Idea.of("b")));
                }
            }
            """);
        write("toy/acting/Hand.java", """
            package toy.acting;

            import java.io.IOException;

            /** A hand. */
            public final class Hand {
                public static void wave(Object o) { }

                @Override
                public String toString() {
                    return "hand";
                }
            }
            """);
        write("toy/thinking/Idea.java", """
            package toy.thinking;

            import java.util.List;
            import shared.Used;

            public record Idea(List<String> words) {
                static Idea of(String s) { return new Idea(List.of(Used.UP + s)); }
            }
            """);
        write("shared/Used.java", "package shared;\n\npublic interface Used {\n    String UP = \"up\";\n}\n");
        write("shared/Unused.java", "package shared;\n\npublic interface Unused { }\n");
        write("shared/system/Unused2.java", "package shared.system;\n\npublic interface Unused2 { }\n");
        write("toy/acting/package-info.java", "/** Acts. */\npackage toy.acting;\n");
        write("toy/thinking/package-info.java", "/** Thinks. */\npackage toy.thinking;\n");
        write("shared/package-info.java", "/** Shares. And more. */\npackage shared;\n");
    }

    private void write(String path, String text) throws IOException {
        Files.createDirectories(src.resolve(path).getParent());
        Files.writeString(src.resolve(path), text);
    }
}
