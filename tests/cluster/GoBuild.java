import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
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

    /**
     * What kwok's exec lacks to behave as a container runtime does: the end of the input never reaches the
     * command, its exit code never comes back, and it is killed when the caller's connection drops.
     */
    private static final List<Fix> FIXES = List.of(
        new Fix("pkg/utils/exec/exec.go", "_, _ = io.Copy(inPipe, opt.In)", "_, _ = io.Copy(inPipe, opt.In)\n\t\t\t\t_ = inPipe.Close()"),
        new Fix("pkg/utils/exec/cmd_other.go", "cmd := exec.CommandContext(ctx, name, arg...)",
            "cmd := exec.CommandContext(context.WithoutCancel(ctx), name, arg...)"),
        new Fix("pkg/kwok/server/debugging_exec.go", "\treturn s.execInContainer(ctx, cmd, in, stdout, stderr)",
            "\treturn withExitCode(s.execInContainer(ctx, cmd, in, stdout, stderr))"),
        new Fix("pkg/kwok/server/debugging_exec.go", "return s.execInContainerWithTTY(ctx, cmd, in, stdout, resize)",
            "return withExitCode(s.execInContainerWithTTY(ctx, cmd, in, stdout, resize))"));

    private static final String EXIT_CODE = """
        package server

        import (
        \t"errors"
        \t"os/exec"
        \t"syscall"

        \tutilexec "k8s.io/utils/exec"
        )

        func withExitCode(err error) error {
        \tvar exit *exec.ExitError
        \tif !errors.As(err, &exit) {
        \t\treturn err
        \t}
        \tcode := exit.ExitCode()
        \tif status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
        \t\tcode = 128 + int(status.Signal())
        \t}
        \treturn utilexec.CodeExitError{Err: exit, Code: code}
        }
        """;

    private final Path work;
    private final Path bin;

    GoBuild(Path work) {
        this.work = work;
        this.bin = Disk.folder(work.resolve("bin"));
    }

    /** Returns the folder with the programs. */
    Path run() throws IOException {
        Instant begin = Instant.now();
        LocalCluster.say("building the local cluster's programs (Kubernetes " + ClusterPrograms.KUBERNETES + ", etcd " + ClusterPrograms.ETCD + ", kwok "
            + ClusterPrograms.KWOK + ") from the Go module proxy; once, 5 to 15 minutes");
        Disk.write(work.resolve("go.mod"), module() + "replace sigs.k8s.io/kwok => " + fixedKwok() + "\n");
        List<String> command = new ArrayList<>(List.of("go", "build", "-v", "-trimpath",
            "-p", String.valueOf(Math.max(2, Runtime.getRuntime().availableProcessors())), "-ldflags", linkerFlags(), "-o", bin + "/"));
        command.addAll(ClusterPrograms.PACKAGES.values());
        int packages = go(Stream.concat(Stream.of("list", "-deps"), ClusterPrograms.PACKAGES.values().stream()).toArray(String[]::new)).split("\n").length;
        Subprocess.follow(work, ENVIRONMENT, new Progress(packages), command);
        Files.move(bin.resolve("server"), bin.resolve("etcd"));
        LocalCluster.say("built in " + Duration.between(begin, Instant.now()).toSeconds() + " s");
        return bin;
    }

    /** Kubernetes names its staging modules by relative paths, which a module from the proxy does not have. */
    private String module() throws IOException {
        JsonNode kubernetes = JSON.readTree(go("mod", "download", "-json", "k8s.io/kubernetes@v" + ClusterPrograms.KUBERNETES));
        JsonNode replaced = JSON.readTree(go("mod", "edit", "-json", kubernetes.path("GoMod").asText())).path("Replace");
        StringBuilder module = new StringBuilder("module localcluster\n\n");
        module.append("require k8s.io/kubernetes v").append(ClusterPrograms.KUBERNETES).append("\n");
        module.append("require sigs.k8s.io/kwok v").append(ClusterPrograms.KWOK).append("\n");
        module.append("require go.etcd.io/etcd/server/v3 v").append(ClusterPrograms.ETCD).append("\n");
        for (JsonNode one : replaced) {
            String name = one.path("Old").path("Path").asText();
            module.append("replace ").append(name).append(" => ").append(name)
                .append(" v").append(ClusterPrograms.KUBERNETES.replaceFirst("^1", "0")).append("\n");
        }
        return module.toString();
    }

    /** kwok's source in the work folder, with the fixes in it. */
    private Path fixedKwok() throws IOException {
        Path kwok = work.resolve("kwok");
        Disk.copy(Path.of(JSON.readTree(go("mod", "download", "-json", "sigs.k8s.io/kwok@v" + ClusterPrograms.KWOK)).path("Dir").asText()), kwok);
        for (Fix fix : FIXES) {
            Path file = kwok.resolve(fix.file());
            String text = Files.readString(file);
            if (!text.contains(fix.was())) {
                throw new IllegalStateException("kwok " + ClusterPrograms.KWOK + ": " + fix.file() + " does not hold: " + fix.was());
            }
            Disk.write(file, text.replace(fix.was(), fix.is()));
        }
        Disk.write(kwok.resolve("pkg/kwok/server/exit_code.go"), EXIT_CODE);
        return kwok;
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

    /** A replacement in one of kwok's files. */
    private record Fix(String file, String was, String is) {
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
