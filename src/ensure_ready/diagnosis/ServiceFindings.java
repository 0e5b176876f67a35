package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Phrase;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Observed;
import ensure_ready.findings.Ports;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ownership;
import ensure_ready.model.Ref;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Faults between Services and pods: a Service that selects nothing, a port that nobody serves, a policy that lets nobody in. Pure.
 *
 * @param refusing hosts and addresses that a log says refused: who refuses has been reached, and nothing enforces a policy before it
 */
public record ServiceFindings(Observed seen, Dependencies needs, Set<Ref> unready, Set<String> refusing) {
    private static final Pattern HOST = Pattern.compile("(?<![\\w.-])([\\w-]++(?:\\.\\d+){0,3}+)[\\w.-]*+:\\d");
    /** Labels that many workloads of one application share say nothing about which one is meant. */
    private static final Pattern COMMON_LABEL = Pattern.compile("(.*/)?(" + String.join("|", "part-of", "managed-by", "instance", "release",
        "chart", "env", "environment", "heritage", "project", "team", "stage", "created-by", "slot", "issue", "version", "tier", "track")
            + ")$");

    ServiceFindings(Observed seen, Dependencies needs, Set<Ref> unready) {
        this(seen, needs, unready, seen.snapshot.logs().values().stream().flatMap(log -> log.lines().stream())
            .filter(Phrase.REFUSED::occurs)
            .flatMap(line -> HOST.matcher(line).results().map(m -> m.group(1))).collect(Collectors.toSet()));
    }

    Stream<Finding> find() {
        return Stream.concat(seen.snapshot.all("Service").stream().flatMap(s -> service(s).stream()),
            seen.snapshot.all("StatefulSet").stream().flatMap(s -> headless(s).stream()));
    }

    private List<Finding> service(Obj service) {
        var selector = service.map("/spec/selector");
        if (service.text("/spec/type").equals("ExternalName") || selector.isEmpty()) {
            return List.of();
        }
        var found = new ArrayList<Finding>();
        var behind = needs.behind(service);
        var waited = unready.contains(Ref.of(service));
        if (!behind.isEmpty()) {
            port(service, behind).ifPresent(found::add);
            behind.forEach(w -> closed(service, w).ifPresent(found::add));
        } else if (seen.snapshot.all("Pod").stream().noneMatch(p -> p.labels().entrySet().containsAll(selector.entrySet()))) {
            var meant = operated(service) ? Optional.<Obj>empty() : meant(service, selector);
            meant.map(w -> mismatch(service, selector, w)).ifPresent(found::add);
            if (meant.isEmpty() && !waited && !operated(service)) {
                found.add(seen.fault(needed(service) ? Code.SVC_SELECTOR_MISMATCH : Code.SVC_NO_READY_ENDPOINTS, service,
                    Evidence.field(service, "spec.selector", selector + " selects no pod")));
            }
        }
        if (waited) {
            found.add(seen.fault(Code.SVC_NO_READY_ENDPOINTS, service, Evidence.field(service, "status", "no pod behind it is ready")));
        }
        if (service.text("/spec/type").equals("LoadBalancer") && service.list("/status/loadBalancer/ingress").isEmpty()) {
            found.add(seen.fault(Code.SVC_LB_PENDING, service, Evidence.field(service, "status.loadBalancer", "no address")));
        }
        return found;
    }

    /** An operator gives its pods the labels of their roles while they run. */
    private boolean operated(Obj service) {
        return seen.snapshot.custom().anyMatch(c -> service.ownedBy(c) || Ownership.called(service, c));
    }

    /** Something that is not ready asks for it, and there is a workload without a Service that may be what it means. */
    private boolean needed(Obj service) {
        return unready.stream().anyMatch(w -> asks(w, service)) && needs.workloads().keySet().stream()
            .anyMatch(w -> !w.is("Job") && !w.is("CronJob") && !asks(w, service) && !served(w));
    }

    private boolean asks(Ref workload, Obj service) {
        return needs.mentions(workload).stream().anyMatch(m -> needs.service(m.host()).filter(service::equals).isPresent());
    }

    /**
     * The workload that the Service means though its labels differ: it has the Service's name, or shares a label that tells workloads
     * apart.
     */
    private Optional<Obj> meant(Obj service, Map<String, String> selector) {
        return needs.workloads().values().stream().filter(w -> !w.kind().equals("Job") && !w.kind().equals("CronJob"))
            .filter(w -> Dependencies.labels(w).entrySet().stream().filter(selector.entrySet()::contains)
                .anyMatch(l -> !COMMON_LABEL.matcher(l.getKey()).matches())
                || named(service.name(), w.name()) && !served(Ref.of(w)))
            .min(Comparator.comparing((Obj w) -> !named(service.name(), w.name())).thenComparing(Ref::of));
    }

    private boolean served(Ref workload) {
        return seen.snapshot.all("Service").stream().anyMatch(s -> needs.behind(s).contains(workload));
    }

    private static boolean named(String service, String workload) {
        return service.equals(workload) || service.equals(workload + "-service") || service.equals(workload + "-svc")
            || workload.startsWith(service + "-") && workload.substring(service.length() + 1)
            .matches("v?\\d+|deployment|deploy|app|server");
    }

    private Finding mismatch(Obj service, Map<String, String> selector, Obj workload) {
        var labels = Dependencies.labels(workload);
        return seen.fault(Code.SVC_SELECTOR_MISMATCH, service, Evidence.field(service, "spec.selector", selector.toString()),
            Evidence.field(workload, "spec.template.metadata.labels", labels.toString()))
            .with(Map.of("workload", workload.ref(), "differs", difference(selector, labels)));
    }

    private static String difference(Map<String, String> selector, Map<String, String> labels) {
        return selector.entrySet().stream().filter(e -> !e.getValue().equals(labels.get(e.getKey())))
            .map(e -> e.getKey() + "=" + e.getValue() + ", pods have "
                + (labels.containsKey(e.getKey()) ? e.getKey() + "=" + labels.get(e.getKey()) : "no " + e.getKey()))
            .sorted().collect(Collectors.joining("; "));
    }

    /** A Service before pods that no policy lets anybody reach serves nobody. */
    private Optional<Finding> closed(Obj service, Ref workload) {
        if (unready.contains(workload)) {
            return Optional.empty(); // probes come from the node, which no policy stops: it has another cause
        }
        var pods = needs.workloads().get(workload);
        return new NetworkPolicies(seen.snapshot).closed(Dependencies.labels(pods))
            .filter(p -> !reached(service) && !refusing.contains(service.name()) && !refusing.contains(service.text("/spec/clusterIP")))
            .map(p -> seen.finding(Code.NETPOL_BLOCKING, Ref.of(p), workload,
            Optional.empty(), List.of(Evidence.field(p, "spec.ingress", "nobody may reach " + pods.ref() + " behind " + service.ref())))
            .with(Map.of("to", service.ref())));
    }

    private boolean reached(Obj service) {
        return needs.workloads().keySet().stream().anyMatch(w -> !unready.contains(w) && needs.mentions(w).stream()
            .anyMatch(m -> m.sure() && needs.service(m.host()).filter(service::equals).isPresent()));
    }

    /**
     * containerPort is information, not law: a number is doubted only when none of the Service's ports fits and the pods do say their
     * ports.
     */
    private Optional<Finding> port(Obj service, List<Ref> behind) {
        var open = new LinkedHashSet<String>();
        behind.forEach(w -> open.addAll(Ports.open(Dependencies.podSpec(needs.workloads().get(w)))));
        if (open.isEmpty() || service.text("/spec/clusterIP").equals("None")) {
            return Optional.empty(); // a headless Service only names its pods, who are asked at their own ports
        }
        var wrong = service.list("/spec/ports").stream().map(Ports::target).filter(p -> !open.contains(p)).toList();
        var none = wrong.size() == service.list("/spec/ports").size();
        return wrong.stream().filter(p -> !p.matches("\\d+")).findFirst().or(() -> wrong.stream().filter(p -> none).findFirst())
            .map(p -> seen.fault(Code.SVC_TARGET_PORT_MISMATCH, service, Evidence.field(service, "spec.ports.targetPort", p),
                Evidence.field(needs.workloads().get(behind.get(0)), "spec.template.spec.containers.ports", String.join(", ", open)))
                .with(Map.of("targetPort", p, "containerPorts", String.join(",", open))));
    }

    private Optional<Finding> headless(Obj set) {
        var name = set.text("/spec/serviceName");
        return name.isEmpty() || seen.exists("Service", name) ? Optional.empty() : Optional.of(
            seen.fault(Code.STS_HEADLESS_SVC_MISSING, set, Evidence.field(set, "spec.serviceName", name)).with(Map.of("service", name)));
    }
}
