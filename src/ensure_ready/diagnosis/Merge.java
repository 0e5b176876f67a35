package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Same;
import ensure_ready.findings.Finding;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** When two findings are one cause. */
public final class Merge {
    private static final Set<String> WORKLOADS = Set.of("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "ReplicaSet", "Pod");

    /** Equal for findings that are one cause, as the code's row says. */
    static String key(Finding f) {
        var same = f.code().same;
        var object = f.object().toString();
        return f.code() + "|" + switch (same) {
            case PLACE -> object + (WORKLOADS.contains(f.objectKind()) ? "|" + f.container() : "");
            case OBJECT -> object;
            case KEY -> object + "#" + f.param(same.param);
            case CLUSTER -> "";
            case REGISTRY -> registry(f.params().getOrDefault(same.param, object));
            default -> f.params().getOrDefault(same.param, object);
        };
    }

    /** The host part of an image's name. */
    public static String registry(String image) {
        var first = image.contains("/") ? image.substring(0, image.indexOf('/')) : "";
        return first.contains(".") || first.contains(":") || first.equals("localhost") ? first : "docker.io";
    }

    /** One absent name is one cause, whether an init container or a log tells it; containers of one pod with one code are one cause too. */
    static List<Root> synonyms(List<Root> roots) {
        var kept = new LinkedHashMap<String, Root>();
        roots.forEach(root -> kept.merge(name(root), root, Merge::joined));
        return List.copyOf(kept.values());
    }

    private static String name(Root root) {
        var f = root.findings().get(0);
        if (f.code() == Code.SECRET_MISSING || f.code() == Code.INGRESS_TLS_SECRET_MISSING) {
            return "secret|" + (f.code() == Code.SECRET_MISSING ? f.objectName() : f.param("name"));
        }
        if (f.code().same == Same.HOST) {
            return "name|" + f.param(Same.HOST.param);
        }
        return WORKLOADS.contains(f.objectKind()) && !f.container().isEmpty() && root.findings().size() == 1
            ? f.code() + "|" + f.object() : root.key();
    }

    private static Root joined(Root a, Root b) {
        var better = Set.of(Code.SVC_MISSING, Code.SECRET_MISSING);
        var first = better.contains(b.findings().get(0).code()) && !better.contains(a.findings().get(0).code()) ? b : a;
        var second = first == a ? b : a;
        var findings = new ArrayList<>(first.findings());
        second.findings().stream().filter(f -> !findings.contains(f)).forEach(findings::add);
        var explains = new TreeMap<>(second.explains());
        explains.putAll(first.explains());
        return new Root(first.key(), findings, explains);
    }
}
