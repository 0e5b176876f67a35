import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A namespace of any size in which nothing is ready, for what must not grow with the square of it. */
final class Crowd {
    static final Instant NOW = Instant.parse("2026-01-02T00:30:00Z");
    private static final String[] WAITING = {
        "{\"waiting\": {\"reason\": \"ImagePullBackOff\", \"message\": \"Back-off pulling image \\\"registry.example/w%1$d:1\\\": "
            + "ErrImagePull: manifest unknown\"}}",
        "{\"waiting\": {\"reason\": \"CreateContainerConfigError\", \"message\": \"secret \\\"s%1$d\\\" not found\"}}",
        "{\"waiting\": {\"reason\": \"CrashLoopBackOff\", \"message\": \"back-off 5m0s restarting failed container\"}}",
        "{\"running\": {\"startedAt\": \"2026-01-02T00:00:10Z\"}}"};

    private Crowd() { }

    /**
     * Deployments in chains of ten, with a Service, a ReplicaSet and three pods each, an event a pod, and a log for each that crashes; four
     * faults in turn.
     */
    static ensure_ready.Snapshot of(int deployments) {
        var objects = new LinkedHashMap<String, List<ensure_ready.Obj>>();
        List.of("Deployment", "ReplicaSet", "Pod", "Service", "Event", "Secret", "ConfigMap", "StorageClass", "Node")
            .forEach(k -> objects.put(k, new ArrayList<>()));
        var logs = new LinkedHashMap<String, ensure_ready.Log>();
        for (int i = 0; i < deployments; i++) {
            add(objects, "Deployment", """
                {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"namespace": "x", "name": "w%1$d", "uid": "d%1$d", \
                "generation": 1, "creationTimestamp": "2026-01-02T00:00:00Z"},
                 "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "w%1$d"}}, "template": {"metadata": {"labels": {"app": \
                "w%1$d"}}, "spec": {"containers": [
                   {"name": "w", "image": "registry.example/w%1$d:1", "ports": [{"containerPort": 80}], "env": [{"name": "NEXT_URL", \
                "value": "http://w%2$d:80/"}, {"name": "SHARED_HOST", "value": "w0"}]}]}}},
                 "status": {"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "unavailableReplicas": 3, "conditions": \
                [{"type": "Available", "status": "False"}]}}""", i, i % 10 == 9 ? i : i + 1);
            add(objects, "ReplicaSet", """
                {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"namespace": "x", "name": "w%1$d-1", "uid": "r%1$d", \
                "annotations": {"deployment.kubernetes.io/revision": "1"},
                 "ownerReferences": [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "w%1$d", "uid": "d%1$d", "controller": \
                true}]}, "spec": {"replicas": 3}, "status": {"replicas": 3}}""", i);
            add(objects, "Service", """
                {"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "x", "name": "w%1$d", "uid": "s%1$d"}, "spec": \
                {"selector": {"app": "w%1$d"}, "ports": [{"port": 80}]}}""", i);
            for (int p = 0; p < 3; p++) {
                pod(objects, i, p);
            }
            if (i % 4 == 2) {
                logs.put("w" + i + "-1-0/w", log(i));
            }
        }
        return new ensure_ready.Snapshot("x", NOW, Map.copyOf(objects), List.of(), logs, List.of());
    }

    private static void pod(Map<String, List<ensure_ready.Obj>> objects, int i, int p) {
        add(objects, "Pod", """
            {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "x", "name": "w%1$d-1-%2$d", "uid": "p%1$d-%2$d", \
            "creationTimestamp": "2026-01-02T00:00:00Z", "labels": {"app": "w%1$d", "pod-template-hash": "1"},
             "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "w%1$d-1", "uid": "r%1$d", "controller": true}]},
             "spec": {"nodeName": "node-1", "containers": [{"name": "w", "image": "registry.example/w%1$d:1",
                 "ports": [{"containerPort": 80}], "readinessProbe": {"tcpSocket": {"port": 80}}, "env": [{"name": "NEXT_URL",
                 "value": "http://w0:80/"}]}]},
             "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": \
            "False"}],
              "containerStatuses": [{"name": "w", "ready": false, "restartCount": 7, "state": """ + WAITING[i % 4] + """
            , "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-01-02T00:20:00Z"}}}]}}""", i, p);
        add(objects, "Event", """
            {"apiVersion": "v1", "kind": "Event", "metadata": {"namespace": "x", "name": "e%1$d-%2$d"}, "involvedObject": {"kind": "Pod", \
            "name": "w%1$d-1-%2$d", "uid": "p%1$d-%2$d"}, "type": "Warning", "reason": "Unhealthy",
             "message": "Readiness probe failed: dial tcp 10.0.0.%2$d:80: connect: connection refused", "count": 9, "firstTimestamp": \
            "2026-01-02T00:01:00Z", "lastTimestamp": "2026-01-02T00:29:00Z"}""", i, p);
    }

    private static ensure_ready.Log log(int i) {
        var lines = new ArrayList<String>();
        for (int n = 0; n < 199; n++) {
            lines.add("2026-01-02T00:20:00Z INFO request " + n + " of worker " + i + " took 12 ms and nothing was wrong with it");
        }
        lines.add("Error: connect ECONNREFUSED w" + (i + 1) + ":80");
        return new ensure_ready.Log("w" + i + "-1-0", "w", true, lines);
    }

    private static void add(Map<String, List<ensure_ready.Obj>> objects, String kind, String json, Object... values) {
        objects.get(kind).add(new ensure_ready.Obj(ensure_ready.Json.MAPPER.readTree(json.formatted(values))));
    }

    static List<ensure_ready.Workload> workloads(int deployments) {
        var workloads = new ArrayList<ensure_ready.Workload>();
        for (int i = 0; i < deployments; i++) {
            workloads.add(new ensure_ready.Workload("Deployment", "w" + i, ensure_ready.State.progressing, 0, 3, "0 of 3 pods are ready"));
        }
        return workloads;
    }
}
