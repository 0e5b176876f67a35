//SOURCES FaultyRegistry.java Image.java ImageRegistry.java NodeImages.java NodePrograms.java NodeRegistries.java NodeSandbox.java

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.opentest4j.TestAbortedException;

/**
 * A Kubernetes with one real node: kubelet, kube-proxy, containerd, CoreDNS and registries, in namespaces of their own.
 * Pods are containers here, and nothing about them is played; volumes alone come from kwok.
 *
 * <pre>{@code
 * RealNode node = RealNode.shared();                       // one for the whole test run, started by the first who asks
 * String namespace = node.cluster().newNamespace("pull");
 * String image = RealNode.image("app:1");                  // shell, git, curl; see NodeImages
 * }</pre>
 *
 * <p>Everything ends with the JVM, also on Ctrl-C and SIGKILL: no mount, bridge, rule, cgroup or process stays.
 */
final class RealNode implements AutoCloseable {
    /** The node's name in its cluster. */
    static final String NAME = "real-1";

    private static RealNode shared;

    private final LocalCluster cluster;
    private final ControlPlane plane;
    private final Map<String, Path> bin;
    private final NodeRegistries registries;
    private final ImageRegistry registry;
    private final NodeImages images;

    private RealNode(LocalCluster cluster, ControlPlane plane, NodeRegistries registries, Map<String, Path> bin) {
        this.cluster = cluster;
        this.plane = plane;
        this.bin = bin;
        this.registries = registries;
        this.registry = new ImageRegistry(registries.open());
        this.images = new NodeImages(plane.sandbox().folder().resolve("images"), bin.get("lab"), registry);
    }

    /**
     * The one that the whole test run shares.
     *
     * @throws TestAbortedException where none can be had, so that the test is skipped and counted; with
     *     {@code CI_REQUIRE_CLUSTER=1} an {@link IllegalStateException}, so that it fails
     */
    static RealNode shared() {
        synchronized (RealNode.class) {
            if (shared == null) {
                shared = start();
            }
            return shared;
        }
    }

    /** One of the caller's own, who closes it; skips as {@link #shared()} does. */
    static RealNode start() {
        try {
            return begin();
        } catch (LocalCluster.Unavailable e) {
            throw LocalCluster.skip(e);
        }
    }

    private static RealNode begin() {
        if ("none".equals(System.getenv("TEST_KUBE_CONTEXT"))) {
            throw new LocalCluster.Unavailable("no real node: TEST_KUBE_CONTEXT=none");
        }
        Map<String, Path> bin = NodePrograms.locate();
        ControlPlane plane = ControlPlane.withNode(bin.get("lab"));
        boolean up = false;
        try {
            CompletableFuture<LocalCluster> opening = CompletableFuture.supplyAsync(() -> plane.open(true));
            NodeRegistries registries = new NodeRegistries(plane.sandbox());
            registries.start();
            RealNode node = new RealNode(opening.join(), plane, registries, bin);
            node.bringUp();
            up = true;
            return node;
        } finally {
            if (!up) {
                plane.stop();
            }
        }
    }

    /** Its cluster; pods are not told their lives there. */
    LocalCluster cluster() {
        return cluster;
    }

    /** How manifests name an image of the open registry: {@code image("app:1")}. */
    static String image(String name) {
        return NodeRegistries.OPEN + "/lab/" + name;
    }

    /** Where this machine listens for pods. */
    String hostAddress() {
        return plane.sandbox().hostAddress();
    }

    /** The registries: their addresses for this machine and their names for pods. */
    NodeRegistries registries() {
        return registries;
    }

    /** Pushes app with more programs in it as {@code lab/<name>:1}. */
    void pushImage(String name, Map<String, Path> programs) {
        images.push(name, programs);
    }

    /** Runs a command in the node's namespaces, as `ctr -n k8s.io images ls`. */
    String run(String... command) {
        return plane.sandbox().run(command);
    }

    /** How a person runs a command there. */
    String shell(String command) {
        return plane.sandbox().shell(command);
    }

    /** Kills containerd and starts it again; containers live on, as they do through an upgrade. */
    void restartRuntime() {
        plane.sandbox().stop("containerd");
        startRuntime();
    }

    /** Kills the kubelet and starts it again. */
    void restartKubelet() {
        plane.sandbox().stop("kubelet");
        startKubelet();
    }

    @Override
    public void close() {
        registries.close();
        cluster.close();
    }

    private void bringUp() {
        plane.programs().await("registry", "an answer", registry::answers);
        images.pushSandbox();
        startDns();
        startRuntime();
        startKubelet();
        startProxy();
        images.pushApps();
        plane.programs().await("kubelet", "its node", () -> cluster.client().nodes().list().getItems().stream()
            .anyMatch(PlayedNodes::isUsable));
    }

    private void startRuntime() {
        Path folder = plane.sandbox().folder();
        Disk.write(folder.resolve("cni/bridge.conflist"), NodePrograms.text("bridge.conflist"));
        registries.configure(folder.resolve("registries"));
        plane.sandbox().start("containerd", NodePrograms.find("containerd"), "--config", write("containerd.toml", "").toString());
        plane.programs().await("containerd", "its socket", () -> answers("ctr", "version"));
    }

    private void startKubelet() {
        plane.sandbox().start("kubelet", bin.get("kubelet"), "--config", write("kubelet.yaml", "kubelet").toString(),
            "--kubeconfig", plane.kubeconfig("kubelet").toString(), "--hostname-override", NAME, "--node-ip", plane.sandbox().address(),
            "--node-labels", "kubernetes.io/hostname=" + NAME, "--v", "2");
    }

    private void startProxy() {
        plane.sandbox().start("kube-proxy", bin.get("kube-proxy"), "--config", write("proxy.yaml", "proxy").toString());
    }

    private void startDns() {
        plane.sandbox().start("coredns", bin.get("coredns"), "-conf", write("Corefile", "nodes").toString());
    }

    private boolean answers(String... command) {
        try {
            run(command);
            return true;
        } catch (Subprocess.Failed notYet) {
            return false;
        }
    }

    /** One of tests/fixtures/node in the node's folder, its places filled in. */
    private Path write(String name, String who) {
        NodeSandbox sandbox = plane.sandbox();
        String text = NodePrograms.text(name)
            .replace("${folder}", sandbox.folder().toString())
            .replace("${name}", cluster.dir().getFileName().toString())
            .replace("${node}", NAME)
            .replace("${bridge}", NodeSandbox.BRIDGE)
            .replace("${address}", sandbox.address())
            .replace("${host}", sandbox.hostAddress())
            .replace("${sandbox}", image("noshell:1"))
            .replace("${kubeconfig}", plane.kubeconfig(who).toString());
        return Disk.write(sandbox.folder().resolve(name), text);
    }
}
