package ensure_ready.diagnosis;

import ensure_ready.catalogue.Basis;
import ensure_ready.catalogue.Code;
import ensure_ready.findings.Finding;
import ensure_ready.findings.Observed;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Ref;
import ensure_ready.model.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import shared.Json;

/** Rights that pods need of the API server: a Role that is bound but absent, an agent that nobody gave any. Pure. */
public record AccessFindings(Observed seen, Ref agent) {
    Stream<Finding> find() {
        return Stream.concat(seen.snapshot.all("RoleBinding").stream()
            .filter(b -> b.text("/roleRef/kind").equals("Role") && !seen.exists("Role", b.text("/roleRef/name")))
            .flatMap(b -> subjects(b).flatMap(account -> users(account).map(w -> unbound(b, Ref.of(w))))),
            seen.snapshot.find(agent.kind(), agent.name()).flatMap(this::agent).stream());
    }

    private Finding unbound(Obj binding, Ref workload) {
        var role = binding.text("/roleRef/name");
        return seen.finding(Code.RBAC_ROLE_MISSING, new Ref("Role", role), workload, Optional.empty(),
            List.of(Evidence.field(binding, "roleRef", "Role " + role))).with(Map.of("binding", binding.name()));
    }

    /** The agent works through the API server; an account of its own without any binding may do nothing there. */
    private Optional<Finding> agent(Obj deployment) {
        var account = deployment.text("/spec/template/spec/serviceAccountName");
        var bound = seen.snapshot.all("RoleBinding").stream().anyMatch(b -> subjects(b).anyMatch(account::equals));
        if (account.isEmpty() || account.equals("default") || bound || !seen.snapshot.knows("RoleBinding")
            || seen.snapshot.find("ServiceAccount", account).isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(seen.finding(Code.RBAC_ROLE_MISSING, new Ref("ServiceAccount", account), agent, Optional.empty(),
            List.of(Evidence.field(deployment, "spec.template.spec.serviceAccountName",
                account + ": no RoleBinding of this namespace names it"))).with(Basis.INFERRED));
    }

    /** The Roles that the workload's account is bound to, also those that do not exist. */
    static List<Ref> roles(Snapshot snapshot, Obj workload) {
        var account = workload == null ? "" : Dependencies.podSpec(workload).path("serviceAccountName").asString("default");
        return snapshot.all("RoleBinding").stream().filter(b -> subjects(b).anyMatch(account::equals)).map(b -> Ref.of(b.at("/roleRef")))
            .filter(r -> r.is("Role")).sorted().toList();
    }

    private static Stream<String> subjects(Obj binding) {
        return binding.list("/subjects").stream().filter(s -> Json.text(s, "kind").equals("ServiceAccount"))
            .map(s -> Json.text(s, "name"));
    }

    private Stream<Obj> users(String account) {
        return Stream.of("Deployment", "StatefulSet", "DaemonSet").flatMap(k -> seen.snapshot.all(k).stream())
            .filter(w -> w.text("/spec/template/spec/serviceAccountName").equals(account));
    }
}
