import static org.junit.jupiter.api.Assertions.assertEquals;
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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The README against the scripts as they are. */
class ReadmeTest {
    private static final Pattern OPTION = Pattern.compile("(?<![\\w-])(--[a-z][a-z-]+|-[A-Za-z](?![\\w-]))");
    private static final Pattern VARIABLE = Pattern.compile("`([A-Z][A-Z_]{4,})`");
    private static final Pattern LINK = Pattern.compile("]\\(([^)#]+)(#[^)]*)?\\)");
    private static final Set<String> TEST_RUNNER = Set.of("--only", "--list", "--verbose", "--healthy", "--cluster", "--kind", "--lang");

    private final String readme = read("README.md");

    @Test
    void everyOptionOfEnsureReadyStandsInItsTableAndViceVersa() {
        compare(new CommandLine(new ensure_ready()).getCommandSpec(), "ensure_ready");
    }

    @Test
    void everyOptionOfPromptRunStandsInItsTableAndViceVersa() {
        compare(new CommandLine(new prompt_run(Map.of())).getCommandSpec(), "prompt_run");
    }

    /** First column: names; second: environment variables, which the help names in its own texts. */
    private void compare(CommandSpec spec, String script) {
        var rows = rows("options " + script);
        var help = spec.options().stream().flatMap(option -> Stream.of(option.names())).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(help, found(OPTION, 0, cells(rows, 1)));
        for (var row : rows) {
            for (var name : found(OPTION, 0, cells(List.of(row), 1))) {
                var option = spec.findOption(name);
                for (var variable : found(VARIABLE, 1, cells(List.of(row), 2))) {
                    assertTrue(description(option).contains(variable), () -> "README gives " + name + " the variable " + variable + ", --help does not");
                }
            }
        }
        var twins = spec.options().stream().flatMap(option -> found(Pattern.compile("(CODEXCTL_[A-Z_]+[A-Z])"), 1, description(option)).stream())
                .collect(Collectors.toCollection(TreeSet::new));
        assertTrue(found(VARIABLE, 1, cells(rows, 2)).containsAll(twins), () -> "variables in --help: " + twins);
    }

    @Test
    void commandLinesUseOptionsThatExist() {
        var known = new TreeSet<>(TEST_RUNNER);
        Stream.of(new CommandLine(new ensure_ready()), new CommandLine(new prompt_run(Map.of())), new CommandLine(new cluster()))
                .forEach(command -> command.getCommandSpec().options().forEach(option -> known.addAll(List.of(option.names()))));
        for (var line : readme.replaceAll("(?s)<!-- options.*?<!-- /options -->", "").lines().toList()) {
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
        Pattern.compile("]\\(#([^)]+)\\)").matcher(readme).results().forEach(link -> assertTrue(anchors.contains(link.group(1)), link.group(1)));
    }

    @Test
    void everyAliasOfTheCatalogRunsAFileThatExists() throws IOException {
        var aliases = EmbeddedApi.JSON.readTree(read("jbang-catalog.json")).get("aliases");
        assertFalse(aliases.isEmpty());
        aliases.forEach(alias -> assertTrue(Files.exists(Cli.root().resolve(alias.get("script-ref").asText())), alias.toString()));
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

    private List<String> rows(String marker) {
        int start = readme.indexOf("<!-- " + marker + " -->");
        assertTrue(start > 0, marker);
        return readme.substring(start, readme.indexOf("<!-- /options -->", start)).lines().filter(line -> line.startsWith("| `")).toList();
    }

    private static String cells(List<String> rows, int column) {
        return rows.stream().map(row -> row.replace("\\|", " ").split("\\|")[column]).collect(Collectors.joining("\n"));
    }

    private static Set<String> found(Pattern pattern, int group, String text) {
        return pattern.matcher(text).results().map(match -> match.group(group)).collect(Collectors.toCollection(TreeSet::new));
    }

    private static String description(OptionSpec option) {
        return String.join(" ", option.description());
    }

    private static String read(String file) {
        try {
            return Files.readString(Cli.root().resolve(file));
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
