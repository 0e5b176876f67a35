package ensure_ready.diagnosis;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

import static java.nio.file.StandardOpenOption.CREATE;

/**
 * What texts of kubelet, runtimes, scheduler, controllers, admission and programs mean: the one table of it, looked up without regard
 * to case, anywhere in the text, first row first. The texts of many versions stand in tests/fixtures/messages.
 */
public final class Messages {
    /** Where a text comes from; the same words mean different things in different places. */
    enum Topic { IMAGE, VOLUME, START, CREATE, CLAIM, APPLY, LOG }

    private record Row(Topic topic, Code code, Pattern pattern) { }

    private static final List<Row> ROWS = rows();
    private static final Pattern QUOTED = Pattern.compile("\"[^\"]*\"");
    private static final Pattern IMAGE_NAME = Pattern.compile("(?<![\\w/])[\\w.-]{2,}(:\\d+)?(/[\\w.-]+)+(:[\\w.-]+)?(@sha256:[0-9a-f]+)?");
    /** {@code group/version Kind} that Kubernetes served once and removed (the deprecation guide). */
    private static final Pattern REMOVED =
        Pattern.compile("\\b(extensions/v1beta1|apps/v1beta[12]|(networking|policy|rbac\\.authorization|apiextensions|storage"
        + "|admissionregistration|scheduling|coordination|certificates|events|discovery|node)(\\.k8s\\.io)?/v1beta1|batch/(v1beta1|v2alpha1)"
        + "|autoscaling/v2beta[12]|flowcontrol\\.apiserver\\.k8s\\.io/v1beta[123])(?![\\w])");

    private Messages() { }

    /** The code that this text stands for at this place; empty when no row knows it. */
    static Optional<Code> code(Topic topic, String text) {
        var plain = topic == Topic.IMAGE ? IMAGE_NAME.matcher(QUOTED.matcher(text).replaceAll("\"\"")).replaceAll("") : text;
        return ROWS.stream().filter(r -> r.topic == topic && r.pattern.matcher(plain).find()).map(Row::code).findFirst();
    }

    /** The first group of the pattern in the text, or an empty text. */
    static String part(String text, Pattern pattern) {
        var match = pattern.matcher(text);
        return match.find() ? match.group(1) : "";
    }

    static boolean removed(String apiVersion) {
        return REMOVED.matcher(apiVersion).find();
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
        return List.copyOf(rows);
    }

    private static void row(List<Row> rows, Topic topic, Code code, String... alternatives) {
        rows.add(new Row(topic, code, Pattern.compile(String.join("|", alternatives), Pattern.CASE_INSENSITIVE)));
    }

    private static void image(List<Row> rows) {
        row(rows, Topic.IMAGE, Code.IMAGE_STILL_PULLING, "pull QPS exceeded");
        row(rows, Topic.IMAGE, Code.IMAGE_NAME_INVALID, "couldn't parse image", "invalid reference format", "InvalidImageName",
            "Failed to apply default image tag");
        row(rows, Topic.IMAGE, Code.IMAGE_NEVER_PULL, "ErrImageNeverPull", "is not present with pull policy of Never");
        row(rows, Topic.IMAGE, Code.IMAGE_RATE_LIMITED, "toomanyrequests", "too many requests", "rate limit", "(status|code)[ =:]*429");
        row(rows, Topic.IMAGE, Code.IMAGE_PLATFORM_MISMATCH, "no match for platform in manifest", "no matching manifest for",
            "no image found in (manifest list|image index) for",
            "does not match the specified platform", "exec format error", "cannot be used on this platform");
        row(rows, Topic.IMAGE, Code.NODE_PRESSURE, "no space left on device", "disk quota exceeded");
        row(rows, Topic.IMAGE, Code.IMAGE_NOT_FOUND_OR_AUTH, "may require (authorization|'docker login'|authentication)",
            "does not exist or no pull access", "requested access to the resource is denied");
        row(rows, Topic.IMAGE, Code.IMAGE_REGISTRY_UNREACHABLE, "no such host",
            "i/o timeout", "connection refused", "connection reset", "x509:",
            "server gave HTTP response to HTTPS client",
            "no route to host", "network is unreachable", "TLS handshake timeout", "context deadline exceeded", "Client\\.Timeout",
                "waiting for connection", "server misbehaving",
            "name resolution", "name or service not known", "remote error: tls",
                "first record does not look like a TLS handshake", "\\b50[0234] ",
                "unexpected EOF", ": EOF\\b", "connection timed out");
        row(rows, Topic.IMAGE, Code.IMAGE_AUTH, "\\b401\\b", "\\b403\\b", "unauthorized",
            "forbidden", "authorization failed", "no basic auth credentials",
            "authentication required", "insufficient_scope",
            "not authorized", "\\bdenied\\b", "incorrect username or password",
                "failed to fetch (anonymous|oauth) token", "unable to retrieve auth token",
                "invalid credentials");
        row(rows, Topic.IMAGE, Code.IMAGE_NOT_FOUND, "not found", "NotFound",
            "manifest unknown", "manifest_unknown", "name unknown", "name_unknown",
            "not known to registry", "does not exist",
            "no such image", "no such manifest", "\\b404\\b", "unknown image");
    }

    private static void volume(List<Row> rows) {
        row(rows, Topic.VOLUME, Code.STILL_PROGRESSING, "failed to sync (configmap|secret) cache",
            "object \"[^\"]*\"/\"[^\"]*\" not registered",
            "the object has been modified");
        row(rows, Topic.VOLUME, Code.CONFIG_KEY_MISSING, "couldn't find key",
            "references non-existent (config|secret) key", "non-existent key");
        row(rows, Topic.VOLUME, Code.SECRET_MISSING, "secrets? \"[^\"]+\" not found", "couldn't get secret", "could not find secret");
        row(rows, Topic.VOLUME, Code.CONFIGMAP_MISSING, "configmaps? \"[^\"]+\" not found", "couldn't get configMap");
        row(rows, Topic.VOLUME, Code.PVC_MISSING, "persistentvolumeclaims? \"[^\"]+\" not found", "error getting PVC");
        row(rows, Topic.VOLUME, Code.RUN_AS_NON_ROOT, "runAsNonRoot", "run as non-root",
            "image will run as root", "non-numeric user", "non-root policy");
        row(rows, Topic.VOLUME, Code.PVC_ACCESS_MODE, "Multi-Attach error", "already exclusively attached",
            "already used by pod", "ReadWriteOncePod");
        row(rows, Topic.VOLUME, Code.PVC_PROVISIONER_MISSING, "not found in the list of registered CSI drivers", "no volume plugin matched",
            "CSINode .* does not contain driver");
        row(rows, Topic.VOLUME, Code.VOLUME_MOUNT_FAILED, "MountVolume", "AttachVolume", "MapVolume", "Unable to attach or mount volumes",
            "hostPath type check failed");
    }

    private static void start(List<Row> rows) {
        row(rows, Topic.START, Code.OOM_KILLED, "OOM-killed", "memory limit too low", "OOMKilled");
        row(rows, Topic.START, Code.CONTAINER_START_FAILED, "error mounting",
            "not a directory: (unknown|Are you trying)", "mount a directory onto a file",
            "chdir to cwd", "unable to find (user|group)",
            "no matching entries in passwd", "subPath", "no users found", "failed to reserve container name",
                "container name .* is reserved");
        row(rows, Topic.START, Code.IMAGE_PLATFORM_MISMATCH, "exec format error");
        row(rows, Topic.START, Code.CONTAINER_COMMAND_NOT_FOUND, "executable file (not found|.* not found) in", "no such file or directory",
            "no command specified", "is a directory", "cannot find the file specified");
        row(rows, Topic.START, Code.CONTAINER_COMMAND_PERMISSION, "permission denied", "operation not permitted");
    }

    private static void create(Topic topic, List<Row> rows) {
        row(rows, topic, Code.QUOTA_EXCEEDED, "exceeded quota", "insufficient quota");
        row(rows, topic, Code.QUOTA_REQUIRES_LIMITS, "failed quota: .*must specify", "must specify (limits|requests|cpu|memory)");
        row(rows, topic, Code.POD_SECURITY_DENIED, "violates PodSecurity",
            "unable to validate against any (pod security policy|security context constraint)");
        row(rows, topic, Code.ADMISSION_WEBHOOK_DENIED, "admission webhook .*denied( the request)?",
            "ValidatingAdmissionPolicy .*denied", "blocked by policy");
        row(rows, topic, Code.ADMISSION_WEBHOOK_UNAVAILABLE, "failed calling (admission )?webhook",
            "failed to call webhook", "conversion webhook .* failed");
        row(rows, topic, Code.SERVICE_ACCOUNT_MISSING, "error looking up service account", "serviceaccounts? \"[^\"]+\" not found");
        row(rows, topic, Code.LIMITRANGE_VIOLATION, "(maximum|minimum) [\\w./-]+ usage per (container|pod|persistentvolumeclaim)",
            "limit to request ratio per", "(maximum|minimum) .* limit .*LimitRange");
        row(rows, topic, Code.OBJECT_STUCK_TERMINATING, "because it is being terminated");
        row(rows, topic, Code.STILL_PROGRESSING, "the object has been modified", "object is being deleted", "etcdserver: ",
            "Timeout: request did not complete", "server is currently unable");
    }

    private static void claim(List<Row> rows) {
        row(rows, Topic.CLAIM, Code.PVC_STORAGECLASS_MISSING, "storageclass(es)?(\\.storage\\.k8s\\.io)? \"[^\"]*\" not found",
            "storage class .* not found");
        row(rows, Topic.CLAIM, Code.PVC_NO_DEFAULT_CLASS, "no persistent volumes available for this claim and no storage class is set");
        row(rows, Topic.CLAIM, Code.QUOTA_EXCEEDED, "exceeded quota");
        row(rows, Topic.CLAIM, Code.PVC_PROVISIONER_MISSING,
            "waiting for (a )?volume to be created,? (either )?by (the )?external provisioner",
            "no volume plugin matched", "not found in the list of registered CSI drivers");
        row(rows, Topic.CLAIM, Code.PVC_UNBOUND, "no volume .* matching", "volume .* already bound to a different claim",
            "does not match (size|access|storage)", "Cannot bind to requested volume", "requested PV .* not");
        row(rows, Topic.CLAIM, Code.PVC_PROVISION_FAILED, "failed to provision volume", "ProvisioningFailed", "rpc error");
    }

    private static void apply(List<Row> rows) {
        row(rows, Topic.APPLY, Code.API_KIND_UNKNOWN, "no matches for kind", "resource mapping not found", "registered handler",
            "could not find the requested resource", "does not serve", "no kind .* is registered", "unknown kind", "has no kind");
        row(rows, Topic.APPLY, Code.APPLY_IMMUTABLE_FIELD, "field is immutable",
            "is immutable", "immutable (field|after)", "updates to statefulset spec",
            "updates to .* are forbidden", "may not change (once set|fields other)", "cannot be changed", "Forbidden: updates to");
        row(rows, Topic.APPLY, Code.NAMESPACE_MISSING, "namespaces? \"[^\"]+\" not found");
        create(Topic.APPLY, rows);
        row(rows, Topic.APPLY, Code.APPLY_FORBIDDEN_RBAC, "is forbidden: User",
            "cannot (get|list|watch|create|patch|update|delete) (resource )?\"?\\w+",
            "not currently held", "^(forbidden|unauthorized)");
        row(rows, Topic.APPLY, Code.APPLY_CONFLICT, "Apply failed with \\d+ conflict", "conflicts? with \"");
        row(rows, Topic.APPLY, Code.APPLY_INVALID, "is invalid", "strict decoding", "unknown field", "cannot unmarshal", "unable to decode",
            "Required value", "Invalid value", "Unsupported value", "in version .* cannot be handled",
            "json: ", "yaml: ", "metadata\\.name", "bad request", "the server rejected our request", "duplicate", "does not parse",
                "failed to create typed patch object", "\\b(400|422)\\b", "is forbidden:");
    }

    private static void log(List<Row> rows) {
        row(rows, Topic.LOG, Code.RBAC_RUNTIME_FORBIDDEN, "is forbidden: User \\\\*\"?system:",
            "User \"system:[^\"]+\" cannot \\w+ resource");
        row(rows, Topic.LOG, Code.IMAGE_PLATFORM_MISMATCH, "exec format error", "cannot execute binary file");
        row(rows, Topic.LOG, Code.CRASH_PORT_IN_USE, "address (is )?already in use", "EADDRINUSE", "98: Address in use",
            "port \\S+ (is|was) already (in use|allocated)", "only one usage of each socket address", "already bound to port",
            "failed to bind to (address|port)");
        row(rows, Topic.LOG, Code.CRASH_DISK_FULL, "no space left on device",
            "ENOSPC", "disk quota exceeded", "\\bdisk (is )?full\\b", "could not extend file");
        row(rows, Topic.LOG, Code.CRASH_AUTH_FAILED, "password authentication failed",
            "authentication (failed|failure|error)", "access denied for user",
            "\\bWRONGPASS\\b", "\\bNOAUTH\\b", "invalid (username|user name|user)?( or |-pair |[/-])?\\s*password",
            "login failed for user", "ACCESS_REFUSED", "SASL authentication .*(fail|error)",
                "AuthenticationFailed", "\\bauth(entication)? failed",
                "requires authentication", "authentication required", "not authorized on \\S+ to execute",
                    "could not find user", "without any password configured", "role \"[^\"]+\" does not exist",
            "bad credentials", "incorrect password", "AUTH .*failed", "security_exception.*(unable to authenticate|missing authentication)",
                "no pg_hba\\.conf entry");
        row(rows, Topic.LOG, Code.CRASH_MISSING_ENV,
            "(missing|required|unset|undefined|no such|not found|specify).{0,60}environment variables?",
            "environment variables?.{0,60}(not set|required|missing|undefined|not found|unset|must be|not defined|empty|is not specified)",
            "\\b(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+)\\b[^\\w]{0,3}.{0,25}(not set|not defined|undefined|is required|is missing|unset|must be set|is empty|must be defined|must be provided|not provided|not specified|is mandatory|not configured)",
            "(missing|requires?d?|expected|set|undefined|specify|provide)\\b.{0,30}\\b(?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+)\\b.{0,20}(\\bto start|$|\\bvariable|\\benv)", "KeyError: '(?-i:[A-Z][A-Z0-9_]+)'",
            "unbound variable", "parameter (null or )?not set", "Could not resolve placeholder '", "required key \\S+ missing value",
                "\\benv(ironment)? var(iable)?s?\\b.{0,40}(missing|required|not set|undefined|unset)",
            "missing env", "(superuser password|password option) is not specified", "\\bField required\\b", "setting must not be empty",
                "\"received\": ?\"undefined\", ?\"path\": ?\\[ ?\"(?-i:[A-Z][A-Z0-9_]+)\"",
                    "key not found: \"?(?-i:[A-Z][A-Z0-9_]+)\"?", "is not defined in (the )?env",
                "no value for required (setting|option|config)", "environ\\[",
                    "missing (required )?(config|configuration|setting|parameter)s?\\b");
        row(rows, Topic.LOG, Code.CRASH_DEPENDENCY_UNREACHABLE, "connection (was )?refused",
            "ECONNREFUSED", "no such host", "i/o timeout", "\\bETIMEDOUT\\b",
            "\\bENOTFOUND\\b", "EAI_AGAIN", "EHOSTUNREACH", "name or service not known", "could not translate host name",
            "name resolution", "name does not resolve", "nodename nor servname", "unknown ?host", "getaddrinfo",
                "connect(ion)?( attempt)? ?timed? ?out", "connection attempt failed",
                "connect(ion)? to \\S+ (refused|failed)", "while waiting to connect",
                "time(d )?out( expired)? (while )?waiting for (a |the )?(connection|node|database|server|broker)",
                    "timeout expired while waiting for",
                "no route to host", "network is unreachable", "host (is )?unreachable", "dial tcp",
            "could ?n.t connect", "can.?t connect", "cannot connect", "could not connect",
                "failed to connect", "failed connecting", "unable to connect",
                "error connecting", "can.?t reach", "(cannot|could not|unable to|failed to) reach",
                    "Max retries exceeded with url", "AMQPConnectionError", "establishing a connection",
                "unknown \\w+ server host", "\\bPoolTimedOut\\b", "driver: bad connection",
                    "connection to .{1,80}failed", "communications link failure", "server ?selection ?(error|timeout|timed out)",
            "no reachable servers", "no servers? (is |are )?(available|reachable)", "host not found in upstream", "bad address '",
                "(?<!Error: )can't resolve '?[\\w.-]+('|$|\\s)",
                "(could ?n.t|could not|failed to|unable to|cannot) resolve (server|host|address|'?[\\w.-]+:\\d)", "No resolvable bootstrap",
                "could not resolve host", "could not be resolved", "Temporary failure in name", "\\bnot (yet )?reachable",
            "brokers? .*(disconnected|not available|could not be established)", "NoBrokersAvailable",
                "waiting for .{1,60}(:\\d+|to be (ready|up|available))", "NXDOMAIN",
                    "SERVFAIL", "server misbehaving", "context deadline exceeded",
                ":\\d+ - no response", "DNS .*(fail|timeout)", "wget: can't", "name=\\S+ .*unavailable");
    }
}
