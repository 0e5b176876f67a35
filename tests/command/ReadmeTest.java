import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The README against the scripts as they are. */
class ReadmeTest {
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])(--[a-z][a-z-]+|-[A-Za-z](?![\\w-]))");
    private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)(#[^)]*)?\\)");
    private static final Set<String> TEST_RUNNER =
        Set.of("--fast", "--only", "--list", "--verbose", "--healthy", "--cluster", "--kind", "--lang", "--check");

    private final String readme = read("README.md");

    @Test
    void theReferenceIsWhatScriptsAndSchemasGive() throws IOException {
        assertTrue(reference.page(Cli.root()).equals(read("docs/reference.md")), "docs/reference.md is stale: run ./jbangw reference");
    }

    @Test
    void theReferenceNamesEveryOptionWithItsVariablesAndEveryExitCode() {
        var page = read("docs/reference.md");
        for (var row : List.of("| `-n`, `--namespace NAME` | `CODEXCTL_NAMESPACE` |",
            "| `--infra-unhealthy BOOL` |", "| `INFRA_UNHEALTHY` `CODEXCTL_INFRA_UNHEALTHY` |",
                "| `--resume THREAD\\|auto` |", "| 130, 143 | interrupted", "| `causes[].fix.files[].line` | integer |",
                    "`slot namespace env created")) {
            assertTrue(page.contains(row), row);
        }
    }

    @Test
    void theReadmeFitsOneSitting() {
        assertTrue(readme.lines().count() <= 200, readme.lines().count() + " lines");
    }

    @Test
    void commandLinesUseOptionsThatExist() {
        var known = new TreeSet<>(TEST_RUNNER);
        Stream.of(new CommandLine(new ensure_ready()), new CommandLine(new prompt_run(Map.of())), new CommandLine(new cluster()))
                .forEach(command -> command.getCommandSpec().options().forEach(option -> known.addAll(List.of(option.names()))));
        for (var line : readme.lines().toList()) {
            for (var option : found(OPTION, 0, line.replaceAll("\\b(bash|kubectl|git|npm) .*", ""))) {
                assertTrue(known.contains(option), () -> option + " in: " + line);
            }
        }
    }

    @Test
    void filesAndSectionsThatItLinksToExist() {
        var anchors = readme.lines().filter(line -> line.startsWith("#")).map(line -> line.replaceFirst("#+ ", "").toLowerCase()
                .replaceAll("[^\\w -]", "").replace(' ', '-')).collect(Collectors.toSet());
        var links = LINK.matcher(readme);
        boolean any = false;
        while (links.find()) {
            any = true;
            assertTrue(links.group(1).startsWith("http") || Files.exists(Cli.root().resolve(links.group(1))), links.group(1));
        }
        assertTrue(any);
        Pattern.compile("]\\(#([^)]+)\\)").matcher(readme).results()
            .forEach(link -> assertTrue(anchors.contains(link.group(1)), link.group(1)));
    }

    @Test
    void everyAliasOfTheCatalogRunsAFileThatExists() throws IOException {
        var aliases = EmbeddedApi.JSON.readTree(read("jbang-catalog.json")).get("aliases");
        assertFalse(aliases.isEmpty());
        aliases.forEach(alias -> assertTrue(Files.exists(Cli.root().resolve(alias.get("script-ref").asString(""))), alias.toString()));
    }

    @Test
    void everyTableHasAsManyCellsInEachRowAsInItsHead() {
        int columns = 0;
        for (var line : readme.lines().toList()) {
            int cells = line.startsWith("|") ? line.replace("\\|", "").split("\\|", -1).length : 0;
            assertTrue(cells == 0 || columns == 0 || cells == columns, line);
            columns = cells;
        }
    }

    private static Set<String> found(Pattern pattern, int group, String text) {
        return pattern.matcher(text).results().map(match -> match.group(group)).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String read(String file) {
        try {
            return Files.readString(Cli.root().resolve(file));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
