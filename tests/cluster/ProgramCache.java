import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.stream.Stream;

/** The user's cache of built programs; what is missing there is built from the Go module proxy. */
final class ProgramCache {
    private ProgramCache() {
    }

    /**
     * Where each program of the set is, by name.
     *
     * @throws LocalCluster.Unavailable where they are not in the cache and cannot be built
     */
    static synchronized Map<String, Path> locate(ProgramSet set) {
        Path cache = cache();
        Path folder = cache.resolve(set.folder());
        if (!set.isIn(folder)) {
            if (!onPath("go")) {
                throw new LocalCluster.Unavailable("no cluster: its programs are not in " + folder
                    + "; put go on the PATH and run ./jbangw cluster --build once (5 to 15 minutes), or set TEST_KUBE_CONTEXT");
            }
            build(set, cache, folder);
        }
        return set.in(folder);
    }

    /** Whether the program can be called by its name alone. */
    static boolean onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static Path cache() {
        String base = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
        Path home = base.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(base);
        return Disk.folder(home.resolve("ensure-ready").resolve("cluster"));
    }

    /** One builder at a time, across processes too; a build that is stopped in the middle leaves no half folder. */
    private static void build(ProgramSet set, Path cache, Path folder) {
        try (FileChannel channel = FileChannel.open(cache.resolve("build.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (channel.tryLock() == null) {
                LocalCluster.say("another process builds the local cluster's programs; waiting for it");
                channel.lock();
            }
            removeRemains(cache);
            if (!set.isIn(folder)) {
                Path work = Files.createTempDirectory(cache, "build-");
                try {
                    Files.move(new GoBuild(work, set).run(), folder, StandardCopyOption.ATOMIC_MOVE);
                } finally {
                    Disk.delete(work);
                }
            }
        } catch (IOException | Subprocess.Failed e) {
            throw new LocalCluster.Unavailable("no cluster: its programs cannot be built in " + cache + ": "
                + e.getMessage().strip().replace("\n", " | "));
        }
    }

    /** Of builds that were killed: whoever holds the lock is the only builder. */
    private static void removeRemains(Path cache) throws IOException {
        try (Stream<Path> entries = Files.list(cache)) {
            entries.filter(entry -> entry.getFileName().toString().startsWith("build-")).forEach(Disk::delete);
        }
    }
}
