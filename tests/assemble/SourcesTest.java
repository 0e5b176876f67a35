import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** What is edited stays small enough to be read: files under 500 lines, lines of at most 140 characters, methods of at most 40 lines. */
class SourcesTest {
    private static final int LINES = 500;
    private static final int COLUMNS = 140;
    private static final int METHOD = 40;

    @Test
    void noFileHasMoreThanFiveHundredLinesAndNoLineMoreThanAHundredAndFortyCharacters() throws IOException {
        assertEquals(List.of(), edited("src", "tests", "tools").flatMap(SourcesTest::tooLong).toList());
    }

    @Test
    void noMethodOfWhatShipsHasMoreThanFortyLines() throws IOException {
        var compiler = ToolProvider.getSystemJavaCompiler();
        try (var files = compiler.getStandardFileManager(null, null, null)) {
            var java = files.getJavaFileObjectsFromPaths(edited("src", "tools").toList());
            var task = (JavacTask) compiler.getTask(null, files, null, List.of("-proc:none"), null, java);
            var wrong = new ArrayList<String>();
            for (var unit : task.parse()) {
                new LongMethods(unit, Trees.instance(task).getSourcePositions()).scan(unit, wrong);
            }
            assertEquals(List.of(), wrong);
        }
    }

    private static final class LongMethods extends TreeScanner<Void, List<String>> {
        private final CompilationUnitTree unit;
        private final SourcePositions places;

        LongMethods(CompilationUnitTree unit, SourcePositions places) {
            this.unit = unit;
            this.places = places;
        }

        @Override
        public Void visitMethod(MethodTree method, List<String> wrong) {
            long first = unit.getLineMap().getLineNumber(places.getStartPosition(unit, method));
            long lines = unit.getLineMap().getLineNumber(places.getEndPosition(unit, method)) - first + 1;
            if (lines > METHOD) {
                wrong.add(unit.getSourceFile().getName() + ":" + first + ": " + method.getName() + " has " + lines + " lines");
            }
            return super.visitMethod(method, wrong);
        }
    }

    private static Stream<Path> edited(String... folders) {
        return Stream.of(folders).map(Cli.root()::resolve).flatMap(SourcesTest::java);
    }

    private static Stream<Path> java(Path folder) {
        try (var files = Files.walk(folder)) {
            return files.filter(f -> f.toString().endsWith(".java")).sorted().toList().stream();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static Stream<String> tooLong(Path file) {
        try {
            var lines = Files.readAllLines(file);
            var wide = IntStream.range(0, lines.size()).filter(i -> lines.get(i).length() > COLUMNS && !lines.get(i).startsWith("//"))
                .mapToObj(i -> file + ":" + (i + 1) + ": " + lines.get(i).length() + " characters");
            return Stream.concat(wide, lines.size() > LINES ? Stream.of(file + ": " + lines.size() + " lines") : Stream.empty());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
