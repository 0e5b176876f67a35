import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MirrorTest {
    @TempDir
    Path folder;
    private Path source;
    private Path target;

    @BeforeEach
    void sources() throws IOException {
        source = folder.resolve("work");
        target = folder.resolve("base/3/src");
        write(source.resolve("pom.xml"), "one");
        write(source.resolve("src/Main.java"), "two");
    }

    @Test
    void filesAreCopiedUpdatedAndRemoved() throws IOException {
        mirror();
        Files.delete(source.resolve("src/Main.java"));
        write(source.resolve("pom.xml"), "changed");
        mirror();
        assertEquals("changed", Files.readString(target.resolve("pom.xml")));
        assertFalse(Files.exists(target.resolve("src/Main.java")));
    }

    @Test
    void aLinkIsCopiedAsALinkAndNothingIsWrittenOrDeletedBehindIt() throws IOException {
        var outside = folder.resolve("outside");
        write(outside.resolve("keep.txt"), "keep");
        Files.createDirectories(target);
        Files.createSymbolicLink(target.resolve("src"), outside);
        mirror();
        assertTrue(Files.isDirectory(target.resolve("src"), LinkOption.NOFOLLOW_LINKS));
        assertEquals("keep", Files.readString(outside.resolve("keep.txt")));
        assertFalse(Files.exists(outside.resolve("Main.java")));
    }

    @Test
    void aTargetThatIsALinkIsRefused() throws IOException {
        var outside = folder.resolve("outside");
        write(outside.resolve("keep.txt"), "keep");
        Files.createDirectories(target.getParent());
        Files.createSymbolicLink(target, outside);
        var error = assertThrows(ensure_ready.InfraFailure.class, this::mirror);
        assertEquals(ensure_ready.Outcome.prepare_failed, error.outcome);
        assertEquals("keep", Files.readString(outside.resolve("keep.txt")));
    }

    private void mirror() {
        new ensure_ready.Mirror(source, target).run(new ensure_ready.Progress(System.err, Map.of(), true, false));
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
    }
}
