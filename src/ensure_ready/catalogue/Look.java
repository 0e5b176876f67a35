package ensure_ready.catalogue;

/** Read-only commands; a placeholder is filled with a checked name only, else the command is left out. Most look into the namespace. */
public enum Look implements Trait {
    OBJECT("get {object} -o yaml"),
    OBJECT_DESCRIBE("describe {object}"),
    OWNER("describe {owner}"),
    POD("describe pod {pod}"),
    LOG("logs {pod} -c {container} --tail=100"),
    PREVIOUS_LOG("logs {pod} -c {container} --previous --tail=100"),
    JOB_LOG("logs {owner} --tail=100"),
    POD_LABELS("get pods --show-labels"),
    SECRETS("get secrets"),
    CONFIG_MAPS("get configmaps"),
    SERVICES("get services -o wide"),
    SERVICE("describe svc {name}"),
    ENDPOINTS("get endpointslices"),
    PVCS("get pvc"),
    PVC("describe pvc {name}"),
    STORAGE_CLASSES("kubectl get storageclasses"),
    NODES("kubectl get nodes -o wide"),
    NODE_LABELS("kubectl get nodes --show-labels"),
    NODE("kubectl describe node {name}"),
    QUOTA("describe resourcequota"),
    LIMIT_RANGE("describe limitrange"),
    NAMESPACE("kubectl get namespace {ns} --show-labels"),
    WEBHOOKS("kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"),
    SERVICE_ACCOUNTS("get serviceaccounts"),
    ROLES("get roles,rolebindings"),
    API("kubectl api-resources"),
    INGRESS("describe ingress {name}"),
    INGRESS_CLASSES("kubectl get ingressclasses"),
    NETPOL("describe networkpolicy"),
    DNS("kubectl -n kube-system get pods -l k8s-app=kube-dns");

    public final String template;

    Look(String template) {
        this.template = template.startsWith("kubectl") ? template : "kubectl -n {ns} " + template;
    }
}
