import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What is edited stays small enough to be read: files under 500 lines, lines of at most 140 characters. */
class SourcesTest {
    private static final int LINES = 500;
    private static final int COLUMNS = 140;

    @Test
    void noFileHasMoreThanFiveHundredLinesAndNoLineMoreThanAHundredAndFortyCharacters() throws IOException {
        assertEquals(List.of(), edited().flatMap(SourcesTest::tooLong).toList());
    }

    private static Stream<Path> edited() throws IOException {
        var root = Cli.root();
        return Stream.of("src", "tests", "tools").map(root::resolve).flatMap(SourcesTest::java);
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
