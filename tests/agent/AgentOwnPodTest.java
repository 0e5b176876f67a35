import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.utils.Serialization;
import org.junit.jupiter.api.Test;

/** What a pod of our own takes over from deploy/codex: its credentials, and nothing that is broken, privileged or not its own. */
class AgentOwnPodTest {
    private static final PodSpec THEIRS = Serialization.unmarshal("""
        serviceAccountName: codex
        hostNetwork: true
        securityContext: {runAsUser: 0, fsGroup: 1234}
        volumes:
        - {name: key, secret: {secretName: codex-key}}
        - {name: settings, configMap: {name: settings}}
        - {name: work, persistentVolumeClaim: {claimName: work}}
        - {name: held, persistentVolumeClaim: {claimName: held}}
        - {name: node, hostPath: {path: /var/run/docker.sock}}
        - {name: cache, emptyDir: {}}
        containers:
        - name: codex
          image: codex:1
          securityContext: {privileged: true, capabilities: {add: [SYS_ADMIN]}, runAsUser: 0}
          envFrom: [{secretRef: {name: all}}, {configMapRef: {name: more}}]
          env:
          - {name: PLAIN, value: "1"}
          - {name: KEY, valueFrom: {secretKeyRef: {name: codex-key, key: api}}}
          - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
          - {name: LIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
          volumeMounts:
          - {name: key, mountPath: /key}
          - {name: node, mountPath: /var/run/docker.sock}
          - {name: work, mountPath: /workspace}
        """, PodSpec.class);
    private static final Container AGENT = THEIRS.getContainers().get(0);

    private static List<Volume> volumes() {
        return prompt_run.Borrowed.volumes(THEIRS, "work"::equals);
    }

    @Test
    void secretsAndConfigMapsComeAlongAsOptional() {
        assertTrue(volumes().get(0).getSecret().getOptional());
        assertTrue(volumes().get(1).getConfigMap().getOptional());
        assertTrue(prompt_run.Borrowed.envFrom(AGENT).get(0).getSecretRef().getOptional());
        assertTrue(prompt_run.Borrowed.envFrom(AGENT).get(1).getConfigMapRef().getOptional());
        var key = prompt_run.Borrowed.env(AGENT).get(1);
        assertEquals("codex-key", key.getValueFrom().getSecretKeyRef().getName());
        assertTrue(key.getValueFrom().getSecretKeyRef().getOptional());
    }

    @Test
    void aClaimThatIsFreeComesAlongAndOneThatIsHeldIsAnEmptyFolder() {
        assertEquals("work", volumes().get(2).getPersistentVolumeClaim().getClaimName());
        assertNull(volumes().get(3).getPersistentVolumeClaim());
        assertEquals("held", volumes().get(3).getName());
    }

    @Test
    void nothingOfTheNodeComesAlong() {
        assertEquals(List.of("key", "settings", "work", "held", "cache"), volumes().stream().map(Volume::getName).toList());
        assertEquals(List.of("/key", "/workspace"), prompt_run.Borrowed.mounts(AGENT, volumes())
            .stream().map(mount -> mount.getMountPath()).toList());
    }

    @Test
    void noPrivilegeComesAlong() {
        var context = prompt_run.Borrowed.container(AGENT, false);
        assertNull(context.getPrivileged());
        assertFalse(context.getAllowPrivilegeEscalation());
        assertEquals(List.of("ALL"), context.getCapabilities().getDrop());
        assertTrue(context.getCapabilities().getAdd().isEmpty());
    }

    /** Its credentials may be readable for that user only. */
    @Test
    void theUserStaysTheOneOfDeployCodexWhereThatIsAdmitted() {
        assertEquals(0L, prompt_run.Borrowed.pod(THEIRS, false).getRunAsUser());
        assertEquals(1234L, prompt_run.Borrowed.pod(THEIRS, false).getFsGroup());
        assertEquals("RuntimeDefault", prompt_run.Borrowed.pod(THEIRS, false).getSeccompProfile().getType());
    }

    @Test
    void aRestrictedNamespaceGetsAnOrdinaryUser() {
        assertEquals(1000L, prompt_run.Borrowed.pod(THEIRS, true).getRunAsUser());
        assertTrue(prompt_run.Borrowed.pod(THEIRS, true).getRunAsNonRoot());
        assertNull(prompt_run.Borrowed.container(AGENT, true).getRunAsUser());
    }

    @Test
    void whatOnlyTheNodeKnowsIsLeftOut() {
        assertEquals(List.of("PLAIN", "KEY", "NODE"), prompt_run.Borrowed.env(AGENT).stream().map(variable -> variable.getName()).toList());
    }

    @Test
    void anAgentCannotTakeTheNodesWholeMemory() {
        assertEquals("4Gi", prompt_run.AgentPod.resources(false).getLimits().get("memory").toString());
        assertNull(prompt_run.AgentPod.resources(false).getLimits().get("cpu"));
        assertEquals("1Gi", prompt_run.AgentPod.resources(true).getLimits().get("memory").toString());
    }

    @Test
    void aQuotaOrARangeThatWantsLessMemoryGetsIt() {
        var none = new prompt_run.AgentPod.Demands(false, false);
        for (String refusal : List.of("failed quota: q: must specify limits.cpu for: agent",
            "exceeded quota: q, requested: limits.memory=4Gi, used: limits.memory=0, limited: limits.memory=2Gi",
            "maximum memory usage per Container is 2Gi, but limit is 4Gi")) {
            assertTrue(none.after(refusal).limits(), refusal);
        }
        assertFalse(none.after("exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1").limits());
    }
}
