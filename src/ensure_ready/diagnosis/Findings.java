package ensure_ready.diagnosis;

import com.fasterxml.jackson.databind.JsonNode;
import ensure_ready.model.Applied;
import ensure_ready.model.Event;
import ensure_ready.model.Evidence;
import ensure_ready.model.Obj;
import ensure_ready.model.Result;
import ensure_ready.model.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Local findings: what an object's own status, conditions, events and logs say. Pure. */
public final class Findings {
    private static final Pattern QUOTA = Pattern.compile("(?:exceeded|failed) quota: ([^,:\\s]+)");
    private static final Pattern ACCOUNT = Pattern.compile("(?:looking up service account [^/\\s]+/|serviceaccounts? \")([^:\"\\s]+)");
    private static final Pattern WEBHOOK = Pattern.compile("webhook \"([^\"]+)\"");
    private static final Pattern POLICY = Pattern.compile("ValidatingAdmissionPolicy '([^']+)'");
    private static final Pattern CLASS = Pattern.compile("\"([^\"]*)\" not found");
    private static final Duration STUCK = Duration.ofSeconds(120);

    private Findings() { }

    /**
     * Everything that the snapshot's objects say is wrong, each for itself; healthy objects say nothing. Sorted, so that equal snapshots
     * give equal lists.
     */
    public static List<Finding> of(Snapshot snapshot) {
        var facts = new Facts(snapshot);
        collect(facts);
        return facts.found.stream().distinct().sorted(ORDER).toList();
    }

    static void collect(Facts facts) {
        var snapshot = facts.snapshot;
        var pods = new PodFindings(facts);
        snapshot.all("Pod").stream().filter(facts::current).sorted(Comparator.comparing(Obj::name)).forEach(pods::of);
        snapshot.all("Deployment").forEach(d -> deployment(facts, d));
        snapshot.all("StatefulSet").forEach(s -> statefulSet(facts, s));
        snapshot.all("DaemonSet").forEach(d -> creation(facts, d, d, d.number("/status/currentNumberScheduled",
            0) < d.number("/status/desiredNumberScheduled", 0)));
        snapshot.all("ReplicaSet").stream().filter(rs -> rs.controller().isMissingNode())
            .forEach(rs -> creation(facts, rs, rs, missing(rs)));
        snapshot.all("Job").forEach(j -> job(facts, j));
        snapshot.all("PersistentVolumeClaim").forEach(c -> claim(facts, c));
        snapshot.applied().stream().filter(a -> a.result() == Result.failed).forEach(a -> applied(facts, a));
        snapshot.objects().values().stream().flatMap(List::stream).filter(CustomFindings::custom).forEach(o -> CustomFindings.of(facts, o));
        deletions(facts);
    }

    static final Comparator<Finding> ORDER = Comparator.comparing(Finding::ownerKind)
        .thenComparing(Finding::ownerName).thenComparing(Finding::code)
        .thenComparing(Finding::objectKind).thenComparing(Finding::objectName)
        .thenComparing(Finding::container).thenComparing(Finding::since)
        .thenComparing(f -> f.evidence().toString()).thenComparing(f -> f.params().toString());

    private static boolean missing(Obj set) {
        return set.number("/status/replicas", 0) < set.number("/spec/replicas", 1);
    }

    private static void deployment(Facts facts, Obj deployment) {
        var owner = new String[] {"Deployment", deployment.name()};
        var set = facts.newest(deployment);
        set.ifPresent(rs -> creation(facts, deployment, rs, missing(rs)));
        if (set.isEmpty() || facts.found.stream()
            .noneMatch(f -> f.ownerName().equals(deployment.name()) && f.code().role == Code.Role.CAUSE)) {
            condition(facts, deployment, deployment, "ReplicaFailure");
        }
        var progressing = deployment.condition("Progressing");
        if (progressing.path("status").asText().equals("False")) {
            facts.add(Code.ROLLOUT_STUCK, "Deployment", deployment.name(), owner,
                "", time(progressing), List.of(evidence(deployment, progressing)), Map.of());
        }
        if (deployment.is("/spec/paused") && deployment.number("/status/updatedReplicas", 0) < deployment.number("/spec/replicas", 1)) {
            facts.add(Code.ROLLOUT_PAUSED, "Deployment", deployment.name(), owner,
                "", null, List.of(spec(deployment, "spec.paused", "true")), Map.of());
        }
    }

    private static void statefulSet(Facts facts, Obj set) {
        creation(facts, set, set, missing(set));
        var update = set.text("/status/updateRevision");
        var current = set.text("/status/currentRevision");
        var ordered = !set.text("/spec/podManagementPolicy").equals("Parallel");
        var broken = facts.snapshot.ownedBy("Pod", set).stream().filter(p -> !PodFindings.ready(p))
            .sorted(Comparator.comparing(Obj::name)).findFirst();
        if (broken.isEmpty()) {
            return;
        }
        var owner = new String[] {"StatefulSet", set.name()};
        var old = broken.get().labels().getOrDefault("controller-revision-hash", update);
        var params = Map.of("pod", broken.get().name());
        if (ordered && !update.isEmpty() && !update.equals(current) && !old.equals(update) && facts.found.stream()
            .anyMatch(f -> own(f, owner) && f.code().role == Code.Role.CAUSE)) {
            facts.found.removeIf(f -> own(f, owner) && f.params().getOrDefault("pod", "").equals(broken.get().name()));
            facts.add(Code.STS_STUCK_REVISION, "StatefulSet", set.name(), owner, "", null,
                List.of(spec(set, "status.updateRevision", update + ", but " + broken.get().ref() + " is of " + old)), params);
        } else if (ordered && missing(set)) {
            facts.add(Code.STS_ORDINAL_BLOCKED, "StatefulSet", set.name(), owner, "", null,
                List.of(spec(broken.get(), "status", "not ready; later pods wait for it")), params);
        }
    }

    private static boolean own(Finding f, String[] owner) {
        return f.ownerKind().equals(owner[0]) && f.ownerName().equals(owner[1]);
    }

    private static void job(Facts facts, Obj job) {
        var owner = new String[] {"Job", job.name()};
        var failed = job.condition("Failed");
        var target = failed.isMissingNode() ? job.condition("FailureTarget") : failed;
        if (target.path("status").asText().equals("True")) {
            facts.add(Code.JOB_FAILED, "Job", job.name(), owner, "", time(target),
                List.of(evidence(job, target)), Map.of("reason", target.path("reason")
                .asText()));
        } else if (job.is("/spec/suspend")) {
            facts.add(Code.JOB_SUSPENDED, "Job", job.name(), owner, "", null, List.of(spec(job, "spec.suspend", "true")), Map.of());
        } else if (job.number("/status/active", 0) > 0 && job.number("/status/failed", 0) == 0
            && facts.snapshot.ownedBy("Pod", job).stream().anyMatch(PodFindings::ready)) {
            facts.add(Code.STILL_PROGRESSING, "Job", job.name(), owner, "", job.time("/status/startTime").orElse(null),
                List.of(new Evidence("status", job.ref() + "/status.active", "", "its pod runs", 1, "", "")), Map.of());
        } else {
            creation(facts, job, job, job.number("/status/active", 0) + job.number("/status/succeeded", 0) == 0
                && facts.snapshot.ownedBy("Pod", job).isEmpty());
        }
    }

    /** Pods that the controller cannot create: the condition says it for good, the event says it in time. */
    private static void creation(Facts facts, Obj workload, Obj creator, boolean missing) {
        if (!missing) {
            return;
        }
        if (condition(facts, workload, creator, "ReplicaFailure")) {
            return;
        }
        var youngest = facts.snapshot.ownedBy("Pod", creator).stream().map(p -> p.text("/metadata/creationTimestamp"))
            .max(Comparator.naturalOrder()).orElse("");
        var events = facts.events(creator, "FailedCreate").stream().filter(e -> e.last().isEmpty() || e.last().compareTo(youngest) >= 0)
            .toList();
        if (!events.isEmpty()) {
            var last = events.get(events.size() - 1);
            refused(facts, workload, last.message(), instant(last.first()), last.evidence(creator));
        } else {
            account(facts, workload, creator);
        }
    }

    private static boolean condition(Facts facts, Obj workload, Obj creator, String type) {
        var condition = creator.condition(type);
        if (!condition.path("status").asText().equals("True")) {
            return false;
        }
        refused(facts, workload, condition.path("message").asText(), time(condition), evidence(creator, condition));
        return true;
    }

    /** The event may have expired; that no pod exists and its account does not either says the same. */
    private static void account(Facts facts, Obj workload, Obj creator) {
        var template = creator.at("/spec/template/spec");
        var name = template.path("serviceAccountName").asText(template.path("serviceAccount").asText("default"));
        if (!facts.exists("ServiceAccount", name) && facts.snapshot.ownedBy("Pod", creator).isEmpty()) {
            facts.add(Code.SERVICE_ACCOUNT_MISSING, "ServiceAccount", name, new String[] {workload.kind(), workload.name()}, "", null,
                List.of(spec(creator, "spec.template.spec.serviceAccountName", name)), Map.of());
        }
    }

    private static void refused(Facts facts, Obj workload, String message, Instant since, Evidence evidence) {
        var code = Messages.code(Messages.Topic.CREATE, message).orElse(Code.ADMISSION_DENIED);
        var object = culprit(code, message);
        var params = object == null ? Map.<String, String>of() : Map.of("name", object[1]);
        var at = object == null ? new String[] {workload.kind(), workload.name()} : object;
        facts.add(code, at[0], at[1], new String[] {workload.kind(), workload.name()}, "", since, List.of(evidence), params);
    }

    /** The object that a refusal speaks of, so that many workloads with one cause meet; null when it is the workload itself. */
    private static String[] culprit(Code code, String message) {
        var webhook = Messages.part(message, WEBHOOK);
        return switch (code) {
            case QUOTA_EXCEEDED, QUOTA_REQUIRES_LIMITS ->
                named("ResourceQuota", Messages.part(message, QUOTA), code == Code.QUOTA_EXCEEDED);
            case SERVICE_ACCOUNT_MISSING -> named("ServiceAccount", Messages.part(message, ACCOUNT), true);
            case ADMISSION_WEBHOOK_UNAVAILABLE -> named("Webhook", webhook, true);
            default -> null;
        };
    }

    private static String[] named(String kind, String name, boolean shared) {
        return name.isEmpty() || !shared ? null : new String[] {kind, name};
    }

    private static void claim(Facts facts, Obj claim) {
        var owner = new String[] {claim.kind(), claim.name()};
        if (claim.text("/status/phase").equals("Lost")) {
            facts.add(Code.PVC_PV_RELEASED, claim.kind(), claim.name(), owner,
                "", null, List.of(spec(claim, "status.phase", "Lost")), Map.of());
        }
        if (!claim.text("/status/phase").equals("Pending") || claim.deleting()) {
            return;
        }
        var named = claim.text("/spec/storageClassName");
        var type = facts.snapshot.find("StorageClass", named);
        if (!named.isEmpty() && !facts.exists("StorageClass", named) && !boundByHand(facts, claim, named)) {
            facts.add(Code.PVC_STORAGECLASS_MISSING, claim.kind(), claim.name(),
                owner, "", null, with(spec(claim, "spec.storageClassName", named),
                facts.events(claim, "ProvisioningFailed"), claim), Map.of("class", named));
            return;
        }
        var events = facts.events(claim, "ProvisioningFailed", "FailedBinding", "ExternalProvisioning", "VolumeMismatch", "ClaimMisbound");
        if (!events.isEmpty()) {
            unbound(facts, claim, type, events);
        } else if (named.isEmpty() && !claim.has("/spec/storageClassName") && facts.snapshot.knows("StorageClass")
            && facts.snapshot.all("StorageClass").stream()
            .noneMatch(c -> c.annotation("storageclass.kubernetes.io/is-default-class").equals("true"))) {
            facts.add(Code.PVC_NO_DEFAULT_CLASS, claim.kind(), claim.name(),
                owner, "", null, List.of(spec(claim, "spec.storageClassName", "")), Map.of());
        }
    }

    /** A class that does not exist is also the way to match volumes made by hand: then a volume of that class exists. */
    private static boolean boundByHand(Facts facts, Obj claim, String type) {
        return facts.snapshot.all("PersistentVolume").stream().anyMatch(v -> v.text("/spec/storageClassName").equals(type))
            && facts.events(claim, "ProvisioningFailed").isEmpty();
    }

    private static void unbound(Facts facts, Obj claim, Optional<Obj> type, List<Event> events) {
        var owner = new String[] {claim.kind(), claim.name()};
        var last = events.get(events.size() - 1);
        var code = Messages.code(Messages.Topic.CLAIM, last.message()).orElse(last.reason().equals("FailedBinding") ? Code.PVC_UNBOUND
            : Code.PVC_PROVISION_FAILED);
        var evidence = List.of(last.evidence(claim));
        if (code == Code.PVC_NO_DEFAULT_CLASS && claim.has("/spec/storageClassName") && facts.snapshot.all("PersistentVolume").size() > 0) {
            code = Code.PVC_UNBOUND; // the claim asks for a volume without a class ("") and there are volumes, only none that fits
        }
        if (code == Code.PVC_UNBOUND || code == Code.PVC_NO_DEFAULT_CLASS) {
            var released = facts.snapshot.all("PersistentVolume").stream().anyMatch(v -> v.text("/status/phase").equals("Released")
                && (v.name().equals(claim.text("/spec/volumeName")) || v.text("/spec/claimRef/name").equals(claim.name())));
            code = released ? Code.PVC_PV_RELEASED : code;
        }
        if (code == Code.PVC_PROVISIONER_MISSING && facts.age(claim.time("/metadata/creationTimestamp")) < STUCK.toSeconds()) {
            code = Code.STILL_PROGRESSING;
        }
        var params = code == Code.PVC_STORAGECLASS_MISSING ? Map.of("class", Messages.part(last.message(), CLASS))
            : type.map(t -> Map.of("provisioner", t.text("/provisioner"))).orElse(Map.of());
        facts.add(code, claim.kind(), claim.name(), owner, "", instant(last.first()), evidence, params);
    }

    private static void applied(Facts facts, Applied a) {
        var text = (a.reason() + " " + a.error()).strip();
        var code = Messages.code(Messages.Topic.APPLY, text).orElse(Code.APPLY_FAILED);
        if (code == Code.API_KIND_UNKNOWN && Messages.removed(a.object().apiVersion())) {
            code = Code.API_VERSION_REMOVED;
        }
        var object = culprit(code, text);
        var owner = new String[] {a.object().kind(), a.object().name()};
        facts.add(code, object == null ? owner[0] : object[0], object == null ? owner[1] : object[1], owner, "", null,
            List.of(new Evidence("apply", a.object().ref(), a.reason(), a.error(), 1, "", "")),
                Map.of("apiVersion", a.object().apiVersion()));
    }

    private static void deletions(Facts facts) {
        facts.snapshot.objects().forEach((kind, objects) -> {
            if (kind.equals("Event")) {
                return;
            }
            objects.stream().filter(o -> o.deleting() && facts.age(o.time("/metadata/deletionTimestamp")) > STUCK.toSeconds())
                .filter(o -> !o.list("/metadata/finalizers").isEmpty() || kind.equals("Pod")).forEach(o -> {
                var owner = kind.equals("Pod") ? facts.owner(o) : new String[] {kind, o.name()};
                var holds = String.join(", ", o.list("/metadata/finalizers").stream().map(JsonNode::asText).toList());
                facts.add(Code.OBJECT_STUCK_TERMINATING, kind, o.name(), owner, "", o.time("/metadata/deletionTimestamp").orElse(null),
                    List.of(spec(o, "metadata.finalizers", holds)), Map.of("finalizers", holds));
            });
        });
    }

    static Instant time(JsonNode condition) {
        return instant(condition.path("lastTransitionTime").asText());
    }

    public static Instant instant(String text) {
        try {
            return text.isEmpty() ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    static Evidence evidence(Obj object, JsonNode condition) {
        var since = condition.path("lastTransitionTime").asText();
        return new Evidence("condition", object.ref() + "/conditions[" + condition.path("type")
            .asText() + "]", condition.path("reason").asText(),
            condition.path("message").asText(), 1, since, since);
    }

    static Evidence spec(Obj object, String path, String value) {
        return new Evidence(path.startsWith("status") ? "status" : "spec", object.ref() + "/" + path, "", value, 1, "", "");
    }

    static List<Evidence> with(Evidence first, List<Event> events, Obj object) {
        var all = new ArrayList<>(List.of(first));
        if (!events.isEmpty()) {
            all.add(events.get(events.size() - 1).evidence(object));
        }
        return all;
    }
}
