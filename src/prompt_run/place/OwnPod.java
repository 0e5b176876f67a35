package prompt_run.place;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import prompt_run.view.AgentPod;
import prompt_run.view.DeployView;
import prompt_run.view.NoPlace;
import prompt_run.view.Prospect;
import prompt_run.view.Rbac;

/** The second rung: a pod of our own for one run; all that belongs to it is removed with it. */
public record OwnPod(KubernetesClient client, RunSetup run) {
    private static final Duration AFTER_TIMEOUT = Duration.ofMinutes(15);

    /** {@code imageFault}: the newest image cannot be pulled, so it is an older one's turn. */
    Site open(DeployView view, boolean imageFault) throws NoPlace, InterruptedException {
        var rights = new Rights(client, run.namespace());
        var objects = new PodObjects(client, run);
        var image = image(view, imageFault);
        if (!rights.may("create", "", "pods") || !rights.may("create", "", "pods/exec")) {
            throw new NoPlace("forbidden: cannot create pods and pods/exec in " + run.namespace());
        }
        objects.sweep();
        try {
            var account = account(rights);
            var ready = await(create(view, new AgentPod(run.namespace(), run.id(), image, account,
                run.settings().limits().total().plus(AFTER_TIMEOUT)
                    .plus(run.patience().recheck().multipliedBy(run.settings().rechecks())).toSeconds())));
            return new PodProbe(client, run).probe("pod", "pod/" + name() + " (image " + image + ")", ready, "agent",
                () -> objects.remove(run.id()));
        } catch (NoPlace | InterruptedException | KubernetesClientException problem) {
            objects.remove(run.id());
            throw problem;
        }
    }

    private String name() {
        return AgentPod.name(run.id());
    }

    private String image(DeployView view, boolean imageFault) throws NoPlace {
        if (run.settings().image() != null) {
            return run.settings().image();
        }
        return view.images().stream().skip(imageFault ? 1 : 0).findFirst().orElseThrow(() -> new NoPlace(imageFault
            ? "it would need the image that deploy/" + run.settings().deployment() + " cannot pull: give another with --agent-image"
            : "no image is known: give one with --agent-image"));
    }

    /**
     * Its own account with what the caller may grant; less where he may grant less. Never the account of deploy/codex: that may be what is
     * broken. Null when there can be none.
     */
    private String account(Rights rights) {
        if (!rights.may("create", "", "serviceaccounts")) {
            run.notes().add("the agent's pod has no account of its own: forbidden: cannot create serviceaccounts in " + run.namespace());
            return null;
        }
        var wanted = Rbac.wanted(run.settings().plans());
        List<PolicyRule> granted = rights.mayMakeRoles() ? rights.grantable(wanted) : List.of();
        if (granted.isEmpty() || !granted.equals(wanted)) {
            run.notes().add("the agent's account in " + run.namespace() + " has "
                + (granted.isEmpty() ? "no rights" : "fewer rights than it needs") + ": the caller cannot grant more");
        }
        for (HasMetadata object : Rbac.objects(run.namespace(), name(), AgentPod.labels(run.id()), granted)) {
            try {
                client.resource(object).create();
            } catch (KubernetesClientException problem) {
                if (object instanceof ServiceAccount) {
                    throw problem;
                }
                run.notes().add(object.getKind().toLowerCase(Locale.ROOT) + "/" + name() + ": " + Kube.reason(problem));
            }
        }
        return name();
    }

    /** Admission may want limits, or a non-root user: asked for again in the form it wants. */
    private Pod create(DeployView view, AgentPod pod) throws NoPlace {
        var demands = new AgentPod.Demands(false, view.deployment() == null);
        while (true) {
            try {
                return client.resource(pod.build(view, demands, Instant.now(), this::claimUsable)).create();
            } catch (KubernetesClientException problem) {
                if (problem.getCode() == 409) {
                    return client.pods().inNamespace(run.namespace()).withName(name()).get();
                }
                var more = demands.after(Kube.reason(problem));
                if (problem.getCode() != 403 || more.equals(demands)) {
                    throw new NoPlace(Kube.reason(problem));
                }
                demands = more;
            }
        }
    }

    private boolean claimUsable(String claim) {
        return Boolean.TRUE.equals(Kube.tried(() -> {
            var found = client.persistentVolumeClaims().inNamespace(run.namespace()).withName(claim).get();
            return AgentPod.claimUsable(found, () -> client.pods().inNamespace(run.namespace()).list().getItems());
        }));
    }

    private Pod await(Pod created) throws NoPlace, InterruptedException {
        var prospect = new Vigil(run, "pod/" + name()).keep(() -> look(created));
        if (prospect.pod() == null) {
            throw new NoPlace(prospect.reason());
        }
        return prospect.pod();
    }

    /** An API server that is away for a moment has not deleted the pod. */
    private Prospect look(Pod created) throws NoPlace {
        try {
            var pod = client.pods().inNamespace(run.namespace()).withName(name()).get();
            if (pod == null || !pod.getMetadata().getUid().equals(created.getMetadata().getUid())) {
                throw new NoPlace("pod/" + name() + " was deleted by somebody else");
            }
            return DeployView.ready(pod) ? Prospect.ready(pod) : DeployView.judgePod(pod);
        } catch (KubernetesClientException problem) {
            if (problem.getCode() > 0 && problem.getCode() < 500 && problem.getCode() != 429 || Thread.currentThread().isInterrupted()) {
                throw problem;
            }
            return Prospect.pending(Kube.reason(problem));
        }
    }
}
