package ensure_ready.diagnosis;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** When two findings are one cause. */
public final class Merge {
    private static final Set<String> WORKLOADS = Set.of("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod");

    private Merge() { }

    static String key(Finding f) {
        var p = f.params();
        var owner = f.objectKind() + "/" + f.objectName();
        return f.code() + "|" + switch (f.code()) {
            case IMAGE_NOT_FOUND, IMAGE_NOT_FOUND_OR_AUTH, IMAGE_NAME_INVALID,
                IMAGE_NEVER_PULL, IMAGE_PLATFORM_MISMATCH, IMAGE_PULL_FAILED ->
                p.getOrDefault("image", owner);
            case IMAGE_AUTH, IMAGE_RATE_LIMITED, IMAGE_REGISTRY_UNREACHABLE -> registry(p.getOrDefault("image", owner));
            case STS_HEADLESS_SVC_MISSING -> owner;
            case CONFIG_KEY_MISSING -> owner + "#" + p.getOrDefault("key", "");
            case PVC_STORAGECLASS_MISSING, INGRESS_CLASS_MISSING -> p.getOrDefault("class", owner);
            case PVC_NO_DEFAULT_CLASS, SCHED_NODES_UNAVAILABLE, DNS_CLUSTER_FAILURE -> "";
            case PVC_PROVISIONER_MISSING -> p.getOrDefault("provisioner", owner);
            case SCHED_TAINT -> p.getOrDefault("taint", owner);
            case SCHED_INSUFFICIENT_RESOURCES -> p.getOrDefault("shared", owner);
            case DNS_NAME_UNKNOWN, DEPENDENCY_SERVICE_MISSING, SVC_MISSING -> p.getOrDefault("host", owner);
            case ENV_PORT_MISMATCH -> p.getOrDefault("address", owner);
            case CRASH_AUTH_FAILED -> p.getOrDefault("target", owner);
            default -> owner + (WORKLOADS.contains(f.objectKind()) ? "|" + f.container() : "");
        };
    }

    static String registry(String image) {
        var first = image.contains("/") ? image.substring(0, image.indexOf('/')) : "";
        return first.contains(".") || first.contains(":") || first.equals("localhost") ? first : "docker.io";
    }

    /** One absent name is one cause, whether an init container or a log tells it; containers of one pod with one code are one cause too. */
    static List<Root> synonyms(List<Root> roots) {
        var kept = new LinkedHashMap<String, Root>();
        for (var root : roots) {
            var f = root.findings().get(0);
            var host = f.params().getOrDefault("host", "");
            var name = switch (f.code()) {
                case DNS_NAME_UNKNOWN, DEPENDENCY_SERVICE_MISSING, SVC_MISSING -> "name|" + host;
                default -> WORKLOADS.contains(f.objectKind()) && !f.container().isEmpty()
                    && root.findings().size() == 1 ? f.code() + "|" + f.objectKind()
                    + "/" + f.objectName() : root.key();
            };
            kept.merge(name, root, Merge::joined);
        }
        return List.copyOf(kept.values());
    }

    private static Root joined(Root a, Root b) {
        var first = b.findings().get(0).code() == Code.SVC_MISSING && a.findings().get(0).code() != Code.SVC_MISSING ? b : a;
        var second = first == a ? b : a;
        var findings = new ArrayList<>(first.findings());
        second.findings().stream().filter(f -> !findings.contains(f)).forEach(findings::add);
        var explains = new TreeMap<>(second.explains());
        explains.putAll(first.explains());
        return new Root(first.key(), findings, explains);
    }
}
