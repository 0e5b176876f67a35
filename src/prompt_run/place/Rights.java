package prompt_run.place;

import io.fabric8.kubernetes.api.model.authorization.v1.ResourceRule;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SelfSubjectRulesReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the caller may do in the namespace. */
public record Rights(KubernetesClient client, String namespace) {

    /** Yes, no, or why that could not be asked: for the dry run. */
    Map<String, String> asked(AgentSettings settings) {
        Map<String, String> answers = new LinkedHashMap<>();
        if (namespace == null) {
            return answers;
        }
        List<String[]> asks =
            new ArrayList<>(List.of(new String[] {"get", "apps", "deployments"}, new String[] {"list", "apps", "replicasets"},
            new String[] {"list", "", "pods"}, new String[] {"get", "", "pods"}, new String[] {"create", "", "pods/exec"}));
        if (settings.allows("pod")) {
            asks.addAll(List.of(new String[] {"create", "", "pods"}, new String[] {"delete", "", "pods"},
                new String[] {"create", "", "serviceaccounts"},
                new String[] {"create", "rbac.authorization.k8s.io", "roles"},
                    new String[] {"create", "rbac.authorization.k8s.io", "rolebindings"}));
        }
        for (String[] ask : asks) {
            answers.put(ask[0] + " " + ask[2], ask(ask[0], ask[1], ask[2]));
        }
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
        String[] parts = resource.split("/", 2);
        SelfSubjectAccessReview review = new SelfSubjectAccessReviewBuilder()
            .withNewSpec().withNewResourceAttributes().withNamespace(namespace).withVerb(verb)
            .withGroup(group).withResource(parts[0]).withSubresource(parts.length > 1 ? parts[1] : null)
            .endResourceAttributes().endSpec().build();
        SelfSubjectAccessReview answer = client.authorization().v1().selfSubjectAccessReview().create(review);
        return answer.getStatus() != null && Boolean.TRUE.equals(answer.getStatus().getAllowed());
    }

    /** Nobody can grant what he does not hold: the rules that are left when the caller's own are the limit. */
    List<PolicyRule> grantable(List<PolicyRule> wanted) {
        if (may("*", "*", "*") || may("escalate", "rbac.authorization.k8s.io", "roles")) {
            return wanted;
        }
        List<ResourceRule> held = client.authorization().v1().selfSubjectRulesReview()
            .create(new SelfSubjectRulesReviewBuilder().withNewSpec().withNamespace(namespace).endSpec().build())
            .getStatus().getResourceRules();
        List<PolicyRule> granted = new ArrayList<>();
        for (PolicyRule rule : wanted) {
            for (String resource : rule.getResources()) {
                List<String> verbs = rule.getVerbs().stream()
                    .filter(verb -> held.stream().anyMatch(h -> covers(h, rule.getApiGroups().get(0), resource, verb))).toList();
                if (!verbs.isEmpty()) {
                    granted.add(new PolicyRuleBuilder().withApiGroups(rule.getApiGroups())
                        .withResources(resource).withVerbs(verbs).build());
                }
            }
        }
        return granted;
    }

    static boolean covers(ResourceRule held, String group, String resource, String verb) {
        return held.getResourceNames().isEmpty() && any(held.getApiGroups(), group)
            && any(held.getResources(), resource) && any(held.getVerbs(), verb);
    }

    private static boolean any(List<String> held, String one) {
        return held.contains("*") || held.contains(one);
    }
}
