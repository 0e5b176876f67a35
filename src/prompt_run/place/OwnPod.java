package prompt_run.place;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import prompt_run.command.Console;
import prompt_run.run.Scripts;

/** A pod of our own for one run; all that belongs to it is removed with it. */
public final class OwnPod {
    private static final String HOME = "/agent";
    private static final String EXPIRES = "prompt-run/expires";

    private final KubernetesClient client;
    private final AgentSettings settings;
    private final String namespace;
    private final String name;
    private final String runId;
    private final Patience patience;
    private final Console console;
    private final List<String> notes;

    OwnPod(KubernetesClient client, AgentSettings settings, String namespace,
        String runId, Patience patience, Console console, List<String> notes) {
        this.client = client;
        this.settings = settings;
        this.namespace = namespace;
        this.name = "agent-" + runId;
        this.runId = runId;
        this.patience = patience;
        this.console = console;
        this.notes = notes;
    }

    Site open(DeployView view, boolean imageFault) throws NoPlace, InterruptedException {
        String image = settings.image() != null ? settings.image() : view.images()
            .stream().skip(imageFault ? 1 : 0).findFirst().orElse(null);
        if (image == null) {
            throw new NoPlace(imageFault ? "it would need the image that deploy/"
                + settings.deployment() + " cannot pull: give another with --agent-image"
                : "no image is known: give one with --agent-image");
        }
        Rights rights = new Rights(client, namespace);
        if (!rights.may("create", "", "pods") || !rights.may("create", "", "pods/exec")) {
            throw new NoPlace("forbidden: cannot create pods and pods/exec in " + namespace);
        }
        sweep();
        try {
            String account = account(rights);
            Pod created = create(view, image, account);
            Pod ready = await(created);
            return Site.probe("pod", "pod/" + name + " (image " + image + ")",
                new PodShell(client, Pin.of(ready, "agent")), settings, runId, patience, this::remove);
        } catch (NoPlace | InterruptedException | KubernetesClientException problem) {
            remove();
            throw problem;
        }
    }

    /**
     * Its own account with what the caller may grant; less where he may grant less. Never the account of deploy/codex: that may be what is
     * broken.
     */
    private String account(Rights rights) {
        Map<String, String> labels = labels();
        if (!rights.may("create", "", "serviceaccounts")) {
            notes.add("the agent's pod has no account of its own: forbidden: cannot create serviceaccounts in " + namespace);
            return null;
        }
        boolean roles = rights.may("create", "rbac.authorization.k8s.io", "roles")
            && rights.may("create", "rbac.authorization.k8s.io", "rolebindings");
        List<PolicyRule> wanted = Rbac.wanted(settings.plans());
        List<PolicyRule> granted = roles ? rights.grantable(wanted) : List.of();
        if (granted.isEmpty() || !granted.equals(wanted)) {
            notes.add("the agent's account in " + namespace + " has " + (granted.isEmpty() ? "no rights" : "fewer rights than it needs")
                + ": the caller cannot grant more");
        }
        for (HasMetadata object : Rbac.objects(namespace, name, labels, granted)) {
            try {
                client.resource(object).create();
            } catch (KubernetesClientException problem) {
                if (object instanceof ServiceAccount) {
                    throw problem;
                }
                notes.add(object.getKind().toLowerCase(Locale.ROOT) + "/" + name + ": " + Kube.reason(problem));
            }
        }
        return name;
    }

    private Map<String, String> labels() {
        return Map.of("app.kubernetes.io/managed-by", "prompt-run", "prompt-run/run-id", runId);
    }

    /** Admission may want limits, or a non-root user: asked for again in the form it wants. */
    private Pod create(DeployView view, String image, String account) throws NoPlace {
        boolean limits = false;
        boolean restricted = view.deployment() == null;
        for (int tries = 0; ; tries++) {
            try {
                return client.resource(build(view, image, account, limits, restricted)).create();
            } catch (KubernetesClientException problem) {
                String why = Kube.reason(problem);
                if (problem.getCode() == 409) {
                    return client.pods().inNamespace(namespace).withName(name).get();
                }
                boolean more = why.contains("must specify") && !limits || why.contains("violates PodSecurity") && !restricted;
                if (problem.getCode() != 403 || !more || tries > 2) {
                    throw new NoPlace(why);
                }
                limits |= why.contains("must specify");
                restricted |= why.contains("violates PodSecurity");
            }
        }
    }

    /** The pod: what deploy/codex gives its agent, but nothing that may be broken, privileged or not its own. */
    Pod build(DeployView view, String image, String account, boolean limits, boolean restricted) {
        PodSpec theirs = view.deployment() == null ? null : view.deployment().getSpec().getTemplate().getSpec();
        Container agent = theirs == null ? null : DeployView.agent(view.deployment().getSpec().getTemplate(), view.name());
        List<Volume> volumes = theirs == null ? new ArrayList<>() : Borrowed.volumes(theirs, this::claimUsable);
        volumes.add(new VolumeBuilder().withName("agent-home").withNewEmptyDir().endEmptyDir().build());
        List<VolumeMount> mounts = agent == null ? new ArrayList<>() : Borrowed.mounts(agent, volumes);
        mounts.add(new VolumeMountBuilder().withName("agent-home").withMountPath(HOME).build());
        ResourceRequirementsBuilder resources = new ResourceRequirementsBuilder()
            .addToRequests("cpu", new Quantity("100m")).addToRequests("memory", new Quantity("256Mi"));
        if (limits) {
            resources.addToLimits("cpu", new Quantity("1")).addToLimits("memory", new Quantity("1Gi"));
        }
        long deadline = settings.timeout().plusMinutes(15).toSeconds();
        Container container = new ContainerBuilder().withName("agent").withImage(image)
            .withCommand("sh", "-c", Scripts.WAIT).withResources(resources.build())
            .withEnv(agent == null ? List.of() : Borrowed.env(agent)).withEnvFrom(agent == null ? List.of() : Borrowed.envFrom(agent))
            .withVolumeMounts(mounts)
            .withSecurityContext(Borrowed.container(agent, restricted)).build();
        home(container, restricted);
        return new PodBuilder().withNewMetadata().withName(name).withNamespace(namespace).withLabels(labels())
            .addToAnnotations(EXPIRES, Instant.now().plusSeconds(deadline).truncatedTo(ChronoUnit.SECONDS).toString()).endMetadata()
            .withNewSpec().withServiceAccountName(account).withAutomountServiceAccountToken(account != null).withRestartPolicy("Never")
            .withActiveDeadlineSeconds(deadline).withTerminationGracePeriodSeconds(5L).withContainers(container).withVolumes(volumes)
            .withImagePullSecrets(theirs == null ? List.of() : theirs.getImagePullSecrets())
            .withTolerations(theirs == null ? List.of() : theirs.getTolerations())
            .withSecurityContext(Borrowed.pod(theirs, restricted)).endSpec().build();
    }

    /** A user without a home of his own gets one; a workspace comes with it. */
    private static void home(Container container, boolean restricted) {
        if (restricted) {
            container.getEnv().removeIf(variable -> variable.getName().equals("HOME"));
            container.getEnv().add(new EnvVarBuilder().withName("HOME").withValue(HOME).build());
        }
    }

    /** Only a claim that is bound and that no other node holds; else the mount is an empty folder. */
    private boolean claimUsable(String claim) {
        return "true".equals(Kube.tried(() -> {
            PersistentVolumeClaim found = client.persistentVolumeClaims().inNamespace(namespace).withName(claim).get();
            boolean bound = found != null && found.getStatus() != null && "Bound".equals(found.getStatus().getPhase());
            boolean shared = bound && found.getStatus().getAccessModes() != null
                && found.getStatus().getAccessModes().contains("ReadWriteMany");
            boolean used = bound && !shared && client.pods().inNamespace(namespace).list().getItems().stream()
                .filter(pod -> pod.getSpec().getNodeName() != null && pod.getStatus() != null
                && !Set.of("Failed", "Succeeded").contains(pod.getStatus().getPhase()))
                .flatMap(pod -> pod.getSpec().getVolumes().stream())
                .anyMatch(volume -> volume.getPersistentVolumeClaim() != null
                && claim.equals(volume.getPersistentVolumeClaim().getClaimName()));
            return String.valueOf(bound && !used);
        }));
    }

    private Pod await(Pod created) throws NoPlace, InterruptedException {
        console.info("pod/" + name + ": created, waiting until it is ready");
        long until = System.nanoTime() + settings.waitFor().toNanos();
        long since = 0;
        while (true) {
            Pod pod = look(created);
            if (pod == null || !pod.getMetadata().getUid().equals(created.getMetadata().getUid())) {
                throw new NoPlace("pod/" + name + " was deleted by somebody else");
            }
            if (DeployView.ready(pod)) {
                return pod;
            }
            Prospect prospect = DeployView.judgePod(pod);
            since = prospect.blocked() == null ? 0 : since == 0 ? System.nanoTime() : since;
            boolean certain = since != 0 && System.nanoTime() - since >= patience.certain().toNanos();
            if (certain || System.nanoTime() > until) {
                throw new NoPlace(certain ? prospect.blocked() : "pod/" + name + " did not become ready within " + settings.waitFor()
                    .toSeconds() + " s");
            }
            Thread.sleep(Math.min(patience.poll().toMillis(), 1000));
        }
    }

    /** An API server that is away for a moment has not deleted the pod. */
    private Pod look(Pod last) {
        try {
            return client.pods().inNamespace(namespace).withName(name).get();
        } catch (KubernetesClientException problem) {
            if (problem.getCode() > 0 && problem.getCode() < 500 && problem.getCode() != 429 || Thread.currentThread().isInterrupted()) {
                throw problem;
            }
            return last;
        }
    }

    /** Everything by name, whether or not anybody knows that it was created. An interrupt does not stop this. */
    void remove() {
        boolean interrupted = Thread.interrupted();
        ObjectMeta meta = new ObjectMetaBuilder().withNamespace(namespace).withName(name).build();
        for (HasMetadata object : List.of(new PodBuilder().withMetadata(meta).build(), new RoleBindingBuilder().withMetadata(meta).build(),
            new RoleBuilder().withMetadata(meta).build(), new ServiceAccountBuilder().withMetadata(meta).build())) {
            delete(object);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void delete(HasMetadata object) {
        long until = System.nanoTime() + patience.unreachable().toNanos();
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
                    console.warn(object.getKind().toLowerCase(Locale.ROOT) + "/"
                        + name + " in " + namespace + " could not be removed, please do: " + Kube.reason(problem));
                    return;
                }
                LockSupport.parkNanos(patience.poll().toNanos());
            }
        }
    }

    /** What a killed run left behind, once its time is over. */
    private void sweep() {
        Kube.tried(() -> {
            for (Pod pod : client.pods().inNamespace(namespace).withLabel("app.kubernetes.io/managed-by", "prompt-run").list().getItems()) {
                Map<String, String> annotations = pod.getMetadata().getAnnotations();
                String expires = annotations == null ? null : annotations.get(EXPIRES);
                if (expires != null && Instant.parse(expires).isBefore(Instant.now())) {
                    new OwnPod(client, settings, namespace, pod.getMetadata()
                        .getName().substring("agent-".length()), patience, console, notes).remove();
                }
            }
            return null;
        });
    }
}
