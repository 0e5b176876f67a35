package ensure_ready.diagnosis;

import ensure_ready.model.Obj;
import ensure_ready.model.Snapshot;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Rights that the agent's pod needs to be of use. Pure. */
public final class AccessFindings {
    private final Facts facts;
    private final Snapshot snapshot;
    private final String agent;

    AccessFindings(Facts facts, String agent) {
        this.facts = facts;
        this.snapshot = facts.snapshot;
        this.agent = agent;
    }

    void find() {
        snapshot.all("RoleBinding").stream()
            .filter(b -> b.text("/roleRef/kind").equals("Role") && !facts.exists("Role", b.text("/roleRef/name")))
            .forEach(b -> subjects(b).forEach(account -> users(account).forEach(w ->
            facts.add(Code.RBAC_ROLE_MISSING, "Role", b.text("/roleRef/name"), new String[] {w.kind(), w.name()}, "", null,
                List.of(Findings.spec(b, "roleRef", "Role " + b.text("/roleRef/name"))), Map.of("binding", b.name())))));
        snapshot.find("Deployment", agent.substring(agent.indexOf('/') + 1)).ifPresent(this::agent);
    }

    /** The agent works through the API server; an account of its own without any binding may do nothing there. */
    private void agent(Obj deployment) {
        var account = deployment.text("/spec/template/spec/serviceAccountName");
        var bound = snapshot.all("RoleBinding").stream().anyMatch(b -> subjects(b).contains(account));
        if (!account.isEmpty() && !account.equals("default") && snapshot.knows("RoleBinding") && facts.exists("ServiceAccount", account)
            && snapshot.find("ServiceAccount", account).isPresent() && !bound) {
            facts.add(Code.RBAC_ROLE_MISSING, "ServiceAccount", account, new String[] {"Deployment", deployment.name()}, "", null,
                List.of(Findings.spec(deployment, "spec.template.spec.serviceAccountName",
                    account + ": no RoleBinding of this namespace names it")),
                    Map.of("inferred", "true"));
        }
    }

    private static List<String> subjects(Obj binding) {
        return binding.list("/subjects").stream().filter(s -> s.path("kind").asText().equals("ServiceAccount"))
            .map(s -> s.path("name").asText()).toList();
    }

    private List<Obj> users(String account) {
        return Stream.of("Deployment", "StatefulSet", "DaemonSet").flatMap(k -> snapshot.all(k).stream())
            .filter(w -> w.text("/spec/template/spec/serviceAccountName").equals(account)).toList();
    }
}
