import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Builds the programs from the Go module proxy, in a folder of its own. */
final class GoBuild {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Map<String, String> ENVIRONMENT = Map.of("CGO_ENABLED", "0", "GOFLAGS", "-mod=mod", "GOWORK", "off");

    private final Path work;
    private final Path bin;
    private final ProgramSet set;

    GoBuild(Path work, ProgramSet set) {
        this.work = work;
        this.bin = Disk.folder(work.resolve("bin"));
        this.set = set;
    }

    /** Returns the folder with the programs. */
    Path run() throws IOException {
        Instant begin = Instant.now();
        LocalCluster.say("building " + set.what() + ", from the Go module proxy");
        set.sources().forEach((path, text) -> Disk.write(work.resolve(path), text));
        Disk.write(work.resolve("go.mod"), module() + fixed());
        List<String> command = new ArrayList<>(List.of("go", "build", "-v", "-trimpath",
            "-p", String.valueOf(Math.max(2, Runtime.getRuntime().availableProcessors())), "-ldflags", linkerFlags(), "-o", bin + "/"));
        command.addAll(set.packages().values());
        Subprocess.follow(work, ENVIRONMENT, new Progress(count()), command);
        rename();
        LocalCluster.say("built in " + Duration.between(begin, Instant.now()).toSeconds() + " s");
        return bin;
    }

    /** Kubernetes names its staging modules by relative paths, which a module from the proxy does not have. */
    private String module() throws IOException {
        JsonNode kubernetes = JSON.readTree(go("mod", "download", "-json", "k8s.io/kubernetes@v" + ClusterPrograms.KUBERNETES));
        JsonNode replaced = JSON.readTree(go("mod", "edit", "-json", kubernetes.path("GoMod").asString(""))).path("Replace");
        StringBuilder module = new StringBuilder("module localcluster\n\n");
        module.append("require k8s.io/kubernetes v").append(ClusterPrograms.KUBERNETES).append("\n");
        set.modules().forEach(required -> module.append("require ").append(required).append("\n"));
        for (JsonNode one : replaced) {
            String name = one.path("Old").path("Path").asString("");
            module.append("replace ").append(name).append(" => ").append(name)
                .append(" v").append(ClusterPrograms.KUBERNETES.replaceFirst("^1", "0")).append("\n");
        }
        return module.toString();
    }

    private String fixed() throws IOException {
        if (!set.packages().containsKey("kwok")) {
            return "";
        }
        JsonNode module = JSON.readTree(go("mod", "download", "-json", "sigs.k8s.io/kwok@v" + ClusterPrograms.KWOK));
        return "replace sigs.k8s.io/kwok => " + KwokSource.fixed(Path.of(module.path("Dir").asString("")), work.resolve("kwok")) + "\n";
    }

    private int count() {
        return go(Stream.concat(Stream.of("list", "-deps"), set.packages().values().stream()).toArray(String[]::new)).split("\n").length;
    }

    /** Go names a program by its package's last part, without a version's number. */
    private void rename() throws IOException {
        for (Map.Entry<String, String> program : set.packages().entrySet()) {
            String built = Path.of(program.getValue().replaceAll("/v[0-9]+$", "")).getFileName().toString();
            if (!built.equals(program.getKey())) {
                Files.move(bin.resolve(built), bin.resolve(program.getKey()));
            }
        }
    }

    /** Without these the programs call themselves v0.0.0-master. */
    private static String linkerFlags() {
        StringBuilder flags = new StringBuilder("-s -w");
        for (String name : List.of("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")) {
            flags.append(" -X ").append(name).append(".gitVersion=v").append(ClusterPrograms.KUBERNETES);
            flags.append(" -X ").append(name).append(".gitMajor=1");
            flags.append(" -X ").append(name).append(".gitMinor=").append(ClusterPrograms.KUBERNETES.split("\\.")[1]);
        }
        return flags.append(" -X sigs.k8s.io/kwok/pkg/consts.Version=").append(ClusterPrograms.KWOK).toString();
    }

    private String go(String... arguments) {
        return Subprocess.output(work, ENVIRONMENT, Stream.concat(Stream.of("go"), Stream.of(arguments)).toArray(String[]::new));
    }

    /** Counts the packages that `go build -v` names, and says every half minute how far it is. */
    private static final class Progress implements Consumer<String> {
        private final int all;
        private int done;
        private Instant said = Instant.now();

        Progress(int all) {
            this.all = all;
        }

        @Override
        public void accept(String line) {
            if (!line.matches("[\\w.-]+(/[\\w.-]+)*")) {
                if (!line.startsWith("go: downloading ")) {
                    LocalCluster.say(line);
                }
                return;
            }
            done++;
            if (Duration.between(said, Instant.now()).toSeconds() >= 30) {
                said = Instant.now();
                LocalCluster.say("compiled " + done + " of at most " + all + " packages");
            }
        }
    }
}
