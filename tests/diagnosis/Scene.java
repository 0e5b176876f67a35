import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * A namespace in a few lines: workloads with their ReplicaSets and pods, objects in YAML, events, logs and refused manifests.
 *
 * <pre>new Scene().deploy("web", "", Scene.waiting("web", "ErrImagePull", "manifest unknown")).causes()</pre>
 */
final class Scene {
    static final Instant NOW = Instant.parse("2026-01-01T10:00:00Z");
    static final String LONG_AGO = "2026-01-01T09:50:00Z";
    private final Map<String, List<ensure_ready.Obj>> objects = new LinkedHashMap<>();
    private final List<ensure_ready.Workload> workloads = new ArrayList<>();
    private final List<ensure_ready.Applied> applied = new ArrayList<>();
    private final Map<String, ensure_ready.Log> logs = new LinkedHashMap<>();
    private final List<String> limited = new ArrayList<>();
    private int events;

    /** A healthy Deployment. */
    Scene deploy(String name) {
        return deploy(name, "", ready(name));
    }

    /** A Deployment of one pod with this pod spec (empty: one container called like it) and this pod status. */
    Scene deploy(String name, String spec, String status) {
        var template = "metadata: {labels: {app: " + name + "}}\nspec:\n" + indent(podSpec(name, spec));
        add("kind: Deployment\nmetadata: {name: " + name + ", generation: 1}\nspec:\n  replicas: 1\n  selector: {matchLabels: {app: " + name
            + "}}\n  template:\n" + indent(indent(template))
            + "\nstatus: {observedGeneration: 1, replicas: 1, readyReplicas: " + (status.equals(ready(name)) ? 1 : 0) + "}");
        add("kind: ReplicaSet\nmetadata: {name: " + name + "-1, owner: Deployment/" + name
            + ", annotations: {deployment.kubernetes.io/revision: '1'}}\nspec: {replicas: 1}\nstatus: {replicas: 1}");
        pod(name + "-1-a", "ReplicaSet/" + name + "-1", name, spec, status);
        return judged("Deployment", name, status.equals(ready(name)));
    }

    /** A Deployment none of whose pods could be created. */
    Scene refused(String name, String message) {
        deploy(name, "", "phase: Pending");
        objects.get("Pod").removeIf(p -> p.name().equals(name + "-1-a"));
        objects.get("ReplicaSet").removeIf(p -> p.name().equals(name + "-1"));
        return add("kind: ReplicaSet\nmetadata: {name: " + name + "-1, owner: Deployment/" + name
            + ", annotations: {deployment.kubernetes.io/revision: '1'}}\nspec: {replicas: 1}\nstatus:\n  replicas: 0\n"
            + "  conditions: [{type: ReplicaFailure, status: 'True', reason: FailedCreate, lastTransitionTime: '"
            + LONG_AGO + "', message: " + quoted(message)
                + "}]");
    }

    Scene statefulSet(String name, String spec, String status) {
        add("kind: StatefulSet\nmetadata: {name: " + name + ", generation: 1}\nspec:\n  replicas: 1\n  serviceName: " + name
            + "\n  template:\n    metadata: {labels: {app: " + name + "}}\n    spec:\n" + indent(indent(indent(podSpec(name, spec))))
            + "\nstatus: {observedGeneration: 1, replicas: 1}");
        pod(name + "-0", "StatefulSet/" + name, name, spec, status);
        return judged("StatefulSet", name, status.equals(ready(name)));
    }

    Scene job(String name, String spec, String podStatus, String jobStatus) {
        add("kind: Job\nmetadata: {name: " + name + "}\nspec:\n  template:\n    metadata: {labels: {app: " + name + "}}\n    spec:\n"
            + indent(indent(indent(podSpec(name, spec)))) + "\nstatus: " + jobStatus);
        if (!podStatus.isEmpty()) {
            pod(name + "-x", "Job/" + name, name, "restartPolicy: Never\n" + podSpec(name, spec), podStatus);
        }
        return judged("Job", name, false);
    }

    Scene pod(String name, String owner, String app, String spec, String status) {
        return add("kind: Pod\nmetadata: {name: " + name + ", " + (owner.isEmpty() ? "" : "owner: " + owner + ", ") + "labels: {app: " + app
            + "}}\nspec:\n  nodeName: node-1\n" + indent(podSpec(app, spec)) + "\nstatus:\n" + indent(status));
    }

    Scene service(String name, int port) {
        return service(name, "{app: " + name + "}", "[{port: " + port + "}]");
    }

    Scene service(String name, String selector, String ports) {
        return add("kind: Service\nmetadata: {name: " + name + "}\nspec: {clusterIP: 10.0.0."
            + (10 + objects.getOrDefault("Service", List.of()).size())
            + ", selector: " + selector + ", ports: " + ports + "}");
    }

    /** Marks a workload's state; ready workloads need no explanation. */
    Scene judged(String kind, String name, boolean ready) {
        workloads.removeIf(w -> w.kind().equals(kind) && w.name().equals(name));
        workloads.add(new ensure_ready.Workload(kind, name, ready ? ensure_ready.State.ready
            : ensure_ready.State.progressing, ready ? 1 : 0, 1, ready ? ""
            : "not ready"));
        return this;
    }

    /** {@code event("Pod/web-1-a", "Failed", 3, "…")}. */
    Scene event(String about, String reason, int count, String message) {
        return event(about, reason, count, message, "");
    }

    Scene event(String about, String reason, int count, String message, String container) {
        var parts = about.split("/");
        return add("kind: Event\nmetadata: {name: e" + (++events) + "}\ninvolvedObject: {kind: "
            + parts[0] + ", name: " + parts[1] + ", uid: uid-" + parts[0]
            + "-" + parts[1] + (container.isEmpty() ? "" : ", fieldPath: 'spec.containers{" + container + "}'")
            + "}\nreason: " + reason + "\ntype: Warning\ncount: " + count
                + "\nfirstTimestamp: '2026-01-01T09:55:00Z'\nlastTimestamp: '2026-01-01T09:59:00Z'\nmessage: " + quoted(message));
    }

    Scene log(String pod, String container, String... lines) {
        logs.put(pod + "/" + container, new ensure_ready.Log(pod, container, true, List.of(lines)));
        return this;
    }

    Scene applied(String yaml, String reason, String error) {
        var json = json(yaml);
        var object = new ensure_ready.Obj(json);
        applied.add(new ensure_ready.Applied(object, new ensure_ready.Source("deploy/all.yaml", 7), error.isEmpty()
            ? ensure_ready.Result.created
            : ensure_ready.Result.failed, 1, "", reason, error));
        return error.isEmpty() ? this : judged(object.kind(), object.name(), false);
    }

    /** The manifests named every object here, from this file. */
    Scene fromFile(String file) {
        objects.values().stream().flatMap(List::stream).filter(o -> o.controller().isMissingNode() && !o.kind().equals("Event"))
            .forEach(o -> applied
            .add(new ensure_ready.Applied(o, new ensure_ready.Source(file, 12), ensure_ready.Result.created, 1, o.uid(), "", "")));
        return this;
    }

    Scene limited(String what) {
        limited.add(what);
        return this;
    }

    /** A kind that was read and of which there is nothing. */
    Scene none(String... kinds) {
        for (var kind : kinds) {
            objects.computeIfAbsent(kind, k -> new ArrayList<>());
        }
        return this;
    }

    /** Objects in YAML, one or several; uid, namespace, time and {@code owner: Kind/name} are filled in. */
    Scene add(String yaml) {
        for (var one : yaml.split("(?m)^---\\s*$")) {
            if (!one.isBlank()) {
                var o = (ObjectNode) json(one);
                var added = new ensure_ready.Obj(o);
                objects.computeIfAbsent(ensure_ready.Snapshot.key(added), k -> new ArrayList<>()).add(added);
            }
        }
        return this;
    }

    private static JsonNode json(String yaml) {
        var json = ensure_ready.Json.MAPPER.<ObjectNode>valueToTree(new Load(LoadSettings.builder().build()).loadFromString(yaml));
        var metadata = json.has("metadata") ? (ObjectNode) json.get("metadata") : json.putObject("metadata");
        var id = json.path("kind").asString("") + "-" + metadata.path("name").asString("");
        metadata.put("namespace", "shop").put("uid", "uid-" + id);
        if (!metadata.has("creationTimestamp")) {
            metadata.put("creationTimestamp", LONG_AGO);
        }
        if (metadata.has("owner")) {
            var owner = metadata.remove("owner").asString("").split("/");
            metadata.putArray("ownerReferences").addObject().put("kind", owner[0])
                .put("name", owner[1]).put("uid", "uid-" + owner[0] + "-" + owner[1])
                .put("controller", true);
        }
        return json;
    }

    private static String podSpec(String name, String spec) {
        return spec.contains("containers:") && !spec.startsWith("initContainers") || spec.contains("\ncontainers:") ? spec
            : (spec.isEmpty() ? "" : spec + "\n") + "containers: [{name: " + name + ", image: 'repo/" + name + ":1'}]";
    }

    static String indent(String text) {
        return text.lines().map(l -> "  " + l).collect(Collectors.joining("\n"));
    }

    static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"";
    }

    static String ready(String container) {
        return "phase: Running\nconditions: [{type: Ready, status: 'True', lastTransitionTime: '2026-01-01T09:51:00Z'}]\n"
            + "containerStatuses: [{name: "
            + container + ", ready: true, restartCount: 0, state: {running: {startedAt: '" + LONG_AGO + "'}}}]";
    }

    static String waiting(String container, String reason, String message) {
        return unready("containerStatuses: [{name: " + container + ", ready: false, restartCount: 0, state: {waiting: {reason: "
            + reason + ", message: "
            + quoted(message) + "}}}]");
    }

    /** In back-off after this end. */
    static String crashed(String container, int exit, String reason) {
        return unready("containerStatuses: [{name: " + container
            + ", ready: false, restartCount: 5, state: {waiting: {reason: CrashLoopBackOff, message: back-off 5m0s restarting failed "
            + "container}}, "
            + "lastState: {terminated: {exitCode: " + exit + ", reason: " + reason
            + ", startedAt: '2026-01-01T09:58:00Z', finishedAt: '2026-01-01T09:58:05Z'}}}]");
    }

    static String ended(String container, int exit, String reason, String message) {
        return "phase: Failed\nconditions: [{type: Ready, status: 'False'}]\ncontainerStatuses: [{name: " + container
            + ", ready: false, restartCount: 0, state: {terminated: {exitCode: " + exit + ", reason: " + reason
            + ", finishedAt: '2026-01-01T09:58:05Z', message: " + quoted(message) + "}}}]";
    }

    /** Running for nine minutes and not ready. */
    static String unreadyRunning(String container) {
        return unready("containerStatuses: [{name: " + container
            + ", ready: false, started: true, restartCount: 0, state: {running: {startedAt: '2026-01-01T09:51:00Z'}}}]");
    }

    static String initRunning(String init) {
        return "phase: Pending\nconditions: [{type: PodScheduled, status: 'True'}, {type: Ready, status: 'False', "
            + "reason: ContainersNotReady}]\ninitContainerStatuses: [{name: " + init + ", ready: false, restartCount: 0, "
            + "state: {running: {startedAt: '2026-01-01T09:51:00Z'}}}]";
    }

    static String unscheduled(String message) {
        return "phase: Pending\nconditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, lastTransitionTime: '"
            + LONG_AGO + "', message: "
            + quoted(message) + "}]";
    }

    static String creating(String container) {
        return waiting(container, "ContainerCreating", "").replace(", message: \"\"", "");
    }

    private static String unready(String statuses) {
        return "phase: Running\nconditions: [{type: PodScheduled, status: 'True'}, {type: Ready, status: 'False', "
            + "reason: ContainersNotReady}]\n" + statuses;
    }

    ensure_ready.Snapshot snapshot() {
        return new ensure_ready.Snapshot("shop", NOW, objects, applied, logs, limited);
    }

    /** The same facts with every list in another order. */
    ensure_ready.Snapshot shuffled(long seed) {
        var random = new Random(seed);
        var mixed = new TreeMap<String, List<ensure_ready.Obj>>(Collections.reverseOrder());
        objects.forEach((kind, list) -> {
            var copy = new ArrayList<>(list);
            Collections.shuffle(copy, random);
            mixed.put(kind, copy);
        });
        return new ensure_ready.Snapshot("shop", NOW, mixed, applied, logs, List.of());
    }

    List<ensure_ready.Workload> workloads() {
        return workloads;
    }

    ensure_ready.DiagnosisReport report() {
        return ensure_ready.Diagnosis.explain(snapshot(), workloads, "codex");
    }

    /** {@code CODE Kind/name} of each cause, in order. */
    List<String> causes() {
        return report().causes().stream().map(c -> c.code() + " " + c.object()).toList();
    }

    List<String> findings() {
        return ensure_ready.Findings.of(snapshot()).stream().map(f -> f.code() + " " + f.objectKind() + "/" + f.objectName()).toList();
    }

    /** Each finding with how it is known and what it passes on, its proofs below it. */
    String told() {
        return ensure_ready.Findings.of(snapshot()).stream().map(f -> f.code() + " " + f.object() + " " + f.basis() + " " + f.params()
            + f.evidence().stream().map(e -> "\n  " + e.source() + " " + e.path() + " " + e.reason() + ": " + e.message())
                .collect(Collectors.joining()) + "\n").collect(Collectors.joining());
    }

    /** With everything, that it holds so far, made so many seconds ago. */
    Scene aged(long seconds) {
        objects.values().stream().flatMap(List::stream)
            .forEach(o -> ((ObjectNode) o.json().get("metadata")).put("creationTimestamp", NOW.minusSeconds(seconds).toString()));
        return this;
    }
}
