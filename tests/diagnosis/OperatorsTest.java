import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Namespaces in which operators work, by the statuses that their projects document (fixtures/operators): what is said of them stands in
 * each head, {@code state}, {@code cause}, {@code warning} and {@code unverified}.
 */
class OperatorsTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final ensure_ready.WaitSettings ALL = new ensure_ready.WaitSettings("codex", false, false, true, null);

    @TestFactory
    Stream<DynamicTest> whatOperatorsSayIsUnderstood() throws IOException {
        try (var files = Files.list(Cli.fixture("operators"))) {
            return files.sorted().toList().stream().map(f -> DynamicTest.dynamicTest(f.getFileName().toString(), () -> check(f)));
        }
    }

    private static void check(Path file) throws IOException {
        var text = Files.readString(file);
        var snapshot = snapshot(text);
        var verdict = ensure_ready.Verdicts.of(new ensure_ready.Family(snapshot, Set.of()), ALL);
        var report = ensure_ready.Diagnosis.explain(snapshot, verdict.workloads(), "codex");
        var said = new ArrayList<String>();
        said.add("state: " + (verdict.ready() ? "ready" : "not-ready"));
        report.causes().forEach(c -> said.add("cause: " + c.code() + " " + c.object().kind() + "/" + c.object().name()));
        report.unexplained().forEach(u -> said.add("unexplained: " + u.object()));
        report.warnings().forEach(w -> said.add("warning: " + w.code() + " " + w.object()));
        verdict.workloads().stream().filter(w -> w.state() == ensure_ready.State.unverified)
            .forEach(w -> said.add("unverified: " + w.kind() + "/" + w.name()));
        assertEquals(text.lines().filter(l -> l.matches("# [a-z]+: .*")).map(l -> l.substring(2)).toList(), said,
            () -> verdict.workloads().toString());
    }

    private static ensure_ready.Snapshot snapshot(String text) {
        var objects = new TreeMap<String, List<ensure_ready.Obj>>();
        List.of("Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "PersistentVolumeClaim", "Event", "Service",
            "EndpointSlice", "Secret", "ConfigMap", "ServiceAccount").forEach(kind -> objects.put(kind, new ArrayList<>()));
        EmbeddedStore.yaml(text).forEach(node -> {
            var o = new ensure_ready.Obj(node);
            objects.computeIfAbsent(ensure_ready.Snapshot.key(o), kind -> new ArrayList<>()).add(o);
        });
        return new ensure_ready.Snapshot("shop", NOW, objects, List.of(), Map.of(), List.of());
    }
}
