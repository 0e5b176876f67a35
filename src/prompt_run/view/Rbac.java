package prompt_run.view;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.ResourceRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static java.nio.file.StandardOpenOption.WRITE;

/**
 * What an agent may do in its namespace: look at everything but Secrets, and, unless it only plans, restore workloads. Nothing that
 * deploy/codex may not, and everything that the prompts ask for. Who may change workloads can
 * mount a Secret into one: no promise is made that the agent sees none.
 */
public final class Rbac {
    private static final Map<String, List<String>> READ = Map.of(
        "", List.of("pods", "pods/log", "services", "endpoints", "events", "configmaps", "persistentvolumeclaims", "serviceaccounts",
            "resourcequotas", "limitranges"),
        "apps", List.of("controllerrevisions", "deployments", "replicasets", "statefulsets", "daemonsets"),
        "autoscaling", List.of("horizontalpodautoscalers"),
        "batch", List.of("jobs", "cronjobs"),
        "policy", List.of("poddisruptionbudgets"),
        "networking.k8s.io", List.of("ingresses", "networkpolicies"),
        "discovery.k8s.io", List.of("endpointslices"),
        "events.k8s.io", List.of("events"));
    private static final Map<String, List<String>> WRITE = Map.of(
        "", List.of("services", "configmaps"),
        "apps", List.of("deployments", "deployments/scale", "statefulsets", "statefulsets/scale", "daemonsets"),
        "batch", List.of("jobs", "cronjobs"),
        "networking.k8s.io", List.of("ingresses"));

    public static List<PolicyRule> wanted(boolean plans) {
        var rules = new ArrayList<PolicyRule>();
        new TreeMap<>(READ).forEach((group, resources) -> rules.add(rule(group, resources, "get", "list", "watch")));
        rules.add(rule("rbac.authorization.k8s.io", List.of("roles", "rolebindings"), "get", "list"));
        if (!plans) {
            new TreeMap<>(WRITE).forEach((group, resources) -> rules.add(rule(group, resources, "create", "patch", "update")));
            rules.add(rule("", List.of("pods"), "delete"));
            rules.add(rule("batch", List.of("jobs"), "delete"));
            rules.add(rule("", List.of("pods/exec", "pods/portforward"), "get", "create"));
        }
        return rules;
    }

    private static PolicyRule rule(String group, List<String> resources, String... verbs) {
        return new PolicyRuleBuilder().withApiGroups(group).withResources(resources).withVerbs(verbs).build();
    }

    public static List<HasMetadata> objects(String namespace, String name, Map<String, String> labels, List<PolicyRule> rules) {
        var meta = new ObjectMetaBuilder().withNamespace(namespace).withName(name).withLabels(labels).build();
        var objects = new ArrayList<HasMetadata>(List.of(new ServiceAccountBuilder().withMetadata(meta).build()));
        if (!rules.isEmpty()) {
            objects.add(new RoleBuilder().withMetadata(meta).withRules(rules).build());
            objects.add(new RoleBindingBuilder().withMetadata(meta).withNewRoleRef("rbac.authorization.k8s.io", "Role", name)
                .addNewSubject().withKind("ServiceAccount").withName(name).withNamespace(namespace).endSubject().build());
        }
        return objects;
    }

    public static List<PolicyRule> within(List<PolicyRule> wanted, List<ResourceRule> held) {
        var granted = new ArrayList<PolicyRule>();
        for (var rule : wanted) {
            for (var resource : rule.getResources()) {
                var verbs = rule.getVerbs().stream()
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

    /** In a binding of the whole cluster a subject must say its namespace. */
    public static boolean names(List<Subject> subjects, String namespace, String account, boolean ofCluster) {
        return subjects.stream().anyMatch(subject -> subject.getKind().equals("ServiceAccount") && account.equals(subject.getName())
            && (subject.getNamespace() == null ? !ofCluster : subject.getNamespace().equals(namespace)));
    }
}
