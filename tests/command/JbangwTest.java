import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bootstrap as a process in an empty home: with stubs for what it finds on the PATH, and with the real Maven and JBang. */
@Tag("slow")
class JbangwTest {
    private static final String SHOW = "[ \"$1\" != build ] || exit 0; for a; do printf '[%s]' \"$a\"; done; echo; cat; exit 42\n";

    /** A JVM without a UTF-8 locale cannot even hand such an argument to a process. */
    private static final String FOREIGN = Charset.forName(System.getProperty("sun.jnu.encoding")).newEncoder().canEncode("ü")
        ? "ünï" : "uni";

    @TempDir
    Path home;

    private Path bin;

    @BeforeEach
    void emptyMachine() throws IOException {
        bin = Files.createDirectory(home.resolve("bin"));
    }

    /** jbangw with our stubs first on the PATH, and no other JBang of this machine on it. */
    private Cli jbangw(Path jbangw) {
        var path = Stream.of(System.getenv("PATH").split(":")).filter(folder -> !Files.exists(Path.of(folder, "jbang")))
            .collect(Collectors.joining(":"));
        return Cli.program(jbangw.toString()).env("HOME", home.toString()).env("PATH", bin + ":" + path).env("XDG_CACHE_HOME", null)
                .env("JBANG_DIR", null).env("JBANG_CACHE_DIR", null).in(home);
    }

    /** With the jar that this user's cache already holds: it comes once, which is not what the test is about. */
    private Cli warm(Path jbangw) throws IOException {
        var store = Files.createDirectories(home.resolve(".cache/jbangw"));
        var cache = Path.of(System.getenv().getOrDefault("XDG_CACHE_HOME", System.getenv("HOME") + "/.cache"));
        var jar = cache.resolve("jbangw/jbang-cli-0.132.1-all.jar");
        if (Files.exists(jar) && !Files.exists(store.resolve(jar.getFileName()))) {
            Files.copy(jar, store.resolve(jar.getFileName()));
        }
        return jbangw(jbangw);
    }

    private Cli jbangw() {
        return jbangw(Cli.root().resolve("jbangw"));
    }

    /** Only the programs named, and the stubs: a machine where something is missing. */
    private Cli bare(String... programs) throws IOException {
        for (var program : programs) {
            for (var folder : System.getenv("PATH").split(":")) {
                if (Files.isExecutable(Path.of(folder, program)) && !Files.exists(bin.resolve(program))) {
                    stub(program, "exec " + Path.of(folder, program) + " \"$@\"\n");
                }
            }
        }
        return jbangw().env("PATH", bin.toString()).env("JAVA_HOME", null);
    }

    private static final String[] BASICS = {"sh", "dirname", "sed", "grep", "cat",
        "cksum", "cut", "mkdir", "ln", "rm", "mv", "readlink", "sleep"};

    private void stub(String name, String script) throws IOException {
        var file = Files.writeString(bin.resolve(name), "#!/bin/sh\n" + script);
        assertTrue(file.toFile().setExecutable(true));
    }

    private Path script(String name, String body) throws IOException {
        return Files.writeString(home.resolve(name + ".java"), "//JAVA 17+\nclass "
            + name + " { public static void main(String... args) throws Exception {\n" + body + "\n} }\n");
    }

    @Test
    void aJbangOnThePathGetsArgumentsAndStdinAndItsExitCodeIsKept() throws IOException {
        stub("jbang", SHOW);
        var result = jbangw().stdin("from stdin").run("x.jar", "a b", "\"q\" 'q'", "", "two\nlines", FOREIGN + "*$HOME");
        assertEquals(42, result.exit());
        assertEquals("[x.jar][a b][\"q\" 'q'][][two\nlines][" + FOREIGN + "*$HOME]\nfrom stdin", result.out());
        assertEquals("", result.err());
    }

    @Test
    void anAliasComesFromTheCatalogBesideTheFileAlsoWhereAFolderHasItsName() throws IOException {
        stub("jbang", SHOW);
        Files.createDirectory(home.resolve("test"));
        var catalog = Cli.root().resolve("jbang-catalog.json");
        assertEquals("[-Da=b][test@" + catalog + "][test]", last(jbangw().run("-Da=b", "test", "test").out()));
        assertEquals("[run][prompt-run@" + catalog + "][-h]", last(jbangw().run("run", "prompt-run", "-h").out()));
    }

    @Test
    void whatIsNoAliasIsLeftAlone() throws IOException {
        stub("jbang", SHOW);
        assertEquals("[other.java][test]", last(jbangw().run("other.java", "test").out()));
        assertEquals("[alias@org/repo][demo]", last(jbangw().run("alias@org/repo", "demo").out()));
    }

    @Test
    void calledJbangItselfItDoesNotCallItself() throws IOException {
        Files.createSymbolicLink(bin.resolve("jbang"), Cli.root().resolve("jbangw"));
        stub("mvn", "exit 1");
        stub("curl", "printf %s 'echo installer \"$@\"'");
        var result = jbangw().timeout(Duration.ofSeconds(20)).run("version");
        assertEquals("installer version\n", result.out(), result::toString);
        Files.delete(bin.resolve("jbang"));
    }

    @Test
    void aJarWithAnotherDigestIsRefusedAndNothingIsLeftBehind() throws IOException {
        stub("mvn", "for a; do case $a in -DoutputDirectory=*) mkdir -p \"${a#*=}\"; echo evil > \"${a#*=}/jbang-cli-0.132.1-all.jar\";; "
            + "esac; done");
        var result = jbangw().run("version");
        assertEquals(1, result.exit());
        assertEquals("", result.out());
        assertTrue(result.err().matches("(?s).*has SHA-256 [0-9a-f]{64}, expected f977.*: not used\n"), result::err);
        assertEquals(List.of(), filesUnder(home.resolve(".cache")));
    }

    @Test
    void withoutMavenTheOfficialInstallerRunsAndStdinIsTheScripts() throws IOException {
        stub("curl", "printf %s 'for a; do printf \"[%s]\" \"$a\"; done; cat; exit 9'");
        var result = bare(plus(BASICS, "java", "javac", "bash")).stdin("kept").run("alias@org/repo", "a b");
        assertEquals("[alias@org/repo][a b]kept", result.out());
        assertEquals(9, result.exit());
    }

    @Test
    void whereNothingCanBeHadOneLineSaysWhatToInstall() throws IOException {
        var result = bare(plus(BASICS, "java", "javac")).run("version");
        assertEquals(1, result.exit());
        assertEquals("jbangw: no jbang, no usable Maven, and no curl with bash: install JBang or Maven\n", result.err());
    }

    @Test
    void noJdkAndAnOldJdkAreToldInOneLine() throws IOException {
        var none = bare(BASICS).run("version");
        assertEquals("1 jbangw: no JDK found: install a JDK 17 or newer, or set JAVA_HOME\n", none.exit() + " " + none.err());
        stub("java", "echo 'openjdk version \"11.0.22\" 2024-01-16' >&2");
        var old = bare(BASICS).run("version");
        assertEquals("1 jbangw: " + bin.resolve("java") + " is Java 11: install a JDK 17 or newer, or set JAVA_HOME to one\n",
            old.exit() + " " + old.err());
    }

    @Test
    void theLockOfADeadProcessIsBroken() throws IOException {
        var store = Files.createDirectories(home.resolve(".cache/jbangw"));
        var jar = Files.createSymbolicLink(store.resolve("download.lock"), Path.of("999999999"));
        stub("mvn", "exit 1");
        stub("curl", "printf %s 'echo installer'");
        var result = jbangw().timeout(Duration.ofSeconds(30)).run("version");
        assertEquals("installer\n", result.out(), result::toString);
        assertFalse(Files.isSymbolicLink(jar));
    }

    @Test
    void coldAndAllAtOnceTheRealJbangRunsTheScriptWithEverythingPassedThrough() throws IOException {
        var script = script("Echo", """
                for (var a : args) System.out.print("[" + a + "]");
                System.out.print(new String(System.in.readAllBytes(), "UTF-8"));
                System.exit(42);
                """);
        var args = new String[] {script.toString(), "a b", "q'\"q", "$(date) `x` \\ *", "two\nlines", FOREIGN, "--label="};
        var runs = new ArrayList<Cli.Running>();
        for (int i = 0; i < 3; i++) {
            runs.add(jbangw().env("LC_ALL", "C.UTF-8").stdin("in " + i).start(args));
        }
        for (int i = 0; i < 3; i++) {
            var result = runs.get(i).await();
            assertEquals("[a b][q'\"q][$(date) `x` \\ *][two\nlines][" + FOREIGN + "][--label=]in " + i, result.out(), result::toString);
            assertEquals(42, result.exit());
        }
        assertEquals(List.of("jbang-cli-0.132.1-all.jar"), filesUnder(home.resolve(".cache/jbangw")));
    }

    @Test
    void aSignalReachesTheScriptAndItsExitCodeComesBack() throws IOException, InterruptedException {
        var script = script("Sleeper", """
                Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("bye")));
                java.nio.file.Files.createFile(java.nio.file.Path.of(args[0]));
                Thread.sleep(60_000);
                """);
        var running = warm(Cli.root().resolve("jbangw")).start(script.toString(), home.resolve("started").toString());
        for (int i = 0; i < 900 && !Files.exists(home.resolve("started")); i++) {
            Thread.sleep(100);
        }
        running.signal("TERM");
        var result = running.await();
        assertEquals("bye\n", result.out(), result::toString);
        assertEquals(143, result.exit());
    }

    @Test
    void theArchiveThatIsMadeOfEarlierStartsIsTakenAndABrokenOneIsNoHarm() throws IOException, InterruptedException {
        var script = script("Quiet", "System.out.print(args[0]);");
        Files.writeString(script, "//RUNTIME_OPTIONS -Xlog:disable\n" + Files.readString(script));
        for (int i = 0; i < 2; i++) {
            assertEquals("x", warm(Cli.root().resolve("jbangw")).env("CI", null).run(script.toString(), "x").out());
        }
        var archive = archive();
        var taken = jbangw().env("CI", null).env("JDK_JAVA_OPTIONS", "-Xshare:on").run(script.toString(), "x");
        assertEquals("0 x", taken.exit() + " " + taken.out(), taken::toString);
        assertTrue(archive.toFile().setWritable(true));
        Files.writeString(archive, "rubbish");
        var broken = jbangw().env("CI", null).env("JDK_JAVA_OPTIONS", "-Xshare:on").run(script.toString(), "x");
        assertEquals(1, broken.exit(), broken::toString);
        var harmless = jbangw().env("CI", null).run(script.toString(), "x");
        assertEquals("0 x ", harmless.exit() + " " + harmless.out() + " " + harmless.err());
    }

    private Path archive() throws IOException, InterruptedException {
        for (int i = 0; i < 600; i++) {
            try (var files = Files.list(home.resolve(".jbang/cache/jars/.jbangw"))) {
                var archive = files.filter(file -> file.toString().endsWith(".jsa")).findFirst();
                if (archive.isPresent()) {
                    return archive.get();
                }
            }
            Thread.sleep(100);
        }
        throw new AssertionError("no archive came");
    }

    @Test
    void aScriptThatDoesNotCompileIsToldOnceAndStdoutStaysEmpty() throws IOException {
        var result = warm(Cli.root().resolve("jbangw")).run(script("Broken", "no java").toString());
        assertEquals("1 ", result.exit() + " " + result.out());
        assertTrue(result.err().contains("Broken.java"), result::err);
    }

    @Test
    void aPathWithABlankAndAnAtSignWorks() throws IOException {
        var folder = Files.createDirectory(home.resolve("a b@c"));
        Files.copy(Cli.root().resolve("jbangw"), folder.resolve("jbangw"));
        assertTrue(folder.resolve("jbangw").toFile().setExecutable(true));
        Files.writeString(folder.resolve("jbang-catalog.json"), "{\"aliases\": {\"hello\": {\"script-ref\": \"Hello.java\"}}}");
        Files.move(script("Hello", "System.out.print(\"hello \" + args[0]);"), folder.resolve("Hello.java"));
        var result = warm(folder.resolve("jbangw")).run("hello", "world");
        assertEquals("hello world", result.out(), result::toString);
    }

    private static String last(String text) {
        return text.strip().lines().reduce((a, b) -> b).orElse("");
    }

    private static String[] plus(String[] first, String... more) {
        return Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new);
    }

    private static List<String> filesUnder(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (var files = Files.walk(folder)) {
            return files.filter(file -> !Files.isDirectory(file)).map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
