import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/causes.md is the catalogue in the enum, written out: {@code UPDATE_DOCS=1 ./jbangw test --only CausesPageTest} writes it anew. */
class CausesPageTest {
    private static final Path PAGE = Path.of("docs/causes.md");

    @Test
    void thePageSaysWhatTheCatalogueSays() throws IOException {
        var expected = page();
        if ("1".equals(System.getenv("UPDATE_DOCS"))) {
            Files.createDirectories(PAGE.getParent());
            Files.writeString(PAGE, expected);
        }
        assertEquals(expected, Files.readString(PAGE));
    }

    @Test
    void codesAreUpperSnakeAndTheirTextsWhole() {
        for (var code : ensure_ready.Code.values()) {
            assertEquals(code.name(), code.name().replaceAll("[^A-Z0-9_]", ""));
            assertEquals(code.text.strip(), code.text);
            assertEquals('.', code.text.charAt(code.text.length() - 1), code.name());
        }
    }

    private static String page() {
        var intro = """
            # Causes

            Every code that `ensure_ready.java` can name. Codes are stable: they are added, never renamed or given another meaning.
            A *cause* stays a root. A *symptom* is explained by what it needs, and is told as a cause only where nothing explains it.
            A *wrapper* is looked through to what is inside it. *Progress* heals by itself: wait, do not repair.
            *Scope* says where the repair lies: in the repository, on the platform, either of them, or nowhere (wait).
            """;
        return intro + Stream.of(ensure_ready.Code.Family.values()).map(CausesPageTest::family).collect(Collectors.joining());
    }

    private static String family(ensure_ready.Code.Family family) {
        var rows = Stream.of(ensure_ready.Code.values()).filter(c -> c.family == family).sorted(Comparator.comparing(Enum::name))
            .map(c -> "| `" + c + "` | " + c.role.name().toLowerCase() + " | " + c.scope + " | " + c.text.replace("|", "\\|") + " | "
            + c.next.stream().limit(1).map(n -> n.template).filter(t -> !t.isEmpty())
            .map(t -> "`" + t + "`").collect(Collectors.joining()) + " |\n").toList();
        return "\n## " + family.name().charAt(0) + family.name().substring(1).toLowerCase()
            + "\n\n| code | class | scope | what to do | first look |\n|---|---|---|---|---|\n" + String.join("", rows);
    }
}
