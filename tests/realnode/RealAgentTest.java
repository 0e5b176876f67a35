import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import tools.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/** The agent in real containers: what the runtime, the kubelet and a container's own shell do to a run. */
@Tag("cluster")
class RealAgentTest {
    private static final String COUNTS = "for i in 1 2 3 4 5 6 7 8 9 10; do echo line $i; sleep 0.5; done";

    @TestFactory
    Stream<DynamicTest> theAgentInDeployCodex() {
        RealNode node = RealNode.shared();
        return Stream.of(
            ready(node, "lives on when the exec that started it has ended", "", "", agent -> {
                JsonNode result = succeeded(agent.run(COUNTS), "deploy");
                assertEquals(10, result.path("finalMessage").asString("").lines().filter(line -> line.startsWith("line ")).count());
            }),
            ready(node, "is spoken to by execs that keep status and output", "", "", RealAgentTest::execs),
            ready(node, "works as a user that is not root", "image: registry.test:5000/lab/nonroot:1", "",
                agent -> assertEquals("10001", succeeded(agent.run("id -u"), "deploy").path("finalMessage").asString(""))),
            ready(node, "works where only its volumes can be written to", """
                securityContext: {readOnlyRootFilesystem: true}
                volumeMounts: [{name: tmp, mountPath: /tmp}]
                """, "volumes: [{name: tmp, emptyDir: {}}]", agent -> succeeded(agent.run("touch /root/x 2>/dev/null || echo read-only"),
                    "deploy")),
            ready(node, "works without setsid and sha256sum",
                "command: [sh, -c, 'rm -f /usr/bin/setsid /usr/bin/sha256sum; exec lab init']", "",
                agent -> succeeded(agent.run(COUNTS), "deploy")),
            ready(node, "commits without being told its name", "", "", agent -> {
                Path tree = agent.repository();
                succeeded(agent.run("echo a >a; git add a; git commit -qm 'An a'", "--source", tree.toString(), "--bring-back"), "deploy");
                assertEquals("An a", WorkflowLab.git(tree, "log", "-1", "--format=%s"));
            })).toList().stream();
    }

    @TestFactory
    Stream<DynamicTest> whatEndsARun() {
        RealNode node = RealNode.shared();
        return Stream.of(
            ready(node, "the container is restarted", "", "",
                agent -> lost(agent.runWhile(() -> agent.sh("kill 1"), "sleep 60"), "container codex ended (Completed, exit code 0)")),
            ready(node, "the pod is deleted", "", "", agent -> {
                String pod = agent.pod().getMetadata().getName();
                lost(agent.runWhile(agent::deletePod, "sleep 60"), "pod/" + pod + " is gone");
            }),
            ready(node, "the container is out of memory", """
                command: [sh, -c, 'until [ -e /tmp/at-work ]; do sleep 0.2; done; sleep 2; exec lab eat 300']
                resources: {limits: {memory: 100Mi}}
                """, "", agent -> lost(agent.run("sleep 60"), "container codex ended (OOMKilled, exit code 137)")),
            ready(node, "the agent itself is out of memory", "resources: {limits: {memory: 100Mi}}", "", agent -> {
                JsonNode result = agent.run("exec lab eat 300");
                // the kernel chooses whom to kill: the agent, or with it the container
                assertTrue(List.of(20, 22).contains(result.path("exitCode").asInt(0)) && result.path("reason").asString("").contains("137"),
                    result.toString());
            }),
            ready(node, "its caller is interrupted", "", "", agent -> {
                var caller = agent.process("sleep 300");
                agent.awaitWork();
                caller.signal("INT");
                assertEquals(130, caller.await().exit());
                Await.until("the agent's end", Duration.ofSeconds(30), () -> !agent.sh("ps -A | grep -q sleep").ok());
            }),
            ready(node, "its caller is killed: it ends when nobody asks for it any more", "", "", agent -> {
                var caller = agent.process("sleep 300", "--agent-lease", "6s");
                agent.awaitWork();
                caller.signal("KILL");
                caller.await();
                Await.until("the agent's end", Duration.ofSeconds(60), () ->
                    agent.sh("grep -qx reason=caller-gone /root/.agent-runs/run-*/exit").ok());
                Await.until("the end of its commands", Duration.ofSeconds(30), () -> !agent.sh("ps -A | grep -q sleep").ok());
            })).toList().stream();
    }

    @TestFactory
    Stream<DynamicTest> aPodOfItsOwn() {
        RealNode node = RealNode.shared();
        return Stream.of(
            deployed(node, "starts where deploy/codex has no account, brings the work back, and is gone", "", "serviceAccountName: nobody",
                agent -> {
                    Path tree = agent.repository();
                    toldWhy(agent.run("echo b >b; git add b; git commit -qm 'A b'", "--source", tree.toString(), "--bring-back"),
                        "serviceaccount/nobody does not exist");
                    assertEquals("A b", WorkflowLab.git(tree, "log", "-1", "--format=%s"));
                    gone(agent);
                }),
            deployed(node, "has the image that is given where that of deploy/codex is missing", "image: registry.test:5000/lab/app:9", "",
                agent -> {
                    succeeded(agent.run("echo ok", "--agent-image", RealNode.image("nonroot:1")), "pod");
                    gone(agent);
                }),
            deployed(node, "is not to be had of an image without a shell, and the reason says so",
                "image: registry.test:5000/lab/noshell:1", "",
                agent -> {
                    JsonNode result = agent.run("echo ok");
                    assertEquals("23 no-place", result.path("exitCode").asString("") + " " + result.path("status")
                        .asString(""), result.toString());
                    assertTrue(result.path("reason").asString("").contains("\"sh\": executable file not found"), result.toString());
                    gone(agent);
                }),
            deployed(node, "starts where deploy/codex crashes again and again, and the reason says how",
                "command: [sh, -c, 'sleep 2; echo no key is set >&2; exit 3']", "",
                agent -> {
                    Await.until("a crash", Duration.ofSeconds(60), () -> agent.client()
                        .pods().inNamespace(agent.namespace).list().getItems()
                        .stream().anyMatch(pod -> pod.getStatus().getContainerStatuses()
                        .stream().anyMatch(status -> status.getRestartCount() > 0)));
                    JsonNode result = agent.run("echo ok", "--agent-image", RealNode.image("nonroot:1"));
                    String why = succeeded(result, "pod").path("fallbackReason").asString("");
                    assertTrue(why.contains("Error, exit code 3") && why.contains("its log ends with: no key is set"), why);
                    assertFalse(why.contains("waited"), why);
                }),
            deployed(node, "starts where nothing of deploy/codex can be written to", "securityContext: {readOnlyRootFilesystem: true}", "",
                agent -> toldWhy(agent.run("echo ok"), "no writable folder")),
            deployed(node, "starts where the work tree of deploy/codex cannot be written to", """
                securityContext: {readOnlyRootFilesystem: true}
                volumeMounts: [{name: tmp, mountPath: /tmp}]
                """, "volumes: [{name: tmp, emptyDir: {}}]",
                agent -> toldWhy(agent.run("echo ok", "--workspace", "/srv/shop"), "nothing can be written to its work tree /srv/shop")),
            deployed(node, "is removed when its caller is interrupted", "", "serviceAccountName: nobody", agent -> {
                var caller = agent.process("sleep 300", "--agent-target", "pod");
                Await.until("the agent at work", Duration.ofSeconds(60), () -> agent.client().pods().inNamespace(agent.namespace)
                    .list().getItems().stream().anyMatch(pod -> "Running".equals(pod.getStatus().getPhase())));
                caller.signal("INT");
                assertEquals(130, caller.await().exit());
                gone(agent);
            })).toList().stream();
    }

    private interface Story {
        void tell(RealAgent agent) throws IOException;
    }

    private static DynamicTest ready(RealNode node, String name, String container, String pod, Story story) {
        return RealNodeLab.begin(name, () -> {
            try (var agent = RealAgent.ready(node, container, pod)) {
                story.tell(agent);
            }
        });
    }

    private static DynamicTest deployed(RealNode node, String name, String container, String pod, Story story) {
        return RealNodeLab.begin(name, () -> {
            try (var agent = RealAgent.deployed(node, container, pod)) {
                story.tell(agent);
            }
        });
    }

    private static void execs(RealAgent agent) {
        var reply = agent.exec("hello".getBytes(StandardCharsets.UTF_8), "sh", "-c", "head -c 5; echo no >&2; exit 7");
        assertEquals("7 hello no", reply.code() + " " + reply.text() + " " + reply.err().strip());
        assertEquals(3_000_000, agent.sh("head -c 3000000 /dev/zero").out().length);
        for (int i = 0; i < 20; i++) {
            assertEquals("0 " + i, agent.sh("echo " + i).code() + " " + i);
            assertEquals(Integer.valueOf(i), agent.sh("exit " + i).code());
        }
    }

    private static JsonNode succeeded(JsonNode result, String where) {
        assertEquals("succeeded " + where, result.path("status").asString("") + " " + result.path("agentTarget")
            .asString(""), result.toString());
        return result;
    }

    private static void toldWhy(JsonNode result, String why) {
        assertTrue(succeeded(result, "pod").path("fallbackReason").asString("").contains(why), result.toString());
    }

    private static void lost(JsonNode result, String why) {
        assertEquals("22 lost", result.path("exitCode").asString("") + " " + result.path("status").asString(""), result.toString());
        assertTrue(result.path("reason").asString("").contains(why), result.toString());
    }

    private static void gone(RealAgent agent) {
        Await.until(() -> "the end of " + agent.ours(), Duration.ofSeconds(60), () -> agent.ours().isEmpty());
    }
}
