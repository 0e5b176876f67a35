package ensure_ready.findings;

import ensure_ready.catalogue.Basis;
import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Messages;
import ensure_ready.model.Event;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Pods;
import ensure_ready.model.Ref;
import ensure_ready.model.References;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import shared.Json;
import shared.Kubectl;
import tools.jackson.databind.JsonNode;

/** What a pod's status says, container by container, with events and the log of the failed run as proof. Pure. */
public record PodFindings(Observed seen, Obj pod, Ref owner, List<Finding> before) {
    /** So many pods that one fault of their own has ended leave no hope for the next. */
    private static final int PROVEN = 3;
    /** Volumes that may fail by themselves. */
    private static final Pattern OUTSIDE = Pattern.compile("persistentVolumeClaim|csi|nfs|hostPath|ephemeral|iscsi|fc|rbd");

    /** {@code before}: what other pods said already; an object that they miss too is not told again. */
    static List<Finding> of(Observed seen, Obj pod, List<Finding> before) {
        var owner = seen.owner(pod);
        var found = new PodFindings(seen, pod, owner, before).find();
        var maker = seen.snapshot.find(owner.kind(), owner.name()).filter(Ownership::speaks).map(Obj::controller)
            .filter(c -> !c.isMissingNode() && (owner.is("Pod") || owner.is("ReplicaSet"))).map(Ref::of);
        return found.stream().map(f -> maker.isPresent() && f.object().equals(owner) ? f.as(f.code(), maker.get()) : f).toList();
    }

    private List<Finding> find() {
        var phase = pod.text("/status/phase");
        if (pod.deleting()) {
            return Pods.ended(pod) ? List.of() : node().stream().toList();
        }
        if (phase.equals("Succeeded") || owner.is("Job") && replaced()) {
            return List.of();
        }
        if (phase.equals("Failed") && !pod.text("/status/reason").isEmpty()) {
            var times = times();
            var filled = Messages.code(Messages.Topic.EVICTED, pod.text("/status/message")).isPresent(); // its own disk, so once is enough
            return replaced() && times < (filled ? 1 : 2) ? List.of() : ended(pod.text("/status/reason"), pod.text("/status/message"))
                .stream()
                .map(f -> f.code() == Code.EVICTED_EPHEMERAL_STORAGE && times >= PROVEN ? f.with(Basis.FINAL) : f).toList();
        }
        if (Obj.isFalse(pod.condition("PodScheduled"))
            || pod.text("/spec/nodeName").isEmpty() && phase.equals("Pending")) {
            return List.of(new Scheduling(seen, pod, owner).find());
        }
        return node().map(List::of).orElseGet(this::containers);
    }

    /** Its controller made another one, which tells how it stands now. */
    private boolean replaced() {
        var controller = pod.controller().path("uid").asString("");
        return !controller.isEmpty() && seen.snapshot.all("Pod").stream()
            .anyMatch(p -> p.controller().path("uid").asString("").equals(controller)
            && p.created().compareTo(pod.created()) > 0);
    }

    /** Of how many that ended so within minutes, with none after them that is ready, this is the last: the next one will end so too. */
    private int times() {
        var siblings = seen.snapshot.all("Pod").stream().filter(p -> p.controller().path("uid").equals(pod.controller().path("uid")))
            .toList();
        var ended = siblings.stream().filter(p -> p.text("/status/reason").equals(pod.text("/status/reason")) && seen.age(p) < 1800)
            .toList();
        return siblings.stream().noneMatch(Pods::ready) && ended.stream()
            .max(Comparator.comparing(Obj::created).thenComparing(Obj::name))
            .filter(pod::equals).isPresent() ? ended.size() : 0;
    }

    private Finding finding(Code code, Ref object, Optional<Instant> since, Evidence... evidence) {
        return seen.finding(code, object, owner, since, List.of(evidence)).in(pod.name(), "");
    }

    private Finding finding(Code code, Optional<Instant> since, Evidence... evidence) {
        return finding(code, owner, since, evidence);
    }

    private List<Finding> ended(String reason, String message) {
        var code = switch (reason) {
            case "Evicted" -> Messages.code(Messages.Topic.EVICTED, message).orElse(Code.NODE_PRESSURE);
            case "Preempting", "Preempted" -> Code.SCHED_PREEMPTED;
            case "NodeLost", "Shutdown", "Terminated", "NodeShutdown" -> Code.NODE_NOT_READY;
            case "NodeAffinity" -> Code.SCHED_NODE_SELECTOR;
            case "NodePorts" -> Code.SCHED_HOST_PORT;
            case "TaintToleration" -> Code.SCHED_TAINT;
            default -> reason.startsWith("OutOf") || reason.equals("UnexpectedAdmissionError") && message.contains("unavailable")
                ? Code.SCHED_INSUFFICIENT_RESOURCES : Code.NODE_REFUSES_POD;
        };
        if (code == Code.NODE_REFUSES_POD && !unstarted() || reason.equals("DeadlineExceeded")) {
            return containers();
        }
        var node = pod.text("/spec/nodeName");
        var at = code == Code.NODE_PRESSURE || code == Code.NODE_NOT_READY ? new Ref("Node", node) : owner;
        return List.of(finding(code, at, Optional.empty(), Evidence.status(pod.ref() + "/status.reason", reason, message))
            .with(Map.of("node", node)));
    }

    /** A node that is not ready makes its pods unready, whatever they did before. */
    private Optional<Finding> node() {
        var lost = Pods.ready(pod) ? Optional.<Finding>empty() : lost(pod);
        var name = pod.text("/spec/nodeName");
        var unknown = seen.snapshot.find("Node", name).isEmpty() && !pod.deleting() && !seen.snapshot.all("Node").isEmpty()
            && pod.list("/status/containerStatuses").isEmpty();
        return unknown ? Optional.of(finding(Code.SCHED_NODE_MISSING, Optional.empty(), Evidence.field(pod, "spec.nodeName", name))) : lost;
    }

    /** The node of this pod, when it is lost. */
    private Optional<Finding> lost(Obj on) {
        return seen.lost(on).map(e -> finding(Code.NODE_NOT_READY, new Ref("Node", on.text("/spec/nodeName")),
            Obj.instant(e.firstSeen()), e));
    }

    private List<Finding> containers() {
        if (Pods.saysReady(pod) && !flapping()) {
            return List.of();
        }
        // the next init container has not begun; unless this one is a sidecar that runs
        var init = pod.list("/status/initContainerStatuses").stream().filter(status -> !done(status)).findFirst();
        var statuses = new ArrayList<>(pod.list("/status/initContainerStatuses").stream()
            .filter(s -> Pods.sidecar(pod, s) || init.filter(s::equals).isPresent()).toList());
        var initDone = init.isEmpty() || Pods.sidecar(pod, init.get());
        if (initDone) {
            statuses.addAll(pod.list("/status/containerStatuses"));
        }
        var found = statuses.stream()
            .flatMap(s -> new ContainerFindings(seen, pod, owner, s, !initDone || Pods.sidecar(pod, s)).find().stream()).toList();
        return found.isEmpty() && !Pods.saysReady(pod) ? quiet() : found;
    }

    private boolean flapping() {
        return pod.list("/status/containerStatuses").stream().anyMatch(c -> c.path("restartCount").asLong(0) >= 2
            && seen.age(Obj.instant(c.at("/state/running/startedAt").asString(""))) < 60
            && c.at("/lastState/terminated/exitCode").asInt(0) != 0);
    }

    private boolean done(JsonNode status) {
        return Pods.sidecar(pod, status) ? status.path("started").asBoolean(false) || status.path("ready").asBoolean(false)
            : succeeded(status);
    }

    private static boolean succeeded(JsonNode status) {
        return status.at("/state/terminated").isObject() && status.at("/state/terminated/exitCode").asInt(0) == 0;
    }

    /** Nothing said by a container: volumes, sandbox, gates, a Job's sidecar, or simply young. */
    private List<Finding> quiet() {
        var images = seen.events(pod, "Pulling", "Pulled").stream().map(Event::last).max(Comparator.naturalOrder()).orElse("");
        var blocked = seen.events(pod, "FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox",
            "FailedPodSandBoxStatus").stream().filter(e -> e.last().compareTo(images) > 0).toList(); // which are pulled after all that
        if (!blocked.isEmpty() && unstarted()) {
            var told = blockedBy(blocked);
            var first = told.code() == Code.PVC_ACCESS_MODE ? seen.holder(pod).flatMap(this::lost).orElse(told) : told;
            return Stream.concat(Stream.of(first), absent(List.of(first)).stream()).toList();
        }
        if (owner.is("Job") && sidecarBlocks()) {
            return List.of(finding(Code.JOB_SIDECAR_BLOCKS, Optional.empty(),
                Evidence.field(pod, "status.containerStatuses", "one container ended with success, another still runs")));
        }
        if (unstarted() && references().findAny().isPresent()) {
            return absent(List.of());
        }
        var keys = unstarted() ? MissingObject.ofItems(seen, pod).distinct().toList() : List.<MissingObject.Key>of();
        if (!keys.isEmpty()) { // the event that tells it may be forbidden or gone
            return keys.stream().map(k -> finding(Code.CONFIG_KEY_MISSING, k.object(), Optional.empty(),
                Evidence.field(pod, "spec.volumes", "key " + k.key())).with(Map.of("key", k.key()))).toList();
        }
        return gate().or(this::held).or(this::progress).stream().toList();
    }

    /** Its containers are ready, and a condition that somebody else sets is not true. */
    private Optional<Finding> gate() {
        var since = Observed.since(pod.condition("ContainersReady"));
        return pod.list("/spec/readinessGates").stream().map(g -> Json.text(g, "conditionType"))
            .filter(type -> Obj.isTrue(pod.condition("ContainersReady")) && !Obj.isTrue(pod.condition(type))).findFirst()
            .map(type -> finding(seen.age(since) < Code.POD_READINESS_GATE.young ? Code.STILL_PROGRESSING : Code.POD_READINESS_GATE, since,
                pod.condition(type).isMissingNode() ? Evidence.field(pod, "spec.readinessGates", type + ": nobody has set this condition")
                    : Evidence.condition(pod, pod.condition(type))).with(Map.of("gate", type)));
    }

    /** The event may have expired: another node's pod has the volume that only one may have. */
    private Optional<Finding> held() {
        return seen.holder(pod).filter(h -> unstarted() && seen.age(pod) > Code.VOLUME_MOUNT_FAILED.young)
            .map(h -> lost(h).orElseGet(() -> finding(Code.PVC_ACCESS_MODE, pod.time("/metadata/creationTimestamp"),
                Evidence.field(h, "spec.nodeName", h.text("/spec/nodeName") + " has the volume, " + pod.ref() + " is on "
                    + pod.text("/spec/nodeName")))));
    }

    private Optional<Finding> progress() {
        var pulling = seen.events(pod, "Pulling");
        if (unstarted() && pulling.size() > seen.events(pod, "Pulled", "Failed", "BackOff").size()) {
            return Optional.of(finding(Code.IMAGE_STILL_PULLING, Obj.instant(pulling.get(0).first()),
                pulling.get(pulling.size() - 1).evidence(pod)));
        }
        var sandbox = pod.condition("PodReadyToStartContainers");
        if (unstarted() && seen.age(pod) >= Code.STILL_PROGRESSING.young && !sandbox.isMissingNode()) {
            // False: volumes, sandbox or network; True: images
            var volumes = pod.list("/spec/volumes").stream().anyMatch(v -> OUTSIDE.matcher(v.propertyNames().toString()).find());
            return Optional.of(finding(Obj.isTrue(sandbox) ? Code.IMAGE_STILL_PULLING : volumes ? Code.VOLUME_MOUNT_FAILED
                : Code.SANDBOX_FAILED, Observed.since(sandbox),
                Evidence.condition(pod, sandbox)).with(Obj.isTrue(sandbox) ? Basis.OBSERVED : Basis.INFERRED));
        }
        return seen.age(pod) >= Code.STILL_PROGRESSING.young && unstarted() ? Optional.empty()
            : Optional.of(finding(Code.STILL_PROGRESSING, pod.time("/metadata/creationTimestamp"),
                Evidence.status(pod.ref() + "/status.phase", "", pod.text("/status/phase"))));
    }

    /** No container began yet but init containers that are done: it waits for its volumes, its sandbox or its images. */
    private boolean unstarted() {
        return Stream.concat(pod.list("/status/containerStatuses").stream(),
            pod.list("/status/initContainerStatuses").stream().filter(s -> !done(s))).allMatch(c -> c.path("state").isEmpty()
            || List.of("ContainerCreating", "PodInitializing").contains(c.at("/state/waiting/reason").asString("")));
    }

    private boolean sidecarBlocks() {
        var statuses = pod.list("/status/containerStatuses");
        return statuses.stream().anyMatch(PodFindings::succeeded) && statuses.stream().anyMatch(c -> c.at("/state/running").isObject());
    }

    /** The newest message that names a cause wins over "timed out waiting", which only repeats that there is one. */
    private Finding blockedBy(List<Event> events) {
        var best = events.get(0);
        for (var event : events) {
            best = rank(volume(event)) >= rank(volume(best)) ? event : best;
        }
        var code = volume(best);
        if (code == Code.STILL_PROGRESSING && seen.age(pod) > Code.VOLUME_MOUNT_FAILED.young) {
            code = Code.VOLUME_MOUNT_FAILED;
        } else if (code == Code.SANDBOX_FAILED && best.count() < 3 && seen.age(pod) < code.young) {
            code = Code.STILL_PROGRESSING;
        }
        return MissingObject.finding(seen, pod, code, best.evidence(pod));
    }

    private static Code volume(Event event) {
        return event.reason().contains("SandBox") ? Code.SANDBOX_FAILED
            : Messages.code(Messages.Topic.VOLUME, event.message()).orElse(Code.VOLUME_MOUNT_FAILED);
    }

    private static int rank(Code code) {
        return code == Code.STILL_PROGRESSING ? 0 : code == Code.VOLUME_MOUNT_FAILED ? 1 : 2;
    }

    /** What the template names and the namespace does not have; the kubelet tells one at a time, and late. */
    private Stream<References.Ref> references() {
        return References.of(pod.at("/spec")).stream().filter(r -> !r.optional() && !r.pull() && !seen.exists(r.kind(), r.name()));
    }

    /** The missing objects that nobody told of yet. */
    private List<Finding> absent(List<Finding> told) {
        var found = new ArrayList<>(told);
        references().forEach(r -> {
            var code = Code.missing(r.kind());
            if (Stream.concat(before.stream(), found.stream())
                .noneMatch(f -> f.code() == code && f.objectName().equals(r.name()) && f.owner().equals(owner))) {
                found.add(finding(code, new Ref(r.kind(), r.name()), Optional.empty(),
                    Evidence.field(pod, "spec", Kubectl.ref(r.kind(), r.name()))));
            }
        });
        return found.subList(told.size(), found.size());
    }
}
