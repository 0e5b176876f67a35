import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** kwok's source with what its exec lacks to behave as a container runtime does. */
final class KwokSource {
    /** The end of the input never reaches the command, its exit code never comes back, and it dies with the caller's connection. */
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

    private KwokSource() {
    }

    /** Copies the module's folder (read-only in Go's cache) and puts the fixes in. */
    static Path fixed(Path module, Path kwok) throws IOException {
        Disk.copy(module, kwok);
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

    /** A replacement in one of kwok's files. */
    private record Fix(String file, String was, String is) {
    }
}
