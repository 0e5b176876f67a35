import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

/** One deadline holds whatever does not end, and whatever happens the result is printed whole and once. */
class BoundsTest {
    private static final String CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    /** What spins for ever in the process that renders it, and what is found by PATH. */
    private static final List<String> PROCESS = List.of("idle.yaml.ftl", "kustomized");
    @TempDir
    Path folder;
    private EmbeddedApi server;

    @BeforeEach
    void start() {
        server = new EmbeddedApi();
        server.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: x}}");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** Each would go on for ever; a run that does outlives the limit of {@link #run}. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        -f pipe                          | MANIFEST_UNREADABLE pipe does not end within
        -f deploy                        | MANIFEST_UNREADABLE deploy/pipe.yaml no regular file
        -f /dev/zero                     | MANIFEST_UNREADABLE /dev/zero larger than 32 MiB
        -f endless.yaml.ftl              | MANIFEST_UNREADABLE endless.yaml.ftl
        -f circle.yaml.ftl               | MANIFEST_UNREADABLE circle.yaml.ftl fails: java.lang.StackOverflowError
        -f kustomized                    | MANIFEST_UNREADABLE kustomized took longer than the deadline allowed
        --render sleep${IFS}600          | RENDER_FAILED sleep${IFS}600 took longer than the deadline allowed
        -f a.yaml --prepare-images yes   | PREPARE_FAILED yes
        """)
    void whatDoesNotEndEndsAtTheDeadlineAndIsACause(String args, String expected) throws Exception {
        write("a.yaml", CONFIG);
        write("endless.yaml.ftl", "<#list 1.. as i>${i}: endless\n</#list>");
        write("circle.yaml.ftl", "<#macro a><@a/></#macro><@a/>");
        write("kustomized/kustomization.yaml", "resources: []\n");
        Files.setPosixFilePermissions(write("bin/kubectl", "#!/bin/sh\nexec sleep 600\n"),
            java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        write("deploy/a.yaml", CONFIG);
        for (var pipe : List.of("pipe", "deploy/pipe.yaml")) {
            assertEquals(0, new ProcessBuilder("mkfifo", folder.resolve(pipe).toString()).start().waitFor());
        }
        told(run("0.6s", args.split(" +")), expected);
        new ProcessBuilder("sh", "-c", ": <>pipe").directory(folder.toFile()).start().waitFor(); // lets go of who reads it
    }

    @Test
    @Tag("slow")
    void aTemplateThatSpinsWithoutAWordEndsToo() throws Exception {
        write("idle.yaml.ftl", "<#list 1.. as i></#list>");
        told(run("1s", "-f", "idle.yaml.ftl"), "MANIFEST_UNREADABLE idle.yaml.ftl does not end within");
    }

    private void told(JsonNode json, String expected) {
        var cause = json.path("causes").get(json.path("causes").size() - 1);
        var told = cause.path("code").asString("") + " " + cause.at("/object/name")
            .asString("") + " " + cause.at("/evidence/0/message").asString("");
        told = told.replace(folder + "/", "");
        var words = expected.split(" ", 3);
        assertTrue(told.startsWith(words[0] + " " + words[1]) && told.contains(words.length > 2 ? words[2] : ""), told + "\n" + json);
        assertTrue(json.path("workloads").isArray() && !json.path("infraReady").asBoolean(true), json.toString());
    }

    @Test
    void imagesThatFailSkipNeitherTheSourcesNorTheApplyNorTheWait() throws IOException {
        write("src/a.txt", "a");
        write("a.yaml", CONFIG);
        var json = run("4s", "--slot", "3", "-f", "a.yaml", "--prepare-images", "false", "--source", "src", "--code-root-base",
            folder.resolve("base").toString());
        assertEquals("a", Files.readString(folder.resolve("base/3/src/a.txt")), json.toString());
        assertTrue(server.get("configmaps", "x", "a").isPresent());
        assertEquals("prepare-failed", json.path("outcome").asString(""));
    }

    @Test
    void foldersThatLinkInACircleAreReadOnce() throws IOException {
        write("deploy/a.yaml", CONFIG);
        Files.createSymbolicLink(folder.resolve("deploy/one"), folder.resolve("deploy"));
        Files.createSymbolicLink(folder.resolve("deploy/two"), folder.resolve("deploy"));
        assertEquals(1, run("4s", "-f", "deploy").path("objects").size());
    }

    /** Nobody reads stdout until the signal has come, so that it meets the printing. */
    @Test
    void anInterruptWhileTheResultIsPrintedDoesNotCutIt() throws Exception {
        var yaml = IntStream.range(0, 400).mapToObj(i -> CONFIG.replace("name: a", "name: a" + "-long".repeat(40) + i))
            .collect(Collectors.joining("---\n"));
        write("many.yaml", yaml);
        var command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:TieredStopAtLevel=1",
            "-cp", System.getProperty("java.class.path"), "ensure_ready", "-n",
                "x", "-f", "many.yaml", "--force-apply", "--output", "json", "-q",
            "--kubeconfig", server.kubeconfig(folder).toString()));
        var process = new ProcessBuilder(command).directory(folder.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        while (process.isAlive() && process.getInputStream().available() == 0) {
            Thread.sleep(50);
        }
        process.toHandle().destroy(); // the other destroy() closes what it prints to
        Thread.sleep(500);
        var json = new ObjectMapper().readTree(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        assertEquals(400, json.path("objects").size());
        assertEquals(143, process.waitFor());
    }

    private JsonNode run(String timeout, String... more) throws IOException {
        var args = new ArrayList<>(List.of("--force-apply", "--wait-soft-fail", "--wait-timeout", timeout));
        if (!List.of(more).contains("--slot")) {
            args.addAll(List.of("-n", "x"));
        } else {
            args.addAll(List.of("--namespace-pattern", "x", "--project", "p"));
        }
        Stream.of(more).map(word -> PROCESS.contains(word) || !Files.exists(folder.resolve(word)) ? word : folder.resolve(word).toString())
            .forEach(args::add);
        args.addAll(List.of("-q", "--kubeconfig", server.kubeconfig(folder).toString()));
        var words = args.toArray(String[]::new);
        var result = Stream.of(more).noneMatch(PROCESS::contains) ? Cli.ensureReady(Map.of(), words) : Cli.of("ensure_ready").in(folder)
            .env("PATH", folder.resolve("bin") + ":" + System.getenv("PATH")).timeout(Duration.ofSeconds(150)).run(words);
        assertEquals(0, result.exit(), result.toString());
        return new ObjectMapper().readTree(result.out());
    }

    private Path write(String name, String text) throws IOException {
        Files.createDirectories(folder.resolve(name).getParent());
        return Files.writeString(folder.resolve(name), text);
    }
}
