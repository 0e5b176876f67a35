package ensure_ready.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Snapshot;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Faults between objects: Services that select nothing, ports that nobody serves, Ingresses that lead nowhere. Pure. */
public final class WiringFindings {
    /** Labels that many workloads of one application share say nothing about which one is meant. */
    private static final Pattern COMMON_LABEL =
        Pattern.compile("(.*/)?(part-of|managed-by|instance|release|chart|env|environment|heritage|project|team|stage|created-by|slot|issue|version|tier|track)$");
    private final Facts facts;
    private final Snapshot snapshot;
    private final Wiring wiring;
    private final Set<String> unready;

    WiringFindings(Facts facts, Wiring wiring, Set<String> unready) {
        this.facts = facts;
        this.snapshot = facts.snapshot;
        this.wiring = wiring;
        this.unready = unready;
    }

    void find() {
        snapshot.all("Service").forEach(this::service);
        snapshot.all("Ingress").forEach(this::ingress);
        snapshot.all("StatefulSet").forEach(this::headless);
        snapshot.all("HorizontalPodAutoscaler").forEach(this::autoscaler);
        snapshot.all("PodDisruptionBudget").forEach(this::budget);
        wiring.templates().values().forEach(this::zero);
    }

    private void add(Code code, Obj object, List<Evidence> evidence, Map<String, String> params) {
        facts.add(code, object.kind(), object.name(), new String[] {object.kind(), object.name()},
            "", object.time("/metadata/creationTimestamp")
            .orElse(null), evidence, params);
    }

    private void service(Obj service) {
        var selector = service.map("/spec/selector");
        if (service.text("/spec/type").equals("ExternalName") || selector.isEmpty()) {
            return;
        }
        var behind = wiring.behind(service);
        var pods = snapshot.all("Pod").stream().filter(p -> p.labels().entrySet().containsAll(selector.entrySet())).toList();
        if (behind.isEmpty() && pods.isEmpty()) {
            var near = near(service, selector);
            if (near.isEmpty() && !unready.contains(Wiring.key(service))) {
                add(Code.SVC_NO_READY_ENDPOINTS, service, List.of(Findings.spec(service, "spec.selector", selector + " selects no pod")),
                    Map.of());
            }
            near.ifPresent(w ->
                add(Code.SVC_SELECTOR_MISMATCH, service, List.of(Findings.spec(service, "spec.selector", selector.toString()),
                Findings.spec(w, "spec.template.metadata.labels", Wiring.labels(w).toString())),
                    Map.of("workload", w.ref(), "differs", difference(selector, Wiring.labels(w)))));
        } else if (!behind.isEmpty()) {
            ports(service, behind);
            behind.forEach(w -> closed(service, wiring.templates().get(w)));
        }
        if (unready.contains(Wiring.key(service))) {
            add(Code.SVC_NO_READY_ENDPOINTS, service, List.of(Findings.spec(service, "status", "no pod behind it is ready")), Map.of());
        }
        if (service.text("/spec/type").equals("LoadBalancer") && service.list("/status/loadBalancer/ingress").isEmpty()) {
            add(Code.SVC_LB_PENDING, service, List.of(Findings.spec(service, "status.loadBalancer", "no address")), Map.of());
        }
    }

    /**
     * The workload that the Service means though its labels differ: it has the Service's name, or shares a label that tells workloads
     * apart.
     */
    private Optional<Obj> near(Obj service, Map<String, String> selector) {
        var taken = new HashSet<String>();
        snapshot.all("Service").forEach(s -> taken.addAll(wiring.behind(s)));
        return wiring.templates().entrySet().stream().filter(e -> !e.getKey().startsWith("Job/") && !e.getKey().startsWith("CronJob/"))
            .map(Map.Entry::getValue).filter(w -> {
            var shared = Wiring.labels(w).entrySet().stream().filter(selector.entrySet()::contains)
                .anyMatch(l -> !COMMON_LABEL.matcher(l.getKey()).matches());
            return shared || named(service.name(), w.name()) && !taken.contains(Wiring.key(w));
        }).min(Comparator.comparing((Obj w) -> !named(service.name(), w.name())).thenComparing(Wiring::key));
    }

    /** A Service before pods that no policy lets anybody reach serves nobody. */
    private void closed(Obj service, Obj workload) {
        if (unready.contains(Wiring.key(workload))) {
            return; // probes come from the node, which no policy stops: it has another cause
        }
        new Policies(snapshot).closed(Wiring.labels(workload))
            .ifPresent(p -> facts.add(Code.NETPOL_BLOCKING, p.kind(), p.name(), new String[] {workload.kind(), workload.name()}, "", null,
            List.of(Findings.spec(p, "spec.ingress", "nobody may reach " + workload.ref() + " behind " + service.ref())),
                Map.of("to", service.ref())));
    }

    private static boolean named(String service, String workload) {
        return service.equals(workload) || service.equals(workload + "-service")
            || service.equals(workload + "-svc") || workload.startsWith(service + "-")
            && workload.substring(service.length() + 1).matches("v?\\d+|deployment|deploy|app|server");
    }

    private static String difference(Map<String, String> selector, Map<String, String> labels) {
        return selector.entrySet().stream().filter(e -> !e.getValue().equals(labels.get(e.getKey())))
            .map(e -> e.getKey() + "=" + e.getValue() + ", pods have "
            + (labels.containsKey(e.getKey()) ? e.getKey() + "=" + labels.get(e.getKey())
            : "no " + e.getKey())).sorted().collect(Collectors.joining("; "));
    }

    /**
     * containerPort is information, not law: a number is doubted only when none of the Service's ports fits and the pods do say their
     * ports.
     */
    private void ports(Obj service, List<String> behind) {
        var open = new LinkedHashSet<String>();
        behind.forEach(w -> open.addAll(open(wiring.templates().get(w))));
        if (open.isEmpty()) {
            return;
        }
        var wrong = service.list("/spec/ports").stream().filter(p -> !open.contains(target(p))).toList();
        var named = wrong.stream().filter(p -> !target(p).matches("\\d+")).findFirst();
        var doubted = named.isPresent() ? named : wrong.size() == service.list("/spec/ports").size()
            ? wrong.stream().findFirst() : Optional.<JsonNode>empty();
        doubted.ifPresent(p ->
            add(Code.SVC_TARGET_PORT_MISMATCH, service, List.of(Findings.spec(service, "spec.ports.targetPort", target(p)),
            Findings.spec(wiring.templates().get(behind.get(0)), "spec.template.spec.containers.ports", String.join(", ", open))),
                Map.of("targetPort", target(p), "containerPorts", String.join(",", open))));
    }

    static String target(JsonNode port) {
        return port.path("targetPort").asText(port.path("port").asText());
    }

    /** Ports that a workload's containers declare or are probed on, by number and name. */
    static Set<String> open(Obj workload) {
        var open = new LinkedHashSet<String>();
        for (var list : List.of("containers", "initContainers")) {
            for (var c : Wiring.template(workload).path("spec").path(list)) {
                c.path("ports").forEach(p -> {
                    open.add(p.path("containerPort").asText());
                    open.add(p.path("name").asText(p.path("containerPort").asText()));
                });
                if (!c.path("ports").isEmpty()) {
                    List.of("/readinessProbe/httpGet/port", "/readinessProbe/tcpSocket/port", "/readinessProbe/grpc/port")
                        .forEach(p -> Optional.of(c.at(p).asText()).filter(t -> !t.isEmpty()).ifPresent(open::add));
                }
            }
        }
        return open;
    }

    private void ingress(Obj ingress) {
        var type = ingress.text("/spec/ingressClassName").isEmpty() ? ingress.annotation("kubernetes.io/ingress.class")
            : ingress.text("/spec/ingressClassName");
        if (ingress.has("/spec/ingressClassName") && !facts.exists("IngressClass", type)) {
            add(Code.INGRESS_CLASS_MISSING, ingress, List.of(Findings.spec(ingress, "spec.ingressClassName", type)), Map.of("class", type));
        }
        var backends = new ArrayList<JsonNode>();
        backends.add(ingress.at("/spec/defaultBackend/service"));
        ingress.list("/spec/rules").forEach(r -> r.at("/http/paths").forEach(p -> backends.add(p.at("/backend/service"))));
        backends.stream().filter(b -> b.has("name")).distinct().forEach(b -> backend(ingress, b));
        ingress.list("/spec/tls").stream().map(t -> t.path("secretName").asText())
            .filter(s -> !s.isEmpty() && !facts.exists("Secret", s)).distinct()
            .forEach(s -> {
            var issued = ingress.json().at("/metadata/annotations").toString().contains("cert-manager.io/")
                && facts.age(ingress.time("/metadata/creationTimestamp")) < 600;
            if (!issued) {
                add(Code.INGRESS_TLS_SECRET_MISSING, ingress, List.of(Findings.spec(ingress, "spec.tls.secretName", s)), Map.of("name", s));
            }
        });
    }

    private void backend(Obj ingress, JsonNode backend) {
        var name = backend.path("name").asText();
        if (!snapshot.knows("Service")) {
            return;
        }
        var service = snapshot.find("Service", name);
        var port = backend.at("/port/name").asText(backend.at("/port/number").asText());
        if (service.isEmpty()) {
            add(Code.INGRESS_BACKEND_MISSING, ingress, List.of(Findings.spec(ingress, "spec.rules.backend.service.name", name)),
                Map.of("service", name, "nearMiss", Near.of(name, snapshot.all("Service"))));
        } else if (!port.isEmpty() && !service.get().text("/spec/type").equals("ExternalName") && service.get().list("/spec/ports").stream()
            .noneMatch(p -> p.path("port").asText().equals(port) || p.path("name").asText().equals(port))) {
            add(Code.INGRESS_BACKEND_PORT, ingress, List.of(Findings.spec(ingress, "spec.rules.backend.service.port", name + ":" + port)),
                Map.of("service", name, "port", port));
        }
    }

    private void headless(Obj set) {
        var name = set.text("/spec/serviceName");
        if (!name.isEmpty() && !facts.exists("Service", name)) {
            add(Code.STS_HEADLESS_SVC_MISSING, set, List.of(Findings.spec(set, "spec.serviceName", name)), Map.of("service", name));
        }
    }

    private void autoscaler(Obj hpa) {
        var active = hpa.condition("ScalingActive");
        var able = hpa.condition("AbleToScale");
        var bad = active.path("status").asText().equals("False") && !active.path("reason").asText().equals("ScalingDisabled")
            ? active : able.path("status")
            .asText().equals("False") ? able : MissingNode.getInstance();
        if (bad.isObject()) {
            add(Code.HPA_NO_METRICS, hpa, List.of(Findings.evidence(hpa, bad)), Map.of("reason", bad.path("reason").asText()));
        }
    }

    private void budget(Obj budget) {
        var allowed = budget.condition("DisruptionAllowed");
        if (allowed.path("status").asText().equals("False")
            && budget.number("/status/currentHealthy", 0) >= budget.number("/status/desiredHealthy", 0)) {
            add(Code.PDB_BLOCKING, budget, List.of(Findings.evidence(budget, allowed)), Map.of());
        }
    }

    /** Zero is a choice; it is a fault only where others need what is switched off, which the diagnosis sees. */
    private void zero(Obj workload) {
        var scaled = snapshot.all("HorizontalPodAutoscaler").stream()
            .anyMatch(h -> h.text("/spec/scaleTargetRef/name").equals(workload.name()));
        if (workload.has("/spec/replicas") && workload.number("/spec/replicas", 1) == 0 && !scaled) {
            add(Code.REPLICAS_ZERO, workload, List.of(Findings.spec(workload, "spec.replicas", "0")), Map.of());
        }
    }
}
