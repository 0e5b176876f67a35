package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Observed;
import ensure_ready.findings.Ports;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import ensure_ready.model.Snapshot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import shared.Json;

/**
 * What the settings of a workload alone prove: an address with a port that its Service does not serve, a name that only lacks its
 * Service, a policy between the two, a DNS that knows no Services. Pure.
 */
public final class SettingFindings {
    private final Observed seen;
    private final Snapshot snapshot;
    private final Dependencies needs;
    private final NetworkPolicies policies;
    private final Set<List<Object>> said = new HashSet<>();
    private final Set<Ref> unready;
    private final List<Finding> found = new ArrayList<>();

    /** {@code told}: what symptoms told already; it is not said twice. */
    SettingFindings(Observed seen, Dependencies needs, List<Finding> told, Set<Ref> unready) {
        this.unready = unready;
        this.seen = seen;
        this.snapshot = seen.snapshot;
        this.needs = needs;
        this.policies = new NetworkPolicies(seen.snapshot);
        told.forEach(f -> said.add(List.of(f.code(), f.owner(), f.object())));
    }

    List<Finding> find() {
        needs.workloads().forEach((ref, workload) -> {
            needs.mentions(ref).stream().filter(m -> m.sure() && !m.port().isEmpty()).forEach(m -> needs.service(m.host())
                .ifPresentOrElse(service -> address(workload, m, service), () -> name(workload, m)));
            dns(workload);
        });
        return found;
    }

    private void add(Code code, Obj workload, Ref at, Evidence evidence, Map<String, String> params) {
        var f = seen.finding(code, at, Ref.of(workload), Optional.empty(), List.of(evidence)).with(params);
        if (!said.contains(List.<Object>of(code, f.owner(), at))) {
            found.add(f);
            said.add(List.of(code, f.owner(), f.object()));
        }
    }

    private void address(Obj workload, Mention m, Obj service) {
        var address = service.name() + ":" + m.port();
        if (!needs.serves(service, m.port())) {
            add(Code.ENV_PORT_MISMATCH, workload, Mention.place(m.via(), Ref.of(workload)), Evidence.field(workload, m.via(), address),
                Map.of("address", address, "served", Ports.served(service), "setting", m.via()));
            return;
        }
        if (!unready.contains(Ref.of(workload))) {
            return; // whether anything enforces policies is not told, and its traffic may flow
        }
        var others = needs.serving(service).filter(w -> w != workload).toList();
        policies.blocking(workload, service, m.port(), others).ifPresent(p -> add(Code.NETPOL_BLOCKING, workload, Ref.of(p),
            Evidence.field(p, "spec", "does not allow " + workload.ref() + " to reach svc/" + service.name()),
            Map.of("from", workload.ref(), "to", "svc/" + service.name())));
    }

    private void name(Obj workload, Mention m) {
        needs.local(m.host()).filter(host -> snapshot.knows("Service") && !Connections.unapplied(snapshot, host))
            .filter(host -> needs.workloads().values().stream().anyMatch(w -> w.name().equals(host)
                && Ports.open(Dependencies.podSpec(w)).contains(m.port()) && !Ref.of(w).equals(Ref.of(workload))))
            .ifPresent(host -> add(Code.SVC_MISSING, workload, new Ref("Service", host),
                Evidence.field(workload, m.via(), host + ":" + m.port()), Map.of("host", host, "setting", m.via())));
    }

    private void dns(Obj workload) {
        var spec = Dependencies.podSpec(workload);
        var policy = Json.text(spec, "dnsPolicy");
        var outside = policy.equals("Default") || policy.equals("None") && !spec.at("/dnsConfig/searches").toString().contains("svc");
        if (outside && needs.mentions(Ref.of(workload)).stream().anyMatch(m -> m.sure() && needs.service(m.host()).isPresent())) {
            add(Code.POD_DNS_POLICY, workload, Ref.of(workload), Evidence.field(workload, "spec.template.spec.dnsPolicy", policy),
                Map.of("dnsPolicy", policy));
        }
    }
}
