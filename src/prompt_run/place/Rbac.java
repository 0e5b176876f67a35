package prompt_run.place;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.Subject;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

import static java.nio.file.StandardOpenOption.WRITE;

/** What an agent may do in its namespace: look at everything but Secrets, and, unless it only plans, restore workloads. */
public final class Rbac {
    private static final Map<String, List<String>> READ = Map.of(
        "", List.of("pods", "pods/log", "services", "endpoints", "events", "configmaps",
            "persistentvolumeclaims", "serviceaccounts", "resourcequotas", "limitranges"),
        "apps", List.of("deployments", "replicasets", "statefulsets", "daemonsets"), "batch", List.of("jobs", "cronjobs"),
        "networking.k8s.io", List.of("ingresses", "networkpolicies"), "discovery.k8s.io",
            List.of("endpointslices"), "events.k8s.io", List.of("events"));
    private static final Map<String, List<String>> WRITE = Map.of(
        "", List.of("services", "configmaps"), "apps", List.of("deployments", "statefulsets", "daemonsets"),
            "batch", List.of("jobs", "cronjobs"),
        "networking.k8s.io", List.of("ingresses"));

    private Rbac() {
    }

    static List<PolicyRule> wanted(boolean plans) {
        List<PolicyRule> rules = new ArrayList<>();
        new TreeMap<>(READ).forEach((group, resources) -> rules.add(rule(group, resources, "get", "list", "watch")));
        if (!plans) {
            new TreeMap<>(WRITE).forEach((group, resources) -> rules.add(rule(group, resources, "create", "patch", "update")));
            rules.add(rule("", List.of("pods"), "delete"));
            rules.add(rule("batch", List.of("jobs"), "delete"));
            rules.add(rule("", List.of("pods/exec"), "create"));
        }
        return rules;
    }

    private static PolicyRule rule(String group, List<String> resources, String... verbs) {
        return new PolicyRuleBuilder().withApiGroups(group).withResources(resources).withVerbs(verbs).build();
    }

    static List<HasMetadata> objects(String namespace, String name, Map<String, String> labels, List<PolicyRule> rules) {
        ObjectMeta meta = new ObjectMetaBuilder().withNamespace(namespace).withName(name).withLabels(labels).build();
        List<HasMetadata> objects = new ArrayList<>(List.of(new ServiceAccountBuilder().withMetadata(meta).build()));
        if (!rules.isEmpty()) {
            objects.add(new RoleBuilder().withMetadata(meta).withRules(rules).build());
            objects.add(new RoleBindingBuilder().withMetadata(meta).withNewRoleRef("rbac.authorization.k8s.io", "Role", name)
                .addNewSubject().withKind("ServiceAccount").withName(name).withNamespace(namespace).endSubject().build());
        }
        return objects;
    }

    static String manifest(String namespace, String account) {
        String yaml = objects(namespace, account, null, wanted(false)).stream().map(Serialization::asYaml).collect(Collectors.joining());
        return yaml.replaceAll("\"([A-Za-z][\\w./-]*)\"", "$1");
    }

    /** Whether any RoleBinding of the namespace names the account; null when that cannot be read. */
    static Boolean bound(KubernetesClient client, String namespace, String account) {
        String found = Kube.tried(() -> String.valueOf(client.rbac().roleBindings().inNamespace(namespace).list().getItems().stream()
            .anyMatch(binding -> binding.getSubjects().stream().anyMatch(subject -> names(subject, namespace, account)))
            || client.rbac().clusterRoleBindings().list().getItems().stream()
            .anyMatch(binding -> binding.getSubjects().stream()
            .anyMatch(subject -> names(subject, namespace, account) && subject.getNamespace() != null))));
        return found == null ? null : Boolean.valueOf(found);
    }

    private static boolean names(Subject subject, String namespace, String account) {
        return subject.getKind().equals("ServiceAccount") && account.equals(subject.getName())
            && (subject.getNamespace() == null || subject.getNamespace().equals(namespace));
    }
}
