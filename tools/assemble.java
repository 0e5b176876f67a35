///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Writes ensure_ready.java and prompt_run.java from src/; --check only compares
//JAVA 17+
//DEPS info.picocli:picocli:4.7.7
//COMPILE_OPTIONS -encoding UTF-8 -proc:none -J-XX:TieredStopAtLevel=1 -J-XX:+UseSerialGC

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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
    /** A script and the packages in the order in which they stand in it; {@code shared} holds what both scripts use. */
    record Script(String name, List<String> acts, List<String> thinks) {
        Script {
            acts = acts.stream().map(w -> w.startsWith("shared") ? w : name + "." + w).toList();
            thinks = thinks.stream().map(w -> w.startsWith("shared") ? w : name + "." + w).toList();
        }
    }

    static final List<Script> SCRIPTS = List.of(
        new Script("ensure_ready", List.of("command", "slots", "manifests", "waiting", "cluster", "report", "system", "shared.system"),
            List.of("certainty", "diagnosis", "findings", "readiness", "catalogue", "model", "shared")),
        new Script("prompt_run",
            List.of("command", "run", "sources", "keeper", "place", "facts", "templates", "machine", "shared.system"),
            List.of("prompt", "verdict", "view", "agent", "remote", "subject", "text", "options", "shared")));

    private static final Pattern TYPE =
        Pattern.compile("(?m)^public ((?:(?:final|abstract|sealed) )*)(class|record|enum|interface) (\\w+)");
    private static final Pattern DIRECTIVE = Pattern.compile("(?m)^//[A-Z][A-Z_:]*\\b.*");
    private static final Pattern PUBLIC_MEMBER = Pattern.compile("(?m)(?<!@Override\\n {0,12})^( {4,8})public ");
    private static final String LINE = "// " + "-".repeat(117) + "\n";

    @Option(names = "--check", description = "write nothing; exit 1 and say which script is stale")
    boolean check;

    @Option(names = "--root", paramLabel = "DIR", description = "the checkout (default: where src/ is)")
    Path root;

    public static void main(String... args) {
        System.exit(new CommandLine(new assemble()).execute(args));
    }

    @Override
    public Integer call() throws IOException {
        try {
            int code = 0;
            for (var script : SCRIPTS) {
                code |= one(script, root == null ? root() : root);
            }
            return code;
        } catch (Unfit e) {
            System.err.println("assemble: " + e.getMessage());
            return 1;
        }
    }

    private int one(Script script, Path top) throws IOException {
        var file = top.resolve(script.name() + ".java");
        var text = assembled(script, top.resolve("src"));
        if (Files.exists(file) && Files.readString(file).equals(text)) {
            return 0;
        }
        if (check) {
            System.err.println("assemble: " + file.getFileName() + " is stale: edit src/ and run ./jbangw assemble");
            return 1;
        }
        Files.writeString(file, text);
        file.toFile().setExecutable(true);
        System.err.println("assemble: wrote " + file.getFileName());
        return 0;
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

    /** Sources that cannot stand in one file; the message names the files or their imports. */
    static final class Unfit extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unfit(String message) {
            super(message);
        }
    }

    private static void check(boolean right, String sentence) {
        if (!right) {
            throw new Unfit(sentence);
        }
    }

    /** One edited file: what it says to JBang before its package, its imports, and the rest. */
    record Part(String path, List<String> head, List<String> imports, String body) {
        String name() {
            return path.replaceAll("^.*/|\\.java$", "");
        }

        boolean mentions(Part other) {
            return Pattern.compile("\\b" + other.name() + "\\b").matcher(body).find();
        }

        /** As it is edited, but that in one class everything sees everything; a method that answers for the library's type stays public. */
        String nested() {
            return PUBLIC_MEMBER.matcher(TYPE.matcher(body)
                .replaceFirst(m -> (m.group(2).equals("class") ? "static " : "") + m.group(1) + m.group(2) + " " + m.group(3)))
                .replaceAll("$1");
        }
    }

    static String assembled(Script script, Path src) throws IOException {
        var entry = part(src, src.resolve(script.name()).resolve(script.name() + ".java"));
        var wings = wings(script, src, entry);
        var text = new StringBuilder();
        entry.head().stream().filter(l -> !l.startsWith("//SOURCES")).forEach(l -> text.append(l.replace("=../../", "=")).append('\n'));
        text.append('\n').append(contents(script, wings, src)).append('\n')
            .append(imports(script, Stream.concat(Stream.of(entry), wings.values().stream().flatMap(List::stream)).toList()))
            .append('\n').append(entry.body(), 0, entry.body().length() - 1);
        wings.forEach((wing, parts) -> {
            if (wing.equals(script.thinks().get(0))) {
                text.append('\n').append(LINE).append("// From here on nothing acts: no client, file, process, clock or environment.")
                    .append(" A test holds it.\n").append(LINE);
            }
            text.append("\n// src/").append(folder(wing)).append("/\n");
            parts.forEach(p -> text.append('\n').append(p.nested()).append('\n'));
        });
        return text.append("}\n").toString();
    }

    /** The files of each package by name; of the shared ones those that are used, directly or by one another. */
    private static Map<String, List<Part>> wings(Script script, Path src, Part entry) throws IOException {
        var all = new LinkedHashMap<String, List<Part>>();
        for (var wing : Stream.concat(script.acts().stream(), script.thinks().stream()).toList()) {
            all.put(wing, parts(src, src.resolve(folder(wing))));
        }
        var used = new LinkedHashSet<>(List.of(entry));
        var shared = new ArrayList<Part>();
        all.forEach((wing, parts) -> (wing.startsWith("shared") ? shared : used).addAll(parts));
        while (used.addAll(shared.stream().filter(p -> used.stream().anyMatch(u -> u.mentions(p))).toList())) { }
        all.values().forEach(parts -> parts.retainAll(used));
        all.values().removeIf(List::isEmpty);
        return all;
    }

    private static String folder(String wing) {
        return wing.replace('.', '/');
    }

    private static List<Part> parts(Path src, Path folder) throws IOException {
        var parts = new ArrayList<Part>();
        try (var files = Files.list(folder)) {
            for (var file : files.filter(f -> f.toString().endsWith(".java") && !f.endsWith("package-info.java")).sorted().toList()) {
                parts.add(part(src, file));
            }
        }
        return parts;
    }

    private static Part part(Path src, Path file) throws IOException {
        var lines = Files.readString(file).lines().toList();
        var head = lines.stream().takeWhile(l -> l.startsWith("//")).toList();
        var imports = lines.stream().filter(l -> l.startsWith("import ")).toList();
        var body = lines.stream().skip(head.size()).filter(l -> !l.matches("(package|import) .*"))
            .collect(Collectors.joining("\n")).strip();
        var part = new Part("src/" + src.relativize(file).toString().replace('\\', '/'), head, imports, body);
        var types = TYPE.matcher(body).results().map(m -> m.group(3)).toList();
        check(types.equals(List.of(part.name())), part.path() + ": must hold one public type, " + part.name());
        check(imports.stream().noneMatch(l -> l.endsWith(".*;")), part.path() + ": no wildcard imports");
        check(!DIRECTIVE.matcher(body).find(), part.path() + ": //NAME in the first column is a directive of JBang: indent it");
        return part;
    }

    /** What the parts import of others. In one file a name means one thing: a type, an import, or what java.lang has. */
    private static String imports(Script script, List<Part> parts) {
        var names = new TreeMap<String, String>();
        var lines = new LinkedHashSet<String>();
        parts.forEach(p -> unique(names, p.name(), p.path()));
        for (var line : parts.stream().flatMap(p -> p.imports().stream()).distinct().sorted().toList()) {
            if (!line.matches("import (static )?(shared|" + script.name() + ")\\..*")) {
                unique(names, line.replaceAll("^.*\\.|;$", ""), line);
                lines.add(line);
            } else {
                check(!line.startsWith("import static"), line + ": name the type instead");
            }
        }
        return lines.stream().sorted(Comparator.comparing(l -> l.startsWith("import static"))).map(l -> l + "\n")
            .collect(Collectors.joining());
    }

    private static void unique(Map<String, String> names, String name, String what) {
        var before = names.putIfAbsent(name, what);
        check(before == null, what + " beside " + before);
        try {
            check(Class.forName("java.lang." + name) == null, what + ": java.lang has a type of this name");
        } catch (ClassNotFoundException e) {
            // as it should be
        }
    }

    /** What stands where: each folder is the title under which it begins. */
    private static String contents(Script script, Map<String, List<Part>> wings, Path src) throws IOException {
        var text = new StringBuilder("""
            // Assembled from src/shared and src/NAME: edit there and run `./jbangw assemble`; `./jbangw assemble --check` tells
            // whether this file is what they give. First what acts (cluster, files, processes, output), the entry before all:
            """.replace("NAME", script.name()));
        for (var wing : wings.keySet()) {
            text.append(wing.equals(script.thinks().get(0)) ? "// Then what only thinks: equal input gives equal answers.\n" : "")
                .append("//     src/").append(folder(wing)).append("/: ").append(purpose(src.resolve(folder(wing)))).append('\n');
        }
        return text.toString();
    }

    /** The first sentence of the wing's package-info.java. */
    private static String purpose(Path folder) throws IOException {
        var info = folder.resolve("package-info.java");
        check(Files.exists(info), folder + ": package-info.java is missing: say what the wing is for");
        return Files.readString(info).replaceAll("(?s)^.*?/\\*\\*\\s*|\\s*\\*/.*$|\\.(\\s.*)?$", "")
            .replaceAll("\\s*\\n \\* ?", " ").strip();
    }
}
