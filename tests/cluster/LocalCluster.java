//JAVA 17+
//DEPS tools.jackson.core:jackson-databind:3.3.0 tools.jackson.dataformat:jackson-dataformat-yaml:3.3.0
//DEPS io.fabric8:kubernetes-client-api:8.0.0@fatjar io.fabric8:kubernetes-client:8.0.0@fatjar io.fabric8:zjsonpatch:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-httpclient-jdk:8.0.0@fatjar io.fabric8:kubernetes-model-common:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-core:8.0.0@fatjar io.fabric8:kubernetes-model-apps:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-batch:8.0.0@fatjar io.fabric8:kubernetes-model-certificates:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-extensions:8.0.0@fatjar io.fabric8:kubernetes-model-rbac:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-apiextensions:8.0.0@fatjar io.fabric8:kubernetes-model-autoscaling:8.0.0@fatjar
//DEPS io.fabric8:kubernetes-model-discovery:8.0.0@fatjar io.fabric8:kubernetes-model-admissionregistration:8.0.0@fatjar
//DEPS org.slf4j:slf4j-nop:2.0.17
//DEPS org.opentest4j:opentest4j:1.3.0
//SOURCES RealNode.java
//SOURCES ApiRequest.java AuditLog.java Await.java ClusterPrograms.java ControlPlane.java Disk.java
//SOURCES GoBuild.java Keys.java KubebuilderAssets.java Kubeconfig.java KwokSource.java KwokStages.java PlayedLife.java
//SOURCES PlayedNeeds.java PlayedNodes.java PlayedRooms.java Ports.java ProgramCache.java Programs.java ProgramSet.java Subprocess.java
//SOURCES Unique.java
//FILES kwok/pods.yaml=../fixtures/kwok/pods.yaml
//FILES kwok/life.jq=../fixtures/kwok/life.jq
//FILES kwok/status.gotpl=../fixtures/kwok/status.gotpl
//FILES kwok/cluster.yaml=../fixtures/kwok/cluster.yaml
//FILES kwok/objects.yaml=../fixtures/kwok/objects.yaml

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authentication.TokenRequestBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
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

    private final Path dir;
    private final Path home;
    private final Path kubeconfig;
    private final KubernetesClient client;
    private final ControlPlane plane;
    private final Set<String> namespaces = ConcurrentHashMap.newKeySet();

    /** The folder is for what this JVM writes; home is where the cluster itself writes, null when that is not known. */
    LocalCluster(Path dir, Path home, Path kubeconfig, KubernetesClient client, ControlPlane plane) {
        this.dir = dir;
        this.home = home;
        this.kubeconfig = kubeconfig;
        this.client = client;
        this.plane = plane;
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
        if (cluster.plane == null && cluster.client.nodes().list().getItems().stream().noneMatch(PlayedNodes::isPlayed)) {
            throw skip(new Unavailable("TEST_KUBE_CONTEXT: its nodes are real, and this test tells pods their lives"
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
        return Shared.orSkip(() -> ControlPlane.start(true));
    }

    /** A cluster of the test's own with an API server only, so that every status is set by hand; the caller closes it. */
    static LocalCluster bare() {
        return Shared.orSkip(() -> ControlPlane.start(false));
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
        return plane == null ? Path.of("kubectl") : plane.program("kubectl");
    }

    /** The cluster's own folder: logs of its programs, pods' working folders; gone when the cluster ends. */
    Path dir() {
        return dir;
    }

    /** A fresh namespace {@code <prefix>-<random>} whose default ServiceAccount is there, as pods need it. */
    String newNamespace(String prefix) {
        String name = prefix + "-" + Unique.letters();
        Namespace namespace = new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build();
        client.resource(namespace).create();
        namespaces.add(name);
        if (plane == null || plane.controllersRun()) {
            Await.until("the default ServiceAccount of " + name, Duration.ofSeconds(30),
                () -> client.serviceAccounts().inNamespace(name).withName("default").get() != null);
        }
        return name;
    }

    /**
     * A kubeconfig for a new ServiceAccount of the namespace that may do only what the rules say, and only there.
     * Its context's namespace is the given one. The token is valid for an hour.
     */
    Path kubeconfigFor(String namespace, PolicyRule... rules) {
        String name = "limited-" + Unique.letters();
        client.resource(new ServiceAccountBuilder().withNewMetadata().withName(name).withNamespace(namespace).endMetadata()
            .build()).create();
        client.resource(new RoleBuilder().withNewMetadata().withName(name).withNamespace(namespace).endMetadata()
            .withRules(rules).build()).create();
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
        PlayedNodes.add(client, name, labels);
    }

    /** Changes the life of one living pod: {@code tell(ns, "web-0", "is", "ready")}; null takes the annotation away. */
    void tell(String namespace, String pod, String what, String how) {
        Map<String, String> note = new HashMap<>();
        note.put(what, how);
        PlayedLife.write(client, client.pods().inNamespace(namespace).withName(pod).require(), note);
    }

    /** Waits until the condition is true, for at most 30 s. */
    void eventually(BooleanSupplier condition) {
        Await.until("what the test waits for", Duration.ofSeconds(30), condition);
    }

    /** Admission counts by a cache of its own, which may be behind the quota's status: waits until it refuses a pod. */
    void untilTheQuotaCounts(KubernetesClient client, String namespace) {
        var pod = new io.fabric8.kubernetes.api.model.PodBuilder().withNewMetadata().withName("asks").endMetadata()
            .withNewSpec().addNewContainer().withName("a").withImage("a:1").endContainer().endSpec().build();
        eventually(() -> {
            try {
                client.pods().inNamespace(namespace).resource(pod).dryRun().create();
                return false;
            } catch (KubernetesClientException refused) {
                return refused.getMessage().contains("quota");
            }
        });
    }

    // ---- breaking it: only a cluster of the test's own, from start() or bare()

    /** Stops the API server, leaves it away for the time given, and starts it again: same port, same data. */
    void restartApiServer(Duration away) {
        own().stopApiServer();
        Await.sleep(away);
        plane.startApiServer();
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
     * {@link ApiRequest#userAgent()} or {@link ApiRequest#user()} to see one program's.
     */
    List<ApiRequest> requests() {
        return AuditLog.read(home().resolve(AuditLog.LOG));
    }

    /** Kills what was started by exec in the pod, as a container's end would. The pod itself stays as it is. */
    void killProcesses(String namespace, String pod) {
        PlayedRooms.kill("POD_NAMESPACE=" + namespace, "POD_NAME=" + pod, "LOCAL_CLUSTER=" + home());
    }

    /** The folder in which exec's commands run in this container of this pod; also their HOME. */
    Path room(String namespace, String pod, String container) {
        return PlayedRooms.folder(home(), namespace, pod, container);
    }

    /** Ends everything; harmless when called twice. */
    @Override
    public void close() {
        if (plane == null) {
            namespaces.forEach(name -> client.namespaces().withName(name).delete());
            Disk.delete(dir);
        } else {
            plane.stop();
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
    private ControlPlane own() {
        if (plane == null || Shared.is(this)) {
            throw new IllegalStateException("others use the shared cluster: break one from LocalCluster.start() or bare()");
        }
        return plane;
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
                throw LocalCluster.skip(e);
            }
        }

        private static LocalCluster find() {
            String context = System.getenv().getOrDefault("TEST_KUBE_CONTEXT", "");
            if (context.equals("none")) {
                throw new Unavailable("no cluster: TEST_KUBE_CONTEXT=none");
            }
            return context.isEmpty() ? ControlPlane.start(true) : attach(context);
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
            LocalCluster cluster = new LocalCluster(dir, PlayedNodes.home(client), file, client, null);
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

    /** What to throw where something cannot be had: the test is skipped, or with CI_REQUIRE_CLUSTER=1 it fails. */
    static RuntimeException skip(Unavailable why) {
        return "1".equals(System.getenv("CI_REQUIRE_CLUSTER"))
            ? new IllegalStateException("CI_REQUIRE_CLUSTER=1, but " + why.getMessage(), why)
            : new TestAbortedException(why.getMessage());
    }

    /** Progress, on stderr. */
    static void say(String line) {
        System.err.println("cluster: " + line);
    }
}
