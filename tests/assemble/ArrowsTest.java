import static java.util.stream.Collectors.joining;
import static java.util.stream.Collectors.toMap;
import static java.util.stream.Collectors.toSet;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Between the files and wings of src/ all arrows go one way, and what only thinks touches nothing of the world. */
class ArrowsTest {
    /** What may be used by what only thinks, beside its own kind; a package stands for its types, not for those below it. */
    private static final Set<String> PURE =
        Set.of("java.lang", "java.lang.annotation", "java.lang.invoke", "java.lang.runtime", "java.math",
        "java.nio.charset", "java.security", "java.text", "java.time", "java.time.format", "java.time.temporal", "java.util",
        "java.util.function", "java.util.regex", "java.util.stream", "com.fasterxml.jackson.annotation", "tools.jackson.core",
        "tools.jackson.core.type", "tools.jackson.databind", "tools.jackson.databind.node");
    /** Types of other packages that only hold something in memory; a path is a name until somebody opens it. */
    private static final Set<String> PURE_TYPES = Set.of("java.io.IOException", "java.io.UncheckedIOException", "java.io.Serializable",
        "java.io.StringWriter", "java.io.StringReader",
        "java.nio.file.Path", "java.net.URI", "java.net.URISyntaxException", "java.net.URLDecoder",
        "java.net.URLEncoder");
    private static final Pattern IMPURE_TYPE =
        Pattern.compile("java\\.lang\\.(Process\\w*|Thread\\w*|Runtime|ClassLoader)|java\\.time\\.(Clock|InstantSource)"
            + "|java\\.util\\.(Scanner|Timer\\w*)|java\\.security\\.SecureRandom");
    private static final Pattern IMPURE_CALL = Pattern.compile("java\\.lang\\.System\\.(getenv|getProperty|getProperties|setProperty"
        + "|currentTimeMillis|nanoTime|exit|load|loadLibrary|in|out|err|console|setOut|setErr|setIn)|java\\.time\\.\\w+\\.now"
        + "|java\\.util\\.(UUID\\.randomUUID|Date\\.<init>|Random\\.<init>)");

    /** The packages of the types as they are edited, by name: in a script (and what both share) a name means one type. */
    private static final Map<String, List<String>> PACKAGES = new HashMap<>();
    private static JavaClasses all;

    /** The classes of the two scripts as they ship, told by the files that they are assembled from. */
    @BeforeAll
    static void read() throws IOException, URISyntaxException {
        var src = Cli.root().resolve("src");
        try (var files = Files.walk(src)) {
            files.filter(f -> f.toString().endsWith(".java") && !f.endsWith("package-info.java")).forEach(f -> PACKAGES
                .computeIfAbsent(f.getFileName().toString().replace(".java", ""), k -> new ArrayList<>())
                .add(src.relativize(f.getParent()).toString().replace(File.separatorChar, '.')));
        }
        ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
        var scripts = new ClassFileImporter()
            .withImportOption(at -> at.matches(Pattern.compile(".*/(ensure_ready|prompt_run)(\\$[^/]*)?\\.class")));
        var tests = Path.of(ArrowsTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        if (Files.isDirectory(tests)) {
            all = scripts.importPath(tests);
        } else {
            try (var jar = new JarFile(tests.toFile())) {
                all = scripts.importJar(jar);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ensure_ready", "prompt_run"})
    void everyArrowGoesOneWay(String script) {
        var wrong = new TreeSet<String>();
        circles(script, ArrowsTest::wing).forEach(c -> wrong.add("wings in a circle: " + c));
        circles(script, ArrowsTest::file).forEach(c -> wrong.add("files in a circle: " + c));
        of(script).filter(c -> thinks(script, c)).forEach(c -> wrong.addAll(deeds(script, c)));
        assertEquals("", String.join("\n", wrong));
    }

    @Test
    void stdoutIsTheReportsAndOnlyMainEndsTheProcess() {
        assertEquals("", hands(all.stream(), "java\\.lang\\.System\\.out"));
        assertEquals("ensure_ready.ensure_ready.main calls java.lang.System.exit\nprompt_run.prompt_run.main calls java.lang.System.exit",
            hands(all.stream(), "java\\.lang\\.(System\\.exit|Runtime\\.(halt|exit))"));
    }

    @Test
    void whoActsIsFoundOut() {
        var deeds = deeds("ensure_ready", all.get("ensure_ready$Collect"));
        assertTrue(deeds.contains("ensure_ready.cluster.Collect uses ensure_ready.cluster.Api"), deeds::toString);
        assertTrue(deeds.contains("ensure_ready.cluster.Collect uses java.util.concurrent.ExecutorService"), deeds::toString);
        var time = deeds("ensure_ready", all.get("ensure_ready$Deadline"));
        assertEquals(Set.of("ensure_ready.system.Deadline calls java.lang.System.nanoTime"), time);
    }

    @Test
    void aCircleIsNamedOnceAndWhoOnlyPointsAtItIsNotInIt() {
        var arrows = Map.of("a", Set.of("b"), "b", Set.of("c"), "c", Set.of("a"), "d", Set.of("a"));
        assertEquals(Set.of("a, b, c"), circles(arrows));
        assertEquals(Set.of(), circles(Map.of("a", Set.of("b"), "d", Set.of("a", "b"))));
    }

    /** Each set of wings or files that reach one another, as one line. */
    private static Set<String> circles(String script, Function<JavaClass, String> part) {
        var arrows = new TreeMap<String, Set<String>>();
        of(script).forEach(c -> uses(c).filter(ArrowsTest::ours).map(part).filter(to -> !to.equals(part.apply(c)))
            .forEach(to -> arrows.computeIfAbsent(part.apply(c), k -> new TreeSet<>()).add(to)));
        return circles(arrows);
    }

    private static Set<String> circles(Map<String, Set<String>> arrows) {
        var reached = arrows.keySet().stream().collect(toMap(at -> at, at -> reached(arrows, at)));
        return reached.keySet().stream().map(at -> reached.get(at).stream()
            .filter(to -> reached.getOrDefault(to, Set.of()).contains(at)).collect(joining(", ")))
            .filter(circle -> !circle.isEmpty()).collect(toSet());
    }

    private static Set<String> reached(Map<String, Set<String>> arrows, String from) {
        var reached = new TreeSet<String>();
        var next = new ArrayDeque<>(List.of(from));
        while (!next.isEmpty()) {
            arrows.getOrDefault(next.pop(), Set.of()).stream().filter(reached::add).forEach(next::push);
        }
        return reached;
    }

    /** What a class that only thinks does all the same: an arrow to what acts, or a hand on the world. */
    private static Set<String> deeds(String script, JavaClass type) {
        var deeds = new TreeSet<String>();
        uses(type).filter(to -> ours(to) ? !thinks(script, to) : !pure(to))
            .forEach(to -> deeds.add(file(type) + " uses " + (ours(to) ? file(to) : to.getName())));
        hands(Stream.of(type), IMPURE_CALL.pattern()).lines().forEach(h -> deeds.add(file(type) + h.replaceFirst("^\\S+", "")));
        return deeds;
    }

    /** An {@code assert} asks the outermost class whether it is on: that is the compiler's, not the file's. */
    private static Stream<JavaClass> uses(JavaClass type) {
        return type.getDirectDependenciesFromSelf().stream()
            .filter(d -> type.tryGetField("$assertionsDisabled").isEmpty() || !d.getDescription().contains("<clinit>()> references class"))
            .map(d -> d.getTargetClass().getBaseComponentType());
    }

    private static boolean pure(JavaClass type) {
        return type.getPackageName().matches("(org\\.snakeyaml\\.engine\\.v2|io\\.fabric8\\.kubernetes\\.api\\.model)(\\..*)?")
            || type.isPrimitive() || PURE_TYPES.contains(type.getName())
            || PURE.contains(type.getPackageName()) && !IMPURE_TYPE.matcher(type.getName()).matches();
    }

    /** Who touches such a field, method or constructor, a line each. */
    private static String hands(Stream<JavaClass> types, String what) {
        return types.flatMap(t -> Stream.<JavaAccess<?>>concat(t.getAccessesFromSelf().stream(), Stream.concat(
            t.getMethodReferencesFromSelf().stream(), t.getConstructorReferencesFromSelf().stream())))
            .filter(a -> target(a).matches(what))
            .map(a -> file(a.getOriginOwner()) + "." + a.getOrigin().getName() + " calls " + target(a)).distinct().sorted()
            .collect(joining("\n"));
    }

    private static String target(JavaAccess<?> access) {
        return access.getTargetOwner().getName() + "." + access.getTarget().getName();
    }

    /** A script's own classes and what it shares. */
    private static Stream<JavaClass> of(String script) {
        return all.stream().filter(c -> c.getName().matches(script + "(\\$.*)?") && ours(c));
    }

    /** Not the compiler's table behind the switches on enums, which belongs to all files. */
    private static boolean ours(JavaClass type) {
        return type.getName().matches("(ensure_ready|prompt_run)(\\$.*)?")
            && type.getFields().stream().noneMatch(f -> f.getName().startsWith("$SwitchMap$"));
    }

    private static boolean thinks(String script, JavaClass type) {
        return assemble.SCRIPTS.stream().filter(s -> s.name().equals(script)).flatMap(s -> s.thinks().stream())
            .anyMatch(wing(type)::equals);
    }

    private static String wing(JavaClass type) {
        return file(type).replaceFirst("\\.\\w+$", "");
    }

    /** The edited type: what is nested in it counts for it. */
    private static String file(JavaClass type) {
        var names = type.getName().split("\\$");
        var name = names.length > 1 && PACKAGES.containsKey(names[1]) ? names[1] : names[0];
        var place = PACKAGES.get(name).stream().filter(p -> p.matches("(shared|" + names[0] + ")(\\..*)?")).findFirst();
        return place.orElseThrow() + "." + name;
    }
}
