package ensure_ready.catalogue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static java.nio.file.StandardOpenOption.CREATE;

/**
 * What texts of kubelet, runtimes, scheduler, controllers, admission and programs mean: the one table of it, looked up without regard
 * to case, anywhere in the text, first row first. An alternative is a plain text; one that begins with {@code ~} is a pattern. The texts
 * of many versions stand in tests/fixtures/messages.
 */
public final class Messages {
    /** Where a text comes from; the same words mean different things in different places. */
    public enum Topic { IMAGE, VOLUME, START, CREATE, CLAIM, APPLY, LOG, EVICTED, SCHEDULER, NODE }

    private record Row(Topic topic, Code code, List<String> texts, Pattern pattern) {
        boolean fits(String text, String lower) {
            return texts.stream().anyMatch(lower::contains) || pattern != null && pattern.matcher(text).find();
        }
    }

    private static final String VARIABLE = "\\b(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+)\\b";
    private static final String UNSET = "not set|not defined|undefined|is required|is missing|unset|must be set|is empty|must be defined"
        + "|must be provided|not provided|not specified|is mandatory|not configured";
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
    private static final Pattern IMAGE_NAME = Pattern.compile("(?<![\\w/])[\\w.-]{2,}(:\\d+)?(/[\\w.-]+)+(:[\\w.-]+)?(@sha256:[0-9a-f]+)?");
    private static final List<Row> ROWS = rows();

    private Messages() { }

    /** The code that this text stands for at this place; empty when no row knows it. */
    public static Optional<Code> code(Topic topic, String text) {
        var plain = topic == Topic.IMAGE ? IMAGE_NAME.matcher(QUOTED.matcher(text).replaceAll("\"\"")).replaceAll("") : text;
        var lower = plain.toLowerCase(Locale.ROOT);
        return ROWS.stream().filter(r -> r.topic == topic && r.fits(plain, lower)).map(Row::code).findFirst();
    }

    private static List<Row> rows() {
        var rows = new ArrayList<Row>();
        image(rows);
        volume(rows);
        start(rows);
        create(Topic.CREATE, rows);
        claim(rows);
        apply(rows);
        log(rows);
        evicted(rows);
        scheduler(rows);
        node(rows);
        return List.copyOf(rows);
    }

    private static void row(List<Row> rows, Topic topic, Code code, String... alternatives) {
        var texts = Stream.of(alternatives).filter(a -> !a.startsWith("~")).map(a -> a.toLowerCase(Locale.ROOT)).toList();
        var patterns = Stream.of(alternatives).filter(a -> a.startsWith("~")).map(a -> a.substring(1)).toList();
        rows.add(new Row(topic, code, texts, patterns.isEmpty() ? null
            : Pattern.compile(String.join("|", patterns), Pattern.CASE_INSENSITIVE)));
    }

    private static void image(List<Row> rows) {
        row(rows, Topic.IMAGE, Code.IMAGE_STILL_PULLING, "pull QPS exceeded");
        row(rows, Topic.IMAGE, Code.IMAGE_NAME_INVALID, "couldn't parse image", "invalid reference format", "InvalidImageName",
            "Failed to apply default image tag");
        row(rows, Topic.IMAGE, Code.IMAGE_NEVER_PULL, "ErrImageNeverPull", "is not present with pull policy of Never");
        row(rows, Topic.IMAGE, Code.IMAGE_RATE_LIMITED, "toomanyrequests", "too many requests", "rate limit", "~(status|code)[ =:]*429");
        row(rows, Topic.IMAGE, Code.IMAGE_PLATFORM_MISMATCH, "no match for platform in manifest", "no matching manifest for",
            "does not match the specified platform", "exec format error", "cannot be used on this platform",
            "~no image found in (manifest list|image index) for");
        row(rows, Topic.IMAGE, Code.NODE_PRESSURE, "no space left on device", "disk quota exceeded");
        row(rows, Topic.IMAGE, Code.IMAGE_NOT_FOUND_OR_AUTH, "does not exist or no pull access",
            "requested access to the resource is denied", "~may require (authorization|'docker login'|authentication)");
        row(rows, Topic.IMAGE, Code.IMAGE_REGISTRY_UNREACHABLE, "no such host", "i/o timeout", "connection refused", "connection reset",
            "x509:", "server gave HTTP response to HTTPS client", "no route to host", "network is unreachable", "TLS handshake timeout",
            "context deadline exceeded", "Client.Timeout", "waiting for connection", "server misbehaving", "name resolution",
            "name or service not known", "remote error: tls", "first record does not look like a TLS handshake", "unexpected EOF",
            "connection timed out", "~\\b50[0234] ", "~: EOF\\b");
        row(rows, Topic.IMAGE, Code.IMAGE_AUTH, "unauthorized", "forbidden", "authorization failed", "no basic auth credentials",
            "authentication required", "insufficient_scope", "not authorized", "incorrect username or password",
            "unable to retrieve auth token", "invalid credentials", "~\\b401\\b", "~\\b403\\b", "~\\bdenied\\b",
            "~failed to fetch (anonymous|oauth) token");
        row(rows, Topic.IMAGE, Code.IMAGE_NOT_FOUND, "not found", "NotFound", "manifest unknown", "manifest_unknown", "name unknown",
            "name_unknown", "not known to registry", "does not exist", "no such image", "no such manifest", "unknown image", "~\\b404\\b");
    }

    private static void volume(List<Row> rows) {
        row(rows, Topic.VOLUME, Code.STILL_PROGRESSING, "the object has been modified", "~failed to sync (configmap|secret) cache",
            "~object \"[^\"]*\"/\"[^\"]*\" not registered");
        row(rows, Topic.VOLUME, Code.CONFIG_KEY_MISSING, "couldn't find key", "non-existent key",
            "~references non-existent (config|secret) key");
        row(rows, Topic.VOLUME, Code.SECRET_MISSING, "couldn't get secret", "could not find secret", "~secrets? \"[^\"]+\" not found");
        row(rows, Topic.VOLUME, Code.CONFIGMAP_MISSING, "couldn't get configMap", "~configmaps? \"[^\"]+\" not found");
        row(rows, Topic.VOLUME, Code.PVC_MISSING, "error getting PVC", "~persistentvolumeclaims? \"[^\"]+\" not found");
        row(rows, Topic.VOLUME, Code.RUN_AS_NON_ROOT, "runAsNonRoot", "run as non-root", "image will run as root", "non-numeric user",
            "non-root policy");
        row(rows, Topic.VOLUME, Code.PVC_ACCESS_MODE, "Multi-Attach error", "already exclusively attached", "already used by pod",
            "ReadWriteOncePod");
        row(rows, Topic.VOLUME, Code.PVC_PROVISIONER_MISSING, "not found in the list of registered CSI drivers",
            "no volume plugin matched", "~CSINode .* does not contain driver");
        row(rows, Topic.VOLUME, Code.VOLUME_MOUNT_FAILED, "MountVolume", "AttachVolume", "MapVolume", "Unable to attach or mount volumes",
            "hostPath type check failed");
    }

    private static void start(List<Row> rows) {
        row(rows, Topic.START, Code.OOM_KILLED, "OOM-killed", "memory limit too low", "OOMKilled");
        row(rows, Topic.START, Code.CONTAINER_START_FAILED, "error mounting", "mount a directory onto a file", "chdir to cwd",
            "no matching entries in passwd", "subPath", "no users found", "failed to reserve container name",
            "~not a directory: (unknown|Are you trying)", "~unable to find (user|group)", "~container name .* is reserved");
        row(rows, Topic.START, Code.IMAGE_PLATFORM_MISMATCH, "exec format error");
        row(rows, Topic.START, Code.CONTAINER_COMMAND_NOT_FOUND, "no such file or directory", "no command specified", "is a directory",
            "cannot find the file specified", "~executable file (not found|.* not found) in");
        row(rows, Topic.START, Code.CONTAINER_COMMAND_PERMISSION, "permission denied", "operation not permitted");
    }

    private static void create(Topic topic, List<Row> rows) {
        row(rows, topic, Code.QUOTA_EXCEEDED, "exceeded quota", "insufficient quota");
        row(rows, topic, Code.QUOTA_REQUIRES_LIMITS, "~failed quota: .*must specify", "~must specify (limits|requests|cpu|memory)");
        row(rows, topic, Code.POD_SECURITY_DENIED, "violates PodSecurity",
            "~unable to validate against any (pod security policy|security context constraint)");
        row(rows, topic, Code.ADMISSION_WEBHOOK_DENIED, "blocked by policy", "~admission webhook .*denied( the request)?",
            "~ValidatingAdmissionPolicy .*denied");
        row(rows, topic, Code.ADMISSION_WEBHOOK_UNAVAILABLE, "failed to call webhook", "~failed calling (admission )?webhook",
            "~conversion webhook .* failed");
        row(rows, topic, Code.SERVICE_ACCOUNT_MISSING, "error looking up service account", "~serviceaccounts? \"[^\"]+\" not found");
        row(rows, topic, Code.LIMITRANGE_VIOLATION, "limit to request ratio per",
            "~(maximum|minimum) [\\w./-]+ usage per (container|pod|persistentvolumeclaim)", "~(maximum|minimum) .* limit .*LimitRange");
        row(rows, topic, Code.OBJECT_STUCK_TERMINATING, "because it is being terminated");
        row(rows, topic, Code.STILL_PROGRESSING, "the object has been modified", "object is being deleted", "etcdserver: ",
            "Timeout: request did not complete", "server is currently unable");
    }

    private static void claim(List<Row> rows) {
        row(rows, Topic.CLAIM, Code.PVC_STORAGECLASS_MISSING, "~storageclass(es)?(\\.storage\\.k8s\\.io)? \"[^\"]*\" not found",
            "~storage class .* not found");
        row(rows, Topic.CLAIM, Code.PVC_NO_DEFAULT_CLASS, "no persistent volumes available for this claim and no storage class is set");
        row(rows, Topic.CLAIM, Code.QUOTA_EXCEEDED, "exceeded quota");
        row(rows, Topic.CLAIM, Code.PVC_PROVISIONER_MISSING, "no volume plugin matched",
            "not found in the list of registered CSI drivers",
            "~waiting for (a )?volume to be created,? (either )?by (the )?external provisioner");
        row(rows, Topic.CLAIM, Code.PVC_UNBOUND, "Cannot bind to requested volume", "~no volume .* matching",
            "~volume .* already bound to a different claim", "~does not match (size|access|storage)", "~requested PV .* not");
        row(rows, Topic.CLAIM, Code.PVC_PROVISION_FAILED, "failed to provision volume", "ProvisioningFailed", "rpc error");
    }

    private static void apply(List<Row> rows) {
        row(rows, Topic.APPLY, Code.API_KIND_UNKNOWN, "no matches for kind", "resource mapping not found", "registered handler",
            "could not find the requested resource", "does not serve", "unknown kind", "has no kind", "~no kind .* is registered");
        row(rows, Topic.APPLY, Code.APPLY_IMMUTABLE_FIELD, "field is immutable", "is immutable", "updates to statefulset spec",
            "cannot be changed", "Forbidden: updates to", "~immutable (field|after)", "~updates to .* are forbidden",
            "~may not change (once set|fields other)");
        row(rows, Topic.APPLY, Code.NAMESPACE_MISSING, "~namespaces? \"[^\"]+\" not found");
        create(Topic.APPLY, rows);
        row(rows, Topic.APPLY, Code.APPLY_FORBIDDEN_RBAC, "is forbidden: User", "not currently held",
            "~cannot (get|list|watch|create|patch|update|delete) (resource )?\"?\\w+", "~^(forbidden|unauthorized)");
        row(rows, Topic.APPLY, Code.APPLY_CONFLICT, "~Apply failed with \\d+ conflict", "~conflicts? with \"");
        row(rows, Topic.APPLY, Code.APPLY_INVALID, "is invalid", "strict decoding", "unknown field", "cannot unmarshal",
            "unable to decode", "Required value", "Invalid value", "Unsupported value", "json: ", "yaml: ", "metadata.name",
            "bad request", "the server rejected our request", "duplicate", "does not parse", "failed to create typed patch object",
            "is forbidden:", "~in version .* cannot be handled", "~\\b(400|422)\\b");
    }

    private static void log(List<Row> rows) {
        row(rows, Topic.LOG, Code.RBAC_RUNTIME_FORBIDDEN, "~is forbidden: User \\\\*\"?system:",
            "~User \"system:[^\"]+\" cannot \\w+ resource");
        row(rows, Topic.LOG, Code.IMAGE_PLATFORM_MISMATCH, "exec format error", "cannot execute binary file");
        row(rows, Topic.LOG, Code.CRASH_PORT_IN_USE, "EADDRINUSE", "98: Address in use", "only one usage of each socket address",
            "already bound to port", "~address (is )?already in use", "~port \\S+ (is|was) already (in use|allocated)",
            "~failed to bind to (address|port)");
        row(rows, Topic.LOG, Code.CRASH_DISK_FULL, "no space left on device", "ENOSPC", "disk quota exceeded", "could not extend file",
            "~\\bdisk (is )?full\\b");
        row(rows, Topic.LOG, Code.CRASH_AUTH_FAILED, "password authentication failed", "access denied for user", "login failed for user",
            "ACCESS_REFUSED", "AuthenticationFailed", "requires authentication", "authentication required", "could not find user",
            "without any password configured", "bad credentials", "incorrect password", "no pg_hba.conf entry",
            "~authentication (failed|failure|error)", "~\\bWRONGPASS\\b", "~\\bNOAUTH\\b",
            "~invalid (username|user name|user)?( or |-pair |[/-])?\\s*password", "~SASL authentication .*(fail|error)",
            "~\\bauth(entication)? failed", "~not authorized on \\S+ to execute", "~role \"[^\"]+\" does not exist", "~AUTH .*failed",
            "~security_exception.*(unable to authenticate|missing authentication)");
        row(rows, Topic.LOG, Code.CRASH_MISSING_ENV, "unbound variable", "Could not resolve placeholder '", "missing env",
            "setting must not be empty", "~(missing|required|unset|undefined|no such|not found|specify).{0,60}environment variables?",
            "~environment variables?.{0,60}(not set|required|missing|undefined|not found|unset|must be|not defined|empty|is not specified)",
            "~" + VARIABLE + "[^\\w]{0,3}.{0,25}(" + UNSET + ")",
            "~(missing|requires?d?|expected|set|undefined|specify|provide)\\b.{0,30}" + VARIABLE + ".{0,20}(\\bto start|$|\\bvariable|\\benv)",
            "~KeyError: '(?-i:[A-Z][A-Z0-9_]+)'", "~parameter (null or )?not set", "~required key \\S+ missing value",
            "~\\benv(ironment)? var(iable)?s?\\b.{0,40}(missing|required|not set|undefined|unset)",
            "~(superuser password|password option) is not specified", "~\\bField required\\b",
            "~\"received\": ?\"undefined\", ?\"path\": ?\\[ ?\"(?-i:[A-Z][A-Z0-9_]+)\"", "~key not found: \"?(?-i:[A-Z][A-Z0-9_]+)\"?",
            "~is not defined in (the )?env", "~no value for required (setting|option|config)", "~environ\\[",
            "~missing (required )?(config|configuration|setting|parameter)s?\\b");
        row(rows, Topic.LOG, Code.CRASH_DEPENDENCY_UNREACHABLE, "ECONNREFUSED", "no such host", "i/o timeout", "EAI_AGAIN",
            "EHOSTUNREACH", "name or service not known", "could not translate host name", "name resolution", "name does not resolve",
            "nodename nor servname", "getaddrinfo", "connection attempt failed", "while waiting to connect",
            "timeout expired while waiting for", "no route to host", "network is unreachable", "dial tcp", "cannot connect",
            "could not connect", "failed to connect", "failed connecting", "unable to connect", "error connecting",
            "Max retries exceeded with url", "AMQPConnectionError", "establishing a connection", "driver: bad connection",
            "communications link failure", "no reachable servers", "host not found in upstream", "bad address '",
            "No resolvable bootstrap", "could not resolve host", "could not be resolved", "Temporary failure in name",
            "NoBrokersAvailable", "NXDOMAIN", "SERVFAIL", "server misbehaving", "context deadline exceeded", "wget: can't",
            "~connection (was )?refused", "~\\bETIMEDOUT\\b", "~\\bENOTFOUND\\b", "~unknown ?host",
            "~connect(ion)?( attempt)? ?timed? ?out", "~connect(ion)? to \\S+ (refused|failed)",
            "~time(d )?out( expired)? (while )?waiting for (a |the )?(connection|node|database|server|broker)", "~host (is )?unreachable",
            "~could ?n.t connect", "~can.?t connect", "~can.?t reach", "~(cannot|could not|unable to|failed to) reach",
            "~unknown \\w+ server host", "~\\bPoolTimedOut\\b", "~connection to .{1,80}failed",
            "~server ?selection ?(error|timeout|timed out)", "~no servers? (is |are )?(available|reachable)",
            "~(?<!Error: )can't resolve '?[\\w.-]+('|$|\\s)",
            "~(could ?n.t|could not|failed to|unable to|cannot) resolve (server|host|address|'?[\\w.-]+:\\d)", "~\\bnot (yet )?reachable",
            "~brokers? .*(disconnected|not available|could not be established)", "~waiting for .{1,60}(:\\d+|to be (ready|up|available))",
            "~:\\d+ - no response", "~DNS .*(fail|timeout)", "~name=\\S+ .*unavailable");
    }

    private static void evicted(List<Row> rows) {
        row(rows, Topic.EVICTED, Code.EVICTED_EPHEMERAL_STORAGE, "exceeds the total limit", "ephemeral local storage usage exceeds",
            "exceeds the limit \"", "emptydir");
    }

    private static void scheduler(List<Row> rows) {
        row(rows, Topic.SCHEDULER, Code.PVC_MISSING, "~persistentvolumeclaim \".*not found");
        row(rows, Topic.SCHEDULER, Code.SCHED_VOLUME_UNBOUND, "unbound immediate persistentvolumeclaims",
            "waiting for a volume to be created", "is being deleted");
        row(rows, Topic.SCHEDULER, Code.SCHED_NODES_UNAVAILABLE, "no nodes available", "~^0/0 nodes");
    }

    /** One part of the scheduler's sentence: why some nodes do not take the pod. */
    private static void node(List<Row> rows) {
        row(rows, Topic.NODE, Code.SCHED_NODES_UNAVAILABLE,
            "~taint.*node\\.kubernetes\\.io/(not-ready|unreachable|unschedulable|network-unavailable)",
            "~taint.*node\\.cloudprovider\\.kubernetes\\.io/uninitialized");
        row(rows, Topic.NODE, Code.NODE_PRESSURE, "~taint.*node\\.kubernetes\\.io/(memory|disk|pid)-pressure");
        row(rows, Topic.NODE, Code.SCHED_TAINT, "taint");
        row(rows, Topic.NODE, Code.SCHED_VOLUME_AFFINITY, "volume node affinity", "persistentvolume's node affinity",
            "available volume zone");
        row(rows, Topic.NODE, Code.PVC_UNBOUND, "find available persistent volumes", "bound to non-existent persistentvolume", "unbound");
        row(rows, Topic.NODE, Code.PVC_ACCESS_MODE, "readwriteoncepod", "no available disk", "already mounted");
        row(rows, Topic.NODE, Code.SCHED_POD_ANTI_AFFINITY, "pod anti-affinity", "pod affinity", "existing pods anti-affinity",
            "inter-pod");
        row(rows, Topic.NODE, Code.SCHED_TOPOLOGY, "topology spread");
        row(rows, Topic.NODE, Code.SCHED_NODE_SELECTOR, "node affinity", "node selector", "requested node name", "nodeselector",
            "node(s) didn't match node");
        row(rows, Topic.NODE, Code.SCHED_HOST_PORT, "free ports");
        row(rows, Topic.NODE, Code.SCHED_INSUFFICIENT_RESOURCES, "insufficient", "too many pods", "exceed max volume count");
        row(rows, Topic.NODE, Code.SCHED_NODES_UNAVAILABLE, "unschedulable", "not ready", "unavailable");
    }
}
