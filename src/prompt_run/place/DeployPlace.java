package prompt_run.place;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import prompt_run.view.DeployView;
import prompt_run.view.NoPlace;
import prompt_run.view.Prospect;

/** The first rung: a ready pod of the agent's Deployment. */
public final class DeployPlace {
    private final KubernetesClient client;
    private final RunSetup run;
    private final PodProbe probe;
    private final long began = System.nanoTime();
    private DeployView seen;
    private boolean imageFault;

    DeployPlace(KubernetesClient client, RunSetup run) {
        this.client = client;
        this.run = run;
        this.probe = new PodProbe(client, run);
    }

    /** Waits for a ready pod, and no longer than it can still come. */
    Site await() throws NoPlace, InterruptedException {
        var prospect = new Vigil(run, "deploy/" + run.settings().deployment()).keep(this::prospect);
        imageFault = prospect.imageFault();
        if (prospect.pod() == null) {
            throw new NoPlace(prospect.reason() + lastLine(prospect.reason()) + advice());
        }
        return probe(prospect.pod());
    }

    private String lastLine(String reason) {
        return seen == null ? "" : seen.pods().stream().filter(pod -> reason.split("[ :]")[0].equals("pod/" + pod.getMetadata().getName()))
            .map(probe::lastLine).findFirst().orElse("");
    }

    Site look() throws NoPlace, InterruptedException {
        var prospect = DeployView.judge(read(), Instant.now());
        if (prospect.pod() == null) {
            throw new NoPlace(prospect.reason());
        }
        return probe(prospect.pod());
    }

    DeployView view() throws NoPlace {
        return seen == null ? read() : seen;
    }

    boolean imageFault() {
        return imageFault;
    }

    private Prospect prospect() throws NoPlace, InterruptedException {
        try {
            return DeployView.judge(read(), Instant.now());
        } catch (KubernetesClientException problem) {
            Kube.interruptedBy(problem);
            boolean neverSeen = seen == null && System.nanoTime() - began > run.patience().unreachable().toNanos();
            if (problem.getCode() == 403 || problem.getCode() == 401 || Kube.nowhere(problem) || neverSeen) {
                throw new NoPlace(reason(problem));
            }
            return Prospect.pending(reason(problem));
        }
    }

    private String reason(KubernetesClientException problem) {
        return Kube.reason(problem).replace("the API server (", "the API server " + client.getMasterUrl() + " (");
    }

    private DeployView read() throws NoPlace {
        if (run.namespace() == null) {
            throw new NoPlace("no namespace is known: give --namespace, --infra-report or CODEXCTL_NAMESPACE");
        }
        seen = new DeployReader(client, run.namespace(), run.settings().deployment()).read();
        return seen;
    }

    private String advice() {
        if (seen == null || seen.deployment() == null || !seen.accountMissing()) {
            return "";
        }
        run.notes().add(AccountAdvice.missing(seen));
        return "; serviceaccount/" + seen.account() + " does not exist: apply the manifest in the notes";
    }

    private Site probe(Pod pod) throws NoPlace, InterruptedException {
        var container = DeployView.container(pod, run.settings().deployment(), run.settings().container());
        var label = "deploy/" + run.settings().deployment() + " (pod/" + pod.getMetadata().getName() + ", container " + container + ")";
        var site = probe.probe("deploy", label, pod, container, () -> { });
        if (Boolean.FALSE.equals(new Rights(client, run.namespace()).bound(seen.account()))) {
            run.notes().add(AccountAdvice.withoutRole(seen));
        }
        return site;
    }
}
