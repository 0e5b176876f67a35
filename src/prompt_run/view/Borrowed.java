package prompt_run.view;

import io.fabric8.kubernetes.api.model.ConfigMapVolumeSourceBuilder;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvFromSourceBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSecurityContextBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecretVolumeSourceBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What a pod of our own takes over from deploy/codex: credentials as optional, nothing privileged, nothing of the node. */
public final class Borrowed {
    static List<Volume> volumes(PodSpec theirs, Predicate<String> claimUsable) {
        var volumes = new ArrayList<Volume>();
        for (var volume : theirs.getVolumes()) {
            var copy = new VolumeBuilder().withName(volume.getName());
            if (volume.getSecret() != null) {
                volumes.add(copy.withSecret(new SecretVolumeSourceBuilder(volume.getSecret()).withOptional(true).build()).build());
            } else if (volume.getConfigMap() != null) {
                volumes.add(copy.withConfigMap(new ConfigMapVolumeSourceBuilder(volume.getConfigMap()).withOptional(true).build()).build());
            } else if (volume.getPersistentVolumeClaim() != null && claimUsable.test(volume.getPersistentVolumeClaim().getClaimName())) {
                volumes.add(volume);
            } else if (volume.getEmptyDir() != null || volume.getPersistentVolumeClaim() != null) {
                volumes.add(copy.withNewEmptyDir().endEmptyDir().build());
            }
        }
        return volumes;
    }

    static List<VolumeMount> mounts(Container agent, List<Volume> volumes) {
        var names = volumes.stream().map(Volume::getName).collect(Collectors.toSet());
        return new ArrayList<>(agent.getVolumeMounts().stream().filter(mount -> names.contains(mount.getName())).toList());
    }

    static List<EnvVar> env(Container agent) {
        var all = new ArrayList<EnvVar>();
        for (var variable : agent.getEnv()) {
            var copy = new EnvVarBuilder(variable);
            if (variable.getValueFrom() != null && variable.getValueFrom().getSecretKeyRef() != null) {
                copy.editValueFrom().editSecretKeyRef().withOptional(true).endSecretKeyRef().endValueFrom();
            } else if (variable.getValueFrom() != null && variable.getValueFrom().getConfigMapKeyRef() != null) {
                copy.editValueFrom().editConfigMapKeyRef().withOptional(true).endConfigMapKeyRef().endValueFrom();
            } else if (variable.getValueFrom() != null && variable.getValueFrom().getFieldRef() == null) {
                continue;
            }
            all.add(copy.build());
        }
        return all;
    }

    static List<EnvFromSource> envFrom(Container agent) {
        var all = new ArrayList<EnvFromSource>();
        for (var source : agent.getEnvFrom()) {
            var copy = new EnvFromSourceBuilder(source);
            if (source.getSecretRef() != null) {
                copy.editSecretRef().withOptional(true).endSecretRef();
            } else if (source.getConfigMapRef() != null) {
                copy.editConfigMapRef().withOptional(true).endConfigMapRef();
            }
            all.add(copy.build());
        }
        return all;
    }

    /** The user stays the one that deploy/codex has, or its credentials could not be read; restricted namespaces get an ordinary user. */
    static PodSecurityContext pod(PodSpec theirs, boolean restricted) {
        var given = theirs == null ? null : theirs.getSecurityContext();
        var context = new PodSecurityContextBuilder().withNewSeccompProfile()
            .withType("RuntimeDefault").endSeccompProfile();
        if (given != null) {
            context.withRunAsUser(given.getRunAsUser()).withRunAsGroup(given.getRunAsGroup()).withRunAsNonRoot(given.getRunAsNonRoot())
                .withFsGroup(given.getFsGroup()).withSupplementalGroups(given.getSupplementalGroups());
        }
        if (restricted) {
            context.withRunAsNonRoot(true)
                .withRunAsUser(given != null && given.getRunAsUser() != null && given.getRunAsUser() > 0 ? given.getRunAsUser() : 1000L);
            context.withFsGroup(given != null && given.getFsGroup() != null ? given.getFsGroup() : 1000L);
        }
        return context.build();
    }

    static SecurityContext container(Container agent, boolean restricted) {
        var given = agent == null ? null : agent.getSecurityContext();
        var context = new SecurityContextBuilder().withAllowPrivilegeEscalation(false)
            .withNewCapabilities().withDrop("ALL").endCapabilities();
        if (given != null && !restricted) {
            context.withRunAsUser(given.getRunAsUser()).withRunAsGroup(given.getRunAsGroup()).withRunAsNonRoot(given.getRunAsNonRoot());
        }
        return context.build();
    }
}
