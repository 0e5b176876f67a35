import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvFromSource;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What stands between a pod and its start: Secrets and ConfigMaps that it names, Services that its init
 * containers wait for. kwok cannot look at other objects, so the answer is written into the pod's annotations; a
 * pod that needs anything does not begin before it has one (life.jq).
 */
final class PlayedNeeds {
    /** The usual ways to wait for a Service in an init container: nc, pg_isready, wget or curl, getent, nslookup. */
    private static final Pattern WAITS = Pattern.compile(
        "(?:\\bnc\\s+(?:-\\S+\\s+)*|\\bpg_isready\\s.*?-h\\s+|https?://|\\bgetent\\s+hosts\\s+|\\bnslookup\\s+)"
        + "([a-z0-9]([a-z0-9-]*[a-z0-9])?)");

    /** Writes what is missing; true when nothing is, or when the test has told this pod's life itself. */
    static boolean tell(KubernetesClient client, Pod pod) {
        String is = PlayedLife.of(pod, "is");
        if ("manual".equals(is) || !hasAny(pod)) {
            return true;
        }
        if (is != null && !is.equals(PlayedLife.of(pod, "found"))) {
            PlayedLife.write(client, pod, Map.of("looked-up", "told"));
            return true;
        }
        Missing missing = first(client, pod);
        String waits = waits(client, pod);
        Map<String, String> notes = new HashMap<>();
        notes.put("is", missing == null ? null : missing.life());
        notes.put("found", missing == null ? null : missing.life());
        notes.put("ref", missing == null ? null : missing.name());
        notes.put("key", missing == null ? null : missing.key());
        notes.put("container", missing == null ? null : missing.container());
        notes.put("waits", waits);
        notes.put("looked-up", missing == null && waits == null ? "all" : "some");
        PlayedLife.write(client, pod, notes);
        return missing == null && waits == null;
    }

    /** As `needs` in life.jq. */
    private static boolean hasAny(Pod pod) {
        return !pod.getSpec().getInitContainers().isEmpty()
            || pod.getSpec().getVolumes().stream().anyMatch(volume -> volume.getSecret() != null || volume.getConfigMap() != null)
            || pod.getSpec().getContainers().stream().anyMatch(container -> !container.getEnvFrom().isEmpty()
                || container.getEnv().stream().anyMatch(variable -> variable.getValueFrom() != null));
    }

    private static Missing first(KubernetesClient client, Pod pod) {
        for (Volume volume : pod.getSpec().getVolumes()) {
            Missing missing = volume.getSecret() != null
                ? mount(client, pod, "secret", volume.getSecret().getSecretName(), volume.getSecret().getOptional())
                : volume.getConfigMap() != null
                ? mount(client, pod, "configmap", volume.getConfigMap().getName(), volume.getConfigMap().getOptional()) : null;
            if (missing != null) {
                return missing;
            }
        }
        for (Container container : PlayedLife.containers(pod)) {
            Missing missing = ofContainer(client, pod, container);
            if (missing != null) {
                return missing;
            }
        }
        return null;
    }

    private static Missing mount(KubernetesClient client, Pod pod, String kind, String name, Boolean optional) {
        boolean missing = !Boolean.TRUE.equals(optional) && data(client, pod, kind, name) == null;
        return missing ? new Missing(kind + "-mount-missing", name, null, null) : null;
    }

    private static Missing ofContainer(KubernetesClient client, Pod pod, Container container) {
        for (EnvFromSource source : container.getEnvFrom()) {
            var secret = source.getSecretRef();
            var map = source.getConfigMapRef();
            Missing missing = secret != null ? of(client, pod, container, "secret", secret.getName(), null, secret.getOptional())
                : map != null ? of(client, pod, container, "configmap", map.getName(), null, map.getOptional()) : null;
            if (missing != null) {
                return missing;
            }
        }
        for (EnvVar variable : container.getEnv()) {
            var secret = variable.getValueFrom() == null ? null : variable.getValueFrom().getSecretKeyRef();
            var map = variable.getValueFrom() == null ? null : variable.getValueFrom().getConfigMapKeyRef();
            Missing missing = secret != null ? of(client, pod, container, "secret", secret.getName(), secret.getKey(), secret.getOptional())
                : map != null ? of(client, pod, container, "configmap", map.getName(), map.getKey(), map.getOptional()) : null;
            if (missing != null) {
                return missing;
            }
        }
        return null;
    }

    private static Missing of(KubernetesClient client, Pod pod, Container container, String kind, String name, String key,
                              Boolean optional) {
        if (Boolean.TRUE.equals(optional)) {
            return null;
        }
        Map<String, String> data = data(client, pod, kind, name);
        return data == null ? new Missing(kind + "-missing", name, null, container.getName())
            : key != null && !data.containsKey(key) ? new Missing(kind + "-key-missing", name, key, container.getName()) : null;
    }

    /** What the Secret or ConfigMap holds; null when there is none. */
    static Map<String, String> data(KubernetesClient client, Pod pod, String kind, String name) {
        String namespace = pod.getMetadata().getNamespace();
        if (kind.equals("secret")) {
            var secret = client.secrets().inNamespace(namespace).withName(name).get();
            return secret == null ? null : secret.getData() == null ? Map.of() : secret.getData();
        }
        var map = client.configMaps().inNamespace(namespace).withName(name).get();
        return map == null ? null : map.getData() == null ? Map.of() : map.getData();
    }

    /** The first init container whose Service has no ready endpoint; null when there is none. */
    private static String waits(KubernetesClient client, Pod pod) {
        for (Container container : pod.getSpec().getInitContainers()) {
            Matcher matcher = WAITS.matcher(String.join(" ", container.getCommand()) + " " + String.join(" ", container.getArgs()));
            while (matcher.find()) {
                if (!isServed(client, pod.getMetadata().getNamespace(), matcher.group(1))) {
                    return container.getName();
                }
            }
        }
        return null;
    }

    private static boolean isServed(KubernetesClient client, String namespace, String service) {
        return client.discovery().v1().endpointSlices().inNamespace(namespace).withLabel("kubernetes.io/service-name", service)
            .list().getItems().stream().filter(slice -> slice.getEndpoints() != null).flatMap(slice -> slice.getEndpoints().stream())
            .anyMatch(endpoint -> Boolean.TRUE.equals(endpoint.getConditions().getReady()));
    }

    private record Missing(String life, String name, String key, String container) {
    }
}
