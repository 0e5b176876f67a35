//FILES node/setup.sh=../fixtures/node/setup.sh
//FILES node/rootfs.sh=../fixtures/node/rootfs.sh
//FILES node/containerd.toml=../fixtures/node/containerd.toml
//FILES node/bridge.conflist=../fixtures/node/bridge.conflist
//FILES node/kubelet.yaml=../fixtures/node/kubelet.yaml
//FILES node/proxy.yaml=../fixtures/node/proxy.yaml
//FILES node/Corefile=../fixtures/node/Corefile
//FILES node/dns/main.go=../fixtures/node/dns/main.go
//FILES node/lab/main.go=../fixtures/node/lab/main.go

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a real node is made of: programs built from the Go module proxy, others from the system's packages. */
final class NodePrograms {
    /** CoreDNS is built in one module with Kubernetes, so a version that needs newer libraries may not compile. */
    static final String COREDNS = "1.15.0";

    private static final Map<String, String> PACKAGES = Map.of("containerd", "containerd", "runc", "runc", "iptables", "iptables",
        "docker-registry", "docker-registry", "ip", "iproute2", "nsenter", "util-linux", "git", "git", "curl", "curl");

    private static final Path PLUGINS = Path.of("/usr/lib/cni");

    private NodePrograms() {
    }

    /**
     * Where the built programs are, by name: kubelet, kube-proxy, coredns, lab.
     *
     * @throws LocalCluster.Unavailable where no real node can be had; the message says what is missing
     */
    static Map<String, Path> locate() {
        if (!System.getProperty("os.name").equals("Linux")) {
            throw new LocalCluster.Unavailable("no real node: this is not Linux");
        }
        if (!"root".equals(System.getProperty("user.name"))) {
            throw new LocalCluster.Unavailable("no real node: only root can start one");
        }
        String missing = Stream.concat(PACKAGES.entrySet().stream().filter(each -> find(each.getKey()) == null).map(Map.Entry::getValue),
            Stream.of(PLUGINS).filter(folder -> !Files.isExecutable(folder.resolve("bridge"))).map(folder -> "containernetworking-plugins"))
            .distinct().sorted().collect(Collectors.joining(" "));
        if (!missing.isEmpty()) {
            throw new LocalCluster.Unavailable("no real node: apt-get install " + missing);
        }
        return ProgramCache.locate(set());
    }

    /** A program of the system; null when there is none. */
    static Path find(String name) {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/local/sbin:/usr/sbin:/sbin";
        return Stream.of(path.split(":")).filter(folder -> !folder.isEmpty()).map(folder -> Path.of(folder, name))
            .filter(Files::isExecutable).findFirst().orElse(null);
    }

    /** The text of a file in tests/fixtures/node. */
    static String text(String name) {
        try (InputStream in = NodePrograms.class.getResourceAsStream("/node/" + name)) {
            if (in == null) {
                throw new IllegalStateException("node/" + name + " is not in the test jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ProgramSet set() {
        Map<String, String> sources = Map.of("coredns/main.go", text("dns/main.go"), "lab/main.go", text("lab/main.go"));
        return new ProgramSet(
            "node-" + ClusterPrograms.KUBERNETES + "-coredns-" + COREDNS + "-" + Integer.toHexString(sources.hashCode()),
            "a real node's programs (Kubernetes " + ClusterPrograms.KUBERNETES + ", CoreDNS " + COREDNS + "), once, 2 to 6 minutes",
            List.of("github.com/coredns/coredns v" + COREDNS),
            Map.of(
                "kubelet", "k8s.io/kubernetes/cmd/kubelet",
                "kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy",
                "coredns", "./coredns",
                "lab", "./lab"),
            sources);
    }
}
