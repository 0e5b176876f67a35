import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The programs: from KUBEBUILDER_ASSETS where it holds a set that fits, else from the cache folder, else built
 * there from the Go module proxy. Kubernetes, etcd and kwok are built as one module, so what they share is
 * compiled once.
 */
final class ClusterPrograms {
    /** kwok {@value #KWOK} is made for this minor version; etcd is the one that Kubernetes is released with. */
    static final String KUBERNETES = "1.36.3";
    static final String ETCD = "3.6.8";
    static final String KWOK = "0.8.0";

    static final Map<String, String> PACKAGES = new TreeMap<>(Map.of(
        "etcd", "go.etcd.io/etcd/server/v3",
        "kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver",
        "kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager",
        "kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler",
        "kubectl", "k8s.io/kubernetes/cmd/kubectl",
        "kwok", "sigs.k8s.io/kwok/cmd/kwok"));

    /** A change of what is built from the same versions needs a new folder. */
    private static final String RECIPE = "r1";

    /**
     * Where each program is, by name.
     *
     * @throws LocalCluster.Unavailable where there are none and they cannot be built
     */
    static synchronized Map<String, Path> locate() {
        Map<String, Path> found = KubebuilderAssets.find();
        if (found.keySet().containsAll(PACKAGES.keySet())) {
            return found;
        }
        Path cache = cache();
        Path folder = cache.resolve("kubernetes-" + KUBERNETES + "-etcd-" + ETCD + "-kwok-" + KWOK + "-" + RECIPE);
        if (!complete(folder)) {
            if (!onPath("go")) {
                throw new LocalCluster.Unavailable("no cluster: its programs are not in " + folder
                    + "; put go on the PATH and run ./jbangw cluster --build once (5 to 15 minutes), or set TEST_KUBE_CONTEXT");
            }
            build(cache, folder);
        }
        PACKAGES.keySet().forEach(name -> found.putIfAbsent(name, folder.resolve(name)));
        return found;
    }

    private static Path cache() {
        String base = System.getenv().getOrDefault("XDG_CACHE_HOME", "");
        Path home = base.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(base);
        return Disk.folder(home.resolve("ensure-ready").resolve("cluster"));
    }

    static boolean complete(Path folder) {
        return PACKAGES.keySet().stream().allMatch(name -> Files.isExecutable(folder.resolve(name)));
    }

    private static boolean onPath(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(java.io.File.pathSeparator))
            .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    /** Of builds that were killed: whoever holds the lock is the only builder. */
    private static void removeRemains(Path cache) throws IOException {
        try (Stream<Path> entries = Files.list(cache)) {
            entries.filter(entry -> entry.getFileName().toString().startsWith("build-")).forEach(Disk::delete);
        }
    }

    /** One builder at a time, across processes too; a build that is stopped in the middle leaves no half folder. */
    private static void build(Path cache, Path folder) {
        try (FileChannel channel = FileChannel.open(cache.resolve("build.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            if (channel.tryLock() == null) {
                LocalCluster.say("another process builds the local cluster's programs; waiting for it");
                channel.lock();
            }
            removeRemains(cache);
            if (!complete(folder)) {
                Path work = Files.createTempDirectory(cache, "build-");
                try {
                    Files.move(new GoBuild(work).run(), folder, StandardCopyOption.ATOMIC_MOVE);
                } finally {
                    Disk.delete(work);
                }
            }
        } catch (IOException | Subprocess.Failed e) {
            throw new LocalCluster.Unavailable("no cluster: its programs cannot be built in " + cache + ": " + e.getMessage().strip().replace("\n", " | "));
        }
    }
}
