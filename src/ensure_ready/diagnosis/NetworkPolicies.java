package ensure_ready.diagnosis;

import ensure_ready.findings.Ports;
import ensure_ready.model.Obj;
import ensure_ready.model.Selector;
import ensure_ready.model.Snapshot;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import shared.Json;
import tools.jackson.databind.JsonNode;

/** What NetworkPolicies let through between two pods of this namespace. */
public record NetworkPolicies(Snapshot snapshot) {
    /** The policy that stops a connection to one of the workloads behind a Service, on this port of it or on any when it is empty. */
    Optional<Obj> blocking(Obj from, Obj service, String port, List<Obj> behind) {
        return behind.stream().flatMap(w -> blocking(Dependencies.labels(from), Dependencies.labels(w),
            Ports.behind(service, port, Dependencies.podSpec(w))).stream()).findFirst();
    }

    /** The policy that stops a connection to these ports (empty: any), first by name; empty when it is allowed. */
    private Optional<Obj> blocking(Map<String, String> from, Map<String, String> to, Set<String> ports) {
        return blocking("Ingress", to, from, "ingress", "from", ports).or(() -> blocking("Egress", from, to, "egress", "to", ports));
    }

    /** The policy that selects these pods where all such policies together let nobody in. */
    Optional<Obj> closed(Map<String, String> labels) {
        var selecting = selecting("Ingress", labels);
        return selecting.stream().allMatch(p -> p.list("/spec/ingress").isEmpty()) ? selecting.stream().findFirst() : Optional.empty();
    }

    /** The egress policy that keeps a pod from asking the cluster's DNS. */
    Optional<Obj> withoutDns(Map<String, String> from) {
        var selecting = selecting("Egress", from);
        return selecting.stream().anyMatch(p -> p.list("/spec/egress").stream().anyMatch(r -> leavesNamespace(r.path("to"))
            && (r.path("ports").isEmpty() || ports(r, Set.of("53", "dns", "dns-tcp")))))
            ? Optional.empty() : selecting.stream().findFirst();
    }

    /** Whether the cluster's DNS, which lives in another namespace, may be among these peers. */
    private static boolean leavesNamespace(JsonNode peers) {
        return peers.isEmpty() || peers.valueStream().anyMatch(p -> p.has("ipBlock")
            || p.has("namespaceSelector") && "kube-system".equals(p.at("/namespaceSelector/matchLabels")
                .path("kubernetes.io/metadata.name").asString("kube-system")));
    }

    private List<Obj> selecting(String type, Map<String, String> labels) {
        return snapshot.all("NetworkPolicy").stream()
            .filter(p -> types(p).contains(type) && Selector.matches(p.at("/spec/podSelector"), labels))
            .sorted(Comparator.comparing(Obj::name)).toList();
    }

    private static List<String> types(Obj policy) {
        var types = policy.list("/spec/policyTypes").stream().map(n -> n.asString("")).toList();
        return !types.isEmpty() ? types : policy.has("/spec/egress") ? List.of("Ingress", "Egress") : List.of("Ingress");
    }

    private Optional<Obj> blocking(String type, Map<String, String> subject,
        Map<String, String> peer, String rules, String side, Set<String> ports) {
        var selecting = selecting(type, subject);
        var allowed = selecting.stream().anyMatch(p -> p.list("/spec/" + rules).stream()
            .anyMatch(r -> peer(r.path(side), peer) && (r.path("ports").isEmpty() || ports.isEmpty() || ports(r, ports))));
        return allowed ? Optional.empty() : selecting.stream().findFirst();
    }

    private boolean peer(JsonNode peers, Map<String, String> labels) {
        if (peers.isEmpty()) {
            return true;
        }
        for (var p : peers) {
            var here = !p.has("namespaceSelector") || Selector.matches(p.path("namespaceSelector"), namespace());
            if (p.has("ipBlock") || here && (!p.has("podSelector") || Selector.matches(p.path("podSelector"), labels))) {
                return true;
            }
        }
        return false;
    }

    private Map<String, String> namespace() {
        var labels = new HashMap<>(snapshot.find("Namespace", snapshot.namespace()).map(Obj::labels).orElse(Map.of()));
        labels.put("kubernetes.io/metadata.name", snapshot.namespace());
        return labels;
    }

    private static boolean ports(JsonNode rule, Set<String> ports) {
        for (var p : rule.path("ports")) {
            var low = p.path("port").asInt(-1);
            var end = p.path("endPort").asInt(low);
            if (!p.has("port") || ports.contains(Json.text(p, "port"))
                || ports.stream().anyMatch(n -> n.matches("\\d{1,5}") && low >= 0
                && Integer.parseInt(n) >= low && Integer.parseInt(n) <= end)) {
                return true;
            }
        }
        return false;
    }
}
