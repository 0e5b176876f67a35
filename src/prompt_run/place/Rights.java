package prompt_run.place;

import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectRulesReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import prompt_run.view.Rbac;

/** What the caller may do in the namespace, and what an account is bound to. */
public record Rights(KubernetesClient client, String namespace) {

    private static final String RBAC = "rbac.authorization.k8s.io";
    private static final List<Ask> TO_RUN = List.of(new Ask("get", "apps", "deployments"), new Ask("list", "apps", "replicasets"),
        new Ask("list", "", "pods"), new Ask("get", "", "pods"), new Ask("create", "", "pods/exec"));
    private static final List<Ask> FOR_A_POD = List.of(new Ask("create", "", "pods"), new Ask("delete", "", "pods"),
        new Ask("create", "", "serviceaccounts"), new Ask("create", RBAC, "roles"), new Ask("create", RBAC, "rolebindings"));

    private record Ask(String verb, String group, String resource) {
    }

    /** For the dry run: yes, no, or why that could not be asked; {@code ownPod}: also what a pod of our own needs. */
    Map<String, String> asked(boolean ownPod) {
        var answers = new LinkedHashMap<String, String>();
        Stream.concat(TO_RUN.stream(), ownPod ? FOR_A_POD.stream() : Stream.empty())
            .forEach(ask -> answers.put(ask.verb() + " " + ask.resource(), ask(ask.verb(), ask.group(), ask.resource())));
        return answers;
    }

    private String ask(String verb, String group, String resource) {
        try {
            return may(verb, group, resource) ? "yes" : "no";
        } catch (KubernetesClientException problem) {
            return "unknown: " + Kube.reason(problem);
        }
    }

    boolean may(String verb, String group, String resource) {
        var parts = resource.split("/", 2);
        var review = new SelfSubjectAccessReviewBuilder()
            .withNewSpec().withNewResourceAttributes().withNamespace(namespace).withVerb(verb)
            .withGroup(group).withResource(parts[0]).withSubresource(parts.length > 1 ? parts[1] : null)
            .endResourceAttributes().endSpec().build();
        var answer = client.authorization().v1().selfSubjectAccessReview().create(review);
        return answer.getStatus() != null && Boolean.TRUE.equals(answer.getStatus().getAllowed());
    }

    boolean mayMakeRoles() {
        return may("create", RBAC, "roles") && may("create", RBAC, "rolebindings");
    }

    /** Nobody can grant what he does not hold: the rules that are left when the caller's own are the limit. */
    List<PolicyRule> grantable(List<PolicyRule> wanted) {
        if (may("*", "*", "*") || may("escalate", RBAC, "roles")) {
            return wanted;
        }
        return Rbac.within(wanted, client.authorization().v1().selfSubjectRulesReview()
            .create(new SelfSubjectRulesReviewBuilder().withNewSpec().withNamespace(namespace).endSpec().build())
            .getStatus().getResourceRules());
    }

    /** Whether any RoleBinding of the namespace names the account; null when that cannot be read. */
    Boolean bound(String account) {
        return Kube.tried(() ->
            client.rbac().roleBindings().inNamespace(namespace).list().getItems().stream()
                .anyMatch(binding -> Rbac.names(binding.getSubjects(), namespace, account, false))
            || client.rbac().clusterRoleBindings().list().getItems().stream()
                .anyMatch(binding -> Rbac.names(binding.getSubjects(), namespace, account, true)));
    }
}
