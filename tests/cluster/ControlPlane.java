import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The programs of one cluster and their files. */
final class ControlPlane {
    private final Path dir;
    private final Map<String, Path> bin;
    private final Programs programs;
    private final Map<String, Integer> ports;
    private final String token = Unique.hex(16);
    private NodeSandbox sandbox;
    private PlayedRooms rooms;

    private ControlPlane(Path dir, Map<String, Path> bin) throws IOException {
        this.dir = dir;
        this.bin = bin;
        this.programs = new Programs(dir);
        this.ports = Ports.free("etcd", "etcd-peer", "api", "kubelet");
    }

    /** With three played nodes, when it is to have controllers at all. */
    static LocalCluster start(boolean controllers) {
        return create().open(controllers);
    }

    /** One whose API server a real node can reach; nothing runs yet, in the node's namespaces neither. */
    static ControlPlane withNode(Path lab) {
        ControlPlane plane = create();
        try {
            plane.sandbox = NodeSandbox.open(plane.programs, plane.dir, lab);
            return plane;
        } finally {
            if (plane.sandbox == null) {
                plane.stop();
            }
        }
    }

    private static ControlPlane create() {
        Map<String, Path> bin = ClusterPrograms.locate();
        Path dir = Disk.temporaryFolder();
        try {
            ControlPlane plane = new ControlPlane(dir, bin);
            Runtime.getRuntime().addShutdownHook(new Thread(plane::stop));
            return plane;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot start a local cluster in " + dir, e);
        }
    }

    /** Starts all programs, or leaves none behind. */
    LocalCluster open(boolean controllers) {
        boolean up = false;
        try {
            writeKeys();
            startEtcd();
            startApiServer();
            KubernetesClient client = connect();
            if (controllers) {
                startControllers(client);
            }
            up = true;
            return new LocalCluster(dir, dir, kubeconfig("admin"), client, this);
        } finally {
            if (!up) {
                stop();
            }
        }
    }

    private void writeKeys() {
        Keys.write(dir.resolve("sa.key"), dir.resolve("sa.pub"));
        Disk.write(dir.resolve("tokens.csv"), String.join("\n",
            token + "-admin,admin,1,system:masters",
            token + "-controllers,system:kube-controller-manager,2",
            token + "-scheduler,system:kube-scheduler,3",
            token + "-nodes,nodes,4,system:masters",
            token + "-kubelet,system:node:" + RealNode.NAME + ",5,system:nodes",
            token + "-proxy,system:kube-proxy,6") + "\n");
        Disk.write(dir.resolve("audit.yaml"), AuditLog.POLICY);
    }

    private void startEtcd() {
        String own = "http://127.0.0.1:" + ports.get("etcd");
        String peer = "http://127.0.0.1:" + ports.get("etcd-peer");
        programs.start("etcd", bin.get("etcd"),
            "--data-dir", dir.resolve("etcd").toString(), "--unsafe-no-fsync", "--log-level", "warn",
            "--listen-client-urls", own, "--advertise-client-urls", own,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "default=" + peer);
    }

    void startApiServer() {
        programs.start("kube-apiserver", bin.get("kube-apiserver"),
            "--etcd-servers", "http://127.0.0.1:" + ports.get("etcd"),
            "--bind-address", address(), "--secure-port", String.valueOf(ports.get("api")),
            "--advertise-address", address(), "--endpoint-reconciler-type", sandbox == null ? "none" : "lease",
            "--cert-dir", dir.resolve("tls").toString(), "--token-auth-file", dir.resolve("tokens.csv").toString(),
            "--authorization-mode", "Node,RBAC", "--enable-admission-plugins", "NodeRestriction",
            "--service-account-issuer", "https://kubernetes.default.svc",
            "--service-account-key-file", dir.resolve("sa.pub").toString(),
            "--service-account-signing-key-file", dir.resolve("sa.key").toString(),
            "--service-cluster-ip-range", "10.96.0.0/16", "--allow-privileged",
            "--kubelet-preferred-address-types", "InternalIP",
            "--audit-policy-file", dir.resolve("audit.yaml").toString(), "--audit-log-path", dir.resolve(AuditLog.LOG).toString(),
            "--profiling=false");
        Path certificate = dir.resolve("tls/apiserver.crt");
        programs.await("kube-apiserver", "its certificate", () -> Files.exists(certificate));
        for (String who : List.of("admin", "controllers", "scheduler", "nodes", "kubelet", "proxy")) {
            Kubeconfig.write(kubeconfig(who), "https://" + address() + ":" + ports.get("api"),
                Base64.getEncoder().encodeToString(Disk.bytes(certificate)), token + "-" + who, "default");
        }
        try (KubernetesClient probe = connect()) {
            programs.await("kube-apiserver", "/readyz", () -> Await.answers(() -> "ok".equals(probe.raw("/readyz"))));
        }
    }

    void startControllers(KubernetesClient client) {
        programs.start("kube-controller-manager", bin.get("kube-controller-manager"),
            "--kubeconfig", kubeconfig("controllers").toString(), "--leader-elect=false", "--secure-port", "0",
            "--root-ca-file", dir.resolve("tls/apiserver.crt").toString(), "--use-service-account-credentials",
            "--service-account-private-key-file", dir.resolve("sa.key").toString(),
            "--kube-api-qps", "300", "--kube-api-burst", "600", "--profiling=false");
        programs.start("kube-scheduler", bin.get("kube-scheduler"),
            "--kubeconfig", kubeconfig("scheduler").toString(), "--leader-elect=false", "--secure-port", "0",
            "--kube-api-qps", "300", "--kube-api-burst", "600", "--profiling=false");
        PlayedNodes.prepare(client, dir);
        startKwok();
        programs.await("kube-controller-manager", "the default ServiceAccount",
            () -> client.serviceAccounts().inNamespace("default").withName("default").get() != null);
        if (sandbox == null) {
            playNodes(client);
        }
    }

    private void playNodes(KubernetesClient client) {
        PlayedNodes.addThree(client);
        rooms = new PlayedRooms(client, dir);
        programs.await("kwok", "three ready nodes",
            () -> client.nodes().list().getItems().stream().filter(PlayedNodes::isUsable).count() >= 3);
    }

    /** It plays volumes everywhere, and nodes where they say that they are played. */
    private void startKwok() {
        Path config = dir.resolve("kwok.yaml");
        Disk.write(config, KwokStages.text());
        programs.start("kwok", bin.get("kwok"),
            "--config", config.toString(), "--kubeconfig", kubeconfig("nodes").toString(),
            "--manage-nodes-with-annotation-selector", PlayedNodes.PLAYED + "=fake", "--node-ip", "127.0.0.1", "--node-port",
                String.valueOf(ports.get("kubelet")),
            "--server-address", "127.0.0.1:" + ports.get("kubelet"), "--cidr", "10.244.0.0/16",
            "--tls-cert-file", dir.resolve("tls/apiserver.crt").toString(),
            "--tls-private-key-file", dir.resolve("tls/apiserver.key").toString(),
            "--enable-crds", "Exec,ClusterExec,Logs,ClusterLogs", "--node-lease-duration-seconds", "40");
    }

    void stopControllers() {
        if (rooms != null) {
            rooms.close();
            rooms = null;
        }
        Stream.of("kwok", "kube-scheduler", "kube-controller-manager").forEach(programs::stop);
    }

    void stopApiServer() {
        programs.stop("kube-apiserver");
    }

    /** Where the program is, of the cluster's version. */
    Path program(String name) {
        return bin.get(name);
    }

    Programs programs() {
        return programs;
    }

    NodeSandbox sandbox() {
        return sandbox;
    }

    boolean controllersRun() {
        return programs.runs("kube-controller-manager");
    }

    /** Loopback; with a real node, the machine's end of the wire to it. */
    private String address() {
        return sandbox == null ? "127.0.0.1" : sandbox.hostAddress();
    }

    /** Of admin, controllers, scheduler, nodes, kubelet, proxy. */
    Path kubeconfig(String who) {
        return dir.resolve(who.equals("admin") ? "kubeconfig" : who + ".kubeconfig");
    }

    private KubernetesClient connect() {
        Config config = Config.fromKubeconfig(kubeconfig("admin").toFile());
        config.setRequestRetryBackoffLimit(3);
        config.setConnectionTimeout(30_000); // on a machine that has more to do than it can, a first TLS handshake takes longer than 10 s
        config.setRequestTimeout(30_000);
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    synchronized void stop() {
        stopControllers();
        stopApiServer();
        programs.stop("etcd");
        PlayedRooms.kill("LOCAL_CLUSTER=" + dir);
        programs.close();
        Disk.delete(dir);
    }
}
