import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stream of an exec may end early and the exec still say that all went well: an answer counts when it is whole. */
@Tag("slow")
class AgentAnswersTest {
    private static final Duration SECONDS = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(1);
    /** One try, and no time for a second one. */
    private static final prompt_run.Patience ONCE = patience(Duration.ZERO);
    private static final prompt_run.Patience AGAIN = patience(SECONDS);

    private final AgentLab lab = new AgentLab();
    private final Path run = lab.home.resolve(".agent-runs/run-1");
    private final Path tree = lab.home.resolve("workspace");

    private static prompt_run.Patience patience(Duration uploads) {
        return new prompt_run.Patience(SHORT, SHORT, SECONDS, SECONDS, uploads, uploads, SHORT, SHORT, SHORT, SHORT, SHORT);
    }

    @BeforeEach
    void aRunHasEndedBesideARepository() throws IOException {
        Files.createDirectories(run);
        Files.writeString(run.resolve("keeper.sh"), prompt_run.KeeperScript.KEEPER);
        Files.writeString(run.resolve("limits"), "run_id=1\n");
        Files.writeString(run.resolve("events.jsonl"), "first line\nsecond line\n");
        Files.writeString(run.resolve("exit"), "rc=0\nreason=finished\nend=yes\n");
        Files.writeString(run.resolve("file.000001"), "one ");
        Files.writeString(run.resolve("file.000002"), "two");
        Files.createDirectories(tree);
        sh("git init -q -b main && echo a >a && git add a && git -c user.name=a -c user.email=a@b commit -qm a && echo b >b"
            + " && git bundle create -q " + run + "/source.bundle main");
    }

    @AfterEach
    void theLabIsEmptied() {
        lab.close();
    }

    private String sh(String command) {
        var done = Cli.program("sh", "-c", command).in(tree).run();
        assertEquals(0, done.exit(), done.toString());
        return done.out().strip();
    }

    /** Every command runs once; what it said comes back as far as {@code lengths} says for each time it is asked for. */
    private static final class Cutting implements prompt_run.Shell {
        final List<String> asked = new ArrayList<>();
        private final prompt_run.LocalShell real;
        private final IntUnaryOperator lengths;
        private prompt_run.Reply whole;

        Cutting(prompt_run.LocalShell real, IntUnaryOperator lengths) {
            this.real = real;
            this.lengths = lengths;
        }

        /** Without a command: what it said is known. */
        Cutting(prompt_run.Reply whole, IntUnaryOperator lengths) {
            this((prompt_run.LocalShell) null, lengths);
            this.whole = whole;
        }

        @Override
        public prompt_run.Reply run(List<String> argv, byte[] stdin, Duration limit) throws InterruptedException {
            if (whole == null) {
                whole = real.run(argv, stdin, limit);
                assertEquals(0, whole.code(), whole.toString());
            }
            asked.add(argv.get(argv.size() - 1));
            int length = Math.min(lengths.applyAsInt(asked.size() - 1), whole.out().length);
            return new prompt_run.Reply(0, Arrays.copyOf(whole.out(), length), "", null, false);
        }

        @Override
        public String lost() {
            return null;
        }
    }

    private prompt_run.LocalShell real() {
        return new prompt_run.LocalShell(lab.env, lab.home);
    }

    private prompt_run.Commands commands(prompt_run.Shell shell, prompt_run.Patience patience) throws IOException {
        var site = new prompt_run.Site("deploy", "the lab", shell, run.toString(), Map.of("workspace", tree.toString()), () -> { });
        return new prompt_run.Commands(site, patience, lab.setup().log());
    }

    private String[] words(String command) {
        return switch (command) {
            case "join" -> new String[] {command, "file"};
            case "size" -> new String[] {command, "events.jsonl"};
            case "prune" -> new String[] {command, "5"};
            case "brought" -> new String[] {command, tree.toString(), sh("git rev-parse HEAD^{tree}"), sh("git rev-parse HEAD")};
            case "unpack" -> new String[] {command, lab.home + "/other", "main", sh("git rev-parse HEAD"), sh("git rev-parse HEAD")};
            default -> new String[] {command, tree.toString()};
        };
    }

    @ParameterizedTest
    @ValueSource(strings = {"renewable", "unpack", "mark", "pack", "join", "size", "brought", "prune"})
    void anAnswerThatIsCutAnywhereIsNoAnswer(String command) throws Exception {
        var first = new Cutting(real(), time -> Integer.MAX_VALUE);
        commands(first, ONCE).keeper(SECONDS, words(command));
        assertCutsAreNone(first.whole, shell -> commands(shell, ONCE).keeper(SECONDS, words(command)));
    }

    @Test
    void aPollThatIsCutAnywhereIsNoVerdict() throws Exception {
        var first = new Cutting(real(), time -> Integer.MAX_VALUE);
        assertEquals("exited 0", told(new prompt_run.Keeper(commands(first, ONCE)).poll(0, 1000)));
        assertCutsAreNone(first.whole, shell -> new prompt_run.Keeper(commands(shell, ONCE)).poll(0, 1000));
        assertCutsAreNone(first.whole, shell -> {
            if (!new prompt_run.Keeper(commands(shell, ONCE)).endedMeanwhile()) {
                throw new prompt_run.Broken("cut short");
            }
        });
    }

    @Test
    void aPartOfAFileThatIsCutAnywhereIsNotThatPart() throws Exception {
        var first = new Cutting(real(), time -> Integer.MAX_VALUE);
        commands(first, ONCE).site().shell()
            .run(List.of("sh", run + "/keeper.sh", "part", "events.jsonl", "0", "99"), new byte[0], SECONDS);
        assertCutsAreNone(first.whole, shell -> new prompt_run.Transfer(commands(shell, ONCE)).fetch("events.jsonl", 0));
    }

    @Test
    void aLookAroundThatIsCutAnywhereFindsNoPlace() throws Exception {
        var first = new Cutting(real(), time -> Integer.MAX_VALUE);
        var facts = probe(first).facts();
        for (int length = 0; length < first.whole.out().length; length++) {
            int cut = length;
            var shell = new Cutting(first.whole, time -> cut);
            assertThrows(prompt_run.NoPlace.class, () -> probe(shell), () -> said(first.whole, cut));
        }
        var shell = new Cutting(first.whole, time -> time < 2 ? first.whole.out().length - 1 : Integer.MAX_VALUE);
        assertEquals(facts, probe(shell).facts());
    }

    private prompt_run.Site probe(prompt_run.Shell shell) throws Exception {
        var setup = lab.setup("--agent-command", "true", "--workspace", tree.toString());
        return prompt_run.Site.probe("deploy", "the lab", shell,
            new prompt_run.RunSetup("1", setup.settings(), "ns", ONCE, setup.log(), setup.notes()), () -> { });
    }

    @Test
    void codexsOpinionOfItsConfigThatIsCutIsNone() throws Exception {
        Path codex = Files.createDirectories(lab.home.resolve("bin")).resolve("codex");
        Files.writeString(codex, "#!/bin/sh\ncat >/dev/null\necho 'No prompt provided via stdin.' >&2\nexit 1\n");
        Files.setPosixFilePermissions(codex, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
        lab.env.merge("PATH", codex.getParent() + ":", (usual, own) -> own + usual);
        var first = new Cutting(real(), time -> Integer.MAX_VALUE);
        assertEquals("accepted", opinion(first));
        for (int length = 0; length < first.whole.out().length; length++) {
            int cut = length;
            assertEquals("not checked: the answer was cut short", opinion(new Cutting(first.whole, time -> cut)));
        }
    }

    /** What is stored is stored; the config's check is what may be cut. */
    private String opinion(prompt_run.Shell shell) throws IOException {
        var site = new prompt_run.Site("deploy", "the lab", new prompt_run.Shell() {
            @Override
            public prompt_run.Reply run(List<String> argv, byte[] stdin, Duration limit) throws InterruptedException {
                return stdin.length > 0 ? real().run(argv, stdin, limit) : shell.run(argv, stdin, limit);
            }

            @Override
            public String lost() {
                return null;
            }
        }, run.toString(), Map.of("program", "yes"), () -> { });
        return new prompt_run.StrictConfig(lab.setup()).check(site);
    }

    /** As often as it takes: nothing that was cut is taken for what was said. */
    @Test
    void anAnswerThatWasCutIsAskedForUntilItIsWhole() throws Exception {
        var shell = new Cutting(real(), time -> time);
        var answer = commands(shell, AGAIN).keeper(SECONDS, words("pack"));
        assertEquals(shell.whole.out().length + 1, shell.asked.size());
        assertTrue(answer.startsWith("packed=yes\nbranch=main\nhead="), answer);
        assertTrue(answer.contains("\nwork=") && answer.contains("\ntree=") && answer.contains("\nsum="), answer);
    }

    /** The first time did what was asked, only its answer was lost. */
    @ParameterizedTest
    @ValueSource(strings = {"renewable", "unpack", "mark", "pack", "join", "size", "brought", "prune"})
    void whatIsAskedForAgainAnswersTheSame(String command) throws Exception {
        var commands = commands(real(), ONCE);
        var first = commands.keeper(SECONDS, words(command));
        assertEquals(first.replaceAll("(?m)^(work|size|sum)=.*", ""),
            commands.keeper(SECONDS, words(command)).replaceAll("(?m)^(work|size|sum)=.*", ""));
    }

    @Test
    void aFileThatIsJoinedTwiceIsWhole() throws Exception {
        var commands = commands(real(), ONCE);
        commands.keeper(SECONDS, "join", "file");
        commands.keeper(SECONDS, "join", "file");
        assertArrayEquals("one two".getBytes(StandardCharsets.UTF_8), Files.readAllBytes(run.resolve("file")));
    }

    /** A run that was lost has no exit file. */
    @Test
    void anOldRunThatNeverEndedHoldsNoOtherUp() throws Exception {
        for (int other = 2; other < 9; other++) {
            Path old = Files.createDirectories(lab.home.resolve(".agent-runs/run-" + other));
            if (other != 2) {
                Files.writeString(old.resolve("exit"), "rc=0\n");
            }
            Files.setLastModifiedTime(old, java.nio.file.attribute.FileTime.fromMillis(other * 1000L));
        }
        commands(real(), ONCE).keeper(SECONDS, "prune", "5");
        assertEquals(List.of("run-1", "run-2", "run-5", "run-6", "run-7", "run-8"),
            lab.runs().stream().map(path -> path.getFileName().toString()).toList());
    }

    private interface Asking {
        void ask(prompt_run.Shell shell) throws Exception;
    }

    private static void assertCutsAreNone(prompt_run.Reply whole, Asking asking) {
        for (int length = 0; length < whole.out().length; length++) {
            int cut = length;
            var problem = assertThrows(prompt_run.Broken.class,
                () -> asking.ask(new Cutting(whole, time -> cut)), () -> said(whole, cut));
            assertTrue(problem.getMessage().endsWith("cut short"), problem.getMessage());
        }
    }

    private static String said(prompt_run.Reply whole, int length) {
        return "taken for an answer: " + new String(whole.out(), 0, length, StandardCharsets.UTF_8);
    }

    private static String told(prompt_run.Poll poll) {
        return poll.state() + " " + poll.rc();
    }
}
