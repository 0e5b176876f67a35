package ensure_ready.diagnosis;

import ensure_ready.catalogue.Code;
import ensure_ready.catalogue.Phrase;
import ensure_ready.findings.Finding;
import java.util.regex.Pattern;

/** Which fields of a pod template decide a cause, as a pattern over {@code path = value}. */
public final class DecidingFields {
    static final Pattern MEMORY =
        Pattern.compile("(?i)(?:-Xm[sx]|MaxRAM|max[_-]old[_-]space|shared_buffers|maxmemory|buffer[_-]pool"
        + "|GOMEMLIMIT|cacheSizeGB|\\bheap\\b)[^\\s,;]*");

    static String container(Finding f) {
        return f.container().isEmpty() ? "ontainers\\[[^\\]]*\\]\\." : "ontainers\\[" + Pattern.quote(f.container()) + "\\]\\.";
    }

    /** What of the pod template decides this code; {@code told} is all that is known of it, the log's tail included. */
    static String pattern(Finding f, String told) {
        var c = container(f);
        var name = Pattern.quote(f.objectName());
        return switch (f.code()) {
            case IMAGE_NEVER_PULL -> c + "image";
            case IMAGE_AUTH, IMAGE_NOT_FOUND_OR_AUTH, IMAGE_PULL_SECRET_MISSING -> c + "image |^imagePullSecrets";
            case OOM_KILLED -> c + "resources\\..*memory|" + c + ".*" + MEMORY.pattern();
            case SECRET_MISSING -> "ecret.* = " + name + "$";
            case CONFIGMAP_MISSING -> "onfigMap.* = " + name + "$";
            case PVC_MISSING -> "claimName = " + name + "$";
            case SERVICE_ACCOUNT_MISSING, RBAC_RUNTIME_FORBIDDEN, RBAC_ROLE_MISSING -> "^serviceAccountName";
            case CONFIG_KEY_MISSING -> "(key|subPath|items\\[.*) = " + Pattern.quote(f.param("key")) + "$|ecret.*ame = " + name
                + "$|onfigMap.*ame = " + name + "$";
            case CRASH_MISSING_ENV -> c + "env\\[" + Pattern.quote(f.param("variable")) + "\\]|" + c + "envFrom|" + c
                + "env.* = .*\\$[({]" + Pattern.quote(f.param("variable")) + "[)}]";
            case CONTAINER_CONFIG_INVALID -> c + ".*subPath|^volumes.*ame ";
            case CRASH_AUTH_FAILED -> c + "env\\[[^\\]]*(?i:user|pass|pwd|auth|token|secret|_db|database)[^\\]]*\\]|" + c + "envFrom";
            case CONTAINER_COMMAND_NOT_FOUND, CONTAINER_COMMAND_PERMISSION, CONTAINER_START_FAILED, CONTAINER_EXITS_ZERO ->
                c + "(command|args|workingDir|image) |" + c + ".*subPath";
            case CRASH_APP_ERROR -> c + "(command|args) |" + c + "envFrom|^volumes.*onfigMap.name"
                + (Phrase.DENIED.occurs(told) ? "|ecurityContext|" + c + "volumeMounts" : "")
                + (Phrase.CERTIFICATE.occurs(told) ? "|" + c + "env\\[[^\\]]*(?i:ssl|tls|cert|ca_)[^\\]]*\\]" : "")
                + (Phrase.HEAP.occurs(told) || f.param("exitCode").equals("137")
                ? "|" + c + "resources\\..*memory|" + c + ".*" + MEMORY.pattern() : "");
            case CRASH_PORT_IN_USE -> "^hostNetwork|[pP]ort |ontainers.*(command|args) |(?i:env.*port.* = )";
            case CRASH_DISK_FULL, EVICTED_EPHEMERAL_STORAGE -> "emptyDir|claimName|resources\\..*storage|mountPath";
            case PROBE_LIVENESS_FAILING, PROBE_STARTUP_FAILING, PROBE_READINESS_FAILING, PROBE_PORT_MISMATCH, PROBE_PATH_NOT_FOUND ->
                probe(f, c, told);
            case ENV_PORT_MISMATCH, DNS_NAME_UNKNOWN, DEPENDENCY_SERVICE_MISSING, SVC_MISSING, CRASH_DEPENDENCY_UNREACHABLE, INIT_WAITING ->
                setting(f);
            default -> placed(f, c);
        };
    }

    private static String probe(Finding f, String c, String told) {
        boolean slow = Phrase.SLOW.occurs(told);
        boolean startup = f.code() == Code.PROBE_STARTUP_FAILING;
        return c + (f.param("probe").isEmpty() ? "\\w+Probe" : f.param("probe") + "Probe")
            + "\\.(?!successT|" + (slow ? "" : "timeoutSeconds = 1$|") + ".*scheme = HTTP$"
            + (startup || f.code() == Code.PROBE_LIVENESS_FAILING ? "" : "|periodS|failureT|initialD")
            + ")|" + c + "ports.*containerPort" + (startup || slow ? "|" + c + "resources.limits.cpu" : "");
    }

    /** What decides where a pod may be, and as whom. */
    private static String placed(Finding f, String c) {
        return switch (f.code()) {
            case SCHED_GATED -> "^schedulingGates";
            case SANDBOX_FAILED -> "^runtimeClassName|^hostNetwork";
            case LIFECYCLE_HOOK_FAILED -> c + "lifecycle";
            case RUN_AS_NON_ROOT, POD_SECURITY_DENIED -> "runAs|ecurityContext|host(Network|PID|IPC|Path)|" + c + "image ";
            case SCHED_NODE_SELECTOR -> "^nodeSelector|^affinity.nodeAffinity.required";
            case SCHED_INSUFFICIENT_RESOURCES, QUOTA_EXCEEDED, QUOTA_REQUIRES_LIMITS, LIMITRANGE_VIOLATION -> "resources\\.";
            case SCHED_TAINT -> "^tolerations|^nodeSelector";
            case SCHED_HOST_PORT -> "hostPort";
            case SCHED_POD_ANTI_AFFINITY -> "^affinity.pod";
            case SCHED_TOPOLOGY -> "^topologySpread";
            case SCHED_NODE_MISSING -> "^nodeName";
            case SCHED_SCHEDULER_MISSING -> "^schedulerName";
            case SCHED_DEVICE_CLAIM -> "[cC]laims";
            case POD_READINESS_GATE -> "^readinessGates";
            case POD_DNS_POLICY -> "^dns|^hostNetwork";
            case JOB_SIDECAR_BLOCKS -> "^containers.*(image|command) ";
            case VOLUME_MOUNT_FAILED, PVC_ACCESS_MODE, SCHED_VOLUME_AFFINITY -> "^volumes|^nodeSelector|mountPath";
            default -> f.code().family == Code.Family.IMAGE ? c + "image " : "";
        };
    }

    /** The settings that name the host, or all that could. */
    static String setting(Finding f) {
        var host = f.param("host").isEmpty() ? f.param("address").replaceFirst(":\\d*$", "") : f.param("host");
        return host.isEmpty()
            ? "env\\[[^\\]]*(?i:host|addr|url|uri|dsn|broker|server|endpoint|port)[^\\]]*\\]\\.|nitContainers.*(command|args) "
            : "(?<![\\w.-])" + Pattern.quote(host) + "(?![\\w-])|env\\[" + Pattern.quote(f.param("setting")
                .replaceFirst("^.* ", "").replaceFirst("(?i)(HOST(NAME)?|ADDR(ESS)?|SERVER)$", "PORT")) + "\\]";
    }
}
