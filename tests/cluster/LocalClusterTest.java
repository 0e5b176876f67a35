import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The tests' cluster keeps its word: what other tests build on is a real Kubernetes. */
@Execution(ExecutionMode.CONCURRENT)
@Tag("cluster")
class LocalClusterTest {
    private final LocalCluster cluster = LocalCluster.shared();
    private final KubernetesClient client = cluster.client();
    private final String namespace = cluster.newNamespace("cluster");

    @Test
    void aDeploymentBecomesAvailable() {
        deploy("web", "");
        Deployment web = client.apps().deployments().inNamespace(namespace).withName("web")
            .waitUntilCondition(it -> it.getStatus().getAvailableReplicas() != null, 30, TimeUnit.SECONDS);
        assertEquals(1, web.getStatus().getUpdatedReplicas());
    }

    /** By length: the client's protocol (v4) has no way to say that the input is at its end. */
    @Test
    void execCarriesInputOutputErrorsAndExitCode() throws Exception {
        deploy("web", "");
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        try (var exec = client.pods().inNamespace(namespace).withName(readyPod("web"))
                .readingInput(new ByteArrayInputStream("over stdin".getBytes(StandardCharsets.UTF_8)))
                .writingOutput(out).writingError(err).exec("sh", "-c", "head -c 10; echo oops >&2; exit 7")) {
            assertEquals(7, exec.exitCode().get(20, TimeUnit.SECONDS));
        }
        assertEquals("over stdin", out.toString(StandardCharsets.UTF_8));
        assertEquals("oops\n", err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void logsAreWhatThePodsAnnotationsSay() {
        deploy("web", "life.test/log: listening on 8080");
        assertEquals("listening on 8080\n", client.pods().inNamespace(namespace).withName(readyPod("web")).getLog());
    }

    @Test
    void aLimitedServiceAccountMayDoOnlyWhatItsRoleSays() {
        var file = cluster.kubeconfigFor(namespace, LocalCluster.rule("", "configmaps", "get", "list"));
        try (KubernetesClient limited = new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(file.toFile())).build()) {
            // kube-root-ca.crt comes from a controller, some time after the namespace
            cluster.eventually(() -> !limited.configMaps().inNamespace(namespace).list().getItems().isEmpty());
            var refused = assertThrows(KubernetesClientException.class, () -> limited.secrets().inNamespace(namespace).list());
            assertEquals(403, refused.getCode());
        }
    }

    /** The words are the kubelet's and containerd's, as its sources and live clusters show them. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
        image-not-found | ImagePullBackOff | Back-off pulling image "acme/web:1.0": ErrImagePull: rpc error: code = NotFound desc = \
        failed to pull and unpack image
        image-unauthorized | ErrImagePull | pull access denied, repository does not exist or may require authorization
        registry-down | ErrImagePull | dial tcp 192.0.2.10:443: i/o timeout
        secret-missing | CreateContainerConfigError | secret "settings" not found
        configmap-key-missing | CreateContainerConfigError | couldn't find key password in ConfigMap
        not-alive | CrashLoopBackOff | back-off 10s restarting failed container=web pod=web_
        command-missing | RunContainerError | executable file not found in $PATH
        """)
    void aPodWaitsAsItsLifeSays(String life, String reason, String message) {
        pod("life.test/is: " + life);
        await(waitsFor(reason, message));
    }

    /** As a real node shows it: waiting is only who cannot be started, or was killed. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(textBlock = """
        crashes, Error, 1
        out-of-memory, OOMKilled, 137
        init-crashes, Error, 1
        """)
    void aProgramThatEndsByItselfStaysTerminatedWhileItsRestartsGrow(String life, String reason, int code) {
        pod("life.test/is: " + life, "life.test/speed: '5'");
        await(pod -> statuses(pod).anyMatch(status -> status.getRestartCount() == 2 && ended(status.getState(), reason, code)
            && ended(status.getLastState(), reason, code)));
        cluster.eventually(() -> client.v1().events().inNamespace(namespace).list().getItems().stream()
            .anyMatch(event -> "BackOff".equals(event.getReason())));
    }

    @Test
    void aProgramThatIsKilledEndsByItself() {
        pod("life.test/is: not-alive");
        await(pod -> statuses(pod).anyMatch(status -> ended(status.getLastState(), "Completed", 0)));
    }

    @Test
    void aContainerThatIsNeverRestartedAndCannotBeStartedHasFailed() {
        apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: web, annotations: {life.test/is: command-missing}}
            spec: {restartPolicy: Never, containers: [{name: web, image: acme/web}]}
            """);
        Pod pod = await(it -> "Failed".equals(it.getStatus().getPhase()));
        assertTrue(ended(pod.getStatus().getContainerStatuses().get(0).getState(), "StartError", 128), pod.toString());
    }

    @Test
    void aNativeSidecarIsKilledInOtherWordsAndTheContainersBesideItRunOn() {
        apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: web, annotations: {life.test/is: not-alive, life.test/container: proxy}}
            spec:
              initContainers: [{name: proxy, image: acme/proxy, restartPolicy: Always}]
              containers: [{name: web, image: acme/web}]
            """);
        cluster.eventually(() -> events().anyMatch("Init container proxy failed liveness probe"::equals));
        Pod pod = await(it -> it.getStatus().getInitContainerStatuses().get(0).getRestartCount() > 0);
        assertTrue(pod.getStatus().getContainerStatuses().get(0).getState().getRunning() != null, pod.toString());
    }

    @Test
    void aProbeWhoseProgramIsNotThereHasAnotherIdEachTime() {
        pod("life.test/is: probe-errors", "life.test/speed: '20'");
        cluster.eventually(() -> events().filter(text -> text.startsWith("Readiness probe errored and resulted in unknown state"))
            .distinct()
            .count() > 1);
    }

    @Test
    void nothingCanBeRunInAContainerThatHasEnded() {
        pod("life.test/is: crashes", "life.test/after: 5s");
        await(pod -> statuses(pod).anyMatch(status -> status.getRestartCount() == 0 && status.getState().getRunning() != null));
        cluster.eventually(() -> code("true") == 0);
        await(pod -> statuses(pod).anyMatch(status -> status.getRestartCount() == 1 && ended(status.getState(), "Error", 1)));
        cluster.eventually(() -> code("true") != 0);
    }

    @Test
    void gitKnowsNoNameInAContainer() {
        pod("life.test/is: ready");
        await(LocalClusterTest::isReady);
        cluster.eventually(() -> code("true") == 0);
        assertEquals(128, code("git init -q x && cd x && git commit -q --allow-empty -m a"));
        assertEquals(0, code("cd x && git -c user.name=a -c user.email=a@example.org commit -q --allow-empty -m a"));
    }

    private int code(String command) {
        var out = new ByteArrayOutputStream();
        try (var exec = client.pods().inNamespace(namespace).withName("web").writingOutput(out).exec("sh", "-c", command)) {
            return exec.exitCode().get(20, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException refused) {
            return -1;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Stream<String> events() {
        return client.v1().events().inNamespace(namespace).list().getItems().stream().map(event -> event.getMessage());
    }

    private static boolean ended(ContainerState state, String reason, int code) {
        return state != null && state.getTerminated() != null && reason.equals(state.getTerminated().getReason())
            && code == state.getTerminated().getExitCode();
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
        unready | Unhealthy | Readiness probe failed: HTTP probe failed with statuscode: 503
        not-alive | Killing | Container web failed liveness probe, will be restarted
        secret-mount-missing | FailedMount | MountVolume.SetUp failed for volume "settings" : secret "settings" not found
        sandbox-fails | FailedCreatePodSandBox | Failed to create pod sandbox: rpc error
        image-not-found | Failed | Error: ErrImagePull
        evicted | Evicted | The node was low on resource: memory.
        """)
    void theKubeletTellsItInAnEvent(String life, String reason, String message) {
        pod("life.test/is: " + life);
        String uid = client.pods().inNamespace(namespace).withName("web").get().getMetadata().getUid();
        cluster.eventually(() -> client.v1().events().inNamespace(namespace).list().getItems().stream().anyMatch(event ->
            reason.equals(event.getReason()) && event.getMessage().startsWith(message) && event.getInvolvedObject().getUid().equals(uid)));
    }

    @Test
    void aPodWhoseLifeTurnsForTheBetterRecovers() {
        pod("life.test/is: secret-missing", "life.test/speed: '20'");
        await(waitsFor("CreateContainerConfigError", "secret \"settings\" not found"));
        cluster.tell(namespace, "web", "is", "ready");
        await(LocalClusterTest::isReady);
    }

    @Test
    void aPodStartsWhenTheSecretThatItNamesArrives() {
        apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec:
              containers:
              - {name: web, image: acme/web:1.0, env: [{name: TOKEN, valueFrom: {secretKeyRef: {name: api, key: token}}}]}
            """);
        await(waitsFor("CreateContainerConfigError", "secret \"api\" not found"));
        apply("""
            apiVersion: v1
            kind: Secret
            metadata: {name: api}
            stringData: {other: x}
            """);
        await(waitsFor("CreateContainerConfigError", "couldn't find key token in Secret " + namespace + "/api"));
        apply("""
            apiVersion: v1
            kind: Secret
            metadata: {name: api}
            stringData: {token: x}
            """);
        await(LocalClusterTest::isReady);
    }

    @Test
    void anInitContainerWaitsForItsServiceAndSaysSo() {
        apply("""
            apiVersion: v1
            kind: Service
            metadata: {name: db}
            spec: {selector: {app: db}, ports: [{port: 5432}]}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec:
              initContainers:
              - {name: wait, image: busybox, command: [sh, -c, "until nc -z db 5432; do echo waiting for db; sleep 2; done"]}
              containers: [{name: web, image: acme/web:1.0}]
            """);
        await(pod -> statuses(pod).anyMatch(status -> status.getName().equals("wait") && status.getState().getRunning() != null));
        assertEquals("waiting for db", client.pods().inNamespace(namespace).withName("web").inContainer("wait").getLog().lines()
            .findFirst().orElse(""));
        deploy("db", "");
        await(LocalClusterTest::isReady);
    }

    @Test
    void anImageWhoseTagSaysThatItIsMissingCannotBePulled() {
        apply("""
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec: {containers: [{name: side, image: acme/side:1.0}, {name: web, image: "registry.example.com/web:does-not-exist"}]}
            """);
        await(waitsFor("ImagePullBackOff", "registry.example.com/web:does-not-exist: not found"));
    }

    @Test
    void aRegistryThatFailsTwiceIsForgotten() {
        pod("life.test/is: registry-down", "life.test/times: '2'", "life.test/speed: '20'");
        await(LocalClusterTest::isReady);
        assertEquals("2", client.pods().inNamespace(namespace).withName("web").get().getMetadata().getAnnotations()
            .get("life.test/failures"));
    }

    @Test
    void aPodThatCrashedTwiceKeepsItsCount() {
        pod("life.test/is: crashes", "life.test/exit-code: '3'", "life.test/times: '2'", "life.test/speed: '20'",
            "life.test/previous-log: no database");
        Pod pod = await(LocalClusterTest::isReady);
        ContainerStatus status = pod.getStatus().getContainerStatuses().get(0);
        assertEquals(2, status.getRestartCount());
        assertEquals(3, status.getLastState().getTerminated().getExitCode());
        assertEquals("no database\n", client.pods().inNamespace(namespace).withName("web").terminated().getLog());
    }

    @Test
    void anInitContainerThatCrashedTwiceLetsThePodGoOn() {
        pod("life.test/is: init-crashes", "life.test/times: '2'", "life.test/speed: '20'");
        Pod pod = await(LocalClusterTest::isReady);
        ContainerStatus prepare = pod.getStatus().getInitContainerStatuses().get(0);
        assertEquals(2, prepare.getRestartCount());
        assertEquals(0, prepare.getState().getTerminated().getExitCode());
        assertEquals(0, pod.getStatus().getContainerStatuses().get(0).getRestartCount());
    }

    @Test
    void aManualPodIsTheTests() {
        pod("life.test/is: manual");
        await(pod -> pod.getSpec().getNodeName() != null);
        client.pods().inNamespace(namespace).withName("web").editStatus(pod -> new PodBuilder(pod).editStatus().withPhase("Unknown")
            .endStatus().build());
        assertEquals("Unknown", client.pods().inNamespace(namespace).withName("web").get().getStatus().getPhase());
    }

    @Test
    void aPodThatDoesNotWantToGoStays() {
        pod("life.test/deletion: never");
        await(LocalClusterTest::isReady);
        client.pods().inNamespace(namespace).withName("web").delete();
        await(pod -> pod.getMetadata().getDeletionTimestamp() != null);
        cluster.tell(namespace, "web", "deletion", null);
        client.pods().inNamespace(namespace).withName("web").waitUntilCondition(pod -> pod == null, 20, TimeUnit.SECONDS);
    }

    @Test
    void whatExecStartedDiesWithItsPod() throws Exception {
        pod("life.test/is: ready");
        await(LocalClusterTest::isReady);
        Path pid = cluster.room(namespace, "web", "web").resolve("pid");
        client.pods().inNamespace(namespace).withName("web").writingOutput(new ByteArrayOutputStream())
            .exec("sh", "-c", "setsid sh -c 'echo $$ >pid; exec sleep 600' >/dev/null 2>&1 &").exitCode().get(20, TimeUnit.SECONDS);
        cluster.eventually(() -> pid.toFile().length() > 1);
        ProcessHandle sleeper = ProcessHandle.of(Long.parseLong(Files.readString(pid).strip())).orElseThrow();
        client.pods().inNamespace(namespace).withName("web").delete();
        sleeper.onExit().get(20, TimeUnit.SECONDS);
    }

    @Test
    void admissionIsTheRealOne() {
        apply("""
            apiVersion: v1
            kind: ResourceQuota
            metadata: {name: few}
            spec: {hard: {pods: "0"}}
            """);
        cluster.untilTheQuotaCounts(client, namespace);
        var refused = assertThrows(KubernetesClientException.class, () -> pod("life.test/is: ready"));
        assertTrue(refused.getMessage().contains("exceeded quota: few"), refused.getMessage());
    }

    @Test
    void aClaimIsBoundWhenAPodUsesIt() {
        apply("""
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: data}
            spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: web}
            spec:
              containers: [{name: web, image: acme/web:1.0, volumeMounts: [{name: data, mountPath: /data}]}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
            """);
        await(LocalClusterTest::isReady);
        assertEquals("Bound", client.persistentVolumeClaims().inNamespace(namespace).withName("data").get().getStatus().getPhase());
    }

    @Test
    void aRequestIsCountedOnce() {
        String name = "counted-" + namespace;
        client.configMaps().inNamespace(namespace).withName(name).get();
        cluster.eventually(() -> cluster.requests().stream().anyMatch(request -> request.name().equals(name)));
        List<ApiRequest> seen = cluster.requests().stream().filter(request -> request.name().equals(name)).toList();
        assertEquals(1, seen.size());
        assertEquals("get configmaps 404", seen.get(0).verb() + " " + seen.get(0).resource() + " " + seen.get(0).code());
    }

    @Test
    void theSharedClusterCannotBeBroken() {
        assertThrows(IllegalStateException.class, cluster::stopControllers);
        assertThrows(IllegalStateException.class, cluster::stopApiServer);
    }

    @Test
    void aBareClusterKeepsItsDataOverARestartAndItsStatusesAreTheTests() throws Exception {
        Path folder;
        try (LocalCluster own = LocalCluster.bare()) {
            folder = own.dir();
            String name = own.newNamespace("bare");
            own.client().load(stream(DEPLOYMENT.formatted("web", ""))).inNamespace(name).serverSideApply();
            own.restartApiServer(Duration.ofSeconds(1));
            var web = own.client().apps().deployments().inNamespace(name).withName("web");
            assertEquals(null, web.get().getStatus().getObservedGeneration(), "no controller has seen it");
            own.startControllers();
            web.waitUntilCondition(it -> it.getStatus().getAvailableReplicas() != null, 40, TimeUnit.SECONDS);
            own.stopControllers();
            web.scale(3);
            web.editStatus(it -> new DeploymentBuilder(it).editStatus().withReplicas(7).endStatus().build());
            assertEquals(7, web.get().getStatus().getReplicas());
        }
        assertTrue(Files.notExists(folder));
        assertTrue(ProcessHandle.allProcesses().noneMatch(process -> process.info().commandLine().orElse("").contains(folder.toString())));
    }

    private static final String DEPLOYMENT = """
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: %1$s}
        spec:
          selector: {matchLabels: {app: %1$s}}
          template:
            metadata:
              labels: {app: %1$s}
              annotations: {%2$s}
            spec:
              containers: [{name: %1$s, image: "%1$s:1.0"}]
        """;

    private void deploy(String name, String annotation) {
        apply(DEPLOYMENT.formatted(name, annotation));
    }

    private void pod(String... annotations) {
        apply("""
            apiVersion: v1
            kind: Pod
            metadata:
              name: web
              annotations: {%s}
            spec:
              %s
              containers: [{name: web, image: "acme/web:1.0"}]
            """.formatted(String.join(", ", annotations),
                annotations[0].contains("init-") ? "initContainers: [{name: prepare, image: busybox}]" : ""));
    }

    private void apply(String yaml) {
        client.load(stream(yaml)).inNamespace(namespace).serverSideApply();
    }

    private static ByteArrayInputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    private Pod await(Predicate<Pod> condition) {
        return client.pods().inNamespace(namespace).withName("web")
            .waitUntilCondition(pod -> pod != null && condition.test(pod), 40, TimeUnit.SECONDS);
    }

    private static Predicate<Pod> waitsFor(String reason, String message) {
        return pod -> statuses(pod).map(ContainerStatus::getState).map(ContainerState::getWaiting).anyMatch(waiting ->
            waiting != null && reason.equals(waiting.getReason()) && waiting.getMessage() != null
                && waiting.getMessage().contains(message));
    }

    private static boolean isReady(Pod pod) {
        return pod.getStatus().getConditions().stream().anyMatch(it -> it.getType().equals("Ready") && it.getStatus().equals("True"));
    }

    private static Stream<ContainerStatus> statuses(Pod pod) {
        return Stream.concat(pod.getStatus().getInitContainerStatuses().stream(), pod.getStatus().getContainerStatuses().stream());
    }

    private String readyPod(String app) {
        client.apps().deployments().inNamespace(namespace).withName(app)
            .waitUntilCondition(it -> it.getStatus().getAvailableReplicas() != null, 30, TimeUnit.SECONDS);
        Pod pod = client.pods().inNamespace(namespace).withLabel("app", app).list().getItems().get(0);
        return pod.getMetadata().getName();
    }
}
