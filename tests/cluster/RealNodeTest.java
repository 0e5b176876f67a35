import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The real node keeps its word: containers run, reach the API server, Services and names, and nothing of it stays. */
@Tag("cluster")
class RealNodeTest {
    private static final Pattern SERVER = Pattern.compile("server: https://([0-9.]+):");

    @TempDir
    Path folder;

    @Test
    void aPodReachesServicesNamesAndTheApiServer() {
        RealNode node = RealNode.shared();
        String namespace = node.cluster().newNamespace("node");
        var client = node.cluster().client();
        client.load(stream("""
            apiVersion: v1
            kind: Service
            metadata: {name: web}
            spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: server, labels: {app: web}}
            spec:
              containers:
              - name: app
                image: %1$s
                readinessProbe: {httpGet: {path: /ok, port: 8080}, periodSeconds: 1}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: caller}
            spec:
              restartPolicy: OnFailure
              containers:
              - name: app
                image: %1$s
                command: [sh, -c]
                args:
                - |
                  until curl -sSf http://web/ok; do sleep 0.5; done
                  curl -sSk -o /dev/null https://kubernetes.default/version && echo "API server answers"
                  curl -sS http://elsewhere.example.com 2>&1
                  touch /tmp/x && git --version
                  true
            """.formatted(RealNode.image("app:1")))).inNamespace(namespace).serverSideApply();
        client.pods().inNamespace(namespace).withName("caller")
            .waitUntilCondition(pod -> pod != null && "Succeeded".equals(pod.getStatus().getPhase()), 60, TimeUnit.SECONDS);
        String log = client.pods().inNamespace(namespace).withName("caller").getLog();
        assertTrue(log.contains("API server answers\ncurl: (6) Could not resolve host: elsewhere.example.com\ngit version "), log);
    }

    @Test
    void containersAndTheAgentInOneLiveOnWhenTheirRuntimeAndTheKubeletAreStartedAgain() {
        try (RealNode node = RealNode.start(); RealAgent agent = RealAgent.ready(node, "", "")) {
            KubernetesClient client = node.cluster().client();
            run(node, "web");
            Cli.Running caller = agent.process("for i in $(seq 20); do echo line $i; sleep 1; done");
            agent.awaitWork();
            node.restartRuntime();
            node.restartKubelet();
            run(node, "later");
            Cli.Result told = caller.await();
            assertEquals(0, told.exit(), told.toString());
            assertEquals(20, told.out().split("line [0-9]+").length - 1, told.toString());
            assertEquals(0, client.pods().inNamespace("default").withName("web").get().getStatus().getContainerStatuses().get(0)
                .getRestartCount());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM", "KILL"})
    void nothingStaysWhenItsProcessIsEndedBy(String signal) {
        skipWhereNoneCanBeHad();
        Cli.Running running = Cli.of("cluster", "-Djava.io.tmpdir=" + folder).start("--real");
        Remains remains = started(running);
        assertTrue(remains.all().size() >= 5, "what is about to end was seen: " + remains.all());
        running.signal(signal);
        running.await();
        gone(remains);
    }

    @Test
    void nothingStaysWhenItDoesNotStart() throws IOException {
        skipWhereNoneCanBeHad();
        Path broken = Files.writeString(Files.createDirectory(folder.resolve("bin")).resolve("docker-registry"),
            "#!/bin/sh\necho no registry today >&2\nexit 1\n");
        assertTrue(broken.toFile().setExecutable(true));
        Cli.Running running = Cli.of("cluster", "-Djava.io.tmpdir=" + folder)
            .env("PATH", broken.getParent() + ":" + System.getenv("PATH")).start("--real");
        Await.until("its cgroup", Duration.ofSeconds(60), () -> dir() != null && !new Remains(dir(), "", List.of()).groups().isEmpty());
        Remains remains = new Remains(dir(), "", Remains.namespaces(running.process()));
        Cli.Result result = running.await();
        assertTrue(result.exit() != 0 && result.err().contains("no registry today"), result.toString());
        assertEquals("", result.out());
        gone(remains);
    }

    /** Waits until a pod runs there. */
    private Remains started(Cli.Running running) {
        Await.until("the kubeconfig", Duration.ofSeconds(90), () -> dir() != null && Files.exists(dir().resolve("proxy.kubeconfig")));
        Path kubeconfig = dir().resolve("kubeconfig");
        try (KubernetesClient client = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig.toFile())).build()) {
            Await.until("a node", Duration.ofSeconds(90),
                () -> Await.answers(() -> client.nodes().list().getItems().stream().anyMatch(PlayedNodes::isUsable)));
            Await.until("a running pod", Duration.ofSeconds(90), () -> Await.answers(() -> isRunning(client, "web")));
        }
        Matcher server = SERVER.matcher(Disk.text(kubeconfig));
        assertTrue(server.find(), "the kubeconfig names the wire's address");
        return new Remains(dir(), server.group(1), Remains.namespaces(running.process()));
    }

    private Path dir() {
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> entry.getFileName().toString().startsWith("local-cluster-")).findFirst().orElse(null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void gone(Remains remains) {
        Await.until(() -> "the end of " + remains.all(), Duration.ofSeconds(60), () -> remains.all().isEmpty());
    }

    private static void skipWhereNoneCanBeHad() {
        try {
            NodePrograms.locate();
        } catch (LocalCluster.Unavailable e) {
            throw LocalCluster.skip(e);
        }
    }

    private static void run(RealNode node, String name) {
        node.cluster().eventually(() -> Await.answers(() -> isRunning(node.cluster().client(), name)));
    }

    /** Creates the pod where there is none; the image may still be on its way to the registry. */
    private static boolean isRunning(KubernetesClient client, String name) {
        Pod pod = client.pods().inNamespace("default").withName(name).get();
        if (pod == null) {
            client.run().inNamespace("default").withName(name).withImage(RealNode.image("noshell:1")).done();
            return false;
        }
        return "Running".equals(pod.getStatus().getPhase());
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * What a node in another process has made on this machine.
     *
     * @param network the wire's address
     * @param spaces the node's namespaces, as /proc names them
     */
    private record Remains(Path dir, String network, List<String> spaces) {

        List<String> all() {
            List<String> all = new ArrayList<>(groups());
            if (Files.exists(dir)) {
                all.add(dir.toString());
            }
            links().filter(line -> !network.isEmpty() && line.contains(" " + network + "/")).forEach(all::add);
            processes().forEach(all::add);
            return all;
        }

        List<String> groups() {
            Path root = Path.of("/sys/fs/cgroup");
            try (Stream<Path> found = Files.find(root, 2, (path, is) -> path.getFileName().equals(dir.getFileName()))) {
                return found.map(Path::toString).toList();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static Stream<String> links() {
            return Subprocess.output(Path.of("/"), Map.of(), NodePrograms.find("ip").toString(), "-4", "-o", "address").lines();
        }

        /** Of the cluster by their environment, of the node by their namespaces: whoever is in one holds its mounts and network. */
        private Stream<String> processes() {
            return ProcessHandle.allProcesses().filter(process -> spaces(process.pid()).anyMatch(spaces::contains)
                || environment(process.pid()).contains("LOCAL_CLUSTER=" + dir))
                .map(process -> process.pid() + " " + process.info().command().orElse("?"));
        }

        static List<String> namespaces(Process starter) {
            return starter.descendants().filter(process -> process.info().command().orElse("").endsWith("/lab"))
                .flatMap(process -> spaces(process.pid())).distinct().toList();
        }

        private static Stream<String> spaces(long pid) {
            return Stream.of("mnt", "net", "pid").map(kind -> {
                try {
                    return Files.readSymbolicLink(Path.of("/proc", String.valueOf(pid), "ns", kind)).toString();
                } catch (IOException gone) {
                    return "";
                }
            }).filter(name -> !name.isEmpty());
        }

        private static List<String> environment(long pid) {
            try {
                return List.of(Files.readString(Path.of("/proc", String.valueOf(pid), "environ"), StandardCharsets.ISO_8859_1).split("\0"));
            } catch (IOException gone) {
                return List.of();
            }
        }
    }
}
