//SOURCES Scene.java

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a reader of the report stumbles over: odd times, the same line again, commands that show nothing, our own words masked. */
class ReportWordingTest {
    private static final ensure_ready.Redaction REDACTION = ensure_ready.Redaction.of(Map.of(), Map.of());

    @Test
    void timesAreWholeSecondsAsTheClusterWritesThem() {
        var seen = Crowd.of(4);
        var now = new ensure_ready.Snapshot("x", Crowd.NOW.plusNanos(986_896_790), seen.objects(), List.of(), seen.logs(), List.of());
        var json = ensure_ready.Json.MAPPER.valueToTree(ensure_ready.Diagnosis.explain(now, Crowd.workloads(4), "codex")).toString();
        assertFalse(json.matches("(?s).*\\d\\.\\d+Z.*"), json);
        assertTrue(json.contains("\"lastSeen\":\"2026-01-02T00:30:00Z\""), json);
    }

    @Test
    void theSameLineOfThreePodsStandsOnce() {
        var logs = new LinkedHashMap<String, ensure_ready.Log>();
        for (int pod = 0; pod < 3; pod++) {
            var lines = List.of("starts", "2026-01-02T00:2" + pod + ":00Z Error: config file is broken");
            logs.put("w2-1-" + pod + "/w", new ensure_ready.Log("w2-1-" + pod, "w", true, lines));
        }
        var crowd = Crowd.of(4);
        var report = ensure_ready.Diagnosis.explain(new ensure_ready.Snapshot("x", Crowd.NOW, crowd.objects(), List.of(), logs, List.of()),
            Crowd.workloads(4), "codex");
        var said = new ArrayList<String>();
        report.causes().stream().filter(c -> c.owner().name().equals("w2")).forEach(c -> c.evidence().stream()
            .filter(e -> e.source().equals("log")).forEach(e -> said.add(e.message().replaceAll("\\d", "0"))));
        assertEquals(List.of("0000-00-00T00:00:00Z Error: config file is broken"), said);
    }

    @Test
    void theLogOfAnEarlierRunIsAskedForOnlyWhereThereWasOne() {
        var status = Scene.crashed("web", 1, "Error");
        assertTrue(next(status).contains("logs web-1-a -c web --previous"), next(status));
        var first = next(status.replace("restartCount: 5", "restartCount: 0"));
        assertTrue(first.contains("logs web-1-a -c web --tail=100") && !first.contains("--previous"), first);
    }

    private static String next(String status) {
        return new Scene().deploy("web", "", status).log("web-1-a", "web", "Error: config file is broken")
            .report().causes().get(0).next().toString();
    }

    @Test
    void aCustomResourceThatIsCalledLikeAKindOfKubernetesIsNamedWithItsGroup() {
        var service = new ensure_ready.Obj(ensure_ready.Json.MAPPER.readTree("""
            {"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "web", "creationTimestamp": \
            "2026-01-01T00:00:00Z"},
             "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "RevisionMissing", "message": "no revision"}]}}"""));
        var snapshot = new ensure_ready.Snapshot("x", Crowd.NOW, Map.of("Service.serving.knative.dev", List.of(service)),
            List.of(), Map.of(), List.of());
        var workloads = List.of(new ensure_ready.Workload("Service", "web", ensure_ready.State.failed, 0, 1, ""));
        var next = ensure_ready.Diagnosis.explain(snapshot, workloads, "codex").causes().get(0).next();
        assertTrue(next.toString().contains("service.serving.knative.dev/web") && !next.toString().contains("svc/web"), next.toString());
    }

    @Test
    void whatASecretMayHoldTooIsKeptWhereItNamesSomethingButNotWhereItIsAValue() {
        var web = new ensure_ready.Obj(ensure_ready.Json.MAPPER.readTree("""
            {"kind": "Deployment", "metadata": {"name": "web", "labels": {"tier": "front"}, "annotations": {"a": "note"}},
             "spec": {"template": {"spec": {"containers": [{"name": "main", "image": "img", "env": [{"name": "K", "value": "val"}]}]}}}}
            """));
        var told = List.of(named("Secret", "db"), named("Event", "web.17"), web);
        var objects = Map.of("Secret", told.subList(0, 1), "Event", told.subList(1, 2), "Deployment", told.subList(2, 3));
        var late = new ensure_ready.Applied(named("Job", "late"), new ensure_ready.Source("a", 1),
            ensure_ready.Result.pending, 0, "", "", "");
        assertEquals(Set.of("shop", "db", "web", "front", "main", "late"), ensure_ready.NamesToKeep.of(
            new ensure_ready.Snapshot("shop", Crowd.NOW, objects, List.of(late), Map.of(), List.of())));
    }

    private static ensure_ready.Obj named(String kind, String name) {
        var object = ensure_ready.Json.MAPPER.createObjectNode().put("kind", kind);
        object.putObject("metadata").put("name", name);
        return new ensure_ready.Obj(object);
    }

    @ParameterizedTest
    @EnumSource(ensure_ready.Code.class)
    void noWordOfOursIsMasked(ensure_ready.Code code) {
        assertEquals(code.text, REDACTION.clean(code.text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 403 Forbidden",
        "invalid username-password pair or user is disabled."})
    void messagesOfProgramsThatEverybodyKnowsStayReadable(String text) {
        assertEquals(text, REDACTION.clean(text));
    }

    @Test
    void anOptionWithAPasswordIsStillMasked() {
        assertEquals("mysql -h db --password [REDACTED:pattern]", REDACTION.clean("mysql -h db --password hunter2x9"));
    }
}
