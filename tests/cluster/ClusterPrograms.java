import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The control plane's programs and kwok: from KUBEBUILDER_ASSETS where it holds a set that fits, else from the cache. */
final class ClusterPrograms {
    /** kwok {@value #KWOK} is made for this minor version; etcd is the one that Kubernetes is released with. */
    static final String KUBERNETES = "1.36.3";
    static final String ETCD = "3.6.8";
    static final String KWOK = "0.8.0";

    /** A change of what is built from the same versions needs a new folder. */
    private static final String RECIPE = "r1";

    private static final ProgramSet SET = new ProgramSet(
        "kubernetes-" + KUBERNETES + "-etcd-" + ETCD + "-kwok-" + KWOK + "-" + RECIPE,
        "the local cluster's programs (Kubernetes " + KUBERNETES + ", etcd " + ETCD + ", kwok " + KWOK + "), once, 5 to 15 minutes",
        List.of("sigs.k8s.io/kwok v" + KWOK, "go.etcd.io/etcd/server/v3 v" + ETCD),
        Map.of(
            "etcd", "go.etcd.io/etcd/server/v3",
            "kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver",
            "kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager",
            "kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler",
            "kubectl", "k8s.io/kubernetes/cmd/kubectl",
            "kwok", "sigs.k8s.io/kwok/cmd/kwok"),
        Map.of());

    private ClusterPrograms() {
    }

    /**
     * Where each program is, by name.
     *
     * @throws LocalCluster.Unavailable where there are none and they cannot be built
     */
    static synchronized Map<String, Path> locate() {
        Map<String, Path> found = KubebuilderAssets.find(SET.packages().keySet());
        if (!found.keySet().containsAll(SET.packages().keySet())) {
            ProgramCache.locate(SET).forEach(found::putIfAbsent);
        }
        return found;
    }
}
