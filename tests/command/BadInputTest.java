import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.ObjectMapper;

/** Input that people and files give by mistake: each is told in one line, with the exit code that belongs to it. */
class BadInputTest {
    private static final String CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    @TempDir
    Path folder;
    private EmbeddedApi server;

    @BeforeEach
    void start() throws IOException {
        server = new EmbeddedApi();
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: x}}");
        Files.write(folder.resolve("binary"), new byte[] {(byte) 0x7f, 'E', 'L', 'F', 0, (byte) 0xff, (byte) 0xfe, 0, 0});
        Files.createSymbolicLink(folder.resolve("circle"), folder.resolve("circle"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
        --isue 42 --project p                   | unknown option: '--isue'; did you mean --issue?
        -n x --no-such-thing=42                 | unknown option: '--no-such-thing=42'
        -n x -f circle                          | --manifests circle: a link that leads nowhere
        -n x -f /proc/sys/net/ipv4/route/flush  | --manifests /proc/sys/net/ipv4/route/flush: permission denied
        -n x --wait-timeout 999999999999999h    | '999999999999999h' is not a duration
        -n x --vars novalue                     | --vars: "novalue" is not KEY=VALUE
        -n x --var-file binary                  | --var-file binary: not UTF-8 text
        -n x --kubeconfig binary                | --kubeconfig binary: not a kubeconfig
        -n x --kubeconfig circle                | --kubeconfig circle: no such file
        """)
    void whatTheCommandLineGetsWrongIsOneLineAndExitCodeTwo(String args, String sentence) {
        var words = Stream.of(args.split(" +")).map(w -> w.matches("circle|binary") ? folder.resolve(w).toString() : w);
        var result = run(words.toArray(String[]::new));
        told(new Cli.Result(result.exit(), result.out(), result.err().replace(folder + "/", "")), sentence);
    }

    @Test
    void aPathThatTheLocaleCannotHoldIsToldWithTheLocaleThatCan() {
        var java = Path.of(System.getProperty("java.home"), "bin", "java") + " -XX:TieredStopAtLevel=1 -cp "
            + System.getProperty("java.class.path");
        told(Cli.program("sh", "-c", "LC_ALL=C exec " + java + " ensure_ready -n x -f \"$(printf 'd\\303\\251ploy')\"").in(folder).run(),
            "not a path in this locale; LC_ALL=C.UTF-8 knows all characters");
    }

    private static void told(Cli.Result result, String sentence) {
        assertEquals(2, result.exit(), result.toString());
        assertEquals("", result.out());
        assertEquals(1, result.err().lines().count(), result.err());
        assertTrue(result.err().startsWith("ensure_ready: ") && result.err().contains(sentence), result.err());
    }

    @Test
    void eachFileThatIsNoManifestIsNamedAndTheOthersAreApplied() throws IOException {
        var deploy = Files.createDirectory(folder.resolve("deploy"));
        Files.move(folder.resolve("binary"), deploy.resolve("binary.yaml"));
        Files.write(deploy.resolve("latin.yaml"), "# caf\u00e9\n".getBytes(StandardCharsets.ISO_8859_1));
        Files.writeString(deploy.resolve("control.yaml"), "a: \u0000\n");
        Files.writeString(deploy.resolve("double.yaml"), CONFIG + "data: {x: y}\ndata: {z: y}\n");
        Files.writeString(deploy.resolve("deep.yaml"), "a: " + "[".repeat(100_000) + "\n");
        Files.writeString(deploy.resolve("later.yaml"), "# later\n---\n");
        Files.writeString(deploy.resolve("d\u00e9ploy.yaml"), CONFIG);
        var result = run("-n", "x", "-f", deploy.toString(), "--force-apply", "--wait-timeout", "5s", "--output", "json");
        assertEquals(10, result.exit(), result.toString());
        var problems = new TreeSet<String>();
        new ObjectMapper().readTree(result.out()).path("problems").forEach(p -> problems.add(p.path("file").asString("")
            .replace(folder + "/", "") + " " + p.path("error").asString("").replaceAll("special.*", "special")));
        assertEquals(List.of("deploy/binary.yaml not UTF-8 text", "deploy/control.yaml:1 special",
            "deploy/deep.yaml:1 nested deeper than 200 levels",
            "deploy/double.yaml:5 the key data stands twice", "deploy/latin.yaml not UTF-8 text"), new ArrayList<>(problems));
        assertTrue(server.get("configmaps", "x", "a").isPresent());
    }

    @Test
    void valuesWithCommasAndSignsAndUnusualDurationsAreTaken() throws IOException {
        Files.writeString(folder.resolve("a.yaml.ftl"), CONFIG + "data: {url: \"${url}\", b: \"${b}\"}\n");
        var result = run("-n", "x", "-f", folder.resolve("a.yaml.ftl").toString(), "--force-apply",
            "--wait-timeout", "1.5h", "--ttl", "2d", "--vars", "url=h?a=1,b", "--vars", "b=x=y");
        assertEquals(0, result.exit(), result.toString());
        assertEquals("{\"url\":\"h?a=1,b\",\"b\":\"x=y\"}", server.get("configmaps", "x", "a").orElseThrow().path("data").toString());
    }

    @Test
    void withoutAClusterTheNamespaceThatWasAskedForIsNamed() {
        server.down();
        var result = Cli.of("ensure_ready").env("KUBECONFIG", server.kubeconfig(folder).toString())
            .run("status", "-n", "x", "--output", "text");
        assertEquals(10, result.exit(), result.toString());
        assertTrue(result.out().startsWith("x: no-cluster"), result.out());
        assertFalse(result.err().contains("\tat "), result.err());
    }

    private Cli.Result run(String... args) {
        var words = new ArrayList<>(List.of("-q"));
        words.addAll(List.of(args));
        if (!words.contains("--kubeconfig")) {
            words.addAll(List.of("--kubeconfig", server.kubeconfig(folder).toString()));
        }
        return Cli.ensureReady(Map.of(), words.toArray(String[]::new));
    }
}
