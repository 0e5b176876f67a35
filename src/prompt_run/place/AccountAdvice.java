package prompt_run.place;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.stream.Collectors;
import prompt_run.view.DeployView;
import prompt_run.view.Rbac;

/** The manifests that mend the account of the agent's Deployment, as notes for the result. */
public final class AccountAdvice {
    static String missing(DeployView view) {
        return "serviceaccount/" + view.account() + ", which deploy/" + view.name() + " runs as, is missing in " + view.namespace()
            + "; this manifest brings it, with the Role that an agent needs:\n" + manifest(view.namespace(), view.account());
    }

    /**
     * Rights for the account {@code default} would be rights for every pod of the namespace: then deploy/codex gets an account of its own.
     */
    static String withoutRole(DeployView view) {
        boolean shared = view.account().equals("default");
        var account = shared ? view.name() : view.account();
        return "serviceaccount/" + view.account() + ", which deploy/" + view.name() + " runs as, has no Role in " + view.namespace()
            + ": the agent cannot look at the environment; this manifest grants what it needs"
            + (shared ? " to an account of its own (serviceAccountName: " + account + ")" : "")
            + ":\n" + manifest(view.namespace(), account);
    }

    private static String manifest(String namespace, String account) {
        var yaml = Rbac.objects(namespace, account, null, Rbac.wanted(false)).stream()
            .map(Serialization::asYaml).collect(Collectors.joining());
        return yaml.replaceAll("\"([A-Za-z][\\w./-]*)\"", "$1");
    }
}
