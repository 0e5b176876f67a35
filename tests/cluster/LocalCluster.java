//JAVA 17+
//DEPS com.fasterxml.jackson.core:jackson-databind:2.21.4
//DEPS io.fabric8:kubernetes-client-api:7.8.0
//DEPS io.fabric8:kubernetes-client:7.8.0@fatjar io.fabric8:zjsonpatch:7.8.0
//DEPS io.fabric8:kubernetes-httpclient-jdk:7.8.0
//DEPS org.slf4j:slf4j-nop:2.0.17
//DEPS org.opentest4j:opentest4j:1.3.0
//FILES kwok/pods.yaml=../fixtures/kwok/pods.yaml
//FILES kwok/life.jq=../fixtures/kwok/life.jq
//FILES kwok/status.gotpl=../fixtures/kwok/status.gotpl
//FILES kwok/cluster.yaml=../fixtures/kwok/cluster.yaml
//FILES kwok/objects.yaml=../fixtures/kwok/objects.yaml

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.opentest4j.TestAbortedException;

/**
 * A real Kubernetes on loopback, without a container engine: etcd, kube-apiserver, kube-controller-manager and
 * kube-scheduler as plain processes, nodes and pods played by kwok. What a pod does is told by annotations on its
 * template; {@code tests/fixtures/kwok/README.md} lists them.
 *
 * <pre>{@code
 * LocalCluster cluster = LocalCluster.shared();           // one for the whole test run, started by the first who asks
 * String namespace = cluster.newNamespace("rollout");     // each test works in its own
 * cluster.client().load(manifest).inNamespace(namespace).serverSideApply();
 * }</pre>
 *
 * <p>Everything a cluster starts or writes ends with the JVM, also on Ctrl-C and on SIGKILL.
 */
final class LocalCluster implements AutoCloseable {

    /** The context in the kubeconfig, so that {@code TEST_KUBE_CONTEXT=local-cluster} joins a running `./jbangw cluster`. */
    static final String CONTEXT = "local-cluster";

    /** Prefix of the annotations that tell a pod's life. */
    static final String LIFE = "life.test/";

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path dir;
    private final Path home;
    private final Path kubeconfig;
    private final KubernetesClient client;
    private final Machine machine;
    private final Set<String> namespaces = ConcurrentHashMap.newKeySet();

    /** The folder is for what this JVM writes; home is where the cluster itself writes, null when that is not known. */
    private LocalCluster(Path dir, Path home, Path kubeconfig, KubernetesClient client, Machine machine) {
        this.dir = dir;
        this.home = home;
        this.kubeconfig = kubeconfig;
        this.client = client;
        this.machine = machine;
    }

    // ---- getting one

    /**
     * The cluster that the whole test run shares: the one {@code TEST_KUBE_CONTEXT} names, else one started here on
     * the first call (under 15 s once its programs are in the cache).
     *
     * @throws TestAbortedException where none can be had, so that the test is skipped and counted; with
     *     {@code CI_REQUIRE_CLUSTER=1} an {@link IllegalStateException}, so that it fails
     */
    static LocalCluster shared() {
        LocalCluster cluster = any();
        if (cluster.machine == null && cluster.client.nodes().list().getItems().stream().noneMatch(Nodes::isPlayed)) {
            throw Shared.skip(new Unavailable("TEST_KUBE_CONTEXT: its nodes are real, and this test tells pods their lives"
                + " (./jbangw cluster starts a cluster that can)"));
        }
        return cluster;
    }

    /** As {@link #shared()}, also where {@code TEST_KUBE_CONTEXT} names a cluster with real nodes: for tests that tell no pod its life. */
    static LocalCluster any() {
        return Shared.get();
    }

    /** A cluster of the test's own, with controllers and nodes; the caller closes it. */
    static LocalCluster start() {
        return Shared.orSkip(() -> Machine.start(true));
    }

    /** A cluster of the test's own with an API server only, so that every status is set by hand; the caller closes it. */
    static LocalCluster bare() {
        return Shared.orSkip(() -> Machine.start(false));
    }

    // ---- what a test uses

    /** A kubeconfig with all rights; its current context is {@value #CONTEXT} (or what TEST_KUBE_CONTEXT says). */
    Path kubeconfig() {
        return kubeconfig;
    }

    /** A client with all rights; do not close it. */
    KubernetesClient client() {
        return client;
    }

    /** kubectl of the cluster's version; of a cluster that was not started here, the one on the PATH. */
    Path kubectl() {
        return machine == null ? Path.of("kubectl") : machine.bin.get("kubectl");
    }

    /** The cluster's own folder: logs of its programs, pods' working folders; gone when the cluster ends. */
    Path dir() {
        return dir;
    }

    /** A fresh namespace {@code <prefix>-<random>} whose default ServiceAccount is there, as pods need it. */
    String newNamespace(String prefix) {
        String name = prefix + "-" + Random.letters();
        Namespace namespace = new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build();
        client.resource(namespace).create();
        namespaces.add(name);
        if (machine == null || machine.controllersRun()) {
            Wait.until("the default ServiceAccount of " + name, Duration.ofSeconds(30),
                () -> client.serviceAccounts().inNamespace(name).withName("default").get() != null);
        }
        return name;
    }

    /**
     * A kubeconfig for a new ServiceAccount of the namespace that may do only what the rules say, and only there.
     * Its context's namespace is the given one. The token is valid for an hour.
     */
    Path kubeconfigFor(String namespace, PolicyRule... rules) {
        String name = "limited-" + Random.letters();
        client.resource(new ServiceAccountBuilder().withNewMetadata().withName(name).withNamespace(namespace).endMetadata().build()).create();
        client.resource(new RoleBuilder().withNewMetadata().withName(name).withNamespace(namespace).endMetadata().withRules(rules).build()).create();
        client.resource(new RoleBindingBuilder().withNewMetadata().withName(name).withNamespace(namespace).endMetadata()
            .withNewRoleRef("rbac.authorization.k8s.io", "Role", name)
            .addNewSubject("", "ServiceAccount", name, namespace).build()).create();
        String token = client.serviceAccounts().inNamespace(namespace).withName(name)
            .tokenRequest(new TokenRequestBuilder().withNewSpec().withExpirationSeconds(3600L).endSpec().build())
            .getStatus().getToken();
        Path file = dir.resolve(name + ".kubeconfig");
        Config config = client.getConfiguration();
        Kubeconfig.write(file, config.getMasterUrl(), Kubeconfig.authority(config), token, namespace);
        return file;
    }

    /** A rule for {@link #kubeconfigFor}: group ("" for core), resource (as in `pods/exec`), verbs. */
    static PolicyRule rule(String group, String resource, String... verbs) {
        return new PolicyRuleBuilder().withApiGroups(group).withResources(resource.split(",")).withVerbs(verbs).build();
    }

    /** Adds a node with the labels ({@code name=value}), as an autoscaler does; pods can run on it within about 2 s. */
    void addNode(String name, String... labels) {
        Nodes.add(client, name, labels);
    }

    /** Changes the life of one living pod: {@code tell(ns, "web-0", "is", "ready")}; null takes the annotation away. */
    void tell(String namespace, String pod, String what, String how) {
        Map<String, String> note = new HashMap<>();
        note.put(what, how);
        Life.write(client, client.pods().inNamespace(namespace).withName(pod).require(), note);
    }

    /** Waits until the condition is true, for at most 30 s. */
    void eventually(BooleanSupplier condition) {
        Wait.until("what the test waits for", Duration.ofSeconds(30), condition);
    }

    // ---- breaking it: only a cluster of the test's own, from start() or bare()

    /** Stops the API server, leaves it away for the time given, and starts it again: same port, same data. */
    void restartApiServer(Duration away) {
        own().stopApiServer();
        Wait.sleep(away);
        machine.startApiServer();
    }

    /** Kills the API server; clients see their connections reset, then refused. */
    void stopApiServer() {
        own().stopApiServer();
    }

    /** Starts the API server again on the same port with the same data and waits until it serves. */
    void startApiServer() {
        own().startApiServer();
    }

    /** Stops the controllers, the scheduler and the nodes: statuses stay as they are, to be set by hand. */
    void stopControllers() {
        own().stopControllers();
    }

    /** Starts the controllers, the scheduler and the nodes; also on a {@link #bare()} cluster. */
    void startControllers() {
        own().startControllers(client);
    }

    /**
     * The requests that the API server has answered so far, oldest first; a watch counts when it opens. Filter by
     * {@link Request#userAgent()} or {@link Request#user()} to see one program's.
     */
    List<Request> requests() {
        return Audit.read(home().resolve(Audit.LOG));
    }

    /** Kills what was started by exec in the pod, as a container's end would. The pod itself stays as it is. */
    void killProcesses(String namespace, String pod) {
        Rooms.kill("POD_NAMESPACE=" + namespace, "POD_NAME=" + pod, "LOCAL_CLUSTER=" + home());
    }

    /** The folder in which exec's commands run in this container of this pod; also their HOME. */
    Path room(String namespace, String pod, String container) {
        return Rooms.folder(home(), namespace, pod, container);
    }

    /** Ends everything; harmless when called twice. */
    @Override
    public void close() {
        if (machine == null) {
            namespaces.forEach(name -> client.namespaces().withName(name).delete());
            Disk.delete(dir);
        } else {
            machine.stop();
        }
        client.close();
    }

    private Path home() {
        if (home == null) {
            throw new TestAbortedException("this test looks into the cluster's own folder: run it without TEST_KUBE_CONTEXT");
        }
        return home;
    }

    /** Tests run side by side, so nobody takes the shared cluster's parts away. */
    private Machine own() {
        if (machine == null || Shared.is(this)) {
            throw new IllegalStateException("others use the shared cluster: break one from LocalCluster.start() or bare()");
        }
        return machine;
    }

    /** The shared cluster, and what to do where there can be none. */
    private static final class Shared {
        private static LocalCluster cluster;
        private static Unavailable unavailable;

        static synchronized LocalCluster get() {
            if (cluster == null) {
                cluster = orSkip(Shared::find);
            }
            return cluster;
        }

        static synchronized boolean is(LocalCluster other) {
            return other == cluster;
        }

        static synchronized LocalCluster orSkip(Starter starter) {
            try {
                if (unavailable != null) {
                    throw unavailable;
                }
                return starter.start();
            } catch (Unavailable e) {
                unavailable = e;
                throw skip(e);
            }
        }

        static RuntimeException skip(Unavailable why) {
            return "1".equals(System.getenv("CI_REQUIRE_CLUSTER"))
                ? new IllegalStateException("CI_REQUIRE_CLUSTER=1, but " + why.getMessage(), why)
                : new TestAbortedException(why.getMessage());
        }

        private static LocalCluster find() {
            String context = System.getenv().getOrDefault("TEST_KUBE_CONTEXT", "");
            if (context.equals("none")) {
                throw new Unavailable("no cluster: TEST_KUBE_CONTEXT=none");
            }
            return context.isEmpty() ? Machine.start(true) : attach(context);
        }

        private static LocalCluster attach(String context) {
            Config config = Config.autoConfigure(context);
            if (config.getCurrentContext() == null || !config.getCurrentContext().getName().equals(context)) {
                throw new IllegalStateException("TEST_KUBE_CONTEXT: no context " + context + " in the kubeconfig");
            }
            Path dir = Disk.temporaryFolder();
            Path file = dir.resolve("kubeconfig");
            Kubeconfig.copy(config, file);
            KubernetesClient client = new KubernetesClientBuilder().withConfig(config).build();
            LocalCluster cluster = new LocalCluster(dir, Nodes.home(client), file, client, null);
            Runtime.getRuntime().addShutdownHook(new Thread(cluster::close));
            return cluster;
        }
    }

    private interface Starter {
        LocalCluster start();
    }

    /** No cluster can be had here; the message says in one line how to get one. */
    static final class Unavailable extends RuntimeException {
        Unavailable(String message) {
            super(message);
        }
    }

    /** One answered request, from the API server's audit log. */
    record Request(Instant at, String user, String userAgent, String verb, String group, String resource,
                   String subresource, String namespace, String name, int code) {
    }

    // ---- rooms

    /** The programs of one cluster and their files. */
    private static final class Machine {
        private final Path dir;
        private final Map<String, Path> bin;
        private final Programs programs;
        private final Map<String, Integer> ports;
        private final String token = Random.hex(16);
        private Rooms rooms;

        private Machine(Path dir, Map<String, Path> bin) throws IOException {
            this.dir = dir;
            this.bin = bin;
            this.programs = new Programs(dir);
            this.ports = Ports.free("etcd", "etcd-peer", "api", "kubelet");
        }

        static LocalCluster start(boolean controllers) {
            Map<String, Path> bin = Binaries.locate();
            Path dir = Disk.temporaryFolder();
            try {
                Machine machine = new Machine(dir, bin);
                Runtime.getRuntime().addShutdownHook(new Thread(machine::stop));
                return new LocalCluster(dir, dir, machine.kubeconfig("admin"), machine.bringUp(controllers), machine);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot start a local cluster in " + dir, e);
            }
        }

        /** Starts all programs, or leaves none behind. */
        private KubernetesClient bringUp(boolean controllers) throws IOException {
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
                return client;
            } finally {
                if (!up) {
                    stop();
                }
            }
        }

        private void writeKeys() throws IOException {
            Keys.write(dir.resolve("sa.key"), dir.resolve("sa.pub"));
            Disk.write(dir.resolve("tokens.csv"), String.join("\n",
                token + "-admin,admin,1,system:masters",
                token + "-controllers,system:kube-controller-manager,2",
                token + "-scheduler,system:kube-scheduler,3",
                token + "-nodes,nodes,4,system:masters") + "\n");
            Disk.write(dir.resolve("audit.yaml"), Audit.POLICY);
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
                "--bind-address", "127.0.0.1", "--secure-port", String.valueOf(ports.get("api")),
                "--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none",
                "--cert-dir", dir.resolve("tls").toString(), "--token-auth-file", dir.resolve("tokens.csv").toString(),
                "--authorization-mode", "Node,RBAC", "--enable-admission-plugins", "NodeRestriction",
                "--service-account-issuer", "https://kubernetes.default.svc",
                "--service-account-key-file", dir.resolve("sa.pub").toString(),
                "--service-account-signing-key-file", dir.resolve("sa.key").toString(),
                "--service-cluster-ip-range", "10.96.0.0/16", "--allow-privileged",
                "--kubelet-preferred-address-types", "InternalIP",
                "--audit-policy-file", dir.resolve("audit.yaml").toString(), "--audit-log-path", dir.resolve(Audit.LOG).toString(),
                "--profiling=false");
            Path certificate = dir.resolve("tls/apiserver.crt");
            programs.await("kube-apiserver", "its certificate", () -> Files.exists(certificate));
            for (String who : List.of("admin", "controllers", "scheduler", "nodes")) {
                Kubeconfig.write(kubeconfig(who), "https://127.0.0.1:" + ports.get("api"),
                    Base64.getEncoder().encodeToString(Disk.bytes(certificate)), token + "-" + who, "default");
            }
            try (KubernetesClient probe = connect()) {
                programs.await("kube-apiserver", "/readyz", () -> Wait.answers(() -> "ok".equals(probe.raw("/readyz"))));
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
            Nodes.prepare(client, dir);
            startKwok();
            Nodes.addThree(client);
            rooms = new Rooms(client, dir);
            programs.await("kube-controller-manager", "the default ServiceAccount",
                () -> client.serviceAccounts().inNamespace("default").withName("default").get() != null);
            programs.await("kwok", "three ready nodes",
                () -> client.nodes().list().getItems().stream().filter(Nodes::isUsable).count() >= 3);
        }

        private void startKwok() {
            Path config = dir.resolve("kwok.yaml");
            Disk.write(config, Stages.text());
            programs.start("kwok", bin.get("kwok"),
                "--config", config.toString(), "--kubeconfig", kubeconfig("nodes").toString(),
                "--manage-all-nodes", "--node-ip", "127.0.0.1", "--node-port", String.valueOf(ports.get("kubelet")),
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

        boolean controllersRun() {
            return programs.runs("kube-controller-manager");
        }

        private Path kubeconfig(String who) {
            return dir.resolve(who.equals("admin") ? "kubeconfig" : who + ".kubeconfig");
        }

        private KubernetesClient connect() {
            Config config = Config.fromKubeconfig(kubeconfig("admin").toFile());
            config.setRequestRetryBackoffLimit(3);
            return new KubernetesClientBuilder().withConfig(config).build();
        }

        synchronized void stop() {
            stopControllers();
            stopApiServer();
            programs.stop("etcd");
            Rooms.kill("LOCAL_CLUSTER=" + dir);
            programs.close();
            Disk.delete(dir);
        }
    }

    /** Child programs with their logs, and a watchdog that ends them when this JVM is gone without a word. */
    private static final class Programs {
        /** Holds the pids of its last line; at the end of its input (this JVM closed it, or died) they are killed. */
        private static final String WATCHDOG = """
            trap '' INT TERM HUP
            while read -r line; do pids=$line; done
            [ -z "$pids" ] || kill -9 $pids
            rm -rf "$1"
            """;

        private final Path dir;
        private final Process watchdog;
        private final Map<String, Process> running = new TreeMap<>();

        Programs(Path dir) throws IOException {
            this.dir = dir;
            this.watchdog = new ProcessBuilder("sh", "-c", WATCHDOG, "watchdog", dir.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        }

        synchronized void start(String name, Path program, String... arguments) {
            List<String> command = new ArrayList<>(List.of(program.toString()));
            command.addAll(Arrays.asList(arguments));
            ProcessBuilder builder = new ProcessBuilder(command).directory(dir.toFile()).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log(name).toFile()));
            builder.environment().keySet().retainAll(List.of("PATH", "LANG", "TMPDIR"));
            builder.environment().putAll(Map.of("HOME", dir.toString(), "LOCAL_CLUSTER", dir.toString()));
            try {
                running.put(name, builder.start());
                tellWatchdog();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot start " + program, e);
            }
        }

        void await(String name, String what, BooleanSupplier condition) {
            Wait.until(() -> what + " of " + name + "; its last words: " + Disk.lastLines(log(name), 5), Duration.ofSeconds(120), () -> {
                if (!runs(name)) {
                    throw new IllegalStateException(name + " ended by itself: " + Disk.lastLines(log(name), 5));
                }
                return condition.getAsBoolean();
            });
        }

        synchronized boolean runs(String name) {
            return running.containsKey(name) && running.get(name).isAlive();
        }

        synchronized void stop(String name) {
            Process process = running.remove(name);
            if (process != null) {
                process.destroyForcibly().onExit().join();
                tellWatchdog();
            }
        }

        synchronized void close() {
            List.copyOf(running.keySet()).forEach(this::stop);
            Disk.close(watchdog.getOutputStream());
            watchdog.onExit().orTimeout(5, TimeUnit.SECONDS).exceptionally(late -> watchdog.destroyForcibly()).join();
        }

        private void tellWatchdog() {
            List<String> pids = running.values().stream().map(process -> String.valueOf(process.pid())).toList();
            try {
                OutputStream pipe = watchdog.getOutputStream();
                pipe.write((String.join(" ", pids) + "\n").getBytes(StandardCharsets.US_ASCII));
                pipe.flush();
            } catch (IOException e) {
                throw new UncheckedIOException("the watchdog of " + dir + " is gone", e);
            }
        }

        private Path log(String name) {
            return dir.resolve(name + ".log");
        }
    }

    /** Ports below the range that the kernel gives to outgoing connections: one stays free while its server is away. */
    private static final class Ports {
        private static final int FIRST = 20000;
        private static final int COUNT = 12000;

        static Map<String, Integer> free(String... names) throws IOException {
            Map<String, Integer> ports = new HashMap<>();
            List<ServerSocket> held = new ArrayList<>();
            try {
                for (String name : names) {
                    ServerSocket socket = holdOne();
                    held.add(socket);
                    ports.put(name, socket.getLocalPort());
                }
                return ports;
            } finally {
                for (ServerSocket socket : held) {
                    socket.close();
                }
            }
        }

        private static ServerSocket holdOne() throws IOException {
            for (int attempt = 0; attempt < 200; attempt++) {
                try {
                    return new ServerSocket(FIRST + Random.SOURCE.nextInt(COUNT), 1, InetAddress.getLoopbackAddress());
                } catch (java.net.BindException e) {
                    continue;
                }
            }
            throw new IOException("no free port on loopback");
        }
    }

    /** The key pair that signs ServiceAccount tokens. */
    private static final class Keys {
        static void write(Path secret, Path open) {
            try {
                KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
                generator.initialize(2048);
                var pair = generator.generateKeyPair();
                Disk.write(secret, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
                Disk.write(open, pem("PUBLIC KEY", pair.getPublic().getEncoded()));
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("this JDK has no RSA", e);
            }
        }

        private static String pem(String type, byte[] der) {
            String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
            return "-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n";
        }
    }

    /** Files that tell a client where the API server is and who asks. */
    private static final class Kubeconfig {
        static void write(Path file, String server, String authority, String token, String namespace) {
            write(file, server, authority, "token: " + token, CONTEXT, namespace);
        }

        /** The current context alone, with whatever it proves itself by. */
        static void copy(Config config, Path file) {
            String user = config.getClientCertData() == null
                ? "token: " + (config.getOauthToken() == null ? config.getAutoOAuthToken() : config.getOauthToken())
                : "client-certificate-data: " + config.getClientCertData() + "\n    client-key-data: " + config.getClientKeyData();
            write(file, config.getMasterUrl(), authority(config), user, config.getCurrentContext().getName(), "default");
        }

        static String authority(Config config) {
            return config.getCaCertData() != null ? config.getCaCertData()
                : Base64.getEncoder().encodeToString(Disk.bytes(Path.of(config.getCaCertFile())));
        }

        private static void write(Path file, String server, String authority, String user, String context, String namespace) {
            Disk.write(file, """
                apiVersion: v1
                kind: Config
                current-context: %1$s
                contexts:
                - name: %1$s
                  context: {cluster: %1$s, user: %1$s, namespace: %2$s}
                clusters:
                - name: %1$s
                  cluster:
                    server: %3$s
                    certificate-authority-data: %4$s
                users:
                - name: %1$s
                  user:
                    %5$s
                """.formatted(context, namespace, server.replaceAll("/$", ""), authority, user.replace("\n    ", "\n    ")));
        }
    }

    /** Played nodes, and what a cluster has before its first application: storage classes, kwok's resources. */
    private static final class Nodes {
        private static final String PLAYED = "kwok.x-k8s.io/node";

        private static final String HOME = "local-cluster";

        /** Where a cluster that another JVM started writes; null when it is not one of ours, or not on this machine. */
        static Path home(KubernetesClient client) {
            ConfigMap said = client.configMaps().inNamespace("kube-public").withName(HOME).get();
            Path home = said == null ? null : Path.of(said.getData().get("dir"));
            return home != null && Files.isDirectory(home) ? home : null;
        }

        static void prepare(KubernetesClient client, Path home) {
            client.resource(new ConfigMapBuilder().withNewMetadata().withName(HOME).withNamespace("kube-public").endMetadata()
                .addToData("dir", home.toString()).build()).serverSideApply();
            List<HasMetadata> objects = client.load(resource("objects.yaml")).items();
            for (HasMetadata object : objects) {
                client.resource(object).fieldManager("local-cluster").forceConflicts().serverSideApply();
            }
            List<String> definitions = objects.stream().filter(CustomResourceDefinition.class::isInstance)
                .map(object -> object.getMetadata().getName()).toList();
            for (String name : definitions) {
                Wait.until("crd/" + name, Duration.ofSeconds(30), () -> isEstablished(client, name));
            }
        }

        static void addThree(KubernetesClient client) {
            for (int i = 1; i <= 3; i++) {
                add(client, "node-" + i, "topology.kubernetes.io/zone=zone-" + i);
            }
        }

        static void add(KubernetesClient client, String name, String... labels) {
            Map<String, String> all = new HashMap<>(Map.of("kubernetes.io/hostname", name, "kubernetes.io/os", "linux",
                "kubernetes.io/arch", "amd64", "node.kubernetes.io/instance-type", "played"));
            for (String label : labels) {
                all.put(label.substring(0, label.indexOf('=')), label.substring(label.indexOf('=') + 1));
            }
            Map<String, Quantity> size = Map.of("cpu", new Quantity("64"), "memory", new Quantity("256Gi"),
                "ephemeral-storage", new Quantity("500Gi"), "pods", new Quantity("4000"));
            Node node = new NodeBuilder().withNewMetadata().withName(name).withLabels(all)
                .addToAnnotations(PLAYED, "fake").endMetadata()
                .withNewStatus().withAllocatable(size).withCapacity(size).endStatus().build();
            try {
                client.resource(node).create();
            } catch (KubernetesClientException e) {
                if (e.getCode() != 409) {
                    throw e;
                }
            }
        }

        static boolean isPlayed(Node node) {
            return node.getMetadata().getAnnotations() != null && node.getMetadata().getAnnotations().containsKey(PLAYED);
        }

        static boolean isUsable(Node node) {
            return node.getSpec().getTaints().isEmpty() && node.getStatus().getConditions().stream()
                .anyMatch(condition -> condition.getType().equals("Ready") && condition.getStatus().equals("True"));
        }

        private static boolean isEstablished(KubernetesClient client, String name) {
            CustomResourceDefinition definition = client.apiextensions().v1().customResourceDefinitions().withName(name).get();
            return definition != null && definition.getStatus() != null && definition.getStatus().getConditions().stream()
                .anyMatch(condition -> condition.getType().equals("Established") && condition.getStatus().equals("True"));
        }
    }

    /**
     * What a container has beside its status: a folder to run exec's commands in, its environment, its logs; kwok
     * reads them from Exec and Logs resources, one of each a pod. Processes end with their container. Also looks up
     * what the pod needs before it can start ({@link Needs}), again and again until all is there.
     */
    private static final class Rooms implements AutoCloseable {
        private static final Duration AGAIN = Duration.ofMillis(400);

        private final KubernetesClient client;
        private final Path dir;
        private final SharedIndexInformer<Pod> pods;
        private final ScheduledExecutorService worker = Executors.newSingleThreadScheduledExecutor(Rooms::daemon);

        Rooms(KubernetesClient client, Path dir) {
            this.client = client;
            this.dir = dir;
            this.pods = client.pods().inAnyNamespace().runnableInformer(0);
            pods.exceptionHandler((started, problem) -> true);
            pods.addEventHandler(new Handler());
            pods.start();
        }

        static Path folder(Path dir, String namespace, String pod, String container) {
            return dir.resolve("rooms").resolve(namespace).resolve(pod).resolve(container);
        }

        @Override
        public void close() {
            pods.stop();
            worker.shutdownNow();
        }

        /** Kills every process whose environment holds all of the entries. Where there is no /proc, nothing. */
        static void kill(String... entries) {
            if (!Files.isDirectory(Path.of("/proc"))) {
                return;
            }
            long self = ProcessHandle.current().pid();
            ProcessHandle.allProcesses()
                .filter(process -> process.pid() != self && environment(process.pid()).containsAll(List.of(entries)))
                .forEach(ProcessHandle::destroyForcibly);
        }

        private static List<String> environment(long pid) {
            try {
                return List.of(Files.readString(Path.of("/proc", String.valueOf(pid), "environ"), StandardCharsets.ISO_8859_1).split("\0"));
            } catch (IOException e) {
                return List.of();
            }
        }

        private static Thread daemon(Runnable work) {
            Thread thread = new Thread(work, "local-cluster-rooms");
            thread.setDaemon(true);
            return thread;
        }

        private final class Handler implements ResourceEventHandler<Pod> {
            @Override
            public void onAdd(Pod pod) {
                if (pod.getSpec().getNodeName() != null && !"none".equals(Life.of(pod, "room"))) {
                    work(pod, true);
                }
            }

            @Override
            public void onUpdate(Pod old, Pod pod) {
                boolean scheduled = old.getSpec().getNodeName() == null;
                if (scheduled || !Life.told(old).equals(Life.told(pod))) {
                    onAdd(pod);
                }
                for (String container : Life.restarted(old, pod)) {
                    kill(marks(pod, container));
                }
            }

            @Override
            public void onDelete(Pod pod, boolean missed) {
                kill("POD_UID=" + pod.getMetadata().getUid());
                Disk.delete(folder(dir, pod.getMetadata().getNamespace(), pod.getMetadata().getName(), ".").normalize());
            }
        }

        /** Makes the pod's room and looks up what it needs; comes back while something is missing or nobody answers. */
        private void keep(Pod pod, boolean furnish) {
            try {
                if (furnish) {
                    furnish(pod);
                }
                if (Needs.tell(client, pod)) {
                    return;
                }
                again(pod, false);
            } catch (KubernetesClientException e) {
                if (e.getCode() != 404 && e.getCode() != 403) {
                    again(pod, furnish);
                }
            }
        }

        private void work(Pod pod, boolean furnish) {
            CompletableFuture.runAsync(() -> keep(pod, furnish), worker).exceptionally(fault -> {
                say("pod/" + pod.getMetadata().getName() + ": cannot play its part: " + fault);
                return null;
            });
        }

        private void again(Pod pod, boolean furnish) {
            if (!worker.isShutdown()) {
                worker.schedule(() -> {
                    Pod now = pods.getIndexer().getByKey(pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName());
                    if (now != null && now.getMetadata().getUid().equals(pod.getMetadata().getUid())) {
                        work(now, furnish);
                    }
                }, AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        private void furnish(Pod pod) {
            List<Map<String, Object>> execs = new ArrayList<>();
            List<Map<String, Object>> logs = new ArrayList<>();
            for (Container container : Life.containers(pod)) {
                Path room = folder(dir, pod.getMetadata().getNamespace(), pod.getMetadata().getName(), container.getName());
                Path log = Disk.write(Path.of(room + ".log"), Life.log(pod, container, "log"));
                Path previous = Disk.write(Path.of(room + ".previous.log"), Life.log(pod, container, "previous-log"));
                execs.add(Map.of("containers", List.of(container.getName()), "local", Map.of("workDir", Disk.folder(room).toString(),
                    "envs", Life.environment(client, pod, container, room, marks(pod, container.getName())))));
                logs.add(Map.of("containers", List.of(container.getName()), "logsFile", log.toString(), "previousLogsFile", previous.toString()));
            }
            put(pod, "Exec", Map.of("execs", execs));
            put(pod, "Logs", Map.of("logs", logs));
        }

        private void put(Pod pod, String kind, Map<String, Object> spec) {
            Map<String, Object> owner = Map.of("apiVersion", "v1", "kind", "Pod",
                "name", pod.getMetadata().getName(), "uid", pod.getMetadata().getUid());
            Map<String, Object> object = Map.of("apiVersion", "kwok.x-k8s.io/v1alpha1", "kind", kind, "spec", spec, "metadata",
                Map.of("name", pod.getMetadata().getName(), "namespace", pod.getMetadata().getNamespace(), "ownerReferences", List.of(owner)));
            client.resource(Serialization.asJson(object)).fieldManager("local-cluster").forceConflicts().serverSideApply();
        }

        private String[] marks(Pod pod, String container) {
            return new String[] {"LOCAL_CLUSTER=" + dir, "POD_NAMESPACE=" + pod.getMetadata().getNamespace(),
                "POD_NAME=" + pod.getMetadata().getName(), "POD_UID=" + pod.getMetadata().getUid(), "CONTAINER=" + container};
        }
    }

    /**
     * What stands between a pod and its start: Secrets and ConfigMaps that it names, Services that its init
     * containers wait for. kwok cannot look at other objects, so the answer is written into the pod's annotations; a
     * pod that needs anything does not begin before it has one (life.jq).
     */
    private static final class Needs {
        /** The usual ways to wait for a Service in an init container: nc, pg_isready, wget or curl, getent, nslookup. */
        private static final Pattern WAITS = Pattern.compile(
            "(?:\\bnc\\s+(?:-\\S+\\s+)*|\\bpg_isready\\s.*?-h\\s+|https?://|\\bgetent\\s+hosts\\s+|\\bnslookup\\s+)([a-z0-9]([a-z0-9-]*[a-z0-9])?)");

        /** Writes what is missing; true when nothing is, or when the test has told this pod's life itself. */
        static boolean tell(KubernetesClient client, Pod pod) {
            String is = Life.of(pod, "is");
            if ("manual".equals(is) || !hasAny(pod)) {
                return true;
            }
            if (is != null && !is.equals(Life.of(pod, "found"))) {
                Life.write(client, pod, Map.of("looked-up", "told"));
                return true;
            }
            Missing missing = first(client, pod);
            String waits = waits(client, pod);
            Map<String, String> notes = new HashMap<>();
            notes.put("is", missing == null ? null : missing.life());
            notes.put("found", missing == null ? null : missing.life());
            notes.put("ref", missing == null ? null : missing.name());
            notes.put("key", missing == null ? null : missing.key());
            notes.put("container", missing == null ? null : missing.container());
            notes.put("waits", waits);
            notes.put("looked-up", missing == null && waits == null ? "all" : "some");
            Life.write(client, pod, notes);
            return missing == null && waits == null;
        }

        /** As `needs` in life.jq. */
        private static boolean hasAny(Pod pod) {
            return !pod.getSpec().getInitContainers().isEmpty()
                || pod.getSpec().getVolumes().stream().anyMatch(volume -> volume.getSecret() != null || volume.getConfigMap() != null)
                || pod.getSpec().getContainers().stream().anyMatch(container -> !container.getEnvFrom().isEmpty()
                    || container.getEnv().stream().anyMatch(variable -> variable.getValueFrom() != null));
        }

        private static Missing first(KubernetesClient client, Pod pod) {
            for (Volume volume : pod.getSpec().getVolumes()) {
                Missing missing = volume.getSecret() != null
                    ? mount(client, pod, "secret", volume.getSecret().getSecretName(), volume.getSecret().getOptional())
                    : volume.getConfigMap() != null
                    ? mount(client, pod, "configmap", volume.getConfigMap().getName(), volume.getConfigMap().getOptional()) : null;
                if (missing != null) {
                    return missing;
                }
            }
            for (Container container : Life.containers(pod)) {
                Missing missing = ofContainer(client, pod, container);
                if (missing != null) {
                    return missing;
                }
            }
            return null;
        }

        private static Missing mount(KubernetesClient client, Pod pod, String kind, String name, Boolean optional) {
            boolean missing = !Boolean.TRUE.equals(optional) && data(client, pod, kind, name) == null;
            return missing ? new Missing(kind + "-mount-missing", name, null, null) : null;
        }

        private static Missing ofContainer(KubernetesClient client, Pod pod, Container container) {
            for (EnvFromSource source : container.getEnvFrom()) {
                var secret = source.getSecretRef();
                var map = source.getConfigMapRef();
                Missing missing = secret != null ? of(client, pod, container, "secret", secret.getName(), null, secret.getOptional())
                    : map != null ? of(client, pod, container, "configmap", map.getName(), null, map.getOptional()) : null;
                if (missing != null) {
                    return missing;
                }
            }
            for (EnvVar variable : container.getEnv()) {
                var secret = variable.getValueFrom() == null ? null : variable.getValueFrom().getSecretKeyRef();
                var map = variable.getValueFrom() == null ? null : variable.getValueFrom().getConfigMapKeyRef();
                Missing missing = secret != null ? of(client, pod, container, "secret", secret.getName(), secret.getKey(), secret.getOptional())
                    : map != null ? of(client, pod, container, "configmap", map.getName(), map.getKey(), map.getOptional()) : null;
                if (missing != null) {
                    return missing;
                }
            }
            return null;
        }

        private static Missing of(KubernetesClient client, Pod pod, Container container, String kind, String name, String key, Boolean optional) {
            if (Boolean.TRUE.equals(optional)) {
                return null;
            }
            Map<String, String> data = data(client, pod, kind, name);
            return data == null ? new Missing(kind + "-missing", name, null, container.getName())
                : key != null && !data.containsKey(key) ? new Missing(kind + "-key-missing", name, key, container.getName()) : null;
        }

        /** What the Secret or ConfigMap holds; null when there is none. */
        static Map<String, String> data(KubernetesClient client, Pod pod, String kind, String name) {
            String namespace = pod.getMetadata().getNamespace();
            if (kind.equals("secret")) {
                var secret = client.secrets().inNamespace(namespace).withName(name).get();
                return secret == null ? null : secret.getData() == null ? Map.of() : secret.getData();
            }
            var map = client.configMaps().inNamespace(namespace).withName(name).get();
            return map == null ? null : map.getData() == null ? Map.of() : map.getData();
        }

        /** The first init container whose Service has no ready endpoint; null when there is none. */
        private static String waits(KubernetesClient client, Pod pod) {
            for (Container container : pod.getSpec().getInitContainers()) {
                Matcher matcher = WAITS.matcher(String.join(" ", container.getCommand()) + " " + String.join(" ", container.getArgs()));
                while (matcher.find()) {
                    if (!isServed(client, pod.getMetadata().getNamespace(), matcher.group(1))) {
                        return container.getName();
                    }
                }
            }
            return null;
        }

        private static boolean isServed(KubernetesClient client, String namespace, String service) {
            return client.discovery().v1().endpointSlices().inNamespace(namespace).withLabel("kubernetes.io/service-name", service)
                .list().getItems().stream().filter(slice -> slice.getEndpoints() != null).flatMap(slice -> slice.getEndpoints().stream())
                .anyMatch(endpoint -> Boolean.TRUE.equals(endpoint.getConditions().getReady()));
        }

        private record Missing(String life, String name, String key, String container) {
        }
    }

    /** What the annotations of a pod say, as far as it is not kwok's stages that read them. */
    private static final class Life {
        static String of(Pod pod, String name) {
            return all(pod).get(LIFE + name);
        }

        static Map<String, String> all(Pod pod) {
            Map<String, String> annotations = pod.getMetadata().getAnnotations();
            return annotations == null ? Map.of() : annotations;
        }

        static List<Container> containers(Pod pod) {
            return Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream()).toList();
        }

        /** The annotations that tests write, without those that the cluster keeps for itself. */
        static Map<String, String> told(Pod pod) {
            Map<String, String> told = new TreeMap<>(all(pod));
            List.of("failures", "looked-up", "found", "waits").forEach(own -> told.remove(LIFE + own));
            return told;
        }

        /** Writes annotations where they differ from the pod's; null takes one away. */
        static void write(KubernetesClient client, Pod pod, Map<String, String> notes) {
            Map<String, String> annotations = new HashMap<>();
            notes.forEach((name, value) -> {
                if (!Objects.equals(value, of(pod, name))) {
                    annotations.put(LIFE + name, value);
                }
            });
            if (!annotations.isEmpty()) {
                client.pods().inNamespace(pod.getMetadata().getNamespace()).withName(pod.getMetadata().getName())
                    .patch(PatchContext.of(PatchType.JSON_MERGE), json(Map.of("metadata", Map.of("annotations", annotations))));
            }
        }

        private static String json(Object value) {
            try {
                return JSON.writeValueAsString(value);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** The container's log as its runtime writes it: time, stream, F for a full line. An echo that is repeated while waiting is one, too. */
        static String log(Pod pod, Container container, String which) {
            String text = all(pod).getOrDefault(LIFE + which + "." + container.getName(), of(pod, which));
            Matcher waiting = Pattern.compile("\\buntil\\b.*\\becho\\s+([^;|&]+)").matcher(String.join(" ", container.getCommand()) + " " + String.join(" ", container.getArgs()));
            if (text == null && which.equals("log") && waiting.find()) {
                text = (waiting.group(1).replaceAll("[\"']", "").strip() + "\n").repeat(3);
            }
            String now = Instant.now().toString().replaceAll("(\\.\\d+)?Z$", ".000000000Z");
            return text == null ? "" : text.lines().map(line -> now + " stdout F " + line + "\n").reduce("", String::concat);
        }

        static List<String> restarted(Pod old, Pod now) {
            Map<String, Integer> before = new HashMap<>();
            statuses(old).forEach(status -> before.put(status.getName(), status.getRestartCount()));
            return statuses(now).filter(status -> status.getRestartCount() > before.getOrDefault(status.getName(), 0))
                .map(ContainerStatus::getName).toList();
        }

        private static Stream<ContainerStatus> statuses(Pod pod) {
            return Stream.concat(pod.getStatus().getInitContainerStatuses().stream(), pod.getStatus().getContainerStatuses().stream());
        }

        /** The container's environment: where it is, then what its template says, Secrets and ConfigMaps looked up. */
        static List<Map<String, String>> environment(KubernetesClient client, Pod pod, Container container, Path room, String... marks) {
            Map<String, String> variables = new TreeMap<>(Map.of("HOME", room.toString(), "HOSTNAME", pod.getMetadata().getName()));
            for (String mark : marks) {
                variables.put(mark.substring(0, mark.indexOf('=')), mark.substring(mark.indexOf('=') + 1));
            }
            for (EnvVar variable : container.getEnv()) {
                String value = variable.getValueFrom() == null ? variable.getValue()
                    : lookUp(client, pod, variable.getValueFrom());
                if (value != null) {
                    variables.put(variable.getName(), value);
                }
            }
            return variables.entrySet().stream().map(entry -> Map.of("name", entry.getKey(), "value", entry.getValue())).toList();
        }

        private static String lookUp(KubernetesClient client, Pod pod, EnvVarSource source) {
            if (source.getSecretKeyRef() != null) {
                Map<String, String> data = Needs.data(client, pod, "secret", source.getSecretKeyRef().getName());
                String encoded = data == null ? null : data.get(source.getSecretKeyRef().getKey());
                return encoded == null ? null : new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
            }
            if (source.getConfigMapKeyRef() != null) {
                Map<String, String> data = Needs.data(client, pod, "configmap", source.getConfigMapKeyRef().getName());
                return data == null ? null : data.get(source.getConfigMapKeyRef().getKey());
            }
            return null;
        }
    }

    /** kwok's configuration: the stages, with the parts that they share put in. */
    private static final class Stages {
        private static final String INCLUDE = "#include ";
        private static final String STAGE = "#stage ";

        static String text() {
            return expand(read("cluster.yaml")) + "---\n" + expand(read("pods.yaml"));
        }

        private static String expand(String text) {
            StringBuilder expanded = new StringBuilder();
            for (String line : text.split("\n")) {
                String word = line.strip();
                int indent = line.length() - line.stripLeading().length();
                String put = word.startsWith(INCLUDE) ? read(word.substring(INCLUDE.length()))
                    : word.startsWith(STAGE) ? when(word.substring(STAGE.length())) : word;
                expanded.append(put.indent(indent)).append(put.isEmpty() ? "\n" : "");
            }
            return expanded.toString();
        }

        /** The stage is next for the pods of which life.jq's `step` says its name, after what `delay` says. */
        private static String when(String step) {
            String life = read("life.jq").indent(6);
            return """
                selector:
                  matchExpressions:
                  - jq:
                      operator: In
                      values: [%s]
                      key: |
                %sdelay:
                  durationFrom:
                    jq:
                      expression: |
                %s""".formatted(step, (life + "step\n".indent(6)).indent(4), (life + "delay\n".indent(6)).indent(2));
        }

        private static String read(String name) {
            try (InputStream in = resource(name)) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static InputStream resource(String name) {
        InputStream in = LocalCluster.class.getResourceAsStream("/kwok/" + name);
        if (in == null) {
            throw new IllegalStateException("kwok/" + name + " is not in the test jar");
        }
        return in;
    }

    /** Who asked what: the API server's audit log, without the control plane's own requests. */
    private static final class Audit {
        static final String LOG = "audit.log";
        static final String POLICY = """
            apiVersion: audit.k8s.io/v1
            kind: Policy
            omitStages: [RequestReceived]
            rules:
            - level: None
              users: ["system:kube-controller-manager", "system:kube-scheduler", "system:apiserver", "nodes"]
            - level: None
              userGroups: ["system:serviceaccounts:kube-system"]
            - level: Metadata
            """;

        static List<Request> read(Path log) {
            if (!Files.exists(log)) {
                return List.of();
            }
            List<Request> requests = new ArrayList<>();
            for (String line : Disk.text(log).split("\n")) {
                JsonNode event = parse(line);
                if (event != null && counts(event)) {
                    requests.add(request(event));
                }
            }
            return requests;
        }

        /** A watch is one request when it opens; the others, and a watch that was refused, when they are answered. */
        private static boolean counts(JsonNode event) {
            boolean opens = event.path("stage").asText().equals("ResponseStarted");
            boolean watch = event.path("verb").asText().equals("watch");
            return watch && event.path("responseStatus").path("code").asInt() < 400 ? opens : !opens;
        }

        private static Request request(JsonNode event) {
            JsonNode object = event.path("objectRef");
            return new Request(Instant.parse(event.path("requestReceivedTimestamp").asText()),
                event.path("user").path("username").asText(), event.path("userAgent").asText(), event.path("verb").asText(),
                object.path("apiGroup").asText(), object.path("resource").asText(), object.path("subresource").asText(),
                object.path("namespace").asText(), object.path("name").asText(), event.path("responseStatus").path("code").asInt());
        }

        private static JsonNode parse(String line) {
            try {
                return line.isBlank() ? null : JSON.readTree(line);
            } catch (IOException halfWritten) {
                return null;
            }
        }
    }

    /**
     * The programs: from KUBEBUILDER_ASSETS where it holds a set that fits, else from the cache folder, else built
     * there from the Go module proxy. Kubernetes, etcd and kwok are built as one module, so what they share is
     * compiled once.
     */
    static final class Binaries {
        /** kwok {@value #KWOK} is made for this minor version; etcd is the one that Kubernetes is released with. */
        static final String KUBERNETES = "1.36.3";
        static final String ETCD = "3.6.8";
        static final String KWOK = "0.8.0";

        private static final Map<String, String> PACKAGES = new TreeMap<>(Map.of(
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
         * @throws Unavailable where there are none and they cannot be built
         */
        static synchronized Map<String, Path> locate() {
            Map<String, Path> found = Assets.find();
            if (found.keySet().containsAll(PACKAGES.keySet())) {
                return found;
            }
            Path cache = cache();
            Path folder = cache.resolve("kubernetes-" + KUBERNETES + "-etcd-" + ETCD + "-kwok-" + KWOK + "-" + RECIPE);
            if (!complete(folder)) {
                if (!onPath("go")) {
                    throw new Unavailable("no cluster: its programs are not in " + folder
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
                    say("another process builds the local cluster's programs; waiting for it");
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
            } catch (IOException | Command.Failed e) {
                throw new Unavailable("no cluster: its programs cannot be built in " + cache + ": " + e.getMessage().strip().replace("\n", " | "));
            }
        }
    }

    /** What KUBEBUILDER_ASSETS holds: usually etcd, kube-apiserver and kubectl, no controllers. */
    private static final class Assets {
        private static final int OLDEST_MINOR = 34;

        static Map<String, Path> find() {
            Map<String, Path> found = new TreeMap<>();
            String assets = System.getenv().getOrDefault("KUBEBUILDER_ASSETS", "");
            if (!assets.isEmpty()) {
                for (String name : Binaries.PACKAGES.keySet()) {
                    Path program = Path.of(assets, name);
                    if (Files.isExecutable(program)) {
                        found.put(name, program);
                    }
                }
                if (!fits(found)) {
                    say("KUBEBUILDER_ASSETS is left aside: it needs a kube-apiserver " + Binaries.KUBERNETES
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
            String version = Command.output(Path.of("/"), Map.of(), found.get("kube-apiserver").toString(), "--version").replaceAll("[^0-9.]", "");
            int minor = Integer.parseInt(version.split("\\.")[1]);
            boolean own = found.containsKey("kube-controller-manager") && found.containsKey("kube-scheduler");
            return minor == Integer.parseInt(Binaries.KUBERNETES.split("\\.")[1]) || own && minor >= OLDEST_MINOR;
        }
    }

    /** Builds the programs from the Go module proxy, in a folder of its own. */
    private static final class GoBuild {
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
            say("building the local cluster's programs (Kubernetes " + Binaries.KUBERNETES + ", etcd " + Binaries.ETCD + ", kwok "
                + Binaries.KWOK + ") from the Go module proxy; once, 5 to 15 minutes");
            Disk.write(work.resolve("go.mod"), module() + "replace sigs.k8s.io/kwok => " + fixedKwok() + "\n");
            List<String> command = new ArrayList<>(List.of("go", "build", "-v", "-trimpath",
                "-p", String.valueOf(Math.max(2, Runtime.getRuntime().availableProcessors())), "-ldflags", linkerFlags(), "-o", bin + "/"));
            command.addAll(Binaries.PACKAGES.values());
            int packages = go(Stream.concat(Stream.of("list", "-deps"), Binaries.PACKAGES.values().stream()).toArray(String[]::new)).split("\n").length;
            Command.follow(work, ENVIRONMENT, new Progress(packages), command);
            Files.move(bin.resolve("server"), bin.resolve("etcd"));
            say("built in " + Duration.between(begin, Instant.now()).toSeconds() + " s");
            return bin;
        }

        /** Kubernetes names its staging modules by relative paths, which a module from the proxy does not have. */
        private String module() throws IOException {
            JsonNode kubernetes = JSON.readTree(go("mod", "download", "-json", "k8s.io/kubernetes@v" + Binaries.KUBERNETES));
            JsonNode replaced = JSON.readTree(go("mod", "edit", "-json", kubernetes.path("GoMod").asText())).path("Replace");
            StringBuilder module = new StringBuilder("module localcluster\n\n");
            module.append("require k8s.io/kubernetes v").append(Binaries.KUBERNETES).append("\n");
            module.append("require sigs.k8s.io/kwok v").append(Binaries.KWOK).append("\n");
            module.append("require go.etcd.io/etcd/server/v3 v").append(Binaries.ETCD).append("\n");
            for (JsonNode one : replaced) {
                String name = one.path("Old").path("Path").asText();
                module.append("replace ").append(name).append(" => ").append(name)
                    .append(" v").append(Binaries.KUBERNETES.replaceFirst("^1", "0")).append("\n");
            }
            return module.toString();
        }

        /** kwok's source in the work folder, with the fixes in it. */
        private Path fixedKwok() throws IOException {
            Path kwok = work.resolve("kwok");
            Disk.copy(Path.of(JSON.readTree(go("mod", "download", "-json", "sigs.k8s.io/kwok@v" + Binaries.KWOK)).path("Dir").asText()), kwok);
            for (Fix fix : FIXES) {
                Path file = kwok.resolve(fix.file());
                String text = Files.readString(file);
                if (!text.contains(fix.was())) {
                    throw new IllegalStateException("kwok " + Binaries.KWOK + ": " + fix.file() + " does not hold: " + fix.was());
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
                flags.append(" -X ").append(name).append(".gitVersion=v").append(Binaries.KUBERNETES);
                flags.append(" -X ").append(name).append(".gitMajor=1");
                flags.append(" -X ").append(name).append(".gitMinor=").append(Binaries.KUBERNETES.split("\\.")[1]);
            }
            return flags.append(" -X sigs.k8s.io/kwok/pkg/consts.Version=").append(Binaries.KWOK).toString();
        }

        private String go(String... arguments) {
            return Command.output(work, ENVIRONMENT, Stream.concat(Stream.of("go"), Stream.of(arguments)).toArray(String[]::new));
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
                        say(line);
                    }
                    return;
                }
                done++;
                if (Duration.between(said, Instant.now()).toSeconds() >= 30) {
                    said = Instant.now();
                    say("compiled " + done + " of at most " + all + " packages");
                }
            }
        }
    }

    private static void say(String line) {
        System.err.println("cluster: " + line);
    }

    /** Other programs, run to their end. */
    private static final class Command {
        /** What the command wrote to stdout; when it fails, an exception with what it wrote to stderr. */
        static String output(Path folder, Map<String, String> environment, String... command) {
            StringBuilder output = new StringBuilder();
            StringBuilder errors = new StringBuilder();
            Process process = begin(folder, environment, List.of(command), ProcessBuilder.Redirect.PIPE);
            Thread reader = new Thread(() -> process.errorReader().lines().forEach(line -> errors.append(line).append('\n')));
            reader.start();
            process.inputReader().lines().forEach(line -> output.append(line).append('\n'));
            end(process, command[0] + " " + command[1], errors);
            return output.toString();
        }

        /** Runs the command and gives each line of its stderr to the listener. */
        static void follow(Path folder, Map<String, String> environment, Consumer<String> listener, List<String> command) {
            Process process = begin(folder, environment, command, ProcessBuilder.Redirect.DISCARD);
            Thread hook = new Thread(process::destroy);
            Runtime.getRuntime().addShutdownHook(hook);
            process.errorReader().lines().forEach(listener);
            end(process, command.get(0) + " " + command.get(1), "see above");
            Runtime.getRuntime().removeShutdownHook(hook);
        }

        private static Process begin(Path folder, Map<String, String> environment, List<String> command, ProcessBuilder.Redirect stdout) {
            ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectOutput(stdout);
            builder.environment().putAll(environment);
            try {
                return builder.start();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot run " + command.get(0), e);
            }
        }

        private static void end(Process process, String what, CharSequence errors) {
            int code = process.onExit().join().exitValue();
            if (code != 0) {
                throw new Failed(what + " failed with exit code " + code + ": " + errors);
            }
        }

        /** The command ended with another exit code than 0. */
        static final class Failed extends IllegalStateException {
            Failed(String message) {
                super(message);
            }
        }
    }

    /** Conditions that come true after a while. */
    private static final class Wait {
        static void until(String what, Duration most, BooleanSupplier condition) {
            until(() -> what, most, condition);
        }

        static void until(Supplier<String> what, Duration most, BooleanSupplier condition) {
            Instant end = Instant.now().plus(most);
            while (!condition.getAsBoolean()) {
                if (Instant.now().isAfter(end)) {
                    throw new IllegalStateException("waited " + most.toSeconds() + " s in vain for " + what.get());
                }
                sleep(Duration.ofMillis(50));
            }
        }

        /** Whether a server that is just starting has answered as wished. */
        static boolean answers(BooleanSupplier question) {
            try {
                return question.getAsBoolean();
            } catch (KubernetesClientException notYet) {
                return false;
            }
        }

        static void sleep(Duration time) {
            try {
                Thread.sleep(time.toMillis());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted", e);
            }
        }
    }

    /** Names and tokens that nobody else has. */
    private static final class Random {
        static final SecureRandom SOURCE = new SecureRandom();

        static String letters() {
            return SOURCE.ints(6, 'a', 'z' + 1).collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString();
        }

        static String hex(int bytes) {
            byte[] value = new byte[bytes];
            SOURCE.nextBytes(value);
            return HexFormat.of().formatHex(value);
        }
    }

    /** Files, with exceptions that need no declaration. */
    private static final class Disk {
        static Path temporaryFolder() {
            try {
                return Files.createTempDirectory("local-cluster-");
            } catch (IOException e) {
                throw new UncheckedIOException("cannot create a temporary folder", e);
            }
        }

        static Path folder(Path folder) {
            try {
                return Files.createDirectories(folder);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static Path write(Path file, String text) {
            try {
                folder(file.getParent());
                return Files.writeString(file, text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Copies a folder of files that are read-only, as Go's module cache has them. */
        static void copy(Path from, Path to) throws IOException {
            try (Stream<Path> files = Files.walk(from)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    Path target = to.resolve(from.relativize(file).toString());
                    folder(target.getParent());
                    Files.write(target, Files.readAllBytes(file));
                }
            }
        }

        static byte[] bytes(Path file) {
            try {
                return Files.readAllBytes(file);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        static String text(Path file) {
            return new String(bytes(file), StandardCharsets.UTF_8);
        }

        static String lastLines(Path file, int count) {
            List<String> lines = text(file).lines().toList();
            return String.join(" | ", lines.subList(Math.max(0, lines.size() - count), lines.size()));
        }

        static void close(OutputStream out) {
            try {
                out.close();
            } catch (IOException alreadyGone) {
                return;
            }
        }

        /** Deletes a folder; what another process puts there meanwhile may stay. */
        static void delete(Path folder) {
            if (!Files.exists(folder)) {
                return;
            }
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(java.util.Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            } catch (IOException | UncheckedIOException changedMeanwhile) {
                return;
            }
        }
    }
}
