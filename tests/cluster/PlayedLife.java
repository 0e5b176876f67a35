import tools.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the annotations of a pod say, as far as it is not kwok's stages that read them. */
final class PlayedLife {
    private static final ObjectMapper JSON = new ObjectMapper();

    static String of(Pod pod, String name) {
        return all(pod).get(LocalCluster.LIFE + name);
    }

    static Map<String, String> all(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations == null ? Map.of() : annotations;
    }

    static List<Container> containers(Pod pod) {
        return Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream()).toList();
    }

    /** The annotations that tests write, without those that the cluster keeps for itself. */
    static Map<String, String> told(Pod pod) {
        Map<String, String> told = new TreeMap<>(all(pod));
        List.of("failures", "told", "looked-up", "found", "waits").forEach(own -> told.remove(LocalCluster.LIFE + own));
        return told;
    }

    /** Writes annotations where they differ from the pod's; null takes one away. */
    static void write(KubernetesClient client, Pod pod, Map<String, String> notes) {
        Map<String, String> annotations = new HashMap<>();
        notes.forEach((name, value) -> {
            if (!Objects.equals(value, of(pod, name))) {
                annotations.put(LocalCluster.LIFE + name, value);
            }
        });
        if (!annotations.isEmpty()) {
            client.pods().inNamespace(pod.getMetadata().getNamespace()).withName(pod.getMetadata().getName())
                .patch(PatchContext.of(PatchType.JSON_MERGE), json(Map.of("metadata", Map.of("annotations", annotations))));
        }
    }

    private static String json(Object value) {
        return JSON.writeValueAsString(value);
    }

    /**
     * The container's log as its runtime writes it: time, stream, F for a full line. An echo that is repeated while
     * waiting is one, too.
     */
    static String log(Pod pod, Container container, String which) {
        String text = all(pod).getOrDefault(LocalCluster.LIFE + which + "." + container.getName(), of(pod, which));
        Matcher waiting = Pattern.compile("\\buntil\\b.*\\becho\\s+([^;|&]+)")
            .matcher(String.join(" ", container.getCommand()) + " " + String.join(" ", container.getArgs()));
        if (text == null && which.equals("log") && waiting.find()) {
            text = (waiting.group(1).replaceAll("[\"']", "").strip() + "\n").repeat(3);
        }
        String now = Instant.now().toString().replaceAll("(\\.\\d+)?Z$", ".000000000Z");
        return text == null ? "" : text.lines().map(line -> now + " stdout F " + line + "\n").reduce("", String::concat);
    }

    static List<String> restarted(Pod old, Pod now) {
        Map<String, Integer> before = new HashMap<>();
        statuses(old).forEach(status -> before.put(status.getName(), status.getRestartCount()));
        return statuses(now).filter(status -> status.getRestartCount() > before.getOrDefault(status.getName(), 0))
            .map(ContainerStatus::getName).toList();
    }

    /** Those that have ended: nothing can be run in them. */
    static Set<String> stopped(Pod pod) {
        return statuses(pod).filter(status -> status.getState() != null && status.getState().getTerminated() != null)
            .map(ContainerStatus::getName).collect(Collectors.toSet());
    }

    private static Stream<ContainerStatus> statuses(Pod pod) {
        return Stream.concat(pod.getStatus().getInitContainerStatuses().stream(), pod.getStatus().getContainerStatuses().stream());
    }

    /** The container's environment: where it is, then what its template says, Secrets and ConfigMaps looked up. */
    static List<Map<String, String>> environment(KubernetesClient client, Pod pod, Container container, Path room, String... marks) {
        Map<String, String> variables = new TreeMap<>(Map.of("HOME", room.toString(), "HOSTNAME",
            pod.getMetadata().getName(), "GIT_CONFIG_SYSTEM", room + ".gitconfig"));
        for (String mark : marks) {
            variables.put(mark.substring(0, mark.indexOf('=')), mark.substring(mark.indexOf('=') + 1));
        }
        for (EnvVar variable : container.getEnv()) {
            String value = variable.getValueFrom() == null ? variable.getValue()
                : lookUp(client, pod, variable.getValueFrom());
            if (value != null) {
                variables.put(variable.getName(), value);
            }
        }
        return variables.entrySet().stream().map(entry -> Map.of("name", entry.getKey(), "value", entry.getValue())).toList();
    }

    private static String lookUp(KubernetesClient client, Pod pod, EnvVarSource source) {
        if (source.getSecretKeyRef() != null) {
            Map<String, String> data = PlayedNeeds.data(client, pod, "secret", source.getSecretKeyRef().getName());
            String encoded = data == null ? null : data.get(source.getSecretKeyRef().getKey());
            return encoded == null ? null : new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
        }
        if (source.getConfigMapKeyRef() != null) {
            Map<String, String> data = PlayedNeeds.data(client, pod, "configmap", source.getConfigMapKeyRef().getName());
            return data == null ? null : data.get(source.getConfigMapKeyRef().getKey());
        }
        return null;
    }
}
