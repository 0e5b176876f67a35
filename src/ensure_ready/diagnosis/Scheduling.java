package ensure_ready.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import ensure_ready.model.Obj;
import ensure_ready.model.Selector;
import ensure_ready.model.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a scheduler's sentence "0/5 nodes are available: …" comes down to. */
public final class Scheduling {
    private static final Pattern PART = Pattern.compile("(\\d+) ([^,]*(?:\\{[^}]*\\}[^,]*)*)");
    private static final Pattern CONTROL_PLANE = Pattern.compile("node-role\\.kubernetes\\.io/(control-plane|master)");
    private static final Pattern NODE_TROUBLE =
        Pattern.compile("node\\.kubernetes\\.io/(not-ready|unreachable|unschedulable|network-unavailable)|node\\.cloudprovider\\.kubernetes\\.io/uninitialized");
    private static final Pattern PRESSURE = Pattern.compile("node\\.kubernetes\\.io/(memory|disk|pid)-pressure");
    /** A node is named with the first test that it fails; this is the order of the tests, so a later one was nearer to success. */
    private static final List<Code> NEARNESS =
        List.of(Code.SCHED_TAINT, Code.SCHED_NODES_UNAVAILABLE, Code.NODE_PRESSURE, Code.SCHED_NODE_SELECTOR,
        Code.SCHED_HOST_PORT, Code.SCHED_INSUFFICIENT_RESOURCES,
        Code.SCHED_VOLUME_AFFINITY, Code.PVC_ACCESS_MODE, Code.PVC_UNBOUND, Code.SCHED_TOPOLOGY, Code.SCHED_POD_ANTI_AFFINITY);

    private Scheduling() { }

    static Code code(String message, Obj pod, Snapshot snapshot) {
        var text = message.toLowerCase(Locale.ROOT);
        if (text.contains("persistentvolumeclaim \"") && text.contains("not found")) {
            return Code.PVC_MISSING;
        }
        if (text.contains("unbound immediate persistentvolumeclaims") || text.contains("waiting for a volume to be created")
            || text.contains("is being deleted")) {
            return Code.SCHED_VOLUME_UNBOUND;
        }
        if (text.contains("no nodes available") || text.startsWith("0/0 nodes")) {
            return Code.SCHED_NODES_UNAVAILABLE;
        }
        var codes = codes(text);
        var best = codes.stream().max(Comparator.comparingInt(NEARNESS::indexOf)).orElse(Code.UNKNOWN);
        if (best == Code.SCHED_NODE_SELECTOR && codes.contains(Code.SCHED_NODES_UNAVAILABLE)
            && (!snapshot.knows("Node") || wanted(pod, snapshot))) {
            return Code.SCHED_NODES_UNAVAILABLE; // which labels the closed node has is not told: it may be the one that is meant
        }
        if (best == Code.SCHED_NODE_SELECTOR && codes.contains(Code.SCHED_TAINT) && wanted(pod, snapshot)) {
            return Code.SCHED_TAINT;
        }
        return best;
    }

    /** The reasons by node, without the second sentence about preemption and without control planes, which are closed on purpose. */
    public static List<Code> codes(String text) {
        var body = text.replaceFirst("^[^:]*available:", "").replaceFirst("\\bpreemption:.*", "")
            .replaceFirst("no new claims to deallocate.*", "");
        var codes = new ArrayList<Code>();
        var closed = false;
        var parts = PART.matcher(body);
        while (parts.find()) {
            if (CONTROL_PLANE.matcher(parts.group(2)).find()) {
                closed = true;
            } else {
                reason(parts.group(2)).ifPresent(codes::add);
            }
        }
        if (codes.isEmpty() && closed) {
            codes.add(Code.SCHED_TAINT);
        }
        return codes;
    }

    private static Optional<Code> reason(String part) {
        if (part.contains("taint")) {
            return Optional.of(NODE_TROUBLE.matcher(part).find() ? Code.SCHED_NODES_UNAVAILABLE
                : PRESSURE.matcher(part).find() ? Code.NODE_PRESSURE
                : Code.SCHED_TAINT);
        }
        if (part.contains("volume node affinity") || part.contains("persistentvolume's node affinity")
            || part.contains("available volume zone")) {
            return Optional.of(Code.SCHED_VOLUME_AFFINITY);
        }
        if (part.contains("find available persistent volumes") || part.contains("bound to non-existent persistentvolume")
            || part.contains("unbound")) {
            return Optional.of(Code.PVC_UNBOUND);
        }
        if (part.contains("readwriteoncepod") || part.contains("no available disk") || part.contains("already mounted")) {
            return Optional.of(Code.PVC_ACCESS_MODE);
        }
        if (part.contains("pod anti-affinity") || part.contains("pod affinity") || part.contains("existing pods anti-affinity")
            || part.contains("inter-pod") || part.contains("pod affinity/anti-affinity")) {
            return Optional.of(Code.SCHED_POD_ANTI_AFFINITY);
        }
        if (part.contains("topology spread")) {
            return Optional.of(Code.SCHED_TOPOLOGY);
        }
        if (part.contains("node affinity") || part.contains("node selector") || part.contains("node(s) didn't match node")
            || part.contains("requested node name") || part.contains("nodeselector")) {
            return Optional.of(Code.SCHED_NODE_SELECTOR);
        }
        if (part.contains("free ports")) {
            return Optional.of(Code.SCHED_HOST_PORT);
        }
        if (part.contains("insufficient") || part.contains("too many pods") || part.contains("exceed max volume count")) {
            return Optional.of(Code.SCHED_INSUFFICIENT_RESOURCES);
        }
        return part.contains("unschedulable") || part.contains("not ready")
            || part.contains("unavailable") ? Optional.of(Code.SCHED_NODES_UNAVAILABLE)
            : Optional.empty();
    }

    /** True when a node has the labels that the pod asks for: then it is something else that closes that node. */
    private static boolean wanted(Obj pod, Snapshot snapshot) {
        var selector = pod.map("/spec/nodeSelector");
        var terms = pod.list("/spec/affinity/nodeAffinity/requiredDuringSchedulingIgnoredDuringExecution/nodeSelectorTerms");
        return snapshot.all("Node").stream().anyMatch(n -> n.labels().entrySet().containsAll(selector.entrySet())
            && (terms.isEmpty() || terms.stream().anyMatch(t -> matches(t, n))));
    }

    private static boolean matches(JsonNode term, Obj node) {
        for (var e : term.path("matchExpressions")) {
            if (!Selector.expression(e, node.labels())) {
                return false;
            }
        }
        return true;
    }
}
