package ensure_ready.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import ensure_ready.model.Event;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Pods;
import ensure_ready.model.References;
import ensure_ready.model.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a pod's status says, container by container, with events and the log of the failed run as proof. Pure. */
public final class PodFindings {
    private static final Pattern OBJECT = Pattern.compile("(?i)(?:secrets?|configmaps?|persistentvolumeclaims?) \"([^\"]+)\" not found");
    private static final Pattern KEY = Pattern.compile("(?i)couldn't find key (\\S+) in (Secret|ConfigMap) [^/\\s]+/([^\\s,;]+)");
    private static final Pattern VOLUME_KEY = Pattern.compile("(?i)references non-existent (?:config|secret) key: (\\S+)");
    private static final Pattern VOLUME = Pattern.compile("for volume \"([^\"]+)\"");
    private static final Pattern PULL_SECRETS = Pattern.compile("image pull secrets \\(([^)]*)\\)");
    private static final Pattern TAINT = Pattern.compile("untolerated taint(?:\\(s\\))? \\{([^}:]+)(?::\\s*([^}]*))?\\}");
    static final Duration STARTING = Duration.ofMinutes(2);
    private final Facts facts;
    private final Snapshot snapshot;

    PodFindings(Facts facts) {
        this.facts = facts;
        this.snapshot = facts.snapshot;
    }

    public static boolean ready(Obj pod) {
        return Pods.saysReady(pod);
    }

    void of(Obj pod) {
        var phase = pod.text("/status/phase");
        if (pod.deleting() || phase.equals("Succeeded")) {
            return;
        }
        var owner = facts.owner(pod);
        if (owner[0].equals("Job") && succeededSince(pod)) {
            return;
        }
        if (phase.equals("Failed") && !pod.text("/status/reason").isEmpty()) {
            ended(pod, owner);
            return;
        }
        if (pod.condition("PodScheduled").path("status").asText().equals("False")
            || pod.text("/spec/nodeName").isEmpty() && phase.equals("Pending")) {
            scheduling(pod, owner);
            return;
        }
        if (nodeLost(pod, owner)) {
            return;
        }
        containers(pod, owner);
    }

    /** A Job tries again: only the youngest pod tells how it stands now. */
    private boolean succeededSince(Obj pod) {
        var job = pod.controller().path("uid").asText();
        return snapshot.all("Pod").stream().filter(p -> p.controller().path("uid").asText().equals(job) && !job.isEmpty())
            .anyMatch(p -> p.text("/metadata/creationTimestamp").compareTo(pod.text("/metadata/creationTimestamp")) > 0);
    }

    private void ended(Obj pod, String[] owner) {
        var reason = pod.text("/status/reason");
        var message = pod.text("/status/message");
        var replaced = snapshot.all("Pod").stream().anyMatch(p -> p != pod && !p.controller().isMissingNode()
            && p.controller().path("uid").asText().equals(pod.controller().path("uid").asText()) && p.text("/metadata/creationTimestamp")
                .compareTo(pod.text("/metadata/creationTimestamp")) > 0);
        if (replaced) {
            return; // the controller made another one, which tells for itself
        }
        var node = pod.text("/spec/nodeName");
        var lower = message.toLowerCase(Locale.ROOT);
        var evidence = List.of(new Evidence("status", pod.ref() + "/status.reason", reason, message, 1, "", ""));
        var params = Map.of("pod", pod.name(), "node", node);
        if (reason.equals("Evicted")
            && (lower.contains("exceeds the total limit") || lower.contains("ephemeral local storage usage exceeds")
            || lower.contains("exceeds the limit \"") || lower.contains("emptydir"))) {
            facts.add(Code.EVICTED_EPHEMERAL_STORAGE, owner[0], owner[1], owner, "", null, evidence, params);
        } else if (reason.equals("Evicted")) {
            facts.add(Code.NODE_PRESSURE, "Node", node, owner, "", null, evidence, params);
        } else if (reason.equals("Preempting") || reason.equals("Preempted")) {
            facts.add(Code.SCHED_PREEMPTED, owner[0], owner[1], owner, "", null, evidence, params);
        } else if (reason.equals("NodeLost") || reason.equals("Shutdown") || reason.equals("Terminated") || reason.equals("NodeShutdown")) {
            facts.add(Code.NODE_NOT_READY, "Node", node, owner, "", null, evidence, params);
        } else if (reason.equals("NodeAffinity")) {
            facts.add(Code.SCHED_NODE_SELECTOR, owner[0], owner[1], owner, "", null, evidence, params);
        } else if (reason.startsWith("OutOf") || reason.equals("UnexpectedAdmissionError")) {
            facts.add(Code.SCHED_INSUFFICIENT_RESOURCES, owner[0], owner[1], owner, "", null, evidence, params);
        } else {
            containers(pod, owner);
        }
    }

    /** A node that is not ready makes its pods unready, whatever they did before. */
    private boolean nodeLost(Obj pod, String[] owner) {
        var node = snapshot.find("Node", pod.text("/spec/nodeName"));
        var lost = node.map(n -> n.condition("Ready")).filter(c -> !c.isMissingNode() && !c.path("status").asText().equals("True"));
        var told = pod.text("/status/reason").equals("NodeLost");
        if (ready(pod) || lost.isEmpty() && !told) {
            if (node.isEmpty() && snapshot.knows("Node") && !snapshot.all("Node").isEmpty()
                && pod.list("/status/containerStatuses").isEmpty()) {
                facts.add(Code.SCHED_NODE_MISSING, owner[0], owner[1], owner, "", null,
                    List.of(Findings.spec(pod, "spec.nodeName", pod.text("/spec/nodeName"))), params(pod));
                return true;
            }
            return false;
        }
        var evidence = lost.map(c -> Findings.evidence(node.get(), c))
            .orElseGet(() -> new Evidence("status", pod.ref() + "/status.reason", "NodeLost", pod.text("/status/message"), 1, "", ""));
        facts.add(Code.NODE_NOT_READY, "Node", pod.text("/spec/nodeName"), owner, "", lost.map(Findings::time)
            .orElse(null), List.of(evidence), params(pod));
        return true;
    }

    private void containers(Obj pod, String[] owner) {
        if (ready(pod) && !flapping(pod)) {
            return;
        }
        var before = facts.found.size();
        var statuses = new ArrayList<JsonNode>();
        for (var status : pod.list("/status/initContainerStatuses")) {
            if (!done(pod, status)) {
                statuses.add(status);
                break; // the next one has not begun; unless this is a sidecar that runs
            }
        }
        var initDone = statuses.isEmpty() || sidecar(pod, statuses.get(0));
        if (initDone) {
            statuses.addAll(pod.list("/status/containerStatuses"));
        }
        for (var status : statuses) {
            new ContainerFindings(facts, pod, owner, status, !initDone || sidecar(pod, status)).find();
        }
        if (facts.found.size() == before && !ready(pod)) {
            quiet(pod, owner);
        }
    }

    private boolean flapping(Obj pod) {
        return pod.list("/status/containerStatuses").stream().anyMatch(c -> c.path("restartCount").asLong() >= 2
            && facts.age(Optional.ofNullable(Findings.instant(c.at("/state/running/startedAt").asText()))) < 60
            && c.at("/lastState/terminated/exitCode")
                .asInt(0) != 0);
    }

    private static boolean done(Obj pod, JsonNode status) {
        return status.at("/state/terminated").isObject() && status.at("/state/terminated/exitCode").asInt() == 0 && !sidecar(pod, status)
            || sidecar(pod, status) && (status.path("started").asBoolean() || status.path("ready").asBoolean());
    }

    private static boolean sidecar(Obj pod, JsonNode status) {
        return pod.list("/spec/initContainers").stream()
            .anyMatch(c -> c.path("name").equals(status.path("name")) && c.path("restartPolicy").asText()
            .equals("Always"));
    }

    /** Nothing said by a container: volumes, sandbox, gates, a Job's sidecar, or simply young. */
    private void quiet(Obj pod, String[] owner) {
        var blocked = facts.events(pod, "FailedMount", "FailedAttachVolume",
            "FailedMapVolume", "FailedCreatePodSandBox", "FailedPodSandBoxStatus");
        var started = facts.events(pod, "Started");
        if (!blocked.isEmpty() && (started.isEmpty() || waitsForVolumes(pod))) {
            blockedBy(pod, owner, blocked);
        } else if (owner[0].equals("Job") && sidecarBlocks(pod)) {
            facts.add(Code.JOB_SIDECAR_BLOCKS, owner[0], owner[1], owner, "", null,
                List.of(Findings.spec(pod, "status.containerStatuses", "one container ended with success, another still runs")),
                    params(pod));
        } else if (waitsForVolumes(pod) && references(pod, owner)) {
            return;
        } else {
            progress(pod, owner);
        }
    }

    private void progress(Obj pod, String[] owner) {
        var pulling = facts.events(pod, "Pulling");
        var pulled = facts.events(pod, "Pulled", "Failed", "BackOff");
        if (waitsForVolumes(pod) && pulling.size() > pulled.size()) {
            facts.add(Code.IMAGE_STILL_PULLING, owner[0], owner[1], owner, "", Findings.instant(pulling.get(0).first()),
                List.of(pulling.get(pulling.size() - 1).evidence(pod)), params(pod));
        } else if (facts.age(pod.time("/metadata/creationTimestamp")) < STARTING.toSeconds() || !waitsForVolumes(pod)) {
            facts.add(Code.STILL_PROGRESSING, owner[0], owner[1], owner, "", pod.time("/metadata/creationTimestamp").orElse(null),
                List.of(new Evidence("status", pod.ref() + "/status.phase", "", pod.text("/status/phase"), 1, "", "")), params(pod));
        }
    }

    private static boolean waitsForVolumes(Obj pod) {
        var all = new ArrayList<>(pod.list("/status/containerStatuses"));
        all.addAll(pod.list("/status/initContainerStatuses"));
        return all.stream().allMatch(c -> c.path("state").isEmpty()
            || c.at("/state/waiting/reason").asText().matches("ContainerCreating|PodInitializing|"));
    }

    private static boolean sidecarBlocks(Obj pod) {
        var statuses = pod.list("/status/containerStatuses");
        return statuses.stream().anyMatch(c -> c.at("/state/terminated").isObject() && c.at("/state/terminated/exitCode").asInt() == 0)
            && statuses.stream()
            .anyMatch(c -> c.at("/state/running").isObject());
    }

    /** The newest message that names a cause wins over "timed out waiting", which only repeats that there is one. */
    private void blockedBy(Obj pod, String[] owner, List<Event> events) {
        Event best = null;
        Code code = null;
        for (var event : events) {
            var sandbox = event.reason().contains("SandBox");
            var found = sandbox ? Code.SANDBOX_FAILED : Messages.code(Messages.Topic.VOLUME, event.message())
                .orElse(Code.VOLUME_MOUNT_FAILED);
            if (best == null || rank(found) >= rank(code)) {
                best = event;
                code = found;
            }
        }
        if (code == Code.STILL_PROGRESSING && facts.age(pod.time("/metadata/creationTimestamp")) > STARTING.toSeconds()) {
            code = Code.VOLUME_MOUNT_FAILED;
        }
        if (code == Code.SANDBOX_FAILED && best.count() < 3 && facts.age(pod.time("/metadata/creationTimestamp")) < STARTING.toSeconds()) {
            code = Code.STILL_PROGRESSING;
        }
        reference(pod, owner, "", code, best.message(), Findings.instant(best.first()), best.evidence(pod));
        references(pod, owner);
    }

    private static int rank(Code code) {
        return code == Code.STILL_PROGRESSING ? 0 : code == Code.VOLUME_MOUNT_FAILED ? 1 : 2;
    }

    /** A message about a missing or incomplete object; the finding stands at that object. */
    void reference(Obj pod, String[] owner, String container, Code code, String message, Instant since, Evidence evidence) {
        var params = new HashMap<>(params(pod));
        var name = Messages.part(message, OBJECT);
        var at = owner;
        switch (code) {
            case SECRET_MISSING -> at = name.isEmpty() ? owner : new String[] {"Secret", name};
            case CONFIGMAP_MISSING -> at = name.isEmpty() ? owner : new String[] {"ConfigMap", name};
            case PVC_MISSING -> at = name.isEmpty() ? owner : new String[] {"PersistentVolumeClaim", name};
            case CONFIG_KEY_MISSING -> at = key(pod, owner, message, params);
            default -> { }
        }
        facts.add(code, at[0], at[1], owner, container, since, List.of(evidence), params);
    }

    private static String[] key(Obj pod, String[] owner, String message, Map<String, String> params) {
        var match = KEY.matcher(message);
        if (match.find()) {
            params.put("key", match.group(1));
            return new String[] {match.group(2).equalsIgnoreCase("secret") ? "Secret" : "ConfigMap", match.group(3)};
        }
        params.put("key", Messages.part(message, VOLUME_KEY));
        var volume = Messages.part(message, VOLUME);
        return pod.list("/spec/volumes").stream().filter(v -> v.path("name").asText().equals(volume))
            .flatMap(v -> References.ofVolume(v).stream())
            .filter(r -> !r.kind().equals("PersistentVolumeClaim"))
            .findFirst().map(r -> new String[] {r.kind(), r.name()}).orElse(owner);
    }

    /** What the template names and the namespace does not have; the kubelet tells one at a time, and late. */
    private boolean references(Obj pod, String[] owner) {
        var found = false;
        for (var r : References.of(pod.at("/spec"))) {
            if (r.optional() || facts.exists(r.kind(), r.name()) || r.pull()) {
                continue;
            }
            var code = switch (r.kind()) {
                case "Secret" -> Code.SECRET_MISSING;
                case "ConfigMap" -> Code.CONFIGMAP_MISSING;
                default -> Code.PVC_MISSING;
            };
            found = true;
            if (facts.found.stream()
                .noneMatch(f -> f.code() == code && f.objectName().equals(r.name()) && f.ownerKind().equals(owner[0]) && f.ownerName()
                .equals(owner[1]))) {
                facts.add(code, r.kind(), r.name(), owner, "", null, List.of(Findings.spec(pod, "spec", Obj.ref(r.kind(), r.name()))),
                    params(pod));
            }
        }
        return found;
    }

    /** Pull secrets that are named and absent explain a refused pull; the kubelet says so in an event, once. */
    Optional<String> missingPullSecret(Obj pod) {
        var named = References.of(pod.at("/spec")).stream().filter(References.Ref::pull).filter(r -> !facts.exists(r.kind(), r.name()))
            .map(References.Ref::name).findFirst();
        return named.or(() -> facts.events(pod, "FailedToRetrieveImagePullSecret")
            .stream().map(e -> Messages.part(e.message(), PULL_SECRETS))
            .filter(n -> !n.isEmpty()).findFirst());
    }

    static Map<String, String> params(Obj pod) {
        return Map.of("pod", pod.name());
    }

    private void scheduling(Obj pod, String[] owner) {
        var condition = pod.condition("PodScheduled");
        var message = condition.path("message").asText();
        var events = facts.events(pod, "FailedScheduling");
        if (message.isEmpty() && !events.isEmpty()) {
            message = events.get(events.size() - 1).message();
        }
        var evidence = new ArrayList<Evidence>();
        evidence.add(condition.isMissingNode() ? new Evidence("status", pod.ref() + "/status.phase", "", "Pending", 1, "", "")
            : Findings.evidence(pod, condition));
        var since = Findings.time(condition);
        var scaling = facts.events(pod, "TriggeredScaleUp");
        var waited = facts.age(pod.time("/metadata/creationTimestamp"));
        if (condition.path("reason").asText().equals("SchedulingGated")) {
            facts.add(Code.SCHED_GATED, owner[0], owner[1], owner, "", since, evidence, params(pod));
        } else if (!scaling.isEmpty() && waited < Duration.ofMinutes(15).toSeconds()) {
            evidence.add(scaling.get(scaling.size() - 1).evidence(pod));
            facts.add(Code.AUTOSCALING_IN_PROGRESS, owner[0], owner[1], owner, "", since, evidence, params(pod));
        } else if (message.isEmpty()) {
            facts.add(waited < STARTING.toSeconds() ? Code.STILL_PROGRESSING
                : Code.UNKNOWN, owner[0], owner[1], owner, "", since, evidence, params(pod));
        } else {
            unschedulable(pod, owner, message, since, evidence);
        }
    }

    private void unschedulable(Obj pod, String[] owner, String message, Instant since, List<Evidence> evidence) {
        var params = new HashMap<>(params(pod));
        var taint = TAINT.matcher(message);
        if (taint.find()) {
            params.put("taint", taint.group(1).strip());
        }
        var claim = References.of(pod.at("/spec")).stream()
            .filter(r -> r.kind().equals("PersistentVolumeClaim") && !facts.exists(r.kind(), r.name()))
            .findFirst();
        var code = claim.isPresent() ? Code.PVC_MISSING : Scheduling.code(message, pod, snapshot);
        if (code == Code.PVC_MISSING) {
            var name = Messages.part(message, OBJECT);
            facts.add(code, "PersistentVolumeClaim", name.isEmpty() ? claim.map(References.Ref::name).orElse("")
                : name, owner, "", since, evidence, params);
        } else {
            var node = code == Code.NODE_PRESSURE ? pressed() : Optional.<String>empty();
            facts.add(code, node.isPresent() ? "Node" : owner[0], node.orElse(owner[1]), owner, "", since, evidence, params);
        }
    }

    /** The node that is short of something, when there is but one. */
    private Optional<String> pressed() {
        var pressed = snapshot.all("Node").stream().filter(n -> n.list("/status/conditions").stream()
            .anyMatch(c -> c.path("type").asText().endsWith("Pressure") && c.path("status").asText().equals("True")))
            .map(Obj::name).toList();
        return pressed.size() == 1 ? Optional.of(pressed.get(0)) : Optional.empty();
    }
}
