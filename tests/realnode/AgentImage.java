import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** The image of a real agent's pod: shell, git, curl, kubectl and the Codex CLI, in the real node's registry. */
final class AgentImage {
    private static final Map<RealNode, String> PUSHED = new ConcurrentHashMap<>();

    private AgentImage() {
    }

    /** Its name for manifests; pushed for the first who asks. */
    static String of(RealNode node) {
        return PUSHED.computeIfAbsent(node, AgentImage::push);
    }

    private static String push(RealNode node) {
        Map<String, Path> programs = new HashMap<>(Map.of("kubectl", node.cluster().kubectl()));
        try (Stream<Path> files = Files.list(codex().getParent())) {
            files.filter(Files::isRegularFile).forEach(file -> programs.put(file.getFileName().toString(), file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        node.pushImage("agent", programs);
        return RealNode.image("agent:1");
    }

    /** The program itself, with others that it calls beside it: what npm puts on the PATH is a script that needs node. */
    private static Path codex() {
        Path modules = CodexCli.bin().getParent();
        try (Stream<Path> files = Files.find(modules, 10, (path, is) -> is.isRegularFile() && path.endsWith("bin/codex"))) {
            return files.findFirst().orElseThrow(() -> new IllegalStateException("no program codex below " + modules));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
