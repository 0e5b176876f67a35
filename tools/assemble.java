///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Writes ensure_ready.java and prompt_run.java from src/; --check only compares
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//COMPILE_OPTIONS -encoding UTF-8 -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Makes one file to copy out of many files to edit: {@code ./jbangw assemble}.
 *
 * <p>A script's entry ({@code src/NAME/NAME.java}) becomes the outer class; every other file of its wings, and what it needs of
 * {@code src/shared}, becomes a nested class as it is edited, less package, imports and {@code public}. First stands what acts,
 * then what only thinks. Equal sources give equal bytes, wherever it runs.
 */
@Command(name = "assemble", mixinStandardHelpOptions = true, description = "Writes the two scripts from src/.",
    exitCodeList = {"0:written, or fresh", "1:stale (--check), or the sources cannot be assembled", "2:usage"},
        exitCodeListHeading = "%nExit codes%n")
class assemble implements Callable<Integer> {
    /** A script and its wings in the order in which they stand in it; {@code shared} holds what both scripts use. */
    record Script(String name, List<String> acts, List<String> thinks) { }

    static final List<Script> SCRIPTS = List.of(
        new Script("ensure_ready", List.of("command", "slots", "manifests", "waiting", "cluster", "report", "system", "shared.system"),
            List.of("certainty", "diagnosis", "findings", "readiness", "catalogue", "model", "shared")),
        new Script("prompt_run",
            List.of("command", "run", "sources", "keeper", "place", "facts", "templates", "machine", "shared.system"),
            List.of("prompt", "verdict", "view", "agent", "remote", "subject", "text", "options", "shared")));

    private static final Pattern TYPE =
        Pattern.compile("(?m)^public ((?:(?:final|abstract|sealed) )*)(class|record|enum|interface) (\\w+)");
    private static final Pattern IMPORT = Pattern.compile("(?m)^import (static )?([\\w.]+?\\.(\\w+));\\n");
    private static final Pattern DIRECTIVE = Pattern.compile("(?m)^//[A-Z][A-Z_:]*\\b.*");
    private static final Pattern PUBLIC_MEMBER = Pattern.compile("(?m)(?<!@Override\\n {0,12})^( {4,8})public ");
    private static final String LINE = "// " + "-".repeat(117);

    @Option(names = "--check", description = "write nothing; exit 1 and say which script is stale")
    boolean check;

    @Option(names = "--root", paramLabel = "DIR", description = "the checkout (default: where src/ is)")
    Path root;

    public static void main(String... args) {
        System.exit(new CommandLine(new assemble()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        boolean fresh = true;
        for (var script : SCRIPTS) {
            try {
                fresh &= one(script);
            } catch (Unfit e) {
                System.err.println("assemble: " + e.getMessage());
                return 1;
            }
        }
        return fresh ? 0 : 1;
    }

    private boolean one(Script script) throws IOException {
        var top = root == null ? root() : root;
        var file = top.resolve(script.name() + ".java");
        var text = assembled(script, top.resolve("src"));
        boolean same = Files.exists(file) && Files.readString(file).equals(text);
        if (!same && check) {
            System.err.println("assemble: " + file.getFileName() + " is stale: edit src/ and run ./jbangw assemble");
        }
        if (!same && !check) {
            Files.writeString(file, text);
            file.toFile().setExecutable(true);
            System.err.println("assemble: wrote " + file.getFileName());
        }
        return same || !check;
    }

    /** The checkout around the caller, so that the tool works from every folder of it. */
    static Path root() {
        for (var at = Path.of("").toAbsolutePath(); at != null; at = at.getParent()) {
            if (Files.isDirectory(at.resolve("src/shared"))) {
                return at;
            }
        }
        throw new Unfit("no src/shared here or above: run it inside the checkout");
    }

    /** Sources that cannot stand in one file; the message names the files. */
    static final class Unfit extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unfit(String message) {
            super(message);
        }
    }

    /** One edited file: its type's name, its imports, and its text less package and imports. */
    record Part(String path, String name, List<String> imports, String body) {
        boolean mentions(String word) {
            return Pattern.compile("\\b" + word + "\\b").matcher(body).find();
        }
    }

    static String assembled(Script script, Path src) throws IOException {
        var entry = part(src, src.resolve(script.name()).resolve(script.name() + ".java"));
        var wings = wings(script, src, entry);
        var parts = Stream.concat(Stream.of(entry), wings.values().stream().flatMap(List::stream)).toList();
        unique(script, parts);
        var head = entry.body().lines().takeWhile(l -> l.startsWith("//")).toList();
        var open = entry.body().lines().skip(head.size()).collect(Collectors.joining("\n")).strip();
        var start = head(head) + "\n" + contents(script, wings, src) + "\n" + imports(script, parts)
            + "\n" + open.substring(0, open.length() - 1);
        var text = new StringBuilder(start);
        wings.forEach((wing, files) -> {
            if (wing.equals(script.thinks().get(0))) {
                text.append("\n" + LINE
                    + "\n// From here on nothing acts: no client, file, process, clock or environment. A test holds it.\n" + LINE + "\n");
            }
            text.append("\n").append(title(script, wing));
            files.forEach(f -> text.append("\n").append(nested(f)));
        });
        return numbered(script, text.append("}\n").toString(), wings);
    }

    /** The files of each wing by name; of the shared ones those that are used, directly or by one another. */
    private static Map<String, List<Part>> wings(Script script, Path src, Part entry) throws IOException {
        var all = new LinkedHashMap<String, List<Part>>();
        for (var wing : Stream.concat(script.acts().stream(), script.thinks().stream()).toList()) {
            all.put(wing, parts(src, folder(script, wing)));
        }
        var used = new ArrayList<Part>(List.of(entry));
        all.forEach((wing, files) -> {
            if (!wing.startsWith("shared")) {
                used.addAll(files);
            }
        });
        var shared = all.entrySet().stream().filter(e -> e.getKey().startsWith("shared")).flatMap(e -> e.getValue().stream()).toList();
        for (boolean more = true; more;) {
            var next = shared.stream().filter(p -> !used.contains(p) && used.stream().anyMatch(u -> u.mentions(p.name()))).toList();
            used.addAll(next);
            more = !next.isEmpty();
        }
        all.replaceAll((wing, files) -> files.stream().filter(used::contains).toList());
        all.values().removeIf(List::isEmpty);
        return all;
    }

    private static String folder(Script script, String wing) {
        return wing.startsWith("shared") ? wing.replace('.', '/') : script.name() + "/" + wing;
    }

    private static List<Part> parts(Path src, String folder) throws IOException {
        var parts = new ArrayList<Part>();
        try (var files = Files.list(src.resolve(folder))) {
            for (var file : files.filter(f -> f.toString().endsWith(".java") && !f.endsWith("package-info.java")).sorted().toList()) {
                parts.add(part(src, file));
            }
        }
        return parts;
    }

    private static Part part(Path src, Path file) throws IOException {
        var path = "src/" + src.relativize(file).toString().replace('\\', '/');
        var text = Files.readString(file).replace("\r\n", "\n");
        var imports = IMPORT.matcher(text).results().map(m -> m.group().strip()).toList();
        var body = IMPORT.matcher(text).replaceAll("").replaceFirst("(?m)^package [\\w.]+;\\n", "")
            .replaceFirst("\\A(//[^\\n]*\\n)*\\n+", "$0");
        body = entry(path) ? body.replaceAll("\\n{3,}", "\n\n") : body.strip() + "\n";
        var types = TYPE.matcher(body).results().toList();
        var name = file.getFileName().toString().replaceFirst("\\.java$", "");
        check(types.size() == 1 && types.get(0).group(3).equals(name), path + ": must hold one public type, " + name);
        check(!text.contains(".*;\n"), path + ": no wildcard imports");
        check(entry(path) || !DIRECTIVE.matcher(body).find(), path + ": //NAME in the first column is a directive of JBang: indent it");
        return new Part(path, name, imports, body);
    }

    private static boolean entry(String path) {
        return path.matches("src/(\\w+)/\\1\\.java");
    }

    private static void check(boolean right, String sentence) {
        if (!right) {
            throw new Unfit(sentence);
        }
    }

    /** In one file a name means one thing: no type twice, and none that java.lang or an import has too. */
    private static void unique(Script script, List<Part> parts) {
        var seen = new TreeMap<String, String>();
        for (var part : parts) {
            var before = seen.put(part.name(), part.path());
            check(before == null, part.name() + " stands in " + before + " and in " + part.path());
            check(!inJavaLang(part.name()), part.path() + ": java.lang has a type of this name");
        }
        var imported = new TreeMap<String, String>();
        for (var part : parts) {
            for (var line : part.imports()) {
                var simple = line.replaceAll("^.*\\.|;$", "");
                if (ours(script, line)) {
                    check(!line.startsWith("import static"), part.path() + ": " + line + ": name the type instead");
                    continue;
                }
                var before = imported.put(simple, line);
                check(before == null || before.equals(line), part.path() + ": " + line + " beside " + before);
                check(!seen.containsKey(simple), part.path() + ": " + line + " beside " + seen.get(simple));
            }
        }
    }

    private static boolean inJavaLang(String name) {
        try {
            Class.forName("java.lang." + name);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    private static boolean ours(Script script, String line) {
        return line.matches("import (static )?(shared|" + script.name() + ")\\..*");
    }

    /** The entry's lines for JBang; where its sources lie is no concern of the assembled file. */
    private static String head(List<String> lines) {
        return lines.stream().filter(l -> !l.startsWith("//SOURCES")).map(l -> l.replace("=../../", "=") + "\n")
            .collect(Collectors.joining());
    }

    /** What stands where; the lines' numbers are filled in when they are known, in the same width. */
    private static String contents(Script script, Map<String, List<Part>> wings, Path src) throws IOException {
        var text = new StringBuilder("""
            // Assembled from src/shared and src/NAME: edit there and run `./jbangw assemble`; `./jbangw assemble --check` tells
            // whether this file is what they give. First what acts (cluster, files, processes, output), the entry before all:
            """.replace("NAME", script.name()));
        for (var wing : wings.entrySet()) {
            var folder = folder(script, wing.getKey());
            text.append(wing.getKey().equals(script.thinks().get(0)) ? "// Then what only thinks: equal input gives equal answers.\n" : "");
            text.append("// line @").append(wing.getKey()).append("@ src/").append(folder)
                .append(": ").append(purpose(src.resolve(folder))).append('\n');
        }
        return text.toString();
    }

    /** Where a wing begins; a type of it is edited in the file of its name there. */
    private static String title(Script script, String wing) {
        return "// src/" + folder(script, wing) + "/\n";
    }

    private static String numbered(Script script, String text, Map<String, List<Part>> wings) {
        var lines = text.split("\n", -1);
        for (var wing : wings.keySet()) {
            var title = title(script, wing).strip();
            int at = IntStream.range(0, lines.length).filter(i -> lines[i].equals(title)).findFirst().orElseThrow() + 1;
            text = text.replace("@" + wing + "@", String.format("%5d", at));
        }
        return text;
    }

    /** The first sentence of the wing's package-info.java. */
    private static String purpose(Path folder) throws IOException {
        var info = folder.resolve("package-info.java");
        check(Files.exists(info), "src/" + folder.getFileName() + ": package-info.java is missing: say what the wing is for");
        return Files.readString(info).replaceAll("(?s)^.*?/\\*\\*\\s*|\\s*\\*/.*$|\\.(\\s.*)?$", "")
            .replaceAll("\\s*\\n \\* ?", " ").strip();
    }

    private static String imports(Script script, List<Part> parts) {
        var lines = parts.stream().flatMap(p -> p.imports().stream()).filter(l -> !ours(script, l)).distinct().sorted().toList();
        return lines.stream().filter(l -> !l.startsWith("import static")).map(l -> l + "\n").collect(Collectors.joining())
            + lines.stream().filter(l -> l.startsWith("import static")).map(l -> l + "\n").collect(Collectors.joining());
    }

    /** In one class everything sees everything, so {@code public} goes, but where a method answers for a type of the library's. */
    private static String nested(Part part) {
        var body = TYPE.matcher(part.body())
            .replaceFirst(m -> (m.group(2).equals("class") ? "static " : "") + m.group(1) + m.group(2) + " " + m.group(3));
        return PUBLIC_MEMBER.matcher(body).replaceAll("$1");
    }
}
