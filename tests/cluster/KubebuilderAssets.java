import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What KUBEBUILDER_ASSETS holds: usually etcd, kube-apiserver and kubectl, no controllers. */
final class KubebuilderAssets {
    private static final int OLDEST_MINOR = 34;

    static Map<String, Path> find(Set<String> names) {
        Map<String, Path> found = new TreeMap<>();
        String assets = System.getenv().getOrDefault("KUBEBUILDER_ASSETS", "");
        if (!assets.isEmpty()) {
            for (String name : names) {
                Path program = Path.of(assets, name);
                if (Files.isExecutable(program)) {
                    found.put(name, program);
                }
            }
            if (!fits(found)) {
                LocalCluster.say("KUBEBUILDER_ASSETS is left aside: it needs a kube-apiserver " + ClusterPrograms.KUBERNETES
                    + ", or its own controllers and at least 1." + OLDEST_MINOR);
                found.clear();
            }
        }
        return found;
    }

    /** Controllers must not be newer than their API server, so a foreign server needs our minor version or its own controllers. */
    private static boolean fits(Map<String, Path> found) {
        if (!found.containsKey("kube-apiserver")) {
            return false;
        }
        String version = Subprocess.output(Path.of("/"), Map.of(), found.get("kube-apiserver").toString(), "--version")
            .replaceAll("[^0-9.]", "");
        int minor = Integer.parseInt(version.split("\\.")[1]);
        boolean own = found.containsKey("kube-controller-manager") && found.containsKey("kube-scheduler");
        return minor == Integer.parseInt(ClusterPrograms.KUBERNETES.split("\\.")[1]) || own && minor >= OLDEST_MINOR;
    }
}
