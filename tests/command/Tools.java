import static java.util.Comparator.reverseOrder;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipFile;

/**
 * Programs that the tests need and the repository does not hold: got once, by package name and exact version, into the
 * user's cache. Safe when two test runs want the same one; a program that cannot be had skips its test with one line.
 */
final class Tools {
    private static final Duration LIMIT = Duration.ofMinutes(15);

    private Tools() {
    }

    /** A folder with {@code node_modules}; packages are written {@code name@version}. */
    static Path npm(String name, String... packages) {
        return installed(name + "-" + String.join("+", packages).replace('/', '_'), folder -> {
            Files.writeString(folder.resolve("package.json"), "{\"private\": true}");
            var command = new ArrayList<>(List.of("npm", "install", "--silent",
                "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact"));
            command.addAll(List.of(packages));
            run(folder, Cli.program(command.toArray(String[]::new)));
        });
    }

    /** A Go program, built from the module proxy; one job at a time, because several test runs may share a small machine. */
    static Path go(String program, String version) {
        var name = program.substring(program.lastIndexOf('/') + 1);
        return installed("go-" + name + "-" + version, folder ->
            run(folder, Cli.program("go", "install", "-p", "1", program + "@" + version)
                .env("GOBIN", folder.toString()).env("GOFLAGS", "-mod=mod").env("CGO_ENABLED", "0"))).resolve(name);
    }

    /** A program that a Python wheel carries. */
    static Path wheel(String distribution, String version, String program) {
        return installed("wheel-" + distribution + "-" + version, folder -> {
            run(folder, Cli.program("python3", "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
                    "--disable-pip-version-check", distribution + "==" + version));
            unpack(folder, program);
        }).resolve(program);
    }

    private static void unpack(Path folder, String program) throws IOException {
        try (var files = Files.list(folder)) {
            for (var wheel : files.filter(file -> file.toString().endsWith(".whl")).toList()) {
                try (var zip = new ZipFile(wheel.toFile())) {
                    var entry = zip.stream().filter(e -> e.getName().endsWith(".data/scripts/" + program)).findFirst()
                            .orElseThrow(() -> new IOException(wheel.getFileName() + " holds no " + program));
                    var to = folder.resolve(program);
                    Files.copy(zip.getInputStream(entry), to);
                    Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
                Files.delete(wheel);
            }
        }
    }

    private interface Install {
        void into(Path folder) throws IOException;
    }

    /** Installed beside its place and then moved: what is there is whole, also after a kill. */
    private static synchronized Path installed(String name, Install install) {
        var home = System.getenv().getOrDefault("XDG_CACHE_HOME", System.getProperty("user.home") + "/.cache");
        var place = Path.of(home, "ensure-ready-tests", name);
        if (Files.isDirectory(place)) {
            return place;
        }
        try {
            Files.createDirectories(place.getParent());
            try (var channel = FileChannel.open(place.resolveSibling(name + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    var lock = channel.lock()) {
                if (!Files.isDirectory(place) && lock.isValid()) {
                    var part = Files.createTempDirectory(place.getParent(), name + ".part");
                    try {
                        install.into(part);
                        Files.move(part, place, StandardCopyOption.ATOMIC_MOVE);
                    } finally {
                        remove(part);
                    }
                }
            }
            return place;
        } catch (IOException e) {
            return abort(name + " cannot be had here: " + e.getMessage());
        }
    }

    private static void run(Path folder, Cli program) throws IOException {
        Cli.Result result;
        try {
            result = program.in(folder).timeout(LIMIT).run();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        if (result.exit() != 0) {
            throw new IOException(result.err().strip().lines().reduce((first, last) -> last).orElse("exit code " + result.exit()));
        }
    }

    static void remove(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (var files = Files.walk(folder)) {
                for (var file : files.sorted(reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }
}
