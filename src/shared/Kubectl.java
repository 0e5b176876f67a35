package shared;

import java.util.Locale;
import java.util.Map;

/** Names of objects as kubectl takes them. */
public final class Kubectl {
    private static final Map<String, String> SHORT = Map.ofEntries(Map.entry("Deployment", "deploy"), Map.entry("StatefulSet", "sts"),
        Map.entry("DaemonSet", "ds"), Map.entry("ReplicaSet", "rs"), Map.entry("PersistentVolumeClaim", "pvc"),
        Map.entry("PersistentVolume", "pv"), Map.entry("Service", "svc"), Map.entry("ServiceAccount", "sa"), Map.entry("ConfigMap", "cm"),
        Map.entry("Ingress", "ing"), Map.entry("Namespace", "ns"), Map.entry("HorizontalPodAutoscaler", "hpa"),
        Map.entry("PodDisruptionBudget", "pdb"), Map.entry("CustomResourceDefinition", "crd"), Map.entry("StorageClass", "sc"),
        Map.entry("ResourceQuota", "quota"));

    /** {@code deploy/web}: how an object is written in every message. */
    public static String ref(String kind, String name) {
        return SHORT.getOrDefault(kind, kind.toLowerCase(Locale.ROOT)) + "/" + name;
    }
}
