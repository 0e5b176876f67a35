package prompt_run.place;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import prompt_run.view.DeployView;

/** Reads the objects around the agent's Deployment. */
public record DeployReader(KubernetesClient client, String namespace, String name) {

    DeployView read() {
        var phase = phase();
        var deployment = "NotFound".equals(phase) ? null : client.apps().deployments().inNamespace(namespace).withName(name).get();
        if (deployment == null) {
            return new DeployView(name, namespace, phase, null, List.of(), List.of(), false);
        }
        var sets = client.apps().replicaSets().inNamespace(namespace)
            .list().getItems().stream().filter(set -> DeployView.owned(set, deployment)).toList();
        var pods = client.pods().inNamespace(namespace).withLabelSelector(deployment.getSpec().getSelector()).list().getItems();
        return new DeployView(name, namespace, phase, deployment, sets, pods, accountMissing(DeployView.account(deployment)));
    }

    private String phase() {
        return Kube.tried(() -> {
            var found = client.namespaces().withName(namespace).get();
            return found == null ? "NotFound" : found.getMetadata().getDeletionTimestamp() != null ? "Terminating" : "Active";
        });
    }

    private boolean accountMissing(String account) {
        return Boolean.TRUE.equals(Kube.tried(() -> client.serviceAccounts().inNamespace(namespace).withName(account).get() == null));
    }
}
