package ensure_ready.catalogue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What texts of kubelet, runtimes, scheduler, controllers, admission and programs mean: the one table of it, looked up without regard
 * to case, anywhere in the text, first row first. An alternative is a plain text; one that begins with {@code ~} is a pattern. The texts
 * of many versions stand in tests/fixtures/messages.
 */
public final class Messages {
    /** Where a text comes from; the same words mean different things in different places. */
    public enum Topic {
        IMAGE(Messages::image), VOLUME(Messages::volume), START(Messages::start), CREATE(Messages::create), CLAIM(Messages::claim),
        APPLY(Messages::apply), LOG(Messages::log), EVICTED(Messages::evicted), SCHEDULER(Messages::scheduler), NODE(Messages::node);

        private final Consumer<Table> rows;

        Topic(Consumer<Table> rows) {
            this.rows = rows;
        }
    }

    private record Row(Code code, List<String> texts, Pattern pattern) {
        boolean fits(String text, String lower) {
            return texts.stream().anyMatch(lower::contains) || pattern != null && pattern.matcher(text).find();
        }
    }

    private static final String VARIABLE = "\\b(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+)\\b";
    private static final String SET = "(set|defined|provided|specified|configured|given)\\b";
    private static final String UNSET = "not " + SET + "|undefined|unset|is (required|missing|empty|mandatory)|must be " + SET;
    private static final String KEY = "(key|secret|password|token|url|dsn|host|option|value) (has |is |was )?";
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
    private static final Pattern IMAGE_NAME = Pattern.compile("(?<![\\w/])[\\w.-]{2,}(:\\d+)?(/[\\w.-]+)+(:[\\w.-]+)?(@sha256:[0-9a-f]+)?");
    private static final Map<Topic, List<Row>> ROWS = rows();

    /** The code that this text stands for at this place; empty when no row knows it. */
    public static Optional<Code> code(Topic topic, String text) {
        var plain = topic == Topic.IMAGE ? IMAGE_NAME.matcher(QUOTED.matcher(text).replaceAll("\"\"")).replaceAll("") : text;
        var lower = plain.toLowerCase(Locale.ROOT);
        return ROWS.get(topic).stream().filter(r -> r.fits(plain, lower)).map(Row::code).findFirst();
    }

    private static Map<Topic, List<Row>> rows() {
        var rows = new EnumMap<Topic, List<Row>>(Topic.class);
        for (var topic : Topic.values()) {
            var table = new Table(new ArrayList<>());
            topic.rows.accept(table);
            rows.put(topic, table.rows());
        }
        return rows;
    }

    private record Table(List<Row> rows) {
        void row(Code code, String... alternatives) {
            var texts = Stream.of(alternatives).filter(a -> !a.startsWith("~")).map(a -> a.toLowerCase(Locale.ROOT)).toList();
            var patterns = Stream.of(alternatives).filter(a -> a.startsWith("~")).map(a -> a.substring(1)).toList();
            rows.add(new Row(code, texts, patterns.isEmpty() ? null
                : Pattern.compile(String.join("|", patterns), Pattern.CASE_INSENSITIVE)));
        }
    }

    private static void image(Table t) {
        t.row(Code.IMAGE_STILL_PULLING, "pull QPS exceeded");
        t.row(Code.IMAGE_NAME_INVALID, "couldn't parse image", "invalid reference format", "InvalidImageName",
            "Failed to apply default image tag", "short name mode", "short-name");
        t.row(Code.IMAGE_NEVER_PULL, "ErrImageNeverPull", "is not present with pull policy of Never");
        t.row(Code.IMAGE_RATE_LIMITED, "toomanyrequests", "too many requests", "rate limit", "~(status|code)[ =:]*429");
        t.row(Code.IMAGE_PLATFORM_MISMATCH, "no match for platform in manifest", "no matching manifest for",
            "does not match the specified platform", "exec format error", "cannot be used on this platform",
            "~no image found in (manifest list|image index) for");
        t.row(Code.NODE_PRESSURE, "no space left on device", "disk quota exceeded");
        t.row(Code.IMAGE_NOT_FOUND_OR_AUTH, "does not exist or no pull access", "requested access to the resource is denied",
            "~may require (authorization|'docker login'|authentication)");
        t.row(Code.IMAGE_REGISTRY_UNREACHABLE, "no such host", "i/o timeout", "connection refused", "connection reset", "x509:",
            "server gave HTTP response to HTTPS client", "no route to host", "network is unreachable", "TLS handshake timeout",
            "context deadline exceeded", "Client.Timeout", "waiting for connection", "server misbehaving", "name resolution",
            "name or service not known", "remote error: tls", "first record does not look like a TLS handshake", "unexpected EOF",
            "connection timed out", "~\\b50[0234] ", "~: EOF\\b");
        t.row(Code.IMAGE_AUTH, "unauthorized", "forbidden", "authorization failed", "no basic auth credentials", "authentication required",
            "insufficient_scope", "not authorized", "incorrect username or password", "unable to retrieve auth token",
            "invalid credentials", "~\\b401\\b", "~\\b403\\b", "~\\bdenied\\b", "~failed to fetch (anonymous|oauth) token");
        t.row(Code.IMAGE_NOT_FOUND, "not found", "NotFound", "manifest unknown", "manifest_unknown", "name unknown", "name_unknown",
            "not known to registry", "does not exist", "no such image", "no such manifest", "unknown image", "~\\b404\\b");
    }

    private static void volume(Table t) {
        t.row(Code.STILL_PROGRESSING, "the object has been modified", "~failed to sync (configmap|secret) cache",
            "~object \"[^\"]*\"/\"[^\"]*\" not registered");
        t.row(Code.CONFIG_KEY_MISSING, "couldn't find key", "non-existent key", "~references non-existent (config|secret) key");
        t.row(Code.SECRET_MISSING, "couldn't get secret", "could not find secret", "~secrets? \"[^\"]+\" not found");
        t.row(Code.CONFIGMAP_MISSING, "couldn't get configMap", "~configmaps? \"[^\"]+\" not found");
        t.row(Code.PVC_MISSING, "error getting PVC", "~persistentvolumeclaims? \"[^\"]+\" not found");
        t.row(Code.SERVICE_ACCOUNT_MISSING, "~failed to fetch token: serviceaccounts? \"[^\"]+\" not found");
        t.row(Code.RUN_AS_NON_ROOT, "runAsNonRoot", "run as non-root", "image will run as root", "non-numeric user", "non-root policy");
        t.row(Code.PVC_ACCESS_MODE, "Multi-Attach error", "already exclusively attached", "already used by pod", "ReadWriteOncePod");
        t.row(Code.PVC_PROVISIONER_MISSING, "not found in the list of registered CSI drivers", "no volume plugin matched",
            "~CSINode .* does not contain driver");
        t.row(Code.VOLUME_MOUNT_FAILED, "MountVolume", "AttachVolume", "MapVolume", "Unable to attach or mount volumes",
            "hostPath type check failed");
    }

    private static void start(Table t) {
        t.row(Code.OOM_KILLED, "OOM-killed", "memory limit too low", "OOMKilled");
        t.row(Code.CONTAINER_START_FAILED, "error mounting", "seccomp profile",
            "apparmor", "gathering device information", "mount a directory onto a file", "chdir to cwd",
            "no matching entries in passwd", "subPath", "no users found", "failed to reserve container name",
            "~not a directory: (unknown|Are you trying)", "~unable to find (user|group)", "~container name .* is reserved");
        t.row(Code.IMAGE_PLATFORM_MISMATCH, "exec format error");
        t.row(Code.CONTAINER_COMMAND_NOT_FOUND, "no such file or directory", "no command specified", "is a directory",
            "cannot find the file specified", "~executable file (not found|.* not found) in");
        t.row(Code.CONTAINER_COMMAND_PERMISSION, "permission denied", "operation not permitted");
    }

    private static void create(Table t) {
        t.row(Code.QUOTA_EXCEEDED, "exceeded quota", "insufficient quota");
        t.row(Code.QUOTA_REQUIRES_LIMITS, "~failed quota: .*must specify", "~must specify (limits|requests|cpu|memory)");
        t.row(Code.POD_SECURITY_DENIED, "violates PodSecurity",
            "~unable to validate against any (pod security policy|security context constraint)");
        t.row(Code.ADMISSION_WEBHOOK_DENIED, "blocked by policy", "~admission webhook .*denied",
            "~ValidatingAdmissionPolicy .*denied");
        t.row(Code.ADMISSION_WEBHOOK_UNAVAILABLE, "failed to call webhook", "~failed calling (admission )?webhook",
            "~conversion webhook .* failed");
        t.row(Code.SERVICE_ACCOUNT_MISSING, "error looking up service account", "~serviceaccounts? \"[^\"]+\" not found");
        t.row(Code.LIMITRANGE_VIOLATION, "limit to request ratio per",
            "~(maximum|minimum) [\\w./-]+ usage per (container|pod|persistentvolumeclaim)", "~(maximum|minimum) .* limit .*LimitRange");
        t.row(Code.OBJECT_STUCK_TERMINATING, "because it is being terminated");
        t.row(Code.STILL_PROGRESSING, "the object has been modified", "object is being deleted", "etcdserver: ",
            "Timeout: request did not complete", "server is currently unable");
    }

    private static void claim(Table t) {
        t.row(Code.PVC_STORAGECLASS_MISSING, "~storageclass(es)?(\\.storage\\.k8s\\.io)? \"[^\"]*\" not found",
            "~storage class .* not found");
        t.row(Code.PVC_NO_DEFAULT_CLASS, "no persistent volumes available for this claim and no storage class is set");
        t.row(Code.QUOTA_EXCEEDED, "exceeded quota");
        t.row(Code.PVC_PROVISIONER_MISSING, "no volume plugin matched", "not found in the list of registered CSI drivers",
            "~waiting for (a )?volume to be created,? (either )?by (the )?external provisioner");
        t.row(Code.PVC_UNBOUND, "Cannot bind to requested volume", "~no volume .* matching",
            "~volume .* already bound to a different claim", "~does not match (size|access|storage)", "~requested PV .* not");
        t.row(Code.PVC_PROVISION_FAILED, "failed to provision volume", "ProvisioningFailed", "rpc error");
    }

    private static void apply(Table t) {
        t.row(Code.API_KIND_UNKNOWN, "no matches for kind", "resource mapping not found", "registered handler",
            "could not find the requested resource", "does not serve", "unknown kind", "has no kind", "~no kind .* is registered");
        t.row(Code.APPLY_IMMUTABLE_FIELD, "is immutable", "updates to statefulset spec", "cannot be changed", "Forbidden: updates to",
            "~immutable (field|after)", "~updates to .* are forbidden", "~may not change (once set|fields other)");
        t.row(Code.NAMESPACE_MISSING, "~namespaces? \"[^\"]+\" not found");
        create(t);
        t.row(Code.APPLY_FORBIDDEN_RBAC, "is forbidden: User", "not currently held",
            "~cannot (get|list|watch|create|patch|update|delete) (resource )?\"?\\w+", "~^(forbidden|unauthorized)");
        t.row(Code.APPLY_CONFLICT, "~Apply failed with \\d+ conflict", "~conflicts? with \"");
        t.row(Code.APPLY_INVALID, "is invalid", "strict decoding", "unknown field", "cannot unmarshal", "unable to decode",
            "Required value", "Invalid value", "Unsupported value", "json: ", "yaml: ", "metadata.name", "bad request",
            "the server rejected our request", "duplicate", "does not parse", "failed to create typed patch object", "is forbidden:",
            "~in version .* cannot be handled", "~\\b(400|422)\\b");
    }

    private static void log(Table t) {
        t.row(Code.RBAC_RUNTIME_FORBIDDEN, "~is forbidden: User \\\\*\"?system:");
        t.row(Code.IMAGE_PLATFORM_MISMATCH, "exec format error");
        t.row(Code.CONTAINER_COMMAND_NOT_FOUND, "~^exec \\S+: no such file or directory", "bad interpreter");
        t.row(Code.CRASH_PORT_IN_USE, "one usage of each socket", "~address (is )?(already )?in use", "~port \\S+ (is|was) already",
            "~failed to bind to (address|port)");
        t.row(Code.CRASH_DISK_FULL, "no space left on device", "disk quota exceeded", "flood stage", "~\\bdisk (is )?full\\b");
        t.row(Code.CRASH_DEPENDENCY_UNREACHABLE, "UnableToConnect");
        t.row(Code.CRASH_AUTH_FAILED, "access denied for user", "login failed for user", "ACCESS_REFUSED",
            "~(requires|unable to|missing) authenticat", "could not find user", "any password configured", "no pg_hba.conf entry",
            "~\\bauth(entication|ori[sz]ation)? ?(failed|failure|error|required|violation)", "InvalidAccessKeyId", "SignatureDoesNotMatch",
            "invalid_client", "no password supplied", "~(?<!/)\\bun(authori[sz]|authenticat)ed\\b",
            "~\\b(status|code|error)( code)?[ :=(]+40[13]\\b", "~permission denied (for|to) (table|schema|database|relation)",
            "~(invalid|wrong|incorrect|rejected|bad)[ _]?(client |user ?(name)?( or |[/-]))?"
                + "(credentials|password|(api|access)[ _-]?key|client secret|(access|auth\\w*|bearer) token)", "not allowed to connect",
            "not authorized on", "~role \"[^\"]+\" does not exist");
        missing(t);
        t.row(Code.CRASH_APP_ERROR, "~database \\W?[\\w-]+\\W? does not exist", "unknown database ", "~(?<!\\* )permission denied",
            "read-only file", "not permitted", "not writable", "~(unable to|node) lock", "already running", "temporarily unavailable",
            "mismatch", "~(in|not )compatible", "dirty database", "another process", "no matches for kind", "shared librar", "GLIBC_",
            "x509:", "PKIX path", "SSLHandshake", "~(bad|self.signed).cert|certificate (has expired|verify failed)",
            "response to HTTPS client");
        unreachable(t);
    }

    private static void missing(Table t) {
        t.row(Code.CRASH_MISSING_ENV, "unbound variable", "resolve placeholder", "missing env", "setting must not be empty",
            "~(missing|required|unset|undefined|no such|not found|specify|provide"
                + "|(?<!you )set(ting)? the).{0,60}env(ironment)?[ -]?var", "~\\bmissing \\S+ for .{0,20}environment",
            "not present in the environment", "~\\b(no .{0,40}" + KEY + "|" + KEY + "not )(been )?" + SET,
            "~\\b(property|setting|config(uration)?( key| value| option)?) "
                + "\\S{1,60} (is |was )?(required|missing|not set|not found|undefined)\\b",
            "~\\benv(ironment)? var.{0,70}(" + UNSET + "|not found|required|missing|must be|\\bempty)",
            "~" + VARIABLE + "[^\\w]{0,3}.{0,25}(" + UNSET + ")",
            "~(missing|requires?d?|expected|(?<!you )set|undefined|specify|provide)\\b.{0,30}" + VARIABLE
                + ".{0,20}(\\bto start|$|\\bvariable|\\benv)", "~key ?(not found|error): ['\"]?(?-i:[A-Z][A-Z0-9_]+)\\b",
            "~parameter (null or )?not set", "~(host|resolv\\w+|lookup|ENOTFOUND|getaddrinfo).{0,60}\\$[({][\\w.-]+[)}]", "Field required",
            "~\"received\": ?\"undefined\", ?\"path\": ?\\[ ?\"(?-i:[A-Z][A-Z0-9_]+)\"", "~(?-i:\\bENV)\\['",
            "~missing (required )?(config(uration)?|setting|parameter)s?\\b");
    }

    private static void unreachable(Table t) {
        t.row(Code.CRASH_DEPENDENCY_UNREACHABLE, "ECONNREFUSED", "no such host", "i/o timeout", "~\\bE(NOTFOUND|TIMEDOUT|HOSTUNREACH)\\b",
            "name or service not known", "name resolution fail", "does not resolve", "getaddrinfo", "waiting to connect",
            "no route to host", "dial tcp",
            "~(can.{0,2}t|could ?n.?t|unable|failed|error)( to)? (connect|reach|resolve (server|host|address|'?[\\w.-]+:\\d))",
            "~max retries (exceeded|per)", "produced zero addresses", "AMQPConnectionError", "establishing a connection", "ConnectionLoss",
            "~database system is (?!ready)", "is loading the dataset", "bad connection", "link failure", "host not found", "bad address '",
            "No resolvable", "not be resolved", "failure in name", "NoBrokersAvailable", "NXDOMAIN", "SERVFAIL", "server misbehaving",
            "context deadline exceeded", "~unknown ?((\\w+ )?server )?host",
            "~connect(ion)?( attempts?| call| was| to .{1,80})?( failed| refused| ?timed? ?out)",
            "~time(d )?out.{0,15} waiting for (a |the )?(connection|node|database|server|broker)",
            "~(un|not |yet |no |cluster |were )reachable(?! code)", "address of host", "PoolTimedOut",
            "~server ?selection ?(error|timeout|timed out)", "~no servers? (is |are )?available", "~(?<!Error: )can't resolve '[\\w.-]+'",
            "~(node|brokers?) .*(disconnected|not be established)", "~waiting for [^\"]{1,60}(:\\d+|to be (ready|up|available))",
            "~:\\d+ - no response", "~DNS .*(fail|timeout)");
    }

    private static void evicted(Table t) {
        t.row(Code.EVICTED_EPHEMERAL_STORAGE, "exceeds the total limit", "ephemeral local storage usage exceeds", "exceeds the limit \"",
            "emptydir");
    }

    private static void scheduler(Table t) {
        t.row(Code.PVC_MISSING, "~persistentvolumeclaim \".*not found");
        t.row(Code.SCHED_VOLUME_UNBOUND, "unbound immediate persistentvolumeclaims", "waiting for a volume to be created",
            "is being deleted");
        t.row(Code.SCHED_DEVICE_CLAIM, "resourceclaim", "resource claim", "cannot allocate all claims", "device class");
        t.row(Code.SCHED_NODES_UNAVAILABLE, "no nodes available", "~^0/0 nodes");
    }

    /** One part of the scheduler's sentence: why some nodes do not take the pod. */
    private static void node(Table t) {
        t.row(Code.SCHED_NODES_UNAVAILABLE, "~taint.*node\\.kubernetes\\.io/(not-ready|unreachable|unschedulable|network-unavailable)",
            "~taint.*node\\.cloudprovider\\.kubernetes\\.io/uninitialized");
        t.row(Code.NODE_PRESSURE, "~taint.*node\\.kubernetes\\.io/(memory|disk|pid)-pressure");
        t.row(Code.SCHED_TAINT, "taint");
        t.row(Code.SCHED_VOLUME_AFFINITY, "volume node affinity", "persistentvolume's node affinity", "available volume zone");
        t.row(Code.PVC_UNBOUND, "find available persistent volumes", "bound to non-existent persistentvolume", "unbound");
        t.row(Code.PVC_ACCESS_MODE, "readwriteoncepod", "no available disk", "already mounted");
        t.row(Code.SCHED_POD_ANTI_AFFINITY, "pod anti-affinity", "pod affinity", "existing pods anti-affinity", "inter-pod");
        t.row(Code.SCHED_TOPOLOGY, "topology spread");
        t.row(Code.SCHED_NODE_SELECTOR, "node affinity", "node selector", "requested node name", "nodeselector",
            "node(s) didn't match node");
        t.row(Code.SCHED_HOST_PORT, "free ports");
        t.row(Code.SCHED_INSUFFICIENT_RESOURCES, "insufficient", "too many pods", "exceed max volume count");
        t.row(Code.SCHED_NODES_UNAVAILABLE, "unschedulable", "not ready", "unavailable");
    }
}
