import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What Kubernetes 1.35 to 1.37 brought, each with the twin that must not be taken for it. */
class KubernetesNewsTest {
    private static final String POD = """
        apiVersion: v1
        kind: Pod
        metadata: {name: p, namespace: shop, uid: p1, generation: 2}
        spec: {containers: [{name: app, image: a}]}
        status: {phase: Running, observedGeneration: 2, conditions: [{type: Ready, status: "True"}], containerStatuses: [{name: app,
            ready: true}]}
        """;

    private static String sandbox(String ready) {
        return "phase: Pending\nconditions: [{type: PodScheduled, status: 'True'}, {type: PodReadyToStartContainers, status: '" + ready
            + "', lastTransitionTime: '2026-01-01T09:51:00Z'}, {type: Ready, status: 'False'}]\n"
            + "containerStatuses: [{name: web, ready: false, "
            + "restartCount: 0, state: {waiting: {reason: ContainerCreating}}}]";
    }

    @Test
    void oldPodsThatAreStillEndingAreVisibleAndBlockNothing() {
        var ending = ReadinessTest.judge(ReadinessTest.DEPLOYMENT.replace("updatedReplicas: 2",
            "updatedReplicas: 2\n  terminatingReplicas: 1"));
        assertEquals(ensure_ready.State.ready, ending.state());
        assertEquals("1 old pod still ending", ending.message());
        assertEquals("", ReadinessTest.judge(ReadinessTest.DEPLOYMENT.replace("updatedReplicas: 2",
            "updatedReplicas: 2\n  terminatingReplicas: 0")).message());
    }

    @Test
    void aRolloutThatWaitsForOldPodsToEndSaysSo() {
        var waits = ReadinessTest.DEPLOYMENT.replace("updatedReplicas: 2", "updatedReplicas: 1\n  terminatingReplicas: 1");
        assertTrue(ReadinessTest.judge(waits).message().startsWith("1 of 2 updated; 1 old pod still ending"), ReadinessTest.judge(waits)
            .message());
        assertFalse(ReadinessTest.judge(waits.replace("terminatingReplicas: 1", "terminatingReplicas: 0")).message().contains("ending"));
    }

    @Test
    void aPodWithoutPullSecretIsToldTheOneThatItsSiblingsUse() {
        var denied = Scene.waiting("web", "ErrImagePull", "failed to authorize: 401 Unauthorized");
        var alone = new Scene().deploy("web", "", denied);
        var sibling = new Scene().deploy("web", "", denied).deploy("api", "imagePullSecrets: [{name: regcred}]", Scene.ready("api"));
        var own = new Scene().deploy("web", "imagePullSecrets: [{name: mine}]", denied)
            .add("kind: Secret\nmetadata: {name: mine}").deploy("api", "imagePullSecrets: [{name: regcred}]", Scene.ready("api"));
        assertEquals("regcred", sibling.report().causes().get(0).params().get("othersPullSecret"));
        for (var twin : List.of(alone, own)) {
            assertEquals("IMAGE_AUTH", twin.report().causes().get(0).code().name());
            assertFalse(twin.report().causes().get(0).params().containsKey("othersPullSecret"));
        }
    }

    @Test
    void aSandboxThatIsNotThereIsToldApartFromImages() {
        assertEquals(List.of("SANDBOX_FAILED Deployment/web"), codes(new Scene().deploy("web", "", sandbox("False"))));
        assertEquals(List.of("IMAGE_STILL_PULLING Deployment/web"), codes(new Scene().deploy("web", "", sandbox("True"))));
    }

    @Test
    void zeroReplicasByAnAutoscalersWillAreNoFault() {
        var scene = new Scene().deploy("api", "containers: [{name: api, image: a, env: [{name: WORKER_URL, value: 'http://worker:80'}]}]",
            Scene.unreadyRunning("api"))
            .service("worker", 80).add("""
                kind: Deployment
                metadata: {name: worker}
                spec: {replicas: 0, template: {metadata: {labels: {app: worker}}, spec: {containers: [{name: worker}]}}}
                """).log("api-1-a", "api", "dial tcp: connect worker:80: connection refused");
        assertTrue(codes(scene).contains("REPLICAS_ZERO Deployment/worker"), codes(scene).toString());
        scene.add("""
            kind: HorizontalPodAutoscaler
            metadata: {name: worker}
            spec: {minReplicas: 0, scaleTargetRef: {kind: Deployment, name: worker}}
            status: {conditions: [{type: ScalingActive, status: 'False', reason: ScaledToZero}]}
            """);
        assertFalse(codes(scene).contains("REPLICAS_ZERO Deployment/worker"), codes(scene).toString());
        assertEquals(List.of(), scene.report().warnings());
    }

    @Test
    void aPodThatItsNodeHasNotSeenAfterAResizeIsNotReadyYet() {
        assertEquals(ensure_ready.State.ready, ReadinessTest.judge(POD).state());
        assertEquals(ensure_ready.State.progressing, ReadinessTest.judge(POD.replace("observedGeneration: 2", "observedGeneration: 1"))
            .state());
    }

    @Test
    void aResizeThatMustWaitBlocksNothing() {
        var pending = POD.replace("conditions: [", "conditions: [{type: PodResizePending, status: 'True', reason: Infeasible}, ");
        assertEquals(ensure_ready.State.ready, ReadinessTest.judge(pending).state());
        assertEquals(ensure_ready.State.progressing,
            ReadinessTest.judge(pending.replace("Ready, status: \"True\"", "Ready, status: \"False\"")).state());
    }

    @Test
    void variablesFromFilesAndResourcesOfThePodMissNothing() {
        var spec = "resources: {limits: {memory: 1Gi}}\ninitContainers: [{name: env, image: a}]\n"
            + "containers: [{name: web, image: a, env: [{name: A, valueFrom: "
            + "{fileKeyRef: {volumeName: env, path: a.env, key: A}}}]}]\nvolumes: [{name: env, emptyDir: {}}]";
        assertEquals(List.of(), codes(new Scene().none("Secret", "ConfigMap").deploy("web", spec, Scene.ready("web"))));
        assertEquals(List.of("CONFIGMAP_MISSING ConfigMap/gone"), codes(new Scene().none("Secret", "ConfigMap")
            .deploy("web", spec.replace("fileKeyRef: {volumeName: env, path: a.env, key: A}", "configMapKeyRef: {name: gone, key: A}"),
            Scene.creating("web"))));
    }

    private static List<String> codes(Scene scene) {
        return scene.report().causes().stream().map(c -> c.code() + " " + c.object().kind() + "/" + c.object().name()).toList();
    }
}
