import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What jbangw remembers of a start, and when it asks JBang again: with a JDK of our own whose java plays JBang, the script and the
 * archive's dump, so that each of them is seen and counted. {@link JbangwTest} does the same with the real ones.
 */
@Tag("slow")
class JbangwWarmTest {
    /** JBang's command has an archive of its own in it, as a script with //CDS gets it. */
    private static final String JAVA = """
            #!/bin/sh
            case " $* " in
            *' dev.jbang.Main '*)
                echo jbang >>"$HOME/calls"
                while [ "$1" != dev.jbang.Main ]; do shift; done
                shift
                while [ "${1%%.java}" = "$1" ] && [ "${1#*@}" = "$1" ]; do shift; done
                shift
                printf '%%s' "'%1$s/bin/java' -Xone $(cat "$HOME/options" 2>/dev/null) -classpath '$HOME/a b/app.jar':'$HOME/lib.jar'"
                printf '%%s' " -XX:ArchiveClassesAtExit=/x.jsa Main"
                for a; do printf " '%%s'" "$a"; done
                exit 255 ;;
            *' -Xshare:dump '*)
                echo "$*" >>"$HOME/dumps"
                for a; do case $a in -XX:SharedArchiveFile=*) : >"${a#*=}" ;; esac; done
                exit 0 ;;
            esac
            echo "$*" >"$HOME/started"
            for a; do case $a in -XX:DumpLoadedClassList=*) echo Main >"${a#*=}" ;; esac; done
            while [ "$1" != Main ]; do shift; done
            for a; do printf '[%%s]' "$a"; done
            cat
            exit 42
            """;

    @TempDir
    Path home;

    private Path script;

    @BeforeEach
    void aScriptAndAJdk() throws IOException {
        jdk("17.0.1");
        Files.createDirectories(home.resolve("a b"));
        Files.writeString(home.resolve("a b/app.jar"), "");
        Files.writeString(home.resolve("lib.jar"), "");
        Files.createFile(Files.createDirectories(home.resolve(".cache/jbangw")).resolve("jbang-cli-0.132.1-all.jar"));
        script = Files.writeString(home.resolve("app.java"), "class app { }\n");
    }

    private void jdk(String version) throws IOException {
        var bin = Files.createDirectories(home.resolve("jdk/bin"));
        Files.writeString(home.resolve("jdk/release"), "JAVA_VERSION=\"" + version + "\"\n");
        for (var name : List.of("java", "javac")) {
            assertTrue(Files.writeString(bin.resolve(name), JAVA.formatted(home.resolve("jdk"))).toFile().setExecutable(true));
        }
    }

    private Cli jbangw(Path jbangw) {
        var path = Stream.of(System.getenv("PATH").split(":")).filter(folder -> !Files.exists(Path.of(folder, "jbang"))).toList();
        return Cli.program(jbangw.toString()).env("HOME", home.toString()).env("PATH", String.join(":", path)).env("XDG_CACHE_HOME", null)
                .env("JBANG_DIR", null).env("JBANG_CACHE_DIR", null)
                .env("JAVA_HOME", home.resolve("jdk").toString()).env("CI", null).in(home);
    }

    private Cli jbangw() {
        return jbangw(Cli.root().resolve("jbangw"));
    }

    private void start() {
        var result = jbangw().run(script.toString(), "x");
        assertEquals("42 [Main][x]", result.exit() + " " + result.out(), result::toString);
    }

    private long calls() throws IOException {
        try (var lines = Files.lines(home.resolve("calls"))) {
            return lines.count();
        }
    }

    private String started() throws IOException {
        return Files.readString(home.resolve("started"));
    }

    private Path record() throws IOException {
        try (var files = Files.list(home.resolve(".jbang/cache/jars/.jbangw"))) {
            return files.filter(file -> file.getFileName().toString().matches("app\\.java-\\d+")).findFirst().orElseThrow();
        }
    }

    /** Started twice, which JBang sees once; then {@code change}, after which JBang is asked again, once. */
    private void asksAgainAfter(Change change) throws IOException {
        start();
        start();
        assertEquals(1, calls());
        change.make();
        start();
        assertEquals(2, calls());
        start();
        assertEquals(2, calls());
    }

    private interface Change {
        void make() throws IOException;
    }

    @Test
    void aFirstStartAsksJbangOnceAndALaterOneNotAtAll() throws IOException {
        var args = new String[] {script.toString(), "a b", "", "q'\"q", "$(date) `x` \\ *", "two\nlines", "-h", ""};
        for (int i = 0; i < 2; i++) {
            var result = jbangw().stdin("in " + i).run(args);
            assertEquals("[Main][a b][][q'\"q][$(date) `x` \\ *][two\nlines][-h][]in " + i, result.out(), result::toString);
            assertEquals("42 ", result.exit() + " " + result.err());
        }
        assertEquals(1, calls());
    }

    @Test
    void aTimeStampAloneIsNoChangeOfTheScript() throws IOException {
        start();
        Files.setLastModifiedTime(script, FileTime.from(Instant.now().plusSeconds(60)));
        start();
        assertEquals(1, calls());
    }

    @Test
    void aChangedScriptAsksAgain() throws IOException {
        asksAgainAfter(() -> Files.writeString(script, "class app { /* new */ }\n"));
    }

    @Test
    void aChangedSourceOfASourceAsksAgain() throws IOException {
        Files.writeString(script, "//SOURCES lib/one.java // a note\nclass app { }\n");
        Files.createDirectories(home.resolve("lib"));
        Files.writeString(home.resolve("lib/one.java"), "//SOURCES ../two.java\nclass one { }\n");
        var two = Files.writeString(home.resolve("two.java"), "class two { }\n");
        asksAgainAfter(() -> Files.writeString(two, "class two { /* new */ }\n"));
    }

    @Test
    void aFileMoreUnderAPatternAsksAgain() throws IOException {
        Files.writeString(script, "//SOURCES *Part.java\nclass app { }\n");
        Files.writeString(home.resolve("APart.java"), "class APart { }\n");
        asksAgainAfter(() -> Files.writeString(home.resolve("BPart.java"), "class BPart { }\n"));
    }

    @Test
    void aChangedFileOfTheScriptAsksAgainAndAnotherFileDoesNot() throws IOException {
        Files.writeString(script, "//FILES t/a.ftl=a.ftl\nclass app { }\n");
        var file = Files.writeString(home.resolve("a.ftl"), "one");
        asksAgainAfter(() -> Files.writeString(file, "two"));
        Files.writeString(home.resolve("b.ftl"), "not the script's");
        start();
        assertEquals(2, calls());
    }

    @Test
    void anotherVersionOfTheJdkInTheSamePlaceAsksAgain() throws IOException {
        asksAgainAfter(() -> jdk("17.0.2"));
    }

    @Test
    void aJarThatIsNewerThanTheRecordAsksAgain() throws IOException {
        asksAgainAfter(() -> {
            Files.setLastModifiedTime(record(), FileTime.from(Instant.now().minusSeconds(120)));
            Files.setLastModifiedTime(home.resolve("a b/app.jar"), FileTime.from(Instant.now().minusSeconds(60)));
        });
    }

    @Test
    void aJarThatIsGoneAsksAgainEveryTimeUntilItIsBack() throws IOException {
        start();
        Files.delete(home.resolve("lib.jar"));
        start();
        assertTrue(calls() > 1);
        Files.writeString(home.resolve("lib.jar"), "");
        start();
        var now = calls();
        start();
        assertEquals(now, calls());
    }

    @Test
    void aRecordThatWasCutOffOrIsRubbishAsksAgain() throws IOException {
        asksAgainAfter(() -> Files.writeString(record(), Files.readString(record()).stripTrailing()));
        Files.writeString(record(), "rubbish\n\n\n\n");
        start();
        assertEquals(3, calls());
    }

    @Test
    void nothingInARecordIsEvaluated() throws IOException {
        start();
        var evil = "-Xone$(touch " + home + "/evil)`touch " + home + "/evil`;touch evil";
        Files.writeString(record(), Files.readString(record()).replace("-Xone", evil));
        start();
        assertEquals(1, calls());
        assertTrue(started().startsWith("-Xone$(touch "), started());
        assertFalse(Files.exists(home.resolve("evil")));
    }

    @Test
    void aSettingOfJbangsIsLeftToJbang() throws IOException {
        start();
        var result = jbangw().env("JBANG_JAVA_OPTIONS", "-Xtwo").run(script.toString(), "x");
        assertEquals("[Main][x]", result.out(), result::toString);
        assertEquals(2, calls());
        Files.writeString(home.resolve("jbang.properties"), "run.java=21\n");
        start();
        assertEquals(3, calls());
    }

    @Test
    void anOptionForJbangIsLeftToJbang() throws IOException {
        start();
        assertEquals("[Main][x]", jbangw().run("-Da=b", script.toString(), "x").out());
        assertEquals(2, calls());
        assertEquals("[Main][x]", jbangw().run("run", script.toString(), "x").out());
        assertEquals(2, calls());
    }

    @Test
    void whatCannotBeFollowedIsLeftToJbangEveryTime() throws IOException {
        var lines = List.of("//SOURCES https://example.com/a.java", "//DEPS a:b:1-SNAPSHOT",
                "//RUNTIME_OPTIONS ${env.X}", "//FILES t/=t/**");
        for (var line : lines) {
            Files.writeString(script, line + "\nclass app { }\n");
            start();
            var before = calls();
            start();
            assertEquals(before + 1, calls(), line);
        }
    }

    @Test
    void anAliasIsRememberedWithItsCatalogAndLeftToJbangWhereItHasArguments() throws IOException {
        var jbangw = Files.copy(Cli.root().resolve("jbangw"), home.resolve("jbangw"));
        assertTrue(jbangw.toFile().setExecutable(true));
        var catalog = Files.writeString(home.resolve("jbang-catalog.json"), "{\"aliases\": {\"go\": {\"script-ref\": \"app.java\"}}}");
        for (int i = 0; i < 2; i++) {
            assertEquals("[Main][go]", jbangw(jbangw).run("go", "go").out());
            assertEquals(1, calls());
        }
        Files.writeString(catalog, "{\"aliases\": {\"go\": {\"script-ref\": \"app.java\", \"arguments\": [\"y\"]}}}");
        jbangw(jbangw).run("go");
        var before = calls();
        jbangw(jbangw).run("go");
        assertEquals(before + 1, calls());
    }

    @Test
    void jbangBesideItsLauncherOnThePathIsStartedTheSameWay() throws IOException {
        var bin = Files.createDirectories(home.resolve("bin"));
        assertTrue(Files.writeString(bin.resolve("jbang"), "#!/bin/sh\necho launcher\n").toFile().setExecutable(true));
        Files.createFile(bin.resolve("jbang.jar"));
        for (int i = 0; i < 2; i++) {
            var result = jbangw().env("PATH", bin + ":" + System.getenv("PATH")).run(script.toString(), "x");
            assertEquals("[Main][x]", result.out(), result::toString);
            assertEquals(1, calls());
        }
        Files.delete(bin.resolve("jbang.jar"));
        assertEquals("launcher\n", jbangw().env("PATH", bin + ":" + System.getenv("PATH")).run(script.toString(), "x").out());
    }

    @Test
    void aJbangOnThePathFindsItsJavaItselfWhereThereIsNone() throws IOException {
        var bin = Files.createDirectories(home.resolve("bin"));
        var programs = "sh dirname basename sed grep cat cksum cut mkdir ln rm mv readlink sleep env awk sort sha256sum tr";
        for (var program : programs.split(" ")) {
            var found = Stream.of(System.getenv("PATH").split(":")).map(folder -> Path.of(folder, program))
                    .filter(Files::isExecutable).findFirst();
            Files.createSymbolicLink(bin.resolve(program), found.orElseThrow());
        }
        assertTrue(Files.writeString(bin.resolve("jbang"), "#!/bin/sh\necho launcher $1 >>\"$HOME/calls\"\n").toFile().setExecutable(true));
        for (int i = 0; i < 2; i++) {
            var result = jbangw().env("PATH", bin.toString()).env("JAVA_HOME", null).run(script.toString());
            assertEquals("0 ", result.exit() + " " + result.err());
        }
        assertEquals(List.of("launcher build", "launcher " + script, "launcher " + script), Files.readAllLines(home.resolve("calls")));
    }

    @Test
    void aPathThatEndsInAColonIsNoSeparator() throws IOException {
        Files.writeString(home.resolve("options"), "-Dx=a:");
        start();
        start();
        assertEquals(1, calls());
        assertTrue(started().contains("-Dx=a: "), started());
    }

    @Test
    void jbangsOwnArchiveIsNeverWritten() throws IOException {
        start();
        start();
        assertEquals("-Xone -classpath " + home + "/a b/app.jar:" + home + "/lib.jar Main x\n", started());
    }

    @Test
    void anArchiveOfWhatWasLoadedIsMadeInTheBackgroundAndUsed() throws IOException, InterruptedException {
        Files.writeString(home.resolve("options"), "-Xlog:disable");
        start();
        assertTrue(started().contains("-XX:DumpLoadedClassList="), started());
        start();
        var archive = Path.of(record() + ".jsa");
        await(archive);
        start();
        assertTrue(started().contains(" -XX:SharedArchiveFile=" + archive + " -XX:DumpLoadedClassList="), started());
        start();
        assertTrue(started().endsWith(" -XX:SharedArchiveFile=" + archive + " Main x\n"), started());
        assertFalse(Files.readString(home.resolve("dumps")).contains("AOTClassLinking"));
        jdk("25.0.1");
        start();
        assertFalse(started().contains("-XX:SharedArchiveFile"), "an archive of another JDK");
        start();
        await(archive);
        assertTrue(Files.readString(home.resolve("dumps")).contains("-XX:+AOTClassLinking"));
    }

    private static void await(Path file) throws InterruptedException {
        for (int i = 0; i < 300 && !Files.exists(file); i++) {
            Thread.sleep(100);
        }
        assertTrue(Files.exists(file), file::toString);
    }

    @Test
    void onlyAScriptOfOneSourceWithASilentJvmSharesClassesAndNotOnARunnerThatIsGoneAfterwards() throws IOException {
        start();
        assertFalse(started().contains("-XX:"), started());
        Files.writeString(home.resolve("options"), "-Xlog:disable");
        Files.writeString(script, "class app { /* keeps the log off stdout */ }\n");
        for (int i = 0; i < 3; i++) {
            jbangw().env("CI", "true").run(script.toString(), "x");
            assertFalse(started().contains("-XX:"), started());
        }
        Files.writeString(home.resolve("lib.java"), "class lib { }\n");
        Files.writeString(script, "//SOURCES lib.java\nclass app { }\n");
        start();
        assertFalse(started().contains("-XX:"), started());
        Files.writeString(script, "class app { }\n");
        start();
        assertTrue(started().contains("-XX:DumpLoadedClassList="), started());
    }

    @Test
    void aScriptIsKnownByItsPathAndItsJdk() throws IOException {
        start();
        var twin = Files.copy(script, Files.createDirectories(home.resolve("twin")).resolve("app.java"));
        assertEquals("[Main][x]", jbangw().run(twin.toString(), "x").out());
        assertEquals(2, calls());
        start();
        assertEquals(2, calls());
    }
}
