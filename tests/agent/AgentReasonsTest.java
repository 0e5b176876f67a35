import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Why deploy/codex was no place, as the result and the prompt tell it: in the words of its pod's containers and of its log. */
class AgentReasonsTest {
    private final EmbeddedApi api = new EmbeddedApi();
    private final AgentLab lab = new AgentLab();

    @AfterEach
    void allIsEmptied() {
        lab.close();
        api.close();
    }

    private static final String TEMPLATE =
        "template: {metadata: {labels: {app: codex}}, spec: {containers: [{name: codex, image: 'codex:1'}]}}";
    private static final String CRASHED = "terminated: {reason: Error, exitCode: 3}";

    /** A deploy/codex whose pod has this status. */
    private void deploy(String status) {
        api.putYaml("", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
        api.putYaml("shop", """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: codex, uid: u1, generation: 1}
            spec: {replicas: 1, selector: {matchLabels: {app: codex}}, %1$s}
            status: {observedGeneration: 1}
            ---
            apiVersion: apps/v1
            kind: ReplicaSet
            metadata: {name: codex-1, uid: u2, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: codex, uid: u1}]}
            spec: {replicas: 1, selector: {matchLabels: {app: codex}}, %1$s}
            ---
            apiVersion: v1
            kind: Pod
            metadata:
              name: codex-1-a
              labels: {app: codex}
              ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: codex-1, uid: u2}]
            spec: {containers: [{name: codex, image: 'codex:1'}]}
            status: %2$s
            """.formatted(TEMPLATE, status));
    }

    private static String running(String container, boolean ready) {
        return "{phase: Running, conditions: [{type: Ready, status: '%s'}], containerStatuses: [{name: codex, image: 'codex:1', %s}]}"
            .formatted(ready ? "True" : "False", container);
    }

    private String reason() throws java.io.IOException {
        JsonNode result = lab.climb("-n", "shop", "--kubeconfig", api.kubeconfig(lab.home).toString(), "--fallback", "none",
            "--agent-wait", "30s", "--agent-command", "true");
        assertEquals(23, result.path("exitCode").asInt(0), result.toString());
        return result.path("reason").asString("");
    }

    @Test
    void aCrashLoopIsToldWithItsExitCodeAndTheLastLineOfItsLog() throws java.io.IOException {
        deploy(running("restartCount: 2, state: {" + CRASHED + "}", false));
        api.log("shop", "codex-1-a", "codex", false, "starting\nno key: set \u001b[31mCODEX_API_KEY\n\n");
        assertEquals("deploy/codex: pod/codex-1-a: container codex: Error, exit code 3, restarted 2 times; its log ends with:"
            + " no key: set [31mCODEX_API_KEY", reason());
    }

    @Test
    void aCrashLoopWithoutALogIsToldWithItsExitCode() throws java.io.IOException {
        deploy(running("restartCount: 2, state: {" + CRASHED + "}", false));
        assertEquals("deploy/codex: pod/codex-1-a: container codex: Error, exit code 3, restarted 2 times", reason());
    }

    /** Between two crashes it is ready for a moment, and an exec fails with an HTTP status that says nothing. */
    @Test
    void aPlaceThatBreaksUnderTheFirstCommandIsToldWithTheCrash() throws java.io.IOException {
        deploy(running("restartCount: 4, state: {running: {}}, lastState: {" + CRASHED + "}", true));
        api.log("shop", "codex-1-a", "codex", true, "out of luck\n");
        String reason = reason();
        assertTrue(reason.startsWith("deploy/codex: cannot run a command in it: exec in pod/codex-1-a: "), reason);
        assertTrue(reason.endsWith("; container codex: restarted 4 times, last: Error, exit code 3; its log ends with: out of luck"),
            reason);
    }

    @Test
    void aPlaceThatNeverCrashedIsToldWithoutOne() throws java.io.IOException {
        deploy(running("restartCount: 0, state: {running: {}}", true));
        assertFalse(reason().contains("container codex"));
    }

    @Test
    void theLogOfAPodThatMerelyWaitsIsNotRead() throws java.io.IOException {
        deploy(running("restartCount: 0, state: {waiting: {reason: ImagePullBackOff}}", false));
        api.log("shop", "codex-1-a", "codex", false, "no matter\n");
        assertEquals("deploy/codex: pod/codex-1-a: container codex: ImagePullBackOff (image codex:1)", reason());
    }
}
