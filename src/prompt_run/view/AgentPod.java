package prompt_run.view;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import prompt_run.remote.Scripts;

/** The pod of our own for one run: what deploy/codex gives its agent, but nothing that may be broken, privileged or not its own. */
public record AgentPod(String namespace, String runId, String image, String account, long deadlineSeconds) {
    public static final Map.Entry<String, String> MANAGED = Map.entry("app.kubernetes.io/managed-by", "prompt-run");
    private static final String PREFIX = "agent-";
    private static final String HOME = "/agent";
    /** A quota or a range wants limits, or less of them. */
    private static final Pattern TOO_MUCH = Pattern.compile("must specify|limits\\.memory|but limit is");
    private static final String EXPIRES = "prompt-run/expires";

    /** What admission wants besides: all limits, or the rules of a restricted namespace. */
    public record Demands(boolean limits, boolean restricted) {
        public Demands after(String refusal) {
            return new Demands(limits || TOO_MUCH.matcher(refusal).find(), restricted || refusal.contains("violates PodSecurity"));
        }
    }

    public static String name(String runId) {
        return PREFIX + runId;
    }

    public static Map<String, String> labels(String runId) {
        return Map.of(MANAGED.getKey(), MANAGED.getValue(), "prompt-run/run-id", runId);
    }

    /** The run of a pod whose time is over; else null. */
    public static String expired(Pod pod, Instant now) {
        var annotations = pod.getMetadata().getAnnotations();
        var expires = annotations == null ? null : annotations.get(EXPIRES);
        return expires != null && Instant.parse(expires).isBefore(now) ? pod.getMetadata().getName().substring(PREFIX.length()) : null;
    }

    public static List<HasMetadata> objects(String namespace, String runId) {
        var meta = new ObjectMetaBuilder().withNamespace(namespace).withName(name(runId)).build();
        return List.of(new PodBuilder().withMetadata(meta).build(), new RoleBindingBuilder().withMetadata(meta).build(),
            new RoleBuilder().withMetadata(meta).build(), new ServiceAccountBuilder().withMetadata(meta).build());
    }

    public Pod build(DeployView view, Demands demands, Instant now, Predicate<String> claimUsable) {
        var theirs = view.deployment() == null ? null : view.deployment().getSpec().getTemplate().getSpec();
        var agent = theirs == null ? null : DeployView.agent(view.deployment().getSpec().getTemplate(), view.name());
        List<Volume> volumes = theirs == null ? new ArrayList<>() : Borrowed.volumes(theirs, claimUsable);
        volumes.add(new VolumeBuilder().withName("agent-home").withNewEmptyDir().endEmptyDir().build());
        String expires = now.plusSeconds(deadlineSeconds).truncatedTo(ChronoUnit.SECONDS).toString();
        return new PodBuilder().withNewMetadata().withName(name(runId)).withNamespace(namespace).withLabels(labels(runId))
            .addToAnnotations(EXPIRES, expires).endMetadata()
            .withNewSpec().withServiceAccountName(account).withAutomountServiceAccountToken(account != null).withRestartPolicy("Never")
            .withActiveDeadlineSeconds(deadlineSeconds).withTerminationGracePeriodSeconds(5L)
            .withContainers(container(agent, volumes, demands)).withVolumes(volumes)
            .withImagePullSecrets(theirs == null ? List.of() : theirs.getImagePullSecrets())
            .withTolerations(theirs == null ? List.of() : theirs.getTolerations())
            .withSecurityContext(Borrowed.pod(theirs, demands.restricted())).endSpec().build();
    }

    private Container container(Container agent, List<Volume> volumes, Demands demands) {
        List<VolumeMount> mounts = agent == null ? new ArrayList<>() : Borrowed.mounts(agent, volumes);
        mounts.add(new VolumeMountBuilder().withName("agent-home").withMountPath(HOME).build());
        Container container = new ContainerBuilder().withName("agent").withImage(image)
            .withCommand("sh", "-c", Scripts.WAIT).withResources(resources(demands.limits()))
            .withEnv(agent == null ? List.of() : Borrowed.env(agent)).withEnvFrom(agent == null ? List.of() : Borrowed.envFrom(agent))
            .withVolumeMounts(mounts).withSecurityContext(Borrowed.container(agent, demands.restricted())).build();
        home(container, demands.restricted());
        return container;
    }

    static ResourceRequirements resources(boolean limits) {
        var resources = new ResourceRequirementsBuilder()
            .addToRequests("cpu", new Quantity("100m")).addToRequests("memory", new Quantity("256Mi"));
        resources.addToLimits("memory", new Quantity(limits ? "1Gi" : "4Gi"));
        if (limits) {
            resources.addToLimits("cpu", new Quantity("1"));
        }
        return resources.build();
    }

    /** A user without a home of his own gets one; a workspace comes with it. */
    private static void home(Container container, boolean restricted) {
        if (restricted) {
            container.getEnv().removeIf(variable -> variable.getName().equals("HOME"));
            container.getEnv().add(new EnvVarBuilder().withName("HOME").withValue(HOME).build());
        }
    }

    /** Bound, and not held by a pod that may be on another node; {@code claim} may be null, {@code pods}: the namespace's. */
    public static boolean claimUsable(PersistentVolumeClaim claim, Supplier<List<Pod>> pods) {
        if (claim == null || claim.getStatus() == null || !"Bound".equals(claim.getStatus().getPhase())) {
            return false;
        }
        boolean shared = claim.getStatus().getAccessModes() != null && claim.getStatus().getAccessModes().contains("ReadWriteMany");
        return shared || pods.get().stream().noneMatch(pod -> holds(pod, claim.getMetadata().getName()));
    }

    private static boolean holds(Pod pod, String claim) {
        return pod.getSpec().getNodeName() != null && pod.getStatus() != null
            && !Set.of("Failed", "Succeeded").contains(pod.getStatus().getPhase())
            && pod.getSpec().getVolumes().stream().anyMatch(volume -> volume.getPersistentVolumeClaim() != null
                && claim.equals(volume.getPersistentVolumeClaim().getClaimName()));
    }
}
