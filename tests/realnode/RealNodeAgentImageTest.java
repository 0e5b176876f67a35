import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The image in which a real agent is to work has what it needs, and its pod may ask the API server. */
@Tag("cluster")
class RealNodeAgentImageTest {

    @Test
    void anAgentsPodHasItsToolsAndReachesTheApiServer() {
        RealNode node = RealNode.shared();
        String namespace = node.cluster().newNamespace("agent");
        var client = node.cluster().client();
        String manifest = """
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: agent}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
            subjects: [{kind: ServiceAccount, name: default, namespace: %1$s}]
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: agent}
            spec:
              restartPolicy: Never
              containers:
              - name: codex
                image: %2$s
                command: [bash, -c]
                args:
                - |
                  set -e
                  codex --version
                  kubectl get pod agent -o name
                  git init -q . && touch a && git add a && git -c user.name=a -c user.email=a@example.com commit -qm a && git status --short
                  setsid --wait sh -c 'echo x | sha256sum | cut -c1-8'
            """.formatted(namespace, AgentImage.of(node));
        client.load(new ByteArrayInputStream(manifest.getBytes(StandardCharsets.UTF_8))).inNamespace(namespace).serverSideApply();
        client.pods().inNamespace(namespace).withName("agent").waitUntilCondition(pod -> pod != null && pod.getStatus() != null
            && ("Succeeded".equals(pod.getStatus().getPhase()) || "Failed".equals(pod.getStatus().getPhase())), 90, TimeUnit.SECONDS);
        assertEquals("codex-cli " + CodexCli.VERSION + "\npod/agent\n73cb3858\n",
            client.pods().inNamespace(namespace).withName("agent").getLog());
    }
}
