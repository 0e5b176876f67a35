import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Manifests may name other namespaces: an object there is another object, whatever its name. The slot's is shop. */
class NamespacesTest {
    private static final String SERVICE =
        "{apiVersion: v1, kind: Service, metadata: {name: users, namespace: shop, uid: v1}, spec: {clusterIP: 10.0.0.1, "
            + "selector: {app: users}, ports: [{port: 80}]}}";
    private static final String SLICE =
        "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: users-1, namespace: shop, "
            + "labels: {kubernetes.io/service-name: users}}, endpoints: [{addresses: [10.1.0.1]}]}";

    private static String elsewhere(String yaml) {
        return yaml.replace("namespace: shop", "namespace: kube-system").replaceAll("uid: (\\w+)", "uid: $1-other");
    }

    private static ensure_ready.Verdict verdict(boolean onlyApplied, List<String> manifests, String... live) {
        var applied = manifests.stream().map(yaml -> ReadinessTest.applied(yaml, 0, "")).toList();
        var family = new ensure_ready.Family(ReadinessTest.snapshot(applied, live), java.util.Set.of());
        return ensure_ready.Verdicts.of(family, new ensure_ready.WaitSettings("codex", onlyApplied, false, true, null));
    }

    private static String told(ensure_ready.Verdict verdict) {
        return verdict.ready() + " " + verdict.workloads().stream().map(w -> w.ref() + " " + w.state()).toList();
    }

    @Test
    void anEndpointOfAnotherNamespaceMakesNoServiceOfOursReady() {
        var ours = new String[] {SERVICE, ReadinessTest.DEPLOYMENT, elsewhere(SLICE)};
        assertEquals("false [svc/users progressing]", told(verdict(true, List.of(SERVICE), ours)));
        assertEquals("true [svc/users ready]",
            told(verdict(true, List.of(SERVICE), Stream.concat(Stream.of(ours), Stream.of(SLICE)).toArray(String[]::new))));
        assertEquals("true [svc/users ready]",
            told(verdict(true, List.of(SERVICE), SERVICE, elsewhere(ReadinessTest.DEPLOYMENT), elsewhere(SLICE))),
            "nothing of its own namespace stands behind it");
    }

    @Test
    void aManifestWithoutNamespaceStandsForTheSlotsAlone() {
        var nameless = ReadinessTest.POD.replace("namespace: shop, ", "");
        assertEquals("false [pod/shell progressing]", told(verdict(true, List.of(nameless), elsewhere(ReadinessTest.POD))));
        assertEquals("true [pod/shell ready]", told(verdict(true, List.of(nameless), elsewhere(ReadinessTest.POD), ReadinessTest.POD)));
        assertEquals("true [pod/shell ready]",
            told(verdict(true, List.of(elsewhere(nameless).replace("{name: shell", "{namespace: kube-system, name: shell")),
            elsewhere(ReadinessTest.POD))));
    }

    @Test
    void theWholeNamespaceIsTheSlotsAndNotAllThatAManifestNames() {
        var broken = elsewhere(ReadinessTest.POD).replace("type: Ready, status: \"True\"", "type: Ready, status: \"False\"");
        assertEquals("true [pod/shell ready]", told(verdict(false, List.of(), ReadinessTest.POD, broken)));
        assertEquals("false []", told(verdict(false, List.of(), elsewhere(ReadinessTest.POD))), "nothing of ours is proven by theirs");
    }

    @Test
    void theAgentIsTheSlotsDeploymentOnly() {
        var codex = ReadinessTest.DEPLOYMENT.replace("name: users, namespace", "name: codex, namespace");
        var theirs = elsewhere(codex).replace("readyReplicas: ", "readyReplicas: 0 #");
        assertFalse(verdict(true, List.of(theirs), theirs).workloads().isEmpty(), "codex of another namespace gates like any other");
        assertFalse(verdict(true, List.of(theirs)).workloads().isEmpty(), "also while it is not there");
        assertFalse(verdict(true, List.of(theirs), elsewhere(codex)).agentReady());
        assertTrue(verdict(true, List.of(codex), codex).workloads().isEmpty());
    }

    @Test
    void whatIsWrongElsewhereIsNotSaidOfOursOfTheSameName() {
        var broken = ReadinessTest.POD.replace("type: Ready, status: \"True\"", "type: Ready, status: \"False\"")
            .replaceAll("ready: true.*", "ready: false, restartCount: 0, state: {waiting: {reason: InvalidImageName, message: bad}}}]");
        assertEquals("[kube-system/shell]", causes(elsewhere(broken), ReadinessTest.POD));
        assertEquals("[IMAGE_NAME_INVALID Pod/shell]", causes(elsewhere(ReadinessTest.POD), broken), "ours is told all the same");
        assertEquals("[IMAGE_NAME_INVALID Pod/shell]", causes(elsewhere(broken)), "no name of ours is like it");
    }

    private static String causes(String... live) {
        var manifests = Stream.of(live).toList();
        var applied = manifests.stream().map(yaml -> ReadinessTest.applied(yaml, 0, "")).toList();
        var snapshot = ReadinessTest.snapshot(applied, live);
        var report = ensure_ready.Diagnosis.explain(snapshot, verdict(true, manifests, live).workloads(), "codex");
        return Stream.concat(report.causes().stream().map(c -> c.code() + " " + c.object().kind() + "/" + c.object().name()),
            report.unexplained().stream().map(u -> u.object().replace("Pod/", ""))).toList().toString();
    }

    @Test
    void anObjectIsLookedUpWhereItIsMeant() {
        var both = ReadinessTest.snapshot(List.of(), elsewhere(ReadinessTest.POD), ReadinessTest.POD);
        assertEquals("shop", both.find("Pod", "shell").orElseThrow().namespace());
        var theirs = ReadinessTest.snapshot(List.of(), elsewhere(ReadinessTest.POD));
        assertTrue(theirs.find("Pod", "shell").isEmpty());
        assertTrue(theirs.anywhere("Pod", "shell").isPresent());
    }
}
