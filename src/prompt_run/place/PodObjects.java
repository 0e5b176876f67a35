package prompt_run.place;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import prompt_run.view.AgentPod;

/** Removes what belongs to a pod of our own: after its run, and what a killed run left behind. */
public record PodObjects(KubernetesClient client, RunSetup run) {

    /** Everything by name, whether or not anybody knows that it was created. An interrupt does not stop this. */
    void remove(String runId) {
        boolean interrupted = Thread.interrupted();
        AgentPod.objects(run.namespace(), runId).forEach(this::delete);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void delete(HasMetadata object) {
        long until = System.nanoTime() + run.patience().unreachable().toNanos();
        while (true) {
            try {
                client.resource(object).withGracePeriod(object instanceof Pod ? 1L : -1L).delete();
                return;
            } catch (KubernetesClientException problem) {
                boolean never = problem.getCode() == 403 && !(object instanceof Pod) || problem.getCode() == 404;
                if (never) {
                    return;
                }
                if (problem.getCode() == 403 || System.nanoTime() > until || Thread.currentThread().isInterrupted()) {
                    run.log().warn(object.getKind().toLowerCase(Locale.ROOT) + "/" + object.getMetadata().getName()
                        + " in " + run.namespace() + " could not be removed, please do: " + Kube.reason(problem));
                    return;
                }
                LockSupport.parkNanos(run.patience().poll().toNanos());
            }
        }
    }

    /** What a killed run left behind, once its time is over. */
    void sweep() {
        Kube.tried(() -> {
            client.pods().inNamespace(run.namespace()).withLabel(AgentPod.MANAGED.getKey(), AgentPod.MANAGED.getValue()).list().getItems()
                .forEach(pod -> {
                    var expired = AgentPod.expired(pod, Instant.now());
                    if (expired != null) {
                        remove(expired);
                    }
                });
            return null;
        });
    }
}
