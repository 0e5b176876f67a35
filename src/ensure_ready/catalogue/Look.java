package ensure_ready.catalogue;

/** Read-only commands; a placeholder is filled with a checked name only, else the command is left out. */
public enum Look implements Trait {
    OBJECT("kubectl -n {ns} get {object} -o yaml"),
    OBJECT_DESCRIBE("kubectl -n {ns} describe {object}"),
    OWNER("kubectl -n {ns} describe {owner}"),
    POD("kubectl -n {ns} describe pod {pod}"),
    LOG("kubectl -n {ns} logs {pod} -c {container} --tail=100"),
    PREVIOUS_LOG("kubectl -n {ns} logs {pod} -c {container} --previous --tail=100"),
    JOB_LOG("kubectl -n {ns} logs {owner} --tail=100"),
    POD_LABELS("kubectl -n {ns} get pods --show-labels"),
    SECRETS("kubectl -n {ns} get secrets"),
    CONFIG_MAPS("kubectl -n {ns} get configmaps"),
    SERVICES("kubectl -n {ns} get services -o wide"),
    SERVICE("kubectl -n {ns} describe svc {name}"),
    ENDPOINTS("kubectl -n {ns} get endpointslices"),
    PVCS("kubectl -n {ns} get pvc"),
    PVC("kubectl -n {ns} describe pvc {name}"),
    STORAGE_CLASSES("kubectl get storageclasses"),
    NODES("kubectl get nodes -o wide"),
    NODE_LABELS("kubectl get nodes --show-labels"),
    NODE("kubectl describe node {name}"),
    QUOTA("kubectl -n {ns} describe resourcequota"),
    LIMIT_RANGE("kubectl -n {ns} describe limitrange"),
    NAMESPACE("kubectl get namespace {ns} --show-labels"),
    WEBHOOKS("kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations"),
    SERVICE_ACCOUNTS("kubectl -n {ns} get serviceaccounts"),
    ROLES("kubectl -n {ns} get roles,rolebindings"),
    API("kubectl api-resources"),
    INGRESS("kubectl -n {ns} describe ingress {name}"),
    INGRESS_CLASSES("kubectl get ingressclasses"),
    NETPOL("kubectl -n {ns} describe networkpolicy"),
    DNS("kubectl -n kube-system get pods -l k8s-app=kube-dns");

    public final String template;

    Look(String template) {
        this.template = template;
    }
}
