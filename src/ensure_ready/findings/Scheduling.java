package ensure_ready.findings;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Messages;
import ensure_ready.catalogue.Phrase;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import ensure_ready.model.References;
import ensure_ready.model.Selector;
import ensure_ready.model.Snapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** Why a pod has no node, and what a scheduler's sentence "0/5 nodes are available: …" comes down to. Pure. */
public record Scheduling(Observed seen, Obj pod, Ref owner) {
    private static final Pattern REASON = Pattern.compile("(\\d+) ([^,]*(?:\\{[^}]*\\}[^,]*)*)");
    /** A node is named with the first test that it fails; this is the order of the tests, so a later one was nearer to success. */
    private static final List<Code> NEARNESS =
        List.of(Code.SCHED_TAINT, Code.SCHED_NODES_UNAVAILABLE, Code.NODE_PRESSURE, Code.SCHED_NODE_SELECTOR,
        Code.SCHED_HOST_PORT, Code.SCHED_INSUFFICIENT_RESOURCES,
        Code.SCHED_VOLUME_AFFINITY, Code.PVC_ACCESS_MODE, Code.PVC_UNBOUND, Code.SCHED_TOPOLOGY, Code.SCHED_POD_ANTI_AFFINITY,
        Code.SCHED_DEVICE_CLAIM);

    Finding find() {
        var condition = pod.condition("PodScheduled");
        var evidence = new ArrayList<>(List.of(condition.isMissingNode() ? Evidence.status(pod.ref() + "/status.phase", "", "Pending")
            : Evidence.condition(pod, condition)));
        var since = Observed.since(condition);
        var scaling = seen.events(pod, "TriggeredScaleUp", "Nominated"); // Karpenter says the second
        if (Json.text(condition, "reason").equals("SchedulingGated")) {
            return finding(Code.SCHED_GATED, owner, since, evidence);
        }
        if (Json.text(condition, "reason").equals("NotReadyForScheduling")) {
            return finding(seen.age(pod) < Code.SCHED_NOT_READY.young ? Code.STILL_PROGRESSING
                : Code.SCHED_NOT_READY, owner, since, evidence);
        }
        if (!scaling.isEmpty() && seen.age(pod) < Code.AUTOSCALING_IN_PROGRESS.young) {
            evidence.add(scaling.get(scaling.size() - 1).evidence(pod));
            return finding(Code.AUTOSCALING_IN_PROGRESS, owner, since, evidence);
        }
        var message = message(condition);
        return message.isEmpty()
            ? finding(seen.age(pod) < Code.SCHED_SCHEDULER_MISSING.young ? Code.STILL_PROGRESSING
                : condition.isMissingNode() ? Code.SCHED_SCHEDULER_MISSING : Code.UNKNOWN, owner, since, evidence)
            : unschedulable(message, since, evidence);
    }

    private String message(JsonNode condition) {
        var events = seen.events(pod, "FailedScheduling");
        var message = Json.text(condition, "message");
        return message.isEmpty() && !events.isEmpty() ? events.get(events.size() - 1).message() : message;
    }

    private Finding finding(Code code, Ref at, Optional<Instant> since, List<Evidence> evidence) {
        return seen.finding(code, at, owner, since, evidence).in(pod.name(), "");
    }

    private Finding unschedulable(String message, Optional<Instant> since, List<Evidence> evidence) {
        var claim = References.claims(pod.at("/spec")).filter(c -> !seen.exists("PersistentVolumeClaim", c)).findFirst();
        var code = claim.isPresent() ? Code.PVC_MISSING : code(message, pod, seen.snapshot);
        var missing = Phrase.MISSING.in(message);
        var at = code == Code.PVC_MISSING ? new Ref("PersistentVolumeClaim", missing.isEmpty() ? claim.orElse("") : missing)
            : code == Code.NODE_PRESSURE ? pressed().orElse(owner) : owner;
        var taint = Phrase.TAINT.in(message).strip();
        return finding(code, at, since, evidence).with(taint.isEmpty() ? Map.of() : Map.of("taint", taint));
    }

    /** The node that is short of something, when there is but one. */
    private Optional<Ref> pressed() {
        var pressed = seen.snapshot.all("Node").stream().filter(n -> n.list("/status/conditions").stream()
            .anyMatch(c -> Json.text(c, "type").endsWith("Pressure") && Obj.isTrue(c))).toList();
        return pressed.size() == 1 ? Optional.of(Ref.of(pressed.get(0))) : Optional.empty();
    }

    static Code code(String message, Obj pod, Snapshot snapshot) {
        return Messages.code(Messages.Topic.SCHEDULER, message).orElseGet(() -> decisive(codes(message), pod, snapshot));
    }

    private static Code decisive(List<Code> codes, Obj pod, Snapshot snapshot) {
        var best = codes.stream().max(Comparator.comparingInt(NEARNESS::indexOf)).orElse(Code.UNKNOWN);
        if (best == Code.SCHED_NODE_SELECTOR && codes.contains(Code.SCHED_NODES_UNAVAILABLE)
            && (!snapshot.knows("Node") || wanted(pod, snapshot))) {
            return Code.SCHED_NODES_UNAVAILABLE; // which labels the closed node has is not told: it may be the one that is meant
        }
        return best == Code.SCHED_NODE_SELECTOR && codes.contains(Code.SCHED_TAINT) && wanted(pod, snapshot) ? Code.SCHED_TAINT : best;
    }

    /** The reasons by node, without the second sentence about preemption and without control planes, which are closed on purpose. */
    public static List<Code> codes(String message) {
        var text = message.toLowerCase(Locale.ROOT).replaceFirst("^[^:]*available:", "").replaceFirst("\\bpreemption:.*", "")
            .replaceFirst("no new claims to deallocate.*", "");
        var reasons = REASON.matcher(text).results().map(m -> m.group(2)).toList();
        var open = reasons.stream().filter(r -> Phrase.CONTROL_PLANE.in(r).isEmpty()).toList();
        var codes = open.stream().flatMap(r -> Messages.code(Messages.Topic.NODE, r).stream()).toList();
        return codes.isEmpty() && open.size() < reasons.size() ? List.of(Code.SCHED_TAINT) : codes;
    }

    /** True when a node has the labels that the pod asks for: then it is something else that closes that node. */
    private static boolean wanted(Obj pod, Snapshot snapshot) {
        var selector = pod.map("/spec/nodeSelector");
        var terms = pod.list("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
        return snapshot.all("Node").stream().anyMatch(n -> n.labels().entrySet().containsAll(selector.entrySet())
            && (terms.isEmpty() || terms.stream().anyMatch(t -> Selector.expressions(t, n.labels()))));
    }
}
